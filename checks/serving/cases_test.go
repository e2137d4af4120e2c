package serving_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/serving"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, serving.Checks(), "testdata") }
