package manifest

import (
	"bytes"
	"sync"

	"github.com/pyguard/pyguardml/ast"
)

// Document is a manifest as checks look at it: its text and, read when first asked for, its
// trees, instructions and variables. It can be read from many goroutines.
type Document struct {
	Path string
	Kind Kind
	// Source is the text; all spans refer to it.
	Source *ast.Source
	// Requires is what Parse says of the file; nil for kinds that require nothing.
	Requires *Manifest

	once         sync.Once
	trees        []*Node
	instructions []Instruction
	settings     []Setting
	notes        []Note
}

// MaxDocument is the size in bytes above which the trees of a file are not read: it holds data
// and no settings.
const MaxDocument = 4 << 20

// Open makes a document of a text whose path tells its kind; ok is false where the kind is not
// known.
func Open(path string, source *ast.Source) (d *Document, ok bool) {
	kind := Recognise(path)
	if kind == Unknown || kind == SetupPy {
		return nil, false
	}
	return &Document{Path: path, Kind: kind, Source: source}, true
}

// Trees returns the documents of a YAML file, or the one tree of TOML, JSON or the front matter
// of a README; none for other kinds. Aliases share a tree, which may hold itself.
func (d *Document) Trees() []*Node { d.read(); return d.trees }

// Instructions returns those of a Dockerfile, in order.
func (d *Document) Instructions() []Instruction { d.read(); return d.instructions }

// Settings lists the variables of the environment that the file sets, however its kind writes
// them: ENV and ARG, `environment` and `env` of YAML, lines of an env file, export.
func (d *Document) Settings() []Setting { d.read(); return d.settings }

// Notes lists what could not be understood.
func (d *Document) Notes() []Note { d.read(); return d.notes }

// Mentions reports whether the text holds one of the words; without words it does.
func (d *Document) Mentions(words []string) bool {
	for _, w := range words {
		if bytes.Contains(d.Source.Text, []byte(w)) {
			return true
		}
	}
	return len(words) == 0
}

func (d *Document) read() {
	d.once.Do(func() {
		if len(d.Source.Text) > MaxDocument {
			d.notes = []Note{{d.Path, 0, "too large to hold settings; it was not read"}}
			return
		}
		m := &Manifest{Path: d.Path, Kind: d.Kind, Text: d.Source.Text}
		m.lines = lineStarts(m.Text)
		switch d.Kind {
		case Compose, Workflow, YAML, CondaEnvironment, CondaMeta:
			d.trees = m.parseYAMLStream(m.Text)
		case PyProject, TOML, Pipfile, Pixi:
			d.trees = []*Node{m.parseTOML()}
		case JSON, Agent, Values:
			d.trees = []*Node{m.parseJSON()}
		case Card:
			if front := frontMatter(m.Text); front != nil {
				d.trees = m.parseYAMLStream(front)
			}
		case Dockerfile:
			d.instructions = m.dockerInstructions()
		}
		d.settings = m.settings(d)
		d.notes = m.Notes
	})
}

// frontMatter is the YAML between the lines of three hyphens with which a text begins, nil where
// there is none.
func frontMatter(source []byte) []byte {
	if !bytes.HasPrefix(source, []byte("---\n")) && !bytes.HasPrefix(source, []byte("---\r\n")) {
		return nil
	}
	for at := endOfLine(source, 0) + 1; at < len(source); {
		end := endOfLine(source, at)
		if string(bytes.TrimRight(source[at:end], " \t\r")) == "---" {
			return source[:at]
		}
		at = end + 1
	}
	return nil
}

// Comments lists the comments of a file whose kind has them after a number sign, for directives
// to the analysis. What stands in a quoted value may be among them.
func (d *Document) Comments() []ast.Comment {
	switch d.Kind {
	case JSON, Agent, Values, PipfileLock, Card:
		return nil
	}
	var out []ast.Comment
	source := d.Source.Text
	for start := 0; start < len(source); {
		end := endOfLine(source, start)
		line := source[start:end]
		for i, c := range line {
			if c == '#' && (i == 0 || isSpace(line[i-1])) {
				out = append(out, ast.Comment{Span: spanOf(start+i, start+len(bytes.TrimRight(line, "\r")))})
				break
			}
		}
		start = end + 1
	}
	return out
}
