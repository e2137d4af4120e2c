package artifact

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// xmlLimit bounds an XML document that is read: PMML of large forests and graphs of OpenVINO are
// shorter.
const xmlLimit = 64 << 20

// readXML reads a PMML document or a graph of OpenVINO: the entities that its document type
// declares, the documents it includes, and layers that are not OpenVINO's own.
func readXML(b []byte, add func(Fact)) error {
	b = decodeText(b)
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = latin
	custom := map[string]bool{}
	for {
		at := d.InputOffset()
		t, err := d.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		switch t := t.(type) {
		case xml.Directive:
			if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
				documentType(string(t), at, add)
			}
		case xml.StartElement:
			element(t, at, add, custom)
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

func element(t xml.StartElement, at int64, add func(Fact), custom map[string]bool) {
	attr := func(name string) string {
		for _, a := range t.Attr {
			if a.Name.Local == name {
				return a.Value
			}
		}
		return ""
	}
	switch t.Name.Local {
	case "include":
		if href := attr("href"); href != "" && strings.Contains(strings.ToLower(t.Name.Space), "xi") {
			add(Fact{Kind: Entity, Verdict: Dangerous, Offset: at, Name: "XInclude", Args: short(href),
				Why: "makes a parser read another file or address"})
		}
	case "layer":
		version, kind := attr("version"), attr("type")
		if version == "" || strings.HasPrefix(version, "opset") || version == "experimental" || custom[kind] {
			return
		}
		custom[kind] = true
		add(Fact{Kind: CustomOperator, Verdict: Unknown, Offset: at, Opcode: kind, Name: version + "." + kind,
			Why: "comes from a native library that whoever loads the model has to register"})
	}
}

// latin reads a document of any other encoding byte by byte: what matters is in ASCII.
func latin(_ string, r io.Reader) (io.Reader, error) { return r, nil }
