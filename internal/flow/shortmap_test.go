package flow

import (
	"strconv"
	"testing"
)

func TestShortMapsKeepFewAndMany(t *testing.T) {
	for _, n := range []int{0, 1, fewEntries, fewEntries + 1, 100} {
		var m shortMap[string, int]
		for i := range n {
			m.set(strconv.Itoa(i), i)
		}
		for i := range n {
			m.set(strconv.Itoa(i), i+1) // in the place of the first
		}
		for i := range n {
			if v, ok := m.get(strconv.Itoa(i)); !ok || v != i+1 {
				t.Errorf("%d entries: %d is %d, %t", n, i, v, ok)
			}
		}
		if v, ok := m.get("none"); ok || v != 0 {
			t.Errorf("%d entries: a key that is not there is %d, %t", n, v, ok)
		}
	}
}

func TestReadingsOfOneOriginAreOne(t *testing.T) {
	o := &Origin{source: noSource}
	var kids []*Origin
	for i := range 3 * fewReadings {
		kids = append(kids, o.child("a"+strconv.Itoa(i)))
	}
	for i, k := range kids {
		if o.child("a"+strconv.Itoa(i)) != k || k.parent != o || k.root() != o {
			t.Errorf("what is read as a%d is another origin the second time", i)
		}
	}
}
