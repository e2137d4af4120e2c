package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// storedText is PML1125.
var storedText = &checks.Rule{
	Spec: infoPML1125,
	From: []checks.Label{models.Database},
	Into: []checks.SinkKind{models.PromptSystem},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		read := path.Mark.Store()
		if read == nil || ownRows(path, read) {
			return
		}
		for _, w := range path.Engine.Paths(models.Kept) {
			if w.Mark.Label != models.User || writtenByAdmins(p, w) {
				continue
			}
			to := w.Store()
			for _, from := range append(path.Mark.Others(), read) {
				if from.Same(to) && sharesText(p, path.Engine, from, to) {
					reportSystem(p, path)
					return
				}
			}
		}
	},
}

// sharesText reports whether a field that is written is read, and holds text.
func sharesText(p *checks.Pass, e *flow.Engine, from, to *flow.DataStore) bool {
	if !from.Shares(to) {
		return false
	}
	fields := from.Fields
	if len(fields) == 0 {
		fields = to.Fields
	}
	if len(fields) == 0 {
		return true
	}
	return slices.ContainsFunc(fields, func(f string) bool {
		return (len(to.Fields) == 0 || slices.Contains(to.Fields, f)) && !factual(f) && !countsOrDates(e.ColumnType(from.Table, f)) && !declaredFact(p, from.Class, f) && !declaredFact(p, to.Class, f)
	})
}

// countsOrDates reports whether the type of a column leaves no free text.
func countsOrDates(kind string) bool {
	for _, k := range [...]string{"int", "serial", "bool", "real", "float", "double", "numeric", "decimal", "date", "time", "uuid"} {
		if strings.Contains(kind, k) {
			return true
		}
	}
	return false
}

// facts are parts of the declarations of fields that hold no free text, in lower case.
var facts = []string{
	"integer", "float", "numeric", "decimal", "boolean", "date", "time", "enum", "uuid", "choices=", "literal[", "mapped[int", "mapped[bool", "smallint", "bigint",
	"interval", "foreignkey",
}

// declaredFact reports whether a class declares a field as a number, a date or one of a few.
func declaredFact(p *checks.Pass, c *checks.ProjectClass, field string) bool {
	if c == nil {
		return false
	}
	for _, k := range c.Linear() {
		if k.Node == nil {
			continue
		}
		for _, s := range k.Node.Body {
			text := ""
			switch s := s.(type) {
			case *ast.Assign:
				if t, ok := s.Targets[0].(*ast.Name); ok && t.Id == field {
					text = k.Module.File.Text(s.Value)
				}
			case *ast.AnnAssign:
				if t, ok := s.Target.(*ast.Name); ok && t.Id == field {
					text = k.Module.File.Text(s.Annotation)
					if s.Value != nil {
						text += k.Module.File.Text(s.Value)
					}
					if plain := strings.TrimSpace(k.Module.File.Text(s.Annotation)); plain == "int" || plain == "bool" || plain == "float" || isEnum(p, inner(plain)) {
						return true
					}
				}
			}
			text = strings.ToLower(text)
			if slices.ContainsFunc(facts, func(f string) bool { return strings.Contains(text, f) }) {
				return true
			}
		}
	}
	return false
}

// inner is what stands in the brackets of an annotation, or the annotation itself.
func inner(annotation string) string {
	if i := strings.IndexByte(annotation, '['); i >= 0 {
		return strings.TrimSuffix(annotation[i+1:], "]")
	}
	return annotation
}

// isEnum reports whether a connected file has an enumeration of that name.
func isEnum(p *checks.Pass, name string) bool {
	found := false
	for _, m := range p.Connected() {
		if m.File == nil || found {
			continue
		}
		for _, s := range m.File.Body {
			c, ok := s.(*ast.ClassDef)
			if !ok || c.Name.Id != name {
				continue
			}
			for _, b := range c.Bases {
				found = found || strings.HasSuffix(m.File.Text(b), "Enum")
			}
		}
	}
	return found
}

// ownIDs are columns by which the rows of whoever asks are found, and conversationIDs those of the
// conversation that goes on.
var (
	ownIDs          = []string{"user_id", "userid", "uid", "user", "owner", "owner_id", "account_id", "username", "email", "member_id", "customer_id", "id", "pk"}
	conversationIDs = []string{"session_id", "session", "chat_id", "chat", "conversation_id", "conversation", "thread_id", "thread", "user_id", "user"}
)

// ownRows reports whether what is read is the asking user's own: the profile, or what was said in
// the conversation before.
func ownRows(path *checks.Path, s *flow.DataStore) bool {
	by := func(ids []string) bool {
		return slices.ContainsFunc(s.By, func(f string) bool { return slices.Contains(ids, strings.ToLower(f)) })
	}
	if by(conversationIDs) && holdsTurns(s) {
		return true
	}
	return by(ownIDs) && asksForSelf(path)
}

// holdsTurns reports whether a store keeps conversations, as its name says.
func holdsTurns(s *flow.DataStore) bool {
	name := s.Table + s.Name
	if s.Class != nil {
		name += s.Class.Name
	}
	name = strings.ToLower(name)
	for _, w := range [...]string{"message", "chat", "conversation", "history", "turn", "session", "memor", "dialog", "thread"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// asksForSelf reports whether a row is read by who asks: the session, the signed-in user.
func asksForSelf(path *checks.Path) bool {
	c := path.Mark.Query()
	for n := 0; c != nil && n < maxDerived; n++ {
		file := c.Frame.Module().File
		for i := range c.Args {
			if c.Args[i].Node == nil {
				continue
			}
			if _, literal := c.Args[i].Node.(*ast.Str); literal {
				continue
			}
			text := strings.ToLower(file.Text(c.Args[i].Node))
			if inRoute(path, strings.Trim(text, "(,)[] ")) {
				continue // the page of somebody
			}
			for _, w := range [...]string{"session", "current_user", "request.user", "g.user", "user.id", "user_id", "user.pk", "user.email", "user.username", "self.user", "principal", "identity"} {
				if strings.Contains(text, w) {
					return true
				}
			}
		}
		if c.Receiver == nil {
			break
		}
		c = c.Receiver.Origin()
	}
	return false
}

// inRoute reports whether a name is a part of the path of a handler on the way.
func inRoute(path *checks.Path, name string) bool {
	for _, r := range path.Handlers() {
		route, ok := r.Path()
		if ok && (strings.Contains(route, "{"+name) || strings.Contains(route, ":"+name+">") || strings.Contains(route, "<"+name+">")) {
			return true
		}
	}
	return false
}

// writtenByAdmins reports whether a way into a store is open to administrators alone: the handler,
// its class or its router says so.
func writtenByAdmins(p *checks.Pass, w *checks.Path) bool {
	return forAdmins(w.Frame) || callerChecked(p, w) || checks.ServesOnly(p, w, "admin", "staff", "superuser")
}
