package serialization

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// torchLoad is PML1201.
var torchLoad = &checks.Rule{
	Spec: infoPML1201,
	On: []string{
		"torch.load", "torch.serialization.load",
		"{lightning.pytorch,lightning,pytorch_lightning}.LightningModule.load_from_checkpoint",
		"functools.partial",
	},
	Knows: []string{"torch.save", "torch.serialization.save", "io.BytesIO()", "io.BytesIO().{getvalue,getbuffer,read}()", "huggingface_hub.hf_hub_download()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("functools.partial") {
			if f := c.Arg(0, ""); f != nil && f.Value.Is("torch.load", "torch.serialization.load") && !patchesLoad(p, c) {
				if a := c.Arg(-1, "weights_only"); a != nil && checks.Off(a.Value) {
					p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, "True")})
				}
			}
			return
		}
		a := c.Arg(-1, "weights_only")
		switch {
		case a != nil && checks.Off(a.Value):
			if c.Partial && a.Unpacked {
				return // reported where functools.partial is told so
			}
		case !c.Symbol.Is("torch.load", "torch.serialization.load"):
			return
		case a == nil && c.HasRest(), a != nil && !a.Value.IsNone():
			return
		case p.Project.Requirements.AtLeast("torch", "2.6", p.Path), forOldTorch(p, c):
			return
		}
		if ownPickleModule(c) || checks.JustWritten(c, checks.At{Pos: 0, Name: "f"}, checks.At{Pos: 1, Name: "f"}, "torch.save", "torch.serialization.save") || unpinnedDownload(c) {
			return
		}
		f := checks.Fix(false, "load tensors only: add weights_only=True", fix.AddKeyword(p.File, c.Node, "weights_only", "True"))
		if a != nil {
			f = checks.SetConstant(p, c, a, "True")
		}
		p.Report(checks.Report{Node: c.Node, Fix: f})
	},
}

// forOldTorch reports whether the load is what an old torch gets that does not know
// weights_only: in the handler of a TypeError or ValueError of a load that gives it, or in the
// other branch of a test of the version.
func forOldTorch(p *checks.Pass, c *checks.Call) bool {
	around := p.Around(c.Node)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.FunctionDef, *ast.Lambda, *ast.ClassDef:
			return false
		case *ast.Try:
			for _, h := range n.Handlers {
				if h.Range().Contains(c.Node.Range()) && refusesKeyword(h.Type) && loadsTensors(c, n.Body) {
					return true
				}
			}
		case *ast.If:
			other := n.Body
			if n.Test.Range().Contains(c.Node.Range()) || checks.InBlock(n.Body, c.Node) {
				other = n.Orelse
			}
			test := p.File.Text(n.Test)
			if (strings.Contains(strings.ToLower(test), "version") || strings.Contains(test, "weights_only")) && loadsTensors(c, other) {
				return true
			}
		case *ast.IfExp:
			test := p.File.Text(n.Test)
			other := n.Body
			if n.Body.Range().Contains(c.Node.Range()) {
				other = n.Orelse
			}
			if strings.Contains(strings.ToLower(test), "version") && holdsLoad(c, other.Range()) {
				return true
			}
		}
	}
	return false
}

// refusesKeyword reports whether a handler catches what a call raises whose keyword is not
// known.
func refusesKeyword(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Name:
		return e.Id == "TypeError" || e.Id == "ValueError"
	case *ast.Tuple:
		for _, x := range e.Elts {
			if refusesKeyword(x) {
				return true
			}
		}
	}
	return false
}

// loadsTensors reports whether statements load with weights_only, given as True or as an
// option of the caller's.
func loadsTensors(c *checks.Call, body []ast.Stmt) bool {
	for _, s := range body {
		if holdsLoad(c, s.Range()) {
			return true
		}
	}
	return false
}

func holdsLoad(c *checks.Call, in ast.Span) bool {
	for _, o := range c.Frame.Calls {
		if in.Contains(o.Node.Range()) && o.Symbol.Is("torch.load", "torch.serialization.load") {
			if a := o.Arg(-1, "weights_only"); a != nil && (checks.On(a.Value) || !a.Value.IsConst()) {
				return true
			}
		}
	}
	return false
}

// patchesLoad reports whether the call is assigned to torch.load itself, which is PML1202.
func patchesLoad(p *checks.Pass, c *checks.Call) bool {
	s, ok := p.StmtOf(c.Node).(*ast.Assign)
	if !ok || s.Value != ast.Expr(c.Node) {
		return false
	}
	for _, t := range s.Targets {
		if a, ok := t.(*ast.Attribute); ok && a.Attr.Id == "load" {
			return true
		}
	}
	return false
}

// ownPickleModule reports whether a pickle_module of the project's own is given.
func ownPickleModule(c *checks.Call) bool {
	a := c.Arg(2, "pickle_module")
	return a != nil && !a.Value.IsNone() && a.Value.Symbol() == nil && !a.Value.IsConst()
}

// unpinnedDownload reports whether the file is a download of the Hub's moving head in the
// same expression, which PML1239 reports.
func unpinnedDownload(c *checks.Call) bool {
	a := c.Arg(0, "f")
	if a == nil || !a.Value.Is("huggingface_hub.hf_hub_download()") {
		return false
	}
	call, ok := a.Node.(*ast.Call)
	o := a.Value.Origin()
	if !ok || o == nil || o.Node != call {
		return false
	}
	r := o.Arg(-1, "revision")
	return r == nil || !checks.IsCommit(r.Value)
}

// digestUnchecked is PML1203.
var digestUnchecked = &checks.Rule{
	Spec: infoPML1203,
	On: []string{
		"torch.hub.{load_state_dict_from_url,download_url_to_file}", "torch.utils.model_zoo.load_url",
		"torchvision.models.utils.load_state_dict_from_url", "torchvision._internally_replaced_utils.load_state_dict_from_url",
	},
	Knows: []string{"hashlib.**"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		arg := c.Arg(0, "url")
		if arg == nil || c.HasRest() || hashesHere(c) {
			return
		}
		address := arg.Value
		if d := address.Default(); d != nil {
			address = d
		}
		digests, trusted, ok := urlDigests(address)
		if !ok {
			return
		}
		toFile := c.Symbol.Is("torch.hub.download_url_to_file")
		pos, name := 4, "check_hash"
		if toFile {
			pos, name = 2, "hash_prefix"
		}
		check := c.Arg(pos, name)
		if check != nil && !check.Value.IsFalse() && !check.Value.IsNone() {
			return
		}
		value := "True"
		if toFile {
			if len(digests) > 1 || address != arg.Value {
				p.Report(checks.Report{Node: c.Node})
				return
			}
			value = `"` + digests[0] + `"`
		}
		edits := fix.AddKeyword(p.File, c.Node, name, value)
		if check != nil {
			edits = nil
			if k, ok := check.Node.(*ast.Constant); ok {
				edits = checks.Replace(p, k, value)
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(!trusted, "compare the digest in the file name: "+name+"="+value, edits)})
	},
}

// hashesHere reports whether the function compares a digest itself.
func hashesHere(c *checks.Call) bool {
	for _, o := range c.Frame.Calls {
		if o.Symbol.Under("hashlib") || o.Method == "hexdigest" {
			return true
		}
	}
	return false
}

var digestInName = regexp.MustCompile(`-([0-9a-f]{8,64})\.`)

// urlDigests reads the digest out of each URL that a value can be. trusted is set when all
// hosts name their files by SHA-256.
func urlDigests(v *checks.Value) (digests []string, trusted, ok bool) {
	trusted = true
	for _, a := range v.Alternatives() {
		t, isText := a.Text()
		if !isText {
			return nil, false, false
		}
		u, err := url.Parse(t)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Scheme == "http" && !ownHost(u.Host) {
			return nil, false, false
		}
		m := digestInName.FindStringSubmatch(path.Base(u.Path))
		if m == nil || isDate(m[1]) {
			return nil, false, false
		}
		trusted = trusted && ownHost(u.Host)
		digests = append(digests, m[1])
	}
	return digests, trusted, len(digests) > 0
}

func ownHost(host string) bool {
	return host == "download.pytorch.org" || host == "download.openmmlab.com"
}

// isDate tells an eight-digit date from a digest.
func isDate(s string) bool {
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	month, day := s[4:6], s[6:8]
	return (s[:2] == "19" || s[:2] == "20") && month >= "01" && month <= "12" && day >= "01" && day <= "31"
}

// zooTrust is PML1215.
var zooTrust = &checks.Rule{
	Spec: infoPML1215,
	On:   []string{"torch.hub.{load,list,help}", "onnx.hub.load"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("onnx.hub.load") {
			silent, repo := c.Arg(4, "silent"), c.Arg(1, "repo")
			if silent == nil || repo == nil || !silent.Value.IsTrue() {
				return
			}
			if t, ok := repo.Value.Text(); ok && !strings.HasPrefix(t, "onnx/models") {
				p.Report(checks.Report{Node: checks.ArgNode(c, silent), Fix: checks.Fix(true, "ask before trusting the repository: delete silent=True", checks.RemoveArg(p, c, silent))})
			}
			return
		}
		if s := c.Arg(-1, "source"); s != nil {
			if t, ok := s.Value.Text(); ok && t == "local" {
				return
			}
		}
		if a := c.Arg(-1, "skip_validation"); a != nil && a.Value.IsTrue() {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "let the ref be checked: delete skip_validation=True", checks.RemoveArg(p, c, a))})
			return
		}
		repo, trust := c.Arg(0, "repo_or_dir"), c.Arg(-1, "trust_repo")
		if repo == nil {
			repo = c.Arg(0, "github")
		}
		if repo == nil || trust == nil || !trust.Value.IsTrue() {
			return
		}
		if t, ok := repo.Value.Text(); ok && movingRepo(t) {
			var edits []fix.Edit
			if k, ok := checks.ConstantNode(p, trust).(*ast.Constant); ok {
				edits = checks.Replace(p, k, `"check"`)
			}
			p.Report(checks.Report{Node: checks.ArgNode(c, trust), Fix: checks.Fix(true, `ask before trusting the repository: trust_repo="check"`, edits)})
		}
	},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !path.Call.Symbol.Is("torch.hub.load", "onnx.hub.load") {
			return
		}
		if s := path.Call.Arg(-1, "source"); s != nil {
			if t, ok := s.Value.Text(); ok && t == "local" {
				return
			}
		}
		if repo := path.Call.Arg(1, "repo"); path.Call.Symbol.Is("onnx.hub.load") && (repo == nil || ast.Node(repo.Node) != path.Node) {
			return // which of the repository's models it is
		}
		var edits [][]fix.Edit
		if stmt := p.StmtOf(path.Node); stmt != nil && !checks.RunsLater(p.Module, path.Node, stmt) {
			repo := p.File.Text(path.Node)
			edits = append(edits,
				fix.InsertBefore(p.File, stmt, "if "+repo+" not in TRUSTED_REPOS:", `    raise ValueError("repository is not trusted")`),
				fix.AddConstant(p.File, "TRUSTED_REPOS = frozenset()", fix.Tight))
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Message: "A request chooses the model zoo repository whose code runs", Fix: checks.Fix(true, "load from trusted repositories only", edits...)})
	},
}

// movingRepo reports whether "owner/name" or "owner/name:ref" names code that its owner, not
// PyTorch's, can change.
func movingRepo(repo string) bool {
	name, ref, pinned := strings.Cut(repo, ":")
	owner, _, ok := strings.Cut(name, "/")
	if !ok || owner == "pytorch" {
		return false
	}
	switch ref {
	case "main", "master", "develop", "dev":
		return true
	}
	return !pinned
}
