package flow

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Placeholder tells whether the data of a path is the part of the request's address that stands
// for a placeholder of the route's pattern, and whether such a part can hold slashes:
// "/files/{name:path}" and "/files/<path:name>" can, "/files/{name}" cannot. Where the pattern
// of a method of a view class is not known, any pattern of the program with a placeholder of the
// name is looked at.
func (p *Path) Placeholder() (slashes, ok bool) {
	name, whole := p.Mark.placeholder()
	if name == "" || p.Mark.decoded { // what it was decoded to may hold anything
		return false, false
	}
	unknown := false
	for _, r := range p.Handlers() {
		rule, known := r.Path()
		if !known {
			unknown = unknown || r.Call == nil
			continue
		}
		for _, ph := range placeholders(rule) {
			if ph.name == name {
				slashes, ok = slashes || ph.slashes, true
			}
		}
	}
	if ok || !whole || !unknown && p.Mark.Origin.parent == nil {
		return slashes, ok
	}
	slashes, ok = p.Engine.placeholder(name)
	return slashes, ok
}

// placeholder is the name of the placeholder that data may be of: a parameter of a handler, or
// what is read from the request's table of them. whole is not set for what was found by a parameter's text
// (`records.get(name).path`), which can hold no more than that.
func (m Mark) placeholder() (name string, whole bool) {
	root := m.Origin.root()
	if m.Origin.parent == nil {
		return root.step, true
	}
	if root.name.Is(matches...) || m.Origin.parent.parent == nil && m.Origin.parent.step != "" && isMatch(m.Origin.parent.step) {
		return m.Field(), true
	}
	return root.step, false
}

// matches are the tables in which requests hold what stands for the placeholders.
var matches = []string{
	"aiohttp.web.Request().match_info", "starlette.requests.Request().path_params", "starlette.websockets.WebSocket().path_params", "flask.Request().view_args",
	"django.views.View().kwargs", "rest_framework.views.APIView().kwargs", "tornado.web.RequestHandler().path_kwargs", "sanic.Request().match_info",
}

func isMatch(step string) bool {
	return step == "match_info" || step == "path_params" || step == "view_args" || step == "path_kwargs"
}

// placeholder looks for a placeholder of a name in all patterns of the program.
func (e *Engine) placeholder(name string) (slashes, ok bool) {
	if e.placeholders == nil {
		e.placeholders = map[string]bool{}
		for _, m := range e.list {
			if m.File == nil {
				continue
			}
			ast.InspectFile(m.File, func(n ast.Node) bool {
				if s, ok := n.(*ast.Str); ok && strings.Contains(s.Value, "/") && len(s.Value) < 300 {
					for _, ph := range placeholders(s.Value) {
						e.placeholders[ph.name] = e.placeholders[ph.name] || ph.slashes
					}
				}
				return true
			})
		}
	}
	slashes, ok = e.placeholders[name]
	return slashes, ok
}

type placeholder struct {
	name    string
	slashes bool
}

// plain finds placeholders as Starlette, Werkzeug, Django, aiohttp, Sanic and Bottle write
// them, namedGroup those of regular expressions as Tornado and Django take them.
var (
	plain      = regexp.MustCompile(`\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}|<(?:(\w+)(?:\([^)]*\))?:)?(\w+)(?::([^<>]*))?>`)
	namedGroup = regexp.MustCompile(`\(\?P<(\w+)>((?:[^()\[\]\\]|\\.|\[[^\]]*\])*)\)`)
)

// placeholders reads the pattern of a route.
func placeholders(rule string) []placeholder {
	var out []placeholder
	for _, m := range namedGroup.FindAllStringSubmatch(rule, -1) {
		out = append(out, placeholder{m[1], passesSlash(m[2])})
	}
	if len(out) > 0 {
		return out
	}
	for _, m := range plain.FindAllStringSubmatch(rule, -1) {
		if m[1] != "" {
			out = append(out, placeholder{m[1], m[2] == "path" || passesSlash(m[2])})
			continue
		}
		name, kind := m[4], m[3]+m[5]
		if m[3] == "" && m[5] == "" {
			kind = "string"
		}
		if m[3] == "" && m[5] != "" { // <name:kind>
			kind = m[5]
		}
		if m[3] != "" && (m[4] == "path" || m[4] == "re" || m[4] == "int" || m[4] == "str") && m[3] != "path" { // Bottle and Sanic: <name:path>
			name, kind = m[3], m[4]
			if kind == "re" {
				kind = m[5]
			}
		}
		out = append(out, placeholder{name, kind == "path" || passesSlash(kind)})
	}
	return out
}

// passesSlash reports whether a regular expression lets slashes through.
func passesSlash(pattern string) bool {
	if pattern == "" {
		return false
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && re.MatchString("a/b")
}
