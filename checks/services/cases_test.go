package services_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/services"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, services.Checks(), "testdata") }
