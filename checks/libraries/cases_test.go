package libraries_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/libraries"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, libraries.Checks(), "testdata") }
