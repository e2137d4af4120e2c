package serialization

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// memoryFraction gives a process its share of the GPU.
const memoryFraction = "set_per_process_memory_fraction"

// sharedGPU is PML1211.
var sharedGPU = &checks.Rule{
	Spec:  infoPML1211,
	Asks:  []*checks.Question{sharesMemory, namesGPU},
	On:    []string{"uvicorn.run", "litserve.LitServer"},
	Knows: []string{"torch.device()", "transformers.pipeline", "torch.Tensor()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name := "workers"
		lit := c.Symbol.Is("litserve.LitServer")
		if lit {
			name = "workers_per_device"
		}
		workers := c.Arg(-1, name)
		if workers == nil {
			return
		}
		n, constant := workers.Value.Number()
		if !constant || n < 2 || n != float64(int(n)) || memoryIsShared(p) {
			return
		}
		share := fmt.Sprintf("(1 / %d)", int(n))
		var edits []fix.Edit
		if lit {
			found := false
			if edits, found = litMoves(p, c, share); !found {
				return
			}
		} else {
			in, move := appMoves(p, c)
			if move == nil {
				return
			}
			edits = before(p, in, move, share)
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, workers), Fix: checks.Fix(true, "give each worker its share of the GPU's memory", edits)})
	},
}

// memoryIsShared reports whether the project says anywhere how much memory a process may take.
func memoryIsShared(p *checks.Pass) bool {
	return p.Says(sharesMemory) || slices.ContainsFunc(p.Project.Documents, func(d *checks.Document) bool {
		return bytes.Contains(d.Source.Text, []byte(memoryFraction)) || bytes.Contains(d.Source.Text, []byte(pinnedLimit))
	})
}

var (
	sharesMemory = &checks.Question{Name: "says how much of the GPU's memory a process may take", Needs: []string{memoryFraction, pinnedLimit}}
	// namesGPU is met by each file in which spelledMove finds something, and by those that make an application.
	namesGPU = &checks.Question{Name: "may move something to the GPU", Needs: []string{"cuda", "pipeline", "FastAPI", "Starlette"}}
)

// pinnedLimit is the variable by which NVIDIA's multi-process service bounds the memory of a process.
const pinnedLimit = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"

// litMoves tells whether the workers of a LitServer use the GPU, and gives the edits that put the
// call at the top of the API's setup.
func litMoves(p *checks.Pass, c *checks.Call, share string) ([]fix.Edit, bool) {
	onGPU := false
	if a := c.Arg(1, "accelerator"); a != nil {
		t, _ := a.Value.Text()
		onGPU = t == "gpu" || t == "cuda"
	}
	api := c.Arg(0, "lit_api")
	if api == nil {
		return nil, onGPU
	}
	for _, f := range c.Frame.Everywhere() {
		fn := f.Function()
		if fn == nil || fn.Def == nil || fn.Name != "setup" || !isClassOf(f.Class(), api.Value) {
			continue
		}
		if !onGPU && firstMove(f) == nil {
			return nil, false
		}
		in := p.Project.Module(f.Module())
		if in == nil {
			return nil, true
		}
		call, imports := reachFraction(in)
		return elsewhere(p, in, append(fix.PrependBody(in.File, fn.Def.Body, call+share), imports...)), true
	}
	return nil, onGPU
}

// isClassOf reports whether one of a value's alternatives is an instance of a class, or of a
// class that gets the method from it.
func isClassOf(class *checks.ProjectClass, v *checks.Value) bool {
	for _, a := range v.Alternatives() {
		if k := a.Class(); k != nil && class != nil && (k == class || k.Class == class.Class || slices.Contains(k.Linear(), class)) {
			return true
		}
	}
	return false
}

// appMoves finds the call that moves a model to the GPU when the worker of a server is started,
// in the file that starts the server or in the one of its app.
func appMoves(p *checks.Pass, c *checks.Call) (*checks.Module, *ast.Call) {
	homes := []*checks.Module{p.Module}
	if app := c.Arg(0, "app"); app != nil {
		if t, ok := app.Value.Text(); ok {
			homes = append(homes, moduleNamed(p, t))
		} else {
			for _, a := range app.Value.Alternatives() {
				if o := a.Origin(); o != nil {
					homes = append(homes, p.Project.Module(o.Frame.Module()))
				}
			}
		}
	}
	for _, home := range homes {
		if home == nil {
			continue
		}
		connected := false
		for _, f := range c.Frame.Everywhere() {
			if p.Project.Module(f.Module()) != home || f.Function() != nil && !runsAtStart(home, f) {
				connected = connected || p.Project.Module(f.Module()) == home
				continue
			}
			connected = true
			if in, move := movesIn(p, f, 0); move != nil {
				return in, move
			}
		}
		if !connected {
			if move := spelledMove(home); move != nil {
				return home, move
			}
		}
		for _, in := range importedAtTop(p, home) {
			if move := spelledMove(in); move != nil {
				return in, move
			}
		}
	}
	return nil, nil
}

// importedAtTop lists the files with a possible move that a file imports when it is imported itself.
func importedAtTop(p *checks.Pass, m *checks.Module) []*checks.Module {
	if m.File == nil {
		return nil
	}
	var names []string
	for _, s := range m.File.Body {
		switch s := s.(type) {
		case *ast.ImportFrom:
			if s.Level > 1 {
				continue
			}
			if s.Module != "" {
				names = append(names, s.Module)
			}
			for _, a := range s.Names {
				names = append(names, strings.TrimPrefix(s.Module+"."+a.Name, "."))
			}
		case *ast.Import:
			for _, a := range s.Names {
				names = append(names, a.Name)
			}
		}
	}
	var out []*checks.Module
	for _, at := range p.Saying(namesGPU) {
		stem := stemOf(at.Path)
		if at.Path != m.Path && slices.ContainsFunc(names, func(name string) bool {
			file := strings.ReplaceAll(name, ".", "/")
			return stem == file || stem == path.Join(path.Dir(m.Path), file)
		}) {
			out = append(out, withTree(at))
		}
	}
	return out
}

// stemOf is the path of a file without its ending, of a package that of its folder.
func stemOf(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, path.Ext(file)), "/__init__")
}

// withTree is a file with its tree.
func withTree(m *checks.Module) *checks.Module {
	if m.File == nil {
		return &checks.Module{Path: m.Path, Source: m.Source, Notebook: m.Notebook, File: m.Draft.Syntax()}
	}
	return m
}

// moduleNamed finds the module that the text "pkg.mod:app" names.
func moduleNamed(p *checks.Pass, text string) *checks.Module {
	dotted, _, _ := strings.Cut(text, ":")
	want := strings.ReplaceAll(dotted, ".", "/")
	for _, m := range p.Saying(namesGPU) {
		stem := stemOf(m.Path)
		if want == "" || stem != want && !strings.HasSuffix(stem, "/"+want) {
			continue
		}
		return withTree(m)
	}
	return nil
}

// runsAtStart reports whether a function is one that the server runs before the first request.
func runsAtStart(m *checks.Module, f *checks.Frame) bool {
	fn := f.Function()
	if fn.Def == nil {
		return false
	}
	if fn.Name == "lifespan" {
		return true
	}
	return slices.ContainsFunc(fn.Def.Decorators, func(d *ast.Decorator) bool { return strings.Contains(m.File.Text(d.Expr), "startup") })
}

// maxStartHelpers bounds how deep the helpers of code that runs at the start are followed.
const maxStartHelpers = 3

// movesIn finds the first call that moves a model to the GPU in a frame or in a function of the
// project that it calls.
func movesIn(p *checks.Pass, f *checks.Frame, depth int) (*checks.Module, *ast.Call) {
	if move := firstMove(f); move != nil {
		return p.Project.Module(f.Module()), move
	}
	if depth >= maxStartHelpers {
		return nil, nil
	}
	for _, c := range f.Calls {
		if body := c.Body(); body != nil && body != f {
			if in, move := movesIn(p, body, depth+1); move != nil {
				return in, move
			}
		}
	}
	return nil, nil
}

func firstMove(f *checks.Frame) *ast.Call {
	for _, c := range f.Calls {
		if movesToGPU(c) {
			return c.Node
		}
	}
	return nil
}

// movesToGPU reports whether a call puts a model on the first GPU.
func movesToGPU(c *checks.Call) bool {
	if c.Receiver.Is("torch.Tensor()") || strings.HasPrefix(c.Symbol.String(), "torch.cuda.") {
		return false
	}
	switch c.Method {
	case "cuda":
		device := c.Arg(0, "device")
		return c.Receiver != nil && (device == nil || isFirstGPU(device.Value))
	case "to":
		device := c.Arg(0, "device")
		return c.Receiver != nil && device != nil && isFirstGPU(device.Value) && !isNumber(device.Value)
	}
	if c.Body() != nil || c.Symbol.Is("torch.device") {
		return false
	}
	for _, name := range [...]string{"device", "device_map"} {
		device := c.Arg(-1, name)
		if device == nil || makesTensor(c) {
			continue
		}
		if isFirstGPU(device.Value) && (!isNumber(device.Value) || c.Symbol.Is("transformers.pipeline")) {
			return true
		}
	}
	return false
}

// makesTensor reports whether a call with a device makes a tensor or a generator, no model.
func makesTensor(c *checks.Call) bool {
	rest, ok := strings.CutPrefix(c.Symbol.String(), "torch.")
	return ok && !strings.Contains(rest, ".") || c.Result.Is("torch.Tensor()")
}

func isNumber(v *checks.Value) bool { _, ok := v.Number(); return ok }

// isFirstGPU reports whether a device is, or can be, "cuda" or the first of its kind.
func isFirstGPU(v *checks.Value) bool {
	for _, a := range v.Alternatives() {
		if a.Is("torch.device()") && a.Origin() != nil {
			if d := a.Origin().Arg(0, "type"); d != nil && isFirstGPU(d.Value) {
				return true
			}
			continue
		}
		if t, ok := a.Text(); ok && (t == "cuda" || t == "cuda:0") {
			return true
		}
		if n, ok := a.Number(); ok && n == 0 {
			return true
		}
	}
	return false
}

// spelledMove finds the first move in what a module runs when it is imported, by its spelling:
// for a module that is named by text only, so that its values are not known where the server is
// started.
func spelledMove(m *checks.Module) *ast.Call {
	var found *ast.Call
	called := map[string]bool{}
	inspect := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return false
		case *ast.Call:
			if found == nil && spelledAsMove(m, n) {
				found = n
			}
			if id, ok := n.Fn.(*ast.Name); ok {
				called[id.Id] = true
			}
		}
		return found == nil
	}
	visit := func(body []ast.Stmt) {
		for _, s := range body {
			if found == nil {
				ast.Inspect(s, inspect)
			}
		}
	}
	visit(m.File.Body)
	for _, s := range m.File.Body {
		def, ok := s.(*ast.FunctionDef)
		if class, is := s.(*ast.ClassDef); is && called[class.Name.Id] { // its constructor
			for _, inner := range class.Body {
				if init, is := inner.(*ast.FunctionDef); is && init.Name.Id == "__init__" {
					visit(init.Body)
				}
			}
		}
		if !ok || found != nil {
			continue
		}
		atStart := slices.ContainsFunc(def.Decorators, func(d *ast.Decorator) bool { return strings.Contains(m.File.Text(d.Expr), "startup") })
		if called[def.Name.Id] || atStart || def.Name.Id == "lifespan" {
			visit(def.Body)
		}
	}
	return found
}

func spelledAsMove(m *checks.Module, c *ast.Call) bool {
	method := ""
	if a, ok := c.Fn.(*ast.Attribute); ok {
		method = a.Attr.Id
	}
	switch {
	case method == "cuda" && len(c.Args) == 0 && len(c.Keywords) == 0:
		return true
	case method == "to" && len(c.Args) > 0:
		return spelledGPU(m, c.Args[0], 0)
	}
	called := checks.LastName(c.Fn)
	if name, ok := fix.ImportedAs(m.File, "transformers.pipeline"); ok && m.File.Text(c.Fn) == name {
		called = "pipeline"
	}
	if r, size := []rune(called), len(called); size == 0 || !('A' <= r[0] && r[0] <= 'Z') && called != "from_pretrained" && called != "pipeline" && called != "load_model" {
		return false
	}
	for _, k := range c.Keywords {
		if k.Name != nil && (k.Name.Id == "device" || k.Name.Id == "device_map") && (spelledGPU(m, k.Value, 0) || called == "pipeline" && m.File.Text(k.Value) == "0") {
			return true
		}
	}
	return false
}

// spelledGPU reports whether an expression is "cuda", a constant of the module that is, or a choice
// that can be.
func spelledGPU(m *checks.Module, e ast.Expr, depth int) bool {
	if depth > maxStartHelpers {
		return false
	}
	switch e := e.(type) {
	case *ast.Str:
		return e.Value == "cuda" || e.Value == "cuda:0"
	case *ast.IfExp:
		return spelledGPU(m, e.Body, depth+1) || spelledGPU(m, e.Orelse, depth+1)
	case *ast.Call:
		return checks.LastName(e.Fn) == "device" && len(e.Args) == 1 && spelledGPU(m, e.Args[0], depth+1)
	case *ast.Name:
		return assignedGPU(m, m.File.Body, e.Id, depth)
	case *ast.Attribute: // self.device
		for _, s := range m.File.Body {
			if class, ok := s.(*ast.ClassDef); ok && class.Range().Contains(e.Range()) {
				return assignedGPU(m, class.Body, e.Attr.Id, depth)
			}
		}
	}
	return false
}

// assignedGPU reports whether statements give a name, or an attribute of that name, a device that can be the first GPU.
func assignedGPU(m *checks.Module, body []ast.Stmt, name string, depth int) bool {
	var value ast.Expr
	ast.InspectStmts(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && value == nil && len(a.Targets) == 1 && checks.LastName(a.Targets[0]) == name {
			value = a.Value
		}
		return value == nil
	})
	return value != nil && spelledGPU(m, value, depth+1)
}

// before puts the call in front of the statement of a call, which may be in another file.
func before(p *checks.Pass, in *checks.Module, move *ast.Call, share string) []fix.Edit {
	stmt := in.StmtOf(move)
	if stmt == nil {
		return nil
	}
	call, imports := reachFraction(in)
	return elsewhere(p, in, append(fix.InsertBefore(in.File, stmt, call+share), imports...))
}

// reachFraction is how a file calls the function that gives a process its share.
func reachFraction(in *checks.Module) (call string, imports []fix.Edit) {
	return fix.Reach(in.File, "torch.cuda."+memoryFraction, "import torch", fix.BeforeFirstImport)
}

// elsewhere makes edits those of another file.
func elsewhere(p *checks.Pass, in *checks.Module, edits []fix.Edit) []fix.Edit {
	if in != p.Module {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}
