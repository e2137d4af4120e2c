package reinforcement

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// rewardRuns is PML3319.
var rewardRuns = &checks.Rule{
	Spec:  infoPML3319,
	Knows: []string{"builtins.eval", "builtins.exec", "builtins.compile"},
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Exec, models.Shell, models.CommandFile},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.From() != models.FromCompletion || path.Confirmed() {
			return
		}
		switch {
		case path.Kind == models.Exec && path.Sink.Note == models.NoteCode:
			if checks.SyntaxTested(p, path) {
				return
			}
		case path.Kind == models.Exec && path.Sink.Note == models.NoteInput, path.Kind == models.CommandFile && path.Sink.Note == models.NoteRunFile, path.Kind == models.Exec && c.Symbol.Under("runpy"):
			if contained(c) {
				return
			}
		case path.Kind == models.Shell:
			if contained(c) || path.Sink.Note == models.NoteProgram && !told(path) {
				return
			}
		default:
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Covers: path.Node, Fix: inSandbox(p, c)})
	},
}

// containers are programs that run another one away from the host's files.
var containers = []string{"docker", "podman", "firejail", "nsjail", "bwrap", "runsc", "e2b", "modal"}

// contained reports whether a command runs in a container.
func contained(c *checks.Call) bool {
	return slices.ContainsFunc(c.Commands(), func(cmd checks.ShellCommand) bool {
		if name, _ := cmd.Program(); slices.Contains(containers, name) {
			return true
		}
		return len(cmd.Words) > 0 && slices.Contains(containers, cmd.Words[0].Text)
	})
}

// told reports whether the data of a path is the program that an interpreter or a shell is told to run: what follows its -c.
func told(path *checks.Path) bool {
	written := checks.ModelText(models.Shell)
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		if name != "python" && name != "bash" && name != "sh" && name != "zsh" {
			continue
		}
		for i := 1; i < len(args); i++ {
			if args[i-1].Text == "-c" && written(args[i].Value) {
				return true
			}
		}
	}
	return false
}

// inSandbox runs in a sandbox elsewhere what exec or eval runs here.
func inSandbox(p *checks.Pass, c *checks.Call) *fix.Fix {
	a := c.Arg(0, "source")
	if a == nil || a.Node == nil || a.Unpacked || c.Partial || !p.Holds(c.Node) || !p.Holds(a.Node) {
		return nil
	}
	e := a.Node
	if made := a.Value.Origin(); made != nil && made.Symbol.Is("builtins.compile") {
		source := made.Arg(0, "source")
		if source == nil || source.Node == nil || made.Frame != c.Frame || !checks.Repeatable(source.Node) {
			return nil
		}
		e = source.Node
	}
	sandbox, imports := fix.Reach(p.File, "e2b_code_interpreter.Sandbox", "from e2b_code_interpreter import Sandbox", fix.AfterLastImport)
	run := sandbox + ".create().run_code(" + p.File.Text(e) + ")"
	const message = "run it in a sandbox elsewhere"
	switch {
	case c.Symbol.Is("builtins.eval"):
		return checks.Fix(true, message, checks.Replace(p, c.Node, run+".text"), imports)
	case c.Symbol.Is("builtins.exec"):
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, message, checks.Replace(p, c.Node, "if "+run+`.error: raise RuntimeError("completion failed")`), imports)
		}
	}
	return nil
}
