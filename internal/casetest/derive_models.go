package casetest

import (
	"bytes"
	"path"
	"strings"
)

// models reports whether a case is one of model files alone.
func (p *project) models() bool {
	for _, f := range p.others {
		if !isModel(f) {
			return false
		}
	}
	return len(p.units) == 0 && len(p.others) > 0
}

// modelsMoved gives the model files other names that mean the same.
func modelsMoved(rename func(string) string) func(*project) (*derived, error) {
	return func(p *project) (*derived, error) {
		d := &derived{moved: rename}
		changed := false
		for _, f := range p.others {
			name := rename(f.Path)
			changed = changed || name != f.Path
			d.files = append(d.files, &derivedFile{path: name, content: f.Content})
		}
		if !p.models() || !changed {
			return nil, nil
		}
		return d, nil
	}
}

// capitalEnding writes the ending of a binary file in capitals. A path file is known by small
// letters alone.
func capitalEnding(name string) string {
	ext := path.Ext(name)
	if ext == ".pth" {
		return name
	}
	return strings.TrimSuffix(name, ext) + strings.ToUpper(ext)
}

// modelsBesideOthers adds honest files to the project.
func modelsBesideOthers(p *project) (*derived, error) {
	if !p.models() {
		return nil, nil
	}
	d := &derived{}
	p.carryOthers(d)
	d.files = append(d.files,
		&derivedFile{path: "other/numbers.pkl", content: []byte("\x80\x02]q\x00(K\x01K\x02e.")},
		&derivedFile{path: "other/zeros.bin", content: bytes.Repeat([]byte{0}, 4096)},
		&derivedFile{path: "other/train.py", content: []byte("print('training')\n")})
	return d, nil
}
