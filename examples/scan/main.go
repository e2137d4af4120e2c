// Command scan finds, explains and fixes security defects in Python AI/ML code: source files,
// Jupyter notebooks, or whole projects. It is the command line of pyguardml, and an example of
// a program that embeds it: only the public packages are used.
//
//	scan .                                 # what is wrong, with the code and the fix
//	scan --fix .                           # apply the safe fixes
//	scan --format sarif -o out.sarif .     # for code scanning and editors
//
// The report goes to standard output, everything else to standard error. The exit code is 0
// when there is nothing to report, 1 when there are findings, 2 when something could not be
// done, 130 after an interrupt.
//
// Start reading at run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes.
const (
	exitClean       = 0
	exitFindings    = 1
	exitError       = 2
	exitInterrupted = 130
)

func main() {
	spendMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: it parses the arguments, does what they ask and
// returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseArguments(args)
	if err != nil {
		return failed(stderr, err)
	}
	s.stdout, s.stderr, s.started = stdout, stderr, time.Now()
	code, err := s.do(ctx)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "interrupted")
		return exitInterrupted
	case errors.Is(err, syscall.EPIPE): // the reader has seen enough, as in `scan . | head`
		return code
	case err != nil:
		return failed(stderr, err)
	}
	return code
}

func failed(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "error: %v\n", err)
	return exitError
}

// do performs the one action that the arguments ask for.
func (s *settings) do(ctx context.Context) (code int, err error) {
	switch {
	case s.help:
		return exitClean, s.writeHelp()
	case s.version:
		return exitClean, s.writeVersion()
	case s.listChecks:
		return exitClean, s.writeChecks()
	case s.explain != "":
		return exitClean, s.writeExplanation()
	case len(s.paths) == 0:
		return exitError, errors.New("no path given; name files or folders to scan, as in \"scan .\"")
	}
	return s.scan(ctx)
}
