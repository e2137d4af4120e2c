package flow

import (
	"slices"
	"strings"

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

// fileSinks are the places where what a file holds matters. The labels of what a file holds
// travel with its path, clean for all other places.
var fileSinks = models.SinksOf(models.Deserialize, models.ModelSource, models.DataSource, models.State, models.Exec, models.Template, models.Unpack, models.CommandFile, models.MemberPath, models.TrainData, models.EvalData, models.Attribute)

// Steps of a trail by which data goes into a file and comes out of it.
const (
	IntoFile  = models.StepIntoFile
	OutOfFile = models.StepOutOfFile
)

// maxFiles bounds the files that are told apart in a function.
const maxFiles = 32

// writes notes the file that a call writes, and returns what the result carries: the labels
// of what was fetched, when the call gives the file's name.
func (f *Frame) writes(c *Call, of *models.Model, s *Symbol, e ast.Node) []Mark {
	var data, result []Mark
	w := of.Writes
	if w.Data == "" {
		m := &models.Model{Source: w.Fetched, From: of.From}
		data = held(f.source(m, s, e, c))
		result = data
	} else if data = f.marksOf(c, w.Data); w.Copies {
		data = held(data)
		for _, a := range c.select0(w.Data) {
			data = addMarks(data, f.contained(a.Value))
		}
	}
	data = f.step(&Value{marks: data}, e, IntoFile).marks
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
	if f.replaces(path, data) {
		return
	}
	f.wrote(path, data, at)
	if _, constant := pathText(path).Text(); !constant {
		f.retain(node, data)
	}
}

// namesInside makes what a file holds dangerous as the name of another file.
func namesInside(marks []Mark) []Mark {
	out := slices.Clone(marks)
	for i := range out {
		if out[i].InFile() {
			out[i].Clean &^= models.SinksOf(models.Path)
		}
	}
	return out
}

// fills puts what a call brings into one of its arguments.
func (f *Frame) fills(c *Call, of *models.Model, s *Symbol, e ast.Node) {
	w := of.Fills
	var marks []Mark
	if w.Data == "" {
		marks = cleaned(f.source(&models.Model{Source: w.Brought, From: of.From}, s, e, c), models.AllSinks&^models.SinksOf(w.For...))
	} else if marks = f.marksOf(c, w.Data); len(marks) > 0 {
		marks = f.step(&Value{marks: marks}, e, throughText(c)).marks
	}
	if len(marks) == 0 {
		return
	}
	for _, a := range c.select0(w.Into) {
		o := a.Value.object()
		if o == nil {
			f.retain(a.Node, marks)
			continue
		}
		k := &contents{open: true, rest: unknownWith(marks)}
		if old := f.contents(o); old != nil {
			for _, en := range old.keys {
				en.Value = unknownWith(marks)
				k.keys = append(k.keys, en)
			}
		}
		f.st.set(o, k)
	}
}

// retain lets the name or attribute that an expression reads carry more labels.
func (f *Frame) retain(e ast.Expr, marks []Mark) {
	switch t := e.(type) {
	case *ast.Name:
		f.bind(t.Id, taint(f.load(t.Id), marks))
	case *ast.Attribute:
		if t.Attr.Id == "name" && f.quietly(t.Value).Is("io.TextIOWrapper()") { // the file itself, as if it were written to
			f.retain(t.Value, marks)
			return
		}
		f.assign(t, taint(f.quietly(t), marks), nil)
	case *ast.Call:
		if x := samePlace(t); x != nil && len(marks) > 0 && slices.ContainsFunc(marks, Mark.InFile) {
			f.retain(x, marks)
		}
	}
}

// samePlace is the path of which a call only makes another spelling, nil for other calls.
func samePlace(c *ast.Call) ast.Expr {
	if len(c.Keywords) > 0 {
		return nil
	}
	switch fn := c.Fn.(type) {
	case *ast.Name:
		if (fn.Id == "str" || fn.Id == "Path" || fn.Id == "fspath") && len(c.Args) == 1 {
			return c.Args[0]
		}
	case *ast.Attribute:
		switch fn.Attr.Id {
		case "fspath":
			if len(c.Args) == 1 {
				return c.Args[0]
			}
		case "as_posix", "absolute", "resolve", "expanduser":
			if len(c.Args) == 0 {
				return fn.Value
			}
		}
	}
	return nil
}

// pathOf is the argument by which a file was opened, nil for other values.
func pathOf(v *Value) *Argument {
	if v.call == nil || !v.Is("io.TextIOWrapper()") || isTemporary(v.call) {
		return nil
	}
	if v.call.Method == "open" && v.call.Receiver.Is("pathlib.PurePath()") {
		a := &Argument{Pos: -2, Value: v.call.Receiver}
		if fn, ok := v.call.Node.Fn.(*ast.Attribute); ok {
			a.Node = fn.Value
		}
		return a
	}
	for _, name := range [...]string{"file", "filename", "path", "fd"} {
		if a := v.call.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// File returns the name of the file that a call writes, as far as its parts are known; nil for
// other calls, and where the file is not known by name.
func (c *Call) File() *Value {
	for _, m := range symModels(c.Symbol) {
		if m.Writes == nil || m.Writes.If != "" && !holds(c, m.Writes.If) {
			continue
		}
		for _, a := range c.select0(m.Writes.File) {
			if opened := pathOf(a.Value); opened != nil {
				return pathText(opened.Value)
			}
			if !a.Value.Is("io.TextIOWrapper()", "io.BytesIO()", "io.StringIO()") {
				return pathText(a.Value)
			}
		}
	}
	return nil
}

// InFile reports whether data of a mark is what a file holds, as far as its way tells, and
// not the name by which the file is opened: an upload that was saved, a download.
func (m Mark) InFile() bool {
	switch {
	case m.Trace.Passes(IntoFile):
		return true
	case m.Label == models.Upload:
		return m.Field() != "filename" && !strings.HasSuffix(m.Source().String(), ".filename")
	}
	return m.Label == models.Web || m.Label == models.Database
}

// reaches reports whether data of a mark matters at a place where it is what a file holds
// that counts: text of a user's that only names the file does not.
func reaches(kind models.SinkKind, m Mark) bool {
	switch kind {
	case models.MemberPath:
		return m.Trace.Passes(models.StepMemberName)
	case models.CommandFile:
		return m.InFile()
	case models.Exec, models.Template, models.Unpack:
		return m.InFile() || !m.Trace.Passes(OutOfFile)
	}
	return true
}

// naming leaves the labels of what names a file, not those of what it holds.
func naming(marks []Mark) []Mark {
	holds := func(m Mark) bool { return m.InFile() && m.Clean.Has(models.Path) }
	if !slices.ContainsFunc(marks, holds) {
		return marks
	}
	return slices.DeleteFunc(slices.Clone(marks), holds)
}

// onlyHeld leaves the labels of a file's content, and a parameter's, of which the caller knows.
func onlyHeld(marks []Mark) []Mark {
	content := func(m Mark) bool { return m.InFile() || m.Label == models.NoLabel }
	if !slices.ContainsFunc(marks, content) {
		return nil
	}
	return held(slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return !content(m) }))
}

// held marks labels as those of a file's content.
func held(marks []Mark) []Mark { return cleaned(marks, models.AllSinks&^fileSinks) }

// wrote remembers that a file of a path holds labelled data, for this function and, where a
// parameter names the file, for its callers.
func (f *Frame) wrote(path *Value, marks []Mark, at ast.Node) {
	if len(marks) == 0 || f.replaces(path, marks) {
		return // it was wrong, and is fetched anew
	}
	path = pathText(path)
	if texts := pathTexts(path); len(texts) > 0 {
		for _, t := range texts {
			if t = plainPath(t); t != "" {
				f.wroteText(f.mod.sem, t, marks, at)
			}
		}
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

// maxPathTexts bounds the constant paths that one expression names.
const maxPathTexts = 16

// pathTexts are the constant texts that a path can be: itself, or where a part is one of several, as in a loop over
// constants, each with that; none where it is not known as a whole.
func pathTexts(path *Value) []string {
	var out []string
	for _, v := range path.Alternatives() {
		if t, ok := v.Text(); ok {
			out = append(out, t)
			continue
		}
		texts := []string{""}
		for _, part := range v.Parts() {
			var next []string
			ends := []string{part.Text}
			if part.Value != nil {
				ends = nil
				for _, a := range part.Value.Alternatives() {
					t, ok := a.Text()
					if !ok {
						return nil
					}
					ends = append(ends, t)
				}
			}
			if len(texts)*len(ends) > maxPathTexts {
				return nil
			}
			for _, t := range texts {
				for _, end := range ends {
					next = append(next, t+end)
				}
			}
			texts = next
		}
		if len(v.Parts()) == 0 {
			return nil
		}
		out = append(out, texts...)
	}
	return out
}

// readFrom are the labels of what a call reads from the files that an argument names.
func (f *Frame) readFrom(c *Call, a models.Arg) []Mark {
	if opensToWrite(c) {
		return nil
	}
	var marks []Mark
	for _, x := range c.select0(a) {
		if x.Value.kind == KindUnknown {
			marks = addMarks(marks, held(x.Value.marks)) // what is unknown carries them itself
		}
		marks = addMarks(marks, uploaded(x.Value.marks))
		marks = addMarks(marks, f.lookInto(x.Value))
	}
	marks = f.step(&Value{marks: marks}, c.Node, OutOfFile).marks
	if c.Callee != nil && c.Callee.sym.Get("()").Is("io.TextIOWrapper()") || c.Method == "read_text" || c.Method == "read_bytes" {
		marks = namesInside(marks)
	}
	return marks
}

// uploaded are the marks of the content of a file which a framework has put an upload into, of
// those of its path.
func uploaded(marks []Mark) []Mark {
	var out []Mark
	for _, m := range marks {
		if m.Label == models.Upload && m.InFile() && !m.Trace.Passes(IntoFile) {
			m.Clean = 0
			out = append(out, m)
		}
	}
	return out
}

// opensToWrite reports whether a call opens a file only to write it.
func opensToWrite(c *Call) bool {
	pos := 1
	if c.Receiver.Is("pathlib.PurePath()") {
		pos = 0
	}
	a := c.Arg(pos, "mode")
	if a == nil {
		return false
	}
	mode, ok := a.Value.Text()
	return ok && len(mode) <= 4 && strings.ContainsAny(mode, "wax") && !strings.Contains(mode, "+")
}

// replaces reports whether a file is written anew whose content so far has been found wrong or
// right.
func (f *Frame) replaces(path *Value, marks []Mark) bool {
	before := false
	marksNow := f.contained(path)
	if path.kind == KindUnknown {
		marksNow = addMarks(labelledOnly(held(path.marks)), marksNow)
	}
	for _, m := range f.st.apply(&Value{marks: marksNow}).marks {
		if slices.ContainsFunc(marks, func(n Mark) bool { return n.Origin == m.Origin }) {
			continue
		}
		if fileSinks&^m.Clean != 0 {
			return false
		}
		before = true
	}
	return before
}

// removes makes known that what a file held cannot be loaded any more. Text that is no more
// than the file's name is as it was.
func (f *Frame) removes(c *Call, a models.Arg) {
	if f.yields != nil {
		return // of what a context manager gives: when the body of the `with` is through
	}
	for _, x := range c.select0(a) {
		var marks []Mark
		for _, m := range addMarks(x.Value.marks, f.contained(x.Value)) {
			if m.Label == models.NoLabel || m.InFile() {
				marks = append(marks, m)
			}
		}
		f.refine(f.cleanMarks(marks, fileSinks&^models.SinksOf(models.Exec, models.Template)))
		f.refine(f.cleanMarks(labelledOnly(marks), fileSinks))
	}
}

// labelledOnly leaves out what callers hand in.
func labelledOnly(marks []Mark) []Mark {
	return slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return m.Label == models.NoLabel })
}

// heldOnly reports whether a value carries labels of what a file holds, or parameters that
// may.
func heldOnly(v *Value, held []Mark) bool {
	for _, m := range addMarks(v.marks, held) {
		if m.Label == models.NoLabel || m.InFile() {
			return true
		}
	}
	return false
}

// lookInto is contained for a place that loads the file: where nothing is known to write it
// yet, the function is analysed again when something does.
func (f *Frame) lookInto(v *Value) []Mark {
	marks := f.contained(v)
	if len(labelledOnly(marks)) > 0 || f.fn == nil || len(f.unwritten) >= maxFiles {
		return marks
	}
	if opened := pathOf(v); opened != nil {
		v = opened.Value
	}
	if t, ok := pathText(v).Text(); ok {
		for t = plainPath(t); t != "" && t != "."; t = parent(t) {
			f.unwritten = append(f.unwritten, fileKey{f.mod.sem, t})
		}
	}
	return marks
}

// wroteText remembers that the file of a constant path, which a module's code writes down, holds
// labelled data, and for the callers of a function what their data becomes there.
func (f *Frame) wroteText(m *semantic.Module, path string, marks []Mark, at ast.Node) {
	e := f.eng
	if e.texts == nil {
		e.texts = map[fileKey][]Mark{}
	}
	k := fileKey{m, path}
	e.texts[k] = addMarks(e.texts[k], marks)
	if len(f.wroteTexts) < maxFiles {
		f.wroteTexts = append(f.wroteTexts, k)
	}
	for _, mark := range marks {
		if mark.Label == models.NoLabel {
			f.effect(&Value{exact: mark.Origin}, writeText, path, nil, unknownWith([]Mark{mark}), at)
		}
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
		for t = plainPath(t); t != "" && t != "."; t = parent(t) {
			marks = addMarks(marks, f.eng.texts[fileKey{f.mod.sem, t}])
		}
		return marks
	}
	if parts := v.Parts(); len(parts) > 0 && parts[0].Value == nil { // a file of a known folder
		for t := parent(plainPath(parts[0].Text + "x")); t != "" && t != "."; t = parent(t) {
			marks = addMarks(marks, f.eng.texts[fileKey{f.mod.sem, t}])
		}
	}
	for i := range f.files {
		if samePath(f.files[i].path, v) || below(f.files[i].path, v) {
			marks = addMarks(marks, f.files[i].marks)
		}
	}
	return marks
}

// writtenSince reports whether a file that the function looked into has been written since.
func (f *Frame) writtenSince() bool {
	return slices.ContainsFunc(f.unwritten, func(k fileKey) bool { return len(labelledOnly(f.eng.texts[k])) > 0 })
}

// labelsOfAll are the labels of a value and of what the file holds that it names.
func (v *Value) labelsOfAll() models.LabelSet {
	return v.Labels(models.NoSink) | v.Labels(models.Deserialize)
}

// maxPathText bounds the text that is taken for a path.
const maxPathText = 400

// plainPath is a constant path without what does not change its meaning, "" for text that is
// none.
func plainPath(t string) string {
	if len(t) > maxPathText || strings.ContainsAny(t, "\n\x00") {
		return ""
	}
	for strings.HasPrefix(t, "./") {
		t = t[2:]
	}
	return strings.TrimRight(t, "/")
}

// parent is the folder of a constant path, "" for one that has none.
func parent(t string) string {
	i := strings.LastIndexByte(t, '/')
	if i <= 0 {
		return ""
	}
	return t[:i]
}

// below reports whether a built path begins with that of a folder.
func below(folder, v *Value) bool {
	parts, outer := v.parts(), folder.parts()
	if v.kind != KindString || len(parts) == 0 {
		return false
	}
	if folder.kind != KindString {
		return parts[0].Value != nil && samePath(folder, parts[0].Value)
	}
	n := len(outer) - 1
	if n < 1 || n >= len(parts) || !sameParts(outer[:n], parts[:n]) {
		return false
	}
	last, next := outer[n], parts[n]
	if last.Value != nil {
		return next.Value != nil && samePath(last.Value, next.Value) && n+1 < len(parts) && strings.HasPrefix(parts[n+1].Text, "/")
	}
	return next.Value == nil && strings.HasPrefix(next.Text, plainPath(last.Text)+"/")
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
		return a.text == b.text && sameParts(a.parts(), b.parts())
	case a.kind == KindExternal && b.kind == KindExternal:
		return a.call != nil && a.call == b.call && (a.sym == b.sym || isTemporary(a.call))
	}
	return false
}

// settleFiles notes for the files that a function has written what holds of them whenever it
// returns: a download that raises where the digest is another one.
func (f *Frame) settleFiles() {
	if len(f.wroteTexts) == 0 || f.fn == nil || len(f.exits) == 0 {
		return
	}
	always := f.exits[0].clean
	for _, x := range f.exits[1:] {
		always = intersect(always, x.clean)
	}
	if len(always) == 0 {
		return
	}
	known := &state{clean: always}
	for _, k := range f.wroteTexts {
		f.eng.texts[k] = known.apply(&Value{marks: f.eng.texts[k]}).marks
	}
}

// isTemporary reports whether a call makes a temporary file, which its name and its
// descriptor mean as well.
func isTemporary(c *Call) bool { return c.Symbol.Under("tempfile") }

// sameParts compares built texts by what they are built of.
func sameParts(a, b []Part) bool {
	return slices.EqualFunc(a, b, func(p, q Part) bool {
		return p.Text == q.Text && (p.Value == nil) == (q.Value == nil) && (p.Value == nil || p.Node == q.Node || samePath(p.Value, q.Value))
	})
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
		if c.fillsFirst() {
			pos--
		}
		given := v.Default()
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
	if d := v.Default(); len(out) == 0 && d != nil {
		return []*Value{d}
	}
	if ds := e.defaults[fn]; len(out) == 0 && key != "" && i < len(ds) {
		if d := fieldOf(nil, ds[i], key); d != nil {
			return []*Value{d}
		}
	}
	return out
}

// GivenKey returns what is stored under a constant key of a dict: as it is at the call or,
// where the dict is a parameter, as the project's own calls hand it in. It is complete once the
// analysis has ended.
func (c *Call) GivenKey(v *Value, key string) []*Entry { return c.givenKey(v, key, 0) }

func (c *Call) givenKey(v *Value, key string, depth int) []*Entry {
	if e := c.Key(v, key); e != nil {
		return []*Entry{e}
	}
	if !v.IsParameter() || v.exact.parent != nil || depth > 3 {
		return nil
	}
	fn, i := v.exact.frame.fn, v.exact.index
	if fn == nil || fn.Params == nil || i >= len(fn.Params.List) || fn.Params.List[i].Name == nil {
		return nil
	}
	var out []*Entry
	for _, caller := range c.Frame.eng.callersOf(fn) {
		pos := i
		if caller.fillsFirst() {
			pos--
		}
		if a := caller.Arg(pos, fn.Params.List[i].Name.Id); a != nil && len(out) < maxGiven {
			out = append(out, caller.givenKey(a.Value, key, depth+1)...)
		}
	}
	return out
}

// fillsFirst reports whether the first parameter of the function called is its own object.
func (c *Call) fillsFirst() bool {
	b, ok := c.Callee.ref.(*closure)
	return ok && b.self != nil || c.Callee.kind == KindClass
}

// callersOf lists the calls of a function that were followed; those that make an instance are calls of
// its constructor.
func (e *Engine) callersOf(fn *semantic.Function) []*Call {
	if e.callers == nil {
		e.callers = map[*semantic.Function][]*Call{}
		seen := map[ast.Node]bool{}
		for _, f := range e.analysed {
			for _, c := range f.Calls {
				g := c.Callee.Function()
				if c.Callee != nil && c.Callee.kind == KindClass {
					init, _ := c.Callee.ref.(*Class).lookup("__init__")
					g = init.Function()
				}
				if g != nil && !seen[c.Node] {
					seen[c.Node] = true
					e.callers[g] = append(e.callers[g], c)
				}
			}
		}
	}
	return e.callers[fn]
}

// importFile is the import of a module whose file the program has written before.
var importFile = &models.Sink{Kind: models.Exec, Arg: "0", Note: models.NoteImported}

// importsFile judges the import of a module of that name, by a statement or a call, where
// the program writes a file in which Python would find it.
func (f *Frame) importsFile(name string, at ast.Node, c *Call) {
	if f.passive > 0 {
		return
	}
	file := strings.ReplaceAll(name, ".", "/") + ".py"
	folders := f.importFolders()
	for _, path := range append(folders, file) {
		if f.fn != nil && len(f.unwritten) < maxFiles {
			f.unwritten = append(f.unwritten, fileKey{f.mod.sem, path})
		}
	}
	if len(f.eng.texts) == 0 {
		return
	}
	var found []string
	for k := range f.eng.texts {
		if k.mod == f.mod.sem && (k.path == file || strings.HasSuffix(k.path, "/"+file) || slices.Contains(folders, k.path)) {
			found = append(found, k.path)
		}
	}
	slices.Sort(found)
	var marks []Mark
	for _, path := range found {
		marks = addMarks(marks, f.eng.texts[fileKey{f.mod.sem, path}])
	}
	if len(marks) == 0 {
		return
	}
	f.event(&sinkEvent{kind: models.Exec, sink: importFile, call: c, value: stringValue(found[0]).withMarks(marks), node: at, frame: f, facts: f.st.facts, heap: f.st.snapshot()})
}

// importFolders lists the folders that the function, or the code around it, adds to those in which
// Python looks for modules.
func (f *Frame) importFolders() []string {
	var out []string
	for g := f; g != nil; g = g.Outer() {
		for _, c := range g.Calls {
			if c.Method != "append" && c.Method != "insert" || c.Receiver.Name() != "sys.path" {
				continue
			}
			for i := range c.Args {
				if t, ok := c.Args[i].Value.Text(); ok && plainPath(t) != "" {
					out = append(out, plainPath(t))
				}
			}
		}
	}
	return out
}
