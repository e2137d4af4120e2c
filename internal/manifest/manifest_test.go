package manifest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// summary writes a requirement as one line: place, name, specifier, and what else is set.
func summary(r Requirement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", r.Line, r.Name)
	if len(r.Extras) > 0 {
		fmt.Fprintf(&b, "[%s]", strings.Join(r.Extras, ","))
	}
	for i, alternative := range r.Specifier.Alternatives {
		b.WriteString([]string{" ", "||"}[min(i, 1)])
		for j, c := range alternative {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.Op + c.Version.String())
			if c.Wildcard {
				b.WriteString(".*")
			}
		}
	}
	add := func(format, value string) {
		if value != "" {
			fmt.Fprintf(&b, format, value)
		}
	}
	add(" ; %s", r.Marker)
	add(" @ %s", r.URL)
	add(" ref=%s", r.Ref)
	if r.Group != Main {
		fmt.Fprintf(&b, " (%s %s)", r.Group, r.GroupName)
	}
	for flag, set := range map[string]bool{" editable": r.Editable, " hashed": len(r.Hashes) > 0 && !r.Locked} {
		if set {
			b.WriteString(flag)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func summaries(m *Manifest) []string {
	var all []string
	for _, r := range m.Requirements {
		all = append(all, summary(r))
	}
	return all
}

func parse(t *testing.T, path, data string) *Manifest {
	t.Helper()
	m, err := Parse(path, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// formats has a real-looking file of each kind and what it requires.
var formats = []struct {
	path, data string
	want       []string
	python     string
}{
	{path: "requirements.txt", data: `# what the service needs
--index-url https://download.pytorch.org/whl/cu121
-r base.txt
-c constraints.txt
torch==2.5.1+cu121
Transformers[torch,sentencepiece] >=4.40, <5  # the pipeline
numpy
scipy (>=1.9)
accelerate>=0.30; python_version >= "3.9" and sys_platform == 'linux'
safetensors==0.4.3 \
    --hash=sha256:aaaa \
    --hash=sha256:bbbb
-e git+https://github.com/huggingface/peft.git@main#egg=peft
diffusers @ git+https://github.com/huggingface/diffusers@v0.30.0
https://example.org/whl/torchvision-0.20.1%2Bcu121-cp310-cp310-linux_x86_64.whl
git+ssh://git@github.com/org/private_model.git
./local_package
!!!
flash-attn
`, want: []string{
		"5 torch ==2.5.1+cu121", "6 transformers[torch,sentencepiece] >=4.40,<5", "7 numpy", "8 scipy >=1.9",
		`9 accelerate >=0.30 ; python_version >= "3.9" and sys_platform == 'linux'`, "10 safetensors ==0.4.3 hashed",
		"13 peft @ git+https://github.com/huggingface/peft.git@main#egg=peft ref=main editable",
		"14 diffusers @ git+https://github.com/huggingface/diffusers@v0.30.0 ref=v0.30.0",
		"15 torchvision ==0.20.1+cu121 @ https://example.org/whl/torchvision-0.20.1%2Bcu121-cp310-cp310-linux_x86_64.whl",
		"16 private-model @ git+ssh://git@github.com/org/private_model.git", "17  @ ./local_package", "19 flash-attn",
	}},
	{path: "requirements/dev.in", data: "pytest>=8\r\ntorch~=2.6\r\n", want: []string{"1 pytest >=8 (dev )", "2 torch ~=2.6 (dev )"}},
	{path: "constraints.txt", data: "torch>=2.6", want: []string{"1 torch >=2.6 (limit )"}},
	{path: "pyproject.toml", python: ">=3.10", data: `[build-system]
requires = ["setuptools>=68", "torch"]

[project]
name = "My_Service"
requires-python = ">=3.10"
dependencies = [
  "torch>=2.6",   # inference
  'transformers[torch]~=4.40',
  "vllm==0.8.5; platform_machine == \"x86_64\"",
]

[project.optional-dependencies]
train = ["deepspeed>=0.14"]

[dependency-groups]
test = ["pytest", {include-group = "lint"}]
lint = ["ruff==0.6"]

[tool.uv]
dev-dependencies = ["ipython"]
constraint-dependencies = ["numpy<2"]

[tool.uv.sources]
transformers = { git = "https://github.com/huggingface/transformers", rev = "abc1234" }

[[tool.uv.index]]
url = "https://download.pytorch.org/whl/cu124"

[tool.hatch.envs.docs]
dependencies = ["mkdocs"]
`, want: []string{
		"8 torch >=2.6", "9 transformers[torch] ~=4.40 @ git+https://github.com/huggingface/transformers ref=abc1234",
		`10 vllm ==0.8.5 ; platform_machine == "x86_64"`, "14 deepspeed >=0.14 (extra train)",
		"17 pytest (dev test)", "18 ruff ==0.6 (dev lint)", "2 setuptools >=68 (build )", "2 torch (build )",
		"21 ipython (dev dev)", "22 numpy <2 (limit )", "31 mkdocs (dev docs)",
	}},
	{path: "sub/pyproject.toml", python: "^3.9", data: `[tool.poetry]
name = "rag"
[tool.poetry.dependencies]
python = "^3.9"
torch = "^2.6"
langchain = {version = "~0.3.1", extras = ["openai"], markers = "sys_platform == 'linux'"}
faiss = {version = "*", optional = true}
peft = {git = "https://github.com/huggingface/peft", branch = "main"}
numpy = [
  {version = "<2", python = "<3.10"},
  {version = ">=2", python = ">=3.10"},
]
[tool.poetry.extras]
search = ["faiss"]
[tool.poetry.group.dev.dependencies]
pytest = "8.0"
[[tool.poetry.source]]
name = "torch"
url = "https://download.pytorch.org/whl/cpu"
`, want: []string{
		"5 torch >=2.6,<3", "6 langchain[openai] >=0.3.1,<0.4 ; sys_platform == 'linux'", "7 faiss  (extra search)",
		"8 peft @ git+https://github.com/huggingface/peft ref=main", `9 numpy <2 ; python_version "<3.10"`,
		`9 numpy >=2 ; python_version ">=3.10"`, "16 pytest ==8.0 (dev dev)",
	}},
	{path: "setup.cfg", python: ">=3.8", data: `[metadata]
name = my.package
[options]
python_requires = >=3.8
install_requires =
    torch>=2.6
    # a comment
    numpy ; python_version < "3.12"
tests_require = pytest; hypothesis>=6
[options.extras_require]
gpu =
    cupy-cuda12x
[flake8]
max-line-length = 100
`, want: []string{"6 torch >=2.6", `8 numpy ; python_version < "3.12"`, "9 pytest (dev tests)", "9 hypothesis >=6 (dev tests)", "12 cupy-cuda12x (extra gpu)"}},
	{path: "setup.py", python: ">=3.9", data: `from setuptools import setup, find_packages

VERSION = "1.0"
required = ["torch>=2.6", "numpy"]
required += ["tqdm"]
required.append("pillow>=10.2")
extras = {"dev": ["pytest"]}
extras["gpu"] = ["cupy"]
extras["all"] = extras["dev"] + extras["gpu"]

setup(
    name="toolkit",
    python_requires=">=3.9",
    install_requires=required + ["requests; python_version >= '3.8'"],
    extras_require=extras,
    packages=find_packages(),
)
`, want: []string{
		"4 torch >=2.6", "4 numpy", "5 tqdm", "6 pillow >=10.2", "14 requests ; python_version >= '3.8'",
		"7 pytest (extra dev)", "8 cupy (extra gpu)", "7 pytest (extra all)", "8 cupy (extra all)",
	}},
	{path: "Pipfile", python: "==3.11.*", data: `[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
[packages]
torch = "==2.6.0"
transformers = {extras = ["torch"], version = "~=4.40"}
mine = {path = ".", editable = true}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.11"
`, want: []string{"5 torch ==2.6.0", "6 transformers[torch] ~=4.40", "7 mine @ . editable", "9 pytest  (dev dev-packages)"}},
	{path: "Pipfile.lock", data: `{
    "_meta": {"sources": [{"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": true}]},
    "default": {
        "torch": {"hashes": ["sha256:aa"], "version": "==2.6.0", "markers": "python_version >= '3.9'"}
    },
    "develop": {"pytest": {"version": "==8.0.0"}}
}`, want: []string{"4 torch ==2.6.0 ; python_version >= '3.9'", "6 pytest ==8.0.0 (dev develop)"}},
	{path: "poetry.lock", python: "^3.9", data: `[[package]]
name = "torch"
version = "2.6.0"
groups = ["main", "dev"]
files = [
    {file = "torch-2.6.0.whl", hash = "sha256:aa"},
]

[[package]]
name = "pytest"
version = "8.0.0"
groups = ["dev"]

[[package]]
name = "peft"
version = "0.11.0.dev0"
optional = false
[package.source]
type = "git"
url = "https://github.com/huggingface/peft"
reference = "main"
resolved_reference = "deadbeef"

[metadata]
python-versions = "^3.9"
`, want: []string{"2 torch ==2.6.0", "10 pytest ==8.0.0 (dev dev)", "15 peft ==0.11.0.dev0 @ git+https://github.com/huggingface/peft ref=deadbeef"}},
	{path: "uv.lock", python: ">=3.10", data: `version = 1
requires-python = ">=3.10"

[[package]]
name = "torch"
version = "2.6.0"
source = { registry = "https://pypi.org/simple" }
resolution-markers = ["sys_platform == 'darwin'"]
wheels = [
    { url = "https://files.example/torch.whl", hash = "sha256:aa", size = 1 },
]

[[package]]
name = "torch"
version = "2.6.0+cu124"
source = { registry = "https://download.pytorch.org/whl/cu124" }

[[package]]
name = "service"
version = "0.1.0"
source = { virtual = "." }
`, want: []string{"5 torch ==2.6.0 ; sys_platform == 'darwin'", "14 torch ==2.6.0+cu124"}},
	{path: "pdm.lock", data: `[[package]]
name = "torch"
version = "2.6.0"
groups = ["default"]
marker = "python_version >= \"3.9\""

[[package]]
name = "pytest"
version = "8.0"
groups = ["test"]
`, want: []string{`2 torch ==2.6.0 ; python_version >= "3.9"`, "8 pytest ==8.0 (dev test)"}},
	{path: "pylock.toml", data: "lock-version = '1.0'\n[[packages]]\nname = 'torch'\nversion = '2.6.0'\n", want: []string{"3 torch ==2.6.0"}},
	{path: "environment.yml", python: "=3.10", data: `name: train
channels: [pytorch, conda-forge]
dependencies:
  - python=3.10
  - pytorch=2.6
  - conda-forge::faiss-gpu=1.8.0=cuda118*
  - numpy >=1.26,<2
  - "cudatoolkit 11.8 h1234"
  - scikit-learn[version='>=1.4']
  - pip
  - pip:
      - transformers==4.48.0
      - --extra-index-url https://example.org/simple
      - -r requirements.txt
`, want: []string{
		"5 torch ==2.6.*", "6 faiss-gpu ==1.8.0.*", "7 numpy >=1.26,<2", "8 cudatoolkit ==11.8", "9 scikit-learn >=1.4",
		"10 pip", "12 transformers ==4.48.0",
	}},
	{path: "recipe/meta.yaml", python: "", data: `{% set version = "1.2.3" %}
package:
  name: mypkg
  version: {{ version }}
requirements:
  host:
    - pip
  run:
    - pytorch >=2.6
    - triton >=3  # [linux]
    - other {{ version }}
test:
  requires:
    - pytest
`, want: []string{"7 pip (build host)", "9 torch >=2.6", "10 triton >=3 ; linux", "11 other", "14 pytest (dev test)"}},
	{path: "conda-lock.yml", python: "3.10.1", data: `version: 1
package:
- name: pytorch
  version: 2.6.0
  manager: conda
  platform: linux-64
  url: https://conda.example/pytorch.conda
  hash: {md5: aa}
  category: main
- name: pytorch
  version: 2.6.0
  manager: conda
  platform: osx-64
- name: openssl
  version: 1.1.1w
  manager: conda
- name: python
  version: 3.10.1
  manager: conda
- name: pytest
  version: 8.0.0
  manager: pip
  category: dev
`, want: []string{"3 torch ==2.6.0", "20 pytest ==8.0.0 (dev dev)"}},
	{path: "pixi.toml", python: "3.11.*", data: `[dependencies]
python = "3.11.*"
pytorch = ">=2.6,<3"
[pypi-dependencies]
transformers = "*"
[feature.test.dependencies]
pytest = "*"
`, want: []string{"3 torch >=2.6,<3", "5 transformers", "7 pytest  (extra test)"}},
	{path: "Dockerfile.gpu", data: `FROM pytorch/pytorch:2.1.0
RUN apt-get update && apt-get install -y git \
    # the tools
    && pip install --no-cache-dir "torch==2.6.0" \

       transformers>=4.40 'accelerate>=0.30' -r requirements.txt 2>&1 | tee log
RUN ["python3", "-m", "pip", "install", "vllm[cuda]==0.8.5"]
RUN --mount=type=cache,target=/root/.cache /opt/venv/bin/pip3.11 install --extra-index-url https://example.org peft; echo done
RUN <<EOF
pip install deepspeed
uv pip install --system datasets==3.0
EOF
RUN conda install -y -c pytorch pytorch=2.5
ARG PEFT=0.11.0
ENV TRL 0.9 A=b
ENV TRL=0.9 OTHER="x y"
RUN pip install $EXTRAS peft==${PEFT} trl==$TRL "bnb==$UNKNOWN" gguf>=${GGUF:-1} 'vllm==${VLLM:-0.8.5}' && { true; }
# RUN pip install commented
CMD ["pip", "install", "no"]
`, want: []string{
		"4 torch ==2.6.0", "6 transformers", "6 accelerate >=0.30", "7 vllm[cuda] ==0.8.5", "8 peft", "10 deepspeed",
		"11 datasets ==3.0", "13 torch ==2.5.*",
		"17 peft ==0.11.0", "17 trl ==0.9", "17 bnb", "17 gguf", "17 vllm ==0.8.5",
	}},
}

func TestEachFormatIsReadWithLinesAndGroups(t *testing.T) {
	for _, f := range formats {
		t.Run(f.path, func(t *testing.T) {
			m := parse(t, f.path, f.data)
			if diff := cmp.Diff(f.want, summaries(m)); diff != "" {
				t.Errorf("requirements (-want +got):\n%s", diff)
			}
			if m.RequiresPython.Text != f.python {
				t.Errorf("python: got %q, want %q", m.RequiresPython.Text, f.python)
			}
		})
	}
}

func TestSpansHoldTheRequirementAndItsVersion(t *testing.T) {
	for _, f := range formats {
		m := parse(t, f.path, f.data)
		for _, r := range m.Requirements {
			if r.Span.Start < 0 || r.Span.End < r.Span.Start || int(r.Span.End) > len(m.Text) {
				t.Fatalf("%s: %s: span %v", f.path, r.Name, r.Span)
			}
			if r.Version.Start < 0 || r.Version.Len() == 0 {
				continue
			}
			got := string(m.Text[r.Version.Start:r.Version.End])
			if !r.Locked && got != r.Specifier.Text && got != "("+r.Specifier.Text+")" {
				t.Errorf("%s: %s: version's span holds %q, specifier is %q", f.path, r.Name, got, r.Specifier.Text)
			}
		}
	}
}

func TestAnEmptyVersionSpanIsWhereAVersionGoes(t *testing.T) {
	m := parse(t, "requirements.txt", "numpy  # arrays\ntorch[opt] ; x\n")
	for i, want := range []string{"numpy", "torch[opt]"} {
		r := m.Requirements[i]
		if r.Version.Len() != 0 || string(m.Text[r.Span.Start:r.Version.Start]) != want {
			t.Errorf("%s: version at %v", r.Name, r.Version)
		}
	}
}

func TestOptionsOfRequirementsAreKept(t *testing.T) {
	m := parse(t, "requirements.txt", "-i https://a\n--extra-index-url=https://b\n--trusted-host c\n-rbase.txt\n-c limits.txt\n--no-index\n")
	var got []string
	for _, o := range append(m.Indexes, m.Includes...) {
		got = append(got, fmt.Sprintf("%d %s %s", o.Line, o.Name, o.Value))
	}
	want := []string{"1 index-url https://a", "2 extra-index-url https://b", "3 trusted-host c", "6 no-index ", "4 requirement base.txt", "5 constraint limits.txt"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABadLineIsANoteAndTheRestIsRead(t *testing.T) {
	for path, data := range map[string]string{
		"requirements.txt": "numpy\n==1.0\ntorch>=2.6\n",
		"pyproject.toml":   "[project\nx = \n[project]\ndependencies = ['numpy', 'torch>=2.6']\n",
		"Pipfile":          "[requires]\nx = =\n[packages]\nnumpy = '*'\ntorch = '>=2.6'\n",
		"environment.yml":  "dependencies:\n- numpy\n- '=1'\n- pytorch>=2.6\n",
		"uv.lock":          "[[package]]\nname = 'numpy'\nversion = ?\n[[package]]\nname = 'torch'\nversion = '2.6'\n",
	} {
		m := parse(t, path, data)
		last := m.Requirements[len(m.Requirements)-1]
		if last.Name != "torch" || !last.Specifier.Requires("2.6") {
			t.Errorf("%s: got %v", path, summaries(m))
		}
		if len(m.Notes) == 0 || !strings.HasPrefix(m.Notes[0].Error(), path+":") || m.Notes[0].Line == 0 {
			t.Errorf("%s: notes %v", path, m.Notes)
		}
	}
}

func TestUTF16RequirementsOfPowerShellAreRead(t *testing.T) {
	data := []byte("\xff\xfe")
	for _, c := range []byte("torch==2.6.0\r\n") {
		data = append(data, c, 0)
	}
	m, err := Parse("requirements.txt", data)
	if err != nil || len(m.Requirements) != 1 || summary(m.Requirements[0]) != "1 torch ==2.6.0" {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestKindsAreRecognisedByName(t *testing.T) {
	for path, want := range map[string]Kind{
		"requirements.txt": Requirements, "a/requirements-dev.txt": Requirements, "dev_requirements.in": Requirements,
		"requirements/base.txt": Requirements, `win\requirements\base.txt`: Requirements, "constraints-3.10.txt": Constraints,
		"README.txt": Unknown, "pyproject.toml": PyProject, "ruff.toml": TOML, "setup.py": SetupPy, "setup.cfg": SetupCfg,
		"Pipfile": Pipfile, "Pipfile.lock": PipfileLock, "x/uv.lock": UVLock, "pylock.dev.toml": PyLock,
		"environment.yml": CondaEnvironment, "environment-gpu.yaml": CondaEnvironment, "conda_env.yml": CondaEnvironment,
		"config.yml": YAML, ".github/workflows/ci.yml": Workflow, "docker-compose.gpu.yml": Compose, ".env": EnvFile, ".env.local": EnvFile, "run.sh": Shell, "README.md": Card, "data.json": Unknown, "recipe/meta.yaml": CondaMeta, "conda-lock.yml": CondaLock, "Dockerfile": Dockerfile,
		"docker/Dockerfile.cuda": Dockerfile, "gpu.dockerfile": Dockerfile, "Dockerfile.py": Unknown, "dockerfiles": Unknown,
		"Containerfile": Dockerfile, "": Unknown, "train.py": Unknown,
		"nginx.conf": Proxy, "deploy/conf.d/api.conf": Proxy, "Caddyfile": Proxy, "Procfile": Procfile, "logging.conf": Unknown,
	} {
		if got := Recognise(path); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}

func TestParseRefusesWhatItCannotRead(t *testing.T) {
	if _, err := Parse("train.py", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown kind: %v", err)
	}
	if _, err := Parse("uv.lock", make([]byte, MaxSize+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large file: %v", err)
	}
}

func TestDeepNestingIsANote(t *testing.T) {
	for path, data := range map[string]string{
		"pyproject.toml":  "a = " + strings.Repeat("[", 1<<20),
		"Pipfile.lock":    strings.Repeat("[", 1<<20),
		"environment.yml": strings.Repeat("[", 1<<16),
	} {
		if m := parse(t, path, data); len(m.Notes) == 0 {
			t.Errorf("%s: no note", path)
		}
	}
}

func TestHostileFilesAreReadInLinearTime(t *testing.T) {
	const size = 1 << 18
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for _, c := range []struct{ path, data string }{
		{"requirements.txt", fill("a\\\n")}, {"requirements.txt", fill("-")}, {"requirements.txt", "a" + fill(",>=1")},
		{"requirements.txt", "-e " + fill(`"`)}, {"Dockerfile", "RUN " + fill("-m ")}, {"Dockerfile", "RUN " + fill("<<A")},
		{"Dockerfile", "RUN pip install " + fill("$A")}, {"Dockerfile", fill("RUN \\\n#\n")},
		{"pyproject.toml", fill("[\n")}, {"pyproject.toml", fill("[a.b]\n")}, {"pyproject.toml", "a" + fill(".a") + "=1"},
		{"pyproject.toml", "[project]\ndependencies=[" + fill("'a',") + "]"},
		{"environment.yml", "dependencies: [" + fill("a,") + "]"}, {"meta.yaml", "requirements: {run: [" + fill("a, ") + "]}"},
		{"environment.yml", "dependencies:\n" + fill("- a\n")}, {"meta.yaml", fill("{%")}, {"setup.cfg", fill("a=b\n c\n")},
		{"Pipfile.lock", `{"default":{` + fill(`"a":{},`) + `}}`},
	} {
		start := time.Now()
		parse(t, c.path, c.data)
		if cost := time.Since(start); cost > 8*time.Second {
			t.Errorf("%s of %.30q…: %v", c.path, c.data, cost)
		}
	}
}

func FuzzParse(f *testing.F) {
	for i, format := range formats {
		f.Add(uint8(i), []byte(format.data))
	}
	for i := range pipOptions { // each alone, by its short and its long name, in a requirements.txt
		f.Add(uint8(0), []byte(pipOptions[i].short+" 3.12\n"))
		f.Add(uint8(0), []byte(pipOptions[i].long+"=3.12\n"))
	}
	f.Fuzz(func(t *testing.T, format uint8, data []byte) {
		m, err := Parse(formats[int(format)%len(formats)].path, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range m.Requirements {
			if r.Span.Start < 0 || r.Span.Start > r.Span.End || int(r.Span.End) > len(m.Text) || r.Line < 1 {
				t.Errorf("%q is at %v, line %d, of %d bytes", r.Name, r.Span, r.Line, len(m.Text))
			}
		}
		NewFacts([]*Manifest{m}).AtLeast("torch", "2.6", "train.py")
	})
}

func FuzzSpecifier(f *testing.F) {
	for _, s := range []string{">=2.6,<3", "^2.6 || ~1", "=2.6=cuda*", "==2.6.*", "~=1.4.5", ">1!0.5.post1"} {
		f.Add(s, "2.6")
	}
	f.Fuzz(func(t *testing.T, s, version string) {
		for _, parse := range []func(string) (Specifier, bool){ParseSpecifier, parsePoetry, parseConda} {
			spec, _ := parse(s)
			if spec.Requires(version) && spec.Below(version) {
				t.Errorf("%q requires %q and is below it", s, version)
			}
		}
		holds(s, Specifier{})
	})
}
