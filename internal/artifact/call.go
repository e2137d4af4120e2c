package artifact

import (
	"io"
	"strconv"
	"strings"
)

// refer makes the value of a module's function or class, and reports it.
func (m *machine) refer(in *instruction, module, name string, cut bool) {
	v := &value{kind: global, text: module + "." + name, cut: cut, dotted: len(module)}
	if m.trial {
		m.checkNames(in, module, name)
	}
	m.push(v)
	if cut {
		m.report(Reference, in, v, nil, Dangerous, "is a name longer than any tool writes")
		return
	}
	verdict, why := judge(canonical(v.text))
	m.report(Reference, in, v, nil, verdict, why)
}

// checkNames ends a trial at names that are none.
func (m *machine) checkNames(in *instruction, module, name string) {
	if !isDotted(module) || !isDotted(name) {
		// Modules with a __getattr__ of their own, torch.ops for one, have attributes of any name.
		if module == "" || !pickleEndings[ending(m.o.path)] {
			m.fail(in.at, "a name that is none")
			return
		}
		m.oddNames = true
	}
	m.names = true
}

func isDotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' {
			return false
		}
		for _, r := range part {
			if r < 0x80 && r != '_' && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') && part != "<locals>" && part != "<lambda>" {
				return false
			}
		}
	}
	return true
}

func (m *machine) globalLines(in *instruction) { m.refer(in, in.text, in.text2, in.long) }

func (m *machine) stackGlobal(in *instruction) {
	name, module := m.pop(), m.pop()
	if m.forgetful && (name.kind != text || module.kind != text) {
		module, name = m.recent[0], m.recent[1]
	}
	if name == nil || module == nil || name.kind != text || module.kind != text {
		// Names that are computed: nothing but an attack does that.
		v := &value{kind: global, text: module.String() + "." + name.String(), cut: true}
		m.push(v)
		m.report(Reference, in, v, nil, Dangerous, "is a name that the pickle computes, so that no scanner sees it")
		return
	}
	m.refer(in, module.text, name.text, module.cut || name.cut)
}

func (m *machine) extension(in *instruction) {
	if in.n <= 0 {
		m.fail(in.at, "an extension code that is none")
	}
	if v := m.extensions[in.n]; v != nil { // the pickle itself has said for what the code stands
		m.refer(in, v.text[:v.dotted], v.text[v.dotted+1:], false)
		return
	}
	v := &value{kind: global, text: "copyreg.extension_" + decimal(in.n)}
	m.push(v)
	m.report(Reference, in, v, nil, Unknown, "stands for whatever the loading program registered under this code")
}

// report states a fact, each callable once.
func (m *machine) report(kind Kind, in *instruction, v, args *value, verdict Verdict, why string) {
	if m.trial {
		return
	}
	if kind == Call && verdict != Harmless && m.odd == "" {
		m.odd, m.oddAt = printable(v.text), in.at
	}
	if m.quiet && verdict != Dangerous {
		return
	}
	key := string(kind) + v.text
	if m.said[key] && (kind == Reference || verdict == Harmless) {
		return
	}
	if len(m.said) < 10_000 {
		m.said[key] = true
	}
	f := Fact{Kind: kind, Verdict: verdict, Offset: in.at, Length: 1, Opcode: in.name, Name: printable(v.text), Why: why}
	if args != nil {
		f.Args = args.String()
	}
	m.s.add(m.o, f)
}

func (m *machine) reduce(in *instruction) {
	args, callee := m.pop(), m.pop()
	m.push(m.call(in, callee, args, 0))
}

func (m *machine) newObj(in *instruction) { m.reduce(in) }

func (m *machine) newObjEx(in *instruction) {
	keywords, args, class := m.pop(), m.pop(), m.pop()
	if len(keywords.items) > 0 && args.kind == tuple {
		args = &value{kind: tuple, items: append(append([]*value(nil), args.items...), keywords), cut: args.cut}
	}
	m.push(m.call(in, class, args, 0))
}

func (m *machine) inst(in *instruction) {
	marked := len(m.marks) > 0 || m.forgetful
	args := m.popMark()
	m.refer(in, in.text, in.text2, in.long)
	if !marked { // the unpickler stops here, at the latest; two lines of text are no call
		return
	}
	m.push(m.call(in, m.pop(), &value{kind: tuple, items: args}, 0))
}

func (m *machine) obj(in *instruction) {
	items := m.popMark()
	if len(items) == 0 {
		m.fail(in.at, "an object without a class")
		m.push(unknownValue)
		return
	}
	m.push(m.call(in, items[0], &value{kind: tuple, items: items[1:]}, 0))
}

// build is BUILD: __setstate__ of the object on top, or an update of its attributes.
func (m *machine) build(in *instruction) {
	state := m.pop()
	v := m.top()
	switch v.kind {
	case global:
		// Pickling never changes what it names: a class or module that gets attributes here is
		// changed for the whole program.
		m.calls++
		m.report(Call, in, v, state, Dangerous, "is changed for the whole program")
	case instance:
		v.state = state
		m.arrayFollows(v)
	}
}

// call is what calling callee with args gives, and reports it. depth counts calls that stand
// for one another: a partial of a partial.
func (m *machine) call(in *instruction, callee, args *value, depth int) *value {
	m.calls++
	result := &value{kind: instance, callee: callee, args: args}
	if depth > 20 {
		return result
	}
	switch callee.kind {
	case global:
		return m.callGlobal(in, callee, args, result, depth)
	case instance:
		if v := m.callInstance(in, callee, args, depth); v != nil {
			return v
		}
	case persistent:
		// The first format of torch keeps a module's class in a persistent id, with its source.
		if kind := argument(callee.args, 0); kind != nil && kind.kind == text && kind.text == "module" {
			if class := argument(callee.args, 1); class != nil && class.kind == global {
				return m.callGlobal(in, class, args, result, depth)
			}
		}
	}
	v := &value{kind: global, text: calleeText(callee)}
	if callee.kind == instance && builders[canonical(callee.callee.named())] {
		m.report(Call, in, v, args, Dangerous, "is a function whose code is in the file")
		return result
	}
	m.report(Call, in, v, args, Unknown, "is computed by the pickle")
	return result
}

// builders make functions out of code in the file. That is what they are for; to call such a
// function as soon as the file is loaded is not.
var builders = nameSet(`cloudpickle._make_function cloudpickle._make_skel_func cloudpickle._fill_function dill._dill._create_function
	types.FunctionType types.LambdaType`)

func calleeText(v *value) string {
	if v.kind == instance && v.callee != nil && v.callee.kind == global {
		return v.callee.text + "()"
	}
	return "<" + v.String() + ">"
}

func (m *machine) callGlobal(in *instruction, callee, args, result *value, depth int) *value {
	name := canonical(callee.text)
	if m.whole {
		if v := mapping(name, args); v != nil {
			return v
		}
	}
	m.nested(in, args)
	if fold := folds[name]; fold != nil {
		if v, understood := fold(m, in, args, depth); understood {
			if v == nil {
				return result
			}
			return v
		}
	}
	verdict, why := judge(name)
	if reason := withText(name, args); reason != "" && verdict != Dangerous {
		verdict, why = Dangerous, reason
	}
	m.report(Call, in, callee, args, verdict, why)
	return result
}

// openers are classes that open or load what a text names which they are given first; without one
// they are only made, as pickles of honest objects do.
var openers = byReason(map[string]string{
	files:    `numpy.memmap numpy.core.memmap.memmap numpy._core.memmap.memmap torch.utils.data.datapipes.iter.fileopener.FileOpenerIterDataPipe`,
	runsCode: `jinja2.Template jinja2.environment.Template`,
	otherPickle: `sentence_transformers.SentenceTransformer sentence_transformers.CrossEncoder sentence_transformers.cross_encoder.CrossEncoder
		sentence_transformers.SentenceTransformer.SentenceTransformer ultralytics.YOLO ultralytics.models.YOLO ultralytics.models.yolo.model.YOLO
		ultralytics.engine.model.Model keras.layers.TFSMLayer keras.src.export.tfsm_layer.TFSMLayer torch.jit.ScriptModule`,
})

// withText tells what follows from handing text to a class that is harmless otherwise.
func withText(name string, args *value) string {
	first := argument(args, 0)
	if first == nil || first.kind != text {
		return ""
	}
	if why := openers[name]; why != "" {
		return why
	}
	// The classes of sympy evaluate text as Python, that of a symbol aside.
	if strings.HasPrefix(name, "sympy.") && strings.Contains(first.text, "(") && !strings.HasPrefix(name, "sympy.core.symbol.") {
		return runsCode
	}
	return ""
}

// callInstance calls what a call gave: a partial, a getter.
func (m *machine) callInstance(in *instruction, f, args *value, depth int) *value {
	first := argument(f.args, 0)
	rest := tail(f.args, 1)
	switch canonical(f.callee.named()) {
	case "functools.partial":
		if first != nil {
			return m.call(in, first, join(rest, args), depth+1)
		}
	case "operator.methodcaller":
		if target := argument(args, 0); target != nil && first != nil && first.kind == text {
			return m.call(in, m.attribute(in, target, first), rest, depth+1)
		}
	case "operator.attrgetter":
		if target := argument(args, 0); target != nil && first != nil && first.kind == text {
			return m.attribute(in, target, first)
		}
	case "operator.itemgetter":
		if target := argument(args, 0); target != nil && first != nil {
			return m.item(in, target, first)
		}
	}
	return nil
}

// folds are the functions whose result is followed: those that find or call others. Each
// returns whether it understood its arguments; a nil value stands for an instance.
var folds map[string]func(m *machine, in *instruction, args *value, depth int) (v *value, understood bool)

func init() {
	getattr := func(m *machine, in *instruction, args *value, _ int) (*value, bool) {
		target, name := argument(args, 0), argument(args, 1)
		if target == nil || name == nil {
			return nil, false
		}
		return m.attribute(in, target, name), true
	}
	getitem := func(m *machine, in *instruction, args *value, _ int) (*value, bool) {
		target, key := argument(args, 0), argument(args, 1)
		if target == nil || key == nil {
			return nil, false
		}
		return m.item(in, target, key), true
	}
	module := func(m *machine, in *instruction, args *value, _ int) (*value, bool) {
		name := argument(args, 0)
		if name == nil || name.kind != text || name.cut {
			return nil, false
		}
		return &value{kind: global, text: name.text, dotted: len(name.text)}, true
	}
	importing := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		callee := &value{kind: global, text: "importlib.import_module"}
		m.report(Call, in, callee, args, Dangerous, "imports a module by a name in the file")
		return module(m, in, args, depth)
	}
	apply := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		f, list := argument(args, 0), argument(args, 1)
		if f == nil || list == nil {
			return nil, false
		}
		return m.call(in, f, list, depth+1), true
	}
	forEach := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		f, elements := argument(args, 0), argument(args, 1)
		if f == nil || elements == nil || f.kind == none {
			return nil, false
		}
		var given *value = unknownValue
		if len(elements.items) > 0 {
			given = elements.items[0]
		}
		m.call(in, f, &value{kind: tuple, items: []*value{given}}, depth+1)
		return nil, true
	}
	reduce := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		f, elements, start := argument(args, 0), argument(args, 1), argument(args, 2)
		if f == nil || elements == nil {
			return nil, false
		}
		items := elements.items
		if start != nil {
			items = append([]*value{start}, items...)
		}
		if len(items) < 2 {
			items = append(append([]*value(nil), items...), unknownValue, unknownValue)[:2]
		}
		acc := items[0]
		for _, item := range items[1:min(len(items), 16)] {
			acc = m.call(in, f, &value{kind: tuple, items: []*value{acc, item}}, depth+1)
		}
		return acc, true
	}
	setattr := func(m *machine, in *instruction, args *value, _ int) (*value, bool) {
		target := argument(args, 0)
		if target == nil || target.kind != global {
			return nil, false
		}
		m.report(Call, in, target, tail(args, 1), Dangerous, "is changed for the whole program")
		return noneValue, true
	}
	construct := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		class := argument(args, 0)
		if class == nil {
			return nil, false
		}
		return m.call(in, class, tail(args, 1), depth+1), true
	}
	rebuild := func(m *machine, in *instruction, args *value, depth int) (*value, bool) {
		// _rebuild_from_type_v2(func, new_type, args, state) calls func(*args).
		f, given := argument(args, 0), argument(args, 2)
		if f == nil || given == nil {
			return nil, false
		}
		return m.call(in, f, given, depth+1), true
	}
	// copyreg.add_extension(module, name, code) gives a name to a code of EXT1, EXT2 and EXT4.
	addExtension := func(m *machine, in *instruction, args *value, _ int) (*value, bool) {
		module, name, code := argument(args, 0), argument(args, 1), argument(args, 2)
		if module != nil && name != nil && code != nil && module.kind == text && name.kind == text && code.kind == number && len(m.extensions) < 1000 {
			if m.extensions == nil {
				m.extensions = map[int64]*value{}
			}
			m.extensions[code.n] = &value{kind: global, text: module.text + "." + name.text, dotted: len(module.text)}
		}
		return nil, false
	}
	folds = map[string]func(*machine, *instruction, *value, int) (*value, bool){
		"builtins.getattr":                    getattr,
		"builtins.setattr":                    setattr,
		"builtins.delattr":                    setattr,
		"dill._dill._setattr":                 setattr,
		"dill._dill._get_attr":                getattr,
		"operator.getitem":                    getitem,
		"_operator.getitem":                   getitem,
		"dill._dill._import_module":           module,
		"cloudpickle.subimport":               module,
		"builtins.__import__":                 importing,
		"importlib.import_module":             importing,
		"importlib.__import__":                importing,
		"importlib._bootstrap._gcd_import":    importing,
		"builtins.apply":                      apply,
		"operator.call":                       construct,
		"copyreg.add_extension":               addExtension,
		"builtins.map":                        forEach,
		"builtins.filter":                     forEach,
		"itertools.starmap":                   forEach,
		"itertools.filterfalse":               forEach,
		"itertools.takewhile":                 forEach,
		"itertools.dropwhile":                 forEach,
		"functools.reduce":                    reduce,
		"builtins.reduce":                     reduce,
		"copyreg._reconstructor":              construct,
		"copyreg.__newobj__":                  construct,
		"copyreg.__newobj_ex__":               construct,
		"torch._tensor._rebuild_from_type_v2": rebuild,
		"torch._tensor._rebuild_from_type":    rebuild,
		"torch.tensor._rebuild_from_type":     rebuild,
	}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// argument returns the i-th argument, nil where it is not known.
func argument(args *value, i int) *value {
	if args == nil || args.kind != tuple && args.kind != list || i >= len(args.items) {
		return nil
	}
	return args.items[i]
}

// tail returns the arguments from the n-th on.
func tail(args *value, n int) *value {
	if args == nil || len(args.items) <= n {
		return emptyTuple
	}
	return &value{kind: tuple, items: args.items[n:], cut: args.cut}
}

func join(a, b *value) *value {
	if b == nil || len(b.items) == 0 {
		return a
	}
	return &value{kind: tuple, items: append(append([]*value(nil), a.items...), b.items...), cut: a.cut || b.cut}
}

// attribute is getattr(target, name).
func (m *machine) attribute(in *instruction, target, name *value) *value {
	base := target.text
	switch {
	case target.kind == instance && target.callee != nil && target.callee.kind == global:
		base = target.callee.text + "()"
	case target.kind != global:
		base = typeName(target)
	}
	if name.kind != text || name.cut {
		v := &value{kind: global, text: base + ".<" + name.String() + ">", cut: true}
		m.report(Reference, in, v, nil, Dangerous, "is an attribute whose name the pickle computes")
		return v
	}
	v := &value{kind: global, text: base + "." + name.text, dotted: len(base)}
	verdict, why := judge(canonical(v.text))
	m.report(Reference, in, v, nil, verdict, why)
	return v
}

// typeName names the type of a value that is no global.
func typeName(v *value) string {
	switch v.kind {
	case none:
		return "None"
	case boolean:
		return "bool()"
	case number:
		return "int()"
	case text:
		return "str()"
	case data:
		return "bytes()"
	case tuple:
		return "tuple()"
	case list:
		return "list()"
	case dict:
		return "dict()"
	case set:
		return "set()"
	}
	return "object()"
}

// item is target[key]: of a dictionary of names such as sys.modules, the thing of that name.
func (m *machine) item(in *instruction, target, key *value) *value {
	if target.kind == dict && key.kind == text {
		if v := target.lookup(key.text); v != nil {
			return v
		}
	}
	if (target.kind == tuple || target.kind == list) && key.kind == number && key.n >= 0 && key.n < int64(len(target.items)) {
		return target.items[key.n]
	}
	if target.kind != global || key.kind != text {
		return unknownValue
	}
	base := target.text
	for _, suffix := range []string{"sys.modules", ".__globals__", ".__dict__"} {
		if strings.HasSuffix(base, suffix) {
			if suffix == "sys.modules" {
				return &value{kind: global, text: key.text}
			}
			break
		}
	}
	v := &value{kind: global, text: base + "." + key.text}
	verdict, why := judge(canonical(v.text))
	m.report(Reference, in, v, nil, verdict, why)
	return v
}

// nested looks into bytes that are handed to a function and hold another pickle.
func (m *machine) nested(in *instruction, args *value) {
	if args == nil || m.trial {
		return
	}
	for _, a := range args.items {
		if a.kind != data || a.n < 4 || a.from == 0 || len(a.text) < 2 {
			continue
		}
		inner := m.o.inside("bytes at "+decimal(a.from), io.NewSectionReader(m.o.r, a.from, a.n), a.n)
		inner.guess = true
		m.s.look(inner)
	}
}
