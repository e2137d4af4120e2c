package supplychain

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// trustedHost is PML6311.
var trustedHost = &checks.Rule{
	Spec:     infoPML6311,
	Mentions: []string{"trusted-host", "trusted_host", "TRUSTED_HOST", "insecure-host", "INSECURE_HOST", "verify_ssl", "certificates."},
	OnManifest: func(p *checks.ManifestPass) {
		if s := fileSources(p); s != nil {
			s.reportTrustedInFile(p)
		}
		for _, c := range documentInstalls(p) {
			c.reportTrusted(p.Report)
		}
		for _, v := range p.Settings() {
			if sourceVariables[v.Name] == "trusted-host" && anyPublic(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: trustMessage(v.Value), Fix: checks.Fix(true, trustFix, checks.TextEdits(v.Remove()...))})
			}
		}
		trustedByUV(p)
	},
	OnNotebook: func(p *checks.Pass) {
		for _, c := range notebookInstalls(p) {
			c.reportTrusted(p.Report)
		}
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if sourceVariables[v.Name] == "trusted-host" && anyPublic(v.Value) {
				p.Report(checks.Report{Node: checks.Place(v.Span), Message: trustMessage(v.Value), Fix: checks.Fix(true, trustFix, v.Remove(p))})
			}
		}
	},
	On: append([]string{
		"subprocess.{getoutput,getstatusoutput}", "os.{system,popen}", "os.{execv,execvp,execl,execlp,spawnv,spawnvp,spawnl,spawnlp}",
		"pip.main", "pip._internal.main", "pip._internal.cli.main.main",
	}, checks.EnvironmentCalls...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, v := range checks.VariablesOf(p, c, "PIP_TRUSTED_HOST", "UV_INSECURE_HOST") {
			if text, ok := v.Value.Text(); ok && anyPublic(text) {
				p.Report(checks.Report{Node: v.Node, Message: trustMessage(text), Fix: checks.Fix(true, trustFix, v.Remove)})
			}
		}
		trustedInCall(p, c)
	},
	To: checks.EnvironmentStores,
	OnStore: func(p *checks.Pass, s *checks.Store) {
		v, ok := checks.VariableOf(p, s)
		if !ok || sourceVariables[v.Name] != "trusted-host" {
			return
		}
		if text, ok := v.Value.Text(); ok && anyPublic(text) {
			p.Report(checks.Report{Node: v.Node, Message: trustMessage(text), Fix: checks.Fix(true, trustFix, v.Remove)})
		}
	},
}

const trustFix = "check the certificate; that of a proxy goes to --cert"

func trustMessage(hosts string) string {
	return "packages of " + strings.Join(strings.Fields(hosts), ", ") + " are installed whatever certificate the host shows, or none"
}

// publicHost reports whether a host that is trusted without a certificate is none of a private
// network. It may be written with a port, or as an address.
func publicHost(host string) bool {
	if strings.ContainsAny(host, "${}<>") {
		return false
	}
	if strings.Contains(host, "://") {
		h, ok := hostOfIndex(host)
		return ok && !nearHost(h)
	}
	host, _, _ = strings.Cut(strings.ToLower(host), "/")
	if h, port, ok := strings.Cut(host, ":"); ok && strings.Trim(port, "0123456789*") == "" {
		host = h
	}
	return host != "" && !nearHost(host)
}

func anyPublic(hosts string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(hosts, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' }), publicHost)
}

// reportTrustedInFile reports the options of a file, those that share a key once.
func (s *sources) reportTrustedInFile(p *checks.ManifestPass) {
	reported := map[ast.Span]bool{}
	for _, o := range s.options {
		if o.name != "trusted-host" || !publicHost(o.value) || o.key.End > o.key.Start && reported[o.key] {
			continue
		}
		reported[o.key] = true
		gone, hosts := []sourceOption{o}, o.value
		for _, other := range s.options {
			if other != o && other.key == o.key && o.key.End > o.key.Start && publicHost(other.value) {
				gone, hosts = append(gone, other), hosts+" "+other.value
			}
		}
		edits := s.without(gone)
		if p.Kind == manifest.Pipfile || p.Kind == manifest.PyProject {
			edits = verifying(p, o)
		}
		p.Report(checks.Report{Node: checks.Place(o.place), Message: trustMessage(hosts), Fix: checks.Fix(true, trustFix, checks.TextEdits(edits...))})
	}
}

// verifying switches verify_ssl of the source that an option is of on again.
func verifying(p *checks.ManifestPass, o sourceOption) []ast.Edit {
	for _, root := range p.Trees() {
		for _, list := range []*checks.Tree{root.Get("source"), root.Get("tool", "pdm", "source"), root.Get("tool", "poetry", "source")} {
			for _, source := range list.Items() {
				if v := source.Get("verify_ssl"); source.Get("url").Span() == o.at && v.Text() == "false" && v.Verbatim() {
					return []ast.Edit{{Span: v.Span(), New: "true"}}
				}
			}
		}
	}
	return nil
}

// reportTrusted reports a command once, whichever options of it trust a public host.
func (c *installing) reportTrusted(report func(checks.Report)) {
	if c.program == "poetry" && c.sub == "config" {
		c.reportUnverified(report)
		return
	}
	s := c.sources()
	if s == nil {
		return
	}
	var gone []sourceOption
	hosts := ""
	for _, o := range s.options {
		if o.name == "trusted-host" && anyPublic(o.value) {
			gone, hosts = append(gone, o), hosts+" "+o.value
		}
	}
	if len(gone) == 0 {
		return
	}
	report(checks.Report{Node: checks.Place(gone[0].place), Message: trustMessage(hosts), Fix: checks.Fix(true, trustFix, checks.TextEdits(s.without(gone)...))})
}

// reportUnverified reports `poetry config certificates.NAME.cert false`.
func (c *installing) reportUnverified(report func(checks.Report)) {
	for i, w := range c.args {
		if i+1 >= len(c.args) || !strings.HasPrefix(w.Text, "certificates.") || !strings.HasSuffix(w.Text, ".cert") || c.args[i+1].Text != "false" {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(w.Text, "certificates."), ".cert")
		report(checks.Report{
			Node: checks.Place(ast.Span{Start: w.Span.Start, End: c.args[i+1].Span.End}), Message: trustMessage("the source " + name),
			Fix: checks.Fix(true, trustFix, checks.TextEdits(c.removed()...)),
		})
	}
}

// trustedByUV reports allow-insecure-host in the settings of uv.
func trustedByUV(p *checks.ManifestPass) {
	uv := uvTable(p)
	for _, v := range []*checks.Tree{uv.Get("allow-insecure-host"), uv.Get("pip", "allow-insecure-host")} {
		hosts := v.Items()
		if v != nil && !v.IsList() {
			hosts = []*checks.Tree{v}
		}
		var found []string
		for _, h := range hosts {
			if publicHost(h.Text()) {
				found = append(found, h.Text())
			}
		}
		if len(found) == 0 {
			continue
		}
		r := checks.Report{Node: checks.Place(v.Span()), Message: trustMessage(strings.Join(found, " "))}
		if len(found) == len(hosts) {
			r.Fix = checks.Fix(true, trustFix, checks.TextEdits(lineOf(p.Source.Text, v.Span(), "allow-insecure-host")...))
		}
		p.Report(r)
	}
}

// lineOf deletes a key of TOML or YAML with its value, where they have their lines to themselves.
func lineOf(source []byte, value ast.Span, key string) []ast.Edit {
	start := int(value.Start)
	at := strings.LastIndex(string(source[:start]), key)
	if at < 0 || start-at > 200 {
		return nil
	}
	line := strings.LastIndexByte(string(source[:at]), '\n') + 1
	if strings.TrimSpace(string(source[line:at])) != "" {
		return nil
	}
	end := len(source)
	if n := strings.IndexByte(string(source[value.End:]), '\n'); n >= 0 {
		end = int(value.End) + n + 1
	}
	rest, _, _ := strings.Cut(string(source[value.End:end]), "#")
	if rest = strings.TrimSpace(strings.Trim(strings.TrimSpace(rest), `"',`)); rest == "" && strings.Count(string(source[at:start]), "[") == 1 {
		// The list is closed on a line of its own.
		next := strings.IndexByte(string(source[end:]), '\n')
		if next < 0 || strings.TrimSpace(string(source[end:end+next])) != "]" {
			return nil
		}
		end += next + 1
	} else if strings.Trim(rest, `"' ]`) != "" {
		return nil
	}
	return []ast.Edit{{Span: ast.Span{Start: ast.Pos(line), End: ast.Pos(end)}}}
}

// trustedInCall reports a command that code runs.
func trustedInCall(p *checks.Pass, c *checks.Call) {
	for _, cmd := range c.Commands() {
		program, args := cmd.Program()
		if c.Symbol.Is(checks.PipCalls...) {
			program, args = "pip", cmd.Words
		}
		if program != "pip" && program != "uv" && path.Base(program) != "pipx" {
			continue
		}
		var gone []flow.Word
		hosts := ""
		for i, w := range args {
			switch {
			case !w.Known:
			case (w.Text == "--trusted-host" || w.Text == "--allow-insecure-host") && i+1 < len(args) && args[i+1].Known && publicHost(args[i+1].Text):
				gone, hosts = append(gone, w, args[i+1]), hosts+" "+args[i+1].Text
			case strings.HasPrefix(w.Text, "--trusted-host=") || strings.HasPrefix(w.Text, "--allow-insecure-host="):
				if _, host, _ := strings.Cut(w.Text, "="); publicHost(host) {
					gone, hosts = append(gone, w), hosts+" "+host
				}
			case i > 1 && strings.HasSuffix(args[i-1].Text, ".trusted-host") && args[i-2].Text == "set" && anyPublic(w.Text):
				hosts += " " + w.Text
			}
		}
		if hosts == "" {
			continue
		}
		p.Report(checks.Report{Node: c.Node, Message: trustMessage(hosts), Fix: checks.Fix(true, trustFix, withoutWords(p, c, gone))})
	}
}

// withoutHost takes an option out of a text whose host is put in where it is run: f"… --trusted-host {HOST} …".
func withoutHost(p *checks.Pass, a ast.Node, words []flow.Word) []fix.Edit {
	text, ok := a.(*ast.JoinedStr)
	if !ok || len(words) != 2 {
		return nil
	}
	source := p.File.Text(text)
	from := strings.Index(source, words[0].Text+" {")
	if from < 0 {
		return nil
	}
	end := strings.IndexByte(source[from:], '}')
	if end < 0 || !strings.HasPrefix(source[from+end+1:], " ") {
		return nil
	}
	start := int(text.Pos()) + from
	return []fix.Edit{{Start: start, End: start + end + 2}}
}

// withoutWords takes words out of the command that a call runs: elements of one list, or text.
func withoutWords(p *checks.Pass, c *checks.Call, words []flow.Word) []fix.Edit {
	if len(words) == 0 {
		return nil
	}
	var elements []ast.Node
	text := ""
	for i, w := range words {
		if w.Node != nil {
			elements = append(elements, w.Node)
		}
		if i > 0 {
			text += " "
		}
		text += w.Text
	}
	if len(elements) == 0 {
		for i := range c.Args {
			if a := c.Args[i].Node; a != nil && p.Holds(a) {
				for _, spelled := range []string{text + " ", " " + text} {
					if edits := fix.ReplaceInString(p.File, a, spelled, ""); edits != nil {
						return edits
					}
				}
				if edits := withoutHost(p, a, words); edits != nil {
					return edits
				}
			}
		}
		return nil
	}
	if len(elements) != len(words) {
		return nil
	}
	for _, e := range elements {
		if !p.Holds(e) {
			return nil
		}
	}
	around := p.Around(elements[0])
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.List:
			return fix.RemoveElements(p.File, n, elements...)
		case *ast.Tuple:
			return fix.RemoveElements(p.File, n, elements...)
		case ast.Stmt:
			return nil
		}
	}
	return nil
}
