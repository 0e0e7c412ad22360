package rtc

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"switchyard/sfu"
)

// slotLine is a line that the client receives on: the sfu.Sink of its
// Subscription. It belongs to the loop, but for what is set before Subscribe and
// what belongs to the shard that seals.
type slotLine struct {
	peer *Peer
	mid  string
	kind sfu.Kind
	sub  *sfu.Subscription
	ssrc uint32
	rtx  uint32 // SSRC of retransmissions

	format *slotFormat

	packets, octets uint32 // without retransmissions, for sender reports
	clocked         bool   // clock is known
	clockRTP        uint32
	clockAt         time.Time
	reportDue       bool  // the clock was set anew
	sentAt          int64 // when a packet was last sent
	rate            int64 // RTP clock, in Hz

	// interrupting: the core will be told that something was dropped.
	interrupting atomic.Bool

	// Of the shard that seals.
	sent    sentWindow // sequence numbers that were used
	rtxNext uint64     // the next one of the retransmissions; only grows
}

// Clock implements sfu.Sink.
func (s *slotLine) Clock(rtp uint32, at time.Time) {
	s.clocked, s.clockRTP, s.clockAt, s.reportDue = true, rtp, at, true
	if s.peer.reportSoon == 0 {
		s.peer.reportSoon = s.peer.shard().now + switchReport
	}
}

// timestampAt is the slot's RTP timestamp at a time on the server's clock.
func (s *slotLine) timestampAt(at time.Time) uint32 {
	elapsed := at.Sub(s.clockAt)
	ticks := int64(elapsed/time.Second)*s.rate + int64(elapsed%time.Second)*s.rate/int64(time.Second)
	return s.clockRTP + uint32(ticks)
}

// WriteRTP implements sfu.Sink: every packet is written into the send buffer of
// the shard that seals, sealed there and sent.
func (s *slotLine) WriteRTP(batch []sfu.Outgoing) {
	p := s.peer
	if p.secure == nil || p.path == nil {
		p.counts.noPath.Add(uint64(len(batch)))
		return
	}
	home := p.shard()
	s.sentAt = home.now
	dropped := 0
	switch {
	case p.sealer == nil:
		for i := range batch {
			s.write(home, p.sender, s.format, &batch[i])
		}
	case p.fenced:
		dropped = p.fence(s, batch)
	default:
		dropped = home.lend(p.lane, s, batch)
	}
	if dropped > 0 {
		batch = batch[:len(batch)-dropped]
		s.dropped()
	}
	for i := range batch {
		if o := &batch[i]; !o.Retransmission {
			s.packets++
			s.octets += uint32(int(o.PrefixLen) + len(o.Payload) - int(o.Skip))
		}
	}
}

// dropped says that a packet of the slot found no space: what follows of it is
// of no use before the next keyframe. It may be called on any loop, and of no slot.
func (s *slotLine) dropped() {
	if s != nil && s.interrupting.CompareAndSwap(false, true) {
		s.peer.participant.Post(func() {
			s.interrupting.Store(false)
			if s.sub != nil {
				s.sub.Interrupt()
			}
		})
	}
}

// write seals one packet into the send buffer of a shard, on its loop.
func (s *slotLine) write(at *shard, via *sender, f *slotFormat, out *sfu.Outgoing) {
	pa := via.path.Load()
	pt, ssrc, seq := f.pt[out.Codec&7], s.ssrc, out.Sequence
	if out.Retransmission {
		pt, ssrc = f.rtxPT[out.Codec&7], s.rtx
	}
	switch {
	case pa == nil:
		at.counts.noPath.Add(1)
		return
	case pt == 0:
		at.counts.noPayload.Add(1)
		return
	}
	var roc uint32
	if out.Retransmission {
		seq, roc = uint16(s.rtxNext), uint32(s.rtxNext>>16)
		s.rtxNext++
	} else {
		var fresh bool
		if roc, fresh = s.sent.claim(seq); !fresh {
			at.counts.twice.Add(1)
			return
		}
	}
	if out.Marker {
		pt |= 0x80
	}
	b := at.tx.reserve()
	b[0], b[1] = 0x91, pt // version 2, an extension, one CSRC
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], out.Timestamp)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	binary.BigEndian.PutUint32(b[12:], out.CSRC)
	head, number := f.header(b, out)
	payload := out.Payload[out.Skip:]
	if len(payload)+len(out.Prefix)+2 > len(b)-head-srtpOverhead {
		at.counts.malformed.Add(1)
		return
	}
	if out.Retransmission || out.PrefixLen > 0 {
		end := head
		if out.Retransmission {
			binary.BigEndian.PutUint16(b[end:], out.Sequence)
			end += 2
		}
		end += copy(b[end:], out.Prefix[:out.PrefixLen])
		end += copy(b[end:], payload)
		payload = b[head:end]
	}
	if number > 0 {
		binary.BigEndian.PutUint16(b[number:], via.number(at.now, head+len(payload)))
	}
	sealed := at.tx.tags.SealRTP(via.seal, b, head, payload, roc)
	if pa.tcp != nil {
		at.tx.tags.Finish()
		if !pa.tcp.send(sealed) {
			at.counts.sendFull.Add(1)
			s.dropped()
			return
		}
	} else {
		at.tx.push(len(sealed), &pa.sa, s)
	}
	kind := trafficVideo
	if s.kind == sfu.Audio {
		kind = trafficAudio
	}
	at.traffic.out(kind, len(sealed))
	if out.Retransmission {
		at.counts.retransmitted.Add(1)
	}
}

// srtpOverhead is the most that sealing adds.
const srtpOverhead = 32
