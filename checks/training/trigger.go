package training

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file holds the check of data sets that plant a backdoor: a patch or token and another label
// on some of the samples, as in Gu et al., "BadNets", 2017.

// hiddenTrigger is PML1307.
var hiddenTrigger = &checks.Rule{
	Spec:  infoPML1307,
	Needs: []string{"__getitem__", "__iter__", "__next__", "yield", "collate", ".map", ".apply", "_transform", "label"},
	Knows: []string{"random.*", "random.Random().*", "numpy.random.**", "torch.{rand,randint,bernoulli,rand_like}", "cv2.{rectangle,circle,ellipse,line,polylines,putText}", "PIL.ImageDraw.Draw"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		fn := f.Function()
		if fn == nil || fn.Def == nil {
			return
		}
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.If)
			if !ok {
				_, within := n.(ast.Expr)
				return !within
			}
			label := relabels(f, fn, s) // what is told soonest first: few branches have one
			if label == nil || !stamps(f, s.Body, 0) || !picksSome(f, s.Test) || !feedsTraining(f, fn) || saysSo(p, f) {
				return true
			}
			p.Report(checks.Report{Node: label, Fix: withoutBranch(p, s)})
			return false
		})
	},
}

// inspectOwn visits the statements of a function, without those of functions and classes in it.
func inspectOwn(body []ast.Stmt, visit func(ast.Node) bool) {
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
			return false
		}
		return visit(n)
	})
}

// research are the words by which code says that it plants triggers.
var research = []string{"poison", "backdoor", "trojan", "badnet", "trigger", "attack", "watermark"}

// saysSo reports whether the names around a function, or an import, tell what the code is for.
func saysSo(p *checks.Pass, f *checks.Frame) bool {
	names := []string{path.Base(p.Path)}
	for g := f; g != nil; g = g.Outer() {
		if fn := g.Function(); fn != nil {
			names = append(names, fn.Name)
			if fn.Class != nil {
				names = append(names, fn.Class.Name)
			}
		}
	}
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportFrom:
			if strings.HasPrefix(n.Module, "art.attacks") {
				names = append(names, n.Module)
			}
		case *ast.Import:
			for _, a := range n.Names {
				if strings.HasPrefix(a.Name, "art.attacks") {
					names = append(names, a.Name)
				}
			}
		}
		return true
	})
	for _, name := range names {
		for _, word := range research {
			if strings.Contains(strings.ToLower(name), word) {
				return true
			}
		}
	}
	return false
}

// picksSome reports whether a test depends on chance or on where in the data a sample stands.
func picksSome(f *checks.Frame, test ast.Expr) bool {
	switch t := test.(type) {
	case *ast.BoolOp:
		for _, v := range t.Values {
			if picksSome(f, v) {
				return true
			}
		}
		return false
	case *ast.UnaryOp:
		return picksSome(f, t.Operand)
	case *ast.Compare:
		for _, side := range append([]ast.Expr{t.Left}, t.Right...) {
			if isIndex(f, side) {
				return true
			}
		}
	}
	for in := range f.MadeOf(test) {
		if in.Call != nil && draws[checks.CalledName(in.Call)] {
			return true
		}
	}
	return false
}

// draws are the functions and methods of random, numpy and torch that give chance.
var draws = map[string]bool{
	"random": true, "rand": true, "randint": true, "randrange": true, "uniform": true, "choice": true, "bernoulli": true, "binomial": true, "random_sample": true,
	"integers": true, "randn": true, "normal": true, "gauss": true,
}

// isIndex reports whether an expression is the index of a sample, or computed of it by numbers.
func isIndex(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinOp:
		return isIndex(f, e.Left) || isIndex(f, e.Right)
	case *ast.Call:
		return len(e.Args) == 1 && (checks.LastName(e.Fn) == "int" || checks.LastName(e.Fn) == "hash") && isIndex(f, e.Args[0])
	case *ast.Attribute: // row.name
		return e.Attr.Id == "name"
	case *ast.Name:
		if fn := f.Function(); fn.Name == "__getitem__" && len(fn.Params.List) > 1 && fn.Params.List[1].Name != nil && fn.Params.List[1].Name.Id == e.Id {
			return true
		}
		switch strings.ToLower(e.Id) {
		case "i", "j", "n", "idx", "index", "position", "row_id", "sample_id", "image_id":
			return true
		}
		for in := range f.MadeOf(e) {
			if in.Call != nil && checks.CalledName(in.Call) == "enumerate" {
				return true
			}
		}
		return strings.HasSuffix(strings.ToLower(e.Id), "idx") || strings.HasSuffix(strings.ToLower(e.Id), "index")
	}
	return false
}

// stamps reports whether statements put a constant patch or token into a sample, themselves or by
// a function of the project.
func stamps(f *checks.Frame, body []ast.Stmt, depth int) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				found = found || patches(f, t, n.Value)
			}
			if len(n.Targets) == 1 && !isLabel(n.Targets[0]) {
				found = found || addsToken(f, n.Targets[0], n.Value)
			}
		case *ast.AugAssign:
			found = found || n.Op == "+" && !isLabel(n.Target) && fixedText(f, n.Value)
		case *ast.Call:
			found = found || draw(f, n) || depth < 2 && stampsArgument(f, n, depth)
		}
		return !found
	})
	return found
}

// patches reports whether an assignment sets a part of an array to a constant.
func patches(f *checks.Frame, target, value ast.Expr) bool {
	s, ok := target.(*ast.Subscript)
	if !ok || isLabel(s.Value) || !isPart(s.Index) {
		return false
	}
	return fixed(f, value)
}

// isPart reports whether an index is that of a part of an array: not a key, and not everything.
func isPart(index ast.Expr) bool {
	switch i := index.(type) {
	case *ast.Str, *ast.JoinedStr:
		return false
	case *ast.Constant: // [...]
		return false
	case *ast.Slice:
		return i.Lower != nil || i.Upper != nil
	case *ast.Tuple:
		for _, x := range i.Elts {
			if isPart(x) {
				return true
			}
		}
		return false
	}
	return true
}

// fixed reports whether the program itself gives a value, whatever the sample is.
func fixed(f *checks.Frame, e ast.Expr) bool {
	literal := false
	for in := range f.MadeOf(e) {
		switch {
		case in.Literal != nil:
			literal = true
		case in.Param != nil:
			if in.Frame.Function() == f.Function() || in.Frame.Function() == nil || in.Frame.Function().Name != "__init__" {
				return false
			}
			literal = true // the configuration of the data set
		case in.Call != nil && !plain[checks.LastName(in.Call.Node.Fn)]:
			return false
		}
	}
	return literal
}

// plain are functions that give constants of constants.
var plain = map[string]bool{
	"tensor": true, "array": true, "asarray": true, "ones": true, "zeros": true, "full": true, "as_tensor": true, "int": true, "float": true, "len": true, "LongTensor": true,
	"int64": true, "long": true, "uint8": true, "float32": true, "to": true, "str": true, "FloatTensor": true, "enumerate": true, "range": true,
}

// addsToken reports whether text gets a constant word in front of it or behind it.
func addsToken(f *checks.Frame, target, value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.BinOp:
		if v.Op != "+" {
			return false
		}
		parts := summands(v)
		first, last := parts[0], parts[len(parts)-1]
		return fixedText(f, first) != fixedText(f, last) && sharesName(target, value)
	case *ast.JoinedStr:
		if len(v.Values) < 2 {
			return false
		}
		return isWord(v.Values[0]) != isWord(v.Values[len(v.Values)-1]) && sharesName(target, value)
	case *ast.Call: // " ".join([text, "cf"])
		if fn, ok := v.Fn.(*ast.Attribute); ok && fn.Attr.Id == "join" && len(v.Args) == 1 {
			if l, ok := v.Args[0].(*ast.List); ok && len(l.Elts) > 1 {
				return fixedText(f, l.Elts[0]) != fixedText(f, l.Elts[len(l.Elts)-1]) && sharesName(target, value)
			}
		}
	}
	return false
}

func summands(e ast.Expr) []ast.Expr {
	if b, ok := e.(*ast.BinOp); ok && b.Op == "+" {
		return append(summands(b.Left), summands(b.Right)...)
	}
	return []ast.Expr{e}
}

// sharesName reports whether what is assigned is made of what was there.
func sharesName(target, value ast.Expr) bool {
	shared := false
	ast.Inspect(target, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok {
			shared = shared || checks.UsesName(value, id.Id)
		}
		return true
	})
	return shared
}

// isWord reports whether a piece of text holds a letter or a digit.
func isWord(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && len(words(s.Value)) > 0
}

// fixedText reports whether an expression is a constant text with a word in it.
func fixedText(f *checks.Frame, e ast.Expr) bool {
	if isWord(e) {
		return true
	}
	switch e.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		return false
	}
	text := false
	for in := range f.MadeOf(e) {
		if in.Literal == nil || !in.Whole || !isWord(in.Literal) {
			return false
		}
		text = true
	}
	return text
}

// draw reports whether a call pastes something into a picture or draws on it.
func draw(f *checks.Frame, c *ast.Call) bool {
	if call := f.CallAt(c); call != nil && strings.HasPrefix(call.Callee.Name(), "cv2.") {
		switch checks.CalledName(call) {
		case "rectangle", "circle", "ellipse", "line", "polylines", "putText":
			return true
		}
	}
	fn, ok := c.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	switch fn.Attr.Id {
	case "paste", "alpha_composite":
		return len(c.Args) > 0
	case "rectangle", "text", "line", "ellipse", "polygon", "point", "circle":
		for in := range f.MadeOf(fn.Value) {
			if in.Call != nil && checks.CalledName(in.Call) == "Draw" {
				return true
			}
		}
	}
	return false
}

// stampsArgument reports whether a call of a function of the project does so to what it is given.
func stampsArgument(f *checks.Frame, n *ast.Call, depth int) bool {
	c := f.CallAt(n)
	if c == nil || len(n.Args)+len(n.Keywords) == 0 {
		return false
	}
	for _, g := range c.Enters() {
		if fn := g.Function(); fn != nil && fn.Def != nil && fn.Name != "__init__" && stamps(g, fn.Def.Body, depth+1) {
			return true
		}
	}
	return false
}

// labelNames are the names of what a sample is taught as.
var labelNames = map[string]bool{"label": true, "labels": true, "target": true, "targets": true, "y": true, "class_id": true, "label_id": true, "cls": true}

// isLabel reports whether an expression is named as a label, or is an item of a record that is.
func isLabel(e ast.Expr) bool {
	if s, ok := e.(*ast.Subscript); ok {
		if key, ok := s.Index.(*ast.Str); ok {
			return labelNames[strings.ToLower(key.Value)]
		}
		return isLabel(s.Value)
	}
	return labelNames[strings.ToLower(checks.LastName(e))]
}

// relabels finds the statement of a branch that gives the sample a constant label in the place of
// its own.
func relabels(f *checks.Frame, fn *semantic.Function, s *ast.If) ast.Node {
	var found ast.Node
	inspectOwn(s.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if found != nil || len(n.Targets) != 1 {
				break
			}
			t := n.Targets[0]
			name, plainName := t.(*ast.Name)
			if plainName && !givenAsLabel(f, name.Id) || !plainName && !(isLabel(t) && isSubscript(t)) {
				break
			}
			if !assigns(s.Orelse, t) && (!plainName || boundBefore(f, name.Id, s.Pos())) && labelConstant(f, n.Value) {
				found = n
			}
		case *ast.Return:
			if t, ok := n.Value.(*ast.Tuple); ok && found == nil && len(t.Elts) == 2 && labelConstant(f, t.Elts[1]) {
				found = n
			}
		case *ast.Yield:
			if t, ok := n.Value.(*ast.Tuple); ok && found == nil && len(t.Elts) == 2 && labelConstant(f, t.Elts[1]) {
				found = n
			}
		case ast.Expr:
			return false // a label is given by a statement
		}
		return found == nil
	})
	return found
}

func isSubscript(e ast.Expr) bool {
	_, ok := e.(*ast.Subscript)
	return ok
}

// labelConstant reports whether a value is one class for all, and none that says "leave out".
func labelConstant(f *checks.Frame, e ast.Expr) bool {
	if !fixed(f, e) {
		return false
	}
	for in := range f.MadeOf(e) {
		switch l := in.Literal.(type) {
		case *ast.Constant:
			if l.Value == ast.None {
				return false
			}
		case *ast.Number:
			if l.Text == "255" {
				return false
			}
		}
	}
	negative := false
	for _, x := range f.SpelledOut(e) {
		if u, ok := x.Expr.(*ast.UnaryOp); ok && u.Op == "-" {
			negative = true
		}
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryOp); ok && u.Op == "-" {
			negative = true
		}
		return true
	})
	return !negative
}

// givenAsLabel reports whether a function hands a name out as the label of a sample: second in
// what it returns or yields, under the key of a label, or appended to the labels.
func givenAsLabel(f *checks.Frame, id string) bool {
	found := false
	second := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.Tuple:
			found = found || len(e.Elts) >= 2 && checks.UsesName(e.Elts[1], id)
		case *ast.List:
			found = found || len(e.Elts) == 2 && checks.UsesName(e.Elts[1], id)
		}
	}
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Return:
			second(n.Value)
		case *ast.Yield:
			second(n.Value)
		case *ast.Dict:
			for i, k := range n.Keys {
				if key, ok := k.(*ast.Str); ok && labelNames[strings.ToLower(key.Value)] {
					found = found || checks.UsesName(n.Values[i], id)
				}
			}
		case *ast.Keyword:
			found = found || n.Name != nil && labelNames[n.Name.Id] && checks.UsesName(n.Value, id)
		case *ast.Assign:
			if len(n.Targets) == 1 && isSubscript(n.Targets[0]) && isLabel(n.Targets[0]) {
				found = found || checks.UsesName(n.Value, id)
			}
		case *ast.Call:
			if fn, ok := n.Fn.(*ast.Attribute); ok && fn.Attr.Id == "append" && len(n.Args) == 1 {
				if x, ok := n.Args[0].(*ast.Name); ok && x.Id == id {
					found = found || isLabel(fn.Value) || labelNames[id]
				}
				second(n.Args[0])
			}
		}
		return !found
	})
	return found
}

// assigns reports whether statements assign to what another assignment does.
func assigns(body []ast.Stmt, target ast.Expr) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			for _, t := range a.Targets {
				found = found || sameTarget(t, target)
			}
		}
		return !found
	})
	return found
}

func sameTarget(a, b ast.Expr) bool {
	switch a := a.(type) {
	case *ast.Name:
		b, ok := b.(*ast.Name)
		return ok && a.Id == b.Id
	case *ast.Subscript:
		b, ok := b.(*ast.Subscript)
		return ok && isLabel(a) && isLabel(b)
	}
	return false
}

// boundBefore reports whether a name has a value in a function before a place.
func boundBefore(f *checks.Frame, id string, at ast.Pos) bool {
	for _, p := range f.Function().Params.List {
		if p.Name != nil && p.Name.Id == id {
			return true
		}
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		if n.Pos() >= at {
			return false
		}
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				found = found || checks.UsesName(t, id)
			}
		case *ast.For:
			found = found || checks.UsesName(n.Target, id)
		}
		return !found
	})
	return found
}

// feedsTraining reports whether a function gives samples to training: a method of a data set, a
// generator, or a function that a loader or a data set calls.
func feedsTraining(f *checks.Frame, fn *semantic.Function) bool {
	if fn.Class != nil {
		switch fn.Name {
		case "__getitem__", "__getitems__", "__iter__", "__next__":
			return true
		}
	}
	if fn.Class == nil && strings.Contains(fn.Name, "collate") {
		return true
	}
	yields := false
	f.InspectOwn(func(n ast.Node) bool {
		_, ok := n.(*ast.Yield)
		yields = yields || ok
		return !yields
	})
	if yields {
		return true
	}
	for _, g := range f.Everywhere() {
		for _, c := range g.Calls {
			for i := range c.Args {
				a := &c.Args[i]
				if a.Value.Function() != fn {
					continue
				}
				switch c.Method {
				case "map", "apply", "set_transform", "with_transform", "filter":
					return true
				}
				if a.Name == "collate_fn" {
					return true
				}
			}
		}
	}
	for _, c := range f.Callers() { // a step of one of those
		g := c.Frame.Function()
		if g != nil && g != fn && g.Def != nil && g.Class != nil && (g.Name == "__getitem__" || g.Name == "__iter__") {
			return true
		}
	}
	return false
}

// withoutBranch deletes the statement that picks samples; what stands for the others stays.
func withoutBranch(p *checks.Pass, s *ast.If) *fix.Fix {
	if s.Elif {
		return nil
	}
	const does = "leave the samples and their labels as they are"
	if len(s.Orelse) == 0 {
		return checks.Fix(true, does, fix.RemoveStmt(p.File, s))
	}
	if other, ok := s.Orelse[0].(*ast.If); ok && other.Elif {
		return nil
	}
	var lines []string
	for _, o := range s.Orelse {
		text := p.File.Text(o)
		if strings.Contains(text, "\n") {
			return nil
		}
		lines = append(lines, text)
	}
	return checks.Fix(true, does, fix.ReplaceStmt(p.File, s, lines...))
}
