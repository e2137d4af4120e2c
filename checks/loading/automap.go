package loading

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// modelConfigs are the files of a model's folder in which transformers and diffusers look for
// the model's own code.
var modelConfigs = map[string]bool{
	"config.json": true, "tokenizer_config.json": true, "preprocessor_config.json": true, "processor_config.json": true, "generation_config.json": true,
}

// foreignCode matches an entry that takes a module out of another repository.
var foreignCode = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+?--`)

// autoMap is PML6208.
var autoMap = &checks.Rule{
	Spec:     infoPML6208,
	Mentions: []string{"--"},
	OnManifest: func(p *checks.ManifestPass) {
		if !modelConfigs[path.Base(p.Path)] {
			return
		}
		for _, root := range p.Trees() {
			if !describesModel(root) {
				continue
			}
			reportForeign(p, root.Get("auto_map"))
			for _, pipeline := range root.Get("custom_pipelines").Fields() {
				reportForeign(p, pipeline.Value.Get("impl"))
			}
		}
	},
}

// describesModel reports whether a file is the configuration of a model or of its tokenizer.
func describesModel(root *manifest.Node) bool {
	for _, key := range [...]string{"model_type", "architectures", "tokenizer_class", "transformers_version"} {
		if root.Get(key) != nil {
			return true
		}
	}
	return false
}

// reportForeign reports the entries of a value that name a module of another repository.
func reportForeign(p *checks.ManifestPass, v *manifest.Node) {
	switch {
	case v == nil:
	case v.IsTable():
		for _, f := range v.Fields() {
			reportForeign(p, f.Value)
		}
	case v.IsList():
		for _, item := range v.Items() {
			reportForeign(p, item)
		}
	default:
		m := foreignCode.FindString(v.Text())
		if m == "" || liesBeside(p, v.Text()[len(m):]) {
			return
		}
		at := v.Span()
		edits := checks.TextEdits(ast.Edit{Span: ast.Span{Start: at.Start, End: at.Start + ast.Pos(len(m))}})
		if !v.Verbatim() {
			edits = nil
		}
		p.Report(checks.Report{Node: checks.Place(at), Fix: checks.Fix(true, "take the module from the model's own folder", edits)})
	}
}

// liesBeside reports whether the module that an entry names lies in the same folder, and no
// code of the project consents to code of models, so that the entry is not followed.
func liesBeside(p *checks.ManifestPass, entry string) bool {
	module, _, _ := strings.Cut(entry, ".")
	beside := false
	for _, m := range p.Project.Modules {
		beside = beside || m.Path == path.Join(path.Dir(p.Path), module+".py")
		if m.Source != nil && bytes.Contains(m.Source.Text, []byte("trust_remote_code")) {
			return false
		}
	}
	return beside
}
