package training_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/training"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, training.Checks(), "testdata") }
