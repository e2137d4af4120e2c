package flow

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// Word is one word of a command.
type Word struct {
	// Text is the word's constant text, as far as it begins with such; Known is set when that
	// is all of it.
	Text  string
	Known bool
	// Value is the word's value.
	Value *Value
	// Node is the element of a list that the word is; nil for one out of a text.
	Node ast.Node
	// Splat is set when all elements of Value are words.
	Splat bool
}

// Command is one program with its arguments, as a shell or a list of words gives it.
type Command struct {
	Words []Word
	// Piped is set when it reads what the command before it writes.
	Piped bool
	// Into is the file that its output goes to, nil where it goes nowhere.
	Into *Word
}

// maxWords bounds the words of a command line that are looked at.
const maxWords = 200

// Program is the name of the program, without folders and version: python, pip, wget. For
// `python -m pip` it is pip; sys.executable is python. Args are the words after it.
func (c *Command) Program() (name string, args []Word) {
	words := c.Words
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		switch {
		case w.Value.Is("sys.executable"):
			name = "python"
		case !w.Known:
			return "", words
		default:
			name = w.Text[strings.LastIndexAny(w.Text, `/\`)+1:]
		}
		switch {
		case strings.Contains(w.Text, "=") && w.Known && !strings.HasPrefix(w.Text, "-"): // VAR=value program
			continue
		case name == "sudo" || name == "nohup" || name == "time" || name == "exec" || name == "env":
			for len(words) > 0 && strings.HasPrefix(words[0].Text, "-") {
				words = words[1:]
			}
			continue
		}
		break
	}
	name = strings.TrimSuffix(name, ".exe")
	if isPython(name) {
		name = "python"
		if len(words) > 1 && words[0].Known && words[0].Text == "-m" {
			return strings.TrimRight(words[1].Text, "0123456789."), words[2:]
		}
	}
	if strings.HasPrefix(name, "pip") && strings.Trim(name[3:], "0123456789.") == "" {
		name = "pip"
	}
	if name == "uv" && len(words) > 0 && words[0].Text == "pip" {
		return "pip", words[1:]
	}
	return name, words
}

func isPython(name string) bool {
	rest, ok := strings.CutPrefix(name, "python")
	return ok && strings.Trim(rest, "0123456789.") == "" || name == "py" || name == "pypy3" || name == "ipython"
}

// Commands returns the commands that a call runs, as far as they are known: those of its
// text, of its list of words, of the text that it hands to `sh -c`.
func (c *Call) Commands() []Command {
	for _, a := range c.Dangerous(models.Shell) {
		if list := c.commands(a.Value); len(list) > 0 {
			return list
		}
	}
	return nil
}

// commands takes a command line apart.
func (c *Call) commands(v *Value) []Command {
	if items, _, ok := c.Items(v); ok {
		if c.Symbol.Under("pip") {
			items = append([]Item{{Value: stringValue("pip")}}, items...)
		}
		return c.listCommands(items)
	}
	var rest []Argument // os.execl, create_subprocess_exec: the words are arguments
	for _, a := range c.Dangerous(models.Shell) {
		if a.Name == "" && (!a.Rest || a.Pos > 0) && !slices.ContainsFunc(rest, func(b Argument) bool { return b.Node == a.Node && b.Pos == a.Pos }) {
			rest = append(rest, a)
		}
	}
	if len(rest) > 1 {
		items := make([]Item, 0, len(rest))
		for _, a := range rest {
			items = append(items, Item{Value: a.Value, Node: a.Node, Splat: a.Rest})
		}
		return c.listCommands(items)
	}
	for _, v := range v.Alternatives() {
		if v.kind == KindString {
			return splitCommands(v)
		}
	}
	return nil
}

// listCommands reads a list of words.
func (c *Call) listCommands(items []Item) []Command {
	var cmd Command
	for _, it := range items {
		if len(cmd.Words) >= maxWords {
			break
		}
		v := pathText(it.Value)
		t, known := v.Text()
		if !known {
			t = v.Prefix()
		}
		cmd.Words = append(cmd.Words, Word{Text: t, Known: known && !it.Splat, Value: v, Node: it.Node, Splat: it.Splat})
	}
	name, args := cmd.Program()
	switch name {
	case "sh", "bash", "zsh", "dash", "ksh", "cmd":
		for i, w := range args {
			if w.Known && (strings.HasPrefix(w.Text, "-") && strings.HasSuffix(w.Text, "c") || w.Text == "/c") && i+1 < len(args) && args[i+1].Value.kind == KindString {
				return splitCommands(args[i+1].Value)
			}
		}
	}
	return []Command{cmd}
}

// splitCommands reads a text as a shell does: words, quotes, pipes, lists of commands and
// redirections. Loops, substitutions and the like are not taken apart.
func splitCommands(v *Value) []Command {
	s := splitter{}
	for _, p := range v.Parts() {
		if p.Value != nil {
			s.word.value(p.Value, p.Node, p.Mod)
			s.some = true
			continue
		}
		s.scan(p.Text)
		if s.words > maxWords {
			break
		}
	}
	s.endCommand(false)
	return s.out
}

// splitter is the state of splitCommands.
type splitter struct {
	out   []Command
	cmd   Command
	word  stringBuilder
	some  bool // there is a word, if only an empty one
	quote byte
	into  bool // the next word is the file of a redirection
	words int
}

func (s *splitter) scan(text string) {
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case s.quote != 0:
			if ch == s.quote {
				s.quote = 0
			} else {
				s.word.text(text[i : i+1])
			}
		case ch == '\'' || ch == '"':
			s.quote, s.some = ch, true
		case ch == '#' && !s.some: // a comment
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case ch == '\\' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				s.word.text(text[i : i+1])
				s.some = true
			}
		case ch == ' ' || ch == '\t' || ch == '\r':
			s.endWord()
		case ch == '|':
			piped := i+1 >= len(text) || text[i+1] != '|'
			if !piped {
				i++
			}
			s.endCommand(piped)
		case ch == '\n' || ch == ';' || ch == '&':
			s.endCommand(false)
		case ch == '>':
			s.endWord()
			s.into = true
		default:
			s.word.text(text[i : i+1])
			s.some = true
		}
	}
}

func (s *splitter) endWord() {
	if !s.some {
		return
	}
	v := s.word.value0()
	t, known := v.Text()
	if !known {
		t = v.Prefix()
	}
	if parts := v.Parts(); len(parts) == 1 && parts[0].Value != nil {
		v = parts[0].Value
	}
	w := Word{Text: t, Known: known, Value: v}
	switch {
	case s.into:
		s.cmd.Into = &w
	default:
		s.cmd.Words = append(s.cmd.Words, w)
	}
	s.into, s.some, s.word = false, false, stringBuilder{}
	s.words++
}

func (s *splitter) endCommand(piped bool) {
	s.endWord()
	if len(s.cmd.Words) > 0 {
		s.out = append(s.out, s.cmd)
	}
	s.cmd = Command{Piped: piped}
}

// Sinks of the files that commands run, by what is done with them.
var (
	runFile         = &models.Sink{Kind: models.CommandFile, Arg: "0", Note: models.NoteRunFile}
	requirementFile = &models.Sink{Kind: models.CommandFile, Arg: "0", Note: models.NoteRequirements}
	runNotebook     = &models.Sink{Kind: models.CommandFile, Arg: "0", Note: models.NoteNotebook}
	programInput    = &models.Sink{Kind: models.Exec, Arg: "input", Note: models.NoteInput}
)

// readsProgram reports whether a command is an interpreter that reads its program from its
// standard input.
func (c *Command) readsProgram() bool {
	name, args := c.Program()
	switch name {
	case "python", "node", "nodejs", "deno", "bun", "ruby", "perl", "php", "Rscript", "julia":
	default:
		return false
	}
	for _, w := range args {
		if !strings.HasPrefix(w.Text, "-") || w.Text == "-c" || w.Text == "-m" || w.Text == "-e" {
			return false
		}
	}
	return true
}

// commandFiles judges the files that commands run or install from, and notes those that they
// fetch.
func (f *Frame) commandFiles(c *Call, a *Argument) {
	if a.Value.exact != nil {
		node := ast.Node(a.Node)
		if node == nil {
			node = c.Node
		}
		f.event(&sinkEvent{kind: models.CommandFile, sink: runFile, call: c, value: a.Value, node: node, frame: f, facts: c.Facts, heap: c.heap, command: true})
		return
	}
	list := c.commands(a.Value)
	folder := c.folder
	for i := range list {
		if name, args := list[i].Program(); name == "cd" && len(args) == 1 && args[0].Known {
			folder = in(folder, args[0].Text)
		}
		f.fetchedBy(c, &list[i], folder)
		if in := c.Arg(-1, "input"); in != nil && len(in.Value.marks) > 0 && list[i].readsProgram() {
			f.event(&sinkEvent{kind: models.Exec, sink: programInput, call: c, value: in.Value, node: in.Node, frame: f, facts: c.Facts, heap: c.heap})
		}
		for _, key := range list[i].verifiesBy() {
			node := key.Node
			if node == nil {
				node = c.Node
			}
			if v := taint(key.Value, f.lookInto(key.Value)); len(v.marks) > 0 {
				f.event(&sinkEvent{kind: models.State, sink: proofKey, call: c, value: v, node: node, frame: f, facts: c.Facts, heap: c.heap})
			}
		}
		for _, file := range list[i].runs() {
			v := taint(file.Value, f.lookInto(file.Value))
			if c.below != nil && file.Known && !path.IsAbs(file.Text) {
				v = taint(v, c.below.marks)
			}
			if len(v.marks) == 0 {
				continue
			}
			node := file.Node
			if node == nil {
				node = c.Node
			}
			f.event(&sinkEvent{kind: models.CommandFile, sink: file.sink, call: c, value: v, node: node, frame: f, facts: c.Facts, heap: c.heap})
		}
	}
}

// proofKey is what a verifier of proofs is told to verify by.
var proofKey = &models.Sink{Kind: models.State, Note: models.NoteProofKey}

// verifiesBy lists the words that name what a verifier of zero-knowledge proofs verifies by: its key, settings and
// reference string.
func (c *Command) verifiesBy() []Word {
	name, args := c.Program()
	if name == "npx" && len(args) > 0 && args[0].Text == "snarkjs" {
		name, args = "snarkjs", args[1:]
	}
	switch {
	case name == "snarkjs" && len(args) > 2 && args[1].Text == "verify":
		return args[2:3]
	case name == "ezkl" && len(args) > 0 && strings.HasPrefix(args[0].Text, "verify"):
		var out []Word
		for i, w := range args {
			option, _, joined := strings.Cut(w.Text, "=")
			switch option {
			case "--vk-path", "--settings-path", "--srs-path":
				if joined {
					out = append(out, w)
				} else if i+1 < len(args) {
					out = append(out, args[i+1])
				}
			}
		}
		return out
	}
	return nil
}

// fed judges what is sent to the standard input of a process that this code started: an interpreter
// runs it.
func (f *Frame) fed(c *Call, a *Argument) {
	made := c.Receiver.Origin()
	if made == nil || len(made.Args) == 0 || a.Node == nil || len(a.Value.marks) == 0 {
		return
	}
	for _, cmd := range made.commands(made.Args[0].Value) {
		if cmd.readsProgram() {
			f.event(&sinkEvent{kind: models.Exec, sink: programInput, call: made, value: a.Value, node: a.Node, frame: f, facts: c.Facts, heap: c.heap})
			return
		}
	}
}

// judgeCommand takes a command apart that a caller handed in, and hands it on to the callers
// of a function that was handed it.
func (f *Frame) judgeCommand(e *sinkEvent) {
	if e.value.exact != nil {
		for _, m := range e.value.marks {
			if g := m.Origin.frame; m.Label == models.NoLabel && g != nil {
				g.addHit(e, m.Origin, f)
			}
		}
		return
	}
	call := *e.call
	call.heap = e.heap
	for _, cmd := range call.commands(e.value) {
		for _, file := range cmd.runs() {
			one := *e
			one.command, one.sink = false, file.sink
			one.value = taint(file.Value, f.contained(file.Value))
			f.judge(&one)
		}
	}
}

// ranFile is a file that a command runs.
type ranFile struct {
	Word
	sink *models.Sink
}

// runs lists the files that a command runs or takes requirements from.
func (c *Command) runs() []ranFile {
	name, args := c.Program()
	switch name {
	case "python", "bash", "sh", "zsh", "%run", "source", ".", "node", "nodejs", "bun", "ruby", "perl", "php", "Rscript", "julia":
		for i, w := range args {
			if !strings.HasPrefix(w.Text, "-") {
				return []ranFile{{w, runFile}}
			}
			if w.Text == "-c" || w.Text == "-m" || w.Text == "-e" || w.Text == "-" || i > 5 {
				return nil
			}
		}
	case "pip":
		return installs(args)
	case "jupyter", "jupyter-nbconvert", "jupyter-execute", "jupyter-run", "papermill", "nbconvert":
		return notebooks(name, args)
	case "":
		if len(c.Words) > 0 {
			return []ranFile{{c.Words[0], runFile}}
		}
	default:
		if w := c.Words[0]; strings.Contains(w.Text, "/") {
			return []ranFile{{w, runFile}}
		}
	}
	return nil
}

// notebooks lists the notebooks that a command of Jupyter's or papermill runs.
func notebooks(name string, args []Word) []ranFile {
	runs := name == "papermill" || name == "jupyter-execute" || name == "jupyter-run"
	if name == "jupyter" && len(args) > 0 && args[0].Known {
		name, args = args[0].Text, args[1:]
		runs = name == "execute" || name == "run"
	}
	var out []ranFile
	for i := 0; i < len(args); i++ {
		switch w := args[i]; {
		case w.Text == "--execute":
			runs = true
		case w.Text == "--prepare-only":
			return nil
		case strings.HasPrefix(w.Text, "-"):
			if !strings.Contains(w.Text, "=") && optionValue[w.Text] {
				i++
			}
		default:
			out = append(out, ranFile{w, runNotebook})
		}
	}
	if !runs || len(out) == 0 {
		return nil
	}
	if name == "papermill" {
		return out[:1] // what follows is written
	}
	return out
}

// optionValue are the options of these commands that a value follows.
var optionValue = map[string]bool{"--to": true, "--output": true, "--output-dir": true, "--template": true, "-k": true, "--kernel": true, "--cwd": true, "-f": true, "-y": true}

// installs lists the requirement files and folders that pip installs from.
func installs(args []Word) []ranFile {
	if len(args) == 0 || args[0].Text != "install" {
		return nil
	}
	var out []ranFile
	for i := 1; i < len(args); i++ {
		w := args[i]
		switch {
		case w.Text == "-r" || w.Text == "-qr" || w.Text == "-Ur" || w.Text == "--requirement" || w.Text == "-e" || w.Text == "--editable":
			if i+1 < len(args) {
				i++
				out = append(out, ranFile{args[i], requirementFile})
			}
		case strings.HasPrefix(w.Text, "--requirement=") || strings.HasPrefix(w.Text, "-r"):
			out = append(out, ranFile{w, requirementFile})
		case w.Text == "-c" || w.Text == "--constraint" || w.Text == "-i" || w.Text == "--index-url" || w.Text == "--extra-index-url" || w.Text == "-t" || w.Text == "--target":
			i++
		case !strings.HasPrefix(w.Text, "-"):
			out = append(out, ranFile{w, requirementFile})
		}
	}
	return out
}

// in is a path as it is from a folder.
func in(folder, to string) string {
	if folder == "" || path.IsAbs(to) || strings.HasPrefix(to, "~") {
		return to
	}
	return path.Join(folder, to)
}

// fetchedBy notes the file that a command fetches: that of wget and curl, the folder of git
// clone, what an archive is unpacked to. Folder is the one in which the command runs.
func (f *Frame) fetchedBy(c *Call, cmd *Command, folder string) {
	name, args := cmd.Program()
	// A file is found by its path from the folder, and by that from where the program runs.
	wrote := func(to *Value, marks []Mark) {
		f.wrote(to, marks, c.Node)
		if t, ok := to.Text(); ok && in(folder, t) != t {
			f.wrote(stringValue(in(folder, t)), marks, c.Node)
		}
	}
	switch name {
	case "wget", "curl", "gdown", "aria2c", "axel":
		if to := cmd.output(name, args); to != nil {
			wrote(to, held(f.source(fetchedFile, c.Symbol, c.Node, c)))
		}
	case "git":
		if to := clonedTo(args); to != nil {
			wrote(to, held(f.source(clonedFolder, c.Symbol, c.Node, c)))
		}
	case "unzip", "tar":
		from, to := unpacks(name, args)
		if from != nil && to != nil {
			wrote(to, f.contained(from))
		}
	case "cp", "mv":
		if n := len(args); n >= 2 {
			wrote(args[n-1].Value, f.contained(args[n-2].Value))
		}
	}
}

var (
	fetchedFile  = &models.Model{Source: models.Web, From: "a file that a command fetches"}
	clonedFolder = &models.Model{Source: models.Web, From: models.ClonedRepository}
)

// output is the file that a command writes what it fetches to.
func (c *Command) output(name string, args []Word) *Value {
	url, folder := "", (*Value)(nil)
	for i := 0; i < len(args); i++ {
		w := args[i]
		next := func() *Value {
			if i+1 < len(args) {
				return args[i+1].Value
			}
			return nil
		}
		switch {
		case name == "curl" && (w.Text == "-o" || w.Text == "--output"), name != "curl" && (w.Text == "-O" || w.Text == "-o" && name == "aria2c" || w.Text == "--output-document" || w.Text == "--output"):
			return next()
		case name == "wget" && w.Text == "-P" || w.Text == "--directory-prefix":
			folder = next()
			i++
		case strings.HasPrefix(w.Text, "--output-document="), strings.HasPrefix(w.Text, "--output="):
			return afterText(w.Value, strings.IndexByte(w.Text, '=')+1)
		case name == "wget" && len(w.Text) > 2 && !strings.HasPrefix(w.Text, "--") && w.Text[0] == '-' && strings.HasSuffix(w.Text, "O"), name == "curl" && len(w.Text) > 2 && !strings.HasPrefix(w.Text, "--") && w.Text[0] == '-' && strings.HasSuffix(w.Text, "o"):
			return next() // -qO file, -sLo file
		case strings.Contains(w.Text, "://"):
			url = w.Text
			if !w.Known {
				url = ""
			}
		}
	}
	if c.Into != nil {
		return c.Into.Value
	}
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	base := url[strings.LastIndexByte(url, '/')+1:]
	if base == "" {
		return folder
	}
	if folder != nil {
		return folder
	}
	return stringValue(base)
}

// afterText is what follows n bytes of constant text with which a word begins.
func afterText(v *Value, n int) *Value {
	var b stringBuilder
	for i, p := range v.Parts() {
		if i == 0 {
			b.text(p.Text[n:])
		} else if p.Value == nil {
			b.text(p.Text)
		} else {
			b.value(p.Value, p.Node, p.Mod)
		}
	}
	out := b.value0()
	if parts := out.Parts(); len(parts) == 1 && parts[0].Value != nil {
		return parts[0].Value
	}
	return out
}

// clonedTo is the folder that git clones to.
func clonedTo(args []Word) *Value {
	if len(args) < 2 || args[0].Text != "clone" {
		return nil
	}
	var plain []Word
	for i := 1; i < len(args); i++ {
		switch t := args[i].Text; {
		case t == "-b" || t == "--branch" || t == "--depth" || t == "-o" || t == "-c" || t == "--config":
			i++
		case !strings.HasPrefix(t, "-"):
			plain = append(plain, args[i])
		}
	}
	switch {
	case len(plain) > 1:
		return plain[1].Value
	case len(plain) == 1 && plain[0].Known:
		t := strings.TrimSuffix(strings.TrimRight(plain[0].Text, "/"), ".git")
		return stringValue(t[strings.LastIndexByte(t, '/')+1:])
	}
	return nil
}

// unpacks is the archive and the folder of a command that unpacks one.
func unpacks(name string, args []Word) (from, to *Value) {
	for i := 0; i < len(args); i++ {
		t := args[i].Text
		switch {
		case (name == "unzip" && t == "-d" || name == "tar" && (t == "-C" || t == "--directory")) && i+1 < len(args):
			i++
			to = args[i].Value
		case name == "tar" && from == nil && (strings.HasPrefix(t, "-") || i == 0) && !strings.Contains(t, "c"):
		case strings.HasPrefix(t, "-"):
		case from == nil:
			from = args[i].Value
		}
	}
	return from, to
}

// shellLine evaluates a line of a notebook that a shell runs.
func (f *Frame) shellLine(line *semantic.ShellLine) *Value {
	s := f.eng.shell
	if s == nil || f.passive > 0 {
		return unknown
	}
	var b stringBuilder
	for _, p := range line.Parts {
		if p.Expr == nil {
			b.text(p.Text)
			continue
		}
		b.value(pathText(f.expr(p.Expr)), p.Expr, f.mod.sem)
	}
	c := f.callRecord(line.Call)
	c.folder = line.Folder
	if line.Below != nil {
		c.below = pathText(f.expr(line.Below))
	}
	c.Callee, c.Symbol = &Value{kind: KindExternal, sym: s}, s
	c.Args = []Argument{{Pos: 0, Value: b.value0()}}
	c.heap, c.Facts = f.st.snapshot(), f.st.facts
	f.current = line.Call
	f.externalCall(c, c.Callee, line.Call)
	return f.printed(c)
}

// printed is what IPython gives for a line that a shell runs: the lines that its commands print. A page that
// curl or wget prints is one from the web.
func (f *Frame) printed(c *Call) *Value {
	for _, cmd := range c.commands(c.Args[0].Value) {
		name, args := cmd.Program()
		if !cmd.printsPage(name, args) {
			continue
		}
		return unknownWith(f.source(printedPage, c.Symbol, c.Node, c))
	}
	return unknown
}

var printedPage = &models.Model{Source: models.Web, From: "a page that a command fetches"}

// readsFetched reports whether the file that a call reads is one that a command fetched, or out of an archive
// that one fetched.
func (f *Frame) readsFetched(c *Call, file models.Arg) bool {
	return slices.ContainsFunc(f.readFrom(c, file), func(m Mark) bool {
		return m.Label == models.Web && m.Origin != nil && m.Origin.from == fetchedFile.From
	})
}

// printsPage reports whether a command prints what it fetches.
func (c *Command) printsPage(name string, args []Word) bool {
	address := slices.ContainsFunc(args, func(w Word) bool { return strings.Contains(w.Text, "://") })
	if !address || c.Into != nil {
		return false
	}
	short := func(w Word, letters string) bool {
		return len(w.Text) > 1 && w.Text[0] == '-' && w.Text[1] != '-' && strings.ContainsAny(w.Text, letters)
	}
	switch name {
	case "curl":
		return !slices.ContainsFunc(args, func(w Word) bool {
			return short(w, "oOI") || strings.HasPrefix(w.Text, "--output") || strings.HasPrefix(w.Text, "--remote-name") || w.Text == "--head"
		})
	case "wget":
		for i, w := range args {
			if text, _ := strings.CutPrefix(w.Text, "--output-document="); text == "-" || short(w, "O") && (strings.HasSuffix(w.Text, "O-") || i+1 < len(args) && args[i+1].Text == "-") {
				return true
			}
		}
	}
	return false
}
