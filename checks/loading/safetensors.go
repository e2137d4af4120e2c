package loading

import (
	"fmt"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// headerUnfit reports safetensors files whose header does not fit their data. A file of that name
// in which a pickle hides is PML6223's.
var headerUnfit = &checks.Rule{
	Spec: infoPML6225,
	OnArtifact: func(p *checks.ArtifactPass) {
		if p.Ending() != ".safetensors" || p.InTests() {
			return
		}
		if f, _ := hidden(p); f != nil {
			return
		}
		var first *checks.ArtifactFact
		faults := 0
		for i := range p.Facts {
			if f := &p.Facts[i]; f.Kind == artifact.Inconsistent && f.Member == "" {
				if faults++; first == nil {
					first = f
				}
			}
		}
		if first == nil {
			return
		}
		text := "the safetensors file " + first.Why
		if faults > 1 {
			text += fmt.Sprintf("; and %d more", faults-1)
		}
		p.Report(checks.ArtifactReport{Fact: first, Message: text, Fix: fix.Quarantine(p.Path)})
	},
}
