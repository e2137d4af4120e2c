package config

import (
	"fmt"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// model describes an API of an in-house framework: those fields of checks.Model that a project needs
// to say what is untrusted, what is dangerous and what cleans. The names and the way of writing
// arguments are those of docs/models.md.
type model struct {
	Name      string     `toml:"name"`
	SameAs    string     `toml:"same-as"`
	Extends   []string   `toml:"extends"`
	Returns   string     `toml:"returns"`
	Source    label      `toml:"source"`
	SourceIf  string     `toml:"source-if"`
	From      string     `toml:"from"`
	Sinks     []sink     `toml:"sinks"`
	Pass      []string   `toml:"pass"`
	NoPass    bool       `toml:"no-pass"`
	Cleans    []sinkKind `toml:"cleans"`
	CleansAll bool       `toml:"cleans-all"`
	CleansIf  []string   `toml:"cleans-if"`
	Number    bool       `toml:"number"`
	Stores    []string   `toml:"stores"`
	Callbacks []callback `toml:"callbacks"`
	Guard     *guard     `toml:"guard"`
	NoReturn  bool       `toml:"no-return"`
}

type sink struct {
	Kind sinkKind `toml:"kind"`
	Arg  string   `toml:"arg"`
	If   string   `toml:"if"`
	Note string   `toml:"note"`
}

type callback struct {
	Arg     string            `toml:"arg"`
	Params  map[string]label  `toml:"params"`
	Types   map[string]string `toml:"types"`
	Each    bool              `toml:"each"`
	Route   bool              `toml:"route"`
	PathArg string            `toml:"path-arg"`
	Result  sinkKind          `toml:"result"`
	Tool    bool              `toml:"tool"`
	From    string            `toml:"from"`
}

type guard struct {
	Arg    string     `toml:"arg"`
	Raises bool       `toml:"raises"`
	False  bool       `toml:"false"`
	Cleans []sinkKind `toml:"cleans"`
}

// label and sinkKind are written by their words.
type (
	label    checks.Label
	sinkKind checks.SinkKind
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *label) UnmarshalText(word []byte) error {
	found, ok := models.LabelNamed(string(word))
	if !ok {
		return fmt.Errorf("no label is called %q; there are %s", word, strings.Join(models.LabelWords(), ", "))
	}
	*l = label(found)
	return nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *sinkKind) UnmarshalText(word []byte) error {
	found, ok := models.SinkNamed(string(word))
	if !ok {
		return fmt.Errorf("no kind of sink is called %q; there are %s", word, strings.Join(models.SinkWords(), ", "))
	}
	*k = sinkKind(found)
	return nil
}

// model takes over the description of an API.
func (r *reader) model(c *Config, m *model, i int) {
	if m.Name == "" {
		r.wrong("name is missing: which API is this?", "models", i)
		return
	}
	for j, s := range m.Sinks {
		if s.Kind == 0 || s.Arg == "" {
			r.wrong("a sink needs its kind and the argument: { kind = \"shell\", arg = \"0:command\" }", "models", i, "sinks", j)
		}
	}
	made := m.model()
	framework := checks.Framework{Name: r.file, Models: []checks.Model{made}}
	if _, err := checks.Compile(nil, framework); err != nil {
		_, problem, _ := strings.Cut(err.Error(), ": ")
		r.wrong(problem, "models", i, "name")
		return
	}
	if len(c.Options.Models) == 0 {
		c.Options.Models = []checks.Framework{{Name: r.file}}
	}
	c.Options.Models[0].Models = append(c.Options.Models[0].Models, made)
}

func (m *model) model() checks.Model {
	out := checks.Model{
		Name: m.Name, SameAs: m.SameAs, Extends: m.Extends, Returns: m.Returns,
		Source: checks.Label(m.Source), SourceIf: m.SourceIf, From: m.From,
		Pass: arguments(m.Pass), NoPass: m.NoPass,
		Cleans: kinds(m.Cleans), CleansAll: m.CleansAll, CleansIf: m.CleansIf,
		Number: m.Number, Stores: arguments(m.Stores), NoReturn: m.NoReturn,
	}
	for _, s := range m.Sinks {
		out.Sinks = append(out.Sinks, checks.Sink{Kind: checks.SinkKind(s.Kind), Arg: checks.Arg(s.Arg), If: s.If, Note: s.Note})
	}
	for _, b := range m.Callbacks {
		params := make(map[string]checks.Label, len(b.Params))
		for name, l := range b.Params {
			params[name] = checks.Label(l)
		}
		out.Callbacks = append(out.Callbacks, checks.Callback{
			Arg: checks.Arg(b.Arg), Params: params, Types: b.Types, Each: b.Each, Route: b.Route,
			PathArg: checks.Arg(b.PathArg), Result: checks.SinkKind(b.Result), Tool: b.Tool, From: b.From,
		})
	}
	if g := m.Guard; g != nil {
		out.Guards = &checks.Guard{Arg: checks.Arg(g.Arg), Raises: g.Raises, False: g.False, Cleans: kinds(g.Cleans)}
	}
	return out
}

func arguments(list []string) []checks.Arg {
	var out []checks.Arg
	for _, a := range list {
		out = append(out, checks.Arg(a))
	}
	return out
}

func kinds(list []sinkKind) []checks.SinkKind {
	var out []checks.SinkKind
	for _, k := range list {
		out = append(out, checks.SinkKind(k))
	}
	return out
}
