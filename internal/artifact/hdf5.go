package artifact

import (
	"bytes"
	"errors"
	"math/bits"
)

// The layout is that of the HDF5 File Format Specification, version 3.0
// (https://docs.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).

const hdf5Mark = "\x89HDF\r\n\x1a\n"

// Messages of an object header.
const (
	hdf5LinkInfo      = 0x02
	hdf5Link          = 0x06
	hdf5ExternalFiles = 0x07
	hdf5Layout        = 0x08
	hdf5Attribute     = 0x0c
	hdf5Continuation  = 0x10
	hdf5SymbolTable   = 0x11
	hdf5AttributeInfo = 0x15
)

var errHDF5 = errors.New("the structure of the HDF5 file is broken")

const (
	// hdf5Objects bounds the groups and datasets that are visited.
	hdf5Objects = 200_000
	// hdf5PathLimit bounds the names that are kept.
	hdf5PathLimit = 1 << 10
)

// hdf5Reader goes through the groups of an HDF5 file: their attributes and links, and where the
// data of their datasets lies. Data itself is not read.
type hdf5Reader struct {
	w   *window
	add func(Fact)
	// attribute is told of each attribute of a wanted name, with its bytes.
	wanted    map[string]bool
	attribute func(object, name string, value []byte, at int64)
	// cut is told of what is not read.
	cut func(reason string)

	base    int64 // what addresses count from
	addrs   int   // the width of an address
	lengths int   // the width of a length
	queue   []hdf5Object
	seen    map[int64]bool
}

// hdf5Object is a group or dataset to be visited.
type hdf5Object struct {
	path string
	at   int64
}

// hdf5Start finds the superblock: at the start of the file or, behind a block of the user's, at
// 512, 1024 and so on; -1 where there is none.
func hdf5Start(peek func(off int64, n int) []byte, size int64) int64 {
	for at := int64(0); at+int64(len(hdf5Mark)) <= size; at = max(512, 2*at) {
		if string(peek(at, len(hdf5Mark))) == hdf5Mark {
			return at
		}
		if at > 1<<40 {
			break
		}
	}
	return -1
}

// read goes through a file whose superblock is at start.
func (r *hdf5Reader) read(start int64) {
	r.seen = map[int64]bool{}
	root := r.superblock(start)
	if r.ok() {
		r.push("/", root)
	}
	for len(r.queue) > 0 && r.ok() {
		o := r.queue[len(r.queue)-1]
		r.queue = r.queue[:len(r.queue)-1]
		r.object(o)
	}
}

func (r *hdf5Reader) ok() bool { return r.w.err == nil }

func (r *hdf5Reader) superblock(at int64) (root int64) {
	r.base = at // whatever the block says of its place, as H5F__super_read does
	switch v := r.w.u8(at + 8); v {
	case 0, 1:
		r.addrs, r.lengths = int(r.w.u8(at+13)), int(r.w.u8(at+14))
		p := at + 24
		if v == 1 {
			p += 4
		}
		if !r.widths() {
			return 0
		}
		// Base, free space, end of file and driver; then the root's entry, whose second field is it.
		return r.addr(p + int64(5*r.addrs))
	case 2, 3:
		r.addrs, r.lengths = int(r.w.u8(at+9)), int(r.w.u8(at+10))
		if !r.widths() {
			return 0
		}
		return r.addr(at + 12 + int64(3*r.addrs))
	}
	r.w.fail(errHDF5)
	return 0
}

func (r *hdf5Reader) widths() bool {
	for _, n := range []int{r.addrs, r.lengths} {
		if n != 2 && n != 4 && n != 8 {
			r.w.fail(errHDF5)
		}
	}
	return r.ok()
}

// addr reads an address and makes it an offset in the file; -1 for the undefined address.
func (r *hdf5Reader) addr(at int64) int64 {
	a := r.w.uint(at, r.addrs)
	if a == 1<<(8*r.addrs)-1 || offset(a) < 0 {
		return -1
	}
	return offset(a) + r.base
}

func (r *hdf5Reader) length(at int64) int64 { return offset(r.w.uint(at, r.lengths)) }

// marked tells whether a structure with a signature starts at an offset.
func (r *hdf5Reader) marked(at int64, mark string) bool {
	return at >= 0 && string(r.w.peek(at, len(mark))) == mark
}

// push keeps an object to be visited.
func (r *hdf5Reader) push(path string, at int64) {
	if at < 0 || r.seen[at] {
		return
	}
	if len(r.seen) >= hdf5Objects {
		r.w.fail(&limitError{"groups and datasets", hdf5Objects})
		return
	}
	r.seen[at] = true
	r.queue = append(r.queue, hdf5Object{path, at})
}

func (r *hdf5Reader) object(o hdf5Object) {
	if r.marked(o.at, "OHDR") {
		r.header2(o)
		return
	}
	if r.w.u8(o.at) != 1 {
		r.cut("an object of the HDF5 file has a header of a kind that is not known: " + o.path)
		return
	}
	r.messages(o, []hdf5Block{{o.at + 16, int64(r.w.u32(o.at + 8))}}, hdf5Format{head: 8})
}

// hdf5Block is a run of messages.
type hdf5Block struct{ at, size int64 }

// hdf5Format is how messages are written: with heads of 8 bytes in version 1 of object headers, of
// 4 or 6 in version 2.
type hdf5Format struct {
	head int64
	// checked is set where continuation blocks start with a mark and end in a checksum.
	checked bool
}

// header2 reads an object header of version 2.
func (r *hdf5Reader) header2(o hdf5Object) {
	flags := r.w.u8(o.at + 5)
	at := o.at + 6
	if flags&0x20 != 0 {
		at += 16
	}
	if flags&0x10 != 0 {
		at += 4
	}
	width := 1 << (flags & 3)
	size := offset(r.w.uint(at, width))
	f := hdf5Format{head: 4, checked: true}
	if flags&4 != 0 {
		f.head = 6
	}
	r.messages(o, []hdf5Block{{at + int64(width), size}}, f)
}

// messages reads the blocks of an object header, those that continue it as well.
func (r *hdf5Reader) messages(o hdf5Object, blocks []hdf5Block, f hdf5Format) {
	seen := map[int64]bool{}
	for len(blocks) > 0 && r.ok() {
		b := blocks[0]
		blocks = blocks[1:]
		if b.at < 0 || b.size < 0 || seen[b.at] {
			continue
		}
		seen[b.at] = true
		end := min(b.at+b.size, r.w.size)
		for at := b.at; at+f.head <= end && r.w.step(); {
			kind, size, flags := int64(r.w.u16(at)), int64(r.w.u16(at+2)), r.w.u8(at+4)
			if f.checked {
				kind, size, flags = int64(r.w.u8(at)), int64(r.w.u16(at+1)), r.w.u8(at+3)
			}
			body := at + f.head
			at = body + size
			if at > end {
				break
			}
			if kind == hdf5Continuation {
				next := hdf5Block{r.addr(body), r.length(body + int64(r.addrs))}
				if f.checked {
					next.at, next.size = next.at+4, next.size-8
				}
				blocks = append(blocks, next)
				continue
			}
			if flags&2 != 0 && (kind == hdf5Attribute || kind == hdf5Link) {
				r.cut("a message of the HDF5 file is kept in another place, which is not read: " + o.path)
				continue
			}
			r.message(o, int(kind), body, size)
		}
	}
}

func (r *hdf5Reader) message(o hdf5Object, kind int, at, size int64) {
	switch kind {
	case hdf5Attribute:
		r.attr(o, at, size)
	case hdf5AttributeInfo:
		r.info(at, 2, func(at, size int64) { r.attr(o, at, size) }, 8, 0)
	case hdf5Link:
		r.link(o, at, size)
	case hdf5LinkInfo:
		r.info(at, 8, func(at, size int64) { r.link(o, at, size) }, 7, 4)
	case hdf5SymbolTable:
		r.symbols(o, r.addr(at), r.addr(at+int64(r.addrs)))
	case hdf5ExternalFiles:
		r.externalFiles(o, at)
	case hdf5Layout:
		r.layout(o, at)
	}
}

// attr reads an attribute and hands on its value, if it is a text or bytes.
func (r *hdf5Reader) attr(o hdf5Object, at, size int64) {
	version := r.w.u8(at)
	name, kind, space := int64(r.w.u16(at+2)), int64(r.w.u16(at+4)), int64(r.w.u16(at+6))
	p := at + 8
	pad := func(n int64) int64 { return n }
	switch version {
	case 1:
		pad = func(n int64) int64 { return (n + 7) &^ 7 }
	case 2:
	case 3:
		p++
	default:
		return
	}
	label := string(bytes.TrimRight([]byte(r.w.text(p, name, hdf5PathLimit)), "\x00"))
	typeAt := p + pad(name)
	value := typeAt + pad(kind) + pad(space)
	end := at + size
	if value > end || !r.wanted[label] {
		return
	}
	const variable = 9
	inHeap := value+4+int64(r.addrs)+4 <= end
	if elsewhere := version > 1 && r.w.u8(at+1)&1 != 0; elsewhere {
		inHeap = value+4+int64(r.addrs)+4 == end // its type is kept in another place
	} else {
		inHeap = inHeap && r.w.u8(typeAt)&15 == variable
	}
	if !inHeap {
		r.attribute(o.path, label, bytes.TrimRight(r.w.bytes(value, end-value, configLimit), "\x00"), value)
		return
	}
	if n := int64(r.w.u32(value)); n > 0 {
		heap, index := r.addr(value+4), r.w.u32(value+4+int64(r.addrs))
		if at, size := r.globalHeap(heap, index); at >= 0 {
			r.attribute(o.path, label, bytes.TrimRight(r.w.bytes(at, min(n, size), configLimit), "\x00"), at)
		}
	}
}

// globalHeap finds an object in a collection of the global heap; -1 where it is not.
func (r *hdf5Reader) globalHeap(at int64, index uint32) (start, size int64) {
	if !r.marked(at, "GCOL") {
		return -1, 0
	}
	end := min(at+r.length(at+8), r.w.size)
	head := int64(8 + r.lengths)
	for p := at + head; p+head <= end && r.w.step(); {
		i, n := uint32(r.w.u16(p)), r.length(p+8)
		if n < 0 || i == 0 {
			break
		}
		if i == index {
			return p + head, min(n, r.w.size-p-head)
		}
		p += head + (n+7)&^7
	}
	return -1, 0
}

// link reads a link message: to an object of this file, or into another file.
func (r *hdf5Reader) link(o hdf5Object, at, size int64) {
	end := at + size
	flags := r.w.u8(at + 1)
	p := at + 2
	kind := uint8(0)
	if flags&8 != 0 {
		kind = r.w.u8(p)
		p++
	}
	if flags&4 != 0 {
		p += 8
	}
	if flags&16 != 0 {
		p++
	}
	width := 1 << (flags & 3)
	n := offset(r.w.uint(p, width))
	p += int64(width)
	if n < 0 || p+n > end {
		return
	}
	path := joinPath(o.path, r.w.text(p, n, hdf5PathLimit))
	p += n
	const hard, external = 0, 64
	switch kind {
	case hard:
		r.push(path, r.addr(p))
	case external:
		value := r.w.text(p+3, int64(r.w.u16(p))-1, pathLimit)
		file, _, _ := bytes.Cut([]byte(value), []byte{0})
		r.external(p, path, string(file), "is a link into another file")
	}
}

func joinPath(group, name string) string {
	if group == "/" {
		group = ""
	}
	if path := group + "/" + name; len(path) <= hdf5PathLimit {
		return path
	}
	return group
}

// external says that a part of the file lies in another one.
func (r *hdf5Reader) external(at int64, path, file, why string) {
	f := Fact{Kind: ExternalLink, Verdict: Unknown, Offset: at, Name: path, Args: short(file), Why: why}
	if leavesFolder(file) {
		f.Verdict = Dangerous
	}
	r.add(f)
}

// symbols reads a group as it was written before HDF5 1.8: a tree of nodes with entries, their names
// in a heap.
func (r *hdf5Reader) symbols(o hdf5Object, tree, heap int64) {
	if !r.marked(heap, "HEAP") {
		return
	}
	names := r.addr(heap + 8 + int64(2*r.lengths))
	todo, seen := []int64{tree}, map[int64]bool{}
	for len(todo) > 0 && r.w.step() {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at < 0 || seen[at] {
			continue
		}
		seen[at] = true
		switch {
		case r.marked(at, "TREE"):
			entry := int64(r.lengths + r.addrs)
			first := at + 8 + int64(2*r.addrs+r.lengths)
			for i := range int64(r.w.u16(at + 6)) {
				todo = append(todo, r.addr(first+i*entry))
			}
		case r.marked(at, "SNOD"):
			entry := int64(2*r.addrs + 24)
			for i := range int64(r.w.u16(at + 6)) {
				e := at + 8 + i*entry
				if !r.w.step() {
					return
				}
				name := r.cstring(names + offset(r.w.uint(e, r.addrs)))
				r.push(joinPath(o.path, name), r.addr(e+int64(r.addrs)))
			}
		}
	}
}

// cstring reads a text that ends in a zero byte.
func (r *hdf5Reader) cstring(at int64) string {
	b := r.w.peek(at, hdf5PathLimit)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// externalFiles reads the files that the data of a dataset lies in (CVE-2026-1669).
func (r *hdf5Reader) externalFiles(o hdf5Object, at int64) {
	used, heap := int64(r.w.u16(at+6)), r.addr(at+8)
	if !r.marked(heap, "HEAP") {
		return
	}
	names := r.addr(heap + 8 + int64(2*r.lengths))
	for i := range min(used, 16) {
		name := r.cstring(names + r.length(at+8+int64(r.addrs)+i*int64(3*r.lengths)))
		r.external(at, o.path, name, "has its data in another file")
	}
}

// layout reads how a dataset is stored; a virtual one is put together of datasets of other files.
func (r *hdf5Reader) layout(o hdf5Object, at int64) {
	const virtual = 3
	if r.w.u8(at) < 4 || r.w.u8(at+1) != virtual {
		return
	}
	start, size := r.globalHeap(r.addr(at+2), r.w.u32(at+2+int64(r.addrs)))
	if start < 0 || size < int64(2+r.lengths) {
		return
	}
	if file := r.cstring(start + 1 + int64(r.lengths)); file != "." {
		r.external(start, o.path, file, "is put together of data of another file")
	}
}

// info reads what an info message refers to: messages in a fractal heap, found by a tree whose
// records hold their ids, of n bytes at idAt. order is the width of the highest creation order.
func (r *hdf5Reader) info(at, order int64, each func(at, size int64), n int, idAt int64) {
	flags := r.w.u8(at + 1)
	p := at + 2
	if flags&1 != 0 {
		p += order
	}
	heap, tree := r.addr(p), r.addr(p+int64(r.addrs))
	if heap < 0 || tree < 0 {
		return
	}
	h, ok := r.fractalHeap(heap)
	if !ok {
		return
	}
	r.records(tree, func(record int64) {
		if at, size := h.find(record+idAt, n); at >= 0 {
			each(at, size)
		}
	})
}

// records calls each for the records of a B-tree of version 2.
func (r *hdf5Reader) records(tree int64, each func(at int64)) {
	if !r.marked(tree, "BTHD") {
		r.w.fail(errHDF5)
		return
	}
	t := hdf5Tree{r: r, node: int64(r.w.u32(tree + 6)), record: int64(r.w.u16(tree + 10)), each: each, seen: map[int64]bool{}}
	depth := int(r.w.u16(tree + 12))
	if t.record == 0 || t.node < 16 || depth > 32 {
		r.w.fail(errHDF5)
		return
	}
	t.sizes(depth)
	t.walk(r.addr(tree+16), int64(r.w.u16(tree+16+int64(r.addrs))), depth)
}

// hdf5Tree is a B-tree of version 2.
type hdf5Tree struct {
	r            *hdf5Reader
	node, record int64 // sizes of a node and of a record
	// count and total are, for children of a node of each depth, the widths of the number of
	// their records and of all records below.
	count, total []int64
	each         func(at int64)
	seen         map[int64]bool
}

// sizes computes how wide the numbers in nodes are, as H5B2__hdr_init does.
func (t *hdf5Tree) sizes(depth int) {
	const overhead = 10
	most := (t.node - overhead) / t.record // records in a node of the level below
	all := most
	t.count, t.total = make([]int64, depth+1), make([]int64, depth+1)
	width := encoded(most) // of a leaf's number of records, used on all levels
	for d := 1; d <= depth; d++ {
		t.count[d] = width
		if d > 1 {
			t.total[d] = encoded(all)
		}
		pointer := int64(t.r.addrs) + t.count[d] + t.total[d]
		most = max((t.node-overhead-pointer)/(t.record+pointer), 0)
		all = (most+1)*all + most
		if all < 0 || all > 1<<60 {
			all = 1 << 60
		}
	}
}

// encoded is the number of bytes that hold numbers up to n.
func encoded(n int64) int64 { return int64(max(bits.Len64(uint64(n))-1, 0)/8 + 1) }

func (t *hdf5Tree) walk(at, n int64, depth int) {
	r := t.r
	if at < 0 || t.seen[at] || !r.w.step() {
		return
	}
	t.seen[at] = true
	mark := "BTLF"
	if depth > 0 {
		mark = "BTIN"
	}
	if !r.marked(at, mark) || n > t.node/t.record {
		r.w.fail(errHDF5)
		return
	}
	for i := range n {
		if !r.w.step() {
			return
		}
		t.each(at + 6 + i*t.record)
	}
	if depth == 0 {
		return
	}
	p := at + 6 + n*t.record
	for range n + 1 {
		child, records := r.addr(p), int64(r.w.uint(p+int64(r.addrs), int(t.count[depth])))
		t.walk(child, records, depth-1)
		p += int64(r.addrs) + t.count[depth] + t.total[depth]
	}
}

// hdf5Heap is a fractal heap.
type hdf5Heap struct {
	r                *hdf5Reader
	offsets, lengths int   // the widths of an offset and a length within an id
	width            int64 // of the doubling table
	start, direct    int64 // the sizes of the first block and of the largest direct one
	heapOffset       int64 // the width of a block's own offset
	root             int64
	rows             int64
	huge             int64 // the tree of huge objects
	hugeAt           map[uint64]hdf5Block
}

func (r *hdf5Reader) fractalHeap(at int64) (*hdf5Heap, bool) {
	if !r.marked(at, "FRHP") {
		r.w.fail(errHDF5)
		return nil, false
	}
	O, L := int64(r.addrs), int64(r.lengths)
	filters := r.w.u16(at + 7)
	managed := r.w.u32(at + 10)
	p := at + 14 + L
	h := &hdf5Heap{r: r, huge: r.addr(p)}
	p += O + L + O + 8*L
	h.width, h.start, h.direct = int64(r.w.u16(p)), r.length(p+2), r.length(p+2+L)
	size := int(r.w.u16(p + 2 + 2*L))
	h.root, h.rows = r.addr(p+6+2*L), int64(r.w.u16(p+6+2*L+O))
	if filters != 0 {
		r.cut("attributes or links of the HDF5 file are compressed; they were not read")
		return nil, false
	}
	if h.width <= 0 || h.start <= 0 || h.direct < h.start || size > 64 || h.start&(h.start-1) != 0 || h.direct&(h.direct-1) != 0 ||
		h.width&(h.width-1) != 0 || h.direct > 1<<40 || h.width > 1<<12 {
		r.w.fail(errHDF5)
		return nil, false
	}
	h.offsets = (size + 7) / 8
	h.heapOffset = int64(h.offsets)
	h.lengths = int(min((int64(bits.Len64(uint64(h.direct)))+6)/8, encoded(int64(managed))))
	return h, r.ok()
}

// find returns where the object with the id that stands at an offset is; -1 where there is none.
func (h *hdf5Heap) find(id int64, n int) (at, size int64) {
	const managed, huge, tiny = 0, 1, 2
	r := h.r
	switch head := r.w.u8(id); head >> 4 & 3 {
	case managed:
		if 1+h.offsets+h.lengths > n {
			return -1, 0
		}
		off := offset(r.w.uint(id+1, h.offsets))
		size := offset(r.w.uint(id+1+int64(h.offsets), h.lengths))
		at := h.block(off)
		if at < 0 || size < 0 {
			return -1, 0
		}
		return at, min(size, r.w.size-at)
	case huge:
		b, ok := h.hugeObjects()[r.w.uint(id+1, min(n-1, r.lengths))]
		if !ok || b.size < 0 || b.at < 0 {
			return -1, 0
		}
		return b.at, b.size
	case tiny:
		return id + 1, int64(head&15) + 1
	}
	return -1, 0
}

// hugeObjects are the objects that have their own place in the file, by id.
func (h *hdf5Heap) hugeObjects() map[uint64]hdf5Block {
	if h.hugeAt == nil {
		h.hugeAt = map[uint64]hdf5Block{}
		if h.huge >= 0 {
			O, L := int64(h.r.addrs), int64(h.r.lengths)
			h.r.records(h.huge, func(at int64) {
				if len(h.hugeAt) < hdf5Objects {
					h.hugeAt[h.r.w.uint(at+O+L, h.r.lengths)] = hdf5Block{h.r.addr(at), h.r.length(at + O)}
				}
			})
		}
	}
	return h.hugeAt
}

// block turns an offset in the heap into one in the file, through the doubling table.
func (h *hdf5Heap) block(off int64) int64 {
	r := h.r
	if off < 0 {
		return -1
	}
	at, rows := h.root, h.rows
	if rows == 0 {
		if off >= h.start || !r.marked(at, "FHDB") {
			return -1
		}
		return at + off
	}
	directRows := int64(bits.Len64(uint64(h.direct))-bits.Len64(uint64(h.start))) + 2
	for range 64 {
		if !r.marked(at, "FHIB") || !r.w.step() {
			return -1
		}
		row, size, from := int64(0), h.start, int64(0)
		for row < rows && off >= from+h.width*size {
			from += h.width * size
			if row > 0 {
				size *= 2
			}
			row++
			if size > 1<<60/h.width {
				return -1
			}
		}
		if row >= rows {
			return -1
		}
		column := (off - from) / size
		slot := at + 5 + int64(r.addrs) + h.heapOffset + (row*h.width+column)*int64(r.addrs)
		at = r.addr(slot)
		off -= from + column*size
		if row < directRows {
			if !r.marked(at, "FHDB") {
				return -1
			}
			return at + off
		}
		rows = int64(bits.Len64(uint64(size))-bits.Len64(uint64(h.start*h.width))) + 1
	}
	return -1
}
