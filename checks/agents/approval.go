package agents

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// autoApproved is PML6122.
var autoApproved = &checks.Rule{
	Spec: infoPML6122,
	On: []string{
		"openai.OpenAI().{responses,beta.responses}.{create,parse,stream}", "openai.OpenAI().{realtime,beta.realtime}.**.{create,update}",
		hostedTool, "agents.mcp.{MCPServerStreamableHttp,MCPServerSse,server.MCPServerStreamableHttp,server.MCPServerSse}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("agents.mcp") {
			approval, filter := c.Arg(-1, "require_approval"), c.Arg(-1, "tool_filter")
			params := c.Arg(0, "params")
			if approval == nil || filter != nil && !filter.Value.IsNone() || params == nil || !never(approval.Value) {
				return
			}
			if address := c.Key(params.Value, "url"); address != nil && inHouse(address.Value) {
				return
			}
			p.Report(checks.Report{Node: checks.ArgNode(c, approval), Fix: checks.SetConstant(p, c, approval, `"always"`)})
			return
		}
		for _, name := range [...]string{"tool_config", "tools", "session"} {
			if a := c.Arg(-1, name); a != nil {
				approvesAll(p, c, a.Value)
			}
		}
		if a := c.Arg(0, "tool_config"); a != nil && c.Symbol.Is("agents.HostedMCPTool", "agents.tool.HostedMCPTool") && a.Name == "" {
			approvesAll(p, c, a.Value)
		}
	},
}

// approvesAll reports the descriptions of remote servers all of whose tools may be called: of a
// dict, of those in a list, of those in the tools of a session.
func approvesAll(p *checks.Pass, c *checks.Call, v *checks.Value) {
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			approvesAll(p, c, it.Value)
		}
		return
	}
	if tools := c.Key(v, "tools"); tools != nil {
		approvesAll(p, c, tools.Value)
	}
	kind, approval := c.Key(v, "type"), c.Key(v, "require_approval")
	if kind == nil || approval == nil || !never(approval.Value) {
		return
	}
	address := c.Key(v, "server_url")
	if text, _ := kind.Value.Text(); text != "mcp" || address == nil && c.Key(v, "connector_id") == nil {
		return
	}
	if allowed := c.Key(v, "allowed_tools"); allowed != nil && !allowed.Value.IsNone() || address != nil && inHouse(address.Value) {
		return
	}
	in := p.Holder(approval.Node)
	if in == nil {
		p.Report(checks.Report{Node: c.Node})
		return
	}
	report := checks.Report{Node: approval.Node, In: in}
	if _, ok := approval.Node.(*ast.Str); ok {
		report.Fix = checks.Fix(true, "ask before each call", p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, approval.Node, `"always"`)}))
	}
	p.Report(report)
}

func never(v *checks.Value) bool {
	text, _ := v.Text()
	return text == "never"
}

// inHouse reports whether an address is constant and one of this machine or the own network.
func inHouse(v *checks.Value) bool {
	text, ok := v.Text()
	if !ok {
		text = v.Prefix()
	}
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	if host == "localhost" {
		return true
	}
	for _, zone := range [...]string{".localhost", ".internal", ".local", ".svc"} {
		if strings.HasSuffix(host, zone) || strings.Contains(host, ".svc.") {
			return true
		}
	}
	return false
}

const hostedTool = "agents.{HostedMCPTool,tool.HostedMCPTool}"

// hooks are the arguments by which libraries are told whom to ask.
var hooks = []string{"on_approval_request", "on_safety_check", "approval_func", "can_use_tool", "approve"}

// rubberStamp is PML6123.
var rubberStamp = &checks.Rule{
	Spec: infoPML6123,
	On: []string{
		hostedTool, "agents.{ComputerTool,tool.ComputerTool}", "autogen_agentchat.agents.CodeExecutorAgent",
		"{claude_agent_sdk,claude_code_sdk}.{ClaudeAgentOptions,ClaudeCodeOptions,types.ClaudeAgentOptions,types.ClaudeCodeOptions}",
		"{langchain_community.callbacks.human,langchain_community.callbacks,langchain.callbacks,langchain.callbacks.human}.HumanApprovalCallbackHandler",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range hooks {
			a := c.Arg(-1, name)
			if a == nil && name == "approve" && c.Symbol.Under("langchain_community") {
				a = c.Arg(0, name)
			}
			if a == nil {
				continue
			}
			fn := hookOf(a.Value)
			if fn == nil || handedOn(p, a.Node) {
				continue // whoever gives it is to be told
			}
			granted := grants(c.Frame.AnalysisOf(fn), fn.Body, fn.Lambda)
			if len(granted) == 0 {
				continue
			}
			report := checks.Report{Node: checks.ArgNode(c, a)}
			if in := fn.Module; p.Project.Module(in) == p.Module {
				report.Fix = refuseAll(p, c.Frame.AnalysisOf(fn), granted)
			}
			p.Report(report)
		}
	},
	Needs:    []string{"acknowledged_safety_checks", "interruptions"},
	OnModule: unasked,
}

// hookOf is the function of the project that runs where a hook is called: the hook itself, or the __call__ of an instance.
func hookOf(v *checks.Value) *semantic.Function {
	if fn := v.Function(); fn != nil {
		return fn
	}
	if c := v.Class(); c != nil && v.Kind() == flow.KindObject {
		for _, k := range c.Linear() {
			if fn := k.Methods["__call__"]; fn != nil {
				return fn
			}
		}
	}
	return nil
}

// handedOn reports whether an expression is a parameter of the function around it.
func handedOn(p *checks.Pass, e ast.Expr) bool {
	name, ok := e.(*ast.Name)
	if !ok {
		return false
	}
	def := p.FunctionAround(name)
	return def != nil && def.Params != nil && slices.ContainsFunc(def.Params.List, func(q *ast.Param) bool { return q.Name != nil && q.Name.Id == name.Id })
}

// grants lists what a hook returns where all of that approves and nobody is asked; it is empty for
// others. f is the analysis of the hook.
func grants(f *checks.Frame, body []ast.Stmt, lambda *ast.Lambda) []ast.Expr {
	if lambda != nil {
		if approves(f, lambda.Body) {
			return []ast.Expr{lambda.Body}
		}
		return nil
	}
	var out []ast.Expr
	open := true
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return false
		case *ast.Raise, *ast.Await, *ast.Yield:
			open = false
		case *ast.Call:
			open = open && !asks(n)
		case *ast.Return:
			values := []ast.Expr{n.Value}
			if name, ok := n.Value.(*ast.Name); ok {
				values = boundTo(body, name.Id)
			}
			for _, value := range values {
				if value == nil || !approves(f, value) {
					open = false
				}
			}
			if len(values) == 0 {
				open = false
			}
			out = append(out, values...)
		}
		return open
	})
	if !open {
		return nil
	}
	return out
}

// boundTo lists what is assigned to a name of a function; nothing where that is done in another way
// than by an assignment to the name alone, or where something of its value is set afterwards.
func boundTo(body []ast.Stmt, name string) []ast.Expr {
	var out []ast.Expr
	plain := true
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if len(n.Targets) == 1 {
				if id, ok := n.Targets[0].(*ast.Name); ok {
					if id.Id == name {
						out = append(out, n.Value)
					}
					break
				}
			}
			for _, target := range n.Targets {
				plain = plain && !checks.UsesName(target, name)
			}
		case *ast.AnnAssign:
			if id, ok := n.Target.(*ast.Name); ok && id.Id == name {
				out = append(out, n.Value)
			} else {
				plain = plain && !checks.UsesName(n.Target, name)
			}
		case *ast.AugAssign:
			plain = plain && !checks.UsesName(n.Target, name)
		case *ast.NamedExpr:
			plain = plain && n.Target.Id != name
		case *ast.For:
			plain = plain && !checks.UsesName(n.Target, name)
		}
		return plain
	})
	if !plain {
		return nil
	}
	return out
}

// asks reports whether a call, by its name, asks a person or another part of the program.
func asks(c *ast.Call) bool {
	last := checks.LastName(c.Fn)
	if strings.HasPrefix(last, "ApprovalResp") || strings.HasPrefix(last, "PermissionResult") || strings.HasPrefix(last, "MCPToolApproval") {
		return false
	}
	name := strings.ToLower(last)
	for _, word := range [...]string{"input", "confirm", "ask", "prompt", "approv", "question", "wait", "allow", "permit", "check", "is_safe", "review"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// approves reports whether an expression says yes, whatever is asked.
func approves(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Constant:
		return e.Value == ast.True
	case *ast.Dict:
		for i, k := range e.Keys {
			if s, ok := k.(*ast.Str); ok && s.Value == "approve" {
				return approves(f, e.Values[i])
			}
		}
	case *ast.Call:
		switch className(f, e) {
		case "ApprovalResponse", "MCPToolApprovalFunctionResult":
			for _, k := range e.Keywords {
				if k.Name != nil && (k.Name.Id == "approved" || k.Name.Id == "approve") {
					return approves(f, k.Value)
				}
			}
			return len(e.Args) > 0 && approves(f, e.Args[0])
		case "PermissionResultAllow":
			return true
		}
	}
	return false
}

// className is the name of what a call calls, as its library spells it.
func className(f *checks.Frame, e *ast.Call) string {
	if f != nil {
		if c := f.CallAt(e); c != nil {
			return checks.CalledName(c)
		}
	}
	return checks.LastName(e.Fn)
}

// refuseAll makes a hook refuse.
func refuseAll(p *checks.Pass, f *checks.Frame, granted []ast.Expr) *fix.Fix {
	var edits []fix.Edit
	for _, e := range granted {
		edits = append(edits, refuse(p, f, e)...)
	}
	return checks.Fix(true, "refuse until somebody is asked", edits)
}

func refuse(p *checks.Pass, f *checks.Frame, e ast.Expr) []fix.Edit {
	switch e := e.(type) {
	case *ast.Constant:
		return checks.Replace(p, e, "False")
	case *ast.Dict:
		for i, k := range e.Keys {
			if s, ok := k.(*ast.Str); ok && s.Value == "approve" {
				return refuse(p, f, e.Values[i])
			}
		}
	case *ast.Call:
		if className(f, e) == "PermissionResultAllow" {
			const text = `PermissionResultDeny(message="not approved")`
			if at, ok := e.Fn.(*ast.Attribute); ok {
				return checks.Replace(p, e, p.File.Text(at.Value)+"."+text)
			}
			name, ok := e.Fn.(*ast.Name)
			if !ok {
				return nil
			}
			module := "claude_agent_sdk"
			if spelling, found := fix.ImportedAs(p.File, "claude_code_sdk.PermissionResultAllow"); found && spelling == name.Id {
				module = "claude_code_sdk"
			}
			return append(checks.Replace(p, e, text), fix.AddImportedName(p.File, module, "PermissionResultDeny", fix.InOrder)...)
		}
		for _, k := range e.Keywords {
			if k.Name != nil && (k.Name.Id == "approved" || k.Name.Id == "approve") {
				return refuse(p, f, k.Value)
			}
		}
		if len(e.Args) > 0 {
			return refuse(p, f, e.Args[0])
		}
	}
	return nil
}

// unasked reports pending checks of a computer call that are acknowledged, and interruptions that
// are approved, without a question.
func unasked(p *checks.Pass) {
	ast.InspectFile(p.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Dict:
			for i, k := range n.Keys {
				if s, ok := k.(*ast.Str); ok && s.Value == "acknowledged_safety_checks" && pending(p, n.Values[i]) && !questioned(p, n) {
					p.Report(checks.Report{Node: n.Values[i], Fix: checks.Fix(true, "acknowledge nothing unasked", checks.Replace(p, n.Values[i], "[]"))})
				}
			}
		case *ast.For:
			approvesEach(p, n)
		}
		return true
	})
}

// pending reports whether an expression gives the pending checks of a call as they are.
func pending(p *checks.Pass, e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			found = found || n.Attr.Id == "pending_safety_checks"
		case *ast.Str:
			found = found || n.Value == "pending_safety_checks"
		case *ast.Name:
			if v := checks.LastAssigned(around(p, n), n); v != nil && v != e {
				found = found || strings.Contains(p.File.Text(v), "pending_safety_checks")
			}
		}
		return !found
	})
	return found
}

// around lists the statements of the function around a place, or of the file.
func around(p *checks.Pass, n ast.Node) []ast.Stmt {
	if def := p.FunctionAround(n); def != nil {
		return def.Body
	}
	return p.File.Body
}

// questioned reports whether the function around a place asks a person, or refuses by a test of
// what a call says.
func questioned(p *checks.Pass, at ast.Node) bool {
	found := false
	ast.InspectStmts(around(p, at), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || asks(n)
		case *ast.If:
			found = found || strings.Contains(p.File.Text(n.Test), "safety_check") || strings.Contains(strings.ToLower(p.File.Text(n.Test)), "acknowledge")
		}
		return !found
	})
	return found
}

// approvesEach reports a loop over the interruptions of a run that approves each.
func approvesEach(p *checks.Pass, loop *ast.For) {
	at, ok := loop.Iter.(*ast.Attribute)
	if !ok || at.Attr.Id != "interruptions" {
		return
	}
	item, ok := loop.Target.(*ast.Name)
	if !ok {
		return
	}
	call := approvedIn(p, loop.Body, item.Id, 0)
	if call == nil {
		return
	}
	fn := call.Fn.(*ast.Attribute)
	p.Report(checks.Report{Node: call, Fix: checks.Fix(true, "refuse until somebody is asked", checks.Replace(p, fn.Attr, "reject"))})
}

// approvedIn is the call of statements, or of a helper, that approves an item without a question
// or a test of it; nil where there is none.
func approvedIn(p *checks.Pass, body []ast.Stmt, item string, depth int) *ast.Call {
	var call *ast.Call
	asked := false
	mentions := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				found = found || n.Id == item
			case *ast.Call:
				found = true
			}
			return !found
		})
		return found
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.If:
			asked = asked || mentions(n.Test)
		case *ast.IfExp:
			asked = asked || mentions(n.Test)
		case *ast.Match, *ast.Await:
			asked = true
		case *ast.Call:
			if fn, ok := n.Fn.(*ast.Attribute); ok && fn.Attr.Id == "approve" && len(n.Args) > 0 {
				call = n
				return true
			}
			if checks.LastName(n.Fn) == "reject" {
				asked = true // by what was told before
			}
			asked = asked || asks(n)
			if id, ok := n.Fn.(*ast.Name); ok && depth < maxHelpers {
				if in, param := helperTaking(p, id.Id, n, item); in != nil && call == nil {
					call = approvedIn(p, in.Body, param, depth+1)
				}
			}
		}
		return !asked
	})
	if asked {
		return nil
	}
	return call
}

// helperTaking is the function of the file that a call hands an item to, and the parameter's name.
func helperTaking(p *checks.Pass, name string, c *ast.Call, item string) (*ast.FunctionDef, string) {
	def := p.FunctionNamed(name)
	if def == nil || def.Params == nil {
		return nil, ""
	}
	for i, a := range c.Args {
		if id, ok := a.(*ast.Name); ok && id.Id == item && i < len(def.Params.List) && def.Params.List[i].Name != nil {
			return def, def.Params.List[i].Name.Id
		}
	}
	return nil, ""
}
