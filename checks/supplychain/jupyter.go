package supplychain

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// jupyterOpen is PML6319. An empty JUPYTER_TOKEN alone is none of it: the server then makes a token,
// as if the variable were not set.
var jupyterOpen = &checks.Rule{
	Spec: infoPML6319,
	On:   runners,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if passwordGiven(p.Source.Text) {
			return
		}
		for _, cmd := range c.Commands() {
			var words []launchWord
			for _, w := range cmd.Words {
				text := w.Text
				if w.Value != nil && w.Value.Is("sys.executable") {
					text = "python"
				}
				words = append(words, launchWord{text: text, constant: w.Known || text == "python"})
			}
			if s := serverOf(launch{words: words}, nil); s.open() {
				p.Report(checks.Report{Node: c.Node, Fix: tokenInCall(p, c, cmd, s)})
				return
			}
		}
	},
	Needs: []string{"token"},
	OnModule: func(p *checks.Pass) {
		if !isJupyterConfig(p.Path) {
			return
		}
		s := readJupyterConfig(p.File)
		if s.token == nil || !s.everywhere || s.password {
			return
		}
		var edits []fix.Edit
		for _, stmt := range s.empty {
			edits = append(edits, fix.RemoveStmt(p.File, stmt)...)
		}
		p.Report(checks.Report{Node: s.token, Fix: checks.Fix(true, "let Jupyter make a token", edits)})
	},
	Mentions: []string{"token"},
	OnManifest: func(p *checks.ManifestPass) {
		// NB_PREFIX is how Kubeflow tells its notebooks their address, behind its own login.
		if forTests(p.Path) || slices.Contains(strings.Split(p.Path, "/"), ".devcontainer") || ofBinder(p.Path) || passwordGiven(p.Source.Text) || p.Document.Mentions([]string{"NB_PREFIX"}) {
			return
		}
		values := map[string]string{}
		for _, s := range p.Settings() {
			values[s.Name] = strings.Trim(s.Value, `"'`)
		}
		if p.Kind == manifest.Shell {
			for _, c := range shell.Parse(string(p.Source.Text)) {
				for _, s := range c.Settings {
					if len(c.Words) == 0 && s.Value.Constant {
						values[s.Name] = s.Value.Text
					}
				}
			}
		}
		everywhere := false
		for _, l := range launchesOf(p) {
			s := serverOf(l, values)
			everywhere = everywhere || s.everywhere
			if !s.open() {
				continue
			}
			at := l.at
			if w := l.words[s.token]; w.item {
				at = w.at
			}
			p.Report(checks.Report{Node: checks.Place(at), Fix: tokenInFile(p, l, s)})
		}
		if p.Kind == manifest.Dockerfile || p.Kind == manifest.Shell {
			reportWrittenConfig(p, everywhere)
		}
	},
}

func forTests(name string) bool {
	m := checks.Module{Path: name}
	return m.IsTest()
}

// jupyterServer is what a command says of the Jupyter server that it starts.
type jupyterServer struct {
	started bool
	// everywhere is set where it listens beyond this machine.
	everywhere bool
	// token is the number of the word that makes the token empty, -1 for none; empty those of all
	// words of empty tokens and passwords.
	token int
	empty []int
	// byVariable is the variable whose empty value the token is.
	byVariable string
}

func (s jupyterServer) open() bool { return s.started && s.everywhere && s.token >= 0 }

// serverOf reads the command of a Jupyter server.
func serverOf(l launch, values map[string]string) jupyterServer {
	s := jupyterServer{token: -1}
	at, image := serverWord(l.words)
	if at < 0 {
		return s
	}
	s.started = true
	s.everywhere = image || ofJupyter(l.image)
	for i := at + 1; i < len(l.words); i++ {
		w := l.words[i]
		name, value, joined := strings.Cut(w.text, "=")
		drop := []int{i}
		constant := w.constant
		if !joined {
			if i+1 == len(l.words) || !isTrait(name) || strings.HasPrefix(l.words[i+1].text, "-") {
				continue
			}
			value, constant = l.words[i+1].text, l.words[i+1].constant
			drop = append(drop, i+1)
		}
		variableName := ""
		if !constant || strings.HasPrefix(value, "$") {
			v, _, rest := variable(strings.TrimPrefix(strings.Trim(value, `"'`), "$"))
			given, known := values[v]
			if !strings.HasPrefix(strings.Trim(value, `"'`), "$") || rest != "" || !known || strings.Contains(given, "$") {
				if name == "--ip" || strings.HasSuffix(name, "App.ip") {
					s.everywhere = false
				}
				if isTokenTrait(name) {
					s.token, s.empty = -1, nil
				}
				continue
			}
			value, variableName = given, v
		}
		value = strings.Trim(value, `"'`)
		switch {
		case name == "--ip" || name == "--ServerApp.ip" || name == "--NotebookApp.ip" || name == "--LabApp.ip":
			s.everywhere = anyAddress(value)
		case isTokenTrait(name):
			s.token = -1
			if value == "" {
				s.token, s.byVariable = i, variableName
				s.empty = append(s.empty, drop...)
			}
		case isPasswordTrait(name) && value == "":
			s.empty = append(s.empty, drop...)
		}
	}
	if runsDocker(l.words[:at]) && !publishesEverywhere(l.words[:at]) || l.local {
		s.everywhere = false
	}
	return s
}

func isTrait(name string) bool {
	return name == "--ip" || isTokenTrait(name) || isPasswordTrait(name) || strings.HasPrefix(name, "--") && strings.HasSuffix(name, "App.ip")
}

func isTokenTrait(name string) bool {
	switch name {
	case "--NotebookApp.token", "--ServerApp.token", "--IdentityProvider.token", "--LabApp.token", "--PasswordIdentityProvider.token":
		return true
	}
	return false
}

func isPasswordTrait(name string) bool {
	switch name {
	case "--NotebookApp.password", "--ServerApp.password", "--LabApp.password", "--PasswordIdentityProvider.hashed_password":
		return true
	}
	return false
}

// anyAddress reports whether a server that listens at an address does so on all interfaces.
func anyAddress(ip string) bool {
	return ip == "" || ip == "0.0.0.0" || ip == "*" || ip == "::" || ip == "[::]"
}

// saying are programs that start nothing of what their arguments name.
var saying = []string{"echo", "printf", "pip", "pip3", "uv", "apt-get", "apk", "grep", "sed", "pkill", "which", "pgrep"}

// serverWord is the number of the word of a command that names a Jupyter server, -1 where none does.
// image is set for the start scripts of Jupyter's images, which listen on all interfaces.
func serverWord(words []launchWord) (at int, image bool) {
	for i, w := range words {
		name := path.Base(w.text)
		if i == 0 && slices.Contains(saying, name) && !(name == "uv" && len(words) > 1 && words[1].text == "run") {
			return -1, false
		}
		next := ""
		for _, n := range words[i+1:] {
			if !strings.HasPrefix(n.text, "-") {
				next = n.text
				break
			}
		}
		switch name {
		case "jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyter-nbclassic":
			return i, false
		case "start-notebook.py", "start-notebook.sh", "start-notebook":
			return i, true
		case "jupyter":
			switch next {
			case "lab", "notebook", "server", "nbclassic":
				return i, false
			}
		case "-m":
			switch next {
			case "jupyterlab", "notebook", "jupyter_server":
				return i, false
			}
		}
	}
	return -1, false
}

// ofJupyter reports whether an image is one of Jupyter's own, in which servers listen on all
// interfaces.
func ofJupyter(image string) bool {
	for _, registry := range [...]string{"docker.io/", "index.docker.io/", "quay.io/"} {
		image = strings.TrimPrefix(image, registry)
	}
	return strings.HasPrefix(image, "jupyter/")
}

// runsDocker reports whether words are the beginning of a command that runs a container.
func runsDocker(words []launchWord) bool {
	for i, w := range words {
		if name := path.Base(w.text); (name == "docker" || name == "podman" || name == "nerdctl") && i+1 < len(words) {
			return slices.ContainsFunc(words[i+1:], func(w launchWord) bool { return w.text == "run" || w.text == "create" })
		}
	}
	return false
}

// publishesEverywhere reports whether the options of `docker run` let others reach the container.
func publishesEverywhere(words []launchWord) bool {
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1].text
		}
		option, value, joined := strings.Cut(w.text, "=")
		if !joined {
			value = next
		}
		switch {
		case option == "-P" || option == "--publish-all":
			return true
		case (option == "--network" || option == "--net") && value == "host":
			return true
		case option == "-p" || option == "--publish":
			if !ownHost(value) && !strings.HasPrefix(value, "$") {
				return true
			}
		case strings.HasPrefix(w.text, "-p") && len(w.text) > 2 && w.text[2] >= '0' && w.text[2] <= '9':
			if !ownHost(w.text[2:]) {
				return true
			}
		}
	}
	return false
}

// passwordGiven reports whether a text sets the hash of a password for the server, by an option or a
// setting.
func passwordGiven(text []byte) bool {
	for _, name := range [...]string{"App.password", ".hashed_password"} {
		rest := text
		for {
			i := bytes.Index(rest, []byte(name))
			if i < 0 {
				break
			}
			rest = rest[i+len(name):]
			value := bytes.TrimLeft(rest, " \t")
			if len(value) == 0 || value[0] != '=' && len(value) == len(rest) {
				continue
			}
			value = bytes.TrimLeft(bytes.TrimPrefix(value, []byte("=")), " \t")
			value = bytes.TrimLeft(bytes.TrimPrefix(value, []byte("u'")), `"'\`)
			if len(value) > 0 && !bytes.ContainsAny(value[:1], " \t\r\n,]#;)&") {
				return true
			}
		}
	}
	return false
}

// tokenInFile takes the empty token, and an empty password, out of a command of a file.
func tokenInFile(p *checks.ManifestPass, l launch, s jupyterServer) *fix.Fix {
	var edits []ast.Edit
	for _, i := range s.empty {
		if len(l.words[i].cut) == 0 {
			return nil
		}
		edits = append(edits, l.words[i].cut...)
	}
	edits = merged(edits)
	for i := range edits {
		edits[i].Start = beforeComma(p.Source.Text, edits[i].Span)
	}
	return checks.Fix(true, "let Jupyter make a token", checks.TextEdits(edits...))
}

// beforeComma is where a deletion begins that takes the last items of a list in brackets: before the
// comma that stands in front of them.
func beforeComma(text []byte, at ast.Span) ast.Pos {
	if rest := bytes.TrimLeft(text[at.End:], " \t"); len(rest) == 0 || rest[0] != ']' {
		return at.Start
	}
	if before := bytes.TrimRight(text[:at.Start], " \t"); bytes.HasSuffix(before, []byte(",")) {
		return ast.Pos(len(before) - 1)
	}
	return at.Start
}

// merged joins deletions that touch.
func merged(edits []ast.Edit) []ast.Edit {
	slices.SortFunc(edits, func(a, b ast.Edit) int { return int(a.Start - b.Start) })
	var out []ast.Edit
	for _, e := range edits {
		if n := len(out); n > 0 && e.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, e.End)
			continue
		}
		out = append(out, e)
	}
	return out
}

// tokenInCall takes the empty token, and an empty password, out of a command that Python runs.
func tokenInCall(p *checks.Pass, c *checks.Call, cmd checks.ShellCommand, s jupyterServer) *fix.Fix {
	const message = "let Jupyter make a token"
	if !p.Holds(c.Node) {
		text, start := p.CommandText(c.Node.Range())
		return checks.Fix(true, message, checks.TextEdits(merged(cutOptions(text, start))...))
	}
	var elems []ast.Node
	var list ast.Expr
	for _, i := range s.empty {
		n := cmd.Words[i].Node
		if n == nil || !p.Holds(n) {
			return tokenInText(p, c, message)
		}
		around := p.Around(n)
		for j := len(around) - 1; j >= 0; j-- {
			switch around[j].(type) {
			case *ast.List, *ast.Tuple:
				if around[j] != n && list == nil {
					list = around[j].(ast.Expr)
				}
			}
		}
		elems = append(elems, n)
	}
	if list == nil {
		return nil
	}
	return checks.Fix(true, message, fix.RemoveElements(p.File, list, elems...))
}

// tokenInText takes the options out of the constant text of a command.
func tokenInText(p *checks.Pass, c *checks.Call, message string) *fix.Fix {
	for i := range c.Args {
		var literal *ast.Str
		ast.Inspect(c.Node, func(n ast.Node) bool {
			if t, ok := n.(*ast.Str); ok && literal == nil && strings.Contains(t.Value, ".token") {
				literal = t
			}
			return true
		})
		if literal == nil {
			if given, ok := c.Args[i].Given.(*ast.Str); ok && p.Holds(given) {
				literal = given
			}
		}
		if literal != nil {
			at := literal.Range()
			text := p.File.Source.Text[at.Start:at.End]
			return checks.Fix(true, message, checks.TextEdits(merged(cutOptions(text, int(at.Start)))...))
		}
	}
	return nil
}

// cutOptions deletes empty tokens and passwords from a text of a command, which begins at a place of
// its file.
func cutOptions(text []byte, start int) []ast.Edit {
	var out []ast.Edit
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && text[end] != ' ' && text[end] != '\t' && text[end] != '\n' {
			end++
		}
		word := strings.TrimRight(string(text[i:end]), ";&|)")
		name, value, joined := strings.Cut(word, "=")
		inner := strings.TrimRight(strings.TrimLeft(value, `"'\`), `"'\`)
		if joined && (isTokenTrait(name) || isPasswordTrait(name)) && inner == "" {
			to := i + len(word)
			// The quote that ends the literal around stays.
			if n := strings.Count(value, `"`); n%2 == 1 && strings.HasSuffix(value, `"`) {
				to--
			}
			if n := strings.Count(value, `'`); n%2 == 1 && strings.HasSuffix(value, `'`) {
				to--
			}
			e := cutWord(text, i, to)
			out = append(out, ast.Edit{Span: ast.Span{Start: e.Start + ast.Pos(start), End: e.End + ast.Pos(start)}})
		}
		i = end + 1
	}
	return out
}

// isJupyterConfig reports whether a file is the configuration of a Jupyter server by its name.
func isJupyterConfig(name string) bool {
	base := path.Base(name)
	base, ok := strings.CutSuffix(strings.TrimSuffix(base, path.Ext(base)), "_config")
	return ok && strings.HasPrefix(base, "jupyter") && !strings.HasPrefix(base, "jupyterhub")
}

// jupyterConfig is what a configuration file sets.
type jupyterConfig struct {
	token                *ast.Assign
	empty                []ast.Stmt
	everywhere, password bool
}

// readJupyterConfig reads the settings of a configuration file. An empty token that a condition on the
// environment allows is somebody's decision elsewhere.
func readJupyterConfig(file *ast.File) jupyterConfig {
	var s jupyterConfig
	optional := ast.Pos(-1) // the end of the last statement that runs under such a condition
	ast.InspectFile(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			if asks(n.Test) {
				optional = max(optional, n.Stop())
			}
		case *ast.Assign:
			for _, target := range n.Targets {
				class, trait := traitOf(file, target)
				s.set("--"+class+"."+trait, file, n, n.Pos() < optional)
			}
		}
		return true
	})
	return s
}

// asks reports whether a condition depends on more than constants and names of the interpreter.
func asks(test ast.Expr) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call, *ast.Subscript, *ast.Attribute:
			found = true
		case *ast.Name:
			found = found || !strings.HasPrefix(n.Id, "__")
		}
		return !found
	})
	return found
}

func (s *jupyterConfig) set(name string, file *ast.File, a *ast.Assign, optional bool) {
	switch {
	case isPasswordTrait(name) && !emptyText(file, a.Value):
		s.password = true
	case isPasswordTrait(name):
		s.empty = append(s.empty, a)
	case isTokenTrait(name):
		if s.token = nil; !optional && emptyText(file, a.Value) {
			s.token = a
			s.empty = append(s.empty, a)
		}
	case isTrait(name):
		text, ok := constantText(file, a.Value)
		s.everywhere = ok && anyAddress(text)
	}
}

// traitOf is the class and name of the setting that an assignment's target is: c.ServerApp.token.
func traitOf(file *ast.File, target ast.Expr) (class, trait string) {
	switch t := target.(type) {
	case *ast.Attribute:
		return configClass(file, t.Value), t.Attr.Id
	case *ast.Subscript:
		if s, ok := t.Index.(*ast.Str); ok {
			return configClass(file, t.Value), s.Value
		}
	}
	return "", ""
}

func configClass(file *ast.File, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Attribute:
		return e.Attr.Id
	case *ast.Subscript:
		if s, ok := e.Index.(*ast.Str); ok {
			return s.Value
		}
	case *ast.Name:
		switch given := checks.LastAssigned(file.Body, e).(type) {
		case *ast.Attribute:
			return given.Attr.Id
		}
	}
	return ""
}

func emptyText(file *ast.File, e ast.Expr) bool {
	text, ok := constantText(file, e)
	return ok && text == ""
}

// constantText is the text of a literal, or of a name that was given one.
func constantText(file *ast.File, e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.Str:
		return e.Value, true
	case *ast.Name:
		if given := checks.LastAssigned(file.Body, e); given != nil {
			if s, ok := given.(*ast.Str); ok {
				return s.Value, true
			}
		}
	}
	return "", false
}

// reportWrittenConfig reports the commands that write a configuration without a login,
// by echo or tee, or out of the text itself. everywhere is set where the file
// starts a server on all interfaces.
func reportWrittenConfig(p *checks.ManifestPass, everywhere bool) {
	var text strings.Builder
	var token ast.Span
	note := func(script manifest.Script, at func(*shell.Command) ast.Span) {
		list := shell.Parse(script.Text)
		for _, c := range list {
			if !writesConfig(list, c) {
				continue
			}
			written := c.Here
			name, args := c.Program()
			if name == "echo" || name == "printf" {
				var words []string
				for _, w := range args {
					if w.Text != "-e" && w.Text != "-n" {
						words = append(words, w.Text)
					}
				}
				written = strings.ReplaceAll(strings.Join(words, " "), `\n`, "\n")
			}
			if strings.Contains(written, ".token") {
				token = at(c)
			}
			text.WriteString(written + "\n")
		}
	}
	if p.Kind == manifest.Shell {
		note(manifest.Script{Text: string(p.Source.Text)}, func(c *shell.Command) ast.Span {
			return checks.FirstLine(p, ast.Span{Start: ast.Pos(c.Start), End: ast.Pos(c.End)})
		})
	}
	for i := range p.Instructions() {
		in := &p.Instructions()[i]
		for _, s := range p.Scripts(in) {
			note(s, func(*shell.Command) ast.Span { return checks.FirstLine(p, in.Span) })
		}
	}
	if token.End == 0 {
		return
	}
	file, err := ast.Parse(context.Background(), ast.NewText("jupyter_server_config.py", []byte(text.String())))
	if err != nil || file == nil {
		return
	}
	if s := readJupyterConfig(file); s.token != nil && !s.password && (s.everywhere || everywhere) {
		p.Report(checks.Report{Node: checks.Place(token)})
	}
}

// writesConfig reports whether the output of a command goes to the configuration of a server, directly
// or by tee.
func writesConfig(list []*shell.Command, c *shell.Command) bool {
	if c.Output != nil {
		return isJupyterConfig(c.Output.Text)
	}
	for _, next := range list {
		if next.Input == c {
			name, args := next.Program()
			return name == "tee" && slices.ContainsFunc(args, func(w shell.Word) bool { return isJupyterConfig(w.Text) })
		}
	}
	return false
}
