package vision

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of text that a picture brings along and that gets into a language as it is.

// maxWay bounds the steps from a picture to where its text is used: what comes a longer way did so through lists and
// objects in which it stands for others.
const maxWay = 16

// exifText is PML3104.
var exifText = pictureText(infoPML3104, models.FromMetadata, true, carriesText, models.HTML, models.SQL, models.Shell, models.Template, models.Path)

// recognisedText is PML3112.
var recognisedText = pictureText(infoPML3112, models.FromPicture, false, nil, models.SQL, models.Shell, models.HTML, models.Exec, models.Template, models.Path)

// pictureText is the check of text out of a picture that reaches one of the sinks unescaped. anyType is set where the
// values may be no text; meant tells which ways count.
func pictureText(info *checks.Info, from string, anyType bool, meant func(*checks.Pass, *checks.Path) bool, sinks ...checks.SinkKind) *checks.Rule {
	return &checks.Rule{
		Spec:  info,
		Knows: slices.Concat(checks.StatementCalls, checks.Runners, checks.Pages),
		From:  []checks.Label{models.Document},
		Into:  sinks,
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Mark.From() != from || len(path.Trace.Steps()) > maxWay || meant != nil && !meant(p, path) {
				return
			}
			wrapped := func(function, imports, message string) *fix.Fix {
				return checks.Fix(false, message, p.WrapInsertions(checks.EntriesOf(p, path), function, imports, fix.InSection, func(name, text string) string {
					if anyType {
						text = "str(" + text + ")"
					}
					return name + "(" + text + ")"
				}))
			}
			var repair *fix.Fix
			node, c := path.Node, path.Call
			switch path.Kind {
			case models.SQL:
				executing := checks.Executing(p, c)
				if !models.IsStatement(path.Sink) || executing == nil || checks.Vetted(p, path, checks.AboutStatements) {
					return
				}
				repair = checks.BindValues(p, path, executing)
			case models.Shell:
				line := shellLine(path)
				if line == nil || checks.Vetted(p, path, nil) {
					return
				}
				repair = quoted(p, path, line, anyType)
			case models.HTML:
				if !path.Mark.Holds("<") || !checks.ShownInPage(path) || checks.Templated(path) || shownBefore(path) {
					return
				}
				if r, ok := node.(*ast.Return); ok && r.Value != nil {
					node = r.Value
				}
				repair = wrapped("html.escape", "import html", "escape the text")
			case models.Template:
				if path.Sink.Note != "" || !path.Mark.Holds("{") {
					return
				}
				repair = checks.RenderSandboxed(p, c)
			case models.Exec:
				if path.Sink.Note != models.NoteCode || checks.SyntaxTested(p, path) || checks.Vetted(p, path, nil) {
					return
				}
				if a := c.Arg(0, ""); a != nil && a.Node != nil {
					repair = checks.ComputeOnly(p, c, a.Node)
				}
			case models.Path:
				if !checks.Escapes(path) || checks.OneSegment(path) || checks.Vetted(p, path, checks.AboutPaths) {
					return
				}
				repair = wrapped("os.path.basename", "import os", "keep only the last part of the name")
			}
			p.Report(checks.Report{Node: node, Path: path, Fix: repair})
		},
	}
}

// shellLine is the text of a path that a shell reads, nil where none does.
func shellLine(path *checks.Path) *checks.Value {
	if !checks.RunsCommand(path.Call) {
		return nil
	}
	return checks.ShellText(path)
}

// quoted quotes the data where it enters a command line; of one that is the data as a whole only programs of a list are run.
func quoted(p *checks.Pass, path *checks.Path, line *checks.Value, anyType bool) *fix.Fix {
	if checks.OneValue(line) {
		return checks.AllowCommands(p, path, true)
	}
	return checks.QuoteForShell(p, line, fix.InSection, anyType, "quote what the picture says", func(v *checks.Value) bool { return checks.ComesFrom(path, v) })
}

// shownBefore reports whether the data became a part of a page on the way already: what a view returns was marked as safe.
func shownBefore(path *checks.Path) bool {
	for _, step := range path.Trace.Steps() {
		n, ok := step.Node.(*ast.Call)
		if !ok || path.Call != nil && n == path.Call.Node {
			continue
		}
		if c := path.Engine.CallAt(n); c != nil && len(c.Dangerous(models.HTML)) > 0 {
			return true
		}
	}
	return false
}
