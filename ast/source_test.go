package ast

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

func TestASourceIsDecodedAndEncodedBackByteForByte(t *testing.T) {
	encode := func(s string, f func([]byte) ([]byte, error)) []byte {
		out, err := f([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	tests := []struct {
		name     string
		raw      []byte
		text     string
		encoding string
		bom      bool
		guessed  bool
	}{
		{"plain", []byte("x = 'é'\n"), "x = 'é'\n", "utf-8", false, false},
		{"mark", []byte("\xef\xbb\xbfx = 1\n"), "x = 1\n", "utf-8", true, false},
		{"latin-1 declared", []byte("# -*- coding: latin-1 -*-\nx = '\xe9'\n"), "# -*- coding: latin-1 -*-\nx = 'é'\n", "latin-1", false, false},
		{"on the second line", []byte("#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n'\xa4'\n"), "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n'€'\n", "iso-8859-15", false, false},
		{"not on the third line", []byte("#\n#\n# coding: latin-1\n'é'\n"), "#\n#\n# coding: latin-1\n'é'\n", "utf-8", false, false},
		{"not after code", []byte("x = 1\n# coding: cp1252\n"), "x = 1\n# coding: cp1252\n", "utf-8", false, false},
		{"cp1252", encode("# coding: cp1252\n'€'\n", charmap.Windows1252.NewEncoder().Bytes), "# coding: cp1252\n'€'\n", "cp1252", false, false},
		{"cp1251", encode("# coding: cp1251\n'я'\n", charmap.Windows1251.NewEncoder().Bytes), "# coding: cp1251\n'я'\n", "cp1251", false, false},
		{"koi8", encode("# coding: koi8-r\n'я'\n", charmap.KOI8R.NewEncoder().Bytes), "# coding: koi8-r\n'я'\n", "koi8-r", false, false},
		{"shift_jis", encode("# coding: shift_jis\n'日本'\n", japanese.ShiftJIS.NewEncoder().Bytes), "# coding: shift_jis\n'日本'\n", "shift-jis", false, false},
		{"euc_jp", encode("# coding: euc_jp\n'日本'\n", japanese.EUCJP.NewEncoder().Bytes), "# coding: euc_jp\n'日本'\n", "euc-jp", false, false},
		{"utf-16", append([]byte("\xff\xfe"), encode("x = 'é'\n", utf16.NewEncoder().Bytes)...), "x = 'é'\n", "utf-16-le", true, false},
		{"guessed", []byte("x = '\xe9'\n"), "x = 'é'\n", "latin-1", false, true},
		{"empty", nil, "", "utf-8", false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src, err := NewSource("a.py", test.raw)
			if err != nil {
				t.Fatal(err)
			}
			if string(src.Text) != test.text || src.Encoding != test.encoding || src.BOM != test.bom || src.Guessed != test.guessed {
				t.Errorf("got %q, %s, BOM %v, guessed %v", src.Text, src.Encoding, src.BOM, src.Guessed)
			}
			back, err := src.Encode(src.Text)
			if err != nil || !bytes.Equal(back, test.raw) {
				t.Errorf("encoded back: %q, %v", back, err)
			}
		})
	}
}

func TestWhatIsNoTextIsRefusedByName(t *testing.T) {
	tests := map[string]string{
		"\x80\x04\x95\x00\x00":            "not a text file",
		"# coding: klingon\n":             `unknown encoding "klingon"`,
		"\x7fELF\x02\x01\xff\xfe\x03\x04": "not a text file",
	}
	for raw, want := range tests {
		_, err := NewSource("some/model.py", []byte(raw))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "some/model.py: ") {
			t.Errorf("%q: got %v, want %q", raw, err, want)
		}
	}
}

func TestTextThatTheEncodingLacksCannotBeWritten(t *testing.T) {
	src, err := NewSource("a.py", []byte("# coding: latin-1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Encode([]byte("€")); err == nil {
		t.Error("no error")
	}
}

func TestPositionsCountCodePointsUTF16UnitsAndBytes(t *testing.T) {
	src, err := NewSource("a.py", []byte("x\r\ny\rz😀é = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := Pos(strings.Index(string(src.Text), "="))
	if got, want := src.Position(at), (Position{Line: 3, Column: 5, UTF16: 6, Byte: 9}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := src.Offset(3, 5); got != at {
		t.Errorf("Offset: got %d, want %d", got, at)
	}
	if got := src.Lines(); got != 4 {
		t.Errorf("%d lines", got)
	}
	var lines []string
	for n := 1; n <= src.Lines(); n++ {
		lines = append(lines, src.Slice(Span{src.LineStart(n), src.LineEnd(n)}))
	}
	if want := []string{"x", "y", "z😀é = 1", ""}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if got := src.Position(1000); got.Line != 4 {
		t.Errorf("beyond the end: %+v", got)
	}
}

func TestTheUsualLineEndingIsKnown(t *testing.T) {
	for text, want := range map[string]string{"": "\n", "a\r\nb\r\nc\n": "\r\n", "a\rb": "\r", "a\nb\r\n": "\n"} {
		src, err := NewSource("a.py", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if src.EOL != want {
			t.Errorf("%q: got %q", text, src.EOL)
		}
	}
}

func TestIndentIsTheWhiteSpaceBeforeALine(t *testing.T) {
	src, err := NewSource("a.py", []byte("if x:\n \t y\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := src.Indent(2); got != " \t " {
		t.Errorf("got %q", got)
	}
}

func TestEditsAreAppliedInOrderOrRefused(t *testing.T) {
	src, err := NewSource("a.py", []byte("abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := src.Apply([]Edit{{Span{0, 1}, "X"}, {Span{3, 3}, "1"}, {Span{3, 3}, "2"}, {Span{4, 6}, ""}})
	if err != nil || string(got) != "Xbc12d" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, edits := range map[string][]Edit{
		"overlap": {{Span{0, 3}, ""}, {Span{2, 4}, ""}},
		"order":   {{Span{4, 5}, ""}, {Span{0, 1}, ""}},
		"outside": {{Span{5, 9}, ""}},
		"inverse": {{Span{3, 2}, ""}},
	} {
		if _, err := src.Apply(edits); err == nil || !strings.HasPrefix(err.Error(), "a.py: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestASourceMadeByHandHasPositionsToo(t *testing.T) {
	src := &Source{Text: []byte("a\nb\n")}
	if got, want := src.Position(2), (Position{Line: 2, Column: 1, UTF16: 1, Byte: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := src.Slice(Span{2, 3}); got != "b" {
		t.Errorf("got %q", got)
	}
}
