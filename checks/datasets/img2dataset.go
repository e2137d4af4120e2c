package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/shell"
)

// imageList is PML4209.
var imageList = &checks.Rule{
	Spec: infoPML4209,
	On: []string{
		"img2dataset.{download,main.download}", "os.{system,popen}", "subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}",
		"asyncio.{create_subprocess_shell,create_subprocess_exec}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !c.Symbol.Under("img2dataset") {
			for _, cmd := range c.Commands() {
				if words := listed(&cmd); !comparesHashes(words) {
					p.Report(checks.Report{Node: c.Node, Fix: hashesInCommand(p, c)})
					return
				}
			}
			return
		}
		format := c.Arg(12, "input_format")
		if format == nil || c.Partial {
			return
		}
		name, known := constant(format.Value).Text()
		a := c.Arg(-1, "verify_hash")
		if !known || !slices.Contains(hashFormats, name) || a == nil && c.HasRest() || a != nil && !constant(a.Value).IsNone() {
			return
		}
		if a != nil {
			p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, `["sha256", "sha256"]`)})
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "compare the hashes of the images", withHashes(p, c))})
	},
	OnNotebook: func(p *checks.Pass) {
		for _, cmd := range p.Notebook.Commands() {
			text, span, ok := cmd.Shell()
			if !ok {
				continue
			}
			for _, c := range shell.Parse(text) {
				if !comparesHashes(shellWords(c)) {
					at := int(span.Start) + c.Words[len(c.Words)-1].End
					p.Report(checks.Report{Node: checks.Command(cmd.Span), Fix: checks.Fix(true, "compare the hashes of the images", []fix.Edit{{Start: at, End: at, New: hashOption}})})
					break
				}
			}
		}
	},
}

// withHashes adds the columns with the hashes behind the last argument of a call.
func withHashes(p *checks.Pass, c *checks.Call) []fix.Edit {
	end := ast.Pos(0)
	for _, e := range c.Node.Args {
		end = max(end, p.File.Parens(e).End)
	}
	for _, k := range c.Node.Keywords {
		end = max(end, k.Stop(), p.File.Parens(k.Value).End)
	}
	if end == 0 {
		return nil
	}
	return []fix.Edit{{Start: int(end), End: int(end), New: `, verify_hash=["sha256", "sha256"]`}}
}

// hashFormats are the lists that have a column for a hash.
var hashFormats = []string{"csv", "csv.gz", "tsv", "tsv.gz", "json", "json.gz", "jsonl", "jsonl.gz", "parquet"}

const (
	hashColumns = `["sha256","sha256"]`
	hashOption  = ` --verify_hash '` + hashColumns + `'`
)

// listed are the words of a command of which the text is known; "" stands for others.
func listed(c *flow.Command) []string {
	var out []string
	for _, w := range c.Words {
		if w.Splat {
			return nil
		}
		text := w.Text
		if !w.Known && !strings.Contains(text, "=") {
			text = ""
		}
		out = append(out, text)
	}
	return out
}

func shellWords(c *shell.Command) []string {
	var out []string
	for _, w := range c.Words {
		out = append(out, w.Text)
	}
	return out
}

// comparesHashes reports whether the words of a command are not those of img2dataset that reads a list with columns and
// compares no hashes.
func comparesHashes(words []string) bool {
	at := slices.IndexFunc(words, func(w string) bool { return w == "img2dataset" || strings.HasSuffix(w, "/img2dataset") })
	if at < 0 || at > 0 && !slices.Contains([]string{"python", "python3", "-m", "sudo", "time", "nohup", "uv", "run", "env", "poetry", "exec"}, words[at-1]) {
		return true
	}
	// Its options are read by fire, which takes both spellings.
	option := func(name string) (value string, given bool) {
		for i, w := range words[at+1:] {
			key, value, whole := strings.Cut(w, "=")
			if strings.ReplaceAll(strings.TrimLeft(key, "-"), "-", "_") != name || !strings.HasPrefix(key, "--") {
				continue
			}
			if !whole && at+i+2 < len(words) {
				value = words[at+i+2]
			}
			return strings.Trim(value, `"'`), true
		}
		return "", false
	}
	format, _ := option("input_format")
	hash, given := option("verify_hash")
	return given && hash != "None" || !slices.Contains(hashFormats, format)
}

// hashesInCommand adds the option to the command that a call runs: to its list of words, or to the text where it is
// written in one piece.
func hashesInCommand(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "compare the hashes of the images"
	a := checks.CommandArgument(c)
	if c.Symbol.Is("asyncio.create_subprocess_exec") {
		return checks.Fix(true, message, fix.AddPositional(p.File, c.Node, `"--verify_hash", '`+hashColumns+`'`))
	}
	if a == nil || a.Node == nil {
		return nil
	}
	e := a.Node
	if name, ok := e.(*ast.Name); ok {
		for _, body := range [][]ast.Stmt{checks.BodyOf(c.Frame), p.File.Body} {
			if given := checks.LastAssigned(body, name); given != nil {
				e = given
				break
			}
		}
	}
	// The words of "…".split() take no quotes.
	option := hashOption
	if call, ok := e.(*ast.Call); ok {
		switch at, method := call.Fn.(*ast.Attribute); {
		case checks.LastName(call.Fn) == "split" && method && len(call.Args) == 0:
			e, option = at.Value, " --verify_hash "+hashColumns
		case checks.LastName(call.Fn) == "split" && len(call.Args) == 1:
			e = call.Args[0]
		}
	}
	switch n := e.(type) {
	case *ast.List:
		return checks.Fix(true, message, fix.AddElement(p.File, n, `"--verify_hash", '`+hashColumns+`'`))
	case *ast.Str, *ast.JoinedStr:
		return checks.Fix(true, message, endOfCommand(p, n, option))
	}
	return nil
}

// endOfCommand adds an option to the command that a literal holds, before its closing quotes or what follows the command.
func endOfCommand(p *checks.Pass, e ast.Expr, option string) []fix.Edit {
	raw := p.File.Text(e)
	for _, c := range shell.Parse(blanked(raw)) {
		if comparesHashes(shellWords(c)) {
			continue
		}
		at := c.Words[len(c.Words)-1].End
		quote := strings.TrimLeft(raw, "rRbBfFuU")[:1]
		option = strings.ReplaceAll(option, quote, `\`+quote)
		return []fix.Edit{{Start: int(e.Pos()) + at, End: int(e.Pos()) + at, New: option}}
	}
	return nil
}

// blanked is the text of a literal, or of several in a row, without its quotes and line ends, all else in its place.
func blanked(raw string) string {
	out := []byte(raw)
	quote := strings.TrimLeft(raw, "rRbBfFuU")[:1]
	for i := 0; i < len(out); i++ {
		if out[i] == quote[0] || i < len(raw)-len(strings.TrimLeft(raw, "rRbBfFuU")) {
			out[i] = ' '
		}
	}
	return string(out)
}
