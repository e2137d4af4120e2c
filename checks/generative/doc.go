// Package generative holds the checks of part 5.1 of the catalog: services around models that
// write, draw, film and compose, and what reaches them and leaves them.
package generative
