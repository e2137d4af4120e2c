package manifest

import (
	"bytes"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Instruction is one of a Dockerfile, with the lines that continue it.
type Instruction struct {
	// Name is in upper case: "ENV".
	Name string
	// Words are its arguments as a shell splits them; in the exec form, its items.
	Words []Word
	// Span is the whole instruction without its last line's end.
	Span ast.Span
	// Here are the texts that RUN reads out of the file, `<<EOF`, without their last lines.
	Here []ast.Span
}

// Word is a piece of a command line, without its quotes, and its place.
type Word struct {
	Text string
	Span ast.Span
}

// Setting is a variable of the environment that a file sets.
type Setting struct {
	Name, Value string
	// Span is what is reported: NAME=VALUE, or the entry with its key.
	Span ast.Span
	// cut is what is deleted with the setting; empty where that is not plain.
	cut ast.Span
}

// Remove returns the edits that delete the setting, and what would stay behind empty; none where
// there is no plain way.
func (s *Setting) Remove() []ast.Edit {
	if s.cut.End <= s.cut.Start {
		return nil
	}
	return []ast.Edit{{Span: s.cut}}
}

// dockerInstructions reads the instructions of a Dockerfile.
func (m *Manifest) dockerInstructions() []Instruction {
	source := joinInstructions(m.Text)
	var out []Instruction
	for start := 0; start < len(source); {
		end := endOfLine(source, start)
		line := text{string(source[start:end]), spanOf(start, end), true}.trim()
		start = min(end+1, len(source))
		if line.value == "" || line.value[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line.value, " ")
		if i := strings.IndexByte(name, '\t'); i >= 0 {
			name, rest = name[:i], line.value[i+1:]
		}
		body := line.part(len(line.value)-len(rest), len(line.value)).trim()
		in := Instruction{Name: strings.ToUpper(name), Span: line.span}
		if words, ok := execForm(body); ok && strings.HasPrefix(body.value, "[") {
			body = words
		}
		for _, w := range splitWords(body) {
			in.Words = append(in.Words, Word{w.value, w.span})
		}
		if in.Name == "RUN" {
			var texts []text
			texts, start = heredocs(source, body, start)
			for _, t := range texts {
				in.Here = append(in.Here, t.span)
			}
		}
		out = append(out, in)
	}
	return out
}

// settings finds the variables that a document sets.
func (m *Manifest) settings(d *Document) []Setting {
	switch d.Kind {
	case Dockerfile:
		return m.dockerSettings(d.instructions)
	case EnvFile, Shell:
		return m.lineSettings(d.Kind == Shell)
	case Values:
		return nil // whose environment that is, is not known
	}
	c := collector{m: m, seen: map[*Node]bool{}, read: map[*Node]bool{}}
	for _, tree := range d.trees {
		c.visit(tree, 0)
	}
	return c.out
}

// dockerSettings reads ENV NAME=VALUE … and ENV NAME VALUE, and ARG with a default.
func (m *Manifest) dockerSettings(list []Instruction) []Setting {
	var out []Setting
	for _, in := range list {
		if in.Name != "ENV" && in.Name != "ARG" || len(in.Words) == 0 {
			continue
		}
		if in.Name == "ENV" && len(in.Words) > 1 && !strings.Contains(in.Words[0].Text, "=") {
			var value []string
			for _, w := range in.Words[1:] {
				value = append(value, w.Text)
			}
			out = append(out, Setting{Name: in.Words[0].Text, Value: strings.Join(value, " "), Span: in.Span, cut: m.wholeLines(in.Span)})
			continue
		}
		for i, w := range in.Words {
			name, value, ok := strings.Cut(w.Text, "=")
			if !ok {
				continue
			}
			s := Setting{Name: name, Value: value, Span: w.Span, cut: m.wholeLines(in.Span)}
			switch own := m.quoted(w.Span); {
			case len(in.Words) > 1 && i+1 < len(in.Words):
				s.cut = ast.Span{Start: own.Start, End: m.quoted(in.Words[i+1].Span).Start}
			case len(in.Words) > 1:
				s.cut = ast.Span{Start: m.quoted(in.Words[i-1].Span).End, End: own.End}
			}
			out = append(out, s)
		}
	}
	return out
}

// quoted widens a span by the quotes right around it.
func (m *Manifest) quoted(s ast.Span) ast.Span {
	isQuote := func(i ast.Pos) bool {
		return i >= 0 && int(i) < len(m.Text) && (m.Text[i] == '"' || m.Text[i] == '\'')
	}
	if isQuote(s.Start-1) && isQuote(s.End) {
		s.Start--
		s.End++
	}
	return s
}

// lineSettings reads NAME=VALUE lines, with or without export; of a shell script only those with
// export or in front of a command.
func (m *Manifest) lineSettings(script bool) []Setting {
	var out []Setting
	for start := 0; start < len(m.Text); {
		end := endOfLine(m.Text, start)
		line := text{string(m.Text[start:end]), spanOf(start, end), true}.trim()
		start = end + 1
		if line.value == "" || line.value[0] == '#' {
			continue
		}
		commands := []text{line}
		if script {
			commands = splitCommands(line)
		}
		for _, command := range commands {
			out = append(out, m.wordsThatSet(command.trim(), line, script)...)
		}
	}
	return out
}

func (m *Manifest) wordsThatSet(command, line text, script bool) []Setting {
	words := splitWords(command)
	exported := len(words) > 0 && (words[0].value == "export" || words[0].value == "declare" || words[0].value == "set")
	if exported {
		words = words[1:]
	}
	if !script && len(words) > 1 {
		if len(words) > 2 && words[1].value == "=" { // NAME = VALUE, as python-dotenv reads it
			at := ast.Span{Start: words[0].span.Start, End: words[2].span.End}
			words[0] = text{words[0].value + "=" + words[2].value, at, words[0].verbatim && words[2].verbatim}
		}
		words = words[:1] // what follows is a comment or part of an unquoted value
	}
	var out []Setting
	for _, w := range words {
		name, value, ok := strings.Cut(w.value, "=")
		if !ok || !isName(name) {
			break
		}
		s := Setting{Name: name, Value: value, Span: w.span}
		if len(words) == 1 && command.span == line.span {
			s.cut = m.wholeLines(line.span)
		}
		out = append(out, s)
	}
	if script && !exported && len(out) == len(words) {
		return nil // a variable of the script alone
	}
	return out
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isNameByte(c) || c == '.' || c == '-' {
			return false
		}
	}
	return s != ""
}

// collector finds variables in a tree.
type collector struct {
	m    *Manifest
	seen map[*Node]bool
	read map[*Node]bool
	out  []Setting
}

// holders are the keys below which configuration files set variables.
var holders = map[string]bool{
	"environment": true, "env": true, "variables": true, "env_vars": true, "envs": true, "environment_variables": true, "environmentvariables": true,
	"containerenv": true, "remoteenv": true,
}

func (c *collector) visit(n *Node, depth int) {
	if n == nil || depth > maxDepth || n.shape == scalar || c.seen[n] {
		return
	}
	c.seen[n] = true
	for i := range n.fields {
		f := &n.fields[i]
		if holders[strings.ToLower(strings.ReplaceAll(f.key.value, "-", "_"))] && f.value != nil {
			c.variables(n, i)
		}
		c.visit(f.value, depth+1)
	}
	for _, item := range n.items {
		c.visit(item, depth+1)
	}
}

// variables reads a table of variables, a list of NAME=VALUE, or a list of tables with name and
// value.
func (c *collector) variables(parent *Node, at int) {
	n := parent.fields[at].value
	if c.read[n] {
		return // by another name
	}
	c.read[n] = true
	for i, f := range n.fields {
		if f.value == nil || f.value.shape != scalar {
			continue
		}
		c.add(f.key.value, f.value.str(), around(f.key.span, f.value.Span()), parent, at, n, i)
	}
	for i, item := range n.items {
		if item == nil {
			continue
		}
		if name := item.get("name"); name != nil {
			if value := item.get("value"); value != nil && value.shape == scalar {
				c.add(name.str(), value.str(), item.Span(), parent, at, n, i)
			}
			continue
		}
		if name, value, ok := strings.Cut(item.str(), "="); ok {
			c.add(name, value, item.Span(), parent, at, n, i)
		}
	}
}

// add keeps a setting that is entry i of n, which itself is entry at of parent.
func (c *collector) add(name, value string, span ast.Span, parent *Node, at int, n *Node, i int) {
	s := Setting{Name: name, Value: value, Span: span}
	if len(n.fields)+len(n.items) == 1 {
		n, i = parent, at
	}
	s.cut = c.m.cutEntry(n, i)
	c.out = append(c.out, s)
}

// cutEntry is the text that an entry of a YAML table or list takes: its lines, or in brackets
// the entry with its comma. It is empty where another entry shares the lines.
func (m *Manifest) cutEntry(n *Node, i int) ast.Span {
	var s ast.Span
	if n.shape == table {
		s = around(n.fields[i].key.span, n.fields[i].value.Span())
	} else {
		s = n.items[i].Span()
	}
	if s.End == 0 {
		return ast.Span{}
	}
	if n.inline {
		return m.cutInline(s, i > 0)
	}
	if n.shape == list {
		j := int(s.Start) - 1
		for j >= 0 && (m.Text[j] == ' ' || m.Text[j] == '"' || m.Text[j] == '\'' || m.Text[j] == '\t') {
			j--
		}
		if j < 0 || m.Text[j] != '-' {
			return ast.Span{}
		}
		s.Start = ast.Pos(j)
	}
	return m.wholeLines(s)
}

// cutInline takes an entry with the comma behind it or, for the last one, before it.
func (m *Manifest) cutInline(s ast.Span, before bool) ast.Span {
	s = m.widen(s)
	start, end := int(s.Start), int(s.End)
	after := end
	for after < len(m.Text) && isSpace(m.Text[after]) {
		after++
	}
	if after < len(m.Text) && m.Text[after] == ',' {
		for after++; after < len(m.Text) && m.Text[after] == ' '; after++ {
		}
		return spanOf(start, after)
	}
	if before {
		for start--; start > 0 && m.Text[start] != ','; start-- {
		}
	}
	return spanOf(start, end)
}

// widen takes in a quote at either end: an entry can begin with a quoted key and end with a bare
// value.
func (m *Manifest) widen(s ast.Span) ast.Span {
	quote := func(i int) bool { return i >= 0 && i < len(m.Text) && (m.Text[i] == '"' || m.Text[i] == '\'') }
	if i := int(s.Start); s.Start == s.End && quote(i) && quote(i+1) && !quote(i-1) {
		return spanOf(i, i+2) // an empty text
	}
	if i := s.Start - 1; i >= 0 && (m.Text[i] == '"' || m.Text[i] == '\'') {
		s.Start--
	}
	if i := int(s.End); i < len(m.Text) && (m.Text[i] == '"' || m.Text[i] == '\'') {
		s.End++
	}
	return s
}

// wholeLines widens a span to its lines, their ends included; it is empty where something else
// stands on them before the span. A comment behind it goes with it.
func (m *Manifest) wholeLines(s ast.Span) ast.Span {
	start, end := int(s.Start), int(s.End)
	for start > 0 && m.Text[start-1] != '\n' {
		if c := m.Text[start-1]; c != ' ' && c != '\t' && c != '"' && c != '\'' {
			return ast.Span{}
		}
		start--
	}
	stop := endOfLine(m.Text, min(end, len(m.Text)))
	rest := bytes.TrimLeft(m.Text[min(end, len(m.Text)):stop], " \t\"'\r")
	if len(rest) > 0 && rest[0] != '#' {
		return ast.Span{}
	}
	return spanOf(start, min(stop+1, len(m.Text)))
}
