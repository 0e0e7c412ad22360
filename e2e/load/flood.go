package main

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	floodBatch   = 64
	floodPacket  = 3072 // bytes, at most
	floodSockets = 64   // strangers at a time
	floodRenew   = 8    // batches, after which one of them gives way to a new one
)

// flood sends one kind of garbage at a steady rate. Batches of datagrams are one
// system call each, since the clients of the call live on the same core.
type flood struct {
	kind   garbageKind
	target *target
	rate   int
	sent   int // valid when run has returned

	to        unix.RawSockaddrInet4
	messages  [floodBatch]message
	vectors   [floodBatch]unix.Iovec
	buffers   [floodBatch][floodPacket]byte
	strangers []*socket
	opened    int
}

// message is struct mmsghdr.
type message struct {
	header unix.Msghdr
	_      [8]byte // how much was sent of it
}

// run floods until ctx ends. It may be called again.
func (f *flood) run(ctx context.Context) error {
	f.sent, f.strangers = 0, nil
	var pins runtime.Pinner
	defer pins.Unpin()
	pins.Pin(f)
	f.aim()
	defer func() {
		for _, s := range f.strangers {
			s.Close()
		}
	}()
	p := newPace(f.rate)
	for batches, due := 0, 0; ctx.Err() == nil; {
		if due += p.due(); due < floodBatch {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		from, err := f.source(batches)
		if err != nil {
			return err
		}
		n, err := f.batch(from)
		if err != nil {
			return err
		}
		f.sent += n
		due -= floodBatch
		batches++
		runtime.Gosched()
	}
	return nil
}

// aim prepares what is the same in all batches.
func (f *flood) aim() {
	f.to = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{127, 0, 0, 1}}
	port := (*[2]byte)(unsafe.Pointer(&f.to.Port))
	port[0], port[1] = byte(f.target.port>>8), byte(f.target.port)
	for i := range f.messages {
		f.vectors[i].Base = &f.buffers[i][0]
		h := &f.messages[i].header
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&f.to)), unix.SizeofSockaddrInet4
		h.Iov = &f.vectors[i]
		h.SetIovlen(1)
	}
}

// source is the socket of a batch. Strangers have addresses all over 127/8 and
// change, so that a server that remembers addresses has many to remember.
func (f *flood) source(batch int) (*socket, error) {
	if f.kind.insider {
		return f.target.insider, nil
	}
	at := batch / floodRenew % floodSockets
	if batch%floodRenew == 0 {
		f.opened++
		s, err := openSocket(netip.AddrFrom4([4]byte{127, 1, byte(f.opened >> 8), byte(f.opened)}), 0)
		if err != nil {
			return nil, err
		}
		if at == len(f.strangers) {
			f.strangers = append(f.strangers, s)
		} else {
			f.strangers[at].Close()
			f.strangers[at] = s
		}
	}
	return f.strangers[batch%len(f.strangers)], nil
}

// batch makes and sends one batch and returns how much of it the kernel took.
func (f *flood) batch(from *socket) (n int, err error) {
	for i := range f.messages {
		f.vectors[i].SetLen(f.kind.fill(f.target, f.buffers[i][:], f.sent+i))
	}
	err = from.control(func(fd int) error {
		sent, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&f.messages)), floodBatch, unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 && errno != unix.EAGAIN && errno != unix.ENOBUFS {
			return errno
		}
		if errno == 0 {
			n = int(sent)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("send garbage: %w", err)
	}
	return n, nil
}
