package supplychain

import (
	"bytes"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// attackedRelease is PML6309.
var attackedRelease = &checks.Rule{
	Spec: infoPML6309,
	OnManifest: func(p *checks.ManifestPass) {
		switch {
		case p.Kind.Lock():
			lockedAttacks(p)
		case p.Requires != nil:
			source := p.Source.Text
			attacksOf(p.Requires, func(r *manifest.Requirement, c *compromised) []ast.Edit {
				if c.Clean == "" {
					return dropped(p, r)
				}
				return repin(source, r, c.Clean)
			}, p.Report)
		default:
			for _, c := range documentInstalls(p) {
				c.reportAttacks(p.Path, p.Report)
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, c := range notebookInstalls(p) {
			c.reportAttacks(p.Path, p.Report)
		}
	},
	On: setupCalls,
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, r := range setupRequires(p, c) {
			attack := attackIn(&r.Requirement)
			if attack == nil {
				continue
			}
			out := checks.Report{Node: r.node, In: r.in, Message: attack.message()}
			if attack.Clean != "" {
				out.Fix = checks.Fix(false, "take the clean release "+attack.Clean, r.edited(p, repin([]byte(r.text), &r.Requirement, attack.Clean)))
			}
			p.Report(out)
		}
	},
}

func (c *compromised) message() string {
	which := strings.Join(c.Releases, ", ")
	if which != "" {
		which = " " + which
	}
	return c.Name + which + " was published by attackers (" + c.Story + "); treat machines that installed it as compromised"
}

// attacksOf reports the requirements of releases that attackers published.
func attacksOf(m *manifest.Manifest, edit func(*manifest.Requirement, *compromised) []ast.Edit, report func(checks.Report)) {
	for i := range m.Requirements {
		r := &m.Requirements[i]
		c := attackIn(r)
		if c == nil {
			continue
		}
		message := "take the clean release " + c.Clean
		if c.Clean == "" {
			message = "do without it"
		}
		report(checks.Report{Node: checks.Place(r.Span), Message: c.message(), Fix: checks.Fix(false, message, checks.TextEdits(edit(r, c)...))})
	}
}

// reportAttacks reports what a command installs.
func (c *installing) reportAttacks(file string, report func(checks.Report)) {
	m := c.requires(file)
	if m == nil {
		return
	}
	attacksOf(m, func(r *manifest.Requirement, a *compromised) []ast.Edit {
		if a.Clean != "" {
			return repin(c.source, r, a.Clean)
		}
		return c.withoutRequirement(m, r)
	}, report)
}

// withoutRequirement takes a requirement out of a command that installs others, too.
func (c *installing) withoutRequirement(m *manifest.Manifest, r *manifest.Requirement) []ast.Edit {
	if len(m.Requirements)+len(m.Includes) < 2 {
		return nil
	}
	for i, w := range c.args {
		if w.Span == r.Span {
			return c.without(i, i)
		}
	}
	return nil
}

func lockedAttacks(p *checks.ManifestPass) {
	from := lockedBy(p)
	for i := range p.Requires.Requirements {
		r := &p.Requires.Requirements[i]
		c := attackIn(r)
		if c == nil || outdated(from, r) {
			continue
		}
		out := checks.Report{Node: versionPlace(r), Message: c.message()}
		if c.Clean != "" {
			out.Fix = changeFrom(from, r.Name, "require a clean release and lock anew", false,
				func(q *manifest.Requirement) []ast.Edit {
					if attackIn(q) == nil {
						return nil
					}
					return repin(from.Source.Text, q, c.Clean)
				},
				func(old string) string { return without(old, c.Releases) })
		}
		p.Report(out)
	}
}

// dropped deletes a requirement from a manifest: its line, or its element of a list on one line.
func dropped(p *checks.ManifestPass, r *manifest.Requirement) []ast.Edit {
	source := p.Source.Text
	if r.Span.Start < 0 || int(r.Span.End) > len(source) {
		return nil
	}
	if p.Kind == manifest.Dockerfile {
		for _, c := range documentInstalls(p) {
			if m := c.requires(p.Path); m != nil {
				if edits := c.withoutRequirement(m, r); edits != nil {
					return edits
				}
			}
		}
		return nil
	}
	start := bytes.LastIndexByte(source[:r.Span.Start], '\n') + 1
	end := len(source)
	if n := bytes.IndexByte(source[r.Span.End:], '\n'); n >= 0 {
		end = int(r.Span.End) + n
	}
	before, after := source[start:r.Span.Start], source[r.Span.End:end]
	after, _, _ = bytes.Cut(after, []byte("#"))
	if len(bytes.Trim(before, " \t'\"-")) == 0 && len(bytes.Trim(after, " \t\r'\",}")) == 0 {
		return []ast.Edit{{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(min(end+1, len(source)))}}}
	}
	// In a list: with its quotes, and the comma that goes with it.
	from, to := int(r.Span.Start)-1, int(r.Span.End)+1
	if from < 0 || to > len(source) || source[from] != source[to-1] || source[from] != '"' && source[from] != '\'' {
		return nil
	}
	if rest := bytes.TrimLeft(source[to:end], " "); bytes.HasPrefix(rest, []byte(",")) {
		to = end - len(rest) + 1
		for to < end && source[to] == ' ' {
			to++
		}
	} else if lead := bytes.TrimRight(source[start:from], " "); bytes.HasSuffix(lead, []byte(",")) {
		from = start + len(lead) - 1
	}
	return []ast.Edit{{Span: ast.Span{Start: ast.Pos(from), End: ast.Pos(to)}}}
}
