package artifact

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// A TorchScript archive is a program of operations. Python is not among them, but some reach
// files and network, and they run with torch.load(weights_only=True) too where it hands such an
// archive to torch.jit.load (CVE-2025-32434).

// scriptOperations are the operations of note by their names, without namespace, with what
// follows.
var scriptOperations = map[string]struct {
	kind Kind
	why  string
}{
	"aten::save":                         {FileOperator, "writes a file"},
	"aten::from_file":                    {FileOperator, "maps any file, and can write to it"},
	"image::read_file":                   {FileOperator, "reads any file"},
	"image::write_file":                  {FileOperator, "writes a file"},
	"torchaudio::sox_io_save_audio_file": {FileOperator, "writes a file"},
	"torchaudio::sox_io_load_audio_file": {FileOperator, "reads any file"},
	"prim::PythonOp":                     {PythonOperator, "calls Python"},
	"prim::IgnoredPythonOp":              {PythonOperator, "calls Python"},
	"prim::rpc_async":                    {NetworkOperator, "calls a function of another process"},
	"prim::rpc_sync":                     {NetworkOperator, "calls a function of another process"},
	"prim::rpc_remote":                   {NetworkOperator, "calls a function of another process"},
}

// readsPath are the operations of honest preprocessing, whose path comes from the caller; only a
// path that stands in the archive is out of place.
var readsPath = nameSet(`image::read_file torchaudio::sox_io_load_audio_file`)

// scriptSpaces are the namespaces of operations that torch and its own libraries bring.
var scriptSpaces = nameSet(`aten prim prims quantized quantized_decomposed _quantized torchvision torchaudio torchtext image video fbgemm mkldnn mkl onednn
	prepacked xnnpack sparse rnnt inductor mkldnn_prepacked _caffe2 caffe2 conv_prepack cuda profiler torch_scatter torch_sparse torch_cluster
	torch_spline_conv pyg torchrec debugprims nvprims c10d _c10d_functional static_runtime metal vulkan_prepack rngprims backends sentencepiece`)

// torchScript reads a source of TorchScript, which has the syntax of Python.
func (s *scan) torchScript(o *object) {
	o.format = TorchScript
	f := s.parseSource(o)
	if f == nil {
		return
	}
	names := newSourceReader(s, o, f, nil)
	ast.InspectFile(f, names.bind)
	ast.InspectFile(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			s.scriptCall(o, names, c)
		}
		return s.ctx.Err() == nil
	})
}

// scriptCall judges a call: torch.save(…), ops.image.write_file(…), x.save("path"), rpc_async(…).
func (s *scan) scriptCall(o *object, names *sourceReader, c *ast.Call) {
	name, method := scriptOperation(names, c.Fn)
	op, known := scriptOperations[name]
	space, _, found := strings.Cut(name, "::")
	if !known {
		if found && !scriptSpaces[space] {
			s.add(o, Fact{Kind: CustomOperator, Verdict: Unknown, Offset: int64(c.Pos()), Opcode: "call", Name: printable(name),
				Why: "is an operation that a native library has to bring"})
		}
		return
	}
	path := ""
	args := c.Args
	if a, ok := c.Fn.(*ast.Attribute); ok && method {
		args = append([]ast.Expr{a.Value}, args...)
	}
	for _, a := range args {
		if t, ok := names.text(a); ok {
			path = t
		}
	}
	if path == "" && (method || readsPath[name]) {
		return // a method of the module's own, or a file that the caller names
	}
	s.add(o, Fact{Kind: op.kind, Verdict: Dangerous, Offset: int64(c.Pos()), Length: int64(c.Stop() - c.Pos()), Opcode: name, Name: name, Args: short(path), Why: op.why})
}

// scriptOperation names the operation that an expression stands for, as NAMESPACE::NAME; method
// is set where it is called on a value, which any operation of aten can be.
func scriptOperation(names *sourceReader, fn ast.Expr) (name string, method bool) {
	switch fn := fn.(type) {
	case *ast.Name:
		if strings.HasPrefix(fn.Id, "rpc_") {
			return "prim::" + fn.Id, false
		}
	case *ast.Attribute:
		base := names.name(fn.Value)
		base = strings.TrimPrefix(base, "builtins.")
		switch {
		case base == "torch" || strings.HasPrefix(base, "torch."):
			return "aten::" + fn.Attr.Id, false
		case strings.HasPrefix(base, "ops.") && strings.Count(base, ".") == 1:
			return base[len("ops."):] + "::" + fn.Attr.Id, false
		}
		return "aten::" + fn.Attr.Id, true
	}
	return "", false
}

// bytecode looks for the names of such operations in the instructions for the interpreter of
// mobile devices, where each is a text of the pickle.
func (s *scan) bytecode(o *object) {
	o.format = TorchScript
	b, ok := s.whole(o, configLimit)
	if !ok {
		return
	}
	for name, op := range scriptOperations {
		if readsPath[name] {
			continue
		}
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(name))
			if i < 0 {
				break
			}
			at += i + len(name)
			if !isPickled(b, at-len(name), len(name)) {
				continue
			}
			s.add(o, Fact{Kind: op.kind, Verdict: Dangerous, Offset: int64(at - len(name)), Length: int64(len(name)), Opcode: name, Name: name, Why: op.why})
			break
		}
	}
}

// isPickled tells whether the n bytes at an offset of a pickle are a text of it.
func isPickled(b []byte, at, n int) bool {
	return at >= 5 && b[at-5] == 'X' && binary.LittleEndian.Uint32(b[at-4:]) == uint32(n) || at >= 2 && b[at-2] == 0x8c && int(b[at-1]) == n
}
