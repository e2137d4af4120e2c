package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// poisonedStore is PML1129.
var poisonedStore = &checks.Rule{
	Spec: infoPML1129,
	From: []checks.Label{models.Retrieved},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		read := path.Mark.Call()
		if read == nil || partition(read) {
			return
		}
		from := storeOf(read)
		for _, w := range path.Engine.Paths(models.Ingest) {
			switch w.Mark.Label {
			case models.User, models.Upload, models.Web:
			default:
				continue
			}
			if !partition(w.Call) && !forAdmins(w.Frame) && !checks.ServesOnly(p, w, "admin", "staff", "superuser") && from.same(storeOf(w.Call)) {
				reportSystem(p, path)
				return
			}
		}
	},
}

// store identifies a vector store: the call that made the object, and the constant names by
// which it is known outside of the program.
type store struct {
	made  *checks.Call
	names map[string]string
	// library is the package of the store's class.
	library string
	// own is set when the name of the store depends on something that is not constant.
	own bool
}

// maxDerived bounds the objects between a store and what reads from it.
const maxDerived = 8

// storeOf finds the store that a call reads or writes.
func storeOf(c *checks.Call) store {
	s := store{made: c, names: map[string]string{}}
	s.learn(c)
	for range maxDerived {
		if s.made.Receiver == nil || s.made.Receiver.Origin() == nil {
			break
		}
		s.made = s.made.Receiver.Origin()
		s.learn(s.made)
		if opens(s.made) {
			break
		}
	}
	if s.made.Symbol != nil {
		s.library, _, _ = strings.Cut(s.made.Symbol.String(), ".")
	}
	return s
}

// opens reports whether a call gives the collection of a name, so that what is in front of
// it is a whole database.
func opens(c *checks.Call) bool {
	switch c.Method {
	case "get_collection", "create_collection", "get_or_create_collection", "Index", "index", "open_table", "create_table", "get", "create", "use":
		return true
	}
	return false
}

// where lists the arguments that name a store, and those that name the place of several.
var where = [...]checks.At{{Pos: -1, Name: "collection_name"}, {Pos: -1, Name: "index_name"}, {Pos: -1, Name: "table_name"}, {Pos: -1, Name: "index"}, {Pos: -1, Name: "name"}, {Pos: -1, Name: "persist_directory"}, {Pos: -1, Name: "folder_path"}}

func (s *store) learn(c *checks.Call) {
	for _, at := range where {
		s.name(at.Name, c.Arg(at.Pos, at.Name))
	}
	switch {
	case opens(c):
		s.name("name", c.Arg(0, ""))
	case c.Symbol.Under("qdrant_client") || c.Symbol.Under("pymilvus"):
		if c.Receiver != nil {
			s.name("collection_name", c.Arg(0, ""))
		}
	}
}

func (s *store) name(key string, a *checks.Argument) {
	if a == nil || s.names[key] != "" {
		return
	}
	if t, ok := a.Value.Text(); ok {
		s.names[key] = t
		return
	}
	if !a.Value.IsConst() && key != "persist_directory" && key != "folder_path" {
		s.own = true
	}
}

// same reports whether two stores are one.
func (s store) same(o store) bool {
	if s.own || o.own {
		return false
	}
	shared := false
	for key, name := range s.names {
		other, ok := o.names[key]
		if ok && other != name {
			return false
		}
		shared = shared || ok
	}
	if s.made.Node == o.made.Node {
		return true
	}
	return shared && s.library == o.library
}

// partition reports whether a call reads or writes the part of a store that is one user's.
func partition(c *checks.Call) bool {
	for _, name := range [...]string{"namespace", "tenant", "partition_name", "partition_names", "where", "filter", "filters", "query_filter"} {
		if a := c.Arg(-1, name); a != nil && !a.Value.Fixed() && !a.Value.IsNone() {
			return true
		}
	}
	return false
}

// forAdmins reports whether a function is behind a check for administrators, as its
// decorators or the defaults of its parameters say.
func forAdmins(f *checks.Frame) bool {
	for ; f != nil; f = f.Outer() {
		if fn := f.Function(); fn != nil && adminsOnly(fn) {
			return true
		}
	}
	return false
}

// adminsOnly reports whether the decorators of a function, or what its parameters depend on,
// let administrators alone through.
func adminsOnly(fn *semantic.Function) bool {
	if fn.Def == nil {
		return false
	}
	file := fn.Module.File
	var nodes []ast.Node
	for _, d := range fn.Def.Decorators {
		nodes = append(nodes, d)
	}
	for _, p := range fn.Params.List {
		if p.Default != nil {
			nodes = append(nodes, p.Default)
		}
		if p.Annotation != nil {
			nodes = append(nodes, p.Annotation)
		}
	}
	for _, n := range nodes {
		text := strings.ToLower(file.Text(n))
		if strings.Contains(text, "admin") || strings.Contains(text, "superuser") || strings.Contains(text, "staff") {
			return true
		}
	}
	return false
}
