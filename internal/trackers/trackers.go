// Package trackers makes checks of the keys of experiment trackers that stand in code and settings.
package trackers

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/shell"
	"github.com/pyguard/pyguardml/notebook"
)

// Key is a check of the keys of an experiment tracker that stand in code.
type Key struct {
	// Variable is the one from which the tracker reads its key, Looks tells what has the form of one.
	Variable string
	Looks    func(string) bool
	// Given are the calls that are told a key, by the argument that is it.
	Given []Given
	// Login is the program whose command `login` is told a key, "" for none.
	Login string
}

// Given is an argument that is a key, of the calls of a name, which may have one pair of braces.
type Given struct {
	Calls string
	checks.At
}

const revoke = " (and revoke the key)"

// commandCalls are the calls that run a command.
var commandCalls = []string{
	"os.{system,popen}", "subprocess.{run,Popen,call,check_call,check_output,getoutput,getstatusoutput}",
	"asyncio.{create_subprocess_shell,create_subprocess_exec}", models.ShellInstance + ".{system,getoutput,getoutput_pexpect,system_raw,system_piped}",
}

// Rule is the check.
func (k *Key) Rule(spec *checks.Info) *checks.Rule {
	r := &checks.Rule{
		Spec:     spec,
		On:       slices.Clone(checks.EnvironmentCalls),
		OnCall:   k.call,
		To:       checks.EnvironmentStores,
		OnStore:  k.store,
		Mentions: []string{k.Variable},
		OnManifest: func(p *checks.ManifestPass) {
			k.settings(p)
			k.commands(p)
		},
		OnNotebook: func(p *checks.Pass) {
			for _, v := range checks.NotebookVariables(p.Notebook) {
				if v.Name == k.Variable && k.Looks(v.Value) {
					p.Report(checks.Report{Node: checks.Command(v.Span), Fix: checks.Fix(true, "leave the key to the environment"+revoke, v.Remove(p))})
				}
			}
			k.shellLines(p)
		},
	}
	for _, g := range k.Given {
		r.On = append(r.On, g.Calls)
	}
	slices.Sort(r.On)
	r.On = slices.Compact(r.On)
	if k.Login != "" {
		for _, name := range commandCalls {
			if !slices.Contains(r.On, name) {
				r.On = append(r.On, name)
			}
		}
		r.Mentions = append(r.Mentions, k.Login)
	}
	return r
}

func (k *Key) call(p *checks.Pass, c *checks.Call) {
	for _, v := range checks.VariablesOf(p, c, k.Variable) {
		k.report(p, v.Node, v.Value, v.Remove)
	}
	if k.Login != "" {
		k.loginCommand(p, c)
	}
	for _, g := range k.Given {
		if matches(c, g.Calls) {
			if a := c.Arg(g.Pos, g.Name); a != nil {
				for _, v := range checks.Possible(c, a.Value) {
					k.report(p, a.Node, v, nil)
				}
			}
		}
	}
}

// matches reports whether a call is one of a pattern of names that differ in braces only.
func matches(c *checks.Call, pattern string) bool {
	return c.Symbol != nil && slices.Contains(spelled(pattern), c.Symbol.String())
}

// spelled lists the names that a pattern with one pair of braces, or none, stands for.
func spelled(pattern string) []string {
	before, rest, ok := strings.Cut(pattern, "{")
	if !ok {
		return []string{pattern}
	}
	inner, after, _ := strings.Cut(rest, "}")
	var out []string
	for _, word := range strings.Split(inner, ",") {
		out = append(out, before+word+after)
	}
	return out
}

func (k *Key) store(p *checks.Pass, s *checks.Store) {
	if v, ok := checks.VariableOf(p, s); ok && v.Name == k.Variable {
		for _, a := range v.Value.Alternatives() {
			k.report(p, s.From, a, v.Remove)
		}
	}
}

// report reports the literal of a key that is given at a place; remove deletes what gives it, where it is needed no more.
func (k *Key) report(p *checks.Pass, at ast.Node, v *checks.Value, remove []fix.Edit) {
	key, ok := v.Text()
	if !ok || !k.Looks(key) {
		return
	}
	held, in := literalOf(p, v)
	if held == nil {
		if at == nil || p.Holder(at) == nil {
			return
		}
		held, in = at, p.Holder(at)
	}
	r := checks.Report{Node: held, In: in}
	if remove != nil {
		r.Fix = checks.Fix(true, "leave the key to the environment"+revoke, remove)
	} else if e, ok := held.(ast.Expr); ok {
		r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
			environ, imports := fix.Reach(there.File, "os.environ", "import os", fix.BeforeFirstImport)
			return checks.Fix(true, "read the key from the environment"+revoke, checks.Replace(there, e, environ+`["`+k.Variable+`"]`), imports)
		})
	}
	p.Report(r)
}

// literalOf is the literal that a constant comes from, and its file.
func literalOf(p *checks.Pass, v *checks.Value) (ast.Node, *checks.Module) {
	lit, mod := v.Literal()
	if lit == nil || mod == nil {
		return nil, nil
	}
	if m := p.Project.Module(mod); m != nil {
		return lit, m
	}
	return nil, nil
}

// shellLines reports the lines of a notebook by which a shell logs in with a key.
func (k *Key) shellLines(p *checks.Pass) {
	if k.Login == "" {
		return
	}
	for i := range p.Notebook.Commands() {
		cmd := &p.Notebook.Commands()[i]
		text, at, ok := cmd.Shell()
		if !ok || !strings.Contains(text, k.Login) {
			continue
		}
		cell, known := p.Notebook.CellSpan(cmd.Cell)
		for _, w := range k.keyWords(text) {
			r := checks.Report{Node: checks.Command(cmd.Span)}
			if start := int(at.Start-cell.Start) + w.Start; known && w.Start > 0 {
				edit := notebook.CellEdit{Cell: cmd.Cell, Start: start - 1, End: start + w.End - w.Start}
				r.Fix = checks.Fix(true, "leave the key to the environment"+revoke, checks.RawEdits(p.Notebook.EditSource(edit)))
			}
			p.Report(r)
		}
	}
}

// keyWords lists the words of commands that log in that are a key.
func (k *Key) keyWords(script string) []shell.Word {
	var out []shell.Word
	for _, c := range shell.Parse(script) {
		for i := 0; i+1 < len(c.Words); i++ {
			if c.Words[i].Text != k.Login || c.Words[i+1].Text != "login" {
				continue
			}
			for _, w := range c.Words[i+2:] {
				if w.Constant && k.Looks(w.Text) {
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// loginCommand reports a command that a call runs and that is told a key.
func (k *Key) loginCommand(p *checks.Pass, c *checks.Call) {
	if p.Notebook != nil && slices.ContainsFunc(p.Notebook.Commands(), func(cmd notebook.Command) bool { return cmd.Span.Contains(c.Node.Range()) }) {
		return // a line of a shell, which OnNotebook reads
	}
	for _, cmd := range c.Commands() {
		name, args := cmd.Program()
		if name != k.Login || len(args) < 2 || args[0].Text != "login" {
			continue
		}
		for _, w := range args[1:] {
			if !w.Known || !k.Looks(w.Text) {
				continue
			}
			r := checks.Report{Node: c.Node}
			switch e := w.Node.(type) {
			case ast.Expr:
				if m := p.Holder(e); m != nil {
					r.Node, r.In = e, m
					r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
						around := there.Around(e)
						if len(around) > 1 {
							if list, ok := around[len(around)-2].(ast.Expr); ok {
								return checks.Fix(true, "leave the key to the environment"+revoke, fix.RemoveElement(there.File, list, e))
							}
						}
						return nil
					})
				}
			default:
				if a := checks.CommandArgument(c); a != nil && a.Node != nil && !a.Unpacked {
					held, in := literalOf(p, a.Value)
					if held == nil {
						held, in = a.Node, p.Module
					}
					if e, ok := held.(ast.Expr); ok {
						r.Node, r.In = e, in
						r.Fix = checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
							return checks.Fix(true, "leave the key to the environment"+revoke, fix.ReplaceInString(there.File, e, " "+w.Text, ""))
						})
					}
				}
			}
			p.Report(r)
			return
		}
	}
}

// settings reports the variables of a manifest that are a key.
func (k *Key) settings(p *checks.ManifestPass) {
	for _, s := range p.Settings() {
		if s.Name == k.Variable && k.Looks(strings.Trim(s.Value, `"'`)) {
			r := checks.Report{Node: checks.Place(s.Span), Fix: checks.Fix(true, "leave the key to the environment"+revoke, checks.TextEdits(s.Remove()...))}
			if p.Kind == manifest.Dockerfile {
				for _, in := range p.Instructions() {
					if in.Span.Contains(s.Span) {
						r.Covers = checks.Place(in.Span)
					}
				}
			}
			p.Report(r)
		}
	}
}

// commands reports the commands of a Dockerfile or a script of a shell that are told a key.
func (k *Key) commands(p *checks.ManifestPass) {
	if k.Login == "" {
		return
	}
	text := func(script string, from int) {
		for _, w := range k.keyWords(script) {
			span := ast.Span{Start: ast.Pos(from + w.Start), End: ast.Pos(from + w.End)}
			gone := span
			for gone.Start > 0 && p.Source.Text[gone.Start-1] == ' ' {
				gone.Start--
			}
			p.Report(checks.Report{Node: checks.Place(span), Fix: checks.Fix(true, "leave the key to the environment"+revoke, checks.TextEdits(ast.Edit{Span: gone}))})
		}
	}
	switch p.Kind {
	case manifest.Shell:
		text(string(p.Source.Text), 0)
	case manifest.Dockerfile:
		list := p.Instructions()
		for i := range list {
			for _, s := range p.Scripts(&list[i]) {
				text(s.Text, s.Start)
			}
		}
	}
}
