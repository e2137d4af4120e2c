package manifest

import (
	"bytes"
	"strings"
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

// Script is text of a shell in a file. It has the file's bytes from Start on; what is not the shell's
// among them is blank.
type Script struct {
	Text  string
	Start int
}

// Scripts returns what a shell runs of a Dockerfile's RUN, CMD or ENTRYPOINT instruction, also of one
// behind ONBUILD: the text behind its options, comments between its lines blanked, or the texts that it
// reads with `<<`; none of the exec form.
func (d *Document) Scripts(in *Instruction) []Script {
	source := d.Source.Text
	end := int(in.Span.End)
	name := len(in.Name)
	switch {
	case in.Name == "ONBUILD" && len(in.Words) > 1 && strings.EqualFold(in.Words[0].Text, "RUN"):
		name = int(in.Words[0].Span.End - in.Span.Start)
	case in.Name != "RUN" && in.Name != "CMD" && in.Name != "ENTRYPOINT":
		return nil
	}
	first := string(source[in.Span.Start:end])
	text := shellOfRun(first, name)
	if text == "" {
		return nil
	}
	if len(in.Here) == 0 {
		return []Script{{text, int(in.Span.Start)}}
	}
	if strings.HasPrefix(strings.TrimLeft(text, " \t\n"), "<<") {
		var out []Script
		for _, s := range in.Here {
			here := string(source[s.Start:s.End])
			line, _, _ := strings.Cut(here, "\n")
			if strings.HasPrefix(line, "#!") && !strings.HasSuffix(strings.TrimSpace(line), "sh") {
				continue
			}
			out = append(out, Script{here, int(s.Start)})
		}
		return out
	}
	// The texts are another command's, which reads them.
	last := min(endOfLine(source, int(in.Here[len(in.Here)-1].End)), len(source))
	return []Script{{text + string(source[end:last]), int(in.Span.Start)}}
}

// shellOfRun is the shell's text of an instruction whose name ends at an offset: the name, options
// and the comments between its lines are blanked. It is "" in the exec form.
func shellOfRun(text string, at int) string {
	out := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\\\r\n"))
		if !strings.HasPrefix(text[at:], "--") {
			break
		}
		n := strings.IndexAny(text[at:], " \t\n")
		if n <= 0 {
			return ""
		}
		at += n
	}
	if strings.HasPrefix(text[at:], "[") && strings.HasSuffix(strings.TrimSpace(text), "]") {
		return ""
	}
	blank(0, at)
	start := 0
	for line := range strings.Lines(text) {
		if start > at && strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			end := start + len(strings.TrimRight(line, "\r\n"))
			blank(start, end)
			if end > start {
				out[end-1] = '\\'
			}
		}
		start += len(line)
	}
	return string(out)
}

// RemoveItem returns the edits that take an item out of a list of YAML, or an entry out of a table: its
// lines, or in brackets the item with its comma; none where something else shares its lines.
func (d *Document) RemoveItem(of *Node, i int) []ast.Edit {
	if i < 0 || i >= len(of.list())+len(of.each()) {
		return nil
	}
	m := &Manifest{Text: d.Source.Text}
	cut := m.cutEntry(of, i)
	if cut.End <= cut.Start {
		return nil
	}
	return []ast.Edit{{Span: cut}}
}
