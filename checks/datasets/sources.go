package datasets

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of data that a request chooses: the data set, file or repository that is read.

// chosenByRequest is the check of text of a request that says where data is read from. concerns tells the ways that are
// the check's; its fix lets only through what is in a set, and refuses the rest with the words of problem.
func chosenByRequest(info *checks.Info, set, problem string, concerns func(*checks.Pass, *checks.Path) bool) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: []checks.Label{models.User},
		Into: []checks.SinkKind{models.DataSource},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Call == nil || !concerns(p, path) || checks.Vetted(p, path, checks.AboutPaths) {
				return
			}
			e, _ := checks.GivenNode(path).(ast.Expr)
			if f := slicesListed(p, path, set, problem); f != nil {
				p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: f})
				return
			}
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.AllowOnly(p, path, e, set, problem)})
		},
	}
}

// slicesListed lets only through what is in a set where the names are the elements of a data set, of which a function reads
// one after the other: they are tested before the data set is made of them. It is nil for other ways.
func slicesListed(p *checks.Pass, path *checks.Path, set, problem string) *fix.Fix {
	for _, s := range path.Trace.Steps() {
		c, _ := s.Node.(*ast.Call)
		if c == nil || c == path.Call.Node || checks.LastName(c.Fn) != "from_tensor_slices" || len(c.Args) == 0 || !p.Holds(c) {
			continue
		}
		stmt, names := p.StmtOf(c), []ast.Expr{c.Args[0]}
		if stmt == nil || checks.RunsLater(p.Module, c, stmt) {
			return nil
		}
		list, display := c.Args[0].(*ast.List)
		if display {
			names = list.Elts
		}
		var tests []string
		for _, e := range names {
			if _, constant := e.(*ast.Str); constant {
				continue
			}
			if _, spread := e.(*ast.Starred); spread || !checks.Repeatable(e) {
				return nil
			}
			if text := p.File.Text(e); display {
				tests = append(tests, text+" not in "+set)
			} else {
				tests = append(tests, "any(item not in "+set+" for item in "+text+")")
			}
		}
		return checks.Fix(true, "let only through what is listed in "+set,
			fix.InsertBefore(p.File, stmt, "if "+strings.Join(tests, " or ")+":", `    raise ValueError("`+problem+`")`), fix.AddConstant(p.File, set+": frozenset[str] = frozenset()", fix.Spaced))
	}
	return nil
}

// kaggleFromRequest is PML4202.
var kaggleFromRequest = chosenByRequest(infoPML4202, "ALLOWED_KAGGLE_DATASETS", "dataset is not allowed", func(_ *checks.Pass, path *checks.Path) bool {
	s := path.Call.Symbol
	if !s.Under("kagglehub") && !s.Under("kaggle") && !s.Under("opendatasets") {
		return false
	}
	return checks.Chooses(path, func(before string) bool {
		// An owner and a name in front of it leave the version.
		for _, site := range [...]string{"https://www.kaggle.com/", "https://kaggle.com/", "datasets/", "competitions/", "c/"} {
			before = strings.TrimPrefix(before, site)
		}
		return strings.Count(before, "/") >= 2
	})
})

// dvcFromRequest is PML4221.
var dvcFromRequest = chosenByRequest(infoPML4221, "ALLOWED_DATA_REPOS", "data repository is not allowed", func(_ *checks.Pass, path *checks.Path) bool {
	if !path.Call.Symbol.Under("dvc") || strings.HasSuffix(string(path.Sink.Arg), ":path") {
		return false
	}
	return checks.Chooses(path, func(before string) bool {
		// A host and an organisation in front of it leave one of its own repositories.
		_, after, remote := strings.Cut(before, "://")
		if !remote {
			_, after, remote = strings.Cut(before, ":")
			return remote && strings.Contains(before, "@") && strings.Contains(after, "/")
		}
		return strings.Count(after, "/") >= 2
	})
})

// tfDataFromRequest is PML4212.
var tfDataFromRequest = chosenByRequest(infoPML4212, "ALLOWED_SOURCES", "data source is not allowed", func(p *checks.Pass, path *checks.Path) bool {
	c := path.Call
	switch {
	case !c.Symbol.Under("tensorflow.data") && !c.Symbol.Under("keras"):
		return false
	case c.Symbol.Is("tensorflow.data.TFRecordDataset", "tensorflow.data.FixedLengthRecordDataset"):
		return false // PML1230
	case c.Symbol.Is("tensorflow.data.Dataset.list_files") && feedsRecords(p, c):
		return false
	case path.Mark.Clean.Has(models.Path) || !path.Mark.Holds("/"):
		return false // a file of a folder, and no other
	}
	return true
})

// feedsRecords reports whether the function around a call reads records, which PML1230 is about.
func feedsRecords(p *checks.Pass, c *checks.Call) bool {
	found := false
	ast.InspectStmts(checks.BodyOf(c.Frame), func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Name, *ast.Attribute:
			found = found || slices.Contains([]string{"TFRecordDataset", "FixedLengthRecordDataset"}, checks.LastName(n))
		}
		return !found
	})
	return found
}
