// Package loading holds the checks of part 6.2 of the catalog: what is loaded from elsewhere
// and runs, or makes files, on the way in: pickles, archives, libraries, Python text,
// configuration that names code.
package loading

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		uploadUnpickled, downloadUnpickled, storedPickle, queuedPickle, databasePickle,
		jsonpickleDecoded, skopsTrust, autoMap, modelURI, lightningCheckpoint, openConnection,
		yamlObjects, hydraConfig, evalResolver, downloadedTemplate, tarUnfiltered, memberPath,
		nativeLibrary, downloadedPython, modelRequirements, systemCall, unknownCall, hiddenPickle,
		startupLine, headerUnfit,
	}
}
