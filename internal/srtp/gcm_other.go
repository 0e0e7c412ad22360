//go:build !amd64 || purego

package srtp

// What hardware{} never chooses.

func sealGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte) {
	panic("srtp: no VAES")
}

func openGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte) {
	panic("srtp: no VAES")
}
