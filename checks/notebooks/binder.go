package notebooks

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// movingScript is PML4114.
var movingScript = &checks.Rule{
	Spec:     infoPML4114,
	Mentions: []string{"curl", "wget"},
	OnManifest: func(p *checks.ManifestPass) {
		folder, base := path.Split(p.Path)
		binder := slices.Contains([]string{"binder", ".binder"}, path.Base(folder))
		text := p.Source.Text
		switch {
		case base == "postBuild" || base == "start" && (binder || folder == ""):
			reportScripts(p, string(text), 0)
		case p.Kind == manifest.Dockerfile && binder:
			for _, in := range p.Instructions() {
				if in.Name == "RUN" {
					reportScripts(p, runText(string(text[in.Span.Start:in.Span.End])), int(in.Span.Start))
				}
			}
		}
	},
}

// runText is the shell's text of a RUN instruction, its name, options and the comments between its
// lines blanked; "" in the exec form.
func runText(text string) string {
	out := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	at := len("RUN")
	for {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\\\r\n"))
		if !strings.HasPrefix(text[at:], "--") {
			break
		}
		if n := strings.IndexAny(text[at:], " \t\n"); n > 0 {
			at += n
		} else {
			return ""
		}
	}
	if strings.HasPrefix(text[at:], "[") {
		return ""
	}
	blank(0, at)
	start := 0
	for line := range strings.Lines(text) {
		if start > at && strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			end := start + len(strings.TrimRight(line, "\r\n"))
			blank(start, end)
			if end > start {
				out[end-1] = '\\'
			}
		}
		start += len(line)
	}
	return string(out)
}

// reportScripts reports the commands of a shell's text that run what they download from an address
// that names no version.
func reportScripts(p *checks.ManifestPass, text string, start int) {
	list := shell.Parse(text)
	for i, c := range list {
		address := scriptAddress(c)
		if address == nil {
			continue
		}
		r := checks.Report{Node: checks.Place(ast.Span{Start: ast.Pos(start + c.Start), End: ast.Pos(start + c.End)})}
		if runner := runnerOf(list, c); runner != nil {
			if runner.Whole == c.Whole || c.Within == runner {
				whole := runner.Whole
				r.Fix = scriptFix(start+whole[0], start+whole[1], "curl -fsSL -o /tmp/script "+text[address.Start:address.End]+verified("/tmp/script")+" && "+runsFile(text, runner, "/tmp/script"))
			}
		} else if file := downloadedTo(c, address); file == "" || !runLater(list[i+1:], file) {
			continue
		} else {
			r.Fix = scriptFix(start+c.End, start+c.End, verified(file))
		}
		p.Report(r)
	}
}

func scriptFix(from, to int, text string) *fix.Fix {
	return checks.Fix(true, "run only the script whose digest is given", []fix.Edit{{Start: from, End: to, New: text}})
}

// verified is a command that compares the digest of a file, joined to the one before.
func verified(file string) string {
	return ` && echo "${SCRIPT_SHA256:?}  ` + file + `" | sha256sum -c -`
}

// scriptAddress is the word of a command that downloads from an address without a version; nil for
// others.
func scriptAddress(c *shell.Command) *shell.Word {
	name, args := c.Program()
	if name != "curl" && name != "wget" {
		return nil
	}
	for i := range args {
		if w := &args[i]; strings.Contains(w.Text, "://") && (i == 0 || !takesValue(name, args[i-1].Text)) {
			if namesVersion(w.Text) {
				return nil
			}
			return w
		}
	}
	return nil
}

// namesVersion reports whether the path of an address holds a commit or a version.
func namesVersion(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	_, rest, _ = strings.Cut(rest, "/")
	rest, _, _ = strings.Cut(rest, "?")
	for segment := range strings.SplitSeq(strings.ToUpper(rest), "/") {
		if strings.Contains(segment, "$") && slices.ContainsFunc([]string{"VERSION", "COMMIT", "SHA", "TAG", "REF", "RELEASE"}, func(w string) bool { return strings.Contains(segment, w) }) {
			return true
		}
	}
	for _, segment := range strings.FieldsFunc(rest, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '@' }) {
		if isCommit(segment) {
			return true
		}
		for i := 1; i+1 < len(segment); i++ {
			if segment[i] == '.' && isDigit(segment[i-1]) && isDigit(segment[i+1]) {
				return true
			}
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// interpreters run the program that they read.
var interpreters = []string{"sh", "bash", "zsh", "dash", "ksh", "python", "python3", "perl", "node", "ruby"}

// runnerOf is the command that runs the output of another one: an interpreter behind a pipe, or one in
// whose words it stands.
func runnerOf(list []*shell.Command, c *shell.Command) *shell.Command {
	if w := c.Within; w != nil {
		name, args := w.Program()
		if name == "eval" || name == "source" || name == "." || slices.Contains(interpreters, name) && len(args) > 0 {
			return w
		}
		return nil
	}
	from := c
	for _, next := range list {
		if next.Input != from {
			continue
		}
		name, args := next.Program()
		if slices.Contains(interpreters, name) && readsInput(args) {
			return next
		}
		from = next // tee, gunzip and the like hand the text on
	}
	return nil
}

// readsInput reports whether an interpreter with these arguments reads its program from its standard
// input.
func readsInput(args []shell.Word) bool {
	for _, w := range args {
		switch {
		case w.Text == "-" || w.Text == "-s" || w.Text == "--":
			return true
		case w.Text == "-c" || w.Text == "-m" || w.Text == "-e" || !strings.HasPrefix(w.Text, "-"):
			return false
		}
	}
	return true
}

// runsFile is the text of an interpreter's command that runs a file in place of what it read.
func runsFile(text string, c *shell.Command, file string) string {
	name, args := c.Program()
	var out []string
	for _, w := range c.Words[:len(c.Words)-len(args)] {
		out = append(out, text[w.Start:w.End])
	}
	if name == "eval" {
		out[len(out)-1] = "."
	}
	var after []string
	options := true
	for _, w := range args {
		spelled := text[w.Start:w.End]
		switch {
		case w.Text == "-" || w.Text == "-s" || w.Text == "--" || w.Text == "-c" || strings.Contains(spelled, "$(") || strings.Contains(spelled, "<(") || strings.Contains(spelled, "`"):
			options = false
		case options && strings.HasPrefix(w.Text, "-"):
			out = append(out, spelled)
		default:
			options = false
			after = append(after, spelled)
		}
	}
	return strings.Join(append(append(out, file), after...), " ")
}

// downloadedTo is the file that a download is written to, "" where it is none.
func downloadedTo(c *shell.Command, address *shell.Word) string {
	name, args := c.Program()
	base := func() string {
		url, _, _ := strings.Cut(address.Text, "?")
		return path.Base(url)
	}
	for i, w := range args {
		if i+1 < len(args) && (name == "curl" && (w.Text == "-o" || w.Text == "--output" || shortCluster(w.Text, 'o')) || name == "wget" && (w.Text == "-O" || w.Text == "--output-document" || shortCluster(w.Text, 'O'))) {
			return args[i+1].Text
		}
		if file, ok := strings.CutPrefix(w.Text, "--output-document="); ok {
			return file
		}
		if name == "curl" && (w.Text == "--remote-name" || shortCluster(w.Text, 'O')) {
			return base()
		}
	}
	if c.Output != nil {
		return c.Output.Text
	}
	if name == "wget" {
		return base()
	}
	return ""
}

// shortCluster reports whether a word is short options that end in one.
func shortCluster(word string, last byte) bool {
	return len(word) > 1 && word[0] == '-' && word[1] != '-' && word[len(word)-1] == last
}

// runLater reports whether one of the commands runs a file, before which none verifies a digest or
// signature.
func runLater(list []*shell.Command, file string) bool {
	same := func(t string) bool { return path.Clean(t) == path.Clean(file) }
	for _, c := range list {
		if verifiesDigest(c) {
			return false
		}
		name, args := c.Program()
		if slices.Contains(interpreters, name) || name == "source" || name == "." {
			for _, w := range args {
				if !strings.HasPrefix(w.Text, "-") {
					if same(w.Text) {
						return true
					}
					break
				}
			}
			continue
		}
		for _, w := range c.Words {
			if path.Base(w.Text) == name {
				if strings.Contains(w.Text, "/") && same(w.Text) {
					return true
				}
				break
			}
		}
	}
	return false
}
