package deceptive

import (
	"fmt"
	"strings"
	"testing"
)

// found writes what Find says of a text: "invisible@3".
func found(text string) string {
	var out []string
	for _, c := range Find(text, true) {
		s := fmt.Sprintf("%s@%d", [...]string{"invisible", "bidi", "look-alike"}[c.Kind], c.Start)
		if c.Twin != "" {
			s += "=" + c.Twin
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestDeceptiveCharactersAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                  "",
		"N\u0435ver":             "look-alike@1=e",
		"\uff21nswer":            "look-alike@0=A",
		"se\U0001d41c\u0072et":   "look-alike@2=c",
		"a\u200bb":               "invisible@1",
		"a\u200db":               "invisible@1",
		"go\U000e0053\U000e0065": "invisible@2 invisible@6",
		"\u202eabc\u202c":        "bidi@0 bidi@6",
		"\u2066abc\u2069":        "bidi@0 bidi@6",
		"\u2067\u05d0\n\u2069":   "bidi@0 bidi@6",
		"\U0001F3F4\U000E0067 x": "invisible@4",
	} {
		if got := found(text); got != want {
			t.Errorf("%q: %s is found, want %s", text, got, want)
		}
	}
}

func TestWhatWritingNeedsIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"\u043e\u0442\u0432\u0435\u0447\u0430\u0439 \u043a\u0440\u0430\u0442\u043a\u043e", // Russian
		"\u03bcs, k\u03a9 and \u0394time",
		"\u043e\u0442\u0432\u0435\u0447\u0430\u0439 JSON\u0430",                                  // a Russian ending
		"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",                                       // Persian
		"\U0001F468\u200D\U0001F469\u200D\U0001F467",                                             // a family
		"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",                 // England
		"\u2067\u05e9\u05dc\u05d5\u05dd\u2069",                                                   // Hebrew
		"\u1797\u17b6\u179f\u17b6\u200b\u1781\u17d2\u1798\u17c2\u179a", "\u845b\U000E0100\u57ce", // Khmer, Han
		`se\u0441ret \u200b \N{CYRILLIC SMALL LETTER A}bcd`, `\n\u202e`,
	} {
		if got := found(text); got != "" {
			t.Errorf("%q: %s is found", text, got)
		}
	}
}

func FuzzAnyTextIsRead(f *testing.F) {
	f.Add("a\u200b\\N{", true)
	f.Fuzz(func(t *testing.T, text string, escapes bool) {
		end := 0
		for _, c := range Find(text, escapes) {
			if c.Start < end || c.End > len(text) {
				t.Fatalf("%v lies outside or overlaps", c)
			}
			end = c.End
		}
	})
}
