package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/access"
	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/signaling/protocol"
)

func TestErrorsAsProtocol(t *testing.T) {
	for _, c := range []struct {
		err         error
		code, field string
	}{
		{protocol.Fieldf(protocol.BadField, "x", "y"), "bad_field", "x"},
		{&Refusal{Reason: "no"}, "refused", ""},
		{&rtc.OfferError{Field: "sdp.setup", Reason: "r"}, "bad_offer", "sdp.setup"},
		{&sfu.FieldError{Field: "width", Reason: "r"}, "bad_field", "at.width"},
		{fmt.Errorf("x: %w", sfu.ErrInvalid), "bad_field", "at"},
		{access.ErrExpired, "unauthorized", "token"},
		{access.ErrEarly, "unauthorized", "token"},
		{sfu.ErrLocked, "refused", ""},
		{sfu.ErrClosed, "refused", ""},
		{errDraining, "refused", ""},
		{errFull, "refused", ""},
		{rtc.ErrTooMany, "too_many", ""},
		{fmt.Errorf("x: %w", sfu.ErrLimit), "too_many", "at"},
		{fmt.Errorf("x: %w", sfu.ErrForbidden), "forbidden", "at"},
		{fmt.Errorf("x: %w", sfu.ErrNotFound), "not_found", "at"},
	} {
		got := asProtocol(fmt.Errorf("while testing: %w", c.err), "at")
		if got == nil || string(got.Code) != c.code || got.Field != c.field || got.Message == "" {
			t.Errorf("%v: %v, want %s at %q", c.err, got, c.code, c.field)
		}
	}
	if got := asProtocol(errors.New("disk on fire"), "at"); got != nil {
		t.Errorf("%v", got)
	}
}

// TestRefusalsSayWhy: a program can tell what a refusal is about.
func TestRefusalsSayWhy(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason string
		again  bool
	}{
		{&Refusal{Code: protocol.Removed, Reason: "no"}, "removed", false},
		{&Refusal{Code: protocol.WaitingRefused, Reason: "no", Retry: time.Minute}, "waiting_refused", true},
		{sfu.ErrLocked, "locked", false},
		{errDraining, "draining", true},
		{sfu.ErrClosed, "draining", true},
		{errFull, "full", true},
	} {
		got := asProtocol(c.err, "")
		if got == nil || got.Code != protocol.Refused || got.Reason != c.reason || got.RetryMs > 0 != c.again || !slices.Contains(protocol.Reasons(), got.Reason) {
			t.Errorf("%v: %+v, want %s", c.err, got, c.reason)
		}
	}
}

func TestPublicationMessage(t *testing.T) {
	got, err := json.Marshal(publicationMessage(sfu.PublicationInfo{
		ID: "p", Number: 7, Codec: sfu.AV1, MutedBy: "m",
		Track: sfu.Track{
			ID: "t", Kind: sfu.Video, Source: sfu.Screen, Muted: true,
			Encodings:  []sfu.Encoding{{RID: "q", Width: 320, Height: 180}, {RID: "f", Width: 1280, Height: 720}},
			Encryption: sfu.Encryption{Scheme: "sframe", KeyID: 3},
		},
	}))
	want := `{"id":"p","number":7,"track":"t","kind":"video","source":"screen","codec":"av1","muted":true,"mutedBy":"m","width":1280,"height":720,"encryption":{"scheme":"sframe","keyId":3}}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestSpeakerMessages(t *testing.T) {
	got := speakerMessages([]sfu.Speaker{{Participant: "a", Level: 0}, {Participant: "b", Level: 127}, {Participant: "c", Level: 64}, {Level: 255}})
	for i, want := range []float64{1, 0, 0.496, 0} {
		if got[i].Level != want {
			t.Errorf("%d: %v, want %v", i, got[i].Level, want)
		}
	}
}

func TestTrackOf(t *testing.T) {
	got := trackOf(protocol.TrackOffer{
		Mid: "0", Track: "t", Source: "camera", Muted: true, Width: 1280, Height: 720,
		Encodings:  []protocol.EncodingOffer{{RID: "q", Width: 320, Height: 180, MaxBitrate: 150000}},
		Encryption: &protocol.Encryption{Scheme: "sframe", KeyID: 9},
	})
	if got.ID != "t" || got.Source != sfu.Camera || !got.Muted || got.Encodings[0].MaxBitrate != 150000 || got.Encryption.KeyID != 9 {
		t.Errorf("%+v", got)
	}
}

// TestEveryLabelIsTold: of two switches of a slot in one batch both are
// announced, since frames of each are on their way; what only pauses is merged.
func TestEveryLabelIsTold(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		c := h.join("team", "ann")
		defer c.hangUp()
		c.must("offer", said{"sdp": lines("video recvonly", "video recvonly"), "tracks": []said{}})
		c.none("left")
		c.skips = nil // that the slots are empty
		peer := h.peers.last()
		h.server.mu.Lock()
		s := h.server.openSessions()[0]
		h.server.mu.Unlock()
		one, two := peer.slots["0"].Subscription, peer.slots["1"].Subscription
		d := digest{session: s}
		for _, ev := range []sfu.Event{
			sfu.SlotChanged{Subscription: one, Publication: "a", Number: 1, Paused: sfu.PausedMuted},
			sfu.SlotChanged{Subscription: two, Publication: "a", Number: 1},
			sfu.SlotChanged{Subscription: one, Publication: "a", Number: 1, FirstTimestamp: 100, HasTimestamp: true},
			sfu.SlotChanged{Subscription: one, Publication: "b", Number: 2, FirstTimestamp: 200, HasTimestamp: true},
			sfu.ParticipantUpdated{Participant: sfu.ParticipantInfo{ID: "x"}},
			sfu.SpeakersChanged{Speakers: []sfu.Speaker{{Participant: "x", Level: 10}}},
		} {
			d.take(ev, true)
		}
		d.flush()
		first := c.event("slots")
		if first.text("slots", 0, "publication") != "a" || first.at("slots", 0, "rtpTimestamp") != 100.0 || first.text("slots", 1, "slot") != "1" || first.at("slots", 0, "paused") != nil {
			t.Errorf("%v", first)
		}
		// What a message may refer to comes before it.
		roster, second, speakers := c.event("participants"), c.event("slots"), c.event("speakers")
		if second.text("slots", 0, "publication") != "b" || second.at("slots", 0, "rtpTimestamp") != 200.0 || roster.seq() > second.seq() || second.seq() > speakers.seq() {
			t.Errorf("%v %v %v", roster, second, speakers)
		}
	})
}

func TestTokenFixesTheName(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {

		admitted, err := TokenOnly{}.Admit(context.Background(), access.Claims{Identity: "ann", Name: "Ann"}, Want{Kind: "browser", Name: "Eve"}, nil)
		if err != nil || admitted.Name != "Ann" {
			t.Errorf("%+v %v", admitted, err)
		}
		s := &session{claims: access.Claims{Name: "Ann"}}
		name := "Eve"
		if err := s.update(nil, &protocol.Update{Name: &name}); err == nil || err.Code != protocol.Forbidden || err.Field != "name" {
			t.Errorf("%v", err)
		}
	})
}
