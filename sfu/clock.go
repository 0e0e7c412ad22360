package sfu

// peerClock relates the clock of one publisher's transport to the server's. It
// is shared by everything that the transport publishes, so that sound and
// picture of one publisher stay together. The zero value is ready; it belongs
// to the loop.
type peerClock struct {
}

// encodingClock relates the RTP timestamps of one encoding to the server's clock.
type encodingClock struct {
}
