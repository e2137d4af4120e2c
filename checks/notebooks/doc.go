// Package notebooks holds the checks of part 4.1 of the catalog: notebooks, what they show and
// keep, and the servers that run them.
package notebooks
