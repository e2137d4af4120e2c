// Package training holds the checks of part 1.3 of the catalog: what models are trained on,
// how, and what is fine-tuned.
package training
