package generative

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// unreviewedCode is PML5105.
var unreviewedCode = &checks.Rule{
	Spec: infoPML5105,
	From: []checks.Label{models.LLM},
	Into: []checks.SinkKind{models.FileData},
	Knows: []string{
		gitRepos + ".{create_head,index.commit,index.add,remotes.origin.push,remotes[].push,remote().push,git.push,git.commit,git.checkout,git.switch,active_branch,working_tree_dir,working_dir}",
	},
	OnFlow: func(p *checks.Pass, way *checks.Path) {
		if way.Call == nil || way.Confirmed() {
			return
		}
		if way.Sink.Note == models.NotePushed {
			if c := way.Call; commitsCode(way) {
				repair := proposeInstead(p, c)
				if c.Symbol.Under("gitlab") {
					repair = proposeOnGitLab(p, way)
				}
				p.Report(checks.Report{Node: c.Node, Path: way, Fix: repair})
			}
			return
		}
		reportPush(p, way)
	},
}

// gitRepos are the working copies of GitPython.
const gitRepos = "{git.Repo(),git.repo.Repo(),git.repo.base.Repo(),git.Repo.clone_from(),git.Repo.init()}"

// commitsCode reports whether a commit by the API of a server puts code on the main branch.
func commitsCode(way *checks.Path) bool {
	c := way.Call
	if c.Symbol.Under("github") {
		branch := c.Arg(3, "branch")
		if c.Method == "update_file" {
			branch = c.Arg(4, "branch")
		}
		file := c.Arg(0, "path")
		return file != nil && isCode(file.Value) && (branch == nil && !c.HasRest() || branch != nil && isMain(c.Frame, branch.Value, branch.Node))
	}
	data := way.Value
	branch := way.Key(data, "branch")
	if branch == nil || !isMain(c.Frame, branch.Value, branch.Node) {
		return false
	}
	actions := way.Key(data, "actions")
	if actions == nil {
		file := way.Key(data, "file_path")
		if c.Method == "update" {
			if a := c.Arg(0, "file_path"); a != nil {
				return isCode(a.Value) && written(way, data)
			}
		}
		return file != nil && isCode(file.Value) && written(way, data)
	}
	items, _, _ := way.Items(actions.Value)
	return slices.ContainsFunc(items, func(it checks.Item) bool {
		file := way.Key(it.Value, "file_path")
		return file != nil && isCode(file.Value) && written(way, it.Value)
	})
}

// written reports whether the content of a file is what a model wrote.
func written(way *checks.Path, file *checks.Value) bool {
	content := way.Key(file, "content")
	return content != nil && content.Value.Labels(models.FileData).Has(models.LLM)
}

// isMain reports whether a branch is the one that is built and deployed.
func isMain(f *checks.Frame, v *checks.Value, node ast.Node) bool {
	if t, ok := v.Text(); ok {
		return t == "main" || t == "master"
	}
	e, ok := node.(ast.Expr)
	if !ok {
		return false
	}
	for _, at := range f.SpelledOut(e) {
		if checks.LastName(at.Expr) == "default_branch" {
			return true
		}
	}
	return false
}

// codeSuffixes are the endings of files that are run or built.
var codeSuffixes = map[string]bool{
	".py": true, ".js": true, ".ts": true, ".jsx": true, ".tsx": true, ".go": true, ".java": true, ".rb": true, ".rs": true, ".c": true, ".h": true, ".cpp": true, ".cs": true, ".php": true,
	".sh": true, ".sql": true, ".tf": true, ".yml": true, ".yaml": true, ".ipynb": true, ".kt": true, ".swift": true, ".scala": true,
}

// isCode reports whether a file is code by its name, as far as that is known.
func isCode(file *checks.Value) bool {
	name, ok := file.Text()
	if !ok {
		parts := file.Parts()
		if len(parts) == 0 || parts[len(parts)-1].Value != nil {
			return true
		}
		name = parts[len(parts)-1].Text
		if path.Ext(name) == "" {
			return true
		}
	}
	base := path.Base(name)
	return codeSuffixes[strings.ToLower(path.Ext(base))] || base == "Dockerfile" || base == "Makefile" || base == "Jenkinsfile"
}

// proposal is the branch on which a change waits for its review.
const proposal = "ai-proposal"

// proposeInstead commits to a branch of its own and opens a pull request.
func proposeInstead(p *checks.Pass, c *checks.Call) *fix.Fix {
	at, ok := c.Node.Fn.(*ast.Attribute)
	s := p.StmtOf(c.Node)
	if !ok || s == nil || !c.Symbol.Under("github") || inExpressionScope(p, c.Node) {
		return nil
	}
	switch at.Value.(type) {
	case *ast.Name, *ast.Attribute:
	default:
		return nil
	}
	switch s.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign:
	default:
		return nil
	}
	repo := p.File.Text(at.Value)
	branch := c.Arg(3, "branch")
	if c.Method == "update_file" {
		branch = c.Arg(4, "branch")
	}
	var onBranch []fix.Edit
	switch {
	case branch == nil || branch.Keyword != nil && !branch.Unpacked:
		onBranch = fix.AddKeyword(p.File, c.Node, "branch", `"`+proposal+`"`)
	case branch.Node != nil && !branch.Unpacked:
		onBranch = checks.Replace(p, branch.Node, `"`+proposal+`"`)
	default:
		return nil
	}
	return checks.Fix(true, "propose the change on a branch of its own",
		fix.InsertBefore(p.File, s, repo+`.create_git_ref("refs/heads/`+proposal+`", `+repo+`.get_branch(`+repo+`.default_branch).commit.sha)`),
		onBranch,
		fix.InsertAfter(p.File, s, repo+`.create_pull(title="Generated change", body="Review before merging.", head="`+proposal+`", base=`+repo+`.default_branch)`))
}

// proposeOnGitLab commits to a branch of its own and opens a merge request, where the data of the commit stand in
// the call.
func proposeOnGitLab(p *checks.Pass, way *checks.Path) *fix.Fix {
	c := way.Call
	s := p.StmtOf(c.Node)
	if s == nil || c.Method != "create" || inExpressionScope(p, c.Node) || len(c.Node.Args) != 1 {
		return nil
	}
	switch s.(type) {
	case *ast.ExprStmt, *ast.Assign, *ast.AnnAssign:
	default:
		return nil
	}
	data, ok := c.Node.Args[0].(*ast.Dict)
	at, method := c.Node.Fn.(*ast.Attribute)
	branch := way.Key(way.Value, "branch")
	if !ok || !method || branch == nil || branch.Node == nil || !data.Range().Contains(branch.Node.Range()) || way.Key(way.Value, "start_branch") != nil {
		return nil
	}
	manager, ok := at.Value.(*ast.Attribute) // project.files, project.commits
	if !ok || !checks.Repeatable(manager.Value) {
		return nil
	}
	project := p.File.Text(manager.Value)
	return checks.Fix(true, "propose the change on a branch of its own",
		checks.Replace(p, branch.Node, `"`+proposal+`"`), fix.AddElement(p.File, data, `"start_branch": `+project+".default_branch"),
		fix.InsertAfter(p.File, s, project+`.mergerequests.create({"source_branch": "`+proposal+`", "target_branch": `+project+`.default_branch, "title": "Generated change"})`))
}

// pushProposal makes a branch before the commit and pushes that; p is the pass for the file of the push. It is nil
// where the commit stands in another function.
func pushProposal(p *checks.Pass, commit, push *checks.Call) *fix.Fix {
	first, last := p.StmtOf(commit.Node), p.StmtOf(push.Node)
	copied := workingCopy(push.Node)
	if first == nil || last == nil || copied == nil || !checks.Repeatable(copied) || commit.Frame != push.Frame || !p.Holds(commit.Node) ||
		inExpressionScope(p, commit.Node) || inExpressionScope(p, push.Node) {
		return nil
	}
	if s, ok := last.(*ast.ExprStmt); !ok || s.Value != ast.Expr(push.Node) {
		return nil
	}
	repo := p.File.Text(copied)
	edits := append(fix.InsertBefore(p.File, first, repo+`.git.checkout("-B", "`+proposal+`")`),
		checks.Replace(p, push.Node, repo+`.git.push("--set-upstream", "origin", "`+proposal+`")`)...)
	return checks.Fix(true, "push a branch of its own, to be reviewed", edits)
}

// workingCopy is the working copy in the spelling of one of its pushes: repo of repo.remotes.origin.push().
func workingCopy(push *ast.Call) ast.Expr {
	for e := push.Fn; ; {
		switch n := e.(type) {
		case *ast.Attribute:
			switch n.Attr.Id {
			case "git", "remotes", "remote":
				return n.Value
			}
			e = n.Value
		case *ast.Subscript:
			e = n.Value
		case *ast.Call:
			e = n.Fn
		default:
			return nil
		}
	}
}

// reportPush reports the push of a file that a model wrote, in a working copy on its main branch.
func reportPush(p *checks.Pass, way *checks.Path) {
	file := fileWritten(way.Call)
	if file == nil || !isCode(file.Value) {
		return
	}
	for _, f := range [...]*checks.Frame{way.Call.Frame, way.Frame} {
		var commit, push *checks.Call
		for _, c := range withHelpers(f, 0) {
			switch {
			case !gitMethods[c.Method] || repoOf(c) == nil:
			case leavesMain(c):
				return
			case c.Method == "commit":
				commit = c
			case c.Method == "push":
				push = c
			}
		}
		if commit == nil || push == nil || push.Confirmed() || !pushesMain(push) || !inWorkingCopy(f, file, push) {
			continue
		}
		if in := p.Project.Module(push.Frame.Module()); in != nil {
			p.Report(checks.Report{Node: push.Node, In: in, Path: way, Fix: pushProposal(p.There(in), commit, push)})
		}
		return
	}
}

// withHelpers lists the calls of a function, those of its helpers in the place of theirs.
func withHelpers(f *checks.Frame, depth int) []*checks.Call {
	var out []*checks.Call
	for _, c := range f.Calls {
		if body := c.Body(); body != nil && body != f && depth < maxHelpers {
			out = append(out, withHelpers(body, depth+1)...)
			continue
		}
		out = append(out, c)
	}
	return out
}

// fileWritten is the argument or receiver that names the file which a call writes; nil where it is
// not known.
func fileWritten(c *checks.Call) *checks.Argument {
	if c.Receiver == nil {
		return nil
	}
	if c.Receiver.Is("io.TextIOWrapper()") {
		if open := c.Receiver.Origin(); open != nil {
			if open.Receiver != nil && open.Method == "open" && !open.Symbol.Is("builtins.open") {
				return receiverOf(open)
			}
			return open.Arg(0, "file")
		}
		return nil
	}
	if c.Method == "write_text" || c.Method == "write_bytes" {
		return receiverOf(c)
	}
	return nil
}

// receiverOf is what a method is called on, as an argument.
func receiverOf(c *checks.Call) *checks.Argument {
	at, ok := c.Node.Fn.(*ast.Attribute)
	if !ok {
		return nil
	}
	v := c.Receiver
	if t := v.PathText(); t != nil {
		v = t
	}
	return &checks.Argument{Value: v, Node: at.Value}
}

// leavesMain reports whether a call changes to a branch or makes one.
func leavesMain(c *checks.Call) bool {
	switch c.Method {
	case "create_head":
		return true
	case "checkout", "switch":
		return len(c.Args) > 0 && !slices.ContainsFunc(c.Args, func(a checks.Argument) bool {
			t, ok := a.Value.Text()
			return ok && (t == "main" || t == "master")
		})
	}
	return false
}

// pushesMain reports whether a push goes to the main branch, or to the one that is checked out.
func pushesMain(c *checks.Call) bool {
	for i := range c.Args {
		a := &c.Args[i]
		t, ok := a.Value.Text()
		switch {
		case a.Name != "" && a.Name != "refspec":
			continue
		case !ok:
			if e := a.Node; e == nil || !strings.Contains(c.Frame.Module().File.Text(e), "active_branch") {
				return false
			}
		default:
			if _, to, cut := strings.Cut(t, ":"); cut {
				t = to
			}
			switch strings.TrimPrefix(t, "refs/heads/") {
			case "main", "master", "HEAD", "origin", "-u", "--set-upstream", "--force", "-f":
			default:
				return false
			}
		}
	}
	return true
}

// inWorkingCopy reports whether a file lies below the working copy that is pushed: its path names
// it, or the folder from which it was opened, or is relative where the copy is the current folder.
func inWorkingCopy(f *checks.Frame, file *checks.Argument, push *checks.Call) bool {
	made := repoOf(push)
	if made == nil || file.Node == nil {
		return false
	}
	folder := made.Arg(0, "path")
	if made.Method == "clone_from" {
		folder = made.Arg(1, "to_path")
	}
	if folder == nil {
		return relative(file.Value)
	}
	if t, ok := folder.Value.Text(); ok {
		if t == "." || t == "" {
			return relative(file.Value)
		}
		if strings.HasPrefix(file.Value.Prefix(), strings.TrimPrefix(strings.TrimSuffix(t, "/"), "./")) {
			return true
		}
	}
	for at := range standsFor(f, file.Node) {
		if standsFor(made.Frame, folder.Node)[at] {
			return true
		}
	}
	return strings.Contains(spelledText(f, file.Node), "working_")
}

// spelledIn is how something is written in a function.
type spelledIn struct {
	fn   *semantic.Function
	text string
}

// standsFor lists what the names in an expression stand for, as the functions that give it write it.
func standsFor(f *checks.Frame, e ast.Expr) map[spelledIn]bool {
	out := map[spelledIn]bool{}
	addStandsFor(f, e, out)
	return out
}

func addStandsFor(f *checks.Frame, e ast.Expr, out map[spelledIn]bool) {
	const most = 100
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name, *ast.Attribute:
			for _, at := range f.SpelledOut(n.(ast.Expr)) {
				in := spelledIn{at.Frame.Function(), at.Frame.Module().File.Text(at.Expr)}
				if out[in] || len(out) > most {
					continue
				}
				out[in] = true
				switch at.Expr.(type) {
				case *ast.Name, *ast.Attribute: // listed already
				default: // root / name
					addStandsFor(at.Frame, at.Expr, out)
				}
			}
		}
		return true
	})
}

// gitMethods are the methods of a working copy and its parts that decide where a commit goes.
var gitMethods = map[string]bool{"commit": true, "push": true, "create_head": true, "checkout": true, "switch": true}

// repoOf is the call that opened the working copy on which, or on a part of which, a method is
// called; nil where there is none.
func repoOf(c *checks.Call) *checks.Call {
	root := c.Node.Fn
	for {
		var base ast.Expr
		switch e := root.(type) {
		case *ast.Attribute:
			base = e.Value
		case *ast.Subscript:
			base = e.Value
		case *ast.Call:
			base = e.Fn
		}
		if base == nil {
			return nil
		}
		root = base
		switch root.(type) {
		case *ast.Name, *ast.Attribute, *ast.Call:
		default:
			continue
		}
		for _, at := range c.Frame.SpelledOut(root) {
			made := at.Frame.CallAt(at.Expr)
			if made == nil || !made.Symbol.Under("git") {
				continue
			}
			if strings.HasSuffix(made.Symbol.String(), "Repo") || made.Method == "clone_from" || made.Method == "init" {
				return made
			}
		}
	}
}

// relative reports whether a path does not begin at the root.
func relative(v *checks.Value) bool {
	first := v.Prefix()
	return first == "" || !strings.HasPrefix(first, "/") && !strings.HasPrefix(first, "~")
}

// spelledText is the text of all that an expression stands for.
func spelledText(f *checks.Frame, e ast.Expr) string {
	var out []string
	for _, at := range f.SpelledOut(e) {
		out = append(out, at.Frame.Module().File.Text(at.Expr))
	}
	return strings.Join(out, "\n")
}
