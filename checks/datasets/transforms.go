package datasets

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// transformFromRequest is PML4220.
var transformFromRequest = &checks.Rule{
	Spec:  infoPML4220,
	Knows: []string{"builtins.getattr", "albumentations", "albumentations.**"},
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Exec, models.Deserialize, models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		switch {
		case c.Symbol.Is("builtins.getattr"):
			from, name := c.Arg(0, ""), c.Arg(1, "")
			if from == nil || name == nil || !ofAlbumentations(c, from) || !checks.Called(p.Module, c.Node) {
				return
			}
			e = name.Node
		case !c.Symbol.Under("albumentations"):
			return
		case path.Kind == models.Deserialize && strings.HasSuffix(c.Symbol.String(), "from_dict"):
			if classesTested(p, c) {
				return
			}
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: allowClasses(p, c, e)})
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.AllowOnly(p, path, e, allowedTransforms, "transform is not allowed")})
	},
}

const allowedTransforms = "ALLOWED_TRANSFORMS"

// ofAlbumentations reports whether an argument is the library, or a module of it.
func ofAlbumentations(c *checks.Call, a *checks.Argument) bool {
	for _, v := range c.Given(a.Value) {
		if name := v.Name(); name == "albumentations" || strings.HasPrefix(name, "albumentations.") {
			return true
		}
	}
	return false
}

// className is where a pipeline says of which class a transform is.
const className = "__class_fullname__"

// classesTested reports whether the classes of a pipeline are tested on the way to a call.
func classesTested(p *checks.Pass, c *checks.Call) bool {
	for _, passed := range checks.ScopeOf(p, c).PassedBefore(c.Node) {
		for _, test := range passed.Tests {
			found := false
			ast.Inspect(test, func(n ast.Node) bool {
				s, ok := n.(*ast.Str)
				found = found || ok && strings.Contains(s.Value, className)
				return !found
			})
			if found {
				return true
			}
		}
	}
	return false
}

// allowClasses lets only pipelines through whose classes are listed.
func allowClasses(p *checks.Pass, c *checks.Call, e ast.Expr) *fix.Fix {
	stmt := p.StmtOf(c.Node)
	if e == nil || stmt == nil || !p.Holds(e) || !checks.KnownBefore(p.Module, e, stmt) || p.FunctionAround(e) != p.FunctionAround(c.Node) {
		return nil
	}
	var lines []string
	var edits []fix.Edit
	text := p.File.Text(e)
	if !checks.Repeatable(e) {
		lines, edits, text = []string{"requested = " + text}, checks.Replace(p, e, "requested"), "requested"
	}
	find, one := fix.Reach(p.File, "re.findall", "import re", fix.BeforeFirstImport)
	dump, other := fix.Reach(p.File, "json.dumps", "import json", fix.BeforeFirstImport)
	lines = append(lines, "if not set("+find+`(r'"`+className+`": "([^"]+)"', `+dump+"("+text+"))) <= "+allowedTransforms+":", `    raise ValueError("transform is not allowed")`)
	return checks.Fix(true, "let only through what is listed in "+allowedTransforms,
		fix.InsertBefore(p.File, stmt, lines...), edits, fix.JoinImports(other, one),
		fix.AddConstant(p.File, allowedTransforms+": frozenset[str] = frozenset()", fix.Spaced))
}
