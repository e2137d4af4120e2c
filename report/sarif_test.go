package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
	"github.com/pyguard/pyguardml/pyguardml"
)

func sarifBytes(t testing.TB, r *pyguardml.Result, p project) []byte {
	return write(t, func(b *bytes.Buffer) error { return SARIF(b, r, Source(p.open)) })
}

// sarifLog is what the tests look at.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID            string
					Relationships []struct {
						Target struct {
							ID            string
							Index         int
							ToolComponent struct {
								Name  string
								Index int
							}
						}
					}
				}
			}
		}
		Taxonomies []struct {
			Name string
			Taxa []struct{ ID string }
		}
		Results []struct {
			RuleID     string
			RuleIndex  int
			Locations  []sarifPlace
			Properties struct{ Cell int }
			Fixes      []struct {
				ArtifactChanges []struct {
					ArtifactLocation struct{ URI string }
					Replacements     []struct {
						DeletedRegion   map[string]int
						InsertedContent struct{ Text, Binary string }
					}
				}
			}
		}
	}
}

type sarifPlace struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI, URIBaseID string }
		Region           struct{ StartLine, StartColumn int }
	}
}

func parseLog(t testing.TB, data []byte) sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestSARIFIsComplete(t *testing.T) {
	golden(t, "report.sarif", sarifBytes(t, sampleResult(t), sample))
}

func TestSARIFHoldsNoNull(t *testing.T) {
	if got := sarifBytes(t, sampleResult(t), sample); bytes.Contains(got, []byte("null")) {
		t.Errorf("null is no value that the schema allows:\n%s", got)
	}
}

func TestSARIFOfNothingIsARunWithoutResults(t *testing.T) {
	got := sarifBytes(t, &pyguardml.Result{}, nil)
	for _, want := range []string{`"results": []`, `"rules": []`, `"version": "2.1.0"`} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("the report lacks %s:\n%s", want, got)
		}
	}
}

func TestSARIFIndexesPointAtWhatTheyName(t *testing.T) {
	run := parseLog(t, sarifBytes(t, sampleResult(t), sample)).Runs[0]
	for _, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
			t.Errorf("ruleIndex %d is %s, not %s", r.RuleIndex, got, r.RuleID)
		}
	}
	relations := 0
	for _, rule := range run.Tool.Driver.Rules {
		for _, rel := range rule.Relationships {
			relations++
			taxonomy := run.Taxonomies[rel.Target.ToolComponent.Index]
			if taxonomy.Name != rel.Target.ToolComponent.Name || taxonomy.Taxa[rel.Target.Index].ID != rel.Target.ID {
				t.Errorf("%s: %+v is not %+v", rule.ID, rel.Target, taxonomy)
			}
		}
	}
	if relations != 5 {
		t.Errorf("%d relationships, want 5", relations)
	}
}

func TestPathsBecomeURIs(t *testing.T) {
	for path, want := range map[string]string{
		"src/a.py":         "src/a.py",
		"./a.py":           "a.py",
		"my app/#1 50%.py": "my%20app/%231%2050%25.py",
		"模型.py":            "%E6%A8%A1%E5%9E%8B.py",
		"a:b.py":           "./a:b.py",
		"/abs/my app.py":   "file:///abs/my%20app.py",
		"C:/proj/a.py":     "file:///C:/proj/a.py",
		"bad\xff.py":       "bad%FF.py",
		"q?x=[1].py":       "q%3Fx=%5B1%5D.py",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%q became %q, want %q", path, got, want)
		}
	}
}

func TestAResultInANotebookTellsItsCell(t *testing.T) {
	run := parseLog(t, sarifBytes(t, sampleResult(t), sample)).Runs[0]
	r := run.Results[2]
	place := r.Locations[0].PhysicalLocation
	if place.ArtifactLocation.URI != "train.ipynb" || r.Properties.Cell != 2 || place.Region.StartLine != 2 || place.Region.StartColumn != 9 {
		t.Errorf("got %+v in cell %d", place, r.Properties.Cell)
	}
}

func TestANotebooksFixGivesTheEditedNotebook(t *testing.T) {
	run := parseLog(t, sarifBytes(t, sampleResult(t), sample)).Runs[0]
	change := run.Results[2].Fixes[0].ArtifactChanges[0]
	r := change.Replacements[0]
	content, err := base64.StdEncoding.DecodeString(r.InsertedContent.Binary)
	if err != nil {
		t.Fatal(err)
	}
	before := sample["train.ipynb"]
	at := r.DeletedRegion["byteOffset"]
	after := before[:at] + string(content) + before[at+r.DeletedRegion["byteLength"]:]
	book, err := notebook.Parse("train.ipynb", []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	if want := "import torch\nmodel = torch.load('m.pt', weights_only=True)\n"; book.Cell(2).Source != want {
		t.Errorf("the cell became %q, want %q", book.Cell(2).Source, want)
	}
}

func TestAFixIsGivenWholeOrNotAtAll(t *testing.T) {
	r := sampleResult(t)
	good := *r.Findings[1].Fix
	r.Findings[1].Fix = &fix.Fix{Message: "m", Edits: append([]fix.Edit{{Path: "unknown.py", New: "x"}}, good.Edits...)}
	run := parseLog(t, sarifBytes(t, r, sample)).Runs[0]
	if n := len(run.Results[1].Fixes); n != 0 {
		t.Errorf("a fix with an edit that cannot be expressed is written")
	}
}

func TestAFixesColumnsAreUTF16(t *testing.T) {
	p := project{"a.py": "s = '\U0001F600'; load(x)\n"}
	l := p.at(t, "a.py", "load(x)")
	end := int(l.Span.End) - 1
	r := &pyguardml.Result{Findings: []checks.Finding{{CheckID: "X1", Message: "m", Location: l, Fix: &fix.Fix{Message: "m", Edits: []fix.Edit{{Start: end, End: end, New: ", y"}}}}}}
	run := parseLog(t, sarifBytes(t, r, p)).Runs[0]
	got := run.Results[0].Fixes[0].ArtifactChanges[0].Replacements[0].DeletedRegion
	if got["startColumn"] != 17 || got["endColumn"] != 17 || got["startLine"] != 1 {
		t.Errorf("got %v, want column 17 (the emoji counts two)", got)
	}
	if c := run.Results[0].Locations[0].PhysicalLocation.Region.StartColumn; c != 11 {
		t.Errorf("the result's column is %d, want 11", c)
	}
}

func TestRuleNamesArePascalCase(t *testing.T) {
	for in, want := range map[string]string{"torch-load-unsafe": "TorchLoadUnsafe", "x": "X", "": "", "a--1b": "A1b"} {
		if got := pascal(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestReportsAreTheSameEveryTime(t *testing.T) {
	first := sarifBytes(t, sampleResult(t), sample)
	for range 20 {
		if !bytes.Equal(first, sarifBytes(t, sampleResult(t), sample)) {
			t.Fatal("two reports of one result differ")
		}
	}
}

func TestHelpShowsTheExampleWithoutTestMarks(t *testing.T) {
	if got := helpMarkdown(sampleChecks[0]); strings.Contains(got, "# want") || !strings.Contains(got, "```python\nstate = torch.load(path)\n```") {
		t.Errorf("got %s", got)
	}
}
