package training

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
)

// worldWritable is PML1316.
var worldWritable = &checks.Rule{
	Spec: infoPML1316,
	On: []string{
		"os.{chmod,lchmod,fchmod,makedirs,mkdir}", "pathlib.PurePath().{chmod,mkdir}", "os.system",
		"subprocess.{run,call,check_call,check_output,Popen}",
	},
	Knows: []string{
		"torch.{save,load}", "safetensors.torch.{save_file,save_model,load_file}", "safetensors.{numpy,tensorflow,flax}.save_file",
		"transformers.{TrainingArguments,Seq2SeqTrainingArguments}", "trl.*", "{keras,lightning.pytorch}.callbacks.ModelCheckpoint",
		"tensorflow.train.{CheckpointManager,Checkpoint().save}", "accelerate.Accelerator().{save_state,load_state}", "os.umask", "os.path.dirname",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if isCommand(c) {
			chmodCommand(p, c)
			return
		}
		file, mode := c.Arg(0, "path"), c.Arg(1, "mode")
		if c.Receiver != nil && c.Symbol.Is("pathlib.PurePath().chmod", "pathlib.PurePath().mkdir") {
			file, mode = nil, c.Arg(0, "mode")
		}
		if mode == nil || !opensToOthers(mode.Value) {
			return
		}
		makes := strings.HasSuffix(c.Symbol.String(), "mkdir") || strings.HasSuffix(c.Symbol.String(), "makedirs")
		if makes && !umaskCleared(c) {
			return
		}
		place := c.Receiver
		var node ast.Node = receiverNode(c)
		if file != nil {
			place, node = file.Value, file.Node
		}
		if !holdsCheckpoints(p, c, place, node) {
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: closeToOthers(p, c, mode)})
	},
}

// opensToOthers reports whether a mode lets everybody write, and not only add (sticky bit).
func opensToOthers(v *checks.Value) bool {
	n, ok := v.Number()
	if !ok || n != math.Trunc(n) || n < 0 {
		return false
	}
	return int(n)&0o002 != 0 && int(n)&0o1000 == 0
}

func umaskCleared(c *checks.Call) bool {
	for _, o := range c.Frame.Calls {
		if o.Symbol.Is("os.umask") && o.Node.Pos() < c.Node.Pos() && len(o.Args) == 1 {
			if n, ok := o.Args[0].Value.Number(); ok && n == 0 {
				return true
			}
		}
	}
	return false
}

func isCommand(c *checks.Call) bool { return c.Symbol.String() == "os.system" || runsCommand(c) }

// writableMode matches the modes of a chmod command that let everybody write, and what they
// become.
var writableMode = regexp.MustCompile(`^(0?777|0?666|[ugoa]*[oa][ugoa]*\+[rwxX]*w[rwxX]*)$`)

// chmodCommand reports a command that opens a checkpoint folder to everybody.
func chmodCommand(p *checks.Pass, c *checks.Call) {
	if len(c.Args) == 0 {
		return
	}
	text := commandText(c, c.Args[0].Value)
	words := strings.Fields(text)
	if len(words) < 2 || path.Base(words[0]) != "chmod" {
		return
	}
	mode := ""
	for _, w := range words[1:] {
		if strings.HasPrefix(w, "-") {
			continue
		}
		mode = w
		break
	}
	if !writableMode.MatchString(mode) {
		return
	}
	found := false
	if items, _, ok := c.Items(c.Args[0].Value); ok {
		for _, it := range items {
			if !isText(it.Value, mode) && it.Node != nil && holdsCheckpoints(p, c, it.Value, it.Node) {
				found = true
			}
		}
	} else {
		for _, part := range c.Args[0].Value.Parts() {
			if part.Value != nil && holdsCheckpoints(p, c, part.Value, part.Node) {
				found = true
			}
		}
		if last := words[len(words)-1]; !found && last != mode {
			found = savedUnder(p, c, last)
		}
	}
	if !found {
		return
	}
	p.Report(checks.Report{Node: c.Node, Fix: closeCommand(p, c, mode)})
}

func closeCommand(p *checks.Pass, c *checks.Call, mode string) *fix.Fix {
	closed := strings.NewReplacer("777", "775", "666", "664").Replace(mode)
	if i := strings.IndexByte(mode, '+'); i >= 0 {
		closed = "g" + mode[i:]
	}
	var edits []fix.Edit
	ast.Inspect(c.Node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str, *ast.JoinedStr:
			if edits == nil && strings.Contains(p.File.Text(n), mode) {
				edits = fix.ReplaceInString(p.File, n.(ast.Expr), mode, closed)
			}
			return false
		}
		return edits == nil
	})
	return checks.Fix(true, "let the group write and not everybody", edits)
}

// closeToOthers takes the right to write from everybody.
func closeToOthers(p *checks.Pass, c *checks.Call, mode *checks.Argument) *fix.Fix {
	node := checks.ConstantNode(p, mode)
	if node == nil {
		return nil
	}
	n, _ := mode.Value.Number()
	text := fmt.Sprintf("0o%o", int(n)&^0o002)
	if symbolic := p.File.Text(node); strings.Contains(symbolic, "S_I") {
		if text = withoutOthers(symbolic); text == "" {
			text = fmt.Sprintf("0o%o", int(n)&^0o002)
		}
	}
	return checks.Fix(true, "let the group write and not everybody", checks.Replace(p, node, text))
}

// withoutOthers rewrites an expression of the constants of stat: S_IWOTH goes, S_IRWXO is
// replaced by the rights to read and search.
func withoutOthers(text string) string {
	var out []string
	for _, term := range strings.Split(text, "|") {
		t := strings.TrimSpace(term)
		switch {
		case strings.HasSuffix(t, "S_IWOTH"):
		case strings.HasSuffix(t, "S_IRWXO"):
			of := strings.TrimSuffix(t, "S_IRWXO")
			out = append(out, of+"S_IROTH", of+"S_IXOTH")
		case strings.ContainsAny(t, "()&~^"):
			return ""
		default:
			out = append(out, t)
		}
	}
	return strings.Join(out, " | ")
}

// savers are the arguments by which calls name a place of checkpoints.
var savers = []struct {
	name string
	pos  int
	arg  string
}{
	{"torch.save", 1, "f"}, {"torch.load", 0, "f"},
	{"safetensors.torch.save_file", 1, "filename"}, {"safetensors.torch.save_model", 1, "filename"}, {"safetensors.torch.load_file", 0, "filename"},
	{"safetensors.numpy.save_file", 1, "filename"}, {"safetensors.tensorflow.save_file", 1, "filename"}, {"safetensors.flax.save_file", 1, "filename"},
	{"tensorflow.train.CheckpointManager", 1, "directory"}, {"tensorflow.train.Checkpoint().save", 0, "file_prefix"},
	{"accelerate.Accelerator().save_state", 0, "output_dir"}, {"accelerate.Accelerator().load_state", 0, "input_dir"},
}

// placeOf is the argument of a call that names a file or folder of checkpoints, or nil.
func placeOf(c *checks.Call) *checks.Argument {
	for i := range savers {
		if s := &savers[i]; c.Symbol.Is(s.name) {
			return c.Arg(s.pos, s.arg)
		}
	}
	name := ""
	if c.Symbol != nil {
		name = c.Symbol.String()
		name = name[strings.LastIndexByte(name, '.')+1:]
	}
	switch {
	case c.Method == "save_pretrained", c.Method == "save_weights", c.Method == "load_weights", c.Method == "save_state", c.Method == "load_state", c.Method == "save_checkpoint", c.Method == "load_checkpoint":
		return first(c, 0, "save_directory", "filepath", "output_dir", "input_dir", "save_dir")
	case c.Method == "save" && strings.Contains(strings.ToLower(checks.LastName(receiverNode(c))), "model"):
		return first(c, 0, "filepath")
	case strings.HasSuffix(name, "TrainingArguments"), strings.HasPrefix(c.Symbol.String(), "trl.") && strings.HasSuffix(name, "Config"):
		return first(c, 0, "output_dir")
	case name == "ModelCheckpoint":
		return first(c, 0, "dirpath", "filepath")
	}
	return c.Arg(-1, "resume_from_checkpoint")
}

func first(c *checks.Call, pos int, names ...string) *checks.Argument {
	for _, n := range names {
		if a := c.Arg(-1, n); a != nil {
			return a
		}
	}
	return c.Arg(pos, "")
}

// holdsCheckpoints reports whether a place is one to which the file's code writes checkpoints,
// or from which it reads them: the same, or a folder above it.
func holdsCheckpoints(p *checks.Pass, c *checks.Call, place *checks.Value, node ast.Node) bool {
	if text, ok := place.Text(); ok {
		return savedUnder(p, c, text)
	}
	if place.Is("pathlib.PurePath()") {
		if t := pathPrefix(place); t != "" && savedUnder(p, c, t) {
			return true
		}
	}
	names := []string{p.File.Text(node)}
	if e, ok := node.(ast.Expr); ok {
		for _, at := range c.Frame.SpelledOut(e) {
			switch at.Expr.(type) {
			case *ast.Name, *ast.Attribute:
				if p.Holds(at.Expr) {
					names = append(names, p.File.Text(at.Expr))
				}
			}
		}
	}
	return anySave(c, func(a *checks.Argument) bool {
		return sameValue(a.Value, place) || slices.ContainsFunc(names, func(name string) bool {
			return mentions(p, a.Node, name) || mentionsPart(p, a.Value.PathText(), name) || madeOn(p, a.Node, name)
		})
	})
}

// sameValue reports whether two values are one thing, or unknown and from the same source.
func sameValue(a, b *checks.Value) bool {
	if flow.SameThing(a, b) {
		return true
	}
	x, y := a.Marks(), b.Marks()
	if a.Kind() != flow.KindUnknown || b.Kind() != flow.KindUnknown || len(x) == 0 || len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].Origin != y[i].Origin {
			return false
		}
	}
	return true
}

// savedUnder reports whether checkpoints are at a constant path or below it.
func savedUnder(p *checks.Pass, c *checks.Call, folder string) bool {
	folder = path.Clean(folder)
	return anySave(c, func(a *checks.Argument) bool {
		t := a.Value.Prefix()
		if t == "" {
			t = pathPrefix(a.Value)
		}
		whole, constant := a.Value.Text()
		if constant && path.Ext(whole) == "" && strings.HasPrefix(folder, path.Clean(whole)+"/") {
			return true // a folder within that of the checkpoints
		}
		return constant && path.Clean(whole) == folder || strings.HasPrefix(t, folder+"/") || path.Clean(t) == folder && t != ""
	})
}

// pathPrefix is the constant text with which a pathlib path begins.
func pathPrefix(v *checks.Value) string {
	for v != nil && v.Origin() != nil && len(v.Origin().Args) > 0 {
		if t := v.Origin().Args[0].Value.Prefix(); t != "" {
			return t
		}
		v = v.Origin().Args[0].Value
	}
	return ""
}

func anySave(c *checks.Call, is func(*checks.Argument) bool) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if a := placeOf(o); a != nil && a.Node != nil && o.Node != c.Node && is(a) {
				return true
			}
		}
	}
	return false
}

// madeOn reports whether a local name was assigned an expression that holds another one:
// `path = self.folder / name`.
func madeOn(p *checks.Pass, e ast.Node, text string) bool {
	name, ok := e.(*ast.Name)
	if !ok || !p.Holds(e) {
		return false
	}
	fn := p.FunctionAround(name)
	if fn == nil {
		return false
	}
	from := checks.LastAssigned(fn.Body, name)
	return from != nil && mentions(p, from, text)
}

// mentions reports whether an expression is another one, or holds it: `os.path.join(X, name)`.
func mentions(p *checks.Pass, e ast.Node, text string) bool {
	if !p.Holds(e) {
		return false
	}
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Call:
			found = found || p.File.Text(n) == text
		}
		return !found
	})
	return found
}

func mentionsPart(p *checks.Pass, v *checks.Value, text string) bool {
	for _, part := range v.Parts() {
		if part.Node != nil && part.Mod != nil && part.Mod.File == p.File && p.File.Text(part.Node) == text {
			return true
		}
	}
	return false
}
