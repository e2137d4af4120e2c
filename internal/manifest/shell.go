package manifest

import (
	"strings"
)

// splitWords splits a command line into words as a POSIX shell does: at white space, with quotes
// and backslashes removed, and without redirections (so that torch>=2.6 without quotes is torch, as
// for the shell). Nothing is expanded. A word whose bytes stand together in the text keeps its
// exact place.
func splitWords(t text) []text {
	s := t.value
	var words []text
	for i := 0; i < len(s); {
		switch {
		case isSpace(s[i]):
			i++
		case s[i] == '>' || s[i] == '<':
			i = redirectionEnd(t, i)
		default:
			var word text
			word, i = readWord(t, i)
			descriptor := i < len(s) && (s[i] == '>' || s[i] == '<') && digits(word.value) == len(word.value)
			if !descriptor {
				words = append(words, word)
			}
		}
	}
	return words
}

// redirectionEnd returns the index after the operator at i and the file it names.
func redirectionEnd(t text, i int) int {
	s := t.value
	for i < len(s) && (s[i] == '>' || s[i] == '<') {
		i++
	}
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	if i < len(s) && s[i] != '>' && s[i] != '<' {
		_, i = readWord(t, i)
	}
	return i
}

func readWord(t text, start int) (word text, end int) {
	s := t.value
	var b strings.Builder
	i := start
	for i < len(s) && !isSpace(s[i]) && s[i] != '>' && s[i] != '<' {
		switch s[i] {
		case '\'', '"':
			j := quoteEnd(s, i)
			b.WriteString(strings.TrimSuffix(s[i+1:j], s[i:i+1]))
			i = j
		case '\\':
			if i+1 < len(s) {
				b.WriteByte(s[i+1])
			}
			i = min(i+2, len(s))
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return placeWord(t, b.String(), start, i), i
}

// quoteEnd returns the index after the closing quote of the quote at i, or the text's end.
func quoteEnd(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		if s[j] == '\\' && s[i] == '"' {
			j++
		} else if s[j] == s[i] {
			return j + 1
		}
	}
	return len(s)
}

// placeWord gives a word its place, within its quotes where it is quoted as a whole.
func placeWord(t text, word string, start, end int) text {
	for _, quote := range []int{0, 1} {
		i, j := start+quote, end-quote
		if i <= j && t.value[i:j] == word {
			return t.part(i, j)
		}
	}
	whole := t.part(start, end)
	whole.value, whole.verbatim = word, false
	return whole
}

// splitCommands splits a shell script at the operators and line ends between its commands.
// Quotes protect operators.
func splitCommands(t text) []text {
	s := t.value
	var commands []text
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'', '"':
			i = quoteEnd(s, i) - 1
		case ';', '&', '|', '\n', '(', ')', '`':
			commands = append(commands, t.part(start, i))
			start = i + 1
		case '#':
			if i == start || isSpace(s[i-1]) {
				commands = append(commands, t.part(start, i))
				i += strings.IndexByte(s[i:]+"\n", '\n')
				start = min(i+1, len(s))
			}
		}
	}
	return append(commands, t.part(min(start, len(s)), len(s)))
}

// expand puts the values of known variables in the place of $NAME, ${NAME} and ${NAME:-default}.
// From the first one that is unknown on, the text is cut: torch==$VERSION is torch.
func (m *Manifest) expand(t text) text {
	if !strings.Contains(t.value, "$") {
		return t
	}
	var b strings.Builder
	rest := t.value
	for {
		before, after, found := strings.Cut(rest, "$")
		b.WriteString(before)
		if !found {
			break
		}
		name, fallback, tail := variable(after)
		value, known := m.variables[name]
		if !known || strings.Contains(value, "$") {
			value = fallback
		}
		if value == "" || b.Len()+len(value) > maxWord {
			break
		}
		b.WriteString(value)
		rest = tail
	}
	return text{strings.TrimRight(b.String(), "=<>~! "), t.span, false}
}

// maxWord bounds what a word may grow to.
const maxWord = 4096

// variable splits what follows a $ into the variable's name, its default, and the rest.
func variable(s string) (name, fallback, rest string) {
	if inner, braced := strings.CutPrefix(s, "{"); braced {
		inner, rest, _ = strings.Cut(inner, "}")
		name, fallback, _ = strings.Cut(inner, ":-")
		return name, fallback, rest
	}
	n := 0
	for n < len(s) && (isNameByte(s[n]) && s[n] != '.' && s[n] != '-') {
		n++
	}
	return s[:n], "", s[n:]
}

// installers lists the commands whose arguments are pip's: the words up to and including "install".
var installers = [][]string{
	{"pip", "install"}, {"pip3", "install"}, {"uv", "pip", "install"}, {"pipx", "install"},
	{"-m", "pip", "install"}, {"uv", "add"}, {"poetry", "add"}, {"pip", "download"}, {"pip", "wheel"},
}

// condaInstallers is the same for conda.
var condaInstallers = [][]string{
	{"conda", "install"}, {"mamba", "install"}, {"micromamba", "install"},
	{"conda", "create"}, {"mamba", "create"}, {"micromamba", "create"},
}

// command reads the requirements of one shell command, if it installs any.
func (m *Manifest) command(t text, group Group) {
	words := splitWords(t)
	if rest, ok := afterCommand(words, installers); ok {
		pip := pipReader{m: m, group: group}
		pip.arguments(rest)
		return
	}
	if rest, ok := afterCommand(words, condaInstallers); ok {
		m.condaArguments(rest, group)
	}
}

// afterCommand returns the words behind the first place where one of the commands stands. Options
// may stand between its words: `pip --no-cache-dir install`.
func afterCommand(words []text, commands [][]string) ([]text, bool) {
	for i := range words {
		for _, command := range commands {
			if rest, ok := matchCommand(words[i:], command); ok {
				return rest, true
			}
		}
	}
	return nil, false
}

// maxOptions bounds the options between a program and its subcommand.
const maxOptions = 8

func matchCommand(words []text, command []string) ([]text, bool) {
	for n, want := range command {
		for options := 0; n > 0 && options < maxOptions && len(words) > 0 && strings.HasPrefix(words[0].value, "-"); options++ {
			words = words[1:]
		}
		if len(words) == 0 {
			return nil, false
		}
		got := words[0].value
		if n == 0 {
			got = commandName(got)
		}
		if got != want {
			return nil, false
		}
		words = words[1:]
	}
	return words, true
}

// commandName is the name of a program without its folder and pip's Python version: /opt/bin/pip3.11
// is pip3.
func commandName(word string) string {
	_, base := splitPath(word)
	if rest, ok := strings.CutPrefix(base, "pip3."); ok && digits(rest) == len(rest) {
		return "pip3"
	}
	return strings.TrimLeft(base, "!%")
}

// condaArguments reads the arguments of `conda install`.
func (m *Manifest) condaArguments(words []text, group Group) {
	for i := 0; i < len(words); i++ {
		switch w := words[i].value; {
		case w == "-c", w == "--channel", w == "-n", w == "--name", w == "-p", w == "--prefix", w == "-f", w == "--file":
			i++
		case strings.HasPrefix(w, "-"), strings.HasPrefix(w, "$"):
		default:
			m.addConda(words[i], group, "", "")
		}
	}
}
