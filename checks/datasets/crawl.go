package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// crawledName is PML4208.
var crawledName = &checks.Rule{
	Spec: infoPML4208,
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, from := path.Call, path.Mark.Source()
		if c == nil || from == nil || !from.Under("warcio") && !from.Under("fastwarc") && !from.Under("cdx_toolkit") && !strings.HasSuffix(from.String(), "_headers.get_header") {
			return
		}
		if !creates(c) || !path.Mark.Holds("/") || !path.Mark.Holds("..") || checks.Vetted(p, path, checks.AboutPaths) {
			return
		}
		entries := checks.EntriesOf(p, path)
		if len(entries) > 0 && !slices.ContainsFunc(entries, func(e checks.Insertion) bool { return !hostOnly(e.In, e.Expr, 0) }) {
			return
		}
		for i := range entries {
			entries[i].Expr = nameIn(entries[i].In, entries[i].Expr, 0)
			if entries[i].Expr == nil {
				entries = nil
				break
			}
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.Fix(true, "name files by digests", p.WrapInsertions(entries, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport, func(name, text string) string {
			if strings.ContainsAny(text, " +") && !strings.HasSuffix(text, ")") {
				text = "(" + text + ")"
			}
			return name + "(" + text + ".encode()).hexdigest()"
		}))})
	},
}

// nameIn is the text of which the folder of a path was made, for `target.parent` after `target = out / name`; nil where that
// cannot be told. Other expressions are the text themselves.
func nameIn(in *checks.Module, e ast.Expr, depth int) ast.Expr {
	at, ok := e.(*ast.Attribute)
	if !ok || at.Attr.Id != "parent" {
		if depth == 0 {
			return e
		}
		switch n := e.(type) {
		case *ast.Name:
			body := in.File.Body
			if def := in.FunctionAround(n); def != nil {
				body = def.Body
			}
			if given := checks.LastAssigned(body, n); given != nil && depth < 5 {
				return nameIn(in, given, depth+1)
			}
		case *ast.BinOp:
			if _, constant := n.Right.(*ast.Str); n.Op == "/" && !constant {
				return n.Right
			}
		case *ast.Call:
			if checks.LastName(n.Fn) == "joinpath" && len(n.Args) == 1 {
				return n.Args[0]
			}
		}
		return nil
	}
	return nameIn(in, at.Value, depth+1)
}

// hostOnly reports whether an expression is the host of an address, or made of it.
func hostOnly(in *checks.Module, e ast.Expr, depth int) bool {
	switch n := e.(type) {
	case *ast.Attribute:
		return n.Attr.Id == "hostname" || n.Attr.Id == "netloc"
	case *ast.Call: // host.lower()
		at, ok := n.Fn.(*ast.Attribute)
		return ok && hostOnly(in, at.Value, depth)
	case *ast.BoolOp:
		return len(n.Values) > 0 && hostOnly(in, n.Values[0], depth)
	case *ast.Name:
		body := in.File.Body
		if def := in.FunctionAround(n); def != nil {
			body = def.Body
		}
		given := checks.LastAssigned(body, n)
		return given != nil && depth < 4 && hostOnly(in, given, depth+1)
	}
	return false
}

// creates reports whether a call makes the file or folder that it is given, or opens it for writing.
func creates(c *checks.Call) bool {
	pos := 1
	switch checks.LastName(c.Node.Fn) {
	case "makedirs", "mkdir", "write_bytes", "write_text", "touch", "TarInfo":
		return true
	case "open", "FileIO":
		if c.Symbol.Under("pathlib") {
			pos = 0
		}
	default:
		if !c.Symbol.Is("builtins.open", "tarfile.TarInfo", "os.makedirs", "os.mkdir") {
			return false
		}
		if !c.Symbol.Is("builtins.open") {
			return true
		}
	}
	mode := c.Arg(pos, "mode")
	if mode == nil {
		return false
	}
	text, known := constant(mode.Value).Text()
	return known && strings.ContainsAny(text, "wax+")
}
