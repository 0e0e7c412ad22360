package rtc

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"switchyard/sfu"
)

// TestComingAndGoing: while a call flows, peers join, offer again and again,
// restart ICE and are closed by several goroutines at once, in the middle of
// whatever they do. The call is not disturbed and nothing is left of them.
func TestComingAndGoing(t *testing.T) {
	h := newHouse(t)
	publish(h, "alice", clientOptions{})
	b, _ := view(h, "bob", clientOptions{})
	b.flows("1", 20)

	offers := []string{
		rigOffer(rigVideo("0", "sendonly"), rigVideo("1", "recvonly"), rigAudio("2", "recvonly")),
		rigOffer(rigVideo("0", "inactive"), strings.Replace(rigVideo("1", "recvonly"), "98 99 ", "", 1), rigAudio("2", "recvonly")),
		rigOffer(rigVideo("0", "sendonly"), rigVideo("1", "inactive"), rigAudio("2", "inactive")),
	}
	restarted := strings.ReplaceAll(offers[0], "abcd\r\n", "efgh\r\n")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for round := range 8 {
				who, _, err := h.room.Join(sfu.Join{Identity: "guest", Kind: "browser", Counted: true, Grants: sfu.DefaultGrants})
				if err != nil {
					t.Error(err)
					return
				}
				peer, err := h.server.NewPeer(who, PeerOptions{Name: string(rune('a'+worker)) + string(rune('a'+round))})
				if errors.Is(err, sfu.ErrClosed) {
					continue // another worker made the guest leave in between
				}
				if err != nil {
					t.Error(err)
					return
				}
				var both sync.WaitGroup
				both.Go(func() {
					for i := range 12 {
						offer, tracks := offers[i%3], []TrackOffer{camera("0")}
						if i%3 == 1 {
							tracks = nil
						}
						if i == 6 {
							offer = restarted
						}
						a, err := peer.Answer(context.Background(), offer, tracks)
						if err != nil {
							if !errors.Is(err, ErrClosed) && !errors.Is(err, sfu.ErrClosed) {
								t.Errorf("answer %d: %v", i, err)
							}
							return
						}
						for _, s := range a.Slots {
							s.Subscription.Want(sfu.Demand{Width: 640, Height: 360})
						}
						if i == 8 {
							peer.RestartICE("ijkl", "abcdefghijklmnopqrstuvwx")
						}
					}
				})
				time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
				for range 2 {
					both.Go(peer.Close)
				}
				if round%2 == 0 {
					both.Go(func() { who.Leave(sfu.LeftByItself) })
				}
				both.Wait()
				who.Leave(sfu.LeftByItself)
			}
		})
	}
	all.Wait()
	b.flows("1", 20)
	h.onLoop(func() {
		s := h.home
		if len(s.ufrags) != 2 || len(s.everyone) != 2 || len(s.active) != 2 || s.server.peerCount() != 2 {
			t.Errorf("%d username fragments, %d peers, %d with keys, %d in all; there are two",
				len(s.ufrags), len(s.everyone), len(s.active), s.server.peerCount())
		}
	})
}

// TestShutdownDuringHandshakes: Run ends though peers are in the middle of
// coming up, and Answer then fails.
func TestShutdownDuringHandshakes(t *testing.T) {
	h := newHouse(t)
	var all sync.WaitGroup
	for range 6 {
		who, peer := h.join("guest", Both)
		c := newClient(h, who, peer, clientOptions{})
		c.slots(webrtc.RTPCodecTypeVideo)
		all.Go(func() { c.offer() })
	}
	all.Wait()
	h.server.closePeers()
	if n := h.server.peerCount(); n != 0 {
		t.Errorf("%d peers are left", n)
	}
}
