package registries

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// loaders read a model from a file that they are told by name; unpicklers are given the file, open or as bytes.
var (
	loaders = []string{
		"joblib.load", "joblib.numpy_pickle.load", "sklearn.externals.joblib.load", "skops.io.load",
		"onnxruntime.InferenceSession", "fasttext.load_model", "fasttext.FastText.load_model", "llama_cpp.Llama", "llama_cpp.llama.Llama", "ctranslate2.Translator", "ctranslate2.Generator", "ctranslate2.Encoder",
		"xgboost.Booster", "xgboost.Booster().load_model", "xgboost.XGBModel().load_model", "xgboost.XGBClassifier().load_model", "xgboost.XGBRegressor().load_model", "xgboost.XGBRanker().load_model",
		"xgboost.XGBRFClassifier().load_model", "xgboost.XGBRFRegressor().load_model",
		"lightgbm.Booster", "catboost.CatBoost().load_model", "catboost.CatBoostClassifier().load_model", "catboost.CatBoostRegressor().load_model", "catboost.CatBoostRanker().load_model",
		"ultralytics.YOLO", "ultralytics.RTDETR", "ultralytics.SAM", "ultralytics.YOLOWorld", "ultralytics.FastSAM", "ultralytics.NAS",
	}
	unpicklers = slices.DeleteFunc(slices.Concat(checks.UnpickleFile, checks.UnpickleBytes), func(name string) bool {
		return name == "marshal.load" || name == "marshal.loads"
	})
)

// pathFromRequest is PML4308.
var pathFromRequest = &checks.Rule{
	Spec: infoPML4308,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.ModelSource, models.Deserialize},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		named := modelFile(path)
		if named == nil || named.Mark.Clean.Has(models.Path) || !named.Mark.Holds("/") || named.Mark.Lacks("..") || named.Mark.MadeOf() ||
			checks.Vetted(p, named, checks.AboutPaths) || checks.LookedUp(p, named) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.RequireNames(p, named, "bad model name")})
	},
}

// modelFile is the way by which a request names the file that a model is loaded from: the given one to a loader, or where
// the model is read from an open file that by which the file was opened. It is nil for data that is the model itself.
func modelFile(path *checks.Path) *checks.Path {
	c := path.Call
	switch {
	case c == nil || path.Mark.InFile():
		return nil
	case c.Symbol.Is(unpicklers...) || c.Symbol.Is(loaders...) && path.Mark.Trace.Passes(flow.OutOfFile):
		return openedBy(path)
	case !c.Symbol.Is(loaders...) || path.Value.OpenFile() || path.Sink.Arg == "model_str" || isContent(path):
		return nil
	}
	return path
}

// openedBy is the way to the call that opens the file out of which data comes.
func openedBy(path *checks.Path) *checks.Path {
	var opened []ast.Node
	for _, t := range path.Trace.Steps() {
		if t.Text == flow.OutOfFile {
			opened = append(opened, t.Node)
		}
	}
	if opened == nil {
		return nil
	}
	for _, o := range path.Engine.Paths(models.Path) {
		if o.Call != nil && o.Mark.Label == path.Mark.Label && slices.Contains(opened, ast.Node(o.Call.Node)) {
			return o
		}
	}
	return nil
}

// isContent reports whether data is bytes rather than a name: the whole body of a request, or what some text encodes.
func isContent(path *checks.Path) bool {
	if path.Value.Is("builtins.bytes()") {
		return true
	}
	return slices.ContainsFunc(path.Trace.Steps(), func(t *flow.Trace) bool {
		c, ok := t.Node.(*ast.Call)
		if !ok {
			return false
		}
		switch checks.LastName(c.Fn) {
		case "b64decode", "urlsafe_b64decode", "standard_b64decode", "a85decode", "b85decode", "unhexlify", "fromhex", "decompress", "body", "get_data":
			return true
		}
		return false
	})
}
