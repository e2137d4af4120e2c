package parallel_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/pyguard/pyguardml/internal/parallel"
)

func TestEachCallsForAll(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 200} {
		called := make([]int32, 100)
		err := parallel.Each(context.Background(), workers, len(called), func(_ context.Context, i int) error {
			atomic.AddInt32(&called[i], 1)
			return nil
		})
		if err != nil || slices.ContainsFunc(called, func(n int32) bool { return n != 1 }) {
			t.Errorf("%d workers: %v, called %v", workers, err, called)
		}
	}
	if err := parallel.Each(context.Background(), 2, 0, func(context.Context, int) error { return errors.New("called") }); err != nil {
		t.Error(err)
	}
}

func TestEachEndsWithTheFirstError(t *testing.T) {
	failed := errors.New("failed")
	var last int
	err := parallel.Each(context.Background(), 1, 100, func(_ context.Context, i int) error {
		last = i
		if i == 7 {
			return failed
		}
		return nil
	})
	if !errors.Is(err, failed) || last != 7 {
		t.Errorf("%v after %d", err, last)
	}
}

func TestEachEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var n atomic.Int32
	err := parallel.Each(ctx, 2, 1000, func(context.Context, int) error {
		if n.Add(1) == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n.Load() > 4 {
		t.Errorf("%v after %d calls", err, n.Load())
	}
}
