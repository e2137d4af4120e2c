package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// SetFingerprints gives each finding its Fingerprint: 32 hexadecimal digits of a SHA-256
// over the check, the path, the enclosing definition, the reported text with white space
// folded, and the finding's number among those that agree in all this. So a finding keeps
// its fingerprint when lines are added above it or code is formatted anew.
//
// folder is put before relative paths, so that a file has one name whatever folder it is named from;
// usually it is "". source returns the analysed text of a path, nil for an unknown one. The findings
// must be in the order of SortFindings, suppressed ones included.
func SetFingerprints(found []Finding, folder string, source func(path string) *ast.Source) {
	count := map[string]int{}
	for i := range found {
		f := &found[i]
		base := identity(f, folder, source(f.Path))
		n := count[base]
		count[base]++
		f.Fingerprint = digest(base, strconv.Itoa(n))
	}
}

// identity is what a finding shares with its equals.
func identity(f *Finding, folder string, src *ast.Source) string {
	text := ""
	if src != nil && f.Span.Start >= 0 && f.Span.Start <= f.Span.End && int(f.Span.End) <= len(src.Text) {
		text = string(src.Text[f.Span.Start:f.Span.End])
	}
	name := f.Path
	if folder != "" && !path.IsAbs(name) {
		name = path.Join(folder, name)
	}
	return digest(f.CheckID, name, f.Symbol, strings.Join(strings.Fields(text), " "))
}

// digest hashes fields so that no two lists of fields run together.
func digest(fields ...string) string {
	h := sha256.New()
	for _, s := range fields {
		writeField(h, s)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func writeField(h hash.Hash, s string) {
	fmt.Fprintf(h, "%d:", len(s))
	io.WriteString(h, s)
}
