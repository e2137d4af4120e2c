package artifact

// operand says what follows an opcode in the stream.
type operand uint8

const (
	noOperand operand = iota
	uint1
	uint2
	int4
	uint4
	uint8le
	float8
	line                // text up to a line feed
	twoLines            // module and name
	counted1            // a byte of length, then as many bytes
	counted4            // a uint4 of length
	counted8            // a uint8 of length
	signed4             // an int4 of length, which may not be negative
	notAnOpcode operand = 255
)

// opcode is an instruction of the pickle machine: pickletools.py of CPython 3.14 is the
// source of this table.
type opcode struct {
	name    string
	operand operand
	do      func(m *machine, in *instruction)
}

// instruction is one opcode with what was read of its operand.
type instruction struct {
	*opcode
	at int64
	// n is a number, or the length of what is counted.
	n int64
	// text is the operand's text or bytes, as far as it is kept, and long is set when there is
	// more of it. text2 is the second line of two.
	text, text2 string
	long        bool
	// data is where the counted bytes start.
	data int64
}

var opcodes [256]opcode

func init() {
	for i := range opcodes {
		opcodes[i].operand = notAnOpcode
	}
	for code, op := range map[byte]opcode{
		'(': {"MARK", noOperand, (*machine).mark},
		'.': {"STOP", noOperand, nil},
		'0': {"POP", noOperand, (*machine).popOne},
		'1': {"POP_MARK", noOperand, func(m *machine, _ *instruction) { m.popMark() }},
		'2': {"DUP", noOperand, func(m *machine, _ *instruction) { m.push(m.top()) }},
		'F': {"FLOAT", line, (*machine).literal},
		'I': {"INT", line, (*machine).intLine},
		'J': {"BININT", int4, (*machine).integer},
		'K': {"BININT1", uint1, (*machine).integer},
		'L': {"LONG", line, (*machine).intLine},
		'M': {"BININT2", uint2, (*machine).integer},
		'N': {"NONE", noOperand, func(m *machine, _ *instruction) { m.push(noneValue) }},
		'P': {"PERSID", line, func(m *machine, in *instruction) { m.push(&value{kind: persistent, text: in.text}) }},
		'Q': {"BINPERSID", noOperand, (*machine).persistentID},
		'R': {"REDUCE", noOperand, (*machine).reduce},
		'S': {"STRING", line, (*machine).quotedString},
		'T': {"BINSTRING", signed4, (*machine).textOperand},
		'U': {"SHORT_BINSTRING", counted1, (*machine).textOperand},
		'V': {"UNICODE", line, (*machine).rawUnicode},
		'X': {"BINUNICODE", counted4, (*machine).textOperand},
		'a': {"APPEND", noOperand, (*machine).appendOne},
		'b': {"BUILD", noOperand, (*machine).build},
		'c': {"GLOBAL", twoLines, (*machine).globalLines},
		'd': {"DICT", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: dict, items: m.popMark()}) }},
		'}': {"EMPTY_DICT", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: dict}) }},
		'e': {"APPENDS", noOperand, (*machine).appendMany},
		'g': {"GET", line, (*machine).getLine},
		'h': {"BINGET", uint1, (*machine).get},
		'i': {"INST", twoLines, (*machine).inst},
		'j': {"LONG_BINGET", uint4, (*machine).get},
		'l': {"LIST", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: list, items: m.popMark()}) }},
		']': {"EMPTY_LIST", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: list}) }},
		'o': {"OBJ", noOperand, (*machine).obj},
		'p': {"PUT", line, (*machine).putLine},
		'q': {"BINPUT", uint1, (*machine).put},
		'r': {"LONG_BINPUT", uint4, (*machine).put},
		's': {"SETITEM", noOperand, (*machine).setOne},
		't': {"TUPLE", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: tuple, items: m.popMark()}) }},
		')': {"EMPTY_TUPLE", noOperand, func(m *machine, _ *instruction) { m.push(emptyTuple) }},
		'u': {"SETITEMS", noOperand, (*machine).setMany},
		'G': {"BINFLOAT", float8, (*machine).float},

		0x80: {"PROTO", uint1, (*machine).setProtocol},
		0x81: {"NEWOBJ", noOperand, (*machine).newObj},
		0x82: {"EXT1", uint1, (*machine).extension},
		0x83: {"EXT2", uint2, (*machine).extension},
		0x84: {"EXT4", int4, (*machine).extension},
		0x85: {"TUPLE1", noOperand, func(m *machine, _ *instruction) { m.tupleOf(1) }},
		0x86: {"TUPLE2", noOperand, func(m *machine, _ *instruction) { m.tupleOf(2) }},
		0x87: {"TUPLE3", noOperand, func(m *machine, _ *instruction) { m.tupleOf(3) }},
		0x88: {"NEWTRUE", noOperand, func(m *machine, _ *instruction) { m.push(trueValue) }},
		0x89: {"NEWFALSE", noOperand, func(m *machine, _ *instruction) { m.push(falseValue) }},
		0x8a: {"LONG1", counted1, (*machine).longBytes},
		0x8b: {"LONG4", signed4, (*machine).longBytes},

		'B': {"BINBYTES", counted4, (*machine).bytesOperand},
		'C': {"SHORT_BINBYTES", counted1, (*machine).bytesOperand},

		0x8c: {"SHORT_BINUNICODE", counted1, (*machine).textOperand},
		0x8d: {"BINUNICODE8", counted8, (*machine).textOperand},
		0x8e: {"BINBYTES8", counted8, (*machine).bytesOperand},
		0x8f: {"EMPTY_SET", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: set}) }},
		0x90: {"ADDITEMS", noOperand, (*machine).appendMany},
		0x91: {"FROZENSET", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: set, items: m.popMark()}) }},
		0x92: {"NEWOBJ_EX", noOperand, (*machine).newObjEx},
		0x93: {"STACK_GLOBAL", noOperand, (*machine).stackGlobal},
		0x94: {"MEMOIZE", noOperand, (*machine).memoize},
		0x95: {"FRAME", uint8le, (*machine).frame},

		0x96: {"BYTEARRAY8", counted8, (*machine).bytesOperand},
		0x97: {"NEXT_BUFFER", noOperand, func(m *machine, _ *instruction) { m.push(&value{kind: data}) }},
		0x98: {"READONLY_BUFFER", noOperand, nil},
	} {
		opcodes[code] = op
	}
}

// keptText is how much of a string is kept: more than any module's or function's name.
const keptText = 256

// read reads the operand of an opcode. ok is false where the object ends before it, or where a
// length is negative.
func (in *instruction) read(c *cursor) (ok bool) {
	fixed := func(n int) (v uint64, ok bool) {
		b, ok := c.next(n)
		for i := len(b) - 1; i >= 0; i-- {
			v = v<<8 | uint64(b[i])
		}
		return v, ok
	}
	var v uint64
	switch in.operand {
	case noOperand:
		return true
	case uint1:
		v, ok = fixed(1)
	case uint2:
		v, ok = fixed(2)
	case int4:
		v, ok = fixed(4)
		in.n = int64(int32(v))
		return ok
	case uint4:
		v, ok = fixed(4)
	case uint8le, float8:
		v, ok = fixed(8)
	case line:
		var text []byte
		text, in.long, ok = c.line(keptText)
		in.text = string(text)
		return ok
	case twoLines:
		var text []byte
		if text, in.long, ok = c.line(keptText); !ok {
			return false
		}
		in.text = string(text)
		var long bool
		text, long, ok = c.line(keptText)
		in.text2, in.long = string(text), in.long || long
		return ok
	case counted1:
		if v, ok = fixed(1); !ok {
			return false
		}
		return in.readCounted(c, v)
	case counted4:
		if v, ok = fixed(4); !ok {
			return false
		}
		return in.readCounted(c, v)
	case counted8:
		if v, ok = fixed(8); !ok {
			return false
		}
		return in.readCounted(c, v)
	case signed4:
		if v, ok = fixed(4); !ok || int32(v) < 0 {
			return false
		}
		return in.readCounted(c, v)
	}
	in.n = int64(v)
	return ok
}

// readCounted takes n bytes of which the first are kept.
func (in *instruction) readCounted(c *cursor, n uint64) bool {
	if n > 1<<62 {
		return false
	}
	in.n, in.data = int64(n), c.pos()
	keep := min(in.n, keptText)
	b, ok := c.next(int(keep))
	if !ok {
		return false
	}
	in.text, in.long = string(b), in.n > keep
	return c.skip(in.n - keep)
}
