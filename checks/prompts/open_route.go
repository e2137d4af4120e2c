package prompts

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// openRoute is PML1136.
var openRoute = &checks.Rule{
	Spec: infoPML1136,
	Asks: checks.AboutServing(),
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.PromptUser, models.PromptSystem, models.PromptTemplate},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		route := webHandler(path)
		if route == nil || !asksPaid(path) {
			return
		}
		in, f := p.Project.Module(route.Function.Module), path.Call.Frame
		if in == nil || in.IsTest() || p.ProtectionOf(f, route.Function) != 0 || p.LimitsCalls(f) || p.OnlyHere(f) {
			return
		}
		p.Report(checks.Report{Node: route.Function.Def.Name, In: in, Path: path, Fix: limitRoute(p, in, route)})
	},
}

// asksPaid reports whether a path ends at a call that costs money, or at a template that a function
// asks such a model with.
func asksPaid(path *checks.Path) bool {
	return paidFor(path.Call) || path.Kind == models.PromptTemplate && path.Call != nil && slices.ContainsFunc(path.Call.Frame.Calls, paidFor)
}

// webFrameworks are those whose handlers have to ask for the caller themselves.
var webFrameworks = []string{"fastapi", "starlette", "flask", "quart", "django", "rest_framework", "ninja", "aiohttp", "sanic", "tornado", "bottle", "litestar", "falcon", "flask_restful", "flask_restx", "apiflask", "flask_openapi3"}

// webHandler is the handler of a web framework that took the request from which the data of a path
// comes; nil where there is none.
func webHandler(path *checks.Path) *checks.Route {
	for _, r := range path.Handlers() {
		if r.Function.Def == nil || !slices.Contains(webFrameworks, r.Library) {
			continue
		}
		if served := registered(path.Call.Frame, r, 0); served != nil {
			return served
		}
	}
	return nil
}

// registered is the route itself or, for a function that is known as a handler by its parameters
// alone and that others call with their request, the handler that calls it.
func registered(f *checks.Frame, r *checks.Route, depth int) *checks.Route {
	own := f.AnalysisOf(r.Function)
	if r.Call != nil || r.Function.Class != nil || own == nil || depth > 3 {
		return r
	}
	for _, c := range own.Callers() {
		for _, other := range f.Routes() {
			if c.Frame.Function() == other.Function && other.Function.Def != nil && other.Function != r.Function {
				return registered(f, other, depth+1)
			}
		}
	}
	return r
}

// paidFor reports whether a call asks a hosted model at the cost of the program's owner: not one on
// this machine, and not with a key that the caller gave.
func paidFor(c *checks.Call) bool {
	if c == nil || c.Chat == nil || !c.Chat.Model.Hosted {
		return false
	}
	var client *checks.Call
	if c.Receiver != nil {
		client = c.Receiver.Origin()
	}
	for _, at := range [...]*checks.Call{c, client} {
		if at == nil {
			continue
		}
		if client == at && at.Symbol.Under("langchain_core") || at.Symbol.Under("langchain_ollama") || at.Symbol.Under("langchain_huggingface") || at.Symbol.Under("huggingface_hub") {
			return false
		}
		for _, name := range [...]string{"base_url", "api_base", "openai_api_base", "azure_endpoint", "endpoint", "api_key", "openai_api_key", "anthropic_api_key", "google_api_key", "credentials", "token"} {
			a := at.Arg(-1, name)
			if a == nil {
				continue
			}
			for _, m := range at.Behind(a.Value) {
				if m.Label == models.User || m.Label == models.Memory {
					return false
				}
			}
			if strings.HasSuffix(name, "base") || name == "base_url" {
				if t, ok := a.Value.Text(); !ok && !a.Value.IsNone() || ok && nearby(t) {
					return false
				}
			}
		}
		if a := at.Arg(0, "model"); a != nil {
			t, _ := a.Value.Text()
			if provider, _, ok := strings.Cut(t, "/"); ok && strings.HasPrefix(t, "ollama") || provider == "lm_studio" || provider == "vllm" || provider == "llamafile" {
				return false
			}
		}
	}
	return true
}

// nearby reports whether an address is of this machine or of a network of one's own.
func nearby(address string) bool {
	u, err := url.Parse(address)
	return err != nil || !strings.Contains(u.Hostname(), ".") || privateURL(address)
}

// limitRoute lets a library bound how often the route may be called.
func limitRoute(p *checks.Pass, in *checks.Module, r *checks.Route) *fix.Fix {
	const message = "let a limiter bound how often one client may call"
	def := r.Function.Def
	l := &routeLimit{in: in, def: def}
	switch {
	case r.Library == "flask":
		return checks.Fix(true, message, l.flask(r)...)
	case r.Library == "fastapi":
		return checks.Fix(true, message, l.fastapi(r)...)
	case r.Library == "django" || r.Library == "rest_framework":
		return checks.Fix(true, message, l.django(r.Function)...)
	}
	return nil
}

// routeLimit makes the edits that limit a route.
type routeLimit struct {
	in  *checks.Module
	def *ast.FunctionDef
}

// madeAt is the assignment that makes the application or router of a route, and the name that it
// is given.
func (l *routeLimit) madeAt(r *checks.Route, names ...string) (stmt *ast.Assign, name string) {
	made := r.Owner
	if made == nil || !made.Symbol.Is(names...) || made.Frame.Module().Path != l.in.Path {
		return nil, ""
	}
	a, ok := l.in.StmtOf(made.Node).(*ast.Assign)
	if !ok || len(a.Targets) != 1 || a.Value != ast.Expr(made.Node) {
		return nil, ""
	}
	n, ok := a.Targets[0].(*ast.Name)
	if !ok || l.in.Defines("limiter") || l.in.Imports("limiter") {
		return nil, ""
	}
	return a, n.Id
}

func (l *routeLimit) flask(r *checks.Route) [][]fix.Edit {
	at, app := l.madeAt(r, "flask.Flask")
	if at == nil || r.Owner.Symbol.Is("flask.Blueprint") || r.Function.Class != nil {
		return nil
	}
	limiter, imports := fix.Reach(l.in.File, "flask_limiter.Limiter", "from flask_limiter import Limiter", fix.InSection)
	address, more := fix.Reach(l.in.File, "flask_limiter.util.get_remote_address", "from flask_limiter.util import get_remote_address", fix.InSection)
	return [][]fix.Edit{
		fix.JoinImports(imports, more),
		fix.InsertAfter(l.in.File, at, "limiter = "+limiter+"("+address+", app="+app+")"),
		fix.AddDecorator(l.in.File, l.def, `@limiter.limit("10 per minute")`),
	}
}

func (l *routeLimit) fastapi(r *checks.Route) [][]fix.Edit {
	at, app := l.madeAt(r, "fastapi.FastAPI")
	if at == nil || r.Function.Class != nil {
		return nil
	}
	param, imports, ok := l.request()
	if !ok {
		return nil
	}
	limiter, a := fix.Reach(l.in.File, "slowapi.Limiter", "from slowapi import Limiter", fix.InSection)
	address, b := fix.Reach(l.in.File, "slowapi.util.get_remote_address", "from slowapi.util import get_remote_address", fix.InSection)
	lines := []string{"limiter = " + limiter + "(key_func=" + address + ")"}
	if !r.Owner.Symbol.Is("fastapi.APIRouter") {
		lines = append(lines, app+".state.limiter = limiter")
	}
	return [][]fix.Edit{
		fix.JoinImports(imports, a, b),
		fix.InsertAfter(l.in.File, at, lines...),
		fix.AddDecorator(l.in.File, l.def, `@limiter.limit("10/minute")`),
		param,
	}
}

// request gives the handler the parameter that the limiter reads; ok is false where another
// parameter has its name.
func (l *routeLimit) request() (param, imports []fix.Edit, ok bool) {
	for _, p := range l.def.Params.List {
		if p.Name == nil || p.Name.Id != "request" {
			continue
		}
		name := checks.LastName(p.Annotation)
		return nil, nil, name == "Request"
	}
	name, imports := fix.Reach(l.in.File, "fastapi.Request", "from fastapi import Request", fix.InSection)
	if len(imports) > 0 {
		imports = fix.AddImportedName(l.in.File, "fastapi", "Request", fix.InSection)
	}
	if list := l.def.Params.List; len(list) > 0 {
		return []fix.Edit{{Start: int(list[0].Start), End: int(list[0].Start), New: "request: " + name + ", "}}, imports, true
	}
	return fix.AddParameter(l.in.File, l.def, "request: "+name), imports, true
}

func (l *routeLimit) django(fn *semantic.Function) [][]fix.Edit {
	limit, imports := fix.Reach(l.in.File, "django_ratelimit.decorators.ratelimit", "from django_ratelimit.decorators import ratelimit", fix.InSection)
	text := limit + `(key="ip", rate="10/m", block=True)`
	if fn.Class != nil {
		method, more := fix.Reach(l.in.File, "django.utils.decorators.method_decorator", "from django.utils.decorators import method_decorator", fix.InSection)
		text, imports = method+"("+text+")", fix.JoinImports(imports, more)
	}
	return [][]fix.Edit{imports, fix.AddDecorator(l.in.File, l.def, "@"+text)}
}
