package semantic_test

import (
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/semantic"
)

// describe lists the names of a scope, sorted, a `*` after those that nested functions use.
func describe(s *semantic.Scope) string {
	var names []string
	for i, n := range s.Names {
		if s.Captured[i] {
			n += "*"
		}
		names = append(names, n)
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

// scopes maps "" (the module) and the dotted names of functions and classes to their scopes.
func scopes(m *semantic.Module) map[string]string {
	out := map[string]string{"": describe(m.Scope)}
	for _, f := range m.Functions {
		out[f.Qual] = describe(f.Scope)
	}
	for _, c := range m.Classes {
		out[c.Qual] = describe(c.Scope)
	}
	return out
}

func TestScopesHoldTheNamesThatPythonMakesLocal(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      map[string]string
	}{
		{"assignment", "a = b = 1\nc, (d, *e) = f\ng += 1\nh: int\ni: int = 2\n", map[string]string{"": "a b c d e g h i"}},
		{"attributes and items bind nothing", "a.b = 1\na[0] = 2\n", map[string]string{"": ""}},
		{"loops and with", "for a, b in c:\n    d = 1\nwith e as f, g as (h, i):\n    pass\n", map[string]string{"": "a b d f h i"}},
		{"imports", "import a.b\nimport c.d as e\nfrom f import g, h as i\nfrom j import *\n", map[string]string{"": "a e g i"}},
		{"exceptions", "try:\n    a = 1\nexcept E as b:\n    c = 2\nelse:\n    d = 3\nfinally:\n    e = 4\n", map[string]string{"": "a b c d e"}},
		{"walrus", "if (a := f()):\n    pass\n", map[string]string{"": "a"}},
		{"match", "match x:\n    case [a, *b]:\n        pass\n    case {'k': c, **d}:\n        pass\n    case P(e, f=g) as h:\n        pass\n", map[string]string{"": "a b c d e g h"}},
		{"definitions", "def f(): pass\nclass C: pass\nasync def g(): pass\n", map[string]string{"": "C f g", "f": "", "g": "", "C": ""}},
		{"parameters", "def f(a, /, b, *c, d=1, **e):\n    g = 1\n", map[string]string{"": "f", "f": "a b c d e g"}},
		{"a lambda", "x = lambda a, b=1: a + b\n", map[string]string{"": "x", "<lambda>": "a b"}},
		{"captured", "def f(a):\n    b = 1\n    c = 2\n    def g():\n        return a + b\n    return g\n", map[string]string{"": "f", "f": "a* b* c g", "f.g": ""}},
		{"captured by a nested function's function", "def f(a):\n    def g():\n        def h():\n            return a\n", map[string]string{"": "f", "f": "a* g", "f.g": "h", "f.g.h": ""}},
		{"shadowed is not captured", "def f(a):\n    def g(a):\n        return a\n", map[string]string{"": "f", "f": "a g", "f.g": "a"}},
		{"bound after its use in a nested function", "def f():\n    def g():\n        return a\n    a = 1\n", map[string]string{"": "f", "f": "a* g", "f.g": ""}},
		{"module names are captured", "a = 1\ndef f():\n    return a\n", map[string]string{"": "a* f", "f": ""}},
		{"global", "def f():\n    global a\n    a = 1\n", map[string]string{"": "a* f", "f": ""}},
		{"global after the binding's text", "def f():\n    if x:\n        global a\n    a = 1\n", map[string]string{"": "a* f", "f": ""}},
		{"nonlocal", "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n        return a\n", map[string]string{"": "f", "f": "a* g", "f.g": ""}},
		{"class bodies are not around methods", "class C:\n    a = 1\n    def m(self):\n        return a\n", map[string]string{"": "C", "C": "a m", "C.m": "self"}},
		{"class in a function", "def f(a):\n    class C:\n        b = a\n        def m(self):\n            return a\n", map[string]string{"": "f", "f": "C a*", "f.C": "b m", "f.C.m": "self"}},
		{"nested class", "class C:\n    class D:\n        def m(self): pass\n", map[string]string{"": "C", "C": "D", "C.D": "m", "C.D.m": "self"}},
		{"defaults and decorators are outside", "def f(a=(b := 1)):\n    pass\n", map[string]string{"": "b f", "f": "a"}},
		{"del", "def f():\n    del a\n", map[string]string{"": "f", "f": "a"}},
		{"comprehensions are part of their function", "def f(x):\n    return [a for a in x if (b := a)]\n", map[string]string{"": "f", "f": "a b x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, scopes(module(t, "a.py", c.src))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDefinitionsAreFoundByTheirNodes(t *testing.T) {
	m := module(t, "a.py", "class C:\n    def m(self): pass\n    def m(self, x): pass\n    def n(self): return lambda: 1\ndef f():\n    def g(): pass\n")
	var quals []string
	for _, f := range m.Functions {
		quals = append(quals, f.Qual)
		if m.FunctionAt(f.Node()) != f {
			t.Errorf("%s is not found by its node", f.Qual)
		}
	}
	if d := cmp.Diff([]string{"C.m", "C.m", "C.n", "C.n.<lambda>", "f", "f.g"}, quals); d != "" {
		t.Error(d)
	}
	c := m.Classes[0]
	if m.ClassAt(c.Node) != c || len(c.Methods) != 2 || c.Methods["m"] != m.Functions[1] {
		t.Errorf("class %+v: of two methods of one name the last counts", c)
	}
	if f := m.Functions[3]; f.Class != nil || f.Parent != m.Functions[2] {
		t.Errorf("the lambda: class %v, parent %v", f.Class, f.Parent)
	}
	if f := m.Functions[0]; f.Class != c || f.Parent != nil {
		t.Errorf("the method: class %v, parent %v", f.Class, f.Parent)
	}
}

func TestFreeNamesAreLookedUpPastClasses(t *testing.T) {
	m := module(t, "a.py", "def f():\n    class C:\n        def m(self): pass\n")
	method := m.Functions[1]
	if method.Qual != "f.C.m" || method.Scope.Parent() != m.Functions[0].Scope {
		t.Errorf("%s looks names up in %v", method.Qual, method.Scope.Parent())
	}
	if m.Functions[0].Scope.Parent() != m.Scope || m.Scope.Parent() != nil {
		t.Error("the function looks names up elsewhere than in the module")
	}
}
