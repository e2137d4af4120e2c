package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// protectedAttribute is PML5108.
var protectedAttribute = &checks.Rule{
	Spec: infoPML5108,
	Needs: []string{
		"gender", "Gender", "GENDER", "ethnicity", "Ethnicity", "religion", "Religion", "nationality", "Nationality", "marital", "Marital", "sexual_orientation",
		"disability", "Disability", "pregnan", "Pregnan", `race"`, `race'`, `Race"`, `Race'`, ".race",
	},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range asked(f) {
			for _, read := range protectedReads(c) {
				in := p.Project.Module(read.mod)
				if in == nil || medical(c, read) || !decides(c) {
					continue
				}
				there := *p
				there.Module = in
				p.Report(checks.Report{Node: read.node, In: in, Fix: withhold(&there, read.node)})
			}
		}
	},
}

// protectedNames are the attributes of people that decisions about them must not depend on.
var protectedNames = map[string]bool{
	"gender": true, "race": true, "ethnicity": true, "religion": true, "nationality": true, "marital_status": true, "sexual_orientation": true, "disability": true,
	"pregnant": true, "pregnancy_status": true,
}

func isProtected(name string) bool {
	return protectedNames[strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))]
}

// maxCallers bounds through how many callers a prompt that a function builds is followed.
const maxCallers = 2

// asked lists the calls of language models in a function, its helpers and its callers.
func asked(f *checks.Frame) []*checks.Call {
	var out []*checks.Call
	seen := map[*checks.Frame]bool{}
	var within func(f *checks.Frame, depth int)
	within = func(f *checks.Frame, depth int) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, c := range f.Calls {
			if c.Chat != nil {
				out = append(out, c)
			}
			if body := c.Body(); body != nil && depth < maxHelpers {
				within(body, depth+1)
			}
		}
	}
	within(f, 0)
	callers := []*checks.Frame{f}
	for range maxCallers {
		var next []*checks.Frame
		for _, g := range callers {
			for _, c := range g.Callers() {
				within(c.Frame, maxHelpers-1)
				next = append(next, c.Frame)
			}
		}
		callers = next
	}
	return out
}

// read is an expression that brings a protected attribute into a prompt.
type read struct {
	node ast.Expr
	mod  *semantic.Module
}

// protectedReads lists the protected attributes in the prompt of a model call.
func protectedReads(c *checks.Call) []read {
	var out []read
	note := func(n ast.Node, in *semantic.Module, v *checks.Value) {
		e, ok := n.(ast.Expr)
		if !ok || in == nil || v.IsConst() || slices.ContainsFunc(out, func(r read) bool { return r.node == e }) {
			return
		}
		if _, text := v.Text(); !text && readsProtected(analysisAt(c.Frame, in, e), e) {
			out = append(out, read{e, in})
		}
	}
	var parts func(v *checks.Value, depth int)
	parts = func(v *checks.Value, depth int) {
		for _, a := range v.Alternatives() {
			list := a.Parts()
			for i := range list {
				part := &list[i]
				if part.Value == nil {
					continue
				}
				if part.Node != nil {
					note(part.Node, part.Mod, part.Value)
				}
				if depth < 3 {
					parts(part.Value, depth+1)
				}
			}
		}
	}
	for i := range c.Chat.Messages {
		m := &c.Chat.Messages[i]
		if m.Content == nil {
			continue
		}
		for _, g := range c.Given(m.Content) {
			parts(g, 0)
		}
		if m.Whole != nil && m.Node != nil { // a variable of a template
			note(m.Node, c.Frame.Module(), m.Content)
		}
	}
	return out
}

// readsProtected reports whether an expression stands for an item or attribute of a protected name.
func readsProtected(f *checks.Frame, e ast.Expr) bool {
	for {
		c, ok := e.(*ast.Call)
		if !ok {
			break
		}
		fn, method := c.Fn.(*ast.Attribute)
		switch {
		case method && (fn.Attr.Id == "lower" || fn.Attr.Id == "upper" || fn.Attr.Id == "title" || fn.Attr.Id == "strip" || fn.Attr.Id == "capitalize"):
			e = fn.Value
			continue
		case !method && checks.LastName(c.Fn) == "str" && len(c.Args) == 1:
			e = c.Args[0]
			continue
		}
		break
	}
	return slices.ContainsFunc(f.SpelledOut(e), func(at flow.Spelled) bool { return isProtected(itemRead(at.Expr)) })
}

// itemRead is the constant name under which an expression reads something; "" for others.
func itemRead(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Attribute:
		return e.Attr.Id
	case *ast.Subscript:
		if s, ok := e.Index.(*ast.Str); ok {
			return s.Value
		}
	case *ast.Call:
		if fn, ok := e.Fn.(*ast.Attribute); ok && fn.Attr.Id == "get" && len(e.Args) > 0 {
			if s, ok := e.Args[0].(*ast.Str); ok {
				return s.Value
			}
		}
		if name, ok := e.Fn.(*ast.Name); ok && name.Id == "getattr" && len(e.Args) > 1 {
			if s, ok := e.Args[1].(*ast.Str); ok {
				return s.Value
			}
		}
	}
	return ""
}

// medical reports whether the code of a prompt or of its call is about patients, for whose treatment
// such attributes count.
func medical(c *checks.Call, r read) bool {
	about := func(text string) bool {
		text = strings.ToLower(text)
		return slices.ContainsFunc([]string{"patient", "clinical", "diagnos", "symptom"}, func(w string) bool { return strings.Contains(text, w) })
	}
	for _, f := range [...]*checks.Frame{c.Frame, analysisAt(c.Frame, r.mod, r.node)} {
		if about(f.Module().Path) {
			return true
		}
		for ; f != nil; f = f.Outer() {
			fn := f.Function()
			if fn == nil {
				continue
			}
			if about(fn.Name) || fn.Class != nil && fn.Class.Node != nil && about(fn.Class.Node.Name.Id) {
				return true
			}
		}
	}
	if about(r.mod.File.Text(r.node)) {
		return true
	}
	for i := range c.Chat.Messages {
		for _, part := range c.Chat.Messages[i].Content.Parts() {
			if part.Value == nil && about(part.Text) {
				return true
			}
		}
	}
	return false
}

// decides reports whether the program takes the answer of a model call for a decision: it compares
// it, makes a number of it, looks it up, or reads a field of an outcome from it.
func decides(c *checks.Call) bool {
	if schemaDecides(c) {
		return true
	}
	frames := []*checks.Frame{c.Frame}
	for i := 0; i < len(frames) && i < 12; i++ {
		for _, caller := range frames[i].Callers() {
			if !slices.Contains(frames, caller.Frame) {
				frames = append(frames, caller.Frame)
			}
		}
	}
	for _, f := range frames {
		if decidesIn(f, c) {
			return true
		}
		// Helpers that the answer is handed to.
		for _, o := range f.Calls {
			if body := o.Body(); body != nil && o != c && slices.ContainsFunc(o.Args, func(a checks.Argument) bool { return a.Node != nil && answerOf(f, a.Node, c) }) && decidesIn(body, c) {
				return true
			}
		}
	}
	return false
}

// answerOf reports whether an expression is made of the text of a model's answer.
func answerOf(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	return checks.Any(f.MadeOf(e), func(of flow.Ingredient) bool {
		if of.Call == nil || of.Call.Node != c.Node {
			return false
		}
		return !slices.ContainsFunc(of.Steps, func(step string) bool {
			switch strings.TrimPrefix(step, ".") {
			case "usage", "usage_metadata", "finish_reason", "stop_reason", "status", "role", "id", "model", "created", "status_code", "tool_calls":
				return true
			}
			return false
		})
	})
}

// outcomes are words in the names of fields that hold a decision.
var outcomes = map[string]bool{
	"decision": true, "approved": true, "accept": true, "hire": true, "eligible": true, "score": true, "rank": true, "rating": true, "risk": true, "accepted": true, "hired": true, "approve": true,
}

func isOutcome(name string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(name), "_"), func(w string) bool { return outcomes[w] })
}

// decidesIn reports whether the code of a function takes an answer for a decision.
func decidesIn(f *checks.Frame, c *checks.Call) bool {
	found := false
	judge := func(e ast.Expr) { found = found || answerOf(f, e, c) }
	ast.InspectStmts(checks.BodyOf(f), func(n ast.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *ast.Compare:
			for i, op := range n.Ops {
				left := n.Left
				if i > 0 {
					left = n.Right[i-1]
				}
				switch {
				case op == "in" || op == "not in":
					if isWord(f, left) || isWord(f, n.Right[i]) {
						judge(left)
						judge(n.Right[i])
					}
				case isWord(f, n.Right[i]):
					judge(left)
				case isWord(f, left):
					judge(n.Right[i])
				}
			}
		case *ast.Match:
			judge(n.Subject)
		case *ast.Subscript:
			switch key := n.Index.(type) {
			case *ast.Str:
				if isOutcome(key.Value) {
					judge(n.Value)
				}
			case *ast.Slice, *ast.Number:
			default:
				if d, ok := f.ValueOf(n.Value), true; ok && d.Kind() == flow.KindObject {
					judge(n.Index)
				}
			}
		case *ast.Attribute:
			if isOutcome(n.Attr.Id) {
				judge(n.Value)
			}
		case *ast.Call:
			switch fn := n.Fn.(type) {
			case *ast.Name:
				if (fn.Id == "int" || fn.Id == "float" || fn.Id == "bool") && len(n.Args) == 1 {
					judge(n.Args[0])
				}
			case *ast.Attribute:
				switch {
				case fn.Attr.Id == "startswith" && len(n.Args) > 0 && isWord(f, n.Args[0]):
					judge(fn.Value)
				case fn.Attr.Id == "get" && len(n.Args) > 0:
					if s, ok := n.Args[0].(*ast.Str); ok {
						if isOutcome(s.Value) {
							judge(fn.Value)
						}
					} else if f.ValueOf(fn.Value).Kind() == flow.KindObject {
						judge(n.Args[0])
					}
				case fn.Attr.Id == "model_validate_json" || fn.Attr.Id == "parse_raw" || fn.Attr.Id == "model_validate":
					if fieldsDecide(f.ValueOf(fn.Value)) && len(n.Args) > 0 {
						judge(n.Args[0])
					}
				}
			}
		}
		return !found
	})
	return found
}

// isWord reports whether an expression is a constant text, or several.
func isWord(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Str:
		return e.Value != ""
	case *ast.Tuple:
		return len(e.Elts) > 0 && isWord(f, e.Elts[0])
	case *ast.List:
		return len(e.Elts) > 0 && isWord(f, e.Elts[0])
	case *ast.Set:
		return len(e.Elts) > 0 && isWord(f, e.Elts[0])
	case *ast.Name:
		t, ok := f.ValueOf(e).Text()
		return ok && t != ""
	}
	return false
}

// schemaDecides reports whether a model call is told to answer in a schema with a field for a
// decision: by its arguments, by those of its settings, of its chain or of the model.
func schemaDecides(c *checks.Call) bool {
	seen := map[*checks.Call]bool{}
	var look func(c *checks.Call, depth int) bool
	look = func(c *checks.Call, depth int) bool {
		if c == nil || seen[c] || depth > maxMakers {
			return false
		}
		seen[c] = true
		values := make([]*checks.Value, 0, len(c.Args)+1)
		for i := range c.Args {
			a := &c.Args[i]
			values = append(values, a.Value)
			switch a.Name {
			case "response_format", "text_format", "response_model", "output_type", "pydantic_object", "schema":
				if fieldsDecide(a.Value) {
					return true
				}
			case "config", "generation_config":
				if e := c.Key(a.Value, "response_schema"); e != nil && fieldsDecide(e.Value) {
					return true
				}
			case "response_schema":
				if fieldsDecide(a.Value) {
					return true
				}
			}
		}
		if c.Method == "with_structured_output" && len(c.Args) > 0 && fieldsDecide(c.Args[0].Value) {
			return true
		}
		if c.Receiver != nil {
			values = append(values, c.Receiver)
		}
		for _, v := range values {
			for _, g := range c.Given(v) {
				for _, part := range append(g.Chain(), g) {
					if look(part.Origin(), depth+1) {
						return true
					}
				}
			}
		}
		return false
	}
	return look(c, 0)
}

// fieldsDecide reports whether a value is a class with a field for a decision.
func fieldsDecide(v *checks.Value) bool {
	if v.Kind() != flow.KindClass {
		return false
	}
	return slices.ContainsFunc(v.Class().AllFields(), func(fd flow.Field) bool { return isOutcome(fd.Name) })
}

// withhold puts a word in the place of an attribute in a prompt.
func withhold(p *checks.Pass, e ast.Expr) *fix.Fix {
	const word, message = "[withheld]", "leave the attribute out of the prompt"
	if !p.Holds(e) {
		return nil
	}
	for _, n := range p.Around(e) {
		if ph, ok := n.(*ast.Placeholder); ok && ph.Value == e {
			return checks.Fix(true, message, []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: word}})
		}
	}
	return checks.Fix(true, message, checks.Replace(p, e, `"`+word+`"`))
}
