package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells where in a prompt untrusted text ends up: what the program wrote before and
// after it.

// outsiders are the labels of text that others wrote, for checks of how it is marked off
// within a message.
var outsiders = []checks.Label{checks.LabelUser, checks.LabelUpload, checks.LabelWeb, checks.LabelDocument, checks.LabelRetrieved}

// hole stands for a value in the text around another.
const hole = "\x00"

// place is a value within a prompt.
type place struct {
	// node puts the value into the text; mod is its module.
	node ast.Node
	mod  *semantic.Module
	// before and after are the text around the value, with holes for other values.
	before, after string
	// start is the text before the data itself, where the value begins with other text.
	start string
	// mark is what is known of the data there, conv is set where it is inserted by repr.
	mark flow.Mark
	conv bool
}

// whole is the text with a hole for the value.
func (p *place) whole() string { return p.before + hole + p.after }

// quoted reports whether a value is inserted as a literal or in an encoding, so that it
// cannot be anything else.
func (p *place) quoted() bool {
	if p.conv {
		return true
	}
	for _, o := range p.mark.Outcomes("x") {
		if o == "x" {
			return false
		}
	}
	return true
}

// places lists the values that bring the path's data into the prompt. A value can be part of
// another that is put in as a whole: each is given with the texts that it is part of,
// innermost first.
func places(path *checks.Path) [][]place {
	var out [][]place
	find := markOf
	if inBody(path) {
		find = markAt
	}
	for _, text := range wholeTexts(path) {
		for _, parts := range variants(text) {
			for i, part := range parts {
				if m, ok := find(part.Value, path.Mark); ok {
					out = append(out, levels(parts, i, m))
				}
			}
		}
	}
	return out
}

// wholeTexts lists the texts of the message at the end of a path; for the value of a
// template's variable the whole template.
func wholeTexts(path *checks.Path) []*checks.Value {
	if path.Chat != nil {
		for _, m := range path.Chat.Messages {
			if m.Node == path.Node && m.Whole != nil {
				return m.Whole.Alternatives()
			}
		}
	}
	if inBody(path) {
		if list := bedrockText(path); list != nil {
			return list
		}
	}
	return checks.SystemTexts(path)
}

// markOf finds the mark of the path's data on a value, the least changed one first.
func markOf(v *checks.Value, want flow.Mark) (flow.Mark, bool) {
	for _, m := range v.Marks() {
		if m.Label == want.Label && m.Origin == want.Origin {
			return m, true
		}
	}
	return flow.Mark{}, false
}

// markAt is markOf for a value as a function on the way knows it: where the data comes from a
// parameter, it may be any.
func markAt(v *checks.Value, want flow.Mark) (flow.Mark, bool) {
	if m, ok := markOf(v, want); ok {
		return m, true
	}
	for _, m := range v.Marks() {
		if m.Label == models.NoLabel {
			return m, true
		}
	}
	return flow.Mark{}, false
}

// maxVariants bounds the texts that a text with alternatives in it can be.
const maxVariants = 8

// variants lists the pieces of a text, once for each choice of texts within it.
func variants(v *checks.Value) [][]checks.Part {
	out := [][]checks.Part{nil}
	for _, part := range v.Parts() {
		choices := [][]checks.Part{{part}}
		if part.Value != nil && !part.Conv {
			if inner := part.Choices(); inner != nil {
				choices = inner
			}
		}
		var next [][]checks.Part
		for _, head := range out {
			for _, tail := range choices {
				if len(next) < maxVariants {
					next = append(next, append(head[:len(head):len(head)], tail...))
				}
			}
		}
		out = next
	}
	return out
}

// levels lists the texts that a piece is part of.
func levels(parts []checks.Part, i int, m flow.Mark) []place {
	var out []place
	for n, level := range parts[i].Levels() {
		lo, hi := i, i
		lead, trail := "", ""
		if n > 0 {
			lo, hi = group(parts, i, level)
			inner := level.Value.Parts()
			if len(inner) == 0 {
				continue
			}
			lead, trail = inner[0].Text, inner[len(inner)-1].Text
		}
		out = append(out, place{
			node: level.Node, mod: level.Mod, mark: m, conv: parts[i].Conv,
			before: strings.TrimSuffix(spelled(parts[:lo]), lead),
			after:  strings.TrimPrefix(spelled(parts[hi+1:]), trail),
			start:  spelled(parts[:i]),
		})
	}
	return out
}

// group finds the first and the last piece of the text at a level.
func group(parts []checks.Part, i int, level flow.Level) (lo, hi int) {
	within := func(p checks.Part) bool {
		return p.Value == nil || slices.ContainsFunc(p.Levels(), func(l flow.Level) bool { return l.Value == level.Value })
	}
	for lo = i; lo > 0 && within(parts[lo-1]); lo-- {
	}
	for lo < i && parts[lo].Value == nil {
		lo++
	}
	for hi = i; hi+1 < len(parts) && within(parts[hi+1]); hi++ {
	}
	for hi > i && parts[hi].Value == nil {
		hi--
	}
	return lo, hi
}

// spelled writes pieces as text with holes.
func spelled(parts []checks.Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Value != nil {
			b.WriteString(hole)
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// around is the text that the program wrote beside a value: that of the same message, and of
// the system prompt of the same call.
func around(path *checks.Path, p *place) string {
	list := []string{p.whole()}
	for _, v := range checks.SystemTexts(path) {
		if s := spelled(v.Parts()); s != p.whole() {
			list = append(list, s)
		}
	}
	if path.Chat != nil {
		for _, m := range path.Chat.Messages {
			if m.Role != "system" {
				continue
			}
			for _, v := range m.Content.Alternatives() {
				list = append(list, spelled(v.Parts()))
			}
		}
	}
	return strings.Join(list, "\n\n")
}

// reportPlaces reports each place in a user message for which forged holds, once, with the
// fix that remedy makes.
func reportPlaces(p *checks.Pass, path *checks.Path, message string, forged func(*place) bool, remedy func(*checks.Module, *place) []fix.Edit) {
	for _, list := range places(path) {
		at := outermost(list, forged)
		if at == nil {
			continue
		}
		if in := p.Project.Module(at.mod); in != nil {
			p.Report(checks.Report{Node: at.node, In: in, Path: path, Fix: checks.Fix(false, message, remedy(in, at))})
		}
	}
}

// outermost returns the largest of the texts that a value is part of for which forged holds
// and which does not itself hold what stands around the value.
func outermost(list []place, forged func(*place) bool) *place {
	var best *place
	for i := range list {
		at := &list[i]
		if best != nil && forged(best.inside(at)) {
			break
		}
		if forged(at) {
			best = at
		}
	}
	return best
}

// inside is the place within a larger text that it is part of.
func (p *place) inside(larger *place) *place {
	in := *p
	in.before = strings.TrimPrefix(p.before, larger.before)
	in.after = strings.TrimSuffix(p.after, larger.after)
	return &in
}

// insertedAs wraps the expression that inserts a value, in a file of the project.
func insertedAs(in *checks.Module, at *place, before, after string) []fix.Edit {
	e, ok := at.node.(ast.Expr)
	if !ok || !in.Holds(e) {
		return nil
	}
	return fix.Wrap(in.File, e, before, after)
}
