package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const registered = "models:/"

// modelURI is PML6209.
var modelURI = &checks.Rule{
	Spec: infoPML6209,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Under("mlflow") || !loadsModel(c) || strings.HasPrefix(path.Value.Prefix(), registered) {
			return
		}
		node := ast.Node(path.Node)
		if e, ok := path.Node.(ast.Expr); ok {
			for i := range c.Args {
				if c.Args[i].Node == e {
					node = checks.ArgNode(c, &c.Args[i])
				}
			}
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: onlyRegistered(p, path.Node)})
	},
}

// loadsModel reports whether a call of mlflow loads the model of a URI.
func loadsModel(c *checks.Call) bool {
	name := c.Symbol.String()
	name = name[strings.LastIndexByte(name, '.')+1:]
	switch name {
	case "load_model", "spark_udf", "load_pyfunc", "predict", "serve":
		return true
	}
	return false
}

// onlyRegistered refuses URIs of anything but registered models.
func onlyRegistered(p *checks.Pass, node ast.Node) *fix.Fix {
	e, ok := node.(ast.Expr)
	stmt := p.StmtOf(node)
	if !ok || stmt == nil || !p.Holds(e) || inLambda(p, node) {
		return nil
	}
	uri := p.File.Text(e)
	var lines []string
	var edits []fix.Edit
	switch e.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		lines = append(lines, "model_uri = "+oneLine(p, e))
		uri, edits = "model_uri", checks.Replace(p, e, "model_uri")
	}
	lines = append(lines, "if not "+uri+`.startswith("models:/"):`, `    raise ValueError(f"not a registered model: {`+uri+`!r}")`)
	return checks.Fix(true, "load registered models only", fix.InsertBefore(p.File, stmt, lines...), edits)
}
