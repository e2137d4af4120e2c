package robustness

import (
	"path"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the checks of what a service gives away of its model.

// loaders tells by the name of a function that loads a model which argument is the path.
var loaders = map[string]checks.At{
	"torch.load": {Pos: 0, Name: "f"}, "torch.jit.load": {Pos: 0, Name: "f"},
	"safetensors.torch.load_file": {Pos: 0, Name: "filename"}, "safetensors.numpy.load_file": {Pos: 0, Name: "filename"},
	"safetensors.tensorflow.load_file": {Pos: 0, Name: "filename"}, "safetensors.flax.load_file": {Pos: 0, Name: "filename"},
	"keras.models.load_model": {Pos: 0, Name: "filepath"}, "keras.saving.load_model": {Pos: 0, Name: "filepath"},
	"joblib.load": {Pos: 0, Name: "filename"}, "pickle.load": {Pos: 0, Name: "file"}, "dill.load": {Pos: 0, Name: "file"},
	"onnxruntime.InferenceSession": {Pos: 0, Name: "path_or_bytes"}, "tensorflow.saved_model.load": {Pos: 0, Name: "export_dir"}, "ultralytics.YOLO": {Pos: 0, Name: "model"},
}

var loaderNames = func() []string {
	var out []string
	for name := range loaders {
		out = append(out, name)
	}
	return out
}()

var servers = []string{
	"{starlette.staticfiles,fastapi.staticfiles}.StaticFiles", "flask.{Flask,Blueprint}", "aiohttp.web.{static,Application().router.add_static}",
	"sanic.{Sanic,Blueprint}().static", "gradio.{Blocks,Interface,ChatInterface,TabbedInterface}().launch", "gradio.{set_static_paths,mount_gradio_app}", "flask.send_from_directory",
}

// weightsServed is PML1408.
var weightsServed = &checks.Rule{
	Spec:  infoPML1408,
	On:    loaderNames,
	Knows: servers,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a, in := weightsOf(c)
		if a == nil || in == nil {
			return
		}
		text, ok := pathOf(a.Value)
		beside := false
		if !ok && a.Node != nil {
			text, beside = besideModule(in, a.Node, 0)
			text, ok = strings.TrimPrefix(text, above), beside
		}
		if !ok || text == "" {
			return
		}
		dir, ok := servedFolder(c, text)
		if !ok {
			return
		}
		m := p.Project.Module(in.Module())
		if m == nil || a.Node == nil || a.Unpacked {
			p.Report(checks.Report{Node: c.Node})
			return
		}
		there := &checks.Pass{Module: m, Project: p.Project}
		if beside {
			p.Report(checks.Report{Node: a.Node, In: m, Fix: moveBeside(there, a.Node, dir)})
			return
		}
		p.Report(checks.Report{Node: a.Node, In: m, Fix: moveAway(there, a, in, text, dir)})
	},
}

// besideModule is the path, within the project, of what is written relative to the place of the
// module: `Path(__file__).parent / "static"`, `os.path.join(os.path.dirname(__file__), "a.pt")`.
func besideModule(f *checks.Frame, n ast.Node, depth int) (string, bool) {
	e, ok := n.(ast.Expr)
	if !ok || depth > 8 {
		return "", false
	}
	switch e := e.(type) {
	case *ast.Name:
		if e.Id == "__file__" {
			return above + f.Module().Path, true
		}
		return besideSpelled(f, e, depth)
	case *ast.Attribute:
		if e.Attr.Id == "parent" {
			return parentOf(f, e.Value, 1, depth)
		}
		return besideSpelled(f, e, depth)
	case *ast.Subscript:
		up, ok := e.Value.(*ast.Attribute)
		if n, known := f.ValueOf(e.Index).Number(); ok && known && up.Attr.Id == "parents" && n >= 0 && n < 8 {
			return parentOf(f, up.Value, int(n)+1, depth)
		}
	case *ast.BinOp:
		if e.Op == "/" {
			return besideJoined(f, e.Left, []ast.Expr{e.Right}, depth)
		}
	case *ast.Call:
		name := checks.LastName(e.Fn)
		if c := f.CallAt(e); c != nil && c.Receiver.Origin() == nil && c.Symbol != nil {
			name = lastPart(c.Symbol.String())
		}
		switch name {
		case "Path", "PurePath", "abspath", "realpath", "str", "fspath", "normpath":
			if len(e.Args) == 1 {
				return besideModule(f, e.Args[0], depth+1)
			}
		case "resolve", "absolute", "as_posix":
			if a, ok := e.Fn.(*ast.Attribute); ok {
				return besideModule(f, a.Value, depth+1)
			}
		case "dirname":
			if len(e.Args) == 1 {
				return parentOf(f, e.Args[0], 1, depth)
			}
		case "join":
			if len(e.Args) > 1 {
				return besideJoined(f, e.Args[0], e.Args[1:], depth)
			}
		case "joinpath":
			if a, ok := e.Fn.(*ast.Attribute); ok {
				return besideJoined(f, a.Value, e.Args, depth)
			}
		}
	}
	return "", false
}

func parentOf(f *checks.Frame, e ast.Expr, levels, depth int) (string, bool) {
	at, ok := besideModule(f, e, depth+1)
	for range levels {
		at = path.Dir(at)
	}
	return at, ok
}

func besideJoined(f *checks.Frame, base ast.Expr, parts []ast.Expr, depth int) (string, bool) {
	at, ok := besideModule(f, base, depth+1)
	if !ok {
		return "", false
	}
	for _, part := range parts {
		text, ok := spelledText(f, part)
		if !ok {
			return "", false
		}
		at = path.Join(at, text)
	}
	return at, true
}

// spelledText is the constant text that an expression stands for.
func spelledText(f *checks.Frame, e ast.Expr) (string, bool) {
	for _, at := range f.SpelledOut(e) {
		if s, ok := at.Expr.(*ast.Str); ok {
			return s.Value, true
		}
		if t, ok := at.Frame.ValueOf(at.Expr).Text(); ok {
			return t, true
		}
	}
	return "", false
}

// besideSpelled is besideModule for what a name or an attribute stands for.
func besideSpelled(f *checks.Frame, e ast.Expr, depth int) (string, bool) {
	list := f.SpelledOut(e)
	if len(list) > maxSpelled { // what is handed in from everywhere is no place beside a module
		return "", false
	}
	for _, at := range list {
		switch x := at.Expr.(type) {
		case *ast.Name: // SpelledOut has followed it
			if x.Id != "__file__" {
				continue
			}
		case *ast.Attribute:
			if x.Attr.Id != "parent" {
				continue
			}
		}
		if text, ok := besideModule(at.Frame, at.Expr, depth+1); ok {
			return text, true
		}
	}
	return "", false
}

// maxSpelled bounds the expressions that a name may stand for.
const maxSpelled = 16

// above stands for the folders above the project's, to which a path may go up.
const above = "/1/2/3/4/5/"

// moveBeside puts another folder in the place of a served one, where the path names it right there.
func moveBeside(p *checks.Pass, n ast.Node, dir string) *fix.Fix {
	last := path.Base(dir)
	var found *ast.Str
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok && found == nil && (s.Value == last || strings.HasPrefix(s.Value, last+"/")) {
			found = s
		}
		return found == nil
	})
	if found == nil {
		return nil
	}
	return checks.Fix(true, movedMessage, fix.ReplaceInString(p.File, found, last, "private_models"))
}

// weightsOf returns the argument that names the file a model is loaded from, in the call or in
// the open() whose file it reads, and the frame of that.
func weightsOf(c *checks.Call) (*checks.Argument, *checks.Frame) {
	for name, at := range loaders {
		if !c.Symbol.Is(name) {
			continue
		}
		a := c.Arg(at.Pos, at.Name)
		if a == nil {
			return nil, nil
		}
		if _, constant := pathOf(a.Value); constant || a.Node == nil {
			return a, c.Frame
		}
		for in := range c.Frame.StandsFor(a.Node) {
			if in.Call == nil || len(in.Steps) > 0 {
				continue
			}
			switch checks.CalledName(in.Call) {
			case "open":
				if f := in.Call.Arg(0, "file"); f != nil {
					return f, in.Frame
				}
				if in.Call.Receiver != nil { // Path(…).open()
					if o := in.Call.Receiver.Origin(); o != nil && len(o.Args) == 1 {
						return &o.Args[0], o.Frame
					}
				}
			}
		}
		return a, c.Frame
	}
	return nil, nil
}

// pathOf is the constant path that a value is, cleaned.
func pathOf(v *checks.Value) (string, bool) {
	t, ok := v.PathText().Text()
	if !ok {
		if t, ok = v.Text(); !ok {
			return "", false
		}
	}
	if strings.Contains(t, "://") {
		return "", false
	}
	return path.Clean(strings.ReplaceAll(t, "\\", "/")), true
}

// inFolder reports whether a file lies below a folder.
func inFolder(file, dir string) bool {
	if dir == "." {
		return !path.IsAbs(file) && !strings.HasPrefix(file, "../")
	}
	return strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// servedFolder returns the folder that the program serves and in which a file lies, as it is
// written in front of the file's path.
func servedFolder(at *checks.Call, file string) (string, bool) {
	for _, f := range at.Frame.Everywhere() {
		for _, c := range f.Calls {
			for _, dir := range foldersOf(c) {
				if inFolder(file, dir) {
					return dir, true
				}
			}
		}
	}
	return "", false
}

// foldersOf lists the constant folders that a call serves.
func foldersOf(c *checks.Call) []string {
	one := func(pos int, name string) []string {
		if a := c.Arg(pos, name); a != nil {
			t, ok := pathOf(a.Value)
			if !ok && a.Node != nil {
				t, ok = besideModule(c.Frame, a.Node, 0)
				t = strings.TrimPrefix(t, above)
			}
			if ok {
				return []string{t}
			}
		}
		return nil
	}
	list := func(pos int, name string) []string {
		var out []string
		if a := c.Arg(pos, name); a != nil {
			items, _, _ := c.Items(a.Value)
			for _, it := range items {
				if t, ok := pathOf(it.Value); ok {
					out = append(out, t)
				}
			}
		}
		return out
	}
	switch symbol := c.Symbol.String(); {
	case c.Symbol.Is("starlette.staticfiles.StaticFiles", "fastapi.staticfiles.StaticFiles"):
		return one(0, "directory")
	case c.Symbol.Is("flask.Flask", "flask.Blueprint"):
		pos, dirs := 2, []string(nil)
		if c.Symbol.Is("flask.Flask") {
			dirs = []string{"static"}
		}
		if a := c.Arg(pos, "static_folder"); a != nil {
			dirs = one(pos, "static_folder")
		}
		// The folder lies beside the module; programs are started there or at the top.
		if at := path.Dir(c.Frame.Module().Path); at != "." && !path.IsAbs(at) {
			for _, d := range dirs {
				dirs = append(dirs, path.Join(at, d))
			}
		}
		return dirs
	case c.Symbol.Is("aiohttp.web.static", "aiohttp.web.Application().router.add_static"):
		return one(1, "path")
	case c.Symbol.Is("sanic.Sanic().static", "sanic.Blueprint().static"):
		return one(1, "file_or_directory")
	case strings.HasPrefix(symbol, "gradio.") && strings.HasSuffix(symbol, ".launch"):
		return list(-1, "allowed_paths")
	case c.Symbol.Is("gradio.mount_gradio_app"):
		return list(-1, "allowed_paths")
	case c.Symbol.Is("gradio.set_static_paths"):
		return append(list(0, "paths"), one(0, "paths")...)
	case c.Symbol.Is("flask.send_from_directory"):
		if chosenByCaller(c) {
			return one(0, "directory")
		}
	}
	return nil
}

// chosenByCaller reports whether send_from_directory sends what the route names, without a test
// of the name.
func chosenByCaller(c *checks.Call) bool {
	name := c.Arg(1, "path")
	if name == nil {
		name = c.Arg(1, "filename")
	}
	if name == nil || name.Node == nil {
		return false
	}
	param := ""
	if !is(c.Frame, name.Node, func(in flow.Ingredient) bool {
		if in.Param == nil || isSelf(in) {
			return false
		}
		param = in.Param.Name.Id
		return true
	}) {
		return false
	}
	tested := false
	c.Frame.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			tested = tested || checks.UsesName(n.Test, param)
		case *ast.IfExp:
			tested = tested || checks.UsesName(n.Test, param)
		case *ast.Assert:
			tested = tested || checks.UsesName(n.Test, param)
		}
		return !tested
	})
	return !tested
}

const movedMessage = "keep the weights in a folder that is not served, and move the file there"

// moveAway puts another folder in front of the path.
func moveAway(p *checks.Pass, a *checks.Argument, in *checks.Frame, file, dir string) *fix.Fix {
	if dir == "." {
		return nil
	}
	moved := "private_models/" + strings.TrimPrefix(file, strings.TrimSuffix(dir, "/")+"/")
	if lit, m := a.Value.Literal(); lit != nil && m == in.Module() {
		if s, ok := lit.(*ast.Str); ok {
			if path.Clean(s.Value) == file {
				return checks.Fix(true, movedMessage, checks.Replace(p, s, strconv.Quote(moved)))
			}
			for _, front := range []string{dir, "./" + dir} {
				if s.Value == front || strings.HasPrefix(s.Value, front+"/") {
					if edits := fix.ReplaceInString(p.File, s, front, "private_models"); len(edits) > 0 {
						return checks.Fix(true, movedMessage, edits)
					}
				}
			}
		}
	}
	return checks.Fix(true, movedMessage, checks.Replace(p, a.Node, strconv.Quote(moved)))
}
