package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/shell"
)

// checkpointUnpickled is PML4121.
var checkpointUnpickled = &checks.Rule{
	Spec:  infoPML4121,
	From:  []checks.Label{models.Web},
	Into:  []checks.SinkKind{models.Deserialize},
	Knows: append([]string{"gdown.{download,cached_download}", "torch.save", "torch.serialization.save", "joblib.dump", "builtins.open"}, slices.Concat(shellCalls, unpicklers)...),
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		from := path.Mark.Call()
		if p.Notebook == nil || path.Call == nil || from == nil || !path.Call.Symbol.Is(unpicklers...) || !downloads(p, from) {
			return
		}
		c := path.Call
		if tensorsOnly(p, c) || checks.Judged(p, path, "hexdigest", "digest", "sha256", "md5", "checksum", "verify") || comparesDigest(p, from.Node, c.Node) {
			return
		}
		if checks.JustWritten(c, checks.At{Pos: 0, Name: "f"}, checks.At{Pos: 1, Name: "f"}, "torch.save", "torch.serialization.save") ||
			checks.JustWritten(c, checks.At{Pos: 0, Name: "filename"}, checks.At{Pos: 1, Name: "filename"}, "joblib.dump") {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: loadChecked(p, c)})
	},
}

// unpicklers are the calls that run what a file holds.
var unpicklers = []string{
	"torch.load", "torch.serialization.load", "joblib.load", "joblib.numpy_pickle.load", "sklearn.externals.joblib.load",
	"pickle.load", "_pickle.load", "dill.load", "cloudpickle.load", "pandas.read_pickle", "pandas.io.pickle.read_pickle", "numpy.load",
}

// downloads reports whether a call is a shell line of a notebook, or a call of gdown, that fetches a
// file whose address names no commit.
func downloads(p *checks.Pass, c *checks.Call) bool {
	if c.Symbol.Is("gdown.download", "gdown.cached_download") {
		return true
	}
	if !c.Symbol.Under(models.ShellInstance) && !c.Symbol.Under("IPython") {
		return false
	}
	for _, cmd := range c.Commands() {
		for _, w := range cmd.Words {
			if strings.Contains(w.Text, "://") && slices.ContainsFunc(strings.Split(w.Text, "/"), checks.IsCommitHash) {
				return false
			}
		}
	}
	return true
}

// tensorsOnly reports whether a load runs nothing: torch.load with weights_only, or one of a torch
// that has it by default.
func tensorsOnly(p *checks.Pass, c *checks.Call) bool {
	if !c.Symbol.Is("torch.load", "torch.serialization.load") {
		return false
	}
	a := c.Arg(-1, "weights_only")
	if a == nil || a.Value.IsNone() {
		return c.HasRest() || p.Project.Requirements.AtLeast("torch", "2.6", p.Path)
	}
	return !checks.Off(a.Value)
}

// comparesDigest reports whether a shell line between two places compares digests of files.
func comparesDigest(p *checks.Pass, from, to ast.Node) bool {
	for _, t := range shellTexts(p.Notebook) {
		if t.start < int(from.Pos()) || t.start > int(to.Pos()) {
			continue
		}
		for _, c := range shell.Parse(t.text) {
			if shell.VerifiesDigest(c) {
				return true
			}
		}
	}
	return false
}

// loadChecked lets torch load tensors only and numpy plain arrays; what another loader reads has to have a digest, which is
// to be filled in.
func loadChecked(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !p.Holds(c.Node) {
		return nil
	}
	if c.Symbol.Is("torch.load", "torch.serialization.load") {
		if a := c.Arg(-1, "weights_only"); a != nil {
			return checks.SetConstant(p, c, a, "True")
		}
		return checks.Fix(true, "load tensors only: add weights_only=True", fix.AddKeyword(p.File, c.Node, "weights_only", "True"))
	}
	if a := c.Arg(2, "allow_pickle"); a != nil && c.Symbol.Is("numpy.load") {
		return checks.SetConstant(p, c, a, "False")
	}
	file, stmt := fileOf(p, c)
	if file == nil || stmt == nil {
		return nil
	}
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	digest, imports := fix.ReachFrom(p.File, stmt.Pos(), "hashlib.sha256", "import hashlib", fix.InOrder)
	return checks.Fix(true, "load only what has the digest that is published", imports,
		fix.InsertBefore(p.File, stmt, "if "+digest+"(open("+p.File.Text(file)+`, "rb").read()).hexdigest() != "`+zeros+`":`, `    raise ValueError("checkpoint digest")`))
}

// fileOf is the expression of the path of the file that a call loads, and the statement before which
// it can be read: that of the call, or the one that opens the file.
func fileOf(p *checks.Pass, c *checks.Call) (ast.Expr, ast.Stmt) {
	if len(c.Args) == 0 || c.Args[0].Node == nil {
		return nil, nil
	}
	at := c.Args[0].Node
	if opened := c.Args[0].Value.Origin(); opened != nil && opened.Symbol.Is("builtins.open") {
		if len(opened.Args) == 0 || opened.Frame != c.Frame {
			return nil, nil
		}
		at = opened.Args[0].Node
	} else if call, ok := at.(*ast.Call); ok && !slices.Contains([]string{"join", "joinpath", "Path", "str", "fspath", "abspath", "expanduser"}, checks.LastName(call.Fn)) {
		return nil, nil // only the name of a file is read twice
	}
	if at == nil || !p.Holds(at) {
		return nil, nil
	}
	return at, p.StmtOf(at)
}
