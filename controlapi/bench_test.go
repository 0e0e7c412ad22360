package controlapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/internal/db/dbtest"
	"switchyard/services/meetings"
)

// full keeps several workers busy with f until the benchmark has enough: how much the machine can do, and how long one
// waits when it does nothing else.
func full(b *testing.B, f func() error) {
	b.Helper()
	var working sync.WaitGroup
	took := make([]time.Duration, b.N)
	began := time.Now()
	b.ResetTimer()
	for worker := range workers {
		working.Go(func() {
			for n := worker; n < b.N; n += workers {
				start := time.Now()
				if err := f(); err != nil {
					b.Error(err)
				}
				took[n] = time.Since(start)
			}
		})
	}
	working.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "req/s")
	report(b, took)
}

// paced begins an f so many times a second, whether or not those before have ended: what people feel. Time counts from
// when it should have begun.
func paced(b *testing.B, perSecond int, f func() error) {
	b.Helper()
	var working sync.WaitGroup
	took := make([]time.Duration, b.N)
	began := time.Now()
	b.ResetTimer()
	for n := range b.N {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		working.Go(func() {
			if err := f(); err != nil {
				b.Error(err)
			}
			took[n] = time.Since(due)
		})
	}
	working.Wait()
	report(b, took)
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}

// loads runs f both ways.
func loads(b *testing.B, perSecond int, f func() error) {
	b.Run("full", func(b *testing.B) { full(b, f) })
	b.Run(fmt.Sprintf("%d-a-second", perSecond), func(b *testing.B) { paced(b, perSecond, f) })
}

func bench(b *testing.B, f func(b *testing.B, r *rig)) {
	for _, kind := range dbtest.Kinds {
		b.Run(kind, func(b *testing.B) { f(b, newRig(b, kind)) })
	}
}

// workers is how many keep a server full.
const workers = 8

// ask is do for a benchmark.
func (c *client) ask(method, path, body string, status int) error {
	response, text := c.do(method, path, body)
	if response.StatusCode != status {
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return nil
}

func BenchmarkSignIn(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		c := r.stranger(b)
		body := fmt.Sprintf(`{"email":"admin@example.org","password":%q}`, password)
		loads(b, 2, func() error {
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
		loads(b, 50, func() error {
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
		loads(b, 100, func() error {
			r.api.limits.forget()
			return r.admin.ask("POST", "/meetings/"+m.ID+"/join", "", http.StatusOK)
		})
	})
}

// BenchmarkAdmit is what a meeting adds at the door to a join that only a token decides: one after another comes into the
// same meeting, and that they came is written down meanwhile.
func BenchmarkAdmit(b *testing.B) {
	bench(b, func(b *testing.B, r *rig) {
		r.settle(b)
		var m meetings.Meeting
		r.admin.must(http.StatusCreated, "POST", "/meetings", `{"kind":"instant","subject":"S","public":true,"lobby":false}`, &m)
		var last atomic.Int64
		loads(b, 100, func() error {
			who := meetings.Entrant{RoomKey: meetings.RoomKey(m.ID), Identity: "user-" + r.admin.user.ID, Name: "Ada", Kind: "browser"}
			if n := last.Add(1); n > 1 {
				who.Identity = fmt.Sprintf("guest-%d", n)
			}
			_, err := r.meetings.Admit(b.Context(), who, func(meetings.Wait) {})
			if err == nil {
				r.meetings.Joined(who.RoomKey, meetings.Participant{Identity: who.Identity, Name: who.Name, Kind: who.Kind}, time.Now())
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
