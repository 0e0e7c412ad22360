package rtc

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lengths are how many packets each message has that waits to be sent.
func (t *transmitter) lengths() (list []int) {
	for i := range t.used {
		list = append(list, int(t.messages[i].Iovlen))
	}
	return list
}

// pushed is a number of packets of one length and one line to one receiver.
type pushed struct{ n, size, to, line int }

// nobody is the line of what no line sends.
const nobody = -1

// lines makes slots to be the owners of packets.
func lines(n int) func(int) *slotLine {
	list := make([]slotLine, n)
	return func(line int) *slotLine {
		if line == nobody {
			return nil
		}
		return &list[line]
	}
}

// TestRuns: packets of equal length to one receiver, the last one of a line
// perhaps shorter, are one message, if the socket, the receiver and their size
// allow it, and no packet overtakes one of its line.
func TestRuns(t *testing.T) {
	for name, c := range map[string]struct {
		packets []pushed
		off     bool // the socket takes no runs
		narrow  bool // the first receiver takes none
		want    []int
	}{
		"one":                      {packets: []pushed{{1, 100, 0, 0}}, want: []int{1}},
		"equal":                    {packets: []pushed{{5, 100, 0, 0}}, want: []int{5}},
		"equal of two lines":       {packets: []pushed{{2, 100, 0, 0}, {1, 100, 0, 1}, {2, 100, 0, 0}}, want: []int{5}},
		"a shorter one ends it":    {packets: []pushed{{3, 100, 0, 0}, {1, 99, 0, 0}, {2, 99, 0, 0}}, want: []int{4, 2}},
		"the shortest":             {packets: []pushed{{3, 2, 0, 0}, {2, 1, 0, 0}}, want: []int{4, 1}},
		"a longer one begins anew": {packets: []pushed{{2, 100, 0, 0}, {2, 101, 0, 0}}, want: []int{2, 2}},
		"after a shorter a longer": {packets: []pushed{{2, 100, 0, 0}, {1, 50, 0, 0}, {2, 100, 0, 0}}, want: []int{3, 2}},
		"a shorter one of another": {packets: []pushed{{2, 100, 0, 0}, {1, 50, 0, 1}, {2, 100, 0, 0}}, want: []int{4, 1}},
		"which does not overtake":  {packets: []pushed{{2, 100, 0, 0}, {1, 50, 0, 1}, {1, 100, 0, 1}}, want: []int{2, 1, 1}},
		"shorter ones of another":  {packets: []pushed{{2, 100, 0, 0}, {2, 50, 0, 1}, {2, 100, 0, 0}}, want: []int{4, 1, 1}},
		"shorter ones of nobody":   {packets: []pushed{{2, 100, 0, 0}, {2, 50, 0, nobody}, {2, 100, 0, 0}}, want: []int{4, 1, 1}},
		"another receiver":         {packets: []pushed{{2, 100, 0, 0}, {1, 100, 1, 2}, {2, 100, 0, 0}}, want: []int{4, 1}},
		"receivers in turn":        {packets: []pushed{{1, 100, 0, 0}, {1, 100, 1, 2}, {1, 100, 0, 0}, {1, 100, 1, 2}}, want: []int{2, 2}},
		"narrow":                   {packets: []pushed{{3, 100, 0, 0}, {3, 100, 1, 2}}, narrow: true, want: []int{1, 1, 1, 3}},
		"off":                      {packets: []pushed{{3, 100, 0, 0}, {2, 100, 1, 2}}, off: true, want: []int{1, 1, 1, 1, 1}},
		"the longest":              {packets: []pushed{{3, segmentLimit, 0, 0}}, want: []int{3}},
		"too long":                 {packets: []pushed{{3, segmentLimit + 1, 0, 0}}, want: []int{1, 1, 1}},
		"one too long before":      {packets: []pushed{{1, 1500, 0, 0}, {2, 100, 0, 0}}, want: []int{1, 2}},
		"one too long after":       {packets: []pushed{{2, 100, 0, 0}, {1, 1500, 0, 0}, {1, 100, 0, 0}}, want: []int{2, 1, 1}},
		"many":                     {packets: []pushed{{40, 100, 0, 0}}, want: []int{16, 16, 8}},
		"many, and a shorter one":  {packets: []pushed{{15, 100, 0, 0}, {1, 50, 0, 0}, {1, 100, 0, 0}}, want: []int{16, 1}},
		"a shorter one too many":   {packets: []pushed{{16, 100, 0, 0}, {1, 50, 0, 0}, {1, 50, 0, 0}}, want: []int{16, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, "127.0.0.1", "127.0.0.1", "127.0.0.1")
			w.sock.gso = !c.off
			if c.narrow {
				w.to[0].narrow = 1
			}
			line := lines(3)
			sent := newDispatch(2)
			for _, p := range c.packets {
				for range p.n {
					sent.add(p.to, p.line, w.push(p.to, p.size, line(p.line)))
				}
			}
			if got := w.tx.lengths(); !slices.Equal(got, c.want) {
				t.Errorf("messages of %v packets, not %v", got, c.want)
			}
			w.tx.flush()
			if n := w.tx.calls.Load(); n != 1 {
				t.Errorf("%d system calls", n)
			}
			runs := uint64(0)
			for _, n := range c.want {
				if n > 1 {
					runs++
				}
			}
			if n := w.tx.joined.Load(); n != runs {
				t.Errorf("%d runs are counted, not %d", n, runs)
			}
			sent.arrives(w)
		})
	}
}

// TestSentAsPushed: whatever the lengths, the lines and the receivers, each gets
// its packets as they were pushed, those of a line in their order, over IPv4 and
// IPv6, and the buffers are used again.
func TestSentAsPushed(t *testing.T) {
	for _, c := range []struct {
		name, addr string
		receivers  []string
	}{
		{"IPv4", "127.0.0.1", []string{"127.0.0.1", "127.0.0.1", "127.0.0.2"}},
		{"IPv6", "::1", []string{"::1", "::1"}},
		{"both", "", []string{"127.0.0.1", "::1", "127.0.0.1", "::1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t, c.addr, c.receivers...)
			random := rand.New(rand.NewPCG(3, 14))
			line := lines(3 * len(c.receivers))
			for round := range 25 {
				sent := newDispatch(len(c.receivers))
				to, size, of := 0, 8, 0
				for range random.IntN(2 * sendPackets) { // some more than one system call takes
					switch random.IntN(8) {
					case 0:
						to = random.IntN(len(c.receivers))
					case 1:
						size = 8 + random.IntN(1500-8)
					case 2:
						size = 8 + random.IntN(size-7)
					case 3:
						to, size = random.IntN(len(c.receivers)), 1200
					case 4:
						of = random.IntN(4) - 1
					}
					owner := nobody
					if of != nobody {
						owner = 3*to + of
					}
					sent.add(to, owner, w.push(to, size, line(owner)))
				}
				w.tx.flush()
				w.tx.flush() // of nothing
				sent.arrives(w)
				if n := w.tx.refused.Load() + w.tx.unsendable.Load() + w.tx.unsegmented.Load(); n > 0 {
					t.Fatalf("round %d: %d packets were refused", round, n)
				}
			}
			if w.tx.joined.Load() < 100 {
				t.Errorf("only %d runs", w.tx.joined.Load())
			}
		})
	}
}

// TestSegmentSize: what asks the kernel for segments is laid out as it wants it.
func TestSegmentSize(t *testing.T) {
	var control [controlSize]byte
	n := putSegmentSize(&control, 1234)
	list, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(list) != 1 || list[0].Header.Level != unix.IPPROTO_UDP || list[0].Header.Type != unix.UDP_SEGMENT ||
		len(list[0].Data) != 2 || binary.NativeEndian.Uint16(list[0].Data) != 1234 {
		t.Errorf("%+v, %v", list, err)
	}
	if size := unsafe.Sizeof(mmsghdr{}); size != 64 {
		t.Errorf("struct mmsghdr has %d bytes", size)
	}
}

// TestTransmitterAllocates: sending makes no garbage.
func TestTransmitterAllocates(t *testing.T) {
	w := newWire(t, "127.0.0.1", "127.0.0.1")
	line := lines(2)
	if n := testing.AllocsPerRun(50, func() {
		for i := range 20 {
			w.tx.reserve()
			w.tx.push(200-i/5, w.to[0], line(i%2))
		}
		w.tx.flush()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
