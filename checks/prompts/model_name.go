package prompts

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// modelFromRequest is PML1143.
var modelFromRequest = &checks.Rule{
	Spec: infoPML1143,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch parameter(path) {
		case "model", "model_name", "model_id", "modelId", "engine":
		default:
			return
		}
		if !checks.ByContract(path) && !madeByUnknown(path) {
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: offeredModels(p, path)})
		}
	},
}

// madeByUnknown reports whether what is given is only made of the data, by a function of which nothing
// is known: an object that a callback returns may have a model of its own.
func madeByUnknown(path *checks.Path) bool {
	return path.Mark.MadeOf() && slices.ContainsFunc(path.Mark.Trace.Steps(), func(t *flow.Trace) bool {
		c := path.Engine.CallAt(t.Node)
		if c == nil || c.Symbol != nil || c.Body() != nil || !strings.HasPrefix(t.Text, "through ") {
			return false
		}
		switch c.Method {
		case "partition", "rpartition", "split", "rsplit", "strip", "lower", "removeprefix", "get", "pop":
			return false
		}
		return true
	})
}

// offeredModels refuses names that the program does not mention itself; where it mentions none, the list is left
// to be filled.
func offeredModels(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	at, isExpr := path.Node.(ast.Expr)
	if !isExpr || p.FunctionAround(e) != p.FunctionAround(at) || !simple(e) {
		at = e // in a dict that a helper fills
	}
	stmt := p.StmtOf(at)
	if stmt == nil || !checks.KnownBefore(p.Module, e, stmt) {
		return nil
	}
	names := map[string]bool{}
	if d, _ := fallback(p, path); d != nil {
		if s, ok := d.(*ast.Str); ok {
			names[s.Value] = true
		}
	}
	for name := range namesInModule(p) {
		names[name] = true
	}
	var list []string
	for name := range names {
		list = append(list, strconv.Quote(name))
	}
	sort.Strings(list)
	constant := "ALLOWED_MODELS: frozenset[str] = frozenset()"
	if len(list) > 0 {
		constant = "ALLOWED_MODELS = frozenset({" + strings.Join(list, ", ") + "})"
	}
	text := p.File.Text(e)
	var lines []string
	var edits []fix.Edit
	if !simple(e) {
		lines = append(lines, "model_name = "+text)
		edits = checks.Replace(p, e, "model_name")
		text = "model_name"
	}
	lines = append(lines, "if "+text+" not in ALLOWED_MODELS:", `    raise ValueError("model not offered")`)
	return checks.Fix(true, "refuse models that are not offered", fix.InsertBefore(p.File, stmt, lines...), edits, fix.AddConstant(p.File, constant, fix.Tight))
}

// namesInModule lists the constant names that the file gives to arguments and variables which
// are models by their name.
func namesInModule(p *checks.Pass) map[string]bool {
	out := map[string]bool{}
	add := func(name string, e ast.Expr) {
		if s, ok := e.(*ast.Str); ok && s.Value != "" && strings.HasSuffix(strings.ToLower(name), "model") {
			out[s.Value] = true
		}
	}
	ast.InspectFile(p.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Keyword:
			if n.Name != nil {
				add(n.Name.Id, n.Value)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if t, ok := t.(*ast.Name); ok {
					add(t.Id, n.Value)
				}
			}
		}
		return true
	})
	return out
}
