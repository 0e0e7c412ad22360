//go:build amd64 && !purego

package srtp

// hashSHA takes blocks of 64 bytes from p into a state of SHA-1, with SHA-NI.
//
//go:noescape
func hashSHA(state *[5]uint32, p *byte, blocks int)

// hashSHA2 does it for two messages at a time: each waits for its own rounds
// two thirds of the time.
//
//go:noescape
func hashSHA2(state0, state1 *[5]uint32, p0, p1 *byte, blocks int)

// hashLanes does it for 16 messages at a time, with AVX-512; the states lie across.
//
//go:noescape
func hashLanes(state *[5][lanes]uint32, p *[lanes]*byte, blocks int)
