package artifact

import (
	"bytes"
	"strings"
)

// Field indexes of TensorFlow Lite's schema.fbs (version 3, TensorFlow 2.19).
const (
	tfliteModelCodes     = 1
	tfliteModelSubgraphs = 2

	tfliteCodeCustom = 1

	tfliteGraphOperators = 3

	tfliteOperatorCode         = 0
	tfliteOperatorOptions      = 5
	tfliteOperatorLargeOffset  = 9
	tfliteOperatorLargeOptions = 10
)

// flatTable is a table of a FlatBuffer (https://flatbuffers.dev/internals/) within a file. A
// table at 0 is missing.
type flatTable struct {
	w  *window
	at int64
}

// flatRoot is the root table of a file.
func flatRoot(w *window) flatTable { return flatTable{w, int64(w.u32(0))} }

// field is the offset of a field in the file, 0 where the table lacks it.
func (t flatTable) field(i int) int64 {
	if t.at <= 0 || !t.w.step() {
		return 0
	}
	vtable := t.at - int64(int32(t.w.u32(t.at)))
	if vtable < 0 || int64(t.w.u16(vtable)) < int64(4+2*i+2) {
		return 0
	}
	if off := t.w.u16(vtable + int64(4+2*i)); off != 0 {
		return t.at + int64(off)
	}
	return 0
}

// ref follows the offset that a field holds.
func (t flatTable) ref(i int) int64 {
	at := t.field(i)
	if at == 0 {
		return 0
	}
	return at + int64(t.w.u32(at))
}

// text is a field's string.
func (t flatTable) text(i int) string {
	at := t.ref(i)
	if at == 0 {
		return ""
	}
	return t.w.text(at+4, int64(t.w.u32(at)), textLimit)
}

// u32 is a field's number, 0 where it is missing.
func (t flatTable) u32(i int) uint32 {
	if at := t.field(i); at != 0 {
		return t.w.u32(at)
	}
	return 0
}

// vector is where a field's items start, and how many there are; never more than fit.
func (t flatTable) vector(i int, width int64) (at, n int64) {
	at = t.ref(i)
	if at == 0 {
		return 0, 0
	}
	n = int64(t.w.u32(at))
	return at + 4, min(n, max(0, (t.w.size-at-4)/width))
}

// tables calls each for the tables of a field.
func (t flatTable) tables(i int, each func(n int64, table flatTable)) {
	at, n := t.vector(i, 4)
	for k := int64(0); k < n && t.w.step(); k++ {
		slot := at + 4*k
		each(k, flatTable{t.w, slot + int64(t.w.u32(slot))})
	}
}

// readTFLite reads the operators of a TensorFlow Lite model.
func readTFLite(w *window, add func(Fact)) {
	model := flatRoot(w)
	flex := map[uint32]bool{} // the operator codes that run operations of TensorFlow
	model.tables(tfliteModelCodes, func(n int64, code flatTable) {
		name, _, _ := strings.Cut(code.text(tfliteCodeCustom), "\x00") // read as a C string
		if name == "" {
			return
		}
		addLiteOperator(add, code.at, name)
		if strings.HasPrefix(name, "Flex") {
			flex[uint32(n)] = true
		}
	})
	if len(flex) == 0 {
		return
	}
	model.tables(tfliteModelSubgraphs, func(_ int64, graph flatTable) {
		graph.tables(tfliteGraphOperators, func(_ int64, op flatTable) {
			if flex[op.u32(tfliteOperatorCode)] {
				readFlex(op, add)
			}
		})
	})
}

// addLiteOperator judges an operator that is not of TensorFlow Lite itself.
func addLiteOperator(add func(Fact), at int64, name string) {
	op, isFlex := strings.CutPrefix(name, "Flex")
	f := Fact{Verdict: Dangerous, Offset: at, Opcode: name, Name: name}
	switch {
	case isFlex && tfFile[op] != "":
		f.Kind, f.Why = FileOperator, tfFile[op]
	case isFlex && tfPython[op]:
		f.Kind, f.Why = PythonOperator, "calls a Python function of the process"
	case isFlex || liteKnown[name]:
		return
	default:
		f.Kind, f.Verdict, f.Why = CustomOperator, Unknown, "comes from a native library that whoever loads the model has to register"
	}
	add(f)
}

// liteKnown are custom operators that TensorFlow Lite's own libraries bring.
var liteKnown = map[string]bool{
	"TFLite_Detection_PostProcess": true, "RFFT2D": true, "AudioSpectrogram": true, "Mfcc": true, "NumericVerify": true,
	"Convolution2DTransposeBias": true, "MaxPoolingWithArgmax2D": true, "MaxUnpooling2D": true, "edgetpu-custom-op": true,
	"TFSentencepieceTokenizeOp": true, "AddN": true, "HashtableLookup": true, "CustomTfLiteOp": true,
}

// optionsLimit bounds the options of an operator that are read.
const optionsLimit = 1 << 20

// readFlex reads what operation a Flex operator runs: its options hold the name and the NodeDef,
// in a FlexBuffer, and they, not the operator code, decide.
func readFlex(op flatTable, add func(Fact)) {
	at, n := op.vector(tfliteOperatorOptions, 1)
	if large := op.field(tfliteOperatorLargeOffset); n == 0 && large != 0 {
		at, n = offset(op.w.u64(large)), 0
		if size := op.field(tfliteOperatorLargeOptions); size != 0 && at >= 0 {
			n = offset(op.w.u64(size))
		}
	}
	if n <= 0 || at < 0 {
		return
	}
	options := op.w.bytes(at, n, optionsLimit)
	report := func(f Fact) {
		f.Offset += at
		f.Opcode, f.Name = "Flex"+f.Opcode, "Flex"+f.Opcode
		add(f)
	}
	for _, s := range flexTexts(options) {
		switch name := string(s.text); {
		case tfFile[name] != "" || tfPython[name]:
			addLiteOperator(add, at+int64(s.at), "Flex"+name)
		case len(s.text) > 2:
			inner := newWindow(op.w.ctx, bytes.NewReader(s.text), int64(len(s.text)))
			if !looksLikeNode(protoFile(inner)) {
				continue
			}
			inner.err = nil
			r := &tfReader{w: inner, inner: 4, add: func(f Fact) {
				f.Offset += int64(s.at)
				report(f)
			}}
			r.node(protoFile(inner))
		}
	}
}

// flexText is a string in a FlexBuffer.
type flexText struct {
	at   int
	text []byte
}

// flexTexts returns the strings and blobs of a FlexBuffer that is a vector
// (https://flatbuffers.dev/flexbuffers/): the elements, then a byte of type for each, then the
// type and the width of the root.
func flexTexts(b []byte) []flexText {
	if len(b) < 3 {
		return nil
	}
	rootWidth, rootType := int(b[len(b)-1]), b[len(b)-2]
	const untyped = 10 // a vector whose elements have types of their own
	width := 1 << (rootType & 3)
	slot := len(b) - 2 - rootWidth
	if rootType>>2 != untyped || !isFlexWidth(rootWidth) || slot < 0 {
		return nil
	}
	start := slot - flexUint(b, slot, rootWidth)
	count := flexUint(b, start-width, width)
	if start < width || start > len(b) || count < 0 || count > (len(b)-start)/(width+1) {
		return nil
	}
	var out []flexText
	for i := 0; i < count && i < 16; i++ {
		kind := b[start+count*width+i]
		at := start + i*width
		at -= flexUint(b, at, width)
		w := 1 << (kind & 3)
		const text, blob = 5, 25
		if kind>>2 != text && kind>>2 != blob || at < w || at > len(b) {
			continue
		}
		if n := flexUint(b, at-w, w); n >= 0 && n <= len(b)-at {
			out = append(out, flexText{at, b[at : at+n]})
		}
	}
	return out
}

func isFlexWidth(n int) bool { return n == 1 || n == 2 || n == 4 || n == 8 }

// flexUint reads n bytes at at; -1 where there are none, or for a number out of proportion.
func flexUint(b []byte, at, n int) int {
	if at < 0 || at+n > len(b) {
		return -1
	}
	v := uint64(0)
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[at+i])
	}
	if v > uint64(len(b)) {
		return -1
	}
	return int(v)
}
