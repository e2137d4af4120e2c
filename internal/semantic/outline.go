package semantic

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Outline is what is told of a file without parsing it: the words of a Vocabulary that it uses,
// and what it may import. Text of comments and strings counts as code here, so an outline knows
// too much rather than too little.
type Outline struct {
	Path string
	// Words holds the words used, by their place in the Vocabulary.
	Words Words

	module *Module
}

// Words is a set of words of a Vocabulary.
type Words []uint64

// Has reports whether a word is in the set.
func (w Words) Has(word int) bool { return w[word>>6]&(1<<(word&63)) != 0 }

// Put adds a word to the set.
func (w Words) Put(word int) { w[word>>6] |= 1 << (word & 63) }

// Meets reports whether a word is in both of two sets of the same Vocabulary.
func (w Words) Meets(other Words) bool {
	for i := range w {
		if w[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// Add adds all words of another set of the same Vocabulary.
func (w Words) Add(other Words) {
	for i := range w {
		w[i] |= other[i]
	}
}

// Vocabulary is a set of words to look for. It is not changed once Outline was called and can
// then be used by many goroutines.
type Vocabulary struct {
	words map[string]int
	// imported and read hold by the place of a word those of the same word where it is imported and read, 0 where
	// nobody asks.
	imported, read []int
	// filter holds a bit for the hash of each word, so that most words of a text are passed over
	// without a look-up.
	filter [1 << 10]uint64
}

// The words with which imports begin.
const (
	wordImport = iota
	wordFrom
)

// NewVocabulary returns a vocabulary that holds the words with which imports begin.
func NewVocabulary() *Vocabulary {
	v := &Vocabulary{words: map[string]int{}}
	v.Word("import")
	v.Word("from")
	return v
}

// Word returns the place of a word in the vocabulary, and adds it where it is new.
func (v *Vocabulary) Word(w string) int {
	if i, ok := v.words[w]; ok {
		return i
	}
	h := uint32(fnvBasis)
	for i := 0; i < len(w); i++ {
		h = (h ^ uint32(w[i])) * fnvPrime
	}
	v.filter[h>>filterShift>>6] |= 1 << (h >> filterShift & 63)
	v.words[w] = v.place()
	return v.words[w]
}

// place makes a new place.
func (v *Vocabulary) place() int {
	v.imported, v.read = append(v.imported, 0), append(v.read, 0)
	return len(v.imported) - 1
}

// Imported returns the place of a word where it is the name of a module that is imported, or part of one, or
// begins a text, by which a module can be imported, too; and adds it where it is new.
func (v *Vocabulary) Imported(w string) int {
	i := v.Word(w)
	if v.imported[i] == 0 {
		v.imported[i] = v.place()
	}
	return v.imported[i]
}

// Read returns the place of a word where it is the name of an attribute that is read, or begins a text, by which
// one can be read, too; and adds it where it is new.
func (v *Vocabulary) Read(w string) int {
	i := v.Word(w)
	if v.read[i] == 0 {
		v.read[i] = v.place()
	}
	return v.read[i]
}

// NewWords returns an empty set.
func (v *Vocabulary) NewWords() Words { return make(Words, len(v.imported)/64+1) }

// Hashes of words: FNV-1a, of which the upper bits choose a bit of the filter.
const (
	fnvBasis    = 2166136261
	fnvPrime    = 16777619
	filterShift = 32 - 16
)

// inWord marks the bytes of names; those beyond ASCII all count as such.
var inWord = func() (t [256]bool) {
	for c := range t {
		t[c] = c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return t
}()

// Outline reads a text once, in time linear in its length.
func (v *Vocabulary) Outline(p string, text []byte) *Outline {
	o, _ := v.OutlineWithin(context.Background(), p, text)
	return o
}

// piece is the length of a text that is read without a look at the context.
const piece = 64 << 10

// OutlineWithin is Outline that ends with a context. The error is the context's.
func (v *Vocabulary) OutlineWithin(ctx context.Context, p string, text []byte) (*Outline, error) {
	o := &Outline{Path: p, Words: v.NewWords(), module: newModule(p, &ast.File{})}
	done := 0 // the end of the `import` of the last `from`
	look := piece
	for i := 0; i < len(text); {
		if i >= look {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			look = i + piece
		}
		if !inWord[text[i]] {
			i++
			continue
		}
		start, h := i, uint32(fnvBasis)
		for ; i < len(text) && inWord[text[i]]; i++ {
			h = (h ^ uint32(text[i])) * fnvPrime
		}
		if v.filter[h>>filterShift>>6]&(1<<(h>>filterShift&63)) == 0 {
			continue
		}
		word, ok := v.words[string(text[start:i])]
		if !ok {
			continue
		}
		o.Words.Put(word)
		if twin := v.imported[word]; twin != 0 && quoted(text[:start]) {
			o.Words.Put(twin)
		}
		if twin := v.read[word]; twin != 0 && (quoted(text[:start]) || dotted(text[:start])) {
			o.Words.Put(twin)
		}
		// The names are words, too: the scan goes on behind the keyword.
		switch {
		case word == wordFrom:
			done = i + o.fromImport(text[i:])
		case word == wordImport && i != done:
			o.plainImport(text[i:])
		}
	}
	v.noteImported(o)
	return o, nil
}

// quoted reports whether a text may begin behind a text.
func quoted(before []byte) bool {
	return len(before) > 0 && (before[len(before)-1] == '"' || before[len(before)-1] == '\'')
}

// dotted reports whether the name of an attribute may stand behind a text. Comments may stand between the dot and a
// name in another line.
func dotted(before []byte) bool {
	rest := bytes.TrimRight(before, " \t\f\r\n\\")
	return bytes.HasSuffix(rest, []byte(".")) || bytes.IndexByte(before[len(rest):], '\n') >= 0 && bytes.IndexByte(rest[bytes.LastIndexByte(rest, '\n')+1:], '#') >= 0
}

// noteImported puts the words that are imported into an outline.
func (v *Vocabulary) noteImported(o *Outline) {
	note := func(name string) {
		for part := range strings.SplitSeq(name, ".") {
			if word, ok := v.words[part]; ok && v.imported[word] != 0 {
				o.Words.Put(v.imported[word])
			}
		}
	}
	for _, im := range o.module.imports {
		for _, a := range im.Names {
			note(a.Name)
		}
	}
	for _, im := range o.module.fromImports {
		note(im.Module)
		for _, a := range im.Names {
			note(a.Name)
		}
	}
}

// Imported is Module.Imported of what the file may import.
func (o *Outline) Imported(yield func(module string)) { o.module.Imported(yield) }

// IsTest is Module.Test.
func (o *Outline) IsTest() bool { return o.module.Test }

// Add notes an import that the text does not spell as one.
func (o *Outline) Add(im *ast.ImportFrom) { o.module.fromImports = append(o.module.fromImports, im) }

// plainImport notes what stands behind a word `import`, if it is an import.
func (o *Outline) plainImport(text []byte) {
	s := importScanner{text: text}
	if names := s.list(); len(names) > 0 {
		o.module.imports = append(o.module.imports, &ast.Import{Names: names})
	}
}

// fromImport notes what stands behind a word `from`, if it is an import, and returns the end of
// its word `import`.
func (o *Outline) fromImport(text []byte) int {
	s := importScanner{text: text}
	level := s.dots()
	im := &ast.ImportFrom{Module: s.dotted(), Level: level}
	if !s.word("import") {
		return 0
	}
	end := s.i
	s.paren()
	im.Names = s.list()
	o.module.fromImports = append(o.module.fromImports, im)
	return end
}

// importScanner reads the few tokens that an import is made of.
type importScanner struct {
	text  []byte
	i     int
	lines bool // within parentheses, where lines do not end
}

// space passes over blanks, continued lines, and within parentheses line ends and comments.
func (s *importScanner) space() {
	for s.i < len(s.text) {
		switch c := s.text[s.i]; {
		case c == ' ' || c == '\t' || c == '\f':
			s.i++
		case c == '\\' && s.i+1 < len(s.text) && (s.text[s.i+1] == '\n' || s.text[s.i+1] == '\r'):
			s.i += 2
			if s.text[s.i-1] == '\r' && s.i < len(s.text) && s.text[s.i] == '\n' {
				s.i++
			}
		case s.lines && (c == '\n' || c == '\r'):
			s.i++
		case s.lines && c == '#':
			for s.i < len(s.text) && s.text[s.i] != '\n' && s.text[s.i] != '\r' {
				s.i++
			}
		default:
			return
		}
	}
}

// name reads a name, "" where there is none.
func (s *importScanner) name() string {
	s.space()
	start := s.i
	for s.i < len(s.text) && inWord[s.text[s.i]] {
		s.i++
	}
	return string(s.text[start:s.i])
}

// dotted reads names with dots between them. A keyword is none: what stands behind it is read in
// its turn, so that no text is read twice.
func (s *importScanner) dotted() string {
	at := s.i
	name := s.name()
	if name == "import" || name == "from" {
		s.i = at
		return ""
	}
	for name != "" {
		s.space()
		if s.i >= len(s.text) || s.text[s.i] != '.' {
			break
		}
		s.i++
		next := s.name()
		if next == "" {
			break
		}
		name += "." + next
	}
	return name
}

// dots counts the dots of a relative import.
func (s *importScanner) dots() int {
	for n := 0; ; n++ {
		s.space()
		if s.i >= len(s.text) || s.text[s.i] != '.' {
			return n
		}
		s.i++
	}
}

// word passes over a word, if it is there.
func (s *importScanner) word(w string) bool {
	at := s.i
	if s.name() == w {
		return true
	}
	s.i = at
	return false
}

func (s *importScanner) paren() {
	s.space()
	if s.i < len(s.text) && s.text[s.i] == '(' {
		s.i++
		s.lines = true
	}
}

// list reads dotted names with commas between them.
func (s *importScanner) list() (names []*ast.Alias) {
	for {
		name := s.dotted()
		if name == "" {
			return names
		}
		names = append(names, &ast.Alias{Name: name})
		if !s.another() {
			return names
		}
	}
}

// another passes over `as NAME` and a comma, and reports whether the comma was there.
func (s *importScanner) another() bool {
	if s.word("as") {
		s.name()
	}
	s.space()
	if s.i < len(s.text) && s.text[s.i] == ',' {
		s.i++
		return true
	}
	return false
}

// OutlineGroup is a set of files between which and all others there are no imports; the numbers are places in the
// list that was given.
type OutlineGroup struct {
	Members []int
	// Imports holds, where all of the files are tests, what each of the members imports of the others; else it is nil.
	Imports [][]int
}

// OutlineGroups splits files into groups, as Project.Groups does with parsed ones. The error is the context's.
func OutlineGroups(ctx context.Context, list []*Outline, isLibrary func(string) bool) ([]OutlineGroup, error) {
	at := make(map[*Module]int, len(list))
	mods := make([]*Module, len(list))
	for i, o := range list {
		mods[i] = o.module
		at[o.module] = i
	}
	p := NewProject(mods)
	groups, err := p.GroupsWithin(ctx, isLibrary)
	if err != nil {
		return nil, err
	}
	var out []OutlineGroup
	for _, group := range groups {
		var g OutlineGroup
		for _, m := range group {
			g.Members = append(g.Members, at[m])
		}
		if !slices.ContainsFunc(group, func(m *Module) bool { return !p.isTest(m) }) {
			for _, m := range group {
				imports := []int{}
				p.Imports(m, isLibrary, func(t *Module) {
					if i, file := at[t]; file && !slices.Contains(imports, i) {
						imports = append(imports, i)
					}
				})
				g.Imports = append(g.Imports, imports)
			}
		}
		out = append(out, g)
	}
	return out, ctx.Err()
}

// newModule makes a module of its path.
func newModule(p string, f *ast.File) *Module {
	m := &Module{Path: p, Dir: path.Dir(p), File: f, Test: IsTest(p)}
	base := path.Base(p)
	m.Name = strings.TrimSuffix(base, path.Ext(base))
	if m.Name == "__init__" {
		m.Package = true
		m.Name = path.Base(m.Dir)
	}
	return m
}
