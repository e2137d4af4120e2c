package flow

import (
	"slices"
	"strconv"
	"strings"
)

// This file reads as much of an SQL statement as says which columns of which tables it reads or
// writes.

// query is what a statement says.
type query struct {
	writes bool
	// tables are those named, the first one being that which is written.
	tables []string
	// columns are those read or written; none means all, or that they are not known.
	columns []string
	// values are, for a write, what stands for each column: "?" and its kin, or ":name".
	values []string
	// called gives the columns that a read renames.
	called map[string]string
	// by are the columns that WHERE compares.
	by []string
}

// maxSQL bounds the text of a statement that is read.
const maxSQL = 1 << 14

// mayWrite reports whether a statement puts data into a table.
func mayWrite(t string) bool {
	t = strings.ToLower(t)
	return strings.Contains(t, "insert") || strings.Contains(t, "update") || strings.Contains(t, "replace") || strings.Contains(t, "merge")
}

// parseSQL reads a statement; nil for what is none.
func parseSQL(t string) *query {
	if t == "" || len(t) > maxSQL {
		return nil
	}
	w := sqlWords(t)
	if len(w) == 0 {
		return nil
	}
	start := 0
	if w[0] == "with" { // the statement behind the named subqueries
		depth := 0
		for i, x := range w {
			switch x {
			case "(":
				depth++
			case ")":
				depth--
			case "select", "insert", "update":
				if depth == 0 && start == 0 {
					start = i
				}
			}
		}
	}
	q := &query{}
	switch w[start] {
	case "insert", "replace":
		return q.insert(w[start:])
	case "update":
		return q.update(w[start:])
	case "select":
		q.selects(w[start:], w)
		return q
	}
	return nil
}

// insert reads INSERT INTO t (a, b) VALUES (?, ?).
func (q *query) insert(w []string) *query {
	i := slices.Index(w, "into")
	if i < 0 || i+1 >= len(w) {
		return nil
	}
	q.writes = true
	q.tables = []string{w[i+1]}
	i += 2
	if i < len(w) && w[i] == "(" {
		q.columns, i = list(w, i)
	}
	for i < len(w) && w[i] != "values" && w[i] != "select" {
		i++
	}
	if i+1 < len(w) && w[i] == "values" {
		q.values, _ = list(w, i+1)
	}
	return q
}

// update reads UPDATE t SET a = ?, b = ? WHERE c = ?.
func (q *query) update(w []string) *query {
	i := slices.Index(w, "set")
	if i < 2 {
		return nil
	}
	q.writes = true
	q.tables = []string{w[1]}
	if w[1] == "or" && len(w) > 3 {
		q.tables = []string{w[3]}
	}
	for i++; i < len(w) && w[i] != "where"; i++ {
		if w[i] == "=" && i+1 < len(w) {
			q.columns = append(q.columns, w[i-1])
			q.values = append(q.values, w[i+1])
		}
	}
	q.where(w[min(i, len(w)):])
	return q
}

// counting are the functions of SQL that make a number of a column.
var counting = []string{"count", "avg", "sum", "total", "length", "char_length", "round", "floor", "ceil", "ceiling", "abs", "stddev", "variance"}

// selects reads SELECT a, b FROM t JOIN u WHERE c = ?.
func (q *query) selects(w, whole []string) {
	depth, item := 0, []string{}
	end := func() {
		if len(item) == 0 {
			return
		}
		name, called := item[len(item)-1], ""
		if n := len(item); n > 1 && item[n-1] != ")" { // a AS b
			name, called = item[n-2], item[n-1]
			if name == "as" && n > 2 {
				name = item[n-3]
			}
		}
		switch {
		case name != ")":
		case len(item) > 2 && item[1] == "(" && slices.Contains(counting, item[0]):
			name = "count"
		default:
			name = ""
		}
		if called != "" && name != "" {
			if q.called == nil {
				q.called = map[string]string{}
			}
			q.called[called] = name
		}
		q.columns = append(q.columns, name)
		item = item[:0]
	}
	i := 1
	for ; i < len(w) && (w[i] != "from" || depth > 0); i++ {
		switch {
		case w[i] == "(":
			depth++
		case w[i] == ")":
			depth--
		case w[i] == "," && depth == 0:
			end()
			continue
		case w[i] == "distinct":
			continue
		}
		item = append(item, w[i])
	}
	end()
	if slices.Contains(q.columns, "*") || slices.Contains(q.columns, "") || slices.Contains(q.columns, "\x00") {
		q.columns = nil
	}
	for j, x := range whole {
		if (x == "from" || x == "join") && j+1 < len(whole) && whole[j+1] != "(" && whole[j+1] != "\x00" && !slices.Contains(q.tables, whole[j+1]) {
			q.tables = append(q.tables, whole[j+1])
		}
	}
	q.where(w)
}

// where notes the columns that are compared.
func (q *query) where(w []string) {
	i := slices.Index(w, "where")
	if i < 0 {
		return
	}
	for j := i + 1; j < len(w); j++ {
		if w[j] == "=" || w[j] == "in" || w[j] == "like" || w[j] == "is" {
			q.by = append(q.by, w[j-1])
		}
	}
}

// list reads the words between parentheses, what stands between two commas as its last word; i is
// behind them.
func list(w []string, i int) (items []string, next int) {
	if i >= len(w) || w[i] != "(" {
		return nil, i
	}
	depth, last := 0, ""
	for ; i < len(w); i++ {
		switch w[i] {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return append(items, last), i + 1
			}
		case ",":
			if depth == 1 {
				items, last = append(items, last), ""
			}
		default:
			last = w[i]
		}
	}
	return items, i
}

// columnsOf are the columns into which a write puts what is given at places; created are those of
// the table in their order.
func (q *query) columnsOf(at []place, created []column) []string {
	columns := q.columns
	if len(columns) == 0 {
		for _, c := range created {
			columns = append(columns, c.name)
		}
	}
	if len(at) == 0 || len(columns) == 0 {
		return nil
	}
	var out []string
	for _, p := range at {
		n := 0
		found := false
		for i, v := range q.values {
			if i >= len(columns) {
				break
			}
			placeholder := v == "?" || v == "%s" || v == "\x00"
			number := 0
			if strings.HasPrefix(v, "$") || strings.HasPrefix(v, "?") || strings.HasPrefix(v, ":") {
				number, _ = strconv.Atoi(v[1:])
			}
			switch {
			case p.name != "" && !placeholder && strings.EqualFold(placeholderName(v), p.name),
				p.name == "" && number > 0 && number-1 == p.index,
				p.name == "" && placeholder && n == p.index:
				out, found = append(out, columns[i]), true
			}
			if placeholder {
				n++
			}
		}
		if !found && p.name != "" && slices.Contains(columns, strings.ToLower(p.name)) {
			out, found = append(out, strings.ToLower(p.name)), true
		}
		if !found && len(q.values) == 0 {
			return nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// placeholderName is the name that a placeholder asks for: ":body", "%(body)s", "@body".
func placeholderName(v string) string {
	if inner, ok := strings.CutPrefix(v, "%("); ok {
		name, _, _ := strings.Cut(inner, ")")
		return name
	}
	return strings.TrimLeft(v, ":@$")
}

// column is a column of a table that the program creates.
type column struct{ name, kind string }

// tables lists the columns of the tables that the program's own statements create.
func (e *Engine) tables() map[string][]column {
	if e.created != nil {
		return e.created
	}
	e.created = map[string][]column{}
	for _, f := range e.analysed {
		for _, c := range f.Calls {
			if c.Symbol == nil {
				continue
			}
			st, _ := statement(c)
			if st == nil {
				continue
			}
			t, ok := sqlText(st)
			if !ok || len(t) > maxSQL {
				continue
			}
			for _, part := range strings.Split(t, ";") {
				if name, columns := createTable(part); name != "" {
					e.created[name] = columns
				}
			}
		}
	}
	return e.created
}

// createTable reads CREATE TABLE t (a INTEGER, b TEXT).
func createTable(t string) (name string, columns []column) {
	if !strings.Contains(strings.ToLower(t), "create table") {
		return "", nil
	}
	w := sqlWords(t)
	i := slices.Index(w, "table")
	if i < 0 {
		return "", nil
	}
	for i++; i < len(w) && (w[i] == "if" || w[i] == "not" || w[i] == "exists"); i++ {
	}
	if i+1 >= len(w) || w[i+1] != "(" {
		return "", nil
	}
	name = w[i]
	depth := 0
	begin := false
	for i++; i < len(w); i++ {
		switch {
		case w[i] == "(":
			depth++
			begin = depth == 1
		case w[i] == ")":
			depth--
		case w[i] == ",":
			begin = depth == 1
		case begin:
			c := column{name: w[i]}
			if i+1 < len(w) {
				c.kind = w[i+1]
			}
			columns = append(columns, c)
			begin = false
		}
	}
	return name, columns
}

// ColumnType is the type that the program's own CREATE TABLE gives a column, in lower case; ""
// where there is none. It is known to a visitor only.
func (e *Engine) ColumnType(table, name string) string {
	for _, c := range e.tables()[table] {
		if c.name == name {
			return c.kind
		}
	}
	return ""
}

// sqlWords splits a statement into words in lower case: names without quotes and schema, marks of
// punctuation, and \x00 for what is not constant.
func sqlWords(t string) []string {
	var out []string
	for i := 0; i < len(t); {
		switch c := t[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '-' && strings.HasPrefix(t[i:], "--"):
			if j := strings.IndexByte(t[i:], '\n'); j >= 0 {
				i += j
			} else {
				i = len(t)
			}
		case c == '\'':
			j := i + 1
			for j < len(t) && t[j] != '\'' {
				j++
			}
			word := "''"
			if strings.Contains(t[i:min(j, len(t))], "\x00") {
				word = "\x00"
			}
			out = append(out, word)
			i = j + 1
		case strings.IndexByte("(),=;<>!+*/|", c) >= 0:
			if c == '*' || c == '(' || c == ')' || c == ',' || c == '=' {
				out = append(out, string(c))
			}
			i++
		default:
			j := i
			for j < len(t) && strings.IndexByte(" \t\n\r(),=;<>!+*/|'", t[j]) < 0 {
				j++
			}
			if j < len(t) && t[j] == '(' && strings.HasSuffix(t[i:j], "%") { // %(name)s
				if k := strings.IndexByte(t[j:], ')'); k > 0 {
					j = min(j+k+2, len(t))
				}
				out = append(out, t[i:j])
				i = j
				continue
			}
			word := strings.ToLower(strings.Map(func(r rune) rune {
				if r == '"' || r == '`' || r == '[' || r == ']' {
					return -1
				}
				return r
			}, t[i:j]))
			if k := strings.LastIndexByte(word, '.'); k >= 0 && k+1 < len(word) {
				word = word[k+1:]
			}
			if word != "" {
				out = append(out, word)
			}
			i = j
		}
	}
	return out
}
