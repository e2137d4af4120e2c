// Package vision holds the checks of part 3.1 of the catalog: pictures and videos and where they
// come from, networks and their architectures.
package vision
