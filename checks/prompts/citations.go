package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// modelsCitations is PML1132.
var modelsCitations = &checks.Rule{
	Spec:  infoPML1132,
	Needs: []string{"sources", "citations", "references", "urls", "links", "source"},
	Knows: []string{"json.loads"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() == nil || scores(f.Function().Name) || !f.ProjectAsksModel() || !answersFromPassages(p, f) {
			return
		}
		c := &citations{p: p, f: f}
		ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
				return false
			case *ast.Return:
				c.leaves(n.Value)
			case *ast.Yield:
				c.leaves(n.Value)
			case *ast.Call:
				c.shown(n)
			}
			return true
		})
	},
}

// scores reports whether a function measures answers.
func scores(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "eval") || strings.Contains(name, "score") || strings.Contains(name, "metric")
}

// citationFields are the names of fields that say where an answer comes from.
var citationFields = []string{"sources", "source", "citations", "references", "urls", "source_urls", "links"}

// citations follows the sources that a model names through a function.
type citations struct {
	p *checks.Pass
	f *checks.Frame
}

// named reports whether an expression reads a field of such a name: parsed.sources,
// data["sources"], data.get("sources").
func named(e ast.Expr) string {
	name := ""
	switch e := e.(type) {
	case *ast.Attribute:
		name = e.Attr.Id
	case *ast.Subscript:
		if s, ok := e.Index.(*ast.Str); ok {
			name = s.Value
		}
	case *ast.Call:
		if at, ok := e.Fn.(*ast.Attribute); ok && at.Attr.Id == "get" && len(e.Args) > 0 {
			if s, ok := e.Args[0].(*ast.Str); ok {
				name = s.Value
			}
		}
	}
	if slices.Contains(citationFields, name) {
		return name
	}
	return ""
}

// field is the field of a model's structured answer that an expression is, with the call that asked
// the model, where that was given retrieved passages; "" for others.
func (c *citations) field(e ast.Expr) (name string, asked *checks.Call) {
	for _, s := range c.f.SpelledOut(e) {
		if name = named(s.Expr); name != "" {
			break
		}
	}
	if name == "" {
		return "", nil
	}
	parsed := false
	for in := range c.f.MadeOf(e) {
		if in.Call == nil {
			continue
		}
		if in.Call.Symbol.Is("json.loads") || in.Call.Method == "model_validate_json" || in.Call.Method == "parse_raw" {
			parsed = true
		}
		if in.Call.Chat == nil || !parsed && !structured(in.Call) {
			continue
		}
		if fromPassages(in.Call) && !isIndex(in.Call, name) {
			return name, in.Call
		}
	}
	return "", nil
}

func structured(c *checks.Call) bool {
	_, is := checks.SchemaOf(c)
	return is
}

// isIndex reports whether the type of the field allows no source of the model's own: numbers of
// passages, a Literal, an Enum; or whether the class tests it itself.
func isIndex(c *checks.Call, name string) bool {
	class, _ := checks.SchemaOf(c)
	if class == nil {
		return false
	}
	for _, fn := range class.Methods {
		if fn.Def != nil && slices.ContainsFunc(fn.Def.Decorators, func(d *ast.Decorator) bool {
			return strings.HasSuffix(checks.LastName(d.Expr), "validator")
		}) {
			return true
		}
	}
	for _, field := range class.AllFields() {
		if field.Name == name && field.Annotation != nil {
			return checks.ClosedType(c, field.Annotation)
		}
	}
	return false
}

// retrievals are methods that give passages, whatever the object is.
var retrievals = []string{"similarity_search", "similarity_search_with_score", "similarity_search_with_relevance_scores", "max_marginal_relevance_search", "get_relevant_documents", "retrieve", "query_points"}

// fromPassages reports whether a call gives the model passages that were retrieved.
func fromPassages(c *checks.Call) bool {
	for _, a := range c.Args {
		for _, m := range c.Behind(a.Value) {
			if m.Label == models.Retrieved {
				return true
			}
		}
		if a.Node == nil {
			continue
		}
		for in := range c.Frame.MadeOf(a.Node) {
			if in.Call != nil && slices.Contains(retrievals, in.Call.Method) {
				return true
			}
		}
	}
	return false
}

// answersFromPassages reports whether a model is given passages anywhere in the files that are analysed
// with a function.
func answersFromPassages(p *checks.Pass, f *checks.Frame) bool {
	return checks.OfGroup(p, "PML1132: answers from passages", func() bool {
		return slices.ContainsFunc(f.Everywhere(), func(g *checks.Frame) bool {
			return slices.ContainsFunc(g.Calls, func(c *checks.Call) bool { return c.Chat != nil && fromPassages(c) })
		})
	})
}

// leaves reports the fields that an expression hands out of the function.
func (c *citations) leaves(e ast.Expr) {
	if e == nil {
		return
	}
	if _, asked := c.field(e); asked != nil {
		c.report(e, asked)
		return
	}
	switch e := e.(type) {
	case *ast.Dict:
		for _, v := range e.Values {
			c.leaves(v)
		}
	case *ast.List:
		c.leaveAll(e.Elts)
	case *ast.Tuple:
		c.leaveAll(e.Elts)
	case *ast.Set:
		c.leaveAll(e.Elts)
	case *ast.Await:
		c.leaves(e.Value)
	case *ast.Starred:
		c.leaves(e.Value)
	case *ast.BoolOp:
		c.leaveAll(e.Values)
	case *ast.IfExp:
		c.leaves(e.Body)
		c.leaves(e.Orelse)
	case *ast.JoinedStr:
		for _, v := range e.Values {
			if ph, ok := v.(*ast.Placeholder); ok {
				c.leaves(ph.Value)
			}
		}
	case *ast.BinOp:
		if e.Op == "+" || e.Op == "%" {
			c.leaves(e.Left)
			c.leaves(e.Right)
		}
	case *ast.Subscript:
		c.leaves(e.Value)
	case *ast.Comp:
		c.leaves(e.Elt)
		if len(e.Clauses) == 1 && len(e.Clauses[0].Ifs) == 0 && !findsBy(e.Elt, e.Clauses[0].Target) {
			c.leaves(e.Clauses[0].Iter)
		}
	case *ast.Call:
		if !reshapes(e) {
			return
		}
		c.leaveAll(e.Args)
		for _, k := range e.Keywords {
			c.leaves(k.Value)
		}
	}
}

func (c *citations) leaveAll(list []ast.Expr) {
	for _, e := range list {
		c.leaves(e)
	}
}

// reshapes reports whether a call gives what it is given in another form: an answer, text, a list.
func reshapes(e *ast.Call) bool {
	name := checks.LastName(e.Fn)
	switch name {
	case "jsonify", "json_response", "dumps", "join", "list", "tuple", "set", "sorted", "str", "dict", "format", "make_response", "escape":
		return true
	}
	return name != "" && name[0] >= 'A' && name[0] <= 'Z'
}

// findsBy reports whether an expression finds something by a loop's variable: by_id[s], docs[i],
// titles.get(s), resolve(s).
func findsBy(e ast.Expr, target ast.Expr) bool {
	id, ok := target.(*ast.Name)
	if !ok {
		return true
	}
	found := false
	isItem := func(x ast.Expr) bool { n, ok := x.(*ast.Name); return ok && n.Id == id.Id }
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			found = found || isItem(n.Index)
		case *ast.Call:
			if name := checks.LastName(n.Fn); name != "str" && name != "format" && !reshapes(n) {
				found = found || slices.ContainsFunc(n.Args, isItem)
			}
		}
		return !found
	})
	return found
}

// shown reports the fields that a call puts on a page or into an answer.
func (c *citations) shown(n *ast.Call) {
	call := c.f.CallAt(n)
	if call == nil || call.Chat != nil {
		return
	}
	for _, kind := range [...]checks.SinkKind{models.Response, models.HTML, models.Markdown} {
		for _, a := range call.Dangerous(kind) {
			if a.Node != nil && !inReturn(c.p, n) {
				c.leaves(a.Node)
			}
		}
	}
}

// inReturn reports whether a call is part of what a function returns, which is looked at as a whole.
func inReturn(p *checks.Pass, n ast.Node) bool {
	switch p.StmtOf(n).(type) {
	case *ast.Return:
		return true
	}
	return false
}

func (c *citations) report(e ast.Expr, asked *checks.Call) {
	if c.compared(c.f) {
		return
	}
	for _, caller := range c.f.Callers() {
		if (&citations{c.p, caller.Frame}).compared(caller.Frame) {
			return
		}
	}
	c.p.Report(checks.Report{Node: e, Fix: c.onlyRetrieved(e)})
}

// compared reports whether a function holds the sources against something: by membership, by set
// operations, by a lookup, or by handing them to a function that does.
func (c *citations) compared(f *checks.Frame) bool {
	found := false
	holds := func(e ast.Expr) bool {
		has := false
		ast.Inspect(e, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok && !has {
				switch x.(type) {
				case *ast.Attribute, *ast.Subscript, *ast.Call, *ast.Name:
					if name, _ := c.field(x); name != "" {
						has = true
					}
				}
			}
			return !has
		})
		return has
	}
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *ast.Comp:
			for _, clause := range n.Clauses {
				if (len(clause.Ifs) > 0 || findsBy(n.Elt, clause.Target)) && holds(clause.Iter) {
					found = true
				}
			}
		case *ast.For:
			if holds(n.Iter) {
				ast.InspectStmts(n.Body, func(x ast.Node) bool {
					switch x := x.(type) {
					case *ast.Compare:
						found = found || slices.ContainsFunc(x.Ops, func(op string) bool { return strings.HasSuffix(op, "in") || op == "==" || op == "!=" })
					case *ast.Subscript:
						found = found || findsBy(x, n.Target)
					}
					return !found
				})
			}
		case *ast.Compare:
			for i, op := range n.Ops {
				if strings.HasSuffix(op, "in") || op == "<=" || op == "<" || op == ">=" || op == "==" {
					found = found || holds(n.Left) || holds(n.Right[i])
				}
			}
		case *ast.BinOp:
			if n.Op == "&" || n.Op == "-" {
				found = found || holds(n.Left) || holds(n.Right)
			}
		case *ast.Call:
			if call := f.CallAt(n); call != nil && call.Chat != nil {
				return true
			}
			name := strings.ToLower(checks.LastName(n.Fn))
			for _, word := range [...]string{"intersection", "issubset", "difference", "verify", "valid", "check", "filter", "known", "ground", "match", "resolve", "allowed", "only", "sanitize"} {
				if strings.Contains(name, word) && (slices.ContainsFunc(n.Args, holds) || holdsReceiver(n, holds)) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

func holdsReceiver(n *ast.Call, holds func(ast.Expr) bool) bool {
	at, ok := n.Fn.(*ast.Attribute)
	return ok && holds(at.Value)
}

// onlyRetrieved keeps the sources that are those of retrieved passages, where the function has these
// under a name and reads the source of each.
func (c *citations) onlyRetrieved(e ast.Expr) *fix.Fix {
	if !c.p.Holds(e) {
		return nil
	}
	docs := c.passages()
	if docs == "" {
		return nil
	}
	key := c.sourceOf(docs)
	if key == "" {
		key = `d.metadata["source"]`
	}
	text := c.p.File.Text(e)
	return checks.Fix(true, "keep the sources that were retrieved", checks.Replace(c.p, e, "[s for s in "+text+" if s in {"+key+" for d in "+docs+"}]"))
}

// passages is the name of the passages that the function retrieves.
func (c *citations) passages() string {
	for _, s := range checks.BodyOf(c.f) {
		a, ok := s.(*ast.Assign)
		if !ok || len(a.Targets) != 1 {
			continue
		}
		n, ok := a.Targets[0].(*ast.Name)
		if !ok {
			continue
		}
		value := a.Value
		if w, ok := value.(*ast.Await); ok {
			value = w.Value
		}
		call := c.f.CallAt(value)
		if call == nil || call.Chat != nil {
			continue
		}
		if slices.Contains(retrievals, call.Method) || call.Result.Labels(models.NoSink).Has(models.Retrieved) {
			return n.Id
		}
	}
	return ""
}

// sourceOf is how the function reads the source of a passage, of one called d.
func (c *citations) sourceOf(docs string) string {
	found := ""
	ast.InspectStmts(checks.BodyOf(c.f), func(n ast.Node) bool {
		comp, ok := n.(*ast.Comp)
		if !ok || len(comp.Clauses) != 1 || checks.LastName(comp.Clauses[0].Iter) != docs || found != "" {
			return true
		}
		item, ok := comp.Clauses[0].Target.(*ast.Name)
		if !ok {
			return true
		}
		ast.Inspect(comp.Elt, func(n ast.Node) bool {
			s, ok := n.(*ast.Subscript)
			if !ok || found != "" {
				return true
			}
			k, ok := s.Index.(*ast.Str)
			if !ok {
				return true
			}
			switch k.Value {
			case "source", "url", "link", "id", "doc_id", "file", "title", "path":
			default:
				return true
			}
			switch base := s.Value.(type) {
			case *ast.Name:
				if base.Id == item.Id {
					found = `d["` + k.Value + `"]`
				}
			case *ast.Attribute:
				if on, ok := base.Value.(*ast.Name); ok && on.Id == item.Id {
					found = "d." + base.Attr.Id + `["` + k.Value + `"]`
				}
			}
			return true
		})
		return true
	})
	return found
}
