package training

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of tracked runs that do not say what they were trained on.

var (
	loggedModels = []string{
		"mlflow.*.log_model", "mlflow.register_model", "wandb.log_model", "wandb.log_artifact", "wandb.{init(),Run(),run}.{log_model,log_artifact}",
	}
	tableReaders = []string{
		"pandas.{read_csv,read_table,read_fwf,read_json,read_parquet,read_feather,read_orc,read_excel,read_hdf,read_pickle,read_sql,read_sql_query,read_sql_table,read_xml,read_html,read_stata,read_sas,read_spss,read_gbq,read_clipboard}",
		"polars.{read_csv,read_parquet,read_json,read_ndjson,read_ipc,read_excel,read_avro,read_database,read_delta,scan_csv,scan_parquet}", "datasets.load_dataset",
	}
)

// noLineage is PML1312.
var noLineage = &checks.Rule{
	Spec:  infoPML1312,
	Asks:  []*checks.Question{recordsItsData, spellsData, logsLikewise},
	On:    loggedModels,
	Knows: append(slices.Clone(tableReaders), "wandb.Artifact", "wandb.init", "wandb.config.update", "mlflow.{log_param,log_params,set_tag,set_tags,start_run,log_artifact,log_artifacts}"),
	To:    []string{"wandb.config.*", "wandb.config[]"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if !logsModel(c) || recordsData(p) {
			return
		}
		read := trainedFrom(c)
		if read == nil || namesData(c, read) {
			return
		}
		for _, f := range c.Frame.Everywhere() { // one report for the project
			for _, o := range f.Calls {
				m := p.Project.Module(f.Module())
				if m == nil || m.IsTest() || o.Node == c.Node || !logsModel(o) || trainedFrom(o) == nil {
					continue
				}
				if m.Path < p.Path || m.Path == p.Path && o.Node.Pos() < c.Node.Pos() {
					return
				}
			}
		}
		for _, m := range others(p, logsLikewise) {
			if m.Path < p.Path && !m.IsTest() {
				return
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: logInput(p, c, read)})
	},
}

// logsModel reports whether a call records a model in a tracker.
func logsModel(c *checks.Call) bool {
	name := symbolText(c)
	switch {
	case strings.HasPrefix(name, "mlflow."):
		return strings.HasSuffix(name, ".log_model") || name == "mlflow.register_model"
	case !strings.HasPrefix(name, "wandb."):
		return false
	case strings.HasSuffix(name, ".log_model"):
		return true
	case !strings.HasSuffix(name, ".log_artifact"):
		return false
	}
	a := c.Arg(0, "artifact_or_path")
	if a == nil {
		return false
	}
	kind := c.Arg(2, "type")
	if made := a.Value.Origin(); made != nil && kind == nil {
		kind = made.Arg(1, "type")
	}
	return kind != nil && isText(kind.Value, "model")
}

func symbolText(c *checks.Call) string { return c.Symbol.String() }

// trainedFrom returns the call by which the file of a call reads the data that it trains on; nil
// where the file does not do both.
func trainedFrom(c *checks.Call) *checks.Call {
	var read *checks.Call
	fits := false
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			switch act := o.Does(); {
			case act == models.Fit || act == models.Backward, (o.Method == "train" || o.Method == "fit") && act == models.NoAct:
				fits = true
			}
			if readsTable(o) && (read == nil || o.Node.Pos() < read.Node.Pos()) {
				read = o
			}
		}
	}
	if !fits {
		return nil
	}
	return read
}

func readsTable(c *checks.Call) bool {
	name := symbolText(c)
	return strings.HasPrefix(name, "pandas.read_") || strings.HasPrefix(name, "polars.read_") || strings.HasPrefix(name, "polars.scan_") || name == "datasets.load_dataset"
}

// others lists the files that say yes to a question and are analysed apart from this one.
func others(p *checks.Pass, q *checks.Question) []*checks.Module {
	return slices.DeleteFunc(slices.Clone(p.Saying(q)), func(m *checks.Module) bool { return slices.Contains(p.Connected(), m) })
}

var (
	logsLikewise = &checks.Question{Name: "reads data, trains a model and logs it", Needs: []string{"log_model(", "register_model(", `type="model"`, `type='model'`}, Says: func(d *checks.Draft) bool {
		return d.Mentions("read_", "load_dataset(") && d.Mentions(".fit(", ".train(", ".backward(")
	}}
	recordsItsData = &checks.Question{Name: "records data in a tracker", Needs: []string{"log_input(", "log_inputs(", "autolog(", "use_artifact(", "dvc.api", "lakefs", "Artifact("}, Says: func(d *checks.Draft) bool {
		return d.Mentions("log_input(", "log_inputs(", "autolog(", "use_artifact(", "dvc.api", "lakefs") ||
			d.Mentions("Artifact(") && d.Mentions(`"dataset"`, `'dataset'`)
	}}
	// spellsData asks for a parameter or tag of a run that tells of data.
	spellsData = &checks.Question{Name: "tells of data in a parameter or tag of a run", Needs: []string{"log_param", "set_tag", "start_run"}, Says: func(d *checks.Draft) bool {
		found := false
		ast.InspectStmts(d.Syntax().Body, func(n ast.Node) bool {
			c, ok := n.(*ast.Call)
			if !ok || found {
				return !found
			}
			switch checks.LastName(c.Fn) {
			case "log_param", "log_params", "set_tag", "set_tags", "start_run":
				ast.Inspect(c, func(x ast.Node) bool {
					s, text := x.(*ast.Str)
					found = found || text && wordsSayData(s.Value)
					return !found
				})
			}
			return !found
		})
		return found
	}}
)

// recordsData reports whether a file of the project records data in a tracker, or whether the data
// is under version control.
func recordsData(p *checks.Pass) bool {
	return p.Says(recordsItsData) || len(others(p, spellsData)) > 0 || slices.ContainsFunc(p.Project.Documents, func(d *checks.Document) bool {
		return path.Base(d.Path) == "dvc.yaml" || path.Ext(d.Path) == ".dvc"
	})
}

// namesData reports whether a run says by a parameter, a tag or its configuration which data it
// used, or keeps the file itself; also where that cannot be told.
func namesData(c, read *checks.Call) bool {
	source := sourceOf(read)
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			switch name := checks.CalledName(o); name {
			case "log_param", "set_tag":
				if a := o.Arg(0, "key"); a != nil && saysData(a.Value) {
					return true
				}
			case "log_params", "set_tags":
				for _, key := range [...]string{"params", "tags"} {
					if a := o.Arg(0, key); a != nil && keysSayData(o, a.Value) {
						return true
					}
				}
			case "start_run":
				if a := o.Arg(-1, "tags"); a != nil && keysSayData(o, a.Value) {
					return true
				}
			case "init":
				if a := o.Arg(-1, "config"); a != nil && strings.HasPrefix(symbolText(o), "wandb.") && keysSayData(o, a.Value) {
					return true
				}
			case "update":
				if a := o.Arg(0, "d"); a != nil && checks.LastName(receiverNode(o)) == "config" && keysSayData(o, a.Value) {
					return true
				}
			case "log_artifact", "log_artifacts", "log_table", "save", "log":
				for _, a := range o.Args {
					if name != "log" && name != "save" && source != nil && a.Node != nil && sameText(a.Node, source.Node) || source != nil && sameConstant(a.Value, source.Value) {
						return true
					}
				}
			}
		}
		for _, s := range f.Stores {
			if s.Key != nil && strings.HasPrefix(s.Symbol.String(), "wandb.") && saysData(s.Key) {
				return true
			}
			if name := s.Symbol.String(); strings.HasPrefix(name, "wandb.config.") && wordsSayData(name) {
				return true
			}
		}
	}
	return false
}

// sourceOf is the argument that says what a call reads.
func sourceOf(read *checks.Call) *checks.Argument {
	if a := read.Arg(0, ""); a != nil || len(read.Args) == 0 {
		return a
	}
	return &read.Args[0]
}

func sameConstant(a, b *checks.Value) bool {
	x, ok1 := a.PathText().Text()
	y, ok2 := b.PathText().Text()
	return ok1 && ok2 && x == y
}

// saysData reports whether the name of a parameter tells of data, or is not known.
func saysData(v *checks.Value) bool {
	t, ok := v.Text()
	return !ok || wordsSayData(t)
}

func wordsSayData(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"data", "commit", "revision", "sha", "digest", "dvc", "lakefs"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// keysSayData reports whether a dict of parameters has one that tells of data, or is not known.
func keysSayData(c *checks.Call, v *checks.Value) bool {
	entries, open, ok := c.Entries(v)
	if !ok || open {
		return true
	}
	return slices.ContainsFunc(entries, func(e checks.Entry) bool { return wordsSayData(e.Name) })
}

// logInput records the data in front of the model: the frame with its path, or the file's digest.
func logInput(p *checks.Pass, c, read *checks.Call) *fix.Fix {
	at, stmt := p.StmtOf(c.Node), p.StmtOf(read.Node)
	source := sourceOf(read)
	if at == nil || stmt == nil || source == nil || source.Node == nil || !visible(read.Frame, c.Frame) || stmt.Pos() > at.Pos() && read.Frame == c.Frame {
		return nil
	}
	if strings.HasPrefix(symbolText(c), "wandb.") {
		update, imports := fix.Reach(p.File, "wandb.config.update", "import wandb", fix.BeforeFirstImport)
		line := update + `({"train_data": ` + p.File.Text(source.Node) + "})"
		if symbolText(read) != "datasets.load_dataset" {
			digest, more := fix.Reach(p.File, "hashlib.sha256", "import hashlib", fix.BeforeFirstImport)
			line = update + `({"train_data_sha256": ` + digest + "(open(" + p.File.Text(source.Node) + `, "rb").read()).hexdigest()})`
			imports = append(imports, more...)
		}
		return checks.Fix(true, "record the digest of the data", fix.InsertBefore(p.File, at, line), imports)
	}
	a, ok := stmt.(*ast.Assign)
	if !ok || len(a.Targets) != 1 || a.Value != ast.Expr(read.Node) {
		return nil
	}
	frame, ok := a.Targets[0].(*ast.Name)
	if !ok {
		return nil
	}
	log, imports := fix.Reach(p.File, "mlflow.log_input", "import mlflow", fix.BeforeFirstImport)
	data := strings.TrimSuffix(log, "log_input")
	if data == "" { // `from mlflow import log_input`
		return nil
	}
	made := data + "data.from_pandas(" + frame.Id + ", source=" + p.File.Text(source.Node) + ")"
	switch name := symbolText(read); {
	case name == "datasets.load_dataset":
		if read.Arg(-1, "split") == nil {
			return nil // a dict of data sets
		}
		made = data + "data.from_huggingface(" + frame.Id + ", path=" + p.File.Text(source.Node) + ")"
	case strings.HasPrefix(name, "polars.scan_"):
		return nil
	case strings.HasPrefix(name, "polars."):
		made = data + "data.from_pandas(" + frame.Id + ".to_pandas(), source=" + p.File.Text(source.Node) + ")"
	}
	return checks.Fix(true, "record the data", fix.InsertBefore(p.File, at, log+"("+made+`, context="training")`), imports)
}

// visible reports whether the code of a frame sees the local names of another.
func visible(names, from *checks.Frame) bool {
	for f := from; f != nil; f = f.Outer() {
		if f == names {
			return true
		}
	}
	return names.Function() == nil
}
