package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// defaultPixels is Pillow's own limit.
const defaultPixels = "89_478_485"

// bombGuard is PML3102.
var bombGuard = &checks.Rule{
	Spec:  infoPML3102,
	Knows: []string{"PIL.Image.open", "{math,numpy}.inf", "sys.maxsize", "builtins.float"},
	To:    []string{"PIL.Image.MAX_IMAGE_PIXELS"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !unlimited(s.Value) || !opensStrangers(s.Frame) {
			return
		}
		node := ast.Node(s.Node)
		if stmt := p.StmtOf(s.Node); stmt != nil {
			if _, assigned := stmt.(*ast.Assign); assigned {
				node = stmt
			}
		}
		p.Report(checks.Report{Node: node, Fix: limitPixels(p, s.From)})
	},
}

// limitPixels puts Pillow's own limit in the place of a value.
func limitPixels(p *checks.Pass, value ast.Expr) *fix.Fix {
	if value == nil || !p.Holds(value) {
		return nil
	}
	return checks.Fix(true, "keep Pillow's own limit", checks.Replace(p, value, defaultPixels))
}

// unlimited reports whether a limit of pixels is none.
func unlimited(v *checks.Value) bool {
	if n, known := v.Number(); known {
		return n >= 1e9
	}
	if made := v.Origin(); made != nil && made.Symbol.Is("builtins.float") {
		if a := made.Arg(0, ""); a != nil {
			text, _ := a.Value.Text()
			return strings.HasPrefix(strings.TrimLeft(strings.ToLower(text), "+"), "inf")
		}
	}
	return v.IsNone() || v.Is("math.inf", "numpy.inf", "sys.maxsize")
}

// opensStrangers reports whether the program opens a picture that somebody else sends, and does not look at its size
// before it decodes it.
func opensStrangers(f *checks.Frame) bool {
	outside := models.Labels(models.User, models.Upload, models.Web)
	for _, g := range f.Everywhere() {
		for _, c := range g.Calls {
			file := c.Arg(0, "fp")
			if !c.Symbol.Is("PIL.Image.open") || file == nil {
				continue
			}
			sent := slices.ContainsFunc(c.Behind(file.Value), func(m checks.Mark) bool { return outside.Has(m.Label) })
			if sent && !sizeTested(g, c) {
				return true
			}
		}
	}
	return false
}

// sizeTested reports whether the function that opens a picture, or one that it hands it to, compares its size and goes no
// further where that is too large.
func sizeTested(f *checks.Frame, opened *checks.Call) bool {
	tested := false
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.If:
			tested = tested || s.Pos() > opened.Node.Pos() && checks.Leaves(s.Body) && comparesSize(s.Test, f)
		case *ast.Assert:
			tested = tested || s.Pos() > opened.Node.Pos() && comparesSize(s.Test, f)
		}
		return !tested
	})
	return tested
}

// comparesSize reports whether a test compares the width, height or size of a picture, or a name for one.
func comparesSize(test ast.Expr, f *checks.Frame) bool {
	found := false
	reads := func(e ast.Node) bool {
		size := false
		ast.Inspect(e, func(n ast.Node) bool {
			at, ok := n.(*ast.Attribute)
			size = size || ok && (at.Attr.Id == "size" || at.Attr.Id == "width" || at.Attr.Id == "height")
			return !size
		})
		return size
	}
	ast.Inspect(test, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok {
			return !found
		}
		found = found || reads(c)
		ast.Inspect(c, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok && !found {
				found = slices.ContainsFunc(givers(f, name.Id), reads)
			}
			return !found
		})
		return !found
	})
	return found
}

// givers lists what a function assigns to a name, also as one of several.
func givers(f *checks.Frame, name string) []ast.Node {
	var out []ast.Node
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if checks.UsesName(t, name) {
					out = append(out, a.Value)
				}
			}
		}
		return true
	})
	return out
}
