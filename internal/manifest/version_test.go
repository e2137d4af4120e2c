package manifest

import (
	"slices"
	"testing"
)

// The order is that of PEP 440's own examples, with more spellings.
var ordered = []string{
	"0.dev0", "0", "0.0.317", "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12",
	"1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1",
	"1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1",
	"1.10", "2.5.1", "2.5.1+cpu", "2.5.1+cu121", "2.6.0rc1", "2.6.0", "2.10", "2024.1.1", "1!0.5",
}

func TestVersionsAreOrderedAsPEP440Says(t *testing.T) {
	for i, a := range ordered {
		for j, b := range ordered {
			v, ok := ParseVersion(a)
			w, also := ParseVersion(b)
			if !ok || !also {
				t.Fatalf("%s or %s is not understood", a, b)
			}
			if got, want := v.Compare(w), sign(i, j); got != want {
				t.Errorf("compare %s with %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestSpellingsOfAVersionAreEqual(t *testing.T) {
	for spelling, normal := range map[string]string{
		"v1.0": "1.0", " 1.0-Alpha.1 ": "1.0a1", "1.0.RC-2": "1.0rc2", "1.0c1": "1.0rc1", "1.0pre3": "1.0rc3",
		"1.0preview": "1.0rc0", "1.0-1": "1.0.post1", "1.0rev4": "1.0.post4", "1.0r4": "1.0.post4",
		"1.0post": "1.0.post0", "1.0dev": "1.0.dev0", "1.0+Ubuntu-1_x": "1.0+ubuntu.1.x", "01.02": "1.2",
	} {
		v, ok := ParseVersion(spelling)
		if !ok || v.String() != normal {
			t.Errorf("%q: got %s, %v, want %s", spelling, v, ok, normal)
		}
	}
	a, _ := ParseVersion("2.0.0")
	b, _ := ParseVersion("2")
	if a.Compare(b) != 0 {
		t.Error("trailing zeros count")
	}
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	for _, s := range []string{"", "abc", "1.", "1..2", "1.0+", "1.0+a..b", "1.0 beta x", "99999999999999999999", "1.0-", "2.6=py39", "==1", "!1", "1.0a1b2"} {
		if v, ok := ParseVersion(s); ok {
			t.Errorf("%q: got %s", s, v)
		}
	}
}

func TestFloorAndCeilingOfSpecifiers(t *testing.T) {
	type parse = func(string) (Specifier, bool)
	for _, c := range []struct {
		parse          parse
		spec           string
		floor, ceiling string // "" for none; a leading ">" or "<" when the end is not included
	}{
		{ParseSpecifier, "", "", ""},
		{ParseSpecifier, ">=2.6", "2.6", ""},
		{ParseSpecifier, "> 2.5.1", ">2.5.1", ""},
		{ParseSpecifier, ">=2.0,<3,!=2.1", "2.0", "<3"},
		{ParseSpecifier, ">=2.0,>=2.6,<=2.7,<4", "2.6", "2.7"},
		{ParseSpecifier, "==2.6.0", "2.6.0", "2.6.0"},
		{ParseSpecifier, "===2.6.0", "2.6.0", "2.6.0"},
		{ParseSpecifier, "==2.5.1+cu121", "2.5.1+cu121", "2.5.1"},
		{ParseSpecifier, "==2.6.*", "2.6", "<2.7"},
		{ParseSpecifier, "~=2.6", "2.6", "<3"},
		{ParseSpecifier, "~=2.6.1", "2.6.1", "<2.7"},
		{ParseSpecifier, "!=2.6", "", ""},
		{parsePoetry, "^2.6", "2.6", "<3"},
		{parsePoetry, "^0.2.3", "0.2.3", "<0.3"},
		{parsePoetry, "^0.0.3", "0.0.3", "<0.0.4"},
		{parsePoetry, "~2.6.1", "2.6.1", "<2.7"},
		{parsePoetry, "~2", "2", "<3"},
		{parsePoetry, "~=2.6", "2.6", "<3"},
		{parsePoetry, "2.6.0", "2.6.0", "2.6.0"},
		{parsePoetry, "2.*", "2", "<3"},
		{parsePoetry, "*", "", ""},
		{parsePoetry, ">=2.0 <3.0", "2.0", "<3.0"},
		{parsePoetry, "^1.0 || ^3.0", "1.0", "<4"},
		{parseConda, "=2.6", "2.6", "<2.7"},
		{parseConda, "2.6", "2.6", "2.6"},
		{parseConda, "==2.6", "2.6", "2.6"},
		{parseConda, "2.6.*", "2.6", "<2.7"},
		{parseConda, "2.6*", "2.6", "<2.7"},
		{parseConda, ">=2.6,<3", "2.6", "<3"},
		{parseConda, "1.8|>=2.6", "1.8", ""},
	} {
		spec, ok := c.parse(c.spec)
		if !ok {
			t.Errorf("%q is not understood", c.spec)
		}
		v, inclusive, set := spec.Floor()
		checkEnd(t, c.spec+" floor", c.floor, ">", v, inclusive, set)
		v, inclusive, set = spec.Ceiling()
		checkEnd(t, c.spec+" ceiling", c.ceiling, "<", v, inclusive, set)
	}
}

func checkEnd(t *testing.T, what, want, open string, v Version, inclusive, set bool) {
	t.Helper()
	got := ""
	if set {
		got = v.String()
		if !inclusive {
			got = open + got
		}
	}
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestRequiresAndBelowSpeakOfEveryAdmittedVersion(t *testing.T) {
	for _, c := range []struct {
		spec            string
		requires, below bool // 2.6
	}{
		{">=2.6", true, false}, {">=2.6.0", true, false}, {">=2.6.0rc1", false, false}, {">2.5", false, false},
		{"==2.6.*", true, false}, {"==2.5.*", false, true}, {"<2.6", false, true}, {"<=2.6", false, false},
		{"==2.5.1+cu121", false, true}, {"==2.6.0+cpu", true, false}, {">=2.0,<3", false, false}, {"", false, false},
	} {
		spec, _ := ParseSpecifier(c.spec)
		if spec.Requires("2.6") != c.requires || spec.Below("2.6") != c.below {
			t.Errorf("%q: requires %v, below %v", c.spec, spec.Requires("2.6"), spec.Below("2.6"))
		}
	}
}

// The cases are those of PEP 440's text on each operator.
func TestSpecifiersAdmitAsPEP440Says(t *testing.T) {
	for _, c := range []struct{ spec, admitted, refused string }{
		{"==1.1", "1.1+local", "1.1.post1"}, {"==1.1.*", "1.1a1", "1.2"}, {"==1.1.post1", "1.1.post1", "1.1"},
		{"!=1.1.*", "1.2", "1.1.3"}, {"~=2.2", "2.9", "3.0"}, {"~=1.4.5", "1.4.9", "1.5"}, {"~=2.2.post3", "2.3", "2.2"},
		{">1.7", "1.7.1", "1.7.post1"}, {">1.7", "1.8", "1.7+local"}, {">1.7.post2", "1.7.post3", "1.7.0"},
		{"<1.7", "1.6", "1.7rc1"}, {"<=1.7", "1.7+local", "1.8"}, {">=1.7", "1.7", "1.7rc1"}, {"===1.0", "1.0", "1.1"},
	} {
		spec, ok := ParseSpecifier(c.spec)
		if !ok || !spec.Admits(c.admitted) || spec.Admits(c.refused) {
			t.Errorf("%s: admits %s: %v, admits %s: %v", c.spec, c.admitted, spec.Admits(c.admitted), c.refused, spec.Admits(c.refused))
		}
	}
}

func TestMarkersHoldForTheSupportedPythons(t *testing.T) {
	python, _ := ParseSpecifier(">=3.9,<3.13")
	for marker, want := range map[string]truth{
		"": always, `python_version >= "3.8"`: always, `python_version < '3.8'`: never, `python_version > "3.8"`: always,
		`python_version <= "3.8"`: never, `python_version >= "3.10"`: sometimes, `"3.9" <= python_version`: always,
		`sys_platform == "linux"`: sometimes, `python_version < "3.8" or sys_platform == "darwin"`: sometimes,
		`python_version < "3.8" and sys_platform == "darwin"`: never, `python_version >= "3.9" or extra == "x"`: always,
		`(python_version >= "3.9")`: always, `python_version in "3.9 3.10"`: sometimes, `python_version not in "3.9"`: sometimes,
		`python_version >=`: sometimes, `(((`: sometimes,
	} {
		if got := holds(marker, python); got != want {
			t.Errorf("%s: got %d, want %d", marker, got, want)
		}
	}
}

func TestNamesAreNormalized(t *testing.T) {
	got := []string{Normalize("Torch"), Normalize("hugging_face.hub"), Normalize("a-_.b"), Normalize("scikit-learn")}
	if want := []string{"torch", "hugging-face-hub", "a-b", "scikit-learn"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
