package agents

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

const (
	executors = "langchain.agents.{AgentExecutor,agent.AgentExecutor,initialize_agent,initialize.initialize_agent,AgentExecutor.from_agent_and_tools}"
	runners   = "agents.{Runner,run.Runner}.{run,run_sync,run_streamed}"
	graphs    = "langgraph.{pregel.Pregel,graph.state.CompiledStateGraph}().{invoke,ainvoke,stream,astream,with_config,batch}"
)

// endless is the number of steps from which on a limit is none.
const endless = 1000

// unlimitedLoop is PML6115.
var unlimitedLoop = &checks.Rule{
	Spec:  infoPML6115,
	On:    []string{executors, runners, graphs},
	Knows: []string{"itertools.count"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Symbol.Under("langchain"):
			steps, time := c.Arg(-1, "max_iterations"), c.Arg(-1, "max_execution_time")
			if steps != nil && steps.Value.IsNone() && (time == nil || time.Value.IsNone()) && !c.HasRest() {
				p.Report(checks.Report{Node: checks.ArgNode(c, steps), Fix: checks.SetConstant(p, c, steps, "15")})
			}
		case c.Symbol.Under("agents"):
			turns := c.Arg(-1, "max_turns")
			if turns == nil {
				return
			}
			if n, ok := turns.Value.Number(); turns.Value.IsNone() || ok && n >= endless {
				p.Report(checks.Report{Node: checks.ArgNode(c, turns), Fix: checks.SetConstant(p, c, turns, "10")})
			}
		default:
			recursion(p, c)
		}
	},
	Needs: []string{"tool", "recursion_limit"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls { // of a graph that comes from elsewhere
			switch c.Method {
			case "invoke", "ainvoke", "stream", "astream", "with_config", "batch", "abatch":
				if c.Body() == nil && !c.Symbol.Is(graphs) {
					recursion(p, c)
				}
			}
		}
		if !f.ProjectAsksModel() {
			return
		}
		for _, c := range f.Calls {
			if !asksWithTools(c, 0) || !p.Holds(c.Node) {
				continue
			}
			if loop := endlessLoop(p, f, c.Node); loop != nil {
				p.Report(checks.Report{Node: header(p, loop), Fix: bounded(p, loop)})
			}
		}
	},
}

// recursion looks at the configuration that a graph is run with.
func recursion(p *checks.Pass, c *checks.Call) {
	config := c.Arg(1, "config")
	if config == nil {
		return
	}
	limit := c.Key(config.Value, "recursion_limit")
	if limit == nil {
		return
	}
	n, ok := limit.Value.Number()
	in := p.Holder(limit.Node)
	if !ok || n < endless || in == nil {
		return
	}
	p.Report(checks.Report{Node: limit.Node, In: in, Fix: checks.Fix(true, "end after 25 steps", p.InFile(in, []fix.Edit{fix.ReplaceNode(in.File, limit.Node, "25")}))})
}

// asksWithTools reports whether a call, or a helper that it calls, asks a model that may call
// tools.
func asksWithTools(c *checks.Call, depth int) bool {
	if c.Chat != nil && c.Chat.Model.Tools != "" {
		a := c.Arg(-1, lastWord(string(c.Chat.Model.Tools)))
		return a != nil && !a.Value.IsNone()
	}
	if c.Chat != nil && toolsInSettings(c) {
		return true
	}
	b := c.Body()
	if b == nil || b == c.Frame || depth > 0 {
		return false
	}
	for _, o := range b.Calls {
		if o.Chat != nil && asksWithTools(o, depth+1) {
			return true
		}
	}
	return false
}

// toolsInSettings reports whether the settings that a call is given list tools: google.genai's `config`,
// Bedrock's `toolConfig`.
func toolsInSettings(c *checks.Call) bool {
	if a := c.Arg(-1, "toolConfig"); a != nil && c.Symbol.Under("boto3") {
		return true
	}
	config := c.Arg(-1, "config")
	if config == nil || !c.Symbol.Under("google") {
		return false
	}
	for _, v := range config.Value.Alternatives() {
		if e := c.Key(v, "tools"); e != nil && !e.Value.IsNone() {
			return true
		}
		if made := v.Origin(); made != nil && made.Arg(-1, "tools") != nil {
			return true
		}
	}
	return false
}

func lastWord(arg string) string { return arg[strings.LastIndexByte(arg, ':')+1:] }

// endlessLoop is the innermost loop around a place, in the same function, that has no end of its
// own: nil where that is bounded in another way, or waits for a person.
func endlessLoop(p *checks.Pass, f *checks.Frame, at ast.Node) ast.Stmt {
	around := p.Around(at)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return nil
		case *ast.For:
			if c, ok := n.Iter.(*ast.Call); ok {
				if call := f.CallAt(c); call != nil && call.Callee.Name() == "itertools.count" && endsByModel(p, f, n.Body, around[:i], "") {
					return n
				}
			}
			return nil
		case *ast.While:
			switch {
			case constantTrue(n.Test) && endsByModel(p, f, n.Body, around[:i], ""):
				return n
			case flagOf(n.Test) != "" && endsByModel(p, f, n.Body, around[:i], flagOf(n.Test)):
				return n
			}
			return nil
		}
	}
	return nil
}

func constantTrue(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Constant:
		return e.Value == ast.True
	case *ast.Number:
		return e.Text == "1"
	}
	return false
}

// flagOf is the name of a flag that alone says whether a loop goes on: `while not done`, `while running`.
func flagOf(test ast.Expr) string {
	if not, ok := test.(*ast.UnaryOp); ok {
		test = not.Operand
	}
	if name, ok := test.(*ast.Name); ok {
		return name.Id
	}
	return ""
}

// endsByModel reports whether a loop that asks a model runs its tools, ends by what the model says only,
// and waits for nobody. Where the loop has a flag, that is set to a constant in it.
func endsByModel(p *checks.Pass, f *checks.Frame, body []ast.Stmt, around []ast.Node, flag string) bool {
	for _, n := range around {
		if w, ok := n.(*ast.With); ok && timed(p, w) {
			return false
		}
	}
	exits, results, limited, set := 0, false, false, flag == ""
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FunctionDef, *ast.Lambda:
			return false
		case *ast.Break, *ast.Return:
			exits++
		case *ast.Assign:
			if name, ok := n.Targets[0].(*ast.Name); ok && name.Id == flag {
				if _, constant := n.Value.(*ast.Constant); !constant {
					limited = true // by what is not seen here
				}
				exits, set = exits+1, true
			}
		case *ast.Compare:
			limited = limited || orders(n)
		case *ast.With:
			limited = limited || timed(p, n)
		case *ast.AugAssign:
			results = results || n.Op == "+=" && toolWord(p.File.Text(n.Value))
		case *ast.Call:
			if waits(n) || counts(f, n) {
				limited = true
			}
			switch name := checks.LastName(n.Fn); name {
			case "append", "extend":
				results = results || len(n.Args) > 0
			default: // `run_tools(message, messages)`
				results = results || strings.Contains(strings.ToLower(name), "tool") && len(n.Args) > 0
			}
		case *ast.Yield:
			limited = limited || givenBack(p, n)
		}
		return !limited
	})
	return !limited && results && exits > 0 && set
}

// counts reports whether a call of a loop is of a function of the project that looks at a limit itself.
func counts(f *checks.Frame, n *ast.Call) bool {
	c := f.CallAt(n)
	if c == nil || c.Body() == nil || c.Body().Function() == nil {
		return false
	}
	limited := false
	ast.InspectStmts(c.Body().Function().Body, func(n ast.Node) bool {
		if test, ok := n.(*ast.If); ok && raises(test.Body) {
			if compare, ok := test.Test.(*ast.Compare); ok {
				limited = limited || orders(compare)
			}
		}
		return !limited
	})
	return limited
}

func raises(body []ast.Stmt) bool {
	return slices.ContainsFunc(body, func(s ast.Stmt) bool { _, ok := s.(*ast.Raise); return ok })
}

func toolWord(text string) bool {
	return strings.Contains(text, "tool") || strings.HasPrefix(text, "[")
}

// givenBack reports whether a yield's value is used: the loop waits for what is sent in.
func givenBack(p *checks.Pass, n ast.Node) bool {
	_, alone := p.StmtOf(n).(*ast.ExprStmt)
	return !alone
}

// orders reports whether a comparison is one of sizes: a counter, a deadline, a budget.
func orders(c *ast.Compare) bool {
	for _, op := range c.Ops {
		switch op {
		case "<", "<=", ">", ">=":
			return true
		}
	}
	// `steps == MAX_STEPS`
	for _, r := range c.Right {
		switch r := r.(type) {
		case *ast.Number:
			if r.Text != "0" && len(c.Ops) == 1 {
				return true
			}
		case *ast.Name:
			if strings.Contains(strings.ToLower(r.Id), "max") || strings.Contains(strings.ToLower(r.Id), "limit") {
				return true
			}
		case *ast.Attribute:
			if strings.Contains(strings.ToLower(r.Attr.Id), "max") || strings.Contains(strings.ToLower(r.Attr.Id), "limit") {
				return true
			}
		}
	}
	return false
}

// timed reports whether a with statement ends its block after a time.
func timed(p *checks.Pass, w *ast.With) bool {
	for _, it := range w.Items {
		name := strings.ToLower(p.File.Text(it.Context))
		if strings.Contains(name, "timeout") || strings.Contains(name, "fail_after") || strings.Contains(name, "move_on_after") || strings.Contains(name, "time_limit") || strings.Contains(name, "deadline") {
			return true
		}
	}
	return false
}

// waits reports whether a call, by its name, waits for a person or another program, or watches a
// limit.
func waits(c *ast.Call) bool {
	name := strings.ToLower(checks.LastName(c.Fn))
	for _, word := range [...]string{"input", "receive", "recv", "readline", "confirm", "prompt_ask", "ask_user", "get_user", "listen", "budget", "limit", "deadline", "timeout", "should_stop", "cancel"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	at, ok := c.Fn.(*ast.Attribute)
	return name == "ask" && ok && slices.Contains(askers, checks.LastName(at.Value))
}

// askers are classes and modules whose method ask asks a person.
var askers = []string{"Prompt", "Confirm", "IntPrompt", "questionary", "text", "select", "confirm"}

// header is the head of a loop, from its first word to the colon.
func header(p *checks.Pass, loop ast.Stmt) ast.Node {
	switch n := loop.(type) {
	case *ast.While:
		return checks.Place(ast.Span{Start: n.Start, End: n.Colon + 1})
	case *ast.For:
		return checks.Place(ast.Span{Start: n.Start, End: n.Colon + 1})
	}
	return loop
}

// bounded lets a loop end after twenty rounds.
func bounded(p *checks.Pass, loop ast.Stmt) *fix.Fix {
	switch n := loop.(type) {
	case *ast.While:
		const message = "end after twenty rounds"
		head := checks.TextEdits(ast.Edit{Span: ast.Span{Start: n.Start, End: n.Colon + 1}, New: "for _ in range(20):"})
		if flagOf(n.Test) == "" {
			return checks.Fix(true, message, head)
		}
		if n.Body[0].Pos() > n.Colon && !strings.Contains(string(p.Source.Text[n.Colon:n.Body[0].Pos()]), "\n") || len(n.Orelse) > 0 {
			return nil
		}
		ends := flagOf(n.Test)
		if _, not := n.Test.(*ast.UnaryOp); !not {
			ends = "not " + ends
		}
		return checks.Fix(true, message, head, fix.InsertBefore(p.File, n.Body[0], "if "+ends+":", "    break"))
	case *ast.For:
		return checks.Fix(true, "end after twenty rounds", checks.Replace(p, n.Iter, "range(20)"))
	}
	return nil
}
