package report

import (
	"strings"
	"testing"
)

// FuzzView lays out any line with any mark: it must stay within the width of a terminal and
// let nothing through that a terminal acts upon.
func FuzzView(f *testing.F) {
	f.Add("state = torch.load(path)", 8, 24)
	f.Add("\tx = '模型\u202e\x1b[2J'", 1, 3)
	f.Add(strings.Repeat("ab\t", 2000), 3000, 3010)
	f.Add("\xff\xfe\x00", -1, 1<<40)
	f.Fuzz(func(t *testing.T, line string, start, end int) {
		v := newView(line, start, end)
		if strings.ContainsFunc(v.text, func(r rune) bool { return hostile(r) || r == '\t' }) {
			t.Errorf("%q holds what a terminal acts upon", v.text)
		}
		if limit := maxWidth + len("<U+10FFFF>") + 2*len("..."); len(v.indent)+v.length > limit {
			t.Errorf("the mark ends in column %d", len(v.indent)+v.length)
		}
		if v.length < 0 || len(v.mark('^')) == 0 {
			t.Errorf("the mark is %d wide", v.length)
		}
	})
}
