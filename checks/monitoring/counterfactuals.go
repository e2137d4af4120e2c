package monitoring

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// trainingRows is PML2416.
var trainingRows = &checks.Rule{
	Spec:  infoPML2416,
	On:    []string{"dice_ml.{Dice,dice.Dice}"},
	Knows: []string{"dice_ml.{Data,data.Data}", "{streamlit,chainlit}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		method := c.Arg(2, "method")
		if method == nil || !slices.ContainsFunc(checks.Possible(c, method.Value), func(v *checks.Value) bool { text, _ := v.Text(); return text == "kdtree" }) || !holdsRecords(c) {
			return
		}
		for _, o := range c.Frame.CallsNamed("generate_counterfactuals") {
			at, ok := o.Node.Fn.(*ast.Attribute)
			if !ok || !comesOf(o.Frame, at.Value, c) {
				continue
			}
			if slices.ContainsFunc(handedOut(o, showsVisitors), func(f *checks.Frame) bool { return !forStaff(p, f) }) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, method, `"random"`)})
				return
			}
		}
	},
}

// holdsRecords reports whether the data that counterfactuals are looked for in are records, and none that everybody has.
func holdsRecords(c *checks.Call) bool {
	a := c.Arg(0, "data_interface")
	if a == nil || a.Node == nil {
		return false
	}
	for in := range c.Frame.MadeOf(a.Node) {
		if in.Call == nil {
			continue
		}
		if in.Call.Symbol.Is("dice_ml.Data", "dice_ml.data.Data") && in.Call.Arg(-1, "dataframe") == nil && in.Call.Arg(-1, "features") != nil {
			return false
		}
		if name := in.Call.Callee.Name(); strings.HasPrefix(name, "sklearn.datasets.") || strings.HasPrefix(name, "dice_ml.utils.helpers.load_") || strings.HasPrefix(name, "shap.datasets.") {
			return false
		}
	}
	return true
}

// showsVisitors reports whether a call shows what it is given on a page of Streamlit or in a chat.
func showsVisitors(c *checks.Call) bool {
	if !c.Symbol.Under("streamlit") && !c.Symbol.Under("chainlit") {
		return false
	}
	return slices.Contains([]string{"write", "dataframe", "table", "json", "data_editor", "markdown", "text", "metric", "html", "download_button", "Message", "Dataframe", "Text"}, checks.CalledName(c))
}

// staff are the words of routes and decorators that only people of the house use.
var staff = []string{"admin", "audit", "staff", "internal", "review", "superuser"}

// forStaff reports whether a function that serves requests does so for people of the house, by its name, its routes or its
// decorators.
func forStaff(p *checks.Pass, f *checks.Frame) bool {
	fn, m := f.Function(), p.Project.Module(f.Module())
	if fn == nil || fn.Def == nil || m == nil {
		return false
	}
	texts := []string{fn.Name}
	for _, d := range fn.Def.Decorators {
		texts = append(texts, m.File.Text(d))
	}
	for _, r := range f.Routes() {
		if r.Function == fn && r.Call != nil {
			if in := p.Project.Module(r.Call.Frame.Module()); in != nil {
				texts = append(texts, in.File.Text(r.Call.Node))
			}
		}
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		text = strings.ToLower(text)
		return slices.ContainsFunc(staff, func(word string) bool { return strings.Contains(text, word) })
	})
}
