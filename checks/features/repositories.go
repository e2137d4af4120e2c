package features

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// registryConfigs say where a registry is, and are judged where they are made.
var registryConfigs = []string{"feast.RegistryConfig()", "feast.repo_config.RegistryConfig()"}

// repositoryFromOutside is PML2121.
var repositoryFromOutside = &checks.Rule{
	Spec:  infoPML2121,
	Knows: registryConfigs,
	From:  []checks.Label{models.User, models.Upload, models.Web},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteFeatureRepo || path.Value.Is(registryConfigs...) || !checks.FromOutside(p, path) || checks.DigestCompared(path) {
			return
		}
		node := checks.GivenNode(path)
		if node == nil {
			node = path.Node
		}
		p.Report(checks.Report{Node: node, Path: path, Fix: ownRepository(p, path)})
	},
}

// ownRepository reads the project's own repository, or leaves out what a request says of it.
func ownRepository(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	for i := range c.Args {
		a := &c.Args[i]
		if a.Node == nil || ast.Node(a.Node) != path.Node || a.Unpacked || !p.Holds(c.Node) {
			continue
		}
		if path.Sink.Arg == "0:repo_path" {
			return checks.Fix(true, "read the project's own repository", checks.Replace(p, a.Node, `"."`))
		}
		if a.Keyword == nil {
			return nil
		}
		if path.Sink.Arg == "path" && c.Node != nil {
			return nil // a registry has to be somewhere
		}
		return checks.Fix(true, "leave it to the project's own feature_store.yaml", checks.RemoveArg(p, c, a))
	}
	return nil
}
