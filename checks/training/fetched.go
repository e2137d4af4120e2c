package training

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of what is fetched from the network and learned from.

// dataOverHTTP is PML1301.
var dataOverHTTP = &checks.Rule{
	Spec: infoPML1301,
	From: []checks.Label{models.Web, models.Dataset},
	Into: []checks.SinkKind{models.TrainData},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		fetch := path.Mark.Call()
		if fetch == nil || path.Sink.Note == models.NoteDataset {
			return
		}
		in := p.Project.Module(fetch.Frame.Module())
		plain := plainAddresses(fetch)
		if in == nil || len(plain) == 0 {
			return
		}
		p.Report(checks.Report{Node: fetch.Node, In: in, Path: path, Fix: overTLS(p, in, plain)})
	},
}

// plainAddresses are the addresses that a call fetches without encryption, and that are not those of
// a private network. Where a helper fetches what its callers name, all of them must name such an
// address.
func plainAddresses(fetch *checks.Call) []*checks.Value {
	for i := range fetch.Args {
		var found []*checks.Value
		for _, v := range fetch.Given(fetch.Args[i].Value) {
			a := plainOf(fetch, v)
			if len(a) == 0 {
				found = nil
				break
			}
			found = append(found, a...)
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// plainOf lists the addresses without encryption that a value may be, or hold.
func plainOf(fetch *checks.Call, v *checks.Value) []*checks.Value {
	var out []*checks.Value
	for _, a := range addresses(fetch, v) {
		prefix := a.Prefix()
		if len(prefix) < len("http://") || !strings.EqualFold(prefix[:len("http://")], "http://") {
			continue
		}
		if host, known := hostOf(a); known && !checks.InternalHost(host) && !strings.HasSuffix(host, ".svc") {
			out = append(out, a)
		}
	}
	return out
}

// addresses lists the texts that an argument may be, or hold: data_files lists several.
func addresses(c *checks.Call, v *checks.Value) []*checks.Value {
	var out []*checks.Value
	for _, given := range c.Given(v) {
		for _, a := range given.Alternatives() {
			out = append(out, a.PathText())
			items, _, _ := c.Items(a)
			for _, it := range items {
				out = append(out, it.Value.PathText())
			}
			entries, _, _ := c.Entries(a)
			for _, e := range entries {
				if e.Value != nil {
					out = append(out, e.Value.PathText())
				}
			}
		}
	}
	return out
}

// hostOf is the host of an address whose constant beginning names all of it.
func hostOf(v *checks.Value) (host string, known bool) {
	text := v.Prefix()
	scheme := strings.Index(text, "://")
	if scheme < 0 {
		return "", false
	}
	if _, whole := v.Text(); !whole && !strings.ContainsAny(text[scheme+3:], "/?#") {
		return "", false // what follows may be a part of the name
	}
	u, err := url.Parse(cutAt(text, scheme))
	if err != nil {
		return "", false
	}
	return strings.ToLower(u.Hostname()), u.Host != ""
}

// cutAt leaves out the path of an address, in which a placeholder may stand.
func cutAt(text string, scheme int) string {
	if i := strings.IndexAny(text[scheme+3:], "/?#"); i >= 0 {
		return text[:scheme+3+i]
	}
	return text
}

// overTLS asks for the addresses by https.
func overTLS(p *checks.Pass, in *checks.Module, plain []*checks.Value) *fix.Fix {
	var edits []fix.Edit
	done := map[ast.Node]bool{}
	for _, address := range plain {
		lit, mod := address.Literal()
		e, ok := lit.(ast.Expr)
		if !ok || mod == nil {
			return nil
		}
		there := p.Project.Module(mod)
		if there == nil {
			return nil
		}
		if done[e] {
			continue
		}
		done[e] = true
		more := fix.ReplaceInString(there.File, e, "http://", "https://")
		if there != in {
			for i := range more {
				more[i].Path = there.Path
			}
		}
		edits = append(edits, more...)
	}
	return checks.Fix(true, "fetch it over TLS", edits)
}

// crawledText is PML1310.
var crawledText = &checks.Rule{
	Spec:  infoPML1310,
	From:  []checks.Label{models.Web},
	Into:  []checks.SinkKind{models.FileData, models.Ingest, models.TrainData},
	Knows: []string{"selenium.webdriver.remote.webdriver.WebDriver().get"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !keptForTraining(path) {
			return
		}
		for _, fetch := range fetches(path) {
			in := p.Project.Module(fetch.Frame.Module())
			if in == nil {
				continue
			}
			for _, a := range fetch.Dangerous(models.URL) {
				if start, found := discovered(fetch, &a); found {
					p.Report(checks.Report{Node: fetch.Node, In: in, Path: path, Fix: onlyFrom(in, fetch, &a, start)})
					return
				}
			}
		}
	},
}

// fetches lists the calls that may have brought the data of a path: the request, or those
// that told a browser where to go.
func fetches(path *checks.Path) []*checks.Call {
	brought := path.Mark.Call()
	if brought == nil {
		return nil
	}
	if len(brought.Dangerous(models.URL)) > 0 {
		return []*checks.Call{brought}
	}
	var out []*checks.Call
	for _, f := range brought.Frame.Beside() {
		for _, c := range f.Calls {
			if c.Receiver != nil && c.Receiver.Origin() == brought && len(c.Dangerous(models.URL)) > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// keptForTraining reports whether a path ends where a model's training data are kept or made.
func keptForTraining(path *checks.Path) bool {
	switch path.Kind {
	case models.FileData:
		return path.Call != nil && namesCorpus(fileName(path.Call))
	case models.Ingest:
		return path.Sink.Note == models.NoteTraining
	}
	return true
}

// namesCorpus reports whether a file's name speaks of text that a language model is trained on.
func namesCorpus(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"finetun", "fine_tun", "fine-tun", "pretrain", "corpus"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return trainingFile(name)
}

// discovered reports whether an address was read from something that was fetched before, and
// not tested since; start is the call that fetched it, if it is known.
func discovered(fetch *checks.Call, a *checks.Argument) (start *checks.Call, found bool) {
	if _, known := hostOf(a.Value.PathText()); known || constantHost(a.Value.PathText()) {
		return nil, false
	}
	marks := a.Value.Marks()
	if slices.ContainsFunc(marks, func(m flow.Mark) bool { return m.Label == models.NoLabel && !m.Clean.Has(models.URL) }) {
		marks = fetch.Behind(a.Value)
	}
	for _, m := range marks {
		if m.Label == models.Web && !m.Clean.Has(models.URL) {
			return m.Call(), true
		}
	}
	return nil, false
}

// constantHost reports whether an address begins with a constant host, to which a path is added.
func constantHost(v *checks.Value) bool {
	prefix := v.Prefix()
	i := strings.Index(prefix, "://")
	return i >= 0 && strings.Contains(prefix[i:], ".")
}

// onlyFrom leaves out what is not on the host of the page that the crawl began with.
func onlyFrom(in *checks.Module, fetch *checks.Call, a *checks.Argument, start *checks.Call) *fix.Fix {
	if start == nil || a.Node == nil || a.Unpacked {
		return nil
	}
	host := ""
	for i := range start.Args {
		for _, v := range addresses(start, start.Args[i].Value) {
			if h, ok := hostOf(v); ok && host == "" {
				host = h
			}
		}
	}
	stmt := in.StmtOf(fetch.Node)
	if host == "" || stmt == nil || evaluatedElsewhere(in, fetch.Node) {
		return nil
	}
	leave := `raise ValueError("unexpected host")`
	if inLoop(in, stmt) {
		leave = "continue"
	}
	parse, imports := fix.Reach(in.File, "urllib.parse.urlparse", "from urllib.parse import urlparse", fix.AfterLastImport)
	return checks.Fix(true, "fetch pages of "+host+" only", fix.InsertBefore(in.File, stmt,
		"if "+parse+"("+in.File.Text(a.Node)+").hostname != "+strconv.Quote(host)+":", "    "+leave), imports)
}

// evaluatedElsewhere reports whether an expression is not evaluated once, where its statement
// begins: within a comprehension or a lambda, or in the head of a loop.
func evaluatedElsewhere(in *checks.Module, n ast.Node) bool {
	around := in.Around(n)
	for i := len(around) - 1; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.Comp, *ast.Lambda, *ast.While:
			return true
		case ast.Stmt:
			return false
		}
	}
	return false
}

// inLoop reports whether a statement is repeated by a loop of its function.
func inLoop(in *checks.Module, s ast.Stmt) bool {
	around := in.Around(s)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.For:
			return checks.InBlock(n.Body, s)
		case *ast.While:
			return checks.InBlock(n.Body, s)
		case *ast.FunctionDef, *ast.ClassDef:
			return false
		}
	}
	return false
}
