package flow

import (
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/deceptive"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file marks text that the program wrote down so that a reader does not see it.

// deceptiveLiteral describes a literal whose characters are not what they look like.
const deceptiveLiteral = "a literal with characters that are not what they look like"

// deceiving marks a literal in whose source stand deceptive characters. It is asked about
// every literal: nearly all are ASCII.
func (f *Frame) deceiving(e ast.Expr, pieces []*ast.StrPiece) []Mark {
	for _, p := range pieces {
		text := f.mod.sem.File.Source.Text[p.Start:p.End]
		for _, c := range text {
			if c < utf8.RuneSelf {
				continue
			}
			if len(deceptive.Find(string(text), true)) > 0 {
				return f.hidden(e, deceptiveLiteral)
			}
			break
		}
	}
	return nil
}

// hidden makes the mark of hidden text that stands at a node.
func (f *Frame) hidden(at ast.Node, from string) []Mark {
	o := f.sourceAt(at)
	o.from = from
	return f.eng.labelled(Mark{Label: models.Hidden, Origin: o, Trace: (*Trace)(nil).then(at, f.mod.sem, from)})
}

// wroteDown reports whether all that is known of where a constant comes from is that the
// program wrote it down.
func wroteDown(marks []Mark) bool {
	for _, m := range marks {
		if m.Label != models.Hidden {
			return false
		}
	}
	return true
}

// described tells that a model reads the docstring of a tool as its description.
func (f *Frame) described(fn *Value) {
	def := fn.Function()
	if def == nil || def.Def == nil || len(def.Def.Body) == 0 {
		return
	}
	s, ok := def.Def.Body[0].(*ast.ExprStmt)
	if !ok {
		return
	}
	doc, ok := s.Value.(*ast.Str)
	if !ok {
		return
	}
	e := f.eng.modules[def.Module]
	if e == nil || e.frame == nil {
		return
	}
	for _, m := range e.frame.deceiving(doc, doc.Pieces) {
		f.eng.report(e.frame, &sinkEvent{kind: models.PromptTool, sink: toolSink, node: doc, value: &Value{kind: KindString, text: doc.Value, rare: literalText(doc, def.Module), marks: []Mark{m}}, frame: e.frame}, m)
	}
}

var toolSink = &models.Sink{Kind: models.PromptTool, Note: "read by the model as the tool's description"}

// decodedConstant describes a constant that the program decodes.
const decodedConstant = "a constant that the program decodes"

// minHidden is the length from which on a decoded text can hold instructions.
const minHidden = 16

// unhidden is the text that a call decodes out of a constant, where a person could read it;
// nil for other calls.
func (f *Frame) unhidden(c *Call) *Value {
	name := c.Method
	if name == "" && c.Symbol != nil {
		name = c.Symbol.step
	}
	var text string
	var ok bool
	switch name {
	case "translate":
		text, ok = translated(c)
	case "join":
		text, ok = f.shifted(c)
	case "decode", "encode", "b64decode", "urlsafe_b64decode", "standard_b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "fromhex", "unhexlify", "a2b_hex", "a2b_base64", "decompress":
		if c.Symbol != nil {
			text, ok = decodedBy(c, 0)
		}
	default:
		return nil
	}
	if !ok {
		f.notesDecoding(c)
		return nil
	}
	return f.hiddenText(text, c.Node, c)
}

// notesDecoding remembers that a function decodes what its parameters are given: it is analysed for each
// constant, as `reveal(RULES)` with `def reveal(text): return codecs.decode(text, "rot13")`.
func (f *Frame) notesDecoding(c *Call) {
	note := f.notesDecoded
	switch {
	case c.Method == "translate":
		note(c.Receiver)
	case c.Method == "join" && len(c.Node.Args) == 1:
		if comp, ok := c.Node.Args[0].(*ast.Comp); ok && len(comp.Clauses) == 1 {
			note(f.quietly(comp.Clauses[0].Iter))
		}
	case c.Symbol != nil && len(c.Args) > 0:
		note(c.Args[0].Value)
	}
}

// notesDecoded remembers the parameter that a value is, or is made of: the function is analysed for each constant
// that it is given.
func (f *Frame) notesDecoded(v *Value) {
	if f.fn == nil {
		return
	}
	for depth := 0; v != nil && depth < 4; depth++ {
		if o := v.exact; o != nil && o.frame == f && o.parent == nil && o.index < 64 {
			f.decodes(o.index)
			return
		}
		made := v.Origin()
		if made == nil || len(made.Args) == 0 {
			return
		}
		v = made.Args[0].Value
	}
}

func (f *Frame) decodes(param int) {
	if f.eng.decoders == nil {
		f.eng.decoders = map[*semantic.Function]uint64{}
	}
	f.eng.decoders[f.fn] |= 1 << param
}

// revealed is what a helper decodes out of the constant that a call hands to it: the call is where it is
// decoded. It is v itself where it is something else.
func (f *Frame) revealed(frame *Frame, v *Value, c *Call, at ast.Node) *Value {
	if c == nil || f.eng.decoders[frame.fn] == 0 || v.Kind() != KindString || len(v.marks) != 1 || v.marks[0].Label != models.Hidden || v.marks[0].Origin.from != decodedConstant {
		return v
	}
	for _, s := range frame.shape {
		if s.Kind() == KindString {
			if t := f.hiddenText(v.text, at, c); t != nil {
				return t
			}
		}
	}
	return v
}

// hiddenText is decoded text with the mark that says so; nil where it is no readable one.
func (f *Frame) hiddenText(text string, at ast.Node, c *Call) *Value {
	if len(text) < minHidden || !strings.Contains(text, " ") || !utf8.ValidString(text) {
		return nil
	}
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return nil
		}
	}
	if f.eng.decoded == nil {
		f.eng.decoded = map[ast.Node]string{}
	}
	f.eng.decoded[at] = text
	return &Value{kind: KindString, text: text, marks: f.hidden(at, decodedConstant), call: c}
}

// Decoded returns the text that a node of the program decodes out of a constant.
func (e *Engine) Decoded(n ast.Node) (string, bool) {
	t, ok := e.decoded[n]
	return t, ok
}

// decodedBy decodes the constant argument of a function of a library.
func decodedBy(c *Call, depth int) (string, bool) {
	if len(c.Args) == 0 || depth > 3 {
		return "", false
	}
	arg := c.Args[0].Value
	text, ok := arg.Text()
	if made := arg.Origin(); !ok && made != nil && made.Symbol != nil {
		text, ok = decodedBy(made, depth+1)
	}
	if !ok || len(text) < minHidden || len(text) > 1<<16 {
		return "", false
	}
	var out []byte
	var err error
	switch c.Symbol.String() {
	case "base64.b64decode", "base64.standard_b64decode", "binascii.a2b_base64":
		out, err = base64.StdEncoding.DecodeString(text)
	case "base64.urlsafe_b64decode":
		out, err = base64.URLEncoding.DecodeString(text)
	case "base64.b32decode":
		out, err = base32.StdEncoding.DecodeString(text)
	case "base64.a85decode":
		out, err = ascii85Text(text)
	case "base64.b85decode":
		out, err = base85Text(text)
	case "base64.b16decode", "binascii.unhexlify", "binascii.a2b_hex", "builtins.bytes.fromhex", "builtins.bytearray.fromhex":
		out, err = hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	case "zlib.decompress":
		r, e := zlib.NewReader(strings.NewReader(text))
		if e != nil {
			return "", false
		}
		out, err = io.ReadAll(io.LimitReader(r, 1<<16))
	case "codecs.decode", "codecs.encode":
		codec, _ := c.value(1).Text()
		switch strings.ToLower(strings.ReplaceAll(codec, "_", "")) {
		case "rot13":
			return rotated(text, 13), true
		case "hex":
			if c.Symbol.step == "encode" {
				return "", false
			}
			out, err = hex.DecodeString(text)
		default:
			return "", false
		}
	default:
		return "", false
	}
	return string(out), err == nil
}

// ascii85Text and base85Text decode what Python's functions of these names encode.
func ascii85Text(text string) ([]byte, error) {
	out := make([]byte, len(text)+8)
	n, _, err := ascii85.Decode(out, []byte(text), true)
	return out[:n], err
}

const base85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

func base85Text(text string) ([]byte, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		k := strings.IndexByte(base85, text[i])
		if k < 0 {
			return nil, errors.New("not in the alphabet of base 85")
		}
		b.WriteByte(byte('!' + k))
	}
	return ascii85Text(b.String())
}

// rotated shifts the letters of a text within their alphabet.
func rotated(text string, by int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+rune(by))%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+rune(by))%26
		}
		return r
	}, text)
}

// translated is `C.translate(str.maketrans(A, B))` of a constant where B is A rotated.
func translated(c *Call) (string, bool) {
	text, ok := c.Receiver.Text()
	made := c.value(0).Origin()
	if !ok || made == nil || made.Method != "maketrans" {
		return "", false
	}
	from, ok1 := made.value(0).Text()
	to, ok2 := made.value(1).Text()
	if !ok1 || !ok2 || len(from) < minHidden || len(from) != len(to) || from == to || !strings.Contains(from+from, to) && !sameLetters(from, to) {
		return "", false
	}
	change := translation(c)
	if change == nil {
		return "", false
	}
	return change(text), true
}

// sameLetters reports whether two alphabets hold the same letters.
func sameLetters(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if strings.IndexByte(b, a[i]) < 0 {
			return false
		}
	}
	return true
}

// shifted is `"".join(chr(ord(c) + k) for c in C)` for a constant C.
func (f *Frame) shifted(c *Call) (string, bool) {
	sep, ok := c.Receiver.Text()
	if !ok || sep != "" || len(c.Node.Args) != 1 {
		return "", false
	}
	comp, ok := c.Node.Args[0].(*ast.Comp)
	if !ok || len(comp.Clauses) != 1 || len(comp.Clauses[0].Ifs) > 0 {
		return "", false
	}
	text, ok := f.quietly(comp.Clauses[0].Iter).Text()
	if s, literal := comp.Clauses[0].Iter.(*ast.Str); literal {
		text, ok = s.Value, true
	}
	item, named := comp.Clauses[0].Target.(*ast.Name)
	chr, called := comp.Elt.(*ast.Call)
	if !ok || !named || !called || !callsNamed(chr, "chr") {
		return "", false
	}
	sum, ok := chr.Args[0].(*ast.BinOp)
	if !ok {
		return "", false
	}
	ord, called := sum.Left.(*ast.Call)
	if !called || !callsNamed(ord, "ord") || !isNamed(ord.Args[0], item.Id) {
		return "", false
	}
	k, ok := f.shiftedBy(sum.Right)
	if !ok || sum.Op != "+" && sum.Op != "-" && sum.Op != "^" {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		switch sum.Op {
		case "+":
			return r + rune(k)
		case "-":
			return r - rune(k)
		}
		return r ^ rune(k)
	}, text), true
}

// shiftedBy is the number by which letters are shifted, also of a parameter by its default.
func (f *Frame) shiftedBy(e ast.Expr) (int, bool) {
	if n, ok := e.(*ast.Number); ok {
		k, err := strconv.Atoi(n.Text)
		return k, err == nil
	}
	v := f.quietly(e)
	n, ok := v.Number()
	if d := v.Default(); !ok && d != nil { // def shift(text, k=3)
		n, ok = d.Number()
	}
	return int(n), ok && n == float64(int(n))
}

func callsNamed(c *ast.Call, name string) bool {
	return len(c.Args) == 1 && len(c.Keywords) == 0 && isNamed(c.Fn, name)
}

func isNamed(e ast.Expr, name string) bool {
	n, ok := e.(*ast.Name)
	return ok && n.Id == name
}

// reversed is `C[::-1]` of a constant; nil for other slices.
func (f *Frame) reversed(v *Value, s *ast.Slice, at ast.Node) *Value {
	text, ok := v.Text()
	if o := v.exact; !ok && o != nil && o.frame == f && o.parent == nil && s.Lower == nil && s.Upper == nil && s.Step != nil && f.fn != nil && o.index < 64 {
		f.decodes(o.index)
	}
	if !ok || s.Lower != nil || s.Upper != nil || len(text) < minHidden || len(text) > 1<<16 {
		return nil
	}
	if n, ok := f.bound(s.Step).Number(); !ok || n != -1 {
		return nil
	}
	l := []rune(text)
	slices.Reverse(l)
	return f.hiddenText(string(l), at, nil)
}
