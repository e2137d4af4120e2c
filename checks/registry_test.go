package checks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fake is a check that reports nothing.
type fake struct{ info *Info }

func (f fake) Info() *Info { return f.info }

func fakes(infos ...*Info) []Check {
	var list []Check
	for _, info := range infos {
		list = append(list, fake{info})
	}
	return list
}

func registry(t *testing.T, infos ...*Info) *Registry {
	t.Helper()
	r, err := NewRegistry(fakes(infos...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sample(t *testing.T) *Registry {
	t.Helper()
	return registry(t,
		&Info{ID: "PML4207", Name: "pickle-in-dataset", Title: "T", Part: "4.2", Severity: Medium, Class: Weakness, CWE: []string{"CWE-50"}, OWASPML: []string{"ML02"}, NIST: []string{"MEASURE 2.7"}},
		&Info{ID: "PML1201", Name: "torch-load-unsafe", Title: "T", Part: "1.2", Severity: High, CWE: []string{"CWE-502"}, OWASPLLM: []string{"LLM03"}, ATLAS: []string{"AML.T0011.000"}, OWASPAgentic: []string{"ASI04"}},
		&Info{ID: "PML1203", Name: "model-unsigned", Title: "T", Part: "1.2", Profile: Extended},
		&Info{ID: "ACME001", Name: "acme-cache", Title: "T", Part: "acme"},
	)
}

func TestARuleThatWouldNeverBeToldSaysWhatItLacks(t *testing.T) {
	for want, rule := range map[string]*Rule{
		"On and no OnCall":                    {On: []string{"f"}},
		"OnCall is never called":              {OnCall: func(*Pass, *Call) {}},
		"From and Into and no OnFlow":         {From: []Label{LabelUser}, Into: []SinkKind{SinkParam}},
		"a flow needs both":                   {From: []Label{LabelUser}, OnFlow: func(*Pass, *Path) {}},
		"OnStore is never called":             {OnStore: func(*Pass, *Store) {}},
		"Needs and no OnModule":               {Needs: []string{"torch"}, OnProject: func(*ProjectPass) {}},
		"Beside and no OnFunction":            {Beside: [][]string{{"torch"}}, OnModule: func(*Pass) {}},
		"has no function; give one of OnCall": {},
	} {
		rule.Spec = &Info{ID: "ACME001", Name: "a-b", Title: "T"}
		if _, err := NewRegistry([]Check{rule}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

func TestRegistryNamesEveryMistakeAtOnce(t *testing.T) {
	ok := &Info{ID: "ACME001", Name: "a-b", Title: "T"}
	_, err := NewRegistry([]Check{
		fake{ok}, nil, fake{nil},
		fake{&Info{Name: "x", Title: "T"}},
		fake{&Info{ID: "acme2", Name: "x", Title: "T"}},
		fake{&Info{ID: "ACME2", Name: "Not Kebab", Title: "T"}},
		fake{&Info{ID: "ACME3", Name: "c", Title: " "}},
		fake{&Info{ID: "ACME4", Name: "d", Title: "two\nlines"}},
		fake{&Info{ID: "ACME5", Name: "e", Title: "T", Severity: 9}},
		fake{&Info{ID: "ACME6", Name: "f", Title: "T", Class: 9}},
		fake{&Info{ID: "ACME7", Name: "g", Title: "T", Profile: 9}},
		fake{&Info{ID: "ACME8", Name: "h", Title: "T", Inputs: []Input{9}}},
		fake{&Info{ID: "ACME001", Name: "other", Title: "T"}},
		fake{&Info{ID: "ACME9", Name: "a-b", Title: "T"}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"check 2 of 14: the check is nil", "check 3 of 14: checks.fake: its Info is nil",
		`check 4 of 14: checks.fake: its Info.ID is ""`, `its Info.ID is "acme2"; an id is capital letters and digits`,
		`ACME2: its Info.Name is "Not Kebab"`, "ACME3: its Info.Title is", "ACME4: its Info.Title is",
		"ACME5: its Info.Severity 9", "ACME6: its Info.Class 9", "ACME7: its Info.Profile 9", "ACME8: its Info.Inputs holds 9",
		`"ACME001" is already taken by ACME001 a-b`, `"a-b" is already taken by ACME001 a-b`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestLookupTakesIdsInAnyCaseAndNames(t *testing.T) {
	r := sample(t)
	for _, s := range []string{"PML1201", "pml1201", "torch-load-unsafe"} {
		if c, ok := r.Lookup(s); !ok || c.Info().ID != "PML1201" {
			t.Errorf("%s is not found", s)
		}
	}
	if _, ok := r.Lookup("PML12"); ok {
		t.Error("the beginning of an id is not a check")
	}
}

func TestSelectionChoosesChecks(t *testing.T) {
	r := sample(t)
	list := func(s ...string) []string { return s }
	for _, c := range []struct {
		name string
		sel  Selection
		want []string
	}{
		{"zero", Selection{}, list("ACME001", "PML1201", "PML4207")},
		{"default", Selection{Profile: "default"}, list("ACME001", "PML1201", "PML4207")},
		{"all", Selection{Profile: "all"}, list("ACME001", "PML1201", "PML1203", "PML4207")},
		{"extended is all", Selection{Profile: "extended"}, list("ACME001", "PML1201", "PML1203", "PML4207")},
		{"id beyond the profile", Selection{Select: list("PML1203")}, list("PML1203")},
		{"name beyond the profile", Selection{Select: list("model-unsigned")}, list("PML1203")},
		{"blanks around", Selection{Select: list(" PML1201 ")}, list("PML1201")},
		{"part by number", Selection{Select: list("1.2")}, list("PML1201")},
		{"part by folder, all", Selection{Profile: "all", Select: list("serialization")}, list("PML1201", "PML1203")},
		{"an embedder's part", Selection{Select: list("acme")}, list("ACME001")},
		{"beginning of ids", Selection{Select: list("PML")}, list("PML1201", "PML4207")},
		{"a severity", Selection{Select: list("high")}, list("PML1201")},
		{"a class", Selection{Select: list("Weakness")}, list("PML4207")},
		{"a severity that no check has", Selection{Ignore: list("critical", "medium")}, list("ACME001", "PML1201")},
		{"a weakness of the CWE", Selection{Select: list("cwe-502")}, list("PML1201")},
		{"a weakness is no beginning of another", Selection{Select: list("CWE-50")}, list("PML4207")},
		{"OWASP's lists", Selection{Select: list("LLM03", "ML02")}, list("PML1201", "PML4207")},
		{"OWASP's list for agents", Selection{Select: list("ASI04")}, list("PML1201")},
		{"a technique stands for those below it", Selection{Select: list("AML.T0011")}, list("PML1201")},
		{"a subcategory of the AI RMF", Selection{Select: list("measure 2.7")}, list("PML4207")},
		{"several", Selection{Select: list("4.2", "PML1201")}, list("PML1201", "PML4207")},
		{"ignore an id", Selection{Ignore: list("PML1201")}, list("ACME001", "PML4207")},
		{"ignore a part", Selection{Ignore: list("1.2", "datasets")}, list("ACME001")},
		{"ignore wins over a group", Selection{Select: list("1.2", "4.2"), Ignore: list("PML1201")}, list("PML4207")},
		{"a name wins over an ignored group", Selection{Select: list("PML1201"), Ignore: list("1.2")}, list("PML1201")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.Select(c.sel)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, check := range got {
				ids = append(ids, check.Info().ID)
			}
			if diff := cmp.Diff(c.want, ids); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongSelectionSaysWhatIsMeant(t *testing.T) {
	r := sample(t)
	for _, c := range []struct {
		sel  Selection
		want string
	}{
		{Selection{Profile: "strict"}, `no profile is called "strict"; use "default" or "all"`},
		{Selection{Select: []string{"PML1202"}}, `select: no check, part or standard is called "PML1202"; did you mean PML1201?`},
		{Selection{Ignore: []string{"torch-load-unsave"}}, `ignore: no check, part or standard is called "torch-load-unsave"; did you mean torch-load-unsafe?`},
		{Selection{Select: []string{"nonsense"}}, "give an id such as PML1201, a check's name, a part such as 1.2"},
		{Selection{Select: []string{""}}, `no check, part or standard is called ""`},
		{Selection{Select: []string{"6.1"}}, `no check, part or standard is called "6.1"`},
		{Selection{Select: []string{"PML1201"}, Ignore: []string{"PML1201"}}, "the selection leaves no check to run"},
	} {
		_, err := r.Select(c.sel)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error is %v, want %s", c.sel, err, c.want)
		}
	}
}

func TestEditDistanceIsLevenshteins(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1}, {"abc", "xabc", 1}, {"ab", "ba", 2}, {"kitten", "sitting", 3}, {"a", "abcdef", 4}} {
		if got := editDistance(c.a, c.b, 4); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
