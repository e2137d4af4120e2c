package report

import (
	"bytes"
	"encoding/base64"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// fix makes a finding's fix; nil when there is none, or when one of its edits cannot be
// expressed exactly, as a renamed file cannot (the fix then is left out whole: half a fix is worse than none).
func (b *sarifBuilder) fix(f *checks.Finding) *sarif.Fix {
	if f.Fix == nil || len(f.Fix.Edits) == 0 || len(f.Fix.Actions) > 0 {
		return nil
	}
	out := sarif.NewFix().WithDescriptionText(sentence(f.Fix.Message))
	for _, group := range editsByPath(f.Path, f.Fix.Edits) {
		list := b.replacements(group)
		if list == nil {
			return nil
		}
		change := &sarif.ArtifactChange{ArtifactLocation: *artifact(group.path), Replacements: list}
		out.AddArtifactChanges(change)
	}
	out.Properties = sarif.Properties{"applicability": applicability(f.Fix.Unsafe)}
	return out
}

type fileEdits struct {
	path  string
	edits []fix.Edit
}

// editsByPath groups edits by file, in the order of their first edit.
func editsByPath(own string, edits []fix.Edit) []*fileEdits {
	var groups []*fileEdits
	byPath := map[string]*fileEdits{}
	for _, e := range edits {
		if e.Path == "" {
			e.Path = own
		}
		g := byPath[e.Path]
		if g == nil {
			g = &fileEdits{path: e.Path}
			byPath[e.Path] = g
			groups = append(groups, g)
		}
		g.edits = append(g.edits, e)
	}
	return groups
}

// replacements expresses one file's edits, or returns nil.
func (b *sarifBuilder) replacements(g *fileEdits) []*sarif.Replacement {
	t := b.texts.file(g.path)
	if t.source == nil {
		return nil
	}
	for _, e := range g.edits {
		if e.Start < 0 || e.End < e.Start || e.End > len(t.source.Text) {
			return nil
		}
	}
	if t.book != nil {
		return t.notebookReplacement(g.edits)
	}
	out := make([]*sarif.Replacement, 0, len(g.edits))
	for _, e := range g.edits {
		start, end := t.source.Position(ast.Pos(e.Start)), t.source.Position(ast.Pos(e.End))
		region := sarif.NewRegion().WithStartLine(start.Line).WithStartColumn(start.UTF16).WithEndLine(end.Line).WithEndColumn(end.UTF16)
		out = append(out, sarif.NewReplacement(region).WithInsertedContent(sarif.NewArtifactContent().WithText(e.New)))
	}
	return out
}

// notebookReplacement expresses edits of a notebook's code as one replacement of bytes of the
// file: the part in which the file before and after the edits differ.
func (t *text) notebookReplacement(edits []fix.Edit) []*sarif.Replacement {
	list := make([]ast.Edit, 0, len(edits))
	for _, e := range edits {
		list = append(list, ast.Edit{Span: ast.Span{Start: ast.Pos(e.Start), End: ast.Pos(e.End)}, New: e.New})
	}
	changed, err := t.book.Apply(list)
	if err != nil || bytes.Equal(changed, t.raw) {
		return nil
	}
	from, to, toChanged := difference(t.raw, changed)
	region := sarif.NewRegion().WithByteOffset(from).WithByteLength(to - from)
	content := sarif.NewArtifactContent().WithBinary(base64.StdEncoding.EncodeToString(changed[from:toChanged]))
	return []*sarif.Replacement{sarif.NewReplacement(region).WithInsertedContent(content)}
}

// difference finds where two texts differ: a[from:toA] became b[from:toB].
func difference(a, b []byte) (from, toA, toB int) {
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	toA, toB = len(a), len(b)
	for toA > from && toB > from && a[toA-1] == b[toB-1] {
		toA--
		toB--
	}
	return from, toA, toB
}
