package casetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/checks"
)

// The plan's counts: what each check must have, written and derived cases together.
const (
	minVulnerable = 15
	minSafe       = 10
	minFixed      = 10
)

// tally counts the cases of one check that ran.
type tally struct {
	vulnerable, safe, fixed                      int
	writtenVulnerable, writtenSafe, writtenFixed int
}

// Run runs the case files in dir for the given checks, and the catalog's own examples: each
// written case through the public analysis among all checks and with that check alone, each
// fix, and all derived cases. A check without a case file, and a check with fewer cases than the plan asks for,
// is a failure; a case file whose check is not in list is reported as skipped. With -v each
// check's counts are printed.
func Run(t *testing.T, list []checks.Check, dir string) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // thousands of small analyses of which nothing is kept
	archives, err := readDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range list {
		info := c.Info()
		known[info.ID] = true
		t.Run(info.ID, func(t *testing.T) { runCheck(t, info, archives[info.ID]) })
	}
	for _, id := range pending(archives, known) {
		t.Run(id, func(t *testing.T) { t.Skip("no check of this id is registered yet") })
	}
	t.Run("safe examples are safe for every check", func(t *testing.T) { runSafeForAll(t, list) })
}

func pending(archives map[string]*Archive, known map[string]bool) []string {
	var ids []string
	for id := range archives {
		if !known[id] {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	return ids
}

// readDir reads all case files of a folder, by id.
func readDir(dir string) (map[string]*Archive, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	archives := map[string]*Archive{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		a, err := ParseArchive(filepath.Base(name), data)
		if err != nil {
			return nil, err
		}
		archives[a.ID] = a
	}
	return archives, nil
}

func runCheck(t *testing.T, info *checks.Info, a *Archive) {
	if a == nil {
		t.Errorf("there is no case file %s.txtar", info.ID)
		a = &Archive{ID: info.ID}
	}
	cases, err := catalogCases(info)
	if errors.Is(err, errNoPython) {
		t.Logf("the catalog's examples are left out: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	cases = append(cases, a.Cases...)
	r := &runner{info: info, archive: a, sinks: map[string]bool{}}
	// The vulnerable cases come first: they tell which calls of the safe ones to disturb.
	sort.SliceStable(cases, func(i, j int) bool { return cases[i].Vulnerable && !cases[j].Vulnerable })
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { r.runCase(t, c) })
	}
	for _, s := range a.skips {
		if !s.used && !testing.Short() {
			t.Errorf("no case needs the excuse from %s for %s", s.derivation, s.glob)
		}
	}
	r.report(t)
}

// report prints the counts and holds them against the plan's.
func (r *runner) report(t *testing.T) {
	n := r.tally
	t.Logf("%s: %d vulnerable (%d written), %d safe (%d written), %d fixed (%d to the letter)",
		r.info.ID, n.vulnerable, n.writtenVulnerable, n.safe, n.writtenSafe, n.fixed, n.writtenFixed)
	if testing.Short() {
		return
	}
	if n.vulnerable < minVulnerable || n.safe < minSafe || n.fixed < minFixed {
		t.Errorf("%s has %d vulnerable, %d safe and %d fixed cases; it needs %d, %d and %d",
			r.info.ID, n.vulnerable, n.safe, n.fixed, minVulnerable, minSafe, minFixed)
	}
}

// runner runs the cases of one check.
type runner struct {
	info    *checks.Info
	archive *Archive
	sinks   map[string]bool
	tally   tally
	// derived is set once a case's derivations have run; with -short those of one case do.
	derived bool
}

func (r *runner) runCase(t *testing.T, c *Case) {
	all, findings, err := reported(c.Files, r.info.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := compareWant(c.Want, findings); diff != "" {
		t.Fatalf("%s%s", diff, show(c.Files))
	}
	r.count(c.Vulnerable, true)
	if c.Vulnerable {
		r.verifyWritten(t, c, findings, all)
	}
	if testing.Short() && r.derived {
		return
	}
	r.derived = true
	p, err := newProject(c, findings, r.sinks)
	if err != nil {
		t.Fatal(err)
	}
	p.noteSinks(r.sinks)
	for _, how := range derivations {
		files, places, err := p.derive(how)
		if err != nil {
			t.Errorf("%s: %v", how.name, err)
			continue
		}
		if files == nil || r.archive.skipped(c, how.name) {
			continue
		}
		t.Run(how.name, func(t *testing.T) { r.runDerived(t, c, files, places) })
	}
}

// runDerived asks for the verdict of the original: one report for each of its reports, at
// one of the places where that may now stand.
func (r *runner) runDerived(t *testing.T, c *Case, files []File, places [][]Place) {
	all, findings, err := reported(files, r.info.ID)
	if err != nil {
		t.Fatalf("%v%s", err, show(files))
	}
	if diff := comparePlaces(places, findings); diff != "" {
		t.Fatalf("%s%s", diff, show(files))
	}
	r.count(c.Vulnerable, false)
	if c.Vulnerable && r.verifyFix(t, files, findings, all) {
		r.tally.fixed++
	}
}

func (r *runner) count(vulnerable, written bool) {
	n := &r.tally
	switch {
	case vulnerable:
		n.vulnerable++
		if written {
			n.writtenVulnerable++
		}
	default:
		n.safe++
		if written {
			n.writtenSafe++
		}
	}
}

// noteSinks adds the functions that the case is reported for.
func (p *project) noteSinks(sinks map[string]bool) {
	if !p.vulnerable {
		return
	}
	for _, u := range p.units {
		for _, t := range u.targets(p) {
			if t.call != nil {
				if name := lastName(t.call.Fn); name != "" {
					sinks[name] = true
				}
			}
		}
	}
}

// compareWant says how the reports differ from the marked lines, or returns "".
func compareWant(want map[Place]int, findings []checks.Finding) string {
	got := map[Place]int{}
	for _, f := range findings {
		p := placeOf(f)
		if whole := (Place{Path: p.Path, Cell: p.Cell}); p.Cell > 0 && want[whole] > 0 {
			p = whole
		}
		got[p]++
	}
	var b strings.Builder
	for _, p := range sortedPlaces(want) {
		if got[p] != want[p] {
			fmt.Fprintf(&b, "%s: want %d reports, got %d\n", p, want[p], got[p])
		}
	}
	for _, p := range sortedPlaces(got) {
		if want[p] == 0 {
			fmt.Fprintf(&b, "%s: unwanted report: %s\n", p, messagesAt(findings, p))
		}
	}
	return b.String()
}

// comparePlaces matches reports one to one with the places they may stand at.
func comparePlaces(places [][]Place, findings []checks.Finding) string {
	var b strings.Builder
	taken := make([]bool, len(findings))
	for _, alternatives := range places {
		if !takeOne(alternatives, findings, taken) {
			fmt.Fprintf(&b, "%s: the report is missing\n", alternatives)
		}
	}
	for i, f := range findings {
		if !taken[i] {
			fmt.Fprintf(&b, "%s: unwanted report: %s\n", placeOf(f), f.Message)
		}
	}
	return b.String()
}

func takeOne(alternatives []Place, findings []checks.Finding, taken []bool) bool {
	for i, f := range findings {
		if taken[i] {
			continue
		}
		for _, p := range alternatives {
			if placeOf(f) == p {
				taken[i] = true
				return true
			}
		}
	}
	return false
}

func placeOf(f checks.Finding) Place {
	return Place{Path: f.Path, Cell: f.Cell, Line: f.Start.Line}
}

func messagesAt(findings []checks.Finding, p Place) string {
	var texts []string
	for _, f := range findings {
		if placeOf(f) == p {
			texts = append(texts, f.Message)
		}
	}
	return strings.Join(texts, "; ")
}

// show renders a case's files for a failure's message.
func show(files []File) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "\n-- %s --\n", f.Path)
		for i, line := range strings.Split(strings.TrimSuffix(string(f.Content), "\n"), "\n") {
			fmt.Fprintf(&b, "%4d  %s\n", i+1, strings.TrimSuffix(line, "\r"))
		}
	}
	return b.String()
}

// runSafeForAll runs every check over every check's safe example: the safe form of one is
// safe for all.
func runSafeForAll(t *testing.T, list []checks.Check) {
	for _, c := range list {
		info := c.Info()
		files, err := exampleFiles(info, info.Safe, "safe.py")
		if errors.Is(err, errNoPython) {
			continue
		}
		safe := &Case{Want: map[Place]int{}}
		if err := errors.Join(err, safe.addExample(files)); err != nil {
			t.Fatal(err)
		}
		findings, err := analyze(safe.Files)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("the safe example of %s is reported by %s at line %d: %s", info.ID, f.CheckID, f.Start.Line, f.Message)
		}
	}
}
