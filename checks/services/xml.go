package services

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// externalEntities is PML6421.
var externalEntities = &checks.Rule{
	Spec: infoPML6421,
	On: []string{
		"lxml.etree.{parse,fromstring,XML,iterparse}", "lxml.objectify.{parse,fromstring,XML}", "xml.sax.make_parser().{parse,feed}",
	},
	Knows: []string{"lxml.etree.{XMLParser,ETCompatXMLParser}", "lxml.objectify.makeparser", "xml.sax.make_parser().setFeature", "xml.sax.handler.feature_external_ges"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		at := entitiesOf(p, c)
		source := c.Arg(0, "source")
		if at == nil || source == nil || !fromOutside(c, source.Value) || !p.Project.UsesML() {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: withoutEntities(p, c, at)})
	},
}

// fromOutside reports whether XML is a request's, an upload's or a page's.
func fromOutside(c *checks.Call, v *checks.Value) bool {
	for _, m := range c.Behind(v) {
		switch m.Label {
		case models.User, models.Upload, models.Web:
			if !m.Clean.Has(models.Template) { // a number, or a constant that it was compared with
				return true
			}
		}
	}
	return false
}

// entitiesOf returns the call that lets external entities in: that of the parser that a parsing
// call is given or is a method of, or itself; nil where none does.
func entitiesOf(p *checks.Pass, c *checks.Call) *checks.Call {
	if c.Symbol.Under("xml") {
		for _, f := range c.Frame.Everywhere() {
			for _, o := range f.Calls {
				feature, state := o.Arg(0, "name"), o.Arg(1, "state")
				if o.Method == "setFeature" && sameNode(o.Receiver.Origin(), c.Receiver.Origin()) && feature != nil && state != nil && checks.On(state.Value) && isExternal(feature.Value) {
					return o
				}
			}
		}
		return nil
	}
	at := c
	if !c.Symbol.Is("lxml.etree.iterparse") {
		parser := c.Arg(1, "parser")
		if parser != nil && !parser.Value.IsNone() {
			made := parser.Value.Origin()
			if made == nil || !made.Symbol.Is("lxml.etree.XMLParser", "lxml.etree.ETCompatXMLParser", "lxml.objectify.makeparser") {
				return nil
			}
			at = made
		}
	}
	if at.HasRest() {
		return nil
	}
	entities := at.Arg(-1, "resolve_entities")
	for name, switched := range map[string]func(*checks.Value) bool{"resolve_entities": checks.On, "load_dtd": checks.On, "no_network": checks.Off} {
		if a := at.Arg(-1, name); a != nil && switched(a.Value) {
			return at
		}
	}
	if entities == nil && heldBelow(p, "lxml", "5.0") {
		return at
	}
	return nil
}

// isExternal reports whether a feature of xml.sax is that of external general entities.
func isExternal(v *checks.Value) bool {
	text, _ := v.Text()
	return v.Is("xml.sax.handler.feature_external_ges") || text == "http://xml.org/sax/features/external-general-entities"
}

// heldBelow reports whether a manifest holds a distribution below a version.
func heldBelow(p *checks.Pass, distribution, version string) bool {
	for _, r := range p.Project.Requirements.Find(distribution) {
		if r.Specifier.Below(version) {
			return true
		}
	}
	return false
}

// withoutEntities switches external entities off where a parser is made; nil where that is another
// file.
func withoutEntities(p *checks.Pass, c, at *checks.Call) *fix.Fix {
	const message = "do not resolve external entities"
	if !p.Holds(at.Node) {
		return nil
	}
	if at.Method == "setFeature" {
		return checks.SetConstant(p, at, at.Arg(1, "state"), "False")
	}
	if at == c && !c.Symbol.Is("lxml.etree.iterparse") {
		name, imports := fix.Reach(p.File, "lxml.etree", "from lxml import etree", fix.InOrder)
		text := name + ".XMLParser(resolve_entities=False)"
		if parser := c.Arg(1, "parser"); parser != nil {
			return checks.Fix(true, message, checks.Replace(p, parser.Node, text), imports)
		}
		if len(c.Node.Args) == 1 && len(c.Node.Keywords) == 0 {
			return checks.Fix(true, message, fix.AddPositional(p.File, c.Node, text), imports)
		}
		return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "parser", text), imports)
	}
	var edits []fix.Edit
	a := at.Arg(-1, "resolve_entities")
	given := a != nil
	if given && !checks.Off(a.Value) {
		if node := checks.ConstantNode(p, a); node != nil {
			edits = checks.Replace(p, node, "False")
		}
	}
	for _, name := range [...]string{"load_dtd", "no_network"} {
		a := at.Arg(-1, name)
		if a == nil || name == "load_dtd" != checks.On(a.Value) {
			continue
		}
		var gone []fix.Edit
		if a.Keyword != nil && !a.Unpacked && !given {
			gone, given = checks.Replace(p, a.Keyword, "resolve_entities=False"), true
		} else if a.Keyword != nil && !a.Unpacked {
			gone = checks.RemoveArg(p, at, a)
		} else if node := checks.ConstantNode(p, a); node != nil {
			gone = checks.Replace(p, node, map[string]string{"load_dtd": "False", "no_network": "True"}[name])
		}
		edits = append(edits, gone...)
	}
	if !given {
		edits = append(edits, fix.AddKeyword(p.File, at.Node, "resolve_entities", "False")...)
	}
	return checks.Fix(true, message, edits)
}
