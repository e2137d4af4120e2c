package agents_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/agents"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, agents.Checks(), "testdata") }
