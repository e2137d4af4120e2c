package supplychain

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// pullRequestCode is PML6320.
var pullRequestCode = &checks.Rule{
	Spec:     infoPML6320,
	Mentions: []string{"pull_request_target"},
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Workflow || path.Base(path.Dir(p.Path)) != "workflows" {
			return
		}
		for _, root := range p.Trees() {
			trigger := targetTrigger(root.Get("on"))
			if trigger == nil {
				continue
			}
			jobs := root.Get("jobs")
			for _, job := range jobs.Fields() {
				if approved(jobs, job.Value, 0) {
					continue
				}
				for _, at := range runsHead(p, root, job.Value) {
					p.Report(checks.Report{Node: checks.Place(at), Fix: ordinaryTrigger(p, root.Get("on"))})
				}
			}
		}
	},
}

// target is the trigger that gives a stranger's pull request the repository's secrets.
const target = "pull_request_target"

// targetTrigger is the value or key that makes pull_request_target a trigger, nil where it is none or
// only runs for a label, which somebody of the repository sets.
func targetTrigger(on *checks.Tree) *ast.Span {
	if on.Text() == target {
		at := on.Span()
		return &at
	}
	for _, item := range on.Items() {
		if item.Text() == target {
			at := item.Span()
			return &at
		}
	}
	for _, f := range on.Fields() {
		if f.Key != target {
			continue
		}
		types := f.Value.Get("types")
		if list := types.Items(); types.Text() == "labeled" || len(list) == 1 && list[0].Text() == "labeled" {
			return nil
		}
		at := f.KeySpan
		return &at
	}
	return nil
}

// ordinaryTrigger makes the workflow run for pull requests without secrets.
func ordinaryTrigger(p *checks.ManifestPass, on *checks.Tree) *fix.Fix {
	at := targetTrigger(on)
	if at == nil || string(p.Source.Text[at.Start:at.End]) != target {
		return nil
	}
	edits := []ast.Edit{{Span: *at, New: "pull_request"}}
	other := on.Get("pull_request") != nil
	for _, item := range on.Items() {
		other = other || item.Text() == "pull_request"
	}
	if other {
		edits = nil
		for i, item := range on.Items() {
			if item.Text() == target {
				edits = p.RemoveItem(on, i)
			}
		}
		for i, f := range on.Fields() {
			if f.Key == target {
				edits = p.RemoveItem(on, i)
			}
		}
	}
	return checks.Fix(true, "run for pull requests without the secrets", checks.TextEdits(edits...))
}

// maxNeeds bounds the chains of jobs that need each other.
const maxNeeds = 20

// approved reports whether a job, or one that it needs, waits for somebody's approval or runs only for
// who is trusted.
func approved(jobs, job *checks.Tree, depth int) bool {
	if depth > maxNeeds {
		return true
	}
	environment := job.Get("environment")
	if environment.Text() != "" || environment.Get("name").Text() != "" || trusts(job.Get("if").Text()) {
		return true
	}
	for _, step := range job.Get("steps").Items() {
		if asksPermission(step.Get("uses").Text()) || refusesStrangers(step.Get("run").Text()) || refusesStrangers(step.Get("with", "script").Text()) {
			return true
		}
	}
	needs := job.Get("needs")
	for _, item := range append(needs.Items(), needs) {
		if name := item.Text(); name != "" && approved(jobs, jobs.Get(name), depth+1) {
			return true
		}
	}
	return false
}

// asksPermission reports whether an action stops the job unless who caused it may write.
func asksPermission(action string) bool {
	action = strings.ToLower(action)
	return slices.ContainsFunc([]string{"permission", "authorize", "collaborator", "team-membership", "is-organization-member"}, func(w string) bool { return strings.Contains(action, w) })
}

// refusesStrangers reports whether a script ends the job after it has asked what the author may do.
func refusesStrangers(script string) bool {
	asks := strings.Contains(script, "author_association") || strings.Contains(script, "collaborators") || strings.Contains(script, "getCollaboratorPermissionLevel") || strings.Contains(script, "checkMembershipForUser")
	return asks && (strings.Contains(script, "exit 1") || strings.Contains(script, "setFailed") || strings.Contains(script, "throw "))
}

// trusts reports whether a condition lets only pass what somebody of the repository sent, labelled or
// merged, or whether it does not run for pull_request_target at all.
func trusts(condition string) bool {
	c := strings.ToLower(condition)
	for _, word := range [...]string{".labels", "event.label", "author_association", "head.repo.fork", "head.repo.id", ".merged"} {
		if strings.Contains(c, word) && !excludes(c, word) {
			return true
		}
	}
	for _, word := range [...]string{"head.repo.owner", "head.user.login", "github.actor", "triggering_actor", "pull_request.user", "event.sender"} {
		if i := strings.Index(c, word); i >= 0 && !strings.HasPrefix(strings.TrimLeft(strings.TrimLeft(c[i:], "abcdefghijklmnopqrstuvwxyz._"), " "), "!=") && !excludes(c, word) {
			return true
		}
	}
	if strings.Contains(c, "head.repo.full_name") && !strings.Contains(c, "!=") {
		return true
	}
	if strings.Contains(c, "outputs.") {
		for _, word := range [...]string{"allow", "auth", "permi", "trust", "safe", "member", "collab", "approv", "team"} {
			if strings.Contains(c, word) {
				return true
			}
		}
	}
	if i := strings.Index(c, "github.event_name"); i >= 0 {
		rest := strings.TrimLeft(c[i+len("github.event_name"):], " ")
		if strings.HasPrefix(rest, "==") {
			return !strings.Contains(c, target)
		}
		return strings.HasPrefix(rest, "!=") && strings.Contains(rest, target)
	}
	return false
}

// excludes reports whether the test of a word in a condition only keeps some away, as
// `!contains(github.event.pull_request.labels.*.name, 'skip')` does.
func excludes(condition, word string) bool {
	before, _, _ := strings.Cut(condition, word)
	i := strings.LastIndex(before, "contains(")
	return i >= 0 && !strings.Contains(before[i:], ")") && strings.HasSuffix(strings.TrimRight(before[:i], " "), "!")
}

// runsHead lists the places of a job that check out the head of a pull request, of which a later step
// runs something.
func runsHead(p *checks.ManifestPass, root, job *checks.Tree) []ast.Span {
	var out []ast.Span
	w := workspace{heads: map[string]ast.Span{}, own: map[string]bool{}}
	for _, step := range job.Get("steps").Items() {
		if trusts(step.Get("if").Text()) {
			continue
		}
		if uses := step.Get("uses").Text(); uses != "" {
			if name, _, _ := strings.Cut(uses, "@"); strings.EqualFold(name, "actions/checkout") {
				w.checkout(root, job, step)
			} else if folder, local := strings.CutPrefix(uses, "./"); local {
				out = w.run(out, folder)
			}
			continue
		}
		if sh := step.Get("shell").Text(); strings.HasPrefix(sh, "python") || sh == "node" {
			continue
		}
		run := step.Get("run")
		if run.Text() == "" {
			continue
		}
		folder := ""
		for _, from := range [...]*checks.Tree{root.Get("defaults", "run"), job.Get("defaults", "run"), step} {
			if d := from.Get("working-directory").Text(); d != "" {
				folder = inWorkspace(expressionless(d))
			}
		}
		commands := parseRun(run.Text())
		for i, c := range commands {
			if name, args := c.Program(); name == "cd" && len(args) > 0 {
				folder = path.Join(folder, inWorkspace(args[0].Text))
				continue
			}
			if at, ok := fetchesHead(p, run, commands, i); ok {
				w.heads[folder] = at
				delete(w.own, folder)
				continue
			}
			if ran, ok := runsIn(c, folder); ok {
				out = w.run(out, ran)
			}
		}
	}
	return out
}

// workspace is what lies in the folders of a job's workspace: heads of pull requests, with the places
// that checked them out, and what is the repository's own.
type workspace struct {
	heads map[string]ast.Span
	own   map[string]bool
}

// checkout notes what a step of actions/checkout puts into the workspace.
func (w *workspace) checkout(root, job, step *checks.Tree) {
	with := step.Get("with")
	folder := inWorkspace(with.Get("path").Text())
	for _, name := range [...]string{"ref", "repository"} {
		v := with.Get(name)
		if ofHead(resolveEnv(v.Text(), root, job, step)) {
			w.heads[folder] = v.Span()
			delete(w.own, folder)
			return
		}
	}
	delete(w.heads, folder)
	w.own[folder] = true
}

// run adds the place that checked out what lies in a folder, where that is the head of a pull request.
func (w *workspace) run(out []ast.Span, folder string) []ast.Span {
	folder = path.Clean("./" + folder)
	for {
		at, head := w.heads[strings.TrimPrefix(folder, ".")]
		if head {
			if !slices.Contains(out, at) {
				out = append(out, at)
			}
			return out
		}
		if w.own[strings.TrimPrefix(folder, ".")] || folder == "." || strings.HasPrefix(folder, "..") {
			return out
		}
		folder = path.Dir(folder)
	}
}

// ofHead reports whether an expression names the head of the pull request or its repository.
func ofHead(text string) bool {
	for _, word := range [...]string{"github.event.pull_request.head.sha", "github.event.pull_request.head.ref", "github.event.pull_request.head.repo", "github.event.pull_request.merge_commit_sha", "github.head_ref", "refs/pull/", "GITHUB_HEAD_REF"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return strings.Contains(text, "github.event.pull_request['head']")
}

// resolveEnv puts the values of variables in the place of `env.NAME`.
func resolveEnv(text string, holders ...*checks.Tree) string {
	i := strings.Index(text, "env.")
	if i < 0 {
		return text
	}
	name := text[i+len("env."):]
	n := 0
	for n < len(name) && (name[n] == '_' || '0' <= name[n] && name[n] <= '9' || 'a' <= name[n]|0x20 && name[n]|0x20 <= 'z') {
		n++
	}
	for _, h := range slices.Backward(holders) {
		if v := h.Get("env", name[:n]); v != nil {
			return text + " " + v.Text()
		}
	}
	return text
}

// inWorkspace is a folder relative to the workspace, "" for the workspace itself.
func inWorkspace(folder string) string {
	for _, prefix := range [...]string{"$GITHUB_WORKSPACE", "${GITHUB_WORKSPACE}"} {
		if rest, ok := strings.CutPrefix(folder, prefix); ok {
			folder = strings.TrimLeft(rest, "/")
		}
	}
	if folder = path.Clean(folder); folder == "." || folder == "/" {
		return ""
	}
	return folder
}

// expressionless is a text with a word in the place of each expression of the workflow; that of the
// workspace is the folder itself.
func expressionless(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		expression, after, _ := strings.Cut(rest, "}}")
		if strings.TrimSpace(expression) == "github.workspace" {
			b.WriteString(".")
		} else {
			b.WriteString("_expression_")
		}
		text = after
	}
}

// parseRun lists the commands of a step, those of texts within included.
func parseRun(text string) []*shell.Command {
	text = expressionless(text)
	list := shell.Parse(text)
	if list == nil {
		for line := range strings.Lines(text) {
			list = append(list, shell.Parse(line)...)
		}
	}
	var out []*shell.Command
	for _, c := range list {
		out = append(out, c)
		for _, inner := range scriptsWithin(c) {
			out = append(out, shell.Parse(inner)...)
		}
	}
	return out
}

// fetchesHead reports whether a command gets the head of the pull request into the folder, and the
// place of the line.
func fetchesHead(p *checks.ManifestPass, run *checks.Tree, list []*shell.Command, i int) (ast.Span, bool) {
	name, args := list[i].Program()
	mark := ""
	switch {
	case name == "gh" && len(args) > 1 && args[0].Text == "pr" && args[1].Text == "checkout":
		mark = "gh pr checkout"
	case name == "git" && len(args) > 1 && (args[0].Text == "fetch" || args[0].Text == "pull") && slices.ContainsFunc(args, func(w shell.Word) bool { return strings.Contains(w.Text, "pull/") && !strings.Contains(w.Text, "://") }):
		taken := args[0].Text == "pull"
		for _, c := range list[i+1:] {
			if n, a := c.Program(); n == "git" && len(a) > 0 {
				taken = taken || slices.Contains([]string{"checkout", "switch", "merge", "reset", "rebase", "cherry-pick", "worktree"}, a[0].Text)
			}
		}
		if !taken {
			return ast.Span{}, false
		}
		mark = "git " + args[0].Text
	case name == "git" && len(args) > 1 && (args[0].Text == "checkout" || args[0].Text == "switch" || args[0].Text == "clone") && ofHead(run.Text()):
		mark = "git " + args[0].Text
	default:
		return ast.Span{}, false
	}
	at := run.Span()
	if n := bytes.Index(p.Source.Text[at.Start:], []byte(mark)); n >= 0 {
		at.Start += ast.Pos(n)
		at.End = at.Start + ast.Pos(len(mark))
	}
	return at, true
}

// builders are programs that run what the project in their folder says.
var builders = []string{"pytest", "tox", "nox", "make", "just", "invoke", "inv", "papermill", "npm", "yarn", "pnpm", "poetry", "pdm", "hatch", "pipenv", "pre-commit", "cargo", "go", "mvn", "gradle", "sphinx-build", "mkdocs", "quarto", "coverage", "torchrun", "accelerate", "streamlit", "deepspeed", "bazel", "rake", "bundle", "ctest", "cmake", "snakemake", "nextflow", "dbt", "kedro"}

// readers are modules of Python that run nothing of the folder they are told of.
var readers = []string{"venv", "virtualenv", "json.tool", "ensurepip", "pipx", "flake8", "black", "ruff", "isort", "mypy", "compileall", "py_compile", "zipfile", "site", "http.server", "twine", "bandit"}

// runsIn reports whether a command runs code of a checkout, and the folder in which that lies.
func runsIn(c *shell.Command, folder string) (string, bool) {
	name, args := c.Program()
	at := func(file string) string {
		if file = inWorkspace(file); path.IsAbs(file) || strings.HasPrefix(file, "~") || strings.HasPrefix(file, "$") {
			return ".."
		}
		return path.Join(folder, file)
	}
	first := func() string {
		for _, w := range args {
			if !strings.HasPrefix(w.Text, "-") {
				return w.Text
			}
		}
		return ""
	}
	if strings.HasPrefix(name, "python") || name == "pypy3" {
		for i, w := range args {
			switch {
			case w.Text == "-c" || w.Text == "-":
				return "", false
			case w.Text == "-m" && i+1 < len(args):
				module := args[i+1].Text
				if module == "pip" {
					return installs(args[i+2:], folder, at)
				}
				return folder, !slices.Contains(readers, module)
			case !strings.HasPrefix(w.Text, "-"):
				return at(w.Text), true
			}
		}
		return "", false
	}
	switch name {
	case "pip", "pip3":
		return installs(args, folder, at)
	case "bash", "sh", "zsh", "source", ".", "node":
		for i, w := range args {
			if w.Text == "-c" || i == 0 && strings.HasSuffix(w.Text, "c") && strings.HasPrefix(w.Text, "-") {
				return "", false
			}
		}
		if file := first(); file != "" {
			return at(file), true
		}
		return "", false
	case "uv":
		switch verb := first(); verb {
		case "run", "sync", "build":
			return folder, true
		case "pip":
			for i, w := range args {
				if w.Text == "pip" {
					return installs(args[i+1:], folder, at)
				}
			}
		}
		return "", false
	case "dvc":
		verb := first()
		return folder, verb == "repro" || verb == "exp"
	case "docker":
		verb := first()
		return folder, verb == "build" || verb == "compose" || verb == "buildx"
	case "jupyter", "jupyter-nbconvert", "jupyter-execute":
		verb := first()
		if name == "jupyter" && verb == "nbconvert" || name == "jupyter-nbconvert" {
			return notebookIn(args, at), slices.ContainsFunc(args, func(w shell.Word) bool { return w.Text == "--execute" })
		}
		return notebookIn(args, at), verb == "execute" || verb == "run" || name == "jupyter-execute"
	case "papermill":
		return at(first()), true
	case "npm", "yarn", "pnpm":
		global := slices.ContainsFunc(args, func(w shell.Word) bool { return w.Text == "-g" || w.Text == "--global" || w.Text == "global" })
		verb := first()
		return folder, !global && verb != "config" && verb != "view" && verb != "cache" && verb != "audit"
	case "make":
		for i, w := range args {
			if (w.Text == "-C" || w.Text == "--directory") && i+1 < len(args) {
				return at(args[i+1].Text), true
			}
		}
		return folder, true
	case "pytest":
		if file := first(); strings.Contains(file, "/") {
			return at(file), true
		}
		return folder, true
	}
	if slices.Contains(builders, name) {
		return folder, true
	}
	for _, w := range c.Words {
		if path.Base(w.Text) == name && w.Constant {
			if strings.HasPrefix(w.Text, "./") || strings.HasPrefix(w.Text, "../") || strings.Contains(w.Text, "/") && !path.IsAbs(w.Text) {
				return at(w.Text), true
			}
			break
		}
	}
	return "", false
}

// notebookIn is the folder of the notebook that the words of a command name.
func notebookIn(args []shell.Word, at func(string) string) string {
	for _, w := range args {
		if strings.HasSuffix(w.Text, ".ipynb") {
			return at(w.Text)
		}
	}
	return at("")
}

// installs reports whether pip is told to install a project or the requirements of a file.
func installs(args []shell.Word, folder string, at func(string) string) (string, bool) {
	if !slices.ContainsFunc(args, func(w shell.Word) bool { return w.Text == "install" || w.Text == "wheel" }) {
		return "", false
	}
	for i, w := range args {
		next := ""
		if i+1 < len(args) {
			next = args[i+1].Text
		}
		switch {
		case w.Text == "-r" || w.Text == "--requirement" || w.Text == "-e" || w.Text == "--editable":
			return at(strings.SplitN(next, "[", 2)[0]), !strings.Contains(next, "://")
		case strings.HasPrefix(w.Text, "-r") && len(w.Text) > 2:
			return at(w.Text[2:]), true
		case strings.HasPrefix(w.Text, "--requirement="), strings.HasPrefix(w.Text, "--editable="):
			_, file, _ := strings.Cut(w.Text, "=")
			return at(file), true
		case w.Text == "." || strings.HasPrefix(w.Text, ".[") || strings.HasPrefix(w.Text, "./") || strings.HasPrefix(w.Text, "../"):
			return at(strings.SplitN(w.Text, "[", 2)[0]), true
		}
	}
	return folder, false
}
