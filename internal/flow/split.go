package flow

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// This file keeps apart what two tests of one thing keep apart: where a name got its value under
// a test, the same test tells later which value that is.
//
//	if video:                       # the split
//	    path = extract(upload)
//	else:
//	    path = upload
//	...
//	if video:                       # here path is what extract() gave
//	    os.remove(path)

// test is a test of local names and constants: its text without `not`, and the names in it.
type test struct {
	text  string
	not   bool
	slots []int
}

// split is a test that has decided which values names have.
type split struct {
	test
	given []decided
}

// decided is a name whose value both is; it was yes where the test was true and no where it was not.
type decided struct {
	slot          int
	both, yes, no *Value
}

// isFlag reports whether a name is true on one way and false on the other.
func (d decided) isFlag() bool {
	yes, known1 := d.yes.Truth()
	no, known2 := d.no.Truth()
	return known1 && known2 && yes != no
}

// maxSplits bounds the tests that are remembered at a point, and maxDecided the names of one.
const (
	maxSplits  = 8
	maxDecided = 16
)

// splitOn remembers a test whose two ways have just met: the state in which it was true, and the
// names' values where it was not.
func (f *Frame) splitOn(t *test, then *state, els []*Value) {
	var given []decided
	for i, v := range f.st.env {
		a, b := then.env[i], els[i]
		if a == b || a == nil || b == nil || v == nil || len(given) == maxDecided || t != nil && slices.Contains(t.slots, i) {
			continue
		}
		given = append(given, decided{i, v, then.apply(a), b})
	}
	if t == nil { // only a flag that is set on one way tells later which that was
		if t = new(test); len(given) < 2 || !slices.ContainsFunc(given, decided.isFlag) {
			return
		}
	}
	f.keepSplit(t, given)
}

// chose remembers the test of a conditional expression that has given a name its value.
func (f *Frame) chose(e *ast.IfExp, name string) {
	c := f.choice
	slot, ok := f.scope.Slot(name)
	if !ok || c.of != e || c.yes == c.no || f.scope.IsGlobal(name) {
		return
	}
	if t := f.plainTest(e.Test); t != nil && !slices.Contains(t.slots, slot) {
		f.keepSplit(t, []decided{{slot, f.st.env[slot], c.yes, c.no}})
	}
}

func (f *Frame) keepSplit(t *test, given []decided) {
	if len(given) == 0 {
		return
	}
	if t.not {
		for i := range given {
			given[i].yes, given[i].no = given[i].no, given[i].yes
		}
	}
	list := f.st.splits
	if len(list) >= maxSplits {
		list = list[1:]
	}
	f.st.splits = append(list[:len(list):len(list)], &split{*t, given})
}

// undecide forgets what was known of a name that gets another value.
func (f *Frame) undecide(slot int) {
	var out []*split
	for i, s := range f.st.splits {
		about := slices.Contains(s.slots, slot)
		at := slices.IndexFunc(s.given, func(d decided) bool { return d.slot == slot })
		if !about && at < 0 {
			if out != nil {
				out = append(out, s)
			}
			continue
		}
		if out == nil {
			out = append(make([]*split, 0, len(f.st.splits)), f.st.splits[:i]...)
		}
		if !about && len(s.given) > 1 {
			out = append(out, &split{s.test, slices.Delete(slices.Clone(s.given), at, at+1)})
		}
	}
	if out != nil {
		f.st.splits = out
	}
}

// decide gives names the values that they have where a test is true, or false.
func (f *Frame) decide(t *test, truth bool) {
	if t == nil {
		return
	}
	truth = truth != t.not
	for _, s := range f.st.splits {
		if s.text == t.text {
			f.take(s, truth)
		} else if len(t.slots) == 1 && t.text == f.scope.Names[t.slots[0]] {
			if way, known := s.tells(t.slots[0], truth); known {
				f.take(s, way)
			}
		}
	}
}

// narrow leaves out of what a name may be what a test has shown that it is not: an instance of a library's
// class after `if isinstance(path, PurePath): return`, a text where `type(message) is tuple`.
func (f *Frame) narrow(test ast.Expr, truth bool) {
	for {
		u, negated := test.(*ast.UnaryOp)
		if !negated || u.Op != "not" {
			break
		}
		test, truth = u.Operand, !truth
	}
	if f.st.dead {
		return
	}
	of, types, is := typeTest(test)
	name, _ := of.(*ast.Name)
	if name == nil {
		return
	}
	truth = truth == is
	slot, ok := f.scope.Slot(name.Id)
	if !ok || f.scope.IsGlobal(name.Id) || f.st.env[slot] == nil {
		return
	}
	if t, several := types.(*ast.Tuple); several {
		f.narrowTo(slot, t.Elts, truth)
	} else {
		f.narrowTo(slot, []ast.Expr{types}, truth)
	}
}

// typeTest reads `isinstance(x, T)` and `type(x) is T`: x, T or several of them, and whether the test holds for
// instances. x is nil for other tests.
func typeTest(test ast.Expr) (x, types ast.Expr, is bool) {
	switch t := test.(type) {
	case *ast.Call:
		if fn, ok := t.Fn.(*ast.Name); ok && fn.Id == "isinstance" && len(t.Args) == 2 {
			return t.Args[0], t.Args[1], true
		}
	case *ast.Compare:
		c, ok := t.Left.(*ast.Call)
		if !ok || len(t.Ops) != 1 || len(c.Args) != 1 {
			break
		}
		if fn, ok := c.Fn.(*ast.Name); !ok || fn.Id != "type" {
			break
		}
		switch t.Ops[0] {
		case "is", "==", "in":
			return c.Args[0], t.Right[0], true
		case "is not", "!=", "not in":
			return c.Args[0], t.Right[0], false
		}
	}
	return nil, nil, false
}

// narrowTo leaves out of what a name may be what is no instance of the types, or what is one.
func (f *Frame) narrowTo(slot int, types []ast.Expr, truth bool) {
	var classes []string
	text, other := false, 0
	for _, t := range types {
		class := f.quietly(t)
		switch class.Name() {
		case "builtins.str":
			text = true
		case "builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.int", "builtins.float", "builtins.bool":
			other++
		}
		for _, n := range class.Symbol().Names() {
			classes = append(classes, n+"()")
		}
	}
	f.narrowKind(slot, types, truth)
	v := f.st.env[slot]
	if text && !truth || truth && other > 0 && other == len(types) {
		v = v.without(func(a *Value) bool { return a.kind == KindString && !a.bytes })
		f.st.env[slot] = v
	}
	if truth || len(classes) == 0 || !v.Is(classes...) {
		return
	}
	var left *Value
	for _, a := range v.Alternatives() {
		if a.Is(classes...) {
			a = &Value{marks: a.marks, exact: a.exact}
		}
		left = join(left, a)
	}
	f.st.env[slot] = left
}

// narrowKind leaves out of what a name may be the instances of the project's classes, and the archives, that are
// known to be none of the types, or to be of one of them. What the annotation of a parameter says it to be stays:
// callers may know better.
func (f *Frame) narrowKind(slot int, types []ast.Expr, truth bool) {
	v := f.st.env[slot]
	given := func(o *Origin) bool { // and of what callers hand in what this context was made for
		return o == nil || o.parent == nil && o.frame == f && o.index < len(f.shape) && f.shape[o.index] != nil
	}
	told := func(a *Value) bool {
		return given(a.exact) && (a.kind == KindObject && given(a.ref.(*Object).origin) || archiveOf(a) != "")
	}
	if !slices.ContainsFunc(v.Alternatives(), told) {
		return
	}
	classes := make([]*Value, len(types))
	for i, t := range types {
		classes[i] = f.quietly(t)
	}
	left := v.without(func(a *Value) bool {
		if !told(a) {
			return false
		}
		never := true
		for _, c := range classes {
			is, known := instanceOf(a, c)
			if known && is && !truth {
				return true
			}
			never = never && known && !is
		}
		return never && truth
	})
	if left != v {
		f.st.env[slot] = left
	}
}

// archiveOf is the module that opened an archive; "" for other values.
func archiveOf(v *Value) string {
	switch {
	case v.Is("tarfile.open()", "tarfile.TarFile()", "tarfile.TarFile.open()"):
		return "tarfile"
	case v.Is("zipfile.ZipFile()"):
		return "zipfile"
	}
	return ""
}

// instanceOf tells whether an instance of a class of the project, or an archive, is one of a type.
func instanceOf(v, t *Value) (is, known bool) {
	if kind := archiveOf(v); kind != "" {
		of, isType := map[string]string{"tarfile.TarFile": "tarfile", "zipfile.ZipFile": "zipfile"}[t.Name()]
		return of == kind, isType
	}
	o := v.object()
	if o == nil {
		return false, false
	}
	class := t.Class()
	if t.kind != KindClass {
		class = nil
	}
	if class == nil && !strings.HasPrefix(t.Name(), "builtins.") {
		return false, false
	}
	all := true
	for i, m := range o.each() {
		if m.class == nil {
			return false, false
		}
		one := class != nil && contains(m.class.Linear(), class)
		if !one && (!m.class.ofProject() || m.various && class != nil && contains(class.Linear(), m.class)) {
			return false, false
		}
		if i > 0 && one != all {
			return false, false
		}
		all = one
	}
	return all, true
}

// ofProject reports whether a class has no bases but such of the project, and those that make no value of it:
// ABC, Generic, Protocol.
func (c *Class) ofProject() bool {
	for _, k := range c.Linear() {
		if k.frame == nil {
			return false // its statement is still to run
		}
		for _, b := range k.Bases {
			if b.kind != KindClass && !b.Is("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol") {
				return false
			}
		}
	}
	return true
}

// without is a value that may be several things without some of these; unknown where nothing is left.
func (v *Value) without(drop func(*Value) bool) *Value {
	all := v.Alternatives()
	if !slices.ContainsFunc(all, drop) {
		return v
	}
	var left *Value
	for _, a := range all {
		if !drop(a) {
			left = join(left, a)
		}
	}
	return orUnknown(left)
}

// tells reports on which way a name got its value that is true, or false, now.
func (s *split) tells(slot int, truth bool) (way, known bool) {
	for _, d := range s.given {
		if d.slot != slot {
			continue
		}
		yes, known1 := d.yes.Truth()
		no, known2 := d.no.Truth()
		notYes, notNo := known1 && yes != truth, known2 && no != truth
		if notYes != notNo {
			return notNo, true
		}
	}
	return false, false
}

// take gives names the values of one way.
func (f *Frame) take(s *split, way bool) {
	for _, d := range s.given {
		switch {
		case f.st.env[d.slot] != d.both:
		case way:
			f.st.env[d.slot] = d.yes
		default:
			f.st.env[d.slot] = d.no
		}
	}
}

// plainTest reads a test of local names and constants; nil for others, such as calls, whose result
// may be another one the next time.
func (f *Frame) plainTest(e ast.Expr) *test {
	t := &test{}
	for {
		u, negated := e.(*ast.UnaryOp)
		if !negated || u.Op != "not" {
			break
		}
		e, t.not = u.Operand, !t.not
	}
	if !f.plain(e, t) || len(t.slots) == 0 {
		return nil
	}
	t.text = f.mod.sem.File.Text(e)
	return t
}

// plain adds the local names in an expression that holds nothing but names, constants and
// comparisons.
func (f *Frame) plain(e ast.Expr, t *test) bool {
	var parts []ast.Expr
	switch e := e.(type) {
	case *ast.Name:
		slot, ok := f.scope.Slot(e.Id)
		if !ok || f.scope.IsGlobal(e.Id) || f.st.env[slot] == nil || f.st.env[slot].kind == KindObject {
			return false // a list may be empty now and not then
		}
		t.slots = append(t.slots, slot)
		return true
	case *ast.Str, *ast.Number, *ast.Constant:
		return true
	case *ast.Compare:
		if !f.plain(e.Left, t) {
			return false
		}
		parts = e.Right
	case *ast.BoolOp:
		parts = e.Values
	case *ast.UnaryOp:
		return f.plain(e.Operand, t)
	case *ast.List:
		parts = e.Elts
	case *ast.Tuple:
		parts = e.Elts
	case *ast.Set:
		parts = e.Elts
	default:
		return false
	}
	for _, p := range parts {
		if !f.plain(p, t) {
			return false
		}
	}
	return true
}

// sameSplits keeps the tests that are remembered on both of two ways.
func sameSplits(a, b []*split) []*split {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	if len(a) == len(b) && &a[0] == &b[0] {
		return a
	}
	var out []*split
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
