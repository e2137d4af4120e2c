package flow

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file follows the texts of errors that a call of a hosted model raises, and the names of missing
// modules in the errors of programs.

// sdks are the packages whose errors come from a provider.
var sdks = []string{"openai", "anthropic", "google.genai.errors", "google.api_core.exceptions", "google.generativeai", "cohere", "litellm", "mistralai", "groq", "together", "replicate", "huggingface_hub"}

// catchesModelErrors reports whether a handler of a type, nil for one of all, gets what the
// call of a model raises.
func (f *Frame) catchesModelErrors(t *Value) bool {
	if t == nil || t.Is("builtins.Exception", "builtins.BaseException") {
		return true
	}
	if items, _, ok := (&Call{heap: f.st.heap}).Items(t); ok {
		for _, it := range items {
			if f.catchesModelErrors(it.Value) {
				return true
			}
		}
		return false
	}
	if t.kind != KindExternal {
		return false
	}
	name := t.Name()
	for _, sdk := range sdks {
		if strings.HasPrefix(name, sdk+".") {
			return true
		}
	}
	return false
}

// failureOf is the mark of the text of the error that a handler caught.
func (f *Frame) failureOf(h *ast.ExceptHandler) []Mark {
	at := ast.Node(h)
	if h.Name != nil {
		at = h.Name
	}
	o := f.sourceAt(at)
	o.from = models.Failure.Words()
	return f.eng.labelled(Mark{Label: models.Failure, Origin: o, Trace: (*Trace)(nil).then(at, f.mod.sem, o.from)})
}

// catchesMissing reports whether a handler of a type gets the name of a module that is not there: of
// a program that exec was given, which chose that name.
func (f *Frame) catchesMissing(t *Value) bool {
	if t == nil {
		return false
	}
	if items, _, ok := (&Call{heap: f.st.heap}).Items(t); ok {
		for _, it := range items {
			if f.catchesMissing(it.Value) {
				return true
			}
		}
		return false
	}
	return t.Is("builtins.ModuleNotFoundError", "builtins.ImportError")
}

func orUnknown(v *Value) *Value {
	if v == nil {
		return unknown
	}
	return v
}
