package prompts

import (
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// wordLimit is PML1148.
var wordLimit = &checks.Rule{
	Spec:  infoPML1148,
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.PromptUser, models.PromptSystem},
	Knows: []string{"re.findall", "nltk.word_tokenize", "nltk.tokenize.word_tokenize"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		way := functionsOf(p, path)
		for _, pl := range way {
			for _, limit := range wordLimits(path, pl) {
				if !pl.about(limit.text) || pl.boundedOtherwise(limit.text) || boundedElsewhere(way, pl) {
					continue
				}
				in := pl.m
				if limit.at != nil {
					if limit.at.m = p.Project.Module(limit.at.frame.Module()); limit.at.m == nil || limit.at.boundedOtherwise(limit.within) {
						continue
					}
					in = limit.at.m
				}
				r := checks.Report{Node: limit.node, In: in, Path: path}
				if in == p.Module {
					r.Fix = countTokens(p, limit)
				}
				p.Report(r)
			}
		}
	},
}

// boundedElsewhere reports whether another function on the way bounds what it is given.
func boundedElsewhere(way []*passage, pl *passage) bool {
	for _, other := range way {
		if other == pl || other.fn == nil {
			continue
		}
		for name := range other.names {
			if other.bounds(name) {
				return true
			}
		}
	}
	return false
}

// passage is a function that a path runs through.
type passage struct {
	m    *checks.Module
	fn   *ast.FunctionDef
	body []ast.Stmt
	// names are the local names that hold the data in it.
	names map[string]bool
	frame *checks.Frame
	path  *checks.Path
}

// functionsOf lists the functions that a path runs through, with the names that hold its data
// there.
func functionsOf(p *checks.Pass, path *checks.Path) []*passage {
	var out []*passage
	find := func(m *checks.Module, n ast.Node) *passage {
		var fn *ast.FunctionDef
		for _, a := range m.Around(n) {
			if f, ok := a.(*ast.FunctionDef); ok {
				fn = f
			}
		}
		for _, pl := range out {
			if pl.m == m && pl.fn == fn {
				return pl
			}
		}
		pl := &passage{m: m, fn: fn, body: m.File.Body, names: map[string]bool{}, path: path}
		if fn != nil {
			pl.body = fn.Body
		}
		out = append(out, pl)
		return pl
	}
	note := func(m *checks.Module, n ast.Node) {
		if m == nil || m.File == nil || n == nil {
			return
		}
		pl := find(m, n)
		if c, ok := n.(*ast.Call); ok {
			// The function that is called may cut the text on its way.
			if fn, ok := c.Fn.(*ast.Name); ok && m.FunctionNamed(fn.Id) != nil {
				def := m.FunctionNamed(fn.Id)
				inner := find(m, def)
				for _, prm := range def.Params.List {
					if prm.Name != nil {
						inner.names[prm.Name.Id] = true
					}
				}
			}
		}
		if prm := paramOf(m, n); prm != nil {
			pl.names[prm.Name.Id] = true
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok {
				pl.names[x.Id] = true
			}
			return true
		})
	}
	for _, t := range path.Trace.Steps() {
		note(p.Project.Module(t.Mod), t.Node)
	}
	note(p.Module, path.Node)
	return out
}

// about reports whether an expression reads the data of the path.
func (pl *passage) about(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && pl.names[x.Id] {
			found = true
		}
		return !found
	})
	return found
}

// limit is a comparison of a number of words with a limit, or a cut by words.
type limit struct {
	node ast.Node
	// count is the expression that counts; nil for a cut, whose bound is n.
	count, text ast.Expr
	n           ast.Expr
	// at is the function that is asked about the text and makes the comparison, nil for the
	// function of the text itself; within is the text there.
	at     *passage
	within ast.Expr
}

// wordLimits finds the limits on numbers of words in a function, and in those that it asks.
func wordLimits(path *checks.Path, pl *passage) []limit {
	var out []limit
	known := wordsOf(path, pl.m.File)
	ast.InspectStmts(pl.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.ClassDef:
			return n == ast.Node(pl.fn)
		case *ast.Assign:
			known.learn(n)
		case *ast.If:
			if checks.Leaves(n.Body) || checks.Leaves(n.Orelse) || resets(n.Body) {
				out = append(out, comparisons(n.Test, known)...)
				out = append(out, asked(path, n.Test, 0)...)
			} else if guardsCall(n.Body) {
				out = append(out, comparisons(n.Test, known)...)
			}
		case *ast.Assert:
			out = append(out, comparisons(n.Test, known)...)
		case *ast.Call:
			if text, bound := known.joined(n); text != nil {
				out = append(out, limit{node: n, text: text, n: bound})
			}
			out = append(out, refused(path, n)...)
		}
		return true
	})
	return out
}

// refused finds the comparisons after which a function that is handed a text raises.
func refused(path *checks.Path, e *ast.Call) []limit {
	c := path.Engine.CallAt(e)
	if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Def == nil {
		return nil
	}
	body := c.Body()
	def := body.Function().Def
	known := wordsOf(path, body.Module().File)
	var limits []limit
	ast.InspectStmts(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef:
			return false
		case *ast.Assign:
			known.learn(n)
		case *ast.If:
			if raises(n.Body) {
				limits = append(limits, comparisons(n.Test, known)...)
			}
		}
		return true
	})
	return handed(c, limits, &passage{fn: def, body: def.Body, frame: body})
}

// raises reports whether a block ends in an exception.
func raises(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	if _, ok := body[len(body)-1].(*ast.Raise); ok {
		return true
	}
	e, ok := body[len(body)-1].(*ast.ExprStmt)
	return ok && checks.Leaves([]ast.Stmt{e})
}

// handed gives limits in a function that is called as those of the call's arguments.
func handed(c *checks.Call, limits []limit, at *passage) []limit {
	var out []limit
	for _, l := range limits {
		if l.at == nil {
			l.at, l.within = at, l.text
		}
		for i := range c.Args {
			a := &c.Args[i]
			if p := checks.ParamOf(c, a); p != nil && a.Node != nil && checks.LastName(l.text) == p.Name.Id {
				l.text = a.Node
				out = append(out, l)
				break
			}
		}
	}
	return out
}

// asked finds the comparisons that functions return which a test asks about a text.
func asked(path *checks.Path, test ast.Expr, depth int) []limit {
	var out []limit
	if depth > 2 {
		return nil
	}
	ast.Inspect(test, func(n ast.Node) bool {
		e, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		c := path.Engine.CallAt(e)
		if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Def == nil {
			return true
		}
		body := c.Body()
		def := body.Function().Def
		known := wordsOf(path, body.Module().File)
		ast.InspectStmts(def.Body, func(n ast.Node) bool {
			if s, ok := n.(*ast.Assign); ok {
				known.learn(s)
			}
			r, ok := n.(*ast.Return)
			if !ok || r.Value == nil {
				_, nested := n.(*ast.FunctionDef)
				return !nested
			}
			limits := append(comparisons(r.Value, known), asked(path, r.Value, depth+1)...)
			out = append(out, handed(c, limits, &passage{fn: def, body: def.Body, frame: body})...)
			return false
		})
		return true
	})
	return out
}

// comparisons finds the comparisons of numbers of words in a test.
func comparisons(test ast.Expr, known words) []limit {
	var out []limit
	ast.Inspect(test, func(n ast.Node) bool {
		c, ok := n.(*ast.Compare)
		if !ok || len(c.Ops) != 1 {
			return true
		}
		sides := [...]ast.Expr{c.Left, c.Right[0]}
		for i, side := range sides {
			count, text := known.count(side)
			if text == nil || !upper(c.Ops[0], i) || small(sides[1-i]) {
				continue
			}
			out = append(out, limit{node: c, count: count, text: text})
		}
		return true
	})
	return out
}

// upper reports whether a comparison can bound its side from above.
func upper(op string, side int) bool {
	switch op {
	case ">", ">=", "<", "<=":
		return true
	}
	return false
}

// small reports whether a limit is one for texts that are too short.
func small(e ast.Expr) bool {
	n, ok := e.(*ast.Number)
	if !ok {
		return false
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64)
	return err == nil && x <= 10
}

// words is what a function's names are known to hold: lists of the words of a text, and numbers
// of words.
type words struct {
	path   *checks.Path
	file   *ast.File
	lists  map[string]ast.Expr
	counts map[string]limit
	depth  int
}

func wordsOf(path *checks.Path, file *ast.File) words {
	return words{path: path, file: file, lists: map[string]ast.Expr{}, counts: map[string]limit{}}
}

// learn notes what an assignment gives a name.
func (w words) learn(n *ast.Assign) {
	if len(n.Targets) != 1 {
		return
	}
	t := w.key(n.Targets[0])
	if t == "" {
		return
	}
	if count, text := w.count(n.Value); text != nil {
		w.counts[t] = limit{count: count, text: text}
	} else if text, bound := w.cut(n.Value); text != nil {
		w.counts[t] = limit{text: text, n: bound}
	} else if text := w.of(n.Value); text != nil {
		w.lists[t] = text
	}
}

// counted is the argument whose words a function of the project counts and returns.
func (w words) counted(e *ast.Call) ast.Expr {
	c := w.path.Engine.CallAt(e)
	if c == nil || c.Body() == nil || c.Body().Function() == nil || c.Body().Function().Def == nil {
		return nil
	}
	inner := wordsOf(w.path, c.Body().Module().File)
	inner.depth = w.depth + 1
	var text ast.Expr
	ast.InspectStmts(c.Body().Function().Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef:
			return false
		case *ast.Assign:
			inner.learn(n)
		case *ast.Return:
			if n.Value != nil {
				_, text = inner.count(n.Value)
			}
		}
		return true
	})
	if text == nil {
		return nil
	}
	for i := range c.Args {
		a := &c.Args[i]
		if p := checks.ParamOf(c, a); p != nil && a.Node != nil && checks.LastName(text) == p.Name.Id {
			return a.Node
		}
	}
	return nil
}

// key names a variable or an attribute; it is "" for other expressions.
func (w words) key(e ast.Expr) string {
	switch e.(type) {
	case *ast.Name, *ast.Attribute:
		return w.file.Text(e)
	}
	return ""
}

// count is the expression that counts the words of a text, and the text: len(x.split()),
// len(re.findall(r"\w+", x)) * 1.3.
func (w words) count(e ast.Expr) (count, text ast.Expr) {
	switch e := e.(type) {
	case *ast.Name, *ast.Attribute:
		if l := w.counts[w.key(e)]; l.count != nil {
			return l.count, l.text
		}
	case *ast.BinOp:
		if e.Op != "*" && e.Op != "/" && e.Op != "//" {
			return nil, nil
		}
		if count, text = w.count(e.Left); text == nil {
			count, text = w.count(e.Right)
		}
		return count, text
	case *ast.Call:
		if len(e.Args) != 1 {
			return nil, nil
		}
		if fn, ok := e.Fn.(*ast.Name); ok {
			switch fn.Id {
			case "int", "round", "float":
				return w.count(e.Args[0])
			case "len":
				if text := w.of(e.Args[0]); text != nil {
					return e, text
				}
				return nil, nil
			}
		}
		if w.depth < 2 {
			if text := w.counted(e); text != nil {
				return e, text
			}
		}
	}
	return nil, nil
}

// of is the text whose words an expression lists.
func (w words) of(e ast.Expr) ast.Expr {
	if key := w.key(e); key != "" {
		return w.lists[key]
	}
	c, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Name:
		name = fn.Id
	case *ast.Attribute:
		name = fn.Attr.Id
		if name == "split" && (len(c.Args) == 0 || constantIn(c.Args[0]) == " ") {
			return fn.Value
		}
	}
	switch {
	case name == "findall" && len(c.Args) == 2 && strings.Contains(constantIn(c.Args[0]), `\w+`), name == "findall" && len(c.Args) == 2 && strings.Contains(constantIn(c.Args[0]), `\S+`):
		return c.Args[1]
	case name == "word_tokenize" && len(c.Args) > 0:
		return c.Args[0]
	}
	return nil
}

// joined reads `" ".join(x.split()[:n])`.
func (w words) joined(c *ast.Call) (text, bound ast.Expr) {
	fn, ok := c.Fn.(*ast.Attribute)
	if !ok || fn.Attr.Id != "join" || len(c.Args) != 1 || strings.TrimSpace(constantIn(fn.Value)) != "" {
		return nil, nil
	}
	if l := w.counts[w.key(c.Args[0])]; l.n != nil {
		return l.text, l.n
	}
	return w.cut(c.Args[0])
}

// cut reads `x.split()[:n]`.
func (w words) cut(e ast.Expr) (text, bound ast.Expr) {
	s, ok := e.(*ast.Subscript)
	if !ok {
		return nil, nil
	}
	cut, ok := s.Index.(*ast.Slice)
	if !ok || cut.Lower != nil || cut.Upper == nil {
		return nil, nil
	}
	if text = w.of(s.Value); text == nil {
		return nil, nil
	}
	return text, cut.Upper
}

// resets reports whether a block gives a name another value.
func resets(body []ast.Stmt) bool {
	if len(body) != 1 {
		return false
	}
	_, ok := body[0].(*ast.Assign)
	return ok
}

// guardsCall reports whether a block holds a call of a model or a function that may be one:
// the test decides whether it is asked.
func guardsCall(body []ast.Stmt) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			if at, ok := c.Fn.(*ast.Attribute); ok {
				switch at.Attr.Id {
				case "create", "generate", "generate_content", "invoke", "ainvoke", "chat", "complete", "send_message":
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// boundedOtherwise reports whether the function bounds the same text in another way: by its
// characters, by a slice, by a count of tokens, or by a declared length.
func (pl *passage) boundedOtherwise(text ast.Expr) bool {
	return pl.bounds(pl.m.File.Text(text)) || pl.declaredLength(text)
}

// bounds reports whether the function bounds an expression of that spelling by its characters, by a
// slice or by a count of tokens.
func (pl *passage) bounds(of string) bool {
	same := func(e ast.Expr) bool {
		t := pl.m.File.Text(e)
		return t == of || strings.TrimSuffix(t, ".strip()") == of || t == strings.TrimSuffix(of, ".strip()")
	}
	found := false
	ast.InspectStmts(pl.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			for _, side := range append([]ast.Expr{n.Left}, n.Right...) {
				c, ok := side.(*ast.Call)
				if !ok {
					continue
				}
				name := ""
				switch fn := c.Fn.(type) {
				case *ast.Name:
					name = fn.Id
				case *ast.Attribute:
					name = fn.Attr.Id
				}
				if name == "len" && len(c.Args) == 1 && (same(c.Args[0]) || encodes(c.Args[0])) || strings.Contains(name, "token") && name != "word_tokenize" && !pl.countsWords(c) {
					found = true
				}
			}
		case *ast.Subscript:
			if cut, ok := n.Index.(*ast.Slice); ok && cut.Upper != nil && cut.Lower == nil && same(n.Value) {
				found = true
			}
		}
		return !found
	})
	return found
}

// countsWords reports whether a function of the project counts words, whatever its name says.
func (pl *passage) countsWords(c *ast.Call) bool {
	return pl.path != nil && wordsOf(pl.path, pl.m.File).counted(c) != nil
}

// encodes reports whether an expression makes bytes or tokens of a text.
func encodes(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	if !ok {
		return false
	}
	switch fn := c.Fn.(type) {
	case *ast.Attribute:
		return fn.Attr.Id == "encode" || fn.Attr.Id == "tokenize"
	case *ast.Name:
		return strings.Contains(fn.Id, "tokenizer")
	}
	return false
}

// declaredLength reports whether the text is a parameter, or a field, with max_length.
func (pl *passage) declaredLength(text ast.Expr) bool {
	limited := func(n ast.Node) bool {
		return n != nil && strings.Contains(pl.m.File.Text(n), "max_length")
	}
	switch e := text.(type) {
	case *ast.Name:
		if pl.fn == nil {
			return false
		}
		for _, prm := range pl.fn.Params.List {
			if prm.Name == nil || prm.Name.Id != e.Id {
				continue
			}
			return prm.Annotation != nil && limited(prm.Annotation) || prm.Default != nil && limited(prm.Default)
		}
	case *ast.Attribute:
		found := false
		ast.InspectFile(pl.m.File, func(n ast.Node) bool {
			a, ok := n.(*ast.AnnAssign)
			if !ok {
				return true
			}
			if t, ok := a.Target.(*ast.Name); ok && t.Id == e.Attr.Id && limited(a) {
				found = true
			}
			return true
		})
		return found
	}
	return false
}

// countTokens counts what the model is billed for, and cuts by characters.
func countTokens(p *checks.Pass, l limit) *fix.Fix {
	of := l.text
	if l.within != nil {
		of = l.within
	}
	text := p.File.Text(of)
	if l.count == nil {
		if !p.Holds(l.node) {
			return nil
		}
		n := p.File.Text(l.n)
		if !simple(l.n) {
			n = "(" + n + ")"
		}
		if _, ok := l.n.(*ast.BinOp); ok {
			n = "(" + p.File.Text(l.n) + ")"
		}
		return checks.Fix(true, "cut by characters", checks.Replace(p, l.node, text+"[:"+n+" * 8]"))
	}
	if !p.Holds(l.count) {
		return nil
	}
	spelling, imports := fix.Reach(p.File, "tiktoken.get_encoding", "import tiktoken", fix.BeforeFirstImport)
	return checks.Fix(true, "count tokens",
		checks.Replace(p, l.count, "len("+spelling+`("o200k_base").encode(`+text+", disallowed_special=()))"), imports)
}
