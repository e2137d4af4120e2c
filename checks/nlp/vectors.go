package nlp

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// unpickledVectors is PML3228.
var unpickledVectors = &checks.Rule{
	Spec: infoPML3228,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !c.Symbol.Under("gensim") || path.Value.OpenFile() {
			return
		}
		if !path.Mark.InFile() {
			switch {
			case path.Mark.Label == models.Web:
				if made := path.Mark.Call(); checks.FetchedHere(made) || checks.PinnedDownload(made) {
					return
				}
			case path.Mark.Clean.Has(models.Path) || checks.OneSegment(path) || checks.LookedUp(p, path):
				return
			}
			if checks.OnlyMadeOf(path) || checks.Vetted(p, path, checks.AboutPaths) {
				return
			}
		} else if checks.FetchedHere(path.Mark.Call()) || checks.ToldDigest(path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: vectorsOnly(p, path)})
	},
}

// vectorsOnly reads vectors in the format of word2vec where a class of word vectors is loaded, and only files that are
// known where it is something else.
func vectorsOnly(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	a := c.Arg(0, "fname")
	if !p.Holds(c.Node) || c.Partial || a == nil || a.Unpacked || a.Node == nil {
		return nil
	}
	name := c.Symbol.String()
	wordVectors := false
	for _, class := range [...]string{"Word2Vec", "KeyedVectors", "FastText", "Word2VecKeyedVectors", "FastTextKeyedVectors"} {
		wordVectors = wordVectors || strings.HasSuffix(name, "."+class+".load")
	}
	if !wordVectors {
		return checks.AllowDigest(p, path, a.Node, false, "ALLOWED_FILES", "file not allowed")
	}
	load, imports := fix.Reach(p.File, "gensim.models.KeyedVectors.load_word2vec_format", "import gensim", fix.InSection)
	edits := checks.Replace(p, c.Node, load+"("+p.File.Text(a.Node)+")")
	around := p.Around(c.Node)
	if len(around) > 1 {
		switch n := around[len(around)-2].(type) {
		case *ast.Attribute:
			if n.Attr.Id == "wv" {
				edits = checks.Replace(p, n, load+"("+p.File.Text(a.Node)+")")
			}
		case *ast.Assign:
			if len(n.Targets) == 1 {
				edits = append(edits, withoutWV(p, c, n.Targets[0])...)
			}
		}
	}
	return checks.Fix(true, "read vectors in the format of word2vec", edits, imports)
}

// withoutWV drops the attribute of a model that holds its vectors where the name is that of the vectors themselves.
func withoutWV(p *checks.Pass, c *checks.Call, target ast.Expr) []fix.Edit {
	text := p.File.Text(target)
	var edits []fix.Edit
	body := checks.BodyOf(c.Frame)
	if _, attribute := target.(*ast.Attribute); attribute || c.Frame.Function() == nil {
		body = p.File.Body
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && a.Attr.Id == "wv" && p.File.Text(a.Value) == text {
			edits = append(edits, checks.Replace(p, a, text)...)
			return false
		}
		return true
	})
	return edits
}
