package prompts

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// forgeableHeading is PML1106.
var forgeableHeading = &checks.Rule{
	Spec: infoPML1106,
	From: outsiders,
	Into: []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		reportPlaces(p, path, "quote each line of the text", func(at *place) bool {
			return underHeading(at) && !at.quoted() && opensSection(at)
		}, quoteLines)
	},
}

// heading finds an ATX heading of Markdown.
var heading = regexp.MustCompile(`(?m)^#{1,6} +\S.*$`)

// lineStart finds the end of a text after which a line begins.
var lineStart = regexp.MustCompile(`\n {0,3}$`)

// underHeading reports whether a value begins a line below a heading of a prompt in which
// another section holds the program's words.
func underHeading(at *place) bool {
	above := heading.FindAllStringIndex(at.before, -1)
	if len(above) == 0 || !lineStart.MatchString(at.before) || !lineStart.MatchString(at.start) || fencedOff(at) {
		return false
	}
	own := at.before[above[len(above)-1][1]:]
	rest := at.before[:len(at.before)-len(own)]
	end := len(at.after)
	if next := heading.FindStringIndex(at.after); next != nil {
		end = next[0]
	}
	rest += at.after[end:]
	// What is left without the headings themselves are the other sections.
	return len(heading.FindAllString(rest, -1)) > 1 && strings.ContainsFunc(heading.ReplaceAllString(rest, ""), unicode.IsLetter)
}

// fencedOff reports whether a value stands between fences or tags.
func fencedOff(at *place) bool {
	if fenceAround(at) != nil || tagsAround(at) != nil {
		return true
	}
	lines := strings.Split(strings.TrimRight(at.before, " \n"), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	return strings.HasPrefix(last, "```") || strings.HasPrefix(last, "~~~") || strings.HasPrefix(last, `"""`)
}

// opensSection reports whether a heading within the value is still one.
func opensSection(at *place) bool {
	for _, o := range at.mark.Outcomes("x\n# x") {
		if strings.Contains(o, "\n# ") {
			return true
		}
	}
	return false
}

func quoteLines(in *checks.Module, at *place) []fix.Edit {
	e, ok := at.node.(ast.Expr)
	if !ok || !in.Holds(e) {
		return nil
	}
	spelling, edits := fix.Reach(in.File, "textwrap.indent", "import textwrap", fix.InSection)
	return append(fix.Wrap(in.File, e, spelling+"(", `, "> ")`), edits...)
}
