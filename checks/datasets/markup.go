package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// markupLink is PML4206.
var markupLink = &checks.Rule{
	Spec: infoPML4206,
	From: []checks.Label{models.Web, models.User},
	Into: []checks.SinkKind{models.URL, models.Path, models.DataSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.Clean.Has(models.URL) || checks.Vetted(p, path, checks.AboutAddresses) {
			return
		}
		switch {
		case c.Symbol.Under("mlcroissant"):
			if path.Mark.Label != models.User {
				return
			}
		case path.Mark.Label != models.Web || !slices.Contains(path.Mark.Fields(), "contentUrl") || !fetches(c):
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		parse, imports := fix.Reach(p.File, "urllib.parse.urlparse", "from urllib.parse import urlparse", fix.AfterLastImport)
		f := checks.AllowOnly(p, path, e, "ALLOWED_DATASET_HOSTS", "dataset host is not allowed", parse+"(", ").hostname")
		if f != nil {
			f.Edits = append(imports, f.Edits...)
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: f})
	},
}

// fetches reports whether a call reads what is at an address.
func fetches(c *checks.Call) bool {
	if checks.Fetches(c) {
		return true
	}
	name := c.Symbol.String()
	return c.Symbol.Under("pandas") && strings.HasPrefix(name[strings.LastIndexByte(name, '.')+1:], "read_") || c.Symbol.Under("datasets") ||
		c.Symbol.Is("wget.download", "urllib.request.urlretrieve", "urllib.request.urlopen")
}
