package notebooks

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/shell"
)

// certificateIgnored is PML4125.
var certificateIgnored = &checks.Rule{
	Spec: infoPML4125,
	OnNotebook: func(p *checks.Pass) {
		for _, t := range shellTexts(p.Notebook) {
			for _, c := range shell.Parse(t.text) {
				for _, u := range unchecked(c, func(w shell.Word) shell.Word { return t.known(p, w) }) {
					p.Report(checks.Report{Node: t.place(c.Start, c.End), Fix: checks.Fix(true, "let certificates be checked", u.edits(p, t, c))})
				}
			}
		}
		for _, v := range checks.NotebookVariables(p.Notebook) {
			if switchesOff(v.Name, v.Value) {
				p.Report(checks.Report{Node: checks.Command(v.Span), Fix: checks.Fix(true, "delete the setting", v.Remove(p))})
			}
		}
	},
	On: shellCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		text, node := constantLine(p, c)
		for _, cmd := range shell.Parse(text) {
			for _, u := range unchecked(cmd, func(w shell.Word) shell.Word { return w }) {
				rest := text[u.end:cmd.End]
				if u.new == "" {
					rest = strings.TrimLeft(rest, " ")
				}
				edits := fix.ReplaceInString(p.File, node, text[cmd.Start:cmd.End], strings.TrimRight(text[cmd.Start:u.start]+u.new+rest, " "))
				if part := text[u.start:u.end]; edits == nil && strings.Count(text, part) == 1 {
					// The command is no one literal: an f-string with a constant address.
					if u.new == "" {
						part = " " + part
					}
					edits = fix.ReplaceInString(p.File, node, part, u.new)
				}
				p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "let certificates be checked", edits)})
			}
		}
	},
}

// uncheckedPart is what of a command switches the check of certificates off.
type uncheckedPart struct {
	start, end int
	// new is what takes its place where it does not go as a whole.
	new string
	// alone is set where the command does nothing else.
	alone bool
}

func (u uncheckedPart) edits(p *checks.Pass, t shellText, c *shell.Command) []fix.Edit {
	if u.alone {
		at := ast.Span{Start: ast.Pos(t.start + c.Start), End: ast.Pos(t.start + c.End)}
		if edits := checks.RemoveLine(p, t.cell, at); edits != nil || u.new == "" {
			return edits
		}
	}
	if u.new != "" {
		return []fix.Edit{{Start: t.start + u.start, End: t.start + u.end, New: u.new}}
	}
	return t.remove(u.start, u.end)
}

// unchecked lists what switches the check of certificates off in a command that downloads from a
// host of the internet. Known puts what is known of a word in its place.
func unchecked(c *shell.Command, known func(shell.Word) shell.Word) []uncheckedPart {
	var out []uncheckedPart
	for _, s := range c.Settings {
		if switchesOff(s.Name, s.Value.Text) {
			out = append(out, uncheckedPart{start: s.Start, end: s.End, alone: len(c.Words) == 0 && len(c.Settings) == 1})
		}
	}
	name, args := c.Program()
	if name == "git" {
		return append(out, uncheckedGit(args)...)
	}
	var options []uncheckedPart
	var hosts []string
	for i, w := range args {
		switch {
		case i > 0 && shell.TakesValue(name, args[i-1].Text):
		case name == "wget" && w.Text == "--no-check-certificate", name == "curl" && w.Text == "--insecure",
			name == "aria2c" && w.Text == "--check-certificate=false":
			options = append(options, uncheckedPart{start: w.Start, end: w.End})
		case name == "curl" && insecureCluster(w.Text):
			u := uncheckedPart{start: w.Start, end: w.End}
			if w.Text != "-k" {
				u.new = strings.Replace(w.Text, "k", "", 1)
			}
			options = append(options, u)
		case !strings.HasPrefix(w.Text, "-"):
			hosts = append(hosts, hostOf(known(w)))
		}
	}
	outside := func(host string) bool { return host == "" || !checks.InternalHost(host) }
	if len(options) == 0 || !slices.ContainsFunc(hosts, outside) {
		return out
	}
	return append(out, options...)
}

// switchesOff reports whether a variable of the environment switches the check of certificates
// off.
func switchesOff(name, value string) bool {
	switch name {
	case "GIT_SSL_NO_VERIFY":
		return value != ""
	case "PYTHONHTTPSVERIFY":
		return value == "0"
	}
	return false
}

// insecureCluster reports whether a word is short options of curl's with k among them. What follows
// an option with a value is that value: -okra.
func insecureCluster(word string) bool {
	if len(word) < 2 || word[0] != '-' || word[1] == '-' {
		return false
	}
	for _, option := range word[1:] {
		if option == 'k' {
			return true
		}
		if strings.ContainsRune(shell.CurlValues, option) {
			return false
		}
	}
	return false
}

// uncheckedGit lists what switches the check off in the arguments of git: `-c http.sslVerify=false`,
// `config http.sslVerify false`.
func uncheckedGit(args []shell.Word) []uncheckedPart {
	var out []uncheckedPart
	for i, w := range args {
		before := ""
		if i > 0 {
			before = args[i-1].Text
		}
		switch {
		case before == "-c" && strings.EqualFold(w.Text, "http.sslVerify=false"), before == "-c" && strings.EqualFold(w.Text, "http.sslVerify=0"):
			if !internalRemote(args) {
				out = append(out, uncheckedPart{start: args[i-1].Start, end: w.End})
			}
		case strings.EqualFold(before, "http.sslVerify") && (strings.EqualFold(w.Text, "false") || w.Text == "0") && args[0].Text == "config":
			out = append(out, uncheckedPart{start: w.Start, end: w.End, new: "true", alone: true})
		}
	}
	return out
}

// internalRemote reports whether git's arguments name a host of the own network.
func internalRemote(args []shell.Word) bool {
	for _, w := range args {
		if strings.Contains(w.Text, "://") {
			host := hostOf(w)
			return host != "" && checks.InternalHost(host)
		}
	}
	return false
}
