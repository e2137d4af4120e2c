package pyguardml

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

func fixed(t *testing.T, files []File, opts FixOptions) *fix.Plan {
	t.Helper()
	plan, err := Fix(context.Background(), files, opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// after renders the changed files as "path=content".
func after(plan *fix.Plan) []string {
	list := []string{}
	for _, c := range plan.Changes {
		list = append(list, c.Path+"="+string(c.After))
	}
	return list
}

func TestFixPlansTheFixesOfAllFiles(t *testing.T) {
	files := sources("a.py=x = danger(1)\r\ny = danger(2)  # noqa: TEST001\r\n", "b.py=x = 1\n", "bad.py=\x00", "nb.ipynb="+notebookText)
	plan := fixed(t, files, FixOptions{Options: danger()})
	want := []string{"a.py=x = safe(1)\r\ny = danger(2)  # noqa: TEST001\r\n", "nb.ipynb=" + strings.Replace(notebookText, "danger", "safe", 1)}
	if diff := cmp.Diff(want, after(plan)); diff != "" {
		t.Error(diff)
	}
	if len(plan.Withdrawn) > 0 || len(plan.Remaining) > 0 {
		t.Errorf("withdrawn %v, remaining %v", plan.Withdrawn, plan.Remaining)
	}
}

func TestFixCommentsNameTheCheckAndTheStandards(t *testing.T) {
	plan := fixed(t, sources("a.py=def f():\n    return danger(1)\n"), FixOptions{Options: danger(), Comments: true})
	want := []string{"a.py=def f():\n    # TEST001: a call of danger; CWE-502, OWASP LLM03\n    return safe(1)\n"}
	if diff := cmp.Diff(want, after(plan)); diff != "" {
		t.Error(diff)
	}
}

func TestFixSelectChoosesFindings(t *testing.T) {
	plan := fixed(t, sources("a.py=danger(1)\n", "b.py=danger(1)\n"), FixOptions{
		Options: danger(), Select: func(f checks.Finding) bool { return f.Path == "b.py" },
	})
	if diff := cmp.Diff([]string{"b.py=safe(1)\n"}, after(plan)); diff != "" {
		t.Error(diff)
	}
}

func TestEqualFindingsAreFixedOneByOne(t *testing.T) {
	plan := fixed(t, sources("a.py=danger(1)\ndanger(1)\ndanger(1)\n"), FixOptions{Options: danger()})
	if diff := cmp.Diff([]string{"a.py=safe(1)\nsafe(1)\nsafe(1)\n"}, after(plan)); diff != "" {
		t.Error(diff)
	}
}

func TestTitlesReadWellWithinASentence(t *testing.T) {
	for title, want := range map[string]string{
		"A call of load":               "a call of load",
		"Untrusted text is run":        "untrusted text is run",
		"torch.load executes code":     "torch.load executes code",
		"TensorFlow loads a pickle":    "TensorFlow loads a pickle",
		"ONNX models are not verified": "ONNX models are not verified",
		"Optuna's proxy listens":       "Optuna's proxy listens",
		"Flask serves the model":       "Flask serves the model",
		"F.dropout stays on":           "F.dropout stays on",
		"A3C workers share":            "A3C workers share",
		"Éclair is left":               "Éclair is left",
		"":                             "",
	} {
		if got := midSentence(title); got != want {
			t.Errorf("%q became %q", title, got)
		}
	}
}

// Equal findings differ in a count only, and fixing one moves the others up.
func TestOneOfSeveralEqualFindingsCanBeFixed(t *testing.T) {
	for line, want := range []string{"safe(1)\ndanger(1)\ndanger(1)\n", "danger(1)\nsafe(1)\ndanger(1)\n", "danger(1)\ndanger(1)\nsafe(1)\n"} {
		chosen := false
		plan := fixed(t, sources("a.py=danger(1)\ndanger(1)\ndanger(1)\n"), FixOptions{Options: danger(), Select: func(f checks.Finding) bool {
			if chosen || f.Start.Line != line+1 {
				return false
			}
			chosen = true
			return true
		}})
		if diff := cmp.Diff([]string{"a.py=" + want}, after(plan)); diff != "" {
			t.Errorf("line %d: %s\nwithdrawn: %v", line+1, diff, plan.Withdrawn)
		}
	}
}
