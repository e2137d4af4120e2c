package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestInShell is PML6412.
var requestInShell = &checks.Rule{
	Spec:  infoPML6412,
	Knows: checks.Runners,
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !checks.RunsCommand(path.Call) || !p.Project.UsesML() || !chosenByClient(path) || alsoFrom(path, models.LLM) {
			return
		}
		if line := checks.ShellText(path); line != nil {
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: quoted(p, path, line)})
		}
	},
}

// chosenByClient reports whether data is text of a request, or the name under which a file was
// sent. What is typed into widgets has checks of its own.
func chosenByClient(path *checks.Path) bool {
	return !checks.IsWidget(path.Mark.Source()) && (path.Mark.Label == models.User || checks.IsFileName(path.Mark))
}

// quoted quotes the data where it enters a command line; of one that is the data as a whole only programs of a
// list are run.
func quoted(p *checks.Pass, path *checks.Path, line *checks.Value) *fix.Fix {
	if checks.OneValue(line) {
		return checks.AllowCommands(p, path, true)
	}
	return checks.QuoteForShell(p, line, fix.InSection, false, "quote what a request puts into the command", func(v *checks.Value) bool { return checks.ComesFrom(path, v) })
}

// flags are, for the programs whose options can do harm, options that take no value: behind one
// of them the next word can still be an option. Those of other programs are taken to have one.
var flags = map[string][]string{
	"git": {
		"-f", "--force", "-q", "--quiet", "-v", "--verbose", "--bare", "--mirror", "--recursive", "--recurse-submodules", "--no-checkout", "-n", "--tags", "--no-tags", "--all", "--prune", "-p", "-P", "--no-pager", "--single-branch",
		"--hard", "--soft", "--mixed", "--detach", "--cached", "--rebase", "--ff-only", "--no-ff", "--stat", "--oneline", "--name-only", "--progress", "--sparse", "-a", "-A", "-l", "-r", "--patch", "--abort", "--continue", "-d", "-D", "-u", "--set-upstream", "--unshallow", "--verify", "--short", "--amend", "-z", "--raw", "--numstat", "--no-verify",
	},
	"hg": {"-q", "-v", "-y", "-u", "--update", "-f", "--force", "--insecure", "--clean", "-C", "--pull"}, "svn": {"-q", "--quiet", "-v", "--force", "--non-interactive", "-N", "--trust-server-cert", "--no-auth-cache"},
	"tar": {"-x", "-c", "-t", "-z", "-j", "-J", "-v", "-xz", "-xzv", "-cz", "--extract", "--create", "--list", "--gzip", "--verbose", "--no-same-owner"}, "zip": {"-r", "-q", "-j", "-9", "-0", "-v", "-y", "-m", "-u", "-rq", "-qr"},
	"find": {"-L", "-H", "-P"}, "rsync": {"-a", "-v", "-z", "-r", "-P", "-n", "-q", "-av", "-avz", "-az", "-avzP", "-rv", "--delete", "--archive", "--progress", "--recursive", "--compress", "--partial", "--checksum"},
	"ssh": {"-t", "-tt", "-T", "-A", "-q", "-v", "-N", "-n", "-f", "-C", "-X", "-4", "-6"}, "scp": {"-r", "-q", "-C", "-p", "-B", "-v", "-3", "-rp"}, "sftp": {"-r", "-q", "-C", "-p", "-v"},
	"curl":   {"-s", "-S", "-L", "-f", "-k", "-I", "-v", "-O", "-J", "-g", "-i", "-#", "-sS", "-sL", "-fL", "-sSL", "-fsSL", "-sSfL", "--silent", "--show-error", "--location", "--fail", "--insecure", "--head", "--compressed", "--verbose", "--remote-name"},
	"wget":   {"-q", "-c", "-N", "-nc", "-nv", "-r", "-np", "-nd", "--quiet", "--continue", "--no-check-certificate", "--no-clobber", "--content-disposition", "--show-progress", "-v"},
	"ffmpeg": {"-y", "-n", "-an", "-vn", "-sn", "-dn", "-hide_banner", "-nostdin", "-nostats", "-stats", "-shortest", "-re", "-autorotate", "-noautorotate", "-copyts", "-ignore_unknown"},
	"sed":    {"-i", "-n", "-E", "-r", "-s", "-z", "-u"}, "awk": {}, "gawk": {}, "docker": {"-d", "-i", "-t", "-it", "-a", "-q", "-f", "--rm", "--privileged", "--init", "--detach", "--interactive", "--tty", "--all", "--force", "--quiet", "--read-only", "--no-cache", "--pull"},
	"kubectl": {"-A", "-it", "-i", "-t", "-w", "--all", "--all-namespaces", "--force", "--wait", "--watch"}, "npm": {"-g", "-D", "-S", "-E", "-f", "--global", "--save", "--save-dev", "--force", "--silent", "--legacy-peer-deps"},
	"pip": {"-q", "-U", "-v", "-y", "--upgrade", "--quiet", "--user", "--no-deps", "--no-cache-dir", "--pre", "--force-reinstall", "--no-input", "--yes", "--break-system-packages", "--no-build-isolation", "--ignore-installed", "--disable-pip-version-check"}, "go": {"-v", "-x", "-u", "-a", "-d"},
}

// noSeparator are programs that do not take `--` in front of their operands everywhere.
var noSeparator = map[string]bool{"ffmpeg": true, "find": true, "docker": true, "sed": true}

// optionValue is PML6414.
var optionValue = &checks.Rule{
	Spec:  infoPML6414,
	Knows: checks.Runners,
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Option},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || !p.Project.UsesML() || !chosenByClient(path) || alsoFrom(path, models.LLM) {
			return
		}
		if !path.Call.Symbol.Under("subprocess") && !path.Call.Symbol.Under("asyncio") {
			if beginsWith(path, path.Value) && !behindText(path, path.Node) && !separated(path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: refuseDash(p, path.Node)})
			}
			return
		}
		cmd := commandAt(path)
		program, args := cmd.Program()
		if flags[program] == nil {
			return
		}
		for i, w := range args {
			if w.Known && (w.Text == "--" || w.Text == "--end-of-options") {
				return
			}
			if w.Node == nil || !p.Holds(w.Node) || !checks.ComesFrom(path, w.Value) || behindText(path, w.Node) || i > 0 && hasValue(program, args[i-1]) {
				continue
			}
			if w.Splat {
				if e, ok := w.Node.(ast.Expr); ok && beginsWith(path, oneOf(path, w.Value)) && !checks.DashesTested(p, e) {
					p.Report(checks.Report{Node: w.Node, Path: path, Fix: endBeforeAll(p, program, w.Node)})
				}
				continue
			}
			if !beginsWith(path, w.Value) {
				continue
			}
			if (program == "curl" || program == "wget") && isAddress(path, p.File.Text(w.Node)) {
				continue
			}
			p.Report(checks.Report{Node: w.Node, Path: path, Fix: separate(p, path, program, w.Node)})
		}
	},
}

// separated reports whether the word of a path stands behind an argument that ends the options.
func separated(path *checks.Path) bool {
	for i := range path.Call.Args {
		a := &path.Call.Args[i]
		if ast.Node(a.Node) == path.Node {
			return false
		}
		if t, ok := a.Value.Text(); ok && (t == "--" || t == "--end-of-options") {
			return true
		}
	}
	return false
}

// commandAt is the command of a path, with the words that callers hand in.
func commandAt(path *checks.Path) *checks.ShellCommand {
	cmd := &checks.ShellCommand{}
	items, list := checks.ItemsAt(path)
	if !list {
		if known := path.Call.Commands(); len(known) > 0 {
			return &known[0]
		}
		return cmd
	}
	for _, it := range checks.Unfolded(path, items) {
		v := it.Value.PathText()
		t, known := v.Text()
		if !known {
			t = v.Prefix()
		}
		cmd.Words = append(cmd.Words, flow.Word{Text: t, Known: known && !it.Splat, Value: v, Node: it.Node, Splat: it.Splat})
	}
	return cmd
}

// oneOf is what any element of a list is that is put into a command as a whole; of a list that
// comes from outside it is the list.
func oneOf(path *checks.Path, v *checks.Value) *checks.Value {
	if e := path.Element(v); e != nil {
		return e
	}
	return v
}

// beginsWith reports whether a word begins with the data of a path, so that it can be an option.
func beginsWith(path *checks.Path, v *checks.Value) bool {
	for _, v := range v.PathText().Alternatives() {
		parts := v.Parts()
		if len(parts) == 0 && checks.ComesFrom(path, v) || len(parts) > 0 && parts[0].Value != nil && checks.ComesFrom(path, parts[0].Value) {
			return true
		}
	}
	return false
}

// behindText reports whether the function of the call itself puts constant text in front of a word.
func behindText(path *checks.Path, n ast.Node) bool {
	for i := range path.Call.Args {
		if a := &path.Call.Args[i]; ast.Node(a.Node) == n && !a.Unpacked { // the words of `*argv` share one node
			return a.Value.PathText().Prefix() != ""
		}
	}
	return false
}

// hasValue reports whether a word is an option whose value is the next word.
func hasValue(program string, w flow.Word) bool {
	if !w.Known || len(w.Text) < 2 || w.Text[0] != '-' || strings.Contains(w.Text, "=") {
		return false
	}
	return !slices.Contains(flags[program], w.Text)
}

// isAddress reports whether what curl or wget is told is an address by its name: what is fetched
// has checks of its own.
func isAddress(path *checks.Path, text string) bool {
	text = strings.ToLower(text + " " + path.Mark.Field())
	for _, word := range [...]string{"url", "uri", "link", "address", "href", "endpoint", "src", "source", "target"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// separate ends the options in front of a word, or refuses a word that is one.
func separate(p *checks.Pass, path *checks.Path, program string, word ast.Node) *fix.Fix {
	const message = "end the options in front of the value"
	if noSeparator[program] {
		return refuseDash(p, word)
	}
	around := p.Around(word)
	if len(around) < 2 {
		return nil
	}
	switch parent := around[len(around)-2].(type) {
	case *ast.Starred:
		return nil // a word of many
	case *ast.List, *ast.Tuple:
		return checks.Fix(true, message, fix.InsertElement(p.File, parent.(ast.Expr), word, `"--"`))
	case *ast.Call:
		if parent == path.Call.Node {
			return checks.Fix(true, message, []fix.Edit{{Start: int(word.Pos()), End: int(word.Pos()), New: `"--", `}})
		}
	}
	return refuseDash(p, word)
}

// endBeforeAll ends the options in front of the elements of a list, or refuses a list with one that
// is an option.
func endBeforeAll(p *checks.Pass, program string, list ast.Node) *fix.Fix {
	const message = "end the options in front of the values"
	e, ok := list.(ast.Expr)
	if !ok {
		return nil
	}
	around := p.Around(list)
	star, starred := around[max(len(around)-2, 0)].(*ast.Starred)
	switch {
	case noSeparator[program]:
		return checks.RefuseDashes(p, e, "option in a value")
	case starred:
		return checks.Fix(true, message, []fix.Edit{{Start: int(star.Pos()), End: int(star.Pos()), New: `"--", `}})
	}
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call:
		sp := p.File.Parens(e)
		return checks.Fix(true, message, []fix.Edit{{Start: int(sp.Start), End: int(sp.End), New: `["--", *` + p.File.Text(e) + "]"}})
	}
	return nil
}

// refuseDash refuses a value that begins with a dash before it is used.
func refuseDash(p *checks.Pass, n ast.Node) *fix.Fix {
	e, ok := n.(ast.Expr)
	stmt := p.StmtOf(n)
	if !ok || stmt == nil || checks.RunsLater(p.Module, n, stmt) || !checks.Repeatable(e) {
		return nil
	}
	if _, simple := e.(*ast.Name); !simple {
		switch e.(type) {
		case *ast.Attribute, *ast.Subscript, *ast.Call, *ast.JoinedStr:
		default:
			return nil
		}
	}
	return checks.Fix(true, "refuse a value that is an option", fix.InsertBefore(p.File, stmt, "if "+p.File.Text(e)+`.startswith("-"):`, `    raise ValueError("option in a value")`))
}
