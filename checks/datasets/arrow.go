package datasets

import (
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// arrowPickle is PML4218.
var arrowPickle = &checks.Rule{
	Spec:  infoPML4218,
	Knows: []string{"pyarrow.{serialize,serialize_to,lib.serialize,serialization.serialize}"},
	On: []string{
		"pyarrow.{PyExtensionType,lib.PyExtensionType}.set_auto_load", "pyarrow.{PyExtensionType,lib.PyExtensionType}().set_auto_load", "pyarrow_hotfix.uninstall",
		arrowReaders,
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Is("pyarrow_hotfix.uninstall"):
			spelling, imports := fix.Reach(p.File, "pyarrow_hotfix.install", "import pyarrow_hotfix", fix.AfterLastImport)
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "keep the hotfix installed", checks.Replace(p, c.Node.Fn, spelling), imports)})
		case c.Method == "set_auto_load" || checks.LastName(c.Node.Fn) == "set_auto_load":
			if a := c.Arg(0, "value"); a != nil && checks.On(constant(a.Value)) && !p.Imports("pyarrow_hotfix") {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, "False")})
			}
		default:
			if !serializedHere(c) {
				p.Report(checks.Report{Node: c.Node, Fix: readAsStream(p, c)})
			}
		}
	},
}

const arrowReaders = "pyarrow.{deserialize,deserialize_from,deserialize_components,read_serialized,lib.deserialize,lib.deserialize_from,lib.deserialize_components,lib.read_serialized}"

// serializedHere reports whether the function of a call made the data itself.
func serializedHere(c *checks.Call) bool {
	if len(c.Args) == 0 || c.Args[0].Node == nil {
		return false
	}
	return checks.Any(c.Frame.MadeOf(c.Args[0].Node), func(in flow.Ingredient) bool {
		return in.Call != nil && in.Call.Frame == c.Frame && in.Call.Symbol.Is("pyarrow.serialize", "pyarrow.serialize_to", "pyarrow.lib.serialize", "pyarrow.serialization.serialize")
	})
}

// readAsStream reads an IPC stream where objects were unpickled; its writer has to send one. Components are no stream.
func readAsStream(p *checks.Pass, c *checks.Call) *fix.Fix {
	if checks.LastName(c.Node.Fn) == "deserialize_components" || c.Partial || len(c.Args) == 0 || c.Args[0].Unpacked || c.Args[0].Node == nil {
		return nil
	}
	open, imports := fix.Reach(p.File, "pyarrow.ipc.open_stream", "import pyarrow.ipc", fix.AfterLastImport)
	return checks.Fix(true, "read an IPC stream, which holds no objects",
		checks.Replace(p, c.Node, open+"("+p.File.Text(c.Args[0].Node)+").read_all()"), imports)
}
