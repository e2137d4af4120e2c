package manifest

import (
	"bytes"
	"strings"
)

// parseRequirements reads pip's requirements format
// (pip.pypa.io/en/stable/reference/requirements-file-format).
func parseRequirements(m *Manifest) {
	r := requirementsReader{m: m, group: groupOfPath(m.Path)}
	if m.Kind == Constraints {
		r.group = Limit
	}
	source := joinLines(m.Text)
	for start := 0; start < len(source); {
		end := endOfLine(source, start)
		r.line(text{string(source[start:end]), spanOf(start, end), true})
		start = end + 1
	}
}

// joinLines turns each backslash before a line's end, and the line's end, into spaces, so that a
// logical line is one line and every byte stays where it was.
func joinLines(source []byte) []byte {
	if !bytes.Contains(source, []byte("\\\n")) && !bytes.Contains(source, []byte("\\\r\n")) {
		return source
	}
	joined := bytes.Clone(source)
	for i := 0; i+1 < len(joined); i++ {
		if joined[i] != '\\' {
			continue
		}
		switch {
		case joined[i+1] == '\n':
			joined[i], joined[i+1] = ' ', ' '
		case joined[i+1] == '\r' && i+2 < len(joined) && joined[i+2] == '\n':
			joined[i], joined[i+1], joined[i+2] = ' ', ' ', ' '
		}
	}
	return joined
}

type requirementsReader struct {
	m     *Manifest
	group Group
}

func (r *requirementsReader) line(t text) {
	t = withoutComment(t).trim()
	if t.value == "" {
		return
	}
	if t.value[0] == '-' {
		pip := pipReader{m: r.m, group: r.group}
		pip.arguments(splitWords(t))
		return
	}
	r.requirement(t)
}

// withoutComment cuts a comment off: # at the start of the line or behind white space.
func withoutComment(t text) text {
	for i := range len(t.value) {
		if t.value[i] == '#' && (i == 0 || isSpace(t.value[i-1])) {
			return t.part(0, i)
		}
	}
	return t
}

// requirement reads a line that starts with a requirement; per-requirement options may follow.
func (r *requirementsReader) requirement(t text) {
	var hashes []string
	if i := optionStart(t.value); i >= 0 {
		hashes = hashOptions(t.value[i:])
		t = t.part(0, i).trim()
	}
	pip := pipReader{m: r.m, group: r.group}
	pip.requirement(t, hashes, false)
}

// optionStart finds " --hash" or another option behind a requirement.
func optionStart(line string) int {
	if i := strings.Index(line, " --"); i >= 0 {
		return i
	}
	return strings.Index(line, "\t--")
}

func hashOptions(options string) []string {
	var hashes []string
	for word := range strings.FieldsSeq(options) {
		if hash, ok := strings.CutPrefix(word, "--hash="); ok {
			hashes = append(hashes, hash)
		} else if strings.Contains(word, ":") && !strings.HasPrefix(word, "-") {
			hashes = append(hashes, word)
		}
	}
	return hashes
}

// pipOption is an option of pip that takes a value.
type pipOption struct {
	short, long string
	// use says what becomes of the value.
	use use
}

type use uint8

const (
	skipped use = iota
	included
	indexed
	edited
)

// pipOptions lists pip's options with values, of pip 25 (pip.pypa.io/en/stable/cli/pip_install).
// Options that are not here take none.
var pipOptions = []pipOption{
	{"-r", "--requirement", included}, {"-c", "--constraint", included},
	{"-i", "--index-url", indexed}, {"", "--extra-index-url", indexed}, {"-f", "--find-links", indexed},
	{"", "--trusted-host", indexed}, {"-e", "--editable", edited}, {"", "--pypi-url", indexed},
	{"-t", "--target", skipped}, {"", "--platform", skipped}, {"", "--python-version", skipped},
	{"", "--implementation", skipped}, {"", "--abi", skipped}, {"", "--root", skipped},
	{"", "--prefix", skipped}, {"", "--src", skipped}, {"", "--upgrade-strategy", skipped},
	{"-C", "--config-settings", skipped}, {"", "--config-setting", skipped}, {"", "--global-option", skipped},
	{"", "--no-binary", skipped}, {"", "--only-binary", skipped}, {"", "--progress-bar", skipped},
	{"", "--report", skipped}, {"-p", "--python", skipped}, {"", "--log", skipped},
	{"", "--proxy", skipped}, {"", "--retries", skipped}, {"", "--timeout", skipped},
	{"", "--exists-action", skipped}, {"", "--cert", skipped}, {"", "--client-cert", skipped},
	{"", "--cache-dir", skipped}, {"", "--use-feature", skipped}, {"", "--use-deprecated", skipped},
	{"", "--root-user-action", skipped}, {"", "--torch-backend", skipped}, {"", "--index", indexed},
	{"", "--default-index", indexed}, {"", "--index-strategy", skipped}, {"", "--group", skipped},
	{"", "--extra", skipped}, {"", "--override", skipped}, {"", "--hash", skipped},
}

// pipReader reads the arguments of `pip install`, or an option line of a requirements file.
type pipReader struct {
	m     *Manifest
	group Group
}

func (p *pipReader) arguments(words []text) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word.value, "-") {
			p.requirement(word, nil, false)
			continue
		}
		option, value, joined := splitOption(word)
		if option == nil {
			p.flag(word)
			continue
		}
		if !joined {
			if i++; i == len(words) {
				p.m.note(p.m.line(int(word.span.Start)), "%s: a value is missing", word.value)
				return
			}
			value = words[i]
		}
		p.option(option, word, value)
	}
}

// splitOption finds the option a word names, and the value that is joined to it by = or, for a
// short option, by nothing.
func splitOption(word text) (option *pipOption, value text, joined bool) {
	for i := range pipOptions {
		o := &pipOptions[i]
		if o.long != "" && strings.HasPrefix(word.value, o.long) {
			rest := word.value[len(o.long):]
			if rest == "" {
				return o, text{}, false
			}
			if rest[0] == '=' {
				return o, word.part(len(o.long)+1, len(word.value)), true
			}
		}
		if o.short != "" && strings.HasPrefix(word.value, o.short) {
			n := len(o.short)
			return o, word.part(n, len(word.value)), len(word.value) > n
		}
	}
	return nil, text{}, false
}

// flag records the options without a value that change where packages come from.
func (p *pipReader) flag(word text) {
	switch word.value {
	case "--no-index", "--pre", "--require-hashes":
		name := word.value[2:]
		word.value = ""
		p.m.Indexes = append(p.m.Indexes, p.m.option(name, word))
	}
}

func (p *pipReader) option(o *pipOption, word, value text) {
	option := p.m.option(o.long[2:], value)
	option.Key = word.span
	if value.span.Start >= word.span.Start && value.span.End == word.span.End { // joined to the name
		option.Key.End = value.span.Start
		if value.span.Start > word.span.Start && word.verbatim && strings.HasSuffix(word.value[:len(word.value)-len(value.value)], "=") {
			option.Key.End--
		}
	}
	switch o.use {
	case included:
		p.m.Includes = append(p.m.Includes, option)
	case indexed:
		p.m.Indexes = append(p.m.Indexes, option)
	case edited:
		p.requirement(value, nil, true)
	}
}

func (p *pipReader) requirement(t text, hashes []string, editable bool) {
	if t = p.m.expand(t).trim(); t.value == "" || p.unknowable(t.value) {
		return
	}
	r, err := readRequirement(t)
	if err != nil {
		p.m.note(p.m.line(int(t.span.Start)), "%v", err)
		if r.Name == "" {
			return
		}
	}
	r.Hashes = append(r.Hashes, hashes...)
	r.Editable, r.Group = editable, p.group
	p.m.add(r)
}

// unknowable reports whether a word stands for something that only a run shows, such as
// "{{ package }}", or is the brace of a shell's block.
func (p *pipReader) unknowable(word string) bool {
	return word == "{" || word == "}" || strings.Contains(word, "{{")
}

// readRequirement reads what pip takes: a dependency specifier, a URL, or a path.
func readRequirement(t text) (Requirement, error) {
	if !isLocation(t.value) {
		return parsePEP508(t)
	}
	r := Requirement{Span: t.span, Version: noSpan}
	return r, r.readURL(t)
}

// isLocation reports whether a requirement is a URL or path and no name.
func isLocation(s string) bool {
	name := nameLength(s)
	rest := s[name:]
	direct := name > 0 && strings.HasPrefix(strings.TrimLeft(rest, " \t"), "@")
	if s[0] == '.' || s[0] == '/' || strings.HasSuffix(s, ".whl") && !direct {
		return true
	}
	// git+https://…, https://…, file:…, and folders; "name @ URL" has a space before the @.
	return strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, ":") ||
		strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, `\`)
}
