package robustness

import (
	"slices"
	"sort"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// This file holds the check of machines that start because nothing was seen.

// nothingSeen is PML1410.
var nothingSeen = &checks.Rule{
	Spec:  infoPML1410,
	Needs: []string{"if "},
	Knows: []string{
		"ultralytics.{YOLO,RTDETR,YOLOWorld}()", "torchvision.models.detection.**", "transformers.pipeline()", "cv2.{CascadeClassifier,HOGDescriptor}().detectMultiScale",
		"gpiozero.**", "RPi.GPIO.output", "serial.Serial().write",
	},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		acts := permissions(f)
		if len(acts) == 0 {
			return
		}
		f.InspectOwn(func(n ast.Node) bool {
			s, ok := n.(*ast.If)
			if !ok {
				_, within := n.(ast.Expr)
				return !within
			}
			body := ast.Span{Start: s.Body[0].Pos(), End: s.Body[len(s.Body)-1].Range().Stop()}
			i := sort.Search(len(acts), func(i int) bool { return acts[i] >= body.Start })
			if i < len(acts) && acts[i] < body.End && onlyNothing(f, s.Test) {
				p.Report(checks.Report{Node: s, Fix: askSensor(p, s)})
			}
			return true
		})
	},
}

// permitting are the beginnings of names of functions that let something happen.
var permitting = []string{"unlock", "open_", "release", "enable", "start_", "resume", "grant", "allow", "disarm", "proceed"}

// permissions lists, in order, the places at which something happens that must not where somebody
// is.
func permissions(f *checks.Frame) []ast.Pos {
	var out []ast.Pos
	for _, c := range f.Calls {
		name, symbol := checks.CalledName(c), symbolOf(c)
		permits := strings.HasPrefix(symbol, "gpiozero.") && (name == "on" || name == "open") ||
			strings.HasPrefix(symbol, "RPi.GPIO.") && name == "output" ||
			strings.HasPrefix(symbol, "serial.Serial") && name == "write"
		lower := strings.ToLower(name)
		for _, word := range permitting {
			permits = permits || strings.HasPrefix(lower, word)
		}
		if permits {
			out = append(out, c.Node.Pos())
		}
	}
	slices.Sort(out)
	return out
}

// onlyNothing reports whether a test asks only whether a detector has found nothing.
func onlyNothing(f *checks.Frame, test ast.Expr) bool {
	found := false
	for _, e := range conjuncts(f, test) {
		switch {
		case nothing(e.Frame, e.Expr):
			found = true
		case seen(e.Frame, e.Expr) || counts(e.Frame, e.Expr):
			// no signal of its own
		default:
			return false
		}
	}
	return found
}

// conjuncts lists the tests that must all hold for a test to hold, helpers and names followed.
func conjuncts(f *checks.Frame, e ast.Expr) []flow.Spelled {
	last := flow.Spelled{Frame: f, Expr: e}
	list := f.SpelledOut(e)
	if len(list) > 8 {
		return []flow.Spelled{last}
	}
	for _, x := range list {
		switch n := x.Expr.(type) {
		case *ast.BoolOp:
			if n.Or {
				return []flow.Spelled{x}
			}
			var out []flow.Spelled
			for _, v := range n.Values {
				out = append(out, conjuncts(x.Frame, v)...)
			}
			return out
		case *ast.Compare, *ast.UnaryOp:
			last = x
		}
	}
	return []flow.Spelled{last}
}

// nothing reports whether an expression is true where there are no detections.
func nothing(f *checks.Frame, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.UnaryOp:
		if e.Op != "not" {
			return false
		}
		switch x := e.Operand.(type) {
		case *ast.Call:
			switch checks.LastName(x.Fn) {
			case "any", "len", "bool", "sum":
				return seen(f, x)
			}
			return seen(f, x) && !isTest(f, x)
		case *ast.Compare, *ast.BoolOp:
			return false
		}
		return seen(f, e.Operand)
	case *ast.Compare:
		if len(e.Ops) != 1 {
			return false
		}
		switch e.Ops[0] {
		case "==", "<", "<=":
			n, ok := e.Right[0].(*ast.Number)
			if !ok || !(n.Text == "0" && e.Ops[0] != "<" || n.Text == "1" && e.Ops[0] == "<") {
				return false
			}
			return counted(f, e.Left) && seen(f, e.Left)
		case "not in":
			_, constant := e.Left.(*ast.Str)
			return (constant || isConstantName(f, e.Left)) && seen(f, e.Right[0])
		}
	}
	return false
}

// isTest reports whether what is called is an own function that returns a verdict, which is
// looked at itself.
func isTest(f *checks.Frame, n *ast.Call) bool {
	c := f.CallAt(n)
	return c != nil && len(c.Enters()) > 0 && c.Callee.Kind() == flow.KindFunction && returnsVerdict(c)
}

func returnsVerdict(c *checks.Call) bool {
	for _, g := range c.Enters() {
		for _, out := range outputs(g.Function()) {
			switch out.(type) {
			case *ast.Compare, *ast.BoolOp, *ast.Constant:
				return true
			case *ast.UnaryOp:
				return true
			}
		}
	}
	return false
}

func isConstantName(f *checks.Frame, e ast.Expr) bool {
	for in := range f.StandsFor(e) {
		if _, text := in.Literal.(*ast.Str); text {
			return true
		}
	}
	return false
}

// counted reports whether an expression is how many there are: len(x), a sum, a shape.
func counted(f *checks.Frame, e ast.Expr) bool {
	for _, x := range f.SpelledOut(e) {
		switch n := x.Expr.(type) {
		case *ast.Call:
			switch checks.LastName(n.Fn) {
			case "len", "sum", "size", "numel", "count_nonzero", "count":
				return true
			}
		case *ast.Subscript:
			if checks.LastName(n.Value) == "shape" {
				return true
			}
		case *ast.Attribute:
			if n.Attr.Id == "size" {
				return true
			}
		}
	}
	return false
}

// seen reports whether an expression is made of what a detector has found.
func seen(f *checks.Frame, e ast.Expr) bool {
	return madeOf(f, e, func(in flow.Ingredient) bool { return in.Call != nil && detects(in.Call) })
}

// detects reports whether a call runs an object detector on an image.
func detects(c *checks.Call) bool {
	s := symbolOf(c)
	switch {
	case strings.HasPrefix(s, "ultralytics."):
		return strings.HasSuffix(s, "()") || strings.HasSuffix(s, "().predict") || strings.HasSuffix(s, "().track")
	case strings.HasPrefix(s, "torchvision.models.detection."):
		return strings.HasSuffix(s, "()")
	case s == "transformers.pipeline()":
		if made := c.Callee.Origin(); made != nil {
			if task := made.Arg(0, "task"); task != nil {
				t, ok := task.Value.Text()
				return ok && strings.HasSuffix(t, "object-detection")
			}
		}
	case strings.HasPrefix(s, "cv2."):
		return strings.HasSuffix(s, ".detectMultiScale")
	}
	// A torchvision detector is a torch.nn.Module for the models.
	if made := c.Callee.Origin(); made != nil && strings.HasPrefix(symbolOf(made), "torchvision.models.detection.") {
		return c.Method == "" || c.Method == "forward"
	}
	return false
}

// counts reports whether an expression compares a counter: something that the program only adds
// constants to, which follows from the frames as well.
func counts(f *checks.Frame, e ast.Expr) bool {
	c, ok := e.(*ast.Compare)
	if !ok {
		return false
	}
	for _, side := range append([]ast.Expr{c.Left}, c.Right...) {
		name := checks.LastName(side)
		if name == "" {
			if _, number := side.(*ast.Number); !number {
				return false
			}
			continue
		}
		if !isCounter(f, side) {
			if _, ok := literalNumber(f, side); !ok {
				return false
			}
		}
	}
	return true
}

// isCounter reports whether a name is added to by constants.
func isCounter(f *checks.Frame, e ast.Expr) bool {
	found := false
	for _, g := range f.Beside() {
		if g != f && g.Class() != f.Class() {
			continue
		}
		g.InspectOwn(func(n ast.Node) bool {
			switch a := n.(type) {
			case *ast.AugAssign:
				if a.Op == "+" && checks.LastName(a.Target) == checks.LastName(e) {
					_, number := a.Value.(*ast.Number)
					found = found || number
				}
			case *ast.Assign: // n = n + 1 if … else 0
				if checks.LastName(a.Targets[0]) != checks.LastName(e) {
					break
				}
				ast.Inspect(a.Value, func(n ast.Node) bool {
					if sum, ok := n.(*ast.BinOp); ok && sum.Op == "+" {
						_, number := sum.Right.(*ast.Number)
						found = found || number && checks.LastName(sum.Left) == checks.LastName(e)
					}
					return !found
				})
			}
			return !found
		})
	}
	return found
}

// sensor is the function that stands for a signal which does not come from the picture.
const sensor = "independent_sensor_clear"

// askSensor asks a second signal as well.
func askSensor(p *checks.Pass, s *ast.If) *fix.Fix {
	text := p.File.Text(s.Test)
	switch t := s.Test.(type) {
	case *ast.BoolOp:
		if t.Or {
			text = "(" + text + ")"
		}
	case *ast.IfExp, *ast.Lambda, *ast.NamedExpr:
		text = "(" + text + ")"
	}
	edits := checks.Replace(p, s.Test, text+" and "+sensor+"()")
	if p.Defines(sensor) {
		return checks.Fix(true, "ask a second sensor", edits)
	}
	return checks.Fix(true, "ask a second sensor", edits, belowImports(p, "def "+sensor+"() -> bool:", "    return False  # connect a non-visual sensor"))
}

// belowImports puts lines below the imports at the top of the file, set apart by blank lines.
func belowImports(p *checks.Pass, lines ...string) []fix.Edit {
	var last, next ast.Stmt
	for i, s := range p.File.Body {
		switch s := s.(type) {
		case *ast.Import, *ast.ImportFrom:
			last = s
			continue
		case *ast.ExprStmt:
			if _, doc := s.Value.(*ast.Str); doc && i == 0 {
				continue
			}
		}
		if next = s; next != nil {
			break
		}
	}
	if last == nil {
		if next == nil {
			return nil
		}
		return fix.InsertBefore(p.File, next, append(lines, "")...)
	}
	lines = append([]string{""}, lines...)
	if next != nil && strings.Count(string(p.Source.Text[last.Range().Stop():next.Pos()]), "\n") < 2 {
		lines = append(lines, "")
	}
	return fix.InsertAfter(p.File, last, lines...)
}
