package supplychain

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// fetches are the calls that download a file, or a model.
var fetches = []string{
	"urllib.request.{urlretrieve,urlopen}", "urllib.{urlretrieve,urlopen}", "six.moves.urllib.request.{urlretrieve,urlopen}",
	"requests.{get,request}", "requests.{Session,session}().{get,request}", "httpx.{get,stream}", "httpx.Client().{get,stream}",
	"wget.download", "gdown.{download,cached_download,download_folder}",
	"huggingface_hub.{hf_hub_download,snapshot_download}", "huggingface_hub.HfApi().{hf_hub_download,snapshot_download}",
	"transformers.*.from_pretrained", "diffusers.*.from_pretrained", "sentence_transformers.SentenceTransformer",
	"nltk.download", "nltk.downloader.download", "spacy.cli.download", "spacy.cli.download.download",
	"torch.hub.{load,download_url_to_file,load_state_dict_from_url}", "git.Repo.clone_from",
}

// setupDownload is PML6322.
var setupDownload = &checks.Rule{
	Spec:  infoPML6322,
	Knows: []string{"{setuptools,distutils}.**", "hashlib.*", "atexit.register"},
	On:    slices.Concat(fetches, runners),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !mayInstall(p) || !downloads(c) {
			return
		}
		i := installation{p: p, seen: map[*checks.Frame]bool{}}
		if !i.runs(c.Frame) || i.compares {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: withoutDownload(p, c)})
	},
}

// mayInstall reports whether one of the files that are analysed together may be part of an installation.
func mayInstall(p *checks.Pass) bool {
	return checks.OfGroup(p, "PML6322: installs", func() bool {
		return slices.ContainsFunc(append([]*checks.Module{p.Module}, p.Connected()...), func(m *checks.Module) bool {
			return path.Base(m.Path) == "setup.py" || slices.ContainsFunc(commandBases, func(base string) bool { return m.Mentions(strings.TrimSuffix(base, ".")) })
		})
	})
}

// downloads reports whether a call fetches something that may be another thing the next day.
func downloads(c *checks.Call) bool {
	if checks.PinnedDownload(c) || checks.FetchedHere(c) || checks.CommitAddress(c) || checks.ToldDigest(c) || checks.CheckedOut(c) || givesDigest(c) {
		return false
	}
	if len(c.Dangerous(models.Shell)) > 0 {
		return slices.ContainsFunc(c.Commands(), commandDownloads)
	}
	for _, name := range [...]string{"revision", "code_revision"} {
		if a := c.Arg(-1, name); a != nil && (checks.IsCommit(a.Value) || !a.Value.IsConst()) {
			return false
		}
	}
	if a := c.Arg(-1, "local_files_only"); a != nil && checks.On(a.Value) {
		return false
	}
	if len(c.Args) == 0 {
		return true
	}
	text, ok := c.Args[0].Value.Text()
	if !ok {
		return true
	}
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "file:") {
		return false
	}
	if c.Symbol.Is("torch.hub.load") {
		_, ref, _ := strings.Cut(text, ":")
		return !checks.IsCommitHash(ref)
	}
	return !tellsOnly(text)
}

// tellsOnly reports whether an address is that of a description, a version or a licence, which is no
// part of what runs.
func tellsOnly(url string) bool {
	url, _, _ = strings.Cut(url, "?")
	base := strings.ToLower(path.Base(url))
	return strings.HasPrefix(base, "readme") || strings.HasPrefix(base, "version") || strings.HasPrefix(base, "license") || strings.HasPrefix(base, "changelog") || strings.HasSuffix(base, ".md") || strings.HasSuffix(base, ".rst") ||
		strings.Contains(url, "pypi.org/pypi/") || strings.Contains(url, "://api.github.com/")
}

// commandDownloads reports whether a command downloads files, a repository or a model.
func commandDownloads(cmd checks.ShellCommand) bool {
	name, args := cmd.Program()
	has := func(words ...string) bool {
		return slices.ContainsFunc(args, func(w checks.ShellWord) bool { return slices.Contains(words, w.Text) })
	}
	if slices.ContainsFunc(args, func(w checks.ShellWord) bool { return checks.IsCommitHash(w.Text) }) {
		return false
	}
	switch name {
	case "curl", "wget", "aria2c":
		return slices.ContainsFunc(args, func(w checks.ShellWord) bool {
			return strings.Contains(w.Text, "://") && !tellsOnly(w.Text) || !w.Known && !strings.HasPrefix(w.Text, "-")
		})
	case "git":
		return has("clone")
	case "spacy", "huggingface-cli", "hf", "kaggle", "gsutil":
		return has("download", "cp")
	case "nltk.downloader", "gdown":
		return true
	}
	return false
}

// commandBases are the packages whose classes are commands of setup(), commandNames those that run
// while a package is installed.
var (
	commandBases = []string{"setuptools.", "distutils.", "wheel.", "torch.utils.cpp_extension.", "pybind11.setup_helpers."}
	commandNames = []string{"install", "develop", "build", "build_py", "build_ext", "build_clib", "egg_info", "bdist_wheel", "bdist_egg", "install_lib", "install_data", "install_scripts", "editable_wheel", "dist_info"}
)

// installation follows callers up to what runs when the package is installed.
type installation struct {
	p    *checks.Pass
	seen map[*checks.Frame]bool
	// compares is set where a function on the way compares a digest.
	compares bool
}

// maxCallers bounds the functions that are followed.
const maxCallers = 60

// runs reports whether a frame's code runs when the package is installed.
func (i *installation) runs(f *checks.Frame) bool {
	if f == nil || i.seen[f] || len(i.seen) > maxCallers {
		return false
	}
	i.seen[f] = true
	if comparesDigest(f) {
		i.compares = true
	}
	m := i.p.Project.Module(f.Module())
	if m == nil {
		return false
	}
	fn := f.Function()
	if fn == nil {
		return slices.Contains(setups(i.p), m) || i.importedBySetup(m)
	}
	if class := f.Class(); class != nil && f.Outer() != nil && f.Outer().Function() == nil {
		switch fn.Name {
		case "run", "finalize_options", "initialize_options", "__init__", "build_extension", "build_extensions", "build_module":
			if i.isCommand(class) {
				return true
			}
		}
	}
	for _, c := range f.Callers() {
		if i.runs(c.Frame) {
			return true
		}
	}
	for _, o := range f.Beside() {
		for _, c := range o.Calls {
			if c.Symbol.Is("atexit.register") && len(c.Args) > 0 && c.Args[0].Value.Function() == fn && i.runs(o) {
				return true
			}
		}
	}
	return false
}

// isSetup reports whether a file is a setup script: by its name, or because it calls setup().
func isSetup(m *checks.Module) bool {
	if path.Base(m.Path) == "setup.py" {
		return true
	}
	if m.File == nil || !m.Mentions("setuptools") && !m.Mentions("distutils") {
		return false
	}
	found := false
	ast.InspectFile(m.File, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			switch fn := c.Fn.(type) {
			case *ast.Name:
				found = found || fn.Id == "setup" && m.Imports("setup")
			case *ast.Attribute:
				of, name := fn.Value.(*ast.Name)
				found = found || fn.Attr.Id == "setup" && name && m.Imports(of.Id) && m.Mentions("import "+"setuptools")
			}
		}
		return !found
	})
	return found
}

// setups lists the setup scripts among the files that are analysed together.
func setups(p *checks.Pass) []*checks.Module {
	return checks.OfGroup(p, "PML6322: setup scripts", func() []*checks.Module {
		var out []*checks.Module
		for _, m := range append([]*checks.Module{p.Module}, p.Connected()...) {
			if isSetup(m) && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
		return out
	})
}

// importedBySetup reports whether the setup script beside a file imports it.
func (i *installation) importedBySetup(m *checks.Module) bool {
	for _, s := range setups(i.p) {
		if s != m && path.Dir(s.Path) == path.Dir(m.Path) && s.Imports(strings.TrimSuffix(path.Base(m.Path), ".py")) {
			return true
		}
	}
	return false
}

// isCommand reports whether a class is a command that setup() runs while the package is installed.
func (i *installation) isCommand(class *checks.ProjectClass) bool {
	if !slices.ContainsFunc(class.Linear(), derivesFromCommand) {
		return false
	}
	for _, m := range i.p.Connected() {
		if m.File == nil {
			continue
		}
		for _, name := range registeredAs(m.File, class.Name) {
			if slices.Contains(commandNames, name) || i.invoked(name) {
				return true
			}
		}
	}
	return false
}

// derivesFromCommand reports whether a base of a class is one of setuptools' commands.
func derivesFromCommand(class *checks.ProjectClass) bool {
	return slices.ContainsFunc(class.Bases, func(b *checks.Value) bool {
		return slices.ContainsFunc(commandBases, func(prefix string) bool { return strings.HasPrefix(b.Name(), prefix) })
	})
}

// registeredAs are the names that displays and calls give a class: {"install": C}, dict(install=C),
// commands["install"] = C.
func registeredAs(file *ast.File, class string) []string {
	var out []string
	is := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Name:
			return e.Id == class
		case *ast.Attribute:
			return e.Attr.Id == class
		}
		return false
	}
	ast.InspectFile(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Dict:
			for i, k := range n.Keys {
				if s, ok := k.(*ast.Str); ok && is(n.Values[i]) {
					out = append(out, s.Value)
				}
			}
		case *ast.Keyword:
			if n.Name != nil && is(n.Value) {
				out = append(out, n.Name.Id)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if s, ok := t.(*ast.Subscript); ok && is(n.Value) {
					if k, ok := s.Index.(*ast.Str); ok {
						out = append(out, k.Value)
					}
				}
			}
		}
		return true
	})
	return out
}

// invoked reports whether another command runs the one of a name.
func (i *installation) invoked(name string) bool {
	found := false
	for _, m := range i.p.Connected() {
		if m.File == nil || !m.Mentions("run_command") {
			continue
		}
		ast.InspectFile(m.File, func(n ast.Node) bool {
			if c, ok := n.(*ast.Call); ok && len(c.Args) > 0 {
				fn, method := c.Fn.(*ast.Attribute)
				s, text := c.Args[0].(*ast.Str)
				found = found || method && text && fn.Attr.Id == "run_command" && s.Value == name
			}
			return !found
		})
	}
	return found
}

// comparesDigest reports whether a function computes or compares a digest.
func comparesDigest(f *checks.Frame) bool {
	return slices.ContainsFunc(f.Calls, func(c *checks.Call) bool {
		if c.Symbol.Under("hashlib") || c.Method == "hexdigest" {
			return true
		}
		for _, cmd := range c.Commands() {
			if name, _ := cmd.Program(); strings.HasSuffix(name, "sum") || name == "gpg" {
				return true
			}
		}
		name := c.Method
		if fn := c.Callee.Function(); fn != nil {
			name = fn.Name
		}
		name = strings.ToLower(name)
		return slices.ContainsFunc([]string{"sha256", "sha512", "md5", "checksum", "digest", "verify_"}, func(w string) bool { return strings.Contains(name, w) })
	})
}

// withoutDownload deletes the statement of a download whose result nothing else needs.
func withoutDownload(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !p.Holds(c.Node) {
		return nil
	}
	stmt := p.StmtOf(c.Node)
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		for _, a := range c.Args {
			if name, ok := a.Node.(*ast.Name); ok && localFile(p, name) && usedAfter(p, name, s) {
				return nil
			}
		}
	case *ast.With:
		if len(s.Body) > 0 && c.Node.Pos() >= s.Body[0].Pos() {
			return nil
		}
	case *ast.Assign:
		for _, t := range s.Targets {
			if usedAfter(p, t, s) {
				return nil
			}
		}
	default:
		return nil
	}
	return checks.Fix(true, "fetch the file at its first use, with a pinned revision", fix.RemoveStmt(p.File, stmt))
}

// localFile reports whether a name is one of the function around it.
func localFile(p *checks.Pass, name *ast.Name) bool { return p.FunctionAround(name) != nil }

// usedAfter reports whether a name that a statement binds stands anywhere behind it.
func usedAfter(p *checks.Pass, target ast.Expr, stmt ast.Stmt) bool {
	used := false
	ast.Inspect(target, func(n ast.Node) bool {
		name, ok := n.(*ast.Name)
		if !ok {
			used = used || !plainTarget(n)
			return true
		}
		ast.InspectFile(p.File, func(o ast.Node) bool {
			if other, ok := o.(*ast.Name); ok && other.Id == name.Id && other.Pos() >= stmt.Stop() {
				used = true
			}
			return !used
		})
		return true
	})
	return used
}

func plainTarget(n ast.Node) bool {
	switch n.(type) {
	case nil, *ast.Tuple, *ast.List:
		return true
	}
	return false
}
