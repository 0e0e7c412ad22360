package rtc

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchyard/sfu"
)

// keyframesAsked is how many PLIs the client was sent until now.
func (r *rig) keyframesAsked() (n int) {
	r.Helper()
	b := make([]byte, 2048)
	for {
		r.conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		size, err := r.conn.Read(b)
		if err != nil {
			return n
		}
		if b[1] < 192 || b[1] > 223 {
			continue
		}
		plain, err := r.in.DecryptRTCP(nil, b[:size], nil)
		if err != nil {
			r.Fatal(err)
		}
		packets, err := rtcp.Unmarshal(plain)
		if err != nil {
			r.Fatal(err)
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				n++
			}
		}
	}
}

// TestNewSSRC: a publisher goes on under another SSRC, with sequence numbers and
// timestamps that have nothing to do with those before, be they near or far. It
// is asked for a keyframe at once; with that the picture is back, and the slot's
// numbers and timestamps grow as if nothing had happened.
func TestNewSSRC(t *testing.T) {
	for _, c := range []struct {
		name  string
		seq   uint16
		stamp uint32
	}{
		{"far", 40000, 7}, {"near, older", 90, 2_000_000_000}, {"the same", 100, 5}, {"near, newer", 130, 4_000_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			alice := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
			bob := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly")))
			demand := sfu.Demand{Kind: sfu.WantTrack, Publication: alice.answer.Publications[0].Publication.ID(), Width: 640, Height: 360}
			if err := bob.answer.Slots[0].Subscription.Want(demand); err != nil {
				t.Fatal(err)
			}
			picture := 0
			send := func(ssrc uint32, seq uint16, stamp uint32, key bool, name string) {
				alice.send(rtpPacket(96, seq, stamp, ssrc, true, vp8(key, picture, name, 1)[0], 1, "0"))
				picture++
			}
			for i := range 30 {
				send(1, uint16(80+i), uint32(1_000_000+3000*i), i%10 == 0, "old")
			}
			alice.keyframesAsked()
			var last rtpHeader
			until := func(name string) {
				for {
					b, hd := bob.listen()
					if last.ssrc != 0 {
						if ahead := hd.sequence - last.sequence; ahead == 0 || ahead > 1<<15 {
							t.Fatalf("sequence number %d after %d", hd.sequence, last.sequence)
						}
						if ahead := hd.timestamp - last.timestamp; ahead == 0 || ahead > 1<<30 {
							t.Fatalf("timestamp %d after %d", hd.timestamp, last.timestamp)
						}
					}
					last = hd
					if frameName(b) == name+".0" {
						return
					}
				}
			}
			send(1, 110, 1_000_000+3000*30, false, "old end")
			until("old end")
			time.Sleep(time.Duration(keyframePause))
			send(2, c.seq, c.stamp, false, "new")
			if n := alice.keyframesAsked(); n == 0 {
				t.Error("no keyframe was asked for")
			}
			for i := 1; i < 5; i++ {
				send(2, c.seq+uint16(i), c.stamp+uint32(3000*i), false, "new")
			}
			for i := 5; i < 20; i++ {
				send(2, c.seq+uint16(i), c.stamp+uint32(3000*i), i == 5, fmt.Sprintf("new %d", i))
			}
			for i := 5; i < 20; i++ {
				until(fmt.Sprintf("new %d", i))
			}
			// What is repaired of the new stream takes its place in it.
			alice.send(rtpPacket(96, c.seq+21, c.stamp+3000*21, 2, true, vp8(false, picture+1, "new 21", 1)[0], 1, "0"))
			until("new 21")
			repaired := append([]byte{byte((c.seq + 20) >> 8), byte(c.seq + 20)}, vp8(false, picture, "new 20", 1)[0]...)
			alice.send(rtpPacket(97, 1, c.stamp+3000*20, 3, true, repaired, 1, "0"))
			if b, hd := bob.listen(); hd.sequence != last.sequence-1 || frameName(b) != "new 20.0" {
				t.Errorf("the repaired packet came under %d, the one after it under %d", hd.sequence, last.sequence)
			}
		})
	}
}

// TestManyRepairSSRCs: a client that changes the SSRC of its retransmissions
// again and again does not fill the table of those that are of use.
func TestManyRepairSSRCs(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	for i := range uint32(50) {
		r.send(rtpPacket(97, 1, 0, 100+i, true, []byte{0, 1, 2}, 1, "0"))
	}
	r.state(func(p *Peer) {
		used := 0
		for _, st := range p.streams {
			if st.enc != nil {
				used++
			}
			st.seen = h.home.now - streamGone - 1
		}
		p.report(h.home.now, true)
		if used != 1 || len(p.streams) != 1 {
			t.Errorf("%d of use, %d after a minute", used, len(p.streams))
		}
	})
}

// TestHeldRivals: of two SSRCs that say they are the same encoding the later one
// counts, also when both come before their line does.
func TestHeldRivals(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	for i := range uint16(3) {
		r.send(
			rtpPacket(96, i, 0, 1, true, vp8(true, 1, "x", 1)[0], 1, "7"),
			rtpPacket(96, i, 0, 2, true, vp8(true, 1, "x", 1)[0], 1, "7"),
		)
	}
	r.reoffer(rigOffer(rigVideo("0", "sendonly"), rigVideo("7", "sendonly")), camera("0"), camera("7"))
	r.state(func(p *Peer) {
		if !p.streams[1].retired || p.streams[2].enc == nil || accepted(p, 1) != 1 || accepted(p, 2) != 3 || len(p.held) != 0 {
			t.Errorf("%+v and %+v, %d held", p.streams[1], p.streams[2], len(p.held))
		}
	})
	// An SSRC that its line was given back and that is silent there gives way too.
	r.reoffer(rigOffer(rigVideo("0", "sendonly"), rigVideo("7", "inactive")), camera("0"))
	r.reoffer(rigOffer(rigVideo("0", "sendonly"), rigVideo("7", "sendonly")), camera("0"), camera("7"))
	r.send(rtpPacket(96, 9, 0, 3, true, vp8(true, 1, "x", 1)[0], 1, "7"))
	r.state(func(p *Peer) {
		if !p.streams[2].retired || p.streams[3].enc == nil {
			t.Errorf("%+v and %+v", p.streams[2], p.streams[3])
		}
	})
}
