package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// extraction is PML5102.
var extraction = &checks.Rule{
	Spec: infoPML5102,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Reveal},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note == models.NoteEdges || checks.ByContract(path) || checks.ServesOnly(p, path, staffOnly...) || staffTested(p, path) {
			return
		}
		weighed := strings.Contains(checks.ArgumentName(path), "logit_bias")
		if !slices.ContainsFunc(answersOf(path), func(read []string) bool { return weighed || tellsScores(read) }) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: leaveOff(p, path)})
	},
}

// staffOnly are words in the names of guards that let only the people behind a service through.
var staffOnly = []string{"admin", "staff", "superuser", "role", "scope", "permission", "internal", "operator"}

// staffTested reports whether a test that names such people decides whether the way is taken.
func staffTested(p *checks.Pass, path *checks.Path) bool {
	e, ok := given(path).(ast.Expr)
	if !ok {
		return false
	}
	for _, s := range path.Call.Frame.SpelledOut(e) {
		m := p.Project.Module(s.Frame.Module())
		if m == nil {
			continue
		}
		for _, n := range m.Around(s.Expr) {
			var test ast.Expr
			switch n := n.(type) {
			case *ast.If:
				test = n.Test
			case *ast.IfExp:
				test = n.Test
			case *ast.BoolOp:
				test = n
			default:
				continue
			}
			text := strings.ToLower(m.File.Text(test))
			if slices.ContainsFunc(staffOnly, func(w string) bool { return strings.Contains(text, w) }) {
				return true
			}
		}
	}
	return false
}

// answersOf lists what the program answers of what the model call gives that a parameter belongs
// to: for each answer the items and attributes that were read of it.
func answersOf(path *checks.Path) [][]string {
	set := path.Call
	belongs := func(c *checks.Call) bool {
		if c == nil {
			return false
		}
		if c.Node == set.Node {
			return true
		}
		return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return is(c, a.Value, set) })
	}
	var out [][]string
	for _, kind := range [...]checks.SinkKind{models.Response, models.HTML, models.Markdown} {
		for _, answer := range path.Engine.Paths(kind) {
			if answer.Mark.Label == models.LLM && belongs(answer.Mark.Call()) {
				out = append(out, answer.Mark.Fields())
			}
		}
	}
	// Numbers carry no text, so that they have no way to an answer.
	for _, r := range path.Engine.Routes() {
		f := set.Frame.AnalysisOf(r.Function)
		if f == nil {
			continue
		}
		for _, ret := range f.Returns {
			e, ok := ret.Node.(ast.Expr)
			if s, stmt := ret.Node.(*ast.Return); stmt {
				e, ok = s.Value, s.Value != nil
			}
			if !ok {
				continue
			}
			for of := range f.MadeOf(e) {
				if (of.Whole || of.Held) && belongs(of.Call) {
					out = append(out, of.Steps)
				}
			}
		}
	}
	return out
}

// tellsScores reports whether what is read of a model's answer holds the probabilities of its
// tokens: these themselves, or the answer as a whole.
func tellsScores(read []string) bool {
	text := false
	for _, step := range read {
		step = strings.TrimPrefix(step, ".")
		if strings.Contains(step, "logprob") || strings.Contains(step, "score") || strings.Contains(step, "logit") {
			return true
		}
		switch step {
		case "text", "content", "output_text", "message", "sequences", "usage", "token_ids", "id", "model", "finish_reason", "created":
			text = true
		}
	}
	return !text
}

// leaveOff deletes the argument, so that the default holds.
func leaveOff(p *checks.Pass, path *checks.Path) *fix.Fix {
	const message = "leave it off"
	name := checks.ArgumentName(path)
	if a := path.Call.Arg(-1, name); a != nil {
		if a.Unpacked {
			return checks.Fix(true, message, checks.RemoveEntry(p, a.Given))
		}
		return checks.Fix(true, message, checks.RemoveArg(p, path.Call, a))
	}
	return checks.Fix(true, message, checks.RemoveEntry(p, path.Node))
}
