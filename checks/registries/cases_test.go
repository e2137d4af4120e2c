package registries_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/registries"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, registries.Checks(), "testdata") }
