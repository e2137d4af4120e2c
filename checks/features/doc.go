// Package features holds the checks of part 2.1 of the catalog: preprocessing, feature stores, and what
// is fitted on which rows.
package features
