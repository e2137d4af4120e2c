package artifact

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlLimit is longer than any configuration of a model.
const yamlLimit = 4 << 20

// targetKeys are the keys under which Hydra, Lightning and NeMo find what they call
// (CVE-2025-23304 for NeMo).
var targetKeys = nameSet(`_target_ target class_path`)

// targets reads the configuration of a NeMo model: what its _target_ entries name is called with
// the entries beside them, when the model is restored.
func (s *scan) targets(o *object) {
	o.format = NeMo
	b, ok := s.whole(o, yamlLimit)
	if !ok {
		return
	}
	var root yaml.Node
	if err := yaml.Unmarshal(decodeText(b), &root); err != nil {
		s.cut(o, "the configuration is no YAML", true)
		return
	}
	lines := lineStarts(b)
	s.yamlNode(o, &root, lines, 0)
}

// lineStarts are the offsets of lines.
func lineStarts(b []byte) []int64 {
	starts := []int64{0}
	for i, c := range b {
		if c == '\n' {
			starts = append(starts, int64(i+1))
		}
	}
	return starts
}

// yamlDepth is deeper than configurations go.
const yamlDepth = 200

func (s *scan) yamlNode(o *object, n *yaml.Node, lines []int64, depth int) {
	if depth > yamlDepth {
		s.cut(o, "the configuration is nested too deep; what is within was not looked at", false)
		return
	}
	at := int64(0)
	if n.Line > 0 && n.Line <= len(lines) {
		at = lines[n.Line-1]
	}
	if name, found := strings.CutPrefix(n.Tag, "tag:yaml.org,2002:python/"); found || strings.HasPrefix(n.Tag, "!!python/") {
		if !found {
			name = n.Tag[len("!!python/"):]
		}
		s.pythonTag(o, at, name)
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if targetKeys[k.Value] && v.Kind == yaml.ScalarNode && strings.Contains(v.Value, ".") && isDotted(v.Value) {
				s.constructed(o, at, k.Value, v.Value)
			}
		}
	}
	for _, c := range n.Content {
		s.yamlNode(o, c, lines, depth+1)
	}
}

// pythonTag judges a tag by which an unsafe loader of YAML builds objects: object/apply:os.system.
func (s *scan) pythonTag(o *object, at int64, tag string) {
	kind, name, found := strings.Cut(tag, ":")
	if !found || name == "" {
		return // python/tuple and its like
	}
	verdict, why := judge(canonical(name))
	f := Fact{Kind: ConfigCall, Verdict: verdict, Offset: at, Length: int64(len(tag)), Opcode: "!!python/" + kind, Name: printable(name), Why: why}
	if verdict != Harmless {
		s.add(o, f)
	}
}
