package checks

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/ast"
)

// This file keeps checks from each other: what one of them does wrong is an error of its own.
//
// A panic is caught where the check is called. A check that does not come back cannot be ended, since
// goroutines cannot. The library's own checks are trusted to come back, and are called as they are. Those
// of an embedder (RunOptions.Foreign) are called in goroutines that can be left behind: each works for
// a run of its own, whose findings are taken over when it is done. When a check takes longer than it
// may, its goroutine is left to it, nothing that it finds is taken over, and the same files are
// analysed again without the check. The goroutine ends as soon as the check comes back.

// bounds says which checks are bound, and remembers what they did.
type bounds struct {
	foreign map[string]bool // ids
	limit   time.Duration

	mu sync.Mutex
	// late counts how often a check took too long, and without holds the files that it is not
	// asked about any more.
	late    map[string]int
	without map[lateAt]bool
}

type lateAt struct{ id, path string }

// maxLate is how often a check may take too long before it is not asked any more: what loops in every
// file would hold up an analysis for hours.
const maxLate = 3

func newBounds(o RunOptions) *bounds {
	if len(o.Foreign) == 0 || o.CheckTime <= 0 {
		return nil
	}
	return &bounds{foreign: o.Foreign, limit: o.CheckTime, late: map[string]int{}, without: map[lateAt]bool{}}
}

// leftOut reports whether a check is not to be asked about a file.
func (b *bounds) leftOut(id, path string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.late[id] >= maxLate || b.without[lateAt{id, path}]
}

// leaveOut notes that a check took too long, and gives the error to report.
func (b *bounds) leaveOut(o overrun, paths []string) CheckError {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.late[o.id]++
	for _, p := range paths {
		b.without[lateAt{o.id, p}] = true
	}
	rest := "the file is analysed without it"
	if len(paths) > 1 {
		rest = fmt.Sprintf("this and %d files that imports connect with it are analysed without it", len(paths)-1)
	}
	if b.late[o.id] == maxLate {
		rest += fmt.Sprintf("; it has now taken too long %d times and is not asked any more", maxLate)
	}
	if o.ended {
		return CheckError{CheckID: o.id, Path: o.path, Err: fmt.Errorf("the check ended the goroutine that called it; %s", rest)}
	}
	return CheckError{CheckID: o.id, Path: o.path, Err: fmt.Errorf("%w: more than %v (Limits.CheckTime); %s", ErrCheckTime, b.limit, rest)}
}

// givenUp reports whether a check is not asked any more at all, so that what is known of files depends on
// when they were looked at.
func (b *bounds) givenUp() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.late {
		if n >= maxLate {
			return true
		}
	}
	return false
}

// ErrCheckTime is what a CheckError wraps of a check that took longer than it may.
var ErrCheckTime = errors.New("the check takes too long")

// overrun is a call that takes too long, or that has ended its goroutine (runtime.Goexit, as a test's
// Fatal does).
type overrun struct {
	id, path string
	ended    bool
}

// watch times the foreign checks that a goroutine calls. It belongs to one goroutine and the one that
// waits for it.
type watch struct {
	limit time.Duration
	over  chan overrun // holds one

	mu    sync.Mutex
	spent map[string]time.Duration // by the id of the check
	now   overrun                  // the call under way, if busy
	since time.Time
	busy  bool
	left  bool // nobody waits any more
}

// begin is called before a foreign check is.
func (w *watch) begin(id, path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left {
		runtime.Goexit()
	}
	w.now, w.since, w.busy = overrun{id: id, path: path}, time.Now(), true
}

// end is called when it has come back. It ends the goroutine where nobody waits for it any more.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	if !w.left {
		w.spent[w.now.id] += time.Since(w.since)
		if w.spent[w.now.id] <= w.limit {
			return
		}
		w.left = true
		w.over <- w.now
	}
	runtime.Goexit()
}

// look tells which call takes too long, or after what time to look again.
func (w *watch) look() (o overrun, late bool, again time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left {
		return <-w.over, true, 0
	}
	if w.busy {
		rest := w.limit - w.spent[w.now.id] - time.Since(w.since)
		if rest <= 0 {
			w.left = true
			return w.now, true, 0
		}
		return overrun{}, false, rest
	}
	again = w.limit
	for _, spent := range w.spent {
		again = min(again, w.limit-spent)
	}
	return overrun{}, false, max(again, time.Millisecond)
}

// ended is the call with which the goroutine has ended.
func (w *watch) ended() overrun {
	select {
	case o := <-w.over: // its time was over when it came back
		return o
	default:
		o := w.now
		o.ended = true
		return o
	}
}

// leave tells the goroutine that nobody waits for it any more, and whether it is with a check, from
// which it may not come back.
func (w *watch) leave() (busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = true
	return w.busy
}

// apart does work in which foreign checks are called: for a run of its own, in a goroutine of its own.
// Where one of them takes too long, its error is reported and the work is done again, without the
// check for the files with these paths.
func (r *run) apart(ctx context.Context, paths []string, work func(*run) error) error {
	for {
		o, late, err := r.attempt(ctx, work)
		if !late {
			return err
		}
		e := r.bounds.leaveOut(o, paths)
		r.mu.Lock()
		r.errors = append(r.errors, e)
		r.mu.Unlock()
	}
}

// attempt does work once. late is set where a check took too long.
func (r *run) attempt(ctx context.Context, work func(*run) error) (o overrun, late bool, err error) {
	part := &run{
		set: r.set, project: r.project, ctx: r.ctx, seen: map[seenKey]int{}, listening: map[*Module][]FunctionCheck{}, bounds: r.bounds,
		watch: &watch{limit: r.bounds.limit, over: make(chan overrun, 1), spent: map[string]time.Duration{}},
	}
	done := make(chan error, 1)
	go func() {
		defer close(done) // also when a check's end ends the goroutine
		done <- work(part)
	}()
	timer := time.NewTimer(r.bounds.limit)
	defer timer.Stop()
	for {
		select {
		case err, ok := <-done:
			if !ok {
				return part.watch.ended(), true, nil
			}
			if err == nil {
				r.take(part)
			}
			return overrun{}, false, err
		case <-ctx.Done():
			if !part.watch.leave() {
				<-done
			}
			return overrun{}, false, ctx.Err()
		case <-timer.C:
			o, late, again := part.watch.look()
			if late {
				return o, true, nil
			}
			timer.Reset(again)
		}
	}
}

// take takes over what a run of its own has found.
func (r *run) take(part *run) {
	for i := range part.findings {
		r.keep(part.findings[i])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, part.errors...)
	r.covers = append(r.covers, part.covers...)
	r.flow = r.flow.Plus(part.flow)
}

// protect calls a check for a file and turns what goes wrong into its error. do is handed the run that
// the check reports to.
func (r *run) protect(c Check, path string, do func(*run)) {
	if r.bounds == nil {
		r.call(c, path, do)
		return
	}
	id := r.set.infos[c].ID
	switch {
	case !r.bounds.foreign[id]:
		r.call(c, path, do)
	case r.bounds.leftOut(id, path):
	case r.watch != nil:
		r.watch.begin(id, path)
		r.call(c, path, do)
		r.watch.end()
	default:
		_ = r.apart(r.ctx, []string{path}, func(part *run) error { // the error is that of ctx, which the caller asks
			part.protect(c, path, do)
			return nil
		})
	}
}

// trusts reports whether a check is called as it is, with nobody watching how long it takes.
func (r *run) trusts(c Check) bool { return r.bounds == nil || !r.bounds.foreign[r.set.infos[c].ID] }

// call turns a check's panic into its error.
func (r *run) call(c Check, path string, do func(*run)) {
	defer r.recovered(c, path)
	do(r)
}

// recovered, deferred, turns a check's panic into its error.
func (r *run) recovered(c Check, path string) {
	v := recover()
	if v == nil {
		return
	}
	err, ok := v.(misuse)
	if !ok {
		err.error = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, CheckError{r.set.infos[c].ID, path, err.error})
}

// misuse is a panic of the library's over what a check reports.
type misuse struct{ error }

// sound makes sure that a report says something that can be shown: a place in a file that is there, a
// severity that exists. What does not is an error of the check, and no finding.
func (r *run) sound(rep *Report) {
	wrong := func(format string, args ...any) {
		panic(misuse{fmt.Errorf("the check's report makes no sense: "+format, args...)})
	}
	switch {
	case rep.In == nil:
		wrong("it names no file (Report.In)")
	case rep.Reweighed && int(rep.Severity) >= len(severityNames):
		wrong("its severity is %d, which is none of Note to Critical", int(rep.Severity))
	case rep.Cell != 0 && rep.In.Notebook == nil:
		wrong("it names cell %d of a file that is no notebook", rep.Cell)
	case rep.Cell != 0 && rep.Cell != InMetadata && rep.In.Notebook.Cell(rep.Cell) == nil:
		wrong("it names cell %d, and there are %d", rep.Cell, len(rep.In.Notebook.Cells))
	case rep.Cell == 0 && isNil(rep.Node):
		wrong("it names no place (Report.Node)")
	}
	within := func(what string, n ast.Node, m *Module) {
		if s := n.Range(); s.Start < 0 || s.End < s.Start || int(s.End) > len(m.Source.Text) {
			wrong("%s is bytes %d to %d of a file of %d bytes", what, s.Start, s.End, len(m.Source.Text))
		}
	}
	if rep.Cell == 0 {
		within("its place", rep.Node, rep.In)
	}
	if rep.Covers != nil {
		in := rep.CoversIn
		if in == nil {
			in = rep.In
		}
		within("the place that it covers", rep.Covers, in)
	}
	if rep.Fix == nil {
		return
	}
	for _, e := range rep.Fix.Edits {
		in := rep.In
		if e.Path != "" && e.Path != in.Path {
			in = r.project.byPath(e.Path)
		}
		if e.Start < 0 || e.End < e.Start || !e.Raw && in != nil && e.End > len(in.Source.Text) {
			wrong("its fix edits bytes %d to %d, which the file has not", e.Start, e.End)
		}
	}
}

func isNil(n ast.Node) bool {
	return n == nil || reflect.ValueOf(n).Kind() == reflect.Pointer && reflect.ValueOf(n).IsNil()
}
