package monitoring_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/monitoring"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, monitoring.Checks(), "testdata") }
