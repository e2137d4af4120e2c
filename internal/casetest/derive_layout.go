package casetest

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/notebook"
)

// otherQuotes turns "…" into '…' and back where the text holds neither quotes nor
// backslashes.
func otherQuotes(u *unit, p *project) []edit {
	var edits []edit
	swap := func(pieces []*ast.StrPiece) {
		for _, sp := range pieces {
			text := u.text[sp.Start:sp.End]
			q := sp.Quote
			body := strings.TrimSuffix(text[len(sp.Prefix):][len(q):], q)
			if strings.ContainsAny(body, `"'\`) {
				continue
			}
			other := strings.Repeat("'", len(q))
			if q[0] == '\'' {
				other = strings.Repeat(`"`, len(q))
			}
			open := int(sp.Start) + len(sp.Prefix)
			edits = append(edits, u.replace(open, open+len(q), other), u.replace(int(sp.End)-len(q), int(sp.End), other))
		}
	}
	u.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			swap(n.Pieces)
		case *ast.JoinedStr:
			swap(n.Pieces)
			return false
		}
		return true
	})
	return edits
}

// argumentPerLine gives each argument of each call a line of its own, with a comma after
// the last.
func argumentPerLine(u *unit, p *project) []edit {
	var edits []edit
	u.inspect(func(n ast.Node) bool {
		if _, ok := n.(*ast.JoinedStr); ok {
			return false
		}
		c, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		starts, end := u.argumentSpans(c)
		if len(starts) == 0 || starts[0] <= int(c.Lparen) {
			return true
		}
		line := u.text[u.lineStart(int(c.Lparen)):]
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))] + "        "
		for _, s := range starts {
			edits = append(edits, insert(s, "\n"+indent))
		}
		if !u.commaBetween(end, int(c.Rparen)) {
			edits = append(edits, insert(end, ","))
		}
		edits = append(edits, insert(int(c.Rparen), "\n"+indent))
		return true
	})
	return edits
}

// argumentSpans returns where each argument begins, in order, and where the last one ends.
func (u *unit) argumentSpans(c *ast.Call) (starts []int, end int) {
	add := func(from, to int) {
		starts = append(starts, from)
		if to > end {
			end = to
		}
	}
	for _, a := range c.Args {
		add(u.span(a))
	}
	for _, k := range c.Keywords {
		_, to := u.span(k.Value)
		add(int(k.Start), to)
	}
	return starts, end
}

// commaBetween reports whether a comma stands in [start, end), comments apart.
func (u *unit) commaBetween(start, end int) bool {
	for i := start; i < end; i++ {
		switch u.text[i] {
		case ',':
			return true
		case '#':
			i = u.lineEnd(i) - 1
		}
	}
	return false
}

// parentheses puts parentheses around each argument and each assigned or returned value.
func parentheses(u *unit, p *project) []edit {
	var edits []edit
	wrap := func(e ast.Expr) {
		switch e.(type) {
		case nil, *ast.Starred:
			return
		}
		start, end := u.span(e)
		edits = append(edits, insert(start, "("), insert(end, ")"))
	}
	u.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.JoinedStr:
			return false
		case *ast.Call:
			for _, a := range n.Args {
				if start, _ := u.span(a); start > int(n.Lparen) {
					wrap(a)
				}
			}
			for _, k := range n.Keywords {
				wrap(k.Value)
			}
		case *ast.Assign:
			wrap(n.Value)
		case *ast.Return:
			if n.Value != nil {
				if tuple, ok := n.Value.(*ast.Tuple); ok && starred(tuple) {
					return true
				}
				wrap(n.Value)
				// `return(x)` is as good as `return (x)`, and stays apart from its keyword.
			}
		}
		return true
	})
	return edits
}

func starred(t *ast.Tuple) bool {
	for _, e := range t.Elts {
		if _, ok := e.(*ast.Starred); ok {
			return true
		}
	}
	return false
}

// continuedLines breaks the line before the first dot of each dotted name, after a
// backslash.
func continuedLines(u *unit, p *project) []edit {
	var edits []edit
	u.inspect(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.JoinedStr:
			return false
		case *ast.Attribute:
			if _, ok := n.Value.(*ast.Name); !ok {
				return true
			}
			dot := strings.LastIndexByte(u.text[:n.Attr.Start], '.')
			if u.commentIn(int(n.Start), dot) {
				return true
			}
			edits = append(edits, insert(dot, "\\\n        "))
		}
		return true
	})
	return edits
}

func (u *unit) commentIn(start, end int) bool {
	for _, c := range u.file.Comments {
		if int(c.Start) >= start && int(c.Start) < end {
			return true
		}
	}
	return false
}

// tabs indents by tabs.
func tabs(u *unit, p *project) []edit {
	width := 0
	whole := true
	starts := map[int]bool{}
	u.inspect(func(n ast.Node) bool {
		s, ok := n.(ast.Stmt)
		if !ok {
			return true
		}
		if indent, first := u.indentOf(s); first && indent != "" {
			if strings.Contains(indent, "\t") {
				whole = false
			}
			if width == 0 || len(indent) < width {
				width = len(indent)
			}
			starts[len(indent)] = true
		}
		return true
	})
	if width == 0 || !whole {
		return nil
	}
	for n := range starts {
		if n%width != 0 {
			return nil
		}
	}
	inString := u.stringLines()
	var edits []edit
	for at := 0; at < len(u.text); at = u.lineEnd(at) {
		line := u.text[at:u.lineEnd(at)]
		n := len(line) - len(strings.TrimLeft(line, " "))
		if inString[at] || n < width {
			continue
		}
		edits = append(edits, u.replace(at, at+n, strings.Repeat("\t", n/width)+strings.Repeat(" ", n%width)))
	}
	return edits
}

// encoded makes a derivation that changes the bytes of the Python files and moves nothing.
func encoded(encode func(string) []byte) func(*project) (*derived, error) {
	return func(p *project) (*derived, error) {
		if len(p.units) == 0 {
			return nil, nil
		}
		d := &derived{}
		for _, u := range p.units {
			d.files = append(d.files, &derivedFile{path: u.path, pieces: []piece{u.copyOf(0, len(u.text))}, encode: encode})
		}
		p.carryOthers(d)
		return d, nil
	}
}

func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func byteOrderMark(text string) []byte { return []byte("\xef\xbb\xbf" + text) }

// inLatin1 writes the files in Latin-1, says so in a cookie, and adds a comment that is
// not UTF-8.
func inLatin1(p *project) (*derived, error) {
	d := &derived{}
	for _, u := range p.units {
		if _, ok := latin1(u.text); !ok {
			return nil, nil
		}
		d.files = append(d.files, &derivedFile{
			path:   u.path,
			pieces: []piece{literal("# -*- coding: latin-1 -*-\n# Gr\u00fc\u00dfe aus K\u00f6ln\n"), u.copyOf(0, len(u.text))},
			encode: func(text string) []byte { b, _ := latin1(text); return b },
		})
	}
	if len(d.files) == 0 {
		return nil, nil
	}
	p.carryOthers(d)
	return d, nil
}

func latin1(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff || r == utf8.RuneError {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

// asNotebook turns the files that no other imports into notebooks: a cell for the imports
// and one for each further statement of the module.
func asNotebook(p *project) (*derived, error) {
	d := &derived{}
	changed := false
	for _, u := range p.units {
		if p.imported(u) || len(u.file.Body) == 0 || u.isScript() {
			d.files = append(d.files, &derivedFile{path: u.path, pieces: []piece{u.copyOf(0, len(u.text))}})
			continue
		}
		changed = true
		d.files = append(d.files, &derivedFile{path: strings.TrimSuffix(u.path, ".py") + ".ipynb", cells: u.cells()})
	}
	if !changed {
		return nil, nil
	}
	p.carryOthers(d)
	return d, nil
}

// scriptHead opens a notebook that Jupytext keeps as a script, with a cell of commands.
const scriptHead = `# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     name: python3
# ---

# %% [markdown]
# # Experiment

# %%
# %matplotlib inline
# !pip install -q tqdm

`

// asScript turns the files that no other imports into notebooks as Jupytext writes them.
func asScript(p *project) (*derived, error) {
	d := &derived{}
	changed := false
	for _, u := range p.units {
		pieces := []piece{u.copyOf(0, len(u.text))}
		if !p.imported(u) && len(u.file.Body) > 0 && !u.isScript() && path.Base(u.path) != "setup.py" {
			changed = true
			pieces = []piece{literal(scriptHead)}
			for _, cell := range u.cells() {
				pieces = append(append(append(pieces, literal("# %%\n")), cell...), literal("\n\n"))
			}
		}
		d.files = append(d.files, &derivedFile{path: u.path, pieces: pieces})
	}
	if !changed {
		return nil, nil
	}
	p.carryOthers(d)
	return d, nil
}

// isScript reports whether a file is a notebook as it is.
func (u *unit) isScript() bool {
	_, ok := notebook.ParseScript(ast.NewText(u.path, []byte(u.text)))
	return ok
}

// imported reports whether another file of the project imports u, or a notebook names it.
func (p *project) imported(u *unit) bool {
	stem := strings.TrimSuffix(path.Base(u.path), ".py")
	if stem == "__init__" {
		return true
	}
	for _, f := range p.others {
		if path.Ext(f.Path) == ".ipynb" && bytes.Contains(f.Content, []byte(stem)) {
			return true
		}
	}
	for _, other := range p.units {
		found := false
		other.inspect(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportFrom:
				found = found || path.Base(strings.ReplaceAll(n.Module, ".", "/")) == stem
				for _, a := range n.Names {
					found = found || a.Name == stem
				}
			case *ast.Alias:
				found = found || path.Base(strings.ReplaceAll(n.Name, ".", "/")) == stem
			}
			return true
		})
		if found && other != u {
			return true
		}
	}
	return false
}

// cells cuts the text before each top-level statement that begins its line, but keeps
// neighbouring imports together.
func (u *unit) cells() [][]piece {
	var cells [][]piece
	from := 0
	cut := func(to int) {
		end := from + len(strings.TrimRight(u.text[from:to], " \n"))
		if end > from {
			cells = append(cells, []piece{u.copyOf(from, end)})
		}
		from = to
	}
	wasImport := false
	for i, s := range u.file.Body {
		start := startOf(s)
		isImport := s.Kind() == ast.KindImport || s.Kind() == ast.KindImportFrom
		if i > 0 && start == u.lineStart(start) && !(isImport && wasImport) {
			cut(start)
		}
		wasImport = isImport
	}
	cut(len(u.text))
	return cells
}
