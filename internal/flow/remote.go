package flow

import "github.com/pyguard/pyguardml/ast"

// This file follows calls of functions that run elsewhere or later: `task.delay(x)` of Celery, `actor.send(x)` of
// Dramatiq, `f.remote(x)` of Ray and Modal.

// remotely are the methods by which decorators have a function called with what they are given.
var remotely = map[string]bool{
	"delay": true, "s": true, "si": true, "signature": true, "subtask": true, "apply_async": true, "apply": true, // Celery
	"send": true, "send_with_options": true, "message": true, // Dramatiq
	"remote": true, "spawn": true, "local": true, // Ray, Modal
	"kiq": true, "defer": true, "defer_async": true, "schedule": true, "enqueue": true, // taskiq, Procrastinate, Huey, django-rq
}

// inTuple are those of these that are given the arguments as args= and kwargs=.
var inTuple = map[string]bool{"apply_async": true, "apply": true, "signature": true, "subtask": true, "send_with_options": true}

// sameFunction are methods that give the function with other settings.
var sameFunction = map[string]bool{"options": true, "with_options": true, "configure": true, "bind": true}

// remoteCall calls a decorated function or class, or a method of an instance of such a class, that a method of it runs
// elsewhere; nil for other calls.
func (f *Frame) remoteCall(c *Call, e *ast.Call) *Value {
	if c.Receiver == nil || !remotely[c.Method] && !sameFunction[c.Method] {
		return nil
	}
	var out *Value
	for _, fn := range c.Receiver.Alternatives() {
		if !isDecorated(fn) || hasOwn(fn, c.Method) {
			continue
		}
		if sameFunction[c.Method] {
			out = join(out, fn)
			continue
		}
		out = join(out, f.invoke(fn, f.remoteArguments(c, fn), c, e))
	}
	return out
}

// isDecorated reports whether a value is a decorated function or class, or a method of one.
func isDecorated(v *Value) bool {
	switch v.kind {
	case KindFunction:
		fn := v.ref.(*closure).fn
		return fn.Def != nil && len(fn.Def.Decorators) > 0 || fn.Class != nil && len(fn.Class.Node.Decorators) > 0
	case KindClass:
		return len(v.ref.(*Class).Node.Decorators) > 0
	}
	return false
}

// hasOwn reports whether a class of the project has a method of the name itself.
func hasOwn(v *Value, method string) bool {
	if v.kind != KindClass {
		return false
	}
	m, _ := v.ref.(*Class).lookup(method)
	return m != nil
}

// remoteArguments are the arguments that the function is called with.
func (f *Frame) remoteArguments(c *Call, fn *Value) []Argument {
	var args []Argument
	if isBoundTask(fn) {
		args = append(args, Argument{Pos: 0, Value: unknown})
	}
	n := len(args)
	if !inTuple[c.Method] {
		for _, a := range c.Args {
			if a.Pos >= 0 {
				a.Pos += n
			}
			args = append(args, a)
		}
		return args
	}
	if a := c.Arg(0, "args"); a != nil {
		items, open, ok := c.Items(a.Value)
		for i, it := range items {
			args = append(args, Argument{Pos: n + i, Value: it.Value, Node: a.Node, Given: it.Node, Unpacked: true})
		}
		if !ok || open {
			args = append(args, Argument{Pos: n + len(items), Value: unknownWith(c.Deep(a.Value)), Node: a.Node, Unpacked: true, Rest: true})
		}
	}
	if a := c.Arg(1, "kwargs"); a != nil {
		entries, _, _ := c.Entries(a.Value)
		for _, en := range entries {
			args = append(args, Argument{Name: en.Name, Pos: -1, Value: en.Value, Node: a.Node, Given: en.Node, Unpacked: true})
		}
	}
	return args
}

// isBoundTask reports whether a task is handed itself first: `@app.task(bind=True)`.
func isBoundTask(fn *Value) bool {
	if fn.kind != KindFunction {
		return false
	}
	def := fn.ref.(*closure).fn.Def
	if def == nil {
		return false
	}
	for _, d := range def.Decorators {
		if call, ok := d.Expr.(*ast.Call); ok {
			for _, k := range call.Keywords {
				if b, ok := k.Value.(*ast.Constant); ok && k.Name != nil && k.Name.Id == "bind" && b.Value == ast.True {
					return true
				}
			}
		}
	}
	return false
}
