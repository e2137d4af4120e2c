package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the words for statements of SQL that data is written into.

// databases are the packages whose calls execute SQL.
var databases = []string{
	"sqlite3", "aiosqlite", "psycopg2.extras", "asyncpg", "duckdb", "sqlalchemy", "pandas", "pandas_gbq", "polars", "django", "clickhouse_connect", "clickhouse_driver", "google.cloud.bigquery", "databases", "peewee", "tortoise", "records",
}

// drivers execute statements as PEP 249 has it, whichever driver it is.
var drivers = []string{
	"dbapi.Connection().execute", "dbapi.Connection().executemany", "dbapi.Cursor().execute", "dbapi.Cursor().executemany", "dbapi.Cursor().execute_async", "dbapi.Cursor().copy_expert", "dbapi.Cursor().copy", "dbapi.Connection().query",
	"asyncpg.Connection().fetch", "asyncpg.Connection().execute", // of a pool that is handed in
}

// agentDatabases are the calls by which LangChain executes statements of an agent.
var agentDatabases = []string{"langchain_community.utilities.sql_database.Database().run", "langchain_community.utilities.sql_database.Database().run_no_throw"}

// percentDrivers are the drivers of which it is certain that their placeholder is %s.
var percentDrivers = []string{"psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql.connector", "aiomysql", "aiopg", "snowflake.connector"}

// fragments make text a part of a statement, which another call executes.
var fragments = []string{"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "psycopg.sql.SQL", "psycopg2.sql.SQL"}

// AboutStatements reports whether the name of a function that checks something may speak of a
// name or value in a statement.
func AboutStatements(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"sql", "ident", "column", "table", "field", "name", "query", "filter", "sort", "order", "statement"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// WrittenInto reports whether the data stands in a statement that the program begins. A statement
// that comes from the request as a whole, or is only put into another one, is a console's, whatever else of
// the request stands beside it: who may write `SELECT * FROM (…)` gains nothing by the name of a column.
func WrittenInto(path *Path) bool {
	values := path.Value.Alternatives()
	if items, list := ItemsAt(path); list {
		for _, it := range items {
			values = append(values, it.Value)
		}
	}
	written := false
	for _, v := range values {
		before := ""
		parts := v.Parts()
		for i, part := range parts {
			if part.Value == nil {
				before += part.Text
				continue
			}
			if Carries(path, part.Value) {
				after := TextAfter(parts, i)
				switch {
				case !WholeStatement(before, after):
					written = true
				case before != "" && strings.HasPrefix(strings.TrimSpace(after), ")"):
					return false
				}
			}
			before += "x"
		}
	}
	return written
}

// TextAfter is the constant text right behind a part.
func TextAfter(parts []Part, i int) string {
	if i+1 < len(parts) && parts[i+1].Value == nil {
		return parts[i+1].Text
	}
	return ""
}

// WholeStatement reports whether what stands between two texts is a statement of its own.
func WholeStatement(before, after string) bool {
	before, after = strings.ToUpper(strings.TrimSpace(before)), strings.TrimSpace(after)
	switch {
	case before == "" || strings.HasSuffix(before, ";"):
		return true
	case strings.HasPrefix(before, "EXPLAIN"):
		return !strings.ContainsAny(before, "=<>'") && !strings.Contains(before, "SELECT")
	}
	inner := strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")")
	open := strings.TrimSpace(strings.TrimSuffix(before, "("))
	return inner && (strings.HasSuffix(open, "FROM") || strings.HasSuffix(open, " AS") || strings.HasSuffix(open, "COPY"))
}

// StatementCalls are the names that the functions of this file ask for.
var StatementCalls = slices.Concat(databases, percentDrivers)

// ExecutingCall is the call that executes the statement at the end of a path, on a database; nil
// where there is none.
func ExecutingCall(p *Pass, path *Path) *Call { return Executing(p, path.Call) }

// Executing is the call that executes the statement which a call is given, on a database; nil where
// there is none.
func Executing(p *Pass, c *Call) *Call {
	switch {
	case c.Symbol.Is(fragments...):
		return executingCall(p, c)
	case !c.Symbol.Is(drivers...) && !c.Symbol.Is(agentDatabases...) && !slices.ContainsFunc(databases, c.Symbol.Under) || c.Symbol.Is("pandas.DataFrame().to_sql"):
		return nil
	}
	return c
}

// executingCall is the call that executes the statement which text() makes: the one around it, or
// the one that is given the name it is bound to.
func executingCall(p *Pass, c *Call) *Call {
	executes := func(n *ast.Call) *Call {
		o := c.Frame.CallAt(n)
		if o == nil || o.Symbol.Is(fragments...) {
			return nil
		}
		switch LastName(n.Fn) {
		case "execute", "executemany", "scalar", "scalars", "exec", "stream", "read_sql", "read_sql_query", "from_statement", "fetch_all", "fetch_one", "fetch_val", "exec_driver_sql", "stream_scalars", "iterate":
			return o
		}
		return nil
	}
	around := p.Around(c.Node)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Call:
			if o := executes(n); o != nil {
				return o
			}
		case *ast.Assign:
			name := p.File.Text(n.Targets[0])
			for _, o := range c.Frame.Calls {
				if o.Node.Pos() < n.Stop() || executes(o.Node) == nil {
					continue
				}
				for _, a := range o.Node.Args {
					if p.Holds(o.Node) && p.File.Text(a) == name {
						return o
					}
				}
			}
			return nil
		case ast.Stmt:
			return nil
		}
	}
	return nil
}

// binding is how a driver is given values beside the statement.
type binding struct {
	placeholder func(i int) string
	argument    func(values []string) string
	percent     bool
	// anyQuote is set where text stands between double quotes as well, which hold names in SQL.
	anyQuote bool
	// asText is set where the statement has to be made a text() of SQLAlchemy, and method is the one that executes
	// it then, where that is another.
	asText bool
	method string
}

// tuple is the text of a tuple of expressions.
func tuple(values []string) string {
	if len(values) == 1 && strings.HasPrefix(values[0], "*") {
		return values[0][1:]
	}
	if len(values) == 1 {
		return "(" + values[0] + ",)"
	}
	return "(" + strings.Join(values, ", ") + ")"
}

// bindingOf is how the call that executes a statement binds values; nil where that is not known.
func bindingOf(p *Pass, c *Call, viaText bool) *binding {
	s := c.Symbol
	same := func(mark string) func(int) string { return func(int) string { return mark } }
	switch {
	case viaText && s.Under("sqlalchemy"):
		return bindingOfText()
	case viaText && s.Is(sqlFrames...):
		return paramsOfText()
	case viaText:
		return nil
	case QueriesGraph(c):
		return bindingOfGraph(c)
	case c.Method == "executescript":
		return nil
	case c.Method == "exec_driver_sql" && s.Under("sqlalchemy"):
		b := bindingOfText()
		b.asText, b.method = true, "execute"
		return b
	case s.Is(sqlFrames...):
		return bindingOfFrame(c)
	case s.Is(agentDatabases...): // as text() of SQLAlchemy
		named := bindingOfText()
		return &binding{placeholder: named.placeholder, argument: func(values []string) string { return "parameters=" + named.argument(values) }}
	case s.Under("sqlite3") || s.Under("aiosqlite") || s.Under("duckdb") && c.Method == "execute":
		return &binding{placeholder: same("?"), argument: tuple}
	case s.Is("django.db.backends.utils.CursorWrapper().execute", "django.db.backends.utils.CursorWrapper().executemany") || s.Is("django.db.models.Manager().raw"):
		return &binding{placeholder: same("%s"), argument: tuple, percent: true}
	case s.Under("asyncpg") || s.Is("asyncpg.Connection().fetch", "asyncpg.Connection().execute"):
		return &binding{placeholder: func(i int) string { return "$" + strconv.Itoa(i+1) }, argument: func(values []string) string { return strings.Join(values, ", ") }}
	case s.Under("clickhouse_connect") && (c.Method == "query" || c.Method == "command" || c.Method == "query_df" || c.Method == "query_np" || c.Method == "query_row_block_stream"):
		return &binding{placeholder: func(i int) string { return "%(p" + strconv.Itoa(i) + ")s" }, argument: func(values []string) string {
			return "parameters=" + bindingOfText().argument(values)
		}, percent: true}
	case s.Under("duckdb") && (CalledName(c) == "sql" || CalledName(c) == "query"):
		return &binding{placeholder: same("?"), argument: func(values []string) string { return "params=[" + strings.Join(values, ", ") + "]" }}
	case s.Is(snowparkSQL):
		return &binding{placeholder: same("?"), argument: func(values []string) string { return "params=[" + strings.Join(values, ", ") + "]" }}
	case s.Is(streamlitSQL):
		return &binding{placeholder: same("%s"), argument: func(values []string) string { return "params=" + tuple(values) }, percent: true}
	case s.Is(bigQuery...):
		return &binding{placeholder: func(i int) string { return "@p" + strconv.Itoa(i) }, argument: func(values []string) string {
			var list []string
			for i, v := range values {
				list = append(list, `bigquery.ScalarQueryParameter("p`+strconv.Itoa(i)+`", "STRING", `+v+")")
			}
			return "job_config=bigquery.QueryJobConfig(query_parameters=[" + strings.Join(list, ", ") + "])"
		}}
	case s.Is(drivers...):
		for _, made := range ConnectionOf(c) {
			for _, name := range percentDrivers {
				if made.Symbol.Under(name) {
					return &binding{placeholder: same("%s"), argument: tuple, percent: true}
				}
			}
		}
		// A connection that is handed in is one of the driver that the project uses.
		percent, marks := p.Project.ImportsAny(percentDrivers...), p.Project.ImportsAny("sqlite3", "aiosqlite")
		switch {
		case percent && !marks:
			return &binding{placeholder: same("%s"), argument: tuple, percent: true}
		case marks && !percent:
			return &binding{placeholder: same("?"), argument: tuple}
		}
	}
	return nil
}

// sqlFrames read a table by a statement.
var sqlFrames = []string{"pandas.read_sql", "pandas.read_sql_query"}

// paramsOfText is how the values of a text() are given to pandas.
func paramsOfText() *binding {
	named := bindingOfText()
	return &binding{placeholder: named.placeholder, argument: func(values []string) string { return "params=" + named.argument(values) }}
}

// bindingOfFrame is how pandas binds values, by the connection that it is given; nil where that is not known.
func bindingOfFrame(c *Call) *binding {
	params := func(values []string) string { return "params=" + tuple(values) }
	con := c.Arg(1, "con")
	if con == nil {
		return nil
	}
	for v := con.Value; v != nil && v.Origin() != nil; v = v.Origin().Receiver {
		made := v.Origin().Symbol
		switch {
		case made.Under("sqlalchemy"):
			b := paramsOfText()
			b.asText = true
			return b
		case made.Under("sqlite3"), made.Under("duckdb"):
			return &binding{placeholder: func(int) string { return "?" }, argument: params}
		case slices.ContainsFunc(percentDrivers, made.Under):
			return &binding{placeholder: func(int) string { return "%s" }, argument: params, percent: true}
		}
	}
	return nil
}

// bigQuery run a statement of BigQuery.
var bigQuery = []string{"google.cloud.bigquery.Client().query", "google.cloud.bigquery.Client().query_and_wait"}

// snowparkSQL runs a statement in a session of Snowpark, streamlitSQL one in a page's connection to Snowflake.
const (
	snowparkSQL  = "snowflake.snowpark.Session().sql"
	streamlitSQL = "streamlit.connection().query"
)

// bindingOfText is how text() of SQLAlchemy binds values.
func bindingOfText() *binding {
	return &binding{
		placeholder: func(i int) string { return ":p" + strconv.Itoa(i) },
		argument: func(values []string) string {
			var fields []string
			for i, v := range values {
				fields = append(fields, `"p`+strconv.Itoa(i)+`": `+v)
			}
			return "{" + strings.Join(fields, ", ") + "}"
		},
	}
}

// BindValues takes the data out of a statement and hands it to the driver beside it; what is a
// name in the statement is tested for being one.
func BindValues(p *Pass, path *Path, executing *Call) *fix.Fix {
	return BindParts(p, path.Call, path.Node, path.Value, executing, func(v *Value) bool { return Carries(path, v) })
}

// BindParts is BindValues for the parts of the statement that a call is given of which dirty holds.
func BindParts(p *Pass, c *Call, node ast.Node, value *Value, executing *Call, dirty func(*Value) bool) *fix.Fix {
	given, ok := node.(ast.Expr)
	if !ok || executing == nil || !p.Holds(given) || !p.Holds(executing.Node) {
		return nil
	}
	b := bindingOf(p, executing, executing != c)
	statement := given
	if name, ok := given.(*ast.Name); ok {
		if addedTo(c.Frame, name.Id) {
			return bindCollected(p, c, name, executing, b)
		}
		if statement = LastAssigned(BodyOf(c.Frame), name); statement == nil {
			return bindCollected(p, c, name, executing, b)
		}
	}
	stmt := p.StmtOf(statement)
	if stmt == nil || RunsLater(p.Module, statement, stmt) {
		return nil
	}
	w := &statementWriter{p: p, b: b}
	text, ok := "", false
	if pieces, dirtyPieces := piecesOfValue(p, value, statement, dirty); pieces != nil {
		w.dirty = func(e ast.Expr) bool { return dirtyPieces[e] }
		text, ok = w.write(pieces)
	}
	if !ok {
		dirtyNodes := dirtyAt(value, dirty)
		w = &statementWriter{p: p, b: b, frame: c.Frame, dirty: func(e ast.Expr) bool {
			return slices.ContainsFunc(dirtyNodes, func(n ast.Node) bool { return p.Holds(n) && e.Range().Contains(n.Range()) || e == n })
		}}
		if text, ok = w.write(syntaxPieces(statement)); !ok {
			return bindCollected(p, c, given, executing, b)
		}
	}
	edits := w.edits
	for _, x := range w.names {
		edits = append(edits, fix.InsertBefore(p.File, stmt, "if not "+x+".isidentifier():", "    raise ValueError("+x+")"))
	}
	if len(w.values) > 0 {
		handed, ok := handOver(p, executing, b.argument(w.values))
		if !ok {
			return nil
		}
		edits = append(edits, handed)
		if b.asText && !ownText(executing, statement) {
			text = reachText(p, &edits) + "(" + text + ")"
		}
		if w.changed || b.asText {
			edits = append(edits, Replace(p, statement, text))
		}
		if b.method != "" {
			edits = append(edits, Replace(p, executing.Node.Fn.(*ast.Attribute).Attr, b.method))
		}
	}
	return Fix(true, "bind the values beside the statement", edits...)
}

// handOver adds the values to the call that executes a statement; false where it is given some already.
func handOver(p *Pass, executing *Call, argument string) ([]fix.Edit, bool) {
	name, _, keyword := strings.Cut(argument, "=")
	keyword = keyword && !strings.ContainsAny(name, "(\"'[{ ")
	if !keyword && (len(executing.Node.Args) != 1 || len(executing.Node.Keywords) > 0) {
		return nil, false
	}
	if keyword && (fix.KeywordOf(executing.Node, name) != nil || executing.HasRest()) {
		return nil, false
	}
	if executing.Symbol.Is(bigQuery...) {
		module, imports := fix.Reach(p.File, "google.cloud.bigquery", "from google.cloud import bigquery", fix.InOrder)
		return append(fix.AddPositional(p.File, executing.Node, strings.ReplaceAll(argument, "bigquery.", module+".")), imports...), true
	}
	if executing.Symbol.Is(sparqlRunners...) {
		literal, imports := fix.Reach(p.File, "rdflib.Literal", "from rdflib import Literal", fix.InSection)
		return append(fix.AddArgument(p.File, executing.Node, strings.ReplaceAll(argument, "rdflib.Literal", literal)), imports...), true
	}
	if keyword && len(executing.Node.Args)+len(executing.Node.Keywords) > 1 {
		return fix.AddArgument(p.File, executing.Node, argument), true
	}
	return fix.AddPositional(p.File, executing.Node, argument), true
}

// reachText is how text() of SQLAlchemy is spelled in the file.
func reachText(p *Pass, edits *[][]fix.Edit) string {
	name, imports := fix.Reach(p.File, "sqlalchemy.text", "from sqlalchemy import text", fix.InOrder)
	*edits = append(*edits, imports)
	return name
}

// ownText reports whether the statement stands in a text() of its own in the call that executes it.
func ownText(executing *Call, statement ast.Expr) bool {
	for _, a := range executing.Node.Args {
		if a != statement && a.Range().Contains(statement.Range()) {
			return true
		}
	}
	return false
}

// addedTo reports whether a function adds to a local name: `sql += ...`.
func addedTo(f *Frame, name string) bool {
	found := false
	ast.InspectStmts(BodyOf(f), func(n ast.Node) bool {
		if a, ok := n.(*ast.AugAssign); ok && LastName(a.Target) == name {
			found = true
		}
		return !found
	})
	return found
}

// piece is a part of a statement as it is written: constant text, or an expression.
type piece struct {
	text string
	expr ast.Expr
}

// piecesOfValue are the parts of a statement's value where each of them stands in its expression, with those of
// which dirty holds; nil for others.
func piecesOfValue(p *Pass, value *Value, statement ast.Expr, dirty func(*Value) bool) ([]piece, map[ast.Expr]bool) {
	var parts []Part
	for _, v := range value.Alternatives() {
		if parts != nil {
			return nil, nil
		}
		parts = v.Parts()
	}
	var out []piece
	dirtyPieces := map[ast.Expr]bool{}
	for _, part := range parts {
		if part.Value == nil {
			out = append(out, piece{text: part.Text})
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || part.Conv || !p.Holds(e) || !statement.Range().Contains(e.Range()) {
			return nil, nil
		}
		dirtyPieces[e] = dirtyPieces[e] || dirty(part.Value)
		out = append(out, piece{expr: e})
	}
	return out, dirtyPieces
}

// dirtyAt lists the nodes by which the parts of a value come into it of which dirty holds.
func dirtyAt(value *Value, dirty func(*Value) bool) []ast.Node {
	var out []ast.Node
	for _, v := range value.Alternatives() {
		for _, part := range v.Parts() {
			if part.Value == nil || !dirty(part.Value) {
				continue
			}
			for _, l := range part.Levels() {
				if l.Node != nil {
					out = append(out, l.Node)
				}
			}
			if part.Operand != nil {
				out = append(out, part.Operand)
			}
		}
	}
	return out
}

// syntaxPieces are the parts of a text as its expression spells them: of literals, f-strings, sums, and templates
// that are filled by position.
func syntaxPieces(e ast.Expr) []piece {
	switch n := e.(type) {
	case *ast.Str:
		if !n.Bytes {
			return []piece{{text: n.Value}}
		}
	case *ast.JoinedStr:
		var out []piece
		for _, v := range n.Values {
			switch v := v.(type) {
			case *ast.Str:
				out = append(out, piece{text: v.Value})
			case *ast.Placeholder:
				if v.Debug || v.Conversion != 0 || v.Spec != nil {
					return nil
				}
				out = append(out, piece{expr: v.Value})
			}
		}
		if !n.Template {
			return out
		}
	case *ast.BinOp:
		switch n.Op {
		case "+":
			left, right := syntaxPieces(n.Left), syntaxPieces(n.Right)
			if left != nil && right != nil {
				return append(left, right...)
			}
		case "%":
			if lit, ok := n.Left.(*ast.Str); ok {
				values := []ast.Expr{n.Right}
				if t, ok := n.Right.(*ast.Tuple); ok {
					values = t.Elts
				}
				return filled(lit.Value, "%s", "%", values)
			}
		}
		return nil
	case *ast.Call:
		if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "format" && len(n.Keywords) == 0 {
			if lit, ok := at.Value.(*ast.Str); ok {
				return filled(lit.Value, "{}", "{", n.Args)
			}
		}
		return []piece{{expr: n}}
	case *ast.Name, *ast.Attribute, *ast.Subscript:
		return []piece{{expr: e}}
	}
	return nil
}

// filled are the parts of a template whose holes are filled in their order; nil where it has others.
func filled(template, hole, mark string, values []ast.Expr) []piece {
	texts := strings.Split(template, hole)
	if len(texts) != len(values)+1 {
		return nil
	}
	var out []piece
	for i, t := range texts {
		if strings.Contains(t, mark) {
			return nil
		}
		out = append(out, piece{text: t})
		if i < len(values) {
			if _, starred := values[i].(*ast.Starred); starred {
				return nil
			}
			out = append(out, piece{expr: values[i]})
		}
	}
	return out
}

// textAfter is the constant text right behind a piece.
func textAfter(list []piece, i int) string {
	if i+1 < len(list) && list[i+1].expr == nil {
		return list[i+1].text
	}
	return ""
}

// statementWriter writes statements again with placeholders for their dirty parts.
type statementWriter struct {
	p *Pass
	b *binding
	// frame is the function of the statement, for what is joined there; nil where that is left alone.
	frame *Frame
	dirty func(ast.Expr) bool
	// values are the expressions of the data, names those of the data that stands where a name does.
	values, names []string
	// edits are made beside the statement.
	edits [][]fix.Edit
	// offset is how many values have been bound before.
	offset int
	// changed is set where the statement itself got a placeholder.
	changed bool
}

// write returns the text of a statement; false where it cannot be written.
func (w *statementWriter) write(pieces []piece) (string, bool) {
	if len(pieces) == 0 {
		return "", false
	}
	p, b := w.p, w.b
	out, formatted := "", false
	literal := func(t string) string {
		return strings.NewReplacer("{", "{{", "}", "}}").Replace(t)
	}
	rest := "" // of the text of the next part, once quotes around a value are gone
	bound := 0
	for i, part := range pieces {
		if part.expr == nil {
			t := part.text
			if rest != "" {
				t = strings.TrimPrefix(t, rest)
				rest = ""
			}
			out += literal(t)
			continue
		}
		e := part.expr
		x := p.File.Text(e)
		if w.joined(e) {
			out, formatted = out+"{"+x+"}", true
			continue
		}
		if !w.dirty(e) {
			out, formatted = out+"{"+x+"}", true
			continue
		}
		before, after := out, textAfter(pieces, i)
		switch quote := openQuote(before); {
		case quote == '\'' || quote == '"' && b != nil && b.anyQuote:
			j := strings.LastIndexByte(before, quote)
			k := strings.IndexByte(after, quote)
			if k < 0 || strings.ContainsAny(before[j+1:], "{}") || b == nil || !computable(e) {
				return "", false
			}
			out = before[:j] + b.placeholder(w.offset+len(w.values))
			bound++
			if lead, tail := before[j+1:], after[:k]; lead != "" || tail != "" {
				if strings.ContainsAny(x, `"\`) {
					return "", false
				}
				x = `f"` + lead + "{" + x + "}" + literal(tail) + `"`
			}
			w.values, rest = append(w.values, x), after[:k+1]
		case quote != 0 || standsForName(before, after):
			if !Repeatable(e) {
				return "", false
			}
			if !slices.Contains(w.names, x) {
				w.names = append(w.names, x)
			}
			out, formatted = out+"{"+x+"}", true
		case standsForValue(before):
			if b == nil {
				return "", false
			}
			out += b.placeholder(w.offset + len(w.values))
			w.values = append(w.values, x)
			bound++
		default:
			return "", false
		}
	}
	if !formatted {
		out = strings.NewReplacer("{{", "{", "}}", "}").Replace(out)
	}
	if b != nil && b.percent && len(w.values) > 0 && strings.Count(out, "%") != bound {
		return "", false
	}
	w.changed = w.changed || bound > 0
	text, ok := quotedText(out, formatted)
	if !ok && !w.changed && b != nil && !b.asText {
		return "", true // it stays as it is
	}
	return text, ok
}

// quotedText puts quotes around a text, which is an f-string where it is formatted.
func quotedText(out string, formatted bool) (string, bool) {
	quote := ""
	for _, q := range [...]string{`"`, "'", `"""`, "'''"} {
		if quote == "" && !strings.Contains(out, q) && !strings.HasSuffix(out, q[:1]) && (len(q) == 3 || !strings.Contains(out, "\n")) {
			quote = q
		}
	}
	if quote == "" || strings.Contains(out, `\`) || formatted && sharesQuote(out, quote) {
		return "", false
	}
	if formatted {
		quote = "f" + quote
	}
	return quote + out + strings.TrimPrefix(quote, "f"), true
}

// computable reports whether an expression makes the same value a little later, when the statement is executed: it
// reads names and fields, and makes text or numbers of them.
func computable(e ast.Expr) bool {
	return repeatable(e, "upper", "title", "casefold", "replace", "int", "float", "isoformat", "dumps", "hex", "strftime")
}

// joined binds what an expression joins to a part of a statement, `", ".join(f"'{x}'" for x in list)`, also through a
// name; false for others.
func (w *statementWriter) joined(e ast.Expr) bool {
	p, b := w.p, w.b
	if w.frame == nil || b == nil || b.placeholder(0) != b.placeholder(1) {
		return false
	}
	if name, ok := e.(*ast.Name); ok {
		if e = LastAssigned(BodyOf(w.frame), name); e == nil || addedTo(w.frame, name.Id) {
			return false
		}
	}
	call, ok := e.(*ast.Call)
	if !ok || LastName(call.Fn) != "join" || len(call.Args) != 1 {
		return false
	}
	at, ok := call.Fn.(*ast.Attribute)
	if !ok {
		return false
	}
	if _, literal := at.Value.(*ast.Str); !literal {
		return false
	}
	comp, ok := call.Args[0].(*ast.Comp)
	stmt := p.StmtOf(e)
	if !ok || comp.Key != nil || len(comp.Clauses) != 1 || comp.Clauses[0].Async || stmt == nil || !computable(comp.Clauses[0].Iter) && !itemsOf(comp.Clauses[0].Iter) {
		return false
	}
	clause := comp.Clauses[0]
	inner := &statementWriter{p: p, b: b, dirty: func(ast.Expr) bool { return true }}
	text, fine := inner.write(syntaxPieces(comp.Elt))
	if !fine || len(inner.values) > 1 || len(inner.values)+len(inner.names) == 0 || len(inner.names) > 0 && len(clause.Ifs) > 0 {
		return false
	}
	clauses := p.File.Text(clause)
	for _, x := range inner.names {
		over := p.File.Text(clause.Iter)
		if pair, ok := clause.Target.(*ast.Tuple); ok && itemsOf(clause.Iter) && len(pair.Elts) == 2 && p.File.Text(pair.Elts[0]) == x {
			over = p.File.Text(clause.Iter.(*ast.Call).Fn.(*ast.Attribute).Value)
		} else if p.File.Text(clause.Target) != x {
			return false
		}
		w.edits = append(w.edits, fix.InsertBefore(p.File, stmt, "if not all("+x+".isidentifier() for "+x+" in "+over+"):", `    raise ValueError("not a name")`))
	}
	w.edits = append(w.edits, Replace(p, comp.Elt, text))
	for _, x := range inner.values {
		pair, two := clause.Target.(*ast.Tuple)
		switch {
		case x == p.File.Text(clause.Target) && len(clause.Ifs) == 0:
			w.values = append(w.values, "*list("+p.File.Text(clause.Iter)+")")
		case two && itemsOf(clause.Iter) && len(pair.Elts) == 2 && p.File.Text(pair.Elts[1]) == x && len(clause.Ifs) == 0:
			w.values = append(w.values, "*list("+p.File.Text(clause.Iter.(*ast.Call).Fn.(*ast.Attribute).Value)+".values())")
		default:
			w.values = append(w.values, "*["+x+" "+clauses+"]")
		}
	}
	return true
}

// itemsOf reports whether an expression is the items of a dict that can be read twice.
func itemsOf(e ast.Expr) bool {
	c, ok := e.(*ast.Call)
	if !ok || len(c.Args) > 0 {
		return false
	}
	at, ok := c.Fn.(*ast.Attribute)
	return ok && (at.Attr.Id == "items" || at.Attr.Id == "keys" || at.Attr.Id == "values") && computable(at.Value)
}

// sharesQuote reports whether a placeholder of an f-string would hold its quote, which Python before 3.12 cannot read.
func sharesQuote(text, quote string) bool {
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return false
		}
		hole, more, _ := strings.Cut(after, "}")
		if strings.Contains(hole, quote[:1]) {
			return true
		}
		rest = more
	}
}

// openQuote is the quote within which a statement is after some text of it; 0 for none.
func openQuote(text string) byte {
	var open byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == open:
			open = 0
		case open == 0 && (c == '\'' || c == '"' || c == '`'):
			open = c
		}
	}
	return open
}

// lastWord is the last word of a statement so far, in capitals.
func lastWord(text string) string {
	words := strings.Fields(strings.ToUpper(text))
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// standsForName reports whether what follows some text of a statement is a column or table.
func standsForName(before, after string) bool {
	switch lastWord(before) {
	case "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "BY", "SELECT", "SET", "DISTINCT", "EXISTS", "VIEW", "INDEX":
		return true
	}
	if words := strings.Fields(strings.ToUpper(before)); len(words) == 2 && words[0] == "PRAGMA" && strings.HasSuffix(before, "(") {
		return true
	}
	return strings.HasPrefix(after, ".") || strings.HasPrefix(strings.TrimSpace(after), "=") || strings.HasSuffix(before, ".")
}

// standsForValue reports whether what follows some text of a statement is a value.
func standsForValue(before string) bool {
	t := strings.TrimSpace(before)
	switch lastWord(t) {
	case "LIMIT", "OFFSET", "LIKE", "ILIKE", "BETWEEN", "=", "<", ">", "<=", ">=", "<>", "!=":
		return true
	}
	upper := strings.ToUpper(t)
	return strings.HasSuffix(t, "=") || strings.HasSuffix(t, "<") || strings.HasSuffix(t, ">") ||
		(strings.HasSuffix(t, "(") || strings.HasSuffix(t, ",")) && strings.Contains(upper, "VALUES")
}
