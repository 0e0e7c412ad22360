package rtc

import (
	"encoding/binary"
	"fmt"
)

// The feedback formats that are read (RFC 4585 section 6, RFC 5104 section 4.3,
// draft-holmer-rmcat-transport-wide-cc-extensions-01).
const (
	rtcpNACK      = 1  // of rtcpTransportFB
	rtcpTransport = 15 // of rtcpTransportFB
	rtcpPLI       = 1  // of rtcpPayloadFB
	rtcpFIR       = 4  // likewise
)

const (
	reportBlock = 24 // bytes of a report block
	senderInfo  = 20 // bytes of a sender report between its SSRC and its blocks
)

// rtcpMessage is one message of a compound packet (RFC 3550 section 6.1), in
// place.
type rtcpMessage struct {
	kind   byte
	format byte   // or count
	sender uint32 // SSRC
	body   []byte // behind the sender's SSRC
}

// nextRTCP reads the message that b begins with and returns what follows it.
// Nothing of the body is unfolded: some say in a few bytes what takes a hundred
// thousand.
func nextRTCP(b []byte) (m rtcpMessage, rest []byte, err error) {
	if len(b) < 4 || b[0]>>6 != 2 {
		return m, nil, fmt.Errorf("read RTCP: no header in %d bytes", len(b))
	}
	size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
	if size > len(b) {
		return m, nil, fmt.Errorf("read RTCP: a message of %d bytes in %d", size, len(b))
	}
	m.kind, m.format = b[1], b[0]&0x1f
	if size >= 8 {
		m.sender, m.body = binary.BigEndian.Uint32(b[4:]), b[8:size]
	}
	if least := m.least(); len(m.body) < least {
		return m, nil, fmt.Errorf("read RTCP: a message of kind %d and format %d with %d bytes, at least %d are needed", m.kind, m.format, len(m.body), least)
	}
	return m, b[size:], nil
}

// least is how long the body of a message that is read must be.
func (m *rtcpMessage) least() int {
	switch {
	case m.kind == rtcpSenderReport:
		return senderInfo + int(m.format)*reportBlock
	case m.kind == rtcpReceiverReport:
		return int(m.format) * reportBlock
	case m.kind == rtcpTransportFB && m.format == rtcpNACK:
		return 8
	case m.kind == rtcpTransportFB && m.format == rtcpTransport:
		return 14
	case m.kind == rtcpPayloadFB && m.format == rtcpPLI:
		return 4
	case m.kind == rtcpPayloadFB && m.format == rtcpFIR:
		return 12
	}
	return 0
}

// media is the SSRC that a feedback message is about.
func (m *rtcpMessage) media() uint32 { return binary.BigEndian.Uint32(m.body) }

// lost appends the sequence numbers that a NACK asks for, at most limit.
func (m *rtcpMessage) lost(into []uint16, limit int) []uint16 {
	for b := m.body[4:]; len(b) >= 4; b = b[4:] {
		first, mask := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		for i := uint16(0); i <= 16; i++ {
			if i > 0 && mask>>(i-1)&1 == 0 {
				continue
			}
			if len(into) >= limit {
				return into
			}
			into = append(into, first+i)
		}
	}
	return into
}
