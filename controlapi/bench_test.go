package controlapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db/dbtest"
	"switchyard/services/meetings"
)

// timed runs f until the benchmark has enough, several at a time, and reports requests a second and the 99th percentile.
func timed(b *testing.B, at int, f func(worker int) error) {
	b.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var working sync.WaitGroup
	began := time.Now()
	b.ResetTimer()
	for worker := range at {
		working.Go(func() {
			for n := worker; n < b.N; n += at {
				start := time.Now()
				if err := f(worker); err != nil {
					b.Error(err)
					return
				}
				took := time.Since(start)
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	working.Wait()
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/time.Since(began).Seconds(), "req/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
}

func bench(b *testing.B, f func(b *testing.B, r *rig)) {
	for _, kind := range dbtest.Kinds {
		b.Run(kind, func(b *testing.B) { f(b, newRig(b, kind)) })
	}
}

// ask is do for a benchmark.
func (c *client) ask(method, path, body string, status int) error {
	response, text := c.do(method, path, body)
	if response.StatusCode != status {
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return nil
}

const workers = 8

func BenchmarkSignIn(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		c := r.stranger(b)
		body := fmt.Sprintf(`{"email":"admin@example.org","password":%q}`, password)
		timed(b, workers, func(int) error {
			r.api.limits.forget()
			return c.ask("POST", "/auth/login", body, http.StatusOK)
		})
	})
}

func BenchmarkListMeetings(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		r.settle(b)
		for i := range 200 {
			r.api.limits.forget()
			r.admin.must(http.StatusCreated, "POST", "/meetings", fmt.Sprintf(`{"kind":"scheduled","subject":"S%d","start_local":"2030-03-25T09:00","zone":"Europe/Amsterdam","duration":30}`, i), nil)
		}
		timed(b, workers, func(int) error {
			r.api.limits.forget()
			return r.admin.ask("GET", "/meetings?limit=50", "", http.StatusOK)
		})
	})
}

func BenchmarkJoin(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		r.settle(b)
		var m meetings.Meeting
		r.admin.must(http.StatusCreated, "POST", "/meetings", `{"kind":"instant","subject":"S"}`, &m)
		timed(b, workers, func(int) error {
			r.api.limits.forget()
			return r.admin.ask("POST", "/meetings/"+m.ID+"/join", "", http.StatusOK)
		})
	})
}

// BenchmarkAdmit is what a meeting adds at the door to a join that only a token decides.
func BenchmarkAdmit(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		r.settle(b)
		var m meetings.Meeting
		r.admin.must(http.StatusCreated, "POST", "/meetings", `{"kind":"instant","subject":"S"}`, &m)
		who := meetings.Entrant{RoomKey: meetings.RoomKey(m.ID), Identity: "user-" + r.admin.user.ID, Name: "Ada", Kind: "browser"}
		timed(b, workers, func(int) error {
			_, err := r.meetings.Admit(b.Context(), who, func(meetings.Wait) {})
			if err == nil {
				r.meetings.Joined(who.RoomKey, meetings.Participant{Identity: who.Identity, Name: who.Name, Kind: who.Kind}, time.Now())
				r.meetings.Left(who.RoomKey, who.Identity, time.Now())
			}
			return err
		})
	})
}

// BenchmarkThousandListeners is from the answer to a change until the last of 1,000 event streams has its event.
func BenchmarkThousandListeners(b *testing.B) {
	const listeners = 1000
	bench(b, func(b *testing.B, r *rig) {
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		var keys []*client
		for range listeners / maxListeners {
			keys = append(keys, r.service(b, access.ScopeEventsRead))
		}
		came := make(chan struct{}, listeners*4)
		for i := range listeners {
			stream := keys[i%len(keys)].listenUntil(ctx, "?types=department.")
			go func() {
				for e := range stream {
					if e.kind != "heartbeat" {
						came <- struct{}{}
					}
				}
			}()
		}
		var all []time.Duration
		n := 0
		for b.Loop() {
			n++
			r.api.limits.forget()
			r.admin.must(http.StatusCreated, "POST", "/departments", fmt.Sprintf(`{"name":"D%d"}`, n), nil)
			answered := time.Now()
			for range listeners {
				<-came
			}
			all = append(all, time.Since(answered))
		}
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	})
}
