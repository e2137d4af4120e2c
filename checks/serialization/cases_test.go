package serialization_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/serialization"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, serialization.Checks(), "testdata") }
