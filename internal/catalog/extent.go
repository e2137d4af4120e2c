package catalog

import (
	"fmt"
	"maps"
	"slices"
)

// Taxonomy names what NIST AI 100-2 E2025 numbers, in its order.
func Taxonomy() []Reference { return references(attacks[:]) }

// Subcategories names those of the core of the NIST AI Risk Management Framework 1.0, each by its
// topic.
func Subcategories() []Reference { return references(subcategories[:]) }

func references(list [][2]string) []Reference {
	out := make([]Reference, len(list))
	for i, entry := range list {
		_, url := linkNIST(entry[0])
		out[i] = Reference{ID: entry[0], Name: entry[1], URL: url}
	}
	return out
}

// Entries lists all of a standard's entries in order; nil for those of which only some are known
// here.
func (s Standard) Entries() []Reference {
	var ids []string
	switch s.Name {
	case OWASPLLM.Name:
		ids = ranks("LLM")
	case OWASPML.Name:
		ids = ranks("ML")
	case OWASPAgentic.Name:
		ids = ranks("ASI")
	case ATLAS.Name:
		ids = slices.Sorted(maps.Keys(atlasNames))
	}
	var out []Reference
	for _, id := range ids {
		name, url := s.link(id)
		out = append(out, Reference{ID: id, Name: name, URL: url})
	}
	return out
}

func ranks(prefix string) []string {
	var ids []string
	for i := 1; i <= 10; i++ {
		ids = append(ids, fmt.Sprintf("%s%02d", prefix, i))
	}
	return ids
}

// BeyondCode says why nothing of an entry can be seen in a project's files, "" where that is not
// so.
func BeyondCode(id string) string { return beyondCode[id] }

// attacks are the entries of NIST AI 100-2 E2025.
var attacks = [...][2]string{
	{"NISTAML.01", "Availability violations"},
	{"NISTAML.011", "Model poisoning (availability)"},
	{"NISTAML.012", "Clean-label poisoning"},
	{"NISTAML.013", "Data poisoning"},
	{"NISTAML.014", "Energy-latency"},
	{"NISTAML.015", "Indirect prompt injection"},
	{"NISTAML.018", "Prompt injection"},
	{"NISTAML.02", "Integrity violations"},
	{"NISTAML.021", "Clean-label backdoor"},
	{"NISTAML.022", "Evasion"},
	{"NISTAML.023", "Backdoor poisoning"},
	{"NISTAML.024", "Targeted poisoning"},
	{"NISTAML.025", "Black-box evasion"},
	{"NISTAML.026", "Model poisoning (integrity)"},
	{"NISTAML.027", "Misaligned outputs"},
	{"NISTAML.03", "Privacy compromises"},
	{"NISTAML.031", "Model extraction"},
	{"NISTAML.032", "Reconstruction"},
	{"NISTAML.033", "Membership inference"},
	{"NISTAML.034", "Property inference"},
	{"NISTAML.035", "Prompt extraction"},
	{"NISTAML.036", "Leaking information from user interactions"},
	{"NISTAML.037", "Training data attacks"},
	{"NISTAML.038", "Data extraction"},
	{"NISTAML.039", "Compromising connected resources"},
	{"NISTAML.04", "Misuse violations"},
	{"NISTAML.05", "Supply chain attacks"},
	{"NISTAML.051", "Model poisoning (supply chain)"},
}

// subcategories are those of the AI RMF's core, with their topics in short.
var subcategories = [...][2]string{
	{"GOVERN 1.1", "legal and regulatory requirements"},
	{"GOVERN 1.2", "trustworthiness in policies"},
	{"GOVERN 1.3", "level of risk management"},
	{"GOVERN 1.4", "transparent risk management process"},
	{"GOVERN 1.5", "monitoring and review of the process"},
	{"GOVERN 1.6", "inventory of AI systems"},
	{"GOVERN 1.7", "decommissioning"},
	{"GOVERN 2.1", "roles and responsibilities"},
	{"GOVERN 2.2", "training of personnel"},
	{"GOVERN 2.3", "responsibility of leadership"},
	{"GOVERN 3.1", "diverse teams"},
	{"GOVERN 3.2", "roles of people and AI in oversight"},
	{"GOVERN 4.1", "safety-first culture"},
	{"GOVERN 4.2", "documentation of risks and impacts"},
	{"GOVERN 4.3", "testing, incidents and information sharing"},
	{"GOVERN 5.1", "feedback from outside"},
	{"GOVERN 5.2", "feedback in design"},
	{"GOVERN 6.1", "risks of third parties"},
	{"GOVERN 6.2", "failures of third parties"},
	{"MAP 1.1", "intended purposes and context"},
	{"MAP 1.2", "interdisciplinary actors"},
	{"MAP 1.3", "mission and goals"},
	{"MAP 1.4", "business value"},
	{"MAP 1.5", "risk tolerance"},
	{"MAP 1.6", "requirements of the system"},
	{"MAP 2.1", "tasks and methods"},
	{"MAP 2.2", "limits of knowledge and human oversight"},
	{"MAP 2.3", "scientific integrity, testing and evaluation"},
	{"MAP 3.1", "benefits"},
	{"MAP 3.2", "costs"},
	{"MAP 3.3", "scope of application"},
	{"MAP 3.4", "proficiency of operators"},
	{"MAP 3.5", "processes of human oversight"},
	{"MAP 4.1", "legal and technology risks of components"},
	{"MAP 4.2", "controls of components"},
	{"MAP 5.1", "likelihood and magnitude of impacts"},
	{"MAP 5.2", "engagement with those affected"},
	{"MEASURE 1.1", "choice of metrics"},
	{"MEASURE 1.2", "appropriateness of metrics"},
	{"MEASURE 1.3", "independent assessors"},
	{"MEASURE 2.1", "test sets, metrics and tools are documented"},
	{"MEASURE 2.2", "evaluations with human subjects"},
	{"MEASURE 2.3", "performance is measured under deployment-like conditions"},
	{"MEASURE 2.4", "monitoring in production"},
	{"MEASURE 2.5", "valid and reliable"},
	{"MEASURE 2.6", "safety"},
	{"MEASURE 2.7", "security and resilience"},
	{"MEASURE 2.8", "transparency and accountability"},
	{"MEASURE 2.9", "the model is explained"},
	{"MEASURE 2.10", "privacy"},
	{"MEASURE 2.11", "fairness and bias"},
	{"MEASURE 2.12", "environmental impact"},
	{"MEASURE 2.13", "effectiveness of the measurements"},
	{"MEASURE 3.1", "tracking of risks"},
	{"MEASURE 3.2", "risks that are hard to measure"},
	{"MEASURE 3.3", "feedback from users"},
	{"MEASURE 4.1", "measurement connected to context"},
	{"MEASURE 4.2", "validation by experts"},
	{"MEASURE 4.3", "improvements or declines"},
	{"MANAGE 1.1", "decision to go ahead"},
	{"MANAGE 1.2", "priority of risks"},
	{"MANAGE 1.3", "responses to risks"},
	{"MANAGE 1.4", "residual risks"},
	{"MANAGE 2.1", "resources for risk management"},
	{"MANAGE 2.2", "sustained value of deployed systems"},
	{"MANAGE 2.3", "recovery from unknown risks"},
	{"MANAGE 2.4", "superseding, disengaging, deactivating"},
	{"MANAGE 3.1", "third-party resources are monitored"},
	{"MANAGE 3.2", "pre-trained models are monitored"},
	{"MANAGE 4.1", "monitoring after deployment"},
	{"MANAGE 4.2", "continual improvement"},
	{"MANAGE 4.3", "communication of incidents"},
}

const (
	reconnaissance = "The attacker reads what is public elsewhere; the project's files neither show nor prevent it."
	preparation    = "The attacker prepares on machines and accounts of their own; nothing of it is in the project's files."
	elsewhere      = "It happens in the attacker's accounts or on the victim's network, not in the project's code."
	runtime        = "What happens at run time on a machine already taken over leaves no trace in source code; the ways in are other techniques."
	answers        = "The attacker puts questions to a running system; what the code can do is keep such text out of the answers, see AML.T0056 and AML.T0069.002."
)

// beyondCode says why code cannot show an entry. Where a check serves the entry all the same, the
// check counts.
var beyondCode = map[string]string{
	"AML.T0000":     reconnaissance,
	"AML.T0000.000": reconnaissance,
	"AML.T0000.001": reconnaissance,
	"AML.T0000.002": reconnaissance,
	"AML.T0001":     reconnaissance,
	"AML.T0002.001": "Downloading what is public is nobody's defect; what must not be public is covered by AML.T0035 and AML.T0055.",
	"AML.T0003":     reconnaissance,
	"AML.T0004":     reconnaissance,
	"AML.T0005":     preparation,
	"AML.T0005.000": preparation,
	"AML.T0005.001": "The attacker trains on answers of the API; what the code can do is answer less and less often, see AML.T0024.002.",
	"AML.T0005.002": preparation,
	"AML.T0006":     "The attacker tries what answers on the network; that a service answers strangers is covered by AML.T0049.",
	"AML.T0007":     "The attacker looks around in a system already entered; that models and data lie open there is covered by AML.T0035 and AML.T0037.",
	"AML.T0008.001": preparation,
	"AML.T0008.002": preparation,
	"AML.T0008.003": "Objects made to be seen by a camera are no code; what a system can do is covered by AML.T0043.",
	"AML.T0008.004": preparation,
	"AML.T0008.005": preparation,
	"AML.T0010.000": "Hardware is not described by the project's files.",
	"AML.T0011.003": "A person follows a link; what a page shows of a model's answer is covered by AML.T0077.",
	"AML.T0014":     "Which family a model is of shows in how it answers, and is seldom a secret; what answers tell beyond their purpose is covered by AML.T0024 and AML.T0013.",
	"AML.T0016":     preparation,
	"AML.T0016.000": preparation,
	"AML.T0016.001": preparation,
	"AML.T0016.002": preparation,
	"AML.T0017":     preparation,
	"AML.T0017.000": preparation,
	"AML.T0021":     preparation,
	"AML.T0025":     "What is taken away over the network is taken at run time, by an intruder's own tools; the ways by which a service gives files out are covered by AML.T0035 and AML.T0037.",
	"AML.T0043.003": "A sample changed by hand looks like any other to code; that a system cannot withstand changed samples is covered by AML.T0043 and AML.T0015.",
	"AML.T0046":     "Chaff is ordinary input in large numbers, which no line of code tells from what is wanted; that nothing limits requests is covered by AML.T0034.000 and AML.T0029.",
	"AML.T0047":     "Using a product as anybody may is no defect of it; what it gives away is covered by AML.T0024 and AML.T0040.",
	"AML.T0051.002": "The trigger is an event of the running system. The ways by which foreign text reaches a prompt are those of AML.T0051.001, and covered there.",
	"AML.T0052.000": elsewhere,
	"AML.T0052.001": elsewhere,
	"AML.T0064":     reconnaissance,
	"AML.T0065":     preparation,
	"AML.T0069.001": answers,
	"AML.T0072":     runtime,
	"AML.T0073":     "A person is deceived about who is speaking; packages and models that pass for others are covered by AML.T0010.001 and AML.T0060.",
	"AML.T0075":     runtime,
	"AML.T0079":     preparation,
	"AML.T0082":     "Which credentials lie in indexed documents is in the data; secrets that code puts before a model are covered by AML.T0055 and AML.T0057.",
	"AML.T0084.000": answers,
	"AML.T0084.002": answers,
	"AML.T0084.003": answers,
	"AML.T0087":     reconnaissance,
	"AML.T0089":     runtime,
	"AML.T0090":     runtime,
	"AML.T0094":     "What an instruction waits for is an event of the running system. The ways by which foreign text reaches a prompt are those of AML.T0051.001, and covered there.",
	"AML.T0096":     "The attacker's own program uses an AI service as a channel, as any customer may; keys that give others such access are covered by AML.T0055.",
	"AML.T0097":     runtime,
	"AML.T0103":     runtime,
	"AML.T0104":     "Publishing is done elsewhere; taking such a tool in is covered by AML.T0011.002 and AML.T0010.005.",
	"AML.T0111":     elsewhere,

	"NISTAML.012": "Whether samples with right labels are poisoned is in the data; that data of strangers is trained on is covered by NISTAML.013.",
	"NISTAML.021": "Whether samples with right labels carry a trigger is in the data; that data of strangers is trained on is covered by NISTAML.023.",
	"NISTAML.034": "What can be inferred of a training set's distribution depends on the data and the trained model; what the interface tells is covered by NISTAML.031 and NISTAML.033.",
}
