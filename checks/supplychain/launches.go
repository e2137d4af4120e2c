package supplychain

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/shell"
)

// This file finds the command lines that files of configuration hold: of Dockerfiles, compose files,
// Kubernetes' containers and shell scripts.

// runners are the calls that run a command of their text or words, for Rule.On.
var runners = []string{
	"os.{system,popen}", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}",
	"asyncio.{create_subprocess_shell,create_subprocess_exec}", models.ShellInstance + ".{system,getoutput,getoutput_pexpect,system_raw,system_piped}",
}

// launch is a command line of a file.
type launch struct {
	words []launchWord
	// at is the place that is reported.
	at ast.Span
	// image is the image whose command it is, "" where that is not known; local is set where the
	// ports of the container are published on this machine only.
	image string
	local bool
	// index is the number of the instruction of a Dockerfile, -1 for others.
	index int
}

// launchWord is a word of a command line.
type launchWord struct {
	text string
	// constant is set where nothing is expanded in the text.
	constant bool
	// at is the place of the word where it is an item of a list; cut takes it out.
	at   ast.Span
	item bool
	cut  []ast.Edit
}

// launchesOf lists the command lines of a file.
func launchesOf(p *checks.ManifestPass) []launch {
	switch p.Kind {
	case manifest.Dockerfile:
		return dockerLaunches(p)
	case manifest.Shell, manifest.Procfile:
		text := string(p.Source.Text)
		return textLaunches(p, text, 0, func(c *shell.Command) ast.Span {
			return ast.Span{Start: ast.Pos(c.Start), End: ast.Pos(c.End)}
		})
	}
	var out []launch
	for _, tree := range p.Trees() {
		containers(tree, 0, func(c *checks.Tree) { out = append(out, containerLaunches(p, c)...) })
	}
	return out
}

// textLaunches lists the commands of a shell's text, also those of texts within. start is where the
// text begins in the file, -1 where it does not stand there as it is.
func textLaunches(p *checks.ManifestPass, text string, start int, at func(*shell.Command) ast.Span) []launch {
	var out []launch
	for _, c := range shell.Parse(text) {
		l := launch{at: at(c), index: -1}
		for _, w := range c.Words {
			word := launchWord{text: w.Text, constant: w.Constant}
			if start >= 0 {
				word.cut = []ast.Edit{cutWord(p.Source.Text, start+w.Start, start+w.End)}
			}
			l.words = append(l.words, word)
		}
		out = append(out, l)
		for _, inner := range scriptsWithin(c) {
			from := -1
			if i := strings.Index(text[c.Start:c.End], inner); i >= 0 && start >= 0 && !strings.ContainsAny(inner, `"'`) {
				from = start + c.Start + i
			}
			out = append(out, textLaunches(p, inner, from, func(*shell.Command) ast.Span { return l.at })...)
		}
	}
	return out
}

// cutWord takes a word out of a text with the blanks before it, also those of lines that a backslash
// continues, or with its line where it has one to itself.
func cutWord(text []byte, from, to int) ast.Edit {
	start := from
	for start > 0 && (text[start-1] == ' ' || text[start-1] == '\t') {
		start--
	}
	end := to
	for end < len(text) && (text[end] == ' ' || text[end] == '\t') {
		end++
	}
	atEnd := end == len(text) || text[end] == '\n' || text[end] == '\r'
	switch {
	case start == 0 || text[start-1] != '\n':
		return ast.Edit{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(to)}}
	case bytes.HasSuffix(text[:start], []byte("\\\n")):
		start -= 2
		for start > 0 && (text[start-1] == ' ' || text[start-1] == '\t') {
			start--
		}
		return ast.Edit{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(to)}}
	case atEnd:
		return ast.Edit{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(min(end+1, len(text)))}}
	}
	return ast.Edit{Span: ast.Span{Start: ast.Pos(from), End: ast.Pos(end)}}
}

// dockerLaunches lists the commands of a Dockerfile. What CMD adds to ENTRYPOINT is one command with
// it.
func dockerLaunches(p *checks.ManifestPass) []launch {
	var out []launch
	image := ""
	var entry []launchWord
	list := p.Instructions()
	for i := range list {
		in := &list[i]
		at := checks.FirstLine(p, in.Span)
		first := len(out)
		switch in.Name {
		case "FROM":
			entry = nil
			for _, w := range in.Words {
				if !strings.HasPrefix(w.Text, "--") {
					image = w.Text
					break
				}
			}
		case "RUN", "CMD", "ENTRYPOINT", "ONBUILD":
			if words := execWords(p, in); words != nil {
				if in.Name == "ENTRYPOINT" {
					entry = words
				}
				if in.Name == "CMD" && entry != nil {
					words = append(slices.Clone(entry), words...)
				}
				out = append(out, launch{words: words, at: at})
				out = append(out, nestedLaunches(p, words, at)...)
			} else {
				for _, s := range p.Scripts(in) {
					out = append(out, textLaunches(p, s.Text, s.Start, func(*shell.Command) ast.Span { return at })...)
				}
			}
		}
		for j := range out[first:] {
			out[first+j].image, out[first+j].index = image, i
		}
	}
	return out
}

// execWords are the words of an instruction's exec form, nil for another form.
func execWords(p *checks.ManifestPass, in *checks.Instruction) []launchWord {
	text := p.Source.Text
	list := in.Words
	if in.Name == "ONBUILD" || len(list) == 0 {
		return nil
	}
	span := func(i int) ast.Span {
		s := list[i].Span
		if s.Start > 0 && int(s.End) < len(text) && text[s.Start-1] == '"' && text[s.End] == '"' {
			s.Start--
			s.End++
		}
		return s
	}
	open := bytes.TrimRight(text[in.Span.Start:span(0).Start], " \t\\\r\n")
	if !bytes.HasSuffix(open, []byte("[")) || text[span(0).Start] != '"' {
		return nil
	}
	var out []launchWord
	for i, w := range list {
		word := launchWord{text: w.Text, constant: true, at: w.Span}
		cut := span(i)
		if i > 0 {
			cut.Start = span(i - 1).End
		} else if len(list) > 1 {
			cut.End = span(1).Start
		}
		word.cut = []ast.Edit{{Span: cut}}
		out = append(out, word)
	}
	return out
}

// nestedLaunches lists the commands of a text that the words of a command give to a shell.
func nestedLaunches(p *checks.ManifestPass, words []launchWord, at ast.Span) []launch {
	c := &shell.Command{}
	for _, w := range words {
		c.Words = append(c.Words, shell.Word{Text: w.text, Constant: true})
	}
	var out []launch
	for _, inner := range scriptsWithin(c) {
		start := -1
		for _, w := range words {
			if w.text == inner && w.at.End-w.at.Start == ast.Pos(len(inner)) {
				start = int(w.at.Start)
			}
		}
		out = append(out, textLaunches(p, inner, start, func(*shell.Command) ast.Span { return at })...)
	}
	return out
}

// maxNesting bounds the depth to which a tree is searched.
const maxNesting = 40

// containers calls visit for the tables of a tree that describe a container: services of compose
// files, containers of Kubernetes.
func containers(t *checks.Tree, depth int, visit func(*checks.Tree)) {
	if depth > maxNesting {
		return
	}
	if t.IsTable() && (t.Get("image") != nil || t.Get("build") != nil || t.Get("name") != nil || t.Get("extends") != nil) {
		visit(t)
	}
	for _, f := range t.Fields() {
		containers(f.Value, depth+1, visit)
	}
	for _, item := range t.Items() {
		containers(item, depth+1, visit)
	}
}

// containerLaunches lists the commands of a container.
func containerLaunches(p *checks.ManifestPass, c *checks.Tree) []launch {
	var words []launchWord
	var out []launch
	var at ast.Span
	for _, name := range [...]string{"entrypoint", "command", "args"} {
		v := c.Get(name)
		switch {
		case v == nil:
			continue
		case v.IsList():
			at = v.Span()
			for i, item := range v.Items() {
				words = append(words, launchWord{text: item.Text(), constant: !strings.Contains(item.Text(), "$"), at: item.Span(), item: true, cut: p.RemoveItem(v, i)})
			}
		default:
			at = v.Span()
			list := stringLaunches(p, v)
			if len(list) == 1 {
				words = append(words, list[0].words...)
			} else {
				out = append(out, list...)
			}
		}
	}
	if words != nil {
		out = append(out, launch{words: words, at: at})
		out = append(out, nestedLaunches(p, words, at)...)
	}
	for i := range out {
		out[i].image, out[i].local, out[i].index = c.Get("image").Text(), publishedHere(c), -1
	}
	return out
}

// stringLaunches lists the commands of a text of YAML. Where its bytes are not those of the file, as
// between folded lines, its words are sought there.
func stringLaunches(p *checks.ManifestPass, v *checks.Tree) []launch {
	at := v.Span()
	text := v.Text()
	if v.Verbatim() {
		return textLaunches(p, text, int(at.Start), func(*shell.Command) ast.Span { return at })
	}
	list := textLaunches(p, text, -1, func(*shell.Command) ast.Span { return at })
	if len(list) != 1 {
		return list
	}
	parsed := shell.Parse(text)
	from := int(at.Start)
	for i := range list[0].words {
		w := parsed[0].Words[i]
		spelled := text[w.Start:w.End]
		n := bytes.Index(p.Source.Text[from:], []byte(spelled))
		if n < 0 {
			break
		}
		from += n
		list[0].words[i].cut = []ast.Edit{cutWord(p.Source.Text, from, from+len(spelled))}
		from += len(spelled)
	}
	return list
}

// publishedHere reports whether a service of a compose file publishes ports, all on this machine's
// own address.
func publishedHere(c *checks.Tree) bool {
	ports := c.Get("ports").Items()
	for _, port := range ports {
		host := port.Text()
		if port.IsTable() {
			if port.Get("published") == nil {
				return false
			}
			host = port.Get("host_ip").Text() + ":"
		}
		if !ownHost(host) {
			return false
		}
	}
	return len(ports) > 0
}

// ownHost reports whether a published port begins with this machine's own address, or with a variable
// that may hold it.
func ownHost(port string) bool {
	if strings.HasPrefix(port, "${") {
		_, fallback, rest := variable(port[1:])
		if strings.Count(rest, ":") < 2 {
			return false
		}
		return fallback == "" || ownHost(fallback+":")
	}
	return strings.HasPrefix(port, "127.") || strings.HasPrefix(port, "localhost:") || strings.HasPrefix(port, "[::1]:")
}
