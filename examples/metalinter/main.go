// Command metalinter shows how a runner of many linters takes pyguardml in: it has its own settings,
// its own form of an issue, its own exclusions and its own cache, and pyguardml is one linter behind
// an interface.
//
//	metalinter -config .metalinter.yml PATH
//
// Settings:
//
//	linters:
//	  pyguardml:
//	    checks: [high, LLM01, -PML1146]
//	issues:
//	  exclude-files: ["**/*_pb2.py"]
//	  exclude-rules:
//	    - path: "tests/**"
//	      linters: [pyguardml]
//	      text: "weights_only"
//	  max-same-issues: 3
//	cache: .metalinter
//
// Issues are printed as JSON lines, what could not be looked at on the standard error. The exit code is 1 where there are any.
//
// Start reading at linter, which is all that the runner knows, and pyguard, which implements it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "metalinter:", err)
	}
	os.Exit(code)
}

// linter is one linter of the runner: it finds issues in a tree, and tells what it could not look at.
type linter interface {
	name() string
	lint(ctx context.Context, tree fs.FS, exclude []string) (issues []issue, problems []string, err error)
}

// issue is a report in the runner's own form.
type issue struct {
	Linter      string       `json:"linter"`
	Rule        string       `json:"rule"`
	Severity    string       `json:"severity"`
	Text        string       `json:"text"`
	File        string       `json:"file"`
	Cell        int          `json:"cell,omitempty"`
	Line        int          `json:"line"`
	Column      int          `json:"column"`
	Source      string       `json:"source,omitempty"`
	Help        string       `json:"help,omitempty"`
	Replacement *replacement `json:"replacement,omitempty"`
}

// replacement is a fix that keeps working behaviour. Its offsets are bytes of the file as UTF-8 text,
// without a byte order mark.
type replacement struct {
	Message string `json:"message"`
	Edits   []edit `json:"edits"`
}

type edit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

func run(ctx context.Context, args []string, out, warnings io.Writer) (code int, err error) {
	flags := flag.NewFlagSet("metalinter", flag.ContinueOnError)
	file := flags.String("config", ".metalinter.yml", "the file of settings")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	if flags.NArg() != 1 {
		return 2, fmt.Errorf("one folder is linted at a time; %d are named", flags.NArg())
	}
	s, err := readSettings(*file)
	if err != nil {
		return 2, err
	}
	if s.Cache != "" && !filepath.IsAbs(s.Cache) {
		s.Cache = filepath.Join(flags.Arg(0), s.Cache)
	}
	linters, err := s.linters()
	if err != nil {
		return 2, err
	}
	var issues []issue
	for _, l := range linters {
		found, problems, err := l.lint(ctx, os.DirFS(flags.Arg(0)), s.Issues.ExcludeFiles)
		if err != nil {
			return 2, fmt.Errorf("%s: %w", l.name(), err)
		}
		issues = append(issues, found...)
		for _, p := range problems {
			fmt.Fprintf(warnings, "%s: warning: %s\n", l.name(), p)
		}
	}
	issues = s.reduce(issues)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, i := range issues {
		if err := e.Encode(i); err != nil {
			return 2, err
		}
	}
	if len(issues) > 0 {
		code = 1
	}
	return code, nil
}
