package report

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
)

const (
	toolName   = "pyguardml"
	projectURI = "https://github.com/pyguard/pyguardml"
	checkPages = projectURI + "/blob/main/docs/checks/"
	sourceRoot = "%SRCROOT%"
	// fingerprintKey names the fingerprint's making, so that another making can take its place.
	fingerprintKey = "pyguardml/v1"
)

// SARIF writes a report as SARIF 2.1.0 (OASIS standard, errata 01), in the form that GitHub
// code scanning and the SARIF viewers use to the full: rules with help, severities and
// taxonomies; code flows; fixes; fingerprints; suppressions; and, as notifications of the
// invocation, what could not be analysed.
//
// Relative paths become percent-encoded relative URIs below %SRCROOT%; absolute paths become
// file URIs. Columns are UTF-16 code units, as the run's columnKind says. A result in a
// notebook has the notebook's file, the cell's number (from 1) in properties.cell, and the
// lines and columns within that cell.
//
// A fix is written as replacements when the text is at hand (see Source): by line and column
// for Python files, by byte for notebooks, whose positions are not those of the file.
func SARIF(w io.Writer, r *pyguardml.Result, opts ...Option) error {
	if r == nil {
		return errNoResult
	}
	o := newOptions(r, opts)
	frame, err := sarif.New(sarif.Version210)
	if err != nil {
		return err
	}
	b := sarifBuilder{texts: texts{open: o.source}, rules: map[string]*checks.Info{}, index: map[string]uint{}, taxonomies: newTaxonomies()}
	document := sarifDocument{Schema: frame.Schema, Version: frame.Version, Runs: []*sarifRun{b.run(r)}}
	return buffered(w, func(out *bufio.Writer) error {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(document)
	})
}

// sarifBuilder makes the parts of one run.
type sarifBuilder struct {
	texts      texts
	rules      map[string]*checks.Info
	index      map[string]uint // of a check's rule
	taxonomies []*taxonomy
}

func (b *sarifBuilder) run(r *pyguardml.Result) *sarifRun {
	driver := &sarifDriver{ToolComponent: sarif.NewDriver(toolName), Rules: []*sarifRule{}}
	driver.FullName = pointer(toolName + " " + pyguardml.Version)
	driver.WithInformationURI(projectURI).WithVersion(pyguardml.Version).WithSemanticVersion(pyguardml.Version)
	for i, info := range r.Checks {
		b.rules[info.ID], b.index[info.ID] = info, uint(i)
		driver.Rules = append(driver.Rules, b.rule(info))
	}
	results := make([]*sarifResult, 0, len(r.Findings)+len(r.Suppressed))
	for i := range r.Findings {
		results = append(results, b.result(&r.Findings[i]))
	}
	for i := range r.Suppressed {
		results = append(results, b.result(&r.Suppressed[i]))
	}
	run := &sarifRun{Run: sarif.NewRun(sarif.Tool{}), Tool: sarifTool{Driver: driver}, Results: results}
	run.Taxonomies, driver.SupportedTaxonomies = b.usedTaxonomies()
	run.ColumnKind = "utf16CodeUnits"
	run.WithInvocations([]*sarif.Invocation{b.invocation(r)})
	root := sarif.NewArtifactLocation()
	root.Description = sarif.NewTextMessage("The folder that the scan was started in.")
	run.WithOriginalUriBaseIds(map[string]*sarif.ArtifactLocation{sourceRoot: root})
	run.Language = pointer("en")
	run.AutomationDetails = &sarif.RunAutomationDetails{ID: pointer(toolName + "/")} // the category of code scanning
	return run
}

// result makes one finding's result.
func (b *sarifBuilder) result(f *checks.Finding) *sarifResult {
	out := sarif.NewRuleResult(f.CheckID).
		WithKind("fail").
		WithLevel(level(f.Severity)).
		WithMessage(sarif.NewTextMessage(sentence(f.Message))).
		WithLocations([]*sarif.Location{b.inContext(f.Location)})
	if i, ok := b.index[f.CheckID]; ok {
		out.RuleIndex = &i
	}
	if f.Fingerprint != "" {
		out.WithPartialFingerPrints(map[string]any{fingerprintKey: f.Fingerprint})
	}
	out.CodeFlows, out.RelatedLocations = b.trail(f)
	if change := b.fix(f); change != nil {
		out.Fixes = []*sarif.Fix{change}
	}
	out.Properties = sarif.Properties{"severity": f.Severity.String(), "class": f.Class.String()}
	if f.Cell > 0 {
		out.Properties["cell"] = f.Cell
	}
	if inModel(f.Location) {
		out.Properties["offset"] = f.Offset
		if f.Member != "" {
			out.Properties["member"] = f.Member
		}
	}
	if len(f.Replaces) > 0 {
		out.Properties["replaces"] = f.Replaces
	}
	return &sarifResult{Result: out, Suppressions: b.suppressions(f)}
}

// level is SARIF's coarser severity.
func level(s checks.Severity) string {
	switch s {
	case checks.Critical, checks.High:
		return "error"
	case checks.Medium:
		return "warning"
	}
	return "note"
}

// trail makes the code flow, and the related location at which it starts.
func (b *sarifBuilder) trail(f *checks.Finding) ([]*sarif.CodeFlow, []*sarif.Location) {
	if len(f.Trail) == 0 {
		return nil, nil
	}
	flow := sarif.NewThreadFlow()
	for i, s := range f.Trail {
		step := sarif.NewThreadFlowLocation().WithLocation(b.step(s)).WithExecutionOrder(i + 1)
		step.Importance = "important"
		if i == 0 || i == len(f.Trail)-1 {
			step.Importance = "essential"
		}
		flow.Locations = append(flow.Locations, step)
	}
	source := b.step(f.Trail[0])
	source.WithId(1)
	return []*sarif.CodeFlow{sarif.NewCodeFlow().WithThreadFlows([]*sarif.ThreadFlow{flow})}, []*sarif.Location{source}
}

func (b *sarifBuilder) step(s checks.Step) *sarif.Location {
	return b.location(s.Location).WithMessage(sarif.NewTextMessage(sentence(s.Text)))
}

// location makes a place, with the text of its first line where that is known.
func (b *sarifBuilder) location(l checks.Location) *sarif.Location {
	physical := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(l.Path))
	if l.Start.Line > 0 {
		region := sarif.NewRegion().WithStartLine(l.Start.Line).WithStartColumn(max(l.Start.UTF16, 1))
		if after(l.End, l.Start) {
			region.WithEndLine(l.End.Line).WithEndColumn(max(l.End.UTF16, 1))
		}
		if snippet := b.snippet(l); snippet != "" {
			region.WithSnippet(sarif.NewArtifactContent().WithText(snippet))
		}
		physical.WithRegion(region)
	} else if inModel(l) {
		physical.WithRegion(modelRegion(l))
	}
	out := sarif.NewLocationWithPhysicalLocation(physical)
	if l.Symbol != "" {
		out.WithLogicalLocations([]*sarif.LogicalLocation{sarif.NewLogicalLocation().WithFullyQualifiedName(l.Symbol)})
	}
	if l.Cell > 0 {
		out.Properties = sarif.Properties{"cell": l.Cell}
	}
	return out
}

// modelRegion is a place in a model file. GitHub's code scanning shows no result without a line.
func modelRegion(l checks.Location) *sarif.Region {
	region := sarif.NewRegion().WithStartLine(1)
	if l.Member == "" {
		region.WithByteOffset(int(l.Offset)).WithByteLength(1)
	}
	return region
}

// contextLines is the number of lines shown before and after a result.
const contextLines = 2

// inContext makes a place with the code around it, for viewers that have no copy of the code.
func (b *sarifBuilder) inContext(l checks.Location) *sarif.Location {
	out := b.location(l)
	first, last := max(1, l.Start.Line-contextLines), max(l.Start.Line, l.End.Line)+contextLines
	if l.Start.Line < 1 || last-first > maxContext {
		return out
	}
	var text strings.Builder
	for n := first; n <= last; n++ {
		line, ok := b.texts.line(l.Path, l.Cell, n)
		if !ok || text.Len()+len(line) > maxSnippet {
			last = n - 1
			break
		}
		text.WriteString(line + "\n")
	}
	if last >= max(l.Start.Line, l.End.Line) && last > first { // it must hold the region and more
		region := sarif.NewRegion().WithStartLine(first).WithEndLine(last).WithSnippet(sarif.NewArtifactContent().WithText(text.String()))
		out.PhysicalLocation.WithContextRegion(region)
	}
	return out
}

func after(a, b ast.Position) bool {
	return a.Line > b.Line || a.Line == b.Line && a.UTF16 > b.UTF16
}

// maxSnippet bounds a quotation in bytes, minified code having lines of megabytes; maxContext
// bounds it in lines.
const (
	maxSnippet = 4 << 10
	maxContext = 60
)

// snippet is the text of the region.
func (b *sarifBuilder) snippet(l checks.Location) string {
	source := b.texts.file(l.Path).source
	if source == nil || l.Span.Start < 0 || l.Span.Stop() > ast.Pos(len(source.Text)) || l.Span.Len() <= 0 || l.Span.Len() > maxSnippet {
		return ""
	}
	return source.Slice(l.Span)
}

// artifact addresses a file.
func artifact(name string) *sarif.ArtifactLocation {
	out := sarif.NewArtifactLocation().WithUri(fileURI(name))
	if !absolute(name) {
		out.WithUriBaseId(sourceRoot)
	}
	return out
}

// fileURI is a path as a URI reference: relative paths stay relative.
func fileURI(name string) string {
	u := url.URL{Path: name}
	switch {
	case strings.HasPrefix(name, "/"):
		u.Scheme = "file"
	case absolute(name):
		u.Scheme, u.Path = "file", "/"+name
	default:
		u.Path = path.Clean(name)
	}
	return u.String()
}

// absolute reports whether a path with forward slashes starts at a root or a Windows drive.
func absolute(name string) bool {
	return strings.HasPrefix(name, "/") || len(name) > 2 && name[1] == ':' && name[2] == '/'
}

// suppressions says what silences a finding.
func (b *sarifBuilder) suppressions(f *checks.Finding) []*sarifSuppression {
	s := f.Suppression
	if s == nil {
		return nil
	}
	out := &sarifSuppression{Kind: "external", Status: "accepted", Justification: s.Reason}
	if s.By == "comment" || s.By == "file" {
		out.Kind = "inSource"
		if s.Line > 0 {
			physical := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(f.Path)).WithRegion(sarif.NewRegion().WithStartLine(s.Line))
			out.Location = sarif.NewLocationWithPhysicalLocation(physical)
		}
	}
	out.Properties = sarif.Properties{"by": s.By}
	return []*sarifSuppression{out}
}

// invocation tells what could not be analysed, and which suppressions silence nothing. It
// holds no time, no machine and no command line: equal input gives equal bytes.
func (b *sarifBuilder) invocation(r *pyguardml.Result) *sarif.Invocation {
	out := sarif.NewInvocation().WithExecutionSuccess(true)
	note := func(id, level, text, path string, cell, line int) *sarif.Notification {
		n := sarif.NewNotification().WithLevel(level).WithTextMessage(sentence(text))
		n.Descriptor = sarif.NewReportingDescriptorReference().WithId(id)
		place := checks.Location{Path: path, Cell: cell, Start: ast.Position{Line: line}}
		n.WithLocations([]*sarif.Location{b.location(place)})
		return n
	}
	for _, e := range r.FileErrors {
		weight := "warning"
		if e.Fatal() {
			weight = "error"
		}
		out.ToolExecutionNotifications = append(out.ToolExecutionNotifications, note("file/"+e.Stage, weight, fileErrorText(e), e.Path, e.Cell, e.Line))
	}
	for _, e := range r.CheckErrors {
		n := note("check", "error", checkErrorText(e), e.Path, 0, 0)
		n.AssociatedRule = sarif.NewReportingDescriptorReference().WithId(e.CheckID)
		out.ToolExecutionNotifications = append(out.ToolExecutionNotifications, n)
	}
	for _, u := range r.UnusedSuppressions {
		out.ToolConfigurationNotifications = append(out.ToolConfigurationNotifications, note("suppression", "note", unusedText(u), u.Path, u.Cell, u.Line))
	}
	return out
}

// sentence ends a message in a full stop, as SARIF's viewers expect.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func pointer[T any](v T) *T { return &v }
