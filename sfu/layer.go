package sfu

import "switchyard/internal/payload"

// anyLayer as a limit lets every layer through.
const anyLayer int8 = 127

// layerLimit is which layers of an encoding flow, and which shall.
type layerLimit struct {
	spatial, temporal         int8
	wantSpatial, wantTemporal int8
}

// keyframe lets flow what is wanted: everything can begin here.
func (l *layerLimit) keyframe() { l.spatial, l.temporal = l.wantSpatial, l.wantTemporal }

// adjust moves the limits towards what is wanted as far as this packet, the
// next in order, allows it, and reports whether they changed. Nothing changes
// inside a picture.
func (l *layerLimit) adjust(f *payload.Facts) bool {
	if !f.Flags.Has(payload.FrameStart) || f.Spatial != 0 {
		return false
	}
	old := *l
	if f.Flags.Has(payload.KeyframeStart) {
		l.keyframe()
		return *l != old
	}
	l.spatial = min(l.spatial, l.wantSpatial)
	l.temporal = min(l.temporal, l.wantTemporal)
	if l.temporal < l.wantTemporal {
		tid := int8(f.Temporal)
		switch {
		case f.Flags.Has(payload.SwitchUp) && tid <= l.temporal:
			l.temporal = max(l.temporal, min(l.wantTemporal, int8(f.Up)))
		case f.Flags.Has(payload.TemporalSync) && tid == l.temporal+1:
			l.temporal++
		}
	}
	return *l != old
}

// above reports whether a packet lies above limits.
func above(f *payload.Facts, spatial, temporal int8) bool {
	return int8(f.Spatial) > spatial || int8(f.Temporal) > temporal
}
