package manifest

import (
	"strings"
)

// truth is what is known of a marker: it may hold in some environments and not in others.
type truth uint8

const (
	never truth = iota
	sometimes
	always
)

// holds evaluates an environment marker (PEP 508) for every environment that the project supports.
// Only the Python version is known, from the range the project supports; everything else, and
// whatever is not understood, holds sometimes.
func holds(marker string, python Specifier) truth {
	if strings.TrimSpace(marker) == "" {
		return always
	}
	p := markerParser{tokens: markerTokens(marker), python: python}
	t, ok := p.or(0)
	if !ok || len(p.tokens) > 0 {
		return sometimes
	}
	return t
}

// OnlyBefore reports whether the requirement is for versions of Python before the one given, by its
// marker.
func (r *Requirement) OnlyBefore(python string) bool {
	supported, ok := ParseSpecifier(">=" + python)
	return ok && r.Marker != "" && holds(r.Marker, supported) == never
}

type markerParser struct {
	tokens []string
	python Specifier
}

func (p *markerParser) or(depth int) (truth, bool) {
	left, ok := p.and(depth)
	for ok && p.accept("or") {
		var right truth
		right, ok = p.and(depth)
		left = max(left, right)
	}
	return left, ok
}

func (p *markerParser) and(depth int) (truth, bool) {
	left, ok := p.term(depth)
	for ok && p.accept("and") {
		var right truth
		right, ok = p.term(depth)
		left = min(left, right)
	}
	return left, ok
}

func (p *markerParser) term(depth int) (truth, bool) {
	if depth > maxDepth {
		return sometimes, false
	}
	if p.accept("(") {
		t, ok := p.or(depth + 1)
		return t, ok && p.accept(")")
	}
	left, op, right := p.next(), p.next(), p.next()
	if op == "not" {
		op, right = "not in", p.next()
	}
	if left == "" || op == "" || right == "" || right == "(" || right == ")" {
		return sometimes, false
	}
	return p.compare(left, op, right), true
}

func (p *markerParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *markerParser) accept(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// reversed has the operators that say the same when the two sides change places.
var reversed = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}

func (p *markerParser) compare(left, op, right string) truth {
	if left[0] == '"' {
		left, op, right = right, reversed[op], left
	}
	if left != "python_version" && left != "python_full_version" || right[0] != '"' {
		return sometimes
	}
	v, ok := ParseVersion(right[1:])
	if !ok {
		return sometimes
	}
	// python_version has two components only: "> 3.8" begins with 3.9.
	if left == "python_version" && (op == ">" || op == "<=") && len(v.release) == 2 {
		v = v.bump(2)
		op = map[string]string{">": ">=", "<=": "<"}[op]
	}
	atLeast, below := p.python.Requires(v.String()), p.python.Below(v.String())
	switch {
	case op == ">=" && atLeast, op == "<" && below, op == "!=" && below:
		return always
	case op == ">=" && below, op == "<" && atLeast, op == "==" && below:
		return never
	case (op == "==" || op == "===") && left == "python_version" && p.python.Requires(v.bump(len(v.release)).String()):
		return never
	}
	return sometimes
}

// markerTokens splits a marker into words, operators, parentheses, and strings, which get a quotation mark
// in front and none behind.
func markerTokens(s string) []string {
	var tokens []string
	for i := 0; i < len(s); {
		start := i
		switch c := s[i]; {
		case isSpace(c):
			i++
			continue
		case c == '"' || c == '\'':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return append(tokens, `"`+s[i+1:])
			}
			tokens = append(tokens, `"`+s[i+1:i+1+end])
			i += end + 2
			continue
		case isNameByte(c):
			for i < len(s) && isNameByte(s[i]) {
				i++
			}
		case strings.IndexByte("<>=!~", c) >= 0:
			for i < len(s) && strings.IndexByte("<>=!~", s[i]) >= 0 {
				i++
			}
		default:
			i++
		}
		tokens = append(tokens, s[start:i])
	}
	return tokens
}
