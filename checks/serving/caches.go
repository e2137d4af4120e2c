package serving

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// cacheReads read the values of keys of caches that several machines share, and cacheWrites set them. Queues
// that are kept beside them are PML6204's.
var (
	cacheReads  = append(methods("redis.Redis()", "get mget hget hmget hgetall hvals getex getdel getset lindex lrange smembers pipeline().execute"), methods("pymemcache.Client()", "get gets get_many get_multi gets_many gat")...)
	cacheWrites = append(methods("redis.Redis()", "set setnx setex psetex mset hset hmset hsetnx getset append lpush rpush sadd"), methods("pymemcache.Client()", "set set_many set_multi add replace append cas")...)
)

// methods are the names of an instance's methods.
func methods(of, names string) []string {
	var out []string
	for name := range strings.FieldsSeq(names) {
		out = append(out, of+"."+name)
	}
	return out
}

// memory keeps what functions return as pickles in a folder.
const memory = "joblib.{Memory,memory.Memory}"

// cachedPickle is PML2320.
var cachedPickle = &checks.Rule{
	Spec:  infoPML2320,
	Knows: slices.Concat([]string{"tempfile.gettempdir()", "io.BytesIO()", "{pickle,dill,cloudpickle}.dumps"}, checks.JSONPickleDecoders, cacheReads, cacheWrites),
	From:  []checks.Label{models.Database},
	Into:  []checks.SinkKind{models.Deserialize, models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !fromCache(path) {
			return
		}
		switch {
		case checks.Unpickles(c) && !checks.Restricted(c), c.Symbol.Is(checks.JSONPickleDecoders...):
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: keepJSON(p, path)})
		case c.Symbol.Is("torch.load", "torch.serialization.load") && path.Value.Is("io.BytesIO()"):
			if a := c.Arg(-1, "weights_only"); a == nil || !checks.On(a.Value) {
				p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.ReadAsData(p, c)})
			}
		}
	},
	On: []string{memory},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if a := c.Arg(0, "location"); a != nil && everybodys(a.Value) {
			p.Report(checks.Report{Node: c.Node, Message: "What the model returns is kept as pickles in a folder that everybody can write to", Fix: ownFolder(p, a)})
		}
	},
}

// fromCache reports whether data is the value of a key of a shared cache.
func fromCache(path *checks.Path) bool { return path.Mark.Source().Is(cacheReads...) }

// everybodys reports whether a path is in a folder that all users of a machine can write to.
func everybodys(v *checks.Value) bool {
	if text := v.PathText(); text != nil {
		v = text
	}
	parts := v.Parts()
	if len(parts) == 0 {
		return false
	}
	if first := parts[0].Value; first != nil {
		return first.Is("tempfile.gettempdir()")
	}
	for _, folder := range [...]string{"/tmp", "/var/tmp", "/dev/shm"} {
		if rest, ok := strings.CutPrefix(parts[0].Text, folder); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// ownFolder puts the cache where only its user writes.
func ownFolder(p *checks.Pass, a *checks.Argument) *fix.Fix {
	if a.Node == nil || a.Unpacked {
		return nil
	}
	expand, imports := fix.Reach(p.File, "os.path.expanduser", "import os", fix.InSection)
	return checks.Fix(true, "keep it in a folder of the user's own", checks.Replace(p, a.Node, expand+`("~/.cache/predictions")`), imports)
}

// keepJSON reads JSON in the place of pickles, and writes it where the same file puts pickles into a cache.
func keepJSON(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	f := checks.ReadJSON(p, c)
	if f == nil || !c.Symbol.Is(checks.UnpickleBytes...) {
		return f
	}
	module, _, _ := strings.Cut(c.Symbol.String(), ".")
	gone := []ast.Span{c.Node.Fn.Range()}
	var edits []fix.Edit
	loads, dumps, imports := "json.loads", "json.dumps", []fix.Edit(nil)
	if spelling, ok := fix.ImportedAs(p.File, "json.loads"); ok {
		loads = spelling
	}
	for _, o := range writtenTo(c) {
		if o.Symbol.Is(module + ".dumps") {
			gone = append(gone, o.Node.Fn.Range())
			edits = append(edits, checks.Replace(p, o.Node, dumps+"("+p.File.Text(o.Node.Args[0])+")")...)
		}
	}
	if len(edits) == 0 {
		return f
	}
	imports = fix.SwapImport(p.File, module, "import json", fix.InSection, gone...)
	return checks.Fix(true, "keep JSON in the cache", checks.Replace(p, c.Node, loads+"("+p.File.Text(checks.LoadedArg(c).Node)+")"), edits, imports)
}

// writtenTo lists the calls of the file whose result is put into a shared cache.
func writtenTo(c *checks.Call) []*checks.Call {
	var out []*checks.Call
	for _, f := range c.Frame.Beside() {
		for _, put := range f.Calls {
			if !put.Symbol.Is(cacheWrites...) {
				continue
			}
			for i := range put.Args {
				a := &put.Args[i]
				if o := a.Value.Origin(); o != nil && ast.Expr(o.Node) == a.Node && len(o.Node.Args) > 0 {
					out = append(out, o)
				}
			}
		}
	}
	return out
}
