package checks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds words for files that somebody outside has made or chosen.

// stores are the libraries of object stores, in which a team keeps its own files.
var stores = []string{"boto3", "aioboto3", "google.cloud.storage", "azure.storage", "minio", "s3fs", "gcsfs", "adlfs", "fsspec", "smart_open", "wandb", "mlflow", "clearml"}

// FromOutside reports whether somebody outside has made, or chooses, the file at the end of a path: it was downloaded, and no
// commit or digest says what it has to be, or text of a request names it. A file of a team's own store is none, nor is one
// that a name leads to which was cut down to a name within a folder or looked up.
func FromOutside(p *Pass, path *Path) bool {
	m := path.Mark
	switch {
	case m.Label == models.Web:
		if s := m.Source(); s != nil && slices.ContainsFunc(stores, s.Under) {
			return false
		}
		c := m.Call()
		return !PinnedDownload(c) && !FetchedHere(c) && !ToldDigest(c) && !CommitAddress(c)
	case m.InFile():
		return !listed(p, path)
	}
	return p.FromOthers(path) && !m.Clean.Has(models.Path) && !OnlyMadeOf(path) && !LookedUp(p, path) && !Vetted(p, path, nil)
}

// listed reports whether the name of the file at the end of a path was let through by a list: `if folder not in FOLDERS: raise`.
func listed(p *Pass, path *Path) bool {
	e, ok := path.Node.(ast.Expr)
	in := p.Project.Module(path.Mod)
	if !ok || in == nil || !in.Holds(e) {
		return false
	}
	text := in.File.Text(e)
	for _, g := range ScopeOf(p, path.Call).PassedBefore(path.Call.Node) {
		sound, _ := JudgePassed(g, func(s *Scope, test ast.Expr, holds bool) (bool, []ast.Expr) {
			c, ok := test.(*ast.Compare)
			return ok && len(c.Ops) == 1 && (c.Ops[0] == "in" && holds || c.Ops[0] == "not in" && !holds) && s.In.File.Text(c.Left) == text, nil
		})
		if sound {
			return true
		}
	}
	return false
}

// RequireDigest refuses, before the call at the end of a path, a file whose SHA-256 is not the one that a variable of the
// environment gives: e is the expression of its name, or of an open buffer. It is nil where that cannot be written.
func RequireDigest(p *Pass, path *Path, e ast.Expr, variable, problem string) *fix.Fix {
	if e == nil || path.Call == nil || !p.Holds(e) || !p.Holds(path.Call.Node) || !path.Call.Node.Range().Contains(e.Range()) {
		return nil
	}
	stmt := p.StmtOf(path.Call.Node)
	if stmt == nil || !sameFunction(p.Module, e, path.Call.Node) || !stmt.Range().Contains(e.Range()) || !evaluatedOnce(p.Module, e, stmt) {
		return nil
	}
	var lines []string
	var edits []fix.Edit
	text := p.File.Text(e)
	content := ""
	switch buffer, _ := e.(*ast.Call); {
	case buffer != nil && LastName(buffer.Fn) == "BytesIO" && len(buffer.Args) == 1 && Repeatable(buffer.Args[0]):
		content = p.File.Text(buffer.Args[0])
	case path.Value.Is("io.BytesIO()") && buffer == nil:
		content = text + ".getvalue()"
	case path.Value.OpenFile():
		return nil
	case !Repeatable(e):
		text = "downloaded"
		if p.Defines(text) || p.Imports(text) {
			return nil
		}
		lines, edits = append(lines, text+" = "+p.File.Text(e)), Replace(p, e, text)
	}
	if content == "" {
		content = "open(" + text + `, "rb").read()`
	}
	sha, hashing := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport)
	environ, settings := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
	lines = append(lines, "if "+sha+"("+content+").hexdigest() != "+environ+`["`+variable+`"]:`, `    raise ValueError("`+problem+`")`)
	return Fix(true, "load only the file whose digest is known", fix.InsertBefore(p.File, stmt, lines...), edits, fix.JoinImports(hashing, settings))
}
