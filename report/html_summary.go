package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/checks"
)

// htmlFacet is a small chart: the findings by one of their properties.
type htmlFacet struct {
	Title, Note string
	Bars        []htmlBar
	More        string // how many rows are left out
}

// htmlBar is a row of a chart, with its findings' severities side by side.
type htmlBar struct {
	Label, Name, URL string
	Count            string
	Segments         []htmlSegment
}

// htmlSegment is a part of a bar in hundredths of the chart's width.
type htmlSegment struct{ Severity, X, Width string }

// maxBars is the number of rows of a chart; the rest is counted.
const maxBars = 8

// tally counts findings by a property and severity.
type tally struct {
	rows  map[string]*tallyRow
	order []*tallyRow
}

type tallyRow struct {
	label, name, url string
	counts           [len(severities)]int
	total            int
}

func (t *tally) add(s checks.Severity, label, name, url string) {
	key := label + " " + name // a part of the catalog has groups of several names
	row := t.rows[key]
	if row == nil {
		if t.rows == nil {
			t.rows = map[string]*tallyRow{}
		}
		row = &tallyRow{label: label, name: name, url: url}
		t.rows[key] = row
		t.order = append(t.order, row)
	}
	row.counts[s]++
	row.total++
}

// facets makes the charts, those by the entries of standards apart. A finding counts once in a row, but may be in several rows where its
// check concerns several frameworks or serves several entries of a standard.
func (h *htmlBuilder) facets() (own, standard []htmlFacet) {
	var bySeverity, byPart, byFramework tally
	standards := newTaxonomies()
	byStandard := make([]tally, len(standards))
	for i := range h.result.Findings {
		f := &h.result.Findings[i]
		bySeverity.add(f.Severity, f.Severity.String(), "", "")
		info := h.checks[f.CheckID]
		if info == nil {
			continue
		}
		if info.Part != "" {
			byPart.add(f.Severity, info.Part, info.Group, "")
		}
		for _, name := range info.Frameworks {
			byFramework.add(f.Severity, name, "", "")
		}
		for n, t := range standards {
			for _, id := range t.ids(info) {
				if ref, err := t.standard.Reference(id); err == nil {
					byStandard[n].add(f.Severity, ref.ID, ref.Name, ref.URL)
				}
			}
		}
	}
	slices.SortFunc(bySeverity.order, func(a, b *tallyRow) int {
		return cmp.Compare(rank(a.label), rank(b.label))
	})
	own = []htmlFacet{bySeverity.chart("Severity", "")}
	add := func(to *[]htmlFacet, t *tally, title, note string) {
		if len(t.order) > 0 {
			t.byTotal()
			*to = append(*to, t.chart(title, note))
		}
	}
	add(&own, &byPart, "Part of the catalog", "")
	add(&own, &byFramework, "Framework", "whose APIs the checks know")
	for n, t := range standards {
		add(&standard, &byStandard[n], strings.TrimSpace(t.name+" "+t.version), "")
	}
	return own, standard
}

func rank(severity string) int {
	return slices.IndexFunc(severities[:], func(s checks.Severity) bool { return s.String() == severity })
}

func (t *tally) byTotal() {
	slices.SortFunc(t.order, func(a, b *tallyRow) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.label, b.label), cmp.Compare(a.name, b.name))
	})
}

func (t *tally) chart(title, note string) htmlFacet {
	out := htmlFacet{Title: title, Note: note}
	longest := 1
	for _, row := range t.order {
		longest = max(longest, row.total)
	}
	for i, row := range t.order {
		if i == maxBars {
			out.More = strconv.Itoa(len(t.order)-maxBars) + " more"
			break
		}
		out.Bars = append(out.Bars, htmlBar{
			Label: Printable(row.label), Name: Printable(row.name), URL: row.url,
			Count: strings.TrimRight(count(row.total, ""), " s"), Segments: row.segments(longest),
		})
	}
	return out
}

func (row *tallyRow) segments(longest int) []htmlSegment {
	var out []htmlSegment
	x := 0.0
	for _, s := range severities {
		if n := row.counts[s]; n > 0 {
			w := 100 * float64(n) / float64(longest)
			out = append(out, htmlSegment{Severity: s.String(), X: hundredth(x), Width: hundredth(w)})
			x += w
		}
	}
	return out
}

func hundredth(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

// htmlCheck is a row of the table of checks, and the check's page.
type htmlCheck struct {
	Anchor, ID, Name, Title  string
	Severity, Class, Profile string
	Findings, Files          string
	Page                     string // of the documentation
	Reading, Edit            string
	Safe                     bool
	Vulnerable, Fixed        string
	Standards                []htmlStandard
	Places                   []htmlPlace
	More                     string // how many places are left out
}

type htmlStandard struct{ ID, Name, URL string }

type htmlPlace struct {
	Number int
	Place  string
}

// maxPlaces is the number of findings that a check's page leads to.
const maxPlaces = 40

// pages makes the rows and pages of the checks that found something, the most severe first.
func (h *htmlBuilder) pages() []htmlCheck {
	var out []htmlCheck
	index := map[string]int{}
	for _, row := range rows(h.result.Findings) {
		if i, ok := index[row.id]; ok { // an own severity for some paths
			out[i].Findings += ", " + count(row.findings, row.severity.String()+" one")
			continue
		}
		index[row.id] = len(out)
		c := h.check(row.id)
		c.Severity, c.Findings, c.Files = row.severity.String(), count(row.findings, "finding"), count(row.files, "file")
		out = append(out, c)
	}
	for i := range h.result.Findings {
		f := &h.result.Findings[i]
		c := &out[index[f.CheckID]]
		if len(c.Places) < maxPlaces {
			c.Places = append(c.Places, htmlPlace{Number: i + 1, Place: place(f.Location)})
		} else {
			c.More = "and more"
		}
	}
	return out
}

func (h *htmlBuilder) check(id string) htmlCheck {
	c := htmlCheck{ID: Printable(id), Anchor: checkAnchor(id)}
	if strings.HasPrefix(id, "PML") { // an embedder's own checks have their pages elsewhere
		c.Page = checkPages + id + ".md"
	}
	info := h.checks[id]
	if info == nil {
		return c
	}
	c.Name, c.Title = Printable(info.Name), Printable(info.Title)
	c.Class, c.Profile = info.Class.String(), info.Profile.String()
	c.Reading, c.Edit, c.Safe = Printable(info.Reading), Printable(info.Remedy.Edit), info.Remedy.Safe
	c.Vulnerable, c.Fixed = example(info.Vulnerable), example(info.Fixed)
	for _, t := range newTaxonomies() {
		for _, id := range t.ids(info) {
			if ref, err := t.standard.Reference(id); err == nil {
				c.Standards = append(c.Standards, htmlStandard{ID: ref.ID, Name: ref.Name, URL: ref.URL})
			}
		}
	}
	return c
}

// example is a catalog example as it is shown: without test marks, line by line Printable.
func example(python string) string {
	lines := strings.Split(strings.TrimRight(unmarked(python), "\n"), "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return strings.Join(lines, "\n")
}
