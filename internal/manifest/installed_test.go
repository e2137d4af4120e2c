package manifest

import (
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

func TestThePlacesOfOptionsAreThoseOfTheirNames(t *testing.T) {
	source := "--extra-index-url https://a.example/simple\n--index-url=https://b.example/simple\n-ihttps://c.example/simple\n--require-hashes\n"
	m, err := Parse("requirements.txt", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range m.Indexes {
		got = append(got, o.Name+" "+source[o.Key.Start:o.Key.End]+" "+o.Value)
	}
	want := "extra-index-url --extra-index-url https://a.example/simple\nindex-url --index-url https://b.example/simple\nindex-url -i https://c.example/simple\nrequire-hashes  "
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestPipsConfigurationIsRead(t *testing.T) {
	source := "[global]\nindex-url = https://a.example/simple\ntrusted_host =\n    pypi.org\n    ; a comment\n    files.example.org other.example.org\ntimeout = 60\n"
	m, err := Parse("etc/pip.conf", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range m.Indexes {
		if source[o.Span.Start:o.Span.End] != o.Value {
			t.Errorf("%s does not stand at its place", o.Value)
		}
		got = append(got, o.Name+" "+o.Value)
	}
	want := "index-url https://a.example/simple\ntrusted-host pypi.org\ntrusted-host files.example.org\ntrusted-host other.example.org"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestSingleCommandsAreRead(t *testing.T) {
	source := []byte(`sudo pip3 install -q "torch==2.5.1" --extra-index-url https://a.example x`)
	var words []Word
	for _, w := range splitWords(text{string(source), spanOf(0, len(source)), true}) {
		words = append(words, Word{w.value, w.span})
	}
	m, ok := Command("run.sh", source, words)
	if !ok || len(m.Requirements) != 2 || m.Requirements[0].Name != "torch" || len(m.Indexes) != 1 {
		t.Fatalf("got %+v, %v", m, ok)
	}
	if at := m.Requirements[0].Version; string(source[at.Start:at.End]) != "==2.5.1" {
		t.Errorf("the version stands at %v", at)
	}
	if _, ok := Command("run.sh", source, words[:2]); ok {
		t.Error("pip alone installs nothing")
	}
	if Stands(source, Word{"torch", ast.Span{Start: 0, End: 999}}) || Stands(source, Word{"pip3", ast.Span{Start: 0, End: 4}}) {
		t.Error("words stand where they do not")
	}
}

func TestRequirementsOfSetupAreRead(t *testing.T) {
	r, ok := ReadRequirement(" torch[extra] >=2.0 ; python_version < '3.9'")
	if !ok || r.Name != "torch" || r.Specifier.Text != ">=2.0" {
		t.Errorf("got %+v, %v", r, ok)
	}
	if _, ok := ReadRequirement("==2.0"); ok {
		t.Error("a version is no requirement")
	}
	for marker, want := range map[string]bool{
		`python_version < "3.9"`: true, `python_version <= "3.8"`: true, `python_version == "3.8"`: true, `"3.9" > python_version`: true,
		`python_version < "3.10"`: false, `python_version >= "3.8"`: false, `python_version == "3.9"`: false, `sys_platform == "linux"`: false, ``: false,
	} {
		if got := (&Requirement{Marker: marker}).OnlyBefore("3.9"); got != want {
			t.Errorf("%s: only before 3.9: %v", marker, got)
		}
	}
}

func TestDirectReferencesToWheelsKeepTheirName(t *testing.T) {
	m, err := Parse("requirements.txt", []byte("tools @ https://a.example/tools-1.0-py3-none-any.whl\n./own-1.0-py3-none-any.whl\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Requirements[0]; r.Name != "tools" || r.URL != "https://a.example/tools-1.0-py3-none-any.whl" {
		t.Errorf("got %+v", r)
	}
	if r := m.Requirements[1]; r.Name != "own" {
		t.Errorf("got %+v", r)
	}
}

func TestLinksOfSetupAreSourcesOfPackages(t *testing.T) {
	for path, source := range map[string]string{
		"setup.cfg": "[options]\ndependency_links =\n    http://a.example/simple\n",
		"setup.py":  "from setuptools import setup\nsetup(dependency_links=[\"http://a.example/simple\"])\n",
	} {
		m, err := Parse(path, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Indexes) != 1 || m.Indexes[0].Name != "dependency-links" || m.Indexes[0].Value != "http://a.example/simple" {
			t.Errorf("%s: %+v", path, m.Indexes)
		}
	}
}
