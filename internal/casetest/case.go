// Package casetest runs the case files of checks: small Python projects in which the
// reported lines are marked, beside ones that must stay silent and ones that show what the
// fix makes of the first. From every written case it derives others that mean the same
// (other import forms, a value that takes a detour, another line layout, a notebook …) and
// asks for the same verdict. It holds no expectation of its own about any check.
//
// A case file is a txtar archive named after its check, testdata/PML1201.txtar:
//
//	What the file is about, in prose. A line that starts with "skip" excuses
//	derived cases from a written one, and says why:
//	skip in-helper vulnerable/same_function: the check looks within one function
//	-- vulnerable/alias.py --
//	import torch as t
//	state = t.load("a.pt")  # want
//	-- fixed/alias.py --
//	import torch as t
//	state = t.load("a.pt", weights_only=True)
//	-- safe/two_files/app.py --
//	…
//	-- safe/two_files/requirements.txt --
//	…
//
// A line that ends in "# want" is reported once, "# want 2" twice; every other line is not.
// Markers are taken out, with the white space before them, before anything is analysed, so
// that `fixed` compares to the letter. In a notebook the marker stands at the end of a
// source line. The mark "<+>" within made-up keys is taken out too.
//
// Model files are written as text, see binary.go.
//
// Start reading at Run; the derivations are listed in derivations.
package casetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Case is one small project with its verdict.
type Case struct {
	// Name is "vulnerable/alias" or "safe/pinned".
	Name       string
	Vulnerable bool
	// Files are the project's files, markers taken out. A case of one file has that one.
	Files []File
	// Want counts the reports at each place; empty for a safe case.
	Want map[Place]int
	// Fixed holds what the fix makes of the files, by path; a file that is not in it stays as
	// it is. Nil when the case says nothing about the fix.
	Fixed map[string][]byte
}

// File is a path and its bytes.
type File struct {
	Path    string
	Content []byte
}

// Place is a line of a file, or of a notebook's cell (counted from 1). Line 0 of a cell stands for
// all of it, its outputs included.
type Place struct {
	Path string
	Cell int
	Line int
}

// String returns "app.py:3" or "app.ipynb:cell 2:3".
func (p Place) String() string {
	if p.Cell > 0 {
		return fmt.Sprintf("%s:cell %d:%d", p.Path, p.Cell, p.Line)
	}
	return fmt.Sprintf("%s:%d", p.Path, p.Line)
}

// Archive is a parsed case file.
type Archive struct {
	ID    string
	Cases []*Case
	skips []skip
}

// skip excuses the cases matching glob from a derivation.
type skip struct {
	derivation, glob, reason string
	used                     bool
}

// ParseArchive reads a case file. The id is the file's name without its ending. An error
// names the line or the member that is wrong.
func ParseArchive(name string, data []byte) (*Archive, error) {
	parsed := txtar.Parse(data)
	a := &Archive{ID: strings.TrimSuffix(path.Base(name), ".txtar")}
	if err := a.readComment(string(parsed.Comment)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	byName := map[string]*Case{}
	fixed := map[string]map[string][]byte{}
	for _, member := range parsed.Files {
		kind, rest, ok := strings.Cut(member.Name, "/")
		if !ok || rest == "" {
			return nil, fmt.Errorf("%s: %s stands outside vulnerable/, safe/ and fixed/", name, member.Name)
		}
		short, file := caseOf(rest)
		switch kind {
		case "vulnerable", "safe":
			c := byName[kind+"/"+short]
			if c == nil {
				c = &Case{Name: kind + "/" + short, Vulnerable: kind == "vulnerable", Want: map[Place]int{}}
				byName[c.Name] = c
				a.Cases = append(a.Cases, c)
			}
			if file == "WANT" {
				for name := range strings.FieldsSeq(string(member.Data)) {
					c.Want[placeNamed(name)]++
				}
				continue
			}
			file, content, binary, err := binary(file, member.Data, c.Want)
			if err == nil && !binary {
				content, err = takeMarkers(file, member.Data, c.Want)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, member.Name, err)
			}
			c.Files = append(c.Files, File{Path: file, Content: content})
		case "fixed":
			if fixed[short] == nil {
				fixed[short] = map[string][]byte{}
			}
			if original, renamed := renamedFrom(file); renamed && byName["vulnerable/"+short] != nil {
				member.Data = contentOf(byName["vulnerable/"+short].Files, original)
			}
			fixed[short][file] = stripKeyMarks(member.Data)
		default:
			return nil, fmt.Errorf("%s: %s stands outside vulnerable/, safe/ and fixed/", name, member.Name)
		}
	}
	for short, files := range fixed {
		c := byName["vulnerable/"+short]
		if c == nil {
			return nil, fmt.Errorf("%s: fixed/%s has no vulnerable/%s", name, short, short)
		}
		c.Fixed = files
	}
	return a, a.validate(name)
}

// caseOf splits the part of a member's name after vulnerable/, safe/ or fixed/ into the
// case's name and the file's path within its project.
func caseOf(rest string) (name, file string) {
	if dir, file, ok := strings.Cut(rest, "/"); ok {
		return dir, file
	}
	name, _ = renamedFrom(strings.TrimSuffix(strings.TrimSuffix(rest, ".asm"), ".b64"))
	return strings.TrimSuffix(name, path.Ext(name)), rest
}

func (a *Archive) readComment(comment string) error {
	known := map[string]bool{}
	for _, d := range derivations {
		known[d.name] = true
	}
	for i, line := range strings.Split(comment, "\n") {
		rest, ok := strings.CutPrefix(line, "skip ")
		if !ok {
			continue
		}
		what, reason, ok := strings.Cut(rest, ":")
		fields := strings.Fields(what)
		if !ok || strings.TrimSpace(reason) == "" || len(fields) == 0 || len(fields) > 2 {
			return fmt.Errorf("line %d: write \"skip DERIVATION [CASE]: reason\"", i+1)
		}
		s := skip{derivation: fields[0], glob: "*/*", reason: strings.TrimSpace(reason)}
		if !known[s.derivation] {
			return fmt.Errorf("line %d: no derivation is called %q", i+1, s.derivation)
		}
		if len(fields) == 2 {
			s.glob = fields[1]
		}
		a.skips = append(a.skips, s)
	}
	return nil
}

// skipped reports whether a case is excused from a derivation, and notes that the excuse
// was of use. What is excused from being a notebook is from being a script that is one, too.
func (a *Archive) skipped(c *Case, derivation string) bool {
	for i := range a.skips {
		s := &a.skips[i]
		if s.derivation != derivation && (s.derivation != "notebook" || derivation != "notebook-script") {
			continue
		}
		if ok, _ := path.Match(s.glob, c.Name); ok {
			s.used = true
			return true
		}
	}
	return false
}

func (a *Archive) validate(name string) error {
	for _, c := range a.Cases {
		switch {
		case c.Vulnerable && len(c.Want) == 0:
			return fmt.Errorf("%s: %s marks no line with # want", name, c.Name)
		case !c.Vulnerable && len(c.Want) > 0:
			return fmt.Errorf("%s: %s is safe and marks a line with # want", name, c.Name)
		}
		paths := map[string]bool{}
		for _, f := range c.Files {
			if paths[f.Path] {
				return fmt.Errorf("%s: %s holds %s twice", name, c.Name, f.Path)
			}
			paths[f.Path] = true
		}
		for p := range c.Fixed {
			if original, _ := renamedFrom(p); !paths[original] {
				return fmt.Errorf("%s: fixed holds %s, which %s lacks", name, p, c.Name)
			}
		}
	}
	return nil
}

var (
	marker = regexp.MustCompile(`[ \t]*# want(?: ([0-9]+))?[ \t]*(\r?\n|$)`)
	// jsonMarker is a marker at the end of a line of source within a JSON string.
	jsonMarker = regexp.MustCompile(`[ \t]*# want(?: ([0-9]+))?[ \t]*(\\n|")`)
	markerEnd  = regexp.MustCompile(`[ \t]*# want(?: ([0-9]+))?[ \t]*$`)
)

// takeMarkers returns a file without its markers and adds what they ask for to want.
func takeMarkers(file string, data []byte, want map[Place]int) ([]byte, error) {
	data = stripKeyMarks(data)
	if strings.HasSuffix(file, ".ipynb") {
		if err := notebookWants(file, data, want); err != nil {
			return nil, err
		}
		return jsonMarker.ReplaceAll(data, []byte("$2")), nil
	}
	for i, line := range strings.Split(string(data), "\n") {
		if m := markerEnd.FindStringSubmatch(strings.TrimSuffix(line, "\r")); m != nil {
			want[Place{Path: file, Line: i + 1}] += markerCount(m[1])
		}
	}
	return marker.ReplaceAll(data, []byte("$2")), nil
}

func markerCount(digits string) int {
	if digits == "" {
		return 1
	}
	n, _ := strconv.Atoi(digits)
	return n
}

// notebookWants finds the markers of a notebook's cells.
func notebookWants(file string, data []byte, want map[Place]int) error {
	var nb struct {
		Cells []struct {
			Source json.RawMessage `json:"source"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		return fmt.Errorf("not a notebook: %w", err)
	}
	for i, cell := range nb.Cells {
		source, err := cellSource(cell.Source)
		if err != nil {
			return fmt.Errorf("cell %d: %w", i+1, err)
		}
		for j, line := range strings.Split(source, "\n") {
			if m := markerEnd.FindStringSubmatch(line); m != nil {
				want[Place{Path: file, Cell: i + 1, Line: j + 1}] += markerCount(m[1])
			}
		}
	}
	return nil
}

// cellSource reads a cell's source in either of its two forms.
func cellSource(raw json.RawMessage) (string, error) {
	var lines []string
	if err := json.Unmarshal(raw, &lines); err == nil {
		return strings.Join(lines, ""), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

func stripKeyMarks(data []byte) []byte {
	return bytes.ReplaceAll(data, []byte("<+>"), nil)
}

// sortedPlaces lists places in reading order.
func sortedPlaces[V any](m map[Place]V) []Place {
	places := make([]Place, 0, len(m))
	for p := range m {
		places = append(places, p)
	}
	sort.Slice(places, func(i, j int) bool {
		a, b := places[i], places[j]
		if a.Path != b.Path {
			return a.Path < b.Path
		}
		if a.Cell != b.Cell {
			return a.Cell < b.Cell
		}
		return a.Line < b.Line
	})
	return places
}
