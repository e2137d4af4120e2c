package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/internal/catalog"
)

// renderCoverage writes docs/coverage.md: which checks serve which entries of the standards, and
// which libraries they know.
func renderCoverage(all []*entry) []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Generated from checks/*/catalog.yaml and internal/catalog by go generate; edit those instead. -->\n\n# Coverage\n\n")
	fmt.Fprintf(&b, "What the %d checks are for, in the terms of published standards, and which libraries they know. Numbers are those of the checks: "+
		"1201 is [PML1201](checks/PML1201.md). A check is listed where what it reports enables the attack, or lacks what the standard asks for; "+
		"`scan --select LLM01` runs those of an entry.\n\n", len(all))
	owasp := []struct {
		std catalog.Standard
		ids func(*entry) []string
	}{
		{catalog.OWASPLLM, func(e *entry) []string { return e.OWASPLLM }},
		{catalog.OWASPML, func(e *entry) []string { return e.OWASPML }},
		{catalog.OWASPAgentic, func(e *entry) []string { return e.OWASPAgentic }},
	}
	attack := index(all, func(e *entry) []string { return e.ATLAS })
	nist := index(all, func(e *entry) []string { return e.NIST })

	b.WriteString("| Standard | Entries with checks | Beyond what code shows | Without a check |\n| --- | --- | --- | --- |\n")
	for _, o := range owasp {
		summary(&b, o.std.Name, o.std.Entries(), index(all, o.ids))
	}
	summary(&b, "MITRE ATLAS 5.6 techniques", catalog.ATLAS.Entries(), attack)
	summary(&b, "NIST AI 100-2 E2025", catalog.Taxonomy(), nist)
	fmt.Fprintf(&b, "| NIST AI RMF 1.0 subcategories | %d of %d | see below | |\n", covered(catalog.Subcategories(), nist), len(catalog.Subcategories()))
	cwe := index(all, func(e *entry) []string { return e.CWE })
	fmt.Fprintf(&b, "| CWE | %d weaknesses | | |\n", len(cwe))

	for _, o := range owasp {
		heading(&b, o.std.Name)
		entries(&b, o.std.Entries(), index(all, o.ids))
	}
	heading(&b, "MITRE ATLAS 5.6")
	b.WriteString("Techniques and, below each, its sub-techniques. Where code cannot show one, the table says why.\n\n")
	entries(&b, catalog.ATLAS.Entries(), attack)
	heading(&b, "NIST AI 100-2 E2025")
	entries(&b, catalog.Taxonomy(), nist)
	heading(&b, "NIST AI Risk Management Framework 1.0")
	b.WriteString("Most subcategories are about what an organisation decides, documents and measures, which its code does not show. Checks serve these:\n\n")
	entries(&b, slices.DeleteFunc(catalog.Subcategories(), func(r catalog.Reference) bool { return len(nist[r.ID]) == 0 }), nist)
	heading(&b, "CWE")
	b.WriteString("| Weakness | Checks |\n| --- | --- |\n")
	for _, id := range slices.SortedFunc(maps.Keys(cwe), func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }) {
		ref, _ := catalog.CWE.Reference(id)
		fmt.Fprintf(&b, "| [%s](%s) %s | %s |\n", id, ref.URL, prose(ref.Name), links(cwe[id]))
	}
	heading(&b, "Libraries")
	b.WriteString("Libraries whose APIs a check knows by name; the analysis follows data through others, too.\n\n| Library | Checks |\n| --- | --- |\n")
	libraries := index(all, func(e *entry) []string { return e.Frameworks })
	for _, name := range slices.Sorted(maps.Keys(libraries)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, links(libraries[name]))
	}
	return b.Bytes()
}

// index lists the checks of each identifier. What others are part
// of has theirs: a technique those of its sub-techniques, a kind of violation those of its attacks.
func index(all []*entry, ids func(*entry) []string) map[string][]*entry {
	out := map[string][]*entry{}
	for _, e := range all {
		seen := map[string]bool{}
		for _, id := range ids(e) {
			names := []string{id}
			if strings.HasPrefix(id, "AML.") && strings.Count(id, ".") == 2 {
				names = append(names, id[:strings.LastIndexByte(id, '.')])
			} else if strings.HasPrefix(id, "NISTAML.") && len(id) == len("NISTAML.011") {
				names = append(names, id[:len(id)-1])
			}
			for _, name := range names {
				if !seen[name] {
					seen[name] = true
					out[name] = append(out[name], e)
				}
			}
		}
	}
	return out
}

// summary counts entries that checks serve, that code cannot show, and the rest.
func summary(b *bytes.Buffer, name string, list []catalog.Reference, by map[string][]*entry) {
	beyond := 0
	for _, r := range list {
		if len(by[r.ID]) == 0 && catalog.BeyondCode(r.ID) != "" {
			beyond++
		}
	}
	n := covered(list, by)
	fmt.Fprintf(b, "| %s | %d of %d | %d | %d |\n", name, n, len(list), beyond, len(list)-n-beyond)
}

func covered(list []catalog.Reference, by map[string][]*entry) int {
	n := 0
	for _, r := range list {
		if len(by[r.ID]) > 0 {
			n++
		}
	}
	return n
}

func entries(b *bytes.Buffer, list []catalog.Reference, by map[string][]*entry) {
	b.WriteString("| Entry | Checks |\n| --- | --- |\n")
	for _, r := range list {
		checks := links(by[r.ID])
		if checks == "" {
			checks = prose(catalog.BeyondCode(r.ID))
		}
		if checks == "" {
			checks = "no check yet"
		}
		fmt.Fprintf(b, "| [%s](%s) %s | %s |\n", r.ID, r.URL, prose(r.Name), checks)
	}
}

func links(list []*entry) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = fmt.Sprintf("[%s](checks/%s.md)", strings.TrimPrefix(e.ID, "PML"), e.ID)
	}
	return strings.Join(out, " ")
}
