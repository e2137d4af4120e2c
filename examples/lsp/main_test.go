package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

var update = flag.Bool("update", false, "write the transcript in testdata anew")

// TestMain lets the test's own program be the server that an editor starts.
func TestMain(m *testing.M) {
	if os.Getenv("LSP_SERVER") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// editor is the other end of a session.
type editor struct {
	t          *testing.T
	conn       *connection
	messages   chan *message
	root       string
	transcript strings.Builder
	next       int
	process    *exec.Cmd
}

func start(t *testing.T, files map[string]string) *editor {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	e := &editor{t: t, root: filepath.ToSlash(root), messages: make(chan *message, 100)}
	e.process = exec.Command(os.Args[0])
	e.process.Env = append(os.Environ(), "LSP_SERVER=1")
	e.process.Stderr = os.Stderr
	in, err := e.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.process.Process.Kill() })
	e.conn = &connection{in: bufio.NewReader(out), out: in}
	go func() {
		defer close(e.messages)
		for {
			m, err := e.conn.read()
			if err != nil {
				return
			}
			e.messages <- m
		}
	}()
	return e
}

func (e *editor) uri(name string) string { return uriOf(e.root + "/" + name) }

// log notes what is said, without what differs from run to run.
func (e *editor) log(arrow, method string, body any) {
	data, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		e.t.Fatal(err)
	}
	fmt.Fprintf(&e.transcript, "%s %s %s\n", arrow, method, strings.ReplaceAll(string(data), uriOf(e.root), "file:///workspace"))
}

func (e *editor) notify(method string, params any) {
	e.t.Helper()
	e.log("->", method, params)
	if err := e.conn.notify(method, params); err != nil {
		e.t.Fatal(err)
	}
}

// request sends a request and decodes the answer into result.
func (e *editor) request(method string, params, result any) *rpcError {
	e.t.Helper()
	e.log("->", method, params)
	data, err := json.Marshal(params)
	if err != nil {
		e.t.Fatal(err)
	}
	e.next++
	id := json.RawMessage(fmt.Sprint(e.next))
	if err := e.conn.write(&message{ID: id, Method: method, Params: data}); err != nil {
		e.t.Fatal(err)
	}
	m := e.receive(func(m *message) bool { return string(m.ID) == string(id) })
	if m.Error != nil {
		e.log("<-", method, m.Error)
		return m.Error
	}
	e.log("<-", method, m.Result)
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			e.t.Fatal(err)
		}
	}
	return nil
}

// receive waits for a message; others are passed over.
func (e *editor) receive(is func(*message) bool) *message {
	e.t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case m, ok := <-e.messages:
			if !ok {
				e.t.Fatal("the server has ended")
			}
			if is(m) {
				return m
			}
		case <-deadline:
			e.t.Fatal("no answer came")
		}
	}
}

// diagnostics waits for those of a document's version.
func (e *editor) diagnostics(name string, version int) []diagnostic {
	e.t.Helper()
	var p publishDiagnostics
	e.receive(func(m *message) bool {
		p = publishDiagnostics{}
		return m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &p) == nil &&
			p.URI == e.uri(name) && (p.Version == nil && version < 0 || p.Version != nil && *p.Version == version)
	})
	e.log("<-", "textDocument/publishDiagnostics", p)
	return p.Diagnostics
}

// until waits until a document is shown with so many diagnostics: what is on the disk has no version.
func (e *editor) until(name string, count int) {
	e.t.Helper()
	e.receive(func(m *message) bool {
		var p publishDiagnostics
		return m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &p) == nil && p.URI == e.uri(name) && len(p.Diagnostics) == count
	})
}

func (e *editor) begin() {
	e.t.Helper()
	if err := e.request("initialize", map[string]any{"rootUri": uriOf(e.root), "capabilities": map[string]any{}}, nil); err != nil {
		e.t.Fatal(err)
	}
	e.notify("initialized", map[string]any{})
}

func (e *editor) open(name string, version int, text string) {
	e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri(name), "languageId": "python", "version": version, "text": text}})
}

func (e *editor) edit(name string, version int, changes ...any) {
	e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri(name), "version": version}, "contentChanges": changes})
}

func (e *editor) end() {
	e.t.Helper()
	if err := e.request("shutdown", nil, nil); err != nil {
		e.t.Fatal(err)
	}
	e.notify("exit", nil)
	if err := e.process.Wait(); err != nil {
		e.t.Errorf("the server ended with %v", err)
	}
}

func apply(text string, edits []textEdit) string {
	for _, e := range edits {
		text = text[:offset(text, e.Range.Start)] + e.NewText + text[offset(text, e.Range.End):]
	}
	return text
}

// An editor types a defect, reads about it, has it fixed and types on.
func TestASessionWithAnEditor(t *testing.T) {
	e := start(t, map[string]string{"app/paths.py": "import sys\n\n\ndef chosen():\n    return sys.argv[1]\n", "pyproject.toml": "[tool.pyguardml]\nselect = [\"PML1201\"]\n"})
	e.begin()
	text := "import torch\n\n\ndef restore(path):\n    # Ünï𝛼: \n    pass\n"
	e.open("app/restore.py", 1, text)
	if found := e.diagnostics("app/restore.py", 1); len(found) != 0 {
		t.Fatalf("found %v", found)
	}
	// Typing, in two changes of one message; positions are in UTF-16 code units.
	typed := []any{
		map[string]any{"range": textRange{position{5, 4}, position{5, 8}}, "text": "return torch.load(path, weights_only=False)"},
		map[string]any{"range": textRange{position{4, 12}, position{4, 12}}, "text": "x"},
	}
	e.edit("app/restore.py", 2, typed...)
	found := e.diagnostics("app/restore.py", 2)
	if len(found) != 1 || found[0].Code != "PML1201" || found[0].Severity != 1 || found[0].Range != (textRange{position{5, 11}, position{5, 47}}) {
		t.Fatalf("found %+v", found)
	}
	text = "import torch\n\n\ndef restore(path):\n    # Ünï𝛼: x\n    return torch.load(path, weights_only=False)\n"

	var h hover
	e.request("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": e.uri("app/restore.py")}, "position": position{5, 20}}, &h)
	if !strings.Contains(h.Contents.Value, "docs/checks/PML1201.md") || !strings.Contains(h.Contents.Value, "CWE-502") {
		t.Errorf("hover: %+v", h)
	}
	var actions []codeAction
	e.request("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri("app/restore.py")}, "range": found[0].Range, "context": map[string]any{"diagnostics": found}}, &actions)
	if len(actions) != 1 || actions[0].Kind != "quickfix" || actions[0].Edit != nil {
		t.Fatalf("actions: %+v", actions)
	}
	var resolved codeAction
	if err := e.request("codeAction/resolve", actions[0], &resolved); err != nil || resolved.Edit == nil {
		t.Fatalf("resolved: %+v, %v", resolved, err)
	}
	change := resolved.Edit.DocumentChanges[0]
	fixed := apply(text, change.Edits)
	if want := strings.Replace(text, "weights_only=False", "weights_only=True", 1); fixed != want || *change.TextDocument.Version != 2 {
		t.Errorf("fixed:\n%s\nwant:\n%s", fixed, want)
	}
	e.edit("app/restore.py", 3, map[string]any{"text": fixed})
	if found := e.diagnostics("app/restore.py", 3); len(found) != 0 {
		t.Errorf("after the fix: %+v", found)
	}
	if err := e.request("textDocument/definition", map[string]any{}, nil); err == nil || err.Code != codeMethodNotFound {
		t.Errorf("an unknown request is answered with %v", err)
	}
	e.end()

	const golden = "testdata/session.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(e.transcript.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(e.transcript.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}

// What a file says that is not open counts, until the editor holds another text of it.
func TestFilesOfTheWorkspaceAreAnalysedWithTheOpenOnes(t *testing.T) {
	e := start(t, map[string]string{
		"load.py":  "import torch\ntorch.load('m.pt', weights_only=False)\n",
		"other.py": "x = 1\n",
	})
	e.begin()
	if found := e.diagnostics("load.py", -1); len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	e.open("load.py", 7, "import torch\n")
	if found := e.diagnostics("load.py", 7); len(found) != 0 {
		t.Errorf("the file is reported, not the text: %+v", found)
	}
	e.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": e.uri("load.py")}})
	if found := e.diagnostics("load.py", -1); len(found) != 1 {
		t.Errorf("after closing: %+v", found)
	}
	e.end()
}

func TestSettingsThatAreWrongAreToldAtTheBeginning(t *testing.T) {
	e := start(t, map[string]string{"pyguardml.toml": "selct = []\n"})
	if err := e.request("initialize", map[string]any{"rootUri": uriOf(e.root)}, nil); err == nil || !strings.Contains(err.Message, "pyguardml.toml:1:1: there is no setting") {
		t.Errorf("the error is %v", err)
	}
	if err := e.request("textDocument/hover", map[string]any{}, nil); err == nil || err.Code != codeNotInitialized {
		t.Errorf("the error is %v", err)
	}
}

func TestPositionsGoBothWays(t *testing.T) {
	const text = "a\r\nÜ𝛼b\nlast"
	for at, p := range map[int]position{0: {0, 0}, 1: {0, 1}, 3: {1, 0}, 5: {1, 1}, 9: {1, 3}, 10: {1, 4}, 11: {2, 0}, 15: {2, 4}} {
		if got := positionAt(text, at); got != p {
			t.Errorf("offset %d is at %v, want %v", at, got, p)
		}
		if got := offset(text, p); got != at {
			t.Errorf("%v is at offset %d, want %d", p, got, at)
		}
	}
	if got := offset(text, position{1, 99}); got != 10 {
		t.Errorf("beyond a line's end: %d", got)
	}
	if got := offset(text, position{9, 0}); got != len(text) {
		t.Errorf("beyond the text's end: %d", got)
	}
	if got := fromAnalysis(text, ast.Position{Line: 2, Column: 3}); got != (position{1, 3}) {
		t.Errorf("code points become units as %v", got)
	}
	for _, c := range [][2]string{{"abc", "abXc"}, {"a\nb\n", "a\nc\nb\n"}, {"é", "è"}, {"", "x\n"}, {"x\n", ""}, {"x\n", "x\ny\n"}} {
		if got := apply(c[0], []textEdit{difference(c[0], c[1])}); got != c[1] {
			t.Errorf("%q to %q gives %q", c[0], c[1], got)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte("Content-Length: 17\r\n\r\n{\"method\":\"exit\"}"))
	f.Add([]byte("Content-Length: 2\r\n\r\n{]Content-Length: -1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newServer(bytes.NewReader(data), io.Discard)
		if s.run() == nil && !s.ended {
			t.Error("a session ended well that was not shut down")
		}
	})
}

// An editor holds a notebook as cells: it types in one, moves another, and has a defect fixed in its cell.
func TestANotebookIsEditedCellByCell(t *testing.T) {
	e := start(t, map[string]string{"pyproject.toml": "[tool.pyguardml]\nselect = [\"PML1201\"]\n"})
	e.begin()
	book := map[string]any{"uri": e.uri("train.ipynb"), "notebookType": "jupyter-notebook", "version": 1}
	cell := func(kind, n int) map[string]any {
		return map[string]any{"kind": kind, "document": e.uri(fmt.Sprintf("cell%d", n))}
	}
	text := func(n int, language, text string) map[string]any {
		return map[string]any{"uri": e.uri(fmt.Sprintf("cell%d", n)), "languageId": language, "version": 1, "text": text}
	}
	change := func(cells map[string]any) {
		e.notify("notebookDocument/didChange", map[string]any{"notebookDocument": book, "change": map[string]any{"cells": cells}})
	}
	opened := map[string]any{"uri": book["uri"], "notebookType": "jupyter-notebook", "version": 1, "cells": []any{cell(1, 1), cell(2, 2), cell(2, 3)}}
	e.notify("notebookDocument/didOpen", map[string]any{"notebookDocument": opened, "cellTextDocuments": []any{
		text(1, "markdown", "# 𝛼"), text(2, "python", "import torch"), text(3, "python", "%time\nprint('𝛼'); x = 1"),
	}})
	if got := e.diagnostics("cell3", 1); len(got) != 0 {
		t.Fatalf("a notebook without defects has %v", got)
	}
	change(map[string]any{"textContent": []any{map[string]any{
		"document": map[string]any{"uri": e.uri("cell3"), "version": 2},
		"changes":  []any{map[string]any{"range": textRange{position{1, 17}, position{1, 18}}, "text": "torch.load(p, weights_only=False)"}},
	}}})
	got := e.diagnostics("cell3", 2)
	if want := (textRange{position{1, 17}, position{1, 50}}); len(got) != 1 || got[0].Range != want {
		t.Fatalf("typed in a cell: %v", got)
	}
	// A cell is put before it, and the numbers of the cells are others.
	change(map[string]any{"structure": map[string]any{
		"array":   map[string]any{"start": 1, "deleteCount": 0, "cells": []any{cell(2, 4)}},
		"didOpen": []any{text(4, "python", "p = 'm.pt'")},
	}})
	e.diagnostics("cell4", 1)
	var actions []codeAction
	e.request("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri("cell3")}, "range": got[0].Range, "context": map[string]any{}}, &actions)
	if len(actions) != 1 {
		t.Fatalf("the cell is offered %v", actions)
	}
	var other []codeAction
	e.request("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri("cell4")}, "range": got[0].Range, "context": map[string]any{}}, &other)
	if len(other) != 0 {
		t.Errorf("another cell is offered %v", other)
	}
	var action codeAction
	if err := e.request("codeAction/resolve", actions[0], &action); err != nil {
		t.Fatal(err)
	}
	now := "%time\nprint('𝛼'); x = torch.load(p, weights_only=False)"
	if c := action.Edit.DocumentChanges; len(c) != 1 || c[0].TextDocument.URI != e.uri("cell3") || *c[0].TextDocument.Version != 2 || !strings.Contains(apply(now, c[0].Edits), "weights_only=True") {
		t.Errorf("the fix is %+v", c)
	}
	var h hover
	e.request("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": e.uri("cell3")}, "position": position{1, 20}}, &h)
	if !strings.Contains(h.Contents.Value, "PML1201") {
		t.Errorf("hover says %q", h.Contents.Value)
	}
	// Made text, the cell has no defect; deleted, it is gone.
	change(map[string]any{"data": []any{cell(1, 3)}})
	if got := e.diagnostics("cell3", -1); len(got) != 0 {
		t.Errorf("a cell of text has %v", got)
	}
	e.notify("notebookDocument/didClose", map[string]any{"notebookDocument": book, "cellTextDocuments": []any{}})
	e.end()
}

// A notebook that is open as a text, or not at all, has its findings in the file's text.
func TestANotebooksFileHasItsFindings(t *testing.T) {
	nb := "{\"cells\": [{\"cell_type\": \"code\", \"metadata\": {}, \"outputs\": [], \"execution_count\": null, \"source\": [\n \"import torch\\n\",\n \"x = '𝛼'; torch.load('m', weights_only=False)\"]}],\n\"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 4}\n"
	e := start(t, map[string]string{"other.ipynb": nb})
	e.begin()
	if got := e.diagnostics("other.ipynb", -1); len(got) != 1 || got[0].Range != (textRange{position{2, 12}, position{2, 47}}) {
		t.Errorf("a notebook that is not open has %v", got)
	}
	e.open("n.ipynb", 1, nb)
	got := e.diagnostics("n.ipynb", 1)
	if len(got) != 1 || got[0].Range != (textRange{position{2, 12}, position{2, 47}}) {
		t.Fatalf("a notebook that is open as a text has %v", got)
	}
	var actions []codeAction
	e.request("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": e.uri("n.ipynb")}, "range": got[0].Range, "context": map[string]any{}}, &actions)
	var action codeAction
	if len(actions) != 1 {
		t.Fatalf("the notebook is offered %v", actions)
	}
	if err := e.request("codeAction/resolve", actions[0], &action); err != nil {
		t.Fatal(err)
	}
	if fixed := apply(nb, action.Edit.DocumentChanges[0].Edits); !strings.Contains(fixed, "weights_only=True)\"") || !json.Valid([]byte(fixed)) {
		t.Errorf("the fix makes\n%s", fixed)
	}
	e.end()
}

// What changes on the disk counts, as well as new settings.
func TestChangesOfFilesAreTakenIn(t *testing.T) {
	const defect = "import torch\ntorch.load('m.pt', weights_only=False)\n"
	e := start(t, map[string]string{"a.py": "x = 1\n", "b.py": defect})
	if err := e.request("initialize", map[string]any{"rootUri": uriOf(e.root), "capabilities": map[string]any{
		"workspace": map[string]any{"didChangeWatchedFiles": map[string]any{"dynamicRegistration": true}}}}, nil); err != nil {
		t.Fatal(err)
	}
	e.notify("initialized", map[string]any{})
	m := e.receive(func(m *message) bool { return m.Method == "client/registerCapability" })
	if err := e.conn.write(&message{ID: m.ID, Result: json.RawMessage("null")}); err != nil {
		t.Fatal(err)
	}
	if got := e.diagnostics("b.py", -1); len(got) != 1 {
		t.Fatalf("b.py has %v", got)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(filepath.FromSlash(e.root), name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tell := func(name string, kind int) {
		e.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": e.uri(name), "type": kind}}})
	}
	put("a.py", defect)
	tell("a.py", 2)
	e.until("a.py", 1)
	os.Remove(filepath.Join(filepath.FromSlash(e.root), "b.py"))
	tell("b.py", 3)
	e.until("b.py", 0)
	e.open("new.py", 1, defect) // never saved
	e.diagnostics("new.py", 1)
	e.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": e.uri("new.py")}})
	e.until("new.py", 0)
	put("pyguardml.toml", "ignore = [\"PML1201\"]\n")
	tell("pyguardml.toml", 1)
	e.until("a.py", 0)
	put("pyguardml.toml", "ignor = [\"PML1201\"]\n")
	tell("pyguardml.toml", 2)
	if m := e.receive(func(m *message) bool { return m.Method == "window/showMessage" }); !strings.Contains(string(m.Params), "ignor") {
		t.Errorf("wrong settings are told of by %s", m.Params)
	}
	e.end()
}
