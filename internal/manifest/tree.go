package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
	"go.yaml.in/yaml/v3"
)

// maxDepth bounds the nesting of TOML, YAML and JSON, so that no reader recurses without end.
const maxDepth = 200

// shape is the type of a value.
type shape uint8

const (
	scalar shape = iota
	table
	list
)

// value is a value of TOML, YAML or JSON with its place. A nil *value is an absent value, whose
// methods answer "nothing".
type value struct {
	shape  shape
	text   text // of a scalar
	quoted bool // whether a scalar is a string and not a number, date or boolean
	fields []field
	items  []*value

	index map[string]int // of fields by key, made when there are many
}

type field struct {
	key   text
	value *value
}

// get returns the value at a path of keys, or nil.
func (v *value) get(keys ...string) *value {
	for _, key := range keys {
		f := v.field(key)
		if f == nil {
			return nil
		}
		v = f.value
	}
	return v
}

// indexFrom is the number of fields from which a map finds them faster than a loop.
const indexFrom = 12

func (v *value) field(key string) *field {
	if v == nil {
		return nil
	}
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			return &v.fields[i]
		}
		return nil
	}
	for i := range v.fields {
		if v.fields[i].key.value == key {
			return &v.fields[i]
		}
	}
	return nil
}

// put adds a field; the first of two equal keys stays.
func (v *value) put(key text, to *value) {
	if v.field(key.value) != nil {
		return
	}
	v.fields = append(v.fields, field{key, to})
	switch {
	case v.index != nil:
		v.index[key.value] = len(v.fields) - 1
	case len(v.fields) == indexFrom:
		v.index = make(map[string]int, 2*indexFrom)
		for i := range v.fields {
			v.index[v.fields[i].key.value] = i
		}
	}
}

// each returns the fields of a table in order.
func (v *value) each() []field {
	if v == nil {
		return nil
	}
	return v.fields
}

// list returns the items of a list.
func (v *value) list() []*value {
	if v == nil {
		return nil
	}
	return v.items
}

// str returns the text of a scalar, or "".
func (v *value) str() string {
	if v == nil {
		return ""
	}
	return v.text.value
}

// is reports whether the value is the bare word given, such as true.
func (v *value) is(word string) bool { return v != nil && !v.quoted && v.text.value == word }

// parseTOML reads the manifest's text as TOML. After an error, reading goes on at the next table.
func (m *Manifest) parseTOML() *value {
	root := &value{shape: table}
	if line, deep := tooDeep(m.Text, true); deep {
		m.note(line, "nested deeper than %d levels", maxDepth)
		return root
	}
	for base := 0; base < len(m.Text); {
		r := tomlReader{m: m, base: base, root: root, current: root}
		failed := r.read()
		if failed < 0 {
			break
		}
		next := bytes.Index(m.Text[failed:], []byte("\n["))
		if next < 0 {
			break
		}
		base = failed + next + 1
	}
	return root
}

// tooDeep reports whether brackets outside of strings nest beyond maxDepth. The parsers recurse at
// each bracket. With toml set, # starts a comment and apostrophes quote as well.
func tooDeep(data []byte, toml bool) (line int, deep bool) {
	depth, line := 0, 1
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '\n':
			line++
		case '[', '{':
			if depth++; depth > maxDepth {
				return line, true
			}
		case ']', '}':
			depth = max(depth-1, 0)
		case '#':
			if toml {
				i = endOfLine(data, i) - 1
			}
		case '"', '\'':
			if c == '"' || toml {
				end := stringEnd(data, i)
				line += bytes.Count(data[i:end], []byte("\n"))
				i = end - 1
			}
		}
	}
	return 0, false
}

func endOfLine(data []byte, i int) int {
	if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(data)
}

// stringEnd returns the offset after the string that starts at i. A string on one line ends at the
// line's end at the latest.
func stringEnd(data []byte, i int) int {
	quote := data[i]
	triple := bytes.Repeat([]byte{quote}, 3)
	multiline := bytes.HasPrefix(data[i:], triple)
	j := i + 1
	if multiline {
		j = i + 3
	}
	for ; j < len(data); j++ {
		switch {
		case data[j] == '\\' && quote == '"':
			j++
		case multiline && bytes.HasPrefix(data[j:], triple):
			return j + 3
		case !multiline && data[j] == quote:
			return j + 1
		case !multiline && data[j] == '\n':
			return j
		}
	}
	return len(data)
}

// tomlReader builds the tree of a stretch of TOML.
type tomlReader struct {
	m       *Manifest
	base    int // the offset of the stretch in m.Text
	parser  unstable.Parser
	root    *value
	current *value // the table that key-value pairs go to
}

// read adds the stretch to the tree and returns the offset in m.Text of an error, or -1.
func (r *tomlReader) read() (failed int) {
	data := r.m.Text[r.base:]
	at := 0
	defer func() {
		// The parser is documented as unstable; a mistake in it must not end an analysis.
		if problem := recover(); problem != nil {
			r.m.note(r.m.line(r.base+at), "not TOML: %v", problem)
			failed = r.base + at
		}
	}()
	r.parser.Reset(data)
	for r.parser.NextExpression() {
		e := r.parser.Expression()
		switch e.Kind {
		case unstable.Table:
			r.current, at = r.open(r.root, e.Key())
		case unstable.ArrayTable:
			r.current, at = r.openItem(e.Key())
		case unstable.KeyValue:
			r.keyValue(r.current, e)
		}
	}
	err := r.parser.Error()
	if err == nil {
		return -1
	}
	if offset, ok := r.errorOffset(err); ok {
		at = offset
	}
	r.m.note(r.m.line(r.base+at), "not TOML: %v", err)
	return r.base + at
}

func (r *tomlReader) errorOffset(err error) (int, bool) {
	parserError, ok := err.(*unstable.ParserError)
	if !ok || len(parserError.Highlight) == 0 {
		return 0, false
	}
	return int(r.parser.Range(parserError.Highlight).Offset), true
}

// open returns the table at a dotted key below from, made where it is missing. For a list it is
// the last item's.
func (r *tomlReader) open(from *value, key unstable.Iterator) (opened *value, at int) {
	for key.Next() {
		n := key.Node()
		at = int(n.Raw.Offset)
		from = r.child(from, n)
	}
	return from, at
}

func (r *tomlReader) child(from *value, n *unstable.Node) *value {
	f := from.field(string(n.Data))
	if f == nil {
		made := &value{shape: table}
		from.put(r.text(n), made)
		return made
	}
	if f.value.shape == list && len(f.value.items) > 0 {
		return f.value.items[len(f.value.items)-1]
	}
	return f.value
}

func (r *tomlReader) openItem(key unstable.Iterator) (item *value, at int) {
	from := r.root
	var last *unstable.Node
	for key.Next() {
		if last != nil {
			from = r.child(from, last)
		}
		last = key.Node()
	}
	if last == nil {
		return r.root, 0
	}
	item = &value{shape: table}
	if f := from.field(string(last.Data)); f != nil {
		f.value.shape = list
		f.value.items = append(f.value.items, item)
	} else {
		from.put(r.text(last), &value{shape: list, items: []*value{item}})
	}
	return item, int(last.Raw.Offset)
}

func (r *tomlReader) keyValue(into *value, e *unstable.Node) {
	key := e.Key()
	var last *unstable.Node
	for key.Next() {
		if last != nil {
			into = r.child(into, last)
		}
		last = key.Node()
	}
	if last != nil {
		into.put(r.text(last), r.value(e.Value()))
	}
}

func (r *tomlReader) value(n *unstable.Node) *value {
	switch n.Kind {
	case unstable.Array:
		v := &value{shape: list}
		for it := n.Children(); it.Next(); {
			if item := it.Node(); item.Kind != unstable.Comment {
				v.items = append(v.items, r.value(item))
			}
		}
		return v
	case unstable.InlineTable:
		v := &value{shape: table}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				r.keyValue(v, it.Node())
			}
		}
		return v
	}
	return &value{text: r.text(n), quoted: n.Kind == unstable.String}
}

// text finds the value of a string or key within its quotes. Where escapes make the two differ,
// the place is that of the whole literal.
func (r *tomlReader) text(n *unstable.Node) text {
	start := r.base + int(n.Raw.Offset)
	end := start + int(n.Raw.Length)
	if n.Raw.Length == 0 || end > len(r.m.Text) {
		start, end = r.within(n.Data)
	}
	return literal(r.m.Text, start, end, string(n.Data))
}

// within finds data that the parser cut out of its input without saying from where.
func (r *tomlReader) within(data []byte) (start, end int) {
	input := r.m.Text[r.base:]
	if len(data) == 0 || cap(data) > cap(input) {
		return r.base, r.base
	}
	offset := cap(input) - cap(data)
	if offset+len(data) > len(input) || &input[offset] != &data[0] {
		return r.base, r.base
	}
	return r.base + offset, r.base + offset + len(data)
}

// literal places a value in the literal that spans source[start:end].
func literal(source []byte, start, end int, decoded string) text {
	for _, quotes := range []int{0, 1, 3} {
		i, j := start+quotes, end-quotes
		if i <= j && string(source[i:j]) == decoded {
			return text{decoded, spanOf(i, j), true}
		}
	}
	return text{decoded, spanOf(start, end), false}
}

// parseYAML reads the first document of data, which has the length and lines of the manifest's
// text.
func (m *Manifest) parseYAML(data []byte) *value {
	var document yaml.Node
	if err := decodeYAML(data, &document); err != nil {
		m.note(yamlErrorLine(err), "not YAML: %v", err)
		return nil
	}
	if len(document.Content) == 0 {
		return nil
	}
	r := yamlReader{m: m, data: data}
	return r.value(document.Content[0], 0)
}

// decodeYAML turns a panic of the YAML package, which has had some, into an error.
func decodeYAML(data []byte, into *yaml.Node) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%v", problem)
		}
	}()
	err = yaml.NewDecoder(bytes.NewReader(data)).Decode(into)
	if err == io.EOF {
		return nil
	}
	return err
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func yamlErrorLine(err error) int {
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		line, _ := strconv.Atoi(found[1])
		return line
	}
	return 0
}

type yamlReader struct {
	m    *Manifest
	data []byte
	// The place of the node that was read last; the next one on its line is sought from there.
	line, column, offset int
}

// seek returns the offset of a place that YAML counts in lines and code points.
func (r *yamlReader) seek(line, column int) int {
	if line != r.line || column < r.column {
		r.line, r.column, r.offset = line, 1, r.m.lines[line-1]
	}
	for ; r.column < column && r.offset < len(r.data); r.column++ {
		_, size := utf8.DecodeRune(r.data[r.offset:])
		r.offset += size
	}
	return r.offset
}

func (r *yamlReader) value(n *yaml.Node, depth int) *value {
	if depth > maxDepth {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		v := &value{shape: table}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v.put(r.text(n.Content[i]), r.value(n.Content[i+1], depth+1))
		}
		return v
	case yaml.SequenceNode:
		v := &value{shape: list}
		for _, item := range n.Content {
			v.items = append(v.items, r.value(item, depth+1))
		}
		return v
	case yaml.ScalarNode:
		return &value{text: r.text(n), quoted: n.Tag == "!!str"}
	case yaml.AliasNode:
		// An alias of a table could hold itself; manifests use them for scalars at most.
		if n.Alias != nil && n.Alias.Kind == yaml.ScalarNode {
			return &value{text: r.text(n.Alias), quoted: n.Alias.Tag == "!!str"}
		}
	}
	return &value{}
}

func (r *yamlReader) text(n *yaml.Node) text {
	if n.Line < 1 || n.Line > len(r.m.lines) {
		return text{value: n.Value}
	}
	start := r.seek(n.Line, n.Column)
	for _, quote := range []int{0, 1} {
		i, j := start+quote, start+quote+len(n.Value)
		if j <= len(r.data) && string(r.data[i:j]) == n.Value {
			return text{n.Value, spanOf(i, j), true}
		}
	}
	return text{n.Value, spanOf(start, max(start, lineEnd(r.data, start))), false}
}

// lineEnd is the end of the line at i, or i where that is past the end.
func lineEnd(data []byte, i int) int {
	if i >= len(data) {
		return len(data)
	}
	return endOfLine(data, i)
}

// parseJSON reads the manifest's text as JSON.
func (m *Manifest) parseJSON() *value {
	if line, deep := tooDeep(m.Text, false); deep {
		m.note(line, "nested deeper than %d levels", maxDepth)
		return nil
	}
	r := jsonReader{source: m.Text, decoder: json.NewDecoder(bytes.NewReader(m.Text))}
	r.decoder.UseNumber()
	v, err := r.value()
	if err != nil {
		m.note(m.line(int(r.decoder.InputOffset())), "not JSON: %v", err)
	}
	return v
}

type jsonReader struct {
	source  []byte
	decoder *json.Decoder
}

// value reads a value. After an error it returns what was read until then.
func (r *jsonReader) value() (*value, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return r.object()
	case json.Delim('['):
		return r.array()
	}
	_, quoted := token.(string)
	return &value{text: r.text(token), quoted: quoted}, nil
}

func (r *jsonReader) object() (*value, error) {
	v := &value{shape: table}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return v, err
		}
		key := r.text(token)
		item, err := r.value()
		v.put(key, item)
		if err != nil {
			return v, err
		}
	}
	_, err := r.decoder.Token()
	return v, err
}

func (r *jsonReader) array() (*value, error) {
	v := &value{shape: list}
	for r.decoder.More() {
		item, err := r.value()
		v.items = append(v.items, item)
		if err != nil {
			return v, err
		}
	}
	_, err := r.decoder.Token()
	return v, err
}

// text places the token that was just read: it ends where the decoder stands.
func (r *jsonReader) text(token json.Token) text {
	end := int(r.decoder.InputOffset())
	decoded := fmt.Sprint(token)
	if s, ok := token.(string); ok {
		if start := end - len(s) - 2; start >= 0 && r.source[start] == '"' && string(r.source[start+1:end-1]) == s {
			return text{s, spanOf(start+1, end-1), true}
		}
		return text{s, spanOf(end-1, end), false}
	}
	return text{decoded, spanOf(max(end-len(decoded), 0), end), true}
}
