package flow

import (
	"slices"
	"testing"
)

func TestConstantCommandsAreSplitAsShlexDoes(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               nil,
		"  ls   -l\t/srv\n":              {"ls", "-l", "/srv"},
		`grep "a b" 'c "d"' e\ f`:        {"grep", "a b", `c "d"`, "e f"},
		`x '' "" y`:                      {"x", "", "", "y"},
		`--name="the model"'s' "a\"b" z`: {"--name=the models", `a"b`, "z"},
		`'a\b'`:                          {`a\b`},
	} {
		if got := shellWords(text); !slices.Equal(got, want) {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
