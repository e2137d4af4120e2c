package pyguardml

import (
	"fmt"
	"time"

	"github.com/pyguard/pyguardml/checks"
)

// Result is what an analysis found. All lists are in a fixed order whatever the
// parallelism: by path, place and check. A Result is not changed after it is returned and
// may be read from many goroutines.
type Result struct {
	// Findings are the reports.
	Findings []checks.Finding
	// Suppressed are the reports that a comment, a setting or the baseline silences, with
	// their Suppression.
	Suppressed []checks.Finding
	// UnusedSuppressions are the comments that silence nothing or are not understood.
	UnusedSuppressions []checks.UnusedSuppression
	// FileErrors lists what could not be analysed, and files with syntax errors, which are
	// analysed as far as they are understood.
	FileErrors []FileError
	// CheckErrors lists checks that failed on a file; the others were run all the same.
	CheckErrors []checks.CheckError
	// Checks are the Infos of the checks that ran, by id. They are shared and not to be changed.
	Checks []*checks.Info
	Stats  Stats

	sources map[string]*File
}

// Source returns the bytes of an analysed file: File.Content, or what its FS holds now. The
// bytes are not to be changed. It may be called from many goroutines.
func (r *Result) Source(path string) ([]byte, error) {
	f := r.sources[path]
	if f == nil {
		return nil, fmt.Errorf("%s: the file is not part of this result", path)
	}
	data, err := f.read(1<<63 - 2)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// The stages of a FileError.
const (
	// StageRead: the file could not be read, or is larger than the limits allow.
	StageRead = "read"
	// StageDecode: the bytes are not text in the encoding they claim, or not a notebook.
	StageDecode = "decode"
	// StageParse: the text could not be parsed at all.
	StageParse = "parse"
	// StageSyntax: parts of the file are not Python. The rest was analysed.
	StageSyntax = "syntax"
	// StageLimit: parts of a model file were not looked at, since a limit was reached.
	StageLimit = "limit"
	// StageDamage: parts of a model file are damaged. The rest was looked at.
	StageDamage = "damage"
)

// FileError says why a file, or a part of it, was not analysed.
type FileError struct {
	Path string
	// Cell and Line say where, if that is known; both count from 1, Cell is 0 outside of
	// notebooks.
	Cell, Line int
	// Stage is one of StageRead, StageDecode, StageParse, StageSyntax, StageLimit and StageDamage.
	Stage string
	// Err is the cause, without the path.
	Err error
}

// Error returns the path, the place and the cause.
func (e FileError) Error() string {
	switch {
	case e.Cell > 0:
		return fmt.Sprintf("%s:cell %d:%d: %v", e.Path, e.Cell, e.Line, e.Err)
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e FileError) Unwrap() error { return e.Err }

// Fatal reports whether nothing of the file was analysed.
func (e FileError) Fatal() bool {
	return e.Stage == StageRead || e.Stage == StageDecode || e.Stage == StageParse
}

// Stats says how much was analysed and how long it took. Times are those of the clock and
// differ from run to run; everything else in a Result is reproducible.
type Stats struct {
	// Files counts the Python files and notebooks analysed, Notebooks the notebooks among them.
	Files, Notebooks int
	// Tests counts the files among them that belong to test suites, of which most checks say nothing (Info.OutsideTests).
	Tests int
	// Manifests counts the files besides that say which libraries the project needs and how it is run.
	Manifests int
	// Artifacts counts the model files that were looked at.
	Artifacts int
	// Failed counts the files that could not be analysed.
	Failed int
	// Unparsed counts the Python files among Files that no check can concern (Options.ParseAll).
	Unparsed int
	// OutOfScope is set for a large project of which no file shows that it has to do with AI/ML: no check was asked about
	// its Python files. Options.Select names checks that are asked all the same.
	OutOfScope bool
	// Remembered counts the files whose results were known: from the Analyzer's analysis before this
	// one, or from Options.Cache.
	Remembered int
	// Reused counts the files that were not read and parsed again since they had not changed.
	Reused int
	// Lines and Bytes are those of the analysed text: of notebooks, the code cells.
	Lines int
	Bytes int64
	// Calls counts the call sites that the analysis of values came by, once for each context in
	// which a function was analysed, and ResolvedCalls those whose callee is known.
	Calls, ResolvedCalls int
	// Cuts counts what the bounds of that analysis left out; where all are 0, nothing was.
	Cuts Cuts
	// Parse is the time for reading and parsing, Check that of the checks, Duration all of it.
	Parse, Check, Duration time.Duration
}

// Cuts counts where the analysis of values stopped at a bound. A cut can cost a finding; it
// never makes one. docs/engine.md tells the bounds.
type Cuts struct {
	// Contexts counts calls with functions or instances as arguments for which the callee was
	// not analysed anew.
	Contexts int
	// Depth counts calls that were too deep in others to be followed.
	Depth int
	// Steps counts functions that were too long to be evaluated to their end.
	Steps int
	// Sinks counts sinks that were left out of the summary of a function that has very many,
	// or that are too many calls away.
	Sinks int
}

// FileResult is what an analysis found in one file.
type FileResult struct {
	Path               string
	Findings           []checks.Finding
	Suppressed         []checks.Finding
	UnusedSuppressions []checks.UnusedSuppression
	FileErrors         []FileError
	CheckErrors        []checks.CheckError
}
