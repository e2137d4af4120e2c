package robustness_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/robustness"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, robustness.Checks(), "testdata") }
