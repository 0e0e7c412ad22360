package eventlog_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"switchyard/internal/db/dbtest"
	"switchyard/internal/eventlog"
)

// BenchmarkWrite is a transaction of one row and one event, by one writer and by
// eight. (The PostgreSQL of tests does not sync.)
func BenchmarkWrite(b *testing.B) {
	for _, kind := range dbtest.Kinds {
		for _, writers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind, writers), func(b *testing.B) {
				d := dbtest.Open(b, dbtest.URL(b, kind), eventlog.Migrations(), things)
				l := newLog(d, &wakes{})
				var all sync.WaitGroup
				var next atomic.Int64
				b.ResetTimer()
				for range writers {
					all.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							if err := add(b.Context(), d, l, "a", fmt.Sprint(i)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				all.Wait()
			})
		}
	}
}

// BenchmarkListeners is one event that reaches 1,000 listeners, from before its
// transaction until all have it.
func BenchmarkListeners(b *testing.B) {
	for _, kind := range dbtest.Kinds {
		b.Run(kind, func(b *testing.B) {
			const listeners = 1000
			d := dbtest.Open(b, dbtest.URL(b, kind), eventlog.Migrations(), things)
			l := newLog(d, &wakes{})
			run(b, l.Run)
			ctx, cancel := context.WithCancel(b.Context())
			var all, got sync.WaitGroup
			for range listeners {
				all.Go(func() {
					n := l.Listen("a", 0)
					defer n.Close()
					for {
						events, err := n.Next(ctx)
						if err != nil {
							return
						}
						for range events {
							got.Done()
						}
					}
				})
			}
			i := 0
			for b.Loop() {
				got.Add(listeners)
				mustAdd(b, d, l, "a", fmt.Sprint(i))
				got.Wait()
				i++
			}
			cancel()
			all.Wait()
		})
	}
}
