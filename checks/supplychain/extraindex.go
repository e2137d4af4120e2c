package supplychain

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// extraIndex is PML6310.
var extraIndex = &checks.Rule{
	Spec:     infoPML6310,
	Mentions: []string{"extra-index-url", "extra_index_url", "EXTRA_INDEX_URL", "unsafe-best-match"},
	OnManifest: func(p *checks.ManifestPass) {
		if s := fileSources(p); s != nil && (s.line || s.conf) && !mainElsewhere(p) {
			s.reportExtra(false, p.Report)
		}
		main, unsafe := environmentIndexes(p)
		for _, c := range documentInstalls(p) {
			if s := c.sources(); s != nil && !main {
				s.reportExtra(unsafe, p.Report)
			}
		}
		if !main {
			extraVariables(p, unsafe)
		}
		extraOfUV(p)
	},
	OnNotebook: func(p *checks.Pass) {
		list := notebookInstalls(p)
		set := func(c installing) bool {
			return c.sub == "config" && slices.ContainsFunc(c.sources().options, otherMain)
		}
		if slices.ContainsFunc(list, set) {
			return
		}
		for _, c := range list {
			if s := c.sources(); s != nil {
				s.reportExtra(false, p.Report)
			}
		}
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if v.Name == "PIP_EXTRA_INDEX_URL" && slices.ContainsFunc(strings.Fields(v.Value), privateIndex) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: extraMessage(v.Value), Fix: checks.Fix(true, extraFix, v.Remove(p))})
			}
		}
	},
}

const extraFix = "let the private index alone decide, which has to proxy the public one"

func extraMessage(index string) string {
	host := ""
	for _, u := range strings.Fields(index) {
		if privateIndex(u) {
			host, _ = hostOfIndex(u)
		}
	}
	return "packages of " + host + " can be taken from the public index instead, since it is an extra index only"
}

// privateIndex reports whether an index is one of a company's own: on a private host, or at a
// service or server that holds private packages.
func privateIndex(index string) bool {
	host, ok := hostOfIndex(index)
	if !ok || isPyPI(index) {
		return false
	}
	for _, public := range []string{"download.pytorch.org", "pypi.nvidia.com", "pypi.ngc.nvidia.com", "data.pyg.org", "wheels.vllm.ai", "abetlen.github.io", "test.pypi.org"} {
		if host == public {
			return false
		}
	}
	if nearHost(host) {
		return true
	}
	if strings.Contains(strings.ToLower(index), "/publicpackages/") { // Microsoft's own, such as ONNX Runtime's
		return false
	}
	for _, service := range []string{"pkgs.dev.azure.com", "-python.pkg.dev", ".jfrog.io"} {
		if host == service || strings.HasSuffix(host, service) && service[0] != 'p' {
			return true
		}
	}
	if strings.Contains(host, ".d.codeartifact.") && strings.HasSuffix(host, ".amazonaws.com") {
		return true
	}
	_, rest, _ := strings.Cut(index, "://")
	_, rest, _ = strings.Cut(rest, "/")
	rest = "/" + strings.ToLower(rest) + "/"
	for _, part := range []string{"/artifactory/", "/nexus/", "/repository/pypi", "/api/v4/groups/"} {
		if strings.Contains(rest, part) {
			return true
		}
	}
	return strings.Contains(rest, "/api/v4/projects/") && strings.Contains(rest, "/packages/pypi")
}

// otherMain reports whether an option sets another main index than the public one, or one that
// cannot be told.
func otherMain(o sourceOption) bool { return o.name == "index-url" && !isPyPI(o.value) }

// reportExtra reports the private extra indexes beside the public main one. Unsafe is set where uv
// is told by its environment to take the best match of all indexes.
func (s *sources) reportExtra(unsafe bool, report func(checks.Report)) {
	if s.hashed || slices.ContainsFunc(s.options, otherMain) || slices.ContainsFunc(s.options, func(o sourceOption) bool { return o.name == "no-index" }) {
		return
	}
	if s.uv && !unsafe && !slices.ContainsFunc(s.options, func(o sourceOption) bool { return o.name == "index-strategy" && o.value == "unsafe-best-match" }) {
		return
	}
	var f *fix.Fix
	reported := map[ast.Span]bool{}
	for _, o := range s.options {
		if o.name != "extra-index-url" || !slices.ContainsFunc(strings.Fields(o.value), privateIndex) || reported[o.key] {
			continue
		}
		if f == nil {
			f = s.onlyIndex(o)
		}
		reported[o.key] = true
		report(checks.Report{Node: checks.Place(o.place), Message: extraMessage(o.value), Fix: f})
	}
}

// onlyIndex makes the main index of an extra one.
func (s *sources) onlyIndex(o sourceOption) *fix.Fix {
	if o.key.Start < 0 || o.key.End <= o.key.Start || int(o.key.End) > len(s.source) || strings.ContainsAny(strings.TrimSpace(o.value), " \t") {
		return nil
	}
	if s.conf && slices.ContainsFunc(s.options, func(other sourceOption) bool { return other.key == o.key && other != o }) {
		gone, ok := s.withoutInFile(o, []sourceOption{o}) // the main index is one: the other values stay
		if !ok || s.command != nil || slices.ContainsFunc(s.options, func(other sourceOption) bool { return other.name == "index-url" }) {
			return nil
		}
		first := ast.Edit{Span: ast.Span{Start: o.key.Start, End: o.key.Start}, New: "index-url = " + o.value + "\n"}
		return checks.Fix(true, extraFix, checks.TextEdits(first, gone))
	}
	name := string(s.source[o.key.Start:o.key.End])
	renamed := strings.NewReplacer("extra-index-url", "index-url", "extra_index_url", "index-url", "EXTRA_INDEX_URL", "INDEX_URL").Replace(name)
	if renamed == name {
		return nil
	}
	edits := []ast.Edit{{Span: o.key, New: renamed}}
	var mains []sourceOption
	for _, other := range s.options {
		if other.name == "index-url" {
			mains = append(mains, other)
		}
	}
	if len(mains) > 0 {
		gone := s.without(mains)
		if gone == nil {
			return nil
		}
		edits = append(edits, gone...)
	}
	return checks.Fix(true, extraFix, checks.TextEdits(edits...))
}

// mainElsewhere reports whether a file that a requirements file pulls in, or that pulls it in, sets
// another main index.
func mainElsewhere(p *checks.ManifestPass) bool {
	joined := func(from *manifest.Manifest, to string) bool {
		return slices.ContainsFunc(from.Includes, func(o manifest.Option) bool { return path.Join(path.Dir(from.Path), o.Value) == to })
	}
	for _, d := range p.Project.Documents {
		if m := d.Requires; m != nil && (joined(p.Requires, d.Path) || joined(m, p.Path)) {
			for _, o := range m.Indexes {
				if o.Name == "index-url" && !isPyPI(o.Value) {
					return true
				}
			}
		}
	}
	return false
}

// environmentIndexes tells whether a file sets another main index for its commands, and whether it
// tells uv to take the best match of all indexes.
func environmentIndexes(p *checks.ManifestPass) (main, unsafe bool) {
	for _, v := range p.Settings() {
		switch sourceVariables[v.Name] {
		case "index-url":
			main = main || !isPyPI(v.Value)
		case "index-strategy":
			unsafe = unsafe || v.Value == "unsafe-best-match"
		}
	}
	for _, c := range documentInstalls(p) {
		if c.sub == "config" && c.program == "pip" {
			main = main || slices.ContainsFunc(c.sources().options, otherMain)
		}
	}
	return main, unsafe
}

// extraVariables reports the variables that set a private extra index.
func extraVariables(p *checks.ManifestPass, unsafe bool) {
	for _, v := range p.Settings() {
		if v.Name != "PIP_EXTRA_INDEX_URL" && (v.Name != "UV_EXTRA_INDEX_URL" || !unsafe) || !slices.ContainsFunc(strings.Fields(v.Value), privateIndex) {
			continue
		}
		r := checks.Report{Node: checks.Place(v.Span), Message: extraMessage(v.Value)}
		at := int(v.Span.Start)
		if strings.HasPrefix(string(p.Source.Text[at:v.Span.End]), v.Name) && len(strings.Fields(v.Value)) == 1 {
			prefix := strings.TrimSuffix(v.Name, "EXTRA_INDEX_URL")
			edits := []ast.Edit{{Span: ast.Span{Start: v.Span.Start, End: v.Span.Start + ast.Pos(len(v.Name))}, New: prefix + "INDEX_URL"}}
			for _, other := range p.Settings() {
				if other.Name == prefix+"INDEX_URL" {
					edits = append(edits, other.Remove()...)
				}
			}
			r.Fix = checks.Fix(true, extraFix, checks.TextEdits(edits...))
		}
		p.Report(r)
	}
}

// extraOfUV reports the private extra indexes of uv's settings where it takes the best match of all.
func extraOfUV(p *checks.ManifestPass) {
	uv := uvTable(p)
	strategy := uv.Get("index-strategy")
	if strategy.Text() != "unsafe-best-match" {
		return
	}
	main := uv.Get("index-url")
	if main != nil && !isPyPI(main.Text()) {
		return
	}
	extra := uv.Get("extra-index-url").Items()
	for _, index := range uv.Get("index").Items() {
		switch {
		case index.Get("default").Text() == "true":
			if !isPyPI(index.Get("url").Text()) {
				return
			}
		case index.Get("explicit").Text() != "true":
			extra = append(extra, index.Get("url"))
		}
	}
	for _, index := range extra {
		if !privateIndex(index.Text()) {
			continue
		}
		r := checks.Report{Node: checks.Place(index.Span()), Message: extraMessage(index.Text())}
		if strategy.Verbatim() {
			r.Fix = checks.Fix(true, "take each package from the first index that has it", checks.TextEdits(ast.Edit{Span: strategy.Span(), New: "first-index"}))
		}
		p.Report(r)
	}
}
