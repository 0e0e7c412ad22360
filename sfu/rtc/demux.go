package rtc

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
