package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Types of values in GGUF (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
const (
	ggufString = 8
	ggufArray  = 9
)

// ggufWidth is the width of each fixed type in bytes, 0 for the others.
var ggufWidth = [13]uint64{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

const (
	// ggufTemplateKey starts the keys that hold chat templates: tokenizer.chat_template and, for
	// named ones, tokenizer.chat_template.NAME.
	ggufTemplateKey = "tokenizer.chat_template"
	// templateLimit bounds a chat template.
	templateLimit = 4 << 20
	ggufNesting   = 100
)

var errGGUF = errors.New("the metadata does not fit the file")

// ggufReader reads the metadata of a GGUF file front to back. Tensors follow it and are not read.
type ggufReader struct {
	w     *window
	pos   int64
	order binary.ByteOrder
	// wide is set where counts have 64 bits: since version 2.
	wide bool
}

// readGGUF reads the metadata and calls template for each chat template in it.
func readGGUF(w *window, template func(key, text string, at int64)) {
	r := &ggufReader{w: w, pos: 8, order: binary.LittleEndian}
	version := w.u32(4)
	if version&0xffff == 0 { // written on a big-endian machine
		r.order = binary.BigEndian
		version >>= 24
	}
	r.wide = version > 1
	r.count() // of tensors
	pairs := r.count()
	for ; pairs > 0 && w.step(); pairs-- {
		key := r.text(1 << 10)
		kind := r.number(4)
		if kind == ggufString && strings.HasPrefix(key, ggufTemplateKey) {
			at := r.pos + r.countWidth()
			template(key, r.text(templateLimit), at)
			continue
		}
		r.skip(kind)
	}
}

func (r *ggufReader) countWidth() int64 {
	if r.wide {
		return 8
	}
	return 4
}

func (r *ggufReader) number(n int) uint64 {
	b := r.w.need(r.pos, n)
	r.pos += int64(n)
	switch {
	case b == nil:
		return 0
	case n == 8:
		return r.order.Uint64(b)
	}
	return uint64(r.order.Uint32(b))
}

func (r *ggufReader) count() uint64 { return r.number(int(r.countWidth())) }

// advance goes n bytes on, which must be there.
func (r *ggufReader) advance(n uint64) {
	if n > uint64(r.w.size-min(r.pos, r.w.size)) {
		r.w.fail(errGGUF)
		return
	}
	r.pos += int64(n)
}

// text reads a string, of which up to limit bytes are kept.
func (r *ggufReader) text(limit int64) string {
	n := r.count()
	at := r.pos
	r.advance(n)
	if r.w.err != nil {
		return ""
	}
	return r.w.text(at, int64(n), limit)
}

// ggufArrays is an array that is being passed: how many items of which kind are left.
type ggufArrays struct{ kind, left uint64 }

// skip passes a value. Arrays of arrays are followed to a depth that is counted.
func (r *ggufReader) skip(kind uint64) {
	stack := []ggufArrays{{kind, 1}}
	for len(stack) > 0 && r.w.step() {
		a := &stack[len(stack)-1]
		switch width := r.width(a.kind); {
		case a.left == 0:
			stack = stack[:len(stack)-1]
		case a.kind == ggufString:
			a.left--
			r.advance(r.count())
		case a.kind == ggufArray:
			a.left--
			if len(stack) >= ggufNesting {
				r.w.fail(&limitError{"arrays in arrays", ggufNesting})
				return
			}
			stack = append(stack, ggufArrays{r.number(4), r.count()})
		case width == 0 || a.left > uint64(r.w.size):
			r.w.fail(fmt.Errorf("%w: %d values of type %d", errGGUF, a.left, a.kind))
		default:
			r.advance(a.left * width)
			a.left = 0
		}
	}
}

// width is the width of a value of a fixed type, 0 for others.
func (r *ggufReader) width(kind uint64) uint64 {
	if kind < uint64(len(ggufWidth)) {
		return ggufWidth[kind]
	}
	return 0
}
