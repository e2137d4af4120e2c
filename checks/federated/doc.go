// Package federated holds the checks of part 5.3 of the catalog: learning across parties that do
// not trust each other, and the techniques that keep data private.
package federated
