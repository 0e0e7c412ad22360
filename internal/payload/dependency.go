package payload

// Dependencies is the template structure of one AV1 stream, by which its
// dependency descriptors (AV1 RTP specification, appendix A) are read. It comes
// with a keyframe and holds until the next. The zero value knows nothing yet.
type Dependencies struct {
	offset    uint8
	templates uint8
	targets   uint8 // decode targets
	layers    [64]layer
	// indications of each template, two bits a decode target from the lowest.
	indications [64]uint64
	reach       [32]layer // of each decode target
}

type layer struct{ spatial, temporal uint8 }

// The decode target indications (section A.5).
const (
	notPresent = iota
	discardable
	switchable
)

// parse reads a descriptor into f. Without a structure only the mandatory
// fields are known.
func (d *Dependencies) parse(b []byte, f *Facts) bool {
	if len(b) < 3 {
		return false
	}
	r := bitReader{b: b}
	start, end := r.flag(), r.flag()
	template := uint8(r.bits(6))
	f.FrameNumber = uint16(r.bits(16))
	f.Flags |= HasFrameNumber
	if start {
		f.Flags |= FrameStart
	}
	if end {
		f.Flags |= FrameEnd
	}
	structure, active, indicated := false, false, false
	if len(b) > 3 {
		structure, active, indicated = r.flag(), r.flag(), r.flag()
		r.skip(2)
	}
	if structure {
		var next Dependencies
		next.read(&r, f)
		if r.failed {
			return false
		}
		*d = next
	}
	if active {
		r.skip(int(d.targets))
	}
	i := (template - d.offset) & 63
	if i >= d.templates {
		return d.templates == 0
	}
	f.Spatial, f.Temporal = d.layers[i].spatial, d.layers[i].temporal
	marks := d.indications[i]
	if indicated {
		marks = 0
		for t := range d.targets {
			marks |= uint64(r.bits(2)) << (2 * t)
		}
	}
	if r.failed {
		return false
	}
	d.judge(marks, f)
	return true
}

// judge says what the frame means for going up and leaving out.
func (d *Dependencies) judge(marks uint64, f *Facts) {
	needed := false
	for t := range d.targets {
		mark := marks >> (2 * t) & 3
		needed = needed || mark > discardable
		if reach := d.reach[t]; mark == switchable && reach.spatial >= f.Spatial {
			f.Flags |= SwitchUp
			f.Up = max(f.Up, reach.temporal)
		}
	}
	if !needed && d.targets > 0 {
		f.Flags |= Discardable
	}
}

// read reads a template dependency structure.
func (d *Dependencies) read(r *bitReader, f *Facts) {
	d.offset = uint8(r.bits(6))
	d.targets = uint8(r.bits(5)) + 1
	var at layer
	for {
		d.layers[d.templates] = at
		d.templates++
		idc := r.bits(2)
		switch idc {
		case 1:
			at.temporal++
		case 2:
			at.temporal = 0
			at.spatial++
		}
		if idc == 3 {
			break
		}
		if r.failed || at.temporal > 7 || at.spatial > 3 || int(d.templates) == len(d.layers) {
			r.failed = true
			return
		}
	}
	for i := range d.templates {
		for t := range d.targets {
			mark := r.bits(2)
			d.indications[i] |= uint64(mark) << (2 * t)
			if mark != notPresent {
				d.reach[t].spatial = max(d.reach[t].spatial, d.layers[i].spatial)
				d.reach[t].temporal = max(d.reach[t].temporal, d.layers[i].temporal)
			}
		}
	}
	for range d.templates {
		for r.flag() {
			r.skip(4)
		}
	}
	if chains := r.ns(uint32(d.targets) + 1); chains > 0 {
		for range d.targets {
			r.ns(chains)
		}
		r.skip(4 * int(d.templates) * int(chains))
	}
	if resolutions := r.flag(); resolutions {
		for range at.spatial + 1 {
			f.Width, f.Height = uint16(r.bits(16)+1), uint16(r.bits(16)+1)
		}
	}
}
