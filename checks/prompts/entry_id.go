package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestedEntry is PML1131.
var requestedEntry = &checks.Rule{
	Spec: infoPML1131,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteEntry || holdsIdentity(path) || checks.ServesOnly(p, path, writersOnly...) || ownerCompared(p, path) {
			return
		}
		write := keepsText(path)
		if write == nil || identityPart(write) || storeOf(write).own {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: newID(p, path)})
	},
}

// writersOnly are words in the names of guards that let only some people write.
var writersOnly = []string{"admin", "staff", "superuser", "role", "scope", "permission"}

// holdsIdentity reports whether an id is made of something that the program knows besides what the
// request says: the signed-in user, the tenant.
func holdsIdentity(path *checks.Path) bool {
	values := []*checks.Value{path.Value}
	if items, _, ok := path.Items(path.Value); ok {
		for _, it := range items {
			values = append(values, it.Value)
		}
	}
	for _, v := range values {
		for _, part := range v.Parts() {
			if part.Value != nil && !part.Value.Labels(models.Param).Has(models.User) && !part.Value.Fixed() && !part.Value.IsParameter() {
				return true
			}
		}
	}
	return false
}

// keepsText is the write to which an id belongs, if text of a request's or an upload's is its
// content; nil otherwise.
func keepsText(path *checks.Path) *checks.Call {
	for _, w := range path.Engine.Paths(models.Ingest) {
		if w.Call == nil || w.Sink != nil && w.Sink.Note == models.NoteUploaded || w.Mark.Label != models.User && w.Mark.Label != models.Upload {
			continue
		}
		// A point is made in front of the call that writes it.
		if w.Call.Node == path.Call.Node || path.Call.Frame.Function() == w.Call.Frame.Function() && path.Call.Frame.Module() == w.Call.Frame.Module() && !isWrite(path.Call) {
			return w.Call
		}
	}
	return nil
}

// isWrite reports whether a call writes to a store itself.
func isWrite(c *checks.Call) bool { return len(c.Dangerous(models.Ingest)) > 0 }

// identityPart reports whether a call writes the part of a store that is one user's, as the
// program and not the request says.
func identityPart(c *checks.Call) bool {
	for _, name := range [...]string{"namespace", "tenant", "partition_name", "database", "collection_name"} {
		if a := c.Arg(-1, name); a != nil && !a.Value.Fixed() && !a.Value.IsNone() && !a.Value.Labels(models.NoSink).Has(models.User) {
			return true
		}
	}
	at, ok := c.Node.Fn.(*ast.Attribute)
	return ok && checks.Any(c.Frame.MadeOf(at.Value), func(i flow.Ingredient) bool { return i.Call != nil && i.Call.Method == "with_tenant" })
}

// ownerCompared reports whether a function on the way leaves where the owner of the entry is
// another one.
func ownerCompared(p *checks.Pass, path *checks.Path) bool {
	found := false
	look := func(m *checks.Module, n ast.Node) {
		if m == nil || n == nil || found {
			return
		}
		for _, around := range m.Around(n) {
			fn, ok := around.(*ast.FunctionDef)
			if !ok {
				continue
			}
			ast.InspectStmts(fn.Body, func(n ast.Node) bool {
				s, ok := n.(*ast.If)
				if ok && checks.Leaves(s.Body) && comparesOwner(m, s.Test) {
					found = true
				}
				return !found
			})
		}
	}
	for _, t := range path.Trace.Steps() {
		look(p.Project.Module(t.Mod), t.Node)
	}
	look(p.Module, path.Node)
	return found
}

// comparesOwner reports whether a test compares the owner of something.
func comparesOwner(m *checks.Module, test ast.Expr) bool {
	text := strings.ToLower(m.File.Text(test))
	if !strings.Contains(text, "==") && !strings.Contains(text, "!=") && !strings.Contains(text, "not in") && !strings.Contains(text, "owns") {
		return false
	}
	for _, w := range [...]string{"owner", "tenant", "user", "author", "created_by", "account"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return strings.Contains(text, "owns")
}

// newID makes the fix that lets the server choose the id.
func newID(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	if _, isName := e.(*ast.Name); isName {
		if items, _, ok := path.Items(path.Value); ok && len(items) == 1 {
			if x, ok := items[0].Node.(ast.Expr); ok && p.Holds(x) {
				return oneID(p, x)
			}
		}
	}
	switch x := e.(type) {
	case *ast.List:
		if len(x.Elts) != 1 {
			return nil
		}
		return oneID(p, x.Elts[0])
	case *ast.Comp:
		return oneID(p, x.Elt)
	}
	if name := string(path.Sink.Arg); name == "ids" || name == "0:ids" {
		if path.Value.Kind() == flow.KindObject {
			return nil
		}
		spelling, imports := fix.Reach(p.File, "uuid.uuid4", "import uuid", fix.InSection)
		return checks.Fix(true, "let the server choose the ids", checks.Replace(p, e, "[str("+spelling+"()) for _ in "+p.File.Text(e)+"]"), imports)
	}
	return oneID(p, e)
}

func oneID(p *checks.Pass, e ast.Expr) *fix.Fix {
	spelling, imports := fix.Reach(p.File, "uuid.uuid4", "import uuid", fix.InSection)
	return checks.Fix(true, "let the server choose the id", checks.Replace(p, e, "str("+spelling+"())"), imports)
}
