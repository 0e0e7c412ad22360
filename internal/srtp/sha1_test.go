package srtp

import "testing"

// BenchmarkSHA1 is of a packet of 1200 bytes, which are 20 blocks with the key's
// sum; the time is that of one.
func BenchmarkSHA1(b *testing.B) {
	const blocks = 20
	hw, buf := detect(), make([]byte, lanes*2048)
	if hw.sha {
		b.Run("one", func(b *testing.B) {
			var s sha1State
			for b.Loop() {
				hashSHA(&s, &buf[0], blocks)
			}
		})
		b.Run("two", func(b *testing.B) {
			var s0, s1 sha1State
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					hashSHA2(&s0, &s1, &buf[0], &buf[2048], blocks)
				}
			}
		})
	}
	if hw.lanes {
		b.Run("lanes", func(b *testing.B) {
			var l laneStates
			for i := range l.next {
				l.next[i] = &buf[2048*i]
			}
			for i := 0; b.Loop(); i++ {
				if i%lanes == 0 {
					hashLanes(&l.state, &l.next, blocks)
				}
			}
		})
	}
}
