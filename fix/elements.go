package fix

import (
	"bytes"

	"github.com/pyguard/pyguardml/ast"
)

// RemoveElement returns the edits that take an element out of a list, tuple or set display,
// or an entry out of a dict, with its comma and the lines that it has to itself. elem is one
// of the elements, a key or a value. A tuple of one keeps its comma; an empty tuple becomes
// (), an empty set set(). Nil edits mean that elem is no element of the container.
func RemoveElement(f *ast.File, container ast.Expr, elem ast.Node) []Edit {
	it := elementsOf(f, container)
	i := it.find(elem.Range())
	if i < 0 {
		return nil
	}
	sp := container.Range()
	switch container.(type) {
	case *ast.Set:
		if len(it.spans) == 1 {
			return []Edit{replace(sp.Start, sp.End, "set()")}
		}
	case *ast.Tuple:
		switch len(it.spans) {
		case 1:
			return []Edit{replace(sp.Start, sp.End, "()")}
		case 2:
			return it.leaveOne(i)
		}
	}
	return it.remove(i)
}

// leaveOne takes item i out of a tuple of two.
func (it items) leaveOne(i int) []Edit {
	if i == 1 && it.comma(1) == ast.NoPos {
		comma := it.comma(0)
		if it.commentIn(comma, it.spans[1].Start) {
			return []Edit{remove(it.spans[1].Start, it.spans[1].End)}
		}
		return []Edit{remove(comma, it.spans[1].End)}
	}
	edits := it.remove(i)
	if i == 0 && it.comma(1) == ast.NoPos {
		edits = append(edits, insert(it.spans[1].End, ","))
	}
	return edits
}

// AddElement returns the edits that put an element, or a `key: value` entry, behind the last
// one of a list, tuple, set or dict display; nil for other expressions and for displays that
// are not valid Python.
func AddElement(f *ast.File, container ast.Expr, text string) []Edit {
	it := elementsOf(f, container)
	text = adapt(f, container.Range(), text)
	switch container.(type) {
	case *ast.Tuple:
		if len(it.spans) == 1 {
			return []Edit{insert(it.comma(0), " "+text)}
		}
	case *ast.List, *ast.Set, *ast.Dict:
	default:
		return nil
	}
	return it.add(text)
}

// InsertElement returns the edits that put an element in front of another one of a list,
// tuple, set or dict display; nil when that one is no element of it.
func InsertElement(f *ast.File, container ast.Expr, before ast.Node, text string) []Edit {
	it := elementsOf(f, container)
	i := it.find(before.Range())
	if i < 0 {
		return nil
	}
	return it.insertBefore(i, adapt(f, container.Range(), text))
}

// elementsOf are the elements of a display with the inside of its brackets.
func elementsOf(f *ast.File, container ast.Expr) items {
	sp := container.Range()
	it := items{layout: layoutOf(f), open: sp.Start + 1, close: max(sp.End-1, sp.Start+1)}
	var elts []ast.Expr
	switch c := container.(type) {
	case *ast.List:
		elts = c.Elts
	case *ast.Set:
		elts = c.Elts
	case *ast.Tuple:
		elts = c.Elts
		if len(elts) > 0 && (it.text[sp.Start] != '(' || f.Parens(elts[0]).Start == sp.Start) {
			it.open, it.close = sp.Start, sp.End
		}
	case *ast.Dict:
		for i, v := range c.Values {
			end := f.Parens(v).End
			if k := c.Keys[i]; k != nil {
				it.spans = append(it.spans, ast.Span{Start: f.Parens(k).Start, End: end})
				continue
			}
			stars := bytes.LastIndex(it.text[sp.Start:v.Pos()], []byte("**"))
			it.spans = append(it.spans, ast.Span{Start: sp.Start + ast.Pos(max(stars, 0)), End: end})
		}
	}
	for _, e := range elts {
		it.spans = append(it.spans, f.Parens(e))
	}
	return it.checked()
}
