package notebook

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

// transform is a Python program that reads cells and tells for each one what IPython's own
// transformer makes of it: whether the result is Python, and the calls that stand for
// commands. It also tells whether our masked text is Python.
const transform = `
import ast, json, sys
try:
    from IPython.core.inputtransformer2 import TransformerManager
except ImportError:
    sys.exit(3)

def parses(text):
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None

def commands(tree):
    found = []
    for n in ast.walk(tree):
        if (isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
                and isinstance(n.func.value, ast.Call) and getattr(n.func.value.func, "id", "") == "get_ipython"):
            found.append((n.lineno, n.func.attr, [a.value for a in n.args if isinstance(a, ast.Constant)]))
    return [[name, *args] for _, name, args in sorted(found)]

out = []
for source, masked in json.load(sys.stdin):
    try:
        tree = parses(TransformerManager().transform_cell(source))
    except SyntaxError:
        tree = None
    out.append({"Python": tree is not None, "Masked": parses(masked) is not None,
                "Commands": commands(tree) if tree else []})
json.dump(out, sys.stdout)
`

type verdict struct {
	Python, Masked bool
	Commands       [][]string
}

// askIPython runs the program, and skips the test where there is no Python with IPython.
func askIPython(t *testing.T, cells [][2]string) []verdict {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 to compare with")
	}
	in, err := json.Marshal(cells)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", transform)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == 3 {
		t.Skip("python3 has no IPython to compare with")
	} else if err != nil {
		t.Fatal(err)
	}
	var verdicts []verdict
	if err := json.Unmarshal(out, &verdicts); err != nil {
		t.Fatal(err)
	}
	return verdicts
}

func TestCommandsAreThoseThatIPythonFinds(t *testing.T) {
	var books []*Notebook
	for _, source := range append(magicCells, maskedSources()...) {
		books = append(books, notebookOf(t, source))
	}
	if os.Getenv("PYGUARDML_CORPUS") != "" {
		for path, data := range corpus(t) {
			if nb, err := Parse(path, data); err == nil && nb.Language == "python" {
				books = append(books, nb)
			}
		}
	}
	var cells [][2]string
	var ours [][]string
	var names []string
	seen := map[string]bool{}
	for _, nb := range books {
		for _, i := range nb.code {
			c := &nb.Cells[i]
			text := strings.TrimSpace(c.Source)
			if seen[c.Source] || strings.HasPrefix(text, ">>>") || strings.Contains(text, "\n%%") && text[0] == '#' {
				continue // pasted sessions stay indented; Colab has titles above cell magics
			}
			seen[c.Source] = true
			cells = append(cells, [2]string{c.Source, string(nb.source.Slice(c.span))})
			ours = append(ours, inIPythonsTerms(nb, c.Number))
			names = append(names, nb.Path)
		}
	}
	for i, v := range askIPython(t, cells) {
		if !v.Python {
			continue
		}
		if !v.Masked {
			t.Errorf("%s: Python after IPython's transformation, but not after ours:\n%s\n-- masked:\n%s", names[i], cells[i][0], cells[i][1])
		}
		if got, want := strings.Join(ours[i], "\n"), strings.Join(inOneForm(v.Commands), "\n"); got != want {
			t.Errorf("%s: commands in\n%s\n-- got:\n%s\n-- want:\n%s", names[i], cells[i][0], got, want)
		}
	}
	t.Logf("%d cells compared", len(cells))
}

// inIPythonsTerms lists the commands of a cell as the calls IPython would make.
func inIPythonsTerms(nb *Notebook, cell int) []string {
	var list [][]string
	var inner ast.Span
	for _, c := range nb.commands {
		if c.Cell != cell || inner.Len() > 0 && inner.Contains(c.Span) {
			continue // IPython transforms the statement of %time when it runs it
		}
		inner = c.Python
		switch c.Kind {
		case Shell:
			name := "system"
			if c.Name == "!!" || c.Target != "" {
				name = "getoutput"
			}
			list = append(list, []string{name, c.Args})
		case Help:
			list = append(list, []string{"help", c.Args})
		case CellMagic:
			list = append(list, []string{"run_cell_magic", c.Name, c.Args})
		case LineMagic:
			list = append(list, []string{"run_line_magic", c.Name, c.Args})
		}
	}
	return inOneForm(list)
}

// inOneForm leaves out what is a matter of spelling: white space, continuations, how help is
// called, the body of cell magics.
func inOneForm(commands [][]string) []string {
	var out []string
	for _, c := range commands {
		if len(c) > 1 && (c[1] == "pinfo" || c[1] == "pinfo2" || c[1] == "psearch") {
			c = append([]string{"help"}, c[2:]...)
		}
		if c[0] == "run_cell_magic" {
			c = c[:min(len(c), 3)]
		}
		text := strings.Join(c, " ")
		text = strings.ReplaceAll(text, "\\\n", " ")
		out = append(out, strings.Join(strings.Fields(text), " "))
		if c[0] == "run_cell_magic" {
			break
		}
	}
	return out
}
