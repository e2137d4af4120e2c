package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// hubLibraries are the libraries whose from_pretrained loads from the Hub.
var hubLibraries = []string{"transformers", "diffusers", "sentence_transformers", "peft"}

// repoFromCaller is PML1234.
var repoFromCaller = &checks.Rule{
	Spec: infoPML1234,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !loadsFromHub(c) || prefixTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: nameGate(p, path.Node, "ALLOWED_MODELS", "model is not allowed")})
	},
}

// loadsFromHub reports whether a call loads a model by the name of its repository.
func loadsFromHub(c *checks.Call) bool {
	if c.Symbol.Is("gradio.load", "gradio.load_chat", "gradio.external.load", "gradio.Interface.load", "transformers.pipeline", "transformers.pipelines.pipeline",
		"sentence_transformers.SentenceTransformer", "sentence_transformers.CrossEncoder", "sentence_transformers.SparseEncoder") {
		return true
	}
	for _, lib := range hubLibraries {
		if c.Symbol.Under(lib) && c.Method == "from_pretrained" || c.Symbol.Under(lib) && strings.HasSuffix(c.Symbol.String(), ".from_pretrained") {
			return true
		}
	}
	return false
}

// prefixTested reports whether the function tests the name's owner: startswith of a constant
// that ends in a slash, or the part before the slash.
func prefixTested(p *checks.Pass, path *checks.Path) bool {
	def := p.FunctionAround(path.Node)
	if def == nil {
		return false
	}
	name := p.File.Text(path.Node)
	found := false
	ast.Inspect(def, func(n ast.Node) bool {
		s, ok := n.(*ast.If)
		if ok && s.Pos() < path.Node.Pos() {
			text := p.File.Text(s.Test)
			found = found || strings.Contains(text, name+".startswith(") && strings.Contains(text, "/") ||
				strings.Contains(text, name+".split(\"/\")") || strings.Contains(text, name+".partition(\"/\")")
		}
		return !found
	})
	return found
}

// serverToken is PML1240.
var serverToken = &checks.Rule{
	Spec: infoPML1240,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource, models.DataSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !asksHub(c) || prefixTested(p, path) {
			return
		}
		token, of := tokenOf(c)
		if token == nil || !ownSecret(c, token.Value) {
			return
		}
		f := withoutToken(p, of, token)
		if gate := nameGate(p, path.Node, "ALLOWED_MODELS", "model is not allowed"); f != nil && loadsFromHub(c) {
			// Without the token it is still a caller who chooses what is loaded (PML1234).
			if gate == nil {
				f = nil
			} else {
				f.Edits = append(f.Edits, gate.Edits...)
			}
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: f})
	},
}

// asksHub reports whether a call opens a repository of the Hub.
func asksHub(c *checks.Call) bool {
	return loadsFromHub(c) || c.Symbol.Under("huggingface_hub") || c.Symbol.Is("datasets.load_dataset", "datasets.load.load_dataset", "datasets.load_dataset_builder")
}

// tokenOf is the argument with the token of a call, or of the one that made its client.
func tokenOf(c *checks.Call) (*checks.Argument, *checks.Call) {
	for _, of := range [...]*checks.Call{c, c.Receiver.Origin()} {
		if of == nil {
			continue
		}
		for _, name := range [...]string{"token", "use_auth_token", "hf_token", "api_key", "auth_token"} {
			if a := of.Arg(-1, name); a != nil {
				return a, of
			}
		}
	}
	return nil, nil
}

// ownSecret reports whether a token is the server's: True, a constant, out of the environment
// or settings, and not one that the caller brings.
func ownSecret(c *checks.Call, v *checks.Value) bool {
	for _, g := range c.Given(v) {
		for _, a := range g.Alternatives() {
			if a.IsNone() || a.IsFalse() {
				continue
			}
			if a.Labels(models.NoSink).Any(models.Labels(callers...)) || strings.Contains(a.Name(), "OAuthToken") {
				return false
			}
			if a.IsTrue() {
				return true
			}
			if t, ok := a.Text(); ok {
				return t != ""
			}
			if a.Labels(models.NoSink).Any(models.Labels(models.Local, models.Secret)) || strings.Contains(a.Name(), "get_token") || strings.Contains(strings.ToLower(a.Name()), "settings.") {
				return true
			}
		}
	}
	return false
}

// withoutToken takes the server's token out of a call.
func withoutToken(p *checks.Pass, c *checks.Call, token *checks.Argument) *fix.Fix {
	if token.Unpacked || token.Node == nil || !p.Holds(token.Node) {
		return nil
	}
	value := "False"
	if c.Symbol.Is("gradio.load", "gradio.external.load", "gradio.Interface.load") {
		value = "None"
	}
	return checks.Fix(true, "open public repositories only: "+token.Name+"="+value, checks.Replace(p, token.Node, value))
}

// unpinnedCode is PML1239.
var unpinnedCode = &checks.Rule{
	Spec:  infoPML1239,
	Knows: append([]string{"sys.path.{insert,append}"}, hubDownloads...),
	On:    []string{"sys.path.{insert,append}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos := 0
		if c.Method == "insert" {
			pos = 1
		}
		if a := c.Arg(pos, ""); a != nil {
			for _, m := range a.Value.Marks() {
				if m.Label == models.Web && m.Source().Is(hubDownloads...) {
					reportDownload(p, m.Call(), nil)
				}
			}
		}
	},
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Deserialize, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !path.Mark.Source().Is(hubDownloads...) || !runsFile(c) || hashesHere(c) {
			return
		}
		reportDownload(p, path.Mark.Call(), path)
	},
}

// runsFile reports whether a loader runs what is in its file.
func runsFile(c *checks.Call) bool {
	switch {
	case c.Symbol.Is("torch.load", "torch.serialization.load"):
		a := c.Arg(-1, "weights_only")
		return a != nil && checks.Off(a.Value)
	case c.Symbol.Is("numpy.load"):
		a := c.Arg(2, "allow_pickle")
		return a != nil && checks.On(a.Value)
	case c.Symbol.Is(kerasLoaders...):
		return safeModeOff(c)
	}
	return c.Symbol.Is("joblib.load", "joblib.numpy_pickle.load", "pickle.load", "pickle.loads", "_pickle.load", "_pickle.loads", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads",
		"pandas.read_pickle", "runpy.run_path", "importlib.util.spec_from_file_location", "builtins.exec", "ctypes.CDLL", "pickle.Unpickler", "sklearn.externals.joblib.load")
}

// reportDownload reports a download without a commit, at the download.
func reportDownload(p *checks.Pass, d *checks.Call, path *checks.Path) {
	if d == nil || pinned(d, "revision") || d.HasRest() {
		return
	}
	if l := d.Arg(-1, "local_files_only"); l != nil && checks.On(l.Value) {
		return
	}
	in := p.Project.Module(d.Frame.Module())
	if in == nil {
		return
	}
	edits := fix.AddKeyword(in.File, d.Node, "revision", `"0000000000000000000000000000000000000000"`)
	if a := d.Arg(-1, "revision"); a != nil {
		edits = nil
		if !a.Unpacked && a.Node != nil {
			edits = []fix.Edit{fix.ReplaceNode(in.File, a.Node, `"0000000000000000000000000000000000000000"`)}
		}
	}
	if in.Path != p.Path {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	p.Report(checks.Report{Node: d.Node, In: in, Path: path, Fix: checks.Fix(true, "pin the commit that was looked at", edits)})
}
