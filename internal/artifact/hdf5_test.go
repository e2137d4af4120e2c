package artifact

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hdf5Facts reads a file, the configurations in it as well.
func hdf5Facts(t testing.TB, b []byte) (facts []Fact, cuts []string, err error) {
	t.Helper()
	w := newWindow(context.Background(), bytes.NewReader(b), int64(len(b)))
	add := func(f Fact) { facts = append(facts, f) }
	r := &hdf5Reader{w: w, add: add, wanted: hdf5Configs, cut: func(s string) { cuts = append(cuts, s) }}
	r.attribute = func(_, _ string, value []byte, at int64) { _ = readKerasConfig(bytes.NewReader(value), at, add) }
	r.read(hdf5Start(w.peek, w.size))
	return facts, cuts, w.err
}

func TestEveryLayoutOfHDF5IsRead(t *testing.T) {
	files, err := filepath.Glob("testdata/hdf5/*.h5")
	if err != nil || len(files) < 18 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	want := map[string]Fact{
		"plain": {Kind: Lambda, Name: "evil"}, "fixed": {Kind: Lambda, Name: "evil"},
		"many": {Kind: Lambda, Name: "evil"}, "huge": {Kind: Lambda, Name: "evil"},
		"nested":  {Kind: ExternalLink, Name: "/" + strings.TrimSuffix(layers(30), "/") + "/kernel", Args: "../../etc/passwd.h5"},
		"links":   {Kind: ExternalLink, Name: "/kernel", Args: "/srv/other.h5"},
		"storage": {Kind: ExternalLink, Name: "/a/kernel", Args: "/etc/passwd"},
		"virtual": {Kind: ExternalLink, Name: "/kernel", Args: "../outside.h5"},
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		facts, cuts, err := hdf5Facts(t, b)
		if err != nil || len(cuts) > 0 {
			t.Errorf("%s: %v %v", path, err, cuts)
		}
		_, theme, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".h5"), "_")
		w, reported := want[theme]
		if !reported {
			if len(facts) > 0 {
				t.Errorf("%s: got %+v", path, facts)
			}
			continue
		}
		if len(facts) != 1 || facts[0].Kind != w.Kind || facts[0].Name != w.Name || facts[0].Args != w.Args || facts[0].Verdict != Dangerous {
			t.Errorf("%s: got %+v, want %+v", path, facts, w)
		}
	}
}

func layers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "layer%d/", i)
	}
	return b.String()
}
