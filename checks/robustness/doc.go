// Package robustness holds the checks of part 1.4 of the catalog: adversarial attacks as tests
// of models, and defences against them.
package robustness
