package manifest

import (
	"strings"
)

// Kind is the format of a manifest.
type Kind uint8

// The kinds.
const (
	Unknown          Kind = iota
	Requirements          // pip's requirements.txt and its variants
	Constraints           // pip's constraints.txt
	PyProject             // pyproject.toml
	SetupCfg              // setup.cfg
	SetupPy               // setup.py
	Pipfile               // Pipfile
	PipfileLock           // Pipfile.lock
	PoetryLock            // poetry.lock
	UVLock                // uv.lock
	PDMLock               // pdm.lock
	PyLock                // pylock.toml (PEP 751)
	CondaEnvironment      // environment.yml
	CondaMeta             // conda-build's meta.yaml
	CondaLock             // conda-lock.yml
	Pixi                  // pixi.toml
	Dockerfile            // Dockerfile, Containerfile
	Compose               // compose.yaml, docker-compose.yml
	Workflow              // GitHub workflows, .gitlab-ci.yml and other services' pipelines
	YAML                  // any other YAML: Kubernetes, configuration of tools
	TOML                  // any other TOML
	JSON                  // JSON that configures a tool: devcontainer.json
	EnvFile               // .env
	Shell                 // shell scripts
	Card                  // README.md, a model or data set card where it begins with YAML
	Proxy                 // the configuration of nginx, Caddy or HAProxy
	Procfile              // Procfile
	Agent                 // the configuration of coding agents, editors and MCP clients: .mcp.json
	Ignored               // .gitignore
	Values                // JSON of other programs that holds settings by its name: secrets.json
	INI                   // INI files and their like: app.ini, service.properties
	PipConf               // pip.conf, pip.ini
	Enclave               // what Gramine runs in an enclave: app.manifest, app.manifest.template
)

var kindNames = [...]string{
	Unknown: "unknown", Requirements: "requirements", Constraints: "constraints", PyProject: "pyproject",
	SetupCfg: "setup.cfg", SetupPy: "setup.py", Pipfile: "Pipfile", PipfileLock: "Pipfile.lock",
	PoetryLock: "poetry.lock", UVLock: "uv.lock", PDMLock: "pdm.lock", PyLock: "pylock",
	CondaEnvironment: "conda environment", CondaMeta: "conda recipe", CondaLock: "conda-lock",
	Pixi: "pixi", Dockerfile: "Dockerfile", Compose: "compose", Workflow: "workflow", YAML: "YAML", TOML: "TOML", JSON: "JSON",
	EnvFile: "env file", Shell: "shell script", Card: "README", Proxy: "proxy", Procfile: "Procfile",
	Agent: "agent configuration", Ignored: "gitignore",
	Values: "JSON values", INI: "INI", PipConf: "pip configuration",
	Enclave: "enclave manifest",
}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Unknown]
}

// Requires reports whether files of the kind say what a project depends on, which Parse reads.
// The others hold settings, which a Document has.
func (k Kind) Requires() bool { return int(k) < len(parsers) && parsers[k] != nil }

// Lock reports whether files of the kind record resolved versions.
func (k Kind) Lock() bool {
	switch k {
	case PipfileLock, PoetryLock, UVLock, PDMLock, PyLock, CondaLock:
		return true
	}
	return false
}

// fixedNames has the kinds that a base name in lower case decides.
var fixedNames = map[string]Kind{
	"pyproject.toml": PyProject, "setup.cfg": SetupCfg, "setup.py": SetupPy,
	"pipfile": Pipfile, "pipfile.lock": PipfileLock, "poetry.lock": PoetryLock, "uv.lock": UVLock,
	"pdm.lock": PDMLock, "pylock.toml": PyLock, "pixi.toml": Pixi,
	"meta.yaml": CondaMeta, "meta.yml": CondaMeta,
	"conda-lock.yml": CondaLock, "conda-lock.yaml": CondaLock,
	"dockerfile": Dockerfile, "containerfile": Dockerfile,
	".gitlab-ci.yml": Workflow, "azure-pipelines.yml": Workflow, "bitbucket-pipelines.yml": Workflow, "cloudbuild.yaml": Workflow, ".travis.yml": Workflow,
	"devcontainer.json": JSON, ".devcontainer.json": JSON, "readme.md": Card,
	".mcp.json": Agent, "mcp.json": Agent, "claude_desktop_config.json": Agent, "mcp_config.json": Agent, "mcp_settings.json": Agent, "cline_mcp_settings.json": Agent,
	".gitignore": Ignored,
	"pip.conf":   PipConf, "pip.ini": PipConf, ".condarc": YAML, "condarc": YAML,
	"nginx.conf": Proxy, "caddyfile": Proxy, "haproxy.cfg": Proxy, "procfile": Procfile,
	"occlum.json": JSON,
	"config.json": JSON, "tokenizer_config.json": JSON, "preprocessor_config.json": JSON, "processor_config.json": JSON, "generation_config.json": JSON,
}

// Recognise tells the kind of a file by its path alone, which is cheap enough to be asked about
// every file of a tree. Both kinds of slashes separate folders.
func Recognise(path string) Kind {
	folder, base := splitPath(path)
	base = strings.ToLower(base)
	if kind, ok := fixedNames[base]; ok {
		return kind
	}
	if base == "postbuild" || base == "start" { // Binder's, in its folder or the root, which a path alone does not tell
		return Shell
	}
	if base == ".env" || strings.HasPrefix(base, ".env.") {
		return EnvFile
	}
	dot := strings.LastIndexByte(base, '.')
	if dot < 0 {
		return recogniseContainer(base)
	}
	stem := base[:dot]
	switch base[dot+1:] {
	case "txt", "in":
		return recogniseRequirements(folder, stem)
	case "yml", "yaml":
		return recogniseYAML(folder, stem)
	case "toml":
		if strings.HasPrefix(base, "pylock.") {
			return PyLock
		}
		return TOML
	case "env":
		return EnvFile
	case "sh", "bash":
		return Shell
	case "dockerfile", "containerfile":
		return Dockerfile
	case "manifest":
		return Enclave
	case "template":
		if strings.HasSuffix(stem, ".manifest") {
			return Enclave
		}
	case "code-workspace":
		return Agent
	case "json":
		if agentFolders[lastOf(folder)+"/"+base] {
			return Agent
		}
		if ofSettings(stem) {
			return Values
		}
	case "ini", "cfg", "properties":
		return INI
	case "conf", "nginx":
		if ofProxy(folder, stem) {
			return Proxy
		}
	}
	return recogniseContainer(base)
}

// agentFolders are the files that coding agents and editors read in folders of their own.
var agentFolders = map[string]bool{".claude/settings.json": true, ".claude/settings.local.json": true, ".vscode/settings.json": true, ".gemini/settings.json": true}

// settingsWords are the parts of a JSON file's name that speak of settings and not of data.
var settingsWords = map[string]bool{
	"account": true, "accounts": true, "agent": true, "agents": true, "apikey": true, "apikeys": true, "appsettings": true, "auth": true, "cfg": true, "conf": true,
	"config": true, "configs": true, "configuration": true, "connection": true, "connections": true, "cred": true, "credential": true, "credentials": true, "creds": true,
	"env": true, "environment": true, "flow": true, "key": true, "keys": true, "launch": true, "llm": true, "llms": true, "local": true, "options": true, "params": true,
	"parameters": true, "preferences": true, "profile": true, "profiles": true, "provider": true, "providers": true, "secret": true, "secrets": true, "setting": true,
	"settings": true, "token": true, "workflow": true,
}

// ofSettings tells the JSON files that hold settings by their names.
func ofSettings(stem string) bool {
	for word := range strings.FieldsFuncSeq(stem, notLetter) {
		if settingsWords[word] {
			return true
		}
	}
	return false
}

// lastOf is the last part of a folder's path, in lower case.
func lastOf(folder string) string {
	_, last := splitPath(folder)
	return strings.ToLower(last)
}

// ofProxy tells the files that nginx includes by their names and folders.
func ofProxy(folder, stem string) bool {
	switch lastOf(folder) {
	case "nginx", "conf.d", "sites-available", "sites-enabled":
		return true
	}
	return strings.Contains(stem, "nginx")
}

// recogniseContainer knows Dockerfile.gpu and Dockerfile-cuda, but not Dockerfile.py.
func recogniseContainer(base string) Kind {
	rest, ok := strings.CutPrefix(base, "dockerfile")
	if !ok {
		rest, ok = strings.CutPrefix(base, "containerfile")
	}
	if !ok || rest == "" || strings.IndexByte(".-_", rest[0]) < 0 {
		return Unknown
	}
	for _, ext := range []string{".dockerignore", ".py", ".md", ".sh", ".txt", ".go"} {
		if strings.HasSuffix(rest, ext) {
			return Unknown
		}
	}
	return Dockerfile
}

func recogniseRequirements(folder, stem string) Kind {
	_, parent := splitPath(folder)
	switch {
	case strings.Contains(stem, "constraint"):
		return Constraints
	case strings.Contains(stem, "requirement"), stem == "reqs", strings.HasPrefix(stem, "reqs-"), strings.HasPrefix(stem, "reqs_"):
		return Requirements
	case strings.EqualFold(parent, "requirements"):
		return Requirements
	case strings.EqualFold(parent, "constraints"):
		return Constraints
	}
	return Unknown
}

func recogniseYAML(folder, stem string) Kind {
	parent, last := splitPath(folder)
	_, above := splitPath(parent)
	switch {
	case stem == "compose", strings.HasPrefix(stem, "compose."), strings.HasPrefix(stem, "compose-"), strings.HasPrefix(stem, "docker-compose"), strings.HasPrefix(stem, "podman-compose"):
		return Compose
	case above == ".github" && last == "workflows", last == ".circleci", last == ".gitea", last == ".woodpecker":
		return Workflow
	case strings.HasSuffix(stem, ".conda-lock"), strings.HasPrefix(stem, "conda-lock"):
		return CondaLock
	case stem == "env", stem == "conda", stem == "conda_env", stem == "conda-env":
		return CondaEnvironment
	case strings.HasPrefix(stem, "environment"), strings.HasSuffix(stem, "environment"):
		return CondaEnvironment
	}
	return YAML
}

func splitPath(path string) (folder, base string) {
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

// devWords are the parts of a requirements file's name that speak of development.
var devWords = map[string]bool{
	"dev": true, "develop": true, "development": true, "devel": true, "test": true, "tests": true,
	"testing": true, "doc": true, "docs": true, "lint": true, "linting": true, "ci": true,
	"style": true, "quality": true, "typing": true, "mypy": true, "precommit": true, "tools": true,
}

// groupOfPath tells what a requirements file is for by the words of its name.
func groupOfPath(path string) Group {
	folder, base := splitPath(path)
	_, parent := splitPath(folder)
	for word := range strings.FieldsFuncSeq(strings.ToLower(base), notLetter) {
		if devWords[word] {
			return Dev
		}
	}
	if devWords[strings.ToLower(parent)] {
		return Dev
	}
	return Main
}

func notLetter(r rune) bool { return r < 'a' || r > 'z' }
