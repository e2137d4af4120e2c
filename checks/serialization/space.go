package serialization

import (
	"path"
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// widgetToShell is PML1238.
var widgetToShell = &checks.Rule{
	Spec: infoPML1238,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Shell, models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !fromWidget(path.Mark.Source()) {
			return
		}
		if path.Kind == models.Exec {
			if path.Call.Symbol.Is("builtins.eval", "builtins.exec") && !makesLayer(path.Value) {
				p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: literalEval(p, path.Call)})
			}
			return
		}
		if command := shellCommand(path); command != nil {
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: quoteInserted(p, command)})
		}
	},
}

// fromWidget reports whether a source is a field of a page made by Gradio or Streamlit.
func fromWidget(s *checks.Symbol) bool {
	return s.Under("gradio") || s.Under("streamlit") || s.Under("streamlit_ace")
}

var layerCall = regexp.MustCompile(`^\s*(torch\.)?(nn|optim|losses|metrics|(tf\.)?keras(\.\w+)*|torchmetrics|torchvision\.models)\.`)

// makesLayer reports whether evaluated text names a layer, a loss or the like.
func makesLayer(v *checks.Value) bool { return layerCall.MatchString(v.Prefix()) }

// shellCommand is the text that a shell reads, nil where no shell is in between: for
// ["bash", "-c", text] that text.
func shellCommand(p *checks.Path) *checks.Value {
	items, _, list := p.Items(p.Value)
	if p.Sink.Note != models.NoteProgram {
		if list && len(items) > 0 {
			return inserted(items[0].Value)
		}
		return p.Value
	}
	if !list || len(items) < 3 || !p.Call.Symbol.Under("subprocess") {
		return nil
	}
	shell, _ := items[0].Value.Text()
	option, _ := items[1].Value.Text()
	switch path.Base(shell) {
	case "bash", "sh", "zsh", "dash", "ksh":
		if strings.HasPrefix(option, "-") && strings.HasSuffix(option, "c") {
			return inserted(items[2].Value)
		}
	}
	return nil
}

// inserted returns a value if it holds anything that is not quoted.
func inserted(v *checks.Value) *checks.Value {
	if unquoted(v) {
		return v
	}
	return nil
}

// unquoted reports whether a value carries a visitor's text that a shell would read.
func unquoted(v *checks.Value) bool {
	for _, m := range v.Marks() {
		switch m.Label {
		case models.User, models.Upload, models.NoLabel:
			if !m.Clean.Has(models.Shell) {
				return true
			}
		}
	}
	return false
}

// quoteInserted quotes what is inserted into a command.
func quoteInserted(p *checks.Pass, command *checks.Value) *fix.Fix {
	quote, imports := fix.Reach(p.File, "shlex.quote", "import shlex", fix.BeforeFirstImport)
	edits := checks.QuoteParts(p, command, quote+"(str(", "))", unquoted)
	if edits == nil {
		return nil
	}
	return checks.Fix(true, "quote what is inserted into the command", edits, imports)
}

// literalEval reads a literal in the place of eval.
func literalEval(p *checks.Pass, c *checks.Call) *fix.Fix {
	fn, ok := c.Node.Fn.(*ast.Name)
	if !ok || fn.Id != "eval" || len(c.Node.Args) != 1 || len(c.Node.Keywords) > 0 {
		return nil
	}
	spelling, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.BeforeFirstImport)
	return checks.Fix(true, "read a literal instead of running code: "+spelling, checks.Replace(p, fn, spelling), imports)
}
