// Package serialization holds the checks of part 1.2 of the catalog: models that are
// loaded, and the code that runs with them.
package serialization
