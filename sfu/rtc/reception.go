package rtc

import (
	"encoding/binary"
	"time"
)

// reception counts one incoming RTP stream for receiver reports (RFC 3550
// appendix A). It belongs to the loop.
type reception struct {
	rate     int64 // RTP clock, in Hz
	started  bool
	highest  uint16
	cycles   uint32
	base     uint32
	received uint32

	expectedBefore uint32
	receivedBefore uint32

	transit int64 // in units of the RTP clock
	jitter  int64 // times 16
	lastSR  uint32
	srAt    int64 // nanoseconds; 0: none yet
}

// packet counts a packet that came in its own stream; now in nanoseconds.
func (r *reception) packet(seq uint16, timestamp uint32, now int64) {
	r.received++
	if !r.started {
		r.started, r.highest, r.base = true, seq, uint32(seq)
		r.transit = r.clock(now) - int64(timestamp)
		return
	}
	if ahead := seq - r.highest; ahead != 0 && ahead < 1<<15 {
		if seq < r.highest {
			r.cycles += 1 << 16
		}
		r.highest = seq
	}
	transit := r.clock(now) - int64(timestamp)
	d := int64(int32(transit - r.transit))
	r.transit = transit
	if d < 0 {
		d = -d
	}
	r.jitter += d - (r.jitter+8)>>4
}

// clock is now in units of the RTP clock; in two steps, since a Unix time in
// nanoseconds times the clock rate does not fit.
func (r *reception) clock(now int64) int64 {
	return now/1e9*r.rate + now%1e9*r.rate/1e9
}

// senderReport notes the middle of a sender report's NTP time.
func (r *reception) senderReport(ntp uint64, now int64) { r.lastSR, r.srAt = uint32(ntp>>16), now }

// appendBlock appends the report block about ssrc and begins a new interval.
func (r *reception) appendBlock(b []byte, ssrc uint32, now int64) []byte {
	extended := r.cycles + uint32(r.highest)
	expected := extended - r.base + 1
	lost := int64(expected) - int64(r.received)
	lost = min(max(lost, -1<<23), 1<<23-1)

	expectedNow := expected - r.expectedBefore
	receivedNow := r.received - r.receivedBefore
	r.expectedBefore, r.receivedBefore = expected, r.received
	fraction := uint32(0)
	if receivedNow < expectedNow {
		fraction = min((expectedNow-receivedNow)<<8/expectedNow, 255)
	}
	delay := uint32(0)
	if r.srAt != 0 {
		delay = uint32((now - r.srAt) * 65536 / 1e9)
	}
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = binary.BigEndian.AppendUint32(b, fraction<<24|uint32(lost)&0xffffff)
	b = binary.BigEndian.AppendUint32(b, extended)
	b = binary.BigEndian.AppendUint32(b, uint32(r.jitter>>4))
	b = binary.BigEndian.AppendUint32(b, r.lastSR)
	return binary.BigEndian.AppendUint32(b, delay)
}

// ntpTime is t as RFC 3550 section 4 has it: seconds since 1900 and a fraction.
func ntpTime(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// fromNTP is the inverse of ntpTime.
func fromNTP(ntp uint64) time.Time {
	const from1900 = 2208988800
	return time.Unix(int64(ntp>>32)-from1900, int64((ntp&0xffffffff)*1e9>>32))
}
