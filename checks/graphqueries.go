package checks

import (
	"strconv"
	"strings"
)

// This file holds the words for queries of graphs: Cypher, SPARQL, Gremlin.

var (
	// cypherRunners are given values as keywords, cypherTables in a dict of their own.
	cypherRunners = []string{"neo4j.Session().run", "neo4j.Transaction().run", "neo4j.Driver().execute_query", "py2neo.Graph().run", "py2neo.Graph().evaluate", "py2neo.database.Graph().run", "py2neo.Transaction().run"}
	cypherTables  = []string{"langchain_neo4j.Neo4jGraph().query", "langchain_community.graphs.Neo4jGraph().query", "langchain_community.graphs.neo4j_graph.Neo4jGraph().query"}
	sparqlRunners = []string{"rdflib.Graph().query", "rdflib.Graph().update", "rdflib.graph.Graph().query", "rdflib.graph.Graph().update", "rdflib.ConjunctiveGraph().query", "rdflib.ConjunctiveGraph().update", "rdflib.Dataset().query", "rdflib.Dataset().update"}
	gremlins      = []string{"gremlin_python.driver.client.Client().submit", "gremlin_python.driver.client.Client().submit_async", "gremlin_python.driver.client.Client().submitAsync"}

	// sparqlWrappers are told a query in a call of its own, which binds nothing.
	sparqlWrappers = []string{"SPARQLWrapper.SPARQLWrapper().setQuery", "SPARQLWrapper.SPARQLWrapper2().setQuery"}
)

// QueriesGraph reports whether a call is given a query of a graph.
func QueriesGraph(c *Call) bool {
	return c.Symbol.Is(cypherRunners...) || c.Symbol.Is(cypherTables...) || c.Symbol.Is(sparqlRunners...) || c.Symbol.Is(sparqlWrappers...) || c.Symbol.Is(gremlins...)
}

// bindingOfGraph is how the call that runs a query of a graph binds values; nil for others.
func bindingOfGraph(c *Call) *binding {
	name := func(i int) string {
		if i == 0 {
			return "value"
		}
		return "value" + strconv.Itoa(i+1)
	}
	marked := func(mark string) func(int) string { return func(i int) string { return mark + name(i) } }
	table := func(wrap func(string) string) func([]string) string {
		return func(values []string) string {
			var fields []string
			for i, v := range values {
				fields = append(fields, strconv.Quote(name(i))+": "+wrap(v))
			}
			return "{" + strings.Join(fields, ", ") + "}"
		}
	}
	plain := func(v string) string { return v }
	s := c.Symbol
	switch {
	case s.Is(cypherRunners...):
		return &binding{anyQuote: true, placeholder: marked("$"), argument: func(values []string) string {
			var given []string
			for i, v := range values {
				given = append(given, name(i)+"="+v)
			}
			return strings.Join(given, ", ")
		}}
	case s.Is(cypherTables...):
		return &binding{anyQuote: true, placeholder: marked("$"), argument: func(values []string) string { return "params=" + table(plain)(values) }}
	case s.Is(sparqlRunners...):
		return &binding{anyQuote: true, placeholder: marked("?"), argument: func(values []string) string {
			return "initBindings=" + table(func(v string) string { return "rdflib.Literal(" + v + ")" })(values)
		}}
	case s.Is(gremlins...):
		return &binding{anyQuote: true, placeholder: name, argument: func(values []string) string { return "bindings=" + table(plain)(values) }}
	}
	return nil
}
