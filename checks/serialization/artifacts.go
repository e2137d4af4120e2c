package serialization

import (
	"fmt"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// What model files hold is read by internal/artifact; here it is said which check reports which
// facts. Where a check has a half in code, its Rule has this as OnArtifact. There is no edit for
// a file: it is deleted or fetched anew.

// reporting returns an OnArtifact that reports a file for its first dangerous fact of the given
// kinds in a part of one of the given formats, and says so by say.
func reporting(formats []artifact.Format, kinds []artifact.Kind, say func(*checks.ArtifactFact) string) func(*checks.ArtifactPass) {
	return func(p *checks.ArtifactPass) {
		for i := range p.Facts {
			f := &p.Facts[i]
			if f.Verdict == artifact.Dangerous && has(formats, f.Format) && has(kinds, f.Kind) {
				p.Report(checks.ArtifactReport{Fact: f, Message: say(f)})
				return
			}
		}
	}
}

func has[T comparable](list []T, v T) bool {
	for _, w := range list {
		if v == w {
			return true
		}
	}
	return false
}

// kerasCode is PML1222 in models of Keras: serialized lambdas, and functions that the
// configuration makes the loader call (CVE-2025-1550, CVE-2025-8747, CVE-2025-9906).
var kerasCode = reporting(
	[]artifact.Format{artifact.KerasConfig, artifact.HDF5, artifact.SavedModel},
	[]artifact.Kind{artifact.Lambda, artifact.ConfigCall},
	func(f *checks.ArtifactFact) string {
		if f.Kind == artifact.ConfigCall {
			return fmt.Sprintf("The Keras model's configuration names %s, which %s when the model is loaded", f.Name, f.Why)
		}
		return fmt.Sprintf("The Keras model's layer %q %s, which runs when the model is loaded", f.Name, f.Why)
	})
