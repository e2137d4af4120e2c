package cloud_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/cloud"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, cloud.Checks(), "testdata") }
