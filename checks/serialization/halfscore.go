package serialization

import (
	"iter"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// autocasts are the contexts in which torch computes in half precision.
var autocasts = []string{"torch.autocast", "torch.amp.autocast", "torch.amp.autocast_mode.autocast", "torch.cuda.amp.autocast", "torch.cuda.amp.autocast_mode.autocast"}

// overflowingScore is PML1214. It starts where a model becomes one of float16, goes on to the calls
// of that model, and from there to the tests that one of their numbers decides.
var overflowingScore = &checks.Rule{
	Spec: infoPML1214,
	On: append([]string{
		"torch.nn.Module().{half,to}", "?.{half,to}", "transformers.*.from_pretrained", "transformers.models.*.*.*.from_pretrained",
		"transformers.{pipeline,pipelines.pipeline}", "sentence_transformers.{SentenceTransformer,CrossEncoder}",
	}, autocasts...),
	Knows: []string{"torch.float16", "torch.half"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if len(c.Frame.Routes()) == 0 || !c.Symbol.Is(autocasts...) && !becomesHalf(c) {
			return
		}
		near := callsNearTests(p, c.Frame)
		if len(near) == 0 {
			return
		}
		if c.Symbol.Is(autocasts...) {
			for _, o := range underAutocast(p, c) {
				judgeScores(p, o)
			}
			return
		}
		kept := keptAs(p, c)
		for _, o := range near {
			if o != c && (isModelOf(c, o) || kept != nil && isOfKept(p, c, kept, o)) {
				judgeScores(p, o)
			}
		}
	},
}

// becomesHalf reports whether a call gives a model of float16.
func becomesHalf(c *checks.Call) bool {
	switch c.Method {
	case "half":
		return len(c.Args) == 0 && c.Receiver != nil
	case "to":
		return slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return isHalf(a.Value) })
	}
	for _, name := range [...]string{"torch_dtype", "dtype"} {
		if a := c.Arg(-1, name); a != nil && isHalf(a.Value) {
			return true
		}
	}
	if settings := c.Arg(-1, "model_kwargs"); settings != nil {
		for _, name := range [...]string{"torch_dtype", "dtype"} {
			if e := c.Key(settings.Value, name); e != nil && isHalf(e.Value) {
				return true
			}
		}
	}
	return false
}

func isHalf(v *checks.Value) bool {
	t, _ := v.Text()
	return v.Is("torch.float16", "torch.half") || t == "float16" || t == "torch.float16"
}

// computes reports whether a call of a module, or of a method of one, may give a score.
func computes(c *checks.Call) bool {
	switch c.Method {
	case "to", "half", "cuda", "cpu", "eval", "train", "float", "double", "bfloat16", "load_state_dict", "state_dict", "parameters", "requires_grad_", "compile", "from_pretrained":
		return false
	}
	return true
}

// isModelOf reports whether a call is one of the model that another made, or of a method of it.
func isModelOf(made, c *checks.Call) bool {
	for _, v := range [...]*checks.Value{c.Callee, c.Receiver} {
		if v == nil {
			continue
		}
		for _, a := range v.Alternatives() {
			if flow.SameThing(a, made.Result) || made.Receiver != nil && flow.SameThing(a, made.Receiver) {
				return true
			}
		}
	}
	return false
}

// keptAs is the name or attribute under which a model is kept of whose class nothing is known; nil for others.
func keptAs(p *checks.Pass, made *checks.Call) ast.Expr {
	if made.Result.Class() != nil {
		return nil
	}
	s, ok := p.StmtOf(made.Node).(*ast.Assign)
	if !ok || len(s.Targets) != 1 || !isChainOf(s.Value, made.Node) {
		return nil
	}
	return s.Targets[0]
}

// isOfKept reports whether a call is one of the name or attribute under which a model is kept, in the same file.
func isOfKept(p *checks.Pass, made *checks.Call, kept ast.Expr, c *checks.Call) bool {
	if c.Frame.Module() != made.Frame.Module() {
		return false
	}
	fn := c.Node.Fn
	if a, isAttr := fn.(*ast.Attribute); isAttr && c.Method != "" && p.File.Text(a) != p.File.Text(kept) {
		fn = a.Value
	}
	switch t := kept.(type) {
	case *ast.Name:
		id, ok := fn.(*ast.Name)
		return ok && id.Id == t.Id && (made.Frame.Function() == nil || made.Frame == c.Frame) && !rebinds(c.Frame, t.Id, made.Frame)
	case *ast.Attribute:
		return p.File.Text(fn) == p.File.Text(t) && made.Frame.Class() != nil && made.Frame.Class() == c.Frame.Class()
	}
	return false
}

// rebinds reports whether a function has a name of its own of that spelling.
func rebinds(f *checks.Frame, name string, home *checks.Frame) bool {
	fn := f.Function()
	if f == home || fn == nil || fn.Def == nil {
		return false
	}
	return isParameter(fn.Def, name) || assigned(fn.Def.Body, name) != nil
}

// isChainOf reports whether an expression is a call, or a chain of methods called on it:
// `make().half().cuda().eval()`.
func isChainOf(e ast.Expr, call *ast.Call) bool {
	for {
		switch x := e.(type) {
		case *ast.Call:
			if x == call {
				return true
			}
			e = x.Fn
		case *ast.Attribute:
			e = x.Value
		default:
			return false
		}
	}
}

// underAutocast lists the calls that compute in float16 because of a context or decorator that a
// call makes.
func underAutocast(p *checks.Pass, c *checks.Call) []*checks.Call {
	if !strings.HasPrefix(c.Symbol.String(), "torch.cuda") {
		t := ""
		if a := c.Arg(0, "device_type"); a != nil {
			t, _ = a.Value.Text()
		}
		if t != "cuda" {
			return nil
		}
	}
	if a := c.Arg(1, "dtype"); a != nil && !a.Value.IsNone() && !isHalf(a.Value) && !c.Symbol.Is("torch.cuda.amp.autocast") {
		return nil
	}
	if a := c.Arg(-1, "dtype"); a != nil && !a.Value.IsNone() && !isHalf(a.Value) {
		return nil
	}
	if a := c.Arg(-1, "enabled"); a != nil && !checks.On(a.Value) {
		return nil
	}
	var body []ast.Stmt
	around := p.Around(c.Node)
	for i := len(around) - 2; i >= 0 && body == nil; i-- {
		switch n := around[i].(type) {
		case *ast.With:
			body = n.Body
		case *ast.FunctionDef:
			body = n.Body // its decorator
		case ast.Stmt:
			return nil
		}
	}
	var out []*checks.Call
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if checks.InBlock(body, o.Node) && o.Body() == nil && mayBeModel(o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// mayBeModel reports whether what is called can be a module: a known one, or something that is
// not a function of a library and is called by a name or attribute that is no method's.
func mayBeModel(c *checks.Call) bool {
	if c.Symbol.Is("torch.nn.Module()", "transformers.Pipeline()") || c.Receiver.Is("torch.nn.Module()") && computes(c) {
		return true
	}
	if c.Symbol != nil || c.Callee.Class() != nil && !c.Callee.Class().Extends("torch.nn.Module") {
		return false
	}
	name := strings.ToLower(checks.LastName(c.Node.Fn))
	return strings.Contains(name, "model") || strings.Contains(name, "net") || strings.Contains(name, "classifier") || strings.Contains(name, "detector") || strings.Contains(name, "scorer") || strings.Contains(name, "encoder")
}

// maxScoreSteps bounds through how many functions a score is followed.
const maxScoreSteps = 3

// judgeScores reports the tests that a number out of a model's output decides and by which a
// request is turned away.
func judgeScores(p *checks.Pass, forward *checks.Call) {
	seen := map[*checks.Frame]bool{}
	for f := range judgedWith(forward.Frame) {
		judgeIn(p, f, forward, seen)
	}
}

// judgedWith yields the frames in which a score of a call in a frame may be judged: that frame, those
// of its callers, and those of what these call.
func judgedWith(f *checks.Frame) iter.Seq[*checks.Frame] {
	return func(yield func(*checks.Frame) bool) {
		for _, g := range callersWithin(f) {
			if !yield(g) {
				return
			}
			for _, c := range g.Calls {
				if body := c.Body(); body != nil && !yield(body) {
					return
				}
			}
		}
	}
}

// callersWithin lists a frame and the frames of the functions that call it, directly or through
// others.
func callersWithin(f *checks.Frame) []*checks.Frame {
	out, level := []*checks.Frame{f}, []*checks.Frame{f}
	for range maxScoreSteps {
		var next []*checks.Frame
		for _, g := range level {
			for _, c := range callsOf(g) {
				if !slices.Contains(out, c.Frame) {
					out, next = append(out, c.Frame), append(next, c.Frame)
				}
			}
		}
		level = next
	}
	return out
}

// callsOf lists the calls of a frame's function.
func callsOf(f *checks.Frame) []*checks.Call {
	return slices.DeleteFunc(slices.Clone(f.Callers()), func(c *checks.Call) bool {
		b := c.Body()
		return b == nil || b.Function() != f.Function()
	})
}

// serves reports whether a frame's function takes requests, or is called by one that does.
func serves(f *checks.Frame) bool {
	for _, g := range callersWithin(f) {
		for _, r := range f.Routes() {
			if r.Function == g.Function() {
				return true
			}
		}
	}
	return false
}

// callsNearTests lists the calls, of all that is analysed together, whose result may be a score by which
// a comparison turns a request away.
func callsNearTests(p *checks.Pass, f *checks.Frame) []*checks.Call {
	return checks.OfGroup(p, "PML1214: calls near tests", func() []*checks.Call {
		turns := map[*checks.Frame]bool{}
		for _, g := range f.Everywhere() {
			in := p.Project.Module(g.Module())
			if in != nil && slices.ContainsFunc(turningTests(in, g), func(s *ast.If) bool {
				return slices.ContainsFunc(operandsOf(s.Test), func(e ast.Expr) bool { return comparedScore(e) != nil })
			}) {
				turns[g] = true
			}
		}
		var near []*checks.Call
		if len(turns) == 0 {
			return near
		}
		for _, g := range f.Everywhere() {
			judged := false
			for o := range judgedWith(g) {
				if judged = turns[o]; judged {
					break
				}
			}
			if !judged {
				continue
			}
			for _, o := range g.Calls {
				if computes(o) {
					near = append(near, o)
				}
			}
		}
		return near
	})
}

// turningTests lists the tests of a function after which a request is turned away.
func turningTests(in *checks.Module, f *checks.Frame) []*ast.If {
	if f.Function() == nil {
		return nil
	}
	var tests []*ast.If
	for _, s := range checks.BodyOf(f) {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
				return false
			case *ast.If:
				if turnsAway(in, f, n.Body) {
					tests = append(tests, n)
				}
			}
			return true
		})
	}
	return tests
}

// operandsOf lists what a test joins by `and` or `or`.
func operandsOf(test ast.Expr) []ast.Expr {
	if b, ok := test.(*ast.BoolOp); ok {
		return b.Values
	}
	return []ast.Expr{test}
}

// judgeIn judges the tests of one function.
func judgeIn(p *checks.Pass, f *checks.Frame, forward *checks.Call, seen map[*checks.Frame]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	in := p.Project.Module(f.Module())
	if in == nil {
		return
	}
	for _, s := range turningTests(in, f) {
		_, nested := s.Test.(*ast.BoolOp)
		for _, e := range operandsOf(s.Test) {
			score := comparedScore(e)
			if score == nil || checksFinite(in, f, forward) {
				continue
			}
			w := &way{p: p, forward: forward}
			if w.leadsTo(f, score, 0) && serves(f) && !w.guarded {
				p.Report(checks.Report{Node: e, In: in, Fix: rejectNaN(p, in, e.(*ast.Compare), nested)})
			}
		}
	}
}

// comparedScore is the side of a comparison that must be the greater one for it to hold, where the
// other is a number or a name for one.
func comparedScore(e ast.Expr) ast.Expr {
	c, ok := e.(*ast.Compare)
	if !ok || len(c.Ops) != 1 {
		return nil
	}
	score, limit := c.Left, c.Right[0]
	switch c.Ops[0] {
	case ">", ">=":
	case "<", "<=":
		score, limit = limit, score
	default:
		return nil
	}
	switch limit.(type) {
	case *ast.Number, *ast.Name, *ast.Attribute, *ast.Subscript, *ast.UnaryOp, *ast.BinOp:
	default:
		return nil
	}
	if _, number := score.(*ast.Number); number {
		return nil
	}
	return score
}

// finite are the functions that tell, or replace, numbers that are none.
var finite = []string{"isfinite", "isnan", "isinf", "nan_to_num", "nan_to_num_"}

// checksFinite reports whether the function that computes a score, or the one that compares it,
// looks for numbers that are none.
func checksFinite(in *checks.Module, f *checks.Frame, forward *checks.Call) bool {
	for _, g := range [...]*checks.Frame{f, forward.Frame} {
		for _, c := range g.Calls {
			if slices.Contains(finite, checks.LastName(c.Node.Fn)) {
				return true
			}
		}
	}
	return false
}

// way follows an expression back to the call of a model.
type way struct {
	p       *checks.Pass
	forward *checks.Call
	guarded bool
	steps   int
}

// maxWaySteps bounds the expressions looked at.
const maxWaySteps = 200

// leadsTo reports whether an expression of a frame's function is a number out of what the call
// gives.
func (w *way) leadsTo(f *checks.Frame, e ast.Expr, depth int) bool {
	if w.steps++; w.steps > maxWaySteps {
		return false
	}
	if c, ok := e.(*ast.Call); ok && c == w.forward.Node {
		return true
	}
	switch e := e.(type) {
	case *ast.Await:
		return w.leadsTo(f, e.Value, depth)
	case *ast.Subscript:
		return w.leadsTo(f, e.Value, depth)
	case *ast.Attribute:
		return w.leadsTo(f, e.Value, depth)
	case *ast.NamedExpr:
		return w.leadsTo(f, e.Value, depth)
	case *ast.IfExp:
		return w.leadsTo(f, e.Body, depth) || w.leadsTo(f, e.Orelse, depth)
	case *ast.BinOp:
		return w.leadsTo(f, e.Left, depth) || w.leadsTo(f, e.Right, depth)
	case *ast.UnaryOp:
		return e.Op != "not" && w.leadsTo(f, e.Operand, depth)
	case *ast.Name:
		return w.nameLeads(f, e, depth)
	case *ast.Call:
		return w.callLeads(f, e, depth)
	}
	return false
}

// nameLeads follows a name to what was assigned to it last, or to what callers give.
func (w *way) nameLeads(f *checks.Frame, name *ast.Name, depth int) bool {
	var last ast.Expr
	for _, s := range checks.BodyOf(f) {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
				return false
			case *ast.Assign:
				if n.Stop() > name.Pos() {
					return true
				}
				for _, t := range n.Targets {
					if binds(t, name.Id) {
						last = n.Value
					}
				}
			case *ast.AnnAssign:
				if n.Stop() <= name.Pos() && n.Value != nil && binds(n.Target, name.Id) {
					last = n.Value
				}
			case *ast.For:
				if n.Iter.Stop() <= name.Pos() && binds(n.Target, name.Id) {
					last = n.Iter
				}
			case *ast.NamedExpr:
				if n.Stop() <= name.Pos() && n.Target.Id == name.Id {
					last = n.Value
				}
			}
			return true
		})
	}
	if last != nil {
		return w.leadsTo(f, last, depth)
	}
	fn := f.Function()
	if fn == nil || fn.Def == nil || depth >= maxScoreSteps || !isParameter(fn.Def, name.Id) {
		return false
	}
	for _, c := range callsOf(f) {
		if a := checks.GivenFor(c, name.Id); a != nil && a.Node != nil && w.leadsTo(c.Frame, a.Node, depth+1) {
			w.guarded = w.guarded || checksFinite(nil, c.Frame, w.forward)
			return true
		}
	}
	return false
}

// binds reports whether a target of an assignment gives a name its value: the name, or a tuple
// with it.
func binds(target ast.Expr, name string) bool {
	switch t := target.(type) {
	case *ast.Name:
		return t.Id == name
	case *ast.Tuple:
		return slices.ContainsFunc(t.Elts, func(e ast.Expr) bool { return binds(e, name) })
	}
	return false
}

// keepsNaN are the functions and methods through which a number that is none comes as one.
var keepsNaN = map[string]bool{
	"item": true, "float": true, "max": true, "amax": true, "min": true, "sum": true, "mean": true, "sigmoid": true, "softmax": true, "log_softmax": true,
	"exp": true, "abs": true, "norm": true, "squeeze": true, "unsqueeze": true, "flatten": true, "view": true, "reshape": true, "cpu": true, "detach": true,
	"numpy": true, "tolist": true, "topk": true, "clone": true, "to": true, "double": true, "round": true, "tanh": true, "relu": true, "logsumexp": true,
	"asarray": true, "array": true, "values": true, "get": true, "next": true, "iter": true, "enumerate": true, "zip": true, "index_select": true, "gather": true, "argmax": false,
}

// callLeads follows a call: a method of the output, a function of it, or a function of the project
// that returns it.
func (w *way) callLeads(f *checks.Frame, e *ast.Call, depth int) bool {
	name := checks.LastName(e.Fn)
	if slices.Contains(finite, name) {
		return false
	}
	for _, c := range f.Calls {
		if c.Node != e {
			continue
		}
		body := c.Body()
		if body == nil || depth >= maxScoreSteps {
			break
		}
		for _, s := range checks.BodyOf(body) {
			found := false
			ast.Inspect(s, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FunctionDef, *ast.ClassDef, *ast.Lambda:
					return false
				case *ast.Return:
					found = found || n.Value != nil && w.leadsTo(body, n.Value, depth+1)
				}
				return !found
			})
			if found {
				w.guarded = w.guarded || checksFinite(nil, body, w.forward)
				return true
			}
		}
		return false
	}
	if !keepsNaN[name] {
		return false
	}
	if a, ok := e.Fn.(*ast.Attribute); ok && w.leadsTo(f, a.Value, depth) {
		return true
	}
	return len(e.Args) > 0 && w.leadsTo(f, e.Args[0], depth)
}

// turnsAway reports whether a block refuses a request: it raises, aborts or answers with a status
// that says so.
func turnsAway(in *checks.Module, f *checks.Frame, body []ast.Stmt) bool {
	for _, s := range body {
		switch s := s.(type) {
		case *ast.Raise:
			return true
		case *ast.ExprStmt:
			if c, ok := s.Value.(*ast.Call); ok && aborts(f, c) {
				return true
			}
		case *ast.Return:
			if s.Value != nil && refuses(in, s.Value) {
				return true
			}
		}
	}
	return false
}

// aborts reports whether a call leaves the handler with an error: flask.abort, bottle.abort.
func aborts(f *checks.Frame, c *ast.Call) bool {
	return checks.LastName(c.Fn) == "abort" || slices.ContainsFunc(f.Calls, func(o *checks.Call) bool {
		return o.Node == c && strings.HasSuffix(o.Symbol.String(), ".abort")
	})
}

// refuses reports whether an expression is an answer with a status of 4xx.
func refuses(in *checks.Module, e ast.Expr) bool {
	isStatus := func(e ast.Expr) bool {
		text := in.File.Text(e)
		if a, ok := e.(*ast.Attribute); ok { // status.HTTP_422_…, HTTPStatus.FORBIDDEN
			for _, name := range [...]string{"HTTP_4", "BAD_REQUEST", "FORBIDDEN", "UNPROCESSABLE", "NOT_ACCEPTABLE", "UNAUTHORIZED", "CONFLICT", "TOO_LARGE"} {
				if strings.Contains(a.Attr.Id, name) {
					return true
				}
			}
			return false
		}
		return len(text) == 3 && text[0] == '4'
	}
	switch e := e.(type) {
	case *ast.Tuple:
		return len(e.Elts) > 1 && isStatus(e.Elts[1])
	case *ast.Call:
		switch checks.LastName(e.Fn) {
		case "HttpResponseForbidden", "HttpResponseBadRequest", "HTTPForbidden", "HTTPBadRequest", "HTTPUnprocessableEntity":
			return true
		case "make_response":
			return len(e.Args) > 1 && isStatus(e.Args[1])
		}
		for _, k := range e.Keywords {
			if k.Name != nil && (k.Name.Id == "status_code" || k.Name.Id == "status") && isStatus(k.Value) {
				return true
			}
		}
		return slices.ContainsFunc(e.Args, isStatus)
	}
	return false
}

// opposite are the comparisons that hold where one does not, numbers that are none aside.
var opposite = map[string]string{">": "<=", ">=": "<", "<": ">=", "<=": ">"}

// rejectNaN makes a comparison hold for what is no number.
func rejectNaN(p *checks.Pass, in *checks.Module, c *ast.Compare, nested bool) *fix.Fix {
	left, right := in.File.Parens(c.Left), in.File.Parens(c.Right[0])
	between := string(in.Source.Text[left.End:right.Start])
	open, end := "not ", ""
	if nested && in.File.Parens(c) == c.Range() {
		open, end = "(not ", ")"
	}
	edits := []fix.Edit{
		{Start: int(left.Start), End: int(left.Start), New: open},
		{Start: int(left.End), End: int(right.Start), New: strings.Replace(between, c.Ops[0], opposite[c.Ops[0]], 1)},
	}
	if end != "" {
		edits = append(edits, fix.Edit{Start: int(right.End), End: int(right.End), New: end})
	}
	return checks.Fix(false, "reject what is no number, too", elsewhere(p, in, edits))
}
