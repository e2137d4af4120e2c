package artifact

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestWhatPythonsUnpicklerCallsIsNamed makes pickles at random and asks CPython which names it
// looks up and calls in them; each has to stand in the report. Nothing is run: see testdata/unpickle.py.
func TestWhatPythonsUnpicklerCallsIsNamed(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	out, err := exec.Command(python, "testdata/unpickle.py", "29", "2000").Output()
	if err != nil {
		t.Skip("python3 does not run the comparison: ", err)
	}
	pickles := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); pickles++ {
		digits, names, _ := strings.Cut(lines.Text(), "\t")
		content, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(names, ",")
		if slices.ContainsFunc(want, func(name string) bool {
			module, name, _ := strings.Cut(name, " ")
			return !isDotted(module) || !isDotted(name)
		}) {
			continue // which no import finds, so that a loader stops there
		}
		r := scanBytes(t, "model.pkl", content)
		for _, name := range want {
			name = strings.Replace(name, " ", ".", 1)
			found := slices.ContainsFunc(r.Facts, func(f Fact) bool { return f.Name == printable(name) || f.Kind == Divergent })
			if !found {
				t.Errorf("%q: python calls %s; the report is %s %v, cuts %v", content, name, r.Format, r.Facts, r.Cuts)
			}
		}
	}
	if pickles < 2000 {
		t.Errorf("only %d pickles were compared", pickles)
	}
}
