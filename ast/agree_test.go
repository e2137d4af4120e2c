package ast

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// sameTree returns where two trees differ first, or "". Empty lists are the same as none.
func sameTree(a, b *File) string {
	if len(a.Errors) != len(b.Errors) {
		return fmt.Sprintf("%d errors and %d: %v %v", len(a.Errors), len(b.Errors), a.Errors, b.Errors)
	}
	if d := sameList(reflect.ValueOf(a.Comments), reflect.ValueOf(b.Comments), a, b, "comments"); d != "" {
		return d
	}
	return sameValue(reflect.ValueOf(a.Body), reflect.ValueOf(b.Body), a, b, "")
}

func sameValue(x, y reflect.Value, a, b *File, path string) string {
	switch x.Kind() {
	case reflect.Interface, reflect.Pointer:
		if x.IsNil() || y.IsNil() {
			if x.IsNil() != y.IsNil() {
				return path + ": one is nil"
			}
			return ""
		}
		if x.Kind() == reflect.Interface && x.Elem().Type() != y.Elem().Type() {
			at := ""
			if n, ok := x.Interface().(Node); ok {
				at = fmt.Sprintf(" line %d %q", a.Source.Line(n.Pos()), a.Source.Slice(n.Range()))
			}
			return fmt.Sprintf("%s: %v and %v%s", path, x.Elem().Type(), y.Elem().Type(), at)
		}
		if e, ok := x.Interface().(Expr); ok && x.Kind() == reflect.Pointer {
			f := y.Interface().(Expr)
			if a.Parens(e) != b.Parens(f) {
				return fmt.Sprintf("%s: line %d: parens %v and %v of %q", path, a.Source.Line(e.Pos()), a.Parens(e), b.Parens(f), a.Source.Slice(e.Range()))
			}
		}
		return sameValue(x.Elem(), y.Elem(), a, b, path)
	case reflect.Slice:
		return sameList(x, y, a, b, path)
	case reflect.Struct:
		for i := range x.NumField() {
			if d := sameValue(x.Field(i), y.Field(i), a, b, path+"."+x.Type().Field(i).Name); d != "" {
				return d
			}
		}
		return ""
	}
	if !x.Equal(y) {
		return fmt.Sprintf("%s: %v and %v", path, x, y)
	}
	return ""
}

func sameList(x, y reflect.Value, a, b *File, path string) string {
	for i := range min(x.Len(), y.Len()) {
		at := path
		if n, ok := x.Index(i).Interface().(Stmt); ok {
			at = fmt.Sprintf("line %d %v", a.Source.Line(n.Pos()), n.Kind())
		} else {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		if d := sameValue(x.Index(i), y.Index(i), a, b, at); d != "" {
			return d
		}
	}
	if x.Len() != y.Len() {
		return fmt.Sprintf("%s: %d and %d items", path, x.Len(), y.Len())
	}
	return ""
}

// parsers returns the tree that this package's own parser makes of src, nil if it refuses, and the one made of
// tree-sitter's.
func parsers(t testing.TB, src *Source) (own, sitter *File) {
	t.Helper()
	own, sitter = &File{Source: src}, &File{Source: src}
	p := newParser(context.Background(), own)
	if err := p.module(); err != nil {
		t.Fatal(err)
	}
	if err := parseAny(context.Background(), sitter, Span{0, Pos(len(src.Text))}); err != nil {
		t.Fatal(err)
	}
	if p.gaps > 0 {
		return nil, sitter
	}
	return own, sitter
}

func sourceOf(t testing.TB, text string) *Source {
	t.Helper()
	src, err := NewSource("text.py", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// The two ways to a tree agree: on the texts of trees.txt (where tree-sitter is wrong, the text's name says so), the seeds of
// the fuzzer, and the files of testdata/corpus and of AST_CORPUS (folders, separated as in PATH).
func TestBothParsersMakeTheSameTree(t *testing.T) {
	n := 0
	compare := func(path string, raw []byte) {
		src, err := NewSource(path, raw)
		if err != nil {
			return
		}
		own, sitter := parsers(t, src)
		if own == nil {
			return
		}
		n++
		if d := sameTree(own, sitter); d != "" {
			t.Errorf("%s: own and tree-sitter's: %s", path, d)
		}
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "trees.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range strings.Split(string(raw), "== ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		text, _, _ := strings.Cut(rest, "--\n")
		if !strings.Contains(name, "not by tree-sitter") {
			compare(name, []byte(text))
		}
	}
	for _, s := range seeds {
		compare(strconv.Quote(s), []byte(s))
	}
	if n < 20 {
		t.Errorf("only %d texts were understood", n)
	}
	for _, root := range append(filepath.SplitList(os.Getenv("AST_CORPUS")), filepath.Join("testdata", "corpus")) {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".py" || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err == nil {
				compare(path, raw)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is valid takes the fast way, and what is not takes the other.
func TestOwnParserUnderstandsValidPythonOnly(t *testing.T) {
	valid := []string{
		"", "\n", "# only a comment", "x = 1", "x = 1;", "x = 1; y = 2;\n", "\f\nx = 1\n", "x = (\n  1\n  # two\n)\n", "x = 1 + \\\n  2\n",
		"if x:\n\ty = 1\n\n# less\n  # more\nelif z: pass\nelse:\n    w = 2", "if x: a; b\n", "while (n := next(it)): break\nelse: pass\n",
		"for x, *y in z, w: continue\n", "for (a, b), c.d in e[0]: pass\n", "for x in *a, *b: pass\n",
		"with a as b, c: pass\n", "with (a as b, c): pass\n", "with (a, b) as c: pass\n", "with (a): pass\n", "with (yield): pass\n", "with (a, *b): pass\n", "with (x for x in y): pass\n",
		"try: pass\nexcept: pass\n", "try: pass\nexcept (A, B) as e: pass\nelse: pass\nfinally: pass\n", "try: pass\nexcept* A: pass\n", "try: pass\nfinally: pass\n",
		"def f(a, /, b: int = 1, *c: *Ts, d, e=2, **f) -> g: pass\n", "def f(*, a): pass\n", "async def f():\n  async with a: await b\n  async for x in y: pass\n  return [z async for z in w]\n",
		"def f[T: int = str, *Ts = *x, **P](): pass\n", "class C[T](B, metaclass=M, *a, **k): pass\n", "type X[T] = list[T]\n", "type(x).y = z\n", "type = 1\n", "type[x] = 1\n",
		"@a.b(c)\n@d\nclass C: pass\n", "@(x := y)\nasync def f(): pass\n", "lambda: 0", "lambda a, *b, c=1, **d: (yield)", "lambda *, a: a",
		"match x:\n  case [1, -2.5, *rest] | {'k': v, A.b: _, **more} if g: pass\n  case C(a, b=D()) as e: pass\n  case (1 + 2j) | 'x' 'y' | None: pass\n  case a.b, *_: pass\n",
		"match = 1", "match(x)", "match[x]", "match.x", "match (x)\n", "case = 2", "match -x:\n case _: pass\n", "match *a, b:\n case []: pass\n", "match x, :\n case (): pass\n",
		"import a.b as c, d . e", "from . import x", "from ...a.b import (c as d, e,)", "from a import *", "from __future__ import annotations",
		"del a, b[0], (c, d)", "global a, b", "def f():\n nonlocal a\n", "raise", "raise A from b", "assert a, b", "return_ = 1", "print(x, file=y)", "print", "exec(x)",
		"a = b = yield c", "a: int", "a.b: int = yield", "a[0] += yield x, y", "(a): int = 1", "[a, *b] = (c, d) = e", "*a, b = c",
		"f(a, *b, c=d, **e)", "f(x for x in y)", "f(a := 1)(b)[c].d", "x[1:2, ::3, *y, z]", "x[:]", "x[a:=1]", "not a in b is not c", "a if b else c if d else e", "a < b >= c != d == e not in f",
		"-a ** -b", "await_ = 1", "{**a, 'b': c}", "{a: b for c in d}", "{a for b in c if d if e}", "{*a, b}", "(yield)", "(a,)", "()", "[*a]", "...", "0x_FF + 0b1 + 0o17 + 1_0.0_1e-5j + .5 + 1. + 00",
		"rb'x' b'y'", "'a' f'{b!r:>{w}}' \"c\"", "f'{a['b']}'", "f'{x=!s:^10}'", "f'{{}}{x:=10}'", "f'\\N{BULLET}{x}'", "rf'\\{x}'", "t'{x}'", "f'''{\nx # c\n}'''", "f'{x,}{*a, b}'", "f'{ {1: 2}[1] }'", "f\"\"\"{'a': '{b}'\n}\"\"\"", "naïve = 'é'", "'\\\n'",
		"x = 1\r\ny = 2\rz = 3",
	}
	for _, text := range valid {
		if own, _ := parsers(t, sourceOf(t, text)); own == nil {
			t.Errorf("%q is refused", text)
		} else {
			checkTree(t, own)
		}
	}
	other := []string{
		"print x", "print >>f, x", "print 'x'", "exec 'x' in y", "`x`", "a <> b", "try: pass\nexcept A, e: pass", "raise A, b", "0777", "10L", "ur'x'", "def f(a, (b, c)): pass",
		"x = ", "f(", "f)", "(]", "x = = 1", "'x", "'''x", "f'{x'", "f'}'", "f'{}'", "f'{x!z}'", "if x:", "if x:\npass", "  x = 1", "if x:\n    a\n  b", "if x:\n\ta\n        b",
		"1 = x", "f() = x", "a, b += c", "a, b: int", "*a", "x = *a", "(*a)", "f(x for x in y, z)", "f(a.b=c)", "f((a)=b)", "c := d", "def f(a, *): pass", "def f(*a, *b): pass", "def f(**a, b): pass", "def f(/, a): pass",
		"try: pass", "try: pass\nelse: pass", "@a\nx = 1", "from a import b,", "from a import ()", "import", "del", "del f()", "del *a", "async x", "class", "lambda", "[x for x in 1, 2]", "x y", "a if b", "not", "x.1", "1x", "1__0", "1_", "0x", "b'x' 'y'", "{a: b, c}", "{a, b: c}", "{**a for a in b}",
		"match x:\n case a.b as _: pass\n", "match x:\n  case C(a=b, c): pass\n", "match x:\n case {**a, 'b': c}: pass\n", "x = 1 \\", "\\\nx = 1", "?", "$x", "x!", "with a as f(): pass", "for f() in x: pass", "for x in y", "while: pass",
	}
	for _, text := range other {
		if own, _ := parsers(t, sourceOf(t, text)); own != nil {
			t.Errorf("%q is understood", text)
		}
	}
}

// Chains and nesting of any size make trees that can be walked recursively.
func TestTreesOfAnySizeAreShallow(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 20_000) }
	for _, text := range []string{
		"x = a" + many(" + a"), "x = a" + many(".b"), "x = a" + many("()"), "x = a" + many("[0]"), "x = " + many("("), "x = " + many("-") + "a", "x = " + many("not ") + "a",
		"if a: pass\n" + many("elif b: pass\n"), "x = " + many("lambda: ") + "0", "x = [" + many("a.b, ") + "]", "x = " + many("f'{") + "1", "x = a" + many(" ** a"), "x = a" + many(" if a else a"),
		"match x:\n case " + many("(") + "1", "x = a" + strings.Repeat(" + a", 2_000), "with " + many("(") + "a: pass",
	} {
		file, err := Parse(context.Background(), sourceOf(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if !shallow(file.Body, maxDepth+10) {
			t.Errorf("%.20q… makes a tree of more than %d levels", text, maxDepth)
		}
	}
}

// A file of which every other statement is not understood is left to tree-sitter as a whole, and nothing is lost or said twice.
func TestManyGapsAreOne(t *testing.T) {
	for _, n := range []int{1, maxGaps, maxGaps + 1, 300} {
		text := "# first\nbefore()\n" + strings.Repeat("print 'x' # old\ny = f() # new\n", n) + "after() # last\n"
		file := parseText(t, text)
		checkTree(t, file)
		prints, calls := 0, 0
		InspectFile(file, func(n Node) bool {
			switch n.(type) {
			case *Print:
				prints++
			case *Call:
				calls++
			}
			return true
		})
		if prints != n || calls != n+2 || len(file.Body) != 2*n+2 || len(file.Comments) != 2*n+2 || len(file.Errors) > 0 {
			t.Errorf("%d: %d prints, %d calls, %d statements, %d comments, errors %v", n, prints, calls, len(file.Body), len(file.Comments), file.Errors)
		}
	}
}
