package monitoring

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// openDashboard is PML2418.
var openDashboard = &checks.Rule{
	Spec:  infoPML2418,
	On:    []string{"explainerdashboard.{ExplainerDashboard,ExplainerHub}().run"},
	Knows: []string{"explainerdashboard.{ExplainerDashboard,ExplainerHub}", "explainerdashboard.{ExplainerDashboard,ExplainerHub}.from_config"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		made := origin(c.Receiver)
		if made == nil || asksLogin(p, made, 0) || publicData(made) || checks.GroupMentions(p, "dash_auth", "flask_login", "before_request", "flask_httpauth", "flask_security", "enterprise_auth") {
			return
		}
		const message, here = "serve on this machine only", `"127.0.0.1"`
		host := c.Arg(1, "host")
		if host == nil {
			if c.HasRest() || p.Notebook != nil || !servesPages(c, made) {
				return
			}
			r := checks.Report{Node: c.Node}
			if !c.Partial {
				r.Fix = checks.Fix(true, message, fix.AddKeyword(p.File, c.Node, "host", here))
			}
			p.Report(r)
			return
		}
		if slices.ContainsFunc(checks.Possible(c, host.Value), func(v *checks.Value) bool {
			text, constant := v.Text()
			return constant && checks.ReachOf(text) != checks.ThisMachine && text != ""
		}) {
			p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, host, here)})
		}
	},
}

// servesPages reports whether a dashboard runs a server for its pages, and no cell of a notebook.
func servesPages(run, made *checks.Call) bool {
	for _, a := range [...]*checks.Argument{run.Arg(3, "mode"), made.Arg(-1, "mode")} {
		if a != nil && !a.Value.IsNone() {
			mode, constant := a.Value.Text()
			return constant && mode == "dash"
		}
	}
	return true
}

// loginArguments are those by which a dashboard or a hub of them is told who may log in.
var loginArguments = []string{"logins", "users_file", "user_json", "db_users"}

// asksLogin reports whether a dashboard, or one of those in a hub, asks for a login, as far as its call tells.
func asksLogin(p *checks.Pass, made *checks.Call, depth int) bool {
	if made.HasRest() {
		return true
	}
	for _, name := range loginArguments {
		if a := made.Arg(-1, name); a != nil && !a.Value.IsNone() {
			items, open, list := made.Items(a.Value)
			if !list || open || len(items) > 0 {
				return true
			}
		}
	}
	if strings.HasSuffix(made.Symbol.String(), ".from_config") && configured(p, made) {
		return true
	}
	if !strings.Contains(made.Symbol.String(), "ExplainerHub") {
		return false
	}
	if slices.ContainsFunc(p.Project.Documents, func(d *checks.Document) bool {
		name := path.Base(d.Path)
		return name == "users.yaml" || name == "users.json"
	}) {
		return true
	}
	a := made.Arg(0, "dashboards")
	if a == nil || depth > 0 {
		return false
	}
	items, _, _ := made.Items(a.Value)
	return slices.ContainsFunc(items, func(it checks.Item) bool {
		o := origin(it.Value)
		return o != nil && o.Symbol != nil && strings.Contains(o.Symbol.String(), "ExplainerDashboard") && asksLogin(p, o, depth+1)
	})
}

// configured reports whether the file that a dashboard is made from names logins.
func configured(p *checks.Pass, made *checks.Call) bool {
	for i := range made.Args {
		file, constant := made.Args[i].Value.Text()
		if !constant || !strings.HasSuffix(file, ".yaml") && !strings.HasSuffix(file, ".yml") {
			continue
		}
		for _, d := range p.Project.Documents {
			_, after, says := strings.Cut(string(d.Source.Text), "logins:")
			if path.Base(d.Path) == path.Base(file) && says && !strings.HasPrefix(strings.TrimSpace(after), "null") {
				return true
			}
		}
	}
	return false
}

// publicData reports whether a dashboard explains an example data set that everybody has.
func publicData(made *checks.Call) bool {
	for i := range made.Args {
		if made.Args[i].Node == nil {
			continue
		}
		for in := range made.Frame.MadeOf(made.Args[i].Node) {
			if in.Call == nil {
				continue
			}
			name := in.Call.Callee.Name()
			if slices.ContainsFunc([]string{"explainerdashboard.datasets.", "sklearn.datasets.", "shap.datasets.", "seaborn.load_dataset", "vega_datasets."}, func(start string) bool { return strings.HasPrefix(name, start) }) {
				return true
			}
		}
	}
	return false
}
