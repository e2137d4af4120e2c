package artifact

import (
	"maps"
	"slices"
	"strings"
)

// Field numbers of onnx.proto (ONNX 1.20, IR version 12).
const (
	onnxModelGraph     = 7
	onnxModelTraining  = 20
	onnxModelFunctions = 25

	onnxTrainingInitialization = 1
	onnxTrainingAlgorithm      = 2

	onnxFunctionNode       = 7
	onnxFunctionDomain     = 10
	onnxFunctionAttributes = 11

	onnxGraphNode        = 1
	onnxGraphInitializer = 5
	onnxGraphSparse      = 15

	onnxSparseValues  = 1
	onnxSparseIndices = 2

	onnxNodeOp        = 4
	onnxNodeAttribute = 5
	onnxNodeDomain    = 7

	onnxAttributeName    = 1
	onnxAttributeString  = 4
	onnxAttributeTensor  = 5
	onnxAttributeGraph   = 6
	onnxAttributeTensors = 10
	onnxAttributeGraphs  = 11
	onnxAttributeSparse  = 22
	onnxAttributeSparses = 23

	onnxTensorName     = 8
	onnxTensorExternal = 13
	onnxTensorLocation = 14

	onnxLocationExternal = 1
)

// onnxOpen are the domains whose operators a runtime brings along. An operator of another one
// is a function of the model or comes from a shared library that somebody has to load.
var onnxOpen = map[string]bool{
	"": true, "ai.onnx": true, "ai.onnx.ml": true, "ai.onnx.training": true, "ai.onnx.preview": true,
	"ai.onnx.preview.training": true, "com.microsoft": true, "com.microsoft.nchwc": true,
	"com.microsoft.experimental": true, "com.ms.internal.nhwc": true, "org.pytorch.aten": true,
}

// onnxPython are operators that call Python: onnxruntime-extensions' PyOp and the bridge that
// torch's ORTModule used.
var onnxPython = map[string]bool{"PyCustomOpDef": true, "PyOp": true, "PythonOp": true, "PythonOpGrad": true}

// onnxReader collects what an ONNX model reaches outside of itself.
type onnxReader struct {
	add    func(Fact)
	custom map[string]int64 // where the first node of each operator stands
	own    map[string]bool
}

// readONNX reads an onnx.ModelProto: the files that its tensors live in and the operators that
// are not the runtime's. Weights are skipped.
func readONNX(w *window, add func(Fact)) {
	r := &onnxReader{add: add, custom: map[string]int64{}, own: map[string]bool{}}
	m := protoFile(w)
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxModelGraph:
			r.graph(m.enter(f))
		case onnxModelFunctions:
			r.function(m.enter(f))
		case onnxModelTraining:
			r.training(m.enter(f))
		}
	}
	r.addCustom()
}

func (r *onnxReader) training(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num == onnxTrainingInitialization || f.num == onnxTrainingAlgorithm {
			r.graph(m.enter(f))
		}
	}
}

func (r *onnxReader) function(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxFunctionNode:
			r.node(m.enter(f))
		case onnxFunctionDomain:
			r.own[m.text(f)] = true
		case onnxFunctionAttributes:
			r.attribute(m.enter(f))
		}
	}
}

func (r *onnxReader) graph(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxGraphNode:
			r.node(m.enter(f))
		case onnxGraphInitializer:
			r.tensor(m.enter(f))
		case onnxGraphSparse:
			r.sparse(m.enter(f))
		}
	}
}

// sparse reads a tensor of values and one of indices. A message given in several pieces is
// put together by every reader of protocol buffers; so it is here.
func (r *onnxReader) sparse(m *message) {
	var values, indices onnxTensor
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxSparseValues:
			values.read(m.enter(f))
		case onnxSparseIndices:
			indices.read(m.enter(f))
		}
	}
	r.addTensor(values)
	r.addTensor(indices)
}

func (r *onnxReader) node(m *message) {
	var op, domain string
	at := m.pos
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxNodeOp:
			op = m.text(f)
		case onnxNodeDomain:
			domain = m.text(f)
		case onnxNodeAttribute:
			r.attribute(m.enter(f))
		}
	}
	name := domain + "." + op
	switch {
	case onnxPython[op] && domain != "" && domain != "ai.onnx":
		r.add(Fact{Kind: PythonOperator, Verdict: Dangerous, Offset: at, Opcode: name, Name: op, Why: "calls a Python function"})
	case !onnxOpen[domain] && len(r.custom) < customLimit:
		if _, seen := r.custom[name]; !seen {
			r.custom[name] = at
		}
	}
}

// customLimit bounds how many operators are told apart.
const customLimit = 1000

// addCustom adds the operators that no function of the model defines.
func (r *onnxReader) addCustom() {
	for _, name := range slices.Sorted(maps.Keys(r.custom)) {
		if domain := name[:strings.LastIndexByte(name, '.')]; !r.own[domain] {
			r.add(Fact{Kind: CustomOperator, Verdict: Unknown, Offset: r.custom[name], Opcode: name, Name: name,
				Why: "comes from a native library that whoever loads the model has to register"})
		}
	}
}

func (r *onnxReader) attribute(m *message) {
	var (
		t    onnxTensor
		name string
		text field
	)
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxAttributeName:
			name = m.text(f)
		case onnxAttributeString:
			text = f
		case onnxAttributeTensor:
			t.read(m.enter(f))
		case onnxAttributeTensors:
			r.tensor(m.enter(f))
		case onnxAttributeGraph, onnxAttributeGraphs:
			r.graph(m.enter(f))
		case onnxAttributeSparse, onnxAttributeSparses:
			r.sparse(m.enter(f))
		}
	}
	r.addTensor(t)
	// An EPContext node names the compiled model of an accelerator, or holds it.
	if name == "ep_cache_context" && text.end-text.start <= pathLimit {
		if path := m.w.text(text.start, text.end-text.start, pathLimit); looksLikePath(path) && leavesFolder(path) {
			r.add(outside(text.start, name, path))
		}
	}
}

func (r *onnxReader) tensor(m *message) {
	var t onnxTensor
	t.read(m)
	r.addTensor(t)
}

// onnxTensor is where a tensor's data lives.
type onnxTensor struct {
	name      string
	external  bool
	locations []located
}

// located is a text and where it stands.
type located struct {
	at   int64
	text string
}

func (t *onnxTensor) read(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case onnxTensorName:
			t.name = m.text(f)
		case onnxTensorLocation:
			if f.wire == wireVarint {
				t.external = int32(f.value) == onnxLocationExternal
			}
		case onnxTensorExternal:
			if key, value := entry(m.enter(f)); key == "location" {
				t.locations = append(t.locations, value)
			}
		}
	}
}

// entry reads a StringStringEntryProto.
func entry(m *message) (key string, value located) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case 1:
			key = m.text(f)
		case 2:
			value = located{f.start, m.w.text(f.start, f.end-f.start, pathLimit+1)}
		}
	}
	return key, value
}

func (r *onnxReader) addTensor(t onnxTensor) {
	if !t.external {
		return
	}
	// The last location counts; an earlier one that leads outside is no less odd.
	for _, l := range t.locations {
		switch {
		case l.text == onnxMemory:
			r.add(Fact{Kind: MemoryAddress, Verdict: Dangerous, Offset: l.at, Name: t.name, Args: l.text,
				Why: "reads the memory of the process"})
		case leavesFolder(l.text):
			r.add(outside(l.at, t.name, l.text))
		}
	}
}

func outside(at int64, name, path string) Fact {
	return Fact{Kind: OutsidePath, Verdict: Dangerous, Offset: at, Length: int64(len(path)), Name: name, Args: short(path),
		Why: "lies outside the folder of the model"}
}

// short cuts a text for a report.
func short(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// onnxMemory is the location by which onnxruntime marks, within a process, that the offset is an
// address of memory (onnxruntime/core/framework/tensorprotoutils.h). In a file it makes a
// runtime read wherever the file says.
const onnxMemory = "*/_ORT_MEM_ADDR_/*"

// pathLimit is longer than any path that a system opens.
const pathLimit = 32 << 10

// leavesFolder tells whether a path in a model file, meant to name a file beside it, is absolute
// or has a ".." component, on any system.
func leavesFolder(path string) bool {
	if len(path) > pathLimit {
		return true
	}
	p := strings.ReplaceAll(path, `\`, "/")
	if strings.HasPrefix(p, "/") || strings.HasPrefix(strings.ToLower(p), "file:") {
		return true
	}
	if len(p) >= 2 && p[1] == ':' && isLetter(p[0]) {
		return true
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// looksLikePath tells a path from data that stands in the same place.
func looksLikePath(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' {
			return false
		}
	}
	return s != ""
}
