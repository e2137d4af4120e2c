package artifact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tarMember is a header and its content; change may spoil the header before its checksum is made.
func tarMember(name string, kind byte, content string, change func(header []byte)) []byte {
	h := make([]byte, tarBlock)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00", len(content)))
	copy(h[136:], "00000000000\x00")
	h[156] = kind
	copy(h[257:], "ustar\x0000")
	if change != nil {
		change(h)
	}
	sum := 8 * int(' ')
	for i, c := range h {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	out := append(h, content...)
	return append(out, make([]byte, (tarBlock-len(content)%tarBlock)%tarBlock)...)
}

func tarFile(members ...[]byte) []byte {
	return append(slices.Concat(members...), make([]byte, 2*tarBlock)...)
}

// tarTricks are archives whose pickle Python's tarfile finds, and others do not.
func tarTricks() map[string][]byte {
	plain := tarMember("a.txt", '0', "abc", nil)
	return map[string][]byte{
		"a contiguous file":               tarFile(plain, tarMember("x.pkl", '7', evilPickle, nil)),
		"a file of no known kind":         tarFile(plain, tarMember("x.pkl", 'Z', evilPickle, nil)),
		"an old file":                     tarFile(plain, tarMember("x.pkl", 0, evilPickle, nil)),
		"a member without a name":         tarFile(tarMember("", '0', evilPickle, nil)),
		"an extended header that is none": tarFile(tarMember("p", 'x', "99 bad\n", nil), tarMember("x.pkl", '0', evilPickle, nil)),
		"a size in the extended header":   tarFile(tarMember("p", 'x', fmt.Sprintf("11 size=%d\n", len(evilPickle)), nil), tarMember("x.pkl", '0', evilPickle, func(h []byte) { copy(h[124:], "00000000001\x00") })),
		"a name in a header of its own":   tarFile(tarMember("././@LongLink", 'L', strings.Repeat("a", 150)+".pkl\x00", nil), tarMember("x", '0', evilPickle, nil)),
		"a size in base 256": tarFile(tarMember("x.pkl", '0', evilPickle, func(h []byte) {
			copy(h[124:136], append([]byte{0x80}, append(make([]byte, 10), byte(len(evilPickle)))...))
		})),
		"a time that is no number":         tarFile(plain, tarMember("x.pkl", '0', evilPickle, func(h []byte) { copy(h[136:], "zzzzzzz") })),
		"a folder that claims a size":      tarFile(tarMember("d/", '5', "", func(h []byte) { copy(h[124:], "00000010000\x00") }), tarMember("x.pkl", '0', evilPickle, nil)),
		"a link that claims a size":        tarFile(tarMember("l", '2', "", func(h []byte) { copy(h[124:], "00000010000\x00") }), tarMember("x.pkl", '0', evilPickle, nil)),
		"a size beyond the end":            tarMember("x.pkl", '0', evilPickle, func(h []byte) { copy(h[124:], "00007777777\x00") }),
		"a size that is no whole number":   tarFile(tarMember("x.pkl", '0', evilPickle, func(h []byte) { copy(h[124:], fmt.Sprintf("0o%o\x00\x00\x00\x00\x00\x00\x00\x00", len(evilPickle))) })),
		"a sparse file with more blocks":   tarFile(tarMember("x.pkl", 'S', "", func(h []byte) { copy(h[124:], fmt.Sprintf("%011o\x00", len(evilPickle))); h[482] = 1 }), make([]byte, tarBlock), append([]byte(evilPickle), make([]byte, tarBlock-len(evilPickle))...)),
		"a prefix that makes the name":     tarFile(tarMember("x.pkl", '0', evilPickle, func(h []byte) { copy(h[345:], "archive") })),
		"bytes of the name above the half": tarFile(tarMember("\xe9\xe9.pkl", '0', evilPickle, nil)),
	}
}

func TestTarArchivesAreReadAsPythonReadsThem(t *testing.T) {
	for name, content := range tarTricks() {
		r := scanBytes(t, "model.tar", content)
		if verdict, names := verdictOn(r); verdict != Dangerous || names[0] != "os.system" || r.Format != Tar {
			t.Errorf("%s: %v %v, %s, cuts %v", name, verdict, names, r.Format, r.Cuts)
		}
	}
}

func TestDamagedAndEndlessTarArchivesAreSaid(t *testing.T) {
	spoiled := tarMember("x.pkl", '0', evilPickle, nil)
	spoiled[150] ^= 1
	for name, content := range map[string][]byte{
		"a wrong checksum": slices.Concat(tarMember("a", '0', "abc", nil), spoiled),
		"headers only":     slices.Concat(slices.Repeat(tarMember("d/", '5', "", nil), 90_000)),
	} {
		if r := scanBytes(t, "model.tar", content); len(r.Cuts) != 1 {
			t.Errorf("%s: cuts %v", name, r.Cuts)
		}
	}
}

func TestASecondDirectoryOfAZipIsRead(t *testing.T) {
	// The directory before the end record is honest; the end record tells of another one, whose
	// member lies within the first one's.
	inner := assembled(t, "ZIP\nMEMBER net/data.pkl stored\nPROTO 2\nGLOBAL os system\nEMPTY_TUPLE\nREDUCE\nSTOP\nEND\nEND")
	const cover = 30 + len("net/data.pkl")
	at := bytes.Index(inner, []byte(centralSignature))
	end := bytes.Index(inner, []byte(endSignature))
	binary.LittleEndian.PutUint32(inner[at+42:], uint32(cover)) // where its member is in the whole file
	outer := zipOf("net/data.pkl", string(inner[:end])+strings.Repeat("x", 1000))
	from := bytes.Index(outer, inner[at:end])
	binary.LittleEndian.PutUint32(outer[bytes.LastIndex(outer, []byte(endSignature))+16:], uint32(from))
	r := scanBytes(t, "model.pt", outer)
	kinds := map[Kind]bool{}
	for _, f := range r.Facts {
		kinds[f.Kind] = kinds[f.Kind] || f.Verdict == Dangerous && (f.Kind != Call || f.Name == "os.system")
	}
	if !kinds[Call] || !kinds[Mismatch] {
		t.Errorf("%+v, cuts %v", r.Facts, r.Cuts)
	}
	// Bytes before an archive move all places by as much, which is no second directory.
	if r := scanBytes(t, "model.pt", append([]byte("#!/bin/sh\n"), zipOf("a.txt", "x")...)); len(dangers(r)) > 0 || len(r.Cuts) > 0 {
		t.Errorf("%+v, cuts %v", r.Facts, r.Cuts)
	}
}
