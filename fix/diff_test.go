package fix

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDiffShowsEachChangeWithThreeLinesOfContext(t *testing.T) {
	before := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n"
	after := strings.Replace(strings.Replace(before, "5\n", "five\nand\n", 1), "15\n", "", 1)
	want := `--- a/dir/x.py
+++ b/dir/x.py
@@ -2,7 +2,8 @@
 2
 3
 4
-5
+five
+and
 6
 7
 8
@@ -12,5 +13,4 @@
 12
 13
 14
-15
 16
`
	if got := UnifiedDiff("dir/x.py", []byte(before), []byte(after)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDiffMarksAMissingNewlineAtTheEnd(t *testing.T) {
	want := "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
	if got := UnifiedDiff("x", []byte("a"), []byte("a\n")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiffOfEqualTextsIsEmpty(t *testing.T) {
	if got := UnifiedDiff("x", []byte("a\n"), []byte("a\n")); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestDiffIsShortest(t *testing.T) {
	// The example of Myers' paper: five differences.
	a, b := strings.Split("abcabba", ""), strings.Split("cbabac", "")
	n := 0
	for _, c := range diffLines(a, b) {
		n += c.aEnd - c.a + c.bEnd - c.b
	}
	if n != 5 {
		t.Errorf("%d differences, want 5", n)
	}
}

func TestDiffOfRandomTextsIsSoundAndShortest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := randomLines(rng), randomLines(rng)
		var rebuilt []string
		at, differences := 0, 0
		for _, c := range diffLines(a, b) {
			rebuilt = append(rebuilt, a[at:c.a]...)
			rebuilt = append(rebuilt, b[c.b:c.bEnd]...)
			at = c.aEnd
			differences += c.aEnd - c.a + c.bEnd - c.b
		}
		rebuilt = append(rebuilt, a[at:]...)
		if strings.Join(rebuilt, "") != strings.Join(b, "") {
			t.Fatalf("%q and %q: rebuilt %q", a, b, rebuilt)
		}
		if want := len(a) + len(b) - 2*commonLength(a, b); differences != want {
			t.Fatalf("%q and %q: %d differences, want %d", a, b, differences, want)
		}
	}
}

func randomLines(rng *rand.Rand) []string {
	lines := make([]string, rng.IntN(20))
	for i := range lines {
		lines[i] = string(rune('a'+rng.IntN(4))) + "\n"
	}
	return lines
}

// commonLength is the length of the longest common subsequence, by the textbook table.
func commonLength(a, b []string) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			up := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

func TestDiffOfTextsWithNothingInCommonEndsSoon(t *testing.T) {
	var a, b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&a, "a%d\n", i)
		fmt.Fprintf(&b, "b%d\n", i)
	}
	start := time.Now()
	UnifiedDiff("x", []byte(a.String()), []byte(b.String()))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestDiffIsAcceptedByGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	files := map[string][2]string{
		"plain.py":       {"a\nb\nc\n", "a\nB\nc\nd\n"},
		"crlf.py":        {"a\r\nb\r\n", "a\r\nx\r\nb\r\n"},
		"open.py":        {"a\nb", "a\nc"},
		"with space.py":  {"a\n", "b\n"},
		"sub/quote\".py": {"a\n", "\xff\n"},
		"grown.py":       {"", "a\n"},
	}
	dir := t.TempDir()
	plan := &Plan{}
	for name, c := range files {
		write(t, filepath.Join(dir, name), c[0])
		plan.Changes = append(plan.Changes, FileChange{Path: name, Before: []byte(c[0]), After: []byte(c[1])})
	}
	cmd := exec.Command(git, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(plan.Diff())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, plan.Diff())
	}
	for name, c := range files {
		if got := read(t, filepath.Join(dir, name)); got != c[1] {
			t.Errorf("%s: got %q, want %q", name, got, c[1])
		}
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
