package nlp

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// entityQuery is PML3209.
var entityQuery = &checks.Rule{
	Spec:  infoPML3209,
	Knows: slices.Concat(checks.StatementCalls, []string{"neo4j", "py2neo", "langchain_neo4j", "langchain_community.graphs", "rdflib", "SPARQLWrapper", "gremlin_python", "transformers.{pipeline,pipelines.pipeline,TokenClassificationPipeline}"}),
	From:  []checks.Label{models.Document, models.LLM},
	Into:  []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Mark.Label == models.LLM && !isEntityWord(path.Mark) || path.Mark.Label == models.Document && path.Mark.From() != models.FromEntity {
			return
		}
		executing := c
		if !checks.QueriesGraph(c) {
			if !models.IsStatement(path.Sink) {
				return
			}
			if executing = checks.ExecutingCall(p, path); executing == nil {
				return
			}
		}
		if !checks.WrittenInto(path) || checks.OnlyMadeOf(path) || checks.Vetted(p, path, checks.AboutStatements) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Covers: c.Node, Fix: bindEntities(p, path, executing)})
	},
}

// bindEntities is checks.BindValues, which keeps what the program does.
func bindEntities(p *checks.Pass, path *checks.Path, executing *checks.Call) *fix.Fix {
	f := checks.BindValues(p, path, executing)
	if f != nil {
		f.Unsafe = false
	}
	return f
}

// isEntityWord reports whether data is the text of what a pipeline of transformers has recognised.
func isEntityWord(m checks.Mark) bool {
	return m.Field() == "word" && checks.Recognises(m.Call())
}
