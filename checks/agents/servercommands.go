package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// serverCommand is PML6117.
var serverCommand = &checks.Rule{
	Spec: infoPML6117,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.ServerCommand},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil {
			return
		}
		s := started{path}
		if at := s.argument(); at == nil || !s.chosen(string(path.Sink.Arg), path.Value, 0) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowServers(p, path.Call)})
	},
}

// started is a way on which data comes to the command of a server that is started.
type started struct{ *checks.Path }

// argument is the argument at the end of the way.
func (s started) argument() *checks.Argument {
	for i := range s.Call.Args {
		if a := &s.Call.Args[i]; a.Node != nil && ast.Node(a.Node) == s.Node {
			return a
		}
	}
	if len(s.Call.Args) > 0 {
		return &s.Call.Args[0]
	}
	return nil
}

// environment are variables by which a program is told to run something else.
var environment = []string{"PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV", "DYLD_INSERT_LIBRARIES"}

// chosen reports whether who sends the data decides, by what stands under a name, which command is
// run: of a command, by its text; of its arguments, by one that is a word of his; of variables, by
// their names; of the description of a server, or of several, by a command in it or by its shape.
func (s started) chosen(name string, v *checks.Value, depth int) bool {
	if v == nil || depth > 4 {
		return false
	}
	if alternatives := v.Alternatives(); len(alternatives) > 1 {
		return slices.ContainsFunc(alternatives, func(a *checks.Value) bool { return s.chosen(name, a, depth) })
	}
	if items, _, ok := s.Items(v); ok {
		rest, _ := s.Rest(v)
		return slices.ContainsFunc(items, func(it checks.Item) bool { return s.chosen(name, it.Value, depth+1) }) || s.chosen(name, rest, depth+1)
	}
	rest, _ := s.Rest(v)
	entries := s.Entries(v)
	if len(entries) == 0 && rest == nil {
		return s.text(name, v)
	}
	if strings.Contains(name, "env") {
		_, keys := s.Rest(v)
		return keys != nil && checks.Carries(s.Path, keys) || slices.ContainsFunc(entries, func(e checks.Entry) bool {
			return slices.Contains(environment, e.Name) && checks.Carries(s.Path, e.Value)
		})
	}
	one := slices.ContainsFunc(entries, func(e checks.Entry) bool { return e.Name == "command" || e.Name == "url" || e.Name == "transport" })
	return slices.ContainsFunc(entries, func(e checks.Entry) bool {
		switch {
		case e.Name == "command", e.Name == "args", e.Name == "env":
			return s.chosen(e.Name, e.Value, depth+1)
		case one:
			return false
		}
		return s.chosen("", e.Value, depth+1)
	}) || !one && s.chosen("", rest, depth+1)
}

// text reports whether a value, of which no parts are known, is the sender's and no address.
func (s started) text(name string, v *checks.Value) bool {
	if !checks.Carries(s.Path, v) {
		return false
	}
	prefix := v.Prefix()
	if strings.HasPrefix(prefix, "http") || strings.HasPrefix(prefix, "-") && strings.Contains(prefix, "=") {
		return false
	}
	if s.Call.Symbol.Under("llama_index") || s.Call.Symbol.Under("fastmcp") {
		for _, t := range s.Call.Tests(v) {
			if strings.Contains(t.Mod.File.Text(t.Node), "http") {
				return false // tested to be one
			}
		}
		if name == "0:transport" && isAddress(s) {
			return false
		}
	}
	return true
}

// isAddress reports whether what a client connects to is an address by its name.
func isAddress(s started) bool {
	name := strings.ToLower(s.Mark.Field())
	if a := s.argument(); a != nil && a.Node != nil {
		name += " " + strings.ToLower(checks.LastName(a.Node))
	}
	return slices.ContainsFunc([]string{"url", "uri", "endpoint", "address", "host"}, func(w string) bool { return strings.Contains(name, w) })
}

// allowServers refuses, before a server is described, a command that is not among those allowed.
func allowServers(p *checks.Pass, c *checks.Call) *fix.Fix {
	stmt := p.StmtOf(c.Node)
	what := commandText(p, c)
	if stmt == nil || what == "" || checks.Deferred(p.Module, c.Node, stmt) {
		return nil
	}
	return checks.Fix(true, "start allowed servers only",
		fix.InsertBefore(p.File, stmt, "if "+what+" not in ALLOWED_SERVERS:", `    raise PermissionError("server not allowed")`),
		fix.AddConstant(p.File, "ALLOWED_SERVERS: list = []", fix.Spaced))
}

// commandText is what of a call is compared with the servers allowed: the words of its command in a
// list, or the description that it is given.
func commandText(p *checks.Pass, c *checks.Call) string {
	if !p.Holds(c.Node) {
		return ""
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.Rest && a.Keyword != nil && a.Node != nil && p.Holds(a.Node) {
			return p.File.Text(a.Node)
		}
	}
	var program, args *checks.Argument
	for i, name := range [...]string{"command", "package", "tool_name", "script_path", "command_or_url", "args", "tool_args"} {
		pos := 0
		if i > 4 {
			pos = 1
		}
		switch a := c.Arg(-1, name); {
		case a == nil:
		case pos == 0:
			program = a
		default:
			args = a
		}
	}
	described := c.Symbol.Is("langchain_mcp_adapters.client.MultiServerMCPClient", "crewai_tools.MCPServerAdapter", "fastmcp.Client", "agents.mcp.MCPServerStdio", "mcp_use.MCPClient.from_dict") ||
		strings.HasSuffix(c.Symbol.String(), "Client") && !c.Symbol.Under("llama_index") || strings.Contains(c.Symbol.String(), ".model_validate") || c.Arg(-1, "server_params") != nil
	if described {
		return describedText(p, c)
	}
	if program == nil {
		program = c.Arg(0, "")
	}
	if args == nil {
		args = c.Arg(1, "")
	}
	if program == nil || program.Node == nil {
		return ""
	}
	var list, env ast.Expr
	if args != nil {
		list = args.Node
	}
	for _, name := range [...]string{"env", "env_vars"} {
		if a := c.Arg(-1, name); a != nil {
			env = a.Node
		}
	}
	return words(p, program.Node, list, env)
}

// words writes a program, its arguments and the variables that are chosen with them as one list.
func words(p *checks.Pass, program, args, env ast.Expr) string {
	if !p.Holds(program) || args != nil && !p.Holds(args) {
		return ""
	}
	out := []string{p.File.Text(program)}
	switch list := args.(type) {
	case nil:
	case *ast.List:
		for _, e := range list.Elts {
			out = append(out, p.File.Text(e))
		}
	default:
		out = append(out, "*"+p.File.Text(args))
	}
	switch env.(type) {
	case nil, *ast.Dict, *ast.Constant:
	default:
		out = append(out, p.File.Text(env))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// describedText is the description of a server: the whole, or the words of the one command that a
// dict display in the call holds.
func describedText(p *checks.Pass, c *checks.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	a := c.Arg(0, "")
	for _, name := range [...]string{"connections", "serverparams", "transport", "params", "config", "server_params", "obj"} {
		if a == nil {
			a = c.Arg(-1, name)
		}
	}
	if a == nil || a.Node == nil || !p.Holds(a.Node) {
		return ""
	}
	display, ok := a.Node.(*ast.Dict)
	if !ok {
		return p.File.Text(a.Node)
	}
	var inner []ast.Expr
	for depth := 0; display != nil && depth < 3; depth++ {
		var program, args, env ast.Expr
		for i, k := range display.Keys {
			if s, ok := k.(*ast.Str); ok {
				switch s.Value {
				case "command":
					program = display.Values[i]
				case "args":
					args = display.Values[i]
				case "env":
					env = display.Values[i]
				}
			}
		}
		if program != nil {
			return words(p, program, args, env)
		}
		inner, display = display.Values, nil
		if len(inner) == 1 {
			display, _ = inner[0].(*ast.Dict)
		}
	}
	if len(inner) == 1 {
		return p.File.Text(inner[0])
	}
	return p.File.Text(a.Node)
}
