package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// indexLink is PML4205.
var indexLink = &checks.Rule{
	Spec: infoPML4205,
	From: []checks.Label{models.Web, models.Dataset},
	Into: []checks.SinkKind{models.URL, models.Shell, models.Option, models.ModelSource, models.DataSource, models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.Clean.Has(models.URL) || !fromIndex(path.Mark) || !followsLink(path) || checks.Vetted(p, path, checks.AboutAddresses) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		if entries := checks.EntriesOf(p, path); len(entries) == 1 && entries[0].In == p.Module && p.FunctionAround(entries[0].Expr) == p.FunctionAround(c.Node) {
			e = entries[0].Expr // of a command the address alone
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_REPOSITORIES", "repository is not allowed")})
	},
}

// fromIndex reports whether data is a link out of the index of Papers with Code, or one of its archived copies.
func fromIndex(m checks.Mark) bool {
	fields := m.Fields()
	if s := m.Source(); s != nil && s.Under("paperswithcode") {
		return slices.Contains(fields, "url")
	}
	c := m.Call()
	if c == nil || len(fields) == 0 || slices.Contains(fields, "next") || slices.Contains(fields, "previous") {
		return false
	}
	for i := range c.Args {
		for _, v := range c.Given(c.Args[i].Value) {
			before := constant(v).Prefix()
			if strings.HasPrefix(before, "https://paperswithcode.com/api/") || c.Symbol.Under("datasets") && strings.HasPrefix(before, "pwc-archive/") {
				return true
			}
		}
	}
	return false
}

// followsLink reports whether the call at the end of a path clones, installs, downloads or loads what is at an address.
func followsLink(path *checks.Path) bool {
	c := path.Call
	switch path.Kind {
	case models.Shell, models.Option:
		return slices.ContainsFunc(c.Commands(), func(cmd flow.Command) bool {
			program, args := cmd.Program()
			words := make([]string, len(args))
			for i, w := range args {
				words[i] = w.Text
			}
			switch program {
			case "git":
				return slices.Contains(words, "clone") || slices.Contains(words, "submodule")
			case "pip", "pip3", "uv":
				return slices.Contains(words, "install")
			case "python", "python3":
				return slices.Contains(words, "pip") && slices.Contains(words, "install")
			}
			// [sys.executable, "-m", "pip", "install", link]
			return slices.Contains(words, "pip") && slices.Contains(words, "install")
		})
	case models.Path:
		return c.Symbol.Under("pandas")
	case models.ModelSource:
		return c.Symbol.Is("torch.hub.load")
	case models.DataSource:
		return c.Symbol.Under("datasets")
	}
	for _, v := range path.Value.Alternatives() {
		if strings.HasPrefix(v.Prefix(), "https://paperswithcode.com/") {
			return false
		}
	}
	return c.Symbol.Is("git.Repo.clone_from") || checks.Fetches(c)
}
