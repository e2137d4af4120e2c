package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/catalog"
)

// rule makes a check's rule.
func (b *sarifBuilder) rule(info *checks.Info) *sarifRule {
	out := sarif.NewRule(info.ID).
		WithName(pascal(info.Name)).
		WithShortDescription(sarif.NewMultiformatMessageString(sentence(info.Title))).
		WithFullDescription(sarif.NewMultiformatMessageString(orElse(sentence(info.Reading), sentence(info.Title)))).
		WithDefaultConfiguration(&sarif.ReportingConfiguration{Level: level(info.Severity)})
	if strings.HasPrefix(info.ID, "PML") { // an embedder's own checks have their pages elsewhere
		out.WithHelpURI(checkPages + info.ID + ".md")
	}
	out.WithTextHelp(helpText(info)).WithMarkdownHelp(helpMarkdown(info))
	properties := sarif.Properties{
		"name":             info.Name,
		"tags":             tags(info),
		"precision":        precision(info.Profile),
		"problem.severity": problemSeverity(info.Severity),
		"class":            info.Class.String(),
		"fix":              applicability(!info.Remedy.Safe),
	}
	if score := securitySeverity[info.Severity]; score != "" {
		properties["security-severity"] = score
	}
	out.WithProperties(properties)
	return &sarifRule{ReportingDescriptor: out, Relationships: b.relationships(info)}
}

// securitySeverity places each severity in the middle of GitHub's band of that name: critical
// above 9.0, high from 7.0, medium from 4.0, low below. A note has none.
var securitySeverity = [...]string{checks.Low: "2.5", checks.Medium: "5.5", checks.High: "8.0", checks.Critical: "9.5"}

// precision is GitHub's word for how far a report can be trusted.
func precision(p checks.Profile) string {
	if p == checks.Default {
		return "very-high"
	}
	return "high"
}

func problemSeverity(s checks.Severity) string {
	if level(s) == "note" {
		return "recommendation"
	}
	return level(s)
}

// tags are the words by which code scanning filters.
func tags(info *checks.Info) []string {
	out := []string{"security", "machine-learning"}
	add := func(format string, ids []string) {
		for _, id := range ids {
			out = append(out, fmt.Sprintf(format, strings.ToLower(strings.ReplaceAll(id, " ", "-"))))
		}
	}
	add("external/cwe/%s", info.CWE)
	add("external/owasp-llm-2025/%s", info.OWASPLLM)
	add("external/owasp-ml-2023/%s", info.OWASPML)
	add("external/owasp-agentic-2026/%s", info.OWASPAgentic)
	add("external/atlas/%s", info.ATLAS)
	add("external/nist/%s", info.NIST)
	return out
}

// pascal turns torch-load-unsafe into TorchLoadUnsafe, the form that SARIF asks of a rule's
// name.
func pascal(kebab string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(kebab, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		r, n := utf8.DecodeRuneInString(word)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(word[n:])
	}
	return b.String()
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// helpText is a check's help without markup.
func helpText(info *checks.Info) string {
	var b strings.Builder
	b.WriteString(sentence(info.Title) + "\n")
	if info.Reading != "" {
		b.WriteString("\n" + sentence(info.Reading) + "\n")
	}
	if info.Remedy.Edit != "" {
		fmt.Fprintf(&b, "\nFix (%s): %s\n", applicability(!info.Remedy.Safe), sentence(info.Remedy.Edit))
	}
	return b.String()
}

// helpMarkdown is a check's help as viewers show it beside an alert.
func helpMarkdown(info *checks.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", info.Title)
	if info.Reading != "" {
		fmt.Fprintf(&b, "\n%s\n", sentence(info.Reading))
	}
	code := func(heading, python string) {
		if python != "" {
			fmt.Fprintf(&b, "\n### %s\n\n```python\n%s\n```\n", heading, strings.TrimRight(unmarked(python), "\n"))
		}
	}
	code("Example", info.Vulnerable)
	code("Fixed", info.Fixed)
	if info.Remedy.Edit != "" {
		fmt.Fprintf(&b, "\n**Fix** (%s): %s\n", applicability(!info.Remedy.Safe), sentence(info.Remedy.Edit))
	}
	var links []string
	for _, t := range newTaxonomies() {
		for _, id := range t.ids(info) {
			if ref, err := t.standard.Reference(id); err == nil {
				links = append(links, fmt.Sprintf("[%s](%s)", strings.TrimSpace(ref.ID+" "+ref.Name), ref.URL))
			}
		}
	}
	if len(links) > 0 {
		fmt.Fprintf(&b, "\n### References\n\n- %s\n", strings.Join(links, "\n- "))
	}
	return b.String()
}

// unmarked takes the test marks off a catalog example.
func unmarked(python string) string {
	lines := strings.Split(python, "\n")
	for i, line := range lines {
		if before, _, found := strings.Cut(line, "# want"); found {
			lines[i] = strings.TrimRight(before, " ")
		}
	}
	return strings.Join(lines, "\n")
}

// taxonomy is a standard, with the entries that the rules of a run refer to.
type taxonomy struct {
	standard     catalog.Standard
	name         string
	version      string
	organization string
	uri          string
	// guid is fixed: it tells viewers that two reports mean the same taxonomy.
	guid string
	ids  func(*checks.Info) []string

	component *sarifComponent
	ref       *sarifComponentRef
	index     map[string]int
}

// newTaxonomies lists the standards in the order in which a report has them.
func newTaxonomies() []*taxonomy {
	return []*taxonomy{
		{
			standard: catalog.CWE, name: "CWE", organization: "MITRE", uri: "https://cwe.mitre.org/",
			guid: "25f72d7e-8a92-459d-ad67-64853f788765", ids: func(i *checks.Info) []string { return i.CWE },
		},
		{
			standard: catalog.OWASPLLM, name: "OWASP LLM Top 10", version: "2025", organization: "OWASP", uri: "https://genai.owasp.org/llm-top-10/",
			guid: "6a9f2c51-3e0b-4b57-9d1a-0f3c8e7b2d41", ids: func(i *checks.Info) []string { return i.OWASPLLM },
		},
		{
			standard: catalog.OWASPML, name: "OWASP ML Top 10", version: "2023", organization: "OWASP", uri: "https://owasp.org/www-project-machine-learning-security-top-10/",
			guid: "b1d5e0c7-92f4-4c68-8a35-7e6d1f4a9c02", ids: func(i *checks.Info) []string { return i.OWASPML },
		},
		{
			standard: catalog.OWASPAgentic, name: "OWASP Agentic Top 10", version: "2026", organization: "OWASP", uri: "https://genai.owasp.org/",
			guid: "c83a7f16-5b2d-4e09-b7c4-2a91d06e5f38", ids: func(i *checks.Info) []string { return i.OWASPAgentic },
		},
		{
			standard: catalog.ATLAS, name: "MITRE ATLAS", organization: "MITRE", uri: "https://atlas.mitre.org/",
			guid: "e4270b9d-1c86-4f3a-95d2-6b8f0e3c7a14", ids: func(i *checks.Info) []string { return i.ATLAS },
		},
		{
			standard: catalog.NIST, name: "NIST AI", organization: "NIST", uri: "https://www.nist.gov/artificial-intelligence",
			guid: "0d96c4ea-7f31-4a8b-8e52-9c1b5d2f6047", ids: func(i *checks.Info) []string { return i.NIST },
		},
	}
}

// relationships connects a rule with the entries of the standards.
func (b *sarifBuilder) relationships(info *checks.Info) []sarifRelationship {
	var out []sarifRelationship
	for _, t := range b.taxonomies {
		for _, id := range t.ids(info) {
			ref, err := t.standard.Reference(id)
			if err != nil {
				continue // an embedder's own check may cite what the standard does not have
			}
			kind := "relevant"
			if t.name == "CWE" {
				kind = "superset" // the weakness covers all that the rule reports
			}
			out = append(out, sarifRelationship{
				Target: sarifReference{ID: id, Index: t.taxon(ref), ToolComponent: t.ref},
				Kinds:  []string{kind},
			})
		}
	}
	return out
}

// taxon returns an entry's index in the taxonomy, which gets it when it is new.
func (t *taxonomy) taxon(ref catalog.Reference) int {
	if t.component == nil {
		t.index = map[string]int{}
		t.ref = &sarifComponentRef{Name: t.name, GUID: t.guid}
		t.component = &sarifComponent{
			Name: t.name, Version: t.version, Organization: t.organization, GUID: t.guid, InformationURI: t.uri,
			ShortDescription: sarifMessage{sentence(t.standard.Name)},
		}
	}
	i, ok := t.index[ref.ID]
	if !ok {
		i = len(t.component.Taxa)
		t.index[ref.ID] = i
		taxon := &sarifTaxon{ID: ref.ID, HelpURI: ref.URL}
		if ref.Name != "" {
			taxon.ShortDescription = &sarifMessage{sentence(ref.Name)}
		}
		t.component.Taxa = append(t.component.Taxa, taxon)
	}
	return i
}

// usedTaxonomies lists the taxonomies that have entries, and the references to them. The rules
// share the references, whose indexes are known only here.
func (b *sarifBuilder) usedTaxonomies() ([]*sarifComponent, []*sarifComponentRef) {
	var components []*sarifComponent
	var refs []*sarifComponentRef
	for _, t := range b.taxonomies {
		if t.component != nil {
			t.ref.Index = len(components)
			refs = append(refs, t.ref)
			components = append(components, t.component)
		}
	}
	return components, refs
}
