package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what is known of a value.
type kind uint8

const (
	unknown kind = iota
	textValue
	numberValue
	boolValue
	listValue
	dictValue
	// methodValue is a method of the value in recv.
	methodValue
	// functionValue is a macro or one of Jinja's own functions, by name.
	functionValue
)

// value is what an expression is known to yield.
type value struct {
	kind  kind
	text  string
	num   int
	items []value
	dict  *dict
	recv  *value
}

// dict is a dict or namespace; values share it.
type dict struct {
	keys   []string
	values []value
}

const (
	textLimit = 4096
	listLimit = 1024
)

func textOf(s string) value {
	if len(s) > textLimit {
		return value{}
	}
	return value{kind: textValue, text: s}
}

func numberOf(n int) value { return value{kind: numberValue, num: n} }

func listOf(items []value) value {
	if len(items) > listLimit {
		return value{}
	}
	return value{kind: listValue, items: items}
}

func (d *dict) get(key string) value {
	for i := len(d.keys) - 1; i >= 0; i-- {
		if d.keys[i] == key {
			return d.values[i]
		}
	}
	return value{}
}

func (d *dict) set(key string, v value) {
	for i := range d.keys {
		if d.keys[i] == key {
			d.values[i] = v
			return
		}
	}
	if len(d.keys) < listLimit {
		d.keys, d.values = append(d.keys, key), append(d.values, v)
	}
}

// print is the text of a value, as ~ and {{ }} make it.
func (v value) print() (string, bool) {
	switch v.kind {
	case textValue:
		return v.text, true
	case numberValue:
		return strconv.Itoa(v.num), true
	case boolValue:
		if v.num != 0 {
			return "True", true
		}
		return "False", true
	}
	return "", false
}

// truth is whether a value is true, and whether that is known.
func (v value) truth() (truth, known bool) {
	switch v.kind {
	case textValue:
		return v.text != "", true
	case numberValue, boolValue:
		return v.num != 0, true
	case listValue:
		return len(v.items) > 0, true
	}
	return false, false
}

// each returns the items that a loop over a value has.
func (v value) each() []value {
	switch v.kind {
	case listValue:
		return v.items
	case textValue:
		var out []value
		for _, r := range v.text {
			out = append(out, textOf(string(r)))
		}
		return out
	case dictValue:
		var out []value
		for _, k := range v.dict.keys {
			out = append(out, textOf(k))
		}
		return out
	}
	return nil
}

// index is v[i].
func (v value) index(i value) value {
	switch {
	case v.kind == dictValue && i.kind == textValue:
		return v.dict.get(i.text)
	case i.kind != numberValue && i.kind != boolValue:
		return value{}
	case v.kind == listValue || v.kind == textValue:
		items := v.each()
		n := i.num
		if n < 0 {
			n += len(items)
		}
		if n >= 0 && n < len(items) {
			return items[n]
		}
	}
	return value{}
}

// slice is v[from:to:step], each of which may be missing.
func (v value) slice(from, to, step *value) value {
	items := v.each()
	if v.kind != listValue && v.kind != textValue {
		return value{}
	}
	k := 1
	if step != nil {
		if k = step.num; step.kind != numberValue || k == 0 {
			return value{}
		}
	}
	low, high := 0, len(items)
	if k < 0 {
		low, high = len(items)-1, -1
	}
	for _, b := range []struct {
		given *value
		bound *int
	}{{from, &low}, {to, &high}} {
		if b.given == nil {
			continue
		}
		if b.given.kind != numberValue {
			return value{}
		}
		n := b.given.num
		if n < 0 {
			n = max(n+len(items), -1)
		}
		*b.bound = min(n, len(items))
	}
	var out []value
	for i := low; (k > 0 && i < high || k < 0 && i > high) && len(out) <= len(items); i += k {
		if i >= 0 && i < len(items) {
			out = append(out, items[i])
		}
	}
	if v.kind == listValue {
		return listOf(out)
	}
	return join(out, "")
}

// join is sep.join(items).
func join(items []value, sep string) value {
	var b strings.Builder
	for i, it := range items {
		s, ok := it.print()
		if !ok || b.Len() > textLimit {
			return value{}
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(s)
	}
	return textOf(b.String())
}

// times is v * n.
func (v value) times(n int) value {
	switch {
	case n < 0:
		n = 0
	case n > textLimit:
		return value{}
	}
	switch v.kind {
	case textValue:
		if len(v.text)*n > textLimit {
			return value{}
		}
		return textOf(strings.Repeat(v.text, n))
	case numberValue:
		return numberOf(v.num * n)
	}
	return value{}
}

// reverse turns a text or list round.
func (v value) reverse() value {
	minus := numberOf(-1)
	return v.slice(nil, nil, &minus)
}

// percent is text % args: %s, %c and %d, which is what builds names.
func percent(format string, args []value) value {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if format[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if len(args) == 0 || b.Len() > textLimit || !conversion(&b, format[i], args[0]) {
			return value{}
		}
		args = args[1:]
	}
	return textOf(b.String())
}

func conversion(b *strings.Builder, c byte, v value) bool {
	if c == 'c' && v.kind == numberValue {
		if v.num < 0 || v.num > utf8.MaxRune {
			return false
		}
		b.WriteRune(rune(v.num))
		return true
	}
	s, ok := v.print()
	if !ok || strings.IndexByte("sdc", c) < 0 {
		return false
	}
	b.WriteString(s)
	return true
}

// braces is format.format(args…): {}, {0} and {0:c}.
func braces(format string, args []value, kw *dict) value {
	var b strings.Builder
	next := 0
	for i := 0; i < len(format); i++ {
		c := format[i]
		if (c == '{' || c == '}') && i+1 < len(format) && format[i+1] == c {
			b.WriteByte(c)
			i++
			continue
		}
		if c != '{' {
			b.WriteByte(c)
			continue
		}
		stop := strings.IndexByte(format[i:], '}')
		if stop < 0 || b.Len() > textLimit {
			return value{}
		}
		field, spec, _ := strings.Cut(format[i+1:i+stop], ":")
		i += stop
		var v value
		if n, err := strconv.Atoi(field); err == nil && n >= 0 && n < len(args) {
			v = args[n]
		} else if field == "" && next < len(args) {
			v = args[next]
			next++
		} else {
			v = kw.get(field)
		}
		conv := byte('s')
		if spec != "" {
			conv = spec[len(spec)-1]
		}
		if !conversion(&b, conv, v) {
			return value{}
		}
	}
	return textOf(b.String())
}
