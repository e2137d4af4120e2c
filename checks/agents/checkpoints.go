package agents

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// savers keep the state of a graph where others can reach it.
const savers = "langgraph.checkpoint.{sqlite.SqliteSaver,sqlite.aio.AsyncSqliteSaver,postgres.PostgresSaver,postgres.aio.AsyncPostgresSaver,postgres.shallow.ShallowPostgresSaver,postgres.shallow.AsyncShallowPostgresSaver,redis.RedisSaver,redis.AsyncRedisSaver,redis.aio.AsyncRedisSaver,redis.shallow.ShallowRedisSaver,redis.ashallow.AsyncShallowRedisSaver,mongodb.MongoDBSaver,mongodb.saver.MongoDBSaver,mongodb.aio.AsyncMongoDBSaver}"

const (
	jsonPlus   = "langgraph.checkpoint.serde.jsonplus.JsonPlusSerializer"
	baseSavers = "langgraph.checkpoint.base.BaseCheckpointSaver"
)

var unpicklers = []string{"pickle.loads", "pickle.load", "_pickle.loads", "dill.loads", "cloudpickle.loads", "jsonpickle.decode", "jsonpickle.loads"}

// pickledState is PML6126.
var pickledState = &checks.Rule{
	Spec:   infoPML6126,
	On:     []string{savers, savers + ".from_conn_string"},
	To:     []string{savers + "().serde", savers + ".from_conn_string().serde"},
	Knows:  append([]string{jsonPlus, "hmac.compare_digest", baseSavers}, unpicklers...),
	OnCall: func(p *checks.Pass, c *checks.Call) { serializer(p, c) },
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if at, ok := s.Node.(*ast.Attribute); ok {
			readsPickle(p, s.Frame, s.Value, at, s.From)
		}
	},
	// Savers of the project's own.
	Needs: []string{"serde"},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			if class := c.Callee.Class(); class != nil && class.Extends(baseSavers) {
				serializer(p, c)
			}
		}
	},
}

// serializer looks at the serializer that a saver is given.
func serializer(p *checks.Pass, c *checks.Call) {
	if a := c.Arg(-1, "serde"); a != nil && a.Node != nil {
		readsPickle(p, c.Frame, a.Value, checks.ArgNode(c, a), a.Node)
	}
}

// readsPickle reports a serializer that unpickles: the fallback of LangGraph's own, or a class of
// the project. at is where it is given, and e what is.
func readsPickle(p *checks.Pass, f *checks.Frame, v *checks.Value, at ast.Node, e ast.Expr) {
	for _, v := range v.Alternatives() {
		if made := v.Origin(); made != nil && made.Symbol.Is(jsonPlus) {
			fallback := made.Arg(-1, "pickle_fallback")
			if fallback == nil || !checks.On(fallback.Value) {
				continue
			}
			if in := p.Project.Module(made.Frame.Module()); in == p.Module {
				p.Report(checks.Report{Node: checks.ArgNode(made, fallback), Fix: checks.SetConstant(p, made, fallback, "False")})
			} else {
				p.Report(checks.Report{Node: at})
			}
			continue
		}
		if class := v.Class(); class != nil && unpickles(f, class) {
			p.Report(checks.Report{Node: at, Fix: plainSerializer(p, e)})
		}
	}
}

// unpickles reports whether a serializer of the project unpickles what nothing has checked.
func unpickles(f *checks.Frame, class *checks.ProjectClass) bool {
	for _, k := range class.Linear() {
		for _, name := range [...]string{"loads_typed", "loads"} {
			m := k.Methods[name]
			if m == nil {
				continue
			}
			if body := f.AnalysisOf(m); body != nil && calls(body, 0, unpicklers...) && !calls(body, 0, "hmac.compare_digest") {
				return true
			}
		}
	}
	return false
}

// calls reports whether a function, or a helper that it calls, calls one of some names.
func calls(f *checks.Frame, depth int, names ...string) bool {
	for _, c := range f.Calls {
		if c.Symbol.Is(names...) {
			return true
		}
		if b := c.Body(); b != nil && b != f && depth < maxHelpers && calls(b, depth+1, names...) {
			return true
		}
	}
	return false
}

// plainSerializer puts LangGraph's own serializer in place of another.
func plainSerializer(p *checks.Pass, e ast.Expr) *fix.Fix {
	if !p.Holds(e) {
		return nil
	}
	spelling, imports := fix.Reach(p.File, jsonPlus, "from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer", fix.InOrder)
	return checks.Fix(true, "keep the state in LangGraph's own format", checks.Replace(p, e, spelling+"()"), imports)
}
