package nlp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// pickledResource is PML3210.
var pickledResource = &checks.Rule{
	Spec: infoPML3210,
	On:   []string{"nltk.data.load", "nltk.tag.{PerceptronTagger,perceptron.PerceptronTagger}().load", "nltk.PerceptronTagger().load"},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.DataSource},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		resource := resourceOf(c)
		if resource == nil || !isPickled(c, resource) || p.Project.Requirements.AtLeast("nltk", "3.9", p.Path) || isFallback(p, c.Node) || chosenResource(resource.Value) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: withoutPickle(p, c, resource)})
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Sink.Note != models.NoteResource || readAsText(c) || checks.OnlyMadeOf(path) || checks.LookedUp(p, path) || checks.Vetted(p, path, nil) {
			return
		}
		e, _ := checks.GivenNode(path).(ast.Expr)
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: checks.AllowOnly(p, path, e, "ALLOWED_RESOURCES", "resource not allowed")})
	},
}

func resourceOf(c *checks.Call) *checks.Argument {
	for _, name := range [...]string{"resource_url", "loc"} {
		if a := c.Arg(0, name); a != nil {
			return a
		}
	}
	return nil
}

// chosenResource reports whether a request has a part in what is loaded: that is reported as a way.
func chosenResource(v *checks.Value) bool { return v.Labels(models.DataSource).Has(models.User) }

// formatOf is the constant format that a call says the resource has, "" where it goes by the name.
func formatOf(c *checks.Call) (format string, known bool) {
	a := c.Arg(1, "format")
	if a == nil {
		return "", !c.HasRest()
	}
	format, known = a.Value.Text()
	if format == "auto" {
		format = ""
	}
	return format, known
}

// readAsText reports whether a call says of a format that it holds no objects.
func readAsText(c *checks.Call) bool {
	format, known := formatOf(c)
	return !known || format != "" && format != "pickle"
}

// isPickled reports whether what a call loads is a pickle, by its name or by the format that the call says.
func isPickled(c *checks.Call, resource *checks.Argument) bool {
	format, known := formatOf(c)
	if !known || format != "" {
		return format == "pickle"
	}
	return slices.ContainsFunc(checks.Possible(c, resource.Value), func(v *checks.Value) bool {
		ending, ok := v.Text()
		if parts := v.PathText().Parts(); !ok && len(parts) > 0 {
			ending = parts[len(parts)-1].Text
		}
		return strings.HasSuffix(ending, ".pickle") || strings.HasSuffix(ending, ".pickle.gz")
	})
}

// isFallback reports whether a call is made only where something without pickles has failed.
func isFallback(p *checks.Pass, n ast.Node) bool {
	for _, a := range p.Around(n) {
		try, ok := a.(*ast.Try)
		if !ok || checks.InBlock(try.Body, n) {
			continue
		}
		for _, h := range try.Handlers {
			if !checks.InBlock(h.Body, n) {
				continue
			}
			unpickled := false
			ast.InspectStmts(try.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Str:
					unpickled = unpickled || strings.HasSuffix(strings.TrimSuffix(n.Value, "/"), "_tab") || strings.Contains(n.Value, "_tab/") || strings.HasSuffix(n.Value, "_eng")
				case *ast.Name:
					unpickled = unpickled || n.Id == "PunktTokenizer"
				case *ast.Attribute:
					unpickled = unpickled || n.Attr.Id == "PunktTokenizer"
				case *ast.ImportFrom:
					unpickled = unpickled || slices.ContainsFunc(n.Names, func(a *ast.Alias) bool { return a.Name == "PunktTokenizer" })
				}
				return !unpickled
			})
			if unpickled {
				return true
			}
		}
	}
	return false
}

// punkt is where the languages of the sentence splitter are kept.
var punkt = regexp.MustCompile(`^(?:nltk:)?(?:/?(?:[\w.-]+/)*)tokenizers/punkt/(?:PY3/)?$`)

// withoutPickle loads what NLTK 3.9 has in the place of the pickle, or the bytes of a resource for which it has nothing.
func withoutPickle(p *checks.Pass, c *checks.Call, resource *checks.Argument) *fix.Fix {
	if !p.Holds(c.Node) || c.Partial || !c.Symbol.Is("nltk.data.load") {
		return nil
	}
	before, language, after := splitResource(p, resource)
	switch {
	case language != "" && punkt.MatchString(before) && strings.HasPrefix(after, ".pickle"):
		name, imports := fix.Reach(p.File, "nltk.tokenize.PunktTokenizer", "from nltk.tokenize import PunktTokenizer", fix.InSection)
		return checks.Fix(true, "split sentences without a pickle", checks.Replace(p, c.Node, name+"("+language+")"), imports)
	case strings.Contains(before, "averaged_perceptron_tagger") && !strings.Contains(before, "_ru"):
		name, imports := fix.Reach(p.File, "nltk.tag.PerceptronTagger", "from nltk.tag import PerceptronTagger", fix.InSection)
		return checks.Fix(true, "tag words without a pickle", checks.Replace(p, c.Node, name+`(lang="eng")`), imports)
	}
	if a := c.Arg(1, "format"); a != nil {
		return checks.SetConstant(p, c, a, `"raw"`)
	}
	return checks.Fix(true, "read the resource's bytes", fix.AddKeyword(p.File, c.Node, "format", `"raw"`))
}

// splitResource takes the name of a resource apart: the folder, the language's expression as it is written, and the rest.
func splitResource(p *checks.Pass, resource *checks.Argument) (before, language, after string) {
	if text, ok := resource.Value.Text(); ok {
		i := strings.LastIndexByte(text, '/') + 1
		name, ending, _ := strings.Cut(text[i:], ".")
		if strings.Contains(text, "averaged_perceptron_tagger") {
			return text, "", ""
		}
		return text[:i], `"` + name + `"`, "." + ending
	}
	parts := resource.Value.PathText().Parts()
	if len(parts) == 3 && parts[1].Value != nil && parts[0].Value == nil && parts[2].Value == nil {
		if e, ok := parts[1].Node.(ast.Expr); ok && !parts[1].Conv && p.Holds(e) && p.FunctionAround(e) == p.FunctionAround(resource.Node) {
			return parts[0].Text, p.File.Text(e), parts[2].Text
		}
	}
	return "", "", ""
}
