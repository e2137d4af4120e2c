// Package prompts holds the checks of part 1.1 of the catalog: what language models are
// told, and by whom, and what is done with their answers.
package prompts

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check {
	return []checks.Check{
		closableFence, messageRole, userText, homoglyph, forgeableHeading, unescapedMarkup,
		escapableComment, unescapedMarkers, promotedOutput, guardedEncoding, cipheredPrompt,
		invisibleCharacter, bidiControl, requestTemplate, bakedText, overridable, droppedRules,
		fetchedPage, documentText, pictureText, apiText, uploadedTable, mailAgent, postText,
		poisonedStore, vectorFilter, searchAgent, profileText, clientHistory, samplingParameters, tokenLimit,
		rawEventStream, dynamicTool, argumentsOverride, replaceableSystem, modelFromRequest,
		keyInBrowser, retiredModel, noTimeout, errorToCaller, wordLimit, generationCount, sanitizerOff,
		outputEvaluated, generatedSQL, outputAsHTML, outputInShell, outputAsPath, programOnHost,
		secretInPrompt,
	}
}
