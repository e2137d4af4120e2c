package checks

import (
	"fmt"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// ArtifactCheck is told of model files: pickles, checkpoints, graphs, archives of them, and
// the configuration files that go with a model. They are read and never loaded.
type ArtifactCheck interface {
	Check
	// CheckArtifact is told of each model file, also of one that holds no facts.
	CheckArtifact(*ArtifactPass)
}

// What is known of model files, see the documentation there.
type (
	// ModelFile is a model file and what loading it would do.
	ModelFile = artifact.Report
	// ArtifactFact is one thing that it does, with the place in bytes, the callable or
	// operation, its arguments, and a verdict.
	ArtifactFact = artifact.Fact
	// ArtifactKind says what a fact is about, ArtifactFormat what a file's content is.
	ArtifactKind   = artifact.Kind
	ArtifactFormat = artifact.Format
	// ArtifactCut says what was not looked at.
	ArtifactCut = artifact.Cut
)

// The verdicts of facts.
const (
	HarmlessVerdict  = artifact.Harmless
	UnknownVerdict   = artifact.Unknown
	DangerousVerdict = artifact.Dangerous
)

// ArtifactPass is the Pass of an ArtifactCheck.
type ArtifactPass struct {
	*ModelFile
	Project *Project

	check Check
	run   *run
}

// ArtifactReport is a finding in a model file. The place is the file as a whole, so that one
// check reports a file once; of several reports the first counts.
type ArtifactReport struct {
	// Fact is what the report rests on: its member and offset go into the finding. It may be nil.
	Fact *ArtifactFact
	// InText is set when the place is the text of Fact, from its Offset on for its Length, in a
	// text format: a line of a path file, a value of a configuration file. Each place is then
	// reported for itself.
	InText bool
	// Message says what is wrong here; empty means the check's title.
	Message string
	// Fix removes the defect; nil where there is no edit.
	Fix *fix.Fix
	// Severity replaces the check's own where Reweighed is set.
	Severity  Severity
	Reweighed bool
}

// Report reports a finding.
func (p *ArtifactPass) Report(r ArtifactReport) {
	if r.Reweighed && int(r.Severity) >= len(severityNames) {
		panic(misuse{fmt.Errorf("the check's report makes no sense: its severity is %d, which is none of Note to Critical", int(r.Severity))})
	}
	if f, size := r.Fact, int64(len(p.Text)); r.InText && f != nil && (f.Offset < 0 || f.Length < 0 || f.Offset > size || f.Length > size-f.Offset) {
		panic(misuse{fmt.Errorf("the check's report makes no sense: its place is bytes %d to %d of a text of %d bytes", f.Offset, f.Offset+f.Length, size)})
	}
	l := Location{Path: p.Path}
	if r.Fact != nil {
		l.Member, l.Offset = r.Fact.Member, r.Fact.Offset
	}
	if r.InText && r.Fact != nil {
		l = p.inText(r.Fact)
	}
	f := p.run.finding(p.check, Report{Message: r.Message, Fix: r.Fix, Severity: r.Severity, Reweighed: r.Reweighed}, l)
	p.run.keep(f)
}

// inText locates a fact in the file's text.
func (p *ArtifactPass) inText(f *ArtifactFact) Location {
	span := ast.Span{Start: ast.Pos(f.Offset), End: ast.Pos(f.Offset + f.Length)}
	l := Location{Path: p.Path, Span: span}
	if src, err := ast.NewSource(p.Path, p.Text); err == nil {
		l.Start, l.End = src.Position(span.Start), src.Position(span.End)
	}
	return l
}
