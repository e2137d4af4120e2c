package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the fixes of commands that somebody else chooses as a whole.

// AllowCommands makes the command at the end of a path run without a shell and only if its program is on a list, which is
// to be filled; shell tells that a shell reads it. It is nil where that cannot be written.
func AllowCommands(p *Pass, path *Path, shell bool) *fix.Fix {
	call := path.Call
	stmt := p.StmtOf(call.Node)
	given := CommandArgument(call)
	if call.Partial || given == nil || given.Unpacked || given.Node == nil || stmt == nil || Deferred(p.Module, call.Node, stmt) || !p.Holds(given.Node) {
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
	if list, ok := line.(*ast.List); ok && shell { // of which the shell runs the first
		if len(list.Elts) != 1 {
			return nil
		}
		line = list.Elts[0]
	}
	name, named := line.(*ast.Name)
	if c, ok := line.(*ast.Call); !shell && (!ok || LastName(c.Fn) != "split") {
		if call.Symbol.Is("pexpect.spawn", "pexpect.popen_spawn.PopenSpawn") && len(call.Node.Args) == 1 {
			return spawnListed(p, call, line, stmt, guard, allowed)
		}
		if !named || !listTaking(call) {
			return nil
		}
		return Fix(true, "run only commands from a list", fix.InsertBefore(p.File, stmt, guard(name.Id, name.Id)...), allowed)
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
	edits, more, before := WithoutShell(p, call, given, shell, argv)
	if edits == nil {
		return nil
	}
	lines := slices.Concat([]string{text}, guard(argv, told), before)
	return Fix(true, message, fix.InsertBefore(p.File, stmt, lines...), edits, fix.JoinImports(imports, more), allowed)
}

// spawnListed makes pexpect start only programs of a list, with their arguments as a list.
func spawnListed(p *Pass, call *Call, line ast.Expr, stmt ast.Stmt, guard func(argv, told string) []string, allowed []fix.Edit) *fix.Fix {
	split, imports := fix.Reach(p.File, "shlex.split", "import shlex", fix.InOrder)
	words := "argv[0], argv[1:]"
	if call.Symbol.Is("pexpect.popen_spawn.PopenSpawn") {
		words = "argv"
	}
	return Fix(true, "run only commands from a list",
		fix.InsertBefore(p.File, stmt, append([]string{"argv = " + split + "(" + p.File.Text(line) + ")"}, guard("argv", "argv")...)...),
		[]fix.Edit{{Start: int(line.Pos()), End: int(line.Stop()), New: words}}, imports, allowed)
}

// CommandArgument is the argument of a call that is its command, or the first word of it.
func CommandArgument(c *Call) *Argument {
	for _, name := range [...]string{"args", "cmd", "command", "commands"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// listTaking reports whether a call is given the words of a command as a list.
func listTaking(c *Call) bool {
	return c.Symbol.Is("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen")
}

// shellScript is the expression that a shell is told to run where it is a word of its own: X in ["bash", "-c", X], or
// the words in ["powershell", "-Command"] + X.split(). It is nil where the command is no such list, or has more words.
func shellScript(p *Pass, path *Path) (line ast.Expr, isSplit bool) {
	call := path.Call
	if call.Symbol.Is("asyncio.create_subprocess_exec") {
		args := call.Node.Args
		if n := len(args); n > 2 && ast.Node(args[n-1]) == path.Node {
			return args[n-1], false
		}
		return nil, false
	}
	given := CommandArgument(call).Node
	if sum, ok := given.(*ast.BinOp); ok && sum.Op == "+" {
		_, list := sum.Left.(*ast.List)
		c, called := sum.Right.(*ast.Call)
		if list && called && LastName(c.Fn) == "split" {
			return c, true
		}
	}
	items, list := ItemsAt(path)
	if n := len(items) - 1; list && n > 1 {
		e, ok := items[n].Node.(ast.Expr)
		option, _ := items[n-1].Value.Text()
		if ok && p.Holds(e) && p.FunctionAround(e) == p.FunctionAround(call.Node) && CommandOption(items[0].Value, option) {
			if _, display := given.(*ast.List); display || Repeatable(e) {
				return e, false
			}
		}
	}
	return nil, false
}

// WithoutShell makes the edits by which a call runs the words of a list, whose text is argv, in the place of the command
// that it is given; shell tells that a shell read that. They are nil where that cannot be written. before are statements
// that the call's own needs in front of it.
func WithoutShell(p *Pass, call *Call, given *Argument, shell bool, argv string) (edits, imports []fix.Edit, before []string) {
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
			edits = RemoveArg(p, call, flag)
		}
		return append(edits, replaced()...), nil, nil
	case call.Symbol.Is("os.system") && single:
		return Replace(p, call.Node, run("subprocess.call(", ")")), importing, nil
	case call.Symbol.Is("os.popen") && single:
		return Replace(p, call.Node, run("subprocess.Popen(", ", stdout=subprocess.PIPE, text=True).stdout")), importing, nil
	case call.Symbol.Is("subprocess.getoutput") && single:
		return Replace(p, call.Node, run("subprocess.run(", merged+`.stdout.rstrip("\n")`)), importing, nil
	case call.Symbol.Is("subprocess.getstatusoutput") && single:
		return Replace(p, call.Node, `(done.returncode, done.stdout.rstrip("\n"))`), importing, []string{run("done = subprocess.run(", merged)}
	case call.Symbol.Is("asyncio.create_subprocess_shell"):
		spelling, imports := fix.Reach(p.File, "asyncio.create_subprocess_exec", "import asyncio", fix.InOrder)
		return append(Replace(p, call.Node.Fn, spelling), fix.Edit{Start: int(given.Node.Pos()), End: int(given.Node.Stop()), New: words}), imports, nil
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

// AllowOnly refuses, before the call at the end of a path, what is in no set that the team fills: e is the expression of
// what the call is given, and around, if given, says what of it is tested: "urlparse(", ").hostname". Of a list each item is
// tested that others choose. It is nil where that cannot be written.
func AllowOnly(p *Pass, path *Path, e ast.Expr, set, problem string, around ...string) *fix.Fix {
	tested := func(text string) string {
		if len(around) == 2 {
			return around[0] + text + around[1]
		}
		return text
	}
	if e == nil || !p.Holds(e) || path.Call != nil && e == ast.Expr(path.Call.Node) { // a function that is called for each item of something
		return nil
	}
	end := path.Node
	if path.Call != nil {
		end = path.Call.Node
	}
	stmt := p.StmtOf(end)
	if !p.Holds(end) || !sameFunction(p.Module, e, end) || stmt != nil && !stmt.Range().Contains(e.Range()) { // it stands in a dict that was made before
		stmt = p.StmtOf(e)
	}
	if stmt == nil {
		return nil
	}
	var tests, lines []string
	var edits []fix.Edit
	for _, x := range chosenItems(path, e) {
		text := p.File.Text(x)
		_, comprehension := x.(*ast.Comp)
		items, _, list := path.Items(path.Value)
		each := eachOf(p.Module, x, stmt)
		switch {
		case each != nil && Repeatable(x) && Repeatable(each.Iter) && evaluatedOnce(p.Module, each.Iter, stmt):
			tests = append(tests, "any("+tested(text)+" not in "+set+" "+p.File.Text(each)+")")
			continue
		case each != nil || !evaluatedOnce(p.Module, x, stmt):
			return nil
		case comprehension || !Repeatable(x):
			name := "requested"
			if len(lines) > 0 {
				return nil
			}
			lines = append(lines, name+" = "+text)
			edits = Replace(p, x, name)
			text = name
		}
		one := slices.ContainsFunc(items, func(it Item) bool { return it.Node == ast.Node(x) }) // e is an element itself
		if comprehension || x == e && !one && (list && ast.Node(e) == GivenNode(path) || saidList(p, x) || takesList(path) && ast.Node(e) == GivenNode(path)) {
			tests = append(tests, "any("+tested("item")+" not in "+set+" for item in "+text+")")
			continue
		}
		switch x.(type) {
		case *ast.BinOp, *ast.BoolOp, *ast.IfExp:
			if around == nil {
				text = "(" + text + ")"
			}
		}
		tests = append(tests, tested(text)+" not in "+set)
	}
	if tests == nil {
		return nil
	}
	lines = append(lines, "if "+strings.Join(tests, " or ")+":", `    raise ValueError("`+problem+`")`)
	return Fix(true, "let only through what is listed in "+set, fix.InsertBefore(p.File, stmt, lines...), edits,
		fix.AddConstant(p.File, set+": frozenset[str] = frozenset()", fix.Spaced))
}

// takesList reports whether what the call at the end of a path is given is a list.
func takesList(path *Path) bool {
	return path.Call != nil && path.Call.Symbol.Is("transformers.image_utils.load_images", "yt_dlp.YoutubeDL().download", "youtube_dl.YoutubeDL().download") &&
		path.Value.Kind() == flow.KindUnknown
}

// saidList reports whether an annotation of the file says that a parameter, a name or an attribute is a list.
func saidList(p *Pass, e ast.Expr) bool {
	name, list, other := LastName(e), false, false
	if name == "" {
		return false
	}
	said := func(annotation ast.Expr) {
		if s, ok := annotation.(*ast.Subscript); ok {
			annotation = s.Value
		}
		switch strings.ToLower(LastName(annotation)) {
		case "list", "sequence", "tuple", "set", "iterable":
			list = true
		default:
			other = true
		}
	}
	switch x := e.(type) {
	case *ast.Name:
		if fn := p.FunctionAround(x); fn != nil && fn.Params != nil {
			for _, param := range fn.Params.List {
				if param.Name != nil && param.Name.Id == name && param.Annotation != nil {
					said(param.Annotation)
				}
			}
		}
	case *ast.Attribute:
		ast.InspectFile(p.File, func(n ast.Node) bool {
			if a, ok := n.(*ast.AnnAssign); ok && LastName(a.Target) == name {
				said(a.Annotation)
			}
			return true
		})
	}
	return list && !other
}

// EachOf is the loop of a comprehension in a statement, of whose items e is made, where it can be gone through once more
// before: "for x in xs". It is "" where there is none.
func EachOf(p *Pass, e ast.Expr, stmt ast.Stmt) string {
	each := eachOf(p.Module, e, stmt)
	if each == nil || !Repeatable(e) || !Repeatable(each.Iter) || !evaluatedOnce(p.Module, each.Iter, stmt) {
		return ""
	}
	return p.File.Text(each)
}

// chosenItems are the elements of a list that others choose, or the expression itself where it spells no list.
func chosenItems(path *Path, e ast.Expr) []ast.Expr {
	switch e.(type) {
	case *ast.List, *ast.Tuple:
	default:
		return []ast.Expr{e}
	}
	items, _, _ := path.Items(path.Value)
	var out []ast.Expr
	for _, it := range items {
		x, ok := it.Node.(ast.Expr)
		if ok && e.Range().Contains(x.Range()) && it.Value.Labels(path.Kind).Has(path.Mark.Label) {
			out = append(out, x)
		}
	}
	return out
}

// evaluatedOnce is KnownBefore, also for what a loop goes through.
func evaluatedOnce(m *Module, e ast.Expr, stmt ast.Stmt) bool {
	if loop, ok := stmt.(*ast.For); ok && loop.Iter.Range().Contains(e.Range()) {
		return !RunsLater(m, e, stmt)
	}
	return KnownBefore(m, e, stmt)
}

// AllowDigest is AllowOnly for the content of a file that e names, or for the bytes that e is: its SHA-256 must be in the set.
func AllowDigest(p *Pass, path *Path, e ast.Expr, bytes bool, set, problem string) *fix.Fix {
	if e == nil || !p.Holds(e) {
		return nil
	}
	sha, imports := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.InSection)
	before, after := sha+"(", ").hexdigest()"
	if !bytes {
		file, pathlib := fix.Reach(p.File, "pathlib.Path", "from pathlib import Path", fix.InSection)
		before, after = before+file+"(", ").read_bytes()"+after
		imports = fix.JoinImports(imports, pathlib)
	}
	f := AllowOnly(p, path, e, set, problem, before, after)
	if f != nil {
		f.Edits = append(f.Edits, imports...)
	}
	return f
}

// RequireStart refuses, before the call at the end of a path, text that does not start as it has to: e is the expression of
// what the call is given. It is nil where that cannot be written.
func RequireStart(p *Pass, path *Path, e ast.Expr, start, problem string) *fix.Fix {
	if e == nil || !p.Holds(e) {
		return nil
	}
	edits := p.requireEach(e, path.Call.Node, func(text string) string {
		return text + ".startswith(" + strconv.Quote(start) + ")"
	}, problem)
	if edits == nil {
		return nil
	}
	return Fix(true, "let only through what starts with "+start, edits)
}
