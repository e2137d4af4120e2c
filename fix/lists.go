package fix

import (
	"sort"

	"github.com/pyguard/pyguardml/ast"
)

// items is a list of things with commas between them: arguments, elements, parameters,
// imported names. open and close bound the inside of the brackets.
type items struct {
	layout
	open, close ast.Pos
	spans       []ast.Span
	// broken is set when the parser missed a comma or bracket: there is nothing to be edited.
	broken bool
}

// checked returns the list as it is, or one that cannot be edited where the parser missed a
// comma or the closing bracket.
func (it items) checked() items {
	if it.close < it.open {
		return items{broken: true}
	}
	for i := range len(it.spans) - 1 {
		if it.comma(i) == ast.NoPos {
			return items{broken: true}
		}
	}
	return it
}

// comma returns the offset after the comma that follows item i, or NoPos.
func (it items) comma(i int) ast.Pos {
	p := it.skipTrivia(it.spans[i].End)
	if p < it.close && it.text[p] == ',' {
		return p + 1
	}
	return ast.NoPos
}

// ownLine reports whether item i begins a line.
func (it items) ownLine(i int) bool { return it.startsLine(it.spans[i].Start) }

// add makes the edits that put text behind the last item, in the list's own layout: on a
// line of its own where the last item has one, with a trailing comma where there is one.
func (it items) add(text string) []Edit {
	if it.broken {
		return nil
	}
	n := len(it.spans)
	if n == 0 {
		if !it.commentIn(it.open, it.close) && it.blank(it.open, it.close) {
			return []Edit{replace(it.open, it.close, text)}
		}
		return []Edit{insert(it.open, text)}
	}
	last, comma := it.spans[n-1], it.comma(n-1)
	if !it.ownLine(n - 1) {
		if comma != ast.NoPos {
			return []Edit{insert(comma, " "+text+",")}
		}
		return []Edit{insert(last.End, ", "+text)}
	}
	line := it.eol() + it.indent(last.Start) + text
	if comma == ast.NoPos {
		if end := it.afterComment(last.End); end != last.End {
			return []Edit{insert(last.End, ","), insert(end, line)}
		}
		return []Edit{insert(last.End, ","+line)}
	}
	return []Edit{insert(it.afterComment(comma), line+",")}
}

// insertBefore makes the edit that puts text in front of item i, in the list's own layout.
func (it items) insertBefore(i int, text string) []Edit {
	if i < 0 {
		return nil
	}
	at := it.spans[i].Start
	if it.ownLine(i) {
		return []Edit{insert(at, text+","+it.eol()+it.indent(at))}
	}
	return []Edit{insert(at, text+", ")}
}

// afterComment is the end of the comment that follows pos on its line, or pos.
func (it items) afterComment(pos ast.Pos) ast.Pos {
	p := it.skipBlanks(pos)
	if int(p) < len(it.text) && it.text[p] == '#' {
		return it.lineEnd(p)
	}
	return pos
}

// remove makes the edits that take item i and its comma out. An item with lines of its own
// goes with them and with the comment behind it; comments on other lines stay.
func (it items) remove(i int) []Edit {
	sp, comma := it.spans[i], it.comma(i)
	end := sp.End
	if comma != ast.NoPos {
		end = comma
	}
	switch {
	case len(it.spans) == 1 && !it.commentIn(it.open, it.close):
		return []Edit{remove(it.open, it.close)}
	case it.ownLine(i) && it.endsLine(end) && it.lineEnd(end) < it.close:
		lines := remove(it.lineStart(sp.Start), it.nextLine(end))
		if i > 0 && comma == ast.NoPos {
			return append(it.dropComma(i-1), lines)
		}
		return []Edit{lines}
	case i > 0 && comma == ast.NoPos:
		return it.removeLast(i)
	case i+1 < len(it.spans) && (i == 0 || it.ownLine(i)) && !it.commentIn(end, it.spans[i+1].Start):
		return []Edit{remove(sp.Start, it.spans[i+1].Start)}
	case i > 0 && !it.commentIn(it.comma(i-1), sp.Start):
		return []Edit{remove(it.comma(i-1), end)}
	default:
		return []Edit{remove(sp.Start, it.skipBlanks(end))}
	}
}

// removeLast takes the last item out of a list without a trailing comma, with the comma in
// front of it.
func (it items) removeLast(i int) []Edit {
	prev, sp := it.spans[i-1], it.spans[i]
	if !it.commentIn(prev.End, sp.Start) {
		return []Edit{remove(prev.End, sp.End)}
	}
	return append(it.dropComma(i-1), remove(sp.Start, sp.End))
}

// dropComma deletes the comma behind item i.
func (it items) dropComma(i int) []Edit {
	if c := it.comma(i); c != ast.NoPos {
		return []Edit{remove(c-1, c)}
	}
	return nil
}

// argumentsOf are the arguments of a call in source order.
func argumentsOf(f *ast.File, c *ast.Call) items {
	it := items{layout: layoutOf(f), open: c.Lparen + 1, close: c.Rparen}
	for _, a := range c.Args {
		it.spans = append(it.spans, f.Parens(a))
	}
	for _, k := range c.Keywords {
		it.spans = append(it.spans, keywordSpan(f, k))
	}
	sort.Slice(it.spans, func(i, j int) bool { return it.spans[i].Start < it.spans[j].Start })
	return it.checked()
}

// keywordSpan is a keyword's text with the parentheses of its value.
func keywordSpan(f *ast.File, k *ast.Keyword) ast.Span {
	return ast.Span{Start: k.Start, End: max(k.End, f.Parens(k.Value).End)}
}

// find returns the index of the item that is, or holds, a span; -1 when there is none.
func (it items) find(sp ast.Span) int {
	for i, s := range it.spans {
		if s.Contains(sp) {
			return i
		}
	}
	return -1
}
