package sfu_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// TestLost: what a receiver lacks is sent again as it was while the history has
// it, and not once it has expired; what was never sent is not.
func TestLost(t *testing.T) {
	for name, lost := range map[string]func(sub *sfu.Subscription, seqs ...uint16){
		"numbers": func(sub *sfu.Subscription, seqs ...uint16) { sub.Lost(seqs) },
		"a message": func(sub *sfu.Subscription, seqs ...uint16) {
			sub.HandleRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOnAir(t)
			o.run(3*time.Second, o.a)
			sent := o.sink.Take()
			now := o.loop.Now()
			var young, old []sfutest.Received
			for _, p := range sent {
				switch age := now.Sub(p.At); {
				case age < 1400*time.Millisecond:
					young = append(young, p)
				case age > 1600*time.Millisecond:
					old = append(old, p)
				}
			}
			if len(young) < 30 || len(old) < 30 {
				t.Fatalf("%d and %d packets", len(young), len(old))
			}
			for _, p := range old {
				lost(o.sub, p.Sequence)
			}
			lost(o.sub, sent[len(sent)-1].Sequence+1, sent[len(sent)-1].Sequence+30000)
			if n := len(o.sink.Take()); n > 0 {
				t.Errorf("%d packets that have expired or were never sent are sent", n)
			}
			for _, p := range young {
				lost(o.sub, p.Sequence)
				again := o.sink.Take()
				if len(again) != 1 || !again[0].Retransmission || again[0].Sequence != p.Sequence || again[0].Timestamp != p.Timestamp ||
					again[0].CSRC != p.CSRC || !slices.Equal(again[0].Payload, p.Payload) {
					t.Fatalf("sent again %+v, it was %+v", again, p)
				}
			}
		})
	}
}

// TestSilenceExpires: what a source sent before it fell silent is let go of too.
func TestSilenceExpires(t *testing.T) {
	for name, silence := range map[string]time.Duration{"for a moment": time.Second, "for longer": 4 * time.Second} {
		o := newOnAir(t)
		o.run(2*time.Second, o.a)
		sent := o.sink.Take()
		recent := sent[len(sent)-10 : len(sent)-1] // the newest may stay
		o.loop.Advance(silence)
		for _, p := range recent {
			o.sub.Lost([]uint16{p.Sequence})
		}
		want := len(recent)
		if silence > 3*time.Second {
			want = 0
		}
		if n := len(o.sink.Take()); n != want {
			t.Errorf("silent %s: %d packets of %d are sent again", name, n, len(recent))
		}
	}
}

// TestRepairIsBounded: a receiver that asks for everything all the time is sent a
// part of it again: each packet a few times, and all together not much more than
// half of what it is sent.
func TestRepairIsBounded(t *testing.T) {
	o := newOnAir(t)
	audio := o.v.sinks[o.v.audio[0]]
	for second := range 5 {
		sent, again := 0, map[uint16]int{}
		total := 0
		for range 50 {
			for range 20 { // 500 packets a second
				o.a.send()
			}
			o.loop.Advance(20 * time.Millisecond)
			for _, p := range o.sink.Take() {
				if !p.Retransmission {
					sent++
					o.newest = p
				}
			}
			var all []uint16
			for back := range uint16(200) {
				all = append(all, o.newest.Sequence-back)
			}
			o.sub.Lost(all)
			for _, p := range o.sink.Take() {
				again[p.Sequence]++
				total++
			}
			audio.Take()
		}
		for seq, times := range again {
			if times > 5 {
				t.Fatalf("number %d was sent again %d times", seq, times)
			}
		}
		// A second of the loop's may lie across two of the limit's.
		if most := 2 * (128 + sent/2); second > 0 && (total > most || total < 128) {
			t.Errorf("second %d: %d packets were sent again beside %d, at most %d are allowed", second, total, sent, most)
		}
	}
}

// TestNeedKeyframe: a receiver that can't decode has a keyframe asked for, as
// often as the interval allows, while what flows goes on.
func TestNeedKeyframe(t *testing.T) {
	o := newOnAir(t)
	for range 50 {
		o.sub.NeedKeyframe()
		o.run(20*time.Millisecond, o.a)
	}
	if n := len(o.asked.Keyframes); n < 3 || n > 4 {
		t.Errorf("%d keyframes were asked for in a second", n)
	}
	if n, _ := steady(t, o.sink, o.a.cam, &o.newest); n < 20 {
		t.Errorf("%d packets flow meanwhile", n)
	}
	o.key()
	o.run(time.Second, o.a)
	o.asked.Keyframes = nil
	o.run(time.Second, o.a)
	if n := len(o.asked.Keyframes); n > 0 {
		t.Errorf("%d keyframes were asked for after one came", n)
	}
}
