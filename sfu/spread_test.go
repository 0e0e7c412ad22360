package sfu_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// terrace is an SFU on several loops, and an account of what is on each.
type terrace struct {
	testing.TB
	core    *sfu.SFU
	loops   []*sfutest.Loop
	rooms   []*sfu.Room
	people  []*sfu.Participant
	members map[sfu.Loop]int
	open    map[sfu.Loop]int
	names   int
}

func newTerrace(t testing.TB, loops int) *terrace {
	h := &terrace{TB: t, members: map[sfu.Loop]int{}, open: map[sfu.Loop]int{}}
	var list []sfu.Loop
	for range loops {
		h.loops = append(h.loops, sfutest.NewLoop())
		list = append(list, h.loops[len(list)])
	}
	var err error
	h.core, err = sfu.New(sfu.DefaultConfig(), list[0], slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	h.core.Spread(list...)     // the first is known
	h.core.Spread(list[1:]...) // and these are by now
	return h
}

// opens opens a room, which has to be where the fewest participants are, or of
// those where the fewest rooms are.
func (h *terrace) opens() *sfu.Room {
	h.Helper()
	want := h.loops[0]
	for _, l := range h.loops[1:] {
		if h.members[l] < h.members[want] || h.members[l] == h.members[want] && h.open[l] < h.open[want] {
			want = l
		}
	}
	h.names++
	r, err := h.core.Open(sfu.RoomID(fmt.Sprint("room ", h.names)))
	if err != nil {
		h.Fatal(err)
	}
	if r.Loop() != sfu.Loop(want) {
		h.Fatalf("room %d is on another loop than the emptiest: %v participants, %v rooms", h.names, h.members, h.open)
	}
	h.open[r.Loop()]++
	h.rooms = append(h.rooms, r)
	return r
}

func (h *terrace) joins(r *sfu.Room) *sfu.Participant {
	h.Helper()
	h.names++
	// Whether somebody is counted or seen makes no difference to the loop.
	p, _, err := r.Join(sfu.Join{Identity: fmt.Sprint(h.names), Counted: h.names%5 > 0, Hidden: h.names%4 == 0, Grants: sfu.DefaultGrants})
	if err != nil {
		h.Fatal(err)
	}
	h.members[r.Loop()]++
	h.people = append(h.people, p)
	return p
}

// gone takes those who have left and rooms that have closed off the account.
func (h *terrace) gone() {
	people := h.people[:0]
	for _, p := range h.people {
		if ended(p.Done()) {
			h.members[p.Room().Loop()]--
		} else {
			people = append(people, p)
		}
	}
	h.people = people
	rooms := h.rooms[:0]
	for _, r := range h.rooms {
		if h.core.Room(r.ID()) == r {
			rooms = append(rooms, r)
		} else {
			h.open[r.Loop()]--
		}
	}
	h.rooms = rooms
}

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// TestSpread: rooms go in turn to loops that are equally full, and otherwise to
// the one with the fewest participants, however they came to be there or went.
func TestSpread(t *testing.T) {
	for name, change := range map[string]func(h *terrace, full, other *sfu.Room){
		"nothing": func(*terrace, *sfu.Room, *sfu.Room) {},
		"join":    func(h *terrace, full, _ *sfu.Room) { h.joins(full) },
		"join again": func(h *terrace, full, _ *sfu.Room) {
			if _, found, err := full.Join(sfu.Join{Identity: h.people[0].Identity(), Grants: sfu.DefaultGrants}); !found || err != nil {
				h.Fatal(found, err)
			}
		},
		"refused": func(h *terrace, full, _ *sfu.Room) {
			full.Update(func(s *sfu.State) { s.Locked = true })
			if _, _, err := full.Join(sfu.Join{Identity: "late", Counted: true}); err == nil {
				h.Fatal("a locked room was entered")
			}
		},
		"leave":       func(h *terrace, _, _ *sfu.Room) { h.people[0].Leave(sfu.LeftByItself) },
		"leave twice": func(h *terrace, _, _ *sfu.Room) { h.people[0].Leave(""); h.people[0].Leave("") },
		"remove": func(h *terrace, full, _ *sfu.Room) {
			if err := full.Remove(h.people[0].ID(), sfu.LeftRemoved); err != nil {
				h.Fatal(err)
			}
		},
		"leave after closing": func(h *terrace, full, _ *sfu.Room) { full.Close(sfu.LeftClosed); h.people[0].Leave("") },
		"close twice":         func(_ *terrace, full, _ *sfu.Room) { full.Close(""); full.Close("") },
		"move":                func(h *terrace, full, other *sfu.Room) { h.moves(h.people[0], full, other) },
		"move and leave": func(h *terrace, full, other *sfu.Room) {
			h.moves(h.people[0], full, other)
			h.people[0].Leave("")
		},
		"move and close": func(h *terrace, full, other *sfu.Room) {
			h.moves(h.people[0], full, other)
			other.Close("")
		},
		"refused move": func(h *terrace, full, other *sfu.Room) {
			other.Update(func(s *sfu.State) { s.Locked = true })
			if full.Move(h.people[0], other) == nil {
				h.Fatal("somebody was moved into a locked room")
			}
		},
		"time out": func(h *terrace, _, _ *sfu.Room) { h.time(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTerrace(t, 3)
			full, other := h.opens(), h.opens()
			for range 3 {
				h.joins(full)
			}
			h.joins(other)
			change(h, full, other)
			h.gone()
			for range 8 { // each goes to the emptiest, whatever that is now
				h.joins(h.opens())
			}
		})
	}
}

// moves moves a participant and keeps the account.
func (h *terrace) moves(p *sfu.Participant, from, to *sfu.Room) {
	if err := from.Move(p, to); err == nil {
		h.members[from.Loop()]--
		h.members[to.Loop()]++
	} else if from != to && h.core.Room(to.ID()) == to {
		h.Fatal(err)
	}
}

// time lets time pass on all loops.
func (h *terrace) time(d time.Duration) {
	for _, l := range h.loops {
		l.Advance(d)
	}
}

// TestSpreadAtRandom: the account is right after whatever happens to rooms and
// participants.
func TestSpreadAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	h := newTerrace(t, 4)
	for range 3000 {
		h.opens()
		r := h.rooms[random.IntN(len(h.rooms))]
		for range random.IntN(4) {
			h.joins(r)
		}
		for range min(random.IntN(4), len(h.people)) {
			p, to := h.people[random.IntN(len(h.people))], h.rooms[random.IntN(len(h.rooms))]
			switch random.IntN(4) {
			case 0:
				p.Leave(sfu.LeftByItself)
			case 1:
				if h.core.Room(p.Room().ID()) == p.Room() {
					p.Room().Close(sfu.LeftClosed)
				}
			default:
				if !ended(p.Done()) && p.Room() != to {
					h.moves(p, p.Room(), to)
				}
			}
		}
		if random.IntN(10) == 0 {
			h.time(time.Duration(random.IntN(40)) * time.Second)
		}
		h.gone()
	}
	h.core.Close()
	h.gone()
	if len(h.people)+len(h.rooms) > 0 {
		t.Errorf("%d participants and %d rooms are left", len(h.people), len(h.rooms))
	}
}
