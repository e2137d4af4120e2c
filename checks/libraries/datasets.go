package libraries

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

const (
	graphDataset = "torch_geometric.data.Dataset"
	graphLoad    = "torch_geometric.io.fs.torch_load"
)

// downloadUnpickled is PML3406.
var downloadUnpickled = &checks.Rule{
	Spec:  infoPML3406,
	Knows: []string{graphDataset, "torch_geometric.data.download_url", "torch_geometric.data.download.download_url", "torch_geometric.data.download_google_url", "gdown.download", "hashlib.new"},
	On:    slices.Concat(checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath, []string{"torch.load", "torch.serialization.load", "numpy.load", graphLoad}),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := checks.LoadedArg(c)
		if a == nil || a.Node == nil || !runsCode(c) || !checks.GroupMentions(p, "torch_geometric") {
			return
		}
		class := rawFileOf(c.Frame, a.Node)
		if class == nil || !fetchesRaw(c.Frame, class) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: loadKnown(p, c, a)})
	},
}

// runsCode reports whether a loader runs the program in what it loads.
func runsCode(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("torch.load", "torch.serialization.load"):
		a := c.Arg(-1, "weights_only")
		return a != nil && checks.Off(a.Value)
	case c.Symbol.Is("numpy.load"):
		a := c.Arg(2, "allow_pickle")
		return a != nil && checks.On(a.Value)
	}
	return c.Symbol.Is(graphLoad) || checks.Unpickles(c) && !checks.Restricted(c)
}

// rawFileOf is the class of a graph data set of which an expression is a raw file, nil where it is none.
func rawFileOf(f *checks.Frame, e ast.Expr) *checks.ProjectClass {
	var class *checks.ProjectClass
	for in := range f.MadeOf(e) {
		if in.Param == nil || in.Frame == nil || len(in.Steps) == 0 || !isReceiver(in) {
			continue
		}
		of := in.Frame.Class()
		if of == nil || !of.Extends(graphDataset) {
			continue
		}
		property := "." + in.Frame.Function().Name // where a class says itself which folder that is
		switch {
		case strings.HasPrefix(in.Steps[0], ".raw_"), strings.HasPrefix(property, ".raw_"):
			class = of
		case strings.HasPrefix(in.Steps[0], ".processed_"), strings.HasPrefix(property, ".processed_"):
			return nil
		}
	}
	return class
}

// isReceiver reports whether an ingredient is the receiver of a method.
func isReceiver(in flow.Ingredient) bool {
	fn := in.Frame.Function()
	return fn != nil && fn.Class != nil && len(fn.Params.List) > 0 && fn.Params.List[0] == in.Param
}

// fetchesRaw reports whether the download method of a class fetches its files from elsewhere, and no method compares their
// digest.
func fetchesRaw(f *checks.Frame, class *checks.ProjectClass) bool {
	fetches := false
	for _, c := range class.Linear() {
		for name, method := range c.Methods {
			frame := f.AnalysisOf(method)
			if frame == nil {
				continue
			}
			for _, call := range within(frame, 2) {
				if comparesDigest(call) {
					return false
				}
				fetches = fetches || name == "download" && fetched(call)
			}
		}
	}
	return fetches
}

// within lists the calls of a function, and of those of the project that it calls.
func within(f *checks.Frame, depth int) []*checks.Call {
	out := slices.Clone(f.Calls)
	if depth > 0 {
		for _, c := range f.Calls {
			for _, g := range c.Enters() {
				if g != f {
					out = append(out, within(g, depth-1)...)
				}
			}
		}
	}
	return out
}

// fetched reports whether a call downloads a file that can be another one tomorrow.
func fetched(c *checks.Call) bool {
	switch {
	case checks.FromHub(c.Symbol):
		return !checks.PinnedDownload(c)
	case c.Symbol.Is("torch_geometric.data.download_url", "torch_geometric.data.download.download_url", "torch_geometric.data.download_google_url", "gdown.download"), checks.Fetches(c):
		return !checks.FetchedHere(c) && !checks.CommitAddress(c)
	}
	return slices.ContainsFunc(c.Commands(), func(cmd checks.ShellCommand) bool {
		name, _ := cmd.Program()
		return name == "wget" || name == "curl" || name == "gdown"
	})
}

// comparesDigest reports whether a call computes or compares a digest.
func comparesDigest(c *checks.Call) bool {
	name := strings.ToLower(checks.LastName(c.Node.Fn))
	return c.Symbol.Under("hashlib") || c.Symbol.Under("pooch") || slices.ContainsFunc([]string{"md5", "sha1", "sha256", "sha512", "digest", "checksum", "integrity"}, func(w string) bool { return strings.Contains(name, w) }) ||
		c.Arg(-1, "md5") != nil || c.Arg(-1, "known_hash") != nil
}

// loadKnown loads tensors only, or a file of which the class knows the digest.
func loadKnown(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if c.Partial || !p.Holds(c.Node) {
		return nil
	}
	if c.Symbol.Is("torch.load", "torch.serialization.load") {
		return checks.ReadAsData(p, c)
	}
	class, _, self := checks.MethodClass(c.Frame)
	e := a.Node
	if o := a.Value.Origin(); o != nil && a.Value.OpenFile() && o.Frame == c.Frame {
		if file := o.Arg(0, "file"); file != nil && file.Node != nil && o.Symbol.Is("builtins.open", "io.open") {
			e = file.Node
		}
	} else if a.Value.OpenFile() {
		return nil
	}
	stmt := p.StmtOf(c.Node)
	if class == nil || self == "" || stmt == nil || !p.Holds(e) || !checks.Repeatable(e) || c.Symbol.Is(checks.UnpickleBytes...) || len(class.Node.Body) == 0 || !p.Holds(class.Node) {
		return nil
	}
	if a.Node == e && !checks.KnownBefore(p.Module, e, stmt) {
		return nil
	}
	first := class.Node.Body[0]
	if doc, ok := first.(*ast.ExprStmt); ok && len(class.Node.Body) > 1 {
		if _, text := doc.Value.(*ast.Str); text {
			first = class.Node.Body[1]
		}
	}
	sha, imports := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport)
	return checks.Fix(true, "load only the file whose digest is known",
		fix.InsertBefore(p.File, stmt, "if "+sha+"(open("+p.File.Text(e)+`, "rb").read()).hexdigest() != `+self+".raw_sha256:", `    raise ValueError("raw file does not match its digest")`),
		fix.InsertBefore(p.File, first, `raw_sha256 = ""`), imports)
}
