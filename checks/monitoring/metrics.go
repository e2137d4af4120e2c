package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// metricFromRequest is PML2405.
var metricFromRequest = &checks.Rule{
	Spec: infoPML2405,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Metric},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !p.FromOthers(path) || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) || fewValues(path) || keyOfTable(path) {
			return
		}
		if path.Sink.Note == models.NoteMetricRecord && !textRecord(path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: knownLabels(p, path)})
	},
}

// fewValues reports whether what is read of a request takes few values, whoever sends it: its method, the template of its route.
func fewValues(path *checks.Path) bool {
	return slices.ContainsFunc(path.Mark.Fields(), func(field string) bool {
		return slices.Contains([]string{"method", "url_rule", "route", "endpoint", "blueprint", "resolver_match", "status_code", "scheme", "rule"}, field)
	})
}

// textRecord reports whether a record is text in the line protocol, or a list of such.
func textRecord(path *checks.Path) bool {
	if items, list := checks.ItemsAt(path); list {
		return slices.ContainsFunc(items, func(it checks.Item) bool { return len(it.Value.Parts()) > 0 && checks.Carries(path, it.Value) })
	}
	return len(path.Value.Parts()) > 0 && path.Value.Kind() != flow.KindObject
}

// keyOfTable reports whether a table of the program's was read by the same name before, which ends the request where there is
// no such entry.
func keyOfTable(path *checks.Path) bool {
	e, ok := path.Node.(*ast.Name)
	if !ok {
		return false
	}
	found := false
	path.Call.Frame.InspectOwn(func(n ast.Node) bool {
		if item, ok := n.(*ast.Subscript); ok && item.Pos() < e.Pos() {
			key, named := item.Index.(*ast.Name)
			table, global := item.Value.(*ast.Name)
			found = found || named && global && key.Id == e.Id && table.Id == strings.ToUpper(table.Id)
		}
		return !found
	})
	return found
}

// knownLabels lets only through what is in a set that the team fills.
func knownLabels(p *checks.Pass, path *checks.Path) *fix.Fix {
	list := p.Insertions(path, func(v *checks.Value) bool { return checks.Carries(path, v) })
	var edits []fix.Edit
	for _, in := range list {
		if in.In != p.Module || !checks.Repeatable(in.Expr) {
			return nil
		}
		quote := `"`
		if _, s := checks.PlaceholderOf(p.Module, in.Expr); s != nil {
			if strings.Contains(strings.TrimLeft(p.File.Text(s), "fFrR")[:1], `"`) {
				quote = "'"
			}
			if strings.Contains(p.File.Text(in.Expr), quote) {
				return nil
			}
		}
		text := p.File.Text(in.Expr)
		edits = append(edits, checks.Replace(p, in.Expr, "("+text+" if "+text+" in KNOWN_LABELS else "+quote+"other"+quote+")")...)
	}
	if edits == nil {
		return nil
	}
	return checks.Fix(true, "let only known labels through", edits, fix.AddConstant(p.File, "KNOWN_LABELS = frozenset()", fix.Spaced))
}
