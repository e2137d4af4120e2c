package ast

import (
	"context"
	"reflect"
	"testing"
	"time"
)

var seeds = []string{
	"", "\f", "\r", "x = 1\r\ny = 2\r", "def f(", "if x:\n", "f'{x!r:>{w}}'", "f'{a['b']}'", "t'{x}'", "f'{", "'''", "`x`", "print >>f, x",
	"try: pass\nexcept A, B, C: pass", "def f[T: int = str](): pass", "type X[T = int] = T", "match x:\n case {1: a, **r}: pass\n",
	"(bar.\nbaz)", "a = b = c: int", "(((((((((((", "f'{x:=10}'", "\\\n", "x = \\\n", "lambda *a, **k: 0", "case _: pass",
	"match x:\n case -1 | -2j + 3: pass", "with (a as b, c): pass", "with a if b else c as d: pass", "with (*a if b else c if d else e as f,): pass", "f'\\N{BULLET}'", "`", "f'\\N{", "[x for x in 1, 2]", "*a.b, *c or d",
	"class C:\n\tdef m(self):\n        return ]", "\xff\xfe", "# coding: latin-1\nx = '\xe9'", "x = 1 if else", "a & b ^ c & d", "with`00as 0,0: pass¦h`00", "import a.b . c as",
}

// Whatever the bytes, Parse returns a tree in which each span lies within the text and each
// part within its whole.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		src, err := NewSource("fuzz.py", raw)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		file, err := Parse(ctx, src)
		if err != nil {
			t.Fatal(err)
		}
		checkTree(t, file)
	})
}

// checkTree fails the test if a node's span is outside the text or its parent's, if the
// parts of a node without errors are out of order, or if Inspect would meet nil.
func checkTree(t *testing.T, file *File) {
	t.Helper()
	whole := Span{0, Pos(len(file.Source.Text))}
	var check func(n Node, within Span)
	check = func(n Node, within Span) {
		if n == nil || reflect.ValueOf(n).IsNil() {
			t.Fatal("a nil node")
		}
		s := n.Range()
		if s.Start > s.End || !within.Contains(outer(n)) {
			t.Fatalf("%v %v is not within %v of %q", n.Kind(), s, within, file.Source.Text)
		}
		last := s.Start
		Children(n, func(c Node) bool {
			o := outer(c)
			if o.Start < outer(n).Start || len(file.Errors) == 0 && o.Start < last && n.Kind() != KindFunctionDef && n.Kind() != KindClassDef {
				t.Fatalf("%v at %v is out of order within %v at %v of %q", c.Kind(), o, n.Kind(), s, file.Source.Text)
			}
			last = o.Start
			check(c, outer(n))
			return true
		})
	}
	last := Pos(0)
	for _, s := range file.Body {
		if outer(s).Start < last {
			t.Fatalf("%v at %v overlaps the statement before it in %q", s.Kind(), s.Range(), file.Source.Text)
		}
		last = s.Stop()
		check(s, whole)
	}
	for _, c := range file.Comments {
		if !whole.Contains(c.Span) || file.Source.Text[c.Start] != '#' {
			t.Fatalf("a comment at %v of %q", c.Span, file.Source.Text)
		}
	}
	for _, e := range file.Errors {
		if !whole.Contains(e.Span) {
			t.Fatalf("an error at %v of %q", e.Span, file.Source.Text)
		}
	}
}
