package models_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// TestModelledAPIsCarryLabelsToSinks runs small programs against the engine. A line of a
// program that holds a sink ends in `#> label->sink`, as often as labels reach it; what
// no line announces must not be found. User messages of models are left out, since the
// text of users belongs there.
func TestModelledAPIsCarryLabelsToSinks(t *testing.T) {
	table, err := flow.NewTable()
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no programs", err)
	}
	for _, archive := range archives {
		data, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			name := strings.TrimSuffix(filepath.Base(archive), ".txtar") + "/" + f.Name
			t.Run(name, func(t *testing.T) {
				if d := cmp.Diff(announced(f), found(t, table, f)); d != "" {
					t.Errorf("labels at sinks (-announced +found):\n%s", d)
				}
			})
		}
	}
}

// announced reads the markers of a program.
func announced(f txtar.File) []string {
	out := []string{}
	for i, line := range strings.Split(string(f.Data), "\n") {
		_, marks, ok := strings.Cut(line, "#> ")
		if !ok {
			continue
		}
		for _, m := range strings.Fields(marks) {
			out = append(out, fmt.Sprintf("%d: %s", i+1, m))
		}
	}
	sort.Strings(out)
	return out
}

// found lists what the engine sees in a program, in the same form.
func found(t *testing.T, table *flow.Table, f txtar.File) []string {
	t.Helper()
	src, err := ast.NewSource(f.Name, f.Data)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := ast.Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tree.Errors {
		t.Errorf("line %d: %s", src.Position(e.Start).Line, e.Msg)
	}
	p := semantic.NewProject([]*semantic.Module{semantic.NewModule(f.Name, tree)})
	var r paths
	if _, err := flow.Analyze(context.Background(), p, p.Modules, table, flow.Limits{}, &r); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	out := []string{}
	for _, p := range r {
		if p.Kind == models.PromptUser {
			continue
		}
		s := fmt.Sprintf("%d: %s->%s", src.Position(p.Node.Pos()).Line, p.Mark.Label, p.Kind)
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	sort.Strings(out)
	return out
}

// paths collects what an analysis reports.
type paths []*flow.Path

func (*paths) Function(*flow.Frame) {}

func (r *paths) Path(p *flow.Path) { *r = append(*r, p) }
