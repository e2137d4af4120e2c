package serialization_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/internal/artifact/assemble"
	"github.com/pyguard/pyguardml/pyguardml"
)

// poisoned is a checkpoint of one tensor in front of which a command is called; more is text in
// its dictionary.
func poisoned(t *testing.T, more string) []byte {
	t.Helper()
	b, err := assemble.Bytes(`ZIP
MEMBER net/data.pkl stored
PROTO 2
GLOBAL posix system
BINUNICODE 'id'
TUPLE1
REDUCE
POP
EMPTY_DICT
MARK
` + more + `BINUNICODE 'weight'
GLOBAL torch._utils _rebuild_tensor_v2
MARK
MARK
BINUNICODE 'storage'
GLOBAL torch FloatStorage
BINUNICODE '0'
BINUNICODE 'cpu'
BININT1 2
TUPLE
BINPERSID
BININT1 0
BININT1 2
TUPLE1
BININT1 1
TUPLE1
NEWFALSE
EMPTY_DICT
TUPLE
REDUCE
SETITEMS
STOP
END
MEMBER net/data/0 stored
TEXT '01234567'
END
MEMBER net/version stored
TEXT '3'
END
END
`)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixedFolder analyses and fixes a folder of files and returns what it holds then.
func fixedFolder(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	var list []pyguardml.File
	for name, content := range files {
		name = filepath.FromSlash(name)
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		list = append(list, pyguardml.File{Path: filepath.ToSlash(name), Content: []byte(content)})
	}
	a, err := pyguardml.New(pyguardml.Options{Profile: "all", Select: []string{"PML1205"}})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := a.Fix(context.Background(), list, pyguardml.FixOptions{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range plan.Withdrawn {
		t.Errorf("withdrawn: %s", w.Reason)
	}
	if err := plan.Apply(dir); err != nil {
		t.Fatal(err)
	}
	after := contents(t, dir)
	if err := plan.Rollback(); err != nil {
		t.Fatal(err)
	}
	for name, content := range contents(t, dir) {
		if files[name] != content {
			t.Errorf("%s is not as before after the rollback", name)
		}
	}
	return after
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(name)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestACheckpointThatComesToTensorsIsRewrittenAndLoadedFromThere(t *testing.T) {
	after := fixedFolder(t, map[string]string{
		"weights/net.pt": string(poisoned(t, "")),
		"serve.py": `from pathlib import Path

import torch

from net import Net

WEIGHTS = Path("weights") / "net.pt"

net = Net()
net.load_state_dict(torch.load(WEIGHTS, map_location=torch.device("cpu")))
other = torch.load("weights/other.pt", weights_only=True)
`,
		"tools/show.py": "import torch as T\n\nprint(T.load('../weights/net.pt', map_location=device).keys())\n",
	})
	made := after["weights/net.safetensors"]
	if !strings.HasSuffix(made, "01234567") || !strings.Contains(made, `"weight":{"dtype":"F32","shape":[2]`) {
		t.Errorf("the new file is %q", made)
	}
	if after["weights/net.pt.quarantined"] == "" || after["weights/net.pt"] != "" {
		t.Error("the checkpoint is not renamed")
	}
	for name, want := range map[string]string{
		"serve.py":      "net.load_state_dict(safetensors.torch.load_file(\"weights/net.safetensors\", device=\"cpu\"))\nother = torch.load(\"weights/other.pt\", weights_only=True)\n",
		"tools/show.py": "import torch as T\nimport safetensors.torch\n\nprint(safetensors.torch.load_file('../weights/net.safetensors', device=str(device)).keys())\n",
	} {
		if !strings.HasSuffix(after[name], want) || strings.Count(after[name], "import safetensors.torch\n") != 1 {
			t.Errorf("%s is\n%s", name, after[name])
		}
	}
}

func TestPathsOfAllKindsAreFollowedToTheCheckpoint(t *testing.T) {
	const head = "import os\nimport torch\nfrom pathlib import Path\n\nHERE = Path(__file__).resolve().parent\nDIR = os.path.dirname(os.path.abspath(__file__))\nNAME = \"net.pt\"\nFULL = HERE / NAME\nTEXT = os.path.join(DIR, NAME)\n\n"
	for argument, want := range map[string]string{
		`HERE / "net.pt"`:                  `HERE / "net.safetensors"`,
		`HERE.joinpath("net.pt")`:          `HERE.joinpath("net.safetensors")`,
		`str(HERE / "net.pt")`:             `str(HERE / "net.safetensors")`,
		`f"{DIR}/net.pt"`:                  `f"{DIR}/net.safetensors"`,
		`DIR + "/net.pt"`:                  `DIR + "/net.safetensors"`,
		`os.path.join(DIR, 'net.pt')`:      `os.path.join(DIR, 'net.safetensors')`,
		`FULL`:                             `FULL.with_suffix(".safetensors")`,
		`HERE / NAME`:                      `(HERE / NAME).with_suffix(".safetensors")`,
		`TEXT`:                             `TEXT.removesuffix(".pt") + ".safetensors"`,
		`HERE.parent / "serve/net.pt"`:     `HERE.parent / "serve/net.safetensors"`,
		`HERE.parents[0] / "serve/net.pt"`: `HERE.parents[0] / "serve/net.safetensors"`,
		`"serve/" + NAME`:                  `"serve/net.safetensors"`,
	} {
		after := fixedFolder(t, map[string]string{"serve/net.pt": string(poisoned(t, "")), "serve/a.py": head + "net.load_state_dict(torch.load(" + argument + ", weights_only=True))\n"})
		if !strings.HasSuffix(after["serve/a.py"], "net.load_state_dict(safetensors.torch.load_file("+want+"))\n") {
			t.Errorf("%s: got\n%s", argument, after["serve/a.py"])
		}
	}
	for _, argument := range []string{`HERE.parent / "net.pt"`, `HERE / "other" / "net.pt"`, `base / "net.pt"`, `f"{name}/net.pt"`, `DIR + "net.pt"`, `open("serve/net.pt", "rb")`} {
		code := head + "net.load_state_dict(torch.load(" + argument + ", weights_only=True))\n"
		after := fixedFolder(t, map[string]string{"serve/net.pt": string(poisoned(t, "")), "serve/a.py": code})
		if after["serve/a.py"] != code || after["serve/net.safetensors"] == "" {
			t.Errorf("%s: got\n%s", argument, after["serve/a.py"])
		}
	}
}

func TestACheckpointOfMoreThanTensorsIsRenamedOnly(t *testing.T) {
	code := "import torch\n\nstate = torch.load(\"net.pt\")\n"
	after := fixedFolder(t, map[string]string{"net.pt": string(poisoned(t, "BINUNICODE 'epoch'\nBININT1 7\n")), "train.py": code})
	if after["net.pt.quarantined"] == "" || after["net.safetensors"] != "" || after["train.py"] != code {
		t.Errorf("got %v", after)
	}
}

func TestNestedTensorsAreRewrittenWithoutAChangeOfWhatLoadsThem(t *testing.T) {
	code := "import torch\n\nstate = torch.load(\"net.pt\")[\"model\"]\n"
	after := fixedFolder(t, map[string]string{"net.pt": string(poisoned(t, "BINUNICODE 'more'\nEMPTY_DICT\n")), "train.py": code})
	if after["net.pt.quarantined"] == "" || after["net.safetensors"] == "" || after["train.py"] != code {
		t.Errorf("got %v", after)
	}
}

func TestTheReasonWhyACheckpointIsNotRewrittenIsSaid(t *testing.T) {
	a, err := pyguardml.New(pyguardml.Options{Select: []string{"PML1205"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Analyze(context.Background(), []pyguardml.File{{Path: "net.pt", Content: poisoned(t, "BINUNICODE 'epoch'\nBININT1 7\n")}})
	if err != nil || len(r.Findings) != 1 {
		t.Fatalf("%v, %v", r, err)
	}
	if m := r.Findings[0].Fix.Message; !strings.Contains(m, "it holds a number under epoch") {
		t.Errorf("the fix says %q", m)
	}
}
