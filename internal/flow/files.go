package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// file is a file that was written: its path, and the labels of what it holds.
type file struct {
	path  *Value
	marks []Mark
}

// fileKey names a file by the constant path that a module's code writes down.
type fileKey struct {
	mod  *semantic.Module
	path string
}

// fileSinks are the places where what a file holds matters and not what it is called. The
// labels of what a file holds travel with its path, clean for all other places.
var fileSinks = models.SinksOf(models.Deserialize, models.ModelSource)

// maxFiles bounds the files that are told apart in a function.
const maxFiles = 32

// writes notes the file that a call writes, and returns what the result carries: the labels
// of what was fetched, when the call gives the file's name.
func (f *Frame) writes(c *Call, w *models.Write, s *Symbol, e ast.Node) []Mark {
	var data, result []Mark
	if w.Data == "" {
		m := &models.Model{Source: w.Fetched}
		data = held(f.source(m, s, e, c))
		result = data
	} else {
		data = f.marksOf(c, w.Data)
	}
	if len(data) == 0 {
		return nil
	}
	for _, a := range c.select0(w.File) {
		f.write(a, data, c.Node)
	}
	return result
}

// write puts data in what an argument names: a path, an open file or a buffer.
func (f *Frame) write(a Argument, data []Mark, at ast.Node) {
	if a.Value.Is("io.BytesIO()", "io.StringIO()") {
		f.retain(a.Node, data)
		return
	}
	path, node := a.Value, a.Node
	if opened := pathOf(a.Value); opened != nil {
		path = opened.Value
		node = nil
		if a.Value.call.Frame == f {
			node = opened.Node
		}
	}
	data = held(data)
	f.wrote(path, data, at)
	if _, constant := pathText(path).Text(); !constant {
		f.retain(node, data)
	}
}

// retain lets the name or attribute that an expression reads carry more labels.
func (f *Frame) retain(e ast.Expr, marks []Mark) {
	switch t := e.(type) {
	case *ast.Name:
		f.bind(t.Id, taint(f.load(t.Id), marks))
	case *ast.Attribute:
		f.assign(t, taint(f.quietly(t), marks), nil)
	}
}

// pathOf is the argument by which a file was opened, nil for other values.
func pathOf(v *Value) *Argument {
	if v.call == nil || !v.Is("io.TextIOWrapper()") {
		return nil
	}
	if v.call.Method == "open" && v.call.Receiver.Is("pathlib.PurePath()") {
		a := &Argument{Pos: -2, Value: v.call.Receiver}
		if fn, ok := v.call.Node.Fn.(*ast.Attribute); ok {
			a.Node = fn.Value
		}
		return a
	}
	for _, name := range [...]string{"file", "filename", "path"} {
		if a := v.call.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// held marks labels as those of a file's content.
func held(marks []Mark) []Mark { return cleaned(marks, models.AllSinks&^fileSinks) }

// wrote remembers that a file of a path holds labelled data, for this function and, where a
// parameter names the file, for its callers.
func (f *Frame) wrote(path *Value, marks []Mark, at ast.Node) {
	if len(marks) == 0 {
		return
	}
	path = pathText(path)
	if t, ok := path.Text(); ok {
		e := f.eng
		if e.texts == nil {
			e.texts = map[fileKey][]Mark{}
		}
		k := fileKey{f.mod.sem, t}
		e.texts[k] = addMarks(e.texts[k], marks)
		return
	}
	f.effect(path, writeFile, "", nil, unknownWith(marks), at)
	for i := range f.files {
		if samePath(f.files[i].path, path) {
			f.files[i].marks = addMarks(f.files[i].marks, marks)
			return
		}
	}
	if len(f.files) < maxFiles {
		f.files = append(f.files, file{path, marks})
	}
}

// contained are the labels of what the file holds that a value names.
func (f *Frame) contained(v *Value) []Mark {
	if opened := pathOf(v); opened != nil {
		v = opened.Value
	}
	var marks []Mark
	if v.kind != KindUnknown { // what is unknown carries them itself
		marks = held(v.marks)
		v = pathText(v)
	}
	if t, ok := v.Text(); ok {
		return addMarks(marks, f.eng.texts[fileKey{f.mod.sem, t}])
	}
	for i := range f.files {
		if samePath(f.files[i].path, v) {
			marks = addMarks(marks, f.files[i].marks)
		}
	}
	return marks
}

// samePath reports whether two values name one file: the same parameter, the same result of
// a call, or text built of the same parts.
func samePath(a, b *Value) bool {
	switch {
	case a == b:
		return a != unknown
	case a.exact != nil || b.exact != nil:
		return a.exact == b.exact
	case a.kind == KindString && b.kind == KindString:
		return sameParts(a, b)
	case a.kind == KindExternal && b.kind == KindExternal:
		return a.call != nil && a.call == b.call && a.sym == b.sym
	}
	return false
}

// sameParts compares built texts by what they are built of.
func sameParts(a, b *Value) bool {
	if len(a.parts) != len(b.parts) || a.text != b.text {
		return false
	}
	for i := range a.parts {
		p, q := a.parts[i], b.parts[i]
		if p.Text != q.Text || (p.Value == nil) != (q.Value == nil) || p.Value != nil && p.Node != q.Node && !samePath(p.Value, q.Value) {
			return false
		}
	}
	return true
}

// maxFeeds bounds the sinks remembered for a call.
const maxFeeds = 8

// feed remembers that what a call brought has reached the sink of another.
func (e *Engine) feed(from, to *Call) {
	if e.feeds == nil {
		e.feeds = map[ast.Node][]*Call{}
	}
	list := e.feeds[from.Node]
	for _, c := range list {
		if c.Node == to.Node {
			return
		}
	}
	if len(list) < maxFeeds {
		e.feeds[from.Node] = append(list, to)
	}
}

// Feeds lists the calls with a sink that what this call brought has reached: a loader of
// the file that it downloaded, a parser of the page that it fetched. It is complete once the
// analysis has ended.
func (c *Call) Feeds() []*Call { return c.Frame.eng.feeds[c.Node] }

// maxGiven bounds the values that Given returns.
const maxGiven = 16

// Given returns what the project's own calls give to the parameter that a value is, or whose
// item or attribute of a constant name it is; the value itself where it is neither. It is complete once the analysis has ended.
func (c *Call) Given(v *Value) []*Value { return c.Frame.eng.given(v, 0) }

func (e *Engine) given(v *Value, depth int) []*Value {
	if !v.IsParameter() || depth > 3 {
		return []*Value{v}
	}
	root, key := v.exact, ""
	if root.parent != nil {
		root, key = root.parent, root.step
	}
	fn, i := root.frame.fn, root.index
	if root.parent != nil || fn == nil || fn.Params == nil || i >= len(fn.Params.List) || fn.Params.List[i].Name == nil {
		return []*Value{v}
	}
	var out []*Value
	for _, c := range e.callersOf(fn) {
		pos := i
		if c.Callee.ref.(*closure).self != nil {
			pos--
		}
		given := v.fallback
		if a := c.Arg(pos, fn.Params.List[i].Name.Id); a != nil {
			given = a.Value
		}
		for _, a := range given.Alternatives() {
			for _, g := range e.given(a, depth+1) {
				if key != "" {
					entry := c.Key(g, key)
					if entry == nil {
						continue
					}
					g = entry.Value
				}
				if len(out) < maxGiven {
					out = append(out, g)
				}
			}
		}
	}
	if len(out) == 0 && v.fallback != nil {
		return []*Value{v.fallback}
	}
	return out
}

// callersOf lists the calls of a function that were followed.
func (e *Engine) callersOf(fn *semantic.Function) []*Call {
	if e.callers == nil {
		e.callers = map[*semantic.Function][]*Call{}
		seen := map[ast.Node]bool{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				if g := c.Callee.Function(); g != nil && !seen[c.Node] {
					seen[c.Node] = true
					e.callers[g] = append(e.callers[g], c)
				}
			}
		}
	}
	return e.callers[fn]
}
