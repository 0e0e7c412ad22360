package payloadtest

// bitWriter writes big-endian bits.
type bitWriter struct {
	b  []byte
	at int
}

func (w *bitWriter) bits(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.at%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.at/8] |= byte(v>>n&1) << (7 - w.at%8)
		w.at++
	}
}

// template is one of a dependency structure.
type template struct {
	temporal    uint8
	indications string // as the AV1 RTP specification prints them
	distances   []uint32
}

// templates are those of one, two and three temporal layers, the keyframe's
// first, then by place in the pattern.
var templates = [][]template{
	{{0, "S", nil}, {0, "S", []uint32{1}}},
	{{0, "SS", nil}, {0, "SS", []uint32{2}}, {1, "-D", []uint32{1}}},
	{{0, "SSS", nil}, {0, "SSS", []uint32{4}}, {1, "-DS", []uint32{2}}, {2, "--D", []uint32{1}}},
}

const firstTemplate = 62 // so that template ids wrap

// dependency writes the dependency descriptor of a packet.
func (s *Stream) dependency(at place, first, last bool) []byte {
	list := templates[max(s.Temporal, 1)-1]
	chosen := 0
	if !at.key {
		chosen = 1 + int(at.temporal)
	}
	var w bitWriter
	w.bits(flag(first), 1)
	w.bits(flag(last), 1)
	w.bits(uint32(firstTemplate+chosen)&63, 6)
	w.bits(uint32(s.Number), 16)
	if at.key && first {
		w.bits(0b10000, 5)
		s.structure(&w, list)
	}
	return w.b
}

func (s *Stream) structure(w *bitWriter, list []template) {
	w.bits(firstTemplate, 6)
	w.bits(uint32(len(list[0].indications)-1), 5)
	for i := range list {
		switch {
		case i == len(list)-1:
			w.bits(3, 2)
		case list[i+1].temporal > list[i].temporal:
			w.bits(1, 2)
		default:
			w.bits(0, 2)
		}
	}
	for _, t := range list {
		for _, c := range t.indications {
			w.bits(map[rune]uint32{'-': 0, 'D': 1, 'S': 2, 'R': 3}[c], 2)
		}
	}
	for _, t := range list {
		for _, d := range t.distances {
			w.bits(1, 1)
			w.bits(d-1, 4)
		}
		w.bits(0, 1)
	}
	// No chains: zero in as many bits as a number up to the targets may need.
	width := 0
	for n := len(list[0].indications) + 1; n > 1; n >>= 1 {
		width++
	}
	w.bits(0, width)
	w.bits(1, 1)
	width, height := s.size()
	w.bits(uint32(width-1), 16)
	w.bits(uint32(height-1), 16)
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
