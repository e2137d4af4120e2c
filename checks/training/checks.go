// Package training holds the checks of part 1.3 of the catalog: what models are trained on,
// how, and what is fine-tuned.
package training

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		recordByFormat, withdrawnCorpus, labelsUnchecked, unmergedDataset, realIdentifiers, userText,
		clippingOrder, rateFromRequest, foreignOptimizerState, worldWritable, earlyStopping, boardText,
		runFromRequest, hostKeysSkipped, pickledUpdates, hubMirror, jobFromRequest, destructiveRate,
		adapterNamesCode, mergedUnchecked, adapterFromRequest, softPromptFromRequest,
	}
}
