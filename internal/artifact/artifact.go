// Package artifact reads model files without loading them and tells what loading them would
// do: which functions a pickle calls and with what, which operations of a graph reach files,
// what is hidden where a scanner would not look.
//
// A file is recognised by its content, not by its name. Only the parts that can carry code
// are read, by offset, so that a checkpoint of many gigabytes costs what its pickle costs.
// Nothing is imported, executed or written. Any bytes are valid input: what cannot be read is
// said in Report.Cuts, and what a limit left out as well.
//
// The package draws no conclusion about a project: it states facts (Fact), each with the
// place, the callable or operation, and a verdict. The checks decide what is reported.
//
// Start reading at Scan. A format is an entry of formats and a function that adds facts;
// pickles are in machine.go, what callables are worth in verdict.go.
package artifact

import (
	"context"
	"io"
)

// Report is what a file would do.
type Report struct {
	// Path is the path as it was given.
	Path string
	// Size is the file's length in bytes.
	Size int64
	// Format is what the content is, whatever the name says.
	Format Format
	// Facts are in the order in which they were found: by member, then by offset.
	Facts []Fact
	// Cuts lists what was not looked at, and why.
	Cuts []Cut
	// Members counts the members of archives that were looked into.
	Members int
	// Text is the content of a text format, which is small; nil for the others.
	Text []byte
	// Checkpoint holds the tensors of a torch checkpoint that names or calls what is not harmless
	// and yet ends as nothing but tensors by name; nil for other files. Refusal then says why such
	// a checkpoint is none, as a clause: "it holds a number under epoch".
	Checkpoint *Checkpoint
	Refusal    string
}

// Kind says what a Fact is about.
type Kind string

// The kinds of the pickle and container readers. Other readers add theirs beside them.
const (
	// Reference: a pickle names a function or class.
	Reference Kind = "reference"
	// Call: a pickle calls something.
	Call Kind = "call"
	// BrokenPickle: a pickle calls something and then ends in the middle or at a byte that is
	// no opcode. A loader has run the call by then, and many scanners have given up.
	BrokenPickle Kind = "broken-pickle"
	// Divergent: a pickle that one unpickler reads in another way than the next. Opcode and Name are
	// the instruction.
	Divergent Kind = "divergent-pickle"
	// Mismatch: an archive tells two stories, one to a scanner and one to a loader.
	Mismatch Kind = "mismatch"
	// OpaqueContainer: the content of a container that no model loader opens, and that cannot be
	// looked into here.
	OpaqueContainer Kind = "opaque-container"
	// StartupLine: a line of a path configuration file that Python executes at its start.
	StartupLine Kind = "startup-line"
	// Source: a call in a Python source that comes with the model. Opcode is OnImport where it is
	// made when the archive is loaded, empty where it stands in a function.
	Source Kind = "source"
)

// OnImport marks, as the Opcode of a Source fact, what runs when the archive is loaded.
const OnImport = "import"

// Verdict says what is known of a callable or operation.
type Verdict uint8

// The verdicts, from the least to the most serious.
const (
	// Harmless: a building block of honest files.
	Harmless Verdict = iota
	// Unknown: neither on the list of what honest files use nor known to be dangerous.
	Unknown
	// Dangerous: it runs code or commands, or reaches files or the network.
	Dangerous
)

// String returns the verdict in a word.
func (v Verdict) String() string { return [...]string{"harmless", "unknown", "dangerous"}[v] }

// Fact is one thing that a file does when it is loaded, or that is wrong with it.
type Fact struct {
	Kind    Kind
	Verdict Verdict
	// Member names the part of an archive: "archive/data.pkl"; of an archive in an archive
	// "inner.zip:model.pkl". It is empty for the file itself.
	Member string
	// Format is that of the member.
	Format Format
	// Offset is where it stands, in bytes from the start of the member, and Length how many
	// bytes it covers, 0 where that is not known.
	Offset, Length int64
	// Opcode is the opcode or operation: "STACK_GLOBAL", "REDUCE", "ReadFile".
	Opcode string
	// Name is the qualified name of the callable, or of what the fact is about: "posix.system".
	Name string
	// Args are the arguments as far as they are known, as Python would write them, bounded in
	// length: `('echo pwned',)`.
	Args string
	// Why says in a clause what follows: "runs a command", for a sentence "NAME runs a command".
	Why string
}

// Cut says that a part of a file was not looked at.
type Cut struct {
	Member string
	// Reason is a clause: "more than 100000 members; the rest was not looked at".
	Reason string
	// Damaged is set when the content itself is broken, unset when a limit was reached.
	Damaged bool
}

// Limits bounds a scan. A zero field means its default.
type Limits struct {
	// Depth is how deep archives in archives are opened; 8 unless set.
	Depth int
	// Members is the number of archive members looked into, all archives of a file together;
	// 20,000 unless set.
	Members int
	// Expanded is the number of bytes decompressed, all parts together; 256 MiB unless set.
	Expanded int64
	// Opcodes is the number of pickle opcodes followed; 50 million unless set.
	Opcodes int64
	// Values is the number of pickle values kept at a time (stack and memo); 1 million unless set.
	Values int
	// Facts is the number of facts kept; 1,000 unless set.
	Facts int
}

func (l Limits) withDefaults() Limits {
	def := Limits{Depth: 8, Members: 20_000, Expanded: 256 << 20, Opcodes: 50_000_000, Values: 1_000_000, Facts: 1000}
	if l.Depth <= 0 {
		l.Depth = def.Depth
	}
	if l.Members <= 0 {
		l.Members = def.Members
	}
	if l.Expanded <= 0 {
		l.Expanded = def.Expanded
	}
	if l.Opcodes <= 0 {
		l.Opcodes = def.Opcodes
	}
	if l.Values <= 0 {
		l.Values = def.Values
	}
	if l.Facts <= 0 {
		l.Facts = def.Facts
	}
	return l
}

// Scan reads a model file of size bytes. path names it in the report and, by its ending,
// decides only what cannot be told from the content. The only error is that ctx ended or
// that r failed to read; damaged content is not an error.
//
// r is read from one goroutine at a time and not kept.
func Scan(ctx context.Context, path string, r io.ReaderAt, size int64, limits Limits) (*Report, error) {
	tracked := &failing{ReaderAt: r}
	s := &scan{ctx: ctx, limits: limits.withDefaults(), report: &Report{Path: path, Size: size}}
	file := &object{r: tracked, size: size, path: path}
	s.report.Format = s.look(file)
	s.checkpoint(file)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.report, tracked.err
}

// scan is one Scan under way.
type scan struct {
	ctx    context.Context
	limits Limits
	report *Report

	expanded int64
	opcodes  int64
	members  int
	depth    int
	dropped  bool
	// parsed counts the bytes of Python sources.
	parsed int64
	// inflaters are free to be used again.
	inflaters []inflater
}

// object is something to look at: the file, or a member of an archive.
type object struct {
	r io.ReaderAt
	// size is the length in bytes, or more than that for a stream whose end is not known.
	size int64
	// path is the file's or member's own name, for what only the ending tells.
	path string
	// member is the name for Fact.Member.
	member string
	format Format
	// again is set where the object is read a second time, as what its name says.
	again bool
	// guess is set for bytes that need not be a file at all.
	guess bool
}

// inside makes the object of a part of o.
func (o *object) inside(name string, r io.ReaderAt, size int64) *object {
	member := name
	if o.member != "" {
		member = o.member + ":" + name
	}
	return &object{r: r, size: size, path: name, member: member}
}

// look recognises an object, reads it and returns its format.
func (s *scan) look(o *object) Format {
	if s.ctx.Err() != nil {
		return None
	}
	if s.depth >= s.limits.Depth {
		s.cut(o, "archives are nested too deep; this one was not opened", false)
		return None
	}
	s.depth++
	defer func() { s.depth-- }()
	head := make([]byte, headSize)
	n, _ := o.r.ReadAt(head, 0)
	head = head[:n]
	for i := range formats {
		if f := &formats[i]; f.is(o, head) {
			o.format = f.format
			f.read(s, o)
			s.again(o, f, head)
			return o.format
		}
	}
	if pickleEndings[ending(o.path)] {
		s.buried(o)
	}
	return None
}

// add keeps a fact about an object.
func (s *scan) add(o *object, f Fact) {
	if o.member == "" { // what a compressed file holds is longer than the file
		f.Offset = min(max(f.Offset, 0), s.report.Size)
	}
	if len(s.report.Facts) >= s.limits.Facts {
		s.crowd(o, f)
		return
	}
	f.Member, f.Format = o.member, o.format
	s.report.Facts = append(s.report.Facts, f)
}

// crowd finds room for a fact when there are too many: a worse one takes the place of one that
// matters less.
func (s *scan) crowd(o *object, f Fact) {
	if !s.dropped {
		s.dropped = true
		s.cut(o, "there is more to say than is kept; facts of less weight were left out", false)
	}
	if f.Verdict == Harmless {
		return
	}
	f.Member, f.Format = o.member, o.format
	for i := len(s.report.Facts) - 1; i >= 0; i-- {
		if s.report.Facts[i].Verdict < f.Verdict {
			s.report.Facts[i] = f
			return
		}
		if len(s.report.Facts)-i > 64 { // not a search of the whole list for every fact
			return
		}
	}
}

// cut notes that something was not looked at. Each reason is kept once an object.
func (s *scan) cut(o *object, reason string, damaged bool) {
	c := Cut{Member: o.member, Reason: reason, Damaged: damaged}
	for _, old := range s.report.Cuts {
		if old == c {
			return
		}
	}
	if len(s.report.Cuts) < 100 {
		s.report.Cuts = append(s.report.Cuts, c)
	}
}

// failing remembers the first error of the file itself that is not its end.
type failing struct {
	io.ReaderAt
	err error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.ReaderAt.ReadAt(p, off)
	if err != nil && err != io.EOF && f.err == nil {
		f.err = err
	}
	return n, err
}
