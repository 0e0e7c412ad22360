package rtc

import (
	"crypto/hmac"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"net/netip"
)

// The part of STUN (RFC 8489) that a server needs which is ICE-lite: it reads
// Binding requests and answers them.
const (
	stunHeader        = 20
	stunCookie        = 0x2112A442
	stunBindRequest   = 0x0001
	stunBindSuccess   = 0x0101
	stunBindError     = 0x0111
	stunIntegrity     = 24 // bytes of a MESSAGE-INTEGRITY with its header
	maxSTUN           = 1280
	maxSTUNAttributes = 32
)

// The attributes that are read or written (RFC 8489 section 18.3, RFC 8445
// section 16.1).
const (
	stunAttrUsername      = 0x0006
	stunAttrIntegrity     = 0x0008
	stunAttrError         = 0x0009
	stunAttrMappedAddress = 0x0020 // XOR-MAPPED-ADDRESS
	stunAttrPriority      = 0x0024
	stunAttrUseCandidate  = 0x0025
	stunAttrFingerprint   = 0x8028
	stunAttrControlled    = 0x8029
)

// isBindRequest reports whether b has the frame of a Binding request.
func isBindRequest(b []byte) bool {
	return len(b) >= stunHeader && len(b) <= maxSTUN && len(b)%4 == 0 &&
		binary.BigEndian.Uint16(b) == stunBindRequest &&
		binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeader
}

// stunAttribute is the attribute that begins at i and where the next one
// begins; false if there is none, or it is malformed.
func stunAttribute(b []byte, i int) (kind uint16, value []byte, next int, ok bool) {
	if i+4 > len(b) {
		return 0, nil, i, false
	}
	kind, size := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
	if i+4+size > len(b) {
		return 0, nil, i, false
	}
	return kind, b[i+4 : i+4+size], i + 4 + (size+3)&^3, true
}

// stunTarget returns the server's username fragment in a STUN Binding request
// (RFC 8445 section 7.2.2: it comes first in USERNAME); nil if b is no such
// request. Nothing is authenticated here.
func stunTarget(b []byte) []byte {
	if !isBindRequest(b) {
		return nil
	}
	for i, n := stunHeader, 0; n < maxSTUNAttributes; n++ {
		kind, value, next, ok := stunAttribute(b, i)
		if !ok {
			return nil
		}
		if kind == stunAttrUsername {
			for k, c := range value {
				if c == ':' {
					return value[:k]
				}
			}
			return nil
		}
		i = next
	}
	return nil
}

// stunCheck is what a connectivity check says.
type stunCheck struct {
	priority   uint32
	nominates  bool // USE-CANDIDATE
	controlled bool // the client believes that the server decides
}

// readCheck reads the Binding request b and verifies that it was made with the
// password of mac, for username; false if not. What comes behind the integrity
// is not believed (RFC 8489 section 14.5). b is changed while it is read.
func readCheck(b, username []byte, mac hash.Hash) (c stunCheck, ok bool) {
	if !isBindRequest(b) {
		return c, false
	}
	named := false
	for i, n := stunHeader, 0; n < maxSTUNAttributes; n++ {
		kind, value, next, ok := stunAttribute(b, i)
		if !ok {
			return c, false
		}
		switch kind {
		case stunAttrUsername:
			named = string(value) == string(username)
		case stunAttrPriority:
			if len(value) == 4 {
				c.priority = binary.BigEndian.Uint32(value)
			}
		case stunAttrUseCandidate:
			c.nominates = true
		case stunAttrControlled:
			c.controlled = true
		case stunAttrIntegrity:
			return c, named && len(value) == 20 && integrityHolds(b, i, value, mac)
		}
		i = next
	}
	return c, false
}

// integrityHolds verifies the MESSAGE-INTEGRITY at i: the length in the header
// counts as if the message ended with it.
func integrityHolds(b []byte, i int, value []byte, mac hash.Hash) bool {
	length := binary.BigEndian.Uint16(b[2:])
	binary.BigEndian.PutUint16(b[2:], uint16(i+stunIntegrity-stunHeader))
	mac.Reset()
	mac.Write(b[:i])
	binary.BigEndian.PutUint16(b[2:], length)
	var sum [20]byte
	return hmac.Equal(mac.Sum(sum[:0]), value)
}

// appendBindSuccess answers the request b, which came from an address.
func appendBindSuccess(to, b []byte, from netip.AddrPort, mac hash.Hash) []byte {
	to = appendSTUNHeader(to, stunBindSuccess, b)
	port := from.Port() ^ stunCookie>>16
	if ip := from.Addr(); ip.Is4() {
		a := ip.As4()
		to = append(to, 0, stunAttrMappedAddress, 0, 8, 0, 1)
		to = binary.BigEndian.AppendUint16(to, port)
		to = binary.BigEndian.AppendUint32(to, binary.BigEndian.Uint32(a[:])^stunCookie)
	} else {
		a := ip.As16()
		to = append(to, 0, stunAttrMappedAddress, 0, 20, 0, 2)
		to = binary.BigEndian.AppendUint16(to, port)
		for i, c := range a { // cookie and transaction
			to = append(to, c^b[4+i])
		}
	}
	return finishSTUN(to, mac)
}

// appendRoleConflict tells the client of request b that it decides (RFC 8445
// section 7.3.1.1).
func appendRoleConflict(to, b []byte, mac hash.Hash) []byte {
	const reason = "Role Conflict"
	to = appendSTUNHeader(to, stunBindError, b)
	to = append(to, 0, stunAttrError, 0, byte(4+len(reason)), 0, 0, 4, 87)
	to = append(to, reason...)
	to = append(to, 0, 0, 0)
	return finishSTUN(to, mac)
}

// appendSTUNHeader begins an answer to the request b.
func appendSTUNHeader(to []byte, kind uint16, b []byte) []byte {
	to = binary.BigEndian.AppendUint16(to, kind)
	to = append(to, 0, 0)
	return append(to, b[4:stunHeader]...)
}

// finishSTUN adds integrity and fingerprint to a message that begins to.
func finishSTUN(to []byte, mac hash.Hash) []byte {
	binary.BigEndian.PutUint16(to[2:], uint16(len(to)+stunIntegrity-stunHeader))
	mac.Reset()
	mac.Write(to)
	to = append(to, 0, stunAttrIntegrity, 0, 20)
	to = mac.Sum(to)
	binary.BigEndian.PutUint16(to[2:], uint16(len(to)+8-stunHeader))
	sum := crc32.ChecksumIEEE(to) ^ 0x5354554e
	to = append(to, stunAttrFingerprint>>8, stunAttrFingerprint&0xff, 0, 4)
	return binary.BigEndian.AppendUint32(to, sum)
}
