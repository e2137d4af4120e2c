package features

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// scalers learn the scale of what they are fitted on.
var scalers = []string{"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "QuantileTransformer", "PowerTransformer"}

// scaleFunctions do that in one call.
var scaleFunctions = []string{"sklearn.preprocessing.scale", "sklearn.preprocessing.minmax_scale", "sklearn.preprocessing.maxabs_scale", "sklearn.preprocessing.robust_scale"}

// refitted are the methods that fit.
const refitted = "{fit,fit_transform,partial_fit}"

// scalerRefit is PML2103.
var scalerRefit = &checks.Rule{
	Spec:  infoPML2103,
	Knows: append([]string{"onnxruntime.InferenceSession().run"}, loadedNetworks...),
	On:    append([]string{estimators + "." + refitted, "?." + refitted}, scaleFunctions...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := firstOf(c)
		scales := c.Symbol.Is(scaleFunctions...)
		if a == nil || !scales && !isScaler(p, c) || !requested(c, a.Value, a.Node) || !asksFitted(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: useLoaded(p, c)})
	},
}

// encoders learn codes.
var encoders = []string{"LabelEncoder", "OrdinalEncoder", "OneHotEncoder", "LabelBinarizer", "MultiLabelBinarizer", "TargetEncoder"}

// encodingLearned is PML2105.
var encodingLearned = &checks.Rule{
	Spec:  infoPML2105,
	Knows: append([]string{"onnxruntime.InferenceSession().run"}, loadedNetworks...),
	On:    []string{"pandas.get_dummies", "pandas.factorize", "pandas.DataFrame().{get_dummies,factorize,astype}", estimators + "." + refitted, "{category_encoders.*,category_encoders.*.*}()." + refitted, "?." + refitted},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name := checks.CalledName(c)
		var given *checks.Value
		var at ast.Expr
		switch {
		case c.Method == "astype":
			a := c.Arg(0, "dtype")
			if a == nil || !readsCodes(p, c) {
				return
			}
			if t, _ := a.Value.Text(); t != "category" {
				return
			}
			given, at = c.Receiver, receiverOf(c)
		case c.Symbol.Is("pandas.get_dummies", "pandas.factorize"):
			if a := firstOf(c); a != nil {
				given, at = a.Value, a.Node
			}
		case name == "fit" || name == "fit_transform" || name == "partial_fit":
			if a := firstOf(c); a != nil && isEncoder(p, c) {
				given, at = a.Value, a.Node
			}
		}
		if given == nil || !requested(c, given, at) || fixedCategories(c) {
			return
		}
		list := askedAbout(p, c)
		list = slices.DeleteFunc(list, func(q question) bool { return trainedHere(q, c) || aligned(q, c) })
		if len(list) == 0 && !(name == "fit" && asksFitted(p, c)) {
			return
		}
		edit := useLoaded(p, c)
		if c.Symbol.Is("pandas.get_dummies") {
			edit = reindexed(p, c, list)
		}
		p.Report(checks.Report{Node: c.Node, Fix: edit})
	},
}

// firstOf is the argument with the rows.
func firstOf(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"X", "data", "values", "y", "raw_documents"} {
		if a := c.Arg(0, name); a != nil && a.Node != nil {
			return a
		}
	}
	return nil
}

// annotated is the name of the class that a name or attribute is declared to be of, "" where it is not declared.
func annotated(p *checks.Pass, f *checks.Frame, e ast.Expr) string {
	text := checks.ChainText(e)
	found := ""
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AnnAssign); ok && checks.ChainText(a.Target) == text && text != "" {
			if found = f.ValueOf(a.Annotation).Name(); found == "" {
				found = checks.LastName(a.Annotation)
			}
			found = found[strings.LastIndexByte(found, '.')+1:]
		}
		return found == ""
	})
	return found
}

// namedEncoder reports whether a name says that it is an encoder's.
func namedEncoder(e ast.Expr) bool {
	name := strings.ToLower(checks.LastName(e))
	return strings.Contains(name, "encod") || strings.Contains(name, "binarizer") || name == "le" || name == "ohe" || name == "oe" || strings.HasPrefix(name, "le_") || strings.HasSuffix(name, "_le")
}

// isScaler reports whether what a call fits is a scaler, a pipeline of these, or what was read of a file and is not known to be
// anything else.
func isScaler(p *checks.Pass, c *checks.Call) bool {
	e := receiverOf(c)
	if e == nil {
		return false
	}
	if class := annotated(p, c.Frame, e); class != "" {
		return slices.Contains(scalers, class)
	}
	list := makers(c)
	if len(list) == 0 {
		return isRead(c) && !namedEncoder(e) && !strings.Contains(strings.ToLower(checks.LastName(e)), "pca")
	}
	for _, made := range list {
		k, name := kindOf(made)
		if slices.Contains(scalers, name) {
			return true
		}
		if k != composed {
			continue
		}
		scales, other := false, false
		for in := range made.Frame.MadeOf(made.Node) {
			_, part := kindOf(in.Call)
			scales = scales || slices.Contains(scalers, part)
			other = other || slices.Contains(encoders, part)
		}
		if scales && !other {
			return true
		}
	}
	return false
}

// isEncoder reports whether what a call fits is an encoder.
func isEncoder(p *checks.Pass, c *checks.Call) bool {
	e := receiverOf(c)
	if e == nil {
		return false
	}
	if class := annotated(p, c.Frame, e); class != "" {
		return slices.Contains(encoders, class)
	}
	list := makers(c)
	for _, made := range list {
		if _, name := kindOf(made); slices.Contains(encoders, name) || made.Symbol.Under("category_encoders") {
			return true
		}
	}
	if o := c.Receiver.Origin(); o != nil && o.Symbol != nil && o.Symbol.Under("category_encoders") {
		return true
	}
	return len(list) == 0 && isRead(c) && namedEncoder(e)
}

// isRead reports whether the object of a method was read of a file.
func isRead(c *checks.Call) bool {
	if o := c.Receiver.Origin(); o != nil && o.Symbol != nil {
		return isLoad(o.Symbol.String())
	}
	for in := range c.Frame.StandsFor(receiverOf(c)) {
		if in.Call != nil && in.Call.Symbol != nil && isLoad(in.Call.Symbol.String()) {
			return true
		}
	}
	return false
}

// asksFitted reports whether a model that was fitted elsewhere is asked about what a call gives, or about what the same object
// transforms afterwards.
func asksFitted(p *checks.Pass, c *checks.Call) bool {
	outside := func(of *checks.Call) bool {
		return slices.ContainsFunc(askedAbout(p, of), func(q question) bool { return !trainedHere(q, c) && !aligned(q, of) })
	}
	if c.Method != "fit" && c.Method != "partial_fit" {
		return outside(c)
	}
	if outside(c) { // scaler.fit(x).transform(x)
		return true
	}
	text := checks.ChainText(receiverOf(c))
	for _, o := range c.Frame.CallsNamed("transform") {
		if (o.Frame != c.Frame || o.Node.Pos() > c.Node.Pos()) && text != "" && checks.ChainText(receiverOf(o)) == text && outside(o) {
			return true
		}
	}
	return false
}

// fixedCategories reports whether the code says which categories there are.
func fixedCategories(c *checks.Call) bool {
	for _, made := range makers(c) {
		if a := made.Arg(0, "categories"); a != nil {
			if t, known := a.Value.Text(); !known || t != "auto" {
				return true
			}
		}
	}
	sources := []ast.Expr{receiverOf(c)}
	if a := firstOf(c); a != nil {
		sources = append(sources, a.Node)
	}
	for _, e := range sources {
		if e == nil {
			continue
		}
		for in := range c.Frame.MadeOf(e) {
			if in.Call == nil {
				continue
			}
			switch checks.LastName(in.Call.Node.Fn) {
			case "Categorical", "CategoricalDtype", "set_categories", "concat", "append":
				return true // the training rows may be among them
			}
		}
	}
	return slices.ContainsFunc(c.Frame.Calls, func(o *checks.Call) bool {
		name := checks.LastName(o.Node.Fn)
		return (name == "Categorical" || name == "CategoricalDtype") && o.Node.Pos() < c.Node.Pos()
	})
}

// aligned reports whether the columns are put into the order of the training's between an encoding and a question.
func aligned(q question, c *checks.Call) bool {
	for in := range q.call.Frame.MadeOf(q.rows) {
		if in.Call != nil && (in.Call.Method == "reindex" || in.Call.Method == "align" || checks.LastName(in.Call.Node.Fn) == "reindex" || checks.LastName(in.Call.Node.Fn) == "align") {
			return true
		}
	}
	picked := false
	for _, f := range []*checks.Frame{q.call.Frame, c.Frame} {
		f.InspectOwn(func(n ast.Node) bool {
			if s, ok := n.(*ast.Subscript); ok && !picked && (f != c.Frame || s.Pos() > c.Node.Stop() || s.Range().Contains(c.Node.Range())) {
				switch i := s.Index.(type) {
				case *ast.Name, *ast.Attribute, *ast.List:
					picked = s.Range().Contains(c.Node.Range()) || f.CallAt(c.Node) != nil && madeOfRows(f, s.Value, c) && !oneColumn(f, i)
				}
			}
			return !picked
		})
	}
	return picked
}

// madeOfRows reports whether a name holds what is made of what a call gives.
func madeOfRows(f *checks.Frame, e ast.Expr, c *checks.Call) bool {
	if _, ok := e.(*ast.Name); !ok {
		return false
	}
	return madeOf(f, e, c)
}

// oneColumn reports whether an index is a text: the name of one column.
func oneColumn(f *checks.Frame, e ast.Expr) bool {
	if _, list := e.(*ast.List); list {
		return false
	}
	_, text := f.ValueOf(e).Text()
	return text
}

// readsCodes reports whether the codes of a column's categories are read of what a call gives.
func readsCodes(p *checks.Pass, c *checks.Call) bool {
	around := p.Around(c.Node)
	for _, n := range around {
		if at, ok := n.(*ast.Attribute); ok && at.Attr.Id == "codes" {
			return true
		}
	}
	return false
}

// useLoaded transforms with what was fitted in training.
func useLoaded(p *checks.Pass, c *checks.Call) *fix.Fix {
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok || !p.Holds(c.Node) {
		return nil
	}
	const message = "use what was fitted in training"
	var edits, imports []fix.Edit
	if !isRead(c) {
		list := makers(c)
		if len(list) != 1 || list[0].Frame != c.Frame || !isScaler(p, c) || annotated(p, c.Frame, receiverOf(c)) != "" {
			return nil
		}
		var load string
		load, imports = fix.Reach(p.File, "joblib.load", "import joblib", fix.InOrder)
		edits = checks.Replace(p, list[0].Node, load+`("scaler.joblib")`)
	}
	switch c.Method {
	case "fit_transform":
		if len(c.Node.Args)+len(c.Node.Keywords) > 1 {
			return nil
		}
		return checks.Fix(true, message, edits, checks.Replace(p, at.Attr, "transform"), imports)
	case "fit", "partial_fit":
		if s, ok := p.StmtOf(c.Node).(*ast.ExprStmt); ok && s.Value == ast.Expr(c.Node) {
			return checks.Fix(true, message, edits, fix.RemoveStmt(p.File, s), imports)
		}
	}
	return nil
}

// reindexed puts the columns into the order that the model has learnt.
func reindexed(p *checks.Pass, c *checks.Call, list []question) *fix.Fix {
	if len(list) == 0 || !p.Holds(c.Node) {
		return nil
	}
	name := modelName(p, list[0])
	if name == "" || list[0].call.Frame != c.Frame {
		return nil
	}
	at := int(c.Node.Stop())
	return checks.Fix(true, "give the model the columns that it has learnt", []fix.Edit{{Start: at, End: at, New: ".reindex(columns=" + name + ".feature_names_in_, fill_value=0)"}})
}
