package checks

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/pyguard/pyguardml/notebook"
)

func TestFilesThatANotebookRuns(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"%run helpers.py", []string{".helpers"}},
		{"%run -i -t -N 3 'lib/helpers.py' --epochs 3", []string{".lib.helpers"}},
		{"%run ../lib/helpers.py", []string{"..lib.helpers"}},
		{"%cd lib\n%run helpers.py\n%cd ..\n%run ./x.py", []string{".lib.helpers", ".x"}},
		{"%run setup.ipynb", []string{".setup.ipynb"}},
		{"%run ./setup $day=\"1\"", []string{".setup", ".setup.ipynb"}},
		{"%run -m package.tool\n%run {name}.py\n%run /opt/x.py\n%cd /opt\n%run x.py\n%run\n%run my.tool.py", nil},
		{"if COLAB:\n    %run colab.py", []string{".colab"}},
		{"!python helpers.py", nil},
	} {
		text, err := json.Marshal(c.source)
		if err != nil {
			t.Fatal(err)
		}
		nb, err := notebook.Parse("a.ipynb", fmt.Appendf(nil, `{"nbformat": 4, "cells": [{"cell_type": "code", "source": %s}]}`, text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, im := range ranFiles(nb) {
			got = append(got, "....."[:im.Level]+im.Module)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.source, got, c.want)
		}
	}
}
