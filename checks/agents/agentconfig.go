package agents

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
)

const agentOptions = "claude_agent_sdk.{ClaudeAgentOptions,ClaudeCodeOptions}"

// approvesEverything is PML6124.
var approvesEverything = &checks.Rule{
	Spec:     infoPML6124,
	Mentions: []string{"bypassPermissions", "Bash", `"*"`, "enableAllProjectMcpServers", "chat.tools", "danger-full-access"},
	OnManifest: func(p *checks.ManifestPass) {
		folder, base := path.Base(path.Dir(p.Path)), path.Base(p.Path)
		if p.Kind != manifest.Agent && p.Kind != manifest.TOML || slices.Contains(strings.Split(p.Path, "/"), ".devcontainer") {
			return
		}
		for _, root := range p.Trees() {
			switch {
			case folder == ".claude" && (base == "settings.json" || base == "settings.local.json" && !p.Project.IgnoredByGit(p.Path)):
				claudeSettings(p, root)
			case folder == ".vscode" && base == "settings.json":
				editorSettings(p, root)
			case path.Ext(base) == ".code-workspace":
				editorSettings(p, root.Get("settings"))
			case folder == ".codex" && base == "config.toml":
				codexConfig(p, root)
				for _, profile := range root.Get("profiles").Fields() {
					codexConfig(p, profile.Value)
				}
			}
		}
	},
	Knows: []string{agentOptions},
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Document},
	Into:  []checks.SinkKind{models.PromptUser},
	OnFlow: func(p *checks.Pass, way *checks.Path) {
		if way.Call == nil || !way.Call.Symbol.Under("claude_agent_sdk") {
			return
		}
		options := way.Call.Arg(-1, "options")
		if client := way.Call.Receiver; client != nil && client.Origin() != nil {
			if options = client.Origin().Arg(0, "options"); options == nil {
				return
			}
		}
		if options == nil {
			return
		}
		for _, v := range options.Value.Alternatives() {
			made := v.Origin()
			if made == nil || !made.Symbol.Is("claude_agent_sdk.ClaudeAgentOptions", "claude_agent_sdk.ClaudeCodeOptions") {
				continue
			}
			mode := made.Arg(-1, "permission_mode")
			in := p.Project.Module(made.Frame.Module())
			if mode == nil || in == nil {
				continue
			}
			if text, _ := mode.Value.Text(); text != "bypassPermissions" {
				continue
			}
			r := checks.Report{Node: checks.ArgNode(made, mode), In: in, Path: way}
			if s, ok := mode.Node.(*ast.Str); ok && in.Holds(s) {
				r.Fix = checks.Fix(true, "ask before tools run", p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, s, `"default"`)}))
			}
			p.Report(r)
		}
	},
}

// everyCommand are the rules that allow any command, or any tool.
var everyCommand = []string{"Bash", "Bash(*)", "Bash(:*)", "Bash(**)", "*"}

func claudeSettings(p *checks.ManifestPass, root *manifest.Node) {
	if mode := root.Get("permissions", "defaultMode"); mode.Text() == "bypassPermissions" {
		setValue(p, mode, "default", "ask before tools run")
	}
	allow := root.Get("permissions", "allow")
	for i, rule := range allow.Items() {
		if !slices.Contains(everyCommand, rule.Text()) {
			continue
		}
		r := checks.Report{Node: checks.Place(rule.Span())}
		if e, ok := allow.WithoutItem(p.Source.Text, i); ok {
			r.Fix = checks.Fix(true, "allow no command without a question", checks.TextEdits(e))
		}
		p.Report(r)
	}
	if all := root.Get("enableAllProjectMcpServers"); isTrue(all) {
		setValue(p, all, "false", "ask before a server of the repository is used")
	}
}

func editorSettings(p *checks.ManifestPass, settings *manifest.Node) {
	const message = "ask before tools run"
	for _, name := range [...]string{"chat.tools.autoApprove", "chat.tools.global.autoApprove"} {
		if v := settings.Get(name); isTrue(v) {
			setValue(p, v, "false", message)
		}
	}
	for _, f := range settings.Get("chat.tools.terminal.autoApprove").Fields() {
		v := f.Value
		if v.IsTable() {
			v = v.Get("approve")
		}
		switch f.Key {
		case "/.*/", "*", "/^.*$/", "/.+/":
			if isTrue(v) {
				setValue(p, v, "false", message)
			}
		}
	}
}

func codexConfig(p *checks.ManifestPass, table *manifest.Node) {
	if policy := table.Get("approval_policy"); policy.Text() == "never" && table.Get("sandbox_mode").Text() == "danger-full-access" {
		setValue(p, policy, "on-request", "ask before commands leave the sandbox")
	}
}

// isTrue reports whether a setting is switched on.
func isTrue(v *manifest.Node) bool { return v.Text() == "true" && !v.Quoted() }

// setValue reports a setting, to be changed to another value.
func setValue(p *checks.ManifestPass, v *manifest.Node, to, message string) {
	r := checks.Report{Node: checks.Place(v.Span())}
	if v.Verbatim() {
		r.Fix = checks.Fix(true, message, checks.TextEdits(ast.Edit{Span: v.Span(), New: to}))
	}
	p.Report(r)
}
