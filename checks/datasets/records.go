package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// recordEval is PML4210.
var recordEval = &checks.Rule{
	Spec:  infoPML4210,
	Knows: datasetClasses,
	On:    []string{"builtins.eval", "builtins.map"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		called, given := c.Node.Fn, c.Arg(0, "")
		if c.Symbol.Is("builtins.map") { // map(eval, row["boxes"])
			if given == nil || !given.Value.Is("builtins.eval") {
				return
			}
			called, given = given.Node, c.Arg(1, "")
		}
		if given == nil || given.Node == nil || !p.Holds(called) || !ofRecords(c, given) || handedToColumn(p, c) || looksUpName(p, c, given) {
			return
		}
		literal, imports := fix.Reach(p.File, "ast.literal_eval", "import ast", fix.BeforeFirstImport)
		edits := checks.Replace(p, called, literal)
		if c.Symbol.Is("builtins.eval") {
			edits = checks.Replace(p, c.Node, literal+"("+p.File.Text(given.Node)+")")
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "read literals only: ast.literal_eval", edits, imports)})
	},
}

// datasetClasses are the classes that data sets and their loaders derive from.
var datasetClasses = []string{
	"torch.utils.data.Dataset", "torch.utils.data.IterableDataset", "torch.utils.data.dataset.Dataset", "torch.utils.data.dataset.IterableDataset", "torch.utils.data.TensorDataset",
	"torch.utils.data.Subset", "torch.utils.data.ConcatDataset", "torchvision.datasets.VisionDataset", "torchvision.datasets.vision.VisionDataset", "torchvision.datasets.ImageFolder",
	"torchvision.datasets.DatasetFolder", "torchvision.datasets.CocoDetection", "torch_geometric.data.Dataset", "torch_geometric.data.InMemoryDataset",
	"lightning.pytorch.LightningDataModule", "lightning.LightningDataModule", "pytorch_lightning.LightningDataModule",
	"datasets.GeneratorBasedBuilder", "datasets.ArrowBasedBuilder", "datasets.builder.GeneratorBasedBuilder",
	"tensorflow_datasets.core.GeneratorBasedBuilder", "tensorflow_datasets.core.BeamBasedBuilder",
	"keras.utils.Sequence", "keras.utils.PyDataset", "keras.utils.data_utils.Sequence", "tensorflow.keras.utils.Sequence", "tensorflow.keras.utils.PyDataset",
}

// ofRecords reports whether a call stands in a method of a data set, or in a function of its file that such a method
// hands what is evaluated, and evaluates more than constants of the code.
func ofRecords(c *checks.Call, given *checks.Argument) bool {
	made, param := false, false
	for in := range c.Frame.MadeOf(given.Node) {
		made = made || in.Literal == nil
		param = param || in.Param != nil && in.Frame == c.Frame
	}
	if _, constant := given.Value.Text(); constant || !made && !given.Unpacked && onlyLiterals(given.Node) {
		return false
	}
	return inDataset(c.Frame) || param && calledByDataset(c.Frame, 0)
}

// onlyLiterals reports whether an expression holds no name, attribute or call.
func onlyLiterals(e ast.Expr) bool {
	plain := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Name, *ast.Attribute, *ast.Call:
			plain = false
		}
		return plain
	})
	return plain
}

func inDataset(f *checks.Frame) bool {
	class, _, _ := checks.MethodClass(f)
	return class != nil && class.Extends(datasetClasses...)
}

func calledByDataset(f *checks.Frame, depth int) bool {
	return depth < 3 && slices.ContainsFunc(f.Callers(), func(c *checks.Call) bool {
		return c.Frame.Module() == f.Module() && (inDataset(c.Frame) || calledByDataset(c.Frame, depth+1))
	})
}

// handedToColumn reports whether a call stands in a lambda that a column's method is given, which PML4213 is about.
func handedToColumn(p *checks.Pass, c *checks.Call) bool {
	around := p.Around(c.Node)
	for i := 1; i < len(around); i++ {
		if _, ok := around[i].(*ast.Lambda); !ok {
			continue
		}
		if outer, ok := around[i-1].(*ast.Call); ok {
			switch checks.LastName(outer.Fn) {
			case "apply", "map", "applymap", "transform", "map_elements", "map_rows":
				_, method := outer.Fn.(*ast.Attribute)
				return method
			}
		}
	}
	return false
}

// looksUpName reports whether eval stands for a name of the code: its result is called, or the text begins with a module
// and a dot, or it is a setting that the constructor was given as a whole.
func looksUpName(p *checks.Pass, c *checks.Call, given *checks.Argument) bool {
	around := p.Around(c.Node)
	if len(around) > 1 {
		if outer, ok := around[len(around)-2].(*ast.Call); ok && outer.Fn == ast.Expr(c.Node) {
			return true
		}
	}
	if before := given.Value.Prefix(); strings.HasSuffix(before, ".") && before[0] != '.' {
		return true
	}
	fn := c.Frame.Function()
	if fn == nil || fn.Name != "__init__" && fn.Name != "setup" {
		return false
	}
	setting := false
	for in := range c.Frame.MadeOf(given.Node) {
		if in.Param == nil || !in.Whole || len(in.Steps) > 0 {
			if in.Literal == nil {
				return false
			}
			continue
		}
		setting = true
	}
	return setting
}
