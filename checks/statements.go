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
var percentDrivers = []string{"psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql.connector", "aiomysql", "aiopg"}

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
}

// tuple is the text of a tuple of expressions.
func tuple(values []string) string {
	if len(values) == 1 {
		return "(" + values[0] + ",)"
	}
	return "(" + strings.Join(values, ", ") + ")"
}

// bindingOf is how the call that executes a statement binds values; nil where that is not known.
func bindingOf(c *Call, viaText bool) *binding {
	s := c.Symbol
	same := func(mark string) func(int) string { return func(int) string { return mark } }
	switch {
	case viaText && s.Under("sqlalchemy"):
		return bindingOfText()
	case viaText:
		return nil
	case c.Method == "executescript":
		return nil
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
	case s.Is(bigQuery):
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
	}
	return nil
}

// bigQuery runs a statement of BigQuery.
const bigQuery = "google.cloud.bigquery.Client().query"

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
	statement, ok := node.(ast.Expr)
	if !ok || !p.Holds(statement) || !p.Holds(executing.Node) {
		return nil
	}
	if name, ok := statement.(*ast.Name); ok {
		if statement = LastAssigned(BodyOf(c.Frame), name); statement == nil || addedTo(c.Frame, name.Id) {
			return nil
		}
	}
	text, values, names := rewriteStatement(p, value, statement, bindingOf(executing, executing != c), dirty)
	if text == "" {
		return nil
	}
	var edits [][]fix.Edit
	stmt := p.StmtOf(statement)
	if stmt == nil || RunsLater(p.Module, statement, stmt) {
		return nil
	}
	for _, x := range names {
		edits = append(edits, fix.InsertBefore(p.File, stmt, "if not "+x+".isidentifier():", "    raise ValueError("+x+")"))
	}
	if len(values) > 0 {
		if len(executing.Node.Args) != 1 || len(executing.Node.Keywords) > 0 {
			return nil
		}
		argument := bindingOf(executing, executing != c).argument(values)
		if executing.Symbol.Is(bigQuery) {
			module, imports := fix.Reach(p.File, "google.cloud.bigquery", "from google.cloud import bigquery", fix.InOrder)
			argument = strings.ReplaceAll(argument, "bigquery.", module+".")
			edits = append(edits, imports)
		}
		edits = append(edits, Replace(p, statement, text), fix.AddPositional(p.File, executing.Node, argument))
	}
	return Fix(true, "bind the values beside the statement", edits...)
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

// rewriteStatement writes a statement again with placeholders for its dirty parts. It returns
// the expressions of the values, and those of the data that stands where a name does; "" where it
// cannot be done.
func rewriteStatement(p *Pass, value *Value, statement ast.Expr, b *binding, dirty func(*Value) bool) (text string, values, names []string) {
	var parts []Part
	for _, v := range value.Alternatives() {
		if parts != nil {
			return "", nil, nil
		}
		parts = v.Parts()
	}
	out, formatted := "", false
	literal := func(t string) string {
		return strings.NewReplacer("{", "{{", "}", "}}").Replace(t)
	}
	rest := "" // of the text of the next part, once quotes around a value are gone
	for i := 0; i < len(parts); i++ {
		part := parts[i]
		if part.Value == nil {
			t := part.Text
			if rest != "" {
				t = strings.TrimPrefix(t, rest)
				rest = ""
			}
			out += literal(t)
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || part.Conv || !p.Holds(e) || !statement.Range().Contains(e.Range()) {
			return "", nil, nil
		}
		x := p.File.Text(e)
		if !dirty(part.Value) {
			out, formatted = out+"{"+x+"}", true
			continue
		}
		before, after := out, TextAfter(parts, i)
		switch quote := openQuote(before); {
		case quote == '\'':
			j := strings.LastIndexByte(before, '\'')
			k := strings.IndexByte(after, '\'')
			if k < 0 || strings.ContainsAny(before[j+1:], "{}") || b == nil || !Repeatable(e) {
				return "", nil, nil
			}
			out = before[:j] + b.placeholder(len(values))
			if lead, tail := before[j+1:], after[:k]; lead != "" || tail != "" {
				if strings.ContainsAny(x, `"\`) {
					return "", nil, nil
				}
				x = `f"` + lead + "{" + x + "}" + literal(tail) + `"`
			}
			values, rest = append(values, x), after[:k+1]
		case quote != 0 || standsForName(before, after):
			if !Repeatable(e) {
				return "", nil, nil
			}
			if !slices.Contains(names, x) {
				names = append(names, x)
			}
			out, formatted = out+"{"+x+"}", true
		case standsForValue(before):
			if b == nil {
				return "", nil, nil
			}
			out += b.placeholder(len(values))
			values = append(values, x)
		default:
			return "", nil, nil
		}
	}
	if !formatted {
		out = strings.NewReplacer("{{", "{", "}}", "}").Replace(out)
	}
	if b != nil && b.percent && len(values) > 0 && strings.Count(out, "%") != len(values) {
		return "", nil, nil
	}
	quote := ""
	for _, q := range [...]string{`"`, "'", `"""`, "'''"} {
		if quote == "" && !strings.Contains(out, q) && !strings.HasSuffix(out, q[:1]) && (len(q) == 3 || !strings.Contains(out, "\n")) {
			quote = q
		}
	}
	if quote == "" || strings.Contains(out, `\`) || formatted && sharesQuote(out, quote) {
		return "", nil, nil
	}
	if formatted {
		quote = "f" + quote
	}
	return quote + out + strings.TrimPrefix(quote, "f"), values, names
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
