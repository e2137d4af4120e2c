package training

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of chat records whose roles a contributor chooses.

// contributedRole is PML1330.
var contributedRole = &checks.Rule{
	Spec: infoPML1330,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.FileData, models.Ingest},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || !trainedOn(path) || checks.ServesOnly(p, path, reviewers...) {
			return
		}
		for _, r := range recordsOn(p, path) {
			for _, m := range p.Connected() {
				if m.Holds(r.node) {
					p.Report(checks.Report{Node: r.node, In: m, Path: path, Fix: ownRole(m, r)})
					return
				}
			}
		}
	},
}

// trainedOn reports whether a path ends in what a model is trained on.
func trainedOn(at *checks.Path) bool {
	if at.Kind == models.Ingest {
		return at.Sink.Note == models.NoteTraining || at.Sink.Note == models.NoteTuning
	}
	name := fileName(at.Call)
	if trainingFile(name) || name != "" && uploaded(at.Call, name) {
		return true
	}
	for _, word := range words(strings.ToLower(path.Base(name))) {
		if word == "instruct" || strings.HasSuffix(word, "chat_data") {
			return true
		}
	}
	return strings.Contains(strings.ToLower(path.Base(name)), "chat_data")
}

// choice is the place where a contributor's data decides about roles.
type choice struct {
	node ast.Node
	// list is set where it is a whole list of messages.
	list bool
}

// holder is what knows the contents of lists and dicts at a point.
type holder interface {
	Items(*checks.Value) (items []checks.Item, open, ok bool)
	Key(v *checks.Value, name string) *checks.Entry
	Rest(*checks.Value) (value, keys *checks.Value)
}

// recordsOn lists where the data of a path is the role of a message, or a whole list of messages,
// in what the path ends in or what was serialised on its way.
func recordsOn(p *checks.Pass, at *checks.Path) []choice {
	s := records{at: at, typed: typedRoles(p)}
	s.walk(at, at.Value, 0)
	for i := range at.Call.Args {
		s.walk(at.Call, at.Call.Args[i].Value, 0)
	}
	for _, step := range at.Trace.Steps() {
		c := at.Engine.CallAt(step.Node)
		if c == nil {
			continue
		}
		for i := range c.Args {
			s.walk(c, c.Args[i].Value, 0)
		}
	}
	return s.found
}

type records struct {
	at *checks.Path
	// typed is set where a class of the project restricts the roles of the messages it describes.
	typed bool
	found []choice
}

func (s *records) walk(h holder, v *checks.Value, depth int) {
	if v == nil || depth > 6 || len(s.found) > 0 {
		return
	}
	for _, a := range v.Alternatives() {
		role, content := h.Key(a, "role"), h.Key(a, "content")
		if role != nil && content != nil {
			if role.Node != nil && (s.carries(role.Value) || s.given(role)) {
				s.found = append(s.found, choice{node: role.Node})
			}
			continue
		}
		for _, name := range [...]string{"messages", "conversations", "conversation", "prompt", "completion", "chosen", "rejected"} {
			e := h.Key(a, name)
			if e == nil {
				continue
			}
			if strings.HasPrefix(name, "m") || strings.HasPrefix(name, "conv") {
				if !s.typed && e.Node != nil && ((s.carries(e.Value) || s.given(e)) && asItIs(h, e.Value) || s.eachCarries(h, e)) {
					s.found = append(s.found, choice{node: e.Node, list: true})
					continue
				}
			}
			s.walk(h, e.Value, depth+1)
		}
		items, _, _ := h.Items(a)
		for _, it := range items {
			s.walk(h, it.Value, depth+1)
		}
		rest, _ := h.Rest(a)
		s.walk(h, rest, depth+1)
	}
}

// carries reports whether a value is made of the data of the path.
func (s *records) carries(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Label == s.at.Mark.Label && m.Origin == s.at.Mark.Origin && !m.Clean.Has(s.at.Kind) {
			return true
		}
	}
	return false
}

// given reports whether an entry is a parameter for which a call, or a framework, gives the data of
// the path.
func (s *records) given(e *checks.Entry) bool {
	node, ok := e.Node.(ast.Expr)
	if !ok || !slices.ContainsFunc(e.Value.Marks(), func(m checks.Mark) bool { return m.Label == models.NoLabel }) {
		return false
	}
	for _, f := range s.at.Frame.Everywhere() {
		fn := f.Function()
		if fn == nil || fn.Def == nil || !checks.InBlock(fn.Def.Body, node) || !holds(fn.Module.File, node) {
			continue
		}
		for in := range f.StandsFor(node) {
			if in.Param == nil || in.Param.Name == nil {
				continue
			}
			for _, step := range s.at.Trace.Steps() {
				if step.Node == ast.Node(in.Param) || step.Node == ast.Node(in.Param.Name) {
					return true
				}
				if c := s.at.Engine.CallAt(step.Node); c != nil {
					if a := c.GivenTo(in.Frame.Function(), in.Param.Name.Id); a != nil && s.carries(a.Value) && !builtList(c, a.Value) {
						return true
					}
				}
			}
		}
	}
	return false
}

// holds reports whether a node is part of a file.
func holds(in *ast.File, n ast.Node) bool {
	return slices.Contains(ast.PathEnclosing(in, n.Range()), n)
}

// builtList reports whether a call hands in a list that the program has built.
func builtList(h holder, v *checks.Value) bool {
	_, _, built := h.Items(v)
	return built
}

// asItIs reports whether a value is what the request holds, rather than a list or a text that the
// program has built.
func asItIs(h holder, v *checks.Value) bool {
	if _, _, built := h.Items(v); built || len(v.Parts()) > 0 {
		return false
	}
	rest, _ := h.Rest(v)
	return rest == nil
}

// eachCarries reports whether an entry takes each message of a list of the data whole:
// `[m.model_dump() for m in body.messages]`.
func (s *records) eachCarries(h holder, e *checks.Entry) bool {
	list, ok := e.Node.(*ast.Comp)
	if !ok || len(list.Clauses) != 1 {
		return false
	}
	m, ok := list.Clauses[0].Target.(*ast.Name)
	if !ok || !takenWhole(list.Elt, m.Id) {
		return false
	}
	items, _, _ := h.Items(e.Value)
	for _, it := range items {
		if s.carries(it.Value) || s.given(&checks.Entry{Node: list.Clauses[0].Iter, Value: it.Value}) {
			return true
		}
	}
	return false
}

// takenWhole reports whether an expression is what a name holds, or a copy of all of it.
func takenWhole(e ast.Expr, name string) bool {
	isIt := func(e ast.Expr) bool { id, ok := e.(*ast.Name); return ok && id.Id == name }
	c, ok := e.(*ast.Call)
	if !ok {
		return isIt(e)
	}
	switch fn := c.Fn.(type) {
	case *ast.Attribute:
		return (fn.Attr.Id == "model_dump" || fn.Attr.Id == "dict" || fn.Attr.Id == "copy") && isIt(fn.Value)
	case *ast.Name:
		return (fn.Id == "dict" || fn.Id == "vars") && len(c.Args) == 1 && isIt(c.Args[0])
	}
	return false
}

// typedRoles reports whether a class among the connected files restricts the field role of
// messages to a few constants.
func typedRoles(p *checks.Pass) bool {
	for _, m := range p.Connected() {
		if m.File == nil {
			continue
		}
		enums := map[string]bool{"Literal": true}
		restricted := false
		ast.InspectStmts(m.File.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ClassDef:
				for _, b := range n.Bases {
					if strings.HasSuffix(checks.LastName(b), "Enum") {
						enums[n.Name.Id] = true
					}
				}
			case *ast.AnnAssign:
				if id, ok := n.Target.(*ast.Name); ok && id.Id == "role" {
					ast.Inspect(n.Annotation, func(x ast.Node) bool {
						if e, ok := x.(ast.Expr); ok && enums[checks.LastName(e)] {
							restricted = true
						}
						return !restricted
					})
				}
			}
			return !restricted
		})
		if restricted {
			return true
		}
	}
	return false
}

// ownRole takes a contributor's messages as those of a user.
func ownRole(m *checks.Module, r choice) *fix.Fix {
	e, ok := r.node.(ast.Expr)
	if !ok {
		return nil
	}
	text := `"user"`
	if r.list {
		text = `[{"role": "user", "content": m["content"]} for m in ` + m.File.Text(e) + "]"
	}
	return checks.Fix(true, "take what is contributed as a user's", []fix.Edit{fix.ReplaceNode(m.File, e, text)})
}
