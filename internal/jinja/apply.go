package jinja

import (
	"strings"
	"unicode"
)

// call is what a call yields.
func (in *interp) call(f value, args []value, kw *dict) value {
	switch f.kind {
	case methodValue:
		return apply(f.text, *f.recv, args, kw)
	case functionValue:
		switch f.text {
		case "macro":
			return f.items[0]
		case "range":
			return span(args)
		case "dict", "namespace":
			if len(args) == 1 && args[0].kind == dictValue {
				for i, k := range args[0].dict.keys {
					kw.set(k, args[0].dict.values[i])
				}
			}
			return value{kind: dictValue, dict: kw}
		}
	}
	return value{}
}

// span is range(…).
func span(args []value) value {
	lo, hi, step := 0, 0, 1
	for _, a := range args {
		if a.kind != numberValue {
			return value{}
		}
	}
	switch len(args) {
	case 1:
		hi = args[0].num
	case 2:
		lo, hi = args[0].num, args[1].num
	case 3:
		lo, hi, step = args[0].num, args[1].num, args[2].num
	}
	if step == 0 {
		return value{}
	}
	var items []value
	for i := lo; (step > 0 && i < hi || step < 0 && i > hi) && len(items) <= listLimit; i += step {
		items = append(items, numberOf(i))
	}
	return listOf(items)
}

// apply is a filter, or a method of the same name and meaning, on a value.
func apply(name string, v value, args []value, kw *dict) value {
	arg := func(i int) value {
		if i < len(args) {
			return args[i]
		}
		return value{}
	}
	switch name {
	case "join":
		if v.kind == textValue && len(args) == 1 && args[0].kind == listValue { // sep.join(items), not items|join(sep)
			return join(args[0].items, v.text)
		}
		sep := arg(0)
		if sep.kind == unknown {
			sep = kw.get("d")
		}
		if v.each() == nil && v.kind != listValue {
			return value{}
		}
		return join(v.each(), sep.text)
	case "reverse":
		return v.reverse()
	case "list":
		if v.each() != nil {
			return listOf(v.each())
		}
	case "first":
		return v.index(numberOf(0))
	case "last":
		return v.index(numberOf(-1))
	case "keys", "items", "values", "dictsort":
		return entries(name, v)
	case "get", "pop":
		if v.kind == dictValue && arg(0).kind == textValue {
			return v.dict.get(arg(0).text)
		}
	case "map":
		return mapped(v, args)
	case "default", "d":
		if v.kind == unknown {
			return arg(0)
		}
		return v
	case "format":
		if v.kind == textValue {
			if strings.Contains(v.text, "%") {
				return percent(v.text, args)
			}
			return braces(v.text, args, kw)
		}
	case "split":
		return splitText(v, arg(0))
	case "unique", "safe", "e", "escape", "string", "trim", "strip", "lstrip", "rstrip", "lower", "upper", "casefold",
		"swapcase", "capitalize", "title", "replace", "removeprefix", "removesuffix", "center", "indent", "striptags", "zfill",
		"decode", "encode", "forceescape", "translate", "expandtabs":
		if s, ok := v.print(); ok {
			return onText(name, s, args)
		}
		return v
	}
	return value{}
}

// entries are a dict's keys, values or pairs.
func entries(what string, v value) value {
	if v.kind != dictValue {
		return value{}
	}
	var out []value
	for i, k := range v.dict.keys {
		switch what {
		case "keys":
			out = append(out, textOf(k))
		case "values":
			out = append(out, v.dict.values[i])
		default:
			out = append(out, listOf([]value{textOf(k), v.dict.values[i]}))
		}
	}
	return listOf(out)
}

// mapped is items|map("filter", …).
func mapped(v value, args []value) value {
	if len(args) == 0 || args[0].kind != textValue || args[0].text == "map" {
		return value{}
	}
	var out []value
	for _, it := range v.each() {
		out = append(out, apply(args[0].text, it, args[1:], &dict{}))
	}
	return listOf(out)
}

func splitText(v, sep value) value {
	if v.kind != textValue {
		return value{}
	}
	parts := strings.Fields(v.text)
	if sep.kind == textValue && sep.text != "" {
		parts = strings.SplitN(v.text, sep.text, listLimit)
	}
	var out []value
	for _, p := range parts {
		out = append(out, textOf(p))
	}
	return listOf(out)
}

// onText is a filter or method that makes a text of a text.
func onText(name, s string, args []value) value {
	arg := func(i int) string {
		if i < len(args) {
			return args[i].text
		}
		return ""
	}
	cut := arg(0)
	if cut == "" {
		cut = " \t\r\n\f\v"
	}
	switch name {
	case "trim", "strip":
		s = strings.Trim(s, cut)
	case "lstrip":
		s = strings.TrimLeft(s, cut)
	case "rstrip":
		s = strings.TrimRight(s, cut)
	case "lower", "casefold":
		s = strings.ToLower(s)
	case "upper":
		s = strings.ToUpper(s)
	case "capitalize":
		if s != "" {
			s = strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
		}
	case "swapcase":
		s = strings.Map(func(r rune) rune {
			if unicode.IsUpper(r) {
				return unicode.ToLower(r)
			}
			return unicode.ToUpper(r)
		}, s)
	case "replace":
		from, to := arg(0), arg(1)
		if n := strings.Count(s, from); n > 0 && len(s)+n*len(to) > 2*textLimit {
			return value{}
		}
		s = strings.ReplaceAll(s, from, to)
	case "removeprefix":
		s = strings.TrimPrefix(s, arg(0))
	case "removesuffix":
		s = strings.TrimSuffix(s, arg(0))
	case "title", "translate":
		return value{}
	}
	return textOf(s)
}
