package vision_test

import (
	"testing"

	"github.com/pyguard/pyguardml/checks/vision"
	"github.com/pyguard/pyguardml/internal/casetest"
)

func TestCases(t *testing.T) { casetest.Run(t, vision.Checks(), "testdata") }
