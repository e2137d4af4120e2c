package prompts

import (
	"strconv"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of the numbers in a request that become limits and settings of a
// model call.

// samplingParameters is PML1137.
var samplingParameters = &checks.Rule{
	Spec: infoPML1137,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if r, ok := sampling[parameter(path)]; ok && !checks.ByContract(path) {
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: between(p, checks.GivenNode(path), r)})
		}
	},
}

// span is a range of numbers with the type that converts to them.
type span struct{ convert, low, high string }

// sampling gives each sampling parameter the range that it is held in.
var sampling = map[string]span{
	"temperature": {"float", "0.0", "1.0"}, "top_p": {"float", "0.0", "1.0"}, "topP": {"float", "0.0", "1.0"}, "min_p": {"float", "0.0", "1.0"},
	"top_k":             {"int", "1", "100"},
	"frequency_penalty": {"float", "-2.0", "2.0"}, "presence_penalty": {"float", "-2.0", "2.0"},
	"repetition_penalty": {"float", "-2.0", "2.0"}, "repeat_penalty": {"float", "-2.0", "2.0"},
}

// tokenLimit is PML1138.
var tokenLimit = &checks.Rule{
	Spec: infoPML1138,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch parameter(path) {
		case "max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample", "max_new_tokens", "max_length", "max_gen_len", "num_predict", "maxTokens":
		default:
			return
		}
		if !checks.ByContract(path) {
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: atMost(p, checks.GivenNode(path), largest(p, path, 1024))})
		}
	},
}

// generationCount is PML1149.
var generationCount = &checks.Rule{
	Spec: infoPML1149,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param, models.Size},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		node := path.Node
		switch {
		case path.Kind == models.Size:
			if path.Sink.Note != flow.NoteTurns {
				return
			}
			node = countIn(node)
		default:
			switch parameter(path) {
			case "n", "best_of", "candidate_count", "number_of_images", "number_of_videos", "num_generations":
			default:
				return
			}
			node = checks.GivenNode(path)
		}
		if !checks.ByContract(path) {
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: atMost(p, node, 4)})
		}
	},
}

// countIn is the number in `range(n)`, `repeat(x, n)`, `[x] * n`; nil where it is not there.
func countIn(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.Call:
		switch {
		case len(n.Args) == 1:
			return n.Args[0]
		case len(n.Args) > 1:
			return n.Args[1]
		}
		if k := fix.KeywordOf(n, "times"); k != nil {
			return k.Value
		}
	case *ast.BinOp:
		switch n.Left.(type) {
		case *ast.List, *ast.Tuple:
			return n.Right
		}
		switch n.Right.(type) {
		case *ast.List, *ast.Tuple:
			return n.Left
		}
		return n.Right
	}
	return nil
}

// largest is the larger of a limit and of the constant that the program itself falls back to.
func largest(p *checks.Pass, path *checks.Path, limit int) int {
	d, _ := fallback(p, path)
	if n, ok := d.(*ast.Number); ok {
		if x, err := strconv.Atoi(n.Text); err == nil && x > limit {
			return x
		}
	}
	return limit
}

// atMost bounds a number from above.
func atMost(p *checks.Pass, n ast.Node, limit int) *fix.Fix {
	e, ok := n.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	most := strconv.Itoa(limit)
	return checks.Fix(true, "bound the number by "+most, converted(p, e, "int", "min(", ", "+most+")"))
}

// between bounds a number from both sides.
func between(p *checks.Pass, n ast.Node, r span) *fix.Fix {
	e, ok := n.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	return checks.Fix(true, "keep the number between "+r.low+" and "+r.high, converted(p, e, r.convert, "min(max(", ", "+r.low+"), "+r.high+")"))
}

// converted puts text around a number, which is made one first where no call there does so.
func converted(p *checks.Pass, e ast.Expr, convert, before, after string) []fix.Edit {
	if c, ok := e.(*ast.Call); ok {
		if fn, ok := c.Fn.(*ast.Name); ok && (fn.Id == convert || fn.Id == "float" || fn.Id == "int") && len(c.Args) == 1 {
			return fix.Wrap(p.File, e, before, after)
		}
	}
	return fix.Wrap(p.File, e, before+convert+"(", ")"+after)
}
