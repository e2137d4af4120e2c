package notebooks

import (
	"bytes"
	"encoding/base64"
	"html"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/webpage"
	"github.com/pyguard/pyguardml/notebook"
)

// markdownScript is PML4108.
var markdownScript = &checks.Rule{
	Spec: infoPML4108,
	OnNotebook: func(p *checks.Pass) {
		for i := range p.Notebook.Cells {
			c := &p.Notebook.Cells[i]
			if c.Type != "markdown" && c.Type != "heading" {
				continue
			}
			var edits []notebook.CellEdit
			for _, s := range markdownScripts(c.Source) {
				if s.Insecure() || webpage.UsesOf(s.Code)&markdownUses != 0 {
					edits = append(edits, notebook.CellEdit{Cell: c.Number, Start: s.Start, End: s.End, New: s.left})
				}
			}
			if len(edits) > 0 {
				edits = slices.CompactFunc(edits, func(a, b notebook.CellEdit) bool { return a.Start < b.End })
				p.Report(checks.Report{Cell: c.Number, Fix: checks.Fix(false, "take the script out", checks.RawEdits(p.Notebook.EditSource(edits...)))})
			}
		}
	},
}

// markdownUses are what script in prose has no need for.
const markdownUses = webpage.Fetch | webpage.XHR | webpage.Beacon | webpage.Socket | webpage.Imports | webpage.Cookie | webpage.Storage | webpage.Eval | webpage.Atob |
	webpage.KernelExecute | webpage.RequestExecute | webpage.Frames

// proseScript is a script in Markdown, with the text that is left in its place.
type proseScript struct {
	webpage.Script
	left string
}

// markdownScripts lists the scripts of a Markdown text: those of its HTML, and those in the
// targets of its links and pictures.
func markdownScripts(source string) []proseScript {
	prose := withoutCode(source)
	var out []proseScript
	for _, s := range webpage.Scripts(prose) {
		out = append(out, proseScript{Script: s})
	}
	for from := 0; ; {
		i := strings.Index(prose[from:], "](")
		if i < 0 {
			break
		}
		at := from + i + 2
		from = at
		end := targetEnd(prose, at)
		target := strings.TrimSpace(prose[at:end])
		open := strings.LastIndexByte(prose[:at-2], '[')
		if open < 0 || end >= len(prose) {
			continue
		}
		text := source[open+1 : at-2]
		start := open
		if start > 0 && prose[start-1] == '!' {
			start--
		}
		for _, s := range webpage.AddressScripts(html.UnescapeString(strings.Trim(target, "<>"))) {
			s.Start, s.End = start, end+1
			out = append(out, proseScript{s, text})
		}
	}
	out = append(out, definitionScripts(prose)...)
	slices.SortStableFunc(out, func(a, b proseScript) int { return a.Start - b.Start })
	return out
}

// definitionScripts lists the scripts in the targets that a Markdown text gives to names, `[name]: target`.
func definitionScripts(prose string) []proseScript {
	var out []proseScript
	at := 0
	for line := range strings.Lines(prose) {
		text := strings.TrimLeft(line, " ")
		name, target, ok := strings.Cut(text, "]:")
		if ok && len(line)-len(text) < 4 && strings.HasPrefix(name, "[") && len(name) > 1 {
			for _, s := range webpage.AddressScripts(html.UnescapeString(strings.Trim(strings.TrimSpace(target), "<>"))) {
				s.Start, s.End = at, at+len(strings.TrimRight(line, "\r\n"))
				out = append(out, proseScript{s, ""})
			}
		}
		at += len(line)
	}
	return out
}

// targetEnd is where the target of a link that begins at an offset ends: at its closing
// parenthesis.
func targetEnd(text string, at int) int {
	depth := 0
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return i
			}
		case '\n':
			return len(text)
		}
	}
	return len(text)
}

// withoutCode blanks fenced and indented code and code spans of a Markdown text at equal length.
func withoutCode(source string) string {
	out := []byte(source)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	fence, prose := "", true // prose: an indented line would go on with a paragraph
	at := 0
	for line := range strings.Lines(source) {
		trimmed := strings.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		text := strings.TrimSpace(line)
		mark := fenceOf(trimmed)
		switch {
		case fence != "":
			blank(at, at+len(line))
			if mark != "" && strings.HasPrefix(mark, fence) && strings.Trim(text, fence[:1]) == "" {
				fence = ""
			}
			prose = false
		case mark != "" && indent < 4:
			fence = mark
			blank(at, at+len(line))
		case text == "":
			prose = false
		case !prose && (indent >= 4 || strings.HasPrefix(trimmed, "\t")):
			blank(at, at+len(line))
		default:
			prose = true
		}
		at += len(line)
	}
	blankSpans(out)
	blankEscaped(out)
	return string(out)
}

// fenceOf is the run of backticks or tildes that a line begins with, where it is long enough to
// begin or end code.
func fenceOf(line string) string {
	for _, c := range [...]string{"`", "~"} {
		n := len(line) - len(strings.TrimLeft(line, c))
		if n >= 3 {
			return line[:n]
		}
	}
	return ""
}

// blankSpans blanks code spans: from a run of backticks to the next run of the same length.
func blankSpans(text []byte) {
	run := func(i int) int {
		n := 0
		for i+n < len(text) && text[i+n] == '`' {
			n++
		}
		return n
	}
	for i := 0; i < len(text); {
		n := run(i)
		if n == 0 {
			i++
			continue
		}
		end := -1
		for j := i + n; j < len(text); {
			m := run(j)
			if m == n {
				end = j
				break
			}
			j += max(m, 1)
		}
		if end < 0 {
			i += n
			continue
		}
		for k := i; k < end+n; k++ {
			if text[k] != '\n' {
				text[k] = ' '
			}
		}
		i = end + n
	}
}

// blankEscaped blanks the angle brackets that a backslash makes text of. Within a block of HTML it does
// not.
func blankEscaped(text []byte) {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if text[i+1] == '<' && !bytes.HasPrefix(bytes.TrimLeft(text[bytes.LastIndex(text[:i], []byte("\n\n"))+1:], " \n"), []byte("<")) {
			text[i+1] = ' '
		}
		i++
	}
}

// pictureScript is PML4110.
var pictureScript = &checks.Rule{
	Spec:  infoPML4110,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document, models.LLM, models.Tool},
	Into:  []checks.SinkKind{models.HTML},
	Knows: []string{"IPython.display.SVG"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NotePicture || p.IsTest() {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: asPicture(p, path)})
	},
	OnNotebook: func(p *checks.Pass) {
		for i := range p.Notebook.Cells {
			c := &p.Notebook.Cells[i]
			for o := range c.Outputs() {
				if displayed(o) && slices.ContainsFunc(o.Contents, livePicture) {
					p.Report(checks.Report{Cell: c.Number, Message: "An SVG output carries script that calls out", Fix: withoutOutputs(p, c.Number, true)})
					break
				}
			}
			for a := range c.Attachments() {
				if pictureOf(a) {
					edit, err := p.Notebook.RemoveAttachment(c.Number, a.Name)
					p.Report(checks.Report{
						Cell: c.Number, Message: "An SVG attachment carries script that calls out",
						Fix: checks.Fix(true, "take the attachment out", checks.RawEdits([]notebook.RawEdit{edit}, err)),
					})
					break
				}
			}
		}
	},
}

func pictureOf(a notebook.Attachment) bool {
	for c := range a.Contents() {
		if livePicture(c) {
			return true
		}
	}
	return false
}

// pictureUses are what script in a picture has no need for.
const pictureUses = webpage.Fetch | webpage.XHR | webpage.Beacon | webpage.Socket | webpage.Cookie | webpage.Storage | webpage.Eval | webpage.Atob |
	webpage.KernelExecute | webpage.RequestExecute

// livePicture reports whether an SVG picture holds script that calls out.
func livePicture(c notebook.Content) bool {
	if c.MIME != "image/svg+xml" {
		return false
	}
	text := c.Value.Text()
	if !strings.Contains(text, "<") { // attachments are Base64
		if plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
			text = string(plain)
		}
	}
	return slices.ContainsFunc(webpage.SVGScripts(text), func(s webpage.Script) bool {
		return s.Insecure() || webpage.UsesOf(s.Code)&pictureUses != 0
	})
}

// besideImport adds HTML to the import from IPython's display that brings a name.
func besideImport(p *checks.Pass, name string) []fix.Edit {
	for _, s := range p.File.Body {
		from, ok := s.(*ast.ImportFrom)
		if !ok {
			continue
		}
		for _, a := range from.Names {
			if p.File.Text(a) == name {
				return []fix.Edit{{Start: int(a.Pos()), End: int(a.Pos()), New: "HTML, "}}
			}
		}
	}
	return nil
}

// asPicture shows a picture through an element that runs no script.
func asPicture(p *checks.Pass, path *checks.Path) *fix.Fix {
	e := p.SinkExpr(path)
	c := path.Call.Node
	if e == nil || !p.Holds(c) || len(c.Args)+len(c.Keywords) != 1 || path.Call.Partial {
		return nil
	}
	text := p.File.Text(e)
	if strings.ContainsAny(text, "'\"\\{}\n#") {
		return nil
	}
	bytes := strings.HasSuffix(text, ".content") || strings.HasSuffix(text, ".read()")
	if !bytes {
		text += ".encode()"
	}
	encode, imports := fix.Reach(p.File, "base64.b64encode", "import base64", fix.InOrder)
	page, add := fix.Reach(p.File, "IPython.display.HTML", "from IPython.display import HTML", fix.InOrder)
	if beside := besideImport(p, "SVG"); page == "HTML" && len(add) > 0 && beside != nil {
		add = beside
	}
	return checks.Fix(true, "show the picture without its script", imports, add, checks.Replace(p, c,
		page+`(f'<img src="data:image/svg+xml;base64,{`+encode+`(`+text+`).decode()}">')`))
}
