// Package services holds the checks of part 6.4 of the catalog: the web services around models,
// where most of what is published about AI projects happens: a request names a file, an address,
// a module, a command or a statement, and the service takes it at its word.
//
// Nothing is reported in a project without any AI/ML library (checks.Project.UsesML).
package services
