package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// customPipeline is PML3120.
var customPipeline = &checks.Rule{
	Spec: infoPML3120,
	On:   []string{"diffusers.**.from_pretrained"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		code := c.Arg(-1, "custom_pipeline")
		if code == nil {
			return
		}
		name, known := code.Value.Text()
		if !known || !isRepository(name) || inProject(p, name) {
			return
		}
		revision := c.Arg(-1, "custom_revision")
		if revision != nil && !unpinned(revision.Value) {
			return
		}
		covers := ast.Node(nil)
		if trust := c.Arg(-1, "trust_remote_code"); trust != nil {
			covers = checks.ArgNode(c, trust)
		}
		const none = `"0000000000000000000000000000000000000000"` // the call fails until the reviewed commit is put in
		repair := checks.Fix(true, "pin the commit of the pipeline's code", fix.AddKeyword(p.File, c.Node, "custom_revision", none))
		if revision != nil {
			repair = checks.SetConstant(p, c, revision, none)
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, code), Covers: covers, Fix: repair})
	},
}

// isRepository reports whether the name of a pipeline is a repository: a community file's has no slash, a path begins so.
func isRepository(name string) bool {
	owner, repo, _ := strings.Cut(name, "/")
	return owner != "" && repo != "" && !strings.Contains(repo, "/") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~") && !strings.Contains(name, "\\")
}

// inProject reports whether a name is that of a folder of the project.
func inProject(p *checks.Pass, name string) bool {
	for _, m := range p.Project.Modules {
		if strings.Contains("/"+m.Path, "/"+name+"/") || strings.HasSuffix("/"+m.Path, "/"+name) {
			return true
		}
	}
	return false
}

// unpinned reports whether a revision is known to be no commit: what an option says is the operator's.
func unpinned(v *checks.Value) bool {
	for _, a := range alternatives(v) {
		if a.IsNone() {
			continue
		}
		if text, known := a.Text(); !known || checks.IsCommitHash(strings.ToLower(text)) {
			return false
		}
	}
	return true
}
