package rtc

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"switchyard/internal/srtp"
)

const (
	sendPackets  = 128               // packets that wait for one system call, at most
	sendMessages = 64                // messages of one system call: about 50 us of it
	sendStride   = datagramSize + 64 // from packet to packet, so that they fall on all of the cache
)

// transmitter collects sealed packets and sends them in batches (sendmmsg).
// Packets of equal length to one receiver that follow each other, the last one
// perhaps shorter, go to the kernel as one run (UDP GSO), which passes its
// network layers once. It belongs to the loop and never waits: what the kernel
// does not take is dropped and told to its owner.
type transmitter struct {
	sock *udpSocket

	packets  int
	vectors  [sendPackets]unix.Iovec
	owners   [sendPackets]*slotLine // nil: nobody has to know of a drop
	messages [sendMessages]mmsghdr
	control  [sendMessages][controlSize]byte
	used     int // messages
	open     bool
	segment  uint64 // length of the packets of the open run
	to       *sockaddr
	arena    []byte
	tags     srtp.Batch // of what is sealed in the arena

	calls, runs         atomic.Uint64 // system calls; messages of several packets
	refused             atomic.Uint64 // packets that the kernel had no space for
	unsendable          atomic.Uint64 // packets that can't be sent there
	unsegmented, gsoOff atomic.Uint64 // runs sent again packet by packet; 1: for good
}

func newTransmitter(s *udpSocket) *transmitter {
	t := &transmitter{sock: s, arena: make([]byte, sendPackets*sendStride)}
	for i := range t.vectors {
		t.vectors[i].Base = &t.arena[i*sendStride]
	}
	return t
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
	v := &t.vectors[t.packets]
	v.SetLen(n)
	t.owners[t.packets] = owner
	t.packets++
	if t.open && to == t.to && uint64(n) <= t.segment {
		m := &t.messages[t.used-1]
		m.Iovlen++
		// A shorter one ends the run.
		t.open = uint64(n) == t.segment && m.Iovlen < maxSegments
		return
	}
	m := &t.messages[t.used]
	t.used++
	m.Name, m.Namelen = (*byte)(unsafe.Pointer(&to.raw)), to.len
	m.Iov, m.Iovlen = v, 1
	t.to, t.segment = to, uint64(n)
	t.open = t.sock.gso && n <= segmentLimit && atomic.LoadUint32(&to.narrow) == 0
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
			m.Control = &t.control[i][0]
			m.SetControllen(putSegmentSize(&t.control[i], int(m.Iov.Len)))
			t.runs.Add(1)
		} else {
			m.Control, m.Controllen = nil, 0
		}
	}
	for sent := 0; sent < t.used; {
		n, errno := t.send(t.messages[sent:t.used])
		if sent += n; errno != 0 {
			sent += t.failed(t.messages[sent:t.used], errno)
		}
	}
	clear(t.owners[:t.packets])
	t.packets, t.used, t.open, t.to = 0, 0, false, nil
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

// failed deals with the first of these messages, which the kernel refused, and
// returns how many are done with.
func (t *transmitter) failed(list []mmsghdr, errno unix.Errno) int {
	m := &list[0]
	switch {
	case errno == unix.EINTR:
		return 0
	case errno == unix.EAGAIN: // the socket's buffer is full, for the others too
		for i := range list {
			t.drop(&list[i], &t.refused)
		}
		return len(list)
	case errno == unix.ENOBUFS || errno == unix.ENOMEM:
		t.drop(m, &t.refused)
		return 1
	case m.Iovlen > 1 && (errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE):
		t.unsegment(m, errno)
		return 1
	}
	t.drop(m, &t.unsendable)
	return 1
}

// unsegment sends a run that the kernel does not take packet by packet. A card
// without checksums of its own takes none at all (EIO); other errors are of the
// way to one receiver, whose MTU is small.
func (t *transmitter) unsegment(m *mmsghdr, errno unix.Errno) {
	t.unsegmented.Add(1)
	if errno == unix.EIO {
		t.sock.gso = false
		t.gsoOff.Store(1)
	} else {
		atomic.StoreUint32(&(*sockaddr)(unsafe.Pointer(m.Name)).narrow, 1)
	}
	one := [1]mmsghdr{*m}
	one[0].Control, one[0].Controllen, one[0].Iovlen = nil, 0, 1
	vectors := unsafe.Slice(m.Iov, m.Iovlen)
	for i := range vectors {
		one[0].Iov = &vectors[i]
		if _, errno := t.send(one[:]); errno != 0 {
			t.drop(&one[0], &t.refused)
		}
	}
}

// drop counts the packets of a message and tells their owners.
func (t *transmitter) drop(m *mmsghdr, why *atomic.Uint64) {
	why.Add(m.Iovlen)
	first := (uintptr(unsafe.Pointer(m.Iov)) - uintptr(unsafe.Pointer(&t.vectors))) / unsafe.Sizeof(t.vectors[0])
	for _, owner := range t.owners[first : uint64(first)+m.Iovlen] {
		if owner != nil {
			owner.dropped()
		}
	}
}
