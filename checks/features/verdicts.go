package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// detectors answer -1 for an outlier and 1 for anything else.
const detectors = "{sklearn.ensemble.IsolationForest,sklearn.neighbors.LocalOutlierFactor,sklearn.svm.OneClassSVM,sklearn.linear_model.SGDOneClassSVM,sklearn.covariance.EllipticEnvelope}()"

// verdictNeverRejects is PML2109.
var verdictNeverRejects = &checks.Rule{
	Spec: infoPML2109,
	On:   []string{detectors + ".{predict,fit_predict}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		receivers := checks.Receivers(p, c)
		if judge(p, c.Frame, c.Node, 0) || len(receivers) == 0 || !slices.ContainsFunc(receivers, func(o *checks.Call) bool { return dropped(p, o) }) {
			return
		}
		r := checks.Report{Node: c.Node}
		if receivers[0] == c {
			r.Fix = keepInliers(p, c)
		}
		p.Report(r)
	},
}

// judge reports where a verdict is tested in a way that rejects nothing. It reports whether the verdict is read at all.
func judge(p *checks.Pass, f *checks.Frame, n ast.Node, depth int) (read bool) {
	in := p.Project.Module(f.Module())
	if in == nil || depth > 3 {
		return true
	}
	around := in.Around(n)
	i := len(around) - 1
	for i > 0 && around[i] != n {
		i--
	}
	if i == 0 {
		return true
	}
	node := n
	report := func(at ast.Node, edits ...[]fix.Edit) {
		var edit *fix.Fix
		if len(edits) > 0 && in == p.Module {
			edit = checks.Fix(true, "compare with -1, which stands for an outlier", edits...)
		}
		p.Report(checks.Report{Node: at, In: in, Fix: edit})
	}
	for i--; i >= 0; i-- {
		switch parent := around[i].(type) {
		case *ast.Subscript:
			if parent.Value == node { // one of the verdicts
				if _, one := parent.Index.(*ast.Number); !one {
					return true
				}
				node = parent
				continue
			}
			if parent.Index == node {
				report(node, checks.Replace(p, node, in.File.Text(node)+" == 1"))
			}
			return true
		case *ast.Attribute:
			if i == 0 {
				return true
			}
			call, ok := around[i-1].(*ast.Call)
			if !ok || call.Fn != ast.Expr(parent) {
				return true
			}
			switch {
			case parent.Attr.Id == "item":
				i--
				node = call
				continue
			case parent.Attr.Id == "astype" && len(call.Args) == 1 && checks.LastName(call.Args[0]) == "bool":
				report(call, checks.Replace(p, call, "("+in.File.Text(node)+" == 1)"))
			}
			return true
		case *ast.Call:
			if len(parent.Args) == 1 && parent.Args[0] == node {
				switch checks.LastName(parent.Fn) {
				case "int":
					node = parent
					continue
				case "bool":
					report(parent)
				}
			}
			judgeGiven(p, f, parent, node, depth)
			return true
		case *ast.Compare:
			if len(parent.Ops) != 1 || parent.Ops[0] != "==" && parent.Ops[0] != "!=" {
				return true
			}
			other := parent.Right[0]
			if other == node {
				other = parent.Left
			}
			switch text := in.File.Text(other); text {
			case "0":
				report(parent, checks.Replace(p, other, "-1"))
			case "True":
				report(parent, checks.Replace(p, other, "1"))
			case "False":
				report(parent, checks.Replace(p, other, "-1"))
			}
			return true
		case *ast.UnaryOp:
			if parent.Op == "not" {
				report(parent, truth(p, around[:i], parent, node)...)
			}
			return true
		case *ast.BoolOp:
			report(node, truth(p, around[:i], node, node)...)
			return true
		case *ast.If:
			if parent.Test == node {
				report(node, truth(p, around[:i+1], node, node)...)
			}
			return true
		case *ast.While:
			if parent.Test == node {
				report(node)
			}
			return true
		case *ast.IfExp:
			if parent.Test == node {
				report(node, checks.Replace(p, node, in.File.Text(node)+" == 1"))
			}
			return true
		case *ast.Assign:
			if len(parent.Targets) != 1 || parent.Value != node {
				return true
			}
			name, ok := parent.Targets[0].(*ast.Name)
			if !ok {
				return true
			}
			verdict := n
			if o, ok := n.(*ast.Name); ok { // under another name
				for in := range f.StandsFor(o) {
					if in.Call != nil {
						verdict = in.Call.Node
					}
				}
			}
			return judgeName(p, f, name, parent, verdict, depth)
		case *ast.Return:
			callers := f.Callers()
			if node != ast.Node(parent.Value) || len(callers) == 0 {
				return true
			}
			for _, o := range callers {
				if there := p.Project.Module(o.Frame.Module()); there == nil || judge(p.There(there), o.Frame, o.Node, depth+1) {
					read = true
				}
			}
			return read
		case *ast.Comp:
			if parent.Elt != node {
				return true
			}
			node = parent
			continue
		case *ast.ExprStmt:
			return node != n
		default:
			return true
		}
	}
	return true
}

// judgeGiven judges what a function of the project does with a verdict that it is given.
func judgeGiven(p *checks.Pass, f *checks.Frame, call *ast.Call, node ast.Node, depth int) {
	c := f.CallAt(call)
	if c == nil {
		return
	}
	for _, g := range c.Enters() {
		fn := g.Function()
		there := p.Project.Module(g.Module())
		if fn == nil || fn.Params == nil || there == nil {
			continue
		}
		for _, param := range fn.Params.List {
			if param.Name == nil {
				continue
			}
			a := c.GivenTo(fn, param.Name.Id)
			if a == nil || ast.Node(a.Node) != node {
				continue
			}
			g.InspectOwn(func(x ast.Node) bool {
				id, ok := x.(*ast.Name)
				if ok && id.Id == param.Name.Id && id != param.Name && id.Pos() > fn.Def.Name.Pos() && there.StmtOf(id) != ast.Stmt(fn.Def) && !bound(p, g, id) {
					judge(p.There(there), g, id, depth+1)
				}
				return true
			})
		}
	}
}

// judgeName judges what is done with a verdict under a name.
func judgeName(p *checks.Pass, f *checks.Frame, name *ast.Name, assigned *ast.Assign, verdict ast.Node, depth int) (read bool) {
	f.InspectOwn(func(x ast.Node) bool {
		id, ok := x.(*ast.Name)
		if !ok || id.Id != name.Id || id.Pos() < assigned.Stop() || bound(p, f, id) {
			return true
		}
		is := false
		for in := range f.StandsFor(id) {
			is = is || in.Call != nil && in.Call.Node == verdict
		}
		if is {
			read = true
			judge(p, f, id, depth+1)
		}
		return true
	})
	if f.Function() == nil { // functions may read it
		for _, g := range f.Beside() {
			if g != f && g.Function() != nil {
				g.InspectOwn(func(x ast.Node) bool {
					if id, ok := x.(*ast.Name); ok && id.Id == name.Id && !bound(p, g, id) {
						for in := range g.StandsFor(id) {
							if in.Call != nil && in.Call.Node == verdict {
								read = true
								judge(p, g, id, depth+1)
								break
							}
						}
					}
					return true
				})
			}
		}
		ast.InspectStmts(p.File.Body, func(x ast.Node) bool {
			id, ok := x.(*ast.Name)
			read = read || ok && id.Id == name.Id && id != name
			return !read
		})
	}
	return read
}

// bound reports whether a name stands where it gets a value.
func bound(p *checks.Pass, f *checks.Frame, id *ast.Name) bool {
	in := p.Project.Module(f.Module())
	if in == nil {
		return false
	}
	s, ok := in.StmtOf(id).(*ast.Assign)
	return ok && slices.ContainsFunc(s.Targets, func(t ast.Expr) bool { return t == ast.Expr(id) })
}

// truth makes the test of a verdict as a truth value one that can fail, by what its branch does.
func truth(p *checks.Pass, around []ast.Node, whole, verdict ast.Node) [][]fix.Edit {
	for i := len(around) - 1; i >= 0; i-- {
		s, ok := around[i].(*ast.If)
		if !ok {
			continue
		}
		want := " == 1"
		if checks.Leaves(s.Body) {
			want = " == -1"
		}
		return [][]fix.Edit{checks.Replace(p, whole, p.File.Text(verdict)+want)}
	}
	return nil
}

// uses are the methods by which rows are learnt from, judged or written.
var uses = []string{"fit", "partial_fit", "predict", "predict_proba", "fit_transform", "insert", "write", "to_csv", "to_parquet", "to_sql", "push", "write_to_online_store", "train"}

// dropped reports whether the rows of a verdict that nobody reads are used afterwards.
func dropped(p *checks.Pass, c *checks.Call) bool {
	if len(c.Args) == 0 {
		return false
	}
	a := &c.Args[0]
	if a.Node == nil || p.Notebook != nil && isStatement(p, c) {
		return false
	}
	rows := base(a.Node)
	detector := checks.ChainText(receiverOf(c))
	if rows == "" {
		return false
	}
	used := false
	for _, o := range c.Frame.Calls {
		at := receiverOf(o)
		if at == nil || o.Node == c.Node {
			continue
		}
		if text := checks.ChainText(at); text != "" && text == detector {
			if o.Method == "decision_function" || o.Method == "score_samples" || o.Method == "predict" || o.Method == "fit_predict" {
				return false
			}
			continue
		}
		if o.Node.Pos() > c.Node.Stop() && slices.Contains(uses, checks.LastName(o.Node.Fn)) && checks.UsesName(o.Node, rows) {
			used = true
		}
	}
	if !used {
		return false
	}
	scores := false
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		at, ok := n.(*ast.Attribute)
		scores = scores || ok && (at.Attr.Id == "negative_outlier_factor_" || at.Attr.Id == "offset_")
		return !scores
	})
	return !scores
}

// isStatement reports whether a call is a statement.
func isStatement(p *checks.Pass, c *checks.Call) bool {
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	return ok && s.Value == ast.Expr(c.Node)
}

// base is the name that an expression reads rows of: X of X[["a", "b"]].
func base(e ast.Expr) string {
	text := checks.ChainText(e)
	name, _, _ := strings.Cut(text, ".")
	return name
}

// keepInliers keeps the rows of which the verdict is that they are no outliers.
func keepInliers(p *checks.Pass, c *checks.Call) *fix.Fix {
	rows, ok := c.Args[0].Node.(*ast.Name)
	stmt := p.StmtOf(c.Node)
	if !ok || !p.Holds(c.Node) {
		return nil
	}
	switch s := stmt.(type) {
	case *ast.ExprStmt:
	case *ast.Assign:
		if s.Value != ast.Expr(c.Node) {
			return nil
		}
	default:
		return nil
	}
	return checks.Fix(true, "keep only what is no outlier", fix.ReplaceStmt(p.File, stmt, rows.Id+" = "+rows.Id+"["+p.File.Text(c.Node)+" == 1]"))
}
