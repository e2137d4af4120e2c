package report

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/pyguard/pyguardml/pyguardml"
)

func TestJSONIsComplete(t *testing.T) {
	golden(t, "report.json", write(t, func(b *bytes.Buffer) error { return JSON(b, sampleResult(t)) }))
}

func TestJSONOfNothingHasEmptyLists(t *testing.T) {
	got := write(t, func(b *bytes.Buffer) error { return JSON(b, &pyguardml.Result{}) })
	if bytes.Contains(got, []byte("null")) {
		t.Errorf("a list is null:\n%s", got)
	}
	var doc struct{ Version int }
	if err := json.Unmarshal(got, &doc); err != nil || doc.Version != JSONVersion {
		t.Errorf("version %d, error %v", doc.Version, err)
	}
}

func TestChecksAreAnArrayOfObjects(t *testing.T) {
	var list []map[string]any
	data := write(t, func(b *bytes.Buffer) error { return WriteChecks(b, sampleChecks) })
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "name", "title", "profile", "severity", "fix"} {
		for _, object := range list {
			if s, ok := object[key].(string); !ok || s == "" {
				t.Errorf("%v has no %s", object["id"], key)
			}
		}
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	data := write(t, func(b *bytes.Buffer) error { return JSON(b, sampleResult(t)) })
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([A-Za-z]+)":`).FindAllSubmatch(data, -1) {
		if key := string(m[1]); !seen[key] && !bytes.Contains(page, []byte("`"+key+"`")) {
			t.Errorf("docs/json.md does not tell of the key %s", key)
		}
		seen[string(m[1])] = true
	}
}
