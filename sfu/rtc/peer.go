package rtc

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/srtp"
	"switchyard/sfu"
)

// Peer is the WebRTC transport of a participant: one connection of one client.
type Peer struct {
	server      *Server
	participant *sfu.Participant
	name        string
	role        Role
	log         *slog.Logger
	counts      *counts
	ssrc        uint32 // of the server's own RTCP
	cname       string
	paths       paths
	dtlsPath    atomic.Pointer[path] // where the last DTLS packet came from

	stopOnce sync.Once
	stop     chan struct{}
	done     chan struct{}
	ended    endReason // set before stop is closed
	tasks    sync.WaitGroup

	// Negotiation, guarded by mu (see negotiate.go).
	mu       sync.Mutex
	closed   bool
	session  uint64
	version  uint64
	lines    []*line
	ice      *iceLite
	dtls     *dtlsSide
	prints   []fingerprint
	remote   [2]string // the client's ICE credentials
	answered time.Time // first answer

	usedSSRCs map[uint32]struct{} // of slots

	// home is the shard of the participant's room, on whose loop all below is
	// touched. It changes when the participant moves.
	home      atomic.Pointer[shard]
	away      bool // between two shards
	removed   bool
	ufrag     string
	iceLoop   *iceLite  // set with ufrag
	dtlsLoop  *dtlsSide // likewise
	path      *path     // that ICE chose; nil before
	pathHeard int64     // when something last came over it
	secure    *secure   // nil before DTLS is done
	sender    *sender   // likewise
	sealer    *shard    // that seals for it; nil: its own
	lane      *lane     // to that one; nil if it is home by now
	fenced    bool      // the sealing is on its way back: packets wait
	asked     bool      // that other shard knows
	behind    []lentPacket
	added     bool // it is in the lists of home
	early     []heldPacket
	lastHeard int64
	quiet     bool

	ext         extensionIDs // of what comes in
	rsize       bool
	pubLines    []*pubLine
	streams     map[uint32]*inStream
	lastStream  *inStream // of the newest packet; nil: look
	lastSSRC    uint32    // its
	ssrcs       int
	held        []heldPacket
	arrivals    *arrivals // nil: no transport-wide feedback
	transportAt int64
	incoming    map[uint32]*srtp.Incoming // of every SSRC that was ever authentic
	rtcpSenders map[uint32]*srtp.Window
	rtcpSince   int64
	rtcpCount   int
	nackRoom    int // packets that may still be asked for by the RTCP packet that is read

	slots      map[uint32]*slotLine
	slotList   []*slotLine
	reportAt   int64
	reportSoon int64
}

// endReason says why a peer ended, for metrics and logs.
type endReason uint8

const (
	endClosed      endReason = iota // by signaling
	endParticipant                  // its participant left
	endClient                       // the client closed DTLS
	endHandshake                    // DTLS failed or the fingerprint was wrong
	endConnect                      // ICE and DTLS were not up in time
	endIdle
	endShutdown
	endFault
	endReasons
)

var endNames = [endReasons]string{"closed", "participant", "client", "handshake", "connect", "idle", "shutdown", "fault"}

func newPeer(s *Server, p *sfu.Participant, o PeerOptions) *Peer {
	var random [28]byte
	rand.Read(random[:])
	return &Peer{
		server: s, participant: p, name: o.Name, role: o.Role, counts: &s.counts,
		log:         s.log.With("participant", p.ID(), "transport", o.Name),
		ssrc:        binary.BigEndian.Uint32(random[:]) | 1,
		cname:       hex.EncodeToString(random[4:12]),
		session:     binary.BigEndian.Uint64(random[12:]) >> 2,
		stop:        make(chan struct{}),
		done:        make(chan struct{}),
		streams:     make(map[uint32]*inStream),
		slots:       make(map[uint32]*slotLine),
		incoming:    make(map[uint32]*srtp.Incoming),
		rtcpSenders: make(map[uint32]*srtp.Window),
		usedSSRCs:   make(map[uint32]struct{}),
	}
}

// Candidates are the server's a=candidate lines, the same for every peer.
func (p *Peer) Candidates() []string {
	list := make([]string, len(p.server.candidates))
	for i, c := range p.server.candidates {
		list[i] = "a=candidate:" + c
	}
	return list
}

// Done is closed when the peer has ended, by Close or by itself: its
// participant left, the client closed the connection, DTLS failed, nothing
// connected in time, or nothing came for Config.IdleTimeout.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Close ends the peer and waits until it has ended. What it published stays,
// silent; its slots are closed. It may be called more than once, but not on the
// loop.
func (p *Peer) Close() {
	p.end(endClosed)
	<-p.done
}

// end begins the end; it never blocks. The first reason counts.
func (p *Peer) end(why endReason) {
	p.stopOnce.Do(func() {
		p.ended = why
		close(p.stop)
	})
}

// live waits for the end and cleans up.
func (p *Peer) live() {
	select {
	case <-p.stop:
	case <-p.participant.Done():
		p.end(endParticipant)
	}
	p.mu.Lock()
	p.closed = true
	lines, dtls := p.lines, p.dtls
	p.mu.Unlock()

	for _, l := range lines {
		l.release()
	}
	if dtls != nil {
		dtls.close()
	}
	p.tasks.Wait()
	p.participant.Post(func() { p.shard().remove(p) })
	p.participant.Unfollow(p)
	p.participant.Detach(p.name)
	p.server.forget(p)
	p.server.metrics.ended[p.ended].Inc()
	p.log.Debug("peer ended", "reason", endNames[p.ended])
	close(p.done)
}

// connect performs the DTLS handshake and enables media once the client's
// certificate has been verified; it ends when the connection does.
func (p *Peer) connect(d *dtlsSide) {
	ctx, cancel := context.WithTimeout(context.Background(), p.server.cfg.ConnectTimeout)
	defer cancel()
	keys, err := d.shake(ctx)
	if err != nil {
		why := endHandshake
		if ctx.Err() != nil {
			why = endConnect
		}
		select {
		case <-p.stop: // it was ended meanwhile
		default:
			p.log.Info("peer did not connect", "error", err)
			p.end(why)
		}
		return
	}
	secure, sender, err := newSecure(keys)
	if err != nil {
		p.log.Error("peer did not connect", "error", err)
		p.end(endHandshake)
		return
	}
	p.server.metrics.joins.Observe(time.Since(p.answered).Seconds())
	p.participant.Post(func() { p.enable(secure, sender) })
	d.drain()
	p.end(endClient)
}

// enable begins media; on the loop. What came before is handled now.
func (p *Peer) enable(s *secure, out *sender) {
	if p.removed {
		return
	}
	p.secure, p.sender = s, out
	out.path.Store(p.path)
	p.shard().activate(p)
	p.takeEarly()
	p.refresh()
}

// takeEarly handles what came before it could be opened. How long ago that may have
// been is not for the client to choose.
func (p *Peer) takeEarly() {
	early, home := p.early, p.shard()
	p.early = nil
	for _, held := range early {
		p.receiveMedia(held.b, max(held.at, home.now-holdFor))
	}
	home.flush(home.now)
}

// shard is the peer's home; on its loop.
func (p *Peer) shard() *shard { return p.home.Load() }

// setPath goes over to another path; on the loop.
func (p *Peer) setPath(pa *path) {
	p.path = pa
	if p.sender != nil {
		p.sender.path.Store(pa)
	}
}

// Leaving implements sfu.Mover: the participant goes to a room of another shard.
func (p *Peer) Leaving(to sfu.Loop) {
	here, next := p.shard(), p.server.shardOf(to)
	here.everyone = without(here.everyone, p)
	here.active = without(here.active, p)
	p.away, p.added = true, false
	if next == nil {
		p.end(endFault) // a room of another server: there is no loop to go on
		return
	}
	if p.sealer != nil {
		if p.lane = next.laneOf(p.sealer); p.lane == nil {
			p.recall() // it becomes its own once its ring has been seen through
		}
	}
	p.home.Store(next)
}

// Arrived implements sfu.Mover.
func (p *Peer) Arrived() {
	here := p.shard()
	p.away = false
	if p.removed {
		return
	}
	here.add(p)
	if p.secure != nil {
		here.activate(p)
		p.takeEarly()
		p.refresh()
	}
}

// refresh asks for keyframes for the video slots into which nothing has been
// sent: what the room wrote before the client could be reached was dropped. It
// is called when keys and a path are there; on the loop.
func (p *Peer) refresh() {
	if p.secure == nil || p.path == nil {
		return
	}
	for _, s := range p.slotList {
		if s.kind == sfu.Video && s.sentAt == 0 {
			p.keyframeFor(s.ssrc)
		}
	}
}

// writeDTLS sends what DTLS sends, to where it last came from.
func (p *Peer) writeDTLS(b []byte, _ netip.AddrPort) error {
	pa := p.dtlsPath.Load()
	if pa == nil {
		return fmt.Errorf("send DTLS: %w", errNoPath)
	}
	return p.writeControl(b, pa)
}

func (p *Peer) writeControl(b []byte, pa *path) error {
	p.counts.out(trafficControl, len(b))
	if pa.tcp != nil {
		if !pa.tcp.send(b) {
			p.counts.sendFull.Add(1)
		}
		return nil
	}
	if err := p.shard().sock.sendFrom(b, &pa.sa); err != nil {
		p.counts.sendFull.Add(1) // it will be sent again, as if the network had lost it
	}
	return nil
}

// receiveDTLS passes a packet to DTLS; on the loop.
func (p *Peer) receiveDTLS(b []byte, addr netip.AddrPort, tcp *tcpConn) {
	pa := p.paths.find(addr)
	d := p.dtlsLoop
	if pa == nil || d == nil {
		p.counts.unknownAddress.Add(1)
		return
	}
	s := p.shard()
	p.heard(pa, s.now)
	s.traffic.in(trafficControl, len(b))
	p.dtlsPath.Store(pa)
	if p.path == nil {
		p.setPath(pa) // a client may begin before it nominates
		p.pathHeard = s.now
	}
	if !d.pipe.deliver(b, dtlsPeer) {
		p.counts.controlFull.Add(1)
	}
}

// heardFrom notes that the client lives, and where; on the loop.
func (p *Peer) heardFrom(sa *sockaddr, tcp *tcpConn, now int64) {
	if pa := p.path; pa != nil && pa.tcp == tcp && (tcp != nil || pa.key == sa.key()) {
		p.heard(pa, now)
		return
	}
	p.heard(nil, now)
}

// heard is heardFrom where the path is known.
func (p *Peer) heard(pa *path, now int64) {
	p.lastHeard = now
	if pa != nil && pa == p.path {
		p.pathHeard = now
	}
	if p.quiet {
		p.setQuiet(false)
	}
}

// watch looks whether the client has fallen silent; on the loop.
func (p *Peer) watch(now int64) {
	if p.secure == nil {
		return // the handshake has its own limit
	}
	silent := time.Duration(now - p.lastHeard)
	switch {
	case silent > p.server.cfg.IdleTimeout:
		p.end(endIdle)
	case silent > p.server.cfg.QuietAfter && !p.quiet:
		p.setQuiet(true)
	}
}

// setQuiet notes that the client has fallen silent, or is back. Meanwhile it is sent
// nothing: who comes back after more than 32,768 packets of a stream could not
// decrypt it any more (RFC 3711 section 3.3.1).
func (p *Peer) setQuiet(quiet bool) {
	p.quiet = quiet
	for _, s := range p.slotList {
		if s.sub != nil {
			s.sub.Suspend(quiet)
		}
	}
	p.participant.Quiet(p.name, quiet)
}
