package infrastructure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// unboundedKernel is PML2224.
var unboundedKernel = &checks.Rule{
	Spec:  infoPML2224,
	Knows: []string{"numba.cuda.jit", "cupyx.jit.rawkernel"},
	Needs: []string{"cuda", "rawkernel"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		fn := f.Function()
		if fn == nil || fn.Def == nil || !isKernel(f, fn.Def) || launchedWithinBounds(p, fn.Def.Name.Id) {
			return
		}
		k := readKernel(fn.Def)
		var first *ast.Subscript
		ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
			s, ok := n.(*ast.Subscript)
			if !ok || first != nil {
				return first == nil
			}
			if base, ok := s.Value.(*ast.Name); ok && k.params[base.Id] && k.unguarded(s.Index) {
				first = s
			}
			return first == nil
		})
		if first != nil {
			p.Report(checks.Report{Node: first, Fix: k.guard(p, first)})
		}
	},
}

// isKernel reports whether a function is decorated as a program for the GPU that is launched.
func isKernel(f *checks.Frame, def *ast.FunctionDef) bool {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fn
			for _, k := range c.Keywords {
				if k.Name != nil && k.Name.Id == "device" {
					if b, ok := k.Value.(*ast.Constant); ok && b.Value == ast.True {
						return false
					}
				}
			}
		}
		if f.Body().ValueOf(e).Is("numba.cuda.jit", "cupyx.jit.rawkernel") {
			return true
		}
	}
	return false
}

// kernel is a program for the GPU, with the names that are made of a thread's place.
type kernel struct {
	def    *ast.FunctionDef
	params map[string]bool
	// made tells of which names a name is made, bound by which statement it gets its value.
	made  map[string][]string
	bound map[string]ast.Stmt
	// tested are the names that are compared, or bound a loop.
	tested map[string]bool
	syncs  bool
}

func readKernel(def *ast.FunctionDef) *kernel {
	k := &kernel{def: def, params: map[string]bool{}, made: map[string][]string{}, bound: map[string]ast.Stmt{}, tested: map[string]bool{}}
	for _, q := range def.Params.List {
		if q.Name != nil {
			k.params[q.Name.Id] = true
		}
	}
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			place, of := k.placed(n.Value)
			if !place || len(n.Targets) != 1 {
				break
			}
			targets := checks.Elements(n.Targets[0])
			if targets == nil {
				targets = []ast.Expr{n.Targets[0]}
			}
			for _, t := range targets {
				if id, ok := t.(*ast.Name); ok {
					k.made[id.Id], k.bound[id.Id] = append(k.made[id.Id], of...), n
				}
			}
		case *ast.Compare:
			k.test(n)
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "range":
				k.test(n)
			case "syncthreads":
				k.syncs = true
			}
		}
		return true
	})
	return k
}

// placed reports whether an expression is computed of a thread's place, and of which names that are.
func (k *kernel) placed(e ast.Expr) (place bool, of []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if name := checks.LastName(n.Fn); name == "grid" {
				place = true
			} else if name == "min" || name == "max" {
				return false
			}
		case *ast.Attribute:
			if name := checks.LastName(n.Value); name == "threadIdx" || name == "blockIdx" {
				place = true
			}
		case *ast.Subscript:
			return false
		case *ast.Name:
			if _, known := k.made[n.Id]; known {
				place, of = true, append(of, n.Id)
			}
		}
		return true
	})
	return place, of
}

func (k *kernel) test(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			k.tested[id.Id] = true
		}
		return true
	})
}

// guarded reports whether a name, or one that it is made of or that is made of it, is compared with something.
func (k *kernel) guarded(name string) bool {
	if k.tested[name] || slices.ContainsFunc(k.made[name], func(of string) bool { return k.tested[of] }) {
		return true
	}
	for other, of := range k.made {
		if k.tested[other] && slices.Contains(of, name) {
			return true
		}
	}
	return false
}

// unguarded reports whether an index is a thread's place, alone or in a tuple, that nothing is compared with.
func (k *kernel) unguarded(index ast.Node) bool {
	names := k.indices(index)
	for _, n := range names {
		if n == "" || !k.guarded(n) {
			return true
		}
	}
	return false
}

// indices lists the names in an index that are a thread's place, "" for what is written there itself.
func (k *kernel) indices(index ast.Node) []string {
	e, ok := index.(ast.Expr)
	if !ok {
		return nil
	}
	list := checks.Elements(e)
	if list == nil {
		list = []ast.Expr{e}
	}
	var out []string
	for _, x := range list {
		switch x := x.(type) {
		case *ast.Name:
			if _, known := k.made[x.Id]; known {
				out = append(out, x.Id)
			}
		case *ast.Call:
			if checks.LastName(x.Fn) == "grid" {
				out = append(out, "")
			}
		case *ast.Attribute:
			if name := checks.LastName(x.Value); name == "threadIdx" {
				out = append(out, "")
			}
		}
	}
	return out
}

// guard leaves the threads that are past the end.
func (k *kernel) guard(p *checks.Pass, s *ast.Subscript) *fix.Fix {
	names := k.indices(s.Index)
	if k.syncs || len(names) == 0 || len(names) > 3 || slices.Contains(names, "") {
		return nil
	}
	elements := checks.Elements(s.Index)
	if elements == nil {
		elements = []ast.Expr{s.Index}
	}
	var tests []string
	var after ast.Stmt
	array := p.File.Text(s.Value)
	for i, e := range elements {
		id, ok := e.(*ast.Name)
		if !ok || !slices.Contains(names, id.Id) {
			continue
		}
		tests = append(tests, id.Id+" >= "+array+".shape["+strconv.Itoa(i)+"]")
		if b := k.bound[id.Id]; b != nil && (after == nil || b.Pos() > after.Pos()) {
			after = b
		}
	}
	if after == nil || !slices.Contains(k.def.Body, after) {
		return nil
	}
	return checks.Fix(false, "leave the threads that are past the end", fix.InsertAfter(p.File, after, "if "+strings.Join(tests, " or ")+":", "    return"))
}

// launchedWithinBounds reports whether each launch of a kernel has as many threads as an array has items.
func launchedWithinBounds(p *checks.Pass, name string) bool {
	launches, exact := 0, 0
	for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
		if m.File == nil || m == p.Module && launches > 0 {
			continue
		}
		ast.InspectFile(m.File, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if !ok {
				return true
			}
			s, ok := c.Fn.(*ast.Subscript)
			if !ok || checks.LastName(s.Value) != name {
				return true
			}
			launches++
			if config := checks.Elements(s.Index); len(config) == 2 && m.File.Text(config[0]) == "1" {
				for _, a := range c.Args {
					if of := measuredArray(config[1]); of != nil && m.File.Text(of) == m.File.Text(a) {
						exact++
						break
					}
				}
			}
			return true
		})
	}
	return launches > 0 && launches == exact
}

// measuredArray is the array whose number of items an expression is: x of x.size, len(x) and x.shape[0]; nil for others.
func measuredArray(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.Attribute:
		if e.Attr.Id == "size" {
			return e.Value
		}
	case *ast.Call:
		if checks.LastName(e.Fn) == "len" && len(e.Args) == 1 {
			return e.Args[0]
		}
	case *ast.Subscript:
		if at, ok := e.Value.(*ast.Attribute); ok && at.Attr.Id == "shape" {
			return at.Value
		}
	}
	return nil
}
