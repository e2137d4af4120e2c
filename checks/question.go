package checks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
	"github.com/pyguard/pyguardml/notebook"
)

// Question is something that a check wants to know of all files of the project, those that imports
// connect with the one it looks at (Pass.Connected) and others. It is answered by a file's text, so
// that the answer is the same whichever files have been parsed. What was found is remembered as
// long as the same files say yes and have not changed.
type Question struct {
	// Name says what is asked: "bounds the length of requests".
	Name string
	// Needs lists texts of which one must be in a file for Says to be asked; empty means always.
	Needs []string
	// Says answers for one file. It is asked once for each text and may be called by many goroutines
	// at the same time. Without it what Needs lists is all that is asked.
	Says func(*Draft) bool
}

// Draft is a file that is read and not yet parsed.
type Draft struct {
	Path string
	// Text is the source; of a notebook, that of the module made of its cells.
	Text []byte
	// Needed is set for a file that is parsed in any case, such as a notebook.
	Needed bool
	// Notebook is what Text was made of, nil for an ordinary file.
	Notebook *notebook.Notebook

	outlining sync.Mutex
	outline   atomic.Pointer[semantic.Outline]
	importsML bool // it may import an AI/ML library; set with outline
	held      atomic.Pointer[heldBy]
	// answers are those to Questions, sum is the digest of Text.
	answers sync.Map
	sum     func() [sha256.Size]byte
	judged  atomic.Pointer[judged] // the group whose first file this was last
}

// heldBy is what a draft's text holds of some phrases.
type heldBy struct {
	by *phrases
	held
}

// NewDraft returns the draft of a file.
func NewDraft(path string, text []byte) *Draft {
	return &Draft{Path: path, Text: text, sum: sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256(text) })}
}

// IsTest is Module.IsTest.
func (d *Draft) IsTest() bool { return semantic.IsTest(d.Path) }

// Mentions reports whether the file holds one of some texts, in code or beside it.
func (d *Draft) Mentions(texts ...string) bool {
	found := d.held.Load()
	return slices.ContainsFunc(texts, func(t string) bool {
		if found != nil {
			if i, known := found.by.places[t]; known {
				return found.has(i)
			}
		}
		return bytes.Contains(d.Text, []byte(t))
	})
}

// Imports reports whether the file may import one of the packages, or something within one: an
// import in a comment or in the text of a string counts, too.
func (d *Draft) Imports(packages ...string) bool {
	found := false
	outline := d.outline.Load()
	if outline == nil { // in a project that is not looked into
		outline = semantic.NewVocabulary().Outline(d.Path, d.Text)
	}
	outline.Imported(func(module string) {
		found = found || slices.ContainsFunc(packages, func(name string) bool { return module == name || strings.HasPrefix(module, name+".") })
	})
	return found
}

// Syntax parses the file, apart from what the analysis keeps. It is for the few files of which a
// text has shown that they are worth it. A file that cannot be parsed is an empty one.
func (d *Draft) Syntax() *ast.File {
	source, err := ast.NewSource(d.Path, d.Text)
	if err != nil {
		return &ast.File{}
	}
	f, err := ast.Parse(context.Background(), source)
	if err != nil {
		return &ast.File{Source: source}
	}
	return f
}

// says answers a question, once for each text.
func (d *Draft) says(q *Question) bool {
	if a, ok := d.answers.Load(q); ok {
		return a.(bool)
	}
	a := (len(q.Needs) == 0 || d.Mentions(q.Needs...)) && (q.Says == nil || q.Says(d))
	d.answers.Store(q, a)
	return a
}

// Answers is a digest of what a project's files say to a question.
func Answers(q *Question, files []*Draft) [sha256.Size]byte {
	h := sha256.New()
	for _, d := range files {
		if d.says(q) {
			fmt.Fprintf(h, "%q %x\n", d.Path, d.sum())
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Saying lists the files that say yes to a question that the check's Asks has, in the order of their
// paths. Only what a Draft tells of them may be used: whether they are parsed depends on
// what was remembered.
func (p *Pass) Saying(q *Question) []*Module {
	if a, ok := p.check.(Asker); !ok || !slices.Contains(a.Questions(), q) {
		panic(fmt.Sprintf("the check asks which file %s, which is not among its Questions", q.Name))
	}
	return p.Project.saying(q)
}

// Says reports whether some file says yes to a question that the check's Asks has.
func (p *Pass) Says(q *Question) bool { return len(p.Saying(q)) > 0 }

func (p *Project) saying(q *Question) []*Module {
	return remembered(p, q, func() []*Module {
		return slices.DeleteFunc(slices.Clone(p.Modules), func(m *Module) bool { return m.Draft == nil || !m.Draft.says(q) })
	})
}
