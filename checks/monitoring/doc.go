// Package monitoring holds the checks of part 2.4 of the catalog: drift detection and the monitoring of models in
// service, and explanations of what they decide.
package monitoring
