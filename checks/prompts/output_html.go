package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// outputAsHTML is PML1154.
var outputAsHTML = &checks.Rule{
	Spec:  infoPML1154,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.HTML, models.Script},
	Knows: append([]string{"streamlit.{markdown,write,caption}"}, statefulRuns...),
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Confirmed() || path.Sink != nil && (path.Sink.Note == models.NoteWidget || path.Sink.Note == models.NotePicture || path.Sink.Note == models.NoteSpeech || path.Sink.Note == models.NoteExplained) {
			return // PML4106, PML4110, PML5212, PML2412
		}
		if path.Call == nil && givesState(path) {
			return // a dict, which the framework sends as JSON
		}
		node := path.Node
		if path.Call != nil {
			node = path.Call.Node
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: markupFix(p, path)})
	},
}

// statefulRuns are calls of agents and graphs that give the state of the conversation.
var statefulRuns = []string{
	"langgraph.pregel.Pregel().invoke", "langgraph.pregel.Pregel().ainvoke", "langchain.agents.AgentExecutor().invoke", "langchain.agents.AgentExecutor().ainvoke",
	"langchain.agents.create_agent().invoke", "langchain.agents.create_agent().ainvoke",
}

// givesState reports whether what is shown is all that the run of an agent gives: a dict.
func givesState(path *checks.Path) bool {
	run := path.Mark.Call()
	return run != nil && path.Value.Origin() == run && len(path.Mark.Fields()) == 0 && run.Symbol.Is(statefulRuns...)
}

// markupFix takes the flag away that lets markup through, escapes a piece of text in markup,
// and cleans what was converted to markup.
func markupFix(p *checks.Pass, path *checks.Path) *fix.Fix {
	if c := path.Call; c != nil {
		if flag := c.Arg(-1, "unsafe_allow_html"); flag != nil {
			if len(path.Value.Parts()) > 1 || !ownText(path.Value) || pieceInTags(path.Node) != nil {
				return pieceFix(p, path)
			}
			return checks.Fix(true, "show the text without its markup", checks.RemoveArg(p, c, flag))
		}
	}
	if path.Kind == models.Script {
		return nil
	}
	return pieceFix(p, path)
}

func pieceFix(p *checks.Pass, path *checks.Path) *fix.Fix {
	e := answerIn(p, path)
	if e == nil {
		return nil
	}
	if piece := pieceInTags(e); piece != nil {
		return wrapped(p, piece, "html.escape", "import html", "escape the model's text")
	}
	if inMarkup(path.Value) {
		return wrapped(p, e, "html.escape", "import html", "escape the model's text")
	}
	if _, constant := e.(*ast.Str); constant {
		return nil
	}
	return wrapped(p, e, "nh3.clean", "import nh3", "clean the markup of the model")
}

// pieceInTags is the one value in an f-string that has tags around it, nil for other expressions.
func pieceInTags(n ast.Node) ast.Expr {
	s, ok := n.(*ast.JoinedStr)
	if !ok {
		return nil
	}
	var piece ast.Expr
	tags, values := false, 0
	for _, v := range s.Values {
		switch v := v.(type) {
		case *ast.Str:
			tags = tags || strings.Contains(v.Value, "<")
		case *ast.Placeholder:
			if v.Debug || v.Conversion != 0 || v.Spec != nil {
				return nil
			}
			piece, values = v.Value, values+1
		}
	}
	if !tags || values != 1 {
		return nil
	}
	return piece
}

// inMarkup reports whether a text has constant parts with tags around what is inserted.
func inMarkup(v *checks.Value) bool {
	for _, part := range v.Parts() {
		if part.Value == nil && strings.Contains(part.Text, "<") {
			return true
		}
	}
	return false
}
