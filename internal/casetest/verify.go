package casetest

import (
	"bytes"
	"sort"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// verifyWritten checks the fixes of a written case, to the letter where it says what they
// make of it. The check's reports among all are handed in, and all of these.
func (r *runner) verifyWritten(t *testing.T, c *Case, reports, all []checks.Finding) {
	if c.Fixed == nil {
		if r.verifyFix(t, c.Files, reports, all) {
			r.tally.fixed++
		}
		return
	}
	fixed, err := fixAll(c.Files, r.info.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fixed.files {
		want, ok := c.Fixed[f.Path]
		if !ok {
			if want = contentOf(c.Files, f.Path); want == nil {
				t.Errorf("the fix makes a file %s that is not expected", f.Path)
			}
		}
		if !bytes.Equal(f.Content, want) {
			t.Errorf("the fix of %s gives\n%s\nand not\n%s", f.Path, f.Content, want)
		}
	}
	if r.verifyFix(t, c.Files, reports, all) && !t.Failed() {
		r.tally.fixed++
		r.tally.writtenFixed++
	}
}

// verifyFix asks for the reports of the check by itself, which must be as many as among all,
// applies the fixes of a case and checks what every fix promises: nothing is withdrawn, the result parses, the report is gone, no other came, a second run changes
// nothing, and lines that no edit touches stay. (A fix of a check whose remedy is safe may
// still need consent at some places; the catalog says at which.) It returns false where there is no fix.
func (r *runner) verifyFix(t *testing.T, files []File, reports, all []checks.Finding) bool {
	t.Helper()
	findings, err := analyze(files, r.info.ID)
	if err != nil {
		t.Error(err)
		return false
	}
	if len(findings) != len(reports) {
		t.Errorf("by itself the check reports %d places, among all %d%s", len(findings), len(reports), show(files))
	}
	fixable, needsConsent := 0, 0
	for _, f := range findings {
		if f.Fix == nil {
			continue
		}
		fixable++
		if f.Fix.Unsafe {
			needsConsent++
		}
		if !r.info.Remedy.Safe && !f.Fix.Unsafe {
			t.Errorf("%s: the catalog calls the fix unsafe, the finding does not", placeOf(f))
		}
	}
	if fixable == 0 {
		return false
	}
	fixed, err := fixAll(files, r.info.ID, true)
	if err != nil {
		t.Errorf("fixing: %v%s", err, show(files))
		return false
	}
	for _, w := range fixed.withdrawn {
		t.Errorf("a fix was withdrawn: %s%s", w, show(files))
	}
	after, err := analyze(fixed.files, r.info.ID)
	if err != nil {
		t.Errorf("after the fix: %v%s", err, show(fixed.files))
		return false
	}
	if want := len(findings) - fixable; len(after) != want {
		t.Errorf("after the fix %d reports are left, want %d%s", len(after), want, show(fixed.files))
	}
	r.verifyNothingNew(t, all, fixed.files)
	verifyNotebooks(t, files, fixed.files)
	again, err := fixAll(fixed.files, r.info.ID, true)
	if err != nil {
		t.Errorf("fixing again: %v", err)
	} else if !sameFiles(again.files, fixed.files) {
		t.Errorf("a second run changes the files again%s%s", show(fixed.files), show(again.files))
	}
	verifyUntouched(t, files, fixed.files, findings)
	if needsConsent == fixable {
		r.verifyConsent(t, files)
	}
	return !t.Failed()
}

// verifyNothingNew compares the reports of all checks before the fix with those after it.
func (r *runner) verifyNothingNew(t *testing.T, before []checks.Finding, after []File) {
	t.Helper()
	findings, err := analyze(after)
	if err != nil {
		t.Error(err)
	}
	count := func(findings []checks.Finding) map[string]int {
		n := map[string]int{}
		for _, f := range findings {
			n[f.CheckID]++
		}
		return n
	}
	had := count(before)
	for id, n := range count(findings) {
		if n > had[id] {
			t.Errorf("the fix brings %d new reports of %s%s", n-had[id], id, show(after))
		}
	}
}

// verifyConsent checks that unsafe fixes wait for consent.
func (r *runner) verifyConsent(t *testing.T, files []File) {
	t.Helper()
	fixed, err := fixAll(files, r.info.ID, false)
	if err != nil {
		t.Error(err)
	} else if !sameFiles(fixed.files, files) {
		t.Errorf("an unsafe fix was applied without consent%s", show(fixed.files))
	}
}

// verifyUntouched checks that the lines which no edit touches are in the result, in order
// and byte for byte. It takes the edits from the findings, so that it does not trust the
// engine that applied them.
func verifyUntouched(t *testing.T, before, after []File, findings []checks.Finding) {
	t.Helper()
	for _, f := range before {
		if strings.HasSuffix(f.Path, ".ipynb") || isModel(f) || contentOf(after, f.Path) == nil {
			continue
		}
		src, err := ast.NewSource(f.Path, f.Content)
		if err != nil {
			t.Error(err)
			continue
		}
		touched := map[int]bool{}
		for _, found := range findings {
			if found.Fix == nil {
				continue
			}
			for _, e := range found.Fix.Edits {
				if e.Path != f.Path && !(e.Path == "" && found.Path == f.Path) {
					continue
				}
				last := src.Position(ast.Pos(e.End)).Line
				for line := src.Position(ast.Pos(e.Start)).Line; line <= last; line++ {
					touched[line] = true
				}
			}
		}
		rest := bytes.SplitAfter(contentOf(after, f.Path), []byte("\n"))
		for i, line := range bytes.SplitAfter(f.Content, []byte("\n")) {
			if touched[i+1] {
				continue
			}
			for len(rest) > 0 && !bytes.Equal(rest[0], line) {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Errorf("%s:%d: a line that no edit touches is gone: %q%s", f.Path, i+1, line, show(after))
				break
			}
			rest = rest[1:]
		}
	}
}

func contentOf(files []File, path string) []byte {
	for _, f := range files {
		if f.Path == path {
			return f.Content
		}
	}
	return nil
}

func sameFiles(a, b []File) bool {
	if len(a) != len(b) {
		return false
	}
	sortFiles(a)
	sortFiles(b)
	for i := range a {
		if a[i].Path != b[i].Path || !bytes.Equal(a[i].Content, b[i].Content) {
			return false
		}
	}
	return true
}

func sortFiles(files []File) {
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
}
