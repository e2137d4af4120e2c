package reinforcement_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/reinforcement"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, reinforcement.Checks(), "testdata") }
