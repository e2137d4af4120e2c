package generative

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// openWebhook is PML5117.
var openWebhook = &checks.Rule{
	Spec: infoPML5117,
	On: []string{
		"{replicate,replicate.Client()}.{run,async_run,predictions.create,predictions.async_create,deployments.predictions.create,trainings.create}",
		"{fal_client,fal_client.SyncClient(),fal_client.AsyncClient()}.{submit,submit_async}",
		"{lumaai.LumaAI,lumaai.AsyncLumaAI}().generations.{create,image.create,video.create}",
		"{requests,requests.sessions.Session(),httpx,httpx.Client(),aiohttp.ClientSession()}.post",
	},
	Knows: append([]string{"os.environ.get", "os.getenv"}, services...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		at, service := callbackAddress(p, c)
		if at == "" {
			return
		}
		for _, r := range c.Frame.Routes() {
			route, ok := r.Path()
			if !ok || len(route) < 2 || !strings.HasSuffix(at, strings.TrimSuffix(route, "/")) || r.Function.Def == nil {
				continue
			}
			mod := p.Project.Module(r.Function.Module)
			if mod == nil {
				continue
			}
			h := &webhook{p: p, call: c, mod: mod, service: service, reach: reachable(c.Frame, r.Function)}
			if use, in := h.use(); use != nil && !h.verified() {
				p.Report(checks.Report{Node: r.Function.Def.Name, In: mod, Fix: h.askService(use, in)})
			}
		}
	},
}

// videoHosts tells the APIs that make videos by a part of their host.
var videoHosts = regexp.MustCompile(`^(https?://|\{)[^/]*(runway|replicate|fal|luma|kling|pika|kie|heygen|minimax)`)

// callbackAddress is the address, without query, to which a call has its result sent, and the
// service; "" where there is none.
func callbackAddress(p *checks.Pass, c *checks.Call) (at, service string) {
	service, _, _ = strings.Cut(c.Symbol.String(), ".")
	for _, name := range [...]string{"webhook", "webhook_url", "callback_url"} {
		if a := c.Arg(-1, name); a != nil {
			return bare(spellText(p, c, a.Value, a.Node, c.Frame)), service
		}
	}
	if !strings.HasSuffix(c.Symbol.String(), ".post") {
		return "", ""
	}
	a := c.Arg(-1, "json")
	if a == nil || !videoHosts.MatchString(strings.ToLower(address(p, c))) {
		return "", ""
	}
	for _, name := range [...]string{"webhook", "webhook_url", "callback_url", "callBackUrl"} {
		if e := c.Key(a.Value, name); e != nil {
			return bare(spellText(p, c, e.Value, e.Node, c.Frame)), ""
		}
	}
	return "", ""
}

func bare(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return strings.TrimSuffix(address, "/")
}

// webhook is a handler that gets the results of a generation service.
type webhook struct {
	p       *checks.Pass
	call    *checks.Call
	mod     *checks.Module
	service string
	// reach lists the handler and the functions of the project that it calls.
	reach []*semantic.Function
}

// reachable lists a function and those of the project that it calls, two calls deep.
func reachable(f *checks.Frame, fn *semantic.Function) []*semantic.Function {
	out := []*semantic.Function{fn}
	seen := map[*semantic.Function]bool{fn: true}
	for from, depth := 0, 0; depth < 2; depth++ {
		to := len(out)
		for _, caller := range out[from:to] {
			for _, o := range f.Everywhere() {
				if o.Function() != caller {
					continue
				}
				for _, c := range o.Calls {
					if g := c.Callee.Function(); g != nil && g.Def != nil && !seen[g] {
						seen[g] = true
						out = append(out, g)
					}
				}
			}
		}
		from = to
	}
	return out
}

// resultKeys are the entries of a webhook's body that hold what was made.
var resultKeys = map[string]bool{"output": true, "video": true, "video_url": true, "url": true, "assets": true, "data": true, "payload": true}

// quiet are the functions that only write a log or count.
var quiet = map[string]bool{"info": true, "debug": true, "warning": true, "error": true, "log": true, "print": true, "exception": true, "len": true, "inc": true}

// use is the read of a result in the handler, or in a function that it calls, and its file; nil where
// it has none that goes anywhere but into a log.
func (h *webhook) use() (ast.Expr, *checks.Module) {
	for _, fn := range h.reach {
		mod := h.p.Project.Module(fn.Module)
		if mod == nil {
			continue
		}
		var found ast.Expr
		ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok || found != nil {
				return found == nil
			}
			if key, _ := readKey(e); resultKeys[key] && !onlyLogged(mod, e) {
				found = e
				return false
			}
			return true
		})
		if found != nil {
			return found, mod
		}
	}
	return nil, nil
}

// readKey is the constant key that an expression reads, and what it reads from: `x["k"]`,
// `x.get("k")`, and the attribute of a body that is declared as a model.
func readKey(e ast.Expr) (key string, from ast.Expr) {
	switch e := e.(type) {
	case *ast.Subscript:
		if s, ok := e.Index.(*ast.Str); ok {
			return s.Value, e.Value
		}
	case *ast.Call:
		at, ok := e.Fn.(*ast.Attribute)
		if !ok || at.Attr.Id != "get" || len(e.Args) == 0 {
			return "", nil
		}
		if s, ok := e.Args[0].(*ast.Str); ok {
			return s.Value, at.Value
		}
	case *ast.Attribute:
		if root, ok := e.Value.(*ast.Name); ok && root.Id != "request" && root.Id != "self" {
			return e.Attr.Id, e.Value
		}
	}
	return "", nil
}

// onlyLogged reports whether an expression is only an argument of a log.
func onlyLogged(mod *checks.Module, e ast.Expr) bool {
	around := mod.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if quiet[checks.LastName(n.Fn)] {
				return true
			}
		case ast.Stmt:
			return false
		}
	}
	return false
}

// proofs are the words by which the code of a check of the sender goes.
var proofs = regexp.MustCompile(`(?i)verif|validat|signature|hmac|digest|secret|token|auth|svix|nacl|jwt|api_key|apikey`)

// services are the calls that ask a service itself for a result.
var services = []string{
	"replicate.predictions.get", "replicate.predictions.async_get", "replicate.Client().predictions.get", "replicate.Client().predictions.async_get",
	"fal_client.result", "fal_client.status", "fal_client.result_async", "fal_client.status_async",
	"fal_client.SyncClient().result", "fal_client.SyncClient().status", "fal_client.AsyncClient().result", "fal_client.AsyncClient().status",
	"lumaai.LumaAI().generations.get", "lumaai.AsyncLumaAI().generations.get",
}

// asksService reports whether the handler, or a function that it calls, asks the service.
func (h *webhook) asksService() bool {
	for _, f := range h.call.Frame.Everywhere() {
		if !slices.Contains(h.reach, f.Function()) {
			continue
		}
		for _, c := range f.Calls {
			if c.Symbol.Is(services...) {
				return true
			}
		}
	}
	return false
}

// verified reports whether the handler checks who calls, or asks the service.
func (h *webhook) verified() bool {
	for _, fn := range h.reach {
		file := fn.Module.File
		found := false
		for _, d := range fn.Def.Decorators {
			found = found || proofs.MatchString(file.Text(d.Expr))
		}
		for _, param := range fn.Def.Params.List {
			found = found || param.Default != nil && proofs.MatchString(file.Text(param.Default)) || param.Annotation != nil && proofs.MatchString(file.Text(param.Annotation))
		}
		ast.InspectStmts(fn.Def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Compare:
				found = found || proofs.MatchString(file.Text(n))
			case *ast.If:
				found = found || checks.Leaves(n.Body) && comparesSent(n.Test)
			case *ast.Call:
				name := file.Text(n.Fn)
				found = found || proofs.MatchString(name)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return h.asksService() || h.guarded() || h.p.ProtectionOf(h.call.Frame, h.reach[0]).Has(models.Identity)
}

// comparesSent reports whether a test compares a header or a part of the query with something that
// is not written in the code.
func comparesSent(test ast.Expr) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok || len(c.Right) != 1 {
			return !found
		}
		_, left := c.Left.(*ast.Str)
		_, right := c.Right[0].(*ast.Str)
		ast.Inspect(c, func(n ast.Node) bool {
			a, ok := n.(*ast.Attribute)
			if ok && !left && !right {
				switch a.Attr.Id {
				case "headers", "args", "query_params", "GET", "META":
					found = true
				}
			}
			return !found
		})
		return !found
	})
	return found
}

// guarded reports whether the program checks who calls before any handler runs.
func (h *webhook) guarded() bool {
	for _, f := range h.call.Frame.Everywhere() {
		fn := f.Function()
		if fn == nil || fn.Def == nil {
			continue
		}
		file := fn.Module.File
		for _, d := range fn.Def.Decorators {
			text := file.Text(d.Expr)
			if (strings.Contains(text, "before_request") || strings.Contains(text, "middleware")) && proofs.MatchString(file.Text(fn.Def)) {
				return true
			}
		}
		for _, c := range f.Calls {
			if k := c.Arg(-1, "dependencies"); k != nil && k.Node != nil && proofs.MatchString(file.Text(k.Node)) {
				return true
			}
		}
	}
	return false
}

// askService replaces what a stranger may have sent by what the service says of that id.
func (h *webhook) askService(e ast.Expr, mod *checks.Module) *fix.Fix {
	key, from := readKey(e)
	if from == nil || !mod.Holds(e) {
		return nil
	}
	if _, attribute := e.(*ast.Attribute); attribute {
		return nil
	}
	there := *h.p
	there.Module = mod
	body := mod.File.Text(from)
	const message = "ask the service for the result"
	switch {
	case h.service == "replicate" && key == "output":
		get, imports := fix.Reach(mod.File, "replicate.predictions.get", "import replicate", fix.InOrder)
		return h.in(mod, checks.Fix(true, message, checks.Replace(&there, e, get+"("+body+`["id"]).output`), imports))
	case h.service == "fal_client" && key == "payload":
		app := h.call.Arg(0, "application")
		if app == nil || app.Node == nil {
			return nil
		}
		text, ok := app.Value.Text()
		if !ok {
			return nil
		}
		result, imports := fix.Reach(mod.File, "fal_client.result", "import fal_client", fix.InOrder)
		return h.in(mod, checks.Fix(true, message, checks.Replace(&there, e, result+`("`+text+`", `+body+`["request_id"])`), imports))
	case h.service == "lumaai" && key == "video":
		assets, body := readKey(from)
		at, ok := h.call.Node.Fn.(*ast.Attribute)
		if assets != "assets" || !ok || !mod.Holds(h.call.Node) {
			return nil
		}
		client := strings.TrimSuffix(strings.TrimSuffix(mod.File.Text(at.Value), ".image"), ".video")
		return h.in(mod, checks.Fix(true, message, checks.Replace(&there, e, client+".get(id="+mod.File.Text(body)+`["id"]).assets.video`)))
	}
	return nil
}

// in says in which file a fix edits: the report stands in that of the handler.
func (h *webhook) in(mod *checks.Module, f *fix.Fix) *fix.Fix {
	if mod != h.mod {
		for i := range f.Edits {
			f.Edits[i].Path = mod.Path
		}
	}
	return f
}
