package checks

import "testing"

func TestNamesThatOnlyOtherChecksWaitForAreKnown(t *testing.T) {
	one := &Rule{Spec: &Info{ID: "X1"}, On: []string{"lib.one"}, OnCall: func(*Pass, *Call) {}}
	two := &Rule{Spec: &Info{ID: "X2"}, On: []string{"lib.two"}, Knows: []string{"lib.three"}, OnCall: func(*Pass, *Call) {}}
	s, err := Compile([]Check{one})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Know([]Check{one, two}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lib.one", "lib.two", "lib.three"} {
		if s.table.Lookup(name) == nil {
			t.Errorf("%s is not known", name)
		}
	}
	bad := &Rule{Spec: &Info{ID: "X3"}, Knows: []string{"lib..three"}}
	if err := s.Know([]Check{bad}); err == nil {
		t.Error("no error for a name that is none")
	}
}
