// Package serialization holds the checks of part 1.2 of the catalog: models that are
// loaded, and the code that runs with them.
package serialization

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		torchLoad, guardOff, digestUnchecked, weightsAddress, liveWeights, layerClass, torchScript, archiveCode, onnxReaches, metadataRun,
		tensorSize, uncalibrated, zooTrust, savedModel, hdf5, customObjects, hubHandle, endpointByName, checkpoint, kerasUnsafe,
		lossEvaluated, tflite, logFolder, servingPublished, graphDef, operationByName, layerSize, records,
		remoteCode, cardSecret, plainTemplate, repoFromCaller, datasetScript, verdictIgnored, configPath, widgetToShell, unpinnedCode, serverToken,
	}
}
