package loading

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// tarUnfiltered is PML6216.
var tarUnfiltered = &checks.Rule{
	Spec:  infoPML6216,
	Knows: []string{"tarfile.{data_filter,tar_filter,fully_trusted_filter}", "tarfile.{TarFile,TarFile()}.extraction_filter"},
	To:    []string{"tarfile.{TarFile,TarFile()}.extraction_filter"},
	From:  []checks.Label{models.User, models.Upload, models.Web},
	Into:  []checks.SinkKind{models.Unpack},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || onlyOpened(path) || m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call())) {
			return
		}
		filter := c.Arg(-1, "filter")
		if filter == nil && c.HasRest() || filter != nil && !lets(filter.Value) || !mayBeTar(c) || filteredByDefault(p, c) || membersTested(p, c) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: dataFilter(p, c, filter)})
	},
}

// onlyOpened reports whether a caller's text does no more than name the archive.
func onlyOpened(path *checks.Path) bool { return path.Mark.Label == models.User && onlyNamed(path) }

// lets reports whether a filter is one that lets names out of the folder, or links, through.
func lets(v *checks.Value) bool {
	if t, ok := v.Text(); ok {
		return t != "data"
	}
	return v.IsNone() || v.Is("tarfile.tar_filter", "tarfile.fully_trusted_filter")
}

// mayBeTar reports whether a call unpacks a tar archive: for shutil not one that is known to
// be a zip file.
func mayBeTar(c *checks.Call) bool {
	if !c.Symbol.Is("shutil.unpack_archive") {
		return true
	}
	if a := c.Arg(2, "format"); a != nil {
		t, ok := a.Value.Text()
		return !ok || strings.Contains(t, "tar")
	}
	a := c.Arg(0, "filename")
	if a == nil {
		return true
	}
	name, known := a.Value.Text()
	if parts := a.Value.Parts(); !known && len(parts) > 0 {
		name = parts[len(parts)-1].Text
	}
	return !strings.HasSuffix(strings.ToLower(name), ".zip")
}

// filteredByDefault reports whether archives are filtered without being told: by a new
// Python, or by the filter that was set on the class or the object.
func filteredByDefault(p *checks.Pass, c *checks.Call) bool {
	if p.Project.Requirements.PythonAtLeast("3.14", p.Path) {
		return true
	}
	for _, f := range c.Frame.Beside() {
		for _, s := range f.Stores {
			switch {
			case lets(s.Value):
			case s.Symbol.Is("tarfile.TarFile.extraction_filter"):
				return true
			case s.Symbol.Is("tarfile.TarFile().extraction_filter") && sameArchive(f, s, c):
				return true
			}
		}
	}
	return false
}

// sameArchive reports whether the filter that is set is that of the archive which a call unpacks, as far as that is known.
func sameArchive(f *checks.Frame, s *checks.Store, c *checks.Call) bool {
	at, ok := s.Node.(*ast.Attribute)
	if !ok || c.Receiver == nil {
		return false
	}
	if set, unpacked := f.ValueOf(at.Value).Origin(), c.Receiver.Origin(); set != nil && unpacked != nil {
		return set.Node == unpacked.Node
	}
	return f == c.Frame || f.Function() == nil || c.Frame.Function() == nil // in another function it is another archive
}

// membersTested reports whether the members' names are tested before a call, in a loop that
// raises or goes on, or are handed in by something that leaves the bad ones out.
func membersTested(p *checks.Pass, c *checks.Call) bool {
	if a := c.Arg(1, "members"); a != nil && c.Method == "extractall" && a.Node != nil && filtersNames(p, a.Node) {
		return true
	}
	tested := false
	for _, s := range bodyAround(p, c.Node) {
		ast.Inspect(s, func(n ast.Node) bool {
			if n == nil || n.Pos() >= c.Node.Pos() {
				return false
			}
			switch n := n.(type) {
			case *ast.If:
				if testsName(p, n.Test) && (leaves(n.Body) || n.Range().Contains(c.Node.Range())) {
					tested = true
				}
			case *ast.Assert:
				if testsName(p, n.Test) {
					tested = true
				}
			case *ast.Call:
				if fn := calledFunction(p, n); fn != nil && checks.Raises(fn.Body) && testsNameIn(p, fn) {
					tested = true
				}
			}
			return !tested
		})
	}
	return tested
}

// filtersNames reports whether the members that an argument gives are chosen by their names:
// by a comprehension with such a test, or by a function with one.
func filtersNames(p *checks.Pass, e ast.Expr) bool {
	switch n := e.(type) {
	case *ast.Comp:
		for _, clause := range n.Clauses {
			for _, test := range clause.Ifs {
				if testsName(p, test) {
					return true
				}
			}
		}
	case *ast.Call:
		if fn := calledFunction(p, n); fn != nil {
			return testsNameIn(p, fn)
		}
	case *ast.Name:
		if made := lastGiven(p, e, n.Id); made != nil {
			if _, again := made.(*ast.Name); !again {
				return filtersNames(p, made)
			}
		}
	}
	return false
}

// lastGiven is the expression that a plain assignment before a node gives to a name.
func lastGiven(p *checks.Pass, at ast.Node, name string) ast.Expr {
	var found ast.Expr
	for _, s := range bodyAround(p, at) {
		ast.Inspect(s, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok || a.Pos() >= at.Pos() {
				return true
			}
			for _, t := range a.Targets {
				if x, ok := t.(*ast.Name); ok && x.Id == name {
					found = a.Value
				}
			}
			return true
		})
	}
	return found
}

// testsNameIn reports whether a function has a test of where a path leads.
func testsNameIn(p *checks.Pass, fn *ast.FunctionDef) bool {
	found := false
	for _, s := range fn.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.If:
				found = found || testsName(p, n.Test)
			case *ast.IfExp:
				found = found || testsName(p, n.Test)
			case *ast.Comp:
				for _, clause := range n.Clauses {
					for _, test := range clause.Ifs {
						found = found || testsName(p, test)
					}
				}
			}
			return !found
		})
	}
	return found
}

// testsName reports whether a test asks where a path leads: is_relative_to, commonpath,
// startswith of a folder, `".." in name`, or a function of the project that does.
func testsName(p *checks.Pass, test ast.Expr) bool {
	found := false
	ast.Inspect(test, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			switch n.Attr.Id {
			case "is_relative_to", "commonpath", "commonprefix", "startswith", "is_absolute":
				found = true
			}
		case *ast.Name:
			switch n.Id {
			case "commonpath", "commonprefix":
				found = true
			}
		case *ast.Str:
			found = found || n.Value == ".."
		case *ast.Call:
			if fn := calledFunction(p, n); fn != nil {
				for _, s := range fn.Body {
					ast.Inspect(s, func(n ast.Node) bool { // also within try
						if r, ok := n.(*ast.Return); ok && r.Value != nil && testsName(p, r.Value) {
							found = true
						}
						return !found
					})
				}
			}
		}
		return !found
	})
	return found
}

// dataFilter unpacks with the filter for data.
func dataFilter(p *checks.Pass, c *checks.Call, filter *checks.Argument) *fix.Fix {
	const message = `unpack within the folder only: filter="data"`
	if filter == nil {
		return checks.Fix(false, message, fix.AddKeyword(p.File, c.Node, "filter", `"data"`))
	}
	if filter.Unpacked || filter.Node == nil {
		return nil
	}
	return checks.Fix(false, message, checks.Replace(p, filter.Node, `"data"`))
}

// memberPath is PML6217.
var memberPath = &checks.Rule{
	Spec: infoPML6217,
	From: []checks.Label{models.User, models.Upload, models.Web},
	Into: []checks.SinkKind{models.MemberPath},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c, m := path.Call, path.Mark
		if c == nil || !makesFile(c) || m.Label == models.Web && (checks.PinnedDownload(m.Call()) || checks.FetchedHere(m.Call()) || checks.ToldDigest(m.Call())) || bothTested(p, path) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Path: path, Fix: lastPart(p, path)})
	},
}

// makesFile reports whether a call writes, rather than reads, the file that it is given.
func makesFile(c *checks.Call) bool {
	name := c.Symbol.String()
	if c.Method != "open" && !strings.HasSuffix(name, "open") && !strings.HasSuffix(name, "FileIO") {
		return true
	}
	pos := 1
	if c.Receiver.Is("pathlib.PurePath()") {
		pos = 0
	}
	a := c.Arg(pos, "mode")
	if a == nil {
		return false
	}
	mode, ok := a.Value.Text()
	return ok && strings.ContainsAny(mode, "wax+")
}

// bothTested reports whether names with ".." and absolute ones are refused or left out before
// a call, or in a function that the name has come through.
func bothTested(p *checks.Pass, path *checks.Path) bool {
	if refusesBoth(bodyAround(p, path.Call.Node), path.Call.Node.Pos()) {
		return true
	}
	for _, t := range path.Trace.Steps() {
		m := p.Project.Module(t.Mod)
		if m == nil || t.Node == nil {
			continue
		}
		around := m.Around(t.Node)
		for i := len(around) - 1; i >= 0; i-- {
			if fn, ok := around[i].(*ast.FunctionDef); ok {
				if fn.Range() != path.Call.Node.Range() && !fn.Range().Contains(path.Call.Node.Range()) && refusesBoth(fn.Body, fn.Stop()) {
					return true
				}
				break
			}
		}
		if call, ok := t.Node.(*ast.Call); ok {
			if name, ok := call.Fn.(*ast.Name); ok {
				if fn := m.FunctionNamed(name.Id); fn != nil && refusesBoth(fn.Body, fn.Stop()) {
					return true
				}
			}
		}
	}
	return false
}

// refusesBoth reports whether statements before a place refuse or leave out names with ".."
// and absolute ones.
func refusesBoth(body []ast.Stmt, before ast.Pos) bool {
	dots, absolute := false, false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			if n == nil || n.Pos() >= before {
				return false
			}
			t, ok := n.(*ast.If)
			if !ok || !leaves(t.Body) && t.Stop() < before {
				return true
			}
			ast.Inspect(t.Test, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Str:
					dots = dots || n.Value == ".." || n.Value == "../"
				case *ast.Attribute:
					absolute = absolute || n.Attr.Id == "isabs" || n.Attr.Id == "is_absolute" || n.Attr.Id == "startswith"
				case *ast.Name:
					absolute = absolute || n.Id == "isabs"
				}
				return true
			})
			return true
		})
	}
	return dots && absolute
}

// lastPart keeps of a member's name the last part, where the name is joined to the folder.
func lastPart(p *checks.Pass, path *checks.Path) *fix.Fix {
	var edits, imports []fix.Edit
	for _, part := range path.Value.Parts() {
		if part.Value == nil || !isMember(part.Value) {
			continue
		}
		e, ok := part.Node.(ast.Expr)
		if !ok || part.Conv || !p.Holds(e) {
			return nil
		}
		if spelling, ok := fix.ImportedAs(p.File, "pathlib.Path"); ok && joinedBySlash(p, e) {
			edits = append(edits, fix.Wrap(p.File, e, spelling+"(", ").name")...)
			continue
		}
		base, more := fix.Reach(p.File, "os.path.basename", "import os", fix.InSection)
		edits = append(edits, fix.Wrap(p.File, e, base+"(", ")")...)
		imports = append(imports, more...)
	}
	if len(edits) == 0 {
		return nil
	}
	return checks.Fix(true, "write under the last part of the name only", edits, fix.JoinImports(imports))
}

// isMember reports whether a value is a name out of an archive that may lead anywhere.
func isMember(v *checks.Value) bool {
	for _, m := range v.Marks() {
		if !m.Clean.Has(models.MemberPath) && m.Trace.Passes(models.StepMemberName) {
			return true
		}
	}
	return false
}

// joinedBySlash reports whether an expression is an operand of `/`.
func joinedBySlash(p *checks.Pass, e ast.Expr) bool {
	around := p.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		if b, ok := around[i].(*ast.BinOp); ok && b.Op == "/" && (b.Left == e || b.Right == e) {
			return true
		}
	}
	return false
}
