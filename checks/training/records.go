package training

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// recordByFormat is PML1302.
var recordByFormat = &checks.Rule{
	Spec: infoPML1302,
	From: []checks.Label{models.User, models.Upload, models.Web, models.Document, models.Database, models.LLM},
	Into: []checks.SinkKind{models.FileData},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || !isRecordFile(fileName(path.Call)) {
			return
		}
		for _, at := range builtAt(p, path) {
			texts := literals(path, at.in)
			e := builtText(at.in, at.e, texts)
			if e == nil {
				continue
			}
			if r := readRecord(at.in, e, texts); r != nil {
				p.Report(checks.Report{Node: e, In: at.in, Path: path, Fix: r.dumped(at.in, e)})
				return
			}
		}
	},
}

// place is an expression in a file.
type place struct {
	in *checks.Module
	e  ast.Expr
}

// builtAt lists the expressions by which the data of a path gets into text.
func builtAt(p *checks.Pass, path *checks.Path) []place {
	var out []place
	add := func(n ast.Node, mod *semantic.Module) {
		if e, ok := n.(ast.Expr); ok && mod != nil && p.Project.Module(mod) != nil {
			out = append(out, place{p.Project.Module(mod), e})
		}
	}
	for _, step := range path.Trace.Steps() {
		add(step.Node, step.Mod)
	}
	for _, v := range path.Value.Alternatives() {
		for _, part := range v.Parts() {
			if part.Value != nil {
				add(part.Node, part.Mod)
			}
		}
	}
	return out
}

func isRecordFile(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jsonl", ".ndjson", ".json":
		return true
	}
	return false
}

// fileName is the constant text of the name of the file that a call writes, or that it writes
// where nothing else is given.
func fileName(c *checks.Call) string {
	f := c.File()
	if f == nil {
		return ""
	}
	if text := spelled(c, f, 0); text != "" || !f.IsParameter() {
		return text
	}
	for _, given := range c.Given(f) {
		if text := spelled(c, given.PathText(), 0); text != "" {
			return text
		}
	}
	return ""
}

// spelled is the constant text of a value, with what the project's calls give where a parameter
// is a part of it; of several values the longest.
func spelled(c *checks.Call, v *checks.Value, depth int) string {
	longest := ""
	for _, a := range v.Alternatives() {
		var b strings.Builder
		for _, part := range a.Parts() {
			b.WriteString(part.Text)
			if part.Value == nil || depth > 3 {
				continue
			}
			for _, given := range c.Given(part.Value) {
				if text := spelled(c, given.PathText(), depth+1); text != "" {
					b.WriteString(text)
					break
				}
			}
		}
		if b.Len() > len(longest) {
			longest = b.String()
		}
	}
	return longest
}

// builtText is the whole text of which an expression is a part, or that it is: an f-string, a
// call of format, a sum or `%` of strings.
func builtText(m *checks.Module, e ast.Expr, texts constants) ast.Expr {
	var whole ast.Expr
	around := m.Around(e)
	for i := len(around) - 1; i >= 0; i-- {
		switch n := around[i].(type) {
		case *ast.JoinedStr:
			whole = n
		case *ast.BinOp:
			if n.Op == "+" || n.Op == "%" {
				whole = n
			}
		case *ast.Call:
			a, ok := n.Fn.(*ast.Attribute)
			if !ok || a.Attr.Id != "format" {
				if n != e {
					return whole
				}
				continue
			}
			if _, ok := texts(a.Value); ok {
				whole = n
			}
		case ast.Stmt:
			return whole
		}
	}
	return whole
}

// record is a JSON record that is pasted together: the text of its pieces, and the expressions
// between them.
type record struct {
	texts    []string
	values   []ast.Expr
	literals constants
	// spelled is how a value is read that has no expression of its own, by its index: an item of values[i].
	spelled map[int]string
}

// constants tells which constant text an expression is.
type constants func(ast.Expr) (text string, ok bool)

// literals tells the constant texts of a file, as the functions on a path know them.
func literals(path *checks.Path, in *checks.Module) constants {
	return func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.Str:
			return e.Value, true
		case *ast.Name, *ast.Attribute:
			for _, f := range [...]*checks.Frame{path.Call.Frame, path.Frame} {
				if f.Module().File == in.File {
					if text, ok := f.ValueOf(e).Text(); ok {
						return text, true
					}
				}
			}
		}
		return "", false
	}
}

// readRecord takes a built text apart; it is nil for one that is no JSON record of training, or
// none in which a value stands between quotes.
func readRecord(m *checks.Module, e ast.Expr, texts constants) *record {
	r := &record{texts: []string{""}, literals: texts}
	if !r.add(m, e) || len(r.values) == 0 || !strings.HasPrefix(strings.TrimSpace(r.texts[0]), "{") {
		return nil
	}
	trains, quoted := false, false
	for i, v := range r.values {
		before, after := r.texts[i], r.texts[i+1]
		if key := quotedKey.FindStringSubmatch(before); key != nil && strings.HasPrefix(after, `"`) && !serialised(m, v) {
			quoted = true
		}
	}
	for _, key := range jsonKey.FindAllStringSubmatch(strings.Join(r.texts, "0"), -1) {
		trains = trains || trainingFields[strings.ToLower(key[1])]
	}
	if !trains || !quoted {
		return nil
	}
	return r
}

var (
	// quotedKey matches text that ends in a JSON key and the quote that opens its value.
	quotedKey = regexp.MustCompile(`"([A-Za-z_]\w*)"\s*:\s*"$`)
	jsonKey   = regexp.MustCompile(`"([A-Za-z_]\w*)"\s*:`)
)

var trainingFields = map[string]bool{
	"prompt": true, "completion": true, "messages": true, "instruction": true, "input": true, "output": true, "response": true,
	"question": true, "answer": true, "text": true, "label": true, "role": true, "content": true, "chosen": true, "rejected": true,
}

func (r *record) text(s string) { r.texts[len(r.texts)-1] += s }

func (r *record) value(e ast.Expr) {
	r.values = append(r.values, e)
	r.texts = append(r.texts, "")
}

// item adds an item of a value, which text reads.
func (r *record) item(e ast.Expr, text string) {
	if r.spelled == nil {
		r.spelled = map[int]string{}
	}
	r.spelled[len(r.values)] = text
	r.value(e)
}

// add appends the pieces of an expression; it is false for what is no text built here.
func (r *record) add(m *checks.Module, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Str:
		r.text(e.Value)
	case *ast.JoinedStr:
		for _, v := range e.Values {
			switch v := v.(type) {
			case *ast.Str:
				r.text(v.Value)
			case *ast.Placeholder:
				r.value(v.Value)
			}
		}
	case *ast.BinOp:
		switch {
		case e.Op == "+":
			return r.operand(m, e.Left) && r.operand(m, e.Right)
		case e.Op == "%":
			return r.percent(m, e)
		}
		return false
	case *ast.Call:
		return r.format(m, e)
	default:
		return false
	}
	return true
}

func (r *record) operand(m *checks.Module, e ast.Expr) bool {
	switch e.(type) {
	case *ast.Str, *ast.JoinedStr, *ast.BinOp:
		return r.add(m, e)
	}
	if text, constant := r.literals(e); constant {
		r.text(text)
		return true
	}
	r.value(e)
	return true
}

// percent reads `'{"a": "%s"}' % x` and `% (x, y)`.
func (r *record) percent(m *checks.Module, e *ast.BinOp) bool {
	template, ok := r.literals(e.Left)
	if !ok {
		return false
	}
	if fields := percentField.FindAllStringSubmatchIndex(template, -1); fields != nil {
		return r.mapped(m, template, fields, e.Right)
	}
	values := []ast.Expr{e.Right}
	if t, ok := e.Right.(*ast.Tuple); ok {
		values = t.Elts
	}
	pieces := strings.Split(template, "%s")
	_, whole := e.Right.(*ast.Name) // a row
	whole = whole && len(pieces) > 2
	if len(pieces) != len(values)+1 && !whole {
		return false
	}
	for i, piece := range pieces {
		r.text(strings.ReplaceAll(piece, "%%", "%"))
		switch {
		case i+1 == len(pieces):
		case whole:
			r.item(e.Right, m.File.Text(e.Right)+"["+strconv.Itoa(i)+"]")
		default:
			r.value(values[i])
		}
	}
	return true
}

var percentField = regexp.MustCompile(`%\((\w+)\)s`)

// mapped reads `'{"a": "%(x)s"}' % {"x": y}`, and `% row` whose items have no expressions here.
func (r *record) mapped(m *checks.Module, template string, fields [][]int, from ast.Expr) bool {
	given := map[string]ast.Expr{}
	if d, ok := from.(*ast.Dict); ok {
		for i, k := range d.Keys {
			if key, ok := k.(*ast.Str); ok {
				given[key.Value] = d.Values[i]
			}
		}
	}
	at := 0
	for _, field := range fields {
		r.text(strings.ReplaceAll(template[at:field[0]], "%%", "%"))
		at = field[1]
		name := template[field[2]:field[3]]
		if v := given[name]; v != nil {
			r.value(v)
		} else {
			r.item(from, m.File.Text(from)+"["+strconv.Quote(name)+"]")
		}
	}
	r.text(strings.ReplaceAll(template[at:], "%%", "%"))
	return true
}

var formatField = regexp.MustCompile(`\{(\w*)\}`)

// format reads `'{{"a": "{}"}}'.format(x)`, with positions and names.
func (r *record) format(m *checks.Module, c *ast.Call) bool {
	a, ok := c.Fn.(*ast.Attribute)
	if !ok || a.Attr.Id != "format" {
		return false
	}
	template, ok := r.literals(a.Value)
	if !ok {
		return false
	}
	const open, shut = "\x00", "\x01"
	text := strings.NewReplacer("{{", open, "}}", shut).Replace(template)
	plain := strings.NewReplacer(open, "{", shut, "}")
	at, next := 0, 0
	for _, field := range formatField.FindAllStringSubmatchIndex(text, -1) {
		r.text(plain.Replace(text[at:field[0]]))
		at = field[1]
		name := text[field[2]:field[3]]
		var v ast.Expr
		switch {
		case name == "" || unicode.IsDigit(rune(name[0])):
			i := next
			if name != "" {
				i = int(name[0] - '0')
			}
			if next++; i < len(c.Args) {
				v = c.Args[i]
			}
		default:
			if k := fix.KeywordOf(c, name); k != nil {
				v = k.Value
			} else if row := unpackedIn(c); row != nil {
				r.item(row, m.File.Text(row)+"["+strconv.Quote(name)+"]")
				continue
			}
		}
		if v == nil {
			return false
		}
		r.value(v)
	}
	r.text(plain.Replace(text[at:]))
	return true
}

// unpackedIn is what a call unpacks by two stars, nil where it is not one name.
func unpackedIn(c *ast.Call) ast.Expr {
	for _, k := range c.Keywords {
		if n, ok := k.Value.(*ast.Name); ok && k.Name == nil {
			return n
		}
	}
	return nil
}

// serialised reports whether an expression is JSON text already, perhaps without its quotes, or
// a number.
func serialised(m *checks.Module, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Subscript:
		return serialised(m, e.Value)
	case *ast.Call:
		switch checks.LastName(e.Fn) {
		case "dumps", "int", "float", "bool", "len":
			return true
		case "strip":
			if a, ok := e.Fn.(*ast.Attribute); ok {
				return serialised(m, a.Value)
			}
		}
	case *ast.Name:
		body := m.File.Body
		if fn := m.FunctionAround(e); fn != nil {
			body = fn.Body
		}
		if from := checks.LastAssigned(body, e); from != nil && from.Stop() <= e.Pos() {
			return serialised(m, from)
		}
	}
	return false
}

// dumped writes the record with json.dumps; nil where it is not flat.
func (r *record) dumped(m *checks.Module, e ast.Expr) *fix.Fix {
	for i := range r.spelled {
		switch r.values[i].(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript:
		default:
			return nil
		}
	}
	dict, rest, ok := r.dict(m)
	if !ok || strings.Trim(rest, "\n") != "" {
		return nil
	}
	dumps, imports := fix.Reach(m.File, "json.dumps", "import json", fix.BeforeFirstImport)
	text := dumps + "(" + dict + ")"
	if rest != "" {
		text += ` + "\n"`
	}
	return checks.Fix(false, "serialise the record", []fix.Edit{fix.ReplaceNode(m.File, e, text)}, imports)
}

// dict writes the record as a Python dict, and returns what follows it.
func (r *record) dict(m *checks.Module) (dict, rest string, ok bool) {
	var b strings.Builder
	for i, v := range r.values {
		before, after := r.texts[i], r.texts[i+1]
		value := m.File.Text(v)
		if text := r.spelled[i]; text != "" {
			value = text
		}
		switch {
		case strings.HasSuffix(before, `"`) && quotedKey.MatchString(before) && strings.HasPrefix(after, `"`):
			before, r.texts[i+1] = strings.TrimSuffix(before, `"`), after[1:]
		case !strings.HasSuffix(strings.TrimRight(before, " "), ":"):
			return "", "", false
		default:
			if c, dumped := v.(*ast.Call); dumped && checks.LastName(c.Fn) == "dumps" && len(c.Args) == 1 && len(c.Keywords) == 0 {
				value = m.File.Text(c.Args[0])
			}
		}
		if strings.ContainsAny(before, "\n\\") && i > 0 {
			return "", "", false
		}
		b.WriteString(strings.TrimLeft(before, " \n"))
		b.WriteString(value)
	}
	last := r.texts[len(r.texts)-1]
	end := strings.LastIndexByte(last, '}')
	if end < 0 || strings.ContainsAny(last[:end], "\n\\") {
		return "", "", false
	}
	b.WriteString(last[:end+1])
	text := b.String()
	for _, word := range [...]string{"true", "false", "null"} {
		if regexp.MustCompile(`[:\[,]\s*` + word + `\b`).MatchString(text) {
			return "", "", false
		}
	}
	return text, last[end+1:], true
}

// userText is PML1311.
var userText = &checks.Rule{
	Spec:  infoPML1311,
	From:  []checks.Label{models.User, models.Upload},
	Into:  []checks.SinkKind{models.FileData, models.Ingest},
	Knows: []string{"transformers.pipeline()"},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Sink == nil {
			return
		}
		switch path.Kind {
		case models.FileData:
			if !trainingFile(fileName(path.Call)) {
				return
			}
		default:
			if path.Sink.Note != models.NoteTraining && !uploadedRecords(path) {
				return
			}
			if repo := pushedTo(path.Call); repo != nil && awaitsReview(spelled(path.Call, repo, 0)) {
				return
			}
		}
		if checks.ServesOnly(p, path, reviewers...) || checks.Judged(p, path, slices.Concat(verdicts, checks.Classifiers(path))...) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: intoReview(p, path.Call)})
	},
}

// uploadedRecords reports whether a path ends in a file of records that is put into a data set on
// the Hub.
func uploadedRecords(path *checks.Path) bool {
	if path.Sink.Note != models.NoteUploaded {
		return false
	}
	kind, at := path.Call.Arg(-1, "repo_type"), path.Call.Arg(1, "path_in_repo")
	return kind != nil && isText(kind.Value, "dataset") && at != nil && trainingFile(spelled(path.Call, at.Value, 0))
}

// verdicts are the words by which functions that judge a text are named.
var verdicts = []string{"moderat", "review", "approve", "filter", "screen", "toxic", "spam", "valid", "classif"}

// awaitsReview reports whether a name is that of a place where records wait to be looked at.
func awaitsReview(name string) bool {
	return slices.ContainsFunc([]string{"review", "pending", "quarantine", "queue", "raw", "inbox"}, func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
}

// pushedTo is the name of the data set on the Hub that a call puts records into, nil for other calls.
func pushedTo(c *checks.Call) *checks.Value {
	if c.Method != "push_to_hub" {
		return nil
	}
	if a := c.Arg(0, "repo_id"); a != nil {
		return a.Value
	}
	return nil
}

// trainingFile reports whether a path names data that a model is trained on, and no place where
// it waits to be looked at.
func trainingFile(name string) bool {
	name = strings.ToLower(name)
	if awaitsReview(name) {
		return false
	}
	for _, word := range [...]string{"fine_tune", "fine-tune", "finetun", "preference_data", "preference_pairs", "preference-data"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	for _, token := range words(path.Base(name)) {
		switch token {
		case "log", "logs", "config", "args", "params", "parameters", "metrics", "result", "results", "history", "state", "status", "settings", "progress", "summary":
			return false // what is told of a run, not what it reads
		}
	}
	for _, token := range words(name) {
		switch token {
		case "sft", "dpo", "rlhf", "train", "training", "trainset", "trainingset", "traindata", "trainingdata":
			return true
		}
	}
	return false
}

func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// intoReview writes to a file of records that wait for a person.
func intoReview(p *checks.Pass, c *checks.Call) *fix.Fix {
	file := c.File()
	if at := c.Arg(1, "path_in_repo"); at != nil && strings.HasSuffix(c.Symbol.String(), ".upload_file") {
		file = at.Value
	}
	if repo := pushedTo(c); repo != nil {
		file = repo
	}
	if file == nil {
		return nil
	}
	whole, ok := file.Text()
	if !ok {
		whole = file.Prefix()
	}
	base := path.Base(whole)
	if base == "" || base == "." || base == "/" {
		return nil
	}
	lit := literalWith(p, c, file, base)
	if lit == nil {
		return nil
	}
	return checks.Fix(true, "let a person look at the records first", fix.ReplaceInString(p.File, lit, base, "pending_review_"+base))
}

// literalWith finds the literal of this file that holds the last part of a path.
func literalWith(p *checks.Pass, c *checks.Call, v *checks.Value, base string) ast.Expr {
	if lit, mod := v.Literal(); mod != nil && mod.File == p.File {
		if s, ok := lit.(ast.Expr); ok && strings.Contains(p.File.Text(s), base) {
			return s
		}
	}
	var found ast.Expr
	ast.InspectStmts(p.File.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str:
			if found == nil && strings.HasSuffix(n.Value, base) {
				found = n
			}
		}
		return found == nil
	})
	return found
}
