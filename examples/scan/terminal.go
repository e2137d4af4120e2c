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
	stop  chan struct{} // nil while the bar is not shown
	drawn sync.WaitGroup

	mu    sync.Mutex
	state pyguardml.Progress
}

const (
	progressDelay    = 400 * time.Millisecond
	progressInterval = 100 * time.Millisecond
	progressWidth    = 28
)

func newProgressBar(w io.Writer) *progressBar {
	if !terminal(w) {
		w = nil
	}
	return &progressBar{w: w}
}

// show starts the bar, if there is a terminal. It is to be cleared before anything else is
// written.
func (p *progressBar) show() {
	if p.w == nil || p.stop != nil {
		return
	}
	p.start, p.stop, p.state = time.Now(), make(chan struct{}), pyguardml.Progress{}
	p.drawn.Go(p.run)
}

// update is told by the analysis how far it is.
func (p *progressBar) update(state pyguardml.Progress) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
}

// run draws the bar until it is stopped, and takes it off the screen.
func (p *progressBar) run() {
	timer := time.NewTimer(progressDelay)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-p.stop:
			if shown {
				fmt.Fprint(p.w, "\r\x1b[2K")
			}
			return
		case <-timer.C:
			p.mu.Lock()
			state := p.state
			p.mu.Unlock()
			if state.Total > 0 {
				fmt.Fprint(p.w, "\r\x1b[2K"+progressLine(state, time.Since(p.start)))
				shown = true
			}
			timer.Reset(progressInterval)
		}
	}
}

// progressLine is the bar as text. Checks work on all files at once and may not tell how far
// they are; then the time shows that something goes on.
func progressLine(state pyguardml.Progress, elapsed time.Duration) string {
	if state.Stage == "check" && state.Done == 0 {
		return fmt.Sprintf("checking %d files, %d s", state.Total, int(elapsed.Seconds()))
	}
	filled := progressWidth * min(state.Done, state.Total) / state.Total
	bar := strings.Repeat("█", filled) + strings.Repeat("░", progressWidth-filled)
	verb := "read"
	if state.Stage == "check" {
		verb = "checked"
	}
	return fmt.Sprintf("%s %s %d of %d files", bar, verb, state.Done, state.Total)
}

// clear stops the bar and takes it off the screen. It may be called more than once.
func (p *progressBar) clear() {
	if p.stop != nil {
		close(p.stop)
		p.drawn.Wait()
		p.stop = nil
	}
}
