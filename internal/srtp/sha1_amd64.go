//go:build amd64 && !purego

package srtp

// hashSHA takes blocks of 64 bytes from p into a state of SHA-1, with SHA-NI.
//
//go:noescape
func hashSHA(state *[5]uint32, p *byte, blocks int)

// hashSHA2 does it for two messages at a time, in little more than the time of
// one. Three would need more registers than there are.
//
//go:noescape
func hashSHA2(state0, state1 *[5]uint32, p0, p1 *byte, blocks int)

// hashLanes does it for 16 messages at a time, with AVX-512; word by word of their states.
//
//go:noescape
func hashLanes(state *[5][lanes]uint32, p *[lanes]*byte, blocks int)
