package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/internal/catalog"
)

// renderPage writes the page of a check, docs/checks/<ID>.md. known tells which ids have a
// page, so that only those become links.
func renderPage(e *entry, known map[string]*entry) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- Generated from checks/%s/catalog.yaml by go generate; edit that file instead. -->\n\n", e.part.Folder)
	fmt.Fprintf(&b, "# %s: %s\n\n", e.ID, e.Name)
	fmt.Fprintf(&b, "**%s**\n\n", prose(e.Title))
	facts(&b, e)

	heading(&b, "Why it matters")
	fmt.Fprintf(&b, "%s\n", prose(e.Reading))

	heading(&b, "What is reported")
	bullets(&b, e.Detect)
	fmt.Fprintf(&b, "\nThe report stands at: %s.\n", prose(strings.TrimSuffix(e.ReportAt, ".")))

	if left := e.leftAlone(); len(left) > 0 {
		heading(&b, "What is left alone")
		bullets(&b, left)
	}

	heading(&b, "Example")
	code(&b, strings.ReplaceAll(e.Vulnerable, "# want", "# reported"))

	heading(&b, "Fix")
	fmt.Fprintf(&b, "%s\n\n%s:\n\n", remedyWords(e), capital(prose(strings.TrimSuffix(e.Edit, "."))))
	code(&b, e.Fixed)

	heading(&b, "Written safely")
	code(&b, e.Safe)

	heading(&b, "When the report is right but accepted")
	fmt.Fprintf(&b, "```python\n...  # pyguardml: ignore[%s] say why here\n```\n", e.ID)

	related(&b, e, known)
	standards(&b, e)
	return b.Bytes()
}

// leftAlone lists what must not be reported.
func (e *entry) leftAlone() []string {
	if !e.OutsideTests {
		return e.Ignore
	}
	return append(slices.Clone(e.Ignore), "tests: files in `tests/`, `test/` and `testing/`, `test_*.py`, `*_test.py`, `tests.py`, `conftest.py`")
}

func heading(b *bytes.Buffer, text string) { fmt.Fprintf(b, "\n## %s\n\n", text) }

func facts(b *bytes.Buffer, e *entry) {
	on := "on by default"
	if e.Profile == "extended" {
		on = "opt-in (profile `all`, or selected by id)"
	}
	fmt.Fprintf(b, "| | |\n| --- | --- |\n")
	fmt.Fprintf(b, "| Severity | %s |\n", e.Severity)
	fmt.Fprintf(b, "| Class | %s: %s |\n", e.Class, classWords[e.Class])
	fmt.Fprintf(b, "| Profile | %s: %s |\n", e.Profile, on)
	fmt.Fprintf(b, "| Fix | %s |\n", e.Applicability)
	fmt.Fprintf(b, "| Looks at | %s |\n", inputList(e.Inputs))
	if len(e.Frameworks) > 0 {
		fmt.Fprintf(b, "| Libraries | %s |\n", ticked(e.Frameworks))
	}
	fmt.Fprintf(b, "| Part | %s %s, %s |\n", e.part.Number, e.part.Title, prose(e.Group))
}

var classWords = map[string]string{
	"vulnerability": "untrusted data reaches a dangerous operation",
	"weakness":      "an API or setting that is unsafe in itself",
	"hardening":     "a protection is missing where it plainly belongs",
	"governance":    "evidence of a process is missing; reported once",
}

var inputWords = map[string]string{
	"python": "Python files", "notebook": "notebooks", "artifact": "model files", "manifest": "manifests and configuration",
}

func inputList(list []string) string {
	var names []string
	for _, in := range list {
		names = append(names, inputWords[in])
	}
	return strings.Join(names, ", ")
}

func remedyWords(e *entry) string {
	if e.Applicability == "safe" {
		return "The fix is **safe**: code that works keeps working, so it may be applied without looking."
	}
	return "The fix is **unsafe**: it changes behaviour or needs a decision, so it is applied only with consent (`--unsafe-fixes`)."
}

func ticked(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = "`" + s + "`"
	}
	return strings.Join(out, ", ")
}

func bullets(b *bytes.Buffer, list []string) {
	for _, s := range list {
		fmt.Fprintf(b, "- %s\n", prose(s))
	}
}

// code writes an example between fences long enough for the text within. A text that is
// not Python (a manifest, a model file's outline) gets no language.
func code(b *bytes.Buffer, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "%spython\n%s%s\n", fence, text, fence)
}

// prose escapes what Markdown would take for markup in running text, outside of `code`.
// An underscore within a word is none.
func prose(s string) string {
	var b strings.Builder
	inCode := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '`':
			inCode = !inCode
		case inCode:
		case c == '_' && i > 0 && i+1 < len(s) && isWord(s[i-1]) && isWord(s[i+1]):
		case strings.IndexByte(`*_<[]|\`, c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func capital(s string) string {
	if s == "" || strings.HasPrefix(s, "`") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func related(b *bytes.Buffer, e *entry, known map[string]*entry) {
	if len(e.Specializes) == 0 {
		return
	}
	heading(b, "Related checks")
	for _, id := range e.Specializes {
		g := known[id]
		if g == nil {
			fmt.Fprintf(b, "- Takes the place of %s where both would report.\n", id)
			continue
		}
		fmt.Fprintf(b, "- Takes the place of [%s](%s.md) (%s) where both would report.\n", id, id, g.Name)
	}
}

func standards(b *bytes.Buffer, e *entry) {
	heading(b, "Standards")
	for _, s := range []struct {
		std catalog.Standard
		ids []string
	}{
		{catalog.CWE, e.CWE},
		{catalog.OWASPLLM, e.OWASPLLM},
		{catalog.OWASPML, e.OWASPML},
		{catalog.OWASPAgentic, e.OWASPAgentic},
		{catalog.ATLAS, e.ATLAS},
		{catalog.NIST, e.NIST},
	} {
		for _, id := range s.ids {
			ref, err := s.std.Reference(id)
			if err != nil {
				continue // entries are validated before they are rendered
			}
			fmt.Fprintf(b, "- %s: [%s](%s)%s\n", s.std.Name, id, ref.URL, named(ref.Name))
		}
	}
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}

// renderIndex writes docs/checks/README.md: all checks by part.
func renderIndex(all []*entry) []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Generated from checks/*/catalog.yaml by go generate; edit those files instead. -->\n\n# Checks\n\n")
	fmt.Fprint(&b, "An id names its part: PML1201 is the first check of part 1.2. Checks of the profile `default` run unless switched off; `extended` ones are opt-in.\n")
	part := ""
	for _, e := range all {
		if e.part.Number != part {
			part = e.part.Number
			heading(&b, part+" "+e.part.Title)
			b.WriteString("| Check | Severity | Profile | Fix | What is reported |\n| --- | --- | --- | --- | --- |\n")
		}
		fmt.Fprintf(&b, "| [%s](%s.md) `%s` | %s | %s | %s | %s |\n", e.ID, e.ID, e.Name, e.Severity, e.Profile, e.Applicability, prose(e.Title))
	}
	return b.Bytes()
}
