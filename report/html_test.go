package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/pyguardml"
)

func TestHTMLIsComplete(t *testing.T) {
	golden(t, "report.html", write(t, func(b *bytes.Buffer) error { return HTML(b, sampleResult(t), Source(sample.open)) }))
}

// element is an element of a page with all the text within.
type element struct {
	name   string
	attrs  map[string]string
	parent *element
	text   strings.Builder
}

func (e *element) within(ancestor *element) bool {
	for ; e != nil; e = e.parent {
		if e == ancestor {
			return true
		}
	}
	return false
}

// parsed lists the elements of a page, in order. The text of its style and script, which must
// be as they were written, is left out: it is no markup.
func parsed(t testing.TB, page []byte) []*element {
	t.Helper()
	for _, raw := range []string{"<style>" + htmlStyle + "</style>", "<script>" + htmlScript + "</script>"} {
		if bytes.Count(page, []byte(raw)) != 1 {
			t.Fatalf("the page does not hold %.20s... once and unchanged", raw)
		}
		name, _, _ := strings.Cut(raw, ">")
		page = bytes.Replace(page, []byte(raw), []byte(name+"></"+name[1:]+">"), 1)
	}
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var list []*element
	var open *element
	for {
		token, err := d.Token()
		if err == io.EOF && open == nil {
			return list
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = &element{name: token.Name.Local, attrs: map[string]string{}, parent: open}
			for _, a := range token.Attr {
				open.attrs[a.Name.Local] = a.Value
			}
			list = append(list, open)
		case xml.EndElement:
			if open == nil || open.name != token.Name.Local {
				t.Fatalf("</%s> closes nothing", token.Name.Local)
			}
			open = open.parent
		case xml.CharData:
			for e := open; e != nil; e = e.parent {
				e.text.Write(token)
			}
		}
	}
}

func TestEveryLinkWithinThePageLeadsSomewhere(t *testing.T) {
	ids, links := map[string]bool{}, []string{}
	for _, e := range parsed(t, write(t, func(b *bytes.Buffer) error { return HTML(b, hostileResult(t), Source(hostileProject.open)) })) {
		if id, ok := e.attrs["id"]; ok {
			if ids[id] {
				t.Errorf("two elements have the id %s", id)
			}
			ids[id] = true
		}
		if href := e.attrs["href"]; strings.HasPrefix(href, "#") {
			link, err := url.PathUnescape(href[1:])
			if err != nil {
				t.Error(err)
			}
			links = append(links, link)
		}
	}
	if len(links) == 0 {
		t.Error("there are no links")
	}
	for _, link := range links {
		if !ids[link] {
			t.Errorf("#%s leads nowhere", link)
		}
	}
}

func TestThePageLoadsNothing(t *testing.T) {
	allowed := regexp.MustCompile(`^(#|https://(github\.com/pyguard|cwe\.mitre\.org|genai\.owasp\.org|owasp\.org|atlas\.mitre\.org|doi\.org|nvlpubs\.nist\.gov|www\.nist\.gov|airc\.nist\.gov|csrc\.nist\.gov)/)`)
	for _, e := range parsed(t, write(t, func(b *bytes.Buffer) error { return HTML(b, sampleResult(t), Source(sample.open)) })) {
		for key, value := range e.attrs {
			switch {
			case key == "src" || key == "srcset" || key == "data" || key == "action" || key == "background" || key == "style" || strings.HasPrefix(key, "on"):
				t.Errorf("<%s> has the attribute %s=%q", e.name, key, value)
			case key == "href" && (e.name != "a" || !allowed.MatchString(value)):
				t.Errorf("<%s> leads to %q", e.name, value)
			}
		}
		switch e.name {
		case "link", "img", "iframe", "object", "embed", "base":
			t.Errorf("the page has <%s>", e.name)
		}
	}
	for _, bad := range []string{"url(", "@import", "fetch(", "XMLHttpRequest", "import(", "innerHTML", "eval("} {
		if strings.Contains(htmlStyle+htmlScript, bad) {
			t.Errorf("style or script has %s", bad)
		}
	}
}

// The browser runs what has the hash of the policy, byte for byte; a template that changed the
// text would leave the page without its style and script.
func TestThePolicyAllowsExactlyThePagesOwnStyleAndScript(t *testing.T) {
	policy, inline := "", map[string]int{}
	for _, e := range parsed(t, write(t, func(b *bytes.Buffer) error { return HTML(b, hostileResult(t), Source(hostileProject.open)) })) {
		inline[e.name]++
		if e.attrs["http-equiv"] == "Content-Security-Policy" {
			policy = e.attrs["content"]
		}
	}
	if inline["script"] != 1 || inline["style"] != 1 {
		t.Errorf("%d scripts, %d styles", inline["script"], inline["style"])
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") ||
		!strings.Contains(policy, "script-src '"+integrity(htmlScript)+"'") || !strings.Contains(policy, "style-src '"+integrity(htmlStyle)+"'") {
		t.Errorf("the policy is %s", policy)
	}
}

const attack = `</script></code></pre><script>alert(1)</script><img src=x onerror="alert(2)">'"` + "`{{.}} \u202e\u2066\x00\x1b[2J &lt; javascript:alert(3)"

var hostileProject = project{`a"><b>'` + attack + ".py": "x = 1\ny = '" + attack + "'\nz = 2\n"}

// hostileResult has the attack in every text.
func hostileResult(t testing.TB) *pyguardml.Result {
	path := `a"><b>'` + attack + ".py"
	l := hostileProject.at(t, path, "'"+attack+"'")
	l.Symbol = attack
	id := `X"><i>` + attack
	info := &checks.Info{
		ID: id, Name: attack, Title: attack, Part: attack, Group: attack, Frameworks: []string{attack}, Reading: attack,
		Remedy: checks.Remedy{Edit: attack}, CWE: []string{attack, "CWE-502"}, Vulnerable: attack, Fixed: attack,
	}
	finding := func(id string, fixed *fix.Fix) checks.Finding {
		return checks.Finding{
			CheckID: id, Severity: checks.High, Message: attack, Location: l, Fix: fixed, Fingerprint: attack,
			Trail: []checks.Step{{Location: l, Text: attack}},
		}
	}
	silent := finding(id, nil)
	silent.Suppression = &checks.Suppression{By: attack, Reason: attack}
	return &pyguardml.Result{
		Checks: []*checks.Info{info},
		Findings: []checks.Finding{
			finding(id, &fix.Fix{Message: attack, Edits: []fix.Edit{{Start: int(l.Span.Start), End: int(l.Span.End), New: attack}}}),
			finding(id, nil),
			finding("PML"+attack, nil),
		},
		Suppressed:         []checks.Finding{silent},
		UnusedSuppressions: []checks.UnusedSuppression{{Path: path, Check: attack, Problem: attack}},
		FileErrors:         []pyguardml.FileError{{Path: path, Stage: pyguardml.StageDecode, Err: errors.New(attack)}},
		CheckErrors:        []checks.CheckError{{CheckID: id, Path: path, Err: errors.New(attack)}},
	}
}

func TestNothingOfAFileIsMarkupInHTML(t *testing.T) {
	page := write(t, func(b *bytes.Buffer) error { return HTML(b, hostileResult(t), Source(hostileProject.open)) })
	if i := bytes.IndexAny(page, "\u202e\u2066\x00\x1b"); i >= 0 {
		t.Errorf("the page holds %q", page[i])
	}
	for _, e := range parsed(t, page) {
		switch e.name {
		case "b", "img":
			t.Errorf("the page has <%s>", e.name)
		case "i":
			if e.parent.name != "span" {
				t.Errorf("the page has <i> in <%s>", e.parent.name)
			}
		case "a":
			if href := e.attrs["href"]; !strings.HasPrefix(href, "#") && !strings.HasPrefix(href, "https://") {
				t.Errorf("a link leads to %q", href)
			}
		}
		for key := range e.attrs {
			if strings.HasPrefix(key, "on") {
				t.Errorf("<%s> has %s", e.name, key)
			}
		}
	}
	if got := bytes.Count(page, []byte("alert(1)")); got < 20 {
		t.Errorf("the texts are shown %d times", got)
	}
}

// codeOf is what the element of a finding shows in its n-th block of code.
func codeOf(t *testing.T, page []byte, finding, n int) string {
	t.Helper()
	var blocks []string
	var article *element
	for _, e := range parsed(t, page) {
		switch {
		case e.attrs["id"] == "finding-"+strconv.Itoa(finding):
			article = e
		case e.name == "pre" && article != nil && e.within(article):
			blocks = append(blocks, e.text.String())
		}
	}
	if n >= len(blocks) {
		t.Fatalf("finding %d has %d blocks of code", finding, len(blocks))
	}
	return blocks[n]
}

func TestAFixIsShownAsADiff(t *testing.T) {
	page := write(t, func(b *bytes.Buffer) error { return HTML(b, sampleResult(t), Source(sample.open)) })
	want := "3  \n" + "4  def restore(path):\n" +
		"5-     state = torch.load(path, map_location=\"cpu\")  # 模型\n" +
		"+     state = torch.load(path, map_location=\"cpu\", weights_only=True)  # 模型\n" +
		"6      return state[\"model\"]\n"
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if got := codeOf(t, page, 2, 1); fold(got) != fold(strings.ReplaceAll(want, "5-", "5- ")) {
		t.Errorf("the file's diff is\n%s", got)
	}
	if got := fold(codeOf(t, page, 3, 1)); got != "1 import torch 2- model = torch.load('m.pt') + model = torch.load('m.pt', weights_only=True)" {
		t.Errorf("the notebook's diff is\n%s", got)
	}
}

func TestEditsFarApartAreShownApart(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "x%d = %d\n", i+1, i+1)
	}
	s := text.String()
	p := &editedText{text: s}
	for _, line := range []string{"x1 =", "x3 =", "x30 ="} {
		i := strings.Index(s, line)
		p.edits = append(p.edits, fix.Edit{Start: i, End: i, New: "y = "})
	}
	var got []string
	for _, near := range p.clusters() {
		d, ok := p.compare(near)
		if !ok {
			t.Fatal("no diff")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "line %d:", d.line)
		for _, l := range d.Lines {
			b.WriteString(" " + strings.TrimSpace(l.Number+l.Sign))
		}
		got = append(got, b.String())
	}
	if want := "[line 1: 1- + 2 3- + 4 5 line 30: 28 29 30- + 31 32]"; fmt.Sprint(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEditsOutsideOfTheTextAreNotShown(t *testing.T) {
	for _, e := range [][]fix.Edit{
		{{Start: -1, End: 2}}, {{Start: 3, End: 2}}, {{Start: 0, End: 1 << 40}},
		{{Start: 0, End: 4}, {Start: 2, End: 6}}, {{Path: "missing.py", Start: 0, End: 0}},
	} {
		r := sampleResult(t)
		r.Findings[1].Fix.Edits = e
		if page := write(t, func(b *bytes.Buffer) error { return HTML(b, r, Source(sample.open)) }); !bytes.Contains(page, []byte(`id="finding-2"`)) {
			t.Errorf("%v: the finding is missing", e)
		}
	}
}

func TestALongFindingIsShownInPart(t *testing.T) {
	code := "f(\n" + strings.Repeat("    1,\n", 500) + ")\nend = 1\n"
	p := project{"a.py": code}
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "m", Location: p.at(t, "a.py", code[:strings.Index(code, "\nend")])}}}
	page := write(t, func(b *bytes.Buffer) error { return HTML(b, r, Source(p.open)) })
	got := codeOf(t, page, 1, 0)
	if !strings.Contains(got, "495 lines left out") || !strings.Contains(got, "503end = 1") || strings.Count(got, "\n") > maxExcerpt+2*around+1 {
		t.Errorf("got\n%s", got)
	}
}

// A browser has to cope with thousands of findings: nothing is unfolded, and no finding is
// large, whatever its file's lines are.
func TestALargeReportStaysSmallForEachFinding(t *testing.T) {
	const n = 5000
	line := "torch.load(p) # " + strings.Repeat("x", 20_000) + "\n"
	p := project{"a.py": strings.Repeat("pass\n", 3) + line}
	l := p.at(t, "a.py", "torch.load(p)")
	r := &pyguardml.Result{Checks: sampleChecks}
	for range n {
		r.Findings = append(r.Findings, checks.Finding{
			CheckID: "PML1201", Severity: checks.High, Message: "m", Location: l, Trail: []checks.Step{{Location: l, Text: "here"}},
			Fix: &fix.Fix{Message: "add", Edits: []fix.Edit{{Start: int(l.Span.End) - 1, End: int(l.Span.End) - 1, New: ", weights_only=True"}}},
		})
	}
	page := write(t, func(b *bytes.Buffer) error { return HTML(b, r, Source(p.open)) })
	if each := len(page) / n; each > 4000 {
		t.Errorf("%d bytes a finding", each)
	}
	if bytes.Contains(page, []byte("<details open")) {
		t.Error("details are unfolded")
	}
}

func TestAReportWithoutFindingsSaysSo(t *testing.T) {
	page := string(write(t, func(b *bytes.Buffer) error { return HTML(b, &pyguardml.Result{}) }))
	if !strings.Contains(page, "No defects found.") || strings.Contains(page, `id="findings"`) {
		t.Errorf("got\n%s", page)
	}
}

func TestGroupsOfOnePartAreCountedApart(t *testing.T) {
	r := &pyguardml.Result{}
	for i, group := range []string{"One", "Two", "Two"} {
		id := "X" + strconv.Itoa(i)
		r.Checks = append(r.Checks, &checks.Info{ID: id, Part: "1.2", Group: group})
		r.Findings = append(r.Findings, checks.Finding{CheckID: id})
	}
	h := htmlBuilder{checks: infos(r), result: r}
	var got []string
	own, _ := h.facets()
	for _, bar := range own[1].Bars {
		got = append(got, bar.Label+" "+bar.Name+" "+bar.Count)
	}
	if want := "[1.2 Two 2 1.2 One 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
