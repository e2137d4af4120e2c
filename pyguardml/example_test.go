package pyguardml_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

func Example() {
	ctx := context.Background()
	project := fstest.MapFS{ // os.DirFS("path/to/project") in real life
		"model.py": {Data: []byte("import torch\n\nstate = torch.load(\"model.pt\", weights_only=False)\n")},
	}
	files, err := pyguardml.Discover(ctx, project, pyguardml.DiscoverOptions{})
	if err != nil {
		log.Fatal(err)
	}
	res, err := pyguardml.Analyze(ctx, files, pyguardml.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range res.Findings {
		fmt.Printf("%s:%d:%d %s %s\n", f.Path, f.Start.Line, f.Start.Column, f.CheckID, f.Severity)
	}
	// Output:
	// model.py:3:9 PML1201 high
}

func ExampleFix() {
	files := []pyguardml.File{{
		Path:    "model.py",
		Content: []byte("import torch\ndef restore(path):\n    return torch.load(path)\n"),
	}}
	plan, err := pyguardml.Fix(context.Background(), files, pyguardml.FixOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan.Diff())
	// Output:
	// --- a/model.py
	// +++ b/model.py
	// @@ -1,3 +1,3 @@
	//  import torch
	//  def restore(path):
	// -    return torch.load(path)
	// +    return torch.load(path, weights_only=True)
}

func ExampleAnalyzer_Update() {
	ctx := context.Background()
	analyzer, err := pyguardml.New(pyguardml.Options{Select: []string{"torch-load-unsafe"}})
	if err != nil {
		log.Fatal(err)
	}
	buffer := func(text string) pyguardml.File { return pyguardml.File{Path: "model.py", Content: []byte(text)} }
	res, err := analyzer.Analyze(ctx, []pyguardml.File{buffer("import torch\ntorch.load(path)\n")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(res.Findings), "finding")
	res, err = analyzer.Update(ctx, []pyguardml.File{buffer("import torch\ntorch.load(path, weights_only=True)\n")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(res.Findings), "findings")
	// Output:
	// 1 finding
	// 0 findings
}

func ExampleAnalyzer_Stream() {
	analyzer, err := pyguardml.New(pyguardml.Options{})
	if err != nil {
		log.Fatal(err)
	}
	files := []pyguardml.File{
		{Path: "a.py", Content: []byte("import torch\ntorch.load(path)\n")},
		{Path: "b.py", Content: []byte("import torch\ntorch.load(path)  # noqa: PML1201\n")},
	}
	for result, err := range analyzer.Stream(context.Background(), files) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(result.Path, len(result.Findings), len(result.Suppressed))
	}
	// Output:
	// a.py 1 0
	// b.py 0 1
}

// A check of one's own is as able as a built-in one.
func ExampleOptions_checks() {
	unpickler := &checks.Rule{
		Spec: &checks.Info{ID: "ACME001", Name: "shelve-in-service", Title: "The service keeps its sessions in a shelve", Severity: checks.Medium},
		On:   []string{"shelve.open"},
		OnCall: func(p *checks.Pass, c *checks.Call) {
			p.Report(checks.Report{Node: c.Node})
		},
	}
	files := []pyguardml.File{{Path: "sessions.py", Content: []byte("from shelve import open as keep\n\nsessions = keep(\"sessions\")\n")}}
	res, err := pyguardml.Analyze(context.Background(), files, pyguardml.Options{Checks: []checks.Check{unpickler}})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range res.Findings {
		fmt.Printf("%d %s %s\n", f.Start.Line, f.CheckID, f.Message)
	}
	// Output:
	// 3 ACME001 The service keeps its sessions in a shelve
}
