package shell

import (
	"path"
	"slices"
	"strings"
)

// This file tells what commands do with programs that they download.

// CurlValues are curl's short options that a value follows.
const CurlValues = "AbcCdDeEFhHKmoPQrtTuUwxXyYzE"

// TakesValue reports whether a value follows an option of curl, wget or aria2c, which is no address.
func TakesValue(program, option string) bool {
	if !strings.HasPrefix(option, "-") || strings.HasPrefix(option, "--") {
		return slices.Contains([]string{"--output", "--output-document", "--header", "--user", "--data", "--directory-prefix", "--user-agent", "--referer", "--cookie", "--dir", "--out", "--request", "--proto", "--retry", "--retry-delay", "--max-time", "--connect-timeout", "--proxy", "--cacert", "--tries", "--timeout"}, option)
	}
	last := option[len(option)-1]
	switch program {
	case "curl":
		return strings.IndexByte(CurlValues, last) >= 0
	case "wget":
		return strings.IndexByte("OPoaUetTwQAR", last) >= 0
	case "aria2c":
		return strings.IndexByte("odxsjk", last) >= 0
	}
	return false
}

// Downloads is the word of a command of curl or wget that is the address of what it downloads; nil
// for others. An address may lack its scheme.
func Downloads(c *Command) *Word {
	name, args := c.Program()
	if name != "curl" && name != "wget" {
		return nil
	}
	var bare *Word
	for i := range args {
		w := &args[i]
		if i > 0 && TakesValue(name, args[i-1].Text) {
			continue
		}
		if address, ok := strings.CutPrefix(w.Text, "--url="); ok && address != "" {
			return w
		}
		switch {
		case strings.HasPrefix(w.Text, "-"):
		case strings.Contains(w.Text, "://"):
			return w
		case bare == nil:
			bare = w
		}
	}
	return bare
}

// Expanded is the text of a word of a command with the variables in it, $NAME and ${NAME}, that commands of
// their own before it set to constants. Others stay as they are written.
func Expanded(list []*Command, c *Command, w *Word) string {
	if w.Constant || !strings.Contains(w.Text, "$") {
		return w.Text
	}
	text := w.Text
	known := map[string]string{}
	for _, other := range list {
		if other.Start >= c.Start {
			break
		}
		for _, set := range other.Settings {
			if len(other.Words) == 0 && set.Value.Constant {
				known[set.Name] = set.Value.Text
			} else {
				delete(known, set.Name)
			}
		}
	}
	for name, value := range known {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
		if i := strings.Index(text, "$"+name); i >= 0 {
			if end := i + 1 + len(name); end == len(text) || text[end] != '_' && !isDigit(text[end]) && !('a' <= text[end]|0x20 && text[end]|0x20 <= 'z') {
				text = text[:i] + value + text[end:]
			}
		}
	}
	return text
}

// NamesVersion reports whether the path of an address holds a commit or a version, or a variable whose
// name says that it is one.
func NamesVersion(address string) bool {
	rest := pathOf(address)
	for segment := range strings.SplitSeq(strings.ToUpper(rest), "/") {
		if strings.Contains(segment, "$") && slices.ContainsFunc([]string{"VERSION", "COMMIT", "SHA", "TAG", "REF", "RELEASE"}, func(w string) bool { return strings.Contains(segment, w) }) {
			return true
		}
	}
	for _, segment := range strings.FieldsFunc(rest, betweenParts) {
		for i := 1; i+1 < len(segment); i++ {
			if segment[i] == '.' && isDigit(segment[i-1]) && isDigit(segment[i+1]) {
				return true
			}
		}
	}
	return NamesCommit(address)
}

// NamesCommit reports whether the path of an address holds a full commit hash.
func NamesCommit(address string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(pathOf(address), betweenParts), func(segment string) bool {
		return len(segment) == 40 && strings.Trim(segment, "0123456789abcdef") == ""
	})
}

func betweenParts(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '@' }

// pathOf is the path of an address, without its query.
func pathOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	_, rest, _ := strings.Cut(address, "/")
	rest, _, _ = strings.Cut(rest, "?")
	return rest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// interpreters run the program that they read.
var interpreters = []string{"sh", "bash", "zsh", "dash", "ash", "ksh", "python", "perl", "node", "ruby"}

// IsInterpreter reports whether a program of the name runs a program that it reads: bash, python3.12.
func IsInterpreter(name string) bool {
	return slices.Contains(interpreters, name) || strings.HasPrefix(name, "python") && strings.Trim(name[len("python"):], "0123456789.") == ""
}

// RunnerOf is the command that runs the output of another one: an interpreter behind a pipe, or one in
// whose words it stands; nil where there is none.
func RunnerOf(list []*Command, c *Command) *Command {
	if w := c.Within; w != nil {
		if runsWord(w, c) {
			return w
		}
		return nil
	}
	// Others, such as tee and gunzip, hand the text on.
	from := map[*Command]bool{c: true}
	for _, next := range list {
		if !from[next.Input] {
			continue
		}
		if VerifiesDigest(next) {
			return nil
		}
		name, args := next.Program()
		if IsInterpreter(name) && readsInput(args) {
			return next
		}
		from[next] = true
	}
	return nil
}

// runsWord reports whether a command runs as a program what one within its words writes.
func runsWord(runner, inner *Command) bool {
	name, args := runner.Program()
	evaluates := name == "eval" || name == "source" || name == "."
	if !evaluates && !IsInterpreter(name) {
		return false
	}
	if len(args) == 0 {
		return opens(runner.Here) // bash <<< "$(curl …)"
	}
	script := evaluates
	for _, w := range args {
		holds := w.Start <= inner.Start && inner.End <= w.End
		switch {
		case holds && strings.HasPrefix(w.Text, "<("):
			return true
		case holds:
			return script && opens(w.Text)
		case !strings.HasPrefix(w.Text, "-"):
			return false // what follows are arguments of a program
		case !strings.HasPrefix(w.Text, "--") && strings.HasSuffix(w.Text, "c"):
			script = true
		}
	}
	return opens(runner.Here)
}

// opens reports whether text begins with what a command writes.
func opens(text string) bool {
	text = strings.TrimLeft(text, " \t\n")
	return strings.HasPrefix(text, "$(") || strings.HasPrefix(text, "`")
}

// readsInput reports whether an interpreter with these arguments reads its program from its standard
// input.
func readsInput(args []Word) bool {
	for i := 0; i < len(args); i++ {
		w := args[i].Text
		switch {
		case w == "-" || w == "-s" || w == "--" || w == "/dev/stdin":
			return true
		case w == "-o" || w == "+o" || w == "-O" || w == "+O":
			i++
		case w == "-c" || w == "-m" || w == "-e" && i+1 < len(args) && strings.Contains(args[i+1].Text, " ") || !strings.HasPrefix(w, "-"):
			return false
		case !strings.HasPrefix(w, "--") && strings.HasSuffix(w, "c"):
			return false
		}
	}
	return true
}

// RunsFile is the text of an interpreter's command that runs a file in place of what it read.
func RunsFile(text string, c *Command, file string) string {
	name, args := c.Program()
	var out []string
	for _, s := range c.Settings {
		out = append(out, text[s.Start:s.End])
	}
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
		case w.Text == "-" || w.Text == "-s" || w.Text == "--" || w.Text == "-c" || w.Text == "/dev/stdin" || strings.Contains(spelled, "$(") || strings.Contains(spelled, "<(") || strings.Contains(spelled, "`"):
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

// DownloadedTo is the file that a download is written to, "" where it is none. address is the word that
// Downloads gives.
func DownloadedTo(c *Command, address *Word) string {
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

// RunLater reports whether one of the commands runs a file, before which none verifies a digest or
// signature.
func RunLater(list []*Command, file string) bool {
	same := func(t string) bool { return path.Clean(t) == path.Clean(file) }
	for _, c := range list {
		if VerifiesDigest(c) {
			return false
		}
		name, args := c.Program()
		if IsInterpreter(name) || name == "source" || name == "." {
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

// VerifiesDigest reports whether a command compares digests, or verifies signatures, of files.
func VerifiesDigest(c *Command) bool {
	name, args := c.Program()
	has := func(options ...string) bool {
		return slices.ContainsFunc(args, func(w Word) bool {
			return slices.Contains(options, w.Text) || len(w.Text) > 1 && w.Text[0] == '-' && w.Text[1] != '-' && strings.Contains(w.Text, "c") && slices.Contains(options, "-c")
		})
	}
	switch name {
	case "sha256sum", "sha512sum", "sha1sum", "sha224sum", "sha384sum", "md5sum", "shasum", "b2sum", "gsha256sum":
		return has("-c", "--check")
	case "gpg", "gpg2":
		return has("--verify")
	case "gpgv":
		return true
	case "cosign":
		return has("verify", "verify-blob")
	case "minisign":
		return slices.ContainsFunc(args, func(w Word) bool { return strings.HasPrefix(w.Text, "-V") })
	}
	return false
}
