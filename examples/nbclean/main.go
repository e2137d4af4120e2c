// Nbclean cleans notebooks before they are committed: it reports what is wrong in them and applies
// the fixes. Every byte that no fix concerns stays as it is. Nothing in a notebook is run.
//
//	nbclean [-unsafe] [-outputs] [-select CHECKS] [NOTEBOOK...]
//
// Given notebooks, it is a hook: it fixes them in place and lists what it changed and what is left,
// on standard output. Exit code 0: nothing was to be done; 1: a notebook was changed, or something is
// left; 2: nbclean itself could not do its work.
//
// Given none, it is a filter of Git's: it reads a notebook from standard input and writes it, fixed, to
// standard output. What is left goes to standard error and does not hold up the commit.
//
//	git config filter.nbclean.clean nbclean
//	echo '*.ipynb filter=nbclean' >> .gitattributes
//
// With -unsafe it applies fixes that change what a notebook does, too; with -outputs it clears the
// outputs of all cells.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/notebook"
	"github.com/pyguard/pyguardml/pyguardml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	clean  = 0
	found  = 1
	failed = 2
)

// cleaner is what the command line asks for.
type cleaner struct {
	analyzer *pyguardml.Analyzer // one for all notebooks
	unsafe   bool
	outputs  bool
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cleaner
	flags := flag.NewFlagSet("nbclean", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.unsafe, "unsafe", false, "apply fixes that change what a notebook does, too")
	flags.BoolVar(&c.outputs, "outputs", false, "clear the outputs of all cells")
	chosen := flags.String("select", "", "the checks to run, with commas between them")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return clean
	} else if err != nil {
		return failed
	}
	var options pyguardml.Options
	if *chosen != "" {
		options.Select = strings.Split(*chosen, ",")
	}
	var err error
	if c.analyzer, err = pyguardml.New(options); err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	if flags.NArg() == 0 {
		return c.filter(ctx, stdin, stdout, stderr)
	}
	code := clean
	for _, name := range flags.Args() {
		code = max(code, c.hook(ctx, name, stdout, stderr))
	}
	return code
}

// filter cleans the notebook on standard input. What is no notebook is handed on as it is, so that
// Git never loses a file.
func (c *cleaner) filter(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	data, err := io.ReadAll(stdin)
	if err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	after, left, err := c.clean(ctx, "stdin.ipynb", data)
	if err != nil {
		fmt.Fprintln(stderr, "nbclean: left as it is:", err)
		after = data
	}
	list(stderr, left)
	if _, err := stdout.Write(after); err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	return clean
}

// hook cleans a notebook in its place.
func (c *cleaner) hook(ctx context.Context, name string, stdout, stderr io.Writer) int {
	info, err := os.Stat(name)
	if err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	data, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	after, left, err := c.clean(ctx, filepath.ToSlash(name), data)
	if err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	list(stdout, left)
	code := clean
	if len(left) > 0 {
		code = found
	}
	if string(after) == string(data) {
		return code
	}
	if err := os.WriteFile(name, after, info.Mode().Perm()); err != nil {
		fmt.Fprintln(stderr, "nbclean:", err)
		return failed
	}
	fmt.Fprintln(stdout, "cleaned", name)
	return found
}

// clean returns the bytes of a notebook with its fixes applied, and the findings that are left.
func (c *cleaner) clean(ctx context.Context, name string, data []byte) ([]byte, []checks.Finding, error) {
	nb, err := notebook.Parse(name, data)
	if err != nil {
		return nil, nil, err
	}
	if c.outputs {
		if data, err = withoutOutputs(nb); err != nil {
			return nil, nil, err
		}
	}
	plan, err := c.analyzer.Fix(ctx, []pyguardml.File{{Path: name, Content: data}}, pyguardml.FixOptions{Unsafe: c.unsafe})
	if err != nil {
		return nil, nil, err
	}
	for _, change := range plan.Changes {
		data = change.After
	}
	result, err := c.analyzer.Analyze(ctx, []pyguardml.File{{Path: name, Content: data}})
	if err != nil {
		return nil, nil, err
	}
	return data, result.Findings, nil
}

// withoutOutputs clears the outputs of all code cells.
func withoutOutputs(nb *notebook.Notebook) ([]byte, error) {
	var change notebook.Change
	for i := range nb.Cells {
		if !nb.Cells[i].Code() {
			continue
		}
		edits, err := nb.ClearOutputs(nb.Cells[i].Number)
		if err != nil {
			return nil, err
		}
		change.Raw = append(change.Raw, edits...)
	}
	return nb.ApplyChange(change)
}

// list writes findings, one a line.
func list(w io.Writer, findings []checks.Finding) {
	for _, f := range findings {
		fmt.Fprintf(w, "%s cell %d:%d: %s %s\n", f.Path, f.Cell, f.Start.Line, f.CheckID, f.Message)
	}
}
