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

// stopList is PML3207.
var stopList = &checks.Rule{
	Spec:   infoPML3207,
	Knows:  []string{"nltk.corpus.stopwords.words", "wordcloud.{STOPWORDS,wordcloud.STOPWORDS}", "spacy.lang.*.stop_words.STOP_WORDS", "spacy.lang.*.STOP_WORDS", "spacy.language.Language().Defaults.stop_words"},
	Needs:  []string{".add(", ".update(", ".append(", ".extend(", "|=", "+=", "is_stop"},
	Beside: [][]string{{"stopwords", "stop_words", "STOPWORDS", "STOP_WORDS", "is_stop", "StopWords"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() == nil || !f.Serves() {
			return
		}
		report := func(n ast.Node) {
			r := checks.Report{Node: n}
			if stmt := p.StmtOf(n); stmt != nil && p.Holds(n) {
				switch stmt.(type) {
				case *ast.ExprStmt, *ast.AugAssign, *ast.Assign:
					r.Fix = checks.Fix(true, "leave the list as it is", fix.RemoveStmt(p.File, stmt))
				}
			}
			p.Report(r)
		}
		for _, c := range f.Calls {
			switch c.Method {
			case "add", "update", "append", "extend":
			default:
				continue
			}
			at, ok := c.Node.Fn.(*ast.Attribute)
			if !ok || !p.Holds(at) || len(c.Args) == 0 || !isStopList(p, c, at.Value, c.Receiver) {
				continue
			}
			if slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return fromUser(c, a.Value, 0) }) {
				report(c.Node)
			}
		}
		if len(f.Calls) == 0 {
			return
		}
		last := f.Calls[len(f.Calls)-1]
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AugAssign:
				if name, local := n.Target.(*ast.Name); (n.Op == "|=" || n.Op == "+=" || n.Op == "|" || n.Op == "+") && (!local || declaresGlobal(f, name.Id)) && isStopList(p, last, n.Target, f.ValueOf(n.Target)) && userExpr(f, last, n.Value) {
					report(n)
				}
			case *ast.Assign:
				for _, t := range n.Targets {
					if a, ok := t.(*ast.Attribute); ok && a.Attr.Id == "is_stop" {
						if entry, ok := a.Value.(*ast.Subscript); ok && strings.HasSuffix("."+checks.ChainText(entry.Value), ".vocab") && userExpr(f, last, entry.Index) {
							report(n)
						}
					}
				}
			}
			return true
		})
	},
}

// isStopList reports whether an expression is a list of stop words that all requests share.
func isStopList(p *checks.Pass, c *checks.Call, e ast.Expr, v *checks.Value) bool {
	if strings.HasSuffix(checks.ChainText(e), ".Defaults.stop_words") || isLibraryList(v.Name()) {
		return true
	}
	for _, g := range c.Given(v) {
		if isLibraryList(g.Name()) {
			return true
		}
		lists := c.Lists(g)
		if len(lists) == 0 || lists[0].Lifetime() != flow.PerProcess {
			continue
		}
		name := strings.ToLower(checks.LastName(e))
		if strings.Contains(name, "stopword") || strings.Contains(name, "stop_word") || madeOfStopWords(lists[0].Node()) {
			return true
		}
	}
	return definedOfStopWords(p, c.Frame, e)
}

// definedOfStopWords reports whether an expression is a global, or an attribute of a class, that is defined as a list of
// stop words.
func definedOfStopWords(p *checks.Pass, f *checks.Frame, e ast.Expr) bool {
	name := checks.LastName(e)
	defined := func(body []ast.Stmt) bool {
		return slices.ContainsFunc(body, func(s ast.Stmt) bool {
			a, ok := s.(*ast.Assign)
			return ok && slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return namesTarget(t, name) }) && madeOfStopWords(a.Value)
		})
	}
	switch n := e.(type) {
	case *ast.Name:
		return !assigns(f, name) && paramNamed(f, name) < 0 && p.Defines(name) && defined(p.File.Body)
	case *ast.Attribute:
		class := f.Class()
		if class == nil || paramNamed(f, checks.LastName(n.Value)) != 0 {
			return false
		}
		for _, g := range f.Everywhere() {
			if g.Class() == class && assignsAttribute(g, name) {
				return false // each object has its own
			}
		}
		found := false
		ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
			if d, ok := n.(*ast.ClassDef); ok && d.Range().Contains(e.Range()) {
				found = found || defined(d.Body)
			}
			return !found
		})
		return found
	}
	return false
}

// assignsAttribute reports whether a method gives its object an attribute of a name.
func assignsAttribute(f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if at, ok := t.(*ast.Attribute); ok && at.Attr.Id == name && paramNamed(f, checks.LastName(at.Value)) == 0 {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// isLibraryList reports whether a name is that of a library's list of stop words.
func isLibraryList(name string) bool {
	return strings.HasPrefix(name, "spacy.") && (strings.HasSuffix(name, ".STOP_WORDS") || strings.HasSuffix(name, ".Defaults.stop_words")) || name == "wordcloud.STOPWORDS" || name == "wordcloud.wordcloud.STOPWORDS"
}

// madeOfStopWords reports whether the expression that makes a collection takes the words of a library.
func madeOfStopWords(n ast.Node) bool {
	if n == nil {
		return false
	}
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			found = found || n.Attr.Id == "words" && strings.Contains(strings.ToLower(checks.LastName(n.Value)), "stop") || n.Attr.Id == "STOP_WORDS" || n.Attr.Id == "STOPWORDS" || n.Attr.Id == "stop_words"
		case *ast.Name:
			found = found || n.Id == "STOP_WORDS" || n.Id == "STOPWORDS"
		}
		return !found
	})
	return found
}

// fromUser reports whether a value holds words of a request, also where a function that serves it hands them on.
func fromUser(c *checks.Call, v *checks.Value, depth int) bool {
	if v == nil || depth > 3 {
		return false
	}
	given := c.Given(v)
	if len(given) == 0 { // an item of what callers hand in
		given = []*checks.Value{v}
	}
	for _, g := range given {
		for _, m := range slices.Concat(g.Marks(), c.Deep(g)) {
			if m.Clean.Has(models.Param) {
				continue
			}
			if m.Label == models.User {
				return true
			}
			param, fn := m.Parameter()
			if m.Label != models.NoLabel || param == nil || param.Name == nil || fn == nil {
				continue
			}
			if slices.ContainsFunc(c.Frame.Routes(), func(r *flow.Route) bool { return r.Function == fn }) {
				if d, ok := param.Default.(*ast.Call); !ok || checks.LastName(d.Fn) != "Depends" {
					return true // what a handler is given
				}
				continue
			}
			in := c.Frame.AnalysisOf(fn)
			if in == nil {
				continue
			}
			for _, caller := range in.Callers() {
				if a := checks.GivenFor(caller, param.Name.Id); a != nil && caller != c && fromUser(caller, a.Value, depth+1) {
					return true
				}
			}
		}
	}
	return false
}

// userExpr is fromUser for an expression of a function.
func userExpr(f *checks.Frame, at *checks.Call, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Call:
		c := f.CallAt(n)
		if c == nil {
			return false
		}
		if fromUser(c, c.Result, 0) || fromUser(c, c.Receiver, 0) {
			return true
		}
		return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return fromUser(c, a.Value, 0) })
	case *ast.Name, *ast.Attribute:
		if fromUser(at, f.ValueOf(e), 0) {
			return true
		}
		found := false
		f.InspectOwn(func(n ast.Node) bool {
			if loop, ok := n.(*ast.For); ok && loop.Range().Contains(e.Range()) && namesTarget(loop.Target, checks.LastName(e)) && !loop.Iter.Range().Contains(e.Range()) {
				found = found || userExpr(f, at, loop.Iter)
			}
			return !found
		})
		return found
	case *ast.Subscript:
		return userExpr(f, at, n.Value)
	case *ast.Set:
		return slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { return userExpr(f, at, e) })
	case *ast.List:
		return slices.ContainsFunc(n.Elts, func(e ast.Expr) bool { return userExpr(f, at, e) })
	case *ast.Comp:
		return slices.ContainsFunc(n.Clauses, func(c *ast.CompClause) bool { return userExpr(f, at, c.Iter) })
	}
	return false
}
