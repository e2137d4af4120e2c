package loading

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

const expectedDigest = "EXPECTED_SHA256"

// downloadUnpickled is PML6202.
var downloadUnpickled = &checks.Rule{
	Spec: infoPML6202,
	On:   []string{"pandas.{read_pickle,io.pickle.read_pickle}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "filepath_or_buffer")
		if a == nil || a.Node == nil {
			return
		}
		for _, v := range a.Value.Alternatives() {
			if t := v.Prefix(); isWeb(t) && !checks.OwnMachine(t) {
				p.Report(checks.Report{Node: c.Node, Fix: fetchFirst(p, c, a)})
				return
			}
		}
	},
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !unpickled(path) || !fetched(path.Mark.Source()) || checks.FetchedHere(path.Mark.Call()) || checks.ToldDigest(path.Mark.Call()) || byShellLine(p, path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: compareDigest(p, path.Call.Node, loadedBytes(p, path.Call), expectedDigest)})
	},
}

// byShellLine reports whether a shell line of a notebook fetched a file, which PML4121 looks at together
// with what other lines say of its digest.
func byShellLine(p *checks.Pass, c *checks.Call) bool {
	return p.Notebook != nil && c != nil && (c.Symbol.Under(models.ShellInstance) || c.Symbol.Under("IPython"))
}

// isWeb reports whether text begins as the address of another machine.
func isWeb(t string) bool {
	return strings.HasPrefix(t, "http://") || strings.HasPrefix(t, "https://") || strings.HasPrefix(t, "ftp://")
}

// compressions are the ways in which pandas reads a pickle by the ending of its name.
var compressions = map[string]string{".gz": "gzip", ".bz2": "bz2", ".zip": "zip", ".xz": "xz", ".zst": "zstd"}

// fetchFirst reads the file that pandas would fetch, compares its digest and hands pandas the
// bytes.
func fetchFirst(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	open, imports := fix.Reach(p.File, "urllib.request.urlopen", "import urllib.request", fix.InSection)
	buffer, more := fix.Reach(p.File, "io.BytesIO", "import io", fix.InSection)
	name := freeName(p, c.Node)
	data := &bytesOf{Expr: name, First: name + " = " + open + "(" + oneLine(p, a.Node) + ").read()"}
	data.Edits, data.Imports = checks.Replace(p, a.Node, buffer+"("+name+")"), append(imports, more...)
	if t, ok := a.Value.Text(); ok && c.Arg(1, "compression") == nil {
		for ending, how := range compressions {
			if strings.HasSuffix(t, ending) {
				data.Edits = append(data.Edits, fix.AddKeyword(p.File, c.Node, "compression", `"`+how+`"`)...)
			}
		}
	}
	return compareDigest(p, c.Node, data, expectedDigest)
}

// storedPickle is PML6203.
var storedPickle = &checks.Rule{
	Spec: infoPML6203,
	On:   []string{"pandas.{read_pickle,io.pickle.read_pickle}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "filepath_or_buffer")
		if a == nil || a.Node == nil {
			return
		}
		for _, v := range a.Value.Alternatives() {
			if inStore(v.Prefix()) && !asked(v) {
				p.Report(checks.Report{Node: c.Node, Fix: readObject(p, c, a)})
				return
			}
		}
	},
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !unpickled(path) || !fromBucket(path.Mark.Source()) || versioned(path.Mark.Call()) || checks.ToldDigest(path.Mark.Call()) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: compareDigest(p, path.Call.Node, loadedBytes(p, path.Call), expectedDigest)})
	},
}

// inStore reports whether text begins as the address of an object in a store.
func inStore(t string) bool {
	for _, scheme := range [...]string{"s3://", "s3a://", "gs://", "gcs://", "az://", "abfs://", "abfss://", "wasbs://"} {
		if strings.HasPrefix(t, scheme) {
			return true
		}
	}
	return false
}

// asked reports whether a request names something, which is another check's defect.
func asked(v *checks.Value) bool { return v.Labels(models.ModelSource).Has(models.User) }

// versioned reports whether a call reads a version of an object that cannot change any more,
// or an object that a request names.
func versioned(c *checks.Call) bool {
	if c == nil {
		return false
	}
	named := func(c *checks.Call) bool {
		return slices.ContainsFunc(c.Args, func(a checks.Argument) bool {
			return slices.ContainsFunc(c.Behind(a.Value), func(m checks.Mark) bool { return m.Label == models.User })
		})
	}
	if named(c) {
		return true
	}
	for _, name := range [...]string{"VersionId", "version_id", "generation"} {
		if a := c.Arg(-1, name); a != nil && a.Value.IsConst() && !a.Value.IsNone() {
			return true
		}
	}
	if extra := c.Arg(-1, "ExtraArgs"); extra != nil {
		if e := c.Key(extra.Value, "VersionId"); e != nil && e.Value.IsConst() {
			return true
		}
	}
	if c.Receiver == nil || c.Receiver.Origin() == nil {
		return false
	}
	o := c.Receiver.Origin()
	if named(o) {
		return true
	}
	a := o.Arg(-1, "generation")
	return a != nil && a.Value.IsConst() && !a.Value.IsNone()
}

// readObject reads the object that pandas would fetch, compares its digest and hands pandas
// the bytes.
func readObject(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if a.Unpacked || !p.Holds(a.Node) || fix.KeywordOf(c.Node, "storage_options") != nil {
		return nil
	}
	open, imports := fix.Reach(p.File, "fsspec.open", "import fsspec", fix.InSection)
	buffer, more := fix.Reach(p.File, "io.BytesIO", "import io", fix.InSection)
	name := freeName(p, c.Node)
	data := &bytesOf{Expr: name, First: name + " = " + open + "(" + oneLine(p, a.Node) + `, "rb").open().read()`}
	data.Edits, data.Imports = checks.Replace(p, a.Node, buffer+"("+name+")"), append(imports, more...)
	return compareDigest(p, c.Node, data, expectedDigest)
}
