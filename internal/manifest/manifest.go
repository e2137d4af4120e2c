// Package manifest reads the files that say what a Python project depends on: pip's requirements,
// pyproject.toml in all its tools' dialects, setup.cfg and setup.py, Pipfile, the lock files,
// conda's environments and recipes, and the pip commands of Dockerfiles. It turns them into
// requirements with positions and answers, for a whole project, questions such as "does this file
// run with torch 2.6 or later?".
//
// It resolves nothing and asks no index: it knows what is written down and no more. Judging a
// requirement is the checks' business.
//
// Beside what they require, manifests say how a project is run: images, published ports, variables
// of the environment, settings of tools. Document gives all that as trees with positions.
//
// Start reading at Parse and Manifest; Facts answers the questions that checks ask. For the
// configuration start at Open.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"unicode/utf16"

	"github.com/pyguard/pyguardml/ast"
)

// MaxSize is the size in bytes above which Parse refuses a file. The largest lock files of public
// projects have about a tenth of it.
const MaxSize = 32 << 20

// ErrUnknown is returned for a file whose kind requires nothing, or that Recognise does not know.
var ErrUnknown = errors.New("not a manifest")

// ErrTooLarge is returned for a file of more than MaxSize bytes.
var ErrTooLarge = errors.New("manifest is too large")

// Manifest is what one file says. It is not changed after Parse and may be read from many
// goroutines.
type Manifest struct {
	Path string
	Kind Kind
	// Text is the decoded file that all spans refer to: UTF-8 without its byte order mark, as
	// pip also decodes requirements that were written as UTF-16.
	Text []byte
	// Name is the distribution that the file itself describes, normalized, or "".
	Name string
	// Requirements lists what is required, in the order of the file.
	Requirements []Requirement
	// Includes lists the files that a requirements file pulls in by -r and -c.
	Includes []Option
	// Indexes lists where packages are fetched from and how: --index-url, --extra-index-url,
	// --find-links, --trusted-host, --no-index, and the sources of the other tools.
	Indexes []Option
	// RequiresPython is the range of Python versions that the project supports; the zero
	// Specifier when it does not say.
	RequiresPython Specifier
	// Notes lists what could not be understood, up to a limit. The rest of the file is still read.
	Notes []Note

	lines     []int             // the offsets at which the lines of Text start
	variables map[string]string // what ARG and ENV of a Dockerfile set
}

// Requirement is one required distribution.
type Requirement struct {
	// Name is normalized after PEP 503: lower case, with single hyphens. For conda packages it is
	// the name on the Python index where the two are known to differ (pytorch is torch). It is ""
	// for a path or archive that does not tell it.
	Name      string
	Extras    []string
	Specifier Specifier
	// Marker is the environment marker as written, without the semicolon.
	Marker string
	// URL is where the distribution comes from when that is not an index: an archive, a version
	// control URL ("git+https://…"), a path.
	URL string
	// Ref is the branch, tag or commit of a version control URL, or "".
	Ref    string
	Hashes []string
	// Editable is set for pip's -e and its equals.
	Editable bool
	// Locked is set for the entries of lock files.
	Locked bool
	// Conda is set for packages of conda channels.
	Conda bool
	Group Group
	// GroupName is the extra's or group's own name, or "".
	GroupName string
	// Span is the requirement in Manifest.Text; Version the specifier within it, or an empty span
	// at the place where one can be inserted. Version is ast.NoPos at both ends where the text
	// is not as plain as that.
	Span    ast.Span
	Version ast.Span
	// Line counts from 1.
	Line int
}

// Pinned reports whether the requirement admits a single version.
func (r *Requirement) Pinned() bool {
	_, exact := r.Specifier.Exact()
	return exact || r.Locked
}

// Group says what a requirement is for.
type Group uint8

// The groups.
const (
	// Main requirements are needed to run the project.
	Main Group = iota
	// Extra requirements belong to an optional feature.
	Extra
	// Dev requirements serve development, tests and documentation.
	Dev
	// Build requirements are needed to build the distribution.
	Build
	// Limit entries require nothing; they bound the version of what others require.
	Limit
)

// String returns the group's word.
func (g Group) String() string {
	return [...]string{"main", "extra", "dev", "build", "limit"}[g]
}

// Option is an option of a manifest with its value.
type Option struct {
	// Name is pip's long name of the option without hyphens in front: "index-url".
	Name  string
	Value string
	Span  ast.Span
	Line  int
	// Key is the place of the option's name as it is written, empty where it has none beside the
	// value.
	Key ast.Span
}

// Note says what could not be understood, and where. It is an error whose text starts with the
// path and line.
type Note struct {
	Path    string
	Line    int // from 1; 0 where the place is not known
	Message string
}

// Error implements error.
func (n Note) Error() string { return fmt.Sprintf("%s:%d: %s", n.Path, n.Line, n.Message) }

// parsers has a parser for each kind. A parser fills the manifest from its Text.
var parsers = [...]func(*Manifest){
	Requirements:     parseRequirements,
	Constraints:      parseRequirements,
	PyProject:        parsePyProject,
	SetupCfg:         parseSetupCfg,
	SetupPy:          parseSetupPy,
	Pipfile:          parsePipfile,
	PipfileLock:      parsePipfileLock,
	PoetryLock:       parsePoetryLock,
	UVLock:           parseUVLock,
	PDMLock:          parsePDMLock,
	PyLock:           parsePyLock,
	CondaEnvironment: parseCondaEnvironment,
	CondaMeta:        parseCondaMeta,
	CondaLock:        parseCondaLock,
	Pixi:             parsePixi,
	Dockerfile:       parseDockerfile,
	PipConf:          parsePipConf,
}

// Parse reads a manifest. The path tells its kind and is used in notes; it is not opened. What
// cannot be understood becomes a note, so that an error means that nothing was read: ErrUnknown or
// ErrTooLarge, wrapped with the path. The manifest may keep data, which must not be changed.
func Parse(path string, data []byte) (*Manifest, error) {
	kind := Recognise(path)
	if !kind.Requires() {
		return nil, fmt.Errorf("%s: %w", path, ErrUnknown)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: %w (%d bytes, at most %d)", path, ErrTooLarge, len(data), MaxSize)
	}
	m := &Manifest{Path: path, Kind: kind, Text: decode(data)}
	m.lines = lineStarts(m.Text)
	parsers[kind](m)
	return m, nil
}

// decode removes a byte order mark and turns UTF-16 (what PowerShell's `pip freeze > file`
// writes) into UTF-8.
func decode(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], false)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], true)
	}
	return data
}

// decodeUTF16 decodes pairs of bytes; an odd byte at the end is dropped.
func decodeUTF16(data []byte, bigEndian bool) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		a, b := uint16(data[2*i]), uint16(data[2*i+1])
		if bigEndian {
			a, b = b, a
		}
		units[i] = b<<8 | a
	}
	return []byte(string(utf16.Decode(units)))
}

func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// line returns the number of the line, from 1, that holds the byte at offset.
func (m *Manifest) line(offset int) int {
	return sort.SearchInts(m.lines, offset+1)
}

// SourceLine returns the text of a line, counted from 1, without its end, or "" outside the file.
func (m *Manifest) SourceLine(line int) string {
	if line < 1 || line > len(m.lines) {
		return ""
	}
	start := m.lines[line-1]
	return string(bytes.TrimRight(m.Text[start:start+m.lineLength(line)], "\r\n"))
}

// maxNotes is the number of notes after which a file has made its point.
const maxNotes = 200

func (m *Manifest) note(line int, format string, args ...any) {
	if len(m.Notes) >= maxNotes {
		return
	}
	m.Notes = append(m.Notes, Note{m.Path, line, fmt.Sprintf(format, args...)})
}

// lineLength returns the number of bytes of a line that exists, its end included.
func (m *Manifest) lineLength(line int) int {
	if line == len(m.lines) {
		return len(m.Text) - m.lines[line-1]
	}
	return m.lines[line] - m.lines[line-1]
}

func (m *Manifest) option(name string, v text) Option {
	return Option{Name: name, Value: v.value, Span: v.span, Line: m.line(int(v.span.Start))}
}

// add appends a requirement whose span is set, and gives it its line.
func (m *Manifest) add(r Requirement) {
	r.Line = m.line(int(r.Span.Start))
	m.Requirements = append(m.Requirements, r)
}

// addPEP508 appends the requirement that a text holds, or a note.
func (m *Manifest) addPEP508(t text, group Group, name string) {
	r, err := parsePEP508(t)
	if err != nil {
		m.note(m.line(int(t.span.Start)), "%v", err)
		if r.Name == "" {
			return
		}
	}
	r.Group, r.GroupName = group, name
	m.add(r)
}

// text is a piece of a manifest: its decoded value, and where it stands. When verbatim is set, the
// value is the bytes of the span as they are, so that places within it are known too.
type text struct {
	value    string
	span     ast.Span
	verbatim bool
}

// part is the text from byte i to byte j of t.
func (t text) part(i, j int) text {
	p := text{t.value[i:j], t.span, t.verbatim}
	if t.verbatim {
		p.span = spanOf(int(t.span.Start)+i, int(t.span.Start)+j)
	}
	return p
}

// trim removes white space at both ends.
func (t text) trim() text {
	i, j := 0, len(t.value)
	for i < j && isSpace(t.value[i]) {
		i++
	}
	for j > i && isSpace(t.value[j-1]) {
		j--
	}
	return t.part(i, j)
}

func spanOf(start, end int) ast.Span { return ast.Span{Start: ast.Pos(start), End: ast.Pos(end)} }
