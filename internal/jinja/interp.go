package jinja

import (
	"strconv"
	"strings"
)

// interp follows the constants of a template through its segments.
type interp struct {
	source   string
	segments []segment
	vars     map[string]value
	steps    int
	found    []Gadget
	seen     map[Gadget]bool

	// of the segment at hand
	toks  []token
	pos   int
	depth int
	seg   *segment
	// out, where it is not nil, collects what is printed: the body of a macro or block.
	out *value
}

const (
	// exprDepth is how deeply expressions nest; Python's own limit for what Jinja compiles is
	// about 100.
	exprDepth = 150
	// blockDepth is how deeply blocks nest.
	blockDepth = 50
	// loopLimit is how often a loop is run.
	loopLimit = 128
)

// bodies are the statements whose body is run for itself, with what ends each.
var bodies = map[string]string{"for": "endfor", "macro": "endmacro", "set": "endset", "filter": "endfilter", "call": "endcall"}

// run goes through the segments lo to hi.
func (in *interp) run(lo, hi, depth int) {
	for i := lo; i < hi && in.steps <= stepLimit && len(in.found) < gadgetLimit; i++ {
		in.steps++
		seg := &in.segments[i]
		if seg.kind == text {
			in.print(textOf(seg.body))
			continue
		}
		in.open(seg)
		if seg.kind == expression {
			in.print(in.all())
			continue
		}
		i = in.statement(i, hi, depth)
	}
}

// open makes a segment the one at hand.
func (in *interp) open(seg *segment) {
	if seg.toks == nil {
		seg.toks = append(lex(seg.body, seg.at), token{})
	}
	in.seg, in.toks, in.pos, in.depth = seg, seg.toks, 0, 0
}

// print adds to what is collected.
func (in *interp) print(v value) {
	if in.out == nil {
		return
	}
	s, ok := v.print()
	if !ok || in.out.kind != textValue {
		*in.out = value{}
		return
	}
	*in.out = textOf(in.out.text + s)
}

// statement runs the statement in segment i and returns the last segment that belongs to it.
func (in *interp) statement(i, hi, depth int) int {
	for in.isOp("-") || in.isOp("+") {
		in.pos++
	}
	word := in.toks[in.pos]
	if word.kind != name {
		in.rest()
		return i
	}
	in.pos++
	target := in.toks[in.pos].text // of a set or macro
	switch word.text {
	case "set":
		if in.set() {
			return i
		}
	case "for", "macro", "filter", "call":
	default:
		in.rest()
		return i
	}
	stop := in.match(i, hi, word.text)
	if depth >= blockDepth {
		in.rest()
		return i
	}
	switch word.text {
	case "for":
		in.loop(i, stop, depth)
	case "set":
		in.vars[target] = in.collect(i+1, stop, depth)
	case "macro":
		in.rest()
		in.vars[target] = value{kind: functionValue, text: "macro", items: []value{in.collect(i+1, stop, depth)}}
	default:
		in.rest()
		in.collect(i+1, stop, depth)
	}
	return stop
}

// match finds the segment that ends the block that segment i opens, hi where there is none.
func (in *interp) match(i, hi int, word string) int {
	open := 0
	for j := i; j < hi; j++ {
		in.steps++
		if in.segments[j].kind != statement {
			continue
		}
		switch k := keyword(in.segments[j].body); {
		case k == word && (k != "set" || !strings.Contains(in.segments[j].body, "=")):
			open++
		case k == bodies[word]:
			if open--; open == 0 {
				return j
			}
		}
	}
	return hi
}

// collect runs segments and returns what they print.
func (in *interp) collect(lo, hi, depth int) value {
	outer := in.out
	out := textOf("")
	in.out = &out
	in.run(lo, hi, depth+1)
	in.out = outer
	return out
}

// set reads "set a, b = value"; it returns false for the form with a body.
func (in *interp) set() bool {
	at := in.pos
	for i := at; i < len(in.toks); i++ {
		if in.toks[i].kind == operator && in.toks[i].text == "=" {
			for _, t := range in.toks[at:i] {
				if t.kind == name {
					in.named(t)
				}
			}
			in.pos = i + 1
			v := in.all()
			in.assign(in.toks[at:i], v)
			return true
		}
	}
	in.rest()
	return false
}

// assign gives names, or an attribute of a namespace, a value.
func (in *interp) assign(target []token, v value) {
	if len(target) == 3 && target[1].text == "." {
		if ns := in.vars[target[0].text]; ns.kind == dictValue {
			ns.dict.set(target[2].text, v)
		}
		return
	}
	var names []string
	for _, t := range target {
		if t.kind == name {
			names = append(names, t.text)
		}
	}
	if len(names) == 1 {
		in.vars[names[0]] = v
		return
	}
	for i, n := range names {
		in.vars[n] = v.index(numberOf(i))
	}
}

// loop runs the body of a for statement once for each item that is known, and once otherwise.
func (in *interp) loop(i, stop, depth int) {
	at := in.pos
	to := at
	for to < len(in.toks)-1 && !(in.toks[to].kind == name && in.toks[to].text == "in") {
		to++
	}
	target := in.toks[at:to]
	in.pos = to + 1
	if in.pos > len(in.toks)-1 {
		in.pos = len(in.toks) - 1
	}
	v := in.expr()
	in.rest()
	items := v.each()
	if len(items) == 0 {
		items = []value{{}}
	}
	for n, it := range items {
		if n >= loopLimit || in.steps > stepLimit {
			break
		}
		in.assign(target, it)
		in.run(i+1, stop, depth+1)
	}
}

// all evaluates the expressions of the segment that are left, and returns the first.
func (in *interp) all() value {
	v := in.expr()
	if in.isOp(",") { // a tuple without parentheses
		items := []value{v}
		for in.isOp(",") {
			in.pos++
			if in.toks[in.pos].kind == end {
				break
			}
			items = append(items, in.expr())
		}
		v = listOf(items)
	}
	in.rest()
	return v
}

// rest looks at what is left of the segment, whatever its grammar.
func (in *interp) rest() {
	for in.toks[in.pos].kind != end && in.steps <= stepLimit {
		at := in.pos
		in.expr()
		if in.pos == at {
			in.pos++
		}
	}
}

// isOp tells whether an operator comes next; the token after the last is none.
func (in *interp) isOp(op string) bool {
	t := in.toks[in.pos]
	return t.kind == operator && t.text == op
}

func (in *interp) takeOp(op string) bool {
	if in.isOp(op) {
		in.pos++
		return true
	}
	return false
}

func (in *interp) takeName(word string) bool {
	if t := in.toks[in.pos]; t.kind == name && t.text == word {
		in.pos++
		return true
	}
	return false
}

// expr evaluates an expression with its condition.
func (in *interp) expr() value {
	in.steps++
	in.depth++
	defer func() { in.depth-- }()
	if in.depth > exprDepth || in.steps > stepLimit {
		in.flat()
		return value{}
	}
	v := in.or()
	for in.takeName("if") {
		truth, known := in.or().truth()
		var other value
		if in.takeName("else") {
			other = in.expr()
		}
		if known && !truth || v.kind == unknown {
			v = other
		}
	}
	return v
}

// flat looks at the tokens that are left without understanding them.
func (in *interp) flat() {
	for ; in.toks[in.pos].kind != end; in.pos++ {
		switch t := in.toks[in.pos]; t.kind {
		case name:
			in.named(t)
		case str:
			in.spelt(t.at, textOf(t.text))
		}
	}
}

func (in *interp) or() value {
	v := in.and()
	for in.takeName("or") {
		w := in.and()
		if truth, known := v.truth(); known && !truth || !known {
			v = w
		}
	}
	return v
}

func (in *interp) and() value {
	v := in.not()
	for in.takeName("and") {
		w := in.not()
		if truth, known := v.truth(); known && truth || !known {
			v = w
		}
	}
	return v
}

func (in *interp) not() value {
	n := 0
	for in.takeName("not") {
		n++
	}
	v := in.compare()
	if n > 0 {
		truth, known := v.truth()
		if !known {
			return value{}
		}
		if n%2 == 1 {
			truth = !truth
		}
		return boolOf(truth)
	}
	return v
}

func boolOf(b bool) value {
	if b {
		return value{kind: boolValue, num: 1}
	}
	return value{kind: boolValue}
}

func (in *interp) compare() value {
	v := in.sum()
	for {
		t := in.toks[in.pos]
		switch {
		case t.kind == operator && (t.text == "==" || t.text == "!="):
			in.pos++
			w := in.sum()
			a, ok1 := v.print()
			b, ok2 := w.print()
			if v = (value{}); ok1 && ok2 {
				v = boolOf((a == b) == (t.text == "=="))
			}
		case t.kind == operator && strings.Contains("< > <= >=", t.text),
			t.kind == name && t.text == "in":
			in.pos++
			in.sum()
			v = value{}
		case t.kind == name && t.text == "not" && in.toks[min(in.pos+1, len(in.toks)-1)].text == "in":
			in.pos += 2
			in.sum()
			v = value{}
		default:
			return v
		}
	}
}

func (in *interp) sum() value {
	v := in.concat()
	for in.isOp("+") || in.isOp("-") {
		t := in.toks[in.pos]
		in.pos++
		if in.toks[in.pos].kind == end { // -}} ends a block
			return v
		}
		w := in.concat()
		switch {
		case v.kind == numberValue && w.kind == numberValue && t.text == "+":
			v = numberOf(v.num + w.num)
		case v.kind == numberValue && w.kind == numberValue:
			v = numberOf(v.num - w.num)
		case v.kind == textValue && w.kind == textValue && t.text == "+":
			v = in.spelt(t.at, textOf(v.text+w.text))
		case v.kind == listValue && w.kind == listValue && t.text == "+":
			v = listOf(append(append([]value{}, v.items...), w.items...))
		default:
			v = value{}
		}
	}
	return v
}

func (in *interp) concat() value {
	v := in.product()
	for in.isOp("~") {
		at := in.toks[in.pos].at
		in.pos++
		w := in.product()
		v = in.spelt(at, join([]value{v, w}, ""))
	}
	return v
}

func (in *interp) product() value {
	v := in.power()
	for {
		t := in.toks[in.pos]
		if t.kind != operator || t.text != "*" && t.text != "/" && t.text != "//" && t.text != "%" {
			return v
		}
		in.pos++
		if in.toks[in.pos].kind == end {
			return v
		}
		w := in.power()
		switch {
		case t.text == "*" && w.kind == numberValue:
			v = in.spelt(t.at, v.times(w.num))
		case t.text == "*" && v.kind == numberValue:
			v = in.spelt(t.at, w.times(v.num))
		case t.text == "%" && v.kind == textValue:
			v = in.spelt(t.at, percent(v.text, w.arguments()))
		case t.text == "//" && v.kind == numberValue && w.kind == numberValue && w.num > 0:
			v = numberOf(v.num / w.num)
		case t.text == "%" && v.kind == numberValue && w.kind == numberValue && w.num > 0:
			v = numberOf(v.num % w.num)
		default:
			v = value{}
		}
	}
}

// arguments are what a value on the right of % stands for.
func (v value) arguments() []value {
	if v.kind == listValue {
		return v.items
	}
	return []value{v}
}

func (in *interp) power() value {
	v := in.unary()
	for in.takeOp("**") {
		in.unary()
		v = value{}
	}
	return v
}

func (in *interp) unary() value {
	sign := 0
	for in.isOp("-") || in.isOp("+") {
		if in.isOp("-") {
			sign++
		}
		in.pos++
	}
	v := in.postfix(in.primary())
	if sign%2 == 1 {
		if v.kind == numberValue {
			return numberOf(-v.num)
		}
		return value{}
	}
	return v
}

func (in *interp) primary() value {
	t := in.toks[in.pos]
	switch t.kind {
	case str:
		s := ""
		for in.toks[in.pos].kind == str { // strings side by side are one
			s += in.toks[in.pos].text
			in.pos++
			if len(s) > textLimit {
				break
			}
		}
		return in.spelt(t.at, textOf(s))
	case number:
		in.pos++
		n, err := strconv.ParseInt(t.text, 0, 32)
		if err != nil {
			return value{}
		}
		return numberOf(int(n))
	case name:
		in.pos++
		return in.variable(t)
	case operator:
		switch t.text {
		case "(", "[":
			in.pos++
			return in.sequence(t.text)
		case "{":
			in.pos++
			return in.mapping()
		}
	}
	return value{}
}

// variable is the value of a name.
func (in *interp) variable(t token) value {
	in.named(t)
	switch t.text {
	case "true", "True":
		return boolOf(true)
	case "false", "False":
		return boolOf(false)
	}
	if v, ok := in.vars[t.text]; ok {
		return v
	}
	switch t.text {
	case "dict", "namespace", "range":
		return value{kind: functionValue, text: t.text}
	}
	return value{}
}

// sequence reads a list, a tuple or what parentheses enclose.
func (in *interp) sequence(open string) value {
	shut := ")"
	if open == "[" {
		shut = "]"
	}
	var items []value
	comma := open == "["
	for in.toks[in.pos].kind != end && !in.isOp(shut) {
		at := in.pos
		items = append(items, in.expr())
		if in.takeOp(",") {
			comma = true
		} else if in.pos == at {
			break
		}
	}
	in.takeOp(shut)
	if !comma && len(items) == 1 {
		return items[0]
	}
	return listOf(items)
}

// mapping reads a dict.
func (in *interp) mapping() value {
	d := &dict{}
	for in.toks[in.pos].kind != end && !in.isOp("}") {
		at := in.pos
		k := in.expr()
		if in.takeOp(":") {
			v := in.expr()
			if s, ok := k.print(); ok {
				d.set(s, v)
			}
		}
		if !in.takeOp(",") && in.pos == at {
			break
		}
	}
	in.takeOp("}")
	return value{kind: dictValue, dict: d}
}

// postfix reads what follows a value: attributes, items, calls, filters and tests.
func (in *interp) postfix(v value) value {
	for in.steps <= stepLimit {
		in.steps++
		t := in.toks[in.pos]
		switch {
		case t.kind == operator && t.text == ".":
			in.pos++
			v = in.attribute(v)
		case t.kind == operator && t.text == "[":
			in.pos++
			v = in.spelt(t.at, in.subscript(v))
		case t.kind == operator && t.text == "(":
			in.pos++
			args, kw := in.arguments()
			v = in.spelt(t.at, in.call(v, args, kw))
		case t.kind == operator && t.text == "|":
			in.pos++
			v = in.filter(v)
		case t.kind == name && t.text == "is":
			in.pos++
			in.takeName("not")
			in.pos = min(in.pos+1, len(in.toks)-1)
			for in.takeOp(".") {
				in.pos = min(in.pos+1, len(in.toks)-1)
			}
			// Its argument, if there is one, is read here, what follows that by this loop.
			if k := in.toks[in.pos]; k.kind == str || k.kind == number || k.kind == operator && (k.text == "(" || k.text == "[") {
				in.primary()
			}
			v = value{}
		default:
			return v
		}
	}
	return v
}

func (in *interp) attribute(v value) value {
	t := in.toks[in.pos]
	switch t.kind {
	case name:
		in.pos++
		if attribute(t.text) {
			in.report(t.at, t.text)
		}
		if v.kind == dictValue {
			if got := v.dict.get(t.text); got.kind != unknown {
				return got
			}
		}
		return value{kind: methodValue, text: t.text, recv: &v}
	case number:
		in.pos++
		if n, err := strconv.Atoi(t.text); err == nil {
			return v.index(numberOf(n))
		}
	}
	return value{}
}

func (in *interp) subscript(v value) value {
	var parts [3]*value
	n, sliced := 0, false
	for in.toks[in.pos].kind != end && !in.isOp("]") {
		at := in.pos
		if in.takeOp(":") {
			sliced = true
			n = min(n+1, 2)
			continue
		}
		got := in.expr()
		parts[n] = &got
		in.takeOp(",")
		if in.pos == at {
			break
		}
	}
	in.takeOp("]")
	switch {
	case sliced:
		return v.slice(parts[0], parts[1], parts[2])
	case parts[0] != nil:
		return v.index(*parts[0])
	}
	return value{}
}

// arguments reads the arguments of a call, after its parenthesis.
func (in *interp) arguments() ([]value, *dict) {
	var args []value
	kw := &dict{}
	for in.toks[in.pos].kind != end && !in.isOp(")") {
		at := in.pos
		for in.takeOp("*") || in.takeOp("**") {
		}
		if k := in.toks[in.pos]; k.kind == name && in.toks[in.pos+1].kind == operator && in.toks[in.pos+1].text == "=" {
			in.named(k)
			in.pos += 2
			kw.set(k.text, in.expr())
		} else {
			args = append(args, in.expr())
		}
		if !in.takeOp(",") && in.pos == at {
			break
		}
	}
	in.takeOp(")")
	return args, kw
}

// filter reads the name of a filter and its arguments, and applies it.
func (in *interp) filter(v value) value {
	t := in.toks[in.pos]
	if t.kind != name {
		return value{}
	}
	in.pos++
	for in.takeOp(".") {
		in.pos = min(in.pos+1, len(in.toks)-1)
	}
	var args []value
	kw := &dict{}
	if in.takeOp("(") {
		args, kw = in.arguments()
	}
	switch t.text {
	case "attr":
		if len(args) > 0 && args[0].kind == textValue {
			if attribute(args[0].text) {
				in.report(t.at, args[0].text)
			}
			return value{}
		}
	case "map", "selectattr", "rejectattr", "sort", "groupby", "sum", "min", "max", "unique":
		in.paths(t.at, append(args, kw.get("attribute")))
	}
	return in.spelt(t.at, apply(t.text, v, args, kw))
}

// paths looks at arguments that are paths of attributes.
func (in *interp) paths(at int, args []value) {
	for _, a := range args {
		for part := range strings.SplitSeq(a.text, ".") {
			if attribute(part) {
				in.report(at, part)
			}
		}
	}
}

// named looks at a name that is read, set or given.
func (in *interp) named(t token) {
	if internal[t.text] {
		in.report(t.at, t.text)
	}
}

// spelt looks at a text that the template has put together, and returns it.
func (in *interp) spelt(at int, v value) value {
	if v.kind == textValue {
		if word := within(v.text); word != "" {
			in.report(at, word)
		}
	}
	return v
}

func (in *interp) report(at int, word string) {
	code := strings.Join(strings.Fields(in.seg.body), " ")
	if len(code) > 120 {
		code = code[:120] + "…"
	}
	g := Gadget{Offset: at, Name: word, Code: strings.ToValidUTF8(code, "")}
	if !in.seen[g] && len(in.found) < gadgetLimit {
		in.seen[g] = true
		in.found = append(in.found, g)
	}
}
