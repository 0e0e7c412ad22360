package rtc

import (
	"bytes"
	"slices"
)

// dispatch is what was pushed and has not arrived: by receiver and line.
type dispatch []map[int][][]byte

func newDispatch(receivers int) dispatch {
	d := make(dispatch, receivers)
	for i := range d {
		d[i] = make(map[int][][]byte)
	}
	return d
}

func (d dispatch) add(to, line int, b []byte) { d[to][line] = append(d[to][line], b) }

// arrives reads all of it: each packet once, at its receiver, none before an
// earlier one of its line.
func (d dispatch) arrives(w *wire) {
	w.Helper()
	for i := range d {
		left := 0
		for _, list := range d[i] {
			left += len(list)
		}
		for ; left > 0; left-- {
			b, found := w.read(i), false
			for line, list := range d[i] {
				place := 0
				for line == nobody && place < len(list)-1 && !bytes.Equal(list[place], b) {
					place++ // whose order means nothing
				}
				if len(list) > 0 && bytes.Equal(list[place], b) {
					d[i][line], found = slices.Delete(list, place, place+1), true
					break
				}
			}
			if !found {
				w.Fatalf("receiver %d got a packet of %d bytes that is not next of any line", i, len(b))
			}
		}
		w.reads(i)
	}
}
