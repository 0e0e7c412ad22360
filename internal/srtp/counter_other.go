//go:build !amd64 || purego

package srtp

// What hardware{} never chooses.

func xorAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int)  { panic("srtp: no AES-NI") }
func xorVAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int) { panic("srtp: no VAES") }
