package pyguardml

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/checks"
)

// encoders watches over the functions of Options.Models: what one of them does wrong is told of, and it
// is taken for one that changes nothing from then on. A call that does not come back is left to its
// goroutine, which ends when it does.
type encoders struct {
	limit time.Duration

	mu     sync.Mutex
	failed map[string]error // by the names of models
}

// guarded returns frameworks whose models' functions are watched over.
func (e *encoders) guarded(list []checks.Framework) []checks.Framework {
	out := slices.Clone(list)
	for i := range out {
		out[i].Models = slices.Clone(out[i].Models)
		for k := range out[i].Models {
			if m := &out[i].Models[k]; m.Encodes != nil {
				encodes, name := m.Encodes, m.Name
				m.Encodes = func(text string) string { return e.call(name, encodes, text) }
			}
		}
	}
	return out
}

func (e *encoders) call(name string, encodes func(string) string, text string) string {
	if e.broken(name) {
		return text
	}
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: fmt.Errorf("it ended the goroutine that called it")}
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("panic: %v", p)
			}
			done <- r
		}()
		r.text, r.err = encodes(text), nil
	}()
	late := time.NewTimer(e.limit)
	defer late.Stop()
	var r result
	select {
	case r = <-done:
	case <-late.C:
		r.err = fmt.Errorf("it takes more than %v (Limits.CheckTime)", e.limit)
	}
	if r.err == nil {
		return r.text
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failed == nil {
		e.failed = map[string]error{}
	}
	e.failed[name] = r.err
	return text
}

func (e *encoders) broken(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed[name] != nil
}

// errors lists what went wrong so far.
func (e *encoders) errors() []checks.CheckError {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []checks.CheckError
	for name, err := range e.failed {
		list = append(list, checks.CheckError{Err: fmt.Errorf("the function Encodes of the model of %s failed and is not called any more: %w", name, err)})
	}
	slices.SortFunc(list, func(a, b checks.CheckError) int { return compareErrors(&a, &b) })
	return list
}
