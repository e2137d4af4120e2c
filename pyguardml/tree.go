package pyguardml

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pyguard/pyguardml/checks"
)

// cachedTree is what is kept of a whole analysis, so that nothing but the hashes of its files is made again while
// none of them changes.
type cachedTree struct {
	Files []cachedFile
	Stats Stats
	// Hidden are the model files that a Result does not show.
	Hidden []string `json:",omitempty"`
}

// recallTree looks up the results of all files at once. It returns nil where they are not known.
func (r *run) recallTree() *Result {
	if !r.caches() || r.config.set.WantsProject() {
		return nil
	}
	h := r.chosen()
	fmt.Fprintf(h, "tree %t\n", r.ParseAll)
	for _, u := range r.units {
		if r.ctx.Err() != nil || u.hash == [sha256.Size]byte{} {
			return nil // it could not be read, or is large
		}
		fmt.Fprintf(h, "%q %x\n", u.file.Path, u.hash)
	}
	r.tree = hex.EncodeToString(h.Sum(nil))
	t := &cachedTree{}
	if !r.lookUp(r.tree, t) {
		return nil
	}
	r.tree = ""
	res := &Result{Checks: slices.Clone(r.infos), sources: make(map[string]*File, len(r.units)), Stats: t.Stats}
	res.Stats.Reused = r.reused
	res.Stats.Remembered = t.Stats.Files - t.Stats.Unparsed
	for i, u := range r.units {
		if _, hidden := slices.BinarySearch(t.Hidden, u.file.Path); !hidden {
			file := u.file
			res.sources[file.Path] = &file
		}
		r.progress("parse", i+1, u.file.Path)
	}
	r.progress("check", 0, "")
	for i := range t.Files {
		fr := t.Files[i].result()
		r.settings(&fr)
		res.add(fr)
		if r.onFile != nil {
			r.onFile(fr)
		}
	}
	r.progress("check", len(r.units), "")
	return res
}

// keepTree puts the results of all files into the cache, before settings and baseline. Results of checks that
// failed are not kept, nor those of files that could not be read, or of models that have changed since they were hashed.
func (r *run) keepTree(results []FileResult, res *Result, outcome *checks.Outcome) {
	if r.tree == "" || outcome.GivenUp {
		return
	}
	t := &cachedTree{Stats: res.Stats}
	t.Stats.Reused, t.Stats.Remembered, t.Stats.Calls, t.Stats.ResolvedCalls, t.Stats.Cuts = 0, 0, 0, 0, Cuts{}
	for i := range results {
		if len(results[i].CheckErrors) > 0 {
			return
		}
		f := keptFile(&results[i])
		if f.actsOnFiles() {
			return
		}
		t.Files = append(t.Files, f)
	}
	for _, u := range r.units {
		if u.artifact != nil && u.document == nil && u.file.digest(r.ctx) != u.hash || slices.ContainsFunc(u.errors, func(e FileError) bool { return e.Stage == StageRead }) {
			return
		}
		if res.sources[u.file.Path] == nil {
			t.Hidden = append(t.Hidden, u.file.Path)
		}
	}
	r.putInto(r.tree, t)
}

// lookUp reads what the cache holds under a key.
func (r *run) lookUp(key string, into any) (ok bool) {
	data, ok := r.Cache.Get(key)
	if !ok {
		return false
	}
	if err := json.Unmarshal(data, into); err != nil {
		r.Logger.Warn("a damaged entry of the cache", "key", key, "error", err)
		return false
	}
	return true
}

// putInto writes into the cache what it holds under a key.
func (r *run) putInto(key string, what any) {
	data, err := json.Marshal(what)
	if err == nil {
		err = r.Cache.Put(key, data)
	}
	if err != nil {
		r.Logger.Warn("results were not kept", "error", err)
	}
}
