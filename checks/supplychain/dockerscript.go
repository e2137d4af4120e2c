package supplychain

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// pipedInstaller is PML6317.
var pipedInstaller = &checks.Rule{
	Spec:     infoPML6317,
	Mentions: []string{"curl", "wget"},
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Dockerfile || ofBinder(p.Path) {
			return
		}
		d := digestNames{text: string(p.Source.Text)}
		for i := range p.Instructions() {
			in := &p.Instructions()[i]
			if in.Name != "RUN" && in.Name != "ONBUILD" {
				continue
			}
			var pipes []pipedScript
			for _, s := range p.Scripts(in) {
				pipes = append(pipes, pipesOf(p, s, in.Span.Start)...)
			}
			if len(pipes) == 0 {
				pipes = pipesOfWords(p, in)
			}
			if len(pipes) > 0 {
				p.Report(checks.Report{Node: checks.Place(checks.FirstLine(p, in.Span)), Fix: verifiedInstall(in, pipes, &d)})
			}
		}
	},
}

// ofBinder reports whether a file lies in the folder from which Binder builds, whose scripts are
// another check's.
func ofBinder(name string) bool {
	folder := path.Base(path.Dir(name))
	return folder == "binder" || folder == ".binder"
}

// pipedScript is a download that an interpreter runs. Without replace there is no plain way to have
// it checked.
type pipedScript struct {
	from, to int
	replace  func(file, digest string) string
}

// within is the download in a script that stands between quotes; it has no plain way where these are none, or where
// the script within does not read as it is written. Between single quotes the digest is put in by the shell around
// them: `su -` keeps no variables.
func (s pipedScript) within(quote byte) pipedScript {
	replace := s.replace
	if replace == nil {
		return pipedScript{}
	}
	switch quote {
	case '"':
		s.replace = func(file, digest string) string { return strings.ReplaceAll(replace(file, digest), `"`, `\"`) }
	case '\'':
		s.replace = func(file, digest string) string {
			text := replace(file, digest)
			if strings.Contains(text, "'") {
				return ""
			}
			return strings.ReplaceAll(text, "${"+digest+"}", `'"${`+digest+`}"'`)
		}
	default:
		return pipedScript{}
	}
	return s
}

// pipesOf lists what a text downloads and runs at once, from addresses that do not name a version.
func pipesOf(p *checks.ManifestPass, s manifest.Script, before ast.Pos) []pipedScript {
	var out []pipedScript
	list := shell.Parse(s.Text)
	for _, c := range list {
		for _, w := range wordsWithin(c) {
			inner, quote, start := w.Text, byte(0), 0
			if w.End-w.Start == len(inner)+2 && s.Text[w.Start+1:w.End-1] == inner {
				quote, start = s.Text[w.Start], s.Start+w.Start+1
			}
			for _, pipe := range pipesOf(p, manifest.Script{Text: inner, Start: start}, before) {
				out = append(out, pipe.within(quote))
			}
		}
		address := shell.Downloads(c)
		if address == nil || pinned(p, list, c, address, before) {
			continue
		}
		runner := shell.RunnerOf(list, c)
		if runner == nil {
			continue
		}
		pipe := pipedScript{from: s.Start + runner.Whole[0], to: s.Start + runner.Whole[1]}
		if (runner.Whole == c.Whole || c.Within == runner) && plainPlace(s.Text[:runner.Whole[0]]) {
			name, _ := c.Program()
			url := s.Text[address.Start:address.End]
			fetch := "curl -fsSL -o "
			if name == "wget" {
				fetch = "wget -qO "
			}
			pipe.replace = func(file, digest string) string {
				return fetch + file + " " + url + ` && echo "${` + digest + "}  " + file + `" | sha256sum -c - && ` + shell.RunsFile(s.Text, runner, file)
			}
		}
		out = append(out, pipe)
	}
	return out
}

// plainPlace reports whether a command behind a text can become several that are joined by &&.
func plainPlace(before string) bool {
	before = strings.TrimRight(before, " \t\\\r\n")
	return !strings.HasSuffix(before, "||") && !strings.HasSuffix(before, "!") && !strings.HasSuffix(before, "|")
}

// scriptsWithin lists the shell texts that a command gives to a shell: `bash -lc '…'`, `su -c '…'`,
// `bash <<EOF`.
func scriptsWithin(c *shell.Command) []string {
	var out []string
	for _, w := range wordsWithin(c) {
		out = append(out, w.Text)
	}
	return out
}

// wordsWithin are scriptsWithin with their places; what `<<` gives has none.
func wordsWithin(c *shell.Command) []shell.Word {
	name, args := c.Program()
	if !slices.Contains([]string{"sh", "bash", "zsh", "dash", "ash", "su", "runuser"}, name) {
		return nil
	}
	for i, w := range args {
		if i+1 < len(args) && w.Text != "" && w.Text[0] == '-' && (!strings.HasPrefix(w.Text, "--") && strings.HasSuffix(w.Text, "c") || w.Text == "--command") {
			if script := args[i+1]; script.Constant || !strings.HasPrefix(strings.TrimSpace(script.Text), "$(") {
				return []shell.Word{script}
			}
		}
	}
	if c.Here != "" {
		return []shell.Word{{Text: c.Here}}
	}
	return nil
}

// pipesOfWords lists the downloads of the exec form: RUN ["bash", "-c", "curl … | sh"].
func pipesOfWords(p *checks.ManifestPass, in *checks.Instruction) []pipedScript {
	words := in.Words
	if in.Name == "ONBUILD" && len(words) > 0 && strings.EqualFold(words[0].Text, "RUN") {
		words = words[1:]
	}
	if text := string(p.Source.Text[in.Span.Start:in.Span.End]); !strings.Contains(text, "[") || len(words) < 3 || !shell.IsInterpreter(path.Base(words[0].Text)) || !strings.HasSuffix(words[1].Text, "c") {
		return nil
	}
	script, quote := manifest.Script{Text: words[2].Text}, byte(0)
	if at := words[2].Span; string(p.Source.Text[at.Start:at.End]) == script.Text && at.Start > 0 && p.Source.Text[at.Start-1] == '"' {
		script.Start, quote = int(at.Start), '"'
	}
	var out []pipedScript
	for _, pipe := range pipesOf(p, script, in.Span.Start) {
		out = append(out, pipe.within(quote))
	}
	return out
}

// pinned reports whether an address holds a commit or, over https, a version. Variables that the
// file sets before, or the text itself, count with their values; one whose value is not known and
// whose name says nothing may hold anything.
func pinned(p *checks.ManifestPass, list []*shell.Command, c *shell.Command, address *shell.Word, before ast.Pos) bool {
	values := map[string]string{}
	for _, s := range p.Settings() {
		if s.Span.Start < before || before == 0 {
			values[s.Name] = s.Value
		}
	}
	for _, o := range list {
		for _, s := range o.Settings {
			if o.Start <= c.Start && len(o.Words) == 0 {
				values[s.Name] = s.Value.Text
			}
		}
	}
	text := expand(address.Text, values)
	if text == "" || strings.HasPrefix(text, "-") {
		return true
	}
	if scheme, _, ok := strings.Cut(text, "://"); !ok && strings.Contains(text, "$") || ok && strings.Contains(scheme, "$") {
		return true
	}
	if strings.HasPrefix(text, "http:") {
		return shell.NamesCommit(text)
	}
	return shell.NamesVersion(text)
}

// expand puts the values of known variables in the place of $NAME, ${NAME} and ${NAME:-default}.
func expand(text string, values map[string]string) string {
	for range maxExpansions {
		next := expandOnce(text, values)
		if next == text || len(next) > maxExpanded {
			break
		}
		text = next
	}
	return text
}

// maxExpansions and maxExpanded bound what values of values make of a text.
const (
	maxExpansions = 4
	maxExpanded   = 4096
)

func expandOnce(text string, values map[string]string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, fallback, rest := variable(after)
		value, known := values[name]
		if !known || value == "" {
			value = fallback
		}
		if value == "" || strings.Contains(value, "$"+name) || strings.Contains(value, "${"+name) {
			value = "$" + after[:len(after)-len(rest)]
		}
		b.WriteString(value)
		text = rest
	}
}

// variable splits what follows a $ into the variable's name, its default, and the rest.
func variable(s string) (name, fallback, rest string) {
	if inner, braced := strings.CutPrefix(s, "{"); braced {
		inner, rest, _ = strings.Cut(inner, "}")
		name, fallback, _ = strings.Cut(inner, ":-")
		return name, fallback, rest
	}
	n := 0
	for n < len(s) && (s[n] == '_' || '0' <= s[n] && s[n] <= '9' || 'a' <= s[n] && s[n] <= 'z' || 'A' <= s[n] && s[n] <= 'Z') {
		n++
	}
	return s[:n], "", s[n:]
}

// digestNames makes names for the digests of a file's downloads that the file does not have yet.
type digestNames struct {
	text string
	n    int
}

// next is the next free pair of a variable for a digest and a file that has it.
func (d *digestNames) next() (variable, file string) {
	for {
		d.n++
		variable, file = "INSTALL_SHA256", "/tmp/install"
		if d.n > 1 {
			variable, file = "INSTALL"+strconv.Itoa(d.n)+"_SHA256", "/tmp/install"+strconv.Itoa(d.n)
		}
		if !strings.Contains(d.text, variable) {
			return variable, file
		}
	}
}

// verifiedInstall downloads to a file and compares its digest before it is run.
func verifiedInstall(in *checks.Instruction, pipes []pipedScript, d *digestNames) *fix.Fix {
	args := ""
	var edits []fix.Edit
	end := -1
	for _, s := range pipes {
		if s.replace == nil || s.from < end {
			return nil
		}
		end = s.to
		digest, file := d.next()
		if in.Name == "ONBUILD" {
			args += "ONBUILD "
		}
		args += "ARG " + digest + "\n"
		text := s.replace(file, digest)
		if text == "" {
			return nil
		}
		edits = append(edits, fix.Edit{Start: s.from, End: s.to, New: text})
	}
	at := int(in.Span.Start)
	edits = append([]fix.Edit{{Start: at, End: at, New: args}}, edits...)
	return checks.Fix(true, "run only the script whose digest is given", edits)
}
