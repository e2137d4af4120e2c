package pyguardml

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/checks/all"
	"github.com/pyguard/pyguardml/internal/artifact"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// Options says what is analysed and how. The zero value is the recommended set-up: the
// default profile, all processors, the default limits.
type Options struct {
	// Profile is "" or "default" for the checks that nearly always point at something worth
	// fixing, "all" (or "extended") for every check.
	Profile string
	// Select and Ignore choose checks by id ("PML1201"), name ("torch-load-unsafe"), beginning
	// of id ("PML12"), part ("1.2", "serialization"), severity ("high"), class ("vulnerability")
	// or entry of a standard ("LLM01", "AML.T0051", "CWE-502"). With Select nothing else runs; a
	// check named by itself runs whatever the profile. Ignore takes checks out again.
	Select, Ignore []string
	// Checks are the embedder's own checks, run beside the built-in ones. Their ids and names
	// differ from those of the built-in checks.
	Checks []checks.Check
	// Models describe the APIs of frameworks beyond those known to the library: sources and
	// sinks of an in-house platform, its sanitizers, its routes. See docs/models.md.
	Models []checks.Framework
	// PathSelects lets other checks run in some files than Select and Profile say for the rest. Of
	// several whose globs match a file, the last one counts; Ignore holds there, too.
	PathSelects []PathSelect
	// PathIgnores silences findings by path. The findings are kept in Result.Suppressed.
	PathIgnores []PathIgnore
	// Folder is the folder that the paths of the files are relative to, seen from the one that the
	// globs of PathSelects and PathIgnores are about: "services/chat" where settings of a project
	// hold for files that are named from within that folder. Fingerprints are those of the paths from
	// there, too. Usually the two folders are one, and it is "".
	Folder string
	// RequireReasons lets comments silence findings only where they say why.
	RequireReasons bool
	// Baseline holds the fingerprints of findings that are known and accepted for now; they go
	// to Result.Suppressed.
	Baseline []string

	// ParseAll parses every Python file. Otherwise a file is not parsed that no check of the
	// selection can concern: which neither it nor a file that it is connected with by imports
	// mentions what a check waits for. Findings are the same; syntax errors are only told of files
	// that are parsed.
	ParseAll bool
	// Cache keeps results between analyses and processes, nil means none. The results are those of
	// an analysis without it; only Stats tells which files were remembered. Model files and
	// manifests are looked at each time, unless no file has changed at all.
	Cache Cache
	// CacheVersion tells versions of Checks and Models apart. Where those are given, Cache is used
	// only with a CacheVersion.
	CacheVersion string
	// Parallelism is the number of files worked on at the same time; 0 means one for each
	// processor that Go uses. Results do not depend on it.
	Parallelism int
	// Limits bounds what is read, and the time of Checks.
	Limits Limits
	// Logger receives what happens at level Debug and what went wrong at level Warn; nil means
	// silence.
	Logger *slog.Logger
	// Progress is told how far the analysis is, from several goroutines but never two calls at
	// a time. It should return soon.
	Progress func(Progress)
	// OnFile receives each file's results as soon as they are final, from one goroutine at a
	// time, in the order of paths; files that cannot be analysed come when that is known. It
	// should return soon.
	OnFile func(FileResult)
}

// PathSelect chooses the checks for the files that a glob matches.
type PathSelect struct {
	// Glob is as in PathIgnore.
	Glob string
	// Profile and Select are as in Options; where both are empty, the whole default profile runs.
	Profile string
	Select  []string
}

// PathIgnore silences checks in the files that a glob matches.
type PathIgnore struct {
	// Glob is matched against the whole path: `*` and `?` stay within a folder, `**` crosses
	// folders, `{a,b}` and `[a-z]` choose. "tests/**" is all that is below tests.
	Glob string
	// Checks says which checks, in the ways of Options.Select; empty means all.
	Checks []string
	// Reason goes into the findings' Suppression.
	Reason string
}

// Limits bounds what is read, and the time of checks that are not the library's. A zero field means its
// default.
type Limits struct {
	// MaxFileSize is the largest Python file in bytes; 10 MiB unless set.
	MaxFileSize int64
	// MaxNotebookSize is the largest notebook in bytes; 100 MiB unless set, since outputs make
	// notebooks large.
	MaxNotebookSize int64
	// Artifact bounds what is read of a model file, whose size has no limit: the depth and number
	// of archives' members, the bytes decompressed, the opcodes of pickles. A limit that is reached
	// is a FileError of StageLimit.
	Artifact ArtifactLimits
	// CheckTime is what one of Options.Checks may take, by the clock: for the files that are analysed
	// together since imports connect them, for each file that it looks at by itself, and for the
	// project; 10 s unless set. A check that takes longer is a CheckError that wraps
	// checks.ErrCheckTime, and these files are analysed without it. Where that happens for a third
	// time, it is not asked any more. The goroutine in which it runs is left to it and ends when it
	// comes back. The built-in checks are not bound.
	CheckTime time.Duration
}

// ArtifactLimits bounds what is read of a model file. A zero field means its default.
type ArtifactLimits = artifact.Limits

const (
	defaultMaxFileSize     = 10 << 20
	defaultMaxNotebookSize = 100 << 20
	defaultCheckTime       = 10 * time.Second
)

// Progress says how far an analysis is.
type Progress struct {
	// Stage is "parse" while files are read and parsed, and "check" while checks run.
	Stage string
	// Done and Total count files.
	Done, Total int
	// Path is the file just finished, "" at the start of a stage.
	Path string
}

// config is Options validated and compiled.
type config struct {
	Options
	registry    *checks.Registry
	set         *checks.Set
	foreign     map[string]bool // the ids of Options.Checks
	encoders    encoders
	infos       []*checks.Info // of the checks that run
	ran         map[string]bool
	baseline    map[string]bool
	pathSelects []pathSelect
	pathIgnores []pathIgnore
	// usual are the ids of the checks for files that no PathSelect is about; nil means all that run.
	usual map[string]bool
	// choices is digest, made once.
	choices func() []byte
}

type pathSelect struct {
	glob string
	ids  map[string]bool
}

type pathIgnore struct {
	glob   string
	ids    map[string]bool // nil for all
	reason string
}

func compile(opts Options) (*config, error) {
	if opts.Parallelism < 0 {
		return nil, fmt.Errorf("options: Parallelism is %d; give 0 for all processors or a positive number", opts.Parallelism)
	}
	if opts.Limits.MaxFileSize < 0 || opts.Limits.MaxNotebookSize < 0 || opts.Limits.CheckTime < 0 {
		return nil, errors.New("options: a limit is negative; give 0 for the default or a positive number of bytes, or time")
	}
	c := &config{Options: opts}
	if c.Parallelism == 0 {
		c.Parallelism = runtime.GOMAXPROCS(0)
	}
	if c.Limits.MaxFileSize == 0 {
		c.Limits.MaxFileSize = defaultMaxFileSize
	}
	if c.Limits.MaxNotebookSize == 0 {
		c.Limits.MaxNotebookSize = defaultMaxNotebookSize
	}
	if c.Limits.CheckTime == 0 {
		c.Limits.CheckTime = defaultCheckTime
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.choices = sync.OnceValue(c.digest)
	return c, c.compileChecks()
}

func (c *config) compileChecks() error {
	var err error
	if c.registry, err = checks.NewRegistry(append(all.Checks(), c.Checks...)); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	c.foreign = idsOf(c.Checks)
	list, err := c.selected()
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	c.encoders.limit = c.Limits.CheckTime
	if c.set, err = checks.Compile(list, c.encoders.guarded(c.Models)...); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	c.ran = idsOf(list)
	for _, check := range list {
		c.infos = append(c.infos, check.Info())
	}
	c.baseline = make(map[string]bool, len(c.Baseline))
	for _, fingerprint := range c.Baseline {
		c.baseline[fingerprint] = true
	}
	return c.compilePathIgnores()
}

// selected returns the checks that run in any file, and notes which run where.
func (c *config) selected() ([]checks.Check, error) {
	list, err := c.registry.Select(checks.Selection{Profile: c.Profile, Select: c.Select, Ignore: c.Ignore})
	if err != nil || len(c.PathSelects) == 0 {
		return list, err
	}
	c.usual = idsOf(list)
	anywhere := maps.Clone(c.usual)
	for i, p := range c.PathSelects {
		if !isGlob(p.Glob) {
			return nil, fmt.Errorf("PathSelects[%d]: %w", i, noGlob(p.Glob))
		}
		here, err := c.registry.Select(checks.Selection{Profile: p.Profile, Select: p.Select, Ignore: c.Ignore})
		if err != nil {
			return nil, fmt.Errorf("PathSelects[%d]: %w", i, err)
		}
		ids := idsOf(here)
		c.pathSelects = append(c.pathSelects, pathSelect{p.Glob, ids})
		maps.Copy(anywhere, ids)
	}
	return slices.DeleteFunc(c.registry.Checks(), func(check checks.Check) bool { return !anywhere[check.Info().ID] }), nil
}

func idsOf(list []checks.Check) map[string]bool {
	ids := make(map[string]bool, len(list))
	for _, check := range list {
		ids[check.Info().ID] = true
	}
	return ids
}

func isGlob(s string) bool { return s != "" && doublestar.ValidatePattern(s) }

func noGlob(s string) error { return fmt.Errorf("%q is not a glob; write one such as tests/**", s) }

// runsIn reports whether a check is chosen for a file.
func (c *config) runsIn(id, file string) bool {
	if c.usual == nil {
		return true
	}
	ids := c.usual
	for _, p := range c.pathSelects {
		if c.matches(p.glob, file) {
			ids = p.ids
		}
	}
	return ids[id]
}

// matches reports whether a glob of the settings is about a file.
func (c *config) matches(glob, file string) bool {
	if c.Folder != "" && !path.IsAbs(file) {
		file = path.Join(c.Folder, file)
	}
	return doublestar.MatchUnvalidated(glob, file)
}

func (c *config) compilePathIgnores() error {
	for i, p := range c.PathIgnores {
		if !isGlob(p.Glob) {
			return fmt.Errorf("options: PathIgnores[%d]: %w", i, noGlob(p.Glob))
		}
		ignore := pathIgnore{glob: p.Glob, reason: p.Reason}
		if len(p.Checks) > 0 {
			list, err := c.registry.Select(checks.Selection{Profile: "all", Select: p.Checks})
			if err != nil {
				return fmt.Errorf("options: PathIgnores[%d]: %w", i, err)
			}
			ignore.ids = idsOf(list)
		}
		c.pathIgnores = append(c.pathIgnores, ignore)
	}
	return nil
}

// silenced returns what in the settings silences a finding, nil if nothing does.
func (c *config) silenced(f *checks.Finding) *checks.Suppression {
	for i := range c.pathIgnores {
		p := &c.pathIgnores[i]
		if (p.ids == nil || p.ids[f.CheckID]) && c.matches(p.glob, f.Path) {
			return &checks.Suppression{By: "path", Reason: p.reason}
		}
	}
	if c.baseline[f.Fingerprint] {
		return &checks.Suppression{By: "baseline"}
	}
	return nil
}

// limit is the largest size of a file of that kind.
func (c *config) limit(kind checks.Input) int64 {
	switch kind {
	case checks.Notebook:
		return c.Limits.MaxNotebookSize
	case checks.Manifest:
		return manifest.MaxSize
	}
	return c.Limits.MaxFileSize
}
