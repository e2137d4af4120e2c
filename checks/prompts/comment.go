package prompts

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// escapableComment is PML1108.
var escapableComment = &checks.Rule{
	Spec: infoPML1108,
	From: outsiders,
	Into: []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		reportPlaces(p, path, "keep the text within the comment", func(at *place) bool {
			switch commentAround(at) {
			case lineComment:
				return !at.conv && breaksLine(at)
			case blockComment:
				return at.mark.Holds("*/")
			}
			return false
		}, func(in *checks.Module, at *place) []fix.Edit {
			if commentAround(at) == blockComment {
				return insertedAs(in, at, "", `.replace("*/", "* /")`)
			}
			return insertedAs(in, at, `" ".join(`, ".split())")
		})
	},
}

// comment is a kind of comment in code.
type comment int

const (
	noComment comment = iota
	lineComment
	blockComment
)

// The code that can follow a comment, by the comment's language. Words that English sentences
// begin with must look like code.
var (
	sqlCode    = regexp.MustCompile(`(?m)^[ \t]*(?:SELECT|WITH|INSERT|UPDATE|DELETE|CREATE|select|insert|update|delete|create)\b`)
	pythonCode = regexp.MustCompile(`(?m)^[ \t]*(?:(?:async[ \t]+)?def(?:[ \t]+[\w\x00]+[ \t]*\(|[ \t]*$)|class(?:[ \t]+[\w\x00]+[ \t]*[:(]|[ \t]*$)|import(?:[ \t]+[\w.]+[ \t]*(?:as\b|,|$)|[ \t]*$)|from(?:[ \t]+[\w.]+[ \t]+import\b|[ \t]*$))`)
	cCode      = regexp.MustCompile(`(?m)^[ \t]*(?:function\b|const\b|let[ \t]+\w+[ \t]*=|public\b|int\b|void\b|\{)`)
)

// commentAround tells in which comment of a code prompt a value stands.
func commentAround(at *place) comment {
	line := at.before[strings.LastIndexByte(at.before, '\n')+1:]
	_, rest, more := strings.Cut(at.after, "\n")
	switch start := strings.TrimLeft(line, " \t"); {
	case !more:
	case strings.HasPrefix(start, "--") && !strings.HasPrefix(start, "---") && sqlCode.MatchString(rest),
		strings.HasPrefix(start, "#") && pythonCode.MatchString(rest),
		strings.HasPrefix(start, "//") && cCode.MatchString(rest):
		return lineComment
	}
	open := strings.LastIndex(at.before, "/*")
	if open < 0 || strings.Contains(at.before[open:], "*/") {
		return noComment
	}
	if _, rest, closed := strings.Cut(at.after, "*/"); closed && (sqlCode.MatchString(rest) || cCode.MatchString(rest)) {
		return blockComment
	}
	return noComment
}

// breaksLine reports whether a value can hold the end of a line.
func breaksLine(at *place) bool {
	for _, o := range at.mark.Outcomes("x\nx") {
		if strings.Contains(o, "\n") {
			return true
		}
	}
	return false
}
