package loading

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// The kinds of facts and formats that the checks of model files ask for.
const (
	call      = checks.ArtifactKind("call")
	broken    = checks.ArtifactKind("broken-pickle")
	divergent = checks.ArtifactKind("divergent-pickle")
	mismatch  = checks.ArtifactKind("mismatch")
	container = checks.ArtifactKind("opaque-container")
	startup   = checks.ArtifactKind("startup-line")

	pickled = checks.ArtifactFormat("pickle")
)

// torchEndings are those of torch's checkpoints, whose dangerous calls are PML1205.
var torchEndings = endings(".pt .pth .bin .ckpt")

// pickleEndings are those of files that are loaded as pickles.
var pickleEndings = endings(".pkl .pickle .p .pk .joblib .jl .dill .sav .cloudpickle .data .model .npy .npz")

// innocentEndings are those of files that no loader checks.Unpickles, so that no scanner looks at them.
var innocentEndings = endings(".safetensors .onnx .gguf .json .txt .csv .parquet .yaml .yml .h5 .tflite .md")

// sealedEndings are those of files that are never a 7z or RAR archive.
var sealedEndings = endings(".pt .pth .bin .ckpt .pkl .joblib")

func endings(list string) map[string]bool {
	set := map[string]bool{}
	for e := range strings.FieldsSeq(list) {
		set[e] = true
	}
	return set
}

// systemCall reports pickles that name a function which runs commands or code.
var systemCall = &checks.Rule{
	Spec: infoPML6221,
	OnArtifact: func(p *checks.ArtifactPass) {
		if torchEndings[p.Ending()] || p.InTests() {
			return
		}
		if worst := p.DangerousCall(); worst != nil {
			p.Report(checks.ArtifactReport{Fact: worst, Message: p.Tell(worst), Fix: p.Disarm()})
		}
	},
}

// unknownCall reports pickles that call what is not known to be harmless.
var unknownCall = &checks.Rule{
	Spec: infoPML6222,
	OnArtifact: func(p *checks.ArtifactPass) {
		if p.DangerousCall() != nil { // PML6221 or PML1205
			return
		}
		if p.Format == pickled && innocentEndings[p.Ending()] { // PML6223
			return
		}
		var first *checks.ArtifactFact
		names := map[string]bool{}
		for i := range p.Facts {
			f := &p.Facts[i]
			if f.Kind != call && !configured(f) || f.Verdict != checks.UnknownVerdict || p.DefinedHere(f.Name) || builtHere(p, f.Name) {
				continue
			}
			if first == nil {
				first = f
			}
			names[f.Name] = true
		}
		if first == nil {
			return
		}
		text := "loading this file calls " + first.Name + ", which " + first.Why
		if first.Kind != call {
			text = "the configuration in this archive names " + first.Name + ", which " + first.Why
		}
		if n := len(names) - 1; n > 0 {
			text += fmt.Sprintf("; and %d more", n)
		}
		p.Report(checks.ArtifactReport{Fact: first, Message: text, Fix: p.Disarm()})
	},
}

// configured reports whether a configuration names the class or function: that of a NeMo archive
// or the schema of skops, whose loaders build what they name.
func configured(f *checks.ArtifactFact) bool {
	return f.Kind == artifact.ConfigClass && (f.Format == artifact.NeMo || f.Format == artifact.Skops)
}

// builtHere reports whether a callable is one with which cloudpickle or dill builds functions,
// in a project that dumps with them.
func builtHere(p *checks.ArtifactPass, name string) bool {
	library, _, _ := strings.Cut(name, ".")
	dumps := map[string]*regexp.Regexp{"cloudpickle": dumpsByCloudpickle, "dill": dumpsByDill}[library]
	return dumps != nil && slices.ContainsFunc(p.Project.Modules, func(m *checks.Module) bool {
		return dumps.Match(m.Source.Text)
	})
}

// What a file holds that dumps with a library: its import, and behind it a dump.
var (
	dumpsByCloudpickle = regexp.MustCompile(`(?s)\b(import|from)\s+(cloudpickle\b.*\bdump|mlflow\b.*\b(save|log)_model)`)
	dumpsByDill        = regexp.MustCompile(`(?s)\b(import|from)\s+dill\b.*\bdump`)
)

// hiddenPickle reports files that are built so that a scanner does not see what a loader runs.
var hiddenPickle = &checks.Rule{
	Spec: infoPML6223,
	OnArtifact: func(p *checks.ArtifactPass) {
		if p.InTests() {
			return
		}
		if f, text := hidden(p); f != nil {
			p.Report(checks.ArtifactReport{Fact: f, Message: text, Fix: fix.Quarantine(p.Path)})
		}
	},
}

// hidden finds what is wrong with a file, and says it.
func hidden(p *checks.ArtifactPass) (*checks.ArtifactFact, string) {
	ending := p.Ending()
	loaded := pickleEndings[ending] || torchEndings[ending]
	for i := range p.Facts {
		f := &p.Facts[i]
		switch {
		case f.Kind == call && f.Member == "" && p.Format == pickled && innocentEndings[ending]:
			return f, fmt.Sprintf("this file is named %s and is a pickle that calls %s", ending, f.Name)
		case f.Kind == broken && (loaded || p.Format == pickled || f.Member != ""):
			return f, fmt.Sprintf("%s %s, so that many scanners give up where the loader has run it", f.Name, f.Why)
		case f.Kind == divergent && (loaded || p.Format == pickled || f.Member != ""):
			return f, fmt.Sprintf("the pickle's %s at byte %d %s", f.Opcode, f.Offset, f.Why)
		case f.Kind == mismatch && (loaded || innocentEndings[ending]):
			return f, fmt.Sprintf("the archive hides a member from scanners: %s %s", f.Name, f.Why)
		case f.Kind == container && f.Member == "" && sealedEndings[ending]:
			return f, fmt.Sprintf("this file is a %s archive, which scanners do not open", f.Name)
		}
	}
	return nil, ""
}

// startupLine reports lines of path files that run code at each start of Python.
var startupLine = &checks.Rule{
	Spec: infoPML6224,
	OnArtifact: func(p *checks.ArtifactPass) {
		for i := range p.Facts {
			f := &p.Facts[i]
			if f.Kind != startup {
				continue
			}
			if f.Member != "" {
				p.Report(checks.ArtifactReport{Fact: f, Message: "the path file " + f.Member + " uses " + f.Name + " at every start of Python", Fix: fix.Quarantine(p.Path)})
				continue
			}
			p.Report(checks.ArtifactReport{
				Fact: f, InText: true,
				Message: "this line uses " + f.Name + " at every start of Python, whether the package is imported or not",
				Fix:     &fix.Fix{Unsafe: true, Message: "delete the line", Edits: []fix.Edit{{Start: int(f.Offset), End: int(f.Offset + f.Length)}}},
			})
		}
	},
}
