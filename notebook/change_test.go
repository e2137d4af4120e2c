package notebook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

// at makes an edit of the first occurrence of old in the module's text.
func at(t testing.TB, nb *Notebook, old, new string) ast.Edit {
	t.Helper()
	i := strings.Index(string(nb.Source().Text), old)
	if i < 0 {
		t.Fatalf("there is no %q in %q", old, nb.Source().Text)
	}
	return ast.Edit{Span: ast.Span{Start: ast.Pos(i), End: ast.Pos(i + len(old))}, New: new}
}

// insertion makes an edit that inserts before the first occurrence of a text.
func insertion(t testing.TB, nb *Notebook, before, new string) ast.Edit {
	t.Helper()
	e := at(t, nb, before, new)
	e.End = e.Start
	return e
}

func parsed(t testing.TB, file string) *Notebook {
	t.Helper()
	nb, err := Parse("book.ipynb", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// book is set as Jupyter sets files, with some things that a writer must not touch: a
// duplicate key, escapes where none are needed, a strange indentation.
const book = `{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": ["# Title"]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "metadata": {"x":1,"x":2},
   "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}],
   "source": [
    "import \u0074orch\n",
      "m = torch.load(\"m.pt\") # é\n",
    "print(m)"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {},
   "outputs": [],
   "source": "y = 'one\\n'\nz = 2"
  }
 ],
 "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
`

func TestEditsChangeOnlyTheirLines(t *testing.T) {
	for _, test := range []struct {
		name     string
		edit     func(*Notebook) []ast.Edit
		old, new string
	}{
		{"an argument", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{insertion(t, nb, ") # é", `, weights_only="x"`)}
		}, `\"m.pt\") #`, `\"m.pt\", weights_only=\"x\") #`},
		{"a line at the start", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{insertion(t, nb, "import torch", "import ü\n")}
		}, "\n    \"import \\u0074", "\n    \"import ü\\n\",\n    \"import \\u0074"},
		{"a line in the middle", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{insertion(t, nb, "m =", "# why\n")}
		}, "\n      \"m =", "\n      \"# why\\n\",\n    \"m ="},
		{"a line at the end", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{insertion(t, nb, "\ny =", "\nx")}
		}, "print(m)\"", "print(m)\\n\",\n    \"x\""},
		{"a line removed", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, "m = torch.load(\"m.pt\") # é\n", "")}
		}, "      \"m = torch.load(\\\"m.pt\\\") # é\\n\",\n", ""},
		{"the last line removed", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, "print(m)", "")}
		}, "# é\\n\",\n    \"print(m)\"", "# é\\n\""},
		{"two lines joined", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, " # é\n", "; ")}
		}, " # é\\n\",\n    \"print", "; print"},
		{"everything removed", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, "import torch\nm = torch.load(\"m.pt\") # é\nprint(m)", "")}
		}, book[strings.Index(book, "[\n    \"import"):strings.Index(book, "\n  },\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": null")], "[]"},
		{"a source that is one string", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, "z = 2", "z = \"\\\"\n")}
		}, `\nz = 2"`, `\nz = \"\\\"\n"`},
		{"two edits in one line", func(nb *Notebook) []ast.Edit {
			return []ast.Edit{at(t, nb, "print", "show"), at(t, nb, "(m)", "[1]")}
		}, `"print(m)"`, `"show[1]"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			nb := parsed(t, book)
			edits := test.edit(nb)
			out, err := nb.Apply(edits)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(book, test.old) != 1 {
				t.Fatalf("%q is not in the notebook once", test.old)
			}
			want := strings.Replace(book, test.old, test.new, 1)
			if diff := cmp.Diff(want, string(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewTextIsSpelledLikeTheFile(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"escaped", `{"nbformat":4,"cells":[{"cell_type":"code","source":["\u00e9"]}]}`, `"\u00e9\ud83d\ude00<\n"`},
		{"upper case", `{"nbformat":4,"cells":[{"cell_type":"code","source":["\u00E9"]}]}`, `"\u00E9\uD83D\uDE00<\n"`},
		{"plain", `{"nbformat":4,"cells":[{"cell_type":"code","source":["é"]}]}`, `"é😀<\n"`},
		{"Colab", `{"nbformat":4,"cells":[{"cell_type":"code","source":["a\u003cb"]}]}`, `"é😀\u003c\n"`},
	} {
		nb := parsed(t, test.file)
		out, err := nb.Apply([]ast.Edit{{New: "é😀<\n"}})
		if err != nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %s, %v; want %s", test.name, out, err, test.want)
		}
	}
}

func TestLinesAreAddedToListsInTheFilesLayout(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"{\n  \"cells\": [\n    {\n      \"cell_type\": \"code\",\n      \"source\": []\n    }\n  ],\n  \"nbformat\": 4\n}",
			"\"source\": [\n        \"x\\n\",\n        \"y\"\n      ]"},
		{`{"nbformat": 4, "cells": [{"cell_type": "code", "source": []}]}`, `"source": ["x\n", "y"]`},
		{`{"nbformat": 4, "cells": [{"cell_type": "code", "source": []}, {"cell_type": "code", "source": ["a\n" ,"b"]}]}`, `"source": ["x\n" ,"y"]`},
		{`{"nbformat": 4, "cells": [{"cell_type": "code", "source": ""}]}`, `"source": "x\ny"`},
	} {
		nb := parsed(t, test.file)
		out, err := nb.Apply([]ast.Edit{{New: "x\ny"}})
		if err != nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s, %v; want %s", out, err, test.want)
		}
	}
}

func TestEditsThatDoNotFitAreRefused(t *testing.T) {
	nb := notebookOf(t, "x = 1\n", "!ls\ny = !pwd\nif y:\n    %cd z\n", "%%bash\nls", "é = 2", "%%time\nw = 1")
	edit := func(start, end int, new string) ast.Edit {
		return ast.Edit{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}, New: new}
	}
	cell := func(n int) int { span, _ := nb.CellSpan(n); return int(span.Start) }
	for _, test := range []struct {
		name  string
		edits []ast.Edit
	}{
		{"across two cells", []ast.Edit{edit(4, cell(2)+1, "")}},
		{"beyond the text", []ast.Edit{edit(1000, 1001, "")}},
		{"before the text", []ast.Edit{edit(-1, 0, "")}},
		{"backwards", []ast.Edit{edit(3, 2, "")}},
		{"overlapping", []ast.Edit{edit(0, 3, "a"), edit(2, 4, "b")}},
		{"over a shell line", []ast.Edit{edit(cell(2), cell(2)+1, "x")}},
		{"within a shell line", []ast.Edit{edit(cell(2)+1, cell(2)+1, "x")}},
		{"right before a shell line", []ast.Edit{edit(cell(2), cell(2), "x; ")}},
		{"right after a shell line", []ast.Edit{edit(cell(2)+3, cell(2)+3, " -l")}},
		{"before an assigned shell line", []ast.Edit{edit(cell(2)+8, cell(2)+8, "f(")}},
		{"at the start of a cell in bash", []ast.Edit{edit(cell(3), cell(3), "import os\n")}},
		{"at the end of a cell in bash", []ast.Edit{edit(cell(3)+9, cell(3)+9, "\nimport os")}},
		{"within a character", []ast.Edit{edit(cell(4)+1, cell(4)+1, "x")}},
		{"an open bracket", []ast.Edit{edit(0, 0, "(")}},
		{"one of two", []ast.Edit{edit(0, 1, "y"), edit(cell(2), cell(2)+1, "x")}},
	} {
		if out, err := nb.Apply(test.edits); err == nil {
			t.Errorf("%s: no error, the file is now %s", test.name, out)
		} else if !strings.HasPrefix(err.Error(), "book.ipynb: ") {
			t.Errorf("%s: the error %q does not name the file", test.name, err)
		}
	}
}

func TestEditsBesideCommandsAreMade(t *testing.T) {
	for _, test := range []struct {
		cell, before, new, want string
	}{
		{"!ls\n", "_", "import os\n", "import os\n!ls\n"},
		{"if x:\n    %cd y\n", "_ ", "z()\n    ", "if x:\n    z()\n    %cd y\n"},
		{"y = !pwd\n", "y", "a = ", "a = y = !pwd\n"},
		{"!ls\nx = 1", "\nx", "\ny = 2", "!ls\ny = 2\nx = 1"},
		{"%%time\nx = 1", "_", "import os\n", "%%time\nimport os\nx = 1"},
		{"\n\n%%time\nx = 1", "\n\n_", "import os\n", "\n\n%%time\nimport os\nx = 1"},
		{"%%capture", "_", "import os\n", "%%capture\nimport os"},
		{"%time x = f(1)", "1", "2, ", "%time x = f(2, 1)"},
		{"%time x = f(1)", "f", "g.", "%time x = g.f(1)"},
	} {
		nb := notebookOf(t, "first = 1\n", test.cell, "last = 2")
		start, _ := nb.CellSpan(2)
		e := ast.Edit{New: test.new}
		e.Start = start.Start + ast.Pos(strings.Index(string(nb.Source().Slice(start)), test.before))
		e.End = e.Start
		if test.cell == "y = !pwd\n" { // an assignment to two names is one to neither for IPython
			if _, err := nb.Apply([]ast.Edit{e}); err == nil {
				t.Error("a shell line that IPython no longer sees was accepted")
			}
			continue
		}
		out, err := nb.Apply([]ast.Edit{e})
		if err != nil {
			t.Errorf("%q: %v", test.cell, err)
			continue
		}
		if got := parsed(t, string(out)).Cells[1].Source; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestCommandsAndOtherCellsCanBeEditedOnPurpose(t *testing.T) {
	nb := notebookOf(t, "x = 1\n!curl -k http://a\n")
	cmd := nb.Commands()[0]
	k := cmd.ArgsSpan.Start + ast.Pos(strings.Index(cmd.Args, "-k "))
	out, err := nb.ApplyChange(Change{
		Code:     []ast.Edit{at(t, nb, "1", "2")},
		Commands: []ast.Edit{{Span: ast.Span{Start: k, End: k + 3}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed(t, string(out)).Cells[0].Source; got != "x = 2\n!curl http://a\n" {
		t.Errorf("got %q", got)
	}
	md := parsed(t, book)
	out, err = md.ApplyChange(Change{Cells: []CellEdit{{Cell: 1, Start: 2, End: 7, New: "Heading\nText"}}})
	if want := strings.Replace(book, `["# Title"]`, `["# Heading\n", "Text"]`, 1); err != nil || string(out) != want {
		t.Error(err, cmp.Diff(want, string(out)))
	}
}

func TestOutputsMetadataAndAttachmentsAreRemovedAlone(t *testing.T) {
	const file = `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 3,
   "metadata": { "a" : 1 , "b" : 2 , "c" : 3 },
   "outputs": [
    {"output_type": "stream"},
    {"output_type": "error"},
    {"output_type": "display_data"}
   ],
   "source": []
  },
  {"attachments": {"x.png": {}, "y.svg": {}}, "cell_type": "markdown", "source": ""},
  {"attachments": {"x.png": {}}, "cell_type": "markdown", "source": ""}
 ],
 "metadata": {},
 "nbformat": 4
}`
	nb := parsed(t, file)
	cell := &nb.Cells[0]
	one := func(e RawEdit, err error) []RawEdit {
		if err != nil {
			t.Fatal(err)
		}
		return []RawEdit{e}
	}
	cleared, err := nb.ClearOutputs(1)
	if err != nil {
		t.Fatal(err)
	}
	outputs := file[strings.Index(file, "[\n    {\"output"):strings.Index(file, ",\n   \"source\": []\n")]
	for _, test := range []struct {
		name  string
		edits []RawEdit
		pairs []string
	}{
		{"all outputs", cleared, []string{outputs, "[]", `"execution_count": 3`, `"execution_count": null`}},
		{"the first output", one(nb.RemoveOutputs(1, 0)), []string{"    {\"output_type\": \"stream\"},\n", ""}},
		{"the outer outputs", one(nb.RemoveOutputs(1, 0, 2)), []string{"    {\"output_type\": \"stream\"},\n", "", ",\n    {\"output_type\": \"display_data\"}", ""}},
		{"a middle key", one(nb.RemoveMembers(cell.Metadata, "b")), []string{` , "b" : 2`, ""}},
		{"the last key", one(nb.RemoveMembers(cell.Metadata, "c")), []string{` , "c" : 3`, ""}},
		{"the first keys", one(nb.RemoveMembers(cell.Metadata, "a", "b")), []string{`"a" : 1 , "b" : 2 , `, ""}},
		{"all keys", one(nb.RemoveMembers(cell.Metadata, "a", "b", "c")), []string{`{ "a" : 1 , "b" : 2 , "c" : 3 }`, "{}"}},
		{"a changed key", one(nb.SetMember(cell.Metadata, "b", []byte(`"é"`))), []string{`"b" : 2`, `"b" : "é"`}},
		{"a new key", one(nb.SetMember(cell.Metadata, "d", []byte("4"))), []string{`"c" : 3`, `"c" : 3, "d" : 4`}},
		{"a first key", one(nb.SetMember(nb.Metadata, "d", []byte("4"))), []string{`"metadata": {}`, `"metadata": {"d": 4}`}},
		{"an attachment", one(nb.RemoveAttachment(2, "x.png")), []string{`"x.png": {}, `, ""}},
		{"the only attachment", one(nb.RemoveAttachment(3, "x.png")), []string{`"attachments": {"x.png": {}}, `, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := nb.ApplyChange(Change{Raw: test.edits})
			if err != nil {
				t.Fatal(err)
			}
			want := file
			for i := 0; i < len(test.pairs); i += 2 {
				at := strings.LastIndex
				if test.name == "an attachment" {
					at = strings.Index
				}
				j := at(want, test.pairs[i])
				if j < 0 {
					t.Fatalf("%q is not there", test.pairs[i])
				}
				want = want[:j] + test.pairs[i+1] + want[j+len(test.pairs[i]):]
			}
			if diff := cmp.Diff(want, string(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRawEditsThatBreakTheFileAreRefused(t *testing.T) {
	nb := parsed(t, book)
	for _, edits := range [][]RawEdit{
		{{0, 1, nil}},
		{{5, 2, nil}},
		{{0, len(book) + 1, nil}},
		{{-1, 0, nil}},
		{{0, len(book), []byte(`{}`)}},
	} {
		if _, err := nb.ApplyChange(Change{Raw: edits}); err == nil {
			t.Errorf("%v: no error", edits)
		}
	}
	if _, err := nb.SetMember(nb.Metadata, "x", []byte("{")); err == nil {
		t.Error("a member was set to half an object")
	}
	if _, err := nb.RemoveMembers(nb.Metadata, "nothing"); err == nil {
		t.Error("a key that is not there was removed")
	}
	if _, err := nb.RemoveOutputs(2, 7); err == nil {
		t.Error("an output that is not there was removed")
	}
	if _, err := nb.ClearOutputs(1); err == nil {
		t.Error("a markdown cell's outputs were cleared")
	}
}

func TestTheSourceOfAnyCellCanBeEdited(t *testing.T) {
	nb := parsed(t, book)
	raw, err := nb.EditSource(CellEdit{Cell: 1, Start: 2, End: 7, New: "Ti"}, CellEdit{Cell: 2, End: len(nb.Cell(2).Source)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := nb.ApplyChange(Change{Raw: raw})
	if err != nil {
		t.Fatal(err)
	}
	after := parsed(t, string(out))
	if after.Cell(1).Source != "# Ti" || after.Cell(2).Source != "" {
		t.Errorf("%q and %q", after.Cell(1).Source, after.Cell(2).Source)
	}
	if _, err := nb.EditSource(CellEdit{Cell: 99}); err == nil {
		t.Error("a cell that is not there is edited")
	}
}
