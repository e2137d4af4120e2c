package supplychain

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
	"github.com/pyguard/pyguardml/notebook"
)

// installing is a command of an installer (pip, uv, poetry, conda and their like) that a file has a
// shell run, with the places of its words in the file.
type installing struct {
	// program is the installer: pip, uv, poetry, pipenv, pdm or conda, the last one also for
	// mamba and micromamba.
	program string
	// sub is its subcommand, args all words behind the program.
	sub  string
	args []manifest.Word
	// words are all words of the command, settings the variables that are set for it.
	words    []manifest.Word
	settings []shell.Setting
	// source is the text of the file, at where the text of the settings' places begins in it.
	source []byte
	at     int
	span   ast.Span
	// conf is what a command writes into pip's configuration, nil for other commands; inPlace is set
	// where its places are those of the file.
	conf    *manifest.Manifest
	inPlace bool
}

// ofInstallers are words of which one stands in every text that installs anything.
var ofInstallers = []string{"pip", "uv", "conda", "mamba", "poetry", "pdm"}

// subcommands are what the installers are told to do, as far as it concerns where packages come
// from.
var subcommands = map[string][]string{
	"pip":    {"install", "download", "wheel", "config", "sync", "compile", "index"},
	"uv":     {"pip", "add", "sync", "lock", "tool", "run", "build", "export"},
	"poetry": {"add", "install", "config", "source", "update", "lock"},
	"pipenv": {"install", "sync", "lock", "update"},
	"pdm":    {"add", "install", "config", "update", "sync", "lock"},
	"conda":  {"install", "create", "update", "config", "env"},
	"pipx":   {"install", "run", "inject"},
}

// installerOf is the installer that a word runs, "" for other programs.
func installerOf(word string) string {
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(word, `\`, "/")), ".exe")
	if rest, ok := strings.CutPrefix(name, "pip"); ok && strings.Trim(rest, "0123456789.") == "" {
		return "pip"
	}
	switch name {
	case "mamba", "micromamba":
		return "conda"
	case "uv", "poetry", "pipenv", "pdm", "conda", "pipx":
		return name
	}
	return ""
}

// tellers print or search their arguments, and run none of them.
var tellers = []string{"echo", "printf", "cat", "grep", "egrep", "sed", "awk", "which", "git", "ls", "rm", "find", "apt-get", "apt", "apk", "yum", "dnf", "brew", "log", "cd", "mkdir", "touch", "read", "test", "["}

// newInstalling tells whether words are an installer's command.
func newInstalling(words []manifest.Word) (c installing, ok bool) {
	if len(words) == 0 || slices.Contains(tellers, path.Base(words[0].Text)) {
		return c, false
	}
	// The last installer counts: `conda run -n base pip install`, `uv run pip install`.
	for i := len(words) - 1; i >= 0; i-- {
		name := installerOf(words[i].Text)
		if name == "" {
			continue
		}
		args := words[i+1:]
		for j := range min(len(args), 8) {
			if !slices.Contains(subcommands[name], args[j].Text) {
				continue
			}
			if name == "pip" && i > 0 && installerOf(words[i-1].Text) == "uv" {
				name, args = "uv", words[i:]
			}
			return installing{program: name, sub: words[i+1+j].Text, args: args, words: words}, true
		}
	}
	return c, false
}

// option is an option of a command with its value.
type option struct {
	name  string
	value string
	// key is the place of the name, at that of the value, whole that of both.
	key, at, whole ast.Span
	// first and last are the numbers of its words.
	first, last int
}

// options lists the options of some names, with their values: `--name value`, `--name=value`, and
// for those of one letter also `-nvalue`.
func (c *installing) options(names ...string) []option {
	var out []option
	for i := 0; i < len(c.args); i++ {
		w := c.args[i]
		for _, name := range names {
			rest, ok := strings.CutPrefix(w.Text, name)
			if !ok {
				continue
			}
			o := option{name: name, key: w.Span, first: i, last: i}
			switch {
			case rest == "" && i+1 < len(c.args):
				i++
				o.value, o.at, o.last = c.args[i].Text, c.args[i].Span, i
			case strings.HasPrefix(rest, "=") || rest != "" && len(name) == 2:
				o.value = strings.TrimPrefix(rest, "=")
				o.at = w.Span
				if manifest.Stands(c.source, w) {
					o.key.End = w.Span.Start + ast.Pos(len(name))
					o.at.Start = w.Span.End - ast.Pos(len(o.value))
				}
			default:
				continue
			}
			o.whole = ast.Span{Start: w.Span.Start, End: o.at.End}
			out = append(out, o)
			break
		}
	}
	return out
}

// has reports whether the command has one of some flags.
func (c *installing) has(flags ...string) bool {
	return slices.ContainsFunc(c.args, func(w manifest.Word) bool { return slices.Contains(flags, w.Text) })
}

// without deletes words of the command, with the layout in front of what follows them; nil where
// nothing would be left, or where the words are not told apart in the text.
func (c *installing) without(first, last int) []ast.Edit {
	from, to := c.outer(c.args[first].Span), c.outer(c.args[last].Span)
	if from.Start < 0 || to.End > ast.Pos(len(c.source)) {
		return nil
	}
	if last+1 < len(c.args) {
		next := c.outer(c.args[last+1].Span)
		if next.Start <= to.End {
			return nil
		}
		return []ast.Edit{{Span: ast.Span{Start: from.Start, End: next.Start}}}
	}
	before := len(c.words) - len(c.args) + first - 1
	if before < 0 {
		return nil
	}
	previous := c.outer(c.words[before].Span)
	if previous.End > from.Start || previous.End < 0 {
		return nil
	}
	return []ast.Edit{{Span: ast.Span{Start: previous.End, End: to.End}}}
}

// outer widens the place of a word by its quotes.
func (c *installing) outer(s ast.Span) ast.Span {
	if s.Start > 0 && int(s.End) < len(c.source) {
		if q := c.source[s.Start-1]; (q == '"' || q == '\'') && c.source[s.End] == q {
			return ast.Span{Start: s.Start - 1, End: s.End + 1}
		}
	}
	return s
}

// requires is what the command has installed; nil where that is nothing.
func (c *installing) requires(file string) *manifest.Manifest {
	m, ok := manifest.Command(file, c.source, c.words)
	if !ok {
		return nil
	}
	return m
}

// script is shell text of a file.
type script struct {
	text string
	at   int
}

// documentInstalls lists the installers' commands of a file of configuration: of RUN and CMD in a
// Dockerfile, of shell scripts, and of the keys under which YAML and JSON have commands.
func documentInstalls(p *checks.ManifestPass) []installing {
	type installsOf struct{ *checks.Document }
	return checks.Remembered(p.Project, installsOf{p.Document}, func() []installing { return findInstalls(p.Document) })
}

func findInstalls(d *checks.Document) []installing {
	if !d.Mentions(ofInstallers) {
		return nil
	}
	source := d.Source.Text
	switch d.Kind {
	case manifest.Shell:
		return scriptInstalls(source, script{text: string(source)})
	case manifest.Dockerfile:
		return dockerInstalls(d)
	case manifest.Compose, manifest.Workflow, manifest.YAML, manifest.JSON:
		r := treeReader{source: source, seen: map[*checks.Tree]bool{}}
		for _, tree := range d.Trees() {
			r.visit(tree, 0)
		}
		return r.out
	}
	return nil
}

// notebookInstalls lists those of a notebook's shell lines and magics.
func notebookInstalls(p *checks.Pass) []installing {
	type installsOf struct{ *notebook.Notebook }
	return checks.Remembered(p.Project, installsOf{p.Notebook}, func() []installing { return findNotebookInstalls(p.Notebook, p.Source.Text) })
}

func findNotebookInstalls(n *notebook.Notebook, source []byte) []installing {
	var out []installing
	var whole []byte // the module's text with the commands, which are blank in it
	for _, cmd := range n.Commands() {
		s := script{}
		before := ""
		if text, span, ok := cmd.Shell(); ok {
			s = script{text, int(span.Start)}
		} else if magic, known := magics[cmd.Name]; known && cmd.Kind == notebook.LineMagic {
			before = magic
			s = script{before + cmd.Args, int(cmd.ArgsSpan.Start) - len(before)}
		} else {
			continue
		}
		for _, c := range commandsOf(s, 0) {
			if c, ok := c.installs(nil); ok {
				if whole == nil {
					whole = bytes.Clone(source)
				}
				copy(whole[s.at+len(before):], s.text[len(before):])
				c.source = whole
				out = append(out, c)
			}
		}
	}
	return out
}

var magics = map[string]string{"pip": "pip ", "uv": "uv ", "conda": "conda ", "mamba": "mamba ", "micromamba": "micromamba "}

// treeReader finds commands in YAML and JSON.
type treeReader struct {
	source []byte
	seen   map[*checks.Tree]bool
	out    []installing
}

// scriptKeys are keys whose values a shell runs, one text or a list of them; argvKeys those that
// hold a program with its arguments, in one text or word by word.
var (
	scriptKeys = []string{"run", "script", "before_script", "after_script", "install", "before_install", "commands", "bash", "inlinescript", "setup", "postcreatecommand", "oncreatecommand", "updatecontentcommand", "poststartcommand", "pre_build", "post_install", "build", "setup_commands", "initialization_commands"}
	argvKeys   = []string{"command", "entrypoint", "args", "cmd"}
)

const maxTreeDepth = 60

func (r *treeReader) visit(v *checks.Tree, depth int) {
	if v == nil || depth > maxTreeDepth || r.seen[v] {
		return
	}
	r.seen[v] = true
	for _, f := range v.Fields() {
		switch key := strings.ToLower(f.Key); {
		case slices.Contains(scriptKeys, key):
			r.script(f.Value)
		case slices.Contains(argvKeys, key):
			r.argv(f.Value)
		}
		r.visit(f.Value, depth+1)
	}
	for _, item := range v.Items() {
		r.visit(item, depth+1)
	}
}

func (r *treeReader) script(v *checks.Tree) {
	if v.IsTable() {
		return
	}
	for _, item := range v.Items() {
		if !item.IsList() && !item.IsTable() {
			r.script(item)
		}
	}
	if !v.IsList() && v.Text() != "" {
		r.out = append(r.out, scriptInstalls(r.source, r.textOf(v))...)
	}
}

func (r *treeReader) argv(v *checks.Tree) {
	items := v.Items()
	if !v.IsList() {
		r.script(v)
		return
	}
	var words []manifest.Word
	for _, item := range items {
		if item.IsTable() || item.IsList() {
			return
		}
		if strings.ContainsAny(item.Text(), " \n") {
			r.script(item) // what sh -c is given
		}
		words = append(words, manifest.Word{Text: item.Text(), Span: item.Span()})
	}
	if c, ok := newInstalling(words); ok {
		c.source, c.span = r.source, v.Span()
		r.out = append(r.out, c)
	}
}

// textOf is the text of a scalar as it stands, so that places in it are places of the file.
func (r *treeReader) textOf(v *checks.Tree) script {
	at := v.Span()
	if v.Verbatim() {
		return script{v.Text(), int(at.Start)}
	}
	if start, end, folded, ok := blockBody(r.source, int(at.Start)); ok {
		text := bytes.Clone(r.source[start:end])
		if folded {
			text = bytes.ReplaceAll(text, []byte("\n"), []byte(" "))
		}
		return script{string(text), start}
	}
	return script{v.Text(), -1}
}

// blockBody finds the lines of a block of YAML, whose header begins at an offset: those that are
// indented deeper than its key.
func blockBody(source []byte, header int) (start, end int, folded, ok bool) {
	if header < 0 || header >= len(source) || source[header] != '|' && source[header] != '>' {
		return 0, 0, false, false
	}
	line := bytes.LastIndexByte(source[:header], '\n') + 1
	column, parent := 0, -1
	for line+column < header && (source[line+column] == ' ' || source[line+column] == '-' && source[line+column+1] == ' ') {
		if source[line+column] == '-' {
			parent = column
		}
		column++
	}
	if line+column < header {
		parent = column // of the key
	}
	next := bytes.IndexByte(source[header:], '\n')
	if next < 0 {
		return 0, 0, false, false
	}
	start = header + next + 1
	end = start
	for end < len(source) {
		stop := bytes.IndexByte(source[end:], '\n')
		if stop < 0 {
			stop = len(source) - end
		}
		l := source[end : end+stop]
		if len(bytes.TrimSpace(l)) > 0 && len(l)-len(bytes.TrimLeft(l, " ")) <= parent {
			break
		}
		end = min(end+stop+1, len(source))
	}
	return start, end, source[header] == '>', true
}

// dockerInstalls reads the instructions that run something.
func dockerInstalls(d *checks.Document) []installing {
	source := d.Source.Text
	var out []installing
	for _, in := range d.Instructions() {
		if in.Name != "RUN" && in.Name != "CMD" && in.Name != "ENTRYPOINT" {
			continue
		}
		if c, ok := newInstalling(in.Words); ok && isExecForm(source[in.Span.Start:in.Span.End]) {
			c.source, c.span = source, in.Span
			out = append(out, c)
			continue
		}
		for _, text := range d.Scripts(&in) {
			out = append(out, scriptInstalls(source, script{text.Text, text.Start})...)
		}
	}
	return out
}

func isExecForm(text []byte) bool {
	_, rest, _ := bytes.Cut(text, []byte(" "))
	for rest = bytes.TrimSpace(rest); bytes.HasPrefix(rest, []byte("--")); rest = bytes.TrimSpace(rest) {
		if _, rest, _ = bytes.Cut(rest, []byte(" ")); len(rest) == 0 {
			break
		}
	}
	return bytes.HasPrefix(rest, []byte("["))
}

// shellCommand is a command of a script, with the place of the script.
type shellCommand struct {
	*shell.Command
	script
}

func scriptInstalls(source []byte, s script) []installing {
	var out []installing
	for _, c := range commandsOf(s, 0) {
		if in, ok := c.installs(source); ok {
			out = append(out, in)
		} else if in, ok := c.configures(source); ok {
			out = append(out, in)
		}
	}
	return out
}

// configures tells whether a command writes into pip's configuration, by echo or out of the script.
func (c shellCommand) configures(source []byte) (out installing, ok bool) {
	name, args := c.Program()
	file := ""
	if c.Output != nil {
		file = c.Output.Text
	}
	if name == "tee" {
		for _, w := range args {
			if !strings.HasPrefix(w.Text, "-") {
				file = w.Text
			}
		}
	}
	if base := path.Base(file); base != "pip.conf" && base != "pip.ini" {
		return out, false
	}
	out = installing{program: "pip", sub: "config", source: source, at: c.at, span: ast.Span{Start: ast.Pos(c.at + c.Start), End: ast.Pos(c.at + c.End)}}
	text, at := "", 0
	switch i := strings.Index(c.text, c.Here); {
	case c.Here != "" && (name == "cat" || name == "tee") && i >= 0:
		text, at, out.inPlace = c.Here, c.at+i, true
	case name == "echo" || name == "printf":
		for _, w := range args {
			if place := c.place(w); strings.ContainsAny(w.Text, "=[") {
				text, at = strings.ReplaceAll(w.Text, `\n`, " \n"), int(place.Start)
				if !strings.Contains(text, "[") {
					break
				}
			}
		}
	}
	if text == "" {
		return out, false
	}
	m, err := manifest.Parse("pip.conf", []byte(text))
	if err != nil || len(m.Indexes) == 0 {
		return out, false
	}
	for i := range m.Indexes {
		o := &m.Indexes[i]
		o.Key.Start, o.Key.End = o.Key.Start+ast.Pos(at), o.Key.End+ast.Pos(at)
		o.Span.Start, o.Span.End = o.Span.Start+ast.Pos(at), o.Span.End+ast.Pos(at)
	}
	out.conf = m
	return out, true
}

// installs tells whether a command is an installer's.
func (c shellCommand) installs(source []byte) (installing, bool) {
	words := make([]manifest.Word, 0, len(c.Words))
	for _, w := range c.Words {
		words = append(words, manifest.Word{Text: w.Text, Span: c.place(w)})
	}
	out, ok := newInstalling(words)
	out.source, out.at, out.settings = source, c.at, c.Settings
	out.span = ast.Span{Start: ast.Pos(c.at + c.Start), End: ast.Pos(c.at + c.End)}
	return out, ok
}

// place is that of a word in the file, within its quotes.
func (c shellCommand) place(w shell.Word) ast.Span {
	start, end := w.Start, w.End
	if end-start >= 2 && (c.text[start] == '"' || c.text[start] == '\'') && c.text[end-1] == c.text[start] && c.text[start+1:end-1] == w.Text {
		start, end = start+1, end-1
	}
	return ast.Span{Start: ast.Pos(c.at + start), End: ast.Pos(c.at + end)}
}

// maxNested bounds the scripts within scripts.
const maxNested = 4

// commandsOf lists the commands of a script, those that it hands to another shell included. Text
// that is no shell's grammar as a whole is read line by line.
func commandsOf(s script, depth int) []shellCommand {
	if s.at < 0 || depth > maxNested || !slices.ContainsFunc(ofInstallers, func(w string) bool { return strings.Contains(s.text, w) }) {
		return nil
	}
	text := withoutExpressions(withoutReturns(s.text))
	list := shell.Parse(text)
	var out []shellCommand
	if list == nil {
		for _, l := range logicalLines(text) {
			for _, c := range shell.Parse(text[l[0]:l[1]]) {
				out = append(out, shellCommand{c, script{text[l[0]:l[1]], s.at + l[0]}})
			}
		}
	}
	for _, c := range list {
		out = append(out, shellCommand{c, script{text, s.at}})
	}
	for _, c := range slices.Clone(out) {
		if inner, ok := c.handed(); ok {
			out = append(out, commandsOf(inner, depth+1)...)
		}
	}
	return out
}

// handed is the script that a command gives to a shell: the word after -c, or text that it reads.
func (c shellCommand) handed() (script, bool) {
	name, args := c.Program()
	isShell := name == "bash" || name == "sh" || name == "zsh" || name == "dash" || name == "ksh"
	if c.Here != "" && (len(c.Words) == 0 || isShell) {
		if i := strings.Index(c.text, c.Here); i >= 0 {
			return script{c.Here, c.at + i}, true
		}
		return script{}, false
	}
	if !isShell && name != "su" && name != "eval" {
		return script{}, false
	}
	for i, w := range args {
		if i > 0 && strings.HasPrefix(args[i-1].Text, "-") && strings.HasSuffix(args[i-1].Text, "c") || name == "eval" {
			at := c.place(w)
			start, end := int(at.Start)-c.at, int(at.End)-c.at
			if start >= 0 && end <= len(c.text) && c.text[start:end] == w.Text {
				return script{w.Text, int(at.Start)}, true
			}
			return script{}, false
		}
	}
	return script{}, false
}

// withoutReturns makes blanks of carriage returns, behind a backslash of both.
func withoutReturns(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\\\r\n", " \\\n"), "\r", " ")
}

// withoutExpressions makes variables of the expressions of workflows and templates, ${{ x }} and
// {{ x }}, which are no shell's grammar. Everything stays where it is.
func withoutExpressions(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	out := []byte(text)
	for i := 0; i+1 < len(out); i++ {
		if out[i] != '{' || out[i+1] != '{' {
			continue
		}
		n := strings.Index(text[i:], "}}")
		if n < 0 {
			break
		}
		start := i
		if i > 0 && out[i-1] == '$' {
			start--
		}
		out[start] = '$'
		for j := start + 1; j < i+n+2; j++ {
			out[j] = 'X'
		}
		i += n + 1
	}
	return string(out)
}

// logicalLines are the places of lines, with those that continue them.
func logicalLines(text string) [][2]int {
	var out [][2]int
	start := 0
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == '\n' && !strings.HasSuffix(strings.TrimRight(text[start:i], "\r"), `\`) {
			if strings.TrimSpace(text[start:i]) != "" {
				out = append(out, [2]int{start, i})
			}
			start = i + 1
		}
	}
	return out
}
