package pyguardml

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/checks"
)

// Cache keeps the results of analyses between processes: Analyze looks up files that it has seen
// in the same surroundings and neither parses nor checks them again. What is kept are findings, so
// a cache is as confidential as reports are. Both methods are called from one goroutine at a time
// for one analysis, and from several where analyses share a cache.
type Cache interface {
	// Get returns what was put under a key of letters and digits. What it returns is not changed.
	Get(key string) ([]byte, bool)
	// Put keeps data under a key. The data is not changed later. A failure costs time at the next
	// analysis and nothing else; it goes to Options.Logger.
	Put(key string, data []byte) error
}

// DirCache is a Cache in a folder, which is made where it is missing. Several processes may use
// the folder at the same time. An entry is a file that is written under another name first, so that
// nobody reads half of one; what is damaged all the same is passed over.
type DirCache struct{ dir string }

// NewDirCache returns the cache in a folder.
func NewDirCache(dir string) (*DirCache, error) {
	if dir == "" {
		return nil, errors.New("the cache's folder has no name")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the cache's folder: %w", err)
	}
	return &DirCache{dir}, nil
}

// file is the file of a key. Its folder spreads entries over 256 folders.
func (c *DirCache) file(key string) string { return filepath.Join(c.dir, key[:2], key) }

// Get implements Cache.
func (c *DirCache) Get(key string) ([]byte, bool) {
	data, err := os.ReadFile(c.file(key))
	return data, err == nil
}

// Put implements Cache.
func (c *DirCache) Put(key string, data []byte) error {
	name := c.file(key)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Prune deletes the entries that were written longer than age ago, and returns how many.
func (c *DirCache) Prune(age time.Duration) (int, error) {
	n := 0
	err := filepath.WalkDir(c.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || time.Since(info.ModTime()) < age {
			return nil // somebody else has deleted it, or it stays
		}
		if os.Remove(name) == nil {
			n++
		}
		return nil
	})
	return n, err
}

// cached is what is kept of a group of files.
type cached struct {
	// UsesML is what the results assume of the project, ImportsML what these files say.
	UsesML, ImportsML bool
	Files             []cachedFile
}

// cachedFile is a FileResult before settings and baseline.
type cachedFile struct {
	Path               string
	Findings           []checks.Finding           `json:",omitempty"`
	Suppressed         []checks.Finding           `json:",omitempty"`
	UnusedSuppressions []checks.UnusedSuppression `json:",omitempty"`
	Errors             []cachedError              `json:",omitempty"`

	// exact are the errors as they are; of what was read from a cache only Errors are known.
	exact []FileError
}

type cachedError struct {
	Cell, Line  int
	Stage, Text string
}

// recall looks up the results of the groups, first among those of the analysis before this one,
// then in the cache.
func (r *run) recall() {
	if r.config.set.WantsProject() {
		return
	}
	around := r.surroundings()
	var drafts []*checks.Draft
	for _, u := range r.units {
		if u.draft != nil {
			drafts = append(drafts, u.draft)
		}
	}
	answers := map[*checks.Question]*[sha256.Size]byte{}
	for k := range r.groups {
		g := &r.groups[k]
		if !g.needed {
			continue
		}
		if r.ctx.Err() != nil {
			return
		}
		h := sha256.New()
		h.Write(around)
		for _, q := range g.asks {
			a, ok := answers[q]
			if !ok {
				a = r.answers(q, drafts)
				answers[q] = a
			}
			if a == nil {
				h = nil
				break
			}
			fmt.Fprintf(h, "%q %x\n", q.Name, *a)
		}
		if h == nil {
			continue // what the group's results depend on is not known
		}
		for _, i := range g.members {
			fmt.Fprintf(h, "%q %x\n", r.units[i].file.Path, r.units[i].hash)
		}
		g.key = hex.EncodeToString(h.Sum(nil))
		if g.remembered = r.memory[g.key]; g.remembered == nil && r.caches() {
			g.remembered = r.cached(g.key)
			g.kept = g.remembered != nil
		}
	}
}

// answers is checks.Answers, nil for a question of one of Options.Checks that fails or takes too long: the check will
// fail by it, too, where it asks, and is reported there.
func (r *run) answers(q *checks.Question, drafts []*checks.Draft) *[sha256.Size]byte {
	if !r.asksForeign(q) {
		a := checks.Answers(q, drafts)
		return &a
	}
	done := make(chan *[sha256.Size]byte, 1)
	go func() {
		var answer *[sha256.Size]byte
		defer func() {
			if p := recover(); p != nil {
				r.Logger.Warn("a question of a check failed", "question", q.Name, "panic", p)
			}
			done <- answer
		}()
		a := checks.Answers(q, drafts)
		answer = &a
	}()
	late := time.NewTimer(r.Limits.CheckTime)
	defer late.Stop()
	select {
	case a := <-done:
		return a
	case <-late.C:
	case <-r.ctx.Done():
	}
	return nil
}

// asksForeign reports whether a question is one of Options.Checks.
func (r *run) asksForeign(q *checks.Question) bool {
	return slices.ContainsFunc(r.Checks, func(c checks.Check) bool {
		a, ok := c.(checks.Asker)
		return ok && slices.Contains(a.Questions(), q)
	})
}

// caches reports whether there is a cache that can be relied on: checks and models of others need a
// version by which to tell what they were.
func (c *config) caches() bool {
	return c.Cache != nil && (c.CacheVersion != "" || len(c.Checks) == 0 && len(c.Models) == 0)
}

// cached returns what the cache holds under a key, or nil.
func (r *run) cached(key string) *cached {
	c := &cached{}
	if !r.lookUp(key, c) {
		return nil
	}
	return c
}

// chosen begins a digest with all that results depend on besides files.
func (c *config) chosen() hash.Hash {
	h := sha256.New()
	h.Write(c.choices())
	return h
}

// digest is of all that is chosen.
func (c *config) digest() []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %+v %t %q %q %q %q\n", program(), c.CacheVersion, c.Limits, c.RequireReasons, c.Folder, c.PathSelects, c.Select, c.Profile)
	for _, info := range c.infos {
		fmt.Fprintln(h, info.ID)
	}
	return h.Sum(nil)
}

// surroundings is a digest of all that the results of every group depend on besides its own files.
func (r *run) surroundings() []byte {
	h := r.chosen()
	for _, u := range r.units {
		switch {
		case u.draft != nil:
			fmt.Fprintf(h, "%q\n", u.file.Path) // checks ask which files there are
		case u.manifest != nil || u.document != nil:
			fmt.Fprintf(h, "%q %x\n", u.file.Path, u.hash)
		}
	}
	return h.Sum(nil)
}

// program tells builds of the program apart, so that a cache does not outlive the checks that
// filled it.
var program = sync.OnceValue(func() string {
	id := cacheFormat
	if info, ok := debug.ReadBuildInfo(); ok {
		id += info.String()
	}
	if name, err := os.Executable(); err == nil {
		if file, err := os.Stat(name); err == nil {
			id += fmt.Sprint(file.Size(), file.ModTime().UnixNano())
		}
	}
	return id
})

// cacheFormat changes with the types that are kept.
const cacheFormat = "1 "

// current reports whether all remembered results hold in the project as it turned out to be; those
// that do not are forgotten.
func (r *run) current(outcome *checks.Outcome) bool {
	ok := true
	for k := range r.groups {
		if c := r.groups[k].remembered; c != nil && c.UsesML != outcome.UsesML {
			r.groups[k].remembered, ok = nil, false
		}
	}
	return ok
}

// remembered returns the results that were known, by path.
func (r *run) remembered() map[string]FileResult {
	out := map[string]FileResult{}
	for k := range r.groups {
		if r.groups[k].remembered == nil {
			continue
		}
		for i := range r.groups[k].remembered.Files {
			f := &r.groups[k].remembered.Files[i]
			out[f.Path] = f.result()
		}
	}
	return out
}

// keep learns the results of the groups, and puts those into the cache that are not there.
// results are in the order of their paths.
func (r *run) keep(results []FileResult, outcome checks.Outcome) {
	r.learnt = make(map[string]*cached, len(r.groups))
	for k := range r.groups {
		g := &r.groups[k]
		if g.key == "" {
			continue
		}
		c := g.remembered
		if c == nil {
			var ok bool
			if c, ok = r.entry(g, results, outcome); !ok || outcome.GivenUp {
				continue
			}
		}
		r.learnt[g.key] = c
		if g.kept || !r.caches() || c.actsOnFiles() {
			continue
		}
		r.putInto(g.key, c)
	}
}

// entry makes what is kept of a group; ok is false for what is not: results of checks that failed.
func (r *run) entry(g *group, results []FileResult, outcome checks.Outcome) (c *cached, ok bool) {
	c = &cached{UsesML: outcome.UsesML}
	for _, i := range g.members {
		name := r.units[i].file.Path
		c.ImportsML = c.ImportsML || outcome.Importing[name]
		at, found := slices.BinarySearchFunc(results, name, func(f FileResult, name string) int { return strings.Compare(f.Path, name) })
		if !found {
			continue
		}
		fr := &results[at]
		if len(fr.CheckErrors) > 0 || r.units[i].failed() {
			return nil, false
		}
		c.Files = append(c.Files, keptFile(fr))
	}
	return c, true
}

// keptFile is what is kept of a file's results.
func keptFile(fr *FileResult) cachedFile {
	f := cachedFile{Path: fr.Path, Findings: fr.Findings, Suppressed: fr.Suppressed, UnusedSuppressions: fr.UnusedSuppressions, exact: fr.FileErrors}
	for _, e := range fr.FileErrors {
		f.Errors = append(f.Errors, cachedError{e.Cell, e.Line, e.Stage, e.Err.Error()})
	}
	return f
}

// result is what keptFile was made of.
func (f *cachedFile) result() FileResult {
	fr := FileResult{Path: f.Path, Findings: f.Findings, Suppressed: f.Suppressed, UnusedSuppressions: f.UnusedSuppressions, FileErrors: f.exact}
	for _, e := range f.Errors[len(f.exact):] {
		fr.FileErrors = append(fr.FileErrors, FileError{Path: f.Path, Cell: e.Cell, Line: e.Line, Stage: e.Stage, Err: errors.New(e.Text)})
	}
	return fr
}

// actsOnFiles reports whether a fix does more than edit text, which is not written into the cache.
func (f *cachedFile) actsOnFiles() bool {
	acts := func(f checks.Finding) bool { return f.Fix != nil && len(f.Fix.Actions) > 0 }
	return slices.ContainsFunc(f.Findings, acts) || slices.ContainsFunc(f.Suppressed, acts)
}

// actsOnFiles reports whether one of its files is not written into the cache.
func (c *cached) actsOnFiles() bool {
	return slices.ContainsFunc(c.Files, func(f cachedFile) bool { return f.actsOnFiles() })
}
