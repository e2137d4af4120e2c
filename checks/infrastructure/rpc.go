package infrastructure

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// workers are the calls that have a function run elsewhere, by the place of the function among their arguments.
var (
	workersFirst  = []string{"ray.remote", "ray.util.ActorPool().{map,map_unordered,submit}", "{dask.distributed,distributed}.{Client,client.Client,get_client,worker_client,default_client}().{submit,map,run,run_on_scheduler}"}
	workersSecond = []string{"torch.distributed.rpc.{rpc_sync,rpc_async,remote,api.rpc_sync,api.rpc_async,api.remote}", "torch.distributed.nn.{RemoteModule,api.remote_module.RemoteModule}"}
)

// lookups are the calls that give what text names.
var lookups = []string{
	"builtins.getattr", "importlib.import_module", "builtins.__import__", "pydoc.locate", "operator.attrgetter", "operator.methodcaller", "builtins.eval", "pkgutil.resolve_name",
	"hydra.utils.get_method", "hydra.utils.get_class", "hydra.utils.get_object", "hydra.utils.get_static_method",
}

// stageFromRequest is PML2211.
var stageFromRequest = &checks.Rule{
	Spec:  infoPML2211,
	Knows: slices.Concat(workersFirst, workersSecond, lookups),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call != nil && path.Sink.Note == models.NoteRemoteFunction {
			if !vetted(p, path) {
				p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: byName(p, path, "STAGES: dict = {}", "run only functions of a list")})
			}
			return
		}
		if path.Sink.Note != flow.NoteLookup && (path.Call == nil || !path.Call.Symbol.Is(lookups...)) {
			return
		}
		for _, c := range checks.OfGroup(p, "calls of workers", func() []*checks.Call { return workerCalls(path.Frame) }) {
			if direct, found := runs(c, path); found && !vetted(p, path) {
				r := checks.Report{Node: c.Node, In: p.Holder(c.Node), Path: path}
				if direct {
					r.Fix = lookedUpByName(p, path)
				}
				p.Report(r)
			}
		}
	},
}

// workerCalls lists the calls of the program that have a function run elsewhere.
func workerCalls(any *checks.Frame) []*checks.Call {
	var out []*checks.Call
	for _, f := range any.Everywhere() {
		for _, c := range f.Calls {
			if ranElsewhere(c) != nil {
				out = append(out, c)
			}
		}
	}
	return out
}

// ranElsewhere is the function that a call has run elsewhere, nil for other calls.
func ranElsewhere(c *checks.Call) *checks.Argument {
	switch s := c.Symbol; {
	case s == nil:
	case s.Under("torch.distributed.rpc"):
		return c.Arg(1, "func")
	case s.Under("torch.distributed.nn"):
		return c.Arg(1, "module_cls")
	case s.Under("ray") || s.Under("dask.distributed") || s.Under("distributed"):
		switch checks.LastName(c.Node.Fn) {
		case "remote", "submit", "map", "map_unordered", "run", "run_on_scheduler":
			for _, name := range [...]string{"func", "function", "fn"} {
				if a := c.Arg(0, name); a != nil {
					return a
				}
			}
		}
	}
	return nil
}

// runs reports whether the function that a call has run elsewhere was looked up at the end of a path; direct tells that it
// is what the look-up gives.
func runs(c *checks.Call, path *checks.Path) (direct, found bool) {
	a := ranElsewhere(c)
	if a == nil || a.Node == nil {
		return false, false
	}
	e, ok := a.Given.(ast.Expr)
	if !ok || !a.Unpacked {
		e = a.Node
	}
	at := path.Node
	if path.Call != nil {
		at = path.Call.Node
	}
	for _, s := range c.Frame.SpelledOut(e) {
		if ast.Node(s.Expr) == at {
			return true, true
		}
	}
	for in := range c.Frame.MadeOf(e) {
		if in.Call != nil && ast.Node(in.Call.Node) == at {
			return false, true
		}
	}
	return false, false
}

// lookedUpByName takes the function that is looked up at the end of a path out of a dict, which is to be filled.
func lookedUpByName(p *checks.Pass, path *checks.Path) *fix.Fix {
	var at, name ast.Expr
	if path.Call != nil {
		at = path.Call.Node
	} else if e, ok := path.Node.(ast.Expr); ok {
		at = e
	}
	switch n := at.(type) {
	case *ast.Subscript:
		name = n.Index
	case *ast.Call:
		switch {
		case checks.LastName(n.Fn) == "getattr" && len(n.Args) > 1:
			name = n.Args[1]
		case len(n.Args) > 0:
			name = n.Args[0]
		}
	}
	if name == nil {
		return nil
	}
	return checks.FixAt(p, at, func(there *checks.Pass) *fix.Fix {
		return checks.Fix(true, "run only functions of a list", checks.Replace(there, at, "STAGES["+there.File.Text(name)+"]"), fix.AddConstant(there.File, "STAGES: dict = {}", fix.Spaced))
	})
}
