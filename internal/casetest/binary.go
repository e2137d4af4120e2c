package casetest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact/assemble"
	"github.com/pyguard/pyguardml/pyguardml"
)

// Model files in an archive are written as text: NAME.asm is put together by package assemble,
// NAME.b64 is Base64. In both, a line "# want" asks for a report of the file as a whole. The
// fixed form of a file that is renamed is an empty member of its new name.

// binary makes the file of a member that stands for a binary one. ok is false for others.
func binary(file string, text []byte, want map[Place]int) (name string, content []byte, ok bool, err error) {
	var lines []string
	ending := path.Ext(file)
	name = strings.TrimSuffix(file, ending)
	if ending != ".asm" && ending != ".b64" {
		return file, nil, false, nil
	}
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) == "# want" {
			want[Place{Path: name}]++
			line = "\n"
		}
		lines = append(lines, line)
	}
	if ending == ".asm" {
		content, err = assemble.Bytes(strings.Join(lines, ""))
	} else {
		content, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(strings.Join(lines, "")), ""))
	}
	return name, content, true, err
}

// renamedFrom returns the file that a quarantined one was before.
func renamedFrom(file string) (string, bool) { return strings.CutSuffix(file, fix.QuarantineSuffix) }

// isModel tells files that are no text of a case.
func isModel(f File) bool {
	kind, known := pyguardml.KindOf(f.Path)
	_, renamed := renamedFrom(f.Path)
	return known && kind == checks.Artifact || renamed || bytes.IndexByte(f.Content, 0) >= 0
}

// errNoPython says that an example needs a Python to be made.
var errNoPython = errors.New("there is no Python here to make the example's files")

// exampleFiles are the files of an example in the catalog: one Python file, or an archive of
// several, in which make.gen.py makes model files in the folder it is given and WANT lists those
// that are reported.
func exampleFiles(info *checks.Info, example, single string) ([]txtar.File, error) {
	if !strings.HasPrefix(example, "-- ") {
		return []txtar.File{{Name: single, Data: []byte(example)}}, nil
	}
	var out []txtar.File
	for _, f := range txtar.Parse([]byte(example)).Files {
		if f.Name != "make.gen.py" {
			out = append(out, f)
			continue
		}
		made, err := generated(f.Data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", info.ID, err)
		}
		out = append(out, made...)
	}
	return out, nil
}

// generated runs a script that makes files.
func generated(script []byte) ([]txtar.File, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, errNoPython
	}
	dir, err := os.MkdirTemp("", "casetest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(python, "-", dir)
	cmd.Stdin = bytes.NewReader(stripKeyMarks(script))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make.gen.py: %w\n%s", err, out)
	}
	var files []txtar.File
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files = append(files, txtar.File{Name: name, Data: content})
		return err
	})
	return files, err
}

// catalogCases makes cases of the examples in a check's entry.
func catalogCases(info *checks.Info) ([]*Case, error) {
	vulnerable := &Case{Name: "vulnerable/catalog", Vulnerable: true, Want: map[Place]int{}}
	safe := &Case{Name: "safe/catalog", Want: map[Place]int{}}
	for _, c := range []*Case{vulnerable, safe} {
		example := info.Safe
		if c.Vulnerable {
			example = info.Vulnerable
		}
		files, err := exampleFiles(info, example, "catalog.py")
		if err != nil {
			return nil, err
		}
		if err := c.addExample(files); err != nil {
			return nil, fmt.Errorf("%s: %w", info.ID, err)
		}
	}
	fixed, err := exampleFiles(info, info.Fixed, "catalog.py")
	if err != nil {
		return nil, err
	}
	if info.Fixed != "" {
		vulnerable.Fixed = map[string][]byte{}
		for _, f := range fixed {
			vulnerable.Fixed[f.Name] = stripKeyMarks(f.Data)
		}
	}
	if len(vulnerable.Want) == 0 {
		return nil, fmt.Errorf("%s: the vulnerable example marks no line with # want", info.ID)
	}
	return []*Case{vulnerable, safe}, nil
}

// addExample adds an example's files to a case, and what they ask for.
func (c *Case) addExample(files []txtar.File) error {
	for _, f := range files {
		if f.Name == "WANT" {
			for name := range strings.FieldsSeq(string(f.Data)) {
				c.Want[placeNamed(name)]++
			}
			continue
		}
		content := f.Data
		if !isModel(File{Path: f.Name, Content: content}) || bytes.Contains(content, []byte("# want")) {
			var err error
			if content, err = takeMarkers(f.Name, content, c.Want); err != nil {
				return err
			}
		}
		c.Files = append(c.Files, File{Path: f.Name, Content: content})
	}
	return nil
}

// placeNamed reads a line of WANT: a file as a whole, or a notebook's cell as "demo.ipynb:2".
func placeNamed(name string) Place {
	if file, cell, ok := strings.Cut(name, ".ipynb:"); ok {
		if n, err := strconv.Atoi(cell); err == nil {
			return Place{Path: file + ".ipynb", Cell: n}
		}
	}
	return Place{Path: name}
}
