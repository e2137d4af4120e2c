// Package serving holds the checks of part 2.3 of the catalog: servers that models run on, how models get to
// them, and what they keep and tell.
package serving
