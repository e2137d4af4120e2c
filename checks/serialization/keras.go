package serialization

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// kerasUnsafe is PML1222.
var kerasUnsafe = &checks.Rule{
	Spec:       infoPML1222,
	OnArtifact: kerasCode,
	On: []string{
		"{keras,tensorflow.keras,tf_keras}.{models,saving}.load_model",
		"{keras.saving,keras.utils,tensorflow.keras.utils,tensorflow.keras.saving,tf_keras.saving,tf_keras.utils}.deserialize_keras_object",
		"{keras.config,tensorflow.keras.config,keras.__internal__,tensorflow.keras.__internal__,tf_keras.__internal__}.enable_unsafe_deserialization",
		"{keras.src,tf_keras.src}.saving.serialization_lib.enable_unsafe_deserialization",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		pos := 3
		if strings.HasSuffix(c.Symbol.String(), ".deserialize_keras_object") {
			pos = 2
		}
		a := c.Arg(pos, "safe_mode")
		switch {
		case a != nil:
			if checks.Off(a.Value) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, "True")})
			}
		case c.Symbol.Is(
			"keras.config.enable_unsafe_deserialization", "tensorflow.keras.config.enable_unsafe_deserialization",
			"keras.__internal__.enable_unsafe_deserialization", "tensorflow.keras.__internal__.enable_unsafe_deserialization", "tf_keras.__internal__.enable_unsafe_deserialization",
			"keras.src.saving.serialization_lib.enable_unsafe_deserialization", "tf_keras.src.saving.serialization_lib.enable_unsafe_deserialization"):
			var edits []fix.Edit
			if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
				edits = fix.RemoveStmt(p.File, s)
			}
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "keep safe mode: delete the call", edits)})
		}
	},
}
