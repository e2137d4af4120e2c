package artifact

import (
	"path"
	"strings"
)

// zarrKeys are the keys of a Zarr array's metadata, or of consolidated ones, that matter here.
var zarrKeys = nameSet(`filters compressor metadata`)

// isZarr tells the metadata of Zarr's second version by their names.
func isZarr(name string) bool {
	base := strings.ToLower(path.Base(name))
	return base == ".zarray" || base == ".zmetadata"
}

// zarr reads which codecs the chunks of arrays go through.
func (s *scan) zarr(o *object) {
	v, err := parseJSON(s.text(o, jsonLimit), zarrKeys)
	s.zarrArray(o, v, "")
	metadata := v.get("metadata")
	for i := 0; metadata != nil && metadata.kind == jsonObject && i+1 < len(metadata.items); i += 2 {
		if name, isArray := strings.CutSuffix(metadata.items[i].text, ".zarray"); isArray {
			s.zarrArray(o, &metadata.items[i+1], strings.TrimSuffix(name, "/"))
		}
	}
	s.stopped(o, "", err)
}

// zarrArray reports an array whose compressor or one of whose filters unpickles.
func (s *scan) zarrArray(o *object, v *jsonValue, name string) {
	codecs := []*jsonValue{v.get("compressor")}
	if filters := v.get("filters"); filters != nil && filters.kind == jsonList {
		for i := range filters.items {
			codecs = append(codecs, &filters.items[i])
		}
	}
	for _, c := range codecs {
		if c.get("id").str() == "pickle" {
			s.add(o, Fact{Kind: PickleCodec, Verdict: Dangerous, Offset: int64(c.at), Opcode: "codec", Name: printable(name),
				Why: "keeps its chunks as pickles, which every reader unpickles"})
			return
		}
	}
}
