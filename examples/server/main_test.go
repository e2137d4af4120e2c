package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pyguard/pyguardml/pyguardml"
)

const token = "a secret of the tests"

const defect = "import torch\ntorch.load('m.pt', weights_only=False)\n"

// evil is a pickle that calls os.system when it is loaded (protocol 0: GLOBAL, MARK, STRING, TUPLE, REDUCE, STOP).
const evil = "cos\nsystem\n(S'echo'\ntR."

var ample = limits{upload: 1 << 20, expanded: 1 << 20, files: 100, atOnce: 2, time: time.Minute}

func serve(t *testing.T, l limits) *httptest.Server {
	t.Helper()
	analyzer, err := pyguardml.New(pyguardml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newService(analyzer, token, l, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return server
}

func post(t *testing.T, server, query, secret string, body io.Reader) (int, string) {
	t.Helper()
	r, err := http.NewRequest("POST", server+"/v1/scan?"+query, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Expect", "100-continue") // the body is sent when the server reads it
	answer, err := (&http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute, DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, err.Error() // it may be another goroutine that asks
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

func zipped(t *testing.T, members ...string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, members[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func tarred(t *testing.T, headers ...tar.Header) io.Reader {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, h := range headers {
		text := defect
		if h.Typeflag != tar.TypeReg {
			text = ""
		}
		h.Mode, h.Size = 0o600, int64(len(text))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	w.Close()
	g.Close()
	return &b
}

// found lists the results of a SARIF report as rule@uri.
func found(t *testing.T, report string) string {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(report), &log); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
	var list []string
	for _, r := range log.Runs[0].Results {
		list = append(list, r.RuleID+"@"+r.Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
	return strings.Join(list, " ")
}

func TestArchivesAndModelsAreScanned(t *testing.T) {
	server := serve(t, ample)
	for _, test := range []struct {
		query string
		body  io.Reader
		want  string
	}{
		{"name=project.zip", zipped(t, "app/load.py", defect, "README", "x"), "PML1201@app/load.py"},
		{"name=project.tar.gz", tarred(t, tar.Header{Name: "a/load.py", Typeflag: tar.TypeReg}, tar.Header{Name: "link.py", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), "PML1201@a/load.py"},
		{"name=load.py", strings.NewReader(defect), "PML1201@load.py"},
		{"name=..%2F..%2Fload.py", strings.NewReader(defect), "PML1201@load.py"},
		{"name=clean.py", strings.NewReader("x = 1\n"), ""},
	} {
		status, text := post(t, server.URL, test.query, token, test.body)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", test.query, status, text)
			continue
		}
		if got := found(t, text); got != test.want {
			t.Errorf("%s: found %q, want %q", test.query, got, test.want)
		}
	}
	status, text := post(t, server.URL, "name=model.pkl", token, strings.NewReader(evil))
	if status != http.StatusOK || !strings.Contains(found(t, text), "@model.pkl") {
		t.Errorf("a pickle that runs a command: %d %s", status, text)
	}
	if status, text := post(t, server.URL, "name=load.py&format=markdown", token, strings.NewReader(defect)); status != http.StatusOK || !strings.Contains(text, "PML1201") {
		t.Errorf("markdown: %d %s", status, text)
	}
}

func TestWhatIsNotAllowedIsRefused(t *testing.T) {
	small := limits{upload: 2000, expanded: 3000, files: 3, atOnce: 1, time: time.Minute}
	server := serve(t, small)
	large := strings.Repeat("x = 1\n", 1000)
	for _, test := range []struct {
		name, query, secret string
		body                io.Reader
		status              int
	}{
		{"no token", "name=a.py", "", strings.NewReader(defect), http.StatusUnauthorized},
		{"another token", "name=a.py", token + "x", strings.NewReader(defect), http.StatusUnauthorized},
		{"no name", "", token, strings.NewReader(defect), http.StatusBadRequest},
		{"no format", "name=a.py&format=pdf", token, strings.NewReader(defect), http.StatusBadRequest},
		{"too large", "name=a.py", token, strings.NewReader(large), http.StatusRequestEntityTooLarge},
		{"a bomb", "name=a.zip", token, zipped(t, "a.py", large), http.StatusRequestEntityTooLarge},
		{"many files", "name=a.zip", token, zipped(t, "a.py", "", "b.py", "", "c.py", "", "d.py", ""), http.StatusRequestEntityTooLarge},
		{"a way out", "name=a.zip", token, zipped(t, "../evil.py", defect), http.StatusUnprocessableEntity},
		{"an absolute way out", "name=a.zip", token, zipped(t, "/tmp/evil.py", defect), http.StatusUnprocessableEntity},
		{"a member twice", "name=a.zip", token, zipped(t, "a.py", "", "a.py", ""), http.StatusUnprocessableEntity},
		{"a file for a folder", "name=a.zip", token, zipped(t, "a", "", "a/b.py", ""), http.StatusUnprocessableEntity},
		{"no archive", "name=a.zip", token, strings.NewReader("PK"), http.StatusUnprocessableEntity},
		{"no gzip", "name=a.tgz", token, strings.NewReader("PK"), http.StatusUnprocessableEntity},
		{"nothing to scan", "name=a.zip", token, zipped(t, "a.txt", "x"), http.StatusUnprocessableEntity},
	} {
		if status, text := post(t, server.URL, test.query, test.secret, test.body); status != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, status, text, test.status)
		}
	}
}

func TestAFormIsRefusedWithAHint(t *testing.T) {
	r, err := http.NewRequest("POST", serve(t, ample).URL+"/v1/scan?name=a.zip", zipped(t, "a.py", defect))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(string(text), "--data-binary") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
}

func TestAClientThatIsGoneIsNoFailureOfTheServer(t *testing.T) {
	var log bytes.Buffer
	analyzer, err := pyguardml.New(pyguardml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	handler := newService(analyzer, token, ample, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, "POST", "/v1/scan?name=a.py", strings.NewReader(defect))
	r.Header.Set("Authorization", "Bearer "+token)
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if !strings.Contains(log.String(), "status=499") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestScansAtTheSameTimeAreBounded(t *testing.T) {
	one := ample
	one.atOnce = 1
	server := serve(t, one)
	body, slow := io.Pipe()
	done := make(chan int)
	go func() {
		status, _ := post(t, server.URL, "name=a.py", token, body)
		done <- status
	}()
	io.WriteString(slow, defect) // returns when the body is read, by a scan that has its place
	if status, _ := post(t, server.URL, "name=b.py", token, strings.NewReader(defect)); status != http.StatusTooManyRequests {
		t.Errorf("a second scan is answered with %d", status)
	}
	slow.Close()
	if status := <-done; status != http.StatusOK {
		t.Errorf("the first scan: %d", status)
	}
}

func TestAScanThatTakesTooLongIsStopped(t *testing.T) {
	hasty := ample
	hasty.time = time.Nanosecond
	if status, text := post(t, serve(t, hasty).URL, "name=a.py", token, strings.NewReader(defect)); status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, text)
	}
}

func TestRequestsUnderWayAreAnsweredBeforeTheEnd(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0"}, token, func(a net.Addr) { address <- a })
	}()
	url := "http://" + (<-address).String()
	body, slow := io.Pipe()
	done := make(chan int)
	go func() {
		status, _ := post(t, url, "name=a.py", token, body)
		done <- status
	}()
	io.WriteString(slow, defect)
	end()
	slow.Close()
	if status := <-done; status != http.StatusOK {
		t.Errorf("the request under way: %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAServerWithoutASecretDoesNotStart(t *testing.T) {
	if err := run(context.Background(), nil, "short", nil); err == nil {
		t.Error("it starts")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	server := serve(t, ample)
	post(t, server.URL, "name=a.zip", token, zipped(t, "a.py", defect))
	post(t, server.URL, "name=a.zip", token, zipped(t, "../a.py", defect))
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
