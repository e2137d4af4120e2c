// Package vision holds the checks of part 3.1 of the catalog: networks and their
// architectures.
package vision

import "github.com/pyguard/pyguardml/checks"

// Checks returns the part's checks, ordered by id.
func Checks() []checks.Check { return []checks.Check{evalArchitecture, dropoutAlwaysOn} }
