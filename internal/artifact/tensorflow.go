package artifact

import (
	"bytes"
	"strings"
)

// Field numbers of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto, function.proto,
// node_def.proto, attr_value.proto, tensor.proto and saved_object_graph.proto (TensorFlow 2.19).
const (
	tfSavedSchema     = 1
	tfSavedMetaGraphs = 2

	tfMetaInfo    = 1
	tfMetaGraph   = 2
	tfMetaAsset   = 6
	tfMetaObjects = 7

	tfAssetFilename = 2

	tfObjectsNodes = 1
	tfObjectUser   = 4
	tfUserMetadata = 3

	tfGraphNode     = 1
	tfGraphLibrary  = 2
	tfGraphProducer = 3
	tfGraphVersions = 4

	tfLibraryFunction = 1
	tfFunctionNode    = 3

	tfNodeName = 1
	tfNodeOp   = 2
	tfNodeAttr = 5

	tfAttrList   = 1
	tfAttrBytes  = 2
	tfAttrTensor = 8

	tfListBytes = 2

	tfTensorStrings = 8
)

// tfFile are the operations that reach the file system of whoever runs the graph: they take
// any name, and no model that computes needs them. What every export writes to save, restore and
// fill tables (SaveV2, RestoreV2, InitializeTableFromTextFileV2 …) is not among them.
var tfFile = map[string]string{
	"ReadFile": "reads any file", "WriteFile": "writes any file", "MatchingFiles": "lists any folder",
	"ImmutableConst": "maps any file into memory",
}

// tfOther reach files or the network too, and stand in graphs of input pipelines and training, so
// that they are no surprise there.
var tfOther = map[string]Kind{
	"WholeFileReader": FileOperator, "WholeFileReaderV2": FileOperator, "TextLineReaderV2": FileOperator, "TFRecordReaderV2": FileOperator,
	"FixedLengthRecordReaderV2": FileOperator, "TextLineDataset": FileOperator, "TFRecordDataset": FileOperator, "TFRecordDatasetV2": FileOperator,
	"FixedLengthRecordDataset": FileOperator, "FixedLengthRecordDatasetV2": FileOperator, "CSVDataset": FileOperator, "CSVDatasetV2": FileOperator,
	"SqlDataset": FileOperator, "LMDBDataset": FileOperator, "CacheDataset": FileOperator, "CacheDatasetV2": FileOperator,
	"SnapshotDataset": FileOperator, "SnapshotDatasetV2": FileOperator, "SaveDataset": FileOperator, "SaveDatasetV2": FileOperator,
	"LoadDataset": FileOperator, "CreateSummaryFileWriter": FileOperator, "CreateSummaryDbWriter": FileOperator, "DecodeProtoV2": FileOperator,
	"EncodeProto": FileOperator, "Save": FileOperator, "SaveSlices": FileOperator, "DeleteOldDirs": FileOperator,
	"RpcClient": NetworkOperator, "RpcCall": NetworkOperator, "RpcServer": NetworkOperator, "RegisterDataset": NetworkOperator,
	"RegisterDatasetV2": NetworkOperator, "DataServiceDataset": NetworkOperator, "DataServiceDatasetV2": NetworkOperator,
	"DataServiceDatasetV3": NetworkOperator, "DataServiceDatasetV4": NetworkOperator,
}

// tfPython are the operations that call a Python function of the process.
var tfPython = map[string]bool{"PyFunc": true, "PyFuncStateless": true, "EagerPyFunc": true}

// tfGraphOps run a graph, or code, that they carry as data.
var tfGraphOps = map[string]bool{"DatasetFromGraph": true, "TRTEngineOp": true}

// tfInnerLimit bounds a graph within a graph: they are read whole.
const tfInnerLimit = 16 << 20

// tfReader collects the operations of graphs that do more than compute.
type tfReader struct {
	w   *window
	add func(Fact)
	// keras is told of the configurations of Keras layers in it.
	keras func(text string, at int64)
	// inner is how many graphs lie around this one.
	inner int
	// carries is set when an operation runs graphs from constants.
	carries bool
	consts  []field
}

// tfShape is which of TensorFlow's messages a file is.
type tfShape int

const (
	tfNone tfShape = iota
	tfSavedModel
	tfMetaGraphDef
	tfGraphDef
)

// tfShapes returns the messages that a file can be, which looks like one of them. A file named
// saved_model.pb is loaded as that, one named .pb as whatever the loading code says.
func tfShapes(looks tfShape, name string) []tfShape {
	switch {
	case name == "saved_model.pb":
		return []tfShape{tfSavedModel}
	case strings.HasSuffix(name, ".pb"):
		return []tfShape{tfGraphDef, tfMetaGraphDef, tfSavedModel}
	case looks != tfNone:
		return []tfShape{looks}
	}
	return nil
}

// tfRecognise tells by the wire types of the first fields which message a file is.
func tfRecognise(w *window) tfShape {
	saved, meta, graph := true, true, true
	m, n := protoFile(w), 0
	for ; n < 8; n++ {
		f, ok := m.next()
		if !ok {
			break
		}
		text := f.wire == wireBytes
		saved = saved && (f.num == tfSavedSchema && f.wire == wireVarint || f.num == tfSavedMetaGraphs && text)
		meta = meta && f.num >= 1 && f.num <= tfMetaObjects && text
		graph = graph && (f.num == tfGraphNode && text && looksLikeNode(m.enter(f)) || f.num == tfGraphLibrary && text ||
			f.num == tfGraphProducer && f.wire == wireVarint || (f.num == tfGraphVersions || f.num == 5) && text)
	}
	broken := w.err != nil
	w.err = nil
	switch {
	case broken || n == 0:
		return tfNone
	case saved:
		return tfSavedModel
	case graph:
		return tfGraphDef
	case meta:
		return tfMetaGraphDef
	}
	return tfNone
}

// looksLikeNode tells whether a message has the fields of a NodeDef with an operation.
func looksLikeNode(m *message) bool {
	op := false
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num > 7 || f.wire != wireBytes {
			return false
		}
		op = op || f.num == tfNodeOp && f.end > f.start
	}
	return op && m.w.err == nil
}

// readTensorFlow reads a SavedModel, MetaGraphDef or GraphDef. keras is called for each layer
// configuration that Keras stored in it.
func readTensorFlow(w *window, shape tfShape, add func(Fact), keras func(text string, at int64)) {
	r := &tfReader{w: w, add: add, keras: keras}
	r.read(protoFile(w), shape)
}

func (r *tfReader) read(m *message, shape tfShape) {
	switch shape {
	case tfSavedModel:
		for f, ok := m.next(); ok; f, ok = m.next() {
			if f.num == tfSavedMetaGraphs {
				r.metaGraph(m.enter(f))
			}
		}
	case tfMetaGraphDef:
		r.metaGraph(m)
	case tfGraphDef:
		r.graph(m)
	}
	if r.carries {
		r.carried()
	}
}

func (r *tfReader) metaGraph(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case tfMetaGraph:
			r.graph(m.enter(f))
		case tfMetaAsset:
			r.asset(m.enter(f))
		case tfMetaObjects:
			r.objects(m.enter(f))
		}
	}
}

func (r *tfReader) asset(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != tfAssetFilename || f.wire != wireBytes {
			continue
		}
		if path := m.w.text(f.start, f.end-f.start, pathLimit+1); leavesFolder(path) {
			r.add(outside(f.start, "asset", path))
		}
	}
}

// objects reads the object graph, where Keras before TensorFlow 2.5 put its layers' configurations.
func (r *tfReader) objects(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != tfObjectsNodes {
			continue
		}
		object := m.enter(f)
		for f, ok := object.next(); ok; f, ok = object.next() {
			if f.num != tfObjectUser {
				continue
			}
			user := object.enter(f)
			for f, ok := user.next(); ok; f, ok = user.next() {
				if f.num == tfUserMetadata && f.end > f.start && r.keras != nil {
					r.keras(r.w.text(f.start, f.end-f.start, configLimit), f.start)
				}
			}
		}
	}
}

func (r *tfReader) graph(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case tfGraphNode:
			r.node(m.enter(f))
		case tfGraphLibrary:
			r.library(m.enter(f))
		}
	}
}

func (r *tfReader) library(m *message) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != tfLibraryFunction {
			continue
		}
		function := m.enter(f)
		for f, ok := function.next(); ok; f, ok = function.next() {
			if f.num == tfFunctionNode {
				r.node(function.enter(f))
			}
		}
	}
}

// tfNode is an operation in a graph.
type tfNode struct {
	at        int64
	name, op  string
	debugURLs string // one address of debug_urls
	stream    string // output_stream
}

func (r *tfReader) node(m *message) {
	n := tfNode{at: m.pos}
	all := *m
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case tfNodeName:
			n.name = m.text(f)
		case tfNodeOp:
			n.op = m.text(f)
		}
	}
	switch {
	case n.op == "Const":
		if r.inner < 4 {
			r.consts = appendSome(r.consts, field{start: all.pos, end: all.end})
		}
	case n.op == "PrintV2", strings.HasPrefix(n.op, "Debug"), tfGraphOps[n.op]:
		r.attributes(&all, &n)
	}
	r.judge(n)
}

// constLimit bounds how many constants are looked into for graphs.
const constLimit = 10_000

func appendSome(list []field, f field) []field {
	if len(list) < constLimit {
		return append(list, f)
	}
	return list
}

// judge adds what an operation does beyond computing.
func (r *tfReader) judge(n tfNode) {
	f := Fact{Verdict: Dangerous, Offset: n.at, Opcode: n.op, Name: n.name}
	switch {
	case tfFile[n.op] != "":
		f.Kind, f.Why = FileOperator, tfFile[n.op]
	case tfPython[n.op]:
		f.Kind, f.Why = PythonOperator, "calls a Python function of the process"
	case strings.HasPrefix(n.op, "Debug") && n.debugURLs != "":
		f.Kind, f.Args, f.Why = NetworkOperator, short(n.debugURLs), "sends the values of tensors there"
	case n.op == "PrintV2" && strings.HasPrefix(n.stream, "file://"):
		f.Kind, f.Args, f.Why = FileOperator, short(n.stream), "writes to a file"
	case tfOther[n.op] != "":
		f.Kind, f.Verdict, f.Why = tfOther[n.op], Unknown, "reaches files or the network"
	case n.op == "TRTEngineOp":
		f.Kind, f.Verdict, f.Why = NativeCode, Unknown, "runs a TensorRT engine, which is native code"
	default:
		r.carries = r.carries || n.op == "DatasetFromGraph"
		return
	}
	r.add(f)
}

// attributes reads those attributes of a node that say where it writes, and graphs in them.
func (r *tfReader) attributes(m *message, n *tfNode) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != tfNodeAttr {
			continue
		}
		key, value := "", field{wire: -1}
		pair := m.enter(f)
		for f, ok := pair.next(); ok; f, ok = pair.next() {
			switch f.num {
			case 1:
				key = pair.text(f)
			case 2:
				value = f
			}
		}
		if value.wire == wireBytes {
			r.attribute(pair.enter(value), key, n)
		}
	}
}

func (r *tfReader) attribute(m *message, key string, n *tfNode) {
	for f, ok := m.next(); ok; f, ok = m.next() {
		switch f.num {
		case tfAttrBytes:
			text := m.text(f)
			switch {
			case key == "output_stream":
				n.stream = text
			case key == "debug_urls" && text != "":
				n.debugURLs = text
			case tfGraphOps[n.op]:
				r.within(f)
			}
		case tfAttrList:
			list := m.enter(f)
			for f, ok := list.next(); ok; f, ok = list.next() {
				if text := list.text(f); f.num == tfListBytes && text != "" && key == "debug_urls" {
					n.debugURLs = text
				}
			}
		}
	}
}

// carried looks for graphs in the constants of a graph that runs graphs from data.
func (r *tfReader) carried() {
	for _, c := range r.consts {
		m := &message{w: r.w, pos: c.start, end: c.end}
		for f, ok := m.next(); ok; f, ok = m.next() {
			if f.num != tfNodeAttr {
				continue
			}
			pair := m.enter(f)
			for f, ok := pair.next(); ok; f, ok = pair.next() {
				if f.num == 2 {
					r.strings(pair.enter(f))
				}
			}
		}
	}
}

// strings looks for graphs in the strings of a tensor.
func (r *tfReader) strings(value *message) {
	for f, ok := value.next(); ok; f, ok = value.next() {
		if f.num != tfAttrTensor {
			continue
		}
		tensor := value.enter(f)
		for f, ok := tensor.next(); ok; f, ok = tensor.next() {
			if f.num == tfTensorStrings {
				r.within(f)
			}
		}
	}
}

// within reads a graph that stands in a field's bytes, if there is one.
func (r *tfReader) within(f field) {
	if r.inner >= 4 || f.wire != wireBytes || f.end-f.start > tfInnerLimit {
		return
	}
	b := r.w.bytes(f.start, f.end-f.start, tfInnerLimit)
	inner := newWindow(r.w.ctx, bytes.NewReader(b), int64(len(b)))
	inner.steps = r.w.steps
	if tfRecognise(inner) != tfGraphDef {
		return
	}
	sub := &tfReader{w: inner, inner: r.inner + 1, add: func(found Fact) {
		found.Offset += f.start
		r.add(found)
	}}
	sub.read(protoFile(inner), tfGraphDef)
	r.w.steps = inner.steps
}

// readKerasMetadata reads keras_metadata.pb, which lies beside saved_model.pb since TensorFlow 2.5
// and holds the configuration of each layer (saved_metadata.proto).
func readKerasMetadata(w *window, keras func(text string, at int64)) {
	m := protoFile(w)
	for f, ok := m.next(); ok; f, ok = m.next() {
		if f.num != 1 {
			continue
		}
		node := m.enter(f)
		for f, ok := node.next(); ok; f, ok = node.next() {
			if f.num == 5 && f.wire == wireBytes {
				keras(w.text(f.start, f.end-f.start, configLimit), f.start)
			}
		}
	}
}

// configLimit bounds a text that is read whole, jsonLimit one that is read value by value: no honest
// one is longer.
const (
	configLimit = 64 << 20
	jsonLimit   = 256 << 20
)
