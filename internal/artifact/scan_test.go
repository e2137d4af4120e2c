package artifact

import (
	"bytes"
	"context"
	"testing"
)

func scanBytes(t testing.TB, name string, content []byte) *Report {
	t.Helper()
	r, err := Scan(context.Background(), name, bytes.NewReader(content), int64(len(content)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestACallOfACommandIsNamedWithItsPlaceAndArguments(t *testing.T) {
	r := scanBytes(t, "model.pkl", []byte("cos\nsystem\n(S'echo pwned'\ntR."))
	if r.Format != Pickle || len(r.Facts) != 2 {
		t.Fatalf("format %q, facts %v", r.Format, r.Facts)
	}
	want := Fact{
		Kind: Call, Verdict: Dangerous, Format: Pickle, Offset: 27, Length: 1,
		Opcode: "REDUCE", Name: "os.system", Args: "('echo pwned',)", Why: "runs a command",
	}
	if r.Facts[1] != want {
		t.Errorf("the call is %+v, want %+v", r.Facts[1], want)
	}
}

func TestLinesOfTextAreNoCall(t *testing.T) {
	for _, text := range []string{"ipython\nnum2words\nomegaconf\n", "id\nname\n"} {
		if r := scanBytes(t, "notes", []byte(text)); r.Format != None || len(r.Facts) > 0 || Marked([]byte(text)) {
			t.Errorf("%q: %s, %+v", text, r.Format, r.Facts)
		}
	}
}
