package libraries

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/shell"
)

const (
	mongoWorker = "hyperopt-mongo-worker"
	mongoLogin  = "HYPEROPT_MONGO_LOGIN"
	loginFirst  = "log in to the database"
)

// openMongo is PML3403.
var openMongo = &checks.Rule{
	Spec: infoPML3403,
	On:   []string{"hyperopt.mongoexp.MongoTrials", "os.{system,popen}", "subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}", "asyncio.{create_subprocess_shell,create_subprocess_exec}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("hyperopt") {
			if a := c.Arg(0, "arg"); a != nil && !c.Partial {
				for _, v := range checks.Possible(c, a.Value) {
					if address, ok := strings.CutPrefix(shown(v), "mongo://"); ok && withoutLogin(address) {
						p.Report(checks.Report{Node: c.Node, Fix: logIn(p, c, v, a.Node)})
						return
					}
				}
			}
			return
		}
		if !p.Module.Mentions(mongoWorker) {
			return
		}
		for _, cmd := range c.Commands() {
			if at := workerAddress(wordsOf(&cmd)); at >= 0 {
				p.Report(checks.Report{Node: c.Node, Fix: logInCommand(p, c, &cmd.Words[at])})
				return
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, line := range p.Notebook.Commands() {
			text, span, ok := line.Shell()
			if !ok || !strings.Contains(text, mongoWorker) {
				continue
			}
			for _, cmd := range shell.Parse(text) {
				var words []string
				for _, w := range cmd.Words {
					words = append(words, w.Text)
				}
				if at := workerAddress(words); at >= 0 {
					w := cmd.Words[at]
					host := int(span.Start) + w.Start + strings.IndexByte(text[w.Start:w.End], '=') + 1
					p.Report(checks.Report{Node: checks.Command(line.Span), Fix: checks.Fix(true, loginFirst, []fix.Edit{{Start: host, End: host, New: "$" + mongoLogin + "@"}})})
					break
				}
			}
		}
	},
	Mentions: []string{mongoWorker},
	OnManifest: func(p *checks.ManifestPass) {
		if strings.EqualFold(path.Ext(p.Path), ".md") {
			return
		}
		for _, w := range workerWords(p.Source.Text) {
			p.Report(checks.Report{Node: checks.Place(w), Fix: checks.Fix(true, loginFirst, checks.TextEdits(ast.Edit{Span: ast.Span{Start: w.Start, End: w.Start}, New: "$" + mongoLogin + "@"}))})
		}
	},
}

// shown is a text of which a NUL stands for each part that is not known.
func shown(v *checks.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	var b strings.Builder
	for _, part := range v.Parts() {
		if part.Value != nil {
			b.WriteByte(0)
		} else {
			b.WriteString(part.Text)
		}
	}
	return b.String()
}

// withoutLogin reports whether an address, HOST:PORT/DB, is that of a database on another machine without a user and a
// password in front of it.
func withoutLogin(address string) bool {
	host, _, _ := strings.Cut(address, "/")
	if strings.Contains(host, "@") || strings.ContainsAny(host, "\x00$`") || host == "" {
		return false
	}
	return checks.ReachOf(host) != checks.ThisMachine
}

// wordsOf are the words of a command, as far as their text is known.
func wordsOf(c *flow.Command) []string {
	var out []string
	for _, w := range c.Words {
		switch {
		case w.Splat:
			return nil
		case w.Known:
			out = append(out, w.Text)
		default:
			out = append(out, shown(w.Value))
		}
	}
	return out
}

// workerAddress is the place among the words of a command of the address without a login that a worker is told, or of the
// option that holds it; -1 where there is none.
func workerAddress(words []string) int {
	start := slices.IndexFunc(words, func(w string) bool { return path.Base(w) == mongoWorker })
	if start < 0 {
		return -1
	}
	for i := start + 1; i < len(words); i++ {
		if address, ok := strings.CutPrefix(words[i], "--mongo="); ok && withoutLogin(address) {
			return i
		}
		if words[i-1] == "--mongo" && withoutLogin(words[i]) {
			return i
		}
	}
	return -1
}

// workerWords finds the addresses without a login that workers are told in a script or a file that lists their words.
func workerWords(text []byte) []ast.Span {
	var out []ast.Span
	before, at := "", 0
	for line := range strings.Lines(string(text)) {
		start := at
		at += len(line)
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for i := 0; i < len(line); {
			n := strings.IndexAny(line[i:], " \t\r\n\"',[]\\")
			if n < 0 {
				n = len(line) - i
			}
			word := line[i : i+n]
			address, option := strings.CutPrefix(word, "--mongo=")
			if (option || before == "--mongo") && withoutLogin(address) {
				from := ast.Pos(start + i + len(word) - len(address))
				out = append(out, ast.Span{Start: from, End: from + ast.Pos(len(address))})
			}
			if word != "" && word != "-" {
				before = word
			}
			i += n + 1
		}
	}
	return out
}

// logIn puts the login, out of the environment, into the address that a call is given.
func logIn(p *checks.Pass, c *checks.Call, v *checks.Value, given ast.Expr) *fix.Fix {
	places := []ast.Expr{given}
	if lit, _ := v.Literal(); lit != nil {
		if e, ok := lit.(ast.Expr); ok {
			places = []ast.Expr{e, given}
		}
	}
	for _, s := range c.Frame.SpelledOut(given) {
		places = append(places, s.Expr)
	}
	for _, e := range places {
		if f := checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix { return loginIn(there, e, "mongo://") }); f != nil {
			return f
		}
	}
	return nil
}

// loginIn puts the login behind a text in a literal, which becomes an f-string.
func loginIn(p *checks.Pass, e ast.Expr, behind string) *fix.Fix {
	raw := p.File.Text(e)
	quote := strings.IndexAny(raw, `"'`)
	_, plain := e.(*ast.Str)
	at := strings.Index(raw, behind)
	switch _, joined := e.(*ast.JoinedStr); {
	case !plain && !joined || quote < 0 || at < quote:
		return nil
	case plain && (quote > 0 || strings.ContainsAny(raw, "{}")):
		return nil
	}
	inner := `'`
	if raw[quote] == '\'' {
		inner = `"`
	}
	environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
	at += int(e.Pos()) + len(behind)
	edits := []fix.Edit{{Start: at, End: at, New: "{" + environ + "[" + inner + mongoLogin + inner + "]}@"}}
	if plain {
		edits = append(edits, fix.Edit{Start: int(e.Pos()), End: int(e.Pos()), New: "f"})
	}
	return checks.Fix(true, loginFirst, edits, imports)
}

// logInCommand puts the login into a command: into the word of a list, or the text that a shell reads.
func logInCommand(p *checks.Pass, c *checks.Call, w *flow.Word) *fix.Fix {
	address := strings.TrimPrefix(w.Text, "--mongo=")
	host, _, _ := strings.Cut(address, "/")
	if e, ok := w.Node.(ast.Expr); ok {
		return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
			if strings.HasPrefix(w.Text, "--mongo=") {
				return loginIn(there, e, "--mongo=")
			}
			return loginIn(there, e, `"`)
		})
	}
	a := checks.CommandArgument(c)
	if a == nil {
		return nil
	}
	e := a.Node
	if lit, ok := checks.ConstantNode(p, a).(ast.Expr); ok {
		e = lit
	}
	return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
		return checks.Fix(true, loginFirst, fix.ReplaceInString(there.File, e, host, "$"+mongoLogin+"@"+host))
	})
}
