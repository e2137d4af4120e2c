// Package prompts holds the checks of part 1.1 of the catalog: what language models are
// told, and by whom, and what is done with their answers.
package prompts
