package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// captionInSystem is PML5208.
var captionInSystem = &checks.Rule{
	Spec: infoPML5208,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		first := path.Mark.Call()
		if first == nil || path.Confirmed() || !captions(first) || !ofStrangers(first) || lettersOnly(p, path) || checks.OfOtherMessage(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.Fix(true, "tell of the picture in a user message of its own", checks.MoveOut(p, path))})
	},
}

// pictureWriters are parts of the names of models that write of a picture what they see.
var pictureWriters = []string{"blip", "visionencoderdecoder", "vit-gpt2", "florence", "coca", "gitforcausallm", "/git-", "kosmos"}

// captions reports whether the call that brought a text is one of a captioner.
func captions(c *checks.Call) bool {
	if c.Symbol.Under("open_clip") || c.Symbol.Under("lavis") {
		return true
	}
	// The pipeline or the model, through what moves it: `.to("cuda")`.
	made := c.Callee.Origin()
	for depth := 0; depth < 5; depth++ {
		if made == nil {
			if c.Receiver == nil {
				return false
			}
			if made = c.Receiver.Origin(); made == nil {
				return false
			}
		}
		if made.Symbol.Is("transformers.pipeline", "transformers.pipelines.pipeline") {
			task := made.Arg(0, "task")
			if task == nil {
				return false
			}
			text, _ := task.Value.Text()
			return text == "image-to-text" || text == "image-text-to-text"
		}
		name := strings.ToLower(made.Symbol.String() + " " + checks.ChainText(made.Node.Fn))
		if a := made.Arg(0, "pretrained_model_name_or_path"); a != nil {
			text, _ := a.Value.Text()
			name += " " + strings.ToLower(text)
		}
		if slices.ContainsFunc(pictureWriters, func(w string) bool { return strings.Contains(name, w) }) {
			return true
		}
		c, made = made, nil
	}
	return false
}

// ofStrangers reports whether the picture of which a caption tells came from somebody else. What transforms it is
// mostly part of a tuple of which nothing is known.
func ofStrangers(c *checks.Call) bool {
	sent := func(m checks.Mark) bool {
		return m.Label == models.User || m.Label == models.Upload || m.Label == models.Web
	}
	if slices.ContainsFunc(c.ReadFrom(), sent) {
		return true
	}
	return slices.ContainsFunc(c.Args, func(a checks.Argument) bool {
		return a.Node != nil && checks.Any(c.Frame.MadeOf(a.Node), func(in flow.Ingredient) bool {
			return in.Call != nil && slices.ContainsFunc(in.Call.ReadFrom(), sent)
		})
	})
}

// lettersOnly reports whether the text was reduced to letters and cut on its way.
func lettersOnly(p *checks.Pass, path *checks.Path) bool {
	reduced := slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool {
		c, ok := t.Node.(*ast.Call)
		if !ok || checks.LastName(c.Fn) != "sub" || len(c.Args) == 0 {
			return false
		}
		pattern, ok := c.Args[0].(*ast.Str)
		return ok && strings.HasPrefix(pattern.Value, "[^")
	})
	if !reduced {
		return false
	}
	way, cut := checks.WayOf(p, path), false
	for i, fn := range way.Functions {
		ast.InspectStmts(fn.Body, func(n ast.Node) bool {
			if sub, ok := n.(*ast.Subscript); ok {
				_, slice := sub.Index.(*ast.Slice)
				cut = cut || slice && way.Holds(way.Modules[i], sub.Value)
			}
			return !cut
		})
	}
	return cut
}
