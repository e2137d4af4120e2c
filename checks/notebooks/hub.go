package notebooks

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// loginOpen is PML4115.
var loginOpen = &checks.Rule{
	Spec:  infoPML4115,
	Needs: []string{"Authenticator", "authenticator_class"},
	OnModule: func(p *checks.Pass) {
		if forTrials(p.Path) || !strings.HasPrefix(path.Base(p.Path), "jupyterhub_config") && !p.Mentions("get_config") {
			return
		}
		hub := hubSettings(p.File)
		for _, open := range hub.open() {
			p.Report(checks.Report{Node: open.stmt, Message: open.message, Fix: closedLogin(p, open)})
		}
	},
	Mentions: []string{"uthenticator"},
	OnManifest: func(p *checks.ManifestPass) {
		if forTrials(p.Path) {
			return
		}
		for _, tree := range p.Trees() {
			for _, hub := range []*checks.Tree{tree.Get("hub"), tree.Get("jupyterhub", "hub"), tree.Get("binderhub", "jupyterhub", "hub")} {
				reportChart(p, hub)
			}
		}
	},
}

// forTrials reports whether a file lies in a folder for tests or development.
func forTrials(name string) bool {
	return slices.ContainsFunc(strings.Split(path.Dir(name), "/"), func(folder string) bool {
		return slices.Contains([]string{"test", "tests", "testing", "ci", "examples", "example", "dev"}, folder)
	})
}

// trait is a setting of JupyterHub's: CLASS.NAME = value.
type trait struct {
	// text is the value's constant text or the name of a class, yes and no whether it is True or
	// False; given is set for any value.
	text           string
	yes, no, given bool

	stmt  *ast.Assign
	value ast.Expr
	tree  *checks.Tree
	key   ast.Span
}

// hubTraits are the settings of a configuration by CLASS.NAME.
type hubTraits map[string]trait

// hubSettings reads the settings that a configuration file assigns to attributes of the
// configuration.
func hubSettings(file *ast.File) hubTraits {
	out := hubTraits{}
	ast.InspectFile(file, func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok {
			return true
		}
		for _, target := range s.Targets {
			name, ok := target.(*ast.Attribute)
			if !ok {
				continue
			}
			class, ok := name.Value.(*ast.Attribute)
			if !ok {
				continue
			}
			if _, ok := class.Value.(*ast.Name); !ok {
				continue
			}
			t := trait{given: true, stmt: s, value: s.Value}
			t.read(file, s.Value)
			out[class.Attr.Id+"."+name.Attr.Id] = t
		}
		return false
	})
	return out
}

func (t *trait) read(file *ast.File, e ast.Expr) {
	switch x := e.(type) {
	case *ast.Str:
		t.text = x.Value
	case *ast.Constant:
		t.yes, t.no = x.Value == ast.True, x.Value == ast.False
		t.given = x.Value != ast.None
	case *ast.Name:
		if given := checks.LastAssigned(file.Body, x); given != nil {
			t.read(file, given)
		} else {
			t.text = importedName(file, x.Id)
		}
	case *ast.Attribute:
		t.text = x.Attr.Id
	}
}

// importedName is the name under which a module has what an import binds a name to; the name itself
// where none does.
func importedName(file *ast.File, name string) string {
	out := name
	ast.InspectFile(file, func(n ast.Node) bool {
		if from, ok := n.(*ast.ImportFrom); ok {
			for _, a := range from.Names {
				if a.AsName != nil && a.AsName.Id == name {
					text := file.Text(a)
					out, _, _ = strings.Cut(text, " ")
				}
			}
		}
		return true
	})
	return out
}

// openLogin is a setting that lets everybody in.
type openLogin struct {
	trait
	message string
	dummy   bool
	first   bool
	// empty is the setting of a password that is none.
	empty trait
}

// publicProviders are authenticators of providers at which anybody can have an account.
var publicProviders = []string{"github", "google", "gitlab", "auth0", "bitbucket", "GitHubOAuthenticator", "LocalGitHubOAuthenticator", "GoogleOAuthenticator", "LocalGoogleOAuthenticator", "GitLabOAuthenticator", "LocalGitLabOAuthenticator", "Auth0OAuthenticator", "BitbucketOAuthenticator"}

// open lists the settings that let everybody in.
func (h hubTraits) open() []openLogin {
	if h.local() {
		return nil
	}
	var out []openLogin
	class := h["JupyterHub.authenticator_class"]
	kind := class.text[strings.LastIndexByte(class.text, '.')+1:]
	switch kind {
	case "dummy", "DummyAuthenticator":
		if !h["DummyAuthenticator.password"].set() {
			out = append(out, openLogin{trait: class, dummy: true, empty: h["DummyAuthenticator.password"], message: "The dummy authenticator lets any name in with any password"})
		}
	case "firstuse", "FirstUseAuthenticator":
		if !h["FirstUseAuthenticator.create_users"].no && !h.any("allowed_users", "whitelist") {
			out = append(out, openLogin{trait: class, first: true, message: "Whoever comes first under a name gets its account, and any name will do"})
		}
	}
	if t := h["NativeAuthenticator.open_signup"]; t.yes {
		out = append(out, openLogin{trait: t, message: "Whoever registers gets an account of the hub"})
	}
	if !slices.Contains(publicProviders, kind) || h.any("allowed_organizations", "allowed_teams", "hosted_domain", "allowed_google_groups", "allowed_gitlab_groups", "allowed_users", "allowed_project_ids", "github_organization_whitelist", "whitelist") {
		return out
	}
	for name, t := range h {
		if strings.HasSuffix(name, "Authenticator.allow_all") && t.yes {
			out = append(out, openLogin{trait: t, message: "Everybody who has an account of the provider gets one of the hub"})
			break
		}
	}
	return out
}

// set reports whether a setting has a value that is not empty.
func (t trait) set() bool {
	return t.given && (t.text != "" || t.value != nil && !isEmptyText(t.value))
}

func isEmptyText(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && s.Value == ""
}

// any reports whether a setting of one of the names is given, of whatever class.
func (h hubTraits) any(names ...string) bool {
	for name, t := range h {
		if t.given && slices.Contains(names, name[strings.IndexByte(name, '.')+1:]) {
			return true
		}
	}
	return false
}

// local reports whether the hub listens on this machine only.
func (h hubTraits) local() bool {
	isLocal := func(host string) bool { return host == "127.0.0.1" || host == "localhost" || host == "::1" }
	if isLocal(h["JupyterHub.ip"].text) {
		return true
	}
	u, err := url.Parse(h["JupyterHub.bind_url"].text)
	return err == nil && isLocal(u.Hostname())
}

// closedLogin lets in only who is meant to be.
func closedLogin(p *checks.Pass, open openLogin) *fix.Fix {
	config := strings.SplitN(p.File.Text(open.stmt.Targets[0]), ".", 2)[0]
	switch {
	case open.dummy:
		environ, imports := fix.ReachFrom(p.File, open.stmt.Pos(), "os.environ", "import os", fix.InOrder)
		if open.empty.value != nil {
			return checks.Fix(true, "ask for a password", checks.Replace(p, open.empty.value, environ+`["JUPYTERHUB_PASSWORD"]`), imports)
		}
		return checks.Fix(true, "ask for a password", fix.InsertAfter(p.File, open.stmt, config+`.DummyAuthenticator.password = `+environ+`["JUPYTERHUB_PASSWORD"]`), imports)
	case open.first:
		return checks.Fix(true, "create no accounts at the first login", fix.InsertAfter(p.File, open.stmt, config+".FirstUseAuthenticator.create_users = False"))
	}
	return checks.Fix(true, "let in only who is allowed", checks.Replace(p, open.value, "False"))
}

// reportChart reports the settings of Zero to JupyterHub's chart that let everybody in.
func reportChart(p *checks.ManifestPass, hub *checks.Tree) {
	config := hubTraits{}
	for _, class := range hub.Get("config").Fields() {
		for _, f := range class.Value.Fields() {
			t := trait{given: true, tree: f.Value, key: ast.Span{Start: f.KeySpan.Start, End: max(f.KeySpan.End, f.Value.Span().End)}, text: f.Value.Text()}
			if !f.Value.Quoted() {
				low := strings.ToLower(t.text)
				t.yes, t.no, t.given = low == "true", low == "false", low != "null" && low != "~"
			}
			if f.Value.IsTable() || f.Value.IsList() {
				t.text = "given"
			}
			config[class.Key+"."+f.Key] = t
		}
	}
	for _, extra := range hub.Get("extraConfig").Fields() {
		file, err := ast.Parse(context.Background(), ast.NewText(p.Path, []byte(extra.Value.Text())))
		if err != nil || file == nil {
			continue
		}
		for name, t := range hubSettings(file) {
			t.stmt, t.key, t.tree = nil, extra.KeySpan, extra.Value
			config[name] = t
		}
	}
	for _, open := range config.open() {
		r := checks.Report{Node: checks.Place(open.key), Message: open.message}
		if open.dummy && open.tree != nil {
			r.Fix = ownAccounts(p, open.tree)
		}
		if !open.dummy && !open.first && open.tree != nil && open.tree.Verbatim() {
			at := open.tree.Span()
			r.Fix = checks.Fix(true, "let in only who is allowed", []fix.Edit{{Start: int(at.Start), End: int(at.End), New: "false"}})
		}
		p.Report(r)
	}
}

// ownAccounts puts the authenticator with accounts that an admin approves, which the hub's image of the chart brings along,
// in the place of the dummy one: the chart has no place for a password that is no text of it.
func ownAccounts(p *checks.ManifestPass, tree *checks.Tree) *fix.Fix {
	const dummy = "dummy"
	file := string(p.Source.Text)
	start := int(tree.Span().Start)
	i := strings.Index(file[start:], dummy)
	if i < 0 || strings.Count(strings.ToLower(file), dummy) != 1 {
		return nil // which one it is, and what else speaks of it, is the reader's to see
	}
	return checks.Fix(true, "let in only who has an account", []fix.Edit{{Start: start + i, End: start + i + len(dummy), New: "native"}})
}
