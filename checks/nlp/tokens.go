package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// specialTokens is PML3201.
var specialTokens = &checks.Rule{
	Spec:  infoPML3201,
	Knows: []string{"tiktoken.Encoding().special_tokens_set"},
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Retrieved, models.Dataset},
	Into:  []checks.SinkKind{models.Tokens},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteSpecialTokens || checks.IsFileName(path.Mark) {
			return
		}
		if path.Mark.Label == models.Web && (path.Trace.Passes(models.StepOutOfFile) || kept(path.Mark.Call())) {
			return // a corpus that is downloaded once
		}
		allowed := c.Arg(-1, "allowed_special")
		if allowed == nil || !allowsSpecial(c, allowed.Value) || !path.Mark.Holds("<|endoftext|>") || path.Mark.Lacks("<|") || path.Mark.Lacks("<|endoftext|>") || checks.Vetted(p, path, nil) || measured(p, c.Node, 0) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: encodeOrdinary(p, c, allowed)})
	},
}

// kept reports whether the program writes what a call fetches to a file.
func kept(fetch *checks.Call) bool {
	if fetch == nil {
		return false
	}
	return slices.ContainsFunc(fetch.Frame.Calls, func(o *checks.Call) bool {
		if o.Method != "write" && o.Method != "write_text" && o.Method != "write_bytes" {
			return false
		}
		a := o.Arg(0, "data")
		return a != nil && a.Node != nil && checks.Any(o.Frame.MadeOf(a.Node), func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == fetch.Node })
	})
}

// allowsSpecial reports whether some control tokens are allowed in a text.
func allowsSpecial(c *checks.Call, v *checks.Value) bool {
	for _, a := range checks.Possible(c, v) {
		if text, ok := a.Text(); ok && text == "all" || a.Is("tiktoken.Encoding().special_tokens_set") {
			return true
		}
		if items, _, ok := c.Items(a); ok && len(items) > 0 {
			return true
		}
	}
	return false
}

// maxHandovers bounds through how many names and functions it is followed that something is only measured.
const maxHandovers = 3

// measured reports whether of an expression's value nothing but the length is used.
func measured(p *checks.Pass, n ast.Node, depth int) bool {
	around := p.Around(n)
	if len(around) < 2 || depth > maxHandovers {
		return false
	}
	switch parent := around[len(around)-2].(type) {
	case *ast.Call:
		return len(parent.Args) == 1 && ast.Node(parent.Args[0]) == n && checks.LastName(parent.Fn) == "len"
	case *ast.Assign:
		name, ok := parent.Targets[0].(*ast.Name)
		return ok && len(parent.Targets) == 1 && ast.Node(parent.Value) == n && onlyMeasured(p, n, name, parent.Stop(), depth)
	case *ast.NamedExpr:
		return ast.Node(parent.Value) == n && measured(p, parent, depth+1) && onlyMeasured(p, n, parent.Target, parent.Stop(), depth)
	case *ast.Comp:
		item, ok := around[max(0, len(around)-3)].(*ast.Subscript)
		return ok && ast.Node(parent.Elt) == n && item.Value == ast.Expr(parent) && measured(p, item, depth)
	case *ast.CompClause:
		comp, ok := around[len(around)-3].(*ast.Comp)
		name, named := parent.Target.(*ast.Name)
		return ok && named && ast.Node(parent.Iter) == n && allMeasured(p, comp, name, 0, depth)
	}
	return false
}

// onlyMeasured is measured for a name that has been given the value, in the function around a node.
func onlyMeasured(p *checks.Pass, at ast.Node, name *ast.Name, after ast.Pos, depth int) bool {
	fn := p.FunctionAround(at)
	if fn == nil {
		return false
	}
	return allMeasured(p, fn, name, after, depth)
}

func allMeasured(p *checks.Pass, in ast.Node, name *ast.Name, after ast.Pos, depth int) bool {
	only := true
	ast.Inspect(in, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Id == name.Id && id != name && id.Pos() >= after {
			only = only && measured(p, id, depth+1)
		}
		return only
	})
	return only
}

// encodeOrdinary takes the characters of control tokens for text.
func encodeOrdinary(p *checks.Pass, c *checks.Call, allowed *checks.Argument) *fix.Fix {
	if !p.Holds(c.Node) || c.Partial {
		return nil
	}
	const message = "take control tokens in the text for text"
	disallowed := c.Arg(-1, "disallowed_special")
	if fn, ok := c.Node.Fn.(*ast.Attribute); ok && (fn.Attr.Id == "encode" || fn.Attr.Id == "encode_batch") && !allowed.Unpacked && allowed.Keyword != nil && (disallowed == nil || disallowed.Keyword != nil && !disallowed.Unpacked) {
		name := map[string]string{"encode": "encode_ordinary", "encode_batch": "encode_ordinary_batch"}[fn.Attr.Id]
		edits := checks.Replace(p, fn, p.File.Text(fn.Value)+"."+name)
		if disallowed == nil {
			return checks.Fix(false, message, edits, checks.RemoveArg(p, c, allowed))
		}
		var kept []string
		for _, a := range c.Node.Args {
			kept = append(kept, p.File.Text(a))
		}
		for _, k := range c.Node.Keywords {
			if k != allowed.Keyword && k != disallowed.Keyword {
				kept = append(kept, p.File.Text(k))
			}
		}
		return checks.Fix(false, message, edits, []fix.Edit{{Start: int(c.Node.Lparen) + 1, End: int(c.Node.Rparen), New: strings.Join(kept, ", ")}})
	}
	f := checks.SetConstant(p, c, allowed, "set()")
	if f == nil {
		return nil
	}
	f.Unsafe, f.Message = false, message
	switch {
	case disallowed == nil:
		f.Edits = append(f.Edits, fix.AddKeyword(p.File, c.Node, "disallowed_special", "()")...)
	case !disallowed.Unpacked && disallowed.Node != nil:
		f.Edits = append(f.Edits, checks.Replace(p, disallowed.Node, "()")...)
	}
	return f
}

// addedTokens is PML3203.
var addedTokens = &checks.Rule{
	Spec:  infoPML3203,
	Knows: []string{"copy.{copy,deepcopy}"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Param},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteNewTokens || c.Receiver == nil || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) {
			return
		}
		var at ast.Expr
		if fn, ok := c.Node.Fn.(*ast.Attribute); ok {
			at = fn.Value
		}
		if c.Lifetime(c.Receiver, at) != flow.PerProcess || at != nil && checks.Any(c.Frame.StandsFor(at), func(in flow.Ingredient) bool {
			return in.Call != nil && in.Call.Symbol.Is("copy.deepcopy", "copy.copy")
		}) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: approveTokens(p, path)})
	},
}

// approveTokens lets only tokens through that the team has approved.
func approveTokens(p *checks.Pass, path *checks.Path) *fix.Fix {
	const set, problem = "APPROVED_TOKENS", "token not approved"
	e, _ := checks.GivenNode(path).(ast.Expr)
	if d, ok := e.(*ast.Dict); ok {
		for _, entry := range path.Entries(path.Value) {
			items, _, _ := path.Items(entry.Value)
			x, ok := entry.Node.(ast.Expr)
			if ok && d.Range().Contains(x.Range()) && (checks.Carries(path, entry.Value) || slices.ContainsFunc(items, func(it checks.Item) bool { return checks.Carries(path, it.Value) })) {
				within := *path // what stands there in the dict
				within.Value, e, path = entry.Value, x, &within
				break
			}
		}
	}
	value := path.Value
	if e == nil || !p.Holds(e) {
		return nil
	}
	declared := declaredAs(p, e)
	if _, list := e.(*ast.List); list || isText(value) || declared == "str" {
		return checks.AllowOnly(p, path, e, set, problem)
	}
	stmt := p.StmtOf(e)
	if stmt == nil || !checks.KnownBefore(p.Module, e, stmt) || !checks.Repeatable(e) {
		return nil
	}
	text := p.File.Text(e)
	all := "set(" + text + ")"
	if _, _, list := path.Items(value); !list && !isCollection(e) && !slices.Contains(collections, declared) {
		all = "set([" + text + "] if isinstance(" + text + ", str) else " + text + ")"
	}
	return checks.Fix(true, "let only through what is listed in "+set,
		fix.InsertBefore(p.File, stmt, "if not "+all+" <= "+set+":", `    raise ValueError("`+problem+`")`),
		fix.AddConstant(p.File, set+": frozenset[str] = frozenset()", fix.Spaced))
}

// collections are annotations, without what stands in their brackets, of collections.
var collections = []string{"list", "List", "set", "Set", "tuple", "Tuple", "Sequence", "Iterable", "frozenset"}

// declaredAs is the annotation of a parameter, or of a field of that name in the files around, without what stands in
// brackets; "" where there is none.
func declaredAs(p *checks.Pass, e ast.Expr) string {
	var annotation ast.Expr
	switch e := e.(type) {
	case *ast.Name:
		if fn := p.FunctionAround(e); fn != nil && fn.Params != nil {
			for _, param := range fn.Params.List {
				if param.Name != nil && param.Name.Id == e.Id {
					annotation = param.Annotation
				}
			}
		}
	case *ast.Attribute:
		for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
			ast.InspectFile(m.File, func(n ast.Node) bool {
				if a, ok := n.(*ast.AnnAssign); ok {
					if name, named := a.Target.(*ast.Name); named && name.Id == e.Attr.Id {
						annotation = a.Annotation
					}
				}
				return annotation == nil
			})
		}
	}
	if sub, ok := annotation.(*ast.Subscript); ok {
		annotation = sub.Value
	}
	return checks.LastName(annotation)
}

// isText reports whether a value is known to be one text.
func isText(v *checks.Value) bool {
	_, constant := v.Text()
	return constant || len(v.Parts()) > 0
}

// isCollection reports whether an expression makes a collection.
func isCollection(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.List, *ast.Set, *ast.Tuple, *ast.Comp:
		return true
	case *ast.Call:
		switch name := checks.LastName(n.Fn); name {
		case "list", "set", "sorted", "split", "splitlines", "getlist", "tuple":
			return true
		default:
			return strings.HasPrefix(name, "find")
		}
	}
	return false
}
