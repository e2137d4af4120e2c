package artifact

import (
	"fmt"
	"strconv"
	"strings"
)

// valueKind is what a value of the pickle machine is.
type valueKind uint8

const (
	unknown    valueKind = iota // cannot be told
	none                        // None
	boolean                     // text is True or False
	number                      // n, or text where it is no int64
	text                        // a string
	data                        // bytes; from and n say where they stand
	tuple                       //
	list                        //
	dict                        // items alternate keys and values
	set                         //
	global                      // a function, class or module by its qualified name
	instance                    // the result of calling callee with args
	persistent                  // what the loader makes of a persistent id
)

// value is what is known of an object that a pickle builds. Values are shared through the
// memo and can contain themselves.
type value struct {
	kind valueKind
	// text is a string's content, a global's qualified name, a number as written.
	text string
	// cut is set when text is only the beginning, or items lacks some.
	cut bool
	// n is a number, or the length of data, which starts at from.
	n, from int64
	// items are the elements; of a dict, keys and values by turns.
	items []*value
	// callee and args are those of an instance.
	callee, args *value
	// state is what BUILD gave an instance.
	state *value
	// reported is set on a global once a call of it is.
	dotted int // for a global: where the module's name ends in text
}

var (
	unknownValue = &value{}
	noneValue    = &value{kind: none}
	trueValue    = &value{kind: boolean, text: "True"}
	falseValue   = &value{kind: boolean, text: "False"}
	emptyTuple   = &value{kind: tuple}
)

// keptItems is how many elements of a container are kept.
const keptItems = 64

// add appends elements to a container, as far as they are kept.
func (v *value) add(items ...*value) {
	switch {
	case v.kind != list && v.kind != set && v.kind != dict:
		return
	case len(v.items)+len(items) > keptItems:
		v.cut = true
		items = items[:max(0, keptItems-len(v.items))]
	}
	v.items = append(v.items, items...)
}

// lookup finds a key of a dict; the last one counts.
func (v *value) lookup(key string) *value {
	if v == nil || v.kind != dict {
		return nil
	}
	for i := len(v.items) - 2; i >= 0; i -= 2 {
		if k := v.items[i]; k.kind == text && k.text == key && !k.cut {
			return v.items[i+1]
		}
	}
	return nil
}

// named returns the qualified name of a global, "" for all else.
func (v *value) named() string {
	if v == nil || v.kind != global {
		return ""
	}
	return v.text
}

// shownText and shownItems bound how an argument is written, shownDepth how deep.
const (
	shownText  = 80
	shownItems = 6
	shownDepth = 4
	shownTotal = 300
)

// String writes a value as Python would, shortened.
func (v *value) String() string {
	var b strings.Builder
	v.write(&b, shownDepth)
	if b.Len() > shownTotal {
		return strings.ToValidUTF8(b.String()[:shownTotal], "") + "…"
	}
	return b.String()
}

func (v *value) write(b *strings.Builder, depth int) {
	if v == nil {
		b.WriteString("?")
		return
	}
	if depth == 0 || b.Len() > shownTotal {
		b.WriteString("…")
		return
	}
	switch v.kind {
	case none:
		b.WriteString("None")
	case boolean:
		b.WriteString(v.text)
	case number:
		if v.text != "" {
			b.WriteString(v.text)
		} else {
			b.WriteString(strconv.FormatInt(v.n, 10))
		}
	case text:
		b.WriteString(quoted(v.text, v.cut))
	case data:
		if v.text == "" && v.n > 0 {
			fmt.Fprintf(b, "<%d bytes>", v.n)
		} else {
			b.WriteString("b" + quoted(v.text, v.cut))
		}
	case tuple:
		v.writeItems(b, "(", ")", depth)
	case list:
		v.writeItems(b, "[", "]", depth)
	case set:
		v.writeItems(b, "{", "}", depth)
	case dict:
		v.writeDict(b, depth)
	case global:
		b.WriteString(printable(v.text))
	case instance:
		v.callee.write(b, depth-1)
		if v.args != nil && v.args.kind == tuple {
			v.args.writeItems(b, "(", ")", depth-1)
		} else {
			b.WriteString("(…)")
		}
	case persistent:
		b.WriteString("<persistent id>")
	default:
		b.WriteString("?")
	}
}

func (v *value) writeItems(b *strings.Builder, open, end string, depth int) {
	b.WriteString(open)
	for i, item := range v.items {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == shownItems {
			b.WriteString("…")
			break
		}
		item.write(b, depth-1)
	}
	if v.kind == tuple && len(v.items) == 1 && open == "(" {
		b.WriteString(",")
	}
	b.WriteString(end)
}

func (v *value) writeDict(b *strings.Builder, depth int) {
	b.WriteString("{")
	for i := 0; i+1 < len(v.items); i += 2 {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 2*shownItems {
			b.WriteString("…")
			break
		}
		v.items[i].write(b, depth-1)
		b.WriteString(": ")
		v.items[i+1].write(b, depth-1)
	}
	b.WriteString("}")
}

// quoted writes a string as Python does, shortened.
func quoted(s string, more bool) string {
	if len(s) > shownText {
		s, more = strings.ToValidUTF8(s[:shownText], ""), true
	}
	q := strconv.QuoteToASCII(s)
	q = strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
	if strings.Contains(q, "'") {
		q = strings.ReplaceAll(q, "'", `\'`)
	}
	if more {
		q += "…"
	}
	return "'" + q + "'"
}

// printable makes a name safe to show: it comes out of a hostile file.
func printable(s string) string {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	q := strconv.Quote(s)
	if q[1:len(q)-1] == s {
		return s
	}
	return q[1 : len(q)-1]
}
