// Package datasets holds the checks of part 4.2 of the catalog: data that is fetched,
// parsed and handed to training.
package datasets
