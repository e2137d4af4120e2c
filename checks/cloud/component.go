package cloud

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// branchComponent is PML4403.
var branchComponent = &checks.Rule{
	Spec: infoPML4403,
	On:   []string{"{kfp,kfp.v2}.components.{load_component_from_url,ComponentStore().load_component_from_url,ComponentStore().load_component}", "kfp.components._components.load_component_from_url"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if name := c.Arg(0, "name"); c.Method == "load_component" && name != nil {
			if store := c.Receiver.Origin(); store != nil && searchesBranch(store, name.Value) {
				p.Report(checks.Report{Node: c.Node})
			}
			return
		}
		a := c.Arg(0, "url")
		if a == nil {
			return
		}
		for _, g := range c.Given(a.Value) {
			for _, v := range g.Alternatives() {
				if text, ok := v.Text(); ok {
					if file, moving := movingComponent(text); moving {
						p.Report(checks.Report{Node: c.Node, Fix: fromFile(p, c, a, file)})
						return
					}
				}
			}
		}
	},
}

// movingRefs are branches and tags that change.
var movingRefs = []string{"master", "main", "develop", "dev", "trunk", "latest", "nightly", "HEAD"}

// movingComponent reports whether an address is one of a branch of a repository, or one that is read without encryption; file is
// the component's path there.
func movingComponent(url string) (file string, moving bool) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	parts := strings.Split(path, "/")
	from := -1 // the reference
	switch {
	case host == "raw.githubusercontent.com":
		from = 2
	case (host == "github.com" || host == "www.github.com") && len(parts) > 3 && parts[2] == "raw":
		from = 3
	case strings.Contains(host, "gitlab"):
		if i := slices.Index(parts, "-"); i >= 0 && i+1 < len(parts) && parts[i+1] == "raw" {
			from = i + 2
		}
	}
	if from >= 0 && from+2 < len(parts) && parts[from] == "refs" && parts[from+1] == "heads" {
		from += 2
	}
	if from >= 0 && from+1 < len(parts) && slices.Contains(movingRefs, parts[from]) {
		return strings.Join(parts[from+1:], "/"), true
	}
	return path, scheme == "http" && !checks.InternalHost(checks.HostIn(url))
}

// searchesBranch reports whether a store looks for a component on a branch.
func searchesBranch(store *checks.Call, name *checks.Value) bool {
	prefixes := store.Arg(1, "url_search_prefixes")
	if prefixes == nil {
		return false
	}
	items, _, _ := store.Items(prefixes.Value)
	return slices.ContainsFunc(items, func(it checks.Item) bool {
		text, ok := it.Value.Text()
		if !ok {
			return false
		}
		_, moving := movingComponent(strings.TrimSuffix(text, "/") + "/component.yaml")
		return moving
	})
}

// fromFile loads the component out of a file of the project.
func fromFile(p *checks.Pass, c *checks.Call, a *checks.Argument, file string) *fix.Fix {
	if _, one := a.Value.Text(); !one || a.Node == nil || a.Unpacked || c.Partial || len(c.Node.Args)+len(c.Node.Keywords) != 1 || file == "" {
		return nil
	}
	edits := checks.Replace(p, checks.ArgNode(c, a), strconv.Quote(file))
	if at, ok := c.Node.Fn.(*ast.Attribute); ok && at.Attr.Id == "load_component_from_url" {
		edits = append(edits, checks.Replace(p, at.Attr, "load_component_from_file")...)
	} else {
		name, imports := fix.Reach(p.File, "kfp.components.load_component_from_file", "from kfp.components import load_component_from_file", fix.AfterLastImport)
		edits = append(append(edits, checks.Replace(p, c.Node.Fn, name)...), imports...)
	}
	return checks.Fix(true, "load the component from the project", edits)
}
