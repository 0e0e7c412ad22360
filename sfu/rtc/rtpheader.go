package rtc

import "encoding/binary"

// rtpHeader is what the transport reads of an RTP header (RFC 3550 section
// 5.1). Everything in it is hostile until the packet has been opened.
type rtpHeader struct {
	marker      bool
	padding     bool
	payloadType uint8
	sequence    uint16
	timestamp   uint32
	ssrc        uint32
	extProfile  uint16 // 0: no extension
	extStart    int    // of the extension's elements
	extEnd      int
	payload     int // where the payload begins
}

const (
	rtpHeaderSize  = 12
	profileOneByte = 0xBEDE // RFC 8285
	profileTwoByte = 0x1000 // lower four bits: application bits
)

// parseRTP reads the header of b; false if b is not a whole RTP header.
func parseRTP(b []byte) (h rtpHeader, ok bool) {
	if len(b) < rtpHeaderSize || b[0]>>6 != 2 {
		return h, false
	}
	h.padding = b[0]&0x20 != 0
	h.marker = b[1]&0x80 != 0
	h.payloadType = b[1] & 0x7f
	h.sequence = binary.BigEndian.Uint16(b[2:])
	h.timestamp = binary.BigEndian.Uint32(b[4:])
	h.ssrc = binary.BigEndian.Uint32(b[8:])
	n := rtpHeaderSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < n+4 {
			return h, false
		}
		h.extProfile = binary.BigEndian.Uint16(b[n:])
		h.extStart = n + 4
		h.extEnd = h.extStart + 4*int(binary.BigEndian.Uint16(b[n+2:]))
		n = h.extEnd
	}
	if len(b) < n {
		return h, false
	}
	h.payload = n
	return h, true
}

// element returns the element of the header extension that begins at i and
// where the next one begins. The walk begins at extStart; id 0 ends it, which a
// malformed element does too (RFC 8285). b is the packet whose header is h.
func (h *rtpHeader) element(b []byte, i int) (id uint8, value []byte, next int) {
	oneByte := h.extProfile == profileOneByte
	if !oneByte && h.extProfile&0xfff0 != profileTwoByte {
		return 0, nil, i
	}
	for i < h.extEnd && b[i] == 0 { // padding
		i++
	}
	if i >= h.extEnd {
		return 0, nil, i
	}
	n := 0
	if oneByte {
		id, n = b[i]>>4, int(b[i]&0x0f)+1
		i++
		if id == 15 {
			return 0, nil, i
		}
	} else {
		if i+2 > h.extEnd {
			return 0, nil, i
		}
		id, n = b[i], int(b[i+1])
		i += 2
	}
	if i+n > h.extEnd {
		return 0, nil, i
	}
	return id, b[i : i+n], i + n
}

// unpad returns b, a whole opened packet, without RTP padding; false if the
// padding's count is impossible.
func (h *rtpHeader) unpad(b []byte) ([]byte, bool) {
	if !h.padding {
		return b, true
	}
	if len(b) <= h.payload {
		return nil, false
	}
	n := int(b[len(b)-1])
	if n == 0 || n > len(b)-h.payload {
		return nil, false
	}
	return b[:len(b)-n], true
}
