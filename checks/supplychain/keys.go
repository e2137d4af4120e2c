package supplychain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/secrets"
	"github.com/pyguard/pyguardml/notebook"
)

// providerKey is PML6301.
var providerKey = &checks.Rule{
	Spec:  infoPML6301,
	Needs: secrets.Marks(),
	OnModule: func(p *checks.Pass) {
		if inFixtures(p.Path) {
			return
		}
		var done []ast.Span
		for _, s := range providerKeys(string(p.Source.Text)) {
			if span := spanAt(0, s); !firebaseInCode(p, span, s) {
				reportInCode(p, span, s)
				done = append(done, span)
			}
		}
		reportDivided(p, done)
		if p.Notebook != nil {
			reportInCells(p)
		}
	},
	// Of a notebook without a key in its code, the other cells are looked at alone.
	OnNotebook: func(p *checks.Pass) {
		if inFixtures(p.Path) {
			return
		}
		for i := range p.Notebook.Cells {
			if c := &p.Notebook.Cells[i]; !c.Code() {
				reportInText(p, c)
			}
		}
	},
	Mentions: secrets.Marks(),
	OnManifest: func(p *checks.ManifestPass) {
		if inFixtures(p.Path) || !holdsValues(p.Kind) {
			return
		}
		for _, s := range providerKeys(string(p.Source.Text)) {
			reportInValues(p, s)
		}
	},
}

// providerKeys lists the keys of providers that a text spells out.
func providerKeys(text string) []secrets.Secret {
	return slices.DeleteFunc(secrets.Find(text), func(s secrets.Secret) bool { return !s.OfModels() })
}

func spanAt(from ast.Pos, s secrets.Secret) ast.Span {
	return ast.Span{Start: from + ast.Pos(s.Start), End: from + ast.Pos(s.End)}
}

// inFixtures reports whether a file lies in a folder of tests or of what they work on.
func inFixtures(path string) bool {
	parts := strings.Split(path, "/")
	return slices.ContainsFunc(parts[:len(parts)-1], func(dir string) bool {
		switch dir {
		case "test", "tests", "testdata", "fixtures", "__tests__":
			return true
		}
		return false
	})
}

func keyMessage(s secrets.Secret) string { return "The text of " + s.Kind + " stands in the file" }

const revoke = " (and revoke the key)"

// reportInCode reports a key in a literal or a comment.
func reportInCode(p *checks.Pass, at ast.Span, s secrets.Secret) {
	var held ast.Expr
	around := p.Around(checks.Place(at))
	for _, n := range around {
		switch n := n.(type) {
		case *ast.Str:
			if len(n.Pieces) > 0 { // and not the constant text of an f-string
				held = n
			}
		case *ast.JoinedStr:
			held = n
		}
	}
	erased := checks.Fix(true, "delete the key"+revoke, []fix.Edit{{Start: int(at.Start), End: int(at.End)}})
	if held == nil {
		p.Report(checks.Report{Node: checks.Place(at), Message: keyMessage(s), Fix: erased})
		return
	}
	r := checks.Report{Node: held, Message: keyMessage(s), Fix: erased}
	if p.Source.Position(held.Pos()).Line != p.Source.Position(held.Stop()).Line {
		r.Node = checks.Place(at) // of a long text the line with the key
	}
	if f := fromEnvironment(p, p.Module, held, at, s.Variable); f != nil {
		r.Fix = f
	}
	p.Report(r)
}

// fromEnvironment has a key read from the environment in place of a literal, or a part of one. It is
// nil where an expression cannot stand in the literal's place.
func fromEnvironment(p *checks.Pass, m *checks.Module, held ast.Expr, at ast.Span, variable string) *fix.Fix {
	const message = "read the key from the environment" + revoke
	around := m.Around(held)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.ExprStmt:
			if n.Value == held {
				return nil // a docstring
			}
		case ast.Pattern:
			return nil
		}
	}
	if gone := withoutLiteral(p, m, held); gone != nil {
		return gone
	}
	read, add := environmentItem(m, held.Pos(), variable)
	var pieces []*ast.StrPiece
	switch e := held.(type) {
	case *ast.Str:
		pieces = e.Pieces
	case *ast.JoinedStr:
		pieces = e.Pieces
	}
	var piece *ast.StrPiece
	for _, x := range pieces {
		if x.Span.Contains(at) {
			piece = x
		}
	}
	if piece == nil || len(pieces) > 1 && len(piece.Prefix) == 0 {
		return nil
	}
	inside := ast.Span{Start: piece.Start + ast.Pos(len(piece.Prefix)+len(piece.Quote)), End: piece.End - ast.Pos(len(piece.Quote))}
	prefix := strings.ToLower(piece.Prefix)
	if _, joined := held.(*ast.JoinedStr); joined {
		if !strings.Contains(prefix, "f") {
			return nil
		}
		if piece.Quote[0] == '"' {
			read = strings.ReplaceAll(read, `"`, `'`)
		}
		return checks.Fix(true, message, p.InFile(m, append([]fix.Edit{{Start: int(at.Start), End: int(at.End), New: "{" + read + "}"}}, add...)))
	}
	if strings.Contains(prefix, "b") {
		read += ".encode()"
	}
	text := read
	if inside.Start < at.Start {
		text = m.Source.Slice(ast.Span{Start: piece.Start, End: at.Start}) + piece.Quote + " + " + text
	}
	if at.End < inside.End {
		text += " + " + piece.Prefix + piece.Quote + m.Source.Slice(ast.Span{Start: at.End, End: piece.End})
	}
	return checks.Fix(true, message, p.InFile(m, append([]fix.Edit{fix.ReplaceNode(m.File, held, text)}, add...)))
}

// environmentItem is the expression that reads a variable of the environment, and the edits that
// import what it takes.
func environmentItem(m *checks.Module, use ast.Pos, variable string) (string, []fix.Edit) {
	spelling, add := fix.ReachFrom(m.File, use, "os.environ", "import os", fix.InOrder)
	return spelling + "[" + strconv.Quote(variable) + "]", add
}

// withoutLiteral takes out the literal that is written into a variable of the environment, or stands
// in where there is none; nil where it does neither.
func withoutLiteral(p *checks.Pass, m *checks.Module, e ast.Expr) *fix.Fix {
	around := m.Around(e)
	if len(around) < 2 {
		return nil
	}
	switch n := around[len(around)-2].(type) {
	case *ast.Assign:
		item, ok := n.Targets[0].(*ast.Subscript)
		if ok && len(n.Targets) == 1 && n.Value == e && checks.LastName(item.Value) == "environ" {
			return checks.Fix(true, "leave it to the environment"+revoke, p.InFile(m, fix.RemoveStmt(m.File, n)))
		}
	case *ast.Call:
		return withoutDefault(p, m, n, e)
	}
	return nil
}

// withoutDefault takes the literal out of a call that reads a variable of the environment or sets it.
func withoutDefault(p *checks.Pass, m *checks.Module, c *ast.Call, e ast.Expr) *fix.Fix {
	fn := checks.LastName(c.Fn)
	of := ""
	if a, ok := c.Fn.(*ast.Attribute); ok {
		of = checks.LastName(a.Value)
	}
	if len(c.Args) != 2 || c.Args[1] != e || len(c.Keywords) > 0 {
		return nil
	}
	switch {
	case fn == "getenv" || fn == "get" && of == "environ":
		spelling, add := fix.ReachFrom(m.File, c.Pos(), "os.environ", "import os", fix.InOrder)
		return checks.Fix(true, "take the variable alone"+revoke, p.InFile(m, append([]fix.Edit{fix.ReplaceNode(m.File, c, spelling+"["+m.File.Text(c.Args[0])+"]")}, add...)))
	case fn == "setdefault" && of == "environ" || fn == "putenv" && of == "os":
		if s, ok := m.StmtOf(c).(*ast.ExprStmt); ok && s.Value == ast.Expr(c) {
			return checks.Fix(true, "leave it to the environment"+revoke, p.InFile(m, fix.RemoveStmt(m.File, s)))
		}
	}
	return nil
}

// reportDivided reports the keys that only come together where literals are joined.
func reportDivided(p *checks.Pass, done []ast.Span) {
	ast.InspectFile(p.File, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text, parts := joined(e)
		if parts < 2 {
			return true
		}
		list := providerKeys(text)
		if len(list) == 0 || slices.ContainsFunc(done, func(s ast.Span) bool { return n.Range().Contains(s) }) {
			return true
		}
		r := checks.Report{Node: n, Message: keyMessage(list[0])}
		if list[0].Value == text {
			read, add := environmentItem(p.Module, n.Pos(), list[0].Variable)
			if r.Fix = withoutLiteral(p, p.Module, e); r.Fix == nil {
				r.Fix = checks.Fix(true, "read the key from the environment"+revoke, checks.Replace(p, n, read), add)
			}
		}
		p.Report(r)
		return false
	})
}

// joined is the text of literals that stand side by side or are added, and their number.
func joined(e ast.Expr) (text string, parts int) {
	switch e := e.(type) {
	case *ast.Str:
		return e.Value, len(e.Pieces)
	case *ast.BinOp:
		if e.Op != "+" {
			return "", 0
		}
		a, n := joined(e.Left)
		b, m := joined(e.Right)
		if n == 0 || m == 0 {
			return "", 0
		}
		return a + b, n + m
	}
	return "", 0
}

// firebaseInCode reports whether a key is the one by which a web page names its Firebase project, which
// every visitor gets to see.
func firebaseInCode(p *checks.Pass, at ast.Span, s secrets.Secret) bool {
	if s.Variable != "GOOGLE_API_KEY" {
		return false
	}
	around := p.Around(checks.Place(at))
	for i := len(around) - 1; i >= 0; i-- {
		names := map[string]bool{}
		switch n := around[i].(type) {
		case *ast.Str, *ast.JoinedStr:
			if text := p.File.Text(n); strings.Contains(text, "authDomain") && strings.Contains(text, "projectId") {
				return true
			}
		case *ast.Dict:
			for _, k := range n.Keys {
				if t, ok := k.(*ast.Str); ok {
					names[t.Value] = true
				}
			}
		case *ast.Call:
			for _, k := range n.Keywords {
				if k.Name != nil {
					names[k.Name.Id] = true
				}
			}
		}
		if names["authDomain"] && names["projectId"] {
			return true
		}
	}
	return false
}

// reportInCells reports the keys in what a notebook's code cells hold beside Python.
func reportInCells(p *checks.Pass) {
	for i := range p.Notebook.Commands() {
		c := &p.Notebook.Commands()[i]
		for _, part := range [...]struct {
			text string
			at   ast.Span
		}{{c.Args, c.ArgsSpan}, {c.Body, c.BodySpan}} {
			for _, s := range providerKeys(part.text) {
				at := spanAt(part.at.Start, s)
				if c.Python.Contains(at) {
					continue // reported as code
				}
				p.Report(checks.Report{Node: checks.Command(at), Message: keyMessage(s), Fix: keyOutOfCommand(p, c, s, at)})
			}
		}
	}
}

// keyOutOfCommand takes a key out of a command of a notebook: a shell line gets it from the environment, and
// what does nothing but set a variable goes.
func keyOutOfCommand(p *checks.Pass, c *notebook.Command, s secrets.Secret, at ast.Span) *fix.Fix {
	edit := fix.Edit{Start: int(at.Start), End: int(at.End)}
	message := "delete the key"
	if _, span, shell := c.Shell(); shell && s.Variable != "" && span.Contains(at) && !singleQuoted(c, at.Start) {
		message, edit.New = "read the key from the environment", "$"+s.Variable
	}
	if c.Kind == notebook.LineMagic && (c.Name == "env" || c.Name == "set_env") && topLevel(p, c) {
		message, edit = "delete the setting", fix.Edit{Start: int(c.Span.Start), End: int(c.Span.End)}
	}
	return checks.Fix(true, message+revoke, []fix.Edit{edit})
}

// singleQuoted reports whether a place in a command stands within single quotes, where a shell inserts nothing.
func singleQuoted(c *notebook.Command, at ast.Pos) bool {
	text, span, _ := c.Shell()
	before := text[:at-span.Start]
	return strings.Count(before[strings.LastIndexByte(before, '\n')+1:], "'")%2 == 1
}

// topLevel reports whether a command stands in no block, so that the line can be left empty.
func topLevel(p *checks.Pass, c *notebook.Command) bool {
	span, ok := p.Notebook.CellSpan(c.Cell)
	return ok && p.Notebook.Script == 0 && (c.Span.Start == span.Start || p.Source.Text[c.Span.Start-1] == '\n')
}

// reportInText reports the keys in a cell of prose.
func reportInText(p *checks.Pass, c *notebook.Cell) {
	var edits []notebook.CellEdit
	message := ""
	for _, s := range providerKeys(c.Source) {
		if s.Variable == "GOOGLE_API_KEY" && strings.Contains(c.Source, "authDomain") && strings.Contains(c.Source, "projectId") {
			continue
		}
		message = keyMessage(s)
		edits = append(edits, notebook.CellEdit{Cell: c.Number, Start: s.Start, End: s.End})
	}
	if len(edits) > 0 {
		p.Report(checks.Report{Cell: c.Number, Message: message, Fix: checks.Fix(true, "delete the key"+revoke, checks.RawEdits(p.Notebook.EditSource(edits...)))})
	}
}

// holdsValues reports whether files of a kind hold values and commands, and no other check has the
// keys in them.
func holdsValues(k manifest.Kind) bool {
	switch k {
	case manifest.PyProject, manifest.SetupCfg, manifest.Pipfile, manifest.Pixi, manifest.CondaEnvironment, manifest.CondaMeta, manifest.Compose, manifest.Workflow,
		manifest.YAML, manifest.TOML, manifest.JSON, manifest.Values, manifest.INI, manifest.Shell, manifest.Proxy, manifest.Procfile, manifest.Agent:
		return true
	}
	return false
}

// reportInValues reports a key in a file of settings.
func reportInValues(p *checks.ManifestPass, s secrets.Secret) {
	at := spanAt(0, s)
	r := checks.Report{Node: checks.Place(at), Message: keyMessage(s)}
	empty := ast.Edit{Span: at}
	for _, root := range p.Trees() {
		way := wayTo(root, at, 0)
		if len(way) == 0 {
			continue
		}
		v := way[len(way)-1]
		if s.Variable == "GOOGLE_API_KEY" && slices.ContainsFunc(way, func(n *checks.Tree) bool { return n.Get("authDomain") != nil && n.Get("projectId") != nil }) {
			return
		}
		if p.Source.Position(v.Span().Start).Line == p.Source.Position(v.Span().End).Line {
			r.Node = checks.Place(v.Span())
		}
		if v.Span() == at && !quotedAround(p.Source.Text, at) {
			empty.New = `""`
		}
		break
	}
	r.Fix = checks.Fix(true, "delete the key"+revoke, checks.TextEdits(empty))
	p.Report(r)
}

// wayTo lists the values around a place, outermost first, down to the scalar that holds it; none
// where none does.
func wayTo(v *checks.Tree, at ast.Span, depth int) []*checks.Tree {
	const deepest = 100
	if v == nil || depth > deepest || !v.Span().Contains(at) {
		return nil
	}
	if !v.IsTable() && !v.IsList() {
		return []*checks.Tree{v}
	}
	for _, f := range v.Fields() {
		if way := wayTo(f.Value, at, depth+1); way != nil {
			return append([]*checks.Tree{v}, way...)
		}
	}
	for _, item := range v.Items() {
		if way := wayTo(item, at, depth+1); way != nil {
			return append([]*checks.Tree{v}, way...)
		}
	}
	return nil
}

// quotedAround reports whether a quote stands before a place and behind it.
func quotedAround(text []byte, at ast.Span) bool {
	isQuote := func(i ast.Pos) bool { return i >= 0 && int(i) < len(text) && (text[i] == '"' || text[i] == '\'') }
	return isQuote(at.Start-1) && isQuote(at.End)
}
