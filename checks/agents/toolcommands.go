package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// argumentInShell is PML6101.
var argumentInShell = &checks.Rule{
	Spec:  infoPML6101,
	Knows: checks.PipCalls,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Mark.ToolArgument() || path.Confirmed() || checks.InstalledPackage(path.Call) != nil {
			return
		}
		command, shell := checks.RunText(path)
		if command == nil || !shell || checks.OneValue(command) || !holdsText(command) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.QuoteInCommand(p, command)})
	},
}

// holdsText reports whether constant text that says something is part of a built one, also such as an
// attribute may hold: `" ".join([self.program, *words])`.
func holdsText(v *checks.Value) bool {
	says := func(text string) bool { return strings.Trim(text, " \t\n'\"") != "" }
	return slices.ContainsFunc(v.Parts(), func(part checks.Part) bool {
		if part.Value == nil {
			return says(part.Text)
		}
		return slices.ContainsFunc(part.Value.Alternatives(), func(a *checks.Value) bool {
			text, ok := a.Text()
			return ok && says(text)
		})
	})
}

// optionPrograms are programs with options that run or write what the caller likes.
var optionPrograms = []string{"git", "hg", "svn", "tar", "zip", "find", "rsync", "ssh", "scp", "sftp", "curl", "wget", "ffmpeg", "man", "sed", "awk", "docker", "kubectl", "npm", "pip", "go"}

// optionArgument is PML6108.
var optionArgument = &checks.Rule{
	Spec:  infoPML6108,
	Knows: checks.PipCalls,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Option},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || !path.Mark.ToolArgument() || path.Confirmed() || checks.InstalledPackage(path.Call) != nil {
			return
		}
		for _, w := range optionWords(p, path) {
			how := refuseOptions
			if w.all {
				how = refuseAmong
			}
			p.Report(checks.Report{Node: w.e, Path: path, Fix: how(p, w.e)})
		}
	},
}

// optionWord is an element of a command, or a list of which all elements are.
type optionWord struct {
	e   ast.Expr
	all bool
}

// optionWords lists the elements of a command that are a model's and may be read as options.
func optionWords(p *checks.Pass, path *checks.Path) []optionWord {
	if path.Sink.Note == models.NoteOptions {
		if e, ok := path.Node.(ast.Expr); ok && p.Holds(e) && optionAmong(path) {
			return []optionWord{{e: e}}
		}
		return nil
	}
	var out []optionWord
	for _, cmd := range commandsOf(path) {
		program, args := cmd.Program()
		if !slices.Contains(optionPrograms, program) {
			continue
		}
		for i := range args {
			if args[i].Known && (args[i].Text == "--" || args[i].Text == "--end-of-options") {
				break
			}
			e, ok := args[i].Node.(ast.Expr)
			if !ok || args[i].Known || args[i].Text != "" || !p.Holds(e) || i > 0 && takesValue(args[i-1]) || i == 1 && program == "tar" {
				continue // `tar czf FILE …`
			}
			v := args[i].Value
			if args[i].Splat {
				if checks.DashesTested(p, e) {
					continue
				}
				if one := path.Element(v); one != nil && chosen(v) {
					v = one
				}
			}
			if beginsWithDash(v) {
				out = append(out, optionWord{e, args[i].Splat})
			}
		}
	}
	return out
}

// commandsOf lists the commands that the call at the end of a path runs, as the function that
// gives the words knows them.
func commandsOf(path *checks.Path) []flow.Command {
	items, list := checks.ItemsAt(path)
	if !list {
		return path.Call.Commands()
	}
	var words []flow.Word
	for _, it := range checks.Unfolded(path, items) {
		w := flow.Word{Value: it.Value, Node: it.Node, Splat: it.Splat}
		w.Text, w.Known = it.Value.Text()
		if !w.Known {
			w.Text = it.Value.Prefix()
		}
		words = append(words, w)
	}
	return []flow.Command{{Words: words}}
}

// takesValue reports whether a word before another is an option that the other is the value of.
func takesValue(w flow.Word) bool {
	return w.Known && strings.HasPrefix(w.Text, "-") && !strings.Contains(w.Text, "=") && !slices.Contains(flags, w.Text)
}

// flags are common options that take no value, so that what follows them stands for itself.
var flags = []string{
	"-f", "-v", "-q", "-r", "-R", "-l", "-a", "-L", "-s", "-S", "-p", "-y", "-t", "-z", "-x", "-xf", "-xzf", "-czf", "-cf", "-tf", "-rf", "-av", "-avz", "-az", "-sS", "-fsSL", "-sL", "-sSL", "-it", "-ti",
	"--all", "--oneline", "--stat", "--cached", "--staged", "--name-only", "--hard", "--soft", "--force", "--quiet", "--verbose", "--rm", "--detach", "--no-pager", "--recursive", "--depth=1",
	"--porcelain", "--patch", "--short", "--no-color", "--json", "--silent", "--location", "--archive", "--bare", "--tags", "--prune", "--no-edit",
}

// beginsWithDash reports whether a value can begin with a dash of the model's.
func beginsWithDash(v *checks.Value) bool {
	if !chosen(v) {
		return false
	}
	if parts := v.Parts(); len(parts) > 0 {
		if v = parts[0].Value; v == nil {
			return false
		}
	}
	return chosen(v)
}

// chosen reports whether a value is a model's, or a parameter's, and can begin with a dash.
func chosen(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == models.LLM && !m.ToolArgument() || m.Label != models.LLM && m.Label != models.NoLabel || m.Clean.Has(models.Option) || m.Lacks("-") {
			continue
		}
		if slices.ContainsFunc(m.Outcomes("-x"), func(s string) bool { return strings.HasPrefix(s, "-") }) {
			return true
		}
	}
	return false
}

// optionAmong reports whether an argument of a library's command at the end of a path may be read
// as an option: it begins with a dash of the model's, no "--" stands before it, and it is not the
// value of an option.
func optionAmong(path *checks.Path) bool {
	var before *checks.Argument
	for i := range path.Call.Args {
		a := &path.Call.Args[i]
		if a.Name != "" || a.Rest {
			continue
		}
		text, known := a.Value.Text()
		if known && (text == "--" || text == "--end-of-options") {
			return false
		}
		if ast.Node(a.Node) == path.Node && !known && beginsWithDash(a.Value) && !isOption(before) {
			return true
		}
		before = a
	}
	return false
}

// isOption reports whether an argument is an option that a value follows.
func isOption(a *checks.Argument) bool {
	if a == nil {
		return false
	}
	text, known := a.Value.Text()
	return takesValue(flow.Word{Text: text, Known: known})
}

// refuseAmong refuses a list of values of which one begins with a dash.
func refuseAmong(p *checks.Pass, list ast.Expr) *fix.Fix {
	return checks.RefuseDashes(p, list, "an option among the values")
}

// refuseOptions refuses a value that begins with a dash.
func refuseOptions(p *checks.Pass, e ast.Expr) *fix.Fix {
	stmt := p.StmtOf(e)
	if stmt == nil || checks.Deferred(p.Module, e, stmt) {
		return nil
	}
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil
	}
	x := p.File.Text(e)
	message := `f"not a value: {` + x + `!r}"`
	if strings.Contains(x, `"`) {
		message = `f'not a value: {` + x + `!r}'`
		if strings.Contains(x, "'") {
			message = `"not a value"`
		}
	}
	return checks.Fix(true, "refuse what begins with a dash", fix.InsertBefore(p.File, stmt,
		"if "+x+`.startswith("-"):`, "    raise ValueError("+message+")"))
}
