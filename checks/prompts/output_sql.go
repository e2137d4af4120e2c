package prompts

import (
	"regexp"
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
		"sqlite3.connect", "aiosqlite.connect", "duckdb.connect", "psycopg2.connect", "sqlalchemy.create_engine",
		"sqlalchemy.text", "psycopg.sql.SQL", "psycopg2.sql.SQL", "sqlalchemy.literal_column",
		"google.cloud.bigquery.QueryJobConfig",
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		// A fragment is no statement yet; what executes it is reported.
		if c == nil || path.Sink.Note == models.NoteFilter || path.Confirmed() || c.Symbol.Is("sqlalchemy.text", "psycopg.sql.SQL", "psycopg2.sql.SQL", "sqlalchemy.literal_column") {
			return
		}
		way := checks.ConnectionOf(c)
		if readOnly(p, c, way) || selectOnly(p, path.Frame, c) || selectOnly(p, c.Frame, c) || dryRun(c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: openReadOnly(p, way)})
	},
}

var readOnlyName = regexp.MustCompile(`(?i)mode=ro\b|read[-_ ]?only|[_-]ro\b|\bro[_-]|immutable=1|reader|:memory:|mode=memory|^['"]?sqlite(\+\w+)?://['"]?$`)

// readOnly reports whether the connection cannot write, or holds nothing but what was put
// there for the question.
func readOnly(p *checks.Pass, c *checks.Call, way []*checks.Call) bool {
	for _, made := range way {
		if made.Symbol.Is("duckdb.connect") && made.Arg(0, "database") == nil {
			return true
		}
		for i := range made.Args {
			if grantsOnlyReading(p, made, &made.Args[i]) {
				return true
			}
		}
		for _, f := range [...]*checks.Frame{c.Frame, made.Frame} {
			if f != nil && setReadOnly(f, made) {
				return true
			}
		}
	}
	if c.Receiver != nil && nodeNamesReadOnly(c.Node.Fn) {
		return true
	}
	return startsReadOnly(p)
}

// grantsOnlyReading reads an argument of a call that makes a connection.
func grantsOnlyReading(p *checks.Pass, made *checks.Call, a *checks.Argument) bool {
	if a.Value.IsFalse() {
		return false
	}
	if readOnlyName.MatchString(a.Name) && (a.Value.IsTrue() || a.Value.IsParameter()) {
		return true
	}
	if text, ok := a.Value.Text(); ok {
		return readOnlyName.MatchString(text)
	}
	for _, part := range a.Value.Parts() {
		if part.Value == nil && readOnlyName.MatchString(part.Text) {
			return true
		}
	}
	if entries, _, ok := made.Entries(a.Value); ok {
		for _, e := range entries {
			if text, ok := e.Value.Text(); ok && readOnlyName.MatchString(text) {
				return true
			}
			if inner, _, ok := made.Entries(e.Value); ok {
				for _, e := range inner {
					if text, ok := e.Value.Text(); ok && readOnlyName.MatchString(text) {
						return true
					}
				}
			}
		}
	}
	if a.Node != nil && nodeNamesReadOnly(a.Node) {
		return true
	}
	return false
}

// nodeNamesReadOnly reports whether a variable, an attribute or a key says that what it holds
// only reads.
func nodeNamesReadOnly(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || readOnlyName.MatchString(n.Id)
		case *ast.Attribute:
			found = found || n.Attr != nil && readOnlyName.MatchString(n.Attr.Id)
		case *ast.Str:
			found = found || readOnlyName.MatchString(n.Value)
		}
		return !found
	})
	return found
}

// startsReadOnly reports whether the file holds the statement that begins a read-only
// transaction: it is put around what is run.
func startsReadOnly(p *checks.Pass) bool {
	found := false
	ast.InspectFile(p.File, func(n ast.Node) bool {
		if s, ok := n.(*ast.Str); ok {
			found = found || readOnlySQL.MatchString(s.Value)
		}
		return !found
	})
	return found
}

var readOnlySQL = regexp.MustCompile(`(?i)^\s*(PRAGMA\s+query_only\s*=?\s*\(?(1|on|true|yes)|SET\s+(SESSION\s+|LOCAL\s+)?(TRANSACTION\s+READ\s+ONLY|CHARACTERISTICS\s+AS\s+TRANSACTION\s+READ\s+ONLY|default_transaction_read_only)|START\s+TRANSACTION\s+READ\s+ONLY|BEGIN\s+(TRANSACTION\s+)?READ\s+ONLY)`)

// setReadOnly reports whether a function makes a connection read-only after it was opened.
func setReadOnly(f *checks.Frame, made *checks.Call) bool {
	for _, c := range f.Calls {
		if c.Receiver == nil || !comesFrom(c.Receiver, made) {
			continue
		}
		switch c.Method {
		case "set_session":
			if a := c.Arg(-1, "readonly"); a != nil && !a.Value.IsFalse() {
				return true
			}
		case "set_read_only":
			return true
		case "execution_options":
			for i := range c.Args {
				if strings.HasSuffix(c.Args[i].Name, "_readonly") && !c.Args[i].Value.IsFalse() {
					return true
				}
			}
		case "execute", "exec_driver_sql", "executescript":
			if len(c.Args) > 0 && readOnlySQL.MatchString(c.Args[0].Value.Prefix()) {
				return true
			}
		}
	}
	for _, s := range f.Stores {
		a, ok := s.Node.(*ast.Attribute)
		if ok && a.Attr != nil && readOnlyName.MatchString(a.Attr.Id) && !s.Value.IsFalse() {
			return true
		}
	}
	return false
}

// comesFrom reports whether a value was made by a call, or by calls on what it made.
func comesFrom(v *checks.Value, made *checks.Call) bool {
	for i := 0; i < 8 && v != nil; i++ {
		o := v.Origin()
		if o == nil {
			return false
		}
		if o == made || o.Node == made.Node {
			return true
		}
		v = o.Receiver
	}
	return false
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

// openReadOnly opens the connection so that it cannot write.
func openReadOnly(p *checks.Pass, way []*checks.Call) *fix.Fix {
	const message = "open the connection for reading only"
	for _, made := range way {
		if !p.Holds(made.Node) || made.Partial || made.HasRest() {
			continue
		}
		switch {
		case made.Symbol.Is("sqlite3.connect", "aiosqlite.connect"):
			file := made.Arg(0, "database")
			if file == nil || file.Unpacked || made.Arg(-1, "uri") != nil {
				return nil
			}
			text, ok := file.Value.Text()
			lit, constant := file.Node.(*ast.Str)
			if !ok || !constant || strings.ContainsAny(text, "?#%\"\\\n") || len(lit.Pieces) != 1 {
				return nil
			}
			quote := lit.Pieces[0].Quote
			return checks.Fix(true, message,
				checks.Replace(p, lit, quote+"file:"+text+"?mode=ro"+quote),
				fix.AddKeyword(p.File, made.Node, "uri", "True"))
		case made.Symbol.Is("duckdb.connect"):
			if made.Arg(1, "read_only") == nil {
				return checks.Fix(true, message, fix.AddKeyword(p.File, made.Node, "read_only", "True"))
			}
		case made.Symbol.Is("psycopg2.connect"):
			if made.Arg(-1, "options") == nil {
				return checks.Fix(true, message, fix.AddKeyword(p.File, made.Node, "options", `"-c default_transaction_read_only=on"`))
			}
		case made.Symbol.Is("sqlalchemy.create_engine"):
			url := made.Arg(0, "url")
			if url != nil && made.Arg(-1, "connect_args") == nil && strings.HasPrefix(url.Value.Prefix(), "postgres") {
				return checks.Fix(true, message, fix.AddKeyword(p.File, made.Node, "connect_args", `{"options": "-c default_transaction_read_only=on"}`))
			}
		}
	}
	return nil
}
