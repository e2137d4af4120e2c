package pyguardml

import (
	"context"
	"testing"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

const unsafeCompose = "services:\n  a:\n    environment:\n      TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD: \"1\"\n      RANK: \"0\"\n"

func TestManifestsAreCheckedSilencedAndFixed(t *testing.T) {
	ctx := context.Background()
	silenced := "services:\n  a:\n    environment:\n      # pyguardml: ignore[PML1202] old checkpoints\n      TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD: \"1\"\n"
	files := []File{
		{Path: "compose.yml", Content: []byte(unsafeCompose)}, {Path: "old/compose.yml", Content: []byte(silenced)}, {Path: "other.yml", Content: []byte(": : not YAML [")},
	}
	res, err := Analyze(ctx, files, Options{Select: []string{"PML1202"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Findings) != 1 || res.Findings[0].Path != "compose.yml" || res.Findings[0].Start.Line != 4 || res.Findings[0].Fingerprint == "" {
		t.Errorf("findings: %+v", res.Findings)
	}
	if len(res.Suppressed) != 1 || res.Suppressed[0].Suppression.Reason != "old checkpoints" || len(res.FileErrors) != 0 || res.Stats.Manifests != 3 {
		t.Errorf("suppressed %+v, errors %v, %d manifests", res.Suppressed, res.FileErrors, res.Stats.Manifests)
	}
	plan, err := Fix(ctx, files, FixOptions{Options: Options{Select: []string{"PML1202"}}, Unsafe: true, Comments: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) != 1 || string(plan.Changes[0].After) != "services:\n  a:\n    environment:\n      RANK: \"0\"\n" {
		t.Errorf("changes: %s", plan.Diff())
	}
}

func TestAFixThatBreaksAManifestIsWithdrawn(t *testing.T) {
	breaks := &checks.Rule{
		Spec:     &checks.Info{ID: "ACME001", Name: "acme-yaml", Title: "A setting", Inputs: []checks.Input{checks.Manifest}, Remedy: checks.Remedy{Edit: "break it"}},
		Mentions: []string{"RANK"},
		OnManifest: func(p *checks.ManifestPass) {
			s := p.Settings()[0]
			f := checks.Fix(false, "break it", checks.TextEdits(ast.Edit{Span: s.Span, New: "[\n"}))
			p.Report(checks.Report{Node: checks.Place(s.Span), Fix: f})
		},
	}
	plan, err := Fix(context.Background(), []File{{Path: "compose.yml", Content: []byte(unsafeCompose)}}, FixOptions{Options: Options{Checks: []checks.Check{breaks}, Select: []string{"ACME001"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) != 0 || len(plan.Withdrawn) != 1 || plan.Withdrawn[0].Reason != "the result has a new syntax error" {
		t.Errorf("changes %v, withdrawn %+v", plan.Changes, plan.Withdrawn)
	}
}
