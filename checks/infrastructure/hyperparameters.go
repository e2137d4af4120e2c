package infrastructure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// secretsTracked is PML2235.
var secretsTracked = &checks.Rule{
	Spec:  infoPML2235,
	Knows: []string{"{dataclasses,attr,attrs}.asdict", "copy.{copy,deepcopy}", "builtins.{vars,dict,str}"},
	From:  []checks.Label{models.Secret, models.Local},
	Into:  []checks.SinkKind{models.Log},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Sink.Note != models.NoteTracked || path.Mark.MadeOf() {
			return
		}
		all := path.Mark.Label == models.Local && checks.WholeEnvironment(path)
		if path.Mark.Label != models.Secret && !all || checks.Vetted(p, path, nil) {
			return
		}
		if all && checks.EachVariable(p, path) {
			return
		}
		r := checks.Report{Node: path.Node, Path: path}
		if c := path.Call; c != nil {
			r.Node = c.Node
			if all {
				r.Fix = withoutEnvironment(p, path)
			}
		} else if s := p.StmtOf(path.Node); s != nil {
			r.Node = s
		}
		p.Report(r)
	},
	On: []string{
		"mlflow.{log_params,log_dict,set_tags}", "wandb.init", "wandb.config.update", "wandb.log", "{wandb.init(),wandb.run,wandb.Run(),wandb.sdk.wandb_run.Run()}.{config.update,log}",
		"{comet_ml.Experiment(),comet_ml.OfflineExperiment(),comet_ml.ExistingExperiment(),comet_ml.start(),comet_ml.get_global_experiment(),comet_ml.get_running_experiment()}.{log_parameters,log_others}",
		"{neptune.init_run(),neptune.init(),neptune.Run()}[].assign", "clearml.{Task.init(),Task.current_task(),Task.create(),Task()}.connect",
		"{torch.utils.tensorboard,tensorboardX,torch.utils.tensorboard.writer}.SummaryWriter().{add_hparams,add_text}", "?.{log_parameters,log_others,add_hparams}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "params")
		for _, name := range [...]string{"dictionary", "tags", "d", "data", "parameters", "mutable", "value", "hparam_dict"} {
			if a == nil {
				a = c.Arg(0, name)
			}
		}
		switch {
		case c.Symbol.Is("wandb.init"):
			a = c.Arg(-1, "config")
		case c.Method == "add_text":
			a = c.Arg(1, "text_string")
		}
		if a == nil || a.Node == nil {
			return
		}
		e, ok := a.Given.(ast.Expr)
		if !ok || !a.Unpacked {
			e = a.Node
		}
		object := c.Symbol.Is("wandb.init") || c.Method == "connect" || c.Method == "update"
		if names := exposed(p, c.Frame, e, object, 0); len(names) > 0 {
			p.Report(checks.Report{Node: c.Node, Fix: withoutNames(p, c.Frame, e, names)})
		}
	},
	To: []string{models.TrackedItems},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if s.From == nil {
			return
		}
		if names := exposed(p, s.Frame, s.From, false, 0); len(names) > 0 {
			stmt := p.StmtOf(s.Node)
			if stmt == nil {
				return
			}
			p.Report(checks.Report{Node: stmt, Fix: withoutNames(p, s.Frame, s.From, names)})
		}
	},
}

// exposed lists the names of the options or fields that are credentials among what an expression holds all of: vars(args),
// asdict(cfg), a dict of these. object tells that the arguments themselves are read like a dict.
func exposed(p *checks.Pass, f *checks.Frame, e ast.Expr, object bool, depth int) []string {
	if depth > 4 {
		return nil
	}
	for _, s := range f.SpelledOut(e) {
		var names []string
		switch n := s.Expr.(type) {
		case *ast.Call:
			switch name := functionOf(s.Frame, n); {
			case (name == "vars" || name == "asdict") && len(n.Args) == 1:
				names = credentials(p, s.Frame, n.Args[0])
			case (name == "dict" || name == "deepcopy" || name == "str") && len(n.Args) == 1:
				names = exposed(p, s.Frame, n.Args[0], object, depth+1)
			case name == "copy":
				if at, ok := n.Fn.(*ast.Attribute); ok && len(n.Args) == 0 {
					names = exposed(p, s.Frame, at.Value, object, depth+1)
				} else if len(n.Args) == 1 {
					names = exposed(p, s.Frame, n.Args[0], object, depth+1)
				}
			}
		case *ast.Attribute:
			if n.Attr.Id == "__dict__" {
				names = credentials(p, s.Frame, n.Value)
			}
		case *ast.Dict:
			for i, k := range n.Keys {
				if k == nil {
					names = append(names, exposed(p, s.Frame, n.Values[i], object, depth+1)...)
				}
			}
		case *ast.Name:
			if object {
				names = credentials(p, s.Frame, n)
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { return removed(f, name) || removed(s.Frame, name) })
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// functionOf is the name of the function that is called, as its library calls it.
func functionOf(f *checks.Frame, n *ast.Call) string {
	if c := f.CallAt(n); c != nil {
		return checks.CalledName(c)
	}
	return checks.LastName(n.Fn)
}

// credentials lists the names of those options or fields of an object that are credentials: of what a parser gives, or of a
// dataclass.
func credentials(p *checks.Pass, f *checks.Frame, e ast.Expr) []string {
	var names []string
	for _, v := range f.ValueOf(e).Alternatives() {
		if class := v.Class(); class != nil {
			names = append(names, fieldsOf(class)...)
		}
	}
	parsed := false
	for in := range f.StandsFor(e) {
		if in.Call != nil && names == nil && len(in.Steps) == 0 {
			if class := in.Call.Callee.Class(); class != nil {
				names = append(names, fieldsOf(class)...)
			}
		}
		if in.Call != nil && (in.Call.Method == "parse_args" || in.Call.Method == "parse_known_args") {
			parsed = true
			break
		}
	}
	if names != nil || !parsed {
		return names
	}
	return slices.Clone(checks.OfGroup(p, "options that are credentials", func() []string { return options(f) }))
}

// fieldsOf lists the fields of a class that are credentials and show.
func fieldsOf(class *checks.ProjectClass) []string {
	var names []string
	for _, field := range class.AllFields() {
		if isCredential(field.Name) && (field.Annotation == nil || !secretType(field.Annotation)) {
			names = append(names, field.Name)
		}
	}
	return names
}

// secretType reports whether an annotation is that of a text that does not show.
func secretType(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || strings.HasPrefix(n.Id, "Secret") || n.Id == "int" || n.Id == "float" || n.Id == "bool"
		case *ast.Attribute:
			found = found || strings.HasPrefix(n.Attr.Id, "Secret")
		}
		return !found
	})
	return found
}

// options lists the options of the program's parsers that are credentials.
func options(any *checks.Frame) []string {
	var out []string
	for _, f := range any.Everywhere() {
		for _, c := range f.Calls {
			if c.Method != "add_argument" {
				continue
			}
			if a := c.Arg(-1, "action"); a != nil {
				if t, _ := a.Value.Text(); t != "store" {
					continue
				}
			}
			if a := c.Arg(-1, "type"); a != nil && a.Value.Is("builtins.int", "builtins.float", "builtins.bool") || a != nil && slices.Contains([]string{"int", "float", "bool"}, checks.LastName(a.Node)) {
				continue
			}
			name := ""
			for i := range c.Args {
				if t, ok := c.Args[i].Value.Text(); ok && c.Args[i].Name == "" && (name == "" || strings.HasPrefix(t, "--")) {
					name = t
				}
			}
			if a := c.Arg(-1, "dest"); a != nil {
				if t, ok := a.Value.Text(); ok {
					name = t
				}
			}
			if name = strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_"); isCredential(name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// tokensOfText are the words in front of "token" that tell of a piece of text.
var tokensOfText = []string{"pad", "eos", "bos", "sep", "cls", "mask", "unk", "special", "image", "img", "start", "end", "stop", "num", "max", "min", "per", "next", "first", "last", "new", "trigger", "placeholder", "initializer", "class", "audio", "video", "vision", "speech", "separator", "decoder", "prompt", "modifier", "instance", "style", "begin", "blank"}

// isCredential reports whether an option or field of a name is a credential.
func isCredential(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' })
	n := len(words)
	if n == 0 {
		return false
	}
	last, before := words[n-1], ""
	if n > 1 {
		before = words[n-2]
	}
	switch last {
	case "apikey", "secret", "password", "passwd", "credential", "credentials":
		return true
	case "token":
		return !slices.Contains(tokensOfText, before)
	case "key":
		return before == "api" || before == "access" || before == "private" || before == "secret"
	}
	return false
}

// removed reports whether a function names an option for anything but to declare it: it takes it out, empties it, or filters
// by it.
func removed(f *checks.Frame, name string) bool {
	found := false
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "add_argument":
				return false
			case "pop", "setattr", "delattr", "__delitem__":
				for _, a := range n.Args {
					if s, ok := a.(*ast.Str); ok && s.Value == name {
						found = true
					}
				}
			}
		case *ast.Delete:
			ast.Inspect(n, func(x ast.Node) bool {
				switch x := x.(type) {
				case *ast.Str:
					found = found || x.Value == name
				case *ast.Attribute:
					found = found || x.Attr.Id == name
				}
				return true
			})
		case *ast.Assign:
			for _, t := range n.Targets {
				switch t := t.(type) {
				case *ast.Attribute:
					found = found || t.Attr.Id == name
				case *ast.Subscript:
					if s, ok := t.Index.(*ast.Str); ok {
						found = found || s.Value == name
					}
				}
			}
		}
		return !found
	})
	return found
}

// withoutNames leaves the names out where all arguments are handed on.
func withoutNames(p *checks.Pass, f *checks.Frame, e ast.Expr, names []string) *fix.Fix {
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, strconv.Quote(n))
	}
	list := "(" + strings.Join(quoted, ", ")
	if len(quoted) == 1 {
		list += ","
	}
	list += ")"
	for _, s := range f.SpelledOut(e) {
		x := s.Expr
		if d, ok := x.(*ast.Dict); ok {
			for i, k := range d.Keys {
				if k == nil {
					x = d.Values[i]
				}
			}
		}
		switch n := x.(type) {
		case *ast.Call:
			if name := functionOf(s.Frame, n); name != "vars" && name != "asdict" {
				continue
			}
		case *ast.Attribute:
			if n.Attr.Id != "__dict__" {
				continue
			}
		default:
			continue
		}
		return checks.FixAt(p, x, func(there *checks.Pass) *fix.Fix {
			return checks.Fix(true, "leave the credentials out", checks.Replace(there, x, "{k: v for k, v in "+there.File.Text(x)+".items() if k not in "+list+"}"))
		})
	}
	if n, ok := e.(*ast.Name); ok && p.Holds(n) {
		return checks.Fix(true, "leave the credentials out", checks.Replace(p, n, "{k: v for k, v in vars("+n.Id+").items() if k not in "+list+"}"))
	}
	return nil
}

// withoutEnvironment deletes an argument that is the whole environment.
func withoutEnvironment(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	for i := range c.Args {
		a := &c.Args[i]
		if a.Node == nil || ast.Node(a.Node) != path.Node {
			continue
		}
		if a.Keyword != nil && !a.Unpacked {
			return checks.Fix(true, "keep the environment out", checks.RemoveArg(p, c, a))
		}
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, "keep the environment out", fix.RemoveStmt(p.File, s))
		}
	}
	return nil
}
