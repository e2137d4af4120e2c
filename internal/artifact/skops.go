package artifact

import "strings"

// skopsKeys are the keys of a schema.json that say what is built.
var skopsKeys = nameSet(`__class__ __module__ __loader__ content func obj`)

// skops reads the schema of a skops archive: a tree of nodes, each with a class by its module and
// the loader that builds it (skops/io/_audit.py). What the names say is not always what is built:
// CVE-2025-54412 and CVE-2025-54413 are nodes whose loader looks elsewhere.
func (s *scan) skops(o *object) {
	o.format = Skops
	said := map[string]bool{}
	p := &jsonParser{s: newJSONScanner(decoded(s.text(o, jsonLimit)), 0, true), keep: skopsKeys, listless: true}
	p.closed = func(v *jsonValue) {
		n := skopsNodeOf(v)
		if !said[n.key()] && len(said) < 10_000 {
			said[n.key()] = true
			s.skopsNode(o, int64(v.at), n)
		}
		if n.class != "" { // what is within was looked at
			kept := v.items[:0]
			for i := 0; i+1 < len(v.items); i += 2 {
				if v.items[i+1].kind == jsonString {
					kept = append(kept, v.items[i], v.items[i+1])
				}
			}
			v.items = kept
		}
	}
	_, err := p.parse()
	s.stopped(o, "", err)
}

// skopsNode is what matters of a node.
type skopsNode struct {
	module, class, loader string
	// owner and method are those of a bound method.
	owner, method string
}

func skopsNodeOf(v *jsonValue) skopsNode {
	n := skopsNode{module: v.get("__module__").str(), class: v.get("__class__").str(), loader: v.get("__loader__").str()}
	if content := v.get("content"); content != nil {
		n.method = content.get("func").str()
		if obj := content.get("obj"); obj != nil {
			n.owner = obj.get("__module__").str() + "." + obj.get("__class__").str()
		}
	}
	return n
}

func (n skopsNode) name() string { return n.module + "." + n.class }

func (n skopsNode) key() string {
	return strings.Join([]string{n.module, n.class, n.loader, n.owner, n.method}, " ")
}

// skopsNode judges a node that stands at an offset.
func (s *scan) skopsNode(o *object, at int64, n skopsNode) {
	if n.module == "" || n.class == "" {
		return
	}
	name := n.name()
	warn := func(name, why string) {
		s.add(o, Fact{Kind: ConfigCall, Verdict: Dangerous, Offset: at, Opcode: n.loader, Name: printable(name), Why: why})
	}
	switch n.loader {
	case "OperatorFuncNode":
		switch {
		case n.module != "operator":
			warn(name, "is audited under this name, while a function of the module operator is called")
		case n.class == "methodcaller" || n.class == "call":
			warn(name, "calls what the file names")
		}
	case "MethodNode":
		switch method := n.owner + "." + n.method; {
		case n.owner != "" && n.owner != name:
			warn(name, "is audited under this name, while a method of "+printable(n.owner)+" is taken")
		case strings.HasPrefix(n.method, "__"), dangerous(canonical(method)) != "":
			warn(method, interpreter)
		}
	case "JsonNode", "CachedNode", "NdArrayNode":
	default:
		s.constructed(o, at, n.loader, name)
	}
}
