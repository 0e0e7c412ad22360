package signaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/sfu/sfutest"
)

// fakePeers makes peers that read lines of the form "m=KIND MID DIRECTION" and
// do in the core what a real one does.
type fakePeers struct {
	mu   sync.Mutex
	made []*fakePeer
	fail error // of NewPeer
}

type fakePeer struct {
	p    *sfu.Participant
	name string
	role rtc.Role

	mu       sync.Mutex
	slots    map[string]rtc.Slot
	pubs     map[string]*fakeSource
	restarts int
	closed   bool
	done     chan struct{}
	once     sync.Once
}

type fakeSource struct {
	pub     *sfu.Publication
	revoked bool
}

func (*fakeSource) RequestKeyframe(int) {}
func (s *fakeSource) Revoked()          { s.revoked = true }

func (f *fakePeers) NewPeer(p *sfu.Participant, o rtc.PeerOptions) (Peer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	if err := p.Attach(o.Name); err != nil {
		return nil, err
	}
	peer := &fakePeer{p: p, name: o.Name, role: o.Role, slots: map[string]rtc.Slot{}, pubs: map[string]*fakeSource{}, done: make(chan struct{})}
	f.made = append(f.made, peer)
	go func() { // as a real one, it closes itself when its participant has left
		select {
		case <-p.Done():
			peer.Close()
		case <-peer.done:
		}
	}()
	return peer, nil
}

func (f *fakePeers) last() *fakePeer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.made[len(f.made)-1]
}

func (f *fakePeers) closeAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.made {
		p.Close()
	}
}

func (f *fakePeer) Answer(_ context.Context, offer string, tracks []rtc.TrackOffer) (rtc.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return rtc.Answer{}, rtc.ErrClosed
	}
	answer := rtc.Answer{ICEUfrag: "srv" + fmt.Sprint(f.restarts), ICEPwd: strings.Repeat("p", 22)}
	var sdp strings.Builder
	sdp.WriteString("v=0\r\na=group:BUNDLE 0\r\n")
	n := 0
	var kind, mid string
	for line := range strings.Lines(offer) {
		line = strings.TrimSpace(line)
		switch {
		case strings.Contains(line, "panic"):
			panic("the offer says so")
		case strings.HasPrefix(line, "a=setup:passive"):
			return rtc.Answer{}, &rtc.OfferError{Field: "sdp.setup", Reason: "passive is not actpass or active"}
		case strings.HasPrefix(line, "m="):
			kind, mid = strings.Fields(line[2:])[0], fmt.Sprint(n)
			n++
			fmt.Fprintf(&sdp, "m=%s 9 UDP/TLS/RTP/SAVPF 96\r\n", kind)
		case strings.HasPrefix(line, "a=mid:"):
			mid = line[len("a=mid:"):]
			fmt.Fprintf(&sdp, "a=mid:%s\r\n", mid)
		case line == "a=recvonly" && f.role != rtc.Publisher:
			if err := f.slot(&answer, mid, kind); err != nil {
				return rtc.Answer{}, err
			}
		case line == "a=sendonly" && f.role != rtc.Viewer:
			if err := f.publish(&answer, mid, kind, tracks); err != nil {
				return rtc.Answer{}, err
			}
		}
	}
	if n == 0 {
		return rtc.Answer{}, &rtc.OfferError{Field: "sdp", Reason: "there is no media line"}
	}
	answer.SDP = sdp.String()
	return answer, nil
}

func kindOf(s string) sfu.Kind {
	if s == "audio" {
		return sfu.Audio
	}
	return sfu.Video
}

func (f *fakePeer) slot(answer *rtc.Answer, mid, kind string) error {
	slot, known := f.slots[mid]
	if !known {
		sub, err := f.p.Subscribe(sfu.Slot{Receiver: f.name, Name: mid, Kind: kindOf(kind), Codecs: sfu.AllCodecs}, sfutest.NewSink(f.p.Loop()))
		if err != nil {
			return err
		}
		slot = rtc.Slot{Mid: mid, Kind: kindOf(kind), Subscription: sub}
		f.slots[mid] = slot
	}
	answer.Slots = append(answer.Slots, slot)
	return nil
}

func (f *fakePeer) publish(answer *rtc.Answer, mid, kind string, tracks []rtc.TrackOffer) error {
	t := sfu.Track{ID: "whip-" + mid, Source: sfu.Microphone}
	if kind == "video" {
		t.Source = sfu.Camera
	}
	if f.role == rtc.Both {
		found := false
		for _, o := range tracks {
			if o.Mid == mid {
				t, found = o.Track, true
			}
		}
		if !found {
			return &rtc.OfferError{Field: "sdp.m", Reason: "no track for mid " + mid}
		}
	}
	t.Kind = kindOf(kind)
	source := f.pubs[mid]
	if source == nil {
		source = &fakeSource{}
	}
	pub, err := f.p.Publish(t, source)
	if err != nil {
		return err
	}
	source.pub = pub
	f.pubs[mid] = source
	answer.Publications = append(answer.Publications, rtc.Publication{Mid: mid, Publication: pub})
	return nil
}

func (f *fakePeer) RestartICE(ufrag, pwd string) (string, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return "", "", rtc.ErrClosed
	}
	f.restarts++
	return fmt.Sprint("srv", f.restarts), strings.Repeat("q", 22), nil
}

func (f *fakePeer) Candidates() []string {
	return []string{"a=candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"}
}

func (f *fakePeer) Close() {
	f.once.Do(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.closed = true
		for _, s := range f.slots {
			s.Subscription.Close()
		}
		for _, s := range f.pubs {
			s.pub.Detach(s)
		}
		f.p.Detach(f.name)
		close(f.done)
	})
}

func (f *fakePeer) Done() <-chan struct{} { return f.done }

var errBroken = errors.New("broken on purpose")

// Offers for fake peers.
func lines(list ...string) string {
	b := strings.Builder{}
	b.WriteString("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n")
	for i, l := range list {
		kind, direction, _ := strings.Cut(l, " ")
		fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:%d\r\na=%s\r\n", kind, i, direction)
	}
	return b.String()
}
