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
		arg := argumentOf(c, 0, "f")
		at, ok := pathOf(f, m, constants, arg, 0)
		if !ok || !p.isAt(m, at) {
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
		text := reader + "(" + besideIt(f, arg, at) + deviceOf(f, argumentOf(c, 1, "map_location")) + ")"
		edits = append(edits, fix.Edit{Path: m.Path, Start: int(c.Pos()), End: int(c.Stop()), New: text})
		return false
	})
	return edits
}

// codePath is a path as a file of code makes it.
type codePath struct {
	text string
	// beside is set where it is seen from the folder of the code: it is made of __file__.
	beside bool
	// object is set for a path of pathlib.
	object bool
	// end is the literal that the text ends with, nil where it is none.
	end *ast.Str
}

// isAt reports whether a path in a file of code is that of the model: from the folder of the
// code, or from a folder above the model, where the program is started.
func (p *ArtifactPass) isAt(m *Module, at codePath) bool {
	name := path.Clean(strings.ReplaceAll(at.text, `\`, "/"))
	if path.Join(path.Dir(m.Path), name) == p.Path {
		return true
	}
	return !at.beside && (name == p.Path || !strings.HasPrefix(name, "../") && !path.IsAbs(name) && strings.HasSuffix(p.Path, "/"+name))
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

// pathOf folds a path: a text, a + b, an f-string, Path(…), os.path.join(…), a / b, str(…), what is
// made of __file__, or a constant of them.
func pathOf(f *ast.File, m *Module, constants map[string]ast.Expr, e ast.Expr, depth int) (at codePath, ok bool) {
	if e == nil || depth > 20 {
		return codePath{}, false
	}
	fold := func(e ast.Expr) (codePath, bool) { return pathOf(f, m, constants, e, depth+1) }
	// all joins parts to a path, glue to a text.
	all := func(glue bool, parts ...ast.Expr) (out codePath, ok bool) {
		for i, part := range parts {
			next, ok := fold(part)
			if !ok || i > 0 && next.beside {
				return codePath{}, false
			}
			if i == 0 {
				out = next
				continue
			}
			if glue {
				out.text += next.text
			} else {
				out.text = path.Join(out.text, next.text)
			}
			out.object, out.end = out.object || next.object, next.end
		}
		return out, len(parts) > 0
	}
	up := func(e ast.Expr, levels int) (codePath, bool) {
		at, ok := fold(e)
		for range levels {
			if at.text = path.Clean(at.text); at.text == "." || path.Base(at.text) == ".." {
				at.text = path.Join(at.text, "..")
			} else {
				at.text = path.Dir(at.text)
			}
		}
		at.end = nil
		return at, ok
	}
	switch e := e.(type) {
	case *ast.Str:
		return codePath{text: e.Value, end: e}, !e.Bytes
	case *ast.JoinedStr:
		return all(true, e.Values...)
	case *ast.Placeholder:
		at, ok := fold(e.Value)
		return at, ok && e.Conversion == 0 && e.Spec == nil && !e.Debug
	case *ast.Name:
		if e.Id == "__file__" {
			return codePath{text: path.Base(m.Path), beside: true}, true
		}
		return fold(constants[e.Id])
	case *ast.BinOp:
		if e.Op == "/" || e.Op == "+" {
			at, ok := all(e.Op == "+", e.Left, e.Right)
			at.object = e.Op == "/"
			return at, ok
		}
	case *ast.Attribute:
		if e.Attr.Id == "parent" {
			at, ok := up(e.Value, 1)
			return at, ok && at.object
		}
	case *ast.Subscript:
		parents, ok := e.Value.(*ast.Attribute)
		n, isNumber := e.Index.(*ast.Number)
		if ok && isNumber && parents.Attr.Id == "parents" {
			levels, err := strconv.Atoi(n.Text)
			at, ok := up(parents.Value, min(levels, 20)+1)
			return at, ok && err == nil
		}
	case *ast.Call:
		name := f.Text(e.Fn)
		switch name = name[strings.LastIndexByte(name, '.')+1:]; {
		case len(e.Keywords) > 0:
		case name == "Path" || name == "PurePath":
			at, ok := all(false, e.Args...)
			at.object = true
			return at, ok
		case name == "join" || name == "str" || name == "fspath":
			at, ok := all(false, e.Args...)
			at.object = false
			return at, ok
		case name == "joinpath" && len(e.Args) > 0:
			if fn, ok := e.Fn.(*ast.Attribute); ok {
				return all(false, append([]ast.Expr{fn.Value}, e.Args...)...)
			}
		case (name == "resolve" || name == "absolute") && len(e.Args) == 0:
			if fn, ok := e.Fn.(*ast.Attribute); ok {
				return fold(fn.Value)
			}
		case name == "dirname" && len(e.Args) == 1:
			return up(e.Args[0], 1)
		case (name == "abspath" || name == "realpath") && len(e.Args) == 1:
			return fold(e.Args[0])
		}
	}
	return codePath{}, false
}

// besideIt writes the path of the safetensors file that lies beside what a path leads to: the path
// itself with another ending where its text stands there, else one made of it.
func besideIt(f *ast.File, arg ast.Expr, at codePath) string {
	text, ext := f.Text(arg), path.Ext(at.text)
	if end := at.end; end != nil && arg.Range().Contains(end.Range()) {
		from, to := int(end.Pos()-arg.Pos()), int(end.Stop()-arg.Pos())
		if i := strings.LastIndex(text[from:to], ext); i >= 0 {
			return text[:from+i] + ".safetensors" + text[from+i+len(ext):]
		}
	}
	if !at.beside {
		return strconv.Quote(safetensorsName(at.text))
	}
	if _, sum := arg.(*ast.BinOp); sum {
		text = "(" + text + ")"
	}
	if at.object {
		return text + `.with_suffix(".safetensors")`
	}
	return text + ".removesuffix(" + strconv.Quote(ext) + `) + ".safetensors"`
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
