package flow_test

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

// recorder notes the paths that an analysis reports.
type recorder struct {
	paths []*flow.Path
	calls []*flow.Call
}

func (r *recorder) Function(f *flow.Frame) { r.calls = append(r.calls, f.Calls...) }
func (r *recorder) Path(p *flow.Path)      { r.paths = append(r.paths, p) }

// analyse runs the engine over the files of an archive.
func analyse(t testing.TB, files []txtar.File) (*recorder, flow.Result) {
	t.Helper()
	var mods []*semantic.Module
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".py") {
			continue
		}
		src, err := ast.NewSource(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := ast.Parse(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range tree.Errors {
			t.Errorf("%s:%d: %s", f.Name, src.Position(e.Start).Line, e.Msg)
		}
		mods = append(mods, semantic.NewModule(f.Name, tree))
	}
	p := semantic.NewProject(mods)
	table, err := flow.NewTable()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	res, err := flow.Analyze(context.Background(), p, p.Modules, table, flow.Limits{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return r, res
}

// want reads the markers: `# user->shell` at the end of the line of a sink, several
// separated by blanks; a case's files are then compared to the letter.
func want(files []txtar.File) []string {
	out := []string{}
	for _, f := range files {
		for i, line := range strings.Split(string(f.Data), "\n") {
			_, mark, ok := strings.Cut(line, "#> ")
			if !ok {
				continue
			}
			for _, m := range strings.Fields(mark) {
				out = append(out, fmt.Sprintf("%s:%d %s", f.Name, i+1, m))
			}
		}
	}
	sort.Strings(out)
	return out
}

// got lists the paths found in the form of the markers, each once. Prompts' user messages
// are left out: text of users belongs there.
func got(r *recorder) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, p := range r.paths {
		if p.Kind == models.PromptUser {
			continue
		}
		line := p.Mod.File.Source.Position(p.Node.Pos()).Line
		s := fmt.Sprintf("%s:%d %s->%s", p.Mod.Path, line, p.Mark.Label, p.Kind)
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	sort.Strings(out)
	return out
}

// TestFlowsAreFoundWhereMarkedAndNowhereElse runs every archive of testdata: one case for
// each folder (or single file) in it.
func TestFlowsAreFoundWhereMarkedAndNowhereElse(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	n := 0
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string][]txtar.File{}
		var order []string
		for _, f := range txtar.Parse(data).Files {
			key, rest, nested := strings.Cut(f.Name, "/")
			if nested {
				f.Name = rest
			} else {
				key = strings.TrimSuffix(f.Name, ".py")
			}
			if cases[key] == nil {
				order = append(order, key)
			}
			cases[key] = append(cases[key], f)
		}
		for _, key := range order {
			n++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+key, func(t *testing.T) {
				r, _ := analyse(t, cases[key])
				if d := cmp.Diff(want(cases[key]), got(r)); d != "" {
					t.Errorf("paths (-want +got):\n%s", d)
				}
			})
		}
	}
	t.Logf("%d cases", n)
}
