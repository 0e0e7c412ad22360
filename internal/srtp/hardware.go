package srtp

import "strings"

// hardware is which of the implementations written in assembly may be used;
// without any, everything is computed by the standard library.
type hardware struct {
	aes   bool // AES-NI
	vaes  bool // AES on vectors of 512 bits
	sha   bool // SHA-NI
	lanes bool // AVX-512, for many messages at a time
	gcm   bool // AES and products of GHASH on vectors of 512 bits
}

// String names what is used.
func (h hardware) String() string {
	var names []string
	for _, n := range []struct {
		has  bool
		name string
	}{{h.aes, "aes"}, {h.vaes, "vaes"}, {h.sha, "sha"}, {h.lanes, "lanes"}, {h.gcm, "gcm"}} {
		if n.has {
			names = append(names, n.name)
		}
	}
	if names == nil {
		return "generic"
	}
	return strings.Join(names, "+")
}
