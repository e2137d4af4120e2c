package checks

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Suppressions holds the comments of one module that silence findings:
//
//	load(p)  # pyguardml: ignore[PML1201] reviewed, the file is our own
//	# pyguardml: ignore[PML1201, dataset-unpinned]
//	load(p)
//	load(p)  # noqa: E501, PML1201
//	# pyguardml: ignore-file[PML1201] a museum of bad examples
//
// An `ignore` on a line of its own holds for the next line of code, one after code for its
// line; either also holds for the statement that the line belongs to, if the reported node or
// the statement's first or last line is there. `ignore-file` stands on a line of its own
// before the first statement that is neither a docstring nor an import; in a notebook it
// holds for its cell, and in the first code cell for the whole notebook.
//
// Checks are always named: neither a bare `# noqa`, which people write to please a style
// checker, nor a bare `ignore` silences a security finding. `# nosec` belongs to another
// tool. Only comments count, never text in strings.
//
// A Suppressions notes what it was used for and must not be shared by goroutines.
type Suppressions struct {
	module *Module
	list   []*directive
	// written are those of the files that cells of the notebook are written to.
	written []*Suppressions
}

// UnusedSuppression is a suppression comment that silences nothing.
type UnusedSuppression struct {
	// Path, Cell and Line say where the comment stands; Cell is 0 outside of notebooks, lines
	// count from 1 within the file or cell.
	Path string
	Cell int
	Line int
	// Check is the check as the comment names it, "" where it names none.
	Check string
	// Problem says in a few words what is wrong with the comment.
	Problem string
}

// directive is one check named by one comment.
type directive struct {
	word     string // as written
	id       string // "" when the word is no check
	reason   string
	problem  string // what makes the directive void, "" for a valid one
	whole    bool   // ignore-file
	line     int    // of the comment in the module's text
	target   int    // the line of code that is meant: line itself, or the one below
	ownLine  bool
	cell     int // of a notebook, else 0
	cellLine int // the comment's line for reports
	anywhere bool
	used     bool
}

// Suppressions reads the suppression comments of a module.
func (r *Registry) Suppressions(m *Module) *Suppressions {
	s := &Suppressions{module: m}
	if m.Notebook != nil && m.Notebook.Script == 0 {
		s.written = r.ofWritten(m)
	}
	if m.File == nil || !mayHoldDirective(m.Source.Text) {
		return s
	}
	own := ownLineComments(m)
	for i := range m.File.Comments {
		c := m.File.Comments[i]
		for _, p := range parseComment(m.Source.Slice(c.Span)) {
			s.list = append(s.list, r.directives(m, c, p, own)...)
		}
	}
	return s
}

// ofWritten reads the comments in the Python files that cells of a notebook are written to.
func (r *Registry) ofWritten(m *Module) []*Suppressions {
	var out []*Suppressions
	commands := m.Notebook.Commands()
	for i := range commands {
		c := &commands[i]
		name := writtenName(c)
		if name == "" || !mayHoldDirective([]byte(c.Body)) || len(out) == maxWritten {
			continue
		}
		if w, err := writtenFile(context.Background(), m, name, c); err == nil {
			out = append(out, r.Suppressions(w))
		}
	}
	return out
}

// RequireReasons makes comments void that say no reason.
func (s *Suppressions) RequireReasons() {
	for _, w := range s.written {
		w.RequireReasons()
	}
	for _, d := range s.list {
		if d.problem == "" && d.reason == "" {
			d.problem = "gives no reason, which the settings require; write it after the check's id"
		}
	}
}

// mayHoldDirective is the fast path: most files hold neither word.
func mayHoldDirective(text []byte) bool {
	return containsFold(text, "pyguardml") || containsFold(text, "noqa")
}

// containsFold reports whether text holds an ASCII word in any case; word is in lower case.
func containsFold(text []byte, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(string(text[i:i+len(word)]), word) {
			return true
		}
	}
	return false
}

// ownLineComments returns the lines on which nothing but a comment stands.
func ownLineComments(m *Module) map[int]bool {
	own := map[int]bool{}
	for _, c := range m.File.Comments {
		if standsAlone(m.Source, c) {
			own[m.Source.Position(c.Start).Line] = true
		}
	}
	return own
}

func standsAlone(src *ast.Source, c ast.Comment) bool {
	for i := int(c.Start) - 1; i >= 0; i-- {
		switch src.Text[i] {
		case ' ', '\t', '\f':
		case '\n', '\r':
			return true
		default:
			return false
		}
	}
	return true
}

// comment is one directive as written.
type comment struct {
	noqa    bool
	whole   bool
	words   []string
	reason  string
	problem string
}

var (
	noqaSyntax = regexp.MustCompile(`(?i)^noqa\s*(?::\s*(.*))?$`)
	codeSyntax = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*[0-9]$`)
)

// parseComment finds the directives of a comment. Several may share one, each after a `#`
// of its own: `# type: ignore  # pyguardml: ignore[PML1201]`.
func parseComment(text string) []comment {
	var found []comment
	for _, part := range strings.Split(text, "#") {
		part = strings.TrimSpace(part)
		if rest, ok := cutPrefixFold(part, "pyguardml:"); ok {
			found = append(found, parseIgnore(strings.TrimSpace(rest)))
			continue
		}
		if m := noqaSyntax.FindStringSubmatch(part); m != nil && m[1] != "" {
			found = append(found, parseNoqa(m[1]))
		}
	}
	return found
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

const howToIgnore = "write ignore[ID] or ignore-file[ID], with a reason after it if you like"

// parseIgnore reads what follows "pyguardml:".
func parseIgnore(text string) comment {
	word, rest := text, ""
	if i := strings.IndexFunc(text, func(r rune) bool { return r == '[' || r == ' ' || r == '\t' }); i >= 0 {
		word, rest = text[:i], strings.TrimSpace(text[i:])
	}
	c := comment{whole: strings.EqualFold(word, "ignore-file")}
	if !c.whole && !strings.EqualFold(word, "ignore") {
		c.problem = fmt.Sprintf("%q is not understood; %s", word, howToIgnore)
		return c
	}
	if !strings.HasPrefix(rest, "[") {
		c.problem = "names no check and silences nothing; " + howToIgnore
		return c
	}
	inside, reason, closed := strings.Cut(rest[1:], "]")
	c.words = strings.FieldsFunc(inside, isSeparator)
	c.reason = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(reason), ":-–—"))
	switch {
	case !closed:
		c.problem = "the bracket is not closed; " + howToIgnore
	case len(c.words) == 0:
		c.problem = "names no check and silences nothing; " + howToIgnore
	}
	return c
}

// parseNoqa reads the codes after "noqa:", as flake8 does: separated by commas or blanks,
// up to the first word that is no code.
func parseNoqa(text string) comment {
	c := comment{noqa: true}
	for text != "" {
		text = strings.TrimLeftFunc(text, isSeparator)
		end := strings.IndexFunc(text, isSeparator)
		if end < 0 {
			end = len(text)
		}
		if !codeSyntax.MatchString(text[:end]) {
			break
		}
		c.words = append(c.words, text[:end])
		text = text[end:]
	}
	c.reason = strings.TrimSpace(text)
	return c
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\t' }

// directives resolves what one comment names.
func (r *Registry) directives(m *Module, c ast.Comment, p comment, own map[int]bool) []*directive {
	base := directive{reason: p.reason, problem: p.problem, whole: p.whole, line: m.Source.Position(c.Start).Line}
	base.ownLine = own[base.line]
	base.target = base.line
	if base.ownLine && !p.noqa {
		for base.target++; own[base.target]; base.target++ {
		}
	}
	base.cellLine = base.line
	if at := m.Locate(c.Span); m.Notebook != nil || m.holder != nil {
		base.cell, base.cellLine = at.Cell, at.Start.Line
	}
	if base.problem == "" && p.whole {
		base.problem, base.anywhere = wholeFile(m, c, &base)
	}
	if base.problem != "" {
		d := base
		d.word = strings.Join(p.words, ", ")
		return []*directive{&d}
	}
	var list []*directive
	for _, word := range p.words {
		d := base
		d.word = word
		check, known := r.Lookup(word)
		switch {
		case known:
			d.id = check.Info().ID
		case p.noqa && !strings.HasPrefix(word, "PML"):
			continue // a code of another tool
		default:
			d.problem = fmt.Sprintf("no check is called %s%s", word, r.hint(word, "; give an id such as PML1201 or a check's name"))
		}
		list = append(list, &d)
	}
	return list
}

// wholeFile tells whether an ignore-file comment stands where it counts, and whether it
// counts in all cells.
func wholeFile(m *Module, c ast.Comment, d *directive) (problem string, anywhere bool) {
	const misplaced = "an ignore-file comment stands on a line of its own, above all code but imports"
	if !d.ownLine {
		return misplaced, false
	}
	firstCell := true
	for i, s := range m.File.Body {
		if s.Pos() > c.Start {
			break
		}
		if m.Notebook != nil {
			if cell, _ := m.Notebook.Position(s.Pos()); cell != d.cell {
				firstCell = false
				continue
			}
		}
		if !isPreamble(s, i) {
			return misplaced, false
		}
	}
	return "", firstCell
}

// isPreamble reports whether the i-th statement may stand above an ignore-file comment.
func isPreamble(s ast.Stmt, i int) bool {
	switch s := s.(type) {
	case *ast.Import, *ast.ImportFrom:
		return true
	case *ast.ExprStmt:
		_, isStr := s.Value.(*ast.Str)
		return isStr && i == 0
	}
	return false
}

// Match returns what silences a finding of the module, nil if nothing does. A comment that
// names a general check also silences the report of the check that took its place.
func (s *Suppressions) Match(f *Finding) *Suppression {
	for _, w := range s.written {
		if w.module.within.Contains(f.Span) && f.Cell != 0 {
			if hit := w.Match(f); hit != nil {
				return hit
			}
		}
	}
	if len(s.list) == 0 {
		return nil
	}
	var hit *Suppression
	lines := s.linesOf(f)
	for _, d := range s.list {
		if d.id == "" || d.problem != "" || d.id != f.CheckID && !slices.Contains(f.Replaces, d.id) {
			continue
		}
		by := "comment"
		switch {
		case d.whole && (d.anywhere || d.cell == f.Cell):
			by = "file"
		case d.whole || d.cell != f.Cell || !lines.meets(d):
			continue
		}
		d.used = true
		if hit == nil {
			hit = &Suppression{By: by, Reason: d.reason, Line: d.cellLine}
		}
	}
	return hit
}

// lines are the lines of a module's text at which a comment concerns a finding.
type lines struct {
	first, last int // the reported node, without the body of a compound statement
	ends        []int
}

func (l lines) meets(d *directive) bool {
	within := func(n int) bool { return l.first <= n && n <= l.last || slices.Contains(l.ends, n) }
	return within(d.target) || !d.ownLine && within(d.line) || d.ownLine && l.first < d.line && d.line < l.last
}

// linesOf finds the lines of the reported node and of the statement it is in.
func (s *Suppressions) linesOf(f *Finding) lines {
	src := s.module.Source
	size := ast.Pos(len(src.Text))
	lineOf := func(p ast.Pos) int { return src.Position(max(0, min(p, size))).Line }
	l := lines{first: lineOf(f.Span.Start), last: lineOf(max(f.Span.Start, f.Span.End-1))}
	stmt := statementAt(s.module.File.Body, f.Span)
	if stmt == nil {
		return l
	}
	start, head := extent(stmt)
	l.ends = append(l.ends, lineOf(start), lineOf(stmt.Pos()))
	if head < stmt.Stop() { // a compound statement: its body is not the defect's place
		l.last = min(l.last, max(l.first, lineOf(head)))
	} else {
		l.ends = append(l.ends, lineOf(max(stmt.Pos(), stmt.Stop()-1)))
	}
	return l
}

// statementAt returns the innermost statement that holds a span, nil if there is none.
func statementAt(body []ast.Stmt, sp ast.Span) ast.Stmt {
	var innermost ast.Stmt
	for body != nil {
		var inside ast.Stmt
		for _, s := range body {
			if start, _ := extent(s); start <= sp.Start && sp.End <= s.Stop() {
				inside = s
				break
			}
		}
		if inside == nil {
			break
		}
		innermost = inside
		body = nil
		for _, block := range ast.Suites(inside) {
			if len(block) > 0 {
				if start, _ := extent(block[0]); start <= sp.Start && sp.End <= block[len(block)-1].Stop() {
					body = block
				}
			}
		}
	}
	return innermost
}

// extent returns where a statement begins, decorators included, and where its head ends:
// at the colon of a compound statement, at the end of a simple one.
func extent(s ast.Stmt) (start, head ast.Pos) {
	start, head = s.Pos(), s.Stop()
	decorators := []*ast.Decorator(nil)
	switch s := s.(type) {
	case *ast.FunctionDef:
		head, decorators = s.Colon, s.Decorators
	case *ast.ClassDef:
		head, decorators = s.Colon, s.Decorators
	case *ast.For:
		head = s.Colon
	case *ast.While:
		head = s.Colon
	case *ast.If:
		head = s.Colon
	case *ast.With:
		head = s.Colon
	case *ast.Match:
		head = s.Subject.Stop()
	case *ast.Try:
		head = s.Pos()
	}
	if len(decorators) > 0 {
		start = min(start, decorators[0].Start)
	}
	return start, head
}

// Unused lists the comments that silenced nothing, in order: those of checks that ran and
// found nothing there, those that name no check, and those that are not understood. It is
// asked after Match was called for all findings of the module.
func (s *Suppressions) Unused(ran func(id string) bool) []UnusedSuppression {
	var list []UnusedSuppression
	for _, w := range s.written {
		list = append(list, w.Unused(ran)...)
	}
	file := s.module.Path
	if s.module.holder != nil {
		file = s.module.holder.Path
	}
	for _, d := range s.list {
		problem := d.problem
		if problem == "" {
			if d.used || !ran(d.id) {
				continue
			}
			problem = "nothing is reported here that it would silence; remove it"
		}
		list = append(list, UnusedSuppression{Path: file, Cell: d.cell, Line: d.cellLine, Check: d.word, Problem: problem})
	}
	return list
}
