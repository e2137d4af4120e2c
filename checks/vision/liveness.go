package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// faceLogin is PML3111.
var faceLogin = &checks.Rule{
	Spec: infoPML3111,
	On:   []string{"deepface.DeepFace.{verify,find}", "{face_recognition.compare_faces,face_recognition.api.compare_faces}"},
	Knows: []string{
		"deepface.DeepFace.extract_faces", "flask_login.login_user", "django.contrib.auth.login", "django.contrib.auth.authenticate", "{jwt,jose.jwt,jwt.api_jwt}.encode", "RPi.GPIO.output", "gpiozero.**",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		var repair *fix.Fix
		if c.Symbol.Under("deepface") {
			live := c.Arg(-1, "anti_spoofing")
			switch {
			case live == nil && c.HasRest(), live != nil && !checks.Off(live.Value):
				return
			case live != nil:
				repair = checks.SetConstant(p, c, live, "True")
			default:
				repair = checks.Fix(true, "check that the face is live: anti_spoofing=True", fix.AddKeyword(p.File, c.Node, "anti_spoofing", "True"))
			}
		} else {
			tolerance := c.Arg(2, "tolerance")
			if tolerance == nil {
				return
			}
			if n, known := tolerance.Value.Number(); !known || n <= 0.6 {
				return
			}
			repair = checks.SetConstant(p, c, tolerance, "0.6")
		}
		if checkedOtherwise(c.Frame) {
			return
		}
		for _, f := range append([]*checks.Frame{c.Frame}, callersOf(c.Frame)...) {
			if !checkedOtherwise(f) && letsIn(p, f, c) {
				p.Report(checks.Report{Node: c.Node, Fix: repair})
				return
			}
		}
	},
}

// callersOf lists the functions that call a function, or one that does.
func callersOf(f *checks.Frame) []*checks.Frame {
	var out []*checks.Frame
	for _, c := range f.Callers() {
		if c.Frame == f || slices.Contains(out, c.Frame) {
			continue
		}
		out = append(out, c.Frame)
		for _, o := range c.Frame.Callers() {
			if !slices.Contains(out, o.Frame) {
				out = append(out, o.Frame)
			}
		}
	}
	return out
}

// checkedOtherwise reports whether a function asks that the face is live, or for a second factor.
func checkedOtherwise(f *checks.Frame) bool {
	return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
		name := checks.CalledName(c)
		switch {
		case c.Symbol.Is("deepface.DeepFace.extract_faces"):
			live := c.Arg(-1, "anti_spoofing")
			return live != nil && !checks.Off(live.Value)
		case strings.HasPrefix(name, "check_password"), name == "authenticate", name == "verify_password", name == "compare_digest":
			return true
		}
		return name == "verify" && c.Body() == nil && !c.Symbol.Under("deepface") && !strings.HasSuffix(checks.ChainText(c.Node.Fn), "DeepFace.verify")
	})
}

// letsIn reports whether a function opens a session or a door where what a call gives says so.
func letsIn(p *checks.Pass, f *checks.Frame, match *checks.Call) bool {
	m := p.Project.Module(f.Module())
	if m == nil {
		return false
	}
	body := checks.BodyOf(f)
	return slices.ContainsFunc(grants(f), func(grant ast.Node) bool { return decides(f, m, body, grant, match) })
}

// grants lists the places of a function that open a session, a lock or a door, or call a function of the project that does.
func grants(f *checks.Frame) []ast.Node {
	out := ownGrants(f)
	for _, c := range f.Calls {
		if body := c.Body(); body != nil && body != f && len(ownGrants(body)) > 0 {
			out = append(out, c.Node)
		}
	}
	return out
}

// ownGrants lists those that stand in the function itself.
func ownGrants(f *checks.Frame) []ast.Node {
	var out []ast.Node
	for _, c := range f.Calls {
		name := checks.CalledName(c)
		switch {
		case name == "login_user", name == "create_access_token", c.Symbol.Is("django.contrib.auth.login", "jwt.encode", "jose.jwt.encode", "RPi.GPIO.output"),
			c.Symbol.Under("gpiozero") && (name == "on" || name == "off" || name == "open"), strings.HasPrefix(c.Callee.Name(), "gpiozero.") && (name == "on" || name == "off" || name == "open"):
			out = append(out, c.Node)
		}
	}
	f.InspectOwn(func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok {
			return true
		}
		for _, t := range a.Targets {
			if s, ok := t.(*ast.Subscript); ok && isSession(f, s.Value) && !tellsFailure(s.Index) {
				out = append(out, a)
			}
		}
		return true
	})
	return out
}

// isSession reports whether an expression is the session of a web framework.
func isSession(f *checks.Frame, e ast.Expr) bool {
	name := checks.LastName(e)
	return name == "session" || f.Module().ImportedName(name) == "session"
}

// tellsFailure reports whether a key of a session is that of what went wrong, or of how often it did.
func tellsFailure(key ast.Expr) bool {
	text, ok := key.(*ast.Str)
	return ok && slices.ContainsFunc([]string{"error", "fail", "attempt", "message", "flash", "tries", "retry", "last", "score", "distance"}, func(word string) bool { return strings.Contains(strings.ToLower(text.Value), word) })
}

// decides reports whether what a call gives decides that a place is reached: by a test around it, or by one that leaves
// before it.
func decides(f *checks.Frame, m *checks.Module, body []ast.Stmt, place ast.Node, match *checks.Call) bool {
	of := func(e ast.Expr) bool {
		for in := range f.MadeOf(e) {
			if in.Call != nil && in.Call.Node == match.Node {
				return true
			}
		}
		return false
	}
	around := m.Around(place)
	for i, n := range around {
		switch n := n.(type) {
		case *ast.If:
			if negated(n.Test) != checks.InBlock(n.Orelse, place) {
				continue
			}
			if (checks.InBlock(n.Body, place) || checks.InBlock(n.Orelse, place)) && of(n.Test) {
				return true
			}
		case *ast.While:
			if checks.InBlock(n.Body, place) && of(n.Test) {
				return true
			}
		case *ast.IfExp:
			if of(n.Test) {
				return true
			}
		}
		for _, s := range blockBefore(n, body, i, place) {
			test, ok := s.(*ast.If)
			if ok && test.Stop() <= place.Pos() && checks.Leaves(test.Body) && of(test.Test) {
				return true
			}
			if a, ok := s.(*ast.Assert); ok && of(a.Test) {
				return true
			}
		}
	}
	return false
}

// blockBefore lists the statements of the block of a node in which a place stands.
func blockBefore(n ast.Node, body []ast.Stmt, i int, place ast.Node) []ast.Stmt {
	blocks := [][]ast.Stmt{}
	switch n := n.(type) {
	case *ast.FunctionDef:
		blocks = append(blocks, n.Body)
	case *ast.If:
		blocks = append(blocks, n.Body, n.Orelse)
	case *ast.For:
		blocks = append(blocks, n.Body)
	case *ast.While:
		blocks = append(blocks, n.Body)
	case *ast.With:
		blocks = append(blocks, n.Body)
	case *ast.Try:
		blocks = append(blocks, n.Body, n.Orelse, n.Final)
	default:
		if i == 0 {
			blocks = append(blocks, body)
		}
	}
	for _, b := range blocks {
		if checks.InBlock(b, place) {
			return b
		}
	}
	return nil
}

// negated reports whether a test holds where what it tests does not.
func negated(test ast.Expr) bool {
	n, ok := test.(*ast.UnaryOp)
	return ok && n.Op == "not"
}
