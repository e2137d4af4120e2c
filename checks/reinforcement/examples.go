package reinforcement

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const workspace = "vowpalwabbit.Workspace()"

// exampleText is PML3311.
var exampleText = &checks.Rule{
	Spec:  infoPML3311,
	Knows: []string{workspace + ".learn"},
	From:  []checks.Label{models.User, models.Web, models.Database},
	Into:  []checks.SinkKind{models.Lookup},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteExample || !syntax(path.Mark) || checks.OnlyMadeOf(path) || testsOnly(c) || checks.Vetted(p, path, nil) {
			return
		}
		if c.Method != "learn" && len(path.Engine.CallsOf(workspace+".learn")) == 0 {
			return
		}
		list := pasted(p, path)
		if list == nil {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: words(p, list)})
	},
}

// syntax reports whether what Vowpal Wabbit reads as its syntax can still be in text of others.
func syntax(m checks.Mark) bool {
	if m.Clean.Has(models.HTML) && m.Clean.Has(models.SQL) && m.Clean.Has(models.Template) {
		return false // words that a pattern has found
	}
	return slices.ContainsFunc([]string{"|", ":", "\n"}, func(s string) bool { return m.Holds(s) && !m.Lacks(s) })
}

// testsOnly reports whether a workspace is told to learn nothing.
func testsOnly(c *checks.Call) bool {
	made := c.Receiver.Origin()
	if made == nil {
		return false
	}
	for i := range made.Args {
		a := &made.Args[i]
		if a.Name == "testonly" && checks.On(a.Value) || a.Name == "t" && checks.On(a.Value) {
			return true
		}
		text, _ := a.Value.Text()
		if words := strings.Fields(text); slices.Contains(words, "-t") || slices.Contains(words, "--testonly") {
			return true
		}
	}
	return false
}

// pasted lists the expressions by which text of others enters an example that the program writes, or one of several; it is
// nil where the program writes none of its syntax.
func pasted(p *checks.Pass, path *checks.Path) []checks.Insertion {
	var out []checks.Insertion
	var read func(v *checks.Value, depth int)
	read = func(v *checks.Value, depth int) {
		for _, v := range v.Alternatives() {
			if items, _, ok := path.Items(v); ok && depth < 3 {
				for _, it := range items {
					read(it.Value, depth+1)
				}
				continue
			}
			parts := v.Parts()
			if !slices.ContainsFunc(parts, func(part checks.Part) bool { return part.Value == nil && strings.Contains(part.Text, "|") }) {
				continue
			}
			for _, part := range parts {
				e, ok := part.Node.(ast.Expr)
				if in := p.Project.Module(part.Mod); part.Value != nil && checks.Carries(path, part.Value) && ok && in != nil {
					out = append(out, checks.Insertion{Expr: e, In: in})
				}
			}
		}
	}
	read(path.Value, 0)
	return out
}

// words keeps only words of what is pasted.
func words(p *checks.Pass, list []checks.Insertion) *fix.Fix {
	quote, each := "'", map[string]bool{}
	for _, e := range list {
		if !e.In.Holds(e.Expr) {
			return nil
		}
		if _, _, own := checks.HoleOf(e.In, e.Expr); own != nil && strings.Contains(own.Quote, "'") {
			quote = `"`
		}
		if around := e.In.Around(e.Expr); len(around) > 1 {
			if c, ok := around[len(around)-2].(*ast.Call); ok && checks.LastName(c.Fn) == "join" {
				each[e.In.File.Text(e.Expr)] = true
			}
		}
	}
	return checks.Fix(true, "keep only letters and digits", p.WrapInsertions(list, "re.sub", "import re", fix.BeforeFirstImport, func(name, text string) string {
		if each[text] {
			return name + "(" + quote + "[^A-Za-z0-9_]+" + quote + ", " + quote + "_" + quote + ", str(word)) for word in " + text
		}
		return name + "(" + quote + "[^A-Za-z0-9_]+" + quote + ", " + quote + "_" + quote + ", str(" + text + "))"
	}))
}
