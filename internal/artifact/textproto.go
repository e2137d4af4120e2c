package artifact

import (
	"bufio"
	"io"
	"strings"
)

// textProto reads protocol buffers in text format
// (https://protobuf.dev/reference/protobuf/textformat-spec/) as a stream of events, without a
// schema. It keeps no tree and does not recurse.
type textProto struct {
	w   *window
	in  *bufio.Reader
	off int64
	// field is the field whose value comes next, names those of the open messages.
	field string
	names []string
}

// textEvent is what textProto reads next.
type textEvent struct {
	kind textKind
	at   int64
	// name is the field; the last part of it where it is an extension.
	name string
	// value is a scalar: text unquoted and joined, cut at textLimit.
	value string
}

type textKind int

const (
	textEnd textKind = iota
	textOpen
	textClose
	textScalar
)

// textDepth bounds the nesting. The readers of the text format know no bound.
const textDepth = 200_000

func newTextProto(w *window) *textProto {
	return &textProto{w: w, in: bufio.NewReaderSize(io.NewSectionReader(w.r, 0, w.size), windowSize)}
}

// next returns the next event; textEnd at the end, or where the text is none of the format.
func (t *textProto) next() textEvent {
	for t.w.step() {
		at := t.off
		c, ok := t.skip()
		if !ok {
			return textEvent{}
		}
		switch {
		case c == ',' || c == ';' || c == ':' || c == '[' && t.field != "" || c == ']':
			t.read()
		case c == '{' || c == '<':
			t.read()
			if len(t.names) >= textDepth {
				t.w.fail(&limitError{"levels of messages", textDepth})
				return textEvent{}
			}
			t.names = append(t.names, t.field)
			e := textEvent{kind: textOpen, at: at, name: t.field}
			t.field = ""
			return e
		case c == '}' || c == '>':
			t.read()
			if len(t.names) == 0 {
				t.w.fail(errProto)
				return textEvent{}
			}
			// The name stays: another message of the same list may follow.
			t.field = t.names[len(t.names)-1]
			t.names = t.names[:len(t.names)-1]
			return textEvent{kind: textClose, at: at, name: t.field}
		case c == '"' || c == '\'':
			return textEvent{kind: textScalar, at: at, name: t.field, value: t.strings()}
		case c == '[':
			t.read()
			t.field = t.extension()
		case isWord(c):
			word := t.word()
			if next, _ := t.skip(); next == ':' || next == '{' || next == '<' {
				t.field = word
				continue
			}
			return textEvent{kind: textScalar, at: at, name: t.field, value: word}
		default:
			t.w.fail(errProto)
			return textEvent{}
		}
	}
	return textEvent{}
}

func (t *textProto) read() (byte, bool) {
	c, err := t.in.ReadByte()
	if err != nil {
		if err != io.EOF {
			t.w.fail(err)
		}
		return 0, false
	}
	t.off++
	return c, true
}

func (t *textProto) back() {
	t.off--
	_ = t.in.UnreadByte() // it follows a read
}

// skip passes blanks and comments, and returns the byte after them without taking it.
func (t *textProto) skip() (byte, bool) {
	for {
		c, ok := t.read()
		switch {
		case !ok:
			return 0, false
		case c == '#':
			for ok && c != '\n' {
				c, ok = t.read()
			}
		case c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\v' && c != '\f':
			t.back()
			return c, true
		}
	}
}

func isWord(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+' || c == '.'
}

// word reads a name or a number.
func (t *textProto) word() string {
	var b []byte
	for {
		c, ok := t.read()
		if !ok {
			return string(b)
		}
		if !isWord(c) {
			t.back()
			return string(b)
		}
		if len(b) < textLimit {
			b = append(b, c)
		}
	}
}

// extension reads the name in brackets, of which the last part counts.
func (t *textProto) extension() string {
	var b []byte
	for {
		c, ok := t.read()
		if !ok || c == ']' {
			s := string(b)
			return s[strings.LastIndexAny(s, "./")+1:]
		}
		if len(b) < textLimit {
			b = append(b, c)
		}
	}
}

// strings reads one or more quoted strings, which are one value.
func (t *textProto) strings() string {
	var b []byte
	for {
		c, ok := t.skip()
		if !ok || c != '"' && c != '\'' {
			return string(b)
		}
		b = t.quoted(b)
	}
}

func (t *textProto) quoted(b []byte) []byte {
	quote, _ := t.read()
	for {
		c, ok := t.read()
		switch {
		case !ok || c == '\n':
			t.w.fail(errProto)
			return b
		case c == quote:
			return b
		case c == '\\':
			c = t.escape()
		}
		if len(b) < pathLimit {
			b = append(b, c)
		}
	}
}

// escape reads what follows a backslash. Characters beyond ASCII, which no name that matters has,
// come out as a question mark.
func (t *textProto) escape() byte {
	c, _ := t.read()
	switch {
	case c >= '0' && c <= '7':
		return byte(t.digits(int(c-'0'), 8, 2))
	case c == 'x' || c == 'X':
		return byte(t.digits(0, 16, 2))
	case c == 'u' || c == 'U':
		n := 4
		if c == 'U' {
			n = 8
		}
		if v := t.digits(0, 16, n); v < 0x80 {
			return byte(v)
		}
		return '?'
	}
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		return "\a\b\f\n\r\t\v"[i]
	}
	return c
}

// digits reads up to n more digits of a base.
func (t *textProto) digits(v, base, n int) int {
	for range n {
		c, ok := t.read()
		if !ok {
			return v
		}
		d := digit(c)
		if d < 0 || d >= base {
			t.back()
			return v
		}
		v = v*base + d
	}
	return v
}

// digit is the value of a digit, hexadecimal or less; -1 for none.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// readTensorFlowText reads a SavedModel, MetaGraphDef or GraphDef in text format, and tells
// which of them it is.
func readTensorFlowText(w *window, add func(Fact)) tfShape {
	t := newTextProto(w)
	r := &tfReader{w: w, add: add}
	shape := tfNone
	var nodes []tfNode // those open, the innermost last
	var attr tfAttr
	for {
		e := t.next()
		switch e.kind {
		case textEnd:
			return shape
		case textOpen:
			if len(t.names) == 1 {
				shape = shape.text(e.name)
			}
			switch e.name {
			case "node", "node_def":
				nodes = append(nodes, tfNode{at: e.at})
			case "attr":
				attr = tfAttr{}
			}
		case textClose:
			if len(nodes) == 0 {
				break
			}
			switch n := &nodes[len(nodes)-1]; e.name {
			case "node", "node_def":
				r.judge(*n)
				nodes = nodes[:len(nodes)-1]
			case "attr":
				n.take(attr)
			}
		case textScalar:
			if len(t.names) == 0 && e.name == "saved_model_schema_version" {
				shape = tfSavedModel
			}
			if len(nodes) > 0 {
				nodes[len(nodes)-1].scalar(t.names, e, &attr)
			}
		}
	}
}

// text tells by a field at the top which message it belongs to.
func (s tfShape) text(name string) tfShape {
	switch name {
	case "meta_graphs":
		return tfSavedModel
	case "graph_def", "meta_info_def":
		return tfMetaGraphDef
	case "node", "library", "versions":
		if s == tfNone {
			return tfGraphDef
		}
	}
	return s
}

// tfAttr is an attribute of a node in text: its name and one text of its value.
type tfAttr struct{ key, text string }

// scalar takes a value within a node.
func (n *tfNode) scalar(within []string, e textEvent, attr *tfAttr) {
	switch in := within[len(within)-1]; {
	case (in == "node" || in == "node_def") && e.name == "op":
		n.op = e.value
	case (in == "node" || in == "node_def") && e.name == "name":
		n.name = e.value
	case in == "attr" && e.name == "key":
		attr.key = e.value
	case e.name == "s" && e.value != "":
		attr.text = e.value
	}
}

// take keeps an attribute that says where the node writes.
func (n *tfNode) take(a tfAttr) {
	switch a.key {
	case "output_stream":
		n.stream = a.text
	case "debug_urls":
		n.debugURLs = a.text
	}
}
