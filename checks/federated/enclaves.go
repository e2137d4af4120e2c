package federated

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// debugEnclave is PML5309.
var debugEnclave = &checks.Rule{
	Spec:     infoPML5309,
	On:       []string{"os.{system,popen}", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}", "asyncio.{create_subprocess_shell,create_subprocess_exec}"},
	OnCall:   debugCommand,
	Mentions: []string{"sgx", "debuggable", "nitro-cli"},
	OnManifest: func(p *checks.ManifestPass) {
		if forDevelopment(p.Path) {
			return
		}
		switch p.Kind {
		case manifest.Enclave:
			gramineDebug(p)
		case manifest.JSON:
			for _, tree := range p.Trees() {
				occlumDebug(p, tree)
			}
		case manifest.Shell:
			debugScript(p, string(p.Source.Text), 0)
		case manifest.Dockerfile:
			dockerDebug(p)
		case manifest.Compose, manifest.YAML, manifest.Workflow:
			for _, tree := range p.Trees() {
				treeDebug(p, tree, 0)
			}
		}
	},
}

const noDebugging = "run the enclave without debugging"

// forDevelopment reports whether a file is by its folders or its name one for tests, examples or development.
func forDevelopment(path string) bool {
	parts := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return r == '/' || r == '\\' })
	for i, part := range parts {
		if i < len(parts)-1 {
			switch part {
			case "test", "tests", "example", "examples", "dev", "debug":
				return true
			}
			continue
		}
		words := strings.FieldsFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })
		return strings.Contains(part, "debug") || slices.Contains(words, "dev") || slices.Contains(words, "test")
	}
	return false
}

// gramineDebug reads a manifest of Gramine line by line: as a template it is no TOML.
func gramineDebug(p *checks.ManifestPass) {
	table, at := "", 0
	for line := range bytes.Lines(p.Source.Text) {
		start := at
		at += len(line)
		text, _, _ := strings.Cut(string(line), "#")
		if name, ok := strings.CutPrefix(strings.TrimSpace(text), "["); ok && !strings.Contains(text, "=") {
			table = strings.Trim(name, "[] \t") + "."
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok || table+strings.ReplaceAll(strings.TrimSpace(key), " ", "") != "sgx.debug" || strings.TrimSpace(value) != "true" {
			continue
		}
		from := ast.Pos(start + strings.LastIndex(text, "true"))
		reportValue(p, ast.Span{Start: from, End: from + 4})
	}
}

// occlumDebug reports an Occlum.json that lets the enclave be debugged.
func occlumDebug(p *checks.ManifestPass, tree *checks.Tree) {
	if v := tree.Get("metadata", "debuggable"); v != nil && v.Text() == "true" && !v.Quoted() && strings.EqualFold(base(p.Path), "occlum.json") {
		reportValue(p, v.Span())
	}
}

func base(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

func reportValue(p *checks.ManifestPass, value ast.Span) {
	p.Report(checks.Report{Node: checks.Place(value), Fix: checks.Fix(true, "build the enclave without debugging", checks.TextEdits(ast.Edit{Span: value, New: "false"}))})
}

// debugs reports whether a word of `nitro-cli run-enclave` starts the enclave in debug mode.
func debugs(word string) bool { return word == "--debug-mode" || word == "--attach-console" }

// debugScript reports the commands of a script that start an enclave in debug mode.
func debugScript(p *checks.ManifestPass, text string, from int) {
	for _, c := range shell.Parse(text) {
		name, args := c.Program()
		if base(name) != "nitro-cli" || len(args) == 0 || args[0].Text != "run-enclave" || underDebug(text, c.Start) {
			continue
		}
		var first *ast.Span
		var edits []ast.Edit
		for _, w := range args[1:] {
			if !w.Constant || !debugs(w.Text) {
				continue
			}
			span := ast.Span{Start: ast.Pos(from + w.Start), End: ast.Pos(from + w.End)}
			if first == nil {
				first = &span
			}
			edits = append(edits, ast.Edit{Span: withBlanks(p.Source.Text, span)})
		}
		if first != nil {
			p.Report(checks.Report{Node: checks.Place(*first), Fix: checks.Fix(true, noDebugging, checks.TextEdits(edits...))})
		}
	}
}

// withBlanks is the place of a word with what separates it from the word before: blanks, and the end of a line that a
// backslash continues.
func withBlanks(text []byte, s ast.Span) ast.Span {
	blanks := func() {
		for s.Start > 0 && (text[s.Start-1] == ' ' || text[s.Start-1] == '\t') {
			s.Start--
		}
	}
	blanks()
	if bytes.HasSuffix(text[:s.Start], []byte("\\\n")) {
		s.Start -= 2
		blanks()
	}
	return s
}

// underDebug reports whether a place in a script stands under a condition that speaks of debugging.
func underDebug(text string, at int) bool {
	var open []bool
	for line := range strings.Lines(text[:at]) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		speaks := strings.Contains(strings.ToLower(line), "debug")
		switch words[0] {
		case "if", "case":
			open = append(open, speaks)
		case "elif":
			if len(open) > 0 {
				open[len(open)-1] = speaks
			}
		case "fi", "esac":
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	line := strings.ToLower(text[strings.LastIndexByte(text[:at], '\n')+1 : at])
	return slices.Contains(open, true) || strings.Contains(line, "debug") && strings.Contains(line, "&&")
}

// dockerDebug reports the instructions of a Dockerfile that start an enclave in debug mode.
func dockerDebug(p *checks.ManifestPass) {
	list := p.Instructions()
	for i := range list {
		in := &list[i]
		scripts := p.Scripts(in)
		for _, s := range scripts {
			debugScript(p, s.Text, s.Start)
		}
		if len(scripts) > 0 || in.Name != "CMD" && in.Name != "ENTRYPOINT" && in.Name != "RUN" {
			continue
		}
		var words []word
		for _, w := range in.Words {
			words = append(words, word{w.Text, w.Span})
		}
		debugList(p, words, false)
	}
}

// word is a word of a command that a list gives.
type word struct {
	text string
	at   ast.Span
}

// treeDebug reports the commands in YAML that start an enclave in debug mode.
func treeDebug(p *checks.ManifestPass, tree *checks.Tree, depth int) {
	const deepest = 20
	if tree == nil || depth > deepest {
		return
	}
	for _, f := range tree.Fields() {
		treeDebug(p, f.Value, depth+1)
	}
	var words []word
	for _, item := range tree.Items() {
		words = append(words, word{item.Text(), item.Span()})
		if item.Text() == "" || strings.ContainsAny(item.Text(), " \n") {
			treeDebug(p, item, depth+1)
		}
	}
	debugList(p, words, true)
	if text := tree.Text(); tree.Verbatim() && strings.Contains(text, "nitro-cli") {
		debugScript(p, text, int(tree.Span().Start))
	}
}

// debugList reports a command that a list gives word by word.
func debugList(p *checks.ManifestPass, words []word, lines bool) {
	i := slices.IndexFunc(words, func(w word) bool { return base(w.text) == "nitro-cli" })
	if i < 0 || i+1 >= len(words) || words[i+1].text != "run-enclave" {
		return
	}
	var first *ast.Span
	var edits []ast.Edit
	whole := true
	for _, w := range words[i+2:] {
		if !debugs(w.text) {
			continue
		}
		if first == nil {
			first = &w.at
		}
		cut, ok := withoutWord(p.Source.Text, w.at, lines)
		edits, whole = append(edits, ast.Edit{Span: cut}), whole && ok
	}
	if first == nil {
		return
	}
	r := checks.Report{Node: checks.Place(*first)}
	if whole {
		r.Fix = checks.Fix(true, noDebugging, checks.TextEdits(edits...))
	}
	p.Report(r)
}

// withoutWord is what to delete so that a list goes without a word: the line of a list of YAML, or the word with the
// comma before it.
func withoutWord(text []byte, s ast.Span, lines bool) (cut ast.Span, ok bool) {
	if s.Start > 0 && int(s.End) < len(text) && (text[s.Start-1] == '"' || text[s.Start-1] == '\'') && text[s.End] == text[s.Start-1] {
		s.Start--
		s.End++
	}
	before := bytes.TrimRight(text[:s.Start], " \t\r\n")
	if bytes.HasSuffix(before, []byte(",")) {
		return ast.Span{Start: ast.Pos(len(before) - 1), End: s.End}, true
	}
	start, end := bytes.LastIndexByte(text[:s.Start], '\n')+1, bytes.IndexByte(text[s.End:], '\n')
	if !lines || end < 0 || string(bytes.TrimSpace(text[start:s.Start])) != "-" || len(bytes.TrimSpace(text[s.End:int(s.End)+end])) > 0 {
		return s, false
	}
	return ast.Span{Start: ast.Pos(start), End: s.End + ast.Pos(end) + 1}, true
}

// debugCommand reports a call that starts an enclave in debug mode.
func debugCommand(p *checks.Pass, c *checks.Call) {
	if forDevelopment(p.Path) || debugging(p, c.Node) {
		return
	}
	for _, cmd := range c.Commands() {
		name, args := cmd.Program()
		if base(name) != "nitro-cli" || len(args) == 0 || args[0].Text != "run-enclave" {
			continue
		}
		for _, w := range args[1:] {
			if !w.Known || !debugs(w.Text) {
				continue
			}
			if e, ok := w.Node.(ast.Expr); ok {
				if m := p.Holder(e); m != nil && !debugging(p.There(m), e) {
					p.Report(checks.Report{Node: e, In: m, Fix: checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix { return withoutFlags(there, e) })})
					return
				}
				continue
			}
			r := checks.Report{Node: c.Node}
			if a := checks.CommandArgument(c); a != nil && a.Node != nil && !a.Unpacked {
				e := a.Node
				_, built := e.(*ast.JoinedStr) // of which a literal is only the first piece
				if lit, mod := a.Value.Literal(); !built && lit != nil && mod != nil {
					if m := p.Project.Module(mod); m != nil {
						if whole, ok := lit.(ast.Expr); ok {
							e, r.In = whole, m
						}
					}
				}
				if e != nil {
					r.Node = e
					r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
						var edits [][]fix.Edit
						flags := "" // those that follow each other
						for i, w := range args[1:] {
							if !w.Known || !debugs(w.Text) {
								continue
							}
							flags += " " + w.Text
							if next := i + 2; next < len(args) && args[next].Known && debugs(args[next].Text) {
								continue
							}
							cut := fix.ReplaceInString(there.File, e, flags, "")
							if len(cut) == 0 {
								return nil
							}
							edits, flags = append(edits, cut), ""
						}
						return checks.Fix(true, noDebugging, edits...)
					})
				}
			}
			p.Report(r)
			return
		}
	}
}

// debugging reports whether a node stands under a condition that speaks of debugging.
func debugging(p *checks.Pass, n ast.Node) bool {
	speaks := func(test ast.Expr) bool {
		text := strings.ReplaceAll(p.File.Text(test), "__debug__", "") // true of every interpreter without -O
		return strings.Contains(strings.ToLower(text), "debug")
	}
	return slices.ContainsFunc(p.Around(n), func(a ast.Node) bool {
		switch a := a.(type) {
		case *ast.If:
			return speaks(a.Test)
		case *ast.IfExp:
			return speaks(a.Test)
		}
		return false
	})
}

// withoutFlags takes the words that make an enclave one for debugging out of the list of a command.
func withoutFlags(p *checks.Pass, e ast.Expr) *fix.Fix {
	around := p.Around(e)
	if len(around) < 2 {
		return nil
	}
	list, ok := around[len(around)-2].(ast.Expr)
	if !ok {
		return nil
	}
	var gone []ast.Node
	for _, x := range checks.Elements(list) {
		if s, ok := x.(*ast.Str); ok && debugs(s.Value) {
			gone = append(gone, x)
		}
	}
	if len(gone) == 1 {
		return checks.Fix(true, noDebugging, fix.RemoveElement(p.File, list, e))
	}
	return checks.Fix(true, noDebugging, fix.RemoveElements(p.File, list, gone...))
}
