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

	"github.com/pyguard/pyguardml/ast"
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

// Node is a value of TOML, YAML or JSON with its place: a table, a list or a scalar. A nil *Node
// is an absent value, whose methods answer "nothing". Nodes are not changed after they are read.
type Node struct {
	shape  shape
	text   text // of a scalar
	quoted bool // whether a scalar is a string and not a number, date or boolean
	inline bool // whether a table or list is written in brackets
	// extent is where a table or list of YAML stands, which aliases can make hold itself;
	// measured is set for those.
	extent   ast.Span
	measured bool
	fields   []field
	items    []*Node

	index map[string]int // of fields by key, made when there are many
}

type field struct {
	key   text
	value *Node
}

// Field is an entry of a table.
type Field struct {
	Key     string
	KeySpan ast.Span
	Value   *Node
}

// Get returns the value at a path of keys, or nil.
func (v *Node) Get(keys ...string) *Node { return v.get(keys...) }

// Fields returns the entries of a table in order.
func (v *Node) Fields() []Field {
	var out []Field
	for _, f := range v.each() {
		out = append(out, Field{f.key.value, f.key.span, f.value})
	}
	return out
}

// Items returns the items of a list.
func (v *Node) Items() []*Node { return v.list() }

// IsTable and IsList tell the shape of a value that is no scalar.
func (v *Node) IsTable() bool { return v != nil && v.shape == table }

// IsList reports whether the value is a list.
func (v *Node) IsList() bool { return v != nil && v.shape == list }

// Text returns the text of a scalar as it is meant, without quotes and escapes; "" for others.
func (v *Node) Text() string { return v.str() }

// Quoted reports whether a scalar is a string and not a number, date or boolean.
func (v *Node) Quoted() bool { return v != nil && v.quoted }

// Span returns the place of the value: of a scalar within its quotes, of a table or list from its
// first entry to its last.
func (v *Node) Span() ast.Span { return v.span(0) }

func (v *Node) span(depth int) ast.Span {
	if v == nil || depth > maxDepth {
		return ast.Span{}
	}
	if v.shape == scalar {
		return v.text.span
	}
	if v.measured {
		return v.extent
	}
	var s ast.Span
	if n := len(v.fields); n > 0 {
		s = around(around(v.fields[0].key.span, v.fields[n-1].key.span), v.fields[n-1].value.span(depth+1))
	}
	if n := len(v.items); n > 0 {
		s = around(v.items[0].span(depth+1), v.items[n-1].span(depth+1))
	}
	return s
}

func (v *Node) grow(s ast.Span) { v.extent = around(v.extent, s) }

// around is the span from the first to the last byte of two; an empty one at 0 does not count.
func around(a, b ast.Span) ast.Span {
	switch {
	case a.End == 0:
		return b
	case b.End == 0:
		return a
	}
	return ast.Span{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}

// Verbatim reports whether the text of a scalar is the bytes of its span as they are, so that an
// edit may replace them or a part of them.
func (v *Node) Verbatim() bool { return v != nil && v.shape == scalar && v.text.verbatim }

// WithoutItem returns the edit that takes a scalar out of a list of JSON, with its comma and the line
// that it has to itself; ok is false for other items.
func (v *Node) WithoutItem(source []byte, i int) (e ast.Edit, ok bool) {
	items := v.list()
	if i < 0 || i >= len(items) || !items[i].Verbatim() || i > 0 && !items[i-1].Verbatim() || i+1 < len(items) && !items[i+1].Verbatim() {
		return e, false
	}
	whole := func(n *Node) ast.Span {
		s := n.Span()
		if n.quoted && s.Start > 0 && int(s.End) < len(source) && source[s.Start-1] == '"' {
			s.Start--
			s.End++
		}
		return s
	}
	at := whole(items[i])
	switch {
	case i > 0:
		return ast.Edit{Span: ast.Span{Start: whole(items[i-1]).End, End: at.End}}, true
	case len(items) > 1:
		return ast.Edit{Span: ast.Span{Start: at.Start, End: whole(items[1]).Start}}, true
	}
	for at.Start > 0 && isSpace(source[at.Start-1]) {
		at.Start--
	}
	for int(at.End) < len(source) && (isSpace(source[at.End]) || source[at.End] == ',') {
		at.End++
	}
	return ast.Edit{Span: at}, true
}

// get returns the value at a path of keys, or nil.
func (v *Node) get(keys ...string) *Node {
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

func (v *Node) field(key string) *field {
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
func (v *Node) put(key text, to *Node) {
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
func (v *Node) each() []field {
	if v == nil {
		return nil
	}
	return v.fields
}

// list returns the items of a list.
func (v *Node) list() []*Node {
	if v == nil {
		return nil
	}
	return v.items
}

// str returns the text of a scalar, or "".
func (v *Node) str() string {
	if v == nil {
		return ""
	}
	return v.text.value
}

// is reports whether the value is the bare word given, such as true.
func (v *Node) is(word string) bool { return v != nil && !v.quoted && v.text.value == word }

// parseTOML reads the manifest's text as TOML. After an error, reading goes on at the next table.
func (m *Manifest) parseTOML() *Node {
	root := &Node{shape: table}
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
	root    *Node
	current *Node // the table that key-value pairs go to
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
func (r *tomlReader) open(from *Node, key unstable.Iterator) (opened *Node, at int) {
	for key.Next() {
		n := key.Node()
		at = int(n.Raw.Offset)
		from = r.child(from, n)
	}
	return from, at
}

func (r *tomlReader) child(from *Node, n *unstable.Node) *Node {
	f := from.field(string(n.Data))
	if f == nil {
		made := &Node{shape: table}
		from.put(r.text(n), made)
		return made
	}
	if f.value.shape == list && len(f.value.items) > 0 {
		return f.value.items[len(f.value.items)-1]
	}
	return f.value
}

func (r *tomlReader) openItem(key unstable.Iterator) (item *Node, at int) {
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
	item = &Node{shape: table}
	if f := from.field(string(last.Data)); f != nil {
		f.value.shape = list
		f.value.items = append(f.value.items, item)
	} else {
		from.put(r.text(last), &Node{shape: list, items: []*Node{item}})
	}
	return item, int(last.Raw.Offset)
}

func (r *tomlReader) keyValue(into *Node, e *unstable.Node) {
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

func (r *tomlReader) value(n *unstable.Node) *Node {
	switch n.Kind {
	case unstable.Array:
		v := &Node{shape: list}
		for it := n.Children(); it.Next(); {
			if item := it.Node(); item.Kind != unstable.Comment {
				v.items = append(v.items, r.value(item))
			}
		}
		return v
	case unstable.InlineTable:
		v := &Node{shape: table}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				r.keyValue(v, it.Node())
			}
		}
		return v
	}
	return &Node{text: r.text(n), quoted: n.Kind == unstable.String}
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
func (m *Manifest) parseYAML(data []byte) *Node {
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

// maxDocuments bounds the documents that are read of one file.
const maxDocuments = 500

// parseYAMLStream reads all documents of data, which has the length and lines of the manifest's
// text. After an error, what came before it stays.
func (m *Manifest) parseYAMLStream(data []byte) []*Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	r := yamlReader{m: m, data: data}
	var out []*Node
	for len(out) < maxDocuments {
		var document yaml.Node
		more, err := nextYAML(decoder, &document)
		if err != nil {
			m.note(yamlErrorLine(err), "not YAML: %v", err)
			break
		}
		if !more {
			break
		}
		if len(document.Content) > 0 {
			out = append(out, r.value(document.Content[0], 0))
		}
	}
	return out
}

// nextYAML decodes the next document, if there is one.
func nextYAML(decoder *yaml.Decoder, into *yaml.Node) (more bool, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			more, err = false, fmt.Errorf("%v", problem)
		}
	}()
	err = decoder.Decode(into)
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
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
	// seen holds the tables and lists that aliases mean.
	seen map[*yaml.Node]*Node
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

func (r *yamlReader) value(n *yaml.Node, depth int) *Node {
	if depth > maxDepth {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		v := &Node{shape: table, inline: n.Style&yaml.FlowStyle != 0, measured: true}
		r.remember(n, v)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, to := r.text(n.Content[i]), r.value(n.Content[i+1], depth+1)
			v.put(key, to)
			v.grow(key.span)
			if n.Content[i+1].Kind != yaml.AliasNode {
				v.grow(to.Span())
			}
		}
		return v
	case yaml.SequenceNode:
		v := &Node{shape: list, inline: n.Style&yaml.FlowStyle != 0, measured: true}
		r.remember(n, v)
		for _, item := range n.Content {
			to := r.value(item, depth+1)
			v.items = append(v.items, to)
			if item.Kind != yaml.AliasNode {
				v.grow(to.Span())
			}
		}
		return v
	case yaml.ScalarNode:
		return &Node{text: r.text(n), quoted: n.Tag == "!!str"}
	case yaml.AliasNode:
		// What an alias means is read once, so that aliases of aliases cannot multiply.
		if n.Alias != nil && n.Alias.Kind == yaml.ScalarNode {
			return &Node{text: r.text(n.Alias), quoted: n.Alias.Tag == "!!str"}
		}
		if v := r.seen[n.Alias]; v != nil {
			return v
		}
	}
	return &Node{}
}

// remember keeps a table or list that has an anchor.
func (r *yamlReader) remember(n *yaml.Node, v *Node) {
	if n.Anchor == "" {
		return
	}
	if r.seen == nil {
		r.seen = map[*yaml.Node]*Node{}
	}
	r.seen[n] = v
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

// parseJSON reads the manifest's text as JSON, with the comments and trailing commas that editors
// allow in their settings.
func (m *Manifest) parseJSON() *Node {
	if line, deep := tooDeep(m.Text, false); deep {
		m.note(line, "nested deeper than %d levels", maxDepth)
		return nil
	}
	plain := withoutComments(m.Text)
	r := jsonReader{source: plain, decoder: json.NewDecoder(bytes.NewReader(plain))}
	r.decoder.UseNumber()
	v, err := r.value()
	if err != nil {
		m.note(m.line(int(r.decoder.InputOffset())), "not JSON: %v", err)
	}
	return v
}

// withoutComments blanks out the comments of JSON and the commas in front of a closing bracket, so
// that all places stay. The text itself is returned where there are none.
func withoutComments(source []byte) []byte {
	out := source
	blankOut := func(start, end int) {
		if &out[0] == &source[0] {
			out = bytes.Clone(source)
		}
		for i := start; i < end; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	comma := -1 // of a comma behind which only blanks and comments stood so far
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case c == '"':
			comma = -1
			for i++; i < len(source) && source[i] != '"' && source[i] != '\n'; i++ {
				if source[i] == '\\' {
					i++
				}
			}
		case c == '/' && i+1 < len(source) && source[i+1] == '/':
			end := endOfLine(source, i)
			blankOut(i, end)
			i = end - 1
		case c == '/' && i+1 < len(source) && source[i+1] == '*':
			end := len(source)
			if n := bytes.Index(source[i+2:], []byte("*/")); n >= 0 {
				end = i + 2 + n + 2
			}
			blankOut(i, end)
			i = end - 1
		case c == ',':
			comma = i
		case (c == ']' || c == '}') && comma >= 0:
			blankOut(comma, comma+1)
			comma = -1
		case !isSpace(c):
			comma = -1
		}
	}
	return out
}

type jsonReader struct {
	source  []byte
	decoder *json.Decoder
}

// value reads a value. After an error it returns what was read until then.
func (r *jsonReader) value() (*Node, error) {
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
	return &Node{text: r.text(token), quoted: quoted}, nil
}

func (r *jsonReader) object() (*Node, error) {
	v := &Node{shape: table}
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

func (r *jsonReader) array() (*Node, error) {
	v := &Node{shape: list}
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
