package prompts

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// generatedSQL is PML1153.
var generatedSQL = &checks.Rule{
	Spec: infoPML1153,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.SQL},
	To:   []string{"dbapi.Connection().{read_only,readonly,default_transaction_read_only}"},
	Knows: []string{
		mysqlConnections, "langchain_community.utilities.sql_database.Database.from_uri", "llama_index.core.SQLDatabase.from_uri",
		"sqlite3.connect", "aiosqlite.connect", "duckdb.connect", "psycopg2.connect", "psycopg.{connect,Connection.connect,AsyncConnection.connect}", "sqlalchemy.create_engine",
		"sqlalchemy.text", "psycopg.sql.SQL", "psycopg2.sql.SQL", "sqlalchemy.literal_column",
		"google.cloud.bigquery.QueryJobConfig", "transformers.{pipeline,pipelines.pipeline,TokenClassificationPipeline}",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		// A fragment is no statement yet; what executes it is reported.
		if c == nil || !models.IsStatement(path.Sink) || path.Confirmed() || checks.Recognises(path.Mark.Call()) || c.Symbol.Is("sqlalchemy.text", "psycopg.sql.SQL", "psycopg2.sql.SQL", "sqlalchemy.literal_column") {
			return
		}
		way := checks.ConnectionOf(c)
		if checks.ReadOnly(p, c, way) || selectOnly(p, path.Frame, c) || selectOnly(p, c.Frame, c) || dryRun(c) || judgedBefore(p, path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: readsOnly(p, path, way)})
	},
}

// dryRun reports whether a query is only priced.
func dryRun(c *checks.Call) bool {
	a := c.Arg(1, "job_config")
	if a == nil || a.Value.Origin() == nil {
		return false
	}
	dry := a.Value.Origin().Arg(-1, "dry_run")
	return dry != nil && dry.Value.IsTrue()
}

// selectOnly reports whether a function asks, before the call, that a statement begins with
// SELECT and holds no second one.
func selectOnly(p *checks.Pass, f *checks.Frame, c *checks.Call) bool {
	if asksForSelect(checks.BodyOf(f), c.Node.Pos()) {
		return true
	}
	for _, o := range f.Calls {
		g := o.Callee.Function()
		if g == nil || g.Def == nil || o.Node.Pos() > c.Node.Pos() && f == c.Frame {
			continue
		}
		if asksForSelect(g.Def.Body, -1) {
			return true
		}
	}
	return false
}

// judgedBefore reports whether the statement went, on its way, to a function that raises unless the command of each
// of its statements is one of a collection.
func judgedBefore(p *checks.Pass, path *checks.Path) bool {
	return checks.WayOf(p, path).CalledWith(path, func(call *ast.Call) bool {
		name := checks.LastName(call.Fn)
		if !checks.NamesCheck(name) || !checks.AboutStatements(name) {
			return false
		}
		c := path.Engine.CallAt(call)
		if c == nil || c.Body() == nil {
			return false
		}
		single, listed, raises := false, false, false
		var look func(f *checks.Frame, depth int)
		look = func(f *checks.Frame, depth int) {
			if f == nil || f.Function() == nil || f.Function().Def == nil {
				return
			}
			ast.InspectStmts(f.Function().Def.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Call:
					single = single || checks.LastName(n.Fn) == "split" && len(n.Args) > 0 && constantIn(n.Args[0]) == ";"
				case *ast.Compare:
					single = single || constantIn(n.Left) == ";"
					listed = listed || slices.Contains(n.Ops, "not in")
				case *ast.Raise:
					raises = true
				}
				return true
			})
			for _, o := range f.Calls {
				if depth < 2 {
					look(o.Body(), depth+1)
				}
			}
		}
		look(c.Body(), 0)
		return single && listed && raises
	})
}

// asksForSelect finds `x.startswith("select")` and `";" in x` in statements, up to a place.
func asksForSelect(body []ast.Stmt, upTo ast.Pos) bool {
	first, single := false, false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if upTo >= 0 && n.Pos() > upTo {
			return false
		}
		switch n := n.(type) {
		case *ast.Call:
			a, ok := n.Fn.(*ast.Attribute)
			if !ok || a.Attr == nil || len(n.Args) == 0 {
				return true
			}
			text := constantIn(n.Args[0])
			switch a.Attr.Id {
			case "startswith":
				first = first || beginsSelect(text)
			case "count", "find", "split":
				single = single || text == ";"
			}
		case *ast.Compare:
			if c, ok := n.Left.(*ast.Call); ok && checks.LastName(c.Fn) == "get_type" { // of sqlparse
				for _, r := range n.Right {
					kind := beginsSelect(constantIn(r))
					first, single = first || kind, single || kind
				}
			}
			single = single || constantIn(n.Left) == ";"
			for _, r := range n.Right {
				first = first || beginsSelect(constantIn(r))
			}
		}
		return true
	})
	return first && single
}

func beginsSelect(text string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "select")
}

// constantIn is the text of a string literal, or of the first of a tuple.
func constantIn(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Str:
		return e.Value
	case *ast.Tuple:
		if len(e.Elts) > 0 {
			return constantIn(e.Elts[0])
		}
	}
	return ""
}

// readsOnly binds values in a constant statement, makes the connection one that cannot write or, where the code does not show how that is done for its
// database, lets a single SELECT through only.
func readsOnly(p *checks.Pass, path *checks.Path, way []*checks.Call) *fix.Fix {
	if parts := path.Value.Parts(); len(parts) > 1 && checks.WrittenInto(path) {
		if f := checks.BindValues(p, path, checks.ExecutingCall(p, path)); f != nil {
			return f
		}
	}
	if f := openReadOnly(p, way); f != nil {
		return f
	}
	return onlySelect(p, path)
}

// onlySelect refuses statements other than a single SELECT before they are executed.
func onlySelect(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	e := p.SinkExpr(path)
	stmt := p.StmtOf(c.Node)
	if e == nil || c.Partial || stmt == nil || !p.Holds(c.Node) || checks.Deferred(p.Module, c.Node, stmt) {
		return nil
	}
	if call, ok := e.(*ast.Call); ok && checks.LastName(call.Fn) == "text" && len(call.Args) == 1 && len(call.Keywords) == 0 {
		e = call.Args[0]
	}
	var lines []string
	var edits []fix.Edit
	text := p.File.Text(e)
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		lines = append(lines, "statement = "+text)
		edits = checks.Replace(p, e, "statement")
		text = "statement"
	}
	lines = append(lines,
		"if not "+text+`.lstrip().lower().startswith("select") or ";" in `+text+`.rstrip().rstrip(";"):`,
		`    raise ValueError("only a single SELECT is run")`)
	return checks.Fix(true, "let a single SELECT through only", fix.InsertBefore(p.File, stmt, lines...), edits)
}

// openReadOnly opens the connection so that it cannot write, in the file that opens it.
func openReadOnly(p *checks.Pass, way []*checks.Call) *fix.Fix {
	for _, made := range way {
		if made.Partial || made.HasRest() {
			continue
		}
		in := p.Project.Module(made.Frame.Module())
		if in == nil || !in.Holds(made.Node) {
			continue
		}
		there := *p
		there.Module = in
		edits, known := readOnly(&there, made)
		if !known {
			continue
		}
		if in != p.Module {
			for i := range edits {
				edits[i].Path = in.Path
			}
		}
		return checks.Fix(true, "open the connection for reading only", edits)
	}
	return nil
}

// readOnly changes a call that opens a connection; known is false for other calls.
func readOnly(p *checks.Pass, made *checks.Call) (edits []fix.Edit, known bool) {
	const option = `"-c default_transaction_read_only=on"`
	switch {
	case made.Symbol.Is("sqlite3.connect", "aiosqlite.connect"):
		file := made.Arg(0, "database")
		if file == nil || file.Unpacked || made.Arg(-1, "uri") != nil {
			return nil, true
		}
		lit, text := plainLiteral(file)
		if lit == nil {
			switch file.Node.(type) {
			case *ast.Name, *ast.Attribute:
				if t, ok := file.Value.Text(); !strings.HasPrefix(t, "file:") && (!ok || !strings.HasPrefix(t, ":")) {
					return append(checks.Replace(p, file.Node, `f"file:{`+p.File.Text(file.Node)+`}?mode=ro"`), fix.AddKeyword(p.File, made.Node, "uri", "True")...), true
				}
			}
			return nil, true
		}
		quote := lit.Pieces[0].Quote
		return append(checks.Replace(p, lit, quote+"file:"+text+"?mode=ro"+quote), fix.AddKeyword(p.File, made.Node, "uri", "True")...), true
	case made.Symbol.Is("duckdb.connect"):
		if made.Arg(1, "read_only") == nil {
			return fix.AddKeyword(p.File, made.Node, "read_only", "True"), true
		}
	case made.Symbol.Is("psycopg2.connect", "psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect"):
		if made.Arg(-1, "options") == nil {
			return fix.AddKeyword(p.File, made.Node, "options", option), true
		}
	case made.Symbol.Is("sqlalchemy.create_engine"):
		url := made.Arg(0, "url")
		if url == nil {
			return nil, false
		}
		switch prefix := url.Value.Prefix(); {
		case made.Arg(-1, "connect_args") != nil:
		case strings.HasPrefix(prefix, "postgres"):
			return fix.AddKeyword(p.File, made.Node, "connect_args", `{"options": `+option+`}`), true
		case strings.HasPrefix(prefix, "mysql+pymysql") || strings.HasPrefix(prefix, "mariadb+pymysql") || strings.HasPrefix(prefix, "mysql+mysqldb") || strings.HasPrefix(prefix, "mysql:"):
			return fix.AddKeyword(p.File, made.Node, "connect_args", `{"init_command": `+readOnlyMySQL+`}`), true
		case strings.HasPrefix(prefix, "sqlite"):
			return sqliteURL(p, url), true
		}
	case made.Symbol.Is("langchain_community.utilities.sql_database.Database.from_uri", "llama_index.core.SQLDatabase.from_uri"):
		url := made.Arg(0, "database_uri")
		if url == nil {
			return nil, false
		}
		arguments := ""
		switch prefix := url.Value.Prefix(); {
		case strings.HasPrefix(prefix, "postgres"):
			arguments = `{"options": ` + option + `}`
		case strings.HasPrefix(prefix, "mysql+pymysql") || strings.HasPrefix(prefix, "mysql+mysqldb"):
			arguments = `{"init_command": ` + readOnlyMySQL + `}`
		case strings.HasPrefix(prefix, "sqlite"):
			return sqliteURL(p, url), true
		}
		if arguments != "" && made.Arg(-1, "engine_args") == nil {
			return fix.AddKeyword(p.File, made.Node, "engine_args", `{"connect_args": `+arguments+`}`), true
		}
	case made.Symbol.Is("pymysql.connect", "MySQLdb.connect", "aiomysql.connect", "mysql.connector.connect"):
		if made.Arg(-1, "init_command") == nil {
			return fix.AddKeyword(p.File, made.Node, "init_command", readOnlyMySQL), true
		}
	}
	return nil, false
}

// readOnlyMySQL is the statement, as a literal, by which a session of MySQL ceases to write.
const readOnlyMySQL = `"SET SESSION TRANSACTION READ ONLY"`

const mysqlConnections = "{pymysql,MySQLdb,aiomysql,mysql.connector}.connect"

// sqliteURL is the edit that makes SQLAlchemy open a file of SQLite for reading only; nil where the URL is no plain literal.
func sqliteURL(p *checks.Pass, url *checks.Argument) []fix.Edit {
	lit, text := plainLiteral(url)
	if lit == nil {
		return nil
	}
	driver, file, ok := strings.Cut(text, ":///")
	if !ok || file == "" || strings.HasPrefix(file, ":") || strings.HasPrefix(file, "file:") {
		return nil
	}
	quote := lit.Pieces[0].Quote
	return checks.Replace(p, lit, quote+driver+":///file:"+file+"?mode=ro&uri=true"+quote)
}

// plainLiteral is an argument that is one string literal without anything special in it.
func plainLiteral(a *checks.Argument) (lit *ast.Str, text string) {
	text, ok := a.Value.Text()
	lit, constant := a.Node.(*ast.Str)
	if !ok || !constant || strings.ContainsAny(text, "?#%\"\\\n") || len(lit.Pieces) != 1 {
		return nil, ""
	}
	return lit, text
}
