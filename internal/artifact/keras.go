package artifact

import (
	"io"
	"strings"
)

// kerasCode are functions of Keras and of what it imports that a configuration turns into a weapon,
// because its loader lets modules of Keras through: CVE-2025-8747 (get_file), CVE-2025-9906
// (enable_unsafe_deserialization, set_global_attribute, load_model).
var kerasCode = map[string]string{
	"enable_unsafe_deserialization": "turns safe mode off for the process",
	"set_global_attribute":          "turns safe mode off for the process",
	"func_load":                     "unmarshals Python code",
	"get_file":                      "downloads a file to any place",
	"extract_archive":               "unpacks an archive to any place",
	"extract_open_archive":          "unpacks an archive to any place",
	"load_model":                    "loads another model",
	"load_weights":                  "loads another file",
	"save_model":                    "writes a file",
	"save_weights":                  "writes a file",
	"save_img":                      "writes a file",
	"load_img":                      "reads any file",
	"image_dataset_from_directory":  "reads any folder",
	"text_dataset_from_directory":   "reads any folder",
	"audio_dataset_from_directory":  "reads any folder",
	"deserialize_keras_object":      "builds any object",
	"register_keras_serializable":   "changes what names mean for the process",
	"model_from_json":               "builds any object",
	"model_from_config":             "builds any object",
	"model_from_yaml":               "builds any object",
	"py_function":                   "calls Python from a graph",
	"numpy_function":                "calls Python from a graph",
	"load_op_library":               "loads a native library",
	"load_library":                  "loads a native library",
	"write_file":                    "writes a file",
	"fromfile":                      "reads any file",
	"runstring":                     "runs Python code",
	"plot_model":                    "writes a file",
	"urlretrieve":                   "downloads a file to any place",
	"urlopen":                       "reaches the network",
	"py_func":                       "calls Python from a graph",
	"eager_py_func":                 "calls Python from a graph",
	"load_file_system_library":      "loads a native library",
}

// kerasDoors are the modules of these packages in which nothing builds a layer: they reach files,
// turn names into objects, or change what is safe. Any of their functions is out of place.
var kerasDoors = []string{
	"keras.config", "keras.saving", "keras.src.saving", "keras.src.legacy.saving", "keras.src.utils.file_utils",
	"keras.src.utils.io_utils", "keras.src.utils.python_utils", "keras.src.utils.module_utils", "keras.src.backend.common.global_state",
	"keras.src.api_export", "keras.src.export", "tf_keras.src.saving", "tf_keras.saving", "tf_keras.src.utils.data_utils",
	"keras.src.utils.data_utils", "keras.src.utils.generic_utils",
	"tensorflow.io", "tensorflow.saved_model", "tensorflow.python.lib.io", "tensorflow.python.framework.load_library", "tensorflow.python.ops.script_ops",
	"tensorflow.python.platform", "tensorflow.python.saved_model", "numpy.f2py", "numpy.testing", "numpy.lib", "numpy.distutils",
	"torch.hub", "torch.serialization", "torch.utils", "torch._dynamo", "torch._inductor",
}

// isDoor tells whether a module is one of kerasDoors or within one.
func isDoor(module string) bool {
	for _, d := range kerasDoors {
		if module == d || strings.HasPrefix(module, d+".") {
			return true
		}
	}
	return false
}

// kerasModules are the packages whose classes Keras itself resolves.
var kerasModules = map[string]bool{
	"keras": true, "tf_keras": true, "tensorflow": true, "keras_hub": true, "keras_cv": true, "keras_nlp": true,
	"keras_core": true, "keras_tuner": true, "tensorflow_addons": true, "tensorflow_hub": true, "tensorflow_probability": true,
	"tensorflow_models": true, "tensorflow_text": true, "tensorflow_model_optimization": true, "official": true,
	"keras_rs": true, "keras_remote": true, "autokeras": true, "builtins": true, "numpy": true, "ml_dtypes": true,
	"jax": true, "torch": true, "tensorflow_recommenders": true, "tensorflow_decision_forests": true,
}

// systemModules are modules of Python, and what every installation has, whose functions run
// commands or code, import, or reach files and network. No layer has business with them.
var systemModules = map[string]bool{
	"os": true, "posix": true, "nt": true, "subprocess": true, "sys": true, "shutil": true, "socket": true, "pty": true,
	"importlib": true, "runpy": true, "ctypes": true, "marshal": true, "pickle": true, "_pickle": true, "dill": true,
	"cloudpickle": true, "joblib": true, "code": true, "codeop": true, "commands": true, "webbrowser": true, "http": true,
	"urllib": true, "requests": true, "httpx": true, "asyncio": true, "multiprocessing": true, "pip": true, "pydoc": true,
	"timeit": true, "cProfile": true, "profile": true, "trace": true, "pdb": true, "bdb": true, "doctest": true, "imp": true,
	"shelve": true, "zipfile": true, "tarfile": true, "ftplib": true,
	"telnetlib": true, "smtplib": true, "poplib": true, "xmlrpc": true, "socketserver": true,
	"_thread": true, "site": true, "venv": true, "ensurepip": true, "setuptools": true,
	"distutils": true,
	"cffi":      true, "pkgutil": true, "zipimport": true, "idlelib": true, "lib2to3": true,
	"compileall": true, "py_compile": true, "nturl2path": true,
}

// singleModules are those of them that hold no others and have the names that projects give
// to their own packages: code.layers is not Python's code.
var singleModules = map[string]bool{
	"code": true, "profile": true, "trace": true, "site": true, "commands": true, "imp": true, "timeit": true,
}

// codeBuiltins are the builtins that run code or open files.
var codeBuiltins = map[string]bool{
	"eval": true, "exec": true, "execfile": true, "compile": true, "__import__": true, "open": true, "breakpoint": true,
	"input": true, "getattr": true, "setattr": true, "delattr": true, "globals": true, "locals": true, "vars": true,
	"__build_class__": true, "__loader__": true, "exit": true, "quit": true, "help": true,
}

// kerasKeys are the keys of a configuration that say what is loaded.
var kerasKeys = map[string]bool{
	"class_name": true, "module": true, "config": true, "name": true, "registered_name": true, "spec_name": true, "items": true,
	"function": true, "function_type": true, "mask": true, "mask_type": true, "output_shape": true, "output_shape_type": true,
	"filepath": true, "vocabulary": true,
}

// kerasReader collects what a Keras configuration makes its loader run. It looks at each object
// when it ends, and keeps of it what those around it ask for.
type kerasReader struct {
	// base is where the configuration starts in its file.
	base  int64
	facts []Fact
	// open tells, for each object that is open, how many facts there were when it began.
	open []int
}

// kerasFacts is how many facts are kept of a configuration.
const kerasFacts = 1000

// readKerasConfig reads the configuration of a Keras model or layer in JSON: config.json of a
// .keras archive, the attribute model_config of an HDF5 file, an entry of keras_metadata.pb.
func readKerasConfig(in io.Reader, base int64, add func(Fact)) error {
	r := &kerasReader{base: base}
	p := &jsonParser{s: newJSONScanner(decoded(in), 0, true), keep: kerasKeys, opened: r.begin, closed: r.end}
	_, err := p.parse()
	for _, f := range r.facts {
		add(f)
	}
	return err
}

func (r *kerasReader) begin() { r.open = append(r.open, len(r.facts)) }

// end looks at an object, and gives the facts within it that have no layer its name.
func (r *kerasReader) end(v *jsonValue) {
	from := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	name := v.get("config").get("name").str()
	if name == "" {
		name = v.get("name").str()
	}
	r.object(v, name)
	if name == "" {
		return
	}
	for i := from; i < len(r.facts); i++ {
		if r.facts[i].Kind == Lambda && r.facts[i].Name == "" {
			r.facts[i].Name = short(name)
		}
	}
}

func (r *kerasReader) object(v *jsonValue, name string) {
	class, module := v.get("class_name").str(), v.get("module").str()
	config := v.get("config")
	if class == "" && module == "" {
		return
	}
	switch last := class[strings.LastIndexAny(class, ">.")+1:]; last {
	case "__lambda__":
		r.add(v, lambdaFact(name, "a Python function marshalled into the file"))
		return
	case "Lambda":
		r.lambda(v, config, name)
	case "TorchModuleWrapper":
		// The module is a pickle in Base64 (CVE-2025-49655).
		if config.get("module").str() != "" {
			r.add(v, lambdaFact(name, "a torch module pickled into the file"))
		}
	case "TFSMLayer":
		r.add(v, Fact{Kind: RemoteCode, Verdict: Unknown, Name: "TFSMLayer", Args: short(config.get("filepath").str()),
			Why: "loads another SavedModel"})
	}
	// Layers that look words up take a path for their vocabulary, and read what lies there: any
	// file, or an address (CVE-2025-12058).
	if path := config.get("vocabulary").str(); path != "" && (leavesFolder(path) || strings.Contains(path, "://")) {
		r.add(v, Fact{Kind: ConfigCall, Verdict: Dangerous, Name: short(path), Why: "the layer " + class + " reads for its vocabulary"})
	}
	if class == "__typespec__" {
		class = v.get("spec_name").str()
	}
	r.callable(v, class, module, config)
}

// lambda reads a Lambda layer: what it calls is a name, or a function marshalled into the file.
func (r *kerasReader) lambda(v, config *jsonValue, name string) {
	for _, part := range []string{"function", "mask", "output_shape"} {
		value := config.get(part)
		kind := config.get(part + "_type").str()
		switch { // objects of class __lambda__ are met on the walk
		case kind == "lambda" || isMarshalled(value):
			r.add(v, lambdaFact(name, "a Python function marshalled into the file as its "+part))
			return
		case strings.ContainsAny(value.str(), "(:"): // no function has such a name
			r.add(v, lambdaFact(name, "Python source in the file as its "+part))
			return
		}
	}
}

// lambdaFact says that the layer at hand holds code.
func lambdaFact(layer, what string) Fact {
	return Fact{Kind: Lambda, Verdict: Dangerous, Opcode: "Lambda", Name: short(layer), Why: "is " + what}
}

// isMarshalled tells whether a value is what Keras made of a lambda before version 3: its code in
// Base64, its defaults and its closure, in a list or a tuple. Code that is not Base64 was
// written by Keras before 2.0.7 and is still read.
func isMarshalled(v *jsonValue) bool {
	if v.get("class_name").str() == "__tuple__" {
		v = v.get("items")
	}
	return v != nil && v.kind == jsonList && len(v.items) > 0 && len(v.items) <= 3 && v.items[0].str() != ""
}

// callable judges a class or function that the configuration names by its module.
func (r *kerasReader) callable(v *jsonValue, class, module string, config *jsonValue) {
	name := class
	if class == "function" || class == "" || class == "builtin_function_or_method" || class == "type" {
		if s := config.str(); s != "" {
			name = s
		}
	}
	if registered := v.get("registered_name").str(); module == "" && strings.Contains(registered, ".") {
		module, _, _ = strings.Cut(registered, ">")
	}
	root, _, _ := strings.Cut(module, ".")
	full := strings.TrimPrefix(module+"."+name, ".")
	switch {
	case module == "":
	case systemModules[root] && (module == root || !singleModules[root]), root == "builtins" && codeBuiltins[name]:
		r.add(v, Fact{Kind: ConfigCall, Verdict: Dangerous, Name: short(full), Why: "runs commands or code, or reaches files and network"})
	case kerasModules[root]:
		if why, found := kerasCode[name]; found {
			r.add(v, Fact{Kind: ConfigCall, Verdict: Dangerous, Name: short(full), Why: why})
		} else if isDoor(module) || name == "load" && (root == "torch" || root == "numpy") {
			r.add(v, Fact{Kind: ConfigCall, Verdict: Dangerous, Name: short(full), Why: "reaches files or the loader itself"})
		}
	case name != "":
		r.add(v, Fact{Kind: ConfigClass, Verdict: Unknown, Name: short(full), Why: "is resolved by whoever loads the model"})
	}
}

func (r *kerasReader) add(v *jsonValue, f Fact) {
	f.Offset = r.base + int64(v.at)
	if len(r.facts) < kerasFacts || f.Verdict == Dangerous && len(r.facts) < 2*kerasFacts {
		r.facts = append(r.facts, f)
	}
}

// hdf5Configs are the attributes in which Keras keeps configurations.
var hdf5Configs = map[string]bool{"model_config": true, "training_config": true}
