package flow_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// service writes a program of n modules in packages of ten: each has a class, helpers, a
// route and a model call, and uses the module before it.
func service(n int) []txtar.File {
	var files []txtar.File
	for i := range n {
		pkg := fmt.Sprintf("pkg%d", i/10)
		if i%10 == 0 {
			files = append(files, txtar.File{Name: pkg + "/__init__.py"})
		}
		before := ""
		if i > 0 {
			before = fmt.Sprintf("from pkg%d.mod%d import Store%d as Before, clean%d as before", (i-1)/10, i-1, i-1, i-1)
		}
		files = append(files, txtar.File{Name: fmt.Sprintf("%s/mod%d.py", pkg, i), Data: fmt.Appendf(nil, `import os
import json
from flask import Flask, request
from openai import OpenAI
%[2]s

app = Flask(__name__)
client = OpenAI()
ALLOWED = {"ls", "df", "x%[1]d"}


def clean%[1]d(text, limit=10):
    parts = []
    for word in text.split():
        if len(word) < limit:
            parts.append(word.strip())
    return " ".join(parts)


class Store%[1]d:
    def __init__(self, root):
        self.root = root
        self.items = {}

    def put(self, key, value):
        self.items[key] = {"value": value, "path": os.path.join(self.root, key)}
        return self

    def get(self, key):
        item = self.items.get(key)
        return item["value"] if item else None


def ask%[1]d(question, tone="kind"):
    messages = [{"role": "system", "content": f"Be {tone}."}]
    messages.append({"role": "user", "content": clean%[1]d(question)})
    answer = client.chat.completions.create(model="m", messages=messages)
    return answer.choices[0].message.content


@app.route("/run%[1]d")
def run%[1]d():
    data = json.loads(request.data)
    store = Store%[1]d("/srv").put("a", data["a"])
    command = data.get("command", "ls")
    if command not in ALLOWED:
        return "no", 400
    os.system(command)
    os.system(store.get("a"))
    return {"answer": ask%[1]d(data["q"])}
`, i, before)})
	}
	return files
}

// parsed is a program ready for the analysis.
type parsed struct {
	project *semantic.Project
	table   *flow.Table
	lines   int
	parse   time.Duration
}

func parse(t testing.TB, files []txtar.File) parsed {
	t.Helper()
	started := time.Now()
	var mods []*semantic.Module
	p := parsed{}
	for _, f := range files {
		src, err := ast.NewSource(f.Name, f.Data)
		if err != nil {
			continue
		}
		tree, err := ast.Parse(context.Background(), src)
		if err != nil {
			continue
		}
		mods = append(mods, semantic.NewModule(f.Name, tree))
		p.lines += strings.Count(string(f.Data), "\n")
	}
	p.parse = time.Since(started)
	p.project = semantic.NewProject(mods)
	var err error
	if p.table, err = flow.NewTable(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p parsed) analyse(t testing.TB) (*recorder, flow.Result) {
	t.Helper()
	r := &recorder{}
	res, err := flow.Analyze(context.Background(), p.project, p.project.Modules, p.table, flow.Limits{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return r, res
}

// BenchmarkAnalyze measures the analysis beside the parsing of the same files.
func BenchmarkAnalyze(b *testing.B) {
	for _, n := range []int{50, 200, 800} {
		b.Run(fmt.Sprintf("modules=%d", n), func(b *testing.B) {
			p := parse(b, service(n))
			for b.Loop() {
				p.analyse(b)
			}
			each := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(each.Microseconds())/float64(n), "µs/module")
			b.ReportMetric(each.Seconds()/p.parse.Seconds(), "analysis/parse")
			b.ReportMetric(float64(held(b, p))/float64(n)*1000/(1<<20), "MiB/1000modules")
		})
	}
}

// held is the memory that an analysis keeps until its visitor is done with it.
func held(t testing.TB, p parsed) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, _ := p.analyse(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(r)
	return max(after.HeapAlloc, before.HeapAlloc) - before.HeapAlloc
}

// allocated counts the bytes that an analysis allocates, which unlike its time do not depend
// on what else the machine does.
func allocated(t *testing.T, files []txtar.File) (bytes uint64, r *recorder, res flow.Result) {
	t.Helper()
	p := parse(t, files)
	p.analyse(t) // the table grows by the names that the program uses
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, res = p.analyse(t)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, r, res
}

// grown checks that four times the program takes about four times the work.
func grown(t *testing.T, program func(n int) []txtar.File, n int) {
	t.Helper()
	small, _, _ := allocated(t, program(n))
	large, _, res := allocated(t, program(4*n))
	ratio := float64(large) / float64(small)
	t.Logf("%d: %d bytes, %d: %d, ratio %.2f; cuts %+v", n, small, 4*n, large, ratio, res.Cuts)
	if ratio > 5 {
		t.Errorf("four times the program takes %.1f times the work", ratio)
	}
}

func one(src string) []txtar.File { return []txtar.File{{Name: "a.py", Data: []byte(src)}} }

// repeated writes a file by a template of which %[1]d is the number and %[2]d that before it.
func repeated(head, each, tail string, n int) []txtar.File {
	var b strings.Builder
	b.WriteString(head)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, each, i, i-1)
	}
	fmt.Fprintf(&b, tail, n)
	return one(b.String())
}

const flaskHead = "import os\nfrom flask import request\n"

// chainOfCalls is f1 calling os.system, f2 calling f1 and so on.
func chainOfCalls(n int) []txtar.File {
	return repeated(flaskHead+"def f0(x):\n    os.system(x)\n", "def f%[1]d(x):\n    return f%[2]d(x)\n", "def run():\n    f%[1]d(request.args['c'])\n", n)
}

// chainUpwards is the same with the callee below its caller, so that one analysis leads into
// the next.
func chainUpwards(n int) []txtar.File {
	var b strings.Builder
	b.WriteString(flaskHead + "def run():\n    f" + fmt.Sprint(n) + "(request.args['c'])\n")
	for i := n; i > 0; i-- {
		fmt.Fprintf(&b, "def f%d(x):\n    return f%d(x)\n", i, i-1)
	}
	b.WriteString("def f0(x):\n    os.system(x)\n")
	return one(b.String())
}

func hierarchy(n int) []txtar.File {
	return repeated(flaskHead+"class C0:\n    def go(self, x):\n        os.system(x)\n    def other(self, x):\n        return x\n",
		"class C%[1]d(C%[2]d):\n    def m%[1]d(self, x):\n        return self.other(x)\n", "def run():\n    C%[1]d().go(request.args['c'])\n", n)
}

func longFile(n int) []txtar.File {
	return repeated(flaskHead, `def f%[1]d(a, b=None):
    c = a.get("x%[1]d") or b
    if c in ("x", "y"):
        return c
    d = {"a": c, "b": [c, 1]}
    for k, v in d.items():
        print(k, v)
    return d["b"][0] + str(%[1]d)

`, "", n)
}

func longModuleBody(n int) []txtar.File {
	return repeated(flaskHead+"x0 = 1\n", "x%[1]d = x%[2]d\ny%[1]d = [x%[1]d, 'a']\ny%[1]d.append(x%[2]d)\n", "", n)
}

func longDict(n int) []txtar.File {
	return repeated(flaskHead+"d = {}\n", "d['k%[1]d'] = %[1]d\n", "print(d)\n", n)
}

func longList(n int) []txtar.File {
	return repeated(flaskHead+"d = []\n", "d.append(%[1]d)\n", "print(d)\n", n)
}

func longElif(n int) []txtar.File {
	return repeated(flaskHead+"def run(x):\n    if x == 0:\n        y = 0\n", "    elif x == %[1]d:\n        y = %[1]d\n", "    return y\n", n)
}

func longSum(n int) []txtar.File {
	return repeated(flaskHead+"x = request.args['a']", " + 'a%[1]d'", "\nos.system(x)\n", n)
}

func mutual(n int) []txtar.File {
	var b strings.Builder
	b.WriteString(flaskHead)
	for i := range n {
		fmt.Fprintf(&b, "def f%d(x, n):\n    if n:\n        f%d(x, n - 1)\n        f%d(x, n - 2)\n    os.system(x)\n", i, (i+1)%n, (i*7+3)%n)
	}
	b.WriteString("def run():\n    f0(request.args['c'], 3)\n")
	return one(b.String())
}

// TestWorkGrowsWithTheProgramAlone checks shapes of programs in which a careless analysis
// takes the square of their size.
func TestWorkGrowsWithTheProgramAlone(t *testing.T) {
	for _, c := range []struct {
		name    string
		n       int
		program func(int) []txtar.File
	}{
		{"modules", 40, service},
		{"long file", 500, longFile},
		{"long module body", 500, longModuleBody},
		{"chain of calls", 500, chainOfCalls},
		{"chain upwards", 500, chainUpwards},
		{"class hierarchy", 200, hierarchy},
		{"dict", 500, longDict},
		{"list", 300, longList},
		{"elif", 200, longElif},
		{"sum", 200, longSum},
		{"mutual recursion", 100, mutual},
	} {
		t.Run(c.name, func(t *testing.T) { grown(t, c.program, c.n) })
	}
}

func TestAFileOf20000LinesIsAnalysed(t *testing.T) {
	p := parse(t, longFile(20000/9))
	started := time.Now()
	_, res := p.analyse(t)
	t.Logf("%d lines: parse %v, analysis %v, %+v", p.lines, p.parse, time.Since(started), res)
	if res.Calls < 4*20000/9 {
		t.Errorf("%d calls seen", res.Calls)
	}
}

func TestAChainOf5000FunctionsIsCutAndCounted(t *testing.T) {
	for name, program := range map[string]func(int) []txtar.File{"down": chainOfCalls, "up": chainUpwards} {
		t.Run(name, func(t *testing.T) {
			p := parse(t, program(5000))
			started := time.Now()
			_, res := p.analyse(t)
			t.Logf("parse %v, analysis %v, %+v", p.parse, time.Since(started), res)
			if res.Cuts == (flow.Cuts{}) {
				t.Error("nothing is counted as cut")
			}
		})
	}
}

func TestADeepClassHierarchyIsAnalysed(t *testing.T) {
	r, _ := analyse(t, hierarchy(40))
	if !slices.Contains(got(r), "a.py:5 user->shell") {
		t.Errorf("a method of the 40th base is not found: %v", got(r))
	}
	p := parse(t, hierarchy(3000))
	started := time.Now()
	p.analyse(t)
	t.Logf("3000 classes: parse %v, analysis %v", p.parse, time.Since(started))
}

// TestCorpus analyses the folders that the environment variable names (separated as in
// PATH) and logs how much of their calls is resolved and every path found.
func TestCorpus(t *testing.T) {
	folders := filepath.SplitList(os.Getenv("PYGUARDML_FLOW_CORPUS"))
	if len(folders) == 0 {
		t.Skip("PYGUARDML_FLOW_CORPUS is not set")
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			p := parse(t, readFolder(t, folder))
			started := time.Now()
			r, res := p.analyse(t)
			t.Logf("%d files, %d lines, parse %v, analysis %v, calls %d, resolved %.1f%%, cuts %+v, %d paths", len(p.project.Modules), p.lines,
				p.parse.Round(time.Millisecond), time.Since(started).Round(time.Millisecond), res.Calls, 100*float64(res.Resolved)/float64(max(res.Calls, 1)), res.Cuts, len(r.paths))
			for _, path := range r.paths {
				if path.Kind == models.PromptUser {
					continue
				}
				var way []string
				for _, s := range path.Trace.Steps() {
					way = append(way, fmt.Sprintf("%s:%d %s", s.Mod.Path, s.Mod.File.Source.Position(s.Node.Pos()).Line, s.Text))
				}
				t.Logf("%s->%s\n    %s", path.Mark.Label, path.Kind, strings.Join(way, "\n    "))
			}
		})
	}
}

func readFolder(t *testing.T, folder string) []txtar.File {
	var files []txtar.File
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".py" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil
		}
		rel, _ := filepath.Rel(folder, name)
		files = append(files, txtar.File{Name: filepath.ToSlash(rel), Data: data})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestAListThatIsPutToItselfInLoopsStaysSmall would not end if such a list doubled with each pass.
func TestAListThatIsPutToItselfInLoopsStaysSmall(t *testing.T) {
	var b strings.Builder
	b.WriteString("x = [f(), g()]\n")
	for i := range 8 {
		fmt.Fprintf(&b, "%sfor i%d in rows():\n", strings.Repeat(" ", i), i)
	}
	fmt.Fprintf(&b, "%swhile more():\n%sx = x + x\n", strings.Repeat(" ", 8), strings.Repeat(" ", 9))
	analyse(t, one(b.String()))
}
