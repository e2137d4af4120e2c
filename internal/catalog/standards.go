package catalog

import (
	"fmt"
	"regexp"
	"strings"
)

// Reference is one entry of a published standard.
type Reference struct {
	// ID is the standard's own identifier: "CWE-502", "LLM03", "AML.T0010".
	ID string
	// Name is the entry's title, "" where only the identifier is known here.
	Name string
	// URL leads to the entry, or to the standard where entries have no page of their own.
	URL string
}

// Standard is a published catalogue of weaknesses, risks or techniques.
type Standard struct {
	// Name is the standard's name with its edition.
	Name   string
	syntax *regexp.Regexp
	link   func(id string) (name, url string)
}

// The standards that catalog entries refer to.
var (
	// CWE is the Common Weakness Enumeration.
	CWE = Standard{"CWE", regexp.MustCompile(`^CWE-[1-9][0-9]{0,4}$`), linkCWE}
	// OWASPLLM is the OWASP Top 10 for LLM applications.
	OWASPLLM = Standard{"OWASP Top 10 for LLM Applications 2025", regexp.MustCompile(`^LLM(0[1-9]|10)$`), linkLLM}
	// OWASPML is the OWASP Machine Learning Security Top 10.
	OWASPML = Standard{"OWASP Machine Learning Security Top 10 2023", regexp.MustCompile(`^ML(0[1-9]|10)$`), linkML}
	// OWASPAgentic is the OWASP Top 10 for agentic applications.
	OWASPAgentic = Standard{"OWASP Top 10 for Agentic Applications 2026", regexp.MustCompile(`^ASI(0[1-9]|10)$`), linkAgentic}
	// ATLAS is MITRE's matrix of attacks on AI systems.
	ATLAS = Standard{"MITRE ATLAS", regexp.MustCompile(`^AML\.T[0-9]{4}(\.[0-9]{3})?$`), linkATLAS}
	// NIST is the taxonomy of NIST AI 100-2 E2025 and the core of the AI Risk Management
	// Framework.
	NIST = Standard{"NIST", regexp.MustCompile(`^(NISTAML\.[0-9]{2,3}|(GOVERN|MAP|MEASURE|MANAGE) [1-9]\.[0-9]{1,2})$`), linkNIST}
)

// Reference looks an identifier up. An identifier that the standard cannot have is an error.
func (s Standard) Reference(id string) (Reference, error) {
	if !s.syntax.MatchString(id) {
		return Reference{}, fmt.Errorf("%q is not an identifier of %s (expected the form %s)", id, s.Name, s.syntax)
	}
	name, url := s.link(id)
	return Reference{ID: id, Name: name, URL: url}, nil
}

func linkCWE(id string) (name, url string) {
	return cweNames[id], "https://cwe.mitre.org/data/definitions/" + strings.TrimPrefix(id, "CWE-") + ".html"
}

var llmNames = [...]string{
	"Prompt Injection", "Sensitive Information Disclosure", "Supply Chain", "Data and Model Poisoning", "Improper Output Handling",
	"Excessive Agency", "System Prompt Leakage", "Vector and Embedding Weaknesses", "Misinformation", "Unbounded Consumption",
}

func linkLLM(id string) (name, url string) {
	name = ranked(llmNames[:], id)
	slug := strings.ToLower(id) + "2025-" + dashed(name)
	if id == "LLM01" {
		slug = "llm01-prompt-injection" // the one page whose address lacks the year
	}
	return name, "https://genai.owasp.org/llmrisk/" + slug + "/"
}

var mlNames = [...]string{
	"Input Manipulation Attack", "Data Poisoning Attack", "Model Inversion Attack", "Membership Inference Attack", "Model Theft",
	"AI Supply Chain Attacks", "Transfer Learning Attack", "Model Skewing", "Output Integrity Attack", "Model Poisoning",
}

func linkML(id string) (name, url string) {
	name = ranked(mlNames[:], id)
	return name, "https://owasp.org/www-project-machine-learning-security-top-10/docs/" + id + "_2023-" + strings.ReplaceAll(name, " ", "_")
}

var agenticNames = [...]string{
	"Agent Goal Hijack", "Tool Misuse and Exploitation", "Identity and Privilege Abuse", "Agentic Supply Chain Vulnerabilities",
	"Unexpected Code Execution", "Memory and Context Poisoning", "Insecure Inter-Agent Communication", "Cascading Failures",
	"Human-Agent Trust Exploitation", "Rogue Agents",
}

func linkAgentic(id string) (name, url string) {
	return ranked(agenticNames[:], id), "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/"
}

func linkATLAS(id string) (name, url string) {
	return atlasNames[id], "https://atlas.mitre.org/techniques/" + id
}

func linkNIST(id string) (name, url string) {
	if strings.HasPrefix(id, "NISTAML.") {
		return named(attacks[:], id), "https://csrc.nist.gov/pubs/ai/100/2/e2025/final"
	}
	return named(subcategories[:], id), "https://airc.nist.gov/airmf-resources/airmf/5-sec-core/"
}

func named(list [][2]string, id string) string {
	for _, entry := range list {
		if entry[0] == id {
			return entry[1]
		}
	}
	return ""
}

// ranked returns the name of an identifier that ends in its rank, 01 to 10.
func ranked(names []string, id string) string {
	n := 0
	for _, c := range id[len(id)-2:] {
		n = n*10 + int(c-'0')
	}
	return names[n-1]
}

func dashed(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", "-")
}
