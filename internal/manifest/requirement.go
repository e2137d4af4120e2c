package manifest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Normalize returns a distribution's name as PEP 503 compares it: in lower case, with each run of
// hyphens, underscores and dots as one hyphen.
func Normalize(name string) string {
	if isNormal(name) {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if i == 0 || strings.IndexByte("-_.", name[i-1]) < 0 {
				b.WriteByte('-')
			}
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isNormal(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c == '_' || c == '.' || c >= 'A' && c <= 'Z' || c == '-' && i > 0 && name[i-1] == '-' {
			return false
		}
	}
	return true
}

// noSpan is the span of what has no place of its own.
var noSpan = ast.Span{Start: ast.NoPos, End: ast.NoPos}

// parsePEP508 reads "name[extras] specifier ; marker" and "name @ URL ; marker"
// (packaging.python.org/en/latest/specifications/dependency-specifiers). An error comes with what
// could be read; without a name nothing could.
func parsePEP508(t text) (Requirement, error) {
	t = t.trim()
	r := Requirement{Span: t.span, Version: noSpan}
	n := nameLength(t.value)
	if n == 0 {
		return r, fmt.Errorf("no requirement: %s", shorten(t.value))
	}
	r.Name = Normalize(t.value[:n])
	rest := t.part(n, len(t.value)).trimLeft()
	var err error
	if strings.HasPrefix(rest.value, "[") {
		if rest, err = r.readExtras(rest); err != nil {
			return r, err
		}
	} else if rest.verbatim {
		// A specifier is inserted directly behind the name.
		r.Version = spanOf(int(t.span.Start)+n, int(t.span.Start)+n)
	}
	if strings.HasPrefix(rest.value, "@") {
		r.Version = noSpan
		return r, r.readURL(rest.part(1, len(rest.value)).trim())
	}
	return r, r.readVersion(rest)
}

func (t text) trimLeft() text {
	i := 0
	for i < len(t.value) && isSpace(t.value[i]) {
		i++
	}
	return t.part(i, len(t.value))
}

func nameLength(s string) int {
	n := 0
	for n < len(s) && isNameByte(s[n]) {
		n++
	}
	for n > 0 && strings.IndexByte("-_.", s[n-1]) >= 0 {
		n--
	}
	if n > 0 && strings.IndexByte("-_.", s[0]) >= 0 {
		return 0
	}
	return n
}

func isNameByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.'
}

func (r *Requirement) readExtras(t text) (rest text, err error) {
	end := strings.IndexByte(t.value, ']')
	if end < 0 {
		return t, errors.New("an extra's bracket is not closed")
	}
	for extra := range strings.SplitSeq(t.value[1:end], ",") {
		if extra = strings.TrimSpace(extra); extra != "" {
			r.Extras = append(r.Extras, Normalize(extra))
		}
	}
	if t.verbatim {
		at := int(t.span.Start) + end + 1
		r.Version = spanOf(at, at)
	}
	return t.part(end+1, len(t.value)).trimLeft(), nil
}

func (r *Requirement) readVersion(t text) error {
	spec := t
	if i := strings.IndexByte(t.value, ';'); i >= 0 {
		r.Marker = strings.TrimSpace(t.value[i+1:])
		spec = t.part(0, i)
	}
	spec = spec.trim()
	if spec.value == "" {
		return nil
	}
	if spec.verbatim {
		r.Version = spec.span
	}
	// Old metadata puts the specifier into parentheses: "torch (>=2.6)".
	inner := strings.TrimSuffix(strings.TrimPrefix(spec.value, "("), ")")
	var ok bool
	if r.Specifier, ok = ParseSpecifier(inner); !ok {
		return fmt.Errorf("%s: version not understood: %s", r.Name, shorten(spec.value))
	}
	return nil
}

// readURL reads the URL of a direct reference and the marker behind it, which a space precedes.
func (r *Requirement) readURL(t text) error {
	url, marker, found := strings.Cut(t.value, " ;")
	if !found {
		url, marker, _ = strings.Cut(t.value, "; ")
	}
	r.Marker = strings.TrimSpace(marker)
	r.setURL(strings.TrimSpace(url))
	if r.URL == "" {
		return fmt.Errorf("%s: no URL behind @", r.Name)
	}
	return nil
}

// setURL takes from a URL what it tells: the reference of a version control URL, the hash and egg
// of the fragment, the name and version in an archive's file name.
func (r *Requirement) setURL(url string) {
	r.URL = url
	location, fragment, _ := strings.Cut(url, "#")
	for pair := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(pair, "=")
		switch {
		case key == "egg" && r.Name == "":
			r.Name = Normalize(value[:nameLength(value)])
		case key == "sha256" || key == "sha384" || key == "sha512":
			r.Hashes = append(r.Hashes, key+":"+value)
		}
	}
	if scheme, rest, ok := strings.Cut(location, "+"); ok && isVersionControl(scheme) {
		r.setRef(rest)
		return
	}
	location, _, _ = strings.Cut(location, "?")
	name, version, ok := archiveVersion(location)
	if ok && (r.Name == "" || r.Name == name) {
		r.Name, r.Specifier = name, exactly(version)
	}
}

func isVersionControl(scheme string) bool {
	return scheme == "git" || scheme == "hg" || scheme == "svn" || scheme == "bzr"
}

// setRef reads https://host/owner/name.git@ref. An @ before the path belongs to the user's name.
func (r *Requirement) setRef(location string) {
	_, rest, ok := strings.Cut(location, "://")
	if !ok {
		rest = location
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return
	}
	path := rest[slash:]
	if at := strings.LastIndexByte(path, '@'); at >= 0 {
		path, r.Ref = path[:at], path[at+1:]
	}
	if r.Name == "" {
		_, base := splitPath(strings.TrimSuffix(path, "/"))
		r.Name = Normalize(strings.TrimSuffix(base, ".git"))
	}
}

// archiveVersion reads the file name of a wheel (PEP 427) or source archive.
func archiveVersion(location string) (name string, v Version, ok bool) {
	_, base := splitPath(location)
	base = strings.NewReplacer("%2B", "+", "%2b", "+").Replace(base)
	if wheel, found := strings.CutSuffix(base, ".whl"); found {
		fields := strings.Split(wheel, "-")
		if len(fields) < 5 {
			return "", Version{}, false
		}
		v, ok = ParseVersion(strings.ReplaceAll(fields[1], "_", "+"))
		return Normalize(fields[0]), v, ok
	}
	for _, ext := range []string{".tar.gz", ".zip", ".tar.bz2"} {
		stem, found := strings.CutSuffix(base, ext)
		dash := strings.LastIndexByte(stem, '-')
		if found && dash > 0 {
			v, ok = ParseVersion(stem[dash+1:])
			return Normalize(stem[:dash]), v, ok
		}
	}
	return "", Version{}, false
}

func shorten(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
