package libraries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// spaceCalls are the calls by which tuners are given what they search, and spaceArgs their arguments for it by the name of
// what is called.
var (
	spaceCalls = []string{
		"ray.tune.{Tuner,tuner.Tuner,run,tune.run}", "hyperopt.{fmin,fmin.fmin}",
		"ray.tune.search.{hyperopt,hyperopt.hyperopt_search}.HyperOptSearch", "ray.tune.search.{optuna,optuna.optuna_search}.OptunaSearch",
		"optuna.{samplers.GridSampler,create_trial,trial.create_trial}", "flaml.tune.{run,tune.run}", "flaml.{BlendSearch,CFO}",
		"{optuna.trial.Trial(),optuna.Trial(),?}.{suggest_float,suggest_int,suggest_categorical,suggest_uniform,suggest_loguniform,suggest_discrete_uniform}",
	}
	spaceArgs = map[string][]spaceArg{
		"Tuner": {{-1, "param_space"}}, "run": {{1, "config"}, {-1, "search_space"}}, "fmin": {{1, "space"}},
		"HyperOptSearch": {{0, "space"}}, "OptunaSearch": {{0, "space"}}, "BlendSearch": {{-1, "space"}}, "CFO": {{-1, "space"}},
		"GridSampler": {{0, "search_space"}}, "create_trial": {{-1, "distributions"}},
	}
	bounds = []spaceArg{{1, "low"}, {2, "high"}, {1, "choices"}, {3, "q"}}
)

type spaceArg struct {
	pos  int
	name string
}

// evaluatedSpace is PML3402.
var evaluatedSpace = &checks.Rule{
	Spec:  infoPML3402,
	Knows: []string{"builtins.eval", "builtins.exec"},
	On:    spaceCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !checks.GroupMentions(p, "eval(", "exec(") {
			return
		}
		name := checks.CalledName(c)
		args := spaceArgs[name]
		if strings.HasPrefix(name, "suggest_") {
			args = bounds
		}
		for i := range c.Args {
			if a := &c.Args[i]; a.Rest && a.Node != nil && args != nil { // *eval(text)
				reportEvaluated(p, c.Frame, a.Node)
			}
		}
		for _, arg := range args {
			if a := c.Arg(arg.pos, arg.name); a != nil && a.Node != nil {
				reportEvaluated(p, c.Frame, a.Node)
			}
		}
	},
	To: []string{"nni.experiment.Experiment().config.search_space"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.From != nil && checks.GroupMentions(p, "eval(", "exec(") {
			reportEvaluated(p, s.Frame, s.From)
		}
	},
}

// reportEvaluated reports the texts out of which a search space, or a part of it, is evaluated.
func reportEvaluated(p *checks.Pass, f *checks.Frame, space ast.Expr) {
	for in := range f.MadeOf(space) {
		if in.Call != nil && (in.Whole || in.Held) && in.Call.Symbol.Is("builtins.eval") {
			report(p, in.Call)
		}
	}
	for _, s := range f.SpelledOut(space) {
		for _, c := range s.Frame.Calls {
			if !c.Symbol.Is("builtins.exec") {
				continue
			}
			for _, a := range [...]*checks.Argument{c.Arg(1, "globals"), c.Arg(2, "locals")} {
				if name, ok := namespace(a); ok && checks.UsesName(s.Expr, name) {
					report(p, c)
				}
			}
		}
	}
}

// namespace is the name of the mapping that exec fills.
func namespace(a *checks.Argument) (string, bool) {
	if a == nil {
		return "", false
	}
	name, ok := a.Node.(*ast.Name)
	if !ok {
		return "", false
	}
	return name.Id, true
}

// report reports a call that runs a text which is not known to be the program's own.
func report(p *checks.Pass, c *checks.Call) {
	in := p.Holder(c.Node)
	if a := c.Arg(0, "source"); in == nil || a == nil || !unknown(a.Value) {
		return
	}
	r := checks.Report{Node: c.Node, In: in}
	if c.Symbol.Is("builtins.eval") {
		r.Fix = checks.FixAt(p, c.Node, func(there *checks.Pass) *fix.Fix { return checks.ReadLiteral(there, c, fix.BeforeFirstImport) })
	}
	p.Report(r)
}

// unknown reports whether a text is not known to be one of the program's own.
func unknown(v *checks.Value) bool {
	return slices.ContainsFunc(v.Alternatives(), func(v *checks.Value) bool { _, known := v.Text(); return !known })
}
