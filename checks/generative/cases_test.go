package generative_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/generative"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, generative.Checks(), "testdata") }
