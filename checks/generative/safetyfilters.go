package generative

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// filtersOff is PML5107.
var filtersOff = &checks.Rule{
	Spec: infoPML5107,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.PromptUser, models.PromptSystem},
	Knows: append([]string{
		"google.genai.types.{GenerateContentConfig,GenerateContentConfigDict,SafetySetting}", "google.generativeai.GenerativeModel",
		"{vertexai.generative_models,vertexai.preview.generative_models}.{GenerativeModel,SafetySetting}",
		"langchain_google_genai.{ChatGoogleGenerativeAI,GoogleGenerativeAI}", "langchain_google_vertexai.{ChatVertexAI,VertexAI}",
	}, checking...),
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil {
			return
		}
		off := thresholdsOff(path.Call)
		if len(off) == 0 || checksTexts(p, path) {
			return
		}
		m := p.Project.Module(off[0].Frame.Module())
		if m == nil {
			return
		}
		there := *p
		there.Module = m
		level := "BLOCK_MEDIUM_AND_ABOVE"
		if path.Call.Symbol.Under("cohere") {
			level = "CONTEXTUAL"
		}
		p.Report(checks.Report{Node: off[0].Expr, In: m, Path: path, Fix: filterAgain(&there, off, level)})
	},
}

// checking are the calls by which a program judges texts itself.
var checking = append(append([]string{
	"nemoguardrails.LLMRails", "guardrails.Guard", "guardrails.AsyncGuard", "guardrails.Guard.{use,use_many,for_pydantic,from_pydantic}", "googleapiclient.discovery.build",
	"openai.AsyncOpenAI().moderations.create", "azure.ai.contentsafety.ContentSafetyClient().analyze_image",
}, moderatorNames()...), outputCheckNames()...)

// guardModels are parts of the names of models that judge texts, and of a service that does.
var guardModels = [...]string{"llama-guard", "llamaguard", "shieldgemma", "wildguard", "commentanalyzer"}

// checksTexts reports whether the program judges inputs or outputs itself.
func checksTexts(p *checks.Pass, path *checks.Path) bool {
	if checks.Judged(p, path, "moderat", "guard", "toxic", "is_safe", "profan", "content_filter") {
		return true
	}
	for _, f := range path.Call.Frame.Everywhere() {
		for _, c := range f.Calls {
			if c.Symbol.Is(checking...) && !c.Symbol.Is("googleapiclient.discovery.build") {
				return true
			}
			for i := range c.Args {
				text, _ := c.Args[i].Value.Text()
				text = strings.ToLower(text)
				for _, name := range guardModels {
					if len(text) < 100 && strings.Contains(text, name) {
						return true
					}
				}
			}
		}
	}
	return false
}

// maxMakers bounds through how many calls the settings of a model call are looked for.
const maxMakers = 4

// providers are the packages whose models are told how much to filter.
var providers = [...]string{
	"google.genai", "google.generativeai", "vertexai", "langchain_google_genai", "langchain_google_vertexai", "langchain_community", "langchain.chat_models", "langchain.llms",
	"litellm", "cohere", "llama_index",
}

// thresholdsOff lists the expressions that switch filters of a model call off: in its arguments,
// in what its settings and the model itself were made with.
func thresholdsOff(c *checks.Call) []flow.Spelled {
	var out []flow.Spelled
	seen := map[*checks.Call]bool{}
	var look func(c *checks.Call, depth int)
	look = func(c *checks.Call, depth int) {
		if c == nil || seen[c] || depth > maxMakers || len(out) > 0 {
			return
		}
		seen[c] = true
		if ofProvider(c) {
			out = settingsOff(c)
		}
		made := func(v *checks.Value) {
			for _, g := range c.Given(v) {
				for _, a := range g.Alternatives() {
					for _, part := range append(a.Chain(), a) {
						look(part.Origin(), depth+1)
					}
				}
			}
		}
		for i := range c.Args {
			made(c.Args[i].Value)
		}
		if c.Receiver != nil {
			made(c.Receiver)
		}
	}
	look(c, 0)
	return out
}

func ofProvider(c *checks.Call) bool {
	for _, name := range providers {
		if c.Symbol.Under(name) {
			return true
		}
	}
	return false
}

// settingsOff lists the values of one call's own arguments that switch filters off.
func settingsOff(c *checks.Call) []flow.Spelled {
	if mode := c.Arg(-1, "safety_mode"); mode != nil && c.Symbol.Under("cohere") {
		for _, at := range spelledAt(c.Frame, mode) {
			if s, ok := at.Expr.(*ast.Str); ok && (s.Value == "OFF" || s.Value == "NONE") {
				return []flow.Spelled{at}
			}
		}
		return nil
	}
	if a := c.Arg(-1, "safety_settings"); a != nil {
		return offIn(spelledAt(c.Frame, a))
	}
	if a := c.Arg(1, "safety_settings"); a != nil && c.Symbol.Is("google.generativeai.GenerativeModel") {
		return offIn(spelledAt(c.Frame, a))
	}
	if a := c.Arg(-1, "config"); a != nil {
		for _, at := range spelledAt(c.Frame, a) {
			if v := entryNamed(at.Expr, "safety_settings"); v != nil {
				return offIn(at.Frame.SpelledOut(v))
			}
		}
	}
	return nil
}

// spelledAt lists what an argument stands for.
func spelledAt(f *checks.Frame, a *checks.Argument) []flow.Spelled {
	e := a.Node
	if given, ok := a.Given.(ast.Expr); ok && a.Unpacked {
		e = given
	}
	if e == nil {
		return nil
	}
	return f.SpelledOut(e)
}

// offIn lists the thresholds of settings that switch a filter off, without that for elections.
func offIn(settings []flow.Spelled) []flow.Spelled {
	var out []flow.Spelled
	threshold := func(f *checks.Frame, category, t ast.Expr) {
		if t == nil || category != nil && slices.ContainsFunc(f.SpelledOut(category), ofElections) {
			return
		}
		for _, at := range f.SpelledOut(t) {
			if isOff(at.Expr) {
				out = append(out, at)
				return
			}
		}
	}
	var setting func(at flow.Spelled, depth int)
	setting = func(at flow.Spelled, depth int) {
		f := at.Frame
		each := func(list []ast.Expr) {
			for _, e := range list {
				for _, s := range f.SpelledOut(e) {
					if depth < 3 {
						setting(s, depth+1)
					}
				}
			}
		}
		switch e := at.Expr.(type) {
		case *ast.List:
			each(e.Elts)
		case *ast.Tuple:
			each(e.Elts)
		case *ast.Comp:
			if e.CompKind == ast.DictComp {
				threshold(f, e.Key, e.Elt)
				break
			}
			each([]ast.Expr{e.Elt})
		case *ast.Call:
			if t := entryNamed(e, "threshold"); t != nil {
				threshold(f, entryNamed(e, "category"), t)
			} else if checks.LastName(e.Fn) == "list" {
				each(e.Args)
			}
		case *ast.Dict:
			if t := entryNamed(e, "threshold"); t != nil {
				threshold(f, entryNamed(e, "category"), t)
				break
			}
			for i, k := range e.Keys {
				if k != nil {
					threshold(f, k, e.Values[i])
				}
			}
		}
	}
	for _, at := range settings {
		setting(at, 0)
	}
	return out
}

// ofElections reports whether an expression names the category of texts on elections, which most
// models do not know.
func ofElections(at flow.Spelled) bool {
	return strings.Contains(at.Frame.Module().File.Text(at.Expr), "CIVIC_INTEGRITY")
}

// isOff reports whether an expression is the name or the text of a threshold that blocks nothing.
func isOff(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Attribute:
		return e.Attr.Id == "BLOCK_NONE" || e.Attr.Id == "OFF"
	case *ast.Str:
		switch strings.ToUpper(e.Value) {
		case "BLOCK_NONE", "OFF", "HARM_BLOCK_THRESHOLD_OFF":
			return true
		}
	}
	return false
}

// entryNamed is the value under a constant name in a dict that is written down, or that of a
// keyword of a call; nil where there is none.
func entryNamed(e ast.Expr, name string) ast.Expr {
	switch e := e.(type) {
	case *ast.Dict:
		for i := range e.Keys {
			if k, ok := e.Keys[i].(*ast.Str); ok && k.Value == name {
				return e.Values[i]
			}
		}
	case *ast.Call:
		if k := fix.KeywordOf(e, name); k != nil {
			return k.Value
		}
	}
	return nil
}

// filterAgain sets the thresholds to a level that filters, in the same spelling.
func filterAgain(p *checks.Pass, off []flow.Spelled, level string) *fix.Fix {
	var edits []fix.Edit
	seen := map[ast.Node]bool{}
	for _, at := range off {
		if seen[at.Expr] || !p.Holds(at.Expr) {
			continue
		}
		seen[at.Expr] = true
		switch e := at.Expr.(type) {
		case *ast.Attribute:
			edits = append(edits, checks.Replace(p, e.Attr, level)...)
		case *ast.Str:
			text := level
			if e.Value == strings.ToLower(e.Value) {
				text = strings.ToLower(text)
			}
			edits = append(edits, fix.ReplaceInString(p.File, e, e.Value, text)...)
		}
	}
	return checks.Fix(true, "filter what the provider rates as harmful", edits)
}
