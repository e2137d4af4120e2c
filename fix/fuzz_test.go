package fix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

var fuzzSeeds = []string{
	"import os\n\n@d\ndef f(a, *, b=1):\n    '''Doc.'''\n    if a: g(b); h(x for x in a)\n    else: return [a, (b, c), {a: b, **c}]\n",
	"# -*- coding: utf-8 -*-\r\nfrom a import (b,\r\n    c)\r\ntry:\r\n\tf(\r\n\t\ta,  # A\r\n\t\tb=1  # B\r\n\t)\r\nexcept E: pass\r\nelse:\r\n\tx = a, b\r\n",
	"match a:\n    case [1, *r] if f(a): x = f'{a!r:>{w}} {\"b\"}'\n    case _:\n        y = (1 if a else b) + 2 ** -c\nfor i in f(): print(i); break\n",
	"x = 'a' \\\n  'b'; f(*a, **b,)\nclass A(B, metaclass=C):\n  y: int = lambda q: (yield)\n  async def g(self): await f(self.y)\n",
}

// TestEveryEditOfGoodCodeLeavesGoodCode makes every kind of edit at every node of the seeds.
// The parser reads more than Python accepts, so that CPython, where there is one, has the
// last word.
func TestEveryEditOfGoodCodeLeavesGoodCode(t *testing.T) {
	var results []string
	for _, seed := range fuzzSeeds {
		file := parse(t, seed)
		if faultsOf(file) > 0 {
			t.Fatalf("the seed is bad: %q %v", seed, file.Errors)
		}
		for kind := range uint8(kinds) {
			for pick := range 60 {
				edits := chooseEdits(file, kind, pick)
				if len(edits) == 0 {
					continue
				}
				got := applyEdits(t, file, edits)
				if after := parse(t, got); faultsOf(after) > 0 {
					t.Errorf("kind %d, pick %d made\n%s\ninto\n%s\n%v", kind, pick, seed, got, after.Errors)
				}
				results = append(results, got)
			}
		}
	}
	if len(results) < 1000 {
		t.Errorf("only %d edits were made", len(results))
	}
	compileAll(t, results)
}

// compileAll has CPython parse texts, if there is one that knows the match statement.
func compileAll(t *testing.T, texts []string) {
	t.Helper()
	const script = `
import ast, json, sys
if sys.version_info < (3, 10): sys.exit()
for text in json.load(sys.stdin):
    try: ast.parse(text)
    except SyntaxError as e: print(repr(text), e)
`
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("python3 is not installed: the results are checked by the parser alone")
		return
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = bytes.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// FuzzMakers makes an edit at a place that the fuzzer chooses, in any text: it must be valid.
func FuzzMakers(f *testing.F) {
	for i, s := range fuzzSeeds {
		for kind := range uint8(kinds) {
			f.Add([]byte(s), kind, uint16(3*int(kind)+i))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, kind uint8, pick uint16) {
		src, err := ast.NewSource("x.py", text)
		if err != nil || len(text) > 1<<14 {
			return
		}
		file, err := ast.Parse(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, applyEdits(t, file, chooseEdits(file, kind, int(pick))))
	})
}

// kinds is the number of kinds of edits that chooseEdits knows.
const kinds = 12

// chooseEdits makes an edit of a kind at the pick-th node that can have it.
func chooseEdits(f *ast.File, kind uint8, pick int) []Edit {
	var calls []*ast.Call
	var stmts []ast.Stmt
	var exprs, containers []ast.Expr
	for _, s := range f.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				calls = append(calls, n)
				exprs = append(exprs, n)
			case *ast.List, *ast.Set, *ast.Tuple, *ast.Dict:
				containers = append(containers, n.(ast.Expr))
			case *ast.BinOp, *ast.IfExp, *ast.BoolOp, *ast.Compare, *ast.UnaryOp, *ast.Lambda:
				exprs = append(exprs, n.(ast.Expr))
			case ast.Stmt:
				stmts = append(stmts, n)
			case *ast.Placeholder, *ast.BadExpr:
				return false
			}
			return true
		})
	}
	switch kind % kinds {
	case 0:
		return at(calls, pick, func(c *ast.Call) []Edit { return AddKeyword(f, c, "fuzz", "{'a': 1}") })
	case 1:
		return at(calls, pick, func(c *ast.Call) []Edit {
			all := []ast.Node{}
			for _, a := range c.Args {
				all = append(all, a)
			}
			for _, k := range c.Keywords {
				all = append(all, k)
			}
			return at(all, pick/len(calls), func(n ast.Node) []Edit { return RemoveArg(f, c, n) })
		})
	case 2:
		return at(stmts, pick, func(s ast.Stmt) []Edit { return RemoveStmt(f, s) })
	case 3:
		return at(stmts, pick, func(s ast.Stmt) []Edit { return InsertBefore(f, s, "if a:", "    b()") })
	case 4:
		return at(stmts, pick, func(s ast.Stmt) []Edit { return InsertAfter(f, s, "c()") })
	case 5:
		return at(exprs, pick, func(e ast.Expr) []Edit { return Wrap(f, e, "min(int(", "), 3)") })
	case 6:
		return at(exprs, pick, func(e ast.Expr) []Edit { return Wrap(f, e, "", ".name") })
	case 7:
		return at(exprs, pick, func(e ast.Expr) []Edit { return []Edit{ReplaceNode(f, e, "a or b")} })
	case 8:
		return AddImport(f, "import fuzz", Place(pick%4))
	case 9:
		return AddConstant(f, "FUZZ = 1", Spacing(pick%3))
	case 10:
		return at(containers, pick, func(c ast.Expr) []Edit {
			return at(elementsOf(f, c).spans, pick/len(containers), func(sp ast.Span) []Edit {
				return RemoveElement(f, c, &ast.Name{Span: sp})
			})
		})
	}
	return at(stmts, pick, func(s ast.Stmt) []Edit { return ReplaceStmt(f, s, "if a:", "    b()") })
}

// at calls make with the pick-th of a list, counted around.
func at[T any](list []T, pick int, make func(T) []Edit) []Edit {
	if len(list) == 0 {
		return nil
	}
	return make(list[pick%len(list)])
}

// FuzzRun lets the engine apply arbitrary edits. It must end without an error, keep each
// fix's edits together, and never make good Python bad.
func FuzzRun(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s), []byte{1, 3, 0, 9, 2, 1, 20, 0, 2, 40, 5, 3})
	}
	f.Fuzz(func(t *testing.T, text, edits []byte) {
		if len(text) > 1<<12 || len(edits) > 24 {
			return
		}
		analyze := func(_ context.Context, files []File, _ []string) ([]Finding, error) {
			if !bytes.Equal(files[0].Content, text) {
				return nil, nil
			}
			var out []Finding
			for i := 0; i+2 < len(edits); i += 3 {
				start := int(edits[i]) * len(text) / 256
				out = append(out, Finding{ID: fmt.Sprint("F", i), Path: "x.py", Start: start, End: start, Comment: "why",
					Fix: &Fix{Edits: []Edit{{Start: start, End: start + int(edits[i+1])%8, New: fuzzTexts[int(edits[i+2])%len(fuzzTexts)]}}}})
			}
			return out, nil
		}
		p, err := Run(context.Background(), []File{{Path: "x.py", Content: text}}, analyze, Options{Comments: edits != nil && len(edits)%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Changes {
			before, err1 := openDocument(context.Background(), "x.py", c.Before)
			after, err2 := openDocument(context.Background(), "x.py", c.After)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if after.faults > before.faults {
				t.Errorf("%q became %q", c.Before, c.After)
			}
			if c.Applied == nil {
				t.Error("a change without a fix")
			}
		}
	})
}

var fuzzTexts = []string{"", "a", "\n", "(", ")", "x = 1\n", "'", "# c", "\r\n    y()\r\n", "if a: b\n"}
