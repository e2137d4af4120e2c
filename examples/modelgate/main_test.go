package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	evil   = "cos\nsystem\n(S'id'\ntR."
	honest = "\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s."
	odd    = "\x80\x02cmycompany\nNet\n)\x81."
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gate(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	code = run(context.Background(), args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestAnHonestFolderIsAccepted(t *testing.T) {
	dir := folder(t, map[string]string{"a.pkl": honest, "config.json": "{}", "train.py": "eval(input())", "notes.md": "hello"})
	code, out, errors := gate(t, dir)
	if code != accepted || !strings.HasPrefix(out, "accepted: ") || errors != "" {
		t.Errorf("%d %q %q", code, out, errors)
	}
}

func TestAnEvilFileIsRefusedWithTheReasonWhereverItLies(t *testing.T) {
	dir := folder(t, map[string]string{"good.pkl": honest, "tests/data/site-packages/model.pkl": evil})
	code, out, _ := gate(t, dir)
	if code != refused || !strings.Contains(out, filepath.Join("tests", "data", "site-packages", "model.pkl")) || !strings.Contains(out, "os.system('id',)") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := gate(t, filepath.Join(dir, "tests", "data", "site-packages", "model.pkl")); code != refused {
		t.Errorf("the file alone: %d %q", code, out)
	}
}

func TestConfigurationsOfAModelAreInspected(t *testing.T) {
	for name, content := range map[string]string{
		"tokenizer_config.json": `{"tokenizer_class": "T", "chat_template": "{{ ''.__class__.__mro__[1].__subclasses__() }}"}`,
		"chat_template.jinja":   `{{ messages.__init__.__globals__ }}`,
		"config.json":           `{"model_type": "x", "auto_map": {"AutoModel": "someone/else--modeling.Net"}}`,
	} {
		dir := folder(t, map[string]string{"model.pkl": honest, name: content})
		if code, out, _ := gate(t, "-strict", dir); code != refused || !strings.Contains(out, name) {
			t.Errorf("%s: %d %q", name, code, out)
		}
		if code, out, _ := gate(t, "-strict", filepath.Join(dir, name)); code != refused || !strings.Contains(out, name) {
			t.Errorf("%s alone: %d %q", name, code, out)
		}
	}
}

func TestTheLinksOfAHubsCacheAreFollowed(t *testing.T) {
	dir := folder(t, map[string]string{"blobs/aa": evil, "blobs/bb": honest, "snapshots/1/README.md": "x", "snapshots/2/README.md": "x", "snapshots/3/a.pkl": honest})
	for link, to := range map[string]string{"snapshots/1/pytorch_model.bin": "../../blobs/aa", "snapshots/2/pytorch_model.bin": "../../blobs/bb", "snapshots/3/more": "../../blobs"} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	if code, out, _ := gate(t, filepath.Join(dir, "snapshots", "1")); code != refused || !strings.Contains(out, "os.system") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := gate(t, filepath.Join(dir, "snapshots", "2")); code != accepted || !strings.Contains(out, "1 model file\n") {
		t.Errorf("an honest file: %d %q", code, out)
	}
	if code, out, _ := gate(t, filepath.Join(dir, "snapshots", "3")); code != refused || !strings.Contains(out, "a link to a folder is not followed") {
		t.Errorf("a link to a folder: %d %q", code, out)
	}
}

func TestArchivesOfAnyNameAreInspected(t *testing.T) {
	zipped := func(content string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create("net/data.pkl")
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, name := range []string{"weights.foo", "weights", "consolidated.00", "notes.txt"} {
		if code, out, _ := gate(t, folder(t, map[string]string{name: zipped(evil)})); code != refused || !strings.Contains(out, "os.system") || strings.Contains(out, name+".model") {
			t.Errorf("%s: %d %q", name, code, out)
		}
		if code, out, _ := gate(t, folder(t, map[string]string{name: zipped(honest)})); code != accepted {
			t.Errorf("an honest %s: %d %q", name, code, out)
		}
	}
}

func TestStrictRefusesUnknownCalls(t *testing.T) {
	dir := folder(t, map[string]string{"net.pkl": odd})
	if code, out, _ := gate(t, dir); code != accepted {
		t.Errorf("by default: %d %q", code, out)
	}
	if code, out, _ := gate(t, "-strict", dir); code != refused || !strings.Contains(out, "mycompany.Net") {
		t.Errorf("strict: %d %q", code, out)
	}
}

func TestWhatNoCheckOfTheCatalogIsAboutIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"m.pmml":    `<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML version="4.4">&x;</PMML>`,
		"m.mlmodel": "\x08\x03\xe2\x22\x18\x0a\x16\x0a\x14\x0a\x12../../../x.mlmodel",
	} {
		if code, out, _ := gate(t, folder(t, map[string]string{name: content})); code != refused || !strings.Contains(out, "GATE001") {
			t.Errorf("%s: %d %q", name, code, out)
		}
	}
	for name, content := range map[string]string{
		"m.engine":    "ftrt\x00\x00\x00\x00",
		"lib.bin":     "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100),
		"config.json": `{"model_type": "x", "auto_map": {"AutoModel": "modeling.Net"}}`,
	} {
		dir := folder(t, map[string]string{name: content})
		if code, out, _ := gate(t, dir); code != accepted {
			t.Errorf("%s by default: %d %q", name, code, out)
		}
		if code, out, _ := gate(t, "-strict", dir); code != refused || !strings.Contains(out, "GATE001") {
			t.Errorf("strict, %s: %d %q", name, code, out)
		}
	}
}

func TestAFileThatIsNoModelIsNotAccepted(t *testing.T) {
	dir := folder(t, map[string]string{"train.py": "x = 1", "settings.yaml": "a: 1", "good.pkl": honest})
	for _, name := range []string{"train.py", "settings.yaml"} {
		if code, out, _ := gate(t, filepath.Join(dir, "good.pkl"), filepath.Join(dir, name)); code != refused || !strings.Contains(out, name+": it is no model file") {
			t.Errorf("%s: %d %q", name, code, out)
		}
	}
}

func TestWhatCannotBeInspectedIsRefusedUnlessAskedFor(t *testing.T) {
	dir := folder(t, map[string]string{"cut.pkl": honest[:6]})
	if code, out, _ := gate(t, dir); code != refused || !strings.Contains(out, "could not be inspected whole") {
		t.Errorf("by default: %d %q", code, out)
	}
	if code, out, _ := gate(t, "-partial", dir); code != accepted || !strings.Contains(out, "not inspected: ") {
		t.Errorf("partial: %d %q", code, out)
	}
}

func TestTheAnswerIsJSONOnDemand(t *testing.T) {
	dir := folder(t, map[string]string{"model.pkl": evil})
	code, out, _ := gate(t, "-json", dir)
	var a answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	if code != refused || a.Accepted || len(a.Reasons) != 1 || a.Reasons[0].Check != "PML6221" || a.Reasons[0].Severity != "critical" {
		t.Errorf("%d %+v", code, a)
	}
}

func TestMistakesOfTheCallerAreErrors(t *testing.T) {
	for _, args := range [][]string{{}, {"-nonsense"}, {filepath.Join(t.TempDir(), "missing")}} {
		if code, _, errors := gate(t, args...); code != failed || errors == "" {
			t.Errorf("%v: %d %q", args, code, errors)
		}
	}
	if code, _, errors := gate(t, "-h"); code != accepted || !strings.Contains(errors, "usage: modelgate") {
		t.Errorf("help: %d %q", code, errors)
	}
}
