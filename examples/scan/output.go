package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/report"
)

// writeOutput lets write produce the report: on standard output, or in the file of --output.
func (s *settings) writeOutput(write func(io.Writer) error) error {
	if s.output == "" {
		return write(s.stdout)
	}
	return writeFile(s.output, write)
}

// writeFile writes a file whole or not at all: it is written beside its final place and then
// renamed. What is not a regular file (a pipe, a terminal) is written to directly.
func writeFile(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	mode := fs.FileMode(0o666) // less the user's umask
	if st, err := os.Stat(name); err == nil {
		if st.IsDir() {
			return fmt.Errorf("%s is a folder; name a file", name)
		}
		if !st.Mode().IsRegular() {
			return writeTo(name, os.O_WRONLY, 0, write)
		}
		mode = st.Mode().Perm()
	}
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()[:8])
	if err := writeTo(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode, write); err != nil {
		os.Remove(temporary)
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	if err := os.Rename(temporary, name); err != nil {
		os.Remove(temporary)
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}

func writeTo(name string, flags int, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, flags, mode)
	if err != nil {
		return withoutPath(err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// complain writes one line to standard error.
func (s *settings) complain(kind, text string) {
	fmt.Fprintf(s.stderr, "%s: %s\n", kind, report.Printable(text))
}

// writeDiff writes what a plan would change, in the colours that people know from git.
func (s *settings) writeDiff(plan *fix.Plan) error {
	return s.writeOutput(func(w io.Writer) error {
		diff := plan.Diff()
		if s.colorful(w) {
			diff = colorDiff(diff)
		}
		_, err := io.WriteString(w, diff)
		return err
	})
}

func colorDiff(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		text := report.Printable(strings.TrimRight(line, "\r\n"))
		switch {
		case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
			text = "\x1b[1m" + text + "\x1b[0m"
		case strings.HasPrefix(line, "+"):
			text = "\x1b[32m" + text + "\x1b[0m"
		case strings.HasPrefix(line, "-"):
			text = "\x1b[31m" + text + "\x1b[0m"
		case strings.HasPrefix(line, "@@"):
			text = "\x1b[36m" + text + "\x1b[0m"
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}
