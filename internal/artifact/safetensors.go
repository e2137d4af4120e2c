package artifact

import (
	"cmp"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
)

// safetensorsHeaderLimit is the longest header that the format allows.
const safetensorsHeaderLimit = 100_000_000

// safetensorsBits are the widths of the types, in bits (safetensors 0.6). Types with a width of
// less than a byte, and those that are not known here, are not computed with.
var safetensorsBits = map[string]uint64{
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16,
	"I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "C128": 128,
}

// safetensorsReader reads a header without keeping it: what is kept is each tensor's place.
type safetensorsReader struct {
	s *jsonScanner
	// data is the length of what follows the header.
	data   int64
	spans  []dataSpan
	names  map[string]bool
	faults []string
}

// dataSpan is the part of the data that a tensor has.
type dataSpan struct{ from, to int64 }

// readSafetensors checks that a safetensors file is what the format says: the header one JSON
// object of tensors without duplicates, and the data covered by them without a gap or overlap.
func readSafetensors(w *window, add func(Fact)) {
	fault := func(format string, args ...any) {
		add(Fact{Kind: Inconsistent, Verdict: Dangerous, Why: fmt.Sprintf(format, args...)})
	}
	if w.size < 8 {
		fault("is shorter than the length of a header")
		return
	}
	length := w.u64(0)
	switch {
	case length > safetensorsHeaderLimit:
		fault("claims a header of %d bytes, more than the format allows", length)
		return
	case length > uint64(w.size-8):
		fault("claims a header of %d bytes, more than the file has", length)
		return
	case w.u8(8) != '{':
		fault("has a header that does not begin with a brace")
		return
	}
	r := &safetensorsReader{data: w.size - 8 - int64(length), names: map[string]bool{}}
	r.s = newJSONScanner(io.NewSectionReader(w.r, 8, int64(length)), 8, false)
	r.header()
	if r.s.err == nil && r.s.peek() != 0 {
		r.fault("has something behind the object in its header")
	}
	if r.s.err != nil {
		r.fault("has a header that is no JSON object of tensors: %v", r.s.err)
	} else {
		r.cover()
	}
	for _, f := range r.faults {
		fault("%s", f)
	}
}

// faultLimit bounds what is said of one file.
const faultLimit = 10

func (r *safetensorsReader) fault(format string, args ...any) {
	if len(r.faults) < faultLimit {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// object reads an object and calls member for each of its keys.
func (r *safetensorsReader) object(member func(key string)) {
	r.s.expect('{')
	for more := !r.s.take('}'); more && r.s.err == nil; {
		member(r.s.key())
		if r.s.take('}') {
			return
		}
		r.s.expect(',')
	}
}

func (r *safetensorsReader) header() {
	r.object(func(name string) {
		if r.names[name] {
			r.fault("has the key %q twice in its header", short(name))
		}
		r.names[name] = true
		if name == "__metadata__" {
			r.metadata()
			return
		}
		r.tensor(name)
	})
}

// metadata reads __metadata__, texts by name.
func (r *safetensorsReader) metadata() {
	if r.s.peek() != '{' {
		r.fault("has metadata that is no object")
		r.s.skip()
		return
	}
	seen := map[string]bool{}
	r.object(func(key string) {
		if seen[key] {
			r.fault("has the metadata %q twice", short(key))
		}
		seen[key] = true
		if r.s.peek() != '"' {
			r.fault("has metadata %q that is no text", short(key))
		}
		r.s.skip()
	})
}

// safeTensor is what a header says of one tensor.
type safeTensor struct {
	dtype   string
	shape   []uint64
	shaped  bool
	offsets []uint64
	broken  bool
}

func (r *safetensorsReader) tensor(name string) {
	var t safeTensor
	if r.s.peek() != '{' {
		r.fault("has an entry %q that describes no tensor", short(name))
		r.s.skip()
		return
	}
	seen := map[string]bool{}
	r.object(func(key string) {
		if seen[key] {
			r.fault("has the key %q twice in its tensor %q", short(key), short(name))
		}
		seen[key] = true
		switch key {
		case "dtype":
			if r.s.peek() != '"' {
				t.broken = true
				r.s.skip()
				return
			}
			t.dtype = r.s.string()
		case "shape":
			t.shape, t.shaped = r.numbers(&t), true
		case "data_offsets":
			t.offsets = r.numbers(&t)
		default:
			r.s.skip()
		}
	})
	if r.s.err == nil {
		r.place(name, t)
	}
}

// dimensionLimit is more than any tensor has.
const dimensionLimit = 1000

// numbers reads a list of whole numbers.
func (r *safetensorsReader) numbers(t *safeTensor) []uint64 {
	if !r.s.take('[') {
		t.broken = true
		r.s.skip()
		return nil
	}
	var out []uint64
	for more := !r.s.take(']'); more && r.s.err == nil; more = !r.s.take(']') {
		if len(out) > 0 {
			r.s.expect(',')
		}
		if c := r.s.peek(); c == '[' || c == '{' || c == '"' {
			t.broken = true
			r.s.skip()
			continue
		}
		r.s.scalar()
		n, err := strconv.ParseUint(string(r.s.text), 10, 64)
		if err != nil || len(out) >= dimensionLimit {
			t.broken = true
			continue
		}
		out = append(out, n)
	}
	return out
}

// place checks one tensor for itself and keeps its place.
func (r *safetensorsReader) place(name string, t safeTensor) {
	if t.broken || len(t.offsets) != 2 || t.dtype == "" || !t.shaped {
		r.fault("describes its tensor %q by other things than a dtype, a shape and two offsets", short(name))
		return
	}
	from, to := t.offsets[0], t.offsets[1]
	switch {
	case from > to:
		r.fault("has a tensor %q that begins after its end", short(name))
		return
	case to > uint64(r.data):
		r.fault("has a tensor %q that ends at byte %d of %d bytes of data", short(name), to, r.data)
		return
	}
	r.spans = append(r.spans, dataSpan{int64(from), int64(to)})
	if size, known := t.size(); known && size != to-from {
		r.fault("has a tensor %q of %d bytes where its type and shape need %d", short(name), to-from, size)
	} else if !known && t.overflows() {
		r.fault("has a tensor %q of a shape that no memory holds", short(name))
	}
}

// size is the bytes that a tensor's type and shape need, where that is known.
func (t safeTensor) size() (uint64, bool) {
	width, known := safetensorsBits[t.dtype]
	n, fits := t.elements()
	if !known || !fits {
		return 0, false
	}
	hi, lo := bits.Mul64(n, width/8)
	return lo, hi == 0
}

// overflows tells whether the shape multiplies to more than 64 bits.
func (t safeTensor) overflows() bool {
	n, fits := t.elements()
	if !fits {
		return true
	}
	hi, _ := bits.Mul64(n, max(safetensorsBits[t.dtype]/8, 1))
	return hi != 0
}

func (t safeTensor) elements() (uint64, bool) {
	n := uint64(1)
	if slices.Contains(t.shape, 0) {
		return 0, true
	}
	for _, d := range t.shape {
		hi, lo := bits.Mul64(n, d)
		if hi != 0 {
			return 0, false
		}
		n = lo
	}
	return n, true
}

// cover checks that the tensors cover the data once and leave nothing.
func (r *safetensorsReader) cover() {
	slices.SortFunc(r.spans, func(a, b dataSpan) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	at := int64(0)
	for _, s := range r.spans {
		switch {
		case s.from > at:
			r.fault("has %d bytes at byte %d of its data that belong to no tensor", s.from-at, at)
		case s.from < at && s.to > s.from:
			r.fault("has tensors that overlap at byte %d of its data", s.from)
		}
		at = max(at, s.to)
	}
	if at < r.data {
		r.fault("has %d bytes behind its last tensor", r.data-at)
	}
}
