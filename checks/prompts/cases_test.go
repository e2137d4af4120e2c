package prompts_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/prompts"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, prompts.Checks(), "testdata") }
