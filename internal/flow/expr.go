package flow

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// expr evaluates an expression.
func (f *Frame) expr(e ast.Expr) *Value {
	if f.steps++; f.steps > f.eng.limits.Steps || f.eng.spent() {
		if f.steps == f.eng.limits.Steps+1 {
			f.eng.cuts.Steps++
		}
		return unknown
	}
	switch e := e.(type) {
	case *ast.Name:
		if f.mod.sem.Shell != nil && e.Id == "_" {
			if line := f.mod.sem.Shell[e.Start]; line != nil {
				return f.shellLine(line)
			}
		}
		return f.st.apply(f.load(e.Id))
	case *ast.Str:
		return &Value{kind: KindString, text: e.Value, bytes: e.Bytes, rare: literalText(e, f.mod.sem), marks: f.deceiving(e, e.Pieces)}
	case *ast.Number:
		return &Value{kind: KindConst, konst: constNumber, text: e.Text}
	case *ast.Constant:
		switch e.Value {
		case ast.True:
			return trueVal
		case ast.False:
			return falseVal
		case ast.None:
			return noneVal
		}
		return dotsVal
	case *ast.Attribute:
		v := asFound(f.expr(e.Value))
		f.current = e
		return f.ofType(f.st.apply(f.personal(f.attr(v, e.Attr.Id, e), v, e.Attr.Id, e)), e)
	case *ast.Call:
		return f.call(e)
	case *ast.JoinedStr:
		return f.joined(e)
	case *ast.BinOp:
		if e.Op == "+" {
			return f.sum(e)
		}
		l, r := f.expr(e.Left), f.expr(e.Right)
		return f.binary(e.Op, l, r, e.Left, e.Right, e)
	case *ast.Subscript:
		v := asFound(f.expr(e.Value))
		if s, ok := e.Index.(*ast.Slice); ok {
			return f.st.apply(f.sliced(v, s, e))
		}
		key := f.expr(e.Index)
		if f.cutsTensor(e.Index) && len(v.marks) > 0 {
			v = v.withMarks(cleaned(v.marks, models.SinksOf(models.Length)))
		}
		if namespace(e.Value, v) {
			if len(key.marks) > 0 {
				f.looksUp(key, e, nil)
			}
			if v := f.inNamespace(e.Value, key, e); v != nil {
				return v
			}
		}
		f.readsLayer(e.Value, key, e.Index)
		f.current = e
		name, _ := key.Text()
		return f.ofType(f.st.apply(f.personal(f.subscript(v, key, e), v, name, e)), e)
	case *ast.List:
		return f.sequence(e, List, e.Elts)
	case *ast.Tuple:
		return f.sequence(e, Tuple, e.Elts)
	case *ast.Set:
		return f.sequence(e, Set, e.Elts)
	case *ast.Dict:
		return f.dict(e)
	case *ast.Comp:
		return f.comprehension(e)
	case *ast.Await:
		return f.expr(e.Value)
	case *ast.IfExp:
		return f.ifExp(e)
	case *ast.BoolOp, *ast.Compare:
		v, _ := f.condition(e)
		return v
	case *ast.UnaryOp:
		return f.unary(e)
	case *ast.Lambda:
		if fn := f.mod.sem.FunctionAt(e); fn != nil {
			f.setDefaults(fn, e.Params)
			v := &Value{kind: KindFunction, ref: &closure{fn: fn, env: f.definer()}}
			if f.passive == 0 {
				f.mod.nested = append(f.mod.nested, v)
			}
			return v
		}
	case *ast.NamedExpr:
		v := f.expr(e.Value)
		f.bind(e.Target.Id, f.step(v, e.Target, "stored in `"+e.Target.Id+"`"))
		return v
	case *ast.Starred:
		return f.element(f.expr(e.Value), e)
	case *ast.Yield:
		v := noneVal
		if e.Value != nil {
			v = f.expr(e.Value)
		}
		if e.From {
			v = f.element(v, e)
		}
		if len(f.files) > 0 && (v.kind == KindExternal || v.kind == KindString) {
			v = taint(v, onlyHeld(f.contained(v))) // the file of its own that a context manager has filled
		}
		f.yields = join(f.yields, v)
		f.yielded(e, v)
		return unknown
	case *ast.Slice:
		f.exprs(e.Lower, e.Upper, e.Step)
	case *ast.Placeholder:
		return f.expr(e.Value)
	case *ast.BadExpr:
		for _, p := range e.Parts {
			if x, ok := p.(ast.Expr); ok {
				f.expr(x)
			}
		}
	}
	return unknown
}

// load reads a name.
func (f *Frame) load(name string) *Value {
	if slot, ok := f.scope.Slot(name); ok && !f.scope.IsGlobal(name) {
		if v := f.st.env[slot]; v != nil {
			if f.written != nil && f.written[slot] != nil {
				return join(v, f.written[slot])
			}
			return v
		}
		if f.env != nil && f.class == nil {
			// Bound later in the function, or on a way not taken.
			return unknown
		}
	}
	for e := f.env; e != nil; e = e.env {
		if e.class != nil {
			continue
		}
		slot, ok := e.scope.Slot(name)
		if !ok {
			continue
		}
		if f.class != nil && e == f.env && e.running && e.env != nil {
			// A class body runs where it stands.
			if v := e.st.env[slot]; v != nil {
				return e.st.apply(v)
			}
		}
		if e.env == nil {
			v := e.global(slot)
			if f.fn != nil {
				f.uses = append(f.uses, f.globalUse(e.mod, slot, v))
			}
			if v == nil {
				return unknown
			}
			return v
		}
		if v := e.cells[slot]; v != nil {
			return v
		}
		return unknown
	}
	if v := f.mod.late[name]; v != nil { // globals()[name] = v
		return v
	}
	for i := len(f.mod.stars) - 1; i >= 0; i-- {
		if v := f.starMember(f.mod.stars[i], name); v != nil {
			return v
		}
	}
	if s := f.eng.builtins.Get(name); s != nil {
		return s.plain
	}
	if len(f.mod.stars) > 0 && !builtinNames[name] {
		return unknown
	}
	return &Value{kind: KindExternal, text: "builtins." + name}
}

// attr reads an attribute.
func (f *Frame) attr(v *Value, name string, at ast.Node) *Value {
	if !f.descend() {
		return unknownWith(v.marks)
	}
	defer f.ascend()
	switch name {
	case "__class__":
		if c := v.Class(); c != nil && v.kind == KindObject {
			return &Value{kind: KindClass, ref: c}
		}
		return unknown
	case "__name__", "__qualname__", "__module__", "__doc__":
		if v.kind != KindModule { // what the program calls it
			return unknown
		}
	}
	if name == "__dict__" && at != nil && f.passive == 0 && (v.kind == KindUnknown || v.kind == KindObject) {
		return f.attributeDict(v, at)
	}
	switch v.kind {
	case KindString:
		if v.marks != nil && !v.bytes && !textMethods[name] && !strings.HasPrefix(name, "__") {
			return unknown // as in itemAt
		}
		if name == "value" && v.IsConst() {
			return v // of an Enum's member
		}
	case KindConst:
		if v == number && (name == "value" || name == "name") {
			return number // of an Enum's member
		}
	case KindExternal:
		if o := f.commandLine(v, name); o != nil {
			return o
		}
		if !isSession(stateOf(v)) {
			if kept := f.readState(v, name); kept != nil {
				return kept
			}
		}
		if s := v.sym.Get(name); s != nil {
			marks := v.marks
			if name == "parent" && v.sym.Is("pathlib.PurePath()") {
				marks = naming(marks) // what a file holds is not beside it
			}
			return f.readByName(f.external(s, f.fields(marks, name), v.call), v.sym, ".", name, at)
		}
		if v.sym != nil && len(v.sym.Models) > 0 && f.eng.isSecretName(name) {
			if marks := f.readByName(unknown, v.sym, ".", name, at).marks; len(marks) > 0 {
				return unknownWith(addMarks(f.fields(v.marks, name), marks))
			}
		}
		if v.sym == nil && (v.call != nil || f.eng.ofUnknownModule(v)) {
			// The result of an unknown call, or what comes out of a module that is not there, is
			// known by what is done with it.
			if s := f.eng.duck.Get(name); s != nil {
				return f.external(s, f.fields(v.marks, name), nil)
			}
		}
		if v.exact != nil {
			return &Value{marks: f.fields(v.marks, name), exact: v.exact.child(name)}
		}
		if len(v.marks) == 0 && v.call == nil {
			return &Value{kind: KindExternal, text: longer(v.Name(), name)}
		}
		return &Value{kind: KindExternal, text: longer(v.Name(), name), marks: f.fields(v.marks, name), call: v.call}
	case KindObject:
		return f.objectAttr(v, name, at)
	case KindClass:
		c := v.ref.(*Class)
		if m, owner := c.lookup(name); m != nil {
			if m.kind == KindFunction && f.eng.isClassMethod(m.ref.(*closure).fn) {
				return f.bindTo(m, v, owner)
			}
			if c.Extends(enums...) {
				return member(m)
			}
			f.reads(c, name, c.stored(name))
			return join(m, c.own(name))
		}
		f.reads(c, name, c.stored(name))
		if s := c.stored(name); s != nil {
			return s
		}
		var out *Value
		c.external(func(s *Symbol) bool {
			if n := s.Get(name); n != nil {
				out = f.external(n, nil, nil)
			}
			return out == nil
		})
		if out != nil {
			if out.kind == KindExternal && out.ref == nil {
				k := *out
				k.ref = c // whose table it is
				out = &k
			}
			return out
		}
	case KindModule:
		return f.member(v.ref.(*semantic.Module), name)
	case KindFunction:
		if s := f.eng.attributes[v.ref.(*closure).fn][name]; s != nil {
			return s
		}
	case KindUnion:
		var out *Value
		for _, a := range v.ref.([]*Value) {
			if a.IsNone() {
				continue
			}
			out = join(out, f.attr(a, name, at))
		}
		if out == nil {
			return unknown
		}
		return out
	case KindSuper:
		return f.superAttr(v, name)
	case KindUnknown:
		if v.exact != nil && v.exact.frame != nil {
			if o := v.exact.frame.symbolic[v.exact]; o != nil {
				if c := f.contents(o); c != nil {
					if e := c.get(name); e != nil {
						return e.Value
					}
				}
			}
		}
		out := &Value{marks: f.fields(v.marks, name)}
		if v.exact != nil {
			out.exact = v.exact.child(name)
		}
		if s := f.eng.duck.Get(name); s != nil {
			out.kind, out.sym = KindExternal, s
			return out
		}
		if len(out.marks) == 0 && out.exact == nil {
			return unknown
		}
		return out
	}
	return unknownWith(f.fields(v.marks, name))
}

// ofUnknownModule reports whether a value is what an import took out of a module that is neither
// part of the project nor known: an object that another file makes.
func (e *Engine) ofUnknownModule(v *Value) bool {
	first, _, member := strings.Cut(v.text, ".")
	return member && v.kind == KindExternal && v.exact == nil && first != "" && e.tops.Get(first) == nil
}

// validated tells for which sinks a field of a pydantic model is harmless because of its
// pattern or its validators.
func (f *Frame) validated(c *Class, fd *Field) models.SinkSet {
	sinks := patternSinks(fd.Node.Value) | fd.frame.annotationSinks(fd.Annotation)
	if fd.masks() {
		sinks |= shortSinks
	}
	for _, k := range c.Linear() {
		for _, v := range k.validating() {
			switch {
			case v.checks(fd.Name):
				sinks |= f.checkedBy(v.fn)
			case v.compared[fd.Name]:
				sinks |= counted
			}
		}
	}
	return sinks
}

// masks reports whether a field holds what shows as stars: a SecretStr, or one or nothing.
func (fd *Field) masks() bool {
	for _, v := range fd.frame.typed(fd.Annotation, nil, nil, 0).Alternatives() {
		if v.Is(models.MaskedTypes...) {
			return true
		}
	}
	return false
}

// validator is a method by which pydantic checks fields: some by their names, or, in a validator of the whole model, those that
// it compares with something (`if self.count > 5`, `values["count"] > 5`).
type validator struct {
	fn       *semantic.Function
	fields   []string // "*" for all
	compared map[string]bool
}

func (v *validator) checks(field string) bool {
	return slices.ContainsFunc(v.fields, func(name string) bool { return name == field || name == "*" })
}

// validating lists the validators among the methods of the class itself.
func (c *Class) validating() []validator {
	if c.hasValidators {
		return c.validators
	}
	c.hasValidators = true
	for _, name := range c.Scope.Names {
		fn := c.Methods[name]
		if fn == nil || fn.Def == nil || len(fn.Def.Decorators) == 0 {
			continue
		}
		v := validator{fn: fn}
		if hasDecorator(fn, "validator", "field_validator") {
			v.fields = texts(fn.Def.Decorators)
		}
		if hasDecorator(fn, "model_validator", "root_validator") {
			v.compared = compared(fn)
		}
		if len(v.fields)+len(v.compared) > 0 {
			c.validators = append(c.validators, v)
		}
	}
	return c.validators
}

// texts lists the texts that decorators are given.
func texts(list []*ast.Decorator) []string {
	var out []string
	for _, d := range list {
		if c, ok := d.Expr.(*ast.Call); ok {
			for _, a := range c.Args {
				if s, ok := a.(*ast.Str); ok {
					out = append(out, s.Value)
				}
			}
		}
	}
	return out
}

// compared holds the names of the attributes and the texts that a function compares with something.
func compared(fn *semantic.Function) map[string]bool {
	out := map[string]bool{}
	ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok {
			return true
		}
		ast.Inspect(c, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				if n.Attr != nil {
					out[n.Attr.Id] = true
				}
			case *ast.Str:
				out[n.Value] = true
			}
			return true
		})
		return false
	})
	return out
}

// checkedBy tells for which sinks what a validator returns is harmless.
func (f *Frame) checkedBy(fn *semantic.Function) models.SinkSet {
	env := f.eng.modules[fn.Module]
	if env == nil || env.frame == nil || fn.Parent != nil || f.eng.depth >= f.eng.limits.Depth {
		return 0
	}
	sum := f.eng.summary(&closure{fn: fn, env: env.frame}, nil)
	if sum == nil || !sum.done || sum.ret == nil || sum.ret.IsNone() {
		return 0
	}
	sinks := models.AllSinks
	for _, m := range sum.ret.marks {
		if m.Label == models.NoLabel && m.Origin.frame == sum {
			sinks &= m.Clean
		}
	}
	return sinks
}

// patternSinks reads the regular expression of Field(pattern=…), constr(regex=…), Query(…)
// and the like in a default or an annotation, or the upper bound of a number there, and tells
// what is harmless that meets it. pydantic 1 matches from the beginning, pydantic 2 searches.
func patternSinks(e ast.Expr) models.SinkSet {
	switch e := e.(type) {
	case *ast.BinOp: // conint(le=5) | None
		return patternSinks(e.Left) | patternSinks(e.Right)
	case *ast.Call:
		if sinks := bounds(e); sinks != 0 {
			return sinks
		}
		for _, k := range e.Keywords {
			if s, ok := k.Value.(*ast.Str); ok && k.Name != nil && (k.Name.Id == "pattern" || k.Name.Id == "regex") && strings.HasPrefix(s.Value, "^") {
				return provenBy(s.Value, false)
			}
		}
	case *ast.Subscript:
		t, ok := e.Index.(*ast.Tuple)
		if !ok {
			return patternSinks(e.Index) // Optional[…]
		}
		var sinks models.SinkSet
		for _, x := range t.Elts { // Annotated[…], Union[…]
			sinks |= patternSinks(x)
		}
		return sinks
	}
	return 0
}

// annotationSinks is patternSinks of an annotation, of an alias of one too: `Short = Annotated[str, …]`.
func (f *Frame) annotationSinks(e ast.Expr) models.SinkSet {
	sinks := patternSinks(e)
	if e == nil || sinks != 0 {
		return sinks
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name, *ast.Attribute:
			if v := f.quietly(n.(ast.Expr)); v.kind == KindExternal {
				if sub, ok := v.ref.(*ast.Subscript); ok {
					sinks |= patternSinks(sub)
				}
			}
			return false
		}
		return true
	})
	return sinks
}

// longer is the name of an attribute of something that no model knows.
func longer(name, attr string) string {
	if name == "" || len(name) > 100 {
		return name
	}
	return name + "." + attr
}

// fields marks what is read from labelled data.
func (f *Frame) fields(marks []Mark, name string) []Mark {
	if len(marks) == 0 {
		return nil
	}
	out := make([]Mark, 0, len(marks))
	private := isPrivate(name) && f.eng.clock.private[name]
	for _, m := range marks {
		if m.Label == models.Secret && name != "[]" && m.SecretName() != "" {
			continue // it is in something of which another part is read
		}
		if private && m.Label != models.NoLabel {
			continue // only what is no data has it, an instance of a class of the program
		}
		if name == anyValue && m.Label != models.NoLabel {
			m.Origin = m.Origin.child("[]") // who sent it chose the keys as well
		} else {
			m.Origin = m.Origin.child(name)
		}
		out = append(out, m)
	}
	return out
}

// external is a library's value with the labels its models give it.
func (f *Frame) external(s *Symbol, marks []Mark, call *Call) *Value {
	var at ast.Node
	if call != nil {
		at = call.Node
	}
	for _, m := range s.Models {
		if m.Source != models.NoLabel {
			if call == nil && (m.SourceIf != "" || isClassName(s.step)) {
				break // the function or class itself is no data
			}
			if s.step != "()" && m.Source != models.User {
				marks = unasked(marks) // what the model says of the part is what it is: the files of a request
			}
			marks = addMarks(marks, f.source(m, s, at, call))
			break
		}
	}
	for _, m := range s.Models {
		// An attribute that cleans: the last part of a path.
		if len(m.Cleans) > 0 && len(m.CleansIf) == 0 {
			marks = cleaned(marks, models.SinksOf(m.Cleans...))
		}
	}
	if len(marks) == 0 && call == nil {
		return s.plain
	}
	for _, m := range s.Models {
		if len(m.Cleans) > 0 && isAttr(s.step) {
			marks = cleaned(marks, models.SinksOf(m.Cleans...))
		}
		if m.Step != "" && s.step != "()" {
			marks = f.step(&Value{marks: marks}, f.current, m.Step).marks
		}
	}
	return &Value{kind: KindExternal, sym: s, marks: marks, call: call}
}

// unasked leaves out of marks that a user gave the whole.
func unasked(marks []Mark) []Mark {
	if !slices.ContainsFunc(marks, func(m Mark) bool { return m.Label == models.User }) {
		return marks
	}
	return slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return m.Label == models.User })
}

// source makes the mark of a modelled source. Equal names in a function are one origin,
// unless a call made the data.
func (f *Frame) source(m *models.Model, s *Symbol, at ast.Node, call *Call) []Mark {
	key := s.String()
	if f.sources == nil {
		f.sources = map[string]*Origin{}
	}
	var o *Origin
	if at != nil {
		o = f.sourceAt(at)
	} else if o = f.sources[key]; o == nil {
		o = &Origin{step: key, source: &source{}}
		f.sources[key] = o
	}
	from := m.From
	if from == "" {
		from = m.Source.Words()
	}
	o.from, o.name, o.call = from, s, call
	if m.Source == models.Database {
		o.asked = asked(call)
	}
	var clean models.SinkSet
	if len(m.SourceFor) > 0 && (m.SourceForUnless == "" || call == nil || !holds(call, m.SourceForUnless)) {
		clean = models.AllSinks &^ models.SinksOf(m.SourceFor...)
	}
	return f.eng.labelled(Mark{Label: m.Source, Clean: clean, Origin: o, Trace: (*Trace)(nil).then(f.site(at), f.mod.sem, from)})
}

// isClassName reports whether an attribute is named as classes are: Dropdown, and not request.META.
func isClassName(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && strings.ToUpper(name) != name
}

func (f *Frame) sourceAt(at ast.Node) *Origin {
	if f.callOrigins == nil {
		f.callOrigins = map[ast.Node]*Origin{}
	}
	o := f.callOrigins[at]
	if o == nil {
		o = &Origin{step: "()", source: &source{}}
		f.callOrigins[at] = o
	}
	return o
}

// site is the node for a trail where a value has none of its own.
func (f *Frame) site(at ast.Node) ast.Node {
	if at != nil {
		return at
	}
	return f.current
}

// objectAttr reads an attribute of a list, dict or instance.
func (f *Frame) objectAttr(v *Value, name string, at ast.Node) *Value {
	o := v.ref.(*Object)
	if c := f.contents(o); c != nil {
		if o.kind != Dict {
			if e := c.get(name); e != nil {
				if o.class != nil && o.frame != f && f.passive == 0 {
					if x := e.Value.object(); x != nil && x.class == nil && x.origin == nil && x.frame != f {
						f.reads(o.class, name, e.Value) // into which others may put more
					}
				}
				if o.isShared() && o.class.body[name] == nil {
					return join(e.Value, o.class.stored(name)) // what others have put there
				}
				return e.Value
			}
			if v := c.anyAttribute(o, name); v != nil {
				return v
			}
			if f.under(o) {
				v := f.attr(o.over, name, at)
				f.covers = f.covers[:len(f.covers)-1]
				return v
			}
		}
	}
	c := o.class
	if c == nil {
		if _, item := o.node.(*ast.Subscript); item && !dictMethods[name] && f.under(o) { // see withItem: it may be no dict
			out := taint(f.attr(o.over, name, at), f.fields(v.marks, name))
			f.covers = f.covers[:len(f.covers)-1]
			return out
		}
		out := unknownWith(f.fields(v.marks, name))
		if v.exact != nil {
			out = &Value{marks: out.marks, exact: v.exact.child(name)}
		}
		return out
	}
	var usual *Value // what the class body gives a declared field
	if m, owner := c.lookup(name); m != nil {
		switch {
		case m.kind == KindFunction && (v.exact != nil || o.call == nil) && isAbstract(m.ref.(*closure).fn):
			return f.overrides(c, name, v, f.bindTo(m, v, owner))
		case m.kind == KindFunction && o.various && o.call == nil && len(c.subclasses) > 0 && !f.eng.isProperty(m.ref.(*closure).fn) && name != "__init__":
			own := f.bindTo(m, v, owner)
			if all := f.overrides(c, name, v, nil); all != nil && !f.eng.isStatic(m.ref.(*closure).fn) && !f.eng.isClassMethod(m.ref.(*closure).fn) {
				return join(own, all)
			}
			return own
		case m.kind == KindFunction && f.eng.isProperty(m.ref.(*closure).fn):
			if f.passive > 0 {
				return unknownWith(f.fields(v.marks, name))
			}
			if fn := m.ref.(*closure).fn; (v.exact != nil || o.call == nil) && hasDecorator(fn, "abstractmethod") {
				return f.invoke(f.overrides(c, name, v, f.bindTo(m, v, owner)), nil, nil, at)
			}
			return f.invoke(f.bindTo(m, v, owner), nil, nil, at)
		case m.kind == KindFunction && f.eng.isClassMethod(m.ref.(*closure).fn):
			return f.bindTo(m, &Value{kind: KindClass, ref: c}, owner)
		case m.kind == KindFunction && !f.eng.isStatic(m.ref.(*closure).fn):
			bound := f.bindTo(m, v, owner)
			stored := c.stored(name) // `self.run = …` in the place of the method
			if stored != nil || onlyRaises(m.ref.(*closure).fn) {
				f.reads(c, name, stored)
			}
			if stored == nil {
				return bound
			}
			return join(bound, stored)
		case m.kind == KindFunction:
			return m
		case m.kind == KindPartial && m.ref.(*partial).method:
			p := *m.ref.(*partial)
			p.fn = f.bindTo(p.fn, v, owner)
			return &Value{kind: KindPartial, ref: &p}
		}
		stored := c.stored(name)
		f.reads(c, name, stored)
		if fd := c.field(name); fd == nil {
			return join(m, stored)
		}
		usual = m
	}
	stored := f.storedIn(c, name)
	f.reads(c, name, stored)
	if t := c.declares(name); t != nil && noneOrUnknown(stored) {
		stored = join(stored, t)
	}
	if (o.origin != nil || f.contents(o) == nil) && c.isRecord(name) && !v.isReceiver() && !c.event {
		stored = f.ofRecord(stored, v, name)
	}
	if stored != nil && (stored.kind != KindUnknown || len(stored.marks) > 0) {
		if one := f.ofThisOne(stored, v, name); one != nil {
			return one
		}
		return f.asDeclared(c.field(name), stored, v, name)
	}
	var origin *Origin
	if v.exact != nil {
		origin = v.exact.child(name)
	}
	marks := f.fields(v.marks, name)
	if f.eng.isSecretName(name) && c.Extends(settingsClasses...) {
		marks = addMarks(marks, f.secretMark(name, at, nil))
	}
	if fd := c.field(name); fd != nil {
		sinks := models.SinkSet(0)
		if len(marks) > 0 {
			sinks = f.validated(c, fd)
		}
		if t := fd.frame.typed(fd.Annotation, origin, cleaned(marks, sinks), 0); t != nil {
			return t
		}
		var out *Value
		if sinks != 0 {
			out = &Value{marks: cleaned(marks, sinks)}
		} else {
			out = &Value{marks: marks, exact: origin}
		}
		if id := identity(usual); id != nil && id.kind == KindExternal && !id.sym.Is(fieldMakers...) {
			return join(id, out)
		}
		return out
	}
	if stored != nil && len(marks) == 0 {
		return stored
	}
	var out *Value
	c.external(func(s *Symbol) bool {
		if n := s.Get("()").Get(name); n != nil {
			out = f.external(n, marks, o.call)
		}
		return out == nil
	})
	if out != nil {
		return out
	}
	if get, owner := c.lookup("__getattr__"); get != nil && get.kind == KindFunction && f.passive == 0 {
		return f.invoke(f.bindTo(get, v, owner), []Argument{{Pos: 0, Value: stringValue(name)}}, nil, at)
	}
	if len(marks) == 0 && origin == nil {
		return unknown
	}
	return &Value{marks: marks, exact: origin}
}

// fieldMakers describe a field in the place of its default.
var fieldMakers = []string{"pydantic.Field()", "pydantic.PrivateAttr()", "dataclasses.field()"}

// noneOrUnknown reports whether a value is None or something of which nothing is known.
func noneOrUnknown(v *Value) bool {
	for _, a := range v.Alternatives() {
		if !a.IsNone() && (a.kind != KindUnknown || len(a.marks) > 0) {
			return false
		}
	}
	return true
}

// ofThisOne is what an attribute of an instance holds that is handed in: what any instance holds, and what this
// one does. It is nil where that says no more than what any holds: only of containers and of records, whose data
// their callers give, does it matter whose they are.
func (f *Frame) ofThisOne(stored, v *Value, name string) *Value {
	if v.exact == nil {
		return nil
	}
	var out *Value
	found := begunAsConstant(stored)
	for _, a := range stored.Alternatives() {
		o := a.object()
		record := o != nil && a.exact == nil && (o.class == nil && stored.kind != KindUnion || o.class != nil && o.class.holdsFields()) || a.handed && a.exact == nil
		if record || a.kind == KindUnknown && a.exact == nil && stored.kind == KindUnion {
			found = found || record
			k := *a
			k.exact, k.marks = v.exact.child(name), addMarks(a.marks, f.fields(v.marks, name))
			if o != nil && f.filledByCallers(o) {
				k = Value{exact: k.exact, marks: k.marks}
			}
			switch {
			case a.handed && a.isNumber():
				k.marks = addMarks(a.marks, cleaned(f.fields(v.marks, name), uncounted))
			case a.handed:
				k.exact = nil // what it begins with is known
				var parts []Part
				parts, k.marks = handed(a, f.fields(v.marks, name))
				k.built = builtOf(parts)
			}
			a = &k
		}
		out = join(out, a)
	}
	if !found {
		return nil
	}
	return out
}

// filledByCallers reports whether all that is known of a list are parameters of the functions that add to it: what
// one instance holds is what its callers gave.
func (f *Frame) filledByCallers(o *Object) bool {
	c := f.contents(o)
	if o.class != nil || o.kind != List || c == nil || c.open || c.rest != nil || len(c.seq) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.seq, func(it Item) bool {
		v := it.Value
		return v.kind != KindUnknown && v.kind != KindString || len(v.marks) == 0 || slices.ContainsFunc(v.marks, func(m Mark) bool {
			return m.Label != models.NoLabel || m.Origin.frame == f
		})
	})
}

// begunAsConstant reports whether an attribute is a constant, such as None or "", until it is given something of which
// nothing is known: what a caller handed in.
func begunAsConstant(stored *Value) bool {
	given := 0
	for _, a := range stored.Alternatives() {
		switch {
		case a.kind == KindUnknown && a.exact == nil && len(a.marks) == 0:
			given++
		case !a.IsConst() && !a.IsNone():
			return false
		}
	}
	return given > 0
}

// handed are the pieces of a built text, and its marks, with what one instance was handed in the place of what any was.
func handed(text *Value, given []Mark) ([]Part, []Mark) {
	parts, marks := slices.Clone(text.parts()), text.marks
	for i := range parts {
		p := parts[i].Value
		if p == nil || p.isNumber() {
			continue
		}
		clean, found := models.AllSinks, false
		for _, m := range p.marks {
			if m.Label == models.NoLabel {
				clean, found = clean&m.Clean, true
			}
		}
		if found {
			this := cleaned(given, clean)
			parts[i].Value = unknownWith(addMarks(dropParams(p).marks, this))
			marks = addMarks(marks, this)
		}
	}
	return parts, marks
}

// asDeclared puts what the class declares an attribute to be in the place of what is not known of
// what is stored there: `self.llm = llm if isinstance(llm, LLM) else Wrapped(llm)`.
func (f *Frame) asDeclared(fd *Field, stored, of *Value, name string) *Value {
	if fd == nil || stored.kind != KindUnion {
		return stored
	}
	var origin *Origin
	if of.exact != nil {
		origin = of.exact.child(name)
	}
	var t, out *Value
	for _, a := range stored.ref.([]*Value) {
		if a.kind == KindUnknown && !fromOutside(a) {
			if t = fd.frame.typed(fd.Annotation, origin, a.marks, 0); t == nil {
				return stored
			}
			a = t
		}
		out = join(out, a)
	}
	if t == nil {
		return stored
	}
	return out
}

// isRecord reports whether instances of a class are records that have a declared field of the name:
// those of a dataclass or a model of pydantic, which its callers make and fill.
func (c *Class) isRecord(name string) bool {
	if c.field(name) == nil {
		return false
	}
	init, _ := c.lookup("__init__")
	return init == nil || c.Extends("pydantic.BaseModel")
}

// holdsFields reports whether instances of a class are records that their callers fill.
func (c *Class) holdsFields() bool {
	fields := c.AllFields()
	return len(fields) > 0 && c.isRecord(fields[0].Name)
}

// storedIn finds what is assigned to an attribute of instances, as a function of the class sees it. A notebook
// calls _repr_html_ and its kin for whatever record it shows, so that they see what any is filled with.
func (f *Frame) storedIn(c *Class, name string) *Value {
	v := c.stored(name)
	if f.fn != nil && strings.HasPrefix(f.fn.Name, "_repr_") {
		v = join(v, c.filled.get(name))
	}
	return v
}

// isReceiver reports whether a value is the object whose method reads it: what one method stores
// there another one reads.
func (v *Value) isReceiver() bool {
	o := v.exact
	return o != nil && o.parent == nil && o.index == 0 && o.frame != nil && o.frame.fn != nil && o.frame.fn.Class != nil
}

// ofRecord is what a field of a record holds of which only the class is known. What other records
// of the class hold, of which there may be many, says what kind of thing that is, and nothing of its data.
func (f *Frame) ofRecord(stored, v *Value, name string) *Value {
	if stored == nil {
		return nil
	}
	if !slices.ContainsFunc(stored.Alternatives(), func(a *Value) bool { return identity(a) != nil }) {
		return nil
	}
	k := *stored
	k.marks, k.exact = f.fields(v.marks, name), nil
	return &k
}

// isAbstract reports whether a method leaves the work to subclasses.
func isAbstract(fn *semantic.Function) bool {
	if hasDecorator(fn, "property", "cached_property", "classmethod", "staticmethod") {
		return false
	}
	if hasDecorator(fn, "abstractmethod") {
		return true
	}
	if len(fn.Body) == 0 || len(fn.Body) > 2 {
		return false
	}
	switch s := fn.Body[len(fn.Body)-1].(type) {
	case *ast.Raise:
		e := s.Exc
		if c, ok := e.(*ast.Call); ok {
			e = c.Fn
		}
		n, ok := e.(*ast.Name)
		return ok && n.Id == "NotImplementedError"
	case *ast.Pass:
		return len(fn.Body) == 1 || isDocstring(fn.Body[0])
	case *ast.ExprStmt:
		c, ok := s.Value.(*ast.Constant)
		return ok && c.Value == ast.Ellipsis
	}
	return false
}

// isDocstring reports whether a statement is nothing but a text.
func isDocstring(s ast.Stmt) bool {
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	_, ok = x.Value.(*ast.Str)
	return ok
}

// onlyRaises reports whether a method does nothing but refuse: what does the work is put in its place.
func onlyRaises(fn *semantic.Function) bool {
	if len(fn.Body) == 0 || len(fn.Body) > 2 {
		return false
	}
	_, raises := fn.Body[len(fn.Body)-1].(*ast.Raise)
	return raises
}

// overrides joins the methods of the project's subclasses that stand in for an abstract one
// of a receiver of which only the base class is known.
func (f *Frame) overrides(c *Class, name string, self, base *Value) *Value {
	var out *Value
	n := 0
	var visit func(k *Class, depth int)
	visit = func(k *Class, depth int) {
		for _, sub := range k.subclasses {
			if n >= maxOverrides || depth > 4 {
				return
			}
			if m := sub.body[name]; m != nil && m.kind == KindFunction && !isAbstract(m.ref.(*closure).fn) {
				var own *Value
				if self.exact != nil { // which has the methods and attributes of the subclass
					own = f.instance(sub, self.exact, self.marks)
				} else {
					o := f.oneOf(nil, sub)
					o.kind, o.class = Instance, sub
					own = &Value{kind: KindObject, ref: o, marks: self.marks}
				}
				out = join(out, f.bindTo(m, own, sub))
				n++
			}
			visit(sub, depth+1)
		}
	}
	visit(c, 0)
	if out == nil {
		return base
	}
	return out
}

// unsureRead is an attribute that a function read without learning what it is.
type unsureRead struct {
	class *Class
	name  string
}

// maxUnsure bounds the attributes that are looked at again.
const maxUnsure = 16

// reads notes that the function depends on a stored attribute.
func (f *Frame) reads(c *Class, name string, v *Value) {
	if f.fn == nil {
		return
	}
	if u := (unsureRead{c, name}); len(f.unsure) < maxUnsure && noneOrUnknown(v) && !slices.Contains(f.unsure, u) {
		f.unsure = append(f.unsure, u)
	}
	if c.readers == nil {
		c.readers = map[string][]reader{}
	}
	functions := f.functionsIn(v)
	list := c.readers[name]
	for i := range list {
		if list[i].f == f {
			list[i].value, list[i].functions, list[i].data = v, functions, f.dataIn(v)
			return
		}
	}
	c.readers[name] = append(list, reader{f, v, functions, f.dataIn(v)})
}

// dataIn counts what of the items of a list or dict has labels, where it is one of an instance that the module made.
func (f *Frame) dataIn(v *Value) int {
	n := 0
	for _, a := range v.Alternatives() {
		if o := a.object(); o != nil && o.class == nil && o.origin == nil && o.frame != f {
			c := f.contents(o)
			n += labelled(c) + labelledWithin(c)
		}
	}
	return n
}

// bindTo binds a method to its receiver.
func (f *Frame) bindTo(m, self *Value, owner *Class) *Value {
	if m.kind == KindUnion { // defined in two branches
		var out *Value
		for _, a := range m.Alternatives() {
			out = join(out, f.bindTo(a, self, owner))
		}
		return out
	}
	if m.kind != KindFunction {
		return m
	}
	cl := *m.ref.(*closure)
	cl.self = self
	return &Value{kind: KindFunction, ref: &cl}
}

// superAttr reads an attribute of super().
func (f *Frame) superAttr(v *Value, name string) *Value {
	cl, ok := v.ref.(*closure)
	if !ok || f.Class() == nil {
		return unknown
	}
	me := f.Class()
	order := me.Linear()[1:]
	if c := cl.self.Class(); c != nil && c != me { // the next one after this class in the order of the instance's
		all := c.Linear()
		if i := slices.Index(all, me); i >= 0 {
			order = all[i+1:]
		}
	}
	for _, k := range order {
		if m := k.body[name]; m != nil {
			return f.bindTo(m, cl.self, k)
		}
	}
	var out *Value
	me.external(func(s *Symbol) bool {
		if n := s.Get("()").Get(name); n != nil {
			out = f.external(n, nil, nil)
		}
		return out == nil
	})
	if out == nil {
		return unknown
	}
	return out
}

// typed is a value of an annotated type: nil when the annotation says nothing of use.
func (f *Frame) typed(ann ast.Expr, origin *Origin, marks []Mark, depth int) *Value {
	if depth > 4 || ann == nil {
		return nil
	}
	switch a := ann.(type) {
	case *ast.Str: // a forward reference
		first, rest, dotted := strings.Cut(strings.TrimSpace(a.Value), ".")
		if first = simpleName(first); first == "" || f.st == nil {
			return nil
		}
		v := f.load(first)
		for dotted {
			var step string
			if step, rest, dotted = strings.Cut(rest, "."); simpleName(step) == "" {
				return nil
			}
			v = f.attr(v, step, a)
		}
		return f.typedValue(v, origin, marks)
	case *ast.BinOp: // X | None
		if a.Op != "|" {
			return nil
		}
		return joinTyped(f.typed(a.Left, origin, marks, depth+1), f.typed(a.Right, origin, marks, depth+1), isNone(a.Left), isNone(a.Right))
	case *ast.Subscript:
		return f.typedGeneric(a, origin, marks, depth)
	case *ast.Name, *ast.Attribute:
		return f.typedValue(f.quietly(ann), origin, marks)
	case *ast.Call:
		if f.quietly(a.Fn).Is(constrained...) {
			return numberOf(cleaned(marks, bounds(a)))
		}
	}
	return nil
}

// quietly evaluates an annotation without recording calls.
func (f *Frame) quietly(e ast.Expr) *Value {
	switch e := e.(type) {
	case *ast.Name:
		if f.st == nil {
			return unknown
		}
		return f.load(e.Id)
	case *ast.Attribute:
		return f.attr(f.quietly(e.Value), e.Attr.Id, e)
	}
	return unknown
}

func isNone(e ast.Expr) bool {
	c, ok := e.(*ast.Constant)
	return ok && c.Value == ast.None
}

func joinTyped(a, b *Value, noneA, noneB bool) *Value {
	switch {
	case noneA:
		return b
	case noneB:
		return a
	case a == nil || b == nil:
		return nil
	}
	return join(a, b)
}

func simpleName(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return ""
		}
	}
	return s
}

// enums are the base classes whose members the program itself wrote down.
var enums = []string{"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}

// member is a member of an Enum: its text where that is written down, for what is made of it is made of that; the
// Enum's author is nobody from outside in any case.
func member(v *Value) *Value {
	if v.kind == KindString && v.IsConst() && !v.bytes {
		return v
	}
	return number
}

// numericTypes carry no text, and their values cannot be large; see countTypes.
var numericTypes = []string{
	"datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "uuid.UUID", "enum.Enum",
	"pydantic.UUID4",
}

// switchTypes are the types of truth values.
var switchTypes = []string{"builtins.bool", "pydantic.StrictBool"}

func (f *Frame) typedValue(t *Value, origin *Origin, marks []Mark) *Value {
	switch t.kind {
	case KindClass:
		c := t.ref.(*Class)
		if c.Extends(enums...) {
			return number
		}
		if origin != nil && origin.frame != nil {
			return origin.frame.instance(c, origin, marks)
		}
		return &Value{kind: KindObject, ref: &Object{kind: Instance, class: c, frame: f}, marks: marks}
	case KindExternal:
		name := t.text
		if t.sym != nil {
			name = t.sym.String()
		}
		if sub, ok := t.ref.(*ast.Subscript); ok { // `Count = Annotated[int, Field(le=5)]`
			return f.typedGeneric(sub, origin, marks, 1)
		}
		for _, n := range countTypes {
			if name == n || t.sym.Is(n) {
				return numberOf(marks)
			}
		}
		for _, n := range switchTypes {
			if name == n || t.sym.Is(n) {
				return switchOf(marks)
			}
		}
		for _, n := range numericTypes {
			if name == n || t.sym.Is(n) {
				return number
			}
		}
		if strings.HasPrefix(name, "typing.") || strings.HasPrefix(name, "builtins.") {
			return nil
		}
		if s := t.sym.Get("()"); s != nil {
			v := f.external(s, marks, nil)
			if origin != nil {
				c := *v
				c.exact = origin
				v = &c
			}
			return v
		}
	}
	return nil
}

// generic takes an annotation such as Dict[str, Tool] apart: the last name of what it is of, and its arguments.
func generic(a *ast.Subscript) (name string, args []ast.Expr) {
	switch b := a.Value.(type) {
	case *ast.Name:
		name = b.Id
	case *ast.Attribute:
		name = b.Attr.Id
	}
	if t, ok := a.Index.(*ast.Tuple); ok {
		return name, t.Elts
	}
	return name, []ast.Expr{a.Index}
}

// typedGeneric understands Optional, Union, Annotated, Literal and containers.
func (f *Frame) typedGeneric(a *ast.Subscript, origin *Origin, marks []Mark, depth int) *Value {
	name, args := generic(a)
	if t := f.quietly(a.Value).Name(); strings.HasPrefix(t, "typing.") || strings.HasPrefix(t, "typing_extensions.") {
		name = t[strings.LastIndexByte(t, '.')+1:]
	}
	if v := f.quietly(a.Value); v.kind == KindExternal && v.sym == nil && strings.HasPrefix(v.text, "typing.") {
		name = v.text[len("typing."):]
	}
	switch name {
	case "Literal":
		return number
	case "Optional", "Required", "NotRequired", "Final", "ClassVar", "ReadOnly", "Mapped":
		return f.typed(a.Index, origin, marks, depth+1)
	case "Annotated":
		if len(args) > 0 {
			return f.typed(args[0], origin, cleaned(marks, patternSinks(a)), depth+1)
		}
	case "Union":
		var out *Value
		for _, x := range args {
			if isNone(x) {
				continue
			}
			t := f.typed(x, origin, marks, depth+1)
			if t == nil {
				return nil
			}
			out = join(out, t)
		}
		return out
	case "List", "list", "Sequence", "Iterable", "Set", "set", "Tuple", "tuple", "conlist", "AsyncIterator", "Iterator":
		if len(args) == 0 {
			return nil
		}
		elem := f.typed(args[0], origin.child("[]"), f.fields(marks, "[]"), depth+1)
		if elem == nil {
			return nil
		}
		if elem.isNumber() {
			for _, x := range args[1:] { // tuple[bool, str]
				if !f.typed(x, nil, nil, depth+1).isNumber() && !isEllipsis(x) {
					return nil
				}
			}
			return elem
		}
		if x := elem.object(); x != nil && x.class != nil {
			x.various = true
		}
		o := &Object{kind: List, frame: f}
		if origin != nil && origin.frame != nil {
			o = origin.frame.symbol(origin)
		}
		o.final = &contents{open: true, rest: elem}
		return &Value{kind: KindObject, ref: o, marks: marks, exact: origin}
	case "Dict", "dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict":
		return f.typedDict(args, origin, marks, depth)
	case "Type", "type", "Callable":
		return nil
	}
	if n := f.quietly(a.Value).Name(); n != "" { // under another name
		name = n[strings.LastIndexByte(n, '.')+1:]
	}
	if held := runContexts[name]; held != "" && len(args) > 0 && origin != nil && origin.frame != nil && f.typedValue(f.quietly(a.Value), nil, nil) == nil {
		if v := f.typed(args[0], origin.child(held), f.fields(marks, held), depth+1); v != nil && !v.isNumber() {
			o := origin.frame.symbol(origin)
			o.final = &contents{open: true, keys: []Entry{{Name: held, Value: v}}}
			return &Value{kind: KindObject, ref: o, marks: marks, exact: origin}
		}
	}
	if t := f.quietly(a.Value); t.kind == KindExternal || t.kind == KindClass {
		return f.typedValue(t, origin, marks)
	}
	return nil
}

// runContexts are the classes of what agent frameworks hand to tools, with the attribute by which a tool gets at what
// the program gave to the run: `ctx: RunContext[Deps]` says what ctx.deps is.
var runContexts = map[string]string{"RunContext": "deps", "RunContextWrapper": "context", "ToolContext": "context", "Runtime": "context", "ToolRuntime": "context"}

// typedDict is a dict of instances of a class, as `dict[str, Tool]` says; nil where it says nothing of use.
func (f *Frame) typedDict(args []ast.Expr, origin *Origin, marks []Mark, depth int) *Value {
	if len(args) != 2 {
		return nil
	}
	elem := f.typed(args[1], origin.child(anyValue), f.fields(marks, anyValue), depth+1)
	if elem == nil || elem.kind != KindObject || elem.Class() == nil {
		return nil
	}
	o := &Object{kind: Dict, frame: f}
	if origin != nil && origin.frame != nil {
		o = origin.frame.symbol(origin)
		o.kind = Dict
	}
	elem.object().various = true
	o.final = &contents{open: true, rest: elem, names: unknownWith(f.fields(marks, "[]"))}
	return &Value{kind: KindObject, ref: o, marks: marks, exact: origin}
}

// joined evaluates an f-string.
func (f *Frame) joined(e *ast.JoinedStr) *Value {
	b := stringBuilder{marks: f.deceiving(e, e.Pieces)}
	for _, p := range e.Values {
		switch p := p.(type) {
		case *ast.Str:
			b.literal(p.Value, literalText(p, f.mod.sem))
		case *ast.Placeholder:
			v := f.textOf(f.expr(p.Value), p.Value)
			if p.Debug {
				b.text(f.mod.sem.File.Text(p.Value) + "=")
			}
			numeric := false
			if p.Spec != nil {
				spec := f.joined(p.Spec)
				if s, ok := spec.Text(); ok && s != "" && strings.ContainsRune("dfeEgGxXob%nc", rune(s[len(s)-1])) {
					numeric = true
				}
			}
			if numeric {
				v = number
			}
			if p.Conversion == 'r' || p.Conversion == 'a' {
				b.part(Part{Value: asLiteral(v), Node: p.Value, Mod: f.mod.sem, Conv: true})
			} else {
				b.value(v, p.Value, f.mod.sem)
			}
		}
	}
	return f.step(b.value0(), e, "joined into a string")
}

// asLiteral is what repr makes of a value: within code it is a literal and can run nothing.
func asLiteral(v *Value) *Value {
	if len(v.marks) == 0 {
		return v
	}
	k := *v
	k.marks = cleaned(v.marks, models.SinksOf(models.Exec))
	return &k
}

// textOf is the text that str() makes of a value: of an instance what its class says.
func (f *Frame) textOf(v *Value, at ast.Node) *Value {
	o := v.object()
	if o == nil || o.class == nil || f.passive > 0 {
		return v
	}
	for _, name := range [...]string{"__str__", "__format__", "__repr__"} {
		if m, owner := o.class.lookup(name); m != nil && m.kind == KindFunction {
			return f.invoke(f.bindTo(m, v, owner), nil, nil, at)
		}
	}
	return v
}

// stringBuilder collects the parts of a string.
type stringBuilder struct {
	parts []Part
	marks []Mark
	bytes bool
	// from is the literal with which the text begins.
	from *rare
	// pending is constant text that is not yet a part, size the length of all constant text so far.
	pending []byte
	size    int
}

// Bounds of a built text: its parts, and the bytes of constant text that are put together for it. A
// program of a few lines can double a text as often as it likes.
const (
	maxParts = 64
	maxText  = 1 << 20
)

// text adds constant text. What is beyond the bound is something unknown.
func (b *stringBuilder) text(s string) {
	if b.size > 0 && b.size+len(s) > maxText {
		if n := len(b.parts); len(b.pending) > 0 || n == 0 || b.parts[n-1].Value != unknown {
			b.part(Part{Value: unknown})
		}
		return
	}
	b.size += len(s)
	b.pending = append(b.pending, s...)
}

// flush makes a part of the pending text.
func (b *stringBuilder) flush() {
	if len(b.pending) == 0 {
		return
	}
	if n := len(b.parts); n > 0 && b.parts[n-1].Value == nil {
		b.parts[n-1].Text += string(b.pending)
	} else {
		b.parts = append(b.parts, Part{Text: string(b.pending)})
	}
	b.pending = b.pending[:0]
}

func (b *stringBuilder) empty() bool { return len(b.parts) == 0 && len(b.pending) == 0 }

// literal adds constant text with the literal that it comes from.
func (b *stringBuilder) literal(s string, from *rare) {
	if b.empty() && s != "" {
		b.from = from
	}
	b.text(s)
}

func (b *stringBuilder) part(p Part) {
	if !p.Value.isNumber() { // no text of who chose the number is in the string
		b.marks = addMarks(b.marks, p.Value.marks)
	}
	b.flush()
	if p.Operand == nil {
		p.Operand, p.OperandMod = p.Node, p.Mod
	}
	if len(b.parts) < maxParts {
		b.parts = append(b.parts, p)
	}
}

// value adds a value: constant text as text, a built string by its parts.
func (b *stringBuilder) value(v *Value, at ast.Node, mod *semantic.Module) {
	switch {
	case v.kind == KindString && v.built == nil:
		if wroteDown(v.marks) {
			b.literal(v.text, v.rare)
			b.marks = addMarks(b.marks, v.marks)
			return
		}
	case v.kind == KindString:
		if b.empty() {
			b.from = v.rare
		}
		for _, p := range v.parts() {
			if p.Value == nil {
				b.text(p.Text)
				continue
			}
			b.piece(p, v, at, mod)
		}
		b.marks = addMarks(b.marks, v.marks)
		return
	case v.kind == KindConst:
		switch v.konst {
		case constTrue:
			b.text("True")
			return
		case constFalse:
			b.text("False")
			return
		case constNone:
			b.text("None")
			return
		case constNumber:
			if v.text != "" {
				b.text(v.text)
				return
			}
		}
	}
	b.part(Part{Value: v, Node: at, Mod: mod})
}

// piece adds a piece of a built string that stands at a node.
func (b *stringBuilder) piece(p Part, of *Value, at ast.Node, mod *semantic.Module) {
	if at != nil {
		p.Operand, p.OperandMod = at, mod
		p.nest = p.nest.within(at, mod, of)
	}
	b.part(p)
}

// inPlace puts a text in the place of a piece.
func (b *stringBuilder) inPlace(v *Value, old Part) {
	if v.kind != KindString || v.built == nil {
		b.value(v, old.Operand, old.OperandMod)
		return
	}
	levels := old.Levels()
	n := len(b.parts)
	b.value(v, levels[0].Node, levels[0].Mod)
	for i := n; i < len(b.parts); i++ {
		p := &b.parts[i]
		if p.Value == nil {
			continue
		}
		p.Operand, p.OperandMod = old.Operand, old.OperandMod
		for _, l := range levels[1:] {
			p.nest = p.nest.within(l.Node, l.Mod, l.Value)
		}
	}
}

func (b *stringBuilder) value0() *Value {
	b.flush()
	if len(b.parts) == 0 {
		return emptyStr
	}
	if len(b.parts) == 1 && b.parts[0].Value == nil {
		return &Value{kind: KindString, text: b.parts[0].Text, marks: b.marks, bytes: b.bytes, rare: b.from}
	}
	return &Value{kind: KindString, built: builtOf(b.parts), marks: b.marks, bytes: b.bytes, rare: b.from}
}

// sum evaluates a + b + c + …, text in one go.
func (f *Frame) sum(e *ast.BinOp) *Value {
	chain := []*ast.BinOp{e}
	for {
		l, ok := chain[len(chain)-1].Left.(*ast.BinOp)
		if !ok || l.Op != "+" {
			break
		}
		chain = append(chain, l)
	}
	v := f.expr(chain[len(chain)-1].Left)
	var b *stringBuilder
	for i := len(chain) - 1; i >= 0; i-- {
		at := chain[i]
		r := f.expr(at.Right)
		switch {
		case b != nil:
			b.value(r, at.Right, f.mod.sem)
		case v.Class() != nil:
			v = f.binary("+", v, r, at.Left, at.Right, at)
		case v.kind == KindString || r.kind == KindString:
			b = &stringBuilder{bytes: v.bytes || r.bytes}
			b.value(v, at.Left, f.mod.sem)
			b.value(r, at.Right, f.mod.sem)
		default:
			v = f.binary("+", v, r, at.Left, at.Right, at)
		}
	}
	if b != nil {
		return f.step(b.value0(), e, "joined into a string")
	}
	return v
}

// binary evaluates an arithmetic operation.
func (f *Frame) binary(op string, l, r *Value, ln, rn ast.Expr, at ast.Node) *Value {
	if l.kind == KindObject || r.kind == KindObject {
		if v := f.operator(op, l, r, at); v != nil {
			return v
		}
		if v := f.ofSets(op, l, r, at); v != nil {
			return v
		}
	}
	switch op {
	case "+":
		if l.kind == KindString || r.kind == KindString {
			var b stringBuilder
			b.bytes = l.bytes || r.bytes
			b.value(l, ln, f.mod.sem)
			b.value(r, rn, f.mod.sem)
			return f.step(b.value0(), at, "joined into a string")
		}
		if lo, ro := l.object(), r.object(); (lo != nil && lo.kind <= Tuple) || (ro != nil && ro.kind <= Tuple) {
			return f.concat(l, r, ln, rn, at)
		}
	case "%":
		if l.kind == KindString {
			return f.percent(l, r, ln, rn, at)
		}
	case "/":
		// pathlib: a path joined with a name.
		l, r := onePath(l), onePath(r)
		if l.kind == KindExternal && l.sym.Is("pathlib.PurePath()") {
			return f.joinPath(l, r, ln, rn)
		}
		if r.kind == KindExternal && r.sym.Is("pathlib.PurePath()") {
			return f.joinPath(l, r, ln, rn)
		}
		// What is not known and is divided by text is a path. (Or a URL of yarl: as text both are the same.)
		if nothingKnown(l) && r.kind == KindString || l.kind == KindString && nothingKnown(r) {
			return f.joinPath(f.asPath(l), f.asPath(r), ln, rn)
		}
		// Where neither is known it may be: that matters where names of files count.
		if nothingKnown(l) && nothingKnown(r) && !fromOutside(l) && fromOutside(r) {
			k := *r
			k.marks = cleaned(r.marks, models.AllSinks&^models.SinksOf(models.Path, models.ModelSource, models.Param, models.Size))
			return f.joinPath(f.asPath(l), &k, ln, rn)
		}
	case "|":
		f.comesOver(f.contentsOf(l), r, at)
		if v := f.pipe(l, r, at); v != nil {
			return v
		}
		if v := f.union(l, r, at); v != nil {
			return v
		}
	case "&":
		if l.kind != KindConst && r.kind != KindConst && len(l.marks)+len(r.marks) > 0 {
			c := condition{no: withoutKeys(l, r)}
			return &Value{marks: addMarks(l.marks, r.marks), cond: &c}
		}
	}
	if (op == "%" || op == "&") && r.kind == KindConst && !l.IsConst() && l.kind != KindString && l.kind != KindExternal && limits(r) {
		return number
	}
	if l.kind == KindConst && r.kind == KindConst {
		if v := arithmetic(op, l, r); !v.isNumber() {
			return v
		}
		return numberOf(addMarks(l.marks, r.marks))
	}
	if op == "*" {
		if v := f.multiplied(l, r, at); v != nil {
			return v
		}
	}
	if op == "-" || op == "/" || op == "//" || op == "**" || op == "@" || op == "<<" || op == ">>" {
		// Arithmetic leaves no text.
		if l.kind != KindExternal && r.kind != KindExternal {
			return numberOf(addMarks(l.marks, r.marks))
		}
	}
	if op == "*" && l.kind == KindString {
		if t, ok := repeated(l, r); ok {
			return stringLike(l, t)
		}
		return unknownWith(l.marks)
	}
	if l.kind == KindExternal && l.sym != nil {
		return &Value{kind: KindExternal, sym: l.sym, call: l.call, marks: addMarks(l.marks, f.operand(l, op, r))}
	}
	return unknownWith(addMarks(l.marks, r.marks))
}

// operators are the methods behind operators that a model can describe.
var operators = map[string]string{"+": "__add__", "%": "__mod__"}

// operand is what a library's value takes over from the other operand: markup escapes it.
func (f *Frame) operand(l *Value, op string, r *Value) []Mark {
	marks := r.marks
	if o := r.object(); o != nil {
		marks = deepMarks(&Call{heap: f.st.heap}, r, 0)
	}
	name := operators[op]
	if name == "" {
		return marks
	}
	if s := l.sym.Get(name); s != nil {
		for _, m := range s.Models {
			marks = cleaned(marks, models.SinksOf(m.Cleans...))
		}
	}
	return marks
}

func (f *Frame) joinPath(l, r *Value, ln, rn ast.Expr) *Value {
	s := l.sym
	if l.kind != KindExternal || !s.Is("pathlib.PurePath()") {
		s = r.sym
	}
	var b stringBuilder
	b.value(pathText(l), ln, f.mod.sem)
	b.text("/")
	b.value(pathText(r), rn, f.mod.sem)
	t := b.value0()
	return &Value{kind: KindExternal, sym: s, marks: t.marks, ref: t}
}

// onePath takes several pathlib paths for one path whose text is that of any of them: what an attribute holds
// that is set from a parameter, and that one of the instances is made with.
func onePath(v *Value) *Value {
	if v.kind != KindUnion {
		return v
	}
	var sym *Symbol
	var text *Value
	for _, a := range v.Alternatives() {
		if a.IsNone() {
			continue
		}
		text = join(text, pathText(a))
		switch {
		case a.kind == KindExternal && a.sym.Is("pathlib.PurePath()"):
			sym = a.sym
		case !nothingKnown(a):
			return v
		}
	}
	if sym == nil {
		return v
	}
	return &Value{kind: KindExternal, sym: sym, marks: v.marks, ref: text}
}

// nothingKnown reports whether a value could be anything, a path for one.
func nothingKnown(v *Value) bool {
	return v.kind == KindUnknown || v.kind == KindExternal && v.sym == nil
}

// fromOutside reports whether a value holds data of a known source.
func fromOutside(v *Value) bool {
	return slices.ContainsFunc(v.marks, func(m Mark) bool { return m.Label != models.NoLabel })
}

// asPath is a value that turns out to be a path.
func (f *Frame) asPath(v *Value) *Value {
	if !nothingKnown(v) {
		return v
	}
	return &Value{kind: KindExternal, sym: f.eng.path, marks: v.marks, ref: v}
}

// pathText is the text of a pathlib path as far as it is known. What became known of the file after the path was
// made, as by a function that filled it and returns the path, is known of the text as well.
func pathText(v *Value) *Value {
	if v.kind == KindExternal {
		if t, ok := v.ref.(*Value); ok {
			for _, m := range v.marks {
				if m.InFile() && !slices.ContainsFunc(t.marks, func(n Mark) bool { return n.Origin == m.Origin && n.Label == m.Label }) {
					t = t.withMarks(append(slices.Clip(t.marks), m))
				}
			}
			return t
		}
	}
	return v
}

func (f *Frame) concat(l, r *Value, ln, rn ast.Expr, at ast.Node) *Value {
	kind := List
	if o := l.object(); o != nil && o.kind == Tuple {
		kind = Tuple
	}
	o := f.newObject(at, kind)
	c := &contents{}
	for i, v := range [...]*Value{l, r} {
		n := ast.Expr(ln)
		if i == 1 {
			n = rn
		}
		if x := v.object(); x != nil && x.kind <= Set && x.origin == nil {
			o.madeFrom(x)
			if have := f.contents(x); have != nil {
				c.seq = append(c.seq, have.seq...)
				c.rest, c.open = join(c.rest, have.rest), c.open || have.open
				continue
			}
		}
		c.seq = append(c.seq, Item{Value: v, Node: n, Splat: true})
	}
	f.st.set(o, c.bounded())
	return &Value{kind: KindObject, ref: o, marks: addMarks(l.marks, r.marks)}
}

// percent evaluates `text % values`. What stands in a text that is built itself stays as it is.
func (f *Frame) percent(l, r *Value, ln, rn ast.Expr, at ast.Node) *Value {
	b := stringBuilder{bytes: l.bytes, from: l.rare, marks: l.marks}
	n := 0
	for _, p := range l.Parts() {
		if p.Value != nil {
			b.piece(p, l, ln, f.mod.sem)
			continue
		}
		n = f.percentText(&b, p.Text, n, r, rn, at)
	}
	return f.step(b.value0(), at, "joined into a string")
}

// percentText puts values into the constant text of a template. It takes and gives the number of those that
// were taken one after the other.
func (f *Frame) percentText(b *stringBuilder, s string, n int, r *Value, rn ast.Expr, at ast.Node) int {
	next := func() (*Value, ast.Node) {
		v, node := f.item(r, n, rn), ast.Node(rn)
		if t, ok := rn.(*ast.Tuple); ok && n < len(t.Elts) {
			node = t.Elts[n]
		}
		if o := r.object(); o == nil || o.kind != Tuple {
			v = r
		}
		n++
		return v, node
	}
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+1 >= len(s) {
			b.text(s)
			break
		}
		b.text(s[:i])
		s = s[i+1:]
		if s[0] == '%' {
			b.text("%")
			s = s[1:]
			continue
		}
		var v *Value
		var node ast.Node
		if s[0] == '(' {
			j := strings.IndexByte(s, ')')
			if j < 0 {
				b.text(s)
				break
			}
			v, node = f.subscript(r, stringValue(s[1:j]), rn), rn
			if d, ok := rn.(*ast.Dict); ok {
				for k, key := range d.Keys {
					if ks, ok := key.(*ast.Str); ok && ks.Value == s[1:j] {
						node = d.Values[k]
					}
				}
			}
			s = s[j+1:]
		} else {
			v, node = next()
		}
		j := strings.IndexFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
		if j < 0 {
			break
		}
		switch s[j] {
		case 's', 'b', 'c':
			b.value(f.textOf(v, at), node, f.mod.sem)
		case 'r', 'a':
			b.part(Part{Value: asLiteral(v), Node: node, Mod: f.mod.sem, Conv: true})
		default:
			if v.IsConst() {
				b.value(v, node, f.mod.sem)
			} else {
				b.part(Part{Value: number, Node: node, Mod: f.mod.sem, Conv: true})
			}
		}
		s = s[j+1:]
	}
	return n
}

// subscript reads an item.
func (f *Frame) subscript(v, key *Value, at ast.Node) *Value {
	x := v.object().asItem(f.itemAt(v, key, at))
	if sinks := itemSinks(v, key); sinks != 0 {
		return x.withMarks(cleaned(x.marks, sinks))
	}
	return x
}

func (f *Frame) itemAt(v, key *Value, at ast.Node) *Value {
	if !f.descend() {
		return unknownWith(v.marks)
	}
	defer f.ascend()
	name, isText := key.Text()
	switch v.kind {
	case KindObject:
		o := v.ref.(*Object)
		if o.class != nil {
			if x := f.itemOf(o, v, key, at); x != nil {
				return x
			}
		}
		c := f.contents(o)
		if c == nil {
			break
		}
		if isText {
			if e := c.get(name); e != nil {
				return e.Value
			}
			if o.factory != nil && f.passive == 0 {
				return f.missing(o, c, key, at)
			}
			if o.class == nil && !c.open && o.kind == Dict {
				if v.exact != nil && o.frame != f { // an attribute: other methods have put in what the constructor did not
					return &Value{marks: f.fields(v.marks, name), exact: v.exact.child(name)}
				}
				return unknown
			}
			if f.under(o) {
				v := f.read(o.over, name)
				f.covers = f.covers[:len(f.covers)-1]
				return v
			}
			if c.rest != nil {
				return c.rest
			}
			break
		}
		if key.IsConst() && o.kind == Dict {
			if e := c.find(Entry{Key: key}); e != nil {
				return e.Value
			}
		}
		if o.kind != Dict {
			if i, ok := index(key, len(c.seq)); ok && !c.open && !hasSplat(c.seq[:i]) {
				return c.seq[i].Value
			}
			if x, ok := key.Number(); ok {
				if o.kind == Tuple && !c.open && !hasSplat(c.seq) && x >= float64(len(c.seq)) {
					return unknown // there is none
				}
				if x == 0 && len(c.seq) > 0 && !c.seq[0].Splat && !c.seq[0].Maybe {
					return c.seq[0].Value
				}
				if all := f.allOf(c); all != nil {
					return all
				}
			}
		}
		if o.factory != nil && c.rest == nil && f.passive == 0 {
			return f.missing(o, c, key, at)
		}
		if o.kind <= Dict {
			// An unknown item of known contents: one of them, whatever chose it.
			if all := f.allOf(c); all != nil && !c.open {
				return all
			}
			if c.rest != nil && len(c.seq) == 0 && len(c.keys) == 0 {
				return c.rest
			}
			if called := f.callables(c); called != nil {
				return taint(called, f.fields(v.marks, stepOf(key)))
			}
		}
	case KindExternal:
		if sub, ok := at.(*ast.Subscript); ok && (v.text == "typing.Annotated" || v.text == "typing_extensions.Annotated") {
			return &Value{kind: KindExternal, text: v.text, ref: sub}
		}
		if isText && holdsItems(stateOf(v)) {
			if kept := f.readState(v, name); !isSession(stateOf(v)) || isData(kept) {
				return kept
			}
		}
		item := v.sym.Get("[]")
		if isText {
			item = v.sym.item(name)
		}
		if s := item; s != nil {
			return f.readByName(keyed(f.external(s, underOwnKey(key, f.fields(v.marks, stepOf(key))), v.call), s, name), v.sym, "[]", name, at)
		}
		if isText && len(symModels(v.sym)) > 0 && f.eng.isSecretName(name) {
			if marks := f.readByName(unknown, v.sym, "[]", name, at).marks; len(marks) > 0 {
				return unknownWith(addMarks(f.fields(v.marks, stepOf(key)), marks))
			}
		}
		if v.exact == nil {
			return &Value{kind: KindExternal, text: v.text, marks: underOwnKey(key, f.fields(v.marks, stepOf(key))), call: v.call}
		}
	case KindString:
		if _, ok := v.Text(); ok && key.IsConst() || isText && !v.bytes {
			return unknown // text has no names: what is looked up by one is the other form that a program takes
		}
	case KindClass: // Generic[T]
		return v
	case KindUnion:
		var out *Value
		for _, a := range v.ref.([]*Value) {
			out = join(out, f.subscript(a, key, at))
		}
		return out
	}
	if v.exact != nil && v.exact.frame != nil {
		if o := v.exact.frame.symbolic[v.exact]; o != nil && isText {
			if c := f.contents(o); c != nil {
				if e := c.get(name); e != nil {
					return e.Value
				}
			}
		}
	}
	out := &Value{marks: underOwnKey(key, f.fields(v.marks, stepOf(key)))}
	if v.exact != nil {
		out.exact = v.exact.child(stepOf(key))
	}
	if len(out.marks) == 0 && out.exact == nil {
		return unknown
	}
	return out
}

// underOwnKey tells what labelled data holds under a key from the key, where the data itself has given
// it: `d[k]` for k in d, which has not been tested with k.
func underOwnKey(key *Value, marks []Mark) []Mark {
	if len(key.marks) == 0 || stepOf(key) != anyValue {
		return marks
	}
	for i, m := range marks {
		if m.Label == models.NoLabel || m.Origin.step != "[]" || m.Origin.parent == nil {
			continue
		}
		for _, k := range key.marks {
			if k.Label == m.Label && k.Origin == m.Origin {
				marks[i].Origin = m.Origin.parent.kid(ownValue, m.Origin.depth)
			}
		}
	}
	return marks
}

// missing makes the item of a defaultdict that a read found missing.
func (f *Frame) missing(o *Object, c *contents, key *Value, at ast.Node) *Value {
	var v *Value
	for kind, name := range [...]string{List: "builtins.list", Tuple: "builtins.tuple", Set: "builtins.set", Dict: "builtins.dict"} {
		if o.factory.Is(name) {
			n := f.newObject(at, ObjectKind(kind))
			f.st.set(n, empty)
			v = &Value{kind: KindObject, ref: n}
		}
	}
	if v == nil {
		if v = f.invokeValue(o.factory, nil, at); v == unknown {
			return unknown
		}
	}
	if made := v.object(); made != nil {
		made.stays = true
	}
	if name, ok := key.Text(); ok {
		c = c.with(Entry{Name: name, Value: v, Node: at})
	} else {
		c = c.withKey(key, v)
	}
	f.st.set(o, c)
	return v
}

// sliced reads v[a:b:c]: of a list or tuple a new one with the items between constant
// bounds, or with all that may be among them.
func (f *Frame) sliced(v *Value, s *ast.Slice, at ast.Node) *Value {
	lower, upper := f.bound(s.Lower), f.bound(s.Upper)
	f.exprs(s.Step)
	if t := f.reversed(v, s, at); t != nil {
		return t
	}
	v = f.oneList(v, s)
	o := v.object()
	list := o != nil && o.kind <= Set && o.class == nil
	if isTail(s, lower) && (list || !shortened(lower, upper)) {
		return f.cutTo(f.tail(v, &Cut{at, f.mod.sem}), list, lower, upper)
	}
	if v.kind == KindExternal && v.sym.Is("django.db.models.Manager()") {
		return v // fewer rows of the same query
	}
	if !list {
		out := f.subscript(v, anySlice, at)
		if shortened(lower, upper) && len(out.marks) > 0 {
			out = out.withMarks(cleaned(withoutSecrets(out.marks), shortSinks))
		}
		return f.cutTo(out, list, lower, upper)
	}
	c := f.contents(o)
	if c == nil {
		return v
	}
	n := f.newObject(at, o.kind)
	n.madeFrom(o)
	marks := v.marks
	if s.Step == nil && !c.open && !hasSplat(c.seq) && (s.Lower == nil || lower.IsConst()) && (s.Upper == nil || upper.IsConst()) {
		i, j := clampIndex(lower, 0, len(c.seq)), clampIndex(upper, len(c.seq), len(c.seq))
		k := *c
		k.seq = c.seq[i:max(i, j):max(i, j)]
		c, marks = &k, itemMarks(k.seq)
	}
	f.st.set(n, c)
	return &Value{kind: KindObject, ref: n, marks: marks}
}

// cutTo is a slice of something that is no list whose length others do not choose: it is no
// longer than the program says.
func (f *Frame) cutTo(v *Value, list bool, lower, upper *Value) *Value {
	if list || len(v.marks) == 0 || !cuts(lower, upper) {
		return v
	}
	return v.withMarks(cleaned(v.marks, models.SinksOf(models.Length)))
}

// cutsTensor reports whether an index has a slice of a limited length: `ids[:, -1024:]`.
func (f *Frame) cutsTensor(index ast.Expr) bool {
	t, ok := index.(*ast.Tuple)
	if !ok {
		return false
	}
	for _, e := range t.Elts {
		if s, ok := e.(*ast.Slice); ok && (s.Lower != nil || s.Upper != nil) && cuts(f.bound(s.Lower), f.bound(s.Upper)) {
			return true
		}
	}
	return false
}

// cuts reports whether the bounds of a slice limit how long it is: an end that is not counted
// from behind, or a beginning that is.
func cuts(lower, upper *Value) bool {
	if upper != nil && !upper.IsNone() {
		n, known := upper.Number()
		return limits(upper) && (!known || n >= 0)
	}
	n, known := lower.Number()
	return known && n < 0
}

// bound evaluates a bound of a slice, nil when there is none.
func (f *Frame) bound(e ast.Expr) *Value {
	if e == nil {
		return nil
	}
	return f.expr(e)
}

// clampIndex reads a bound as Python does for n items.
func clampIndex(v *Value, missing, n int) int {
	if v == nil || v.IsNone() {
		return missing
	}
	x, ok := v.Number()
	if !ok {
		return missing
	}
	i := int(max(min(x, float64(n)), float64(-n)))
	if i < 0 {
		i += n
	}
	return i
}

// maxNesting bounds how deep containers that hold each other are followed, and maxVisits how
// many are visited for one question; they may hold themselves, and each other many times.
const (
	maxNesting = 24
	maxVisits  = 300
)

func (f *Frame) descend() bool {
	if f.nesting == 0 {
		f.visits = 0
	}
	if f.nesting >= maxNesting || f.visits >= maxVisits {
		return false
	}
	f.nesting++
	f.visits++
	return true
}

func (f *Frame) ascend() { f.nesting-- }

// stepOf names the item that a key reads, for origins.
func stepOf(key *Value) string {
	if s, ok := key.Text(); ok && s != "" && s[0] != '[' {
		return s
	}
	if x, ok := key.Number(); ok && x >= -maxIndex && x <= maxIndex && x == float64(int(x)) {
		return "[" + strconv.Itoa(int(x)) + "]"
	}
	if key == anySlice {
		return "[]"
	}
	return anyValue
}

// anySlice stands for the key of a slice, which reads what the items are made of.
var anySlice = &Value{}

// maxIndex bounds the indexes that are told apart.
const maxIndex = 15

// allOf joins what a container holds, splats opened.
func (f *Frame) allOf(c *contents) *Value {
	v := c.rest
	for _, it := range c.seq {
		if it.Splat {
			v = join(v, f.element(it.Value, it.Node))
			continue
		}
		v = join(v, it.Value)
	}
	for _, e := range c.keys {
		v = join(v, e.Value)
	}
	return v
}

// item reads element i of something unpacked; negative counts from the end.
func (f *Frame) item(v *Value, i int, at ast.Node) *Value {
	if v.kind == KindUnion {
		var out *Value
		for _, a := range v.ref.([]*Value) {
			out = join(out, f.item(a, i, at))
		}
		return out
	}
	if o := v.object(); o != nil && o.class != nil && i >= 0 {
		if x := f.placeOf(o, v, i, at); x != nil {
			return x
		}
	}
	if f.looping && i >= 0 && i <= maxIndex && (v.kind == KindUnknown || v.kind == KindExternal) && len(v.marks) > 0 {
		// The places of what is taken apart are told apart: a key that is checked says nothing of its value.
		return f.subscript(v, &Value{kind: KindConst, konst: constNumber, text: strconv.Itoa(i)}, at)
	}
	if o := v.object(); o != nil && o.kind <= Set {
		if c := f.contents(o); c != nil && !hasSplat(c.seq) && !c.open {
			if i < 0 {
				i += len(c.seq)
			}
			if i >= 0 && i < len(c.seq) {
				return c.seq[i].Value
			}
		}
	}
	return f.element(v, at)
}

// characters is any character of a constant text.
func characters(text string) *Value {
	var out *Value
	for _, r := range text {
		out = join(out, stringValue(string(r)))
	}
	return out
}

// element is any element of what is iterated over.
func (f *Frame) element(v *Value, at ast.Node) *Value {
	if o := v.object(); o != nil && o.kind != Dict {
		return o.asItem(f.anyElement(v, at))
	}
	return f.anyElement(v, at)
}

func (f *Frame) anyElement(v *Value, at ast.Node) *Value {
	var hidden models.SinkSet
	if !f.descend() {
		return unknownWith(v.marks)
	}
	defer f.ascend()
	switch v.kind {
	case KindString:
		text, ok := v.Text()
		if ok && !v.bytes && text != "" && utf8.RuneCountInString(text) <= maxConstants {
			return characters(text)
		}
		if marks := f.fields(v.marks, "[]"); !ok && !v.bytes && len(marks) > 0 {
			return &Value{kind: KindString, built: &[]Part{{Value: unknownWith(marks), Node: at, Mod: f.mod.sem}}, marks: marks}
		}
	case KindObject:
		o := v.ref.(*Object)
		if o.class != nil {
			m, owner := o.class.lookup("__iter__")
			step := "__next__"
			if m == nil {
				m, owner = o.class.lookup("__aiter__")
				step = "__anext__"
			}
			if m != nil && f.passive == 0 {
				it := f.invoke(f.bindTo(m, v, owner), nil, nil, at)
				if it.kind != KindObject || it.ref.(*Object).class == nil {
					return f.element(it, at)
				}
				// An iterator of the project, often the object itself.
				if next, owner := it.ref.(*Object).class.lookup(step); next != nil {
					return f.invoke(f.bindTo(next, it, owner), nil, nil, at)
				}
				return unknownWith(f.fields(v.marks, "[]"))
			}
		}
		c := f.contents(o)
		if c == nil {
			break
		}
		if o.kind == Dict {
			out := c.names
			for _, e := range c.keys {
				k := e.Key
				if k == nil {
					k = stringValue(e.Name)
				}
				out = join(out, k)
			}
			switch {
			case out != nil && (!c.open || o.over != nil):
				return out
			case c.names != nil && isComp(o.node) && len(c.keys) == 0:
				return c.names // the comprehension says what all its keys are
			case c.names != nil:
				return taint(out, cleaned(f.fields(v.marks, "[]"), disclosed))
			}
			hidden = disclosed // its names spell no value out
			break
		}
		if row := f.anyRow(c, at); row != nil {
			return row
		}
		if all := f.allOf(c); all != nil && (!c.open || c.rest != nil || len(c.seq) > 0) {
			return all
		}
	case KindExternal:
		if v.sym.Is("os.environ") { // its names, which spell no value out
			return unknownWith(cleaned(f.fields(v.marks, "[]"), models.SinksOf(models.Disclosure)))
		}
		if s := v.sym.Get("[]"); s != nil {
			return f.external(s, f.fields(v.marks, "[]"), v.call)
		}
		if v.exact == nil {
			return &Value{kind: KindExternal, text: v.text, marks: f.fields(v.marks, "[]"), call: v.call}
		}
	case KindUnion:
		var out *Value
		for _, a := range v.ref.([]*Value) {
			out = join(out, f.element(a, at))
		}
		return out
	}
	out := &Value{marks: cleaned(f.fields(v.marks, "[]"), hidden)}
	if v.exact != nil {
		out.exact = v.exact.child("[]")
	}
	if len(out.marks) == 0 && out.exact == nil {
		return unknown
	}
	return out
}

// textMethods are the names that text has.
var textMethods = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields("capitalize casefold center count decode encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill") {
		out[name] = true
	}
	return out
}()

// dictMethods are the names that a dict has.
var dictMethods = map[string]bool{
	"clear": true, "copy": true, "get": true, "items": true, "keys": true, "pop": true, "popitem": true, "setdefault": true, "update": true, "values": true,
}

func isEllipsis(e ast.Expr) bool {
	c, ok := e.(*ast.Constant)
	return ok && c.Value == ast.Ellipsis
}

func isComp(n ast.Node) bool {
	_, ok := n.(*ast.Comp)
	return ok
}

// anyRow is one of many tuples of the same length, column by column: of the rows of a table, of which
// a union would be too large to be told apart. It is nil for other contents.
func (f *Frame) anyRow(c *contents, at ast.Node) *Value {
	if len(c.seq) <= maxUnion || c.rest != nil || at == nil {
		return nil
	}
	row := &contents{}
	var marks []Mark
	for i, it := range c.seq {
		o := it.Value.object()
		if o == nil || o.kind != Tuple || it.Splat {
			return nil
		}
		k := f.contents(o)
		if k == nil || k.open || hasSplat(k.seq) || i > 0 && len(k.seq) != len(row.seq) {
			return nil
		}
		if i == 0 {
			row.seq = slices.Clone(k.seq)
		} else {
			for j := range row.seq {
				row.seq[j].Value = join(row.seq[j].Value, k.seq[j].Value)
			}
		}
		marks = addMarks(marks, it.Value.marks)
	}
	o := f.newObjectFor(at, c.seq[0].Node, Tuple)
	f.st.set(o, row)
	return &Value{kind: KindObject, ref: o, marks: marks}
}

// attributeDict is what an object keeps its attributes in: v.__dict__. Its keys are names of the
// program, whatever the values are.
func (f *Frame) attributeDict(v *Value, at ast.Node) *Value {
	o := f.newObject(at, Dict)
	o.over, o.attributes = v, v
	k := &contents{open: true, names: unknown, rest: unknownWith(f.fields(v.marks, "[]"))}
	if x := v.object(); x != nil {
		if c := f.contents(x); c != nil {
			k.keys = c.keys
		}
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o, marks: v.marks}
}

// sequence evaluates a list, tuple or set display.
func (f *Frame) sequence(at ast.Node, k ObjectKind, elts []ast.Expr) *Value {
	o := f.newObject(at, k)
	c := &contents{}
	var marks []Mark
	for _, e := range elts {
		it := Item{Node: e}
		if s, ok := e.(*ast.Starred); ok {
			it.Value, it.Splat, it.Node = f.expr(s.Value), true, s.Value
			if x := it.Value.object(); x != nil && x.kind <= Set && x.origin == nil {
				o.madeFrom(x)
				if have := f.contents(x); have != nil && !have.open {
					c.seq = append(c.seq, have.seq...)
					marks = addMarks(marks, it.Value.marks)
					continue
				}
			}
		} else {
			it.Value = f.expr(e)
		}
		marks = addMarks(marks, it.Value.marks)
		if len(c.seq) < maxItems {
			c.seq = append(c.seq, it)
		} else {
			c.rest, c.open = join(c.rest, it.Value), true
		}
	}
	f.st.set(o, c)
	return &Value{kind: KindObject, ref: o, marks: marks}
}

// InMessage begins the text of the step in a trail at which data becomes the content of a dict that is a message; the
// role follows.
const InMessage = "in a message of the role "

// roleOf is the constant role of a dict that is a message, "" for other dicts.
func roleOf(e *ast.Dict) string {
	for i, k := range e.Keys {
		if key, ok := k.(*ast.Str); ok && key.Value == "role" {
			if role, ok := e.Values[i].(*ast.Str); ok {
				return role.Value
			}
		}
	}
	return ""
}

func (f *Frame) dict(e *ast.Dict) *Value {
	o := f.newObject(e, Dict)
	c := &contents{}
	var marks []Mark
	for i, ve := range e.Values {
		v := f.expr(ve)
		marks = addMarks(marks, v.marks)
		if e.Keys[i] == nil { // **other
			f.comesOver(c, v, e)
			c = f.overlaid(c, v, e)
			continue
		}
		k := f.expr(e.Keys[i])
		if s, ok := k.Text(); ok {
			if s == "content" && len(v.marks) > 0 {
				if role := roleOf(e); role != "" {
					v = f.step(v, ve, InMessage+role)
				}
			}
			c = c.with(Entry{Name: s, Value: v, Node: ve, KeyNode: e.Keys[i]})
		} else if k.IsConst() {
			c.keys = append(c.keys, Entry{Key: k, Value: v, Node: ve, KeyNode: e.Keys[i]})
		} else {
			c = c.withKey(k, v)
		}
	}
	f.st.set(o, c)
	return &Value{kind: KindObject, ref: o, marks: marks}
}

// comprehension evaluates the element once, with the conditions as guards.
func (f *Frame) comprehension(e *ast.Comp) *Value {
	type saved struct {
		slot int
		v    *Value
	}
	var old []saved
	var keep func(t ast.Expr)
	keep = func(t ast.Expr) {
		switch t := t.(type) {
		case *ast.Name:
			if slot, ok := f.scope.Slot(t.Id); ok {
				old = append(old, saved{slot, f.st.env[slot]})
			}
		case *ast.Tuple:
			for _, x := range t.Elts {
				keep(x)
			}
		case *ast.List:
			for _, x := range t.Elts {
				keep(x)
			}
		case *ast.Starred:
			keep(t.Value)
		}
	}
	clean, turns := f.st.clean, f.turns
	for _, c := range e.Clauses {
		it := f.expr(c.Iter)
		if t := f.times(c.Iter, it); t != nil && len(t.value.marks) > 0 {
			f.turns = append(f.turns[:len(f.turns):len(f.turns)], t)
		}
		keep(c.Target)
		f.assignEach(c.Target, f.element(it, c.Iter))
		for _, cond := range c.Ifs {
			_, g := f.condition(cond)
			f.refine(g.yes)
			f.refine(f.eachIn(c, cond, "in", f.element(it, c.Iter)))
		}
	}
	kind := List
	switch e.CompKind {
	case ast.SetComp:
		kind = Set
	case ast.DictComp:
		kind = Dict
	}
	var c *contents
	v := f.expr(e.Elt)
	if e.CompKind == ast.DictComp {
		c = (&contents{}).withKey(f.expr(e.Key), v)
	} else {
		c = &contents{open: true, seq: []Item{{Value: v, Node: e.Elt, Maybe: true}}}
	}
	for i := len(old) - 1; i >= 0; i-- {
		f.st.env[old[i].slot] = old[i].v
	}
	f.st.clean, f.turns = clean, turns
	o := f.newObject(e, kind)
	f.st.set(o, c)
	return &Value{kind: KindObject, ref: o, marks: v.marks}
}

func (f *Frame) ifExp(e *ast.IfExp) *Value {
	_, c := f.condition(e.Test)
	clean, typed := f.st.clean, f.st.typed
	f.refine(c.yes)
	yes := f.narrow(e.Test, true)
	a := f.expr(e.Body)
	f.st.widen(yes)
	f.st.clean, f.st.typed = clean, typed
	f.refine(c.no)
	no := f.narrow(e.Test, false)
	b := f.expr(e.Orelse)
	f.st.widen(no)
	f.st.clean, f.st.typed = clean, typed
	f.choice.of, f.choice.yes, f.choice.no = e, a, b
	return join(a, b)
}

func (f *Frame) unary(e *ast.UnaryOp) *Value {
	if e.Op == "not" {
		v, _ := f.condition(e)
		return v
	}
	v := f.expr(e.Operand)
	x, ok := v.Number()
	switch {
	case ok && e.Op == "-":
		return &Value{kind: KindConst, konst: constNumber, text: formatNumber(-x)}
	case ok && e.Op == "+":
		return v
	case ok && e.Op == "~" && x == math.Trunc(x) && math.Abs(x) < 1<<53:
		return &Value{kind: KindConst, konst: constNumber, text: formatNumber(float64(^int64(x)))}
	}
	return numberOf(v.marks)
}

// arithmetic folds an operation of two constant numbers.
// repeated is `text * n` for constants.
func repeated(l, r *Value) (string, bool) {
	text, ok := l.Text()
	n, numeric := r.Number()
	if !ok || !numeric || n < 0 || n*float64(len(text)) > 1<<12 {
		return "", false
	}
	return strings.Repeat(text, int(n)), true
}

func arithmetic(op string, l, r *Value) *Value {
	a, ok1 := l.Number()
	b, ok2 := r.Number()
	if !ok1 || !ok2 {
		return number
	}
	i, j, whole := int64(a), int64(b), a == math.Trunc(a) && b == math.Trunc(b) && math.Abs(a) < 1<<53 && math.Abs(b) < 1<<53
	switch {
	case op == "+":
		a += b
	case op == "-":
		a -= b
	case op == "*":
		a *= b
	case op == "/" && b != 0:
		a /= b
	case op == "//" && b != 0:
		a = math.Floor(a / b)
	case op == "%" && b != 0:
		a -= b * math.Floor(a/b)
	case op == "**":
		a = math.Pow(a, b)
	case op == "|" && whole:
		a = float64(i | j)
	case op == "&" && whole:
		a = float64(i & j)
	case op == "^" && whole:
		a = float64(i ^ j)
	case op == "<<" && whole && 0 <= j && j < 40:
		a = float64(i << j)
	case op == ">>" && whole && 0 <= j && j < 64:
		a = float64(i >> j)
	default:
		return number
	}
	if math.IsNaN(a) || math.IsInf(a, 0) {
		return number
	}
	return &Value{kind: KindConst, konst: constNumber, text: formatNumber(a)}
}
