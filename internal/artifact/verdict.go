package artifact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// judge says what is known of a callable by its canonical qualified name, and what follows.
func judge(name string) (Verdict, string) {
	if why := dangerous(name); why != "" {
		return Dangerous, why
	}
	if _, known := listed(name); known || harmless(name) {
		return Harmless, ""
	}
	return Unknown, "is not among the building blocks of data and models"
}

// sameModules are other names of modules: of older Pythons, and of their parts written in C.
var sameModules = map[string]string{
	"__builtin__": "builtins", "__builtins__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle", "_pickle": "pickle",
	"_io": "io", "_socket": "socket", "_operator": "operator", "_functools": "functools", "_collections": "collections",
	"_ctypes": "ctypes", "_thread": "threading", "thread": "threading", "dummy_thread": "threading", "commands": "subprocess",
	"popen2": "subprocess", "urllib2": "urllib.request", "httplib": "http.client", "_datetime": "datetime", "_decimal": "decimal",
	"_pydecimal": "decimal", "_pydatetime": "datetime", "UserDict": "collections", "UserList": "collections", "UserString": "collections",
	"_imp": "imp", "_sqlite3": "sqlite3", "SocketServer": "socketserver", "BaseHTTPServer": "http.server",
	"SimpleHTTPServer": "http.server", "CGIHTTPServer": "http.server", "xmlrpclib": "xmlrpc.client", "SimpleXMLRPCServer": "xmlrpc.server",
	"_winreg": "winreg", "_frozen_importlib": "importlib._bootstrap", "_frozen_importlib_external": "importlib._bootstrap_external",
	"_weakref": "weakref", "_random": "random", "_struct": "struct", "_ssl": "ssl", "_asyncio": "asyncio", "_queue": "queue",
	"posix": "os", "nt": "os", "Queue": "queue", "anydbm": "dbm", "dumbdbm": "dbm", "gdbm": "dbm", "dbhash": "dbm", "_dbm": "dbm", "_gdbm": "dbm",
	"_bz2": "bz2", "_lzma": "lzma", "_signal": "signal", "_codecs": "codecs", "Tkinter": "tkinter", "_tkinter": "tkinter", "tkFileDialog": "tkinter",
}

// sameNames are names that Python's unpickler takes for others, or that modules give to what is
// not theirs.
var sameNames = map[string]string{
	"itertools.imap": "builtins.map", "itertools.ifilter": "builtins.filter", "itertools.izip": "builtins.zip", "__builtin__.intern": "sys.intern",
	"future_builtins.map": "builtins.map", "future_builtins.filter": "builtins.filter",
}

// canonical gives a qualified name the module's usual name.
func canonical(name string) string {
	if same, ok := sameNames[name]; ok {
		return same
	}
	name = carried(name)
	module, rest, _ := strings.Cut(name, ".")
	if same, ok := sameModules[module]; ok {
		return same + "." + rest
	}
	return name
}

// carriers are packages that hold others, or give them other names; the text behind the bar takes
// their place.
var carriers = []string{
	"joblib.externals.|", "sklearn.externals.|", "six.moves.|", "future.moves.|", "past.builtins.|builtins.",
	"test.test_support.|test.support.",
}

// carried gives what a package carries in itself the name of the original. Copies of cloudpickle
// lie in many packages (joblib, pyspark, ray), in a module of any name.
func carried(name string) string {
	for _, c := range carriers {
		prefix, same, _ := strings.Cut(c, "|")
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = same + rest
		}
	}
	for _, module := range []string{"cloudpickle_fast.", "cloudpickle."} {
		if i := strings.LastIndex(name, module); i == 0 || i > 0 && name[i-1] == '.' {
			return "cloudpickle." + name[i+len(module):]
		}
	}
	return name
}

// dangerous tells what a callable does that no data needs, as a clause such as "runs a
// command"; it is "" for callables that are not known to be dangerous.
func dangerous(name string) string {
	if why, ok := listed(name); ok {
		return why
	}
	if why := detour(name); why != "" {
		return why
	}
	framework, _, _ := strings.Cut(name, ".")
	if i := strings.LastIndexByte(name, '.'); i >= 0 && harmlessModules[framework] != 0 {
		return methods[name[i+1:]]
	}
	return ""
}

// listed looks a name up in the tables, and those of what it is a part of: a method of a
// dangerous class is as dangerous. ok is set where a table decides, even if harmlessly.
func listed(name string) (why string, ok bool) {
	if harmlessParts[name] {
		return "", true
	}
	if why, ok := dangerousNames[name]; ok {
		return why, true
	}
	for i := strings.LastIndexByte(name, '.'); i >= 0; i = strings.LastIndexByte(name[:i], '.') {
		outer, rest := name[:i], name[i+1:]
		why, ok := dangerousNames[outer]
		if !ok {
			why, ok = dangerousModules[outer]
		}
		if ok && isException(rest) {
			return "", true
		}
		if ok {
			return why, true
		}
	}
	return "", false
}

// isException tells exceptions and warnings by the end of their name.
func isException(name string) bool {
	return !strings.Contains(name, ".") &&
		(strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning"))
}

// detours are modules that others import, so that they can be reached as attributes: the name
// torch.serialization.os.system is os.system.
var detours = nameSet(`os posix nt sys subprocess builtins __builtin__ importlib shutil socket ctypes pty runpy marshal pickle _pickle
	posixpath ntpath webbrowser imp pydoc pdb urllib urllib2 httplib requests tempfile cPickle pkgutil codeop timeit`)

// methods are dangerous by their name alone, whatever class of a framework they are called on.
var methods = byReason(map[string]string{
	otherPickle: `from_pretrained load_from_checkpoint load_model load_learner`,
	files:       `fromfile tofile`,
	runsCode:    `timeit`,
})

// inner are attributes that lead from any function or class to the whole interpreter.
var inner = nameSet(`__globals__ __builtins__ __subclasses__ __bases__ __base__ __mro__ mro __code__ __closure__ __getattribute__ __dict__
	__loader__ __spec__ __import__ __kwdefaults__ __defaults__ __reduce__ __reduce_ex__ __init_subclass__ __set_name__ __subclasshook__
	func_globals func_code f_globals f_builtins gi_frame cr_frame tb_frame f_back co_code`)

// detour finds a way through attributes to what the tables call dangerous.
func detour(name string) string {
	for i := strings.IndexByte(name, '.'); i >= 0; {
		part, _, more := strings.Cut(name[i+1:], ".")
		if inner[part] {
			return interpreter
		}
		if more && detours[part] {
			if why, ok := listed(canonical(name[i+1:])); ok && why != "" {
				return why
			}
		}
		next := strings.IndexByte(name[i+1:], '.')
		if next < 0 {
			return ""
		}
		i += 1 + next
	}
	return ""
}

// What follows from calling something, as a clause.
const (
	runsCommand = "runs a command"
	runsCode    = "runs code"
	importsCode = "imports and runs code"
	nativeCode  = "loads native code"
	files       = "reaches the file system"
	network     = "opens a connection"
	otherPickle = "loads another pickle"
	process     = "starts a process or thread"
	interpreter = "reaches into the interpreter"
	builds      = "builds a function out of code in the file"
	scanner     = "switches off what guards against pickles"
)

// harmlessParts are the names within dangerous modules that are only data: types of results,
// enumerations. Exceptions are told by their name.
var harmlessParts = nameSet(`
	os.PathLike os.stat_result os.statvfs_result os.terminal_size os.times_result os.uname_result os.sched_param os.fspath
	subprocess.CompletedProcess subprocess.TimeoutExpired
	sys.version_info sys.float_info sys.flags sys.hash_info sys.int_info sys.thread_info sys.maxsize sys.intern
	socket.AddressFamily socket.SocketKind socket.gaierror socket.herror socket.timeout socket.error
	importlib.machinery.ModuleSpec importlib.metadata.PathDistribution importlib.metadata.EntryPoint
	http.client.HTTPMessage urllib.request.Request multiprocessing.process.AuthenticationString
	asyncio.base_events.Server ssl.TLSVersion ssl.VerifyMode ssl.VerifyFlags ssl.Options ssl.AlertDescription ssl.Purpose
	inspect.Parameter inspect.Signature inspect._empty inspect._ParameterKind inspect.FullArgSpec inspect.ArgSpec
	concurrent.futures.process.BrokenProcessPool zipfile.ZipInfo tarfile.TarInfo
	scipy.io.matlab.mat_struct scipy.io.matlab.MatlabObject scipy.io.matlab.MatlabFunction scipy.io.matlab.MatlabOpaque
	scipy.io.matlab._mio5_params.mat_struct scipy.io.matlab._mio5_params.MatlabObject scipy.io.matlab._mio5_params.MatlabFunction
	scipy.io.matlab._mio5_params.MatlabOpaque scipy.io.matlab.mio5_params.mat_struct scipy.io.matlab.mio5_params.MatlabObject
	scipy.io.matlab.mio5_params.MatlabFunction scipy.io.matlab.mio5_params.MatlabOpaque
	torch.utils.benchmark.utils.timer.Language sklearn.datasets.base.Bunch sklearn.datasets._base.Bunch torchvision.io.image.ImageReadMode`)

// dangerousModules are modules of which each function and class is dangerous, those of
// harmlessParts aside. A module stands for those below it.
var dangerousModules = byReason(map[string]string{
	runsCommand: `pandas.io.clipboard pandas.io.clipboards pyperclip
		os subprocess _posixsubprocess pty webbrowser asyncio.subprocess asyncio.unix_events asyncio.windows_events
		asyncio.base_subprocess pip ensurepip distutils setuptools _aix_support _osx_support _bootsubprocess _pyrepl
		numpy.distutils torch.utils.collect_env pexpect ptyprocess paramiko nltk.internals pipes`,
	runsCode: `pandas.core.computation Cython torch._dynamo.guards torch._dynamo.repro torch._dynamo.debug_utils torch._dynamo.test_minifier_common torch._dynamo.bytecode_transformation
		torch._dynamo.testing torch.distributed.nn.jit torch.distributed.nn.api torch.utils.benchmark.utils.timer torch.utils.benchmark.utils.cpp_jit
		numpy._pytesttester scipy._lib._testutils scipy.weave sympy.parsing sympy.utilities.lambdify sympy.utilities.autowrap pytest _pytest
		runpy code codeop asyncio.base_events asyncio.runners pydoc timeit cProfile pdb bdb doctest idlelib lib2to3
		test.support unittest rlcompleter logging.config numpy.testing numpy.f2py torch.utils.bottleneck torch.fx.experimental
		torch.jit.unsupported_tensor_ops torch.jit.frontend torch._inductor torch.distributed.rpc torch.testing IPython ipykernel debugpy pydevd ptvsd
		RestrictedPython asteval numexpr execnet _interpreters _xxsubinterpreters interpreters concurrent.interpreters
		test.libregrtest`,
	importsCode: `django.utils.module_loading traitlets.utils.importstring kombu.utils.imports celery.utils.imports twisted.python.reflect zope.dottedname stevedore
		fsspec.registry transformers.utils.import_utils mmengine.config transformers.dynamic_module_utils diffusers.utils.dynamic_modules_utils transformers.commands transformers.tools transformers.agents
		monai.bundle pytorch_lightning.cli lightning.pytorch.cli lightning.cli hyperpyyaml
		importlib imp zipimport pkg_resources torch.hub torch.package`,
	nativeCode: `ctypes cffi numpy.ctypeslib torch.utils.cpp_extension numba.pycc llvmlite`,
	builds:     `marshal`,
	files: `scipy.io scipy.datasets scipy.sparse._matrix_io numpy.lib._datasource pandas.io.excel pandas.io.pytables pandas.io.sql pandas.io.html
		pandas.io.xml pandas.io.parquet pandas.io.orc pandas.io.feather_format pandas.io.stata pandas.io.sas pandas.io.spss pandas.io.gbq
		tensorflow.io.gfile tensorflow.gfile tensorflow.python.lib.io tensorflow.python.platform.gfile torch.utils.tensorboard tensorboard tensorboardX
		torch.utils.file_baton torch.utils.hipify torchvision.io.image torchvision.io.video
		shutil tempfile fileinput linecache glob zipfile tarfile filecmp mailbox winreg msilib mmap fcntl sqlite3 dbm compileall
		py_compile cgitb pyclbr torch.utils.model_dump`,
	network: `sklearn.datasets torchvision.datasets.utils torchtext.utils torch.utils.model_zoo
		socket ssl http.client http.server urllib.request urllib3 requests.api httpx._api aiohttp.client xmlrpc socketserver smtplib ftplib
		telnetlib imaplib poplib nntplib logging.handlers multiprocessing.connection websocket websockets pycurl wget boto3 botocore nltk.downloader`,
	otherPickle: `shelve torch.utils.show_pickle torch.utils._config_module`,
	process: `loky.backend loky.process_executor
		multiprocessing.process multiprocessing.popen_fork multiprocessing.popen_spawn_posix multiprocessing.popen_forkserver
		multiprocessing.popen_spawn_win32 multiprocessing.util multiprocessing.spawn multiprocessing.forkserver multiprocessing.pool
		concurrent.futures.process _winapi win32api win32com torch.distributed.elastic torch.distributed.launch torch.distributed.run
		torch.multiprocessing.spawn jupyter_client`,
	interpreter: `sys gc inspect _testcapi _testinternalcapi faulthandler atexit tracemalloc readline`,
	scanner:     `fickling picklescan modelscan modelaudit saferpickle model_unpickler`,
})

// dangerousNames are single functions and classes, of modules that hold harmless ones too.
// Many come from the advisories of picklescan (GHSA), each a bypass of a list that lacked it.
var dangerousNames = byReason(map[string]string{
	runsCode: `attr._make._compile_and_eval attr._make._make_method torch.jit.annotations.parse_type_line torch.jit.annotations.get_signature torch.utils.benchmark.Timer torch.distributed.nn.RemoteModule
		sympy.lambdify past.builtins.execfile
		builtins.eval builtins.exec builtins.execfile builtins.compile builtins.breakpoint builtins.input builtins.raw_input builtins.help
		profile.Profile profile.run profile.runctx trace.Trace site.main site.addsitedir site.execsitecustomize site.addpackage
	 pandas.eval pandas.core.frame.DataFrame.eval
		pandas.core.frame.DataFrame.query pandas.DataFrame.eval pandas.DataFrame.query
		torch.fx.graph_module._exec_with_source torch.fx.graph_module._forward_from_src torch.fx.graph_module.reduce_graph_module
		torch.fx.graph_module.reduce_frameworkgraph_module torch.fx.graph_module.reduce_deploy_graph_module torch.fx.graph_module._deserialize_graph_module
		torch._dynamo.guards.GuardBuilder torch.jit._script.script torch.jit.script torch.jit.CompilationUnit
		torch.jit._script.CompilationUnit torch._C.CompilationUnit
		dataclasses._create_fn typing._eval_type typing.get_type_hints typing.ForwardRef._evaluate annotationlib.ForwardRef.evaluate
		sympy.sympify sympy.core.sympify.sympify sympy.parsing.sympy_parser.parse_expr sympy.parsing.sympy_parser.eval_expr
		patsy.eval.EvalEnvironment.eval patsy.eval.EvalFactor.eval tensorflow.python.autograph.pyct.loader.load_source
		tensorflow.python.ops.script_ops.py_func tensorflow.py_function tensorflow.numpy_function asyncio.run
		jinja2.environment.Template.from_code jinja2.environment.Environment.compile_expression mako.template.Template
	 turtledemo.__main__.main`,
	runsCommand: `uuid._get_command_stdout uuid._popen uuid._find_mac asyncio.create_subprocess_exec asyncio.create_subprocess_shell
		platform.popen platform._syscmd_ver platform._syscmd_file psutil.Popen venv.create venv.main venv.EnvBuilder invoke.run invoke.runners.Local fabric.Connection
		PIL.ImageGrab.grab PIL.ImageShow.show git.cmd.Git git.cmd.Git.execute plumbum.local sh.Command docker.from_env
	 antigravity.geohash`,
	files: `http.cookiejar.FileCookieJar http.cookiejar.LWPCookieJar http.cookiejar.MozillaCookieJar fsspec.open fsspec.core.open
		scipy.sparse.save_npz scipy.sparse.load_npz numpy.DataSource numpy.lib.npyio.DataSource pandas.ExcelWriter pandas.ExcelFile pandas.HDFStore
		pandas._libs.parsers.TextReader tensorflow.io.read_file tensorflow.io.write_file pyarrow.OSFile pyarrow.lib.OSFile pyarrow.MemoryMappedFile
		pyarrow.lib.MemoryMappedFile pyarrow.memory_map joblib.dump joblib.numpy_pickle.dump numpy.core._methods._dump numpy._core._methods._dump
		torch.serialization.save torch.serialization._save torch.serialization._open_file torch.serialization._open_zipfile_writer_file
		torch.distributed.FileStore torch.distributed.distributed_c10d.FileStore torch._C._distributed_c10d.FileStore
		builtins.open builtins.file io.open io.FileIO io.open_code codecs.open pathlib.Path.write_text
		pathlib.Path.write_bytes pathlib.Path.read_text pathlib.Path.read_bytes pathlib.Path.unlink pathlib.Path.open pathlib.Path.rmdir
		pathlib.Path.rename pathlib.Path.replace pathlib.Path.touch pathlib.Path.mkdir pathlib.Path.symlink_to pathlib.Path.chmod
		pathlib.PosixPath.write_text pathlib.PosixPath.write_bytes pathlib.PosixPath.read_text pathlib.PosixPath.read_bytes pathlib.PosixPath.unlink
		pathlib.PosixPath.open pathlib.WindowsPath.write_text pathlib.WindowsPath.write_bytes
		pathlib.Path().write_text pathlib.Path().write_bytes pathlib.Path().read_text pathlib.Path().read_bytes pathlib.Path().unlink
		pathlib.Path().open pathlib.PosixPath().write_text pathlib.PosixPath().write_bytes pathlib.PosixPath().read_text
		pathlib.PosixPath().read_bytes pathlib.PosixPath().unlink pathlib.PosixPath().open pathlib.PosixPath().rmdir pathlib.PosixPath().rename
		pathlib.PosixPath().replace pathlib.PosixPath().touch pathlib.PosixPath().symlink_to
		logging.FileHandler logging.basicConfig bz2.BZ2File bz2.open gzip.open gzip.GzipFile lzma.open lzma.LZMAFile
		numpy.fromfile numpy.core.multiarray.fromfile numpy._core.multiarray.fromfile numpy.savetxt numpy.save numpy.savez numpy.loadtxt numpy.genfromtxt
		numpy.core.records.fromfile numpy.lib.npyio.savetxt numpy.lib.npyio.save numpy.lib._npyio_impl.save numpy.lib._npyio_impl.savetxt
		numpy.ndarray.tofile numpy.ndarray.dump
		torch.save torch.from_file torch._C.PyTorchFileReader torch._C.PyTorchFileWriter torch.FloatStorage.from_file torch.UntypedStorage.from_file
		pandas.read_csv pandas.read_json pandas.read_html pandas.read_sql pandas.read_excel pandas.io.common.get_handle pandas.io.parsers.readers.read_csv
		scipy.io.loadmat scipy.io.savemat scipy.io.matlab._mio.savemat cv2.imwrite imageio.imwrite PIL.Image.open
		tokenize.open pkgutil.get_data getpass.getuser crypt.crypt pwd.getpwnam nltk.data.load nltk.data.find distutils.file_util.write_file`,
	network: `torch.distributed.TCPStore torch.distributed.distributed_c10d.TCPStore torch._C._distributed_c10d.TCPStore datasets.load_dataset datasets.load.load_dataset
		requests.get requests.post requests.put requests.patch requests.delete requests.head requests.options requests.request
		requests.sessions.Session.request requests.sessions.Session.get requests.sessions.Session.post requests.sessions.Session().get
		requests.sessions.Session().post requests.sessions.Session().request requests.Session().get requests.Session().post
		httpx.get httpx.post httpx.put httpx.patch httpx.delete httpx.head httpx.options httpx.request httpx.stream
		urllib.urlopen urllib.urlretrieve urllib.URLopener aiohttp.ClientSession aiohttp.request
		asyncio.open_connection asyncio.start_server asyncio.streams.open_connection asyncio.streams.start_server
		torch.utils.model_zoo.load_url pandas.io.common.urlopen asyncore.dispatcher keras.utils.get_file keras.src.utils.file_utils.get_file
		huggingface_hub.hf_hub_download huggingface_hub.snapshot_download`,
	importsCode: `werkzeug.utils.import_string werkzeug.utils.find_modules traitlets.import_item scrapy.utils.misc.load_object importlib_metadata.EntryPoint.load
		entrypoints.EntryPoint.load dask.utils.import_required distributed.utils.import_file distributed.utils.import_term mmcv.utils.import_modules_from_strings
		builtins.__import__ builtins.reload pkgutil.resolve_name pkgutil.find_loader pkgutil.get_loader pkgutil.walk_packages
		pkgutil.ImpImporter hydra.utils.instantiate hydra.utils.call hydra.utils.get_class hydra.utils.get_method hydra.utils.get_object
		hydra._internal.instantiate._instantiate2.instantiate hydra._internal.utils._locate
		transformers.dynamic_module_utils.get_class_from_dynamic_module transformers.dynamic_module_utils.get_class_in_module
		unittest.mock._importer spacy.util.import_file thinc.util.import_file`,
	nativeCode: `torch.ops.load_library torch._ops._Ops.load_library torch._ops._OpNamespace torch.classes.load_library
		tensorflow.load_library tensorflow.load_op_library`,
	otherPickle: `torch.export.load transformers.pipeline transformers.pipelines.pipeline gensim.utils.SaveLoad.load spacy.load spacy.util.load_model
		keras.saving.load_model keras.saving.deserialize_keras_object keras.src.saving.serialization_lib.deserialize_keras_object
		keras.utils.deserialize_keras_object keras.layers.deserialize keras.src.layers.deserialize keras.layers.Lambda.from_config
		keras.src.layers.core.lambda_layer.Lambda.from_config keras.models.model_from_json keras.src.models.model.model_from_json
		tensorflow.keras.models.model_from_json tensorflow.saved_model.load tensorflow.python.saved_model.load.load
		pickle.load pickle.loads pickle.Unpickler pickle._load pickle._loads pickle._Unpickler dill.load dill.loads dill._dill.load dill._dill.loads
		dill._dill.Unpickler dill.load_session dill.load_module dill._dill.load_session dill.session.load_module dill.session.load_session
		joblib.load joblib.numpy_pickle.load joblib.numpy_pickle._unpickle joblib.numpy_pickle_compat.load_compatibility joblib.numpy_pickle.load_temporary_memmap
		sklearn.externals.joblib.load sklearn.externals.joblib.numpy_pickle.load
		torch.load torch.serialization.load torch.serialization._load torch.serialization._legacy_load torch.jit.load torch.jit._serialization.load
		torch._C.import_ir_module torch._C.import_ir_module_from_buffer torch.utils.data.datapipes.utils.decoder.basichandlers
		numpy.load numpy.lib.npyio.load numpy.lib._npyio_impl.load numpy.lib.format.read_array numpy.lib.npyio.NpzFile pandas.read_pickle
		pandas.io.pickle.read_pickle pandas.compat.pickle_compat.load pandas.compat.pickle_compat.Unpickler pandas.compat.pickle_compat.loads
		skops.io.load skops.io._persist.load jsonpickle.decode jsonpickle.unpickler.decode yaml.load yaml.unsafe_load yaml.full_load
		yaml.load_all yaml.unsafe_load_all multiprocessing.reduction.ForkingPickler.loads multiprocessing.managers.BaseManager
		tensorflow.keras.models.load_model keras.models.load_model keras.src.saving.saving_api.load_model
		statsmodels.iolib.smpickle.load_pickle mlflow.pyfunc.load_model mlflow.sklearn.load_model gensim.utils.unpickle`,
	process: `multiprocessing.managers.SyncManager multiprocessing.managers.SharedMemoryManager multiprocessing.Process multiprocessing.Pool multiprocessing.context.Process multiprocessing.context.ForkProcess
		multiprocessing.context.SpawnProcess multiprocessing.context.ForkServerProcess
		torch.multiprocessing.Process torch.multiprocessing.start_processes threading.Thread threading.Timer
		threading._start_new_thread threading.start_new_thread threading._start_joinable_thread threading.start_new sched.scheduler
		concurrent.futures.thread.ThreadPoolExecutor`,
	interpreter: `copyreg.add_extension copyreg.pickle copyreg.constructor string.Formatter.get_field string.Formatter.format string.Formatter.vformat
		string.Formatter().get_field string.Formatter().format string.Formatter().vformat _string.formatter_field_name_split
		keras.config.enable_unsafe_deserialization keras.src.saving.serialization_lib.enable_unsafe_deserialization
		builtins.globals builtins.locals builtins.vars builtins.exit builtins.quit
		builtins.__build_class__ operator.setitem operator.delitem signal.signal signal.raise_signal signal.pthread_kill signal.alarm
		resource.setrlimit threading.interrupt_main threading.settrace threading.setprofile`,
	builds: `types.FunctionType types.LambdaType new.function new.code keras.utils.func_load keras.utils.generic_utils.func_load
		keras.src.utils.python_utils.func_load tensorflow.python.keras.utils.generic_utils.func_load`,
})

// harmless tells the building blocks of data and models, by name or as the classes and
// reconstructors of packages that hold little else.
func harmless(name string) bool {
	if harmlessNames[name] || harmlessParts[name] {
		return true
	}
	module, last := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		module, last = name[:i], name[i+1:]
	}
	for outer := module; outer != ""; {
		switch harmlessModules[outer] {
		case all:
			return true
		case classes:
			return isClass(last) || isReconstructor(last)
		}
		i := strings.LastIndexByte(outer, '.')
		if i < 0 {
			break
		}
		outer = outer[:i]
	}
	return strings.HasPrefix(module, "__torch__") // classes of TorchScript, which is no Python
}

// share says how much of a module is harmless.
type share uint8

const (
	classes share = iota + 1 // classes and reconstructors
	all
)

// harmlessModules are packages of data and models, with those below them.
var harmlessModules = sharesOf(`numpy pandas sklearn torch torchvision torchaudio torchtext torch_geometric torchmetrics timm joblib xgboost lightgbm
	catboost imblearn category_encoders statsmodels spacy thinc srsly gensim transformers tokenizers sentence_transformers accelerate peft
	diffusers safetensors omegaconf pytorch_lightning lightning lightning_fabric lightning_utilities deepspeed keras tensorflow tf_keras jax jaxlib
	flax optax chex ml_dtypes fastai fastcore ultralytics nltk prophet pmdarima skopt optuna umap hdbscan pynndescent
	feature_engine mlxtend sktime tslearn shap lime river networkx sympy numba dask pyarrow polars datasets evaluate flair allennlp stable_baselines3 gym gymnasium
	monai nemo speechbrain pyannote apex bitsandbytes collections enum copyreg typing dataclasses ipaddress
	abc numbers builtins asyncio.exceptions requests.structures requests.cookies http.cookiejar http.cookies multiprocessing.managers scipy`,
	`scipy.special scipy.stats scipy.linalg scipy.spatial scipy.sparse scipy.interpolate scipy.optimize scipy.integrate scipy.signal scipy.fft
	scipy.ndimage scipy.cluster scipy.constants scipy._lib._ccallback datetime decimal fractions zoneinfo pytz dateutil.tz numpy.core numpy._core numpy.random numpy.ma numpy.matrixlib numpy.polynomial
	numpy.dtypes numpy.rec pandas._libs sklearn.externals._packaging array`)

func sharesOf(some, whole string) map[string]share {
	table := map[string]share{}
	for name := range strings.FieldsSeq(some) {
		table[name] = classes
	}
	for name := range strings.FieldsSeq(whole) {
		table[name] = all
	}
	return table
}

// isClass tells a class by the capital its name begins with.
func isClass(name string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(name, "_"))
	return unicode.IsUpper(r) && !strings.Contains(name, "()")
}

// isReconstructor tells the functions that packages write into their pickles to rebuild an
// object, by the words of their names.
func isReconstructor(name string) bool {
	if !strings.HasPrefix(name, "_") && name != "newObj" {
		return false
	}
	for _, word := range []string{"unpickle", "reconstruct", "rebuild", "ctor", "_new", "newObj", "restore", "_create_from", "_make"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "newObj"
}

var harmlessNames = nameSet(`
	builtins.set builtins.frozenset builtins.list builtins.dict builtins.tuple builtins.int builtins.long builtins.float builtins.complex
	builtins.bool builtins.str builtins.unicode builtins.basestring builtins.bytes builtins.bytearray builtins.slice builtins.range builtins.xrange
	builtins.object builtins.type builtins.property builtins.staticmethod builtins.classmethod builtins.super builtins.enumerate builtins.zip
	builtins.map builtins.filter builtins.reversed builtins.iter builtins.memoryview builtins.buffer builtins.Ellipsis builtins.NotImplemented
	builtins.NoneType builtins.getattr builtins.len builtins.sum builtins.min builtins.max builtins.abs builtins.round builtins.sorted builtins.any
	builtins.all builtins.chr builtins.ord builtins.hash builtins.id builtins.isinstance builtins.BaseException builtins.Exception
	collections.OrderedDict collections.defaultdict collections.deque collections.Counter collections.ChainMap collections.UserDict collections.UserList
	copyreg._reconstructor copyreg.__newobj__ copyreg.__newobj_ex__ functools.partial functools.partialmethod functools.reduce
	operator.itemgetter operator.attrgetter operator.methodcaller operator.getitem operator.add operator.mul
	types.SimpleNamespace types.MappingProxyType types.GenericAlias types.UnionType types.NoneType types.EllipsisType argparse.Namespace codecs.encode
	uuid.UUID uuid.SafeUUID re._compile re.compile re.RegexFlag random.Random time.struct_time io.BytesIO io.StringIO logging.getLogger
	pathlib.Path pathlib.PosixPath pathlib.WindowsPath pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib._local.PosixPath
	pathlib._local.WindowsPath pathlib._local.Path pathlib._local.PurePosixPath pathlib._local.PureWindowsPath
	itertools.count itertools.chain itertools.cycle itertools.repeat itertools.islice
	numpy.dtype numpy.ndarray numpy.matrix numpy.recarray numpy.record numpy.memmap numpy.bool numpy.bool_ numpy.int8 numpy.int16 numpy.int32 numpy.int64
	numpy.uint8 numpy.uint16 numpy.uint32 numpy.uint64 numpy.float16 numpy.float32 numpy.float64 numpy.float128 numpy.longdouble numpy.complex64
	numpy.complex128 numpy.str_ numpy.bytes_ numpy.object_ numpy.void numpy.datetime64 numpy.timedelta64 numpy.intp numpy.poly1d numpy.int_ numpy.float_
	torch.device torch.dtype torch.layout torch.memory_format torch.qscheme torch.storage._load_from_bytes torch.serialization._get_layout
	torch._utils._set_obj_state torch.distributions.constraints._dependent torch.nn.parameter.Parameter torch.finfo torch.iinfo torch.jit._pickle.build_intlist
	torch.jit._pickle.build_tensorlist torch.jit._pickle.build_doublelist torch.jit._pickle.build_boollist torch.jit._pickle.build_tensor_from_id
	torch.jit._pickle.restore_type_tag torch.tensor torch.as_tensor torch.from_numpy
	srsly.msgpack_loads spacy.vocab.unpickle_vocab spacy.vocab.pickle_vocab spacy.tokens.doc.unpickle_doc spacy.tokens.doc.pickle_doc
	spacy.tokens.span_group.unpickle_span_group
	thinc.model.unpickle_model spacy.strings.unpickle_stringstore spacy.strings.pickle_stringstore spacy.language.unpickle_language spacy.lexeme.unpickle_lexeme
	joblib.numpy_pickle.NumpyArrayWrapper joblib.numpy_pickle_compat.NDArrayWrapper joblib.numpy_pickle_compat.ZNDArrayWrapper
 pyarrow.lib.py_buffer datasets.table.Table dask.utils.SerializableLock xgboost.core.Booster`)

// byReason turns lists of names into a table from the name to what follows from calling it.
func byReason(lists map[string]string) map[string]string {
	table := map[string]string{}
	for why, names := range lists {
		for name := range strings.FieldsSeq(names) {
			table[name] = why
		}
	}
	return table
}

func nameSet(names string) map[string]bool {
	s := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		s[name] = true
	}
	return s
}
