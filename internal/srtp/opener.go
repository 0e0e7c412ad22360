package srtp

import "encoding/binary"

// Opener verifies and decrypts what comes from one peer.
type Opener struct {
	profile   Profile
	rtp, rtcp transform
}

// NewOpener derives the session keys for receiving, as NewSealer does.
func NewOpener(p Profile, masterKey, masterSalt []byte) (*Opener, error) {
	return newOpener(p, masterKey, masterSalt, detect())
}

func newOpener(p Profile, masterKey, masterSalt []byte, hw hardware) (*Opener, error) {
	rtp, rtcp, err := newTransforms(p, masterKey, masterSalt, hw)
	if err != nil {
		return nil, err
	}
	return &Opener{profile: p, rtp: rtp, rtcp: rtcp}, nil
}

// Profile is what the Opener was made for.
func (o *Opener) Profile() Profile { return o.profile }

// OpenRTP verifies and decrypts packet, whose RTP header has header bytes, under
// the rollover counter roc (see Incoming). The header goes to dst[:header], the
// payload behind it, and the whole is returned; dst must not overlap packet and
// may be of any length, its capacity counts. It returns ErrSize if the packet
// has no room for header and tag or dst none for the packet, and ErrAuth if it is
// not authentic under this counter; then dst may have been written, and nothing in
// it is to be believed.
func (o *Opener) OpenRTP(dst, packet []byte, header int, roc uint32) ([]byte, error) {
	tag := o.profile.Tag()
	end := len(packet) - tag
	if header < rtpFixed || header > end || end > cap(dst) {
		return nil, ErrSize
	}
	t, out := &o.rtp, dst[:end]
	high, low := t.start(indexOf(packet[:header], roc))
	if t.cm != nil {
		if !t.cm.mac.verify(packet[end:], packet[:end], roc) {
			return nil, ErrAuth
		}
		t.cm.counter.xor(out[header:], packet[header:end], high, low)
	} else if !t.gcm.open(out[header:], packet[header:], packet[:header], high, low) {
		return nil, ErrAuth
	}
	copy(out, packet[:header])
	return out, nil
}

// OpenRTCP verifies and decrypts packet into dst, as OpenRTP does, and returns
// the plain compound packet with its index. The caller refuses an index that the
// sender, by the SSRC of the packet, has used before (see Window). Packets that
// are authentic but not encrypted are refused with ErrAuth, since RFC 5764 has no
// profile with them.
func (o *Opener) OpenRTCP(dst, packet []byte) (plain []byte, index uint32, err error) {
	end := len(packet) - o.profile.TrailerRTCP()
	if end < rtcpFixed || end > cap(dst) {
		return nil, 0, ErrSize
	}
	t, out := &o.rtcp, dst[:end]
	at := end // of the index
	if t.gcm != nil {
		at += gcmTag
	}
	word := binary.BigEndian.Uint32(packet[at:])
	if word&encrypted == 0 {
		return nil, 0, ErrAuth
	}
	index = word &^ encrypted
	high, low := t.start(binary.BigEndian.Uint32(packet[4:]), uint64(index))
	if t.cm != nil {
		if !t.cm.mac.verify(packet[end+rtcpIndex:], packet[:end], word) {
			return nil, 0, ErrAuth
		}
		t.cm.counter.xor(out[rtcpFixed:], packet[rtcpFixed:end], high, low)
	} else if !t.gcm.open(out[rtcpFixed:], packet[rtcpFixed:at], t.associated(packet, word), high, low) {
		return nil, 0, ErrAuth
	}
	copy(out, packet[:rtcpFixed])
	return out, index, nil
}
