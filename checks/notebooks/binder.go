package notebooks

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// movingScript is PML4114.
var movingScript = &checks.Rule{
	Spec:     infoPML4114,
	Mentions: []string{"curl", "wget"},
	OnManifest: func(p *checks.ManifestPass) {
		folder, base := path.Split(p.Path)
		binder := slices.Contains([]string{"binder", ".binder"}, path.Base(folder))
		text := p.Source.Text
		switch {
		case (base == "postBuild" || base == "start") && (binder || folder == rootFolder(p.Project)):
			reportScripts(p, string(text), 0)
		case p.Kind == manifest.Dockerfile && binder:
			for _, in := range p.Instructions() {
				if in.Name != "RUN" {
					continue
				}
				for _, s := range p.Scripts(&in) {
					reportScripts(p, s.Text, s.Start)
				}
			}
		}
	},
}

type rootOf struct{}

// rootFolder is the folder of a project that holds all of its files, with the slash at its end.
func rootFolder(p *checks.Project) string {
	return checks.Remembered(p, rootOf{}, func() string {
		root, first := "", true
		meet := func(file string) {
			folder, _ := path.Split(file)
			if first {
				root, first = folder, false
			}
			for !strings.HasPrefix(folder, root) {
				root, _ = path.Split(strings.TrimSuffix(root, "/"))
			}
		}
		for _, m := range p.Modules {
			meet(m.Path)
		}
		for _, d := range p.Documents {
			meet(d.Path)
		}
		return root
	})
}

// reportScripts reports the commands of a shell's text that run what they download from an address
// that names no version.
func reportScripts(p *checks.ManifestPass, text string, start int) {
	list := shell.Parse(text)
	for i, c := range list {
		address := scriptAddress(list, c)
		if address == nil {
			continue
		}
		r := checks.Report{Node: checks.Place(ast.Span{Start: ast.Pos(start + c.Start), End: ast.Pos(start + c.End)})}
		if runner := shell.RunnerOf(list, c); runner != nil {
			if runner.Whole == c.Whole || c.Within == runner {
				whole := runner.Whole
				r.Fix = scriptFix(start+whole[0], start+whole[1], "curl -fsSL -o /tmp/script "+text[address.Start:address.End]+verified("/tmp/script")+" && "+shell.RunsFile(text, runner, "/tmp/script"))
			}
		} else if file := shell.DownloadedTo(c, address); file == "" || !shell.RunLater(list[i+1:], file) {
			continue
		} else {
			r.Fix = scriptFix(start+c.End, start+c.End, verified(file))
		}
		p.Report(r)
	}
}

func scriptFix(from, to int, text string) *fix.Fix {
	return checks.Fix(true, "run only the script whose digest is given", []fix.Edit{{Start: from, End: to, New: text}})
}

// verified is a command that compares the digest of a file, joined to the one before.
func verified(file string) string {
	return ` && echo "${SCRIPT_SHA256:?}  ` + file + `" | sha256sum -c -`
}

// scriptAddress is the word of a command that downloads from an address without a version; nil for
// others.
func scriptAddress(list []*shell.Command, c *shell.Command) *shell.Word {
	w := shell.Downloads(c)
	if w == nil {
		return nil
	}
	if address := shell.Expanded(list, c, w); strings.Contains(address, "://") && !shell.NamesVersion(address) {
		return w
	}
	return nil
}
