package flow_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// storesRead lists, in the form of the markers of testdata/stores: `#= reviews.body from user`
// at the end of the line of a sink, what rows that reach a place outside of the stores were read
// from, with the labels of what the program writes there; `#= reviews` where it writes nothing.
func storesRead(r *recorder) []string {
	var writes, reads []*flow.Path
	for _, p := range r.paths {
		if p.Kind == models.Kept {
			writes = append(writes, p)
		} else if p.Mark.Label == models.Database {
			reads = append(reads, p)
		}
	}
	seen := map[string]bool{}
	out := []string{}
	for _, p := range reads {
		s := p.Mark.Store()
		if s == nil {
			continue
		}
		labels := map[string]bool{}
		for _, w := range writes {
			if to := w.Store(); s.Same(to) && s.Shares(to) {
				labels[w.Mark.Label.String()] = true
			}
		}
		line := p.Mod.File.Source.Position(p.Node.Pos()).Line
		text := fmt.Sprintf("%s:%d %s", p.Mod.Path, line, storeName(s))
		if len(labels) > 0 {
			text += "<-" + strings.Join(sorted(labels), ",")
		}
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	sort.Strings(out)
	return out
}

// storeName spells a store as the markers do.
func storeName(s *flow.DataStore) string {
	name := s.Name
	switch {
	case s.Table != "":
		name = s.Table
	case s.Class != nil:
		name = s.Class.Name
	}
	if len(s.Fields) > 0 {
		name += "." + strings.Join(s.Fields, "+")
	}
	return name
}

func sorted(set map[string]bool) []string {
	var out []string
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// TestWhatIsReadFromAStoreIsKnownByWhatIsWrittenToIt runs the cases of testdata/stores.
func TestWhatIsReadFromAStoreIsKnownByWhatIsWrittenToIt(t *testing.T) {
	for _, c := range readCases(t, "testdata/stores/stores.txtar") {
		t.Run(c.name, func(t *testing.T) {
			r, _ := analyse(t, c.files)
			if d := cmp.Diff(marked(c.files, "#= "), storesRead(r)); d != "" {
				t.Errorf("stores (-want +got):\n%s", d)
			}
		})
	}
}

// lifetimes lists how long the arguments of calls of probe() live.
func lifetimes(r *recorder) []string {
	names := map[flow.Lifetime]string{flow.PerCall: "call", flow.PerSession: "session", flow.PerProcess: "process"}
	longest := map[string]flow.Lifetime{}
	for _, c := range r.calls {
		if n, ok := c.Node.Fn.(*ast.Name); !ok || n.Id != "probe" {
			continue
		}
		at := fmt.Sprintf("%s:%d", c.Frame.Module().Path, c.Frame.Module().File.Source.Position(c.Node.Pos()).Line)
		l := flow.PerCall
		for _, v := range c.Given(c.Args[0].Value) {
			l = max(l, c.Lifetime(v, c.Args[0].Node))
		}
		longest[at] = max(longest[at], l)
	}
	out := []string{}
	for at, l := range longest {
		out = append(out, at+" "+names[l])
	}
	sort.Strings(out)
	return out
}

// TestWhatOutlivesARequestIsKnown runs the cases of testdata/stores/lifetimes.txtar.
func TestWhatOutlivesARequestIsKnown(t *testing.T) {
	for _, c := range readCases(t, "testdata/stores/lifetimes.txtar") {
		t.Run(c.name, func(t *testing.T) {
			r, _ := analyse(t, c.files)
			if d := cmp.Diff(marked(c.files, "#= "), lifetimes(r)); d != "" {
				t.Errorf("lifetimes (-want +got):\n%s", d)
			}
		})
	}
}

// TestTextsAreBoundedByWhatSaysHowLongTheyAre runs the cases of testdata/stores/lengths.txtar.
func TestTextsAreBoundedByWhatSaysHowLongTheyAre(t *testing.T) {
	for _, c := range readCases(t, "testdata/stores/lengths.txtar") {
		t.Run(c.name, func(t *testing.T) {
			r, _ := analyse(t, c.files)
			got := []string{}
			for _, p := range r.paths {
				line := fmt.Sprintf("%s:%d long", p.Mod.Path, p.Mod.File.Source.Position(p.Node.Pos()).Line)
				if p.Kind == models.Length && p.Mark.Label == models.User && p.Sink.Note != models.NoteTokenized && !slices.Contains(got, line) {
					got = append(got, line)
				}
			}
			sort.Strings(got)
			if d := cmp.Diff(marked(c.files, "#= "), got); d != "" {
				t.Errorf("lengths (-want +got):\n%s", d)
			}
		})
	}
}
