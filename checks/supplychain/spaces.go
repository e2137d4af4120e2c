package supplychain

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// spaceRelease is PML6321.
var spaceRelease = &checks.Rule{
	Spec:     infoPML6321,
	Mentions: []string{"sdk_version"},
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Card || !atRoot(p) {
			return
		}
		for _, root := range p.Trees() {
			sdk, version := root.Get("sdk").Text(), root.Get("sdk_version")
			spec, ok := manifest.ParseSpecifier("==" + version.Text())
			if version == nil || !ok {
				continue
			}
			for i := range table().Vulnerable {
				v := &table().Vulnerable[i]
				if v.Space == "" || v.Name != sdk || !v.holds(spec) {
					continue
				}
				r := checks.Report{Node: checks.Place(version.Span()), Message: "the Space runs on " + v.message()}
				if version.Verbatim() {
					r.Fix = checks.Fix(true, "run on "+v.Space, checks.TextEdits(ast.Edit{Span: version.Span(), New: v.Space}))
				}
				p.Report(r)
			}
		}
	},
}

// atRoot reports whether everything that is analysed lies in the folder of a file, or below.
func atRoot(p *checks.ManifestPass) bool {
	folder := path.Dir(p.Path)
	if folder == "." {
		return true
	}
	below := func(file string) bool { return strings.HasPrefix(file, folder+"/") }
	for _, d := range p.Project.Documents {
		if !below(d.Path) {
			return false
		}
	}
	for _, m := range p.Project.Modules {
		if !below(m.Path) {
			return false
		}
	}
	return true
}
