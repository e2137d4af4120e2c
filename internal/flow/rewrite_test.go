package flow

import (
	"slices"
	"testing"
)

func TestOutcomesFollowWhatWasDoneToAText(t *testing.T) {
	replace := step(replacement(stringValue("`"), stringValue("'")), nil)
	strip := step(substitution(stringValue(`<[^>]+>`), stringValue(""), nil), nil)
	lines := step(func(s string) string { return newlines.Replace(s) }, nil)
	for _, c := range []struct {
		name string
		done *rewrite
		text string
		want []string
	}{
		{"nothing", nil, "a`b", []string{"a`b"}},
		{"one step", replace, "a`b", []string{"a'b"}},
		{"two steps", replace.then(strip), "<i>`", []string{"'"}},
		{"either of two ways", either(replace, strip), "<i>`", []string{"<i>'", "`"}},
		{"one way without", either(replace, nil), "`", []string{"`"}},
		{"lines joined again", lines.then(rejoined("\n> ", nil)), "a\nb", []string{"a\n> b"}},
	} {
		if got := c.done.outcomes(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestPatternsOfPythonAreReadAsFarAsTheyMeanTheSame(t *testing.T) {
	if compiled(`(?<=a)b`, nil) != nil {
		t.Error("a look-behind is read")
	}
	if change := substitution(stringValue(`(\w+)@(\w+)`), stringValue(`\2 at \g<1>`), nil); change("me@home") != "home at me" {
		t.Errorf("groups give %q", change("me@home"))
	}
}
