package generative

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of what is sent on to servers that draw.

// dumpers are the functions that write a body as JSON.
var dumpers = []string{"json.dumps", "orjson.dumps", "ujson.dumps", "simplejson.dumps"}

// contents tells what containers hold: at a call, or at the end of a way.
type contents interface {
	Key(v *checks.Value, name string) *checks.Entry
	Items(v *checks.Value) (items []checks.Item, open, ok bool)
	Rest(v *checks.Value) (value, keys *checks.Value)
}

// body is what a request is sent with, before it was written as JSON, and what tells of its
// contents.
type body struct {
	contents
	value *checks.Value
	call  *checks.Call
}

// sentBody finds the body of the request at the end of a way: as its own function knows it, or
// where a caller hands it in as the way brings it.
func sentBody(path *checks.Path) body {
	for _, a := range path.Call.Dangerous(models.Body) {
		if a.Node != nil && ast.Node(a.Node) == path.Node {
			if b := undumped(body{path.Call, a.Value, path.Call}); b.value.Kind() == flow.KindObject {
				if rest, _ := b.Rest(b.value); rest != nil || len(b.entries(b.value)) > 0 {
					return b
				}
			}
		}
	}
	return undumped(body{path, path.Value, path.Call})
}

// entries lists what a mapping holds under constant keys.
func (b body) entries(v *checks.Value) []checks.Entry {
	switch c := b.contents.(type) {
	case *checks.Path:
		return c.Entries(v)
	case *checks.Call:
		list, _, _ := c.Entries(v)
		return list
	}
	return nil
}

// undumped goes back from a text to the mapping that was written as JSON.
func undumped(b body) body {
	for range 4 {
		o := b.value.Origin()
		switch {
		case b.value.Kind() == flow.KindObject || o == nil:
			return b
		case o.Symbol.Is(dumpers...) && len(o.Args) > 0:
			b = body{o, o.Args[0].Value, o}
		case o.Method == "encode" && o.Receiver != nil:
			b.value = o.Receiver
		default:
			return b
		}
	}
	return b
}

// address spells the address of a request: what is constant as it is, other parts as the
// expressions that bring them, in braces.
func address(p *checks.Pass, c *checks.Call) string {
	list := c.Dangerous(models.URL)
	if c.Symbol.Is("urllib.request.Request") {
		if a := c.Arg(0, "url"); a != nil {
			list = []checks.Argument{*a}
		}
	}
	if len(list) == 0 {
		return ""
	}
	base := ""
	if c.Receiver != nil && c.Receiver.Origin() != nil {
		if a := c.Receiver.Origin().Arg(0, "base_url"); a != nil {
			base = spellText(p, c.Receiver.Origin(), a.Value, a.Node, c.Frame)
		}
	}
	text := spellText(p, c, list[0].Value, list[0].Node, c.Frame)
	if strings.HasPrefix(text, "http") {
		base = ""
	}
	text, _, _ = strings.Cut(base+text, "?")
	return strings.TrimSuffix(text, "/")
}

// settled is the constant text that a value is, or is unless the environment or a caller says
// otherwise: the default of a setting, what the project itself gives its class.
func settled(c *checks.Call, v *checks.Value) (text string, ok bool) {
	for _, given := range c.Given(v) {
		for _, a := range given.Alternatives() {
			if t, ok := a.Text(); ok {
				return t, true
			}
			o := a.Origin()
			if o == nil || !o.Symbol.Is("os.environ.get", "os.getenv") {
				continue
			}
			if d := o.Arg(1, "default"); d != nil {
				if t, ok := d.Value.Text(); ok {
					return t, true
				}
			}
		}
	}
	return "", false
}

// spellText spells a text.
func spellText(p *checks.Pass, c *checks.Call, v *checks.Value, at ast.Node, f *checks.Frame) string {
	if given := c.Given(v); len(given) > 0 {
		v = given[0]
	}
	if t, ok := settled(c, v); ok {
		return t
	}
	for _, a := range v.Alternatives() {
		if len(a.Parts()) > 0 {
			v = a
			break
		}
	}
	var b strings.Builder
	parts := v.Parts()
	for _, part := range parts {
		if part.Value == nil {
			b.WriteString(part.Text)
			continue
		}
		if t, ok := settled(c, part.Value); ok {
			b.WriteString(t)
			continue
		}
		if m := p.Project.Module(part.Mod); m != nil && part.Node != nil {
			b.WriteString("{" + m.File.Text(part.Node) + "}")
		}
	}
	if len(parts) == 0 && at != nil {
		b.WriteString("{" + f.Module().File.Text(at) + "}")
	}
	return b.String()
}

// fromOutside reports whether a value is what a request holds, or may be: a parameter.
func fromOutside(c *checks.Call, v *checks.Value) bool {
	for _, m := range v.Marks() {
		switch m.Label {
		case models.User:
			if !m.Clean.Has(models.Body) {
				return true
			}
		case models.NoLabel:
			given := c.Given(v)
			if len(given) == 0 || slices.ContainsFunc(given, func(g *checks.Value) bool { return !g.IsConst() }) {
				return true
			}
		}
	}
	return false
}

// midjourney is PML5113.
var midjourney = &checks.Rule{
	Spec:  infoPML5113,
	Knows: append([]string{"os.environ.get", "os.getenv"}, dumpers...),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Body},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil {
			return
		}
		to := strings.ToLower(address(p, path.Call))
		relay, interaction := relays.MatchString(to), interactions.MatchString(to)
		if !relay && !interaction {
			return
		}
		b := sentBody(path)
		e := b.Key(b.value, "prompt")
		if interaction {
			e = imagined(b)
		}
		if e == nil || e.Node == nil || !fromOutside(b.call, e.Value) || !holdsDashes(path, e.Value) {
			return
		}
		r := checks.Report{Node: path.Node, Path: path}
		if p.Holds(e.Node) {
			r.Node, r.Fix = e.Node, dropDashes(p, b.call, e)
		} else if m := p.Project.Module(b.call.Frame.Module()); m != nil && m.Holds(e.Node) {
			there := *p
			there.Module = m
			r.Node, r.In, r.Fix = e.Node, m, dropDashes(&there, b.call, e)
		}
		p.Report(r)
	},
}

var (
	relays       = regexp.MustCompile(`(/(mj|midjourney)(/submit|/v2)?/imagine|/v2/jobs/imagine)$|^(https?://|\{)[^/]*midjourney`)
	interactions = regexp.MustCompile(`^https://(canary\.|ptb\.)?discord(app)?\.com/api/v\d+/interactions$`)
)

// imagined is the value of the option of a slash command /imagine.
func imagined(b body) *checks.Entry {
	kind, data := b.Key(b.value, "type"), b.Key(b.value, "data")
	if kind == nil || data == nil {
		return nil
	}
	if n, ok := kind.Value.Number(); !ok || n != 2 {
		return nil
	}
	name, options := b.Key(data.Value, "name"), b.Key(data.Value, "options")
	if name == nil || options == nil {
		return nil
	}
	if t, _ := name.Value.Text(); t != "imagine" {
		return nil
	}
	items, _, _ := b.Items(options.Value)
	for _, it := range items {
		if e := b.Key(it.Value, "value"); e != nil && fromOutside(b.call, e.Value) {
			return e
		}
	}
	return nil
}

// holdsDashes reports whether a double dash of the user's can still be in a prompt.
func holdsDashes(path *checks.Path, prompt *checks.Value) bool {
	return path.Mark.Holds("--") && slices.ContainsFunc(prompt.Marks(), func(m checks.Mark) bool {
		return (m.Label == models.User || m.Label == models.NoLabel) && m.Holds("--")
	})
}

// dropDashes takes the dashes out of the user's part of a prompt.
func dropDashes(p *checks.Pass, c *checks.Call, e *checks.Entry) *fix.Fix {
	var found ast.Expr
	for _, part := range e.Value.Parts() {
		if part.Value == nil || !fromOutside(c, part.Value) {
			continue
		}
		x, ok := part.Node.(ast.Expr)
		if !ok || found != nil || !p.Holds(x) {
			return nil
		}
		found = x
	}
	if x, ok := e.Node.(ast.Expr); ok && found == nil {
		found = x
	}
	if found == nil {
		return nil
	}
	dash := "—"
	if p.Source.Encoding != "utf-8" || p.Source.Guessed {
		dash = `\u2014`
	}
	return checks.Fix(true, "take Midjourney's parameters out of the text", fix.Wrap(p.File, found, "", ".replace('"+dash+"', '').replace('--', '')"))
}

// foreignProgram is PML5111.
var foreignProgram = &checks.Rule{
	Spec:  infoPML5111,
	Knows: append([]string{"os.environ.get", "os.getenv"}, dumpers...),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Body},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil {
			return
		}
		to := strings.ToLower(address(p, path.Call))
		b := sentBody(path)
		switch {
		case comfy.MatchString(to) && (strings.Contains(to, ":8188") || strings.Contains(to, "comfy")):
			if e := b.Key(b.value, "prompt"); e != nil && e.Node != nil && b.isMapping(e.Value, e.Node) {
				report(p, path, b, e.Node, byName)
			} else if b.whole(b.value) {
				report(p, path, b, path.Node, byName)
			}
		case webUI.MatchString(to):
			for _, key := range serverKeys {
				if e := b.Key(b.value, key); e != nil && e.Node != nil && b.deep(e.Value) {
					report(p, path, b, e.Node, dropKey)
					return
				}
			}
			if b.whole(b.value) && !declared(p, path) {
				report(p, path, b, path.Node, namedKeys)
			}
		case strings.HasSuffix(to, "/sdapi/v1/options") && !b.onlyPicture():
			report(p, path, b, path.Node, namedKeys)
		}
	},
}

var (
	comfy = regexp.MustCompile(`(^|[/}\d])(/api)?/prompt$`)
	webUI = regexp.MustCompile(`/sdapi/v1/(txt2img|img2img)$`)
)

// serverKeys are the entries of a request to the web UI that reach beyond the picture.
var serverKeys = []string{"override_settings", "script_name", "script_args", "alwayson_scripts"}

// report reports an object at a node, with the fix made there.
func report(p *checks.Pass, path *checks.Path, b body, node ast.Node, make func(*checks.Pass, ast.Expr) *fix.Fix) {
	r := checks.Report{Node: path.Node, Path: path}
	for _, m := range [...]*checks.Module{p.Module, p.Project.Module(b.call.Frame.Module())} {
		e, ok := node.(ast.Expr)
		if !ok || m == nil || !m.Holds(node) {
			continue
		}
		there := *p
		there.Module = m
		r.Node, r.In, r.Fix = node, m, make(&there, e)
		break
	}
	p.Report(r)
}

// isMapping reports whether a value may be a mapping or list of the request, and no text or
// number of it.
func (b body) isMapping(v *checks.Value, node ast.Node) bool {
	switch v.Kind() {
	case flow.KindObject:
		return b.whole(v)
	case flow.KindString, flow.KindConst:
		return false
	}
	switch n := node.(type) {
	case *ast.Subscript:
		if _, cut := n.Index.(*ast.Slice); cut {
			return false
		}
	case *ast.Call:
		switch checks.LastName(n.Fn) {
		case "str", "strip", "lower", "int", "float":
			return false
		}
	}
	return fromOutside(b.call, v)
}

// deep reports whether a value, or something that it holds, is what a request holds.
func (b body) deep(v *checks.Value) bool {
	if fromOutside(b.call, v) {
		return true
	}
	for _, e := range b.entries(v) {
		if fromOutside(b.call, e.Value) {
			return true
		}
	}
	items, _, _ := b.Items(v)
	for _, it := range items {
		if fromOutside(b.call, it.Value) {
			return true
		}
	}
	return false
}

// whole reports whether a mapping holds entries under keys that the request chose.
func (b body) whole(v *checks.Value) bool {
	if v.Kind() != flow.KindObject {
		return v.Kind() != flow.KindString && v.Kind() != flow.KindConst && fromOutside(b.call, v)
	}
	rest, keys := b.Rest(v)
	if rest == nil || !fromOutside(b.call, rest) {
		return false
	}
	if keys == nil {
		return true
	}
	for _, k := range keys.Alternatives() {
		t, ok := k.Text()
		if !ok {
			return !keys.Fixed()
		}
		for _, bad := range serverKeys {
			if t == bad {
				return true
			}
		}
	}
	return false
}

// onlyPicture reports whether all entries of a mapping have names that describe the picture.
func (b body) onlyPicture() bool {
	_, keys := b.Rest(b.value)
	if keys == nil || len(b.entries(b.value)) > 0 {
		return false
	}
	for _, k := range keys.Alternatives() {
		switch t, _ := k.Text(); t {
		case "prompt", "negative_prompt", "seed":
		default:
			return false
		}
	}
	return true
}

// declared reports whether the body is a dump of a model of the request whose class is known
// and has no field that reaches beyond the picture.
func declared(p *checks.Pass, path *checks.Path) bool {
	e, ok := path.Node.(ast.Expr)
	if !ok {
		return false
	}
	c := dumped(path.Call.Frame, e)
	if c == nil {
		return false
	}
	at, ok := c.Fn.(*ast.Attribute)
	fn := path.Call.Frame.Function()
	if !ok || fn == nil || fn.Params == nil {
		return false
	}
	of, ok := at.Value.(*ast.Name)
	if !ok {
		return false
	}
	for _, param := range fn.Params.List {
		if param.Name == nil || param.Name.Id != of.Id {
			continue
		}
		class, ok := param.Annotation.(*ast.Name)
		return ok && plainModel(p, class.Id)
	}
	return false
}

// dumped is the call that dumps a model, where an expression is one, or a name or attribute
// that was given one.
func dumped(f *checks.Frame, e ast.Expr) *ast.Call {
	list := []ast.Expr{e}
	if at, ok := e.(*ast.Attribute); ok {
		e = at.Value
	}
	if name, ok := e.(*ast.Name); ok {
		list = append(list, assignments(f)[name.Id]...)
	}
	for _, e := range list {
		if c, ok := e.(*ast.Call); ok && (checks.LastName(c.Fn) == "model_dump" || checks.LastName(c.Fn) == "dict") {
			return c
		}
	}
	return nil
}

// plainModel reports whether a class of the project has no field of that kind, and takes no
// fields that it does not declare.
func plainModel(p *checks.Pass, class string) bool {
	found, plain := false, true
	for _, m := range p.Connected() {
		if m.File == nil {
			continue
		}
		ast.InspectFile(m.File, func(n ast.Node) bool {
			d, ok := n.(*ast.ClassDef)
			if !ok || d.Name.Id != class {
				return true
			}
			found = true
			for _, s := range d.Body {
				switch s := s.(type) {
				case *ast.AnnAssign:
					name, ok := s.Target.(*ast.Name)
					plain = plain && ok && !slices.Contains(serverKeys, name.Id)
				case *ast.Assign, *ast.ClassDef: // model_config, class Config
					plain = plain && !strings.Contains(m.File.Text(s), "allow")
				}
			}
			return true
		})
	}
	return found && plain
}

// namedKeys keeps the entries of a request that only describe the picture.
func namedKeys(p *checks.Pass, e ast.Expr) *fix.Fix {
	if d, ok := e.(*ast.Dict); ok {
		// Of what is put together the part that is unpacked.
		e = nil
		for i, k := range d.Keys {
			if k == nil {
				e = d.Values[i]
			}
		}
	}
	if c, ok := e.(*ast.Call); ok && len(c.Args) == 1 && (checks.LastName(c.Fn) == "dumps" || checks.LastName(c.Fn) == "dict") {
		e = c.Args[0]
	}
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil
	}
	x := p.File.Text(e)
	return checks.Fix(true, "send on the entries that describe the picture", checks.Replace(p, e, `{k: `+x+`[k] for k in ("prompt", "negative_prompt", "seed") if k in `+x+`}`))
}

// dropKey takes an entry out of the body.
func dropKey(p *checks.Pass, e ast.Expr) *fix.Fix {
	return checks.Fix(true, "leave the server's settings to the server", checks.RemoveEntry(p, e))
}

// byName lets the caller name a workflow of the server.
func byName(p *checks.Pass, e ast.Expr) *fix.Fix {
	return checks.Fix(true, "run a workflow of the server that the request names",
		fix.AddConstant(p.File, "WORKFLOWS: dict[str, dict] = {}", fix.Tight), checks.Replace(p, e, "WORKFLOWS["+p.File.Text(e)+"]"))
}
