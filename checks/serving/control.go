package serving

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// tritonControl is PML2304.
var tritonControl = &checks.Rule{
	Spec: infoPML2304,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink == nil || path.Sink.Note != models.NoteGivenModel || path.Mark.Label == models.Web && checks.FetchedHere(path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: withoutGiven(p, path.Call, path.Node)})
	},
	On: []string{"{requests,httpx}.post", "{requests.Session,requests.sessions.Session,httpx.Client,httpx.AsyncClient,aiohttp.ClientSession}().post"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		address, body := c.Arg(0, "url"), c.Arg(-1, "json")
		if address == nil || body == nil || !loadsInto(address.Value) {
			return
		}
		given := c.Key(body.Value, "parameters")
		if given == nil || given.Value == nil {
			return
		}
		if fromOutside(c, given.Value, 0) {
			p.Report(checks.Report{Node: c.Node, Message: "A request decides what a model of Triton's is and how it is configured", Fix: checks.Fix(true, "load the model as it is kept", checks.RemoveEntry(p, given.Node))})
		}
	},
	Mentions: []string{"model-control-mode"},
	OnManifest: func(p *checks.ManifestPass) {
		for _, tree := range p.Trees() {
			for _, s := range tree.Get("services").Fields() {
				command := wordsOf(s.Value.Get("entrypoint")) + wordsOf(s.Value.Get("command"))
				if !strings.Contains(command, "tritonserver") || !explicitMode.MatchString(command) {
					continue
				}
				var open []string
				if !restricted(command, "--http-restricted-api") {
					open = append(open, "8000")
				}
				if !restricted(command, "--grpc-restricted-protocol") {
					open = append(open, "8001")
				}
				checks.OpenPorts(p, s.Value, open, func(port *checks.Tree, f *fix.Fix) {
					p.Report(checks.Report{Node: checks.Place(port.Span()), Fix: f})
				})
			}
		}
	},
}

var explicitMode = regexp.MustCompile(`--model-control-mode[= ]"?explicit\b`)

// restricted reports whether an option of the command asks for a key before models are loaded.
func restricted(command, option string) bool {
	for _, after := range strings.Split(command, option)[1:] {
		value, _, _ := strings.Cut(strings.TrimLeft(after, "= "), " ")
		if strings.Contains(value, "model-repository") {
			return true
		}
	}
	return false
}

// wordsOf is a command of a Compose service, which is a text or a list, with a blank in front.
func wordsOf(t *checks.Tree) string {
	text := " " + strings.Join(strings.Fields(t.Text()), " ")
	for _, item := range t.Items() {
		text += " " + item.Text()
	}
	return text
}

// fromOutside reports whether a value holds what a request, an upload or another site brings, also where callers of
// the function hand it in.
func fromOutside(c *checks.Call, v *checks.Value, depth int) bool {
	outside := models.Labels(models.User, models.Upload, models.Web)
	for _, m := range c.Deep(v) {
		if outside.Has(m.Label) {
			return true
		}
		param, fn := m.Parameter()
		if param == nil || fn == nil || depth > 3 {
			continue
		}
		if slices.ContainsFunc(c.Frame.Routes(), func(r *checks.Route) bool { return r.Function == fn }) {
			return true
		}
		for _, caller := range c.Frame.Callers() {
			if a := caller.GivenTo(fn, param.Name.Id); a != nil && fromOutside(caller, a.Value, depth+1) {
				return true
			}
		}
	}
	return false
}

// loadsInto reports whether an address is the one by which Triton loads a model.
func loadsInto(address *checks.Value) bool {
	text := ""
	for _, part := range address.Parts() {
		if part.Value != nil {
			text += "x"
			continue
		}
		text += part.Text
	}
	_, model, ok := strings.Cut(text, "/v2/repository/models/")
	return ok && path.Base(model) == "load"
}

// withoutGiven takes the argument out of a call.
func withoutGiven(p *checks.Pass, c *checks.Call, n ast.Node) *fix.Fix {
	for i := range c.Args {
		a := &c.Args[i]
		if (a.Name == "config" || a.Name == "files") && a.Node != nil && a.Node.Range().Contains(n.Range()) {
			return checks.Fix(true, "load the model as it is kept", checks.RemoveArg(p, c, a))
		}
	}
	return nil
}
