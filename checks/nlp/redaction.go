package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// redactedPieces is PML3214.
var redactedPieces = &checks.Rule{
	Spec:   infoPML3214,
	Knows:  []string{"transformers.{pipeline,pipelines.pipeline,TokenClassificationPipeline}", "transformers.Pipeline()", "transformers.TokenClassificationPipeline()", "re.{sub,subn,compile}", "re.compile().{sub,subn}"},
	Needs:  []string{"replace(", "sub(", "subn("},
	Beside: [][]string{{"word"}, {"ner", "token-classification", "TokenClassificationPipeline"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			sought := soughtText(c)
			if sought == nil || c.Partial || !p.Holds(c.Node) {
				continue
			}
			run := recognisedBy(f, sought)
			if run == nil || joinsPieces(run) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: joinPieces(p, run)})
		}
	},
}

// soughtText is the expression of what a call replaces in a text; nil for other calls.
func soughtText(c *checks.Call) ast.Expr {
	pos := -1
	switch {
	case c.Symbol.Is("re.sub", "re.subn"):
		pos = 0
	case c.Symbol.Is("re.compile().sub", "re.compile().subn"):
		if made := c.Receiver.Origin(); made != nil && made.Frame == c.Frame {
			if a := made.Arg(0, "pattern"); a != nil {
				return a.Node
			}
		}
		return nil
	case c.Method == "replace" && len(c.Node.Args) >= 2:
		pos = 0
		if c.Symbol != nil && strings.Contains(c.Symbol.String(), "pandas") {
			return nil
		}
	}
	if pos < 0 {
		return nil
	}
	a := c.Arg(pos, "pattern")
	if a == nil || a.Node == nil || a.Unpacked {
		return nil
	}
	if _, constant := a.Node.(*ast.Str); constant {
		return nil
	}
	return a.Node
}

// recognisedBy is the call of a pipeline that marked a piece of a text, of which an expression is made; nil for others.
func recognisedBy(f *checks.Frame, e ast.Expr) *checks.Call {
	for in := range f.MadeOf(e) {
		if in.Call != nil && slices.Contains(in.Steps, "word") && (checks.Recognises(in.Call) || in.Call.Symbol.Is("transformers.TokenClassificationPipeline()")) {
			return in.Call
		}
	}
	return nil
}

// pipelineOf is the call that made the pipeline which a call runs.
func pipelineOf(run *checks.Call) *checks.Call {
	if made := run.Callee.Origin(); made != nil {
		return made
	}
	return run.Receiver.Origin()
}

// joinsPieces reports whether a pipeline gives words and not pieces of them, or may do so.
func joinsPieces(run *checks.Call) bool {
	for _, c := range [...]*checks.Call{run, pipelineOf(run)} {
		if c == nil {
			return true
		}
		strategy, grouped := c.Arg(-1, "aggregation_strategy"), c.Arg(-1, "grouped_entities")
		switch {
		case grouped != nil && !checks.Off(grouped.Value):
			return true
		case strategy != nil:
			text, known := strategy.Value.Text()
			if !known && !strategy.Value.IsNone() || known && text != "none" {
				return true
			}
		case c.HasRest():
			return true
		}
	}
	return false
}

// joinPieces makes a pipeline give whole words, and reads what it calls their kind then.
func joinPieces(p *checks.Pass, run *checks.Call) *fix.Fix {
	made := pipelineOf(run)
	for _, c := range [...]*checks.Call{run, made} {
		if a := c.Arg(-1, "aggregation_strategy"); a != nil {
			made = c // where pieces were asked for
		}
	}
	f := checks.FixAt(p, made.Node, func(there *checks.Pass) *fix.Fix {
		if a := made.Arg(-1, "aggregation_strategy"); a != nil {
			return checks.SetConstant(there, made, a, `"first"`)
		}
		if a := made.Arg(-1, "grouped_entities"); a != nil && a.Keyword != nil && !a.Unpacked { // which would win
			return checks.Fix(true, `join the pieces: aggregation_strategy="first"`, checks.Replace(there, a.Keyword, `aggregation_strategy="first"`))
		}
		return checks.Fix(true, `join the pieces: aggregation_strategy="first"`, fix.AddKeyword(there.File, made.Node, "aggregation_strategy", `"first"`))
	})
	if f == nil {
		return nil
	}
	for _, g := range run.Frame.Everywhere() {
		m := p.Project.Module(g.Module())
		if m == nil || !m.Mentions("entity") {
			continue
		}
		var edits []fix.Edit
		g.InspectOwn(func(n ast.Node) bool {
			sub, ok := n.(*ast.Subscript)
			if !ok {
				return true
			}
			key, ok := sub.Index.(*ast.Str)
			if ok && key.Value == "entity" && checks.Any(g.MadeOf(sub.Value), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == run.Node }) {
				edits = append(edits, fix.ReplaceInString(m.File, key, "entity", "entity_group")...)
			}
			return true
		})
		f.Edits = append(f.Edits, p.InFile(m, edits)...)
	}
	return f
}
