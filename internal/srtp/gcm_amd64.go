//go:build amd64 && !purego

package srtp

// sealGCM encrypts n bytes and writes the 16 bytes of the tag, which covers size
// bytes of data before them.
//
//go:noescape
func sealGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte)

// openGCM decrypts n bytes and writes the tag that they should have.
//
//go:noescape
func openGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte)
