package casetest

import (
	"testing"
)

func TestModelFilesAreWrittenAsText(t *testing.T) {
	a, err := ParseArchive("X1.txtar", []byte(`-- vulnerable/model.pkl.asm --
# want
PROTO 2
NONE
STOP
-- fixed/model.pkl.quarantined --
-- safe/tree/weights.bin.b64 --
gAJOLg==
`))
	if err != nil {
		t.Fatal(err)
	}
	evil, good := a.Cases[0], a.Cases[1]
	const content = "\x80\x02N."
	if f := evil.Files[0]; f.Path != "model.pkl" || string(f.Content) != content || evil.Want[Place{Path: "model.pkl"}] != 1 {
		t.Errorf("the vulnerable case is %+v", evil)
	}
	if string(evil.Fixed["model.pkl.quarantined"]) != content {
		t.Errorf("the fixed files are %q", evil.Fixed)
	}
	if f := good.Files[0]; f.Path != "weights.bin" || string(f.Content) != content {
		t.Errorf("the safe case is %+v", good)
	}
}

func TestModelFilesAreMovedAndJoinedByOthers(t *testing.T) {
	p := &project{vulnerable: true, others: []File{{Path: "model.pkl", Content: []byte("\x80\x02N.")}}, kept: []Place{{Path: "model.pkl"}}}
	for name, want := range map[string]string{"in-folder": "weights/v1/model.pkl", "beside-others": "model.pkl", "capital-ending": "model.PKL"} {
		for _, how := range derivations {
			if how.name != name {
				continue
			}
			files, places, err := p.derive(how)
			if err != nil || len(files) == 0 || files[0].Path != want || len(places) != 1 || places[0][0].Path != want {
				t.Errorf("%s gives %v, reports at %v, %v", name, files, places, err)
			}
		}
	}
}
