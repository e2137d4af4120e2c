package datasets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// hudiRetention is PML4225.
var hudiRetention = &checks.Rule{
	Spec:  infoPML4225,
	Needs: []string{"hoodie."},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, set := range hudiSets(p, f) {
			set.report(p)
		}
	},
}

// hudiOption is an option with its value, as far as it is known, and the expression that gives it.
type hudiOption struct {
	value string
	node  ast.Node
}

// hudiSet is a set of options of one writer.
type hudiSet struct {
	options map[string]hudiOption
	// writer is set where the options are known to be those of a writer of Hudi.
	writer bool
}

// keeping are options that say how much is kept, with Hudi's default; versions tells that they count file versions, which
// is the policy's business.
type keeping struct {
	names    []string
	standard string
	versions bool
}

var retained = []keeping{
	{[]string{"hoodie.cleaner.commits.retained", "hoodie.clean.commits.retained"}, "10", false},
	{[]string{"hoodie.cleaner.fileversions.retained", "hoodie.clean.fileversions.retained"}, "3", true},
}

func (s *hudiSet) report(p *checks.Pass) {
	among := 0
	for name := range s.options {
		if strings.HasPrefix(name, "hoodie.") {
			among++
		}
	}
	if !s.writer && among < 2 || strings.EqualFold(s.options["hoodie.clean.automatic"].value, "false") {
		return
	}
	for _, kept := range retained {
		if kept.versions && s.options["hoodie.cleaner.policy"].value != "KEEP_LATEST_FILE_VERSIONS" && s.options["hoodie.clean.policy"].value != "KEEP_LATEST_FILE_VERSIONS" {
			continue
		}
		for _, name := range kept.names {
			o, given := s.options[name]
			if n, err := strconv.ParseFloat(o.value, 64); !given || o.node == nil || err != nil || n != 0 && n != 1 {
				continue
			}
			r := checks.Report{Node: o.node, In: p.Holder(o.node)}
			if r.In == nil {
				continue
			}
			r.Fix = checks.FixAt(p, o.node, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(true, "keep as many as Hudi does by default: "+kept.standard, otherNumber(there, o, kept.standard))
			})
			p.Report(r)
		}
	}
}

// otherNumber writes another number in the place of an option's, in the quotes that there are.
func otherNumber(p *checks.Pass, o hudiOption, number string) []fix.Edit {
	switch n := o.node.(type) {
	case *ast.Str:
		if edits := fix.ReplaceInString(p.File, n, o.value, number); edits != nil && n.Value == o.value {
			return edits
		}
		return sqlNumber(p, n, o, number)
	case *ast.Number:
		return checks.Replace(p, n, number)
	case *ast.Call: // str(1)
		return checks.Replace(p, n, strconv.Quote(number))
	case ast.Expr:
		return checks.Replace(p, n, number)
	}
	return nil
}

// folded is the constant that an expression is, as it is written to an option; "" where it is none.
func folded(p *checks.Pass, f *checks.Frame, e ast.Expr, depth int) string {
	switch n := e.(type) {
	case *ast.Str:
		return n.Value
	case *ast.Number:
		return p.File.Text(n)
	case *ast.Constant:
		return strings.ToLower(p.File.Text(n))
	case *ast.Call:
		if name, ok := n.Fn.(*ast.Name); ok && name.Id == "str" && len(n.Args) == 1 && depth < 4 {
			return folded(p, f, n.Args[0], depth+1)
		}
	case *ast.Name:
		if given := checks.LastAssigned(checks.BodyOf(f), n); given != nil && depth < 4 {
			return folded(p, f, given, depth+1)
		}
		return valueText(f.ValueOf(n))
	case *ast.Attribute:
		return valueText(f.ValueOf(n))
	}
	return ""
}

// valueText is the text of a constant, as it is written to an option.
func valueText(v *checks.Value) string {
	v = constant(v)
	switch {
	case v.IsFalse():
		return "false"
	case v.IsTrue():
		return "true"
	}
	if n, ok := v.Number(); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	text, _ := v.Text()
	return text
}

// hudiSets are the sets of options in a function's own code: dicts, with what is added to them later, chains of a writer,
// statements of SQL.
func hudiSets(p *checks.Pass, f *checks.Frame) []*hudiSet {
	var out []*hudiSet
	byName := map[string]*hudiSet{}
	chains := map[ast.Node]bool{}
	add := func(s *hudiSet, key, value ast.Expr) {
		if name := folded(p, f, key, 0); name != "" && value != nil {
			s.options[name] = hudiOption{folded(p, f, value, 0), value}
		}
	}
	entries := func(s *hudiSet, d *ast.Dict) {
		for i, k := range d.Keys {
			if k != nil {
				add(s, k, d.Values[i])
				continue
			}
			// What is unpacked is reported where it stands.
			if base := dictNamed(p, f, d.Values[i]); base != nil && base != d {
				from := &hudiSet{options: map[string]hudiOption{}}
				for j, k := range base.Keys {
					if k != nil {
						add(from, k, base.Values[j])
					}
				}
				for name, o := range from.options {
					s.options[name] = hudiOption{value: o.value}
				}
			}
		}
	}
	named := func(name string) *hudiSet {
		if byName[name] == nil {
			byName[name] = &hudiSet{options: map[string]hudiOption{}}
			out = append(out, byName[name])
		}
		return byName[name]
	}
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if at, ok := n.Targets[0].(*ast.Subscript); ok {
				if strings.HasPrefix(folded(p, f, at.Index, 0), "hoodie.") {
					add(named(p.File.Text(at.Value)), at.Index, n.Value)
				}
			}
			if d, ok := n.Value.(*ast.Dict); ok && len(n.Targets) == 1 {
				entries(named(p.File.Text(n.Targets[0])), d)
				chains[d] = true
			}
		case *ast.AnnAssign:
			if d, ok := n.Value.(*ast.Dict); ok {
				entries(named(p.File.Text(n.Target)), d)
				chains[d] = true
			}
		case *ast.Dict:
			if !chains[n] {
				s := &hudiSet{options: map[string]hudiOption{}}
				entries(s, n)
				out = append(out, s)
			}
		case *ast.Call:
			if at, ok := n.Fn.(*ast.Attribute); ok && at.Attr.Id == "update" && len(n.Args) == 1 {
				if d, ok := n.Args[0].(*ast.Dict); ok {
					entries(named(p.File.Text(at.Value)), d)
					chains[d] = true
				}
			}
			if s := hudiChain(f, n, chains); s != nil {
				out = append(out, s)
			}
			if c := f.CallAt(n); c != nil {
				for i := range c.Args {
					if s := hudiStatement(&c.Args[i]); s != nil {
						out = append(out, s)
					}
				}
			}
		}
		return true
	})
	return out
}

// hudiChain are the options of a writer that a chain of calls makes, nil where that is none of Hudi. The outermost call
// of a chain comes first.
func hudiChain(f *checks.Frame, c *ast.Call, seen map[ast.Node]bool) *hudiSet {
	if seen[c] {
		return nil
	}
	s := &hudiSet{options: map[string]hudiOption{}, writer: true}
	hudi := false
	var e ast.Expr = c
	for range 100 {
		seen[e] = true
		if name, ok := e.(*ast.Name); ok {
			if e = checks.LastAssigned(checks.BodyOf(f), name); e != nil {
				continue
			}
			// What a caller hands in.
			callers := f.Callers()
			if f.Function() == nil || len(callers) == 0 {
				break
			}
			a := callers[0].GivenTo(f.Function(), name.Id)
			if a == nil || a.Node == nil {
				break
			}
			e, f = a.Node, callers[0].Frame
			continue
		}
		if at, ok := e.(*ast.Attribute); ok {
			e = at.Value
			continue
		}
		call, ok := e.(*ast.Call)
		if !ok {
			break
		}
		at, ok := call.Fn.(*ast.Attribute)
		if !ok {
			break
		}
		switch at.Attr.Id {
		case "format":
			if c := f.CallAt(call); c != nil {
				if a := c.Arg(0, "source"); a != nil {
					name, _ := constant(a.Value).Text()
					hudi = hudi || name == "hudi" || name == "org.apache.hudi"
				}
			}
		case "option":
			if c := f.CallAt(call); c != nil {
				key, value := c.Arg(0, "key"), c.Arg(1, "value")
				if key == nil || value == nil || value.Node == nil {
					break
				}
				if name, _ := constant(key.Value).Text(); name != "" && s.options[name].node == nil { // the last one counts
					s.options[name] = hudiOption{valueText(value.Value), value.Node}
				}
			}
		case "options":
			for _, k := range call.Keywords {
				if d, ok := k.Value.(*ast.Dict); ok {
					seen[d] = true
				}
			}
			if c := f.CallAt(call); c != nil {
				for i := range c.Args {
					if a := &c.Args[i]; a.Name != "" && a.Given != nil && s.options[a.Name].node == nil {
						s.options[a.Name] = hudiOption{valueText(a.Value), a.Given}
					}
				}
			}
		}
		e = at.Value
	}
	if !hudi || len(s.options) == 0 {
		return nil
	}
	return s
}

// dictNamed is the dict that an expression is, or that a name of the function or the file was given.
func dictNamed(p *checks.Pass, f *checks.Frame, e ast.Expr) *ast.Dict {
	if name, ok := e.(*ast.Name); ok {
		if e = checks.LastAssigned(checks.BodyOf(f), name); e == nil {
			for _, s := range p.File.Body {
				if a, ok := s.(*ast.Assign); ok && len(a.Targets) == 1 && p.File.Text(a.Targets[0]) == name.Id {
					e = a.Value
				}
			}
		}
	}
	d, _ := e.(*ast.Dict)
	return d
}

// hudiSetting finds an option with its value in a statement: SET NAME=VALUE, 'NAME' = 'VALUE' among TBLPROPERTIES.
var hudiSetting = regexp.MustCompile("[`'\"]?\\b(hoodie\\.[a-z.]+)[`'\"]?\\s*=\\s*['\"]?([\\w.]+)")

// hudiStatement are the options that a constant statement sets.
func hudiStatement(a *checks.Argument) *hudiSet {
	text, known := constant(a.Value).Text()
	if !known || a.Node == nil || !strings.Contains(text, "hoodie.") {
		return nil
	}
	words := strings.Fields(strings.ToUpper(text))
	if len(words) == 0 || words[0] != "SET" && !strings.Contains(strings.ToUpper(text), "TBLPROPERTIES") && !slices.Contains(words, "OPTIONS") {
		return nil
	}
	s := &hudiSet{options: map[string]hudiOption{}, writer: true}
	lit, _ := constant(a.Value).Literal()
	if lit == nil {
		lit = a.Node
	}
	for _, m := range hudiSetting.FindAllStringSubmatch(text, -1) {
		s.options[m[1]] = hudiOption{m[2], lit}
	}
	return s
}

// sqlNumber writes another number for an option within a statement.
func sqlNumber(p *checks.Pass, n *ast.Str, o hudiOption, number string) []fix.Edit {
	for _, m := range hudiSetting.FindAllStringSubmatchIndex(p.File.Text(n), -1) {
		text := p.File.Text(n)
		if name := text[m[2]:m[3]]; text[m[4]:m[5]] == o.value && slices.ContainsFunc(retained, func(k keeping) bool { return k.standard == number && slices.Contains(k.names, name) }) {
			return []fix.Edit{{Start: int(n.Pos()) + m[4], End: int(n.Pos()) + m[5], New: number}}
		}
	}
	return nil
}
