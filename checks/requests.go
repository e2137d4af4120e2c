package checks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file holds the words for who sends the requests that a function serves.

// protocolPaths are the ends of paths at which a service answers in the manner of a model's
// API. Its callers set the parameters of the model by contract.
var protocolPaths = []string{
	"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/api/chat", "/api/generate",
	"/chat/completions", "/v1/images/generations",
}

// ByContract reports whether who chooses what arrives at a model call is one who may: the caller
// of a model API that the program implements, or who brings the key that pays.
func ByContract(path *Path) bool {
	for _, r := range path.Handlers() {
		if at, ok := r.Path(); ok {
			for _, end := range protocolPaths {
				if strings.HasSuffix(strings.TrimSuffix(at, "/"), end) {
					return true
				}
			}
		}
	}
	return callersKey(path.Call)
}

// callersKey reports whether the key of a model call comes from a request.
func callersKey(c *Call) bool {
	for depth := 0; c != nil && depth < 3; depth++ {
		for i := range c.Args {
			a := &c.Args[i]
			if !strings.HasSuffix(a.Name, "api_key") && a.Name != "token" && a.Name != "api_token" && a.Name != "auth_token" {
				continue
			}
			if slices.ContainsFunc(c.Behind(a.Value), func(m Mark) bool { return m.Label == models.User }) {
				return true
			}
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// OfUnknownRecord reports whether the data is a field of a parameter whose class is imported from a file
// that is not at hand: what the class asks of the field is not known.
func OfUnknownRecord(p *Pass, path *Path) bool {
	steps := path.Trace.Steps()
	if len(path.Mark.Fields()) == 0 || len(steps) == 0 {
		return false
	}
	name, ok := steps[0].Node.(*ast.Name)
	m := p.Project.Module(steps[0].Mod)
	if !ok || m == nil {
		return false
	}
	def := m.FunctionAround(name)
	if def == nil || def.Params == nil {
		return false
	}
	f := path.Frame.AnalysisOf(steps[0].Mod.FunctionAt(def))
	for _, q := range def.Params.List {
		if q.Name == name && q.Annotation != nil && f != nil {
			v := f.ValueOf(q.Annotation)
			return v.Kind() == flow.KindUnknown && isClassName(q.Annotation) || v.Kind() == flow.KindExternal && v.Symbol() == nil && strings.Contains(v.Name(), ".") && !strings.HasPrefix(v.Name(), "typing.") && !strings.HasPrefix(v.Name(), "builtins.")
		}
	}
	return false
}

// isClassName reports whether an annotation is the name of a class: `Other`, `schemas.Other`.
func isClassName(e ast.Expr) bool {
	name := LastName(e)
	return name != "" && name[0] >= 'A' && name[0] <= 'Z'
}

// Reserved reports whether the function around a place, or one around it, is for some people
// only: a decorator, a dependency among its parameters' defaults and annotations, or a test
// that leaves the function names one of the words, such as "admin".
func Reserved(m *Pass, f *Frame, words ...string) bool {
	for ; f != nil; f = f.Outer() {
		if fn := f.Function(); fn != nil && reserved(fn, words) {
			return true
		}
	}
	return false
}

func reserved(fn *semantic.Function, words []string) bool {
	if fn.Def == nil {
		return false
	}
	named := func(n ast.Node) bool { return n != nil && says(fn.Module.File, n, words) }
	for _, d := range fn.Def.Decorators {
		if named(d.Expr) {
			return true
		}
	}
	for _, p := range fn.Params.List {
		if p.Default != nil && named(p.Default) || p.Annotation != nil && named(p.Annotation) {
			return true
		}
	}
	for _, s := range fn.Def.Body {
		if test, ok := s.(*ast.If); ok && Leaves(test.Body) && named(test.Test) {
			return true
		}
	}
	return false
}

// says reports whether code names one of some words.
func says(file *ast.File, n ast.Node, words []string) bool {
	text := strings.ToLower(file.Text(n))
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// ServesOnly reports whether a way begins in a handler that lets only some people through, as
// its decorators, its dependencies, its class or its router name them.
func ServesOnly(p *Pass, path *Path, words ...string) bool {
	if Reserved(p, path.Frame, words...) || path.Call != nil && Reserved(p, path.Call.Frame, words...) {
		return true
	}
	for _, r := range path.Handlers() {
		if reserved(r.Function, words) {
			return true
		}
		if cls := r.Function.Class; cls != nil && cls.Node != nil && classSays(r.Function.Module.File, cls.Node, words) {
			return true
		}
		if r.Call == nil || r.Call.Receiver == nil {
			continue
		}
		if router := r.Call.Receiver.Origin(); router != nil && says(router.Frame.Module().File, router.Node, words) {
			return true
		}
	}
	return false
}

// classSays reports whether the decorators, the bases or the settings of a view class name one of
// some words.
func classSays(file *ast.File, c *ast.ClassDef, words []string) bool {
	for _, d := range c.Decorators {
		if says(file, d, words) {
			return true
		}
	}
	for _, b := range c.Bases {
		if says(file, b, words) {
			return true
		}
	}
	for _, s := range c.Body {
		if a, ok := s.(*ast.Assign); ok && says(file, a.Value, words) {
			return true
		}
	}
	return false
}
