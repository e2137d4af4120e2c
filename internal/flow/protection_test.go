package flow_test

import (
	"fmt"
	"path/filepath"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// protections lists, in the form of the markers of testdata/protection, what stands before each
// function that serves requests: `#= open`, `#= identity`, `#= rate` or `#= identity,rate` at the
// end of the line of its def; and who reaches the servers that calls start: `#= this-machine`,
// `#= some-network` or `#= each-network`.
func protections(r *recorder) []string {
	out := []string{}
	seen := map[*semantic.Function]bool{}
	add := func(m *semantic.Module, at int, text string) {
		out = append(out, fmt.Sprintf("%s:%d %s", m.Path, at, text))
	}
	for _, f := range r.frames {
		for _, route := range f.Routes() {
			fn := route.Function
			if seen[fn] || fn.Def == nil {
				continue
			}
			seen[fn] = true
			text := "open"
			switch p := f.ProtectionOf(fn); {
			case p.Has(models.Identity | models.Rate):
				text = "identity,rate"
			case p.Has(models.Identity):
				text = "identity"
			case p.Has(models.Rate):
				text = "rate"
			}
			add(fn.Module, fn.Module.File.Source.Position(fn.Def.Name.Pos()).Line, text)
		}
	}
	if len(r.frames) > 0 {
		for _, c := range r.frames[0].Servers() {
			text := map[flow.Reach]string{flow.ThisMachine: "this-machine", flow.SomeNetwork: "some-network", flow.EachNetwork: "each-network"}[c.Reach()]
			m := c.Frame.Module()
			add(m, m.File.Source.Position(c.Node.Pos()).Line, text)
		}
	}
	sort.Strings(out)
	return out
}

func TestWhatProtectsHandlersIsFoundWhereMarked(t *testing.T) {
	archives, err := filepath.Glob("testdata/protection/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range archives {
		for _, c := range readCases(t, name) {
			t.Run(c.name, func(t *testing.T) {
				r, _ := analyse(t, c.files)
				if d := cmp.Diff(marked(c.files, "#= "), protections(r)); d != "" {
					t.Errorf("protections (-want +got):\n%s", d)
				}
			})
		}
	}
}
