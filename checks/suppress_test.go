package checks

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/notebook"
)

// suppressed analyses a text in which every call of load is a finding of PML1201 and every
// call of model one of PML1203. It renders each finding as "line:ID" with what silences it,
// and each unused comment as "line:check: problem".
func suppressed(t *testing.T, path, text string) (found, unused []string) {
	t.Helper()
	m := module(t, path, text)
	s := sample(t).Suppressions(m)
	var all []Finding
	for _, stmt := range m.File.Body {
		ast.Inspect(stmt, func(n ast.Node) bool {
			id := ""
			switch n := n.(type) {
			case *ast.Call:
				if fn, ok := n.Fn.(*ast.Name); ok {
					id = map[string]string{"load": "PML1201", "model": "PML1203"}[fn.Id]
				}
			case *ast.ClassDef:
				if n.Name.Id == "Reported" {
					id = "PML4207"
				}
			}
			if id != "" {
				all = append(all, Finding{CheckID: id, Location: locate(m, n.Range())})
			}
			return true
		})
	}
	SortFindings(all)
	for i := range all {
		f := &all[i]
		line := f.CheckID + spot(f.Cell, f.Start.Line)
		if by := s.Match(f); by != nil {
			line += " " + by.By
			if by.Reason != "" {
				line += " (" + by.Reason + ")"
			}
		}
		found = append(found, line)
	}
	for _, u := range s.Unused(func(string) bool { return true }) {
		unused = append(unused, u.Check+spot(u.Cell, u.Line)+" "+u.Problem)
	}
	return found, unused
}

// spot renders a line, or a cell and its line.
func spot(cell, line int) string {
	if cell > 0 {
		return fmt.Sprintf("@%d.%d", cell, line)
	}
	return fmt.Sprintf("@%d", line)
}

func module(t *testing.T, path, text string) *Module {
	t.Helper()
	m := &Module{Path: path}
	var err error
	if strings.HasSuffix(path, ".ipynb") {
		if m.Notebook, err = notebook.Parse(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		m.Source = m.Notebook.Source()
	} else if m.Source, err = ast.NewSource(path, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if m.File, err = ast.Parse(context.Background(), m.Source); err != nil {
		t.Fatal(err)
	}
	return m
}

func locate(m *Module, sp ast.Span) Location {
	l := Location{Path: m.Path, Span: sp, Start: m.Source.Position(sp.Start)}
	if m.Notebook != nil {
		l.Cell, l.Start = m.Notebook.Position(sp.Start)
	}
	return l
}

const gone = " nothing is reported here that it would silence; remove it"

func TestCommentsSilenceTheFindingsTheyNameAndNoOthers(t *testing.T) {
	for _, c := range []struct {
		name, text    string
		found, unused []string
	}{
		{"on the line", "load(p)  # pyguardml: ignore[PML1201]\n", []string{"PML1201@1 comment"}, nil},
		{"with a reason", "load(p)  # pyguardml: ignore[PML1201] our own file\n", []string{"PML1201@1 comment (our own file)"}, nil},
		{"with a reason after a colon", "load(p)  # pyguardml: ignore[PML1201]: our own\n", []string{"PML1201@1 comment (our own)"}, nil},
		{"tight", "load(p) #pyguardml:ignore[PML1201]\n", []string{"PML1201@1 comment"}, nil},
		{"by name and in small letters", "load(p), model(q)  # pyguardml: ignore[pml1201, model-unsigned]\n", []string{"PML1201@1 comment", "PML1203@1 comment"}, nil},
		{"another check", "load(p)  # pyguardml: ignore[PML1203]\n", []string{"PML1201@1"}, []string{"PML1203@1" + gone}},
		{"one of two is unused", "load(p)  # pyguardml: ignore[PML1201, PML1203]\n", []string{"PML1201@1 comment"}, []string{"PML1203@1" + gone}},
		{"after another tool's comment", "load(p)  # type: ignore  # pyguardml: ignore[PML1201] ok\n", []string{"PML1201@1 comment (ok)"}, nil},
		{"on the line above", "# pyguardml: ignore[PML1201]\nload(p)\nload(q)\n", []string{"PML1201@2 comment", "PML1201@3"}, nil},
		{"above further comments", "# pyguardml: ignore[PML1201]\n# more words\nload(p)\n", []string{"PML1201@3 comment"}, nil},
		{"two above", "# pyguardml: ignore[PML1201]\n\nload(p)\n", []string{"PML1201@3"}, []string{"PML1201@1" + gone}},
		{"below", "load(p)\n# pyguardml: ignore[PML1201]\n", []string{"PML1201@1"}, []string{"PML1201@2" + gone}},
		{"after the line above", "x = 1  # pyguardml: ignore[PML1201]\nload(p)\n", []string{"PML1201@2"}, []string{"PML1201@1" + gone}},
		{"in strings", "s = '# pyguardml: ignore[PML1201]'; load(p)\n\"\"\"\n# pyguardml: ignore[PML1201]\n\"\"\"; load(q)\n", []string{"PML1201@1", "PML1201@4"}, nil},
		{"first line of the statement", "x = f(  # pyguardml: ignore[PML1201]\n    1,\n    load(p),\n)\n", []string{"PML1201@3 comment"}, nil},
		{"last line of the statement", "x = f(\n    1,\n    load(p),\n)  # pyguardml: ignore[PML1201]\n", []string{"PML1201@3 comment"}, nil},
		{"any line of the node", "x = load(\n    p,  # pyguardml: ignore[PML1201]\n    q,\n)\n", []string{"PML1201@1 comment"}, nil},
		{"own line within the node", "x = load(\n    # pyguardml: ignore[PML1201]\n    p,\n)\n", []string{"PML1201@1 comment"}, nil},
		{"above the statement of the node", "# pyguardml: ignore[PML1201]\nx = f(\n    load(p),\n)\n", []string{"PML1201@3 comment"}, nil},
		{"another line of the statement", "x = f(\n    1,  # pyguardml: ignore[PML1201]\n    load(p),\n)\n", []string{"PML1201@3"}, []string{"PML1201@2" + gone}},
		{"head of the block", "if x:  # pyguardml: ignore[PML1201]\n    load(p)\n", []string{"PML1201@2"}, []string{"PML1201@1" + gone}},
		{"condition of the block", "if load(p):  # pyguardml: ignore[PML1201]\n    load(q)\n", []string{"PML1201@1 comment", "PML1201@2"}, nil},
		{"last line of the block", "if load(p):\n    pass  # pyguardml: ignore[PML1201]\n", []string{"PML1201@1"}, []string{"PML1201@2" + gone}},
		{"class, on its head", "class Reported:  # pyguardml: ignore[PML4207]\n    x = 1\n", []string{"PML4207@1 comment"}, nil},
		{"class, in its body", "class Reported:\n    x = 1  # pyguardml: ignore[PML4207]\n", []string{"PML4207@1"}, []string{"PML4207@2" + gone}},
		{"class, above its decorator", "# pyguardml: ignore[PML4207]\n@d\nclass Reported:\n    x = 1\n", []string{"PML4207@3 comment"}, nil},
		{"in a decorator", "@load(p)  # pyguardml: ignore[PML1201]\ndef f(): pass\n", []string{"PML1201@1 comment"}, nil},
		{"noqa", "load(p)  # noqa: PML1201\n", []string{"PML1201@1 comment"}, nil},
		{"noqa among other codes", "load(p)  # NOQA:E501,PML1201 F401 because\n", []string{"PML1201@1 comment (because)"}, nil},
		{"noqa of other tools", "load(p)  # noqa: E501, S301\n", []string{"PML1201@1"}, nil},
		{"bare noqa", "load(p)  # noqa\n", []string{"PML1201@1"}, nil},
		{"noqa is not for the next line", "# noqa: PML1201\nload(p)\n", []string{"PML1201@2"}, []string{"PML1201@1" + gone}},
		{"nosec is not ours", "load(p)  # nosec\n", []string{"PML1201@1"}, nil},
		{"noqa of an unknown check", "load(p)  # noqa: PML1202\n", []string{"PML1201@1"}, []string{"PML1202@1 no check is called PML1202; did you mean PML1201?"}},
		{"unknown check", "load(p)  # pyguardml: ignore[PML1201, nonsense]\n", []string{"PML1201@1 comment"},
			[]string{"nonsense@1 no check is called nonsense; give an id such as PML1201 or a check's name"}},
		{"no check", "load(p)  # pyguardml: ignore\n", []string{"PML1201@1"}, []string{"@1 names no check and silences nothing; " + howToIgnore}},
		{"empty brackets", "load(p)  # pyguardml: ignore[ ]\n", []string{"PML1201@1"}, []string{"@1 names no check and silences nothing; " + howToIgnore}},
		{"open bracket", "load(p)  # pyguardml: ignore[PML1201\n", []string{"PML1201@1"}, []string{"PML1201@1 the bracket is not closed; " + howToIgnore}},
		{"unknown word", "load(p)  # pyguardml: ingore[PML1201]\n", []string{"PML1201@1"}, []string{`@1 "ingore" is not understood; ` + howToIgnore}},
		{"CRLF", "# pyguardml: ignore[PML1201] a\r\nload(p)\r\nload(q)  # noqa: PML1201\r\n", []string{"PML1201@2 comment (a)", "PML1201@3 comment"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, unused := suppressed(t, "a.py", c.text)
			if diff := cmp.Diff(c.found, found); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unused, unused); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIgnoreFileSilencesTheWholeFile(t *testing.T) {
	const misplaced = "an ignore-file comment stands on a line of its own, above all code but imports"
	for _, c := range []struct {
		name, text    string
		found, unused []string
	}{
		{"at the top", "# pyguardml: ignore-file[PML1201] museum\nload(p)\nmodel(q)\nload(r)\n",
			[]string{"PML1201@2 file (museum)", "PML1203@3", "PML1201@4 file (museum)"}, nil},
		{"below docstring and imports", "\"\"\"Doc.\"\"\"\nimport a\nfrom b import c\n\n# pyguardml: ignore-file[PML1201]\nload(p)\n", []string{"PML1201@6 file"}, nil},
		{"below code", "x = 1\n# pyguardml: ignore-file[PML1201]\nload(p)\n", []string{"PML1201@3"}, []string{"PML1201@2 " + misplaced}},
		{"behind code", "import a  # pyguardml: ignore-file[PML1201]\nload(p)\n", []string{"PML1201@2"}, []string{"PML1201@1 " + misplaced}},
		{"unused", "# pyguardml: ignore-file[PML1203]\nload(p)\n", []string{"PML1201@2"}, []string{"PML1203@1" + gone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, unused := suppressed(t, "a.py", c.text)
			if diff := cmp.Diff(c.found, found); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unused, unused); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInNotebooksCommentsBelongToTheirCell(t *testing.T) {
	cells := func(sources ...string) string {
		text := `{"cells": [`
		for i, s := range sources {
			if i > 0 {
				text += ","
			}
			text += `{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "` + s + `"}`
		}
		return text + `], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}`
	}
	for _, c := range []struct {
		name, text    string
		found, unused []string
	}{
		{"line", cells(`load(p)`, `x = 1\nload(p)  # noqa: PML1201`), []string{"PML1201@1.1", "PML1201@2.2 comment"}, nil},
		{"cell", cells(`load(p)`, `import a\n# pyguardml: ignore-file[PML1201]\nload(p)`, `load(p)`),
			[]string{"PML1201@1.1", "PML1201@2.3 file", "PML1201@3.1"}, nil},
		{"the first cell speaks for the notebook", cells(`# pyguardml: ignore-file[PML1201]`, `load(p)`), []string{"PML1201@2.1 file"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, unused := suppressed(t, "a.ipynb", c.text)
			if diff := cmp.Diff(c.found, found); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unused, unused); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCommentForAGeneralCheckSilencesTheOneInItsPlace(t *testing.T) {
	m := module(t, "a.py", "load(p)  # pyguardml: ignore[PML1201]\n")
	s := sample(t).Suppressions(m)
	f := Finding{CheckID: "PML4207", Replaces: []string{"PML1201"}, Location: locate(m, ast.Span{Start: 0, End: 7})}
	if s.Match(&f) == nil {
		t.Error("not silenced")
	}
}

func TestCommentsOfChecksThatDidNotRunAreNotCalledUnused(t *testing.T) {
	m := module(t, "a.py", "load(p)  # pyguardml: ignore[PML1201]\n")
	s := sample(t).Suppressions(m)
	if list := s.Unused(func(id string) bool { return id != "PML1201" }); len(list) > 0 {
		t.Error(list)
	}
}

func FuzzSuppressions(f *testing.F) {
	f.Add("load(p)  # pyguardml: ignore[PML1201] x # noqa: PML1201")
	f.Add("# pyguardml: ignore-file[")
	f.Fuzz(func(t *testing.T, comment string) {
		for _, c := range parseComment(comment) {
			if c.noqa && c.problem != "" {
				t.Error("a noqa comment has a problem")
			}
		}
	})
}
