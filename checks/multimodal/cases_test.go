package multimodal_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/multimodal"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, multimodal.Checks(), "testdata") }
