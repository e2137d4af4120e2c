package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/deceptive"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of literals whose characters are not what they look like.

// homoglyph is PML1105.
var homoglyph = literalCheck(infoPML1105, deceptive.LookAlike, "write the Latin letters")

// invisibleCharacter is PML1114.
var invisibleCharacter = literalCheck(infoPML1114, deceptive.Invisible, "delete the invisible characters")

// bidiControl is PML1115.
var bidiControl = literalCheck(infoPML1115, deceptive.Bidi, "delete the control characters")

// prompted are the places in which a model reads text.
var prompted = []checks.SinkKind{models.PromptSystem, models.PromptUser, models.PromptTemplate, models.PromptTool}

// literalCheck makes the check that looks for one kind of characters: in literals that reach
// a model, and in constants that are named as prompts.
func literalCheck(info *checks.Info, kind deceptive.Kind, remedy string) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: []checks.Label{models.Hidden},
		Into: prompted,
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			first := path.Trace.Steps()[0]
			if mod := p.Project.Module(first.Mod); mod != nil {
				reportLiteral(p, mod, first.Node, path, kind, remedy)
			}
		},
		Needs:    []string{"PROMPT", "Prompt", "prompt", "INSTRUCTION", "Instruction", "instruction", "SYSTEM", "System", "system"},
		NotASCII: true,
		OnModule: func(p *checks.Pass) {
			promptConstants(p.File, func(value ast.Expr) {
				ast.Inspect(value, func(n ast.Node) bool {
					reportLiteral(p, p.Module, n, nil, kind, remedy)
					return true
				})
			})
		},
	}
}

// promptConstants finds the values of variables that are named as prompts.
func promptConstants(file *ast.File, found func(ast.Expr)) {
	ast.InspectFile(file, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.Assign:
			if slices.ContainsFunc(s.Targets, namesPrompt) {
				found(s.Value)
			}
			return false
		case *ast.AnnAssign:
			if s.Value != nil && namesPrompt(s.Target) {
				found(s.Value)
			}
			return false
		case ast.Expr:
			return false
		}
		return true
	})
}

func namesPrompt(target ast.Expr) bool {
	n, ok := target.(*ast.Name)
	if !ok {
		return false
	}
	id := strings.ToUpper(n.Id)
	return strings.Contains(id, "PROMPT") || strings.Contains(id, "INSTRUCTION") || strings.Contains(id, "SYSTEM")
}

// stretch is a piece of a literal, to be reported at its own line.
type stretch struct{ ast.Span }

// Kind implements ast.Node.
func (stretch) Kind() ast.Kind { return ast.KindStr }

// reportLiteral reports a literal that holds characters of the kind and none of a worse one.
func reportLiteral(p *checks.Pass, mod *checks.Module, literal ast.Node, path *checks.Path, kind deceptive.Kind, remedy string) {
	chars := deceptiveChars(mod, literal)
	worse := slices.ContainsFunc(chars, func(c deceptive.Char) bool { return c.Kind < kind })
	first := slices.IndexFunc(chars, func(c deceptive.Char) bool { return c.Kind == kind })
	if worse || first < 0 || onPurpose(mod, literal) {
		return
	}
	at := ast.Span{Start: ast.Pos(chars[first].Start), End: ast.Pos(chars[first].End)}
	// All of them go: the fix must not leave a lesser defect of the same literal.
	var edits []fix.Edit
	for _, c := range chars {
		edits = append(edits, fix.Edit{Start: c.Start, End: c.End, New: c.Twin})
	}
	p.Report(checks.Report{
		Node: stretch{at}, In: mod, Path: path,
		Fix: checks.Fix(false, remedy, edits),
	})
}

// deceptiveChars finds the characters that stand raw in the source of a literal, with their
// places in the file.
func deceptiveChars(mod *checks.Module, literal ast.Node) []deceptive.Char {
	var list []*ast.StrPiece
	var holes []ast.Span
	switch n := literal.(type) {
	case *ast.Str:
		list = n.Pieces
	case *ast.JoinedStr:
		list = n.Pieces
		for _, v := range n.Values {
			if ph, ok := v.(*ast.Placeholder); ok {
				holes = append(holes, ph.Span)
			}
		}
	}
	var out []deceptive.Char
	for _, piece := range list {
		raw := strings.ContainsAny(piece.Prefix, "rR")
		for _, c := range deceptive.Find(mod.Source.Slice(piece.Span), !raw) {
			c.Start, c.End = c.Start+int(piece.Start), c.End+int(piece.Start)
			if !slices.ContainsFunc(holes, func(h ast.Span) bool { return int(h.Start) <= c.Start && c.End <= int(h.End) }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// onPurpose reports whether a literal holds such characters because it is about them: in
// collections of attacks, in what takes them out of text, in a table of letters.
func onPurpose(mod *checks.Module, literal ast.Node) bool {
	if namesAttack(mod.Path) {
		return true
	}
	around := mod.Around(literal)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if literal.Pos() > n.Fn.Stop() && takesCharacters(n) {
				return true
			}
		case *ast.List, *ast.Tuple, *ast.Set, *ast.Dict:
			if s, ok := literal.(*ast.Str); ok && len([]rune(s.Value)) <= 2 {
				return true
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if namesAttack(mod.File.Text(t)) {
					return true
				}
			}
		case *ast.FunctionDef:
			if namesAttack(n.Name.Id) {
				return true
			}
		case *ast.ClassDef:
			if namesAttack(n.Name.Id) {
				return true
			}
		}
	}
	return false
}

// namesAttack reports whether a name says that what it names is an attack or a collection of
// such characters.
func namesAttack(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"homoglyph", "confusable", "attack", "payload", "adversarial", "jailbreak", "redteam", "red_team", "garak"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// takesCharacters reports whether a call takes text to look for or to replace.
func takesCharacters(c *ast.Call) bool {
	name := ""
	switch fn := c.Fn.(type) {
	case *ast.Attribute:
		name = fn.Attr.Id
	case *ast.Name:
		name = fn.Id
	}
	switch name {
	case "replace", "translate", "maketrans", "strip", "lstrip", "rstrip", "compile", "sub", "subn", "match", "search", "fullmatch", "findall", "finditer", "split":
		return true
	}
	return false
}
