// Package pyguardml finds, explains and fixes security defects in Python AI/ML code: source
// files and Jupyter notebooks. It is what a program that embeds the library calls; it wires
// the packages below it (ast, notebook, checks, fix) and analyses nothing itself.
//
//	files, err := pyguardml.Discover(ctx, os.DirFS("."), pyguardml.DiscoverOptions{})
//	res, err := pyguardml.Analyze(ctx, files, pyguardml.Options{})
//	for _, f := range res.Findings {
//		fmt.Println(f.Path, f.Start.Line, f.CheckID, f.Message)
//	}
//	plan, err := pyguardml.Fix(ctx, files, pyguardml.FixOptions{})
//	fmt.Print(plan.Diff())
//
// Nothing that is analysed is executed or imported, no network is used, and nothing is
// written but by Plan.Apply. The zero Options is the recommended set-up. Reports are written
// by package report.
//
// Start reading at Analyze and Analyzer.
package pyguardml

import (
	"context"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/checks/all"
)

// Version is the library's version, as reports name it.
const Version = "0.1.0"

// Analyze analyses a set of files as one project, so that a value can be followed from one
// file into another. It is New and Analyzer.Analyze in one; who analyses often makes an
// Analyzer once.
//
// An error means that the call was wrong (no files, an unknown check or profile) or that ctx
// ended. What cannot be analysed is listed in the result.
func Analyze(ctx context.Context, files []File, opts Options) (*Result, error) {
	a, err := New(opts)
	if err != nil {
		return nil, err
	}
	return a.Analyze(ctx, files)
}

// Checks returns the Infos of the built-in checks in the order of their ids. The Infos are
// shared and not to be changed.
func Checks() []*checks.Info {
	list := all.Checks()
	infos := make([]*checks.Info, len(list))
	for i, c := range list {
		infos[i] = c.Info()
	}
	return infos
}
