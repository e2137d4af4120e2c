package datasets

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// pipeFromRequest is PML4211.
var pipeFromRequest = &checks.Rule{
	Spec: infoPML4211,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Pipe},
	// What the module sets, for secured.
	To: []string{"webdataset.utils.enforce_security", "os.environ[]"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || secured(path.Call.Frame.Body()) {
			return
		}
		command, ok := startsCommand(path, path.Value, 0)
		if !ok {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: boundPipe(p, path, command)})
	},
}

// secured reports whether a module's body switches pipe addresses off.
func secured(body *checks.Frame) bool {
	for _, s := range body.Stores {
		if s.Symbol.Is("webdataset.utils.enforce_security") && s.Value.IsTrue() {
			return true
		}
		if s.Symbol.Is("os.environ[]") {
			key, _ := s.Key.Text()
			if on, _ := s.Value.Text(); key == "WDS_SECURE" && on == "1" {
				return true
			}
		}
	}
	return false
}

// startsCommand reports whether untrusted text can make an address a command: it stands at
// the start, or after `pipe:`, when command is the address.
func startsCommand(path *checks.Path, v *checks.Value, depth int) (command *checks.Value, ok bool) {
	if items, _, known := path.Items(v); known && depth < 3 && len(items) > 0 {
		for _, it := range items {
			if c, ok := startsCommand(path, it.Value, depth+1); ok {
				return c, true
			}
		}
		return nil, false
	}
	for _, a := range v.Alternatives() {
		parts := a.Parts()
		if parts == nil && tainted(a) {
			return nil, true
		}
		prefix, plain := "", true
		for _, part := range parts {
			switch {
			case part.Value == nil:
				if plain {
					prefix += part.Text
				}
				continue
			case !tainted(part.Value):
				plain = false
				continue
			case strings.HasPrefix(prefix, "pipe:"):
				return a, true
			case prefix == "" && plain:
				return nil, true
			}
		}
	}
	return nil, false
}

// tainted reports whether a value carries data that is not clean for a command.
func tainted(v *checks.Value) bool {
	for _, m := range v.Marks() {
		switch m.Label {
		case models.User, models.Upload, models.NoLabel:
			if !m.Clean.Has(models.Pipe) {
				return true
			}
		}
	}
	return false
}

// boundPipe quotes the values in a pipe command, or tests the address against a set that the
// team fills.
func boundPipe(p *checks.Pass, path *checks.Path, command *checks.Value) *fix.Fix {
	if command != nil {
		quote, imports := fix.Reach(p.File, "shlex.quote", "import shlex", fix.BeforeFirstImport)
		edits := checks.QuoteParts(p, command, quote+"(", ")", tainted)
		if edits == nil {
			return nil
		}
		return checks.Fix(true, "quote what is inserted into the command", edits, imports)
	}
	stmt := p.StmtOf(path.Node)
	_, _, list := path.Items(path.Value)
	if stmt == nil {
		return nil
	}
	if name, ok := path.Node.(*ast.Name); ok && list {
		return checks.Fix(true, "open shards of a fixed set only",
			fix.InsertBefore(p.File, stmt, "if not set("+name.Id+") <= ALLOWED_SHARDS:", `    raise ValueError("shard is not allowed")`),
			fix.AddConstant(p.File, "ALLOWED_SHARDS: frozenset[str] = frozenset()", fix.Spaced))
	}
	if list {
		return nil
	}
	switch path.Node.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil
	}
	return checks.Fix(true, "open shards of a fixed set only",
		fix.InsertBefore(p.File, stmt, "if "+p.File.Text(path.Node)+" not in ALLOWED_SHARDS:", `    raise ValueError("shard is not allowed")`),
		fix.AddConstant(p.File, "ALLOWED_SHARDS: frozenset[str] = frozenset()", fix.Spaced))
}
