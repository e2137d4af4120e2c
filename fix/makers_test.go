package fix

import (
	"context"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

// makerCase says what an edit maker makes of a text.
type makerCase struct {
	name, before, after string
	make                func(f *ast.File) []Edit
}

// checkMakers runs each case as it stands and with CRLF line endings.
func checkMakers(t *testing.T, cases []makerCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkMaker(t, c.before, c.after, c.make)
			if !strings.Contains(c.before, "\n") {
				return // nothing tells the line ending
			}
			crlf := strings.NewReplacer("\n", "\r\n")
			checkMaker(t, crlf.Replace(c.before), crlf.Replace(c.after), c.make)
		})
	}
}

func checkMaker(t *testing.T, before, after string, make func(f *ast.File) []Edit) {
	t.Helper()
	f := parse(t, before)
	got := applyEdits(t, f, make(f))
	if got != after {
		t.Errorf("of\n%s\nbecame\n%s\nwant\n%s", before, got, after)
		return
	}
	if n := faultsOf(parse(t, got)); n > faultsOf(f) {
		t.Errorf("%d syntax errors in\n%s", n, got)
	}
}

func parse(t testing.TB, text string) *ast.File {
	t.Helper()
	src, err := ast.NewSource("x.py", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f, err := ast.Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func applyEdits(t testing.TB, f *ast.File, edits []Edit) string {
	t.Helper()
	var list []ast.Edit
	for _, e := range edits {
		if err := checkEdit(e, f.Source.Text); err != nil {
			t.Fatal(err)
		}
		list = append(list, ast.Edit{Span: ast.Span{Start: ast.Pos(e.Start), End: ast.Pos(e.End)}, New: e.New})
	}
	merged, err := mergeEdits(list, f.Source.Text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Source.Apply(merged)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// find returns the first node of the type whose text is the given one or, if there is none,
// begins with it; CRLF is read as LF.
func find[N ast.Node](f *ast.File, text string) N {
	var exact, prefix []N
	for _, s := range f.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			m, ok := n.(N)
			if !ok {
				return true
			}
			switch t := strings.ReplaceAll(f.Text(n), "\r\n", "\n"); {
			case t == text:
				exact = append(exact, m)
			case strings.HasPrefix(t, text):
				prefix = append(prefix, m)
			}
			return true
		})
	}
	return append(exact, prefix...)[0]
}

func addKeyword(call, name, value string) func(*ast.File) []Edit {
	return func(f *ast.File) []Edit { return AddKeyword(f, find[*ast.Call](f, call), name, value) }
}

func TestAddKeywordFollowsTheLayoutOfTheCall(t *testing.T) {
	k := addKeyword("f(", "k", "True")
	checkMakers(t, []makerCase{
		{"no arguments", "x = f()\n", "x = f(k=True)\n", k},
		{"white space only", "x = f(  )\n", "x = f(k=True)\n", k},
		{"an empty line", "x = f(\n)\n", "x = f(k=True)\n", k},
		{"a comment only", "x = f(  # none\n)\n", "x = f(k=True  # none\n)\n", k},
		{"one argument", "f(a)\n", "f(a, k=True)\n", k},
		{"a keyword", "f(a, b=1)\n", "f(a, b=1, k=True)\n", k},
		{"a trailing comma", "f(a,)\n", "f(a, k=True,)\n", k},
		{"a trailing comma and a space", "f(a, )\n", "f(a, k=True, )\n", k},
		{"unpacked keywords last", "f(a, **more)\n", "f(a, **more, k=True)\n", k},
		{"unpacked arguments last", "f(a, *more)\n", "f(a, *more, k=True)\n", k},
		{"parentheses around the last argument", "f((a))\n", "f((a), k=True)\n", k},
		{"parentheses around a keyword's value", "f(a=(b))\n", "f(a=(b), k=True)\n", k},
		{"a lambda last", "f(lambda x: x)\n", "f(lambda x: x, k=True)\n", k},
		{"a generator that shares the parentheses", "f(x for x in y)\n", "f((x for x in y), k=True)\n", k},
		{"a generator over lines", "f(\n    x\n    for x in y\n)\n", "f((\n    x\n    for x in y\n), k=True)\n", k},
		{"a generator of its own", "f((x for x in y))\n", "f((x for x in y), k=True)\n", k},
		{"present already", "f(a, k=False, b=1)\n", "f(a, k=True, b=1)\n", k},
		{"present in parentheses", "f(a, k=(False))\n", "f(a, k=(True))\n", k},
		{"one to a line with a trailing comma", "f(\n    a,\n    b=1,\n)\n", "f(\n    a,\n    b=1,\n    k=True,\n)\n", k},
		{"one to a line without a trailing comma", "f(\n    a,\n    b=1\n)\n", "f(\n    a,\n    b=1,\n    k=True\n)\n", k},
		{"aligned to the parenthesis", "x = f(a,\n      b=1)\n", "x = f(a,\n      b=1,\n      k=True)\n", k},
		{"all on one line of their own", "f(\n    a, b=1,\n)\n", "f(\n    a, b=1, k=True,\n)\n", k},
		{"all on one line of their own, no comma", "f(\n    a, b=1\n)\n", "f(\n    a, b=1, k=True\n)\n", k},
		{"a comment behind the last comma", "f(\n    a,\n    b=1,  # one\n)\n", "f(\n    a,\n    b=1,  # one\n    k=True,\n)\n", k},
		{"a comment and no comma", "f(\n    a,\n    b=1  # one\n)\n", "f(\n    a,\n    b=1,  # one\n    k=True\n)\n", k},
		{"a comment line last", "f(\n    a,\n    # b is off\n)\n", "f(\n    a,\n    k=True,\n    # b is off\n)\n", k},
		{"comma before the comment only", "f(\n    a\n    # (not this)\n    , b)\n", "f(\n    a\n    # (not this)\n    , b, k=True)\n", k},
		{"tabs", "if x:\n\tf(\n\t\ta,\n\t)\n", "if x:\n\tf(\n\t\ta,\n\t\tk=True,\n\t)\n", k},
		{"a last argument of several lines", "f(a, [\n    1,\n])\n", "f(a, [\n    1,\n], k=True)\n", k},
		{"a last argument of several lines that starts one", "f(\n    a,\n    b=[\n        1,\n    ],\n)\n", "f(\n    a,\n    b=[\n        1,\n    ],\n    k=True,\n)\n", k},
		{"a string with brackets and hashes last", "f('#)', \"(,\")\n", "f('#)', \"(,\", k=True)\n", k},
		{"continued lines", "f(a, \\\n  b)\n", "f(a, \\\n  b,\n  k=True)\n", k},
		{"nested in an f-string", "s = f\"{f(a)}\"\n", "s = f\"{f(a, k='v')}\"\n", addKeyword("f(a)", "k", `"v"`)},
		{"characters of more than a byte", "f('ä')  # ö\n", "f('ä', k=True)  # ö\n", k},
	})
}

func TestAddPositionalStandsInFrontOfKeywords(t *testing.T) {
	add := func(f *ast.File) []Edit { return AddPositional(f, find[*ast.Call](f, "f("), "p") }
	checkMakers(t, []makerCase{
		{"none", "f()\n", "f(p)\n", add},
		{"positional only", "f(a)\n", "f(a, p)\n", add},
		{"keyword", "f(a, k=1)\n", "f(a, p, k=1)\n", add},
		{"lines", "f(\n    a,\n    k=1,\n)\n", "f(\n    a,\n    p,\n    k=1,\n)\n", add},
	})
}

func TestRemoveArgTakesItsCommaAndLines(t *testing.T) {
	x := func(f *ast.File) []Edit {
		c := find[*ast.Call](f, "f(")
		if k := KeywordOf(c, "x"); k != nil {
			return RemoveKeyword(f, c, "x")
		}
		return RemoveArg(f, c, find[*ast.Name](f, "x"))
	}
	checkMakers(t, []makerCase{
		{"the only one", "f(x)\n", "f()\n", x},
		{"the only one with a comma", "f(x, )\n", "f()\n", x},
		{"the only one on its line", "f(\n    x=1,\n)\n", "f()\n", x},
		{"the only one with a comment", "f(\n    x=1,  # one\n    # two\n)\n", "f(\n    # two\n)\n", x},
		{"first", "f(x, b)\n", "f(b)\n", x},
		{"middle", "f(a, x, b)\n", "f(a, b)\n", x},
		{"last", "f(a, x=1)\n", "f(a)\n", x},
		{"last with a trailing comma", "f(a, x=1,)\n", "f(a,)\n", x},
		{"last in parentheses", "f(a, (x))\n", "f(a)\n", x},
		{"a line of its own", "f(\n    a,\n    x=1,\n    b=2,\n)\n", "f(\n    a,\n    b=2,\n)\n", x},
		{"a line of its own with a comment", "f(\n    a,  # A\n    x=1,  # X\n    # B\n    b=2,\n)\n", "f(\n    a,  # A\n    # B\n    b=2,\n)\n", x},
		{"last line, no trailing comma", "f(\n    a,\n    x=1\n)\n", "f(\n    a\n)\n", x},
		{"last line, no trailing comma, comments", "f(\n    a,  # A\n    x=1  # X\n)\n", "f(\n    a  # A\n)\n", x},
		{"aligned, last", "f(a,\n  x=1)\n", "f(a)\n", x},
		{"aligned, last, behind a comment", "f(a,  # A\n  x=1)\n", "f(a  # A\n  )\n", x},
		{"aligned, first", "f(x,\n  b)\n", "f(b)\n", x},
		{"end of a line of several", "f(a, x,\n  b)\n", "f(a,\n  b)\n", x},
		{"several on a line of their own", "f(\n    x, b,\n)\n", "f(\n    b,\n)\n", x},
		{"a value of several lines", "f(\n    a,\n    x=[\n        1,\n    ],\n    b=2,\n)\n", "f(\n    a,\n    b=2,\n)\n", x},
		{"a generator", "f(x for x in y)\n", "f()\n", func(f *ast.File) []Edit {
			c := find[*ast.Call](f, "f(")
			return RemoveArg(f, c, c.Args[0])
		}},
		{"a keyword that is not there", "f(a)\n", "f(a)\n", func(f *ast.File) []Edit {
			return RemoveKeyword(f, find[*ast.Call](f, "f("), "x")
		}},
	})
}

func TestRemoveElementsTakesOutSeveral(t *testing.T) {
	of := func(names ...string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit {
			var gone []ast.Node
			for _, name := range names {
				gone = append(gone, find[*ast.Name](f, name))
			}
			return RemoveElements(f, find[*ast.Assign](f, "").Value, gone...)
		}
	}
	checkMakers(t, []makerCase{
		{"the last ones", "v = [a, x, y]\n", "v = [a]\n", of("x", "y")},
		{"the first ones", "v = [x, y, a]\n", "v = [a]\n", of("x", "y")},
		{"ones apart", "v = [x, a, y, b]\n", "v = [a, b]\n", of("x", "y")},
		{"all", "v = [x, y]\n", "v = []\n", of("y", "x")},
		{"all of a set", "v = {x, y}\n", "v = set()\n", of("y", "x")},
		{"lines", "v = [\n    x,\n    a,\n    y,\n    z\n]\n", "v = [\n    a\n]\n", of("x", "y", "z")},
		{"with a trailing comma", "v = [a, x, y,]\n", "v = [a]\n", of("x", "y")},
		{"the same twice", "v = [a, x, b]\n", "v = [a, b]\n", of("x", "x")},
		{"not of a tuple", "v = (a, x, y)\n", "v = (a, x, y)\n", of("x", "y")},
	})
}

func TestRemoveElementKeepsTheContainersKind(t *testing.T) {
	of := func(text string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit {
			return RemoveElement(f, find[*ast.Assign](f, "").Value, find[*ast.Name](f, text))
		}
	}
	checkMakers(t, []makerCase{
		{"of a list", "v = [a, x, b]\n", "v = [a, b]\n", of("x")},
		{"the last one of a list", "v = [x]\n", "v = []\n", of("x")},
		{"on a line of its own", "v = [\n    a,\n    x,\n    b,\n]\n", "v = [\n    a,\n    b,\n]\n", of("x")},
		{"of a tuple of three", "v = (a, b, x)\n", "v = (a, b)\n", of("x")},
		{"the second of a tuple of two", "v = (a, x)\n", "v = (a,)\n", of("x")},
		{"the second of two with a comma", "v = (a, x,)\n", "v = (a,)\n", of("x")},
		{"the first of a tuple of two", "v = (x, a)\n", "v = (a,)\n", of("x")},
		{"the second of two on lines", "v = (\n    a,\n    x\n)\n", "v = (\n    a,\n)\n", of("x")},
		{"the only one of a tuple", "v = (x,)\n", "v = ()\n", of("x")},
		{"of a tuple without parentheses", "v = a, x\n", "v = a,\n", of("x")},
		{"the first of a tuple without parentheses", "v = x, a\n", "v = a,\n", of("x")},
		{"the first in parentheses of a bare tuple", "v = (x), a, b\n", "v = a, b\n", of("x")},
		{"of a set", "v = {a, x}\n", "v = {a}\n", of("x")},
		{"the only one of a set", "v = {x}\n", "v = set()\n", of("x")},
		{"a dict's key", "v = {a: 1, x: 2, b: 3}\n", "v = {a: 1, b: 3}\n", of("x")},
		{"a dict's value", "v = {'a': x}\n", "v = {}\n", of("x")},
		{"what a dict unpacks", "v = {'a': 1, **x}\n", "v = {'a': 1}\n", of("x")},
		{"a dict's line", "v = {\n    'a': 1,\n    'b': x,\n}\n", "v = {\n    'a': 1,\n}\n", of("x")},
	})
}

func TestAddElementFollowsTheLayoutOfTheContainer(t *testing.T) {
	add := func(text string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return AddElement(f, find[*ast.Assign](f, "").Value, text) }
	}
	checkMakers(t, []makerCase{
		{"an empty list", "v = []\n", "v = [x]\n", add("x")},
		{"a list", "v = [a]\n", "v = [a, x]\n", add("x")},
		{"a tuple of one", "v = (a,)\n", "v = (a, x)\n", add("x")},
		{"a dict on lines", "v = {\n    'a': 1,\n}\n", "v = {\n    'a': 1,\n    'b': 2,\n}\n", add("'b': 2")},
		{"something else", "v = f()\n", "v = f()\n", add("x")},
	})
}

func TestWrapAddsParenthesesWhereNeeded(t *testing.T) {
	wrap := func(text, before, after string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return Wrap(f, find[ast.Expr](f, text), before, after) }
	}
	value := func(before, after string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return Wrap(f, find[*ast.Assign](f, "").Value, before, after) }
	}
	argument := func(before, after string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return Wrap(f, find[*ast.Call](f, "f(").Args[0], before, after) }
	}
	checkMakers(t, []makerCase{
		{"an argument", "f(n, 512)\n", "f(min(int(n), 1024), 512)\n", wrap("n", "min(int(", "), 1024)")},
		{"a sum", "v = a + b\n", "v = int(a + b)\n", value("int(", ")")},
		{"a bare tuple", "v = a, b\n", "v = list((a, b))\n", value("list(", ")")},
		{"a tuple in parentheses", "v = (a, b)\n", "v = list((a, b))\n", value("list(", ")")},
		{"something in parentheses", "v = (a or b)\n", "v = int((a or b))\n", value("int(", ")")},
		{"an attribute of a sum", "v = a + b\n", "v = (a + b).name\n", value("", ".name")},
		{"an attribute of a call", "v = f(a)\n", "v = f(a).name\n", value("", ".name")},
		{"an attribute of a number", "v = 1\n", "v = (1).real\n", value("", ".real")},
		{"a negation", "v = a < b\n", "v = not a < b\n", value("not ", "")},
		{"a negation of or", "v = a or b\n", "v = not (a or b)\n", value("not ", "")},
		{"an operand", "v = not a and b\n", "v = not (a or c) and b\n", wrap("a", "", " or c")},
		{"a choice as an argument", "f(n)\n", "f(n if n in OK else 1)\n", argument("", " if n in OK else 1")},
		{"a starred argument", "f(*n)\n", "f(*list(n))\n", argument("list(", ")")},
		{"a generator that shares parentheses", "f(x for x in y)\n", "f(list((x for x in y)))\n", argument("list(", ")")},
		{"an awaited value", "v = await g()\n", "v = (await g()).name\n", value("", ".name")},
		{"quotes in an f-string", "v = f\"/mnt/{run}\"\n", "v = f\"/mnt/{re.sub(r'[^a]', '_', run)}\"\n", wrap("run", `re.sub(r"[^a]", "_", `, ")")},
		{"quotes in a single-quoted f-string", "v = f'/mnt/{run}'\n", "v = f'/mnt/{g(\"a\", run)}'\n", wrap("run", `g('a', `, ")")},
		{"quotes outside of an f-string", "v = run\n", "v = g(\"a\", run)\n", wrap("run", `g("a", `, ")")},
	})
}

func TestReplaceNodeKeepsTheMeaningOfItsSurroundings(t *testing.T) {
	to := func(text, with string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return []Edit{ReplaceNode(f, find[ast.Expr](f, text), with)} }
	}
	checkMakers(t, []makerCase{
		{"a constant", "f(k=True)\n", "f(k=False)\n", to("True", "False")},
		{"a looser operator", "v = a * b\n", "v = (c + d) * b\n", to("a", "c + d")},
		{"within parentheses", "v = (a) * b\n", "v = (c + d) * b\n", to("a", "c + d")},
		{"the right of a difference", "v = a - b\n", "v = a - (c - d)\n", to("b", "c - d")},
		{"the left of a difference", "v = a - b\n", "v = c - d - b\n", to("a", "c - d")},
		{"a comparison in an and", "if a > b and c:\n    pass\n", "if (not a <= b) and c:\n    pass\n", to("a > b", "(not a <= b)")},
		{"a function", "eval(x)\n", "ast.literal_eval(x)\n", to("eval", "ast.literal_eval")},
		{"an attribute's value", "a.b\n", "(x or y).b\n", to("a", "x or y")},
		{"a brace in an f-string", "v = f'{a}'\n", "v = f'{ {1: 2}[k]}'\n", to("a", "{1: 2}[k]")},
		{"a tuple as an argument", "f(a)\n", "f((b, c))\n", to("a", "b, c")},
		{"a tuple returned", "def g():\n    return a\n", "def g():\n    return b, c\n", to("a", "b, c")},
	})
}

func TestRemoveStmtTakesItsLine(t *testing.T) {
	x := func(f *ast.File) []Edit {
		return RemoveStmt(f, StmtAt(f, find[*ast.Call](f, "x()").Span))
	}
	decorated := func(f *ast.File) []Edit { return RemoveStmt(f, find[*ast.FunctionDef](f, "def x")) }
	checkMakers(t, []makerCase{
		{"alone", "a()\nx()\nb()\n", "a()\nb()\n", x},
		{"with a comment", "a()\nx()  # why\nb()\n", "a()\nb()\n", x},
		{"the only one of a block", "if a:\n    x()\n", "if a:\n    pass\n", x},
		{"the only one of a module", "x()\n", "", x},
		{"the last, without a line ending", "a()\nx()", "a()\n", x},
		{"over several lines", "a()\nx()(\n    1,\n)\nb()\n", "a()\nb()\n", x},
		{"before a semicolon", "x(); b()\n", "b()\n", x},
		{"between semicolons", "a(); x(); b()\n", "a(); b()\n", x},
		{"after a semicolon", "a(); x()\n", "a()\n", x},
		{"after a semicolon, with another", "a(); x();\n", "a()\n", x},
		{"on the header's line", "if a: x()\n", "if a: pass\n", x},
		{"first on the header's line", "if a: x(); b()\n", "if a: b()\n", x},
		{"in an else", "if a:\n    b()\nelse:\n    x()\n    c()\n", "if a:\n    b()\nelse:\n    c()\n", x},
		{"in a case", "match a:\n    case 1:\n        x()\n        c()\n", "match a:\n    case 1:\n        c()\n", x},
		{"decorated", "a = 1\n\n\n@d\n@e\ndef x():\n    pass\n\nb = 1\n", "a = 1\n\n\n\nb = 1\n", decorated},
		{"the last elif", "if a:\n    b()\nelif x():\n    c()\nd()\n", "if a:\n    b()\nd()\n", x},
	})
}

func TestInsertBeforeStandsAtTheStatementsIndentation(t *testing.T) {
	guard := func(f *ast.File) []Edit {
		return InsertBefore(f, StmtAt(f, find[*ast.Call](f, "x()").Span), "if y:", "    raise E")
	}
	def := func(f *ast.File) []Edit { return InsertBefore(f, find[*ast.FunctionDef](f, "def x"), "y = 1") }
	checkMakers(t, []makerCase{
		{"module level", "a()\nx()\n", "a()\nif y:\n    raise E\nx()\n", guard},
		{"in a block", "if a:\n    x()\n", "if a:\n    if y:\n        raise E\n    x()\n", guard},
		{"tabs", "if a:\n\tx()\n", "if a:\n\tif y:\n\t\traise E\n\tx()\n", guard},
		{"two spaces", "if a:\n  x()\n", "if a:\n  if y:\n    raise E\n  x()\n", guard},
		{"on the header's line", "if a: x()\n", "if a:\n    if y:\n        raise E\n    x()\n", guard},
		{"second on the header's line", "if a: b(); x()\n", "if a:\n    b()\n    if y:\n        raise E\n    x()\n", guard},
		{"first of two on the header's line", "if a: x(); b()\n", "if a:\n    if y:\n        raise E\n    x(); b()\n", guard},
		{"after a semicolon", "a(); x()\n", "a()\nif y:\n    raise E\nx()\n", guard},
		{"on an else's line", "if (a and\n    b): c()\nelse: x()\n", "if (a and\n    b): c()\nelse:\n    if y:\n        raise E\n    x()\n", guard},
		{"on the line of a header of two lines", "if (a and\n    b): x()\n", "if (a and\n    b):\n    if y:\n        raise E\n    x()\n", guard},
		{"behind a string of several lines", "s = '''\n'''; x()\n", "s = '''\n'''\nif y:\n    raise E\nx()\n", guard},
		{"in the test of an elif", "if a:\n    b()\nelif x():\n    c()\n", "if y:\n    raise E\nif a:\n    b()\nelif x():\n    c()\n", guard},
		{"above decorators", "@d\ndef x():\n    pass\n", "y = 1\n@d\ndef x():\n    pass\n", def},
	})
}

func TestInsertAfterStandsBelowTheStatement(t *testing.T) {
	after := func(f *ast.File) []Edit {
		return InsertAfter(f, StmtAt(f, find[*ast.Call](f, "x()").Span), "y = 1")
	}
	checkMakers(t, []makerCase{
		{"alone", "x()\nb()\n", "x()\ny = 1\nb()\n", after},
		{"with a comment", "x()  # why\nb()\n", "x()  # why\ny = 1\nb()\n", after},
		{"at the end without a line ending", "x()", "x()\ny = 1", after},
		{"in a block", "if a:\n    x()\nb()\n", "if a:\n    x()\n    y = 1\nb()\n", after},
		{"below its blocks", "for a in x():\n    b()\nc()\n", "for a in x():\n    b()\ny = 1\nc()\n", after},
		{"before a semicolon", "x(); b()\n", "x()\ny = 1\nb()\n", after},
		{"on the header's line", "if a: x()\nb()\n", "if a:\n    x()\n    y = 1\nb()\n", after},
		{"between semicolons on the header's line", "if a: c(); x(); b()\n", "if a:\n    c()\n    x()\n    y = 1\n    b()\n", after},
	})
}

func TestReplaceStmtStandsInItsPlace(t *testing.T) {
	lines := func(lines ...string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return ReplaceStmt(f, StmtAt(f, find[*ast.Call](f, "x()").Span), lines...) }
	}
	checkMakers(t, []makerCase{
		{"one line", "if a: x(); b()\n", "if a: y(); b()\n", lines("y()")},
		{"lines", "if a:\n    x()  # why\n", "if a:\n    if x():\n        raise E  # why\n", lines("if x():", "    raise E")},
		{"lines on the header's line", "if a: x()\n", "if a:\n    if x():\n        raise E\n", lines("if x():", "    raise E")},
		{"lines before a semicolon", "x(); b()\n", "if y:\n    z()\nb()\n", lines("if y:", "    z()")},
		{"lines after a semicolon", "a(); x()\n", "a()\nif y:\n    z()\n", lines("if y:", "    z()")},
	})
}

func TestLinesGoToTheEndsOfABlock(t *testing.T) {
	body := func(f *ast.File) []ast.Stmt { return find[*ast.FunctionDef](f, "def").Body }
	prepend := func(f *ast.File) []Edit { return PrependBody(f, body(f), "y = 1") }
	appended := func(f *ast.File) []Edit { return AppendBody(f, body(f), "y = 1") }
	checkMakers(t, []makerCase{
		{"start", "def f():\n    a()\n", "def f():\n    y = 1\n    a()\n", prepend},
		{"start below the docstring", "def f():\n    '''F.'''\n    a()\n", "def f():\n    '''F.'''\n    y = 1\n    a()\n", prepend},
		{"start on the header's line", "def f(): return 1\n", "def f():\n    y = 1\n    return 1\n", prepend},
		{"end", "def f():\n    a()\nb()\n", "def f():\n    a()\n    y = 1\nb()\n", appended},
		{"end behind a block", "def f():\n    if a:\n        b()\nc()\n", "def f():\n    if a:\n        b()\n    y = 1\nc()\n", appended},
		{"in place of pass", "def f():\n    pass  # later\n", "def f():\n    y = 1  # later\n", appended},
	})
}

func TestParametersAndDecoratorsAreAdded(t *testing.T) {
	param := func(f *ast.File) []Edit {
		return AddParameter(f, find[*ast.FunctionDef](f, "def"), "k: bool = False")
	}
	checkMakers(t, []makerCase{
		{"no parameters", "def f():\n    pass\n", "def f(k: bool = False):\n    pass\n", param},
		{"behind others", "def f(a, b=1):\n    pass\n", "def f(a, b=1, k: bool = False):\n    pass\n", param},
		{"in front of **more", "def f(a, **more):\n    pass\n", "def f(a, k: bool = False, **more):\n    pass\n", param},
		{"behind *more", "def f(*more):\n    pass\n", "def f(*more, k: bool = False):\n    pass\n", param},
		{"behind a slash", "def f(a, /):\n    pass\n", "def f(a, /, k: bool = False):\n    pass\n", param},
		{"present", "def f(k):\n    pass\n", "def f(k):\n    pass\n", param},
		{"lines", "def f(\n    a,\n    b=1,\n):\n    pass\n", "def f(\n    a,\n    b=1,\n    k: bool = False,\n):\n    pass\n", param},
		{"a decorator", "class A:\n    @d\n    def f(self):\n        pass\n", "class A:\n    @d\n    @e(1)\n    def f(self):\n        pass\n", func(f *ast.File) []Edit {
			return AddDecorator(f, find[*ast.FunctionDef](f, "def"), "@e(1)")
		}},
	})
}

func TestImportsGoToTheirPlace(t *testing.T) {
	add := func(stmt string, where Place) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return AddImport(f, stmt, where) }
	}
	first, last := add("import ast", BeforeFirstImport), add("import ast", AfterLastImport)
	checkMakers(t, []makerCase{
		{"before the first", "import os\nimport re\n", "import ast\nimport os\nimport re\n", first},
		{"after the last", "import os\nimport re\n\nx = 1\n", "import os\nimport re\nimport ast\n\nx = 1\n", last},
		{"below docstring and future", "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n'''Doc.'''\nfrom __future__ import annotations\nimport os\n", "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n'''Doc.'''\nfrom __future__ import annotations\nimport ast\nimport os\n", first},
		{"future only", "from __future__ import annotations\n\nx = 1\n", "from __future__ import annotations\nimport ast\n\nx = 1\n", first},
		{"no imports", "# Licence\n\nx = 1\n", "# Licence\n\nimport ast\n\nx = 1\n", first},
		{"no imports below a docstring", "'''Doc.'''\n\nx = 1\n", "'''Doc.'''\n\nimport ast\n\nx = 1\n", first},
		{"no imports right below a docstring", "'''Doc.'''\nx = 1\n", "'''Doc.'''\n\nimport ast\n\nx = 1\n", first},
		{"an empty module", "", "import ast\n", first},
		{"comments only", "# a\n", "# a\nimport ast\n", first},
		{"not below late imports", "import os\n\ndef f():\n    pass\n\nimport re\n", "import os\nimport ast\n\ndef f():\n    pass\n\nimport re\n", last},
		{"below guarded imports", "import os\ntry:\n    import re\nexcept ImportError:\n    re = None\n\nx = 1\n", "import os\ntry:\n    import re\nexcept ImportError:\n    re = None\nimport ast\n\nx = 1\n", last},
		{"above code that comes before the imports", "f(1)\nimport os\n", "import ast\n\nf(1)\nimport os\n", first},
		{"in order", "import os\nimport torch\n", "import os\nimport shlex\nimport torch\n", add("import shlex", InOrder)},
		{"in order by module", "from dataclasses import dataclass\nimport requests\n", "from dataclasses import dataclass\nimport html\nimport requests\n", add("import html", InOrder)},
		{"in front of its section", "import pandas as pd\n", "import shlex\nimport pandas as pd\n", add("import shlex", InOrder)},
		{"a section of its own", "from fastapi import FastAPI\n", "import os\n\nfrom fastapi import FastAPI\n", add("import os", InSection)},
		{"in its section", "import os\n\nimport mlflow\n", "import os\nfrom pathlib import Path\n\nimport mlflow\n", add("from pathlib import Path", InSection)},
		{"a section below", "import os\n\nx = 1\n", "import os\n\nimport numpy as np\n\nx = 1\n", add("import numpy as np", InSection)},
		{"a comment behind the last", "import os  # noqa\n\nx = 1\n", "import os  # noqa\nimport ast\n\nx = 1\n", last},
		{"an import of several lines", "from os import (\n    path,\n)\nx = 1\n", "from os import (\n    path,\n)\nimport ast\nx = 1\n", last},
		{"without a line ending", "import os", "import os\nimport ast", last},
		{"above an import behind a semicolon", "'''Doc.'''; import os\n", "'''Doc.'''; import ast; import os\n", first},
	})
}

func TestImportsThatAreThereAreNotAdded(t *testing.T) {
	for text, cases := range map[string]map[string]bool{
		"import ast\n":              {"import ast": true, "import ast as a": false, "from ast import parse": false},
		"import os.path\n":          {"import os": true, "import os.path": true, "import os.sep": false},
		"import os\n":               {"import os.path": false},
		"import numpy as np\n":      {"import numpy as np": true, "import numpy": false},
		"from a import b, c as d\n": {"from a import b": true, "from a import c": false, "from a import c as d": true},
		"try:\n    import json\nexcept E:\n    pass\n": {"import json": true},
		"if TYPE_CHECKING:\n    import json\n":         {"import json": false},
		"def f():\n    import json\n":                  {"import json": false},
		"from . import b\n":                            {"from a import b": false},
	} {
		for stmt, there := range cases {
			if edits := AddImport(parse(t, text), stmt, BeforeFirstImport); (edits == nil) != there {
				t.Errorf("%q has %q: %v, want %v", text, stmt, edits == nil, there)
			}
		}
	}
}

func TestImportedAsTellsTheLocalSpelling(t *testing.T) {
	for _, c := range [][3]string{
		{"import numpy as np\n", "numpy", "np"},
		{"import numpy as np\n", "numpy.random", "np.random"},
		{"import ast\n", "ast", "ast"},
		{"import os\n", "os.path", "os.path"},
		{"import os.path\n", "os", "os"},
		{"import os.path as p\n", "os.path.join", "p.join"},
		{"from os import path as p\n", "os.path", "p"},
		{"from jinja2.sandbox import Env\n", "jinja2.sandbox.Env", "Env"},
		{"from jinja2.sandbox import Env\n", "jinja2.sandbox", ""},
		{"import torchvision\n", "torch", ""},
		{"def f():\n    import ast\n", "ast", ""},
	} {
		got, ok := ImportedAs(parse(t, c[0]), c[1])
		if got != c[2] || ok != (c[2] != "") {
			t.Errorf("%q: %s is %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestReachAvoidsNamesThatMeanSomethingElse(t *testing.T) {
	escape := func(f *ast.File) []Edit {
		spelling, edits := Reach(f, "html.escape", "import html", BeforeFirstImport)
		return append(edits, Wrap(f, find[*ast.Name](f, "x"), spelling+"(", ")")...)
	}
	path := func(f *ast.File) []Edit {
		spelling, edits := Reach(f, "os.path.basename", "import os", BeforeFirstImport)
		return append(edits, Wrap(f, find[*ast.Name](f, "x"), spelling+"(", ")")...)
	}
	checkMakers(t, []makerCase{
		{"free", "import os\ny = x\n", "import html\nimport os\ny = html.escape(x)\n", escape},
		{"imported", "import html as h\ny = x\n", "import html as h\ny = h.escape(x)\n", escape},
		{"the function is imported", "from html import escape\ny = x\n", "from html import escape\ny = escape(x)\n", escape},
		{"a parameter", "import os\ndef f(html):\n    return x\n", "import html as _html\nimport os\ndef f(html):\n    return _html.escape(x)\n", escape},
		{"another module", "from lxml import html\ny = x\n", "import html as _html\nfrom lxml import html\ny = _html.escape(x)\n", escape},
		{"a submodule", "import re\ny = x\n", "import os\nimport re\ny = os.path.basename(x)\n", path},
		{"a submodule that is imported", "from os import path\ny = x\n", "from os import path\ny = path.basename(x)\n", path},
	})
}

func TestNamesAreAddedToFromImports(t *testing.T) {
	add := func(module, name string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return AddImportedName(f, module, name, AfterLastImport) }
	}
	checkMakers(t, []makerCase{
		{"in order", "from flask import Flask, request\n", "from flask import Flask, abort, request\n", add("flask", "abort")},
		{"last", "from flask import Flask\n", "from flask import Flask, abort\n", add("flask", "abort")},
		{"in parentheses", "from flask import (\n    Flask,\n    request,\n)\n", "from flask import (\n    Flask,\n    abort,\n    request,\n)\n", add("flask", "abort")},
		{"last in parentheses", "from flask import (\n    Flask,\n)\n", "from flask import (\n    Flask,\n    abort,\n)\n", add("flask", "abort")},
		{"no such import", "import os\n", "import os\nfrom flask import abort\n", add("flask", "abort")},
		{"there already", "from flask import abort\n", "from flask import abort\n", add("flask", "abort")},
		{"star", "from flask import *\n", "from flask import *\nfrom flask import abort\n", add("flask", "abort")},
	})
}

func TestConstantsGoBelowTheImports(t *testing.T) {
	add := func(s Spacing) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return AddConstant(f, "OK: frozenset[str] = frozenset()", s) }
	}
	checkMakers(t, []makerCase{
		{"tight", "import os\n\nx = 1\n", "import os\nOK: frozenset[str] = frozenset()\n\nx = 1\n", add(Tight)},
		{"spaced", "import os\n\nx = 1\n", "import os\n\nOK: frozenset[str] = frozenset()\n\nx = 1\n", add(Spaced)},
		{"spaced above code", "import os\nx = 1\n", "import os\n\nOK: frozenset[str] = frozenset()\n\nx = 1\n", add(Spaced)},
		{"joined", "import os\n\nx = 1\n", "import os\n\nOK: frozenset[str] = frozenset()\nx = 1\n", add(Joined)},
		{"joined above a definition", "import os\n\n\ndef f():\n    pass\n", "import os\n\nOK: frozenset[str] = frozenset()\n\n\ndef f():\n    pass\n", add(Joined)},
		{"there already", "import os\nOK = 1\n", "import os\nOK = 1\n", add(Tight)},
		{"an import and a constant at the same place", "import os\n\nx = 1\n", "import os\nimport re\nA = 1\n\nx = 1\n", func(f *ast.File) []Edit {
			return append(AddImport(f, "import re", AfterLastImport), AddConstant(f, "A = 1", Tight)...)
		}},
	})
}

func TestSwapImportReplacesTheImportOfTheLastUse(t *testing.T) {
	swap := func(f *ast.File) []Edit {
		use := find[*ast.Attribute](f, "pickle.loads")
		return append(SwapImport(f, "pickle", "import json", InSection, use.Span), ReplaceNode(f, use, "json.loads"))
	}
	checkMakers(t, []makerCase{
		{"last use", "import pickle\n\nimport pika\n\nx = pickle.loads(b)\n", "import json\n\nimport pika\n\nx = json.loads(b)\n", swap},
		{"other uses", "import pickle\n\nx = pickle.loads(b)\ny = pickle.dumps(x)\n", "import json\nimport pickle\n\nx = json.loads(b)\ny = pickle.dumps(x)\n", swap},
		{"the new one is there", "import json\nimport pickle\n\nx = pickle.loads(b)\n", "import json\n\nx = json.loads(b)\n", swap},
	})
}

func TestSwapImportTakesOneNameOutOfSeveral(t *testing.T) {
	swap := func(f *ast.File) []Edit {
		use := find[*ast.Name](f, "loads")
		return append(SwapImport(f, "pickle.loads", "import json", InSection, use.Span), ReplaceNode(f, use, "json.loads"))
	}
	checkMakers(t, []makerCase{
		{"in the middle", "from pickle import dumps, loads, Pickler\n\nx = loads(b)\n", "import json\nfrom pickle import dumps, Pickler\n\nx = json.loads(b)\n", swap},
		{"the last", "from pickle import (\n    dumps,\n    loads,\n)\n\nx = loads(b)\n", "import json\nfrom pickle import (\n    dumps,\n)\n\nx = json.loads(b)\n", swap},
		{"other uses", "from pickle import dumps, loads\n\nx = loads(b)\ny = loads(c)\n", "import json\nfrom pickle import dumps, loads\n\nx = json.loads(b)\ny = loads(c)\n", swap},
	})
}

func TestTextWithinStringsIsReplaced(t *testing.T) {
	value := func(f *ast.File) ast.Expr { return find[*ast.Assign](f, "").Value }
	https := func(f *ast.File) []Edit { return ReplaceInString(f, value(f), "http:", "https:") }
	add := func(text string) func(*ast.File) []Edit {
		return func(f *ast.File) []Edit { return AppendToString(f, value(f), text) }
	}
	checkMakers(t, []makerCase{
		{"a string", "u = 'http://a'\n", "u = 'https://a'\n", https},
		{"an f-string", "u = f\"http://{a}\"\n", "u = f\"https://{a}\"\n", https},
		{"adjacent literals", "u = ('a'\n  r'http://b')\n", "u = ('a'\n  r'https://b')\n", https},
		{"absent", "u = 'ftp://a'\n", "u = 'ftp://a'\n", https},
		{"not a string", "u = http\n", "u = http\n", https},
		{"the end", "u = \"a\"\n", "u = \"a/1\"\n", add("/1")},
		{"the end of three quotes", "u = '''a'''\n", "u = '''a/1'''\n", add("/1")},
		{"a quote", "u = 'a'\n", "u = 'a\\'s'\n", add("'s")},
		{"braces in an f-string", "u = f'{a}'\n", "u = f'{a}{{}}'\n", add("{}")},
		{"the start", "u = b'a'\n", "u = b'x_a'\n", func(f *ast.File) []Edit { return PrependToString(f, value(f), "x_") }},
		{"a placeholder", "u = f'k={k} {v}'\n", "u = f'k=<redacted> {v}'\n", func(f *ast.File) []Edit {
			return []Edit{ReplaceNode(f, find[*ast.Placeholder](f, "{k"), "<redacted>")}
		}},
	})
}

func TestElementsAreInsertedInFrontOfOthers(t *testing.T) {
	before := func(f *ast.File) []Edit {
		return InsertElement(f, find[*ast.Assign](f, "").Value, find[*ast.Name](f, "x"), "'--'")
	}
	checkMakers(t, []makerCase{
		{"a list", "v = [a, x]\n", "v = [a, '--', x]\n", before},
		{"lines", "v = [\n    a,\n    x,\n]\n", "v = [\n    a,\n    '--',\n    x,\n]\n", before},
		{"a tuple", "v = x, a\n", "v = '--', x, a\n", before},
		{"not an element", "v = [a] + x\n", "v = [a] + x\n", before},
	})
}
