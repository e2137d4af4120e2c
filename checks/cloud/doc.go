// Package cloud holds the checks of part 4.4 of the catalog: models and notebooks in the services of cloud
// providers.
package cloud
