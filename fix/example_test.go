package fix_test

import (
	"context"
	"fmt"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// findLoads reports the calls of torch.load without weights_only, each with its fix.
func findLoads(ctx context.Context, files []fix.File, _ []string) ([]fix.Finding, error) {
	var findings []fix.Finding
	for _, file := range files {
		src, err := ast.NewSource(file.Path, file.Content)
		if err != nil {
			return nil, err
		}
		f, err := ast.Parse(ctx, src)
		if err != nil {
			return nil, err
		}
		for _, s := range f.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				call, ok := n.(*ast.Call)
				if ok && f.Text(call.Fn) == "torch.load" && fix.KeywordOf(call, "weights_only") == nil {
					findings = append(findings, fix.Finding{
						ID: "PML1201", Path: file.Path, Start: int(call.Start), End: int(call.End),
						Comment: "PML1201: unpickling runs code from the file; CWE-502",
						Fix: &fix.Fix{
							Message: "add weights_only=True",
							Edits:   fix.AddKeyword(f, call, "weights_only", "True"),
						},
					})
				}
				return true
			})
		}
	}
	return findings, nil
}

func ExampleRun() {
	files := []fix.File{{Path: "restore.py", Content: []byte("import torch\nstate = torch.load(path)\n")}}
	plan, err := fix.Run(context.Background(), files, findLoads, fix.Options{Comments: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan.Diff())
	// Output:
	// --- a/restore.py
	// +++ b/restore.py
	// @@ -1,2 +1,3 @@
	//  import torch
	// -state = torch.load(path)
	// +# PML1201: unpickling runs code from the file; CWE-502
	// +state = torch.load(path, weights_only=True)
}
