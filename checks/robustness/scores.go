package robustness

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of services that answer with the score of every class.

// scoresServed is PML1407.
var scoresServed = &checks.Rule{
	Spec:  infoPML1407,
	Needs: []string{"flask", "fastapi", "django", "rest_framework", "starlette", "aiohttp", "sanic", "quart", "litestar", "bottle", "tornado", "falcon"},
	Knows: append([]string{"torch.nn.Softmax", "keras.layers.{Softmax,Dense,Activation}", "keras.{Sequential,models.Sequential,Model}", "sklearn.**", "transformers.**.from_pretrained"}, networks...),
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !answers(f) || checks.Reserved(p, f, "admin", "staff", "superuser") {
			return
		}
		a := &answer{pass: p, frame: f, seen: map[ast.Node]bool{}}
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Return:
				if n.Value != nil {
					a.look(f, n.Value, n.Value, 0)
				}
			case *ast.Call:
				switch checks.LastName(n.Fn) {
				case "send_json", "send_text", "write_message":
					for _, x := range n.Args {
						a.look(f, x, x, 0)
					}
				}
			}
			return true
		})
		for _, r := range a.places {
			p.Report(r)
		}
	},
}

// answers reports whether a function serves requests of other programs: demos that show their
// scores to the one who looks at them are left alone.
func answers(f *checks.Frame) bool {
	fn := f.Function()
	if fn == nil {
		return false
	}
	for _, r := range f.Routes() {
		if r.Function != fn {
			continue
		}
		if strings.Contains(strings.ToLower(fn.Name), "moderat") {
			return false // the score of each category is what such a service is for
		}
		if r.Symbol != nil {
			switch top, _, _ := strings.Cut(r.Symbol.String(), "."); top {
			case "gradio", "streamlit", "chainlit", "panel", "dash", "nicegui", "telegram", "discord":
				return false
			}
		}
		return true
	}
	return false
}

// answer looks for vectors of scores in what a function answers.
type answer struct {
	pass  *checks.Pass
	frame *checks.Frame
	seen  map[ast.Node]bool
	// places are the reports.
	places []checks.Report
	// found is set where it is only asked whether there is a vector.
	found *bool
}

// maxAnswer bounds how deep an answer is taken apart.
const maxAnswer = 8

// look takes an expression of the answer apart; at is the part of the function's own answer that
// it stands for.
func (a *answer) look(f *checks.Frame, e, at ast.Expr, depth int) {
	if e == nil || depth > maxAnswer {
		return
	}
	list := f.SpelledOut(e)
	if len(list) > 20 {
		return
	}
	for _, x := range list {
		part := func(child ast.Expr) {
			place := at
			if x.Expr == e && at == e {
				place = child
			}
			a.look(x.Frame, child, place, depth+1)
		}
		switch n := x.Expr.(type) {
		case *ast.IfExp: // all of them on request only
			if !a.holds(x.Frame, n.Body, depth+1) || !a.holds(x.Frame, n.Orelse, depth+1) {
				return
			}
		case *ast.Name:
			if v := filledWhole(x.Frame, n.Id); v != nil {
				a.report(x.Frame, v, nil, at)
				continue
			}
			for _, v := range itemsOf(x.Frame, n.Id) {
				if x.Frame == a.frame {
					a.look(x.Frame, v, v, depth+1)
				} else {
					part(v)
				}
			}
		case *ast.Dict:
			for _, v := range n.Values {
				part(v)
			}
		case *ast.List:
			for _, v := range n.Elts {
				part(v)
			}
		case *ast.Tuple:
			for _, v := range n.Elts {
				part(v)
			}
		case *ast.Call:
			if v := dumped(x.Frame, n); v != nil {
				a.report(x.Frame, n, v, at)
				continue
			}
			if c := x.Frame.CallAt(n); c != nil && carries(c) {
				for _, v := range n.Args {
					part(v)
				}
				for _, k := range n.Keywords {
					part(k.Value)
				}
			}
		case *ast.Comp:
			if wholeComp(x.Frame, n) {
				a.report(x.Frame, n, nil, at)
			}
		}
	}
}

// holds reports whether an expression of the answer holds a vector of scores.
func (a *answer) holds(f *checks.Frame, e ast.Expr, depth int) bool {
	found := false
	b := &answer{pass: a.pass, frame: a.frame, seen: map[ast.Node]bool{}, found: &found}
	b.look(f, e, e, depth)
	return found
}

// itemsOf lists what a function assigns to the items of a name.
func itemsOf(f *checks.Frame, name string) []ast.Expr {
	var out []ast.Expr
	f.InspectOwn(func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok || len(out) > 20 {
			return true
		}
		for _, t := range s.Targets {
			if i, ok := t.(*ast.Subscript); ok {
				if id, ok := i.Value.(*ast.Name); ok && id.Id == name {
					out = append(out, s.Value)
				}
			}
		}
		return true
	})
	return out
}

// filledWhole returns what a loop over all scores puts into a dict or list, as exact as it is; nil where no
// loop does: `for name, p in zip(NAMES, scores): result[name] = float(p)`.
func filledWhole(f *checks.Frame, name string) ast.Expr {
	var found ast.Expr
	named := func(e ast.Expr) bool {
		id, ok := e.(*ast.Name)
		return ok && id.Id == name
	}
	f.InspectOwn(func(n ast.Node) bool {
		loop, ok := n.(*ast.For)
		if !ok || found != nil {
			return found == nil
		}
		for _, s := range loop.Body { // in no branch
			var put ast.Expr
			switch s := s.(type) {
			case *ast.Assign:
				if len(s.Targets) == 1 {
					if i, ok := s.Targets[0].(*ast.Subscript); ok && named(i.Value) {
						put = s.Value
					}
				}
			case *ast.ExprStmt:
				if c, ok := s.Value.(*ast.Call); ok && len(c.Args) == 1 {
					if at, ok := c.Fn.(*ast.Attribute); ok && at.Attr.Id == "append" && named(at.Value) {
						put = c.Args[0]
					}
				}
			}
			if put != nil && !leavesEarly(loop) && wholeComp(f, &ast.Comp{Elt: put, Clauses: []*ast.CompClause{{Target: loop.Target, Iter: loop.Iter}}}) {
				found = put
			}
		}
		return true
	})
	return found
}

// leavesEarly reports whether a loop may leave out some of its turns.
func leavesEarly(loop *ast.For) bool {
	found := false
	ast.InspectStmts(loop.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Break, *ast.Continue, *ast.Return:
			found = true
		}
		return !found
	})
	return found
}

// carries reports whether a call makes an answer of its arguments.
func carries(c *checks.Call) bool {
	switch name := checks.CalledName(c); name {
	case "jsonify", "json_response", "dumps", "dict", "str", "json", "make_response", "jsonable_encoder":
		return true
	default:
		return strings.HasSuffix(name, "Response") || c.Callee.Kind() == flow.KindClass && c.Callee.Class().Extends("pydantic.BaseModel")
	}
}

// dumped returns the vector that a call lists whole: V.tolist(), list(V), dict(zip(names, V)).
func dumped(f *checks.Frame, n *ast.Call) ast.Expr {
	switch name := checks.LastName(n.Fn); {
	case name == "tolist" && len(n.Args) == 0:
		if at, ok := n.Fn.(*ast.Attribute); ok && scores(f, at.Value, 0, 0) {
			return at.Value
		}
	case (name == "list" || name == "tuple") && len(n.Args) == 1:
		if scores(f, n.Args[0], 0, 0) {
			return n.Args[0]
		}
	case name == "dict" && len(n.Args) == 1:
		z, in := pairing(f, n.Args[0], "zip")
		if z != nil && len(z.Args) == 2 && scores(in, z.Args[1], 0, 0) {
			return z.Args[1]
		}
	}
	return nil
}

// pairing returns the call of zip or the like that an expression stands for, and where it stands.
func pairing(f *checks.Frame, e ast.Expr, names ...string) (*ast.Call, *checks.Frame) {
	for _, x := range f.SpelledOut(e) {
		if c, ok := x.Expr.(*ast.Call); ok && slices.Contains(names, checks.LastName(c.Fn)) {
			return c, x.Frame
		}
	}
	return nil, nil
}

// wholeComp reports whether a comprehension gives the score of every class, as exact as it is.
func wholeComp(f *checks.Frame, n *ast.Comp) bool { return scoreOf(f, n) != nil }

// scoreOf is the name of the score in a comprehension that gives the one of every class, as exact as it is; nil for
// others.
func scoreOf(f *checks.Frame, n *ast.Comp) *ast.Name {
	if len(n.Clauses) != 1 || len(n.Clauses[0].Ifs) > 0 {
		return nil
	}
	c := n.Clauses[0]
	over, target := c.Iter, c.Target
	if t, pair := target.(*ast.Tuple); pair {
		call, in := pairing(f, over, "zip", "enumerate")
		if call == nil {
			return nil
		}
		f, over = in, nil
		switch name := checks.LastName(call.Fn); {
		case name == "zip" && len(t.Elts) == len(call.Args):
			for i, a := range call.Args {
				if scores(f, a, 0, 0) {
					over, target = a, t.Elts[i]
				}
			}
		case name == "enumerate" && len(t.Elts) == 2 && len(call.Args) == 1:
			over, target = call.Args[0], t.Elts[1]
		}
	}
	id, ok := target.(*ast.Name)
	if !ok || over == nil || !scores(f, over, 0, 0) || !exact(n.Elt, id.Id) {
		return nil
	}
	return id
}

// exact reports whether an expression holds a name's value and does not round it to two decimals
// or fewer.
func exact(e ast.Expr, name string) bool {
	held, rounded := false, false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			held = held || n.Id == name
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "round":
				rounded = rounded || !fine(n, 1)
			case "int", "format", "bool", "bin", "digitize":
				rounded = true
			}
		case *ast.Compare, *ast.JoinedStr, *ast.IfExp:
			rounded = true
		}
		return true
	})
	return held && !rounded
}

// fine reports whether a rounding keeps more than two decimals.
func fine(n *ast.Call, pos int) bool {
	var digits ast.Expr
	if len(n.Args) > pos {
		digits = n.Args[pos]
	}
	for _, k := range n.Keywords {
		if k.Name != nil && (k.Name.Id == "decimals" || k.Name.Id == "ndigits") {
			digits = k.Value
		}
	}
	d, ok := digits.(*ast.Number)
	if !ok {
		return false
	}
	v, err := strconv.Atoi(d.Text)
	return err == nil && v > 2
}

// sameScores are methods and functions that give a vector in another form.
var sameScores = map[string]bool{
	"tolist": true, "numpy": true, "cpu": true, "detach": true, "squeeze": true, "flatten": true, "float": true, "to": true, "ravel": true, "reshape": true, "astype": true, "contiguous": true, "view": true,
	"double": true, "list": true, "tuple": true, "array": true, "asarray": true, "map": true,
}

// scores reports whether an expression stands for the scores of all classes; rows counts the
// indices taken so far, of which the first may be that of the batch.
func scores(f *checks.Frame, e ast.Expr, rows, depth int) bool {
	if e == nil || depth > maxAnswer {
		return false
	}
	list := f.SpelledOut(e)
	if len(list) > 20 {
		return false
	}
	for _, x := range list {
		switch n := x.Expr.(type) {
		case *ast.BinOp: // per cent
			if n.Op == "*" || n.Op == "/" {
				_, number := n.Right.(*ast.Number)
				return number && scores(x.Frame, n.Left, rows, depth+1)
			}
			return false
		case *ast.Subscript:
			switch i := n.Index.(type) {
			case *ast.Number:
				return rows == 0 && scores(x.Frame, n.Value, 1, depth+1)
			case *ast.Slice:
				return i.Lower == nil && i.Upper == nil && scores(x.Frame, n.Value, rows, depth+1)
			}
			return false
		case *ast.Attribute:
			switch n.Attr.Id {
			case "data":
				return scores(x.Frame, n.Value, rows, depth+1)
			case "logits":
				return classifies(x.Frame, n.Value)
			}
		case *ast.Call:
			c := x.Frame.CallAt(n)
			if c == nil {
				return false
			}
			if len(c.Enters()) > 0 && softmaxOfLayer(x.Frame, n) == nil {
				continue // what it returns is listed as well
			}
			name := checks.LastName(n.Fn)
			at, method := n.Fn.(*ast.Attribute)
			method = method && !isLibrary(c)
			switch {
			case gives(x.Frame, c):
				return true
			case name == "round" || name == "around":
				if method {
					return fine(n, 0) && scores(x.Frame, at.Value, rows, depth+1)
				}
				return fine(n, 1) && len(n.Args) > 0 && scores(x.Frame, n.Args[0], rows, depth+1)
			case !sameScores[name]:
				return false
			case method:
				return scores(x.Frame, at.Value, rows, depth+1)
			case len(n.Args) > 0:
				return scores(x.Frame, n.Args[len(n.Args)-1], rows, depth+1) || name != "map" && scores(x.Frame, n.Args[0], rows, depth+1)
			}
			return false
		}
	}
	return false
}

func softmaxOfLayer(f *checks.Frame, n *ast.Call) *checks.Call {
	if made := layerOf(f, n.Fn); made != nil && made.Symbol.Is("torch.nn.Softmax", "keras.layers.Softmax") {
		return made
	}
	return nil
}

// gives reports whether a call gives the scores of classes.
func gives(f *checks.Frame, c *checks.Call) bool {
	switch checks.CalledName(c) {
	case "softmax", "predict_proba", "predict_log_proba":
		return true
	case "decision_function":
		s := symbolOf(c)
		for _, outlier := range [...]string{"IsolationForest", "OneClassSVM", "EllipticEnvelope", "LocalOutlierFactor"} {
			if strings.Contains(s, outlier) {
				return false
			}
		}
		return true
	case "predict":
		at, ok := c.Node.Fn.(*ast.Attribute)
		if !ok {
			return false
		}
		made := layerOf(f, at.Value)
		return made != nil && (lastSoftmax(made.Frame, made, 0) != nil || pretrainedTop(made))
	}
	if softmaxOfLayer(f, c.Node) != nil {
		return true
	}
	made := layerOf(f, c.Node.Fn) // a keras model that is called
	return made != nil && strings.Contains(symbolOf(made), "keras") && (lastSoftmax(made.Frame, made, 0) != nil || pretrainedTop(made))
}

// pretrainedTop reports whether a call gives a network of keras.applications with the classes of ImageNet:
// a softmax unless the call says otherwise.
func pretrainedTop(made *checks.Call) bool {
	if !strings.Contains(symbolOf(made), "keras.applications.") || made.HasRest() {
		return false
	}
	if top := made.Arg(0, "include_top"); top != nil && !checks.On(top.Value) {
		return false
	}
	act := made.Arg(-1, "classifier_activation")
	if act == nil {
		return true
	}
	text, ok := act.Value.Text()
	return ok && text == "softmax"
}

// classifies reports whether an expression is the output of a transformers classifier.
func classifies(f *checks.Frame, e ast.Expr) bool {
	for _, x := range f.SpelledOut(e) {
		n, ok := x.Expr.(*ast.Call)
		if !ok {
			continue
		}
		if made := layerOf(x.Frame, n.Fn); made != nil {
			s := symbolOf(made)
			return strings.HasPrefix(s, "transformers.") && strings.Contains(s, "Classification") && !strings.Contains(s, "TokenClassification")
		}
	}
	return false
}

// report keeps a vector for the report of its place: the fix takes out all that are answered there.
func (a *answer) report(f *checks.Frame, dump, vector ast.Expr, at ast.Expr) {
	if a.found != nil {
		*a.found = true
		return
	}
	if a.seen[dump] {
		return
	}
	a.seen[dump] = true
	more := a.fix(f, dump, vector, at)
	for i := range a.places {
		r := &a.places[i]
		if r.Node == ast.Node(at) {
			if r.Fix == nil || more == nil {
				r.Fix = nil
			} else {
				r.Fix.Edits = append(r.Fix.Edits, more.Edits...)
			}
			return
		}
	}
	a.places = append(a.places, checks.Report{Node: at, Fix: more})
}

// fix answers with the class that has the highest score.
func (a *answer) fix(f *checks.Frame, dump, vector, at ast.Expr) *fix.Fix {
	p := a.pass
	switch {
	case vector == nil:
		return a.roundedScores(f, dump)
	case f.Module() != a.frame.Module():
		if c, ok := dump.(*ast.Call); !ok || checks.LastName(c.Fn) == "dict" || !p.Holds(at) {
			return nil
		}
		return checks.Fix(true, "round the scores to two decimals", checks.Replace(p, at, "[round(score, 2) for score in "+p.File.Text(at)+"]"))
	}
	for { // the array itself
		c, ok := vector.(*ast.Call)
		if ok && checks.LastName(c.Fn) == "map" && len(c.Args) == 2 {
			vector = c.Args[1]
			continue
		}
		if !ok || checks.LastName(c.Fn) != "tolist" {
			break
		}
		vector = c.Fn.(*ast.Attribute).Value
	}
	text := p.File.Text(vector)
	switch vector.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call:
	default:
		text = "(" + text + ")"
	}
	text = "int(" + text + ".argmax())"
	if c := dump.(*ast.Call); checks.LastName(c.Fn) == "dict" {
		z, in := pairing(f, c.Args[0], "zip")
		if z == nil || in != f {
			return nil
		}
		switch names := z.Args[0].(type) {
		case *ast.Name, *ast.Attribute:
			text = p.File.Text(names) + "[" + text + "]"
		default:
			return nil
		}
	}
	return checks.Fix(true, "answer with the best class alone", checks.Replace(p, dump, text))
}

// roundedScores rounds the scores that a comprehension or a loop puts into the answer one by one, where it has them.
func (a *answer) roundedScores(f *checks.Frame, dump ast.Expr) *fix.Fix {
	return checks.FixAt(a.pass, dump, func(p *checks.Pass) *fix.Fix {
		comp, ok := dump.(*ast.Comp)
		if !ok {
			around := p.Around(dump)
			for i := len(around) - 1; i >= 0 && comp == nil; i-- {
				if loop, ok := around[i].(*ast.For); ok {
					comp = &ast.Comp{Elt: dump, Clauses: []*ast.CompClause{{Target: loop.Target, Iter: loop.Iter}}}
				}
			}
		}
		if comp == nil {
			return nil
		}
		score := scoreOf(f, comp)
		if score == nil {
			return nil
		}
		var edits [][]fix.Edit
		ast.Inspect(comp.Elt, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Id == score.Id {
					edits = append(edits, checks.Replace(p, n, "round(float("+n.Id+"), 2)"))
				}
			case *ast.Call:
				at, method := n.Fn.(*ast.Attribute)
				if method && at.Attr.Id == "item" && isName(at.Value, score.Id) || checks.LastName(n.Fn) == "float" && len(n.Args) == 1 && isName(n.Args[0], score.Id) {
					edits = append(edits, checks.Replace(p, n, "round("+p.File.Text(n)+", 2)"))
					return false
				}
				if checks.LastName(n.Fn) == "round" {
					return false // to more decimals, which takes more than an edit around the name
				}
			}
			return true
		})
		return checks.Fix(true, "round the scores to two decimals", edits...)
	})
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Name)
	return ok && id.Id == name
}
