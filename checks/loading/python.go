package loading

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// runners run Python text or a file of it.
var runners = []string{
	"builtins.exec", "builtins.eval", "builtins.execfile", "runpy.run_path", "importlib.util.spec_from_file_location", "imp.load_source",
	"importlib.machinery.SourceFileLoader", "IPython.core.interactiveshell.InteractiveShell().run_cell",
	"IPython.core.interactiveshell.InteractiveShell().run_line_magic", "IPython.core.interactiveshell.InteractiveShell().ex",
	"code.InteractiveInterpreter().runsource", "code.InteractiveInterpreter().runcode",
}

// downloadedPython is PML6219.
var downloadedPython = &checks.Rule{
	Spec: infoPML6219,
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Exec, models.CommandFile},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if !fetched(m.Source()) || unpickledOnTheWay(path) || checks.FetchedHere(m.Call()) || checks.CommitAddress(m.Call()) || checks.ToldDigest(m.Call()) || answeredByModel(path) || onlyNames(path) {
			return
		}
		switch {
		case path.Kind == models.CommandFile:
			if path.Sink.Note == models.NoteRunFile && checks.RunsPython(c) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: compareDigest(p, c.Node, commandBytes(p, path), expectedDigest)})
			}
		case c == nil: // an import statement
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: compareDigest(p, path.Node, writtenBytes(p, path), expectedDigest)})
		case c.Symbol.Is("builtins.compile"):
			for _, o := range c.Frame.Calls {
				if o.Symbol.Is("builtins.exec", "builtins.eval") && len(o.Args) > 0 && o.Args[0].Value.Origin() == c {
					p.Report(checks.Report{Node: o.Node, Path: path, Fix: compareDigest(p, o.Node, textBytes(p, path), expectedDigest)})
				}
			}
		case c.Symbol.Is("importlib.import_module", "builtins.__import__"):
			if path.Sink.Note == models.NoteImported {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: compareDigest(p, c.Node, writtenBytes(p, path), expectedDigest)})
			}
		case c.Symbol.Is(runners...):
			p.Report(checks.Report{Node: checks.Executes(c).Node, Path: path, Fix: compareDigest(p, c.Node, textBytes(p, path), expectedDigest)})
		}
	},
	On: []string{
		"subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}", "os.{system,popen}", "asyncio.create_subprocess_shell",
		"IPython.core.interactiveshell.InteractiveShell().{system,getoutput}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if pipesToPython(c) {
			p.Report(checks.Report{Node: c.Node, Message: "A download is piped into Python", Fix: deleteLine(p, c)})
		}
	},
}

// fileRunners take the path of the Python file that they run.
var fileRunners = []string{"runpy.run_path", "importlib.util.spec_from_file_location", "imp.load_source", "importlib.machinery.SourceFileLoader", "builtins.execfile"}

// onlyNames reports whether the answer of a server says which file is run, and is not what the file holds.
func onlyNames(path *checks.Path) bool {
	if path.Kind != models.CommandFile && (path.Call == nil || !path.Call.Symbol.Is(fileRunners...)) {
		return false
	}
	m := path.Mark
	return !m.Trace.Passes(models.StepIntoFile) && (m.Source().Under("requests") || m.Source().Under("httpx") || m.Source().Under("aiohttp"))
}

// answeredByModel reports whether the answer of a language model reaches the same place: what is
// fetched there is the answer of another one, of which a check of its own tells.
func answeredByModel(path *checks.Path) bool {
	return slices.ContainsFunc(path.Engine.Paths(path.Kind), func(o *checks.Path) bool {
		return o.Mark.Label == models.LLM && o.Node == path.Node
	})
}

// unpickledOnTheWay reports whether the text came out of a checkpoint or a pickle, whose
// metadata have checks of their own.
func unpickledOnTheWay(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c := path.Engine.CallAt(t.Node); c != nil && c.Symbol.Is("torch.load", "torch.serialization.load", "pickle.load", "pickle.loads", "cloudpickle.load", "cloudpickle.loads", "dill.load", "dill.loads", "joblib.load") {
			return true
		}
	}
	return false
}

// writtenBytes reads the file of an imported module, which the program has written.
func writtenBytes(p *checks.Pass, path *checks.Path) *bytesOf {
	t, ok := path.Value.Text()
	if !ok {
		return nil
	}
	return contentOf(p, quoted(t))
}

var commit = regexp.MustCompile(`/[0-9a-f]{40}(/|$|\?)`)

// pipesToPython reports whether a command line hands what it downloads to Python.
func pipesToPython(c *checks.Call) bool {
	list := c.Commands()
	for i := range list {
		name, args := list[i].Program()
		if name != "python" {
			continue
		}
		if list[i].Piped && i > 0 && fetches(&list[i-1]) && !localWords(&list[i-1]) {
			return len(args) == 0 || args[0].Text == "-" || strings.HasPrefix(args[0].Text, "-") && args[0].Text != "-c" && args[0].Text != "-m"
		}
		for j, w := range args {
			if w.Text == "-c" && j+1 < len(args) && (strings.HasPrefix(args[j+1].Text, "$(curl") || strings.HasPrefix(args[j+1].Text, "$(wget")) {
				return true
			}
		}
	}
	return false
}

// fetches reports whether a command is a download.
func fetches(cmd *checks.ShellCommand) bool {
	name, _ := cmd.Program()
	return name == "curl" || name == "wget"
}

// localWords reports whether a command's address is this machine's, or names a commit.
func localWords(cmd *checks.ShellCommand) bool {
	for _, w := range cmd.Words {
		if checks.OwnMachine(w.Text) || strings.Contains(w.Text, "githubusercontent.com") && commit.MatchString(w.Text) {
			return true
		}
	}
	return false
}

// deleteLine deletes the statement that a call is, or the line of a notebook.
func deleteLine(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "do not run what a site sends: delete the line"
	if !p.Holds(c.Node) {
		return checks.Fix(true, message, []fix.Edit{{Start: int(c.Node.Start), End: int(c.Node.End)}})
	}
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) {
		return nil
	}
	return checks.Fix(true, message, fix.RemoveStmt(p.File, s))
}

// commandBytes reads the file that a command runs.
func commandBytes(p *checks.Pass, path *checks.Path) *bytesOf {
	if t, ok := path.Value.Text(); ok && !p.Holds(path.Node) {
		return contentOf(p, quoted(t)) // a line of a notebook
	} else if e, isExpr := path.Node.(ast.Expr); isExpr && p.Holds(e) && ast.Node(e) != ast.Node(path.Call.Node) {
		return pathBytes(p, e)
	} else if ok && p.Holds(path.Call.Node) {
		return contentOf(p, quoted(t))
	}
	parts := path.Value.Parts()
	if len(parts) == 1 && parts[0].Value != nil {
		if e, ok := parts[0].Node.(ast.Expr); ok && p.Holds(e) {
			return pathBytes(p, e)
		}
	}
	return nil
}

// quoted is a text as a string literal.
func quoted(t string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t) + `"`
}

// textBytes are the bytes of the text or of the file that a call runs.
func textBytes(p *checks.Pass, path *checks.Path) *bytesOf {
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	if path.Call.Symbol.Is("runpy.run_path", "importlib.util.spec_from_file_location", "imp.load_source", "importlib.machinery.SourceFileLoader", "builtins.execfile") {
		return pathBytes(p, e)
	}
	if o := path.Value.Origin(); path.Call.Symbol.Is("builtins.exec", "builtins.eval") && o != nil && o.Symbol.Is("builtins.compile") && o.Frame == path.Call.Frame {
		if a := o.Arg(0, "source"); a != nil && a.Node != nil && p.Holds(a.Node) {
			e = a.Node
			if !repeatable(e) && openedText(p, path, e) == nil {
				return nil
			}
		}
	}
	if path.Call.Symbol.Is("IPython.core.interactiveshell.InteractiveShell().run_line_magic") {
		return nil
	}
	encode := ""
	if isText(p, path, e) {
		encode = ".encode()"
	}
	if b := openedText(p, path, e); b != nil {
		return b
	}
	if _, name := e.(*ast.Name); name || repeatable(e) {
		return &bytesOf{Expr: p.File.Text(e) + encode}
	}
	name := freeName(p, e)
	return &bytesOf{Expr: name + encode, First: name + " = " + oneLine(p, e), Edits: checks.Replace(p, e, name)}
}

// openedText are the bytes of the file of `open(PATH).read()` and `PATH.read_text()`.
func openedText(p *checks.Pass, path *checks.Path, e ast.Expr) *bytesOf {
	call, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	fn, ok := call.Fn.(*ast.Attribute)
	if !ok {
		return nil
	}
	switch fn.Attr.Id {
	case "read_text", "read_bytes":
		if repeatable(fn.Value) {
			return &bytesOf{Expr: p.File.Text(fn.Value) + ".read_bytes()"}
		}
	case "read":
		if open, ok := fn.Value.(*ast.Call); ok && len(open.Args) > 0 && repeatable(open.Args[0]) {
			if name, ok := open.Fn.(*ast.Name); ok && name.Id == "open" {
				return contentOf(p, p.File.Text(open.Args[0]))
			}
		}
	}
	return nil
}

// isText reports whether what is run is text rather than bytes, as far as its way tells.
func isText(p *checks.Pass, path *checks.Path, e ast.Expr) bool {
	if strings.HasSuffix(path.Mark.Source().String(), ".text") || strings.HasSuffix(path.Mark.Source().String(), ".text()") {
		return true
	}
	for _, t := range path.Trace.Steps() {
		switch t.Text {
		case "through decode()", "through read_text()", "through format()", "through join()":
			return true
		}
	}
	text := p.File.Text(e)
	if n, ok := e.(*ast.Name); ok {
		if made := lastGiven(p, e, n.Id); made != nil {
			text = p.File.Text(made)
		}
	}
	if strings.Contains(text, ".decode(") || strings.Contains(text, "read_text(") || strings.Contains(text, ".text") {
		return true
	}
	return path.Trace.Passes(models.StepOutOfFile) && !strings.Contains(text, "rb") && !strings.Contains(text, "read_bytes")
}
