package features

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	// geContext is the context of Great Expectations, gxRuns what can be run.
	geContext = "great_expectations.{get_context,data_context.DataContext,data_context.FileDataContext,DataContext}()"
	geRuns    = "{great_expectations.{Checkpoint,checkpoint.Checkpoint,checkpoint.SimpleCheckpoint,checkpoint.checkpoint.Checkpoint,ValidationDefinition,core.validation_definition.ValidationDefinition}()," +
		geContext + ".{checkpoints,validation_definitions}.{get,add,add_or_update}()," + geContext + ".{get_checkpoint,add_checkpoint,add_or_update_checkpoint}()}"
	pandera = "{pandera.DataFrameSchema,pandera.pandas.DataFrameSchema,pandera.polars.DataFrameSchema,pandera.api.pandas.container.DataFrameSchema}()"
	tfdv    = "tensorflow_data_validation.validate_statistics"
)

// resultIgnored is PML2117.
var resultIgnored = &checks.Rule{
	Spec: infoPML2117,
	On: []string{
		geRuns + ".run", geContext + ".run_checkpoint", geContext + ".get_validator().validate", "great_expectations.{from_pandas,dataset.PandasDataset,read_csv}().validate",
		geContext + ".**.get_batch().validate", geContext + ".{data_sources,sources}.*().*().*().get_batch().validate", geContext + ".data_sources.*().*().*().*().validate",
		tfdv, pandera + ".validate", "{pandera.DataFrameModel,pandera.SchemaModel,pandera.pandas.DataFrameModel,pandera.polars.DataFrameModel,pandera.api.pandas.model.DataFrameModel}.validate", "?.validate",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		tool := toolOf(p, c)
		if tool == noTool || actsItself(p, c) {
			return
		}
		receivers := checks.Receivers(p, c)
		if len(receivers) == 0 {
			return
		}
		for _, o := range receivers {
			if !unread(p, o) || !usedAfter(p, o) {
				return
			}
			if o != c {
				tool = noTool
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: readResult(p, c, tool)})
	},
}

type tool uint8

const (
	noTool tool = iota
	expectations
	statistics
	schema
)

// toolOf tells which library validates by a call, where it raises nothing by itself.
func toolOf(p *checks.Pass, c *checks.Call) tool {
	switch {
	case c.Symbol.Is(tfdv):
		return statistics
	case c.Symbol != nil && c.Symbol.Under("great_expectations"):
		return expectations
	case c.Symbol != nil && c.Symbol.Under("pandera"):
		made := c.Receiver.Origin()
		if made == nil {
			if c.Method == "validate" && lenient(p, c) {
				return schema
			}
			return noTool
		}
		inplace := c.Arg(-1, "inplace")
		for _, name := range [...]string{"drop_invalid_rows", "coerce", "strict"} {
			a := made.Arg(-1, name)
			if a == nil {
				continue
			}
			t, _ := a.Value.Text()
			if name == "strict" && t == "filter" || name != "strict" && a.Value.IsTrue() && !(name == "coerce" && inplace != nil && inplace.Value.IsTrue()) {
				return schema
			}
		}
	case c.Method == "validate" && checks.GroupMentions(p, "pandera"):
		if c.Receiver.Class() != nil && lenient(p, c) {
			return schema
		}
	}
	return noTool
}

// lenient reports whether the class of a call is a schema of pandera that changes rows in place of refusing them.
func lenient(p *checks.Pass, c *checks.Call) bool {
	name := checks.LastName(receiverOf(c))
	if class := c.Receiver.Class(); class != nil {
		name = class.Name
	}
	inplace := c.Arg(-1, "inplace")
	found := false
	for _, m := range p.Connected() {
		if m.File == nil {
			continue
		}
		ast.InspectStmts(m.File.Body, func(n ast.Node) bool {
			d, ok := n.(*ast.ClassDef)
			if !ok || d.Name.Id != name || len(d.Bases) == 0 {
				return !found
			}
			for _, s := range d.Body {
				config, ok := s.(*ast.ClassDef)
				if !ok || config.Name.Id != "Config" {
					continue
				}
				for _, s := range config.Body {
					a, ok := s.(*ast.Assign)
					if !ok || len(a.Targets) != 1 {
						continue
					}
					text := m.File.Text(a.Value)
					switch checks.LastName(a.Targets[0]) {
					case "drop_invalid_rows":
						found = found || text == "True"
					case "coerce":
						found = found || text == "True" && (inplace == nil || !inplace.Value.IsTrue())
					case "strict":
						found = found || text == `"filter"` || text == "'filter'"
					}
				}
			}
			return !found
		})
	}
	return found
}

// actsItself reports whether a checkpoint of the project does something about what it finds.
func actsItself(p *checks.Pass, c *checks.Call) bool {
	acts := func(o *checks.Call) bool {
		for _, name := range [...]string{"actions", "action_list"} {
			if a := o.Arg(-1, name); a != nil {
				if items, open, list := o.Items(a.Value); !list || open || len(items) > 0 {
					return true
				}
			}
		}
		return o.HasRest()
	}
	for _, name := range [...]string{"Checkpoint", "SimpleCheckpoint", "add_checkpoint", "add_or_update_checkpoint"} {
		if slices.ContainsFunc(c.Frame.CallsNamed(name), acts) {
			return true
		}
	}
	o := c.Receiver.Origin()
	return o != nil && acts(o)
}

// unread reports whether nobody reads what a call gives.
func unread(p *checks.Pass, c *checks.Call) bool {
	switch s := p.StmtOf(c.Node).(type) {
	case *ast.ExprStmt:
		return dropping(s.Value) == ast.Expr(c.Node) && (p.Notebook == nil || c.Frame.Function() != nil) // a notebook shows it
	case *ast.Assign:
		if len(s.Targets) != 1 || dropping(s.Value) != ast.Expr(c.Node) {
			return false
		}
		name, ok := s.Targets[0].(*ast.Name)
		if !ok {
			return false
		}
		if c.Frame.Function() != nil {
			return reads(c.Frame, name.Id, s.Stop()) == 0 && reads(c.Frame, name.Id, 0) == 1
		}
		n := 0
		ast.InspectStmts(p.File.Body, func(x ast.Node) bool {
			if id, ok := x.(*ast.Name); ok && id.Id == name.Id {
				n++
			}
			return true
		})
		return n == 1
	}
	return false
}

// dropping is the expression whose value a statement drops, also out of a list.
func dropping(e ast.Expr) ast.Expr {
	for {
		switch n := e.(type) {
		case *ast.Await:
			e = n.Value
		case *ast.Comp:
			e = n.Elt
		case *ast.Subscript:
			if _, one := n.Index.(*ast.Number); !one {
				return e
			}
			e = n.Value
		default:
			return e
		}
	}
}

// goesOn are the methods by which rows go to a model or a store.
var goesOn = []string{"fit", "fit_transform", "partial_fit", "predict", "predict_proba", "push", "push_async", "write_to_online_store", "write_to_offline_store", "materialize", "materialize_incremental", "insert", "to_sql", "to_parquet", "to_csv", "to_feather", "to_gbq"}

// usedAfter reports whether the function uses rows after a call, or gives back those that were validated.
func usedAfter(p *checks.Pass, c *checks.Call) bool {
	if slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		return o.Node.Pos() > c.Node.Stop() && slices.Contains(goesOn, checks.LastName(o.Node.Fn))
	}) {
		return true
	}
	found := false
	c.Frame.InspectOwn(func(n ast.Node) bool {
		r, ok := n.(*ast.Return)
		if ok && r.Value != nil && r.Pos() > c.Node.Pos() {
			ast.Inspect(c.Node, func(x ast.Node) bool {
				if id, ok := x.(*ast.Name); ok && ast.Node(id) != ast.Node(receiverOf(c)) && checks.UsesName(r.Value, id.Id) {
					found = true
				}
				return !found
			})
		}
		return !found
	})
	return found
}

// readResult stops where the data is not valid, or goes on with the rows that are.
func readResult(p *checks.Pass, c *checks.Call, t tool) *fix.Fix {
	const raise = `    raise ValueError("data validation failed")`
	stmt := p.StmtOf(c.Node)
	if !p.Holds(c.Node) || t == noTool {
		return nil
	}
	before, after := "not ", ".success"
	if t == statistics {
		before, after = "", ".anomaly_info"
	}
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		if s.Value != ast.Expr(c.Node) {
			return nil
		}
		if t == schema {
			rows, ok := firstNode(c).(*ast.Name)
			if !ok {
				return nil
			}
			return checks.Fix(true, "go on with what is valid", checks.Replace(p, s.Value, rows.Id+" = "+p.File.Text(c.Node)))
		}
		return checks.Fix(true, "stop where the data is not valid", fix.ReplaceStmt(p.File, s, "if "+before+p.File.Text(c.Node)+after+":", raise))
	case *ast.Assign:
		name, ok := s.Targets[0].(*ast.Name)
		if !ok || s.Value != ast.Expr(c.Node) {
			return nil
		}
		if t == schema {
			rows, ok := firstNode(c).(*ast.Name)
			if !ok {
				return nil
			}
			return checks.Fix(true, "go on with what is valid", checks.Replace(p, name, rows.Id))
		}
		return checks.Fix(true, "stop where the data is not valid", fix.InsertAfter(p.File, s, "if "+before+name.Id+after+":", raise))
	}
	return nil
}

// firstNode is the expression of the rows that a schema is given.
func firstNode(c *checks.Call) ast.Expr {
	if a := c.Arg(0, "check_obj"); a != nil {
		return a.Node
	}
	return nil
}
