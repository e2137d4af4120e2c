package services

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// evaluators run Python text, or what it was compiled to.
var evaluators = []string{
	"builtins.eval", "builtins.exec", "types.FunctionType",
	"code.InteractiveInterpreter().runsource", "code.InteractiveInterpreter().runcode", "code.InteractiveInterpreter().push",
	"code.InteractiveConsole().runsource", "code.InteractiveConsole().runcode", "code.InteractiveConsole().push",
}

// requestEvaluated is PML6408.
var requestEvaluated = &checks.Rule{
	Spec: infoPML6408,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !evaluates(p, path) || checks.IsWidget(path.Mark.Source()) || viaFile(path) || alsoFrom(path, models.LLM) || checks.NamesLayer(path.Value) || fromModelFile(path) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: readLiteral(p, path)})
	},
}

// evaluates reports whether a path ends where its text is run as Python, in a project that uses
// machine learning, and is no loss or metric, which have a check of their own.
func evaluates(p *checks.Pass, path *checks.Path) bool {
	return path.Call != nil && path.Sink.Note == models.NoteCode && path.Call.Symbol.Is(evaluators...) && p.Project.UsesML() && !checks.ChoosesLoss(p.Module, path.Call.Node)
}

// viaFile reports whether the data is read out of a file that the program has written.
func viaFile(path *checks.Path) bool { return path.Trace.Passes(models.StepOutOfFile) }

// alsoFrom reports whether data of a label reaches the same place: what a model answers is mostly
// made of a request, and has checks of its own.
func alsoFrom(path *checks.Path, label checks.Label) bool {
	for _, o := range path.Engine.Paths(path.Kind) {
		if o.Mark.Label == label && o.Node == path.Node {
			return true
		}
	}
	return false
}

// fromModelFile reports whether the text also comes out of a model file.
func fromModelFile(path *checks.Path) bool {
	return path.Value.Labels(models.Exec).Has(models.Document)
}

// readLiteral reads a literal where a value is wanted, and deletes the statement that runs a
// program.
func readLiteral(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	if !p.Holds(c.Node) || c.Partial {
		return nil
	}
	if c.Symbol.Is("builtins.eval") {
		return checks.ReadLiteral(p, c, fix.InSection)
	}
	if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && ast.Node(s.Value) == ast.Node(c.Node) {
		return checks.Fix(true, "run nothing that a request holds", fix.RemoveStmt(p.File, s))
	}
	return nil
}

// storedEvaluated is PML6409.
var storedEvaluated = &checks.Rule{
	Spec:  infoPML6409,
	Knows: inMemoryKnows,
	From:  []checks.Label{models.Database, models.Retrieved, models.Web},
	Into:  []checks.SinkKind{models.Exec},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !evaluates(p, path) || viaFile(path) || !fromStore(path) || checks.NamesLayer(path.Value) || fromModelFile(path) {
			return
		}
		if alsoFrom(path, models.LLM) || alsoFrom(path, models.User) || inMemory(path.Mark.Call()) || tracked(path.Mark.Source()) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: readLiteral(p, path)})
	},
}

// fromStore reports whether a value comes out of a store or the answer of a service. Text that is
// fetched and run as a program is a download, which has a check of its own.
func fromStore(path *checks.Path) bool {
	m := path.Mark
	if m.Label != models.Web || m.From() == models.FromAPI {
		return true
	}
	s := m.Source()
	return m.From() == models.FromPage && path.Call.Symbol.Is("builtins.eval") && (s.Under("requests") || s.Under("httpx") || s.Under("aiohttp")) && !fetchesPython(m)
}

// fetchesPython reports whether an address says that Python is there.
func fetchesPython(m checks.Mark) bool {
	c := m.Call()
	if c == nil {
		return false
	}
	for _, a := range c.Dangerous(models.URL) {
		for _, v := range c.Given(a.Value) {
			if t := v.Prefix(); strings.HasSuffix(t, ".py") || strings.Contains(t, "githubusercontent.com") || strings.Contains(t, "gist.") {
				return true
			}
		}
	}
	return false
}

// tracked reports whether a source is a tracker or registry of models, whose metadata have checks
// of their own.
func tracked(s *checks.Symbol) bool {
	for _, name := range [...]string{"mlflow", "wandb", "comet_ml", "neptune", "aim", "clearml", "huggingface_hub"} {
		if s.Under(name) {
			return true
		}
	}
	return false
}

var inMemoryKnows = []string{"sqlite3.connect", "aiosqlite.connect", "duckdb.connect", "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "pymongo_inmemory.MongoClient", "mongomock.MongoClient", "fakeredis.FakeRedis"}

// inMemory reports whether what a call reads is a database that lives in the process only.
func inMemory(c *checks.Call) bool {
	if c == nil {
		return false
	}
	for _, made := range checks.ConnectionOf(c) {
		if made.Symbol.Is("mongomock.MongoClient", "fakeredis.FakeRedis", "pymongo_inmemory.MongoClient") || made.Symbol.Is("duckdb.connect") && made.Arg(0, "database") == nil {
			return true
		}
		if !made.Symbol.Is("sqlite3.connect", "aiosqlite.connect", "duckdb.connect", "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine") || len(made.Args) == 0 {
			continue
		}
		t, ok := made.Args[0].Value.Text()
		if ok && (strings.Contains(t, ":memory:") || strings.Contains(t, "mode=memory") || t == "sqlite://" || strings.HasPrefix(t, "sqlite") && strings.HasSuffix(t, "://")) {
			return true
		}
	}
	return false
}
