package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// bytesOf says how a fix can get at the bytes that a call loads.
type bytesOf struct {
	// Expr is Python text whose value is the bytes.
	Expr string
	// First is a statement that has to run before, and Edits make the load use what it read.
	First string
	Edits []fix.Edit
	// Imports are what both take.
	Imports []fix.Edit
	// constant is the statement that gives the expected digest where it stands right before the test.
	constant string
}

// compareDigest refuses, before the statement of a load, bytes whose digest is not the
// constant's value. The constant is empty: the file is refused until its digest is filled
// in.
func compareDigest(p *checks.Pass, at ast.Node, data *bytesOf, constant string) *fix.Fix {
	if data == nil {
		return nil
	}
	sha, imports := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.InSection)
	expected := fix.AddConstant(p.File, constant+` = ""`, fix.Spaced)
	if len(expected) > 0 && expected[0].Start > int(at.Pos()) && inModuleBody(p, at) {
		// The load stands among the imports, above where the constant would go.
		sha, imports = fix.ReachFrom(p.File, at.Pos(), "hashlib.sha256", "import hashlib", fix.InOrder)
		expected, data.constant = nil, constant+` = ""`
	}
	digest := sha + "(" + data.Expr + ").hexdigest()"
	guard := refuseUnless(p, at, data, digest+" == "+constant, digest+" != "+constant, "digest mismatch")
	if guard == nil {
		return nil
	}
	return checks.Fix(true, "load only what has the expected digest", guard, data.Edits, fix.JoinImports(imports, data.Imports), expected)
}

// inModuleBody reports whether a node runs when the module is imported.
func inModuleBody(p *checks.Pass, at ast.Node) bool {
	for _, n := range p.Around(at) {
		if _, ok := n.(*ast.FunctionDef); ok {
			return false
		}
	}
	return true
}

// refuseUnless raises before the statement of a node unless a condition on the bytes holds,
// which is given as it is and the other way around. Where the bytes are an item of a
// comprehension, items for which it does not hold are left out.
func refuseUnless(p *checks.Pass, at ast.Node, data *bytesOf, good, bad, why string) []fix.Edit {
	lines := []string{"if " + bad + ":", `    raise ValueError("` + why + `")`}
	if data.First != "" {
		lines = append([]string{data.First}, lines...)
	}
	if data.constant != "" {
		lines = append([]string{data.constant}, lines...)
	}
	if !p.Holds(at) { // a line of a notebook that is none of Python
		return checks.AboveLine(p.Module, at, lines)
	}
	around := p.Around(at)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Lambda:
			return nil
		case *ast.Comp:
			if !bindsNameOf(n, data.Expr+" "+data.First) {
				continue
			}
			last := n.Clauses[len(n.Clauses)-1]
			if data.First != "" || !isElement(n, at) {
				return nil
			}
			return []fix.Edit{{Start: int(last.End), End: int(last.End), New: " if " + good}}
		case ast.Stmt:
			return fix.InsertBefore(p.File, n, lines...)
		}
	}
	return nil
}

// isElement reports whether a node is part of what a comprehension collects.
func isElement(c *ast.Comp, n ast.Node) bool {
	return c.Elt != nil && c.Elt.Range().Contains(n.Range()) || c.Key != nil && c.Key.Range().Contains(n.Range())
}

// bindsNameOf reports whether a comprehension binds a name that stands in an expression's
// text.
func bindsNameOf(c *ast.Comp, text string) bool {
	found := false
	words := strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r < 0x80
	})
	for _, clause := range c.Clauses {
		ast.Inspect(clause.Target, func(n ast.Node) bool {
			if name, ok := n.(*ast.Name); ok {
				for _, w := range words {
					found = found || w == name.Id
				}
			}
			return !found
		})
	}
	return found
}

// loadedBytes finds the bytes that an unpickling call loads.
func loadedBytes(p *checks.Pass, c *checks.Call) *bytesOf {
	if c.Symbol.Is(checks.UnpickleBytes...) {
		return givenBytes(p, checks.LoadedArg(c))
	}
	a := checks.LoadedArg(c)
	if a == nil && c.Receiver != nil { // Unpickler(f).load()
		if o := c.Receiver.Origin(); o != nil && o.Frame == c.Frame {
			a = checks.LoadedArg(o)
		}
	}
	if a == nil || a.Node == nil || !p.Holds(a.Node) {
		return nil
	}
	if b := fileBytes(p, c, a); b != nil {
		return b
	}
	if c.Symbol.Is(checks.UnpicklePath...) && !isStream(a.Value) {
		return pathBytes(p, a.Node)
	}
	return readFirst(p, c, a)
}

// givenBytes are the bytes that an argument gives: itself where reading it twice is harmless,
// else what a statement before has read.
func givenBytes(p *checks.Pass, a *checks.Argument) *bytesOf {
	if a == nil || a.Node == nil || a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	if repeatable(a.Node) {
		return &bytesOf{Expr: p.File.Text(a.Node)}
	}
	name := freeName(p, a.Node)
	return &bytesOf{Expr: name, First: name + " = " + oneLine(p, a.Node), Edits: checks.Replace(p, a.Node, name)}
}

// fileBytes are the bytes of an open file or buffer whose making is in sight: the file is
// opened once more for the digest, a buffer tells its value.
func fileBytes(p *checks.Pass, c *checks.Call, a *checks.Argument) *bytesOf {
	o := a.Value.Origin()
	if o == nil || o.Frame != c.Frame || !p.Holds(o.Node) {
		return nil
	}
	switch {
	case a.Value.Is("io.BytesIO()"):
		given := o.Arg(0, "initial_bytes")
		if given == nil {
			if _, ok := a.Node.(*ast.Name); !ok {
				return nil
			}
			return &bytesOf{Expr: p.File.Text(a.Node) + ".getvalue()"}
		}
		return givenBytes(p, given)
	case o.Method == "open" && o.Receiver.Is("pathlib.PurePath()"):
		if fn, ok := o.Node.Fn.(*ast.Attribute); ok && repeatable(fn.Value) {
			return &bytesOf{Expr: p.File.Text(fn.Value) + ".read_bytes()"}
		}
	case o.Symbol.Is("builtins.open", "io.open", "gzip.open", "bz2.open", "lzma.open", "gzip.GzipFile"):
		for _, name := range [...]string{"file", "filename"} {
			if f := o.Arg(0, name); f != nil && f.Node != nil {
				return pathBytes(p, f.Node)
			}
		}
	}
	return nil
}

// pathBytes reads the file of a path.
func pathBytes(p *checks.Pass, path ast.Expr) *bytesOf {
	if !p.Holds(path) {
		return nil
	}
	if !repeatable(path) {
		name := freeName(p, path)
		b := contentOf(p, name)
		b.First, b.Edits = name+" = "+oneLine(p, path), checks.Replace(p, path, name)
		return b
	}
	return contentOf(p, p.File.Text(path))
}

// contentOf reads the file of a path's text; where open is something else in this file, by
// pathlib.
func contentOf(p *checks.Pass, path string) *bytesOf {
	if !p.Imports("open") && !p.Defines("open") {
		return &bytesOf{Expr: "open(" + path + `, "rb").read()`}
	}
	spelling, imports := fix.Reach(p.File, "pathlib.Path", "from pathlib import Path", fix.InSection)
	return &bytesOf{Expr: spelling + "(" + path + ").read_bytes()", Imports: imports}
}

// readFirst reads a stream into a variable before it is loaded.
func readFirst(p *checks.Pass, c *checks.Call, a *checks.Argument) *bytesOf {
	name := freeName(p, a.Node)
	b := &bytesOf{Expr: name, First: name + " = " + oneLine(p, a.Node) + ".read()"}
	if fn, ok := c.Node.Fn.(*ast.Attribute); ok && fn.Attr.Id == "load" && c.Symbol.Is(checks.UnpickleFile...) && c.Method == "load" && !strings.HasSuffix(c.Symbol.String(), "()") && c.Receiver.Origin() == nil {
		b.Edits = append(checks.Replace(p, fn.Attr, "loads"), checks.Replace(p, a.Node, name)...)
		return b
	}
	buffer, imports := fix.Reach(p.File, "io.BytesIO", "import io", fix.InSection)
	b.Edits, b.Imports = checks.Replace(p, a.Node, buffer+"("+name+")"), imports
	return b
}

// isStream reports whether a value is read and not opened by its name.
func isStream(v *checks.Value) bool {
	return v.Is(streams...) || v.Is("http.client.HTTPResponse()", "requests.Response().raw", "urllib.request.urlopen()", "zipfile.ZipFile().open()", "tarfile.TarFile().extractfile()")
}

// repeatable reports whether an expression can be evaluated twice: it calls nothing but what
// joins paths.
func repeatable(e ast.Expr) bool {
	ok := true
	if _, name := e.(*ast.Name); name {
		return true
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			name := ""
			switch fn := n.Fn.(type) {
			case *ast.Name:
				name = fn.Id
			case *ast.Attribute:
				name = fn.Attr.Id
			}
			switch name {
			case "join", "Path", "str", "fspath", "joinpath", "with_suffix", "getvalue", "getbuffer", "bytes", "expanduser", "abspath":
			default:
				ok = false
			}
		case *ast.Await, *ast.Yield, *ast.NamedExpr, *ast.Comp:
			ok = false
		}
		return ok
	})
	return ok
}

// oneLine is the text of an expression with its line breaks folded.
func oneLine(p *checks.Pass, e ast.Expr) string {
	text := p.File.Text(e)
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	return "(" + text + ")"
}

// freeName is a name for bytes that the code around a node does not use.
func freeName(p *checks.Pass, at ast.Node) string {
	used := map[string]bool{}
	note := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			used[n.Id] = true
		case *ast.Param:
			if n.Name != nil {
				used[n.Name.Id] = true
			}
		}
		return true
	}
	scope := false
	for _, n := range p.Around(at) {
		if fn, ok := n.(*ast.FunctionDef); ok {
			ast.Inspect(fn, note)
			scope = true
		}
	}
	if !scope {
		for _, s := range p.File.Body {
			ast.Inspect(s, note)
		}
	}
	for _, name := range [...]string{"data", "content", "payload", "loaded_bytes"} {
		if !used[name] {
			return name
		}
	}
	return "received_bytes"
}
