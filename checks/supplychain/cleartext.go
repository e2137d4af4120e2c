package supplychain

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// cleartextSource is PML6312.
var cleartextSource = &checks.Rule{
	Spec:     infoPML6312,
	Mentions: []string{"http://", "git://", "HTTP://"},
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind.Lock() {
			return
		}
		r := cleartextReader{source: p.Source.Text, report: p.Report}
		if s := fileSources(p); s != nil {
			r.sources(s)
			for i := range p.Requires.Requirements {
				r.requirement(&p.Requires.Requirements[i])
			}
		}
		for _, c := range documentInstalls(p) {
			r.command(&c, p.Path)
		}
		for _, v := range p.Settings() {
			switch sourceVariables[v.Name] {
			case "index-url", "extra-index-url", "index", "find-links":
				for _, address := range strings.Fields(v.Value) {
					r.address(address, v.Span)
				}
			}
		}
		if path.Base(p.Path) == "uv.toml" {
			r.uv(uvTable(p))
		}
		for _, root := range p.Trees() {
			for _, f := range root.Get("tool", "uv", "sources").Fields() {
				for _, source := range append(f.Value.Items(), f.Value) {
					if u := source.Get("url"); u != nil {
						r.address(u.Text(), u.Span())
					}
					if u := source.Get("git"); u != nil {
						r.requirement(&manifest.Requirement{URL: "git+" + u.Text(), Span: u.Span()})
					}
				}
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, c := range notebookInstalls(p) {
			r := cleartextReader{source: c.source, report: p.Report}
			r.command(&c, p.Path)
		}
	},
	On: setupCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, t := range setupTexts(p, c, "dependency_links") {
			reportSetupAddress(p, t, t.text)
		}
		for _, r := range setupRequires(p, c) {
			if len(r.Hashes) == 0 && r.URL != "" {
				reportSetupAddress(p, r.setupText, r.URL)
			}
		}
	},
}

const cleartextFix = "fetch it over TLS"

func cleartextMessage(address string) string {
	host, _ := hostOfIndex(withScheme(address))
	return "what is installed from " + host + " comes unencrypted: anyone on the way puts code of his own in its place"
}

// withScheme is an address without the name of a version control in front of its scheme.
func withScheme(address string) string {
	for _, vcs := range []string{"git+", "hg+", "svn+", "bzr+"} {
		if rest, ok := strings.CutPrefix(address, vcs); ok {
			return rest
		}
	}
	return address
}

// isCleartext reports whether an address is read without encryption from a host that others can
// stand before.
func isCleartext(address string) bool {
	plain := strings.ToLower(withScheme(address))
	if !strings.HasPrefix(plain, "http://") && !strings.HasPrefix(plain, "git://") || strings.Contains(address, "#sha256=") || strings.Contains(address, "&sha256=") {
		return false
	}
	host, ok := hostOfIndex(plain)
	return ok && !nearby(host)
}

// websiteEndpoint matches the host of a bucket that is served as a site.
var websiteEndpoint = regexp.MustCompile(`^([a-z0-9.-]+)\.s3-website[.-]([a-z0-9-]+)\.amazonaws\.com`)

// encrypted is an address over TLS.
func encrypted(address string) string {
	vcs := address[:len(address)-len(withScheme(address))]
	rest := address[len(vcs):]
	scheme, rest, _ := strings.Cut(rest, "://")
	if strings.EqualFold(scheme, "git") && vcs == "" {
		vcs = "git+"
	}
	if m := websiteEndpoint.FindStringSubmatch(rest); m != nil {
		rest = m[1] + ".s3." + m[2] + ".amazonaws.com" + rest[len(m[0]):]
	}
	return vcs + "https://" + rest
}

type cleartextReader struct {
	source []byte
	report func(checks.Report)
	// seen are the places that are reported.
	seen []ast.Span
}

// sources reads the options that name addresses.
func (r *cleartextReader) sources(s *sources) {
	if s.hashed {
		return
	}
	for _, o := range s.options {
		switch o.name {
		case "index-url", "extra-index-url", "index", "find-links", "dependency-links":
			r.address(o.value, o.at)
		}
	}
}

// address reports an address that stands at a place, or within it.
func (r *cleartextReader) address(address string, within ast.Span) {
	if !isCleartext(address) || within.Start < 0 || int(within.End) > len(r.source) {
		return
	}
	out := checks.Report{Node: checks.Place(within), Message: cleartextMessage(address)}
	if i := strings.Index(string(r.source[within.Start:within.End]), address); i >= 0 {
		at := ast.Span{Start: within.Start + ast.Pos(i), End: within.Start + ast.Pos(i+len(address))}
		out.Node = checks.Place(at)
		if slices.Contains(r.seen, at) {
			return
		}
		r.seen = append(r.seen, at)
		out.Fix = checks.Fix(true, cleartextFix, checks.TextEdits(ast.Edit{Span: at, New: encrypted(address)}))
	}
	r.report(out)
}

// maxRequirement is how far the address of a requirement may stand behind its name.
const maxRequirement = 1000

// requirement reports the address of a direct requirement.
func (r *cleartextReader) requirement(q *manifest.Requirement) {
	if q.URL == "" || len(q.Hashes) > 0 || !isCleartext(q.URL) || q.Span.Start < 0 {
		return
	}
	around := ast.Span{Start: q.Span.Start, End: ast.Pos(min(len(r.source), int(q.Span.End)+maxRequirement))}
	text := string(r.source[around.Start:around.End])
	if strings.Contains(text, q.URL) {
		r.address(q.URL, around)
		return
	}
	// Tools that have a key for git write the address without git+ in front of it.
	plain := withScheme(q.URL)
	i := strings.Index(text, plain)
	if i < 0 {
		r.report(checks.Report{Node: checks.Place(q.Span), Message: cleartextMessage(q.URL)})
		return
	}
	at := ast.Span{Start: around.Start + ast.Pos(i), End: around.Start + ast.Pos(i+len(plain))}
	if slices.Contains(r.seen, at) {
		return
	}
	r.seen = append(r.seen, at)
	r.report(checks.Report{
		Node: checks.Place(at), Message: cleartextMessage(plain),
		Fix: checks.Fix(true, cleartextFix, checks.TextEdits(ast.Edit{Span: at, New: strings.TrimPrefix(encrypted(plain), "git+")})),
	})
}

// command reports the addresses of a command.
func (r *cleartextReader) command(c *installing, file string) {
	if s := c.sources(); s != nil {
		r.sources(s)
	}
	if m := c.requires(file); m != nil && c.program != "conda" {
		for i := range m.Requirements {
			r.requirement(&m.Requirements[i])
		}
	}
}

// uv reads the settings of uv.
func (r *cleartextReader) uv(uv *checks.Tree) {
	for _, table := range []*checks.Tree{uv, uv.Get("pip")} {
		for _, key := range []string{"index-url", "extra-index-url", "find-links"} {
			v := table.Get(key)
			for _, item := range v.Items() {
				r.address(item.Text(), item.Span())
			}
			if v != nil && !v.IsList() {
				r.address(v.Text(), v.Span())
			}
		}
		for _, index := range table.Get("index").Items() {
			if u := index.Get("url"); u != nil {
				r.address(u.Text(), u.Span())
			}
		}
	}
}

// reportSetupAddress reports an address that setup() is given.
func reportSetupAddress(p *checks.Pass, t setupText, address string) {
	if !isCleartext(address) {
		return
	}
	var edits []ast.Edit
	if i := strings.Index(t.text, address); i >= 0 {
		edits = []ast.Edit{{Span: ast.Span{Start: ast.Pos(i), End: ast.Pos(i + len(address))}, New: encrypted(address)}}
	}
	p.Report(checks.Report{Node: t.node, In: t.in, Message: cleartextMessage(address), Fix: checks.Fix(true, cleartextFix, t.edited(p, edits))})
}
