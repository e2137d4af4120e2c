// Package shell reads shell text: scripts, lines of notebooks, RUN lines of Dockerfiles, as lists of
// simple commands with their words and places. It expands and runs nothing.
//
// The text is parsed by mvdan.cc/sh after the grammar of Bash, which holds that of POSIX.
//
// Start reading at Parse.
package shell

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Command is a simple command, wherever in the text it stands. A setting without a command,
// `NAME=value` or `export NAME=value`, is one without Words.
type Command struct {
	// Settings are the variables that are set for it, or by it.
	Settings []Setting
	// Words are its name and arguments.
	Words []Word
	// Input is the command whose output it reads by a pipe, nil for none.
	Input *Command
	// Within is the command one of whose words holds the output of this one, `sh -c "$(curl …)"`,
	// `bash <(curl …)`, nil for none.
	Within *Command
	// Output is the file that its output goes to, nil for none.
	Output *Word
	// Here is the text that it reads out of the script, `<<EOF` or `<<<`, "" for none.
	Here string
	// Start and End are its place in the text, Whole that of the pipeline that it is part of.
	Start, End int
	Whole      [2]int
}

// Setting is NAME=value. Its place is within the text.
type Setting struct {
	Name       string
	Value      Word
	Start, End int
}

// Word is a word of a command.
type Word struct {
	// Text is the word without its quotes. What is expanded stands in it as it is written.
	Text string
	// Constant is set where nothing is expanded.
	Constant bool
	// Start and End are the word's place in the text, quotes included.
	Start, End int
}

// maxText bounds the texts that are read, and maxOpen their brackets: the parser recurs for each
// level, by far the most in arithmetic.
const (
	maxText = 1 << 16
	maxOpen = 2000
)

// Parse lists the commands of a text in the order in which they stand. Of text that the grammar
// does not know nothing is returned.
func Parse(text string) []*Command {
	if len(text) > maxText || strings.Count(text, "(") > maxOpen {
		return nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	r := reader{text: text}
	r.statements(file.Stmts, nil)
	slices.SortStableFunc(r.out, func(a, b *Command) int { return a.Start - b.Start })
	return r.out
}

type reader struct {
	text string
	out  []*Command
}

func (r *reader) statements(list []*syntax.Stmt, within *Command) {
	for _, s := range list {
		r.statement(s, within, nil, r.spanOf(s))
	}
}

// spanOf is the place of a statement without the semicolon or ampersand that ends it.
func (r *reader) spanOf(s *syntax.Stmt) [2]int {
	at := span(s)
	if s.Semicolon.IsValid() {
		at[1] = at[0] + len(strings.TrimRight(r.text[at[0]:s.Semicolon.Offset()], " \t\n"))
	}
	return at
}

func span(n syntax.Node) [2]int { return [2]int{int(n.Pos().Offset()), int(n.End().Offset())} }

// statement reads one statement and returns the simple command that it is, or the last one that it
// ends with, whose output is the statement's.
func (r *reader) statement(s *syntax.Stmt, within, input *Command, whole [2]int) *Command {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return r.call(s, c.Assigns, c.Args, within, input, whole)
	case *syntax.DeclClause:
		return r.call(s, c.Args, nil, within, input, whole)
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			left := r.statement(c.X, within, input, whole)
			return r.statement(c.Y, within, left, whole)
		}
		r.statement(c.X, within, input, r.spanOf(c.X))
		return r.statement(c.Y, within, input, r.spanOf(c.Y))
	}
	if s.Cmd == nil {
		return r.call(s, nil, nil, within, input, whole)
	}
	var last *Command
	first := input
	syntax.Walk(s.Cmd, func(n syntax.Node) bool {
		if inner, ok := n.(*syntax.Stmt); ok {
			at := r.spanOf(inner)
			if first != nil {
				at = whole
			}
			last = r.statement(inner, within, first, at)
			return false
		}
		return true
	})
	return last
}

func (r *reader) call(s *syntax.Stmt, assigns []*syntax.Assign, args []*syntax.Word, within, input *Command, whole [2]int) *Command {
	at := r.spanOf(s)
	c := &Command{Within: within, Input: input, Start: at[0], End: at[1], Whole: whole}
	r.out = append(r.out, c)
	for _, a := range assigns {
		set := Setting{Start: int(a.Pos().Offset()), End: int(a.End().Offset())}
		if a.Name != nil {
			set.Name = a.Name.Value
		}
		if a.Value != nil {
			set.Value = r.word(a.Value, c)
		}
		c.Settings = append(c.Settings, set)
	}
	for _, w := range args {
		c.Words = append(c.Words, r.word(w, c))
	}
	for _, d := range s.Redirs {
		r.redirect(d, c)
	}
	return c
}

func (r *reader) redirect(d *syntax.Redirect, c *Command) {
	switch d.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob:
		if d.Word != nil && (d.N == nil || d.N.Value == "1") {
			w := r.word(d.Word, c)
			c.Output = &w
		}
	case syntax.Hdoc, syntax.DashHdoc:
		if d.Hdoc != nil {
			c.Here = r.word(d.Hdoc, c).Text
		}
	case syntax.WordHdoc:
		if d.Word != nil {
			c.Here = r.word(d.Word, c).Text
		}
	default:
		if d.Word != nil {
			r.word(d.Word, c)
		}
	}
}

// word reads a word; commands whose output stands in it are read, too.
func (r *reader) word(w *syntax.Word, of *Command) Word {
	at := span(w)
	out := Word{Constant: true, Start: at[0], End: at[1]}
	var b strings.Builder
	r.parts(w.Parts, &b, &out, of, false)
	out.Text = b.String()
	return out
}

func (r *reader) parts(list []syntax.WordPart, b *strings.Builder, out *Word, of *Command, quoted bool) {
	for _, part := range list {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescaped(p.Value, quoted))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			r.parts(p.Parts, b, out, of, true)
		case *syntax.CmdSubst:
			out.Constant = false
			b.WriteString(r.source(p))
			r.statements(p.Stmts, of)
		case *syntax.ProcSubst:
			out.Constant = false
			b.WriteString(r.source(p))
			if p.Op == syntax.CmdIn {
				r.statements(p.Stmts, of)
			} else {
				r.statements(p.Stmts, nil)
			}
		default:
			out.Constant = false
			b.WriteString(r.source(p))
		}
	}
}

func (r *reader) source(n syntax.Node) string {
	at := span(n)
	return r.text[at[0]:at[1]]
}

// unescaped is a literal without its backslashes and continued lines.
func unescaped(text string, quoted bool) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b bytes.Buffer
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			next := text[i+1]
			if next == '\n' {
				i++
				continue
			}
			if !quoted || strings.IndexByte("\"\\$`", next) >= 0 {
				i++
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// wrappers are programs that run the program which their arguments name, with the options that a
// value follows.
var wrappers = map[string]string{
	"sudo": "ughpCrtTUD", "env": "uC", "nohup": "", "time": "fo", "exec": "a", "command": "", "nice": "n", "stdbuf": "ioe", "timeout": "sk", "gosu": "", "su-exec": "",
}

// Program is the name of the program that a command runs, without its folders, and the words after
// it: bash for `sudo -E /bin/bash -x`. The name is "" where it is not constant.
func (c *Command) Program() (name string, args []Word) {
	words := c.Words
	for len(words) > 0 {
		w := words[0]
		if !w.Constant {
			return "", words[1:]
		}
		name, words = path.Base(w.Text), words[1:]
		values, wraps := wrappers[name]
		if !wraps {
			return name, words
		}
		for len(words) > 0 {
			w := words[0].Text
			switch {
			case len(w) == 2 && w[0] == '-' && strings.IndexByte(values, w[1]) >= 0 && len(words) > 1:
				words = words[2:]
				continue
			case strings.HasPrefix(w, "-") || strings.Contains(w, "=") || name == "timeout" && strings.Trim(w, "0123456789.smhd") == "":
				words = words[1:]
				continue
			}
			break
		}
		if (name == "gosu" || name == "su-exec") && len(words) > 0 {
			words = words[1:] // the user
		}
	}
	return name, nil
}
