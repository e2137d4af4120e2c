package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
)

// modelRuns are the calls that run a model of transformers.
var modelRuns = []string{
	"transformers.PreTrainedModel()", "transformers.PreTrainedModel().forward", "transformers.PreTrainedModel().generate",
	"transformers.*.from_pretrained()", "transformers.*.from_pretrained().forward", "transformers.*.from_pretrained().generate",
}

// sharedMemory is PML3222.
var sharedMemory = &checks.Rule{
	Spec: infoPML3222,
	On:   modelRuns,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"mems", "past_key_values"} {
			a := c.Arg(-1, name)
			if a == nil || a.Node == nil || a.Unpacked || !c.Frame.Serves() || !keepsMemory(p, c, a.Node) {
				continue
			}
			f := checks.SetConstant(p, c, a, "None")
			if f != nil {
				f.Message = "begin without the memory of another request"
			}
			p.Report(checks.Report{Node: c.Node, Fix: f})
			return
		}
	},
}

// keepsMemory reports whether what a model is given to remember lies where requests leave it for each other.
func keepsMemory(p *checks.Pass, c *checks.Call, e ast.Expr) bool {
	s := slotOf(p, c.Frame, e, 0)
	return s != nil && s.filledByRuns(p)
}

// slot is a place that outlives a request: a global, an attribute of a shared object, an entry of one of these.
type slot struct {
	// name is the global's or the attribute's, key the entry's; base is what has the attribute, as it is written, class
	// the one whose objects have it.
	name, key, base string
	class           *checks.ProjectClass
	in              *checks.Frame
	// own is set for what the default of a parameter of the function holds.
	own bool
}

// paramNamed is the position of a parameter of a frame's function, -1 where it has none of the name.
func paramNamed(f *checks.Frame, name string) int {
	fn := f.Function()
	if fn == nil || fn.Params == nil {
		return -1
	}
	return slices.IndexFunc(fn.Params.List, func(p *ast.Param) bool { return p.Name != nil && p.Name.Id == name })
}

// slotOf is the place that an expression reads, nil where that is none that outlives a request.
func slotOf(p *checks.Pass, f *checks.Frame, e ast.Expr, depth int) *slot {
	if depth > 4 {
		return nil
	}
	switch e := e.(type) {
	case *ast.Name:
		if i := paramNamed(f, e.Id); i >= 0 {
			switch f.Function().Params.List[i].Default.(type) {
			case *ast.Dict, *ast.List, *ast.Call:
				return &slot{name: e.Id, in: f, own: true}
			}
			for _, c := range f.Callers() {
				if a := checks.GivenFor(c, e.Id); a != nil && a.Node != nil && !a.Unpacked {
					if s := slotOf(p, c.Frame, a.Node, depth+1); s != nil {
						return s
					}
				}
			}
			return nil
		}
		m := p.Project.Module(f.Module())
		if m == nil {
			return nil
		}
		if f.Function() != nil && assigns(f, e.Id) && !declaresGlobal(f, e.Id) {
			if last := checks.LastAssigned(checks.BodyOf(f), e); last != nil {
				return slotOf(p, f, last, depth+1)
			}
			return nil
		}
		if f.Function() != nil && m.Defines(e.Id) {
			return &slot{name: e.Id, in: f}
		}
	case *ast.Attribute:
		base := checks.ChainText(e.Value)
		if last := lastStored(f, e); last != nil {
			if s := slotOf(p, f, last, depth+1); s != nil {
				return s
			}
		}
		if name, ok := e.Value.(*ast.Name); ok {
			if class := f.Class(); class != nil && paramNamed(f, name.Id) == 0 {
				if !sharedObject(f, class) {
					return nil
				}
				return &slot{name: e.Attr.Id, class: class, in: f}
			}
			v := f.ValueOf(name)
			if class := v.Class(); class != nil && paramNamed(f, name.Id) < 0 && !assigns(f, name.Id) {
				return &slot{name: e.Attr.Id, class: class, in: f}
			}
			if m := p.Project.Module(f.Module()); m != nil && m.Imports(name.Id) && v.Kind() == flow.KindModule {
				return &slot{name: e.Attr.Id, base: base, in: f}
			}
		}
		if strings.HasSuffix(base, ".state") && checks.LastName(ownerOf(e.Value)) == "app" {
			return &slot{name: e.Attr.Id, base: ".state", in: f}
		}
	case *ast.Subscript:
		key, ok := e.Index.(*ast.Str)
		if !ok {
			return nil
		}
		if s := slotOf(p, f, e.Value, depth+1); s != nil && s.key == "" {
			s.key = key.Value
			return s
		}
	case *ast.Call: // STATE.get("mems")
		if at, ok := e.Fn.(*ast.Attribute); ok && at.Attr.Id == "get" && len(e.Args) > 0 {
			if key, ok := e.Args[0].(*ast.Str); ok {
				if s := slotOf(p, f, at.Value, depth+1); s != nil && s.key == "" {
					s.key = key.Value
					return s
				}
			}
		}
	case *ast.IfExp:
		if s := slotOf(p, f, e.Body, depth+1); s != nil {
			return s
		}
		return slotOf(p, f, e.Orelse, depth+1)
	case *ast.BoolOp:
		return slotOf(p, f, e.Values[0], depth+1)
	}
	return nil
}

// lastStored is what a function has put into an attribute before it reads that; nil where it has put nothing there.
func lastStored(f *checks.Frame, e *ast.Attribute) ast.Expr {
	var last ast.Expr
	f.InspectOwn(func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Stop() <= e.Pos() && len(a.Targets) == 1 {
			if t, ok := a.Targets[0].(*ast.Attribute); ok && t.Attr.Id == e.Attr.Id && checks.ChainText(t.Value) == checks.ChainText(e.Value) {
				last = a.Value
			}
		}
		return true
	})
	return last
}

// ownerOf is what an attribute is read off; nil for others.
func ownerOf(e ast.Expr) ast.Expr {
	if a, ok := e.(*ast.Attribute); ok {
		return a.Value
	}
	return nil
}

// assigns reports whether a function gives a value to a name.
func assigns(f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				found = found || namesTarget(t, name)
			}
		case *ast.AnnAssign:
			found = found || namesTarget(n.Target, name)
		case *ast.For:
			found = found || namesTarget(n.Target, name)
		case *ast.NamedExpr:
			found = found || n.Target.Id == name
		case *ast.With:
			for _, item := range n.Items {
				found = found || item.Target != nil && namesTarget(item.Target, name)
			}
		}
		return !found
	})
	return found
}

func namesTarget(t ast.Expr, name string) bool {
	switch t := t.(type) {
	case *ast.Name:
		return t.Id == name
	case *ast.Tuple:
		return slices.ContainsFunc(t.Elts, func(e ast.Expr) bool { return namesTarget(e, name) })
	case *ast.List:
		return slices.ContainsFunc(t.Elts, func(e ast.Expr) bool { return namesTarget(e, name) })
	}
	return false
}

func declaresGlobal(f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if g, ok := n.(*ast.Global); ok {
			found = found || slices.ContainsFunc(g.Names, func(n *ast.Name) bool { return n.Id == name })
		}
		return !found
	})
	return found
}

// perRequest are classes of frameworks of which each request or connection has an object of its own.
var perRequest = []string{
	"tornado.web.RequestHandler", "tornado.websocket.WebSocketHandler", "django.views.View", "django.views.generic.View", "django.views.generic.base.View", "rest_framework.views.APIView",
	"starlette.endpoints.HTTPEndpoint", "starlette.endpoints.WebSocketEndpoint", "flask.views.MethodView", "flask.views.View", "flask_restful.Resource", "aiohttp.web.View",
	"channels.generic.websocket.WebsocketConsumer", "channels.generic.websocket.AsyncWebsocketConsumer", "channels.generic.websocket.JsonWebsocketConsumer", "channels.generic.websocket.AsyncJsonWebsocketConsumer",
	"socketserver.BaseRequestHandler", "socketserver.StreamRequestHandler", "http.server.BaseHTTPRequestHandler",
}

// sharedObject reports whether the object of a method serves more than one request.
func sharedObject(f *checks.Frame, class *checks.ProjectClass) bool {
	if class.Extends(perRequest...) {
		return false
	}
	var called []*checks.Call
	methods := 0
	for _, g := range f.Everywhere() {
		if g.Class() != class {
			continue
		}
		methods++
		for _, c := range g.Callers() {
			if c.Receiver != nil && c.Frame.Class() != class {
				called = append(called, c)
			}
		}
	}
	for _, c := range called {
		var at ast.Expr
		if fn, ok := c.Node.Fn.(*ast.Attribute); ok {
			at = fn.Value
		}
		if c.Lifetime(c.Receiver, at) == flow.PerProcess {
			return true
		}
	}
	return len(called) == 0 // a framework makes the object and calls it
}

// filledByRuns reports whether what a model gives is put there while requests are served.
func (s *slot) filledByRuns(p *checks.Pass) bool {
	for _, g := range s.in.Everywhere() {
		if !g.Serves() || s.own && g != s.in {
			continue
		}
		found := false
		g.InspectOwn(func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok {
				return !found
			}
			for _, t := range a.Targets {
				list := []ast.Expr{t}
				if tuple, ok := t.(*ast.Tuple); ok {
					list = tuple.Elts
				}
				for _, t := range list {
					found = found || s.isTarget(p, g, t) && checks.Any(g.MadeOf(a.Value), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Symbol.Is(modelRuns...) })
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// isTarget reports whether an assignment in a function puts something into the place.
func (s *slot) isTarget(p *checks.Pass, g *checks.Frame, t ast.Expr) bool {
	switch t.(type) {
	case *ast.Name:
		if s.own || s.class != nil || s.base != "" || s.key != "" || g.Module() != s.in.Module() || checks.LastName(t) != s.name {
			return false
		}
		return declaresGlobal(g, s.name)
	case *ast.Attribute:
		if checks.LastName(t) != s.name {
			return false
		}
	case *ast.Subscript:
		if s.key == "" {
			return false
		}
	default:
		return false
	}
	o := slotOf(p, g, t, 0)
	return o != nil && o.name == s.name && o.key == s.key && o.class == s.class && o.base == s.base && o.own == s.own
}
