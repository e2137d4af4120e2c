package prompts

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// outputInShell is PML1155.
var outputInShell = &checks.Rule{
	Spec: infoPML1155,
	On: []string{
		"os.{system,popen}", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}",
		"asyncio.{create_subprocess_shell,create_subprocess_exec}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if runsWritten(c) && !c.Confirmed() {
			p.Report(checks.Report{Node: c.Node, Message: "A shell runs a script that a model wrote"})
		}
	},
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Confirmed() {
			return
		}
		command, shell := checks.RunText(path)
		if command == nil || !shell && programTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: commandFix(p, path, command, shell)})
	},
}

// programTested reports whether a function asks for the first word of a command, before it
// runs it, whether it is one of some.
func programTested(p *checks.Pass, path *checks.Path) bool {
	for _, f := range [...]*checks.Frame{path.Frame, path.Call.Frame} {
		body := checks.BodyOf(f)
		found := false
		ast.InspectStmts(body, func(n ast.Node) bool {
			c, ok := n.(*ast.Compare)
			if ok && (f != path.Call.Frame || c.Pos() < path.Call.Node.Pos()) && len(c.Ops) > 0 && strings.HasSuffix(c.Ops[0], "in") && firstItem(c.Left) {
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

// firstItem reports whether an expression reads the first item of something, or calls a
// method of that: `argv[0].lower()`.
func firstItem(e ast.Expr) bool {
	for {
		switch n := e.(type) {
		case *ast.Subscript:
			i, ok := n.Index.(*ast.Number)
			return ok && i.Text == "0"
		case *ast.Attribute:
			e = n.Value
		case *ast.Call:
			if len(n.Args) == 1 {
				if firstItem(n.Args[0]) {
					return true
				}
			}
			e = n.Fn
		default:
			return false
		}
	}
}

// commandFix quotes a value in a command, and lets only commands from a list run where all of
// it is the model's.
func commandFix(p *checks.Pass, path *checks.Path, command *checks.Value, shell bool) *fix.Fix {
	if !shell || checks.OneValue(command) {
		return allowList(p, path, shell)
	}
	if strings.TrimSpace(command.Prefix()) == "" {
		return nil
	}
	return checks.QuoteInCommand(p, command)
}

// allowList makes a command run without a shell and only if its program is on a list.
func allowList(p *checks.Pass, path *checks.Path, shell bool) *fix.Fix {
	call := path.Call
	stmt := p.StmtOf(call.Node)
	given := call.Arg(0, "args")
	if given == nil {
		given = call.Arg(0, "cmd")
	}
	if call.Partial || given == nil || given.Unpacked || given.Node == nil || stmt == nil || checks.Deferred(p.Module, call.Node, stmt) || !p.Holds(given.Node) {
		return nil
	}
	var edits []fix.Edit
	run := ""
	switch {
	case call.Symbol.Is("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen"):
		if !shell {
			break
		}
		flag := call.Arg(-1, "shell")
		if flag == nil || flag.Keyword == nil || flag.Unpacked {
			return nil
		}
		edits = checks.RemoveArg(p, call, flag)
	case call.Symbol.Is("os.system") && len(call.Node.Args) == 1:
		run = "subprocess.call"
	case call.Symbol.Is("asyncio.create_subprocess_shell"):
		run = "asyncio.create_subprocess_exec"
	default:
		return nil
	}
	const message = "run only commands from a list, without a shell"
	allowed := fix.AddConstant(p.File, "ALLOWED_COMMANDS: frozenset[str] = frozenset()", fix.Tight)
	guard := func(argv, told string) []string {
		return []string{
			"if not " + argv + " or " + argv + "[0] not in ALLOWED_COMMANDS:",
			"    raise PermissionError(f\"command not allowed: {" + told + "!r}\")",
		}
	}
	name, named := given.Node.(*ast.Name)
	if c, ok := given.Node.(*ast.Call); !shell && (!ok || checks.LastName(c.Fn) != "split") {
		if !named {
			return nil
		}
		return checks.Fix(true, "run only commands from a list", fix.InsertBefore(p.File, stmt, guard(name.Id, name.Id)...), allowed)
	}
	argv := "argv"
	if named && name.Id == argv {
		argv = "words"
	}
	told := argv
	if named {
		told = name.Id
	}
	line := argv + " = " + p.File.Text(given.Node)
	var imports []fix.Edit
	if shell {
		var split string
		split, imports = fix.Reach(p.File, "shlex.split", "import shlex", fix.InOrder)
		line = argv + " = " + split + "(" + p.File.Text(given.Node) + ")"
	}
	use := argv
	if run != "" {
		module, _, _ := strings.Cut(run, ".")
		spelling, more := fix.Reach(p.File, run, "import "+module, fix.InOrder)
		imports = append(imports, more...)
		edits = checks.Replace(p, call.Node.Fn, spelling)
		if module == "asyncio" {
			use = "*" + argv
		}
	}
	return checks.Fix(true, message, fix.InsertBefore(p.File, stmt, append([]string{line}, guard(argv, told)...)...),
		[]fix.Edit{{Start: int(given.Node.Pos()), End: int(given.Node.Stop()), New: use}}, edits, imports, allowed)
}

// runsWritten reports whether a call runs a script that was written in the same file and
// holds a model's text.
func runsWritten(c *checks.Call) bool {
	words := commandWords(c)
	if len(words) == 0 {
		return false
	}
	for _, f := range c.Frame.Beside() {
		for _, w := range f.Calls {
			if f == c.Frame && w.Node.Pos() >= c.Node.Pos() || len(w.Args) == 0 || w.Receiver == nil || !writers[w.Method] {
				continue
			}
			if !w.Args[0].Value.Labels(models.Shell).Has(models.LLM) {
				continue
			}
			for _, word := range words {
				if written(w, word) {
					return true
				}
			}
		}
	}
	return false
}

var writers = map[string]bool{"write": true, "write_text": true, "write_bytes": true, "writelines": true}

// commandWords lists the words of a command that can name a script: its program, or for a
// shell its first arguments. Python scripts are another check's.
func commandWords(c *checks.Call) []*checks.Value {
	if len(c.Args) == 0 {
		return nil
	}
	first := c.Args[0].Value
	var words []*checks.Value
	if items, _, ok := c.Items(first); ok {
		for _, it := range items {
			words = append(words, it.Value)
		}
	} else if c.Symbol.Is("asyncio.create_subprocess_exec") {
		for i := range c.Args {
			if c.Args[i].Pos >= 0 {
				words = append(words, c.Args[i].Value)
			}
		}
	} else {
		words = shellWords(first)
	}
	if len(words) == 0 {
		return nil
	}
	if !isShell(words[0]) {
		return words[:1]
	}
	for i, w := range words[1:] {
		if t, ok := w.Text(); !ok || !strings.HasPrefix(t, "-") {
			return words[i+1 : i+2]
		}
	}
	return nil
}

// shellWords splits a command line into its words.
func shellWords(v *checks.Value) []*checks.Value {
	parts := v.Parts()
	if len(parts) == 0 {
		return []*checks.Value{v}
	}
	var out []*checks.Value
	for _, part := range parts {
		if part.Value != nil {
			out = append(out, part.Value)
			continue
		}
		for _, w := range strings.Fields(part.Text) {
			out = append(out, flow.Constant(w))
		}
	}
	return out
}

func isShell(v *checks.Value) bool {
	name, _ := v.Text()
	switch path.Base(name) {
	case "bash", "sh", "zsh", "dash", "ksh":
		return true
	}
	return false
}

// written reports whether the file that a call writes to is the one named.
func written(w *checks.Call, name *checks.Value) bool {
	made := w.Receiver.Origin()
	if made == nil {
		return false
	}
	if made == name.Origin() {
		return true
	}
	if len(made.Args) == 0 {
		return false
	}
	file := made.Args[0].Value
	if file.Origin() != nil && file.Origin() == name.Origin() {
		return true
	}
	a, ok1 := fileName(file)
	b, ok2 := fileName(name)
	return ok1 && ok2 && a == b
}

// fileName is the constant name of a file.
func fileName(v *checks.Value) (string, bool) {
	if t, ok := v.Text(); ok {
		return path.Clean(t), true
	}
	if o := v.Origin(); o != nil && v.Is("pathlib.PurePath()") && len(o.Args) == 1 {
		t, ok := o.Args[0].Value.Text()
		return path.Clean(t), ok
	}
	return "", false
}
