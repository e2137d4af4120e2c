package pyguardml

import (
	"context"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// FixOptions says what is fixed and how. The zero value plans all safe fixes of the default
// profile.
type FixOptions struct {
	// Options are those of the analysis that finds what to fix.
	Options Options
	// Unsafe consents to fixes that change behaviour or need a decision.
	Unsafe bool
	// Comments puts a line above each fix that says what was wrong there, with the check and
	// the standards: `# PML1201: torch.load executes code from the checkpoint …; CWE-502, OWASP LLM03`.
	Comments bool
	// Select tells which findings to fix; nil means all that are reported.
	Select func(checks.Finding) bool
	// MaxRounds bounds the rounds of fixing and analysing again; 0 is a bound that is ample.
	MaxRounds int
}

// Fix plans the fixes of a set of files: it applies what does not conflict, analyses again,
// and repeats until nothing is left to fix. A fix that does not remove its finding, brings a
// new one or breaks the syntax is withdrawn. Nothing is written; see fix.Plan for how to show
// the plan and how to apply it.
//
// Files that cannot be read are left out; Analyze lists them with the reason. Errors are as
// those of Analyze.
func Fix(ctx context.Context, files []File, opts FixOptions) (*fix.Plan, error) {
	a, err := New(opts.Options)
	if err != nil {
		return nil, err
	}
	return a.Fix(ctx, files, opts)
}

// Fix is the function Fix with the Analyzer's set-up, which spares compiling it: opts.Options is
// not looked at. The files kept for Update are neither used nor changed.
func (a *Analyzer) Fix(ctx context.Context, files []File, opts FixOptions) (*fix.Plan, error) {
	if err := a.usable(ctx); err != nil {
		return nil, err
	}
	files, err := validateFiles(files)
	if err != nil {
		return nil, err
	}
	a = &Analyzer{config: a.config} // with files of its own
	f := &fixer{analyzer: a, opts: opts, known: map[string]*checks.Info{}, models: map[string]File{}}
	for _, info := range a.config.infos {
		f.known[info.ID] = info
	}
	return fix.Run(ctx, f.split(files), f.analyze, fix.Options{
		Unsafe: opts.Unsafe, Comments: opts.Comments, MaxRounds: opts.MaxRounds, Select: f.selected, Faults: faults,
	})
}

// faults counts what is not understood of a manifest.
func faults(path string, text *ast.Source) int {
	d, ok := manifest.Open(path, text)
	if !ok {
		return 0
	}
	n := len(d.Notes())
	if d.Kind.Requires() {
		if m, err := manifest.Parse(path, text.Text); err == nil {
			n += len(m.Notes)
		}
	}
	return n
}

// fixer connects the fix engine with the analysis.
type fixer struct {
	analyzer *Analyzer
	opts     FixOptions
	known    map[string]*checks.Info
	// context holds manifests that cannot be decoded as text, which are analysed but not fixed.
	context []File
	// models are the files that are too large to be held, by path; fix actions rename them.
	models map[string]File
	// given are the paths of the last analysis.
	given map[string]bool
	// reports holds the findings of the last analysis by fingerprint, for Select.
	reports map[string]checks.Finding
}

// split reads the files that can be fixed, once: the plan is made for these bytes. The
// others are kept as context.
func (f *fixer) split(files []File) []fix.File {
	var list []fix.File
	for _, file := range files {
		kind, known := KindOf(file.Path)
		if isArtifact(&file) && file.Content == nil && !editable(&file) {
			f.models[file.Path] = file
			list = append(list, fix.File{Path: file.Path, Opaque: true})
			continue
		}
		data, err := file.read(f.analyzer.config.limit(kind))
		if err != nil {
			f.analyzer.config.Logger.Warn("not fixed", "path", file.Path, "error", err)
			continue
		}
		if known && kind == checks.Manifest && !isArtifact(&file) {
			if _, err := ast.NewSource(file.Path, data); err != nil {
				f.context = append(f.context, file)
				continue
			}
		}
		list = append(list, fix.File{Path: file.Path, Content: data})
	}
	return list
}

// analyze is the fix engine's AnalyzeFunc.
func (f *fixer) analyze(ctx context.Context, files []fix.File, changed []string) ([]fix.Finding, error) {
	if len(files) == 0 {
		return nil, ctx.Err()
	}
	res, err := f.results(ctx, files, changed)
	if err != nil {
		return nil, err
	}
	f.reports = make(map[string]checks.Finding, len(res.Findings))
	list := make([]fix.Finding, 0, len(res.Findings))
	for _, found := range res.Findings {
		f.reports[found.Fingerprint] = found
		list = append(list, fix.Finding{
			ID: found.CheckID, Path: found.Path, Key: found.Fingerprint,
			Start: int(found.Span.Start), End: int(found.Span.End),
			Comment: f.comment(found), Fix: found.Fix,
		})
	}
	return list, nil
}

func (f *fixer) results(ctx context.Context, files []fix.File, changed []string) (*Result, error) {
	isChanged := make(map[string]bool, len(changed))
	for _, name := range changed {
		isChanged[name] = true
	}
	var list []File
	var removed []string
	now := make(map[string]bool, len(files))
	for _, file := range files {
		now[file.Path] = true
	}
	for name := range f.given {
		if !now[name] {
			removed = append(removed, name)
		}
	}
	f.given = now
	for _, file := range files {
		if quarantined(file.Path) {
			continue // no scan takes it
		}
		if model, ok := f.models[file.Path]; ok && file.Opaque {
			if changed == nil {
				list = append(list, model)
			}
			continue
		}
		if changed == nil || isChanged[file.Path] {
			content := file.Content
			if content == nil {
				content = []byte{}
			}
			list = append(list, File{Path: file.Path, Content: content})
		}
	}
	if changed == nil && len(list)+len(f.context) == 0 {
		return &Result{}, ctx.Err() // all that is left is set aside
	}
	if changed == nil {
		return f.analyzer.Analyze(ctx, append(list, f.context...))
	}
	return f.analyzer.Update(ctx, list, removed...)
}

func (f *fixer) selected(found fix.Finding) bool {
	if f.opts.Select == nil {
		return true
	}
	report, ok := f.reports[found.Key]
	return ok && f.opts.Select(report)
}

// comment is the line that explains a fix: "PML1201: unpickling runs code; CWE-502, OWASP LLM03".
func (f *fixer) comment(found checks.Finding) string {
	info := f.known[found.CheckID]
	if info == nil {
		return ""
	}
	text := info.ID + ": " + midSentence(info.Title)
	var refs []string
	refs = append(refs, info.CWE...)
	for _, id := range info.OWASPLLM {
		refs = append(refs, "OWASP "+id)
	}
	if len(info.OWASPLLM) == 0 {
		for _, id := range info.OWASPML {
			refs = append(refs, "OWASP "+id)
		}
	}
	if len(refs) > 0 {
		text += "; " + strings.Join(refs, ", ")
	}
	return text
}

// properNouns are names that keep their capital within a sentence. Words with a capital or a
// digit further in, or with a dot or underscore, are kept without being listed.
var properNouns = map[string]bool{
	"Airflow": true, "Anthropic": true, "Arrow": true, "Azure": true, "Cassandra": true, "Chroma": true, "Conda": true,
	"Dask": true, "Django": true, "Docker": true, "Flask": true, "Flower": true, "Gemini": true, "Google": true, "Gradio": true,
	"Horovod": true, "Hugging": true, "Hydra": true, "Hyperopt": true, "Jupyter": true, "Keras": true, "Kubeflow": true,
	"Opacus": true, "Optuna": true, "Parquet": true, "Pillow": true, "Pinecone": true, "Python": true, "Ray": true, "Redis": true,
	"Spark": true, "Streamlit": true, "Torch": true, "Triton": true, "Weaviate": true,
}

// midSentence lowers a title's first letter where the word is an ordinary one.
func midSentence(title string) string {
	word, _, _ := strings.Cut(title, " ")
	word = strings.TrimSuffix(strings.TrimRight(word, ",:"), "'s")
	if word == "" || word[0] < 'A' || word[0] > 'Z' || properNouns[word] || strings.ContainsAny(word[1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}
