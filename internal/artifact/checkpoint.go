package artifact

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Checkpoint is what a torch checkpoint comes to when it is loaded, for one that comes to tensors
// in dictionaries and lists: their names, types, shapes, and where their bytes are. It is made
// without running anything; what a pickle calls on its way and throws away is not part of it.
type Checkpoint struct {
	// Flat is set where the checkpoint is one dictionary from names to tensors, so that reading
	// it as safetensors gives the same dictionary.
	Flat bool
	// Names are those of the tensors, of nested ones joined by dots, in the order of the file.
	Names []string

	size    int64
	tensors []checkpointTensor
}

// checkpointTensor is one tensor: elements of a width in bytes, the first at an offset of the file.
type checkpointTensor struct {
	name, dtype   string
	width, at     int64
	shape, stride []int64
	elements      int64
}

const (
	// expandedTensors bounds what tensors that share or repeat bytes come to, in bytes beyond four
	// times the file.
	expandedTensors = 1 << 30
	// rearranged bounds the bytes held for a tensor whose elements are not in their order.
	rearranged = 256 << 20
	// checkpointDepth and checkpointTensors bound the dictionaries and what is in them.
	checkpointDepth   = 64
	checkpointTensors = 200_000
)

// checkpoint finds what a checkpoint that is not harmless comes to.
func (s *scan) checkpoint(o *object) {
	if !slices.ContainsFunc(s.report.Facts, func(f Fact) bool {
		return f.Verdict != Harmless && (f.Kind == Reference || f.Kind == Call)
	}) {
		return
	}
	var legacy [len(legacyMagic)]byte
	n, _ := o.r.ReadAt(legacy[:], 0)
	isLegacy := n == len(legacy) && string(legacy[:]) == legacyMagic
	if s.report.Format != TorchZip && !isLegacy || s.ctx.Err() != nil {
		return
	}
	// What it counts and says is its own.
	inner := &scan{ctx: s.ctx, limits: s.limits, report: &Report{}}
	var c *Checkpoint
	var err error
	if isLegacy {
		c, err = inner.legacyCheckpoint(o)
	} else {
		c, err = inner.zipCheckpoint(o)
	}
	if err != nil {
		s.report.Refusal = err.Error()
		return
	}
	s.report.Checkpoint = c
}

// unpickle is what the pickle at an offset comes to, and where it ends.
func (s *scan) unpickle(o *object, at int64) (*value, int64, error) {
	m := s.newMachine(o, at)
	m.trial, m.whole = true, true
	if end := m.run(); end != stopped || m.failed >= 0 || m.forgetful || m.result == nil {
		return nil, 0, errors.New("its pickle cannot be followed to its end")
	}
	return m.result, m.c.pos(), nil
}

// storages tells where the storage of a key is: its offset and length in bytes.
type storages func(key string, width int64) (at, size int64, err error)

// zipCheckpoint reads the format of torch 1.6 and later: a pickle, and a member for each storage.
func (s *scan) zipCheckpoint(o *object) (*Checkpoint, error) {
	z := &zipFile{s: s, o: o, size: o.size}
	z.directory()
	z.walk()
	members := map[string]*zipEntry{}
	root := ""
	for _, e := range z.central {
		if members[e.name] != nil {
			return nil, fmt.Errorf("it has two members %s", printable(e.name))
		}
		members[e.name] = e
		if dir, base := path.Split(e.name); base == "data.pkl" && strings.Count(dir, "/") == 1 {
			if root != "" {
				return nil, errors.New("it holds two pickles of tensors")
			}
			root = dir
		}
	}
	content := func(name string) (*object, error) {
		e := members[name]
		switch {
		case e == nil:
			return nil, fmt.Errorf("its member %s is missing", printable(name))
		case e.data <= 0 || e.size < 0 || e.data+e.size > z.size:
			return nil, fmt.Errorf("its member %s is damaged", printable(name))
		case e.method != 0 || e.compressed != e.size:
			return nil, fmt.Errorf("its member %s is compressed", printable(name))
		}
		return o.inside(e.name, io.NewSectionReader(o.r, e.data, e.size), e.size), nil
	}
	if members[root+"byteorder"] != nil {
		order, err := content(root + "byteorder")
		if err != nil {
			return nil, err
		}
		b := make([]byte, 16)
		n, _ := order.r.ReadAt(b, 0)
		if strings.TrimSpace(string(b[:n])) != "little" {
			return nil, errors.New("its numbers are big-endian")
		}
	}
	pickle, err := content(root + "data.pkl")
	if err != nil {
		return nil, err
	}
	v, _, err := s.unpickle(pickle, 0)
	if err != nil {
		return nil, err
	}
	return newCheckpoint(o.size, v, func(key string, _ int64) (int64, int64, error) {
		name := root + "data/" + key
		if _, err := content(name); err != nil {
			return 0, 0, err
		}
		return members[name].data, members[name].size, nil
	})
}

// legacyMagic is how the stream format of torch before 1.6 begins: its magic number, pickled
// (torch/serialization.py, MAGIC_NUMBER).
const legacyMagic = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."

// legacyCheckpoint reads that format: pickles of the magic number, the version, the system, the
// object and the keys of storages; then each storage behind the number of its elements.
func (s *scan) legacyCheckpoint(o *object) (*Checkpoint, error) {
	var parts [5]*value
	at := int64(0)
	for i := range parts {
		var err error
		if parts[i], at, err = s.unpickle(o, at); err != nil {
			return nil, err
		}
	}
	if little := parts[2].lookup("little_endian"); little != nil && little.text != "True" {
		return nil, errors.New("its numbers are big-endian")
	}
	keys := parts[4]
	if keys.kind != list || keys.cut {
		return nil, errors.New("it has no list of storages")
	}
	widths, err := storageWidths(parts[3])
	if err != nil {
		return nil, err
	}
	type place struct{ at, size int64 }
	places := map[string]place{}
	var head [8]byte
	for _, k := range keys.items {
		width := widths[k.text]
		if n, _ := o.r.ReadAt(head[:], at); k.kind != text || width == 0 || n < len(head) {
			return nil, errors.New("its storages do not fit its pickle")
		}
		n := int64(binary.LittleEndian.Uint64(head[:]))
		if n < 0 || n > (o.size-at-8)/width {
			return nil, errors.New("it ends in the middle of a storage")
		}
		places[k.text] = place{at + 8, n * width}
		at += 8 + n*width
	}
	return newCheckpoint(o.size, parts[3], func(key string, _ int64) (int64, int64, error) {
		p, known := places[key]
		if !known {
			return 0, 0, fmt.Errorf("its storage %s is missing", printable(key))
		}
		return p.at, p.size, nil
	})
}

// mapping is a dictionary or list that a pickle calls for: OrderedDict(), OrderedDict([(k, v)]).
// It is nil for other calls.
func mapping(name string, args *value) *value {
	switch name {
	case "collections.OrderedDict", "builtins.dict", "collections.defaultdict":
	default:
		return nil
	}
	v := &value{kind: dict}
	first := argument(args, 0)
	if first == nil || name == "collections.defaultdict" {
		return v
	}
	if first.kind != list && first.kind != tuple || first.cut {
		return nil
	}
	for _, pair := range first.items {
		if pair.kind != tuple && pair.kind != list || len(pair.items) != 2 {
			return nil
		}
		v.items = append(v.items, pair.items...)
	}
	return v
}

// storageTypes are the classes of typed storages, with the type of their elements in safetensors.
var storageTypes = map[string]string{
	"torch.FloatStorage": "F32", "torch.DoubleStorage": "F64", "torch.HalfStorage": "F16", "torch.BFloat16Storage": "BF16",
	"torch.LongStorage": "I64", "torch.IntStorage": "I32", "torch.ShortStorage": "I16", "torch.CharStorage": "I8",
	"torch.ByteStorage": "U8", "torch.BoolStorage": "BOOL", "torch.ComplexFloatStorage": "C64",
}

// tensorTypes are the dtypes that _rebuild_tensor_v3 is given for storages without a type.
var tensorTypes = map[string]string{
	"torch.float32": "F32", "torch.float64": "F64", "torch.float16": "F16", "torch.bfloat16": "BF16", "torch.int64": "I64", "torch.int32": "I32",
	"torch.int16": "I16", "torch.int8": "I8", "torch.uint8": "U8", "torch.bool": "BOOL", "torch.complex64": "C64", "torch.uint16": "U16",
	"torch.uint32": "U32", "torch.uint64": "U64", "torch.float8_e4m3fn": "F8_E4M3", "torch.float8_e5m2": "F8_E5M2", "torch.float8_e8m0fnu": "F8_E8M0",
}

// storage is what a persistent id of a pickle of torch says.
type storage struct {
	key, dtype string
	elements   int64
}

// storageOf reads ('storage', class, key, location, number of elements[, view]).
func storageOf(v *value) (storage, error) {
	bad := errors.New("it holds a storage of a kind that is not known")
	if v == nil || v.kind != persistent {
		return storage{}, bad
	}
	id := v.args
	kind, class, key, n, view := argument(id, 0), argument(id, 1), argument(id, 2), argument(id, 4), argument(id, 5)
	if kind == nil || kind.text != "storage" || class == nil || key == nil || key.kind != text || key.cut || n == nil || n.kind != number || n.n < 0 {
		return storage{}, bad
	}
	if view != nil && view.kind != none {
		return storage{}, errors.New("it holds a view of a storage")
	}
	s := storage{key: key.text, dtype: storageTypes[class.named()], elements: n.n}
	switch class.named() {
	case "torch.UntypedStorage", "torch.storage.UntypedStorage":
	default:
		if s.dtype == "" {
			return s, fmt.Errorf("it holds a %s, which safetensors does not know", printable(class.String()))
		}
	}
	return s, nil
}

// storageWidths finds the storages of an object, with the widths of their elements.
func storageWidths(root *value) (map[string]int64, error) {
	widths := map[string]int64{}
	done := map[*value]bool{}
	var walk func(v *value, depth int) error
	walk = func(v *value, depth int) error {
		if v == nil || done[v] {
			return nil
		}
		if done[v] = true; depth > 10*checkpointDepth {
			return errors.New("it is nested too deep")
		}
		if v.kind == persistent {
			s, err := storageOf(v)
			if err != nil {
				return err
			}
			widths[s.key] = max(int64(safetensorsBits[s.dtype]/8), 1)
			return nil
		}
		for _, part := range append([]*value{v.args}, v.items...) {
			if err := walk(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return widths, walk(root, 0)
}

// newCheckpoint makes a checkpoint of what a pickle comes to, in a file of size bytes.
func newCheckpoint(size int64, root *value, find storages) (*Checkpoint, error) {
	r := &checkpointReader{c: &Checkpoint{size: size, Flat: true}, find: find, seen: map[string]bool{}, left: 4*size + expandedTensors}
	if err := r.collect("", root, 0); err != nil {
		return nil, err
	}
	if len(r.c.tensors) == 0 {
		return nil, errors.New("it holds no tensors")
	}
	return r.c, nil
}

type checkpointReader struct {
	c    *Checkpoint
	find storages
	seen map[string]bool
	left int64 // bytes that tensors may still come to
}

// collect adds the tensors of a value.
func (r *checkpointReader) collect(name string, v *value, depth int) error {
	if depth > checkpointDepth {
		return errors.New("its dictionaries are nested too deep")
	}
	switch {
	case v.cut:
		return errors.New("it holds more than can be followed")
	case v.kind == dict:
		r.c.Flat = r.c.Flat && depth == 0
		for i := 0; i+1 < len(v.items); i += 2 {
			key := v.items[i]
			if key.kind != text || key.cut {
				if key.kind != number || key.text != "" {
					return fmt.Errorf("it holds a key that is no name%s", under(name))
				}
				r.c.Flat = false
				key = &value{kind: text, text: decimal(key.n)}
			}
			if err := r.collect(joined(name, key.text), v.items[i+1], depth+1); err != nil {
				return err
			}
		}
		return nil
	case v.kind == list || v.kind == tuple:
		r.c.Flat = false
		for i, item := range v.items {
			if err := r.collect(joined(name, decimal(int64(i))), item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return r.tensor(name, v)
}

func joined(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}

// under says where something is.
func under(name string) string {
	if name == "" {
		return ""
	}
	return " under " + printable(name)
}

// tensor adds a tensor, for a value that rebuilds one.
func (r *checkpointReader) tensor(name string, v *value) error {
	for range checkpointDepth {
		switch v.kind {
		case instance:
		case none, boolean, number, text, data:
			return fmt.Errorf("it holds %s%s", map[valueKind]string{none: "None", boolean: "a truth value", number: "a number", text: "a text", data: "bytes"}[v.kind], under(name))
		default:
			return fmt.Errorf("it holds what cannot be told%s", under(name))
		}
		switch callee := v.callee.named(); callee {
		case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
			if v = argument(v.args, 0); v == nil {
				return fmt.Errorf("it holds what cannot be told%s", under(name))
			}
			continue
		case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
			return r.rebuilt(name, callee, v.args)
		default:
			return fmt.Errorf("it holds %s%s", printable(calleeText(v)), under(name))
		}
	}
	return errors.New("its parameters are nested too deep")
}

// rebuilt adds the tensor that _rebuild_tensor(storage, offset, size, stride, …) makes.
func (r *checkpointReader) rebuilt(name, callee string, args *value) error {
	s, err := storageOf(argument(args, 0))
	if err != nil {
		return err
	}
	metadata := argument(args, 6)
	if callee == "torch._utils._rebuild_tensor_v3" {
		metadata = argument(args, 7)
		if s.dtype = tensorTypes[argument(args, 6).named()]; s.dtype == "" {
			return fmt.Errorf("it holds a tensor of a type that safetensors does not know%s", under(name))
		}
	}
	if metadata != nil && len(metadata.items) > 0 {
		return fmt.Errorf("it holds a conjugated or negated view%s", under(name))
	}
	t := checkpointTensor{name: name, dtype: s.dtype, width: int64(safetensorsBits[s.dtype] / 8), elements: 1}
	first := argument(args, 1)
	shape, ok := sizes(argument(args, 2))
	stride, ok2 := sizes(argument(args, 3))
	if !ok || !ok2 || len(shape) != len(stride) || first == nil || first.kind != number || first.n < 0 || t.width == 0 {
		return fmt.Errorf("it holds a tensor of an unknown shape%s", under(name))
	}
	t.shape, t.stride = shape, stride
	if name == "" || name == "__metadata__" || r.seen[name] || !utf8.ValidString(name) || len(name) > textLimit {
		return fmt.Errorf("it holds a tensor whose name safetensors does not take: %s", printable(name))
	}
	if r.seen[name] = true; len(r.c.tensors) >= checkpointTensors {
		return errors.New("it holds more tensors than can be rewritten")
	}
	at, length, err := r.find(s.key, t.width)
	if err != nil {
		return err
	}
	last := first.n
	for i, n := range shape {
		t.elements = product(t.elements, n)
		last = sum(last, product(max(n-1, 0), stride[i]))
	}
	if t.elements > 0 && (last < 0 || last >= length/t.width) || first.n > length/t.width {
		return fmt.Errorf("it holds a tensor that is larger than its storage%s", under(name))
	}
	if r.left -= product(t.elements, t.width); t.elements < 0 || r.left < 0 {
		return errors.New("its tensors come to much more than the file")
	}
	t.at = at + first.n*t.width
	if _, span := t.span(); t.run() < t.elements && span > rearranged {
		return fmt.Errorf("it holds a view that is too large to be put in order%s", under(name))
	}
	r.c.tensors = append(r.c.tensors, t)
	r.c.Names = append(r.c.Names, name)
	return nil
}

// product and sum are -1 where they would not fit, or are given what did not.
func product(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if a < 0 || b < 0 || hi != 0 || lo > unbounded {
		return -1
	}
	return int64(lo)
}

func sum(a, b int64) int64 {
	if a < 0 || b < 0 || a > unbounded-b {
		return -1
	}
	return a + b
}

// sizes reads a shape, or strides.
func sizes(v *value) ([]int64, bool) {
	if v != nil && v.kind == instance && v.callee.named() == "torch.Size" {
		v = argument(v.args, 0)
	}
	if v == nil || v.kind != tuple && v.kind != list || v.cut || len(v.items) > dimensionLimit {
		return nil, false
	}
	out := make([]int64, len(v.items))
	for i, n := range v.items {
		if n.kind != number || n.text != "" || n.n < 0 {
			return nil, false
		}
		out[i] = n.n
	}
	return out, true
}

// run is how many elements follow each other in the file as they do in the tensor.
func (t *checkpointTensor) run() int64 {
	n := int64(1)
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] == 1 {
			continue
		}
		if t.stride[i] != n {
			return n
		}
		n *= t.shape[i]
	}
	return n
}

// span is where the elements of a tensor lie in the file, in bytes.
func (t *checkpointTensor) span() (at, n int64) {
	if t.elements == 0 {
		return t.at, 0
	}
	last := int64(0)
	for i, d := range t.shape {
		last += (d - 1) * t.stride[i]
	}
	return t.at, (last + 1) * t.width
}

// write writes the elements of a tensor in their order.
func (t *checkpointTensor) write(ctx context.Context, w io.Writer, r io.ReaderAt) error {
	at, n := t.span()
	run := t.run() * t.width
	if t.elements == 0 {
		return nil
	}
	if run >= t.elements*t.width {
		_, err := io.Copy(w, &wantedReader{ctx, io.NewSectionReader(r, at, n)})
		return err
	}
	// What follows is shorter than rearranged.
	all := make([]byte, n)
	if _, err := r.ReadAt(all, at); err != nil {
		return err
	}
	index := make([]int64, len(t.shape))
	for done := int64(0); done < t.elements; done += run / t.width {
		if done&0xffff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		from := int64(0)
		for i, k := range index {
			from += k * t.stride[i]
		}
		if _, err := w.Write(all[from*t.width : from*t.width+run]); err != nil {
			return err
		}
		t.next(index, run/t.width)
	}
	return nil
}

// next counts an index on by n elements.
func (t *checkpointTensor) next(index []int64, n int64) {
	for i := len(index) - 1; i >= 0; i-- {
		if t.shape[i] == 1 {
			continue
		}
		if n > 1 { // a dimension within the run
			n /= t.shape[i]
			continue
		}
		if index[i]++; index[i] < t.shape[i] {
			return
		}
		index[i] = 0
	}
}

// SafetensorsSize is the length of what WriteSafetensors writes, in bytes.
func (c *Checkpoint) SafetensorsSize() int64 {
	header, data := c.header()
	return 8 + int64(len(header)) + data
}

// ordered are the tensors in the order in which safetensors writes them: the widest first, so
// that each is aligned.
func (c *Checkpoint) ordered() []checkpointTensor {
	list := slices.Clone(c.tensors)
	slices.SortFunc(list, func(a, b checkpointTensor) int {
		return cmp.Or(cmp.Compare(b.width, a.width), cmp.Compare(a.name, b.name))
	})
	return list
}

// header is the header of a safetensors file of the tensors, and the length of what follows it.
func (c *Checkpoint) header() ([]byte, int64) {
	var b bytes.Buffer
	b.WriteString(`{"__metadata__":{"format":"pt"}`)
	at := int64(0)
	for _, t := range c.ordered() {
		name, _ := json.Marshal(t.name)
		shape, _ := json.Marshal(t.shape)
		end := at + t.elements*t.width
		fmt.Fprintf(&b, `,%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, name, t.dtype, shape, at, end)
		at = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), at
}

// WriteSafetensors writes the tensors as a safetensors file to w, from the checkpoint r of size
// bytes, which must be the one that was scanned. Nothing of it is executed. Memory does not depend
// on its size, but for a tensor whose elements are not in their order, of which 256 MiB are held at
// most. Tensors that share bytes get their own. The error tells that ctx ended, or what could not
// be read or written.
func (c *Checkpoint) WriteSafetensors(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error {
	if size != c.size {
		return fmt.Errorf("the checkpoint has changed: it has %d bytes where it had %d", size, c.size)
	}
	header, _ := c.header()
	if len(header) > safetensorsHeaderLimit {
		return errors.New("the names of the tensors are longer than safetensors allows")
	}
	out := bufio.NewWriterSize(w, windowSize)
	if err := binary.Write(out, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range c.ordered() {
		if err := t.write(ctx, out, r); err != nil {
			return fmt.Errorf("the tensor %s: %w", printable(t.name), err)
		}
	}
	return out.Flush()
}
