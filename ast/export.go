package ast

// #cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
// #include "export.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/python"
)

// record is one node of tree-sitter's tree in the flat buffer, with the layout of
// pyast_record. Records stand in pre-order: the descendants of record i are i+1 up to, and
// without, its next.
type record struct {
	sym   symbol
	field field
	flags uint8
	start uint32
	end   uint32
	next  uint32
}

const (
	flagMissing      = C.PYAST_MISSING
	flagInBrokenTree = C.PYAST_IN_BROKEN_TREE // set on all nodes of a tree that has an error
)

// exporter is a tree-sitter parser with the buffer that its trees are copied to.
type exporter struct{ state *C.pyast_state }

// exporters holds idle parsers: making one and growing its buffer costs more than parsing
// a small file.
var exporters = sync.Pool{New: func() any { return newExporter() }}

func newExporter() *exporter {
	state := C.pyast_new()
	if state == nil {
		return nil
	}
	e := &exporter{state}
	runtime.AddCleanup(e, func(s *C.pyast_state) { C.pyast_free(s) }, state)
	return e
}

// keepRecords bounds the buffer of an idle parser (1 million records are 20 MB).
const keepRecords = 1 << 20

// withRecords parses text as Python and hands the tree's records to f; they are valid only
// during the call. The error is ctx's, or tells of a want of memory.
func withRecords(ctx context.Context, text []byte, f func([]record)) error {
	return runParser(ctx, text, true, f)
}

func runParser(ctx context.Context, text []byte, export bool, f func([]record)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e, _ := exporters.Get().(*exporter)
	if e == nil {
		return errNoMemory
	}
	tables := grammar()
	stop := (*uintptr)(unsafe.Pointer(&e.state.stop))
	atomic.StoreUintptr(stop, 0)
	watched := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		atomic.StoreUintptr(stop, 1)
		close(watched)
	})
	status := C.pyast_parse(e.state, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.uint32_t(len(text)),
		(*C.uint16_t)(unsafe.Pointer(&tables.symbols[0])), (*C.uint8_t)(unsafe.Pointer(&tables.fields[0])), C.int(b2i(export)))
	if !unwatch() {
		// The flag must not be set while the parser already serves somebody else.
		<-watched
	}
	if status == C.PYAST_OK {
		f(unsafe.Slice((*record)(unsafe.Pointer(e.state.records)), int(e.state.count)))
	}
	if e.state.cap <= keepRecords {
		exporters.Put(e)
	}
	runtime.KeepAlive(e)
	switch {
	case status == C.PYAST_OK:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return errNoMemory
	}
}

var errNoMemory = errors.New("no memory for the syntax tree")

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tables translates tree-sitter's numbers for symbols and fields, which change with each
// version of the grammar, into this package's.
type tables struct {
	symbols [1024]symbol
	fields  [256]field
}

// grammar makes the tables once, from the names that the grammar carries. Entry 0 of
// symbols ("end" in the grammar, which no tree holds) stands for errors.
var grammar = sync.OnceValue(func() *tables {
	t := new(tables)
	language := python.GetLanguage()
	for i := range min(language.SymbolCount(), uint32(len(t.symbols))) {
		t.symbols[i] = symbolOf(language, sitter.Symbol(i))
	}
	t.symbols[0] = symError
	for i := 1; i < len(t.fields); i++ {
		name := language.FieldName(i)
		if name == "" {
			break
		}
		t.fields[i] = fieldNames[name]
	}
	return t
})

func symbolOf(language *sitter.Language, s sitter.Symbol) symbol {
	name := language.SymbolName(s)
	if language.SymbolType(s) == sitter.SymbolTypeAnonymous {
		return tokenSymbols[name]
	}
	return ruleSymbols[name]
}
