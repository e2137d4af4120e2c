package federated_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/federated"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, federated.Checks(), "testdata") }
