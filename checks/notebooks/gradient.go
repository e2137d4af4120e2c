package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// machineCommand is PML4120.
var machineCommand = &checks.Rule{
	Spec: infoPML4120,
	From: []checks.Label{models.User, models.Upload, models.LLM},
	Into: []checks.SinkKind{models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil || path.Confirmed() {
			return
		}
		start := *path
		quotable := path.Sink.Note == models.NoteMachine
		if !quotable {
			word := machineWord(path)
			if word == nil {
				return
			}
			start.Value, quotable = word.Value, word.Node != nil
		}
		list := shownBy(p, &start)
		r := checks.Report{Node: firstOf(p, path, list), Path: path, Covers: path.Call.Node}
		if quotable {
			r.Fix = checks.QuoteForShell(p, start.Value, fix.InOrder, false, "quote the value for the shell", foreign(path))
		}
		p.Report(r)
	},
}

// machineWord is the word, holding the data of a path, by which the program gradient is told the
// command to start a machine with; nil where there is none. Node is set where it is an element of
// a list: a text is read by the shell of this machine first.
func machineWord(path *checks.Path) *flow.Word {
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		if name != "gradient" || len(args) == 0 || !slices.Contains([]string{"notebooks", "jobs", "deployments", "experiments", "hyperparameters", "machines"}, args[0].Text) {
			continue
		}
		for i, w := range args {
			given := i > 0 && slices.Contains(commandOptions, args[i-1].Text) || slices.ContainsFunc(commandOptions, func(o string) bool { return strings.HasPrefix(w.Text, o+"=") })
			if given && w.Value != nil && foreign(path)(w.Value) {
				return &args[i]
			}
		}
	}
	return nil
}

// commandOptions are the options of gradient that give the command of a machine.
var commandOptions = []string{"--command", "--workerCommand", "--parameterServerCommand", "--masterCommand", "--script"}
