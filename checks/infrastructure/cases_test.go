package infrastructure_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/infrastructure"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, infrastructure.Checks(), "testdata") }
