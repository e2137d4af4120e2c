package casetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// verifyNotebooks checks that fixed notebooks are what nbformat calls valid, as far as they were.
func verifyNotebooks(t *testing.T, before, after []File) {
	t.Helper()
	for _, f := range after {
		if !strings.HasSuffix(f.Path, ".ipynb") {
			continue
		}
		had := notebookFaults(contentOf(before, f.Path))
		for _, fault := range notebookFaults(f.Content) {
			if !slices.Contains(had, fault) {
				t.Errorf("the fix leaves %s invalid: %s%s", f.Path, fault, show([]File{f}))
			}
		}
	}
}

// notebookFaults lists what the published schemas of nbformat 4.0 to 4.5 refuse in a notebook; of
// other formats, that it is no JSON.
func notebookFaults(data []byte) []string {
	var book map[string]any
	if err := json.Unmarshal(data, &book); err != nil {
		return []string{"no JSON object: " + err.Error()}
	}
	if book["nbformat"] != 4.0 {
		return nil
	}
	minor, _ := book["nbformat_minor"].(float64)
	v := &nbValidator{ids: minor >= 5, seen: map[string]bool{}}
	v.object("the notebook", book, map[string]string{"nbformat": "number", "nbformat_minor": "number", "metadata": "object", "cells": "array"}, nil)
	cells, _ := book["cells"].([]any)
	for i, c := range cells {
		v.cell(fmt.Sprintf("cell %d", i+1), c)
	}
	return v.faults
}

type nbValidator struct {
	faults []string
	ids    bool // cells have ids (4.5)
	seen   map[string]bool
}

func (v *nbValidator) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// object checks the keys of an object: those that must be there with their types, and optional ones.
// Other keys are not allowed where optional is not nil.
func (v *nbValidator) object(where string, o map[string]any, required, optional map[string]string) {
	for key, kind := range required {
		value, ok := o[key]
		if !ok {
			v.fault("%s has no %s", where, key)
		} else if !isKind(value, kind) {
			v.fault("%s: %s is no %s", where, key, kind)
		}
	}
	for key, value := range o {
		kind, known := optional[key]
		switch {
		case required[key] != "":
		case known && !isKind(value, kind):
			v.fault("%s: %s is no %s", where, key, kind)
		case !known && optional != nil:
			v.fault("%s has the key %s", where, key)
		}
	}
}

// isKind reports whether a value is of one of the schema's types.
func isKind(value any, kind string) bool {
	switch x := value.(type) {
	case string:
		return kind == "string" || kind == "text"
	case float64:
		return kind == "number" || kind == "count" && x >= 0 && x == float64(int(x))
	case map[string]any:
		return kind == "object"
	case nil:
		return kind == "count"
	case []any:
		if kind != "text" && kind != "lines" {
			return kind == "array"
		}
		return !slices.ContainsFunc(x, func(e any) bool { _, ok := e.(string); return !ok })
	}
	return false
}

func (v *nbValidator) cell(where string, value any) {
	c, ok := value.(map[string]any)
	if !ok {
		v.fault("%s is no object", where)
		return
	}
	required := map[string]string{"cell_type": "string", "metadata": "object", "source": "text"}
	optional := map[string]string{}
	switch c["cell_type"] {
	case "code":
		required["outputs"], required["execution_count"] = "array", "count"
	case "markdown", "raw":
		optional["attachments"] = "object"
	default:
		v.fault("%s has the type %v", where, c["cell_type"])
	}
	if v.ids {
		required["id"] = "string"
		id, _ := c["id"].(string)
		if len(id) < 1 || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" || v.seen[id] {
			v.fault("%s has the id %q", where, id)
		}
		v.seen[id] = true
	}
	v.object(where, c, required, optional)
	attachments, _ := c["attachments"].(map[string]any)
	for name, a := range attachments {
		v.bundle(where+", attachment "+name, a)
	}
	outputs, _ := c["outputs"].([]any)
	for i, o := range outputs {
		v.output(fmt.Sprintf("%s, output %d", where, i+1), o)
	}
}

func (v *nbValidator) output(where string, value any) {
	o, ok := value.(map[string]any)
	if !ok {
		v.fault("%s is no object", where)
		return
	}
	required := map[string]string{"output_type": "string"}
	switch o["output_type"] {
	case "execute_result":
		required["data"], required["metadata"], required["execution_count"] = "object", "object", "count"
	case "display_data":
		required["data"], required["metadata"] = "object", "object"
	case "stream":
		required["name"], required["text"] = "string", "text"
	case "error":
		required["ename"], required["evalue"], required["traceback"] = "string", "string", "lines"
	default:
		v.fault("%s has the type %v", where, o["output_type"])
	}
	v.object(where, o, required, map[string]string{})
	if data, ok := o["data"]; ok {
		v.bundle(where, data)
	}
}

// bundle checks contents by media type: text, but for JSON.
func (v *nbValidator) bundle(where string, value any) {
	contents, ok := value.(map[string]any)
	if !ok {
		v.fault("%s is no object", where)
		return
	}
	for mime, content := range contents {
		isJSON := mime == "application/json" || strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
		if !isJSON && !isKind(content, "text") {
			v.fault("%s: %s is no text", where, mime)
		}
	}
}
