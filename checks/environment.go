package checks

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/notebook"
)

// This file holds the words for variables of the environment that code sets. What manifests
// set they have as Document.Settings.

// EnvironmentCalls are the calls that set variables, for Rule.On; VariablesOf reads them.
var EnvironmentCalls = []string{
	"os.environ.{setdefault,update}", "os.putenv",
	"subprocess.{run,Popen,call,check_call,check_output}", "asyncio.{create_subprocess_exec,create_subprocess_shell}",
	"os.{execve,execvpe,execle,execlpe,spawnve,spawnvpe,spawnle,spawnlpe,posix_spawn}",
}

// EnvironmentStores are the assignments that set variables, for Rule.To; VariableOf reads them.
var EnvironmentStores = []string{"os.environ[]", "os.environ.copy()[]"}

// Variable is a variable of the environment that code sets.
type Variable struct {
	Name  string
	Value *Value
	// Node is the assignment or the call.
	Node ast.Node
	// Remove deletes the setting and nothing else; empty where there is no plain way.
	Remove []fix.Edit
}

// VariableOf returns the variable that an assignment sets; ok is false where its name is not
// constant.
func VariableOf(p *Pass, s *Store) (v Variable, ok bool) {
	if s.Key == nil {
		return v, false
	}
	name, ok := s.Key.Text()
	if !ok {
		return v, false
	}
	v = Variable{Name: name, Value: s.Value, Node: s.Node}
	if stmt := p.StmtOf(s.Node); stmt != nil {
		v.Node = stmt
		if a, plain := stmt.(*ast.Assign); plain && len(a.Targets) == 1 {
			v.Remove = fix.RemoveStmt(p.File, stmt)
		}
	}
	return v, true
}

// VariablesOf returns those of the variables named that a call sets.
func VariablesOf(p *Pass, c *Call, names ...string) []Variable {
	var out []Variable
	for _, name := range names {
		switch c.Method {
		case "setdefault", "putenv":
			out = append(out, keyAndValue(p, c, name)...)
		case "update":
			for i := range c.Args {
				out = append(out, given(p, c, &c.Args[i], name)...)
			}
		default:
			if c.Symbol.Is("os.putenv") {
				out = append(out, keyAndValue(p, c, name)...)
			} else if a := environmentArg(c); a != nil {
				out = append(out, entryOf(p, c, a.Value, name)...)
			}
		}
	}
	return out
}

// environmentArg is the argument by which a program gets its environment.
func environmentArg(c *Call) *Argument {
	if a := c.Arg(-1, "env"); a != nil {
		return a
	}
	if name := c.Symbol.String(); strings.HasPrefix(name, "os.") && len(c.Args) > 0 {
		return &c.Args[len(c.Args)-1]
	}
	return nil
}

func keyAndValue(p *Pass, c *Call, name string) []Variable {
	k, v := c.Arg(0, "key"), c.Arg(1, "value")
	if k == nil || v == nil {
		return nil
	}
	if t, ok := k.Value.Text(); !ok || t != name {
		return nil
	}
	return []Variable{{Name: name, Value: v.Value, Node: c.Node, Remove: removeStatement(p, c)}}
}

// given is the variable that os.environ.update is given by keyword or in a dict.
func given(p *Pass, c *Call, a *Argument, name string) []Variable {
	if a.Name != name {
		return entryOf(p, c, a.Value, name)
	}
	v := Variable{Name: name, Value: a.Value, Node: c.Node, Remove: RemoveArg(p, c, a)}
	if len(c.Args) == 1 {
		v.Remove = removeStatement(p, c)
	}
	return []Variable{v}
}

func entryOf(p *Pass, c *Call, dict *Value, name string) []Variable {
	var out []Variable
	for _, e := range c.GivenKey(dict, name) {
		if e.Value == nil {
			continue
		}
		v := Variable{Name: name, Value: e.Value, Node: c.Node}
		if entries, open, ok := c.Entries(dict); ok && !open && len(entries) == 1 && c.Method == "update" {
			v.Remove = removeStatement(p, c)
		} else if e.Node != nil {
			v.Remove = RemoveEntry(p, e.Node)
		}
		out = append(out, v)
	}
	return out
}

// RemoveEntry deletes the entry of a dict display, or the keyword of a dict() call, whose value
// a node is; or the assignment of one item.
func RemoveEntry(p *Pass, value ast.Node) []fix.Edit {
	around := p.Around(value)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Dict:
			return fix.RemoveElement(p.File, n, value)
		case *ast.Call:
			for _, k := range n.Keywords {
				if k.Value.Range() == value.Range() {
					return fix.RemoveArg(p.File, n, k)
				}
			}
			return nil
		case *ast.Assign:
			if _, item := n.Targets[0].(*ast.Subscript); item && len(n.Targets) == 1 && n.Value.Range() == value.Range() {
				return fix.RemoveStmt(p.File, n)
			}
			return nil
		case ast.Stmt:
			return nil
		}
	}
	return nil
}

// removeStatement deletes a call that stands as a statement.
func removeStatement(p *Pass, c *Call) []fix.Edit {
	s, ok := p.StmtOf(c.Node).(*ast.ExprStmt)
	if !ok || s.Value != ast.Expr(c.Node) {
		return nil
	}
	return fix.RemoveStmt(p.File, s)
}

// NotebookVariable is a variable that a magic of a notebook sets.
type NotebookVariable struct {
	Name, Value string
	Span        ast.Span
}

// Remove deletes the line that sets the variable.
func (v NotebookVariable) Remove(p *Pass) []fix.Edit {
	cell := p.Notebook.CellAt(v.Span.Start)
	if cell == nil {
		return nil
	}
	return RemoveLine(p, cell.Number, v.Span)
}

// RemoveLine deletes the line of a notebook's cell that holds a stretch of a magic or shell line, where nothing else
// stands in it.
func RemoveLine(p *Pass, cell int, at ast.Span) []fix.Edit {
	span, ok := p.Notebook.CellSpan(cell)
	if !ok {
		return nil
	}
	source := p.Notebook.Cell(cell).Source
	start, end := int(at.Start-span.Start), int(at.End-span.Start)
	start = strings.LastIndexByte(source[:start], '\n') + 1
	if before := source[start:int(at.Start-span.Start)]; strings.Trim(before, " \t!%") != "" {
		return nil
	}
	tail, _, more := strings.Cut(source[end:], "\n")
	if strings.TrimSpace(tail) != "" {
		return nil
	}
	end += len(tail)
	if more {
		end++
	} else if start > 0 {
		start--
	}
	return RawEdits(p.Notebook.EditSource(notebook.CellEdit{Cell: cell, Start: start, End: end}))
}

// NotebookVariables lists the variables that %env and %set_env set.
func NotebookVariables(n *notebook.Notebook) []NotebookVariable {
	var out []NotebookVariable
	for _, cmd := range n.Commands() {
		if cmd.Kind != notebook.LineMagic || cmd.Name != "env" && cmd.Name != "set_env" {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(cmd.Args), "=")
		if !ok {
			name, value, _ = strings.Cut(strings.TrimSpace(cmd.Args), " ")
		}
		out = append(out, NotebookVariable{strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`), cmd.Span})
	}
	return out
}
