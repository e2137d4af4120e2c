package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// kernelFromRequest is PML2217.
var kernelFromRequest = &checks.Rule{
	Spec: infoPML2217,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		// Files that were downloaded and are compiled have a check of their own (PML6324).
		if c == nil || path.Sink.Note != models.NoteGPUSource && (path.Mark.Label == models.Web || !c.Symbol.Is("torch.utils.cpp_extension.load")) ||
			vetted(p, path) {
			return
		}
		if m := path.Mark; m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.ToldDigest(m.Call()) || checks.FetchedHere(m.Call()) || checks.CommitAddress(m.Call())) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: byName(p, path, "KERNELS: dict[str, str] = {}", "compile only sources that were reviewed")})
	},
}

// byName gives a call one of the entries of a dict, which is to be filled, in the place of what somebody else sent: the one
// that is named by that. It is nil where that cannot be written.
func byName(p *checks.Pass, path *checks.Path, dict, message string) *fix.Fix {
	given, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || !p.Holds(given) || path.Call.Partial {
		return nil
	}
	name, _, _ := strings.Cut(dict, ":")
	if list, ok := given.(*ast.List); ok && len(list.Elts) == 1 {
		given = list.Elts[0]
	}
	key := given
	if list := checks.EntriesOf(p, path); len(list) > 0 && list[0].In == p.Module && p.FunctionAround(list[0].Expr) == p.FunctionAround(path.Call.Node) {
		key = list[0].Expr
	}
	if list, ok := key.(*ast.List); ok && len(list.Elts) == 1 {
		key = list.Elts[0]
	}
	switch key.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call, *ast.Await:
	default:
		return nil
	}
	if _, is := given.(*ast.List); is {
		return nil
	}
	return checks.Fix(true, message, checks.Replace(p, given, name+"["+p.File.Text(key)+"]"), fix.AddConstant(p.File, dict, fix.Spaced))
}
