package checks

import (
	"context"
	"strings"
	"sync"

	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file tells whole projects that have nothing to do with AI or machine learning: what checks report in them would be
// true and none of the reader's business, and there are many of them.

// furtherModules are what AI/ML code imports beyond the libraries that make a project one (mlModules): those beside which a
// library of a model or of its data is used. numpy is not among them: there is hardly a project whose tests do not know it.
var furtherModules = set(
	"pandas", "polars", "dask", "modin", "pyspark", "scipy", "xarray", "matplotlib", "pylab",
	"IPython", "jupyter_client", "nbclient", "nbconvert", "nbformat", "papermill", "testbook", "ipywidgets", "jupyterhub", "jupyter_server", "notebook",
	"hydra", "omegaconf", "webdataset", "litdata", "streaming", "tensorflow_datasets", "tensorflow_hub", "tflite_runtime", "ai_edge_litert", "sdv", "ctgan", "numcodecs", "zarr", "petastorm", "kagglehub", "kaggle", "opendatasets", "img2dataset", "albumentations", "imgaug", "deltalake", "pyiceberg", "kernels",
	"art", "foolbox", "cleverhans", "torchattacks", "autoattack", "textattack", "alibi_detect", "cleanlab", "mcubes", "shap_e", "point_e", "audiocraft", "elevenlabs", "fal_client", "lumaai", "segment_anything",
	"interpreter", "browser_use", "a2a", "mem0", "langmem", "letta_client", "zep_cloud", "zep_python", "ag2", "claude_agent_sdk", "claude_code_sdk", "pandasai", "jsonpickle", "gradient", "cv2", "skimage",
)

// mlPhrases are texts without which hardly a program is written that has to do with AI/ML and imports none of its
// libraries: it calls a model over the network, or runs a program that does. Short ones are words.
var mlPhrases = []string{
	"llm", "llms", "LLM", "LLMs", "chatgpt", "ChatGPT", "chatbot", "ChatBot", "system_prompt", "SYSTEM_PROMPT", "prompt_template", "PROMPT_TEMPLATE", "predict_proba", "fine_tune", "finetune", "fine-tun",
	"invoke_model", "invoke_endpoint", "bedrock-runtime", "sagemaker", "SageMaker", "vertexai", "machine_learning", "machine learning", "deep_learning", "neural_network", "neural network", "generativelanguage", "chat/completions",
	"chat.completions", "text-generation", "openai", "OpenAI", "OPENAI", "anthropic", "Anthropic", "ANTHROPIC", "huggingface", "HuggingFace", "HUGGINGFACE", "HF_TOKEN", "HF_HOME", "mistral", "deepseek", "cohere", "groq", "openrouter", "ollama",
	"claude-", "claude_", "Claude API", "gemini-", "gemini_", "Gemini API", "llama-", "llama_", "llama2", "llama3", "Llama-", "Llama2", "Llama3", "vllm", "gpt-", "torch", "torchrun", "torchvision", "pytorch", "PyTorch", "tensorflow", "TensorFlow", "keras", "Keras", "sklearn", "scikit-learn", "onnx", "ONNX", "safetensors", "gguf",
	"langchain", "LangChain", "llamaindex", "LlamaIndex", "mlflow", "wandb", "xgboost", "lightgbm", "nltk", "gradio", "streamlit", "deepspeed", "ipynb",
	"jupyterhub", "JupyterHub", "jupyterlab", "jupyter_server", "jupyter-server", "get_ipython", "dbutils", "bedrock-", "elevenlabs", "api.replicate", "comfyui", "ComfyUI", "txt2img", "img2img", "stable-diffusion", "stable_diffusion", "midjourney", "pinecone", "chromadb", "qdrant", "weaviate",
	"pyguardml", "PML1", "PML2", "PML3", "PML4", "PML5", "PML6",
}

// glance is what tells AI/ML in a text.
var glance = sync.OnceValue(func() *semantic.Glance {
	return semantic.NewGlance(mlPhrases, func(module string) bool {
		top, _, _ := strings.Cut(module, ".")
		return furtherModules[top] || isMLModule(module)
	})
})

// LargeProject is the number of Python files from which on a project that shows nothing of AI/ML is taken for one that has
// nothing to do with it. A few files may be a part of anything.
const LargeProject = 50

// ShowsML reports whether a text shows that it belongs to a project that has to do with AI/ML: it imports a library of
// that kind or one that is used beside them, or mentions a provider, a library or something else that is of no other
// use. It errs to the side of seeing AI/ML where there is none.
// The error is the context's.
func ShowsML(ctx context.Context, text []byte) (bool, error) { return glance().In(ctx, text) }

// RequiresML reports whether manifests require an AI/ML library.
func RequiresML(f *manifest.Facts) bool {
	p := &Project{Requirements: f}
	return p.requiresML()
}
