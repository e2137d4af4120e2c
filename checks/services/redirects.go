package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// redirectTarget is PML6419.
var redirectTarget = &checks.Rule{
	Spec: infoPML6419,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Response},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink == nil || path.Sink.Note != models.NoteRedirect || !p.Project.UsesML() {
			return
		}
		if checks.OneSegment(path) || checks.IsWidget(path.Mark.Source()) || ownAddress(path) || !checks.ChoosesHost(path) || checks.OnlyMadeOf(path) || appended(p, path) || inHeader(path) && !redirects(p, path) {
			return
		}
		if targetTested(p, path) || checks.LookedUp(p, path) || checks.Vetted(p, path, aboutTargets) {
			return
		}
		r := checks.Report{Node: path.Node, Path: path}
		if path.Call != nil {
			r.Node = path.Call.Node
		}
		if e := p.SinkExpr(path); e != nil {
			r.Fix = checks.Fix(true, "stay on this host", fix.Wrap(p.File, e, `"/" + `, `.lstrip("/\\")`))
		}
		p.Report(r)
	},
}

// ownAddress reports whether data is what the request says of its own address, which a page
// of others cannot choose: the URL that was asked for, the host, what a function named for it makes of the request.
func ownAddress(path *checks.Path) bool {
	m := path.Mark
	fields := m.Fields()
	for _, s := range path.Trace.Steps() {
		if c, ok := s.Node.(*ast.Call); ok && strings.HasPrefix(s.Text, "through ") {
			name := strings.ToLower(checks.LastName(c.Fn))
			if strings.Contains(name, "root_url") || strings.Contains(name, "base_url") {
				return true
			}
		}
	}
	if len(fields) == 0 {
		name := m.Source().String()
		fields = []string{name[strings.LastIndexByte(name, '.')+1:]}
	}
	return slices.ContainsFunc(fields, func(f string) bool {
		switch strings.ToLower(f) {
		case "url", "base_url", "rel_url", "root_path", "scope", "app", "url_for", "url_path_for", "path", "full_path", "path_info", "path_qs", "raw_path", "host", "http_host", "x-forwarded-host", "get_full_path", "build_absolute_uri":
			return true
		}
		return false
	})
}

// appended reports whether the data is only put behind what a name stands for, piece by piece:
// `url += "&" + key`.
func appended(p *checks.Pass, path *checks.Path) bool {
	name, ok := p.SinkExpr(path).(*ast.Name)
	fn := p.Module.FunctionAround(path.Node)
	if !ok || fn == nil {
		return false
	}
	last := ""
	for _, t := range path.Trace.Steps() {
		if id, ok := t.Node.(*ast.Name); ok && id.Id != name.Id {
			last = id.Id
		}
	}
	holds := func(e ast.Expr) bool {
		if last == "" { // nothing stands between: `url += "&" + request.args["a"]`
			source := path.Mark.Source().String()
			return reads(e, source[strings.LastIndexByte(source, '.')+1:])
		}
		return mentions(e, last)
	}
	behind, start := false, false
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AugAssign:
			behind = behind || checks.LastName(n.Target) == name.Id && holds(n.Value)
		case *ast.Assign:
			start = start || checks.LastName(n.Targets[0]) == name.Id && holds(n.Value)
		}
		return true
	})
	return behind && !start
}

// reads reports whether an expression reads an attribute.
func reads(e ast.Expr, attribute string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		at, ok := n.(*ast.Attribute)
		found = found || ok && at.Attr != nil && at.Attr.Id == attribute
		return !found
	})
	return found
}

// inHeader reports whether a path ends in a header of an answer.
func inHeader(path *checks.Path) bool {
	return path.Sink.Arg == "=" || strings.Contains(string(path.Sink.Arg), "headers[")
}

// redirects reports whether the answer that a path's header belongs to sends the browser
// elsewhere, by its status.
func redirects(p *checks.Pass, path *checks.Path) bool {
	if c := path.Call; c != nil {
		return moved(c)
	}
	fn := p.Module.FunctionAround(path.Node)
	if fn == nil {
		return false
	}
	found := false
	ast.InspectStmts(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			number, ok := n.Value.(*ast.Number)
			name := checks.LastName(n.Targets[0])
			found = found || ok && (name == "status_code" || name == "status") && strings.HasPrefix(p.File.Text(number), "3")
		case *ast.Call:
			c := path.Engine.CallAt(n)
			found = found || c != nil && moved(c)
		}
		return !found
	})
	return found
}

// moved reports whether a call makes an answer with a status of 3xx.
func moved(c *checks.Call) bool {
	for _, a := range [...]*checks.Argument{c.Arg(1, "status"), c.Arg(1, "status_code")} {
		if a == nil {
			continue
		}
		n, ok := a.Value.Number()
		text, _ := a.Value.Text()
		if ok && n >= 300 && n < 400 || strings.HasPrefix(text, "30") {
			return true
		}
	}
	return false
}

// aboutTargets reports whether the name of a function that checks something may speak of where
// the browser is sent to.
func aboutTargets(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"url", "uri", "redirect", "next", "target", "host", "link", "dest", "return", "location", "local", "origin", "path", "address"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "is_safe"
}

// targetTested reports whether a function on the way, or one that is given the data, asks for
// the host of the address, or that it begins with one slash, or takes the first slashes away.
func targetTested(p *checks.Pass, path *checks.Path) bool {
	w := checks.WayOf(p, path)
	for i, fn := range w.Functions {
		if asksHost(path.Engine, fn.Body) || oneSlash(w.Modules[i], fn.Body) || stripsSlashes(fn.Body) {
			return true
		}
	}
	return w.CalledWith(path, func(c *ast.Call) bool {
		call := path.Engine.CallAt(c)
		if call == nil || call.Body() == nil {
			return false
		}
		m, body := p.Project.Module(call.Body().Module()), checks.BodyOf(call.Body())
		return m != nil && (asksHost(path.Engine, body) || oneSlash(m, body))
	})
}

// asksHost reports whether a test among statements asks for the host of a parsed address.
func asksHost(e *flow.Engine, body []ast.Stmt) bool {
	parsed := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			call := e.CallAt(c)
			switch checks.LastName(c.Fn) {
			case "urlparse", "urlsplit", "url_parse", "URL", "extract":
				parsed = true
			}
			parsed = parsed || call != nil && call.Symbol.Is("urllib.parse.urlparse", "urllib.parse.urlsplit")
		}
		return !parsed
	})
	return parsed && tests(body, func(n ast.Node) bool {
		at, ok := n.(*ast.Attribute)
		return ok && (at.Attr.Id == "netloc" || at.Attr.Id == "hostname" || at.Attr.Id == "host" || at.Attr.Id == "registered_domain")
	})
}

// oneSlash reports whether tests among statements ask for one slash at the beginning, and
// refuse two.
func oneSlash(m *checks.Module, body []ast.Stmt) bool {
	says := func(texts ...string) bool {
		return tests(body, func(n ast.Node) bool {
			s, ok := n.(*ast.Str)
			return ok && slices.Contains(texts, s.Value)
		})
	}
	return says("/") && says("//", `/\`, `\`)
}

// stripsSlashes reports whether statements take the slashes in front of a text away.
func stripsSlashes(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && checks.LastName(c.Fn) == "lstrip" && len(c.Args) == 1 {
			s, text := c.Args[0].(*ast.Str)
			found = found || text && strings.Contains(s.Value, "/")
		}
		return !found
	})
	return found
}

// tests reports whether a part of a test among statements is one of a kind: of what an `if` or
// `assert` asks, of a comparison, of what a function gives back.
func tests(body []ast.Stmt, kind func(ast.Node) bool) bool {
	found := false
	within := func(e ast.Expr) {
		if e != nil {
			ast.Inspect(e, func(n ast.Node) bool {
				found = found || n != nil && kind(n)
				return !found
			})
		}
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			within(n.Test)
		case *ast.IfExp:
			within(n.Test)
		case *ast.While:
			within(n.Test)
		case *ast.Assert:
			within(n.Test)
		case *ast.Compare:
			within(n)
		case *ast.Return:
			within(n.Value)
		}
		return !found
	})
	return found
}
