package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/catalog"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	if err := run("../..", true, "", nil); err != nil {
		t.Error(err)
	}
}

func TestSameCatalogGivesSameBytes(t *testing.T) {
	first, err := generate(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestStaleAndLeftoverFilesAreNamed(t *testing.T) {
	fsys := fstest.MapFS{
		"checks/serialization/catalog.yaml":   {Data: []byte(goodEntry)},
		"docs/checks/PML0000.md":              {Data: []byte("left over")},
		"checks/serialization/catalog_gen.go": {Data: []byte("old")},
	}
	want, err := generate(fsys)
	if err != nil {
		t.Fatal(err)
	}
	stale, err := compare(fsys, want)
	if err != nil {
		t.Fatal(err)
	}
	expected := []string{"checks/serialization/catalog_gen.go", "docs/checks/PML0000.md", "docs/checks/PML1299.md", "docs/checks/README.md", "docs/coverage.md"}
	if diff := cmp.Diff(expected, stale); diff != "" {
		t.Error(diff)
	}
}

func TestGoodEntryIsReadWhole(t *testing.T) {
	list, err := parseCatalog("c.yaml", []byte(goodEntry), serialization(t))
	if err != nil {
		t.Fatal(err)
	}
	e := list[0]
	if e.ID != "PML1299" || e.line != 1 || e.Edit != "add `x=1`" || e.Reading != "two lines of prose" {
		t.Errorf("read %+v", e)
	}
	if diff := cmp.Diff([]string{"PML1201", "PML1203"}, e.Specializes); diff != "" {
		t.Error(diff)
	}
	if e.Vulnerable != "key = \"hf_<+>abc\"  # want\n" {
		t.Errorf("example changed: %q", e.Vulnerable)
	}
}

func TestMistakesAreReportedWithFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "seed: null", "seed: null\n  colour: red", `c.yaml:5: the entry has the unknown key "colour"`},
		{"missing key", "  seed: null\n", "", `c.yaml:1: the entry lacks the key "seed"`},
		{"key twice", "seed: null", "seed: null\n  group: again", `c.yaml:6: the entry has the key "group" twice`},
		{"bad class", "class: weakness", "class: bug", `c.yaml:6: class is "bug"; it must be one of governance, hardening, vulnerability, weakness`},
		{"bad input", "[python]", "[python, java]", `c.yaml:9: inputs is "java"`},
		{"bad severity", "severity: high", "severity: 3", "c.yaml:7: severity is not a string"},
		{"id of another part", "id: PML1299", "id: PML1399", "c.yaml:1: PML1399 is not an id of part 1.2"},
		{"id without number", "id: PML1299", "id: torch", `c.yaml:1: id "torch" does not have the form`},
		{"name in capitals", "name: a-name", "name: A-Name", `c.yaml:2: name "A-Name" does not have the form`},
		{"title with full stop", "title: A defect", "title: A defect.", "c.yaml:3: title ends in a full stop"},
		{"specializes prose", "[PML1201, PML1203]", "[PML1201, also 1203]", `c.yaml:19: specializes "also 1203" does not have the form`},
		{"specializes mapping", "[PML1201, PML1203]", "{id: PML1201}", "c.yaml:19: specializes must be null, one id or a list of ids"},
		{"specializes itself", "[PML1201, PML1203]", "PML1299", "c.yaml:19: PML1299 specializes itself"},
		{"specializes twice", "[PML1201, PML1203]", "[PML1201, PML1201]", "c.yaml:19: specializes names PML1201 twice"},
		{"fix without edit", "    edit: add `x=1`\n", "", `c.yaml:21: fix lacks the key "edit"`},
		{"bad applicability", "applicability: safe", "applicability: maybe", `c.yaml:21: applicability is "maybe"; it must be one of safe, unsafe`},
		{"bad CWE", "cwe: [CWE-502]", "cwe: [502]", "c.yaml:23: an item of cwe is not a string"},
		{"bad OWASP id", "owasp_llm: [LLM03]", "owasp_llm: [LLM11]", `c.yaml:24: owasp_llm: "LLM11" is not an identifier of OWASP Top 10 for LLM`},
		{"empty detect", "detect:\n    - a call\n", "detect: []\n", "c.yaml:15: detect is empty"},
		{"no marker", "  # want", "", "no line of vulnerable ends in `# want`"},
		{"marker in safe", "safe: |\n    key = None", "safe: |\n    key = None  # want", "c.yaml:31: safe has a line that ends in `# want`"},
		{"not a list", goodEntry, "id: PML1201\n", "c.yaml:1: a catalog is a list of entries"},
		{"not YAML", goodEntry, "- id: [\n", "c.yaml: yaml: line"},
		{"empty file", goodEntry, "", "c.yaml: EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(goodEntry, c.old, c.new, 1)
			if text == goodEntry {
				t.Fatal("the mistake was not made")
			}
			_, err := parseCatalog("c.yaml", []byte(text), serialization(t))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestIdsAndNamesAreUniqueAcrossParts(t *testing.T) {
	other := strings.NewReplacer("PML1299", "PML1398").Replace(goodEntry)
	_, err := generate(fstest.MapFS{
		"checks/serialization/catalog.yaml": {Data: []byte(goodEntry)},
		"checks/training/catalog.yaml":      {Data: []byte(other)},
	})
	want := "checks/training/catalog.yaml:1: a-name is already taken at checks/serialization/catalog.yaml:1"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestExamplesThatHoldBackquotesAreQuoted(t *testing.T) {
	text := strings.Replace(goodEntry, "key = None", "key = '`'", 1)
	files, err := generate(fstest.MapFS{"checks/serialization/catalog.yaml": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	src := string(files["checks/serialization/catalog_gen.go"])
	if !strings.Contains(src, `"key = '`+"`"+`'\n"`) {
		t.Errorf("the example is not quoted in\n%s", src)
	}
}

func TestPageLinksOnlyToPagesThatExist(t *testing.T) {
	general := strings.NewReplacer("PML1299", "PML1201", "a-name", "b-name", "[PML1201, PML1203]", "null").Replace(goodEntry)
	files, err := generate(fstest.MapFS{"checks/serialization/catalog.yaml": {Data: []byte(goodEntry + "\n" + general)}})
	if err != nil {
		t.Fatal(err)
	}
	page := string(files["docs/checks/PML1299.md"])
	for _, want := range []string{
		"[PML1201](PML1201.md) (b-name)", "Takes the place of PML1203 where",
		"https://cwe.mitre.org/data/definitions/502.html", "https://genai.owasp.org/llmrisk/llm032025-supply-chain/", "# reported",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func serialization(t *testing.T) catalog.Part {
	t.Helper()
	part, ok := catalog.PartNamed("serialization")
	if !ok {
		t.Fatal("no part serialization")
	}
	return part
}

const goodEntry = `- id: PML1299
  name: a-name
  title: A defect
  seed: null
  group: A heading
  class: weakness
  severity: high
  profile: default
  inputs: [python]
  engine: call
  frameworks: [torch]
  reading: >
    two lines
    of prose
  detect:
    - a call
  ignore: []
  report_at: the call
  specializes: [PML1201, PML1203]
  fix:
    applicability: safe
    edit: add ` + "`x=1`" + `
  cwe: [CWE-502]
  owasp_llm: [LLM03]
  owasp_ml: []
  owasp_agentic: []
  atlas: [AML.T0010]
  nist: [NISTAML.051, MEASURE 2.7]
  vulnerable: |
    key = "hf_<+>abc"  # want
  safe: |
    key = None
  fixed: |
    key = ""
`

func TestCoverageListsEachEntryWithItsChecksOrTheReason(t *testing.T) {
	want, err := generate(fstest.MapFS{"checks/serialization/catalog.yaml": {Data: []byte(goodEntry)}})
	if err != nil {
		t.Fatal(err)
	}
	page := string(want["docs/coverage.md"])
	for _, line := range []string{
		"/llm032025-supply-chain/) Supply Chain | [1299](checks/PML1299.md) |",
		"/AML.T0010) AI Supply Chain Compromise | [1299](checks/PML1299.md) |",
		"/final) Supply chain attacks | [1299](checks/PML1299.md) |", // which NISTAML.051 is one of
		"| [AML.T0072](https://atlas.mitre.org/techniques/AML.T0072) Reverse Shell | What happens at run time",
		"| [AML.T0108](https://atlas.mitre.org/techniques/AML.T0108) AI Agent | no check yet |",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %s", line)
		}
	}
}
