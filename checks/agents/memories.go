package agents

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// remembered is PML6128.
var remembered = &checks.Rule{
	Spec:  infoPML6128,
	Knows: []string{"transformers.pipeline()"},
	From:  []checks.Label{models.Web, models.Document, models.Tool, models.Retrieved},
	Into:  []checks.SinkKind{models.Ingest},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteMemory || path.Confirmed() {
			return
		}
		if checks.Judged(p, path, append(checks.Classifiers(path), judgesText...)...) {
			return
		}
		if t := (telling{call: path.Call, carries: func(v *checks.Value) bool { return checks.Carries(path, v) }}); t.silent(path.Value) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: markOrigin(p, path.Call)})
	},
	// What the project's own tools give is text of a tool, whatever they make it of.
	Needs: []string{"mem0", "langgraph", "langmem", "autogen", "llama_index", "zep", "letta", "crewai"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			for _, a := range c.Noted(models.Ingest, models.NoteMemory) {
				if a.Node == nil || c.Confirmed() || !fromOwnTool(f, a.Node) {
					continue
				}
				if t := (telling{call: c, carries: func(*checks.Value) bool { return true }}); !t.silent(a.Value) && !checks.JudgedIn(f, judgesText...) {
					p.Report(checks.Report{Node: c.Node, Fix: markOrigin(p, c)})
				}
			}
		}
	},
}

// judgesText are words of the names of functions by which a text, or a person, decides whether it is kept.
var judgesText = []string{"moderat", "inject", "jailbreak", "guard", "is_safe", "is_trusted", "malicious", "suspicious", "toxic", "scan_prompt", "scan_output", "confirm", "approv"}

// fromOwnTool reports whether an expression is made of what a tool function of the project gives.
func fromOwnTool(f *checks.Frame, e ast.Expr) bool {
	for in := range f.MadeOf(e) {
		if in.Call == nil {
			continue
		}
		called := in.Call.Callee
		if called.Function() == nil && slices.Contains(runsTool, in.Call.Method) {
			called = in.Call.Receiver
		}
		for _, v := range called.Alternatives() {
			if fn := v.Function(); fn != nil && givesText(fn.Def) && (slices.Contains(f.ToolFunctions(), fn) || calledForModel(in.Call)) {
				return true
			}
		}
	}
	return false
}

// calledForModel reports whether a call hands on the arguments with which a model asks for it.
func calledForModel(c *checks.Call) bool {
	return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return slices.ContainsFunc(a.Value.Marks(), checks.Mark.ToolArgument) })
}

// runsTool are the methods that run a tool which a decorator made of a function.
var runsTool = []string{"invoke", "ainvoke", "run", "arun", "call", "acall", "forward", "run_json", "on_invoke_tool", "func"}

// givesText reports whether the annotation of a function's result leaves room for text of others.
func givesText(def *ast.FunctionDef) bool {
	if def == nil {
		return false
	}
	switch r := def.Returns.(type) {
	case *ast.Name:
		return r.Id != "int" && r.Id != "float" && r.Id != "bool"
	case *ast.Constant:
		return false
	}
	return true
}

// originWords are the words of keys and arguments that say where a text comes from, or what it is
// worth.
var originWords = []string{"source", "sources", "origin", "provenance", "trust", "trusted", "untrusted", "url", "uri"}

// namesOrigin reports whether a key or argument is one that says where a text comes from.
func namesOrigin(name string) bool {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(originWords, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// telling looks for what a writing call says of where a text comes from.
type telling struct {
	call *checks.Call
	// carries tells whether a value holds the text.
	carries func(*checks.Value) bool
}

// told is what a value says: whether it names the origin, and whether that can be known.
type told uint8

const (
	unmarked told = iota
	marked
	unknowable
)

// beside lists the arguments that describe what is kept.
var beside = []string{"metadata", "meta", "tags", "properties"}

// silent reports whether the call says where the text comes from, or may say it.
func (t telling) silent(content *checks.Value) bool {
	c := t.call
	if c.HasRest() {
		return true
	}
	for i := range c.Args {
		a := &c.Args[i]
		if namesOrigin(a.Name) && !a.Value.IsNone() || slices.Contains(beside, a.Name) && t.described(c, a.Value, 0) != unmarked {
			return true
		}
	}
	return t.content(content, 0) != unmarked
}

// described is what an argument beside the text says.
func (t telling) described(c *checks.Call, v *checks.Value, depth int) told {
	if v == nil || v.IsNone() || depth > 4 {
		return unmarked
	}
	if items, open, ok := c.Items(v); ok {
		for _, it := range items {
			if text, known := it.Value.Text(); !known || namesOrigin(text) {
				return marked
			}
		}
		return orUnknowable(unmarked, open)
	}
	if entries, open, ok := c.Entries(v); ok && !v.IsParameter() {
		out := unmarked
		for _, e := range entries {
			if namesOrigin(e.Name) {
				return marked
			}
			if _, _, nested := c.Entries(e.Value); nested {
				out = max(out, t.described(c, e.Value, depth+1))
			}
		}
		return orUnknowable(out, open)
	}
	if v.IsParameter() {
		param, fn := parameterOf(v)
		callers := c.Frame.Callers()
		if param == nil || param.Name == nil || fn != c.Frame.Function() || len(callers) == 0 {
			return unknowable
		}
		for _, caller := range callers {
			a := caller.GivenTo(fn, param.Name.Id)
			if a == nil {
				if d := v.Default(); d == nil || !d.IsNone() {
					return unknowable
				}
				continue
			}
			if t.described(caller, a.Value, depth+1) != unmarked {
				return unknowable
			}
		}
		return unmarked
	}
	return unknowable
}

// parameterOf is the parameter whose value this is.
func parameterOf(v *checks.Value) (*ast.Param, *semantic.Function) {
	for _, m := range v.Marks() {
		if param, fn := m.Parameter(); param != nil {
			return param, fn
		}
	}
	return nil, nil
}

func orUnknowable(is told, open bool) told {
	if is == unmarked && open {
		return unknowable
	}
	return is
}

// content is what the text itself says, or what it stands in: a message, a record.
func (t telling) content(v *checks.Value, depth int) told {
	if v == nil || depth > 5 {
		return unmarked
	}
	out := marked
	for _, a := range v.Alternatives() {
		if !t.holds(a, 0) && len(v.Alternatives()) > 1 {
			continue
		}
		if one := t.one(a, depth); one != marked {
			out = one
			if one == unmarked {
				return unmarked
			}
		}
	}
	return out
}

func (t telling) one(v *checks.Value, depth int) told {
	if parts := v.Parts(); parts != nil {
		for _, part := range parts {
			if part.Value == nil && labelled(part.Text) {
				return marked
			}
		}
		return unmarked
	}
	if made := v.Origin(); made != nil && makesRecord(made) {
		return t.made(made, depth)
	}
	if items, open, ok := t.call.Items(v); ok {
		carrying := false
		for _, it := range items {
			if t.holds(it.Value, 0) {
				carrying = true
				if one := t.content(it.Value, depth+1); one != marked {
					return one
				}
			}
		}
		if rest, _ := t.call.Rest(v); rest != nil && t.holds(rest, 0) {
			return t.content(rest, depth+1)
		}
		if carrying {
			return marked
		}
		return orUnknowable(unmarked, open)
	}
	if entries, open, ok := t.call.Entries(v); ok {
		for _, e := range entries {
			if namesOrigin(e.Name) && !e.Value.IsNone() || isRole(e.Name) && ofTool(e.Value) {
				return marked
			}
		}
		for _, e := range entries {
			if t.holds(e.Value, 0) {
				if one := t.content(e.Value, depth+1); one != unmarked {
					return one
				}
			}
		}
		return orUnknowable(unmarked, open)
	}
	return unmarked
}

// made is what a record says that a constructor makes: a message, an entry of a memory.
func (t telling) made(c *checks.Call, depth int) told {
	if c.HasRest() {
		return unknowable
	}
	out := unmarked
	for i := range c.Args {
		a := &c.Args[i]
		if namesOrigin(a.Name) && !a.Value.IsNone() || isRole(a.Name) && ofTool(a.Value) {
			return marked
		}
		if slices.Contains(beside, a.Name) {
			out = max(out, t.described(c, a.Value, 0))
			continue
		}
		inner := telling{call: c, carries: t.carries}
		if _, _, nested := c.Entries(a.Value); nested || a.Value.Origin() != nil || a.Value.Parts() != nil {
			if inner.holds(a.Value, 0) {
				out = max(out, inner.content(a.Value, depth+1))
			}
		}
	}
	return out
}

// makesRecord reports whether a call makes a message, a record or a text of its arguments.
func makesRecord(c *checks.Call) bool {
	name := checks.CalledName(c)
	return name != "" && unicode.IsUpper(rune(name[0])) || name == "dumps" || name == "from_str"
}

func isRole(name string) bool { return name == "role" || name == "role_type" || name == "type" }

// ofTool reports whether a role is that of a tool.
func ofTool(v *checks.Value) bool {
	if text, ok := v.Text(); ok {
		return text == "tool" || text == "function"
	}
	return strings.HasSuffix(v.Name(), ".TOOL") || strings.HasSuffix(v.Name(), ".FUNCTION")
}

// labelled reports whether text around what is kept names the origin: "source: ".
func labelled(text string) bool {
	text = strings.ToLower(text)
	for _, word := range originWords {
		for _, mark := range [...]string{":", "=", `":`, "]", ">"} {
			if strings.Contains(text, word+mark) {
				return true
			}
		}
	}
	return strings.Contains(text, "untrusted")
}

// holds reports whether a value, or something within it, holds the text.
func (t telling) holds(v *checks.Value, depth int) bool {
	if v == nil || depth > 4 {
		return false
	}
	if t.carries(v) {
		return true
	}
	items, _, _ := t.call.Items(v)
	for _, it := range items {
		if t.holds(it.Value, depth+1) {
			return true
		}
	}
	entries, _, _ := t.call.Entries(v)
	for _, e := range entries {
		if t.holds(e.Value, depth+1) {
			return true
		}
	}
	return false
}

// markOrigin says in the writing call, or where the record is made, that the text is a tool's.
func markOrigin(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "say that the text is a tool's"
	if !p.Holds(c.Node) {
		return nil
	}
	var edits []fix.Edit
	switch {
	case c.Symbol.Under("mem0"), c.Symbol.Under("crewai"):
		edits = describe(p, c)
	case c.Symbol.Under("langgraph"), c.Symbol.Under("langchain"):
		if a := c.Arg(2, "value"); a != nil {
			edits = withEntry(p, a.Node)
			break
		}
		for _, op := range recordsOf(p, c, "PutOp") {
			if a := op.Arg(2, "value"); a != nil {
				edits = append(edits, withEntry(p, a.Node)...)
			}
		}
	case c.Symbol.Under("autogen_core"), c.Symbol.Under("autogen_ext"):
		for _, record := range recordsOf(p, c, "MemoryContent") {
			edits = append(edits, describe(p, record)...)
		}
	case c.Symbol.Under("zep_cloud"):
		for _, record := range recordsOf(p, c, "Message") {
			edits = append(edits, describe(p, record)...)
		}
	case c.Symbol.Under("llama_index"):
		if a := c.Arg(-1, "static_content"); a != nil && a.Node != nil && p.Holds(a.Node) {
			if n, ok := a.Node.(*ast.Name); ok {
				edits = []fix.Edit{fix.ReplaceNode(p.File, n, `"source: tool\n" + `+n.Id)}
			}
			break
		}
		for _, record := range recordsOf(p, c, "ChatMessage") {
			if a := record.Arg(-1, "role"); a != nil {
				edits = append(edits, fix.ReplaceNode(p.File, a.Node, `"tool"`))
			} else {
				edits = append(edits, fix.AddKeyword(p.File, record.Node, "role", `"tool"`)...)
			}
		}
	case c.Symbol.Under("langmem"):
		edits = asTool(p, c)
	case c.Symbol.Under("letta_client") && c.Method == "create":
		if c.Arg(-1, "tags") == nil {
			edits = fix.AddKeyword(p.File, c.Node, "tags", `["source:tool"]`)
		}
	}
	if edits == nil {
		return nil
	}
	return checks.Fix(true, message, edits)
}

// describe adds the origin to the metadata that a call is given.
func describe(p *checks.Pass, c *checks.Call) []fix.Edit {
	pos := -1
	if c.Method == "save" {
		pos = 1
	}
	if a := c.Arg(pos, "metadata"); a != nil && !a.Value.IsNone() {
		return withEntry(p, a.Node)
	} else if a != nil {
		return []fix.Edit{fix.ReplaceNode(p.File, a.Node, `{"source": "tool"}`)}
	}
	return fix.AddKeyword(p.File, c.Node, "metadata", `{"source": "tool"}`)
}

// withEntry adds the origin to a dict.
func withEntry(p *checks.Pass, e ast.Expr) []fix.Edit {
	if e == nil || !p.Holds(e) {
		return nil
	}
	if _, literal := e.(*ast.Dict); literal {
		return fix.AddElement(p.File, e, `"source": "tool"`)
	}
	if id, ok := e.(*ast.Name); ok {
		return []fix.Edit{fix.ReplaceNode(p.File, e, "{**"+id.Id+`, "source": "tool"}`)}
	}
	return []fix.Edit{fix.ReplaceNode(p.File, e, "{**("+p.File.Text(e)+`), "source": "tool"}`)}
}

// recordsOf lists the calls of a name in the file that make what a call is given.
func recordsOf(p *checks.Pass, c *checks.Call, name string) []*checks.Call {
	var out []*checks.Call
	for i := range c.Args {
		if c.Args[i].Node == nil {
			continue
		}
		for in := range c.Frame.MadeOf(c.Args[i].Node) {
			if in.Call != nil && checks.CalledName(in.Call) == name && p.Holds(in.Call.Node) && !slices.Contains(out, in.Call) {
				out = append(out, in.Call)
			}
		}
	}
	return out
}

// asTool gives the messages that stand in a call the role of a tool.
func asTool(p *checks.Pass, c *checks.Call) []fix.Edit {
	var edits []fix.Edit
	ast.Inspect(c.Node, func(n ast.Node) bool {
		d, ok := n.(*ast.Dict)
		if !ok {
			return true
		}
		for i, k := range d.Keys {
			if key, ok := k.(*ast.Str); ok && key.Value == "role" {
				edits = append(edits, fix.ReplaceNode(p.File, d.Values[i], `"tool"`))
			}
		}
		return true
	})
	return edits
}
