package notebook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

// counted makes a notebook of code cells, each with its execution count in front, "-" for none.
func counted(t testing.TB, cells ...string) *Notebook {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Title"}`)
	for _, c := range cells {
		count, source, _ := strings.Cut(c, ":")
		if count == "-" {
			count = "null"
		}
		fmt.Fprintf(&b, `, {"cell_type": "code", "execution_count": %s, "metadata": {}, "outputs": [], "source": %q}`, count, source)
	}
	b.WriteString("]}")
	nb, err := Parse("a.ipynb", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

func TestCellsAreInTheOrderInWhichTheyRan(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"a name that a cell below gives", []string{"2:print(x)", "1:x = 1"}, "x = 1|print(x)"},
		{"another value later", []string{"1:x = f()", "3:x = 1", "2:print(x)"}, "x = f()|print(x)|x = 1"},
		{"gaps, and empty cells", []string{"7:print(x)", "-:", "-:# a comment", "3:x = 1", "-:"}, "x = 1||print(x)||# a comment"},
		{"cells that did not run", []string{"2:print(x)", "-:y = 1", "1:x = 1", "3:z = 1"}, "x = 1|print(x)|y = 1|z = 1"},
		{"shell lines", []string{"9:!ls {x}", "4:x = 1\n%cd y"}, "x = 1\n_    |_      "},
		{"what functions use is not looked at", []string{"1:def f():\n  return y", "3:f()", "2:y = 1"}, "def f():\n  return y|y = 1|f()"},
		{"names of comprehensions are their own", []string{"2:[i for i in x]", "1:x = 1", "3:for i in x: pass"}, "x = 1|[i for i in x]|for i in x: pass"},
		{"a name that its cell binds first", []string{"2:x = 1\nprint(x)", "1:y = 1", "3:x = 2"}, "y = 1|x = 1\nprint(x)|x = 2"},

		// The file's order.
		{"the same order", []string{"1:x = 1", "5:print(x)"}, ""},
		{"too few counts", []string{"2:print(x)", "-:z = 1", "1:x = 1", "-:y = 1"}, ""},
		{"a count of two cells", []string{"2:print(x)", "1:x = 1", "2:y = 1"}, ""},
		{"counts of no kernel", []string{"0:print(x)", "-1:x = 1"}, ""},
		{"an import that was run again", []string{"9:import os", "2:os.getcwd()"}, ""},
		{"a name that was given a value again", []string{"1:import os", "5:x = 1", "3:print(x)"}, ""},
		{"a name that is added to", []string{"2:x += 1", "3:x = 0"}, ""},
		{"both", []string{"3:x = y", "2:y = x"}, ""},
		{"a syntax error", []string{"2:print(x", "1:x = = 1"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			nb := counted(t, c.cells...)
			var parts []string
			for _, i := range nb.code {
				span := nb.Cells[i].span
				parts = append(parts, string(nb.Source().Text[span.Start:span.End]))
			}
			got := strings.Join(parts, "|")
			if got = strings.TrimRight(got, " "); !nb.Reordered {
				got = ""
			}
			if diff := cmp.Diff(strings.TrimRight(c.want, " "), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlacesOfReorderedNotebooks(t *testing.T) {
	nb := counted(t, "3:print(x)", "1:x = 1", "2:%cd y\ny = 2")
	if !nb.Reordered {
		t.Fatal("not reordered")
	}
	text := string(nb.Source().Text)
	for _, c := range []struct {
		text       string
		cell, line int
	}{{"print", 2, 1}, {"x = 1", 3, 1}, {"y = 2", 4, 2}} {
		at := ast.Pos(strings.Index(text, c.text))
		cell, p := nb.Position(at)
		if cell != c.cell || p.Line != c.line || p.Column != 1 {
			t.Errorf("%q is at cell %d, %d:%d", c.text, cell, p.Line, p.Column)
		}
		if back, ok := nb.Offset(cell, p.Line, 1); !ok || back != at {
			t.Errorf("%q goes back to %d, want %d", c.text, back, at)
		}
		out, err := nb.Apply([]ast.Edit{{Span: ast.Span{Start: at, End: at + ast.Pos(len(c.text))}, New: "changed"}})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Replace(string(nb.data), c.text, "changed", 1); string(out) != want {
			t.Errorf("%s", cmp.Diff(want, string(out)))
		}
	}
	if cmd := nb.Commands()[0]; cmd.Cell != 4 || text[cmd.Span.Start] != '_' {
		t.Errorf("%+v", cmd)
	}
}
