package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many messages one system call carries.
const batchSize = 64

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// segmentControl is a control message that says how long the segments of a
// message are (UDP_SEGMENT).
type segmentControl struct {
	hdr  unix.Cmsghdr
	size uint16
	_    [6]byte
}

// messages is a batch for sendmmsg or recvmmsg over an arena that stays where
// it is.
type messages struct {
	n     int
	hdrs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	to    [batchSize]unix.RawSockaddrInet4
	ctl   [batchSize]segmentControl
	arena []byte
	used  int
}

func newMessages(arena int) *messages {
	m := &messages{arena: make([]byte, arena)}
	for i := range m.hdrs {
		m.hdrs[i].hdr.Iov, m.hdrs[i].hdr.Iovlen = &m.iovs[i], 1
		m.hdrs[i].hdr.Name, m.hdrs[i].hdr.Namelen = (*byte)(unsafe.Pointer(&m.to[i])), unix.SizeofSockaddrInet4
		m.ctl[i].hdr = unix.Cmsghdr{Len: unix.SizeofCmsghdr + 2, Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	}
	return m
}

// room returns size bytes of the arena for the next message, or nil if the
// batch is full.
func (m *messages) room(size int) []byte {
	if m.n == batchSize || m.used+size > len(m.arena) {
		return nil
	}
	return m.arena[m.used : m.used+size : m.used+size]
}

// add makes the next size bytes of the arena a message. A segment size above 0
// has the kernel cut it up.
func (m *messages) add(size, segment int, to *unix.RawSockaddrInet4) {
	h := &m.hdrs[m.n].hdr
	m.iovs[m.n] = unix.Iovec{Base: &m.arena[m.used], Len: uint64(size)}
	m.to[m.n] = *to
	h.Control, h.Controllen = nil, 0
	if segment > 0 {
		m.ctl[m.n].size = uint16(segment)
		h.Control, h.Controllen = (*byte)(unsafe.Pointer(&m.ctl[m.n])), uint64(unsafe.Sizeof(segmentControl{}))
	}
	m.n++
	m.used += size
}

// send hands the batch to the kernel and empties it.
func (m *messages) send(fd int) error {
	for sent := 0; sent < m.n; {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(&m.hdrs[sent])), uintptr(m.n-sent), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			sent += int(n)
		case unix.EAGAIN, unix.EINTR:
		default:
			return fmt.Errorf("sendmmsg: %w", errno)
		}
	}
	m.n, m.used = 0, 0
	return nil
}

// receive fills the batch with what the kernel holds, slot bytes for each.
func (m *messages) receive(fd, slot int) (int, error) {
	for i := range m.hdrs {
		m.iovs[i] = unix.Iovec{Base: &m.arena[i*slot], Len: uint64(slot)}
		m.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet4
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&m.hdrs)), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, fmt.Errorf("recvmmsg: %w", errno)
	}
	return int(n), nil
}
