package checks

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the words for calls that unpickle.

// UnpickleBytes unpickle bytes, UnpickleFile an open file, and UnpicklePath a file by its name or an open
// one. Other loaders of pickles have checks of their own: torch.load, numpy.load, gensim.
var (
	UnpickleBytes = []string{
		"pickle.loads", "cPickle.loads", "_pickle.loads", "pickle5.loads", "dill.loads", "cloudpickle.loads", "cloudpickle.cloudpickle.loads", "marshal.loads",
	}
	UnpickleFile = []string{
		"pickle.load", "cPickle.load", "_pickle.load", "pickle5.load", "dill.load", "cloudpickle.load", "cloudpickle.cloudpickle.load", "marshal.load",
		"pickle.Unpickler().load", "cPickle.Unpickler().load", "_pickle.Unpickler().load", "pickle5.Unpickler().load",
	}
	UnpicklePath = []string{
		"joblib.load", "joblib.numpy_pickle.load", "sklearn.externals.joblib.load", "pandas.read_pickle", "pandas.io.pickle.read_pickle", "shelve.open", "shelve.DbfilenameShelf",
	}
)

// Unpickles reports whether a call runs the program in what it loads.
func Unpickles(c *Call) bool {
	return c != nil && c.Symbol.Is(UnpickleBytes...) || c != nil && UnpicklesFile(c)
}

// UnpicklesFile reports whether a call unpickles a file rather than bytes.
func UnpicklesFile(c *Call) bool { return c.Symbol.Is(UnpickleFile...) || c.Symbol.Is(UnpicklePath...) }

// DigestCompared reports whether a function at an end of a path compares a digest before the data gets to the call.
func DigestCompared(path *Path) bool {
	return CalledBefore(path, func(c *Call) bool { return c.Symbol.Is("hmac.compare_digest") })
}

// CalledBefore reports whether the function in which a path begins makes a call for which is holds, or that of its sink
// does before the sink.
func CalledBefore(path *Path, is func(*Call) bool) bool {
	return slices.ContainsFunc(path.Frame.Calls, func(c *Call) bool {
		return is(c) && (path.Frame != path.Call.Frame || c.Node.Pos() < path.Call.Node.Pos())
	}) || slices.ContainsFunc(path.Call.Frame.Calls, func(c *Call) bool { return is(c) && c.Node.Pos() < path.Call.Node.Pos() })
}

// Restricted reports whether a call unpickles with a class of the project's own that refuses
// names: its find_class raises.
func Restricted(c *Call) bool {
	if c.Receiver == nil || c.Receiver.Class() == nil {
		return false
	}
	for _, class := range c.Receiver.Class().Linear() {
		if m := class.Methods["find_class"]; m != nil {
			return Raises(m.Body)
		}
	}
	return false
}

// Raises reports whether statements hold a raise.
func Raises(body []ast.Stmt) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			if _, ok := n.(*ast.Raise); ok {
				found = true
			}
			return !found
		})
	}
	return found
}

// JSONPickleDecoders build the objects that JSON names.
var JSONPickleDecoders = []string{"jsonpickle.decode", "jsonpickle.loads", "jsonpickle.unpickler.decode", "jsonpickle.Unpickler().restore", "jsonpickle.unpickler.Unpickler().restore"}

// ReadJSON reads JSON where a call unpickles: `pickle.loads(x)` becomes `json.loads(x)`.
func ReadJSON(p *Pass, c *Call) *fix.Fix {
	a := LoadedArg(c)
	for _, name := range [...]string{"string", "obj"} {
		if a == nil {
			a = c.Arg(0, name)
		}
	}
	if a == nil || a.Node == nil || a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	var text string
	switch {
	case c.Symbol.Is(UnpickleBytes...), c.Symbol.Is("jsonpickle.decode", "jsonpickle.loads", "jsonpickle.unpickler.decode"):
		text = p.File.Text(a.Node)
	case a.Value.Is("io.BytesIO()"):
		o := a.Value.Origin()
		if o == nil || o.Arg(0, "initial_bytes") == nil || ast.Expr(o.Node) != a.Node {
			return nil
		}
		text = p.File.Text(o.Arg(0, "initial_bytes").Node)
	case c.Symbol.Is(JSONPickleDecoders...): // restore is given what was parsed already
		return Fix(true, "keep the data as it is", Replace(p, c.Node, p.File.Text(a.Node)))
	default:
		return nil
	}
	loads, imports := JSONLoads(p, c.Node.Fn)
	return Fix(true, "read JSON", Replace(p, c.Node, loads+"("+text+")"), imports)
}

// ReadAsData loads tensors only, arrays without objects, and JSON where anything was unpickled.
func ReadAsData(p *Pass, c *Call) *fix.Fix {
	switch {
	case c.Symbol.Is("torch.load", "torch.serialization.load"):
		if a := c.Arg(-1, "weights_only"); a != nil {
			return SetConstant(p, c, a, "True")
		}
		return Fix(true, "load tensors only", fix.AddKeyword(p.File, c.Node, "weights_only", "True"))
	case c.Symbol.Is("numpy.load"):
		if a := c.Arg(2, "allow_pickle"); a != nil {
			return SetConstant(p, c, a, "False")
		}
		return nil
	}
	return ReadJSON(p, c)
}

// JSONLoads is how json.loads is written and what that takes. The import of pickle, or of
// what else was used, goes with its last use.
func JSONLoads(p *Pass, gone ast.Node) (string, []fix.Edit) {
	if spelling, ok := fix.ImportedAs(p.File, "json.loads"); ok {
		return spelling, nil
	}
	module := ""
	if at, ok := gone.(*ast.Attribute); ok {
		if n, ok := at.Value.(*ast.Name); ok {
			module = n.Id
		}
	}
	if module == "pickle" || module == "dill" || module == "cloudpickle" || module == "jsonpickle" || module == "marshal" {
		return "json.loads", fix.SwapImport(p.File, module, "import json", fix.InSection, gone.Range())
	}
	spelling, imports := fix.Reach(p.File, "json.loads", "import json", fix.InSection)
	return spelling, imports
}

// LoadedArg is what a loader loads.
func LoadedArg(c *Call) *Argument {
	for _, name := range [...]string{"data", "file", "filename", "filepath_or_buffer", "str", "name", "path", "f"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}
