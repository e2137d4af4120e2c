package manifest

import (
	"math"
	"strconv"
	"strings"
)

// Version is a parsed version number after PEP 440 ("Version Identification and Dependency
// Specification"). The zero Version is "0". Versions are plain values: they may be copied and
// read from many goroutines.
type Version struct {
	epoch   int
	release []int
	phase   phase
	pre     int
	post    int // the post release's number plus one; 0 for none
	dev     int // the development release's number plus one; 0 for none
	local   string
}

// phase orders what may follow the release segment.
type phase uint8

const (
	final phase = iota
	alpha
	beta
	candidate
)

// prePhases lists the spellings that PEP 440 normalizes, longer ones before their prefixes.
var prePhases = []struct {
	word  string
	phase phase
}{
	{"alpha", alpha}, {"beta", beta}, {"preview", candidate}, {"pre", candidate},
	{"rc", candidate}, {"a", alpha}, {"b", beta}, {"c", candidate},
}

// ParseVersion reads a version in any spelling that PEP 440 accepts ("v1.0-Beta.2" is 1.0b2).
// ok is false for anything else, and for numbers that do not fit an int.
func ParseVersion(s string) (v Version, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "v")
	s, local, hasLocal := strings.Cut(s, "+")
	if hasLocal {
		if v.local, ok = parseLocal(local); !ok {
			return Version{}, false
		}
	}
	if e, rest, found := strings.Cut(s, "!"); found {
		if v.epoch, ok = parseNumber(e); !ok {
			return Version{}, false
		}
		s = rest
	}
	if s, ok = v.parseRelease(s); !ok {
		return Version{}, false
	}
	s = v.parsePre(s)
	s = v.parsePost(s)
	s = v.parseDev(s)
	if s != "" {
		return Version{}, false
	}
	return v, true
}

func (v *Version) parseRelease(s string) (rest string, ok bool) {
	for {
		n := digits(s)
		number, ok := parseNumber(s[:n])
		if !ok {
			return s, false
		}
		v.release = append(v.release, number)
		s = s[n:]
		if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
			return s, true
		}
		s = s[1:]
	}
}

func (v *Version) parsePre(s string) string {
	t := trimSeparator(s)
	for _, p := range prePhases {
		// "post" starts with none of the words, "preview" is listed before "pre".
		if rest, found := strings.CutPrefix(t, p.word); found {
			number, rest, ok := suffixNumber(rest)
			if !ok {
				return s
			}
			v.phase, v.pre = p.phase, number
			return rest
		}
	}
	return s
}

func (v *Version) parsePost(s string) string {
	if len(s) > 1 && s[0] == '-' && isDigit(s[1]) {
		n := digits(s[1:]) + 1
		number, ok := parseNumber(s[1:n])
		if !ok {
			return s
		}
		v.post = number + 1
		return s[n:]
	}
	t := trimSeparator(s)
	for _, word := range []string{"post", "rev", "r"} {
		if rest, found := strings.CutPrefix(t, word); found {
			number, rest, ok := suffixNumber(rest)
			if !ok {
				return s
			}
			v.post = number + 1
			return rest
		}
	}
	return s
}

func (v *Version) parseDev(s string) string {
	rest, found := strings.CutPrefix(trimSeparator(s), "dev")
	if !found {
		return s
	}
	number, rest, ok := suffixNumber(rest)
	if !ok {
		return s
	}
	v.dev = number + 1
	return rest
}

// suffixNumber reads the optional number behind "rc", "post" or "dev", which a separator may
// precede. No number means 0.
func suffixNumber(s string) (number int, rest string, ok bool) {
	t := trimSeparator(s)
	n := digits(t)
	if n == 0 {
		return 0, s, true
	}
	number, ok = parseNumber(t[:n])
	return number, t[n:], ok
}

func parseLocal(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	if len(parts) == 0 || len(strings.Join(parts, ".")) != len(s) {
		return "", false
	}
	for _, p := range parts {
		for i := range len(p) {
			if !isDigit(p[i]) && (p[i] < 'a' || p[i] > 'z') {
				return "", false
			}
		}
	}
	return strings.Join(parts, "."), true
}

func trimSeparator(s string) string {
	if s != "" && strings.IndexByte(".-_", s[0]) >= 0 {
		return s[1:]
	}
	return s
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// parseNumber reads decimal digits; the result leaves room for one more.
func parseNumber(s string) (int, bool) {
	if s == "" || digits(s) != len(s) {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n < math.MaxInt
}

// String returns the normalized spelling.
func (v Version) String() string {
	var b strings.Builder
	if v.epoch != 0 {
		b.WriteString(strconv.Itoa(v.epoch) + "!")
	}
	if len(v.release) == 0 {
		b.WriteByte('0')
	}
	for i, n := range v.release {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strconv.Itoa(n))
	}
	if v.phase != final {
		b.WriteString([...]string{"", "a", "b", "rc"}[v.phase] + strconv.Itoa(v.pre))
	}
	if v.post != 0 {
		b.WriteString(".post" + strconv.Itoa(v.post-1))
	}
	if v.dev != 0 {
		b.WriteString(".dev" + strconv.Itoa(v.dev-1))
	}
	if v.local != "" {
		b.WriteString("+" + v.local)
	}
	return b.String()
}

// Public returns the version without its local label: 2.5.1 for 2.5.1+cu121.
func (v Version) Public() Version {
	v.local = ""
	return v
}

// Prerelease reports whether the version is an alpha, beta, candidate or development release.
func (v Version) Prerelease() bool { return v.phase != final || v.dev != 0 }

// Compare orders two versions as PEP 440 does and returns -1, 0 or 1. Trailing zeros of the
// release do not count: 2.0 equals 2.
func (v Version) Compare(w Version) int {
	for _, pair := range [...][2]int{
		{v.epoch, w.epoch},
		{compareRelease(v.release, w.release), 0},
		{v.preRank(), w.preRank()},
		{v.pre, w.pre},
		{v.post, w.post},
		{v.devRank(), w.devRank()},
	} {
		if pair[0] != pair[1] {
			return sign(pair[0], pair[1])
		}
	}
	return compareLocal(v.local, w.local)
}

// preRank places 1.0.dev1 before 1.0a1, and that before 1.0.
func (v Version) preRank() int {
	switch {
	case v.phase != final:
		return int(v.phase)
	case v.post == 0 && v.dev != 0:
		return 0
	}
	return int(candidate) + 1
}

func (v Version) devRank() int {
	if v.dev == 0 {
		return math.MaxInt
	}
	return v.dev
}

func compareRelease(a, b []int) int {
	for i := range max(len(a), len(b)) {
		if x, y := component(a, i), component(b, i); x != y {
			return sign(x, y)
		}
	}
	return 0
}

func component(release []int, i int) int {
	if i < len(release) {
		return release[i]
	}
	return 0
}

// compareLocal compares local labels part by part: numbers are greater than words, and a
// longer label is greater than its prefix.
func compareLocal(a, b string) int {
	if a == b {
		return 0
	}
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if c := compareLocalPart(x, y); c != 0 {
			return c
		}
	}
	return sign(len(a), len(b))
}

func compareLocalPart(x, y string) int {
	xNumber, yNumber := digits(x) == len(x), digits(y) == len(y)
	switch {
	case xNumber && yNumber:
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return sign(len(x), len(y))
		}
	case xNumber:
		return 1
	case yNumber:
		return -1
	}
	return strings.Compare(x, y)
}

func sign(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// bump returns the release's first n components with the last of them one higher: the first
// release that no longer starts with them.
func (v Version) bump(n int) Version {
	w := Version{epoch: v.epoch, release: make([]int, max(n, 1))}
	for i := range w.release {
		w.release[i] = component(v.release, i)
	}
	w.release[len(w.release)-1]++
	return w
}
