package supplychain

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/notebook"
)

// printedKey is PML6305.
var printedKey = &checks.Rule{
	Spec:  infoPML6305,
	Knows: []string{"sys.{stdout,stderr,__stdout__,__stderr__}", "streamlit.secrets"},
	From:  []checks.Label{models.Secret, models.Local},
	Into:  []checks.SinkKind{models.Log, models.Printed},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Note == models.NoteTracked || path.Sink.Note == models.NoteModelProps || path.Mark.Clean.Has(models.Disclosure) || inFixtures(p.Path) || !isKeyRead(p, path) || intoFile(path) || withinObject(path) || leftOut(path) || commandForIt(p, path) || masked(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: starred(p, path)})
	},
	Needs: []string{"environ", "userdata", "get_secret", "getenv", "get_token"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if p.Notebook == nil || f.Function() != nil || f.Class() != nil || inFixtures(p.Path) {
			return
		}
		for i := range p.Notebook.Cells {
			if s := lastExpression(p, p.Notebook.Cells[i].Number); s != nil && spellsKey(f, s.Value) {
				p.Report(checks.Report{Node: s.Value, Fix: checks.Fix(true, "do not show the key", fix.RemoveStmt(p.File, s))})
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		if inFixtures(p.Path) {
			return
		}
		lines := &cellLines{Pass: p, message: "do not show the key"}
		for i := range p.Notebook.Commands() {
			cmd := &p.Notebook.Commands()[i]
			if cmd.Kind == notebook.LineMagic && cmd.Name == "env" && cmd.Target == "" {
				if name := strings.TrimSpace(cmd.Args); name == "" || !strings.ContainsAny(name, "= ") && isKeyName(name) {
					lines.add(cmd.Cell, cmd.Span)
				}
			}
			text, at, ok := cmd.Shell()
			if !ok || cmd.Target != "" {
				continue
			}
			for line := range strings.Lines(text) {
				if showsKey(line) {
					lines.add(cmd.Cell, ast.Span{Start: at.Start, End: at.Start + ast.Pos(len(strings.TrimRight(line, "\r\n")))})
				}
				at.Start += ast.Pos(len(line))
			}
		}
		lines.report()
	},
}

// maskWords are parts of the names of functions of a project that leave of a key what all may see.
var maskWords = []string{"redact", "mask", "obfuscat", "censor", "scrub", "anonymi", "starred"}

// masked reports whether a key has gone through a function of the project that masks it.
func masked(p *checks.Pass, path *checks.Path) bool {
	return slices.ContainsFunc(checks.WayOf(p, path).Functions, func(fn *ast.FunctionDef) bool {
		name := strings.ToLower(fn.Name.Id)
		return fn != p.FunctionAround(path.Node) && !strings.HasPrefix(name, "un") && slices.ContainsFunc(maskWords, func(w string) bool { return strings.Contains(name, w) })
	})
}

// isKeyName reports whether a setting of a name holds a key or password.
func isKeyName(name string) bool {
	n := strings.ToUpper(name)
	for _, end := range [...]string{"API_KEY", "APIKEY", "TOKEN", "SECRET", "SECRET_KEY", "ACCESS_KEY", "PASSWORD"} {
		if strings.HasSuffix(n, end) {
			return models.IsSecretName(name)
		}
	}
	return models.IsProviderKey(name)
}

// isKeyRead reports whether the data of a path is a key, by the name under which it was read, or all
// of the environment.
func isKeyRead(p *checks.Pass, path *checks.Path) bool {
	m := path.Mark
	if m.Label == models.Local {
		whole := checks.WholeEnvironment(path) && spellsEnvironment(path)
		return (whole || checks.EachVariable(p, path)) && !checks.ChoosesVariables(p, path) && !m.Clean.Has(path.Kind)
	}
	if m.Spelled() != "" {
		return false // a literal, which other checks have
	}
	if name := m.SecretName(); name != "" {
		return isKeyName(name)
	}
	s := m.Source()
	switch {
	case m.From() == models.ClientKey:
		return true
	case s == nil:
		return false
	case s.Is("streamlit.secrets"):
		fields := m.Fields()
		return len(fields) == 0 || m.Field() == "" || isKeyName(m.Field())
	case s.Under("huggingface_hub"):
		return true
	}
	c := m.Call()
	if c == nil || !s.Under("google.colab") && !s.Under("kaggle_secrets") {
		return false
	}
	name := c.Arg(0, "key")
	if name == nil {
		name = c.Arg(-1, "label")
	}
	if name == nil {
		return false
	}
	text, ok := name.Value.Text()
	return ok && isKeyName(text)
}

// spellsEnvironment reports whether what is printed is the environment or a text of it, and not an
// object that settings were read into.
func spellsEnvironment(path *checks.Path) bool {
	for _, v := range path.Value.Alternatives() {
		if v.Is("os.environ", "os.environ.copy()") {
			return true
		}
	}
	e, ok := path.Node.(ast.Expr)
	if !ok || path.Call == nil {
		return false
	}
	found := false
	names := func(n ast.Node) bool {
		found = found || checks.LastName(n) == "environ"
		return !found
	}
	ast.Inspect(e, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		if !ok || found {
			return !found
		}
		names(x)
		switch x.(type) {
		case *ast.Name, *ast.Attribute:
			for _, s := range path.Call.Frame.SpelledOut(x) {
				ast.Inspect(s.Expr, names)
			}
		}
		return !found
	})
	return found
}

// intoFile reports whether print writes into a file and not on the terminal.
func intoFile(path *checks.Path) bool {
	if path.Call == nil || path.Kind != models.Printed {
		return false
	}
	a := path.Call.Arg(-1, "file")
	return a != nil && !a.Value.IsNone() && !a.Value.Is("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__")
}

// starred puts stars in the place of the key in what is printed.
func starred(p *checks.Pass, path *checks.Path) *fix.Fix {
	const message = "leave the key out"
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	if x, ok := checks.HolderOf(path, path.Mark.Label).(ast.Expr); ok && p.Holds(x) && e.Range().Contains(x.Range()) {
		e = x
	}
	if part := checks.SecretPart(path.Value, path.Mark.Label, 0); part != nil {
		for _, n := range [...]ast.Node{part.Node, part.Operand} {
			if x, ok := n.(ast.Expr); ok && p.Holds(x) && path.Node.Range().Contains(x.Range()) {
				e = x
				break
			}
		}
	}
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		if ph, ok := around[i].(*ast.Placeholder); ok && ph.Value.Range() == e.Range() {
			return checks.Fix(true, message, []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: "***"}})
		}
	}
	if s, ok := e.(*ast.Starred); ok {
		e = s.Value
		return checks.Fix(true, message, checks.Replace(p, e, `["***"]`))
	}
	return checks.Fix(true, message, checks.Replace(p, e, `"***"`))
}

// lastExpression is the statement whose value a cell of a notebook shows, nil where it shows none.
func lastExpression(p *checks.Pass, cell int) *ast.ExprStmt {
	span, ok := p.Notebook.CellSpan(cell)
	if !ok {
		return nil
	}
	var last ast.Stmt
	for _, s := range p.File.Body {
		if span.Contains(s.Range()) {
			last = s
		}
	}
	s, ok := last.(*ast.ExprStmt)
	if !ok || strings.HasPrefix(strings.TrimLeft(p.Source.Slice(ast.Span{Start: s.Stop(), End: span.End}), " \t"), ";") {
		return nil
	}
	for i := range p.Notebook.Commands() {
		if c := &p.Notebook.Commands()[i]; c.Cell == cell && c.Span.Start > s.Pos() {
			return nil
		}
	}
	return s
}

// spellsKey reports whether an expression is a key that was read, or all of the environment.
func spellsKey(f *checks.Frame, e ast.Expr) bool {
	if call, ok := e.(*ast.Call); ok && checks.LastName(call.Fn) == "dict" && len(call.Args) == 1 && len(call.Keywords) == 0 {
		e = call.Args[0]
	}
	for _, s := range f.SpelledOut(e) {
		switch x := s.Expr.(type) {
		case *ast.Subscript:
			key, ok := x.Index.(*ast.Str)
			if ok && isKeyName(key.Value) && (checks.LastName(x.Value) == "environ" || checks.LastName(x.Value) == "secrets") {
				return true
			}
		case *ast.Attribute:
			if x.Attr.Id == "environ" && checks.LastName(x.Value) == "os" {
				return true
			}
		case *ast.Call:
			c := s.Frame.CallAt(x)
			if c == nil || c.Symbol == nil {
				continue
			}
			if c.Symbol.Is("os.environ.copy") || c.Symbol.Is("huggingface_hub.get_token") {
				return true
			}
			name := c.Arg(0, "key")
			if name == nil || !c.Symbol.Is("os.getenv", "os.environ.get", "google.colab.userdata.get", "kaggle_secrets.UserSecretsClient().get_secret", "streamlit.secrets.get") {
				continue
			}
			if text, ok := name.Value.Text(); ok && isKeyName(text) {
				return true
			}
		}
	}
	return false
}

// showsKey reports whether a line of a shell shows a key, or all variables.
func showsKey(line string) bool {
	stages := strings.Split(line, "|")
	words := strings.Fields(stages[0])
	if len(words) == 0 || strings.Contains(line, ">") && !strings.Contains(line, ">&2") {
		return false
	}
	for _, stage := range stages[1:] {
		f := strings.Fields(stage)
		switch {
		case len(f) == 0:
			return false
		case slices.Contains([]string{"sort", "head", "tail", "cat", "less", "more"}, f[0]):
		case strings.HasSuffix(f[0], "grep") && !slices.ContainsFunc(f, func(w string) bool { return strings.HasPrefix(w, "-") && strings.ContainsAny(w, "vclq") }):
			pattern := strings.ToUpper(strings.Trim(f[len(f)-1], `"'`))
			if !strings.Contains(pattern, "KEY") && !strings.Contains(pattern, "TOKEN") && !strings.Contains(pattern, "SECRET") && !strings.Contains(pattern, "PASSWORD") {
				return false
			}
		default:
			return false
		}
	}
	switch words[0] {
	case "env":
		return len(words) == 1
	case "printenv":
		return len(words) == 1 || slices.ContainsFunc(words[1:], isKeyName)
	case "echo":
		return slices.ContainsFunc(words[1:], func(w string) bool { return expandsKey(strings.Trim(w, `"`)) })
	}
	return false
}

// expandsKey reports whether a word of a shell line is put in place of a key: $NAME, ${NAME}, or {name}
// of the notebook's own.
func expandsKey(word string) bool {
	for rest := word; ; {
		i := strings.IndexAny(rest, "${")
		if i < 0 {
			return false
		}
		dollar := rest[i] == '$'
		rest = rest[i+1:]
		if dollar && strings.HasPrefix(rest, "{") {
			rest = rest[1:]
		}
		n := 0
		for n < len(rest) && (rest[n] == '_' || rest[n] == '.' || '0' <= rest[n] && rest[n] <= '9' || 'a' <= rest[n]|0x20 && rest[n]|0x20 <= 'z') {
			n++
		}
		name := rest[:n]
		name = name[strings.LastIndexByte(name, '.')+1:]
		if closed := dollar && (n == len(rest) || rest[n] != ':' && rest[n] != '[') || strings.HasPrefix(rest[n:], "}"); closed && isKeyName(name) {
			return true
		}
		rest = rest[n:]
	}
}

// withinObject reports whether a key is somewhere in an object that is printed: in a private attribute
// such as `self._client`, which no object shows.
func withinObject(path *checks.Path) bool {
	if isKeyName(path.Mark.Field()) {
		return false
	}
	if hidesFields(path.Value) || onlyInParts(path) {
		return true
	}
	for _, t := range path.Trace.Steps() {
		if a, ok := t.Node.(*ast.Attribute); ok && strings.HasPrefix(a.Attr.Id, "_") && !isKeyName(strings.Trim(a.Attr.Id, "_")) {
			return true
		}
	}
	return false
}

// leftOut reports whether a dict is copied on the way without the entry that holds the key:
// `{k: v for k, v in headers.items() if k != "Authorization"}`.
func leftOut(path *checks.Path) bool {
	for _, s := range path.Trace.Steps() {
		if s.Mod == nil || s.Mod.File == nil {
			continue
		}
		if _, target := s.Node.(*ast.Name); !target {
			continue
		}
		found := false
		ast.InspectFile(s.Mod.File, func(n ast.Node) bool {
			if n == nil || !n.Range().Contains(s.Node.Range()) || found {
				return false
			}
			c, ok := n.(*ast.Comp)
			if ok && c.Key != nil {
				for _, gen := range c.Clauses {
					found = found || slices.ContainsFunc(gen.Ifs, sparesKey)
				}
			}
			return true
		})
		if found {
			return true
		}
	}
	return false
}

// sparesKey reports whether a condition leaves out what has the name of a key.
func sparesKey(e ast.Expr) bool {
	c, ok := e.(*ast.Compare)
	if !ok || len(c.Ops) != 1 {
		return false
	}
	names := checks.Elements(c.Right[0])
	switch c.Ops[0] {
	case "!=":
		names = []ast.Expr{c.Right[0]}
	case "not in":
	default:
		return false
	}
	return slices.ContainsFunc(names, func(n ast.Expr) bool {
		s, ok := n.(*ast.Str)
		return ok && (strings.EqualFold(s.Value, "authorization") || isKeyName(s.Value))
	})
}

// hidesFields reports whether a value is an object whose text holds none of its fields.
func hidesFields(v *checks.Value) bool {
	o := v.Class()
	return o != nil && v.Kind() == flow.KindObject && !showsFields(o)
}

// onlyInParts reports whether of the pieces of a text only such objects can hold the key.
func onlyInParts(path *checks.Path) bool {
	hidden := false
	for _, part := range path.Value.PathText().Parts() {
		switch {
		case part.Value == nil:
		case hidesFields(part.Value):
			hidden = true
		case checks.Carries(path, part.Value):
			return false
		}
	}
	return hidden
}

// commandForIt reports whether a key is printed by the command of a command line that is there to print it:
// one that is called after it and prints nothing else along with it.
func commandForIt(p *checks.Pass, path *checks.Path) bool {
	def := p.FunctionAround(path.Node)
	if def == nil || path.Call == nil || len(path.Call.Args) != 1 {
		return false
	}
	if _, whole := path.Call.Args[0].Node.(*ast.Name); !whole {
		return false
	}
	words := strings.Split(strings.ToLower(def.Name.Id), "_")
	switch words[len(words)-1] {
	case "token", "key", "secret", "password":
	default:
		return false
	}
	return slices.ContainsFunc(def.Decorators, func(at *ast.Decorator) bool {
		d := at.Expr
		c, ok := d.(*ast.Call)
		if ok {
			d = c.Fn
		}
		return checks.LastName(d) == "command"
	})
}

// showsFields reports whether the text of an object may hold its fields: it has text of its own, or is a record.
func showsFields(c *checks.ProjectClass) bool {
	for _, k := range c.Linear() {
		if len(k.Decorators) > 0 {
			return true
		}
		for _, b := range k.Bases {
			if b.Class() == nil && !b.Is("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol") {
				return true
			}
		}
		for _, s := range k.Node.Body {
			if def, ok := s.(*ast.FunctionDef); ok && (def.Name.Id == "__repr__" || def.Name.Id == "__str__" || def.Name.Id == "__format__") {
				return true
			}
		}
	}
	return false
}
