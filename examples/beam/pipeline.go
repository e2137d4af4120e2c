package main

import (
	"bufio"
	"context"
	"encoding/json"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/transforms/filter"
)

// What goes between the steps has to be known to Beam by name, so that another process can run them.
func init() {
	register.Function2x0(named)
	register.Emitter1[string]()
	register.DoFn4x1[context.Context, string, func(Outcome), func(Finding), error](&scan{})
	register.Emitter1[Outcome]()
	register.Emitter1[Finding]()
	register.Combiner2[Summary, Outcome](&combine{})
	register.Function1x2(findingLine)
	register.Function1x2(outcomeLine)
	register.Function1x2(summaryLine)
	register.DoFn3x1[context.Context, []byte, func(*string) bool, error](&write{})
	register.Iter1[string]()
}

// build lays out the pipeline: the lines of a list of repositories become reports in the place that o names.
//
//	repositories/NAME.sarif   the report of each repository
//	findings.jsonl            all findings, one in a line
//	repositories.jsonl        a line for each repository: what it has, or why it could not be scanned
//	summary.json              all repositories together, for each check
func build(s beam.Scope, o options, lines beam.PCollection) {
	// To make the list distinct, its lines are dealt out to all workers.
	repositories := filter.Distinct(s, beam.ParDo(s, named, lines))
	outcomes, findings := beam.ParDo2(s, &scan{Options: o}, repositories)
	writeLines(s, o.Output+"/findings.jsonl", beam.ParDo(s, findingLine, findings))
	writeLines(s, o.Output+"/repositories.jsonl", beam.ParDo(s, outcomeLine, outcomes))
	writeLines(s, o.Output+"/summary.json", beam.ParDo(s, summaryLine, beam.Combine(s, &combine{}, outcomes)))
}

// named passes on the repositories of a list, without empty lines and comments.
func named(line string, emit func(string)) {
	if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
		emit(line)
	}
}

// A line of JSON for each kind of element. They are functions of their own, since Beam takes the instances of a generic
// one for the same function.
func findingLine(f Finding) (string, error) { return line(f) }
func outcomeLine(o Outcome) (string, error) { return line(o) }
func summaryLine(s Summary) (string, error) { return line(s) }

func line(element any) (string, error) {
	text, err := json.Marshal(element)
	return string(text), err
}

// writeLines makes a file of the lines, in no particular order. Unlike textio.Write it makes an empty one of none, so
// that nothing is left of an earlier run.
func writeLines(s beam.Scope, path string, lines beam.PCollection) {
	beam.ParDo0(s, &write{Path: path}, beam.Impulse(s), beam.SideInput{Input: lines})
}

type write struct{ Path string }

func (w *write) ProcessElement(ctx context.Context, _ []byte, lines func(*string) bool) error {
	return create(ctx, w.Path, func(b *bufio.Writer) error {
		for line := ""; lines(&line); {
			b.WriteString(line)
			if err := b.WriteByte('\n'); err != nil {
				return err
			}
		}
		return nil
	})
}

// create writes a file wherever Beam has a file system for the path.
func create(ctx context.Context, path string, fill func(*bufio.Writer) error) error {
	files, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	defer files.Close()
	f, err := files.OpenWrite(ctx, path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	err = fill(b)
	if err == nil {
		err = b.Flush()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
