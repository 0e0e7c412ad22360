package srtp

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

var profiles = []Profile{AES128CMSHA1_80, AEADAES128GCM, AEADAES256GCM}

// levels are the sets of instructions that this machine can be held to, from none
// to all.
func levels() []hardware {
	all := detect()
	list := []hardware{{}}
	for _, h := range []hardware{
		{aes: true}, {sha: true}, {lanes: true}, {aes: true, sha: true}, {aes: true, vaes: true, lanes: true}, {gcm: true},
		{aes: true, vaes: true, sha: true, lanes: true, gcm: true},
	} {
		h = hardware{h.aes && all.aes, h.vaes && all.vaes, h.sha && all.sha, h.lanes && all.lanes, h.gcm && all.gcm}
		if !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	return list
}

// pair is both ends of one key.
type pair struct {
	key, salt []byte
	seal      *Sealer
	open      *Opener
}

func newPair(t testing.TB, p Profile, seed uint64, hw hardware) *pair {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, uint64(p)))
	x := &pair{key: noise(r, p.KeyLen()), salt: noise(r, p.SaltLen())}
	var err error
	if x.seal, err = newSealer(p, x.key, x.salt, hw); err != nil {
		t.Fatal(err)
	}
	if x.open, err = newOpener(p, x.key, x.salt, hw); err != nil {
		t.Fatal(err)
	}
	return x
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n:n]
}

// rtpHeaderOf makes a header with some CSRCs and perhaps an extension.
func rtpHeaderOf(r *rand.Rand, ssrc uint32, seq uint16) []byte {
	csrcs, extension := r.IntN(3), r.IntN(4)
	h := noise(r, 12+4*csrcs)
	h[0] = 0x80 | byte(csrcs)
	h[1] = 96
	binary.BigEndian.PutUint16(h[2:], seq)
	binary.BigEndian.PutUint32(h[8:], ssrc)
	if extension > 0 {
		h[0] |= 0x10
		h = binary.BigEndian.AppendUint16(append(h, 0xBE, 0xDE), uint16(extension))
		h = append(h, make([]byte, 4*extension)...)
	}
	return h
}

// reportOf makes a receiver report whose length, with padding words, is n, a
// multiple of four.
func reportOf(r *rand.Rand, n int) []byte {
	b := noise(r, n)
	b[0], b[1] = 0x80, 201
	binary.BigEndian.PutUint16(b[2:], uint16(n/4-1))
	return b
}
