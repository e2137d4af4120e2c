package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

// gitlabShape is what GitLab asks of a SAST report of schema 15.2.1, in our words: it refuses a report that is not
// so. Where the schema allows further fields this does not, so that a misspelt one is found.
var gitlabShape = object("scan version vulnerabilities", fields{
	"version": matching(`^\d+\.\d+\.\d+$`),
	"schema":  matching(`^https?://.+`),
	"scan": object("analyzer scanner type start_time end_time status", fields{
		"analyzer":   gitlabToolShape,
		"scanner":    gitlabToolShape,
		"type":       words("sast"),
		"status":     words("success", "failure"),
		"start_time": matching(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`),
		"end_time":   matching(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`),
		"messages":   array(0, 1<<30, object("level value", fields{"level": words("info", "warn", "fatal"), "value": filled})),
	}),
	"vulnerabilities": array(0, 1<<30, object("id identifiers location", fields{
		"id":          filled,
		"name":        characters(0, 255),
		"description": characters(0, 1<<20),
		"severity":    words("Info", "Unknown", "Low", "Medium", "High", "Critical"),
		"solution":    characters(0, 7000),
		"identifiers": array(1, 20, object("type name value", fields{"type": filled, "name": filled, "value": filled, "url": matching(`^(https?|ftp)://.+`)})),
		"location": object("", fields{
			"file": filled, "start_line": atLeast(1), "end_line": atLeast(1), "method": filled,
		}),
		// A field of details is an object with a name and one of several types, of which this is the only one in use.
		"details": object("", fields{"code_flows": object("type name items", fields{
			"type": words("code-flows"), "name": filled,
			"items": array(1, 10, array(1, 1<<30, object("file_location node_type", fields{
				"type":      words("code-flow-node"),
				"node_type": words("source", "sink", "propagation"),
				"file_location": object("type file_name line_start", fields{
					"type": words("file-location"), "file_name": filled, "line_start": atLeast(1), "line_end": atLeast(1),
				}),
			}))),
		})}),
	})),
})

var gitlabToolShape = object("id name version vendor", fields{
	"id": filled, "name": filled, "version": filled, "url": matching(`^https?://.+`), "vendor": object("name", fields{"name": filled}),
})

// shape says what is wrong with a value at a place; nothing if it is as it should be.
type shape func(at string, v any) []string

type fields map[string]shape

func object(required string, known fields) shape {
	return func(at string, v any) (wrong []string) {
		o, ok := v.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, not an object", at, v)}
		}
		for _, name := range strings.Fields(required) {
			if _, ok := o[name]; !ok {
				wrong = append(wrong, at+" lacks "+name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if is := known[name]; is != nil {
				wrong = append(wrong, is(at+"."+name, o[name])...)
			} else {
				wrong = append(wrong, at+" has "+name+", which is not known")
			}
		}
		return wrong
	}
}

func array(least, most int, each shape) shape {
	return func(at string, v any) (wrong []string) {
		list, ok := v.([]any)
		if !ok || len(list) < least || len(list) > most {
			return []string{fmt.Sprintf("%s is no list of %d to %d", at, least, most)}
		}
		for i, e := range list {
			wrong = append(wrong, each(fmt.Sprintf("%s[%d]", at, i), e)...)
		}
		return wrong
	}
}

func characters(least, most int) shape {
	return func(at string, v any) []string {
		if s, ok := v.(string); !ok || utf8.RuneCountInString(s) < least || utf8.RuneCountInString(s) > most {
			return []string{fmt.Sprintf("%s is no text of %d to %d characters: %.80v", at, least, most, v)}
		}
		return nil
	}
}

var filled = characters(1, 1<<30)

func matching(pattern string) shape {
	re := regexp.MustCompile(pattern)
	return func(at string, v any) []string {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			return []string{fmt.Sprintf("%s is %v, not of the form %s", at, v, pattern)}
		}
		return nil
	}
}

func words(list ...string) shape {
	return func(at string, v any) []string {
		if s, ok := v.(string); !ok || !slices.Contains(list, s) {
			return []string{fmt.Sprintf("%s is %v, not one of %v", at, v, list)}
		}
		return nil
	}
}

func atLeast(least float64) shape {
	return func(at string, v any) []string {
		if n, ok := v.(float64); !ok || n < least || n != float64(int(n)) {
			return []string{fmt.Sprintf("%s is %v, not a whole number from %v", at, v, least)}
		}
		return nil
	}
}

func TestGitLabAcceptsTheReport(t *testing.T) {
	long := strings.Repeat("é\x00\u202e", 100_000)
	at := func(path string, cell, line int) checks.Location {
		return checks.Location{Path: path, Cell: cell, Start: ast.Position{Line: line, Column: 1}, End: ast.Position{Line: line, Column: 2}}
	}
	hostile := &pyguardml.Result{
		Findings: []checks.Finding{
			{CheckID: "X", Message: long, Severity: checks.Critical, Location: at("a\nb.py", 0, 1), Trail: []checks.Step{{Text: long, Location: at("a\nb.py", 0, 1)}}},
			{CheckID: "X", Message: "", Severity: checks.Note, Location: at("no.ipynb", 3, 1)},                                                                                                               // a notebook that is gone
			{CheckID: "X", Message: "m", Severity: checks.Low, Location: at("a.py", 0, 2), Trail: []checks.Step{{Text: "gone", Location: at("no.ipynb", 3, 1)}, {Text: "here", Location: at("a.py", 0, 2)}}}, // a step of which no line is known
			{CheckID: "X", Message: "m", Severity: checks.Low, Location: checks.Location{Path: "model.pkl", Member: "archive/data.pkl", Offset: 12}},                                                         // a file without lines
		},
		FileErrors:  []pyguardml.FileError{{Path: "x.py", Stage: pyguardml.StageRead, Err: errors.New("")}},
		CheckErrors: []checks.CheckError{{CheckID: "X", Path: "x.py", Err: errors.New("failed")}},
	}
	all := sampleResult(t)
	all.Checks = pyguardml.Checks()
	all.Findings = nil
	for _, info := range pyguardml.Checks() {
		all.Findings = append(all.Findings, checks.Finding{CheckID: info.ID, Message: info.Title, Severity: info.Severity, Location: at("a.py", 0, 1)})
	}
	for name, r := range map[string]*pyguardml.Result{"the sample": sampleResult(t), "nothing": {}, "hostile texts": hostile, "every check": all} {
		for _, started := range []time.Time{{}, time.Date(2026, 3, 1, 12, 0, 0, 5, time.FixedZone("", 3600))} {
			var doc any
			data := write(t, func(b *bytes.Buffer) error { return GitLab(b, r, Source(sample.open), Started(started)) })
			if err := json.Unmarshal(data, &doc); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range gitlabShape("report", doc) {
				t.Errorf("%s: %s", name, wrong)
			}
		}
	}
	for _, broken := range []string{`[]`, `{"version": "15", "scan": {}, "vulnerabilities": [{"id": "", "identifiers": []}]}`} {
		var doc any
		if err := json.Unmarshal([]byte(broken), &doc); err != nil {
			t.Fatal(err)
		}
		if len(gitlabShape("report", doc)) == 0 {
			t.Errorf("%s passes", broken)
		}
	}
}
