package rtc

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

// TestReoffer: lines are added later, and those that were there stay.
func TestReoffer(t *testing.T) {
	h := newHouse(t)
	publish(h, "alice", clientOptions{})
	who, peer := h.join("bob", Both)
	c := newClient(h, who, peer, clientOptions{})
	c.slots(webrtc.RTPCodecTypeVideo)
	first := c.offer()
	if err := first.Slots[0].Subscription.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
	c.connected()
	c.flows("0", 20)
	publish(h, "carol", clientOptions{})
	c.slots(webrtc.RTPCodecTypeVideo)
	track, _ := c.send(webrtc.MimeTypeVP8)
	second := c.offer(camera("2"))
	if len(second.Slots) != 2 || second.Slots[0].Subscription != first.Slots[0].Subscription || len(second.Publications) != 1 {
		t.Fatalf("slots %v, publications %v", second.Slots, second.Publications)
	}
	if err := second.Slots[1].Subscription.Want(sfu.Demand{Width: 640, Height: 360}); err != nil {
		t.Fatal(err)
	}
	s := &stream{write: track.WriteRTP, name: "bob", keyGap: 25}
	s.run(t, 10*time.Millisecond)
	c.flows("0", 20)
	c.flows("1", 20)
	d, _ := view(h, "dave", clientOptions{})
	d.flows("1", 20)

	// A line that is turned inactive ends its publication.
	for _, tr := range c.pc.GetTransceivers() {
		if tr.Mid() == "2" {
			if err := tr.Sender().Stop(); err != nil {
				t.Fatal(err)
			}
			if err := tr.Stop(); err != nil {
				t.Fatal(err)
			}
		}
	}
	third := c.offer()
	if len(third.Publications) != 0 || len(who.Info().Publications) != 0 {
		t.Errorf("publications after the line stopped: %v", who.Info().Publications)
	}
	c.flows("0", 20)
}

// TestICERestart: new credentials by offer; media goes on.
func TestICERestart(t *testing.T) {
	h := newHouse(t)
	a, _, before := publish(h, "alice", clientOptions{})
	b, _ := view(h, "bob", clientOptions{})
	b.flows("1", 20)
	after := a.offerWith(&webrtc.OfferOptions{ICERestart: true}, camera("0"))
	if after.ICEUfrag == before.ICEUfrag || !strings.Contains(after.SDP, after.ICEUfrag) {
		t.Errorf("username fragment %q after %q", after.ICEUfrag, before.ICEUfrag)
	}
	b.flows("1", 200)
	a.connected()
	h.onLoop(func() {
		if h.home.ufrags[before.ICEUfrag] != nil || h.home.ufrags[after.ICEUfrag] != a.peer {
			t.Error("the old username fragment still counts, or the new one does not")
		}
	})
}

// TestRestartICE: the same by credentials alone, as WHIP does it.
func TestRestartICE(t *testing.T) {
	h := newHouse(t)
	who, peer := h.join("alice", Publisher)
	c := newClient(h, who, peer, clientOptions{})
	track, _ := c.send(webrtc.MimeTypeVP8)
	before := c.offer()
	if id := before.Publications[0].Publication.Info().Track.ID; id != "whip-0" {
		t.Errorf("track %q", id)
	}
	c.connected()
	s := &stream{write: track.WriteRTP, keyGap: 25}
	s.run(t, 10*time.Millisecond)
	b, _ := view(h, "bob", clientOptions{})
	b.flows("1", 20)

	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	o, err := parseOffer(offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	ufrag, pwd, err := peer.RestartICE(o.ufrag, o.pwd)
	if err != nil {
		t.Fatal(err)
	}
	sdp := strings.ReplaceAll(strings.ReplaceAll(before.SDP, before.ICEUfrag, ufrag), before.ICEPwd, pwd)
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		t.Fatal(err)
	}
	b.flows("1", 200)
	if lines := peer.Candidates(); len(lines) == 0 || !strings.HasPrefix(lines[0], "a=candidate:") {
		t.Errorf("candidates %q", lines)
	}
}

// TestICETCP: a client that can only do TCP is served over it, both ways.
func TestICETCP(t *testing.T) {
	h := newHouse(t)
	tcpOnly := clientOptions{setting: func(se *webrtc.SettingEngine) {
		se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}}
	a, _, _ := publish(h, "alice", tcpOnly)
	b, _ := view(h, "bob", tcpOnly)
	b.flows("1", 200)
	h.onLoop(func() {
		for _, p := range []*Peer{a.peer, b.peer} {
			if p.path == nil || p.path.tcp == nil {
				t.Error("not over TCP")
			}
		}
	})
	b.pc.GracefulClose()
	<-b.peer.Done()
	eventually(t, "the connection is gone", func() bool {
		h.server.tcp.mu.Lock()
		defer h.server.tcp.mu.Unlock()
		return len(h.server.tcp.conns) == 1
	})
}

// TestTrap9IPv6: IPv6 clients are served, and IPv4 ones by the same socket are
// known by their unmapped addresses.
func TestTrap9IPv6(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Listen = ":0" })
	if !h.home.sock.six {
		t.Log("this machine has no IPv6: nothing to see")
		return
	}
	on := func(network webrtc.NetworkType) clientOptions {
		return clientOptions{setting: func(se *webrtc.SettingEngine) {
			se.SetNetworkTypes([]webrtc.NetworkType{network})
			se.SetInterfaceFilter(func(string) bool { return true }) // pion does not use ::1
		}}
	}
	b, _ := view(h, "bob", on(webrtc.NetworkTypeUDP4))
	h.onLoop(func() {
		if p := b.peer.path; p == nil || !p.addr.Addr().Is4() {
			t.Errorf("bob at %v", p)
		}
	})
	if !slices.ContainsFunc(h.server.addrs, func(ip netip.Addr) bool { return ip.Is6() && !ip.IsLoopback() }) {
		t.Log("no IPv6 address but ::1, which pion's client does not use")
		return
	}
	a, _, _ := publish(h, "alice", on(webrtc.NetworkTypeUDP6))
	b.flows("1", 50)
	h.onLoop(func() {
		if p := a.peer.path; p == nil || !p.addr.Addr().Is6() || p.addr.Addr().Is4In6() {
			t.Errorf("alice at %v", p)
		}
	})
}

// TestWrongFingerprint: a client with another certificate than its offer said
// gets no media and its peer ends.
func TestWrongFingerprint(t *testing.T) {
	h := newHouse(t)
	who, peer := h.join("mallory", Both)
	c := newClient(h, who, peer, clientOptions{})
	c.send(webrtc.MimeTypeVP8)
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	i := strings.Index(offer.SDP, "fingerprint:sha-256 ") + len("fingerprint:sha-256 ")
	wrong := strings.ReplaceAll(offer.SDP, offer.SDP[i:i+95], strings.Repeat("00:", 31)+"00")
	answer, err := peer.Answer(context.Background(), wrong, []TrackOffer{camera("0")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-peer.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the peer is still there")
	}
	h.onLoop(func() {
		if peer.ended != endHandshake || peer.secure != nil || len(h.home.active) != 0 {
			t.Errorf("ended by %v", endNames[peer.ended])
		}
	})
}

// TestClientLeaves: a client that closes its connection is gone at once, what
// it published stays as silent, and its slots are closed.
func TestClientLeaves(t *testing.T) {
	h := newHouse(t)
	a, _, answer := publish(h, "alice", clientOptions{})
	b, _ := view(h, "bob", clientOptions{})
	b.flows("1", 20)
	events := b.who.Events()
	a.pc.GracefulClose()
	select {
	case <-a.peer.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the peer is still there")
	}
	for ev := range events {
		if slot, ok := ev.(sfu.SlotChanged); ok && slot.Paused == sfu.PausedReconnecting {
			if slot.Publication != answer.Publications[0].Publication.ID() {
				t.Errorf("%+v", slot)
			}
			break
		}
	}
	if _, err := a.peer.Answer(context.Background(), "", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Answer after the end: %v", err)
	}
	a.peer.Close()
	a.peer.Close()
}
