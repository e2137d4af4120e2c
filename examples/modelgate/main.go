// Modelgate refuses model files that do more than hold a model. It stands before a model
// registry or a loader:
//
//	modelgate [-json] [-strict] [-partial] PATH...
//
// A PATH is a model file or a downloaded folder of them, with the configurations that are loaded
// with a model. Links to files are followed, as in the cache of a hub. Nothing in it is loaded,
// executed or changed. Exit code 0: all is accepted; 1: something is refused, with the reasons on standard
// output; 2: modelgate itself could not do its work.
//
// Besides what the checks report, a file is refused that could not be inspected whole (damaged,
// or larger when unpacked than the limits), since what was not seen may be what is loaded; with
// -partial such files are accepted and named.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/pyguardml"
	"github.com/pyguard/pyguardml/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	accepted = 0
	refused  = 1
	failed   = 2
)

// settings are the command line.
type settings struct {
	json, strict, partial bool
	paths                 []string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return accepted
	}
	if err != nil {
		return failed
	}
	a, err := judge(ctx, s)
	if err == nil {
		err = a.write(stdout, s.json)
	}
	if err != nil {
		fmt.Fprintln(stderr, "modelgate:", err)
		return failed
	}
	if !a.Accepted {
		return refused
	}
	return accepted
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("modelgate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: modelgate [-json] [-strict] [-partial] PATH...\n\nRefuses model files that do more than hold a model.\n\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, "\nexit codes: 0 accepted, 1 refused, 2 modelgate failed\n")
	}
	flags.BoolVar(&s.json, "json", false, "write the answer as JSON")
	flags.BoolVar(&s.strict, "strict", false, "refuse what is not known to be harmless, too: calls, native code, code from elsewhere")
	flags.BoolVar(&s.partial, "partial", false, "accept files that could not be inspected whole")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if s.paths = flags.Args(); len(s.paths) == 0 {
		flags.Usage()
		return nil, errors.New("no path is given")
	}
	return s, nil
}

// answer is what modelgate says.
type answer struct {
	Accepted bool `json:"accepted"`
	// Files counts the model files that were inspected.
	Files   int      `json:"files"`
	Reasons []reason `json:"reasons"`
	// NotInspected names what was accepted without being seen, with -partial.
	NotInspected []gap `json:"notInspected,omitempty"`
}

// reason is why a file is refused.
type reason struct {
	Path     string `json:"path"`
	Member   string `json:"member,omitempty"`
	Offset   int64  `json:"offset,omitempty"`
	Line     int    `json:"line,omitempty"`
	Check    string `json:"check,omitempty"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// gap is a part that was not inspected.
type gap struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// judge inspects the model files of all paths.
func judge(ctx context.Context, s *settings) (*answer, error) {
	files, names, others, err := gather(ctx, s.paths)
	if err != nil {
		return nil, err
	}
	out := &answer{Accepted: len(others) == 0, Reasons: []reason{}}
	for _, p := range others {
		out.Reasons = append(out.Reasons, reason{Path: p, Severity: "high", Message: "it is no model file and was not inspected"})
	}
	if len(files) == 0 {
		return out, nil
	}
	profile := "default"
	if s.strict {
		profile = "all"
	}
	res, err := pyguardml.Analyze(ctx, files, pyguardml.Options{Profile: profile, Checks: []checks.Check{otherwise(s.strict)}})
	if err != nil {
		return nil, err
	}
	out.Files = len(files)
	told := map[string]bool{}
	for _, f := range res.Findings {
		told[f.Path] = told[f.Path] || f.CheckID != otherwiseID
	}
	for _, f := range res.Findings {
		if f.CheckID == otherwiseID && told[f.Path] {
			continue
		}
		out.Reasons = append(out.Reasons, reason{
			Path: names[f.Path], Member: f.Member, Offset: f.Offset, Line: f.Start.Line,
			Check: f.CheckID, Severity: f.Severity.String(), Message: f.Message,
		})
	}
	for _, e := range res.FileErrors {
		if s.partial && !e.Fatal() {
			out.NotInspected = append(out.NotInspected, gap{names[e.Path], e.Err.Error()})
			continue
		}
		out.Reasons = append(out.Reasons, reason{Path: names[e.Path], Severity: "high", Message: "it could not be inspected whole: " + e.Err.Error()})
	}
	slices.SortStableFunc(out.Reasons, func(a, b reason) int { return cmp.Compare(a.Path, b.Path) })
	out.Accepted = len(out.Reasons) == 0
	return out, nil
}

const otherwiseID = "GATE001"

// otherwise is the gate's own check: whatever a file does that its format has no use for, also where
// none of the catalog's checks is about it: external entities of PMML, links of HDF5 out of the
// folder. Where the gate is strict, native code and code or files from elsewhere are too much as well.
func otherwise(strict bool) checks.Check {
	return &checks.Rule{
		Spec: &checks.Info{
			ID: otherwiseID, Name: "more-than-a-model", Title: "The file does more than hold a model", Class: checks.Vulnerability, Severity: checks.High,
			Inputs: []checks.Input{checks.Artifact}, Remedy: checks.Remedy{Edit: "none: take the model from a source that is trusted"},
		},
		OnArtifact: func(p *checks.ArtifactPass) {
			var worst *checks.ArtifactFact
			for i := range p.Facts {
				f := &p.Facts[i]
				switch {
				case f.Verdict == checks.HarmlessVerdict, f.Verdict == checks.UnknownVerdict && (!strict || f.Kind == "reference" || f.Kind == "call"):
				case worst == nil || f.Verdict > worst.Verdict:
					worst = f
				}
			}
			if worst == nil {
				return
			}
			message := fmt.Sprintf("%s %s", worst.Name, worst.Why)
			if worst.Args != "" {
				message += ": " + worst.Args
			}
			p.Report(checks.ArtifactReport{Fact: worst, Message: message})
		},
	}
}

// gather finds the model files of the paths. Each is analysed under a path of its own, without
// the folders that hold it: what the sender calls them is not to decide how it is judged. names
// tells the real path; others are paths of files that are no models.
func gather(ctx context.Context, paths []string) (files []pyguardml.File, names map[string]string, others []string, err error) {
	names = map[string]string{}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, nil, nil, err
		}
		folder, root := filepath.Dir(p), filepath.Base(p)
		if info.IsDir() {
			folder, root = p, "."
		}
		found, err := pyguardml.Discover(ctx, os.DirFS(folder), pyguardml.DiscoverOptions{
			Roots: []string{root}, NoGitignore: true, NoDefaultExcludes: true, FileLinks: true,
		})
		if err != nil {
			return nil, nil, nil, err
		}
		archives, err := otherArchives(ctx, folder, root)
		if err != nil {
			return nil, nil, nil, err
		}
		before := len(files)
		for _, f := range append(found, archives...) {
			if kind, known := pyguardml.KindOf(f.Path); known && kind != checks.Artifact && !pyguardml.IsModelName(f.Path) {
				continue // code and manifests are for a scan
			}
			if !info.IsDir() && f.Name != root {
				continue
			}
			f.Path = fmt.Sprintf("%06d/%s", len(files), path.Base(f.Path))
			names[f.Path] = filepath.Join(folder, filepath.FromSlash(f.Name))
			files = append(files, f)
		}
		if !info.IsDir() && len(files) == before {
			others = append(others, p)
		}
	}
	return files, names, others, nil
}

// otherArchives finds archives and compressed files whose names say nothing: a loader that is given
// one by its name opens it all the same. They are inspected under a name that says that they are
// models.
func otherArchives(ctx context.Context, folder, root string) (files []pyguardml.File, err error) {
	fsys := os.DirFS(folder)
	err = fs.WalkDir(fsys, root, func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil || e.IsDir() {
			return nil // Discover tells of what cannot be read
		}
		if _, known := pyguardml.KindOf(name); !known && isArchive(fsys, name) {
			files = append(files, pyguardml.File{Path: name + ".model", FS: fsys, Name: name})
		}
		return nil
	})
	return files, err
}

// isArchive tells an archive, a compressed file or a container of weights by its first bytes.
func isArchive(fsys fs.FS, name string) bool {
	if st, err := fs.Stat(fsys, name); err != nil || !st.Mode().IsRegular() {
		return false
	}
	f, err := fsys.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 262)
	n, _ := io.ReadFull(f, head)
	for _, mark := range []string{
		"PK\x03\x04", "PK\x05\x06", "\x1f\x8b", "BZh", "\xfd7zXZ", "7z\xbc\xaf", "Rar!", "\x04\x22\x4d\x18", "\x28\xb5\x2f\xfd", "x\x01", "x\x5e", "x\x9c", "x\xda",
		"\x5d\x00", "\x89HDF", "GGUF", "ZF0x",
	} {
		if strings.HasPrefix(string(head[:n]), mark) {
			return true
		}
	}
	return n == len(head) && string(head[257:262]) == "ustar"
}

// write writes the answer for a person, or as JSON.
func (a *answer) write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(a)
	}
	for _, r := range a.Reasons {
		place := r.Path
		if r.Member != "" {
			place += " (" + r.Member + ")"
		}
		if r.Check != "" {
			r.Message += " [" + r.Check + ", " + r.Severity + "]"
		}
		if _, err := fmt.Fprintf(w, "refused: %s: %s\n", report.Printable(place), report.Printable(r.Message)); err != nil {
			return err
		}
	}
	for _, g := range a.NotInspected {
		if _, err := fmt.Fprintf(w, "not inspected: %s: %s\n", report.Printable(g.Path), report.Printable(g.Reason)); err != nil {
			return err
		}
	}
	if !a.Accepted {
		return nil
	}
	noun := "model files"
	if a.Files == 1 {
		noun = "model file"
	}
	_, err := fmt.Fprintf(w, "accepted: %d %s\n", a.Files, noun)
	return err
}
