package nlp_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/nlp"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, nlp.Checks(), "testdata") }
