package sfu

// anyLayer as a limit lets every layer through.
const anyLayer int8 = 127

// forwarder is the packet path of one subscription: one unbroken RTP stream
// whatever publication, encoding, layer or codec flows underneath. It belongs
// to the loop. After the first seconds it allocates nothing.
type forwarder struct {
	kind Kind
	sink Sink
	// onSwitch, if set, is told before the first packet of another encoding (or
	// of the same one after an interruption) is written: the publication's
	// number and that packet's timestamp.
	onSwitch func(number, firstTimestamp uint32)
}

// newForwarder makes a forwarder that carries nothing, with all layers.
func newForwarder(kind Kind, sink Sink, onSwitch func(number, firstTimestamp uint32)) *forwarder {
	return &forwarder{kind: kind, sink: sink, onSwitch: onSwitch}
}

// carry makes e, an encoding of the publication with this number, the one to be
// forwarded; nil: nothing, at once. Video switches at a keyframe of e, audio at
// e's next packet; with stopNow what flows so far stops at once, otherwise it
// flows until then. To carry what is carried already changes nothing, and takes
// back a switch that has not happened yet.
func (f *forwarder) carry(e *encoding, number uint32, stopNow bool) {}

// setLayers limits the layers of whatever is carried; anyLayer: no limit.
// A lower limit holds from the next frame on, a higher one from the next frame
// where the codec allows it.
func (f *forwarder) setLayers(maxSpatial, maxTemporal int8) {}

// pause stops the flow or lets it go on; video goes on at a keyframe.
func (f *forwarder) pause(paused bool) {}

// forward takes packets that were just committed on e and writes those that
// belong into the slot, by one call of Sink.WriteRTP. It must be called for the
// encoding that flows and for the one that is waited for; packets of any other
// encoding only fill gaps that were left for them.
func (f *forwarder) forward(e *encoding, batch []*Packet, now int64) {}

// retransmit answers a NACK for these sequence numbers of the slot from the
// histories: each at most a few times, and not faster than a round trip.
func (f *forwarder) retransmit(seqs []uint16, now int64) {}

// waiting is the encoding of which a keyframe is needed, if any.
func (f *forwarder) waiting() (e *encoding, ok bool) { return nil, false }

// flows is the encoding whose packets are being written, or nil.
func (f *forwarder) flows() *encoding { return nil }

// forget drops what is remembered of e, so that its history can be freed: its
// publication has ended.
func (f *forwarder) forget(e *encoding) {}
