package serialization

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// servingPublished is PML1226.
var servingPublished = &checks.Rule{
	Spec: infoPML1226,
	On: []string{
		"docker.{from_env,DockerClient,client.DockerClient,client.from_env}().containers.{run,create}",
		"os.system", "os.popen", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("docker") {
			publishedBySDK(p, c)
			return
		}
		a := c.Arg(0, "args")
		if a == nil {
			a = c.Arg(0, "command")
		}
		if a == nil {
			a = c.Arg(0, "cmd")
		}
		if a == nil || a.Node == nil {
			return
		}
		words := commandOf(c, a)
		if open := publishes(words); open != nil {
			p.Report(checks.Report{Node: c.Node, Fix: publishLocally(p, words, open)})
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, cmd := range p.Notebook.Commands() {
			text := cmd.Args
			if cmd.Name != "" {
				text = cmd.Name + " " + cmd.Args
			}
			if publishes(wordsOf(text, cmd.Span)) != nil {
				p.Report(checks.Report{Node: checks.Place(cmd.Span)})
			}
		}
	},
	Mentions: []string{"tensorflow/serving", "tensorflow_model_server"},
	OnManifest: func(p *checks.ManifestPass) {
		if isTestPath(p.Document.Path) {
			return
		}
		for _, tree := range p.Trees() {
			for _, s := range tree.Get("services").Fields() {
				publishedByCompose(p, s.Value)
			}
		}
	},
}

func isTestPath(name string) bool {
	m := checks.Module{Path: name}
	return m.IsTest()
}

// isServing reports whether an image is TensorFlow Serving's, of any registry and tag.
func isServing(image string) bool {
	image, _, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image = image[:i]
	}
	return image == "tensorflow/serving" || strings.HasSuffix(image, "/tensorflow/serving")
}

// publishedByCompose reports the ports of a service that are open on every interface.
func publishedByCompose(p *checks.ManifestPass, service *checks.Tree) {
	if !isServing(service.Get("image").Text()) && !strings.Contains(textOf(service.Get("command"))+textOf(service.Get("entrypoint")), "tensorflow_model_server") {
		return
	}
	checks.OpenPorts(p, service, []string{"8500", "8501"}, func(port *checks.Tree, f *fix.Fix) {
		p.Report(checks.Report{Node: checks.Place(port.Span()), Fix: f})
	})
}

func textOf(t *checks.Tree) string {
	text := t.Text()
	for _, item := range t.Items() {
		text += " " + item.Text()
	}
	return text
}

// publishedBySDK reports ports={"8501/tcp": 8501} of the Docker SDK.
func publishedBySDK(p *checks.Pass, c *checks.Call) {
	image, ports := c.Arg(0, "image"), c.Arg(-1, "ports")
	if image == nil || ports == nil {
		return
	}
	if t, ok := image.Value.Text(); !ok || !isServing(t) {
		if !isServing(strings.TrimSuffix(image.Value.Prefix(), ":")) {
			return
		}
	}
	entries, _, ok := c.Entries(ports.Value)
	if !ok {
		return
	}
	var edits []fix.Edit
	found := false
	for _, e := range entries {
		port, _, _ := strings.Cut(e.Name, "/")
		if port != "8500" && port != "8501" || e.Value == nil {
			continue
		}
		if _, isNumber := e.Value.Number(); !isNumber {
			continue
		}
		found = true
		if e.Node != nil && p.Holds(e.Node) {
			edits = append(edits, checks.Replace(p, e.Node, `("127.0.0.1", `+p.File.Text(e.Node)+")")...)
		}
	}
	if found {
		p.Report(checks.Report{Node: checks.ArgNode(c, ports), Fix: checks.Fix(true, "publish on this machine only", edits)})
	}
}

// word is a word of a command line, with its place where it stands in the file as it is.
type word struct {
	text string
	node ast.Expr
	span ast.Span
}

// commandOf reads the command line that a call starts: a list of words, or text for a shell.
func commandOf(c *checks.Call, a *checks.Argument) []word {
	if items, _, ok := c.Items(a.Value); ok {
		var out []word
		for _, it := range items {
			w := word{text: it.Value.Prefix()}
			if e, ok := it.Node.(ast.Expr); ok {
				w.node = e
			}
			if t, ok := it.Value.Text(); ok {
				w.text = t
			}
			out = append(out, w)
		}
		if len(out) == 3 && strings.HasPrefix(out[1].text, "-") && strings.HasSuffix(out[1].text, "c") {
			return wordsOf(out[2].text, ast.Span{})
		}
		return out
	}
	line := a.Value
	if split := line.Origin(); split != nil { // a line of which its words are given
		switch {
		case split.Callee.Name() == "shlex.split" && len(split.Args) == 1:
			line = split.Args[0].Value
			for _, g := range split.Given(line) { // what callers of the function hand it
				if len(g.Parts()) > 0 {
					line = g
				}
			}
		case split.Method == "split" && split.Receiver != nil && len(split.Args) == 0:
			line = split.Receiver
		}
	}
	var b strings.Builder
	for _, part := range line.Parts() {
		if part.Value != nil {
			b.WriteByte('x')
			continue
		}
		b.WriteString(part.Text)
	}
	words := wordsOf(b.String(), ast.Span{})
	for i := range words {
		words[i].node = a.Node
	}
	return words
}

// wordsOf splits text at white space; quotes go.
func wordsOf(text string, at ast.Span) []word {
	var out []word
	for _, f := range strings.Fields(text) {
		out = append(out, word{text: strings.Trim(f, `"'\`), span: at})
	}
	return out
}

// publishes finds the words of a docker or podman command that publish TensorFlow Serving on
// every interface; nil for other commands.
func publishes(words []word) []word {
	start := -1
	for i, w := range words {
		if base := path.Base(w.text); (base == "docker" || base == "podman") && i+1 < len(words) && (words[i+1].text == "run" || words[i+1].text == "create" || words[i+1].text == "container") {
			start = i
			break
		}
	}
	if start < 0 {
		return nil
	}
	words = words[start:]
	serving := false
	for _, w := range words {
		serving = serving || isServing(w.text)
	}
	if !serving {
		return nil
	}
	var open []word
	for i, w := range words {
		value := ""
		switch {
		case w.text == "-P" || w.text == "--publish-all":
			open = append(open, w)
		case w.text == "--network=host" || w.text == "--net=host":
			open = append(open, w)
		case (w.text == "--network" || w.text == "--net") && i+1 < len(words) && words[i+1].text == "host":
			open = append(open, w, words[i+1])
		case (w.text == "-p" || w.text == "--publish") && i+1 < len(words):
			w = words[i+1]
			value = w.text
		case strings.HasPrefix(w.text, "--publish="):
			value = strings.TrimPrefix(w.text, "--publish=")
		case strings.HasPrefix(w.text, "-p") && len(w.text) > 2 && w.text[2] >= '0' && w.text[2] <= '9':
			value = w.text[2:]
		}
		if value == "" {
			continue
		}
		if host, target := checks.PublishedPort(value); (target == "8500" || target == "8501") && checks.OpenHost(host) {
			open = append(open, w)
		}
	}
	return open
}

// publishLocally changes the words of a command.
func publishLocally(p *checks.Pass, words, open []word) *fix.Fix {
	var edits []fix.Edit
	for _, w := range open {
		if w.node == nil || !p.Holds(w.node) {
			return nil
		}
		whole := false
		if s, ok := w.node.(*ast.Str); ok && s.Value == w.text {
			whole = true
		}
		i := strings.IndexAny(w.text, "0123456789")
		switch {
		case strings.HasPrefix(w.text, "-P") || strings.HasPrefix(w.text, "--publish-all") || strings.HasPrefix(w.text, "--net") || w.text == "host":
			if whole {
				edits = append(edits, removeItem(p, w.node)...)
				continue
			}
			text := w.text
			if text == "host" {
				continue // goes with its option
			}
			if text == "--network" || text == "--net" {
				text += " host"
			}
			edits = append(edits, fix.ReplaceInString(p.File, w.node, text+" ", "")...)
		case i >= 0:
			e := checks.LocalPort(w.text[i:], ast.Span{})
			rest := w.text[i+int(e[0].End):]
			edits = append(edits, fix.ReplaceInString(p.File, w.node, w.text, w.text[:i]+e[0].New+rest)...)
		}
	}
	_ = words
	return checks.Fix(true, "publish on this machine only", edits)
}
