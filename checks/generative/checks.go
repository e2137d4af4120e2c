// Package generative holds the checks of part 5.1 of the catalog: services around models that
// write, draw, film and compose, and what reaches them and leaves them.
package generative

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		manyEpochs, allLicences, unusedVerdict, namedPackage, streamedUnseen, foreignProgram,
		lowModeration, midjourney, ganWithoutPacking, foreignLatents, movingAdapter, openWebhook,
		meshResolution, soundLength, audioAddress,
	}
}
