//go:build !amd64 || purego

package srtp

// What hardware{} never chooses.

func hashSHA(state *[5]uint32, p *byte, blocks int)                  { panic("srtp: no SHA-NI") }
func hashSHA2(state0, state1 *[5]uint32, p0, p1 *byte, blocks int)   { panic("srtp: no SHA-NI") }
func hashLanes(state *[5][lanes]uint32, p *[lanes]*byte, blocks int) { panic("srtp: no AVX-512") }
