package artifact

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// machine follows a pickle's instructions as CPython's unpickler would (Lib/pickle.py,
// Modules/_pickle.c), with values that are only known as far as they can be told without
// running anything. It does not stop where the unpickler would raise for want of a value: the
// rest may be meant for another loader.
type machine struct {
	s *scan
	o *object
	c *cursor

	protocol int
	stack    []*value
	marks    []int // where in the stack the marked parts begin
	memo     map[uint64]*value
	// kept counts the elements of containers that are kept.
	kept int
	// forgetful is set when the memo or the stack is full: what is missing is not an error.
	forgetful bool
	recent    [2]*value // the strings pushed last

	// calls counts what the unpickler has called so far.
	calls int
	// failed is where the unpickler would raise for the first time; -1 before that.
	failed int64
	why    string
	trial  bool
	names  bool // a trial has met a name of a module
	// oddNames is set where one of them is of characters that names do not have.
	oddNames bool
	// namedFirst and calledFirst are set where that was before the first failure.
	namedFirst, calledFirst bool
	said                    map[string]bool
	result                  *value
	// odd is the first call that honest files do not make, oddAt where it stands.
	odd   string
	oddAt int64
	// frameEnd is where the current frame ends; 0 outside of frames.
	frameEnd int64
	// arrays is set when bytes of arrays were left out; plain keeps them in, as pickle.load does.
	arrays, plain bool
	// extensions are the codes that the pickle has registered.
	extensions map[int64]*value
	// within counts the pickles that may stand within this one, so that their ends are not its own.
	within int
	// whole keeps all elements of containers, and takes those that pickles call for what they are.
	whole bool
	// quiet is set on a second reading: only what is dangerous is reported.
	quiet bool
}

// outcome is how a pickle ended.
type outcome uint8

const (
	stopped    outcome = iota // at STOP
	truncated                 // the object ended
	invalid                   // at a byte that is no opcode
	exhausted                 // a limit was reached
	unreadable                // the object could not be read
)

func (s *scan) newMachine(o *object, at int64) *machine {
	return &machine{s: s, o: o, c: newCursor(o, at), memo: map[uint64]*value{}, failed: -1, said: map[string]bool{}}
}

// again makes the machine ready for the pickle that begins at an offset of the same object.
func (m *machine) again(at int64) {
	if len(m.memo)+len(m.said) > 64 { // to clear a large map takes long, each time
		m.memo, m.said = map[uint64]*value{}, map[string]bool{}
	}
	clear(m.memo)
	clear(m.said)
	c := m.c
	if c.pos() != at {
		c.seek(at)
	}
	*m = machine{s: m.s, o: m.o, c: c, trial: m.trial, memo: m.memo, said: m.said, stack: m.stack[:0], marks: m.marks[:0], failed: -1}
}

// run follows instructions to the end of the pickle.
func (m *machine) run() outcome {
	var in instruction
	for {
		if m.s.opcodes++; m.s.opcodes > m.s.limits.Opcodes {
			m.s.cut(m.o, "the pickles have more opcodes than the limit; the rest was not followed", false)
			return exhausted
		}
		if m.s.opcodes&0xfff == 0 && m.s.ctx.Err() != nil {
			return exhausted
		}
		at := m.c.pos()
		code, ok := m.c.byte()
		if !ok {
			return m.ended()
		}
		in = instruction{opcode: &opcodes[code], at: at}
		if in.operand == notAnOpcode {
			m.fail(at, "a byte that is no opcode")
			return invalid
		}
		if !in.read(m.c) {
			m.fail(at, "an opcode whose operand is incomplete")
			return m.ended()
		}
		if m.frameEnd > 0 && m.c.pos() >= m.frameEnd {
			m.leaveFrame(&in)
		}
		if code == '.' && m.within > 0 {
			m.within--
			m.pop()
			continue
		}
		if code == '.' {
			m.result = m.pop()
			return stopped
		}
		if in.do != nil {
			in.do(m, &in)
		}
		if m.trial && m.failed >= 0 {
			return invalid
		}
	}
}

// frame begins a frame. Unpicklers take it for a hint how much to read.
func (m *machine) frame(in *instruction) {
	if m.frameEnd > 0 {
		m.diverge(in, "begins a frame within another")
	}
	m.frameEnd = 0
	if in.n > 0 && in.n < unbounded {
		m.frameEnd = m.c.pos() + in.n
	}
}

// leaveFrame looks at the instruction with which a frame ends, which no pickler lets reach beyond
// it. The unpickler in C then goes on in the middle of what it has read
// (https://github.com/python/cpython/issues/154848): what runs is not what a scanner reads.
func (m *machine) leaveFrame(in *instruction) {
	end, at := m.frameEnd, m.c.pos()
	m.frameEnd = 0
	if in.at >= end || at == end {
		return
	}
	m.diverge(in, "reaches beyond the end of its frame")
	for from := end; !m.trial && !m.quiet && from < min(at, end+hiddenStart); from++ {
		t := newTrial(m.o, from)
		if t.run(); t.names && t.calls > 0 {
			inner := m.s.newMachine(m.o, from)
			inner.quiet = true
			inner.run()
			return
		}
	}
}

// hiddenStart is how far behind the end of a frame hidden instructions are looked for.
const hiddenStart = 512

// diverge says that unpicklers read an instruction in different ways.
func (m *machine) diverge(in *instruction, why string) {
	if m.trial || m.quiet || m.said["frame"] {
		return
	}
	m.said["frame"] = true
	m.s.add(m.o, Fact{Kind: Divergent, Verdict: Dangerous, Offset: in.at, Length: 1, Opcode: in.name, Name: in.name, Why: why + ", where unpicklers differ in what they run"})
}

// ended tells why there is no more to read.
func (m *machine) ended() outcome {
	switch m.c.err {
	case errExpanded:
		m.s.cut(m.o, "more is compressed than the limit allows; the rest was not looked at", false)
		return exhausted
	}
	m.fail(m.c.pos(), "the end of the file")
	return truncated
}

// fail notes that the unpickler raises here.
func (m *machine) fail(at int64, why string) {
	if m.failed < 0 {
		m.failed, m.why = at, why
		m.namedFirst, m.calledFirst = m.names, m.calls > 0
	}
}

// base is the lowest place of the stack that the current mark allows to take from.
func (m *machine) base() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) push(v *value) {
	if len(m.stack) >= m.s.limits.Values {
		if !m.forgetful {
			m.forget("the pickle's stack")
		}
		return
	}
	if v.kind == text {
		m.recent[0], m.recent[1] = m.recent[1], v
	}
	m.stack = append(m.stack, v)
}

func (m *machine) forget(what string) {
	m.forgetful = true
	m.s.cut(m.o, what+" is larger than the limit; values were left out", false)
}

func (m *machine) pop() *value {
	n := len(m.stack)
	if n <= m.base() {
		if !m.forgetful {
			m.fail(m.c.pos(), "an empty stack")
		}
		return unknownValue
	}
	v := m.stack[n-1]
	m.stack = m.stack[:n-1]
	return v
}

func (m *machine) top() *value {
	if len(m.stack) <= m.base() {
		if !m.forgetful {
			m.fail(m.c.pos(), "an empty stack")
		}
		return unknownValue
	}
	return m.stack[len(m.stack)-1]
}

func (m *machine) mark(*instruction) {
	if len(m.marks) >= m.s.limits.Values {
		m.forget("the pickle's stack of marks")
		return
	}
	m.marks = append(m.marks, len(m.stack))
}

// popMark takes all values above the last mark.
func (m *machine) popMark() []*value {
	if len(m.marks) == 0 {
		if !m.forgetful {
			m.fail(m.c.pos(), "a missing mark")
		}
		return nil
	}
	from := m.base()
	m.marks = m.marks[:len(m.marks)-1]
	items := m.keep(m.stack[from:])
	m.stack = m.stack[:from]
	return items
}

// keep copies elements, fewer when very many are kept already.
func (m *machine) keep(items []*value) []*value {
	if m.kept > m.s.limits.Values {
		items = items[:min(len(items), 4)]
		m.forgetful = m.forgetful || m.whole
	}
	m.kept += len(items)
	return append([]*value(nil), items...)
}

func (m *machine) tupleOf(n int) {
	items := make([]*value, n)
	for i := n - 1; i >= 0; i-- {
		items[i] = m.pop()
	}
	m.kept += n
	m.push(&value{kind: tuple, items: items})
}

func (m *machine) popOne(*instruction) {
	if n := len(m.marks); n > 0 && m.base() == len(m.stack) {
		m.marks = m.marks[:n-1] // POP takes a mark that is on top
		return
	}
	m.pop()
}

// Constants.

func (m *machine) literal(in *instruction) { m.push(&value{kind: number, text: in.text, cut: in.long}) }

func (m *machine) intLine(in *instruction) {
	digits := strings.TrimSuffix(strings.TrimSpace(in.text), "L")
	switch {
	case in.name == "INT" && digits == "00":
		m.push(falseValue)
	case in.name == "INT" && digits == "01":
		m.push(trueValue)
	default:
		n, err := strconv.ParseInt(digits, 0, 64)
		if err != nil {
			m.checkNumber(in, digits)
			m.push(&value{kind: number, text: digits})
			return
		}
		m.push(&value{kind: number, n: n})
	}
}

// checkNumber tells whether text that is too large for an int64 is a number all the same.
func (m *machine) checkNumber(in *instruction, digits string) {
	if strings.Trim(digits, "+-_0123456789abcdefABCDEFxXoO") != "" || digits == "" {
		m.fail(in.at, "a number that is none")
	}
}

func (m *machine) integer(in *instruction) { m.push(smallNumber(in.n)) }

var smallNumbers [256]value

func init() {
	for i := range smallNumbers {
		smallNumbers[i] = value{kind: number, n: int64(i)}
	}
}

func smallNumber(n int64) *value {
	if n >= 0 && n < int64(len(smallNumbers)) {
		return &smallNumbers[n]
	}
	return &value{kind: number, n: n}
}

func (m *machine) float(in *instruction) {
	bits := uint64(in.n) // little-endian as it was read; the opcode is big-endian
	var swapped uint64
	for range 8 {
		swapped = swapped<<8 | bits&0xff
		bits >>= 8
	}
	m.push(&value{kind: number, text: strconv.FormatFloat(math.Float64frombits(swapped), 'g', -1, 64)})
}

func (m *machine) longBytes(in *instruction) {
	v := &value{kind: number}
	if in.n > 8 {
		v.text = "<integer of " + strconv.FormatInt(in.n, 10) + " bytes>"
		m.push(v)
		return
	}
	var n uint64
	for i := len(in.text) - 1; i >= 0; i-- {
		n = n<<8 | uint64(in.text[i])
	}
	if k := len(in.text); k > 0 && k < 8 && in.text[k-1]&0x80 != 0 {
		n |= math.MaxUint64 << (8 * k)
	}
	v.n = int64(n)
	m.push(v)
}

func (m *machine) textOperand(in *instruction) {
	m.push(&value{kind: text, text: whole(in.text, in.long), cut: in.long, from: in.data, n: in.n})
}

// whole drops the half of a character at which a text was cut.
func whole(s string, cut bool) string {
	for i := 0; cut && i < utf8.UTFMax && len(s) > 0; i++ {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n > 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

func (m *machine) bytesOperand(in *instruction) {
	m.push(&value{kind: data, text: in.text, cut: in.long, from: in.data, n: in.n})
}

// quotedString reads STRING: a string literal with Python's escapes.
func (m *machine) quotedString(in *instruction) {
	s := strings.TrimSpace(in.text)
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		if !in.long {
			m.fail(in.at, "a string without quotes")
		}
		m.push(&value{kind: text, text: s, cut: true})
		return
	}
	m.push(&value{kind: text, text: unescape(s[1:len(s)-1], true), cut: in.long})
}

// rawUnicode reads UNICODE, whose bytes beyond ASCII are characters of Latin-1.
func (m *machine) rawUnicode(in *instruction) {
	s := unescape(in.text, false)
	if i := strings.IndexFunc(in.text, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		wide := make([]rune, 0, len(in.text))
		for _, b := range []byte(in.text) {
			wide = append(wide, rune(b))
		}
		s = unescape(string(wide), false)
	}
	m.push(&value{kind: text, text: s, cut: in.long})
}

// unescape undoes the escapes of a string literal, or only \u and \U.
func unescape(s string, all bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits := 0
		switch c := s[i]; {
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case !all:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == 'x':
			digits = 2
		case c >= '0' && c <= '7':
			end := i + 1
			for end < len(s) && end < i+3 && s[end] >= '0' && s[end] <= '7' {
				end++
			}
			n, _ := strconv.ParseUint(s[i:end], 8, 16)
			b.WriteByte(byte(n))
			i = end - 1
		default:
			if j := strings.IndexByte(`abfnrtv`, c); j >= 0 {
				c = "\a\b\f\n\r\t\v"[j]
			}
			b.WriteByte(c)
		}
		if digits > 0 && i+digits < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32); err == nil {
				if digits == 2 {
					b.WriteByte(byte(n))
				} else {
					b.WriteRune(rune(n))
				}
				i += digits
			}
		}
	}
	return b.String()
}

// The memo.

func (m *machine) remember(key uint64) {
	v := m.top()
	if len(m.memo) >= m.s.limits.Values {
		if _, known := m.memo[key]; !known {
			if !m.forgetful {
				m.forget("the pickle's memo")
			}
			return
		}
	}
	m.memo[key] = v
}

func (m *machine) put(in *instruction)     { m.remember(uint64(in.n)) }
func (m *machine) memoize(in *instruction) { m.remember(uint64(len(m.memo))) }

func (m *machine) putLine(in *instruction) {
	if key, ok := m.memoKey(in); ok {
		m.remember(key)
	}
}

func (m *machine) memoKey(in *instruction) (uint64, bool) {
	key, err := strconv.ParseInt(strings.TrimSpace(in.text), 0, 64)
	if err != nil || key < 0 {
		m.fail(in.at, "a memo index that is none")
	}
	return uint64(key), err == nil && key >= 0
}

func (m *machine) recall(in *instruction, key uint64) {
	v := m.memo[key]
	if v == nil {
		v = unknownValue
		if !m.forgetful {
			m.fail(in.at, "a memo index that was not set")
		}
	}
	m.push(v)
}

func (m *machine) get(in *instruction) { m.recall(in, uint64(in.n)) }

func (m *machine) getLine(in *instruction) {
	key, ok := m.memoKey(in)
	if !ok {
		key = math.MaxUint64
	}
	m.recall(in, key)
}

// Containers.

// addTo adds elements to what is on top, which calls methods of it if it is no plain container.
func (m *machine) addTo(in *instruction, items []*value) {
	v := m.top()
	switch v.kind {
	case list, dict, set:
		if m.kept > m.s.limits.Values {
			v.cut = true
			m.forgetful = m.forgetful || m.whole
			return
		}
		m.kept += len(items)
		if m.whole {
			v.items = append(v.items, items...)
			return
		}
		v.add(items...)
	case global:
		m.report(Call, in, v, &value{kind: tuple, items: items}, Unknown, "is changed by the pickle")
	}
}

func (m *machine) appendOne(in *instruction) {
	v := m.pop()
	m.addTo(in, []*value{v})
}

func (m *machine) appendMany(in *instruction) {
	items := m.popMark()
	m.addTo(in, items)
}

func (m *machine) setOne(in *instruction) {
	v, k := m.pop(), m.pop()
	m.addTo(in, []*value{k, v})
}

func (m *machine) setMany(in *instruction) {
	items := m.popMark()
	m.addTo(in, items)
}

func (m *machine) persistentID(*instruction) {
	m.push(&value{kind: persistent, args: m.pop()})
}

func (m *machine) setProtocol(in *instruction) {
	m.protocol = int(in.n)
	if in.n > 5 {
		m.fail(in.at, "a protocol that does not exist")
	}
}
