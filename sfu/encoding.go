package sfu

import (
	"time"

	"switchyard/internal/payload"
)

const (
	// liveFor is how long an encoding counts as live after a packet.
	liveFor = 1500 * time.Millisecond
	// probation is how many packets in a row must agree on a new place in the
	// count of sequence numbers before a jump is believed (RFC 3550, A.1).
	probation = 3
	// layersWindow is for how long a layer counts as sent after a packet of it.
	layersWindow = 2 * time.Second
)

// encoding is one RTP stream of a publication: its history, its count of
// sequence numbers, its clock and what is known of its activity. All of it
// belongs to the loop.
type encoding struct {
	index int
	kind  Kind
	codec Codec // of the newest packet
	clock encodingClock

	history  history
	accepted []*Packet // of the last commit
	blanks   [codecs]*Packet

	started bool
	highest int64 // extended sequence number
	before  int64 // highest, before the last commit
	// since is where the present source and codec began in that count: nothing
	// from there on is related to what was before.
	since int64

	suspect  uint16 // the next number of a jump that is not believed yet
	suspects int

	picture      uint16 // newest VP8 or VP9 picture id, 15 bits
	dependencies *payload.Dependencies

	arrived int64 // newest packet, Unix nanoseconds
	meter   meter
	width   uint16
	height  uint16
	reach   [2]layerReach // in the present window and in the one before
	reachAt int64
}

type layerReach struct{ spatial, temporal uint8 }

// newEncoding makes the encoding with this index of a publication. history is
// the number of packets kept; they are allocated as the first lap needs them.
// clock is the one of the publisher's transport, shared by all that it
// publishes; nil: one of its own.
func newEncoding(index int, kind Kind, history int, clock *peerClock) *encoding {
	return &encoding{index: index, kind: kind, clock: newEncodingClock(kind, clock), history: newHistory(history)}
}

// reserve appends n empty packets to into.
func (e *encoding) reserve(n int, into []*Packet) []*Packet {
	for range n {
		into = append(into, e.history.take())
	}
	return into
}

// commit takes back what reserve gave and returns the packets to be forwarded,
// in the order given, valid until the next reserve: their payload parsed, their
// sequence numbers extended. A packet with a nil Payload was not received and
// goes back; duplicates (a packet and its retransmission) and garbage are
// dropped. A packet of padding only has an empty Payload that is not nil.
// now is Loop.Now() in Unix nanoseconds.
func (e *encoding) commit(packets []*Packet, now int64) []*Packet {
	e.accepted = e.accepted[:0]
	e.before = e.highest
	for _, p := range packets {
		if p.Payload == nil || !e.accept(p, now) {
			e.history.give(p)
			continue
		}
		e.history.put(p)
		e.accepted = append(e.accepted, p)
	}
	return e.accepted
}

// accept finds a packet's place, reads it and counts it; false: it is of no use.
func (e *encoding) accept(p *Packet, now int64) bool {
	ext, jumps := e.place(p.Sequence)
	if jumps && !e.believed(p.Sequence) {
		return false
	}
	begins := jumps || !e.started
	if begins {
		ext = e.beyond(p.Sequence)
		e.dependencies = nil
	}
	if e.history.at(ext) != nil || !e.parse(p) {
		return false
	}
	p.ext = ext
	e.suspects = 0
	switch {
	case begins:
		e.begin(ext)
	case ext > e.highest && p.Codec != e.codec:
		e.since = ext
	}
	if ext >= e.highest {
		e.highest = ext
		e.codec = p.Codec
	}
	e.observe(p, now)
	return true
}

// place extends a sequence number, and says whether it is so far from the
// others that the source may have begun anew.
func (e *encoding) place(seq uint16) (ext int64, jumps bool) {
	if !e.started {
		return 0, false
	}
	d := int64(int16(seq - uint16(e.highest)))
	kept := int64(len(e.history.ring))
	return e.highest + d, d >= kept || d <= -kept
}

// believed reports whether enough packets in a row came from the same new place.
func (e *encoding) believed(seq uint16) bool {
	if e.suspects == 0 || seq != e.suspect {
		e.suspects = 0
	}
	e.suspects++
	e.suspect = seq + 1
	return e.suspects >= probation
}

// beyond is an extended number for seq that no packet before can be taken for.
func (e *encoding) beyond(seq uint16) int64 { return (e.highest>>16+2)<<16 + int64(seq) }

// begin starts a new source at ext. What it sent before may still come late, and
// no number of an earlier source is as near.
func (e *encoding) begin(ext int64) {
	e.started = true
	e.highest, e.since = ext, ext-int64(len(e.history.ring))
	e.clock = newEncodingClock(e.kind, e.clock.peer)
}

// parse reads the packet's descriptor; false for what no receiver could use.
func (e *encoding) parse(p *Packet) bool {
	p.facts = payload.Facts{}
	f := &p.facts
	if p.Codec.Kind() != e.kind || p.Codec == NoCodec {
		return false
	}
	if len(p.Payload) == 0 {
		f.Flags = payload.Empty
		return true
	}
	if p.Codec != AV1 {
		p.Dependency = nil // the payload says it all, and is rewritten
	}
	switch p.Codec {
	case Opus:
		return payload.Opus(p.Payload, f)
	case VP8:
		return payload.VP8(p.Payload, f)
	case VP9:
		return payload.VP9(p.Payload, f)
	case H264:
		return payload.H264(p.Payload, f)
	case AV1:
		if e.dependencies == nil {
			e.dependencies = new(payload.Dependencies)
		}
		ok := payload.AV1(p.Payload, p.Dependency, e.dependencies, f)
		if !f.Flags.Has(payload.HasFrameNumber) {
			p.Dependency = nil // broken: nothing in it can be rewritten
		}
		return ok
	}
	return false
}

// observe keeps what an accepted packet says about the encoding.
func (e *encoding) observe(p *Packet, now int64) {
	f := &p.facts
	e.arrived = max(e.arrived, now)
	e.meter.add(now, len(p.Payload), p.Marker, f.Temporal)
	if f.Flags.Has(payload.Empty) {
		return
	}
	e.clock.arrived(p.Timestamp, p.Arrival)
	if f.Flags.Has(payload.HasPictureID) {
		e.unwrapPicture(f)
	}
	if f.Width > 0 && f.Height > 0 && p.ext == e.highest {
		e.width, e.height = f.Width, f.Height
	}
	if now-e.reachAt > int64(layersWindow) {
		e.reach[1], e.reach[0] = e.reach[0], layerReach{}
		e.reachAt = now
	}
	e.reach[0].spatial = max(e.reach[0].spatial, f.Spatial)
	e.reach[0].temporal = max(e.reach[0].temporal, f.Temporal)
}

// unwrapPicture makes a picture id of 7 bits one of 15, counted on.
func (e *encoding) unwrapPicture(f *payload.Facts) {
	ahead := int16(f.PictureID<<1-e.picture<<1) >> 1
	if !f.Flags.Has(payload.WidePictureID) {
		ahead = int16(int8(uint8(f.PictureID)<<1-uint8(e.picture)<<1) >> 1)
		f.PictureID = (e.picture + uint16(ahead)) & 0x7FFF
	}
	if ahead > 0 {
		e.picture = f.PictureID
	}
}

// reset says that another source feeds the encoding from now on: its sequence
// numbers, timestamps and clock have nothing to do with those so far. Packets
// in the history can still be retransmitted. clock as in newEncoding.
func (e *encoding) reset(clock *peerClock) {
	e.clock = newEncodingClock(e.kind, clock)
	e.dependencies = nil
	e.arrived = 0
	e.meter = meter{}
	e.width, e.height = 0, 0
	e.reach = [2]layerReach{}
	e.started = false // the first packet of the new source is believed at once
	e.suspects = 0
}

// senderReport says that rtp was captured at ntp on the publisher's clock;
// arrival is when the report came, in Unix nanoseconds on the loop's clock.
func (e *encoding) senderReport(ntp time.Time, rtp uint32, arrival int64) {
	e.clock.senderReport(ntp.UnixNano(), arrival, rtp)
}

// live reports whether a packet came within the last 1.5 s.
func (e *encoding) live(now int64) bool {
	return e.arrived > 0 && now-e.arrived < int64(liveFor)
}

// bitrate is that of the payloads over the last second, in bits per second.
func (e *encoding) bitrate(now int64) int { return e.meter.bitrate(now) }

// fps is the number of pictures over the last second in the temporal layers up
// to maxTemporal.
func (e *encoding) fps(now int64, maxTemporal int8) int { return e.meter.fps(now, maxTemporal) }

// size is that of the picture in pixels as last read from a keyframe, else 0, 0.
func (e *encoding) size() (width, height int) { return int(e.width), int(e.height) }

// layers are the highest spatial and temporal layer of the last seconds.
func (e *encoding) layers() (maxSpatial, maxTemporal int8) {
	return int8(max(e.reach[0].spatial, e.reach[1].spatial)), int8(max(e.reach[0].temporal, e.reach[1].temporal))
}

// blank is an empty packet, which stands for one that a receiver shall not get
// although its number is taken.
func (e *encoding) blank(c Codec) *Packet {
	if e.blanks[c] == nil {
		e.blanks[c] = &Packet{Codec: c, Payload: []byte{}}
	}
	return e.blanks[c]
}
