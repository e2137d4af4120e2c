package manifest

import "testing"

// project parses a tree's manifests, given as pairs of path and content.
func project(t *testing.T, files ...string) *Facts {
	t.Helper()
	var all []*Manifest
	for i := 0; i < len(files); i += 2 {
		all = append(all, parse(t, files[i], files[i+1]))
	}
	return NewFacts(all)
}

func TestAtLeastAsksTheManifestsThatGovernAFile(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		path  string
		want  bool
	}{
		"a floor in the same folder":                {[]string{"requirements.txt", "torch>=2.6"}, "train.py", true},
		"a floor in a folder above":                 {[]string{"requirements.txt", "torch>=2.6"}, "src/a/train.py", true},
		"a pin":                                     {[]string{"a/requirements.txt", "torch==2.7.1+cu126"}, "a/train.py", true},
		"a floor below the version":                 {[]string{"requirements.txt", "torch>=2.0"}, "train.py", false},
		"no version":                                {[]string{"requirements.txt", "torch"}, "train.py", false},
		"no manifest":                               {nil, "train.py", false},
		"the nearest folder decides":                {[]string{"requirements.txt", "torch>=2.6", "a/requirements.txt", "torch>=2.0"}, "a/train.py", false},
		"the nearest folder says nothing":           {[]string{"requirements.txt", "torch>=2.6", "a/requirements.txt", "torch"}, "a/train.py", true},
		"a folder beside is asked last":             {[]string{"b/requirements.txt", "torch>=2.6"}, "a/train.py", true},
		"a folder beside does not overrule":         {[]string{"requirements.txt", "torch>=2.0", "b/requirements.txt", "torch>=2.6"}, "a/train.py", false},
		"requirements/ speaks for its parent":       {[]string{"a/requirements/base.txt", "torch>=2.6", "requirements.txt", "torch>=2.0"}, "a/train.py", true},
		"a lock file proves what a floor does not":  {[]string{"pyproject.toml", "[project]\ndependencies=['torch>=2.0']", "uv.lock", "[[package]]\nname='torch'\nversion='2.6.0'"}, "train.py", true},
		"two locked versions, one is old":           {[]string{"uv.lock", "[[package]]\nname='torch'\nversion='2.6.0'\n[[package]]\nname='torch'\nversion='2.4.0'"}, "train.py", false},
		"another manifest pins an old version":      {[]string{"pyproject.toml", "[project]\ndependencies=['torch>=2.6']", "Dockerfile", "RUN pip install torch==2.1"}, "train.py", false},
		"a constraint is enough":                    {[]string{"requirements.txt", "torch", "constraints.txt", "torch>=2.6"}, "train.py", true},
		"all markers agree":                         {[]string{"requirements.txt", "torch==2.6.0; sys_platform=='darwin'\ntorch==2.6.0+cpu; sys_platform!='darwin'"}, "train.py", true},
		"one marker disagrees":                      {[]string{"requirements.txt", "torch==2.6.0; sys_platform=='darwin'\ntorch==2.2.0; sys_platform!='darwin'"}, "train.py", false},
		"a marker that cannot hold is ignored":      {[]string{"pyproject.toml", "[project]\nrequires-python='>=3.10'\ndependencies=['torch>=2.6', 'torch==1.13; python_version<\"3.8\"']"}, "train.py", true},
		"an extra counts when nothing else does":    {[]string{"pyproject.toml", "[project.optional-dependencies]\ngpu=['torch>=2.6']"}, "train.py", true},
		"an extra does not count beside the main":   {[]string{"pyproject.toml", "[project]\ndependencies=['torch>=2.0']\n[project.optional-dependencies]\ngpu=['torch>=2.6']"}, "train.py", false},
		"conda's name of the distribution":          {[]string{"environment.yml", "dependencies: [pytorch=2.6]"}, "train.py", true},
		"poetry's caret":                            {[]string{"pyproject.toml", "[tool.poetry.dependencies]\ntorch = '^2.6'"}, "train.py", true},
		"paths with backslashes and leading dots":   {[]string{`.\a\requirements.txt`, "torch>=2.6"}, `./a/train.py`, true},
		"absolute paths":                            {[]string{"/srv/a/requirements.txt", "torch>=2.6"}, "/srv/a/b/train.py", true},
		"a version that is none is never satisfied": {[]string{"requirements.txt", "torch>=not.a.version"}, "train.py", false},
	} {
		if got := project(t, c.files...).AtLeast("Torch", "2.6", c.path); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestHasSpeaksOfRequirementsAndNotOfConstraints(t *testing.T) {
	f := project(t, "requirements.txt", "hugging_face.hub\n./local\n", "constraints.txt", "torch>=2")
	if !f.Has("Hugging-Face-Hub") || f.Has("torch") || f.Has("numpy") || f.Has("") {
		t.Error("wrong answer")
	}
	if found := f.Find("torch"); len(found) != 1 || found[0].Manifest.Path != "constraints.txt" {
		t.Errorf("found %v", found)
	}
	var none *Facts
	if none.Has("torch") || none.AtLeast("torch", "2", "a.py") || none.PythonAtLeast("3", "a.py") || none.Manifests() != nil {
		t.Error("nil facts know something")
	}
}

func TestPythonAtLeastReadsTheSupportedRange(t *testing.T) {
	f := project(t, "pyproject.toml", "[project]\nrequires-python='>=3.14'", "old/pyproject.toml", "[project]\nrequires-python='>=3.8'")
	if !f.PythonAtLeast("3.14", "a.py") || f.PythonAtLeast("3.14", "old/a.py") {
		t.Error("wrong answer")
	}
}

func TestFactsDoNotDependOnTheOrderOfManifests(t *testing.T) {
	a := parse(t, "requirements.txt", "torch>=2.6")
	b := parse(t, "Dockerfile", "RUN pip install torch==2.1")
	if NewFacts([]*Manifest{a, b, nil}).Manifests()[0] != NewFacts([]*Manifest{b, a}).Manifests()[0] {
		t.Error("the order is kept")
	}
}
