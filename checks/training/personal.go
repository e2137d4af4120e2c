package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// personalField is PML1303.
var personalField = &checks.Rule{
	Spec: infoPML1303,
	From: []checks.Label{models.PII},
	Into: []checks.SinkKind{models.FileData, models.TrainData},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		steps := path.Trace.Steps()
		if len(steps) == 0 || !tunesOn(path) {
			return
		}
		in := p.Project.Module(steps[0].Mod)
		read, name := fieldRead(path)
		if in == nil || read == nil || !spelledOut(in, path, read) || redacted(in, path) || wholeText(in, read, name) || leftOut(in, name) {
			return
		}
		p.Report(checks.Report{Node: read, In: in, Path: path, Fix: named(in, read, name)})
	},
}

// tunesOn reports whether a path ends in text that a language model is trained on.
func tunesOn(path *checks.Path) bool {
	if path.Kind == models.TrainData {
		return path.Sink.Note == models.NoteTraining && path.Sink.Arg != ""
	}
	if path.Call == nil {
		return false
	}
	name := fileName(path.Call)
	return trainingFile(name) || name != "" && uploaded(path.Call, name)
}

// uploaded reports whether a file of that name is sent to a service that fine-tunes on it.
func uploaded(c *checks.Call, name string) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "create" && o.Method != "upload" {
				continue
			}
			if purpose := o.Arg(-1, "purpose"); purpose == nil || !isText(purpose.Value, "fine-tune") {
				continue
			}
			if file := o.Arg(-1, "file"); file != nil && opens(file.Value, name) {
				return true
			}
		}
	}
	return false
}

// opens reports whether a value is a file of that name, or open on one.
func opens(v *checks.Value, name string) bool {
	if t, ok := v.PathText().Text(); ok && t == name {
		return true
	}
	made := v.Origin()
	if made == nil {
		return false
	}
	if made.Receiver != nil {
		if t, ok := made.Receiver.PathText().Text(); ok && t == name {
			return true
		}
	}
	a := made.Arg(0, "file")
	if a == nil {
		return false
	}
	t, ok := a.Value.PathText().Text()
	return ok && t == name
}

// fieldRead is the expression that reads a field, with the field's name.
func fieldRead(path *checks.Path) (read ast.Expr, name string) {
	name, ok := strings.CutPrefix(path.Mark.From(), "the field `")
	if !ok {
		return nil, ""
	}
	read, _ = path.Trace.Steps()[0].Node.(ast.Expr)
	return read, strings.TrimSuffix(name, "`")
}

// spelledOut reports whether what a field holds becomes part of a text, or is the text of a
// record, on its way.
func spelledOut(in *checks.Module, path *checks.Path, read ast.Expr) bool {
	for _, step := range path.Trace.Steps() {
		if step.Text == "joined into a string" || step.Text == "formatted" {
			return true
		}
		if t, ok := step.Node.(*ast.Subscript); ok && step.Text == "stored in an item" {
			if key, ok := t.Index.(*ast.Str); ok && textKeys[key.Value] {
				return true
			}
		}
	}
	return underTextKey(in, read)
}

// textKeys are the keys under which records keep the text that a model learns.
var textKeys = map[string]bool{
	"text": true, "prompt": true, "completion": true, "instruction": true, "input": true, "output": true, "response": true, "content": true,
}

// underTextKey reports whether an expression stands in a dict as the text of a record.
func underTextKey(in *checks.Module, e ast.Expr) bool {
	around := in.Around(e)
	if len(around) < 2 {
		return false
	}
	d, ok := around[len(around)-2].(*ast.Dict)
	if !ok {
		return false
	}
	for i, v := range d.Values {
		if key, ok := d.Keys[i].(*ast.Str); ok && v == e {
			return textKeys[key.Value]
		}
	}
	return false
}

// redactors are parts of the names of functions that take out who somebody is.
var redactors = []string{"redact", "mask", "anonymi", "pseudonym", "scrub", "hash", "digest", "encrypt", "clean_pii", "remove_pii"}

// redacted reports whether data passes a function that takes out who somebody is.
func redacted(in *checks.Module, path *checks.Path) bool {
	for _, step := range path.Trace.Steps() {
		if c, ok := step.Node.(*ast.Call); ok && redacts(c) {
			return true
		}
	}
	read := path.Trace.Steps()[0].Node
	for _, n := range in.Around(read) {
		switch n := n.(type) {
		case *ast.Call:
			if n != read && redacts(n) {
				return true
			}
		case *ast.FunctionDef:
			if holdsAny(n.Name.Id, redactors) {
				return true
			}
		}
	}
	return false
}

func redacts(c *ast.Call) bool {
	name := checks.LastName(c.Fn)
	return name == "sub" || name == "subn" || holdsAny(name, redactors)
}

func holdsAny(name string, words []string) bool {
	name = strings.ToLower(name)
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// wholeText reports whether a field called email is the message that a record is about: all of
// its text, or a paragraph of its own.
func wholeText(in *checks.Module, read ast.Expr, name string) bool {
	if squeezed(name) != "email" {
		return false
	}
	if underTextKey(in, read) {
		return true
	}
	around := in.Around(read)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.JoinedStr:
			return ownParagraph(n, read)
		case *ast.Placeholder:
		default:
			return false
		}
	}
	return false
}

// ownParagraph reports whether nothing stands on the line of a placeholder but itself.
func ownParagraph(s *ast.JoinedStr, read ast.Expr) bool {
	before, after := "", ""
	seen := false
	for _, v := range s.Values {
		switch v := v.(type) {
		case *ast.Str:
			if !seen {
				before = v.Value
			} else if after == "" {
				after = v.Value
			}
		case *ast.Placeholder:
			if v.Value == read {
				seen = true
				continue
			}
			if !seen {
				before = "x"
			} else if after == "" {
				after = "x"
			}
		}
	}
	return seen && (before == "" || strings.HasSuffix(before, "\n")) && (after == "" || strings.HasPrefix(after, "\n"))
}

// leftOut reports whether a file drops the column of that name, or writes a constant or
// something redacted over it.
func leftOut(in *checks.Module, name string) bool {
	found := false
	names := func(e ast.Expr) bool {
		is := false
		if e != nil {
			ast.Inspect(e, func(n ast.Node) bool {
				s, ok := n.(*ast.Str)
				is = is || ok && s.Value == name
				return !is
			})
		}
		return is
	}
	ast.InspectStmts(in.File.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "drop", "pop", "remove_columns":
				for _, a := range n.Args {
					found = found || names(a)
				}
				for _, k := range n.Keywords {
					found = found || names(k.Value)
				}
			case "assign":
				for _, k := range n.Keywords {
					found = found || k.Name != nil && k.Name.Id == name && replaces(k.Value)
				}
			}
		case *ast.Delete:
			for _, t := range n.Targets {
				found = found || names(t)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if at, ok := t.(*ast.Subscript); ok && names(at.Index) && replaces(n.Value) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// replaces reports whether an expression is a constant, or is made by something that redacts.
func replaces(e ast.Expr) bool {
	if isLiteral(e) {
		return true
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || redacts(n) || checks.LastName(n.Fn) == "hexdigest"
		case *ast.Name:
			found = found || holdsAny(n.Id, redactors)
		case *ast.Attribute:
			found = found || holdsAny(n.Attr.Id, redactors)
		}
		return !found
	})
	return found
}

func isLiteral(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Str, *ast.Number, *ast.Constant:
		return true
	}
	return false
}

// named puts the name of a column in the place of what it holds.
func named(in *checks.Module, read ast.Expr, name string) *fix.Fix {
	label := "[" + strings.ToUpper(name) + "]"
	around := in.Around(read)
	if len(around) > 1 {
		if at, ok := around[len(around)-2].(*ast.Placeholder); ok {
			return checks.Fix(true, "name the column instead of what it holds", []fix.Edit{fix.ReplaceNode(in.File, at, label)})
		}
	}
	return checks.Fix(true, "name the column instead of what it holds", []fix.Edit{fix.ReplaceNode(in.File, read, `"`+label+`"`)})
}
