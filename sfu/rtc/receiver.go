package rtc

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batchSize is how many messages one system call takes at most.
	batchSize = 64
	// datagramSize is the longest datagram that is read whole; what is longer
	// is dropped. Media has to fit into sfu.BufferSize with its authentication
	// tag.
	datagramSize = 2048
	// runSize is the longest run of datagrams that the kernel gives as one (GRO).
	runSize = 1 << 16
	// cacheSkew keeps buffers from falling on the same places of the cache.
	cacheSkew = 64 * 33
)

// receiver reads a socket in batches (recvmmsg); the kernel may join datagrams
// of one sender that follow each other. It belongs to the loop.
type receiver struct {
	sock *udpSocket
	size int // of a message's buffer

	messages [batchSize]mmsghdr
	vectors  [batchSize]unix.Iovec
	from     [batchSize]sockaddr
	control  [batchSize][controlSize]byte
	arena    []byte
	got      int
	wall     int64 // when the batch was taken, Unix nanoseconds
	age      int64 // how long ago then the datagram that each tells of had come, in ns

	readFunc func(fd uintptr) bool // kept so that no closure is made per pass
	tooLong  atomic.Uint64
	dropped  atomic.Uint64 // datagrams that found the socket's buffer full
}

func newReceiver(s *udpSocket) *receiver {
	r := &receiver{sock: s, size: datagramSize}
	if s.gro {
		r.size = runSize
	}
	r.arena = make([]byte, batchSize*(r.size+cacheSkew))
	for i := range r.messages {
		r.vectors[i].Base = &r.arena[i*(r.size+cacheSkew)]
		r.vectors[i].SetLen(r.size)
		m := &r.messages[i]
		m.Name = (*byte)(unsafe.Pointer(&r.from[i].raw))
		m.Iov = &r.vectors[i]
		m.SetIovlen(1)
		m.Control = &r.control[i][0]
	}
	r.readFunc = r.read
	return r
}

// receive waits for datagrams until the socket's deadline and takes those that
// are there. Waiting false: it only looks.
func (r *receiver) receive(wait bool) error {
	r.got = 0
	if !wait {
		r.read(r.sock.fd)
		return nil
	}
	if err := r.sock.raw.Read(r.readFunc); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("wait for media: %w", err)
	}
	return nil
}

// read takes what the kernel holds, at most a batch; false asks for another call
// once there is something. Errors that belong to earlier sends (ICMP) are
// skipped.
func (r *receiver) read(fd uintptr) bool {
	for i := range r.messages {
		m := &r.messages[i]
		m.Namelen = unix.SizeofSockaddrInet6
		m.SetControllen(controlSize)
	}
	for range batchSize {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd,
			uintptr(unsafe.Pointer(&r.messages)), batchSize, unix.MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			r.got, r.wall = int(n), time.Now().UnixNano()
			return r.got > 0
		}
		if errno == unix.EAGAIN {
			break
		}
	}
	return false
}

// oldestAge is how long a datagram may have waited in the socket, in nanoseconds.
// What seems older, or not to have come yet, says that the machine's clock was set.
const oldestAge = int64(time.Second)

// each calls f for every datagram of the batch, in the order of arrival. What f
// gets is valid until the next receive; age is of that datagram.
func (r *receiver) each(f func(b []byte, from *sockaddr)) {
	for i := range r.got {
		m := &r.messages[i]
		from := &r.from[i]
		from.len = m.Namelen
		at := i * (r.size + cacheSkew)
		b := r.arena[at : at+int(m.n)]
		said := readControl(r.control[i][:m.Controllen])
		segment := said.segment
		if more := int32(said.dropped - uint32(r.dropped.Load())); said.counted && more > 0 {
			r.dropped.Add(uint64(more))
		}
		if r.age = r.wall - said.at; r.age < 0 || r.age > oldestAge {
			r.age = 0
		}
		if m.Flags&unix.MSG_TRUNC != 0 || segment == 0 && len(b) > datagramSize || segment > datagramSize {
			r.tooLong.Add(1)
			continue
		}
		if segment == 0 {
			f(b, from)
			continue
		}
		for len(b) > 0 {
			n := min(segment, len(b))
			f(b[:n:n], from)
			b = b[n:]
		}
	}
}
