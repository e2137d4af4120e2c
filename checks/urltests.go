package checks

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file tells of the tests that a program makes of an address before it fetches it, and which
// of them another host passes.

// URLTest is a test of an address that another host passes.
type URLTest struct {
	Scope *Scope
	// At is the test, or the any() that it is made in.
	At ast.Expr
	// positive is set where the test says that the host is one of hosts, not that it is none.
	positive bool
	hosts    []string
	// url is the address in the code of the test; host is what is known to be its host, where that
	// is handed in alone.
	url, host ast.Expr
}

// URLTests tells of the tests before a fetch, or before the call of the function that fetches: sound
// is set where one of them keeps the address at a host, and faulty lists those that are meant to and
// do not.
func URLTests(p *Pass, c *Call) (sound bool, faulty []URLTest) {
	for _, a := range c.Dangerous(models.URL) {
		if a.Node == nil {
			continue
		}
		if s := ScopeOf(p, c); s != nil {
			if sound, faulty = testsOfURL(p, s, c, a.Node, a.Value, 0); sound || faulty != nil {
				return sound, faulty
			}
		}
	}
	return false, nil
}

// maxFetchers bounds through how many functions an address is handed on to its fetch.
const maxFetchers = 3

// testsOfURL tells of the tests before a call whose argument e is an address that is fetched.
func testsOfURL(p *Pass, s *Scope, c *Call, e ast.Expr, v *Value, depth int) (bool, []URLTest) {
	whole := traceURL(s, e)
	if len(whole.roots) == 0 {
		return false, nil
	}
	request := fromRequest(c, v)
	param := whole.end
	var out []URLTest
	for _, g := range s.PassedBefore(c.Node) {
		sound, faulty := JudgePassed(g, func(in *Scope, test ast.Expr, holds bool) (bool, []URLTest) {
			return judgeURLTest(in, test, holds, whole)
		})
		if sound {
			return true, nil
		}
		faulty = slices.DeleteFunc(faulty, asksAnswer)
		if len(faulty) == 0 {
			continue
		}
		refuses := g.Exit >= ExitAbort && (request || param != nil) || request && g.Exit != ExitNone
		if refuses && (g.Exit >= ExitAbort || !handsOn(g.Scope, g.Refusal, whole)) {
			out = append(out, faulty...)
		}
	}
	fn := s.Frame.Function()
	if out != nil || param == nil || depth >= maxFetchers || fn == nil || s.Param(param.Name.Id) != param {
		return false, out
	}
	sound, callers := true, s.Frame.Callers()
	for _, caller := range callers {
		given := caller.GivenTo(fn, param.Name.Id)
		if given == nil || given.Node == nil || given.Unpacked {
			sound = false
			continue
		}
		if up := s.From(caller); up != nil {
			fine, faulty := testsOfURL(p, up, caller, given.Node, given.Value, depth+1)
			sound = sound && fine
			out = append(out, faulty...)
		}
	}
	return sound && len(callers) > 0, out
}

// asksAnswer reports whether a test asks how a server has answered as well: what the address was fetched for is
// there, and the host decides what the answer means.
func asksAnswer(t URLTest) bool {
	found := false
	for _, around := range t.Scope.In.Around(t.At) {
		both, ok := around.(*ast.BoolOp)
		if !ok || both.Or {
			continue
		}
		ast.Inspect(both, func(n ast.Node) bool {
			if a, ok := n.(*ast.Attribute); ok {
				found = found || a.Attr.Id == "status_code" || a.Attr.Id == "status"
			}
			return !found
		})
	}
	return found
}

// fromRequest reports whether an argument of a call is text of a request.
func fromRequest(c *Call, v *Value) bool {
	return slices.ContainsFunc(c.Behind(v), func(m Mark) bool {
		return m.Label == models.User && !IsWidget(m.Source())
	})
}

// handsOn reports whether a block that leaves does something else with the address: fetches it in
// another way, or gives it to a function of the project.
func handsOn(s *Scope, body []ast.Stmt, whole tracedURL) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok {
			return !found
		}
		call := s.Call(c)
		if call == nil || call.Body() == nil && !Fetches(call) {
			return !found
		}
		for _, a := range c.Args {
			found = found || traceURL(s, a).meets(whole)
		}
		for _, k := range c.Keywords {
			found = found || traceURL(s, k.Value).meets(whole)
		}
		return !found
	})
	return found
}

// urlForm is what of an address an expression gives.
type urlForm uint8

// The forms.
const (
	wholeURL  urlForm = iota
	parsedURL         // what urlparse gives
	hostOfURL
	otherOfURL
)

// rootOf is a name at a point where it has one value, or an expression that reads a field.
type rootOf struct {
	in   *Module
	text string
	at   ast.Pos
}

// tracedURL is what an expression was made of, as far as it is an address or a part of one.
type tracedURL struct {
	form  urlForm
	roots []rootOf
	// end is the parameter that it is made of; nil for others.
	end *ast.Param
	// url is the expression of the whole address, where its host was taken from it in the same
	// scope.
	url ast.Expr
	// part is the last part of an address that was read: "scheme", "path".
	part string
}

// meets reports whether two expressions are made of one address.
func (t tracedURL) meets(o tracedURL) bool {
	return slices.ContainsFunc(t.roots, func(r rootOf) bool { return slices.Contains(o.roots, r) })
}

// traceURL follows an expression to the address that it is, or is a part of.
func traceURL(s *Scope, e ast.Expr) tracedURL {
	t := &urlTracer{first: s}
	t.follow(s, e, 0)
	return t.tracedURL
}

type urlTracer struct {
	tracedURL
	first *Scope
}

func (t *urlTracer) root(s *Scope, text string, at ast.Pos) {
	t.roots = append(t.roots, rootOf{s.In, text, at})
}

// maxTraced bounds the steps by which an expression is followed.
const maxTraced = 30

// follow notes the names that an expression is made of.
func (t *urlTracer) follow(s *Scope, e ast.Expr, depth int) {
	if depth > maxTraced {
		return
	}
	switch n := e.(type) {
	case *ast.Name:
		t.name(s, n, depth)
	case *ast.Attribute:
		if part := partOfURL(n.Attr.Id); part != otherOfURL || isURLPart(n.Attr.Id) {
			if parsed := t.parsed(s, n.Value, 0); parsed != nil || part == hostOfURL {
				t.part = n.Attr.Id
				t.become(part)
				if parsed != nil {
					t.whole(parsed.scope, parsed.url)
					t.follow(parsed.scope, parsed.url, depth+1)
				} else {
					t.follow(s, n.Value, depth+1)
				}
				return
			}
		}
		t.root(s, s.In.File.Text(n), -1)
		if p, ok := n.Value.(*ast.Name); ok && s.Param(p.Id) != nil && p.Id != "self" && p.Id != "cls" {
			if up, given := s.Given(p.Id); given != nil {
				if name, ok := given.(*ast.Name); ok {
					t.root(up, name.Id+"."+n.Attr.Id, -1)
				}
			}
		}
	case *ast.Subscript:
		t.subscript(s, n, depth)
	case *ast.Call:
		t.call(s, n, depth)
	case *ast.BoolOp:
		t.follow(s, n.Values[0], depth+1)
	case *ast.Await:
		t.follow(s, n.Value, depth+1)
	case *ast.NamedExpr:
		t.root(s, n.Target.Id, n.Value.Pos())
		t.follow(s, n.Value, depth+1)
	case *ast.IfExp:
		t.follow(s, n.Body, depth+1)
		t.follow(s, n.Orelse, depth+1)
	case *ast.BinOp:
		if n.Op == "+" {
			if text := s.Texts(n.Left); len(text) == 1 {
				if !PastHost(text[0]) {
					t.follow(s, n.Right, depth+1)
				}
				return
			}
			t.follow(s, n.Left, depth+1)
		}
	case *ast.JoinedStr:
		before := ""
		for _, v := range n.Values {
			ph, ok := v.(*ast.Placeholder)
			if !ok {
				if text, ok := v.(*ast.Str); ok {
					before += text.Value
				}
				continue
			}
			if before != "" && PastHost(before) {
				return
			}
			t.follow(s, ph.Value, depth+1)
			before += "x"
		}
	}
}

// become notes which part of an address is read; the one read first, seen from the address, decides.
func (t *urlTracer) become(f urlForm) {
	if t.form == wholeURL {
		t.form = f
	}
}

// whole notes the expression of the address whose part is read.
func (t *urlTracer) whole(s *Scope, e ast.Expr) {
	if s == t.first && t.url == nil {
		t.url = e
	}
}

func (t *urlTracer) name(s *Scope, n *ast.Name, depth int) {
	if s.Each(n.Id) != nil {
		t.root(s, n.Id, -2)
		return
	}
	if given := s.Assigned(n); given != nil {
		t.root(s, n.Id, given.Pos())
		t.follow(s, given, depth+1)
		return
	}
	if p := s.Param(n.Id); p != nil {
		t.root(s, n.Id, p.Pos())
		if up, given := s.Given(n.Id); given != nil {
			t.follow(up, given, depth+1)
			return
		}
		t.end = p
		return
	}
	t.root(s, n.Id, -1)
}

func (t *urlTracer) subscript(s *Scope, n *ast.Subscript, depth int) {
	if c, ok := n.Value.(*ast.Call); ok {
		if at, ok := c.Fn.(*ast.Attribute); ok && strings.HasSuffix(at.Attr.Id, "split") && len(c.Args) > 0 {
			sep, _ := c.Args[0].(*ast.Str)
			index, _ := n.Index.(*ast.Number)
			switch {
			case sep == nil || index == nil:
				t.become(otherOfURL)
			case sep.Value == "/" && (index.Text == "2" || index.Text == "0"):
				t.become(hostOfURL)
			case sep.Value == ":" && index.Text == "0", sep.Value == "@", sep.Value == "://" && index.Text == "1":
			case sep.Value == "?" && index.Text == "0", sep.Value == "#" && index.Text == "0":
			default:
				t.become(otherOfURL)
			}
			t.follow(s, at.Value, depth+1)
			return
		}
	}
	if parsed := t.parsed(s, n.Value, 0); parsed != nil {
		t.become(otherOfURL)
		if index, ok := n.Index.(*ast.Number); ok && index.Text == "1" {
			t.form = hostOfURL
		}
		t.whole(parsed.scope, parsed.url)
		t.follow(parsed.scope, parsed.url, depth+1)
		return
	}
	t.root(s, s.In.File.Text(n), -1)
}

func (t *urlTracer) call(s *Scope, n *ast.Call, depth int) {
	if parsed := t.parsed(s, n, 0); parsed != nil {
		t.become(parsedURL)
		t.whole(parsed.scope, parsed.url)
		t.follow(parsed.scope, parsed.url, depth+1)
		return
	}
	name := LastName(n.Fn)
	if at, ok := n.Fn.(*ast.Attribute); ok {
		switch name {
		case "strip", "lower", "rstrip", "lstrip", "casefold", "decode", "removesuffix", "encode", "geturl", "human_repr", "format":
			t.follow(s, at.Value, depth+1)
			return
		case "get", "pop", "getlist", "get_argument", "get_json":
			t.root(s, s.In.File.Text(n), -1)
			return
		case "split", "rsplit", "partition":
			t.become(otherOfURL)
			t.follow(s, at.Value, depth+1)
			return
		}
	}
	if name != "str" && name != "Request" && name != "unquote" {
		// What another function makes of an address is no more its text.
		t.become(otherOfURL)
	}
	for _, a := range n.Args {
		t.follow(s, a, depth+1)
		break
	}
	for _, k := range n.Keywords {
		if k.Name != nil && k.Name.Id == "url" {
			t.follow(s, k.Value, depth+1)
		}
	}
	if _, named := n.Fn.(*ast.Name); len(n.Args) == 0 && !named {
		t.root(s, s.In.File.Text(n), -1)
	}
}

// parsedAt is a call that takes an address apart.
type parsedAt struct {
	scope *Scope
	url   ast.Expr
}

// parsed is the address that an expression takes apart, by way of names; nil for others.
func (t *urlTracer) parsed(s *Scope, e ast.Expr, depth int) *parsedAt {
	if depth > 4 {
		return nil
	}
	switch n := e.(type) {
	case *ast.Call:
		name := LastName(n.Fn)
		if c := s.Call(n); c != nil && !strings.HasPrefix(c.Callee.Name(), "builtins.") {
			name = CalledName(c)
		}
		switch name {
		case "urlparse", "urlsplit", "URL", "parse_url", "url_parse", "AnyHttpUrl", "HttpUrl", "AnyUrl", "furl":
			if len(n.Args) > 0 {
				return &parsedAt{s, n.Args[0]}
			}
		}
	case *ast.Name:
		if given := s.Assigned(n); given != nil {
			return t.parsed(s, given, depth+1)
		}
		if up, given := s.Given(n.Id); given != nil {
			return t.parsed(up, given, depth+1)
		}
	case *ast.NamedExpr:
		return t.parsed(s, n.Value, depth+1)
	case *ast.BoolOp:
		return t.parsed(s, n.Values[0], depth+1)
	}
	return nil
}

// partOfURL is the form of what an attribute of a parsed address gives.
func partOfURL(attr string) urlForm {
	switch attr {
	case "hostname", "netloc", "host", "authority", "raw_host":
		return hostOfURL
	}
	return otherOfURL
}

// isURLPart reports whether an attribute is a part of an address other than its host.
func isURLPart(attr string) bool {
	switch attr {
	case "scheme", "path", "query", "fragment", "port", "params", "username", "password", "suffix", "name":
		return true
	}
	return false
}

var hostText = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}$`)

// fileEndings are words behind a dot that files have and hosts rarely do.
var fileEndings = []string{
	"pdf", "zip", "json", "html", "htm", "txt", "csv", "png", "jpg", "jpeg", "gif", "svg", "webp", "gz", "tar", "tgz", "xml", "md", "yaml", "yml", "py", "ipynb", "mp3", "mp4", "wav", "webm", "doc", "docx", "ppt", "pptx", "xls", "xlsx",
	"parquet", "onnx", "pt", "pth", "bin", "safetensors", "pkl", "npy", "gguf", "js", "css", "php", "aspx", "asp", "jsp", "rst", "git", "m3u8", "epub", "tsv", "jsonl",
}

// hostNamed is the host that a text of a test names, with what stands behind it; ok is false for texts
// that name none.
func hostNamed(text string) (host, rest string, ok bool) {
	if _, after, found := strings.Cut(text, "://"); found {
		text = after
	} else {
		text = strings.TrimPrefix(text, "//")
	}
	host = text
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		host, rest = text[:i], text[i:]
	}
	name := host
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[:i]
	}
	if net.ParseIP(name) != nil && strings.Count(name, ".") == 3 {
		return host, rest, true
	}
	if !hostText.MatchString(name) || slices.Contains(fileEndings, strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])) {
		return "", "", false
	}
	return host, rest, true
}

// judgeURLTest judges a test of the address that whole traces.
func judgeURLTest(s *Scope, e ast.Expr, holds bool, whole tracedURL) (sound bool, faulty []URLTest) {
	found := func(t tracedURL, texts []string, at ast.Expr, positive bool) []URLTest {
		out := URLTest{Scope: s, At: s.Whole(at), positive: positive, url: t.url}
		if t.form == wholeURL {
			out.url = subjectOf(at)
		}
		for _, text := range texts {
			host, _, ok := hostNamed(text)
			if !ok {
				return nil
			}
			out.hosts = append(out.hosts, host)
		}
		if t.form == hostOfURL && t.url == nil {
			out.host = subjectOf(at)
		}
		return []URLTest{out}
	}
	switch n := e.(type) {
	case *ast.Compare:
		if len(n.Ops) != 1 {
			return false, nil
		}
		left, right := n.Left, n.Right[0]
		switch op := n.Ops[0]; op {
		case "in", "not in":
			if t := traceURL(s, left); t.meets(whole) {
				return holds == (op == "in") && !isURLPart(t.part), nil
			}
			t := traceURL(s, right)
			if !t.meets(whole) || t.form != wholeURL && t.form != hostOfURL || holds != (op == "in") {
				return false, nil
			}
			if texts := s.Texts(left); len(texts) > 0 {
				return false, found(t, texts, n, op == "in")
			}
		case "==", "!=", "is", "is not":
			eq := holds == (op == "==" || op == "is")
			for _, x := range [...]ast.Expr{left, right} {
				if t := traceURL(s, x); t.meets(whole) && eq && !isURLPart(t.part) && !isCount(x) && !isNoneExpr(left) && !isNoneExpr(right) {
					return true, nil
				}
			}
			if c, ok := left.(*ast.Call); ok && !eq && LastName(c.Fn) == "find" && s.In.File.Text(right) == "-1" && len(c.Args) == 1 {
				return judgeFind(s, c, n, whole, op != "==", found)
			}
		case ">", ">=":
			if c, ok := left.(*ast.Call); ok && holds && LastName(c.Fn) == "find" && len(c.Args) == 1 {
				if limit := s.In.File.Text(right); limit == "-1" && op == ">" || limit == "0" && op == ">=" {
					return judgeFind(s, c, n, whole, true, found)
				}
			}
		}
	case *ast.Attribute:
		return IsAddressTest(n), nil
	case *ast.Call:
		at, method := n.Fn.(*ast.Attribute)
		name := LastName(n.Fn)
		if method && (name == "startswith" || name == "endswith") && len(n.Args) > 0 {
			t := traceURL(s, at.Value)
			if !t.meets(whole) || !holds {
				return false, nil
			}
			if name == "endswith" && besideEquality(s, n, whole) {
				return true, nil
			}
			return judgeEnds(s, n, t, name == "endswith", found)
		}
		for _, a := range n.Args {
			if t := traceURL(s, a); t.meets(whole) && checksAddress(s, n, name) {
				return true, nil
			}
		}
		if method && traceURL(s, at.Value).meets(whole) && (name == "is_private" || name == "isdisjoint") {
			return true, nil
		}
	}
	return false, nil
}

// besideEquality reports whether a test of a host's ending stands beside one of the whole host, so
// that subdomains are what it is about: `host == "a.org" or host.endswith("a.org")`.
func besideEquality(s *Scope, n *ast.Call, whole tracedURL) bool {
	for _, x := range s.In.Around(n) {
		or, ok := x.(*ast.BoolOp)
		if !ok || !or.Or {
			continue
		}
		for _, v := range or.Values {
			if c, ok := v.(*ast.Compare); ok && len(c.Ops) == 1 && (c.Ops[0] == "==" || c.Ops[0] == "in") {
				if t := traceURL(s, c.Left); t.meets(whole) && t.form == hostOfURL {
					return true
				}
			}
		}
	}
	return false
}

// isCount reports whether an expression is a number about an address: its length.
func isCount(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	return ok && (LastName(c.Fn) == "len" || LastName(c.Fn) == "count" || LastName(c.Fn) == "find")
}

func isNoneExpr(e ast.Expr) bool {
	k, ok := e.(*ast.Constant)
	return ok && k.Value == ast.None
}

// checksAddress reports whether a call of a library, or of a function of which nothing is known, may
// tell whether an address is a good one: a match of a pattern, or a name that says so.
func checksAddress(s *Scope, n *ast.Call, name string) bool {
	switch name {
	case "match", "fullmatch", "search", "ip_address", "url_has_allowed_host_and_scheme":
		return true
	}
	return NamesCheck(name) && AboutAddresses(name)
}

type reportURL func(t tracedURL, texts []string, at ast.Expr, positive bool) []URLTest

// judgeFind judges `url.find(HOST) >= 0`.
func judgeFind(s *Scope, c *ast.Call, n *ast.Compare, whole tracedURL, positive bool, found reportURL) (bool, []URLTest) {
	at, ok := c.Fn.(*ast.Attribute)
	if !ok {
		return false, nil
	}
	t := traceURL(s, at.Value)
	texts := s.TextsGiven(c)
	if !t.meets(whole) || t.form > hostOfURL || len(texts) == 0 {
		return false, nil
	}
	return false, found(t, texts, n, positive)
}

// judgeEnds judges a test of how an address begins, or how its host begins or ends.
func judgeEnds(s *Scope, n *ast.Call, t tracedURL, end bool, found reportURL) (bool, []URLTest) {
	texts := s.TextsGiven(n)
	if len(texts) == 0 {
		return true, nil // of a setting, which may end with a slash
	}
	var bad, all []string
	for _, text := range texts {
		host, rest, ok := hostNamed(text)
		switch {
		case end && t.form == hostOfURL:
			if strings.HasPrefix(text, ".") {
				all = append(all, text)
			} else if ok && rest == "" {
				all, bad = append(all, text), append(bad, text)
			}
		case end || !ok:
		case t.form == hostOfURL, t.form == wholeURL && strings.Contains(text, "://"):
			all = append(all, text)
			if rest == "" && host != "" {
				bad = append(bad, text)
			}
		}
	}
	switch {
	case len(bad) > 0 && len(all) == len(texts):
		for i := range all {
			all[i] = strings.TrimPrefix(all[i], ".")
		}
		return false, found(t, all, n, true)
	case len(all) > 0:
		return len(all) == len(texts), nil
	}
	return false, nil
}

// subjectOf is the text that a test looks at.
func subjectOf(test ast.Expr) ast.Expr {
	switch n := test.(type) {
	case *ast.Compare:
		if c, ok := n.Left.(*ast.Call); ok && LastName(c.Fn) == "find" {
			return c.Fn.(*ast.Attribute).Value
		}
		return n.Right[0]
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok {
			return at.Value
		}
	}
	return nil
}

// Repair compares the host of the address with those that are meant.
func (t URLTest) Repair(p *Pass) *fix.Fix {
	m := t.Scope.In
	var hosts []string
	for _, h := range t.hosts {
		if i := strings.LastIndexByte(h, ':'); i >= 0 {
			h = h[:i] // hostname has no port
		}
		if q := strconv.Quote(strings.ToLower(h)); !slices.Contains(hosts, q) {
			hosts = append(hosts, q)
		}
	}
	one := " == "
	list := ""
	switch {
	case len(hosts) == 1:
		list = hosts[0]
	default:
		one, list = " in ", "{"+strings.Join(hosts, ", ")+"}"
	}
	subject := ""
	var imports []fix.Edit
	switch e := t.url; {
	case t.host != nil && Repeatable(t.host):
		subject = m.File.Text(t.host)
	case e == nil:
		return nil
	default:
		var parse string
		parse, imports = fix.Reach(m.File, "urllib.parse.urlparse", "from urllib.parse import urlparse", fix.InSection)
		subject = parse + "(" + m.File.Text(plainURL(e)) + ").hostname"
	}
	text := subject + one + list
	if !t.positive {
		text = "not " + text
	}
	return Fix(true, "compare the host", p.InFile(m, append([]fix.Edit{fix.ReplaceNode(m.File, t.At, text)}, imports...)))
}

// plainURL is an address without what changes its letters only: url for url.lower().
func plainURL(e ast.Expr) ast.Expr {
	for {
		c, ok := e.(*ast.Call)
		if !ok || len(c.Args) > 0 {
			return e
		}
		at, ok := c.Fn.(*ast.Attribute)
		if !ok || at.Attr.Id != "lower" && at.Attr.Id != "casefold" {
			return e
		}
		e = at.Value
	}
}
