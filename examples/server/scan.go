package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

// limits bounds what a request may cost.
type limits struct {
	upload, expanded int64 // bytes
	files, atOnce    int
	time             time.Duration
}

// formats are the reports that can be asked for.
var formats = map[string]struct {
	media string
	write func(io.Writer, *pyguardml.Result, ...report.Option) error
}{
	"sarif":    {"application/sarif+json", report.SARIF},
	"json":     {"application/json", report.JSON},
	"html":     {"text/html; charset=utf-8", report.HTML},
	"markdown": {"text/markdown; charset=utf-8", report.Markdown},
	"gitlab":   {"application/json", report.GitLab},
	"junit":    {"application/xml", report.JUnit},
}

// service answers requests. It is used from many goroutines.
type service struct {
	analyzer *pyguardml.Analyzer
	token    [sha256.Size]byte // a digest, so that comparing takes the same time for all lengths
	limits   limits
	running  chan struct{} // a place for each scan
	log      *slog.Logger
}

func newService(analyzer *pyguardml.Analyzer, token string, l limits, log *slog.Logger) http.Handler {
	s := &service{analyzer: analyzer, token: sha256.Sum256([]byte(token)), limits: l, running: make(chan struct{}, l.atOnce), log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("POST /v1/scan", s.handler)
	return mux
}

// problem is a failure with the status that tells of it.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// statusGone is what servers commonly note for a request that its client has given up.
const statusGone = 499

// handler scans what a request sends. name in the query is the file's name, format the report's,
// SARIF unless given.
func (s *service) handler(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	status, findings, err := s.scan(w, r)
	if err != nil {
		var p *problem
		switch {
		case errors.As(err, &p):
		case r.Context().Err() != nil:
			p = &problem{statusGone, "the client is gone"} // nobody reads it, but the log tells it from a failure
		default:
			p = &problem{http.StatusInternalServerError, "the scan failed"}
		}
		status = p.status
		http.Error(w, p.text, p.status)
	}
	s.log.Info("scan", "status", status, "findings", findings, "duration", time.Since(started), "error", err)
}

func (s *service) scan(w http.ResponseWriter, r *http.Request) (status, findings int, err error) {
	if !s.authenticated(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return 0, 0, &problem{http.StatusUnauthorized, "a bearer token is needed"}
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "multipart/") {
		return 0, 0, &problem{http.StatusUnsupportedMediaType, "send the file itself as the body, not a form: curl --data-binary @FILE"}
	}
	query := r.URL.Query()
	form, ok := formats[query.Get("format")]
	if !query.Has("format") {
		form, ok = formats["sarif"], true
	}
	if !ok {
		return 0, 0, &problem{http.StatusBadRequest, "format is sarif, json, html, markdown, gitlab or junit"}
	}
	name := path.Base(strings.ReplaceAll(query.Get("name"), `\`, "/"))
	if name == "." || name == "/" || name == ".." || len(name) > 200 {
		return 0, 0, &problem{http.StatusBadRequest, "name is missing: that of the archive, the model or the source file"}
	}
	select {
	case s.running <- struct{}{}:
		defer func() { <-s.running }()
	default:
		w.Header().Set("Retry-After", "5")
		return 0, 0, &problem{http.StatusTooManyRequests, "too many scans are running"}
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.time)
	defer cancel()
	folder, err := os.MkdirTemp("", "scan-*")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(folder)
	result, err := s.analyze(ctx, folder, name, http.MaxBytesReader(w, r.Body, s.limits.upload))
	switch {
	case ctx.Err() != nil && r.Context().Err() == nil:
		return 0, 0, &problem{http.StatusServiceUnavailable, fmt.Sprintf("the scan took longer than %s", s.limits.time)}
	case err != nil:
		return 0, 0, err
	}
	w.Header().Set("Content-Type", form.media)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	return http.StatusOK, len(result.Findings), form.write(w, result, report.Started(time.Now()))
}

// authenticated compares the token of a request in constant time.
func (s *service) authenticated(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], s.token[:]) == 1 && ok
}

// analyze unpacks what was sent into a folder and analyses it there. What Discover finds is read
// from within the folder only.
func (s *service) analyze(ctx context.Context, folder, name string, body io.Reader) (*pyguardml.Result, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := s.receive(root, name, body); err != nil {
		return nil, err
	}
	files, err := pyguardml.Discover(ctx, root.FS(), pyguardml.DiscoverOptions{NoGitignore: true})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &problem{http.StatusUnprocessableEntity, "nothing was sent that could be scanned: Python files, notebooks, model files"}
	}
	defer s.analyzer.Forget() // files kept for Update would only take memory
	return s.analyzer.Analyze(ctx, files)
}

// receive puts what was sent into the folder. Whether it is an archive its name says: many model
// files are archives, too, and stay whole.
func (s *service) receive(root *os.Root, name string, body io.Reader) error {
	archive := archiveOf(name)
	if archive == nil {
		return store(root, name, body)
	}
	const upload = "upload" // no name that Discover takes
	if err := store(root, upload, body); err != nil {
		return err
	}
	f, err := root.Open(upload)
	if err != nil {
		return err
	}
	defer func() { f.Close(); root.Remove(upload) }()
	into := &unpacker{root: root, bytes: s.limits.expanded, files: s.limits.files}
	return archive(f, into)
}

// store writes a file.
func store(root *os.Root, name string, from io.Reader) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &problem{http.StatusUnprocessableEntity, fmt.Sprintf("%q cannot be written", name)}
	}
	_, err = io.Copy(f, from)
	if closing := f.Close(); err == nil {
		err = closing
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes were sent", tooLarge.Limit)}
	}
	return err
}
