package services

import (
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestPattern is PML6420.
var requestPattern = &checks.Rule{
	Spec: infoPML6420,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Pattern},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !p.Project.UsesML() || !p.FromOthers(path) || checks.OnlyMadeOf(path) || timed(c) {
			return
		}
		if _, ok := fix.ImportedAs(p.File, "pandas"); !ok && !c.Symbol.Under("re") && !c.Symbol.Under("regex") && !c.Symbol.Under("pandas") {
			return // a column of which nothing is known may be one of polars, whose patterns are linear
		}
		if checks.Vetted(p, path, aboutPatterns) || !repeats(path.Mark) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.WrapEntries(p, path, "re.escape", "import re", "search for the text itself")})
	},
}

// repeats reports whether data can hold what makes a pattern repeat something.
func repeats(m checks.Mark) bool { return m.Holds("*") || m.Holds("+") || m.Holds("{") }

// timed reports whether a pattern of the module regex is given a time limit, where it is used or
// by what it was compiled to.
func timed(c *checks.Call) bool {
	if c.Arg(-1, "timeout") != nil {
		return true
	}
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Receiver != nil && sameNode(o.Receiver.Origin(), c) && o.Arg(-1, "timeout") != nil {
				return true
			}
		}
	}
	return false
}

// aboutPatterns reports whether the name of a function that checks something may speak of a
// pattern.
func aboutPatterns(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"pattern", "regex", "regexp", "expression", "redos"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
