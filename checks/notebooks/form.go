package notebooks

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// formSecret is PML4118.
var formSecret = &checks.Rule{
	Spec:  infoPML4118,
	Needs: []string{"@param"},
	OnModule: func(p *checks.Pass) {
		for i := range p.File.Comments {
			c := &p.File.Comments[i]
			if asksText(p.Source.Slice(c.Span)) {
				reportForm(p, c)
			}
		}
	},
}

// asksText reports whether a comment makes a form field for text of a line of code:
// `#@param {type:"string"}`.
func asksText(comment string) bool {
	options, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(comment, "#")), "@param")
	if !ok || options != "" && options[0] != ' ' && options[0] != '\t' && options[0] != '{' && options[0] != '[' {
		return false
	}
	options = strings.TrimSpace(options)
	if list, ok := strings.CutPrefix(options, "["); ok {
		inner, rest, closed := strings.Cut(list, "]")
		if !closed || strings.TrimSpace(inner) != "" {
			return false // a choice
		}
		options = strings.TrimSpace(rest)
	}
	return options == "" || fieldType(options) == "string"
}

// fieldType is the value of the key `type` in a field's options, "" where there is none. Names
// stand with and without quotes.
func fieldType(options string) string {
	words := strings.FieldsFunc(options, func(r rune) bool { return strings.ContainsRune("{}:,\"' \t", r) })
	for i, w := range words[:max(len(words)-1, 0)] {
		if w == "type" {
			return words[i+1]
		}
	}
	return ""
}

// reportForm reports the assignment that a form field fills in, where it is one of a secret.
func reportForm(p *checks.Pass, c *ast.Comment) {
	s, name, value := filledIn(p, c)
	if s == nil || !namesSecret(name.Id) {
		return
	}
	spelling, add := fix.ReachFrom(p.File, s.Pos(), "google.colab.userdata", "from google.colab import userdata", fix.InOrder)
	edit := fix.Edit{Start: int(p.File.Parens(value).Start), End: int(c.End), New: spelling + ".get(" + strconv.Quote(name.Id) + ")"}
	p.Report(checks.Report{Node: s, Fix: checks.Fix(true, "read the key from Colab's secrets", []fix.Edit{edit}, add)})
}

// filledIn is the assignment of a text to a name on the line of a comment, or nil.
func filledIn(p *checks.Pass, c *ast.Comment) (ast.Stmt, *ast.Name, ast.Expr) {
	var at ast.Stmt
	var name *ast.Name
	var value ast.Expr
	line := p.Source.Position(c.Start).Line
	ast.InspectFile(p.File, func(n ast.Node) bool {
		s, ok := n.(*ast.Assign)
		if !ok {
			_, expression := n.(ast.Expr)
			return !expression && at == nil
		}
		if len(s.Targets) != 1 || s.Stop() > c.Start || p.Source.Position(s.Value.Stop()).Line != line {
			return false
		}
		id, isName := s.Targets[0].(*ast.Name)
		if _, isText := s.Value.(*ast.Str); isName && isText {
			at, name, value = s, id, s.Value
		}
		return false
	})
	return at, name, value
}

// secretWords are last words of names of secrets; ordinary are words before them that make them
// names of something else.
var (
	secretWords = []string{"token", "key", "apikey", "secret", "password", "passwd", "authtoken", "credential"}
	ordinary    = []string{"primary", "public", "foreign", "sort", "partition", "group", "index", "dict", "cache", "metric", "column", "lookup", "json", "stop", "start", "eos", "bos", "pad", "unk", "mask", "sep", "cls", "trigger", "placeholder", "instance", "class", "special", "next", "max", "min", "num", "initializer", "init", "concept", "unique", "identifier", "modifier", "rare", "subject", "style"}
)

// namesSecret reports whether a name says that its value is a secret: HF_TOKEN, openaiApiKey.
func namesSecret(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 || !slices.Contains(secretWords, words[len(words)-1]) {
		return false
	}
	return len(words) == 1 || !slices.Contains(ordinary, words[len(words)-2])
}

// wordsOf splits a name at underscores and capitals, in small letters.
func wordsOf(name string) []string {
	var out []string
	for _, part := range strings.Split(name, "_") {
		start := 0
		runes := []rune(part)
		for i := 1; i < len(runes); i++ {
			if unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i-1]) {
				out = append(out, strings.ToLower(string(runes[start:i])))
				start = i
			}
		}
		if start < len(runes) {
			out = append(out, strings.ToLower(string(runes[start:])))
		}
	}
	return out
}
