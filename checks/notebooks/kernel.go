package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// notebookRun is PML4101.
var notebookRun = &checks.Rule{
	Spec:  infoPML4101,
	From:  []checks.Label{models.User, models.Upload, models.Web},
	Into:  []checks.SinkKind{models.Exec, models.CommandFile, models.Shell},
	Knows: []string{"papermill.execute_notebook", "nbconvert.preprocessors.ExecutePreprocessor().preprocess", "nbclient.execute", "nbclient.NotebookClient().{execute,async_execute}", "testbook.testbook"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Confirmed() {
			return
		}
		named := path.Kind == models.Shell && namesNotebook(path)
		if path.Sink.Note == models.NoteNotebook && splicedCell(path) {
			return // PML4105 reports the text in the cell of the service's own notebook
		}
		if path.Sink.Note != models.NoteNotebook && !named || !path.Mark.InFile() && path.Mark.Clean.Has(models.Path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: notRun(p, path)})
	},
}

// splicedCell reports whether the data of a path came into the notebook as a part of the code of one of its
// cells.
func splicedCell(path *checks.Path) bool {
	for _, c := range path.Engine.CallsOf("nbformat.v4.new_code_cell") {
		a := c.Arg(0, "source")
		if a == nil || !inMarkup(a.Value) {
			continue
		}
		for t := path.Trace; t != nil; t = t.Prev {
			if t.Node != nil && t.Mod == c.Frame.Module() && t.Node.Range() == c.Node.Range() {
				return true
			}
		}
	}
	return false
}

// namesNotebook reports whether the data of a path is the name of a notebook that a command runs.
func namesNotebook(path *checks.Path) bool {
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		runs := name == "papermill" || strings.HasPrefix(name, "jupyter-execute")
		for i, w := range args {
			runs = runs || w.Text == "--execute" || i == 0 && name == "jupyter" && (w.Text == "execute" || w.Text == "run")
		}
		if slices.ContainsFunc(args, func(w checks.ShellWord) bool { return w.Text == "--prepare-only" }) {
			continue
		}
		for i, w := range args {
			if runs && w.Value != nil && foreign(path)(w.Value) && (i == 0 || !strings.HasPrefix(args[i-1].Text, "-p") && args[i-1].Text != "--output") {
				return name != "papermill" || i == 0 || strings.HasPrefix(args[0].Text, "-")
			}
		}
	}
	return false
}

// notRun reads or prepares the notebook and does not run it.
func notRun(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if c.Partial || !p.Holds(c.Node) {
		return nil
	}
	switch {
	case c.Symbol.Is("papermill.execute_notebook"):
		if c.Arg(-1, "prepare_only") != nil {
			return nil
		}
		return checks.Fix(true, "prepare the notebook without running it: prepare_only=True", fix.AddKeyword(p.File, c.Node, "prepare_only", "True"))
	case c.Symbol.Is("nbclient.execute"):
		e := p.SinkExpr(path)
		if e == nil {
			return nil
		}
		return dropCall(p, c, p.File.Text(e))
	case c.Symbol.Is("nbclient.NotebookClient().execute", "nbclient.NotebookClient().async_execute"):
		made := origin(c.Receiver)
		if made == nil || made.Frame != c.Frame {
			return nil
		}
		if nb := made.Arg(0, "nb"); nb != nil && nb.Node != nil && p.Holds(nb.Node) {
			return dropCall(p, c, p.File.Text(nb.Node))
		}
	case c.Symbol.Is("nbconvert.preprocessors.ExecutePreprocessor().preprocess"):
		made := origin(c.Receiver)
		if made == nil || made.Frame.Module() != c.Frame.Module() || !p.Holds(made.Node) {
			return nil
		}
		name, imports := fix.Reach(p.File, "nbconvert.preprocessors.ClearOutputPreprocessor", "from nbconvert.preprocessors import ClearOutputPreprocessor", fix.InOrder)
		return checks.Fix(true, "clear the notebook's outputs and run nothing", checks.Replace(p, made.Node, name+"()"), imports)
	}
	return withoutExecute(p, c)
}

// dropCall puts a notebook in the place of its execution; a statement of its own goes.
func dropCall(p *checks.Pass, c *checks.Call, text string) *fix.Fix {
	const message = "leave the notebook as it is"
	around := p.Around(c.Node)
	node := ast.Node(c.Node)
	if i := len(around) - 2; i >= 0 {
		if w, ok := around[i].(*ast.Await); ok {
			node = w
		}
	}
	if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && ast.Node(s.Value) == node {
		return checks.Fix(true, message, fix.RemoveStmt(p.File, s))
	}
	return checks.Fix(true, message, checks.Replace(p, node, text))
}

// withoutExecute deletes --execute from a command, and lets papermill prepare the notebook only.
func withoutExecute(p *checks.Pass, c *checks.Call) *fix.Fix {
	const message = "convert the notebook without running it"
	papermill := false
	for _, cmd := range c.Commands() {
		name, _ := cmd.Program()
		papermill = papermill || name == "papermill"
	}
	for i := range c.Args {
		a := &c.Args[i]
		if papermill && a.Node != nil && a.Keyword == nil {
			if edits := prepareOnly(p, c, a); edits != nil {
				return checks.Fix(true, "prepare the notebook without running it: --prepare-only", edits)
			}
		}
		items, _, ok := c.Items(a.Value)
		list, isList := a.Node.(*ast.List)
		if name, is := a.Node.(*ast.Name); is && ok {
			// The words are in a variable: the list is where the first of them stands.
			if e := checks.LastAssigned(checks.BodyOf(c.Frame), name); e != nil {
				list, isList = e.(*ast.List)
			}
		}
		if ok && isList && p.Holds(list) && len(list.Elts) == len(items) {
			for j, it := range items {
				if t, _ := it.Value.Text(); t == "--execute" {
					return checks.Fix(true, message, fix.RemoveElement(p.File, list, list.Elts[j]))
				}
			}
		}
		if a.Node != nil && !isList && p.Holds(a.Node) {
			if edits := fix.ReplaceInString(p.File, a.Node, " --execute", ""); edits != nil {
				return checks.Fix(true, message, edits)
			}
		}
	}
	return nil
}

// prepareOnly adds papermill's option in an argument that holds its command, or is its name.
func prepareOnly(p *checks.Pass, c *checks.Call, a *checks.Argument) []fix.Edit {
	const name = "papermill"
	items, _, _ := c.Items(a.Value)
	for _, it := range items {
		e, ok := it.Node.(ast.Expr)
		if !ok || !p.Holds(e) {
			continue
		}
		if t, _ := it.Value.Text(); t == name {
			return []fix.Edit{{Start: int(e.Stop()), End: int(e.Stop()), New: `, "--prepare-only"`}}
		}
	}
	if t, _ := a.Value.Text(); t == name && p.Holds(a.Node) { // the words are arguments
		return []fix.Edit{{Start: int(a.Node.Stop()), End: int(a.Node.Stop()), New: `, "--prepare-only"`}}
	}
	lit := ast.Expr(a.Node)
	if id, ok := lit.(*ast.Name); ok {
		if lit = checks.LastAssigned(checks.BodyOf(c.Frame), id); lit == nil {
			return nil
		}
	}
	if !p.Holds(lit) {
		return nil
	}
	return fix.ReplaceInString(p.File, lit, name+" ", name+" --prepare-only ")
}

// shellBuilt is PML4104.
var shellBuilt = &checks.Rule{
	Spec: infoPML4104,
	From: append([]checks.Label{models.Dataset}, strangers...),
	Into: []checks.SinkKind{models.Shell},
	Knows: []string{
		models.ShellInstance + ".{system,getoutput,getoutput_pexpect,system_raw,system_piped,run_line_magic,run_cell_magic,magic}",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Confirmed() || !c.Symbol.Under(models.ShellInstance) || installsAnswer(path) {
			return
		}
		r := checks.Report{Node: c.Node, Path: path}
		if p.Holds(c.Node) {
			if r.Fix = checks.QuoteForShell(p, path.Value, fix.InOrder, false, "quote the value for the shell", foreign(path)); r.Fix == nil && checks.OneValue(path.Value) {
				r.Fix = checks.AllowCommands(p, path, true)
			}
		} else {
			r.Fix = quotedLine(p, path)
		}
		p.Report(r)
	},
}

// installsAnswer reports whether a command installs a package that a model's answer names
// (PML5109).
func installsAnswer(path *checks.Path) bool {
	if path.Mark.Label != models.LLM {
		return false
	}
	for _, cmd := range path.Call.Commands() {
		if name, args := cmd.Program(); name == "pip" && len(args) > 0 && args[0].Text == "install" {
			return true
		}
	}
	return false
}

// quotedLine quotes the placeholders of a notebook's shell line.
func quotedLine(p *checks.Pass, path *checks.Path) *fix.Fix {
	if p.Notebook == nil {
		return nil
	}
	dirty := foreign(path)
	var bad []ast.Pos
	for _, part := range path.Value.Parts() {
		if part.Value != nil && part.Node != nil && dirty(part.Value) {
			bad = append(bad, part.Node.Pos())
		}
	}
	for _, cmd := range p.Notebook.Commands() {
		if cmd.Span != path.Call.Node.Range() {
			continue
		}
		name, imports := fix.Reach(p.File, "shlex.quote", "import shlex", fix.InOrder)
		var edits []fix.Edit
		text, at := p.CommandText(cmd.Span)
		for _, in := range cmd.Interpolations() {
			if !slices.ContainsFunc(bad, func(at ast.Pos) bool { return in.ExprSpan.Start <= at && at < in.ExprSpan.End }) {
				continue
			}
			start, end := int(in.Span.Start)-at, int(in.Span.End)-at
			quote := ""
			switch open := openQuote(text[:start]); {
			case open == 0:
			case text[start-1] == open && end < len(text) && text[end] == open:
				start, end = start-1, end+1
			default: // the quotes end before the value and begin again behind it
				quote = string(open)
			}
			edits = append(edits, fix.Edit{Start: at + start, End: at + end, New: quote + "{" + name + "(" + in.Expr + ")}" + quote})
		}
		return checks.Fix(true, "quote the value for the shell", edits, imports)
	}
	return nil
}

// openQuote is the quote within which a command of a shell is at the end of a part of it, 0 for none.
func openQuote(text []byte) byte {
	var open byte
	for line := range strings.Lines(string(text)) {
		open = checks.ShellQuote(open, line)
		if strings.HasSuffix(line, "\n") && !strings.HasSuffix(line, "\\\n") {
			open = 0
		}
	}
	return open
}

// runners are the calls that run a notebook.
var runners = []string{"papermill.execute_notebook", "nbconvert.preprocessors.ExecutePreprocessor().preprocess", "nbclient.execute", "nbclient.NotebookClient().execute", "nbclient.NotebookClient().async_execute"}

// kernelCode is PML4105.
var kernelCode = &checks.Rule{
	Spec:  infoPML4105,
	Knows: append([]string{models.ShellInstance + ".*", "streamlit.session_state"}, runners...),
	From:  strangers,
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Confirmed() {
			return
		}
		if path.Mark.Lacks(".") && path.Sink.Note != models.NoteNotebook {
			return // a name alone, within code or as that of a parameter
		}
		if path.Sink.Note == models.NoteParameters {
			if path.Mark.Label != models.User || !foreignKeys(path) || siftedKeys(p, path, "") {
				return
			}
			e := p.SinkExpr(path)
			if e == nil {
				return
			}
			text := p.File.Text(e)
			p.Report(checks.Report{Node: e, Path: path, Fix: checks.Fix(true, "let only names through", checks.Replace(p, e, "{k: v for k, v in "+text+".items() if k.isidentifier()}"))})
			return
		}
		cell := path.Sink.Note == models.NoteCell && len(path.Engine.CallsOf(runners...)) > 0
		if path.Sink.Note != models.NoteKernel && !cell && !path.Call.Symbol.Under(models.ShellInstance) || !inMarkup(path.Value) {
			return
		}
		list := shownBy(p, path)
		node := path.Node
		if len(list) > 0 && list[0].In == p.Module {
			node = list[0].Expr
		}
		p.Report(checks.Report{Node: node, Path: path, Covers: path.Call.Node, Fix: writtenAsLiteral(p, path, list)})
	},
}

// writtenAsLiteral puts values into code as literals of Python.
func writtenAsLiteral(p *checks.Pass, path *checks.Path, list []checks.Insertion) *fix.Fix {
	quotes := scriptQuotes(path)
	if len(quotes) == 0 {
		return nil // no text of the program's around them
	}
	var edits []fix.Edit
	for _, in := range list {
		var own []fix.Edit
		if quote := quotes[in.Expr]; quote != 0 {
			if own = checks.QuotesAround(in.In, in.Expr, quote); own == nil {
				return nil
			}
		}
		if hole, _ := checks.PlaceholderOf(in.In, in.Expr); hole != nil {
			own = append(own, fix.Edit{Start: int(in.Expr.Stop()), End: int(in.Expr.Stop()), New: "!r"})
		} else {
			own = append(own, fix.ReplaceNode(in.In.File, in.Expr, "repr("+in.In.File.Text(in.Expr)+")"))
		}
		edits = append(edits, p.InFile(in.In, own)...)
	}
	return checks.Fix(true, "put the value into the code as a literal", edits)
}
