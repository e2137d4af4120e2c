package generative

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// movingAdapter is PML5116.
var movingAdapter = &checks.Rule{
	Spec: infoPML5116,
	On: []string{
		"{diffusers.DiffusionPipeline(),?}.{load_lora_weights,load_textual_inversion,load_ip_adapter,load_attn_procs}",
		"diffusers.{DiffusionPipeline().unet,DiffusionPipeline().transformer,ModelMixin()}.load_attn_procs",
		"diffusers.{ControlNetModel,T2IAdapter,MotionAdapter}.from_pretrained",
	},
	To:    []string{"os.environ[]"},
	Knows: []string{"diffusers.*.from_pretrained", "os.environ.setdefault"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		source := c.Arg(0, "pretrained_model_name_or_path_or_dict")
		if source == nil {
			source = c.Arg(0, "pretrained_model_name_or_path")
		}
		revision := c.Arg(-1, "revision")
		if source == nil || c.HasRest() || revision != nil && !moves(revision.Value) {
			return
		}
		if only := c.Arg(-1, "local_files_only"); only != nil && !checks.Off(only.Value) || offline(c.Frame) {
			return
		}
		for _, id := range hubIDs(c, source.Value) {
			owner, _, _ := strings.Cut(id, "/")
			if exists(p, id) || ownedBy(c, owner) {
				continue
			}
			environ, imports := fix.Reach(p.File, "os.environ", "import os", fix.BeforeFirstImport)
			pin := environ + `["DIFFUSION_ADAPTER_REVISION"]`
			edits := fix.AddKeyword(p.File, c.Node, "revision", pin)
			if revision != nil {
				edits = nil
				if k := checks.ConstantNode(p, revision); k != nil {
					edits = checks.Replace(p, k, pin)
				}
			}
			p.Report(checks.Report{
				Node: c.Node, Message: "The adapter " + id + " is loaded from a branch that its owner can change",
				Fix: checks.Fix(true, "load the commit that the operator has reviewed", imports, edits),
			})
			return
		}
	},
}

// moves reports whether a revision is a constant that is no commit.
func moves(v *checks.Value) bool {
	if v.IsNone() {
		return true
	}
	t, ok := v.Text()
	return ok && !commit.MatchString(t)
}

var (
	commit = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
	hubID  = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$`)
	suffix = regexp.MustCompile(`\.(safetensors|bin|pt|pth|ckpt|json|onnx)$`)
)

// folders are first parts of paths that are no owner on the Hub.
var folders = map[string]bool{
	"models": true, "model": true, "output": true, "outputs": true, "checkpoints": true, "checkpoint": true, "weights": true, "lora": true, "loras": true,
	"results": true, "runs": true, "data": true, "pretrained": true, "pretrained_models": true, "ckpt": true, "ckpts": true, "out": true, "logs": true, "exp": true,
	"experiments": true, "assets": true, "path": true, "embeddings": true,
}

// hubIDs lists the repositories of the Hub that a source, or each of a list of them, names.
func hubIDs(c *checks.Call, v *checks.Value) []string {
	var out []string
	for _, a := range v.Alternatives() {
		if items, _, ok := c.Items(a); ok {
			for _, it := range items {
				out = append(out, hubIDs(c, it.Value)...)
			}
			continue
		}
		t, ok := a.Text()
		if owner, _, _ := strings.Cut(t, "/"); ok && hubID.MatchString(t) && !suffix.MatchString(t) && !folders[strings.ToLower(owner)] {
			out = append(out, t)
		}
	}
	return out
}

// exists reports whether a file of the project lies below a folder of that name.
func exists(p *checks.Pass, folder string) bool {
	for _, m := range p.Project.Modules {
		if strings.HasPrefix(m.Path, folder+"/") || strings.Contains(m.Path, "/"+folder+"/") {
			return true
		}
	}
	return false
}

// ownedBy reports whether the pipeline that gets an adapter, or one in the file where that is
// not known, comes from an owner's repository.
func ownedBy(c *checks.Call, owner string) bool {
	if c.Receiver != nil {
		for _, v := range c.Given(c.Receiver) {
			if made := v.Origin(); made != nil && baseOwner(made) != "" {
				return baseOwner(made) == owner
			}
		}
	}
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if o.Node != c.Node && strings.HasSuffix(o.Symbol.String(), "Pipeline.from_pretrained") && baseOwner(o) == owner {
				return true
			}
		}
	}
	return false
}

// baseOwner is the owner of the repository from which a call loads a model, "" where that is
// not known.
func baseOwner(c *checks.Call) string {
	a := c.Arg(0, "pretrained_model_name_or_path")
	if a == nil || !strings.HasPrefix(c.Symbol.String(), "diffusers.") {
		return ""
	}
	t, _ := a.Value.Text()
	owner, _, ok := strings.Cut(t, "/")
	if !ok {
		return ""
	}
	return owner
}

// offline reports whether the program tells the Hub's client to stay offline.
func offline(f *checks.Frame) bool {
	for _, o := range f.Everywhere() {
		for _, s := range o.Stores {
			if isOffline(s.Key) {
				return true
			}
		}
		for _, c := range o.Calls {
			if c.Symbol.Is("os.environ.setdefault") && len(c.Args) > 0 && isOffline(c.Args[0].Value) {
				return true
			}
		}
	}
	return false
}

func isOffline(v *checks.Value) bool {
	t, _ := v.Text()
	return t == "HF_HUB_OFFLINE"
}
