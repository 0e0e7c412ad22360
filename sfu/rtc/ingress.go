package rtc

import (
	"encoding/binary"
	"time"

	"switchyard/internal/srtp"
	"switchyard/sfu"
)

const (
	maxStreams  = 128  // SSRCs of one peer at a time
	maxSSRCs    = 4096 // SSRCs of one peer ever, since the SRTP context keeps each
	maxHeld     = 32   // authentic packets whose line is not known yet
	holdFor     = int64(500 * time.Millisecond)
	maxEarly    = 32 // packets that come before the keys
	commitAfter = 16 // packets of one encoding
	streamGone  = int64(time.Minute)
)

// pubLine is a line that the client sends on, as the loop sees it.
type pubLine struct {
	mid       string
	kind      sfu.Kind
	pub       *sfu.Publication
	types     *payloadTypes
	rids      []string // empty: one encoding
	encodings []*pubEncoding
	revoked   bool // another transport feeds the publication, or it has ended
}

// pubEncoding is one RTP stream of a line with its retransmissions.
type pubEncoding struct {
	line    *pubLine
	index   int
	primary uint32 // SSRC
	known   bool   // primary is
	repair  uint32 // SSRC of the retransmissions
	repairs bool   // repair is known
	nack    nackList
	begun   bool          // a packet of primary or one before came
	newest  uint16        // its sequence number, as the core was told
	shift   uint16        // what is added for the core, see begin
	pending []*sfu.Packet // reserved and not yet committed

	keyWanted bool  // a keyframe is to be asked for
	keyAt     int64 // when one was last asked for
}

// inStream is one incoming SSRC that has been authenticated.
type inStream struct {
	rtp       *srtp.Incoming
	enc       *pubEncoding // nil: not mapped yet, or retired
	was       *pubEncoding // of a line that has gone but may come back
	rtx       bool
	retired   bool // another SSRC took its place
	reception reception
	seen      int64
}

// heldPacket is a packet that came too soon: an opened one whose SSRC has no line
// yet, or one that can't be opened yet.
type heldPacket struct {
	b  []byte
	at int64 // when it came, Unix nanoseconds
}

// source is how the room reaches the publisher of a line.
type source struct {
	peer *Peer
	line *pubLine
}

// RequestKeyframe implements sfu.Source.
func (s *source) RequestKeyframe(encoding int) {
	if encoding >= 0 && encoding < len(s.line.encodings) {
		s.peer.requestKeyframe(s.line.encodings[encoding])
	}
}

// Revoked implements sfu.Source.
func (s *source) Revoked() { s.line.revoked = true }

// receiveMedia takes an SRTP or SRTCP packet, and reports whether it is the
// client's; on the loop.
func (p *Peer) receiveMedia(b []byte, now int64) (authentic bool) {
	if p.secure == nil || p.away {
		if len(p.early) < maxEarly {
			p.early = append(p.early, heldPacket{append([]byte(nil), b...), now})
		} else {
			p.counts.beforeKeys.Add(1)
		}
		return false
	}
	if len(b) >= 2 && b[1] >= 192 && b[1] <= 223 { // RFC 5761
		return p.receiveRTCP(b, now)
	}
	return p.receiveRTP(b, now)
}

// receiveRTP opens a packet straight into its encoding's history.
func (p *Peer) receiveRTP(b []byte, now int64) (authentic bool) {
	h, ok := parseRTP(b)
	if !ok || len(b) > sfu.BufferSize {
		p.counts.malformed.Add(1)
		return false
	}
	st := p.lastStream
	if st == nil || p.lastSSRC != h.ssrc {
		st = p.streams[h.ssrc]
		p.lastStream, p.lastSSRC = st, h.ssrc
	}
	if st == nil || st.enc == nil {
		return p.receiveUnmapped(st, b, &h, now)
	}
	pkt := p.reserve(st.enc)
	if pkt == nil {
		p.counts.revoked.Add(1)
		return false
	}
	plain, err := p.secure.openRTP(pkt.Buf[:], b, &h, st.rtp, now)
	if err != nil {
		p.countRefused(err)
		return false
	}
	p.accept(st, pkt, plain, &h, now)
	return true
}

// countRefused counts a packet that could not be opened.
func (p *Peer) countRefused(err error) {
	if err == errReplayed {
		p.counts.replayed.Add(1)
	} else {
		p.counts.forged.Add(1)
	}
}

// receiveUnmapped handles a packet whose SSRC has no line. Nothing is kept of
// it before it has been authenticated.
func (p *Peer) receiveUnmapped(st *inStream, b []byte, h *rtpHeader, now int64) (authentic bool) {
	stream := p.incoming[h.ssrc]
	known := stream != nil
	if !known { // what floods with forged packets of new streams costs no memory
		stream = &p.shard().fresh
		*stream = srtp.Incoming{}
	}
	plain, err := p.secure.openRTP(p.shard().plain[:], b, h, stream, now)
	if err != nil {
		p.countRefused(err)
		return false
	}
	if st == nil && (len(p.streams) >= maxStreams && !p.evictStream(now) || p.ssrcs >= maxSSRCs) {
		p.counts.tooManyStreams.Add(1)
		return true
	}
	if !known {
		kept := *stream
		stream = &kept
		p.incoming[h.ssrc] = stream
	}
	if st == nil {
		st = &inStream{rtp: stream}
		p.streams[h.ssrc] = st
		p.lastStream = nil
		p.ssrcs++
	}
	st.seen = now
	if st.retired || !p.mapStream(st, plain, h) {
		p.hold(st, plain, now)
		return true
	}
	p.acceptCopy(st, plain, h, now)
	p.releaseHeld(now)
	return true
}

// hold keeps a packet until its SSRC is known, the oldest giving way.
func (p *Peer) hold(st *inStream, plain []byte, now int64) {
	if st.retired {
		p.counts.unmapped.Add(1)
		return
	}
	p.dropHeld(now)
	if len(p.held) >= maxHeld {
		p.held = append(p.held[:0], p.held[1:]...)
		p.counts.unmapped.Add(1)
	}
	p.held = append(p.held, heldPacket{append([]byte(nil), plain...), now})
}

// dropHeld forgets what was held too long.
func (p *Peer) dropHeld(now int64) {
	n := 0
	for n < len(p.held) && now-p.held[n].at > holdFor {
		n++
	}
	if n > 0 {
		p.counts.unmapped.Add(uint64(n))
		p.held = append(p.held[:0], p.held[n:]...)
	}
}

// releaseHeld accepts the held packets whose SSRC is known by now.
func (p *Peer) releaseHeld(now int64) {
	if len(p.held) == 0 {
		return
	}
	p.dropHeld(now)
	kept := p.held[:0]
	for _, held := range p.held {
		h, _ := parseRTP(held.b)
		st := p.streams[h.ssrc]
		if st == nil || st.retired {
			p.counts.unmapped.Add(1)
			continue
		}
		if st.enc == nil && !p.mapStream(st, held.b, &h) {
			kept = append(kept, held)
			continue
		}
		p.acceptCopy(st, held.b, &h, held.at)
	}
	clear(p.held[len(kept):])
	p.held = kept
}

// reserve takes a place in the history of an encoding; nil if this peer does
// not feed it any more.
func (p *Peer) reserve(enc *pubEncoding) *sfu.Packet {
	if enc.line.revoked {
		return nil
	}
	if len(enc.pending) >= commitAfter {
		commit(enc)
	}
	n := len(enc.pending)
	enc.pending = enc.line.pub.Reserve(enc.index, 1, enc.pending)
	if len(enc.pending) == n {
		return nil
	}
	if n == 0 {
		home := p.shard()
		home.touched = append(home.touched, touched{p, enc})
	}
	return enc.pending[n]
}

// acceptCopy is accept for a packet that was opened elsewhere.
func (p *Peer) acceptCopy(st *inStream, plain []byte, h *rtpHeader, now int64) {
	pkt := p.reserve(st.enc)
	if pkt == nil {
		p.counts.revoked.Add(1)
		return
	}
	p.accept(st, pkt, pkt.Buf[:copy(pkt.Buf[:], plain)], h, now)
}

// accept fills in a packet that has been opened into pkt.Buf. If it does not,
// the place goes back at the commit.
func (p *Peer) accept(st *inStream, pkt *sfu.Packet, plain []byte, h *rtpHeader, now int64) {
	line := st.enc.line
	st.seen = now
	kind := trafficVideo
	if line.kind == sfu.Audio {
		kind = trafficAudio
	}
	p.shard().traffic.in(kind, len(plain)+p.secure.profile.Tag())
	plain, ok := h.unpad(plain)
	if !ok {
		p.counts.malformed.Add(1)
		return
	}
	st.reception.packet(h.sequence, h.timestamp, now)
	for i := h.extStart; ; {
		id, value, next := h.element(plain, i)
		if id == 0 {
			break
		}
		switch id {
		case p.ext[extAudioLevel]:
			if len(value) > 0 && line.kind == sfu.Audio {
				pkt.Level, pkt.HasLevel = value[0]&0x7f, true
			}
		case p.ext[extTransportCC]:
			if p.arrivals != nil && len(value) >= 2 {
				p.arrivals.received(binary.BigEndian.Uint16(value), now)
			}
		case p.ext[extDependency]:
			pkt.Dependency = value
		}
		i = next
	}
	pt := line.types[h.payloadType]
	if pt.codec == sfu.NoCodec || pt.rtx != st.rtx {
		p.counts.malformed.Add(1)
		return
	}
	payload := plain[h.payload:]
	pkt.Sequence = h.sequence + st.enc.shift
	if !st.rtx {
		st.enc.begun, st.enc.newest = true, pkt.Sequence
	}
	if st.rtx {
		original, rest, ok := unwrapRTX(payload)
		if !ok {
			return // padding to probe the path with
		}
		pkt.Sequence, payload = original+st.enc.shift, rest
		st.enc.nack.found(original, now)
		p.counts.recovered.Add(1)
	} else if line.kind == sfu.Video && st.enc.nack.received(h.sequence, now) {
		p.requestKeyframe(st.enc)
	}
	pkt.Timestamp, pkt.Marker, pkt.Codec = h.timestamp, h.marker, pt.codec
	pkt.Arrival = now
	pkt.Payload = payload
}

// unwrapRTX splits the payload of a retransmission (RFC 4588 section 4) into
// the original sequence number and the original payload, which is empty if the
// original was; false if there is none.
func unwrapRTX(payload []byte) (original uint16, rest []byte, ok bool) {
	if len(payload) < 2 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(payload), payload[2:], true
}

// touched is an encoding with packets that wait to be committed.
type touched struct {
	peer *Peer
	enc  *pubEncoding
}

// commit forwards what came of an encoding.
func commit(enc *pubEncoding) {
	if len(enc.pending) == 0 {
		return
	}
	enc.line.pub.Commit(enc.index, enc.pending)
	clear(enc.pending)
	enc.pending = enc.pending[:0]
}

// flush ends a pass: what came together is committed together, and what turned
// out to be missing is asked for.
func (s *shard) flush(now int64) {
	for i, t := range s.touched {
		s.finish(t, now)
		s.touched[i] = touched{}
	}
	s.touched = s.touched[:0]
	s.traffic.tell(s.counts)
}

// finish is flush for one encoding. A fault in what it sets off ends the peer
// whose packets set it off, and spares the others.
func (s *shard) finish(t touched, now int64) {
	defer func() {
		if v := recover(); v != nil {
			s.fault(t.peer, v)
		}
	}()
	commit(t.enc)
	t.peer.askMissing(t.enc, now)
}
