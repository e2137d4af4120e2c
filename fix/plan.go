package fix

import (
	"context"

	"github.com/pyguard/pyguardml/ast"
)

// File is a file's content as it was read. The path is the caller's, with forward slashes.
type File struct {
	Path    string
	Content []byte
	// Opaque is set for a file whose content is not given since it is too large to be edited, such
	// as a model: file actions can rename it.
	Opaque bool
}

// Finding is what the engine has to know of a report in order to fix it.
type Finding struct {
	// ID is the check's id.
	ID   string
	Path string
	// Key identifies the finding across edits that move it.
	Key string
	// Start and End bound the reported text in the analysed text: bytes of ast.Source.Text,
	// in a notebook of its module's text.
	Start, End int
	// Comment is the line that explains the fix in the code, without "# "; "" for none.
	Comment string
	// Fix is nil where there is none.
	Fix *Fix

	selected bool // by Options.Select, and with a fix
}

// AnalyzeFunc analyses a set of files and returns the findings in it, suppressed ones left
// out. files is always the whole set, in the order given to Run, and must not be changed;
// changed lists the paths whose content differs from the previous call, and is nil in the
// first call. A file that a fix renames is in files and in changed with its new path.
type AnalyzeFunc func(ctx context.Context, files []File, changed []string) ([]Finding, error)

// Options says which fixes Run applies, and how. The zero value applies all safe ones.
type Options struct {
	// Unsafe consents to fixes that change behaviour.
	Unsafe bool
	// Comments puts each finding's Comment on a line above its fix.
	Comments bool
	// MaxRounds bounds the rounds of applying and analysing again; 0 means 50.
	MaxRounds int
	// Select tells which findings to fix; nil means all. It is called once for each finding
	// that has a fix, directly after the analysis that reported it.
	Select func(Finding) bool
	// Faults counts what the parser of a file that is neither Python nor a notebook refuses, so
	// that a fix does not add to it; nil counts nothing.
	Faults func(path string, text *ast.Source) int
}

// Plan is what Run would change. It holds the files' contents and can be written by Apply.
// A Plan may be read from many goroutines; Apply, Rollback and Discard must not run at the
// same time as anything else.
type Plan struct {
	// Changes lists the changed files in the order in which they were given.
	Changes []FileChange
	// Actions lists what is done to whole files, in order, after the changes are written.
	Actions []PlannedAction
	// Withdrawn lists the fixes that failed the verification, or could not be applied.
	Withdrawn []Withdrawn
	// Skipped lists the findings left whose fix is unsafe, for want of Options.Unsafe.
	Skipped []Finding
	// Pending lists the findings left whose fix had no turn within Options.MaxRounds.
	Pending []Finding
	// Remaining lists all findings of the files as the plan leaves them.
	Remaining []Finding
	// Rounds counts the rounds that were needed.
	Rounds int

	written *written
}

// FileChange is a changed file.
type FileChange struct {
	Path          string
	Before, After []byte
	// Applied lists the fixes that edit this file, in the order in which they were made.
	Applied []Applied
}

// Applied is a fix that is part of a plan.
type Applied struct {
	// Finding is the finding as it was when it was fixed: its offsets belong to the text
	// that Round began with.
	Finding Finding
	// Round counts from 1.
	Round int
}

// Withdrawn is a fix that is not part of the plan.
type Withdrawn struct {
	Finding Finding
	// Reason says why: "the finding is still there".
	Reason string
}
