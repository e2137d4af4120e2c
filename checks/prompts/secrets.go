package prompts

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// keyInBrowser is PML1144.
var keyInBrowser = &checks.Rule{
	Spec:  infoPML1144,
	From:  []checks.Label{models.Secret},
	Into:  []checks.SinkKind{models.Response, models.HTML},
	Knows: []string{"streamlit.{write,code,markdown,text,caption}"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.Clean.Has(models.Disclosure) {
			return
		}
		if name := path.Mark.SecretName(); !models.IsProviderKey(name) && path.Mark.From() != models.ClientKey {
			return
		}
		node := checks.HolderOf(path, models.Secret)
		p.Report(checks.Report{Node: node, Path: path, Fix: keepKey(p, path, node)})
	},
}

// keepKey takes the key out of what is sent.
func keepKey(p *checks.Pass, path *checks.Path, node ast.Node) *fix.Fix {
	const message = "keep the key on the server"
	if node == path.Node {
		node = checks.GivenNode(path)
	}
	e, ok := node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	around := p.Around(e)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Dict:
			if edits := fix.RemoveElement(p.File, n, e); edits != nil {
				return checks.Fix(true, message, edits)
			}
		case *ast.Keyword:
			if n.Name == nil || n.Value != e || i == 0 {
				break
			}
			call, ok := around[i-1].(*ast.Call)
			if !ok {
				break
			}
			if path.Sink.Note == models.NotePrefilled || path.Sink.Note == models.NoteContext || path.Sink.Arg == "*" {
				return checks.Fix(true, message, fix.RemoveArg(p.File, call, n))
			}
		case *ast.Call:
			if path.Sink.Note == models.NotePrefilled && path.Call != nil && n == path.Call.Node {
				for _, a := range n.Args {
					if a == e && a == n.Args[len(n.Args)-1] {
						return checks.Fix(true, message, fix.RemoveArg(p.File, n, a))
					}
				}
			}
		case ast.Stmt:
			i = 0
		}
	}
	if path.Sink.Arg == "return" && path.Node == node {
		return nil
	}
	return checks.Fix(true, message, withoutSecret(p, path, e, `"***"`, "***"))
}

// secretInPrompt is PML1158.
var secretInPrompt = &checks.Rule{
	Spec: infoPML1158,
	From: []checks.Label{models.Secret, models.Local},
	Into: []checks.SinkKind{models.PromptSystem, models.PromptUser, models.PromptTool},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.Clean.Has(models.Disclosure) || path.Mark.Label == models.Local && (!checks.WholeEnvironment(path) && !checks.EachVariable(p, path) || checks.ChoosesVariables(p, path)) {
			return
		}
		if text := path.Mark.Spelled(); text != "" {
			reportSpelled(p, path, text)
			return
		}
		node, in := path.Node, p.Module
		if part := checks.SecretPart(path.Value, path.Mark.Label, 0); part != nil {
			if m := p.Project.Module(part.Mod); m != nil && part.Node != nil {
				node, in = part.Node, m
			}
		} else if h := checks.HolderOf(path, path.Mark.Label); h != nil {
			node = h
		}
		r := checks.Report{Node: node, In: in, Path: path}
		if e, ok := node.(ast.Expr); ok {
			r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(true, "leave the secret out of the prompt", checks.Redacted(there, e))
			})
		}
		p.Report(r)
	},
}

// withoutSecret puts a constant in the place of the part of a text that is the secret, or of
// the whole expression.
func withoutSecret(p *checks.Pass, path *checks.Path, e ast.Expr, literal, word string) []fix.Edit {
	if part := checks.SecretPart(path.Value, models.Secret, 0); part != nil {
		if x, ok := part.Node.(ast.Expr); ok && part.Mod == path.Mod {
			if ph, _ := checks.PlaceholderOf(p.Module, x); ph != nil {
				return []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: word}}
			}
			e = x
		}
	}
	return checks.Replace(p, e, literal)
}

// reportSpelled reports the literal that spells a secret out.
func reportSpelled(p *checks.Pass, path *checks.Path, text string) {
	for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
		if m.File == nil || !m.Mentions(text) {
			continue
		}
		var at *ast.StrPiece
		var in ast.Node
		ast.InspectFile(m.File, func(n ast.Node) bool {
			var pieces []*ast.StrPiece
			switch n := n.(type) {
			case *ast.Str:
				pieces = n.Pieces
			case *ast.JoinedStr:
				pieces = n.Pieces
			}
			for _, piece := range pieces {
				if at == nil && strings.Contains(m.Source.Slice(piece.Span), text) {
					at, in = piece, n
				}
			}
			return at == nil
		})
		if at == nil {
			continue
		}
		r := checks.Report{Node: checks.Command(at.Span), In: m, Path: path}
		if e, ok := in.(ast.Expr); ok && m == p.Module {
			r.Fix = checks.Fix(true, "leave the secret out of the prompt", fix.ReplaceInString(p.File, e, text, "[redacted]"))
		}
		p.Report(r)
		return
	}
	p.Report(checks.Report{Node: path.Node, Path: path})
}
