package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const quantModules = "{torch.ao.quantization,torch.quantization,torch.ao.quantization.quantize_fx,torch.quantization.quantize_fx,torch.ao.quantization.quantize_pt2e,torchao.quantization.pt2e.quantize_pt2e}"

// uncalibrated is PML1213.
var uncalibrated = &checks.Rule{
	Spec:  infoPML1213,
	On:    []string{quantModules + ".{convert,convert_fx,convert_pt2e}"},
	Knows: []string{quantModules + ".{prepare,prepare_fx,prepare_pt2e}", "torch.utils.data.DataLoader()", quantModules + ".{default_dynamic_qconfig,per_channel_dynamic_qconfig,float16_dynamic_qconfig,float_qparams_weight_only_qconfig,default_qat_qconfig}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		model := c.Arg(0, "module")
		if model == nil {
			model = c.Arg(0, "")
		}
		if model == nil {
			return
		}
		owner := rootName(model.Node)
		if owner == nil {
			if inner, ok := model.Node.(*ast.Call); ok && prepares(p, c, inner) && !weightsFollow(c) && !dynamic(p, c) {
				p.Report(checks.Report{Node: c.Node, Fix: calibrate(p, c, "prepared", inner)}) // convert(prepare(m))
			}
			return
		}
		name := p.File.Text(model.Node)
		prepared := preparedAs(p, c, name)
		if prepared == nil || usedBetween(p, owner.Id, prepared.Stop(), c.Node) || weightsFollow(c) || dynamic(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: calibrate(p, c, name, nil)})
	},
}

// preparedAs is the call of prepare whose result, or whose model prepared in place, the name is.
func preparedAs(p *checks.Pass, c *checks.Call, name string) *ast.Call {
	var last *ast.Call
	for _, o := range c.Frame.Calls {
		if !isPrepare(o.Symbol) || o.Node.Pos() > c.Node.Pos() {
			continue
		}
		if bindsOf(p, o.Node) == name {
			last = o.Node
			continue
		}
		in := o.Arg(2, "inplace")
		if in == nil || !checks.On(in.Value) {
			in = o.Arg(1, "inplace")
		}
		if len(o.Node.Args) > 0 && in != nil && checks.On(in.Value) && p.File.Text(o.Node.Args[0]) == name {
			last = o.Node
		}
	}
	return last
}

func isPrepare(s *checks.Symbol) bool {
	name := s.String()
	if !strings.Contains(name, "quantiz") {
		return false
	}
	name = name[strings.LastIndexByte(name, '.')+1:]
	return name == "prepare" || name == "prepare_fx" || name == "prepare_pt2e"
}

func prepares(p *checks.Pass, c *checks.Call, inner *ast.Call) bool {
	for _, o := range c.Frame.Calls {
		if o.Node == inner {
			return isPrepare(o.Symbol)
		}
	}
	return false
}

// rootName is the name with which an expression of names and attributes begins: that of model and
// of self.model. It is nil for other expressions.
func rootName(e ast.Expr) *ast.Name {
	for {
		switch v := e.(type) {
		case *ast.Name:
			return v
		case *ast.Attribute:
			e = v.Value
		default:
			return nil
		}
	}
}

// usedBetween reports whether a name is used between a place and a call: called, handed on, stored.
// What the call is assigned to, it is afterwards.
func usedBetween(p *checks.Pass, name string, from ast.Pos, call ast.Node) bool {
	own := call.Range()
	if s, ok := p.StmtOf(call).(*ast.Assign); ok {
		own.Start = s.Range().Start
	}
	found := false
	look := func(n ast.Node) bool {
		id, ok := n.(*ast.Name)
		if ok && id.Id == name && id.Start >= from && id.Start < call.Pos() && !own.Contains(id.Range()) {
			found = true
		}
		return !found
	}
	for _, s := range p.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

// weightsFollow reports whether saved weights are loaded in the function: the model is a skeleton.
func weightsFollow(c *checks.Call) bool {
	for _, o := range c.Frame.Calls {
		if o.Method == "load_state_dict" || strings.HasSuffix(o.Symbol.String(), ".load_model") {
			return true
		}
	}
	return false
}

// needsNoData tells a configuration, or a way to prepare, by its name.
func needsNoData(name string) bool {
	return strings.Contains(name, "dynamic_qconfig") || strings.Contains(name, "weight_only_qconfig") || strings.Contains(name, "prepare_qat")
}

// dynamic reports whether the function or class around a call quantizes with a configuration that
// needs no data, or names something of the module that does.
func dynamic(p *checks.Pass, c *checks.Call) bool {
	var scope []ast.Node
	fn := c.Frame.Function()
	switch {
	case fn != nil && fn.Class != nil && fn.Class.Node != nil: // another method may have configured the model
		scope = append(scope, fn.Class.Node)
	case fn != nil:
		scope = append(scope, fn.Node())
	}
	marked, used := false, map[string]bool{}
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			used[n.Id] = true
			marked = marked || needsNoData(n.Id)
		case *ast.Attribute:
			marked = marked || needsNoData(n.Attr.Id)
		case *ast.Keyword:
			marked = marked || n.Name != nil && n.Name.Id == "is_dynamic" && p.File.Text(n.Value) == "True"
		}
		return !marked
	}
	for _, n := range scope {
		ast.Inspect(n, look)
	}
	for _, s := range p.File.Body {
		if _, def := s.(*ast.FunctionDef); len(scope) == 0 && !def {
			ast.Inspect(s, look)
		}
	}
	for _, s := range p.File.Body {
		if marked {
			return true
		}
		for _, name := range named(p, s) {
			if used[name] {
				ast.Inspect(s, look)
			}
		}
		if from, ok := s.(*ast.ImportFrom); ok {
			for _, a := range from.Names {
				name, as := a.Name, a.Name
				if a.AsName != nil {
					as = a.AsName.Id
				}
				marked = marked || used[as] && needsNoData(name)
			}
		}
	}
	return marked
}

// named lists what a statement of the module gives a name: a function, a class, a constant.
func named(p *checks.Pass, s ast.Stmt) []string {
	switch s := s.(type) {
	case *ast.FunctionDef:
		return []string{s.Name.Id}
	case *ast.ClassDef:
		return []string{s.Name.Id}
	case *ast.Assign:
		return []string{p.File.Text(s.Targets[0])}
	}
	return nil
}

// calibrate runs the prepared model over a loader that is at hand. prepare is the call that prepares it, where it has no
// name yet.
func calibrate(p *checks.Pass, c *checks.Call, name string, prepare *ast.Call) *fix.Fix {
	loader := loaderAt(p, c)
	stmt := p.StmtOf(c.Node)
	if loader == "" || stmt == nil {
		return nil
	}
	var lines []string
	var edits []fix.Edit
	if prepare != nil {
		lines, edits = append(lines, name+" = "+p.File.Text(prepare)), checks.Replace(p, prepare, name)
	}
	batch := "batch"
	if unpacksBatch(p) {
		batch = "batch[0]"
	}
	torch, imports := fix.Reach(p.File, "torch.inference_mode", "import torch", fix.BeforeFirstImport)
	lines = append(lines, "with "+torch+"():", "    for batch in "+loader+":", "        "+name+"("+batch+")")
	return checks.Fix(true, "calibrate the model over "+loader, imports, edits, fix.InsertBefore(p.File, stmt, lines...))
}

// loaderAt spells a loader of data that the code of a call can use: one that its function or the module makes, that it
// is handed, or that its object keeps. It is "" where there is none.
func loaderAt(p *checks.Pass, c *checks.Call) string {
	isLoader := func(e ast.Expr) bool {
		call, ok := e.(*ast.Call)
		return ok && checks.LastName(call.Fn) == "DataLoader"
	}
	loader := ""
	for _, o := range c.Frame.Calls {
		if o.Symbol.Is("torch.utils.data.DataLoader") && o.Node.Pos() < c.Node.Pos() {
			if n := bindsOf(p, o.Node); n != "" {
				loader = n
			}
		}
	}
	handed := func(def *ast.FunctionDef) map[string]bool {
		out := map[string]bool{}
		if def.Params != nil {
			for _, q := range def.Params.List {
				if q.Name != nil && q.Annotation != nil && checks.LastName(q.Annotation) == "DataLoader" {
					out[q.Name.Id] = true
				}
			}
		}
		return out
	}
	def := p.FunctionAround(c.Node)
	if def != nil && loader == "" {
		for _, q := range def.Params.List {
			if q.Name != nil && handed(def)[q.Name.Id] {
				loader = q.Name.Id
			}
		}
	}
	for _, a := range p.Around(c.Node) {
		class, ok := a.(*ast.ClassDef)
		if !ok || loader != "" {
			continue
		}
		for _, s := range class.Body {
			init, ok := s.(*ast.FunctionDef)
			if !ok || init.Name.Id != "__init__" {
				continue
			}
			params := handed(init)
			set := func(target, value ast.Expr) {
				name, given := value.(*ast.Name)
				if text := p.File.Text(target); strings.HasPrefix(text, "self.") && (isLoader(value) || given && params[name.Id]) {
					loader = text
				}
			}
			ast.InspectStmts(init.Body, func(n ast.Node) bool {
				if as, ok := n.(*ast.Assign); ok && len(as.Targets) == 1 {
					set(as.Targets[0], as.Value)
					targets, many := as.Targets[0].(*ast.Tuple)
					values, tuple := as.Value.(*ast.Tuple)
					if many && tuple && len(targets.Elts) == len(values.Elts) {
						for i := range targets.Elts {
							set(targets.Elts[i], values.Elts[i])
						}
					}
				}
				return true
			})
		}
	}
	if loader == "" {
		for _, s := range p.File.Body {
			if as, ok := s.(*ast.Assign); ok && len(as.Targets) == 1 && isLoader(as.Value) && (def != nil || as.Pos() < c.Node.Pos()) {
				loader = p.File.Text(as.Targets[0])
			}
		}
	}
	return loader
}

// unpacksBatch reports whether the file takes batches apart: for images, labels in loader.
func unpacksBatch(p *checks.Pass) bool {
	found := false
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if f, ok := n.(*ast.For); ok {
				_, tuple := f.Target.(*ast.Tuple)
				found = found || tuple && strings.Contains(strings.ToLower(p.File.Text(f.Iter)), "loader")
			}
			return !found
		})
	}
	return found
}
