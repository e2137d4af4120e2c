package flow

// shortMap is a map that mostly holds little: a few entries stand in a row, which costs less to make than a
// map, and to look through. The zero value is empty.
type shortMap[K comparable, V any] struct {
	list []shortEntry[K, V]
	of   map[K]int // places in the list, of many
}

type shortEntry[K comparable, V any] struct {
	key   K
	value V
}

// fewEntries is up to how many entries looking through the row is quicker.
const fewEntries = 8

func (m *shortMap[K, V]) place(key K) int {
	if m.of != nil {
		if i, ok := m.of[key]; ok {
			return i
		}
		return -1
	}
	for i := range m.list {
		if m.list[i].key == key {
			return i
		}
	}
	return -1
}

// get returns the value of a key, the zero value for one that is not there.
func (m *shortMap[K, V]) get(key K) (value V, ok bool) {
	if i := m.place(key); i >= 0 {
		return m.list[i].value, true
	}
	return value, false
}

// set gives a key a value.
func (m *shortMap[K, V]) set(key K, value V) {
	if i := m.place(key); i >= 0 {
		m.list[i].value = value
		return
	}
	if m.list == nil {
		m.list = make([]shortEntry[K, V], 0, fewEntries/2)
	}
	m.list = append(m.list, shortEntry[K, V]{key, value})
	switch n := len(m.list); {
	case m.of != nil:
		m.of[key] = n - 1
	case n > fewEntries:
		m.of = make(map[K]int, 2*fewEntries)
		for i := range m.list {
			m.of[m.list[i].key] = i
		}
	}
}
