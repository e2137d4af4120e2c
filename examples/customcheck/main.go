// Command customcheck scans a folder with a check of one's own beside the built-in ones. It is
// what docs/writing-checks.md explains.
package main

import (
	"context"
	"log"
	"os"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := scan(context.Background(), root); err != nil {
		log.Fatal(err)
	}
}

func scan(ctx context.Context, root string) error {
	files, err := pyguardml.Discover(ctx, os.DirFS(root), pyguardml.DiscoverOptions{})
	if err != nil {
		return err
	}
	result, err := pyguardml.Analyze(ctx, files, pyguardml.Options{Checks: []checks.Check{modelFromMirror}})
	if err != nil {
		return err
	}
	return report.Text(os.Stdout, result)
}
