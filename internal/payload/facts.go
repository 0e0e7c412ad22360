package payload

// Facts are what is known of one packet from its payload descriptor: parsed
// once on arrival, read by every forwarder. A small value without pointers.
type Facts struct {
	Flags    Flags
	Temporal uint8 // layer, 0 if unknown
	Spatial  uint8 // layer, 0 if unknown

	PictureID   uint16 // VP8, VP9: as sent, 7 or 15 bits
	TL0         uint8  // VP8, VP9: TL0PICIDX
	FrameNumber uint16 // AV1: frame_number of the dependency descriptor
	Up          uint8  // with SwitchUp: the highest temporal layer that may be joined

	// Descriptor is how many bytes at the payload's start a rewritten
	// descriptor replaces (see AppendVP8 and AppendVP9); 0: nothing to rewrite.
	Descriptor uint8

	Width    uint16 // of the picture in pixels, on a keyframe where it can be read, else 0
	Height   uint16
	Duration uint16 // Opus: of the packet's sound in 48 kHz samples
}

// Flags of a packet.
type Flags uint16

// The flags.
const (
	// KeyframeStart: the first packet from which a decoder that knows nothing
	// can start: of a keyframe, and of its lowest spatial layer.
	KeyframeStart Flags = 1 << iota
	// FrameStart: the first packet of a frame (of one spatial layer's frame).
	FrameStart
	// FrameEnd: the last packet of a frame (of one spatial layer's frame), where
	// the descriptor says so.
	FrameEnd
	// TemporalSync: this frame needs no earlier frame of its own temporal layer,
	// so that a receiver of the layer below can go up with it.
	TemporalSync
	// SwitchUp: whoever has this frame can decode the later ones of the temporal
	// layers up to Up (the U bit of VP9, a switch indication of AV1).
	SwitchUp
	// Discardable: no other frame needs this one.
	Discardable
	// HasPictureID and HasTL0: the fields of those names are set.
	HasPictureID
	HasTL0
	// WidePictureID: the picture id has 15 bits, not 7.
	WidePictureID
	// HasFrameNumber: FrameNumber is set.
	HasFrameNumber
	// Empty: a packet of padding only.
	Empty
)

// Has reports whether all of want are set.
func (f Flags) Has(want Flags) bool { return f&want == want }
