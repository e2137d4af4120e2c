package serialization

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the gates that fixes put in front of a load: the model must be one that the
// application knows, by its digest or by its name.

// content says how an argument holds a model.
type content uint8

const (
	pathOrFile content = iota
	inBytes
	inText
)

// digestGate lets only models through whose digest is known. Model is the expression that
// holds the model.
func digestGate(p *checks.Pass, model ast.Node, v *checks.Value, how content) *fix.Fix {
	return gateAt(p, p.StmtOf(model), model, v, how)
}

// gateAt is digestGate in front of a later statement.
func gateAt(p *checks.Pass, stmt ast.Stmt, model ast.Node, v *checks.Value, how content) *fix.Fix {
	e, ok := model.(ast.Expr)
	if !ok || stmt == nil || boundWithin(p, stmt, e) {
		return nil
	}
	g := gate{p: p, stmt: stmt}
	data, again := g.data(e, v, how)
	if data == "" {
		return nil
	}
	sha, imports := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport)
	lines := append(g.before, "if "+sha+"("+data+").hexdigest() not in TRUSTED_MODEL_SHA256:", `    raise ValueError("model is not on the allow-list")`)
	return checks.Fix(true, "load known models only", imports, fix.AddConstant(p.File, "TRUSTED_MODEL_SHA256 = frozenset()", fix.Tight),
		fix.InsertBefore(p.File, stmt, append(lines, again...)...), g.edits)
}

// nameGate lets only names through that are in a set: `if NAME not in SET: raise …`. Around
// says how the name is tested: "str(", ")".
func nameGate(p *checks.Pass, name ast.Node, set, problem string, around ...string) *fix.Fix {
	e, ok := name.(ast.Expr)
	stmt := p.StmtOf(name)
	if !ok || stmt == nil || boundWithin(p, stmt, e) {
		return nil
	}
	g := gate{p: p, stmt: stmt}
	text := g.spell(e, "requested")
	if len(around) == 2 {
		text = around[0] + text + around[1]
	}
	lines := append(g.before, "if "+text+" not in "+set+":", `    raise ValueError("`+problem+`")`)
	return checks.Fix(true, "refuse what is not listed in "+set, fix.AddConstant(p.File, set+" = frozenset()", fix.Tight), fix.InsertBefore(p.File, stmt, lines...), g.edits)
}

// pathGate is nameGate for paths. A constant one names nothing: what an upload put there is
// judged by its digest, a folder not at all.
func pathGate(p *checks.Pass, path *checks.Path, set, problem string, around ...string) *fix.Fix {
	if _, constant := path.Value.PathText().Text(); !constant {
		return nameGate(p, path.Node, set, problem, around...)
	}
	if set == "TRUSTED_MODEL_DIRS" {
		return nil
	}
	return digestGate(p, path.Node, path.Value, pathOrFile)
}

// gate is a gate that is being written in front of a statement.
type gate struct {
	p      *checks.Pass
	stmt   ast.Stmt
	before []string
	edits  []fix.Edit
}

// spell is the text that names an expression's value again. What cannot be evaluated twice
// moves in front of the statement, under a name.
func (g *gate) spell(e ast.Expr, name string) string {
	text := g.p.File.Text(e)
	if repeatable(e) {
		return text
	}
	g.before = append(g.before, name+" = "+text)
	g.edits = append(g.edits, checks.Replace(g.p, e, name)...)
	return name
}

// data is the expression for the bytes of a model, and what must be done after reading them.
func (g *gate) data(e ast.Expr, v *checks.Value, how content) (data string, again []string) {
	if buffer := bufferOf(e, v); buffer != nil {
		return g.spell(buffer, "model_data"), nil
	}
	switch {
	case v.Is("io.BytesIO()"):
		return g.spell(e, "model_file") + ".getvalue()", nil
	case how == inBytes:
		return g.spell(e, "model_data"), nil
	case how == inText:
		return g.spell(e, "model_text") + ".encode()", nil
	case v.OpenFile():
		if c, ok := e.(*ast.Call); ok && pure(c) {
			return g.p.File.Text(e) + ".read()", nil
		}
		text := g.spell(e, "model_file")
		return text + ".read()", []string{text + ".seek(0)"}
	}
	return `open(` + g.spell(e, "model_path") + `, "rb").read()`, nil
}

// bufferOf is what an io.BytesIO is made of where it is made in the argument itself.
func bufferOf(e ast.Expr, v *checks.Value) ast.Expr {
	c, ok := e.(*ast.Call)
	if !ok || !v.Is("io.BytesIO()") || len(c.Args) != 1 || len(c.Keywords) > 0 {
		return nil
	}
	return c.Args[0]
}

// repeatable reports whether an expression can be written a second time: names, attributes,
// items, text built of them, and calls that join paths or open a file.
func repeatable(e ast.Expr) bool {
	ok := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			ok = ok && pure(n)
		case *ast.Await, *ast.Yield, *ast.NamedExpr, *ast.Lambda, *ast.Comp:
			ok = false
		}
		return ok
	})
	return ok
}

// pure reports whether a call gives the same each time and does nothing else.
func pure(c *ast.Call) bool {
	switch fn := c.Fn.(type) {
	case *ast.Name:
		switch fn.Id {
		case "str", "open", "Path", "int", "bytes", "fspath":
			return true
		}
	case *ast.Attribute:
		switch fn.Attr.Id {
		case "join", "abspath", "normpath", "realpath", "basename", "fspath", "Path", "getvalue", "getbuffer", "joinpath", "with_suffix", "as_posix", "get", "format", "strip", "encode", "decode", "metadata":
			return true
		}
	}
	return false
}

// boundWithin reports whether an expression stands in a lambda or comprehension of its
// statement, whose names a line in front of it does not know, or in a test that decides
// whether it is evaluated.
func boundWithin(p *checks.Pass, stmt ast.Stmt, e ast.Expr) bool {
	around := p.Around(e)
	for i := len(around) - 1; i >= 0 && around[i] != ast.Node(stmt); i-- {
		switch around[i].(type) {
		case *ast.Lambda, *ast.Comp:
			return true
		}
	}
	return false
}
