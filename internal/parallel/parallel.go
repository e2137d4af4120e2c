// Package parallel does the same with many things on some goroutines.
package parallel

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Each calls do with 0 to n-1, in this order, on as many goroutines as there are workers, and returns when all calls have. The
// first error ends ctx for the others and is returned; without one, that of the context. A goroutine serves for many
// calls: one for each file would have its stack grown, and copied, for each.
func Each(ctx context.Context, workers, n int, do func(ctx context.Context, i int) error) error {
	g, each := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(max(workers, 1), n) {
		g.Go(func() error {
			for each.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := do(each, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
