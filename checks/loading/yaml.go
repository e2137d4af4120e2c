package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// unsafeLoaders are the classes of PyYAML and ruamel.yaml that build any Python object.
var unsafeLoaders = []string{
	"yaml.Loader", "yaml.UnsafeLoader", "yaml.CLoader", "yaml.CUnsafeLoader", "yaml.loader.Loader", "yaml.loader.UnsafeLoader", "yaml.cyaml.CLoader", "yaml.cyaml.CUnsafeLoader",
	"ruamel.yaml.Loader", "ruamel.yaml.UnsafeLoader", "ruamel.yaml.loader.Loader", "ruamel.yaml.loader.UnsafeLoader",
}

// yamlObjects is PML6212.
var yamlObjects = &checks.Rule{
	Spec:  infoPML6212,
	On:    []string{"yaml.{unsafe_load,unsafe_load_all,load,load_all}", "ruamel.yaml.{YAML,load,load_all,unsafe_load,main.YAML,main.load,main.unsafe_load}"},
	Knows: append([]string{"yaml.{dump,dump_all,safe_dump}()", "yaml.{SafeLoader,CSafeLoader,BaseLoader,FullLoader}"}, unsafeLoaders...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch name := c.Symbol.String(); {
		case strings.HasSuffix(name, ".YAML"):
			if a := c.Arg(-1, "typ"); a != nil && saysUnsafe(c, a.Value) {
				p.Report(checks.Report{Node: c.Node, Fix: safeType(p, c, a)})
			}
			return
		case strings.Contains(name, "unsafe_load"):
			if !ownText(c) {
				p.Report(checks.Report{Node: c.Node, Fix: safeLoad(p, c)})
			}
			return
		}
		a := c.Arg(1, "Loader")
		if a == nil || !buildsObjects(a.Value) || ownText(c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: safeLoader(p, c, a)})
	},
}

// buildsObjects reports whether a loader's class is one of the unsafe ones, or a project
// class that derives from one.
func buildsObjects(v *checks.Value) bool {
	for _, a := range v.Alternatives() {
		if class := a.Class(); class != nil {
			if class.Extends(unsafeLoaders...) && !class.Extends("yaml.SafeLoader", "yaml.CSafeLoader", "yaml.FullLoader") {
				return true
			}
		} else if a.Is(unsafeLoaders...) {
			return true
		}
	}
	return false
}

// ownText reports whether what is read is constant text, or what the same program made.
func ownText(c *checks.Call) bool {
	a := c.Arg(0, "stream")
	if a == nil {
		return false
	}
	if _, ok := a.Value.Text(); ok {
		return true
	}
	return a.Value.Is("yaml.dump()", "yaml.dump_all()", "yaml.safe_dump()")
}

// saysUnsafe reports whether the type of a ruamel.yaml parser is "unsafe", alone or in a list.
func saysUnsafe(c *checks.Call, v *checks.Value) bool {
	if t, ok := v.Text(); ok {
		return t == "unsafe"
	}
	items, _, _ := c.Items(v)
	for _, it := range items {
		if t, ok := it.Value.Text(); ok && t == "unsafe" {
			return true
		}
	}
	return false
}

// safeType makes the parser's type "safe".
func safeType(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if items, _, ok := c.Items(a.Value); ok {
		for _, it := range items {
			if t, ok := it.Value.Text(); ok && t == "unsafe" {
				if s, ok := it.Node.(*ast.Str); ok && p.Holds(s) {
					return checks.Fix(true, `read data only: typ="safe"`, checks.Replace(p, s, `"safe"`))
				}
			}
		}
		return nil
	}
	return checks.SetConstant(p, c, a, `"safe"`)
}

// safeLoad calls safe_load in the place of unsafe_load.
func safeLoad(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "read data only: safe_load"
	switch fn := c.Node.Fn.(type) {
	case *ast.Attribute:
		if rest, ok := strings.CutPrefix(fn.Attr.Id, "unsafe_"); ok {
			return checks.Fix(true, message, checks.Replace(p, fn.Attr, "safe_"+rest))
		}
	}
	safe := "yaml.safe_load"
	if strings.HasSuffix(c.Symbol.String(), "_all") {
		safe = "yaml.safe_load_all"
	}
	spelling, imports := fix.Reach(p.File, safe, "import yaml", fix.InSection)
	return checks.Fix(true, message, checks.Replace(p, c.Node.Fn, spelling), imports)
}

// safeLoader hands the safe loader in. A class of the project's own keeps its constructors
// and gets the safe base.
func safeLoader(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	const message = "read data only: yaml.SafeLoader"
	if class := a.Value.Class(); class != nil {
		for i, b := range class.Bases {
			if b.Is(unsafeLoaders...) && i < len(class.Node.Bases) {
				base := class.Node.Bases[i]
				return checks.FixAt(p, base, func(there *checks.Pass) *fix.Fix {
					spelling, imports := fix.Reach(there.File, "yaml.SafeLoader", "import yaml", fix.InSection)
					return checks.Fix(true, message, checks.Replace(there, base, spelling), imports)
				})
			}
		}
		return nil
	}
	if a.Unpacked || a.Node == nil || !p.Holds(a.Node) {
		return nil
	}
	spelling, imports := fix.Reach(p.File, "yaml.SafeLoader", "import yaml", fix.InSection)
	if c.Symbol.Under("ruamel") {
		spelling, imports = fix.Reach(p.File, "ruamel.yaml.SafeLoader", "import ruamel.yaml", fix.InSection)
	}
	return checks.Fix(true, message, checks.Replace(p, a.Node, spelling), imports)
}
