package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// boardText is PML1319.
var boardText = &checks.Rule{
	Spec: infoPML1319,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Markdown},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: indented(p, path)})
	},
}

// indented shows a text as it is: the one that a tensor is made of, each one of a list.
func indented(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := checks.GivenNode(path).(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	v := path.Value
	if c, ok := e.(*ast.Call); ok && len(c.Args) > 0 {
		if made := path.Engine.CallAt(c); made != nil && len(made.Args) > 0 && made.Symbol.Is("tensorflow.constant", "tensorflow.convert_to_tensor", "tensorflow.as_string") {
			e, v = c.Args[0], made.Args[0].Value
		}
	}
	indent, imports := fix.Reach(p.File, "textwrap.indent", "import textwrap", fix.BeforeFirstImport)
	before, after := indent+"(", `, "    ")`
	if path.Element(v) != nil {
		before, after = "["+indent+`(text, "    ") for text in `, "]"
	}
	return checks.Fix(false, "show the text as it is", fix.Wrap(p.File, e, before, after), imports)
}

// runFromRequest is PML1320.
var runFromRequest = &checks.Rule{
	Spec:  infoPML1320,
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Record},
	Knows: []string{"wandb.Api().run().{update,delete}", "wandb.Api().run().{summary,config}.update"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note == models.NoteTagNames || !isTracker(c.Symbol.String()) || c.Symbol.Is("wandb.Api().run") && !writesRun(c) {
			return
		}
		if namesTags(path) || ownerCompared(path) || checks.LookedUp(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: ownRun(p, path)})
	},
}

func isTracker(name string) bool {
	for _, prefix := range [...]string{"mlflow.", "wandb.", "neptune.", "comet_ml."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// writesRun reports whether what wandb.Api().run gives is written to.
func writesRun(c *checks.Call) bool {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Method != "update" && o.Method != "delete" || o.Receiver == nil || o.Receiver.Origin() == nil {
				continue
			}
			if o.Receiver.Origin().Node == c.Node {
				return true
			}
		}
	}
	return false
}

// namesTags reports whether the names of what is set come from outside as well.
func namesTags(path *checks.Path) bool {
	key := path.Call.Arg(1, "key")
	return key != nil && key.Value.Labels(models.NoSink).Any(models.Labels(models.User, models.Upload))
}

// ownerCompared reports whether the function that writes first asks for something by the run's id,
// compares the answer, and leaves where it is not right.
func ownerCompared(path *checks.Path) bool {
	run, ok := path.Node.(*ast.Name)
	if !ok {
		return false
	}
	answers := map[string]bool{}
	asked := func(n ast.Node) bool {
		found := false
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || answers[n.Id]
			case *ast.Call:
				for _, a := range n.Args {
					name, ok := a.(*ast.Name)
					found = found || ok && name.Id == run.Id
				}
			}
			return !found
		})
		return found
	}
	compared := false
	ast.InspectStmts(checks.BodyOf(path.Call.Frame), func(n ast.Node) bool {
		if n == nil || n.Pos() >= run.Pos() {
			return !compared
		}
		switch n := n.(type) {
		case *ast.Assign:
			if name, ok := n.Targets[0].(*ast.Name); ok && asked(n.Value) {
				answers[name.Id] = true
			}
		case *ast.If:
			if !checks.Leaves(n.Body) {
				return true
			}
			ast.Inspect(n.Test, func(n ast.Node) bool {
				c, ok := n.(*ast.Compare)
				compared = compared || ok && asked(c)
				return !compared
			})
		}
		return !compared
	})
	return compared
}

// ownRun writes to a run of the service's own.
func ownRun(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if !p.Holds(c.Node) {
		return nil
	}
	rename := func(old, new string) *fix.Fix {
		a := c.Arg(-1, old)
		if a == nil || a.Keyword == nil && !a.Unpacked {
			return nil
		}
		if a.Unpacked {
			return checks.Fix(true, "write to a run of its own", renameEntry(p, a, new))
		}
		return checks.Fix(true, "write to a run of its own", checks.Replace(p, a.Keyword.Name, new))
	}
	name := c.Symbol.String()
	switch {
	case strings.HasSuffix(name, "start_run"):
		return rename("run_id", "run_name")
	case strings.HasPrefix(name, "mlflow."):
		active, imports := fix.Reach(p.File, "mlflow.active_run", "import mlflow", fix.BeforeFirstImport)
		return checks.Fix(true, "write to the run that is active", checks.Replace(p, path.Node, active+"().info.run_id"), imports)
	case name == "wandb.init":
		f, resume := rename("id", "name"), c.Arg(-1, "resume")
		if f == nil || resume == nil {
			return nil
		}
		gone := checks.RemoveArg(p, c, resume)
		if gone == nil {
			return nil
		}
		f.Edits = append(f.Edits, gone...)
		return f
	case name == "wandb.Api().run":
		e, _ := path.Node.(ast.Expr)
		return checks.AllowOnly(p, path, e, "ALLOWED_RUNS", "not on the list")
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.Node != nil && ast.Node(a.Node) == path.Node {
			return checks.Fix(true, "write to a run of its own", checks.RemoveArg(p, c, a))
		}
	}
	return nil
}

// renameEntry gives an argument another name in the dict that the call unpacks.
func renameEntry(p *checks.Pass, a *checks.Argument, name string) []fix.Edit {
	if a.Given == nil || !p.Holds(a.Given) {
		return nil
	}
	around := p.Around(a.Given)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Dict:
			for j, v := range n.Values {
				if k, ok := n.Keys[j].(*ast.Str); ok && ast.Node(v) == a.Given && k.Value == a.Name {
					quote := p.File.Text(k)
					return checks.Replace(p, k, quote[:1]+name+quote[:1])
				}
			}
			return nil
		case *ast.Keyword:
			if n.Name == nil || n.Name.Id != a.Name {
				return nil
			}
			return checks.Replace(p, n.Name, name)
		}
	}
	return nil
}
