// Package catalog holds what the catalog of checks is made of besides the checks: its
// parts with their folders, and the standards that entries refer to. It is data only; the
// generator (internal/cataloggen) and the selection of checks read it.
package catalog

import "strings"

// Part is a chapter of the catalog: the checks whose ids begin with PML and Digits, kept in
// one folder below checks/.
type Part struct {
	// Number is the part's number, "1.2".
	Number string
	// Folder is the folder below checks/ and the name of its package, "serialization".
	Folder string
	// Title is the part's heading, "Model serialization".
	Title string
}

// Digits returns the part's number as it stands in ids: "12" for part 1.2.
func (p Part) Digits() string { return strings.ReplaceAll(p.Number, ".", "") }

// Parts lists the chapters in order. The slice is the caller's.
func Parts() []Part {
	return []Part{
		{"1.1", "prompts", "Prompts and LLM applications"},
		{"1.2", "serialization", "Model serialization"},
		{"1.3", "training", "Training"},
		{"1.4", "robustness", "Adversarial robustness"},
		{"2.1", "features", "Features and preprocessing"},
		{"2.2", "infrastructure", "Training infrastructure"},
		{"2.3", "serving", "Deployment and serving"},
		{"2.4", "monitoring", "Monitoring and explainability"},
		{"3.1", "vision", "Computer vision"},
		{"3.2", "nlp", "Natural language processing"},
		{"3.3", "reinforcement", "Reinforcement learning"},
		{"3.4", "libraries", "Specialized libraries"},
		{"4.1", "notebooks", "Notebooks"},
		{"4.2", "datasets", "Datasets"},
		{"4.3", "registries", "Model registries"},
		{"4.4", "cloud", "Cloud services"},
		{"5.1", "generative", "Generative AI"},
		{"5.2", "multimodal", "Multimodal models"},
		{"5.3", "federated", "Federated learning and privacy"},
		{"6.1", "agents", "Agents"},
		{"6.2", "loading", "Loading beyond the frameworks"},
		{"6.3", "supplychain", "Supply chain and secrets"},
		{"6.4", "services", "AI services on the web"},
	}
}

// PartOf returns the part of a built-in check's id: part 1.2 for PML1201.
func PartOf(id string) (Part, bool) {
	rest, ok := strings.CutPrefix(id, "PML")
	if !ok || len(rest) < 2 {
		return Part{}, false
	}
	return find(func(p Part) bool { return p.Digits() == rest[:2] })
}

// PartNamed returns the part of that number ("1.2") or folder ("serialization").
func PartNamed(s string) (Part, bool) {
	return find(func(p Part) bool { return p.Number == s || p.Folder == s })
}

func find(match func(Part) bool) (Part, bool) {
	for _, p := range Parts() {
		if match(p) {
			return p, true
		}
	}
	return Part{}, false
}
