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

// RemoveElements returns the edits that take several elements out of a list or set display, as
// RemoveElement does for one; nil when one of them is no element of it.
func RemoveElements(f *ast.File, container ast.Expr, elems ...ast.Node) []Edit {
	switch container.(type) {
	case *ast.List, *ast.Set:
	default:
		return nil
	}
	if len(elems) == 1 {
		return RemoveElement(f, container, elems[0])
	}
	it := elementsOf(f, container)
	gone := make([]bool, len(it.spans))
	left := len(it.spans)
	for _, e := range elems {
		i := it.find(e.Range())
		if i < 0 {
			return nil
		}
		if !gone[i] {
			gone[i] = true
			left--
		}
	}
	if left == 0 {
		if _, set := container.(*ast.Set); set {
			return []Edit{replace(container.Pos(), container.Stop(), "set()")}
		}
		return []Edit{remove(it.open, it.close)}
	}
	return it.removeAll(gone)
}

// removeAll takes the items marked out, of which at least one is not.
func (it items) removeAll(gone []bool) []Edit {
	var edits []Edit
	kept := -1
	for i := 0; i < len(gone); i++ {
		if !gone[i] {
			kept = i
			continue
		}
		from := i
		for i+1 < len(gone) && gone[i+1] {
			i++
		}
		switch last := i+1 == len(gone); {
		case it.ownLine(from) && it.endsLine(it.after(i)) && it.lineEnd(it.after(i)) < it.close:
			edits = append(edits, remove(it.lineStart(it.spans[from].Start), it.nextLine(it.after(i))))
			if last && kept >= 0 && it.comma(i) == ast.NoPos {
				edits = append(edits, it.dropComma(kept)...)
			}
		case last:
			edits = append(edits, remove(it.spans[kept].End, it.after(i)))
		default:
			edits = append(edits, remove(it.spans[from].Start, it.spans[i+1].Start))
		}
	}
	return edits
}

// after is the offset behind item i and its comma.
func (it items) after(i int) ast.Pos {
	if c := it.comma(i); c != ast.NoPos {
		return c
	}
	return it.spans[i].End
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
