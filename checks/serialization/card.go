package serialization

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// cardSecret is PML1232.
var cardSecret = &checks.Rule{
	Spec: infoPML1232,
	On: []string{
		"huggingface_hub.{ModelCard,DatasetCard,RepoCard,SpaceCard}", "huggingface_hub.{ModelCard,DatasetCard,RepoCard,SpaceCard}.from_template",
		"huggingface_hub.{ModelCardData,DatasetCardData,CardData}", "huggingface_hub.{metadata_update,repocard.metadata_update}",
		"io.TextIOWrapper().write", "pathlib.PurePath().write_text",
	},
	Knows: []string{"huggingface_hub.get_token()", "builtins.vars", "dataclasses.asdict", "argparse.Namespace()", "os.environ"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("io.TextIOWrapper().write", "pathlib.PurePath().write_text") && !writesReadme(p, c) {
			return
		}
		for i := range c.Args {
			a := &c.Args[i]
			if a.Node == nil || (a.Name == "token" || a.Name == "repo_id") && c.Symbol.Is("huggingface_hub.metadata_update", "huggingface_hub.repocard.metadata_update") {
				continue
			}
			at := secretIn(p, c, a.Node, a.Value, 0)
			if at == nil {
				at = secretPart(p, c, a)
			}
			if at != nil {
				node := ast.Node(a.Node)
				if a.Keyword != nil {
					node = a.Keyword
				}
				if c.Symbol.Is("huggingface_hub.ModelCard", "huggingface_hub.DatasetCard", "huggingface_hub.RepoCard", "huggingface_hub.SpaceCard") {
					node = a.Node
				}
				p.Report(checks.Report{Node: node, Fix: redact(p, at)})
				return
			}
		}
	},
	To: []string{"huggingface_hub.{ModelCard,DatasetCard,RepoCard}().{text,content}", "huggingface_hub.{ModelCard,DatasetCard,RepoCard}.load().{text,content}"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.From == nil {
			return
		}
		at := secretIn(p, nil, s.From, s.Value, 0)
		if at == nil {
			at = secretWithin(p, s.Value, s.From)
		}
		if at != nil {
			p.Report(checks.Report{Node: s.From, Fix: redact(p, at)})
		}
	},
	Mentions: []string{"hf_", "sk-", "ghp_", "AKIA"},
	OnManifest: func(p *checks.ManifestPass) {
		if !isCard(p.Document) {
			return
		}
		for _, at := range credential.FindAllIndex(p.Source.Text, -1) {
			span := ast.Span{Start: ast.Pos(at[0]), End: ast.Pos(at[1])}
			text := string(p.Source.Text[at[0]:at[1]])
			if placeholder(text) {
				continue
			}
			p.Report(checks.Report{Node: checks.Place(span), Message: "A credential stands in a public card; revoke it", Fix: checks.Fix(true, "take the credential out (and revoke it)", checks.TextEdits(ast.Edit{Span: span, New: "<redacted>"}))})
		}
	},
}

var credential = regexp.MustCompile(`\bhf_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{32,}|\bghp_[A-Za-z0-9]{36,}|\bAKIA[A-Z0-9]{16}\b`)

// placeholder reports whether a credential is one that nobody holds: a letter or two again
// and again.
func placeholder(text string) bool {
	text = text[strings.IndexAny(text, "_-A")+1:]
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen) < 8
}

// isCard reports whether a README opens with the front matter of a model or data set.
func isCard(d *checks.Document) bool {
	trees := d.Trees()
	if len(trees) == 0 {
		return false
	}
	for _, key := range [...]string{"license", "library_name", "pipeline_tag", "base_model", "datasets"} {
		if trees[0].Get(key) != nil {
			return true
		}
	}
	return false
}

// writesReadme reports whether a call writes a file named README.md.
func writesReadme(p *checks.Pass, c *checks.Call) bool {
	v := c.Receiver
	if o := v.Origin(); o != nil && !v.Is("pathlib.PurePath()") {
		if o.Receiver.Is("pathlib.PurePath()") {
			v = o.Receiver
		} else if a := o.Arg(0, "file"); a != nil {
			v = a.Value
		}
	}
	v = v.PathText()
	text, ok := v.Text()
	if !ok {
		parts := v.Parts()
		if len(parts) == 0 || parts[len(parts)-1].Value != nil {
			return false
		}
		text = parts[len(parts)-1].Text
	}
	return strings.EqualFold(text[strings.LastIndexByte(text, '/')+1:], "README.md")
}

var secretName = regexp.MustCompile(`(?i)(token|key|secret|password)$`)

// secretPart finds the expression that put a secret into what an argument is given, by the
// way of the value: through functions, attributes and other modules.
func secretPart(p *checks.Pass, c *checks.Call, a *checks.Argument) ast.Expr {
	for _, g := range c.Given(a.Value) {
		if at := secretWithin(p, g, a.Node); at != nil {
			return at
		}
	}
	return nil
}

// secretWithin finds the part of a value that is a secret; node is where the value stands.
func secretWithin(p *checks.Pass, value *checks.Value, node ast.Expr) ast.Expr {
	for _, v := range value.Alternatives() {
		if secretMark(v) && len(v.Parts()) == 0 {
			return node
		}
		for _, part := range v.Parts() {
			if part.Value == nil || !secretMark(part.Value) {
				continue
			}
			if e, ok := part.Node.(ast.Expr); ok && p.Holds(e) {
				return e
			}
			return node
		}
	}
	return nil
}

// secretMark reports whether a value is a secret: a variable of the environment by its name,
// the Hub token, the app's secrets.
func secretMark(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if m.Clean.Has(models.Log) {
			continue
		}
		if m.Label == models.Secret {
			return true
		}
		if m.Label != models.Local || m.Source() == nil {
			continue
		}
		name := m.Field()
		if m.Source().Is("os.environ") && name == "" && !m.Clean.Has(models.Disclosure) {
			return true // the whole of it
		}
		if m.Source().Is("os.getenv") || name == "get" || name == "" {
			if o := m.Call(); o != nil && len(o.Args) > 0 {
				name, _ = o.Args[0].Value.Text()
			}
		}
		if (m.Source().Under("os.environ") || m.Source().Is("os.getenv")) && secretName.MatchString(name) {
			return true
		}
	}
	return false
}

// secretIn finds the expression that puts a secret into text, a dict or the arguments of a
// template.
func secretIn(p *checks.Pass, c *checks.Call, e ast.Expr, v *checks.Value, depth int) ast.Expr {
	if depth > 6 {
		return nil
	}
	if holdsSecret(p, e) {
		return e
	}
	var found ast.Expr
	switch e := e.(type) {
	case *ast.Attribute:
		own := strings.HasPrefix(spelled(e), "self.") || strings.HasPrefix(spelled(e), "cls.")
		if value := assignedAttribute(p, spelled(e)); own && value != nil && !value.Range().Contains(e.Range()) && !dropsSecrets(p, p.File.Body, spelled(e)) && secretIn(p, c, value, nil, depth+1) != nil {
			return e
		}
	case *ast.Name:
		body := bodyAround(p, e)
		if value := assigned(body, e.Id); value != nil {
			if dropsSecrets(p, body, e.Id) {
				return nil
			}
			if found = secretIn(p, c, value, v, depth+1); found != nil {
				return found
			}
			return secretAmong(p, c, addedTo(body, e), depth)
		}
		if iter := loopedOver(body, e); iter != nil {
			if secretIn(p, c, iter, nil, depth+1) != nil {
				return e
			}
			return nil
		}
		if value := assigned(p.File.Body, e.Id); value != nil && !dropsSecrets(p, p.File.Body, e.Id) {
			return secretIn(p, c, value, v, depth+1)
		}
	case *ast.JoinedStr:
		for _, x := range e.Values {
			if ph, ok := x.(*ast.Placeholder); ok && found == nil {
				found = secretIn(p, c, ph.Value, nil, depth+1)
			}
		}
	case *ast.BinOp:
		if found = secretIn(p, c, e.Left, nil, depth+1); found == nil {
			found = secretIn(p, c, e.Right, nil, depth+1)
		}
	case *ast.Tuple:
		found = secretAmong(p, c, e.Elts, depth)
	case *ast.List:
		found = secretAmong(p, c, e.Elts, depth)
	case *ast.Dict:
		found = secretAmong(p, c, e.Values, depth)
	case *ast.Call:
		name := checks.LastName(e.Fn)
		switch name {
		case "join", "sorted", "list", "tuple", "set":
			if len(e.Args) == 1 && isEnviron(p, e.Args[0]) {
				return nil // the names of the variables
			}
		}
		switch name {
		case "format", "str", "repr", "dumps", "dump", "safe_dump", "dict", "join", "dedent", "pformat", "items", "copy", "strip", "sorted", "list", "ModelCardData", "get":
			if a, ok := e.Fn.(*ast.Attribute); ok && name != "get" {
				found = secretIn(p, c, a.Value, nil, depth+1)
			}
			if found == nil {
				found = secretAmong(p, c, e.Args, depth)
			}
			for _, k := range e.Keywords {
				if found == nil {
					found = secretIn(p, c, k.Value, nil, depth+1)
				}
			}
		default:
			if def := p.FunctionNamed(name); def != nil {
				ast.Inspect(def, func(n ast.Node) bool {
					if r, ok := n.(*ast.Return); ok && r.Value != nil && found == nil {
						found = secretIn(p, c, r.Value, nil, depth+1)
					}
					return found == nil
				})
			}
		}
	case *ast.Comp:
		for _, clause := range e.Clauses {
			if len(clause.Ifs) == 0 && found == nil && !namesOnly(e, clause.Target) {
				found = secretIn(p, c, clause.Iter, nil, depth+1)
			}
		}
	}
	return found
}

func secretAmong(p *checks.Pass, c *checks.Call, list []ast.Expr, depth int) ast.Expr {
	for _, x := range list {
		if x == nil {
			continue
		}
		if s, ok := x.(*ast.Starred); ok {
			x = s.Value
		}
		if at := secretIn(p, c, x, nil, depth+1); at != nil {
			return at
		}
	}
	return nil
}

// namesOnly reports whether a comprehension takes two things of each round and uses the first alone: the names of settings.
func namesOnly(e *ast.Comp, target ast.Expr) bool {
	pair, ok := target.(*ast.Tuple)
	if !ok || len(pair.Elts) != 2 {
		return false
	}
	value, ok := pair.Elts[1].(*ast.Name)
	if !ok {
		return false
	}
	used := false
	for _, x := range [...]ast.Expr{e.Key, e.Elt} {
		if x != nil {
			ast.Inspect(x, func(n ast.Node) bool {
				id, ok := n.(*ast.Name)
				used = used || ok && id.Id == value.Id
				return !used
			})
		}
	}
	return !used
}

// addedTo lists what is put at the end of a text or list of a name, one piece after the other, before it is used.
func addedTo(body []ast.Stmt, name *ast.Name) []ast.Expr {
	var out []ast.Expr
	is := func(e ast.Expr) bool { n, ok := e.(*ast.Name); return ok && n.Id == name.Id }
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if at, ok := n.Fn.(*ast.Attribute); ok && (at.Attr.Id == "append" || at.Attr.Id == "extend") && is(at.Value) && n.Pos() < name.Pos() {
					out = append(out, n.Args...)
				}
			case *ast.AugAssign:
				if is(n.Target) && n.Pos() < name.Pos() {
					out = append(out, n.Value)
				}
			}
			return true
		})
	}
	return out
}

// loopedOver is what a loop takes the value of a name from: `for name, value in vars(args).items()`. It is nil where no
// loop does, and where the loop looks at the names of the entries.
func loopedOver(body []ast.Stmt, name *ast.Name) ast.Expr {
	var iter ast.Expr
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			loop, ok := n.(*ast.For)
			if !ok || !loop.Range().Contains(name.Range()) {
				return true
			}
			target := loop.Target
			if pair, ok := target.(*ast.Tuple); ok && len(pair.Elts) == 2 {
				target = pair.Elts[1]
			}
			if id, ok := target.(*ast.Name); ok && id.Id == name.Id && !decides(loop) {
				iter = loop.Iter
			}
			return true
		})
	}
	return iter
}

// decides reports whether a loop does not do the same for all that it goes through.
func decides(loop *ast.For) bool {
	found := false
	ast.InspectStmts(loop.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.If, *ast.IfExp, *ast.Continue, *ast.Match:
			found = true
		}
		return !found
	})
	return found
}

// holdsSecret reports whether an expression is a secret by itself: a variable of the
// environment or a setting whose name says so, the Hub token, the whole environment, or all
// the options of a program that has a secret among them.
func holdsSecret(p *checks.Pass, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Subscript:
		if key, ok := e.Index.(*ast.Str); ok && isEnviron(p, e.Value) {
			return secretName.MatchString(key.Value)
		}
	case *ast.Attribute:
		if isEnviron(p, e) {
			return true
		}
		root := strings.ToLower(checks.LastName(e.Value))
		return secretName.MatchString(e.Attr.Id) && (strings.HasSuffix(root, "settings") || strings.HasSuffix(root, "config") || strings.HasSuffix(root, "cfg") || strings.HasSuffix(root, "args") || root == "conf" || root == "opt" || root == "secrets")
	case *ast.Name:
		return isEnviron(p, e)
	case *ast.Call:
		if s, ok := fix.ImportedAs(p.File, "huggingface_hub.get_token"); ok && spelled(e.Fn) == s {
			return true
		}
		if s, ok := fix.ImportedAs(p.File, "os.getenv"); ok && spelled(e.Fn) == s {
			return len(e.Args) > 0 && isSecretText(e.Args[0])
		}
		if s, ok := fix.ImportedAs(p.File, "dataclasses.asdict"); ok && spelled(e.Fn) == s {
			return len(e.Args) == 1 && declaresSecret(p, e.Args[0])
		}
		switch checks.LastName(e.Fn) {
		case "getenv":
			return len(e.Args) > 0 && isSecretText(e.Args[0])
		case "get":
			if a, ok := e.Fn.(*ast.Attribute); ok && isEnviron(p, a.Value) {
				return len(e.Args) > 0 && isSecretText(e.Args[0])
			}
		case "dict", "str", "repr", "dumps":
			return len(e.Args) == 1 && isEnviron(p, e.Args[0])
		case "vars":
			return len(e.Args) == 1 && declaresSecret(p, e.Args[0])
		case "asdict":
			return len(e.Args) == 1 && declaresSecret(p, e.Args[0])
		}
	}
	return false
}

func isSecretText(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && secretName.MatchString(s.Value)
}

// spelled is a dotted name without layout, "" for other expressions.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Name:
		return e.Id
	case *ast.Attribute:
		if base := spelled(e.Value); base != "" {
			return base + "." + e.Attr.Id
		}
	}
	return ""
}

// isEnviron reports whether an expression is os.environ.
func isEnviron(p *checks.Pass, e ast.Expr) bool {
	s, ok := fix.ImportedAs(p.File, "os.environ")
	return ok && spelled(e) == s
}

// declaresSecret reports whether a program declares a secret among its options, or a class of
// the file among its fields.
func declaresSecret(p *checks.Pass, e ast.Expr) bool {
	found := false
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if checks.LastName(n.Fn) == "add_argument" {
					for _, a := range n.Args {
						if t, ok := a.(*ast.Str); ok {
							found = found || secretName.MatchString(strings.ReplaceAll(t.Value, "-", "_"))
						}
					}
				}
			case *ast.ClassDef:
				for _, b := range n.Body {
					if f, ok := b.(*ast.AnnAssign); ok {
						found = found || secretName.MatchString(checks.LastName(f.Target))
					}
				}
			}
			return !found
		})
	}
	_ = e
	return found
}

// dropsSecrets reports whether entries are taken out of a dict, or masked, before it is used.
func dropsSecrets(p *checks.Pass, body []ast.Stmt, name string) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if a, ok := n.Fn.(*ast.Attribute); ok && p.File.Text(a.Value) == name && (a.Attr.Id == "pop" || a.Attr.Id == "update") {
					found = true
				}
			case *ast.Delete:
				found = found || strings.Contains(p.File.Text(n), name+"[")
			case *ast.Assign:
				for _, t := range n.Targets {
					if s, ok := t.(*ast.Subscript); ok && p.File.Text(s.Value) == name {
						found = true
					}
				}
			}
			return !found
		})
	}
	return found
}

// redact puts a constant in the place of a secret; in an f-string bare text.
func redact(p *checks.Pass, e ast.Expr) *fix.Fix {
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		if ph, ok := around[i].(*ast.Placeholder); ok && ph.Value.Range() == e.Range() {
			return checks.Fix(true, "keep the secret out of the card", []fix.Edit{{Start: int(ph.Start), End: int(ph.End), New: "<redacted>"}})
		}
	}
	return checks.Fix(true, "keep the secret out of the card", checks.Replace(p, e, `"<redacted>"`))
}
