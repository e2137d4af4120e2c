package generative

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// audioAddress is PML5120.
var audioAddress = &checks.Rule{
	Spec: infoPML5120,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteAudio || path.Mark.Clean.Has(models.Path) || !checks.MayBeText(path.Value) || readFrom(path) {
			return
		}
		if path.Call.Symbol.Is("ffmpeg.input") && !checks.Transcribes(path.Call.Frame) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, In: p.Project.Module(path.Call.Frame.Module()), Path: path, Fix: onlyFrom(p, path)})
	},
}

// readFrom reports whether what arrives was read out of what was sent, or is a file that was.
func readFrom(path *checks.Path) bool {
	if checks.ReadsBytes(path) {
		return true
	}
	files := map[ast.Node]bool{}
	ast.InspectStmts(checks.BodyOf(path.Call.Frame), func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok && (at.Attr.Id == "file" || at.Attr.Id == "stream") {
			files[at] = true
		}
		return true
	})
	e, ok := path.Node.(ast.Expr)
	return ok && len(files) > 0 && madeFrom(path.Call.Frame, e, files)
}

const mediaHosts = "ALLOWED_MEDIA_HOSTS"

// onlyFrom refuses addresses whose host is not on a list.
func onlyFrom(p *checks.Pass, path *checks.Path) *fix.Fix {
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) || !p.Holds(path.Call.Node) {
		return nil
	}
	s := p.StmtOf(path.Call.Node)
	if s == nil || inExpressionScope(p, e) {
		return nil
	}
	parse, imports := fix.Reach(p.File, "urllib.parse.urlparse", "import urllib.parse", fix.BeforeFirstImport)
	var constant []fix.Edit
	if !p.Defines(mediaHosts) {
		constant = fix.AddConstant(p.File, mediaHosts+": frozenset[str] = frozenset()", fix.Tight)
	}
	guard := fix.InsertBefore(p.File, s,
		"if "+parse+"("+p.File.Text(e)+").hostname not in "+mediaHosts+":",
		`    raise ValueError("media host not allowed")`)
	return checks.Fix(true, "open media of known hosts only", imports, constant, guard)
}

// inExpressionScope reports whether an expression stands in a comprehension or lambda, whose
// names a statement before it does not know.
func inExpressionScope(p *checks.Pass, e ast.Expr) bool {
	for _, n := range p.Around(e) {
		switch n.(type) {
		case *ast.Comp, *ast.Lambda:
			return true
		}
	}
	return false
}
