package supplychain

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/secrets"
)

// keyInAddress is PML6304.
var keyInAddress = &checks.Rule{
	Spec: infoPML6304,
	On: []string{
		"requests.{get,post,put,patch,delete,head,request}", "requests.Session().{get,post,put,patch,delete,head,request}",
		"httpx.{get,post,put,patch,delete,head,request,stream}", "httpx.{Client,AsyncClient}().{get,post,put,patch,delete,head,request,stream}",
		"aiohttp.ClientSession().{get,post,put,patch,delete,head,request}", "aiohttp.request", "urllib.request.{urlopen,Request}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if inFixtures(p.Path) {
			return
		}
		pos := 0
		if c.Method == "request" || c.Method == "stream" || c.Symbol.Is("requests.request", "httpx.request", "httpx.stream", "aiohttp.request") {
			pos = 1
		}
		address := c.Arg(pos, "url")
		if address == nil || address.Node == nil {
			return
		}
		for _, v := range given(c, address.Value) {
			host := hostOfParts(v)
			if host == "" && c.Receiver != nil && c.Receiver.Origin() != nil {
				if base := c.Receiver.Origin().Arg(-1, "base_url"); base != nil {
					host = hostOfParts(base.Value)
				}
			}
			if !slices.Contains(headerHosts, host) {
				continue
			}
			keyInQuery(p, c, address, v, host)
			keyInParameters(p, c, host)
			if made := c.Receiver.Origin(); made != nil {
				if made.Symbol.Is(clientsWithParameters...) {
					keyInParameters(p, made, host) // the client appends them to each address
				}
				keyAmongStored(p, c, made, host)
			}
			return
		}
	},
	Knows: []string{clientParameters + ".update"},
	To:    []string{clientParameters, clientParameters + "[]"},
}

// clientParameters are the parameters that a client appends to each address once they are set.
const clientParameters = "{requests.Session,httpx.Client,httpx.AsyncClient}().params"

// keyAmongStored reports the key among the parameters that a client is given after it was made.
func keyAmongStored(p *checks.Pass, c, made *checks.Call, host string) {
	isClient := func(f *checks.Frame, e ast.Expr) bool {
		at, ok := e.(*ast.Attribute)
		if !ok || at.Attr.Id != "params" {
			return false
		}
		v := f.ValueOf(at.Value)
		return slices.ContainsFunc(v.Alternatives(), func(v *checks.Value) bool { return v.Origin() != nil && v.Origin().Node == made.Node })
	}
	report := func(client ast.Expr, value ast.Node, edits func(header, value string) []fix.Edit) {
		e, ok := value.(ast.Expr)
		if !ok || !p.Holds(e) {
			return
		}
		name, text, _ := strings.Cut(headerFor(host, p.File.Text(e)), ": ")
		p.Report(checks.Report{Node: e, Fix: checks.Fix(true, "send the key in a header", edits(p.File.Text(client)+".headers["+name+"]", text))})
	}
	for _, f := range c.Frame.Beside() {
		for _, s := range f.Stores {
			if sub, ok := s.Node.(*ast.Subscript); ok && isClient(f, sub.Value) {
				name, _ := s.Key.Text()
				if slices.Contains(keyParameters, strings.ToLower(name)) && isSecret(c, s.Value) {
					report(sub.Value.(*ast.Attribute).Value, s.From, func(header, value string) []fix.Edit {
						return slices.Concat(checks.Replace(p, sub, header), checks.Replace(p, s.From, value))
					})
				}
			} else if isClient(f, s.Node) {
				storedEntries(p, c, s.From, s.Value, func(entry ast.Node, edits func(string, string) []fix.Edit) {
					report(s.Node.(*ast.Attribute).Value, entry, edits)
				})
			}
		}
		for _, u := range f.Calls {
			at, ok := u.Node.Fn.(*ast.Attribute)
			if !ok || u.Method != "update" || len(u.Args) != 1 || !isClient(f, at.Value) {
				continue
			}
			client := at.Value.(*ast.Attribute).Value
			if u.Args[0].Keyword != nil {
				if k := u.Args[0]; slices.Contains(keyParameters, strings.ToLower(k.Name)) && isSecret(c, k.Value) {
					report(client, k.Node, func(header, value string) []fix.Edit { return checks.Replace(p, u.Node, header+" = "+value) })
				}
				continue
			}
			storedEntries(p, c, u.Args[0].Node, u.Args[0].Value, func(entry ast.Node, edits func(string, string) []fix.Edit) { report(client, entry, edits) })
		}
	}
}

// storedEntries hands on the keys of a dict of parameters that a statement gives to a client, with the edits that
// set a header in the place of the statement, or before it where it has more to say.
func storedEntries(p *checks.Pass, c *checks.Call, given ast.Expr, v *checks.Value, report func(ast.Node, func(header, value string) []fix.Edit)) {
	entries, open, _ := c.Entries(v)
	for _, e := range entries {
		node, ok := e.Node.(ast.Expr)
		if !ok || e.Value == nil || !slices.Contains(keyParameters, strings.ToLower(e.Name)) || !isSecret(c, e.Value) {
			continue
		}
		report(node, func(header, value string) []fix.Edit {
			stmt := p.StmtOf(given)
			if stmt == nil || !given.Range().Contains(node.Range()) {
				return nil
			}
			if len(entries) == 1 && !open {
				return checks.Replace(p, stmt, header+" = "+value)
			}
			gone := checks.RemoveEntry(p, node)
			if gone == nil {
				return nil
			}
			return append(gone, fix.InsertBefore(p.File, stmt, header+" = "+value)...)
		})
	}
}

// clientsWithParameters are the clients that are made with parameters for all their requests.
var clientsWithParameters = []string{"httpx.Client", "httpx.AsyncClient"}

// headerHosts are the providers that take a key in a header.
var headerHosts = []string{
	"generativelanguage.googleapis.com", "api.openai.com", "api.anthropic.com", "huggingface.co", "api-inference.huggingface.co", "router.huggingface.co", "api.cohere.com", "api.cohere.ai",
	"api.mistral.ai", "api.replicate.com", "api.elevenlabs.io", "openrouter.ai",
}

// keyParameters are the parameters of a query that hold a key.
var keyParameters = []string{"key", "api_key", "apikey", "access_token", "token"}

// hostOfParts is the host of an address that is built, as far as its beginning tells it.
func hostOfParts(v *checks.Value) string {
	text, ok := v.Text()
	if !ok {
		if text = v.Prefix(); text == "" {
			return ""
		}
		if i := strings.Index(text, "://"); i >= 0 && !strings.ContainsAny(text[i+3:], "/?") {
			return "" // the host may go on
		}
	}
	u, err := url.Parse(strings.SplitN(text, "?", 2)[0])
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// isSecret reports whether a value is a key that was read.
func isSecret(c *checks.Call, v *checks.Value) bool {
	for _, g := range given(c, v) {
		if text, ok := g.Text(); ok && (secrets.KeyLike(text) || len(providerKeys(text)) > 0) {
			return true
		}
		for _, m := range g.Marks() {
			if m.Label == models.Secret && !m.Clean.Has(models.Disclosure) && !ofSession(m.SecretName()) {
				return true
			}
		}
	}
	return false
}

// ofSession reports whether a token by its name is one that lives for a moment.
func ofSession(name string) bool {
	low := strings.ToLower(name)
	for _, w := range [...]string{"session", "ephemeral", "realtime", "signed", "temporary", "xsrf", "csrf"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// keyInQuery reports the key in an address behind the question mark.
func keyInQuery(p *checks.Pass, c *checks.Call, address *checks.Argument, v *checks.Value, host string) {
	before := ""
	parts := v.Parts()
	for i := range parts {
		part := &parts[i]
		if part.Value == nil {
			before += part.Text
			continue
		}
		_, query, found := strings.Cut(before, "?")
		name := ""
		if found && strings.HasSuffix(query, "=") {
			name = strings.TrimSuffix(query[strings.LastIndexByte(query, '&')+1:], "=")
		}
		encoded := found && (query == "" || strings.HasSuffix(query, "&")) && slices.ContainsFunc(given(c, part.Value), encodesKey)
		before += "\x00"
		if encoded {
			if in := p.Holder(part.Node); in != nil {
				p.Report(checks.Report{Node: part.Node, In: in})
				continue
			}
		}
		if !slices.Contains(keyParameters, strings.ToLower(name)) || !isSecret(c, part.Value) {
			continue
		}
		node, in := ast.Node(address.Node), p.Holder(address.Node)
		if h := p.Holder(part.Node); h != nil {
			node, in = part.Node, h
		}
		if in == nil {
			continue
		}
		r := checks.Report{Node: node, In: in}
		if e, ok := part.Node.(ast.Expr); ok && in == p.Module {
			r.Fix = intoHeader(p, c, host, p.File.Text(e), queryGone(p, e, name))
		}
		p.Report(r)
	}
}

// encodesKey reports whether a value is urlencode of a table that holds a key.
func encodesKey(v *checks.Value) bool {
	o := v.Origin()
	if o == nil || o.Callee.Name() != "urllib.parse.urlencode" || o.Arg(0, "query") == nil {
		return false
	}
	entries, _, _ := o.Entries(o.Arg(0, "query").Value)
	return slices.ContainsFunc(entries, func(e checks.Entry) bool {
		return slices.Contains(keyParameters, strings.ToLower(e.Name)) && isSecret(o, e.Value)
	})
}

// queryGone deletes `name=` and its value from an address, with the sign before it or behind it: from an
// f-string, a sum, or a template that takes nothing else.
func queryGone(p *checks.Pass, e ast.Expr, name string) []fix.Edit {
	around := p.Around(e)
	if len(around) > 1 {
		switch n := around[len(around)-2].(type) {
		case *ast.BinOp:
			if n.Op == "+" && n.Right == e {
				return endGone(p, n, name, around[:len(around)-2])
			}
			if n.Op == "%" && n.Right == e {
				return templateGone(p, n, n.Left, name+"=%s", "%")
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "format" && len(n.Args) == 1 && len(n.Keywords) == 0 && n.Args[0] == e {
				return templateGone(p, n, at.Value, name+"={}", "{")
			}
		}
	}
	for i := len(around) - 1; i >= 0; i-- {
		ph, ok := around[i].(*ast.Placeholder)
		if !ok || ph.Value != e {
			continue
		}
		text := p.Source.Text
		start, end := int(ph.Start)-len(name)-1, int(ph.End)
		if start < 1 || string(text[start:ph.Start]) != name+"=" {
			return nil
		}
		switch {
		case text[end] == '&':
			end++
		case text[start-1] == '?' || text[start-1] == '&':
			start--
		}
		return []fix.Edit{{Start: start, End: end}}
	}
	return nil
}

// endGone deletes the end of a sum, `...?name=" + value`, where no text follows.
func endGone(p *checks.Pass, sum *ast.BinOp, name string, outside []ast.Node) []fix.Edit {
	if len(outside) > 0 {
		if n, ok := outside[len(outside)-1].(*ast.BinOp); ok && n.Op == "+" {
			return nil
		}
	}
	last := sum.Left
	if n, ok := last.(*ast.BinOp); ok {
		last = n.Right
	}
	switch last.(type) {
	case *ast.Str, *ast.JoinedStr:
	default:
		return nil
	}
	text := p.File.Text(last)
	body := strings.TrimRight(text, `"'`)
	if !strings.HasSuffix(body, "?"+name+"=") && !strings.HasSuffix(body, "&"+name+"=") {
		return nil
	}
	end := int(last.Pos()) + len(body)
	return []fix.Edit{{Start: end - len(name) - 2, End: end}, {Start: int(sum.Left.Range().End), End: int(sum.Range().End)}}
}

// templateGone puts a literal that is filled with one value in the place of what fills it, without its hole.
func templateGone(p *checks.Pass, filled, template ast.Expr, hole, sign string) []fix.Edit {
	if _, literal := template.(*ast.Str); !literal {
		return nil
	}
	text := p.File.Text(template)
	i := strings.Index(text, hole)
	if i < 1 || strings.Count(text, sign) != 1 {
		return nil
	}
	j := i + len(hole)
	switch {
	case text[j] == '&':
		j++
	case text[i-1] == '?' || text[i-1] == '&':
		i--
	}
	return checks.Replace(p, filled, text[:i]+text[j:])
}

// keyInParameters reports the key among the parameters that a call appends to its address.
func keyInParameters(p *checks.Pass, c *checks.Call, host string) {
	a := c.Arg(-1, "params")
	if a == nil || a.Node == nil {
		return
	}
	for _, d := range given(c, a.Value) {
		entries, open, _ := c.Entries(d)
		for _, e := range entries {
			if !slices.Contains(keyParameters, strings.ToLower(e.Name)) || e.Value == nil || !isSecret(c, e.Value) {
				continue
			}
			node, ok := e.Node.(ast.Expr)
			if !ok {
				continue
			}
			in := p.Holder(node)
			if in == nil {
				continue
			}
			r := checks.Report{Node: node, In: in}
			if in == p.Module {
				var gone []fix.Edit
				if len(entries) == 1 && !open && a.Node.Range().Contains(node.Range()) && a.Keyword != nil {
					r.Fix = headerInPlace(p, c, a, host, p.File.Text(node))
				} else if gone = checks.RemoveEntry(p, node); gone != nil {
					r.Fix = intoHeader(p, c, host, p.File.Text(node), gone)
				}
			}
			p.Report(r)
		}
	}
}

// headerFor is the entry of a dict of headers by which a provider takes its key.
func headerFor(host, key string) string {
	switch host {
	case "generativelanguage.googleapis.com":
		return `"x-goog-api-key": ` + key
	case "api.anthropic.com":
		return `"x-api-key": ` + key
	case "api.elevenlabs.io":
		return `"xi-api-key": ` + key
	}
	inner := key
	if strings.Contains(inner, `"`) {
		inner = strings.ReplaceAll(inner, `"`, `'`)
	}
	return `"Authorization": f"Bearer {` + inner + `}"`
}

// headerInPlace puts the header in the place of parameters that hold nothing else.
func headerInPlace(p *checks.Pass, c *checks.Call, params *checks.Argument, host, key string) *fix.Fix {
	if h := c.Arg(-1, "headers"); h != nil {
		return intoHeader(p, c, host, key, fix.RemoveArg(p.File, c.Node, params.Keyword))
	}
	return checks.Fix(true, "send the key in a header", checks.Replace(p, params.Keyword, "headers={"+headerFor(host, key)+"}"))
}

// intoHeader adds the key to the headers of a call.
func intoHeader(p *checks.Pass, c *checks.Call, host, key string, gone []fix.Edit) *fix.Fix {
	if gone == nil || !p.Holds(c.Node) {
		return nil
	}
	h := c.Arg(-1, "headers")
	switch {
	case h == nil && !c.HasRest():
		return checks.Fix(true, "send the key in a header", append(gone, fix.AddKeyword(p.File, c.Node, "headers", "{"+headerFor(host, key)+"}")...))
	case h == nil || h.Unpacked:
		return nil
	}
	if d, ok := h.Node.(*ast.Dict); ok {
		return checks.Fix(true, "send the key in a header", append(gone, fix.AddElement(p.File, d, headerFor(host, key))...))
	}
	return checks.Fix(true, "send the key in a header", append(gone, checks.Replace(p, h.Node, "{**"+p.File.Text(h.Node)+", "+headerFor(host, key)+"}")...))
}
