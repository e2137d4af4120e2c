package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// parameterInShell is PML6413.
var parameterInShell = &checks.Rule{
	Spec: infoPML6413,
	On:   []string{"os.{system,popen}", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}", "asyncio.create_subprocess_shell", "commands.{getoutput,getstatusoutput}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !inLibrary(p) || !p.Project.UsesML() || !byShell(c) {
			return
		}
		fn := p.FunctionAround(c.Node)
		if fn == nil || !isPublic(p.Module, fn) || len(c.Args) == 0 || checks.OneValue(c.Args[0].Value) {
			return
		}
		for _, part := range c.Args[0].Value.Parts() {
			if part.Value != nil && (hasOtherLabel(part.Value, models.Shell) || slices.ContainsFunc(c.Behind(part.Value), checks.Mark.ToolArgument)) {
				return
			}
		}
		if servesRequests(c.Frame) {
			return // what a request sends is PML6412's
		}
		chosen := func(v *checks.Value) bool { return chosenByCaller(c, v, models.Shell) }
		if !slices.ContainsFunc(c.Args[0].Value.Parts(), func(part checks.Part) bool { return part.Value != nil && chosen(part.Value) }) {
			return
		}
		if arrives(c, models.Shell) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.QuoteForShell(p, c.Args[0].Value, fix.InSection, true, "quote the values in the command", chosen)})
	},
}

// servesRequests reports whether a function is one that requests come to.
func servesRequests(f *checks.Frame) bool {
	fn := f.Function()
	return fn != nil && slices.ContainsFunc(f.Routes(), func(r *flow.Route) bool { return r.Function == fn })
}

// byShell reports whether a shell reads what a call is given.
func byShell(c *checks.Call) bool {
	if c.Symbol.Is("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output") {
		a := c.Arg(8, "shell")
		return a != nil && checks.On(a.Value)
	}
	return true
}

// hasOtherLabel reports whether a value holds what other checks tell of: a request's, a model's.
func hasOtherLabel(v *checks.Value, kind checks.SinkKind) bool {
	set := v.Labels(kind)
	for _, l := range [...]checks.Label{models.User, models.Upload, models.LLM} {
		if set.Has(l) {
			return true
		}
	}
	return false
}

// arrives reports whether data of a request, or what a model wrote, comes to a call on some way: other checks
// tell of that.
func arrives(c *checks.Call, kind checks.SinkKind) bool {
	return slices.ContainsFunc(c.Frame.Paths(kind), func(path *checks.Path) bool {
		l := path.Mark.Label
		return path.Call != nil && path.Call.Node == c.Node && !path.Mark.Clean.Has(kind) && (l == models.User || l == models.Upload || l == models.LLM)
	})
}

// chosenByCaller reports whether a value is text that callers of a public function choose: a
// parameter's, or that of an attribute which the constructor sets from one.
func chosenByCaller(c *checks.Call, v *checks.Value, kind checks.SinkKind) bool {
	if param, fn := callersParameter(v, kind); param != nil {
		return !fixedByCallers(c.Frame, param, fn)
	}
	class, _, _ := checks.MethodClass(c.Frame)
	for _, m := range v.Marks() {
		if param, fn := m.Parameter(); class != nil && !m.Clean.Has(kind) && param != nil && fn.Class != nil && len(m.Fields()) == 1 && fromConstructor(class, m.Fields()[0]) {
			return true
		}
	}
	return false
}

// storeClasses are the ends of the names of classes that keep data for an application.
var storeClasses = []string{"Store", "Memory", "History", "Saver", "Checkpointer", "Cache", "Retriever", "Reader", "Handler", "Connector", "Client", "Repository", "Tracker"}

// parameterInSQL is PML6416.
var parameterInSQL = &checks.Rule{
	Spec:  infoPML6416,
	Needs: []string{"execute", "read_sql", "text(", "query", "fetch"},
	Knows: checks.StatementCalls,
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if f.Function() == nil || !inLibrary(p) || !p.Project.UsesML() {
			return
		}
		for _, c := range f.Calls {
			executing := checks.Executing(p, c)
			if executing == nil {
				continue
			}
			for _, a := range c.Dangerous(models.SQL) {
				if formatsParameter(p, c, a.Value) && !arrives(c, models.SQL) {
					p.Report(checks.Report{Node: executing.Node, Fix: checks.BindParts(p, c, a.Node, a.Value, executing, func(v *checks.Value) bool {
						param, _ := callersParameter(v, models.SQL)
						return param != nil
					})})
					break
				}
			}
		}
	},
}

// formatsParameter reports whether a statement has a parameter of a public method of a store in it.
func formatsParameter(p *checks.Pass, c *checks.Call, statement *checks.Value) bool {
	for _, v := range c.Given(statement) {
		for _, alternative := range v.Alternatives() {
			parts := alternative.Parts()
			before := ""
			for i, part := range parts {
				if part.Value == nil {
					before += part.Text
					continue
				}
				if storeParameter(p, c, part) && before != "" && !checks.WholeStatement(before, checks.TextAfter(parts, i)) {
					return true
				}
				before += "x"
			}
		}
	}
	return false
}

// storeParameter reports whether a part of a statement is a parameter of a public method of a class
// that keeps data, and no piece of SQL by its name.
func storeParameter(p *checks.Pass, c *checks.Call, part checks.Part) bool {
	if hasOtherLabel(part.Value, models.SQL) {
		return false
	}
	param, fn := callersParameter(part.Value, models.SQL)
	if param == nil || fn.Class == nil || fn.Def == nil || strings.HasPrefix(fn.Name, "_") || pieceOfSQL(param.Name.Id) {
		return false
	}
	g := c.Frame.AnalysisOf(fn)
	return g != nil && g.Class() != nil && keepsData(g.Class())
}

// pieceOfSQL reports whether a name says that it holds SQL or names what the owner of the application
// chooses.
func pieceOfSQL(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"sql", "where", "condition", "clause", "expression", "statement", "stmt", "order_by", "orderby"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// keepsData reports whether a class, or one of its bases, is a store by its name.
func keepsData(class *checks.ProjectClass) bool {
	ends := func(name string) bool {
		return slices.ContainsFunc(storeClasses, func(end string) bool { return strings.HasSuffix(name, end) })
	}
	for _, k := range class.Linear() {
		if k.Node == nil {
			continue
		}
		if ends(k.Node.Name.Id) {
			return true
		}
		for _, b := range k.Node.Bases {
			if ends(checks.LastName(b)) {
				return true
			}
		}
	}
	return false
}
