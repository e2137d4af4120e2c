package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
)

// colorful reports whether what is written to w should have colours: by --color, else when w
// is a terminal and NO_COLOR (no-color.org) is not set.
func (s *settings) colorful(w io.Writer) bool {
	switch s.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && terminal(w)
}

// terminal reports whether w is a terminal that understands escape sequences.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// progressBar shows how far a long run is, on the last line of a terminal. It stays away
// from runs that are over in a moment.
type progressBar struct {
	w     io.Writer // nil shows nothing
	start time.Time

	mu    sync.Mutex
	drawn time.Time
	shown bool
}

const (
	progressDelay    = 400 * time.Millisecond
	progressInterval = 80 * time.Millisecond
	progressWidth    = 28
)

func newProgressBar(w io.Writer) *progressBar {
	if !terminal(w) {
		w = nil
	}
	return &progressBar{w: w, start: time.Now()}
}

// update is called by the analysis.
func (p *progressBar) update(state pyguardml.Progress) {
	if p.w == nil || state.Total == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.start) < progressDelay || now.Sub(p.drawn) < progressInterval {
		return
	}
	p.drawn, p.shown = now, true
	filled := progressWidth * state.Done / state.Total
	bar := strings.Repeat("█", filled) + strings.Repeat("░", progressWidth-filled)
	fmt.Fprintf(p.w, "\r\x1b[2K%s %s %d of %d files", bar, state.Stage, state.Done, state.Total)
}

// clear takes the bar off the screen.
func (p *progressBar) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[2K")
		p.shown = false
	}
}
