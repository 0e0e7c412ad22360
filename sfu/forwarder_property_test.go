package sfu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchyard/internal/payload"
	"switchyard/internal/payload/payloadtest"
)

// written is one packet that a forwarder wrote.
type written struct {
	payload   []byte
	timestamp uint32
	marker    bool
	csrc      uint32
	frame     uint16 // AV1 frame number
	first     bool   // of a switch
}

func (w written) equal(o written) bool {
	return bytes.Equal(w.payload, o.payload) && w.timestamp == o.timestamp && w.marker == o.marker && w.csrc == o.csrc && w.frame == o.frame
}

// id finds the picture and packet that payloadtest made up.
func (w written) id() (tag, picture uint32, packet int) {
	body := w.payload[len(w.payload)-10:]
	return binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:]), int(body[8])<<8 | int(body[9])
}

// recorder is a Sink that checks what can be checked at once.
type recorder struct {
	t       *testing.T
	highest int64
	got     map[int64]written
	numbers map[string]int64 // of packets by what they hold
	codecs  map[uint32]Codec // of publications
	clocks  int
	again   int
	blanks  int

	switched  bool
	number    uint32
	timestamp uint32
}

func newRecorder(t *testing.T) *recorder {
	return &recorder{t: t, got: make(map[int64]written), numbers: make(map[string]int64), codecs: make(map[uint32]Codec)}
}

func (r *recorder) onSwitch(number, timestamp uint32) {
	r.switched, r.number, r.timestamp = true, number, timestamp
}

func (r *recorder) Clock(rtp uint32, at time.Time) { r.clocks++ }

func (r *recorder) WriteRTP(batch []Outgoing) {
	for i := range batch {
		r.write(&batch[i])
	}
}

func (r *recorder) write(o *Outgoing) {
	if r.highest == 0 {
		if o.Sequence == 0 || o.Sequence >= 1<<15 {
			r.t.Fatalf("the first sequence number is %d", o.Sequence)
		}
		r.highest = 1<<16 + int64(o.Sequence)
	}
	n := r.highest + int64(int16(o.Sequence-uint16(r.highest)))
	r.highest = max(r.highest, n)
	w := written{
		payload:   slices.Concat(o.Prefix[:o.PrefixLen], o.Payload[o.Skip:]),
		timestamp: o.Timestamp, marker: o.Marker, csrc: o.CSRC,
	}
	if o.Dependency != nil {
		w.frame = o.FrameNumber
	}
	if before, ok := r.got[n]; ok {
		w.first = before.first
		if !o.Retransmission {
			r.t.Fatalf("number %d was sent twice", n)
		}
		if !w.equal(before) {
			r.t.Fatalf("number %d was sent again as\n%+v, not\n%+v", n, w, before)
		}
		r.again++
		return
	}
	if o.Retransmission {
		r.t.Fatalf("number %d is sent again without having been sent", n)
	}
	if len(w.payload) == 0 {
		r.blanks++
	} else {
		tag, picture, packet := w.id()
		key := fmt.Sprint(tag, picture, packet)
		if before, ok := r.numbers[key]; ok {
			r.t.Fatalf("a packet was sent as number %d and as %d", before, n)
		}
		r.numbers[key] = n
		if tag != o.CSRC || o.Codec != r.codecs[tag] {
			r.t.Fatalf("a packet of %d is labelled %d, %v", tag, o.CSRC, o.Codec)
		}
	}
	if r.switched {
		if w.timestamp != r.timestamp || w.csrc != r.number {
			r.t.Fatalf("after a switch to %d at %d came %d at %d", r.number, r.timestamp, w.csrc, w.timestamp)
		}
		w.first, r.switched = true, false
	}
	r.got[n] = w
}

// origin is a publisher of the test's, behind a network that loses and disorders.
type origin struct {
	stream  payloadtest.Stream
	e       *encoding
	seq     uint16
	network []flight
	key     bool // asked for
	random  *rand.Rand
}

type flight struct {
	due    int
	seq    uint16
	packet payloadtest.Packet
}

// send makes up a picture and gives it to the network.
func (o *origin) send(tick int) {
	r := o.random
	o.stream.Packets = 1 + r.IntN(4)
	if r.IntN(40) == 0 {
		o.network = append(o.network, flight{due: tick, seq: o.seq, packet: payloadtest.Packet{Payload: []byte{}, Timestamp: o.stream.Timestamp}})
		o.seq++ // padding
	}
	key := o.key && r.IntN(3) == 0
	if key {
		o.key = false
	}
	for _, p := range o.stream.Frame(key) {
		f := flight{due: tick, seq: o.seq, packet: p}
		o.seq++
		switch {
		case r.IntN(100) < 8:
			if r.IntN(10) == 0 {
				continue // lost for good
			}
			f.due += 2 + r.IntN(6) // lost and repaired
		case r.IntN(20) == 0:
			f.due++
		}
		o.network = append(o.network, f)
		if r.IntN(30) == 0 {
			f.due += r.IntN(3)
			o.network = append(o.network, f)
		}
	}
}

// receive commits what is due.
func (o *origin) receive(tick int, codec Codec, now int64) []*Packet {
	var due []flight
	o.network = slices.DeleteFunc(o.network, func(f flight) bool {
		if f.due <= tick {
			due = append(due, f)
		}
		return f.due <= tick
	})
	if o.random.IntN(10) == 0 {
		o.random.Shuffle(len(due), func(i, k int) { due[i], due[k] = due[k], due[i] })
	}
	return commitFlights(o.e, due, codec, now)
}

func commitFlights(e *encoding, due []flight, codec Codec, now int64) []*Packet {
	packets := e.reserve(len(due)+1, nil) // one comes to nothing
	for i, f := range due {
		p := packets[i]
		p.Sequence, p.Timestamp, p.Marker = f.seq, f.packet.Timestamp, f.packet.Marker
		p.Codec, p.Arrival = codec, now
		n := copy(p.Buf[:], f.packet.Payload)
		p.Payload = p.Buf[:n]
		if f.packet.Dependency != nil {
			p.Dependency = p.Buf[n : n+copy(p.Buf[n:], f.packet.Dependency)]
		}
	}
	return e.commit(packets, now)
}

func newOrigin(random *rand.Rand, codec Codec, tag uint32) *origin {
	return &origin{
		random: random,
		e:      newEncoding(0, codec.Kind(), 256, nil),
		seq:    uint16(random.Uint32()),
		stream: payloadtest.Stream{
			Codec: codec.String(), Tag: tag,
			Temporal: 1 + random.IntN(3), Spatial: 1 + random.IntN(3),
			Wide: random.IntN(2) == 0, Timestamp: random.Uint32(), Number: uint16(random.Uint32()),
			PictureID: uint16(random.IntN(128)), TL0: uint8(random.Uint32()),
		},
	}
}

// TestForwarderProperties drives one slot for thousands of pictures through
// everything that can happen to it, and checks that what comes out is one stream.
func TestForwarderProperties(t *testing.T) {
	for name, list := range map[string][]Codec{
		"opus": {Opus}, "vp8": {VP8}, "vp9": {VP9}, "h264": {H264}, "av1": {AV1}, "mixed": {VP8, VP9, H264, AV1},
	} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) { runProperties(t, list, seed, 3000) })
		}
	}
}

func runProperties(t *testing.T, list []Codec, seed uint64, ticks int) {
	random := rand.New(rand.NewPCG(seed, uint64(list[0])))
	r := newRecorder(t)
	f := newForwarder(list[0].Kind(), r, r.onSwitch)
	var origins []*origin
	for i := range 10 {
		codec := list[i%len(list)]
		r.codecs[uint32(i+1)] = codec
		origins = append(origins, newOrigin(random, codec, uint32(i+1)))
	}
	everything := seed%2 == 0 // the forwarder is shown packets of all encodings
	now := int64(1e18)
	for tick := range ticks {
		now += int64(33 * time.Millisecond)
		switch random.IntN(60) {
		case 0, 1:
			i := random.IntN(len(origins))
			f.carry(origins[i].e, uint32(i+1), random.IntN(2) == 0)
		case 2, 3:
			f.carry(nil, 0, true)
		case 4, 5, 6:
			f.setLayers(int8(random.IntN(3)), int8(random.IntN(3)))
		case 7:
			f.setLayers(anyLayer, anyLayer)
		case 8:
			o := origins[random.IntN(len(origins))]
			o.restart()
		}
		for i, o := range origins {
			o.send(tick)
			batch := o.receive(tick, r.codecs[uint32(i+1)], now)
			if everything || o.e == f.current || o.e == f.pending {
				f.forward(o.e, batch, now)
			}
			if e, ok := f.waiting(); ok && e == o.e {
				o.key = true
			}
		}
		var nack []uint16
		for n := max(r.highest-40, 1<<16); n < r.highest; n++ {
			if _, ok := r.got[n]; !ok && random.IntN(4) == 0 || random.IntN(50) == 0 {
				nack = append(nack, uint16(n))
			}
		}
		f.retransmit(nack, now)
	}
	r.check()
	t.Logf("%d packets, %d again, %d blank, %d clocks", len(r.got), r.again, r.blanks, r.clocks)
}

// restart makes the origin another source of the same encoding.
func (o *origin) restart() {
	o.network = nil
	o.seq = uint16(o.random.Uint32())
	o.stream.Timestamp = o.random.Uint32()
	o.e.reset(nil)
	o.key = true
}

// check walks through everything written, in the order of the numbers.
func (r *recorder) check() {
	t := r.t
	t.Helper()
	if len(r.got) < 1000 {
		t.Fatalf("only %d packets", len(r.got))
	}
	numbers := make([]int64, 0, len(r.got))
	for n := range r.got {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	gaps := int(numbers[len(numbers)-1]-numbers[0]) + 1 - len(numbers)
	if gaps > len(numbers)/20 {
		t.Errorf("%d of %d numbers were never sent", gaps, len(numbers))
	}
	var (
		newest  uint32 // timestamp
		begun   bool
		picture = -1
		facts   payload.Facts
		lastN   int64
		order   [3]uint32
		tl0     uint8
		runs    int
	)
	for _, n := range numbers {
		w := r.got[n]
		if w.first {
			runs++
			if begun && int32(w.timestamp-newest) <= 0 {
				t.Fatalf("number %d: timestamp %d after %d at a switch", n, w.timestamp, newest)
			}
		} else if !begun || int32(w.timestamp-newest) < 0 {
			t.Fatalf("number %d: timestamp %d after %d", n, w.timestamp, newest)
		}
		newest, begun = w.timestamp, true
		if len(w.payload) == 0 {
			lastN = n
			picture = -1
			continue
		}
		var f payload.Facts
		codec := r.codecs[w.csrc]
		switch codec {
		case VP8:
			payload.VP8(w.payload, &f)
		case VP9:
			payload.VP9(w.payload, &f)
		case H264:
			payload.H264(w.payload, &f)
		case AV1:
			payload.AV1(w.payload, nil, nil, &f)
			f.FrameNumber, f.Flags = w.frame, f.Flags|payload.HasFrameNumber
		default:
			f.Flags = payload.KeyframeStart
		}
		if w.first && !f.Flags.Has(payload.KeyframeStart) {
			t.Fatalf("number %d: a switch without a keyframe", n)
		}
		tag, count, packet := w.id()
		at := [3]uint32{tag, count, uint32(packet)}
		if !w.first && (at[0] != order[0] || slices.Compare(at[1:], order[1:]) <= 0) {
			t.Fatalf("number %d: %v after %v", n, at, order)
		}
		if picture >= 0 && f.Flags.Has(payload.HasPictureID) {
			step := (f.PictureID - uint16(picture)) & 0x7FFF
			same := !w.first && at[1] == order[1]
			switch {
			case same && step != 0, !same && (step == 0 || step > 1<<13):
				t.Fatalf("number %d: picture id %d after %d", n, f.PictureID, picture)
			case !same && !w.first && step != 1 && codec == VP8 && n == lastN+1 && wholeBefore(r, n-1):
				t.Fatalf("number %d: picture id %d after %d, and nothing is missing", n, f.PictureID, picture)
			}
			if d := f.TL0 - tl0; facts.Flags.Has(payload.HasTL0) && f.Flags.Has(payload.HasTL0) && d > 64 {
				t.Fatalf("number %d: TL0PICIDX %d after %d", n, f.TL0, tl0)
			}
		}
		if f.Flags.Has(payload.HasFrameNumber) && w.first && facts.Flags.Has(payload.HasFrameNumber) && f.FrameNumber-facts.FrameNumber > 1<<12 {
			t.Fatalf("number %d: frame number %d after %d", n, f.FrameNumber, facts.FrameNumber)
		}
		if f.Flags.Has(payload.HasPictureID) {
			picture, tl0 = int(f.PictureID), f.TL0
		}
		facts, order, lastN = f, at, n
	}
	if runs < 20 {
		t.Errorf("only %d switches", runs)
	}
}

// wholeBefore reports whether the packet with number n ends a picture of which
// nothing is missing.
func wholeBefore(r *recorder, n int64) bool { return r.got[n].marker }
