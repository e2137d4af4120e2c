package flow

import (
	"fmt"
	"testing"
)

func TestPlaceholdersOfRoutesAreRead(t *testing.T) {
	for rule, want := range map[string]string{
		"/a/{name}":                              "[{name false}]",
		"/a/{name:path}/b":                       "[{name true}]",
		"/a/{n:int}/{rest:.*}":                   "[{n false} {rest true}]",
		`/a/{id:[a-z]{3}}`:                       "[{id false}]",
		"/a/<name>":                              "[{name false}]",
		"/a/<string:name>/<path:rest>":           "[{name false} {rest true}]",
		"files/<slug:s>":                         "[{s false}]",
		"/a/<name:path>":                         "[{name true}]",
		`^files/(?P<name>[\w.-]+)/(?P<rest>.+)$`: "[{name false} {rest true}]",
		`/files/(?P<name>[^/]+)`:                 "[{name false}]",
		"/a":                                     "[]",
	} {
		if got := fmt.Sprint(placeholders(rule)); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}
