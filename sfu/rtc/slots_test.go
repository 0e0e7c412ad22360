package rtc

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"switchyard/sfu"
)

// TestAudioFollowsItsSlot: when the first video slot is opened anew, the audio
// slot that goes with it is too; nothing else is.
func TestAudioFollowsItsSlot(t *testing.T) {
	h := newHouse(t)
	audio, other := rigAudio("1", "recvonly"), rigAudio("2", "recvonly")
	subs := func(a Answer) (list []*sfu.Subscription) {
		for _, s := range a.Slots {
			list = append(list, s.Subscription)
		}
		return list
	}
	r := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly"), audio, other))
	first := subs(r.answer)
	if first[1].Slot().With != first[0] || first[2].Slot().With != nil {
		t.Fatal("the first audio slot, and only it, goes with the first video slot")
	}
	if again := subs(r.reoffer(rigOffer(rigVideo("0", "recvonly"), audio, other))); again[0] != first[0] || again[1] != first[1] || again[2] != first[2] {
		t.Error("the same offer opened slots anew")
	}
	ssrc := r.peer.lines[1].slot.ssrc
	narrow := strings.Replace(rigVideo("0", "recvonly"), "98 99 ", "", 1)
	second := subs(r.reoffer(rigOffer(narrow, audio, other)))
	if second[0] == first[0] || second[1] == first[1] || second[2] != first[2] {
		t.Error("not the slots that should be were opened anew")
	}
	if second[1].Slot().With != second[0] {
		t.Error("the audio slot goes with a closed one")
	}
	if now := r.peer.lines[1].slot.ssrc; now == ssrc || !strings.Contains(r.answer.SDP, "a=msid:speaker slot-1") {
		t.Errorf("SSRC %d after %d", now, ssrc)
	}
	// Without the video slot it stands alone, and with another it goes with that.
	third := subs(r.reoffer(rigOffer(rigVideo("0", "inactive"), audio, other)))
	if third[0].Slot().With != nil || !strings.Contains(r.answer.SDP, "a=msid:stream-1 slot-1") {
		t.Errorf("with %v", third[0].Slot().With)
	}
	fourth := subs(r.reoffer(rigOffer(rigVideo("0", "inactive"), audio, other, rigVideo("3", "recvonly"))))
	if fourth[0].Slot().With != fourth[2] {
		t.Error("the audio slot does not go with the new video slot")
	}
}

// TestRetransmissionsLater: a slot whose line gets retransmissions by a later
// offer sends them on an SSRC of its own, which the answer names while there
// are any.
func TestRetransmissionsLater(t *testing.T) {
	h := newHouse(t)
	with := rigVideo("0", "recvonly")
	without := strings.NewReplacer("apt=", "x=").Replace(with)
	r := h.rig("bob", Both, rigOffer(without))
	if strings.Contains(r.answer.SDP, "FID") {
		t.Error("an SSRC for retransmissions that were not offered")
	}
	sub := r.answer.Slots[0].Subscription
	if r.reoffer(rigOffer(with)); r.answer.Slots[0].Subscription != sub {
		t.Error("the slot was opened anew")
	}
	if !strings.Contains(r.answer.SDP, "a=ssrc-group:FID ") {
		t.Errorf("no SSRC for retransmissions:\n%s", r.answer.SDP)
	}
	packet := &sfu.Packet{Codec: sfu.VP8}
	packet.Payload = append(packet.Buf[:0], "payload"...)
	var slot *slotLine
	r.state(func(p *Peer) {
		slot = p.slotList[0]
		slot.WriteRTP([]sfu.Outgoing{{Packet: packet, Sequence: 7, Retransmission: true}})
	})
	if _, hd := r.listen(); hd.ssrc != slot.ssrc|1 || hd.payloadType != 97 {
		t.Errorf("sent on SSRC %d, payload type %d", hd.ssrc, hd.payloadType)
	}
	if r.reoffer(rigOffer(without)); strings.Contains(r.answer.SDP, "FID") {
		t.Error("an SSRC for retransmissions that are not offered any more")
	}
}

// TestEmptyPackets: a packet that only stands for a number is sent with nothing
// in it, and as a retransmission with the number alone.
func TestEmptyPackets(t *testing.T) {
	h := newHouse(t)
	r := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly")))
	packet := &sfu.Packet{Codec: sfu.VP8}
	packet.Payload = packet.Buf[:0]
	out := sfu.Outgoing{Packet: packet, Sequence: 300, Timestamp: 9, CSRC: 77}
	again := out
	again.Retransmission = true
	r.state(func(p *Peer) { p.slotList[0].WriteRTP([]sfu.Outgoing{out, again}) })
	b, hd := r.listen()
	if len(b) != hd.payload || hd.sequence != 300 || hd.timestamp != 9 || hd.padding || binary.BigEndian.Uint32(b[12:]) != 77 {
		t.Errorf("sent % x", b)
	}
	if id, value, _ := hd.element(b, hd.extStart); id != 1 || string(value) != "0" {
		t.Errorf("extension %d %q", id, value)
	}
	b, hd = r.listen()
	if string(b[hd.payload:]) != "\x01\x2c" || hd.payloadType != 97 || binary.BigEndian.Uint32(b[12:]) != 77 {
		t.Errorf("sent again as % x", b)
	}
}

// TestEmptyPacketsIn: packets of padding only, and retransmissions of empty
// packets, come to the core as empty ones and not as lost.
func TestEmptyPacketsIn(t *testing.T) {
	h := newHouse(t)
	r := h.rig("alice", Both, rigOffer(rigVideo("0", "sendonly")), camera("0"))
	padding := rtpPacket(96, 2, 0, 1, false, []byte{0, 0, 0, 4}, 1, "0")
	padding[0] |= 0x20
	probe := rtpPacket(97, 1, 0, 2, false, []byte{0, 0, 0, 4}, 1, "0")
	probe[0] |= 0x20
	var payloads [][]byte
	for _, b := range [][]byte{
		rtpPacket(96, 1, 0, 1, true, vp8(true, 1, "x", 1)[0], 1, "0"),
		padding,
		rtpPacket(97, 2, 0, 2, false, []byte{0, 3}, 1, "0"),
		probe,
	} {
		sealed := r.seal(b)
		r.onLoop(func() {
			r.peer.receiveMedia(sealed, h.home.now)
			pending := r.peer.pubLines[0].encodings[0].pending
			payloads = append(payloads, pending[len(pending)-1].Payload)
			h.home.flush(h.home.now)
		})
	}
	for i, want := range []struct {
		name   string
		size   int
		absent bool
	}{{"frame", len(vp8(true, 1, "x", 1)[0]), false}, {"padding", 0, false}, {"empty retransmission", 0, false}, {"probe", 0, true}} {
		if got := payloads[i]; len(got) != want.size || (got == nil) != want.absent {
			t.Errorf("%s: payload % x, nil %v", want.name, got, got == nil)
		}
	}
}

// TestRollbackEndsPublications: what a refused offer published is not left in
// the room, but what another transport had published before is.
func TestRollbackEndsPublications(t *testing.T) {
	h := newHouse(t)
	p, _, err := h.room.Join(sfu.Join{Identity: "alice", Counted: true, Grants: sfu.MayPublish})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := h.server.NewPeer(p, PeerOptions{Name: "one"})
	if err != nil {
		t.Fatal(err)
	}
	offer := rigOffer(rigVideo("0", "sendonly"), rigAudio("1", "recvonly"))
	for range 2 {
		if _, err := peer.Answer(context.Background(), offer, []TrackOffer{camera("0")}); !errors.Is(err, sfu.ErrForbidden) {
			t.Fatal(err)
		}
		if n := len(p.Info().Publications); n != 0 {
			t.Fatalf("%d publications are left", n)
		}
	}
	if _, err := p.Publish(camera("0").Track, &source{line: new(pubLine)}); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Answer(context.Background(), offer, []TrackOffer{camera("0")}); !errors.Is(err, sfu.ErrForbidden) {
		t.Fatal(err)
	}
	if n := len(p.Info().Publications); n != 1 {
		t.Errorf("%d publications", n)
	}
	peer.Close()
}

// TestSlotsAtMost: a client that opens its slots anew for ever is stopped.
func TestSlotsAtMost(t *testing.T) {
	h := newHouse(t)
	r := h.rig("bob", Both, rigOffer(rigVideo("0", "recvonly")))
	for len(r.peer.usedSSRCs) < maxSlotSSRCs {
		if _, err := r.peer.freshSSRC(); err != nil {
			t.Fatal(err)
		}
	}
	narrow := strings.Replace(rigVideo("0", "recvonly"), "98 99 ", "", 1)
	if _, err := r.peer.Answer(context.Background(), rigOffer(narrow), nil); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
	r.reoffer(rigOffer(rigVideo("0", "recvonly")))
}
