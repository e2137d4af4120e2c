package datasets

import (
	"regexp"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// columnEval is PML4213.
var columnEval = &checks.Rule{
	Spec: infoPML4213,
	On: []string{
		"{pandas,dask.dataframe,modin.pandas}.{read_csv,read_table,read_excel,read_fwf,read_html}",
		"{pandas,dask.dataframe,modin.pandas}.{DataFrame,Series}().{apply,map,applymap,transform}",
		"polars.{DataFrame,Series,Expr,LazyFrame}().{map_elements,map_rows,apply}", "polars.col().{map_elements,apply}",
		"?.{apply,map,applymap,transform,map_elements,map_rows}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if conv := c.Arg(-1, "converters"); conv != nil {
			entries, _, _ := c.Entries(conv.Value)
			for _, e := range entries {
				reportEval(p, e.Value, e.Node)
			}
			return
		}
		if c.Symbol.Under("?") && !columnLike(c) {
			return
		}
		for _, name := range [...]string{"func", "arg", "function"} {
			if a := c.Arg(0, name); a != nil {
				reportEval(p, a.Value, a.Node)
				return
			}
		}
	},
}

// attributeOfFrame matches what is read from a frame by name: frame.tags.
var attributeOfFrame = regexp.MustCompile(`^(?:pandas|modin\.pandas|dask\.dataframe)\.\w+\(\)\.`)

// columnLike tells a column from other things with an apply method by how it was read:
// frame["x"].apply, frame.x.apply with one function.
func columnLike(c *checks.Call) bool {
	if c.Receiver != nil && attributeOfFrame.MatchString(c.Receiver.Name()) {
		return true
	}
	fn, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	switch fn.Value.(type) {
	case *ast.Subscript:
		return len(c.Node.Args) <= 1
	case *ast.Call: // a chain on something unknown: frame["x"].fillna("[]").apply(eval)
		return len(c.Node.Args) <= 1 && c.Method != "map"
	}
	return c.Method != "map" && len(c.Node.Args) <= 1
}

// reportEval reports the builtin eval, or a function that only calls it on its argument.
func reportEval(p *checks.Pass, v *checks.Value, at ast.Node) {
	if at == nil {
		return
	}
	name := evalName(p, v, at)
	if name == nil {
		return
	}
	literal, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.BeforeFirstImport)
	p.Report(checks.Report{Node: at, Fix: checks.Fix(false, "read literals only: ast.literal_eval", checks.Replace(p, name, literal), imports)})
}

// evalName returns the name `eval` that is called: the argument itself, or the one in the
// function that stands for it.
func evalName(p *checks.Pass, v *checks.Value, at ast.Node) ast.Node {
	if v.Is("builtins.eval") {
		switch at.(type) {
		case *ast.Name, *ast.Attribute: // eval, builtins.eval
			return at
		}
		return nil
	}
	fn := v.Function()
	if fn == nil || fn.Module.File != p.File {
		return nil
	}
	var body ast.Expr
	switch {
	case fn.Lambda != nil:
		body = fn.Lambda.Body
	case len(fn.Body) > 0:
		for _, s := range fn.Body[:len(fn.Body)-1] {
			if e, ok := s.(*ast.ExprStmt); !ok {
				return nil
			} else if _, doc := e.Value.(*ast.Str); !doc {
				return nil
			}
		}
		r, ok := fn.Body[len(fn.Body)-1].(*ast.Return)
		if !ok {
			return nil
		}
		body = r.Value
	}
	call, ok := body.(*ast.Call)
	if !ok || len(call.Args) == 0 || fn.Params == nil {
		return nil
	}
	params := fn.Params.List
	if fn.Class != nil && len(params) > 0 && params[0].Name != nil && params[0].Name.Id == "self" {
		params = params[1:] // a method, of its object
	}
	if len(params) == 0 {
		return nil
	}
	name, ok := call.Fn.(*ast.Name)
	arg, ok2 := call.Args[0].(*ast.Name)
	if !ok || !ok2 || name.Id != "eval" || params[0].Name == nil || arg.Id != params[0].Name.Id {
		return nil
	}
	if p.Defines("eval") {
		return nil
	}
	return name
}
