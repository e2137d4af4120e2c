package catalog

import (
	"strings"
	"testing"
)

func TestPartsAreFoundByIdNumberAndFolder(t *testing.T) {
	for _, p := range Parts() {
		byID, _ := PartOf("PML" + p.Digits() + "07")
		byNumber, _ := PartNamed(p.Number)
		byFolder, _ := PartNamed(p.Folder)
		if byID != p || byNumber != p || byFolder != p {
			t.Errorf("%v is found as %v, %v, %v", p, byID, byNumber, byFolder)
		}
	}
	for _, id := range []string{"", "PML", "PML1", "PML9901", "ACME1201"} {
		if p, ok := PartOf(id); ok {
			t.Errorf("%q is in part %v", id, p)
		}
	}
}

func TestReferencesLeadToTheStandardsOwnPages(t *testing.T) {
	for _, c := range []struct {
		std           Standard
		id, name, url string
	}{
		{CWE, "CWE-502", "Deserialization of Untrusted Data", "https://cwe.mitre.org/data/definitions/502.html"},
		{OWASPLLM, "LLM01", "Prompt Injection", "https://genai.owasp.org/llmrisk/llm01-prompt-injection/"},
		{OWASPLLM, "LLM10", "Unbounded Consumption", "https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/"},
		{OWASPML, "ML06", "AI Supply Chain Attacks", "https://owasp.org/www-project-machine-learning-security-top-10/docs/ML06_2023-AI_Supply_Chain_Attacks"},
		{OWASPAgentic, "ASI01", "Agent Goal Hijack", "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/"},
		{ATLAS, "AML.T0051.001", "LLM Prompt Injection: Indirect", "https://atlas.mitre.org/techniques/AML.T0051.001"},
		{NIST, "NISTAML.051", "Model poisoning (supply chain)", "https://csrc.nist.gov/pubs/ai/100/2/e2025/final"},
		{NIST, "MEASURE 2.7", "security and resilience", "https://airc.nist.gov/airmf-resources/airmf/5-sec-core/"},
	} {
		ref, err := c.std.Reference(c.id)
		if err != nil || ref != (Reference{c.id, c.name, c.url}) {
			t.Errorf("%s: %+v, %v", c.id, ref, err)
		}
	}
}

func TestIdentifiersThatAStandardCannotHaveAreRefused(t *testing.T) {
	for _, c := range []struct {
		std Standard
		id  string
	}{{CWE, "502"}, {CWE, "CWE-0"}, {OWASPLLM, "LLM11"}, {OWASPLLM, "LLM1"}, {OWASPML, "ML00"}, {OWASPAgentic, "ASI"}, {ATLAS, "T0010"}, {NIST, "MEASURE 27"}} {
		if _, err := c.std.Reference(c.id); err == nil || !strings.Contains(err.Error(), c.std.Name) {
			t.Errorf("%s %q: error is %v", c.std.Name, c.id, err)
		}
	}
}

func TestEveryNamedIdentifierIsOne(t *testing.T) {
	for id, name := range cweNames {
		if _, err := CWE.Reference(id); err != nil || name == "" {
			t.Error(id, err)
		}
	}
	for id, name := range atlasNames {
		if _, err := ATLAS.Reference(id); err != nil || name == "" {
			t.Error(id, err)
		}
	}
}

func TestWhatIsSaidOfEntriesIsSaidOfEntriesThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, std := range []Standard{OWASPLLM, OWASPML, OWASPAgentic, ATLAS} {
		if len(std.Entries()) < 10 {
			t.Errorf("%s has %d entries", std.Name, len(std.Entries()))
		}
		for _, r := range std.Entries() {
			known[r.ID] = true
		}
	}
	for _, r := range append(Taxonomy(), Subcategories()...) {
		if _, err := NIST.Reference(r.ID); err != nil || known[r.ID] {
			t.Errorf("%s: %v, twice: %t", r.ID, err, known[r.ID])
		}
		known[r.ID] = true
	}
	for id, why := range beyondCode {
		if !known[id] || why == "" {
			t.Errorf("%s is no entry", id)
		}
	}
}
