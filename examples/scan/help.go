package main

import (
	"fmt"
	"strings"

	"github.com/pyguard/pyguardml/pyguardml"
)

const helpHead = `scan finds, explains and fixes security defects in Python AI/ML code.

Usage: scan [options] PATH...

A PATH is a folder, a Python file or a Jupyter notebook. Folders are searched for both; what
.gitignore names, virtual environments and build folders are left out.
`

const helpTail = `
Examples:
  scan .                                   report what is wrong in this folder
  scan --diff src                          show the fixes
  scan --fix src notebooks/train.ipynb     apply them
  scan --select PML12,PML4213 .            only checks of part 1.2, and PML4213
  scan --format sarif -o report.sarif .    for code scanning
  scan --write-baseline known.json .       accept today's findings, then
  scan --baseline known.json .             report new ones only
  scan --explain PML1201                   what a check is about

A finding is silenced by a comment on its line or the line above:
  state = torch.load(path)  # pyguardml: ignore[PML1201] our own file, checksum verified

Exit code: 0 nothing to report, 1 findings, 2 an error (what could be analysed is reported
all the same), 130 interrupted.
`

func (s *settings) writeHelp() error {
	var b strings.Builder
	b.WriteString(helpHead)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		for _, f := range g.options {
			name := "--" + f.name
			if f.short != "" {
				name = "-" + f.short + ", " + name
			}
			if f.value != "" {
				name += " " + f.value
			}
			for i, line := range wrap(f.help, 68) {
				if i > 0 {
					name = ""
				}
				fmt.Fprintf(&b, "  %-22s %s\n", name, line)
			}
		}
	}
	b.WriteString(helpTail)
	_, err := fmt.Fprint(s.stdout, b.String())
	return err
}

func (s *settings) writeVersion() error {
	_, err := fmt.Fprintf(s.stdout, "pyguardml %s\n", pyguardml.Version)
	return err
}

// wrap breaks text into lines of at most width columns, at spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
