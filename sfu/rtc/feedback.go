package rtc

import (
	"encoding/binary"
	"time"

	"switchyard/internal/srtp"
	"switchyard/sfu"
)

const (
	tickEvery      = 25 * time.Millisecond
	transportEvery = int64(75 * time.Millisecond) // transport-wide feedback
	reportEvery    = int64(time.Second)
	switchReport   = int64(50 * time.Millisecond) // a sender report after a change of source, at the latest
	keyframePause  = int64(100 * time.Millisecond)
	maxRTCPRate    = 400 // RTCP packets of one peer in a second
)

// maxNacked packets that one RTCP packet asks for are looked at.
const maxNacked = 256

// receiveRTCP opens and handles what a client reports, if it is the client's; on
// the loop.
func (p *Peer) receiveRTCP(b []byte, now int64) (authentic bool) {
	if now-p.rtcpSince > int64(time.Second) {
		p.rtcpSince, p.rtcpCount = now, 0
	}
	if p.rtcpCount >= maxRTCPRate || len(b) < 8 {
		p.counts.malformed.Add(1)
		return false
	}
	home := p.shard()
	plain, index, err := p.secure.in.OpenRTCP(home.plain[:], b)
	if err != nil {
		p.countRefused(err)
		return false
	}
	p.rtcpCount++
	p.nackRoom = maxNacked
	if !p.freshRTCP(be32(plain[4:]), index) {
		p.counts.replayed.Add(1)
		return false
	}
	home.traffic.in(trafficRTCP, len(b))
	for len(plain) > 0 {
		var m rtcpMessage
		if m, plain, err = nextRTCP(plain); err != nil {
			p.counts.malformed.Add(1)
			break
		}
		p.handleRTCP(&m, now)
	}
	return true
}

// freshRTCP notes the index of an authentic packet; false if its sender used it
// before.
func (p *Peer) freshRTCP(sender, index uint32) bool {
	w := p.rtcpSenders[sender]
	if w == nil {
		if len(p.rtcpSenders) >= maxSSRCs {
			return false
		}
		w = new(srtp.Window)
		p.rtcpSenders[sender] = w
	}
	if !w.Fresh(uint64(index)) {
		return false
	}
	w.Accept(uint64(index))
	return true
}

// handleRTCP takes one message that has been read.
func (p *Peer) handleRTCP(m *rtcpMessage, now int64) {
	switch {
	case m.kind == rtcpSenderReport:
		ntp, rtp := binary.BigEndian.Uint64(m.body), binary.BigEndian.Uint32(m.body[8:])
		if st := p.streams[m.sender]; st != nil && st.enc != nil && !st.rtx {
			st.reception.senderReport(ntp, now)
			if !st.enc.line.revoked {
				st.enc.line.pub.SenderReport(st.enc.index, fromNTP(ntp), rtp)
			}
		}
	case m.kind == rtcpTransportFB && m.format == rtcpNACK:
		p.counts.nacksReceived.Add(1)
		if s := p.slots[m.media()]; s != nil && s.sub != nil {
			home := p.shard()
			home.seqs = m.lost(home.seqs[:0], p.nackRoom)
			p.nackRoom -= len(home.seqs)
			s.sub.Lost(home.seqs)
		}
	case m.kind == rtcpTransportFB && m.format == rtcpTransport:
		p.transportFeedback(m.body[4:], now)
	case m.kind == rtcpPayloadFB && m.format == rtcpPLI:
		p.counts.plisReceived.Add(1)
		p.keyframeFor(m.media())
	case m.kind == rtcpPayloadFB && m.format == rtcpFIR:
		p.counts.plisReceived.Add(1)
		for b := m.body[4:]; len(b) >= 8; b = b[8:] {
			p.keyframeFor(be32(b))
		}
	}
}

// keyframeFor passes on that the slot with this SSRC needs a keyframe.
func (p *Peer) keyframeFor(ssrc uint32) {
	if s := p.slots[ssrc]; s != nil && s.sub != nil {
		s.sub.NeedKeyframe()
	}
}

// transportFeedback takes what the client says of the packets it was sent: to
// the shard that numbered them.
func (p *Peer) transportFeedback(b []byte, now int64) {
	switch {
	case p.sealer == nil:
		p.sender.feedback(b, now, p.counts)
	case p.fenced: // nobody may look now; the next message tells again what matters
	default:
		b, via := append([]byte(nil), b...), p.sender
		p.sealer.loop.Post(func() { via.feedback(b, now, p.counts) })
	}
}

// requestKeyframe asks for a keyframe of an encoding: now, or as soon as there
// is an SSRC to ask and the last request is keyframePause ago. On the loop.
func (p *Peer) requestKeyframe(enc *pubEncoding) {
	enc.keyWanted = true
	p.askKeyframe(enc, p.shard().now)
}

// askKeyframe sends a PLI if one is wanted and may be sent.
func (p *Peer) askKeyframe(enc *pubEncoding, now int64) {
	if !enc.keyWanted || !enc.known || p.secure == nil || p.path == nil || now-enc.keyAt < keyframePause {
		return
	}
	enc.keyWanted, enc.keyAt = false, now
	p.sendFeedback(appendPLI(p.startFeedback(), p.ssrc, enc.primary))
	p.counts.plisSent.Add(1)
}

// askMissing sends a NACK for what an encoding lacks and is due.
func (p *Peer) askMissing(enc *pubEncoding, now int64) {
	if len(enc.nack.missing) == 0 || !enc.known || enc.line.revoked {
		return
	}
	home := p.shard()
	home.seqs = enc.nack.due(now, home.seqs[:0])
	if len(home.seqs) == 0 {
		return
	}
	p.sendFeedback(appendNACK(p.startFeedback(), p.ssrc, enc.primary, home.seqs))
	p.counts.nacksSent.Add(uint64(len(home.seqs)))
}

// startFeedback begins an RTCP packet: with a report and a description, unless
// the client takes feedback without (RFC 5506).
func (p *Peer) startFeedback() []byte {
	b := p.shard().rtcp[:0]
	if !p.rsize {
		b = appendReceiverReport(b, p.ssrc)
		b = appendDescription(b, p.ssrc, p.cname)
	}
	return b
}

// sendFeedback seals and sends an RTCP packet; on the loop.
func (p *Peer) sendFeedback(b []byte) {
	if p.secure == nil || p.path == nil || len(b) == 0 {
		return
	}
	home := p.shard()
	sealed, err := p.secure.rtcp.SealRTCP(home.tx.reserve(), b)
	switch {
	case err != nil:
		p.counts.sendFull.Add(1)
		return
	case p.path.tcp == nil:
		home.tx.push(len(sealed), &p.path.sa, nil)
	case !p.path.tcp.send(sealed):
		p.counts.sendFull.Add(1)
		return
	}
	home.traffic.out(trafficRTCP, len(sealed))
}

// tick does what a peer has to do from time to time; on the loop, every
// tickEvery while the peer has keys.
func (p *Peer) tick(now int64) {
	if p.fenced && !p.asked {
		p.recall()
	}
	for _, line := range p.pubLines {
		if line.kind != sfu.Video {
			continue
		}
		for _, enc := range line.encodings {
			p.askMissing(enc, now)
			p.askKeyframe(enc, now)
		}
	}
	if len(p.held) > 0 {
		p.dropHeld(now)
	}
	if p.arrivals != nil && now-p.transportAt >= transportEvery {
		p.transportAt = now
		p.reportArrivals()
	}
	if now >= p.reportAt {
		p.reportAt = now + reportEvery
		p.report(now, true)
	} else if p.reportSoon != 0 && now >= p.reportSoon {
		p.report(now, false)
	}
}

// reportArrivals sends transport-wide feedback, in as many messages as it takes.
func (p *Peer) reportArrivals() {
	for more := true; more; {
		start := p.startFeedback()
		b := start
		b, more = p.arrivals.feedback(b, p.ssrc, p.anyPrimary())
		if len(b) > len(start) {
			p.sendFeedback(b)
		}
	}
}

// anyPrimary is the SSRC of something that the client sends.
func (p *Peer) anyPrimary() uint32 {
	for _, line := range p.pubLines {
		for _, enc := range line.encodings {
			if enc.known {
				return enc.primary
			}
		}
	}
	return 0
}

// rtcpRoom is what one RTCP packet may take before it is sealed.
const rtcpRoom = 1200

// report sends sender reports about the slots that are due (all that flow, if
// full), and, if full, receiver reports about what comes in.
func (p *Peer) report(now int64, full bool) {
	p.reportSoon = 0
	at := p.shard().time
	b := p.shard().rtcp[:0]
	for _, s := range p.slotList {
		if !s.clocked || !s.reportDue && (!full || now-s.sentAt > 2*reportEvery) {
			continue
		}
		s.reportDue = false
		b = appendSenderReport(b, s.ssrc, at, s.timestampAt(at), s.packets, s.octets)
		b = appendDescription(b, s.ssrc, p.cname)
		if len(b) > rtcpRoom-100 {
			p.sendFeedback(b)
			b = p.shard().rtcp[:0]
		}
	}
	if full {
		start, blocks := -1, 0
		for ssrc, st := range p.streams {
			if st.enc == nil && st.was == nil && now-st.seen > streamGone {
				delete(p.streams, ssrc)
				p.lastStream = nil
				continue
			}
			if st.enc == nil || st.rtx || !st.reception.started || now-st.seen > 8*reportEvery {
				continue
			}
			if start < 0 {
				start = len(b)
				b = appendReceiverReport(b, p.ssrc)
			}
			b = st.reception.appendBlock(b, ssrc, now)
			if blocks++; blocks == maxReportBlocks || len(b) > rtcpRoom {
				b = finishReceiverReport(b, start, blocks)
				p.sendFeedback(appendDescription(b, p.ssrc, p.cname))
				b, start, blocks = p.shard().rtcp[:0], -1, 0
			}
		}
		if start >= 0 {
			b = finishReceiverReport(b, start, blocks)
			b = appendDescription(b, p.ssrc, p.cname)
		}
	}
	p.sendFeedback(b)
}

// evictStream frees the place of the SSRC that was silent for longest, if that
// is long. Only then is one given up that has a line: a client says but at first
// which line an SSRC belongs to, and may be silent on it for an hour.
func (p *Peer) evictStream(now int64) bool {
	oldest := now - streamGone
	var gone uint32
	found := false
	for ssrc, st := range p.streams {
		if st.seen < oldest {
			oldest, gone, found = st.seen, ssrc, true
		}
	}
	if !found {
		return false
	}
	if enc := p.streams[gone].enc; enc != nil && enc.known && enc.primary == gone {
		enc.known = false
		enc.nack = nackList{}
	}
	delete(p.streams, gone)
	p.lastStream = nil
	return true
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
