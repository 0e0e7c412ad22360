//go:build !amd64 || purego

package srtp

// What hardware{} never chooses.

func expandKey(key *[16]byte, rounds *[11][16]byte)    { panic("srtp: no AES-NI") }
func expandKey256(key *[32]byte, rounds *[15][16]byte) { panic("srtp: no AES-NI") }
func gcmPowers(powers *[20][16]byte)                   { panic("srtp: no VPCLMULQDQ") }
