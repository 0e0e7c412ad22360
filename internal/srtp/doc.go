// Package srtp seals and opens SRTP and SRTCP packets (RFC 3711, RFC 7714) for a
// server that forwards: one packet is opened once and sealed for every receiver,
// so sealing takes its payload from elsewhere, allocates nothing, takes no lock
// and looks up no map.
//
// Keys and state are apart. A Sealer or an Opener has the keys of one direction
// of one peer. What is counted for a stream is kept by whoever knows the stream: an
// Incoming for each SSRC, a Window for each sender of SRTCP. Numbers of what is sent
// are the caller's.
// Nothing here may be used by two goroutines at a time.
//
// What RFC 3711 makes optional and DTLS-SRTP (RFC 5764) does not use is left out:
// master key identifiers, key derivation rates, unencrypted or unauthenticated
// packets.
package srtp
