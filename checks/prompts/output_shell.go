package prompts

import (
	"path"
	"slices"
	"strconv"
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
		if words, script := runsWritten(c); script >= 0 && !c.Confirmed() {
			p.Report(checks.Report{Node: c.Node, Message: "A shell runs a script that a model wrote", Fix: scriptInContainer(p, c, words, script)})
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
// it, or its beginning, is the model's.
func commandFix(p *checks.Pass, path *checks.Path, command *checks.Value, shell bool) *fix.Fix {
	if !shell || checks.OneValue(command) || strings.TrimSpace(command.Prefix()) == "" {
		return allowList(p, path, shell)
	}
	return checks.QuoteInCommand(p, command)
}

// allowList makes a command run without a shell and only if its program is on a list.
func allowList(p *checks.Pass, path *checks.Path, shell bool) *fix.Fix {
	call := path.Call
	stmt := p.StmtOf(call.Node)
	given := commandArgument(call)
	if call.Partial || given == nil || given.Unpacked || given.Node == nil || stmt == nil || checks.Deferred(p.Module, call.Node, stmt) || !p.Holds(given.Node) {
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
	line, isSplit := given.Node, false // what is split into words
	if flag := call.Arg(-1, "shell"); shell && (flag == nil || !flag.Value.IsTrue()) && (listTaking(call) || call.Symbol.Is("asyncio.create_subprocess_exec")) {
		if line, isSplit = shellScript(p, path); line == nil {
			return nil
		}
	}
	name, named := line.(*ast.Name)
	if c, ok := line.(*ast.Call); !shell && (!ok || checks.LastName(c.Fn) != "split") {
		if call.Symbol.Is("pexpect.spawn", "pexpect.popen_spawn.PopenSpawn") && len(call.Node.Args) == 1 {
			return spawnListed(p, call, line, stmt, guard, allowed)
		}
		if !named || !listTaking(call) {
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
	text := argv + " = " + p.File.Text(line)
	var imports []fix.Edit
	if shell && !isSplit {
		var split string
		split, imports = fix.Reach(p.File, "shlex.split", "import shlex", fix.InOrder)
		text = argv + " = " + split + "(" + p.File.Text(line) + ")"
	}
	edits, more, before := withoutShell(p, call, given, shell, argv)
	if edits == nil {
		return nil
	}
	lines := slices.Concat([]string{text}, guard(argv, told), before)
	return checks.Fix(true, message, fix.InsertBefore(p.File, stmt, lines...), edits, fix.JoinImports(imports, more), allowed)
}

// spawnListed makes pexpect start only programs of a list, with their arguments as a list.
func spawnListed(p *checks.Pass, call *checks.Call, line ast.Expr, stmt ast.Stmt, guard func(argv, told string) []string, allowed []fix.Edit) *fix.Fix {
	split, imports := fix.Reach(p.File, "shlex.split", "import shlex", fix.InOrder)
	words := "argv[0], argv[1:]"
	if call.Symbol.Is("pexpect.popen_spawn.PopenSpawn") {
		words = "argv"
	}
	return checks.Fix(true, "run only commands from a list",
		fix.InsertBefore(p.File, stmt, append([]string{"argv = " + split + "(" + p.File.Text(line) + ")"}, guard("argv", "argv")...)...),
		[]fix.Edit{{Start: int(line.Pos()), End: int(line.Stop()), New: words}}, imports, allowed)
}

// commandArgument is the argument of a call that is its command, or the first word of it.
func commandArgument(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"args", "cmd", "command", "commands"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// listTaking reports whether a call is given the words of a command as a list.
func listTaking(c *checks.Call) bool {
	return c.Symbol.Is("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen")
}

// shellScript is the expression that a shell is told to run where it is a word of its own: X in ["bash", "-c", X], or
// the words in ["powershell", "-Command"] + X.split(). It is nil where the command is no such list, or has more words.
func shellScript(p *checks.Pass, path *checks.Path) (line ast.Expr, isSplit bool) {
	call := path.Call
	if call.Symbol.Is("asyncio.create_subprocess_exec") {
		args := call.Node.Args
		if n := len(args); n > 2 && ast.Node(args[n-1]) == path.Node {
			return args[n-1], false
		}
		return nil, false
	}
	given := commandArgument(call).Node
	if sum, ok := given.(*ast.BinOp); ok && sum.Op == "+" {
		_, list := sum.Left.(*ast.List)
		c, called := sum.Right.(*ast.Call)
		if list && called && checks.LastName(c.Fn) == "split" {
			return c, true
		}
	}
	items, list := checks.ItemsAt(path)
	if n := len(items) - 1; list && n > 1 {
		e, ok := items[n].Node.(ast.Expr)
		option, _ := items[n-1].Value.Text()
		if ok && p.Holds(e) && p.FunctionAround(e) == p.FunctionAround(call.Node) && checks.CommandOption(items[0].Value, option) {
			if _, display := given.(*ast.List); display || checks.Repeatable(e) {
				return e, false
			}
		}
	}
	return nil, false
}

// withoutShell makes the edits by which a call runs the words of a list, whose text is argv, in the place of the command
// that it is given; shell tells that a shell read that. They are nil where that cannot be written. before are statements
// that the call's own needs in front of it.
func withoutShell(p *checks.Pass, call *checks.Call, given *checks.Argument, shell bool, argv string) (edits, imports []fix.Edit, before []string) {
	words := strings.TrimSuffix(strings.TrimPrefix(argv, "["), "]") // as arguments
	if words == argv {
		words = "*" + argv
	}
	replaced := func() []fix.Edit {
		return []fix.Edit{{Start: int(given.Node.Pos()), End: int(given.Node.Stop()), New: argv}}
	}
	module, importing := fix.Reach(p.File, "subprocess", "import subprocess", fix.InOrder)
	run := func(before, after string) string {
		return strings.ReplaceAll(before+argv+after, "subprocess.", module+".")
	}
	const merged = ", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)"
	single := len(call.Node.Args)+len(call.Node.Keywords) == 1
	switch {
	case listTaking(call):
		flag := call.Arg(-1, "shell")
		switch {
		case flag == nil || !flag.Value.IsTrue():
		case flag.Keyword == nil || flag.Unpacked:
			return nil, nil, nil
		default:
			edits = checks.RemoveArg(p, call, flag)
		}
		return append(edits, replaced()...), nil, nil
	case call.Symbol.Is("os.system") && single:
		return checks.Replace(p, call.Node, run("subprocess.call(", ")")), importing, nil
	case call.Symbol.Is("os.popen") && single:
		return checks.Replace(p, call.Node, run("subprocess.Popen(", ", stdout=subprocess.PIPE, text=True).stdout")), importing, nil
	case call.Symbol.Is("subprocess.getoutput") && single:
		return checks.Replace(p, call.Node, run("subprocess.run(", merged+`.stdout.rstrip("\n")`)), importing, nil
	case call.Symbol.Is("subprocess.getstatusoutput") && single:
		return checks.Replace(p, call.Node, `(done.returncode, done.stdout.rstrip("\n"))`), importing, []string{run("done = subprocess.run(", merged)}
	case call.Symbol.Is("asyncio.create_subprocess_shell"):
		spelling, imports := fix.Reach(p.File, "asyncio.create_subprocess_exec", "import asyncio", fix.InOrder)
		return append(checks.Replace(p, call.Node.Fn, spelling), fix.Edit{Start: int(given.Node.Pos()), End: int(given.Node.Stop()), New: words}), imports, nil
	case call.Symbol.Is("asyncio.create_subprocess_exec"):
		args := call.Node.Args
		if len(args) == 0 {
			return nil, nil, nil
		}
		return []fix.Edit{{Start: int(p.File.Parens(args[0]).Start), End: int(p.File.Parens(args[len(args)-1]).End), New: words}}, nil, nil
	case shell && !call.Symbol.Under("subprocess") && !call.Symbol.Under("os"):
		// Nothing but a shell runs it there: it reads the words as they are.
		join, imports := fix.Reach(p.File, "shlex.join", "import shlex", fix.InOrder)
		return []fix.Edit{{Start: int(given.Node.Pos()), End: int(given.Node.Stop()), New: join + "(" + argv + ")"}}, imports, nil
	}
	return nil, nil, nil
}

// scriptInContainer runs a script in a container without files and network.
func scriptInContainer(p *checks.Pass, c *checks.Call, words []checks.Item, script int) *fix.Fix {
	given := commandArgument(c)
	if c.Partial || given == nil || given.Unpacked || given.Node == nil || !p.Holds(given.Node) {
		return nil
	}
	var texts []string
	for _, w := range words[script:] {
		text, known := w.Value.Text()
		text = strconv.Quote(text)
		if e, ok := w.Node.(ast.Expr); ok && p.Holds(e) {
			text, known = p.File.Text(e), true
		}
		if !known {
			return nil
		}
		texts = append(texts, text)
	}
	program := "sh"
	if first, _ := words[0].Value.Text(); path.Base(first) == "bash" {
		program = "bash"
	}
	argv := `["docker", "run", "--rm", "--network=none", "--read-only", "debian:stable-slim", "` + program + `", "-c", open(` + texts[0] + `).read()`
	if len(texts) > 1 { // $0 and the arguments
		argv += ", " + strings.Join(texts, ", ")
	}
	stmt := p.StmtOf(c.Node)
	edits, imports, before := withoutShell(p, c, given, true, argv+"]")
	switch {
	case edits == nil || len(before) > 0 && (stmt == nil || checks.Deferred(p.Module, c.Node, stmt)):
		return nil
	case len(before) > 0:
		edits = append(edits, fix.InsertBefore(p.File, stmt, before...)...)
	}
	return checks.Fix(true, "run the script in a container without files and network", edits, imports)
}

// runsWritten tells whether a call runs a script that was written in the same file and
// holds a model's text: the words of its command, and which of them names the script, -1 for none.
func runsWritten(c *checks.Call) (words []checks.Item, script int) {
	words, script = commandWords(c)
	if script < 0 {
		return nil, -1
	}
	for _, f := range c.Frame.Beside() {
		for _, w := range f.Calls {
			if f == c.Frame && w.Node.Pos() >= c.Node.Pos() || len(w.Args) == 0 || w.Receiver == nil || !writers[w.Method] {
				continue
			}
			if w.Args[0].Value.Labels(models.Shell).Has(models.LLM) && written(w, words[script].Value) {
				return words, script
			}
		}
	}
	return nil, -1
}

var writers = map[string]bool{"write": true, "write_text": true, "write_bytes": true, "writelines": true}

// commandWords lists the words of a command, and tells which can name a script: its program, or
// for a shell its first argument; -1 for none. Python scripts are another check's.
func commandWords(c *checks.Call) (words []checks.Item, script int) {
	if len(c.Args) == 0 {
		return nil, -1
	}
	first := c.Args[0].Value
	if items, _, ok := c.Items(first); ok {
		words = items
	} else if c.Symbol.Is("asyncio.create_subprocess_exec") {
		for i := range c.Args {
			if c.Args[i].Pos >= 0 {
				words = append(words, checks.Item{Value: c.Args[i].Value, Node: c.Args[i].Node})
			}
		}
	} else {
		words = shellWords(first)
	}
	if len(words) == 0 {
		return nil, -1
	}
	if !isShell(words[0].Value) {
		return words, 0
	}
	for i, w := range words[1:] {
		if t, ok := w.Value.Text(); !ok || !strings.HasPrefix(t, "-") {
			return words, i + 1
		}
	}
	return nil, -1
}

// shellWords splits a command line into its words.
func shellWords(v *checks.Value) []checks.Item {
	parts := v.Parts()
	if len(parts) == 0 {
		return []checks.Item{{Value: v}}
	}
	var out []checks.Item
	for _, part := range parts {
		if part.Value != nil {
			out = append(out, checks.Item{Value: part.Value, Node: part.Node})
			continue
		}
		for _, w := range strings.Fields(part.Text) {
			out = append(out, checks.Item{Value: flow.Constant(w)})
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
