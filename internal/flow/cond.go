package flow

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// condition is what a test proves: which origins are clean when it is true, and when it is
// false.
type condition struct {
	yes, no []cleanEntry
	facts   Facts
}

// condition evaluates a test.
func (f *Frame) condition(e ast.Expr) (*Value, condition) {
	switch e := e.(type) {
	case *ast.UnaryOp:
		if e.Op == "not" {
			v, c := f.condition(e.Operand)
			c.yes, c.no = c.no, c.yes
			if b, ok := v.Truth(); ok {
				return boolValue(!b), c
			}
			return condValue(c), c
		}
	case *ast.BoolOp:
		return f.boolOp(e)
	case *ast.Compare:
		return f.compare(e)
	case *ast.NamedExpr:
		v, c := f.condition(e.Value)
		f.bind(e.Target.Id, f.step(v, e.Target, "stored in `"+e.Target.Id+"`"))
		return v, c
	case *ast.Call:
		if n, ok := e.Fn.(*ast.Name); ok && (n.Id == "any" || n.Id == "all") && len(e.Args) == 1 {
			if comp, ok := e.Args[0].(*ast.Comp); ok {
				return f.anyAll(e, comp, n.Id == "any")
			}
		}
		v := f.expr(e)
		c, g := f.callGuard(e, f.callOf(e))
		if c {
			return v, g
		}
		if v.cond != nil {
			return v, *v.cond
		}
		return v, f.asked(v)
	}
	v := f.expr(e)
	if v.cond != nil {
		return v, *v.cond
	}
	if b, ok := e.(*ast.BinOp); ok && b.Op == "-" {
		return v, f.otherCharacters(b)
	}
	c := f.asked(v)
	if _, ok := e.(*ast.Name); ok && v.kind != KindObject {
		c.no = f.cleanAll(v) // what is empty does no harm
	}
	return v, c
}

// asked notes that a person's answer is tested.
func (f *Frame) asked(v *Value) condition {
	var c condition
	for _, m := range v.marks {
		if m.Label == models.Local && m.Source().Is(confirmations...) {
			c.facts |= Confirmed
		}
	}
	if v.call != nil && v.call.Symbol.Is(confirmations...) {
		c.facts |= Confirmed
	}
	return c
}

var confirmations = []string{"builtins.input", "builtins.raw_input", "click.confirm", "click.prompt", "typer.confirm", "typer.prompt", "rich.prompt.Confirm.ask", "rich.prompt.Prompt.ask", "questionary.confirm", "inquirer.confirm"}

// provingAll is the result of a call that may be of several things, of which each has given one of these values: what
// its truth proves is what it proves whichever of them was called.
func provingAll(v *Value, given []*Value) *Value {
	var c *condition
	for i, g := range given {
		switch {
		case g == nil || g.cond == nil:
			c = nil
		case i == 0:
			c = g.cond
		case c != nil:
			c = &condition{yes: intersect(c.yes, g.cond.yes), no: intersect(c.no, g.cond.no), facts: c.facts & g.cond.facts}
		}
		if c == nil {
			break
		}
	}
	if v == nil || v.cond == c {
		return v
	}
	k := *v
	k.cond = c
	return &k
}

// nothingSaid reports whether a value is something of which nothing is known and that brings no data: where another is
// known that it may be, that stands for it.
func nothingSaid(v *Value) bool { return v.kind == KindUnknown && len(v.marks) == 0 && v.exact == nil }

// demandsYes reports whether a question of click's raises at any other answer than yes.
func demandsYes(c *Call) bool {
	a := c.Arg(-1, "abort")
	return a != nil && a.Value.IsTrue()
}

func condValue(c condition) *Value {
	return &Value{kind: KindConst, konst: constNumber, cond: &c}
}

func (f *Frame) boolOp(e *ast.BoolOp) (*Value, condition) {
	var v *Value
	var out condition
	clean := f.st.clean
	for i, x := range e.Values {
		xv, c := f.condition(x)
		if i == 0 {
			out = c
		} else if e.Or {
			out.yes = intersect(out.yes, c.yes)
			out.no = append(out.no[:len(out.no):len(out.no)], c.no...)
		} else {
			out.yes = append(out.yes[:len(out.yes):len(out.yes)], c.yes...)
			out.no = intersect(out.no, c.no)
		}
		out.facts |= c.facts
		// What is tested next is reached only when this did not decide.
		if e.Or {
			f.refine(c.no)
			if i < len(e.Values)-1 {
				if b, ok := xv.Truth(); ok && !b {
					continue
				}
			}
		} else {
			f.refine(c.yes)
		}
		v = join(v, xv)
	}
	f.st.clean = clean
	if e.Or {
		out.yes = append(out.yes[:len(out.yes):len(out.yes)], f.ofWords(e)...)
	}
	if len(out.yes) > 0 || len(out.no) > 0 || out.facts != 0 {
		k := *v
		k.cond = &out
		v = &k
	}
	return v, out
}

func (f *Frame) compare(e *ast.Compare) (*Value, condition) {
	l := f.expr(e.Left)
	var out condition
	for i, op := range e.Ops {
		r := f.expr(e.Right[i])
		c := f.comparison(op, l, r)
		if n, ok := e.Left.(*ast.Name); ok && i == 0 {
			c = c.fixing(n.Id, op, l, r, f)
		}
		if t, ok := r.Text(); ok && t == "-" && i == 0 {
			switch first := firstCharacter(e.Left, l); op {
			case "==":
				c.no = append(c.no, first...)
			case "!=":
				c.yes = append(c.yes, first...)
			}
		}
		out.yes = append(out.yes, c.yes...)
		if len(e.Ops) == 1 {
			out.no = c.no
		}
		out.facts |= c.facts
		l = r
	}
	out = out.by(f.testAt(e))
	return condValue(out), out
}

// firstCharacter is what it says of a text that `text[0]` or `text[:1]` is no dash.
func firstCharacter(e ast.Expr, v *Value) []cleanEntry {
	sub, ok := e.(*ast.Subscript)
	if !ok {
		return nil
	}
	// The first character is an item of any item.
	levels := 2
	if _, slice := sub.Index.(*ast.Slice); slice {
		levels = 1
	}
	var out []cleanEntry
	for _, m := range v.marks {
		o := m.Origin
		for i := 0; i < levels && o.parent != nil; i++ {
			o = o.parent
		}
		out = append(out, cleanEntry{origin: o, label: m.Label, sinks: models.SinksOf(models.Option), decoded: m.decoded})
	}
	return out
}

// fixing adds that the test fixes the value of a local name, whatever its labels.
func (c condition) fixing(name, op string, l, r *Value, f *Frame) condition {
	e := cleanEntry{name: name, sinks: models.AllSinks}
	switch op {
	case "in":
		if f.members(r) == models.AllSinks {
			c.yes = append(c.yes, e)
		}
	case "not in":
		if f.members(r) == models.AllSinks {
			c.no = append(c.no, e)
		}
	case "==":
		if r.fixed() && !r.IsNone() {
			c.yes = append(c.yes, e)
		}
	case "!=":
		if r.fixed() && !r.IsNone() {
			c.no = append(c.no, e)
		}
	}
	return c
}

func (f *Frame) comparison(op string, l, r *Value) condition {
	var c condition
	c.facts = f.asked(l).facts | f.asked(r).facts
	switch op {
	case "in", "not in":
		// `".." in path` proves nothing: the path may still be absolute.
		switch sinks := f.members(r); {
		case sinks != 0:
			c.yes = limited(f.checkedValue(l), sinks)
		case r.kind == KindUnknown && r.exact != nil && r.exact.frame == f && f.fn != nil:
			for _, e := range f.checkedValue(l) {
				if e.label == models.NoLabel && e.origin.frame == f && e.origin.root() != r.exact.root() {
					e.among = r.exact
					c.yes = append(c.yes, e)
				}
			}
		case f.ofDatabase(r):
			// The names of columns and tables, as the schema lists them.
			c.yes = f.cleanMarks(l.marks, models.SinksOf(models.SQL))
		}
		if r.Is(aroundPath) && f.ownFolder(l) {
			c.yes = append(c.yes, f.below(r)...)
		}
		c.no = append(c.no, withoutText(l, r)...)
		if op == "not in" {
			c.yes, c.no = c.no, c.yes
		}
	case "<=", "<", ">", ">=":
		if o := r.object(); o != nil && o.kind == Set && op[0] == '<' && f.members(r) != 0 {
			c.yes = f.cleanMarks(l.marks, f.members(r))
			break
		}
		o := f.ordered(op, l, r)
		c.yes, c.no = o.yes, o.no
	case "==", "!=", "is", "is not":
		switch {
		case r.IsNone() && l.cond != nil:
			// `re.fullmatch(p, x) is None`: None is the false result.
			c.yes, c.no = l.cond.no, l.cond.yes
		case r.fixed() && !r.IsNone(), f.fixedItems(r):
			c.yes = f.checkedValue(l)
		case l.fixed() && !l.IsNone():
			c.yes = f.cleanAll(r)
		case isDigest(l) && !foreign(r), isDigest(r) && !foreign(l):
			c.yes = append(f.cleanAll(l), f.cleanAll(r)...)
		case isFolder(l) && f.ownFolder(r):
			c.yes = f.below(l)
		case isFolder(r) && f.ownFolder(l):
			c.yes = f.below(r)
		case isLastPart(l) && partOf(l, r):
			c.yes = f.cleanMarks(r.marks, inFolder)
		case isLastPart(r) && partOf(r, l):
			c.yes = f.cleanMarks(l.marks, inFolder)
		default:
			c.yes = f.commonPath(l, r)
		}
		if op == "!=" || op == "is not" {
			c.yes, c.no = c.no, c.yes
		}
	}
	return c
}

// fixedItems reports whether a value is a list, tuple or set of nothing but what the program wrote down.
func (f *Frame) fixedItems(v *Value) bool {
	o := v.object()
	if o == nil || o.class != nil || o.kind > Set {
		return false
	}
	c := f.contents(o)
	return c != nil && !c.open && c.rest == nil && !slices.ContainsFunc(c.seq, func(it Item) bool { return it.Splat || !it.Value.fixed() })
}

// isDigest reports whether a value was made of data and holds none of it: comparing it with
// what is expected checks the data.
func isDigest(v *Value) bool {
	for _, m := range v.marks {
		if m.Clean != models.AllSinks {
			return false
		}
	}
	return len(v.marks) > 0
}

// foreign reports whether a value is a remote caller's own.
func foreign(v *Value) bool {
	return v.Labels(models.Deserialize).Any(models.Labels(models.User, models.Upload, models.LLM))
}

// withoutText is what a text in which constant text is not found is known to lack.
func withoutText(part, v *Value) []cleanEntry {
	if len(v.marks) == 0 || v.kind == KindObject {
		return nil
	}
	var out []cleanEntry
	for _, a := range part.Alternatives() {
		t, ok := a.Text()
		if !ok || t == "" {
			return nil
		}
		for _, m := range v.marks {
			if m.Origin.depth < maxPath {
				out = append(out, cleanEntry{origin: m.Origin, label: m.Label, lacks: t, decoded: m.decoded})
			}
		}
	}
	return out
}

// hosts are the parts of an address that say where it leads.
var hosts = []string{"urllib.parse.urlparse().hostname", "urllib.parse.urlparse().netloc", "urllib.parse.urlsplit().hostname", "urllib.parse.urlsplit().netloc", "tldextract.extract().registered_domain", "tldextract.extract().fqdn", "tldextract.extract().top_domain_under_public_suffix"}

// checkedValue is what a test proves that fixes a value: that it is clean, and for the host
// of an address that the address leads where it may.
func (f *Frame) checkedValue(v *Value) []cleanEntry {
	out := f.cleanAll(v)
	if isFolder(v) {
		out = append(out, f.below(v)...)
	}
	if v.Is(hosts...) {
		for _, m := range v.marks {
			if m.Origin.parent != nil {
				out = append(out, cleanEntry{origin: m.Origin.parent, label: m.Label, sinks: models.SinksOf(models.URL)})
			}
		}
	}
	return out
}

// commonPath understands `os.path.commonpath([base, path]) == base`.
func (f *Frame) commonPath(l, r *Value) []cleanEntry {
	for _, v := range [...]*Value{l, r} {
		if v.call != nil && v.call.Symbol.Is("os.path.commonpath", "os.path.commonprefix") {
			return f.cleanMarks(argMarks(v.call), models.SinksOf(models.Path, models.ModelSource, models.DataSource, models.Deserialize))
		}
	}
	return nil
}

// inFolder are the sinks of which a test of the folder that a path is in says something.
var inFolder = models.SinksOf(models.Path, models.ModelSource, models.DataSource, models.Deserialize)

// aroundPath are the folders that a path is in, and folderPath the innermost of them.
const (
	aroundPath = "pathlib.PurePath().parents"
	folderPath = "pathlib.PurePath().parent"
)

// isFolder reports whether a value is the folder that a path is in.
func isFolder(v *Value) bool {
	return v.Is(folderPath) || v.call != nil && v.call.Symbol.Is("os.path.dirname")
}

// isLastPart reports whether a value is a name without the folders in front of it.
func isLastPart(v *Value) bool {
	return v.Is("pathlib.PurePath().name") || v.call != nil && v.call.Symbol.Is("os.path.basename", "ntpath.basename", "posixpath.basename", "werkzeug.utils.secure_filename", "django.utils.text.get_valid_filename")
}

// partOf reports whether a name was taken of a text: `os.path.basename(name) == name`.
func partOf(name, text *Value) bool {
	for _, m := range text.marks {
		for _, n := range name.marks {
			if n.Origin == m.Origin || n.Origin.parent == m.Origin {
				return true
			}
		}
	}
	return false
}

// ownFolder reports whether a value names a folder that no one outside chose.
func (f *Frame) ownFolder(v *Value) bool {
	return v.Labels(models.Path)&^models.Labels(models.Local, models.Secret) == 0
}

// below is what a test proves that compares the folder of a path, or one of the folders that it
// is in, with one of the program's: the path is in there.
func (f *Frame) below(folder *Value) []cleanEntry {
	out := f.cleanMarks(folder.marks, inFolder)
	for _, m := range folder.marks {
		if m.Origin.parent != nil && folder.Is(folderPath, aroundPath) {
			out = append(out, cleanEntry{origin: m.Origin.parent, label: m.Label, sinks: inFolder, decoded: m.decoded})
		}
	}
	return out
}

// fixed reports whether a value comes from constants only.
func (v *Value) fixed() bool {
	if v == nil {
		return false
	}
	if v.kind == KindUnion {
		for _, a := range v.ref.([]*Value) {
			if !a.fixed() {
				return false
			}
		}
		return true
	}
	return len(v.marks) == 0 && (v.IsConst() || v.kind == KindExternal || v.kind == KindFunction || v.kind == KindClass || v.kind == KindConst)
}

// trustedContainer reports whether membership in a value proves something: a collection
// whose elements no one outside chose.
func (f *Frame) trustedContainer(v *Value) bool {
	if !f.descend() {
		return false
	}
	defer f.ascend()
	switch v.kind {
	case KindString:
		return false
	case KindUnion:
		for _, a := range v.ref.([]*Value) {
			if !f.trustedContainer(a) {
				return false
			}
		}
		return true
	case KindObject:
		o := v.ref.(*Object)
		if o.class != nil {
			return true
		}
	}
	for _, m := range v.marks {
		if m.Label != models.NoLabel && m.Label != models.Local && m.Label != models.Secret {
			return false
		}
	}
	// A parameter may be anything, also a string that is searched.
	return v.exact == nil || v.kind == KindObject
}

// among tells whether membership in what a caller gives proves something: it is a collection that nobody outside
// chose, or the caller's own parameter, which is returned.
func (f *Frame) among(v *Value) (param *Origin, proves bool) {
	if v.kind == KindUnknown && v.exact != nil && v.exact.frame == f {
		return v.exact, true
	}
	return nil, (v.kind == KindObject || v.kind == KindExternal && v.sym == nil && v.call != nil) && f.members(v) == models.AllSinks
}

// ofDatabase reports whether a value is a collection of what was read from a database.
func (f *Frame) ofDatabase(v *Value) bool {
	o := v.object()
	if o == nil || o.class != nil {
		return false
	}
	marks := v.marks
	if c := f.contents(o); c != nil {
		if all := f.allOf(c); all != nil {
			marks = append(marks[:len(marks):len(marks)], all.marks...)
		}
	}
	for _, m := range marks {
		if m.Label != models.Database {
			return false
		}
	}
	return len(marks) > 0
}

// cleanAll marks everything in a value as checked.
func (f *Frame) cleanAll(v *Value) []cleanEntry { return f.cleanMarks(v.marks, models.AllSinks) }

func (f *Frame) cleanMarks(marks []Mark, sinks models.SinkSet) []cleanEntry {
	var out []cleanEntry
	for _, m := range marks {
		if m.Origin.depth >= maxPath {
			continue
		}
		out = append(out, cleanEntry{origin: m.Origin, label: m.Label, sinks: sinks, decoded: m.decoded})
	}
	return out
}

// maxClean bounds what is known to be clean at a point: beyond it there are many calls of functions that
// test what they are given.
const maxClean = 1024

// refine makes what a test has shown known.
func (f *Frame) refine(c []cleanEntry) {
	known := f.st.clean[:len(f.st.clean):len(f.st.clean)]
	defer func() { f.st.clean = known }()
	for _, e := range c {
		if e.name == "" {
			if len(known) < maxClean && !slices.Contains(known, e) {
				known = append(known, e)
			}
			continue
		}
		if slot, ok := f.scope.Slot(e.name); ok && f.st.env[slot] != nil {
			v := *f.st.env[slot]
			v.checked = true
			f.st.env[slot] = &v
		}
	}
}

// prefixSinks are the places where the start of a text says where it leads: the host of an
// address, the folder of a path. What follows it may still be a second command or statement.
var prefixSinks = models.SinksOf(models.URL, models.Path, models.ModelSource, models.DataSource, models.Deserialize, models.Pipe, models.Option)

// callGuard tells what a true or false result of a call proves.
func (f *Frame) callGuard(e *ast.Call, c *Call) (bool, condition) {
	known, out := f.guardOf(e, c)
	return known, out.by(f.testAt(e))
}

func (f *Frame) guardOf(e *ast.Call, c *Call) (bool, condition) {
	var out condition
	if c == nil {
		return false, out
	}
	recv := c.Receiver
	switch c.Method {
	case "startswith":
		if recv != nil && len(c.Args) > 0 {
			if text, _ := c.Args[0].Value.Text(); text == "-" {
				out.no = f.cleanMarks(recv.marks, models.SinksOf(models.Option))
				return true, out
			}
			if sinks := f.prefixProves(c, c.Args[0].Value); sinks != 0 {
				out.yes = f.cleanMarks(recv.marks, sinks)
				return true, out
			}
		}
	case "isidentifier", "isdigit", "isnumeric", "isdecimal", "isalnum", "isalpha":
		if recv != nil {
			// What is no more than an identifier is still a name that code can go by.
			sinks := models.AllSinks
			if c.Method == "isidentifier" || c.Method == "isalpha" || c.Method == "isalnum" {
				sinks &^= models.SinksOf(models.Exec)
			}
			out.yes = f.cleanMarks(recv.marks, sinks)
			for i := range out.yes {
				out.yes[i].lacks = "."
			}
			if a, ok := e.Fn.(*ast.Attribute); ok && sinks == models.AllSinks {
				if n, ok := a.Value.(*ast.Name); ok {
					out.yes = append(out.yes, cleanEntry{name: n.Id, sinks: models.AllSinks})
				}
			}
			return true, out
		}
	case "issubset":
		if recv != nil && len(c.Args) == 1 && f.trustedContainer(c.Args[0].Value) {
			out.yes = f.cleanMarks(recv.marks, f.members(c.Args[0].Value))
			return true, out
		}
	case "is_relative_to":
		if recv != nil {
			out.yes = f.cleanMarks(recv.marks, models.SinksOf(models.Path, models.ModelSource, models.DataSource, models.Deserialize))
			return true, out
		}
	}
	if n, ok := e.Fn.(*ast.Name); ok && n.Id == "isinstance" && len(c.Args) == 2 {
		if isNumberType(c, c.Args[1].Value) {
			// It is a number, which others have chosen.
			out.yes = f.cleanMarks(c.Args[0].Value.marks, models.AllSinks&^models.SinksOf(models.Param, models.Size))
			return true, out
		}
		if isStatementType(c, c.Args[1].Value) {
			out.yes = f.cleanMarks(c.Args[0].Value.marks, models.SinksOf(models.SQL))
			return true, out
		}
	}
	if c.Symbol != nil {
		if g := f.modelGuard(c, c.Symbol); g != nil {
			return true, *g
		}
	}
	return false, out
}

// isNumberType reports whether the second argument of isinstance names types whose values
// are numbers, alone or in a tuple.
func isNumberType(c *Call, t *Value) bool {
	items, open, ok := c.Items(t)
	if !ok {
		return t.Is("builtins.int", "builtins.float", "builtins.bool", "numbers.Number")
	}
	for _, it := range items {
		if !it.Value.Is("builtins.int", "builtins.float", "builtins.bool", "numbers.Number") {
			return false
		}
	}
	return len(items) > 0 && !open
}

// isStatementType reports whether the second argument of isinstance names kinds of parsed
// SQL statements.
func isStatementType(c *Call, t *Value) bool {
	items, open, ok := c.Items(t)
	if !ok {
		name := t.Name()
		return t.kind == KindExternal && (strings.HasPrefix(name, "sqlglot.exp") || strings.HasPrefix(name, "sqlparse.sql."))
	}
	for _, it := range items {
		if !isStatementType(c, it.Value) {
			return false
		}
	}
	return len(items) > 0 && !open
}

// prefixProves tells for which sinks text that begins with p is bound to something.
func (f *Frame) prefixProves(c *Call, p *Value) models.SinkSet {
	if !f.descend() {
		return 0
	}
	defer f.ascend()
	if items, open, ok := c.Items(p); ok {
		if len(items) == 0 || open {
			return 0
		}
		sinks := models.AllSinks
		for _, it := range items {
			sinks &= f.prefixProves(c, it.Value)
		}
		return sinks
	}
	if t, ok := p.Text(); ok {
		switch {
		case anybodysHost(t):
			return prefixSinks &^ models.SinksOf(models.ModelSource, models.DataSource)
		case leads(t) && isMarker(t):
			return prefixSinks &^ models.SinksOf(models.Deserialize, models.Exec)
		case leads(t):
			return prefixSinks
		case t != "" && !strings.HasPrefix("pipe:", t) && !strings.HasPrefix(t, "pipe:"):
			return models.SinksOf(models.Pipe)
		}
		return 0
	}
	if p.Labels(models.NoSink)&^models.Labels(models.Local, models.Secret) == 0 {
		return prefixSinks // the program's own, or its caller's
	}
	return 0
}

// anybodysHost reports whether a prefix is an address of a site that keeps everybody's repositories and files, and names
// none of its owners: that leaves the choice of what is loaded from there.
func anybodysHost(t string) bool {
	_, rest, ok := strings.Cut(t, "://")
	if !ok {
		rest, ok = strings.CutPrefix(t, "git@")
	}
	if rest = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(rest, "www."), ":"), "/"); !ok {
		return false
	}
	switch rest {
	case "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "raw.githubusercontent.com", "gist.github.com", "gist.githubusercontent.com", "huggingface.co", "hf.co", "huggingface.co/datasets",
		"huggingface.co/spaces", "kaggle.com", "kaggle.com/datasets", "dagshub.com", "storage.googleapis.com", "s3.amazonaws.com", "drive.google.com", "dropbox.com", "dl.dropboxusercontent.com", "zenodo.org", "civitai.com":
		return true
	}
	return false
}

// leads reports whether a prefix names a host or a place: "https://example.org/", "/srv/",
// "s3://bucket/", "org/model", and not a mere scheme or the start of a sentence.
func leads(t string) bool {
	rest := t
	if _, after, ok := strings.Cut(t, "://"); ok {
		rest = after
	} else if t == "http" || t == "https" {
		return false
	}
	return len(rest) > 1 && !strings.ContainsAny(rest, " \t\n")
}

// isMarker reports whether a prefix only marks what follows, `RESULT:`, and names no place.
func isMarker(t string) bool {
	return !strings.Contains(t, "/") && (strings.ContainsAny(t, ":=<#") || strings.ToUpper(t) == t)
}

// modelGuard reads the guard of a library function.
func (f *Frame) modelGuard(c *Call, s *Symbol) *condition {
	for _, m := range s.Models {
		g := m.Guards
		if g == nil || g.Raises {
			continue
		}
		clean := f.cleanArg(c, g)
		if s.Is("re.match", "re.fullmatch", "re.compile().match", "re.compile().fullmatch") {
			clean = restricted(c, clean)
		}
		if g.False {
			return &condition{no: clean}
		}
		return &condition{yes: clean}
	}
	return nil
}

// restricted keeps of what a match with a constant pattern proves only what the pattern says:
// nothing where any text may follow, where text begins if it begins with more than a scheme.
func restricted(c *Call, clean []cleanEntry) []cleanEntry {
	pattern, whole := c.value(0), strings.HasSuffix(c.Method, "fullmatch")
	if n, ok := c.Node.Fn.(*ast.Name); ok {
		whole = strings.HasSuffix(n.Id, "fullmatch")
	}
	if c.Symbol.Is("re.compile().match", "re.compile().fullmatch") {
		if c.Receiver == nil || c.Receiver.call == nil {
			return clean
		}
		pattern = c.Receiver.call.value(0)
	}
	text, ok := pattern.Text()
	if !ok {
		return clean
	}
	switch sinks := provenBy(text, whole); {
	case sinks == models.AllSinks:
		return clean
	case sinks == 0:
		return nil
	default:
		out := slices.Clone(clean)
		for i := range out {
			out[i].sinks &= sinks
			if said := repertoireOf(text); sinks.Has(models.Shell) && said.known && !said.dot {
				out[i].lacks = "."
			}
		}
		return out
	}
}

// provenBy tells for which sinks text is harmless that matches a pattern from its beginning.
func provenBy(pattern string, whole bool) models.SinkSet {
	whole = whole || strings.HasSuffix(pattern, "$") || strings.HasSuffix(pattern, `\Z`)
	open := !whole
	for _, any := range [...]string{".*", ".+", `\S+`, `\S*`} {
		open = open || strings.Contains(strings.ReplaceAll(pattern, `\.`, ""), any)
	}
	said := repertoireOf(pattern)
	if !open {
		return said.sinks()
	}
	var begins models.SinkSet
	if said.known && !said.dash && !strings.HasPrefix(strings.TrimPrefix(pattern, "^"), ".") {
		begins = models.SinksOf(models.Option)
	}
	prefix := strings.ReplaceAll(strings.TrimPrefix(pattern, "^"), `\`, "")
	if i := strings.IndexAny(prefix, "([*+{|"); i >= 0 {
		prefix = prefix[:i]
	}
	if prefix = strings.TrimPrefix(strings.Replace(prefix, "s?:", ":", 1), "http://"); strings.HasPrefix(prefix, "https://") {
		prefix = prefix[len("https://"):]
	}
	if len(strings.TrimRight(prefix, ".$")) > 2 {
		return prefixSinks | begins
	}
	return begins
}

func (f *Frame) cleanArg(c *Call, g *models.Guard) []cleanEntry {
	sinks := models.SinksOf(g.Cleans...)
	if len(g.Cleans) == 0 {
		sinks = models.AllSinks
	}
	return f.cleanMarks(f.marksOf(c, g.Arg), sinks)
}

// guardWords name functions that say whether, or make sure that, something is fine.
var guardWords = []string{"is_safe", "is_valid", "is_allowed", "is_trusted", "is_permitted", "is_authorized", "is_whitelisted", "is_allowlisted", "validate", "verify", "check_", "ensure", "allowed", "assert_", "authorize", "permitted", "whitelist", "allowlist"}

// namesGuard reports whether a function's name says that it checks something.
func namesGuard(name string) bool {
	l := strings.ToLower(name)
	for _, w := range guardWords {
		if strings.Contains(l, w) {
			return true
		}
	}
	return false
}

// namedGuard is what the name of an unknown function promises of its arguments.
func (f *Frame) namedGuard(name string, c *Call) *condition {
	if !namesGuard(name) {
		return nil
	}
	g := condition{yes: f.cleanMarks(argMarks(c), models.AllSinks)}.by(f.testAt(c.Node))
	return &g
}

// proven applies what a call that stands as a statement has checked: an unknown
// `validate(x)` raises when x is bad.
func (f *Frame) proven(e ast.Expr, v *Value) {
	if a, ok := e.(*ast.Await); ok {
		e = a.Value
	}
	c, ok := e.(*ast.Call)
	if !ok || v.cond == nil || v.kind == KindFunction {
		return
	}
	r := f.callOf(c)
	if r == nil || r.Callee.kind == KindFunction {
		return
	}
	if r.Symbol == nil || len(r.Symbol.Models) == 0 {
		f.refine(v.cond.yes)
	}
}

// eachIn is what `c in "0123456789+-"` proves of a text whose characters c are, where the test
// has the operator.
func (f *Frame) eachIn(clause *ast.CompClause, test ast.Expr, op string, v *Value) []cleanEntry {
	target, ok1 := clause.Target.(*ast.Name)
	if ok1 && op == "in" && len(v.marks) > 0 {
		if extra, ok := f.wordOr(test, target.Id); ok {
			return f.cleanMarks(v.marks, provenByWord(extra))
		}
	}
	c, ok2 := test.(*ast.Compare)
	if !ok1 || !ok2 || len(c.Ops) != 1 || c.Ops[0] != op || len(v.marks) == 0 {
		return nil
	}
	if left, ok := c.Left.(*ast.Name); !ok || left.Id != target.Id {
		return nil
	}
	return f.cleanMarks(v.marks, provenByCharacters(f.expr(c.Right[0])))
}

// wordOr are the constant characters that a test lets through beside letters and digits:
// `c.isalnum() or c in "-_"`. ok is false for other tests.
func (f *Frame) wordOr(test ast.Expr, char string) (extra string, ok bool) {
	alternatives := []ast.Expr{test}
	if or, is := test.(*ast.BoolOp); is && or.Or {
		alternatives = or.Values
	}
	ofChar := func(e ast.Expr) bool { n, is := e.(*ast.Name); return is && n.Id == char }
	for _, t := range alternatives {
		switch t := t.(type) {
		case *ast.Call:
			at, is := t.Fn.(*ast.Attribute)
			if !is || !ofChar(at.Value) || len(t.Args) > 0 {
				return "", false
			}
			switch at.Attr.Id {
			case "isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric", "isidentifier":
				ok = true
			default:
				return "", false
			}
		case *ast.Compare:
			if len(t.Ops) != 1 || !ofChar(t.Left) || t.Ops[0] != "in" && t.Ops[0] != "==" {
				return "", false
			}
			of := f.expr(t.Right[0])
			if o := of.object(); o != nil && o.kind <= Set {
				k := f.contents(o)
				if k == nil || k.open || k.rest != nil {
					return "", false
				}
				for _, it := range k.seq {
					s, known := it.Value.Text()
					if !known || it.Splat {
						return "", false
					}
					extra += s
				}
				continue
			}
			s, known := of.Text()
			if !known {
				return "", false
			}
			extra += s
		default:
			return "", false
		}
	}
	return extra, ok
}

// ofWords is what `c.isalnum() or c in "-_"` proves of c, outside of all() and of what filters a comprehension:
// `c if c.isalnum() or c in "-_" else "_"`.
func (f *Frame) ofWords(e *ast.BoolOp) []cleanEntry {
	call, ok := e.Values[0].(*ast.Call)
	if !ok {
		return nil
	}
	at, ok := call.Fn.(*ast.Attribute)
	if !ok {
		return nil
	}
	name, ok := at.Value.(*ast.Name)
	if !ok {
		return nil
	}
	v := f.quietly(name)
	if len(v.marks) == 0 {
		return nil
	}
	if extra, ok := f.wordOr(e, name.Id); ok {
		return f.cleanMarks(v.marks, provenByWord(extra))
	}
	return nil
}

// provenByWord tells for which sinks a text is harmless that is made of letters, digits and some
// characters beside them.
func provenByWord(extra string) models.SinkSet {
	var out models.SinkSet
	if !strings.ContainsAny(extra, `/\`) {
		out |= inFolder
	}
	if strings.Trim(extra, "-_.,+=@%:") == "" {
		out |= models.SinksOf(models.Shell, models.HTML, models.Template)
	}
	return out
}

// provenByCharacters tells for which sinks a text is harmless all of whose characters are in a
// constant text, or in a set of such: without letters and underscores it is no program.
func provenByCharacters(of *Value) models.SinkSet {
	if c := charactersOf(of); c != nil {
		of = c.Args[0].Value
	}
	chars, ok := of.Text()
	if !ok || strings.ContainsFunc(chars, func(r rune) bool { return r == '_' || unicode.IsLetter(r) }) {
		return 0
	}
	return models.SinksOf(models.Exec, models.Template)
}

// charactersOf is the call that made a set or list of the characters of its argument; nil where
// none did.
func charactersOf(v *Value) *Call {
	c := v.call
	if c == nil || c.Callee == nil || len(c.Args) != 1 {
		return nil
	}
	switch c.Callee.Name() {
	case "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "builtins.sorted":
		return c
	}
	return nil
}

// otherCharacters is what `set(x) - set("0123456789")` proves of x where it is empty, and
// `set(given) - FIELDS` of the keys of a dict.
func (f *Frame) otherCharacters(e *ast.BinOp) condition {
	l, r := f.expr(e.Left), f.expr(e.Right)
	if charactersOf(l) == nil {
		return condition{}
	}
	sinks := provenByCharacters(r)
	if f.trustedContainer(r) {
		sinks |= models.SinksOf(models.Attribute)
	}
	return condition{no: f.cleanMarks(l.marks, sinks)}
}

// anyAll understands any(x.startswith(p) for p in PREFIXES).
func (f *Frame) anyAll(e *ast.Call, comp *ast.Comp, any bool) (*Value, condition) {
	f.expr(e.Fn)
	c := f.callRecord(e)
	c.Callee = f.expr(e.Fn)
	var inner condition
	clean := f.st.clean
	for _, cl := range comp.Clauses {
		it := f.expr(cl.Iter)
		f.assign(cl.Target, f.element(it, cl.Iter), nil)
		for _, t := range cl.Ifs {
			f.condition(t)
		}
	}
	_, inner = f.condition(comp.Elt)
	if len(comp.Clauses) == 1 {
		text := f.expr(comp.Clauses[0].Iter)
		if any {
			inner.no = append(inner.no, f.eachIn(comp.Clauses[0], comp.Elt, "not in", text)...)
		} else {
			inner.yes = append(inner.yes, f.eachIn(comp.Clauses[0], comp.Elt, "in", text)...)
		}
	}
	f.st.clean = clean
	if len(comp.Clauses) == 1 && len(comp.Clauses[0].Ifs) == 0 {
		whole := f.expr(comp.Clauses[0].Iter).marks
		if any {
			inner.no = ofWhole(inner.no, whole)
		} else {
			inner.yes = ofWhole(inner.yes, whole)
		}
	}
	out := condition{yes: inner.yes, facts: inner.facts}
	if any {
		// None of them held: each test's false side holds.
		out.no = inner.no
	}
	return condValue(out), out
}

// ofWhole adds to what is proved of each item of something that it holds for the whole.
func ofWhole(list []cleanEntry, marks []Mark) []cleanEntry {
	for _, c := range list[:len(list):len(list)] {
		if c.origin == nil || c.origin.step != "[]" || c.among != nil {
			continue
		}
		for _, m := range marks {
			if m.Origin == c.origin.parent && m.Label == c.label {
				c.origin = m.Origin
				list = append(list, c)
				break
			}
		}
	}
	return list
}
