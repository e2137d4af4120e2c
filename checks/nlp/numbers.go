package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of what a request says of how much is computed for its text.

// beamCount is PML3218.
var beamCount = &checks.Rule{
	Spec: infoPML3218,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteBeams || !checks.StaysNumber(path) {
			return
		}
		repair := checks.AtMost(p, path, "int", "4")
		if path.Sink.Arg == "**" {
			if !choosesOptions(path) || leavesOut(p, path) {
				return
			}
			repair = withoutBeams(p, path)
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: repair})
	},
}

// choosesOptions reports whether a request decides which arguments a mapping holds that a call unpacks: the keys are the
// request's, none of them named by the program.
func choosesOptions(path *checks.Path) bool {
	return mappingOf(path, path.Value, 0)
}

func mappingOf(path *checks.Path, v *checks.Value, depth int) bool {
	for _, a := range v.Alternatives() {
		if a.Class() != nil {
			continue // a record, whose fields are declared
		}
		_, keys := path.Rest(a)
		switch {
		case keys != nil:
			if checks.Carries(path, keys) {
				return true
			}
		case len(path.Entries(a)) == 0 && checks.Carries(path, a):
			return true
		}
	}
	return false
}

// beamOptions are the arguments that say how many sequences are computed.
var beamOptions = []string{"num_beams", "num_return_sequences", "num_beam_groups"}

// leavesOut reports whether the mapping that a call unpacks is another one without those keys.
func leavesOut(p *checks.Pass, path *checks.Path) bool {
	var e ast.Expr
	for _, k := range path.Call.Node.Keywords {
		if k.Name == nil && (ast.Node(k) == path.Node || ast.Node(k.Value) == path.Node) {
			e = k.Value
		}
	}
	if name, ok := e.(*ast.Name); ok {
		e = checks.LastAssigned(checks.BodyOf(path.Call.Frame), name)
	}
	comp, ok := e.(*ast.Comp)
	if !ok || len(comp.Clauses) != 1 {
		return false
	}
	return slices.ContainsFunc(comp.Clauses[0].Ifs, func(test ast.Expr) bool {
		c, ok := test.(*ast.Compare)
		if !ok || len(c.Ops) != 1 || c.Ops[0] != "not in" {
			return false
		}
		items, open, known := path.Call.Items(path.Call.Frame.ValueOf(c.Right[0]))
		if !known || open {
			return true
		}
		return !slices.ContainsFunc(beamOptions, func(option string) bool {
			return !slices.ContainsFunc(items, func(it checks.Item) bool { text, _ := it.Value.Text(); return text == option })
		})
	})
}

// withoutBeams takes the numbers of sequences out of a mapping and states them.
func withoutBeams(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if !p.Holds(c.Node) {
		return nil
	}
	for _, k := range c.Node.Keywords {
		if k.Name != nil || k.Value.Range() != path.Node.Range() && ast.Node(k) != path.Node {
			continue
		}
		text := p.File.Text(k.Value)
		switch k.Value.(type) {
		case *ast.BinOp, *ast.BoolOp, *ast.IfExp, *ast.Await:
			text = "(" + text + ")"
		}
		var stated []string
		for _, given := range [...]string{"num_beams=4", "num_return_sequences=1"} {
			name, _, _ := strings.Cut(given, "=")
			if fix.KeywordOf(c.Node, name) == nil {
				stated = append(stated, given)
			}
		}
		edits := checks.Replace(p, k.Value, `{k: v for k, v in `+text+`.items() if k not in ("num_beams", "num_return_sequences", "num_beam_groups")}`)
		if len(stated) > 0 {
			edits = append(edits, fix.AddArgument(p.File, c.Node, strings.Join(stated, ", "))...)
		}
		return checks.Fix(true, "take the numbers of beams and sequences out of what the request asks for", edits)
	}
	return nil
}

// sparseShape is PML3227.
var sparseShape = &checks.Rule{
	Spec: infoPML3227,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteSparse || !checks.StaysNumber(path) {
			return
		}
		var repair *fix.Fix
		switch checks.ArgumentName(path) {
		case "block_size":
			repair = checks.AtMost(p, path, "int", "64")
		case "num_random_blocks":
			repair = checks.AtMost(p, path, "int", "3")
		default:
			if e, ok := checks.GivenNode(path).(ast.Expr); ok && p.Holds(e) {
				repair = checks.Fix(true, "keep the attention sparse", checks.Replace(p, e, `"block_sparse"`))
			}
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: repair})
	},
}
