package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// projectFromRequest is PML2226.
var projectFromRequest = &checks.Rule{
	Spec: infoPML2226,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.Exec, models.Shell, models.Option},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || path.Kind == models.Exec && path.Sink.Note != models.NoteProject {
			return
		}
		if path.Kind != models.Exec {
			word, role := projectWord(path)
			if role == "" || vetted(p, path) {
				return
			}
			p.Report(checks.Report{Node: path.Node, Path: path, Covers: c.Node, Fix: ownFolder(p, word, role)})
			return
		}
		if vetted(p, path) {
			return
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: ownProject(p, path)})
	},
}

// vetted reports whether the data of a path was looked up or checked in a way that the analysis of values does not follow.
func vetted(p *checks.Pass, path *checks.Path) bool {
	return checks.OnlyMadeOf(path) && !path.Mark.InFile() || checks.LookedUp(p, path) || checks.Vetted(p, path, nil)
}

// projectWord is the word of the data of a path in a command that starts with `mlflow run`, and what it says: "uri" or the
// option; role is "" where it is a parameter of the project.
func projectWord(path *checks.Path) (word ast.Node, role string) {
	list := wordsOf(path)
	for i := 0; i+1 < len(list); i++ {
		if name := list[i].text; name != "mlflow" && !strings.HasSuffix(name, "/mlflow") || list[i+1].text != "run" {
			continue
		}
		for k := i + 2; k < len(list); k++ {
			w := list[k]
			option, _, joined := strings.Cut(w.text, "=")
			switch {
			case w.text == ";" || w.text == "&&" || w.text == "|":
				return nil, ""
			case !strings.HasPrefix(w.text, "-"):
				if w.dirty {
					return w.node, "uri"
				}
			case joined:
				if w.dirty && slices.Contains(projectOptions, option) {
					return nil, option
				}
			case option != "--build-image":
				if k++; k < len(list) && list[k].dirty && slices.Contains(projectOptions, option) {
					return nil, option
				}
			}
		}
	}
	return nil, ""
}

// projectOptions are the options of `mlflow run` that say what is run, and how.
var projectOptions = []string{"-e", "--entry-point", "-v", "--version", "-A", "--docker-args", "--storage-dir", "-c", "--backend-config"}

// commandWord is a word of a command, with "_" for what is no constant of it.
type commandWord struct {
	text  string
	dirty bool
	node  ast.Node
}

// wordsOf lists the words of the command at the end of a path.
func wordsOf(path *checks.Path) []commandWord {
	var out []commandWord
	if items, list := checks.ItemsAt(path); list {
		for _, it := range checks.Unfolded(path, items) {
			w := commandWord{node: it.Node, dirty: checks.ComesFrom(path, it.Value)}
			if t, ok := it.Value.Text(); ok {
				w.text = t
			} else {
				w.text = checks.ConstantText(it.Value)
			}
			out = append(out, w)
		}
		return out
	}
	for _, v := range path.Value.Alternatives() {
		w, begun := commandWord{}, false
		flush := func() {
			if begun {
				w.text = strings.Trim(w.text, `"'`)
				out = append(out, w)
			}
			w, begun = commandWord{}, false
		}
		for _, part := range v.Parts() {
			if part.Value != nil {
				w.text, begun = w.text+"_", true
				if checks.ComesFrom(path, part.Value) {
					w.dirty, w.node = true, part.Node
				}
				continue
			}
			for _, r := range part.Text {
				if strings.ContainsRune(" \t\n", r) {
					flush()
					continue
				}
				w.text, begun = w.text+string(r), true
			}
		}
		flush()
	}
	return out
}

// ownFolder runs the project in the program's own folder in the place of one that a word of a command names.
func ownFolder(p *checks.Pass, word ast.Node, role string) *fix.Fix {
	e, ok := word.(ast.Expr)
	if !ok || role != "uri" || !p.Holds(e) {
		return nil
	}
	if start, end, own := checks.HoleOf(p.Module, e); own != nil {
		if ph, _ := checks.PlaceholderOf(p.Module, e); ph == nil {
			return nil
		}
		return checks.Fix(true, "run the project in this folder", []fix.Edit{{Start: int(start), End: int(end), New: "."}})
	}
	return checks.Fix(true, "run the project in this folder", checks.Replace(p, e, `"."`))
}

// ownProject runs the project in the program's own folder, or leaves out what says how it is run.
func ownProject(p *checks.Pass, path *checks.Path) *fix.Fix {
	c := path.Call
	for i, name := range [...]string{"uri", "entry_point", "version", "", "docker_args", "", "", "", "backend_config", "storage_dir"} {
		if name == "" || !strings.HasSuffix(string(path.Sink.Arg), ":"+name) {
			continue
		}
		a := c.Arg(i, name)
		if a == nil {
			return nil
		}
		if name == "uri" {
			if a.Unpacked {
				return checks.SetConstant(p, c, a, `"."`)
			}
			return checks.FixAt(p, a.Node, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(true, "run the project in this folder", checks.Replace(there, a.Node, `"."`))
			})
		}
		if a.Keyword == nil && !a.Unpacked {
			good := "None"
			if name == "entry_point" {
				good = `"main"`
			}
			return checks.SetConstant(p, c, a, good)
		}
		return checks.Fix(true, "leave "+name+" to the project", checks.RemoveArg(p, c, a))
	}
	return nil
}
