package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/pelletier/go-toml/v2"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/checks/all"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/pyguardml"
)

// file is the table of settings as TOML has it.
type file struct {
	Profile        string   `toml:"profile"`
	Select         []string `toml:"select"`
	Ignore         []string `toml:"ignore"`
	Include        []string `toml:"include"`
	Exclude        []string `toml:"exclude"`
	Baseline       string   `toml:"baseline"`
	Cache          string   `toml:"cache"`
	RequireReasons bool     `toml:"require-reasons"`
	Paths          []paths  `toml:"paths"`
	Limits         limits   `toml:"limits"`
	Models         []model  `toml:"models"`
}

// paths are settings for some files.
type paths struct {
	Files   []string `toml:"files"`
	Profile string   `toml:"profile"`
	Select  []string `toml:"select"`
	Ignore  []string `toml:"ignore"`
	Reason  string   `toml:"reason"`
}

type limits struct {
	File     int64 `toml:"file"`
	Notebook int64 `toml:"notebook"`
	Artifact struct {
		Depth    int   `toml:"depth"`
		Members  int   `toml:"members"`
		Expanded int64 `toml:"expanded"`
		Opcodes  int64 `toml:"opcodes"`
		Values   int   `toml:"values"`
		Facts    int   `toml:"facts"`
	} `toml:"artifact"`
}

// pyproject is a pyproject.toml as far as it concerns us.
type pyproject struct {
	Tool struct {
		Settings *file `toml:"pyguardml"`
	} `toml:"tool"`
}

// table is the place of the settings in a pyproject.toml.
var table = []string{"tool", "pyguardml"}

// Parse reads settings. name is the file's path, for messages; a file that is called pyproject.toml
// holds them in its table [tool.pyguardml], and without one the error is ErrNone. All mistakes are
// told at once, each as an *Error within the error. own are checks that the settings may name
// besides the built-in ones.
func Parse(name string, data []byte, own ...checks.Check) (*Config, error) {
	registry, err := checks.NewRegistry(append(all.Checks(), own...))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	r := reader{file: name, registry: registry}
	settings, err := r.decode(data)
	if err != nil {
		return nil, err
	}
	c := r.config(settings)
	if len(r.mistakes) > 0 {
		slices.SortStableFunc(r.mistakes, func(a, b *Error) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
		return nil, join(r.mistakes)
	}
	if len(c.Options.Models) > 0 {
		c.Options.CacheVersion = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return c, nil
}

func join(mistakes []*Error) error {
	list := make([]error, len(mistakes))
	for i, m := range mistakes {
		list[i] = m
	}
	return errors.Join(list...)
}

// reader reads one file.
type reader struct {
	file     string
	registry *checks.Registry
	// tree and text are the file with the places of its keys and values.
	tree     *manifest.Node
	text     *ast.Source
	mistakes []*Error
}

// decode reads the table into its Go form. An error is one of TOML or of a value's type, after which
// nothing else is looked at.
func (r *reader) decode(data []byte) (*file, error) {
	decoder := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	inside := path.Base(r.file) == PyProjectName
	var project pyproject
	project.Tool.Settings = new(file)
	var err error
	if inside {
		project.Tool.Settings = nil
		err = decoder.Decode(&project)
	} else {
		err = decoder.Decode(project.Tool.Settings)
	}
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		for i := range unknown.Errors {
			r.unknownKey(&unknown.Errors[i], inside)
		}
	case errors.As(err, &wrong):
		line, column := wrong.Position()
		return nil, &Error{r.file, line, column, strings.TrimPrefix(wrong.Error(), "toml: ")}
	case err != nil:
		return nil, &Error{File: r.file, Problem: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	if project.Tool.Settings == nil {
		if len(r.mistakes) > 0 {
			return nil, join(r.mistakes)
		}
		return nil, fmt.Errorf("%s: %w", r.file, ErrNone)
	}
	r.locate(data, inside)
	return project.Tool.Settings, nil
}

// unknownKey notes a key that does not exist. Those of other tools are none of our business.
func (r *reader) unknownKey(e *toml.DecodeError, inside bool) {
	key := []string(e.Key())
	if inside {
		if len(key) <= len(table) || !slices.Equal(key[:len(table)], table) {
			return
		}
		key = key[len(table):]
	}
	line, column := e.Position()
	r.mistakes = append(r.mistakes, &Error{r.file, line, column, fmt.Sprintf("there is no setting %q%s", strings.Join(key, "."), hint(key))})
}

// hint proposes the key that was meant, of those of its table.
func hint(key []string) string {
	t := reflect.TypeFor[file]()
	for _, k := range key[:len(key)-1] {
		i := slices.Index(keys(t, false), k)
		if i < 0 {
			break
		}
		t = element(element(t).Field(i).Type)
	}
	squeezed := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s)) }
	meant := squeezed(key[len(key)-1])
	for _, k := range keys(t, false) {
		if squeezed(k) == meant || similar(squeezed(k), meant) {
			return "; did you mean " + k + "?"
		}
	}
	return "; docs/configuration.md lists the settings"
}

// similar tells words that one letter makes equal that is missing, too many, another, or in its
// neighbour's place.
func similar(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// keys lists the keys of a table and, with deep set, of those in it.
func keys(t reflect.Type, deep bool) []string {
	if t = element(t); t.Kind() != reflect.Struct {
		return nil
	}
	var list []string
	for i := range t.NumField() {
		list = append(list, t.Field(i).Tag.Get("toml"))
		if deep {
			list = append(list, keys(t.Field(i).Type, true)...)
		}
	}
	return list
}

// element is what a list or a pointer is of.
func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// locate finds the places of all values.
func (r *reader) locate(data []byte, inside bool) {
	source, err := ast.NewSource(r.file, data)
	if err != nil {
		return // places are then not told
	}
	document, ok := manifest.Open(PyProjectName, source)
	if !ok || len(document.Trees()) == 0 {
		return
	}
	r.text, r.tree = source, document.Trees()[0]
	if inside {
		r.tree = r.tree.Get(table...)
	}
}

// wrong notes a mistake in the value at a path of keys and, for lists, numbers.
func (r *reader) wrong(problem string, keys ...any) {
	e := &Error{File: r.file, Problem: problem}
	node := r.tree
	for _, key := range keys {
		next := node
		switch key := key.(type) {
		case string:
			next = node.Get(key)
		case int:
			if items := node.Items(); key < len(items) {
				next = items[key]
			}
		}
		if next == nil {
			break // the place is that of the table that lacks the key
		}
		node = next
	}
	if r.text != nil && node.Span().End > 0 {
		at := r.text.Position(node.Span().Start)
		e.Line, e.Column = at.Line, at.Column
	}
	r.mistakes = append(r.mistakes, e)
}

// config turns the table into options, and notes what is wrong with it.
func (r *reader) config(f *file) *Config {
	c := &Config{File: r.file, Include: f.Include, Exclude: f.Exclude, Baseline: f.Baseline, Cache: f.Cache}
	c.Options = pyguardml.Options{Profile: f.Profile, Select: f.Select, Ignore: f.Ignore, RequireReasons: f.RequireReasons}
	r.profile(f.Profile, "profile")
	r.words(f.Select, "select")
	r.words(f.Ignore, "ignore")
	r.globs(f.Include, "include")
	r.globs(f.Exclude, "exclude")
	for i := range f.Paths {
		r.paths(c, &f.Paths[i], "paths", i)
	}
	c.Options.Limits = r.limits(&f.Limits)
	for i := range f.Models {
		r.model(c, &f.Models[i], i)
	}
	if len(r.mistakes) == 0 {
		// What is wrong only as a whole: a selection that leaves nothing.
		if _, err := r.registry.Select(checks.Selection{Profile: f.Profile, Select: f.Select, Ignore: f.Ignore}); err != nil {
			r.wrong(err.Error(), "select")
		}
	}
	return c
}

// paths takes over the settings for some files.
func (r *reader) paths(c *Config, p *paths, at ...any) {
	here := func(more ...any) []any { return slices.Concat(at, more) }
	r.profile(p.Profile, here("profile")...)
	r.words(p.Select, here("select")...)
	r.words(p.Ignore, here("ignore")...)
	r.globs(p.Files, here("files")...)
	switch {
	case len(p.Files) == 0:
		r.wrong("files is missing: which files are these settings for?", here()...)
	case p.Profile == "" && len(p.Select)+len(p.Ignore) == 0:
		r.wrong("nothing is set for these files; give profile, select or ignore (ignore = [\"PML\"] is for all checks)", here("files")...)
	case p.Reason != "" && len(p.Ignore) == 0:
		r.wrong("a reason belongs to ignore, which is missing", here("reason")...)
	}
	for _, glob := range p.Files {
		for _, whole := range wholePath(glob) {
			if p.Profile != "" || len(p.Select) > 0 {
				chosen := pyguardml.PathSelect{Glob: whole, Profile: cmp.Or(p.Profile, c.Options.Profile), Select: p.Select}
				if len(p.Select) == 0 {
					chosen.Select = c.Options.Select
				}
				c.Options.PathSelects = append(c.Options.PathSelects, chosen)
			}
			if len(p.Ignore) > 0 {
				c.Options.PathIgnores = append(c.Options.PathIgnores, pyguardml.PathIgnore{Glob: whole, Checks: p.Ignore, Reason: p.Reason})
			}
		}
	}
}

func (r *reader) profile(word string, at ...any) {
	if !slices.Contains([]string{"", "default", "all", "extended"}, word) {
		r.wrong(fmt.Sprintf(`no profile is called %q; use "default" or "all"`, word), at...)
	}
}

// words checks that each word names checks.
func (r *reader) words(list []string, at ...any) {
	for i, word := range list {
		_, err := r.registry.Select(checks.Selection{Profile: "all", Ignore: []string{word}})
		if err != nil && !strings.Contains(err.Error(), "leaves no check") {
			r.wrong(strings.TrimPrefix(err.Error(), "ignore: "), slices.Concat(at, []any{i})...)
		}
	}
}

func (r *reader) globs(list []string, at ...any) {
	for i, glob := range list {
		problem := ""
		switch {
		case glob == "" || !doublestar.ValidatePattern(glob):
			problem = fmt.Sprintf("%q is not a glob; write one such as tests/** or test_*.py", glob)
		case path.IsAbs(glob) || strings.HasPrefix(glob, "../"):
			problem = fmt.Sprintf("%q leads out of the project; globs are relative to the folder of this file", glob)
		default:
			continue
		}
		r.wrong(problem, slices.Concat(at, []any{i})...)
	}
}

func (r *reader) limits(l *limits) pyguardml.Limits {
	a := &l.Artifact
	for _, n := range []struct {
		value int64
		keys  []any
	}{
		{l.File, []any{"file"}}, {l.Notebook, []any{"notebook"}},
		{int64(a.Depth), []any{"artifact", "depth"}}, {int64(a.Members), []any{"artifact", "members"}}, {a.Expanded, []any{"artifact", "expanded"}},
		{a.Opcodes, []any{"artifact", "opcodes"}}, {int64(a.Values), []any{"artifact", "values"}}, {int64(a.Facts), []any{"artifact", "facts"}},
	} {
		if n.value < 0 {
			r.wrong(strconv.FormatInt(n.value, 10)+" is no limit; give a positive number, or leave it out for the default", slices.Concat([]any{"limits"}, n.keys)...)
		}
	}
	return pyguardml.Limits{MaxFileSize: l.File, MaxNotebookSize: l.Notebook, Artifact: pyguardml.ArtifactLimits{
		Depth: a.Depth, Members: a.Members, Expanded: a.Expanded, Opcodes: a.Opcodes, Values: a.Values, Facts: a.Facts,
	}}
}
