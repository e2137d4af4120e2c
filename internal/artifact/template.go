package artifact

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/internal/jinja"
)

// addTemplate adds the places where a chat template reaches for Python's internals. at is where it
// stands in the file; escaped is set where the file holds it in another spelling, so that places
// within it are not places of the file.
func addTemplate(add func(Fact), key, text string, at int64, escaped bool) (whole bool) {
	r := jinja.Find(text)
	for _, g := range r.Gadgets {
		f := Fact{Kind: Gadget, Verdict: Dangerous, Offset: at, Opcode: key, Name: g.Name, Args: g.Code,
			Why: "leads from the template to Python's own functions"}
		if !escaped {
			f.Offset += int64(g.Offset)
		}
		add(f)
	}
	return !r.Cut
}

// templateFiles are the configurations in which transformers looks for chat templates.
var templateFiles = map[string]bool{
	"tokenizer_config.json": true, "chat_template.json": true, "processor_config.json": true,
}

// isTemplateFile tells whether a file by its name is a chat template itself.
func isTemplateFile(name string) bool {
	name = strings.ToLower(name)
	base := path.Base(name)
	return strings.HasSuffix(base, ".jinja") &&
		(strings.HasPrefix(base, "chat_template") || path.Base(path.Dir(name)) == "additional_chat_templates")
}

// hubKeys are the keys of such configurations that matter here. A configuration of Keras has
// the first.
var hubKeys = map[string]bool{"class_name": true, "chat_template": true, "auto_map": true, "custom_pipelines": true, "custom_pipeline": true}

// configReader reads the configurations of models on hubs.
type configReader struct {
	add func(Fact)
	cut func(string)
}

// read reads a configuration named name.
func (r *configReader) read(name string, v *jsonValue) {
	if templateFiles[strings.ToLower(path.Base(name))] {
		r.templates("chat_template", v.get("chat_template"))
	}
	r.remote(v)
}

// templates reads a chat template, or a list or object of named ones.
func (r *configReader) templates(key string, v *jsonValue) {
	if v == nil {
		return
	}
	switch v.kind {
	case jsonString:
		if !addTemplate(r.add, key, v.text, int64(v.at), true) {
			r.cut("a chat template is too long to be followed to its end")
		}
	case jsonList:
		for i := range v.items {
			r.templates(key, v.items[i].get("template"))
		}
	case jsonObject:
		for i := 1; i < len(v.items); i += 2 {
			r.templates(v.items[i-1].text, &v.items[i])
		}
	}
}

// remote reads where a configuration names code to be loaded with the model, which
// transformers and diffusers do where trust_remote_code is given.
func (r *configReader) remote(v *jsonValue) {
	for _, key := range []string{"auto_map", "custom_pipelines", "custom_pipeline"} {
		r.code(key, v.get(key))
	}
}

// code reads the value of a key that names code: texts, or lists and objects of them.
func (r *configReader) code(key string, v *jsonValue) {
	switch {
	case v == nil:
	case v.kind == jsonString:
		r.add(Fact{Kind: RemoteCode, Verdict: Unknown, Offset: int64(v.at), Opcode: key, Name: short(v.text),
			Why: "is Python code that is loaded with the model where remote code is trusted"})
	case v.kind == jsonList:
		for i := range v.items {
			r.leaf(key, &v.items[i])
		}
	case v.kind == jsonObject:
		for i := 1; i < len(v.items); i += 2 {
			r.leaf(key, &v.items[i])
			if key == "auto_map" && v.items[i].kind == jsonList { // AutoTokenizer has a slow and a fast one
				r.code(key, &v.items[i])
			}
		}
	}
}

func (r *configReader) leaf(key string, v *jsonValue) {
	if v.kind == jsonString {
		r.code(key, v)
	}
}
