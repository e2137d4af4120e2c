package infrastructure

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// broadcasts asks whether a file has the workers of Horovod begin with the same weights.
var broadcasts = &checks.Question{Name: "broadcasts the state of Horovod's first worker", Needs: []string{
	"broadcast_parameters", "broadcast_variables", "broadcast_global_variables", "broadcast_optimizer_state", "BroadcastGlobalVariables", "TorchState", "KerasState", "TensorFlowState", "elastic.run", "HorovodStrategy",
}}

// notBroadcast is PML2206.
var notBroadcast = &checks.Rule{
	Spec:  infoPML2206,
	On:    []string{"horovod.{torch,tensorflow,tensorflow.keras,keras,mxnet}.{DistributedOptimizer,DistributedGradientTape,DistributedTrainer}"},
	Asks:  []*checks.Question{broadcasts},
	Knows: []string{"torch.optim.*"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		fit, trains := trainsWith(c)
		if !trains || p.Says(broadcasts) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: broadcastState(p, c, fit)})
	},
}

// trainsWith reports whether the file of a call trains a model, and by which call of fit.
func trainsWith(c *checks.Call) (fit *checks.Call, trains bool) {
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			switch o.Method {
			case "fit", "fit_generator":
				fit, trains = o, true
			case "step", "apply_gradients", "minimize", "train_on_batch":
				trains = true
			}
		}
	}
	return fit, trains
}

// broadcastState sends the first worker's weights and state to the others.
func broadcastState(p *checks.Pass, c *checks.Call, fit *checks.Call) *fix.Fix {
	fn, ok := c.Node.Fn.(*ast.Attribute)
	if !ok || !p.Holds(c.Node) {
		return nil
	}
	const message = "begin with the weights of the first worker"
	hvd := p.File.Text(fn.Value)
	if c.Symbol.Under("horovod.torch") {
		s, ok := p.StmtOf(c.Node).(*ast.Assign)
		if !ok || len(s.Targets) != 1 || s.Value != ast.Expr(c.Node) {
			return nil
		}
		model := modelOf(p, c)
		if model == "" {
			return nil
		}
		optimizer := p.File.Text(s.Targets[0])
		return checks.Fix(true, message, fix.InsertAfter(p.File, s,
			hvd+".broadcast_parameters("+model+".state_dict(), root_rank=0)", hvd+".broadcast_optimizer_state("+optimizer+", root_rank=0)"))
	}
	if fit == nil || !p.Holds(fit.Node) || !strings.Contains(c.Symbol.String(), "keras") {
		return nil
	}
	callback := hvd + ".callbacks.BroadcastGlobalVariablesCallback(0)"
	a := fit.Arg(-1, "callbacks")
	if a == nil {
		if fit.HasRest() {
			return nil
		}
		return checks.Fix(true, message, fix.AddKeyword(p.File, fit.Node, "callbacks", "["+callback+"]"))
	}
	for _, s := range fit.Frame.SpelledOut(a.Node) {
		if list, ok := s.Expr.(*ast.List); ok && p.Holds(list) {
			return checks.Fix(true, message, fix.AddElement(p.File, list, callback))
		}
	}
	return nil
}

// modelOf is the model whose parameters an optimizer is given, "" where that is not told.
func modelOf(p *checks.Pass, c *checks.Call) string {
	named := c.Arg(1, "named_parameters")
	if named != nil {
		if m := receiverOf(p, named.Node, "named_parameters"); m != "" {
			return m
		}
	}
	a := c.Arg(0, "optimizer")
	if a == nil || a.Node == nil {
		return ""
	}
	for in := range c.Frame.MadeOf(a.Node) {
		if in.Call != nil && in.Call.Method == "parameters" && in.Call.Frame == c.Frame {
			if m := receiverOf(p, in.Call.Node, "parameters"); m != "" {
				return m
			}
		}
	}
	return ""
}

// receiverOf is the text of the object whose method of a name an expression calls, "" for others.
func receiverOf(p *checks.Pass, e ast.Expr, method string) string {
	c, ok := e.(*ast.Call)
	if !ok || !p.Holds(c) {
		return ""
	}
	if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == method {
		return p.File.Text(at.Value)
	}
	return ""
}
