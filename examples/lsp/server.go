package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/pyguardml/config"
)

// pause is how long typing has to rest before the text is analysed.
const pause = 100 * time.Millisecond

// server is one session with an editor.
type server struct {
	*connection
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{} // something is to be analysed

	root     string // the workspace's folder
	settings *config.Config
	analyzer *pyguardml.Analyzer

	initialized, ended bool

	mu       sync.Mutex // guards what is below
	open     map[string]*document
	changed  map[string]pyguardml.File // by path, not analysed yet
	shown    map[string]bool           // documents with diagnostics, by URI
	stop     context.CancelFunc        // of the analysis under way
	last     *outcome
	requests map[string]context.CancelFunc
}

// document is a text that the editor holds.
type document struct {
	uri, path string
	text      string
	version   int
}

func newServer(in io.Reader, out io.Writer) *server {
	s := &server{
		connection: &connection{in: bufio.NewReader(in), out: out}, wake: make(chan struct{}, 1),
		open: map[string]*document{}, changed: map[string]pyguardml.File{}, shown: map[string]bool{}, requests: map[string]context.CancelFunc{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// run serves until the editor says exit. An end without it, or before shutdown, is an error.
func (s *server) run() error {
	var work sync.WaitGroup
	defer func() { s.cancel(); work.Wait() }()
	work.Go(s.analyse)
	for {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("the editor is gone: %w", err)
		}
		switch {
		case m.Error != nil:
			err = s.respond(json.RawMessage("null"), nil, m.Error)
		case m.Method == "exit" && s.ended:
			return nil
		case m.Method == "exit":
			return errors.New("told to exit before shutdown")
		case m.Method == "":
			// an answer; the server asks nothing
		case m.ID == nil:
			s.notification(m)
		case m.Method == "initialize":
			err = s.initialize(m)
		case m.Method == "shutdown":
			s.ended = true
			err = s.respond(m.ID, nil, nil)
		case !s.initialized || s.ended:
			err = s.respond(m.ID, nil, &rpcError{codeNotInitialized, "the session has not begun or is over"})
		default:
			ctx, cancel := context.WithCancel(s.ctx)
			s.mu.Lock()
			s.requests[string(m.ID)] = cancel
			s.mu.Unlock()
			work.Go(func() { s.request(ctx, m) })
		}
		if err != nil {
			return err
		}
	}
}

// initialize begins the session: it reads the settings and finds the files of the workspace.
func (s *server) initialize(m *message) error {
	var p initializeParams
	if err := json.Unmarshal(m.Params, &p); err != nil {
		return s.respond(m.ID, nil, &rpcError{codeInvalidParams, err.Error()})
	}
	if len(p.WorkspaceFolders) > 0 {
		p.RootURI = p.WorkspaceFolders[0].URI
	}
	s.root, _ = pathOf(p.RootURI)
	if err := s.configure(); err != nil {
		return s.respond(m.ID, nil, &rpcError{codeFailed, err.Error()})
	}
	s.initialized = true
	return s.respond(m.ID, capabilities, nil)
}

// configure makes the analyzer by the settings of the workspace.
func (s *server) configure() error {
	var opts pyguardml.Options
	if s.root != "" {
		settings, err := config.Find(os.DirFS(fromSlash(s.root)), ".")
		if err != nil {
			return err
		}
		if s.settings = settings; settings != nil {
			opts = settings.Options
		}
	}
	var err error
	s.analyzer, err = pyguardml.New(opts)
	return err
}

// notification takes in what the editor tells.
func (s *server) notification(m *message) {
	var p documentParams
	switch m.Method {
	case "initialized":
		s.discover()
	case "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose":
		if json.Unmarshal(m.Params, &p) == nil {
			s.document(m.Method, &p)
		}
	case "$/cancelRequest":
		var c cancelParams
		if json.Unmarshal(m.Params, &c) == nil {
			s.mu.Lock()
			if cancel := s.requests[string(c.ID)]; cancel != nil {
				cancel()
			}
			s.mu.Unlock()
		}
	}
}

// discover takes the files of the workspace into the analysis.
func (s *server) discover() {
	if s.root == "" {
		return
	}
	fsys := os.DirFS(fromSlash(s.root))
	files, err := pyguardml.Discover(s.ctx, fsys, pyguardml.DiscoverOptions{})
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		if s.settings != nil && !s.settings.Takes(f.Path) {
			continue
		}
		if _, isOpen := s.changed[f.Path]; !isOpen {
			s.changed[f.Path] = f
		}
	}
	s.begin()
}

// document notes that a text was opened, edited or closed.
func (s *server) document(method string, p *documentParams) {
	name, ok := pathOf(p.TextDocument.URI)
	if !ok {
		return
	}
	name = s.named(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.open[p.TextDocument.URI]
	switch {
	case method == "textDocument/didOpen":
		d = &document{uri: p.TextDocument.URI, path: name, text: p.TextDocument.Text}
		s.open[d.uri] = d
	case d == nil:
		return
	case method == "textDocument/didClose": // what counts again is the file
		delete(s.open, d.uri)
		s.changed[name] = pyguardml.File{Path: name, FS: os.DirFS(fromSlash(path.Dir(s.absolute(name)))), Name: path.Base(name)}
		s.begin()
		return
	}
	d.version = p.TextDocument.Version
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			d.text = c.Text
			continue
		}
		start, end := offset(d.text, c.Range.Start), offset(d.text, c.Range.End)
		d.text = d.text[:start] + c.Text + d.text[max(start, end):]
	}
	s.changed[name] = pyguardml.File{Path: name, Content: []byte(d.text)}
	s.begin()
}

// named is a file's path as it is analysed: relative to the workspace where it lies in it.
func (s *server) named(name string) string {
	if rest, ok := strings.CutPrefix(name, s.root+"/"); ok && s.root != "" {
		return rest
	}
	return name
}

func (s *server) absolute(name string) string {
	if path.IsAbs(name) || s.root == "" {
		return name
	}
	return path.Join(s.root, name)
}

// begin lets what has changed be analysed, and stops an analysis that does not know it. The caller
// holds s.mu.
func (s *server) begin() {
	if s.stop != nil {
		s.stop()
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// analyse analyses what changes, until the session ends.
func (s *server) analyse() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.wake:
		}
		for rested := false; !rested; {
			select {
			case <-s.ctx.Done():
				return
			case <-s.wake:
			case <-time.After(pause):
				rested = true
			}
		}
		s.mu.Lock()
		ctx, stop := context.WithCancel(s.ctx)
		s.stop = stop
		var files []pyguardml.File
		for _, f := range s.changed {
			files = append(files, f)
		}
		clear(s.changed)
		texts := map[string]*document{}
		for _, d := range s.open {
			copied := *d
			texts[d.path] = &copied
		}
		s.mu.Unlock()
		result, err := s.analyzer.Update(ctx, files)
		stop()
		switch {
		case ctx.Err() != nil && err != nil:
			// overtaken; the Update still counts as told
		case err != nil:
			s.notify("window/logMessage", map[string]any{"type": 1, "message": err.Error()})
		default:
			s.publish(result, texts)
		}
	}
}
