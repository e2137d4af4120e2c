package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file holds the checks of operations in which all workers of a group take part.

const (
	asyncCollectives = "torch.distributed.{all_reduce,reduce,broadcast,all_gather,all_gather_into_tensor,gather,scatter,reduce_scatter,reduce_scatter_tensor,all_to_all,all_to_all_single}"
	horovodAsync     = "horovod.{torch,tensorflow,tensorflow.keras,keras,mxnet,torch.mpi_ops,tensorflow.mpi_ops}.{allreduce_async,allreduce_async_,allgather_async,broadcast_async,broadcast_async_,grouped_allreduce_async,grouped_allreduce_async_}"
)

// neverWaited is PML2204.
var neverWaited = &checks.Rule{
	Spec:  infoPML2204,
	On:    []string{asyncCollectives, horovodAsync},
	Knows: []string{"torch.cuda.synchronize"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		horovod := c.Symbol.Under("horovod")
		async := c.Arg(-1, "async_op")
		if !horovod && (async == nil || !async.Value.IsTrue()) {
			return
		}
		if awaited(p, c) || synchronized(c) || followed(p, c) {
			return
		}
		r := checks.Report{Node: c.Node}
		switch fn := c.Node.Fn.(type) {
		case *ast.Attribute:
			if horovod {
				r.Fix = checks.Fix(false, "wait for the result", checks.Replace(p, fn.Attr, strings.Replace(fn.Attr.Id, "_async", "", 1)))
			}
		}
		if !horovod {
			r.Fix = checks.Fix(false, "wait for the result", checks.RemoveArg(p, c, async))
		}
		p.Report(r)
	},
}

// synchronized reports whether the function waits for the device after a call.
func synchronized(c *checks.Call) bool {
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		return o.Symbol.Is("torch.cuda.synchronize") && o.Node.Pos() > c.Node.Pos()
	})
}

// followed reports whether a later collective of the same group, which a call names, is waited for: those of one group end
// in the order in which they begin.
func followed(p *checks.Pass, c *checks.Call) bool {
	group := c.Arg(-1, "group")
	if group == nil || group.Node == nil {
		return false
	}
	for _, o := range c.Frame.Calls {
		if o.Node.Pos() <= c.Node.Pos() {
			continue
		}
		other, async := o.Arg(-1, "group"), o.Arg(-1, "async_op")
		if other != nil && other.Node != nil && async != nil && p.File.Text(other.Node) == p.File.Text(group.Node) && awaited(p, o) {
			return true
		}
	}
	return false
}

// awaited reports whether something waits for what a call has begun, or may: it is told to, or somebody else is handed it.
func awaited(p *checks.Pass, c *checks.Call) bool {
	list := checks.Receivers(p, c)
	for _, r := range list {
		if h := (&handles{p: p, f: r.Frame, seen: map[string]bool{}}); h.used(r.Node) {
			return true
		}
	}
	return len(list) == 0 // whoever calls the function gets the handle
}

// handles looks for what becomes of the handle of something that goes on in the background.
type handles struct {
	p    *checks.Pass
	f    *checks.Frame
	seen map[string]bool
}

// waiting are the methods of a handle that wait for it, or ask whether it is done.
var waiting = []string{"wait", "Wait", "get_future", "is_completed", "result", "Test", "test", "is_success", "add_done_callback", "then"}

// used reports whether an expression that gives a handle is waited for.
func (h *handles) used(n ast.Node) bool {
	around := h.p.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		child := around[i+1]
		switch a := around[i].(type) {
		case *ast.Attribute:
			return slices.Contains(waiting, a.Attr.Id) || a.Attr.Id != "append" && a.Attr.Id != "clear" && a.Attr.Id != "extend"
		case *ast.Subscript:
			if a.Index == child {
				return false
			}
		case *ast.Call:
			if a.Fn == child {
				return true
			}
			switch name := checks.LastName(a.Fn); name {
			case "append", "add", "insert", "extend", "appendleft":
				if at, ok := a.Fn.(*ast.Attribute); ok {
					return h.kept(at.Value)
				}
				return true
			case "print", "len", "id", "type", "isinstance", "list", "tuple":
				if name == "list" || name == "tuple" {
					continue
				}
				return false
			}
			return true
		case *ast.Comp, *ast.List, *ast.Tuple, *ast.Dict, *ast.IfExp, *ast.Starred:
		case *ast.CompClause:
			return h.kept(a.Target)
		case *ast.For:
			if a.Iter == child {
				return h.kept(a.Target)
			}
			return false
		case *ast.Assign:
			return slices.ContainsFunc(a.Targets, h.kept)
		case *ast.AnnAssign:
			return h.kept(a.Target)
		case *ast.AugAssign:
			return h.kept(a.Target)
		case *ast.NamedExpr:
			return h.kept(a.Target)
		case *ast.Return, *ast.Yield, *ast.Await, *ast.Lambda:
			return true
		case *ast.ExprStmt, *ast.Compare, *ast.If, *ast.While, *ast.UnaryOp, *ast.Delete, *ast.BoolOp:
			return false
		case ast.Stmt:
			return true
		}
	}
	return true
}

// kept reports whether what a handle is given to is waited for.
func (h *handles) kept(to ast.Expr) bool {
	for {
		s, ok := to.(*ast.Subscript)
		if !ok {
			break
		}
		to = s.Value
	}
	switch t := to.(type) {
	case *ast.Name:
		return h.named(t)
	case *ast.Attribute:
		// Any method of the object may wait.
		class, _, _ := checks.MethodClass(h.f)
		if class == nil {
			return true
		}
		found := false
		ast.Inspect(class.Node, func(n ast.Node) bool {
			if at, ok := n.(*ast.Attribute); ok && slices.Contains(waiting, at.Attr.Id) || checks.LastName(n) == "synchronize" {
				found = true
			}
			return !found
		})
		return found
	}
	return true
}

// named reports whether a name's handle is waited for.
func (h *handles) named(name *ast.Name) bool {
	if h.seen[name.Id] || name.Id == "_" {
		return false
	}
	h.seen[name.Id] = true
	found := false
	body := checks.BodyOf(h.f)
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			if id, ok := n.(*ast.Name); ok && id.Id == name.Id && id != name && !found && !isTarget(h.p.Module, id) {
				found = h.used(id)
			}
			return !found
		})
	}
	return found
}

// isTarget reports whether a name stands where it is given a value.
func isTarget(m *checks.Module, id *ast.Name) bool {
	around := m.Around(id)
	for i := len(around) - 2; i >= 0; i-- {
		switch a := around[i].(type) {
		case *ast.Assign:
			return slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return t.Range().Contains(id.Range()) }) && ast.Node(around[i+1]) != ast.Node(a.Value) && !inSubscript(around[i+1:])
		case *ast.For:
			return a.Target.Range().Contains(id.Range())
		case *ast.CompClause:
			return a.Target.Range().Contains(id.Range())
		case ast.Stmt:
			return false
		}
	}
	return false
}

// inSubscript reports whether one of some nodes reads an item.
func inSubscript(nodes []ast.Node) bool {
	return slices.ContainsFunc(nodes, func(n ast.Node) bool { _, ok := n.(*ast.Subscript); return ok })
}

const (
	rankCollectives  = "torch.distributed.{all_reduce,reduce,broadcast,all_gather,all_gather_into_tensor,gather,scatter,reduce_scatter,all_to_all,barrier,all_gather_object,gather_object,broadcast_object_list,scatter_object_list}"
	rankAccelerators = "accelerate.{Accelerator,accelerator.Accelerator}().{gather,gather_for_metrics,reduce,wait_for_everyone}"
)

// oneRank is PML2215.
var oneRank = &checks.Rule{
	Spec:  infoPML2215,
	On:    []string{rankCollectives, rankAccelerators, "?.{gather_for_metrics,wait_for_everyone}"},
	Knows: []string{"torch.distributed.get_rank", "torch.distributed.get_node_local_rank", "torch.multiprocessing.{spawn,spawn.spawn}", "os.environ[]", "os.getenv"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"group", "process_group"} {
			if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
				return
			}
		}
		if c.HasRest() || checks.CalledName(c) == "barrier" && len(c.Args) > 0 && c.Args[0].Name == "" {
			return
		}
		if branch := rankBranch(p, c.Frame, c.Node); branch != nil {
			if !calledByOthers(p, c, checks.CalledName(c), branch) {
				p.Report(checks.Report{Node: c.Node, Fix: movedOut(p, c, branch)})
			}
			return
		}
		callers := c.Frame.Callers()
		var edit *fix.Fix
		for _, o := range callers {
			there := p.Holder(o.Node)
			if there == nil || there.IsTest() {
				return
			}
			in := p.There(there)
			branch := rankBranch(in, o.Frame, o.Node)
			if branch == nil || calledByOthers(in, o, checks.CalledName(c), branch) {
				return
			}
			if edit = movedOut(in, o, branch); edit != nil {
				p.InFile(there, edit.Edits)
			}
		}
		switch len(callers) {
		case 0:
		case 1:
			p.Report(checks.Report{Node: c.Node, Fix: edit})
		default:
			p.Report(checks.Report{Node: c.Node})
		}
	},
}

// rankBranch is the innermost branch around a node that only some ranks take, nil where all do.
func rankBranch(p *checks.Pass, f *checks.Frame, n ast.Node) *ast.If {
	around := p.Around(n)
	for i := len(around) - 2; i >= 0; i-- {
		switch a := around[i].(type) {
		case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef:
			return nil
		case *ast.If:
			if !a.Test.Range().Contains(n.Range()) && testsRank(f, a.Test) {
				return a
			}
		}
	}
	return nil
}

// asksRank reports whether a branch around a node goes by the rank in any way: `if rank not in (-1, 0)`.
func asksRank(p *checks.Pass, f *checks.Frame, n ast.Node) bool {
	for _, a := range p.Around(n) {
		branch, ok := a.(*ast.If)
		if !ok || branch.Test.Range().Contains(n.Range()) {
			continue
		}
		if testsRank(f, branch.Test) {
			return true
		}
		found := false
		ast.Inspect(branch.Test, func(x ast.Node) bool {
			if c, ok := x.(*ast.Compare); ok && isRank(f, c.Left) {
				found = true
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// testsRank reports whether a test holds only on some ranks.
func testsRank(f *checks.Frame, test ast.Expr) bool {
	switch t := test.(type) {
	case *ast.UnaryOp:
		return t.Op == "not" && (testsRank(f, t.Operand) || isRank(f, t.Operand))
	case *ast.BoolOp:
		return !t.Or && slices.ContainsFunc(t.Values, func(v ast.Expr) bool { return testsRank(f, v) })
	case *ast.Attribute:
		return t.Attr.Id == "is_main_process" || t.Attr.Id == "is_local_main_process"
	case *ast.Name:
		last := checks.LastAssigned(checks.BodyOf(f), t)
		if last == nil {
			return false
		}
		switch last.(type) {
		case *ast.Compare, *ast.Attribute:
			return testsRank(f, last)
		}
	case *ast.Compare:
		if len(t.Ops) != 1 || t.Ops[0] == "in" || t.Ops[0] == "not in" || t.Ops[0] == "is" || t.Ops[0] == "is not" {
			return false
		}
		left, right := t.Left, t.Right[0]
		return isNumber(f, right) && isRank(f, left) || isNumber(f, left) && isRank(f, right)
	}
	return false
}

func isNumber(f *checks.Frame, e ast.Expr) bool {
	if _, ok := e.(*ast.Number); ok {
		return true
	}
	n, ok := f.ValueOf(e).Number()
	return ok && n >= 0
}

// isRank reports whether an expression is the number of this worker.
func isRank(f *checks.Frame, e ast.Expr) bool {
	for _, s := range f.SpelledOut(e) {
		switch n := s.Expr.(type) {
		case *ast.Call:
			if c := s.Frame.CallAt(n); c != nil && c.Symbol.Is("torch.distributed.get_rank", "torch.distributed.get_node_local_rank") {
				return true
			}
			if readsRank(n) {
				return true
			}
		case *ast.Subscript:
			if readsRank(n) {
				return true
			}
		case *ast.Attribute:
			if n.Attr.Id == "process_index" || n.Attr.Id == "local_process_index" {
				return true
			}
		case *ast.Name:
			if spawned(s.Frame, n.Id) {
				return true
			}
		}
	}
	return false
}

// readsRank reports whether an expression reads the rank out of the environment.
func readsRank(e ast.Expr) bool {
	environment, rank := false, false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			rank = rank || n.Value == "RANK" || n.Value == "LOCAL_RANK"
		case *ast.Name, *ast.Attribute:
			name := checks.LastName(n)
			environment = environment || name == "environ" || name == "getenv"
		}
		return true
	})
	return environment && rank
}

// spawned reports whether a name is the first parameter of a function that torch.multiprocessing.spawn starts.
func spawned(f *checks.Frame, name string) bool {
	fn := f.Function()
	if fn == nil || fn.Params == nil || len(fn.Params.List) == 0 || fn.Params.List[0].Name == nil || fn.Params.List[0].Name.Id != name {
		return false
	}
	return slices.ContainsFunc(f.Everywhere(), func(g *checks.Frame) bool {
		return slices.ContainsFunc(g.Calls, func(c *checks.Call) bool {
			return c.Symbol.Is("torch.multiprocessing.spawn", "torch.multiprocessing.spawn.spawn") && starts(c, fn)
		})
	})
}

func starts(c *checks.Call, fn *semantic.Function) bool {
	a := c.Arg(0, "fn")
	return a != nil && a.Value.Function() == fn
}

// calledByOthers reports whether the function calls the same collective for the other ranks: in the other branch, or in a
// branch of another test of the rank.
func calledByOthers(p *checks.Pass, c *checks.Call, name string, branch *ast.If) bool {
	body := checks.InBlock(branch.Body, c.Node)
	for _, o := range c.Frame.Calls {
		if o.Node == c.Node || !calls(o, name, 0) {
			continue
		}
		switch {
		case checks.InBlock(branch.Orelse, o.Node):
			if body {
				return true
			}
		case checks.InBlock(branch.Body, o.Node):
			if !body {
				return true
			}
		default:
			if asksRank(p, c.Frame, o.Node) {
				return true
			}
		}
	}
	return false
}

// calls reports whether a call is one of a collective of a name, or of a function of the project that calls it.
func calls(c *checks.Call, name string, depth int) bool {
	if checks.CalledName(c) == name {
		return true
	}
	b := c.Body()
	return b != nil && depth < 2 && slices.ContainsFunc(b.Calls, func(o *checks.Call) bool { return calls(o, name, depth+1) })
}

// movedOut moves the statement of a collective behind the branch that it stands in.
func movedOut(p *checks.Pass, c *checks.Call, branch *ast.If) *fix.Fix {
	stmt := p.StmtOf(c.Node)
	if stmt == nil || branch.Elif || !slices.Contains(branch.Body, stmt) && !slices.Contains(branch.Orelse, stmt) {
		return nil
	}
	text := p.File.Text(stmt)
	if strings.Contains(text, "\n") {
		return nil
	}
	switch s := stmt.(type) {
	case *ast.ExprStmt:
	case *ast.Assign:
		// What follows in the branch may need the result.
		if checks.LastName(s.Targets[0]) == "" || stmt != last(branch, stmt) {
			return nil
		}
	default:
		return nil
	}
	const message = "let all ranks take part"
	if stmt == last(branch, stmt) && (len(branch.Orelse) == 0 || slices.Contains(branch.Orelse, stmt)) {
		// It stays where it is, one level out.
		start := lineStart(p, stmt.Pos())
		outer := p.Source.Text[lineStart(p, branch.Pos()):branch.Pos()]
		inner := p.Source.Text[start:stmt.Pos()]
		if strings.TrimSpace(string(outer)) != "" || strings.TrimSpace(string(inner)) != "" {
			return nil
		}
		text = string(outer) + text
		if len(branch.Body) == 1 && branch.Body[0] == stmt || len(branch.Orelse) == 1 && branch.Orelse[0] == stmt {
			text = string(inner) + "pass\n" + text
		}
		return checks.Fix(true, message, []fix.Edit{{Start: int(start), End: int(stmt.Stop()), New: text}})
	}
	return checks.Fix(true, message, fix.RemoveStmt(p.File, stmt), fix.InsertAfter(p.File, branch, text))
}

// lineStart is the beginning of the line that holds a place.
func lineStart(p *checks.Pass, at ast.Pos) ast.Pos {
	return ast.Pos(strings.LastIndexByte(string(p.Source.Text[:at]), '\n') + 1)
}

// last is the last statement of the branch that a statement stands in.
func last(branch *ast.If, s ast.Stmt) ast.Stmt {
	body := branch.Body
	if !slices.Contains(body, s) {
		body = branch.Orelse
	}
	return body[len(body)-1]
}
