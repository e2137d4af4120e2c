package ast

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The tree is compared with CPython's own over every fourth file of the standard library of
// the python3 on PATH; over all of them where AST_CORPUS is "all". AST_CORPUS may also list
// other folders of Python files (separated as in PATH), AST_PYTHON another interpreter.
func TestTreeIsThatOfCPython(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds")
	}
	python := os.Getenv("AST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if _, err := exec.LookPath(python); err != nil {
		t.Skip("no " + python + " on PATH")
	}
	files := corpusFiles(t, python)
	c := comparison{t: t}
	c.run(python, files)
	t.Logf("%d files (%.1f MB), %d refused by CPython, %d differ", c.files, float64(c.bytes)/1e6, c.refused, c.different)
}

// corpusFiles lists the files to compare.
func corpusFiles(t *testing.T, python string) []string {
	var roots []string
	corpus := os.Getenv("AST_CORPUS")
	if corpus != "" && corpus != "all" {
		roots = filepath.SplitList(corpus)
	} else {
		out, err := exec.Command(python, "-c", "import os; print(os.path.dirname(os.__file__))").Output()
		if err != nil {
			t.Skip("python does not run: ", err)
		}
		roots = []string{strings.TrimSpace(string(out))}
	}
	var files []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case d.IsDir() && (d.Name() == "site-packages" || d.Name() == "lib2to3") && path != root:
				return filepath.SkipDir
			case d.Type().IsRegular() && strings.HasSuffix(path, ".py"):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if corpus != "" {
		return files
	}
	var some []string
	for i := 0; i < len(files); i += 4 {
		some = append(some, files[i])
	}
	return some
}

type comparison struct {
	t                         *testing.T
	files, refused, different int
	bytes                     int
	quiet                     bool // no positions within f-strings
}

// run reads what dump.py prints and holds our trees against it.
func (c *comparison) run(python string, files []string) {
	cmd := exec.Command(python, filepath.Join("testdata", "dump.py"))
	cmd.Stdin = strings.NewReader(strings.Join(files, "\x00"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	var path string
	var lines []string
	flush := func() {
		if path != "" {
			c.file(path, lines)
		}
		lines = nil
	}
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "V "):
			var major, minor int
			fmt.Sscanf(line, "V %d %d", &major, &minor)
			c.quiet = minor < 12
		case strings.HasPrefix(line, "F "):
			flush()
			path = line[2:]
		default:
			lines = append(lines, line)
		}
	}
	flush()
	if err := cmd.Wait(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *comparison) file(path string, want []string) {
	c.files++
	if len(want) == 1 && want[0] == "E" {
		c.refused++
		return
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	c.bytes += len(raw)
	src, err := NewSource(path, raw)
	if err != nil {
		c.fail("%v", err)
		return
	}
	file, err := Parse(context.Background(), src)
	if err != nil {
		c.fail("%v", err)
		return
	}
	if len(file.Errors) > 0 {
		e := file.Errors[0]
		c.fail("%s:%d: %s: %s", path, src.Line(e.Start), e.Msg, excerptLine(src, e.Start))
		return
	}
	for i, s := range file.Body {
		d := dumper{file: file, quietInner: c.quiet}
		d.node(s)
		got := strings.ReplaceAll(d.out.String(), "\n", " ")
		if i >= len(want) {
			c.fail("%s:%d: a statement too many: %s", path, src.Line(s.Pos()), excerptLine(src, s.Pos()))
			return
		}
		if got != want[i] {
			c.fail("%s:%d: %s", path, src.Line(s.Pos()), firstDifference(src, got, want[i]))
			return
		}
	}
	if len(want) > len(file.Body) {
		c.fail("%s: %d statements are missing", path, len(want)-len(file.Body))
	}
}

func (c *comparison) fail(format string, args ...any) {
	c.different++
	if c.different <= 40 {
		c.t.Errorf(format, args...)
	} else {
		c.t.Fail()
	}
}

func excerptLine(src *Source, pos Pos) string {
	line := src.Line(pos)
	return strings.TrimSpace(src.Slice(Span{src.LineStart(line), src.LineEnd(line)}))
}

func firstDifference(src *Source, got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-60)
	at := Pos(0)
	for j := strings.LastIndexByte(got[:i], '@') + 1; j > 0 && j < len(got) && got[j] >= '0' && got[j] <= '9'; j++ {
		at = at*10 + Pos(got[j]-'0')
	}
	return fmt.Sprintf("\n\ttext %s\n\tgot  …%s\n\twant …%s", excerptLine(src, at), got[from:min(len(got), i+60)], want[from:min(len(want), i+60)])
}

// dumper writes a tree in the form of testdata/dump.py.
type dumper struct {
	file       *File
	out        strings.Builder
	quietInner bool
	legacy     bool // write print statements as such, not as Python 3 would read them
	quiet      int
}

func (d *dumper) f(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

func (d *dumper) at(s Span) string {
	if d.quiet > 0 {
		return ""
	}
	return fmt.Sprintf("@%d-%d", s.Start, s.End)
}

func (d *dumper) start(n Node) { d.f("(%s%s ", n.Kind(), d.at(n.Range())) }

func listOf[T Node](d *dumper, list []T) {
	d.f("[")
	for i, n := range list {
		if i > 0 {
			d.f(" ")
		}
		d.node(n)
	}
	d.f("]")
}

func (d *dumper) opt(e Expr) {
	if e == nil {
		d.f("-")
		return
	}
	d.node(e)
}

func orDash(n *Name) string {
	if n == nil {
		return "-"
	}
	return n.Id
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *dumper) params(ps *Parameters) {
	d.f("{")
	for i, p := range ps.List {
		if i > 0 {
			d.f(" ")
		}
		span := p.Name.Span
		if p.Annotation != nil {
			span.End = d.file.Parens(p.Annotation).End
		}
		if p.Unpack != nil {
			d.opt(p.Unpack)
		}
		d.f("%s%s%s:", [...]string{"p", "a", "*", "k", "**"}[p.ParamKind], p.Name.Id, d.at(span))
		d.opt(p.Annotation)
		d.f("=")
		d.opt(p.Default)
	}
	d.f("}")
}

func (d *dumper) node(n Node) {
	switch n := n.(type) {
	case *FunctionDef:
		d.start(n)
		d.f("%d %s ", bit(n.Async), n.Name.Id)
		d.decorators(n.Decorators)
		d.f(" ")
		listOf(d, n.TypeParams)
		d.f(" ")
		d.params(n.Params)
		d.f(" ")
		d.opt(n.Returns)
		d.f(" ")
		listOf(d, n.Body)
	case *ClassDef:
		d.start(n)
		d.f("%s ", n.Name.Id)
		d.decorators(n.Decorators)
		d.f(" ")
		listOf(d, n.TypeParams)
		d.f(" ")
		listOf(d, n.Bases)
		d.f(" ")
		listOf(d, n.Keywords)
		d.f(" ")
		listOf(d, n.Body)
	case *Return:
		d.start(n)
		d.opt(n.Value)
	case *Delete:
		d.start(n)
		listOf(d, n.Targets)
	case *Assign:
		d.start(n)
		listOf(d, n.Targets)
		d.f(" ")
		d.node(n.Value)
	case *AugAssign:
		d.start(n)
		d.node(n.Target)
		d.f(" %s ", n.Op)
		d.node(n.Value)
	case *AnnAssign:
		d.start(n)
		d.node(n.Target)
		d.f(" ")
		d.node(n.Annotation)
		d.f(" ")
		d.opt(n.Value)
	case *TypeAlias:
		d.start(n)
		d.node(n.Name)
		d.f(" ")
		listOf(d, n.TypeParams)
		d.f(" ")
		d.node(n.Value)
	case *TypeParam:
		d.start(n)
		d.f("%d %s ", n.Stars, n.Name.Id)
		d.opt(n.Bound)
		d.f(" ")
		d.opt(n.Default)
	case *For:
		d.start(n)
		d.f("%d ", bit(n.Async))
		d.node(n.Target)
		d.f(" ")
		d.node(n.Iter)
		d.bodies(n.Body, n.Orelse)
	case *While:
		d.start(n)
		d.node(n.Test)
		d.bodies(n.Body, n.Orelse)
	case *If:
		d.start(n)
		d.node(n.Test)
		d.bodies(n.Body, n.Orelse)
	case *With:
		d.start(n)
		d.f("%d [", bit(n.Async))
		for i, item := range n.Items {
			if i > 0 {
				d.f(" ")
			}
			d.node(item.Context)
			d.f(">")
			d.opt(item.Target)
		}
		d.f("]")
		d.bodies(n.Body)
	case *Match:
		d.start(n)
		d.node(n.Subject)
		d.f(" [")
		for i, c := range n.Cases {
			if i > 0 {
				d.f(" ")
			}
			d.node(c.Pattern)
			d.f("?")
			d.opt(c.Guard)
			d.bodies(c.Body)
		}
		d.f("]")
	case *Raise:
		d.start(n)
		d.opt(n.Exc)
		d.f(" ")
		d.opt(n.Cause)
		if n.Legacy != nil {
			d.f(" ")
			listOf(d, n.Legacy)
		}
	case *Try:
		d.start(n)
		d.f("%d ", bit(n.Star))
		listOf(d, n.Body)
		d.f(" ")
		listOf(d, n.Handlers)
		d.bodies(n.Orelse, n.Final)
	case *ExceptHandler:
		d.start(n)
		d.opt(n.Type)
		d.f(" %s", orDash(n.Name))
		d.bodies(n.Body)
	case *Assert:
		d.start(n)
		d.node(n.Test)
		d.f(" ")
		d.opt(n.Msg)
	case *Import:
		d.start(n)
		listOf(d, n.Names)
	case *ImportFrom:
		d.start(n)
		module := n.Module
		if module == "" {
			module = "-"
		}
		d.f("%s %d ", module, n.Level)
		listOf(d, n.Names)
	case *Alias:
		d.start(n)
		d.f("%s %s", n.Name, orDash(n.AsName))
	case *Global:
		d.start(n)
		d.namesOf(n.Names)
	case *Nonlocal:
		d.start(n)
		d.namesOf(n.Names)
	case *ExprStmt:
		d.start(n)
		d.node(n.Value)
	case *Pass, *Break, *Continue:
		d.start(n)
	case *Print:
		if n.Dest != nil && !d.legacy {
			d.print(n)
			return
		}
		d.start(n)
		d.opt(n.Dest)
		d.f(" ")
		listOf(d, n.Values)
	case *Exec:
		d.start(n)
		d.node(n.Body)
		d.f(" ")
		d.opt(n.Globals)
		d.f(" ")
		d.opt(n.Locals)
	case *BadStmt:
		d.start(n)
		listOf(d, n.Parts)
	case *Keyword:
		d.start(n)
		d.f("%s ", orDash(n.Name))
		d.node(n.Value)
	case Expr:
		d.expr(n)
		return
	case Pattern:
		d.pattern(n)
	default:
		d.start(n)
	}
	d.f(")")
}

// print writes `print >>file, x` as what it is in Python 3, a tuple. Parse takes it for
// Python 2's statement on purpose: nobody writes the tuple.
func (d *dumper) print(n *Print) {
	shift := Span{n.Start, n.Dest.Stop()}
	d.f("(ExprStmt%s ", d.at(n.Span))
	if len(n.Values) > 0 {
		d.f("(Tuple%s [", d.at(n.Span))
	}
	d.f("(BinOp%s (Name%s print) >> ", d.at(shift), d.at(Span{n.Start, n.Start + 5}))
	d.node(n.Dest)
	d.f(")")
	for _, v := range n.Values {
		d.f(" ")
		d.node(v)
	}
	if len(n.Values) > 0 {
		d.f("])")
	}
	d.f(")")
}

func (d *dumper) decorators(list []*Decorator) {
	d.f("[")
	for i, x := range list {
		if i > 0 {
			d.f(" ")
		}
		d.node(x.Expr)
	}
	d.f("]")
}

func (d *dumper) bodies(bodies ...[]Stmt) {
	for _, b := range bodies {
		d.f(" ")
		listOf(d, b)
	}
}

func (d *dumper) namesOf(list []*Name) {
	for i, n := range list {
		if i > 0 {
			d.f(" ")
		}
		d.f("%s", n.Id)
	}
}

func (d *dumper) expr(n Expr) {
	switch n := n.(type) {
	case *Number:
		if d.quiet > 0 {
			d.f("(Number)")
			return
		}
		d.start(n)
		d.f("%s", n.Text)
	case *Name:
		d.start(n)
		d.f("%s", n.Id)
	case *Str:
		d.start(n)
		d.f("%d %x", bit(n.Bytes), n.Value)
	case *JoinedStr:
		d.start(n)
		d.joined(n)
	case *Constant:
		d.start(n)
		d.f("%s", [...]string{"None", "True", "False", "Ellipsis"}[n.Value])
	case *BoolOp:
		d.start(n)
		d.f("%d ", bit(n.Or))
		listOf(d, n.Values)
	case *NamedExpr:
		d.start(n)
		d.node(n.Target)
		d.f(" ")
		d.node(n.Value)
	case *BinOp:
		d.start(n)
		d.node(n.Left)
		d.f(" %s ", n.Op)
		d.node(n.Right)
	case *UnaryOp:
		d.start(n)
		d.f("%s ", n.Op)
		d.node(n.Operand)
	case *Lambda:
		d.start(n)
		d.params(n.Params)
		d.f(" ")
		d.node(n.Body)
	case *IfExp:
		d.start(n)
		d.node(n.Test)
		d.f(" ")
		d.node(n.Body)
		d.f(" ")
		d.node(n.Orelse)
	case *Dict:
		d.start(n)
		d.f("[")
		for i, k := range n.Keys {
			if i > 0 {
				d.f(" ")
			}
			d.opt(k)
		}
		d.f("] ")
		listOf(d, n.Values)
	case *Set:
		d.start(n)
		listOf(d, n.Elts)
	case *List:
		d.start(n)
		listOf(d, n.Elts)
	case *Tuple:
		d.start(n)
		listOf(d, n.Elts)
	case *Comp:
		d.start(n)
		d.f("%d ", [...]int{0, 1, 2, 3}[n.CompKind])
		d.opt(n.Key)
		d.f(" ")
		d.node(n.Elt)
		d.f(" [")
		for i, c := range n.Clauses {
			if i > 0 {
				d.f(" ")
			}
			d.f("%d ", bit(c.Async))
			d.node(c.Target)
			d.f(" ")
			d.node(c.Iter)
			d.f(" ")
			listOf(d, c.Ifs)
		}
		d.f("]")
	case *Await:
		d.start(n)
		d.node(n.Value)
	case *Starred:
		d.start(n)
		d.node(n.Value)
	case *Yield:
		d.start(n)
		d.f("%d ", bit(n.From))
		d.opt(n.Value)
	case *Compare:
		d.start(n)
		d.node(n.Left)
		d.f(" %s ", strings.Join(n.Ops, ","))
		listOf(d, n.Right)
	case *Call:
		d.start(n)
		d.node(n.Fn)
		d.f(" ")
		listOf(d, n.Args)
		d.f(" ")
		listOf(d, n.Keywords)
	case *Attribute:
		d.start(n)
		d.node(n.Value)
		d.f(" %s", n.Attr.Id)
	case *Subscript:
		d.start(n)
		d.node(n.Value)
		d.f(" ")
		d.node(n.Index)
	case *Slice:
		d.start(n)
		d.opt(n.Lower)
		d.f(" ")
		d.opt(n.Upper)
		d.f(" ")
		d.opt(n.Step)
	case *BadExpr:
		d.start(n)
		listOf(d, n.Parts)
	default:
		d.start(n)
	}
	d.f(")")
}

// joined writes the parts of an f-string. CPython makes the text of `{x=}` a constant.
func (d *dumper) joined(n *JoinedStr) {
	if d.quietInner {
		d.quiet++
		defer func() { d.quiet-- }()
	}
	var parts []string
	text := func(s string) {
		if s == "" {
			return
		}
		if k := len(parts); k > 0 && parts[k-1][0] == '=' {
			parts[k-1] += fmt.Sprintf("%x", s)
		} else {
			parts = append(parts, fmt.Sprintf("=%x", s))
		}
	}
	for _, v := range n.Values {
		switch v := v.(type) {
		case *Str:
			text(v.Value)
		case *Placeholder:
			conversion := "-"
			if v.Debug {
				text(d.debugText(v))
				if v.Spec == nil {
					conversion = "r"
				}
			}
			if v.Conversion != 0 {
				conversion = string(v.Conversion)
			}
			inner := dumper{file: d.file, quietInner: d.quietInner, quiet: d.quiet}
			inner.f("{")
			inner.node(v.Value)
			inner.f(" %s ", conversion)
			if v.Spec == nil {
				inner.f("-")
			} else {
				inner.joined(v.Spec)
			}
			inner.f("}")
			parts = append(parts, inner.out.String())
		default:
			parts = append(parts, "?"+v.Kind().String())
		}
	}
	d.f("[%s]", strings.Join(parts, " "))
}

func (d *dumper) debugText(p *Placeholder) string {
	end := d.file.Parens(p.Value).End
	text := d.file.Source.Text
	for end < p.End && text[end] != '=' {
		end++
	}
	for end++; end < p.End && (text[end] == ' ' || text[end] == '\n'); end++ {
	}
	debug := text[p.Start+1 : end]
	for _, c := range d.file.Comments {
		if p.Range().Contains(c.Span) {
			debug = append(append([]byte{}, text[p.Start+1:c.Start]...), text[c.End:min(p.End, c.End+3)]...)
		}
	}
	return string(debug)
}

func (d *dumper) pattern(n Pattern) {
	d.start(n)
	switch n := n.(type) {
	case *MatchValue:
		d.node(n.Value)
	case *MatchSequence:
		listOf(d, n.Patterns)
	case *MatchMapping:
		listOf(d, n.Keys)
		d.f(" ")
		listOf(d, n.Patterns)
		d.f(" %s", orDash(n.Rest))
	case *MatchClass:
		d.node(n.Class)
		d.f(" ")
		listOf(d, n.Patterns)
		d.f(" [")
		d.namesOf(n.KwdAttrs)
		d.f("] ")
		listOf(d, n.KwdPatterns)
	case *MatchStar:
		d.f("%s", orDash(n.Name))
	case *MatchAs:
		if n.Pattern == nil {
			d.f("-")
		} else {
			d.node(n.Pattern)
		}
		d.f(" %s", orDash(n.Name))
	case *MatchOr:
		listOf(d, n.Patterns)
	}
}
