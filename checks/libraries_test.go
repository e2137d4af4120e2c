package checks_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// usesML analyses files and returns what their project says.
func usesML(t *testing.T, files map[string]string) bool {
	t.Helper()
	var in []pyguardml.File
	for path, text := range files {
		in = append(in, pyguardml.File{Path: path, Content: []byte(text)})
	}
	var uses bool
	asks := &checks.Rule{
		Spec: &checks.Info{
			ID: "TST001", Name: "asks", Title: "Asks", Class: checks.Weakness, Severity: checks.Low, Inputs: []checks.Input{checks.Python},
			Reading: "Asks.", Remedy: checks.Remedy{Edit: "none"}, CWE: []string{"CWE-1"},
		},
		OnProject: func(p *checks.ProjectPass) { uses = p.UsesML() },
	}
	if _, err := pyguardml.Analyze(context.Background(), in, pyguardml.Options{Checks: []checks.Check{asks}}); err != nil {
		t.Fatal(err)
	}
	return uses
}

func TestProjectsThatUseLibrariesOfAIAreKnown(t *testing.T) {
	for i, c := range []struct {
		files map[string]string
		want  bool
	}{
		{map[string]string{"app.py": "import torch.nn as nn\n"}, true},
		{map[string]string{"app.py": "import flask\n", "deep/er.py": "def f():\n    from langchain_openai import ChatOpenAI\n"}, true},
		{map[string]string{"app.py": "from google import genai\n"}, true},
		{map[string]string{"app.py": "from google.cloud import storage\n"}, false},
		{map[string]string{"app.py": "import flask\n", "requirements.txt": "flask\nscikit-learn==1.5\n"}, true},
		{map[string]string{"app.py": "import flask\n", "pyproject.toml": "[project]\nname = \"a\"\ndependencies = [\"langchain-community>=0.2\"]\n"}, true},
		{map[string]string{"app.py": "import flask\n", "requirements.txt": "flask\nrequests\n"}, false},
		{map[string]string{"app.py": "import agents.one\n", "agents/one.py": "x = 1\n"}, false},
		{map[string]string{"app.py": "from agents import Agent\n"}, true},
		{map[string]string{"app.py": "from . import torch\n", "torchlike.py": ""}, false},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if got := usesML(t, c.files); got != c.want {
				t.Errorf("%v: %t", c.files, got)
			}
		})
	}
}
