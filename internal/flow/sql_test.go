package flow

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatementsSayWhichColumnsTheyReadAndWrite(t *testing.T) {
	for statement, want := range map[string]string{
		"INSERT INTO reviews (pid, body) VALUES (?, ?)":                    "writes reviews: pid=? body=?",
		"insert or replace into shop.\"Notes\"(a,b) values(:a, lower(:b))": "writes notes: a=:a b=:b",
		"INSERT INTO t (a) VALUES (%(x)s) ON CONFLICT DO NOTHING":          "writes t: a=%(x)s",
		"UPDATE t SET a = $1, b = 'none' WHERE id = $2":                    "writes t: a=$1 b='' by id",
		"SELECT a, b AS c, count(*) FROM t WHERE x = ? AND y IN (?)":       "reads t: a b count by x y",
		"SELECT t.a, u.b name FROM t JOIN u ON t.id = u.id":                "reads t u: a b",
		"SELECT * FROM t -- all of them":                                   "reads t:",
		"WITH last AS (SELECT a FROM t) SELECT a FROM last":                "reads t last: a",
		"SELECT a FROM \x00 WHERE b = 1":                                   "reads: a by b",
		"DELETE FROM t":                                                    "nothing",
		"":                                                                 "nothing",
		"REPLACE INTO t VALUES (?, ?)":                                     "writes t:",
		"INSERT INTO t (a, b) SELECT a, b FROM u":                          "writes t: a b",
		strings.Repeat("(", 300) + "SELECT":                                "nothing",
		"SELECT a FROM (SELECT a FROM inner_table) AS x WHERE a LIKE ?":    "reads inner_table: a by a",
		"INSERT INTO notes (title, body, at) VALUES ('it''s', '\x00', CURRENT_TIMESTAMP) RETURNING id, at": "writes notes: title='' body= at=current_timestamp",
	} {
		q := parseSQL(statement)
		got := "nothing"
		if q != nil {
			got = "reads"
			if q.writes {
				got = "writes"
			}
			if len(q.tables) > 0 {
				got += " " + strings.Join(q.tables, " ")
			}
			got += ":"
			for i, c := range q.columns {
				got += " " + c
				if i < len(q.values) {
					got += "=" + strings.Trim(q.values[i], "\x00")
				}
			}
			if len(q.by) > 0 {
				got += " by " + strings.Join(q.by, " ")
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", statement, d)
		}
	}
}

func TestAnyTextCanBeReadAsAStatement(t *testing.T) {
	words := strings.Fields("select insert into update set values from join where with as create table ( ) , = * ? %s :a $1 %(x)s %( ' \" \x00 -- t a.b in like")
	r := rand.New(rand.NewSource(1))
	for range 20_000 {
		var b strings.Builder
		for range r.Intn(14) {
			b.WriteString(words[r.Intn(len(words))])
			if r.Intn(3) > 0 {
				b.WriteByte(' ')
			}
		}
		if q := parseSQL(b.String()); q != nil {
			q.columnsOf([]place{{index: 1}, {index: -1, name: "a"}}, []column{{name: "a"}})
		}
		createTable(b.String())
	}
}
