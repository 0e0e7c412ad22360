package rtc

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// refuses has the first message of those that wait fail, as if by the kernel, and
// returns how many are done with.
func (w *wire) refuses(errno unix.Errno) int {
	return w.tx.failed(0, errno)
}

// TestRefusedMessages: what is done with the first message that the kernel does
// not take depends on why, and no owner of a packet that is dropped is told
// twice before it has heard.
func TestRefusedMessages(t *testing.T) {
	// A run of the first slot's and the second's, and a message each of the
	// third's, of nobody's and of the third's.
	for name, c := range map[string]struct {
		errno               unix.Errno
		done                int
		refused, unsendable uint64
		dropped             []bool // slots whose packets were
	}{
		"interrupted call": {unix.EINTR, 0, 0, 0, []bool{false, false, false, false}},
		"socket full":      {unix.EAGAIN, 4, 8, 0, []bool{true, true, true, false}},
		"queue full":       {unix.ENOBUFS, 1, 5, 0, []bool{true, true, false, false}},
		"memory full":      {unix.ENOMEM, 1, 5, 0, []bool{true, true, false, false}},
		"forbidden":        {unix.EPERM, 1, 0, 5, []bool{true, true, false, false}},
		"no way":           {unix.ENETUNREACH, 1, 0, 5, []bool{true, true, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, "127.0.0.1", "127.0.0.1", "127.0.0.1")
			slots, loop := owned(t, 4)
			for i := range 5 {
				w.push(0, 500, slots[i%2])
			}
			w.push(1, 300, slots[2])
			w.push(0, 100, nil)
			w.push(0, 100, slots[2])
			if n := w.refuses(c.errno); n != c.done {
				t.Errorf("%d messages are done with, not %d", n, c.done)
			}
			if n, m := w.tx.refused.Load(), w.tx.unsendable.Load(); n != c.refused || m != c.unsendable {
				t.Errorf("%d packets found no space and %d no way", n, m)
			}
			if got := interrupted(slots); !slices.Equal(got, c.dropped) {
				t.Errorf("interrupted: %v", got)
			}
			told := 0
			for _, dropped := range c.dropped {
				if dropped {
					told++
				}
			}
			if loop.posts != told {
				t.Errorf("%d functions were posted for %d slots", loop.posts, told)
			}
			loop.Run()
			if got := interrupted(slots); slices.Contains(got, true) {
				t.Errorf("still interrupted after the loop has run: %v", got)
			}
			if !w.sock.gso || w.to[0].narrow+w.to[1].narrow > 0 || w.tx.gsoIsOff.Load() != 0 {
				t.Error("runs are given up for want of space")
			}
			w.reads(0)
			w.reads(1)
		})
	}
}

// TestRunThatIsNotTaken: a run that the kernel refuses goes packet by packet, in
// order. A card that takes none ends runs for all, another error for the one
// receiver.
func TestRunThatIsNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		errno  unix.Errno
		narrow bool
		after  []int // messages of the next packets: three to one receiver, three to another
	}{
		"a small MTU":            {unix.EINVAL, true, []int{1, 1, 1, 3}},
		"a small MTU, found out": {unix.EMSGSIZE, true, []int{1, 1, 1, 3}},
		"no checksums":           {unix.EIO, false, []int{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, "127.0.0.1", "127.0.0.1", "127.0.0.1")
			slots, loop := owned(t, 2)
			var sent [][]byte
			for i := range 5 {
				sent = append(sent, w.push(0, 500-i/4, slots[0]))
			}
			if n := w.refuses(c.errno); n != 1 {
				t.Errorf("%d messages are done with", n)
			}
			w.reads(0, sent...)
			if first := w.to[0].narrow == 1; first != c.narrow || w.to[1].narrow != 0 {
				t.Errorf("narrow: %v and %v", first, w.to[1].narrow)
			}
			if off := w.tx.gsoIsOff.Load() == 1; off == c.narrow || w.sock.gso == off {
				t.Errorf("runs are off: %v, %v", off, !w.sock.gso)
			}
			if n := w.tx.unsegmented.Load(); n != 1 {
				t.Errorf("%d runs were taken apart", n)
			}
			if n := w.tx.refused.Load() + w.tx.unsendable.Load(); n > 0 || loop.posts > 0 {
				t.Errorf("%d packets were dropped, %d slots told", n, loop.posts)
			}
			w.tx = newTransmitter(w.sock)
			for i := range 6 {
				w.push(i/3, 100, slots[i/3])
			}
			if got := w.tx.lengths(); !slices.Equal(got, c.after) {
				t.Errorf("then messages of %v packets, not %v", got, c.after)
			}
		})
	}
}

// TestKernelTakesNoRuns: the same with a kernel that does refuse, as it does
// where a socket sends without checksums: nothing is lost or sent twice, and the
// receiver gets no more runs.
func TestKernelTakesNoRuns(t *testing.T) {
	w := newWire(t, "127.0.0.1", "127.0.0.1", "127.0.0.1")
	if err := unix.SetsockoptInt(int(w.sock.fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
		t.Fatal(err)
	}
	line := lines(2)
	for round := range 3 {
		var sent [2][][]byte
		for i := range 50 {
			to := i / 20 % 2
			sent[to] = append(sent[to], w.push(to, 700, line(to)))
		}
		w.tx.flush()
		w.reads(0, sent[0]...)
		w.reads(1, sent[1]...)
		if n := w.tx.unsegmented.Load(); n != 4 {
			t.Errorf("round %d: %d runs were taken apart, not 4", round, n)
		}
		if w.to[0].narrow+w.to[1].narrow != 2 {
			t.Error("the receivers are not known to take no runs")
		}
	}
	if n := w.tx.refused.Load() + w.tx.unsendable.Load(); n > 0 {
		t.Errorf("%d packets were refused", n)
	}
}

// TestUnreachable: packets to where nothing can be sent are dropped and told to
// their owners alone; the others of the batch arrive.
func TestUnreachable(t *testing.T) {
	w := newWire(t, "127.0.0.1", "127.0.0.1", "127.0.0.1")
	slots, loop := owned(t, 4)
	nowhere := rigSockaddr(false, netip.MustParseAddrPort("127.0.0.1:0"))
	far := rigSockaddr(false, netip.MustParseAddrPort("240.0.0.1:9")) // not from the loopback device
	w.to = append(w.to, &nowhere, &far)
	var sent [2][][]byte
	pushed := uint64(0)
	for round := range 4 {
		for to := range w.to {
			for i := range 1 + (round+to)%4 {
				pushed += 2
				b := w.push(to, 300-i, slots[to])
				if to < len(sent) {
					sent[to] = append(sent[to], b)
				}
				b = w.push(to, 200, slots[to])
				if to < len(sent) {
					sent[to] = append(sent[to], b)
				}
			}
		}
	}
	w.tx.flush()
	w.reads(0, sent[0]...)
	w.reads(1, sent[1]...)
	arrived := uint64(len(sent[0]) + len(sent[1]))
	if n := w.tx.refused.Load() + w.tx.unsendable.Load(); n != pushed-arrived {
		t.Errorf("%d packets are counted as dropped of %d", n, pushed-arrived)
	}
	if n := w.tx.refused.Load(); n > 0 {
		t.Errorf("%d packets are said to have found no space, and had no way", n)
	}
	if got := interrupted(slots); !slices.Equal(got, []bool{false, false, true, true}) || loop.posts != 2 {
		t.Errorf("interrupted: %v, by %d functions", got, loop.posts)
	}
}
