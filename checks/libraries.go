package checks

import (
	"slices"
	"strings"
)

// This file says what makes a project one that uses AI or machine learning.

// mlModules are the modules that AI/ML libraries are imported by, as their names begin; one
// that stands for a family of modules ends in an underscore (langchain_).
var mlModules = set(
	// Training and inference.
	"torch", "torchvision", "torchaudio", "torchmetrics", "torchtext", "lightning", "pytorch_lightning", "fastai", "timm", "monai", "ultralytics", "detectron2", "mmcv", "mmdet",
	"tensorflow", "tf_keras", "keras", "jax", "flax", "paddle", "paddleocr", "mxnet", "mlx", "mlx_lm", "deepspeed", "megatron", "nemo", "bitsandbytes", "ctranslate2",
	"transformers", "diffusers", "accelerate", "peft", "trl", "datasets", "evaluate", "huggingface_hub", "tokenizers", "safetensors", "sentence_transformers", "FlagEmbedding", "fastembed", "optimum",
	"sklearn", "joblib", "xgboost", "lightgbm", "catboost", "skops", "autogluon", "pycaret", "spacy", "nltk", "gensim", "flair", "stanza", "onnx", "onnxruntime", "openvino", "tritonclient", "coremltools",
	"whisper", "faster_whisper", "whisperx", "TTS", "easyocr", "insightface", "face_recognition", "open_clip", "stable_baselines3", "gymnasium",
	// Language models.
	"openai", "anthropic", "mistralai", "cohere", "google.genai", "google.generativeai", "vertexai", "ollama", "litellm", "vllm", "llama_cpp", "exllamav2", "sglang", "groq", "together", "replicate",
	"dashscope", "zhipuai", "tiktoken", "langchain", "langchain_", "langgraph", "llama_index", "haystack", "semantic_kernel", "crewai", "autogen", "autogen_", "agents", "smolagents", "mcp", "fastmcp",
	"pydantic_ai", "dspy", "instructor", "guidance", "promptflow", "agno", "camel", "metagpt", "e2b_code_interpreter",
	// Services, stores and tracking.
	"gradio", "streamlit", "chainlit", "mlflow", "wandb", "clearml", "ray", "bentoml", "kserve", "kedro", "nvflare", "flwr", "zenml", "metaflow", "optuna", "dvc", "feast",
	"faiss", "chromadb", "qdrant_client", "pinecone", "weaviate", "pymilvus", "lancedb",
)

// mlDistributions are the names under which manifests require what mlModules has; further ones
// differ from the module's name by hyphens only. One that stands for a family ends in a hyphen.
var mlDistributions = set(
	"scikit-learn", "pytorch-lightning", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly", "torch-geometric", "paddlepaddle", "paddlepaddle-gpu", "nemo-toolkit", "megatron-core",
	"onnxruntime-gpu", "openai-whisper", "openai-agents", "google-genai", "google-generativeai", "google-cloud-aiplatform", "llama-cpp-python", "pyautogen", "ag2", "haystack-ai", "farm-haystack", "dspy-ai", "pydantic-ai-slim",
	"e2b-code-interpreter", "faiss-cpu", "faiss-gpu", "pinecone-client", "weaviate-client", "langchain-", "llama-index-", "autogen-", "open-clip-torch", "coqui-tts", "mistral-common", "comet-ml", "pgvector",
)

// generic are names of AI/ML libraries that many projects give their own folders.
var generic = set("agents", "datasets", "evaluate", "mcp", "camel", "together", "guidance", "instructor", "lightning", "nemo", "ray", "paddle", "flair", "feast", "optimum", "agno")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// UsesML reports whether the project uses an AI/ML library: its code imports one, or a manifest
// requires one. Checks of services ask: ordinary web applications are none of their business.
// A file of the project's own under such a name (agents/, datasets.py) is no library.
func (p *Project) UsesML() bool {
	p.ml.Do(func() { p.usesML = p.othersUseML || p.requiresML() || p.importsML() })
	return p.usesML
}

func (p *Project) requiresML() bool {
	for _, m := range p.Requirements.Manifests() {
		for i := range m.Requirements {
			if isMLDistribution(m.Requirements[i].Name) {
				return true
			}
		}
	}
	return false
}

// isMLDistribution reports whether a normalized distribution's name is that of an AI/ML library.
func isMLDistribution(name string) bool {
	if name == "" || name == "agents" {
		return false // the SDK is openai-agents
	}
	if mlDistributions[name] || mlModules[strings.ReplaceAll(name, "-", "_")] {
		return true
	}
	first, _, more := strings.Cut(name, "-")
	if more && mlDistributions[first+"-"] {
		return true
	}
	return strings.HasPrefix(name, "llama-index-")
}

// ImportsAny reports whether a file of the project imports one of the packages, or something within
// one. Checks of manifests may ask it; others have a Question for what they ask of all files.
func (p *Project) ImportsAny(packages ...string) bool {
	return slices.ContainsFunc(p.Modules, func(m *Module) bool { return m.Draft != nil && m.Draft.Imports(packages...) })
}

// byPath returns a Python file or notebook of the project, nil where there is none.
func (p *Project) byPath(path string) *Module {
	for _, m := range p.Modules {
		if m.Path == path {
			return m
		}
	}
	return nil
}

func (p *Project) importsML() bool { return slices.ContainsFunc(p.Modules, p.importsMLIn) }

// importing returns the paths of the files that import an AI/ML library.
func (p *Project) importing() map[string]bool {
	out := map[string]bool{}
	for _, m := range p.Modules {
		if p.importsMLIn(m) {
			out[m.Path] = true
		}
	}
	return out
}

// importsMLIn reports whether a file shows by its imports that the project uses AI/ML. What tests import, the program need not.
func (p *Project) importsMLIn(m *Module) bool {
	found := false
	if m.semantic != nil && (!m.IsTest() || p.onlyTests()) {
		m.semantic.Imported(func(module string) {
			found = found || isMLModule(module) && !p.own(m, module)
		})
	}
	return found
}

// onlyTests reports whether there is no program besides tests.
func (p *Project) onlyTests() bool {
	type onlyTests struct{}
	return remembered(p, onlyTests{}, func() bool { return !slices.ContainsFunc(p.Modules, func(m *Module) bool { return !m.IsTest() }) })
}

// isMLModule reports whether a dotted module's name is that of an AI/ML library or continues it.
func isMLModule(module string) bool {
	top, rest, _ := strings.Cut(module, ".")
	if mlModules[top] {
		return true
	}
	if family, _, ok := strings.Cut(top, "_"); ok && mlModules[family+"_"] {
		return true
	}
	second, _, _ := strings.Cut(rest, ".")
	return mlModules[top+"."+second]
}

// own reports whether a module of a name that many projects use is a file of this project.
func (p *Project) own(m *Module, module string) bool {
	top, _, _ := strings.Cut(module, ".")
	return generic[top] && p.semantic != nil && p.semantic.Find(m.semantic, top, 0, func(string) bool { return false }) != nil
}
