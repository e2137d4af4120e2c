package services

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// signers are the calls that are given a key to sign with, and the argument that it is.
var signers = []struct {
	name    string
	pos     int
	keyword string
}{
	{"{jwt.encode,jwt.decode,jwt.api_jwt.encode,jwt.api_jwt.decode,jwt.PyJWT().encode,jwt.PyJWT().decode}", 1, "key"},
	{"jose.jwt.{encode,decode}", 1, "key"},
	{"{authlib.jose.jwt.encode,authlib.jose.JsonWebToken().encode}", 2, "key"},
	{"{authlib.jose.jwt.decode,authlib.jose.JsonWebToken().decode}", 1, "key"},
	{"{starlette,fastapi}.middleware.sessions.SessionMiddleware", 1, "secret_key"},
	{"{starlette.applications.Starlette,fastapi.FastAPI,fastapi.applications.FastAPI}().add_middleware", -1, "secret_key"},
	{"{starlette,fastapi}.middleware.Middleware", -1, "secret_key"},
	{"itsdangerous.{Signer,TimestampSigner,Serializer,TimedSerializer,URLSafeSerializer,URLSafeTimedSerializer}", 0, "secret_key"},
	{"itsdangerous.{signer.Signer,timed.TimestampSigner,serializer.Serializer,timed.TimedSerializer,url_safe.URLSafeSerializer,url_safe.URLSafeTimedSerializer}", 0, "secret_key"},
	{"{flask.Flask,quart.Quart}().config.{update,from_mapping}", -1, "SECRET_KEY"},
	{"{flask.Flask,quart.Quart}().config.{update,from_mapping}", -1, "JWT_SECRET_KEY"},
}

// signingSettings are the names under which Flask and Django have the key.
var signingSettings = []string{"SECRET_KEY", "JWT_SECRET_KEY"}

// signingKey is PML6425.
var signingKey = &checks.Rule{
	Spec: infoPML6425,
	On: append(func() (names []string) {
		for _, s := range signers {
			if !slices.Contains(names, s.name) {
				names = append(names, s.name)
			}
		}
		return names
	}(), "{flask.Flask,quart.Quart}().config.from_object"),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if aside(p.Path) || !p.Project.UsesML() || asymmetric(c) || unverified(c) {
			return
		}
		for _, s := range signers {
			names, err := flow.Expand(s.name)
			if err != nil || !c.Symbol.Is(names...) {
				continue
			}
			if a := c.Arg(s.pos, s.keyword); a != nil && a.Node != nil {
				spelledKey(p, c.Frame, a.Node)
			}
			if s.pos < 0 && len(c.Args) > 0 {
				for _, e := range c.GivenKey(c.Args[0].Value, s.keyword) {
					if x, ok := e.Node.(ast.Expr); ok && p.Holds(x) {
						spelledKey(p, c.Frame, x)
					}
				}
			}
		}
		if c.Method == "from_object" && len(c.Args) > 0 {
			settingsOfClass(p, c.Frame, c.Args[0].Value.Class())
		}
	},
	To: []string{"{flask.Flask,quart.Quart}().secret_key", "{flask.Flask,quart.Quart}().config[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if aside(p.Path) || !p.Project.UsesML() || s.From == nil {
			return
		}
		if key, ok := s.Key.Text(); ok && !slices.Contains(signingSettings, key) {
			return
		}
		spelledKey(p, s.Frame, s.From)
	},
	Needs: []string{"SECRET_KEY"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() != nil || f.Class() != nil || aside(p.Path) || !p.Project.UsesML() || !djangoSettings(p) {
			return
		}
		for _, e := range settingsIn(p.File.Body, "SECRET_KEY") {
			spelledKey(p, f, e)
		}
	},
}

// settingsIn lists the expressions that a module or class assigns to a name, in its branches too.
func settingsIn(body []ast.Stmt, name string) []ast.Expr {
	var out []ast.Expr
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Assign:
			if id, ok := n.Targets[0].(*ast.Name); ok && id.Id == name {
				out = append(out, n.Value)
			}
		case *ast.AnnAssign:
			if id, ok := n.Target.(*ast.Name); ok && id.Id == name && n.Value != nil {
				out = append(out, n.Value)
			}
		}
		return true
	})
	return out
}

// aside reports whether a file stands in a folder of examples, fixtures or documentation.
func aside(path string) bool {
	for _, dir := range strings.Split(path, "/") {
		switch strings.ToLower(dir) {
		case "tests", "test", "fixtures", "fixture", "examples", "example", "docs", "docs_src", "doc", "samples":
			return true
		}
	}
	return false
}

// asymmetric reports whether tokens are signed with a pair of keys, or not at all.
func asymmetric(c *checks.Call) bool {
	list := c.Arg(2, "algorithm")
	for _, a := range []*checks.Argument{list, c.Arg(2, "algorithms"), c.Arg(-1, "algorithms")} {
		if a == nil {
			continue
		}
		values := []*checks.Value{a.Value}
		if items, _, ok := c.Items(a.Value); ok {
			values = nil
			for _, it := range items {
				values = append(values, it.Value)
			}
		}
		for _, v := range values {
			if t, ok := v.Text(); ok && !strings.HasPrefix(t, "HS") && (strings.EqualFold(t, "none") || len(t) > 2 && strings.Contains("RS ES PS Ed", t[:2])) {
				return true
			}
		}
	}
	return false
}

// unverified reports whether a token is only taken apart.
func unverified(c *checks.Call) bool {
	if a := c.Arg(-1, "verify"); a != nil && checks.Off(a.Value) {
		return true
	}
	if a := c.Arg(-1, "options"); a != nil {
		for _, e := range c.GivenKey(a.Value, "verify_signature") {
			if e.Value != nil && checks.Off(e.Value) {
				return true
			}
		}
	}
	return false
}

// djangoSettings reports whether a file is the settings of a Django project.
func djangoSettings(p *checks.Pass) bool {
	return assignedIn(p.File.Body, "INSTALLED_APPS") != nil || assignedIn(p.File.Body, "ROOT_URLCONF") != nil || assignedIn(p.File.Body, "MIDDLEWARE") != nil
}

// settingsOfClass reports the keys among the attributes of a class of settings.
func settingsOfClass(p *checks.Pass, f *checks.Frame, class *checks.ProjectClass) {
	if class == nil {
		return
	}
	for _, k := range class.Linear() {
		for _, g := range f.Everywhere() {
			if g.Function() != nil || g.Class() == nil || g.Class().Class != k.Class {
				continue
			}
			for _, name := range signingSettings {
				for _, e := range settingsIn(k.Node.Body, name) {
					spelledKey(p, g, e)
				}
			}
		}
	}
}

// spelledKey reports the constant texts that an expression of a function stands for.
func spelledKey(p *checks.Pass, f *checks.Frame, e ast.Expr) {
	for _, s := range f.SpelledOut(e) {
		m := p.Project.Module(s.Frame.Module())
		if m == nil || m.IsTest() || aside(m.Path) {
			continue
		}
		keyText(p, m, s.Frame, s.Expr, nil)
	}
}

// fallbacks are the functions and methods that read a setting and are given what to take where
// there is none.
var fallbacks = map[string]bool{"getenv": true, "get": true, "config": true, "env": true, "str": true, "get_secret": true, "Field": true, "getattr": true, "pop": true, "setdefault": true, "from_env": true, "get_env": true}

// keyText reports an expression where it is a constant text or falls back on one; whole is what
// stands for the value with its fallback.
func keyText(p *checks.Pass, m *checks.Module, f *checks.Frame, e, whole ast.Expr) {
	switch n := e.(type) {
	case *ast.Str:
		if isKey(n.Value) && m.Holds(n) && !refusesText(m, n.Value) && !refusesText(p.Module, n.Value) {
			p.Report(checks.Report{Node: n, In: m, Fix: keyFromEnvironment(p, m, n, whole)})
		}
	case *ast.BoolOp:
		if n.Or {
			fallbackText(p, m, f, n.Values[len(n.Values)-1], n)
		}
	case *ast.IfExp:
		keyText(p, m, f, n.Body, nil)
		keyText(p, m, f, n.Orelse, nil)
	case *ast.Call:
		name := checks.LastName(n.Fn)
		if name == "encode" {
			if at, ok := n.Fn.(*ast.Attribute); ok && len(n.Args) == 0 {
				fallbackText(p, m, f, at.Value, nil)
			}
			return
		}
		if !fallbacks[name] {
			return
		}
		if k := fix.KeywordOf(n, "default"); k != nil {
			fallbackText(p, m, f, k.Value, n)
		} else if i := len(n.Args) - 1; i == 1 || i == 0 && name == "Field" || i == 2 && name == "getattr" {
			fallbackText(p, m, f, n.Args[i], n)
		}
	}
}

// fallbackText is keyText for what is taken where a setting is not there.
func fallbackText(p *checks.Pass, m *checks.Module, f *checks.Frame, e, whole ast.Expr) {
	for _, s := range f.SpelledOut(e) {
		if in := p.Project.Module(s.Frame.Module()); in == m {
			keyText(p, m, s.Frame, s.Expr, whole)
		}
	}
}

// isKey reports whether a text can be the key: it has a letter, and is no public key.
func isKey(t string) bool {
	return strings.ContainsFunc(t, unicode.IsLetter) && !strings.Contains(t, "PUBLIC KEY-----") && !strings.Contains(t, "BEGIN CERTIFICATE")
}

// refusesText reports whether code compares something with a text: to refuse it, or to make
// another key in its place.
func refusesText(m *checks.Module, text string) bool {
	found := false
	is := func(e ast.Expr) bool {
		s, ok := e.(*ast.Str)
		return ok && s.Value == text
	}
	ast.InspectStmts(m.File.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Compare); ok {
			found = found || is(c.Left) || slices.ContainsFunc(c.Right, is)
			for _, r := range c.Right {
				found = found || slices.ContainsFunc(checks.Elements(r), is)
			}
		}
		return !found
	})
	return found
}

// keyFromEnvironment reads the key from the environment where a constant stands or is fallen back
// on.
func keyFromEnvironment(p *checks.Pass, m *checks.Module, text *ast.Str, whole ast.Expr) *fix.Fix {
	name, replaced := `"SECRET_KEY"`, ast.Expr(text)
	if whole != nil {
		read, ok := environmentName(m, whole)
		if !ok {
			return nil
		}
		name, replaced = read, whole
	}
	spelling, imports := fix.ReachFrom(m.File, replaced.Pos(), "os.environ", "import os", fix.InSection)
	edits := append([]fix.Edit{fix.ReplaceNode(m.File, replaced, spelling+"["+name+"]")}, imports...)
	return checks.Fix(true, "read the key from the environment", p.InFile(m, edits))
}

// environmentName is the text of the name of the variable that a read of the environment with a
// fallback names.
func environmentName(m *checks.Module, e ast.Expr) (string, bool) {
	if b, ok := e.(*ast.BoolOp); ok {
		if len(b.Values) != 2 {
			return "", false
		}
		e = b.Values[0]
		if sub, ok := e.(*ast.Subscript); ok && checks.LastName(sub.Value) == "environ" {
			return m.File.Text(sub.Index), true
		}
	}
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) == 0 {
		return "", false
	}
	at, ok := c.Fn.(*ast.Attribute)
	if name := checks.LastName(c.Fn); name == "getenv" || ok && name == "get" && checks.LastName(at.Value) == "environ" {
		return m.File.Text(c.Args[0]), true
	}
	return "", false
}
