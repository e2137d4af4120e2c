package supplychain

import (
	"bytes"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// sourceOption is an option that says where packages come from, or how.
type sourceOption struct {
	// name is the long name without hyphens, value what it is set to.
	name, value string
	// key is the place of the name as it is written, at that of the value, place what is reported.
	key, at, place ast.Span
	// first and last are the numbers of its words in a command.
	first, last int
}

// sources are the options that an installer reads together: those of a file, of a command, or of
// variables of the environment.
type sources struct {
	uv      bool
	options []sourceOption
	// hashed is set where nothing is installed whose hash is not known.
	hashed bool
	source []byte
	// command is the command that the options are of, nil for none; line is set for files in which
	// an option has a line to itself.
	command *installing
	line    bool
	conf    bool
}

// sourceNames are pip's and uv's names of options, long and short.
var sourceNames = map[string]string{
	"-i": "index-url", "--index-url": "index-url", "--pypi-url": "index-url", "--default-index": "index-url",
	"--extra-index-url": "extra-index-url", "--index": "index", "-f": "find-links", "--find-links": "find-links",
	"--trusted-host": "trusted-host", "--allow-insecure-host": "trusted-host", "--index-strategy": "index-strategy",
}

// sourceVariables are the variables by which the options are set, too.
var sourceVariables = map[string]string{
	"PIP_INDEX_URL": "index-url", "PIP_EXTRA_INDEX_URL": "extra-index-url", "PIP_FIND_LINKS": "find-links", "PIP_TRUSTED_HOST": "trusted-host",
	"UV_INDEX_URL": "index-url", "UV_DEFAULT_INDEX": "index-url", "UV_EXTRA_INDEX_URL": "extra-index-url", "UV_INDEX": "index", "UV_FIND_LINKS": "find-links", "UV_INSECURE_HOST": "trusted-host",
	"UV_INDEX_STRATEGY": "index-strategy",
}

// fileSources are the options of a manifest, nil where it is none that holds them.
func fileSources(p *checks.ManifestPass) *sources {
	m := p.Requires
	if m == nil || p.Kind.Lock() || p.Kind == manifest.Dockerfile {
		return nil
	}
	s := &sources{source: p.Source.Text, line: p.Kind == manifest.Requirements || p.Kind == manifest.Constraints || p.Kind == manifest.CondaEnvironment, conf: p.Kind == manifest.PipConf}
	for _, o := range m.Indexes {
		out := sourceOption{name: o.Name, value: o.Value, key: o.Key, at: o.Span, place: o.Span}
		if known, ok := sourceNames["--"+o.Name]; ok {
			out.name = known
		}
		if o.Key.End > o.Key.Start {
			out.place.Start = o.Key.Start
		}
		s.options = append(s.options, out)
		s.hashed = s.hashed || o.Name == "require-hashes" && o.Value != "false"
	}
	s.hashed = s.hashed || len(m.Requirements) > 0 && !slices.ContainsFunc(m.Requirements, func(r manifest.Requirement) bool { return len(r.Hashes) == 0 })
	return s
}

// sources are the options of a command, and those that `config set` keeps.
func (c *installing) sources() *sources {
	if c.program != "pip" && c.program != "uv" && c.program != "pipx" {
		return nil
	}
	if c.conf != nil {
		s := &sources{source: c.source, conf: c.inPlace}
		if !c.inPlace {
			s.command = c
		}
		for _, o := range c.conf.Indexes {
			s.options = append(s.options, sourceOption{name: o.Name, value: o.Value, key: o.Key, at: o.Span, place: ast.Span{Start: o.Key.Start, End: o.Span.End}})
		}
		return s
	}
	s := &sources{uv: c.program == "uv", source: c.source, command: c, hashed: c.has("--require-hashes", "--no-index")}
	if c.sub == "config" {
		for i := range c.args {
			if i+2 >= len(c.args) || c.args[i].Text != "set" {
				continue
			}
			name, value := c.args[i+1], c.args[i+2]
			if _, option, ok := strings.Cut(name.Text, "."); ok {
				s.options = append(s.options, sourceOption{name: option, value: value.Text, key: name.Span, at: value.Span, place: ast.Span{Start: name.Span.Start, End: value.Span.End}, first: i + 1, last: i + 2})
			}
		}
		return s
	}
	names := make([]string, 0, len(sourceNames))
	for name := range sourceNames {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, o := range c.options(names...) {
		s.options = append(s.options, sourceOption{sourceNames[o.name], o.value, o.key, o.at, o.whole, o.first, o.last})
	}
	for _, v := range c.settings {
		if name, ok := sourceVariables[v.Name]; ok {
			at := ast.Span{Start: ast.Pos(c.at + v.Start), End: ast.Pos(c.at + v.End)}
			s.options = append(s.options, sourceOption{name: name, value: v.Value.Text, key: ast.Span{Start: at.Start, End: at.Start + ast.Pos(len(v.Name))}, at: ast.Span{Start: ast.Pos(c.at + v.Value.Start), End: ast.Pos(c.at + v.Value.End)}, place: at, first: -1, last: -1})
		}
	}
	return s
}

// uvTable is the table of uv's settings in a pyproject.toml or uv.toml, nil in other files.
func uvTable(p *checks.ManifestPass) *checks.Tree {
	for _, tree := range p.Trees() {
		switch {
		case p.Kind == manifest.PyProject:
			return tree.Get("tool", "uv")
		case path.Base(p.Path) == "uv.toml":
			return tree
		}
	}
	return nil
}

// isPyPI reports whether an index is the public one.
func isPyPI(index string) bool {
	host, _ := hostOfIndex(index)
	return host == "pypi.org" || host == "pypi.python.org" || host == "pypi.io" || host == "files.pythonhosted.org"
}

// hostOfIndex is the host of an address in lower case, without its port; ok is false where it
// cannot be told.
func hostOfIndex(address string) (host string, ok bool) {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "/")
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if strings.ContainsAny(rest, "${}") {
		return "", false
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Hostname() == "" {
		return "", false
	}
	return strings.ToLower(u.Hostname()), true
}

// nearHost reports whether a host is this machine or one of a private network, whichever names for
// that are used.
func nearHost(host string) bool {
	return checks.InternalHost(host) || strings.HasSuffix(host, ".intra") || strings.HasSuffix(host, ".intranet") || strings.HasSuffix(host, ".home.arpa")
}

// nearby is nearHost for what may well be reached over networks that others share: names that a
// company has chosen do not count.
func nearby(host string) bool {
	if net.ParseIP(strings.Trim(host, "[]")) != nil || !strings.Contains(host, ".") {
		return checks.InternalHost(host)
	}
	return strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".localhost")
}

// without deletes some of the options; nil where one of them cannot be deleted.
func (s *sources) without(list []sourceOption) []ast.Edit {
	if s.command != nil {
		return s.command.withoutOptions(list)
	}
	var out []ast.Edit
	for _, o := range list {
		e, ok := s.withoutInFile(o, list)
		if !ok {
			return nil
		}
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// withoutOptions deletes words of a command, those that stand together at once.
func (c *installing) withoutOptions(list []sourceOption) []ast.Edit {
	if len(list) == 0 {
		return nil
	}
	if c.conf != nil && len(list) < len(c.conf.Indexes) {
		return nil
	}
	if c.sub == "config" {
		return c.removed()
	}
	var out []ast.Edit
	for i := 0; i < len(list); {
		first, last := list[i].first, list[i].last
		if first < 0 {
			at := list[i].place
			end := at.End
			for int(end) < len(c.source) && (c.source[end] == ' ' || c.source[end] == '\t') {
				end++
			}
			out = append(out, ast.Edit{Span: ast.Span{Start: at.Start, End: end}})
			i++
			continue
		}
		for i++; i < len(list) && list[i].first == last+1; i++ {
			last = list[i].last
		}
		edits := c.without(first, last)
		if edits == nil {
			return nil
		}
		out = append(out, edits...)
	}
	return out
}

// removed deletes the command with the && or ; that joins it to others, or its line; nil where it
// is neither, or where a block would be left empty.
func (c *installing) removed() []ast.Edit {
	start, end := int(c.span.Start), int(c.span.End)
	if start < 0 || end > len(c.source) || start >= end {
		return nil
	}
	if c.source[end-1] == ';' { // which belongs to the statement
		end--
	}
	cut := func(from, to int) []ast.Edit {
		return []ast.Edit{{Span: ast.Span{Start: ast.Pos(from), End: ast.Pos(to)}}}
	}
	lead := bytes.TrimRight(c.source[:start], " \t\\\r\n")
	rest := bytes.TrimLeft(c.source[end:], " \t")
	next := func(joint string) int {
		return len(c.source) - len(bytes.TrimLeft(rest[len(joint):], " \t\\\r\n"))
	}
	line := bytes.LastIndexByte(c.source[:start], '\n') + 1
	before := bytes.TrimSpace(c.source[line:start])
	first := len(before) == 0 && !bytes.HasSuffix(bytes.TrimRight(c.source[:line], "\r\n"), []byte(`\`)) || bytes.EqualFold(before, []byte("RUN"))
	piped := bytes.HasPrefix(rest, []byte("|")) || bytes.HasPrefix(rest, []byte("&")) && !bytes.HasPrefix(rest, []byte("&&"))
	switch {
	case piped || !first && bytes.HasSuffix(lead, []byte("|")):
		return nil
	case !first && bytes.HasSuffix(lead, []byte("&&")):
		return cut(len(bytes.TrimRight(lead[:len(lead)-2], " \t\\\r\n")), end)
	case bytes.HasPrefix(rest, []byte("&&")):
		return cut(start, next("&&"))
	case !first && bytes.HasSuffix(lead, []byte("then")) && bytes.HasPrefix(rest, []byte(";")) && bytes.HasPrefix(bytes.TrimLeft(rest[1:], " \t\r\n"), []byte("fi")):
		return []ast.Edit{{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}, New: ":"}} // which has to have a command
	case !first && bytes.HasSuffix(lead, []byte(";")):
		return cut(len(bytes.TrimRight(lead[:len(lead)-1], " \t\\\r\n")), end)
	case bytes.HasPrefix(rest, []byte(";")):
		if to := next(";"); !alone(lead, c.source[to:]) {
			return cut(start, to)
		}
		return nil
	case !first || alone(lead, bytes.TrimLeft(rest, " \t\r\n")):
		return nil
	}
	stop := bytes.IndexByte(c.source[end:], '\n')
	if stop < 0 {
		return cut(line, len(c.source))
	}
	if len(bytes.TrimSpace(c.source[end:end+stop])) > 0 {
		return nil
	}
	return cut(line, end+stop+1)
}

// alone reports whether a command is all that stands in a block of the shell.
func alone(before, after []byte) bool {
	opens := func(word string) bool { return bytes.HasSuffix(before, []byte(word)) }
	ends := func(word string) bool { return bytes.HasPrefix(after, []byte(word)) }
	return slices.ContainsFunc([]string{"then", "do", "else", "{", "("}, opens) && slices.ContainsFunc([]string{"fi", "done", "else", "elif", "}", ")"}, ends)
}

// withoutInFile is the edit that deletes an option of a file: its line, or what it takes of a line.
func (s *sources) withoutInFile(o sourceOption, list []sourceOption) (e ast.Edit, ok bool) {
	if o.key.End <= o.key.Start || !s.line && !s.conf {
		return e, false
	}
	from, to := o.key.Start, o.at.End
	if s.conf {
		kept := false
		for _, other := range s.options {
			if other.key == o.key {
				to = max(to, other.at.End)
				kept = kept || !slices.Contains(list, other)
			}
		}
		if kept { // other values of the same key stay
			start := o.at.Start
			for start > o.key.End+1 && strings.IndexByte(" \t\r\n", s.source[start-1]) >= 0 {
				start--
			}
			if s.source[start-1] == '=' || s.source[start-1] == ':' {
				end := o.at.End
				for int(end) < len(s.source) && strings.IndexByte(" \t", s.source[end]) >= 0 {
					end++
				}
				return ast.Edit{Span: ast.Span{Start: o.at.Start, End: end}}, true
			}
			return ast.Edit{Span: ast.Span{Start: start, End: o.at.End}}, true
		}
	}
	line := bytes.LastIndexByte(s.source[:from], '\n') + 1
	stop := len(s.source)
	if n := bytes.IndexByte(s.source[to:], '\n'); n >= 0 {
		stop = int(to) + n + 1
	}
	before, after := s.source[line:from], s.source[to:stop]
	after, _, _ = bytes.Cut(after, []byte(" #"))
	if len(bytes.Trim(before, " \t-'\"")) == 0 && len(bytes.Trim(after, " \t\r\n'\"")) == 0 {
		return ast.Edit{Span: ast.Span{Start: ast.Pos(line), End: ast.Pos(stop)}}, true
	}
	if len(bytes.TrimSpace(after)) > 0 {
		for int(to) < len(s.source) && (s.source[to] == ' ' || s.source[to] == '\t') {
			to++
		}
	} else {
		for from > 0 && (s.source[from-1] == ' ' || s.source[from-1] == '\t') {
			from--
		}
	}
	return ast.Edit{Span: ast.Span{Start: from, End: to}}, true
}
