package sfu_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/sfu"
	"switchyard/sfu/sfutest"
)

// house is an SFU with one room on a loop that the test turns.
type house struct {
	testing.TB
	loop *sfutest.Loop
	sfu  *sfu.SFU
	room *sfu.Room
}

func newHouse(t testing.TB, change ...func(*sfu.Config)) *house {
	t.Helper()
	cfg := sfu.DefaultConfig()
	for _, f := range change {
		f(&cfg)
	}
	h := &house{TB: t, loop: sfutest.NewLoop()}
	var err error
	if h.sfu, err = sfu.New(cfg, h.loop, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	if h.room, err = h.sfu.Open("room"); err != nil {
		t.Fatal(err)
	}
	return h
}

// join adds an attached participant with all grants.
func (h *house) join(identity string) *sfu.Participant {
	h.Helper()
	p, _, err := h.room.Join(sfu.Join{Identity: identity, Name: strings.ToUpper(identity), Kind: "browser", Counted: true,
		Grants: sfu.MayPublish | sfu.MaySubscribe | sfu.MayMessage | sfu.MayModerate})
	if err != nil {
		h.Fatal(err)
	}
	if err := p.Attach("session"); err != nil {
		h.Fatal(err)
	}
	return p
}

// drain takes what is queued on a stream.
func drain(events <-chan sfu.Event) (list []sfu.Event) {
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return list
			}
			list = append(list, ev)
		default:
			return list
		}
	}
}

// last finds the newest event of a type.
func last[E sfu.Event](list []sfu.Event) (found E, ok bool) {
	for _, ev := range list {
		if e, is := ev.(E); is {
			found, ok = e, true
		}
	}
	return found, ok
}

func TestStreamStartsWithSnapshot(t *testing.T) {
	h := newHouse(t)
	alice := h.join("alice")
	h.room.Update(func(s *sfu.State) { s.Metadata = "agenda" })
	events := alice.Events()
	bob := h.join("bob")

	list := drain(events)
	snapshot, ok := list[0].(sfu.Snapshot)
	if !ok || snapshot.Self.ID != alice.ID() || len(snapshot.Participants) != 0 || snapshot.Room.State.Metadata != "agenda" || snapshot.Room.State.Version != 1 {
		t.Fatalf("first event %#v", list[0])
	}
	joined, ok := last[sfu.ParticipantJoined](list)
	if !ok || joined.Participant.ID != bob.ID() || joined.Participant.Name != "BOB" {
		t.Fatalf("no news of bob in %#v", list)
	}
}

func TestIdentityIsOneParticipant(t *testing.T) {
	h := newHouse(t)
	first := h.join("alice")
	second, found, err := h.room.Join(sfu.Join{Identity: "alice", Name: "Alice again", Grants: sfu.DefaultGrants, Counted: true})
	if err != nil || !found || second != first {
		t.Fatalf("got %p found %v err %v, want %p", second, found, err, first)
	}
	if name := first.Info().Name; name != "Alice again" {
		t.Errorf("name is %q", name)
	}
}

func TestHiddenIsNotInRosters(t *testing.T) {
	h := newHouse(t)
	alice := h.join("alice")
	events := alice.Events()
	recorder, _, err := h.room.Join(sfu.Join{Identity: "recorder", Kind: "recorder", Hidden: true, Grants: sfu.MaySubscribe})
	if err != nil {
		t.Fatal(err)
	}
	recorder.Leave(sfu.LeftByItself)
	if list := drain(events); len(list) != 1 {
		t.Errorf("alice was told %#v", list[1:])
	}
}

func TestReconnectingShowsLateAndEndsInTimeout(t *testing.T) {
	h := newHouse(t)
	alice, bob := h.join("alice"), h.join("bob")
	events := bob.Events()
	drain(events)

	alice.Detach("session")
	h.loop.Advance(1900 * time.Millisecond)
	if list := drain(events); len(list) != 0 {
		t.Fatalf("told too early: %#v", list)
	}
	h.loop.Advance(200 * time.Millisecond)
	if ev, ok := last[sfu.ParticipantUpdated](drain(events)); !ok || !ev.Participant.Reconnecting {
		t.Fatal("bob does not see alice reconnecting after 2 s")
	}
	if err := alice.Attach("session 2"); err != nil {
		t.Fatal(err)
	}
	if ev, ok := last[sfu.ParticipantUpdated](drain(events)); !ok || ev.Participant.Reconnecting {
		t.Fatal("bob does not see alice back")
	}
	alice.Quiet("session 2", true)
	h.loop.Advance(29900 * time.Millisecond)
	select {
	case <-alice.Done():
		t.Fatal("alice left before 30 s")
	default:
	}
	h.loop.Advance(200 * time.Millisecond)
	select {
	case <-alice.Done():
	default:
		t.Fatal("alice is still there after 30 s")
	}
	if ev, ok := last[sfu.ParticipantLeft](drain(events)); !ok || ev.Reason != sfu.LeftTimeout {
		t.Fatal("bob was not told that alice timed out")
	}
}

func TestOneLiveTransportKeepsAParticipant(t *testing.T) {
	h := newHouse(t)
	alice := h.join("alice")
	if err := alice.Attach("whip"); err != nil {
		t.Fatal(err)
	}
	alice.Quiet("session", true)
	h.loop.Advance(time.Minute)
	if !alice.Info().Reconnecting {
		t.Error("a quiet transport is not shown")
	}
	select {
	case <-alice.Done():
		t.Error("left though one transport is alive")
	default:
	}
}

func TestEmptyRoomCloses(t *testing.T) {
	h := newHouse(t)
	alice := h.join("alice")
	alice.Leave(sfu.LeftByItself)
	h.loop.Advance(59 * time.Second)
	if h.sfu.Room("room") != h.room {
		t.Fatal("closed before 60 s")
	}
	bob := h.join("bob")
	h.loop.Advance(5 * time.Minute)
	if h.sfu.Room("room") != h.room {
		t.Fatal("closed though bob is there")
	}
	bob.Leave(sfu.LeftByItself)
	h.loop.Advance(61 * time.Second)
	if h.sfu.Room("room") != nil {
		t.Fatal("an empty room is still open after 60 s")
	}
	if n := h.loop.Timers(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
	if _, _, err := h.room.Join(sfu.Join{Identity: "late"}); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("join of a closed room: %v", err)
	}
}

func TestSlowReaderIsRemoved(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.EventQueue = 64 })
	alice, bob := h.join("alice"), h.join("bob")
	events := alice.Events()
	for range 100 {
		if _, err := bob.Send(sfu.Message{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	h.loop.Run()
	list := drain(events)
	if left, ok := list[len(list)-1].(sfu.Left); !ok || left.Reason != sfu.LeftSlow {
		t.Fatalf("last event is %#v", list[len(list)-1])
	}
	select {
	case <-alice.Done():
	default:
		t.Fatal("alice was not removed")
	}
	if h.room.Participant(bob.ID()) == nil {
		t.Fatal("bob is gone too")
	}
}

func TestMessagesHaveOneOrder(t *testing.T) {
	h := newHouse(t)
	alice, bob, carol := h.join("alice"), h.join("bob"), h.join("carol")
	a, b, c := alice.Events(), bob.Events(), carol.Events()
	for _, text := range []string{"one", "two"} {
		if _, err := alice.Send(sfu.Message{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := alice.Send(sfu.Message{Text: "psst", To: []sfu.ParticipantID{bob.ID()}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		events <-chan sfu.Event
		texts  string
	}{"alice": {a, "one two psst"}, "bob": {b, "one two psst"}, "carol": {c, "one two"}} {
		var texts []string
		number := uint64(0)
		for _, ev := range drain(want.events) {
			if m, ok := ev.(sfu.MessageReceived); ok {
				texts = append(texts, m.Message.Text)
				if m.Message.Number <= number {
					t.Errorf("%s: number %d after %d", name, m.Message.Number, number)
				}
				number = m.Message.Number
			}
		}
		if got := strings.Join(texts, " "); got != want.texts {
			t.Errorf("%s got %q, want %q", name, got, want.texts)
		}
	}
	if _, err := alice.Send(sfu.Message{Text: "x", To: []sfu.ParticipantID{"nobody"}}); !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("message to nobody: %v", err)
	}
}

func TestLockedRoomKeepsNewcomersOut(t *testing.T) {
	h := newHouse(t)
	h.join("alice")
	h.room.Update(func(s *sfu.State) { s.Locked = true })
	if _, _, err := h.room.Join(sfu.Join{Identity: "bob", Counted: true}); !errors.Is(err, sfu.ErrLocked) {
		t.Errorf("join: %v", err)
	}
	if _, found, err := h.room.Join(sfu.Join{Identity: "alice", Counted: true}); err != nil || !found {
		t.Errorf("alice comes back: found %v, %v", found, err)
	}
	if _, _, err := h.room.Join(sfu.Join{Identity: "recorder", Hidden: true}); err != nil {
		t.Errorf("a recorder is not a newcomer: %v", err)
	}
}

func TestLimits(t *testing.T) {
	h := newHouse(t, func(c *sfu.Config) { c.MaxParticipants = 2; c.MaxPublications = 1 })
	alice := h.join("alice")
	h.join("bob")
	if _, _, err := h.room.Join(sfu.Join{Identity: "carol"}); !errors.Is(err, sfu.ErrLimit) {
		t.Errorf("third participant: %v", err)
	}
	src := sfutest.NewSource()
	if _, err := alice.Publish(sfu.Track{ID: "a", Kind: sfu.Audio, Source: sfu.Microphone}, src); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Publish(sfu.Track{ID: "b", Kind: sfu.Audio, Source: sfu.Microphone}, src); !errors.Is(err, sfu.ErrLimit) {
		t.Errorf("second publication: %v", err)
	}
	var field *sfu.FieldError
	if _, err := alice.Publish(sfu.Track{ID: "a", Kind: sfu.Video, Source: sfu.Camera}, src); !errors.As(err, &field) || field.Field != "track" {
		t.Errorf("another kind under the same id: %v", err)
	}
}
