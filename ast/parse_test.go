package ast

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package's tests")

func parseText(t testing.TB, text string) *File {
	t.Helper()
	src, err := NewSource("test.py", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	file, err := Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func dumpFile(file *File) string {
	var out strings.Builder
	for _, s := range file.Body {
		d := dumper{file: file, legacy: true}
		d.node(s)
		out.WriteString(d.out.String() + "\n")
	}
	for _, e := range file.Errors {
		fmt.Fprintf(&out, "error %d-%d %s\n", e.Start, e.End, e.Msg)
	}
	return out.String()
}

// testdata/trees.txt holds texts, each after a line "== name", and their trees, after "--",
// in the form that the comparison with CPython uses.
func TestTreesAreAsWrittenDown(t *testing.T) {
	path := filepath.Join("testdata", "trees.txt")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	kinds := map[Kind]bool{}
	for _, section := range strings.Split(string(raw), "== ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		text, want, _ := strings.Cut(rest, "--\n")
		file := parseText(t, text)
		checkTree(t, file)
		InspectFile(file, func(n Node) bool { kinds[n.Kind()] = true; return true })
		got := dumpFile(file)
		if got != want && !*update {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		out.WriteString("== " + name + "\n" + text + "--\n" + got)
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for k := KindInvalid + 1; k < KindCount; k++ {
		if !kinds[k] {
			t.Errorf("no text in %s has a %v", path, k)
		}
	}
}

func TestParenthesesAreKnownButNotPartOfTheSpan(t *testing.T) {
	file := parseText(t, "x = ((a + b))\ny = (1, 2)\nf((z))\n")
	var got []string
	InspectFile(file, func(n Node) bool {
		if e, ok := n.(Expr); ok && file.Parens(e) != e.Range() {
			got = append(got, file.Text(e)+" in "+file.Source.Slice(file.Parens(e)))
		}
		return true
	})
	want := []string{"a + b in ((a + b))", "z in (z)"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommentsAreListedWithoutLineBreaks(t *testing.T) {
	for _, eol := range []string{"\n", "\r\n", "\r"} {
		file := parseText(t, strings.ReplaceAll("# one\nx = [ # two\n  1] # three\ny = '# none'\n#", "\n", eol))
		var got []string
		for _, c := range file.Comments {
			got = append(got, file.Source.Slice(c.Span))
		}
		if want := []string{"# one", "# two", "# three", "#"}; !slices.Equal(got, want) {
			t.Errorf("with %q: got %q, want %q", eol, got, want)
		}
	}
}

func TestPathEnclosingLeadsFromTheStatementToTheInnermostNode(t *testing.T) {
	text := "def f():\n    return g(a, key=b.c)\n"
	file := parseText(t, text)
	at := Pos(strings.Index(text, "b.c"))
	var kinds []string
	path := PathEnclosing(file, Span{at, at + 1})
	for _, n := range path {
		kinds = append(kinds, n.Kind().String())
	}
	want := []string{"FunctionDef", "Return", "Call", "Keyword", "Attribute", "Name"}
	if !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
	if _, ok := StmtOf(path).(*Return); !ok {
		t.Errorf("the statement is %v", StmtOf(path).Kind())
	}
}

func TestInspectAllocatesNothing(t *testing.T) {
	file := parseText(t, "def f(a, *b):\n    return [g(x, y=1) for x in a if x > 1]\n")
	n := 0
	visit := func(Node) bool { n++; return true }
	if allocs := testing.AllocsPerRun(100, func() { InspectFile(file, visit) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestStatementsAroundABrokenOneAreUnderstood(t *testing.T) {
	tests := []struct{ name, text string }{
		{"unclosed call", "first()\nx = load(a\nlast()\n"},
		{"missing operand", "first()\nx = = 1\nlast()\n"},
		{"stray bracket", "first()\n)\nlast()\n"},
		{"broken body", "first()\ndef f():\n    x = load(\n    y\nlast()\n"},
		{"broken head", "first()\ndef f(:\n    return 1\nlast()\n"},
		{"conflict markers", "first()\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\nlast()\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := parseText(t, test.text)
			checkTree(t, file)
			if len(file.Errors) == 0 {
				t.Error("no error is listed")
			}
			var calls []string
			InspectFile(file, func(n Node) bool {
				if c, ok := n.(*Call); ok {
					calls = append(calls, file.Text(c.Fn))
				}
				return true
			})
			for _, want := range []string{"first", "last"} {
				if !slices.Contains(calls, want) {
					t.Errorf("%s() is not found; calls: %q\n%s", want, calls, dumpFile(file))
				}
			}
		})
	}
}

func TestDeepNestingEndsInAnErrorNotInAPanic(t *testing.T) {
	const n = 100_000
	tests := map[string]string{
		"parentheses": strings.Repeat("(", n) + strings.Repeat(")", n),
		"lists":       strings.Repeat("[", n),
		"sum":         "x = 1" + strings.Repeat(" + 1", n),
		"attributes":  "x" + strings.Repeat(".y", n),
		"calls":       "f" + strings.Repeat("()", n),
		"not":         "x = " + strings.Repeat("not ", n) + "y",
		"elif":        "if a: pass\n" + strings.Repeat("elif a: pass\n", n),
		"f-strings":   strings.Repeat("f'{", 2000) + "x" + strings.Repeat("}'", 2000),
		"blocks":      nestedBlocks(600),
		"lambda":      strings.Repeat("lambda: ", n),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			src, err := NewSource("deep.py", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			file, err := Parse(ctx, src)
			if errors.Is(err, context.DeadlineExceeded) {
				t.Skip("the parser takes too long, and stops when told to")
			}
			if err != nil {
				t.Fatal(err)
			}
			deepest := 0
			var walk func(n Node, depth int)
			walk = func(n Node, depth int) {
				deepest = max(deepest, depth)
				Children(n, func(c Node) bool { walk(c, depth+1); return true })
			}
			for _, s := range file.Body {
				walk(s, 1)
			}
			if deepest > 3*maxDepth {
				t.Errorf("the tree is %d levels deep", deepest)
			}
		})
	}
}

func nestedBlocks(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(strings.Repeat(" ", i) + "if x:\n")
	}
	return s.String() + strings.Repeat(" ", n) + "pass\n"
}

func TestCancellingStopsTheParserWithinMilliseconds(t *testing.T) {
	texts := map[string]string{
		"statements":   strings.Repeat("x = f(a, b, c=[1, 2, 3])\n", 400_000),
		"one list":     "x = [" + strings.Repeat("a, 1, ", 2_000_000) + "]\n",
		"one set":      "x = {" + strings.Repeat("*a, ", 2_000_000) + "}\n",
		"one sum":      "x = 1" + strings.Repeat(" + a", 2_000_000),
		"not Python 3": "print x\n" + strings.Repeat("x = f(a, b, c=[1, 2, 3])\n", 400_000),
	}
	for name, text := range texts {
		src, err := NewSource("long.py", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		const after = 20 * time.Millisecond
		ctx, cancel := context.WithTimeout(context.Background(), after)
		start := time.Now()
		_, err = Parse(ctx, src)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
		if late := time.Since(start) - after; late > 500*time.Millisecond {
			t.Errorf("%s: the parser stopped %v after it was told to", name, late)
		}
	}
	// A parser that was stopped starts afresh.
	if got := dumpFile(parseText(t, "print 1\n")); got != "(Print@0-7 - [(Number@6-7 1)])\n" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestStringsAreDecodedAsPythonDoes(t *testing.T) {
	tests := []struct{ text, want string }{
		{`'a\tb\\\'\"\x41\101\u00e9\U0001F600'`, "a\tb\\'\"AA\u00e9\U0001F600"},
		{`r'a\tb'`, `a\tb`},
		{`b'\xff\u0041'`, "\xff\\u0041"},
		{"'a\\\nb'", "ab"},
		{"'''a\r\nb'''", "a\nb"},
		{`'\N{BULLET}\N{latin small letter e with acute}'`, "\u2022\u00e9"},
		{`'\q\8\x4'`, `\q\8\x4`},
		{`'a' "b" r'\c'`, `ab\c`},
		{`'\ud800'`, "\uFFFD"},
		{`''`, ""},
		{`'\0'`, "\x00"},
	}
	for _, test := range tests {
		file := parseText(t, "x = "+test.text+"\n")
		s, ok := file.Body[0].(*Assign).Value.(*Str)
		if !ok || s.Value != test.want {
			t.Errorf("%s: got %q, want %q", test.text, s.Value, test.want)
		}
	}
}

func TestParseExprTakesOneExpressionAtItsPlace(t *testing.T) {
	const text = "x = 1; row['url'].strip() ; f(a)"
	src := NewText("a.py", []byte(text))
	for part, want := range map[string]bool{"row['url'].strip()": true, "f(a)": true, "x = 1": false, "1; row": false, "row['url": false, "": false} {
		at := strings.Index(text, part)
		e, err := ParseExpr(context.Background(), src, Span{Pos(at), Pos(at + len(part))})
		if err != nil || (e != nil) != want {
			t.Errorf("%q: %v, %v", part, e, err)
		}
		if e != nil && (e.Pos() != Pos(at) || e.Stop() != Pos(at+len(part))) {
			t.Errorf("%q is at %d to %d, want %d", part, e.Pos(), e.Stop(), at)
		}
	}
	if _, err := ParseExpr(context.Background(), src, Span{5, 500}); err == nil {
		t.Error("a stretch beyond the text is no error")
	}
}

// Wherever the context ends, the parser stops, and nothing panics.
func TestContextsMayEndAnywhere(t *testing.T) {
	for _, text := range []string{strings.Repeat("x = 1\n", 20_000), strings.Repeat("print x\n", 20_000), "f(" + strings.Repeat("a, ", 50_000)} {
		src, err := NewSource("long.py", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 40 {
			ctx := &endingContext{Context: context.Background(), after: n}
			if _, err := Parse(ctx, src); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
}

// endingContext ends when it has been asked so often.
type endingContext struct {
	context.Context
	after int
}

func (c *endingContext) Err() error {
	if c.after--; c.after < 0 {
		return context.Canceled
	}
	return nil
}
