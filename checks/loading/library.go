package loading

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// openLibrary load a shared object whose name a caller may give, operatorLibrary those of
// TensorFlow, whose names have a check of their own.
var (
	openLibrary = []string{
		"ctypes.CDLL", "ctypes.PyDLL", "ctypes.WinDLL", "ctypes.OleDLL", "ctypes.cdll.LoadLibrary", "ctypes.windll.LoadLibrary", "ctypes.oledll.LoadLibrary", "ctypes.pydll.LoadLibrary",
		"numpy.ctypeslib.load_library", "cffi.FFI().dlopen", "cffi.api.FFI().dlopen", "sqlite3.Connection().load_extension",
	}
	operatorLibrary = []string{"tensorflow.load_op_library", "tensorflow.load_library"}
)

// nativeLibrary is PML6218.
var nativeLibrary = &checks.Rule{
	Spec: infoPML6218,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || !c.Symbol.Is(openLibrary...) && (m.Label != models.Web || !c.Symbol.Is(operatorLibrary...)) {
			return
		}
		if m.Label == models.Web && (checks.FromHub(m.Source()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call())) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: compareDigest(p, c.Node, libraryBytes(p, c, path), "LIBRARY_SHA256")})
	},
}

// libraryBytes reads the library that a call loads.
func libraryBytes(p *checks.Pass, c *checks.Call, path *checks.Path) *bytesOf {
	if c.Symbol.Is("numpy.ctypeslib.load_library") {
		name, folder := c.Arg(0, "libname"), c.Arg(1, "loader_path")
		if name == nil || folder == nil || !p.Holds(name.Node) || !p.Holds(folder.Node) || !repeatable(name.Node) || !repeatable(folder.Node) {
			return nil
		}
		join, imports := fix.Reach(p.File, "os.path.join", "import os", fix.InSection)
		b := contentOf(p, join+"("+p.File.Text(folder.Node)+", "+p.File.Text(name.Node)+")")
		b.Imports = append(b.Imports, imports...)
		return b
	}
	e, ok := path.Node.(ast.Expr)
	if !ok || !p.Holds(e) {
		return nil
	}
	return pathBytes(p, e)
}
