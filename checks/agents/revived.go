package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const lcDumps = "langchain_core.load.{dumps,dumpd}"

// revived is PML6127.
var revived = &checks.Rule{
	Spec:  infoPML6127,
	Knows: []string{lcDumps},
	From:  []checks.Label{models.User, models.Upload, models.Web, models.LLM, models.Database},
	Into:  []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteRevived || limited(path.Call) || ownDump(path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: plainData(p, path)})
	},
}

// limited reports whether a call, or the one that made what it calls, lists the classes that may be
// made and reads no secrets of the environment.
func limited(c *checks.Call) bool {
	if c.Symbol.Is("langchain_core.load.Reviver()") && c.Callee != nil && c.Callee.Origin() != nil {
		c = c.Callee.Origin()
	}
	if env := c.Arg(-1, "secrets_from_env"); env != nil && !checks.Off(env.Value) {
		return false
	}
	allowed := c.Arg(-1, "allowed_objects")
	if allowed == nil {
		return false
	}
	if text, ok := allowed.Value.Text(); ok {
		return text == "messages"
	}
	_, open, ok := c.Items(allowed.Value)
	return ok && !open
}

// ownDump reports whether text comes out of an entry with a constant key that the program alone
// writes, each time by LangChain's own dumps.
func ownDump(path *checks.Path) bool {
	read, by := path.Mark.Store(), path.Mark.Query()
	if read == nil || by == nil || !constant(by) {
		return false
	}
	written := false
	for _, f := range path.Frame.Everywhere() {
		for _, c := range f.Calls {
			to, kept := c.Kept()
			if !read.Same(to) {
				continue
			}
			if !slices.ContainsFunc(kept, func(a checks.Argument) bool { return dumped(c, a.Value) }) {
				return false
			}
			written = true
		}
	}
	return written
}

// constant reports whether all that a call is given is constant.
func constant(c *checks.Call) bool {
	for i := range c.Args {
		v := c.Args[i].Value
		if items, open, ok := c.Items(v); ok && !open {
			if slices.ContainsFunc(items, func(it checks.Item) bool { return !literal(it.Value) }) {
				return false
			}
		} else if !literal(v) {
			return false
		}
	}
	return true
}

func literal(v *checks.Value) bool {
	_, text := v.Text()
	_, number := v.Number()
	return text || number
}

// dumped reports whether a value is what LangChain's dumps makes, or holds that.
func dumped(c *checks.Call, v *checks.Value) bool {
	if made := v.Origin(); made != nil && made.Symbol.Is("langchain_core.load.dumps", "langchain_core.load.dumpd") {
		return true
	}
	items, _, _ := c.Items(v)
	return slices.ContainsFunc(items, func(it checks.Item) bool { return dumped(c, it.Value) })
}

// plainData reads data in the place of objects.
func plainData(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	const message = "read plain data"
	a := c.Arg(0, "")
	for _, name := range [...]string{"text", "obj", "value", "path"} {
		if a == nil {
			a = c.Arg(-1, name)
		}
	}
	if a == nil || a.Node == nil || !p.Holds(a.Node) || !p.Holds(c.Node) {
		return nil
	}
	if c.Symbol != nil && !c.Symbol.Is("langchain_core.load.load", "langchain_core.load.loads", "langchain_core.load.Reviver()") {
		// A file by its name, from which prompts, chains or agents are made.
		if strings.HasSuffix(checks.CalledName(c), "_from_config") {
			return nil // the settings themselves, for which there is no list
		}
		return checks.AllowOnly(p, path, a.Node, "ALLOWED_FILES", "not on the list")
	}
	text := p.File.Text(a.Node)
	var imports []fix.Edit
	messages := readAsMessages(p, c)
	switch {
	case c.Symbol.Is("langchain_core.load.loads"):
		loads, added := fix.Reach(p.File, "json.loads", "import json", fix.InSection)
		text = loads + "(" + text + ")"
		if imports = added; !messages && added != nil {
			imports = inPlaceOf(p, c, "import json", fix.InSection)
		}
	case !c.Symbol.Is("langchain_core.load.load", "langchain_core.load.Reviver()"):
		return nil
	}
	if messages {
		name, added := fix.Reach(p.File, "langchain_core.messages.messages_from_dict", "from langchain_core.messages import messages_from_dict", fix.InOrder)
		text = name + "(" + text + ")"
		if added != nil && name == "messages_from_dict" {
			added = inPlaceOf(p, c, "from langchain_core.messages import messages_from_dict", fix.InOrder)
		}
		imports = fix.JoinImports(imports, added)
	}
	return checks.Fix(true, message, checks.Replace(p, c.Node, text), imports)
}

// inPlaceOf imports something in the place of the function that a call calls, where that is its last
// use.
func inPlaceOf(p *checks.Pass, c *checks.Call, stmt string, where fix.Place) []fix.Edit {
	name, ok := c.Node.Fn.(*ast.Name)
	if !ok {
		return fix.AddImport(p.File, stmt, where)
	}
	for _, module := range [...]string{"langchain_core.load", "langchain_core.load.load", "langchain.load", "langchain.load.load", "langchain_classic.load"} {
		if spelled, ok := fix.ImportedAs(p.File, module+"."+name.Id); ok && spelled == name.Id {
			return fix.SwapImport(p.File, module+"."+name.Id, stmt, where, name.Range())
		}
	}
	return fix.AddImport(p.File, stmt, where)
}

// readAsMessages reports whether what a call gives is used as messages: handed to a model's call, or
// bound to a name that says so.
func readAsMessages(p *checks.Pass, c *checks.Call) bool {
	given := func(n ast.Node) bool {
		return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
			return o != c && o.Chat != nil && o.Node.Range().Contains(n.Range())
		})
	}
	if given(c.Node) {
		return true
	}
	names := map[string]bool{}
	switch s := p.StmtOf(c.Node).(type) {
	case *ast.Assign:
		for _, t := range s.Targets {
			names[checks.LastName(t)] = true
		}
	case *ast.AnnAssign:
		names[checks.LastName(s.Target)] = true
		if strings.Contains(p.File.Text(s.Annotation), "Message") {
			return true
		}
	}
	delete(names, "")
	for name := range names {
		if name := strings.ToLower(name); strings.Contains(name, "message") || strings.Contains(name, "history") {
			return true
		}
	}
	found := false
	ast.InspectStmts(checks.BodyOf(c.Frame), func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && names[name.Id] && name.Pos() > c.Node.Pos() {
			found = found || given(name)
		}
		return !found
	})
	return found
}
