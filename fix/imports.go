package fix

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Place says where in a module an import goes.
type Place uint8

// The places. In a module without imports all of them mean: above the first statement,
// below shebang, encoding line, docstring and leading comments.
const (
	// BeforeFirstImport is the line above the first import, below `from __future__` ones.
	BeforeFirstImport Place = iota
	// AfterLastImport is the line below the last import of the module's leading imports.
	AfterLastImport
	// InOrder is the alphabetical place among the imports of the same section, standard
	// library or others; no blank line is added.
	InOrder
	// InSection is InOrder, with a blank line between the sections when the import is the
	// first of its section, as isort and PEP 8 have it.
	InSection
)

// AddImport returns the edits that add an import statement, `import a.b`, `import a as b`
// or `from a import b`, at the module's top level; nil when the module has that import
// already at module level, under the same local name.
func AddImport(f *ast.File, stmt string, where Place) []Edit {
	want, ok := parseImport(stmt)
	if !ok || want.boundIn(f) {
		return nil
	}
	stmt = strings.TrimSpace(stmt)
	l, lead := layoutOf(f), leadingImports(f)
	rest := lead
	for len(rest) > 0 && isFuture(rest[0]) {
		rest = rest[1:]
	}
	switch {
	case len(lead) == 0:
		return []Edit{l.aboveModule(stmt)}
	case len(rest) == 0:
		return []Edit{l.below(lead[len(lead)-1].Stop(), stmt)}
	case where == BeforeFirstImport:
		return []Edit{l.above(rest[0], stmt)}
	case where == AfterLastImport:
		return []Edit{l.below(rest[len(rest)-1].Stop(), stmt)}
	}
	return []Edit{l.inOrder(rest, want, stmt, where == InSection)}
}

// AddImportedName returns the edits that import name from module: into the module's
// `from module import …` statement where it has one, at the alphabetical place if its names
// are in order, else by AddImport. Nil when name is imported already.
func AddImportedName(f *ast.File, module, name string, where Place) []Edit {
	want := imported{module: module, name: name, local: name, from: true}
	if want.boundIn(f) {
		return nil
	}
	for _, s := range leadingImports(f) {
		from, ok := s.(*ast.ImportFrom)
		if !ok || from.Level != 0 || from.Module != module || len(from.Names) == 0 || from.Names[0].Name == "*" {
			continue
		}
		return namesOf(f, from).addSorted(from, name)
	}
	return AddImport(f, "from "+module+" import "+name, where)
}

// ImportedAs returns the expression by which the module's code reaches a module or a name
// in one: for "numpy" np after `import numpy as np`; for "os.path" path after
// `from os import path`; for "jinja2.Template" jinja2.Template after `import jinja2`. ok is
// false when no import at module level reaches it.
func ImportedAs(f *ast.File, qualified string) (spelling string, ok bool) {
	moduleImports(f, func(b imported) bool {
		switch {
		case b.target() == qualified:
			spelling = b.local
		case b.from && strings.HasPrefix(qualified, b.target()+"."):
			spelling = b.local + strings.TrimPrefix(qualified, b.target())
		case !b.from && (qualified == b.module || strings.HasPrefix(qualified, b.module+".")):
			spelling = b.spelling() + strings.TrimPrefix(qualified, b.module)
		case !b.from && b.asName == "" && strings.HasPrefix(b.module, qualified+"."):
			spelling = qualified // `import a.b` binds a
		}
		return spelling == ""
	})
	return spelling, spelling != ""
}

// Reach returns the expression by which a fix can write a qualified name, "ast.literal_eval",
// and the edits that this takes: none where an import reaches it already, else AddImport of
// stmt. Where the file uses the imported name for something else, such as a parameter, the
// import gets an alias with a leading underscore.
func Reach(f *ast.File, qualified, stmt string, where Place) (spelling string, edits []Edit) {
	if s, ok := ImportedAs(f, qualified); ok {
		return s, nil
	}
	want, ok := parseImport(stmt)
	if !ok {
		return qualified, nil
	}
	stmt = strings.TrimSpace(stmt)
	if !want.boundIn(f) && want.asName == "" && usesName(f, want.local) {
		alias := "_" + want.local
		if !want.from {
			alias = "_" + strings.ReplaceAll(want.module, ".", "_")
		}
		want.asName, want.local = alias, alias
		stmt += " as " + alias
	}
	edits = AddImport(f, stmt, where)
	if want.from {
		return want.local + strings.TrimPrefix(qualified, want.target()), edits
	}
	return want.spelling() + strings.TrimPrefix(qualified, want.module), edits
}

// ReachFrom is Reach for code that runs at module level at a place that may lie above imports, as
// in notebooks and in scripts that begin with settings: the import stands before it.
func ReachFrom(f *ast.File, use ast.Pos, qualified, stmt string, where Place) (spelling string, edits []Edit) {
	early := *f
	early.Body = nil
	for _, s := range f.Body {
		if s.Pos() < use {
			early.Body = append(early.Body, s)
		}
	}
	spelling, edits = Reach(&early, qualified, stmt, where)
	if edits == nil || len(leadingImports(&early)) > 0 {
		return spelling, edits
	}
	for _, s := range f.Body {
		if !isDocstring(s) && !isFuture(s) {
			return spelling, []Edit{layoutOf(f).above(s, importOf(spelling, qualified, stmt))}
		}
	}
	return spelling, edits
}

// importOf is the import statement with the alias that a spelling needs.
func importOf(spelling, qualified, stmt string) string {
	stmt = strings.TrimSpace(stmt)
	if strings.HasSuffix(qualified, "."+spelling) || spelling == qualified {
		return stmt
	}
	local, _, _ := strings.Cut(spelling, ".")
	return stmt + " as " + local
}

// usesName reports whether a name is bound or used anywhere in the file.
func usesName(f *ast.File, name string) bool {
	if !bytes.Contains(f.Source.Text, []byte(name)) {
		return false
	}
	found := false
	for _, s := range f.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || n.Id == name
			case *ast.Param:
				found = found || n.Name != nil && n.Name.Id == name
			case *ast.Alias:
				bound, _, _ := strings.Cut(n.Name, ".")
				if n.AsName != nil {
					bound = n.AsName.Id
				}
				found = found || bound == name
			case *ast.FunctionDef:
				found = found || n.Name != nil && n.Name.Id == name
			case *ast.ClassDef:
				found = found || n.Name != nil && n.Name.Id == name
			}
			return !found
		})
	}
	return found
}

// AddConstant returns the edits that add an assignment at module level below the leading
// imports; nil when the module assigns that name at its top level already. spacing says how
// it is set apart.
func AddConstant(f *ast.File, assignment string, spacing Spacing) []Edit {
	if assignsTop(f, leadingName(assignment)) {
		return nil
	}
	l, lead := layoutOf(f), leadingImports(f)
	if len(lead) == 0 {
		return []Edit{l.aboveModule(assignment)}
	}
	last := lead[len(lead)-1].Stop()
	if spacing == Tight {
		return []Edit{l.below(last, assignment)}
	}
	next := l.statementAfter(last)
	if spacing == Joined && next != nil && isSimple(next) && l.startsLine(next.Pos()) &&
		l.blankLines(last, next.Pos()) > 0 && l.blank(l.lineEnd(last), next.Pos()) {
		return []Edit{insert(l.lineStart(next.Pos()), assignment+l.eol())}
	}
	text := l.eol() + assignment
	if next != nil && l.blankLines(last, firstLineOf(next)) == 0 {
		text += l.eol()
	}
	return []Edit{l.below(last, text)}
}

// Spacing says how a constant below the imports is set apart.
type Spacing uint8

// The spacings.
const (
	// Tight is the line directly below the last import.
	Tight Spacing = iota
	// Spaced is a blank line below the last import.
	Spaced
	// Joined heads the first group of plain statements below the imports; where a definition
	// or a block comes first, it is Spaced.
	Joined
)

// SwapImport returns the edits that take the module-level import of a module away and put
// another import in its line, for a fix that replaces its last use: `import pickle` becomes
// `import json`; "jinja2.Template" means `from jinja2 import Template`. It is for when all uses of the old name lie in the spans gone; where there
// are others, the old import stays and the new one is added by AddImport at where. An import
// that the module has already is not added again. Of a statement that imports further names the
// one is taken out.
func SwapImport(f *ast.File, module, stmt string, where Place, gone ...ast.Span) []Edit {
	if from, i := amongOthers(f, module); from != nil && !usedOutside(f, from.Names[i].Name, gone) {
		return append(namesOf(f, from).remove(i), AddImport(f, stmt, where)...)
	}
	old := soleImport(f, module)
	local := module
	if _, from := old.(*ast.ImportFrom); from {
		local = module[strings.LastIndexByte(module, '.')+1:]
	}
	if old == nil || usedOutside(f, local, gone) {
		return AddImport(f, stmt, where)
	}
	want, ok := parseImport(stmt)
	if !ok || want.boundIn(f) {
		return RemoveStmt(f, old)
	}
	text := strings.TrimSpace(stmt)
	if where == InSection && sectionOf(module) != sectionOf(want.module) {
		gone, added := RemoveStmt(f, old), AddImport(f, stmt, where)
		if len(gone) == 1 && len(added) == 1 && (added[0].Start < gone[0].Start || added[0].Start > gone[0].End) {
			return append([]Edit{withBlankLine(f, gone[0])}, added...)
		}
		l := layoutOf(f)
		if next := l.statementAfter(old.Stop()); next != nil && l.blankLines(old.Stop(), firstLineOf(next)) == 0 {
			text += l.eol() // it has its section to itself
		}
	}
	return []Edit{replace(old.Pos(), old.Stop(), text)}
}

// withBlankLine widens the removal of a line that has its paragraph to itself by one of the
// blank lines around it.
func withBlankLine(f *ast.File, e Edit) Edit {
	text := string(f.Source.Text)
	for _, eol := range [...]string{"\r\n", "\n"} {
		if strings.HasSuffix(text[:e.Start], eol+eol) && strings.HasPrefix(text[e.End:], eol) {
			e.End += len(eol)
			return e
		}
	}
	return e
}

// JoinImports returns edits in which import statements that were to be added one by one at
// the same place stand together, whole modules first and in alphabetical order.
func JoinImports(lists ...[]Edit) []Edit {
	var out []Edit
	at := -1
	var lines []string
	for _, e := range slices.Concat(lists...) {
		line := strings.TrimSpace(e.New)
		if e.Start != e.End || !strings.HasPrefix(line, "import ") && !strings.HasPrefix(line, "from ") || at >= 0 && out[at].Start != e.Start {
			out = append(out, e)
			continue
		}
		if at < 0 {
			at = len(out)
			out = append(out, e)
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) > 1 {
		first := strings.TrimSpace(out[at].New)
		slices.SortFunc(lines, func(a, b string) int { // "import" stands after "from" in the alphabet
			return cmp.Or(-cmp.Compare(a[:4], b[:4]), strings.Compare(a, b))
		})
		eol := "\n"
		if strings.Contains(out[at].New, "\r\n") {
			eol = "\r\n"
		}
		out[at].New = strings.Replace(out[at].New, first, strings.Join(lines, eol), 1)
	}
	return out
}

// imported is one binding of an import statement.
type imported struct {
	module string // with the leading dots of a relative import
	name   string // of `from module import name`
	asName string
	local  string // the name that is bound
	from   bool
	node   ast.Stmt
}

// target is the qualified name of what the local name stands for, as far as that is one
// thing: `import a.b` binds a.
func (b imported) target() string {
	switch {
	case b.from:
		return b.module + "." + b.name
	case b.asName != "":
		return b.module
	}
	return b.local
}

// spelling is the expression that reaches the imported module.
func (b imported) spelling() string {
	if b.asName != "" {
		return b.asName
	}
	return b.module
}

// boundIn reports whether the file has an import at module level that serves as well.
func (b imported) boundIn(f *ast.File) bool {
	found := false
	moduleImports(f, func(o imported) bool {
		switch {
		case b.from != o.from:
		case b.from:
			found = o.module == b.module && o.name == b.name && o.local == b.local
		case b.asName != "" || o.asName != "":
			found = o.module == b.module && o.local == b.local && b.local != ""
		default:
			// Importing a.b imports a as well.
			found = o.module == b.module || strings.HasPrefix(o.module, b.module+".")
		}
		return !found
	})
	return found
}

// moduleImports calls yield with each binding that an import at module level makes, also
// within `try`, `if` and `with` there, until it returns false. Blocks that only type checkers
// enter do not count.
func moduleImports(f *ast.File, yield func(imported) bool) {
	work := [][]ast.Stmt{f.Body}
	for len(work) > 0 {
		suite := work[0]
		work = work[1:]
		for _, s := range suite {
			for _, b := range bindingsOf(s) {
				if !yield(b) {
					return
				}
			}
			switch s := s.(type) {
			case *ast.If:
				if strings.HasSuffix(f.Text(s.Test), "TYPE_CHECKING") {
					work = append(work, s.Orelse)
					continue
				}
				work = append(work, ast.Suites(s)...)
			case *ast.Try, *ast.With:
				work = append(work, ast.Suites(s)...)
			}
		}
	}
}

// bindingsOf lists what an import statement binds.
func bindingsOf(s ast.Stmt) []imported {
	var out []imported
	switch s := s.(type) {
	case *ast.Import:
		for _, a := range s.Names {
			b := imported{module: a.Name, node: s}
			b.local, _, _ = strings.Cut(a.Name, ".")
			if a.AsName != nil {
				b.asName, b.local = a.AsName.Id, a.AsName.Id
			}
			out = append(out, b)
		}
	case *ast.ImportFrom:
		for _, a := range s.Names {
			b := imported{module: strings.Repeat(".", s.Level) + s.Module, name: a.Name, local: a.Name, from: true, node: s}
			if a.AsName != nil {
				b.asName, b.local = a.AsName.Id, a.AsName.Id
			}
			out = append(out, b)
		}
	}
	return out
}

// parseImport reads an import statement of one name, as a fix writes it.
func parseImport(stmt string) (imported, bool) {
	w := strings.Fields(stmt)
	b := imported{}
	switch {
	case len(w) >= 2 && w[0] == "import":
		b.module, w = w[1], w[2:]
		b.local, _, _ = strings.Cut(b.module, ".")
	case len(w) >= 4 && w[0] == "from" && w[2] == "import":
		b.module, b.name, b.local, b.from, w = w[1], w[3], w[3], true, w[4:]
	default:
		return b, false
	}
	if len(w) == 2 && w[0] == "as" {
		b.asName, b.local, w = w[1], w[1], nil
	}
	return b, len(w) == 0
}

// leadingImports are the imports that open a module: its first import and those that
// follow, past a docstring, blocks that hold nothing but imports, and settings between them.
// They end at the first definition, and in front of code that follows the first import at
// more than a few statements' distance, which is how scripts and notebooks import late.
func leadingImports(f *ast.File) []ast.Stmt {
	const maxBetween = 3
	var imports []ast.Stmt
	between := 0
	for _, s := range f.Body {
		switch {
		case isImport(s), len(imports) > 0 && onlyImports(s):
			imports = append(imports, s)
			between = 0
		case len(imports) == 0 && isPreamble(s):
		case len(imports) == 0:
			return nil // code runs before the first import: it cannot rely on what goes there
		default:
			if between++; between > maxBetween || !isSimple(s) {
				return imports
			}
		}
	}
	return imports
}

// isPreamble reports whether a statement above the imports uses nothing: a docstring, a
// __version__, a blanked magic of a notebook, guarded imports.
func isPreamble(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.Assign:
		return isLiteral(s.Value)
	case *ast.ExprStmt:
		_, name := s.Value.(*ast.Name)
		return name || isLiteral(s.Value)
	}
	return onlyImports(s)
}

func isLiteral(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Str, *ast.Number, *ast.Constant:
		return true
	}
	return false
}

func isImport(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.Import, *ast.ImportFrom:
		return true
	}
	return false
}

func isFuture(s ast.Stmt) bool {
	from, ok := s.(*ast.ImportFrom)
	return ok && from.Module == "__future__"
}

// isSimple reports whether a statement is a single logical line.
func isSimple(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.FunctionDef, *ast.ClassDef, *ast.For, *ast.While, *ast.If, *ast.With, *ast.Match, *ast.Try:
		return false
	}
	return true
}

// onlyImports reports whether a `try` or `if` guards imports: its first block holds nothing
// but imports.
func onlyImports(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.If, *ast.Try:
		return !slices.ContainsFunc(ast.Suites(s)[0], func(s ast.Stmt) bool { return !isImport(s) })
	}
	return false
}

// above is the edit that puts a line above a statement of the module.
func (l layout) above(s ast.Stmt, line string) Edit {
	start := firstLineOf(s)
	if !l.startsLine(start) {
		return insert(start, line+"; ")
	}
	return insert(l.lineStart(start), line+l.eol())
}

// aboveModule is the edit that puts a line at the top of a module without imports, with a
// blank line below it.
func (l layout) aboveModule(line string) Edit {
	body := l.file.Body
	if len(body) > 0 && isDocstring(body[0]) {
		doc := body[0].Stop()
		switch {
		case len(body) == 1 || l.blankLines(doc, firstLineOf(body[1])) > 0:
			return l.below(doc, l.eol()+line)
		case l.sameLine(doc, body[1].Pos()):
			return insert(body[1].Pos(), line+"; ")
		}
		return l.below(doc, l.eol()+line+l.eol())
	}
	if len(body) == 0 {
		return l.afterHeader(line)
	}
	return insert(l.lineStart(firstLineOf(body[0])), line+l.eol()+l.eol())
}

// afterHeader is the edit that puts a line into a module without statements: behind its
// comments.
func (l layout) afterHeader(line string) Edit {
	end := ast.Pos(0)
	if c := l.file.Comments; len(c) > 0 {
		end = c[len(c)-1].End
		return insert(end, l.eol()+line)
	}
	return insert(end, line+l.eol())
}

// inOrder is the edit that puts an import at its alphabetical place in its section.
func (l layout) inOrder(imports []ast.Stmt, want imported, stmt string, apart bool) Edit {
	section := sectionOf(want.module)
	apartForms := !want.from && plainFirst(imports, section)
	var before, first, lastAbove ast.Stmt
	for _, s := range imports {
		b := bindingsOf(s)
		if len(b) == 0 || apartForms && b[0].from && sectionOf(b[0].module) == section {
			continue
		}
		switch sec := sectionOf(b[0].module); {
		case sec < section:
			lastAbove = s
		case sec == section && first == nil:
			first = s
			fallthrough
		case sec == section:
			if b[0].module <= want.module {
				before = s
			}
		}
	}
	gap := ""
	if apart {
		gap = l.eol()
	}
	switch {
	case before != nil:
		return l.below(before.Stop(), stmt)
	case first != nil:
		return l.above(first, stmt)
	case lastAbove != nil:
		return l.below(lastAbove.Stop(), gap+stmt)
	}
	return l.above(imports[0], stmt+gap)
}

// plainFirst reports whether a section has imports of both forms, all `import a` above all
// `from a import b`, as isort sorts them.
func plainFirst(imports []ast.Stmt, section int) bool {
	plain, from := false, false
	for _, s := range imports {
		b := bindingsOf(s)
		switch {
		case len(b) == 0 || sectionOf(b[0].module) != section:
		case b[0].from:
			from = true
		case from:
			return false
		default:
			plain = true
		}
	}
	return plain && from
}

// sectionOf is the place of a module's section: the standard library, installed packages,
// the project's own.
func sectionOf(module string) int {
	top, _, _ := strings.Cut(module, ".")
	switch {
	case top == "":
		return 2
	case top == "__future__":
		return -1
	case standardModules[top]:
		return 0
	}
	return 1
}

// statementAfter is the first statement of the module behind pos.
func (l layout) statementAfter(pos ast.Pos) ast.Stmt {
	body := l.file.Body
	i := sort.Search(len(body), func(i int) bool { return firstLineOf(body[i]) >= pos })
	if i < len(body) {
		return body[i]
	}
	return nil
}

// blankLines counts the blank lines directly below the line of pos, up to end.
func (l layout) blankLines(pos, end ast.Pos) int {
	n := 0
	for p := l.nextLine(pos); p < end && l.blank(p, l.lineEnd(p)) && l.nextLine(p) > p; p = l.nextLine(p) {
		n++
	}
	return n
}

// namesOf are the names of a from-import.
func namesOf(f *ast.File, from *ast.ImportFrom) items {
	l := layoutOf(f)
	n := len(from.Names)
	it := items{layout: l, open: from.Names[0].Start, close: from.Names[n-1].End}
	if p := l.skipTrivia(from.Names[n-1].End); p < from.End && (l.text[p] == ',' || l.text[p] == ')') {
		it.close = from.End - 1
	}
	for _, a := range from.Names {
		it.spans = append(it.spans, a.Span)
	}
	return it
}

// addSorted puts a name among the names of a from-import.
func (it items) addSorted(from *ast.ImportFrom, name string) []Edit {
	compare := func(a, b *ast.Alias) int { return compareNames(a.Name, b.Name) }
	if slices.IsSortedFunc(from.Names, compare) {
		for i, a := range from.Names {
			if compareNames(a.Name, name) > 0 {
				return it.insertBefore(i, name)
			}
		}
	}
	return it.add(name)
}

// compareNames orders imported names as isort does: constants, classes, the rest.
func compareNames(a, b string) int {
	rank := func(s string) int {
		switch {
		case len(s) > 1 && s == strings.ToUpper(s) && s != strings.ToLower(s):
			return 0
		case s != "" && 'A' <= s[0] && s[0] <= 'Z':
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
}

// leadingName is the identifier at the start of an assignment or a parameter, stars aside.
func leadingName(s string) string {
	s = strings.TrimLeft(s, "* ")
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r < 0x80
	})
	if end < 0 {
		return s
	}
	return s[:end]
}

// assignsTop reports whether a module assigns a name at its top level.
func assignsTop(f *ast.File, name string) bool {
	is := func(e ast.Expr) bool {
		n, ok := e.(*ast.Name)
		return ok && n.Id == name
	}
	return slices.ContainsFunc(f.Body, func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.Assign:
			return slices.ContainsFunc(s.Targets, is)
		case *ast.AnnAssign:
			return is(s.Target)
		}
		return false
	})
}

// soleImport is the module-level statement `import module` with nothing else in it.
func soleImport(f *ast.File, module string) ast.Stmt {
	for _, s := range f.Body {
		if i, ok := s.(*ast.Import); ok && len(i.Names) == 1 && i.Names[0].Name == module && i.Names[0].AsName == nil {
			return s
		}
		if i, ok := s.(*ast.ImportFrom); ok && i.Level == 0 && len(i.Names) == 1 && i.Module+"."+i.Names[0].Name == module && i.Names[0].AsName == nil {
			return s
		}
	}
	return nil
}

// amongOthers returns the statement at module level that imports a name together with others, and
// its place among them; nil where there is none.
func amongOthers(f *ast.File, qualified string) (*ast.ImportFrom, int) {
	for _, s := range f.Body {
		from, ok := s.(*ast.ImportFrom)
		if !ok || from.Level != 0 || len(from.Names) < 2 {
			continue
		}
		for i, n := range from.Names {
			if from.Module+"."+n.Name == qualified && n.AsName == nil {
				return from, i
			}
		}
	}
	return nil, 0
}

// usedOutside reports whether a name, or the name in front of a dotted module, is used
// outside of the given spans, or exported by name in a string such as __all__.
func usedOutside(f *ast.File, module string, spans []ast.Span) bool {
	local, _, _ := strings.Cut(module, ".")
	used := false
	for _, s := range f.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Alias:
				return false
			case *ast.Name:
				if n.Id == local && !slices.ContainsFunc(spans, func(sp ast.Span) bool { return sp.Contains(n.Span) }) {
					used = true
				}
			case *ast.Str:
				used = used || n.Value == local
			}
			return !used
		})
	}
	return used
}
