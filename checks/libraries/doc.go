// Package libraries holds the checks of part 3.4 of the catalog: libraries that search models and
// hyperparameters, and graph neural networks.
package libraries
