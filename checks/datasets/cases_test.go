package datasets_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/datasets"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, datasets.Checks(), "testdata") }
