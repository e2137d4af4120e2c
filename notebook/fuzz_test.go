package notebook

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
)

// FuzzParse reads any bytes. What is a notebook must come back unchanged, and after a line is
// inserted somewhere in the code, one cell has it and everything else is equal.
func FuzzParse(f *testing.F) {
	f.Add([]byte(book), 3)
	f.Add([]byte(`{"nbformat":3,"worksheets":[{"cells":[{"cell_type":"code","input":["a\n"],"outputs":[]}]}]}`), 1)
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","source":["%%time\n","\ud800!\u000a",""]},{"cell_type":"code","source":"\r\n"}]}`), 9)
	for _, m := range masking {
		f.Add(notebookOf(f, m.cell, "x").data, len(m.cell)/2)
	}
	f.Fuzz(func(t *testing.T, data []byte, offset int) {
		nb, err := Parse("f.ipynb", data)
		if err != nil {
			return
		}
		if out, err := nb.Apply(nil); err != nil || !bytes.Equal(out, data) {
			t.Fatalf("not written back unchanged: %v", err)
		}
		text := nb.Source().Text
		length := 0
		for _, i := range nb.code {
			length += len(nb.Cells[i].Source) + 1
		}
		if len(text) != max(length-1, 0) {
			t.Fatalf("the module has %d bytes, its cells %d", len(text), length)
		}
		for i := range nb.Cells {
			for o := range nb.Cells[i].Outputs() {
				for _, c := range o.Contents {
					c.Value.Text()
				}
			}
			for a := range nb.Cells[i].Attachments() {
				for c := range a.Contents() {
					c.Value.Text()
				}
			}
		}
		for i := range nb.commands {
			nb.commands[i].Interpolations()
			nb.commands[i].Shell()
		}
		if len(text) > 0 {
			insertAt(t, nb, ast.Pos(uint(offset)%uint(len(text)+1)))
		}
	})
}

func insertAt(t *testing.T, nb *Notebook, pos ast.Pos) {
	const added = "\"é\\\" # 😀\n"
	out, err := nb.Apply([]ast.Edit{{Span: ast.Span{Start: pos, End: pos}, New: added}})
	if err != nil {
		return
	}
	changed, err := Parse("f.ipynb", out)
	if err != nil {
		t.Fatalf("an insertion broke the file: %v\n%s", err, out)
	}
	cell, _ := nb.Position(pos)
	for i := range nb.Cells {
		was, is := nb.Cells[i].Source, changed.Cells[i].Source
		switch {
		case i+1 != cell:
			if was != is {
				t.Fatalf("cell %d changed from %q to %q", i+1, was, is)
			}
		case strings.Replace(is, added, "", 1) != was && strings.Replace(is, "\n"+strings.TrimSuffix(added, "\n"), "", 1) != was:
			t.Fatalf("%q became %q", was, is)
		}
		if !bytes.Equal(nb.Cells[i].outputs.Raw(), changed.Cells[i].outputs.Raw()) || !bytes.Equal(nb.Cells[i].Metadata.Raw(), changed.Cells[i].Metadata.Raw()) {
			t.Fatalf("cell %d changed beside its source", i+1)
		}
	}
}

// FuzzApply replaces any range of the code and compares with the same edit of plain text.
func FuzzApply(f *testing.F) {
	f.Add("a = 1\nb = 2\n!ls\nc", 3, 9, "x\ny", true)
	f.Add("é\n\n\nz\n", 1, 4, "", true)
	f.Add("é\r\nz", 1, 2, "\\\"\x00", false)
	f.Fuzz(func(t *testing.T, source string, start, end int, with string, list bool) {
		if !utf8.ValidString(source) || !utf8.ValidString(with) {
			return
		}
		nb := notebookOf(t, "first", source, "last")
		if !list {
			quoted := append(nb.style.append([]byte{'"'}, source), '"')
			data := bytes.Replace([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","source":"first"},{"cell_type":"code","source":@},{"cell_type":"code","source":"last"}]}`), []byte("@"), quoted, 1)
			nb = parsed(t, string(data))
		}
		if nb.Cells[1].Source != source {
			t.Fatalf("%q was read as %q", source, nb.Cells[1].Source)
		}
		start = int(uint(start) % uint(len(source)+1))
		end = start + int(uint(end)%uint(len(source)-start+1))
		out, err := nb.ApplyChange(Change{Cells: []CellEdit{{Cell: 2, Start: start, End: end, New: with}}})
		if err != nil {
			if utf8.ValidString(source[:start]) && utf8.ValidString(source[:end]) {
				t.Fatal(err)
			}
			return
		}
		changed := parsed(t, string(out))
		if got, want := changed.Cells[1].Source, source[:start]+with+source[end:]; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if changed.Cells[0].Source != "first" || changed.Cells[2].Source != "last" {
			t.Fatal("another cell changed")
		}
		if !list {
			return
		}
		for _, e := range elementsOf(changed.Cells[1].source) {
			if e.at == e.end {
				t.Fatalf("an empty line was left in %s", changed.Cells[1].source.Raw())
			}
		}
	})
}
