package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// floorServer is the floor: the least that forwarding a packet can cost: it is sealed with the
// receiver's own AES-128-GCM key and handed to the kernel, 64 in one system
// call. Nothing is received and nothing decided. Its parts are measured apart too.
type floorServer struct {
	sock     *socket
	keys     []cipher.AEAD
	to       []unix.RawSockaddrInet4
	out      *messages
	nonce    [12]byte
	plain    [2048]byte
	header   [rtpHeader]byte
	next     int // receiver
	sequence uint64
}

// floorJob is what a floor is to do for a while.
type floorJob struct {
	Part      string        // one of the constants below
	For       time.Duration // about
	Size      int           // of a packet, as UDP carries it
	Run       int           // packets for one receiver in a row
	GSO       bool          // a run is one message
	Receivers []netip.AddrPort
}

// The parts of a floor.
const (
	partBoth = "both" // seal and send
	partSeal = "seal"
	partSend = "send"
	partOpen = "open" // receive and open, see ingest.go
)

const (
	rtpHeader = 12
	gcmTag    = 16
)

func newFloor() (*floorServer, error) {
	sock, err := openSocket(nil)
	if err != nil {
		return nil, err
	}
	return &floorServer{sock: sock, out: newMessages(batchSize * 1500)}, nil
}

func (f *floorServer) close() error { return f.sock.Close() }

func (f *floorServer) handle(r request) (reply, error) {
	job := r.Floor
	if r.Op != opFloor || job.Size < rtpHeader+gcmTag || job.Size > 1500 || job.Run < 1 || job.GSO && job.Run > batchSize {
		return reply{}, fmt.Errorf("a floor can't do %+v", r)
	}
	if job.Part == partOpen {
		packets, cpu, err := measureOpen(job)
		return reply{Packets: packets, CPU: cpu}, err
	}
	if err := f.serve(job.Receivers); err != nil {
		return reply{}, err
	}
	step := f.both
	switch job.Part {
	case partSeal:
		step = f.seal
	case partSend:
		step = f.send
	}
	clock := int32(unix.CLOCK_PROCESS_CPUTIME_ID)
	begin, err := cpuTime(clock)
	if err != nil {
		return reply{}, err
	}
	var packets uint64
	for end := time.Now().Add(job.For); time.Now().Before(end); {
		for range 16 {
			n, err := step(job)
			if err != nil {
				return reply{}, err
			}
			packets += uint64(n)
		}
	}
	used, err := cpuTime(clock)
	return reply{Packets: packets, CPU: used - begin}, err
}

// serve gives every receiver a key.
func (f *floorServer) serve(receivers []netip.AddrPort) error {
	f.to = f.to[:0]
	for i, a := range receivers {
		f.to = append(f.to, kernelAddress(a))
		if i < len(f.keys) {
			continue
		}
		key := make([]byte, 16)
		rand.Read(key)
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		f.keys = append(f.keys, aead)
	}
	f.next = 0
	return nil
}

// both seals and sends one batch.
func (f *floorServer) both(job floorJob) (int, error) {
	return f.batch(job, func(to int, b []byte) { f.sealInto(to, b) }, true)
}

// seal seals one batch and sends nothing.
func (f *floorServer) seal(job floorJob) (int, error) {
	return f.batch(job, func(to int, b []byte) { f.sealInto(to, b) }, false)
}

// send sends one batch of whatever is in the arena.
func (f *floorServer) send(job floorJob) (int, error) {
	return f.batch(job, func(_ int, b []byte) { b[0], b[1] = 0x80, 96 }, true)
}

// batch fills the messages, a run for each receiver in turn, and sends them.
func (f *floorServer) batch(job floorJob, fill func(to int, b []byte), send bool) (int, error) {
	packets := 0
	for {
		to := f.next / job.Run % len(f.to)
		size, run := job.Size, 1
		if job.GSO {
			size, run = job.Size*job.Run, job.Run
		}
		b := f.out.room(size)
		if b == nil {
			break
		}
		for i := range run {
			fill(to, b[i*job.Size:(i+1)*job.Size])
		}
		segment := 0
		if job.GSO {
			segment = job.Size
		}
		f.out.add(size, segment, &f.to[to])
		f.next += run
		packets += run
	}
	if !send {
		f.out.n, f.out.used = 0, 0
		return packets, nil
	}
	return packets, f.out.send(f.sock.fd)
}

// sealInto writes a packet for a receiver: header, payload, tag.
func (f *floorServer) sealInto(to int, b []byte) {
	f.sequence++
	h := f.header[:]
	h[0], h[1] = 0x80, 96
	binary.BigEndian.PutUint16(h[2:], uint16(f.sequence))
	binary.BigEndian.PutUint64(f.nonce[4:], f.sequence)
	copy(b, h)
	f.keys[to].Seal(b[rtpHeader:rtpHeader], f.nonce[:], f.plain[:len(b)-rtpHeader-gcmTag], h)
}
