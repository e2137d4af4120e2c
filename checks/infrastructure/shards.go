package infrastructure

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of checkpoints that lie in pieces in a folder, some of which are pickles.

// fsdpCheckpoint is PML2208, zeroCheckpoint PML2209.
var (
	fsdpCheckpoint = &checks.Rule{
		Spec:  infoPML2208,
		Knows: []string{"torch.distributed.checkpoint.**"},
		From:  []checks.Label{models.User, models.Upload, models.Web},
		Into:  []checks.SinkKind{models.Deserialize},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Call != nil && (path.Call.Symbol.Under("torch") || path.Call.Symbol.Under("accelerate")) && strangersShards(p, path) {
				p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: readSafetensors(p, path.Call)})
			}
		},
	}
	zeroCheckpoint = &checks.Rule{
		Spec: infoPML2209,
		From: []checks.Label{models.User, models.Upload, models.Web},
		Into: []checks.SinkKind{models.Deserialize},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if path.Call != nil && !path.Call.Symbol.Under("torch") && !path.Call.Symbol.Under("accelerate") && strangersShards(p, path) {
				p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: loadSafetensors(p, path.Call)})
			}
		},
	}
)

// strangersShards reports whether a path ends at a checkpoint in pieces that came from somebody else.
func strangersShards(p *checks.Pass, path *checks.Path) bool {
	m := path.Mark
	if path.Sink.Note != models.NoteShards || m.From() == models.FromBucket {
		return false
	}
	if made := path.Value.Origin(); made != nil && strings.Contains(made.Symbol.String(), "HuggingFaceStorageReader") {
		return false
	}
	switch m.Label {
	case models.Web:
		d := m.Call()
		return !checks.PinnedDownload(d) && !checks.FetchedHere(d) && !checks.ToldDigest(d) && !checks.CommitAddress(d) && !checks.CheckedOut(path.Call)
	case models.User:
		if !m.InFile() && (m.Clean.Has(models.Path) || checks.OneSegment(path) || vetted(p, path)) {
			return false // one of the program's own checkpoints
		}
	}
	return true
}

// readSafetensors reads the checkpoint as safetensors.
func readSafetensors(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !p.Holds(c.Node) || c.Partial || !c.Symbol.Under("torch.distributed.checkpoint") || strings.Contains(c.Symbol.String(), "format_utils") {
		return nil
	}
	const message = "read the checkpoint as safetensors"
	const reader = "HuggingFaceStorageReader"
	imports := fix.AddImport(p.File, "from torch.distributed.checkpoint import "+reader, fix.AfterLastImport)
	if a := c.Arg(-1, "checkpoint_id"); a != nil && a.Keyword != nil && !a.Unpacked && c.Arg(-1, "storage_reader") == nil {
		return checks.Fix(true, message, checks.Replace(p, a.Keyword, "storage_reader="+reader+"("+p.File.Text(a.Node)+")"), imports)
	}
	a := c.Arg(-1, "storage_reader")
	if a == nil {
		a = c.Arg(1, "storage_reader")
	}
	if a == nil {
		return nil
	}
	made := madeBy(c, a)
	if made == nil || !p.Holds(made.Node) || !strings.HasSuffix(made.Symbol.String(), "Reader") || len(made.Args) == 0 || made.Args[0].Node == nil {
		return nil
	}
	return checks.Fix(true, message, checks.Replace(p, made.Node, reader+"("+p.File.Text(made.Args[0].Node)+")"), imports)
}

// loadSafetensors loads the weights from a file of safetensors in the same folder.
func loadSafetensors(p *checks.Pass, c *checks.Call) *fix.Fix {
	if !c.Symbol.Is("deepspeed.utils.zero_to_fp32.load_state_dict_from_zero_checkpoint") || !p.Holds(c.Node) || c.Partial {
		return nil
	}
	model, dir := c.Arg(0, "model"), c.Arg(1, "checkpoint_dir")
	if model == nil || dir == nil || model.Unpacked || dir.Unpacked || !p.Holds(model.Node) || !p.Holds(dir.Node) {
		return nil
	}
	join, imports := fix.Reach(p.File, "os.path.join", "import os", fix.AfterLastImport)
	load, more := fix.Reach(p.File, "safetensors.torch.load_file", "import safetensors.torch", fix.AfterLastImport)
	name := p.File.Text(model.Node)
	line := name + ".load_state_dict(" + load + "(" + join + "(" + p.File.Text(dir.Node) + `, "model.safetensors")))`
	var edits []fix.Edit
	switch s := p.StmtOf(c.Node).(type) {
	case *ast.ExprStmt:
		if s.Value == ast.Expr(c.Node) {
			edits = checks.Replace(p, c.Node, line)
		}
	case *ast.Assign:
		if s.Value == ast.Expr(c.Node) && len(s.Targets) == 1 {
			if target := p.File.Text(s.Targets[0]); target == name {
				edits = fix.ReplaceStmt(p.File, s, line)
			} else if _, ok := model.Node.(*ast.Name); ok {
				edits = slices.Concat(fix.InsertBefore(p.File, s, line), checks.Replace(p, c.Node, name))
			}
		}
	case *ast.Return:
		if _, ok := model.Node.(*ast.Name); ok && s.Value == ast.Expr(c.Node) {
			edits = slices.Concat(fix.InsertBefore(p.File, s, line), checks.Replace(p, c.Node, name))
		}
	}
	if edits == nil {
		return nil
	}
	return checks.Fix(true, "load the weights as safetensors", edits, fix.JoinImports(imports, more))
}

// madeBy is the call that an argument stands for, nil where it is none.
func madeBy(c *checks.Call, a *checks.Argument) *checks.Call {
	e, ok := a.Given.(ast.Expr)
	if !ok || !a.Unpacked {
		e = a.Node
	}
	if e == nil {
		return nil
	}
	for in := range c.Frame.StandsFor(e) {
		if in.Call != nil && len(in.Steps) == 0 {
			return in.Call
		}
	}
	return a.Value.Origin()
}
