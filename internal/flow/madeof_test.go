package flow_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
)

// made writes what an expression was made of, calls of lib alone: "a" for the result of lib.a(),
// "a.0" for its first item, "~a" for what is computed of it, "@a" for what holds it.
func made(t *testing.T, files []txtar.File) (got, want []string) {
	t.Helper()
	r, _ := analyse(t, files)
	for _, c := range r.calls {
		if name, ok := c.Node.Fn.(*ast.Name); !ok || name.Id != "ask" || len(c.Args) != 2 {
			continue
		}
		expected, _ := c.Args[1].Value.Text()
		var parts []string
		for in := range c.Frame.MadeOf(c.Args[0].Node) {
			if in.Call == nil {
				continue
			}
			name, ok := strings.CutPrefix(in.Call.Callee.Name(), "lib.")
			if !ok {
				continue
			}
			word := strings.Join(append([]string{name}, in.Steps...), "/")
			switch {
			case in.Held:
				word = "@" + word
			case !in.Whole:
				word = "~" + word
			}
			parts = append(parts, word)
		}
		var whole []flow.Ingredient
		for in := range c.Frame.MadeOf(c.Args[0].Node) {
			if in.Whole {
				whole = append(whole, in)
			}
		}
		if stands := slices.Collect(c.Frame.StandsFor(c.Args[0].Node)); !reflect.DeepEqual(stands, whole) {
			t.Errorf("%q stands for %v, of what it is made of %v is whole", expected, stands, whole)
		}
		got, want = append(got, strings.Join(parts, " ")), append(want, expected)
	}
	return got, want
}

func TestWhatAnExpressionIsMadeOfIsKnown(t *testing.T) {
	for name, files := range map[string][]txtar.File{
		"within a function": one(`
import lib
import numpy as np

def f(xs):
    a, b = lib.pair(xs)
    ask(a, "pair/0")
    ask(b[2], "pair/1/2")
    for x, y in zip(a, b):
        ask(x, "pair/0/*")
        ask(int(y), "pair/1/*")
    for i, x in enumerate(a):
        ask(x, "pair/0/*")
        ask(i, "")
    ask(a + 1, "~pair/0")
    ask([v for v in a], "@pair/0/*")
    ask({"k": [a]}, "@pair/0")
    ask(dict(k=b), "@pair/1")
    ask([v for v in a][0], "pair/0/*")
    ask(lib.one()[0], "one/0")
    c = lib.old()
    c = lib.new()
    ask(c, "new")
    if xs:
        c = lib.other()
    ask(np.asarray(c), "other new")
    d = {"k": lib.one(), "l": lib.two()}
    ask(d["k"], "one")
    d["m"] = lib.three()
    ask(lib.far(lib.near()), "far ~near")
    out = []
    out.append(lib.one())
    ask(out[0], "one")
    t = lib.one()
    t.data.add_(lib.two())
    ask(t, "~two one")
    if (w := lib.walrus()):
        ask(w, "walrus")
    with lib.opened() as o:
        ask(o.read(), "~opened")
    ask(lib.cond() if xs else None, "cond")

def loop(xs):
    last = lib.first()
    for x in xs:
        ask(last, "first later")
        last = lib.later()
`),
		"through functions and classes": one(`
import lib

SHARED = lib.shared()
late = None

def load():
    global late
    late = lib.late()

def helper(x, y=None):
    z = lib.inner(x)
    return z, y

def gen():
    yield lib.item()

class Box:
    kept = lib.kept()

    def __init__(self, net):
        self.net = net
        self.other = lib.other()

    def forward(self, x):
        ask(self.net, "net")
        return lib.out(x)

    @property
    def prop(self):
        return self.other

    def ask(self):
        ask(self.prop, "other")
        ask(self.kept, "kept")

def f():
    a, b = helper(lib.arg(), lib.second())
    ask(a, "inner ~arg")
    ask(b, "second")
    ask(SHARED, "shared")
    ask(late, "late")
    box = Box(lib.net())
    ask(box.net, "net")
    ask(box.other, "other")
    ask(box.forward(lib.x()), "out ~x")
    ask([g for g in gen()][0], "item")
    fn = lambda v: lib.lam(v)
    ask(fn(lib.x()), "lam ~x")

    def nested():
        ask(box.net, "net")
    nested()

def taken(p):
    ask(p, "given")

taken(lib.given())
`),
		"through modules": {
			{Name: "a.py", Data: []byte("import lib\nfrom c import *\nmodel = lib.model()\nclass Config:\n    size = lib.size()\n")},
			{Name: "c.py", Data: []byte("import lib\ndeep = lib.deep()\n")},
			{Name: "b.py", Data: []byte("import a\nfrom a import model as m, Config, deep\n\ndef f():\n    ask(m, 'model')\n    ask(a.model, 'model')\n    ask(Config.size, 'size')\n    ask(deep, 'deep')\n")},
		},
		"code that leads back to itself": one(`
import lib

def f(x):
    while x:
        x = g(x[0])
    ask(x, "")
    return f(x)

def g(y):
    return f(g(y))
`),
	} {
		got, want := made(t, files)
		if len(want) == 0 {
			t.Errorf("%s: nothing is asked", name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhatAnExpressionStandsForIsSpelledOut(t *testing.T) {
	files := one(`
import lib

class Box:
    def __init__(self):
        self.rows = [lib.one()] * 3

def build(x):
    return {"a": x}

def f(flag):
    box = Box()
    ask(box.rows, "[lib.one()] * 3")
    y = build(flag)
    ask(y, 'build(flag) {"a": x}')
    ask(y["a"], "x flag True")

f(True)
`)
	r, _ := analyse(t, files)
	asked := 0
	for _, c := range r.calls {
		if len(c.Args) != 2 {
			continue
		}
		asked++
		want, _ := c.Args[1].Value.Text()
		var parts []string
		for _, s := range c.Frame.SpelledOut(c.Args[0].Node)[1:] {
			parts = append(parts, s.Frame.Module().File.Text(s.Expr))
		}
		if diff := cmp.Diff(want, strings.Join(parts, " ")); diff != "" {
			t.Error(diff)
		}
	}
	if asked != 3 {
		t.Errorf("%d questions, want 3", asked)
	}
}
