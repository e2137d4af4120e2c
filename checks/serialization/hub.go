package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// remoteCode is PML1231.
var remoteCode = &checks.Rule{
	Spec: infoPML1231,
	On: []string{
		"{transformers,sentence_transformers,diffusers,peft}.**.{from_pretrained,from_config}",
		"transformers.pipeline", "transformers.pipelines.pipeline",
		"sentence_transformers.{SentenceTransformer,CrossEncoder}", "sentence_transformers.**.{SentenceTransformer,CrossEncoder}",
		"vllm.{LLM,EngineArgs,AsyncEngineArgs}", "vllm.engine.arg_utils.{EngineArgs,AsyncEngineArgs}",
		"langchain_huggingface.**",
	},
	Knows: []string{"pathlib.PurePath()", "huggingface_hub.snapshot_download", "os.path.{join,abspath,expanduser,realpath,dirname}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		at, key := consent(c)
		if at == nil || isLocal(c) {
			return
		}
		if l := c.Arg(-1, "local_files_only"); l != nil && l.Value.IsTrue() {
			return
		}
		if pinned(c, "revision", "code_revision", "custom_revision", "tokenizer_revision") {
			return
		}
		if checks.Decided(p, c.Node, "trust_remote_code") {
			return
		}
		node := ast.Node(c.Node)
		var edits []fix.Edit
		if key != nil {
			if k, ok := key.Node.(*ast.Constant); ok {
				edits = checks.Replace(p, k, "False")
			}
		} else {
			node = checks.ArgNode(c, at)
			if k := checks.ConstantNode(p, at); k != nil {
				edits = checks.Replace(p, k, "False")
			}
		}
		p.Report(checks.Report{Node: node, Fix: checks.Fix(true, "do not run the repository's code: trust_remote_code=False", edits)})
	},
}

// consent finds trust_remote_code=True among the arguments of a call, or, as key, in one of
// the dicts that are handed on.
func consent(c *checks.Call) (a *checks.Argument, key *checks.Entry) {
	if a := c.Arg(-1, "trust_remote_code"); a != nil {
		if checks.On(a.Value) {
			return a, nil
		}
		return nil, nil
	}
	for _, name := range [...]string{"model_kwargs", "tokenizer_kwargs", "config_kwargs"} {
		a := c.Arg(-1, name)
		if a == nil {
			continue
		}
		if e := c.Key(a.Value, "trust_remote_code"); e != nil && !e.Maybe && checks.On(e.Value) {
			return a, e
		}
	}
	return nil, nil
}

// pinned reports whether a revision is given that is a commit, or that is not known.
func pinned(c *checks.Call, names ...string) bool {
	fixed := func(v *checks.Value) bool {
		if checks.IsCommit(v) {
			return true
		}
		for _, a := range v.Alternatives() {
			if !a.IsConst() && !checks.IsCommit(a) {
				return true // an option of the operator's
			}
		}
		return false
	}
	for _, name := range names {
		if a := c.Arg(-1, name); a != nil && fixed(a.Value) {
			return true
		}
		for _, d := range [...]string{"model_kwargs", "tokenizer_kwargs", "config_kwargs"} {
			if a := c.Arg(-1, d); a != nil {
				if e := c.Key(a.Value, name); e != nil && fixed(e.Value) {
					return true
				}
			}
		}
	}
	return false
}

// isLocal reports whether the model is a folder of this machine.
func isLocal(c *checks.Call) bool {
	a := c.Arg(0, "")
	for _, name := range [...]string{"pretrained_model_name_or_path", "model", "model_name_or_path", "model_name", "model_id"} {
		if a == nil {
			a = c.Arg(-1, name)
		}
	}
	if c.Symbol.Is("transformers.pipeline", "transformers.pipelines.pipeline") {
		a = c.Arg(1, "model")
	}
	if a == nil {
		return false
	}
	return localPath(a.Value)
}

// localPath reports whether a value is a path of the file system rather than the name of a
// repository.
func localPath(v *checks.Value) bool {
	if v.Is("pathlib.PurePath()") {
		return true
	}
	if parts := v.Parts(); len(parts) > 0 && parts[0].Value.Is("pathlib.PurePath()") {
		return true // str(path)
	}
	if t := v.Prefix(); strings.HasPrefix(t, "./") || strings.HasPrefix(t, "../") || strings.HasPrefix(t, "/") || strings.HasPrefix(t, "~") {
		return true
	}
	o := v.Origin()
	if o == nil {
		return false
	}
	if o.Symbol.Is("huggingface_hub.snapshot_download") {
		r := o.Arg(-1, "revision")
		return r != nil && checks.IsCommit(r.Value)
	}
	return o.Symbol.Is("os.path.join", "os.path.abspath", "os.path.expanduser", "os.path.realpath", "os.path.dirname")
}

// datasetScript is PML1235.
var datasetScript = &checks.Rule{
	Spec: infoPML1235,
	On: []string{
		"datasets.{load_dataset,load_dataset_builder,get_dataset_config_names,get_dataset_split_names,get_dataset_infos,get_dataset_config_info,inspect_dataset}",
		"datasets.{load,inspect}.{load_dataset,load_dataset_builder,get_dataset_config_names,get_dataset_split_names,get_dataset_infos,get_dataset_config_info,inspect_dataset}",
		"os.environ.{setdefault,update}", "os.putenv",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if scriptsGone(p) {
			return
		}
		if c.Symbol.Under("os") {
			if node := setsConsent(c); node != nil {
				p.Report(checks.Report{Node: node, Fix: checks.Fix(true, "do not trust every data set: delete the setting", removeCall(p, c))})
			}
			return
		}
		a := c.Arg(-1, "trust_remote_code")
		if a == nil || !checks.On(a.Value) || pinned(c, "revision") || checks.Decided(p, c.Node, "trust_remote_code") {
			return
		}
		if name := c.Arg(0, "path"); name != nil && (localPath(name.Value) || packagedBuilder(name.Value)) {
			return
		}
		var edits []fix.Edit
		if k := checks.ConstantNode(p, a); k != nil {
			edits = checks.Replace(p, k, "False")
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.Fix(true, "do not run the loading script: trust_remote_code=False", edits)})
	},
	OnNotebook: trustMagic,
	To:         []string{"datasets.config.HF_DATASETS_TRUST_REMOTE_CODE", "os.environ[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if scriptsGone(p) {
			return
		}
		if s.Symbol.Is("os.environ[]") {
			key, _ := s.Key.Text()
			if key != trustVariable || !saysYes(s.Value) {
				return
			}
		} else if !s.Value.IsTrue() {
			return
		}
		stmt := p.StmtOf(s.Node)
		if stmt == nil {
			return
		}
		p.Report(checks.Report{Node: stmt, Fix: checks.Fix(true, "do not trust every data set: delete the setting", fix.RemoveStmt(p.File, stmt))})
	},
}

// trustMagic reports %env and %set_env lines that set the variable.
func trustMagic(p *checks.Pass) {
	if scriptsGone(p) {
		return
	}
	for _, v := range checks.NotebookVariables(p.Notebook) {
		if v.Name == trustVariable && yes(v.Value) {
			p.Report(checks.Report{Node: checks.Command(v.Span), Fix: checks.Fix(true, "run no loading scripts", v.Remove(p))})
		}
	}
}

const trustVariable = "HF_DATASETS_TRUST_REMOTE_CODE"

// scriptsGone reports whether the project requires a version without loading scripts.
func scriptsGone(p *checks.Pass) bool {
	return p.Project.Requirements.AtLeast("datasets", "4", p.Path)
}

// setsConsent finds the variable set to yes by os.environ.setdefault, update or putenv.
func setsConsent(c *checks.Call) ast.Node {
	if c.Method == "update" {
		for i := range c.Args {
			if c.Args[i].Name == trustVariable && saysYes(c.Args[i].Value) {
				return c.Node
			}
			if e := c.Key(c.Args[i].Value, trustVariable); e != nil && saysYes(e.Value) {
				return c.Node
			}
		}
		return nil
	}
	k, v := c.Arg(0, "key"), c.Arg(1, "value")
	if k == nil || v == nil {
		return nil
	}
	if t, _ := k.Value.Text(); t == trustVariable && saysYes(v.Value) {
		return c.Node
	}
	return nil
}

// saysYes reports whether a variable's value switches something on, as datasets reads it.
func saysYes(v *checks.Value) bool {
	t, _ := v.Text()
	return yes(t)
}

func yes(t string) bool {
	switch strings.ToLower(t) {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}

// removeCall deletes a call that stands as a statement and does nothing else.
func removeCall(p *checks.Pass, c *checks.Call) []fix.Edit {
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) || c.Method == "update" && !onlyConsent(c) {
		return nil
	}
	return fix.RemoveStmt(p.File, s)
}

func onlyConsent(c *checks.Call) bool {
	if len(c.Args) != 1 {
		return false
	}
	if c.Args[0].Name == trustVariable {
		return true
	}
	entries, open, ok := c.Entries(c.Args[0].Value)
	return ok && !open && len(entries) == 1
}

// packagedBuilder reports whether a name means a loader that is part of datasets.
func packagedBuilder(v *checks.Value) bool {
	t, _ := v.Text()
	switch t {
	case "csv", "json", "parquet", "arrow", "text", "imagefolder", "audiofolder", "webdataset", "pandas", "sql", "xml", "videofolder", "pdffolder":
		return true
	}
	return false
}
