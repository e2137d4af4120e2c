package notebook

import (
	"context"
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// ran is the order in which the kernel ran the code cells, as indices into Cells, by their
// execution counts; nil where that is the file's order or is not known: when a third of the
// cells with code or more have no count, when two have the same (of two sessions), and when a cell takes a name that only cells
// of higher counts give a value, because these were run again and their first run is not on record.
func (nb *Notebook) ran() []int {
	counts := make(map[int]int, len(nb.code)) // by index
	seen := map[int]bool{}
	previous, sorted, missing := 0, true, 0
	for _, i := range nb.code {
		c := &nb.Cells[i]
		l := masker{lexer: lexer{text: []byte(c.Source)}}
		if l.firstCode(0) == len(c.Source) {
			counts[i] = previous // an empty cell stays behind the one above
			continue
		}
		if c.ExecutionCount == nil {
			counts[i] = previous // so does one that did not run
			missing++
			continue
		}
		if *c.ExecutionCount < 1 || seen[*c.ExecutionCount] {
			return nil
		}
		counts[i] = *c.ExecutionCount
		seen[counts[i]] = true
		sorted = sorted && previous < counts[i]
		previous = counts[i]
	}
	if sorted || nb.Language != "python" || 2*missing >= len(seen) {
		return nil
	}
	order := slices.Clone(nb.code)
	slices.SortStableFunc(order, func(a, b int) int { return counts[a] - counts[b] })
	if !nb.holds(order) {
		return nil
	}
	return order
}

// holds reports whether no cell takes a name that only later cells of an order bind. What functions
// do when they are called is left out of account.
func (nb *Notebook) holds(order []int) bool {
	file, err := ast.Parse(context.Background(), nb.source)
	if err != nil || len(file.Errors) > 0 {
		return false
	}
	bodies := map[int][]ast.Stmt{}
	for _, s := range file.Body {
		if c := nb.CellAt(s.Pos()); c != nil {
			bodies[c.Number-1] = append(bodies[c.Number-1], s)
		}
	}
	later := map[string]int{} // how many of the cells to come bind a name
	bound := map[int][]string{}
	for _, i := range order {
		bound[i] = semantic.NewModule(nb.Path, &ast.File{Source: nb.source, Body: bodies[i]}).Scope.Names
		for _, name := range bound[i] {
			later[name]++
		}
	}
	known := map[string]bool{}
	for _, i := range order {
		uses := taken(bodies[i])
		for _, name := range bound[i] {
			later[name]--
		}
		for name := range uses {
			if !known[name] && later[name] > 0 {
				return false
			}
		}
		for _, name := range bound[i] {
			known[name] = true
		}
	}
	return true
}

// taken are the names that statements read without having bound them before. The bodies of functions
// are left out.
func taken(body []ast.Stmt) map[string]bool {
	uses, own := map[string]bool{}, map[string]bool{}
	for _, s := range body {
		binds := semantic.NewModule("", &ast.File{Body: []ast.Stmt{s}}).Scope.Names
		hidden := map[string]bool{}
		for _, name := range comprehended(s) {
			hidden[name] = true
		}
		read := func(n ast.Node) {
			ast.Inspect(n, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Name:
					uses[n.Id] = uses[n.Id] || !own[n.Id] && !hidden[n.Id]
				case *ast.FunctionDef, *ast.Lambda:
					return false
				}
				return true
			})
		}
		switch s := s.(type) {
		case *ast.Assign:
			read(s.Value)
		case *ast.AugAssign:
			read(s)
		}
		for _, name := range binds {
			hidden[name] = true
		}
		read(s)
		for _, name := range binds {
			own[name] = true
		}
	}
	for name := range uses {
		if !uses[name] {
			delete(uses, name)
		}
	}
	return uses
}

// comprehended are the names that the comprehensions of a statement bind for themselves.
func comprehended(s ast.Stmt) []string {
	var names []string
	ast.Inspect(s, func(n ast.Node) bool {
		if c, ok := n.(*ast.CompClause); ok {
			ast.Inspect(c.Target, func(n ast.Node) bool {
				if name, ok := n.(*ast.Name); ok {
					names = append(names, name.Id)
				}
				return true
			})
		}
		return true
	})
	return names
}
