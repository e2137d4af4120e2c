package checks

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// This file says who reaches what a project serves, and what callers pass before they do. The code
// tells most of it (Frame.ProtectionOf, Call.Reach); the rest stands in settings and in the files
// that deploy a project.

// Protection is a set of what stands between everybody and a function that serves requests.
type Protection = models.Protection

// The protections.
const (
	// ProtectsIdentity lets only callers pass who show who they are.
	ProtectsIdentity = models.Identity
	// ProtectsRate bounds how often one may call.
	ProtectsRate = models.Rate
	// ProtectsNothing says of a library's name that everybody passes.
	ProtectsNothing = models.Nothing
)

// Reach says who reaches a server, as Call.Reach tells.
type Reach = flow.Reach

// The reaches.
const (
	// NoServer is said of calls that start none.
	NoServer = flow.NoServer
	// ThisMachine: it listens on the loopback interface alone.
	ThisMachine = flow.ThisMachine
	// SomeNetwork: it cannot be told where it listens.
	SomeNetwork = flow.SomeNetwork
	// EachNetwork: other machines reach it.
	EachNetwork = flow.EachNetwork
)

// ReachOf says who reaches a server that listens on an address.
func ReachOf(host string) Reach { return flow.ReachOf(host) }

// Route is a function of the project that serves remote requests.
type Route = flow.Route

// maxRouteCalls bounds through how many calls a function is followed to the handlers that call it.
const maxRouteCalls = 4

// RoutesAbove lists the routes whose functions call the function of a frame, directly or through others, its own first.
func RoutesAbove(f *Frame) []*Route {
	var out []*Route
	seen := map[*semantic.Function]bool{}
	var above func(f *Frame, depth int)
	above = func(f *Frame, depth int) {
		fn := f.Function()
		if fn == nil || seen[fn] || depth > maxRouteCalls {
			return
		}
		seen[fn] = true
		for _, r := range f.Routes() {
			if r.Function == fn {
				out = append(out, r)
			}
		}
		for _, c := range f.Callers() {
			above(c.Frame, depth+1)
		}
	}
	above(f, 0)
	return out
}

// ProtectionOf is what requests pass before they come to a function that serves them; f is any
// frame of the files that are analysed together. What cannot be told counts as a protection. As
// the settings of Django may be in a file of their own, a rule that asks has AboutServing among its
// questions.
func (p *Pass) ProtectionOf(f *Frame, fn *semantic.Function) Protection {
	out := f.ProtectionOf(fn)
	for _, r := range f.Routes() {
		if r.Function == fn && (r.Library == "django" || r.Library == "rest_framework") {
			for _, m := range p.Saying(djangoProtected) {
				out |= settingsProtect(m.Draft, r.Library)
			}
		}
	}
	return out
}

// AboutServing are the questions of ProtectionOf and LimitsCalls.
func AboutServing() []*Question { return []*Question{djangoProtected, limitsCalls} }

var djangoProtected = &Question{Name: "sets what stands before the views of Django", Says: func(d *Draft) bool {
	return settingsProtect(d, "django")|settingsProtect(d, "rest_framework") != 0
}}

// settingsProtect is what the settings in a file of a Django project put before all views.
func settingsProtect(d *Draft, library string) Protection {
	var out Protection
	for _, list := range djangoSettings {
		if list.library != "" && list.library != library {
			continue
		}
		for rest := d.Text; ; {
			i := bytes.Index(rest, []byte(list.name))
			if i < 0 {
				break
			}
			rest = rest[i+len(list.name):]
			for _, entry := range quotedIn(rest) {
				out |= list.protects(entry)
			}
		}
	}
	return out
}

// djangoSettings are the settings that list what stands before views.
var djangoSettings = []struct {
	name, library string
	protects      func(entry string) Protection
}{
	{"MIDDLEWARE", "", func(entry string) Protection {
		own := !strings.HasPrefix(entry, "django.") && !strings.HasPrefix(entry, "corsheaders.") && strings.Contains(entry, ".")
		switch {
		case strings.HasSuffix(entry, ".LoginRequiredMiddleware"):
			return models.Identity
		case !own:
			return 0
		}
		if p := models.ProtectionNamed(entry); p != 0 {
			return p
		}
		if models.PassesByName(entry) {
			return 0
		}
		return models.Identity | models.Rate
	}},
	{"DEFAULT_PERMISSION_CLASSES", "rest_framework", func(entry string) Protection {
		if strings.HasSuffix(entry, ".AllowAny") {
			return 0
		}
		return models.Identity
	}},
	{"DEFAULT_THROTTLE_CLASSES", "rest_framework", func(string) Protection { return models.Rate }},
}

// quotedIn lists the quoted words of the list that begins a text.
func quotedIn(text []byte) []string {
	end := bytes.IndexAny(text, "])")
	start := bytes.IndexAny(text, "[(")
	if start < 0 || end < start || bytes.ContainsAny(text[:start], "\n.") {
		return nil
	}
	var out []string
	for _, word := range bytes.FieldsFunc(text[start:end], func(r rune) bool { return r == ',' || r == '\n' }) {
		word = bytes.TrimSpace(bytes.TrimLeft(word, "[( \t"))
		if len(word) > 2 && (word[0] == '"' || word[0] == '\'') {
			out = append(out, string(bytes.Trim(word, `"'`)))
		}
	}
	return out
}

// OnlyHere reports whether the project starts its servers for this machine alone: the code that is
// analysed with a frame starts some, all on the loopback interface, and no file that deploys the
// project starts one.
func (p *Pass) OnlyHere(f *Frame) bool {
	servers := f.Servers()
	return len(servers) > 0 && !p.Project.Deploys("") && !slices.ContainsFunc(servers, func(c *Call) bool { return c.Reach() != ThisMachine })
}

// serverCommands are the programs that start servers.
var serverCommands = []string{"uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi", "flask run", "fastapi run", "streamlit run", "chainlit run", "litestar run", "sanic "}

// Deploys reports whether a file that deploys the project starts a server for others: a container,
// a compose file, a pipeline, a script that binds it to an address that is not this machine's. With
// a word, such as "streamlit", only servers of commands count that hold it.
func (p *Project) Deploys(word string) bool {
	return remembered(p, "deployment of "+word, func() bool { return p.deploys(word) })
}

func (p *Project) deploys(word string) bool {
	for _, d := range p.Documents {
		text := d.Source.Text
		script := false
		switch d.Kind {
		case manifest.Dockerfile, manifest.Compose, manifest.YAML, manifest.TOML, manifest.JSON, manifest.Procfile:
		case manifest.Shell:
			script = true
		default:
			continue
		}
		for _, command := range serverCommands {
			if !strings.Contains(command, word) {
				continue
			}
			name, verb, two := strings.Cut(command, " ")
			i := bytes.Index(text, []byte(command))
			if i < 0 && two { // ["flask", "run", ...]
				if i = bytes.Index(text, []byte(`"`+name+`"`)); i >= 0 && !bytes.Contains(text[i:], []byte(`"`+verb+`"`)) {
					i = -1
				}
			}
			if i < 0 {
				continue
			}
			rest := commandAt(text[i:])
			here := bytes.Contains(rest, []byte("127.0.0.1")) || bytes.Contains(rest, []byte("localhost"))
			open := bytes.Contains(rest, []byte("0.0.0.0")) || bytes.Contains(rest, []byte("[::]"))
			bound := bytes.Contains(rest, []byte("--host")) || bytes.Contains(rest, []byte("--bind")) || bytes.Contains(rest, []byte("-b "))
			if open || !here && (!script || bound) {
				return true
			}
		}
	}
	return false
}

// limiters are the packages that bound how often a service may be called.
var limiters = []string{"slowapi", "flask_limiter", "fastapi_limiter", "django_ratelimit", "ratelimit", "limits", "pyrate_limiter", "aiolimiter", "quart_rate_limiter", "rest_framework.throttling", "ninja.throttling", "ninja_extra.throttling", "sanic_limiter", "asgi_ratelimit", "throttled", "litestar.middleware.rate_limit", "aiohttp_ratelimiter"}

// limitWords are those by which proxies, ingresses and gateways are told to bound requests.
var limitWords = []string{"limit_req", "ratelimit", "rate_limit", "rate-limit", "limit-rps", "limit-rpm", "limit-connections", "throttl", "stick-table"}

// LimitsCalls reports whether anything in the project bounds how often it may be called: a package
// for that is imported, Django's settings or the configuration of a proxy tell of a limit, or some
// answer has the status 429. f is any frame of the files that serve. A rule that asks has
// AboutServing among its questions.
func (p *Pass) LimitsCalls(f *Frame) bool {
	return f.Refuses().Has(models.Rate) || p.Says(limitsCalls) || remembered(p.Project, "limits", p.Project.limits)
}

var limitsCalls = &Question{Name: "bounds how often it may be called", Says: func(d *Draft) bool {
	return d.Imports(limiters...) || d.Mentions("DEFAULT_THROTTLE_RATES")
}}

// limits reports whether the configuration of a proxy bounds calls.
func (p *Project) limits() bool {
	for _, d := range p.Documents {
		switch d.Kind {
		case manifest.Proxy, manifest.Compose, manifest.YAML, manifest.TOML, manifest.JSON:
			text := bytes.ToLower(d.Source.Text)
			if slices.ContainsFunc(limitWords, func(w string) bool { return bytes.Contains(text, []byte(w)) }) {
				return true
			}
		}
	}
	return false
}

// Mentions reports whether the file holds a text, in code or beside it.
func (m *Module) Mentions(text string) bool {
	if m.Source == nil {
		return false
	}
	if known, ok := m.mentioned.Load(text); ok {
		return known.(bool)
	}
	var holds bool
	if m.Draft != nil {
		holds = m.Draft.Mentions(text)
	} else {
		holds = bytes.Contains(m.Source.Text, []byte(text))
	}
	m.mentioned.Store(text, holds)
	return holds
}

// AnyMentions reports whether a file connected with this one, or one of configuration, holds a text,
// such as the name of a variable of the environment.
func (p *Pass) AnyMentions(text string) bool {
	return slices.ContainsFunc(p.Connected(), func(m *Module) bool { return m.Mentions(text) }) ||
		slices.ContainsFunc(p.Project.Documents, func(d *Document) bool { return bytes.Contains(d.Source.Text, []byte(text)) })
}

// commandAt is the command that begins a text, to the end of its line or of the last that continues
// it.
func commandAt(text []byte) []byte {
	for i, c := range text {
		if c == '\n' && !bytes.HasSuffix(bytes.TrimRight(text[:i], " \t\r"), []byte("\\")) && !bytes.HasSuffix(bytes.TrimRight(text[:i], " \t\r"), []byte(",")) {
			return text[:i]
		}
	}
	return text
}

// IsSpace reports whether a README has the front matter of a Space, which shows the project's page
// to everybody.
func (p *Project) IsSpace() bool { return remembered(p, "space", p.isSpace) }

func (p *Project) isSpace() bool {
	for _, d := range p.Documents {
		if d.Kind != manifest.Card {
			continue
		}
		for _, tree := range d.Trees() {
			if tree.Get("sdk") != nil {
				return true
			}
		}
	}
	return false
}

// IsWidget reports whether a source is a field of a page made by Gradio or Streamlit.
func IsWidget(s *Symbol) bool {
	return s.Under("gradio") || s.Under("streamlit") || s.Under("streamlit_ace")
}

// FromOthers reports whether the data of a path comes from people other than the one who runs the
// program. That of a page's field does only where the page is served to others: who opens it on
// their own machine is the operator.
func (p *Pass) FromOthers(path *Path) bool {
	source := path.Mark.Source()
	switch {
	case !IsWidget(source) || p.Project.IsSpace():
		return true
	case source.Under("gradio"):
		if len(path.Engine.CallsOf("gradio.mount_gradio_app")) > 0 {
			return true
		}
		return slices.ContainsFunc(path.Engine.CallsOf("gradio.*().launch"), func(c *Call) bool { return c.Reach() == EachNetwork })
	}
	return p.Project.Deploys("streamlit")
}
