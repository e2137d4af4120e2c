package checks

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// Finding is one report: a defect at a place. Findings are plain data; they hold no
// syntax tree and may be kept after the analysis.
type Finding struct {
	CheckID string
	// Replaces lists the general checks that would have reported the same place.
	Replaces []string
	Severity Severity
	Class    Class
	// Message says what is wrong here, in one line without a full stop.
	Message string
	// Location is the reported node.
	Location
	// Trail is the way of the data from its source to the reported sink, in order; empty for
	// findings that are not flows.
	Trail []Step
	// Fix removes the defect; nil where the check has no edit for this place.
	Fix *fix.Fix
	// Fingerprint identifies the finding across edits that move it: a hash of the check, the
	// path, the enclosing definition, the reported text with white space folded, and a count
	// among equals. It is the same on all machines.
	Fingerprint string
	// Suppression is set when a comment, a setting or a baseline silences the finding. Such
	// findings are kept apart in Result.Suppressed.
	Suppression *Suppression
}

// Location is a place in a file. Lines and columns count from 1.
type Location struct {
	// Path is the file's path as it was given, with forward slashes.
	Path string
	// Cell is the number of the notebook's cell from 1, markdown cells included; 0 in other
	// files. Start and End are then within the cell's source.
	Cell int
	// Start and End bound the text, End exclusive.
	Start, End ast.Position
	// Span is the same place in bytes of the analysed text (the module's text in a notebook).
	Span ast.Span
	// Member names the part of an archive, for a model file; Offset is the place in bytes from
	// the start of the member, or of the file where there is none. Start and End are then not set.
	Member string
	Offset int64
	// Symbol is the qualified name of the enclosing function or class, "" at module level.
	Symbol string
}

// Step is one station on the way of the data.
type Step struct {
	Location
	// Text says what happens here: "user text from the request", "joined into a string".
	Text string
}

// Suppression says what silences a finding.
type Suppression struct {
	// By is "comment", "file", "path" or "baseline".
	By string
	// Reason is the text given with it, or "".
	Reason string
	// Line is where the comment stands, from 1; 0 for other kinds.
	Line int
}
