package fix

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// contextLines is how many unchanged lines a diff shows around a change.
const contextLines = 3

// Diff returns the changes as a unified diff with three lines of context, which `git apply`
// and `patch -p1` accept. A notebook's diff is that of its JSON text. Lines end at "\n" as in
// git; bytes that are not UTF-8 are kept. Renamed files come last,
// in git's form; files that are made from others are not shown.
func (p *Plan) Diff() string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(UnifiedDiff(c.Path, c.Before, c.After))
	}
	for _, a := range p.Actions {
		if a.Make == nil {
			fmt.Fprintf(&b, "diff --git %s %s\nsimilarity index 100%%\nrename from %s\nrename to %s\n",
				diffName("a/", a.Path), diffName("b/", a.To), diffName("", a.Path), diffName("", a.To))
		}
	}
	return b.String()
}

// UnifiedDiff is the unified diff of one file, "" when before and after are equal.
func UnifiedDiff(path string, before, after []byte) string {
	if bytes.Equal(before, after) {
		return ""
	}
	a, b := splitLines(before), splitLines(after)
	script := diffLines(a, b)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", diffName("a/", path), diffName("b/", path))
	for len(script) > 0 {
		n := 1
		for n < len(script) && script[n].a-script[n-1].aEnd <= 2*contextLines {
			n++
		}
		writeHunk(&out, a, b, script[:n])
		script = script[n:]
	}
	return out.String()
}

// diffName quotes a path as git does.
func diffName(prefix, path string) string {
	name := prefix + path
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r == 0x7f }) {
		return quoteC(name)
	}
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}

func quoteC(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// splitLines cuts a text behind each "\n".
func splitLines(text []byte) []string {
	lines := strings.SplitAfter(string(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// change says that lines [a, aEnd) of the old text became lines [b, bEnd) of the new one.
type change struct{ a, aEnd, b, bEnd int }

func writeHunk(out *strings.Builder, a, b []string, changes []change) {
	first, last := changes[0], changes[len(changes)-1]
	aStart, bStart := max(first.a-contextLines, 0), max(first.b-contextLines, 0)
	if d := first.a - aStart; first.b-d >= 0 {
		bStart = first.b - d
	}
	aEnd := min(last.aEnd+contextLines, len(a))
	bEnd := last.bEnd + aEnd - last.aEnd
	fmt.Fprintf(out, "@@ -%s +%s @@\n", hunkRange(aStart, aEnd), hunkRange(bStart, bEnd))
	at := aStart
	for _, c := range changes {
		writeLines(out, ' ', a[at:c.a])
		writeLines(out, '-', a[c.a:c.aEnd])
		writeLines(out, '+', b[c.b:c.bEnd])
		at = c.aEnd
	}
	writeLines(out, ' ', a[at:aEnd])
}

// hunkRange is the range of lines in a hunk's header. An empty one names the line before it.
func hunkRange(start, end int) string {
	switch end - start {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprintf("%d", start+1)
	}
	return fmt.Sprintf("%d,%d", start+1, end-start)
}

func writeLines(out *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// diffLines compares two texts with the linear-space algorithm of E. W. Myers, "An O(ND)
// Difference Algorithm and Its Variations" (1986), section 4b.
func diffLines(a, b []string) []change {
	d := differ{a: internLines(a, b)}
	d.a, d.b = d.a[:len(a)], d.a[len(a):]
	d.compare(0, len(a), 0, len(b))
	return d.changes
}

// internLines numbers the distinct lines of two texts, the first one's in front.
func internLines(a, b []string) []int {
	ids := make(map[string]int, len(a))
	out := make([]int, 0, len(a)+len(b))
	for _, line := range slices.Concat(a, b) {
		id, ok := ids[line]
		if !ok {
			id = len(ids)
			ids[line] = id
		}
		out = append(out, id)
	}
	return out
}

// maxDifferences bounds the work on texts that have little in common: what differs in more
// lines than this between two common stretches is shown as replaced as a whole.
const maxDifferences = 4096

type differ struct {
	a, b     []int
	changes  []change
	fwd, bwd []int
}

// compare appends the changes between two ranges of lines, in order.
func (d *differ) compare(a, aEnd, b, bEnd int) {
	for a < aEnd && b < bEnd && d.a[a] == d.b[b] {
		a, b = a+1, b+1
	}
	for a < aEnd && b < bEnd && d.a[aEnd-1] == d.b[bEnd-1] {
		aEnd, bEnd = aEnd-1, bEnd-1
	}
	if a == aEnd || b == bEnd {
		d.emit(change{a, aEnd, b, bEnd})
		return
	}
	x, y, ok := d.middle(a, aEnd, b, bEnd)
	if !ok {
		d.emit(change{a, aEnd, b, bEnd})
		return
	}
	d.compare(a, x, b, y)
	d.compare(x, aEnd, y, bEnd)
}

// emit appends a change, joined to the one before when they touch.
func (d *differ) emit(c change) {
	if c.a == c.aEnd && c.b == c.bEnd {
		return
	}
	if n := len(d.changes); n > 0 && d.changes[n-1].aEnd == c.a && d.changes[n-1].bEnd == c.b {
		d.changes[n-1].aEnd, d.changes[n-1].bEnd = c.aEnd, c.bEnd
		return
	}
	d.changes = append(d.changes, c)
}

// middle finds a point on a shortest path through the edit graph of two ranges that begin
// and end with different lines, about half way: searches from both ends until they meet.
func (d *differ) middle(a, aEnd, b, bEnd int) (x, y int, ok bool) {
	n, m := aEnd-a, bEnd-b
	limit := min((n+m+1)/2, maxDifferences)
	size := 2*limit + 2
	d.fwd, d.bwd = furthest(d.fwd, size), furthest(d.bwd, size)
	fwd, bwd, off, delta := d.fwd, d.bwd, limit, n-m
	// Paths may run over the edge of the graph; only points within it count.
	within := func(x, k int) bool { return x <= n && x >= k && x-k <= m }
	for e := 0; e <= limit; e++ {
		for k := -e; k <= e; k += 2 {
			x := step(fwd, off, k, e)
			for x < n && x-k < m && x-k >= 0 && d.a[a+x] == d.b[b+x-k] {
				x++
			}
			fwd[off+k] = x
			if r := delta - k; delta%2 != 0 && r >= -(e-1) && r <= e-1 && x+bwd[off+r] >= n && within(x, k) && within(bwd[off+r], r) {
				return d.point(a, aEnd, b, bEnd, x, x-k)
			}
		}
		for k := -e; k <= e; k += 2 {
			x := step(bwd, off, k, e)
			for x < n && x-k < m && x-k >= 0 && d.a[aEnd-1-x] == d.b[bEnd-1-x+k] {
				x++
			}
			bwd[off+k] = x
			if r := delta - k; delta%2 == 0 && r >= -e && r <= e && x+fwd[off+r] >= n && within(x, k) && within(fwd[off+r], r) {
				return d.point(a, aEnd, b, bEnd, n-x, m-x+k)
			}
		}
	}
	return 0, 0, false
}

// point turns a meeting point into absolute lines; one outside of the ranges, or at their
// corners, does not divide them.
func (d *differ) point(a, aEnd, b, bEnd, x, y int) (int, int, bool) {
	x, y = a+x, b+y
	inside := x >= a && x <= aEnd && y >= b && y <= bEnd
	corner := x == a && y == b || x == aEnd && y == bEnd
	return x, y, inside && !corner
}

// step is the start of the furthest path on diagonal k with e differences.
func step(v []int, off, k, e int) int {
	if k == -e || k != e && v[off+k-1] < v[off+k+1] {
		return v[off+k+1]
	}
	return v[off+k-1] + 1
}

// furthest is a zeroed table of the furthest points on each diagonal.
func furthest(v []int, size int) []int {
	if cap(v) < size {
		return make([]int, size)
	}
	v = v[:size]
	clear(v)
	return v
}
