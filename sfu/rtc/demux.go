package rtc

import "encoding/binary"

// packetKind is the protocol of a packet by its first byte (RFC 7983).
type packetKind uint8

const (
	otherPacket packetKind = iota
	stunPacket
	dtlsPacket
	mediaPacket
)

func classify(b []byte) packetKind {
	if len(b) == 0 {
		return otherPacket
	}
	switch first := b[0]; {
	case first < 4:
		return stunPacket
	case first >= 20 && first < 64:
		return dtlsPacket
	case first >= 128 && first < 192:
		return mediaPacket
	}
	return otherPacket
}

const (
	stunHeader        = 20
	stunCookie        = 0x2112A442
	stunBindRequest   = 0x0001
	stunAttrUsername  = 0x0006
	maxSTUN           = 1280
	maxSTUNAttributes = 32
)

// stunTarget returns the server's username fragment in a STUN Binding request
// (RFC 8445 section 7.2.2: it comes first in USERNAME); nil if b is no such
// request. Nothing is authenticated here.
func stunTarget(b []byte) []byte {
	if len(b) < stunHeader || len(b) > maxSTUN ||
		binary.BigEndian.Uint16(b) != stunBindRequest ||
		binary.BigEndian.Uint32(b[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return nil
	}
	for i, n := stunHeader, 0; i+4 <= len(b) && n < maxSTUNAttributes; n++ {
		kind, size := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
		i += 4
		if i+size > len(b) {
			return nil
		}
		if kind == stunAttrUsername {
			for k, c := range b[i : i+size] {
				if c == ':' {
					return b[i : i+k]
				}
			}
			return nil
		}
		i += (size + 3) &^ 3
	}
	return nil
}
