package rtc

import (
	"encoding/binary"
	"fmt"

	"github.com/pion/rtcp"
)

// The feedback formats that are read (RFC 4585 section 6, RFC 5104 section 4.3).
const (
	rtcpNACK = 1 // of rtcpTransportFB
	rtcpPLI  = 1 // of rtcpPayloadFB
	rtcpFIR  = 4 // likewise
)

// walkRTCP calls f for each message of a compound packet that the server has a
// use for. Others are passed over unread, since some say in a few bytes what
// takes a hundred thousand to unfold. An error ends the walk.
func walkRTCP(b []byte, f func(rtcp.Packet)) error {
	for len(b) > 0 {
		if len(b) < 4 || b[0]>>6 != 2 {
			return fmt.Errorf("read RTCP: no header in %d bytes", len(b))
		}
		size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return fmt.Errorf("read RTCP: a message of %d bytes in %d", size, len(b))
		}
		if m := rtcpMessage(b[1], b[0]&0x1f); m != nil {
			if err := m.Unmarshal(b[:size:size]); err != nil {
				return fmt.Errorf("read RTCP: %w", err)
			}
			f(m)
		}
		b = b[size:]
	}
	return nil
}

// rtcpMessage is an empty message of a kind that is read, or nil.
func rtcpMessage(kind, format byte) rtcp.Packet {
	switch {
	case kind == rtcpSenderReport:
		return new(rtcp.SenderReport)
	case kind == rtcpReceiverReport:
		return new(rtcp.ReceiverReport)
	case kind == rtcpTransportFB && format == rtcpNACK:
		return new(rtcp.TransportLayerNack)
	case kind == rtcpPayloadFB && format == rtcpPLI:
		return new(rtcp.PictureLossIndication)
	case kind == rtcpPayloadFB && format == rtcpFIR:
		return new(rtcp.FullIntraRequest)
	}
	return nil
}
