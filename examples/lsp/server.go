package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
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
	watches            bool // the editor can tell of changed files, once asked

	mu       sync.Mutex // guards what is below
	open     map[string]*document
	books    map[string]*book
	changed  map[string]pyguardml.File // by path, not analysed yet
	removed  map[string]bool           // by path, not taken out of the analysis yet
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
	// kind and language are those of a notebook's cell.
	kind     int
	language string
}

// edit changes the text as the editor tells.
func (d *document) edit(version int, changes []contentChange) {
	d.version = version
	for _, c := range changes {
		if c.Range == nil {
			d.text = c.Text
			continue
		}
		start, end := offset(d.text, c.Range.Start), offset(d.text, c.Range.End)
		d.text = d.text[:start] + c.Text + d.text[max(start, end):]
	}
}

func newServer(in io.Reader, out io.Writer) *server {
	s := &server{
		connection: &connection{in: bufio.NewReader(in), out: out}, wake: make(chan struct{}, 1),
		open: map[string]*document{}, books: map[string]*book{}, removed: map[string]bool{}, changed: map[string]pyguardml.File{}, shown: map[string]bool{}, requests: map[string]context.CancelFunc{},
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
			// an answer: all that is asked is to be told of changed files, and if not, so be it
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
	s.watches = p.Capabilities.Workspace.Watched.Dynamic
	if err := s.configure(); err != nil {
		return s.respond(m.ID, nil, &rpcError{codeFailed, err.Error()})
	}
	s.initialized = true
	return s.respond(m.ID, capabilities, nil)
}

// configure makes the analyzer by the settings of the workspace.
func (s *server) configure() error {
	var opts pyguardml.Options
	var settings *config.Config
	if s.root != "" {
		var err error
		if settings, err = config.Find(os.DirFS(fromSlash(s.root)), "."); err != nil {
			return err
		}
		if settings != nil {
			opts = settings.Options
		}
	}
	analyzer, err := pyguardml.New(opts)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings, s.analyzer = settings, analyzer
	for _, d := range s.open { // another analyzer knows none of them
		s.changed[d.path] = pyguardml.File{Path: d.path, Content: []byte(d.text)}
	}
	for _, b := range s.books {
		s.changed[b.path] = b.file()
	}
	return nil
}

// notification takes in what the editor tells.
func (s *server) notification(m *message) {
	var p documentParams
	switch m.Method {
	case "initialized":
		if s.watches {
			if data, err := json.Marshal(watching); err == nil {
				s.write(&message{ID: json.RawMessage(`"watch"`), Method: "client/registerCapability", Params: data})
			}
		}
		s.discover(nil)
	case "workspace/didChangeWatchedFiles":
		var w watchedParams
		if json.Unmarshal(m.Params, &w) == nil {
			s.watched(&w)
		}
	case "notebookDocument/didOpen", "notebookDocument/didChange", "notebookDocument/didClose":
		var n notebookParams
		if json.Unmarshal(m.Params, &n) == nil {
			s.notebook(m.Method, &n)
		}
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

// discover takes the files of the workspace into the analysis: all, or those that are named.
func (s *server) discover(named map[string]bool) {
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
		if s.settings != nil && !s.settings.Takes(f.Path) || named != nil && !named[f.Path] {
			continue
		}
		if !s.holds(f.Path) {
			s.changed[f.Path] = f
		}
	}
	s.begin()
}

// holds reports whether the editor has a file open; then its text counts, not the file. The caller
// holds s.mu.
func (s *server) holds(name string) bool {
	for _, d := range s.open {
		if d.path == name {
			return true
		}
	}
	for _, b := range s.books {
		if b.path == name {
			return true
		}
	}
	return false
}

// watched takes in what has changed on the disk: a branch that was checked out, say. Folders are looked
// through again, since that is where the rules of what belongs to the project are.
func (s *server) watched(p *watchedParams) {
	all, named := false, map[string]bool{}
	for _, c := range p.Changes {
		name, ok := pathOf(c.URI)
		if !ok {
			continue
		}
		if base := path.Base(name); base == config.FileName || base == config.PyProjectName {
			if err := s.configure(); err != nil {
				s.notify("window/showMessage", map[string]any{"type": 1, "message": err.Error()})
				continue
			}
			all = true
		}
		if _, ok := pyguardml.KindOf(path.Base(name)); !ok {
			continue
		}
		name = s.named(name)
		s.mu.Lock()
		switch {
		case s.holds(name):
		case c.Type == 3:
			delete(s.changed, name)
			s.removed[name] = true
		default:
			named[name] = true
		}
		s.mu.Unlock()
	}
	switch {
	case all:
		s.discover(nil)
		return
	case len(named) > 0:
		s.discover(named)
		return
	}
	s.mu.Lock()
	s.begin()
	s.mu.Unlock()
}

// reread lets the file count again instead of what the editor held of it. The caller holds s.mu.
func (s *server) reread(name string) {
	full := s.absolute(name)
	if _, err := os.Stat(fromSlash(full)); err != nil { // it was never saved, or is deleted
		delete(s.changed, name)
		s.removed[name] = true
	} else {
		s.changed[name] = pyguardml.File{Path: name, FS: os.DirFS(fromSlash(path.Dir(full))), Name: path.Base(name)}
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
		s.reread(name)
		return
	}
	d.edit(p.TextDocument.Version, p.ContentChanges)
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
			delete(s.removed, f.Path)
		}
		clear(s.changed)
		removed := slices.Sorted(maps.Keys(s.removed))
		clear(s.removed)
		analyzer := s.analyzer
		texts := map[string]*document{}
		for _, d := range s.open {
			copied := *d
			texts[d.path] = &copied
		}
		books := map[string]*book{}
		for _, b := range s.books {
			books[b.path] = b.copied()
		}
		s.mu.Unlock()
		result, err := analyzer.Update(ctx, files, removed...)
		stop()
		switch {
		case ctx.Err() != nil && err != nil:
			// overtaken; the Update still counts as told
		case err != nil:
			s.notify("window/logMessage", map[string]any{"type": 1, "message": err.Error()})
		default:
			s.publish(result, texts, books)
		}
	}
}
