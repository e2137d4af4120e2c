package ast

// slab hands out values of one type from chunks: one allocation for many nodes.
type slab[T any] struct {
	free []T
	size int
}

const (
	firstChunk = 8
	lastChunk  = 256
)

func (s *slab[T]) take() *T {
	if len(s.free) == 0 {
		s.size = min(max(2*s.size, firstChunk), lastChunk)
		s.free = make([]T, s.size)
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}

// list copies items into the slab. The result has no spare capacity, so that appending to
// it cannot reach its neighbour.
func (s *slab[T]) list(items []T) []T {
	n := len(items)
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if n > lastChunk/4 {
			return append([]T(nil), items...)
		}
		s.size = min(max(2*s.size, firstChunk, n), lastChunk)
		s.free = make([]T, s.size)
	}
	l := s.free[:n:n]
	s.free = s.free[n:]
	copy(l, items)
	return l
}

// stack collects the items of nested lists: each list is what was pushed since its mark.
type stack[T any] struct{ items []T }

func (s *stack[T]) mark() int { return len(s.items) }
func (s *stack[T]) push(t T)  { s.items = append(s.items, t) }

// pop takes what was pushed since mark and copies it into the slab.
func (s *stack[T]) pop(mark int, into *slab[T]) []T {
	l := into.list(s.items[mark:])
	s.cut(mark)
	return l
}

// cut drops what was pushed since mark.
func (s *stack[T]) cut(mark int) {
	clear(s.items[mark:])
	s.items = s.items[:mark]
}
