package rtc

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/pion/srtp/v3"
	"github.com/prometheus/client_golang/prometheus"

	ours "switchyard/internal/srtp"
	"switchyard/sfu"
)

// byHand is a media server whose shards the test turns, with a room on each.
type byHand struct {
	testing.TB
	*Server
	rooms []*sfu.Room
	now   time.Time
	names int
}

func newByHand(t testing.TB, shards int) *byHand {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Listen, cfg.TCP, cfg.Shards = "127.0.0.1:0", false, shards
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	server, err := New(cfg, log, reg)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	core, err := sfu.New(sfu.DefaultConfig(), server.Loop(), log, reg)
	if err != nil {
		t.Fatal(err)
	}
	core.Spread(server.Loops()...)
	h := &byHand{TB: t, Server: server, now: time.Now().Add(time.Second)}
	for _, sh := range h.shards {
		h.clock(sh)
	}
	t.Cleanup(func() {
		core.Close()
		h.closePeers()
		h.closeSockets()
		if n := server.counts.twice.Load() + server.counts.faults.Load(); n != 0 {
			t.Errorf("%d sequence numbers were used twice, or faults", n)
		}
	})
	for i, sh := range h.shards {
		room, err := core.Open(sfu.RoomID(fmt.Sprint("room ", i)))
		if err != nil {
			t.Fatal(err)
		}
		if h.shardOf(room.Loop()) != sh {
			t.Fatalf("room %d is on another shard", i)
		}
		h.rooms = append(h.rooms, room)
	}
	return h
}

// clock sets the time of a shard and of what runs on its loop, which stands still
// until the test moves it.
func (h *byHand) clock(sh *shard) {
	sh.loop.now.Store(int64(h.now.Sub(sh.loop.base)))
	sh.begin(h.now)
}

// turn is a pass of a shard without its socket, with what was in its rings by
// now or, if there are ends, before these.
func (h *byHand) turn(sh *shard, ends ...uint64) {
	handed, lent := sh.handed.Tail(), sh.lent.Tail()
	if len(ends) > 0 {
		lent = ends[0]
	}
	h.clock(sh)
	sh.loop.runPosted()
	sh.takeHanded(handed)
	sh.wakeHanded()
	sh.flush(sh.now)
	sh.sealLent(lent)
	sh.tx.flush()
	sh.end()
}

// settle turns all shards until nothing is left to do.
func (h *byHand) settle() {
	for range 20 {
		for _, sh := range h.shards {
			h.turn(sh)
		}
	}
}

// hand is a client of such a server: like a rig, without a loop that runs.
type hand struct {
	testing.TB
	who     *sfu.Participant
	peer    *Peer
	answer  Answer
	out, in *srtp.Context
	conn    *net.UDPConn
	addr    sockaddr
}

// joins joins a client in the room of a shard.
func (h *byHand) joins(shard int, offer string, tracks ...TrackOffer) *hand {
	h.Helper()
	h.names++
	c := &hand{TB: h.TB}
	var err error
	must := func() {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	c.who, _, err = h.rooms[shard].Join(sfu.Join{Identity: fmt.Sprint(h.names), Counted: true, Grants: sfu.DefaultGrants})
	must()
	c.peer, err = h.NewPeer(c.who, PeerOptions{Name: fmt.Sprint(h.names), Role: Both})
	must()
	c.answer, err = c.peer.Answer(context.Background(), offer, tracks)
	must()
	key := func(b byte, n int) []byte { return []byte(fmt.Sprintf("%c%0*d", b, n-1, h.names)) }
	profile := srtp.ProtectionProfileAeadAes128Gcm
	sec, out, err := newSecure(srtpKeys{profile: ours.AEADAES128GCM,
		localKey: key('a', 16), localSalt: key('b', 12), peerKey: key('c', 16), peerSalt: key('d', 12)})
	must()
	c.out, err = srtp.CreateContext(key('c', 16), key('d', 12), profile)
	must()
	c.in, err = srtp.CreateContext(key('a', 16), key('b', 12), profile)
	must()
	c.conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must()
	h.Cleanup(func() { c.conn.Close() })
	c.conn.SetReadBuffer(8 << 20)
	pa := &path{addr: c.conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	pa.key, pa.sa = keyOf(pa.addr), rigSockaddr(false, pa.addr)
	c.addr = pa.sa
	h.settle()
	c.peer.paths.list = append(c.peer.paths.list, pa)
	c.peer.shard().learn(c.peer, pa)
	c.peer.path = pa
	c.peer.enable(sec, out)
	h.settle()
	return c
}

// viewer joins a client with one video slot.
func (h *byHand) viewer(shard int) *hand {
	h.Helper()
	return h.joins(shard, rigOffer(rigVideo("0", "recvonly")))
}

// slot is the first one of a client.
func (c *hand) slot() *slotLine { return c.peer.slotList[0] }

// numbered makes packets for slots, with these numbers in their payload.
func numbered(from, n int) (batch []sfu.Outgoing) {
	for i := from; i < from+n; i++ {
		p := &sfu.Packet{Codec: sfu.VP8}
		p.Payload = binary.BigEndian.AppendUint32(p.Buf[:0], uint32(i))
		batch = append(batch, sfu.Outgoing{Packet: p, Sequence: uint16(i), Timestamp: uint32(i)})
	}
	return batch
}

// hears reads what the client was sent, which must be n packets with numbers from
// one on, in order, and no more.
func (c *hand) hears(from, n int) {
	c.Helper()
	b := make([]byte, datagramSize)
	for want := from; want < from+n; want++ {
		c.conn.SetReadDeadline(soon())
		size, err := c.conn.Read(b)
		if err != nil {
			c.Fatalf("packet %d did not come: %v", want, err)
		}
		plain, err := c.in.DecryptRTP(nil, b[:size], nil)
		if err != nil {
			c.Fatalf("packet %d: %v", want, err)
		}
		head, ok := parseRTP(plain)
		if !ok || len(plain) != head.payload+4 {
			c.Fatalf("packet %d: % x", want, plain)
		}
		if got := int(binary.BigEndian.Uint32(plain[head.payload:])); got != want || head.sequence != uint16(want) {
			c.Fatalf("packet %d came under %d, not %d", got, head.sequence, want)
		}
	}
	if n := waiting(c.TB, c.conn); n > 0 {
		c.Fatalf("a packet of %d bytes too many", n)
	}
}

// retained is how often a packet is held.
func retained(p *sfu.Packet) int {
	return int(reflect.ValueOf(p).Elem().FieldByName("held").FieldByName("v").Int())
}
