package supplychain

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// setupCalls are the calls by which a setup.py says what a project requires.
var setupCalls = []string{"setuptools.setup", "distutils.core.setup", "numpy.distutils.core.setup", "skbuild.setup"}

// setupText is a text of the arguments of setup(), with the literal that it stands in.
type setupText struct {
	text string
	node ast.Node
	in   *checks.Module
	// literal is the string that holds the text as it is; nil where none does.
	literal *ast.Str
}

// setupRequirement is a requirement that setup() is given.
type setupRequirement struct {
	manifest.Requirement
	setupText
}

// setupTexts lists the texts that an argument of setup() holds: a text with one in each line, a
// list of them, or a dict of such.
func setupTexts(p *checks.Pass, c *checks.Call, names ...string) []setupText {
	var out []setupText
	for _, name := range names {
		if a := c.Arg(-1, name); a != nil {
			out = append(out, textsOf(p, c, a.Value, a.Node, 0)...)
		}
	}
	return out
}

func textsOf(p *checks.Pass, c *checks.Call, v *checks.Value, node ast.Node, depth int) []setupText {
	if depth > 3 || v == nil {
		return nil
	}
	if text, ok := v.Text(); ok {
		in := p.Holder(node)
		if in == nil {
			in, node = p.Module, c.Node
		}
		literal, _ := node.(*ast.Str)
		var out []setupText
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				out = append(out, setupText{line, node, in, literal})
			}
		}
		return out
	}
	var out []setupText
	if entries, _, ok := c.Entries(v); ok && len(entries) > 0 {
		for _, e := range entries {
			out = append(out, textsOf(p, c, e.Value, e.Node, depth+1)...)
		}
		return out
	}
	items, _, ok := c.Items(v)
	if !ok {
		return nil
	}
	for _, it := range items {
		if it.Splat {
			continue
		}
		out = append(out, textsOf(p, c, it.Value, it.Node, depth+1)...)
	}
	return out
}

// setupRequires lists what setup() is told that the project requires to run, or for an extra.
func setupRequires(p *checks.Pass, c *checks.Call) []setupRequirement {
	var out []setupRequirement
	for _, t := range setupTexts(p, c, "install_requires", "requires", "extras_require", "tests_require") {
		if r, ok := manifest.ReadRequirement(t.text); ok {
			out = append(out, setupRequirement{r, t})
		}
	}
	return out
}

// edited are the edits of the literal for edits of its text; nil where it does not hold the text
// as it is.
func (t *setupText) edited(p *checks.Pass, edits []ast.Edit) []fix.Edit {
	if t.literal == nil || len(edits) == 0 {
		return nil
	}
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b ast.Edit) int { return int(b.Start - a.Start) })
	text := t.text
	for _, e := range edits {
		text = text[:e.Start] + e.New + text[e.End:]
	}
	return p.InFile(t.in, fix.ReplaceInString(t.in.File, t.literal, t.text, text))
}
