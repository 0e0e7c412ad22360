package rtc

import (
	"encoding/binary"
	"time"

	"switchyard/sfu"
)

// slotLine is a line that the client receives on: the sfu.Sink of its
// Subscription. It belongs to the loop, but for what is set before Subscribe.
type slotLine struct {
	peer *Peer
	mid  string
	kind sfu.Kind
	sub  *sfu.Subscription
	ssrc uint32
	rtx  uint32 // SSRC of retransmissions

	format slotFormat

	sent    sentWindow // sequence numbers that were used
	rtxNext uint64     // the next one of the retransmissions; only grows

	packets, octets uint32
	clocked         bool // clock is known
	clockRTP        uint32
	clockAt         time.Time
	reportDue       bool  // the clock was set anew
	sentAt          int64 // when a packet was last sent
	rate            int64 // RTP clock, in Hz
}

// slotFormat is what an offer may change of a slot.
type slotFormat struct {
	pt, rtxPT [8]uint8 // by sfu.Codec; 0: not on this line
	ext       extensionIDs
	mixed     bool
}

func newSlotFormat(codecs []offeredCodec, ext extensionIDs, mixed bool) slotFormat {
	f := slotFormat{ext: ext, mixed: mixed}
	for _, c := range codecs {
		f.pt[c.codec], f.rtxPT[c.codec] = c.pt, c.rtx
	}
	return f
}

// Clock implements sfu.Sink.
func (s *slotLine) Clock(rtp uint32, at time.Time) {
	s.clocked, s.clockRTP, s.clockAt, s.reportDue = true, rtp, at, true
	if s.peer.reportSoon == 0 {
		s.peer.reportSoon = s.peer.server.now + switchReport
	}
}

// timestampAt is the slot's RTP timestamp at a time on the server's clock.
func (s *slotLine) timestampAt(at time.Time) uint32 {
	elapsed := at.Sub(s.clockAt)
	ticks := int64(elapsed/time.Second)*s.rate + int64(elapsed%time.Second)*s.rate/int64(time.Second)
	return s.clockRTP + uint32(ticks)
}

// WriteRTP implements sfu.Sink: every packet is written into the loop's send
// buffer, sealed there and sent.
func (s *slotLine) WriteRTP(batch []sfu.Outgoing) {
	p := s.peer
	if p.secure == nil || p.path == nil {
		p.counts.noPath.Add(uint64(len(batch)))
		return
	}
	for i := range batch {
		s.write(&batch[i])
	}
}

func (s *slotLine) write(out *sfu.Outgoing) {
	p := s.peer
	pt, ssrc, seq := s.format.pt[out.Codec&7], s.ssrc, out.Sequence
	if out.Retransmission {
		pt, ssrc = s.format.rtxPT[out.Codec&7], s.rtx
	}
	if pt == 0 {
		p.counts.noPayload.Add(1)
		return
	}
	if out.Retransmission {
		seq = uint16(s.rtxNext)
		s.rtxNext++
	} else if !s.sent.use(seq) {
		p.counts.twice.Add(1)
		return
	}
	b := p.server.tx[:0]
	second := pt
	if out.Marker {
		second |= 0x80
	}
	b = append(b, 0x91, second) // version 2, an extension, one CSRC
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, out.Timestamp)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = binary.BigEndian.AppendUint32(b, out.CSRC)
	b = s.appendExtensions(b, out)
	head := len(b)
	if out.Retransmission {
		b = binary.BigEndian.AppendUint16(b, out.Sequence)
	}
	b = append(b, out.Prefix[:out.PrefixLen]...)
	b = append(b, out.Payload[out.Skip:]...)
	size := len(b) - head
	if len(b) > datagramSize-srtpOverhead {
		p.counts.malformed.Add(1)
		return
	}
	sealed, err := p.secure.sealRTP(b)
	if err != nil {
		p.counts.twice.Add(1)
		return
	}
	if !p.transmit(sealed) {
		return
	}
	s.sentAt = p.server.now
	kind := trafficVideo
	if s.kind == sfu.Audio {
		kind = trafficAudio
	}
	p.counts.out(kind, len(sealed))
	if out.Retransmission {
		p.counts.retransmitted.Add(1)
		return
	}
	s.packets++
	s.octets += uint32(size)
}

// srtpOverhead is the most that sealing adds.
const srtpOverhead = 32

// appendExtensions writes the header extension: the mid always, so that a
// client can place every packet; the audio level; the dependency descriptor
// with the slot's own frame number. Elements longer than 16 bytes need the
// two-byte form (RFC 8285), which the whole extension then has.
func (s *slotLine) appendExtensions(b []byte, out *sfu.Outgoing) []byte {
	ext := &s.format.ext
	dependency := out.Dependency
	if ext[extDependency] == 0 || len(dependency) < 3 || len(dependency) > 255 {
		dependency = nil
	}
	long := len(dependency) > 16 || len(dependency) > 0 && ext[extDependency] > 14 || ext[extMid] > 14 || ext[extAudioLevel] > 14
	if long && !s.format.mixed {
		dependency, long = nil, false
	}
	start := len(b)
	b = append(b, 0xBE, 0xDE, 0, 0)
	if long {
		b[start], b[start+1] = profileTwoByte>>8, profileTwoByte&0xff
	}
	if id := ext[extMid]; id != 0 {
		b = appendElement(b, id, len(s.mid), long)
		b = append(b, s.mid...)
	}
	if id := ext[extAudioLevel]; id != 0 && out.HasLevel {
		b = appendElement(b, id, 1, long)
		b = append(b, out.Level)
	}
	if len(dependency) > 0 {
		b = appendElement(b, ext[extDependency], len(dependency), long)
		at := len(b)
		b = append(b, dependency...)
		binary.BigEndian.PutUint16(b[at+1:], out.FrameNumber)
	}
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	return b
}

func appendElement(b []byte, id uint8, size int, long bool) []byte {
	if long {
		return append(b, id, byte(size))
	}
	return append(b, id<<4|byte(size-1))
}

// sentWindow refuses to use a sequence number twice, so that no two packets are
// ever sealed under one nonce (RFC 7714 section 8.3). Numbers count upwards;
// those within windowSize of the highest may come late, once.
type sentWindow struct {
	started bool
	highest uint16
	bits    [windowSize / 64]uint64
}

const windowSize = 1024

// use claims seq; false if it was used, or may have been.
func (w *sentWindow) use(seq uint16) bool {
	if !w.started {
		w.started, w.highest = true, seq
		w.set(seq)
		return true
	}
	ahead := seq - w.highest
	if ahead == 0 || ahead >= 1<<15 {
		if -ahead >= windowSize || w.bits[seq%windowSize/64]&(1<<(seq%64)) != 0 {
			return false
		}
		w.set(seq)
		return true
	}
	if ahead >= windowSize {
		w.bits = [windowSize / 64]uint64{}
	} else {
		for n := w.highest + 1; n != seq; n++ {
			w.bits[n%windowSize/64] &^= 1 << (n % 64)
		}
	}
	w.highest = seq
	w.set(seq)
	return true
}

func (w *sentWindow) set(seq uint16) { w.bits[seq%windowSize/64] |= 1 << (seq % 64) }
