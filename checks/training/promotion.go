package training

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of gates that a model passes by a score on data of whoever brings it.

// contributedGate is PML1318.
var contributedGate = &checks.Rule{
	Spec: infoPML1318,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.EvalData},
	Knows: []string{
		"joblib.dump", "pickle.dump", "cloudpickle.dump", "dill.dump", "skops.io.dump", "torch.save", "shutil.{copy,copy2,copyfile,copytree,move}", "os.{replace,rename,renames,symlink}",
		"pathlib.PurePath().{replace,rename}", "mlflow.register_model", "mlflow.MlflowClient().*", "mlflow.tracking.MlflowClient().*",
		"transformers.Trainer().evaluate", "keras.Model().{save,evaluate}",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || checks.ServesOnly(p, path, reviewers...) {
			return
		}
		for _, measured := range measuredBy(path.Call) {
			g := gateOf(measured, path.Call)
			if g == nil || g.first != measured {
				continue
			}
			in := p.Project.Module(measured.Frame.Module())
			if in == nil {
				continue
			}
			p.Report(checks.Report{Node: measured.Node, In: in, Path: path, Fix: ownHoldout(in, measured, path)})
		}
	},
}

// measuredBy lists the calls that measure on what a call is given: itself, or the evaluations of
// a trainer that it makes.
func measuredBy(c *checks.Call) []*checks.Call {
	var out []*checks.Call
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method == "evaluate" && o.Node != c.Node && o.Arg(0, "eval_dataset") == nil && made(f, receiverOf(o), c) {
				out = append(out, o)
			}
		}
	}
	if len(out) == 0 {
		return []*checks.Call{c}
	}
	return out
}

// gate is a test of a score that decides whether a model is promoted.
type gate struct {
	// first is the first of the measurements on data from outside that the test asks.
	first *checks.Call
}

// gateOf finds the gate that a measurement decides about, in its function or one that calls it;
// given is the call that was given the data.
func gateOf(measured, given *checks.Call) *gate {
	frames := []*checks.Frame{measured.Frame}
	for _, c := range measured.Frame.Callers() {
		frames = append(frames, c.Frame)
		for _, o := range c.Frame.Callers() {
			frames = append(frames, o.Frame)
		}
	}
	for _, f := range frames {
		var found *gate
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.If)
			if !ok || found != nil {
				return found == nil
			}
			side, ok := scoreIn(f, s.Test, measured)
			if !ok || alsoOwn(f, s.Test, side, measured) || !letsIn(f, s, measured) {
				return true
			}
			found = &gate{first: measured}
			for in := range f.MadeOf(s.Test) {
				if in.Call != nil && in.Call.Frame == measured.Frame && (in.Call.Node != given.Node || given == measured) && in.Call.Node.Pos() < found.first.Node.Pos() && fromOutsideData(in.Call) {
					found.first = in.Call
				}
			}
			return false
		})
		if found != nil {
			return found
		}
	}
	return nil
}

// scoreIn returns the part of a test that compares a measurement: a conjunct.
func scoreIn(f *checks.Frame, test ast.Expr, measured *checks.Call) (ast.Expr, bool) {
	for _, e := range conjuncts(test) {
		if made(f, e, measured) {
			return e, true
		}
	}
	return nil, false
}

// conjuncts lists the tests of which all must hold.
func conjuncts(e ast.Expr) []ast.Expr {
	b, ok := e.(*ast.BoolOp)
	if !ok || b.Or {
		return []ast.Expr{e}
	}
	var out []ast.Expr
	for _, v := range b.Values {
		out = append(out, conjuncts(v)...)
	}
	return out
}

// alsoOwn reports whether a test asks a measurement on the project's own data as well: in another
// conjunct, or in one number with the other (their minimum, their mean).
func alsoOwn(f *checks.Frame, test, score ast.Expr, measured *checks.Call) bool {
	for _, e := range conjuncts(test) {
		if e != score && (madeOfOwn(f, e) || scoredInHelper(f, e)) {
			return true
		}
	}
	sides := []ast.Expr{score}
	if c, ok := score.(*ast.Compare); ok {
		sides = append([]ast.Expr{c.Left}, c.Right...)
	}
	for _, side := range sides {
		if made(f, side, measured) && madeOfOwn(f, side) {
			return true
		}
	}
	return false
}

// madeOfOwn reports whether an expression is made of a measurement on data of which none comes
// from outside.
func madeOfOwn(f *checks.Frame, e ast.Expr) bool {
	return checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool {
		return in.Call != nil && (in.Call.Does() == models.Evaluate || len(in.Call.Dangerous(models.EvalData)) > 0) && !fromOutsideData(in.Call)
	})
}

// scoredInHelper reports whether an expression is made of the score that a helper gives to a model which it is
// handed, on data that is there with nothing from outside.
func scoredInHelper(f *checks.Frame, e ast.Expr) bool {
	return checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool {
		if in.Call == nil || in.Call.Method != "score" || in.Call.Frame == f {
			return false
		}
		outside := models.Labels(models.User, models.Upload)
		for i := range in.Call.Args {
			if v := in.Call.Args[i].Value; v.IsParameter() || v.Labels(models.EvalData).Any(outside) || anyMark(in.Call.Behind(v), outside) {
				return false
			}
		}
		return true
	})
}

// fromOutsideData reports whether a call measures on data from outside.
func fromOutsideData(c *checks.Call) bool {
	args := c.Dangerous(models.EvalData)
	if len(args) == 0 && c.Does() == models.Evaluate {
		args = c.Args
	}
	outside := models.Labels(models.User, models.Upload)
	for i := range args {
		if v := args[i].Value; v.Labels(models.EvalData).Any(outside) || anyMark(c.Behind(v), outside) {
			return true
		}
	}
	return false
}

func anyMark(marks []checks.Mark, labels models.LabelSet) bool {
	return slices.ContainsFunc(marks, func(m checks.Mark) bool { return labels.Has(m.Label) })
}

// letsIn reports whether a test decides about a promotion, with nothing of the project's own
// data asked on the way.
func letsIn(f *checks.Frame, s *ast.If, measured *checks.Call) bool {
	from, to := s.Pos(), s.Range().Stop()
	if leavesBlock(f, s.Body) {
		to = 1 << 30 // what follows happens where the test does not hold
	}
	for _, c := range f.Calls {
		if at := c.Node.Pos(); at >= from && at < to && at >= s.Body[0].Pos() && promotes(c, 0) && !guardedByOwn(f, c.Node) {
			return true
		}
	}
	names := modelNames(measured)
	served := false
	f.InspectOwn(func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if ok && a.Pos() >= s.Body[0].Pos() && a.Pos() < to && names[checks.LastName(a.Value)] {
			for _, t := range a.Targets {
				served = served || outlives(f, t) && !guardedByOwn(f, a)
			}
		}
		return !served
	})
	return served
}

// outlives reports whether what is assigned to stays after the function: an attribute, an item,
// a global.
func outlives(f *checks.Frame, target ast.Expr) bool {
	switch t := target.(type) {
	case *ast.Attribute, *ast.Subscript:
		return true
	case *ast.Name:
		global := false
		f.InspectOwn(func(n ast.Node) bool {
			if g, ok := n.(*ast.Global); ok {
				for _, id := range g.Names {
					global = global || id.Id == t.Id
				}
			}
			return !global
		})
		return global
	}
	return false
}

// modelNames are the names of what a measurement measures: what scores, or what predicted.
func modelNames(measured *checks.Call) map[string]bool {
	out := map[string]bool{}
	add := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok {
				if fn, ok := c.Fn.(*ast.Attribute); ok {
					out[checks.LastName(fn.Value)] = true
				}
			}
			return true
		})
	}
	add(measured.Node)
	for _, a := range measured.Args {
		if a.Node == nil {
			continue
		}
		for in := range measured.Frame.MadeOf(a.Node) {
			if in.Call != nil {
				add(in.Call.Node)
			}
		}
	}
	delete(out, "")
	return out
}

// leavesBlock reports whether a block ends by leaving it.
func leavesBlock(f *checks.Frame, body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch s := body[len(body)-1].(type) {
	case *ast.Return, *ast.Raise, *ast.Continue:
		return true
	case *ast.ExprStmt:
		c := f.CallAt(s.Value)
		if c == nil {
			return false
		}
		switch checks.CalledName(c) {
		case "abort", "exit", "fail":
			return true
		}
	}
	return false
}

// guardedByOwn reports whether a place is reached only where a measurement on the project's own
// data says so.
func guardedByOwn(f *checks.Frame, n ast.Node) bool {
	guarded := false
	f.InspectOwn(func(x ast.Node) bool {
		s, ok := x.(*ast.If)
		if ok && s.Pos() < n.Pos() && (s.Range().Contains(n.Range()) || leavesBlock(f, s.Body)) {
			for _, e := range conjuncts(s.Test) {
				c, compares := e.(*ast.Compare)
				if !compares {
					guarded = guarded || onlyOwn(f, e)
					continue
				}
				own, outside := false, false
				for _, side := range append([]ast.Expr{c.Left}, c.Right...) {
					own = own || madeOfOwn(f, side)
					outside = outside || madeOfOutside(f, side)
				}
				guarded = guarded || own && !outside
			}
		}
		return !guarded
	})
	return guarded
}

func onlyOwn(f *checks.Frame, e ast.Expr) bool { return madeOfOwn(f, e) && !madeOfOutside(f, e) }

func madeOfOutside(f *checks.Frame, e ast.Expr) bool {
	return checks.Any(f.MadeOf(e), func(in flow.Ingredient) bool {
		return in.Call != nil && (in.Call.Does() == models.Evaluate || len(in.Call.Dangerous(models.EvalData)) > 0) && fromOutsideData(in.Call)
	})
}

// promotes reports whether a call puts a model into its place: writes, moves or registers it.
func promotes(c *checks.Call, depth int) bool {
	name := checks.CalledName(c)
	library := c.Callee.Name()
	switch name {
	case "dump", "save", "copy", "copy2", "copyfile", "copytree", "move", "symlink", "replace", "rename", "renames", "save_model":
		first, _, _ := strings.Cut(library, ".")
		switch first {
		case "joblib", "pickle", "cloudpickle", "dill", "skops", "torch", "shutil", "os", "pathlib", "keras", "tensorflow":
			return !waits(c)
		}
		return (name == "save" || name == "save_model") && c.Receiver != nil && library == "" && !waits(c)
	case "save_pretrained", "register_model", "set_registered_model_alias", "transition_model_version_stage", "push_to_hub", "create_model_version":
		return true
	}
	if depth < 2 {
		for _, g := range c.Enters() {
			if slices.ContainsFunc(g.Calls, func(o *checks.Call) bool { return promotes(o, depth+1) }) {
				return true
			}
		}
	}
	return false
}

// waits reports whether a file is put where it waits to be looked at.
func waits(c *checks.Call) bool {
	for i := range c.Args {
		t, _ := c.Args[i].Value.PathText().Text()
		for _, word := range [...]string{"quarantine", "pending", "review", "rejected", "archive"} {
			if strings.Contains(t, word) {
				return true
			}
		}
	}
	return false
}

// ownHoldout reads the data of the measurement from a file that the operator names.
func ownHoldout(m *checks.Module, measured *checks.Call, path *checks.Path) *fix.Fix {
	outside := models.Labels(models.User, models.Upload)
	start := path.Call
	for i := range start.Args {
		if start.Args[i].Node == nil {
			continue
		}
		for in := range start.Frame.MadeOf(start.Args[i].Node) {
			c := in.Call
			if c == nil || !m.Holds(c.Node) || len(c.Args) == 0 {
				continue
			}
			if fn, ok := c.Node.Fn.(*ast.Attribute); ok && c.Symbol.Is("datasets.Dataset.from_list", "datasets.Dataset.from_dict") && len(c.Args) == 1 && c.Args[0].Node != nil && !c.Args[0].Unpacked {
				environ, imports := fix.Reach(m.File, "os.environ", "import os", fix.BeforeFirstImport)
				return checks.Fix(true, "measure on data of one's own", []fix.Edit{
					fix.ReplaceNode(m.File, fn.Attr, "from_json"), fix.ReplaceNode(m.File, c.Args[0].Node, environ+`["TRUSTED_VALIDATION_FILE"]`),
				}, imports)
			}
			if !reads(c) {
				continue
			}
			a := &c.Args[0]
			if a.Unpacked || a.Node == nil || !a.Value.Labels(models.NoSink).Any(outside) && !anyMark(c.Behind(a.Value), outside) {
				continue
			}
			environ, imports := fix.Reach(m.File, "os.environ", "import os", fix.BeforeFirstImport)
			return checks.Fix(true, "measure on data of one's own", []fix.Edit{fix.ReplaceNode(m.File, a.Node, environ+`["TRUSTED_VALIDATION_FILE"]`)}, imports)
		}
	}
	return nil
}

// reads reports whether a call reads data from a file.
func reads(c *checks.Call) bool {
	name := checks.CalledName(c)
	return strings.HasPrefix(name, "read_") || strings.HasPrefix(name, "load") || name == "genfromtxt" || name == "scan_csv"
}
