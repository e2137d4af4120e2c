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

// clients are the packages whose calls fetch an address from this machine. What a remote service
// fetches, or a browser of the user's, is not this service's request.
var clients = []string{
	"requests", "httpx", "aiohttp", "urllib", "urllib2", "urllib3", "http.client", "httplib2", "pycurl", "playwright", "selenium", "undetected_chromedriver", "pyppeteer", "pdfkit", "imgkit", "newspaper", "goose3",
	"trafilatura", "wget", "tornado.httpclient", "feedparser", "crawl4ai", "langchain", "langchain_community", "langchain_core", "niquests", "cloudscraper", "curl_cffi", "requests_html", "aiohttp_retry", "tls_requests",
}

// weightLoaders read weights: the fetch of what they are given is PML1204's.
var weightLoaders = []string{
	"torch.load", "torch.serialization.load", "torch.jit.load", "safetensors.torch.load", "safetensors.torch.load_file", "safetensors.torch.load_model", "safetensors.safe_open",
}

// requestURL is PML6406.
var requestURL = &checks.Rule{
	Spec:  infoPML6406,
	Knows: []string{"httpx.{Client,AsyncClient}", "requests.sessions.Session"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.URL, models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Kind == models.Shell {
			fetchingCommand(p, path)
			return
		}
		if p.IsTest() || !fetches(path.Call) || !p.Project.UsesML() || !p.FromOthers(path) || !choosesHost(path) || onlyMadeOf(path) || byProxy(path.Call) || loadsWeights(path.Call) {
			return
		}
		if addressTested(p, path) || vetted(p, path, aboutAddresses) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path, p.SinkExpr(path))})
	},
}

// fetchingCommand reports curl and wget that are started without a shell and told an address.
func fetchingCommand(p *checks.Pass, path *checks.Path) {
	if p.IsTest() || path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteProgram || path.Mark.Clean.Has(models.URL) || !p.Project.UsesML() || checks.IsWidget(path.Mark.Source()) {
		return
	}
	words := addressWords(path)
	if len(words) == 0 || addressTested(p, path) || vetted(p, path, aboutAddresses) {
		return
	}
	e, _ := words[0].Node.(ast.Expr)
	p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path, e)})
}

// addressWords lists the words of a curl or wget command that are addresses of the data's choice.
func addressWords(path *checks.Path) []flow.Word {
	var out []flow.Word
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		if name != "curl" && name != "wget" {
			continue
		}
		for i, w := range args {
			if w.Value == nil || !comesFrom(path, w.Value) || strings.HasPrefix(w.Text, "-") || i > 0 && takesValue(name, args[i-1]) {
				continue
			}
			if parts := w.Value.Parts(); len(parts) > 0 && pastHost(parts[0].Text) {
				continue
			}
			out = append(out, w)
		}
	}
	return out
}

// comesFrom reports whether a value as the function of the sink knows it holds the data of a
// path: it has the label, or is what callers hand in.
func comesFrom(path *checks.Path, v *checks.Value) bool {
	for _, m := range v.Marks() {
		if (m.Label == path.Mark.Label || m.Label == models.NoLabel) && !m.Clean.Has(path.Kind) {
			return true
		}
	}
	return false
}

// valueOptions are options of curl and wget whose value is the next word, and no address.
var valueOptions = map[string][]string{
	"curl": {"-o", "-H", "-d", "-F", "-u", "-A", "-e", "-X", "-T", "-b", "-c", "-x", "-m", "-w", "-K", "--output", "--header", "--data", "--data-raw", "--data-binary", "--form", "--user", "--user-agent", "--request", "--upload-file", "--cookie", "--max-time", "--connect-timeout", "--config", "--cacert", "--cert", "--key"},
	"wget": {"-O", "-o", "-P", "-T", "-t", "-U", "--header", "--output-document", "--directory-prefix", "--timeout", "--tries", "--user-agent", "--post-data"},
}

// takesValue reports whether a word is an option whose value follows it.
func takesValue(program string, w flow.Word) bool {
	return w.Known && (slices.Contains(valueOptions[program], w.Text) || program == "curl" && len(w.Text) > 2 && w.Text[0] == '-' && w.Text[1] != '-' && strings.HasSuffix(w.Text, "o"))
}

// fetches reports whether a call fetches an address.
func fetches(c *checks.Call) bool {
	if c == nil {
		return false
	}
	for _, name := range clients {
		if c.Symbol.Under(name) {
			return !c.Symbol.Is("urllib.request.Request")
		}
	}
	return false
}

// choosesHost reports whether the data stands where it decides about the host of the address: in
// front of everything, or behind the scheme only.
func choosesHost(path *checks.Path) bool {
	alternatives := path.Value.Alternatives()
	for _, v := range alternatives {
		if hostIn(path, v) {
			return true
		}
	}
	return len(alternatives) == 0
}

func hostIn(path *checks.Path, v *checks.Value) bool {
	parts := v.Parts()
	if len(parts) == 0 {
		return checks.Carries(path, v)
	}
	before := ""
	for _, part := range parts {
		if part.Value == nil {
			before += part.Text
			continue
		}
		if !checks.Carries(path, part.Value) {
			before += "x"
			continue
		}
		return !pastHost(before)
	}
	return false
}

// pastHost reports whether text in front of a value names a host, with all before the path, or
// is a path itself.
func pastHost(before string) bool {
	if before == "" {
		return false
	}
	_, rest, scheme := strings.Cut(before, "://")
	if !scheme {
		// A base address from elsewhere, or a path under the client's own.
		return true
	}
	// Behind a port follows a path: what proxies pass on is the target of the request line.
	return strings.ContainsAny(rest, "/?#:")
}

// byProxy reports whether a fetch goes through a proxy that the program names.
func byProxy(c *checks.Call) bool {
	for depth := 0; c != nil && depth < 3; depth++ {
		for _, name := range [...]string{"proxies", "proxy", "transport", "mounts"} {
			if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
				return true
			}
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

// loadsWeights reports whether what a call fetches is read as weights.
func loadsWeights(c *checks.Call) bool {
	for _, o := range c.Feeds() {
		if o.Symbol.Is(weightLoaders...) {
			return true
		}
	}
	return false
}

// aboutAddresses reports whether the name of a function that checks something may speak of an
// address.
func aboutAddresses(name string) bool {
	name = strings.ToLower(name)
	for _, other := range [...]string{"user", "token", "auth", "permission", "login", "session", "key", "size", "mime", "quota", "limit", "json", "schema", "exist", "length", "content", "model", "file", "path", "rate", "status", "cert"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return true
}

// addressTested reports whether a function on the way, or one that is given the data, asks what
// kind of IP address the host has.
func addressTested(p *checks.Pass, path *checks.Path) bool {
	w := wayOf(p, path)
	for _, fn := range w.functions {
		if asksAddress(fn.Body) {
			return true
		}
	}
	return w.calledWith(path, func(c *ast.Call) bool {
		call := path.Engine.CallAt(c)
		if call == nil || call.Body() == nil {
			return false
		}
		if asksAddress(checks.BodyOf(call.Body())) {
			return true
		}
		for _, o := range call.Body().Calls {
			if b := o.Body(); b != nil && asksAddress(checks.BodyOf(b)) {
				return true
			}
		}
		return false
	})
}

// asksAddress reports whether statements ask what kind of IP address something is.
func asksAddress(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok {
			switch at.Attr.Id {
			case "is_private", "is_global", "is_loopback", "is_link_local", "is_reserved":
				found = true
			}
		}
		return !found
	})
	return found
}

// allowHosts refuses addresses of hosts that are not on a list.
func allowHosts(p *checks.Pass, path *checks.Path, e ast.Expr) *fix.Fix {
	if list, ok := e.(*ast.List); ok && len(list.Elts) == 1 {
		e = list.Elts[0]
	}
	stmt := p.StmtOf(path.Call.Node)
	if e == nil || !p.Holds(e) || stmt == nil || deferred(p.Module, path.Call.Node, stmt) || !repeatable(e) {
		return nil
	}
	parse, imports := fix.Reach(p.File, "urllib.parse.urlparse", "from urllib.parse import urlparse", fix.InSection)
	return checks.Fix(true, "fetch only from hosts on a list",
		fix.InsertBefore(p.File, stmt, "if "+parse+"("+p.File.Text(e)+").hostname not in ALLOWED_HOSTS:", `    raise ValueError("host not allowed")`),
		imports,
		fix.AddConstant(p.File, "ALLOWED_HOSTS: frozenset[str] = frozenset()", fix.Joined))
}

// repeatable reports whether an expression can be evaluated twice: it awaits nothing, and calls
// nothing but what reads a field or makes text.
func repeatable(e ast.Expr) bool {
	fine := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Await, *ast.Yield, *ast.NamedExpr:
			fine = false
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "get", "str", "join", "strip", "lower", "format", "urljoin", "get_json", "quote", "rstrip", "lstrip", "get_argument", "Path", "basename", "joinpath":
			default:
				fine = false
			}
		}
		return fine
	})
	return fine
}
