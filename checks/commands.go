package checks

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds words for commands that a program runs.

// ModelText returns the test whether a value carries a model's text, or a parameter's, that is
// dangerous at a kind of sink.
func ModelText(kind SinkKind) func(*Value) bool { return CarriesAny(kind, models.LLM) }

// RunText is the model's text that decides what is run: the command line that a shell reads
// (shell is true), or the name of the program. It is nil where the model only fills in
// arguments of a program.
func RunText(way *Path) (command *Value, shell bool) { return TextRun(way, ModelText(models.Shell)) }

// TextRun is RunText for the data for which bad holds.
func TextRun(way *Path, bad func(*Value) bool) (command *Value, shell bool) {
	items, list := ItemsAt(way)
	if way.Sink == nil || way.Sink.Note != models.NoteProgram {
		if list && len(items) > 0 {
			return only(items[0].Value, bad), true
		}
		return way.Value, true
	}
	if !list {
		if script := scriptWord(way); script != nil {
			return only(script.Value, bad), true
		}
		// A single text without a shell is the name of the program.
		if strings.TrimSpace(way.Value.Prefix()) != "" || !firstArgument(way, bad) {
			return nil, false
		}
		return way.Value, false
	}
	if len(items) == 0 {
		return nil, false
	}
	if bad(items[0].Value) {
		return items[0].Value, false
	}
	for i := 1; i+1 < len(items); i++ {
		if option, _ := items[i].Value.Text(); CommandOption(items[0].Value, option) {
			return only(items[i+1].Value, bad), true
		}
	}
	return nil, false
}

// scriptWord is the argument at the sink where the words of a command are arguments and those
// before make a shell read it: create_subprocess_exec("sh", "-c", line).
func scriptWord(way *Path) *Argument {
	args := way.Call.Args
	for i := 2; i < len(args); i++ {
		if ast.Node(args[i].Node) != way.Node || args[i].Pos < 2 || args[i].Unpacked {
			continue
		}
		if option, _ := args[i-1].Value.Text(); CommandOption(args[0].Value, option) {
			return &args[i]
		}
	}
	return nil
}

// ItemsAt lists the elements of the list that reaches the sink, as the function of the sink
// knows them where the caller's are not known.
func ItemsAt(way *Path) (items []Item, list bool) {
	if items, _, list = way.Items(way.Value); list {
		return items, true
	}
	for i := range way.Call.Args {
		if a := &way.Call.Args[i]; a.Node != nil && ast.Node(a.Node) == way.Node {
			items, _, list = way.Call.Items(a.Value)
			return items, list
		}
	}
	return nil, false
}

// Unfolded puts in the place of a list that is spread among others (`[*self.base, "log", rev]`) what it holds, where
// that is known.
func Unfolded(way *Path, items []Item) []Item {
	var out []Item
	for i, it := range items {
		spread := -1
		var words []Item
		if it.Splat {
			for _, a := range it.Value.Alternatives() {
				if known, open, ok := way.Items(a); ok && !open && len(known) > 0 {
					words, spread = known, i
					break
				}
			}
		}
		switch {
		case spread < 0 && out != nil:
			out = append(out, it)
		case spread >= 0:
			if out == nil {
				out = append(make([]Item, 0, len(items)+len(words)), items[:i]...)
			}
			out = append(out, words...)
		}
	}
	if out == nil {
		return items
	}
	return out
}

// firstArgument reports whether the sink is the argument that names the program.
func firstArgument(way *Path, bad func(*Value) bool) bool {
	args := way.Call.Args
	if len(args) == 0 {
		return true
	}
	found := false
	for i := range args {
		if ast.Node(args[i].Node) != way.Node {
			continue
		}
		// The words of `*argv` share one node.
		if !args[i].Unpacked || bad(args[i].Value) {
			return args[i].Pos <= 0
		}
		found = true
	}
	return !found
}

func only(v *Value, bad func(*Value) bool) *Value {
	if bad(v) {
		return v
	}
	return nil
}

// CommandOption reports whether an option makes a program read a command line.
func CommandOption(program *Value, option string) bool {
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

// QuoteInCommand puts shlex.quote around what a model brings into a command; nil where that makes
// no safe command of it.
func QuoteInCommand(p *Pass, command *Value) *fix.Fix {
	return QuoteForShell(p, command, fix.InOrder, false, "quote the model's value in the command", ModelText(models.Shell))
}

// DashesTested reports whether the function tests the words of a list for a dash at their beginning
// before it uses them: in a loop, or by `any(word.startswith("-") for word in words)`.
func DashesTested(p *Pass, list ast.Expr) bool {
	fn := p.FunctionAround(list)
	if fn == nil {
		return false
	}
	text, found := p.File.Text(list), false
	test := func(target ast.Expr, in ast.Node) {
		name, ok := target.(*ast.Name)
		if !ok {
			return
		}
		ast.Inspect(in, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if !ok || len(c.Args) != 1 {
				return !found
			}
			at, ok := c.Fn.(*ast.Attribute)
			if !ok || at.Attr.Id != "startswith" {
				return !found
			}
			of, ok := at.Value.(*ast.Name)
			dash, text := c.Args[0].(*ast.Str)
			found = found || ok && text && of.Id == name.Id && strings.HasPrefix(dash.Value, "-")
			return !found
		})
	}
	for _, s := range fn.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			if n == nil || found || n.Pos() > list.Pos() {
				return false
			}
			switch n := n.(type) {
			case *ast.For:
				if p.File.Text(n.Iter) == text {
					for _, s := range n.Body {
						test(n.Target, s)
					}
				}
			case *ast.Comp:
				for _, cl := range n.Clauses {
					if p.File.Text(cl.Iter) == text {
						test(cl.Target, n.Elt)
					}
				}
			}
			return true
		})
	}
	return found
}

// RefuseDashes refuses a list of words that holds one which begins with a dash, before the statement
// that uses it; nil where the list cannot be named twice.
func RefuseDashes(p *Pass, list ast.Expr, message string) *fix.Fix {
	stmt := p.StmtOf(list)
	if stmt == nil || Deferred(p.Module, list, stmt) {
		return nil
	}
	switch list.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil
	}
	return Fix(true, "refuse values that begin with a dash", fix.InsertBefore(p.File, stmt,
		`if any(word.startswith("-") for word in `+p.File.Text(list)+"):", "    raise ValueError("+strconv.Quote(message)+")"))
}

// OneValue reports whether a command is one value and no constant text.
func OneValue(v *Value) bool {
	parts := v.Parts()
	return len(parts) == 0 || len(parts) == 1 && parts[0].Value != nil
}

// installers are the programs that install packages, with the words that tell them to. A
// program without such words installs what its first argument names.
var installers = map[string][]string{
	"pip": {"install", "download", "wheel"}, "uv": {"add"}, "uvx": nil, "pipx": {"install", "run"},
	"conda": {"install", "create"}, "mamba": {"install", "create"}, "micromamba": {"install", "create"},
	"npm": {"install", "i", "add"}, "npx": nil, "apt-get": {"install"}, "apt": {"install"},
}

// PipCalls are pip's own entries, which take the words after the program's name.
var PipCalls = []string{"pip.main", "pip._internal.main", "pip._internal.cli.main.main"}

// InstalledPackage finds the word of a command that names the package to be installed, where a
// model or a caller chose it; nil for other commands.
func InstalledPackage(c *Call) *flow.Word {
	bad := ModelText(models.Shell)
	for _, cmd := range c.Commands() {
		program, args := cmd.Program()
		if c.Symbol.Is(PipCalls...) {
			program, args = "pip", cmd.Words
		}
		words, known := installers[program]
		if !known {
			continue
		}
		if len(words) > 0 {
			if args = after(args, words); args == nil {
				continue
			}
		}
		for i := range args {
			w := &args[i]
			if strings.HasPrefix(w.Text, "-") || w.Known || !bad(w.Value) && !w.Splat {
				continue
			}
			return w
		}
	}
	return nil
}

// after returns the words behind the one that is on a list, nil where there is none before the
// first that is not known.
func after(args []flow.Word, list []string) []flow.Word {
	for i, w := range args {
		if !w.Known {
			return nil
		}
		for _, s := range list {
			if w.Text == s {
				return args[i+1:]
			}
		}
	}
	return nil
}

// RunsPython reports whether one of a call's commands is Python's.
func RunsPython(c *Call) bool {
	for _, cmd := range c.Commands() {
		if name, _ := cmd.Program(); name == "python" || name == "%run" {
			return true
		}
	}
	return false
}

// Executes is the call that runs what another one prepared: exec_module after
// spec_from_file_location.
func Executes(c *Call) *Call {
	if !c.Symbol.Is("importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader") {
		return c
	}
	runs := func(o *Call) bool { return o.Method == "exec_module" || o.Method == "load_module" }
	for _, o := range c.Frame.Calls {
		if runs(o) && o.Node.Pos() >= c.Node.Pos() {
			return o
		}
	}
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if runs(o) {
				return o
			}
		}
	}
	return c
}

// Runners are the packages whose calls hand a command line to a shell, here or on a machine that
// they are connected to. Lines of a notebook are none of them.
var Runners = []string{"os", "subprocess", "asyncio", "commands", "popen2", "paramiko", "fabric", "invoke", "asyncssh"}

// RunsCommand reports whether a call hands a command line to a shell.
func RunsCommand(c *Call) bool {
	return c != nil && slices.ContainsFunc(Runners, c.Symbol.Under)
}

// ShellText is the text that a shell reads and that holds the data of a path: the command line, or
// what `sh -c` is told. It is nil where no shell is in between.
func ShellText(path *Path) *Value {
	items, list := ItemsAt(path)
	switch {
	case path.Sink.Note != models.NoteProgram && !list:
		return path.Value
	case path.Sink.Note != models.NoteProgram:
		if len(items) > 0 && ComesFrom(path, items[0].Value) {
			return items[0].Value
		}
		return nil
	case !list: // the words are arguments
		args := path.Call.Args
		for i := 2; i < len(args); i++ {
			if option, _ := args[i-1].Value.Text(); ast.Node(args[i].Node) == path.Node && CommandOption(args[0].Value, option) {
				return path.Value
			}
		}
		return nil
	}
	for i := 1; i+1 < len(items); i++ {
		if option, _ := items[i].Value.Text(); CommandOption(items[0].Value, option) && ComesFrom(path, items[i+1].Value) {
			return items[i+1].Value
		}
	}
	return nil
}
