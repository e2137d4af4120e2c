package serving

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// servedModels is what stands in front of a model's name in the addresses of TensorFlow Serving.
const servedModels = "/v1/models/"

// servingAddress is PML2302.
var servingAddress = &checks.Rule{
	Spec: infoPML2302,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !checks.Fetches(path.Call) && !path.Call.Symbol.Is("urllib.request.Request") || !p.FromOthers(path) {
			return
		}
		parts := behind(path, servedModels)
		if len(parts) == 0 {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: quoteParts(p, parts)})
	},
}

// behind lists the pieces of the address at the end of a path that hold its data and stand behind a constant text.
func behind(path *checks.Path, text string) []checks.Part {
	var out []checks.Part
	// follow goes through what a piece may be, and returns what is known of the address up to its end.
	var follow func(piece checks.Part, before string, depth int) string
	follow = func(piece checks.Part, before string, depth int) string {
		end := before
		for _, a := range piece.Value.Alternatives() {
			parts := a.Parts()
			switch {
			case len(parts) > 0 && depth < 4:
				end = before
				for _, part := range parts {
					if part.Value == nil {
						end += part.Text
					} else {
						end = follow(part, end, depth+1)
					}
				}
			case !checks.Carries(path, a):
				end = before + a.Prefix() + "…"
			default:
				if strings.Contains(before, text) && !slices.ContainsFunc(out, func(o checks.Part) bool { return o.Node == piece.Node }) {
					out = append(out, piece)
				}
				end = before + "…"
			}
		}
		return end
	}
	follow(checks.Part{Value: path.Value}, baseOf(path.Call), 0)
	return out
}

// baseOf is what the client puts in front of the addresses that it is given.
func baseOf(c *checks.Call) string {
	if c.Receiver == nil || c.Receiver.Origin() == nil {
		return ""
	}
	if a := c.Receiver.Origin().Arg(-1, "base_url"); a != nil {
		text, _ := a.Value.Text()
		return text
	}
	return ""
}

// quoteParts quotes pieces of an address.
func quoteParts(p *checks.Pass, parts []checks.Part) *fix.Fix {
	var list []checks.Insertion
	for _, part := range parts {
		in := p.Project.Module(part.Mod)
		e, ok := part.Node.(ast.Expr)
		if !ok || in == nil || part.Conv || !in.Holds(e) {
			return nil
		}
		list = append(list, checks.Insertion{Expr: e, In: in})
	}
	return checks.Fix(false, "quote what the request gives", p.WrapInsertions(list, "urllib.parse.quote", "from urllib.parse import quote", fix.InSection, func(name, text string) string {
		return name + "(str(" + text + `), safe="")`
	}))
}
