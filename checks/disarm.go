package checks

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// Disarm is the fix of a model file that runs something when it is loaded. A checkpoint that comes
// to nothing but tensors is rewritten as safetensors beside it, and what the project loads it by
// reads the new file, where that gives the same. Either way the file itself is renamed, so that
// nothing finds it under a name that is loaded.
func (p *ArtifactPass) Disarm() *fix.Fix {
	q := fix.Quarantine(p.Path)
	c := p.Checkpoint
	if c == nil {
		if p.Refusal != "" {
			q.Message += "; it cannot be rewritten as safetensors, since " + p.Refusal
		}
		return q
	}
	to := safetensorsName(p.Path)
	rewrite := fix.FileAction{To: to, Make: func(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error {
		return c.WriteSafetensors(ctx, w, r, size)
	}}
	q.Message = "rewrite its tensors as " + path.Base(to) + ", which cannot hold code, and " + q.Message
	q.Actions = append([]fix.FileAction{rewrite}, q.Actions...)
	if c.Flat {
		q.Edits = p.loadedAsSafetensors()
	}
	return q
}

func safetensorsName(name string) string {
	return strings.TrimSuffix(name, path.Ext(name)) + ".safetensors"
}

// loadedAsSafetensors are the edits that make the project's calls of torch.load on this file read
// its safetensors copy.
func (p *ArtifactPass) loadedAsSafetensors() []fix.Edit {
	var edits []fix.Edit
	for _, m := range p.Project.Modules {
		if !m.Mentions(path.Base(p.Path)) {
			continue
		}
		f := m.File
		if f == nil {
			f, _ = ast.Parse(context.Background(), m.Source)
		}
		if f == nil {
			continue
		}
		edits = append(edits, p.loadsIn(m, f)...)
	}
	return edits
}

// loadsIn are those edits in one file.
func (p *ArtifactPass) loadsIn(m *Module, f *ast.File) []fix.Edit {
	load, ok := fix.ImportedAs(f, "torch.load")
	if !ok {
		return nil
	}
	var edits []fix.Edit
	constants := textConstants(f)
	ast.InspectFile(f, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		if !ok || f.Text(c.Fn) != load {
			return true
		}
		name, ok := pathText(f, constants, argumentOf(c, 0, "f"), 0)
		if !ok || !p.isAt(m, name) {
			return true
		}
		// Each edit of the import is the same; the first one counts.
		reader, imports := fix.ReachFrom(f, c.Pos(), "safetensors.torch.load_file", "import safetensors.torch", fix.AfterLastImport)
		if len(edits) == 0 {
			for _, e := range imports {
				e.Path = m.Path
				edits = append(edits, e)
			}
		}
		text := reader + "(" + literalLike(f, argumentOf(c, 0, "f"), safetensorsName(name)) + deviceOf(f, argumentOf(c, 1, "map_location")) + ")"
		edits = append(edits, fix.Edit{Path: m.Path, Start: int(c.Pos()), End: int(c.Stop()), New: text})
		return false
	})
	return edits
}

// isAt reports whether a path in a file of code is that of the model: from the folder of the
// code, or from a folder above the model, where the program is started.
func (p *ArtifactPass) isAt(m *Module, name string) bool {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	return path.Join(path.Dir(m.Path), name) == p.Path || name == p.Path ||
		!strings.HasPrefix(name, "../") && !path.IsAbs(name) && strings.HasSuffix(p.Path, "/"+name)
}

// argumentOf is an argument by its position or its name; nil where it is not given.
func argumentOf(c *ast.Call, i int, name string) ast.Expr {
	if i < len(c.Args) {
		return c.Args[i]
	}
	for _, k := range c.Keywords {
		if k.Name != nil && k.Name.Id == name {
			return k.Value
		}
	}
	return nil
}

// textConstants are the names of a module that are given one text and nothing else.
func textConstants(f *ast.File) map[string]ast.Expr {
	table, times := map[string]ast.Expr{}, map[string]int{}
	ast.InspectFile(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if t, ok := t.(*ast.Name); ok {
					times[t.Id]++
					table[t.Id] = n.Value
				}
			}
		case *ast.AnnAssign:
			if t, ok := n.Target.(*ast.Name); ok && n.Value != nil {
				times[t.Id]++
				table[t.Id] = n.Value
			}
		case *ast.AugAssign:
			if t, ok := n.Target.(*ast.Name); ok {
				times[t.Id] += 2
			}
		case *ast.Param:
			if n.Name != nil {
				times[n.Name.Id] += 2
			}
		}
		return true
	})
	for name, n := range times {
		if n > 1 {
			delete(table, name)
		}
	}
	return table
}

// pathText folds a path: a text, Path(…), os.path.join(…), a / b, str(…), or a constant of them.
func pathText(f *ast.File, constants map[string]ast.Expr, e ast.Expr, depth int) (string, bool) {
	if e == nil || depth > 10 {
		return "", false
	}
	all := func(parts ...ast.Expr) (string, bool) {
		var out []string
		for _, part := range parts {
			t, ok := pathText(f, constants, part, depth+1)
			if !ok {
				return "", false
			}
			out = append(out, t)
		}
		return path.Join(out...), len(out) > 0
	}
	switch e := e.(type) {
	case *ast.Str:
		return e.Value, !e.Bytes
	case *ast.Name:
		return pathText(f, constants, constants[e.Id], depth+1)
	case *ast.BinOp:
		if e.Op == "/" {
			return all(e.Left, e.Right)
		}
	case *ast.Call:
		switch name := f.Text(e.Fn); name[strings.LastIndexByte(name, '.')+1:] {
		case "Path", "PurePath", "join", "str", "fspath":
			if len(e.Keywords) == 0 {
				return all(e.Args...)
			}
		}
	}
	return "", false
}

// literalLike writes a path as a literal, with the quotes of the one that it replaces.
func literalLike(f *ast.File, old ast.Expr, name string) string {
	if s, ok := old.(*ast.Str); ok && strings.HasPrefix(f.Text(s), "'") {
		return "'" + strings.ReplaceAll(name, "'", `\'`) + "'"
	}
	return strconv.Quote(name)
}

// deviceOf is the argument for load_file that stands for a map_location, of which it knows names.
func deviceOf(f *ast.File, location ast.Expr) string {
	switch e := location.(type) {
	case nil, *ast.Constant, *ast.Lambda, *ast.Dict:
		return ""
	case *ast.Str:
		return ", device=" + f.Text(e)
	case *ast.Call:
		if name := f.Text(e.Fn); len(e.Args) == 1 && strings.HasSuffix(name, "device") {
			if s, ok := e.Args[0].(*ast.Str); ok {
				return ", device=" + f.Text(s)
			}
		}
	}
	return ", device=str(" + f.Text(location) + ")"
}
