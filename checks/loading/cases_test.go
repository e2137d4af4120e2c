package loading_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/loading"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, loading.Checks(), "testdata") }
