package rtc

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTry: what the operator is told is of packets that were really forwarded,
// all of them.
func TestTry(t *testing.T) {
	cfg := DefaultConfig()
	for _, trial := range []Trial{
		{Name: "webinar", Rooms: 1, Publishers: 1, Viewers: 8, Video: true},
		{Name: "meetings", Rooms: 2, Publishers: 3, Video: true},
		{Name: "sound", Rooms: 1, Publishers: 4},
	} {
		t.Run(trial.Name, func(t *testing.T) {
			r, err := Try(context.Background(), cfg, trial, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			perSlot := 50.0
			if trial.Video {
				perSlot += 240
			}
			want := perSlot * float64(trial.Rooms*trial.Publishers*(trial.Publishers+trial.Viewers-1))
			if r.Delivered < 0.95 || r.Delivered > 1.05 || r.Packets > 1.1*want {
				t.Errorf("%.3f of what was due was sent, %.0f packets a second; %.0f are due", r.Delivered, r.Packets, want)
			}
			if r.Cost <= 0 || r.Bits < r.Packets*8*100 || r.MembersPerCore(trial, 0.7) < 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestTryRefuses: a trial that makes no sense is told so.
func TestTryRefuses(t *testing.T) {
	_, err := Try(context.Background(), DefaultConfig(), Trial{Name: "odd", Rooms: 1}, time.Second)
	if err == nil || !strings.Contains(err.Error(), "0 publishers") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Try(ctx, DefaultConfig(), Trial{Name: "ended", Rooms: 1, Publishers: 1, Viewers: 1}, time.Minute); err == nil {
		t.Error("it went on after its context had ended")
	}
}

// BenchmarkShards: what two shards send against one, when there is more to send
// than one can. The simulated publishers take a part of the second core, so two
// shards have less than two cores here.
func BenchmarkShards(b *testing.B) {
	for _, trial := range []Trial{
		{Name: "one room", Rooms: 1, Publishers: 1, Viewers: 3000, Video: true},
		{Name: "many rooms", Rooms: 72, Publishers: 1, Viewers: 50, Video: true},
	} {
		for _, shards := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", trial.Name, shards), func(b *testing.B) {
				for b.Loop() {
					cfg := DefaultConfig()
					cfg.Shards = shards
					r, err := Try(context.Background(), cfg, trial, 8*time.Second)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(r.Packets, "packets/s")
					b.ReportMetric(float64(r.Cost.Nanoseconds()), "ns/packet")
					b.ReportMetric(r.Delivered, "delivered")
				}
			})
		}
	}
}
