package checks

// Info is the specification of a check: what it is called, what it reports, which
// standards it serves and how it is fixed. The built-in checks' Infos are generated from
// the catalog files (catalog.yaml in each part's folder). An Info is never changed once its
// check is registered.
type Info struct {
	// ID is the stable identity, "PML1201". It never changes its meaning. An embedder's own
	// checks use a prefix of their own.
	ID string
	// Name is unique and in kebab-case: "torch-load-unsafe".
	Name string
	// Title is the one line a user reads: the defect in plain words.
	Title string
	// Part is the part of the catalog, "1.2"; Group its heading there.
	Part  string
	Group string

	Class    Class
	Severity Severity
	Profile  Profile
	Inputs   []Input
	// Engine names the main mechanism: call, flow, literal, structure, notebook, artifact,
	// manifest.
	Engine string
	// Frameworks lists the distributions whose APIs the check knows.
	Frameworks []string

	// Reading says what the defect is and why someone in the field cares; Detect and Ignore
	// are the facts that make and forbid a report; ReportAt names the reported node.
	Reading  string
	Detect   []string
	Ignore   []string
	ReportAt string
	// OutsideTests is set where the check is not told of the code of test suites (Module.IsTest), which is not even parsed
	// where that goes for all checks. Manifests, model files and what a check sees of a whole project are not meant.
	OutsideTests bool
	// Specializes lists the ids of general checks that this one replaces at the same place.
	Specializes []string
	// Remedy describes the fix.
	Remedy Remedy

	CWE          []string // "CWE-502"
	OWASPLLM     []string // OWASP Top 10 for LLM applications 2025: "LLM03"
	OWASPML      []string // OWASP ML Top 10 2023: "ML06"
	OWASPAgentic []string // OWASP agentic top 10 2026: "ASI04"
	ATLAS        []string // MITRE ATLAS: "AML.T0011.000"
	NIST         []string // AI 100-2 E2025 ids or AI RMF subcategories

	// Vulnerable, Safe and Fixed are short complete examples; reported lines of Vulnerable
	// end in "# want".
	Vulnerable string
	Safe       string
	Fixed      string
}

// Remedy describes how a check's findings are fixed.
type Remedy struct {
	// Safe is set when the fix keeps working behaviour and may be applied unseen.
	Safe bool
	// Edit says what the fix does to the text.
	Edit string
}

// Severity orders findings by their weight.
type Severity uint8

// The severities, from least to most severe. The zero value is Note.
const (
	Note Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"note", "low", "medium", "high", "critical"}

// String returns the catalog's word for the severity.
func (s Severity) String() string { return severityNames[s] }

// Class says what kind of defect a check reports.
type Class uint8

// The classes.
const (
	// Vulnerability: untrusted data reaches a dangerous operation.
	Vulnerability Class = iota
	// Weakness: an API or setting that is unsafe in itself.
	Weakness
	// Hardening: a protection is missing where it plainly belongs.
	Hardening
	// Governance: evidence of a process is missing; reported once for a project or script.
	Governance
)

var classNames = [...]string{"vulnerability", "weakness", "hardening", "governance"}

// String returns the catalog's word for the class.
func (c Class) String() string { return classNames[c] }

// Profile says in which set-up a check runs.
type Profile uint8

// The profiles.
const (
	// Default checks are on unless switched off.
	Default Profile = iota
	// Extended checks are opt-in: right when they fire, but many teams live with it.
	Extended
)

var profileNames = [...]string{"default", "extended"}

// String returns the catalog's word for the profile.
func (p Profile) String() string { return profileNames[p] }

// Input is a kind of file that a check looks at.
type Input uint8

// The inputs.
const (
	Python Input = iota
	Notebook
	Artifact
	Manifest
)

var inputNames = [...]string{"python", "notebook", "artifact", "manifest"}

// String returns the catalog's word for the input.
func (i Input) String() string { return inputNames[i] }
