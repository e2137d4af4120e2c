package supplychain

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// noCommit is the commit that is to be filled in.
const noCommit = "0000000000000000000000000000000000000000"

// kernelLoaders compile or load native code of a path.
var kernelLoaders = []string{"torch.utils.cpp_extension.load", "torch.ops.load_library", "torch.classes.load_library"}

// movingKernel is PML6324.
var movingKernel = &checks.Rule{
	Spec: infoPML6324,
	On:   []string{"kernels.get_kernel", "kernels.utils.get_kernel"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.HasRest() {
			return
		}
		if v := c.Arg(2, "version"); v != nil && !v.Value.IsNone() {
			return
		}
		revision := c.Arg(1, "revision")
		if revision != nil && !movingRevision(c, revision) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: pinRevision(p, c, revision)})
	},
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || !c.Symbol.Is(kernelLoaders...) {
			return
		}
		d := m.Call()
		if checks.PinnedDownload(d) || checks.FetchedHere(d) || checks.CommitAddress(d) || checks.ToldDigest(d) || checks.CheckedOut(c) || givesDigest(d) {
			return
		}
		r := checks.Report{Node: c.Node, Path: path}
		if d != nil && checks.FromHub(d.Symbol) {
			r.Fix = pinDownload(p, d)
		} else if m.From() != models.ClonedRepository {
			r.Fix = expectKernel(p, c)
		} else {
			r.Fix = checkOut(p, path)
		}
		p.Report(r)
	},
}

// movingRevision reports whether a revision is known and names no commit.
func movingRevision(c *checks.Call, a *checks.Argument) bool {
	known := false
	for _, v := range c.Given(a.Value) {
		for _, v := range v.Alternatives() {
			if !v.IsConst() || checks.IsCommit(v) {
				return false
			}
			known = true
		}
	}
	return known
}

// givesDigest reports whether a download compares a digest by itself.
func givesDigest(c *checks.Call) bool {
	if c == nil {
		return false
	}
	for _, name := range [...]string{"hash_prefix", "known_hash", "sha256"} {
		if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
			return true
		}
	}
	a := c.Arg(2, "hash_prefix")
	return a != nil && c.Symbol.Is("torch.hub.download_url_to_file") && !a.Value.IsNone()
}

// pinRevision gives a call the commit that is to be filled in.
func pinRevision(p *checks.Pass, c *checks.Call, revision *checks.Argument) *fix.Fix {
	const message = "pin the commit that was looked at"
	if !p.Holds(c.Node) {
		return nil
	}
	if revision == nil {
		return checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "revision", `"`+noCommit+`"`))
	}
	if revision.Unpacked || revision.Node == nil || !p.Holds(revision.Node) {
		return nil
	}
	return checks.Fix(true, message, checks.Replace(p, revision.Node, `"`+noCommit+`"`))
}

// expectKernel refuses, before the one file that is loaded, what does not have the digest that is to be filled in.
func expectKernel(p *checks.Pass, c *checks.Call) *fix.Fix {
	a := c.Arg(0, "path")
	if c.Symbol.Is("torch.utils.cpp_extension.load") {
		a = c.Arg(1, "sources")
	}
	if a == nil || a.Node == nil || a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	file := a.Node
	if list, ok := file.(*ast.List); ok {
		if len(list.Elts) != 1 {
			return nil
		}
		file = list.Elts[0]
	} else if c.Symbol.Is("torch.utils.cpp_extension.load") {
		return nil // a list that is made elsewhere
	}
	stmt := p.StmtOf(c.Node)
	if stmt == nil || !checks.Repeatable(file) {
		return nil
	}
	sha, imports := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.InSection)
	guard := fix.InsertBefore(p.File, stmt,
		"if "+sha+"(open("+p.File.Text(file)+`, "rb").read()).hexdigest() != KERNEL_SHA256:`,
		`    raise ValueError("digest mismatch")`)
	return checks.Fix(true, "load only what has the expected digest", guard, imports, fix.AddConstant(p.File, `KERNEL_SHA256 = ""`, fix.Spaced))
}

// checkOut has the commit checked out that is to be filled in, right after a list of words has cloned a repository.
func checkOut(p *checks.Pass, path *checks.Path) *fix.Fix {
	for _, o := range path.Frame.Calls {
		if !o.Symbol.Is("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output") || len(o.Node.Args) == 0 || !p.Holds(o.Node) || o.Node.Pos() > path.Call.Node.Pos() {
			continue
		}
		words, ok := o.Node.Args[0].(*ast.List)
		if !ok || len(words.Elts) < 4 {
			continue
		}
		for _, cmd := range o.Commands() {
			name, args := cmd.Program()
			folder := words.Elts[len(words.Elts)-1]
			stmt, alone := p.StmtOf(o.Node).(*ast.ExprStmt)
			if name != "git" || len(args) < 3 || len(args) != len(words.Elts)-1 || args[0].Text != "clone" || strings.Contains(args[len(args)-1].Text, "://") || strings.HasPrefix(args[len(args)-2].Text, "-") ||
				!alone || stmt.Value != ast.Expr(o.Node) || !checks.Repeatable(folder) {
				continue
			}
			given := ""
			for _, k := range o.Node.Keywords {
				if k.Name == nil {
					return nil
				}
				given += ", " + p.File.Text(k)
			}
			return checks.Fix(true, "check out the commit that was looked at", fix.InsertAfter(p.File, stmt,
				p.File.Text(o.Node.Fn)+`(["git", "-C", `+p.File.Text(folder)+`, "checkout", "`+noCommit+`"]`+given+")"))
		}
	}
	return nil
}

// pinDownload gives a download of the Hub, which may stand in another file, the commit.
func pinDownload(p *checks.Pass, d *checks.Call) *fix.Fix {
	in := p.Project.Module(d.Frame.Module())
	if in == nil || !in.Holds(d.Node) {
		return nil
	}
	edits := fix.AddKeyword(in.File, d.Node, "revision", `"`+noCommit+`"`)
	if a := d.Arg(-1, "revision"); a != nil {
		if a.Unpacked || a.Node == nil || !in.Holds(a.Node) {
			return nil
		}
		edits = []fix.Edit{fix.ReplaceNode(in.File, a.Node, `"`+noCommit+`"`)}
	}
	return checks.Fix(true, "pin the commit that was looked at", p.InFile(in, edits))
}
