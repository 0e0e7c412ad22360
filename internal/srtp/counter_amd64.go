//go:build amd64 && !purego

package srtp

// xorAES encrypts n bytes in counter mode with AES-NI, eight blocks at a time.
//
//go:noescape
func xorAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int)

// xorVAES does the same with vectors of four blocks, 16 blocks at a time.
//
//go:noescape
func xorVAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int)
