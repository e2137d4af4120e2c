package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the check of the variable by which the workers of vLLM unpickle what they are sent.

const picklingWorkers = "VLLM_ALLOW_INSECURE_SERIALIZATION"

// rayJobs are the calls of Ray that say in which environment its workers run.
var rayJobs = []string{"ray.{init,remote}", "ray.runtime_env.RuntimeEnv", "ray.remote().options", "ray.job_submission.JobSubmissionClient().submit_job"}

// workersUnpickle is PML2212.
var workersUnpickle = &checks.Rule{
	Spec: infoPML2212,
	On:   append(append([]string{}, rayJobs...), checks.EnvironmentCalls...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !checks.GroupMentions(p, picklingWorkers) {
			return
		}
		if env := rayEnvironment(c); env != nil {
			for _, e := range c.GivenKey(env, picklingWorkers) {
				if e.Value != nil && allowsPickles(e.Value) {
					reportPickles(p, c.Node, e.Node)
				}
			}
			return
		}
		for _, v := range checks.VariablesOf(p, c, picklingWorkers) {
			if allowsPickles(v.Value) {
				reportPickles(p, v.Node, spelledValue(c))
			}
		}
	},
	To: checks.EnvironmentStores,
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if v, ok := checks.VariableOf(p, s); ok && v.Name == picklingWorkers && allowsPickles(v.Value) {
			var value ast.Node
			if a, plain := v.Node.(*ast.Assign); plain {
				value = a.Value
			}
			reportPickles(p, v.Node, value)
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if v.Name == picklingWorkers && pickles(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Fix: checks.Fix(true, "let the workers take no pickles", v.Remove(p))})
			}
		}
	},
	Mentions: []string{picklingWorkers},
	OnManifest: func(p *checks.ManifestPass) {
		for _, s := range p.Settings() {
			if s.Name != picklingWorkers || !pickles(s.Value) {
				continue
			}
			r := checks.Report{Node: checks.Place(s.Span)}
			text := string(p.Source.Text[s.Span.Start:s.Span.End])
			if at := strings.LastIndex(text, s.Value); at > 0 {
				begin := s.Span.Start + ast.Pos(at)
				r.Fix = checks.Fix(true, "let the workers take no pickles", checks.TextEdits(ast.Edit{Span: ast.Span{Start: begin, End: begin + ast.Pos(len(s.Value))}, New: "0"}))
			}
			p.Report(r)
		}
	},
}

// rayEnvironment is the variables that a call of Ray gives its workers; nil for other calls.
func rayEnvironment(c *checks.Call) *checks.Value {
	if a := c.Arg(-1, "env_vars"); a != nil && c.Symbol.Under("ray") {
		return a.Value
	}
	a := c.Arg(-1, "runtime_env")
	if a == nil || !c.Symbol.Under("ray") {
		return nil
	}
	if e := c.Key(a.Value, "env_vars"); e != nil {
		return e.Value
	}
	return nil
}

// spelledValue is the expression of the value that a call gives the variable; nil where it is no argument of its own.
func spelledValue(c *checks.Call) ast.Node {
	if a := c.Arg(-1, picklingWorkers); a != nil && a.Node != nil && !a.Unpacked {
		return a.Node
	}
	if c.Method == "setdefault" || c.Method == "putenv" || c.Symbol.Is("os.putenv") {
		if a := c.Arg(1, "value"); a != nil && a.Node != nil && !a.Unpacked {
			return a.Node
		}
	}
	for i := range c.Args {
		for _, e := range c.GivenKey(c.Args[i].Value, picklingWorkers) {
			return e.Node
		}
	}
	return nil
}

func reportPickles(p *checks.Pass, node, value ast.Node) {
	r := checks.Report{Node: node}
	if value != nil && p.Holds(value) {
		r.Fix = checks.Fix(true, "let the workers take no pickles", []fix.Edit{fix.ReplaceNode(p.File, value, `"0"`)})
	}
	p.Report(r)
}

// allowsPickles reports whether a value switches the pickles on.
func allowsPickles(v *checks.Value) bool {
	text, ok := v.Text()
	return ok && pickles(text)
}

func pickles(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return text != "" && text != "0" && text != "false" && !strings.ContainsAny(text, "${")
}
