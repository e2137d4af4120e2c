package nlp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// trainerOptions is PML3205.
var trainerOptions = &checks.Rule{
	Spec: infoPML3205,
	From: []checks.Label{models.User, models.Upload},
	Into: []checks.SinkKind{models.Option, models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Mark.Label == models.Upload && !checks.IsFileName(path.Mark) || checks.OnlyMadeOf(path) {
			return
		}
		switch path.Sink.Note {
		case models.NoteTrainerOptions:
			if path.Mark.Clean.Has(models.Shell) || !path.Mark.Holds(" ") && !path.Mark.Holds("/") || checks.Vetted(p, path, nil) {
				return
			}
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: plainOptions(p, path)})
		case models.NoteVocabulary:
			if checks.OneSegment(path) || !checks.Escapes(path) || checks.Vetted(p, path, checks.AboutPaths) || checks.LookedUp(p, path) {
				return
			}
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: lastParts(p, path)})
		}
	},
}

// lastParts keeps the last part of a name, or of each in a list that a request chooses.
func lastParts(p *checks.Pass, path *checks.Path) *fix.Fix {
	items, _, list := path.Items(path.Value)
	if !list {
		return checks.LastPart(p, path)
	}
	var all []*fix.Fix
	for _, it := range items {
		if checks.Carries(path, it.Value) {
			one := *path
			one.Value, one.Node = it.Value, it.Node
			all = append(all, checks.LastPart(p, &one))
		}
	}
	return checks.Together(all...)
}

var (
	optionBefore = regexp.MustCompile(`--(\w+)[= ]$`)
	wholeOptions = strings.Fields("vocab_size input_sentence_size seed_sentencepiece_size max_sentence_length num_threads num_sub_iterations max_sentencepiece_length self_test_sample_size mining_sentence_size training_sentence_size unk_id bos_id eos_id pad_id random_seed")
	realOptions  = []string{"character_coverage", "shrinking_factor"}
)

// plainOptions makes a number of what stands for a numeric option, and keeps letters, digits and underscores of the rest.
func plainOptions(p *checks.Pass, path *checks.Path) *fix.Fix {
	var edits []fix.Edit
	imported := map[*checks.Module]bool{}
	for _, v := range path.Value.PathText().Alternatives() {
		before := ""
		for _, part := range v.PathText().Parts() {
			if part.Value == nil {
				before += part.Text
				continue
			}
			e, ok := part.Node.(ast.Expr)
			in := p.Project.Module(part.Mod)
			option := ""
			if m := optionBefore.FindStringSubmatch(before); m != nil {
				option = m[1]
			}
			before += "x"
			if !checks.Carries(path, part.Value) {
				continue
			}
			if !ok || in == nil || !in.Holds(e) || part.Conv {
				return nil
			}
			text := in.File.Text(e)
			var own []fix.Edit
			switch {
			case slices.Contains(wholeOptions, option):
				text = number(in, e, "int("+text+")")
			case slices.Contains(realOptions, option):
				text = number(in, e, "float("+text+")")
			default:
				sub, imports := fix.Reach(in.File, "re.sub", "import re", fix.InSection)
				text = sub + `(r"[^A-Za-z0-9_]", "", ` + text + `)`
				if !imported[in] {
					imported[in] = true
					own = imports
				}
			}
			edits = append(edits, p.InFile(in, append(own, fix.ReplaceNode(in.File, e, text)))...)
		}
	}
	if edits == nil {
		e, _ := checks.GivenNode(path).(ast.Expr)
		return checks.AllowOnly(p, path, e, "ALLOWED_OPTIONS", "options not allowed")
	}
	return checks.Fix(true, "let a value bring no options of its own", edits)
}

// number is what makes a number, as text where the place of an expression asks for that.
func number(in *checks.Module, e ast.Expr, text string) string {
	if around := in.Around(e); len(around) > 1 {
		switch n := around[len(around)-2].(type) {
		case *ast.Placeholder:
			return text
		case *ast.Call:
			if checks.LastName(n.Fn) == "format" {
				return text
			}
		}
	}
	return "str(" + text + ")"
}
