package federated

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

const (
	pyjwt      = "jwt.{decode,decode_complete,api_jwt.decode,api_jwt.decode_complete}"
	jose       = "jose.{jwt.decode,jwt.get_unverified_claims}"
	azureGuard = "azure.security.attestation.{AttestationClient,aio.AttestationClient}"
)

// unverifiedAttestation is PML5313.
var unverifiedAttestation = &checks.Rule{
	Spec:  infoPML5313,
	On:    []string{pyjwt, jose, azureGuard},
	Needs: []string{"b64decode"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			if c.Symbol.Is("json.loads") && readsPayload(c) && !verifiedBeside(c) && decides(p, c) {
				p.Report(checks.Report{Node: c.Node})
			}
		}
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("azure") {
			if a := c.Arg(-1, "validate_token"); a != nil && checks.Off(a.Value) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
			}
			return
		}
		if !unverified(c) || len(c.Args) == 0 || verifiedBeside(c) || !decides(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: verify(p, c)})
	},
}

// unverified reports whether a call reads a token's claims without its signature.
func unverified(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("jose.jwt.get_unverified_claims"):
		return true
	}
	if a := c.Arg(-1, "verify"); a != nil && checks.Off(a.Value) {
		return true
	}
	a := c.Arg(3, "options")
	if a == nil {
		return false
	}
	e := c.Key(a.Value, "verify_signature")
	return e != nil && e.Value != nil && checks.Off(e.Value)
}

// readsPayload reports whether the JSON that a call reads is the middle part of a token, which is decoded from Base64.
func readsPayload(c *checks.Call) bool {
	if len(c.Args) == 0 || c.Args[0].Node == nil {
		return false
	}
	for _, s := range c.Frame.SpelledOut(c.Args[0].Node) {
		decoded, middle := false, false
		look := func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				decoded = decoded || strings.Contains(checks.LastName(n.Fn), "decode") && strings.Contains(checks.LastName(n.Fn), "64")
			case *ast.Subscript:
				i, number := n.Index.(*ast.Number)
				of, call := n.Value.(*ast.Call)
				middle = middle || number && i.Text == "1" && call && checks.LastName(of.Fn) == "split"
			}
			return true
		}
		ast.Inspect(s.Expr, look)
		ast.Inspect(s.Expr, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok {
				for _, more := range s.Frame.SpelledOut(name) {
					ast.Inspect(more.Expr, look)
				}
			}
			return true
		})
		if decoded && middle {
			return true
		}
	}
	return false
}

// verifiedBeside reports whether the function verifies a token too: what is read before is who signed it.
func verifiedBeside(c *checks.Call) bool {
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		return (o.Symbol.Is("jwt.decode", "jwt.api_jwt.decode", "jose.jwt.decode", "jwt.decode_complete") && !unverified(o)) || o.Method == "validate_token"
	})
}

// attestationClaims are claims that only the tokens of attestation services have, or how they begin.
var attestationClaims = []string{"x-ms-", "x-nvidia-", "attester_", "submods", "hwmodel", "swname", "dbgstat", "secboot", "eat_nonce", "measres"}

// isClaim reports whether an expression is the name of such a claim.
func isClaim(n ast.Node) bool {
	s, ok := n.(*ast.Str)
	return ok && slices.ContainsFunc(attestationClaims, func(claim string) bool {
		return s.Value == claim || strings.HasSuffix(claim, "-") && strings.HasPrefix(s.Value, claim) || claim == "attester_" && strings.HasPrefix(s.Value, claim)
	})
}

// decides reports whether a test in the files around goes by such a claim of the token that a call decodes, or by what is read
// of a token that is named so.
func decides(p *checks.Pass, c *checks.Call) bool {
	named := func(e ast.Expr) bool {
		switch e.(type) {
		case *ast.Name, *ast.Attribute:
			return strings.Contains(strings.ToLower(checks.ChainText(e)), "attest")
		}
		return false
	}
	ofNamed := c.Args[0].Node != nil && slices.ContainsFunc(c.Frame.SpelledOut(c.Args[0].Node), func(s flow.Spelled) bool { return named(s.Expr) })
	others := ofOthers(c)
	for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
		if testsClaim(m, func(n ast.Node) bool {
			call, ok := n.(*ast.Call)
			return isClaim(n) && !others[n] || ofNamed && ok && slices.ContainsFunc(call.Args, named)
		}) {
			return true
		}
	}
	return false
}

// ofOthers are the names of claims that are read off what another call decodes than the given one.
func ofOthers(c *checks.Call) map[ast.Node]bool {
	others := map[ast.Node]bool{}
	for _, f := range c.Frame.Everywhere() {
		f.InspectOwn(func(n ast.Node) bool {
			var of, claim ast.Expr
			switch n := n.(type) {
			case *ast.Subscript:
				of, claim = n.Value, n.Index
			case *ast.Call:
				if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "get" && len(n.Args) > 0 {
					of, claim = at.Value, n.Args[0]
				}
			}
			if claim == nil || !isClaim(claim) {
				return true
			}
			here, elsewhere := false, false
			for in := range f.MadeOf(of) {
				if in.Call != nil && in.Call.Symbol.Is("jwt.decode", "jwt.api_jwt.decode", "jwt.decode_complete", "jose.jwt.decode", "jose.jwt.get_unverified_claims", "json.loads") {
					here, elsewhere = here || in.Call.Node == c.Node, elsewhere || in.Call.Node != c.Node
				}
			}
			if elsewhere && !here {
				others[claim] = true
			}
			return true
		})
	}
	return others
}

// testsClaim reports whether a test in a file depends on an expression, or on a name that is assigned of one.
func testsClaim(m *checks.Module, claim func(ast.Node) bool) bool {
	names := map[string]bool{}
	depends := func(e ast.Node) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			name, ok := n.(*ast.Name)
			found = found || claim(n) || ok && names[name.Id]
			return !found
		})
		return found
	}
	tested := false
	for range 2 {
		ast.InspectFile(m.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				if depends(n.Value) {
					for _, t := range n.Targets {
						if name, ok := t.(*ast.Name); ok {
							names[name.Id] = true
						}
					}
				}
			case *ast.Compare:
				tested = tested || depends(n)
			case *ast.If:
				tested = tested || depends(n.Test)
			case *ast.Assert:
				tested = tested || depends(n.Test)
			case *ast.IfExp:
				tested = tested || depends(n.Test)
			}
			return !tested
		})
	}
	return tested
}

// verify makes PyJWT verify the token against the keys of the service.
func verify(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !c.Symbol.Is("jwt.decode", "jwt.api_jwt.decode") || c.Args[0].Node == nil || !p.Holds(c.Args[0].Node) || !checks.Repeatable(c.Args[0].Node) {
		return nil
	}
	token := p.File.Text(c.Args[0].Node)
	environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
	client, more := fix.Reach(p.File, "jwt.PyJWKClient", "import jwt", fix.InSection)
	return checks.Fix(true, "verify the token against the keys of the service", checks.Replace(p, c.Node,
		p.File.Text(c.Node.Fn)+"("+token+", "+client+"("+environ+`["ATTESTATION_JWKS_URL"]).get_signing_key_from_jwt(`+token+`).key, algorithms=["RS256"], options={"verify_aud": False})`), fix.JoinImports(imports, more))
}
