package artifact

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
)

// isPickle tells a pickle by PROTO and an opcode behind it.
func isPickle(_ *object, head []byte) bool {
	return len(head) >= 3 && head[0] == 0x80 && head[1] <= 5 && opcodes[head[2]].operand != notAnOpcode
}

// isTextPickle tells a pickle of the protocols 0 and 1, which have no mark, by following it: it
// comes to STOP, or has called something, before anything that an unpickler would not take.
func isTextPickle(o *object, head []byte) bool {
	return len(head) > 1 && opcodes[head[0]].operand != notAnOpcode && head[0] != '.' && tryPickle(o, 0)
}

// namesInText tells the beginning of a text pickle that names and calls something.
func namesInText(o *object, head []byte) bool {
	if len(head) < 2 || opcodes[head[0]].operand == notAnOpcode {
		return false
	}
	m := newTrial(o, 0)
	end := m.run()
	return end == stopped && m.failed < 0 && m.names && m.calls > 0 || m.namedFirst && m.calledFirst
}

// newTrial makes a machine that reports nothing and stops where an unpickler would fail.
func newTrial(o *object, at int64) *machine {
	s := &scan{ctx: context.Background(), limits: Limits{Opcodes: trialOpcodes, Values: trialOpcodes}.withDefaults(), report: &Report{}}
	m := s.newMachine(o, at)
	m.trial = true
	return m
}

// trialOpcodes bounds a trial; what comes that far without a mistake is a pickle.
const trialOpcodes = 20_000

// tryPickle follows what may be a pickle of the old protocols and tells whether it is one.
func tryPickle(o *object, at int64) bool {
	m := newTrial(o, at)
	switch end := m.run(); {
	case end == stopped && m.failed < 0 && (m.calls > 0 || !m.oddNames), end == exhausted:
		return true
	}
	// It fails, at the latest where it ends with nothing to give: what it called before has run.
	return m.namedFirst && (m.calledFirst || pickleEndings[ending(o.path)] && !m.oddNames)
}

// pickle reads pickles, one behind the other.
func (s *scan) pickle(o *object) { s.pickleAt(o, 0) }

// pickleAt reads the pickles of an object; shift is where the object begins in its member, for
// offsets as a person counts them.
func (s *scan) pickleAt(o *object, shift int64) {
	first := len(s.report.Facts)
	at := int64(0)
	m := s.newMachine(o, 0) // one for all: there may be very many, and very short ones
	next := newTrial(o, 0)
	for s.ctx.Err() == nil {
		m.again(at)
		end := m.run()
		s.conclude(m, end)
		if m.arrays {
			s.asPlainPickle(o, at)
		}
		at = m.c.pos()
		if end != stopped || !s.pickleFollows(next, at) {
			break
		}
	}
	for i := first; shift != 0 && i < len(s.report.Facts); i++ {
		if s.report.Facts[i].Member == o.member {
			s.report.Facts[i].Offset += shift
		}
	}
}

// pickleFollows tells, by trying, whether another pickle begins at an offset. One that names
// nothing counts, since there may be more behind it: torch's first stream format begins with three.
func (s *scan) pickleFollows(m *machine, at int64) bool {
	m.again(at)
	head, ok := m.c.next(2)
	if !ok {
		return false
	}
	if head[0] == 0x80 {
		third, _ := m.c.byte()
		return isPickle(m.o, []byte{head[0], head[1], third})
	}
	if opcodes[head[0]].operand == notAnOpcode || head[0] == '.' {
		return false
	}
	m.again(at)
	m.s.opcodes = 0
	end := m.run()
	s.opcodes += m.s.opcodes
	return m.namedFirst || m.failed < 0 && (m.names || end == stopped)
}

// conclude reports a pickle that calls something and then fails. A download that was cut off
// has called what honest files call, so that only other calls count.
func (s *scan) conclude(m *machine, end outcome) {
	if m.failed < 0 || end == exhausted || m.quiet {
		return
	}
	if end != stopped && !(m.o.guess && m.calls == 0) {
		s.cut(m.o, "the pickle ends at "+m.why+" (offset "+strconv.FormatInt(m.failed, 10)+")", true)
	}
	if m.odd == "" || m.oddAt > m.failed {
		return
	}
	s.add(m.o, Fact{
		Kind: BrokenPickle, Verdict: Dangerous, Offset: m.failed, Name: m.odd, Opcode: "",
		Why: "is called before the pickle fails at " + m.why,
	})
}

// asPlainPickle follows a file of joblib as pickle.load would, which takes the bytes of arrays
// for opcodes.
func (s *scan) asPlainPickle(o *object, at int64) {
	m := s.newMachine(o, at)
	m.plain, m.quiet = true, true
	m.run()
}

// joblibWrapper is the class that stands in a joblib file for an array whose bytes follow.
var joblibWrappers = nameSet(`joblib.numpy_pickle.NumpyArrayWrapper sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper`)

// arrayFollows goes over the bytes of an array that joblib writes into the stream behind the
// object that describes it (joblib/numpy_pickle.py, NumpyArrayWrapper.read_array).
func (m *machine) arrayFollows(v *value) {
	if m.plain || m.trial || v.callee == nil || !joblibWrappers[v.callee.named()] || v.state == nil {
		return
	}
	size, objects, ok := arraySize(v.state)
	if !ok { // the array may be of objects, whose pickle ends within this one
		m.within++
		return
	}
	m.arrays = true
	if objects {
		inner := m.s.newMachine(m.o, m.c.pos())
		end := inner.run()
		m.s.conclude(inner, end)
		m.c.seek(inner.c.pos())
		return
	}
	if v.state.lookup("numpy_array_alignment_bytes") != nil {
		padding, ok := m.c.byte()
		if !ok || !m.c.skip(int64(padding)) {
			return
		}
	}
	m.c.skip(size)
}

// arraySize is the number of bytes of an array, and whether it holds objects instead.
func arraySize(state *value) (size int64, objects, ok bool) {
	dtype, shape := state.lookup("dtype"), state.lookup("shape")
	if dtype == nil || dtype.kind != instance || shape == nil || shape.kind != tuple {
		return 0, false, false
	}
	code := argument(dtype.args, 0)
	if code == nil || code.kind != text || code.text == "" {
		return 0, false, false
	}
	size = 1
	for _, n := range shape.items {
		if n.kind != number || n.n < 0 || n.n > 0 && size > unbounded/n.n {
			return 0, false, false
		}
		size *= n.n
	}
	kind := strings.TrimLeft(code.text, "|<>=")
	if kind == "" {
		return 0, false, false
	}
	if kind[0] == 'O' || hasObjects(dtype.state) {
		return 0, true, true
	}
	width, err := strconv.ParseInt(kind[1:], 10, 32)
	if err != nil {
		return 0, false, false
	}
	if kind[0] == 'U' {
		width *= 4
	}
	return size * width, false, size < unbounded/max(width, 1)
}

// hasObjects reads the flags in the state of a dtype: the first bit is set where an element
// holds references.
func hasObjects(state *value) bool {
	if state == nil || state.kind != tuple || len(state.items) < 8 {
		return false
	}
	flags := state.items[7]
	return flags.kind == number && flags.n&1 != 0
}

// buried looks for a pickle behind leading bytes that are none of its own, in a file that by
// its name holds one: a loader may go over a header of its own first.
func (s *scan) buried(o *object) {
	head := make([]byte, 64<<10)
	n, _ := o.r.ReadAt(head, 0)
	head = head[:n]
	for i := 1; i+3 < n; i++ {
		j := bytes.IndexByte(head[i:], 0x80)
		if j < 0 {
			return
		}
		i += j
		if !isPickle(o, head[i:]) || head[i+1] < 2 || !tryPickle(o, int64(i)) {
			continue
		}
		inner := &object{r: io.NewSectionReader(o.r, int64(i), o.size-int64(i)), size: o.size - int64(i), path: o.path, member: o.member, format: Pickle}
		s.pickleAt(inner, int64(i))
		return
	}
}
