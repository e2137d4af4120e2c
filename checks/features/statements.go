package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// asked are the labels of what somebody asks for: text of a request, and what a model makes of one.
var asked = []checks.Label{models.User, models.LLM}

// feastStatement is PML2116.
var feastStatement = &checks.Rule{
	Spec:  infoPML2116,
	Knows: []string{"pandas.DataFrame()"},
	From:  asked,
	Into:  []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink.Note != models.NoteFeastSQL || !isText(path.Value) || innocent(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: numbersOnly(p, path)})
	},
}

// storeStatement is PML2112.
var storeStatement = &checks.Rule{
	Spec:  infoPML2112,
	Knows: append([]string{snowflakeSQL}, snowflakeViews...),
	From:  asked,
	Into:  []checks.SinkKind{models.SQL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteFeatureSQL && !(c.Symbol.Is(snowflakeSQL) && becomesFeatures(p, path)) || innocent(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: numbersOnly(p, path)})
	},
}

const snowflakeSQL = "snowflake.snowpark.Session().sql"

// snowflakeViews are the class of Snowflake's feature views, by the names under which it is imported.
var snowflakeViews = []string{"snowflake.ml.feature_store.FeatureView", "snowflake.ml.feature_store.feature_view.FeatureView"}

// snowflakeFrames are the methods of Snowflake's feature store that are given a frame, and the arguments that they take it by.
var snowflakeFrames = map[string]struct {
	pos  int
	name string
}{
	"generate_training_set":   {0, "spine_df"},
	"generate_dataset":        {1, "spine_df"},
	"retrieve_feature_values": {0, "spine_df"},
}

// becomesFeatures reports whether the frame that a statement gives is what a feature view of Snowflake's is made of, or what
// features are looked up for.
func becomesFeatures(p *checks.Pass, path *checks.Path) bool {
	c := path.Call
	if !checks.GroupMentions(p, "feature_store") {
		return false
	}
	given := func(o *checks.Call, a *checks.Argument) bool {
		return a != nil && a.Node != nil && madeOf(o.Frame, a.Node, c)
	}
	for _, o := range path.Engine.CallsOf(snowflakeViews...) {
		if given(o, o.Arg(2, "feature_df")) {
			return true
		}
	}
	for name, at := range snowflakeFrames {
		for _, o := range c.Frame.CallsNamed(name) {
			if given(o, o.Arg(at.pos, at.name)) {
				return true
			}
		}
	}
	return false
}

// madeOf reports whether an expression's value was made of what a call gives.
func madeOf(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	for in := range f.MadeOf(e) {
		if in.Call != nil && in.Call.Node == c.Node {
			return true
		}
	}
	return false
}

// isText reports whether a value is a text, as far as is known: no frame of pandas.
func isText(v *checks.Value) bool {
	return slices.ContainsFunc(v.Alternatives(), func(v *checks.Value) bool {
		return !v.Is("pandas.DataFrame()") && checks.MayBeText(v)
	})
}

// innocent reports whether the data at the end of a path was looked at on the way, or nothing of it needs to be in there.
func innocent(p *checks.Pass, path *checks.Path) bool {
	return checks.OnlyMadeOf(path) || checks.OfRecord(path) || checks.Vetted(p, path, checks.AboutStatements)
}

// numbersOnly makes numbers of the values that a statement is made with. It is nil where one of them stands in quotes of the
// statement, or is put in as anything but one value.
func numbersOnly(p *checks.Pass, path *checks.Path) *fix.Fix {
	var edits []fix.Edit
	done := map[ast.Node]bool{}
	for _, v := range path.Value.Alternatives() {
		quoted := false
		for _, part := range v.Parts() {
			if part.Value == nil {
				quoted = quoted != (strings.Count(part.Text, "'")%2 == 1) != (strings.Count(part.Text, `"`)%2 == 1)
				continue
			}
			if !checks.ComesFrom(path, part.Value) {
				continue
			}
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			if !ok || quoted || part.Conv || in == nil || !in.Holds(e) {
				return nil
			}
			before, after := conversion(in, e)
			if before == "" {
				return nil
			}
			if !done[e] {
				done[e] = true
				edits = append(edits, p.InFile(in, []fix.Edit{{Start: int(e.Pos()), End: int(e.Stop()), New: before + in.File.Text(e) + after}})...)
			}
		}
	}
	if edits == nil {
		return nil
	}
	return checks.Fix(true, "let only a number into the statement", edits)
}

// conversion is what has to stand around an expression to make a number of it where it is put into a text, "" where it is put
// there in a way of which that is not known.
func conversion(m *checks.Module, e ast.Expr) (before, after string) {
	around := m.Around(e)
	for i := len(around) - 1; i > 0; i-- {
		if around[i] != ast.Node(e) {
			continue
		}
		switch parent := around[i-1].(type) {
		case *ast.Placeholder:
			return "int(", ")"
		case *ast.Keyword:
			return "int(", ")"
		case *ast.Call:
			if checks.LastName(parent.Fn) == "format" {
				return "int(", ")"
			}
		case *ast.Tuple:
			return "int(", ")"
		case *ast.BinOp:
			if parent.Op == "%" {
				return "int(", ")"
			}
			if parent.Op == "+" {
				return "str(int(", "))"
			}
		}
	}
	return "", ""
}
