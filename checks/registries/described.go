package registries

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// runners evaluate Python, importers import the module that a text names.
var (
	runners   = []string{"builtins.eval", "builtins.exec"}
	importers = []string{"importlib.import_module", "importlib.__import__", "builtins.__import__"}
)

// descriptionRun is PML4309.
var descriptionRun = &checks.Rule{
	Spec: infoPML4309,
	From: []checks.Label{models.Document, models.Web},
	Into: []checks.SinkKind{models.Exec, models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !ofRegistry(path.Mark) {
			return
		}
		var edit *fix.Fix
		switch {
		case path.Kind == models.Shell:
			line := checks.ShellText(path)
			if line == nil || !runsLine(c) {
				return
			}
			edit = quoted(p, path, line)
		case c.Symbol.Is(importers...) && path.Sink.Note != models.NoteImported:
			e, _ := checks.GivenNode(path).(ast.Expr)
			edit = checks.AllowOnly(p, path, e, "ALLOWED_MODULES", "module is not allowed")
		case c.Symbol.Is("builtins.eval"):
			if edit = checks.ReadLiteral(p, c, fix.BeforeFirstImport); edit != nil {
				edit.Unsafe = false // what a registry holds is data
			}
		case c.Symbol.Is(runners...):
		default:
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: edit})
	},
}

// ofRegistry reports whether data is what whoever registered a model has written down of it.
func ofRegistry(m checks.Mark) bool {
	if m.From() == models.FromRegistry {
		return true
	}
	s, fields := m.Source(), m.Fields()
	switch {
	case s.Is("huggingface_hub.model_info", "huggingface_hub.HfApi().model_info"):
		return slices.Contains(fields, "card_data") || slices.Contains(fields, "cardData")
	case s.Is("huggingface_hub.ModelCard.load", "huggingface_hub.RepoCard.load"):
		return slices.Contains(fields, "data")
	}
	return false
}

// runsLine reports whether a call runs a command on this machine.
func runsLine(c *checks.Call) bool {
	return slices.ContainsFunc([]string{"os", "subprocess", "asyncio", "commands"}, c.Symbol.Under)
}

// quoted quotes the text where it enters a command line; of one that is the text as a whole only programs of a list are run.
func quoted(p *checks.Pass, path *checks.Path, line *checks.Value) *fix.Fix {
	if checks.OneValue(line) {
		return checks.AllowCommands(p, path, true)
	}
	f := checks.QuoteForShell(p, line, fix.BeforeFirstImport, false, "quote what the registry says in the command", func(v *checks.Value) bool { return checks.ComesFrom(path, v) })
	if f != nil {
		f.Unsafe = false // a value that was one word is the same word
	}
	return f
}
