// Package robustness holds the checks of part 1.4 of the catalog: adversarial attacks as tests
// of models, and defences against them.
package robustness

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		budgetOffScale, shortSteps, trainingMode, onePose, seededDefence, defenceOff, verdictUnused,
	}
}
