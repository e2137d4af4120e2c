package services

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const corsMiddleware = "{starlette,fastapi}.middleware.cors.CORSMiddleware"

// anyOrigin is PML6424.
var anyOrigin = &checks.Rule{
	Spec: infoPML6424,
	On: []string{
		"{fastapi.FastAPI(),starlette.applications.Starlette(),?}.add_middleware", "{starlette,fastapi}.middleware.Middleware", corsMiddleware,
		"flask_cors.{CORS,cross_origin}", "{aiohttp_cors.setup,aiohttp_cors.setup().add}",
	},
	Knows: []string{"aiohttp_cors.ResourceOptions"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		at, credentials := openToAll(c)
		if credentials == nil || !checks.On(credentials.Value) || !p.Project.UsesML() || !logsInByCookie(p) {
			return
		}
		p.Report(checks.Report{Node: at.Node, Fix: checks.SetConstant(p, at, credentials, "False")})
	},
	Needs: []string{"CORS_ALLOW_CREDENTIALS"},
	OnModule: func(p *checks.Pass) {
		credentials := setting(p, "CORS_ALLOW_CREDENTIALS")
		if credentials == nil || setting(p, "CORS_ALLOW_ALL_ORIGINS") == nil && setting(p, "CORS_ORIGIN_ALLOW_ALL") == nil || !p.Project.UsesML() || !logsInByCookie(p) {
			return
		}
		p.Report(checks.Report{Node: credentials, Fix: checks.Fix(true, "do not allow credentials", []fix.Edit{fix.ReplaceNode(p.File, credentials.Value, "False")})})
	},
}

// openToAll returns the argument by which a call lets pages of any origin send credentials, and
// the call that it belongs to; nil where the origins are not all.
func openToAll(c *checks.Call) (at *checks.Call, credentials *checks.Argument) {
	switch {
	case c.Symbol.Is("flask_cors.CORS", "flask_cors.cross_origin"):
		if allOrigins(c, c.Arg(-1, "origins"), c.Arg(-1, "resources")) {
			return c, c.Arg(-1, "supports_credentials")
		}
	case c.Symbol.Under("aiohttp_cors"):
		for _, a := range [...]*checks.Argument{c.Arg(-1, "defaults"), c.Arg(1, "config")} {
			if a == nil {
				continue
			}
			if e := c.Key(a.Value, "*"); e != nil && e.Value.Origin() != nil {
				return e.Value.Origin(), e.Value.Origin().Arg(-1, "allow_credentials")
			}
		}
	default:
		if class := c.Arg(0, "middleware_class"); !c.Symbol.Is("starlette.middleware.cors.CORSMiddleware", "fastapi.middleware.cors.CORSMiddleware") {
			if class == nil {
				class = c.Arg(0, "cls")
			}
			if class == nil || !class.Value.Is("starlette.middleware.cors.CORSMiddleware", "fastapi.middleware.cors.CORSMiddleware") {
				return nil, nil
			}
		}
		if origins := c.Arg(-1, "allow_origins"); origins != nil && holdsStar(c, origins.Value) || matchesAll(c.Arg(-1, "allow_origin_regex")) {
			return c, c.Arg(-1, "allow_credentials")
		}
	}
	return nil, nil
}

// allOrigins reports whether flask_cors is told to accept all origins, which is what it does
// where it is told of none.
func allOrigins(c *checks.Call, origins, resources *checks.Argument) bool {
	if origins != nil {
		return holdsStar(c, origins.Value)
	}
	if resources == nil {
		return !c.HasRest()
	}
	entries, open, dict := c.Entries(resources.Value)
	if !dict || open {
		_, text := resources.Value.Text()
		return text
	}
	for _, e := range entries {
		if _, _, options := c.Entries(e.Value); !options {
			continue
		}
		if o := c.Key(e.Value, "origins"); o == nil || holdsStar(c, o.Value) {
			return true
		}
	}
	return false
}

// holdsStar reports whether a value is "*", or a list of texts that holds it.
func holdsStar(c *checks.Call, v *checks.Value) bool {
	if t, ok := v.Text(); ok {
		return t == "*"
	}
	items, _, _ := c.Items(v)
	for _, it := range items {
		if t, ok := it.Value.Text(); ok && t == "*" {
			return true
		}
	}
	return false
}

// matchesAll reports whether a pattern of origins is one that hosts of others match.
func matchesAll(a *checks.Argument) bool {
	if a == nil {
		return false
	}
	text, ok := a.Value.Text()
	if !ok {
		return false
	}
	re, err := regexp.Compile(`\A(?:` + text + `)\z`)
	return err == nil && re.MatchString("https://pages.example") && re.MatchString("https://a-1.b2.test")
}

// setting returns the last assignment to a name in a file of settings, where it is one of True
// that does not depend on anything; else nil.
func setting(p *checks.Pass, name string) *ast.Assign {
	var found *ast.Assign
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		case *ast.If:
			test := p.File.Text(n.Test)
			return strings.Contains(test, "__debug__") || strings.Contains(test, "__name__")
		case *ast.Assign:
			if id, ok := n.Targets[0].(*ast.Name); ok && len(n.Targets) == 1 && id.Id == name {
				found = nil
				if k, ok := n.Value.(*ast.Constant); ok && p.File.Text(k) == "True" {
					found = n
				}
			}
		}
		return true
	})
	return found
}

// logsInByCookie reports whether the program that a file is part of knows its users by a cookie
// that pages of other origins can make browsers send.
func logsInByCookie(p *checks.Pass) bool {
	strict := true // all cookies that are set, as far as any are
	uses, sets := false, false
	for _, m := range p.Connected() {
		if m.IsTest() {
			continue
		}
		session, _ := fix.ImportedAs(m.File, "flask.session")
		cookie, _ := fix.ImportedAs(m.File, "fastapi.Cookie")
		key, _ := fix.ImportedAs(m.File, "fastapi.security.APIKeyCookie")
		sessions, _ := fix.ImportedAs(m.File, "starlette.middleware.sessions.SessionMiddleware")
		ast.InspectStmts(m.File.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Import, *ast.ImportFrom:
				text := m.File.Text(n)
				for _, login := range [...]string{"flask_login", "CookieTransport", "quart_auth"} {
					uses = uses || strings.Contains(text, login)
				}
				return false
			case *ast.Name:
				uses = uses || session != "" && n.Id == session
			case *ast.Attribute:
				text := m.File.Text(n)
				uses = uses || session != "" && text == session || n.Attr.Id == "COOKIES" || n.Attr.Id == "cookies" && isRequest(n.Value)
			case *ast.Str:
				uses = uses || strings.HasPrefix(n.Value, "django.contrib.sessions") || n.Value == "JWT_TOKEN_LOCATION" && bearsCookies(m, n)
			case *ast.Keyword:
				uses = uses || n.Name != nil && n.Name.Id == "JWT_TOKEN_LOCATION" && strings.Contains(m.File.Text(n.Value), "cookies")
			case *ast.Call:
				text := m.File.Text(n.Fn)
				uses = uses || cookie != "" && text == cookie || key != "" && text == key
				if name := checks.LastName(n.Fn); name == "set_cookie" || name == "set_signed_cookie" || name == "set_secure_cookie" || sessions != "" && (text == sessions || len(n.Args) > 0 && m.File.Text(n.Args[0]) == sessions) {
					sets = true
					strict = strict && sameSite(n) == "strict"
				}
			}
			return true
		})
	}
	return sets && !strict || uses && (!sets || !strict)
}

// isRequest reports whether an expression has the name of a request.
func isRequest(e ast.Expr) bool {
	switch strings.ToLower(checks.LastName(e)) {
	case "request", "req", "websocket", "ws", "conn", "connection":
		return true
	}
	return false
}

// bearsCookies reports whether the key of a setting is given cookies.
func bearsCookies(m *checks.Module, key ast.Node) bool {
	s := m.StmtOf(key)
	return s != nil && strings.Contains(m.File.Text(s), "cookies")
}

// sameSite is the constant that a call gives a cookie for SameSite, in lower case.
func sameSite(c *ast.Call) string {
	for _, k := range c.Keywords {
		if k.Name != nil && (k.Name.Id == "samesite" || k.Name.Id == "same_site") {
			if s, ok := k.Value.(*ast.Str); ok {
				return strings.ToLower(s.Value)
			}
		}
	}
	return ""
}
