package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// inParallel calls do for 0 to n-1, in so many workers, until one fails.
func inParallel(ctx context.Context, n, workers int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, workers) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// closeAll closes clients; nil ones are skipped.
func closeAll(all []*client) {
	var group sync.WaitGroup
	work := make(chan *client)
	for range 16 {
		group.Go(func() {
			for c := range work {
				c.close()
			}
		})
	}
	for _, c := range all {
		if c != nil {
			work <- c
		}
	}
	close(work)
	group.Wait()
}

// allAlive is an error if one of the clients has lost its connection.
func allAlive(all []*client) error {
	for _, c := range all {
		if c == nil {
			return errors.New("a client was not made")
		}
		if err := c.alive(); err != nil {
			return err
		}
	}
	return nil
}
