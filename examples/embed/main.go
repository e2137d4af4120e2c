// Command embed is the smallest program that scans with pyguardml: it reports what is wrong in
// the current folder.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/pyguard/pyguardml/pyguardml"
)

func main() {
	ctx := context.Background()
	files, err := pyguardml.Discover(ctx, os.DirFS("."), pyguardml.DiscoverOptions{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := pyguardml.Analyze(ctx, files, pyguardml.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range result.Findings {
		fmt.Printf("%s:%d: %s %s\n", f.Path, f.Start.Line, f.CheckID, f.Message)
	}
}
