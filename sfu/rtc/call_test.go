package rtc

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

// publish makes a client that sends VP8 frames.
func publish(h *house, name string, o clientOptions) (*client, *stream, Answer) {
	h.Helper()
	who, peer := h.join(name, Both)
	c := newClient(h, who, peer, o)
	track, _ := c.send(webrtc.MimeTypeVP8)
	answer := c.offer(camera("0"))
	c.connected()
	s := &stream{write: track.WriteRTP, seq: 65500, name: name, keyGap: 25}
	s.run(h, 10*time.Millisecond)
	return c, s, answer
}

// view makes a client with one audio and one video slot that wants everything.
func view(h *house, name string, o clientOptions) (*client, Answer) {
	h.Helper()
	who, peer := h.join(name, Both)
	c := newClient(h, who, peer, o)
	c.slots(webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)
	answer := c.offer()
	if err := answer.Slots[1].Subscription.Want(sfu.Demand{Width: 1280, Height: 720}); err != nil {
		h.Fatal(err)
	}
	c.connected()
	return c, answer
}

// flows waits until n more packets have come on a line.
func (c *client) flows(mid string, n int) received {
	c.Helper()
	before := len(c.got(mid).packets)
	eventually(c, fmt.Sprintf("%d packets on line %s", n, mid), func() bool { return len(c.got(mid).packets) >= before+n })
	return c.got(mid)
}

// TestCall: what a publisher sends arrives at a viewer, in one unbroken stream.
func TestCall(t *testing.T) {
	h := newHouse(t)
	_, _, answer := publish(h, "alice", clientOptions{})
	b, _ := view(h, "bob", clientOptions{})
	r := b.flows("1", 200)
	for i := 1; i < len(r.packets); i++ {
		if r.packets[i].SequenceNumber != r.packets[i-1].SequenceNumber+1 {
			t.Errorf("sequence number %d after %d", r.packets[i].SequenceNumber, r.packets[i-1].SequenceNumber)
		}
	}
	for _, p := range r.packets {
		if len(p.CSRC) != 1 || p.CSRC[0] != answer.Publications[0].Publication.Number() {
			t.Fatalf("CSRC %v, want the publication's number", p.CSRC)
		}
	}
	if r.packets[0].SequenceNumber >= 1<<15 {
		t.Errorf("the first sequence number is %d, not below 2^15", r.packets[0].SequenceNumber)
	}
}

// TestProfiles: each SRTP profile that is negotiated works in both directions.
func TestProfiles(t *testing.T) {
	for _, profile := range []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80} {
		t.Run(fmt.Sprintf("%#x", uint16(profile)), func(t *testing.T) {
			h := newHouse(t)
			only := clientOptions{setting: func(se *webrtc.SettingEngine) { se.SetSRTPProtectionProfiles(profile) }}
			a, _, _ := publish(h, "alice", only)
			b, _ := view(h, "bob", only)
			b.flows("1", 50)
			h.onLoop(func() {
				for _, p := range []*Peer{a.peer, b.peer} {
					if got := p.secure.profile; uint16(got) != uint16(profile) {
						t.Errorf("profile %#x", got)
					}
				}
			})
		})
	}
}

// TestPreferredProfile: a client that has all of them gets the cheapest.
func TestPreferredProfile(t *testing.T) {
	h := newHouse(t)
	a, _, _ := publish(h, "alice", clientOptions{})
	eventually(t, "keys", func() (ok bool) {
		h.onLoop(func() { ok = a.peer.secure != nil })
		return ok
	})
	h.onLoop(func() {
		if got := a.peer.secure.profile; uint16(got) != uint16(dtls.SRTP_AEAD_AES_128_GCM) {
			t.Errorf("profile %#x, want AEAD_AES_128_GCM", got)
		}
	})
}

// TestLossUp: what a publisher's network loses is asked for and got again.
func TestLossUp(t *testing.T) {
	h := newHouse(t)
	var n, lost atomic.Int64
	o := clientOptions{tap: &tap{dropOut: func(hd *rtp.Header) bool {
		if hd.PayloadType == 96 && n.Add(1)%20 == 0 {
			lost.Add(1)
			return true
		}
		return false
	}}}
	publish(h, "alice", o)
	b, _ := view(h, "bob", clientOptions{})
	r := b.flows("1", 600)
	seen := make(map[uint16]bool)
	for _, p := range r.packets {
		seen[p.SequenceNumber] = true
	}
	missing, first, last := 0, r.packets[0].SequenceNumber, r.packets[len(r.packets)-1].SequenceNumber
	for s := first; s != last; s++ {
		if !seen[s] && last-s > 60 {
			missing++
		}
	}
	if missing > 0 || lost.Load() == 0 || h.server.counts.recovered.Load() == 0 {
		t.Errorf("%d of %d lost packets were not recovered (%d were)", missing, lost.Load(), h.server.counts.recovered.Load())
	}
}

// TestLossDown: what a viewer's network loses is sent again as RTX.
func TestLossDown(t *testing.T) {
	h := newHouse(t)
	publish(h, "alice", clientOptions{})
	var n, lost atomic.Int64
	o := clientOptions{tap: &tap{dropIn: func(hd *rtp.Header) bool {
		if hd.PayloadType == 96 && n.Add(1)%20 == 0 {
			lost.Add(1)
			return true
		}
		return false
	}}}
	b, _ := view(h, "bob", o)
	b.flows("1", 400)
	if lost.Load() == 0 || h.server.counts.retransmitted.Load() == 0 {
		t.Errorf("%d lost, %d sent again", lost.Load(), h.server.counts.retransmitted.Load())
	}
	if got, want := h.server.counts.retransmitted.Load(), uint64(lost.Load())*3/4; got < want {
		t.Errorf("%d sent again, of %d lost", got, lost.Load())
	}
}

// simulcast makes a client that sends three encodings.
func simulcastPublisher(h *house, rids ...string) (*client, []*stream) {
	h.Helper()
	who, peer := h.join("alice", Both)
	c := newClient(h, who, peer, clientOptions{})
	var sender *webrtc.RTPSender
	var streams []*stream
	for i, rid := range rids {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "cam", webrtc.WithRTPStreamID(rid))
		if err != nil {
			h.Fatal(err)
		}
		if i == 0 {
			tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			if err != nil {
				h.Fatal(err)
			}
			sender = tr.Sender()
		} else if err := sender.AddEncoding(track); err != nil {
			h.Fatal(err)
		}
		streams = append(streams, &stream{write: track.WriteRTP, seq: uint16(1000 * i), ts: uint32(i) * 12345, name: rid, keyGap: 20})
	}
	c.offer(camera("0", rids...))
	c.connected()
	var midID, ridID uint8
	for _, e := range sender.GetParameters().HeaderExtensions {
		switch e.URI {
		case extensionURIs[extMid]:
			midID = uint8(e.ID)
		case extensionURIs[extRID]:
			ridID = uint8(e.ID)
		}
	}
	for i, s := range streams {
		s.ext = func(hd *rtp.Header) {
			if err := errors.Join(hd.SetExtension(midID, []byte("0")), hd.SetExtension(ridID, []byte(rids[i]))); err != nil {
				h.Error(err)
			}
		}
	}
	return c, streams
}

// TestSimulcast: encodings are told apart by rid, and a viewer gets the one
// that its size asks for.
func TestSimulcast(t *testing.T) {
	h := newHouse(t)
	_, streams := simulcastPublisher(h, "q", "h", "f")
	for _, s := range streams {
		s.run(t, 20*time.Millisecond)
	}
	b, answer := view(h, "bob", clientOptions{})
	_ = answer
	r := b.flows("1", 100)
	rids := make(map[string]int)
	for _, body := range r.bodies {
		rids[body[:1]]++
	}
	t.Logf("received by rid: %v", rids)
	h.onLoop(func() {
		for _, p := range h.home.everyone {
			for _, line := range p.pubLines {
				for i, e := range line.encodings {
					if !e.known {
						t.Errorf("encoding %d (%s) has no SSRC", i, line.rids[i])
					}
				}
			}
		}
	})
}

// TestReports: receivers get sender reports soon, publishers get receiver
// reports and transport-wide feedback.
func TestReports(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	kinds := make(map[string]int)
	first := time.Time{}
	note := func(packets []rtcp.Packet) {
		mu.Lock()
		defer mu.Unlock()
		for _, p := range packets {
			kinds[fmt.Sprintf("%T", p)]++
			if sr, ok := p.(*rtcp.SenderReport); ok && first.IsZero() {
				first = time.Now()
				if off := time.Since(fromNTP(sr.NTPTime)); off < -time.Second || off > time.Second {
					t.Errorf("the sender report's clock is off by %v", off)
				}
			}
		}
	}
	publish(h, "alice", clientOptions{tap: &tap{rtcpIn: note}})
	b, _ := view(h, "bob", clientOptions{tap: &tap{rtcpIn: note}})
	b.flows("1", 10)
	eventually(t, "reports of each kind", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return kinds["*rtcp.SenderReport"] > 1 && kinds["*rtcp.ReceiverReport"] > 0 &&
			kinds["*rtcp.TransportLayerCC"] > 5 && kinds["*rtcp.SourceDescription"] > 0
	})
	t.Logf("%v", kinds)
}

// TestKeyframe: a viewer's PLI reaches the publisher.
func TestKeyframe(t *testing.T) {
	h := newHouse(t)
	var plis atomic.Int64
	a, s, _ := publish(h, "alice", clientOptions{tap: &tap{rtcpIn: func(packets []rtcp.Packet) {
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				plis.Add(1)
			}
		}
	}}})
	_, _ = a, s
	b, _ := view(h, "bob", clientOptions{})
	r := b.flows("1", 10)
	time.Sleep(600 * time.Millisecond) // past Config.KeyframeInterval of the core
	before := plis.Load()
	if err := b.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: r.packets[0].SSRC}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a PLI at the publisher", func() bool { return plis.Load() > before })
}

// TestRoles: a WHIP peer has no slots and a WHEP peer publishes nothing.
func TestRoles(t *testing.T) {
	for _, role := range []Role{Publisher, Viewer} {
		h := newHouse(t)
		who, peer := h.join("alice", role)
		c := newClient(h, who, peer, clientOptions{})
		c.send(webrtc.MimeTypeVP8)
		c.slots(webrtc.RTPCodecTypeVideo)
		answer := c.offer()
		wantPubs, wantSlots := 1, 0
		if role == Viewer {
			wantPubs, wantSlots = 0, 1
		}
		if len(answer.Publications) != wantPubs || len(answer.Slots) != wantSlots || !strings.Contains(answer.SDP, "a=inactive") {
			t.Errorf("role %d: %v %v\n%s", role, answer.Publications, answer.Slots, answer.SDP)
		}
		c.connected()
		peer.Close()
	}
}
