package datasets

import (
	"fmt"
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/artifact"
)

// allowPickle is PML4214.
var allowPickle = &checks.Rule{
	Spec: infoPML4214,
	On: []string{
		"{numpy,cupy,jax.numpy}.load", "numpy.lib.format.read_array", "numpy.lib.npyio.NpzFile", "numpy.lib.npyio.load",
		"functools.partial",
	},
	Knows: []string{"numpy.{save,savez,savez_compressed}", "io.BytesIO()", "io.BytesIO().{getvalue,getbuffer,read}()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Is("functools.partial") {
			f, a := c.Arg(0, ""), c.Arg(-1, "allow_pickle")
			if f != nil && a != nil && checks.On(a.Value) && f.Value.Is("numpy.load", "numpy.lib.npyio.load", "cupy.load", "jax.numpy.load") && !assignedToLoad(p, c) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, "False")})
			}
			return
		}
		pos := -1
		if c.Symbol.Is("numpy.load", "numpy.lib.npyio.load", "cupy.load") {
			pos = 2
		}
		a := c.Arg(pos, "allow_pickle")
		if a == nil || !checks.On(a.Value) || c.Partial && a.Unpacked || insidePatch(p, c) || checks.JustWritten(c, checks.At{Pos: 0, Name: "file"}, checks.At{Pos: 0, Name: "file"}, "numpy.save", "numpy.savez", "numpy.savez_compressed") {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, a, "False")})
	},
	To: []string{"numpy.load", "numpy.load.{__defaults__,__kwdefaults__}", "numpy.load.__kwdefaults__[]"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		stmt := p.StmtOf(s.Node)
		if stmt == nil {
			return
		}
		literal := allowsPickle(s.From, p)
		if key, ok := s.Key.Text(); ok && key == "allow_pickle" {
			literal = constantTrue(s.From)
		}
		if literal == nil {
			return
		}
		p.Report(checks.Report{Node: stmt, Fix: checks.Fix(true, "refuse pickled arrays", checks.Replace(p, literal, "False"))})
	},
}

// allowsPickle finds the True that a replacement of numpy.load, or of its defaults, holds
// for allow_pickle.
func allowsPickle(e ast.Expr, p *checks.Pass) *ast.Constant {
	switch e := e.(type) {
	case *ast.Name:
		if fn := p.FunctionNamed(e.Id); fn != nil {
			var found *ast.Constant
			for _, s := range fn.Body {
				ast.Inspect(s, func(n ast.Node) bool {
					if found != nil {
						return false
					}
					switch n := n.(type) {
					case *ast.Call:
						found = keywordTrue(n)
					case *ast.Assign: // kwargs["allow_pickle"] = True
						if k, ok := n.Targets[0].(*ast.Subscript); ok {
							if s, ok := k.Index.(*ast.Str); ok && s.Value == "allow_pickle" {
								found = constantTrue(n.Value)
							}
						}
					}
					return found == nil
				})
			}
			return found
		}
	case *ast.Lambda:
		if c, ok := e.Body.(*ast.Call); ok {
			return keywordTrue(c)
		}
	case *ast.Call: // functools.partial(np.load, allow_pickle=True)
		return keywordTrue(e)
	case *ast.Tuple:
		// __defaults__ of numpy.load: (mmap_mode, allow_pickle, fix_imports, encoding).
		if len(e.Elts) > 1 {
			return constantTrue(e.Elts[1])
		}
	case *ast.Dict:
		for i, k := range e.Keys {
			if s, ok := k.(*ast.Str); ok && s.Value == "allow_pickle" {
				return constantTrue(e.Values[i])
			}
		}
	}
	return nil
}

func keywordTrue(c *ast.Call) *ast.Constant {
	for _, k := range c.Keywords {
		if k.Name != nil && k.Name.Id == "allow_pickle" {
			return constantTrue(k.Value)
		}
	}
	return nil
}

func constantTrue(e ast.Expr) *ast.Constant {
	if v, ok := e.(*ast.Constant); ok && v.Value == ast.True {
		return v
	}
	return nil
}

// assignedToLoad reports whether the prepared call replaces numpy.load, which is reported as a whole.
func assignedToLoad(p *checks.Pass, c *checks.Call) bool {
	a, ok := p.StmtOf(c.Node).(*ast.Assign)
	return ok && a.Value == ast.Expr(c.Node) && slices.ContainsFunc(a.Targets, func(t ast.Expr) bool {
		at, ok := t.(*ast.Attribute)
		return ok && at.Attr.Id == "load" && p.File.Text(at.Value) != "self"
	})
}

// insidePatch reports whether the call is part of a replacement of numpy.load, which is
// reported as a whole.
func insidePatch(p *checks.Pass, c *checks.Call) bool {
	fn := c.Frame.Function()
	if fn == nil {
		return false
	}
	patched := false
	for _, s := range p.File.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok {
				return true
			}
			for _, t := range a.Targets {
				if at, ok := t.(*ast.Attribute); !ok || at.Attr.Id != "load" {
					continue
				}
				if a.Value == ast.Expr(fn.Lambda) && fn.Lambda != nil {
					patched = true
				}
				if name, ok := a.Value.(*ast.Name); ok && fn.Def != nil && name.Id == fn.Name {
					patched = true
				}
			}
			return true
		})
	}
	return patched
}

// zarrPickle is PML4216.
var zarrPickle = &checks.Rule{
	Spec: infoPML4216,
	On: []string{
		"zarr.{create,array,empty,zeros,ones,full,open,open_array,creation.create}",
		"zarr.{open_group,group,Group,hierarchy.Group,open}().{create_dataset,require_dataset,create,array,empty,zeros,ones,full,create_array}",
		"zarr.{open_group,group,Group,hierarchy.Group,open}().{create_group,require_group}().{create_dataset,require_dataset,create,array,empty,zeros,ones,full,create_array}",
		"?.{create_dataset,require_dataset,create_array,to_zarr}",
		"xarray.{Dataset,DataArray}().to_zarr", "xarray.{open_dataset,open_zarr}().to_zarr",
	},
	Knows: []string{"numcodecs.Pickle()", "numcodecs.pickles.Pickle()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for _, name := range [...]string{"object_codec", "filters", "compressor", "encoding"} {
			if a := c.Arg(-1, name); a != nil {
				reportPickle(p, c, a.Value, a.Node, 0)
			}
		}
	},
	OnArtifact: pickledArrays,
}

// pickledArrays reports the metadata of stored arrays whose chunks are pickles.
func pickledArrays(p *checks.ArtifactPass) {
	var first *checks.ArtifactFact
	n := 0
	for i := range p.Facts {
		if f := &p.Facts[i]; f.Kind == artifact.PickleCodec {
			if n++; first == nil {
				first = f
			}
		}
	}
	if first == nil {
		return
	}
	text := "this Zarr array"
	if first.Name != "" {
		text = fmt.Sprintf("the Zarr array %s", first.Name)
	}
	text += " " + first.Why
	if n > 1 {
		text += fmt.Sprintf("; and so do %d more", n-1)
	}
	p.Report(checks.ArtifactReport{Fact: first, Message: text})
}

// reportPickle reports each pickle codec within an argument.
func reportPickle(p *checks.Pass, c *checks.Call, v *checks.Value, at ast.Node, depth int) {
	if depth > 4 || at == nil {
		return
	}
	if list := v.Alternatives(); len(list) > 1 {
		for _, a := range list {
			reportPickle(p, c, a, at, depth+1)
		}
		return
	}
	if v.Is("numcodecs.Pickle()", "numcodecs.pickles.Pickle()") {
		node := at
		if o := v.Origin(); o != nil && o.Node != nil {
			if m := p.Project.Module(o.Frame.Module()); m == p.Module {
				node = o.Node
			}
		}
		codec, edits := fix.Reach(p.File, "numcodecs.JSON", "import numcodecs", fix.AfterLastImport)
		var change []fix.Edit
		if call, ok := node.(*ast.Call); ok {
			change = checks.Replace(p, call, codec+"()")
		} else {
			edits = nil
		}
		p.Report(checks.Report{Node: node, Fix: checks.Fix(true, "store JSON instead of pickles", change, edits)})
		return
	}
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			reportPickle(p, c, it.Value, it.Node, depth+1)
		}
	}
	if entries, _, ok := c.Entries(v); ok {
		for _, e := range entries {
			reportPickle(p, c, e.Value, e.Node, depth+1)
		}
	}
	// What a comprehension gives each name.
	if rest, _ := c.Rest(v); rest != nil {
		reportPickle(p, c, rest, at, depth+1)
	}
}
