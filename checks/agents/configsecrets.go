package agents

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
)

// clientConfigs are the files in which clients of MCP find their servers.
var clientConfigs = []string{".mcp.json", "mcp.json", "claude_desktop_config.json", "mcp_config.json", "mcp_settings.json", "cline_mcp_settings.json"}

// configSecret is PML6125.
var configSecret = &checks.Rule{
	Spec:     infoPML6125,
	Mentions: []string{`"mcpServers"`, `"servers"`},
	OnManifest: func(p *checks.ManifestPass) {
		base := path.Base(p.Path)
		if p.Kind != manifest.Agent || !slices.Contains(clientConfigs, strings.ToLower(base)) && !(base == "settings.json" && path.Base(path.Dir(p.Path)) == ".gemini") {
			return
		}
		c := clientConfig{p, path.Base(path.Dir(p.Path)) == ".vscode"}
		for _, root := range p.Trees() {
			for _, servers := range [...]*manifest.Node{root.Get("mcpServers"), root.Get("servers")} {
				for _, s := range servers.Fields() {
					c.server(s.Key, s.Value)
				}
			}
		}
	},
}

// clientConfig is a file that describes MCP servers; of an editor's, references are written otherwise.
type clientConfig struct {
	*checks.ManifestPass
	editor bool
}

// server looks at the description of one server.
func (c clientConfig) server(name string, s *manifest.Node) {
	for _, table := range [...]*manifest.Node{s.Get("env"), s.Get("headers")} {
		for _, f := range table.Fields() {
			c.entry(name, f.Key, f.Value, 0)
		}
	}
	args := s.Get("args").Items()
	for i, a := range args {
		text := a.Text()
		if key, _, ok := strings.Cut(text, "="); ok && !strings.ContainsAny(key, " /?") {
			c.entry(name, strings.TrimLeft(key, "-"), a, len(key)+1)
		} else if key, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(key), "authorization") || ok && isHeader(key) {
			c.entry(name, strings.TrimSpace(key), a, len(text)-len(strings.TrimLeft(value, " ")))
		} else if i > 0 && strings.HasPrefix(args[i-1].Text(), "-") && !strings.Contains(args[i-1].Text(), "=") {
			c.entry(name, strings.TrimLeft(args[i-1].Text(), "-"), a, 0)
		}
	}
	for _, key := range [...]string{"url", "serverUrl", "httpUrl"} {
		c.address(name, s.Get(key))
	}
}

// isHeader reports whether an argument begins with the name of a header that holds a key.
func isHeader(key string) bool {
	return strings.HasPrefix(strings.ToLower(key), "x-") && isSecretKey(key)
}

// entry reports the value of an entry, from a byte of its text on, that is a credential.
func (c clientConfig) entry(server, key string, v *manifest.Node, from int) {
	text := v.Text()
	if from > len(text) || !isSecretKey(key) {
		return
	}
	name := envName(key)
	text = text[from:]
	if strings.EqualFold(key, "authorization") {
		name = envName(server) + "_TOKEN"
		if scheme, rest, ok := strings.Cut(text, " "); ok {
			from += len(scheme) + 1
			text = rest
		}
	}
	if isCredential(text) {
		c.part(v, from, text, name)
	}
}

// address reports a password or a key within the address of a server.
func (c clientConfig) address(server string, v *manifest.Node) {
	text := v.Text()
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return
	}
	if password, ok := u.User.Password(); ok && !isPlaceholder(password) && len(password) > 3 {
		if i := strings.Index(text, ":"+password+"@"); i >= 0 {
			c.part(v, i+1, password, envName(server)+"_PASSWORD")
		}
	}
	for key, values := range u.Query() {
		switch strings.ToLower(key) {
		case "key", "token", "api_key", "apikey", "access_token", "api-key":
			for _, value := range values {
				if i := strings.Index(text, key+"="+value); i >= 0 && isCredential(value) {
					c.part(v, i+len(key)+1, value, envName(server)+"_"+envName(key))
				}
			}
		}
	}
}

// part reports a part of a value, to be taken from a variable of the environment.
func (c clientConfig) part(v *manifest.Node, from int, text, name string) {
	r := checks.Report{Node: checks.Place(v.Span())}
	if v.Verbatim() {
		reference := "${" + name + "}"
		if c.editor {
			reference = "${env:" + name + "}"
		}
		at := ast.Span{Start: v.Span().Start + ast.Pos(from), End: v.Span().Start + ast.Pos(from+len(text))}
		r.Fix = checks.Fix(true, "take the value from the environment (and revoke the key)", checks.TextEdits(ast.Edit{Span: at, New: reference}))
	}
	c.Report(r)
}

// isSecretKey reports whether an entry, option or header of a name holds a secret.
func isSecretKey(key string) bool {
	name := envName(key)
	switch name {
	case "AUTHORIZATION", "KEY", "PASSWORD":
		return true
	case "PRIMARY_KEY", "CACHE_KEY", "SORT_KEY", "PARTITION_KEY", "PUBLIC_KEY", "SITE_KEY", "PUBLISHABLE_KEY":
		return false
	}
	return models.IsSecretName(name) || strings.HasSuffix(name, "_KEY") && !strings.Contains(name, "PUBLI") && !strings.Contains(name, "SITE")
}

// envName is the name of a variable that stands for an entry.
func envName(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, strings.TrimSpace(key))
}

// isCredential reports whether a text has the form of a credential.
func isCredential(text string) bool {
	if isPlaceholder(text) {
		return false
	}
	if models.FindSecret(text) != "" {
		return true
	}
	if strings.Contains(text, "://") || strings.ContainsAny(text, " /\\") && (strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "~") || strings.Contains(text, " ")) {
		return false
	}
	letters, digits := 0, 0
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			letters++
		case r >= '0' && r <= '9':
			digits++
		}
	}
	return letters > 0 && digits > 0 && letters+digits >= 20
}

// isPlaceholder reports whether a text refers to a credential or shows where one goes.
func isPlaceholder(text string) bool {
	low := strings.ToLower(text)
	if strings.HasPrefix(text, "$") || strings.HasPrefix(text, "%") && strings.HasSuffix(text, "%") {
		return true
	}
	for _, w := range [...]string{"${", "$(", "{{", "<", "your", "xxx", "...", "changeme", "change-me", "change_me", "op://", "vault:", "arn:aws:secretsmanager", "keyring", "placeholder", "example", "dummy", "insert", "replace", "****", "todo", "abcdef", "123456"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	seen := map[rune]bool{}
	for _, r := range low {
		seen[r] = true
	}
	return len(seen) < 6
}
