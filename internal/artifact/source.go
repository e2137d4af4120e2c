package artifact

import (
	"encoding/base64"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
)

// Python sources travel in archives that are loaded as models: the handler of a TorchServe
// archive, the modules of torch.package. They are parsed and never run. What honest code does in
// its functions proves nothing, so that two things are told apart: what runs when the archive is
// loaded, and what stands in a function that nothing is known to call.

// sourceBudget bounds the sources parsed of a file, all together, and each of them.
const (
	sourceBudget = 64 << 20
	sourceLimit  = 4 << 20
)

// python returns a reader of Python sources. entries are the functions that the loader calls
// besides what importing a module runs.
func python(entries map[string]bool) func(*scan, *object) {
	return func(s *scan, o *object) {
		o.format = PythonSource
		if f := s.parseSource(o); f != nil {
			newSourceReader(s, o, f, entries).read()
		}
	}
}

// parseSource parses a source; nil, and said, where it is longer than what is parsed.
func (s *scan) parseSource(o *object) *ast.File {
	b, ok := s.whole(o, sourceLimit)
	if !ok {
		return nil
	}
	if s.parsed += int64(len(b)); s.parsed > sourceBudget {
		s.cut(o, "the archive has more Python than is parsed; the rest was not looked at", false)
		return nil
	}
	src, err := ast.NewSource(o.path, b)
	if err != nil {
		s.cut(o, "the Python source is in no known encoding", true)
		return nil
	}
	f, err := ast.Parse(s.ctx, src)
	if err != nil {
		return nil // the scan was called off
	}
	return f
}

// sourceReader reads one source.
type sourceReader struct {
	s       *scan
	o       *object
	file    *ast.File
	entries map[string]bool
	// names are what names of the module stand for, whatever scope they are of.
	names     map[string]ast.Expr
	imports   map[string]string
	functions map[string][]*ast.FunctionDef
	order     []*ast.FunctionDef
	done      map[*ast.FunctionDef]bool
	called    map[string]bool
	// loaded is set while what is read runs when the archive is loaded.
	loaded bool
	depth  int
	// steps counts the expressions that were folded.
	steps int
}

// newSourceReader makes the reader of a parsed source.
func newSourceReader(s *scan, o *object, f *ast.File, entries map[string]bool) *sourceReader {
	return &sourceReader{
		s: s, o: o, file: f, entries: entries, names: map[string]ast.Expr{}, imports: map[string]string{},
		functions: map[string][]*ast.FunctionDef{}, done: map[*ast.FunctionDef]bool{}, called: map[string]bool{},
	}
}

func (r *sourceReader) read() {
	ast.InspectFile(r.file, r.bind)
	r.loaded = true
	ast.InspectStmts(r.file.Body, r.visit)
	for _, f := range r.order {
		if r.entries[f.Name.Id] {
			r.enter(f)
		}
	}
	r.loaded = false
	r.enter(r.order...)
}

// bind notes what an import or an assignment binds.
func (r *sourceReader) bind(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Import:
		for _, a := range n.Names {
			name, bound := aliasOf(a)
			if a.AsName == nil {
				name, _, _ = strings.Cut(name, ".")
				bound = name
			}
			r.imports[bound] = name
		}
	case *ast.ImportFrom:
		for _, a := range n.Names {
			name, bound := aliasOf(a)
			if n.Level == 0 {
				r.imports[bound] = n.Module + "." + name
			}
		}
	case *ast.Assign:
		for _, t := range n.Targets {
			if t, ok := t.(*ast.Name); ok {
				r.names[t.Id] = n.Value
			}
		}
	case *ast.AnnAssign:
		if t, ok := n.Target.(*ast.Name); ok && n.Value != nil {
			r.names[t.Id] = n.Value
		}
	case *ast.NamedExpr:
		r.names[n.Target.Id] = n.Value
	case *ast.WithItem:
		if t, ok := n.Target.(*ast.Name); ok {
			r.names[t.Id] = n.Context
		}
	case *ast.FunctionDef:
		r.functions[n.Name.Id] = append(r.functions[n.Name.Id], n)
		r.order = append(r.order, n)
	}
	return true
}

// enter reads the bodies of functions.
func (r *sourceReader) enter(list ...*ast.FunctionDef) {
	for _, f := range list {
		if !r.done[f] {
			r.done[f] = true
			ast.InspectStmts(f.Body, r.visit)
		}
	}
}

// visit looks at what runs, and goes into the functions that it calls. The body of a function
// runs where it is called.
func (r *sourceReader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FunctionDef:
		for _, d := range n.Decorators {
			ast.Inspect(d, r.visit)
		}
		return false
	case *ast.Lambda:
		return !r.loaded
	case *ast.If:
		if isMainGuard(n.Test) && r.loaded {
			ast.InspectStmts(n.Orelse, r.visit)
			return false
		}
	case *ast.Call:
		r.call(n)
		if name := calledName(n.Fn); r.loaded && !r.called[name] {
			r.called[name] = true
			r.enter(r.functions[name]...)
		}
	}
	return r.s.ctx.Err() == nil
}

// calledName is the name of a function of the module that a call may call: f() and self.f().
func calledName(fn ast.Expr) string {
	switch fn := fn.(type) {
	case *ast.Name:
		return fn.Id
	case *ast.Attribute:
		if v, ok := fn.Value.(*ast.Name); ok && (v.Id == "self" || v.Id == "cls") {
			return fn.Attr.Id
		}
	}
	return ""
}

// isMainGuard tells the test of `if __name__ == "__main__"`.
func isMainGuard(test ast.Expr) bool {
	c, ok := test.(*ast.Compare)
	if !ok {
		return false
	}
	n, ok := c.Left.(*ast.Name)
	return ok && n.Id == "__name__"
}

// commandCalls are the functions that run a command which is their first argument, and
// codeCalls those that run code.
var (
	commandCalls = nameSet(`os.system os.popen os.execv os.execl os.execlp os.execve os.execvp os.execvpe os.spawnl os.spawnv os.spawnlp os.spawnvp
		os.posix_spawn os.posix_spawnp os.startfile subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen
		subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell asyncio.create_subprocess_exec
		pty.spawn pexpect.run pexpect.spawn platform.popen`)
	codeCalls = nameSet(`builtins.exec builtins.eval code.InteractiveInterpreter().runsource`)
)

// call judges one call.
func (r *sourceReader) call(c *ast.Call) {
	name := canonical(r.name(c.Fn))
	switch {
	case commandCalls[name]:
		r.command(c, name)
	case codeCalls[name]:
		r.code(c, name)
	case name == "marshal.loads":
		r.say(c, name, Dangerous, builds)
	case name == "os.dup2" && r.loaded:
		r.say(c, name, Dangerous, "hands the process's input and output to something else")
	case name == "socket.socket().connect" && r.loaded:
		r.say(c, name, Dangerous, network)
	}
}

// say adds a fact about a call.
func (r *sourceReader) say(c *ast.Call, name string, verdict Verdict, why string) {
	f := Fact{Kind: Source, Verdict: verdict, Offset: int64(c.Pos()), Length: int64(c.Stop() - c.Pos()), Name: name, Why: why}
	if args := r.file.Text(c); strings.IndexByte(args, '(') >= 0 {
		f.Args = short(strings.Join(strings.Fields(args[strings.IndexByte(args, '('):]), " "))
	}
	if r.loaded {
		f.Opcode = OnImport
	}
	r.s.add(r.o, f)
}

// command judges a command. What is known is judged by its words; what is not, by whether it runs
// as soon as the archive is loaded.
func (r *sourceReader) command(c *ast.Call, name string) {
	text, known := r.words(firstArgument(c))
	verdict := Unknown
	switch {
	case known && reaching(text):
		verdict = Dangerous
	case known && customaryCommand(text):
	case r.loaded:
		verdict = Dangerous
	}
	r.say(c, name, verdict, runsCommand)
}

// firstArgument is what a call is given first, whatever it is called; nil for nothing.
func firstArgument(c *ast.Call) ast.Expr {
	switch {
	case len(c.Args) > 0:
		return c.Args[0]
	case len(c.Keywords) > 0:
		return c.Keywords[0].Value
	}
	return nil
}

// words folds a command, a text or a list of texts.
func (r *sourceReader) words(e ast.Expr) (string, bool) {
	var elts []ast.Expr
	switch e := r.follow(e).(type) {
	case *ast.List:
		elts = e.Elts
	case *ast.Tuple:
		elts = e.Elts
	default:
		if t, ok := r.text(e); ok {
			return t, true
		}
		t := r.beginning(e)
		return t, strings.ContainsRune(strings.TrimSpace(t)+"x", ' ') // the program at least
	}
	var out []string
	for _, x := range elts {
		w, ok := r.text(x)
		if !ok {
			if w = "?"; r.name(x) == "sys.executable" {
				w = "python"
			}
		}
		out = append(out, w)
	}
	return strings.Join(out, " "), len(out) > 0 && out[0] != "?"
}

// beginning is how a text starts that holds values: the first part of a sum, the template of a
// format.
func (r *sourceReader) beginning(e ast.Expr) string {
	for range nameDepth {
		switch v := r.follow(e).(type) {
		case *ast.BinOp:
			if t, ok := r.text(v.Left); ok {
				return t
			}
			e = v.Left
			continue
		case *ast.JoinedStr:
			if len(v.Values) > 0 {
				t, _ := r.text(v.Values[0])
				return t
			}
		case *ast.Call:
			if fn, ok := v.Fn.(*ast.Attribute); ok && fn.Attr.Id == "format" {
				t, _ := r.text(fn.Value)
				return t
			}
		}
		break
	}
	return ""
}

// reaching tells a command that fetches and runs something, opens a shell to somewhere, or
// carries its code in itself: no model has a use for it, in whatever function.
func reaching(command string) bool {
	for _, sign := range []string{"/dev/tcp/", "base64 -d", "base64 --decode", "mkfifo", "nc -e", "ncat -e", "bash -i", "sh -i", "authorized_keys", "crontab", "/etc/passwd", "/etc/shadow"} {
		if strings.Contains(command, sign) {
			return true
		}
	}
	_, behind, piped := strings.Cut(command, "|")
	if piped && (strings.Contains(command, "curl") || strings.Contains(command, "wget") || strings.Contains(command, "base64")) {
		first := path.Base(firstWord(strings.TrimPrefix(strings.TrimSpace(behind), "sudo ")))
		return slices.Contains([]string{"sh", "bash", "zsh", "dash", "python", "python3", "perl", "ruby", "php", "node"}, first)
	}
	return false
}

// customaryPrograms are what handlers and modules of honest archives run: they install, unpack,
// convert and ask for the hardware.
var customaryPrograms = nameSet(`pip pip3 conda apt apt-get yum unzip tar gunzip gzip bzip2 7z nvidia-smi rocm-smi ffmpeg ffprobe sox espeak espeak-ng git
	uname hostname lscpu ldconfig which where mkdir ls cp mv ln rm chmod cat echo clear cls free df gcc g++ make cmake ninja nvcc cythonize protoc
	wget curl aria2c aws gsutil huggingface-cli tesseract pdftotext pandoc java soffice`)

// customaryCommand tells whether each command of a line is one of customaryPrograms and nothing
// is handed to a shell in them.
func customaryCommand(line string) bool {
	if strings.ContainsAny(line, "|`>") || strings.Contains(line, "$(") {
		return false
	}
	for _, cmd := range strings.FieldsFunc(line, func(c rune) bool { return c == ';' || c == '&' || c == '\n' }) {
		first, rest := firstWord(cmd), strings.Fields(cmd)
		base := path.Base(first)
		if strings.HasPrefix(base, "python") && len(rest) > 2 && rest[1] == "-m" && customaryPrograms[rest[2]] {
			continue
		}
		if len(rest) > 1 && (ending(rest[1]) == ".py" || ending(rest[1]) == ".sh") { // a script of the archive
			continue
		}
		if first != "" && !customaryPrograms[base] {
			return false
		}
	}
	return true
}

func firstWord(s string) string {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// code judges code that is run out of a value.
func (r *sourceReader) code(c *ast.Call, name string) {
	e := r.follow(firstArgument(c))
	if inner, ok := e.(*ast.Call); ok && canonical(r.name(inner.Fn)) == "builtins.compile" && len(inner.Args) > 0 {
		e = r.follow(inner.Args[0])
	}
	if text, ok := r.text(e); ok {
		if r.hides(e) || r.runsText(text) {
			r.say(c, name, Dangerous, runsCode)
		}
		return // a text that anybody can read
	}
	if r.hides(e) {
		r.say(c, name, Dangerous, runsCode+" that it decodes or fetches")
		return
	}
	r.say(c, name, Unknown, runsCode)
}

// runsText reads code in a text as what the module runs.
func (r *sourceReader) runsText(text string) bool {
	if r.depth > 3 {
		return true
	}
	src, err := ast.NewSource(r.o.path, []byte(text))
	if err != nil {
		return false
	}
	f, err := ast.Parse(r.s.ctx, src)
	if err != nil {
		return false
	}
	quiet := &scan{ctx: r.s.ctx, limits: r.s.limits, report: &Report{}}
	inner := newSourceReader(quiet, r.o, f, r.entries)
	inner.depth = r.depth + 1
	inner.read()
	return slices.ContainsFunc(quiet.report.Facts, func(f Fact) bool { return f.Verdict == Dangerous })
}

// hiding are the functions by which code is made out of what no reader can read, or comes from
// elsewhere.
var hiding = nameSet(`base64.b64decode base64.b85decode base64.a85decode base64.b32decode base64.b16decode base64.decodebytes base64.urlsafe_b64decode
	codecs.decode binascii.unhexlify binascii.a2b_base64 zlib.decompress bz2.decompress lzma.decompress gzip.decompress builtins.bytes.fromhex
	marshal.loads urllib.request.urlopen requests.get httpx.get`)

// hides tells whether an expression decodes or fetches what it gives.
func (r *sourceReader) hides(e ast.Expr) bool {
	if e == nil {
		return false
	}
	found, steps := false, 0
	var look func(n ast.Node) bool
	look = func(n ast.Node) bool {
		if steps++; steps > 10_000 {
			return false
		}
		switch n := n.(type) {
		case *ast.Call:
			found = found || hiding[canonical(r.name(n.Fn))]
		case *ast.Name:
			if v := r.names[n.Id]; v != nil && steps < 1000 {
				if v != e {
					ast.Inspect(v, look)
				}
			}
		}
		return !found
	}
	ast.Inspect(e, look)
	return found
}

// follow goes from names to what was assigned to them.
func (r *sourceReader) follow(e ast.Expr) ast.Expr {
	for range 20 {
		n, ok := e.(*ast.Name)
		if !ok || r.names[n.Id] == nil {
			return e
		}
		e = r.names[n.Id]
	}
	return e
}

// nameDepth bounds how deep names and texts are followed, foldSteps how often in one source.
const (
	nameDepth = 30
	foldSteps = 1_000_000
)

// mayFold counts an expression that is folded.
func (r *sourceReader) mayFold(depth int) bool {
	r.steps++
	return depth <= nameDepth && r.steps <= foldSteps
}

// name is the qualified name of what an expression stands for, "" where that is not known. The
// result of a call has "()" behind the callable's.
func (r *sourceReader) name(e ast.Expr) string { return r.nameAt(e, 0) }

func (r *sourceReader) nameAt(e ast.Expr, depth int) string {
	if !r.mayFold(depth) {
		return ""
	}
	switch e := e.(type) {
	case *ast.Name:
		if name := r.imports[e.Id]; name != "" {
			return name
		}
		if v := r.names[e.Id]; v != nil {
			return r.nameAt(v, depth+1)
		}
		if len(r.functions[e.Id]) == 0 {
			return "builtins." + e.Id
		}
	case *ast.Attribute:
		return joinName(r.nameAt(e.Value, depth+1), e.Attr.Id)
	case *ast.Call:
		switch fn := canonical(r.nameAt(e.Fn, depth+1)); {
		case fn == "":
		case (fn == "builtins.__import__" || fn == "importlib.import_module") && len(e.Args) > 0:
			text, _ := r.textAt(e.Args[0], depth+1)
			return text
		case fn == "builtins.getattr" && len(e.Args) > 1:
			text, _ := r.textAt(e.Args[1], depth+1)
			return joinName(r.nameAt(e.Args[0], depth+1), text)
		case fn == "builtins.globals":
			return "builtins"
		case fn == "builtins.vars" && len(e.Args) > 0:
			return r.nameAt(e.Args[0], depth+1)
		default:
			return fn + "()"
		}
	case *ast.Subscript:
		base := r.nameAt(e.Value, depth+1)
		text, ok := r.textAt(e.Index, depth+1)
		switch {
		case !ok:
		case base == "sys.modules":
			return text
		case base == "builtins" || strings.HasSuffix(base, "__builtins__"):
			return joinName("builtins", text)
		default:
			return joinName(strings.TrimSuffix(base, ".__dict__"), text)
		}
	}
	return ""
}

func joinName(base, name string) string {
	if base == "" || name == "" || len(base) > textLimit {
		return ""
	}
	if name == "__builtins__" {
		return "builtins"
	}
	return base + "." + name
}

// text folds an expression to a text, as far as code that hides names goes.
func (r *sourceReader) text(e ast.Expr) (string, bool) { return r.textAt(e, 0) }

func (r *sourceReader) textAt(e ast.Expr, depth int) (string, bool) {
	if e == nil || !r.mayFold(depth) {
		return "", false
	}
	next := func(e ast.Expr) (string, bool) { return r.textAt(e, depth+1) }
	switch e := e.(type) {
	case *ast.Str:
		return e.Value, true
	case *ast.Name:
		if v := r.names[e.Id]; v != nil {
			return next(v)
		}
	case *ast.BinOp:
		a, ok := next(e.Left)
		if !ok || e.Op != "+" {
			return "", false
		}
		b, ok := next(e.Right)
		return a + b, ok && len(a)+len(b) <= sourceLimit
	case *ast.JoinedStr:
		var out strings.Builder
		for _, v := range e.Values {
			if p, ok := v.(*ast.Placeholder); ok {
				v = p.Value
			}
			t, ok := next(v)
			if !ok || out.Len()+len(t) > sourceLimit {
				return "", false
			}
			out.WriteString(t)
		}
		return out.String(), true
	case *ast.Subscript:
		if s, ok := e.Index.(*ast.Slice); ok && s.Lower == nil && s.Upper == nil && s.Step != nil && r.file.Text(s.Step) == "-1" {
			t, ok := next(e.Value)
			b := []rune(t)
			slices.Reverse(b)
			return string(b), ok
		}
	case *ast.Call:
		return r.foldCall(e, depth)
	}
	return "", false
}

// foldCall folds calls of text on constants: "".join, chr, b64decode, decode.
func (r *sourceReader) foldCall(c *ast.Call, depth int) (string, bool) {
	next := func(e ast.Expr) (string, bool) { return r.textAt(e, depth+1) }
	if fn, ok := c.Fn.(*ast.Attribute); ok {
		switch {
		case (fn.Attr.Id == "decode" || fn.Attr.Id == "encode" || fn.Attr.Id == "strip") && canonical(r.nameAt(fn, depth+1)) != "codecs.decode":
			return next(fn.Value)
		case fn.Attr.Id == "join" && len(c.Args) == 1:
			sep, ok := next(fn.Value)
			if !ok {
				return "", false
			}
			var parts []string
			for _, x := range elements(r.follow(c.Args[0])) {
				t, ok := next(x)
				if !ok {
					return "", false
				}
				parts = append(parts, t)
			}
			return strings.Join(parts, sep), len(parts) > 0
		}
	}
	if len(c.Args) == 0 {
		return "", false
	}
	switch canonical(r.nameAt(c.Fn, depth+1)) {
	case "builtins.chr":
		if n, ok := c.Args[0].(*ast.Number); ok {
			v, err := strconv.ParseInt(strings.ReplaceAll(n.Text, "_", ""), 0, 32)
			return string(rune(v)), err == nil
		}
	case "base64.b64decode", "base64.urlsafe_b64decode", "base64.decodebytes", "binascii.a2b_base64":
		t, ok := next(c.Args[0])
		b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "\n", "").Replace(t))
		return string(b), ok && err == nil
	case "builtins.bytes.fromhex", "binascii.unhexlify":
		t, ok := next(c.Args[0])
		b, err := hex.DecodeString(strings.ReplaceAll(t, " ", ""))
		return string(b), ok && err == nil
	case "builtins.str", "builtins.bytes":
		return next(c.Args[0])
	}
	return "", false
}

func elements(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.List:
		return e.Elts
	case *ast.Tuple:
		return e.Elts
	}
	return nil
}

// aliasOf is what an import names, and the name that it binds.
func aliasOf(a *ast.Alias) (name, bound string) {
	if a.AsName != nil {
		return a.Name, a.AsName.Id
	}
	return a.Name, a.Name
}
