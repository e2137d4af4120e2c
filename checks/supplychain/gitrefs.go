package supplychain

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// gitAddress is a requirement's address of a Git repository.
type gitAddress struct {
	// start and end are its place in the text, without the fragment; ref is where the reference
	// begins, with its at sign, end where there is none.
	start, at, end int
	ref            string
}

// gitAddresses finds the addresses of Git repositories that a text of a requirement holds, by https
// or ssh.
func gitAddresses(text string) []gitAddress {
	var out []gitAddress
	for from := 0; ; {
		i := strings.Index(text[from:], "git+")
		if i < 0 {
			return out
		}
		i += from
		from = i + len("git+")
		rest := text[from:]
		if !strings.HasPrefix(rest, "https://") && !strings.HasPrefix(rest, "ssh://") {
			continue
		}
		end := len(text)
		if n := strings.IndexAny(rest, " \t\r\n\"'#,;\\`)"); n >= 0 {
			end = from + n
		}
		a := gitAddress{start: i, at: end, end: end}
		host := from + strings.Index(rest, "://") + len("://")
		if host >= end {
			continue
		}
		if slash := strings.IndexByte(text[host:end], '/'); slash >= 0 {
			if n := strings.LastIndexByte(text[host+slash:end], '@'); n >= 0 {
				a.at = host + slash + n
				a.ref = text[a.at+1 : end]
			}
		}
		out = append(out, a)
		from = end
	}
}

// repository is the address without scheme and ending, in lower case, as lock files hold it.
func (a gitAddress) repository(text string) string {
	_, rest, ok := strings.Cut(text[a.start:a.at], "://")
	if !ok {
		return ""
	}
	if user := strings.IndexByte(rest, '@'); user >= 0 && user < strings.IndexByte(rest+"/", '/') {
		rest = rest[user+1:]
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(rest, "/"), ".git"))
}

// movingRef reports whether a reference of Git is none, or neither a commit nor the tag of a version.
func movingRef(ref string) bool {
	if strings.ContainsAny(ref, "${") {
		return false // given elsewhere
	}
	if n := len(ref); n >= 7 && n <= 40 && strings.Trim(strings.ToLower(ref), "0123456789abcdef") == "" {
		return false
	}
	return !strings.ContainsAny(ref, "0123456789") || !strings.Contains(ref, ".")
}

// gitBranch is PML6314.
var gitBranch = &checks.Rule{
	Spec:     infoPML6314,
	Mentions: []string{"git"},
	OnManifest: func(p *checks.ManifestPass) {
		switch p.Kind {
		case manifest.PyProject, manifest.Pipfile, manifest.Pixi:
			for _, root := range p.Trees() {
				reportTables(p, root)
			}
		}
		if p.Requires == nil || p.Kind.Lock() {
			return
		}
		values := map[string]string{}
		for _, s := range p.Settings() {
			values[s.Name] = s.Value
		}
		var done []ast.Span
		for i := range p.Requires.Requirements {
			r := &p.Requires.Requirements[i]
			if slices.Contains(done, r.Span) {
				continue
			}
			done = append(done, r.Span)
			if a, ok := branchOf(p.Project, p.Path, p.Source.Text, r, values); ok {
				p.Report(checks.Report{Node: checks.Place(r.Span), Fix: checks.Fix(true, "pin the commit that was reviewed", checks.TextEdits(a.pinned(int(r.Span.Start))))})
			}
		}
	},
	On: []string{"setuptools.setup", "distutils.core.setup"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"install_requires", "setup_requires", "tests_require", "extras_require"} {
			a := c.Arg(-1, name)
			if a == nil {
				continue
			}
			lists := []*checks.Value{a.Value}
			if entries, _, ok := c.Entries(a.Value); ok && name == "extras_require" {
				lists = nil
				for _, e := range entries {
					lists = append(lists, e.Value)
				}
			}
			for _, v := range lists {
				items, _, _ := c.Items(v)
				for _, it := range items {
					reportRequired(p, it)
				}
			}
		}
	},
}

// reportRequired reports a requirement of setup() from a branch.
func reportRequired(p *checks.Pass, it checks.Item) {
	text, ok := it.Value.Text()
	if !ok || it.Node == nil {
		return
	}
	in := p.Holder(it.Node)
	list := gitAddresses(text)
	if len(list) == 0 || in == nil {
		return
	}
	a := list[0]
	name, _, _ := strings.Cut(text, "@")
	if !movingRef(a.ref) || ofProject(p.Project, manifest.Normalize(strings.TrimSpace(name))) || locked(p.Project, p.Path, a.repository(text)) {
		return
	}
	r := checks.Report{Node: it.Node, In: in}
	written := it.Node
	if name, ok := it.Node.(*ast.Name); ok {
		if literal, ok := checks.LastAssigned(in.File.Body, name).(*ast.Str); ok {
			written = literal
		}
	}
	if e, ok := written.(ast.Expr); ok {
		old := text[a.start:a.end]
		r.Fix = checks.Fix(true, "pin the commit that was reviewed", p.InFile(in, fix.ReplaceInString(in.File, e, old, text[a.start:a.at]+"@"+noCommit)))
	}
	p.Report(r)
}

// branchOf is the address of a requirement whose reference moves, in the text of its place.
func branchOf(project *checks.Project, file string, text []byte, r *manifest.Requirement, values map[string]string) (a gitAddress, ok bool) {
	if r.Span.Start < 0 || r.Span.End <= r.Span.Start || int(r.Span.End) > len(text) {
		return a, false
	}
	spelled := string(text[r.Span.Start:r.Span.End])
	list := gitAddresses(spelled)
	if len(list) == 0 {
		return a, false
	}
	a = list[0]
	_, repository, _ := strings.Cut(spelled[a.start:a.at], "://")
	if i := strings.LastIndexByte(repository, '@'); strings.Contains(expand(repository[i+1:], values), "$") {
		return a, false // the repository may bring its reference
	}
	if !movingRef(expand(a.ref, values)) || ofProject(project, r.Name) || locked(project, file, a.repository(spelled)) {
		return a, false
	}
	return a, true
}

// pinned is the edit that puts a commit in the place of a reference. start is where the text begins in
// the file.
func (a gitAddress) pinned(start int) ast.Edit {
	return ast.Edit{Span: ast.Span{Start: ast.Pos(start + a.at), End: ast.Pos(start + a.end)}, New: "@" + noCommit}
}

// ofProject reports whether a distribution is one that the project itself makes.
func ofProject(project *checks.Project, name string) bool {
	return name != "" && slices.ContainsFunc(project.Requirements.Manifests(), func(m *manifest.Manifest) bool { return !m.Kind.Lock() && m.Name == name })
}

// locked reports whether a lock file in the folder of a file, or one around it, holds the commit of a
// repository.
func locked(project *checks.Project, file, repository string) bool {
	if repository == "" {
		return false
	}
	for _, m := range project.Requirements.Manifests() {
		folder := path.Dir(m.Path)
		if m.Kind.Lock() && (folder == "." || folder == path.Dir(file) || strings.HasPrefix(file, folder+"/")) && bytes.Contains(bytes.ToLower(m.Text), []byte(repository)) {
			return true
		}
	}
	return false
}

// reportTables reports the tables of dependencies that name a repository without a commit.
func reportTables(p *checks.ManifestPass, root *checks.Tree) {
	poetry := root.Get("tool", "poetry")
	tables := []*checks.Tree{poetry.Get("dependencies"), poetry.Get("dev-dependencies"), root.Get("tool", "uv", "sources")}
	for _, g := range poetry.Get("group").Fields() {
		tables = append(tables, g.Value.Get("dependencies"))
	}
	for _, of := range [...]*checks.Tree{root, root.Get("tool", "pixi")} {
		tables = append(tables, of.Get("pypi-dependencies"))
		for _, f := range of.Get("feature").Fields() {
			tables = append(tables, f.Value.Get("pypi-dependencies"))
		}
	}
	if p.Kind == manifest.Pipfile {
		for _, f := range root.Fields() {
			if f.Key != "source" && f.Key != "requires" && f.Key != "scripts" && f.Key != "pipenv" {
				tables = append(tables, f.Value)
			}
		}
	}
	for _, t := range tables {
		for _, f := range t.Fields() {
			for _, source := range append(f.Value.Items(), f.Value) {
				reportTable(p, f, source)
			}
		}
	}
}

func reportTable(p *checks.ManifestPass, f checks.TreeField, t *checks.Tree) {
	git := t.Get("git")
	url := git.Text()
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "ssh://") && !strings.HasPrefix(url, "git@") {
		return
	}
	rev := t.Get("rev")
	if rev == nil {
		rev = t.Get("ref")
	}
	branch := t.Get("branch")
	if branch == nil && (t.Get("tag") != nil || rev != nil && !movingRef(rev.Text())) {
		return
	}
	if rest, ok := strings.CutPrefix(url, "git@"); ok {
		url = "ssh://" + strings.Replace(rest, ":", "/", 1)
	}
	repository := gitAddress{at: len(url)}.repository(url)
	if ofProject(p.Project, manifest.Normalize(f.Key)) || locked(p.Project, p.Path, repository) {
		return
	}
	at := f.KeySpan
	at.End = max(at.End, git.Span().End)
	if at.Start > git.Span().Start {
		at = git.Span()
	}
	p.Report(checks.Report{Node: checks.Place(at), Fix: checks.Fix(true, "pin the commit that was reviewed", checks.TextEdits(revision(p, t, rev, git)...))})
}

// revision gives a table of a dependency the commit that is to be filled in.
func revision(p *checks.ManifestPass, t, rev, git *checks.Tree) []ast.Edit {
	key := "rev"
	if p.Kind == manifest.Pipfile {
		key = "ref"
	}
	for _, f := range t.Fields() {
		if f.Key == "branch" && f.Value.Verbatim() && rev == nil {
			end := f.Value.Span().End + 1 // its quote
			return []ast.Edit{{Span: ast.Span{Start: f.KeySpan.Start, End: end}, New: key + ` = "` + noCommit + `"`}}
		}
	}
	switch {
	case rev != nil && rev.Verbatim():
		return []ast.Edit{{Span: rev.Span(), New: noCommit}}
	case rev != nil || !git.Verbatim():
		return nil
	}
	text := p.Source.Text
	at := git.Span()
	line := bytes.LastIndexByte(text[:at.Start], '\n') + 1
	end := at.End + 1
	separator := "\n"
	if bytes.Contains(text[line:at.Start], []byte("{")) {
		separator = ", "
	}
	return []ast.Edit{{Span: ast.Span{Start: end, End: end}, New: separator + key + ` = "` + noCommit + `"`}}
}
