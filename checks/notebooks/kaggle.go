package notebooks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	kaggleImports   = "kagglehub.{package_import,utility_script_install}"
	kaggleDownloads = "kagglehub.{dataset_download,notebook_output_download}"
)

// kaggleCode is PML4119.
var kaggleCode = &checks.Rule{
	Spec:  infoPML4119,
	Knows: []string{"kagglehub.dataset_download", "kagglehub.notebook_output_download", "kagglehub.whoami"},
	On:    []string{kaggleImports},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if a := c.Arg(0, "handle"); a != nil && unversioned(a.Value) {
			p.Report(checks.Report{Node: c.Node, Fix: versioned(p, a)})
		}
	},
	From: []checks.Label{models.Web, models.User},
	Into: []checks.SinkKind{models.Exec, models.CommandFile, models.Import},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil {
			return
		}
		if path.Mark.Label == models.User {
			if path.Kind == models.Import && path.Call.Symbol.Under("kagglehub") && p.Holds(path.Call.Node) {
				r := checks.Report{Node: path.Call.Node, Path: path, Message: "The caller names the Kaggle notebook whose code is imported"}
				if a := path.Call.Arg(0, "handle"); a != nil && a.Node != nil && !a.Unpacked {
					r.Fix = checks.AllowOnly(p, path, a.Node, "ALLOWED_HANDLES", "not on the list")
				}
				p.Report(r)
			}
			return
		}
		from := path.Mark.Call()
		if from == nil || !from.Symbol.Is("kagglehub.dataset_download", "kagglehub.notebook_output_download") {
			return
		}
		a := from.Arg(0, "handle")
		in := p.Project.Module(from.Frame.Module())
		if a == nil || in == nil || !unversioned(a.Value) {
			return
		}
		r := checks.Report{Node: from.Node, In: in, Path: path, Message: "Code out of a Kaggle download is run at whatever version is newest"}
		if in == p.Module {
			r.Fix = versioned(p, a)
		}
		p.Report(r)
	},
}

// unversioned reports whether a handle is a constant that names no version.
func unversioned(v *checks.Value) bool {
	text, ok := v.Text()
	if !ok {
		return false
	}
	_, version, found := strings.Cut(text, "/versions/")
	return strings.Contains(text, "/") && !(found && version != "" && strings.Trim(version, "0123456789") == "")
}

// versioned appends a version to a handle, to be set to the one that was reviewed.
func versioned(p *checks.Pass, a *checks.Argument) *fix.Fix {
	const first = "/versions/1"
	for _, at := range []ast.Node{a.Given, a.Node} {
		if s, ok := at.(*ast.Str); ok && p.Holds(s) {
			return checks.Fix(true, "name the version", fix.AppendToString(p.File, s, first))
		}
	}
	if a.Node == nil || a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	return checks.Fix(true, "name the version", fix.Wrap(p.File, a.Node, "", ` + "`+first+`"`))
}
