package artifact

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// Format is what a file's content is.
type Format string

// The formats that are recognised. None is content that no reader knows.
const (
	None     Format = ""
	Pickle   Format = "pickle"
	Zip      Format = "zip"
	TorchZip Format = "torch-zip"
	Tar      Format = "tar"
	Gzip     Format = "gzip"
	Bzip2    Format = "bzip2"
	XZ       Format = "xz"
	LZMA     Format = "lzma"
	LZ4      Format = "lz4"
	Zstd     Format = "zstd"
	Zlib     Format = "zlib"
	SevenZip Format = "7z"
	RAR      Format = "rar"
	NumPy    Format = "npy"
	PathFile Format = "path-file"
)

// headSize is how much of an object is read to recognise it.
const headSize = 1024

// format is one kind of content.
type format struct {
	format Format
	// recognise tells by the first bytes whether an object is of this format. It may look at
	// more of the object where that costs little.
	recognise func(o *object, head []byte) bool
	read      func(s *scan, o *object)
	// claims tells by the name that a loader takes the object for this format, whatever its
	// content looks like; nil where no name does.
	claims func(name string) bool
}

// formats lists all formats in the order in which they are tried: those with an unmistakable
// mark first, those that are told by trying last.
var formats []format

func init() {
	formats = slices.Concat(markedFormats, []format{
		{Zip, isZip, (*scan).zip, nil},
		{Gzip, magic("\x1f\x8b\x08"), (*scan).gzip, nil},
		{Bzip2, isBzip2, (*scan).bzip2, nil},
		{XZ, magic("\xfd7zXZ\x00"), (*scan).xz, nil},
		{LZ4, magic("\x04\x22\x4d\x18"), (*scan).lz4, nil},
		{Zstd, magic("\x28\xb5\x2f\xfd"), (*scan).zstd, nil},
		{SevenZip, magic("7z\xbc\xaf\x27\x1c"), (*scan).sevenZip, nil},
		{RAR, magic("Rar!\x1a\x07"), (*scan).opaque, nil},
		{NumPy, magic("\x93NUMPY"), (*scan).numpy, nil},
		{Zlib, isJoblibZfile, (*scan).joblibZfile, nil},
		{Tar, isTar, (*scan).tar, nil},
		{Zlib, isZlib, (*scan).zlib, nil},
		{LZMA, isLZMA, (*scan).lzma, nil},
		{Pickle, isPickle, (*scan).pickle, nil},
		{PathFile, isPathFile, (*scan).pathFile, nil},
		{Pickle, isTextPickle, (*scan).pickle, nil},
	}, namedFormats)
}

func magic(mark string) func(*object, []byte) bool {
	return func(_ *object, head []byte) bool { return bytes.HasPrefix(head, []byte(mark)) }
}

// endings are those of files that hold models or data, by which Named tells them.
var endings = map[string]bool{
	".pkl": true, ".data": true, ".pickle": true, ".p": true, ".pk": true, ".joblib": true, ".jl": true, ".dill": true, ".sav": true,
	".cloudpickle": true, ".model": true, ".npy": true, ".npz": true,
	".pt": true, ".pth": true, ".bin": true, ".ckpt": true, ".ptl": true, ".mar": true, ".nemo": true, ".skops": true,
	".zip": true, ".7z": true, ".whl": true, ".tar": true, ".tgz": true,
	".safetensors": true, ".onnx": true, ".gguf": true, ".h5": true, ".hdf5": true, ".keras": true, ".tflite": true,
	".pb": true, ".pbtxt": true, ".mlmodel": true, ".pmml": true, ".engine": true, ".plan": true, ".trt": true,
}

// pickleEndings are those of files that a loader unpickles.
var pickleEndings = nameSet(`.pkl .pickle .p .pk .joblib .jl .dill .sav .cloudpickle .data .model .pt .pth .bin .ckpt`)

func ending(name string) string { return strings.ToLower(path.Ext(name)) }

// Named reports whether a path is by its name that of a model file, or of an archive that may
// hold one.
func Named(name string) bool {
	return endings[ending(unpackedName(name))] || isConfig(name) || isTemplateFile(name) || isCheckpointMeta(name) || isZarr(name)
}

// isCheckpointMeta tells the graph beside a checkpoint of TensorFlow 1: model.ckpt-1000.meta.
func isCheckpointMeta(name string) bool {
	return ending(name) == ".meta" && strings.Contains(path.Base(name), ".ckpt")
}

// Marked reports whether content that starts with head is that of a model file, whatever the
// name: for files whose name says nothing. head should hold the first 1,024 bytes. Archives
// and compressed files do not count, since most of them hold something else.
func Marked(head []byte) bool {
	o := &object{r: bytes.NewReader(head), size: int64(len(head))}
	return isPickle(o, head) || namesInText(o, head) || bytes.HasPrefix(head, []byte("\x93NUMPY"))
}
