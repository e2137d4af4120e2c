package flow

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// builtinNames are names of the builtins module that no star import is taken to hide.
var builtinNames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`abs all any ascii bin bool bytearray bytes callable chr classmethod compile complex
		delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input
		int isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range
		repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ exit quit
		raw_input unicode xrange execfile`) {
		m[n] = true
	}
	return m
}()

// invokers call a function that is handed to them with other arguments of theirs.
var invokers = map[string]invocation{
	"builtins.map":                            {from: 1, each: true},
	"builtins.filter":                         {from: 1, each: true},
	"threading.Thread":                        {name: "target", from: -1, pos: 1},
	"threading.Timer":                         {name: "function", from: -1, pos: 1},
	"multiprocessing.Process":                 {name: "target", from: -1, pos: 1},
	"asyncio.to_thread":                       {from: 1},
	"anyio.to_thread.run_sync":                {from: 1},
	"starlette.concurrency.run_in_threadpool": {from: 1},
	"starlette.background.BackgroundTask":     {from: 1},
	"fastapi.concurrency.run_in_threadpool":   {from: 1},
	"functools.reduce":                        {from: 1, each: true},
}

// poolMaps are methods of executors and pools that call a function for each item.
var poolMaps = map[string]bool{"map": true, "imap": true, "imap_unordered": true, "map_async": true}

// invocation says how a library function calls one that is handed to it.
type invocation struct {
	// name is the keyword by which the function is given, "" when it is the first argument.
	name string
	// from is the position from which on positional arguments are passed; -1 with args= and
	// kwargs= of threads.
	from int
	// each is set when the arguments are iterated over.
	each bool
	// pos is where the function stands when name is not given, and args= after it.
	pos int
}

// submitters are methods of executors, event loops and task queues that call a function
// later, with the position at which it is given.
var submitters = map[string]int{
	"submit": 0, "apply_async": 0, "create_task": 0, "add_task": 0, "enqueue": 0,
	"call_soon": 0, "call_soon_threadsafe": 0, "call_later": 1, "run_in_executor": 1,
}

// listens reports whether a method is one of a form's: `box.submit(f, inputs=box)` hands f
// what was typed, not the arguments beside it.
func listens(s *Symbol) bool {
	for _, m := range symModels(s) {
		for i := range m.Callbacks {
			if m.Callbacks[i].Inputs != "" {
				return true
			}
		}
	}
	return false
}

// builtin evaluates calls whose meaning the engine itself knows.
func (f *Frame) builtin(c *Call, callee *Value, e *ast.Call) (*Value, bool) {
	name := callee.text
	if callee.sym != nil {
		name = callee.sym.String()
	}
	if inv, ok := invokers[name]; ok {
		return f.invoker(c, e, inv), true
	}
	if v := f.handedTo(c, callee, e); v != nil {
		return v, true
	}
	short, isBuiltin := strings.CutPrefix(name, "builtins.")
	if !isBuiltin {
		return f.knownLibrary(c, name, e)
	}
	arg := func(i int) *Value {
		if a := c.Arg(i, ""); a != nil {
			return a.Value
		}
		return unknown
	}
	switch short {
	case "getattr":
		if s, ok := arg(1).Text(); ok {
			v := f.attr(arg(0), s, e)
			if d := c.Arg(2, ""); d != nil {
				v = join(v, d.Value)
			}
			return v, true
		}
		f.looksUp(arg(1), e, c)
		v := f.lookUp(arg(0), arg(1), arg(0).marks)
		if d := c.Arg(2, ""); d != nil && v.ref != nil && d.Value.kind == KindFunction {
			v = join(v, d.Value)
		}
		return v, true
	case "vars":
		if v := arg(0); len(e.Args) == 1 && v.kind == KindObject && v.object().class != nil && f.passive == 0 {
			return f.attributeDict(v, e), true
		}
	case "setattr":
		if s, ok := arg(1).Text(); ok && len(e.Args) > 2 {
			f.store(arg(0), &ast.Attribute{Span: e.Span, Value: e.Args[0], Attr: &ast.Name{Span: e.Args[1].Range(), Id: s}}, arg(2), e.Args[2])
		} else if len(e.Args) > 2 {
			f.setsAttribute(arg(1), e.Args[1], c)
		}
		return noneVal, true
	case "str", "unicode", "format", "repr", "ascii":
		if len(c.Args) == 0 {
			return emptyStr, true
		}
		text := pathText(f.textOf(arg(0), e))
		if (short == "repr" || short == "ascii") && len(text.marks) > 0 {
			return unknownWith(cleaned(text.marks, models.SinksOf(models.Exec))), true // a literal
		}
		var b stringBuilder
		b.value(text, c.Args[0].Node, f.mod.sem)
		return b.value0(), true
	case "chr":
		if n, ok := arg(0).Number(); ok && n >= 0 && n <= unicode.MaxRune {
			return stringValue(string(rune(int(n)))), true
		}
		return nil, false
	case "ord":
		if s, ok := arg(0).Text(); ok && utf8.RuneCountInString(s) == 1 {
			r, _ := utf8.DecodeRuneInString(s)
			return &Value{kind: KindConst, konst: constNumber, text: strconv.Itoa(int(r))}, true
		}
		return number, true
	case "int", "float", "abs", "round", "sum", "pow", "divmod", "complex":
		if _, ok := arg(0).Number(); ok && (short == "int" || short == "float") {
			return arg(0), true
		}
		if t, ok := arg(0).Text(); ok && len(c.Args) == 1 && (short == "int" || short == "float") {
			n := &Value{kind: KindConst, konst: constNumber, text: strings.TrimSpace(t)}
			if _, ok := n.Number(); ok {
				return n, true
			}
		}
		return f.step(numberOf(argMarks(c)), e, "through "+short+"()"), true
	case "len":
		return lengthOf(deepMarks(c, arg(0), 0)), true
	case "bool":
		if c := arg(0).cond; c != nil {
			return condValue(*c), true
		}
		return f.step(switchOf(argMarks(c)), e, "through bool()"), true
	case "hash", "id", "isinstance", "issubclass", "callable", "hasattr":
		return number, true
	case "min", "max":
		if v := f.extremum(c, short == "min"); v != nil {
			return v, true
		}
		return nil, false
	case "list", "tuple", "set", "frozenset", "sorted", "reversed", "iter":
		if len(c.Args) == 0 {
			o := f.newObject(e, List)
			if short == "set" || short == "frozenset" {
				o.kind = Set
			}
			f.st.set(o, empty)
			return &Value{kind: KindObject, ref: o}, true
		}
		v := arg(0)
		if short == "iter" && len(c.Args) == 2 {
			v = f.invokeValue(v, nil, e) // until the sentinel comes
			o := f.newObject(e, List)
			f.st.set(o, &contents{open: true, rest: v})
			return &Value{kind: KindObject, ref: o, marks: v.marks}, true
		}
		if x := v.object(); x != nil && x.kind <= Set {
			if have := f.contents(x); have != nil {
				o := f.newObject(e, List)
				if short == "set" || short == "frozenset" {
					o.kind = Set
				}
				o.madeFrom(x)
				f.st.set(o, have)
				return &Value{kind: KindObject, ref: o, marks: v.marks, call: c}, true
			}
		}
		o := f.newObject(e, List)
		if short == "set" || short == "frozenset" {
			o.kind = Set
		}
		if (short == "list" || short == "tuple") && v.exact != nil {
			// The words of `run(*args)` are told apart at the calls.
			f.st.set(o, &contents{seq: []Item{{Value: v, Node: c.Args[0].Node, Splat: true}}})
			return &Value{kind: KindObject, ref: o, marks: v.marks, call: c}, true
		}
		one := f.element(v, e)
		f.st.set(o, &contents{open: true, rest: one})
		marks := v.marks
		if v.sym.Is("os.environ") {
			marks = one.marks
		}
		return &Value{kind: KindObject, ref: o, marks: marks, call: c}, true
	case "next":
		return f.element(arg(0), e), true
	case "dict":
		return f.dictCall(c, e), true
	case "enumerate", "zip":
		if v := f.zipped(c, e, short); v != nil {
			return v, true
		}
		o := f.newObject(e, Tuple)
		var seq []Item
		if short == "enumerate" {
			seq = append(seq, Item{Value: number})
		}
		var marks []Mark
		for i := range c.Args {
			if c.Args[i].Name == "" {
				v := f.element(c.Args[i].Value, e)
				marks = addMarks(marks, c.Args[i].Value.marks)
				seq = append(seq, Item{Value: v, Node: c.Args[i].Node})
				if short == "enumerate" {
					break
				}
			}
		}
		f.st.set(o, &contents{seq: seq})
		list := f.newObject(e.Fn, List)
		f.st.set(list, &contents{open: true, rest: &Value{kind: KindObject, ref: o, marks: marks}})
		return &Value{kind: KindObject, ref: list, marks: marks}, true
	case "__import__":
		if name, ok := arg(0).Text(); ok {
			return f.importNamed(name), true
		}
	case "range", "xrange":
		f.counts(c)
		return f.rangeOf(c, e), true
	case "any", "all":
		return number, true
	case "type":
		v := arg(0)
		if k := v.Class(); k != nil {
			return &Value{kind: KindClass, ref: k}, true
		}
		return unknown, true
	}
	return nil, false
}

// numberedRows is what iterrows() gives of a table whose rows have no names: each with its number. It is nil
// for a table that was given an index.
func (f *Frame) numberedRows(c *Call, e *ast.Call) *Value {
	if c.Receiver == nil || f.indexed(c.Receiver) {
		return nil
	}
	marks := c.Receiver.marks
	pair := f.newObject(e, Tuple)
	f.st.set(pair, &contents{seq: []Item{{Value: number}, {Value: unknownWith(f.fields(marks, "[]"))}}})
	rows := f.newObject(e.Fn, List)
	f.st.set(rows, &contents{open: true, rest: &Value{kind: KindObject, ref: pair, marks: marks}})
	return &Value{kind: KindObject, ref: rows, marks: marks}
}

// indexed reports whether a table was given an index, so that its rows have names. A table of which is not
// seen how it was read counts as one.
func (f *Frame) indexed(table *Value) bool {
	for v := table; ; {
		c := v.Origin()
		if c == nil {
			return true
		}
		switch c.Method {
		case "set_index", "groupby", "pivot", "pivot_table", "transpose", "join", "reindex", "rename_axis", "agg", "unstack", "stack", "describe", "value_counts", "rename", "set_axis":
			return true
		}
		for _, a := range c.Args {
			if a.Rest || a.Name == "index" || a.Name == "index_col" || a.Name == "keys" {
				return true
			}
		}
		if c.Symbol == nil || !c.Symbol.Under("pandas") {
			return true
		}
		if c.Receiver == nil || c.Receiver.Origin() == nil {
			return false
		}
		v = c.Receiver
	}
}

// knownLibrary evaluates standard functions that a model cannot describe.
func (f *Frame) knownLibrary(c *Call, name string, e *ast.Call) (*Value, bool) {
	if c.Symbol.Is("langchain_core.messages.trim_messages") {
		if v := f.trimmed(c, e); v != nil {
			return v, true
		}
	}
	if c.Method == "iterrows" && c.Symbol.Is("pandas.DataFrame().iterrows") {
		if v := f.numberedRows(c, e); v != nil {
			return v, true
		}
	}
	switch name {
	case "importlib.import_module":
		if name, ok := c.value(0).Text(); ok && !strings.HasPrefix(name, ".") {
			f.importsFile(name, e, c)
			return f.importNamed(name), true
		}
	case "re.sub":
		if sinks := keepsOnly(c); sinks != 0 {
			return f.step(unknownWith(cleaned(c.value(2).marks, sinks)), e, "through re.sub()"), true
		}
	case "re.compile().sub":
		if p := c.Receiver.Origin(); p != nil {
			pattern, ok1 := p.value(0).Text()
			with, ok2 := c.value(0).Text()
			if ok1 && ok2 {
				if sinks := leaves(pattern, with); sinks != 0 {
					return f.step(unknownWith(cleaned(c.value(1).marks, sinks)), e, "through sub()"), true
				}
			}
		}
	case "traceback.format_exc", "traceback.format_exception", "sys.exc_info":
		if len(f.failing) > 0 {
			return unknownWith(f.failing), true
		}
	case "operator.attrgetter", "operator.methodcaller":
		f.looksUp(c.value(0), e, c)
	case "functools.partial", "functools.partialmethod":
		if len(c.Args) == 0 {
			return unknown, true
		}
		p := &partial{fn: c.Args[0].Value, method: name == "functools.partialmethod"}
		for _, a := range c.Args[1:] {
			if a.Name != "" {
				p.kws = append(p.kws, kwarg{a.Name, a.Value, a.Node})
			} else if !a.Rest {
				p.args = append(p.args, a.Value)
			}
		}
		return &Value{kind: KindPartial, ref: p.flat()}, true
	case "os.path.join":
		v := *f.joinTexts(c, nil)
		v.call = c
		return f.step(&v, e, "joined into a path"), true
	case "urllib.parse.urljoin":
		if v := f.joinAddress(c); v != nil {
			return f.step(v, e, "through urljoin()"), true
		}
	case "os.fspath", "os.fsdecode", "os.path.expanduser", "os.path.abspath", "os.path.normpath", "os.path.realpath", "os.path.expandvars", "textwrap.dedent", "inspect.cleandoc", "typing.cast":
		i := 0
		if name == "typing.cast" {
			i = 1
		}
		if a := c.Arg(i, ""); a != nil {
			v := pathText(a.Value)
			if strings.HasPrefix(name, "os.path.") && v.call == nil && v.kind == KindString {
				k := *v
				k.call = c
				v = &k
			}
			if (name == "os.path.abspath" || name == "os.path.realpath") && len(v.marks) > 0 {
				v = v.withMarks(cleaned(v.marks, models.SinksOf(models.Option))) // begins with a slash
			}
			return v, true
		}
	case "os.path.split", "os.path.splitext":
		if a := c.Arg(0, "p"); a != nil && len(a.Value.marks) > 0 {
			// The last part, and the ending, lead nowhere else.
			v := pathText(a.Value)
			last := unknownWith(f.fields(cleaned(v.marks, models.SinksOf(models.Path)), "[1]"))
			o := f.newObject(e, Tuple)
			f.st.set(o, &contents{seq: []Item{{Value: unknownWith(f.fields(v.marks, "[0]")), Node: a.Node}, {Value: last, Node: a.Node}}})
			return &Value{kind: KindObject, ref: o, marks: v.marks}, true
		}
	case "json.loads", "orjson.loads", "ujson.loads", "simplejson.loads":
		if by := c.value(0).call; by != nil && by.Frame == f && c.value(0).kind == KindExternal && by.Symbol.Is("json.dumps", "orjson.dumps", "ujson.dumps", "simplejson.dumps") {
			if o := by.value(0).object(); o != nil && o.class == nil && o.origin == nil {
				if k := lookupContents(by.heap, o); k != nil { // what was put in comes out
					n := f.newObject(e, o.kind)
					f.st.set(n, k)
					return f.step(&Value{kind: KindObject, ref: n, marks: by.value(0).marks}, e, "through loads()"), true
				}
			}
		}
	case "queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue", "asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue", "multiprocessing.Queue", "multiprocessing.SimpleQueue", "multiprocessing.JoinableQueue":
		o := f.newObject(e, List)
		f.st.set(o, empty)
		return &Value{kind: KindObject, ref: o, call: c}, true
	case "collections.namedtuple":
		if fields := f.tupleFields(c); fields != nil {
			return &Value{kind: KindExternal, text: "collections.namedtuple()", call: c, ref: &tupleMaker{fields}}, true
		}
	case "collections.namedtuple()":
		if m, ok := c.Callee.ref.(*tupleMaker); ok {
			return f.namedTuple(m, c, e), true
		}
	case "shlex.split":
		if text, ok := c.value(0).Text(); ok {
			return f.listOfTexts(shellWords(text), e), true
		}
	case "itertools.repeat":
		if times := c.Arg(1, "times"); times != nil && len(times.Value.marks) > 0 {
			o := f.newObject(e, List)
			o.times = &repeat{e, numberOf(times.Value.marks)}
			f.st.set(o, &contents{open: true, rest: c.value(0)})
			return &Value{kind: KindObject, ref: o, marks: c.value(0).marks}, true
		}
	case "copy.copy", "copy.deepcopy":
		if a := c.Arg(0, "x"); a != nil {
			return f.copyOf(a.Value, e), true
		}
	case "asyncio.run", "asyncio.wait_for", "asyncio.shield", "asyncio.ensure_future":
		if a := c.Arg(0, ""); a != nil {
			return a.Value, true
		}
	case "asyncio.gather":
		o := f.newObject(e, List)
		k := &contents{}
		var marks []Mark
		for _, a := range c.Args {
			if a.Name == "" {
				k.seq = append(k.seq, Item{Value: a.Value, Node: a.Node, Splat: a.Rest})
				marks = addMarks(marks, a.Value.marks)
			}
		}
		f.st.set(o, k)
		return &Value{kind: KindObject, ref: o, marks: marks}, true
	case "dataclasses.replace", "copy.replace", "attr.evolve", "attrs.evolve":
		return f.withFields(c, e), true
	case "dataclasses.astuple":
		if x := c.value(0).object(); x != nil && x.class != nil && x.class.holdsFields() {
			o, k := f.newObject(e, Tuple), &contents{}
			for _, fd := range x.class.AllFields() {
				k.seq = append(k.seq, Item{Value: f.attr(c.value(0), fd.Name, e), Node: fd.Node})
			}
			f.st.set(o, k)
			return &Value{kind: KindObject, ref: o, marks: c.value(0).marks}, true
		}
	case "dataclasses.asdict":
		if v := f.dumped(c.value(0), e); v != nil {
			return v, true
		}
	case "collections.ChainMap":
		for i := 1; i < len(c.Args); i++ {
			f.comesOver(f.contentsOf(c.Args[i].Value), c.Args[0].Value, e)
		}
		// The first one counts.
		o := f.newObject(e, Dict)
		k := empty
		var marks []Mark
		for i := len(c.Args) - 1; i >= 0; i-- {
			k = f.overlaid(k, c.Args[i].Value, e)
			marks = addMarks(marks, c.Args[i].Value.marks)
		}
		f.st.set(o, k)
		return &Value{kind: KindObject, ref: o, marks: marks}, true
	case "collections.deque":
		o := f.newObject(e, List)
		k := empty
		var marks []Mark
		if a := c.Arg(0, "iterable"); a != nil {
			marks = a.Value.marks
			if x := a.Value.object(); x != nil && x.kind <= Set && f.contents(x) != nil {
				o.madeFrom(x)
				k = f.contents(x)
			} else {
				k = &contents{open: true, rest: f.element(a.Value, e)}
			}
		}
		f.st.set(o, k)
		return &Value{kind: KindObject, ref: o, marks: marks, call: c}, true
	case "collections.OrderedDict", "collections.defaultdict":
		if len(c.Args) == 0 || name == "collections.OrderedDict" {
			return f.dictCall(c, e), true
		}
		o := f.newObject(e, Dict)
		o.factory = c.Args[0].Value
		f.st.set(o, empty)
		return &Value{kind: KindObject, ref: o}, true
	}
	return nil, false
}

// escapesQuotes reads `x.replace("'", "”")` and its kin, which leave no quote that ends a
// string of a statement.
func escapesQuotes(c *Call) bool {
	old, ok1 := c.value(0).Text()
	with, ok2 := c.value(1).Text()
	return ok1 && ok2 && (old == "'" || old == `"`) && (with == "" || with == old+old || with == `\`+old)
}

// withoutSlash reports whether a call of replace leaves no slash in a text, so that it names
// a file of one folder. Of several constants, as a loop over them gives, all are replaced.
func withoutSlash(c *Call) bool {
	with, ok := c.value(1).Text()
	if !ok || strings.ContainsAny(with, `/\`) {
		return false
	}
	return slices.ContainsFunc(c.value(0).Alternatives(), func(old *Value) bool {
		t, ok := old.Text()
		return ok && t == "/"
	})
}

// keepsOnly reads re.sub("[^a-z0-9]", "", x), which leaves only the characters listed, and
// tells for which sinks these are harmless.
func keepsOnly(c *Call) models.SinkSet {
	pattern, ok1 := c.value(0).Text()
	with, ok2 := c.value(1).Text()
	if !ok1 || !ok2 {
		return 0
	}
	return leaves(pattern, with)
}

// leaves tells for which sinks text is harmless after what matches a pattern is replaced.
func leaves(pattern, with string) models.SinkSet {
	if sinks := takesAway(pattern, with); sinks != 0 {
		return sinks
	}
	set, ok := strings.CutPrefix(strings.TrimSuffix(strings.TrimSuffix(pattern, "+"), "]"), "[^")
	if rest, found := strings.CutPrefix(strings.Trim(strings.TrimSuffix(pattern, "+"), "[]"), `\W`); found && strings.Trim(rest, "_") == "" {
		set, ok = "", true // \W is [^\w]
	}
	if !ok || strings.Trim(with, "_- ") != "" || strings.ContainsAny(set, "[]") {
		return 0
	}
	for _, class := range [...]string{`\w`, `\d`, `a-z`, `A-Z`, `0-9`, `_`, `\-`} {
		set = strings.ReplaceAll(set, class, "")
	}
	if strings.Contains(with, " ") {
		set += " "
	}
	harmless := models.SinksOf(models.Shell, models.Pipe, models.SQL, models.HTML, models.Exec, models.Template, models.URL, models.Markdown)
	switch set = strings.Trim(set, "-"); {
	case set == "":
		return harmless | inFolder | models.SinksOf(models.Log)
	case strings.Trim(set, `. \`) == "":
		// It may be `..`, which is a folder and names no file.
		return harmless&^models.SinksOf(models.Exec) | inFolder&^models.SinksOf(models.Path)
	case !strings.ContainsAny(spaces.Replace(set), "<>&\"'()#*|`~$=:\\/-"): // a dash within: a range, which may hold any
		return models.SinksOf(models.HTML, models.Markdown) // marks of punctuation
	}
	return 0
}

// spaces are the escapes in a class of characters that do no harm in a text.
var spaces = strings.NewReplacer(`\s`, "", `\.`, "", `\,`, "", `\!`, "", `\?`, "", `\n`, "")

// takesAway reads a pattern of characters that are replaced, `[<>:"/\\|?*]`, and tells for
// which sinks what is left is harmless: without both slashes a name stays in its folder.
func takesAway(pattern, with string) models.SinkSet {
	set, ok := strings.CutPrefix(strings.TrimSuffix(strings.TrimSuffix(pattern, "+"), "]"), "[")
	if !ok || strings.HasPrefix(set, "^") || strings.Trim(with, "_- ") != "" || strings.ContainsAny(set, "[]") {
		return 0
	}
	var sinks models.SinkSet
	if strings.Contains(set, "/") && strings.Contains(set, `\\`) {
		sinks |= inFolder
	}
	if strings.Contains(set, "<") && strings.Contains(set, ">") {
		sinks |= models.SinksOf(models.HTML)
	}
	return sinks
}

// importNamed is the module of a constant name.
func (f *Frame) importNamed(name string) *Value {
	if m := f.eng.project.Resolve(f.mod.sem, name, 0, f.eng.isLibrary); m != nil {
		return f.moduleValue(m)
	}
	return f.library(name)
}

// invoker calls the function that a library function calls.
func (f *Frame) invoker(c *Call, e *ast.Call, how invocation) *Value {
	from, each := how.from, how.each
	var fn *Value
	if how.name != "" {
		if a := c.Arg(how.pos, how.name); a != nil {
			fn = a.Value
		}
	} else if a := c.Arg(0, ""); a != nil {
		fn = a.Value
	}
	if fn == nil {
		return unknown
	}
	fn = f.callable(fn)
	var args []Argument
	if from < 0 {
		if a := c.Arg(how.pos+1, "args"); a != nil {
			if o := a.Value.object(); o != nil {
				if k := f.contents(o); k != nil {
					for i, it := range k.seq {
						args = append(args, Argument{Pos: i, Value: it.Value, Node: a.Node})
					}
				}
			}
		}
		if a := c.Arg(-1, "kwargs"); a != nil {
			if o := a.Value.object(); o != nil {
				if k := f.contents(o); k != nil {
					for _, en := range k.keys {
						args = append(args, Argument{Pos: -1, Name: en.Name, Value: en.Value, Node: a.Node})
					}
				}
			}
		}
	} else {
		for _, a := range c.Args {
			switch {
			case a.Name != "" || a.Rest && a.Keyword != nil:
				args = append(args, a)
			case a.Pos >= from:
				a.Pos -= from
				if each {
					a.Value = f.element(a.Value, e)
				}
				args = append(args, a)
			}
		}
	}
	if fn.kind == KindExternal && fn.text != "" && strings.HasPrefix(fn.text, "builtins.") {
		if nameEffect(strings.TrimPrefix(fn.text, "builtins.")) == measures || fn.text == "builtins.int" || fn.text == "builtins.float" {
			return number
		}
	}
	turns := len(f.turns)
	if each { // as often as what it is called with has items
		for _, a := range c.Args {
			if a.Pos >= from && a.Node != nil {
				if t := f.times(a.Node, a.Value); t != nil && len(t.value.marks) > 0 {
					f.turns = append(f.turns, t)
				}
			}
		}
		defer func() { f.turns = f.turns[:turns] }()
	}
	var v *Value
	if from >= 0 && !each {
		v = f.onBehalf(fn, args, e, 0, true)
	} else {
		v = f.invokeValue(fn, args, e)
	}
	if each {
		o := f.newObject(e, List)
		f.st.set(o, &contents{open: true, rest: v})
		return &Value{kind: KindObject, ref: o, marks: v.marks}
	}
	if from < 0 {
		return unknown
	}
	return v
}

// unitsOfWork are methods that call a function with a transaction, and with the arguments behind it.
var unitsOfWork = []string{"neo4j.Session().execute_write", "neo4j.Session().execute_read", "neo4j.Session().write_transaction", "neo4j.Session().read_transaction"}

// inTransaction calls a function of the project that is handed to a session as a unit of work; nil for other calls.
func (f *Frame) inTransaction(c *Call, e *ast.Call) *Value {
	a, tx := c.Arg(0, "transaction_function"), f.eng.transaction
	if a == nil || tx == nil || !c.Symbol.Is(unitsOfWork...) {
		return nil
	}
	fn := f.callable(a.Value)
	if fn.kind != KindFunction && fn.kind != KindPartial {
		return nil
	}
	args := []Argument{{Value: &Value{kind: KindExternal, sym: tx}}}
	for _, x := range c.Args {
		if x.Pos > 0 || x.Name != "" && x.Name != "transaction_function" {
			args = append(args, x)
		}
	}
	return f.invokeValue(fn, args, e)
}

// handedTo calls a function of the project that an executor, a pool, an event loop or a task queue is handed; nil for
// other calls.
func (f *Frame) handedTo(c *Call, callee *Value, e *ast.Call) *Value {
	if a := c.Arg(0, ""); poolMaps[c.Method] && a != nil && !callsEach(callee.sym) &&
		(a.Value.kind == KindFunction || a.Value.kind == KindPartial || f.callable(a.Value) != a.Value || a.Value.kind == KindExternal && a.Value.sym != nil && len(c.Args) > 1 && c.Arg(1, "") != nil) {
		return f.invoker(c, e, invocation{from: 1, each: true})
	}
	if _, ok := submitters[c.Method]; ok && !listens(callee.sym) {
		return f.submitted(c, e)
	}
	if strings.HasPrefix(c.Method, "execute_") || strings.HasSuffix(c.Method, "_transaction") {
		return f.inTransaction(c, e)
	}
	return nil
}

// submitted calls a function handed to an executor or event loop.
func (f *Frame) submitted(c *Call, e *ast.Call) *Value {
	first := submitters[c.Method]
	a := c.Arg(first, "")
	if a == nil {
		return nil
	}
	if c.Method == "create_task" {
		return a.Value
	}
	fn := f.callable(a.Value)
	if k := fn.kind; k != KindFunction && k != KindPartial && (k != KindExternal || fn.sym == nil) {
		return nil
	}
	var args []Argument
	for _, x := range c.Args {
		if x.Pos > first {
			x.Pos -= first + 1
			args = append(args, x)
		} else if x.Name != "" {
			args = append(args, x)
		}
	}
	return f.onBehalf(fn, args, e, first, c.Method != "run_in_executor")
}

// onBehalf calls what a call is handed with other arguments of it: `asyncio.to_thread(torch.load, path)`.
// Where that is a library's, the call that the library makes is one of the frame's too, with the
// function's name as its own and the arguments behind it as its arguments. keywords is set where
// keywords go to the function as well.
func (f *Frame) onBehalf(fn *Value, args []Argument, e *ast.Call, at int, keywords bool) *Value {
	if (fn.kind != KindExternal || fn.sym == nil) && fn.kind != KindPartial || at >= len(e.Args) {
		return f.invokeValue(fn, args, e)
	}
	for _, a := range e.Args[:at+1] {
		if _, ok := a.(*ast.Starred); ok {
			return f.invokeValue(fn, args, e)
		}
	}
	n := f.behalfAt[e]
	if n == nil {
		n = &ast.Call{Span: e.Span, Fn: e.Args[at], Args: e.Args[at+1:], Lparen: ast.NoPos, Rparen: ast.NoPos}
		if keywords {
			n.Keywords = e.Keywords
			if comma := f.commaBehind(e.Args[at]); comma != ast.NoPos {
				n.Lparen, n.Rparen = comma, e.Rparen
			}
		}
		if f.behalfAt == nil {
			f.behalfAt = map[*ast.Call]*ast.Call{}
		}
		f.behalfAt[e] = n
	}
	c := f.callRecord(n)
	c.Callee, c.Symbol, c.Args = fn, fn.Symbol(), args
	if a, ok := n.Fn.(*ast.Attribute); ok && fn.kind == KindExternal {
		c.Receiver, c.Method = asFound(f.expr(a.Value)), a.Attr.Id
	}
	f.current = n
	c.heap, c.Facts, c.clean = f.st.snapshot(), f.st.facts, f.st.clean
	f.learns(c)
	v := orUnknown(f.apply(c, fn, n))
	c.Result = f.rewrites(c, v)
	f.current = e
	return c.Result
}

// commaBehind is the place of the comma that follows an argument, NoPos where there is none or a comment
// stands between.
func (f *Frame) commaBehind(a ast.Expr) ast.Pos {
	file := f.mod.sem.File
	at := int(file.Parens(a).End)
	for ; at < len(file.Source.Text); at++ {
		switch file.Source.Text[at] {
		case ' ', '\t', '\r', '\n', '\\':
		case ',':
			return ast.Pos(at)
		default:
			return ast.NoPos
		}
	}
	return ast.NoPos
}

func (f *Frame) dictCall(c *Call, e *ast.Call) *Value {
	o := f.newObject(e, Dict)
	k := &contents{}
	var marks []Mark
	for _, a := range c.Args {
		marks = addMarks(marks, a.Value.marks)
		switch {
		case a.Name != "":
			k = k.with(Entry{Name: a.Name, Value: a.Value, Node: a.Node, KeyNode: a.Keyword})
		default:
			if len(c.Args) == 1 {
				if d := f.dumped(a.Value, e); d != nil { // of a model of pydantic, which yields its fields
					return d
				}
			}
			if pairs := f.pairs(a.Value); pairs != nil {
				for _, en := range pairs {
					k = k.with(en)
				}
				continue
			}
			if len(c.Args) == 1 && a.Value.object() == nil && len(a.Value.marks) > 0 {
				o.over = a.Value // a test of one key says nothing about another
			}
			f.comesOver(k, a.Value, e)
			k = f.overlaid(k, a.Value, e)
		}
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o, marks: marks}
}

func (f *Frame) copyOf(v *Value, at ast.Node) *Value {
	o := v.object()
	if o == nil || o.origin != nil {
		return v
	}
	n := f.newObject(at, o.kind)
	n.class, n.call = o.class, o.call
	n.madeFrom(o)
	if c := f.contents(o); c != nil {
		f.st.set(n, c)
	}
	k := *v
	k.ref = n
	return &k
}

// withFields is a copy of an instance in which some fields are others: dataclasses.replace(x, a=1).
func (f *Frame) withFields(c *Call, at ast.Node) *Value {
	v := c.value(0)
	o := f.newObject(at, Instance)
	if base := v.object(); base != nil {
		o.class, o.call = base.class, base.call
	}
	o.over = v
	k, marks := &contents{open: true}, v.marks
	for _, a := range c.Args {
		if a.Name != "" {
			k.keys = append(k.keys, Entry{Name: a.Name, Value: a.Value, Node: a.Node})
			marks = addMarks(marks, a.Value.marks)
		}
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o, marks: marks}
}

// method evaluates a method of a string, list or dict; nil when it is none of these.
func (f *Frame) method(c *Call, recv *Value, e *ast.Call) *Value {
	if recv.kind == KindUnion {
		var out *Value
		var given []*Value
		defer func(n int) { f.alternative = n }(f.alternative)
		for i, a := range recv.ref.([]*Value) {
			if a.IsNone() {
				continue
			}
			f.alternative = i
			v := f.method(c, a, e)
			if v == nil {
				return nil
			}
			out = join(out, v)
			if !nothingSaid(a) {
				given = append(given, v)
			}
		}
		return provingAll(out, given)
	}
	if o := recv.object(); o != nil {
		if v := f.containerMethod(c, recv, o, e); v != nil {
			return v
		}
		switch c.Method {
		case "model_dump", "dict":
			return f.dumped(recv, e)
		case "to_messages": // of the prompt that a chat template was filled into
			if o.kind == List {
				return recv
			}
		}
	}
	if recv.kind == KindUnknown && recv.exact != nil {
		switch c.Method {
		case "append", "add", "appendleft":
			if a := c.Arg(0, ""); a != nil {
				f.setSymbolic(recv, addItem, "", nil, a.Value, a.Node, e)
				return noneVal
			}
		case "pop", "popleft":
			if c.Method == "popleft" || isZero(c.value(0)) {
				f.effect(recv, dropFirst, "", nil, noneVal, e)
			}
		case "extend":
			if a := c.Arg(0, ""); a != nil {
				f.setSymbolic(recv, addAll, "", nil, a.Value, a.Node, e)
				return noneVal
			}
		case "update":
			if !f.isKeywords(recv) {
				f.eachUpdate(c, func(en *Entry) { f.setSymbolic(recv, setItem, en.Name, nil, en.Value, en.Node, en.KeyNode) })
			}
		}
	}
	return f.textMethod(c, recv, e)
}

// eachUpdate calls do for each item of a constant name that d.update(…) puts into a dict.
func (f *Frame) eachUpdate(c *Call, do func(*Entry)) {
	for _, a := range c.Args {
		if a.Name != "" {
			do(&Entry{Name: a.Name, Value: a.Value, Node: a.Given, KeyNode: a.Keyword})
			continue
		}
		o := a.Value.object()
		if o == nil || o.kind != Dict {
			continue
		}
		if have := f.contents(o); have != nil {
			for i := range have.keys {
				if en := &have.keys[i]; en.Key == nil && en.Value != nil {
					do(en)
				}
			}
		}
	}
}

// arg returns the value of positional argument i or unknown.
func (c *Call) value(i int) *Value {
	if a := c.Arg(i, ""); a != nil {
		return a.Value
	}
	return unknown
}

// typedDicts are what classes extend that declare the keys of dicts.
var typedDicts = []string{"typing.TypedDict", "typing_extensions.TypedDict"}

func (f *Frame) containerMethod(c *Call, recv *Value, o *Object, e *ast.Call) *Value {
	if o.class != nil {
		if o.class.Extends(typedDicts...) && (c.Method == "get" || c.Method == "pop" || c.Method == "setdefault") {
			return f.subscriptOr(recv, c.value(0), c, e)
		}
		return nil
	}
	k := f.contents(o)
	if k == nil {
		k = &contents{open: true}
	}
	put := func(n *contents, v *Value) *Value {
		f.st.set(o, n)
		if at, ok := e.Fn.(*ast.Attribute); ok && v != nil && len(v.marks) > 0 {
			f.remark(at.Value, recv, v.marks)
		}
		return noneVal
	}
	a := c.Arg(0, "")
	switch c.Method {
	case "append", "add", "appendleft", "put", "put_nowait":
		if a != nil {
			at := -1
			if c.Method == "appendleft" {
				at = 0
			}
			o.grows(a.Node, f)
			f.effect(recv, addItem, "", nil, a.Value, a.Node)
			return put(k.add(Item{Value: a.Value, Node: a.Node}, at), a.Value)
		}
	case "insert":
		if b := c.Arg(1, ""); b != nil {
			at := -1
			if i, ok := a.Value.Number(); ok && i >= 0 {
				at = int(i)
			}
			o.grows(b.Node, f)
			f.effect(recv, addItem, "", nil, b.Value, b.Node)
			return put(k.add(Item{Value: b.Value, Node: b.Node}, at), b.Value)
		}
	case "extend":
		if a != nil {
			f.extend(recv, a.Value, a.Node)
			return noneVal
		}
	case "update":
		if o.attributes != nil {
			f.updateAttributes(o.attributes, c)
		}
		if recv.exact != nil {
			f.eachUpdate(c, func(en *Entry) { f.effect(recv, setItem, en.Name, nil, en.Value, en.Node) })
		}
		return put(f.updated(k, c), f.updates(c))
	case "get", "pop", "setdefault":
		if o.kind == Dict {
			v := f.subscriptOr(recv, c.value(0), c, e)
			if c.Method == "setdefault" {
				if made := c.value(1).object(); made != nil {
					made.stays = true
				}
				if s, ok := c.value(0).Text(); ok && k.get(s) == nil {
					f.st.set(o, k.with(Entry{Name: s, Value: c.value(1), Node: e}))
				} else if !ok && c.value(1).object() != nil {
					f.st.set(o, k.withKey(c.value(0), c.value(1)))
				}
			}
			if c.Method == "get" {
				return f.keyed(v, recv, c)
			}
			return v
		}
		if c.Method == "get" && o.kind == List { // of a queue
			return f.element(recv, e)
		}
		if c.Method == "pop" {
			if i, ok := c.value(0).Number(); ok && i == 0 {
				f.st.set(o, k.cutFirst(&Cut{e, f.mod.sem}))
			}
			return f.element(recv, e)
		}
	case "clear":
		return put(empty, nil)
	case "reverse":
		if o.kind == List && !k.open && k.rest == nil {
			n := *k
			n.seq = slices.Clone(k.seq)
			slices.Reverse(n.seq)
			f.st.set(o, &n)
		}
		return noneVal
	case "remove", "discard", "sort":
		return noneVal
	case "index", "count":
		return number
	case "issubset":
		_, g := f.callGuard(e, c)
		return &Value{kind: KindConst, konst: constNumber, cond: &g}
	case "copy":
		return f.copyOf(recv, e)
	case "items":
		t := f.newObject(e, Tuple)
		val := f.allOf(k)
		if val == nil {
			val = unknownWith(f.fields(recv.marks, "[]"))
		}
		val = o.asItem(val)
		f.st.set(t, &contents{seq: []Item{{Value: f.element(recv, e)}, {Value: val}}})
		l := f.newObject(e.Fn, List)
		f.st.set(l, &contents{open: true, rest: &Value{kind: KindObject, ref: t, marks: recv.marks}})
		return &Value{kind: KindObject, ref: l, marks: recv.marks}
	case "values", "keys":
		val := f.allOf(k)
		if c.Method == "keys" {
			val = f.element(recv, e)
		}
		if val == nil {
			val = unknownWith(f.fields(recv.marks, "[]"))
		}
		marks := recv.marks
		if c.Method == "values" {
			val = o.asItem(val)
		} else {
			val, marks = val.withMarks(cleaned(val.marks, namesOnly)), cleaned(marks, namesOnly)
		}
		l := f.newObject(e, List)
		f.st.set(l, &contents{open: true, rest: val})
		return &Value{kind: KindObject, ref: l, marks: marks}
	case "popitem", "popleft":
		return f.element(recv, e)
	case "union", "intersection", "difference", "symmetric_difference":
		if v := f.ofSets(setMethods[c.Method], recv, c.value(0), e); v != nil && len(c.Args) == 1 {
			return v
		}
		return recv
	case "get_nowait":
		if o.kind == List {
			return f.element(recv, e)
		}
	case "_replace", "_asdict":
		if o.kind == Tuple {
			return f.tupleMethod(c, recv, o, k, e)
		}
	}
	return nil
}

// remark lets the name that holds a container carry the labels of what was put in.
func (f *Frame) remark(target ast.Expr, old *Value, marks []Mark) {
	if n, ok := target.(*ast.Name); ok {
		if v := f.load(n.Id); v.kind == KindObject && v.ref == old.ref {
			f.bind(n.Id, taint(v, marks))
		}
	}
}

func (f *Frame) extend(recv, more *Value, at ast.Node) {
	o := recv.object()
	if o == nil {
		return
	}
	o.grows(at, f)
	k := f.contents(o)
	if k == nil {
		k = &contents{open: true}
	}
	if x := more.object(); x != nil && x.kind <= Set && x.origin == nil && x != o {
		if have := f.contents(x); have != nil && !have.open {
			for _, it := range have.seq {
				k = k.add(it, -1)
			}
			f.st.set(o, k)
			f.effect(recv, addAll, "", nil, more, at)
			return
		}
	}
	f.st.set(o, k.add(Item{Value: more, Node: at, Splat: true}, -1))
	f.effect(recv, addAll, "", nil, more, at)
}

func (f *Frame) updated(k *contents, c *Call) *contents {
	for _, a := range c.Args {
		if a.Name != "" {
			k = k.with(Entry{Name: a.Name, Value: a.Value, Node: a.Node, KeyNode: a.Keyword})
			continue
		}
		f.comesOver(k, a.Value, c.Node)
		k = f.overlaid(k, a.Value, c.Node)
	}
	return k
}

func (f *Frame) updates(c *Call) *Value {
	return unknownWith(argMarks(c))
}

// subscriptOr is d.get(key, default).
func (f *Frame) subscriptOr(recv, key *Value, c *Call, e *ast.Call) *Value {
	v := f.subscript(recv, key, e)
	if o := recv.object(); o != nil && c.Arg(1, "default") == nil {
		if name, ok := key.Text(); ok {
			if k := f.contents(o); k != nil {
				if en := k.get(name); en != nil && c.Method == "get" {
					return en.found(noneVal)
				}
			}
		}
	}
	if d := c.Arg(1, "default"); d != nil {
		if v == unknown {
			return d.Value
		}
		return join(v, d.Value)
	}
	return v
}

// keyed is what get() gave of a dict that nobody outside chose, with what it says that something was there: that
// the key is one of the dict's.
func (f *Frame) keyed(v, dict *Value, c *Call) *Value {
	d := c.Arg(1, "default")
	if v == nil || v.cond != nil || len(c.value(0).marks) == 0 || d != nil && !d.Value.IsNone() || !f.trustedContainer(dict) {
		return v
	}
	k := *v
	k.cond = &condition{yes: limited(f.checkedValue(c.value(0)), f.members(dict))}
	if v.kind != KindObject {
		k.cond.no = f.cleanAll(v) // what is empty does no harm
	}
	return &k
}

// textMethod evaluates a method of a string, or of something unknown as if it were one: of recv, the
// receiver or one of the things that it may be. It gives nil when the name is no string method.
func (f *Frame) textMethod(c *Call, recv *Value, e *ast.Call) *Value {
	if recv == nil {
		return nil
	}
	if recv.kind == KindExternal {
		recv = pathText(recv)
	}
	text, isConst := recv.Text()
	if strings.HasPrefix(c.Method, "format") && recv.kind == KindExternal && len(recv.marks) > 0 {
		recv = unknownWith(recv.marks) // data that a library hands out
	}
	switch c.Method {
	case "format":
		if recv.kind == KindString {
			return f.formatCall(recv, c, e)
		}
		if recv.kind == KindUnknown {
			var b stringBuilder
			if at, ok := c.Node.Fn.(*ast.Attribute); ok {
				recv = f.step(recv, at.Value, AsFormat)
			}
			b.value(recv, e, f.mod.sem)
			for i := range c.Args {
				b.part(Part{Value: c.Args[i].Value, Node: c.Args[i].Node, Mod: f.mod.sem})
			}
			return f.step(b.value0(), e, "formatted")
		}
	case "format_map":
		if m := c.value(0); isConst && m.object() != nil {
			v := f.filled(text, braceVariable, c.variable, e)
			return f.step(v, e, "joined into a string")
		}
		if at, ok := c.Node.Fn.(*ast.Attribute); ok && recv.kind == KindUnknown {
			v := f.step(recv, at.Value, AsFormat)
			return f.step(unknownWith(addMarks(v.marks, argMarks(c))), e, "formatted")
		}
	case "join":
		if recv.kind == KindString && len(c.Args) == 1 {
			return f.joinCall(recv, c, e)
		}
	case "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "swapcase", "removeprefix", "removesuffix", "expandtabs":
		if isConst {
			switch c.Method {
			case "strip":
				if len(c.Args) == 0 {
					return stringLike(recv, strings.TrimSpace(text))
				}
				if cut, ok := c.value(0).Text(); ok {
					return stringLike(recv, strings.Trim(text, cut))
				}
			case "lower", "casefold":
				return stringLike(recv, strings.ToLower(text))
			case "upper":
				return stringLike(recv, strings.ToUpper(text))
			case "lstrip", "rstrip":
				if len(c.Args) == 0 {
					return stringLike(recv, strings.TrimSpace(text))
				}
			}
		}
		if recv.kind == KindString || recv.kind == KindUnknown {
			if t, ok := c.value(0).Text(); ok && c.Method == "lstrip" && strings.Contains(t, "-") && len(recv.marks) > 0 {
				return unknownWith(cleaned(recv.marks, models.SinksOf(models.Option)))
			}
			return recv.asText()
		}
	case "encode", "decode":
		if recv.kind == KindString {
			k := *recv
			k.bytes = c.Method == "encode"
			return &k
		}
		if recv.kind == KindUnknown {
			return recv
		}
	case "replace":
		if isConst && len(c.Args) == 2 {
			a, ok1 := c.value(0).Text()
			b, ok2 := c.value(1).Text()
			if ok1 && ok2 && len(text) < 1<<16 && len(text)+strings.Count(text, a)*len(b) <= maxText {
				return stringLike(recv, strings.ReplaceAll(text, a, b))
			}
		}
		if _, constant := c.value(1).Text(); constant && c.value(0).Labels(models.NoSink).Has(models.Secret) {
			recv = recv.withMarks(withoutSecrets(recv.marks)) // `text.replace(key, "***")`
		}
		if escapesQuotes(c) {
			return f.step(unknownWith(cleaned(recv.marks, models.SinksOf(models.SQL)&^(1<<models.QuotedSQL))), e, "through replace()")
		}
		if withoutSlash(c) {
			return f.step(unknownWith(cleaned(recv.marks, models.SinksOf(models.Path))), e, "through replace()")
		}
		if recv.kind == KindString || recv.kind == KindUnknown {
			if token, ok := c.value(0).Text(); ok && len(c.Args) > 1 && !c.value(1).IsConst() {
				if v := f.replaced(recv, token, c.value(1), c.Args[1].Node); v != nil {
					return f.step(v, e, "through replace()")
				}
			}
			if _, ok := c.value(1).Text(); !ok {
				return f.step(unknownWith(addMarks(recv.marks, c.value(1).marks)), e, "through replace()")
			}
			return taint(recv, nil)
		}
	case "split", "rsplit", "splitlines", "partition", "rpartition":
		if recv.kind == KindString || recv.kind == KindUnknown || recv.kind == KindExternal && recv.sym == nil {
			if isConst {
				return f.splitConst(text, c, e)
			}
			if v := f.partition(recv, c, e); v != nil {
				return v
			}
			return unknownWith(recv.marks)
		}
	case "startswith", "endswith", "isdigit", "isalpha", "isalnum", "isidentifier", "isnumeric", "isdecimal", "isspace", "islower", "isupper", "is_relative_to":
		_, g := f.callGuard(e, c)
		return &Value{kind: KindConst, konst: constNumber, cond: &g}
	case "find", "rfind", "index", "rindex", "count", "__len__":
		if recv.kind == KindString || recv.kind == KindUnknown {
			if x := foundIn(c); x != nil && recv.kind == KindUnknown {
				return &Value{kind: KindConst, konst: constNumber, ref: x}
			}
			return number
		}
	case "get":
		if recv.kind == KindUnknown || recv.kind == KindExternal && (recv.sym == nil || isBody(recv)) && len(recv.marks) > 0 && c.Arg(0, "") != nil {
			v := f.subscript(recv, c.value(0), e)
			if d := c.Arg(1, "default"); d != nil && v != unknown {
				v = join(v, d.Value)
			}
			return v
		}
	case "hex":
		if len(recv.marks) > 0 && (recv.kind == KindString || nothingKnown(recv)) {
			return f.step(unknownWith(cleaned(recv.marks, harmlessDigits)), e, "through hex()")
		}
	case "items", "values", "keys", "copy", "read", "tolist", "item", "pop", "setdefault":
		if recv.kind == KindUnknown {
			switch c.Method {
			case "pop", "setdefault":
				return f.subscript(recv, c.value(0), e)
			case "items", "values":
				if recv.exact != nil && len(c.Args) == 0 {
					return f.entriesOf(recv, c.Method == "items", e)
				}
			case "keys":
				return unknownWith(cleaned(recv.marks, namesOnly))
			}
			return recv.withoutExact()
		}
	}
	return nil
}

// namesOnly are the sinks for which the names of a mapping are harmless: they give none of its values away.
var namesOnly = models.SinksOf(models.Disclosure)

// entriesOf is what the items() or values() of a parameter give.
func (f *Frame) entriesOf(recv *Value, items bool, e *ast.Call) *Value {
	l := f.newObject(e.Fn, List)
	v := f.subscript(recv, unknown, e)
	if items {
		t := f.newObject(e, Tuple)
		f.st.set(t, &contents{seq: []Item{{Value: f.element(recv, e)}, {Value: v}}})
		v = &Value{kind: KindObject, ref: t, marks: recv.marks}
	}
	f.st.set(l, &contents{open: true, rest: v})
	return &Value{kind: KindObject, ref: l, marks: recv.marks}
}

func (v *Value) withoutExact() *Value {
	if v.exact == nil {
		return v
	}
	k := *v
	k.exact = nil
	k.setDefault(nil)
	return &k
}

func stringLike(v *Value, text string) *Value {
	k := *v
	k.text = text
	return &k
}

func (f *Frame) splitConst(text string, c *Call, e *ast.Call) *Value {
	sep, ok := c.value(0).Text()
	var parts []string
	switch {
	case c.Method == "split" && len(c.Args) == 0:
		parts = strings.Fields(text)
	case c.Method == "split" && ok && sep != "" && len(c.Args) == 1:
		parts = strings.Split(text, sep)
	default:
		return unknown
	}
	return f.listOfTexts(parts, e)
}

// shellWords splits constant text as shlex.split does.
func shellWords(text string) []string {
	var words []string
	var word strings.Builder
	var quote byte
	begun := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, begun = c, true
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// listOfTexts is a list of constant texts.
func (f *Frame) listOfTexts(parts []string, e *ast.Call) *Value {
	o := f.newObject(e, List)
	k := &contents{}
	for i, p := range parts {
		if i >= maxItems {
			k.open = true
			break
		}
		k.seq = append(k.seq, Item{Value: stringValue(p)})
	}
	f.st.set(o, k)
	return &Value{kind: KindObject, ref: o}
}

// partition is what x.partition(sep) gives where the separator is constant: the text before the
// first one holds none. It is nil for other methods.
func (f *Frame) partition(recv *Value, c *Call, e *ast.Call) *Value {
	sep, ok := c.value(0).Text()
	if c.Method != "partition" || !ok || sep == "" {
		return nil
	}
	head := step(func(s string) string { before, _, _ := strings.Cut(s, sep); return before }, e)
	o := f.newObject(e, Tuple)
	f.st.set(o, &contents{seq: []Item{
		{Value: rewritten(unknownWith(recv.marks), head)},
		{Value: stringValue(sep)},
		{Value: unknownWith(recv.marks)},
	}})
	return &Value{kind: KindObject, ref: o}
}

// joinCall evaluates sep.join(items).
func (f *Frame) joinCall(sep *Value, c *Call, e *ast.Call) *Value {
	var b stringBuilder
	a := c.Args[0]
	items, open, ok := c.Items(a.Value)
	if !ok {
		b.part(Part{Value: rewritten(f.element(a.Value, e).withoutExact(), rejoined(between(sep, nil), e)), Node: a.Node, Mod: f.mod.sem})
		b.value(sep, e.Fn, f.mod.sem)
		return f.step(b.value0(), e, "joined into a string")
	}
	if a.Value.exact != nil {
		b.marks = a.Value.marks
	}
	n := 0
	add := func(v *Value, node ast.Node) {
		if n > 0 {
			b.value(sep, e.Fn, f.mod.sem)
		}
		n++
		if node == nil {
			node = a.Node
		}
		b.value(v, node, f.mod.sem)
	}
	for _, it := range items {
		if it.Splat {
			add(rewritten(unknownWith(f.element(it.Value, e).marks), rejoined(between(sep, nil), e)), it.Node)
			continue
		}
		if it.Maybe {
			it.Value = rewritten(it.Value, rejoined(between(sep, it.Value), e))
		}
		add(it.Value, it.Node)
	}
	if n == 0 && !open && a.Value.exact != nil { // an attribute, into which other methods have put something
		b.part(Part{Value: rewritten(f.element(a.Value, e).withoutExact(), rejoined(between(sep, nil), e)), Node: a.Node, Mod: f.mod.sem})
	}
	if o := a.Value.object(); open && o != nil {
		if k := f.contents(o); k != nil && k.rest != nil {
			add(rewritten(k.rest, rejoined(between(sep, k.rest), e)), nil)
		}
		if n == 0 {
			add(unknownWith(a.Value.marks), nil)
		}
		// There may be more of the same.
		b.part(Part{Value: unknown, Node: a.Node, Mod: f.mod.sem})
	}
	return f.step(b.value0(), e, "joined into a string")
}

// between is the constant text that stands between the variable parts of two joined items.
func between(sep, item *Value) string {
	s, ok := sep.Text()
	if !ok {
		s = "\n"
	}
	parts := item.Parts()
	if len(parts) == 0 {
		return s
	}
	if last := parts[len(parts)-1]; last.Value == nil {
		s = last.Text + s
	}
	if parts[0].Value == nil {
		s += parts[0].Text
	}
	return s
}

// AsFormat is the text of the step in a trail at which data becomes the text that `.format`
// reads its braces from; the step's node is the receiver of format.
const AsFormat = "read as a format string"

// formatCall evaluates text.format(...).
func (f *Frame) formatCall(recv *Value, c *Call, e *ast.Call) *Value {
	b := stringBuilder{from: recv.rare, marks: recv.marks}
	next := 0
	for _, p := range recv.Parts() {
		if p.Value != nil {
			b.piece(p, recv, e, f.mod.sem)
			continue
		}
		next = f.formatText(&b, p.Text, next, c, e)
	}
	return f.step(b.value0(), e, "joined into a string")
}

// formatText puts the arguments of a call of format into the constant text of a template. It takes and gives the
// number of those that were taken one after the other.
func (f *Frame) formatText(b *stringBuilder, s string, next int, c *Call, e *ast.Call) int {
	for {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			b.text(s)
			break
		}
		b.text(s[:i])
		if i+1 < len(s) && s[i+1] == s[i] {
			b.text(s[i : i+1])
			s = s[i+2:]
			continue
		}
		if s[i] == '}' {
			s = s[i+1:]
			continue
		}
		j := strings.IndexByte(s[i:], '}')
		if j < 0 {
			b.text(s[i:])
			break
		}
		field := s[i+1 : i+j]
		s = s[i+j+1:]
		spec := ""
		if k := strings.IndexByte(field, ':'); k >= 0 {
			field, spec = field[:k], field[k+1:]
		}
		conv, literal := false, false
		if k := strings.IndexByte(field, '!'); k >= 0 {
			conv = field[k+1:] != "s"
			literal = conv
			field = field[:k]
		}
		name, rest := field, ""
		if k := strings.IndexAny(field, ".["); k >= 0 {
			name, rest = field[:k], field[k:]
		}
		var a *Argument
		if name == "" {
			a = c.Arg(next, "")
			next++
		} else if n, err := strconv.Atoi(name); err == nil {
			a = c.Arg(n, "")
		} else {
			a = c.Arg(-1, name)
		}
		if a == nil {
			var marks []Mark
			for _, x := range c.Args {
				if x.Rest {
					marks = addMarks(marks, x.Value.marks)
				}
			}
			b.part(Part{Value: unknownWith(marks), Node: e, Mod: f.mod.sem})
			continue
		}
		v := a.Value
		if strings.HasPrefix(rest, ".") && !strings.ContainsAny(rest[1:], ".[") {
			v = f.attr(v, rest[1:], e)
		} else if rest != "" {
			v = unknownWith(v.marks)
		}
		if spec != "" && strings.ContainsRune("dfeEgGxXob%n", rune(spec[len(spec)-1])) && !v.IsConst() {
			v, conv = number, true
		}
		if literal {
			v = asLiteral(v)
		}
		if conv {
			b.part(Part{Value: v, Node: a.Node, Mod: f.mod.sem, Conv: true})
		} else {
			b.value(f.textOf(v, e), a.Node, f.mod.sem)
		}
	}
	return next
}

func formatNumber(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return strconv.FormatInt(int64(x), 10)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// isBody reports whether a value is what a request brings as a whole: a dict of its fields, of which a test of one
// says nothing about another.
func isBody(v *Value) bool {
	for _, m := range symModels(v.sym) {
		if m.Source == models.User {
			return true
		}
	}
	return false
}

// joinAddress is the text that urljoin makes of an address and a path that is known to be one: it begins with constant
// text, so that it names no other host. It is nil for others.
func (f *Frame) joinAddress(c *Call) *Value {
	base, ref := c.Arg(0, "base"), c.Arg(1, "url")
	if base == nil || ref == nil || base.Rest || ref.Rest {
		return nil
	}
	begin := ref.Value.Prefix()
	if begin == "" || strings.HasPrefix(begin, "//") || strings.Contains(begin, ":") {
		return nil
	}
	var b stringBuilder
	if text, ok := base.Value.Text(); ok {
		scheme, rest, _ := strings.Cut(text, "://")
		host, path, _ := strings.Cut(rest, "/")
		if begin[0] != '/' {
			host += "/" + path[:strings.LastIndexByte(path, '/')+1]
		}
		b.text(scheme + "://" + host)
	} else {
		b.value(base.Value, base.Node, f.mod.sem)
	}
	b.value(ref.Value, ref.Node, f.mod.sem)
	return b.value0()
}
