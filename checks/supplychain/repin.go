package supplychain

import (
	"bytes"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// operators are those of the languages of versions, longer ones before their prefixes.
var operators = []string{"===", "==", "~=", "!=", ">=", "<=", "^", "~", "=", ">", "<"}

// repin is the edit that sets a requirement to another release: a pin keeps its operator, other
// bounds become a lower one. It is nil where the text is not plain, and where hashes tell files
// of the old release.
func repin(source []byte, r *manifest.Requirement, release string) []ast.Edit {
	at := r.Version
	if at.Start < 0 || at.End <= at.Start || int(at.End) > len(source) || len(r.Hashes) > 0 || r.URL != "" {
		return nil
	}
	text := string(source[at.Start:at.End])
	if r.Conda {
		at.End = max(at.End, endOfBuild(source, r))
	}
	open, end := "", ""
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		open, end, text = "(", ")", text[1:len(text)-1]
	}
	text, padding := strings.TrimRight(text, " \t"), ""
	op := ""
	for _, o := range operators {
		if rest, ok := strings.CutPrefix(text, o); ok {
			op, padding = o, rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
			break
		}
	}
	_, exact := r.Specifier.Exact()
	switch {
	case strings.ContainsAny(text, ",|") || strings.ContainsAny(strings.TrimSpace(text[len(op)+len(padding):]), " \t"):
		op, padding = ">=", ""
		if exact {
			op = "=="
		}
	case op == "<" || op == "<=":
		op = ">="
	}
	return []ast.Edit{{Span: at, New: open + op + padding + release + end}}
}

// endOfBuild is where the build behind the version of a conda package ends.
func endOfBuild(source []byte, r *manifest.Requirement) ast.Pos {
	rest := source[r.Version.End:min(int(max(r.Span.End, r.Version.End)), len(source))]
	if len(rest) > 0 && (rest[0] == '=' || rest[0] == ' ') && !bytes.ContainsAny(rest, ",<>[") {
		return r.Span.End
	}
	return r.Version.End
}

// raised is a specifier that also admits nothing below a release.
func raised(text, release string) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "*":
		return ">=" + release
	case !strings.ContainsAny(text, ",|") && (strings.HasPrefix(text, "^") || strings.HasPrefix(text, "~")):
		return text[:len(text)-len(strings.TrimLeft(text, "^~= "))] + release
	}
	before, after, ok := strings.Cut(text, ">=")
	if !ok {
		return text + ",>=" + release
	}
	n := strings.IndexAny(strings.TrimLeft(after, " "), ",| ")
	if n < 0 {
		return before + ">=" + release
	}
	return before + ">=" + release + strings.TrimLeft(after, " ")[n:]
}

// without is a specifier that admits none of some releases.
func without(text string, list []string) string {
	text = strings.TrimSpace(text)
	var out []string
	if text != "" && text != "*" {
		out = []string{text}
	}
	for _, release := range list {
		out = append(out, "!="+release)
	}
	return strings.Join(out, ",")
}

// lockedBy is the document that a lock file is made from: the pyproject.toml or Pipfile beside it.
func lockedBy(p *checks.ManifestPass) *checks.Document {
	name := "pyproject.toml"
	if p.Kind == manifest.PipfileLock {
		name = "Pipfile"
	}
	for _, d := range p.Project.Documents {
		if d.Path == path.Join(path.Dir(p.Path), name) && d.Requires != nil {
			return d
		}
	}
	return nil
}

// outdated reports whether the manifest of a lock file admits a locked release no more, so that it
// is going to be locked anew.
func outdated(from *checks.Document, r *manifest.Requirement) bool {
	v, ok := r.Specifier.Exact()
	if from == nil || !ok {
		return false
	}
	for i := range from.Requires.Requirements {
		if q := &from.Requires.Requirements[i]; q.Name == r.Name && !q.Specifier.Admits(v.Public().String()) {
			return true
		}
	}
	return false
}

// changeFrom is the fix of a lock file's entry: the manifest that it is made from is changed. Pin
// is the edit of a requirement that is itself at fault, nil for others, for which spec gives the
// new specifier.
func changeFrom(from *checks.Document, name, message string, unsafe bool, pin func(*manifest.Requirement) []ast.Edit, spec func(old string) string) *fix.Fix {
	if from == nil {
		return nil
	}
	source := from.Source.Text
	var edits []ast.Edit
	for i := range from.Requires.Requirements {
		q := &from.Requires.Requirements[i]
		if q.Name != name {
			continue
		}
		if q.URL != "" || q.Group == manifest.Limit || q.Group == manifest.Build {
			return nil
		}
		if edits = pin(q); edits != nil {
			break
		}
		if q.Version.Start < 0 {
			return nil
		}
		edits = []ast.Edit{{Span: q.Version, New: spec(string(source[q.Version.Start:q.Version.End]))}}
		break
	}
	if edits == nil {
		edits = addRequirement(from, name, spec(""))
	}
	if edits == nil {
		return nil
	}
	list := checks.TextEdits(edits...)
	for i := range list {
		list[i].Path = from.Path
	}
	return checks.Fix(unsafe, message, list)
}

// addRequirement adds a requirement to the main ones of a pyproject.toml or Pipfile.
func addRequirement(d *checks.Document, name, specifier string) []ast.Edit {
	trees := d.Trees()
	if len(trees) == 0 {
		return nil
	}
	source := d.Source.Text
	if items := trees[0].Get("project", "dependencies").Items(); len(items) > 0 {
		last := items[len(items)-1].Span()
		end := int(last.End) + 1
		start := int(last.Start) - 1
		if start < 0 || end > len(source) || source[start] != source[end-1] {
			return nil
		}
		line := bytes.LastIndexByte(source[:start], '\n') + 1
		quote := string(source[start])
		item := quote + name + specifier + quote
		if indent := source[line:start]; len(bytes.TrimSpace(indent)) == 0 {
			if end < len(source) && source[end] == ',' {
				return []ast.Edit{insertion(end+1, "\n"+string(indent)+item+",")}
			}
			return []ast.Edit{insertion(end, ",\n"+string(indent)+item)}
		}
		return []ast.Edit{insertion(end, ", "+item)}
	}
	for _, keys := range [][]string{{"tool", "poetry", "dependencies"}, {"packages"}} {
		fields := trees[0].Get(keys...).Fields()
		if len(fields) == 0 {
			continue
		}
		last := fields[len(fields)-1]
		if last.Value.IsTable() || last.Value.IsList() {
			last = fields[0]
		}
		if last.Value.IsTable() || last.Value.IsList() {
			return nil
		}
		at := int(last.Value.Span().End)
		if n := bytes.IndexByte(source[at:], '\n'); n >= 0 {
			return []ast.Edit{insertion(at+n+1, name+` = "`+specifier+"\"\n")}
		}
		return []ast.Edit{insertion(len(source), "\n"+name+` = "`+specifier+`"`)}
	}
	return nil
}

func insertion(at int, text string) ast.Edit {
	return ast.Edit{Span: ast.Span{Start: ast.Pos(at), End: ast.Pos(at)}, New: text}
}

// versionPlace is what is reported of a requirement: the version in a lock file, else the
// requirement.
func versionPlace(r *manifest.Requirement) ast.Node {
	if r.Locked && r.Version.Start >= 0 {
		return checks.Place(r.Version)
	}
	return checks.Place(r.Span)
}
