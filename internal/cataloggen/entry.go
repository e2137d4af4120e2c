package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pyguard/pyguardml/internal/catalog"
)

// entry is one check of a catalog file, validated.
type entry struct {
	part catalog.Part
	line int // of the entry in its file, from 1

	ID, Name, Title, Group           string
	Class, Severity, Profile, Engine string
	Inputs, Frameworks               []string
	Reading                          string
	Detect, Ignore                   []string
	OutsideTests                     bool
	ReportAt                         string
	Specializes                      []string
	Applicability, Edit              string
	CWE, OWASPLLM, OWASPML           []string
	OWASPAgentic, ATLAS, NIST        []string
	Vulnerable, Safe, Fixed          string
}

// words maps the catalog's spelling of an enumeration to the Go constant.
type words map[string]string

var (
	classes    = words{"vulnerability": "Vulnerability", "weakness": "Weakness", "hardening": "Hardening", "governance": "Governance"}
	severities = words{"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low", "note": "Note"}
	profiles   = words{"default": "Default", "extended": "Extended"}
	inputs     = words{"python": "Python", "notebook": "Notebook", "artifact": "Artifact", "manifest": "Manifest"}
	engines    = words{"call": "", "flow": "", "literal": "", "structure": "", "notebook": "", "artifact": "", "manifest": ""}
	remedies   = words{"safe": "", "unsafe": ""}
	tests      = words{"skipped": ""}
)

var (
	idSyntax   = regexp.MustCompile(`^PML[0-9]{4}$`)
	nameSyntax = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// parseCatalog reads a catalog file: a YAML list of entries. Everything that is not right
// with it is reported together, each problem with file and line.
func parseCatalog(file string, data []byte, part catalog.Part) ([]*entry, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	r := &reader{file: file, part: part}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.SequenceNode {
		r.problem(doc.Line, "a catalog is a list of entries, each beginning with `- id:`")
		return nil, errors.Join(r.problems...)
	}
	var list []*entry
	for _, n := range doc.Content[0].Content {
		list = append(list, r.entry(n))
	}
	return list, errors.Join(r.problems...)
}

// checkUnique reports ids and names that several entries of a catalog share.
func checkUnique(all []*entry, fileOf func(*entry) string) error {
	var problems []error
	seen := map[string]*entry{}
	for _, e := range all {
		for _, key := range []string{e.ID, e.Name} {
			if first := seen[key]; first != nil {
				problems = append(problems, fmt.Errorf("%s:%d: %s is already taken at %s:%d", fileOf(e), e.line, key, fileOf(first), first.line))
				continue
			}
			seen[key] = e
		}
	}
	return errors.Join(problems...)
}

// reader turns YAML nodes into entries and collects problems.
type reader struct {
	file     string
	part     catalog.Part
	problems []error
}

func (r *reader) problem(line int, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s:%d: %s", r.file, line, fmt.Sprintf(format, args...)))
}

func (r *reader) entry(n *yaml.Node) *entry {
	e := &entry{part: r.part, line: n.Line}
	f := r.fields(n, "the entry", "id", "name", "title", "seed", "group", "class", "severity", "profile", "inputs", "engine",
		"frameworks", "reading", "detect", "ignore", "tests?", "report_at", "specializes", "fix", "cwe", "owasp_llm", "owasp_ml",
		"owasp_agentic", "atlas", "nist", "vulnerable", "safe", "fixed")
	if f == nil {
		return e
	}
	e.ID = r.matching(f["id"], "id", idSyntax)
	if e.ID != "" && e.ID[3:5] != r.part.Digits() {
		r.problem(f["id"].Line, "%s is not an id of part %s (folder %s), whose ids begin with PML%s", e.ID, r.part.Number, r.part.Folder, r.part.Digits())
	}
	e.Name = r.matching(f["name"], "name", nameSyntax)
	e.Title = r.line(f["title"], "title")
	if strings.HasSuffix(e.Title, ".") {
		r.problem(f["title"].Line, "title ends in a full stop")
	}
	e.Group = r.line(f["group"], "group")
	e.Class = r.word(f["class"], "class", classes)
	e.Severity = r.word(f["severity"], "severity", severities)
	e.Profile = r.word(f["profile"], "profile", profiles)
	e.Engine = r.word(f["engine"], "engine", engines)
	e.Inputs = r.wordList(f["inputs"], "inputs", inputs)
	e.Frameworks = r.list(f["frameworks"], "frameworks")
	e.Reading = r.text(f["reading"], "reading")
	e.Detect = r.someOf(f["detect"], "detect")
	e.Ignore = r.list(f["ignore"], "ignore")
	if n := f["tests"]; n != nil {
		e.OutsideTests = r.word(n, "tests", tests) != ""
	}
	e.ReportAt = r.line(f["report_at"], "report_at")
	e.Specializes = r.specializes(f["specializes"], e.ID)
	r.fix(f["fix"], e)
	e.CWE = r.standard(f["cwe"], "cwe", catalog.CWE)
	e.OWASPLLM = r.standard(f["owasp_llm"], "owasp_llm", catalog.OWASPLLM)
	e.OWASPML = r.standard(f["owasp_ml"], "owasp_ml", catalog.OWASPML)
	e.OWASPAgentic = r.standard(f["owasp_agentic"], "owasp_agentic", catalog.OWASPAgentic)
	e.ATLAS = r.standard(f["atlas"], "atlas", catalog.ATLAS)
	e.NIST = r.standard(f["nist"], "nist", catalog.NIST)
	e.Vulnerable = r.example(f["vulnerable"], "vulnerable")
	e.Safe = r.example(f["safe"], "safe")
	e.Fixed = r.example(f["fixed"], "fixed")
	r.markers(f, e)
	return e
}

// markers checks that reported lines are marked where Python can carry the mark, and only
// in the vulnerable example.
func (r *reader) markers(f map[string]*yaml.Node, e *entry) {
	if len(e.Inputs) > 0 && e.Inputs[0] == "python" && e.Vulnerable != "" && !strings.Contains(e.Vulnerable, "# want") {
		r.problem(f["vulnerable"].Line, "no line of vulnerable ends in `# want`")
	}
	if strings.Contains(e.Safe, "# want") {
		r.problem(f["safe"].Line, "safe has a line that ends in `# want`")
	}
	if strings.Contains(e.Fixed, "# want") {
		r.problem(f["fixed"].Line, "fixed has a line that ends in `# want`")
	}
}

func (r *reader) fix(n *yaml.Node, e *entry) {
	f := r.fields(n, "fix", "applicability", "edit")
	if f == nil {
		return
	}
	e.Applicability = r.word(f["applicability"], "applicability", remedies)
	e.Edit = r.text(f["edit"], "edit")
}

// fields reads a mapping that must have exactly the keys given, of which those that end in `?` may
// be left out. It returns nil when values are missing, after reporting what is wrong.
func (r *reader) fields(n *yaml.Node, what string, keys ...string) map[string]*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n.Line, "%s is not a mapping", what)
		return nil
	}
	known := map[string]bool{}
	for _, k := range keys {
		known[strings.TrimSuffix(k, "?")] = true
	}
	found := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !known[key.Value]:
			r.problem(key.Line, "%s has the unknown key %q", what, key.Value)
		case found[key.Value] != nil:
			r.problem(key.Line, "%s has the key %q twice", what, key.Value)
		default:
			found[key.Value] = value
		}
	}
	complete := true
	for _, k := range keys {
		if found[k] == nil && !strings.HasSuffix(k, "?") {
			r.problem(n.Line, "%s lacks the key %q", what, k)
			complete = false
		}
	}
	if !complete {
		return nil
	}
	return found
}

// text reads a non-empty string, white space folded to single blanks as in running prose.
func (r *reader) text(n *yaml.Node, key string) string {
	s, ok := r.scalar(n, key)
	if ok && strings.TrimSpace(s) == "" {
		r.problem(n.Line, "%s is empty", key)
	}
	return strings.Join(strings.Fields(s), " ")
}

// line reads a non-empty string of one line.
func (r *reader) line(n *yaml.Node, key string) string {
	s, ok := r.scalar(n, key)
	s = strings.TrimSpace(s)
	if ok && s == "" {
		r.problem(n.Line, "%s is empty", key)
	}
	if strings.Contains(s, "\n") {
		r.problem(n.Line, "%s has more than one line", key)
	}
	return s
}

// example reads a block of source text as it stands.
func (r *reader) example(n *yaml.Node, key string) string {
	s, ok := r.scalar(n, key)
	if ok && strings.TrimSpace(s) == "" {
		r.problem(n.Line, "%s is empty", key)
	}
	return strings.TrimRight(s, "\n") + "\n"
}

func (r *reader) scalar(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.problem(n.Line, "%s is not a string", key)
		return "", false
	}
	return n.Value, true
}

func (r *reader) matching(n *yaml.Node, key string, syntax *regexp.Regexp) string {
	s := r.line(n, key)
	if s != "" && !syntax.MatchString(s) {
		r.problem(n.Line, "%s %q does not have the form %s", key, s, syntax)
		return ""
	}
	return s
}

func (r *reader) word(n *yaml.Node, key string, allowed words) string {
	s := r.line(n, key)
	if _, ok := allowed[s]; !ok && s != "" {
		r.problem(n.Line, "%s is %q; it must be one of %s", key, s, strings.Join(sorted(allowed), ", "))
	}
	return s
}

func (r *reader) list(n *yaml.Node, key string) []string {
	if n.Kind != yaml.SequenceNode {
		r.problem(n.Line, "%s is not a list", key)
		return nil
	}
	var list []string
	for _, item := range n.Content {
		list = append(list, r.text(item, "an item of "+key))
	}
	return list
}

func (r *reader) someOf(n *yaml.Node, key string) []string {
	list := r.list(n, key)
	if n.Kind == yaml.SequenceNode && len(list) == 0 {
		r.problem(n.Line, "%s is empty", key)
	}
	return list
}

func (r *reader) wordList(n *yaml.Node, key string, allowed words) []string {
	if n.Kind != yaml.SequenceNode {
		r.problem(n.Line, "%s is not a list", key)
		return nil
	}
	var list []string
	for _, item := range n.Content {
		list = append(list, r.word(item, key, allowed))
	}
	if len(list) == 0 {
		r.problem(n.Line, "%s is empty", key)
	}
	return list
}

// specializes reads null, one id or a list of ids.
func (r *reader) specializes(n *yaml.Node, own string) []string {
	var items []*yaml.Node
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil
	case n.Kind == yaml.ScalarNode:
		items = []*yaml.Node{n}
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		items = n.Content
	default:
		r.problem(n.Line, "specializes must be null, one id or a list of ids")
		return nil
	}
	var ids []string
	for _, item := range items {
		id := r.matching(item, "specializes", idSyntax)
		if id != "" && id == own {
			r.problem(item.Line, "%s specializes itself", own)
		}
		for _, other := range ids {
			if other == id {
				r.problem(item.Line, "specializes names %s twice", id)
			}
		}
		ids = append(ids, id)
	}
	return ids
}

func (r *reader) standard(n *yaml.Node, key string, std catalog.Standard) []string {
	if n.Kind != yaml.SequenceNode {
		r.problem(n.Line, "%s is not a list", key)
		return nil
	}
	var ids []string
	for _, item := range n.Content {
		id := r.line(item, "an item of "+key)
		if _, err := std.Reference(id); err != nil {
			r.problem(item.Line, "%s: %v", key, err)
			continue
		}
		ids = append(ids, id)
	}
	return ids
}
