// Package datasets holds the checks of part 4.2 of the catalog: data that is fetched,
// parsed and handed to training.
package datasets

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{uciOverHTTP, pipeFromRequest, columnEval, allowPickle, zarrPickle}
}
