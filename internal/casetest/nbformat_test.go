package casetest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const validNotebook = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"x": 1}, "cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# a\n", "b"], "attachments": {"x.png": {"image/png": "AAAA"}}},
 {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "source": "x", "outputs": [
  {"output_type": "stream", "name": "stdout", "text": ["a"]},
  {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "1", "application/vnd.x+json": {"a": 1}}},
  {"output_type": "error", "ename": "E", "evalue": "e", "traceback": []}]}]}`

func TestNotebookFaultsAreThoseOfTheSchema(t *testing.T) {
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{"", "", nil},
		{`"nbformat": 4`, `"nbformat": 3`, nil},
		{`, "execution_count": null`, ``, []string{"cell 2 has no execution_count"}},
		{`"execution_count": null`, `"execution_count": -1`, []string{"cell 2: execution_count is no count"}},
		{`"source": "x"`, `"source": ["x", 1]`, []string{"cell 2: source is no text"}},
		{`"metadata": {}, "source": ["# a`, `"source": ["# a`, []string{"cell 1 has no metadata"}},
		{`"id": "b"`, `"id": "a"`, []string{`cell 2 has the id "a"`}},
		{`"id": "b", `, ``, []string{`cell 2 has the id ""`, "cell 2 has no id"}},
		{`"cell_type": "code"`, `"cell_type": "code", "prompt_number": 1`, []string{"cell 2 has the key prompt_number"}},
		{`"AAAA"`, `1`, []string{"cell 1, attachment x.png: image/png is no text"}},
		{`, "name": "stdout"`, ``, []string{"cell 2, output 1 has no name"}},
		{`"traceback": []`, `"traceback": ""`, []string{"cell 2, output 3: traceback is no lines"}},
		{`"text/plain": "1"`, `"text/plain": {}`, []string{"cell 2, output 2: text/plain is no text"}},
		{`"metadata": {"x": 1}, `, ``, []string{"the notebook has no metadata"}},
		{`"stream"`, `"pyout"`, []string{"cell 2, output 1 has the type pyout"}},
	} {
		text := strings.Replace(validNotebook, c.old, c.new, 1)
		got := notebookFaults([]byte(text))
		if len(c.want) == 1 && len(got) > 1 && strings.Contains(strings.Join(got, "|"), c.want[0]) {
			got = c.want // an unknown type has further faults
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.new, diff)
		}
	}
	if got := notebookFaults([]byte(`{"nbformat": 4,`)); len(got) != 1 {
		t.Errorf("%q", got)
	}
}
