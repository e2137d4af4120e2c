package report

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// schema is a JSON schema as far as docs/report.schema.json uses it.
type schema struct {
	Ref                  string             `json:"$ref"`
	Defs                 map[string]*schema `json:"$defs"`
	Type                 string             `json:"type"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	Items                *schema            `json:"items"`
	AllOf                []*schema          `json:"allOf"`
	OneOf                []*schema          `json:"oneOf"`
	Enum                 []string           `json:"enum"`
	AdditionalProperties bool               `json:"additionalProperties"`
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	data, err := os.ReadFile("../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	root := &schema{}
	if err := json.Unmarshal(data, root); err != nil {
		t.Fatal(err)
	}
	return root
}

// The published schema and the Go types have the same keys, and require the same of them: a new key
// cannot be forgotten there, nor be described and not written. That reports are valid is checked by
// a validator in .ci/sarif.
func TestTheSchemaDescribesWhatIsWritten(t *testing.T) {
	root := readSchema(t)
	sameKeys(t, root, root, reflect.TypeFor[document](), "report")
}

func sameKeys(t *testing.T, root, s *schema, typ reflect.Type, at string) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case s == nil:
		t.Errorf("%s is not described", at)
		return
	case s.Ref != "":
		sameKeys(t, root, root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")], typ, at)
		return
	case len(s.AllOf) > 0:
		sameKeys(t, root, s.AllOf[0], typ, at)
		return
	case len(s.OneOf) > 0:
		sameKeys(t, root, s.OneOf[len(s.OneOf)-1], typ, at)
		return
	}
	switch typ.Kind() {
	case reflect.Slice:
		sameKeys(t, root, s.Items, typ.Elem(), at+"[]")
	case reflect.Struct:
		var keys, required, described []string
		for i := range typ.NumField() {
			key, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			keys = append(keys, key)
			if options != "omitempty" {
				required = append(required, key)
			}
			sameKeys(t, root, s.Properties[key], typ.Field(i).Type, at+"."+key)
		}
		for key := range s.Properties {
			described = append(described, key)
		}
		for _, list := range [][]string{keys, described, required, s.Required} {
			slices.Sort(list)
		}
		if diff := cmp.Diff(keys, described); diff != "" {
			t.Errorf("%s: keys written and described:\n%s", at, diff)
		}
		if diff := cmp.Diff(required, s.Required); diff != "" {
			t.Errorf("%s: keys always written and required:\n%s", at, diff)
		}
	}
}

// Every key of the schema stands in docs/json.md, too.
func TestThePageTellsOfEveryKey(t *testing.T) {
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	var visit func(s *schema)
	visit = func(s *schema) {
		for key, p := range s.Properties {
			if !strings.Contains(string(page), "`"+key+"`") {
				t.Errorf("docs/json.md does not tell of %s", key)
			}
			visit(p)
		}
	}
	root := readSchema(t)
	visit(root)
	for _, s := range root.Defs {
		visit(s)
	}
}
