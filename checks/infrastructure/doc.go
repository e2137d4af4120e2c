// Package infrastructure holds the checks of part 2.2 of the catalog: training that runs on many machines,
// accelerators, and the trackers that keep what experiments gave.
package infrastructure
