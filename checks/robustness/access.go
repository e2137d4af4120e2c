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

// This file holds the check of logins by likeness.

// bestMatch is PML1419.
var bestMatch = &checks.Rule{
	Spec: infoPML1419,
	Knows: []string{
		"gpiozero.**", "RPi.GPIO.output", "jwt.encode", "django.contrib.auth.login",
	},
	Needs: []string{"argmin", "argmax", "max(", "min(", ".search("},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if !mayGrant(p, f) {
			return
		}
		if !slices.ContainsFunc(f.Calls, takesBest) || !grantsNear(f) {
			return
		}
		for _, c := range f.Calls {
			m := matchOf(f, c)
			if m == nil || !m.grants() || m.judged() {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: m.fix(p)})
		}
	},
}

// match is a call that takes the best of several scores.
type match struct {
	frame *checks.Frame
	call  *checks.Call
	// scores are what the best is taken of, least that the lowest wins.
	scores ast.Expr
	least  bool
	// index is set where the call gives a place rather than a score.
	index bool
	// faces tells that the scores are those of faces.
	faces bool
	// sources are the calls that gave the scores.
	sources map[ast.Node]bool
}

// scoring are the last names of functions that tell how alike things are.
var scoring = map[string]bool{
	"face_distance": true, "cosine_similarity": true, "euclidean_distances": true, "cosine_distances": true, "pairwise_distances": true, "manhattan_distances": true, "represent": true,
	"predict_proba": true, "softmax": true, "norm": true, "cdist": true, "cosine": true, "search": true,
}

// takesBest reports whether a call may take the best of several scores.
func takesBest(c *checks.Call) bool {
	switch checks.CalledName(c) {
	case "argmin", "argmax", "max", "min", "search":
		return true
	}
	return false
}

// grantsNear reports whether a function, or one that calls it, gives access to anybody: grants without what it
// makes of the match.
func grantsNear(f *checks.Frame) bool {
	if grantsSome(f) {
		return true
	}
	return slices.ContainsFunc(f.Callers(), func(c *checks.Call) bool { return grantsSome(c.Frame) })
}

func grantsSome(f *checks.Frame) bool {
	if slices.ContainsFunc(f.Calls, func(c *checks.Call) bool { return grantOf(c) != noGrant }) {
		return true
	}
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			found = found || isSession(f, n.Value)
		case *ast.Dict:
			found = found || grantsIn(n)
		}
		return !found
	})
	return found
}

func matchOf(f *checks.Frame, c *checks.Call) *match {
	if !takesBest(c) {
		return nil
	}
	name := checks.CalledName(c)
	m := &match{frame: f, call: c, sources: map[ast.Node]bool{}}
	first := func() ast.Expr {
		if len(c.Node.Args) > 0 {
			return c.Node.Args[0]
		}
		return nil
	}
	at, method := c.Node.Fn.(*ast.Attribute)
	own := method && !isLibrary(c)
	switch name {
	case "argmin", "argmax":
		m.index, m.least = true, name == "argmin"
		if m.scores = first(); own {
			m.scores = at.Value
		}
	case "max", "min":
		m.least = name == "min"
		switch key := keyword(c, "key"); {
		case key != nil && !method:
			m.scores = first()
			if l, ok := key.(*ast.Lambda); ok && !m.scoredBy(first()) {
				m.scores = l.Body
			} else if !ok && !m.scoredBy(first()) {
				m.scores = key
			}
		case keyword(c, "dim") != nil || method && len(c.Node.Args) > 0:
			if m.scores = first(); own {
				m.scores = at.Value
			}
		default:
			return nil
		}
	case "search":
		if !own || len(c.Node.Args) < 2 {
			return nil
		}
		if n, ok := literalNumber(f, c.Node.Args[1]); !ok || n.Text != "1" {
			return nil
		}
		m.least = true
		m.sources[c.Node] = true
		return m
	}
	if m.scores == nil || !m.scoredBy(m.scores) {
		return nil
	}
	return m
}

// isLibrary reports whether a method call is of a function of a module: numpy.argmin(x).
func isLibrary(c *checks.Call) bool {
	return c.Receiver.Kind() == flow.KindExternal && c.Receiver.Origin() == nil && !strings.Contains(c.Receiver.Name(), "()")
}

func keyword(c *checks.Call, name string) ast.Expr {
	if k := fix.KeywordOf(c.Node, name); k != nil {
		return k.Value
	}
	return nil
}

// scoredBy reports whether an expression is made of scores, and remembers the calls.
func (m *match) scoredBy(e ast.Expr) bool {
	if e == nil {
		return false
	}
	if l := lambdaFrame(m.frame, e); l != nil {
		e, _ := bodyOf(l)
		return m.scoresIn(l, e)
	}
	return m.scoresIn(m.frame, e)
}

func (m *match) scoresIn(f *checks.Frame, e ast.Expr) bool {
	found := false
	for in := range f.MadeOf(e) {
		if in.Call != nil && in.Call.Node != m.call.Node && scoring[checks.CalledName(in.Call)] && !strings.HasPrefix(symbolOf(in.Call), "re.") {
			found = true
			m.sources[in.Call.Node] = true
			name := checks.CalledName(in.Call)
			m.faces = m.faces || name == "face_distance" || name == "represent"
		}
	}
	return found
}

// lambdaFrame returns the analysis of the lambda whose body an expression is, nil for others.
func lambdaFrame(f *checks.Frame, e ast.Expr) *checks.Frame {
	for _, g := range f.Beside() {
		if fn := g.Function(); fn != nil && fn.Lambda != nil && fn.Lambda.Body == e {
			return g
		}
	}
	return nil
}

func bodyOf(f *checks.Frame) (ast.Expr, bool) {
	if fn := f.Function(); fn != nil && fn.Lambda != nil {
		return fn.Lambda.Body, true
	}
	return nil, false
}

// places lists the function of the match and those that call it and get what it gives.
func (m *match) places() []*checks.Frame {
	out := []*checks.Frame{m.frame}
	for _, c := range m.frame.Callers() {
		if madeOf(c.Frame, c.Node, m.isBest) {
			out = append(out, c.Frame)
		}
	}
	return out
}

func (m *match) isBest(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == m.call.Node }

// grants reports whether the match decides on access.
func (m *match) grants() bool {
	for _, f := range m.places() {
		for _, c := range f.Calls {
			if f == m.frame && c.Node.Pos() < m.call.Node.Pos() && !c.Node.Range().Contains(m.call.Node.Range()) {
				continue
			}
			switch grantOf(c) {
			case grantsWhom:
				if madeOf(f, c.Node, m.isBest) {
					return true
				}
			case grantsAnyway:
				return true
			}
		}
		found := false
		f.InspectOwn(func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				for _, t := range n.Targets {
					if s, ok := t.(*ast.Subscript); ok && isSession(f, s.Value) && m.logsIn(s.Index) && madeOf(f, n.Value, m.isBest) {
						found = true
					}
				}
			case *ast.Return:
				ast.Inspect(n, func(n ast.Node) bool {
					if d, ok := n.(*ast.Dict); ok {
						found = found || n.Pos() > m.call.Node.Pos() && grantsIn(d)
					}
					return !found
				})
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// whoseKeys are parts of the names under which a session keeps who it is that is logged in.
var whoseKeys = []string{
	"user", "uid", "account", "login", "logged", "auth", "ident", "member", "employee", "staff", "person", "owner", "name", "who", "customer",
	"client", "subject", "principal", "id", "email", "admin", "access", "role", "student", "patient", "guest", "visitor", "operator", "speaker", "face", "worker", "driver", "sub", "me", "profile",
}

// logsIn reports whether what a session keeps under a key is who is logged in. Of faces that are
// compared it is under any key; of other scores, which may be those of topics or products, the
// key has to say so.
func (m *match) logsIn(key ast.Expr) bool {
	text, ok := key.(*ast.Str)
	if !ok || m.faces {
		return true
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(text.Value), func(r rune) bool { return r < 'a' || r > 'z' }) {
		for _, w := range whoseKeys {
			if word == w || len(w) > 4 && strings.Contains(word, w) || len(w) > 3 && strings.HasPrefix(word, w) {
				return true
			}
		}
	}
	return false
}

// isSession reports whether an expression is the session of a web framework.
func isSession(f *checks.Frame, e ast.Expr) bool {
	name := checks.LastName(e)
	return name == "session" || f.Module().ImportedName(name) == "session"
}

// mayGrant reports whether anything that is analysed together gives access as grants understands it.
func mayGrant(p *checks.Pass, f *checks.Frame) bool {
	return checks.OfGroup(p, "PML1419: grants", func() bool {
		words := []string{"session"}
		for _, w := range grantKeys {
			words = append(words, strconv.Quote(w), "'"+w+"'")
		}
		return checks.GroupMentions(p, words...) || slices.ContainsFunc(f.Everywhere(), func(g *checks.Frame) bool {
			return slices.ContainsFunc(g.Calls, func(c *checks.Call) bool { return grantOf(c) != noGrant })
		})
	})
}

type grant int

const (
	noGrant      grant = iota
	grantsWhom         // to the one who is named
	grantsAnyway       // to whoever is there
)

var openers = []string{"unlock", "open_door", "grant", "authorize", "log_in"}

// grantOf tells whether a call gives access.
func grantOf(c *checks.Call) grant {
	name, symbol := checks.CalledName(c), symbolOf(c)
	switch {
	case name == "login_user" || name == "create_access_token" || symbol == "jwt.encode" || strings.HasPrefix(symbol, "django.contrib.auth") && name == "login":
		return grantsWhom
	case strings.HasPrefix(symbol, "RPi.GPIO.") && name == "output", strings.HasPrefix(symbol, "gpiozero.") && (name == "on" || name == "open"):
		return grantsAnyway
	case (name == "update" || name == "setdefault") && c.Receiver != nil:
		if at, ok := c.Node.Fn.(*ast.Attribute); ok && isSession(c.Frame, at.Value) {
			return grantsWhom
		}
	}
	for _, o := range openers {
		if strings.HasPrefix(name, o) {
			return grantsAnyway
		}
	}
	return noGrant
}

var grantKeys = []string{"access", "granted", "authorized", "authenticated"}

// grantsIn reports whether a dict says that access is given.
func grantsIn(d *ast.Dict) bool {
	for i, k := range d.Keys {
		t, ok := k.(*ast.Str)
		v, constant := d.Values[i].(*ast.Constant)
		if !ok || !constant || v.Value != ast.True {
			continue
		}
		if slices.Contains(grantKeys, t.Value) {
			return true
		}
	}
	return false
}

// judged reports whether the winning score, or the scores, are compared with something where the
// match is made or decides, or something else decides as well.
func (m *match) judged() bool {
	frames := m.places()
	for _, f := range m.places() {
		for _, c := range f.Calls {
			if grantOf(c) != noGrant {
				continue
			}
			name := checks.CalledName(c)
			lower := strings.ToLower(name)
			switch {
			case name == "compare_faces", strings.HasPrefix(name, "check_password"), name == "compare_digest", name == "isclose", name == "authenticate",
				strings.Contains(lower, "verify"), strings.Contains(lower, "check") && (strings.Contains(lower, "token") || strings.Contains(lower, "otp") || strings.Contains(lower, "pin")),
				name == "find" && strings.Contains(symbolOf(c), "DeepFace"):
				return true
			}
			frames = append(frames, c.Enters()...)
		}
		if fn := f.Function(); fn != nil && fn.Def != nil {
			for _, d := range fn.Def.Decorators {
				text := strings.ToLower(fn.Module.File.Text(d.Expr))
				if strings.Contains(text, "login_required") || strings.Contains(text, "jwt_required") {
					return true
				}
			}
		}
	}
	for _, f := range frames {
		found := false
		f.InspectOwn(func(n ast.Node) bool {
			if c, ok := n.(*ast.Compare); ok && ordering(c) {
				found = m.compares(f, c)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// ordering reports whether a comparison asks for more or less.
func ordering(c *ast.Compare) bool {
	for _, op := range c.Ops {
		if op[0] == '<' || op[0] == '>' {
			return true
		}
	}
	return false
}

// compares reports whether one side of a comparison is a score, or all of them.
func (m *match) compares(f *checks.Frame, c *ast.Compare) bool {
	for _, e := range append([]ast.Expr{c.Left}, c.Right...) {
		switch e := e.(type) {
		case *ast.Call:
			if checks.LastName(e.Fn) == "len" {
				continue // how many there are
			}
		case *ast.Attribute:
			if e.Attr.Id == "size" || e.Attr.Id == "ndim" {
				continue
			}
		case *ast.Subscript:
			if checks.LastName(e.Value) == "shape" {
				continue
			}
		}
		score, place := false, false
		for in := range f.MadeOf(e) {
			if in.Call == nil {
				continue
			}
			place = place || m.index && in.Whole && len(in.Steps) == 0 && in.Call.Node == m.call.Node
			score = score || m.sources[in.Call.Node]
		}
		if score && !place {
			return true
		}
	}
	return false
}

// fix asks the winner for a score.
func (m *match) fix(p *checks.Pass) *fix.Fix {
	const message = "ask the best match for a score"
	test := func(score string) []string {
		if m.least {
			return []string{"if " + score + " > 0.6:", `    raise PermissionError("no confident match")`}
		}
		return []string{"if " + score + " < 0.9:", `    raise PermissionError("no confident match")`}
	}
	stmt := p.StmtOf(m.call.Node)
	if stmt == nil {
		return nil
	}
	switch stmt.(type) {
	case *ast.Assign, *ast.AnnAssign, *ast.ExprStmt, *ast.Return, *ast.AugAssign:
	default:
		return nil
	}
	target := ""
	var pair []ast.Expr
	if a, ok := stmt.(*ast.Assign); ok && len(a.Targets) == 1 {
		switch t := a.Targets[0].(type) {
		case *ast.Name, *ast.Attribute:
			target = p.File.Text(t)
		case *ast.Tuple:
			if len(t.Elts) == 2 && a.Value == ast.Expr(m.call.Node) {
				pair = t.Elts
			}
		}
	}
	if pair != nil { // scores and places in one
		score := p.File.Text(pair[0])
		if m.scores == nil {
			score += "[0][0]"
		}
		return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, test(score)...))
	}
	if m.scores == nil || !m.index {
		return m.fixWinner(p, stmt, target, test)
	}
	scores := p.File.Text(m.scores)
	switch m.scores.(type) {
	case *ast.Name, *ast.Attribute:
		if keyword(m.call, "axis") != nil || keyword(m.call, "dim") != nil { // rows of scores
			best := ".max()"
			if m.least {
				best = ".min()"
			}
			return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, test(scores+best)...))
		}
		if target != "" && m.isWinner(p, stmt) {
			return checks.Fix(true, message, fix.InsertAfter(p.File, stmt, test(scores+"["+target+"]")...))
		}
		return checks.Fix(true, message, fix.InsertBefore(p.File, stmt, test(scores+"["+p.File.Text(m.call.Node)+"]")...))
	}
	if target == "" || !m.isWinner(p, stmt) || p.Defines("scores") || localName(m.frame, "scores") {
		return nil
	}
	edits := fix.InsertBefore(p.File, stmt, "scores = "+scores)
	return checks.Fix(true, message, edits, checks.Replace(p, m.scores, "scores"), fix.InsertAfter(p.File, stmt, test("scores["+target+"]")...))
}

// isWinner reports whether an assignment gives its name the place of the winner and nothing
// that is looked up by it.
func (m *match) isWinner(p *checks.Pass, stmt ast.Stmt) bool {
	a, ok := stmt.(*ast.Assign)
	return ok && is(m.frame, a.Value, func(in flow.Ingredient) bool {
		return m.isBest(in) && len(in.Steps) == 0
	})
}

// fixWinner asks the winner of max(…, key=…) for its score.
func (m *match) fixWinner(p *checks.Pass, stmt ast.Stmt, target string, test func(string) []string) *fix.Fix {
	key := keyword(m.call, "key")
	if key == nil || target == "" || !m.isWinner(p, stmt) {
		return nil
	}
	score := "(" + p.File.Text(key) + ")(" + target + ")"
	switch k := key.(type) {
	case *ast.Name, *ast.Attribute:
		score = p.File.Text(key) + "(" + target + ")"
	case *ast.Lambda:
		if list := k.Params.List; len(list) == 1 && list[0].Name != nil {
			if s, ok := k.Body.(*ast.Subscript); ok {
				if id, ok := s.Index.(*ast.Name); ok && id.Id == list[0].Name.Id && !checks.UsesName(s.Value, id.Id) {
					score = p.File.Text(s.Value) + "[" + target + "]"
				}
				if id, ok := s.Value.(*ast.Name); ok && id.Id == list[0].Name.Id {
					score = target + "[" + p.File.Text(s.Index) + "]"
				}
			}
		}
	}
	return checks.Fix(true, "ask the best match for a score", fix.InsertAfter(p.File, stmt, test(score)...))
}

// localName reports whether a frame's function has a name of its own.
func localName(f *checks.Frame, name string) bool {
	fn := f.Function()
	if fn == nil {
		return false
	}
	_, ok := fn.Scope.Slot(name)
	return ok
}
