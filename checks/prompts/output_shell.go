package prompts

import (
	"path"
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
		return checks.AllowCommands(p, path, shell)
	}
	return checks.QuoteInCommand(p, command)
}

// scriptInContainer runs a script in a container without files and network.
func scriptInContainer(p *checks.Pass, c *checks.Call, words []checks.Item, script int) *fix.Fix {
	given := checks.CommandArgument(c)
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
	edits, imports, before := checks.WithoutShell(p, c, given, true, argv+"]")
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
