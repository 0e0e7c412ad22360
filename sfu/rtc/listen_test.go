package rtc

import (
	"errors"
	"strings"
	"testing"

	"switchyard/sfu"
)

// TestShutdown: Run ends with peers connected, and nobody new gets in.
func TestShutdown(t *testing.T) {
	h := newHouse(t)
	a, _, _ := publish(h, "alice", clientOptions{})
	h.server.closePeers()
	if a.peer.ended != endShutdown {
		t.Errorf("ended by %s", endNames[a.peer.ended])
	}
	if _, err := h.server.NewPeer(a.who, PeerOptions{Name: "late"}); !errors.Is(err, ErrDraining) {
		t.Errorf("NewPeer while draining: %v", err)
	}
}

// TestTooManyPeers: the limit of the configuration holds.
func TestTooManyPeers(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.MaxPeers = 1 })
	who, peer := h.join("alice", Both)
	if _, err := h.server.NewPeer(who, PeerOptions{Name: "second"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("second peer: %v", err)
	}
	peer.Close()
	next, err := h.server.NewPeer(who, PeerOptions{Name: "third"})
	if err != nil {
		t.Fatal(err)
	}
	who.Leave(sfu.LeftByItself)
	<-next.Done()
	if next.ended != endParticipant {
		t.Errorf("ended by %s", endNames[next.ended])
	}
}

// TestPortTaken: Listen says that a port is in use.
func TestPortTaken(t *testing.T) {
	h := newHouse(t)
	cfg := h.server.cfg
	cfg.Listen = h.server.Addr().String()
	other := &Server{cfg: cfg, log: h.server.log}
	other.shards = []*shard{newShard(other, true)}
	if err := other.Listen(); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Listen on a taken port: %v", err)
	}
}
