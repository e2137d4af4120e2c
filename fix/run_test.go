package fix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/notebook"
)

// rule is a check for tests: what it finds in a file.
type rule func(path string, f *ast.File) []Finding

// analyzer makes an AnalyzeFunc of rules, and checks what it is given.
func analyzer(t testing.TB, rules ...rule) AnalyzeFunc {
	var last []File
	return func(ctx context.Context, files []File, changed []string) ([]Finding, error) {
		if last != nil {
			for i, f := range files {
				if differs := string(f.Content) != string(last[i].Content); differs != slices.Contains(changed, f.Path) {
					t.Errorf("%s: changed is %v, want %v", f.Path, !differs, differs)
				}
			}
		}
		last = files
		var out []Finding
		for _, file := range files {
			f := parseFile(t, file)
			for _, r := range rules {
				out = append(out, r(file.Path, f)...)
			}
		}
		return out, nil
	}
}

func parseFile(t testing.TB, file File) *ast.File {
	t.Helper()
	var src *ast.Source
	var err error
	if strings.HasSuffix(file.Path, ".ipynb") {
		nb, e := notebook.Parse(file.Path, file.Content)
		if e != nil {
			t.Fatal(e)
		}
		src = nb.Source()
	} else if src, err = ast.NewSource(file.Path, file.Content); err != nil {
		t.Fatal(err)
	}
	f, err := ast.Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// calls is a rule that reports the calls of a function for which fixed is not yet true.
func calls(id, name string, fixed func(*ast.Call) bool, fix func(*ast.File, *ast.Call) *Fix) rule {
	return func(path string, f *ast.File) []Finding {
		var out []Finding
		for _, s := range f.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				c, ok := n.(*ast.Call)
				if ok && f.Text(c.Fn) == name && !fixed(c) {
					out = append(out, Finding{
						ID: id, Path: path, Key: fmt.Sprint(id, len(out)), Start: int(c.Start), End: int(c.End),
						Comment: id + ": " + name + " is not safe", Fix: fix(f, c),
					})
				}
				return true
			})
		}
		return out
	}
}

func never(*ast.Call) bool { return false }

func has(keyword string) func(*ast.Call) bool {
	return func(c *ast.Call) bool { return KeywordOf(c, keyword) != nil }
}

// loads reports load() without safe=, and adds it.
var loads = calls("LOAD", "load", has("safe"), func(f *ast.File, c *ast.Call) *Fix {
	return &Fix{Message: "add safe=True", Edits: AddKeyword(f, c, "safe", "True")}
})

// evals replaces eval by literal_eval.
var evals = calls("EVAL", "eval", never, func(f *ast.File, c *ast.Call) *Fix {
	edits := AddImport(f, "import ast", BeforeFirstImport)
	return &Fix{Message: "use ast.literal_eval", Edits: append(edits, ReplaceNode(f, c.Fn, "ast.literal_eval"))}
})

// deletes deletes the statement of a call.
func deletes(name string) rule {
	return calls("DEL"+name, name, never, func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Message: "delete it", Edits: RemoveStmt(f, StmtAt(f, c.Span))}
	})
}

// fixText runs the rules over one file and returns the plan and the file's new text; a second
// run over it must change nothing.
func fixText(t *testing.T, path, text string, opts Options, rules ...rule) (*Plan, string) {
	t.Helper()
	p := mustRun(t, []File{{Path: path, Content: []byte(text)}}, opts, rules...)
	after := text
	if len(p.Changes) > 0 {
		after = string(p.Changes[0].After)
	}
	if again := mustRun(t, []File{{Path: path, Content: []byte(after)}}, opts, rules...); len(again.Changes) > 0 && len(p.Pending) == 0 {
		t.Errorf("a second run changes\n%s", again.Diff())
	}
	return p, after
}

func mustRun(t *testing.T, files []File, opts Options, rules ...rule) *Plan {
	t.Helper()
	p, err := Run(context.Background(), files, analyzer(t, rules...), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func reasons(p *Plan) string {
	var out []string
	for _, w := range p.Withdrawn {
		out = append(out, w.Finding.ID+": "+w.Reason)
	}
	return strings.Join(out, "; ")
}

func TestAllFixesThatDoNotConflictAreMadeInOneRound(t *testing.T) {
	p, got := fixText(t, "x.py", "import os\r\na = load(p)\r\nb = eval(q)\r\nc = eval(load(r))\r\n", Options{}, loads, evals)
	want := "import ast\r\nimport os\r\na = load(p, safe=True)\r\nb = ast.literal_eval(q)\r\nc = ast.literal_eval(load(r, safe=True))\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p.Rounds != 1 || len(p.Changes[0].Applied) != 4 || len(p.Withdrawn) > 0 || len(p.Remaining) > 0 {
		t.Errorf("%d rounds, applied %v, withdrawn %v, remaining %v", p.Rounds, p.Changes[0].Applied, p.Withdrawn, p.Remaining)
	}
}

func TestConflictingFixesFollowEachOther(t *testing.T) {
	quote := calls("QUOTE", "run", has("q"), func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Edits: []Edit{{Start: int(c.Start), End: int(c.End), New: strings.TrimSuffix(f.Text(c), ")") + ", q=1)"}}}
	})
	p, got := fixText(t, "x.py", "run(run(a))\n", Options{}, quote)
	if want := "run(run(a, q=1), q=1)\n"; got != want || p.Rounds != 2 {
		t.Errorf("got %q in %d rounds, want %q", got, p.Rounds, want)
	}
}

func TestAFixThatBreaksTheSyntaxIsWithdrawn(t *testing.T) {
	broken := calls("BROKEN", "open", never, func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Edits: []Edit{{Start: int(c.Lparen), End: int(c.Lparen) + 1, New: "(("}}}
	})
	text := "load(a)\nopen(b)\nload(c)\n"
	p, got := fixText(t, "x.py", text, Options{}, loads, broken)
	if want := "load(a, safe=True)\nopen(b)\nload(c, safe=True)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := reasons(p); got != "BROKEN: the result has a new syntax error" {
		t.Errorf("withdrawn: %s", got)
	}
}

func TestAFixThatLeavesItsFindingIsWithdrawn(t *testing.T) {
	idle := calls("IDLE", "open", never, func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Edits: AddKeyword(f, c, "mode", "1")}
	})
	p, got := fixText(t, "x.py", "open(b)\nload(a)\nopen(c)\n", Options{}, loads, idle)
	if want := "open(b)\nload(a, safe=True)\nopen(c)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := reasons(p); got != "IDLE: the finding is still there; IDLE: the finding is still there" {
		t.Errorf("withdrawn: %s", got)
	}
}

func TestAFixThatBringsANewFindingIsWithdrawn(t *testing.T) {
	worse := calls("WORSE", "open", never, func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Edits: []Edit{ReplaceNode(f, c.Fn, "danger")}}
	})
	danger := calls("DANGER", "danger", never, func(*ast.File, *ast.Call) *Fix { return nil })
	p, got := fixText(t, "x.py", "danger(1)\nopen(b)\nload(a)\n", Options{}, loads, worse, danger)
	if want := "danger(1)\nopen(b)\nload(a, safe=True)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := reasons(p); !strings.HasPrefix(got, "WORSE: it brings a new finding: DANGER in x.py") {
		t.Errorf("withdrawn: %s", got)
	}
	if len(p.Remaining) != 2 {
		t.Errorf("remaining: %v", p.Remaining)
	}
}

func TestTheGuiltyFixesAmongManyAreFound(t *testing.T) {
	var text, want strings.Builder
	for i := range 60 {
		if i%20 == 7 {
			fmt.Fprintf(&text, "open(a%d)\n", i)
			fmt.Fprintf(&want, "open(a%d)\n", i)
			continue
		}
		fmt.Fprintf(&text, "load(a%d)\n", i)
		fmt.Fprintf(&want, "load(a%d, safe=True)\n", i)
	}
	broken := calls("BROKEN", "open", never, func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Edits: []Edit{{Start: int(c.Rparen), End: int(c.Rparen) + 1, New: ""}}}
	})
	p, got := fixText(t, "x.py", text.String(), Options{}, loads, broken)
	if got != want.String() {
		t.Errorf("got\n%s", got)
	}
	if len(p.Withdrawn) != 3 {
		t.Errorf("withdrawn: %s", reasons(p))
	}
}

func TestFixesThatFailOnlyTogetherAreMadeOneByOne(t *testing.T) {
	_, got := fixText(t, "x.py", "if a:\n    b()\n    c()\nload(d)\n", Options{}, loads, deletes("b"), deletes("c"))
	if want := "if a:\n    pass\nload(d, safe=True)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFixesThatUndoEachOtherEnd(t *testing.T) {
	swap := func(id, from, to string) rule {
		return calls(id, from, never, func(f *ast.File, c *ast.Call) *Fix {
			return &Fix{Edits: []Edit{ReplaceNode(f, c.Fn, to)}}
		})
	}
	p, got := fixText(t, "x.py", "a()\nb()\nload(c)\n", Options{}, swap("A", "a", "b"), swap("B", "b", "a"), loads)
	if want := "a()\nb()\nload(c, safe=True)\n"; got != want || len(p.Withdrawn) != 2 || len(p.Pending) > 0 {
		t.Errorf("got %q after %d rounds, withdrawn %s", got, p.Rounds, reasons(p))
	}
}

func TestUnsafeFixesNeedConsent(t *testing.T) {
	unsafe := calls("UNSAFE", "open", has("k"), func(f *ast.File, c *ast.Call) *Fix {
		return &Fix{Unsafe: true, Edits: AddKeyword(f, c, "k", "1")}
	})
	p, got := fixText(t, "x.py", "open(a)\n", Options{}, unsafe)
	if got != "open(a)\n" || len(p.Skipped) != 1 {
		t.Errorf("got %q, skipped %v", got, p.Skipped)
	}
	p, got = fixText(t, "x.py", "open(a)\n", Options{Unsafe: true}, unsafe)
	if got != "open(a, k=1)\n" || len(p.Skipped) != 0 {
		t.Errorf("got %q, skipped %v", got, p.Skipped)
	}
}

func TestSelectDecidesWhatIsFixed(t *testing.T) {
	_, got := fixText(t, "x.py", "load(a)\neval(b)\n", Options{Select: func(f Finding) bool { return f.ID == "LOAD" }}, loads, evals)
	if want := "load(a, safe=True)\neval(b)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInvalidEditsAreWithdrawn(t *testing.T) {
	for name, edits := range map[string][]Edit{
		"outside":            {{Start: 0, End: 1000}},
		"backwards":          {{Start: 3, End: 2}},
		"negative":           {{Start: -1, End: 2}},
		"within a character": {{Start: 6, End: 8}},
		"overlapping":        {{Start: 0, End: 3, New: "a"}, {Start: 2, End: 4, New: "b"}},
		"unknown file":       {{Path: "y.py", Start: 0, End: 0, New: "a"}},
		"not UTF-8":          {{Start: 0, End: 0, New: "\xff"}},
		"raw":                {{Start: 0, End: 0, New: "a", Raw: true}},
		"nothing":            {},
		"no change":          {{Start: 0, End: 4, New: "open"}},
	} {
		bad := calls("BAD", "open", never, func(*ast.File, *ast.Call) *Fix { return &Fix{Edits: edits} })
		p, got := fixText(t, "x.py", "open('é')\n", Options{}, bad)
		if got != "open('é')\n" || len(p.Withdrawn) != 1 {
			t.Errorf("%s: got %q, withdrawn %v", name, got, p.Withdrawn)
		}
	}
}

func TestAFixOfSeveralFilesIsMadeInAllOrNone(t *testing.T) {
	both := func(second string) rule {
		return func(path string, f *ast.File) []Finding {
			if path != "a.py" || strings.Contains(string(f.Source.Text), "done") {
				return nil
			}
			return []Finding{{ID: "BOTH", Path: path, Start: 0, End: 1, Fix: &Fix{Edits: []Edit{
				{Start: 0, End: 0, New: "done = 1\n"}, {Path: "b.py", Start: 0, End: 0, New: second},
			}}}}
		}
	}
	files := []File{{Path: "a.py", Content: []byte("x\n")}, {Path: "b.py", Content: []byte("y\n")}}
	if p := mustRun(t, files, Options{}, both("z = 1\n")); len(p.Changes) != 2 || string(p.Changes[1].After) != "z = 1\ny\n" {
		t.Errorf("changes %v, withdrawn %s", p.Changes, reasons(p))
	}
	if p := mustRun(t, files, Options{}, both("(")); len(p.Changes) != 0 || len(p.Withdrawn) != 1 {
		t.Errorf("changes %v, withdrawn %s", p.Changes, reasons(p))
	}
}

func TestRoundsAreBounded(t *testing.T) {
	count := 0
	endless := func(path string, f *ast.File) []Finding {
		count++
		return []Finding{{ID: "N", Path: path, Start: len(f.Source.Text) - 1, End: len(f.Source.Text) - 1,
			Fix: &Fix{Edits: []Edit{{Start: 0, End: 0, New: fmt.Sprintf("a%d\n", count)}}}}}
	}
	elsewhere := func(path string, f *ast.File) []Finding {
		out := endless(path, f)
		if count%2 == 0 {
			out[0].Start, out[0].End = 0, 0
		}
		return out
	}
	p := mustRun(t, []File{{Path: "x.py", Content: []byte("a\n\n")}}, Options{MaxRounds: 4}, elsewhere)
	if p.Rounds > 4 {
		t.Errorf("%d rounds", p.Rounds)
	}
}

func TestOtherBytesStay(t *testing.T) {
	latin := "# -*- coding: latin-1 -*-\n# \xe9\nload(a)   \nx = 1 if\t2 else '\xfc'\n"
	_, got := fixText(t, "x.py", latin, Options{}, loads)
	if want := strings.Replace(latin, "load(a)", "load(a, safe=True)", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	bom := "\xef\xbb\xbfload(a)\r\n"
	_, got = fixText(t, "x.py", bom, Options{Comments: true}, loads)
	if want := "\xef\xbb\xbf# LOAD: load is not safe\r\nload(a, safe=True)\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFileThatWasBrokenBeforeCanBeFixed(t *testing.T) {
	_, got := fixText(t, "x.py", "load(a)\n\nx = = 1\n\nload(b)\n", Options{}, loads)
	if want := "load(a, safe=True)\n\nx = = 1\n\nload(b, safe=True)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

const bookText = `{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# load(x)"]},
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["%matplotlib inline\n", "import os"], "execution_count": 1},
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["!ls\n", "a = load(\"\u00e9\")\n", "b()"], "execution_count": 2},
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": "c = eval(a)", "execution_count": 3}
 ],
 "metadata": {"language_info": {"name": "python"}},
 "nbformat": 4,
 "nbformat_minor": 2
}
`

func TestNotebooksAreEditedInTheirCells(t *testing.T) {
	_, got := fixText(t, "n.ipynb", bookText, Options{Comments: true}, loads, evals, deletes("b"))
	want := strings.NewReplacer(
		`"%matplotlib inline\n", "import os"`, `"%matplotlib inline\n", "import ast\n", "import os"`,
		`"a = load(\"\u00e9\")\n", "b()"`, `"# LOAD: load is not safe\n", "a = load(\"\u00e9\", safe=True)\n", "# DELb: b is not safe"`,
		`"c = eval(a)"`, `"# EVAL: eval is not safe\nc = ast.literal_eval(a)"`,
	).Replace(bookText)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsNotPythonInANotebookCanBeEdited(t *testing.T) {
	text := strings.Replace(bookText, `"outputs": [], "source": "c`, `"outputs": [{"output_type": "stream", "name": "stdout", "text": "key"}], "source": "c`, 1)
	rule := func(path string, f *ast.File) []Finding {
		nb, err := notebook.Parse(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ls := strings.Index(bookText, "!ls")
		at, ok := -1, false
		for p := range len(f.Source.Text) {
			if o, inText := nb.FileOffset(ast.Pos(p)); inText && o == ls {
				at, ok = p, true
			}
		}
		raw, err := nb.ClearOutputs(4)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		edits := []Edit{{Start: at + 1, End: at + 3, New: "dir"}, {Start: at + 3, End: at + 3, New: " -a"}}
		for _, e := range raw {
			edits = append(edits, Edit{Start: e.Start, End: e.End, New: string(e.New), Raw: true})
		}
		return []Finding{{ID: "BOOK", Path: path, Start: at, End: at + 3, Fix: &Fix{Edits: edits}}}
	}
	done := false
	p, err := Run(context.Background(), []File{{Path: "n.ipynb", Content: []byte(text)}}, func(_ context.Context, files []File, _ []string) ([]Finding, error) {
		if done = string(files[0].Content) != text; done {
			return nil, nil
		}
		return rule("n.ipynb", parseFile(t, files[0])), nil
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"!ls\n"`, `"!dir -a\n"`, `"execution_count": 3`, `"execution_count": null`).Replace(bookText)
	if !done || len(p.Changes) != 1 || string(p.Changes[0].After) != want {
		t.Errorf("withdrawn %s\n%s", reasons(p), p.Diff())
	}
}

func TestCommentsStandAboveTheStatement(t *testing.T) {
	// In the texts, # C is the comment that is expected; it is taken out of the input.
	for name, want := range map[string]string{
		"module":             "# C\nx = load(a, safe=True)\n",
		"block":              "if a:\n    # C\n    x = load(a, safe=True)\n",
		"tabs":               "if a:\n\t# C\n\tx = load(a, safe=True)\n",
		"lines":              "x = f(\n    1,\n    load(a, safe=True),\n)\n",
		"one-line suite":     "# C\nif a: load(a, safe=True)\n",
		"semicolon":          "# C\nx = 1; load(a, safe=True)\n",
		"string before":      "# C\nx = '''\n'''; load(a, safe=True)\n",
		"header":             "# C\nif load(a, safe=True):\n    pass\n",
		"header of lines":    "if (b and\n        load(a, safe=True)):\n    pass\n",
		"elif":               "if a:\n    pass\n# C\nelif load(a, safe=True):\n    pass\n",
		"else":               "if a:\n    pass\nelse:\n    # C\n    load(a, safe=True)\n",
		"else on one line":   "if a:\n    pass\n# C\nelse: load(a, safe=True)\n",
		"except":             "try:\n    pass\nexcept E:\n    # C\n    load(a, safe=True)\n",
		"decorator":          "# C\n@d\n@load(a, safe=True)\ndef f():\n    pass\n",
		"decorated header":   "# C\n@d\ndef f(x=load(a, safe=True)):\n    pass\n",
		"decorated one line": "# C\n@d\ndef f(): load(a, safe=True)\n",
		"class":              "class A:\n    # C\n    @d\n    def f(x=load(a, safe=True)):\n        pass\n",
		"continued":          "# C\nx = 1 + \\\n    load(a, safe=True)\n",
		"two in a statement": "# C\nload(a, safe=True)(load(b, safe=True))\n",
		"comment above":      "# note\n# C\nload(a, safe=True)\n",
		"fix on lines":       "# C\nload(\n    a,\n    safe=True,\n)\n",
	} {
		comment := "# LOAD: load is not safe"
		switch name {
		case "lines", "header of lines":
			want = "# C\n" + want
		}
		for _, eol := range []string{"\n", "\r\n"} {
			want := strings.ReplaceAll(want, "\n", eol)
			var before string
			for _, line := range strings.SplitAfter(want, eol) {
				if strings.TrimSpace(line) != "# C" && strings.TrimSpace(line) != "safe=True," {
					before += strings.ReplaceAll(line, ", safe=True", "")
				}
			}
			_, got := fixText(t, "x.py", before, Options{Comments: true}, loads)
			if want := strings.ReplaceAll(want, "# C", comment); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
		}
	}
}

func TestCommentsAreNotRepeated(t *testing.T) {
	_, got := fixText(t, "x.py", "# LOAD: load is not safe\n# really\nload(a)\n", Options{Comments: true}, loads)
	if want := "# LOAD: load is not safe\n# really\nload(a, safe=True)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommentsStandAboveInsertedLinesAndNotAboveImports(t *testing.T) {
	guard := func(path string, f *ast.File) []Finding {
		if strings.Contains(string(f.Source.Text), "check(") {
			return nil
		}
		c := find[*ast.Call](f, "open(")
		edits := append(AddImport(f, "import re", BeforeFirstImport), InsertBefore(f, StmtAt(f, c.Span), "if check(a):", "    raise E")...)
		return []Finding{{ID: "GUARD", Path: path, Start: int(c.Start), End: int(c.End), Comment: "why", Fix: &Fix{Edits: edits}}}
	}
	_, got := fixText(t, "x.py", "import os\nif b:\n    open(a)\n", Options{Comments: true}, guard)
	if want := "import re\nimport os\nif b:\n    # why\n    if check(a):\n        raise E\n    open(a)\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	after := func(path string, f *ast.File) []Finding {
		if strings.Contains(string(f.Source.Text), "check(") {
			return nil
		}
		c := find[*ast.Call](f, "open(")
		return []Finding{{ID: "AFTER", Path: path, Start: int(c.Start), End: int(c.End), Comment: "why",
			Fix: &Fix{Edits: InsertAfter(f, StmtAt(f, c.Span), "check(a)")}}}
	}
	_, got = fixText(t, "x.py", "if b:\n    open(a)\nc()\n", Options{Comments: true}, after)
	if want := "if b:\n    open(a)\n    # why\n    check(a)\nc()\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRunRefusesBadUse(t *testing.T) {
	ok := analyzer(t, loads)
	var none context.Context
	if _, err := Run(none, nil, ok, Options{}); err == nil {
		t.Error("nil context: no error")
	}
	if _, err := Run(context.Background(), nil, nil, Options{}); err == nil {
		t.Error("nil analysis: no error")
	}
	if _, err := Run(context.Background(), []File{{Path: "a"}, {Path: "a"}}, ok, Options{}); err == nil {
		t.Error("a path twice: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, []File{{Path: "a.py", Content: nil}}, ok, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	failing := errors.New("out of memory")
	_, err := Run(context.Background(), []File{{Path: "a.py", Content: nil}}, func(context.Context, []File, []string) ([]Finding, error) { return nil, failing }, Options{})
	if !errors.Is(err, failing) {
		t.Errorf("failed analysis: %v", err)
	}
}
