package monitoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the checks of handlers that hide what a measurement would have told.

// hiddenFailure is PML2403.
var hiddenFailure = &checks.Rule{
	Spec:  infoPML2403,
	Needs: []string{"except"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		f.InspectOwn(func(n ast.Node) bool {
			t, ok := n.(*ast.Try)
			if !ok || !p.Holds(t) {
				_, within := n.(ast.Expr)
				return !within
			}
			measured := measuredIn(p, f, t.Body)
			if len(measured) == 0 {
				return true
			}
			for _, h := range t.Handlers {
				if leavesOrTells(p, f, h, t, measured) {
					continue
				}
				ast.InspectBlocks(h.Body, func(s ast.Stmt) bool {
					target, value := assigned(s)
					if target == nil {
						return true
					}
					if name := p.File.Text(target); slices.Contains(measured, name) && isGood(checks.LastName(target), value) && toldLater(p, f, t, name) {
						p.Report(checks.Report{Node: s, Fix: checks.Fix(true, "let the failure be one", checks.Replace(p, s, "raise"))})
					}
					return true
				})
			}
			return true
		})
	},
}

// assigned is the name or attribute that a statement assigns, with the value.
func assigned(s ast.Stmt) (target, value ast.Expr) {
	switch s := s.(type) {
	case *ast.Assign:
		if len(s.Targets) == 1 {
			target, value = s.Targets[0], s.Value
		}
	case *ast.AnnAssign:
		target, value = s.Target, s.Value
	}
	switch target.(type) {
	case *ast.Name, *ast.Attribute:
		if value != nil {
			return target, value
		}
	}
	return nil, nil
}

// measuredIn lists the names and attributes that statements assign what a metric gives.
func measuredIn(p *checks.Pass, f *checks.Frame, body []ast.Stmt) []string {
	var out []string
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Assign:
			if !measures(f, n.Value) {
				return true
			}
			for _, t := range n.Targets {
				list := checks.Elements(t)
				if len(list) == 0 {
					list = []ast.Expr{t}
				}
				for _, e := range list {
					out = append(out, p.File.Text(e))
				}
			}
		case *ast.AnnAssign:
			if n.Value != nil && measures(f, n.Value) {
				out = append(out, p.File.Text(n.Target))
			}
		}
		return true
	})
	return out
}

// measures reports whether an expression is made of what a metric, a test of drift or a function named so gives.
func measures(f *checks.Frame, e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return !found
		}
		c := f.CallAt(call)
		if c == nil {
			return !found
		}
		name := c.Callee.Name()
		if slices.ContainsFunc([]string{"sklearn.metrics.", "scipy.stats.", "evidently.", "alibi_detect.", "nannyml.", "deepchecks.", "torchmetrics."}, func(start string) bool { return strings.HasPrefix(name, start) }) {
			found = true
			return false
		}
		last := strings.ToLower(checks.LastName(call.Fn))
		if at, ok := call.Fn.(*ast.Attribute); ok && at.Attr.Id == "score" && len(call.Args) > 0 {
			found = true
		}
		if c.Body() != nil || name != "" && !strings.HasPrefix(name, "builtins.") && !strings.Contains(name, "()") {
			found = found || slices.ContainsFunc([]string{"evaluat", "metric", "score", "drift"}, func(word string) bool { return strings.Contains(last, word) }) || slices.Contains(strings.Split(last, "_"), "psi")
		}
		return !found
	})
	return found
}

// isGood reports whether a constant is a result of that name that raises no alarm.
func isGood(name string, value ast.Expr) bool {
	name = strings.ToLower(name)
	if strings.Contains(name, "best") {
		return false
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' })
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(word string) bool {
			return slices.Contains(words, word) || len(word) > 4 && strings.Contains(name, word)
		})
	}
	no := false
	if k, ok := value.(*ast.Constant); ok {
		if k.Value != ast.False {
			return false
		}
		no = true
	}
	n, isNumber := 0.0, false
	if number, ok := value.(*ast.Number); ok {
		v, err := strconv.ParseFloat(number.Text, 64)
		n, isNumber = v, err == nil
	}
	switch {
	case !no && !isNumber:
		return false
	case strings.Contains(name, "pvalue") || strings.Contains(name, "p_value") || name == "p":
		return isNumber && n >= 0.05
	case has("drift", "drifted", "psi", "error", "loss", "mae", "mse", "rmse", "mape", "distance", "divergence", "shift"):
		return no || n == 0
	case has("acc", "accuracy", "auc", "auroc", "f1", "precision", "recall", "score", "r2", "rocauc", "prauc"):
		return isNumber && n >= 0.5
	}
	return false
}

// quiet are the calls of a handler that tell nobody who decides.
var quiet = []string{"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc", "write", "sleep"}

// leavesOrTells reports whether a handler goes elsewhere, or tells of the failure by a flag or a counter.
func leavesOrTells(p *checks.Pass, f *checks.Frame, h *ast.ExceptHandler, t *ast.Try, measured []string) bool {
	if h.Type != nil && strings.Contains(p.File.Text(h.Type), "ImportError") || h.Type != nil && strings.Contains(p.File.Text(h.Type), "ModuleNotFoundError") {
		return true
	}
	tells := leaves(h.Body)
	ast.InspectStmts(h.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, target := range n.Targets {
				if name := p.File.Text(target); !slices.Contains(measured, name) {
					switch n.Value.(type) {
					case *ast.Str, *ast.Constant, *ast.Name:
						tells = tells || readAfter(p, f, t, name)
					}
				}
			}
		case *ast.AugAssign:
			tells = true
		case *ast.Call:
			name := checks.LastName(n.Fn)
			if s, ok := p.StmtOf(n).(*ast.ExprStmt); ok && s.Value == ast.Expr(n) && !slices.Contains(quiet, name) {
				tells = true
			}
		}
		return !tells
	})
	return tells
}

// leaves reports whether statements leave where they are, on one of their ways.
func leaves(body []ast.Stmt) bool {
	return slices.ContainsFunc(body, func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.Raise, *ast.Return, *ast.Continue, *ast.Break:
			return true
		case *ast.If:
			return leaves(s.Body) || leaves(s.Orelse)
		case *ast.With:
			return leaves(s.Body)
		}
		return false
	})
}

// readAfter reports whether a name or attribute is read behind a try.
func readAfter(p *checks.Pass, f *checks.Frame, t *ast.Try, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && e.Pos() >= t.Stop() && p.File.Text(e) == name {
			found = true
		}
		return !found
	})
	return found
}

// published are the calls that tell a monitor of a number.
var published = []string{"set", "log_metric", "log_metrics", "log", "gauge", "observe", "add_scalar", "log_scalar", "track", "report_scalar", "put_metric_data"}

// publishes reports whether a call tells a monitor of a number.
func publishes(f *checks.Frame, n *ast.Call) bool {
	name := ""
	if c := f.CallAt(n); c != nil {
		name = c.Callee.Name()
	}
	switch fn := n.Fn.(type) {
	case *ast.Name:
		return strings.HasPrefix(name, "mlflow.log") || strings.HasPrefix(name, "wandb.log")
	case *ast.Attribute:
		computes := slices.ContainsFunc([]string{"math.", "numpy.", "torch.", "logging."}, func(start string) bool { return strings.HasPrefix(name, start) })
		return slices.Contains(published, fn.Attr.Id) && !computes
	}
	return false
}

// toldLater reports whether what stands under a name is published, compared or returned behind a try.
func toldLater(p *checks.Pass, f *checks.Frame, t *ast.Try, name string) bool {
	holds := func(n ast.Node) bool {
		found := false
		ast.Inspect(n, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && p.File.Text(e) == name {
				found = true
			}
			return !found
		})
		return found
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() < t.Stop() {
			return true
		}
		switch n := n.(type) {
		case *ast.Return:
			found = found || n.Value != nil && holds(n.Value)
		case *ast.Compare:
			found = found || holds(n)
		case *ast.Call:
			if publishes(f, n) {
				found = found || slices.ContainsFunc(n.Args, func(a ast.Expr) bool { return holds(a) }) || slices.ContainsFunc(n.Keywords, func(k *ast.Keyword) bool { return holds(k.Value) })
			}
		}
		return !found
	})
	return found
}

// swallowedGate is PML2420.
var swallowedGate = &checks.Rule{
	Spec:   infoPML2420,
	Needs:  []string{"except"},
	Beside: [][]string{{"fairlearn", "aif360"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		f.InspectOwn(func(n ast.Node) bool {
			t, ok := n.(*ast.Try)
			if !ok || !p.Holds(t) {
				_, within := n.(ast.Expr)
				return !within
			}
			raised := gateIn(f, t.Body, 0)
			if raised == nil || !releasedAfter(p, f, t) {
				return true
			}
			for _, h := range t.Handlers {
				if !slices.ContainsFunc(raised, func(class string) bool { return catches(p, h, class) }) {
					continue
				}
				if !goesElsewhere(h.Body) && !testedLater(p, f, t, h) {
					p.Report(checks.Report{Node: h, Fix: checks.Fix(true, "let the gate stop the release", fix.AppendBody(p.File, h.Body, "raise"))})
				}
				break
			}
			return true
		})
	},
}

// measuresFairness reports whether a call computes a metric of fairness, itself or in a function of the project.
func measuresFairness(c *checks.Call, depth int) bool {
	name := c.Callee.Name()
	if strings.HasPrefix(name, "fairlearn.metrics.") || strings.HasPrefix(name, "aif360.metrics.") || strings.HasPrefix(name, "aif360.sklearn.metrics.") {
		return true
	}
	body := c.Body()
	return body != nil && depth < 2 && slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return measuresFairness(o, depth+1) })
}

// ofFairness reports whether a name was made of a metric of fairness elsewhere, such as by a caller.
func ofFairness(f *checks.Frame, name *ast.Name) bool {
	for in := range f.MadeOf(name) {
		if in.Call != nil && measuresFairness(in.Call, 2) {
			return true
		}
	}
	return false
}

// gateIn lists the classes of what statements raise where a metric of fairness is beyond a limit; nil where they do not.
func gateIn(f *checks.Frame, body []ast.Stmt, depth int) []string {
	var raised []string
	metrics := map[string]bool{}
	ofMetric := func(e ast.Node) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || metrics[n.Id] || ofFairness(f, n)
			case *ast.Call:
				if c := f.CallAt(n); c != nil && measuresFairness(c, 0) {
					found = true
				}
			}
			return !found
		})
		return found
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Assign:
			if ofMetric(n.Value) {
				for _, t := range n.Targets {
					ast.Inspect(t, func(n ast.Node) bool {
						if id, ok := n.(*ast.Name); ok {
							metrics[id.Id] = true
						}
						return true
					})
				}
			}
		case *ast.For:
			if ofMetric(n.Iter) {
				ast.Inspect(n.Target, func(n ast.Node) bool {
					if id, ok := n.(*ast.Name); ok {
						metrics[id.Id] = true
					}
					return true
				})
			}
		case *ast.If:
			if ofMetric(n.Test) && compares(n.Test) {
				ast.InspectStmts(slices.Concat(n.Body, n.Orelse), func(n ast.Node) bool {
					if r, ok := n.(*ast.Raise); ok {
						raised = append(raised, classOf(r))
					}
					return true
				})
			}
		case *ast.Assert:
			if ofMetric(n.Test) && compares(n.Test) {
				raised = append(raised, "AssertionError")
			}
		case *ast.Call:
			if c := f.CallAt(n); c != nil && depth < 2 {
				if inner := c.Body(); inner != nil && inner.Function() != nil && inner.Function().Def != nil {
					raised = append(raised, gateIn(inner, inner.Function().Def.Body, depth+1)...)
				}
			}
		}
		return true
	})
	return raised
}

// compares reports whether an expression holds a comparison.
func compares(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		_, is := n.(*ast.Compare)
		found = found || is
		return !found
	})
	return found
}

// classOf is the name of the class that a statement raises.
func classOf(r *ast.Raise) string {
	e := r.Exc
	if c, ok := e.(*ast.Call); ok {
		e = c.Fn
	}
	return checks.LastName(e)
}

// parents are the classes of Python that catch others, beyond those that catch everything.
var parents = map[string][]string{
	"ZeroDivisionError": {"ArithmeticError"}, "OverflowError": {"ArithmeticError"}, "KeyError": {"LookupError"}, "IndexError": {"LookupError"}, "NotImplementedError": {"RuntimeError"}, "UnicodeError": {"ValueError"},
}

// catches reports whether a handler catches what is raised by a class of that name.
func catches(p *checks.Pass, h *ast.ExceptHandler, class string) bool {
	if h.Type == nil {
		return true
	}
	list := checks.Elements(h.Type)
	if len(list) == 0 {
		list = []ast.Expr{h.Type}
	}
	return slices.ContainsFunc(list, func(e ast.Expr) bool {
		name := checks.LastName(e)
		return name == "Exception" || name == "BaseException" || name == class && class != "" || slices.Contains(parents[class], name) || extends(p, class, name)
	})
}

// extends reports whether a class of the file derives from another by their names.
func extends(p *checks.Pass, class, base string) bool {
	for _, m := range p.Connected() {
		if m.File == nil {
			continue
		}
		for _, s := range m.File.Body {
			if c, ok := s.(*ast.ClassDef); ok && c.Name.Id == class {
				return slices.ContainsFunc(c.Bases, func(e ast.Expr) bool { return checks.LastName(e) == base })
			}
		}
	}
	return false
}

// goesElsewhere reports whether a handler leaves: by raise, return, the next round of a loop, or the end of the program.
func goesElsewhere(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Raise, *ast.Return, *ast.Break, *ast.Continue:
			found = true
		case *ast.Call:
			found = found || slices.Contains([]string{"exit", "_exit", "quit", "abort", "fail"}, checks.LastName(n.Fn))
		}
		return !found
	})
	return found
}

// testedLater reports whether what a handler assigns is tested behind the try.
func testedLater(p *checks.Pass, f *checks.Frame, t *ast.Try, h *ast.ExceptHandler) bool {
	var names []string
	ast.InspectStmts(h.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, target := range n.Targets {
				names = append(names, p.File.Text(target))
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "add" || at.Attr.Id == "set") {
				names = append(names, p.File.Text(at.Value))
			}
		}
		return true
	})
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() < t.Stop() {
			return true
		}
		if test := checks.TestOf(n); test != nil {
			ast.Inspect(test, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok && slices.Contains(names, p.File.Text(e)) {
					found = true
				}
				return !found
			})
		}
		return !found
	})
	return found
}

// releasedAfter reports whether a model is released behind a try, in the same function or in one that is called there.
func releasedAfter(p *checks.Pass, f *checks.Frame, t *ast.Try) bool {
	return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
		return (c.Node.Pos() >= t.Stop() || checks.InBlock(t.Final, c.Node)) && releases(c, 0)
	})
}

// releases reports whether a call releases a model, itself or in a function of the project.
func releases(c *checks.Call, depth int) bool {
	name := c.Callee.Name()
	switch checks.LastName(c.Node.Fn) {
	case "log_model":
		a := c.Arg(-1, "registered_model_name")
		return a != nil && !a.Value.IsNone()
	case "register_model", "transition_model_version_stage", "set_registered_model_alias", "push_to_hub", "upload_folder", "upload_file":
		return true
	case "deploy", "create_model":
		return strings.HasPrefix(name, "sagemaker") || strings.HasPrefix(name, "google.cloud.aiplatform") || strings.HasPrefix(name, "boto3") || c.Method == "deploy"
	case "dump":
		return slices.ContainsFunc([]string{"joblib.", "pickle.", "cloudpickle.", "dill."}, func(start string) bool { return strings.HasPrefix(name, start) })
	case "save":
		return strings.HasPrefix(name, "torch.")
	}
	if strings.HasPrefix(name, "joblib.dump") || strings.HasPrefix(name, "pickle.dump") || strings.HasPrefix(name, "torch.save") {
		return true
	}
	body := c.Body()
	return body != nil && depth < 2 && slices.ContainsFunc(body.Calls, func(o *checks.Call) bool { return releases(o, depth+1) })
}
