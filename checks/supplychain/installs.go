package supplychain

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
)

// urlInstall is PML6316.
var urlInstall = &checks.Rule{
	Spec: infoPML6316,
	On:   slices.Concat(runners, checks.PipCalls),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		var found []movingSource
		for _, cmd := range c.Commands() {
			found = append(found, movingSources(cmd)...)
		}
		if len(found) == 0 {
			return
		}
		if !p.Holds(c.Node) && reportLines(p, c, found) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: pinSources(p, c, found)})
	},
}

// movingSource is an address from which a command installs, as it is written, and what it becomes.
type movingSource struct {
	word     checks.ShellWord
	old, new string
}

// movingSources lists the addresses from which a command of pip installs what may be another thing the
// next day.
func movingSources(cmd checks.ShellCommand) []movingSource {
	name, args := cmd.Program()
	if name != "pip" && name != "pip.main" {
		return nil
	}
	if name == "pip" && len(args) == 0 {
		return nil
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(args, func(w checks.ShellWord) bool { return slices.Contains(words, w.Text) })
	}
	if !has("install", "download", "wheel") || has("--require-hashes", "--hash") || slices.ContainsFunc(args, func(w checks.ShellWord) bool { return strings.HasPrefix(w.Text, "--hash=") }) {
		return nil
	}
	var out []movingSource
	for i, w := range args {
		if !w.Known || i > 0 && !strings.HasPrefix(w.Text, "-") && namesNoPackage(args[i-1].Text) || strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "-e") && !strings.HasPrefix(w.Text, "--editable=") {
			continue
		}
		for _, a := range gitAddresses(w.Text) {
			if movingRef(a.ref) && !strings.ContainsAny(w.Text[a.start:a.at], "${") {
				out = append(out, movingSource{w, w.Text[a.start:a.end], w.Text[a.start:a.at] + "@" + noCommit})
			}
		}
		if old, pinned, ok := movingArchive(w.Text); ok {
			out = append(out, movingSource{w, old, pinned})
		}
	}
	return out
}

// namesNoPackage reports whether the word behind an option of pip is no package.
func namesNoPackage(option string) bool {
	switch option {
	case "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "-c", "--constraint", "-r", "--requirement", "-t", "--target", "--proxy", "--cert", "--index", "--default-index":
		return true
	}
	return false
}

// archiveEndings are those of files that pip installs.
var archiveEndings = []string{".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"}

// movingArchive finds the address of an archive in a word that gives no digest, and what it is with
// one. Archives of a commit or of the tag of a version are as good as the tag in a Git address.
func movingArchive(word string) (old, pinned string, ok bool) {
	i := strings.Index(word, "https://")
	if i < 0 || i >= len("git+") && strings.HasPrefix(word[i-len("git+"):], "git+") {
		return "", "", false
	}
	url := strings.TrimSpace(word[i:])
	if n := strings.IndexAny(url, " ;\"'"); n >= 0 {
		url = url[:n]
	}
	address, fragment, _ := strings.Cut(url, "#")
	if strings.ContainsAny(url, "${") || strings.Contains(fragment, "sha256=") || strings.Contains(fragment, "sha512=") || strings.Contains(fragment, "sha384=") {
		return "", "", false
	}
	address, _, _ = strings.Cut(address, "?")
	host, rest, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	if host == "files.pythonhosted.org" || host == "download.pytorch.org" || strings.HasSuffix(host, ".pypi.org") || host == "pypi.org" {
		return "", "", false
	}
	if ref, of := archiveRef(host, rest); of {
		ok = movingRef(ref)
	} else {
		ok = slices.ContainsFunc(archiveEndings, func(e string) bool { return strings.HasSuffix(address, e) })
	}
	separator := "#"
	if fragment != "" {
		separator = "&"
	}
	return url, url + separator + "sha256=" + strings.Repeat("0", 64), ok
}

// archiveRef is the reference of Git of which an address is an archive: github.com/ORG/REPO/archive/main.zip.
func archiveRef(host, address string) (ref string, ok bool) {
	if host != "github.com" && host != "codeload.github.com" && host != "gitlab.com" && host != "api.github.com" {
		return "", false
	}
	for _, kind := range [...]string{"/archive/", "/zipball/", "/tarball/", "/zip/", "/tar.gz/"} {
		if _, rest, found := strings.Cut("/"+address, kind); found {
			if kind == "/archive/" && host == "gitlab.com" {
				rest, _, _ = strings.Cut(rest, "/") // /-/archive/REF/NAME.zip
				return rest, true
			}
			if strings.HasPrefix(rest, "refs/heads/") {
				return "", true
			}
			rest = strings.TrimPrefix(rest, "refs/tags/")
			for _, e := range archiveEndings {
				rest = strings.TrimSuffix(rest, e)
			}
			return rest, true
		}
	}
	return "", false
}

// reportLines reports the lines of a notebook's cell that install; false where the call is no such
// cell.
func reportLines(p *checks.Pass, c *checks.Call, found []movingSource) bool {
	if p.Notebook == nil || !slices.ContainsFunc(p.Notebook.Commands(), func(cmd notebook.Command) bool {
		return cmd.Span == c.Node.Range() && cmd.Kind == notebook.CellMagic
	}) {
		return false
	}
	text, start := p.CommandText(c.Node.Range())
	type line struct {
		from, to int
		edits    []fix.Edit
	}
	var lines []line
	after := 0
	for _, s := range found {
		i := bytes.Index(text[after:], []byte(s.old))
		if i < 0 {
			return false
		}
		i += after
		after = i + len(s.old)
		from := bytes.LastIndexByte(text[:i], '\n') + 1
		to := len(text)
		if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
			to = i + n
		}
		e := fix.Edit{Start: start + i, End: start + i + len(s.old), New: s.new}
		if n := len(lines); n > 0 && lines[n-1].from == from {
			lines[n-1].edits = append(lines[n-1].edits, e)
			continue
		}
		lines = append(lines, line{from, to, []fix.Edit{e}})
	}
	for _, l := range lines {
		at := ast.Span{Start: ast.Pos(start + l.from), End: ast.Pos(start + l.to)}
		p.Report(checks.Report{Node: checks.Place(at), Fix: checks.Fix(true, pinMessage, l.edits)})
	}
	return true
}

const pinMessage = "install only what was reviewed"

// pinSources pins the addresses of a call where they are written.
func pinSources(p *checks.Pass, c *checks.Call, found []movingSource) *fix.Fix {
	var edits []fix.Edit
	after := 0
	for _, s := range found {
		var made []fix.Edit
		if !p.Holds(c.Node) {
			text, start := p.CommandText(c.Node.Range())
			if i := bytes.Index(text[min(after, len(text)):], []byte(s.old)); i >= 0 {
				i += after
				after = i + len(s.old)
				made = []fix.Edit{{Start: start + i, End: start + i + len(s.old), New: s.new}}
			}
		} else {
			for _, e := range writtenIn(p, c, s) {
				if made = fix.ReplaceInString(p.File, e, s.old, s.new); made != nil {
					break
				}
			}
		}
		if made == nil {
			return nil
		}
		edits = append(edits, made...)
	}
	return checks.Fix(true, pinMessage, edits)
}

// writtenIn lists the expressions of the file in which a word of a call's command may be written.
func writtenIn(p *checks.Pass, c *checks.Call, s movingSource) []ast.Expr {
	var out []ast.Expr
	add := func(n ast.Node) {
		e, ok := n.(ast.Expr)
		if !ok || !p.Holds(e) {
			return
		}
		out = append(out, e)
		if name, ok := e.(*ast.Name); ok {
			if given := checks.LastAssigned(p.File.Body, name); given != nil {
				out = append(out, given)
			}
		}
	}
	if s.word.Node != nil {
		add(s.word.Node)
	}
	if s.word.Value != nil {
		if lit, in := s.word.Value.Literal(); lit != nil && in != nil && in.File == p.File {
			add(lit)
		}
	}
	for i := range c.Args {
		if c.Args[i].Node != nil {
			add(c.Args[i].Node)
		}
		if c.Args[i].Given != nil {
			add(c.Args[i].Given)
		}
	}
	return out
}
