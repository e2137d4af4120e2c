package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// namespaces hold attributes and nothing else: what a handler makes for itself.
var namespaces = []string{"types.SimpleNamespace()", "argparse.Namespace()", "threading.local()", "unittest.mock.Mock()", "unittest.mock.MagicMock()", "munch.Munch()", "easydict.EasyDict()", "addict.Dict()", "box.Box()"}

// tuned are the objects of generation, adapters, tokenizers and training, whose settings have
// checks of their own.
var tuned = []string{"transformers.GenerationConfig", "transformers.TrainingArguments", "transformers.Seq2SeqTrainingArguments", "peft", "trl", "transformers.AutoTokenizer", "transformers.PreTrainedTokenizer", "transformers.PreTrainedTokenizerFast", "tokenizers"}

// records are the bases of classes that a database's rows are made of.
var records = []string{
	"django.db.models.Model", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.declarative_base()", "sqlalchemy.ext.declarative.declarative_base()", "flask_sqlalchemy.SQLAlchemy().Model",
	"sqlmodel.SQLModel", "peewee.Model", "tortoise.models.Model", "tortoise.Model", "mongoengine.Document", "beanie.Document", "odmantic.Model", "pony.orm.Database().Entity",
}

// requestAttributes is PML6427.
var requestAttributes = &checks.Rule{
	Spec:  infoPML6427,
	Knows: slices.Concat(namespaces, tuned, records),
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.Attribute},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if !p.Project.UsesML() || alsoFrom(path, models.LLM) || checks.IsWidget(path.Mark.Source()) {
			return
		}
		if path.Sink.Note != flow.NoteAttribute {
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: refuseDelta(p, path)})
			return
		}
		if path.Mark.Label != models.User || declared(p, path) || checks.Vetted(p, path, aboutFields) {
			return
		}
		at := attributeOwner(p, path)
		if at.owner == nil || ownNamespace(p, path, at.owner) || at.keys && ownKeys(path) {
			return
		}
		p.Report(checks.Report{Node: at.node, Path: path, Fix: allowFields(p, path, at)})
	},
}

// ownKeys reports whether a dict has only keys that the program wrote down, or that tests let through, whatever stands
// under them: `{k: v for k, v in body.items() if k in FIELDS}`.
func ownKeys(path *checks.Path) bool {
	if path.Value.Kind() != flow.KindObject {
		return false
	}
	rest, keys := path.Rest(path.Value)
	if rest == nil {
		return len(path.Entries(path.Value)) > 0
	}
	return keys != nil && !slices.ContainsFunc(keys.Marks(), func(m checks.Mark) bool { return !m.Clean.Has(models.Attribute) })
}

// aboutFields reports whether the name of a function that checks something may speak of the fields
// of an object.
func aboutFields(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"field", "key", "attr", "setting", "option", "config", "param", "payload", "body", "schema", "update"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// dumps give the declared fields of a model, a dataclass or a form.
var dumps = map[string]bool{
	"model_dump": true, "dict": true, "asdict": true, "_asdict": true, "jsonable_encoder": true, "model_validate": true, "parse_obj": true, "from_dict": true, "dump": true,
	"model_dump_json": true, "validate_python": true, "structure": true, "unstructure": true,
}

// declared reports whether the names are those of fields that a class declares: those of a pydantic
// model that takes no others, a dataclass, a form or a serializer.
func declared(p *checks.Pass, path *checks.Path) bool {
	for _, fn := range checks.WayOf(p, path).Functions {
		if readsAttribute(fn.Body, "cleaned_data", "validated_data") {
			return true
		}
	}
	steps := path.Trace.Steps()
	for _, t := range steps {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			continue
		}
		if dumps[checks.LastName(c.Fn)] {
			return !keepsOthers(path, c)
		}
	}
	if len(steps) == 0 || len(path.Mark.Fields()) > 0 {
		return false
	}
	param := parameterAt(p.Project.Module(steps[0].Mod), steps[0].Node)
	return param != nil && ofClass(param.Annotation)
}

// parameterAt is the parameter that a place in the head of a function belongs to; nil for other
// places.
func parameterAt(m *checks.Module, n ast.Node) *ast.Param {
	if m == nil {
		return nil
	}
	for _, a := range m.Around(n) {
		if param, ok := a.(*ast.Param); ok {
			return param
		}
	}
	return nil
}

// ofClass reports whether an annotation names a class that declares its fields.
func ofClass(e ast.Expr) bool {
	if sub, ok := e.(*ast.Subscript); ok {
		if e = sub.Value; checks.LastName(e) == "Annotated" {
			if list, ok := sub.Index.(*ast.Tuple); ok && len(list.Elts) > 0 {
				return ofClass(list.Elts[0])
			}
		}
	}
	switch checks.LastName(e) {
	case "", "dict", "Dict", "Any", "Mapping", "MutableMapping", "OrderedDict", "object", "Optional", "Union", "JSON", "JsonDict":
		return false
	}
	return true
}

// readsAttribute reports whether statements read an attribute of one of some names.
func readsAttribute(body []ast.Stmt, names ...string) bool {
	found := false
	ast.InspectStmts(body, func(n ast.Node) bool {
		if at, ok := n.(*ast.Attribute); ok && slices.Contains(names, at.Attr.Id) {
			found = true
		}
		return !found
	})
	return found
}

// keepsOthers reports whether the fields that a call gives are those of a class that is known to
// take further ones.
func keepsOthers(path *checks.Path, dump *ast.Call) bool {
	c := path.Engine.CallAt(dump)
	if c == nil || c.Receiver == nil {
		return false
	}
	class := c.Receiver.Class()
	return class != nil && class.AllowsExtra()
}

// owner is where attributes are set: the call or target, the object, and the names.
type attributeSet struct {
	node  ast.Node
	owner ast.Expr
	names ast.Expr
	// keys is set where names is a dict, all of whose keys become attributes.
	keys bool
}

// attributeOwner takes apart what sets the attributes at the end of a path.
func attributeOwner(p *checks.Pass, path *checks.Path) (set attributeSet) {
	names, ok := path.Node.(ast.Expr)
	if !ok {
		return set
	}
	set.names = names
	around := p.Around(names)
	for i := len(around) - 2; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Subscript:
			set.node, set.owner = n, spaceOwner(n.Value)
			return set
		case *ast.Call:
			set.node = n
			at, method := n.Fn.(*ast.Attribute)
			switch name := checks.LastName(n.Fn); {
			case name == "setattr" || name == "__setattr__" && len(n.Args) == 3:
				set.owner = n.Args[0]
			case name == "__setattr__" && method:
				set.owner = at.Value
			case name == "update" && method:
				set.owner, set.keys = spaceOwner(at.Value), true
			}
			return set
		case ast.Stmt:
			return set
		}
	}
	return set
}

// spaceOwner is the object whose attributes an expression holds: x of vars(x) and x.__dict__, the
// expression itself for globals().
func spaceOwner(e ast.Expr) ast.Expr {
	switch n := e.(type) {
	case *ast.Attribute:
		return n.Value
	case *ast.Call:
		if len(n.Args) == 1 {
			return n.Args[0]
		}
	}
	return e
}

// ownNamespace reports whether an object is one that the function has made and that goes nowhere
// else, or one whose settings have checks of their own.
func ownNamespace(p *checks.Pass, path *checks.Path, owner ast.Expr) bool {
	text := strings.ToLower(p.File.Text(owner))
	for _, word := range [...]string{"generation_config", "tokenizer", "trainer", "training_args", "lora", "adapter", "peft"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	name, ok := owner.(*ast.Name)
	if !ok {
		return false
	}
	fn := p.FunctionAround(path.Node)
	if fn == nil {
		return false
	}
	if path.Call != nil && fn.Name.Id == "__init__" && name.Id == "self" {
		if class := path.Call.Frame.Class(); class != nil && class.Extends("builtins.dict") {
			return true // a dict whose entries can be read as attributes too
		}
	}
	made := checks.LastAssigned(fn.Body, name)
	call, ok := made.(*ast.Call)
	if !ok {
		return false
	}
	c := path.Engine.CallAt(call)
	if c == nil {
		return false
	}
	if c.Result.Is(namespaces...) {
		return !leavesAs(fn.Body, name.Id)
	}
	for _, t := range tuned {
		if c.Symbol.Under(t) {
			return true
		}
	}
	class := c.Callee.Class()
	return class != nil && !class.Extends(records...) && !leavesAs(fn.Body, name.Id)
}

// leavesAs reports whether statements hand an object on that a name stands for: to a session or a
// store, or into something that outlives them.
func leavesAs(body []ast.Stmt, name string) bool {
	found := false
	is := func(e ast.Expr) bool {
		n, ok := e.(*ast.Name)
		return ok && n.Id == name
	}
	ast.InspectStmts(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			at, method := n.Fn.(*ast.Attribute)
			if method && is(at.Value) && (at.Attr.Id == "save" || at.Attr.Id == "insert" || at.Attr.Id == "put") {
				found = true
			}
			if method && (at.Attr.Id == "add" || at.Attr.Id == "merge" || at.Attr.Id == "append" || at.Attr.Id == "save") {
				found = found || slices.ContainsFunc(n.Args, is)
			}
		case *ast.Assign:
			if is(n.Value) {
				for _, t := range n.Targets {
					if _, local := t.(*ast.Name); !local {
						found = true
					}
				}
			}
		case *ast.Global:
			for _, g := range n.Names {
				found = found || g.Id == name
			}
		}
		return !found
	})
	return found
}

// allowFields refuses names that are not on a list.
func allowFields(p *checks.Pass, path *checks.Path, at attributeSet) *fix.Fix {
	stmt := p.StmtOf(path.Node)
	if stmt == nil || checks.RunsLater(p.Module, path.Node, stmt) {
		return nil
	}
	text := p.File.Text(at.names)
	var lines []string
	var edits []fix.Edit
	if !named(at.names) { // what is read once is read before
		const name = "fields"
		fn := p.FunctionAround(stmt)
		if _, alone := stmt.(*ast.ExprStmt); !alone || fn == nil || slices.ContainsFunc(fn.Body, func(s ast.Stmt) bool { return checks.UsesName(s, name) }) {
			return nil
		}
		lines, edits = []string{name + " = " + text}, checks.Replace(p, at.names, name)
		text = name
	}
	test := "if " + text + " not in ALLOWED_FIELDS:"
	if at.keys {
		test = "if set(" + text + ") - ALLOWED_FIELDS:"
	}
	return checks.Fix(true, "set only the fields on a list",
		fix.InsertBefore(p.File, stmt, append(lines, test, `    raise ValueError("field not allowed")`)...), edits,
		fix.AddConstant(p.File, "ALLOWED_FIELDS: frozenset[str] = frozenset()", fix.Joined))
}

// named reports whether an expression only names something that is there.
func named(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
		return checks.Repeatable(e)
	}
	return false
}

// refuseDelta raises in the place of the statement that reads a delta.
func refuseDelta(p *checks.Pass, path *checks.Path) *fix.Fix {
	stmt := p.StmtOf(path.Call.Node)
	if stmt == nil || checks.RunsLater(p.Module, path.Call.Node, stmt) {
		return nil
	}
	switch stmt.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign, *ast.AugAssign, *ast.Return:
		return checks.Fix(true, "apply no deltas from outside", fix.ReplaceStmt(p.File, stmt, `raise ValueError("deltas from outside are not applied")`))
	}
	return nil
}
