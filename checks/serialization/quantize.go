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
		name, ok := model.Node.(*ast.Name)
		if !ok {
			if inner, ok := model.Node.(*ast.Call); ok && prepares(p, c, inner) && !weightsFollow(p, c, "") && !dynamic(p) {
				p.Report(checks.Report{Node: c.Node}) // convert(prepare(m))
			}
			return
		}
		prepared := preparedAs(p, c, name.Id)
		if prepared == nil || usedBetween(p, name.Id, prepared.Stop(), c.Node.Pos(), c.Node) || weightsFollow(p, c, name.Id) || dynamic(p) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: calibrate(p, c, name.Id)})
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

// usedBetween reports whether a name is used between two places: called, handed on, stored.
func usedBetween(p *checks.Pass, name string, from, to ast.Pos, but ast.Node) bool {
	found := false
	look := func(n ast.Node) bool {
		id, ok := n.(*ast.Name)
		if ok && id.Id == name && id.Start >= from && id.Start < to && !but.Range().Contains(id.Range()) {
			found = true
		}
		return !found
	}
	for _, s := range p.File.Body {
		ast.Inspect(s, look)
	}
	return found
}

// weightsFollow reports whether saved weights are loaded afterwards: the model is a skeleton.
func weightsFollow(p *checks.Pass, c *checks.Call, name string) bool {
	for _, o := range c.Frame.Calls {
		if o.Method == "load_state_dict" || strings.HasSuffix(o.Symbol.String(), ".load_model") {
			return true
		}
	}
	return false
}

// dynamic reports whether the file quantizes with a configuration that needs no data.
func dynamic(p *checks.Pass) bool {
	text := string(p.Source.Text)
	return strings.Contains(text, "dynamic_qconfig") || strings.Contains(text, "weight_only_qconfig") || strings.Contains(text, "prepare_qat") || strings.Contains(text, "is_dynamic=True")
}

// calibrate runs the prepared model over a loader that is at hand.
func calibrate(p *checks.Pass, c *checks.Call, name string) *fix.Fix {
	loader := ""
	for _, o := range c.Frame.Calls {
		if o.Symbol.Is("torch.utils.data.DataLoader") && o.Node.Pos() < c.Node.Pos() {
			if n := bindsOf(p, o.Node); n != "" {
				loader = n
			}
		}
	}
	stmt := p.StmtOf(c.Node)
	if loader == "" || stmt == nil {
		return nil
	}
	batch := "batch"
	if unpacksBatch(p) {
		batch = "batch[0]"
	}
	torch, imports := fix.Reach(p.File, "torch.inference_mode", "import torch", fix.BeforeFirstImport)
	return checks.Fix(true, "calibrate the model over "+loader, imports, fix.InsertBefore(p.File, stmt,
		"with "+torch+"():", "    for batch in "+loader+":", "        "+name+"("+batch+")"))
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
