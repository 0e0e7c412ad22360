package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"
)

// sender seals and sends the publisher's stream. It belongs to one goroutine at
// a time.
type sender struct {
	fd      int
	to      unix.RawSockaddrInet4
	context *srtp.Context
	tag     int
	out     *messages
	plain   [1500]byte
	header  rtp.Header

	next  picture
	key   bool   // the next picture is a keyframe
	left  int    // packets of the present picture
	size  int    // of a packet, as UDP carries it
	late  uint64 // packets of the present job that left late
	epoch time.Time
}

func newSender(fd int, to netip.AddrPort, context *srtp.Context, tag int) *sender {
	return &sender{fd: fd, to: kernelAddress(to), context: context, tag: tag, out: newMessages(batchSize * 1500), epoch: time.Now()}
}

// pictureLength is how many packets a picture has.
const pictureLength = 16

// burst sends the next n packets in one system call, 64 at most.
func (s *sender) burst(n int) error {
	for range n {
		now := time.Now()
		s.advance(now)
		b := s.plain[:s.size-s.tag]
		s.next.write(b, now)
		sealed, err := s.context.EncryptRTP(s.out.room(s.size)[:0], b, &s.header)
		if err != nil {
			return fmt.Errorf("seal a packet: %w", err)
		}
		if len(sealed) != s.size {
			return fmt.Errorf("seal a packet: %d bytes became %d instead of %d", len(b), len(sealed), s.size)
		}
		s.out.add(s.size, 0, &s.to)
		s.next.index++
		s.next.sequence++
	}
	return s.out.send(s.fd)
}

// advance moves to the next packet's place in its picture.
func (s *sender) advance(now time.Time) {
	p := &s.next
	p.first = s.left == 0
	if p.first {
		s.left, p.key, s.key = pictureLength, s.key, false
		p.number = (p.number + 1) & 0x7fff
		const rate = 90000
		elapsed := now.Sub(s.epoch)
		p.timestamp = uint32(elapsed/time.Second)*rate + uint32(elapsed%time.Second*rate/time.Second)
	}
	s.left--
	p.last = s.left == 0
}
