package checks

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/pyguard/pyguardml/internal/catalog"
)

// Registry is a set of checks whose ids and names are unique and whose Infos are complete.
// It is made once and then only read, so it can be shared by goroutines.
type Registry struct {
	list []Check          // in the order of their ids
	by   map[string]Check // by id and by name
	rank precedence
}

// NewRegistry puts checks together. All that is wrong with them is reported in one error:
// a check without an Info, an Info that lacks its id, name or title, an id or name that is
// taken, checks that specialize each other in a circle.
func NewRegistry(list []Check) (*Registry, error) {
	r := &Registry{by: make(map[string]Check, 2*len(list))}
	var problems []error
	for i, c := range list {
		if err := r.add(c); err != nil {
			problems = append(problems, fmt.Errorf("check %d of %d: %w", i+1, len(list), err))
		}
	}
	sort.Slice(r.list, func(i, j int) bool { return r.list[i].Info().ID < r.list[j].Info().ID })
	rank, err := newPrecedence(r.Infos())
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	r.rank = rank
	return r, nil
}

func (r *Registry) add(c Check) error {
	if c == nil {
		return errors.New("the check is nil")
	}
	if !reflect.TypeOf(c).Comparable() {
		return fmt.Errorf("%T: checks are told apart by ==, which its type has not; give a pointer", c)
	}
	info := c.Info()
	if err := validate(info); err != nil {
		return fmt.Errorf("%T: %w", c, err)
	}
	if rule, ok := c.(*Rule); ok {
		if err := rule.validate(); err != nil {
			return fmt.Errorf("%s: %w", info.ID, err)
		}
	}
	for _, key := range []string{info.ID, info.Name} {
		if other, taken := r.by[key]; taken {
			return fmt.Errorf("%T: %q is already taken by %s %s (%T); ids and names are unique", c, key, other.Info().ID, other.Info().Name, other)
		}
	}
	r.by[info.ID], r.by[info.Name] = c, c
	r.list = append(r.list, c)
	return nil
}

// isID tells capital letters, digits and hyphens that begin with a letter and end in a digit. A
// registry is made often; regular expressions were a tenth of the time of short analyses.
func isID(s string) bool {
	if s == "" || !between(s[0], 'A', 'Z') || !between(s[len(s)-1], '0', '9') {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') })
}

// isName tells kebab-case: words of small letters and digits with single hyphens between them,
// the first of which begins with a letter.
func isName(s string) bool {
	if s == "" || !between(s[0], 'a', 'z') || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}

func between(c, low, high byte) bool { return low <= c && c <= high }

// validate checks what every Info needs for its findings to be reported and selected.
func validate(info *Info) error {
	switch {
	case info == nil:
		return errors.New("its Info is nil")
	case !isID(info.ID):
		return fmt.Errorf("its Info.ID is %q; an id is capital letters and digits that end in a digit, such as ACME001", info.ID)
	case !isName(info.Name):
		return fmt.Errorf("%s: its Info.Name is %q; a name is in kebab-case, such as pickle-from-cache", info.ID, info.Name)
	case strings.TrimSpace(info.Title) == "" || strings.ContainsAny(info.Title, "\r\n"):
		return fmt.Errorf("%s: its Info.Title is %q; a title is one line that says what the defect is", info.ID, info.Title)
	case int(info.Severity) >= len(severityNames):
		return fmt.Errorf("%s: its Info.Severity %d is none of Note to Critical", info.ID, info.Severity)
	case int(info.Class) >= len(classNames):
		return fmt.Errorf("%s: its Info.Class %d is none of Vulnerability to Governance", info.ID, info.Class)
	case int(info.Profile) >= len(profileNames):
		return fmt.Errorf("%s: its Info.Profile %d is neither Default nor Extended", info.ID, info.Profile)
	}
	for _, in := range info.Inputs {
		if int(in) >= len(inputNames) {
			return fmt.Errorf("%s: its Info.Inputs holds %d, which is none of Python to Manifest", info.ID, in)
		}
	}
	return nil
}

// Checks returns all checks in the order of their ids. The slice is the caller's.
func (r *Registry) Checks() []Check { return append([]Check(nil), r.list...) }

// Infos returns the Infos of all checks in the order of their ids. The slice is the
// caller's, the Infos are not to be changed.
func (r *Registry) Infos() []*Info {
	infos := make([]*Info, len(r.list))
	for i, c := range r.list {
		infos[i] = c.Info()
	}
	return infos
}

// Lookup finds a check by its id (in any case) or its name.
func (r *Registry) Lookup(idOrName string) (Check, bool) {
	if c, ok := r.by[idOrName]; ok {
		return c, true
	}
	c, ok := r.by[strings.ToUpper(idOrName)]
	return c, ok
}

// Selection says which checks of a registry run. The zero Selection is the default profile.
type Selection struct {
	// Profile is "" or "default" for the default checks, "all" or "extended" for all.
	Profile string
	// Select, when not empty, narrows the run to what it names: an id ("PML1201"), a name
	// ("torch-load-unsafe"), the beginning of ids ("PML12"), a part by number or folder
	// ("1.2", "serialization"), a severity ("high"), a class ("vulnerability"), an entry of a
	// standard ("LLM01", "ML06", "ASI04", "AML.T0051", "CWE-502", "MEASURE 2.7"). A check named by
	// itself runs whatever the profile; a group adds those of its checks that are in the profile.
	Select []string
	// Ignore takes checks out again, named in the same ways. It wins over Select, unless Select
	// names the check by itself and Ignore only a group.
	Ignore []string
}

// Select returns the checks of a selection in the order of their ids. A profile or name that
// does not exist is an error that says what is meant, as is a selection that leaves nothing.
func (r *Registry) Select(s Selection) ([]Check, error) {
	profile, err := parseProfile(s.Profile)
	if err != nil {
		return nil, err
	}
	selected, err := r.resolve("select", s.Select)
	if err != nil {
		return nil, err
	}
	ignored, err := r.resolve("ignore", s.Ignore)
	if err != nil {
		return nil, err
	}
	var list []Check
	for _, c := range r.list {
		id := c.Info().ID
		wanted := c.Info().Profile <= profile
		if len(s.Select) > 0 {
			wanted = selected[id] == byItself || selected[id] == byGroup && wanted
		}
		if wanted && ignored[id] <= ignoredBelow(selected[id]) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the selection leaves no check to run (profile %s, select %q, ignore %q)", profile, s.Select, s.Ignore)
	}
	return list, nil
}

const howToSelect = "; give an id such as PML1201, a check's name, a part such as 1.2, a severity, a class, or a standard's entry such as LLM01 or CWE-502"

// mention tells how a selector meant a check.
type mention uint8

const (
	unnamed mention = iota
	byGroup
	byItself
)

// ignoredBelow is the strongest mention in Ignore that a check selected so survives.
func ignoredBelow(m mention) mention {
	if m == byItself {
		return byGroup
	}
	return unnamed
}

// resolve finds the checks that selectors name. option is the selectors' origin, for errors.
func (r *Registry) resolve(option string, selectors []string) (map[string]mention, error) {
	found := map[string]mention{}
	for _, s := range selectors {
		s = strings.TrimSpace(s)
		if c, ok := r.Lookup(s); ok {
			found[c.Info().ID] = byItself
			continue
		}
		group := r.group(s)
		if len(group) == 0 && !isKind(s) {
			return nil, fmt.Errorf("%s: no check, part or standard is called %q%s", option, s, r.hint(s, howToSelect))
		}
		for _, id := range group {
			found[id] = max(found[id], byGroup)
		}
	}
	return found, nil
}

// isKind reports whether a word is a severity or a class, which need not have checks.
func isKind(s string) bool {
	s = strings.ToLower(s)
	return slices.Contains(severityNames[:], s) || slices.Contains(classNames[:], s)
}

// group returns the ids that a part, the beginning of ids, a class, a severity or an entry of a
// standard stands for.
func (r *Registry) group(s string) []string {
	belongs := r.membership(s)
	var ids []string
	for _, c := range r.list {
		if info := c.Info(); belongs(info) {
			ids = append(ids, info.ID)
		}
	}
	return ids
}

// membership tells which checks a word means that names none by itself.
func (r *Registry) membership(s string) func(*Info) bool {
	if part, ok := catalog.PartNamed(s); ok {
		return func(info *Info) bool { return info.Part == part.Number }
	}
	upper, lower := strings.ToUpper(s), strings.ToLower(s)
	switch {
	case s == "":
		return func(*Info) bool { return false }
	case slices.Contains(severityNames[:], lower):
		return func(info *Info) bool { return info.Severity.String() == lower }
	case slices.Contains(classNames[:], lower):
		return func(info *Info) bool { return info.Class.String() == lower }
	}
	return func(info *Info) bool {
		return info.Part == s || len(s) >= 3 && strings.HasPrefix(info.ID, upper) || info.cites(upper)
	}
}

// cites reports whether the check serves an entry of a standard, written in capitals. A technique
// of MITRE ATLAS stands for its sub-techniques, too.
func (info *Info) cites(entry string) bool {
	is := func(id string) bool { return strings.ToUpper(id) == entry }
	return slices.ContainsFunc(info.CWE, is) || slices.ContainsFunc(info.OWASPLLM, is) || slices.ContainsFunc(info.OWASPML, is) ||
		slices.ContainsFunc(info.OWASPAgentic, is) || slices.ContainsFunc(info.NIST, is) ||
		slices.ContainsFunc(info.ATLAS, func(id string) bool {
			return is(id) || strings.HasPrefix(id, entry+".") && strings.Count(entry, ".") == 1
		})
}

// hint proposes the id or name that is closest to a mistyped one, or says what to do otherwise.
func (r *Registry) hint(s, otherwise string) string {
	best, distance := "", 3
	for _, c := range r.list {
		for _, key := range []string{c.Info().ID, c.Info().Name} {
			target := s
			if key == c.Info().ID {
				target = strings.ToUpper(s)
			}
			if d := editDistance(target, key, distance); d < distance {
				best, distance = key, d
			}
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	return otherwise
}

// editDistance is the Levenshtein distance of two strings in bytes, or limit when it is not
// below that.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}

func parseProfile(s string) (Profile, error) {
	switch s {
	case "", "default":
		return Default, nil
	case "all", "extended":
		return Extended, nil
	}
	return Default, fmt.Errorf(`no profile is called %q; use "default" or "all"`, s)
}
