package generative

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// namedPackage is PML5109.
var namedPackage = &checks.Rule{
	Spec:  infoPML5109,
	Knows: pipCalls,
	From:  []checks.Label{models.LLM},
	Into:  []checks.SinkKind{models.Shell, models.DataSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Confirmed() {
			return
		}
		var x *named
		switch {
		case path.Kind == models.Shell:
			x = packageWord(c)
		case path.Sink.Note == models.NotePackage:
			x = packageArg(c)
		}
		if x == nil {
			return
		}
		p.Report(checks.Report{Node: c.Node, In: p.Project.Module(c.Frame.Module()), Path: path, Fix: onlyListed(p, c, x)})
	},
}

// pipCalls are pip's own entries, which take the words after the program's name.
var pipCalls = []string{"pip.main", "pip._internal.main", "pip._internal.cli.main.main"}

// installers are the programs that install packages, with the words that tell them to. A
// program without such words installs what its first argument names.
var installers = map[string][]string{
	"pip": {"install", "download", "wheel"}, "uv": {"add"}, "uvx": nil, "pipx": {"install", "run"},
	"conda": {"install", "create"}, "mamba": {"install", "create"}, "micromamba": {"install", "create"},
	"npm": {"install", "i", "add"}, "npx": nil, "apt-get": {"install"}, "apt": {"install"},
}

// named is a package whose name a model gave: the expression that names it, or several.
type named struct {
	expr ast.Expr
	many bool
}

// packageWord finds the word of a command that installs a package which a model named.
func packageWord(c *checks.Call) *named {
	for _, cmd := range c.Commands() {
		program, args := cmd.Program()
		if c.Symbol.Is(pipCalls...) {
			program, args = "pip", cmd.Words
		}
		words, known := installers[program]
		if !known {
			continue
		}
		if len(words) > 0 {
			if args = after(args, words); args == nil {
				continue
			}
		}
		for i := range args {
			w := &args[i]
			if strings.HasPrefix(w.Text, "-") || w.Known || !modelNamed(w.Value) && !w.Splat {
				continue
			}
			return &named{expr: wordExpr(c, w), many: w.Splat}
		}
	}
	return nil
}

// after returns the words behind the one that is on a list, nil where there is none before the
// first that is not known.
func after(args []flow.Word, list []string) []flow.Word {
	for i, w := range args {
		if !w.Known {
			return nil
		}
		for _, s := range list {
			if w.Text == s {
				return args[i+1:]
			}
		}
	}
	return nil
}

// modelNamed reports whether a value is a model's, or one that a caller hands in.
func modelNamed(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if (m.Label == models.LLM || m.Label == models.NoLabel) && !m.Clean.Has(models.Shell) {
			return true
		}
	}
	return false
}

// wordExpr is the expression that a word is, or that puts it into the text of the command.
func wordExpr(c *checks.Call, w *flow.Word) ast.Expr {
	if e, ok := w.Node.(ast.Expr); ok {
		if star, ok := e.(*ast.Starred); ok {
			return star.Value
		}
		return e
	}
	texts := []*checks.Value{w.Value}
	for _, a := range c.Dangerous(models.Shell) {
		texts = append(texts, a.Value.Alternatives()...)
	}
	var found ast.Expr
	for _, text := range texts {
		for _, part := range text.Parts() {
			if e, ok := part.Node.(ast.Expr); ok && found == nil && part.Value != nil && modelNamed(part.Value) && part.Mod == c.Frame.Module() {
				found = e
			}
		}
	}
	return found
}

// packageArg is the argument of a function that installs a package.
func packageArg(c *checks.Call) *named {
	for _, a := range c.Dangerous(models.DataSource) {
		if modelNamed(a.Value) {
			return &named{expr: a.Node}
		}
	}
	return nil
}

const allowedPackages = "ALLOWED_PACKAGES"

// onlyListed refuses packages that are not on a list.
func onlyListed(p *checks.Pass, c *checks.Call, x *named) *fix.Fix {
	if x.expr == nil || !p.Holds(x.expr) || inExpressionScope(p, x.expr) {
		return nil
	}
	s := p.StmtOf(c.Node)
	if s == nil {
		return nil
	}
	text := p.File.Text(x.expr)
	test := "if " + text + " not in " + allowedPackages + ":"
	if x.many {
		test = "if not set(" + text + ") <= " + allowedPackages + ":"
	}
	message := `f"package not allowed: {` + text + `!r}"`
	switch {
	case strings.ContainsAny(text, "\n\\") || strings.Contains(text, `"`) && strings.Contains(text, "'"):
		message = `"package not allowed"`
	case strings.Contains(text, `"`):
		message = `f'package not allowed: {` + text + `!r}'`
	}
	return checks.Fix(true, "install listed packages only",
		fix.AddConstant(p.File, allowedPackages+": frozenset[str] = frozenset()", fix.Tight),
		fix.InsertBefore(p.File, s, test, "    raise PermissionError("+message+")"))
}
