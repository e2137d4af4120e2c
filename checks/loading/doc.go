// Package loading holds the checks of part 6.2 of the catalog: what is loaded from elsewhere
// and runs, or makes files, on the way in: pickles, archives, libraries, Python text,
// configuration that names code.
package loading
