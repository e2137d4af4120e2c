package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// namesFile reports whether the data is no more than the name of the file that is read.
func namesFile(path *checks.Path) bool {
	return path.Trace.Passes(models.StepOutOfFile) && !path.Trace.Passes(flow.IntoFile)
}

// databasePickle is PML6205.
var databasePickle = &checks.Rule{
	Spec: infoPML6205,
	From: []checks.Label{models.Database},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		s := path.Mark.Source()
		if !unpickled(path) || fromQueue(s) || cached(s) || inMemory(path.Mark.Call()) || namesFile(path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checkSignature(p, path.Call)})
	},
	On:    []string{"sqlalchemy.{Column,schema.Column,orm.mapped_column}", "{flask_sqlalchemy.SQLAlchemy,sqlalchemy.orm.declarative_base}().{Column,mapped_column}", "sqlmodel.Field"},
	Knows: []string{"sqlalchemy.{PickleType,types.PickleType}", "sqlalchemy.{PickleType,types.PickleType}()", "flask_sqlalchemy.SQLAlchemy().PickleType", "flask_sqlalchemy.SQLAlchemy().PickleType()", "sqlalchemy.ext.mutable.{MutableDict,MutableList,MutableSet,Mutable}.as_mutable()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for i := range c.Args {
			a := &c.Args[i]
			if node := pickleType(a.Value, a.Node); node != nil {
				p.Report(checks.Report{Node: c.Node, Fix: jsonColumn(p, node)})
				return
			}
		}
	},
}

// cached reports whether a source is a cache, whose values are another check's (PML2320).
func cached(s *checks.Symbol) bool {
	for _, name := range [...]string{"redis", "valkey", "pymemcache", "memcache", "diskcache"} {
		if s.Under(name) {
			return true
		}
	}
	return false
}

// inMemory reports whether rows come out of a database in memory, which the program fills
// itself.
func inMemory(c *checks.Call) bool {
	for i := 0; c != nil && i < 6; i++ {
		if c.Symbol.Is("sqlite3.connect", "duckdb.connect") {
			a := c.Arg(0, "database")
			if a == nil {
				return c.Symbol.Is("duckdb.connect")
			}
			t, ok := a.Value.Text()
			return ok && (t == ":memory:" || t == "")
		}
		if c.Receiver == nil {
			return false
		}
		c = c.Receiver.Origin()
	}
	return false
}

var pickleColumn = []string{
	"sqlalchemy.PickleType", "sqlalchemy.types.PickleType", "sqlalchemy.PickleType()", "sqlalchemy.types.PickleType()",
	"flask_sqlalchemy.SQLAlchemy().PickleType", "flask_sqlalchemy.SQLAlchemy().PickleType()",
}

// pickleType returns the expression by which a column gets the type that pickles its values,
// also below a mutable one; nil where it has another pickler.
func pickleType(v *checks.Value, at ast.Expr) ast.Expr {
	switch {
	case v.Is(pickleColumn...):
		if o := v.Origin(); o != nil && strings.HasSuffix(o.Symbol.String(), "PickleType") {
			if a := o.Arg(1, "pickler"); a != nil && !a.Value.IsNone() && !a.Value.Is("pickle", "dill", "cloudpickle") {
				return nil
			}
		}
		return at
	case v.Is("sqlalchemy.ext.mutable.MutableDict.as_mutable()", "sqlalchemy.ext.mutable.MutableList.as_mutable()", "sqlalchemy.ext.mutable.MutableSet.as_mutable()", "sqlalchemy.ext.mutable.Mutable.as_mutable()"):
		if o := v.Origin(); o != nil {
			if a := o.Arg(0, "sqltype"); a != nil {
				return pickleType(a.Value, a.Node)
			}
		}
	}
	return nil
}

// jsonColumn keeps a column's values as JSON.
func jsonColumn(p *checks.Pass, at ast.Expr) *fix.Fix {
	e, module := at, ""
	if call, ok := at.(*ast.Call); ok {
		if len(call.Args) > 0 || len(call.Keywords) > 0 {
			return nil // what it is told has no meaning for JSON
		}
		e = call.Fn
	}
	switch n := e.(type) {
	case *ast.Attribute:
		module = p.File.Text(n.Value)
		return checks.Fix(true, "keep the values as JSON", checks.Replace(p, at, module+".JSON"))
	case *ast.Name:
		return checks.Fix(true, "keep the values as JSON", checks.Replace(p, at, "JSON"), fix.AddImportedName(p.File, "sqlalchemy", "JSON", fix.InSection))
	}
	return nil
}

// checkSignature refuses, before the statement of a load, a value whose signature is not the
// expected one.
func checkSignature(p *checks.Pass, c *checks.Call) *fix.Fix {
	data := loadedBytes(p, c)
	if data == nil {
		return nil
	}
	compare, hmacImport := fix.Reach(p.File, "hmac.compare_digest", "import hmac", fix.InSection)
	environ, osImport := fix.Reach(p.File, "os.environ", "import os", fix.InSection)
	mac := strings.TrimSuffix(compare, "compare_digest") + "new"
	if compare == "compare_digest" {
		mac = "hmac.new"
		hmacImport = fix.AddImport(p.File, "import hmac", fix.InSection)
	}
	good := compare + "(" + mac + "(" + environ + `["MODEL_HMAC_KEY"].encode(), ` + data.Expr + `, "sha256").hexdigest(), SIGNATURE)`
	guard := refuseUnless(p, c.Node, data, good, "not "+good, "signature mismatch")
	if guard == nil {
		return nil
	}
	return checks.Fix(true, "load only what is signed", guard, data.Edits, fix.JoinImports(hmacImport, osImport, data.Imports),
		fix.AddConstant(p.File, `SIGNATURE = ""`, fix.Spaced))
}
