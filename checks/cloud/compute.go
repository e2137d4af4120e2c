package cloud

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the checks of machines on which models are trained.

// publicSSH is PML4402.
var publicSSH = &checks.Rule{
	Spec: infoPML4402,
	On: []string{
		"azure.ai.ml.entities.{AmlCompute,ComputeInstance}",
		"azureml.core.compute.{AmlCompute,amlcompute.AmlCompute,ComputeInstance,computeinstance.ComputeInstance}.provisioning_configuration",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"ssh_public_access_enabled", "ssh_public_access", "remote_login_port_public_access"} {
			a := c.Arg(-1, name)
			if a == nil {
				continue
			}
			switch text, _ := a.Value.Text(); {
			case name != "remote_login_port_public_access" && checks.On(a.Value):
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "False")})
			case name == "remote_login_port_public_access" && text == "Enabled":
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, `"Disabled"`)})
			}
		}
	},
	To: []string{"azure.ai.ml.entities.{AmlCompute,ComputeInstance}().ssh_public_access_enabled"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if checks.On(s.Value) {
			p.Report(checks.Report{Node: s.Node, Fix: checks.FixAt(p, s.From, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(true, "close the port", checks.Replace(there, s.From, "False"))
			})})
		}
	},
	Mentions: []string{"ssh_public_access_enabled"},
	OnManifest: func(p *checks.ManifestPass) {
		for _, root := range p.Trees() {
			schema := root.Get("$schema").Text()
			if !strings.Contains(schema, "amlCompute") && !strings.Contains(schema, "computeInstance") {
				continue
			}
			for _, f := range root.Fields() {
				if f.Key != "ssh_public_access_enabled" || f.Value.Quoted() || !strings.EqualFold(f.Value.Text(), "true") {
					continue
				}
				place := ast.Span{Start: f.KeySpan.Start, End: f.Value.Span().End}
				p.Report(checks.Report{Node: checks.Place(place), Fix: checks.Fix(true, "close the port", checks.TextEdits(ast.Edit{Span: f.Value.Span(), New: "false"}))})
			}
		}
	},
}

// initScript is PML4404.
var initScript = &checks.Rule{
	Spec:  infoPML4404,
	Needs: []string{"init_scripts"},
	Knows: []string{"databricks.sdk.service.compute.DbfsStorageInfo", "databricks.sdk.service.compute.DbfsStorageInfo()"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		f.InspectOwn(func(n ast.Node) bool {
			for _, given := range givenScripts(f, n) {
				for _, d := range spelledDicts(given.Frame, given.Expr) {
					reportScript(p, d.Frame, d.Expr.(*ast.Dict))
				}
			}
			return true
		})
	},
	On: []string{"databricks.sdk.service.compute.InitScriptInfo"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(2, "dbfs")
		if a == nil || a.Value.Origin() == nil || !a.Value.Origin().Symbol.Is("databricks.sdk.service.compute.DbfsStorageInfo") {
			return
		}
		made := a.Value.Origin()
		to := made.Arg(0, "destination")
		if to == nil || !onRoot(to.Value.Prefix()) {
			return
		}
		var repair *fix.Fix
		if a.Keyword != nil && made.Frame == c.Frame && p.Holds(made.Node) && to.Node != nil {
			edits := checks.Replace(p, a.Keyword.Name, "volumes")
			if at, ok := made.Node.Fn.(*ast.Attribute); ok {
				edits = append(edits, checks.Replace(p, at.Attr, "VolumesStorageInfo")...)
			} else {
				name, imports := fix.Reach(p.File, "databricks.sdk.service.compute.VolumesStorageInfo", "from databricks.sdk.service.compute import VolumesStorageInfo", fix.AfterLastImport)
				edits = append(append(edits, checks.Replace(p, made.Node.Fn, name)...), imports...)
			}
			repair = onVolume(p, c.Frame, edits, to.Node)
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: repair})
	},
	Mentions: []string{"init_scripts"},
	OnManifest: func(p *checks.ManifestPass) {
		for _, root := range p.Trees() {
			walkScripts(p, root, 0)
		}
	},
}

// walkScripts reports the init scripts of DBFS in a tree.
func walkScripts(p *checks.ManifestPass, tree *checks.Tree, depth int) {
	if depth > 40 {
		return
	}
	for _, f := range tree.Fields() {
		if f.Key == "init_scripts" {
			for _, item := range f.Value.Items() {
				for _, entry := range item.Fields() {
					to := entry.Value.Get("destination")
					if entry.Key != "dbfs" || !onRoot(to.Text()) {
						continue
					}
					var edits []ast.Edit
					if to.Verbatim() {
						edits = []ast.Edit{{Span: entry.KeySpan, New: "volumes"}, {Span: to.Span(), New: volumePath(to.Text())}}
					}
					p.Report(checks.Report{Node: checks.Place(entry.KeySpan), Fix: checks.Fix(true, "keep the script on a volume", checks.TextEdits(edits...))})
				}
			}
			continue
		}
		walkScripts(p, f.Value, depth+1)
	}
	for _, item := range tree.Items() {
		walkScripts(p, item, depth+1)
	}
}

// onRoot reports whether a path is one of the DBFS root, and not of a volume.
func onRoot(path string) bool {
	return strings.HasPrefix(path, "dbfs:/") && !strings.HasPrefix(path, "dbfs:/Volumes/")
}

func volumePath(path string) string {
	return "/Volumes/main/default/" + strings.TrimLeft(strings.TrimPrefix(path, "dbfs:/"), "/")
}

// startOf is the constant beginning of the text that an expression spells, "" for what is not known.
func startOf(f *checks.Frame, e ast.Expr, depth int) string {
	if depth > 8 {
		return ""
	}
	switch n := e.(type) {
	case *ast.Str:
		return n.Value
	case *ast.JoinedStr:
		if len(n.Values) == 0 {
			return ""
		}
		if ph, ok := n.Values[0].(*ast.Placeholder); ok {
			return startOf(f, ph.Value, depth+1)
		}
		if text, ok := n.Values[0].(*ast.Str); ok {
			return text.Value
		}
	case *ast.BinOp:
		return startOf(f, n.Left, depth+1)
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "format" {
			return startOf(f, at.Value, depth+1)
		}
		if checks.LastName(n.Fn) == "join" && len(n.Args) > 1 {
			return startOf(f, n.Args[0], depth+1)
		}
	case *ast.Name, *ast.Attribute, *ast.Subscript:
		for _, s := range f.SpelledOut(e) {
			if s.Expr == e {
				continue
			}
			if text := startOf(s.Frame, s.Expr, depth+1); text != "" {
				return text
			}
		}
	}
	return ""
}

// onVolume moves the path that an expression spells to a volume, beside other edits.
func onVolume(p *checks.Pass, f *checks.Frame, edits []fix.Edit, e ast.Expr) *fix.Fix {
	places := []ast.Expr{e}
	for _, s := range f.SpelledOut(e) {
		places = append(places, s.Expr)
	}
	for _, at := range places {
		for sum, ok := at.(*ast.BinOp); ok; sum, ok = at.(*ast.BinOp) {
			at = sum.Left
		}
		m := p.Holder(at)
		if m == nil {
			continue
		}
		if moved := fix.ReplaceInString(m.File, at, "dbfs:/", "/Volumes/main/default/"); moved != nil {
			return checks.Fix(true, "keep the script on a volume", edits, p.InFile(m, moved))
		}
	}
	return nil
}

// reportScript reports an init script that is given as a dict.
func reportScript(p *checks.Pass, f *checks.Frame, d *ast.Dict) {
	m := p.Project.Module(f.Module())
	if m == nil {
		return
	}
	for i, k := range d.Keys {
		key, ok := k.(*ast.Str)
		if !ok || key.Value != "dbfs" {
			continue
		}
		for _, inner := range spelledDicts(f, d.Values[i]) {
			at := inner.Expr.(*ast.Dict)
			for j, k := range at.Keys {
				if name, ok := k.(*ast.Str); ok && name.Value == "destination" && onRoot(startOf(inner.Frame, at.Values[j], 0)) {
					there := p.There(m)
					p.Report(checks.Report{Node: key, In: m, Fix: onVolume(p, inner.Frame, p.InFile(m, checks.Replace(there, key, `"volumes"`)), at.Values[j])})
				}
			}
		}
	}
}

// spelledDicts lists the dicts that an expression stands for.
func spelledDicts(f *checks.Frame, e ast.Expr) []flow.Spelled {
	var out []flow.Spelled
	for _, s := range append([]flow.Spelled{{Frame: f, Expr: e}}, f.SpelledOut(e)...) {
		if _, ok := s.Expr.(*ast.Dict); ok && !slices.ContainsFunc(out, func(o flow.Spelled) bool { return o.Expr == s.Expr }) {
			out = append(out, s)
		}
	}
	return out
}

// givenScripts lists the expressions by which a node of a function's code gives a cluster its init scripts: under that key, by
// that keyword, or into a list of that name.
func givenScripts(f *checks.Frame, n ast.Node) []flow.Spelled {
	switch n := n.(type) {
	case *ast.Dict:
		var out []flow.Spelled
		for i, k := range n.Keys {
			if k != nil && isScripts(k) {
				out = append(out, itemsOf(f, n.Values[i], 0)...)
			}
		}
		return out
	case *ast.Keyword:
		if n.Name != nil && n.Name.Id == "init_scripts" {
			return itemsOf(f, n.Value, 0)
		}
	case *ast.Assign:
		if at, ok := n.Targets[0].(*ast.Subscript); ok && isScripts(at.Index) {
			return itemsOf(f, n.Value, 0)
		}
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok && addsTo(n, at) && namedScripts(at.Value) {
			return added(f, n, at)
		}
	}
	return nil
}

func isScripts(e ast.Expr) bool {
	s, ok := e.(*ast.Str)
	return ok && s.Value == "init_scripts"
}

// namedScripts reports whether an expression is the list of init scripts by its name: `spec["init_scripts"]`,
// `spec.setdefault("init_scripts", [])`.
func namedScripts(e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Subscript:
		return isScripts(n.Index)
	case *ast.Call:
		return checks.LastName(n.Fn) == "setdefault" && len(n.Args) > 0 && isScripts(n.Args[0])
	}
	return checks.LastName(e) == "init_scripts"
}

func addsTo(c *ast.Call, at *ast.Attribute) bool {
	switch at.Attr.Id {
	case "append", "extend", "insert":
		return len(c.Args) > 0
	}
	return false
}

// added lists what a call adds to a list.
func added(f *checks.Frame, c *ast.Call, at *ast.Attribute) []flow.Spelled {
	last := c.Args[len(c.Args)-1]
	if at.Attr.Id == "extend" {
		return itemsOf(f, last, 0)
	}
	return []flow.Spelled{{Frame: f, Expr: last}}
}

// itemsOf lists the elements of the list that an expression stands for.
func itemsOf(f *checks.Frame, e ast.Expr, depth int) []flow.Spelled {
	if depth > 6 {
		return nil
	}
	var out []flow.Spelled
	seen := map[ast.Expr]bool{}
	for _, s := range append([]flow.Spelled{{Frame: f, Expr: e}}, f.SpelledOut(e)...) {
		if seen[s.Expr] {
			continue
		}
		seen[s.Expr] = true
		switch n := s.Expr.(type) {
		case *ast.List:
			for _, x := range n.Elts {
				if star, ok := x.(*ast.Starred); ok {
					out = append(out, itemsOf(s.Frame, star.Value, depth+1)...)
					continue
				}
				out = append(out, flow.Spelled{Frame: s.Frame, Expr: x})
			}
		case *ast.BinOp:
			out = append(append(out, itemsOf(s.Frame, n.Left, depth+1)...), itemsOf(s.Frame, n.Right, depth+1)...)
		case *ast.Comp:
			if n.Elt != nil {
				out = append(out, flow.Spelled{Frame: s.Frame, Expr: n.Elt})
			}
		case *ast.Name:
			s.Frame.InspectOwn(func(o ast.Node) bool {
				if c, ok := o.(*ast.Call); ok {
					if at, ok := c.Fn.(*ast.Attribute); ok && addsTo(c, at) && checks.LastName(at.Value) == n.Id {
						out = append(out, added(s.Frame, c, at)...)
					}
				}
				return true
			})
		}
	}
	return out
}
