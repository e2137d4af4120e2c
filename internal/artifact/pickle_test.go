package artifact

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/internal/artifact/assemble"
)

// assembled makes the bytes of a text of package assemble.
func assembled(t testing.TB, text string) []byte {
	t.Helper()
	b, err := assemble.Bytes(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return b
}

// verdictOn returns the gravest verdict of a report, and the names that have it.
func verdictOn(r *Report) (Verdict, []string) {
	worst := Harmless
	var names []string
	for _, f := range r.Facts {
		if f.Verdict > worst {
			worst, names = f.Verdict, nil
		}
		if f.Verdict == worst {
			names = append(names, f.Name)
		}
	}
	return worst, names
}

// spellings are ways to call a function of a module in a pickle.
var spellings = []struct {
	name string
	text func(module, name string) string
}{
	{"GLOBAL", func(m, n string) string {
		return fmt.Sprintf("GLOBAL %s %s\nMARK\nUNICODE x\nTUPLE\nREDUCE\nSTOP\n", m, n)
	}},
	{"STACK_GLOBAL", func(m, n string) string {
		return fmt.Sprintf("PROTO 4\nFRAME 90\nSHORT_BINUNICODE '%s'\nMEMOIZE\nSHORT_BINUNICODE '%s'\nMEMOIZE\nSTACK_GLOBAL\nSHORT_BINUNICODE 'x'\nTUPLE1\nREDUCE\nSTOP\n", m, n)
	}},
	{"INST", func(m, n string) string { return fmt.Sprintf("MARK\nSTRING 'x'\nINST %s %s\nSTOP\n", m, n) }},
	{"OBJ", func(m, n string) string {
		return fmt.Sprintf("PROTO 1\nMARK\nGLOBAL %s %s\nBINUNICODE 'x'\nOBJ\nSTOP\n", m, n)
	}},
	{"NEWOBJ", func(m, n string) string {
		return fmt.Sprintf("PROTO 2\nGLOBAL %s %s\nBINUNICODE 'x'\nTUPLE1\nNEWOBJ\nSTOP\n", m, n)
	}},
	{"NEWOBJ_EX", func(m, n string) string {
		return fmt.Sprintf("PROTO 5\nSHORT_BINUNICODE '%s'\nSHORT_BINUNICODE '%s'\nSTACK_GLOBAL\nEMPTY_TUPLE\nEMPTY_DICT\nNEWOBJ_EX\nSTOP\n", m, n)
	}},
	{"memo", func(m, n string) string {
		return fmt.Sprintf("PROTO 4\nSHORT_BINUNICODE '%s'\nBINPUT 9\nPOP\nSHORT_BINUNICODE '%s'\nLONG_BINPUT 4000000000\nPOP\nBINGET 9\nLONG_BINGET 4000000000\nSTACK_GLOBAL\nEMPTY_TUPLE\nREDUCE\nSTOP\n", m, n)
	}},
	{"partial", func(m, n string) string {
		return fmt.Sprintf("PROTO 2\nGLOBAL functools partial\nGLOBAL %s %s\nBINUNICODE 'x'\nTUPLE2\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP\n", m, n)
	}},
	{"map", func(m, n string) string {
		return fmt.Sprintf("PROTO 2\nGLOBAL builtins list\nGLOBAL builtins map\nGLOBAL %s %s\nEMPTY_LIST\nBINUNICODE 'x'\nAPPEND\nTUPLE2\nREDUCE\nTUPLE1\nREDUCE\nSTOP\n", m, n)
	}},
}

// attacks are callables of published attacks, as module and name: the advisories of picklescan
// (each a bypass of an earlier list), the lists of picklescan, ModelScan and Fickling, CVE
// reports, and what hubs found in the wild.
const attacks = `
os system, os popen, os execv, os spawnl, os posix_spawn, os startfile, os remove, posix system, posix execv, nt system,
subprocess Popen, subprocess run, subprocess call, subprocess check_output, subprocess getoutput, commands getoutput, popen2 popen3,
sys exit, sys settrace, sys modules, shutil rmtree, shutil copyfile, shutil move, socket socket, socket create_connection, pty spawn,
importlib import_module, importlib._bootstrap _gcd_import, imp load_source, runpy run_path, runpy _run_code, runpy run_module,
ctypes CDLL, ctypes.util find_library, _ctypes dlopen, marshal loads, code InteractiveInterpreter.runcode, code interact, codeop compile_command,
webbrowser open, http.client HTTPSConnection, httplib HTTPConnection, urllib.request urlopen, urllib2 urlopen, urllib urlretrieve,
requests get, requests.api post, httpx post, httpx._api get, aiohttp.client ClientSession, asyncio.subprocess create_subprocess_shell,
asyncio create_subprocess_exec, asyncio.unix_events _UnixSubprocessTransport._start, multiprocessing.process BaseProcess, multiprocessing.popen_fork Popen,
multiprocessing.util spawnv_passfds, pip main, pip._internal.cli.main main, pydoc pipepager, pydoc locate, timeit timeit, timeit main, timeit Timer.timeit,
cProfile run, cProfile runctx, profile run, profile Profile.run, profile Profile.runctx, trace Trace.run, trace Trace.runctx, trace Trace.runfunc,
pdb run, pdb Pdb.run, bdb Bdb, bdb Bdb.run, bdb Bdb.runeval, doctest debug_script, doctest testsource,
idlelib.pyshell ModifiedInterpreter.runcode, idlelib.pyshell ModifiedInterpreter.runcommand, idlelib.run Executive.runcode, idlelib.debugobj ObjectTreeItem.SetText,
idlelib.autocomplete AutoComplete.get_entity, idlelib.autocomplete AutoComplete.fetch_completions, idlelib.calltip get_entity, idlelib.calltip Calltip.fetch_tip,
lib2to3.pgen2.grammar Grammar.loads, lib2to3.pgen2.pgen ParserGenerator.make_label, ensurepip _run_pip, venv create,
distutils.file_util write_file, distutils.spawn spawn, setuptools.sandbox run_setup, test.support.script_helper assert_python_ok, uuid _get_command_stdout,
_osx_support _read_output, _aix_support _read_cmd_output, _pyrepl.pager pipe_pager, imaplib IMAP4_stream, logging FileHandler, logging.config listen,
io FileIO, _io FileIO, io open, codecs open, ssl get_server_certificate, smtplib SMTP, ftplib FTP, telnetlib Telnet, nntplib NNTP, xmlrpc.client ServerProxy,
pickle loads, _pickle loads, cPickle loads, pickle Unpickler, dill loads, dill._dill load, joblib load, torch load, torch.serialization load, numpy load,
pandas.io.pickle read_pickle, torch.hub load, torch.utils.collect_env run, torch.utils.collect_env run_and_read_all, torch.utils.bottleneck.__main__ run_cprofile,
torch.utils.bottleneck.__main__ run_autograd_prof, torch.utils.data.datapipes.utils.decoder basichandlers, torch.utils._config_module ConfigModule.load_config,
torch.jit.unsupported_tensor_ops execWrapper, torch._dynamo.guards GuardBuilder.get, torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression,
torch._inductor.codecache compile_file, torch.fx.graph_module reduce_graph_module, numpy.testing._private.utils runstring, numpy.f2py.crackfortran getlincoef,
numpy.f2py.crackfortran _eval_length, numpy.f2py.crackfortran param_eval, numpy.distutils.exec_command exec_command, pandas.core.computation.eval eval,
pkgutil resolve_name, types FunctionType, platform popen, threading Thread, sqlite3 connect, zipimport zipimporter, linecache getlines, signal signal,
gc get_objects, inspect getattr_static, atexit register, tempfile mktemp, glob glob, pathlib Path.write_text, shelve open, PIL.Image open,
builtins eval, builtins exec, builtins compile, builtins open, builtins __import__, builtins breakpoint, builtins input, builtins globals, builtins vars,
__builtin__ eval, __builtin__ execfile, __builtin__ file, __builtin__ reload, __builtin__ globals,
six.moves.urllib.request urlopen, six.moves.builtins exec, six.moves.cPickle loads, past.builtins execfile, test.test_support run_unittest,
joblib.externals.loky.backend.popen_loky_posix Popen, joblib.externals.cloudpickle.cloudpickle subimport.__globals__, scipy.io._mmio mmwrite, scipy.io loadmat,
scipy._lib._testutils PytestTester, numpy._pytesttester PytestTester, numpy.core.numeric fromfile, numpy._core.records fromfile, numpy.memmap tofile,
numpy.lib._datasource open, pandas ExcelWriter, pandas.io.pytables HDFStore, pandas.io.clipboard copy_osx_pbcopy, torch.utils.tensorboard.writer SummaryWriter,
torch.distributed TCPStore, torch.distributed.nn.jit.instantiator instantiate_scriptable_remote_module_template, torch.jit.annotations parse_type_line,
torch.utils.benchmark.utils.timer Timer.timeit, torch.utils.benchmark Timer, torch._dynamo.repro.after_dynamo main, torch.serialization save,
transformers AutoModel.from_pretrained, transformers pipeline, transformers.dynamic_module_utils get_class_from_dynamic_module,
sentence_transformers SentenceTransformer.from_pretrained, keras.saving deserialize_keras_object, keras.layers Lambda.from_config, monai.bundle ConfigParser,
pytorch_lightning.cli LightningCLI, tensorflow.python.lib.io.file_io FileIO, tensorflow.io.gfile GFile, pyarrow.lib OSFile, torchvision.datasets.utils download_url,
sklearn.datasets fetch_openml, sympy.parsing.sympy_parser parse_expr, sympy lambdify, gensim.utils SaveLoad.load, spacy load, joblib dump,
copyreg add_extension, copy_reg add_extension, string Formatter.get_field, django.utils.module_loading import_string, werkzeug.utils import_string,
traitlets.utils.importstring import_item, transformers.utils.import_utils direct_transformers_import, pandas.core.computation.expr Expr, http.cookiejar LWPCookieJar,
multiprocessing.managers SyncManager, attr._make _compile_and_eval`

func TestEachKnownAttackIsDangerousInEachSpelling(t *testing.T) {
	list := strings.Split(strings.ReplaceAll(strings.TrimSpace(attacks), "\n", " "), ", ")
	if len(list) < 150 {
		t.Fatalf("only %d attacks", len(list))
	}
	for i, attack := range list {
		module, name, ok := strings.Cut(strings.Trim(attack, " ,"), " ")
		if !ok {
			t.Fatalf("attack %q has no name", attack)
		}
		spelling := spellings[i%len(spellings)]
		r := scanBytes(t, "model.pkl", assembled(t, spelling.text(module, name)))
		verdict, names := verdictOn(r)
		if verdict != Dangerous || names[0] != module+"."+name {
			t.Errorf("%s.%s by %s: %v %v", module, name, spelling.name, verdict, names)
		}
	}
	for _, spelling := range spellings {
		r := scanBytes(t, "model.pkl", assembled(t, spelling.text("posix", "system")))
		called := slices.ContainsFunc(r.Facts, func(f Fact) bool { return f.Kind == Call && f.Name == "posix.system" && f.Why == "runs a command" })
		if !called {
			t.Errorf("posix.system by %s: %v", spelling.name, r.Facts)
		}
	}
}

// tricks are pickles that hide what they call; each is to be reported with the name.
var tricks = map[string]struct{ text, want string }{
	"a dotted name through an allowed module":   {"PROTO 4\nSHORT_BINUNICODE 'torch.serialization'\nSHORT_BINUNICODE 'os.system'\nSTACK_GLOBAL\nSHORT_BINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "torch.serialization.os.system"},
	"a dotted name through two modules":         {"PROTO 4\nSHORT_BINUNICODE 'numpy'\nSHORT_BINUNICODE 'compat.py3k.sys.modules'\nSTACK_GLOBAL\nSTOP", "numpy.compat.py3k.sys.modules"},
	"the globals of a function":                 {"PROTO 4\nSHORT_BINUNICODE 'collections'\nSHORT_BINUNICODE 'namedtuple.__globals__'\nSTACK_GLOBAL\nSTOP", "collections.namedtuple.__globals__"},
	"the subclasses of object":                  {"PROTO 4\nSHORT_BINUNICODE 'builtins'\nSHORT_BINUNICODE 'object.__subclasses__'\nSTACK_GLOBAL\nEMPTY_TUPLE\nREDUCE\nSTOP", "builtins.object.__subclasses__"},
	"getattr of an allowed module":              {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL torch.serialization os\nBINUNICODE 'system'\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "torch.serialization.os.system"},
	"getattr with a computed name":              {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL torch nn\nGLOBAL operator add\nBINUNICODE 'sys'\nBINUNICODE 'tem'\nTUPLE2\nREDUCE\nTUPLE2\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP", "torch.nn.<operator.add('sys', 'tem')>"},
	"attrgetter":                                {"PROTO 2\nGLOBAL operator attrgetter\nBINUNICODE 'os.system'\nTUPLE1\nREDUCE\nGLOBAL torch serialization\nTUPLE1\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "torch.serialization.os.system"},
	"methodcaller":                              {"PROTO 2\nGLOBAL operator methodcaller\nBINUNICODE 'system'\nBINUNICODE 'id'\nTUPLE2\nREDUCE\nGLOBAL shutil os\nTUPLE1\nREDUCE\nSTOP", "shutil.os.system"},
	"a partial of a partial":                    {"PROTO 2\nGLOBAL functools partial\nGLOBAL functools partial\nGLOBAL nt system\nTUPLE1\nREDUCE\nBINUNICODE 'id'\nTUPLE2\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP", "nt.system"},
	"reduce over getattr":                       {"PROTO 2\nGLOBAL functools reduce\nGLOBAL builtins getattr\nMARK\nGLOBAL torch serialization\nBINUNICODE 'os'\nBINUNICODE 'system'\nLIST\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "torch.serialization.os.system"},
	"names from sys.modules":                    {"PROTO 2\nGLOBAL operator getitem\nGLOBAL sys modules\nBINUNICODE 'os'\nTUPLE2\nREDUCE\nSTOP", "sys.modules"},
	"an import by dill":                         {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL dill._dill _import_module\nBINUNICODE 'os'\nTUPLE1\nREDUCE\nBINUNICODE 'system'\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"an import by cloudpickle":                  {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL cloudpickle.cloudpickle subimport\nBINUNICODE 'subprocess'\nTUPLE1\nREDUCE\nBINUNICODE 'Popen'\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "subprocess.Popen"},
	"apply of Python 2":                         {"GLOBAL __builtin__ apply\nMARK\nGLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nTUPLE\nREDUCE\nSTOP", "os.system"},
	"a subclass tensor's rebuild":               {"PROTO 2\nGLOBAL torch._tensor _rebuild_from_type_v2\nMARK\nGLOBAL builtins getattr\nGLOBAL torch Tensor\nGLOBAL shutil os\nBINUNICODE 'system'\nTUPLE2\nEMPTY_DICT\nTUPLE\nREDUCE\nSTOP", "shutil.os.system"},
	"names that the pickle computes":            {"PROTO 4\nGLOBAL builtins str\nSHORT_BINUNICODE 'os'\nTUPLE1\nREDUCE\nSHORT_BINUNICODE 'system'\nSTACK_GLOBAL\nSHORT_BINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "builtins.str('os',).'system'"},
	"a class changed by BUILD":                  {"PROTO 2\nGLOBAL torch.nn.modules.module Module\nNONE\nEMPTY_DICT\nBINUNICODE '__setstate__'\nGLOBAL numpy log\nSETITEM\nTUPLE2\nBUILD\nSTOP", "torch.nn.modules.module.Module"},
	"a module's function replaced":              {"PROTO 2\nGLOBAL builtins setattr\nMARK\nGLOBAL torch nn\nBINUNICODE 'x'\nNONE\nTUPLE\nREDUCE\nSTOP", "torch.nn"},
	"a second pickle behind the first":          {"PROTO 2\nNONE\nSTOP\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"a text pickle behind the first":            {"PROTO 2\nNONE\nSTOP\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"an exception before the call is done":      {"PROTO 2\nPOP\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"a break after the call":                    {"PROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nHEX ff", "os.system"},
	"no STOP":                                   {"GLOBAL os system\nEMPTY_TUPLE\nREDUCE", "os.system"},
	"a claimed length of 2**60 behind the call": {"PROTO 4\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nHEX 8e 00 00 00 00 00 00 00 10 41", "os.system"},
	"leading bytes":                             {"TEXT 'MODELv1\\x00\\x01'\nPROTO 4\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"trailing bytes":                            {"PROTO 4\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nREPEAT 1000\nHEX 00 ff\nEND", "os.system"},
	"a pickle in the bytes of another":          {"PROTO 4\nGLOBAL torch.storage _load_from_bytes\nSHORT_BINBYTES '\\x80\\x02cos\\nsystem\\n)R.'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"a string with escapes":                     {"GLOBAL builtins getattr\nMARK\nGLOBAL shutil os\nSTRING 's\\x79stem'\nTUPLE\nREDUCE\nMARK\nTUPLE\nREDUCE\nSTOP", "shutil.os.system"},
	"a unicode string with escapes":             {"GLOBAL builtins getattr\nMARK\nGLOBAL shutil os\nUNICODE s\\u0079stem\nTUPLE\nREDUCE\nMARK\nTUPLE\nREDUCE\nSTOP", "shutil.os.system"},
	"an item of a tuple in the pickle":          {"PROTO 2\nGLOBAL operator getitem\nGLOBAL os system\nNONE\nTUPLE2\nBININT1 0\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"a name longer than any":                    {"PROTO 4\nBINUNICODE 'os'\nBINUNICODE 'path.os." + strings.Repeat("path.os.", 40) + "system'\nSTACK_GLOBAL\nEMPTY_TUPLE\nREDUCE\nSTOP", ""},
	"an array of objects":                       {"NPY |O\nPROTO 3\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"an archive of arrays":                      {"ZIP\nMEMBER a.npy\nNPY |O\nPROTO 3\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND\nEND", "os.system"},
	"a torch archive":                           {"ZIP\nMEMBER net/data.pkl stored\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nMEMBER net/version stored\nTEXT '3'\nEND\nEND", "os.system"},
	"a member that the directory lacks":         {"ZIP\nMEMBER a.txt\nTEXT 'x'\nEND\nMEMBER net/data.pkl unlisted\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"an archive without a directory":            {"ZIP nodirectory\nMEMBER net/data.pkl stored\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"a member that claims encryption":           {"ZIP\nMEMBER net/data.pkl stored encrypted encrypted-local\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"a member under another name":               {"ZIP\nMEMBER net/notes.txt\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"an archive behind other bytes":             {"TEXT '#!/bin/sh\\nexit\\n'\nZIP\nMEMBER net/data.pkl\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"archives in archives":                      {"TAR\nMEMBER a.zip\nZIP\nMEMBER b.tar.gz\nGZIP\nTAR\nMEMBER c.pkl\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND\nEND\nEND\nEND\nEND\nEND", "os.system"},
	"a compressed pickle":                       {"LZ4\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"a pickle compressed twice":                 {"ZLIB\nXZ\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"a compressed pickle of LZMA":               {"LZMA\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"a compressed pickle of zstd":               {"ZSTD\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"a compressed pickle of joblib before 0.10": {"ZFILE\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"a module of torch's first format":          {"PROTO 2\nMARK\nBINUNICODE 'module'\nGLOBAL subprocess Popen\nBINUNICODE 'a.py'\nBINUNICODE 'x'\nTUPLE\nBINPERSID\nEMPTY_TUPLE\nNEWOBJ\nSTOP", "subprocess.Popen"},
	"torch's first stream format":               {legacyHead + "PROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nPROTO 2\nEMPTY_LIST\nSTOP", "os.system"},
	"bytes of an array that are opcodes":        {joblibArray("cos\\nsystem\\n)R.", 16), "os.system"},
	"a call behind the bytes of an array":       {strings.TrimSuffix(joblibArray(strings.Repeat("z", 16), 16), "STOP\n") + "POP\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"an extension code of copyreg that is zero": {"PROTO 2\nEXT1 0\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"out-of-band buffers":                       {"PROTO 5\nNEXT_BUFFER\nREADONLY_BUFFER\nGLOBAL os system\nTUPLE2\nBYTEARRAY8 'ab'\nPOP\nSTOP", "os.system"},
	"an import by a copy of cloudpickle":        {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL joblib.externals.cloudpickle.cloudpickle subimport\nBINUNICODE 'os'\nTUPLE1\nREDUCE\nBINUNICODE 'system'\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"an import by another copy":                 {"PROTO 2\nGLOBAL builtins getattr\nGLOBAL pyspark.cloudpickle subimport\nBINUNICODE 'os'\nTUPLE1\nREDUCE\nBINUNICODE 'system'\nTUPLE2\nREDUCE\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"code in the file is called":                {"PROTO 2\nGLOBAL cloudpickle.cloudpickle _make_function\n" + codeArguments + "TUPLE\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP", "cloudpickle.cloudpickle._make_function()"},
	"code in the file is called by a copy":      {"PROTO 2\nGLOBAL joblib.externals.cloudpickle.cloudpickle _make_function\n" + codeArguments + "TUPLE\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP", "joblib.externals.cloudpickle.cloudpickle._make_function()"},
	"code of dill in the file is called":        {"PROTO 2\nGLOBAL dill._dill _create_function\n" + codeArguments + "TUPLE\nREDUCE\nEMPTY_TUPLE\nREDUCE\nSTOP", "dill._dill._create_function()"},
	"code in the file is called by map":         {"PROTO 2\nGLOBAL builtins map\nGLOBAL dill._dill _create_function\n" + codeArguments + "TUPLE\nREDUCE\nEMPTY_LIST\nNONE\nAPPEND\nTUPLE2\nREDUCE\nSTOP", "dill._dill._create_function()"},
	"the map of Python 2":                       {"GLOBAL itertools imap\nMARK\nGLOBAL dill._dill _create_function\n" + codeArguments + "TUPLE\nREDUCE\nMARK\nNONE\nTUPLE\nTUPLE\nREDUCE\nSTOP", "dill._dill._create_function()"},
	"a file that is mapped":                     {"PROTO 2\nGLOBAL numpy memmap\nBINUNICODE '/etc/motd'\nBINUNICODE 'u1'\nBINUNICODE 'w+'\nTUPLE3\nREDUCE\nSTOP", "numpy.memmap"},
	"a model by its name":                       {"PROTO 2\nGLOBAL sentence_transformers SentenceTransformer\nBINUNICODE 'someone/model'\nTUPLE1\nREDUCE\nSTOP", "sentence_transformers.SentenceTransformer"},
	"text that a class of sympy evaluates":      {"PROTO 2\nGLOBAL sympy.core.singleton S\nBINUNICODE '__import__(\"os\").system(\"id\")'\nTUPLE1\nREDUCE\nSTOP", "sympy.core.singleton.S"},
	"an array of objects by a list of types":    {"NPY i4,O\nPROTO 3\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"an array of objects by an escape":          {"NPY \\x4f\nPROTO 3\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"such an array without a mark":              {"NPY 2O\nGLOBAL os system\nMARK\nTUPLE\nREDUCE\nSTOP\nEND", "os.system"},
	"a joblib array of types in a list":         {strings.Replace(strings.TrimSuffix(joblibArray("N.", 16), "STOP\n"), "'u1'", "'i4,O'", 1) + "POP\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.system"},
	"an extension that the pickle registers":    {"PROTO 2\nGLOBAL copyreg add_extension\nBINUNICODE 'os'\nBINUNICODE 'system'\nBININT1 240\nTUPLE3\nREDUCE\nPOP\nEXT1 240\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nSTOP", "os.system"},
	"a template":                                {"PROTO 2\nGLOBAL operator methodcaller\nBINUNICODE 'render'\nTUPLE1\nREDUCE\nGLOBAL jinja2 Template\nBINUNICODE '{{ x.__class__ }}'\nTUPLE1\nREDUCE\nTUPLE1\nREDUCE\nSTOP", "jinja2.Template"},
	"an end without a result":                   {"GLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nREDUCE\nPOP\nSTOP", "os.system"},
	"an end at a mark":                          {"GLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nREDUCE\nMARK\nSTOP", "os.system"},
	"the fourth of four text pickles":           {"LONG 119547037146038801333356L\nSTOP\nINT 1001\nSTOP\nEMPTY_DICT\nSTOP\nGLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nREDUCE\nSTOP", "os.system"},
	"a text pickle behind very many":            {"REPEAT 5000\nNONE\nSTOP\nEND\nGLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nREDUCE\nSTOP", "os.system"},
	"a last line without its end":               {"MARK\nSTRING 'id'\nTEXT 'iposix\\nsystem!'", "posix.system"},
	"the same with a mark":                      {"PROTO 2\nMARK\nSTRING 'id'\nTEXT 'iposix\\nsystem!'", "posix.system"},
	"a decoy of an odd name":                    {"GLOBAL torch.ops we!rd\nPOP\nGLOBAL os system\nMARK\nSTRING 'id'\nTUPLE\nREDUCE\nSTOP", "os.system"},
	"a name in Latin-1":                         {"PROTO 4\nUNICODE os\nTEXT 'V\\xe9.\\\\u0073ystem\\n'\nSTACK_GLOBAL\nEMPTY_TUPLE\nREDUCE\nSTOP", "os.é.system"},
	"a zip behind a pickle":                     {"PROTO 4\nNONE\nSTOP\nZIP\nMEMBER net/data.pkl\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND", "os.system"},
	"a memo index of 64 bits":                   {"UNICODE x\nPUT 9223372036854775807\nGLOBAL os system\nGET 9223372036854775807\nTUPLE1\nREDUCE\nSTOP", "os.system"},
}

// codeArguments are what builds a function is given, beginning with its code.
const codeArguments = "MARK\nGLOBAL types CodeType\nEMPTY_TUPLE\nREDUCE\nEMPTY_DICT\nNONE\nNONE\nNONE\n"

// legacyHead is how torch's first stream format begins: a magic number, the version, the system.
const legacyHead = "PROTO 2\nLONG1 '\\x6c\\xfc\\x9c\\x46\\xf9\\x20\\x6a\\xa8\\x50\\x19'\nSTOP\nPROTO 2\nBININT2 1001\nSTOP\nPROTO 2\nEMPTY_DICT\nSTOP\n"

// joblibArray is a joblib file with an array of n bytes, whose bytes stand in the stream.
func joblibArray(content string, n int) string {
	return fmt.Sprintf(`PROTO 4
SHORT_BINUNICODE 'joblib.numpy_pickle'
SHORT_BINUNICODE 'NumpyArrayWrapper'
STACK_GLOBAL
EMPTY_TUPLE
NEWOBJ
EMPTY_DICT
MARK
SHORT_BINUNICODE 'shape'
BININT1 %d
TUPLE1
SHORT_BINUNICODE 'dtype'
GLOBAL numpy dtype
SHORT_BINUNICODE 'u1'
NEWFALSE
NEWTRUE
TUPLE3
REDUCE
SETITEMS
BUILD
TEXT '%s'
STOP
`, n, content)
}

func TestTricksAreSeenThrough(t *testing.T) {
	for name, trick := range tricks {
		r := scanBytes(t, "model.pkl", assembled(t, trick.text))
		verdict, names := verdictOn(r)
		found := trick.want == ""
		for _, n := range names {
			found = found || n == trick.want
		}
		if verdict != Dangerous || !found {
			t.Errorf("%s: %v %v, want %s\n%+v", name, verdict, names, trick.want, r)
		}
	}
}

// blocks are building blocks of honest files, as module and name.
const blocks = `
collections OrderedDict, collections defaultdict, collections deque, collections Counter, collections ChainMap, datetime datetime, datetime date,
datetime timedelta, datetime timezone, decimal Decimal, fractions Fraction, pathlib PosixPath, pathlib WindowsPath, pathlib PurePosixPath, uuid UUID,
enum Enum, copyreg _reconstructor, copy_reg _reconstructor, copyreg __newobj__, functools partial, operator itemgetter, operator attrgetter,
types SimpleNamespace, argparse Namespace, _codecs encode, builtins set, __builtin__ set, builtins frozenset, builtins slice, builtins range, builtins bytearray,
builtins complex, builtins object, builtins type, builtins iter, array array, array _array_reconstructor, random Random, re _compile, zoneinfo ZoneInfo._unpickle,
numpy dtype, numpy ndarray, numpy.core.multiarray _reconstruct, numpy._core.multiarray _reconstruct, numpy.core.multiarray scalar, numpy.core.numeric _frombuffer,
numpy._core.numeric _frombuffer, numpy.ma.core _mareconstruct, numpy.ma.core MaskedArray, numpy.random._pickle __randomstate_ctor,
numpy.random._pickle __generator_ctor, numpy.random._pickle __bit_generator_ctor, numpy.core._ufunc_reconstruct _ufunc_reconstruct, numpy.matrixlib.defmatrix matrix,
numpy.rec recarray, numpy.polynomial.polynomial Polynomial, numpy.dtypes Float64DType, numpy float64, numpy bool_,
scipy.sparse.csr csr_matrix, scipy.sparse._csr csr_matrix, scipy.sparse._csc csc_array, scipy.stats._distn_infrastructure rv_frozen, scipy.stats._continuous_distns norm_gen,
scipy.interpolate._interpolate interp1d, scipy.interpolate._bsplines BSpline, scipy.spatial._kdtree KDTree, scipy.optimize._optimize OptimizeResult,
pandas.core.frame DataFrame, pandas.core.series Series, pandas.core.internals.managers BlockManager, pandas._libs.internals _unpickle_block,
pandas.core.indexes.base _new_Index, pandas.core.indexes.range RangeIndex, pandas._libs.arrays __pyx_unpickle_NDArrayBacked, pandas._libs.tslibs.timestamps _unpickle_timestamp,
pandas.core.arrays.categorical Categorical, pandas.core.dtypes.dtypes CategoricalDtype,
sklearn.ensemble._forest RandomForestClassifier, sklearn.tree._tree Tree, sklearn.linear_model._logistic LogisticRegression, sklearn.svm._classes SVC,
sklearn.neighbors._kd_tree newObj, sklearn.neighbors._kd_tree KDTree, sklearn.metrics._dist_metrics EuclideanDistance, sklearn.metrics._scorer _PredictScorer,
sklearn.pipeline Pipeline, sklearn.utils._bunch Bunch, sklearn._loss.loss HalfBinomialLoss, sklearn._loss._loss __pyx_unpickle_CyHalfBinomialLoss, sklearn.preprocessing._data StandardScaler,
joblib.numpy_pickle NumpyArrayWrapper, joblib.numpy_pickle_compat NDArrayWrapper, xgboost.sklearn XGBClassifier, xgboost.core Booster, lightgbm.sklearn LGBMClassifier,
lightgbm.basic Booster, catboost.core CatBoostClassifier, imblearn.pipeline Pipeline, category_encoders.target_encoder TargetEncoder,
statsmodels.regression.linear_model RegressionResultsWrapper, spacy.vocab unpickle_vocab, spacy.tokens.doc unpickle_doc, thinc.model Model, gensim.models.word2vec Word2Vec,
gensim.models.keyedvectors KeyedVectors, gensim.corpora.dictionary Dictionary, transformers.training_args TrainingArguments, transformers.trainer_utils IntervalStrategy,
transformers.trainer_pt_utils AcceleratorConfig, transformers.training_args OptimizerNames, accelerate.state PartialState, accelerate.utils.dataclasses DistributedType,
tokenizers Tokenizer, omegaconf.dictconfig DictConfig, omegaconf.base ContainerMetadata, pytorch_lightning.callbacks.model_checkpoint ModelCheckpoint,
lightning.fabric.utilities.data AttributeDict, torch._utils _rebuild_tensor_v2, torch._utils _rebuild_tensor, torch._utils _rebuild_parameter,
torch._utils _rebuild_parameter_with_state, torch._utils _rebuild_sparse_tensor, torch._utils _rebuild_sparse_csr_tensor, torch._utils _rebuild_qtensor,
torch._utils _rebuild_device_tensor_from_numpy, torch._utils _rebuild_meta_tensor_no_storage, torch FloatStorage, torch LongStorage, torch HalfStorage, torch BFloat16Storage,
torch ByteStorage, torch.storage UntypedStorage, torch.storage TypedStorage, torch.storage _load_from_bytes, torch device, torch Size, torch.serialization _get_layout,
torch._tensor _rebuild_from_type_v2, torch.nn.parameter Parameter, torch.nn.modules.linear Linear, torch.nn.modules.container Sequential, torch.optim.adamw AdamW,
torch.optim.lr_scheduler StepLR, torch.distributions.normal Normal, torch.ao.nn.quantized.dynamic.modules.linear Linear, torchvision.models.resnet ResNet,
torch.jit._pickle build_intlist, torch.jit._pickle restore_type_tag, timm.models.vision_transformer VisionTransformer, peft.tuners.lora.config LoraConfig,
requests.structures CaseInsensitiveDict, multiprocessing.managers DictProxy, asyncio.exceptions TimeoutError, subprocess CalledProcessError, os PathLike, os stat_result,
inspect Signature, socket AddressFamily`

func TestBuildingBlocksOfHonestFilesAreHarmless(t *testing.T) {
	list := strings.Split(strings.ReplaceAll(strings.TrimSpace(blocks), "\n", " "), ", ")
	if len(list) < 130 {
		t.Fatalf("only %d building blocks", len(list))
	}
	for i, block := range list {
		module, name, _ := strings.Cut(strings.Trim(block, " ,"), " ")
		spelling := spellings[i%7] // partial and map call what they are given
		if name == "_rebuild_from_type_v2" || name == "_reconstructor" || name == "__newobj__" {
			continue // they call what they are given, too
		}
		r := scanBytes(t, "model.pkl", assembled(t, strings.ReplaceAll(spelling.text(module, name), "'x'", "'os.system'")))
		if verdict, names := verdictOn(r); verdict != Harmless || len(r.Cuts) > 0 {
			t.Errorf("%s.%s by %s: %v %v %v", module, name, spelling.name, verdict, names, r.Cuts)
		}
	}
}

func TestHonestStructuresAreReadToTheirEnd(t *testing.T) {
	array := "PROTO 3\nGLOBAL numpy.core.multiarray _reconstruct\nGLOBAL numpy ndarray\nBININT1 0\nTUPLE1\nSHORT_BINBYTES 'b'\nTUPLE3\nREDUCE\nMARK\nBININT1 1\nBININT1 2\nTUPLE1\nGLOBAL numpy dtype\nBINUNICODE 'f8'\nNEWFALSE\nNEWTRUE\nTUPLE3\nREDUCE\nMARK\nBININT1 3\nBINUNICODE '<'\nNONE\nNONE\nNONE\nBININT -1\nBININT -1\nBININT1 0\nTUPLE\nBUILD\nNEWFALSE\nSHORT_BINBYTES '0123456789abcdef'\nTUPLE\nBUILD\nSTOP"
	for name, text := range map[string]string{
		"an array": array, "an array, compressed": "GZIP\n" + array + "\nEND",
		"a state dict":                     "ZIP\nMEMBER m/data.pkl stored\n" + stateDict + "END\nMEMBER m/byteorder stored\nTEXT 'little'\nEND\nMEMBER m/data/0 stored\nREPEAT 8\nHEX 00 00 80 3f\nEND\nEND\nMEMBER m/version stored\nTEXT '3'\nEND\nEND",
		"a state dict of the first format": legacyHead + stateDict + "PROTO 2\nEMPTY_LIST\nBINUNICODE '0'\nAPPEND\nSTOP\nHEX 08 00 00 00 00 00 00 00\nREPEAT 8\nHEX 00 00 80 3f\nEND",
		"a joblib file with arrays":        joblibArray(strings.Repeat("c", 16), 16),
		"a joblib file with two arrays":    strings.TrimSuffix(joblibArray(strings.Repeat("\\x80", 16), 16), "STOP\n") + strings.TrimPrefix(joblibArray(strings.Repeat(".", 9), 9), "PROTO 4\n"),
		"several pickles":                  "PROTO 4\nNONE\nSTOP\nPROTO 4\nEMPTY_LIST\nSTOP\nPROTO 2\nEMPTY_DICT\nSTOP",
		"numbers in each way":              "MARK\nINT 5\nINT 01\nINT 00\nLONG 12345678901234567890L\nFLOAT 1.5\nBININT -5\nBININT1 255\nBININT2 65535\nLONG1 '\\xff'\nLONG1 ''\nBINFLOAT -0.5\nTUPLE\nSTOP",
		"an empty archive":                 "ZIP\nEND", "an archive of text": "ZIP\nMEMBER a.txt\nTEXT 'import os; os.system(1)'\nEND\nEND",
		"a tar of text":     "TAR\nMEMBER a.txt\nTEXT 'hello'\nEND\nEND",
		"an array of bytes": "NPY |u1\nTEXT 'cos\\nsystem\\n)R.'\nEND",
		"a recursive list":  "PROTO 2\nEMPTY_LIST\nBINPUT 0\nBINGET 0\nAPPEND\nSTOP",
	} {
		r := scanBytes(t, "model.bin", assembled(t, text))
		if verdict, names := verdictOn(r); verdict != Harmless || len(r.Cuts) > 0 || r.Format == None {
			t.Errorf("%s: %s, %v %v %v", name, r.Format, verdict, names, r.Cuts)
		}
	}
}

// stateDict is the pickle of a state dict with one tensor of 2 by 4 numbers.
const stateDict = "PROTO 2\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nMARK\nBINUNICODE 'weight'\nGLOBAL torch._utils _rebuild_tensor_v2\nMARK\nMARK\nBINUNICODE 'storage'\nGLOBAL torch FloatStorage\nBINUNICODE '0'\nBINUNICODE 'cpu'\nBININT1 8\nTUPLE\nBINPERSID\nBININT1 0\nBININT1 2\nBININT1 4\nTUPLE2\nBININT1 4\nBININT1 1\nTUPLE2\nNEWFALSE\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nTUPLE\nREDUCE\nSETITEMS\nSTOP\n"

func TestNamesOnlyInDataAreNotReported(t *testing.T) {
	r := scanBytes(t, "notes.pkl", assembled(t, "PROTO 4\nEMPTY_LIST\nMARK\nSHORT_BINUNICODE 'os'\nSHORT_BINUNICODE 'system'\nSHORT_BINBYTES 'cos\\nsystem\\n)R.'\nAPPENDS\nSTOP"))
	if len(r.Facts) > 0 {
		t.Errorf("the facts are %v", r.Facts)
	}
}

func TestAStreamThatBreaksOffAfterAnHonestCallIsNotReported(t *testing.T) {
	r := scanBytes(t, "part.pkl", assembled(t, "PROTO 4\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nMARK"))
	if verdict, _ := verdictOn(r); verdict != Harmless || len(r.Cuts) != 1 || !r.Cuts[0].Damaged {
		t.Errorf("facts %v, cuts %v", r.Facts, r.Cuts)
	}
}

func TestTextThatBeginsLikeAPickleIsNone(t *testing.T) {
	for _, text := range []string{"ipython\nnum2words\ntorch\n", "class A:\n    x = 1\n", "count\nvalue\n1\n", "import os\nsystem\n(hello)\n", "(a)\nb.\n", "I1\nS\n", "c.d\ne\n"} {
		if r := scanBytes(t, "requirements.txt", []byte(text)); len(r.Facts) > 0 || Marked([]byte(text)) {
			t.Errorf("%q is taken for a pickle: %v", text, r.Facts)
		}
	}
}

// straddling is a pickle whose BINBYTES reaches beyond its frame; CPython runs what is in it.
func straddling(inside string) string {
	return "PROTO 5\nNONE\nPOP\nMARK\nFRAME 2\nHEX 42 07 01 00 00 00 00\n" + inside + "MARK\nREPEAT 300\nNONE\nEND\nPOP_MARK\nSTOP\n"
}

func TestAnOpcodeThatReachesBeyondItsFrameIsReportedWithWhatItHides(t *testing.T) {
	r := scanBytes(t, "model.pkl", assembled(t, straddling("GLOBAL os system\nUNICODE echo\nTUPLE1\nREDUCE\n")))
	frames, calls := 0, 0
	for _, f := range r.Facts {
		switch {
		case f.Kind == Divergent && f.Verdict == Dangerous && f.Opcode == "BINBYTES":
			frames++
		case f.Kind == Call && f.Name == "os.system":
			calls++
		}
	}
	if frames != 1 || calls != 1 {
		t.Errorf("facts %+v, cuts %+v", r.Facts, r.Cuts)
	}
}

func TestFramesAsPicklersWriteThemAreHarmless(t *testing.T) {
	for name, text := range map[string]string{
		"one frame":             "PROTO 4\nFRAME 4\nEMPTY_LIST\nMEMOIZE\nNONE\nAPPEND\nSTOP",
		"bytes between frames":  "PROTO 4\nFRAME 4\nEMPTY_LIST\nMEMOIZE\nNONE\nAPPEND\nSHORT_BINBYTES '0123456789'\nFRAME 2\nAPPEND\nSTOP",
		"a frame up to the end": "PROTO 5\nFRAME 14\nSHORT_BINBYTES '0123456789'\nPOP\nSTOP",
		"an empty frame":        "PROTO 4\nFRAME 0\nNONE\nSTOP",
	} {
		r := scanBytes(t, "model.pkl", assembled(t, text))
		if verdict, _ := verdictOn(r); verdict != Harmless {
			t.Errorf("%s: %+v", name, r.Facts)
		}
	}
	for name, text := range map[string]string{
		"a frame within another": "PROTO 4\nFRAME 20\nNONE\nFRAME 2\nPOP\nNONE\nSTOP",
		"a name that straddles":  "PROTO 4\nFRAME 4\nGLOBAL collections OrderedDict\nSTOP",
	} {
		r := scanBytes(t, "model.pkl", assembled(t, text))
		if verdict, _ := verdictOn(r); verdict != Dangerous {
			t.Errorf("%s: %+v", name, r.Facts)
		}
	}
}

func TestWhatIsNearToAnAttackIsNotCalledDangerous(t *testing.T) {
	for name, text := range map[string]string{
		"a function whose code is in the file, not called": "PROTO 2\nGLOBAL cloudpickle.cloudpickle _make_function\n" + codeArguments + "TUPLE\nREDUCE\nSTOP",
		"a dictionary of such functions":                   "PROTO 2\nEMPTY_DICT\nBINUNICODE 'f'\nGLOBAL dill._dill _create_function\n" + codeArguments + "TUPLE\nREDUCE\nSETITEM\nSTOP",
		"an array that was mapped when it was stored":      "PROTO 2\nGLOBAL numpy.core.multiarray _reconstruct\nGLOBAL numpy memmap\nBININT1 0\nTUPLE1\nSHORT_BINBYTES 'b'\nTUPLE3\nREDUCE\nSTOP",
		"a symbol":         "PROTO 2\nGLOBAL sympy.core.symbol Symbol\nBINUNICODE 'f(x)'\nTUPLE1\nNEWOBJ\nSTOP",
		"a sum of symbols": "PROTO 2\nGLOBAL sympy.core.add Add\nGLOBAL sympy.core.symbol Symbol\nBINUNICODE 'x'\nTUPLE1\nNEWOBJ\nTUPLE1\nNEWOBJ\nSTOP",
		"a model of sentences as a module is stored": "PROTO 2\nGLOBAL sentence_transformers SentenceTransformer\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\nSTOP",
		"a structure of MATLAB":                      "PROTO 2\nGLOBAL scipy.io.matlab._mio5_params mat_struct\nEMPTY_TUPLE\nNEWOBJ\nSTOP",
		"a bunch of an old scikit-learn":             "PROTO 2\nGLOBAL sklearn.datasets.base Bunch\nEMPTY_TUPLE\nNEWOBJ\nSTOP",
		"a measurement of torch":                     "PROTO 2\nGLOBAL torch.utils.benchmark.utils.common Measurement\nEMPTY_TUPLE\nNEWOBJ\nSTOP",
		"a compiled module":                          "PROTO 2\nGLOBAL torch._dynamo.eval_frame OptimizedModule\nEMPTY_TUPLE\nNEWOBJ\nSTOP",
		"a class in a module named like another":     "PROTO 2\nGLOBAL acme.requests Client\nEMPTY_TUPLE\nNEWOBJ\nPOP\nGLOBAL acme.commands Train\nEMPTY_TUPLE\nNEWOBJ\nSTOP",
		"a picker of items":                          "PROTO 2\nGLOBAL itertools imap\nGLOBAL builtins str\nEMPTY_LIST\nTUPLE2\nREDUCE\nSTOP",
	} {
		r := scanBytes(t, "model.pkl", assembled(t, text))
		if verdict, names := verdictOn(r); verdict == Dangerous {
			t.Errorf("%s: %v %+v", name, names, r.Facts)
		}
	}
}
