package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// queuedPickle is PML6204.
var queuedPickle = &checks.Rule{
	Spec: infoPML6204,
	From: []checks.Label{models.User, models.Database},
	Into: []checks.SinkKind{models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !fromQueue(path.Mark.Source()) || !unpickled(path) && !path.Call.Symbol.Is(checks.JSONPickleDecoders...) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.ReadJSON(p, path.Call)})
	},
	On: []string{
		"{kafka.KafkaConsumer,kafka.consumer.KafkaConsumer,kafka.consumer.group.KafkaConsumer,aiokafka.AIOKafkaConsumer,aiokafka.consumer.AIOKafkaConsumer}",
		"confluent_kafka.DeserializingConsumer", "celery.Celery", "celery.Celery().conf.update", "celery.app.Celery", "kombu.{Consumer,messaging.Consumer}", "faust.App", "faust.App().topic",
	},
	Knows: append(slicesOf(checks.UnpickleBytes, checks.JSONPickleDecoders), "celery.Celery().conf.accept_content"),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"value_deserializer", "key_deserializer"} {
			if a := c.Arg(-1, name); a != nil && (a.Value.Is(checks.UnpickleBytes...) || a.Value.Is(checks.JSONPickleDecoders...)) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: decodeJSON(p, a)})
			}
		}
		for _, name := range [...]string{"accept_content", "CELERY_ACCEPT_CONTENT", "accept"} {
			if a := c.Arg(-1, name); a != nil && acceptsPickle(c, a.Value) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: acceptJSON(p, a.Node)})
			}
		}
		for _, name := range [...]string{"value_serializer", "key_serializer"} { // faust reads and writes with one codec
			if a := c.Arg(-1, name); a != nil && c.Symbol.Is("faust.App", "faust.App().topic") {
				if t, ok := a.Value.Text(); ok && t == "pickle" {
					p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, `"json"`)})
				}
			}
		}
	},
	To: []string{"{celery.Celery,celery.app.Celery}().conf.{accept_content,CELERY_ACCEPT_CONTENT}", "{celery.Celery,celery.app.Celery}().conf[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if key, ok := s.Key.Text(); ok && key != "accept_content" && key != "CELERY_ACCEPT_CONTENT" {
			return
		}
		if stmt := p.StmtOf(s.Node); stmt != nil && listsPickle(s.From) {
			p.Report(checks.Report{Node: stmt, Fix: acceptJSON(p, s.From)})
		}
	},
	Needs:    []string{"ACCEPT_CONTENT", "accept_content"},
	OnModule: celerySettings,
}

// slicesOf joins lists.
func slicesOf(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// pickleTypes are the names by which kombu knows pickle.
func isPickleType(t string) bool { return t == "pickle" || t == "application/x-python-serialize" }

// acceptsPickle reports whether a list of content types has that of pickle.
func acceptsPickle(c *checks.Call, v *checks.Value) bool {
	items, _, ok := c.Items(v)
	if !ok {
		return false
	}
	for _, it := range items {
		if t, ok := it.Value.Text(); ok && isPickleType(t) {
			return true
		}
	}
	return false
}

// listsPickle reports whether a display has pickle among its content types.
func listsPickle(e ast.Expr) bool {
	for _, x := range checks.Elements(e) {
		if s, ok := x.(*ast.Str); ok && isPickleType(s.Value) {
			return true
		}
	}
	return false
}

// acceptJSON takes pickle out of a list of content types. A list of nothing else becomes one
// of json.
func acceptJSON(p *checks.Pass, e ast.Expr) *fix.Fix {
	if !listsPickle(e) || !p.Holds(e) {
		return nil
	}
	var gone, kept []ast.Expr
	for _, x := range checks.Elements(e) {
		if s, ok := x.(*ast.Str); ok && isPickleType(s.Value) {
			gone = append(gone, x)
		} else {
			kept = append(kept, x)
		}
	}
	if len(kept) == 0 {
		text := `["json"]`
		if _, ok := e.(*ast.Set); ok {
			text = `{"json"}`
		}
		return checks.Fix(true, "accept JSON only", checks.Replace(p, e, text))
	}
	if len(gone) > 1 {
		var names []string
		for _, x := range kept {
			names = append(names, p.File.Text(x))
		}
		return checks.Fix(true, "do not accept pickle", checks.Replace(p, e, "["+strings.Join(names, ", ")+"]"))
	}
	return checks.Fix(true, "do not accept pickle", fix.RemoveElement(p.File, e, gone[0]))
}

// celerySettings reports settings of Celery that are names of a module: those of Django, and
// the module that config_from_object names.
func celerySettings(p *checks.Pass) {
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FunctionDef, *ast.Lambda:
				return false
			case *ast.Assign:
				if len(n.Targets) != 1 || !listsPickle(n.Value) {
					return false
				}
				name, ok := n.Targets[0].(*ast.Name)
				if ok && (strings.HasSuffix(name.Id, "CELERY_ACCEPT_CONTENT") || name.Id == "accept_content" && strings.Contains(strings.ToLower(p.Path), "celery")) {
					p.Report(checks.Report{Node: n, Fix: acceptJSON(p, n.Value)})
				}
				return false
			}
			return true
		})
	}
}

// decodeJSON puts json.loads in the place of an unpickler that is handed in.
func decodeJSON(p *checks.Pass, a *checks.Argument) *fix.Fix {
	switch a.Node.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		return nil
	}
	if a.Unpacked || !p.Holds(a.Node) {
		return nil
	}
	loads, imports := checks.JSONLoads(p, a.Node)
	return checks.Fix(true, "read JSON", checks.Replace(p, a.Node, loads), imports)
}
