package fix

import (
	"bytes"
	"context"
	"fmt"
	"testing"
)

// benchText is a module of 2,000 lines with 100 findings.
func benchText() []byte {
	var b bytes.Buffer
	b.WriteString("import os\n\n\n")
	for i := range 100 {
		fmt.Fprintf(&b, "def restore_%d(path, device):\n    state = load(path, map_location=device)\n", i)
		for j := range 18 {
			fmt.Fprintf(&b, "    value_%d = [state[key] + %d for key in sorted(state) if key != 'step']\n", j, i)
		}
	}
	return b.Bytes()
}

// BenchmarkRun fixes 100 findings in a file of 2,000 lines, the two analyses of the whole
// file that this takes included.
func BenchmarkRun(b *testing.B) {
	for _, comments := range []bool{false, true} {
		b.Run(fmt.Sprintf("comments=%v", comments), func(b *testing.B) {
			files := []File{{Path: "x.py", Content: benchText()}}
			b.SetBytes(int64(len(files[0].Content)))
			for b.Loop() {
				p, err := Run(context.Background(), files, analyzer(b, loads), Options{Comments: comments})
				if err != nil || len(p.Changes) != 1 || len(p.Changes[0].Applied) != 100 {
					b.Fatal(err, p)
				}
			}
		})
	}
}

// BenchmarkDiff compares two texts of 2,000 lines that differ in 100.
func BenchmarkDiff(b *testing.B) {
	before := benchText()
	after := bytes.ReplaceAll(before, []byte("=device)"), []byte("=device, safe=True)"))
	b.SetBytes(int64(len(before)))
	for b.Loop() {
		UnifiedDiff("x.py", before, after)
	}
}
