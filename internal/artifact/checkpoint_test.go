package artifact

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// evilCall is what attackers put in front of a checkpoint: the call is made and its result
// thrown away.
const evilCall = "GLOBAL posix system\nBINUNICODE 'id'\nTUPLE1\nREDUCE\nPOP\n"

// tensorText pickles a tensor by _rebuild_tensor_v2.
func tensorText(class, key string, elements, offset int, shape, stride []int) string {
	sizes := func(list []int) string {
		var b strings.Builder
		b.WriteString("MARK\n")
		for _, n := range list {
			fmt.Fprintf(&b, "BININT %d\n", n)
		}
		return b.String() + "TUPLE\n"
	}
	return fmt.Sprintf("GLOBAL torch._utils _rebuild_tensor_v2\nMARK\nMARK\nBINUNICODE 'storage'\nGLOBAL torch %s\nBINUNICODE '%s'\nBINUNICODE 'cpu'\nBININT %d\nTUPLE\nBINPERSID\nBININT %d\n%s%sNEWFALSE\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nTUPLE\nREDUCE\n",
		class, key, elements, offset, sizes(shape), sizes(stride))
}

// checkpointFile is a torch zip of a pickle and storages by key.
func checkpointFile(pickle string, storages map[string][]byte) []byte {
	members := []string{"net/data.pkl", asm("PROTO 2\n" + evilCall + pickle + "STOP"), "net/byteorder", "little"}
	keys := make([]string, 0, len(storages))
	for k := range storages {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		members = append(members, "net/data/"+k, string(storages[k]))
	}
	return zipOf(append(members, "net/version", "3\n")...)
}

// stateOf pickles an OrderedDict of names and values.
func stateOf(pairs ...string) string {
	text := "GLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nBINPUT 0\nMARK\n"
	for i := 0; i < len(pairs); i += 2 {
		text += "BINUNICODE '" + pairs[i] + "'\n" + pairs[i+1]
	}
	return text + "SETITEMS\nEMPTY_DICT\nBINUNICODE '_metadata'\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nSETITEM\nBUILD\n"
}

// numbered are n bytes that differ from their neighbours.
func numbered(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/256)
	}
	return b
}

// rewritten scans a checkpoint, rewrites it and reads what was written: types, shapes and bytes
// by name.
func rewritten(t *testing.T, content []byte) map[string]string {
	t.Helper()
	r := scanBytes(t, "model.pt", content)
	if r.Checkpoint == nil {
		t.Fatalf("no checkpoint: %q, facts %+v", r.Refusal, r.Facts)
	}
	var out bytes.Buffer
	if err := r.Checkpoint.WriteSafetensors(context.Background(), &out, bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	if int64(out.Len()) != r.Checkpoint.SafetensorsSize() {
		t.Errorf("%d bytes were written, %d announced", out.Len(), r.Checkpoint.SafetensorsSize())
	}
	if again := scanBytes(t, "model.safetensors", out.Bytes()); len(again.Facts) > 0 || again.Format != Safetensors {
		t.Errorf("what is written is %s with %+v", again.Format, again.Facts)
	}
	n := binary.LittleEndian.Uint64(out.Bytes())
	var header map[string]struct {
		Dtype   string
		Shape   []int
		Offsets []int `json:"data_offsets"`
	}
	if err := json.Unmarshal(out.Bytes()[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	tensors := map[string]string{}
	for name, h := range header {
		if name != "__metadata__" {
			tensors[name] = fmt.Sprint(h.Dtype, h.Shape, " ", out.Bytes()[8+int(n)+h.Offsets[0]:8+int(n)+h.Offsets[1]])
		}
	}
	return tensors
}

func TestACheckpointOfTensorsIsRewrittenByteForByte(t *testing.T) {
	a, b := numbered(48), numbered(1000)
	got := rewritten(t, checkpointFile(stateOf(
		"fc.weight", tensorText("FloatStorage", "0", 12, 0, []int{3, 4}, []int{4, 1}),
		"fc.bias", tensorText("HalfStorage", "1", 500, 10, []int{6}, []int{1}),
		"scalar", tensorText("LongStorage", "1", 125, 3, nil, nil),
		"empty", tensorText("ByteStorage", "0", 48, 0, []int{0, 7}, []int{7, 1}),
		"odd <name> \u00e9", tensorText("BoolStorage", "0", 48, 47, []int{1, 1, 1}, []int{9, 0, 5}),
	), map[string][]byte{"0": a, "1": b}))
	want := map[string]string{
		"fc.weight": fmt.Sprint("F32[3 4] ", a), "fc.bias": fmt.Sprint("F16[6] ", b[20:32]), "scalar": fmt.Sprint("I64[] ", b[24:32]),
		"empty": fmt.Sprint("U8[0 7] ", []byte{}), "odd <name> \u00e9": fmt.Sprint("BOOL[1 1 1] ", a[47:]),
	}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s is %s, want %s", name, got[name], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
}

func TestViewsArePutInOrderAndSharedStoragesWrittenForEach(t *testing.T) {
	a := numbered(24)
	pick := func(width int, elements ...int) []byte {
		var out []byte
		for _, e := range elements {
			out = append(out, a[e*width:(e+1)*width]...)
		}
		return out
	}
	got := rewritten(t, checkpointFile(stateOf(
		"transposed", tensorText("ShortStorage", "0", 12, 0, []int{4, 3}, []int{1, 4}),
		"column", tensorText("ShortStorage", "0", 12, 1, []int{3}, []int{4}),
		"block", tensorText("ShortStorage", "0", 12, 1, []int{3, 2}, []int{4, 1}),
		"expanded", tensorText("ShortStorage", "0", 12, 2, []int{2, 3}, []int{0, 1}),
		"permuted", tensorText("ShortStorage", "0", 12, 0, []int{2, 1, 3, 2}, []int{2, 9, 4, 1}),
		"tied", tensorText("ShortStorage", "0", 12, 0, []int{12}, []int{1}),
	), map[string][]byte{"0": a}))
	for name, want := range map[string]string{
		"transposed": fmt.Sprint("I16[4 3] ", pick(2, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)), "column": fmt.Sprint("I16[3] ", pick(2, 1, 5, 9)),
		"block": fmt.Sprint("I16[3 2] ", pick(2, 1, 2, 5, 6, 9, 10)), "expanded": fmt.Sprint("I16[2 3] ", pick(2, 2, 3, 4, 2, 3, 4)),
		"permuted": fmt.Sprint("I16[2 1 3 2] ", pick(2, 0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11)), "tied": fmt.Sprint("I16[12] ", a),
	} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
}

func TestEachTypeThatSafetensorsKnowsIsRewritten(t *testing.T) {
	a := numbered(16)
	for class, want := range map[string]string{
		"FloatStorage": "F32[2]", "DoubleStorage": "F64[2]", "HalfStorage": "F16[2]", "BFloat16Storage": "BF16[2]", "LongStorage": "I64[2]", "IntStorage": "I32[2]",
		"ShortStorage": "I16[2]", "CharStorage": "I8[2]", "ByteStorage": "U8[2]", "BoolStorage": "BOOL[2]", "ComplexFloatStorage": "C64[2]",
	} {
		got := rewritten(t, checkpointFile(stateOf("w", tensorText(class, "0", 2, 0, []int{2}, []int{1})), map[string][]byte{"0": a}))
		if !strings.HasPrefix(got["w"], want) {
			t.Errorf("%s: %s", class, got["w"])
		}
	}
	untyped := "GLOBAL torch._utils _rebuild_tensor_v3\nMARK\nMARK\nBINUNICODE 'storage'\nGLOBAL torch.storage UntypedStorage\nBINUNICODE '0'\nBINUNICODE 'cpu'\nBININT 16\nTUPLE\nBINPERSID\nBININT 1\nBININT 2\nTUPLE1\nBININT 1\nTUPLE1\nNEWFALSE\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nGLOBAL torch %s\nTUPLE\nREDUCE\n"
	for class, want := range map[string]string{"float8_e4m3fn": "F8_E4M3[2] " + fmt.Sprint(a[1:3]), "float8_e5m2": "F8_E5M2[2] " + fmt.Sprint(a[1:3]), "uint16": "U16[2] " + fmt.Sprint(a[2:6]), "uint64": "U64[2]"} {
		content := checkpointFile(stateOf("w", fmt.Sprintf(untyped, class)), map[string][]byte{"0": append(slices.Clone(a), numbered(16)...)})
		if got := rewritten(t, content); !strings.HasPrefix(got["w"], want) {
			t.Errorf("%s: %s, want %s", class, got["w"], want)
		}
	}
}

func TestTheStreamFormatIsRewritten(t *testing.T) {
	a, b := numbered(8), numbered(12)
	state := stateOf("w", tensorText("HalfStorage", "17", 4, 1, []int{2}, []int{1}), "p", "GLOBAL torch._utils _rebuild_parameter\n"+tensorText("IntStorage", "18", 3, 0, []int{3}, []int{1})+"NEWTRUE\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nTUPLE3\nREDUCE\n")
	content := asm(legacyHead + "PROTO 2\n" + evilCall + state + "STOP\nPROTO 2\nEMPTY_LIST\nMARK\nBINUNICODE '17'\nBINUNICODE '18'\nAPPENDS\nSTOP\n")
	content += "\x04\x00\x00\x00\x00\x00\x00\x00" + string(a) + "\x03\x00\x00\x00\x00\x00\x00\x00" + string(b)
	got := rewritten(t, []byte(content))
	if got["w"] != fmt.Sprint("F16[2] ", a[2:6]) || got["p"] != fmt.Sprint("I32[3] ", b) {
		t.Errorf("got %v", got)
	}
	if r := scanBytes(t, "model.pt", []byte(content[:len(content)-1])); r.Checkpoint != nil || !strings.Contains(r.Refusal, "middle of a storage") {
		t.Errorf("a file that was cut off: %q", r.Refusal)
	}
}

func TestNestedDictionariesAndListsGetNamesWithDots(t *testing.T) {
	w := tensorText("ByteStorage", "0", 4, 0, []int{4}, []int{1})
	content := checkpointFile("EMPTY_DICT\nMARK\nBINUNICODE 'model'\n"+stateOf("fc.weight", w)+"BINUNICODE 'extra'\nEMPTY_LIST\nMARK\n"+w+"EMPTY_DICT\nBININT1 7\n"+w+"SETITEM\nAPPENDS\nSETITEMS\n", map[string][]byte{"0": numbered(4)})
	r := scanBytes(t, "model.pt", content)
	if r.Checkpoint == nil || r.Checkpoint.Flat || strings.Join(r.Checkpoint.Names, " ") != "model.fc.weight extra.0 extra.1.7" {
		t.Errorf("%+v %q", r.Checkpoint, r.Refusal)
	}
	if flat := scanBytes(t, "model.pt", checkpointFile(stateOf("w", w), map[string][]byte{"0": numbered(4)})); flat.Checkpoint == nil || !flat.Checkpoint.Flat {
		t.Errorf("one dictionary: %+v", flat.Checkpoint)
	}
}

func TestWhatIsMoreThanTensorsIsRefusedWithTheReason(t *testing.T) {
	bytesOf := map[string][]byte{"0": numbered(16)}
	w := tensorText("FloatStorage", "0", 4, 0, []int{2, 2}, []int{2, 1})
	for want, content := range map[string][]byte{
		"a number under epoch":             checkpointFile(stateOf("w", w, "epoch", "BININT1 5\n"), bytesOf),
		"a text under note":                checkpointFile(stateOf("w", w, "note", "BINUNICODE 'x'\n"), bytesOf),
		"posix.system() under x":           checkpointFile(stateOf("w", w, "x", strings.TrimSuffix(evilCall, "POP\n")), bytesOf),
		"torch.nn.Linear() under fc":       checkpointFile(stateOf("fc", "GLOBAL torch.nn Linear\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\n"), bytesOf),
		"no tensors":                       checkpointFile("EMPTY_DICT\n", nil),
		"a key that is no name":            checkpointFile("EMPTY_DICT\nNONE\n"+w+"SETITEM\n", bytesOf),
		"larger than its storage":          checkpointFile(stateOf("w", tensorText("FloatStorage", "0", 4, 1, []int{4}, []int{1})), bytesOf),
		"come to much more":                checkpointFile(stateOf("w", tensorText("FloatStorage", "0", 4, 0, []int{1 << 30, 1 << 30, 1 << 30}, []int{1, 1, 1})), bytesOf),
		"net/data/7 is missing":            checkpointFile(stateOf("w", tensorText("FloatStorage", "7", 4, 0, []int{4}, []int{1})), bytesOf),
		"torch.QInt8Storage":               checkpointFile(stateOf("w", tensorText("QInt8Storage", "0", 4, 0, []int{4}, []int{1})), bytesOf),
		"torch.ComplexDoubleStorage":       checkpointFile(stateOf("w", tensorText("ComplexDoubleStorage", "0", 1, 0, []int{1}, []int{1})), bytesOf),
		"much more than the file":          checkpointFile(stateOf("w", tensorText("FloatStorage", "0", 4, 0, []int{1 << 30, 4}, []int{0, 1})), bytesOf),
		"nested too deep":                  checkpointFile("EMPTY_LIST\nBINPUT 1\nBINGET 1\nAPPEND\n", bytesOf),
		"whose name safetensors does not":  checkpointFile("EMPTY_DICT\nMARK\nBINUNICODE 'a.b'\n"+w+"BINUNICODE 'a'\nEMPTY_DICT\nBINUNICODE 'b'\n"+w+"SETITEM\nSETITEMS\n", bytesOf),
		"pickle cannot be followed":        checkpointFile("EMPTY_DICT\nPOP\nPOP\n", bytesOf),
		"_rebuild_sparse_tensor() under w": checkpointFile(stateOf("w", "GLOBAL torch._utils _rebuild_sparse_tensor\nEMPTY_TUPLE\nREDUCE\n"), bytesOf),
	} {
		r := scanBytes(t, "model.pt", content)
		if r.Checkpoint != nil || !strings.Contains(r.Refusal, strings.TrimSuffix(want, " under w")) {
			t.Errorf("want %q, got %q (%v)", want, r.Refusal, r.Checkpoint != nil)
		}
	}
	big := bytes.Replace(checkpointFile(stateOf("w", w), bytesOf), []byte("little"), []byte("big   "), 1)
	if r := scanBytes(t, "model.pt", big); !strings.Contains(r.Refusal, "big-endian") {
		t.Errorf("big-endian numbers: %q", r.Refusal)
	}
	honest := zipOf("net/data.pkl", asm("PROTO 2\n"+stateOf("w", w)+"STOP"), "net/version", "3\n", "net/data/0", "0123456789abcdef")
	if r := scanBytes(t, "model.pt", honest); r.Checkpoint != nil || r.Refusal != "" {
		t.Errorf("a harmless checkpoint is looked at: %+v %q", r.Checkpoint, r.Refusal)
	}
}

func TestAChangedCheckpointIsNotRewritten(t *testing.T) {
	content := checkpointFile(stateOf("w", tensorText("FloatStorage", "0", 4, 0, []int{4}, []int{1})), map[string][]byte{"0": numbered(16)})
	r := scanBytes(t, "model.pt", content)
	err := r.Checkpoint.WriteSafetensors(context.Background(), &bytes.Buffer{}, bytes.NewReader(content), int64(len(content))+1)
	if err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("the error is %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	storages := map[string][]byte{"0": numbered(64)}
	for _, pickle := range []string{
		stateOf("w", tensorText("FloatStorage", "0", 16, 0, []int{4, 4}, []int{1, 4})), "EMPTY_LIST\nBINPUT 1\nBINGET 1\nAPPEND\n",
		stateOf("w", tensorText("FloatStorage", "0", 16, 2, []int{1, 2, 2}, []int{0, 0, 3})),
	} {
		f.Add([]byte(asm("PROTO 2\n" + evilCall + pickle + "STOP")))
	}
	f.Fuzz(func(t *testing.T, pickle []byte) {
		content := zipOf("net/data.pkl", string(pickle), "net/version", "3\n", "net/data/0", string(storages["0"]))
		r, err := Scan(context.Background(), "model.pt", bytes.NewReader(content), int64(len(content)), Limits{Expanded: 1 << 20})
		if err != nil || r.Checkpoint == nil || r.Checkpoint.SafetensorsSize() > 1<<20 {
			return
		}
		rewritten(t, content)
	})
}
