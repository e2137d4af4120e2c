package reinforcement

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// buildFromOutside is PML3315.
var buildFromOutside = &checks.Rule{
	Spec: infoPML3315,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		switch c := path.Call; {
		case c == nil:
		case path.Sink.Note == models.NoteBuildList:
			if path.Mark.Label == models.User && checks.FromOutside(p, path) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: allowBuilds(p, path)})
			}
		case path.Sink.Note == models.NoteBuild && checks.FromOutside(p, path):
			r := checks.Report{Node: c.Node, Path: path}
			if download := path.Mark.Call(); download != nil && checks.FromHub(download.Symbol) {
				r.Fix = pinBuild(p, download)
			} else if !path.Mark.InFile() {
				r.Fix = allowBuilds(p, path)
			}
			p.Report(r)
		}
	},
	On: []string{"mlagents_envs.registry.{UnityEnvRegistry(),unity_env_registry.UnityEnvRegistry(),default_registry}.register_from_yaml"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "path_to_yaml")
		if a == nil || !strings.HasPrefix(a.Value.Prefix(), "http://") || checks.OwnMachine(a.Value.Prefix()) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.OverTLS(p, c, a.Value, a.Node, "fetch the list over TLS")})
	},
}

// allowBuilds starts only builds that are on a list.
func allowBuilds(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, _ := checks.GivenNode(path).(ast.Expr)
	return checks.AllowOnly(p, path, e, "ALLOWED_BUILDS", "environment build not allowed")
}

// pinBuild pins the commit of a download.
func pinBuild(p *checks.Pass, download *checks.Call) *fix.Fix {
	return checks.FixAt(p, download.Node, func(there *checks.Pass) *fix.Fix {
		if download.Symbol.Is("huggingface_sb3.load_from_hub") || download.Partial {
			return nil
		}
		environ, imports := fix.Reach(there.File, "os.environ", "import os", fix.BeforeFirstImport)
		revision := environ + `["ENV_BUILD_REVISION"]`
		if a := download.Arg(-1, "revision"); a != nil {
			if a.Node == nil || a.Unpacked || !there.Holds(a.Node) {
				return nil
			}
			return checks.Fix(true, "pin the commit of the build", checks.Replace(there, a.Node, revision), imports)
		}
		return checks.Fix(true, "pin the commit of the build", fix.AddKeyword(there.File, download.Node, "revision", revision), imports)
	})
}
