// Package registries holds the checks of part 4.3 of the catalog: registries of models, and models on their
// way to those who use them.
package registries
