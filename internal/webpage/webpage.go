// Package webpage reads the HTML, SVG and JavaScript that notebooks keep: where markup holds
// script, and what the script does as far as its syntax tells. It runs nothing and judges nothing.
//
// HTML is read by the tokenizer of golang.org/x/net/html, which follows the standard's, JavaScript
// by tree-sitter. Both read any text.
//
// Start reading at Scripts and UsesOf.
package webpage

import (
	"encoding/base64"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Script is a place of markup that makes a browser run script.
type Script struct {
	// Tag is the element, in lower case; Attr the attribute that holds the script, "" for a script
	// element.
	Tag, Attr string
	// Code is the script, Src the address of a script element that has one.
	Code, Src string
	// Start and End are the bytes of the markup that go when the script goes: the element, or the
	// attribute with the white space before it.
	Start, End int
}

// maxNested bounds documents within documents: srcdoc, data: addresses.
const maxNested = 3

// Scripts lists the places of an HTML text that hold script: script elements, attributes that
// handle events, addresses of the scheme javascript:, and what documents in srcdoc and data:
// addresses hold.
func Scripts(markup string) []Script { return scriptsIn(markup, false, 0) }

// SVGScripts is Scripts for a picture, whose elements may end in "/>".
func SVGScripts(markup string) []Script { return scriptsIn(markup, true, 0) }

func scriptsIn(markup string, svg bool, depth int) []Script {
	if !strings.Contains(markup, "<") {
		return nil
	}
	var out []Script
	z := html.NewTokenizer(strings.NewReader(markup))
	at := 0
	open := -1 // the script element that is being read
	for {
		kind := z.Next()
		raw := z.Raw()
		start := at
		at += len(raw)
		if kind == html.ErrorToken {
			break
		}
		switch kind {
		case html.TextToken:
			if open >= 0 {
				out[open].Code += textOf(string(raw), svg)
				out[open].End = at
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); open >= 0 && string(name) == "script" {
				out[open].End = at
				open = -1
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := string(name)
			attrs := attributes(markup[start:at], start)
			if tag == "script" {
				s := Script{Tag: tag, Start: start, End: at}
				for _, a := range attrs {
					if a.name == "src" || a.name == "href" || a.name == "xlink:href" {
						s.Src = strings.TrimSpace(a.value)
					}
				}
				out = append(out, s)
				if svg && kind == html.SelfClosingTagToken {
					z.NextIsNotRawText()
				} else {
					open = len(out) - 1
				}
			}
			for _, a := range attrs {
				out = append(out, a.scripts(tag, depth)...)
			}
		}
	}
	return out
}

// textOf is the script in a script element's text: in a picture it is XML, which may be wrapped
// in a CDATA section.
func textOf(text string, svg bool) string {
	trimmed := strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(trimmed, "<![CDATA["); ok {
		return strings.TrimSuffix(inner, "]]>")
	}
	if svg {
		return html.UnescapeString(text)
	}
	return text
}

// attribute is one of a tag, with the bytes of the markup that it takes up.
type attribute struct {
	name, value string
	start, end  int
}

// attributes reads those of a tag, which begins at an offset of the markup. The names are in lower
// case, the values decoded.
func attributes(tag string, offset int) []attribute {
	var out []attribute
	i := strings.IndexAny(tag, " \t\r\n\f/")
	for i >= 0 && i < len(tag) {
		before := i
		for i < len(tag) && strings.IndexByte(" \t\r\n\f/", tag[i]) >= 0 {
			i++
		}
		begin := i
		for i < len(tag) && strings.IndexByte(" \t\r\n\f/>=", tag[i]) < 0 {
			i++
		}
		if i == begin {
			if i < len(tag) && tag[i] == '=' { // a stray sign is part of a name
				i++
				continue
			}
			break
		}
		a := attribute{name: strings.ToLower(tag[begin:i]), start: offset + before, end: offset + i}
		j := i
		for j < len(tag) && strings.IndexByte(" \t\r\n\f", tag[j]) >= 0 {
			j++
		}
		if j < len(tag) && tag[j] == '=' {
			i = j + 1
			for i < len(tag) && strings.IndexByte(" \t\r\n\f", tag[i]) >= 0 {
				i++
			}
			var value string
			if i < len(tag) && (tag[i] == '"' || tag[i] == '\'') {
				end := strings.IndexByte(tag[i+1:], tag[i])
				if end < 0 {
					break
				}
				value = tag[i+1 : i+1+end]
				i += end + 2
			} else {
				begin := i
				for i < len(tag) && strings.IndexByte(" \t\r\n\f>", tag[i]) < 0 {
					i++
				}
				value = tag[begin:i]
			}
			a.value, a.end = html.UnescapeString(value), offset+i
		}
		out = append(out, a)
	}
	return out
}

// scripts lists what an attribute makes a browser run.
func (a attribute) scripts(tag string, depth int) []Script {
	switch a.name {
	case "srcdoc":
		return a.within(tag, a.value, depth)
	case "href", "src", "xlink:href", "action", "formaction", "data":
		if code, ok := scriptAddress(a.value); ok {
			return []Script{{Tag: tag, Attr: a.name, Code: code, Start: a.start, End: a.end}}
		}
		if page, ok := pageAddress(a.value); ok {
			return a.within(tag, page, depth)
		}
	default:
		if strings.HasPrefix(a.name, "on") && len(a.name) > 3 {
			return []Script{{Tag: tag, Attr: a.name, Code: a.value, Start: a.start, End: a.end}}
		}
	}
	return nil
}

// within lists the scripts of a document that an attribute holds, at the place of the attribute.
func (a attribute) within(tag, page string, depth int) []Script {
	if depth >= maxNested {
		return nil
	}
	inner := scriptsIn(page, false, depth+1)
	for i := range inner {
		inner[i].Tag, inner[i].Attr, inner[i].Start, inner[i].End = tag, a.name, a.start, a.end
	}
	return inner
}

// AddressScripts lists the scripts that following an address runs: javascript: and data: addresses.
// Their places are those of the whole address.
func AddressScripts(address string) []Script {
	a := attribute{name: "href", value: address, end: len(address)}
	return a.scripts("a", 0)
}

// scriptAddress is the script of an address of the scheme javascript:. As browsers do, it skips
// white space and control characters in the scheme.
func scriptAddress(address string) (code string, ok bool) {
	const scheme = "javascript:"
	matched := 0
	for i := 0; i < len(address); i++ {
		c := address[i]
		if c <= ' ' {
			continue
		}
		if c|0x20 != scheme[matched] && c != scheme[matched] {
			return "", false
		}
		if matched++; matched == len(scheme) {
			return decoded(address[i+1:]), true
		}
	}
	return "", false
}

// pageAddress is the document that an address of the scheme data: holds.
func pageAddress(address string) (page string, ok bool) {
	head, body, ok := strings.Cut(strings.TrimSpace(address), ",")
	head = strings.ToLower(head)
	if !ok || !strings.HasPrefix(head, "data:text/html") && !strings.HasPrefix(head, "data:image/svg+xml") {
		return "", false
	}
	body = decoded(body)
	if !strings.HasSuffix(head, ";base64") {
		return body, true
	}
	page64, err := base64.StdEncoding.DecodeString(strings.TrimSpace(body))
	return string(page64), err == nil
}

// decoded takes the percent signs out of an address; one that is not well-formed stays.
func decoded(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	return s
}

// Insecure reports whether a script comes from an address that anybody on the way can change, or
// that names no owner: http:, or a bare IP address.
func (s *Script) Insecure() bool {
	if s.Src == "" {
		return false
	}
	address := s.Src
	if strings.HasPrefix(address, "//") {
		address = "https:" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || host == "127.0.0.1" || host == "::1" {
		return false
	}
	return strings.EqualFold(u.Scheme, "http") || strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == ""
}
