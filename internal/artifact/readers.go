package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// The formats of graphs, weights and configurations.
const (
	HDF5        Format = "hdf5"
	GGUF        Format = "gguf"
	TFLite      Format = "tflite"
	TensorRT    Format = "tensorrt"
	Executable  Format = "executable"
	Safetensors Format = "safetensors"
	ONNX        Format = "onnx"
	SavedModel  Format = "savedmodel"
	MetaGraph   Format = "metagraph"
	GraphDef    Format = "graphdef"
	KerasConfig Format = "keras-config"
	CoreML      Format = "coreml"
	PMML        Format = "pmml"
	OpenVINO    Format = "openvino"
	HubConfig   Format = "hub-config"
	Jinja       Format = "jinja"
	// TorchScript is a source in an archive of torch.jit, PythonSource one of Python in an archive
	// that is loaded as a model.
	TorchScript  Format = "torchscript"
	PythonSource Format = "python"
	TorchPackage Format = "torch-package"
	TorchServe   Format = "mar"
	NeMo         Format = "nemo"
	Skops        Format = "skops"
	Zarr         Format = "zarr"
)

// markedFormats have an unmistakable mark. They are tried before the containers, because some
// of them may have a zip behind them, which is then read too.
var markedFormats = []format{
	{HDF5, isHDF5, thenZip((*scan).hdf5), nil},
	{GGUF, magic("GGUF"), thenZip((*scan).gguf), nil},
	{TFLite, isTFLite, thenZip((*scan).tflite), nil},
	{TensorRT, isTensorRT, (*scan).native, nil},
	{Executable, isExecutable, (*scan).native, nil},
}

// namedFormats are told by their names, or by trying to read them. They are tried last.
var namedFormats = []format{
	{None, isPointer, func(*scan, *object) {}, nil},
	{Safetensors, isSafetensors, (*scan).safetensors, ends(".safetensors")},
	{Jinja, never, (*scan).jinja, isTemplateFile},
	{HubConfig, never, (*scan).json, isConfig},
	{Zarr, never, (*scan).zarr, isZarr},
	{PMML, isXML, (*scan).xml, ends(".pmml")},
	{KerasConfig, never, (*scan).kerasMetadata, called("keras_metadata.pb")},
	{SavedModel, isTensorFlowText, (*scan).tensorFlowText, ends(".pbtxt")},
	{ONNX, isONNX, (*scan).onnx, ends(".onnx")},
	{CoreML, never, (*scan).coreML, ends(".mlmodel")},
	{GraphDef, never, (*scan).tensorFlow, ends(".pb", ".meta", ".graphdef")},
	{TFLite, never, (*scan).tflite, ends(".tflite")},
}

func never(*object, []byte) bool { return false }

func called(name string) func(string) bool {
	return func(p string) bool { return strings.EqualFold(path.Base(p), name) }
}

func ends(list ...string) func(string) bool {
	return func(p string) bool { return slices.Contains(list, ending(p)) }
}

// is tells whether an object is of a format, by its content or its name.
func (f *format) is(o *object, head []byte) bool {
	return len(head) > 0 && f.claims != nil && f.claims(o.path) || f.recognise(o, head)
}

// again reads an object that was recognised as one format as others that it is as well: bytes
// can be an ONNX model and a zip, or a GGUF file and a pickle, and each loader takes them for
// its own. The name decides, which loaders go by too, and a pickle is one under any name.
func (s *scan) again(o *object, first *format, head []byte) {
	if o.again || first.format == None || len(head) == 0 {
		return
	}
	if first.format == Pickle && hasZipEnd(o) { // which loaders that go by it open
		s.reread(o, Zip, (*scan).zip)
	}
	switch first.format {
	case Pickle, PathFile, KerasConfig, HubConfig, Jinja, Zarr:
	default:
		if isPickle(o, head) || isTextPickle(o, head) {
			s.reread(o, Pickle, (*scan).pickle)
		}
	}
	for i := range namedFormats {
		f := &namedFormats[i]
		if f.format != first.format && f.claims != nil && f.claims(o.path) && !isPointer(o, head) {
			s.reread(o, f.format, f.read)
		}
	}
}

// reread reads an object as another format than its first.
func (s *scan) reread(o *object, as Format, read func(*scan, *object)) {
	other := *o
	other.format, other.again = as, true
	read(s, &other)
}

// thenZip makes a reader read a zip that stands behind what it reads as well: a loader of the
// other format would.
func thenZip(read func(*scan, *object)) func(*scan, *object) {
	return func(s *scan, o *object) {
		read(s, o)
		if isZip(o, nil) {
			format := o.format
			s.zip(o)
			o.format = format
		}
	}
}

// window reads an object through one buffer.
func (s *scan) window(o *object) *window { return newWindow(s.ctx, o.r, o.size) }

// done says why a reader did not come to the end.
func (s *scan) done(o *object, w *window) { s.stopped(o, "", w.err) }

// stopped says why a reader stopped, in the part of an object that the text before names.
func (s *scan) stopped(o *object, before string, err error) {
	if err == nil || s.ctx.Err() != nil {
		return
	}
	var l *limitError
	if o.again && !errors.As(err, &l) {
		return // it is not what its name says; what it is was read
	}
	if errors.As(err, &l) {
		s.cut(o, before+l.Error()+"; the rest was not looked at", false)
		return
	}
	s.cut(o, before+err.Error(), true)
}

func (s *scan) adder(o *object) func(Fact) { return func(f Fact) { s.add(o, f) } }

func (s *scan) cutter(o *object) func(string) { return func(reason string) { s.cut(o, reason, false) } }

// text reads an object from its beginning, up to a limit, as long as the scan is wanted.
func (s *scan) text(o *object, limit int64) io.Reader {
	return &wantedReader{s.ctx, io.NewSectionReader(o.r, 0, min(o.size, limit))}
}

// wantedReader ends when its context does.
type wantedReader struct {
	ctx context.Context
	in  io.Reader
}

func (r *wantedReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}

// whole reads all of an object that is text; ok is false, and said, where it is longer than
// limit.
func (s *scan) whole(o *object, limit int64) (b []byte, ok bool) {
	b, err := io.ReadAll(io.NewSectionReader(o.r, 0, min(o.size, limit+1)))
	if err != nil {
		s.cut(o, err.Error(), true)
	}
	if int64(len(b)) > limit {
		s.cut(o, "it is longer than what is read of such a file", false)
		return nil, false
	}
	return b, true
}

func isHDF5(o *object, head []byte) bool { return hdf5Superblock(o, head) >= 0 }

// hdf5Superblock finds the superblock. Where a block of the user's stands before it, only a
// file that is named so counts: looking for it costs reads.
func hdf5Superblock(o *object, head []byte) int64 {
	for _, at := range []int{0, 512} {
		if len(head) > at && bytes.HasPrefix(head[at:], []byte(hdf5Mark)) {
			return int64(at)
		}
	}
	switch ending(o.path) {
	case ".h5", ".hdf5", ".keras", ".hdf", ".he5", ".nc":
	default:
		return -1
	}
	if o.size >= unbounded {
		return -1
	}
	return hdf5Start(func(off int64, n int) []byte {
		b := make([]byte, n)
		m, _ := o.r.ReadAt(b, off)
		return b[:m]
	}, o.size)
}

// hdf5 reads the configurations of Keras and the links of an HDF5 file.
func (s *scan) hdf5(o *object) {
	src := o
	if _, streamed := o.r.(*stream); streamed {
		// Its parts are read to and fro, which a decompressor cannot.
		b, ok := s.whole(o, configLimit)
		if !ok {
			return
		}
		src = &object{r: bytes.NewReader(b), size: int64(len(b)), path: o.path}
	}
	w := s.window(src)
	r := &hdf5Reader{w: w, add: s.adder(o), cut: s.cutter(o), wanted: hdf5Configs}
	r.attribute = func(_, name string, value []byte, at int64) {
		s.stopped(o, "the attribute "+name+": ", readKerasConfig(bytes.NewReader(value), at, s.adder(o)))
	}
	r.read(hdf5Start(w.peek, w.size))
	s.done(o, w)
}

func (s *scan) gguf(o *object) {
	w := s.window(o)
	readGGUF(w, func(key, text string, at int64) {
		if !addTemplate(s.adder(o), key, text, at, false) {
			s.cut(o, "a chat template is too long to be followed to its end", false)
		}
	})
	s.done(o, w)
}

func isTFLite(_ *object, head []byte) bool {
	return len(head) >= 8 && string(head[4:8]) == "TFL3"
}

func (s *scan) tflite(o *object) {
	w := s.window(o)
	readTFLite(w, s.adder(o))
	s.done(o, w)
}

func isTensorRT(_ *object, head []byte) bool {
	return bytes.HasPrefix(head, []byte("ftrt")) || bytes.HasPrefix(head, []byte("ptrt"))
}

// isExecutable tells programs and libraries of Linux, macOS and Windows.
func isExecutable(_ *object, head []byte) bool {
	for _, mark := range []string{"\x7fELF", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	// Several architectures in one file; where their number stands, a class of Java has its version.
	if bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe\x00\x00\x00")) && len(head) > 7 && head[7] < 20 {
		return true
	}
	const peAt = 0x3c
	if len(head) < peAt+4 || head[0] != 'M' || head[1] != 'Z' {
		return false
	}
	at := int(head[peAt]) | int(head[peAt+1])<<8
	return at+4 <= len(head) && string(head[at:at+4]) == "PE\x00\x00"
}

// native says that an object is code of a processor.
func (s *scan) native(o *object) {
	f := Fact{Kind: NativeCode, Verdict: Unknown, Name: "a program or library", Why: "is native code"}
	if o.format == TensorRT {
		f.Name, f.Why = "a TensorRT engine", "is native code that runs as it is; nothing in it can be checked"
	}
	s.add(o, f)
}

// lfsPointer is how a file starts that stands for one kept by Git LFS.
const lfsPointer = "version https://git-lfs.github.com/spec/"

func isPointer(_ *object, head []byte) bool { return bytes.HasPrefix(head, []byte(lfsPointer)) }

// isSafetensors tells a header that can be one; what is named so is one whatever it holds.
func isSafetensors(_ *object, head []byte) bool {
	return len(head) > 16 && head[8] == '{' && head[9] == '"' && bytes.Equal(head[5:8], []byte{0, 0, 0}) && bytes.Contains(head, []byte(`"dtype"`))
}

func (s *scan) safetensors(o *object) {
	if o.size >= unbounded {
		t, ok := o.r.(*stream)
		if !ok {
			return
		}
		n, err := t.length()
		if err != nil {
			s.cut(o, err.Error(), false)
			return
		}
		o = &object{r: o.r, size: n, path: o.path, member: o.member, format: o.format}
	}
	w := s.window(o)
	readSafetensors(w, s.adder(o))
	s.done(o, w)
}

func (s *scan) jinja(o *object) {
	b, ok := s.whole(o, configLimit)
	if !ok {
		return
	}
	if o.member == "" {
		s.report.Text = b
	}
	decoded := decodeText(b)
	if !addTemplate(s.adder(o), path.Base(o.path), string(decoded), 0, len(decoded) != len(b)) {
		s.cut(o, "the chat template is too long to be followed to its end", false)
	}
}

// isConfig goes by the name: only configurations that loaders look for are read.
func isConfig(name string) bool {
	base := strings.ToLower(path.Base(name))
	return base == "config.json" || base == "model_index.json" || templateFiles[base] || base == "preprocessor_config.json" ||
		base == "video_preprocessor_config.json" || base == "generation_config.json" || base == "adapter_config.json"
}

// json reads a configuration, of Keras or of a hub.
func (s *scan) json(o *object) {
	file := func() io.Reader { return s.text(o, jsonLimit) }
	v, err := parseJSON(file(), hubKeys)
	if v.get("class_name") != nil {
		o.format = KerasConfig
		err = readKerasConfig(file(), 0, s.adder(o))
	} else {
		(&configReader{add: s.adder(o), cut: s.cutter(o)}).read(o.path, v)
	}
	s.stopped(o, "", err)
	if o.size > jsonLimit && o.size < unbounded {
		s.cut(o, "it is longer than what is read of such a file", false)
	}
}

// isXML tells a graph of OpenVINO by its root.
func isXML(o *object, head []byte) bool {
	text := bytes.TrimLeft(decodeText(head), " \t\r\n")
	if !bytes.HasPrefix(text, []byte("<")) {
		return false
	}
	return ending(o.path) == ".xml" && bytes.Contains(text, []byte("<net "))
}

func (s *scan) xml(o *object) {
	graph := ending(o.path) == ".xml"
	if graph {
		o.format = OpenVINO
	}
	s.stopped(o, "", readXML(s.text(o, xmlLimit), graph, s.adder(o)))
}

func (s *scan) kerasMetadata(o *object) {
	w := s.window(o)
	readKerasMetadata(w, s.keras(o))
	s.done(o, w)
}

// keras returns a function that reads the configurations that stand within an object.
func (s *scan) keras(o *object) func(text string, at int64) {
	return func(text string, at int64) {
		if err := readKerasConfig(strings.NewReader(text), at, s.adder(o)); strings.HasPrefix(text, "{") {
			s.stopped(o, "the configuration of a layer: ", err)
		}
	}
}

func isTensorFlowText(o *object, head []byte) bool {
	return path.Base(o.path) == "saved_model.pbtxt" && len(head) > 0
}

func (s *scan) tensorFlowText(o *object) {
	w := s.window(o)
	var facts []Fact // which message it is may be told by its end
	shape := readTensorFlowText(w, func(f Fact) {
		if len(facts) < s.limits.Facts {
			facts = append(facts, f)
		}
	})
	o.format = shapeFormats[shape]
	for _, f := range facts {
		s.add(o, f)
	}
	if shape != tfNone || path.Base(o.path) == "saved_model.pbtxt" { // other text in this format is no damage
		s.done(o, w)
	}
}

var shapeFormats = map[tfShape]Format{tfSavedModel: SavedModel, tfMetaGraphDef: MetaGraph, tfGraphDef: GraphDef}

// isONNX tells a model by the fields of the file.
func isONNX(o *object, head []byte) bool {
	if len(head) < 2 || head[0] != 0x08 || head[1] > 64 || path.Base(o.path) == "saved_model.pb" {
		return false
	}
	m, graph := protoFile(newWindow(context.Background(), o.r, o.size)), false
	for n := 0; n < 64; n++ {
		f, ok := m.next()
		if !ok {
			break
		}
		switch f.num {
		case 1, 5:
			ok = f.wire == wireVarint
		case 2, 3, 4, 6, 8, 14, onnxModelTraining, onnxModelFunctions:
			ok = f.wire == wireBytes
		case onnxModelGraph:
			ok = f.wire == wireBytes
			graph = true
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return graph && m.w.err == nil
}

func (s *scan) onnx(o *object) {
	w := s.window(o)
	readONNX(w, s.adder(o))
	s.done(o, w)
}

func (s *scan) coreML(o *object) {
	w := s.window(o)
	readCoreML(w, s.adder(o))
	s.done(o, w)
}

// tensorFlow reads a file as each of TensorFlow's messages that it can be.
func (s *scan) tensorFlow(o *object) {
	shape := tfRecognise(s.window(o))
	o.format = shapeFormats[shape]
	var broken *window
	for _, try := range tfShapes(shape, path.Base(o.path)) {
		w := s.window(o)
		found := false
		readTensorFlow(w, try, func(f Fact) {
			o.format, found = shapeFormats[try], true
			s.add(o, f)
		}, s.keras(o))
		if found {
			s.done(o, w)
			return
		}
		if try == shape || o.format == None && path.Base(o.path) == "saved_model.pb" {
			broken = w
		}
	}
	if broken != nil {
		s.done(o, broken)
	}
}
