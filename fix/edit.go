// Package fix changes source text: edits made from the syntax tree, plans that collect
// them, their verification, and writing them to files with a backup. It knows no check; a
// caller hands it fixes and a function that analyses text again.
//
// It has three parts. Functions such as AddKeyword, RemoveStmt and AddImport make the edits
// of a Fix from a syntax tree, in the file's own formatting. Run applies fixes, verifies each
// and repeats until none is left; what it would change is a Plan. Plan.Diff shows it and
// Plan.Apply writes it.
//
// Start reading at Fix and Plan.
package fix

// Edit replaces the bytes [Start, End) of a text by New. Start == End inserts.
type Edit struct {
	// Path is the file that is edited; "" means the file of the finding.
	Path string
	// Start and End are byte offsets into the decoded text (ast.Source.Text; the module's text
	// in a notebook).
	Start, End int
	New        string
	// Raw is set when Start and End are offsets into the bytes of a notebook's file instead:
	// for what lies outside of its code cells, such as outputs and metadata (package notebook
	// makes such edits). The result must be a notebook.
	Raw bool
}

// Fix is a set of edits and file actions that removes a defect. They are applied together or not
// at all; the edits do not overlap.
type Fix struct {
	// Unsafe is set when the fix changes behaviour or needs a decision, so that it is applied
	// only with consent.
	Unsafe bool
	// Message says what the fix does, in the imperative: "add weights_only=True".
	Message string
	Edits   []Edit
	// Actions are done to whole files; a fix of a model file, which is not edited, has nothing
	// else.
	Actions []FileAction
}
