package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

func open(t *testing.T, path, content string) *Document {
	t.Helper()
	source, err := ast.NewSource(path, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := Open(path, source)
	if !ok {
		t.Fatalf("%s is not recognised", path)
	}
	return d
}

// settingsOf lists what a file sets as "NAME=VALUE at the reported text".
func settingsOf(d *Document) []string {
	var out []string
	for _, s := range d.Settings() {
		out = append(out, s.Name+"="+s.Value+" at "+d.Source.Slice(s.Span))
	}
	return out
}

func TestVariablesAreFoundHoweverAFileSetsThem(t *testing.T) {
	for _, c := range []struct {
		path, content string
		want          []string
	}{
		{"Dockerfile", "FROM a\nENV A=1 \\\n  # note\n  B='two words'\nENV C three four\nARG D=5\nARG E\n", []string{
			"A=1 at A=1", "B=two words at B='two words'", "C=three four at ENV C three four", "D=5 at D=5",
		}},
		{"compose.yaml", "services:\n  a:\n    environment: &e\n      A: 1\n      B: \"2\"\n  b:\n    environment: *e\n  c:\n    environment:\n    - C=3\n    - D\n", []string{
			"A=1 at A: 1", "B=2 at B: \"2", "C=3 at C=3",
		}},
		{"k8s/pod.yaml", "a: 1\n---\nspec:\n  containers:\n  - env:\n    - name: A\n      value: x\n    - name: B\n      valueFrom: {secretKeyRef: {name: s}}\n", []string{"A=x at name: A\n      value: x"}},
		{".github/workflows/a.yml", "env: {A: true, B: 'no'}\n", []string{"A=true at A: true", "B=no at B: 'no"}},
		{".env", "# C=3\nA=1\nexport B='2' # two\n\n", []string{"A=1 at A=1", "B=2 at B='2'"}},
		{"run.sh", "X=1\nexport A=1 B=2; echo $A\nC=3 python a.py\n", []string{"A=1 at A=1", "B=2 at B=2", "C=3 at C=3"}},
		{"devcontainer.json", "{\"containerEnv\": {\"A\": \"1\"}}", []string{"A=1 at A\": \"1"}},
		{"a.toml", "[env]\nA = \"1\"\n", []string{"A=1 at A = \"1"}},
		{"README.md", "---\nlicense: mit\n---\nenv: {A: 1}\n", nil},
	} {
		if diff := cmp.Diff(c.want, settingsOf(open(t, c.path, c.content))); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
}

func TestARemovedVariableTakesItsLineOrItsPlaceInTheList(t *testing.T) {
	for _, c := range []struct{ path, content, want string }{
		{"Dockerfile", "FROM a\nENV X=1\nRUN b\n", "FROM a\nRUN b\n"},
		{"Dockerfile", "ENV A=1 X=1\n", "ENV A=1\n"},
		{"Dockerfile", "ENV \"X=1\" A=1\n", "ENV A=1\n"},
		{"Dockerfile", "ENV X=1 \\\n    A=1\n", "ENV A=1\n"},
		{"Dockerfile", "ENV X 1\nENV A 1\n", "ENV A 1\n"},
		{"compose.yml", "s:\n  environment:\n    A: 1\n    X: \"1\" # why\n  image: a\n", "s:\n  environment:\n    A: 1\n  image: a\n"},
		{"compose.yml", "s:\n  environment:\n    X: 1\n  image: a\n", "s:\n  image: a\n"},
		{"compose.yml", "s:\n  environment:\n  - \"X=1\"\n  - A=1\n", "s:\n  environment:\n  - A=1\n"},
		{"compose.yml", "s:\n  environment: [A=1, \"X=1\"]\n", "s:\n  environment: [A=1]\n"},
		{"compose.yml", "s:\n  environment: {X: '1', A: 1}\n", "s:\n  environment: {A: 1}\n"},
		{"pod.yaml", "env:\n- name: X\n  value: \"1\"\n- name: A\n  value: a\n", "env:\n- name: A\n  value: a\n"},
		{".env", "A=1\r\nX=1\r\n", "A=1\r\n"},
	} {
		d := open(t, c.path, c.content)
		got := "no such setting"
		for _, s := range d.Settings() {
			if s.Name != "X" {
				continue
			}
			text, err := d.Source.Apply(s.Remove())
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %q: %s", c.path, c.content, diff)
		}
	}
}

func TestADocumentKnowsWhereItsValuesStand(t *testing.T) {
	d := open(t, "compose.yml", "services:\n  s:\n    image: tensorflow/serving\n    ports: [\"8501:8501\"]\n")
	s := d.Trees()[0].Get("services", "s")
	if got := d.Source.Slice(s.Get("image").Span()); got != "tensorflow/serving" || !s.Get("image").Verbatim() {
		t.Errorf("the image stands at %q", got)
	}
	if got := d.Source.Slice(s.Get("ports").Items()[0].Span()); got != "8501:8501" {
		t.Errorf("the port stands at %q", got)
	}
	if got := d.Source.Slice(s.Span()); got != "image: tensorflow/serving\n    ports: [\"8501:8501" {
		t.Errorf("the service stands at %q", got)
	}
}

func TestAliasesThatHoldThemselvesEnd(t *testing.T) {
	open(t, "a.yaml", "a: &a\n  env: *a\n  b: *a\n").Settings()
	bomb := "a: &a [x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += string(c) + ": &" + string(c) + " [*" + string(c-1) + ", *" + string(c-1) + "]\n"
	}
	if got := open(t, "b.yaml", "env:\n  A: 1\n"+bomb).Settings(); len(got) != 1 {
		t.Errorf("%d settings", len(got))
	}
}

func TestInstructionsKeepTheirPlaces(t *testing.T) {
	d := open(t, "Dockerfile", "from a\nRUN <<EOF\nENV NOT=1\nEOF\nCMD [\"python\", \"a b.py\"]\nENTRYPOINT x \\\n  --y\n")
	var got []string
	for _, in := range d.Instructions() {
		words := []string{in.Name}
		for _, w := range in.Words {
			words = append(words, w.Text)
		}
		got = append(got, strings.Join(words, "|"))
	}
	want := []string{"FROM|a", "RUN", "CMD|python|a b.py", "ENTRYPOINT|x|--y"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, s := range []string{"FROM a\nENV A=1 \\\n B=2\n", "a: &a [*a, {env: {X: 1}}]\n---\nb: |\n  c\n", "export A='b\n", "---\nenv: [A=1]\n---\n", "{\"env\": {\"A\": \"\\u0041\"}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for _, path := range []string{"Dockerfile", "compose.yml", ".env", "a.sh", "README.md", "devcontainer.json", "a.toml"} {
			source, err := ast.NewSource(path, []byte(content))
			if err != nil {
				return
			}
			d, _ := Open(path, source)
			for _, s := range d.Settings() {
				source.Slice(s.Span)
				if _, err := source.Apply(s.Remove()); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
			d.Comments()
		}
	})
}

func TestJSONOfEditorsHasCommentsAndTrailingCommas(t *testing.T) {
	const text = `{
  // of the workspace
  "url": "https://example.org//x", /* a "string"
  */
  "list": ["a, ]", "b", ], // [1, 2,]
  "on": true,
}
`
	for _, path := range []string{".vscode/settings.json", "app.code-workspace", ".mcp.json", "a/.cursor/mcp.json", ".devcontainer/devcontainer.json"} {
		d := open(t, path, text)
		if notes := d.Notes(); len(notes) > 0 {
			t.Fatalf("%s: %v", path, notes)
		}
		root := d.Trees()[0]
		if got := root.Get("url").Text(); got != "https://example.org//x" {
			t.Errorf("%s: url is %q", path, got)
		}
		if got := root.Get("list").Items(); len(got) != 2 || got[0].Text() != "a, ]" {
			t.Errorf("%s: list is %v", path, got)
		}
		if got := d.Source.Slice(root.Get("on").Span()); got != "true" {
			t.Errorf("%s: the place of on is that of %q", path, got)
		}
	}
}

func TestItemsAreTakenOutOfLists(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": ["x", "y", "z"]}`:           `{"a": ["x", "z"]}`,
		`{"a": ["y", "z"]}`:                `{"a": ["z"]}`,
		"{\"a\": [\n  \"x\",\n  \"y\"\n]}": "{\"a\": [\n  \"x\"\n]}",
		"{\"a\": [\n  \"y\",\n]}":          `{"a": []}`,
	} {
		d := open(t, ".mcp.json", text)
		list := d.Trees()[0].Get("a")
		for i, item := range list.Items() {
			if item.Text() != "y" {
				continue
			}
			e, ok := list.WithoutItem(d.Source.Text, i)
			if got := text[:e.Start] + e.New + text[e.End:]; !ok || got != want {
				t.Errorf("%s becomes %s, want %s", text, got, want)
			}
		}
	}
}
