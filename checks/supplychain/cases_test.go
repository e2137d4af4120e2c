package supplychain_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/supplychain"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, supplychain.Checks(), "testdata") }
