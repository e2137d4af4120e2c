package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// forceUnsafe switches weights_only off wherever it is not given.
const forceUnsafe = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"

// guardOff is PML1202.
var guardOff = &checks.Rule{
	Spec: infoPML1202,
	On: append([]string{
		"torch.load", "torch.serialization.load", "torch.serialization.{add_safe_globals,safe_globals}",
	}, checks.EnvironmentCalls...),
	Knows: []string{
		"{pickle,_pickle,dill,cloudpickle,cloudpickle.cloudpickle}", "builtins.{eval,exec,compile,getattr,__import__,open}", "os.*", "posix.*", "subprocess.*",
		"importlib.import_module", "pickle.loads", "operator.{methodcaller,attrgetter}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Is("torch.load", "torch.serialization.load"):
			picklesFreely(p, c)
		case c.Symbol.Is("torch.serialization.add_safe_globals", "torch.serialization.safe_globals"):
			unsafeGlobals(p, c)
		default:
			for _, v := range checks.VariablesOf(p, c, forceUnsafe) {
				if torchYes(v.Value) {
					p.Report(checks.Report{Node: v.Node, Message: forceUnsafe + " lets every torch.load of the process run code", Fix: checks.Fix(true, "delete the setting", v.Remove)})
				}
			}
		}
	},
	To: append([]string{"torch.load", "torch.serialization.load"}, checks.EnvironmentStores...),
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.Symbol.Is("torch.load", "torch.serialization.load") {
			replacesLoad(p, s)
			return
		}
		if v, ok := checks.VariableOf(p, s); ok && v.Name == forceUnsafe && torchYes(v.Value) {
			p.Report(checks.Report{Node: v.Node, Message: forceUnsafe + " lets every torch.load of the process run code", Fix: checks.Fix(true, "delete the setting", v.Remove)})
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if v.Name == forceUnsafe && isYes(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: forceUnsafe + " lets every torch.load of the process run code", Fix: checks.Fix(true, "delete the setting", v.Remove(p))})
			}
		}
	},
	Mentions: []string{forceUnsafe},
	OnManifest: func(p *checks.ManifestPass) {
		for _, s := range p.Settings() {
			if s.Name == forceUnsafe && isYes(s.Value) {
				p.Report(checks.Report{Node: checks.Place(s.Span), Message: forceUnsafe + " lets every torch.load of the process run code", Fix: checks.Fix(true, "delete the setting", checks.TextEdits(s.Remove()...))})
			}
		}
	},
}

// torchYes reports whether a variable's value switches something on, as torch reads it.
func torchYes(v *checks.Value) bool {
	t, ok := v.Text()
	return ok && isYes(t)
}

func isYes(t string) bool {
	switch strings.ToLower(t) {
	case "1", "y", "yes", "true":
		return true
	}
	return false
}

// picklesFreely reports a torch.load that is told to use a pickle module without limits.
func picklesFreely(p *checks.Pass, c *checks.Call) {
	module := c.Arg(2, "pickle_module")
	if module == nil || !module.Value.Is("pickle", "_pickle", "dill", "cloudpickle", "cloudpickle.cloudpickle") {
		return
	}
	only := c.Arg(-1, "weights_only")
	if only != nil && !checks.Off(only.Value) && !only.Value.IsNone() {
		return
	}
	node := checks.ArgNode(c, module)
	var edits []fix.Edit
	switch {
	case only != nil && only.Keyword != nil && !only.Unpacked:
		edits = append(checks.RemoveArg(p, c, module), fix.SetArg(p.File, only.Keyword, "True")...)
	case module.Keyword != nil && !module.Unpacked:
		edits = checks.Replace(p, node, "weights_only=True")
	case !module.Unpacked && len(c.Node.Args) == 3:
		at := p.File.Parens(module.Node)
		edits = []fix.Edit{{Start: int(at.Start), End: int(at.End), New: "weights_only=True"}}
	}
	p.Report(checks.Report{Node: c.Node, Message: "pickle_module switches the weights-only guard off", Fix: checks.Fix(true, "load tensors only: weights_only=True", edits)})
}

// runsCode reports whether a value is a callable that, let through by the restricted unpickler,
// gives a checkpoint the run of the process.
func runsCode(v *checks.Value) bool {
	if v.Is("builtins.eval", "builtins.exec", "builtins.compile", "builtins.getattr", "builtins.__import__", "builtins.open",
		"os.system", "os.popen", "importlib.import_module", "pickle.loads", "operator.methodcaller", "operator.attrgetter") {
		return true
	}
	name := v.Name()
	return strings.HasPrefix(name, "subprocess.") || strings.HasPrefix(name, "os.exec") || strings.HasPrefix(name, "os.spawn") || strings.HasPrefix(name, "posix.")
}

// unsafeGlobals reports the elements of a safe-globals list that run code.
func unsafeGlobals(p *checks.Pass, c *checks.Call) {
	list := c.Arg(0, "safe_globals")
	if list == nil {
		return
	}
	items, _, ok := c.Items(list.Value)
	if !ok {
		return
	}
	for _, it := range items {
		fn := it.Value
		if pair, _, ok := c.Items(fn); ok && len(pair) == 2 {
			fn = pair[0].Value // (callable, name)
		}
		if !runsCode(fn) {
			continue
		}
		r := checks.Report{Node: c.Node, Message: fn.Name() + " is let through to every checkpoint"}
		if it.Node != nil && p.Holds(it.Node) {
			r.Node = it.Node
			r.Fix = checks.Fix(true, "keep it from checkpoints: delete the element", removeItem(p, it.Node))
		}
		p.Report(r)
	}
}

// removeItem takes an element out of the display that it stands in.
func removeItem(p *checks.Pass, elem ast.Node) []fix.Edit {
	around := p.Around(elem)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.List, *ast.Tuple, *ast.Set:
			if around[i] != elem {
				return fix.RemoveElement(p.File, n.(ast.Expr), elem)
			}
		case ast.Stmt:
			return nil
		}
	}
	return nil
}

// replacesLoad reports a torch.load that is replaced by one without the guard.
func replacesLoad(p *checks.Pass, s *checks.Store) {
	node := ast.Node(p.StmtOf(s.Node))
	message := "torch.load is replaced by a load that runs code"
	if fn, only, ok := s.Value.Partial("weights_only"); ok {
		if only != nil && checks.Off(only.Value) && fn.Is("torch.load", "torch.serialization.load") {
			var edits []fix.Edit
			if k := checks.ConstantNode(p, only); k != nil && p.Holds(k) {
				edits = checks.Replace(p, k, "True")
			}
			p.Report(checks.Report{Node: node, Message: message, Fix: checks.Fix(true, "keep the guard: weights_only=True", edits)})
		}
		return
	}
	fn := s.Value.Function()
	if fn == nil {
		return
	}
	if off := forcesOff(fn.Node()); len(off) > 0 {
		var edits []fix.Edit
		for _, k := range off {
			if !p.Holds(k) {
				edits = nil
				break
			}
			edits = append(edits, checks.Replace(p, k, "True")...)
		}
		p.Report(checks.Report{Node: node, Message: message, Fix: checks.Fix(true, "keep the guard: weights_only=True", edits)})
	}
}

// forcesOff lists the constants by which a function sets weights_only to False.
func forcesOff(fn ast.Node) []ast.Node {
	var out []ast.Node
	off := func(e ast.Expr) {
		if k, ok := e.(*ast.Constant); ok && k.Value == ast.False {
			out = append(out, k)
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			for _, k := range n.Keywords {
				if k.Name != nil && k.Name.Id == "weights_only" {
					off(k.Value)
				}
			}
			if a, ok := n.Fn.(*ast.Attribute); ok && a.Attr.Id == "setdefault" && len(n.Args) == 2 && isText(n.Args[0], "weights_only") {
				off(n.Args[1])
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if s, ok := t.(*ast.Subscript); ok && isText(s.Index, "weights_only") {
					off(n.Value)
				}
			}
		case *ast.Dict:
			for i, k := range n.Keys {
				if isText(k, "weights_only") {
					off(n.Values[i])
				}
			}
		}
		return true
	})
	return out
}

// isText reports whether an expression is a literal of the text.
func isText(e ast.Expr, text string) bool {
	s, ok := e.(*ast.Str)
	return ok && s.Value == text
}
