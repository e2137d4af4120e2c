package casetest

import (
	"fmt"

	"github.com/pyguard/pyguardml/ast"
)

// derivation makes one case out of another.
type derivation struct {
	name string
	// safe is set when it keeps the verdict of safe cases too. The others may tear a guard
	// from what it guards.
	safe bool
	// derive returns the derived case, or nil where the derivation does not apply.
	derive func(*project) (*derived, error)
}

// derivations are all the ways to say the same in other words.
var derivations = []derivation{
	// Names.
	{"import-renamed", true, eachUnit(renameModules)},
	{"members-imported", true, eachUnit(importMembers)},
	{"modules-imported", true, eachUnit(importModules)},
	{"members-renamed", true, eachUnit(renameMembers)},
	// Values on a detour.
	{"through-variable", true, eachTarget(throughVariable)},
	{"through-attribute", true, eachTarget(throughAttribute)},
	{"constants-in-second-file", true, constantsInSecondFile},
	// Other places.
	{"in-helper", false, eachTarget(inHelper)},
	{"in-second-file", true, inSecondFile},
	{"async", true, eachUnit(makeAsync)},
	{"in-if", true, eachTarget(wrapped("if __debug__:", ""))},
	{"in-else", true, eachTarget(wrapped("if not __debug__:\n    pass\nelse:", ""))},
	{"in-try", true, eachTarget(wrapped("try:", "except ZeroDivisionError:\n    raise"))},
	{"in-finally", true, eachTarget(wrapped("try:\n    pass\nfinally:", ""))},
	{"in-with", true, eachTarget(inWith)},
	{"in-for", true, eachTarget(inLoop)},
	{"in-comprehension", true, eachTarget(inComprehension)},
	{"in-main-guard", true, eachUnit(inMainGuard)},
	{"in-main-function", true, eachUnit(inMainFunction)},
	// Layout.
	{"other-quotes", true, eachUnit(otherQuotes)},
	{"argument-per-line", true, eachUnit(argumentPerLine)},
	{"parentheses", true, eachUnit(parentheses)},
	{"continued-lines", true, eachUnit(continuedLines)},
	{"tabs", true, eachUnit(tabs)},
	{"crlf", true, encoded(crlf)},
	{"byte-order-mark", true, encoded(byteOrderMark)},
	{"latin-1", true, inLatin1},
	{"notebook", true, asNotebook},
	{"notebook-script", true, asScript},
	// Model files.
	{"in-folder", true, modelsMoved(func(name string) string { return "weights/v1/" + name })},
	{"beside-others", true, modelsBesideOthers},
	{"capital-ending", true, modelsMoved(capitalEnding)},
}

// eachUnit makes a derivation of edits to single files. It applies where one file changes.
func eachUnit(edits func(*unit, *project) []edit) func(*project) (*derived, error) {
	return func(p *project) (*derived, error) {
		d := &derived{}
		changed := false
		for _, u := range p.units {
			es := edits(u, p)
			changed = changed || len(es) > 0
			pieces, err := u.apply(es)
			if err != nil {
				return nil, err
			}
			d.files = append(d.files, &derivedFile{path: u.path, pieces: pieces})
		}
		if !changed {
			return nil, nil
		}
		p.carryOthers(d)
		return d, nil
	}
}

// eachTarget makes a derivation of edits around single statements. Of statements within
// one another only the first is changed.
func eachTarget(edits func(u *unit, t target, serial int) []edit) func(*project) (*derived, error) {
	return eachUnit(func(u *unit, p *project) []edit {
		var all []edit
		last := ast.Span{Start: -1, End: -1}
		for i, t := range u.targets(p) {
			if t.stmt.Pos() < last.End && t.stmt.Stop() > last.Start || isDocstring(t) {
				continue
			}
			if es := edits(u, t, i+1); len(es) > 0 {
				all = append(all, es...)
				last = t.stmt.Range()
			}
		}
		return all
	})
}

// isDocstring reports whether the target stands in a docstring, which is none anywhere else.
func isDocstring(t target) bool {
	e, ok := t.stmt.(*ast.ExprStmt)
	if !ok || len(t.path) < 2 {
		return false
	}
	_, text := e.Value.(*ast.Str)
	for _, n := range t.path {
		if fn, ok := n.(*ast.FunctionDef); ok && text && len(fn.Body) > 0 && fn.Body[0] == t.stmt {
			return true
		}
	}
	return false
}

// carryOthers adds the files that stay as they are.
func (p *project) carryOthers(d *derived) {
	for _, f := range p.others {
		d.files = append(d.files, &derivedFile{path: f.Path, content: f.Content})
	}
}

// derive makes the case of a derivation, or returns nil. places lists, for each report of
// the original, where it may stand in the derived case.
func (p *project) derive(how derivation) (files []File, places [][]Place, err error) {
	if !p.vulnerable && !how.safe {
		return nil, nil, nil
	}
	d, err := how.derive(p)
	if err != nil || d == nil {
		return nil, nil, err
	}
	for _, f := range d.files {
		files = append(files, File{Path: f.path, Content: f.render(p)})
	}
	for _, u := range p.units {
		for _, a := range u.anchors {
			at := d.places(p, u.index, int(a.Start))
			if len(at) == 0 {
				return nil, nil, fmt.Errorf("the report at byte %d of %s is lost", a.Start, u.path)
			}
			places = append(places, at)
		}
	}
	for _, at := range p.kept {
		if d.moved != nil {
			at.Path = d.moved(at.Path)
		}
		places = append(places, []Place{at})
	}
	return files, places, nil
}
