package features_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/features"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, features.Checks(), "testdata") }
