package signaling

import (
	"testing"
	"time"

	"switchyard/sfu"
	"switchyard/sfu/rtc"
	"switchyard/sfu/sfutest"
)

// enter puts somebody who publishes into a room, without a session.
func (h *house) enter(room, identity string, sources ...sfu.TrackSource) (*sfu.Participant, []*sfu.Publication) {
	h.t.Helper()
	r, err := h.rooms.Open(sfu.RoomID(room))
	if err != nil {
		h.t.Fatal(err)
	}
	p, _, err := r.Join(sfu.Join{Identity: identity, Grants: sfu.DefaultGrants, Counted: true})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := p.Attach("test"); err != nil {
		h.t.Fatal(err)
	}
	var pubs []*sfu.Publication
	for _, source := range sources {
		kind := sfu.Video
		if source == sfu.Microphone || source == sfu.ScreenAudio {
			kind = sfu.Audio
		}
		pub, err := p.Publish(sfu.Track{ID: string(source), Kind: kind, Source: source}, sfutest.NewSource())
		if err != nil {
			h.t.Fatal(err)
		}
		pubs = append(pubs, pub)
	}
	return p, pubs
}

// shown is the publication in each slot of the newest peer, by what its
// participant is told.
func (h *house) shown(identity string, do func()) map[string]sfu.PublicationID {
	h.t.Helper()
	settle()
	do()
	time.Sleep(time.Second)
	p := h.rooms.Room("team").ByIdentity(identity)
	events := p.Events() // tells what is in the slots
	defer p.StopEvents(events)
	settle()
	got := map[string]sfu.PublicationID{}
	for {
		select {
		case ev := <-events:
			if slot, ok := ev.(sfu.SlotChanged); ok {
				got[slot.Subscription.Slot().Name] = slot.Publication
			}
			continue
		default:
		}
		return got
	}
}

func TestViewerOfAParticipantThatComesLater(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.enter("team", "other", sfu.Camera, sfu.Microphone)
		h.open("/whep/team?participant=ann", h.token("team", "tv"), lines("audio recvonly", "video recvonly", "video recvonly"))
		if got := h.shown("tv", func() {}); got["0"] != "" || got["1"] != "" {
			t.Errorf("before: %v", got)
		}
		h.open("/whep/team?participant=ann", h.token("team", "tv2"), lines("audio recvonly", "video recvonly", "video recvonly"))
		var pubs []*sfu.Publication
		got := h.shown("tv2", func() {
			_, pubs = h.enter("team", "ann", sfu.Screen, sfu.ScreenAudio, sfu.Microphone, sfu.Camera)
		})
		if got["0"] != pubs[2].ID() || got["1"] != pubs[3].ID() || got["2"] != pubs[0].ID() {
			t.Errorf("after: %v", got)
		}
	})
}

// TestViewerBesideASession: the roster is watched whoever reads the
// participant's events.
func TestViewerBesideASession(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.open("/whep/team?participant=ann", h.token("team", "tv"), lines("video recvonly"))
		settle()
		viewer := h.peers.last()
		session := h.join("team", "tv")
		settle()
		_, pubs := h.enter("team", "ann", sfu.Camera)
		settle()
		if want := viewer.wants(h, "0"); want != pubs[0].ID() {
			t.Errorf("with a session: %q", want)
		}
		session.none("slots") // they are the other transport's
		pubs[0].Participant().Leave(sfu.LeftByItself)
		session.must("ping", nil)
		session.cut()
		h.server.mu.Lock()
		open := h.server.openSessions()
		h.server.mu.Unlock()
		for _, s := range open {
			s.end(leaving(sfu.LeftTimeout))
		}
		settle()
		_, pubs = h.enter("team", "ann", sfu.Camera)
		settle()
		if want := viewer.wants(h, "0"); want != pubs[0].ID() {
			t.Errorf("after the session: %q", want)
		}
	})
}

// wants looks up what a slot of the peer carries.
func (f *fakePeer) wants(h *house, mid string) sfu.PublicationID {
	f.mu.Lock()
	sub := f.slots[mid].Subscription
	f.mu.Unlock()
	room := h.rooms.Room("team")
	for _, m := range h.server.allMedia() {
		if m.participant == f.p && m.choice != nil {
			for i, slot := range m.slots {
				if slot.Subscription == sub {
					return m.choice.wants(room, m.slots)[i].Publication
				}
			}
		}
	}
	return ""
}

func (srv *Server) allMedia() []*mediaSession {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	var list []*mediaSession
	for _, m := range srv.media {
		list = append(list, m)
	}
	return list
}

func TestViewersWants(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		ann, a := h.enter("team", "ann", sfu.Camera, sfu.Microphone)
		bob, b := h.enter("team", "bob", sfu.Screen, sfu.Camera)
		room := h.rooms.Room("team")
		slots := []rtc.Slot{{Kind: sfu.Audio}, {Kind: sfu.Video}, {Kind: sfu.Video}, {Kind: sfu.Video}}
		track := func(p *sfu.Publication) sfu.Demand {
			return sfu.Demand{Kind: sfu.WantTrack, Publication: p.ID(), Width: fullSize, Height: fullSize, Priority: 5}
		}
		none := sfu.Demand{Kind: sfu.WantNone, Width: fullSize, Height: fullSize, Priority: 5}
		for name, c := range map[string]struct {
			choice choice
			want   []sfu.Demand
		}{
			"by id":       {choice{participant: string(bob.ID())}, []sfu.Demand{none, track(b[1]), track(b[0]), none}},
			"by identity": {choice{participant: "ann"}, []sfu.Demand{track(a[1]), track(a[0]), none, none}},
			"nobody":      {choice{participant: "eve"}, []sfu.Demand{none, none, none, none}},
			"tracks": {choice{tracks: []string{string(b[0].ID()), "gone", string(a[1].ID()), string(a[0].ID())}},
				[]sfu.Demand{track(a[1]), track(b[0]), track(a[0]), none}},
		} {
			got := c.choice.wants(room, slots)
			for i := range got {
				if got[i].Kind != c.want[i].Kind || got[i].Publication != c.want[i].Publication || got[i].Width != fullSize || got[i].Priority != 5 {
					t.Errorf("%s: slot %d: %+v, want %+v", name, i, got[i], c.want[i])
				}
			}
		}
		got := (&choice{exclude: []string{"ann", "nobody", string(bob.ID())}}).wants(room, slots)
		for i, d := range got {
			if d.Kind != sfu.WantSpeaker || len(d.Exclude) != 2 || d.Exclude[0] != ann.ID() || d.Exclude[1] != bob.ID() {
				t.Errorf("exclude: slot %d: %+v", i, d)
			}
		}
	})
}
