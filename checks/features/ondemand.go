package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// viewDecorators make feature views of functions.
var viewDecorators = []string{
	"feast.{on_demand_feature_view,batch_feature_view,stream_feature_view}", "feast.{on_demand_feature_view.on_demand_feature_view,batch_feature_view.batch_feature_view,stream_feature_view.stream_feature_view}",
	"tecton.{realtime_feature_view,on_demand_feature_view,batch_feature_view,stream_feature_view}", "hopsworks.udf", "hsfs.hopsworks_udf.udf", "hsfs.udf",
}

// view is a function that computes features.
type view struct {
	name  string // of the decorator
	call  *ast.Call
	frame *checks.Frame
	param string // the first one, which holds the rows
}

// viewOf tells what feature view a frame's function is, nil where it is none.
func viewOf(f *checks.Frame) *view {
	fn := f.Function()
	if fn == nil || fn.Def == nil {
		return nil
	}
	for _, d := range fn.Def.Decorators {
		e := d.Expr
		call, _ := d.Expr.(*ast.Call)
		if call != nil {
			e = call.Fn
		}
		name := f.Body().ValueOf(e).Name()
		pkg, _, _ := strings.Cut(name, ".")
		if name == "" || !slices.Contains([]string{"feast", "tecton", "hopsworks", "hsfs"}, pkg) {
			continue
		}
		v := &view{name: name[strings.LastIndexByte(name, '.')+1:], call: call, frame: f}
		switch v.name {
		case "on_demand_feature_view", "batch_feature_view", "stream_feature_view", "realtime_feature_view", "udf":
		default:
			continue
		}
		if fn.Params != nil && len(fn.Params.List) > 0 && fn.Params.List[0].Name != nil {
			v.param = fn.Params.List[0].Name.Id
		}
		return v
	}
	return nil
}

// option is the constant text or word that the decorator is given by a name, "" where there is none.
func (v *view) option(p *checks.Pass, name string) string {
	if v.call == nil {
		return ""
	}
	if k := fix.KeywordOf(v.call, name); k != nil {
		if s, ok := k.Value.(*ast.Str); ok {
			return s.Value
		}
		if t, ok := v.frame.Body().ValueOf(k.Value).Text(); ok {
			return t
		}
		return p.File.Text(k.Value)
	}
	return ""
}

// ofPandas reports whether the function is given a frame of pandas.
func (v *view) ofPandas(p *checks.Pass) bool {
	mode := v.option(p, "mode")
	if strings.HasPrefix(v.name, "realtime") || v.frame.Function() == nil {
		return mode == "pandas"
	}
	return mode == "" || mode == "pandas"
}

// returned lists the calls that are made in a frame, or in what it calls, and of whose results what it returns is made.
func returned(f *checks.Frame) []*checks.Call {
	var out []*checks.Call
	seen := map[ast.Node]bool{}
	add := func(e ast.Expr) {
		for in := range f.MadeOf(e) {
			if in.Call != nil && !seen[in.Call.Node] {
				seen[in.Call.Node] = true
				out = append(out, in.Call)
			}
		}
	}
	f.InspectOwn(func(n ast.Node) bool {
		var e ast.Expr
		switch n := n.(type) {
		case *ast.Return:
			e = n.Value
		case *ast.Yield:
			e = n.Value
		}
		if e == nil {
			return true
		}
		add(e)
		return true
	})
	for i := 0; i < len(out); i++ { // what functions read that are called for each row
		for _, a := range out[i].Node.Args {
			l, ok := a.(*ast.Lambda)
			if !ok || out[i].Frame != f {
				continue
			}
			ast.Inspect(l.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Name); ok {
					add(id)
				}
				return true
			})
		}
	}
	return out
}

// clocks are the calls that tell the time.
var clocks = []string{
	"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today", "pandas.Timestamp.now", "pandas.Timestamp.utcnow", "pandas.Timestamp.today", "time.time",
	"pyspark.sql.functions.current_timestamp", "pyspark.sql.functions.current_date", "pyspark.sql.functions.now",
}

// clockRead is PML2120.
var clockRead = &checks.Rule{
	Spec:  infoPML2120,
	Knows: slices.Concat(clocks, viewDecorators, []string{"pandas.to_datetime", "numpy.datetime64"}),
	Needs: []string{"feature_view", "udf"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		v := viewOf(f)
		if v == nil {
			return
		}
		for _, c := range returned(f) {
			if c.Frame.Function() == nil || !readsClock(c) {
				continue
			}
			var edit *fix.Fix
			if c.Frame == f && v.param != "" && v.ofPandas(p) && v.name != "batch_feature_view" && v.name != "stream_feature_view" {
				edit = checks.Fix(true, "read the time of the event", checks.Replace(p, c.Node, v.param+`["event_timestamp"]`))
			}
			p.Report(checks.Report{Node: c.Node, In: p.Project.Module(c.Frame.Module()), Fix: edit})
		}
	},
}

// readsClock reports whether a call tells what time it is.
func readsClock(c *checks.Call) bool {
	if c.Symbol.Is(clocks...) {
		return true
	}
	if c.Symbol.Is("pandas.to_datetime", "numpy.datetime64") && len(c.Args) > 0 {
		t, _ := c.Args[0].Value.Text()
		return t == "now" || t == "today"
	}
	return false
}

// reducers are the methods of a frame or column that look at all of its rows.
var reducers = strings.Fields("mean median std var min max sum quantile mode nunique value_counts rank cumsum cumprod cummax cummin shift diff pct_change rolling expanding ewm groupby")

// overRows are the functions that do, of what they are given.
var overRows = []string{"pandas.qcut", "pandas.factorize", "pandas.get_dummies", "pandas.cut", "numpy.mean", "numpy.std", "numpy.var", "numpy.min", "numpy.max", "numpy.median", "numpy.percentile", "numpy.quantile", "numpy.amin", "numpy.amax"}

// batchDependent is PML2127.
var batchDependent = &checks.Rule{
	Spec:  infoPML2127,
	Knows: slices.Concat(overRows, viewDecorators),
	Needs: []string{"feature_view"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		v := viewOf(f)
		if v == nil || v.param == "" || v.name != "on_demand_feature_view" && v.name != "realtime_feature_view" || !v.ofPandas(p) || v.option(p, "singleton") == "True" {
			return
		}
		list := returned(f)
		for _, c := range list {
			if c.Frame.Function() == nil || !v.reduces(p, c) || slices.ContainsFunc(list, func(o *checks.Call) bool {
				return o != c && o.Frame == c.Frame && receiverOf(c) != nil && receiverOf(c).Range().Contains(o.Node.Range()) && v.reduces(p, o)
			}) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, In: p.Project.Module(c.Frame.Module()), Fix: v.precomputed(p, c)})
		}
	},
}

// reduces reports whether a call looks at all rows of what the function is given.
func (v *view) reduces(p *checks.Pass, c *checks.Call) bool {
	if a := c.Arg(-1, "axis"); a != nil {
		n, number := a.Value.Number()
		if t, _ := a.Value.Text(); !number || n != 0 || t == "columns" {
			return false
		}
	}
	in := p.Project.Module(c.Frame.Module())
	if in == nil || withinLambda(in, c.Node) {
		return false
	}
	if c.Symbol.Is(overRows...) {
		a := &checks.Argument{}
		if len(c.Args) > 0 {
			a = &c.Args[0]
		}
		if b := c.Arg(1, "axis"); b != nil && strings.HasPrefix(c.Symbol.String(), "numpy.") && !strings.HasSuffix(c.Symbol.String(), "percentile") && !strings.HasSuffix(c.Symbol.String(), "quantile") {
			if n, number := b.Value.Number(); !number || n != 0 {
				return false
			}
		}
		if c.Symbol.Is("pandas.cut") {
			bins := c.Arg(1, "bins")
			if bins == nil {
				return false
			}
			if _, number := bins.Value.Number(); !number {
				return false
			}
		}
		return a.Node != nil && v.holdsRows(c.Frame, a.Node)
	}
	e := receiverOf(c)
	if e == nil {
		return false
	}
	name := checks.LastName(c.Node.Fn)
	if name == "fit_transform" {
		fit := fittingOf(c)
		return fit != nil && fit.kind == learns && v.holdsRows(c.Frame, fit.rows)
	}
	if !slices.Contains(reducers, name) {
		return false
	}
	if at, ok := e.(*ast.Attribute); ok && (at.Attr.Id == "str" || at.Attr.Id == "dt" || at.Attr.Id == "list") {
		return false
	}
	// DataFrame.mean(1)
	if len(c.Node.Args) > 0 && slices.Contains([]string{"mean", "median", "std", "var", "min", "max", "sum"}, name) {
		return false
	}
	return v.holdsRows(c.Frame, e)
}

// withinLambda reports whether a node stands in a function that is called for each row.
func withinLambda(m *checks.Module, n ast.Node) bool {
	for _, a := range m.Around(n) {
		if _, ok := a.(*ast.Lambda); ok {
			return true
		}
	}
	return false
}

// holdsRows reports whether an expression is made of the rows that the function is given, and still has each of them.
func (v *view) holdsRows(f *checks.Frame, e ast.Expr) bool {
	if call, ok := e.(*ast.Call); ok && checks.LastName(call.Fn) == "len" {
		return false
	}
	for in := range f.MadeOf(e) {
		if in.Param != nil && in.Param.Name != nil && in.Param.Name.Id == v.param && in.Frame == v.frame {
			return true
		}
	}
	return false
}

// precomputed reads what a batch feature view has to provide.
func (v *view) precomputed(p *checks.Pass, c *checks.Call) *fix.Fix {
	sub, ok := receiverOf(c).(*ast.Subscript)
	if !ok || c.Frame != v.frame || len(c.Node.Args)+len(c.Node.Keywords) > 0 {
		return nil
	}
	name, isName := sub.Value.(*ast.Name)
	column, isText := sub.Index.(*ast.Str)
	method := checks.LastName(c.Node.Fn)
	if !isName || !isText || name.Id != v.param || !slices.Contains([]string{"mean", "median", "std", "var", "min", "max", "sum", "nunique"}, method) {
		return nil
	}
	return checks.Fix(true, "read what a batch feature view has computed", checks.Replace(p, c.Node, name.Id+`["`+column.Value+"_"+method+`"]`))
}
