package nlp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the checks of words that are looked up in a list in which they can never stand.

// lookup is a test of something against a collection.
type lookup struct {
	node       ast.Node
	looked     ast.Expr // what is looked up, or a collection of that
	collection ast.Expr
	words      []string // of the collection
}

// lookups lists the tests of a function against collections of constant words.
func lookups(f *checks.Frame) []lookup {
	var out []lookup
	add := func(node ast.Node, looked, collection ast.Expr) {
		if words := constantWords(f, collection); len(words) > 0 {
			out = append(out, lookup{node, looked, collection, words})
		}
	}
	f.InspectOwn(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			left := n.Left
			for i, op := range n.Ops {
				if op == "in" || op == "not in" {
					add(n, left, n.Right[i])
				}
				left = n.Right[i]
			}
		case *ast.BinOp:
			if n.Op == "&" {
				add(n, n.Left, n.Right)
				add(n, n.Right, n.Left)
			}
		case *ast.Call:
			at, ok := n.Fn.(*ast.Attribute)
			if ok && len(n.Args) == 1 && (at.Attr.Id == "intersection" || at.Attr.Id == "isdisjoint") {
				add(n, at.Value, n.Args[0])
				add(n, n.Args[0], at.Value)
			}
		}
		return true
	})
	return out
}

// constantWords lists the words of a collection that holds constants only; nil for others.
func constantWords(f *checks.Frame, e ast.Expr) []string {
	var elements []ast.Expr
	switch n := e.(type) {
	case *ast.Set:
		elements = n.Elts
	case *ast.List:
		elements = n.Elts
	case *ast.Tuple:
		elements = n.Elts
	case *ast.Name, *ast.Attribute:
		if len(f.Calls) == 0 {
			return nil
		}
		return itemsOf(f.Calls[len(f.Calls)-1], f.ValueOf(e))
	case *ast.Call:
		switch checks.LastName(n.Fn) {
		case "set", "frozenset", "list", "tuple":
			if len(n.Args) == 1 {
				return constantWords(f, n.Args[0])
			}
		}
		return nil
	default:
		return nil
	}
	var out []string
	for _, el := range elements {
		s, ok := el.(*ast.Str)
		if !ok {
			return nil
		}
		out = append(out, s.Value)
	}
	return out
}

// itemsOf lists the constant texts that a collection holds; nil where it holds others.
func itemsOf(c *checks.Call, v *checks.Value) []string {
	given := c.Given(v)
	if len(given) == 0 {
		return nil
	}
	items, open, ok := c.Items(given[0])
	if !ok || open {
		return nil
	}
	var out []string
	for _, it := range items {
		text, known := it.Value.Text()
		if !known {
			return nil
		}
		out = append(out, text)
	}
	return out
}

// joiners make one text again of what was cut.
var joiners = []string{"join", "convert_tokens_to_string", "decode", "batch_decode", "detokenize"}

// madeBy is the call of a kind of which an expression is made, as long as nothing has joined what that gave.
func madeBy(f *checks.Frame, e ast.Expr, is func(c *checks.Call, steps []string) bool) *checks.Call {
	var found *checks.Call
	for in := range f.MadeOf(e) {
		switch {
		case in.Call == nil:
		case slices.Contains(joiners, checks.LastName(in.Call.Node.Fn)):
			return nil
		case found == nil && is(in.Call, in.Steps):
			found = in.Call
		}
	}
	return found
}

// subwordCalls cut text into pieces of words.
var subwordCalls = []string{
	"transformers.PreTrainedTokenizerBase().tokenize", "transformers.PreTrainedTokenizerBase().convert_ids_to_tokens", "transformers.*.from_pretrained().tokenize", "transformers.*.from_pretrained().convert_ids_to_tokens",
	"tokenizers.Tokenizer().encode", "tokenizers.Tokenizer().encode_batch",
	"sentencepiece.SentencePieceProcessor().encode_as_pieces", "sentencepiece.SentencePieceProcessor().EncodeAsPieces", "sentencepiece.SentencePieceProcessor().encode", "sentencepiece.SentencePieceProcessor().Encode",
}

// plainWord matches words that a subword tokenizer may cut.
var plainWord = regexp.MustCompile(`^\pL{4,}$`)

// subwordBlocklist is PML3202.
var subwordBlocklist = &checks.Rule{
	Spec:  infoPML3202,
	Knows: subwordCalls,
	Needs: []string{" in ", "&", "intersection", "isdisjoint"},
	Beside: [][]string{
		{"tokenize", "convert_ids_to_tokens", ".tokens", "out_type", "encode_as_pieces", "EncodeAsPieces"},
		{"transformers", "tokenizers", "sentencepiece"},
	},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if len(f.Calls) == 0 {
			return
		}
		for _, l := range lookups(f) {
			if !slices.ContainsFunc(l.words, plainWord.MatchString) {
				continue
			}
			if cut := madeBy(f, l.looked, cutsSubwords); cut != nil && p.Holds(l.node) {
				p.Report(checks.Report{Node: l.node, Fix: wholeWords(p, f, l, cut)})
			}
		}
	},
}

// cutsSubwords reports whether a call gives pieces of words.
func cutsSubwords(c *checks.Call, steps []string) bool {
	if !c.Symbol.Is(subwordCalls...) {
		return false
	}
	switch {
	case c.Symbol.Under("tokenizers"):
		return slices.Contains(steps, ".tokens")
	case c.Method == "encode" || c.Method == "Encode":
		a := c.Arg(-1, "out_type")
		return a != nil && a.Value.Is("builtins.str")
	}
	return true
}

// wholeWords looks up the words of the text.
func wholeWords(p *checks.Pass, f *checks.Frame, l lookup, cut *checks.Call) *fix.Fix {
	from := piecesIn(p, l)
	text := textCut(cut)
	if from == nil || text == nil || cut.Frame != f || !p.Holds(text) || !p.Holds(from) || !checks.Repeatable(text) {
		return nil
	}
	find, imports := fix.Reach(p.File, "re.findall", "import re", fix.InSection)
	return checks.Fix(true, "look up whole words", checks.Replace(p, from, find+`(r"\w+", `+lowered(p, text)+")"), imports)
}

func lowered(p *checks.Pass, e ast.Expr) string {
	text := p.File.Text(e)
	switch e.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call, *ast.Str:
	default:
		text = "(" + text + ")"
	}
	if strings.HasSuffix(text, ".lower()") {
		return text
	}
	return text + ".lower()"
}

// textCut is the text that a call cuts into pieces; nil where that is not known.
func textCut(cut *checks.Call) ast.Expr {
	for _, name := range [...]string{"text", "sequence", "input"} {
		if a := cut.Arg(0, name); a != nil && cut.Method != "convert_ids_to_tokens" {
			return a.Node
		}
	}
	if a := cut.Arg(0, "ids"); a != nil && a.Node != nil { // of text that the tokenizer has made numbers of
		for in := range cut.Frame.MadeOf(a.Node) {
			if in.Call == nil || !slices.Contains(tokenizes, in.Call.Method) {
				continue
			}
			if t := in.Call.Arg(0, "text"); t != nil && in.Call.Frame == cut.Frame && (in.Call.Receiver.Is("transformers.PreTrainedTokenizerBase()") || in.Call.Callee.Is("transformers.PreTrainedTokenizerBase()")) {
				return t.Node
			}
		}
	}
	return nil
}

// piecesIn is the expression of a test that holds all that is looked up: the collection of a set's operation, or what a
// loop or comprehension goes through; nil where there is none.
func piecesIn(p *checks.Pass, l lookup) ast.Expr {
	if _, compare := l.node.(*ast.Compare); !compare {
		if c, ok := l.looked.(*ast.Call); ok && len(c.Args) == 1 && (checks.LastName(c.Fn) == "set" || checks.LastName(c.Fn) == "frozenset") {
			return c.Args[0]
		}
		if c, ok := l.node.(*ast.Call); ok && c.Args[0] == l.looked {
			return l.looked
		}
		return nil
	}
	name := ""
	ast.Inspect(l.looked, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && name == "" {
			name = id.Id
		}
		return name == ""
	})
	around := p.Around(l.node)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.Comp:
			for _, cl := range n.Clauses {
				if namesTarget(cl.Target, name) {
					return cl.Iter
				}
			}
		case *ast.For:
			if namesTarget(n.Target, name) {
				return n.Iter
			}
		}
	}
	return nil
}

// stems are the methods that cut the endings off English words.
var stems = []string{
	"nltk.PorterStemmer().stem", "nltk.stem.PorterStemmer().stem", "nltk.stem.porter.PorterStemmer().stem", "nltk.stem.api.StemmerI().stem",
	"nltk.LancasterStemmer().stem", "nltk.stem.LancasterStemmer().stem", "nltk.stem.lancaster.LancasterStemmer().stem",
	"nltk.SnowballStemmer().stem", "nltk.stem.SnowballStemmer().stem", "nltk.stem.snowball.SnowballStemmer().stem", "nltk.stem.snowball.EnglishStemmer().stem",
}

// stemmedLookup is PML3208.
var stemmedLookup = &checks.Rule{
	Spec:   infoPML3208,
	Knows:  append(stems, "builtins.map"),
	Needs:  []string{" in ", "&", "intersection", "isdisjoint"},
	Beside: [][]string{{"Stemmer"}},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		if len(f.Calls) == 0 {
			return
		}
		for _, l := range lookups(f) {
			if !slices.ContainsFunc(l.words, alwaysStemmed) {
				continue
			}
			if stem := madeBy(f, l.looked, stemsEnglish); stem != nil && p.Holds(l.node) {
				p.Report(checks.Report{Node: l.node, Fix: stemBoth(p, f, l, stem)})
			}
		}
	},
}

// stemsEnglish reports whether a call stems an English word.
func stemsEnglish(c *checks.Call, _ []string) bool {
	name, stemmer := c.Symbol.String(), c.Receiver
	if mapped := mapsStems(c); mapped != nil {
		name = mapped.Value.Name()
		if at, ok := mapped.Node.(*ast.Attribute); ok {
			stemmer = c.Frame.ValueOf(at.Value)
		}
	} else if !c.Symbol.Is(stems...) {
		return false
	}
	if !strings.Contains(name, "SnowballStemmer") {
		return true
	}
	made := stemmer.Origin()
	if made == nil {
		return false
	}
	language := made.Arg(0, "language")
	return language != nil && spells(language.Value, "english")
}

// mapsStems is the method that map is told to call for each word, where that is one that stems; nil for other calls.
func mapsStems(c *checks.Call) *checks.Argument {
	if !c.Symbol.Is("builtins.map") {
		return nil
	}
	a := c.Arg(0, "")
	if a == nil || !a.Value.Is(stems...) {
		return nil
	}
	return a
}

// unstemmed are words in -ing and -ed that stay as they are.
var unstemmed = []string{"inning", "outing", "canning", "herring", "earring", "evening", "proceed", "exceed", "succeed"}

// alwaysStemmed reports whether every stemmer changes a word.
func alwaysStemmed(word string) bool {
	if slices.Contains(unstemmed, word) || strings.ContainsAny(word, " -'") || word != strings.ToLower(word) {
		return false
	}
	if strings.HasSuffix(word, "ies") {
		return len(word) > 4
	}
	before, ok := strings.CutSuffix(word, "ing")
	if !ok {
		if before, ok = strings.CutSuffix(word, "ed"); !ok || strings.HasSuffix(word, "eed") {
			return false
		}
	}
	return len(word) >= 5 && strings.ContainsAny(before, "aeiouy")
}

// stemBoth stems the words of the collection as well.
func stemBoth(p *checks.Pass, f *checks.Frame, l lookup, stem *checks.Call) *fix.Fix {
	var method ast.Expr = stem.Node.Fn
	if mapped := mapsStems(stem); mapped != nil {
		method = mapped.Node
	}
	at, ok := method.(*ast.Attribute)
	if !ok || !p.Holds(at) || !p.Holds(l.collection) {
		return nil
	}
	switch base := at.Value.(type) {
	case *ast.Name:
		if stem.Frame != f && (!p.Defines(base.Id) || stem.Frame.Function() != nil && assigns(stem.Frame, base.Id) || assigns(f, base.Id)) {
			return nil
		}
	case *ast.Attribute:
		if stem.Frame != f && (stem.Frame.Class() == nil || stem.Frame.Class() != f.Class()) {
			return nil
		}
	default:
		return nil
	}
	return checks.Fix(false, "stem both sides", checks.Replace(p, l.collection, "{"+p.File.Text(at)+"(w) for w in "+p.File.Text(l.collection)+"}"))
}
