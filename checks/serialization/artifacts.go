package serialization

import (
	"fmt"
	"strings"

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

// onnxLeavesFolder is PML1209 in ONNX models.
var onnxLeavesFolder = reporting(
	[]artifact.Format{artifact.ONNX},
	[]artifact.Kind{artifact.OutsidePath, artifact.MemoryAddress},
	func(f *checks.ArtifactFact) string {
		if f.Kind == artifact.MemoryAddress {
			return fmt.Sprintf("The ONNX model's tensor %q is an address in the memory of the process that loads it", f.Name)
		}
		return fmt.Sprintf("The ONNX model takes its tensor %q from %q, which lies outside its folder", f.Name, f.Args)
	})

// savedModelOperations is PML1216 in SavedModels.
var savedModelOperations = reporting(
	[]artifact.Format{artifact.SavedModel},
	[]artifact.Kind{artifact.FileOperator, artifact.PythonOperator, artifact.NetworkOperator, artifact.OutsidePath},
	func(f *checks.ArtifactFact) string { return "The SavedModel " + operation(f) })

// graphOperations is PML1227 in frozen graphs.
var graphOperations = reporting(
	[]artifact.Format{artifact.GraphDef, artifact.MetaGraph},
	[]artifact.Kind{artifact.FileOperator, artifact.PythonOperator, artifact.NetworkOperator, artifact.OutsidePath},
	func(f *checks.ArtifactFact) string { return "The graph " + operation(f) })

// liteOperations is PML1224 in TensorFlow Lite models.
var liteOperations = reporting(
	[]artifact.Format{artifact.TFLite},
	[]artifact.Kind{artifact.FileOperator, artifact.PythonOperator},
	func(f *checks.ArtifactFact) string { return "The TensorFlow Lite model " + operation(f) })

// operation says what an operation of a graph does: "has the operation ReadFile, which reads any
// file when the graph runs".
func operation(f *checks.ArtifactFact) string {
	switch {
	case f.Kind == artifact.OutsidePath:
		return fmt.Sprintf("takes its %s from %q, which lies outside its folder", f.Name, f.Args)
	case f.Args != "":
		return fmt.Sprintf("has the operation %s to %q, which %s when the graph runs", f.Opcode, f.Args, f.Why)
	}
	return fmt.Sprintf("has the operation %s, which %s when the graph runs", f.Opcode, f.Why)
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

// templateGadgets is PML1233 in tokenizers' configurations, chat templates and GGUF files.
var templateGadgets = reporting(
	[]artifact.Format{artifact.HubConfig, artifact.Jinja, artifact.GGUF},
	[]artifact.Kind{artifact.Gadget},
	func(f *checks.ArtifactFact) string {
		return fmt.Sprintf("The chat template reaches for Python internals by %s: %s", f.Name, strings.TrimSpace(f.Args))
	})
