package manifest

import (
	"strings"
)

// Clause is one comparison of a specifier, in the terms of PEP 440 whatever the manifest's own
// language: poetry's ^2.6 has become >=2.6 and <3.
type Clause struct {
	// Op is one of == != >= <= > < ~= ===.
	Op      string
	Version Version
	// Wildcard is set for ==2.6.* and !=2.6.*; Version is then 2.6.
	Wildcard bool
}

// Specifier says which versions a requirement admits. The zero Specifier admits every version.
// Specifiers are not changed once made and may be read from many goroutines.
type Specifier struct {
	// Text is the specifier as written.
	Text string
	// Alternatives holds what is admitted: all the clauses of any one alternative. PEP 440 has
	// one alternative at most; poetry's || and conda's | make several. Clauses that could not
	// be understood are left out, so that an alternative admits rather more than less.
	Alternatives [][]Clause
}

// operators lists PEP 440's operators, longer ones before their prefixes.
var operators = []string{"===", "==", "!=", ">=", "<=", "~=", ">", "<"}

// condaOperators adds conda's fuzzy comparison.
var condaOperators = []string{"===", "==", "!=", ">=", "<=", "~=", ">", "<", "="}

// ParseSpecifier reads a specifier after PEP 440, such as ">=2.6,<3" or "==2.6.*". ok is false
// when a part of it was not understood; the rest is returned.
func ParseSpecifier(s string) (spec Specifier, ok bool) {
	return parseAlternatives(s, "", pep440Clauses)
}

// parsePoetry reads poetry's language (also that of Pipfile and pixi): PEP 440 with ^2.6, ~2.6,
// 2.6.*, a bare version for an exact one, and || between alternatives
// (python-poetry.org/docs/dependency-specification).
func parsePoetry(s string) (Specifier, bool) {
	return parseAlternatives(s, "|", poetryClauses)
}

// parseConda reads conda's match specification of versions: =2.6 is fuzzy, ==2.6 and a bare 2.6
// are exact, 2.6* and 2.6.* are prefixes, and | separates alternatives
// (docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html).
func parseConda(s string) (Specifier, bool) {
	return parseAlternatives(s, "|", condaClauses)
}

func parseAlternatives(s, separator string, clauses func(string) ([]Clause, bool)) (Specifier, bool) {
	s = strings.TrimSpace(s)
	spec, allOK := Specifier{Text: s}, true
	parts := []string{s}
	if separator != "" {
		parts = strings.Split(s, separator)
	}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue // between the bars of ||, or nothing at all
		}
		alternative, ok := parseConjunction(part, clauses)
		allOK = allOK && ok
		spec.Alternatives = append(spec.Alternatives, alternative)
	}
	return spec, allOK
}

func parseConjunction(s string, clauses func(string) ([]Clause, bool)) (all []Clause, ok bool) {
	ok = true
	for _, part := range splitClauses(s) {
		more, understood := clauses(part)
		ok = ok && understood
		all = append(all, more...)
	}
	return all, ok
}

// splitClauses splits at commas and at spaces that stand before an operator, which poetry allows.
func splitClauses(s string) []string {
	var parts []string
	for part := range strings.SplitSeq(s, ",") {
		start := 0
		for i := 1; i < len(part); i++ {
			if isSpace(part[i-1]) && strings.IndexByte("=!<>~^", part[i]) >= 0 {
				if clause := strings.TrimSpace(part[start:i]); clause != "" {
					parts = append(parts, clause)
					start = i
				}
			}
		}
		if clause := strings.TrimSpace(part[start:]); clause != "" {
			parts = append(parts, clause)
		}
	}
	return parts
}

func pep440Clauses(s string) ([]Clause, bool) {
	for _, op := range operators {
		if rest, found := strings.CutPrefix(s, op); found {
			return versionClause(op, strings.TrimSpace(rest))
		}
	}
	return nil, false
}

func versionClause(op, text string) ([]Clause, bool) {
	wildcard := false
	if op == "==" || op == "!=" {
		text, wildcard = strings.CutSuffix(text, ".*")
	}
	v, ok := ParseVersion(text)
	if !ok || op == "~=" && len(v.release) < 2 {
		return nil, false
	}
	return []Clause{{Op: op, Version: v, Wildcard: wildcard}}, true
}

func poetryClauses(s string) ([]Clause, bool) {
	switch {
	case s == "*":
		return nil, true
	case s[0] == '^':
		return rangeFrom(s[1:], caretWidth)
	case s[0] == '~' && !strings.HasPrefix(s, "~="):
		return rangeFrom(s[1:], func(v Version) int { return min(len(v.release), 2) })
	case s[0] == '=' && !strings.HasPrefix(s, "=="):
		return versionClause("==", strings.TrimSpace(s[1:]))
	case isDigit(s[0]) || s[0] == 'v':
		return versionClause("==", s)
	}
	return pep440Clauses(s)
}

// caretWidth is how many components ^ keeps: up to and including the leftmost that is not zero.
func caretWidth(v Version) int {
	for i, n := range v.release {
		if n != 0 {
			return i + 1
		}
	}
	return len(v.release)
}

func rangeFrom(text string, width func(Version) int) ([]Clause, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".*")
	v, ok := ParseVersion(text)
	if !ok {
		return nil, false
	}
	return []Clause{{Op: ">=", Version: v}, {Op: "<", Version: v.bump(width(v))}}, true
}

func condaClauses(s string) ([]Clause, bool) {
	if s == "*" {
		return nil, true
	}
	op := ""
	for _, candidate := range condaOperators {
		if rest, found := strings.CutPrefix(s, candidate); found {
			op, s = candidate, strings.TrimSpace(rest)
			break
		}
	}
	prefix, glob := strings.CutSuffix(s, "*")
	prefix = strings.TrimSuffix(prefix, ".")
	switch {
	case op == "" && glob, op == "=", op == "==" && glob:
		return versionClause("==", prefix+".*")
	case op == "!=" && glob:
		return versionClause("!=", prefix+".*")
	case op == "":
		op = "=="
	}
	return versionClause(op, prefix)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// bound is one end of a range of versions. The zero bound is open.
type bound struct {
	version   Version
	inclusive bool
	set       bool
}

// span returns the ends of the range that all clauses of an alternative admit. Exclusions (!=)
// make holes and do not move the ends.
func span(clauses []Clause) (low, high bound) {
	for _, c := range clauses {
		l, h := c.bounds()
		if tighterLow(l, low) {
			low = l
		}
		if tighterHigh(h, high) {
			high = h
		}
	}
	return low, high
}

func tighterLow(a, b bound) bool {
	if !a.set || !b.set {
		return a.set
	}
	c := a.version.Compare(b.version)
	return c > 0 || c == 0 && !a.inclusive && b.inclusive
}

func tighterHigh(a, b bound) bool {
	if !a.set || !b.set {
		return a.set
	}
	c := a.version.Compare(b.version)
	return c < 0 || c == 0 && !a.inclusive && b.inclusive
}

func (c Clause) bounds() (low, high bound) {
	at := bound{c.Version, true, true}
	switch c.Op {
	case "==", "===":
		if c.Wildcard {
			return at, bound{c.Version.bump(len(c.Version.release)), false, true}
		}
		return at, at
	case "~=":
		return at, bound{c.Version.bump(len(c.Version.release) - 1), false, true}
	case ">=":
		return at, bound{}
	case ">":
		return bound{c.Version, false, true}, bound{}
	case "<=":
		return bound{}, at
	case "<":
		return bound{}, bound{c.Version, false, true}
	}
	return bound{}, bound{}
}

// empty reports whether no version lies between the ends.
func empty(low, high bound) bool {
	if !low.set || !high.set {
		return false
	}
	c := low.version.Compare(high.version)
	return c > 0 || c == 0 && !(low.inclusive && high.inclusive)
}

// Floor returns the lower end of what the specifier admits; inclusive says whether that version
// itself belongs to it. ok is false when there is no lower end. Pre-releases of a wildcard's
// version do not count: the floor of ==2.6.* is 2.6, since an installer takes pre-releases only
// when they are asked for.
func (s Specifier) Floor() (floor Version, inclusive, ok bool) {
	var lowest bound
	for _, alternative := range s.Alternatives {
		low, high := span(alternative)
		if empty(low, high) {
			continue
		}
		if !low.set {
			return Version{}, false, false
		}
		if !lowest.set || tighterLow(lowest, low) {
			lowest = low
		}
	}
	return lowest.version, lowest.inclusive, lowest.set
}

// Ceiling returns the upper end of what the specifier admits, like Floor. A local label does not
// move it: ==2.5.1+cu121 ends at 2.5.1.
func (s Specifier) Ceiling() (ceiling Version, inclusive, ok bool) {
	var highest bound
	for _, alternative := range s.Alternatives {
		low, high := span(alternative)
		if empty(low, high) {
			continue
		}
		if !high.set {
			return Version{}, false, false
		}
		if !highest.set || tighterHigh(highest, high) {
			highest = high
		}
	}
	return highest.version.Public(), highest.inclusive, highest.set
}

// Requires reports whether every version that the specifier admits is at least version. It is
// false for a version that PEP 440 does not know.
func (s Specifier) Requires(version string) bool {
	want, valid := ParseVersion(version)
	floor, _, ok := s.Floor()
	return valid && ok && floor.Compare(want) >= 0
}

// Below reports whether every version that the specifier admits is before version.
func (s Specifier) Below(version string) bool {
	limit, valid := ParseVersion(version)
	ceiling, inclusive, ok := s.Ceiling()
	if !valid || !ok {
		return false
	}
	c := ceiling.Compare(limit)
	return c < 0 || c == 0 && !inclusive
}

// Admits reports whether the specifier admits version, pre-releases included.
func (s Specifier) Admits(version string) bool {
	v, ok := ParseVersion(version)
	if !ok {
		return false
	}
	for _, alternative := range s.Alternatives {
		if admitsAll(alternative, v) {
			return true
		}
	}
	return len(s.Alternatives) == 0
}

func admitsAll(clauses []Clause, v Version) bool {
	for _, c := range clauses {
		if !c.admits(v) {
			return false
		}
	}
	return true
}

// admits compares as PEP 440's "Version specifiers" section says for each operator.
func (c Clause) admits(v Version) bool {
	switch c.Op {
	case "==":
		return c.matches(v)
	case "!=":
		return !c.matches(v)
	case "===":
		return v.Compare(c.Version) == 0
	case "~=":
		n := len(c.Version.release) - 1
		return v.Public().Compare(c.Version) >= 0 && hasPrefix(v, c.Version, n)
	case ">=":
		return v.Public().Compare(c.Version) >= 0
	case "<=":
		return v.Public().Compare(c.Version) <= 0
	case ">":
		return v.Compare(c.Version) > 0 && !sameBut(v, c.Version, v.post != 0 && c.Version.post == 0) && v.Public().Compare(c.Version) != 0
	case "<":
		return v.Compare(c.Version) < 0 && !sameBut(v, c.Version, v.Prerelease() && !c.Version.Prerelease())
	}
	return false
}

// sameBut reports whether v belongs to the release of w although it is a pre- or post-release
// of it: >1.7 does not admit 1.7.post1, and <1.7 does not admit 1.7rc1.
func sameBut(v, w Version, other bool) bool {
	return other && v.epoch == w.epoch && compareRelease(v.release, w.release) == 0
}

func (c Clause) matches(v Version) bool {
	if c.Wildcard {
		return hasPrefix(v, c.Version, len(c.Version.release))
	}
	if c.Version.local == "" {
		v = v.Public()
	}
	return v.Compare(c.Version) == 0
}

func hasPrefix(v, prefix Version, n int) bool {
	if v.epoch != prefix.epoch {
		return false
	}
	for i := range n {
		if component(v.release, i) != component(prefix.release, i) {
			return false
		}
	}
	return true
}

// Exact returns the version that the specifier pins with == or ===; ok is false when it admits
// more than one.
func (s Specifier) Exact() (v Version, ok bool) {
	if len(s.Alternatives) != 1 {
		return Version{}, false
	}
	for _, c := range s.Alternatives[0] {
		if (c.Op == "==" || c.Op == "===") && !c.Wildcard {
			return c.Version, true
		}
	}
	return Version{}, false
}

func exactly(v Version) Specifier {
	return Specifier{Text: "==" + v.String(), Alternatives: [][]Clause{{{Op: "==", Version: v}}}}
}
