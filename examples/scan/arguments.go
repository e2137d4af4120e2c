package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings is what the command line asks for.
type settings struct {
	profile        string
	sel, ignore    []string
	exclude        []string
	format         string
	output         string
	color          string
	maxLength      int
	jobs           int
	fix            bool
	unsafeFixes    bool
	noFixComments  bool
	diff           bool
	baseline       string
	configFile     string
	noConfig       bool
	cache          string
	writeBaseline  string
	listChecks     bool
	explain        string
	help, version  bool
	paths          []string
	project        project
	started        time.Time
	stdout, stderr io.Writer
}

// option is one option of the command line.
type option struct {
	name  string
	short string
	// value is the name of the option's value in the help; options without one are switches.
	value string
	help  string
	set   func(s *settings, value string) error
}

// group is a heading of the help with its options.
type group struct {
	title   string
	options []option
}

// groups holds every option: what is parsed and what --help shows are the same table.
var groups = []group{
	{"What is checked", []option{
		{name: "profile", value: "NAME", help: "default: the checks that nearly always point at something worth fixing; all: every check", set: choice(func(s *settings) *string { return &s.profile }, "default", "all")},
		{name: "select", value: "IDS", help: "run these checks only: ids (PML1201), names (torch-load-unsafe), beginnings (PML12), parts (1.2), severities (high), classes (vulnerability), standards (LLM01, AML.T0051, CWE-502); comma separated, repeatable", set: words(func(s *settings) *[]string { return &s.sel })},
		{name: "ignore", value: "IDS", help: "leave these checks out", set: words(func(s *settings) *[]string { return &s.ignore })},
		{name: "exclude", value: "GLOB", help: "leave these files out of folders, for instance 'tests/**'; repeatable", set: appendTo(func(s *settings) *[]string { return &s.exclude })},
		{name: "baseline", value: "FILE", help: "report only what is not in FILE, made by --write-baseline or --format json", set: text(func(s *settings) *string { return &s.baseline })},
		{name: "write-baseline", value: "FILE", help: "accept all of today's findings: write them to FILE and exit with 0", set: text(func(s *settings) *string { return &s.writeBaseline })},
		{name: "config", value: "FILE", help: "take the settings of FILE, a pyguardml.toml or pyproject.toml, rather than those found beside or above the paths", set: text(func(s *settings) *string { return &s.configFile })},
		{name: "no-config", help: "take no settings from files", set: on(func(s *settings) *bool { return &s.noConfig })},
	}},
	{"The report", []option{
		{name: "format", short: "f", value: "NAME", help: "text, json, sarif, html, markdown, gitlab or junit", set: setFormat},
		{name: "output", short: "o", value: "FILE", help: "write the report to FILE, whole or not at all", set: text(func(s *settings) *string { return &s.output })},
		{name: "max-length", value: "N", help: "with --format markdown: at most N bytes, the most severe findings first; 0 for no bound. 65536, what a comment on GitHub may have, unless given", set: setMaxLength},
		{name: "color", value: "WHEN", help: "auto, always or never; auto heeds NO_COLOR", set: choice(func(s *settings) *string { return &s.color }, "auto", "always", "never")},
	}},
	{"Fixing", []option{
		{name: "fix", help: "apply the fixes that keep working behaviour", set: on(func(s *settings) *bool { return &s.fix })},
		{name: "unsafe-fixes", help: "with --fix or --diff: also fixes that change behaviour; review them", set: on(func(s *settings) *bool { return &s.unsafeFixes })},
		{name: "no-fix-comments", help: "leave out the comment that explains each fix in the code", set: on(func(s *settings) *bool { return &s.noFixComments })},
		{name: "diff", help: "show what --fix would change, and change nothing", set: on(func(s *settings) *bool { return &s.diff })},
	}},
	{"Information", []option{
		{name: "list-checks", help: "list the checks (with --format json: as data)", set: on(func(s *settings) *bool { return &s.listChecks })},
		{name: "explain", value: "ID", help: "explain a check: what it reports, why, and how it is fixed", set: text(func(s *settings) *string { return &s.explain })},
		{name: "jobs", short: "j", value: "N", help: "files worked on at the same time; 0 for one each processor", set: setJobs},
		{name: "cache", value: "DIR", help: "remember results in DIR, so that unchanged files are not analysed again", set: text(func(s *settings) *string { return &s.cache })},
		{name: "version", help: "print the version", set: on(func(s *settings) *bool { return &s.version })},
		{name: "help", short: "h", help: "print this help", set: on(func(s *settings) *bool { return &s.help })},
	}},
}

func on(field func(*settings) *bool) func(*settings, string) error {
	return func(s *settings, _ string) error { *field(s) = true; return nil }
}

func text(field func(*settings) *string) func(*settings, string) error {
	return func(s *settings, value string) error {
		if value == "" {
			return fmt.Errorf("the value is empty")
		}
		*field(s) = value
		return nil
	}
}

func choice(field func(*settings) *string, values ...string) func(*settings, string) error {
	return func(s *settings, value string) error {
		if !slices.Contains(values, value) {
			return fmt.Errorf("%q is not one of %s", value, strings.Join(values, ", "))
		}
		*field(s) = value
		return nil
	}
}

func words(field func(*settings) *[]string) func(*settings, string) error {
	return func(s *settings, value string) error {
		before := len(*field(s))
		for _, word := range strings.Split(value, ",") {
			if word = strings.TrimSpace(word); word != "" {
				*field(s) = append(*field(s), word)
			}
		}
		if len(*field(s)) == before {
			return fmt.Errorf("no check is named; --list-checks lists them")
		}
		return nil
	}
}

func appendTo(field func(*settings) *[]string) func(*settings, string) error {
	return func(s *settings, value string) error { *field(s) = append(*field(s), value); return nil }
}

func setJobs(s *settings, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number of files", value)
	}
	s.jobs = n
	return nil
}

func setMaxLength(s *settings, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number of bytes", value)
	}
	s.maxLength = n
	return nil
}

// parseArguments reads the command line. Options may stand before, between and after the
// paths; after "--" everything is a path.
func parseArguments(args []string) (*settings, error) {
	s := &settings{format: "text", color: "auto", maxLength: 1 << 16}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			s.paths = append(s.paths, args...)
			return s, s.validate()
		case len(arg) < 2 || arg[0] != '-':
			s.paths = append(s.paths, arg)
			continue
		}
		name, value, given := strings.Cut(arg, "=")
		f, err := findOption(name)
		if err != nil {
			return nil, err
		}
		switch {
		case f.value == "" && given:
			return nil, fmt.Errorf("--%s takes no value", f.name)
		case f.value != "" && !given:
			if len(args) == 0 {
				return nil, fmt.Errorf("--%s needs a value: --%s %s", f.name, f.name, f.value)
			}
			value, args = args[0], args[1:]
		}
		if err := f.set(s, value); err != nil {
			return nil, fmt.Errorf("--%s: %w", f.name, err)
		}
	}
	return s, s.validate()
}

// findOption looks an option up by its long or short form; a single dash will do for both.
func findOption(arg string) (*option, error) {
	name := strings.TrimLeft(arg, "-")
	var best string
	distance := 3
	for _, g := range groups {
		for i := range g.options {
			f := &g.options[i]
			if f.name == name || f.short != "" && f.short == name {
				return f, nil
			}
			if d := editDistance(name, f.name); d < distance {
				best, distance = f.name, d
			}
		}
	}
	if best != "" {
		return nil, fmt.Errorf("unknown option %s; did you mean --%s?", arg, best)
	}
	return nil, fmt.Errorf("unknown option %s; --help lists the options", arg)
}

// editDistance is Levenshtein's: the least number of letters to insert, remove or replace.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// validate refuses options that contradict each other or would do nothing.
func (s *settings) validate() error {
	if s.help || s.version {
		return nil
	}
	switch {
	case s.unsafeFixes && !s.fix && !s.diff:
		return fmt.Errorf("--unsafe-fixes needs --fix or --diff")
	case s.noFixComments && !s.fix && !s.diff:
		return fmt.Errorf("--no-fix-comments needs --fix or --diff")
	case s.diff && s.format != "text":
		return fmt.Errorf("--diff prints a diff; it cannot be combined with --format %s", s.format)
	case s.writeBaseline != "" && (s.fix || s.diff):
		return fmt.Errorf("--write-baseline cannot be combined with --fix or --diff")
	case s.configFile != "" && s.noConfig:
		return fmt.Errorf("--config cannot be combined with --no-config")
	case s.listChecks && s.format != "text" && s.format != "json":
		return fmt.Errorf("--list-checks comes as text or json, not as %s", s.format)
	}
	return nil
}
