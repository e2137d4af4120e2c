package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// indexFromElsewhere is PML6109.
var indexFromElsewhere = &checks.Rule{
	Spec: infoPML6109,
	On: []string{
		"{langchain_community,langchain}.vectorstores.{FAISS,faiss.FAISS,Annoy,annoy.Annoy,ScaNN,scann.ScaNN}.load_local", "{langchain_community,langchain}.vectorstores.{FAISS,faiss.FAISS}.deserialize_from_bytes",
		"{langchain_community,langchain}.retrievers.{TFIDFRetriever,tfidf.TFIDFRetriever}.load_local",
	},
	Knows: slices.Concat(archives, hashers, []string{
		"huggingface_hub.**", "gdown.**", "wget.download", "redis.**", "builtins.open", "pathlib.PurePath().{write_bytes,write_text,open}", "werkzeug.datastructures.FileStorage().save",
	}),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		allowed := c.Arg(-1, "allow_dangerous_deserialization")
		if allowed == nil || !checks.On(allowed.Value) {
			return
		}
		index := c.Arg(0, "folder_path")
		if index == nil {
			index = c.Arg(0, "serialized")
		}
		if index == nil || index.Node == nil || !fromElsewhere(p, c, index) || digestCompared(c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, allowed, "False")})
	},
}

var (
	// archives are the calls that unpack one.
	archives = []string{"zipfile.ZipFile().{extractall,extract}", "tarfile.TarFile().{extractall,extract}", "tarfile.open().{extractall,extract}", "shutil.unpack_archive"}
	hashers  = []string{"hashlib.**", "hmac.compare_digest", "hmac.**"}
	hubCalls = []string{
		"huggingface_hub.snapshot_download", "huggingface_hub.hf_hub_download", "huggingface_hub.HfApi().snapshot_download", "huggingface_hub.HfApi().hf_hub_download",
	}
)

// fromElsewhere reports whether an index was not made by the program: its bytes, or the files of its
// folder, came over the network, from a bucket or with an upload.
func fromElsewhere(p *checks.Pass, c *checks.Call, index *checks.Argument) bool {
	for _, m := range c.Behind(index.Value) {
		switch m.Label {
		case models.Upload:
			return true
		case models.Web:
			if !pinned(m.Call()) {
				return true
			}
		case models.Database:
			if m.Source().Under("redis") {
				return true
			}
		case models.User:
			// Text that only names one of the program's own indexes chooses among these.
			if c.Method == "deserialize_from_bytes" || m.InFile() {
				return true
			}
		}
	}
	for in := range c.Frame.MadeOf(index.Node) {
		if in.Call != nil && (fetches(in.Call) && !pinned(in.Call) || in.Call.Symbol.Under("redis") && strings.HasSuffix(in.Call.Method, "get")) {
			return true
		}
	}
	folders, names := textsOfFolder(c, index), namesOfFolder(c, index.Node, 0)
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o != c && fills(o) && slices.ContainsFunc(filesOf(o), func(a checks.Argument) bool { return within(folders, names, o, &a) }) {
				return true
			}
		}
	}
	return false
}

// pinned reports whether a call downloads a commit of a repository, which nobody changes any more.
func pinned(c *checks.Call) bool {
	if c == nil {
		return false
	}
	revision := c.Arg(-1, "revision")
	return revision != nil && checks.IsCommit(revision.Value)
}

// fetches reports whether a call brings a file from another machine.
func fetches(c *checks.Call) bool {
	if c.Symbol == nil {
		return false
	}
	return c.Symbol.Is(hubCalls...) || c.Symbol.Under("gdown") || slices.ContainsFunc(c.Symbol.Models, func(m *checks.Model) bool {
		return m.Writes != nil && m.Writes.Fetched == models.Web
	})
}

// fills reports whether a call puts what is not the program's own into a file or folder.
func fills(c *checks.Call) bool {
	switch {
	case c.Symbol == nil || pinned(c):
		return false
	case fetches(c):
		return true
	case c.Symbol.Is("werkzeug.datastructures.FileStorage().save"):
		return true
	case isArchive(c):
		return strange(c.ReadFrom())
	case c.Symbol.Is("builtins.open", "pathlib.PurePath().open"):
		pos := 1
		if c.Receiver != nil && c.Method == "open" && c.Symbol.Is("pathlib.PurePath().open") {
			pos = 0
		}
		mode := c.Arg(pos, "mode")
		if mode == nil {
			return false
		}
		text, ok := mode.Value.Text()
		return ok && strings.ContainsAny(text, "wax+") && slices.ContainsFunc(c.Dangerous(models.Path), func(a checks.Argument) bool { return strange(c.Behind(a.Value)) })
	case c.Symbol.Is("pathlib.PurePath().write_bytes", "pathlib.PurePath().write_text"):
		data := c.Arg(0, "data")
		return data != nil && strange(c.Behind(data.Value))
	}
	return false
}

func isArchive(c *checks.Call) bool {
	return (c.Method == "extractall" || c.Method == "extract") && (c.Symbol.Under("zipfile") || c.Symbol.Under("tarfile")) || c.Symbol.Is("shutil.unpack_archive")
}

// strange reports whether data came over the network or with an upload.
func strange(marks []checks.Mark) bool {
	return slices.ContainsFunc(marks, func(m checks.Mark) bool {
		return m.Label == models.Upload || m.Label == models.Web && !pinned(m.Call())
	})
}

// filesOf lists the files or folders that a call fills.
func filesOf(c *checks.Call) []checks.Argument {
	out := c.Dangerous(models.Path)
	for _, at := range [...]struct {
		pos  int
		name string
	}{{-1, "local_dir"}, {-1, "output"}, {-1, "out"}, {-1, "output_dir"}} {
		if a := c.Arg(at.pos, at.name); a != nil {
			out = append(out, *a)
		}
	}
	if isArchive(c) {
		pos := 0
		if c.Symbol.Is("shutil.unpack_archive") || c.Method == "extract" {
			pos = 1
		}
		for _, name := range [...]string{"path", "extract_dir"} {
			if a := c.Arg(pos, name); a != nil {
				out = append(out, *a)
			}
		}
	}
	if c.Symbol.Under("gdown") {
		if a := c.Arg(1, "output"); a != nil {
			out = append(out, *a)
		}
	}
	return out
}

// textsOfFolder lists the constant paths that a folder may have.
func textsOfFolder(c *checks.Call, folder *checks.Argument) []string {
	var out []string
	for _, v := range append(c.Given(folder.Value), folder.Value) {
		for _, a := range append(v.PathText().Alternatives(), v.PathText()) {
			if t, ok := a.Text(); ok && strings.Trim(t, "./") != "" {
				out = append(out, cleanPath(t))
			}
		}
	}
	return out
}

func cleanPath(t string) string { return strings.TrimSuffix(strings.TrimPrefix(t, "./"), "/") }

// within reports whether what a call fills is the folder of an index, a file in it, or the folder
// around it.
func within(folders []string, names []folderName, o *checks.Call, a *checks.Argument) bool {
	for _, v := range append(a.Value.PathText().Alternatives(), a.Value.PathText()) {
		text, whole := v.Text()
		if !whole {
			text = v.Prefix()
		}
		text = strings.TrimPrefix(text, "./")
		for _, folder := range folders {
			switch {
			case strings.HasPrefix(text, folder+"/"), whole && cleanPath(text) == folder:
				return true
			case whole && isArchive(o) && cleanPath(text) != "" && strings.HasPrefix(folder, cleanPath(text)+"/"):
				return true
			}
		}
	}
	if a.Node == nil {
		return false
	}
	return slices.ContainsFunc(names, func(n folderName) bool { return n.frame == o.Frame && holdsName(o.Frame, a.Node, n.id, 0) }) || handedFolder(folders, names, o, a)
}

// handedFolder reports whether what a call fills is in a folder that callers of its function hand in, and they hand in
// that of the index.
func handedFolder(folders []string, names []folderName, o *checks.Call, a *checks.Argument) bool {
	fn := o.Frame.Function()
	if fn == nil || fn.Params == nil {
		return false
	}
	for _, param := range fn.Params.List {
		if param.Name == nil || !holdsName(o.Frame, a.Node, param.Name.Id, 0) {
			continue
		}
		for _, caller := range o.Frame.Callers() {
			given := caller.GivenTo(fn, param.Name.Id)
			if given == nil {
				continue
			}
			if t, ok := given.Value.PathText().Text(); ok && slices.Contains(folders, cleanPath(t)) {
				return true
			}
			if given.Node != nil && slices.ContainsFunc(names, func(n folderName) bool {
				return n.frame == caller.Frame && holdsName(caller.Frame, given.Node, n.id, 0)
			}) {
				return true
			}
		}
	}
	return false
}

// folderName is a local name of a folder.
type folderName struct {
	frame *checks.Frame
	id    string
}

// namesOfFolder lists the local names of the folder that is given to a call, also in the functions
// that hand it in.
func namesOfFolder(c *checks.Call, e ast.Expr, depth int) []folderName {
	if s, is := e.(*ast.Call); is && len(s.Args) == 1 && (checks.LastName(s.Fn) == "str" || checks.LastName(s.Fn) == "Path") {
		e = s.Args[0]
	}
	name, ok := e.(*ast.Name)
	if !ok {
		return nil
	}
	out := []folderName{{c.Frame, name.Id}}
	if fn := c.Frame.Function(); fn != nil && depth < maxHelpers {
		for _, caller := range c.Frame.Callers() {
			if given := caller.GivenTo(fn, name.Id); given != nil && given.Node != nil {
				out = append(out, namesOfFolder(caller, given.Node, depth+1)...)
			}
		}
	}
	return out
}

// holdsName reports whether an expression, or what a name in it was assigned, holds a name.
func holdsName(f *checks.Frame, e ast.Expr, id string, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && !found {
			found = name.Id == id
			if !found && depth < 3 {
				if given := checks.LastAssigned(checks.BodyOf(f), name); given != nil {
					found = holdsName(f, given, id, depth+1)
				}
			}
		}
		return !found
	})
	return found
}

// digestCompared reports whether the function of a load, or one that it calls before, hashes what is
// loaded, or checks it by its name.
func digestCompared(c *checks.Call) bool {
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		if o.Node.Pos() > c.Node.Pos() {
			return false
		}
		if hashes(o) || checks.NamesCheck(checks.LastName(o.Node.Fn)) {
			return true
		}
		return o.Body() != nil && slices.ContainsFunc(o.Body().Calls, hashes)
	})
}

func hashes(c *checks.Call) bool { return c.Symbol.Under("hashlib") || c.Symbol.Under("hmac") }
