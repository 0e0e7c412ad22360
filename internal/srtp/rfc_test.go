package srtp

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKeyDerivation is RFC 3711 appendix B.3.
func TestKeyDerivation(t *testing.T) {
	master, err := aes.NewCipher(unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"))
	if err != nil {
		t.Fatal(err)
	}
	salt := unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	for _, c := range []struct {
		label byte
		want  string
	}{
		{labelRTPEncryption, "C61E7A93744F39EE10734AFE3FF7A087"},
		{labelRTPSalt, "30CBBC08863D8C85D49DB34A9AE1"},
		{labelRTPAuthentication, `CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
			E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576
			6B68642C59BBFC2F34DB60DBDFB2`},
	} {
		want := unhex(t, c.want)
		if got := derive(master, salt, c.label, len(want)); !bytes.Equal(got, want) {
			t.Errorf("label %d: %x, want %x", c.label, got, want)
		}
	}
}

// TestKeystream is RFC 3711 appendix B.2.
func TestKeystream(t *testing.T) {
	for _, hw := range levels() {
		keys := sessionKeys{
			cipher: unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C"),
			salt:   unhex(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
			auth:   make([]byte, cmAuthKey),
		}
		x, err := newTransform(AES128CMSHA1_80, keys, hw)
		if err != nil {
			t.Fatal(err)
		}
		const blocks = 0xff02
		stream := make([]byte, blocks*aes.BlockSize)
		high, low := x.start(0, 0)
		x.cm.counter.xor(stream, stream, high, low)
		first := unhex(t, "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0")
		last := unhex(t, "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44")
		if !bytes.HasPrefix(stream, first) {
			t.Errorf("%v: the key stream begins with %x", hw, stream[:48])
		}
		if !bytes.HasSuffix(stream, last) {
			t.Errorf("%v: the key stream ends with %x", hw, stream[len(stream)-48:])
		}
	}
}

// TestGCM is RFC 7714 sections 16.1.1, 16.2.1, 17.1 and 17.2, whose keys are
// session keys.
func TestGCM(t *testing.T) {
	rtp := unhex(t, `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573`)
	rtcp := unhex(t, `81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef`)
	for _, c := range []struct {
		profile             Profile
		key, sealed, report string
	}{
		{AEADAES128GCM, "000102030405060708090a0b0c0d0e0f",
			`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d
			7f27beb1 6a9152cf 765ee439 0cce`,
			`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b
			c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`},
		{AEADAES256GCM, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
			`8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3
			db36dfff d6b0f9bb 7878d7a7 6c13`,
			`81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad
			1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4`},
	} {
		for _, hw := range levels() {
			keys := sessionKeys{cipher: unhex(t, c.key), salt: unhex(t, "517569642070726f2071756f")}
			x, err := newTransform(c.profile, keys, hw)
			if err != nil {
				t.Fatal(err)
			}
			s := &Sealer{profile: c.profile, rtp: x, rtcp: x, index: 0x5d3}
			o := &Opener{profile: c.profile, rtp: x, rtcp: x}

			packet := append(make([]byte, 0, 100), rtp[:12]...)
			sealed := s.SealRTP(packet, 12, rtp[12:], 0)
			if want := unhex(t, c.sealed); !bytes.Equal(sealed, want) {
				t.Errorf("%v %v: sealed %x, want %x", c.profile, hw, sealed, want)
			}
			if plain, err := o.OpenRTP(make([]byte, 100), sealed, 12, 0); err != nil || !bytes.Equal(plain, rtp) {
				t.Errorf("%v %v: opened %x, %v", c.profile, hw, plain, err)
			}
			sealed, err = s.SealRTCP(make([]byte, 0, 100), rtcp)
			if want := unhex(t, c.report); err != nil || !bytes.Equal(sealed, want) {
				t.Errorf("%v %v: sealed report %x, %v, want %x", c.profile, hw, sealed, err, want)
			}
			plain, index, err := o.OpenRTCP(make([]byte, 100), sealed)
			if err != nil || !bytes.Equal(plain, rtcp) || index != 0x5d4 {
				t.Errorf("%v %v: opened report %x, index %x, %v", c.profile, hw, plain, index, err)
			}
		}
	}
}
