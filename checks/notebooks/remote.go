package notebooks

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/secrets"
	"github.com/pyguard/pyguardml/internal/shell"
)

// remotes are the calls that are given the address of a Git repository, with its argument.
var remotes = map[string]checks.At{
	"git.Repo.clone_from": {Pos: 0, Name: "url"}, "git.Repo().create_remote": {Pos: 1, Name: "url"}, "git.Remote.add": {Pos: 2, Name: "url"}, "git.Remote.create": {Pos: 2, Name: "url"},
	"git.Remote().set_url": {Pos: 0, Name: "new_url"}, "git.Remote().add_url": {Pos: 0, Name: "url"}, "git.Repo().create_submodule": {Pos: 2, Name: "url"},
	"dulwich.porcelain.clone": {Pos: 0, Name: "source"}, "dulwich.porcelain.push": {Pos: 1, Name: "remote_location"}, "dulwich.porcelain.remote_add": {Pos: 2, Name: "url"},
	"pygit2.clone_repository": {Pos: 0, Name: "url"},
}

// tokenInRemote is PML4117.
var tokenInRemote = &checks.Rule{
	Spec:  infoPML4117,
	Knows: []string{"getpass.getpass", "google.colab.userdata.get", "kaggle_secrets.UserSecretsClient().get_secret", "os.environ[]", "os.environ.get", "os.getenv"},
	On: slices.Concat([]string{
		"git.Repo.clone_from", "git.Repo().{create_remote,create_submodule}", "git.Remote.{add,create}", "git.Remote().{set_url,add_url}", "git.Repo().remotes.*.{set_url,add_url}",
		"dulwich.porcelain.{clone,push,remote_add}", "pygit2.clone_repository",
		"os.system", "os.popen", "subprocess.{run,Popen,call,check_call,check_output,getoutput}",
	}, shellCalls),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if at, ok := remoteArgument(c); ok {
			a := c.Arg(at.Pos, at.Name)
			if a == nil || a.Node == nil {
				return
			}
			for _, address := range append([]*checks.Value{a.Value}, c.Given(a.Value)...) {
				if tokenIn(c, address) || namedInAddress(c, a.Node) {
					p.Report(checks.Report{Node: a.Node, Covers: c.Node, Fix: withoutUser(p, address, a.Node)})
					return
				}
			}
			return
		}
		for _, cmd := range c.Commands() {
			word := remoteWord(&cmd)
			if word == nil {
				continue
			}
			line := p.Notebook != nil && !p.Holds(c.Node)
			written, _ := word.Node.(ast.Expr)
			if !tokenIn(c, word.Value) && !(line && namedInLine(p, c.Node.Range())) && !(!line && namedInAddress(c, written)) {
				continue
			}
			node := ast.Node(c.Node)
			if line {
				reportLine(p, c.Node.Range())
				return
			}
			if word.Node != nil {
				node = word.Node
			}
			var where ast.Expr
			if e, ok := word.Node.(ast.Expr); ok {
				where = e
			} else if len(c.Args) > 0 {
				where = c.Args[0].Node
			}
			p.Report(checks.Report{Node: node, Fix: withoutUser(p, word.Value, where)})
			return
		}
	},
}

// remoteArgument is the argument of a call that is the address of a repository.
func remoteArgument(c *checks.Call) (at checks.At, ok bool) {
	if name := c.Symbol.String(); strings.HasPrefix(name, "git.Repo().remotes.") {
		at, ok = remotes["git.Remote()"+name[strings.LastIndexByte(name, '.'):]]
		return at, ok
	}
	for name, at := range remotes {
		if c.Symbol.Is(name) {
			return at, true
		}
	}
	return at, false
}

// namedInAddress reports whether an expression, or what its name stands for, is an f-string with the name of
// a secret in the user's part of an address. The secret may be constant there, as a form field is that
// nobody has filled in yet.
func namedInAddress(c *checks.Call, e ast.Expr) bool {
	if e == nil {
		return false
	}
	return slices.ContainsFunc(c.Frame.SpelledOut(e), func(s flow.Spelled) bool {
		text, ok := s.Expr.(*ast.JoinedStr)
		if !ok {
			return false
		}
		scheme, found := false, false
		for _, part := range text.Values {
			switch part := part.(type) {
			case *ast.Placeholder:
				found = found || scheme && namedSecret(part.Value)
			case *ast.Str:
				rest := part.Value
				if !scheme {
					_, after, ok := strings.Cut(rest, "://")
					if !ok {
						continue
					}
					scheme, rest = true, after
				}
				if i := strings.IndexAny(rest, "@/"); i >= 0 {
					return found && rest[i] == '@'
				}
			}
		}
		return false
	})
}

// namedInLine reports whether a shell line of a notebook has the name of a secret in the user's part of an
// address.
func namedInLine(p *checks.Pass, at ast.Span) bool {
	text, start := p.CommandText(at)
	line := string(text)
	for _, cmd := range p.Notebook.Commands() {
		if cmd.Span != at {
			continue
		}
		for _, in := range cmd.Interpolations() {
			i := int(in.Span.Start) - start
			if i < 0 || i > len(line) || !secretUser(in.Expr[strings.LastIndexByte(in.Expr, '.')+1:]) {
				continue
			}
			from := strings.LastIndex(line[:i], "://")
			if from < 0 {
				continue
			}
			if _, end, ok := userSpan(line, from); ok && end > i {
				return true
			}
		}
	}
	return false
}

// remoteWord is the word of a git command that is the address of a repository which git keeps or
// prints, nil for other commands.
func remoteWord(cmd *flow.Command) *flow.Word {
	name, args := cmd.Program()
	if name != "git" {
		return nil
	}
	var words []*flow.Word
	for i := 0; i < len(args); i++ {
		switch t := args[i].Text; {
		case t == "-C" || t == "-c" || t == "--git-dir" || t == "--work-tree":
			i++
		case strings.HasPrefix(t, "-") && args[i].Known:
		default:
			words = append(words, &args[i])
		}
	}
	if len(words) == 0 {
		return nil
	}
	switch words[0].Text {
	case "clone", "push", "pull", "fetch":
	case "remote", "submodule":
		if len(words) < 2 || !slices.Contains([]string{"add", "set-url"}, words[1].Text) {
			return nil
		}
	default:
		return nil
	}
	for _, w := range words[1:] {
		if strings.HasPrefix(w.Text, "https://") || strings.HasPrefix(w.Text, "http://") {
			return w
		}
	}
	return nil
}

// tokenIn reports whether the part of an address that names the user holds a secret.
func tokenIn(c *checks.Call, address *checks.Value) bool {
	for _, v := range address.Alternatives() {
		parts := v.Parts()
		if t, ok := v.Text(); ok {
			parts = []checks.Part{{Text: t}}
		}
		scheme, before := false, ""
		found := false
		for _, part := range parts {
			if part.Value != nil {
				found = found || scheme && (isSecretValue(c, part.Value) || namedSecret(part.Node) || readSecretly(part.Value) && !namesUser(part))
				before += "x"
				continue
			}
			text := part.Text
			if !scheme {
				_, after, ok := strings.Cut(text, "://")
				if !ok {
					continue
				}
				scheme, text = true, after
			}
			user, _, at := strings.Cut(text, "@")
			user, _, slash := strings.Cut(user, "/")
			found = found || (at && !slash) && (spelledSecret(user) || len(secrets.Find(user)) > 0)
			if at && !slash {
				if found {
					return true
				}
				break
			}
			if slash {
				break
			}
			before += user
		}
	}
	return false
}

// readSecretly reports whether a value was typed without being shown, or read from a store of
// secrets or the environment.
func readSecretly(v *checks.Value) bool {
	c := v.Origin()
	return c != nil && c.Symbol.Is("getpass.getpass", "google.colab.userdata.get", "kaggle_secrets.UserSecretsClient().get_secret", "os.environ.get", "os.getenv") || v.Is("os.environ[]")
}

// namedSecret reports whether an expression is a name, an attribute or an item that says that it is a
// secret.
func namedSecret(n ast.Node) bool { return secretUser(nameOf(n)) }

// nameOf is the name of a variable, an attribute or an item.
func nameOf(n ast.Node) string {
	if x, ok := n.(*ast.Subscript); ok {
		if s, ok := x.Index.(*ast.Str); ok {
			return s.Value
		}
	}
	if n == nil {
		return ""
	}
	return checks.LastName(n)
}

// namesUser reports whether what is put into an address is the name of a user by its own name, or by
// that of the variable of the environment.
func namesUser(part checks.Part) bool {
	names := []string{nameOf(part.Node)}
	if c := part.Value.Origin(); c != nil {
		if a := c.Arg(0, "key"); a != nil {
			name, _ := a.Value.Text()
			names = append(names, name)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		words := wordsOf(name)
		return len(words) > 0 && slices.Contains([]string{"user", "username", "login", "owner", "org", "name", "actor", "account", "id"}, words[len(words)-1])
	})
}

// secretUser reports whether the last word of a name is that of a secret.
func secretUser(name string) bool {
	words := wordsOf(name)
	return len(words) > 0 && slices.Contains([]string{"token", "pat", "password", "passwd", "secret", "key", "apikey", "pw", "pwd"}, words[len(words)-1])
}

// spelledSecret reports whether text names a variable of the shell, or an expression of Python, that
// holds a secret.
func spelledSecret(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(":{}()[]$'\".,% ", r) }) {
		named := strings.Contains(text, "$"+word) || strings.Contains(text, "{")
		if named && (secretUser(word) || word == "getpass" || word == "userdata" || word == "environ" || word == "getenv") {
			return true
		}
	}
	return false
}

// userSpan is the part of an address, within a text from one offset on, that names the user, with
// its @; ok is false where there is none.
func userSpan(text string, from int) (start, end int, ok bool) {
	i := strings.Index(text[from:], "://")
	if i < 0 {
		return 0, 0, false
	}
	start = from + i + 3
	depth := 0
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case depth > 0:
		case c == '@':
			return start, i + 1, true
		case c == '/' || c == ' ' || c == '\n':
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// withoutUser takes the user's part out of an address, which a literal, an f-string or a sum spells.
func withoutUser(p *checks.Pass, address *checks.Value, given ast.Expr) *fix.Fix {
	const message = "leave the token to a credential helper"
	for _, e := range []ast.Expr{literalOf(p, address), given} {
		if e == nil || !p.Holds(e) {
			continue
		}
		text := p.File.Text(e)
		switch x := e.(type) {
		case *ast.Str, *ast.JoinedStr:
			if start, end, ok := userSpan(text, 0); ok {
				at := int(e.Pos())
				return checks.Fix(true, message, []fix.Edit{{Start: at + start, End: at + end}})
			}
		case *ast.BinOp:
			// "https://" + token + "@host/…": the sum loses what stands between the two.
			if edits := sumWithoutUser(p, x); edits != nil {
				return checks.Fix(true, message, edits)
			}
		case *ast.Call:
			// "https://{}@host".format(token)
			if fn, ok := x.Fn.(*ast.Attribute); ok && fn.Attr.Id == "format" && len(x.Args) == 1 && len(x.Keywords) == 0 {
				if s, ok := fn.Value.(*ast.Str); ok && strings.Count(s.Value, "{}") == 1 {
					inner := p.File.Text(s)
					if start, end, ok := userSpan(inner, 0); ok && strings.Contains(inner[start:end], "{}") {
						return checks.Fix(true, message, checks.Replace(p, x, inner[:start]+inner[end:]))
					}
				}
			}
		}
	}
	return nil
}

// literalOf is the expression of this file that builds an address: the f-string or sum that its
// pieces are part of.
func literalOf(p *checks.Pass, address *checks.Value) ast.Expr {
	for _, part := range address.Parts() {
		if part.Node == nil || part.Value == nil || !p.Holds(part.Node) {
			continue
		}
		around := p.Around(part.Node)
		var whole ast.Expr
		for i := len(around) - 2; i >= 0; i-- {
			switch x := around[i].(type) {
			case *ast.Placeholder:
			case *ast.JoinedStr:
				return x
			case *ast.BinOp:
				whole = x
			default:
				return whole
			}
		}
	}
	return nil
}

// sumWithoutUser deletes from a sum of texts what stands between the scheme and the host.
func sumWithoutUser(p *checks.Pass, sum *ast.BinOp) []fix.Edit {
	text := p.File.Text(sum)
	i := strings.Index(text, "://")
	j := strings.Index(text, "@")
	if i < 0 || j < i || strings.Contains(text[i+3:j], "/") {
		return nil
	}
	at := int(sum.Pos())
	first, last := text[i+3:i+4], text[:j]
	// `"https://" + token + "@github.com"` becomes `"https://github.com"`.
	if quote := first; (quote == `"` || quote == `'`) && strings.HasSuffix(last, quote) {
		return []fix.Edit{{Start: at + i + 3, End: at + j + 1}}
	}
	return nil
}

// reportLine reports a notebook's shell line, or the first of a cell's, that puts a token into an
// address. The fix takes the user's part out of all of them.
func reportLine(p *checks.Pass, at ast.Span) {
	text, start := p.CommandText(at)
	where := ast.Node(checks.Command(at))
	var edits []fix.Edit
	for _, c := range shell.Parse(string(text)) {
		if name, _ := c.Program(); name != "git" {
			continue
		}
		for _, w := range c.Words {
			from, to, ok := userSpan(string(text[:w.End]), w.Start)
			if !ok {
				continue
			}
			if user := string(text[from : to-1]); strings.ContainsAny(user, "{$") || len(secrets.Find(user)) > 0 {
				if edits == nil && bytes.ContainsRune(p.Source.Text[at.Start:start+c.Start], '\n') {
					where = checks.Command(ast.Span{Start: ast.Pos(start + c.Start), End: ast.Pos(start + c.End)})
				}
				edits = append(edits, fix.Edit{Start: start + from, End: start + to})
			}
		}
	}
	p.Report(checks.Report{Node: where, Fix: checks.Fix(true, "leave the token to a credential helper", edits)})
}
