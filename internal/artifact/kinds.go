package artifact

// The kinds of facts of formats other than pickles and containers.
const (
	// OutsidePath: the file names another one that does not lie in its folder. Name is the
	// tensor or attribute that needs it, Args the path.
	OutsidePath Kind = "outside-path"
	// MemoryAddress: a tensor's data is an address in the memory of the process. Name is the tensor.
	MemoryAddress Kind = "memory-address"
	// CustomOperator: an operator that a native library has to bring. Name is it.
	CustomOperator Kind = "custom-operator"
	// PythonOperator: an operation that calls Python. Opcode is it, Name the node.
	PythonOperator Kind = "python-operator"
	// FileOperator: an operation that reads, writes or lists files. Opcode is it, Name the node.
	FileOperator Kind = "file-operator"
	// NetworkOperator: an operation that opens connections. Opcode is it, Name the node, Args the
	// address.
	NetworkOperator Kind = "network-operator"
	// NativeCode: the file holds code of a processor, or names such code to be loaded. Name is what.
	NativeCode Kind = "native-code"
	// Lambda: a Python function is stored in a configuration. Name is the layer.
	Lambda Kind = "lambda"
	// ConfigCall: a configuration names a function that its loader resolves. Name is it.
	ConfigCall Kind = "config-call"
	// ConfigClass: a configuration names a class of a module that is not the framework's.
	// Name is it.
	ConfigClass Kind = "config-class"
	// Gadget: a chat template reaches for Python's internals. Name is the attribute, Args the
	// place in the template.
	Gadget Kind = "template-gadget"
	// RemoteCode: a configuration names code, or another model, to be loaded with the model.
	// Name is it.
	RemoteCode Kind = "remote-code"
	// ExternalLink: a group or dataset lives in another file. Name is its path, Args the file.
	ExternalLink Kind = "external-link"
	// Entity: an XML document names an external entity. Args is its address.
	Entity Kind = "entity"
	// PickleCodec: a store of arrays says that its chunks are pickles. Name is the array, empty for
	// the only one.
	PickleCodec Kind = "pickle-codec"
	// Inconsistent: a header does not fit its data. Why says how.
	Inconsistent Kind = "inconsistent"
)
