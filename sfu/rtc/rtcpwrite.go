package rtc

import (
	"encoding/binary"
	"time"
)

// The RTCP messages that the server sends, written straight into a buffer
// (RFC 3550 section 6, RFC 4585 section 6).

const (
	rtcpSenderReport   = 200
	rtcpReceiverReport = 201
	rtcpDescription    = 202
	rtcpTransportFB    = 205
	rtcpPayloadFB      = 206
	maxReportBlocks    = 31
)

// closeRTCP writes the length of the message that began at start.
func closeRTCP(b []byte, start int) []byte {
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	return b
}

// appendSenderReport appends a report of a slot: its RTP timestamp now.
func appendSenderReport(b []byte, ssrc uint32, now time.Time, rtp, packets, octets uint32) []byte {
	start := len(b)
	b = append(b, 0x80, rtcpSenderReport, 0, 0)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = binary.BigEndian.AppendUint64(b, ntpTime(now))
	b = binary.BigEndian.AppendUint32(b, rtp)
	b = binary.BigEndian.AppendUint32(b, packets)
	b = binary.BigEndian.AppendUint32(b, octets)
	return closeRTCP(b, start)
}

// appendReceiverReport appends an empty report; blocks may be added before it
// is closed by finishReceiverReport.
func appendReceiverReport(b []byte, ssrc uint32) []byte {
	b = append(b, 0x80, rtcpReceiverReport, 0, 1)
	return binary.BigEndian.AppendUint32(b, ssrc)
}

// finishReceiverReport closes the report that began at start with its blocks.
func finishReceiverReport(b []byte, start, blocks int) []byte {
	b[start] = 0x80 | byte(blocks)
	return closeRTCP(b, start)
}

// appendDescription appends an SDES with the CNAME of ssrc.
func appendDescription(b []byte, ssrc uint32, cname string) []byte {
	start := len(b)
	b = append(b, 0x81, rtcpDescription, 0, 0)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 1, byte(len(cname)))
	b = append(b, cname...)
	b = append(b, 0)
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	return closeRTCP(b, start)
}

// appendPLI asks for a keyframe of media (RFC 4585 section 6.3.1).
func appendPLI(b []byte, sender, media uint32) []byte {
	b = append(b, 0x81, rtcpPayloadFB, 0, 2)
	b = binary.BigEndian.AppendUint32(b, sender)
	return binary.BigEndian.AppendUint32(b, media)
}

// appendNACK asks for packets of media again (RFC 4585 section 6.2.1); seqs are
// in rising order.
func appendNACK(b []byte, sender, media uint32, seqs []uint16) []byte {
	if len(seqs) == 0 {
		return b
	}
	start := len(b)
	b = append(b, 0x81, rtcpTransportFB, 0, 0)
	b = binary.BigEndian.AppendUint32(b, sender)
	b = binary.BigEndian.AppendUint32(b, media)
	for i := 0; i < len(seqs); {
		pid, mask := seqs[i], uint16(0)
		i++
		for ; i < len(seqs) && seqs[i]-pid <= 16; i++ {
			mask |= 1 << (seqs[i] - pid - 1)
		}
		b = binary.BigEndian.AppendUint16(b, pid)
		b = binary.BigEndian.AppendUint16(b, mask)
	}
	return closeRTCP(b, start)
}
