package supplychain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/secrets"
	"github.com/pyguard/pyguardml/notebook"
)

// settingsBases are the base classes whose fields are read from the environment.
var settingsBases = []string{"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings", "pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings"}

// keyInEnvironment is PML6325.
var keyInEnvironment = &checks.Rule{
	Spec:  infoPML6325,
	Knows: settingsBases,
	On: []string{
		"os.environ.{setdefault,update,get}", "os.{putenv,getenv}", "dotenv.{set_key,main.set_key}", "decouple.config", "decouple.{Config,AutoConfig}()",
		"environs.{Env,FileAwareEnv}()", "environs.{Env,FileAwareEnv}().{str,__call__}", "pydantic.{Field,fields.Field,v1.Field}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if inFixtures(p.Path) {
			return
		}
		switch {
		case c.Method == "update":
			for i := range c.Args {
				updatedVariables(p, c, &c.Args[i])
			}
		case c.Symbol.Is("dotenv.set_key", "dotenv.main.set_key"):
			literalVariable(p, c, c.Arg(1, "key_to_set"), c.Arg(2, "value_to_set"), statementGone)
		case c.Method == "setdefault", c.Symbol.Is("os.putenv"):
			literalVariable(p, c, c.Arg(0, "key"), c.Arg(1, "value"), statementGone)
		case c.Symbol.Is("os.getenv"), c.Method == "get":
			literalVariable(p, c, c.Arg(0, "key"), c.Arg(1, "default"), readAlone)
			alternative(p, c)
		case c.Symbol.Under("pydantic"):
			defaultOfField(p, c)
		case c.Symbol.Is("decouple.config") || c.Symbol.Under("decouple"):
			literalVariable(p, c, c.Arg(0, "option"), c.Arg(1, "default"), defaultGone)
		default:
			literalVariable(p, c, c.Arg(0, "name"), c.Arg(1, "default"), defaultGone)
		}
	},
	To: []string{"os.environ[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		v, ok := checks.VariableOf(p, s)
		if !ok || !namesKey(v.Name) || inFixtures(p.Path) {
			return
		}
		for _, a := range v.Value.Alternatives() {
			literalGiven(p, s.From, a, v.Name, v.Remove)
		}
	},
	Needs: []string{"BaseSettings"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		// A field of settings without more is read from the variable of its name.
		if c := f.Class(); c != nil && f.Function() == nil && c.Extends(settingsBases...) && !inFixtures(p.Path) {
			for _, field := range c.AllFields() {
				if field.Node == nil || field.Node.Value == nil || !p.Holds(field.Node) || !namesKey(strings.ToUpper(field.Name)) {
					continue
				}
				if s, ok := field.Node.Value.(*ast.Str); ok {
					gone := []fix.Edit{{Start: int(field.Node.Annotation.Stop()), End: int(s.Stop())}}
					literalGiven(p, s, field.Default, strings.ToUpper(field.Name), gone)
				}
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		if inFixtures(p.Path) {
			return
		}
		lines := &cellLines{Pass: p, message: "leave it to the environment" + revoke}
		for i := range p.Notebook.Commands() {
			cmd := &p.Notebook.Commands()[i]
			if cmd.Kind == notebook.LineMagic && (cmd.Name == "env" || cmd.Name == "set_env") && isKeyOf(assignmentOf(cmd.Args)) {
				lines.add(cmd.Cell, cmd.Span)
			}
			if text, at, ok := cmd.Shell(); ok {
				for line := range strings.Lines(text) {
					if rest, exported := strings.CutPrefix(strings.TrimSpace(line), "export "); exported && isKeyOf(assignmentOf(rest)) {
						lines.add(cmd.Cell, ast.Span{Start: at.Start, End: at.Start + ast.Pos(len(strings.TrimRight(line, "\n")))})
					}
					at.Start += ast.Pos(len(line))
				}
			}
		}
		lines.report()
	},
}

// keyEndings are the ends of names of variables that hold keys.
var keyEndings = []string{"API_KEY", "APIKEY", "API_TOKEN", "_TOKEN", "_SECRET", "SECRET_KEY", "ACCESS_KEY"}

// namesKey reports whether a variable of a name holds a key that no other check looks after: those of
// Weights & Biases and of Neptune have checks of their own.
func namesKey(name string) bool {
	if strings.HasPrefix(name, "WANDB_") || strings.HasPrefix(name, "NEPTUNE_") {
		return false
	}
	for _, end := range keyEndings {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// removal makes the edits that take a literal out of a call.
type removal func(p *checks.Pass, c *checks.Call, name, value *checks.Argument) []fix.Edit

// statementGone deletes a call that stands as a statement.
func statementGone(p *checks.Pass, c *checks.Call, _, _ *checks.Argument) []fix.Edit {
	if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
		return fix.RemoveStmt(p.File, s)
	}
	return nil
}

// readAlone reads the variable without a fallback.
func readAlone(p *checks.Pass, c *checks.Call, name, _ *checks.Argument) []fix.Edit {
	if name.Node == nil || name.Unpacked {
		return nil
	}
	spelling, add := fix.ReachFrom(p.File, c.Node.Pos(), "os.environ", "import os", fix.InOrder)
	return append(checks.Replace(p, c.Node, spelling+"["+p.File.Text(name.Node)+"]"), add...)
}

// defaultGone deletes the argument that gives the fallback.
func defaultGone(p *checks.Pass, c *checks.Call, _, value *checks.Argument) []fix.Edit {
	switch {
	case value.Unpacked || value.Node == nil:
		return nil
	case value.Keyword != nil:
		return fix.RemoveArg(p.File, c.Node, value.Keyword)
	}
	return fix.RemoveArg(p.File, c.Node, value.Node)
}

// literalVariable reports the literal that a call gives to a variable.
func literalVariable(p *checks.Pass, c *checks.Call, name, value *checks.Argument, gone removal) {
	if name == nil || value == nil {
		return
	}
	for _, n := range given(c, name.Value) {
		variable, ok := n.Text()
		if !ok || !namesKey(variable) {
			continue
		}
		for _, v := range given(c, value.Value) {
			literalGiven(p, value.Node, v, variable, gone(p, c, name, value))
		}
		return
	}
}

// updatedVariables reports the literals in what os.environ.update is given.
func updatedVariables(p *checks.Pass, c *checks.Call, a *checks.Argument) {
	if a.Name != "" {
		if namesKey(a.Name) {
			gone := checks.RemoveArg(p, c, a)
			if len(c.Args) == 1 {
				gone = statementGone(p, c, nil, nil)
			}
			for _, v := range given(c, a.Value) {
				literalGiven(p, a.Node, v, a.Name, gone)
			}
		}
		return
	}
	for _, d := range given(c, a.Value) {
		entries, open, _ := c.Entries(d)
		for _, e := range entries {
			if !namesKey(e.Name) || e.Value == nil {
				continue
			}
			var gone []fix.Edit
			if len(entries) == 1 && !open {
				gone = statementGone(p, c, nil, nil)
			} else if e.Node != nil {
				gone = checks.RemoveEntry(p, e.Node)
			}
			for _, v := range given(c, e.Value) {
				literalGiven(p, e.Node, v, e.Name, gone)
			}
		}
	}
}

// alternative reports the literal behind `or`, where the variable is not set or empty.
func alternative(p *checks.Pass, c *checks.Call) {
	name := c.Arg(0, "key")
	if name == nil {
		return
	}
	variable, ok := name.Value.Text()
	around := p.Around(c.Node)
	if !ok || !namesKey(variable) || len(around) < 2 {
		return
	}
	either, ok := around[len(around)-2].(*ast.BoolOp)
	if !ok || !either.Or || either.Values[len(either.Values)-1] == ast.Expr(c.Node) {
		return
	}
	last := either.Values[len(either.Values)-1]
	var gone []fix.Edit
	if len(either.Values) == 2 {
		spelling, add := fix.ReachFrom(p.File, c.Node.Pos(), "os.environ", "import os", fix.InOrder)
		gone = append(checks.Replace(p, either, spelling+"["+p.File.Text(name.Node)+"]"), add...)
	}
	for _, s := range c.Frame.SpelledOut(last) {
		if t, ok := s.Expr.(*ast.Str); ok {
			literalSpelled(p, last, nil, t.Value, variable, gone)
		}
	}
}

// defaultOfField reports the literal with which a field of settings begins that is read from the
// environment.
func defaultOfField(p *checks.Pass, c *checks.Call) {
	class := c.Frame.Class()
	if class == nil || !class.Extends(settingsBases...) {
		return
	}
	value := c.Arg(0, "default")
	if value == nil || value.Node == nil {
		return
	}
	variable := ""
	for _, at := range [...]string{"alias", "validation_alias", "env"} {
		if a := c.Arg(-1, at); a != nil {
			if text, ok := a.Value.Text(); ok {
				variable = text
			}
		}
	}
	if s, ok := p.StmtOf(c.Node).(*ast.AnnAssign); ok && variable == "" {
		variable = checks.LastName(s.Target)
	}
	if !namesKey(strings.ToUpper(variable)) {
		return
	}
	for _, v := range given(c, value.Value) {
		literalGiven(p, value.Node, v, strings.ToUpper(variable), defaultGone(p, c, nil, value))
	}
}

// literalGiven reports the literal of a value that a variable is given; gone takes it out where it
// stands there itself.
func literalGiven(p *checks.Pass, at ast.Node, v *checks.Value, variable string, gone []fix.Edit) {
	if key, ok := v.Text(); ok {
		literalSpelled(p, at, v, key, variable, gone)
	}
}

// literalSpelled is literalGiven for a text that is known, v being nil where no value stands for it.
func literalSpelled(p *checks.Pass, at ast.Node, v *checks.Value, key, variable string, gone []fix.Edit) {
	if !secrets.KeyLike(key) || len(secrets.Find(key)) > 0 {
		return
	}
	held, in := literalWith(p, v, key)
	if held == nil {
		if at != nil {
			if in = p.Holder(at); in != nil {
				p.Report(checks.Report{Node: at, In: in})
			}
		}
		return
	}
	if inFixtures(in.Path) {
		return
	}
	r := checks.Report{Node: held, In: in}
	if in == p.Module && at != nil && at.Range().Contains(held.Range()) {
		r.Fix = checks.Fix(true, "leave it to the environment"+revoke, gone)
	}
	if start, found := within(in, held, key); found && r.Fix == nil {
		r.Fix = fromEnvironment(p, in, held, ast.Span{Start: start, End: start + ast.Pos(len(key))}, variable)
	}
	p.Report(r)
}

// assignmentOf takes apart NAME=VALUE, or NAME VALUE.
func assignmentOf(text string) (name, value string) {
	name, value, ok := strings.Cut(strings.TrimSpace(text), "=")
	if !ok || strings.ContainsAny(strings.TrimSpace(name), " \t") {
		name, value, _ = strings.Cut(strings.TrimSpace(text), " ")
	}
	value = strings.TrimSpace(value)
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		value, _, _ = strings.Cut(value[1:], value[:1])
	} else if i := strings.IndexAny(value, " \t;&"); i >= 0 {
		value = value[:i]
	}
	return strings.TrimSpace(name), value
}

// isKeyOf reports whether a variable of a name is given a key without a format of its own.
func isKeyOf(name, value string) bool {
	return namesKey(name) && secrets.KeyLike(value) && len(secrets.Find(value)) == 0
}

// cellLines collects lines of a notebook's cells that are reported and deleted.
type cellLines struct {
	*checks.Pass
	message string
	lines   []cellLine
}

// cellLine is a line of a cell: its number, the bytes of the cell's text that are deleted with it,
// and the place that is reported.
type cellLine struct {
	cell, start, end int
	at               ast.Span
}

func (l *cellLines) add(cell int, at ast.Span) {
	span, ok := l.Notebook.CellSpan(cell)
	if !ok {
		return
	}
	source := l.Notebook.Cell(cell).Source
	start := strings.LastIndexByte(source[:at.Start-span.Start], '\n') + 1
	end := int(at.End - span.Start)
	rest, _, more := strings.Cut(source[end:], "\n")
	if end += len(rest); more {
		end++
	}
	l.lines = append(l.lines, cellLine{cell, start, end, at})
}

// report reports the lines. Those that follow each other are deleted together: behind a line that is
// gone, the next one would stand at its place.
func (l *cellLines) report() {
	slices.SortFunc(l.lines, func(a, b cellLine) int { return cmp.Or(a.cell-b.cell, a.start-b.start, int(a.at.Start-b.at.Start)) })
	for i := 0; i < len(l.lines); {
		n := i + 1
		run := l.lines[i]
		for ; n < len(l.lines) && l.lines[n].cell == run.cell && l.lines[n].start <= run.end; n++ {
			run.end = max(run.end, l.lines[n].end)
		}
		source := l.Notebook.Cell(run.cell).Source
		if run.end == len(source) && run.start > 0 && !strings.HasSuffix(source, "\n") {
			run.start--
		}
		edit := notebook.CellEdit{Cell: run.cell, Start: run.start, End: run.end}
		for ; i < n; i++ {
			l.Report(checks.Report{Node: checks.Command(l.lines[i].at), Fix: checks.Fix(true, l.message, checks.RawEdits(l.Notebook.EditSource(edit)))})
		}
	}
}
