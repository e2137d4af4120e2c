package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

const (
	exporters = "nbconvert.{HTMLExporter,SlidesExporter,LabHTMLExporter}"
	exports   = exporters + "().{from_notebook_node,from_file,from_filename}"
)

// notebookRendered is PML4113.
var notebookRendered = &checks.Rule{
	Spec:  infoPML4113,
	Knows: []string{exporters, exports, "nbconvert.export", "traitlets.config.Config", "traitlets.config.loader.Config"},
	To:    []string{exporters + "().sanitize_html", "traitlets.config.{Config,loader.Config}().{HTMLExporter,SlidesExporter,LabHTMLExporter}.sanitize_html"},
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Database},
	Into:  []checks.SinkKind{models.HTML, models.Response, models.FileData},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil && path.Node == nil || inSandbox(path) {
			return
		}
		if path.Kind == models.FileData && !servedFile(path) {
			return
		}
		c := exportOf(path)
		if c == nil {
			return
		}
		in := p.Project.Module(c.Frame.Module())
		made := c
		if !c.Symbol.Is("nbconvert.export") {
			if made = origin(c.Receiver); made == nil {
				return
			}
			in = p.Project.Module(made.Frame.Module())
		} else if exporter := c.Arg(0, "exporter"); exporter == nil || !exporter.Value.Is("nbconvert.HTMLExporter", "nbconvert.SlidesExporter", "nbconvert.LabHTMLExporter") {
			return
		}
		if in == nil || sanitizes(made) || sandboxed(p.Module) || sandboxed(in) {
			return
		}
		r := checks.Report{Node: made.Node, In: in, Path: path}
		if !made.Partial {
			edits := fix.AddKeyword(in.File, made.Node, "sanitize_html", "True")
			r.Fix = checks.Fix(true, "let the exporter sanitize the page: sanitize_html=True", p.InFile(in, edits))
		}
		p.Report(r)
	},
}

// exportCalls are the calls that render notebooks.
var exportCalls = func() []string {
	out := []string{"nbconvert.export"}
	for _, class := range [...]string{"HTMLExporter", "SlidesExporter", "LabHTMLExporter"} {
		for _, method := range [...]string{"from_notebook_node", "from_file", "from_filename"} {
			out = append(out, "nbconvert."+class+"()."+method)
		}
	}
	return out
}()

// exportOf is the call on a path that renders a notebook: that of a step, or one in a function that
// the data is passed to and comes back from.
func exportOf(path *checks.Path) *checks.Call {
	calls := path.Engine.CallsOf(exportCalls...)
	for t := path.Trace; t != nil && len(calls) > 0; t = t.Prev {
		for _, c := range calls {
			if (t.Text == models.StepExported || t.Text == flow.OutOfFile) && c.Frame.Module() == t.Mod && t.Node != nil && c.Node.Range() == t.Node.Range() {
				return c
			}
			if fn := c.Frame.Function(); fn != nil && t.Text == "passed to "+fn.Name+"()" && rendersForeign(path, c) {
				return c
			}
		}
	}
	return nil
}

// rendersForeign reports whether a call renders data of a path's label, or the file that holds it.
func rendersForeign(path *checks.Path, c *checks.Call) bool {
	at := 0
	if c.Symbol.Is("nbconvert.export") {
		at = 1
	}
	for _, name := range [...]string{"nb", "file_stream", "filename"} {
		if a := c.Arg(at, name); a != nil {
			if name != "nb" && path.Trace.Passes(flow.OutOfFile) {
				return true // what it reads was saved by the caller
			}
			return slices.ContainsFunc(c.Behind(a.Value), func(m checks.Mark) bool { return m.Label == path.Mark.Label })
		}
	}
	return false
}

// sanitizes reports whether an exporter takes script out of what it renders.
func sanitizes(made *checks.Call) bool {
	if made.HasRest() {
		return true
	}
	if a := made.Arg(-1, "sanitize_html"); a != nil {
		return !checks.Off(a.Value)
	}
	at := 0
	if made.Symbol.Is("nbconvert.export") {
		at = -1
	}
	if a := made.Arg(at, "config"); a != nil && configSanitizes(made, a.Value) {
		return true
	}
	for f := made.Frame; f != nil; f = f.Outer() {
		for _, s := range f.Stores {
			if strings.HasSuffix(s.Symbol.String(), ".sanitize_html") && !checks.Off(s.Value) {
				return true
			}
		}
	}
	return false
}

// configSanitizes reports whether a configuration of traitlets switches sanitizing on, or is not
// known.
func configSanitizes(made *checks.Call, config *checks.Value) bool {
	c := origin(config)
	if c == nil {
		return true
	}
	in := func(v *checks.Value) bool {
		e := c.Key(v, "sanitize_html")
		return e != nil && !checks.Off(e.Value)
	}
	for i := range c.Args {
		a := &c.Args[i]
		if strings.HasSuffix(a.Name, "Exporter") && in(a.Value) {
			return true
		}
		if a.Name != "" {
			continue
		}
		for _, name := range []string{"HTMLExporter", "SlidesExporter", "LabHTMLExporter"} {
			if e := c.Key(a.Value, name); e != nil && in(e.Value) {
				return true
			}
		}
	}
	return false
}

// inSandbox reports whether what is shown stands in a frame without the rights of the page.
func inSandbox(path *checks.Path) bool {
	before := ""
	for _, part := range path.Value.Parts() {
		if part.Value == nil {
			before += strings.ToLower(part.Text)
		}
	}
	i := strings.Index(before, "<iframe")
	return i >= 0 && strings.Contains(before[i:], "sandbox") && strings.Contains(before[i:], "srcdoc") && !strings.Contains(before[i:], "allow-same-origin")
}

// sandboxed reports whether a module sets a Content-Security-Policy that puts its pages in a
// sandbox.
func sandboxed(m *checks.Module) bool {
	policy, sandbox := false, false
	ast.InspectFile(m.File, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			policy = policy || strings.EqualFold(s.Value, "Content-Security-Policy")
			sandbox = sandbox || slices.Contains(strings.FieldsFunc(s.Value, func(r rune) bool { return r == ';' || r == ' ' }), "sandbox")
		}
		return !policy || !sandbox
	})
	return policy && sandbox
}

// servedFile reports whether what is written is a page in a folder of files that are served as they
// are.
func servedFile(path *checks.Path) bool {
	if path.Call == nil {
		return false
	}
	file := path.Call.File()
	if file == nil {
		return false
	}
	name := ""
	for _, part := range file.Parts() {
		name += part.Text
		if part.Value != nil {
			name += "x"
		}
	}
	return slices.ContainsFunc(strings.Split(name, "/"), func(folder string) bool {
		return slices.Contains([]string{"static", "public", "www", "htdocs", "_site", "wwwroot"}, folder)
	})
}
