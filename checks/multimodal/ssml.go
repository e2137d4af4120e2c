package multimodal

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// unescapedSSML is PML5212.
var unescapedSSML = &checks.Rule{
	Spec: infoPML5212,
	From: []checks.Label{models.User, models.LLM, models.Web, models.Database, models.Document},
	Into: []checks.SinkKind{models.HTML, models.Body},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || !spoken(path) || !holdsSpeak(path) || !path.Mark.Holds("<") {
			return
		}
		entries := checks.EntriesOf(p, path)
		if len(entries) == 0 {
			p.Report(checks.Report{Node: path.Node, Path: path})
			return
		}
		text := ofText(path)
		repair := checks.Fix(false, "escape the text", p.WrapInsertions(entries, "xml.sax.saxutils.escape", "from xml.sax.saxutils import escape", fix.BeforeFirstImport, func(name, value string) string {
			if !text {
				value = "str(" + value + ")"
			}
			return name + "(" + value + ")"
		}))
		for _, e := range entries {
			p.Report(checks.Report{Node: e.Expr, In: e.In, Path: path, Fix: repair})
		}
	},
}

// spoken reports whether a path ends in a voice that is told to read markup.
func spoken(path *checks.Path) bool {
	if path.Kind == models.Body {
		a := path.Call.Arg(0, "url")
		if a == nil || path.Mark.Clean.Has(models.HTML) {
			return false
		}
		text, _ := a.Value.Text()
		if parts := a.Value.Parts(); text == "" && len(parts) > 0 {
			text = parts[len(parts)-1].Text
		}
		return strings.HasSuffix(text, "/cognitiveservices/v1")
	}
	if path.Sink.Note != models.NoteSpeech {
		return false
	}
	if !path.Call.Symbol.Under("boto3") {
		return true
	}
	a := path.Call.Arg(-1, "TextType")
	if a == nil {
		return false
	}
	kind, _ := a.Value.Text()
	return kind == "ssml"
}

// holdsSpeak reports whether the text at the end of a path is built around the element of SSML.
func holdsSpeak(path *checks.Path) bool {
	for _, v := range path.Value.PathText().Alternatives() {
		for _, part := range v.PathText().Parts() {
			if strings.Contains(part.Text, "<speak") {
				return true
			}
		}
	}
	return false
}

// ofText reports whether the data of a path is known to be a text: a field of a form, what a model answered.
func ofText(path *checks.Path) bool {
	if path.Mark.Label == models.LLM {
		return true
	}
	if source := path.Mark.Source(); source != nil {
		for _, word := range [...]string{".form", ".args", ".values", ".GET", ".POST", ".query_params"} {
			if strings.Contains(source.String(), word) {
				return true
			}
		}
	}
	return false
}
