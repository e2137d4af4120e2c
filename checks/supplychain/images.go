package supplychain

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// movingImage is PML6318.
var movingImage = &checks.Rule{
	Spec:     infoPML6318,
	Mentions: imageOwners,
	OnManifest: func(p *checks.ManifestPass) {
		if forExamples(p.Path) {
			return
		}
		switch p.Kind {
		case manifest.Dockerfile:
			dockerImages(p)
		case manifest.Compose, manifest.YAML:
			for _, tree := range p.Trees() {
				images(tree, 0, func(v *checks.Tree) { reportImage(p, v) })
			}
		}
	},
}

// imageOwners are the words of which the names of the images hold one.
var imageOwners = []string{"pytorch/", "tensorflow/", "huggingface/", "nvcr.io/", "nvidia/", "vllm/", "lmsysorg/", "ollama/", "jupyter/", "rayproject/", "ultralytics/", "bentoml/", "mlflow/", "qdrant/", "chromadb/", "milvusdb/"}

// mlImages are repositories of images for AI and ML; a star ends a prefix.
var mlImages = []string{
	"pytorch/pytorch", "tensorflow/tensorflow", "tensorflow/serving", "huggingface/*", "ghcr.io/huggingface/*", "nvcr.io/nvidia/*", "nvidia/cuda", "nvidia/pytorch", "vllm/vllm-openai",
	"lmsysorg/sglang", "ollama/ollama", "jupyter/*", "quay.io/jupyter/*", "rayproject/ray*", "ultralytics/ultralytics", "bentoml/*", "ghcr.io/mlflow/mlflow", "qdrant/qdrant", "chromadb/chroma", "milvusdb/milvus",
}

// noDigest is the digest that is to be filled in.
const noDigest = "@sha256:0000000000000000000000000000000000000000000000000000000000000000"

// forExamples reports whether a file lies in a folder of examples or of a development container.
func forExamples(name string) bool {
	return slices.ContainsFunc(strings.Split(path.Dir(name), "/"), func(folder string) bool {
		return folder == ".devcontainer" || folder == "examples" || folder == "example"
	})
}

// splitImage splits the reference of an image into its repository and what follows, with its sign.
func splitImage(ref string) (repository, version string) {
	if i := strings.IndexByte(ref, '@'); i >= 0 {
		return ref[:i], ref[i:]
	}
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i], ref[i:]
	}
	return ref, ""
}

// moves reports whether a reference is that of an image for AI or ML without digest and version.
func moves(ref string) bool {
	repository, version := splitImage(ref)
	return isMLImage(repository) && movingTag(version)
}

func isMLImage(repository string) bool {
	for _, registry := range [...]string{"docker.io/", "index.docker.io/", "registry-1.docker.io/"} {
		repository = strings.TrimPrefix(repository, registry)
	}
	return slices.ContainsFunc(mlImages, func(pattern string) bool {
		prefix, star := strings.CutSuffix(pattern, "*")
		return repository == pattern || star && strings.HasPrefix(repository, prefix) && len(repository) > len(prefix) || star && !strings.HasSuffix(prefix, "/") && repository == prefix
	})
}

// movingWords are the parts of a tag that name no version.
var movingWords = []string{"latest", "main", "master", "dev", "nightly", "edge", "stable", "gpu", "cpu"}

// movingTag reports whether a tag, with its colon, is none or one that moves.
func movingTag(tag string) bool {
	if tag == "" {
		return true
	}
	tag, ok := strings.CutPrefix(strings.ToLower(tag), ":")
	return ok && !strings.ContainsAny(tag, "0123456789$") && slices.ContainsFunc(movingWords, func(w string) bool { return strings.Contains(tag, w) })
}

// dockerImages reports the images from which a Dockerfile's stages are built.
func dockerImages(p *checks.ManifestPass) {
	defaults := map[string]checks.Setting{}
	values := map[string]string{}
	stages := map[string]bool{}
	settings := p.Settings()
	for _, in := range p.Instructions() {
		for len(settings) > 0 && settings[0].Span.Start < in.Span.End {
			// Only what stands before the first stage, or is given an ARG again, is known in FROM; a
			// later one of the name does not change it.
			if s := settings[0]; len(stages) == 0 {
				defaults[s.Name], values[s.Name] = s, s.Value
			}
			settings = settings[1:]
		}
		if in.Name != "FROM" {
			continue
		}
		words := slices.DeleteFunc(slices.Clone(in.Words), func(w manifest.Word) bool { return strings.HasPrefix(w.Text, "--") })
		if len(words) == 0 {
			continue
		}
		image := words[0]
		known := stages[strings.ToLower(image.Text)]
		stages[""] = true
		if len(words) > 2 && strings.EqualFold(words[1].Text, "AS") {
			stages[strings.ToLower(words[2].Text)] = true
		}
		if known || !moves(expand(image.Text, values)) {
			continue
		}
		p.Report(checks.Report{Node: checks.Place(checks.FirstLine(p, in.Span)), Fix: checks.Fix(true, "take the image that was tested, by its digest", checks.TextEdits(byDigest(p, image, defaults)...))})
	}
}

// byDigest puts a digest in the place of an image's tag: in FROM, or in the ARG that gives all of the
// image.
func byDigest(p *checks.ManifestPass, image manifest.Word, defaults map[string]checks.Setting) []ast.Edit {
	repository, _ := splitWritten(image.Text)
	if isMLImage(repository) {
		return digestIn(p, image.Span, image.Text)
	}
	rest, isVariable := strings.CutPrefix(image.Text, "$")
	if !isVariable {
		return nil
	}
	name, _, after := variable(rest)
	s, ok := defaults[name]
	if !ok || after != "" {
		return nil
	}
	at := s.Span
	text := string(p.Source.Text[at.Start:at.End])
	i := strings.LastIndex(text, s.Value)
	if i < 0 {
		return nil
	}
	at.Start += ast.Pos(i)
	at.End = at.Start + ast.Pos(len(s.Value))
	return digestIn(p, at, s.Value)
}

// splitWritten is splitImage of a reference in which variables stand, whose text may hold colons.
func splitWritten(ref string) (repository, version string) {
	if i := strings.IndexByte(ref, '$'); i >= 0 {
		if j := strings.LastIndexByte(ref[:i], ':'); j > strings.LastIndexByte(ref[:i], '/') {
			return ref[:j], ref[j:]
		}
		return ref[:i], ref[i:]
	}
	return splitImage(ref)
}

// digestIn puts a digest behind the repository of a reference at a place.
func digestIn(p *checks.ManifestPass, at ast.Span, ref string) []ast.Edit {
	repository, _ := splitWritten(ref)
	if string(p.Source.Text[at.Start:at.End]) != ref {
		return nil
	}
	return []ast.Edit{{Span: ast.Span{Start: at.Start + ast.Pos(len(repository)), End: at.End}, New: noDigest}}
}

// images calls visit for the images of a compose file's services and of Kubernetes' containers that
// are pulled.
func images(t *checks.Tree, depth int, visit func(*checks.Tree)) {
	if depth > maxNesting {
		return
	}
	for _, f := range t.Fields() {
		switch f.Key {
		case "services":
			for _, s := range f.Value.Fields() {
				if s.Value.Get("build") == nil {
					visit(s.Value.Get("image"))
				}
			}
			continue
		case "containers", "initContainers", "ephemeralContainers":
			for _, c := range f.Value.Items() {
				visit(c.Get("image"))
			}
			continue
		case "container":
			visit(f.Value.Get("image"))
		}
		if strings.HasPrefix(f.Key, "x-") && f.Value.Get("build") == nil {
			visit(f.Value.Get("image"))
		}
		images(f.Value, depth+1, visit)
	}
	for _, item := range t.Items() {
		images(item, depth+1, visit)
	}
}

func reportImage(p *checks.ManifestPass, v *checks.Tree) {
	ref := v.Text()
	if ref == "" || !moves(expand(ref, nil)) {
		return
	}
	var edits []ast.Edit
	if repository, _ := splitWritten(ref); v.Verbatim() && isMLImage(repository) {
		edits = digestIn(p, v.Span(), ref)
	}
	p.Report(checks.Report{Node: checks.Place(v.Span()), Fix: checks.Fix(true, "take the image that was tested, by its digest", checks.TextEdits(edits...))})
}
