package rtc

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"switchyard/internal/srtp"
)

const (
	sendPackets  = 64                // packets that wait for one system call, at most
	sendMessages = 64                // messages of one system call: about 50 us of it
	sendStride   = datagramSize + 64 // from packet to packet, so that they fall on all of the cache
	openRuns     = 128               // places for runs that may go on
)

// transmitter collects sealed packets and sends them in batches (sendmmsg).
// Packets of equal length to one receiver, the last one of a line perhaps shorter,
// go to the kernel as one run (UDP GSO), which passes its network layers once,
// though packets to others came between them: only packets of different lines
// change places by that. It belongs to the loop and never waits: what the kernel
// does not take is dropped and told to its owner.
type transmitter struct {
	sock *udpSocket

	packets  int
	messages [sendMessages]mmsghdr
	contents [sendMessages]runContents
	used     int // messages
	runs     [openRuns]openRun
	batch    uint32
	arena    []byte
	tags     srtp.Batch // of what is sealed in the arena

	calls, joined         atomic.Uint64 // system calls; messages of several packets
	refused               atomic.Uint64 // packets that the kernel had no space for
	unsendable            atomic.Uint64 // packets that can't be sent there
	unsegmented, gsoIsOff atomic.Uint64 // runs sent again packet by packet; 1: for good
}

// runContents are the packets of one message.
type runContents struct {
	vectors [maxSegments]unix.Iovec
	owners  [maxSegments]*slotLine // nil: nobody has to know of a drop
	control [controlSize]byte
}

// openRun is a message that packets of this length to this address may join.
type openRun struct {
	to      *sockaddr
	batch   uint32
	message int
	segment int
	behind  *slotLine // a line with a packet in a later message: it may not join
}

func newTransmitter(s *udpSocket) *transmitter {
	return &transmitter{sock: s, arena: make([]byte, sendPackets*sendStride)}
}

// reserve is where the next packet is to be written: datagramSize bytes of
// whatever stood there. It is valid until push or the next reserve.
func (t *transmitter) reserve() []byte {
	if t.packets == sendPackets || t.used == sendMessages {
		t.flush()
	}
	at := t.packets * sendStride
	return t.arena[at : at+datagramSize : at+datagramSize]
}

// push sends the first n bytes of what reserve returned, some time before flush
// returns. to must stay as it is until then.
func (t *transmitter) push(n int, to *sockaddr, owner *slotLine) {
	b := &t.arena[t.packets*sendStride]
	t.packets++
	run := &t.runs[uintptr(unsafe.Pointer(to))>>6%openRuns]
	if run.to == to && run.batch == t.batch && t.join(run, b, n, owner) {
		return
	}
	m, c := &t.messages[t.used], &t.contents[t.used]
	m.Name, m.Namelen = (*byte)(unsafe.Pointer(&to.raw)), to.len
	m.Iov, m.Iovlen = &c.vectors[0], 1
	c.vectors[0].Base, c.owners[0] = b, owner
	c.vectors[0].SetLen(n)
	switch {
	case !t.sock.gso || n > segmentLimit || atomic.LoadUint32(&to.narrow) != 0:
		run.to = nil
	case run.to == to && run.batch == t.batch && n < run.segment && (run.behind == nil || run.behind == owner):
		run.behind = owner // the run stays open for other lines
	default:
		*run = openRun{to: to, batch: t.batch, message: t.used, segment: n}
	}
	t.used++
}

// join adds a packet to a run; false if it does not fit. A shorter one ends the
// run, so only one of the same line may: it ends a picture.
func (t *transmitter) join(run *openRun, b *byte, n int, owner *slotLine) bool {
	m, c := &t.messages[run.message], &t.contents[run.message]
	k := m.Iovlen
	if owner == nil || owner == run.behind || n > run.segment || n < run.segment && owner != c.owners[k-1] {
		return false
	}
	c.vectors[k].Base, c.owners[k] = b, owner
	c.vectors[k].SetLen(n)
	m.Iovlen++
	if n != run.segment || m.Iovlen == maxSegments {
		run.to = nil
	}
	return true
}

// flush sends what was pushed.
func (t *transmitter) flush() {
	if t.packets == 0 {
		return
	}
	t.tags.Finish()
	for i := range t.used {
		m := &t.messages[i]
		if m.Iovlen > 1 {
			control := &t.contents[i].control
			m.Control = &control[0]
			m.SetControllen(putSegmentSize(control, int(m.Iov.Len)))
			t.joined.Add(1)
		} else {
			m.Control, m.Controllen = nil, 0
		}
	}
	for sent := 0; sent < t.used; {
		n, errno := t.send(t.messages[sent:t.used])
		if sent += n; errno != 0 {
			sent += t.failed(sent, errno)
		}
	}
	t.packets, t.used = 0, 0
	t.batch++
}

// send hands messages to the kernel and returns how many it took. RawSyscall
// keeps the processor, which is worth more here than it would be to others: a
// call never blocks.
func (t *transmitter) send(list []mmsghdr) (n int, errno unix.Errno) {
	t.calls.Add(1)
	got, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, t.sock.fd,
		uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), 0
}

// failed deals with a message that the kernel refused, and returns how many from
// there on are done with.
func (t *transmitter) failed(at int, errno unix.Errno) int {
	m := &t.messages[at]
	switch {
	case errno == unix.EINTR:
		return 0
	case errno == unix.EAGAIN: // the socket's buffer is full, for the others too
		for i := at; i < t.used; i++ {
			t.drop(i, &t.refused)
		}
		return t.used - at
	case errno == unix.ENOBUFS || errno == unix.ENOMEM:
		t.drop(at, &t.refused)
		return 1
	case m.Iovlen > 1 && (errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE):
		t.unsegment(at, errno)
		return 1
	}
	t.drop(at, &t.unsendable)
	return 1
}

// unsegment sends a run that the kernel does not take packet by packet. A card
// without checksums of its own takes none at all (EIO); other errors are of the
// way to one receiver, whose MTU is small.
func (t *transmitter) unsegment(at int, errno unix.Errno) {
	m, c := &t.messages[at], &t.contents[at]
	t.unsegmented.Add(1)
	if errno == unix.EIO {
		t.sock.gso = false
		t.gsoIsOff.Store(1)
	} else {
		atomic.StoreUint32(&(*sockaddr)(unsafe.Pointer(m.Name)).narrow, 1)
	}
	one := [1]mmsghdr{*m}
	one[0].Control, one[0].Controllen, one[0].Iovlen = nil, 0, 1
	for i := range m.Iovlen {
		one[0].Iov = &c.vectors[i]
		switch _, errno := t.send(one[:]); errno {
		case 0:
			continue
		case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM:
			t.refused.Add(1)
		default:
			t.unsendable.Add(1)
		}
		c.owners[i].dropped()
	}
}

// drop counts the packets of a message and tells their owners.
func (t *transmitter) drop(at int, why *atomic.Uint64) {
	n := t.messages[at].Iovlen
	why.Add(n)
	for _, owner := range t.contents[at].owners[:n] {
		owner.dropped()
	}
}
