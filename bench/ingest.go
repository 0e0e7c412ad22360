package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// ingestQueue is how many packets are put into the socket before they are taken
// out again under the clock.
const ingestQueue = 512

// measureOpen measures what comes before forwarding: packets are received, 64
// in one system call, and opened. Sending them to oneself is not counted.
func measureOpen(job floorJob) (packets uint64, used time.Duration, err error) {
	in, err := openSocket(nil)
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		return 0, 0, fmt.Errorf("make a key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return 0, 0, fmt.Errorf("make a key: %w", err)
	}
	const slot = 2048
	out, batch := newMessages(batchSize*job.Size), newMessages(batchSize*slot)
	to := kernelAddress(in.address())
	var nonce [12]byte
	var plain [slot]byte
	var sequence uint64
	for end := time.Now().Add(job.For); time.Now().Before(end); {
		opened := sequence
		for range ingestQueue {
			b := out.room(job.Size)
			if b == nil {
				if err := out.send(in.fd); err != nil {
					return 0, 0, err
				}
				b = out.room(job.Size)
			}
			sequence++
			clear(b[:rtpHeader])
			binary.BigEndian.PutUint64(b, sequence)
			copy(nonce[4:], b)
			aead.Seal(b[rtpHeader:rtpHeader], nonce[:], plain[:job.Size-rtpHeader-gcmTag], b[:rtpHeader])
			out.add(job.Size, 0, &to)
		}
		if err := out.send(in.fd); err != nil {
			return 0, 0, err
		}
		begin, err := cpuTime(unix.CLOCK_PROCESS_CPUTIME_ID)
		if err != nil {
			return 0, 0, err
		}
		for opened < sequence {
			n, err := batch.receive(in.fd, slot)
			if err != nil {
				return 0, 0, err
			}
			for i := range n {
				b := batch.arena[i*slot:][:batch.hdrs[i].len]
				copy(nonce[4:], b[:8])
				if _, err := aead.Open(plain[:0], nonce[:], b[rtpHeader:], b[:rtpHeader]); err != nil {
					return 0, 0, fmt.Errorf("open a packet: %w", err)
				}
			}
			opened += uint64(n)
		}
		ended, err := cpuTime(unix.CLOCK_PROCESS_CPUTIME_ID)
		if err != nil {
			return 0, 0, err
		}
		used += ended - begin
		packets += ingestQueue
	}
	return packets, used, nil
}
