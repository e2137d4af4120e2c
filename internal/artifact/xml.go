package artifact

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// xmlLimit bounds what is read of an XML document: the graphs of OpenVINO are shorter, and of PMML
// only the beginning counts.
const xmlLimit = 16 << 20

// readXML reads a PMML document or, if graph is set, one of OpenVINO: the entities that its
// document type declares, and the layers of a graph that are not OpenVINO's own.
func readXML(r io.Reader, graph bool, add func(Fact)) error {
	d := xml.NewDecoder(decoded(r))
	d.Strict = false
	d.CharsetReader = latin
	custom := map[string]bool{}
	for {
		at := d.InputOffset()
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.Directive:
			if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
				documentType(string(t), at, add)
			}
		case xml.StartElement:
			if !graph {
				return nil // a document type stands before the root
			}
			layer(t, at, add, custom)
		}
	}
}

// documentType reads a document type declaration: where it is kept, and the entities that are kept
// elsewhere.
func documentType(text string, at int64, add func(Fact)) {
	words := dtdWords(text)
	for i, w := range words {
		if w.quoted || w.text != "SYSTEM" && w.text != "PUBLIC" {
			continue
		}
		// SYSTEM has one literal, PUBLIC an identifier and then one.
		j := i + 1
		if w.text == "PUBLIC" {
			j++
		}
		if j >= len(words) || !words[j].quoted {
			continue
		}
		name := "DOCTYPE"
		for k := i - 1; k >= 0 && !words[k].quoted; k-- {
			if strings.HasSuffix(words[k].text, "!ENTITY") {
				name = words[i-1].text
				break
			}
		}
		add(Fact{Kind: Entity, Verdict: Dangerous, Offset: at, Name: name, Args: short(words[j].text),
			Why: "makes a parser read another file or address"})
	}
}

// dtdWord is a word or a literal of a document type declaration.
type dtdWord struct {
	text   string
	quoted bool
}

func dtdWords(s string) []dtdWord {
	var out []dtdWord
	for i := 0; i < len(s) && len(out) < 10_000; {
		switch c := s[i]; {
		case strings.HasPrefix(s[i:], "<!--"):
			stop := strings.Index(s[i:], "-->")
			if stop < 0 {
				return out
			}
			i += stop + 3
		case c == '"' || c == '\'':
			stop := strings.IndexByte(s[i+1:], c)
			if stop < 0 {
				return out
			}
			out = append(out, dtdWord{s[i+1 : i+1+stop], true})
			i += stop + 2
		case strings.IndexByte(" \t\r\n[]<>", c) >= 0:
			i++
		default:
			j := i
			for j < len(s) && strings.IndexByte(" \t\r\n[]<>\"'", s[j]) < 0 {
				j++
			}
			out = append(out, dtdWord{s[i:j], false})
			i = j
		}
	}
	return out
}

// layer reads a layer of a graph.
func layer(t xml.StartElement, at int64, add func(Fact), custom map[string]bool) {
	if t.Name.Local != "layer" {
		return
	}
	var version, kind string
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "version":
			version = a.Value
		case "type":
			kind = a.Value
		}
	}
	if version == "" || strings.HasPrefix(version, "opset") || version == "experimental" || custom[kind] || len(custom) >= customLimit {
		return
	}
	custom[kind] = true
	add(Fact{Kind: CustomOperator, Verdict: Unknown, Offset: at, Opcode: kind, Name: short(version + "." + kind),
		Why: "comes from a native library that whoever loads the model has to register"})
}

// latin reads a document of any other encoding byte by byte: what matters is in ASCII.
func latin(_ string, r io.Reader) (io.Reader, error) { return r, nil }
