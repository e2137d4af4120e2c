// Package vision holds the checks of part 3.1 of the catalog: networks and their
// architectures.
package vision
