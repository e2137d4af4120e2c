package prompts

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

// programOnHost is PML1157.
var programOnHost = &checks.Rule{
	Spec:  infoPML1157,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Shell, models.Exec, models.CommandFile},
	Knows: []string{"runpy.run_path", "sys.executable", "subprocess.{run,check_output}", "os.getcwd()", "pathlib.Path.{cwd,home}()"},
	OnFlow: func(p *checks.Pass, way *checks.Path) {
		if way.Call == nil || way.Confirmed() {
			return
		}
		text := hostProgram(way)
		if text == nil {
			return
		}
		p.Report(checks.Report{Node: way.Call.Node, Path: way, Fix: inContainer(p, way, text)})
	},
}

// program says how an interpreter gets the text of a program: as an option's argument, from
// its input, or from a file.
type program struct {
	text        *checks.Item
	input, file bool
	// mounts is set where a container is given directories of the host.
	mounts bool
}

// hostProgram tells how the model's text becomes a program on the host; nil when it does not.
func hostProgram(way *checks.Path) *program {
	switch {
	case way.Kind == models.Exec && way.Sink.Note == models.NoteInput:
		if items := argvOf(way); readsInput(items) {
			return &program{input: true}
		}
	case way.Kind == models.Exec && way.Call.Symbol.Is("runpy.run_path") && way.Mark.InFile():
		return &program{file: true}
	case way.Kind == models.CommandFile && way.Sink.Note == models.NoteRunFile:
		items := argvOf(way)
		if len(items) > 1 && interpreter(items[0].Value) {
			return &program{file: true, text: &items[1]}
		}
	case way.Kind == models.Shell && way.Sink.Note == models.NoteProgram:
		return optionProgram(way, argvOf(way))
	case way.Kind == models.Shell && way.Call.Symbol.Under("docker"):
		if hostMounted(way.Call) {
			return &program{mounts: true}
		}
	}
	return nil
}

// argvOf lists the words of the command that a call starts.
func argvOf(way *checks.Path) []checks.Item {
	if items, list := checks.ItemsAt(way); list {
		return items
	}
	c := way.Call
	if len(c.Args) == 0 {
		return nil
	}
	if items, _, ok := c.Items(c.Args[0].Value); ok {
		return items
	}
	var out []checks.Item
	for i := range c.Args {
		if a := &c.Args[i]; a.Name == "" && !a.Rest {
			out = append(out, checks.Item{Value: a.Value, Node: a.Node})
		}
	}
	return out
}

var interpreterName = regexp.MustCompile(`^(python[\d.]*w?|node|nodejs|deno|bun|ruby|perl|php|Rscript|julia|uv|ipython)(\.exe)?$`)

// interpreter reports whether a program runs programs.
func interpreter(v *checks.Value) bool {
	if v.Is("sys.executable") {
		return true
	}
	name, ok := v.Text()
	return ok && interpreterName.MatchString(path.Base(strings.ReplaceAll(name, `\`, "/")))
}

// isPython reports whether a program runs programs in Python.
func isPython(v *checks.Value) bool {
	name, _ := v.Text()
	return v.Is("sys.executable") || strings.HasPrefix(path.Base(strings.ReplaceAll(name, `\`, "/")), "python")
}

// optionProgram finds the program that an interpreter gets as an option's argument.
func optionProgram(way *checks.Path, items []checks.Item) *program {
	bad := checks.ModelText(models.Shell)
	if len(items) == 0 {
		return nil
	}
	first, _ := items[0].Value.Text()
	container := path.Base(first) == "docker" || path.Base(first) == "podman"
	if container && !mountsHost(items) || !container && !interpreter(items[0].Value) {
		return nil
	}
	for i := 1; i+1 < len(items); i++ {
		switch option, _ := items[i].Value.Text(); option {
		case "-c", "-e", "--eval", "-r", "eval":
			if isPython(items[0].Value) && way.Mark.Clean.Has(models.Exec) {
				return nil // a literal that repr() wrote is no program
			}
			if bad(items[i+1].Value) {
				return &program{text: &items[i+1], mounts: container}
			}
		}
	}
	return nil
}

// readsInput reports whether an interpreter reads its program from its input.
func readsInput(items []checks.Item) bool {
	if len(items) == 0 || !interpreter(items[0].Value) {
		return false
	}
	for _, it := range items[1:] {
		word, ok := it.Value.Text()
		if !ok || word != "-" && !strings.HasPrefix(word, "-") {
			return false // a script that gets the text as data
		}
		if word == "-c" || word == "-m" || word == "-e" {
			return false
		}
	}
	return true
}

// mountsHost reports whether a `docker run` gives the container a directory of the host that
// matters.
func mountsHost(items []checks.Item) bool { return len(hostMounts(items)) > 0 }

// hostMounts lists the words of a `docker run` by which it does.
func hostMounts(items []checks.Item) []checks.Item {
	var out []checks.Item
	for i, it := range items {
		word := it.Value.Prefix()
		switch {
		case word == "-v" || word == "--volume" || word == "--mount":
			if i+1 < len(items) && hostPlace(items[i+1].Value) {
				out = append(out, it, items[i+1])
			}
		case strings.HasPrefix(word, "-v=") || strings.HasPrefix(word, "--volume=") || strings.HasPrefix(word, "--mount="):
			if hostPlace(it.Value) {
				out = append(out, it)
			}
		}
	}
	return out
}

// hostMounted is mountsHost for the Docker SDK.
func hostMounted(c *checks.Call) bool {
	volumes := c.Arg(-1, "volumes")
	if volumes == nil {
		return false
	}
	if entries, _, ok := c.Entries(volumes.Value); ok {
		for _, e := range entries {
			if e.Key != nil && hostPlace(e.Key) || e.Key == nil && hostText(e.Name) {
				return true
			}
		}
	}
	if keys := c.OtherKeys(volumes.Value); keys != nil {
		for _, key := range keys.Alternatives() {
			if hostPlace(key) {
				return true
			}
		}
	}
	if items, _, ok := c.Items(volumes.Value); ok {
		for _, it := range items {
			if hostPlace(it.Value) {
				return true
			}
		}
	}
	return volumes.Node != nil && callsCwd(volumes.Node)
}

// callsCwd reports whether an expression asks for the working or the home directory.
func callsCwd(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		name := ""
		switch n := n.(type) {
		case *ast.Attribute:
			name = n.Attr.Id
		case *ast.Name:
			name = n.Id
		}
		switch name {
		case "getcwd", "cwd", "home", "expanduser":
			found = true
		}
		return !found
	})
	return found
}

// hostPlace reports whether what is mounted is the root, the home or the working directory, or
// the socket of Docker.
func hostPlace(v *checks.Value) bool {
	if v.Is("os.getcwd()", "pathlib.Path.cwd()", "pathlib.Path.home()") {
		return true
	}
	if text, ok := v.Text(); ok {
		return hostText(text)
	}
	for _, part := range v.Parts() {
		if part.Value != nil && hostPlace(part.Value) {
			return true
		}
		if part.Node != nil {
			if e, ok := part.Node.(ast.Expr); ok && callsCwd(e) {
				return true
			}
		}
	}
	return false
}

func hostText(text string) bool {
	_, text, found := strings.Cut("source="+text, "source=")
	if i := strings.LastIndex(text, "source="); found && i >= 0 {
		text = text[i+len("source="):]
	}
	from, _, _ := strings.Cut(text, ":")
	from, _, _ = strings.Cut(from, ",")
	switch strings.TrimSuffix(from, "/") {
	case "", ".", "~", "$HOME", "$PWD", "/home", "/root", "/etc", "/var/run/docker.sock":
		return true
	}
	return false
}

// inContainer runs the program in a container without files and network.
func inContainer(p *checks.Pass, way *checks.Path, run *program) *fix.Fix {
	const message = "run the program in a container without files and network"
	c := way.Call
	if run.mounts {
		return withoutMounts(p, way)
	}
	if c.Partial || !p.Holds(c.Node) || len(c.Node.Args) == 0 {
		return nil
	}
	if c.Symbol.Is("runpy.run_path") {
		spelling, imports := fix.Reach(p.File, "subprocess.run", "import subprocess", fix.InOrder)
		return checks.Fix(true, message, checks.Replace(p, c.Node,
			spelling+"("+sandboxRun+", input=open("+p.File.Text(c.Node.Args[0])+").read(), text=True, timeout=30, check=True)"), imports)
	}
	argv := c.Node.Args[0]
	items := argvOf(way)
	if len(items) == 0 {
		return nil
	}
	box := containerFor(items[0].Value)
	if run.input {
		if c.Symbol.Is("asyncio.create_subprocess_exec") && len(c.Node.Args) == len(items) {
			start, end := p.File.Parens(argv).Start, p.File.Parens(c.Node.Args[len(items)-1]).End
			return checks.Fix(true, message, []fix.Edit{{Start: int(start), End: int(end), New: box.words(true)}})
		}
		if !c.Symbol.Is("subprocess.run", "subprocess.check_output", "subprocess.Popen") {
			return nil
		}
		return checks.Fix(true, message, checks.Replace(p, argv, "["+box.words(true)+"]"))
	}
	if run.text == nil {
		return nil
	}
	e, ok := run.text.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	text := p.File.Text(e)
	if run.file {
		text = "open(" + text + ").read()"
	}
	given := c.Node.Args
	list, listed := argv.(*ast.List)
	if listed {
		given = list.Elts
	}
	rest := "" // the arguments of the program
	if i := slices.Index(given, e); i >= 0 && i+1 < len(given) && len(given) == len(items) {
		rest = ", " + string(p.Source.Text[p.File.Parens(given[i+1]).Start:p.File.Parens(given[len(given)-1]).End])
	}
	switch {
	case c.Symbol.Is("asyncio.create_subprocess_exec"):
		if len(given) != len(items) {
			return nil
		}
		start, end := p.File.Parens(argv).Start, p.File.Parens(given[len(given)-1]).End
		return checks.Fix(true, message, []fix.Edit{{Start: int(start), End: int(end), New: box.words(false) + ", " + text + rest}})
	case len(c.Node.Args) > 1 || fix.KeywordOf(c.Node, "input") != nil || !c.Symbol.Is("subprocess.run", "subprocess.check_output"):
		// What takes no input is given the program as a word of the command.
		if listed && c.Symbol.Under("subprocess") {
			return checks.Fix(true, message, checks.Replace(p, list, "["+box.words(false)+", "+text+rest+"]"))
		}
		return nil
	}
	if fix.KeywordOf(c.Node, "text") == nil && fix.KeywordOf(c.Node, "encoding") == nil && fix.KeywordOf(c.Node, "universal_newlines") == nil {
		text += ", text=True"
	}
	end := int(p.File.Parens(argv).End)
	return checks.Fix(true, message, checks.Replace(p, argv, "["+box.words(true)+rest+"]"), []fix.Edit{{Start: end, End: end, New: ", input=" + text}})
}

// withoutMounts takes the directories of the host away from a container.
func withoutMounts(p *checks.Pass, way *checks.Path) *fix.Fix {
	const message = "give the container no directory of the host"
	c := way.Call
	if volumes := c.Arg(-1, "volumes"); volumes != nil && c.Symbol.Under("docker") {
		if entries, _, ok := c.Entries(volumes.Value); ok {
			var host []checks.Entry
			for _, e := range entries {
				if e.Key != nil && hostPlace(e.Key) || e.Key == nil && hostText(e.Name) {
					host = append(host, e)
				}
			}
			if d, ok := volumes.Node.(*ast.Dict); ok && len(host) == 1 && len(entries) > 1 && p.Holds(d) && host[0].Node != nil {
				return checks.Fix(true, message, fix.RemoveElement(p.File, d, host[0].Node))
			}
		}
		if volumes.Keyword == nil && !volumes.Unpacked {
			return nil
		}
		return checks.Fix(true, message, checks.RemoveArg(p, c, volumes))
	}
	var gone []ast.Node
	var list *ast.List
	for _, it := range hostMounts(argvOf(way)) {
		if it.Node == nil || !p.Holds(it.Node) {
			return nil
		}
		around := p.Around(it.Node)
		for i := len(around) - 1; i >= 0; i-- {
			l, ok := around[i].(*ast.List)
			if !ok {
				continue
			}
			if list != nil && list != l {
				return nil
			}
			list = l
			break
		}
		gone = append(gone, it.Node)
	}
	if list == nil {
		return nil
	}
	return checks.Fix(true, message, fix.RemoveElements(p.File, list, gone...))
}

// container is how programs of a language are run in a container: the image, what reads a program from the input,
// and what takes it as an argument.
type container struct{ image, input, argument string }

// words are the words of a command that runs a program in a container, from its input or from the word that follows.
func (b container) words(input bool) string {
	if input {
		return `"docker", "run", "--rm", "--network=none", "--read-only", "-i", "` + b.image + `", ` + b.input
	}
	return `"docker", "run", "--rm", "--network=none", "--read-only", "` + b.image + `", ` + b.argument
}

// containers are the containers for the interpreters other than Python's.
var containers = map[string]container{
	"node":    {"node:24-slim", `"node", "-"`, `"node", "-e"`},
	"nodejs":  {"node:24-slim", `"node", "-"`, `"node", "-e"`},
	"deno":    {"denoland/deno:2.1.4", `"deno", "run", "-"`, `"deno", "eval"`},
	"bun":     {"oven/bun:1", `"bun", "run", "-"`, `"bun", "-e"`},
	"ruby":    {"ruby:3-slim", `"ruby", "-"`, `"ruby", "-e"`},
	"perl":    {"perl:5-slim", `"perl", "-"`, `"perl", "-e"`},
	"php":     {"php:8-cli", `"php"`, `"php", "-r"`},
	"Rscript": {"rocker/r-ver:4", `"Rscript", "-"`, `"Rscript", "-e"`},
	"julia":   {"julia:1", `"julia", "-"`, `"julia", "-e"`},
}

// containerFor is the container for programs that an interpreter runs.
func containerFor(interpreter *checks.Value) container {
	name, _ := interpreter.Text()
	if b, ok := containers[strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), ".exe")]; ok {
		return b
	}
	return container{"python:3.12-slim", `"python", "-"`, `"python", "-c"`}
}
