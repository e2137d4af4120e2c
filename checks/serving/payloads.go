package serving

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// unsafeYAML build the objects that YAML names, with the loaders that do.
var unsafeYAML = []string{"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load", "yaml.full_load_all"}

// seldonPayload is PML2307.
var seldonPayload = &checks.Rule{
	Spec:  infoPML2307,
	Knows: checks.JSONPickleDecoders,
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Deserialize, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.From() != models.FromSeldon {
			return
		}
		switch {
		case path.Kind == models.Exec && !c.Symbol.Is("builtins.eval", "builtins.exec"):
			return // names that are looked up, expressions of data frames
		case checks.Unpickles(c):
			if checks.Restricted(c) {
				return
			}
		case c.Symbol.Is("torch.load", "torch.serialization.load"):
			if a := c.Arg(-1, "weights_only"); a != nil && checks.On(a.Value) {
				return
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: payloadFix(p, c)})
	},
}

// payloadFix reads data only.
func payloadFix(p *checks.Pass, c *checks.Call) *fix.Fix {
	switch {
	case c.Symbol.Is("builtins.exec"):
		s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
		if !ok || s.Value != ast.Expr(c.Node) {
			return nil
		}
		return checks.Fix(true, "do not run what the request brings", fix.RemoveStmt(p.File, s))
	case (c.Symbol.Is("builtins.eval") || c.Symbol.Is(unsafeYAML...)) && len(c.Args) > 0 && c.Args[0].Node != nil:
		loads, imports := checks.JSONLoads(p, c.Node.Fn)
		return checks.Fix(true, "read JSON", checks.Replace(p, c.Node, loads+"("+p.File.Text(c.Args[0].Node)+")"), imports)
	}
	return checks.ReadAsData(p, c)
}

// multiplexedModel is PML2306.
var multiplexedModel = &checks.Rule{
	Spec: infoPML2306,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Mark.From() != models.FromModelID {
			return
		}
		if path.Mark.Clean.Has(models.Path) && !path.Trace.Passes(flow.OutOfFile) {
			return // what stays below a folder names one of the models there
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: knownModel(p, path)})
	},
}

// knownModel refuses ids of models that are on no list.
func knownModel(p *checks.Pass, path *checks.Path) *fix.Fix {
	const set, problem = "ALLOWED_MODELS", "unknown model"
	list := p.Insertions(path, func(v *checks.Value) bool { return checks.Carries(path, v) || v.IsParameter() })
	if len(list) > 0 && list[0].In == p.Module {
		return checks.AllowOnly(p, path, list[0].Expr, set, problem)
	}
	return checks.AllowOnly(p, path, p.SinkExpr(path), set, problem)
}
