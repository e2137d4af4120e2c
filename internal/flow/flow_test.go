package flow_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	paths  []*flow.Path
	calls  []*flow.Call
	frames []*flow.Frame
}

func (r *recorder) Function(f *flow.Frame) {
	r.calls = append(r.calls, f.Calls...)
	r.frames = append(r.frames, f)
}
func (r *recorder) Path(p *flow.Path) { r.paths = append(r.paths, p) }

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

// want reads the markers: `#> user->shell` at the end of the line of a sink, several
// separated by blanks; a case's files are then compared to the letter.
func want(files []txtar.File) []string { return marked(files, "#> ") }

// marked lists the markers of one kind.
func marked(files []txtar.File, kind string) []string {
	out := []string{}
	for _, f := range files {
		for i, line := range strings.Split(string(f.Data), "\n") {
			_, mark, ok := strings.Cut(line, kind)
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

// got lists the paths found in the form of the markers, each once. Prompts' user messages and
// what is written to files and stores are left out, where data of others belongs, and how long
// texts are.
func got(r *recorder) []string {
	return listed(r, models.PromptUser, models.FileData, models.Kept, models.Length, models.Printed)
}

func listed(r *recorder, but ...models.SinkKind) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, p := range r.paths {
		if slices.Contains(but, p.Kind) || p.Sink != nil && (p.Sink.Arg == flow.OverrideArg || p.Sink.Note == models.NoteInput) {
			continue // what it does there depends on what is merged over, and which program reads it
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

// testCase is one folder or file of an archive.
type testCase struct {
	name  string
	files []txtar.File
}

// readCases reads an archive of testdata.
func readCases(t testing.TB, name string) []testCase {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []testCase
	at := map[string]int{}
	for _, f := range txtar.Parse(data).Files {
		key, rest, nested := strings.Cut(f.Name, "/")
		if nested {
			f.Name = rest
		} else {
			key = strings.TrimSuffix(f.Name, ".py")
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, testCase{name: strings.TrimSuffix(filepath.Base(name), ".txtar") + "/" + key})
		}
		out[i].files = append(out[i].files, f)
	}
	return out
}

const unreachable = "unreachable.txtar"

// TestFlowsAreFoundWhereMarkedAndNowhereElse runs the archives of testdata: one case for
// each folder (or single file) in them.
func TestFlowsAreFoundWhereMarkedAndNowhereElse(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no cases", err)
	}
	n, negative := 0, 0
	for _, name := range archives {
		if filepath.Base(name) == unreachable {
			continue
		}
		for _, c := range readCases(t, name) {
			n++
			if len(want(c.files)) == 0 {
				negative++
			}
			t.Run(c.name, func(t *testing.T) {
				r, _ := analyse(t, c.files)
				if d := cmp.Diff(want(c.files), got(r)); d != "" {
					t.Errorf("paths (-want +got):\n%s", d)
				}
			})
		}
	}
	t.Logf("%d cases, %d of them without any path", n, negative)
}

// TestWhatIsOutOfReachIsStillSo keeps what the engine is known to get wrong, so that an
// improvement shows. In these cases `#-` marks a path that is missed and `#+` one that is
// reported falsely.
func TestWhatIsOutOfReachIsStillSo(t *testing.T) {
	for _, c := range readCases(t, "testdata/"+unreachable) {
		t.Run(c.name, func(t *testing.T) {
			missed, falsely := marked(c.files, "#- "), marked(c.files, "#+ ")
			if len(missed)+len(falsely) == 0 {
				t.Fatal("the case marks nothing that is out of reach")
			}
			r, _ := analyse(t, c.files)
			if d := cmp.Diff(falsely, got(r)); d != "" {
				t.Errorf("the engine has changed here: move the case to another archive when it is right now (-recorded +got):\n%s", d)
			}
		})
	}
}
