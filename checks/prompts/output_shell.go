package prompts

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// outputInShell is PML1155.
var outputInShell = &checks.Rule{
	Spec: infoPML1155,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Confirmed() {
			return
		}
		command, shell := runText(path)
		if command == nil {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: commandFix(p, path, command, shell)})
	},
}

// runText is the model's text that decides what is run: the command line that a shell reads
// (shell is true), or the name of the program. It is nil where the model only fills in
// arguments of a program.
func runText(path *checks.Path) (command *checks.Value, shell bool) {
	bad := dirty(models.Shell)
	items, _, list := path.Items(path.Value)
	if path.Sink == nil || path.Sink.Note != models.NoteProgram {
		if list && len(items) > 0 {
			return only(items[0].Value, bad), true
		}
		return path.Value, true
	}
	if !list {
		// A single text without a shell is the name of the program.
		if strings.TrimSpace(path.Value.Prefix()) != "" || !firstArgument(path) {
			return nil, false
		}
		return path.Value, false
	}
	if len(items) == 0 {
		return nil, false
	}
	if bad(items[0].Value) {
		return items[0].Value, false
	}
	for i := 1; i+1 < len(items); i++ {
		if option, _ := items[i].Value.Text(); commandOption(items[0].Value, option) {
			return only(items[i+1].Value, bad), true
		}
	}
	return nil, false
}

// firstArgument reports whether the sink is the argument that names the program.
func firstArgument(path *checks.Path) bool {
	args := path.Call.Args
	if len(args) == 0 {
		return true
	}
	for i := range args {
		if ast.Node(args[i].Node) == path.Node {
			return args[i].Pos <= 0
		}
	}
	return true
}

func only(v *checks.Value, bad func(*checks.Value) bool) *checks.Value {
	if bad(v) {
		return v
	}
	return nil
}

// commandOption reports whether an option makes a program read a command line.
func commandOption(program *checks.Value, option string) bool {
	name, _ := program.Text()
	switch strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/"))), ".exe") {
	case "bash", "sh", "zsh", "dash", "ksh", "fish":
		return strings.HasPrefix(option, "-") && !strings.HasPrefix(option, "--") && strings.HasSuffix(option, "c")
	case "powershell", "pwsh":
		return strings.EqualFold(option, "-command") || strings.EqualFold(option, "-c")
	case "cmd":
		return strings.EqualFold(option, "/c") || strings.EqualFold(option, "/k")
	}
	return false
}

// commandFix quotes a value in a command, and lets only commands from a list run where all of
// it is the model's.
func commandFix(p *checks.Pass, path *checks.Path, command *checks.Value, shell bool) *fix.Fix {
	if !shell {
		return nil
	}
	if whole(command) {
		return allowList(p, path)
	}
	if strings.TrimSpace(command.Prefix()) == "" {
		return nil
	}
	quote, imports := fix.Reach(p.File, "shlex.quote", "import shlex", fix.BeforeFirstImport)
	edits := checks.QuoteParts(p, command, quote+"(", ")", dirty(models.Shell))
	if edits == nil {
		return nil
	}
	return checks.Fix(true, "quote the model's value in the command", edits, imports)
}

// whole reports whether a command is one value and no constant text.
func whole(v *checks.Value) bool {
	parts := v.Parts()
	return len(parts) == 0 || len(parts) == 1 && parts[0].Value != nil
}

// allowList makes a command run without a shell and only if its program is on a list.
func allowList(p *checks.Pass, path *checks.Path) *fix.Fix {
	call := path.Call
	if !call.Symbol.Is("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen") || call.Partial {
		return nil
	}
	shell, given := call.Arg(-1, "shell"), call.Arg(0, "args")
	if shell == nil || shell.Keyword == nil || shell.Unpacked || given == nil || given.Unpacked {
		return nil
	}
	name, ok := given.Node.(*ast.Name)
	stmt := p.StmtOf(call.Node)
	if !ok || stmt == nil || inDeferred(p, call.Node, stmt) {
		return nil
	}
	split, imports := fix.Reach(p.File, "shlex.split", "import shlex", fix.BeforeFirstImport)
	x := name.Id
	argv := "argv"
	if x == argv {
		argv = "words"
	}
	return checks.Fix(true, "run only commands from a list, without a shell",
		fix.InsertBefore(p.File, stmt,
			argv+" = "+split+"("+x+")",
			"if not "+argv+" or "+argv+"[0] not in ALLOWED_COMMANDS:",
			"    raise PermissionError(f\"command not allowed: {"+x+"!r}\")"),
		checks.Replace(p, name, argv),
		checks.RemoveArg(p, call, shell),
		imports,
		fix.AddConstant(p.File, "ALLOWED_COMMANDS: frozenset[str] = frozenset()", fix.Tight))
}

// inDeferred reports whether an expression is evaluated elsewhere than right at its
// statement: in a lambda or a comprehension, or in the head of a loop or branch.
func inDeferred(p *checks.Pass, n ast.Node, stmt ast.Stmt) bool {
	switch stmt.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign, *ast.Return, *ast.With, *ast.AugAssign:
	default:
		return true
	}
	for _, a := range p.Around(n) {
		if a.Pos() < stmt.Pos() {
			continue
		}
		switch a.(type) {
		case *ast.Lambda, *ast.Comp:
			return true
		}
	}
	return false
}
