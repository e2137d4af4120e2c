package checks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the words for addresses that a program fetches.

// clients are the packages whose calls fetch an address from this machine. What a remote service
// fetches, or a browser of the user's, is not this service's request.
var clients = []string{
	"requests", "httpx", "aiohttp", "urllib", "urllib2", "urllib3", "http.client", "httplib2", "pycurl", "playwright", "selenium", "seleniumwire", "undetected_chromedriver", "pyppeteer", "pdfkit", "imgkit", "newspaper", "goose3",
	"trafilatura", "wget", "tornado.httpclient", "feedparser", "crawl4ai", "langchain", "langchain_community", "langchain_core", "niquests", "cloudscraper", "curl_cffi", "requests_html", "aiohttp_retry", "tls_requests",
}

// Fetches reports whether a call fetches an address.
func Fetches(c *Call) bool {
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

// ChoosesHost reports whether the data stands where it decides about the host of the address: in
// front of everything, or behind the scheme only.
func ChoosesHost(path *Path) bool {
	alternatives := path.Value.Alternatives()
	for _, v := range alternatives {
		if hostIn(path, v) && !(len(v.Parts()) == 0 && behindBase(path)) {
			return true
		}
	}
	return len(alternatives) == 0
}

func hostIn(path *Path, v *Value) bool {
	parts := v.Parts()
	if len(parts) == 0 {
		return Carries(path, v)
	}
	before := ""
	for _, part := range parts {
		if part.Value == nil {
			before += part.Text
			continue
		}
		if !Carries(path, part.Value) {
			before += "x"
			continue
		}
		return !PastHost(before)
	}
	return false
}

// maxBases bounds through how many callers an address is followed to the expression that makes it.
const maxBases = 3

// behindBase reports whether the address is the sum of a base of which nothing is known but that the
// data is not in it, and what follows: `self.base + path`.
func behindBase(path *Path) bool {
	if path.Call == nil {
		return false
	}
	args := path.Call.Dangerous(path.Kind)
	return len(args) > 0 && !slices.ContainsFunc(args, func(a Argument) bool {
		return a.Node == nil || !startsWithBase(path, path.Call.Frame, a.Node, 0)
	})
}

func startsWithBase(path *Path, f *Frame, e ast.Expr, depth int) bool {
	switch n := e.(type) {
	case *ast.BinOp:
		first := n.Left
		for {
			b, ok := first.(*ast.BinOp)
			if !ok || b.Op != "+" {
				break
			}
			first = b.Left
		}
		return n.Op == "+" && ownBase(path, f, first)
	case *ast.Attribute: // put into an attribute and read again
		given, times := storedIn(f, n)
		return times == 1 && depth < maxBases && startsWithBase(path, f, given, depth+1)
	case *ast.Name:
		if i := slices.IndexFunc(paramsOf(f), func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == n.Id }); i >= 0 {
			callers := f.Callers()
			if steps := path.Trace.Steps(); len(steps) > 0 && steps[0].Node == ast.Node(paramsOf(f)[i].Name) {
				return false // a framework gives it
			}
			if assigned(f, n.Id) > 0 || len(callers) == 0 || depth >= maxBases {
				return false
			}
			return !slices.ContainsFunc(callers, func(c *Call) bool {
				a := c.GivenTo(f.Function(), n.Id)
				return a == nil && c.HasRest() || a != nil && (a.Node == nil || a.Unpacked || !startsWithBase(path, c.Frame, a.Node, depth+1))
			})
		}
		given := LastAssigned(BodyOf(f), n)
		return given != nil && assigned(f, n.Id) == 1 && depth < maxBases && startsWithBase(path, f, given, depth+1)
	}
	return false
}

// storedIn is what the body of a function stores in an attribute, and how often it does.
func storedIn(f *Frame, at *ast.Attribute) (given ast.Expr, times int) {
	file := f.Module().File
	text := file.Text(at)
	ast.InspectStmts(BodyOf(f), func(x ast.Node) bool {
		if a, ok := x.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if _, attribute := t.(*ast.Attribute); attribute && file.Text(t) == text {
					given, times = a.Value, times+1
				}
			}
		}
		return true
	})
	return given, times
}

// ownBase reports whether what an address begins with is an attribute of the object or a name of the
// module in which there is nothing of the data.
func ownBase(path *Path, f *Frame, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Attribute:
		if name, ok := n.Value.(*ast.Name); !ok || name.Id != "self" && name.Id != "cls" {
			return false
		}
	case *ast.Name:
		if assigned(f, n.Id) > 0 || slices.ContainsFunc(paramsOf(f), func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == n.Id }) {
			return false
		}
	default:
		return false
	}
	return !Carries(path, f.ValueOf(e))
}

func paramsOf(f *Frame) []*ast.Param {
	if fn := f.Function(); fn != nil && fn.Params != nil {
		return fn.Params.List
	}
	return nil
}

// assigned counts the places in the body of a function that give a local name a value.
func assigned(f *Frame, name string) int {
	n := 0
	target := func(e ast.Expr) {
		ast.Inspect(e, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.Attribute, *ast.Subscript:
				return false
			case *ast.Name:
				if x.Id == name {
					n++
				}
			}
			return true
		})
	}
	ast.InspectStmts(BodyOf(f), func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.Assign:
			for _, t := range x.Targets {
				target(t)
			}
		case *ast.AnnAssign:
			target(x.Target)
		case *ast.AugAssign:
			target(x.Target)
		case *ast.NamedExpr:
			target(x.Target)
		case *ast.For:
			target(x.Target)
		}
		return true
	})
	return n
}

// PastHost reports whether text in front of a value names a host, with all before the path, or
// is a path itself.
func PastHost(before string) bool {
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

// ByProxy reports whether a fetch goes through a proxy that the program names.
func ByProxy(c *Call) bool {
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

// AboutAddresses reports whether the name of a function that checks something may speak of an
// address.
func AboutAddresses(name string) bool {
	name = strings.ToLower(name)
	for _, other := range [...]string{"user", "token", "auth", "permission", "login", "session", "key", "size", "mime", "quota", "limit", "json", "schema", "exist", "length", "content", "model", "file", "path", "rate", "status", "cert"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return true
}

// AddressTested reports whether a function on the way, or one that is given the data, asks what
// kind of IP address the host has.
func AddressTested(p *Pass, path *Path) bool {
	if !GroupMentions(p, addressKinds...) {
		return false
	}
	w := WayOf(p, path)
	for _, fn := range w.Functions {
		if asksAddress(fn.Body) {
			return true
		}
	}
	return w.CalledWith(path, func(c *ast.Call) bool {
		call := path.Engine.CallAt(c)
		if call == nil || call.Body() == nil {
			return false
		}
		if asksAddress(BodyOf(call.Body())) {
			return true
		}
		for _, o := range call.Body().Calls {
			if b := o.Body(); b != nil && asksAddress(BodyOf(b)) {
				return true
			}
		}
		return false
	})
}

// addressKinds are the attributes of an address that tell where it leads.
var addressKinds = []string{"is_private", "is_global", "is_loopback", "is_link_local", "is_reserved"}

// asksAddress reports whether statements ask what kind of IP address something is.
func asksAddress(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok {
			found = found || IsAddressTest(at)
		}
		return !found
	})
	return found
}

// AllowHosts refuses addresses of hosts that are not on a list, before the call at the end of a
// path: e is the address, and refusal gives what is raised for its text.
func AllowHosts(p *Pass, path *Path, e ast.Expr, spacing fix.Spacing, refusal func(address string) string) *fix.Fix {
	if list, ok := e.(*ast.List); ok && len(list.Elts) == 1 {
		e = list.Elts[0]
	}
	stmt := p.StmtOf(path.Call.Node)
	if e == nil || !p.Holds(e) || stmt == nil {
		return nil
	}
	parse, imports := fix.Reach(p.File, "urllib.parse.urlparse", "from urllib.parse import urlparse", fix.InSection)
	text := p.File.Text(e)
	var lines []string
	var edits []fix.Edit
	each := eachOf(p.Module, e, stmt)
	switch {
	case each != nil && Repeatable(e) && Repeatable(each.Iter) && KnownBefore(p.Module, each.Iter, stmt):
		lines = []string{"if not all(" + parse + "(" + text + ").hostname in ALLOWED_HOSTS " + p.File.Text(each) + "):"}
		text = p.File.Text(each.Iter)
	case each != nil || RunsLater(p.Module, path.Call.Node, stmt) && !KnownBefore(p.Module, e, stmt):
		return nil
	case !Repeatable(e):
		if !KnownBefore(p.Module, e, stmt) {
			return nil
		}
		lines = []string{"address = " + text}
		edits = Replace(p, e, "address")
		text = "address"
		fallthrough
	default:
		lines = append(lines, "if "+parse+"("+text+").hostname not in ALLOWED_HOSTS:")
	}
	return Fix(true, "fetch only from hosts on a list",
		fix.InsertBefore(p.File, stmt, append(lines, "    raise "+refusal(text))...), edits,
		imports,
		fix.AddConstant(p.File, "ALLOWED_HOSTS: frozenset[str] = frozenset()", spacing))
}

// eachOf is the clause of a comprehension around an expression that binds a name of it, nil where none does, or one of
// more than one clause.
func eachOf(m *Module, e ast.Expr, stmt ast.Stmt) *ast.CompClause {
	for _, a := range m.Around(e) {
		c, ok := a.(*ast.Comp)
		if !ok || a.Pos() < stmt.Pos() || len(c.Clauses) != 1 || c.Clauses[0].Async || !allRepeatable(c.Clauses[0].Ifs) {
			continue
		}
		bound := false
		ast.Inspect(c.Clauses[0].Target, func(n ast.Node) bool {
			if t, ok := n.(*ast.Name); ok && UsesName(e, t.Id) {
				bound = true
			}
			return true
		})
		if bound {
			return c.Clauses[0]
		}
	}
	return nil
}

func allRepeatable(list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool { return !Repeatable(e) })
}

// Repeatable reports whether an expression can be evaluated twice: it awaits nothing, and calls
// nothing but what reads a field or makes text.
func Repeatable(e ast.Expr) bool { return repeatable(e) }

// repeatable is Repeatable where calls of the names given may be made again, too.
func repeatable(e ast.Expr, also ...string) bool {
	fine := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Await, *ast.Yield, *ast.NamedExpr:
			fine = false
		case *ast.Call:
			switch name := LastName(n.Fn); name {
			case "get", "str", "join", "strip", "lower", "format", "urljoin", "get_json", "quote", "split", "rstrip", "lstrip", "get_argument", "Path", "basename", "joinpath", "startswith", "endswith":
			default:
				fine = fine && slices.Contains(also, name)
			}
		}
		return fine
	})
	return fine
}

// MayBeText reports whether a value may be a text: not a picture or sound that was read, an open file, bytes
// in memory, or a dict of samples.
func MayBeText(v *Value) bool {
	if v.Kind() == flow.KindObject {
		return false
	}
	name := v.Name()
	for _, prefix := range [...]string{"numpy.", "torch.", "torchaudio.", "librosa.", "soundfile.", "PIL.", "io.BytesIO", "base64.", "tempfile."} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// byteReaders are the functions that give the bytes of what was sent.
var byteReaders = map[string]bool{
	"read": true, "aread": true, "read_bytes": true, "getvalue": true, "getbuffer": true, "tobytes": true, "body": true, "get_data": true,
	"b64decode": true, "urlsafe_b64decode": true, "standard_b64decode": true, "decodebytes": true, "unhexlify": true, "fromhex": true, "BytesIO": true,
}

// ReadsBytes reports whether the data of a path was read out of what was sent: bytes, and no name of anything. What is
// then parsed or decoded is text again.
func ReadsBytes(path *Path) bool {
	read := false
	for _, t := range path.Trace.Steps() {
		c, ok := t.Node.(*ast.Call)
		if !ok || strings.HasPrefix(t.Text, "passed to ") { // a function of the project, which may be called so as well
			continue
		}
		switch name := LastName(c.Fn); {
		case byteReaders[name]:
			read = true
		case name == "loads", name == "load", name == "decode", name == "parse_qs", name == "model_validate_json":
			read = false
		}
	}
	return read
}

// OverTLS changes http:// to https:// where an address is written: in the literal that its value begins with, the
// expression that gives it, or one that spells that out in the function of a call, which may be nil.
func OverTLS(p *Pass, c *Call, v *Value, given ast.Expr, message string) *fix.Fix {
	places := []ast.Expr{given}
	if lit, _ := v.Literal(); lit != nil {
		if e, ok := lit.(ast.Expr); ok {
			places = []ast.Expr{e, given}
		}
	}
	if c != nil {
		for _, s := range c.Frame.SpelledOut(given) {
			places = append(places, s.Expr)
		}
	}
	for _, e := range places {
		if f := FixAt(p, e, func(there *Pass) *fix.Fix {
			return Fix(true, message, fix.ReplaceInString(there.File, e, "http://", "https://"))
		}); f != nil {
			return f
		}
	}
	return nil
}
