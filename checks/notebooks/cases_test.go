package notebooks_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/notebooks"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, notebooks.Checks(), "testdata") }
