package prompts

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of text in the system prompt that differ in where the text comes
// from. Which of them reports a value with several sources is said by `specializes`.

// source is where text of a system prompt comes from.
type source struct {
	labels []checks.Label
	// from lists the words of the models for it; empty means any.
	from []string
	// concerns says what else must hold; nil means nothing.
	concerns func(*checks.Pass, *checks.Path) bool
}

// inSystemPrompt is the check of a source's text in system prompts.
func inSystemPrompt(info *checks.Info, s source) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: s.labels,
		Into: []checks.SinkKind{models.PromptSystem},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if len(s.from) > 0 && !slices.Contains(s.from, path.Mark.From()) || factual(path.Mark.Field()) {
				return
			}
			if s.concerns == nil || s.concerns(p, path) {
				reportSystem(p, path)
			}
		},
	}
}

// fetchedPage is PML1121.
var fetchedPage = inSystemPrompt(infoPML1121, source{
	labels: []checks.Label{models.Web},
	from:   []string{models.FromPage, models.FromSearch, models.FromWikipedia},
	concerns: func(_ *checks.Pass, path *checks.Path) bool {
		return !parsedJSON(path) && !ownPage(path) && !ofHeaders(path)
	},
})

// ofHeaders reports whether text is what a server says beside a page.
func ofHeaders(path *checks.Path) bool {
	for _, t := range path.Trace.Steps() {
		if c, ok := t.Node.(*ast.Call); ok && strings.Contains(checks.ChainText(c.Fn), ".headers.") {
			return true
		}
	}
	return slices.Contains(path.Mark.Fields(), "headers")
}

// documentText is PML1122.
var documentText = inSystemPrompt(infoPML1122, source{
	labels: []checks.Label{models.Document},
	from: []string{
		"a PDF", "a Word document", "a presentation", "a spreadsheet", "a book", models.Document.Words(),
	},
	concerns: fromOutside,
})

// pictureText is PML1123.
var pictureText = inSystemPrompt(infoPML1123, source{
	labels:   []checks.Label{models.Document},
	from:     []string{models.FromPicture},
	concerns: fromOutside,
})

// apiText is PML1124.
var apiText = inSystemPrompt(infoPML1124, source{
	labels: []checks.Label{models.Web, models.Document},
	from:   []string{models.FromAPI, models.FromPage, models.FromProject, models.FromIssue, models.FromWiki, models.FromChannel},
	concerns: func(_ *checks.Pass, path *checks.Path) bool {
		c := path.Mark.Call()
		if path.Mark.From() == models.FromPage && !parsedJSON(path) {
			return false
		}
		return !ownPage(path) && !askedModel(c)
	},
})

// postText is PML1128.
var postText = inSystemPrompt(infoPML1128, source{
	labels: []checks.Label{models.Web},
	from:   []string{models.FromPosts},
	concerns: func(_ *checks.Pass, path *checks.Path) bool {
		return !ownAccount(path.Mark.Call())
	},
})

// profileText is PML1134.
var profileText = inSystemPrompt(infoPML1134, source{
	labels: []checks.Label{models.Memory, models.PII},
	from:   []string{models.FromProfile, models.FromAccount, models.FromMemory},
	concerns: func(p *checks.Pass, path *checks.Path) bool {
		return joinedWithWords(path) && (path.Mark.From() == models.FromMemory || freeText(p, path))
	},
})

// factual reports whether a field of a record is a number, a date, a key or a code, by its name.
func factual(field string) bool {
	switch field {
	case "id", "uid", "uuid", "pk", "number", "score", "ups", "downs", "likes", "lang", "language", "locale", "state", "date", "timestamp", "created", "updated", "count", "total", "size", "index", "status", "status_code":
		return true
	}
	for _, end := range [...]string{"_id", "_at", "_utc", "_count", "_date", "_time", "_score", "_ratio"} {
		if strings.HasSuffix(field, end) {
			return true
		}
	}
	return strings.HasPrefix(field, "num_") || strings.HasPrefix(field, "is_") || strings.HasPrefix(field, "has_")
}

// fromOutside reports whether what was read, a document or a picture, comes from people
// outside of the project: an upload, a download, an attachment, a camera, or a file that a
// request chooses.
func fromOutside(_ *checks.Pass, path *checks.Path) bool {
	c := path.Mark.Call()
	if c == nil {
		return false
	}
	for _, m := range c.ReadFrom() {
		switch m.Label {
		case models.Upload, models.User:
			return true
		case models.Web:
			return !ownHost(m.Call())
		case models.Document:
			if from := m.From(); from == models.FromMail || from == models.FromCamera {
				return true
			}
		}
	}
	return false
}

// modelHosts are the hosts of language models' APIs, whose answers are the model's words.
var modelHosts = []string{
	"api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com", "api.mistral.ai", "api.groq.com", "api.cohere.com", "api.cohere.ai",
	"openrouter.ai", "api.together.xyz", "api.deepseek.com", "api.perplexity.ai", "api.fireworks.ai", "api-inference.huggingface.co", "router.huggingface.co",
	"api.x.ai", "api.replicate.com", "openai.azure.com", "api.cerebras.ai", "dashscope.aliyuncs.com",
}

// askedModel reports whether a request goes to the API of a language model.
func askedModel(c *checks.Call) bool {
	if c == nil {
		return false
	}
	for _, a := range c.Dangerous(models.URL) {
		for _, v := range a.Value.Alternatives() {
			u, err := url.Parse(v.Prefix())
			if err != nil {
				continue
			}
			host := u.Hostname()
			for _, h := range modelHosts {
				if host == h || strings.HasSuffix(host, "."+h) {
					return true
				}
			}
			if u.Port() == "11434" { // Ollama
				return true
			}
		}
	}
	return false
}

// ownAccount reports whether posts are read that the operator's own account wrote: those of an
// account that the program names.
func ownAccount(c *checks.Call) bool {
	if c == nil {
		return false
	}
	switch c.Method {
	case "get_users_tweets", "user_timeline", "get_author_feed", "account_statuses", "redditor":
	default:
		return false
	}
	for i := range c.Args {
		a := &c.Args[i]
		if (a.Pos == 0 || a.Name == "id" || a.Name == "user_id" || a.Name == "screen_name" || a.Name == "actor" || a.Name == "name") && a.Value.IsConst() {
			return true
		}
	}
	return false
}

// profileFields are the fields of a profile in which a user writes what he likes.
var profileFields = []string{
	"name", "display_name", "first_name", "last_name", "given_name", "family_name", "full_name", "username", "nickname", "preferred_username", "bio", "about", "about_me",
	"headline", "company", "interests", "preferences", "instructions", "custom_instructions", "notes", "tagline", "description",
}

// profileFacts are the fields of a profile that are no free text.
var profileFacts = []string{"email", "role", "plan", "tier", "timezone", "age", "birthday", "points", "country", "phone", "avatar", "picture"}

// freeText reports whether a field of a profile is one in which a user writes what he likes.
func freeText(p *checks.Pass, path *checks.Path) bool {
	fields := path.Mark.Fields()
	if len(fields) == 0 {
		last := path.Mark.Call() // current_user.get_full_name()
		return last != nil && strings.HasPrefix(last.Method, "get_") && last.Method != "get"
	}
	field := fields[len(fields)-1]
	if slices.Contains(profileFacts, field) || chosen(p, field) {
		return false
	}
	return slices.Contains(profileFields, field) || slices.ContainsFunc(fields[:len(fields)-1], isProfile)
}

func isProfile(field string) bool { return strings.HasSuffix(field, "profile") }

// chosen reports whether a class of the project declares a field of the name as one of several
// choices: `CharField(choices=...)`, `Mapped[Plan]` of an Enum, `Literal[...]`.
func chosen(p *checks.Pass, field string) bool {
	for _, m := range p.Connected() {
		if m.File == nil {
			continue
		}
		if declaresChoice(m, field) {
			return true
		}
	}
	return false
}

func declaresChoice(m *checks.Module, field string) bool {
	found := false
	ast.InspectFile(m.File, func(n ast.Node) bool {
		c, ok := n.(*ast.ClassDef)
		if !ok {
			return !found
		}
		for _, s := range c.Body {
			switch s := s.(type) {
			case *ast.Assign:
				if t, ok := s.Targets[0].(*ast.Name); ok && t.Id == field {
					found = found || strings.Contains(m.File.Text(s.Value), "choices=")
				}
			case *ast.AnnAssign:
				if t, ok := s.Target.(*ast.Name); ok && t.Id == field {
					found = found || strings.Contains(m.File.Text(s.Annotation), "Literal[")
				}
			}
		}
		return !found
	})
	return found
}
