package notebooks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/secrets"
	"github.com/pyguard/pyguardml/notebook"
)

// secretShown is PML4116.
var secretShown = &checks.Rule{
	Spec: infoPML4116,
	OnNotebook: func(p *checks.Pass) {
		for i := range p.Notebook.Cells {
			c := &p.Notebook.Cells[i]
			for o := range c.Outputs() {
				if what := shownSecret(o); what != "" {
					p.Report(checks.Report{Cell: c.Number, Message: "A saved output of the cell shows " + what, Fix: withoutOutputs(p, c.Number, false)})
					break
				}
			}
		}
	},
}

// shownSecret says what credential an output shows, "" where it shows none.
func shownSecret(o notebook.Output) string {
	for _, c := range o.Contents {
		text := ""
		switch {
		case strings.HasPrefix(c.MIME, "text/"):
			text = c.Value.Text()
		case c.MIME == "application/json":
			text = string(c.Value.Raw())
		default:
			continue
		}
		if strings.Contains(text, "\x1b[") {
			text = terminalCode.ReplaceAllString(text, "")
		}
		for _, list := range [][]secrets.Secret{secrets.Find(text), secrets.PrivateKeys(text), secrets.Addresses(text)} {
			if len(list) > 0 {
				return list[0].Kind
			}
		}
		if name := secrets.Dumped(text); name != "" {
			return "an environment with the value of " + name
		}
	}
	return ""
}

// terminalCode matches the orders by which text changes its colour in a terminal.
var terminalCode = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

const papermillOperator = "airflow.{providers.papermill.operators.papermill,operators.papermill_operator}.PapermillOperator"

// secretParameter is PML4122.
var secretParameter = &checks.Rule{
	Spec:  infoPML4122,
	Knows: []string{"os.environ", "os.environ.copy()", "os.environb"},
	On:    slices.Concat([]string{"papermill.execute_notebook", papermillOperator, "os.system", "os.popen", "subprocess.{run,Popen,call,check_call,check_output,getoutput}"}, shellCalls),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !c.Symbol.Under("papermill") && !c.Symbol.Under("airflow") {
			secretOption(p, c)
			return
		}
		pos := -1
		if c.Symbol.Under("papermill") {
			pos = 2
		}
		if a := c.Arg(pos, "parameters"); a != nil {
			secretEntries(p, c, a)
		}
	},
	OnNotebook: func(p *checks.Pass) {
		reportMetadata(p, checks.InMetadata, p.Notebook.Metadata)
		for i := range p.Notebook.Cells {
			reportMetadata(p, p.Notebook.Cells[i].Number, p.Notebook.Cells[i].Metadata)
		}
	},
}

// secretEntries reports the secrets among the parameters that papermill is given, or the whole
// environment there.
func secretEntries(p *checks.Pass, c *checks.Call, a *checks.Argument) {
	if a.Node != nil && p.Holds(a.Node) && wholeEnvironment(c, a.Value, a.Node) {
		r := checks.Report{Node: a.Node, Message: "The whole environment is handed to papermill, which writes it into the notebook"}
		if c.Symbol.Under("papermill") && p.Holds(c.Node) && !a.Unpacked && a.Given != nil {
			r.Fix = checks.Fix(true, "hand nothing in: the notebook reads its environment itself", checks.RemoveArg(p, c, a))
		}
		p.Report(r)
		return
	}
	entries, _, known := c.Entries(a.Value)
	if !known {
		return
	}
	for _, e := range entries {
		if e.Value == nil || e.Node == nil || !wholeEnvironment(c, e.Value, e.Node) && !isSecretValue(c, e.Value) {
			continue
		}
		in := p.Holder(e.Node)
		if in == nil {
			continue
		}
		r := checks.Report{Node: e.Node, In: in}
		if in == p.Module {
			r.Fix = checks.Fix(true, "leave the secret out: the notebook reads its environment itself", checks.RemoveEntry(p, e.Node))
		}
		p.Report(r)
	}
}

// wholeEnvironment reports whether a value, or the expression of it, is the environment of the process
// or a dict of it.
func wholeEnvironment(c *checks.Call, v *checks.Value, n ast.Node) bool {
	if v.Is("os.environ", "os.environ.copy()") {
		return true
	}
	e, ok := n.(ast.Expr)
	return ok && slices.ContainsFunc(c.Frame.SpelledOut(e), func(s flow.Spelled) bool { return copiesEnvironment(s) })
}

// copiesEnvironment reports whether an expression makes a dict of os.environ.
func copiesEnvironment(of flow.Spelled) bool {
	is := func(e ast.Expr) bool {
		return e != nil && slices.ContainsFunc(of.Frame.SpelledOut(e), func(s flow.Spelled) bool { return checks.LastName(s.Expr) == "environ" })
	}
	switch x := of.Expr.(type) {
	case *ast.Call:
		fn, method := x.Fn.(*ast.Attribute)
		return len(x.Args) == 1 && checks.LastName(x.Fn) == "dict" && is(x.Args[0]) || method && fn.Attr.Id == "copy" && is(fn.Value)
	case *ast.Dict:
		for i, k := range x.Keys {
			if k == nil && is(x.Values[i]) {
				return true
			}
		}
	}
	return false
}

// isSecretValue reports whether a value is a secret that was read under its name, or that the
// project's calls hand in.
func isSecretValue(c *checks.Call, v *checks.Value) bool {
	spells := func(m checks.Mark) bool { return m.Label == models.Secret && !m.Clean.Has(models.Disclosure) }
	if slices.ContainsFunc(v.Marks(), spells) {
		return true
	}
	return slices.ContainsFunc(c.Given(v), func(g *checks.Value) bool { return slices.ContainsFunc(g.Marks(), spells) })
}

// secretOption reports `-p NAME VALUE` of a papermill command whose value is a secret.
func secretOption(p *checks.Pass, c *checks.Call) {
	for _, cmd := range c.Commands() {
		name, args := cmd.Program()
		if name != "papermill" {
			continue
		}
		for i := 0; i+2 < len(args); i++ {
			if t := args[i].Text; t != "-p" && t != "--parameters" && t != "-r" && t != "--parameters_raw" {
				continue
			}
			if v := args[i+2].Value; v != nil && (isSecretValue(c, v) || p.Notebook != nil && !p.Holds(c.Node) && environmentSecret(args[i+2])) {
				p.Report(checks.Report{Node: c.Node, Fix: withoutOption(p, c, args[i:i+3])})
				return
			}
		}
	}
}

// environmentSecret reports whether a word of a shell line is a variable of the shell's own, $NAME, whose name
// says that it is a secret.
func environmentSecret(w flow.Word) bool {
	if name, unbound := strings.CutPrefix(w.Value.Name(), "builtins."); unbound { // nothing in the notebook has that name
		return secretVariable(name)
	}
	name, found := strings.CutPrefix(w.Text, "$")
	return found && secretVariable(strings.Trim(name, "{}"))
}

// secretVariable reports whether a variable of the environment is that of a secret by its name.
func secretVariable(name string) bool {
	return slices.ContainsFunc([]string{"TOKEN", "KEY", "SECRET", "PASSWORD"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// withoutOption takes words out of the list of a command.
func withoutOption(p *checks.Pass, c *checks.Call, words []flow.Word) *fix.Fix {
	if !p.Holds(c.Node) { // a line of a shell
		line, start := p.CommandText(c.Node.Range())
		text := string(line)
		from := strings.Index(text, " "+words[0].Text+" "+words[1].Text+" ")
		if from < 0 {
			return nil
		}
		value := from + len(words[0].Text) + len(words[1].Text) + len("   ")
		to := len(text)
		if n := strings.IndexAny(text[value:], " \t\r\n"); n >= 0 {
			to = value + n
		}
		if strings.ContainsAny(strings.Trim(text[value:to], `"`), "\"'`\\()|;&") {
			return nil
		}
		return checks.Fix(true, "leave the secret out: the notebook reads its environment itself", []fix.Edit{{Start: start + from, End: start + to}})
	}
	for i := range c.Args {
		list := c.Args[i].Node
		if list == nil || !p.Holds(list) || words[0].Node == nil || !list.Range().Contains(words[0].Node.Range()) {
			continue
		}
		return checks.Fix(true, "leave the secret out: the notebook reads its environment itself", fix.RemoveElements(p.File, list, words[0].Node, words[1].Node, words[2].Node))
	}
	return nil
}

// ordinaryMetadata are members of metadata that are written by programs and looked at elsewhere.
var ordinaryMetadata = []string{"kernelspec", "language_info", "colab", "vscode", "widgets"}

// reportMetadata reports the members of a metadata object that hold credentials.
func reportMetadata(p *checks.Pass, cell int, metadata notebook.Value) {
	var edits []notebook.RawEdit
	take := func(object notebook.Value, keys []string) bool {
		if len(keys) == 0 {
			return true
		}
		edit, err := p.Notebook.RemoveMembers(object, keys...)
		if err == nil {
			edits = append(edits, edit)
		}
		return err == nil
	}
	found, whole := false, true
	named := map[int]bool{}
	var byName func(object notebook.Value, depth int)
	byName = func(object notebook.Value, depth int) {
		var keys []string
		for key, v := range object.Members() {
			switch {
			case v.Kind() == notebook.Object && depth < maxMetadataDepth:
				byName(v, depth+1)
			case v.Kind() == notebook.String && metadataSecret(key, v.Text()):
				keys = append(keys, key)
				start, _ := v.Range()
				named[start] = true
			}
		}
		if len(keys) > 0 {
			found = true
			whole = take(object, keys) && whole
		}
	}
	for _, path := range [][]string{{"papermill", "parameters"}, {"papermill", "environment_variables"}, {"kernelspec", "env"}} {
		byName(metadata.Get(path...), 0)
	}
	var walk func(object notebook.Value, top bool, depth int)
	walk = func(object notebook.Value, top bool, depth int) {
		var keys []string
		for key, v := range object.Members() {
			if top && slices.Contains(ordinaryMetadata, key) {
				continue
			}
			switch v.Kind() {
			case notebook.Object:
				if depth < maxMetadataDepth {
					walk(v, false, depth+1)
				}
			case notebook.String, notebook.Array:
				start, _ := v.Range()
				if !named[start] && holdsCredential(v) {
					keys = append(keys, key)
				}
			}
		}
		if len(keys) > 0 {
			found = true
			whole = take(object, keys) && whole
		}
	}
	walk(metadata, true, 0)
	if !found {
		return
	}
	r := checks.Report{Cell: cell, Message: "The metadata holds a credential, which every copy of the notebook keeps"}
	if whole {
		r.Fix = checks.Fix(true, "take the credential out of the metadata", checks.RawEdits(edits, nil))
	}
	p.Report(r)
}

// maxMetadataDepth bounds how deep metadata is looked into.
const maxMetadataDepth = 50

// holdsCredential reports whether a value of metadata spells out a credential.
func holdsCredential(v notebook.Value) bool {
	text := string(v.Raw())
	return len(secrets.Find(text)) > 0 || len(secrets.PrivateKeys(text)) > 0
}

// metadataSecret reports whether an entry of papermill's parameters is a secret: its name says so, and
// its value is none that stands for one.
func metadataSecret(name, value string) bool {
	words := wordsOf(strings.ReplaceAll(name, "-", "_"))
	if len(value) < 8 || len(words) == 0 || secrets.Placeholder(value) {
		return false
	}
	last := words[len(words)-1]
	if slices.Contains([]string{"token", "secret", "password", "passwd", "apikey"}, last) {
		return true
	}
	return last == "key" && len(words) > 1 && (words[len(words)-2] == "api" || words[len(words)-2] == "access")
}
