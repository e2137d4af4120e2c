package serialization

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// verdictIgnored is PML1236.
var verdictIgnored = &checks.Rule{
	Spec:  infoPML1236,
	Needs: []string{"hashlib", "hmac", "gnupg", "model_signing", "sigstore", "cryptography", "cosign", "gpg"},
	OnModule: func(p *checks.Pass) {
		for _, s := range p.File.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.If:
					looseIf(p, n)
				case *ast.Try:
					looseTry(p, n)
				case *ast.ExprStmt:
					unusedVerdict(p, n)
				}
				return true
			})
		}
	},
}

// looseIf reports a comparison of digests whose mismatch is only told of.
func looseIf(p *checks.Pass, s *ast.If) {
	mismatch, ok := mismatchBranch(p, s)
	if !ok || !onlyTells(mismatch) || !loadsLater(p, s) || fetchesAnew(p, s) || setsFlag(p, s, mismatch) {
		return
	}
	p.Report(checks.Report{Node: header(s.Start, s.Test), Message: "The digest does not match, and the model is loaded all the same", Fix: checks.Fix(true, "refuse the model", fix.AppendBody(p.File, mismatch, `raise ValueError("model digest mismatch")`))})
}

// setsFlag reports whether the branch of a match sets a name that a test behind it asks: `is_cached = True`.
func setsFlag(p *checks.Pass, s *ast.If, mismatch []ast.Stmt) bool {
	match := s.Body
	if len(mismatch) > 0 && len(s.Body) > 0 && mismatch[0] == s.Body[0] {
		match = s.Orelse
	}
	flags := map[string]bool{}
	for _, m := range match {
		if a, ok := m.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if n, ok := t.(*ast.Name); ok {
					flags[n.Id] = true
				}
			}
		}
	}
	found := false
	ast.InspectStmts(bodyAround(p, s), func(n ast.Node) bool {
		t, ok := n.(*ast.If)
		if !ok || t.Start < s.Stop() || len(flags) == 0 {
			return !found
		}
		ast.Inspect(t.Test, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok {
				found = found || flags[x.Id]
			}
			return !found
		})
		return !found
	})
	return found
}

// fetchesAnew reports whether the function goes on to download what it has found wrong.
func fetchesAnew(p *checks.Pass, s *ast.If) bool {
	found := false
	ast.InspectStmts(bodyAround(p, s), func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && c.Pos() > s.Stop() {
			name := strings.ToLower(checks.LastName(c.Fn))
			found = found || name == "urlopen" || name == "urlretrieve" || strings.Contains(name, "download")
		}
		return !found
	})
	return found
}

// header is the place of a compound statement's first line.
func header(start ast.Pos, test ast.Expr) ast.Node {
	return checks.Place(ast.Span{Start: start, End: test.Stop()})
}

// mismatchBranch is the branch that runs when a digest or signature is wrong.
func mismatchBranch(p *checks.Pass, s *ast.If) ([]ast.Stmt, bool) {
	wrong, ok := provesWrong(p, s.Test)
	switch {
	case !ok:
		return nil, false
	case wrong:
		return s.Body, true
	case len(s.Orelse) > 0:
		return s.Orelse, true
	}
	return nil, false
}

// provesWrong reads a test of a digest or signature: wrong is set when it is true for a
// mismatch.
func provesWrong(p *checks.Pass, test ast.Expr) (wrong, ok bool) { return provesWrongAt(p, test, 0) }

func provesWrongAt(p *checks.Pass, test ast.Expr, depth int) (wrong, ok bool) {
	if depth > 5 {
		return false, false
	}
	switch t := test.(type) {
	case *ast.UnaryOp:
		if t.Op == "not" {
			w, ok := provesWrongAt(p, t.Operand, depth+1)
			return !w, ok
		}
	case *ast.Compare:
		if len(t.Ops) != 1 || t.Ops[0] != "==" && t.Ops[0] != "!=" {
			return false, false
		}
		if isDigestExpr(p, t.Left, 0) || isDigestExpr(p, t.Right[0], 0) {
			return t.Ops[0] == "!=", true
		}
	case *ast.Call:
		if comparesDigest(p, t) {
			return false, true
		}
		switch checks.LastName(t.Fn) {
		case "verify", "verify_file", "verify_data":
			return false, isGPG(p, t.Fn)
		}
	case *ast.Name:
		body := bodyAround(p, t)
		if body == nil {
			body = p.File.Body
		}
		if v := assigned(body, t.Id); v != nil {
			return provesWrongAt(p, v, depth+1)
		}
	case *ast.Attribute:
		if t.Attr.Id == "valid" {
			if id, isName := t.Value.(*ast.Name); isName {
				body := bodyAround(p, t)
				if body == nil {
					body = p.File.Body
				}
				if c, isCall := assigned(body, id.Id).(*ast.Call); isCall && isGPG(p, c.Fn) {
					return false, true
				}
			}
		}
	}
	return false, false
}

// isGPG reports whether a method is one of a gnupg object.
func isGPG(p *checks.Pass, fn ast.Expr) bool {
	a, ok := fn.(*ast.Attribute)
	if !ok || !importsFrom(p, "gnupg") {
		return false
	}
	switch a.Attr.Id {
	case "verify", "verify_file", "verify_data":
		return madeByGPG(p, a.Value)
	}
	return false
}

// madeByGPG reports whether a receiver is a gnupg object, by what it was made of or its name.
func madeByGPG(p *checks.Pass, e ast.Expr) bool {
	if strings.Contains(strings.ToLower(p.File.Text(e)), "gpg") {
		return true
	}
	id, ok := e.(*ast.Name)
	if !ok {
		return false
	}
	for _, body := range [...][]ast.Stmt{bodyAround(p, e), p.File.Body} {
		if v := assigned(body, id.Id); v != nil {
			return strings.Contains(p.File.Text(v), "GPG(")
		}
	}
	return false
}

// isDigestExpr reports whether an expression is a digest: hexdigest() or digest(), or a name
// or call of the file that gives one.
func isDigestExpr(p *checks.Pass, e ast.Expr, depth int) bool {
	switch e := e.(type) {
	case *ast.Call:
		switch checks.LastName(e.Fn) {
		case "hexdigest", "digest":
			return true
		case "lower", "upper", "strip", "casefold":
			if a, ok := e.Fn.(*ast.Attribute); ok {
				return isDigestExpr(p, a.Value, depth)
			}
		}
		if depth < 2 {
			if def := functionOfProject(p, checks.LastName(e.Fn)); def != nil {
				return returnsDigest(p, def, depth)
			}
			name := strings.ToLower(checks.LastName(e.Fn))
			return strings.Contains(name, "sha256") || strings.Contains(name, "sha512") || strings.Contains(name, "checksum") || strings.Contains(name, "file_hash") || strings.Contains(name, "hash_file")
		}
	case *ast.Name:
		body := bodyAround(p, e)
		if body == nil {
			body = p.File.Body
		}
		if v := assigned(body, e.Id); v != nil && depth < 3 {
			return isDigestExpr(p, v, depth+1)
		}
	case *ast.Attribute:
		if v := assignedAttribute(p, spelled(e)); v != nil && depth < 3 {
			return isDigestExpr(p, v, depth+1)
		}
	}
	return false
}

// functionOfProject is a function of the file, or one that it imports by this name from a file of
// the project.
func functionOfProject(p *checks.Pass, name string) *ast.FunctionDef {
	if def := p.FunctionNamed(name); def != nil {
		return def
	}
	for _, m := range p.Connected() {
		if def := m.FunctionNamed(name); def != nil && importsName(p, name) {
			return def
		}
	}
	return nil
}

// importsName reports whether a file imports a name from somewhere.
func importsName(p *checks.Pass, name string) bool {
	return slices.ContainsFunc(p.File.Body, func(s ast.Stmt) bool {
		from, ok := s.(*ast.ImportFrom)
		return ok && slices.ContainsFunc(from.Names, func(a *ast.Alias) bool { return a.AsName == nil && a.Name == name })
	})
}

func returnsDigest(p *checks.Pass, def *ast.FunctionDef, depth int) bool {
	found := false
	ast.Inspect(def, func(n ast.Node) bool {
		if r, ok := n.(*ast.Return); ok && r.Value != nil {
			found = found || isDigestExpr(p, r.Value, depth+1)
		}
		return !found
	})
	return found
}

// onlyTells reports whether statements do nothing but log, print or warn.
func onlyTells(body []ast.Stmt) bool {
	for _, s := range body {
		switch s := s.(type) {
		case *ast.Pass:
		case *ast.ExprStmt:
			if _, isText := s.Value.(*ast.Str); isText {
				continue
			}
			c, ok := s.Value.(*ast.Call)
			if !ok || !tells(c) {
				return false
			}
		default:
			return false
		}
	}
	return len(body) > 0
}

func tells(c *ast.Call) bool {
	switch checks.LastName(c.Fn) {
	case "print", "warn", "warning", "error", "info", "debug", "exception", "critical", "log", "echo", "secho", "print_exc", "write", "success", "capture_exception", "capture_message", "toast":
		return true
	}
	return false
}

// loadsLater reports whether a model is loaded after a statement, in the same function, class
// of calls or its caller.
func loadsLater(p *checks.Pass, s ast.Stmt) bool {
	def := p.FunctionAround(s)
	if def == nil {
		return loadsIn(p, p.File.Body, s.Stop())
	}
	if loadsIn(p, def.Body, s.Stop()) {
		return true
	}
	// its caller
	found := false
	for _, top := range p.File.Body {
		ast.Inspect(top, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if !ok || checks.LastName(c.Fn) != def.Name.Id {
				return !found
			}
			if _, of := c.Fn.(*ast.Attribute); of && !isMethod(p, def) {
				return !found // a library's function of this name
			}
			body := p.File.Body
			if f := p.FunctionAround(c); f != nil && f != def {
				body = f.Body
			}
			found = found || loadsIn(p, body, c.Start)
			return !found
		})
	}
	return found
}

// isMethod reports whether a function is defined in a class.
func isMethod(p *checks.Pass, def *ast.FunctionDef) bool {
	around := p.Around(def)
	for i := len(around) - 2; i >= 0; i-- {
		switch around[i].(type) {
		case *ast.ClassDef:
			return true
		case *ast.FunctionDef:
			return false
		}
	}
	return false
}

func loadsIn(p *checks.Pass, body []ast.Stmt, after ast.Pos) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if ok && c.Start >= after {
				found = found || loadsModel(p, c, 0) && !afterVerdict(p, c, after)
			}
			return !found
		})
	}
	return found
}

// afterVerdict reports whether a call behind a place stands in the branch of a test that only a matching digest
// enters: `if intact: return joblib.load(path)`.
func afterVerdict(p *checks.Pass, c *ast.Call, after ast.Pos) bool {
	for _, n := range p.Around(c) {
		s, ok := n.(*ast.If)
		if !ok || s.Start < after {
			continue
		}
		if wrong, known := provesWrong(p, s.Test); known && (wrong && checks.InBlock(s.Orelse, c) || !wrong && checks.InBlock(s.Body, c)) {
			return true
		}
	}
	return false
}

// loadsModel reports whether a call loads a model, itself or in a function of the file.
func loadsModel(p *checks.Pass, c *ast.Call, depth int) bool {
	for _, q := range [...]string{
		"torch.load", "torch.jit.load", "torch.serialization.load", "pickle.load", "pickle.loads", "_pickle.load", "joblib.load", "onnx.load", "onnx.load_model", "dill.load", "cloudpickle.load",
		"safetensors.torch.load_file", "safetensors.torch.load", "onnxruntime.InferenceSession", "llama_cpp.Llama", "keras.models.load_model", "tensorflow.keras.models.load_model",
	} {
		if name, ok := fix.ImportedAs(p.File, q); ok && name == spelled(c.Fn) {
			return true
		}
	}
	switch checks.LastName(c.Fn) {
	case "load_state_dict", "from_pretrained", "load_file", "InferenceSession", "load_model", "Llama":
		return true
	case "load", "loads":
		if a, ok := c.Fn.(*ast.Attribute); ok {
			switch checks.LastName(a.Value) {
			case "torch", "jit", "joblib", "pickle", "onnx", "dill", "cloudpickle", "_pickle":
				return true
			}
		}
	}
	if depth < 2 {
		if def := p.FunctionNamed(checks.LastName(c.Fn)); def != nil {
			found := false
			ast.Inspect(def, func(n ast.Node) bool {
				if in, ok := n.(*ast.Call); ok && in != c {
					found = found || loadsModel(p, in, depth+1)
				}
				return !found
			})
			return found
		}
	}
	return false
}

// looseTry reports handlers that swallow the failure of a verification.
func looseTry(p *checks.Pass, s *ast.Try) {
	if !verifies(p, s.Body) || !loadsLater(p, s) && !loadsIn(p, s.Orelse, s.Start) && !loadsIn(p, s.Body, s.Start) {
		return
	}
	for _, h := range s.Handlers {
		if !catchesFailure(h.Type) || !onlyTells(h.Body) || !loadsLater(p, s) {
			continue
		}
		end := h.Start + ast.Pos(len("except"))
		if h.Type != nil {
			end = h.Type.Stop()
		}
		var edits []fix.Edit
		if _, lone := h.Body[0].(*ast.Pass); lone && len(h.Body) == 1 {
			edits = fix.ReplaceStmt(p.File, h.Body[0], "raise")
		} else {
			edits = fix.AppendBody(p.File, h.Body, "raise")
		}
		p.Report(checks.Report{Node: checks.Place(ast.Span{Start: h.Start, End: end}), Message: "The verification fails, and the model is loaded all the same", Fix: checks.Fix(true, "let the failure stop the load: raise", edits)})
	}
}

// catchesFailure reports whether a handler catches what a verifier raises.
func catchesFailure(e ast.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *ast.Tuple:
		for _, x := range e.Elts {
			if catchesFailure(x) {
				return true
			}
		}
		return false
	default:
		switch checks.LastName(e) {
		case "ImportError", "ModuleNotFoundError", "FileNotFoundError", "KeyboardInterrupt", "KeyError", "TimeoutError":
			return false
		}
	}
	return true
}

// verifies reports whether statements verify a signature or digest.
func verifies(p *checks.Pass, body []ast.Stmt) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok {
				found = found || verifier(p, c)
			}
			return !found
		})
	}
	return found
}

// verifier reports whether a call verifies, and raises where that fails.
func verifier(p *checks.Pass, c *ast.Call) bool {
	switch checks.LastName(c.Fn) {
	case "verify":
		return p.Imports("model_signing") || p.Imports("cryptography") || importsFrom(p, "cryptography") || importsFrom(p, "model_signing") || importsFrom(p, "sigstore")
	case "verify_artifact", "verify_dsse":
		return importsFrom(p, "sigstore") || p.Imports("sigstore")
	case "run":
		return commandVerifies(p, c) && checked(c)
	case "check_call", "check_output":
		return commandVerifies(p, c)
	}
	return false
}

func importsFrom(p *checks.Pass, module string) bool {
	found := false
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportFrom:
				found = found || strings.HasPrefix(strings.TrimPrefix(p.File.Text(n), "from "), module)
			case *ast.Import:
				found = found || strings.HasPrefix(strings.TrimPrefix(p.File.Text(n), "import "), module)
			}
			return !found
		})
	}
	return found
}

// commandVerifies reports whether a call starts cosign or gpg to verify.
func commandVerifies(p *checks.Pass, c *ast.Call) bool {
	if len(c.Args) == 0 {
		return false
	}
	list := c.Args[0]
	if id, ok := list.(*ast.Name); ok {
		body := bodyAround(p, c)
		if body == nil {
			body = p.File.Body
		}
		if v := assigned(body, id.Id); v != nil {
			list = v
		}
	}
	text := p.File.Text(list)
	return (strings.Contains(text, "cosign") || strings.Contains(text, "gpg")) && strings.Contains(text, "verify")
}

func checked(c *ast.Call) bool {
	k := fix.KeywordOf(c, "check")
	if k == nil {
		return false
	}
	v, ok := k.Value.(*ast.Constant)
	return !ok || v.Value == ast.True
}

// unusedVerdict reports a verification that stands as a statement and whose result nobody
// looks at.
func unusedVerdict(p *checks.Pass, s *ast.ExprStmt) {
	c, ok := s.Value.(*ast.Call)
	if !ok {
		return
	}
	var edits []fix.Edit
	message := "Nobody looks at the result of the verification"
	switch last := checks.LastName(c.Fn); {
	case comparesDigest(p, c):
		edits = gateOf(p, s, c)
	case last == "verify", last == "verify_file", last == "verify_data":
		if !isGPG(p, c.Fn) {
			return
		}
		edits = gateOf(p, s, c)
	case last == "run":
		if !commandVerifies(p, c) || fix.KeywordOf(c, "check") != nil && checked(c) {
			return
		}
		edits = fix.AddKeyword(p.File, c, "check", "True")
	case last == "call":
		if !commandVerifies(p, c) {
			return
		}
		edits = fix.ReplaceStmt(p.File, s, "if "+p.File.Text(c)+" != 0:", `    raise ValueError("model signature mismatch")`)
	default:
		return
	}
	if !loadsLater(p, s) {
		return
	}
	p.Report(checks.Report{Node: s, Message: message, Fix: checks.Fix(true, "refuse the model where it fails", edits)})
}

// comparesDigest reports whether a call is hmac.compare_digest.
func comparesDigest(p *checks.Pass, c *ast.Call) bool {
	for _, q := range [...]string{"hmac.compare_digest", "secrets.compare_digest"} {
		if name, ok := fix.ImportedAs(p.File, q); ok && name == spelled(c.Fn) {
			return true
		}
	}
	return checks.LastName(c.Fn) == "compare_digest"
}

func gateOf(p *checks.Pass, s ast.Stmt, c *ast.Call) []fix.Edit {
	return fix.ReplaceStmt(p.File, s, "if not "+p.File.Text(c)+":", `    raise ValueError("model signature mismatch")`)
}
