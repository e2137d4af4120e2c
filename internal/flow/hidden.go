package flow

import (
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/deceptive"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file marks text that the program wrote down so that a reader does not see it.

// deceptiveLiteral describes a literal whose characters are not what they look like.
const deceptiveLiteral = "a literal with characters that are not what they look like"

// deceiving marks a literal in whose source stand deceptive characters. It is asked about
// every literal: nearly all are ASCII.
func (f *Frame) deceiving(e ast.Expr, pieces []*ast.StrPiece) []Mark {
	for _, p := range pieces {
		text := f.mod.sem.File.Source.Text[p.Start:p.End]
		for _, c := range text {
			if c < utf8.RuneSelf {
				continue
			}
			if len(deceptive.Find(string(text), true)) > 0 {
				return f.hidden(e, deceptiveLiteral)
			}
			break
		}
	}
	return nil
}

// hidden makes the mark of hidden text that stands at a node.
func (f *Frame) hidden(at ast.Node, from string) []Mark {
	o := f.sourceAt(at)
	o.from = from
	return []Mark{{Label: models.Hidden, Origin: o, Trace: (*Trace)(nil).then(at, f.mod.sem, from)}}
}

// wroteDown reports whether all that is known of where a constant comes from is that the
// program wrote it down.
func wroteDown(marks []Mark) bool {
	for _, m := range marks {
		if m.Label != models.Hidden {
			return false
		}
	}
	return true
}

// described tells that a model reads the docstring of a tool as its description.
func (f *Frame) described(fn *Value) {
	def := fn.Function()
	if def == nil || def.Def == nil || len(def.Def.Body) == 0 {
		return
	}
	s, ok := def.Def.Body[0].(*ast.ExprStmt)
	if !ok {
		return
	}
	doc, ok := s.Value.(*ast.Str)
	if !ok {
		return
	}
	e := f.eng.modules[def.Module]
	if e == nil || e.frame == nil {
		return
	}
	for _, m := range e.frame.deceiving(doc, doc.Pieces) {
		f.eng.report(e.frame, &sinkEvent{kind: models.PromptTool, sink: toolSink, node: doc, value: &Value{kind: KindString, text: doc.Value, lit: doc, mod: def.Module, marks: []Mark{m}}, frame: e.frame}, m)
	}
}

var toolSink = &models.Sink{Kind: models.PromptTool, Note: "read by the model as the tool's description"}
