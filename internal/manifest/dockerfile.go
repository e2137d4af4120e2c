package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// parseDockerfile reads the pip and conda commands of a Dockerfile's RUN instructions
// (docs.docker.com/reference/dockerfile): shell form, exec form and heredocs.
func parseDockerfile(m *Manifest) {
	source := joinInstructions(m.Text)
	for start := 0; start < len(source); {
		end := endOfLine(source, start)
		line := text{string(source[start:end]), spanOf(start, end), true}
		start = min(end+1, len(source))
		m.defaults(line.trim())
		body, isRun := runBody(line)
		if !isRun {
			continue
		}
		var scripts []text
		scripts, start = heredocs(source, body, start)
		for _, script := range append([]text{body}, scripts...) {
			m.script(script)
		}
	}
}

// joinInstructions joins continued lines by spaces, byte for byte. Comment lines and empty lines
// between them are dropped, as Docker does.
func joinInstructions(source []byte) []byte {
	joined := bytes.Clone(source)
	escape := escapeByte(source)
	continued := false
	for start := 0; start < len(joined); {
		end := endOfLine(joined, start)
		line := bytes.TrimRight(joined[start:end], " \t\r")
		comment := bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#"))
		switch {
		case continued && (comment || len(bytes.TrimSpace(line)) == 0):
			blank(joined[start:min(end+1, len(joined))])
		case !comment && len(line) > 0 && line[len(line)-1] == escape:
			continued = true
			blank(joined[start+len(line)-1 : min(end+1, len(joined))])
		default:
			continued = false
		}
		start = end + 1
	}
	return joined
}

func blank(b []byte) {
	for i := range b {
		b[i] = ' '
	}
}

// escapeByte reads the parser directive "# escape=`" that Windows images use.
func escapeByte(source []byte) byte {
	for line := range bytes.Lines(source) {
		line = bytes.ToLower(bytes.ReplaceAll(bytes.TrimSpace(line), []byte(" "), nil))
		switch {
		case bytes.Equal(line, []byte("#escape=`")):
			return '`'
		case !bytes.HasPrefix(line, []byte("#")):
			return '\\'
		}
	}
	return '\\'
}

// runBody returns what follows RUN and its options such as --mount=….
func runBody(line text) (text, bool) {
	line = line.trim()
	if len(line.value) < 4 || !strings.EqualFold(line.value[:3], "run") || !isSpace(line.value[3]) {
		return text{}, false
	}
	body := line.part(4, len(line.value)).trim()
	for strings.HasPrefix(body.value, "--") {
		i := strings.IndexAny(body.value, " \t")
		if i < 0 {
			return text{}, false
		}
		body = body.part(i, len(body.value)).trim()
	}
	return body, true
}

// heredocs returns the heredocs that a RUN line opens; they start at next, and reading goes on
// behind them.
func heredocs(source []byte, body text, next int) (scripts []text, after int) {
	rest := body.value
	for {
		_, found, ok := strings.Cut(rest, "<<")
		if !ok {
			return scripts, next
		}
		rest = strings.TrimPrefix(found, "-")
		rest = strings.TrimLeft(rest, `"'`)
		n := 0
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		if n == 0 || strings.HasPrefix(found, "<") {
			continue
		}
		start := next
		var end int
		end, next = heredocEnd(source, start, rest[:n])
		scripts = append(scripts, text{string(source[start:end]), spanOf(start, end), true})
	}
}

// heredocEnd finds the line that holds nothing but the word.
func heredocEnd(source []byte, start int, word string) (end, next int) {
	for at := start; at < len(source); {
		stop := endOfLine(source, at)
		if string(bytes.TrimSpace(source[at:stop])) == word {
			return at, min(stop+1, len(source))
		}
		at = stop + 1
	}
	return len(source), len(source)
}

// defaults keeps the values that ARG and ENV give to variables: NAME=value, or ENV's NAME value.
func (m *Manifest) defaults(line text) {
	words := splitWords(line)
	if len(words) < 2 || !strings.EqualFold(words[0].value, "arg") && !strings.EqualFold(words[0].value, "env") {
		return
	}
	if m.variables == nil {
		m.variables = map[string]string{}
	}
	if len(words) == 3 && !strings.Contains(words[1].value, "=") {
		m.variables[words[1].value] = words[2].value
		return
	}
	for _, word := range words[1:] {
		if name, value, ok := strings.Cut(word.value, "="); ok && value != "" {
			m.variables[name] = value
		}
	}
}

func (m *Manifest) script(t text) {
	if strings.HasPrefix(t.value, "[") {
		if words, ok := execForm(t); ok {
			m.command(words, Main)
			return
		}
	}
	for _, command := range splitCommands(t) {
		m.command(command, Main)
	}
}

// execForm turns ["pip", "install", "torch"] into a command line of the same length.
func execForm(t text) (text, bool) {
	var words []string
	if json.Unmarshal([]byte(t.value), &words) != nil {
		return t, false
	}
	line, quoted := []byte(t.value), false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '[' || c == ']' || c == ','):
			line[i] = ' '
		}
	}
	t.value = string(line)
	return t, true
}
