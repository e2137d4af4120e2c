package supplychain

import (
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// servedFolder is PML6303.
var servedFolder = &checks.Rule{
	Spec: infoPML6303,
	On: []string{
		"gradio.{Blocks,Interface,ChatInterface,TabbedInterface}().{launch,queue().launch}", "gradio.{mount_gradio_app,routes.mount_gradio_app}", "gradio.{set_static_paths,utils.set_static_paths}",
	},
	Knows: []string{
		"os.{getcwd,getcwdb}()", "os.path.{expanduser,dirname,abspath,realpath,normpath}()", "pathlib.{Path,PosixPath}.{home,cwd}()", "os.environ[]", "os.{getenv,environ.get}()",
		"pathlib.PurePath()",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(-1, "allowed_paths")
		if c.Symbol.Is("gradio.set_static_paths", "gradio.utils.set_static_paths") {
			a = c.Arg(0, "paths")
		}
		if a == nil || a.Node == nil {
			return
		}
		blocked := map[string]bool{}
		if b := c.Arg(-1, "blocked_paths"); b != nil {
			for _, e := range foldersOf(c, b) {
				blocked[e.folder] = true
			}
		}
		for _, e := range foldersOf(c, a) {
			if e.folder == "" || blocked[e.folder] {
				continue
			}
			in := p.Holder(e.node)
			if in == nil {
				continue
			}
			p.Report(checks.Report{Node: e.node, In: in, Fix: checks.Fix(true, "serve a folder that holds nothing else", p.InFile(in, checks.Replace(&checks.Pass{Module: in, Project: p.Project}, e.node, `"./public"`)))})
		}
	},
}

// served is an element of a list of folders: the wide folder that it is, "" for others.
type served struct {
	folder string
	node   ast.Expr
}

// foldersOf lists the elements of the folders that an argument names.
func foldersOf(c *checks.Call, a *checks.Argument) []served {
	var out []served
	for _, v := range given(c, a.Value) {
		if items, _, ok := c.Items(v); ok {
			for _, it := range items {
				if e, isExpr := it.Node.(ast.Expr); isExpr && it.Value != nil {
					out = append(out, served{wideFolder(c, e, it.Value), e})
				}
			}
			continue
		}
		if _, ok := v.Text(); ok { // a single one
			out = append(out, served{wideFolder(c, a.Node, v), a.Node})
		}
	}
	return out
}

// wideFolder is the root, home or own folder that a value is, in one spelling; "" for others.
func wideFolder(c *checks.Call, e ast.Expr, v *checks.Value) string {
	for _, g := range given(c, v) {
		if text, ok := g.PathText().Text(); ok {
			if folder := wideText(text); folder != "" {
				return folder
			}
		}
	}
	for _, s := range c.Frame.SpelledOut(e) {
		if folder := wideExpression(s.Frame, s.Expr, 0); folder != "" {
			return folder
		}
	}
	return ""
}

// wideText is the folder that a path names, if it is one that holds more than is to be served.
func wideText(text string) string {
	if len(text) >= 2 && len(text) <= 3 && text[1] == ':' && strings.Trim(text[2:], `\/`) == "" {
		return strings.ToUpper(text[:2])
	}
	text = strings.ReplaceAll(text, `\`, "/")
	if text == "" {
		return ""
	}
	clean := path.Clean(text)
	switch clean {
	case "/", ".", "..", "~", "/root", "/home", "/app", "/code", "/workspace", "/etc", "/proc", "/var", "/usr", "/opt", "/srv", "/mnt", "/Users":
		return clean
	}
	parts := strings.Split(clean, "/")
	switch {
	case strings.Trim(clean, "./") == "":
		return clean // ../..
	case len(parts) == 3 && parts[0] == "" && (parts[1] == "home" || parts[1] == "Users"):
		return clean
	}
	return ""
}

// wideExpression is the folder that an expression gives: the working directory, the home, or the one
// in which the program lies.
func wideExpression(f *checks.Frame, e ast.Expr, depth int) string {
	const deepest = 6
	if depth > deepest || e == nil {
		return ""
	}
	switch x := e.(type) {
	case *ast.Call:
		at, method := x.Fn.(*ast.Attribute)
		switch functionOf(f, x) {
		case "getcwd", "cwd":
			if len(x.Args) == 0 {
				return "."
			}
		case "home":
			if c := f.CallAt(x); len(x.Args) == 0 && method && (checks.LastName(at.Value) == "Path" || c != nil && c.Symbol.Under("pathlib")) {
				return "~"
			}
		case "expanduser":
			if len(x.Args) == 1 {
				return wideOf(f, x.Args[0], depth)
			}
			if len(x.Args) == 0 && method {
				return wideOf(f, at.Value, depth)
			}
		case "dirname":
			if len(x.Args) == 1 {
				if ownFile(f, x.Args[0], depth) {
					return "."
				}
				if wideExpression(f, x.Args[0], depth+1) == "." {
					return ".."
				}
			}
		case "abspath", "realpath", "normpath", "str", "fspath", "Path", "PurePath", "PosixPath":
			if len(x.Args) == 1 {
				return wideOf(f, x.Args[0], depth)
			}
		case "resolve", "absolute", "as_posix":
			if method && len(x.Args) == 0 {
				return wideOf(f, at.Value, depth)
			}
		}
	case *ast.Attribute:
		if x.Attr.Id == "parent" {
			if ownFile(f, x.Value, depth) {
				return "."
			}
			if wideExpression(f, x.Value, depth+1) == "." {
				return ".."
			}
		}
	case *ast.Subscript:
		if checks.LastName(x.Value) == "parents" {
			if at, ok := x.Value.(*ast.Attribute); ok && ownFile(f, at.Value, depth) {
				return "."
			}
		}
	case *ast.Str:
		return wideText(x.Value)
	}
	return ""
}

// functionOf is the last part of the name of what a call runs, under whatever name it was imported.
func functionOf(f *checks.Frame, c *ast.Call) string {
	if known := f.CallAt(c); known != nil {
		if name := calledName(known); name != "" {
			return name[strings.LastIndexByte(name, '.')+1:]
		}
	}
	return checks.LastName(c.Fn)
}

// wideOf is wideExpression by way of names.
func wideOf(f *checks.Frame, e ast.Expr, depth int) string {
	if folder := wideExpression(f, e, depth+1); folder != "" {
		return folder
	}
	switch e.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		return ""
	}
	for _, s := range f.SpelledOut(e) {
		if s.Expr != e {
			if folder := wideExpression(s.Frame, s.Expr, depth+1); folder != "" {
				return folder
			}
		}
	}
	return ""
}

// ownFile reports whether an expression is the path of the program's own file.
func ownFile(f *checks.Frame, e ast.Expr, depth int) bool {
	const deepest = 8
	if depth > deepest {
		return false
	}
	switch x := e.(type) {
	case *ast.Name:
		if x.Id == "__file__" {
			return true
		}
		for _, s := range f.SpelledOut(e) {
			if _, name := s.Expr.(*ast.Name); (!name || s.Expr != e) && ownFile(s.Frame, s.Expr, depth+2) {
				return true
			}
		}
	case *ast.Call:
		switch functionOf(f, x) {
		case "abspath", "realpath", "normpath", "Path", "PurePath", "PosixPath", "str":
			return len(x.Args) == 1 && ownFile(f, x.Args[0], depth+1)
		case "resolve", "absolute":
			at, method := x.Fn.(*ast.Attribute)
			return method && ownFile(f, at.Value, depth+1)
		}
	}
	return false
}
