//go:build amd64 && !purego

package srtp

// expandKey makes the round keys of AES-128, with AES-NI.
//
//go:noescape
func expandKey(key *[16]byte, rounds *[11][16]byte)

// expandKey256 makes those of AES-256.
//
//go:noescape
func expandKey256(key *[32]byte, rounds *[15][16]byte)

// gcmPowers makes the other powers of H from the first, the 17th in the list.
//
//go:noescape
func gcmPowers(powers *[20][16]byte)
